package translation

import (
	"testing"

	"github.com/copytaster/copytaster/services/enrich/enricher/enrichertest"
)

// TestKeepsLittle: what one text needed isn't kept for the next one, but for some room
// without anything of the text in it.
func TestKeepsLittle(t *testing.T) {
	for _, text := range []string{enrichertest.MB("It has been a long day. "), "It has been a long day."} {
		e := newEnricher(t)
		if err := e.Enrich(t.Context(), enrichertest.Article("en", "", text)); err != nil {
			t.Fatal(err)
		}
		room, _ := e.words.Get().(*[]word)
		if room == nil {
			continue // nothing is kept
		}
		if cap(*room) > kept {
			t.Errorf("kept room for %d words", cap(*room))
		}
		for _, w := range (*room)[:cap(*room)] {
			if w != (word{}) {
				t.Fatalf("kept %+v", w)
			}
		}
	}
}
