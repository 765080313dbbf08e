package calendar

import (
	"time"

	"github.com/copytaster/copytaster/pkg/article"
)

// hangs tells whether e counts from what the text named before it.
func (e *expression) hangs() bool {
	return e.form == asFollowing || e.form == asOffset || e.form == asBeside || e.form == asSame || e.hung
}

// How much speaks for what a date may hang on. The newest has most; the rest is what
// speaks against it.
const (
	newest       = 100
	older        = 10 // each date that was named since
	aside        = 25 // it is when something was said, or is to come while x is over
	contradicts  = 50 // x would lie where its verb says that it doesn't
	likeIt       = 15 // it is of the unit that x counts in, and near
	maxSentences = 4  // between a date and what hangs on it
)

// hung resolves x, which hangs on one of the dates named before it, base.
func (f *Focus) hung(x *Expression) (i, base Interval, ok bool) {
	best := 0
	for k := range f.n {
		m := &f.last[k]
		if m.ago > maxSentences {
			break
		}
		if k == 0 && x.apposed && m.x.first.dated() {
			continue // "in 1990, 22 years later"
		}
		on := m.Interval
		if k == 0 && m.ago == 0 && !x.stepped && !m.base.From.IsZero() && x.first.form == asOffset {
			on = m.base // "3.1% a month earlier and 5.3% a year earlier"
		}
		if on.From.IsZero() && x.first.form == asSame && x.first.year != 0 && (x.first.unit == 0 || m.x.Precision() == precisionOf[x.first.unit]) {
			if i, ok = m.x.first.inYear(x.first.year); ok && m.x.last.form == 0 {
				return i, base, true // "in the third quarter", which isn't known, and "the same period of 2023"
			}
		}
		if on.From.IsZero() {
			if best == 0 && x.first.takes(m.x.Precision()) {
				return i, base, false // what it hangs on can't be told either
			}
			continue
		}
		if !x.first.takes(on.Precision) || on.To.IsZero() {
			if k == 0 && m.ago == 0 && x.Relative() {
				break // "by December, not a day later"
			}
			continue
		}
		at, found := x.first.beside(on, f.Anchor)
		if w := newest - older*k - f.against(x, m, at); found && w > best {
			i, base, ok, best = at, on, true, w
		}
	}
	if !ok && x.first.orAnchor && !f.Anchor.IsZero() {
		i, ok = unitAt(x.first.unit, f.Anchor, x.first.n, Whole)
	}
	return i, base, ok
}

// against is what speaks against it that x, which would be at, hangs on m.
func (f *Focus) against(x *Expression, m *mention, at Interval) (w int) {
	if m.flashback || m.x.reports && m.ago > 0 || m.x.first.isToday() || m.x.compared && !x.stepped {
		w += aside
	}
	if u := x.first.unit; u != 0 && m.Precision == precisionOf[u] && x.first.n < 0 && (m.ago == 0 || m.ago == 1 && u != Year && u != Day) {
		w -= likeIt
	}
	if f.Anchor.IsZero() {
		return w
	}
	if x.tense == gone && m.From.After(f.Anchor) {
		w += aside
	}
	if x.tense == gone && at.From.After(f.Anchor) {
		w += contradicts
	}
	return w
}

// winter is the season that goes on into the next year.
const winter = 4

// isToday tells whether e is the anchor's own day.
func (e *expression) isToday() bool { return e.form == asUnit && e.unit == Day && e.n == 0 }

var precisionOf = map[Unit]article.Precision{
	Day: article.PrecisionDay, Week: article.PrecisionWeek, Month: article.PrecisionMonth,
	Quarter: article.PrecisionQuarter, Half: article.PrecisionHalfYear, Year: article.PrecisionYear,
}

// coarse ranks precisions: what hangs on a date needs one that is fine enough.
func coarse(p article.Precision) int {
	switch p {
	case article.PrecisionTime, article.PrecisionDay:
		return 0
	case article.PrecisionWeek:
		return 1
	case article.PrecisionThird:
		return 2
	case article.PrecisionMonth:
		return 3
	case article.PrecisionQuarter, article.PrecisionSeason:
		return 4
	case article.PrecisionHalfYear:
		return 5
	case article.PrecisionYear:
		return 6
	case article.PrecisionDecade:
		return 7
	default:
		return 8
	}
}

