package corpus

import (
	"time"

	"github.com/copytaster/copytaster/pkg/article"
)

// reading appends what was read in the text: filed, translation, quotes,
// amounts, quantities and dates.
func (w *writer) reading(a *article.Article) {
	w.filed(a)
	w.translation(a)
	for i := range a.Quotes {
		q := &a.Quotes[i]
		w.field(item(i, `,"quotes":[{"text":`, `,{"text":`), cut(a.Text, q.Span))
		w.some(`,"speaker":`, q.Speaker)
		w.some(`,"role":`, q.Role)
		w.some(`,"via":`, q.Via)
		w.some(`,"cue":`, q.Cue)
		w.someTrue(`,"partial":true`, q.Partial)
		w.evidence(&q.Evidence)
	}
	w.end(len(a.Quotes))
	for i := range a.Amounts {
		m := &a.Amounts[i]
		w.field(item(i, `,"amounts":[{"text":`, `,{"text":`), cut(a.Text, m.Span))
		w.some(`,"currency":`, m.Currency)
		w.figure(m.Figure)
		if of := i - m.Converts; m.Converts > 0 && of >= 0 {
			w.number(`,"conversion_of":`, int64(of))
		}
		w.evidence(&m.Evidence)
	}
	w.end(len(a.Amounts))
	for i := range a.Quantities {
		q := &a.Quantities[i]
		w.field(item(i, `,"quantities":[{"text":`, `,{"text":`), cut(a.Text, q.Span))
		w.figure(q.Figure)
		w.some(`,"unit":`, q.Unit)
		w.evidence(&q.Evidence)
	}
	w.end(len(a.Quantities))
	for i := range a.Moments {
		m := &a.Moments[i]
		w.field(item(i, `,"dates":[{"text":`, `,{"text":`), cut(a.Text, m.Span))
		w.raw(`,"from":`)
		w.instantOrDay(m.From, m.Precision)
		w.raw(`,"to":`)
		w.instantOrDay(m.To, m.Precision)
		w.field(`,"precision":`, string(m.Precision))
		w.evidence(&m.Evidence)
	}
	w.end(len(a.Moments))
}

func (w *writer) filed(a *article.Article) {
	f := &a.Filed
	if f.Evidence == (article.Evidence{}) && len(f.Places) == 0 && f.Date.IsZero() && len(f.Agencies) == 0 {
		return
	}
	w.field(`,"filed":{"text":`, cut(a.Text, f.Span))
	w.someList(`,"places":`, f.Places)
	if !f.Date.IsZero() {
		w.raw(`,"date":`)
		w.instantOrDay(f.Date, article.PrecisionDay)
	}
	w.someList(`,"agencies":`, f.Agencies)
	w.evidence(&f.Evidence)
}

func (w *writer) translation(a *article.Article) {
	t := &a.Translation
	if t.Likelihood == 0 && len(t.Reasons) == 0 {
		return
	}
	w.someTrue(`,"translation_likely":true`, t.Likely())
	w.raw(`,"translation":{"likelihood":`)
	w.float(t.Likelihood)
	w.reasons(`,"reasons":[{"why":`, a, t.Reasons)
	w.b = append(w.b, '}')
}

func (w *writer) someTrue(member string, is bool) {
	if is {
		w.raw(member)
	}
}

func (w *writer) figure(f article.Figure) {
	w.raw(`,"value":`)
	if f.Known {
		w.float(f.Value)
		if f.To != f.Value {
			w.raw(`,"value_to":`)
			w.float(f.To)
		}
	} else {
		w.raw(`null`)
	}
	w.someTrue(`,"approximate":true`, f.Approximate)
}

// instantOrDay appends an end of a moment; null if it is open.
func (w *writer) instantOrDay(t time.Time, p article.Precision) {
	switch {
	case t.IsZero():
		w.raw(`null`)
	case p == article.PrecisionTime:
		w.time(``, t)
	default:
		w.b = append(w.b, '"')
		w.day(t)
		w.b = append(w.b, '"')
	}
}

// day appends the date of t. JSON holds the years from 1 to 9999.
func (w *writer) day(t time.Time) {
	t = t.UTC()
	b, err := t.AppendText(w.b)
	if err != nil {
		w.fail(err)
		return
	}
	w.b = b[:len(w.b)+len(time.DateOnly)]
}

// found appends what is only for being found by, see [Found].
func (w *writer) found(f *Found, language string) {
	for i := range f.Said {
		q := &f.Said[i]
		w.raw(item(i, `,"said":[{"words":{"`, `,{"words":{"`))
		w.raw(language)
		w.field(`":`, q.Words)
		w.b = append(w.b, '}')
		w.some(`,"speaker":`, q.Speaker)
		w.b = append(w.b, '}')
	}
	w.end(len(f.Said))
	w.someList(`,"speakers":`, f.Speakers)
	for i := range f.Sums {
		m := &f.Sums[i]
		w.raw(item(i, `,"sums":[{"value":{"gte":`, `,{"value":{"gte":`))
		w.float(m.From)
		w.raw(`,"lte":`)
		w.float(m.To)
		w.b = append(w.b, '}')
		w.some(`,"currency":`, m.Currency)
		w.b = append(w.b, '}')
	}
	w.end(len(f.Sums))
	w.someList(`,"currencies":`, f.Currencies)
	for i := range f.Mentioned {
		w.raw(item(i, `,"mentioned":[{"gte":`, `,{"gte":`))
		w.time(``, f.Mentioned[i].First)
		w.time(`,"lte":`, f.Mentioned[i].Last)
		w.b = append(w.b, '}')
	}
	w.end(len(f.Mentioned))
	w.someList(`,"filed":`, f.Filed)
	w.someList(`,"persons":`, f.Persons)
	w.someList(`,"organisations":`, f.Organisations)
	w.someList(`,"places":`, f.Places)
	w.someList(`,"countries":`, f.Countries)
	for i := range f.Locations {
		w.raw(item(i, `,"locations":[{"lat":`, `,{"lat":`))
		w.float(f.Locations[i].Lat)
		w.raw(`,"lon":`)
		w.float(f.Locations[i].Lon)
		w.b = append(w.b, '}')
	}
	w.end(len(f.Locations))
	w.someList(`,"topics":`, f.Topics)
	w.someList(`,"keyphrases":`, f.Keyphrases)
}
