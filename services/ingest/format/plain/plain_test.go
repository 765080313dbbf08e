package plain_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/services/ingest/format/plain"
)

func TestParagraphs(t *testing.T) {
	long := strings.Repeat("word ", 30) + "end."
	for _, c := range []struct {
		in    string
		joins bool
		want  []string
	}{
		{"a\nb\n\nc", false, []string{"a b", "c"}},
		{"a.\nb.", false, []string{"a.", "b."}},
		{"a\nb", true, []string{"a b"}},
		{"The first line of a text that is wrapped here\nand goes on in the second until it ends.", false, []string{"The first line of a text that is wrapped here and goes on in the second until it ends."}},
		{"   One\ntwo\n   Three", true, []string{"One two", "Three"}},
		{long + "\n" + long, true, []string{long, long}},
		{" \n\n", false, nil},
	} {
		if got := plain.Paragraphs(c.in, c.joins); !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.in, got, c.want)
		}
	}
}

// TestNothingIsLost: the words come out as they went in.
func TestNothingIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[a-zä. \n\t\r]{0,300}`).Draw(t, "text")
		got := strings.Join(plain.Paragraphs(s, rapid.Bool().Draw(t, "joins")), " ")
		if want := strings.Join(strings.Fields(s), " "); got != want {
			t.Fatalf("%q, want %q", got, want)
		}
	})
}
