package quotes_test

import (
	"context"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/enricher/enrichertest"
	"github.com/copytaster/copytaster/services/enrich/enricher/quotes"
)

func golden(b *testing.B) *article.Article {
	b.Helper()
	a := &article.Article{Text: enrichertest.Golden(b), Source: "site-3"}
	if err := newChain(b).Enrich(context.Background(), a); err != nil {
		b.Fatal(err)
	}
	return a
}

func enricherOf(b testing.TB) *quotes.Enricher {
	b.Helper()
	e, err := quotes.New()
	if err != nil {
		b.Fatal(err)
	}
	return e
}

func BenchmarkGolden(b *testing.B) { enrichertest.BenchmarkGolden(b, enricherOf(b), golden(b)) }

// BenchmarkWords takes the golden text over and over, in its paragraphs.
func BenchmarkWords(b *testing.B) {
	_, body, _ := strings.Cut(enrichertest.Golden(b), "According to")
	enrichertest.BenchmarkWords(b, enricherOf(b), func(words int) *article.Article {
		return enrichertest.Paragraphs("en", enrichertest.WordsOfParagraphs(body, words))
	})
}
