package gist

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/cputime"
)

// goldenText is the golden text's headline and paragraphs.
func goldenText(t testing.TB) (headline string, paragraphs []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "testdata", "golden", "niger.txt"))
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Split(strings.TrimSpace(string(text)), "\n\n")
	return all[0], all[1:]
}

// perOp enriches again and again, and gives the processor's time for each of n
// parts of the work.
func perOp(b *testing.B, e *Enricher, a *article.Article, n int, unit string) {
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
	b.ReportMetric(float64(used.Nanoseconds())/float64(b.N)/float64(n), unit)
}

func BenchmarkGolden(b *testing.B) {
	headline, paragraphs := goldenText(b)
	perOp(b, newEnricher(b), laid("en", headline, paragraphs...), 1, "cpu-ns/op")
}

// BenchmarkWords shows that the time grows with the text and not faster.
func BenchmarkWords(b *testing.B) {
	e := newEnricher(b)
	_, paragraphs := goldenText(b)
	words := strings.Fields(strings.Join(paragraphs, " "))
	for _, n := range []int{1, 10, 100, 1000, 10_000, 100_000} {
		var text strings.Builder
		for i := range n {
			text.WriteString(words[i%len(words)] + " ")
		}
		a := laid("en", "", text.String())
		b.Run(strconv.Itoa(n), func(b *testing.B) { perOp(b, e, a, n, "cpu-ns/word") })
	}
}

// hostile are texts of 1 MB that are slow to read if anything is, by what they
// consist of.
func hostile() map[string]string {
	texts := map[string]string{}
	for _, piece := range []string{
		".“", "„.“ ", "“", "a.", ". ", ".", "?", ".)", "\n", "\n\n", "\"", "(", "\xff\xfe", "Ana Lopez ", "de la de la ", "d'd'", "\u00a0.", "ﬁ\u0301", "🙂! ",
		"a", "A", "harbour ", "harbour bridge ", "Harbour of the ", "May ",
	} {
		texts[piece] = strings.Repeat(piece, megabyte/len(piece)) + "a"
	}
	var distinct strings.Builder
	for i := 0; distinct.Len() < megabyte; i++ {
		distinct.WriteString("Word" + strings.Map(func(r rune) rune { return r - '0' + 'a' }, strconv.Itoa(i)) + " ")
	}
	for _, mark := range []string{".", "!", ".)", "?”"} {
		texts["a row of "+mark] = "A" + strings.Repeat(mark, megabyte/len(mark)) + "b"
	}
	texts["distinct words"] = distinct.String()
	return texts
}

const megabyte = 1 << 20

// BenchmarkHostile gives the processor's time for 1 MB of each.
func BenchmarkHostile(b *testing.B) {
	e := newEnricher(b)
	for name, text := range hostile() {
		a := laid("en", "Harbour bridge", text)
		b.Run(name, func(b *testing.B) { perOp(b, e, a, int(time.Millisecond), "cpu-ms/op") })
	}
}

// maxHostile is far above what 1 MB takes, with the race detector, too: what is
// not linear takes minutes.
const maxHostile = 20 * time.Second

// TestHostile: texts that are nothing but what is slow are read in time. How long
// they take is for BenchmarkHostile to say.
func TestHostile(t *testing.T) {
	e := newEnricher(t)
	for name, text := range hostile() {
		for i, language := range []string{"en", "de", "fr", "es", ""} {
			if i > 0 {
				text = text[:len(text)/2] // one in full will do
			}
			a := laid(language, "Harbour bridge", text)
			if took := cputime.Of(func() { enrich(t, e, a) }); took > maxHostile {
				t.Errorf("%q in %q took %v", name, language, took)
			}
		}
	}
}
