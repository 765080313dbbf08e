package article

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
	"unicode/utf8"
)

// Limits of what is read in a text. The chain of enrichers cuts lists to them
// and flags it, see [Article.CutReading]. Quotes and amounts are objects of their
// own in the index, which takes 10,000 of them with one article.
const (
	MaxQuotes     = 2_000
	MaxAmounts    = 2_000
	MaxQuantities = 2_000
	MaxMoments    = 2_000
	MaxFiled      = 20  // places, and agencies, of a dateline
	MaxReasons    = 100 // of a translation
)

// Precisions are all of them, from fine to coarse.
var Precisions = []Precision{
	PrecisionTime, PrecisionDay, PrecisionWeek, PrecisionThird, PrecisionMonth, PrecisionQuarter,
	PrecisionSeason, PrecisionHalfYear, PrecisionYear, PrecisionDecade, PrecisionCentury, PrecisionOpen,
}

// CutReading cuts what was read in the text to its limits, takes out what has
// words that are no UTF-8, and flags it if something was cut.
func (a *Article) CutReading() {
	cut := false
	word := func(s *string) bool { return valid(*s) }
	a.Quotes = keepTo(a.Quotes, MaxQuotes, &cut, (*Quotation).valid)
	a.Amounts = shorten(a.Amounts, &cut, func(m *Amount) bool { return !valid(m.Currency) }, func(m *Amount) { m.Currency = "" })
	if len(a.Amounts) > MaxAmounts {
		a.Amounts, cut = cutTo(a.Amounts, MaxAmounts), true
	}
	a.Quantities = keepTo(a.Quantities, MaxQuantities, &cut, func(q *Quantity) bool { return valid(q.Unit) })
	a.Moments = keepTo(a.Moments, MaxMoments, &cut, func(m *Moment) bool { return valid(string(m.Precision)) })
	a.Filed.Places = keepTo(a.Filed.Places, MaxFiled, &cut, word)
	a.Filed.Agencies = keepTo(a.Filed.Agencies, MaxFiled, &cut, word)
	a.Translation.Reasons = keepTo(a.Translation.Reasons, MaxReasons, &cut, func(r *Reason) bool { return valid(r.Why) })
	if a.cutAbout() || cut {
		a.Flags = slices.Clone(a.Flags)
		a.Flag(FlagTruncated)
	}
}

func (q *Quotation) valid() bool { return valid(q.Speaker, q.Role, q.Via, q.Cue) }

func cutTo[T any](list []T, limit int) []T {
	if len(list) > limit {
		return list[:limit:limit]
	}
	return list
}

// CheckReading tells what is wrong with what was read in the text: more than
// the limits, spans outside the text or out of order, numbers that are none,
// ranges and periods that end before they begin, places outside the earth, paths
// that don't end at their topic, words that are no UTF-8.
func (a *Article) CheckReading() error {
	c := checker{text: a.Text}
	c.count("quotes", len(a.Quotes), MaxQuotes)
	c.count("amounts", len(a.Amounts), MaxAmounts)
	c.count("quantities", len(a.Quantities), MaxQuantities)
	c.count("dates", len(a.Moments), MaxMoments)
	c.count("places of filing", len(a.Filed.Places), MaxFiled)
	c.count("agencies of filing", len(a.Filed.Agencies), MaxFiled)
	c.count("reasons of translation", len(a.Translation.Reasons), MaxReasons)
	c.count("entities", len(a.Entities), MaxEntities)
	c.count("places", len(a.Places), MaxPlaces)
	c.count("topics", len(a.Topics), MaxTopics)
	c.count("keyphrases", len(a.Keyphrases), MaxKeyphrases)
	c.count("mentions", a.mentions(math.MaxInt), MaxAllMentions)
	if len(c.errs) > 0 {
		return errors.Join(c.errs...)
	}
	for i := range a.Quotes {
		q := &a.Quotes[i]
		c.span("quote", i, q.Span)
		c.utf8("quote", i, q.Speaker, q.Role, q.Via, q.Cue)
	}
	c.at = 0
	for i := range a.Amounts {
		m := &a.Amounts[i]
		c.span("amount", i, m.Span)
		c.figure("amount", i, m.Figure)
		c.utf8("amount", i, m.Currency)
		if m.Converts < 0 || m.Converts > i {
			c.bad("amount", i, "converts the one %d before it", m.Converts)
		}
	}
	c.at = 0
	for i := range a.Quantities {
		c.span("quantity", i, a.Quantities[i].Span)
		c.figure("quantity", i, a.Quantities[i].Figure)
		c.utf8("quantity", i, a.Quantities[i].Unit)
	}
	c.at = 0
	for i := range a.Moments {
		c.span("date", i, a.Moments[i].Span)
		c.moment(i, &a.Moments[i])
	}
	c.at = 0
	if f := &a.Filed; f.Span != (Span{}) {
		c.span("filed", 0, f.Span)
	}
	c.day("filed", 0, a.Filed.Date)
	c.utf8("filed", 0, a.Filed.Places...)
	c.utf8("filed", 0, a.Filed.Agencies...)
	c.translation(&a.Translation)
	c.about(a)
	return errors.Join(c.errs...)
}

