// Package agency tells which news agency distributed a text.
package agency

import (
	"context"
	"math"
	"strings"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/grammar"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// Name and version that results are signed with.
const (
	Name    = "agency"
	Version = 1
)

// How far each place where an agency may stand is trusted. A picture's credit
// says little about the text and never decides.
const (
	fromDateline = 0.95
	fromSignoff  = 0.9
	fromProvider = 0.85
	fromByline   = 0.75
	fromRights   = 0.7
	fromSource   = 0.6
	fromNote     = 0.4
	fromCredit   = 0.15
	enough       = 0.5
)

// Enricher finds the agency. It is safe for concurrent use.
type Enricher struct{ lex *lexicon.Lexicon }

// New makes an enricher on the built-in lexicon.
func New() (*Enricher, error) {
	lex, err := lexicon.Default()
	if err != nil {
		return nil, err
	}
	return &Enricher{lex}, nil
}

type candidate struct {
	name     string
	doubt    float64 // product of what each piece of evidence leaves open
	evidence []article.Evidence
	decides  bool
}

// Enrich sets a.Agency to the agency's usual short name, or empties it. What a
// decoder stated is kept.
func (e *Enricher) Enrich(ctx context.Context, a *article.Article) error {
	if a.Agency.Value != "" && !own(a.Agency) {
		return nil
	}
	words := lexicon.WordsOf(ctx, a.Text)
	var cs []candidate
	add := func(ag *lexicon.Agency, span article.Span, trust float64) {
		if ag == nil || ag.PhotoOnly {
			return
		}
		name := ag.Name
		if ag.Parent != "" {
			name = ag.Parent
		}
		i := 0
		for i < len(cs) && cs[i].name != name {
			i++
		}
		if i == len(cs) {
			cs = append(cs, candidate{name: name, doubt: 1})
		}
		c := &cs[i]
		c.doubt *= 1 - trust
		c.decides = c.decides || trust >= enough
		c.evidence = append(c.evidence, article.Evidence{Span: span, Enricher: Name, Version: Version, Confidence: trust})
	}
	for _, s := range a.Segments {
		switch s.Kind {
		case article.Paragraph, article.Headline, article.Standfirst, article.Caption, article.Quote, article.Subhead, article.Kicker, article.Reference, article.Residue:
			continue
		}
		l := grammar.LineOf(words, s.Start, s.End)
		switch s.Kind {
		case article.Dateline:
			d, _ := grammar.ParseDateline(e.lex, l)
			add(d.Agency, s.Span, fromDateline)
		case article.Signoff:
			so, _ := grammar.ParseSignoff(e.lex, l)
			trust := fromSignoff
			if so.Writers {
				trust = fromByline
			}
			add(so.Agency, s.Span, trust)
		case article.Byline:
			b, ok := grammar.ParseByline(e.lex, l)
			if !ok || b.Agency == nil {
				b.Agency = e.firstNamed(l)
			}
			add(b.Agency, s.Span, fromByline)
		case article.Boilerplate:
			trust := 0.0
			for i := range l.Tokens {
				c := e.lex.Phrases.All(l.Tokens[i:min(i+6, len(l.Tokens))])
				if c&lexicon.Rights != 0 {
					trust = max(trust, fromRights)
				}
				if c&lexicon.Source != 0 {
					trust = max(trust, fromSource)
				}
			}
			if strings.Contains(s.In(a.Text), "©") {
				trust = max(trust, fromRights)
			}
			if trust > 0 {
				add(e.firstNamed(l), s.Span, trust)
			}
		case article.Note:
			add(e.firstNamed(l), s.Span, fromNote)
		case article.CreditLine:
			c, _ := grammar.ParseCredit(e.lex, l)
			for _, ag := range c.Agencies {
				add(ag, s.Span, fromCredit)
			}
		}
	}
	// An intake that bears an agency's name is that agency's wire.
	for _, name := range []string{a.Provider, a.Source} {
		if l := grammar.NewLine(name, 0, len(name)); len(l.Tokens) > 0 {
			if ag, n := e.lex.AgencyName(l.Tokens); n == len(l.Tokens) {
				add(ag, article.Span{}, fromProvider)
				break
			}
		}
	}
	best := -1
	for i := range cs {
		if cs[i].decides && (best < 0 || cs[i].doubt < cs[best].doubt) {
			best = i
		}
	}
	if best < 0 {
		a.Agency = article.Label{}
		return nil
	}
	// The first evidence carries the confidence of the whole.
	c := cs[best]
	c.evidence[0].Confidence = math.Round(100*min(0.99, 1-c.doubt)) / 100
	a.Agency = article.Label{Value: c.name, Evidence: c.evidence}
	return nil
}

func own(l article.Label) bool {
	for _, e := range l.Evidence {
		if e.Enricher != Name {
			return false
		}
	}
	return len(l.Evidence) > 0
}

// firstNamed is the first agency that the line names in the agency's own
// spelling of capitals.
func (e *Enricher) firstNamed(l grammar.Line) *lexicon.Agency {
	for i, t := range l.Tokens {
		ag, n := e.lex.AgencyName(l.Tokens[i:])
		if n == 0 || ag.PhotoOnly {
			continue
		}
		if n > 1 || t.Shape&lexicon.AllCaps != 0 || t.Shape&lexicon.Upper != 0 && t.End-t.Start > 3 || l.Text[t.Start:t.End] == ag.Name || t.Shape&lexicon.Lower != 0 && i > 0 && i == len(l.Tokens)-1 {
			return ag
		}
	}
	return nil
}
