// Package gist tells in a few words what a text says: keyphrases by how often and
// where they stand, and the one sentence of the text that tells most of it.
package gist

import (
	"context"
	"strings"
	"sync"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// Name and version that results are signed with.
const (
	Name    = "gist"
	Version = 1
)

// Limits of what is read and told.
const (
	MaxPhrases    = 10     // keyphrases that are told
	MaxWords      = 20_000 // words that are read for them
	MaxCandidates = 20_000 // different phrases that are counted
	PhraseWords   = 4      // of a keyphrase
	MaxSentences  = 12     // that may be the summary
)

// Enricher finds keyphrases and summary. It is safe for concurrent use.
type Enricher struct {
	languages map[string]*language
	lex       *lexicon.Lexicon
	pool      sync.Pool // of *counter
}

// New makes an enricher on the built-in data. The error is for a broken build.
func New() (*Enricher, error) {
	languages, err := builtIn()
	if err != nil {
		return nil, err
	}
	lex, err := lexicon.Default()
	if err != nil {
		return nil, err
	}
	e := &Enricher{languages: languages, lex: lex}
	e.pool.New = func() any { return &counter{} }
	return e, nil
}

// Enrich sets a.Keyphrases and a.Summary. In a language without data there are no
// keyphrases, and the summary goes by the headline's words alone.
func (e *Enricher) Enrich(ctx context.Context, a *article.Article) error {
	tag, _, _ := strings.Cut(strings.ToLower(a.Language.Value), "-")
	c, _ := e.pool.Get().(*counter)
	defer func() {
		c.clear()
		e.pool.Put(c)
	}()
	l := e.languages[tag]
	c.text = lexicon.WordsOf(ctx, a.Text)
	if l == nil {
		a.Keyphrases = nil
		a.Summary = c.summary(a, &language{}, nil)
		return nil
	}
	c.read(a, l, e.lex)
	chosen := c.choose()
	a.Keyphrases = c.keyphrases(a.Text, chosen)
	a.Summary = c.summary(a, l, a.Keyphrases)
	return nil
}

// weight is that of what stands in a segment; 0: it is not read.
func weight(k article.Kind) float64 {
	switch k {
	case article.Headline, article.Kicker:
		return 2
	case article.Standfirst:
		return 1.5
	case article.Paragraph, article.Subhead, article.Quote:
		return 1
	}
	return 0
}
