package calendar

import (
	"time"

	"github.com/copytaster/copytaster/pkg/article"
)

// Focus is what a text has named of the time so far, and what its next date may hang
// on: "the following day", "that month", "a year earlier"; or the year that a sentence
// is about. The zero value is that of a text that has named nothing and has no day to
// count from.
type Focus struct {
	// Anchor is the day that the text counts from; zero: it isn't known.
	Anchor time.Time
	// Asked, if it is set, is told what the weights choose from.
	Asked func(Choice)

	last [remembered]mention // the newest first
	n    int                 // how many of them there are
	told frame

	listed bool // paragraphs are headed by days that are over, as those of a chronology
	entry  bool // this one is
	head   time.Time
}

// remembered is how many dates a date may hang on.
const remembered = 8

// mention is a date that was named.
type mention struct {
	Interval          // zero: it can't be told
	base     Interval // what it hung on itself, if it did
	x        Expression
	ago      int // sentences between it and now
	// paragraphs lie between it and now; it begins its own.
	paragraphs int
	begins     bool
	flashback  bool // it is what the sentence looks back to: "convicted in 2005 of a murder in 2003"
}

// frame is the past time that a paragraph tells of, once it has begun with one.
type frame struct {
	Interval
	open bool // nothing in the paragraph has counted from the anchor
}

// Paragraph says that another paragraph begins.
func (f *Focus) Paragraph() {
	for k := range f.n {
		f.last[k].ago++
		f.last[k].paragraphs++
	}
	f.told = frame{open: true}
	f.entry = false
}

// Apart is the focus of what stands beside the text, and hangs on nothing in it.
func (f *Focus) Apart() Focus { return Focus{Anchor: f.Anchor, Asked: f.Asked} }

// Resolve tells when x is, counted from the anchor and from what was named before it,
// and remembers that. Not ok: it can't be told, or an end lies outside the years 1 to
// 9999.
func (f *Focus) Resolve(x *Expression) (i Interval, ok bool) {
	for k := range f.n {
		f.last[k].ago += x.sentences
	}
	m := mention{}
	if !f.Anchor.IsZero() {
		f.Anchor = midnight(f.Anchor)
	}
	f.chronicle(x)
	i, m.base, ok = f.resolve(x)
	if !ok || !i.writable() {
		i, ok = Interval{}, false
	}
	x.alone = x.alone || !ok && f.n == 0 && (x.first.form == asBeside || x.first.form == asSame)
	if !ok && x.Relative() {
		return i, false // it may be a duration
	}
	f.follow(x, i, ok)
	m.Interval, m.x = i, *x
	if x.heads {
		f.head = i.From
		f.entry = ok && !i.From.After(f.Anchor) && (f.listed || x.first.dated())
		f.listed = f.listed || f.entry
	}
	m.flashback = f.n > 0 && !x.stepped && x.sentences == 0 && f.last[0].paragraphs == 0 && ok && i.To.Before(f.last[0].From)
	m.begins = f.n == 0 || f.last[0].paragraphs > 0
	copy(f.last[1:], f.last[:])
	f.last[0] = m
	f.n = min(f.n+1, remembered)
	return i, ok
}

// chronicle has the present tense of a chronology tell of what is over.
func (f *Focus) chronicle(x *Expression) {
	switch {
	case !x.present:
	case x.heads && f.listed:
		x.tense = gone
		if i, ok := x.resolve(f.Anchor); !ok || i.From.Before(f.head) {
			x.tense = toCome
		}
	case !x.heads && f.entry:
		x.tense = gone
	}
}

// follow keeps the frame of the paragraph: it is set by what its sentences begin with,
// and ends where something counts from the anchor.
func (f *Focus) follow(x *Expression, i Interval, ok bool) {
	switch {
	case !f.told.open:
	case !ok || !x.first.dated() && !x.framed && !x.first.hangs():
		f.told = frame{}
	case f.told.From.IsZero() && (x.place&opensSentence == 0 || x.last.form != 0 || i.To.IsZero() || i.Precision == article.PrecisionYear || i.Precision == article.PrecisionDecade || i.Precision == article.PrecisionCentury):
		f.told = frame{}
	default:
		f.told.Interval = i
	}
}

