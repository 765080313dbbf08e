package entities

import (
	"strings"
	"testing"

	"github.com/copytaster/copytaster/services/enrich/enricher/enrichertest"
)

// TestKeepsLittle: what one long text needed isn't kept for the next one, and nothing of
// a short one is but the room.
func TestKeepsLittle(t *testing.T) {
	e, err := New()
	if err != nil {
		t.Fatal(err)
	}
	const piece = "Ann Brandt met Tom Miller of Acme Steel Ltd in Paris on Monday. "
	for _, times := range []int{1, keptMentions} {
		a := enrichertest.Article("en", "", strings.Repeat(piece, times))
		if err := e.Enrich(t.Context(), a); err != nil || len(a.Entities) == 0 {
			t.Fatalf("%v, %d entities", err, len(a.Entities))
		}
		f, _ := e.finders.Get().(*finder)
		if f == nil {
			continue // the pool need not keep it
		}
		if n := max(cap(f.found), cap(f.spare), cap(f.other), cap(f.all)); n > keptMentions {
			t.Errorf("kept room for %d mentions", n)
		}
		if n := len(f.found) + len(f.all) + len(f.votes) + len(f.last) + len(f.people) + len(f.names.byName) + len(f.names.byPart) + len(f.names.bodies); n > 0 || f.doc != nil {
			t.Errorf("kept %d things of the text", n)
		}
		for _, m := range f.found[:cap(f.found)] {
			if m.key != "" || m.normal != "" {
				t.Errorf("kept %q, %q", m.key, m.normal)
			}
		}
	}
}
