package find

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/pkg/article"
)

// TestDifferenceMakesBothTexts: what is equal or left out is the one text, what is equal
// or put in the other, and nothing is said to have changed that didn't.
func TestDifferenceMakesBothTexts(t *testing.T) {
	words := rapid.SampledFrom([]string{"Niger", "junta", "soldiers", "leave", "12.5", "—", "\"so\"", "naïve", "尼日尔", "e\u0301t", "\ufffd", "🙂"})
	paragraph := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(words, 1, 12).Draw(t, "words"), rapid.SampledFrom([]string{" ", ", ", "  "}).Draw(t, "between"))
	})
	text := rapid.Custom(func(t *rapid.T) *article.Article {
		var a article.Article
		b := article.Builder{Signer: "format/test", Version: 1}
		for _, p := range rapid.SliceOfN(paragraph, 0, 8).Draw(t, "paragraphs") {
			b.Add(rapid.SampledFrom([]article.Kind{article.Paragraph, article.Subhead, article.Quote}).Draw(t, "kind"), p)
		}
		b.Fill(&a)
		return &a
	})
	rapid.Check(t, func(t *rapid.T) {
		from, to := text.Draw(t, "from"), text.Draw(t, "to")
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		if rapid.Bool().Draw(t, "no time") {
			cancel()
		}
		changes, coarse := difference(ctx, from, to)
		var before, after []piece
		for _, c := range changes {
			var gone, come strings.Builder
			for _, r := range c.Runs {
				if r.Text == "" || r.Change == Rewrite {
					t.Fatalf("a run of %+v is %+v", c, r)
				}
				if r.Change != Insert {
					gone.WriteString(r.Text)
				}
				if r.Change != Delete {
					come.WriteString(r.Text)
				}
			}
			if c.Change == Rewrite && gone.String() == come.String() {
				t.Fatalf("%+v changed nothing", c)
			}
			if c.Change != Insert {
				before = append(before, piece{c.Kind, gone.String()})
			}
			if c.Change != Delete {
				after = append(after, piece{c.Kind, come.String()})
			}
		}
		same := func(name string, got []piece, a *article.Article) {
			want := pieces(a)
			if len(got) != len(want) {
				t.Fatalf("%s: %q, want %q", name, got, want)
			}
			for i := range got {
				if got[i] != want[i] {
					t.Fatalf("%s: %q, want %q", name, got[i], want[i])
				}
			}
		}
		same("from", before, from)
		same("to", after, to)
		if ctx.Err() == nil && coarse {
			t.Fatal("coarse, though there was time")
		}
	})
}

// TestDifferenceEnds: texts that are long and say the same again and again, which take the
// most time to compare, are not compared for as long as that takes, whatever time there is.
func TestDifferenceEnds(t *testing.T) {
	text := func(paragraphs ...string) *article.Article {
		var a article.Article
		b := article.Builder{Signer: "format/test", Version: 1}
		for _, p := range paragraphs {
			b.Add(article.Paragraph, p)
		}
		b.Fill(&a)
		return &a
	}
	many := func(word string) *article.Article {
		var all []string
		for i := range maxPieces {
			all = append(all, strings.Repeat(word, 1+i%97)+" "+strings.Repeat(word, 1+i%89))
		}
		return text(all...)
	}
	same := func(first, last string) []string {
		all := append([]string{first}, slices.Repeat([]string{"Same.", "Same.", "Other."}, maxPieces)...)
		return append(all, last)
	}
	zeros := strings.Repeat("0 ", 4*maxTokens)
	for name, c := range map[string]struct {
		from, to *article.Article
		changes  int // 0: any number
		coarse   bool
	}{
		"one word":              {text("a " + zeros + "b"), text("c 0 " + zeros + "d"), 1, true},
		"one paragraph":         {text(same("a", "b")...), text(append([]string{"c", "Same."}, same("d", "e")...)...), 0, true},
		"nothing in common":     {many("a"), many("b"), 2 * maxPieces, true},
		"equal but for a word":  {text(zeros + "a " + zeros), text(zeros + "b " + zeros), 1, false},
		"equal but for the end": {text(same("a", "b")...), text(same("a", "c")...), len(same("", "")) + 1, false},
	} {
		type result struct {
			changes []SegmentChange
			coarse  bool
		}
		done := make(chan result, 1)
		go func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
			defer cancel()
			changes, coarse := difference(ctx, c.from, c.to)
			done <- result{changes, coarse}
		}()
		select {
		case got := <-done:
			if c.changes > 0 && len(got.changes) != c.changes || got.coarse != c.coarse {
				t.Errorf("%s: %d changes, coarse %t; want %d, %t", name, len(got.changes), got.coarse, c.changes, c.coarse)
			}
		case <-time.After(time.Minute):
			t.Fatalf("%s: is still compared after a minute", name)
		}
	}
}
