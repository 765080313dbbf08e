package topics

import (
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/cputime"
	"github.com/copytaster/copytaster/services/enrich/enricher/enrichertest"
)

func BenchmarkGolden(b *testing.B) {
	enrichertest.BenchmarkGolden(b, newEnricher(b), enrichertest.GoldenArticle(b))
}

func BenchmarkWords(b *testing.B) {
	_, body, _ := strings.Cut(enrichertest.Golden(b), "\n\n")
	enrichertest.BenchmarkWords(b, newEnricher(b), func(n int) *article.Article { return enrichertest.Article("en", "", enrichertest.Words(body, n)) })
}

// hostile are texts of 1 MB that are slow to read if anything is, by what they
// consist of.
func hostile() map[string]string {
	texts := enrichertest.MBs("a",
		"earthquake ", "coup d coup d stock stock state of state ", "gerichtgerichtgericht ", "military", "a", "A", "d'", "WHO ", "É", "\xff", "e\u0301", "ß", " ", "\n\n", "war-",
	)
	texts["distinct words"] = enrichertest.Distinct()
	return texts
}

func BenchmarkHostile(b *testing.B) {
	enrichertest.BenchmarkHostile(b, newEnricher(b), hostile(), func(text string) *article.Article { return enrichertest.Article("en", "Harbour bridge", text) })
}

// maxHostile is far above what 1 MB takes, with the race detector, too: what is
// not linear takes minutes.
const maxHostile = 20 * time.Second

// TestHostile: texts that are nothing but what is slow are read in time.
func TestHostile(t *testing.T) {
	e := newEnricher(t)
	enrichertest.Hostile(t, maxHostile, "Harbour bridge", hostile(), func(a *article.Article) { enrich(t, e, a) })
}

func BenchmarkLoad(b *testing.B) {
	sub, err := fs.Sub(embedded, "data")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	used := cputime.Of(func() {
		for b.Loop() {
			if _, err := load(sub); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.ReportMetric(float64(used.Milliseconds())/float64(b.N), "cpu-ms/op")
}
