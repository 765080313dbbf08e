package corpus

import (
	"time"

	"github.com/copytaster/copytaster/pkg/article"
)

// Found is what was read in an article, and is found by: what is sure, see
// [article.Sure], and doesn't stand in a note to editors or the like alone. Lists of
// strings have no duplicates.
type Found struct {
	Said       []Quoted
	Speakers   []string // of all quotes
	Sums       []Money
	Currencies []string // of all amounts
	Mentioned  []Period
	Filed      []string // places of the dateline, as written

	Persons       []string // normal names, as those of the next two
	Organisations []string
	Places        []string
	Countries     []string // of the places, ISO 3166-1 alpha-2
	Locations     []Point
	Topics        []string // qcodes, with all broader ones
	Keyphrases    []string // normal forms
}

// Quoted is a quote and who it is of; "" if nobody is named.
type Quoted struct{ Words, Speaker string }

// Money is an amount of money, both ends inclusive, in whole units of a currency; "" if
// it can't be told which.
type Money struct {
	From, To float64
	Currency string
}

// Period is a time that a text mentions, both ends inclusive, to the millisecond.
type Period struct{ First, Last time.Time }

// Point is a place on earth, in degrees.
type Point struct{ Lat, Lon float64 }

// FoundBy is what of an article's reading it is found by. An article without a text
// isn't found by its metadata's topics either.
func FoundBy(a *article.Article) (f Found) {
	if len(a.Segments) == 0 {
		return f
	}
	f.reading(a)
	f.about(a)
	return f
}

func (f *Found) reading(a *article.Article) {
	for i := range a.Quotes {
		if q := &a.Quotes[i]; a.ForReaders(q.Span) {
			f.Said = append(f.Said, Quoted{cut(a.Text, q.Span), q.Speaker})
		}
	}
	f.Speakers = distinct(len(a.Quotes), func(i int) string { return shown(a, a.Quotes[i].Span, a.Quotes[i].Speaker) })
	for i := range a.Amounts {
		if m := &a.Amounts[i]; m.Known && a.ForReaders(m.Span) {
			f.Sums = append(f.Sums, Money{m.Value, m.To, m.Currency})
		}
	}
	f.Currencies = distinct(len(a.Amounts), func(i int) string { return shown(a, a.Amounts[i].Span, a.Amounts[i].Currency) })
	for i := range a.Moments {
		if p, ok := mentioned(&a.Moments[i]); ok && a.ForReaders(a.Moments[i].Span) {
			f.Mentioned = append(f.Mentioned, p)
		}
	}
	f.Filed = distinct(len(a.Filed.Places), func(i int) string { return a.Filed.Places[i] })
}

func (f *Found) about(a *article.Article) {
	f.Persons = named(a, article.EntityPerson)
	f.Organisations = named(a, article.EntityOrganisation)
	seen := func(of func(p *article.Place) string) []string {
		return distinct(len(a.Places), func(i int) string {
			if p := &a.Places[i]; a.Mentioned(p.Mentions) {
				return of(p)
			}
			return ""
		})
	}
	f.Places = seen(func(p *article.Place) string { return p.Name })
	f.Countries = seen(func(p *article.Place) string { return p.Country })
	for i := range a.Places {
		if p := &a.Places[i]; p.Located && a.Mentioned(p.Mentions) {
			f.Locations = append(f.Locations, Point{p.Lat, p.Lon})
		}
	}
	var topics []string
	for i := range a.Topics {
		if t := &a.Topics[i]; a.Tells(t) {
			topics = append(topics, t.Path...)
		}
	}
	f.Topics = distinct(len(topics), func(i int) string { return topics[i] })
	f.Keyphrases = distinct(len(a.Keyphrases), func(i int) string {
		if k := &a.Keyphrases[i]; a.Mentioned([]article.Evidence{k.Evidence}) {
			return k.Phrase
		}
		return ""
	})
}

// named are the names of the article's entities of that type.
func named(a *article.Article, t article.EntityType) []string {
	return distinct(len(a.Entities), func(i int) string {
		if e := &a.Entities[i]; e.Type == t && a.Mentioned(e.Mentions) {
			return e.Name
		}
		return ""
	})
}

// shown is value if it comes from what readers may see, else "".
func shown(a *article.Article, s article.Span, value string) string {
	if value == "" || !a.ForReaders(s) {
		return ""
	}
	return value
}

// mentioned is when a moment is that can be told. One that is open to a side counts
// with its known end alone: "in the coming months" is not about every later year.
func mentioned(m *article.Moment) (p Period, ok bool) {
	from, to := m.From, m.To
	switch {
	case from.IsZero() && to.IsZero():
		return Period{}, false
	case from.IsZero():
		from = to
	case to.IsZero():
		to = from
	}
	if m.Precision != article.PrecisionTime {
		to = to.Add(24*time.Hour - time.Millisecond)
	}
	return Period{from, to}, true
}

// distinct are the n strings without "" and what is there before, in order.
func distinct(n int, of func(i int) string) []string {
	var all []string
	seen := make(map[string]bool, n)
	for i := range n {
		if s := of(i); s != "" && !seen[s] {
			seen[s] = true
			all = append(all, s)
		}
	}
	return all
}
