package lexicon

import (
	"strings"
	"testing"
)

// TestResetKeepsLittle: there is room for the words of another text, but not for those
// of a long one.
func TestResetKeepsLittle(t *testing.T) {
	w := NewWords(strings.Repeat("word ", keptWords+1))
	if n := len(w.In(0, len(w.Text))); n != keptWords+1 {
		t.Fatalf("%d words", n)
	}
	if w.Reset("a few words"); cap(w.all) > keptWords {
		t.Errorf("kept room for %d words", cap(w.all))
	}
	w.In(0, 5)
	room := cap(w.all)
	if w.Reset(""); room == 0 || cap(w.all) != room || w.Text != "" || len(w.In(0, 0)) != 0 {
		t.Errorf("kept room for %d words of %d, text %q", cap(w.all), room, w.Text)
	}
}
