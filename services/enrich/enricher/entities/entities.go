// Package entities finds whom and what a text names: persons, organisations,
// places and others, with all their mentions. A language is a folder under
// tag/data, a model a file under tag/models.
package entities

import (
	"context"
	"math"
	"strings"
	"sync"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/enricher/citedmedia"
	"github.com/copytaster/copytaster/services/enrich/enricher/entities/tag"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// Name and version that results are signed with.
const (
	Name    = "entities"
	Version = 3
)

// MentionLimit is the most mentions of one text that are looked at, MaxText how
// many bytes of it are read.
const (
	MentionLimit = 20_000
	MaxText      = 1 << 20
)

// Enricher finds entities. It is safe for concurrent use.
type Enricher struct {
	tagger  *tag.Tagger
	finders sync.Pool // of *finder
}

// New reads the lists and models that are built in.
func New() (*Enricher, error) { return made(tag.New) }

// With is an enricher with other models than those that are built in, by
// language.
func With(models map[string]*tag.Model) (*Enricher, error) {
	t, err := Tagger(models)
	if err != nil {
		return nil, err
	}
	return &Enricher{tagger: t}, nil
}

// Tagger is a tagger with the lists that are built in, and these models.
func Tagger(models map[string]*tag.Model) (*tag.Tagger, error) {
	e, err := made(tag.Untrained)
	if err != nil {
		return nil, err
	}
	for language, m := range models {
		e.tagger.Use(language, m)
	}
	return e.tagger, nil
}

func made(tagger func(*lexicon.Lexicon, [][]string) (*tag.Tagger, error)) (*Enricher, error) {
	lex, err := lexicon.Default()
	if err != nil {
		return nil, err
	}
	media, err := citedmedia.Names()
	if err != nil {
		return nil, err
	}
	t, err := tagger(lex, media)
	if err != nil {
		return nil, err
	}
	return &Enricher{tagger: t}, nil
}

// Read is where names are looked for in an article.
func Read(a *article.Article) []tag.Span { return read(nil, a) }

func read(spans []tag.Span, a *article.Article) []tag.Span {
	left := MaxText
	for i := range a.Segments {
		if s := &a.Segments[i]; worthReading(s.Kind) && s.End-s.Start <= left {
			spans = append(spans, tag.Span{Start: s.Start, End: s.End})
			left -= s.End - s.Start
		}
	}
	return spans
}

// worthReading tells whether names are looked for in segments of the kind.
func worthReading(k article.Kind) bool {
	switch k {
	case article.Headline, article.Standfirst, article.Caption, article.Reference:
		return true
	}
	return k.InBody()
}

// Enrich sets a.Entities, by their first mentions.
func (e *Enricher) Enrich(ctx context.Context, a *article.Article) error {
	a.Entities = nil
	var room [64]tag.Span
	spans := read(room[:0], a)
	language, _, _ := strings.Cut(a.Language.Value, "-")
	d := e.tagger.Read(lexicon.WordsOf(ctx, a.Text), language, spans)
	defer d.Free()
	e.tagger.Tag(d, language)
	f := e.finder(d, a.Moments)
	defer f.free()
	f.collect()
	f.headlines()
	f.known()
	f.mend()
	f.extend()
	f.formed()
	f.bodies()
	f.teams()
	f.acronyms()
	f.agree()
	f.doubt()
	f.anaphora()
	a.Entities = outside(a, f.join())
	return nil
}

func round(c float64) float64 { return math.Round(min(max(c, 0.01), 0.99)*100) / 100 }
