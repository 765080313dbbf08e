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

// found appends what of the reading is only for being found by: quotes with
// their speakers, amounts as ranges, dates as ranges. What stands in a note to
// editors and the like can't be found.
func (w *writer) found(a *article.Article, language string) {
	n := 0
	for i := range a.Quotes {
		q := &a.Quotes[i]
		if !a.ForReaders(q.Span) {
			continue
		}
		w.raw(item(n, `,"said":[{"words":{"`, `,{"words":{"`))
		w.raw(language)
		w.field(`":`, cut(a.Text, q.Span))
		w.b = append(w.b, '}')
		w.some(`,"speaker":`, q.Speaker)
		w.b = append(w.b, '}')
		n++
	}
	w.end(n)
	w.someList(`,"speakers":`, distinct(len(a.Quotes), func(i int) string { return shown(a, a.Quotes[i].Span, a.Quotes[i].Speaker) }))
	n = 0
	for i := range a.Amounts {
		m := &a.Amounts[i]
		if !m.Known || !a.ForReaders(m.Span) {
			continue
		}
		w.raw(item(n, `,"sums":[{"value":{"gte":`, `,{"value":{"gte":`))
		w.float(m.Value)
		w.raw(`,"lte":`)
		w.float(m.To)
		w.b = append(w.b, '}')
		w.some(`,"currency":`, m.Currency)
		w.b = append(w.b, '}')
		n++
	}
	w.end(n)
	w.someList(`,"currencies":`, distinct(len(a.Amounts), func(i int) string { return shown(a, a.Amounts[i].Span, a.Amounts[i].Currency) }))
	n = 0
	for i := range a.Moments {
		if from, to, ok := mentioned(&a.Moments[i]); ok && a.ForReaders(a.Moments[i].Span) {
			w.raw(item(n, `,"mentioned":[{"gte":`, `,{"gte":`))
			w.time(``, from)
			w.time(`,"lte":`, to)
			w.b = append(w.b, '}')
			n++
		}
	}
	w.end(n)
	w.someList(`,"filed":`, distinct(len(a.Filed.Places), func(i int) string { return a.Filed.Places[i] }))
}

// shown is value if it comes from what readers may see, else "".
func shown(a *article.Article, s article.Span, value string) string {
	if value == "" || !a.ForReaders(s) {
		return ""
	}
	return value
}

// mentioned is the first and last millisecond of a moment that can be told. One
// that is open to a side counts with its known end alone: "in the coming months"
// is not about every later year.
func mentioned(m *article.Moment) (from, to time.Time, ok bool) {
	from, to = m.From, m.To
	switch {
	case from.IsZero() && to.IsZero():
		return from, to, false
	case from.IsZero():
		from = to
	case to.IsZero():
		to = from
	}
	if m.Precision != article.PrecisionTime {
		to = to.Add(24*time.Hour - time.Millisecond)
	}
	return from, to, true
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
