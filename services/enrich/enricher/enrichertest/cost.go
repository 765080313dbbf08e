package enrichertest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/cputime"
	"github.com/copytaster/copytaster/services/enrich/enricher"
)

// BenchmarkGolden gives the processor's time for a, which is the golden text.
func BenchmarkGolden(b *testing.B, e enricher.Enricher, a *article.Article) {
	b.Helper()
	perOp(b, e, a, time.Microsecond, "cpu-µs/op")
}

// BenchmarkWords shows that the time grows with the text and not faster. ofWords is
// an article of n words.
func BenchmarkWords(b *testing.B, e enricher.Enricher, ofWords func(n int) *article.Article) {
	b.Helper()
	for _, n := range []int{1, 10, 100, 1000, 10_000, 100_000} {
		a := ofWords(n)
		b.Run(fmt.Sprintf("words=%d", n), func(b *testing.B) { perOp(b, e, a, time.Duration(n), "cpu-ns/word") })
	}
}

// BenchmarkHostile gives the processor's time for each of the texts.
func BenchmarkHostile(b *testing.B, e enricher.Enricher, texts map[string]string, lay func(text string) *article.Article) {
	b.Helper()
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		a := lay(texts[name])
		b.Run(name, func(b *testing.B) { perOp(b, e, a, time.Millisecond, "cpu-ms/op") })
	}
}

// perOp enriches again and again, and gives the processor's time in a unit.
func perOp(b *testing.B, e enricher.Enricher, a *article.Article, is time.Duration, unit string) {
	b.Helper()
	b.SetBytes(int64(len(a.Text)))
	b.ReportAllocs()
	used := cputime.Of(func() {
		for b.Loop() {
			if err := e.Enrich(context.Background(), a); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.ReportMetric(float64(used)/float64(b.N)/float64(is), unit)
}

// MB is a text of 1 MB that repeats the piece.
func MB(piece string) string { return strings.Repeat(piece, megabyte/len(piece)) }

const megabyte = 1 << 20

// MBs are texts of 1 MB by the piece that each repeats, with end behind them.
func MBs(end string, pieces ...string) map[string]string {
	texts := make(map[string]string, len(pieces))
	for _, p := range pieces {
		texts[p] = MB(p) + end
	}
	return texts
}

// Distinct is a text of 1 MB of which no two words are the same.
func Distinct() string {
	var b strings.Builder
	for i := 0; b.Len() < megabyte; i++ {
		b.WriteString("Word" + strings.Map(func(r rune) rune { return r - '0' + 'a' }, strconv.Itoa(i)) + " ")
	}
	return b.String()
}

// InTime does what is named, and gives the processor's time that it took. More than
// the limit is an error. A limit should be far above what is needed, with the race
// detector, too: what is not linear takes minutes.
func InTime(t testing.TB, limit time.Duration, name string, do func()) time.Duration {
	t.Helper()
	took := cputime.Of(do)
	if took > limit {
		t.Errorf("%.40q took %v", name, took)
	}
	return took
}

// Hostile holds enrich to a limit for each of the texts, in every language and in
// none, below the headline. How long they take is for [BenchmarkHostile] to say.
func Hostile(t testing.TB, limit time.Duration, headline string, texts map[string]string, enrich func(a *article.Article)) {
	t.Helper()
	for name, text := range texts {
		for i, language := range []string{"en", "de", "fr", "es", ""} {
			if i > 0 {
				text = text[:len(text)/2] // one in full will do
			}
			a := Article(language, headline, text)
			InTime(t, limit, fmt.Sprintf("%.40s in %s", name, language), func() { enrich(a) })
		}
	}
}
