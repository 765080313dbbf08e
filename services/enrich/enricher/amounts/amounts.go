// Package amounts finds the amounts of money and the other quantities that a
// text states, with their values. What a language says of numbers, currencies
// and units is data under data/lang; the grammar is the same for all.
package amounts

import (
	"context"
	"sync"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// Name and version that results are signed with.
const (
	Name    = "amounts"
	Version = 1
)

// Limit is the most amounts, and the most quantities, that are reported for one
// article.
const Limit = 2000

// MaxDigits is the most digits of a figure; what has more is an identifier.
const MaxDigits = 15

// How sure a reading is.
const (
	sureSign    = 0.95 // a currency that is named, a percentage, a unit of measure
	sureCount   = 0.8  // a noun that is counted
	sureVague   = 0.75 // no number is given
	sureContext = 0.7  // the country of the text tells the currency
	sureGuess   = 0.5  // nothing tells it
	sureUnsaid  = 0.55 // it is left out, as before
)

// Enricher finds amounts and quantities. It is safe for concurrent use.
type Enricher struct {
	lex       *lexicon.Lexicon
	languages map[string]*language
	other     *language // for a language that there is no data for
	readers   sync.Pool // of *reader
}

// kept is how many items, and others, a reader has room for when it reads the next
// text: what one long text needed is given back.
const kept = 2048

// New reads the data that is built in.
func New() (*Enricher, error) {
	lex, err := lexicon.Default()
	if err != nil {
		return nil, err
	}
	languages, err := readData(data)
	if err != nil {
		return nil, err
	}
	return &Enricher{lex: lex, languages: languages, other: languages["und"]}, nil
}

// Enrich sets a.Amounts and a.Quantities, by place, from the headline, the
// standfirst and the body. In a language that there is no data for, it reads
// what has a currency sign, an ISO code or a percent sign.
func (e *Enricher) Enrich(ctx context.Context, a *article.Article) error {
	lang := e.languages[primary(a.Language.Value)]
	if lang == nil {
		lang = e.other
	}
	r, _ := e.readers.Get().(*reader)
	if r == nil {
		r = new(reader)
	}
	defer func() {
		r.clear()
		e.readers.Put(r)
	}()
	r.lang, r.lex, r.text, r.words, r.dotDecimal = lang, e.lex, a.Text, lexicon.WordsOf(ctx, a.Text), lang.decimal == '.'
	if lang.swaps {
		r.dotDecimal = writesDots(a)
	}
	for _, s := range a.Segments {
		if !s.Kind.InBody() && s.Kind != article.Headline && s.Kind != article.Standfirst && s.Kind != article.Dateline {
			continue
		}
		r.title = s.Kind == article.Headline || s.Kind == article.Subhead
		r.scan(s.Start, s.End)
		r.findCountries()
		if s.Kind != article.Dateline {
			r.read()
		}
	}
	r.settle()
	a.Amounts, a.Quantities = r.amounts, r.quantities
	return nil
}

// primary is the language of a BCP 47 tag.
func primary(tag string) string {
	for i := range len(tag) {
		if tag[i] == '-' {
			return tag[:i]
		}
	}
	return tag
}

// writesDots tells whether the text has the decimal point, where both manners
// are at home in its language: "18.3" or "1,500" and never "18,3" or "1.500".
func writesDots(a *article.Article) bool {
	dots, commas := 0, 0
	for i := 1; i+1 < len(a.Text); i++ {
		c := a.Text[i]
		if c != '.' && c != ',' || !isDigit(a.Text[i-1]) || !isDigit(a.Text[i+1]) {
			continue
		}
		n := 1
		for i+1+n < len(a.Text) && n < 4 && isDigit(a.Text[i+1+n]) {
			n++
		}
		// Three digits behind a mark are most often a group.
		if (c == '.') == (n != 3) {
			dots++
		} else {
			commas++
		}
	}
	return dots > commas
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
