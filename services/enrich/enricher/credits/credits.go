// Package credits reads the credit lines of pictures: who took it, and which
// agencies it came through.
package credits

import (
	"context"
	"strings"
	"unicode"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/grammar"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// Name and version that results are signed with.
const (
	Name    = "credits"
	Version = 1
)

// unread is the confidence in a credit that a decoder or the segments name so,
// but whose parts can't be read.
const unread = 0.3

// Enricher reads credit segments. It is safe for concurrent use.
type Enricher struct{ lex *lexicon.Lexicon }

// New makes an enricher on the built-in lexicon.
func New() (*Enricher, error) {
	lex, err := lexicon.Default()
	if err != nil {
		return nil, err
	}
	return &Enricher{lex}, nil
}

// Enrich sets a.Credits, one for every credit segment, in order. A part that
// can't be read is left empty.
func (e *Enricher) Enrich(ctx context.Context, a *article.Article) error {
	words := lexicon.WordsOf(ctx, a.Text)
	var cs []article.Credit
	for _, s := range a.Segments {
		if s.Kind != article.CreditLine {
			continue
		}
		c := article.Credit{Evidence: article.Evidence{Span: s.Span, Enricher: Name, Version: Version, Confidence: unread}}
		if p, ok := grammar.ParseCredit(e.lex, grammar.LineOf(words, s.Start, s.End)); ok {
			c.Confidence = min(p.Confidence, s.Confidence)
			c.Photographer = personal(p.Photographer.In(a.Text))
			for _, ag := range p.Agencies {
				c.Agencies = append(c.Agencies, ag.Name)
			}
		}
		cs = append(cs, c)
	}
	a.Credits = cs
	return nil
}

// personal writes a name that stands in capitals, as some agencies have it, the
// usual way. Names with a small letter are kept: "Jean DUPONT" shows which part
// is the family's.
func personal(name string) string {
	if strings.IndexFunc(name, unicode.IsLower) >= 0 || strings.IndexFunc(name, unicode.IsSpace) < 0 {
		return name
	}
	start := true
	return strings.Map(func(r rune) rune {
		first := start
		start = !unicode.IsLetter(r)
		if first {
			return r
		}
		return unicode.ToLower(r)
	}, name)
}
