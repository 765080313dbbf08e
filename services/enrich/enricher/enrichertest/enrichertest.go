// Package enrichertest is what the tests of enrichers have in common: articles laid
// out by hand, the golden text, and what enriching takes.
package enrichertest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/pkg/article"
)

// Article is an article with a headline and paragraphs, which are taken as they are:
// without their white space cut off. One that is empty is none.
func Article(language, headline string, paragraphs ...string) *article.Article {
	a := &article.Article{Language: article.Label{Value: language}}
	var text strings.Builder
	add := func(kind article.Kind, s string) {
		if s == "" {
			return
		}
		if text.Len() > 0 {
			text.WriteString(gap)
		}
		start := text.Len()
		text.WriteString(s)
		a.Segments = append(a.Segments, segment(kind, start, text.Len()))
	}
	add(article.Headline, headline)
	for _, p := range paragraphs {
		add(article.Paragraph, p)
	}
	a.Text = text.String()
	return a
}

// Paragraphs is an article of the text as it is. Its paragraphs are what stands
// between empty lines and isn't blank, without their white space cut off.
func Paragraphs(language, text string) *article.Article {
	a := &article.Article{Text: text, Language: article.Label{Value: language}}
	at := 0
	for p := range strings.SplitSeq(text, gap) {
		if strings.TrimSpace(p) != "" {
			a.Segments = append(a.Segments, segment(article.Paragraph, at, at+len(p)))
		}
		at += len(p) + len(gap)
	}
	return a
}

// gap stands between paragraphs.
const gap = "\n\n"

func segment(kind article.Kind, start, end int) article.Segment {
	return article.Segment{Kind: kind, Evidence: article.Evidence{Span: article.Span{Start: start, End: end}, Enricher: "format/x", Version: 1, Confidence: 1}}
}

// Golden is the golden text. The test must be one of an enricher's package.
func Golden(t testing.TB) string {
	t.Helper()
	return string(golden(t, "niger.txt"))
}

// GoldenArticle is the golden text, laid out.
func GoldenArticle(t testing.TB) *article.Article {
	t.Helper()
	headline, body, _ := strings.Cut(strings.TrimSpace(Golden(t)), gap)
	return Article("en", headline, strings.Split(body, gap)...)
}

// Expected reads into want what an editor finds in the golden text.
func Expected(t testing.TB, want any) {
	t.Helper()
	if err := json.Unmarshal(golden(t, "niger.expected.json"), want); err != nil {
		t.Fatal(err)
	}
}

func golden(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "testdata", "golden", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Words is a text of n words: those of text, over and over.
func Words(text string, n int) string {
	words := strings.Fields(text)
	var b strings.Builder
	for i := range n {
		b.WriteString(words[i%len(words)] + " ")
	}
	return b.String()
}

// WordsOfParagraphs is Words in the paragraphs of text.
func WordsOfParagraphs(text string, n int) string {
	var b strings.Builder
	for k := 0; k < n; {
		for line := range strings.SplitSeq(text, "\n\n") {
			for w := range strings.FieldsSeq(line) {
				if k++; k > n {
					break
				}
				b.WriteString(w + " ")
			}
			b.WriteString("\n\n")
		}
	}
	return b.String()
}
