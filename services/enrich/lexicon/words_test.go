package lexicon_test

import (
	"context"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// TestWords: a part of a text has the words that are found in it alone.
func TestWords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.SampledFrom([]rune("aB1 .-é\u0301日")), 0, 40, -1).Draw(t, "text")
		w := lexicon.NewWords("of another text")
		w.In(0, 15)
		w.Reset(text)
		var starts []int
		for i := range text {
			starts = append(starts, i)
		}
		starts = append(starts, len(text))
		for range 5 {
			i := rapid.IntRange(0, len(starts)-1).Draw(t, "start")
			j := rapid.IntRange(i, len(starts)-1).Draw(t, "end")
			got, want := w.In(starts[i], starts[j]), lexicon.Scan(nil, text, starts[i], starts[j])
			if !slices.Equal(got, want) {
				t.Fatalf("%q: got %v, want %v", text[starts[i]:starts[j]], got, want)
			}
			_ = append(got, lexicon.Token{}) // is of nobody else's room
		}
	})
}

func TestWordsAreShared(t *testing.T) {
	w := lexicon.NewWords("a text")
	ctx := lexicon.Share(context.Background(), w)
	if lexicon.WordsOf(ctx, "a text") != w {
		t.Error("the words that are shared are not given")
	}
	for _, other := range []*lexicon.Words{lexicon.WordsOf(ctx, "another"), lexicon.WordsOf(context.Background(), "another")} {
		if toks := other.In(0, 7); other.Text != "another" || len(toks) != 1 || toks[0].End != 7 {
			t.Errorf("of another text: %q, %v", other.Text, toks)
		}
	}
}
