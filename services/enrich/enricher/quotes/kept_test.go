package quotes

import (
	"testing"

	"github.com/copytaster/copytaster/services/enrich/enricher/enrichertest"
)

// TestKeepsLittle: what one long text needed isn't kept for the next one.
func TestKeepsLittle(t *testing.T) {
	e, err := New()
	if err != nil {
		t.Fatal(err)
	}
	a := enrichertest.Article("en", "", enrichertest.MB("“It is over,” Ann Brandt said on Monday. "))
	if err := e.Enrich(t.Context(), a); err != nil || len(a.Quotes) == 0 {
		t.Fatalf("%v, %d quotes", err, len(a.Quotes))
	}
	if r, _ := e.rooms.Get().(*room); r != nil && cap(r.items) > keptItems {
		t.Errorf("kept room for %d items", cap(r.items))
	}
}
