package find

import (
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
		until := time.Now().Add(time.Hour)
		if rapid.Bool().Draw(t, "no time") {
			until = time.Now()
		}
		changes, coarse := difference(from, to, until)
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
		if until.After(time.Now()) && coarse {
			t.Fatal("coarse, though there was time")
		}
	})
}

// TestDifferenceEnds: two long texts without a word in common take no longer than they
// may.
func TestDifferenceEnds(t *testing.T) {
	long := func(word string) *article.Article {
		var a article.Article
		b := article.Builder{Signer: "format/test", Version: 1}
		for i := range 20_000 {
			b.Add(article.Paragraph, strings.Repeat(word, 1+i%97)+" "+strings.Repeat(word, 1+i%89))
		}
		b.Fill(&a)
		return &a
	}
	if changes, _ := difference(long("a"), long("b"), time.Now()); len(changes) != 40_000 {
		t.Errorf("%d changes", len(changes))
	}
}
