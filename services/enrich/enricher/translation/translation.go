// Package translation tells how likely it is that a text was translated, by
// people or by machine: by what a translation leaves behind and somebody who
// writes in the language would not write.
package translation

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// Name and version that results are signed with.
const (
	Name    = "translation"
	Version = 1
)

// Why are the words that a [article.Reason] gives.
const (
	Stated   = "stated"          // the text says so
	Agency   = "agency language" // its agency writes in another language
	Capital  = "capital"         // a small word has a capital inside a sentence
	Mark     = "mark"            // a closing mark stands after a blank or is an opening one
	Foreign  = "foreign mark"    // marks of another language
	Spelling = "mixed spelling"  // one name is written in several ways
	Number   = "number"          // the decimal mark of another language
	Calque   = "calque"          // words put together as another language does
	Commas   = "comma"           // a comma where another language has one
)

// Limits of what is given as reasons.
const (
	MaxEach = 3 // of each kind; what more there is adds nothing
	perWord = 6 // words that may stand in a calque's gap
)

// weights are how much each reason counts, as the chance that a text with this
// alone was translated. No single slip is enough: those who write in the language
// make slips, too. Calques have their own weights, in data.
var weights = map[string]float64{
	Stated: .95, Agency: .2, Capital: .45, Mark: .3, Foreign: .4, Spelling: .25, Number: .4, Commas: .3,
}

// again is how much less the second and third slip of a kind count.
const again = .4

// Enricher is safe for concurrent use.
type Enricher struct {
	home      map[string]string // agency to language
	languages map[string]*language
	words     sync.Pool // of *[]word
}

// kept is how many words of a segment there is room for when the next text is read:
// what a long one needed is given back.
const kept = 512

// New makes an enricher on the built-in data.
func New() (*Enricher, error) {
	lex, err := lexicon.Default()
	if err != nil {
		return nil, err
	}
	e := &Enricher{home: map[string]string{}}
	for _, a := range lex.Agencies() {
		e.home[a.Name] = a.Language
	}
	e.languages, err = load(data)
	return e, err
}

// Enrich sets a.Translation by what readers see and by Agency and Language. Of a
// text in a language without data it tells nothing.
func (e *Enricher) Enrich(ctx context.Context, a *article.Article) error {
	a.Translation = article.Translation{}
	tag := primary(a.Language.Value)
	l := e.languages[tag]
	if l == nil {
		return nil
	}
	f := finder{text: a.Text, scanned: lexicon.WordsOf(ctx, a.Text), language: l, counts: map[string]int{}}
	room, _ := e.words.Get().(*[]word)
	if room == nil {
		room = new([]word)
	}
	f.words = *room
	defer func() {
		if cap(f.words) <= kept {
			clear(f.words[:cap(f.words)]) // nothing of the text stays
			*room = f.words
			e.words.Put(room)
		}
	}()
	for _, s := range a.Segments {
		if s.Kind == article.Note || s.Kind == article.Signoff || s.Kind == article.Boilerplate {
			f.stated(s.Span)
		}
		if s.Kind.InBody() || s.Kind == article.Standfirst {
			f.segment(s.Span)
		}
	}
	f.spelling()
	if home := primary(e.home[a.Agency.Value]); home != "" && home != tag && len(f.reasons) > 0 {
		var best article.Evidence
		for _, e := range a.Agency.Evidence {
			if e.Confidence > best.Confidence {
				best = e
			}
		}
		f.add(Agency, best.Span, weights[Agency])
	}
	if len(f.reasons) == 0 {
		return nil
	}
	doubt := 1.0
	seen := map[string]bool{}
	for _, r := range f.reasons {
		w := r.Confidence
		if seen[r.Why] && r.Why != Calque {
			w *= again
		}
		seen[r.Why] = true
		doubt *= 1 - w
	}
	slices.SortStableFunc(f.reasons, func(x, y article.Reason) int { return cmp.Compare(y.Confidence, x.Confidence) })
	a.Translation = article.Translation{Likelihood: 1 - doubt, Reasons: f.reasons}
	return nil
}

func primary(tag string) string {
	for i := range len(tag) {
		if tag[i] == '-' || tag[i] == '_' {
			return tag[:i]
		}
	}
	return tag
}
