package quotes_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/enricher/quotes"
)

func golden(b *testing.B) *article.Article {
	b.Helper()
	raw, err := os.ReadFile(filepath.Join(testdata, "golden", "niger.txt"))
	if err != nil {
		b.Fatal(err)
	}
	a := &article.Article{Text: string(raw), Source: "site-3"}
	if err := newChain(b).Enrich(context.Background(), a); err != nil {
		b.Fatal(err)
	}
	return a
}

func bench(b *testing.B, a *article.Article) {
	b.Helper()
	e, err := quotes.New()
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(a.Text)))
	b.ReportAllocs()
	for b.Loop() {
		x := *a
		if err := e.Enrich(context.Background(), &x); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGolden(b *testing.B) { bench(b, golden(b)) }

// BenchmarkGrowth shows that the time grows with the text and not faster.
func BenchmarkGrowth(b *testing.B) {
	_, body, _ := strings.Cut(golden(b).Text, "According to")
	for _, words := range []int{1, 10, 100, 1000, 10_000, 100_000} {
		var s strings.Builder
		for n := 0; n < words; {
			for line := range strings.SplitSeq(body, "\n\n") {
				for w := range strings.FieldsSeq(line) {
					if n++; n > words {
						break
					}
					s.WriteString(w + " ")
				}
				s.WriteString("\n\n")
			}
		}
		b.Run(fmt.Sprintf("words=%d", words), func(b *testing.B) { bench(b, paragraphs("en", s.String())) })
	}
}
