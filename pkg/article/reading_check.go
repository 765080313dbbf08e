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
// words that are no UTF-8, and flags it if something was cut. It writes names in one
// way, with single blanks and without control characters.
func (a *Article) CutReading() { a.CutReadingSince(new(Article)) }

// CutReadingSince is CutReading of what a has otherwise than before, which was cut. A
// list is the one of before if it is the same slice, and is then not looked at.
func (a *Article) CutReadingSince(before *Article) {
	cut := false
	word := func(s *string) bool { return valid(*s) }
	if replaced(a.Quotes, before.Quotes) {
		a.Quotes = keepTo(a.Quotes, MaxQuotes, &cut, (*Quotation).valid)
	}
	if replaced(a.Amounts, before.Amounts) {
		a.Amounts, cut = shorten(a.Amounts, cut, func(m *Amount) bool { return empty(&m.Currency, valid(m.Currency)) })
		if len(a.Amounts) > MaxAmounts {
			a.Amounts, cut = cutTo(a.Amounts, MaxAmounts), true
		}
	}
	if replaced(a.Quantities, before.Quantities) {
		a.Quantities = keepTo(a.Quantities, MaxQuantities, &cut, func(q *Quantity) bool { return valid(q.Unit) })
	}
	if replaced(a.Moments, before.Moments) {
		a.Moments = keepTo(a.Moments, MaxMoments, &cut, func(m *Moment) bool { return valid(string(m.Precision)) })
	}
	a.Filed.Places = keepTo(a.Filed.Places, MaxFiled, &cut, word)
	a.Filed.Agencies = keepTo(a.Filed.Agencies, MaxFiled, &cut, word)
	if replaced(a.Translation.Reasons, before.Translation.Reasons) {
		a.Translation.Reasons = keepTo(a.Translation.Reasons, MaxReasons, &cut, func(r *Reason) bool { return valid(r.Why) })
	}
	if a.cutAbout(before) || cut {
		a.Flags = slices.Clone(a.Flags)
		a.Flag(FlagTruncated)
	}
}

// replaced tells whether a list has something, and is not the very one of before.
func replaced[T any](list, before []T) bool {
	return len(list) > 0 && (len(list) != len(before) || &list[0] != &before[0])
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
// that don't end at their topic, a summary of what is no report, words that are no
// UTF-8. Evidence of whatever is read, the segments' too, has a confidence from 0 to
// 1 and a version of 32 bits.
func (a *Article) CheckReading() error { return a.CheckReadingSince(new(Article)) }

// CheckReadingSince is CheckReading of what a has otherwise than before, which has the
// same text and nothing wrong. A list is the one of before if it is the same slice,
// and is then not looked at.
func (a *Article) CheckReadingSince(before *Article) error {
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
	if replaced(a.Quotes, before.Quotes) {
		c.quotes(a.Quotes)
	}
	if replaced(a.Amounts, before.Amounts) {
		c.amounts(a.Amounts)
	}
	if replaced(a.Quantities, before.Quantities) {
		c.quantities(a.Quantities)
	}
	if replaced(a.Moments, before.Moments) {
		c.moments(a.Moments)
	}
	c.filed(&a.Filed)
	c.translation(&a.Translation, replaced(a.Translation.Reasons, before.Translation.Reasons))
	c.about(a, before)
	c.labels(a, before)
	return errors.Join(c.errs...)
}

func (c *checker) quotes(qs []Quotation) {
	c.at = 0
	for i := range qs {
		q := &qs[i]
		c.evidence("quote", i, &q.Evidence)
		c.utf8("quote", i, q.Speaker, q.Role, q.Via, q.Cue)
	}
}

func (c *checker) amounts(ms []Amount) {
	c.at = 0
	for i := range ms {
		m := &ms[i]
		c.evidence("amount", i, &m.Evidence)
		c.figure("amount", i, m.Figure)
		c.utf8("amount", i, m.Currency)
		if m.Converts < 0 || m.Converts > i {
			c.bad("amount", i, "converts the one %d before it", m.Converts)
		}
	}
}

func (c *checker) quantities(qs []Quantity) {
	c.at = 0
	for i := range qs {
		q := &qs[i]
		c.evidence("quantity", i, &q.Evidence)
		c.figure("quantity", i, q.Figure)
		c.utf8("quantity", i, q.Unit)
	}
}

func (c *checker) moments(ms []Moment) {
	c.at = 0
	for i := range ms {
		c.evidence("date", i, &ms[i].Evidence)
		c.moment(i, &ms[i])
	}
}

func (c *checker) filed(f *Filed) {
	c.at = 0
	c.optional("filed", 0, &f.Evidence)
	c.day("filed", 0, f.Date)
	c.utf8("filed", 0, f.Places...)
	c.utf8("filed", 0, f.Agencies...)
}

// labels checks the evidence of what is no list of findings in the text: labels and
// credits, of which some come from the metadata, and segments, which
// [CheckSegments] checks further.
func (c *checker) labels(a, before *Article) {
	label := func(what string, i int, l *Label) {
		for j := range l.Evidence {
			c.loose(what, i, &l.Evidence[j])
		}
	}
	label("language", 0, &a.Language)
	label("agency", 0, &a.Agency)
	if replaced(a.CitedMedia, before.CitedMedia) {
		for i := range a.CitedMedia {
			label("cited medium", i, &a.CitedMedia[i])
		}
	}
	if replaced(a.Credits, before.Credits) {
		for i := range a.Credits {
			c.loose("credit", i, &a.Credits[i].Evidence)
		}
	}
	if replaced(a.Segments, before.Segments) {
		for i := range a.Segments {
			c.loose("segment", i, &a.Segments[i].Evidence)
		}
	}
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

// evidence checks evidence that covers a piece of the text.
func (c *checker) evidence(what string, i int, e *Evidence) {
	c.span(what, i, e.Span)
	c.signed(what, i, e)
}

// loose checks evidence that may cover nothing.
func (c *checker) loose(what string, i int, e *Evidence) {
	if e.Start < 0 || e.Start > e.End || e.End > len(c.text) {
		c.bad(what, i, "has span %d-%d, outside the text of %d bytes", e.Start, e.End, len(c.text))
	}
	c.signed(what, i, e)
}

// signed checks who found something, and how sure it is.
func (c *checker) signed(what string, i int, e *Evidence) {
	if !(e.Confidence >= 0 && e.Confidence <= 1) {
		c.bad(what, i, "confidence %v is outside 0 to 1", e.Confidence)
	}
	if e.Version < math.MinInt32 || e.Version > math.MaxInt32 {
		c.bad(what, i, "version %d of its enricher does not fit into 32 bits", e.Version)
	}
	if n := len(e.Enricher); n > MaxEnricher {
		c.bad(what, i, "is signed by a name of %d bytes, the limit is %d", n, MaxEnricher)
	}
	c.utf8(what, i, e.Enricher)
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

func (c *checker) translation(t *Translation, reasons bool) {
	if !(t.Likelihood >= 0 && t.Likelihood <= 1) {
		c.errs = append(c.errs, fmt.Errorf("likelihood %v of a translation is outside 0 to 1", t.Likelihood))
	}
	for i := range t.Reasons {
		if !reasons {
			break
		}
		r := &t.Reasons[i]
		c.at = 0 // by weight, not by place
		if r.Why == "" {
			c.bad("reason of translation", i, "says nothing")
		}
		c.utf8("reason of translation", i, r.Why)
		c.optional("reason of translation", i, &r.Evidence)
	}
}