// maxWrong is how much of what is wrong one error names.
const maxWrong = 8

// checker collects what is wrong.
type checker struct {
	text string
	at   int // where the one before it began
	errs []error
}

func (c *checker) bad(what string, i int, format string, args ...any) {
	if len(c.errs) < maxWrong {
		c.errs = append(c.errs, fmt.Errorf("%s %d: %s", what, i, fmt.Sprintf(format, args...)))
	}
}

func (c *checker) count(what string, n, limit int) {
	if n > limit {
		c.errs = append(c.errs, fmt.Errorf("article has %d %s, the limit is %d", n, what, limit))
	}
}

func (c *checker) span(what string, i int, s Span) {
	switch {
	case s.Start < 0 || s.End > len(c.text) || s.Start >= s.End:
		c.bad(what, i, "has span %d-%d in a text of %d bytes", s.Start, s.End, len(c.text))
	case s.Start < c.at:
		c.bad(what, i, "starts at %d, before the one before it at %d", s.Start, c.at)
	case !utf8.RuneStart(c.text[s.Start]) || s.End < len(c.text) && !utf8.RuneStart(c.text[s.End]):
		c.bad(what, i, "cuts a character in two")
	default:
		c.at = s.Start
	}
}

func (c *checker) figure(what string, i int, f Figure) {
	switch {
	case math.IsNaN(f.Value) || math.IsNaN(f.To) || math.IsInf(f.Value, 0) || math.IsInf(f.To, 0):
		c.bad(what, i, "value %v to %v is no number", f.Value, f.To)
	case !f.Known && (f.Value != 0 || f.To != 0):
		c.bad(what, i, "has the value %v, and says that it isn't known", f.Value)
	case f.To < f.Value:
		c.bad(what, i, "ends at %v, below its beginning %v", f.To, f.Value)
	}
}

func (c *checker) moment(i int, m *Moment) {
	if m.Precision == "" { // those of a later version are borne
		c.bad("date", i, "has no precision")
	}
	c.utf8("date", i, string(m.Precision))
	if !m.From.IsZero() && !m.To.IsZero() && m.To.Before(m.From) {
		c.bad("date", i, "ends at %v, before its beginning %v", m.To, m.From)
	}
	if m.Precision != PrecisionTime {
		c.day("date", i, m.From)
		c.day("date", i, m.To)
	}
}

// day tells whether t is the beginning of a day that has a date of four digits.
func (c *checker) day(what string, i int, t time.Time) {
	if t.IsZero() {
		return
	}
	if y := t.UTC().Year(); y < 1 || y > 9999 {
		c.bad(what, i, "year %d is outside 1 to 9999", y)
	}
	if u := t.UTC(); u.Hour() != 0 || u.Minute() != 0 || u.Second() != 0 || u.Nanosecond() != 0 {
		c.bad(what, i, "%v is not the beginning of a day, UTC", t)
	}
}

func (c *checker) translation(t *Translation) {
	if !(t.Likelihood >= 0 && t.Likelihood <= 1) {
		c.errs = append(c.errs, fmt.Errorf("likelihood %v of a translation is outside 0 to 1", t.Likelihood))
	}
	for i, r := range t.Reasons {
		c.at = 0 // by weight, not by place
		if r.Why == "" {
			c.bad("reason of translation", i, "says nothing")
		}
		c.utf8("reason of translation", i, r.Why)
		if r.Span != (Span{}) {
			c.span("reason of translation", i, r.Span)
		}
	}
}