// takes tells whether e may hang on a date of that precision.
func (e *expression) takes(p article.Precision) bool {
	fine := coarse(article.PrecisionYear)
	switch {
	case e.form == asSame && e.unit != 0:
		return p == precisionOf[e.unit]
	case e.form == asSame:
		return coarse(p) >= coarse(article.PrecisionThird) && coarse(p) <= coarse(article.PrecisionHalfYear)
	case e.orAnchor:
		return p == precisionOf[e.unit]
	case e.form == asFollowing && e.shift == 0:
		fine = coarse(article.PrecisionMonth)
	case e.form == asFollowing:
		fine = coarse(article.PrecisionWeek)
	case e.form == asOffset || e.form == asBeside && e.inner == asUnit:
		switch e.unit {
		case Day:
			fine = coarse(article.PrecisionDay)
		case Week, Weekend:
			fine = coarse(article.PrecisionWeek)
		case Month:
			fine = coarse(article.PrecisionMonth)
		case Quarter:
			fine = coarse(article.PrecisionQuarter)
		case Half:
			fine = coarse(article.PrecisionHalfYear)
		case Decade:
			fine = coarse(article.PrecisionDecade)
		default:
		}
	}
	return coarse(p) <= fine
}

// beside is e, counted from on.
func (e *expression) beside(on Interval, anchor time.Time) (Interval, bool) {
	switch {
	case e.form == asOffset:
		return e.offset(on)
	case e.form == asFollowing:
		return e.weekdayBeside(on), true
	case e.form == asSame:
		y := e.year
		switch {
		case y != 0:
		case e.yearShifts && anchor.IsZero():
			return Interval{}, false
		case e.yearShifts:
			y = anchor.Year() + e.yearShift
		default:
			y = on.From.Year() + e.yearShift
		}
		return byYears(on, y-on.From.Year()), true
	case e.hung:
		y := on.From.Year()
		if e.yearShift > 0 {
			y = on.To.Year()
		}
		return e.inYear(y + e.yearShift)
	case e.inner == asUnit:
		from := on.From
		if e.n > 0 {
			from = on.To
		}
		if e.unit == Weekend {
			return weekendBeside(from, e.n), true
		}
		return unitAt(e.unit, from, e.n, e.part)
	}
	return e.namedBeside(on)
}

// namedBeside is the month or season of e that lies in the year of on, or is the next
// one after it or the last before it.
func (e *expression) namedBeside(on Interval) (i Interval, ok bool) {
	named := *e
	named.form, named.n = e.inner, e.day
	if e.n == 0 && !(e.inner == asSeason && e.day == winter) {
		return named.inYear(on.From.Year()) // "that July", though December was named
	}
	step := max(e.n, -1)
	if step == 0 {
		step = 1
	}
	for y := on.From.Year() - step; ; y += step {
		i, ok = named.inYear(y)
		if !ok {
			return i, false
		}
		switch {
		case e.n < 0 && i.To.Before(on.From), e.n > 0 && i.From.After(on.To), e.n == 0 && !i.To.Before(on.From):
			return i, true
		}
	}
}

// weekdayBeside is the day of the week after on, before it or in it.
func (e *expression) weekdayBeside(on Interval) Interval {
	const week = 7
	switch {
	case e.shift < 0:
		back := (int(on.From.Weekday()) - e.n%week + week) % week
		if back == 0 {
			back = week
		}
		return oneDay(on.From.AddDate(0, 0, -back))
	case e.shift == 0:
		return oneDay(on.From.AddDate(0, 0, (e.n%week-int(on.From.Weekday())+week)%week))
	}
	ahead := (e.n%week - int(on.To.Weekday()) + week) % week
	if ahead == 0 {
		ahead = week
	}
	return oneDay(on.To.AddDate(0, 0, ahead))
}

func weekendBeside(t time.Time, n int) Interval {
	saturday := mondayOf(t).AddDate(0, 0, 7*n+5)
	return Interval{saturday, saturday.AddDate(0, 0, 1), article.PrecisionDay}
}

// offset is so many units after on or before it. As with what lies so far from the
// anchor, several months are told by their month and several years by their year.
func (e *expression) offset(on Interval) (Interval, bool) {
	from := on.From
	if e.n > 0 {
		from = on.To
	}
	n, u := e.n, e.unit
	if u == Month && n%12 == 0 {
		n, u = n/12, Year
	}
	switch u {
	case Day:
		return oneDay(from.AddDate(0, 0, n)), true
	case Week:
		if on.Precision == article.PrecisionWeek {
			return weekFrom(mondayOf(from).AddDate(0, 0, 7*n)), true
		}
		return oneDay(from.AddDate(0, 0, 7*n)), true
	case Month:
		if on.Precision == article.PrecisionDay && (n == 1 || n == -1) {
			return oneDay(clamped(from, n)), true
		}
		return unitAt(Month, from, n, Whole)
	case Year:
		if n == 1 || n == -1 || e.unit == Month {
			return byYears(on, n), true
		}
	default:
	}
	return unitAt(u, from, n, Whole)
}

// byYears is i so many years on.
func byYears(i Interval, n int) Interval {
	to := clamped(i.To, 12*n)
	if next := i.To.AddDate(0, 0, 1); next.Day() == 1 {
		to = clamped(next, 12*n).AddDate(0, 0, -1) // to the last of February
	}
	return Interval{clamped(i.From, 12*n), to, i.Precision}
}