// resolve is Resolve; base is what x hung on, if it did.
func (f *Focus) resolve(x *Expression) (i, base Interval, ok bool) {
	if x.first.hangs() {
		return f.hung(x)
	}
	if !x.yearless() {
		i, ok = x.resolve(f.Anchor)
		return i, base, ok
	}
	counted, ok := x.resolve(f.Anchor)
	var y int
	var told bool
	if ok {
		y, told = f.chooseYear(x, counted)
	} else {
		y, _, told = f.yearOf(x)
	}
	if told {
		if i, told = f.inYear(x, y); told {
			x.framed = true
			return i, base, true
		}
	}
	return counted, base, ok
}

// yearOf is the year of x, which has none, if its sentence tells it: "in 2017 it took
// place on 14 May"; or the paragraph, as long as it tells of nothing else.
func (f *Focus) yearOf(x *Expression) (y int, firm, ok bool) {
	for k := range f.n {
		m := &f.last[k]
		if m.ago > 0 {
			break
		}
		if k == 0 && m.x.first.form == asOffset && m.Precision == article.PrecisionYear {
			y, ok = x.yearIn(m.Interval, f.Anchor) // "four years later, after the vote in June"
			return y, false, ok
		}
		if !m.tellsYear() || m.x.place&opensSentence == 0 && (k > 0 || x.place&(ofPrevious|ofEvent) == 0) {
			continue
		}
		y, ok = x.yearIn(m.Interval, f.Anchor)
		return y, m.x.place&opensSentence != 0 && m.Precision == article.PrecisionYear, ok
	}
	if m := f.sameMonth(x); m != nil && x.tense == gone {
		y, ok = x.yearIn(m.Interval, f.Anchor)
		return y, false, ok
	}
	if f.n > 0 && f.last[0].leads() && x.tense == gone && !x.reports && !f.Anchor.IsZero() {
		y, ok = x.yearIn(f.last[0].Interval, f.Anchor)
		return y, false, ok
	}
	if f.told.open && !f.told.From.IsZero() && x.tense == gone && !f.Anchor.IsZero() {
		y, ok = x.yearIn(f.told.Interval, f.Anchor)
	}
	return y, false, ok
}

// yearless tells whether x is of some year, and doesn't say of which.
func (x *Expression) yearless() bool {
	e := &x.first
	switch e.form {
	case asDay, asMonth, asSeason, asNth, asPartOfMonth:
		return (x.last.form == 0 || !x.last.dated() && !x.last.yearShifts) && !e.dated() && !e.shifted && !e.yearShifts && e.weekday == 0 && !e.hung
	default:
		return false
	}
}

// tellsYear tells whether m lies in one year, which it names or counts in: "last year".
func (m *mention) tellsYear() bool {
	e := &m.x.first
	return !m.From.IsZero() && m.From.Year() == m.To.Year() && m.x.last.form == 0 &&
		(e.year != 0 || e.form == asFixed || e.form == asUnit && e.unit == Year && e.n != 0 || m.x.framed || e.hangs())
}

// sameMonth is what named the month of x, a day of it, with its year.
func (f *Focus) sameMonth(x *Expression) *mention {
	if x.first.form != asDay || x.last.form != 0 {
		return nil
	}
	for k := range f.n {
		m := &f.last[k]
		if e := &m.x.first; m.ago <= maxSentences && e.form == asMonth && e.n == x.first.n && e.year != 0 && m.x.last.form == 0 {
			return m
		}
	}
	return nil
}

// leads tells whether the text goes on from m, which hung on another date, and tells
// what came then.
func (m *mention) leads() bool {
	e := &m.x.first
	if e.form == asSame || e.n < 0 && coarse(m.Precision) > coarse(article.PrecisionWeek) {
		return false // a figure is compared with another
	}
	return m.ago <= 1 && (e.hangs() || m.x.framed) && !m.From.IsZero() && coarse(m.Precision) <= coarse(article.PrecisionMonth) && m.x.place&opensSentence != 0
}

// yearIn is the year of x where a text tells of i: that year, or the one after it if i
// is no whole year, and x would lie before it. Not ok: x lies in another direction.
func (x *Expression) yearIn(i Interval, anchor time.Time) (y int, ok bool) {
	y = i.From.Year()
	if i.Precision != article.PrecisionYear {
		if at, ok := x.first.inYear(y); ok && (at.To.Before(i.From) || at == i) {
			y++
		}
	}
	at, ok := x.first.inYear(y)
	switch {
	case !ok:
	case anchor.IsZero():
		ok = x.tense == gone && i.Precision == article.PrecisionYear
	case x.tense == gone:
		ok = !at.From.After(anchor)
	case x.tense == toCome:
		ok = !at.To.Before(anchor)
	}
	return y, ok
}
