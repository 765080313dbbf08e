package enrich_test

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/cputime"
	enrich "github.com/copytaster/copytaster/services/enrich"
	"github.com/copytaster/copytaster/services/enrich/enricher/enrichertest"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// BenchmarkEach gives for each enricher the processor's time and the allocations for the
// golden text, behind those that run before it, and the data that it is the first to
// read: run it alone.
func BenchmarkEach(b *testing.B) {
	a := goldenArticle(b)
	words := lexicon.NewWords(a.Text)
	b.Run("words", func(b *testing.B) {
		each(b, func() { words.Reset(a.Text); words.In(0, len(a.Text)) })
	})
	ctx := lexicon.Share(b.Context(), words)
	for _, e := range enrich.Catalogue {
		before := heap()
		run, err := e.New()
		if err != nil {
			b.Fatal(err)
		}
		data := heap() - before
		b.Run(e.Name, func(b *testing.B) {
			each(b, func() {
				x := *a
				if err := run.Enrich(ctx, &x); err != nil {
					b.Fatal(err)
				}
			})
			b.ReportMetric(float64(data)/(1<<20), "data-MB")
		})
		if err := run.Enrich(ctx, a); err != nil {
			b.Fatal(err)
		}
	}
}

func each(b *testing.B, do func()) {
	b.Helper()
	b.ReportAllocs()
	used := cputime.Of(func() {
		for b.Loop() {
			do()
		}
	})
	b.ReportMetric(float64(used)/float64(b.N)/float64(time.Microsecond), "cpu-µs/op")
}

// heap is how many bytes are in use.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what pools had
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestGrowth: a hundred times the words take a hundred times the time, and not more
// than a few times that. What grows with the square would take ten thousand.
func TestGrowth(t *testing.T) {
	c := newChain(t)
	took := func(words, times int) time.Duration {
		a := ofWords(t, words)
		least := time.Hour
		for range 3 {
			least = min(least, cputime.Of(func() {
				for range times {
					x := *a
					if err := c.Enrich(t.Context(), &x); err != nil {
						t.Fatal(err)
					}
				}
			})/time.Duration(times))
		}
		return least
	}
	few, many := took(1000, 10), took(100_000, 1)
	t.Logf("1,000 words %v, 100,000 words %v", few, many)
	if many > 300*few {
		t.Errorf("1,000 words take %v, a hundred times as many %v", few, many)
	}
}

// ofWords is an article of n words: those of the golden text, over and over, in its
// paragraphs.
func ofWords(t testing.TB, n int) *article.Article {
	t.Helper()
	_, body, _ := strings.Cut(goldenArticle(t).Text, "According to")
	return &article.Article{Text: enrichertest.WordsOfParagraphs(body, n), Source: "site-3"}
}
