package calendar

import (
	"time"

	"github.com/copytaster/copytaster/pkg/article"
)

func (e *expression) resolve(anchor time.Time, d direction) (Interval, bool) {
	switch e.form {
	case asFixed:
		if e.swaps {
			return e.swapped(anchor), true
		}
		return e.fixed, true
	case asDecade:
		return ofDecade(e.n, e.part), true
	case asCentury:
		return ofCentury(e.n, e.part), true
	case asYear:
		return ofYear(e.year, e.part), true
	default:
		if e.hangs() {
			return Interval{}, false
		}
	}
	if e.year != 0 {
		return e.inYear(e.year)
	}
	if anchor.IsZero() {
		return Interval{}, false
	}
	if e.yearShifts {
		return e.inYear(anchor.Year() + e.yearShift)
	}
	switch e.form {
	case asWeekday, asWeekend:
		return e.weekly(anchor, d), true
	case asDayOfMonth:
		return e.monthly(anchor, d), true
	case asDayOfWeek:
		return oneDay(mondayOf(anchor).AddDate(0, 0, 7*e.shift+e.n-1)), true
	case asUnit:
		return unitAt(e.unit, anchor, e.n, e.part)
	case asDistance:
		return e.distance(anchor), true
	case asOpen:
		return Interval{anchor, time.Time{}, article.PrecisionOpen}, true
	default:
		return e.yearly(anchor, d)
	}
}

// inYear is e in a year that is known.
func (e *expression) inYear(y int) (Interval, bool) {
	switch e.form {
	case asDay:
		if !valid(y, e.n, e.day) || e.day2 != 0 && !valid(y, e.n, e.day2) {
			return Interval{}, false
		}
		i := oneDay(date(y, e.n, e.day))
		if e.weekOf {
			return weekFrom(mondayOf(i.From)), true
		}
		if e.day2 != 0 {
			i.To = date(y, e.n, e.day2)
		}
		return i, true
	case asNth:
		return e.nthWeekday(y)
	case asPartOfMonth:
		return e.partOfMonth(y)
	case asMonth:
		return ofMonth(y, e.n, e.part), true
	case asSeason:
		return ofSeason(y, e.n, e.part), true
	case asQuarter:
		if e.part == Late {
			return oneDay(ofQuarter(y, e.n).To), true
		}
		return ofQuarter(y, e.n), true
	case asHalf:
		return ofHalf(y, e.n), true
	case asMonths:
		p := article.PrecisionMonth
		switch e.n {
		case 3:
			p = article.PrecisionQuarter
		case 6:
			p = article.PrecisionHalfYear
		}
		if e.shift < 0 {
			return months(y, 13-e.n, e.n, p), true
		}
		return months(y, 1, e.n, p), true
	case asFeast:
		m, d, ok := feastDay(e.feast, y)
		return oneDay(date(y, m, d)), ok
	default:
		return Interval{}, false
	}
}

func (e *expression) nthWeekday(y int) (Interval, bool) {
	if e.day < 0 {
		last := date(y, e.n+1, 0)
		return oneDay(last.AddDate(0, 0, -(int(last.Weekday())-e.weekday+7)%7)), true
	}
	first := date(y, e.n, 1)
	t := first.AddDate(0, 0, (e.weekday-int(first.Weekday())+7)%7+7*(e.day-1))
	return oneDay(t), int(t.Month()) == e.n
}

// partOfMonth is the nth week, weekend or half of a month. Weeks are counted
// from its first day, or back from its last.
func (e *expression) partOfMonth(y int) (Interval, bool) {
	last := date(y, e.n+1, 0)
	switch e.unit {
	case Weekend:
		saturday := *e
		saturday.weekday = 6
		i, ok := saturday.nthWeekday(y)
		i.To = i.From.AddDate(0, 0, 1)
		return i, ok
	case Half:
		const middle = 15
		if e.day == 1 {
			return Interval{date(y, e.n, 1), date(y, e.n, middle), article.PrecisionDay}, true
		}
		return Interval{date(y, e.n, middle+1), last, article.PrecisionDay}, true
	default:
	}
	if e.day < 0 {
		return weekFrom(last.AddDate(0, 0, -6)), true
	}
	from := date(y, e.n, 7*e.day-6)
	return Interval{from, date(y, e.n, min(7*e.day, last.Day())), article.PrecisionWeek}, from.Before(last)
}

// How long ago a day without its year may be, if the same day is soon.
const (
	tooFar = 300 * 24 * time.Hour
	soon   = 45 * 24 * time.Hour
)

// yearly is what comes once a year, in the year that is meant.
func (e *expression) yearly(anchor time.Time, d direction) (Interval, bool) {
	const around = 2 // years; 29 February may need more
	var best Interval
	found := false
	reach := around
	if e.form == asDay && e.n == 2 && e.day == 29 {
		reach = 8
	}
	for y := anchor.Year() - reach; y <= anchor.Year()+reach; y++ {
		i, ok := e.inYear(y)
		if !ok || e.form == asDay && e.weekday != 0 && int(i.From.Weekday()) != e.weekday%7 {
			continue
		}
		if e.shifted && e.shift == 0 && y != anchor.Year() && !(e.form == asSeason && e.n == 4 && y == anchor.Year()-1 && anchor.Month() <= 3) {
			continue
		}
		if e.admits(i, anchor, d) && (!found || e.better(i, best, anchor, d)) {
			best, found = i, true
		}
	}
	if found && e.form == asDay && away(best, anchor) > tooFar && d == gone {
		// Who means a day so long ago tells its year.
		if near, ok := e.yearly(anchor, nearest); ok && away(near, anchor) < soon {
			return near, true
		}
	}
	if !found && e.weekday != 0 && e.form == asDay {
		// The day of the week is wrong, or it is many years ago: it doesn't help.
		plain := *e
		plain.weekday = 0
		return plain.yearly(anchor, d)
	}
	return best, found
}

// admits tells whether i lies in the direction that is meant.
func (e *expression) admits(i Interval, anchor time.Time, d direction) bool {
	if e.form == asDay && e.weekday != 0 {
		return true // the day of the week tells the year
	}
	switch {
	case e.shifted && e.shift < 0:
		return i.To.Before(anchor)
	case e.shifted && e.shift > 0:
		return i.From.After(anchor)
	case e.shifted:
		return d != toCome || e.form != asSeason || e.n != 4 || !i.To.Before(anchor) // "this winter"
	case d == gone:
		return !i.From.After(anchor)
	case d == toCome:
		return !i.To.Before(anchor)
	}
	return true
}

// better tells whether i is meant rather than old: the one nearer to anchor.
func (e *expression) better(i, old Interval, anchor time.Time, d direction) bool {
	a, b := away(i, anchor), away(old, anchor)
	if d == either {
		a, b = rather(i, anchor), rather(old, anchor)
	}
	return a < b || a == b && d == gone && i.From.Before(old.From)
}

// monthly is the day of that number in the month that is meant.
func (e *expression) monthly(anchor time.Time, d direction) Interval {
	const around = 2 // months
	if e.shifted && e.shift != 0 {
		d = toCome
		if e.shift < 0 {
			d = gone
		}
	}
	var best Interval
	for m := -around; m <= around; m++ {
		first := date(anchor.Year(), int(anchor.Month())+m, 1)
		if !valid(first.Year(), int(first.Month()), e.day) {
			continue
		}
		i := oneDay(date(first.Year(), int(first.Month()), e.day))
		if d == gone && i.From.After(anchor) || d == toCome && i.From.Before(anchor) {
			continue
		}
		if best.From.IsZero() || away(i, anchor) < away(best, anchor) {
			best = i
		}
	}
	return best
}

// away is how far i lies from t.
func away(i Interval, t time.Time) time.Duration {
	switch {
	case i.From.After(t):
		return i.From.Sub(t)
	case i.To.Before(t):
		return t.Sub(i.To)
	}
	return 0
}

// rather is away of what was to come: it is nearer if it still is.
func rather(i Interval, t time.Time) time.Duration {
	if i.From.After(t) {
		return away(i, t) * 2 / 3
	}
	return away(i, t)
}

// numbered is the day of the week that is the day of its month, too, if there
// is one near the anchor.
func (e *expression) numbered(anchor time.Time, d direction) (Interval, bool) {
	const near = 62 // days
	for k := range near {
		for _, t := range []time.Time{anchor.AddDate(0, 0, -k), anchor.AddDate(0, 0, k)} {
			if t.Before(anchor) && d == toCome || t.After(anchor) && d == gone {
				continue
			}
			if t.Day() == e.day && int(t.Weekday()) == e.n%7 {
				return oneDay(t), true
			}
		}
	}
	return Interval{}, false
}

// weekly is a day of the week, or a weekend.
func (e *expression) weekly(anchor time.Time, d direction) Interval {
	if d == today && e.day != 0 {
		d = toCome
	}
	if e.day != 0 {
		if i, ok := e.numbered(anchor, d); ok {
			return i
		}
	}
	if e.weeks != 0 {
		d = toCome
	}
	n, length := e.n, 0
	if e.form == asWeekend {
		n, length = 6, 1
	}
	back := ((int(anchor.Weekday())+6)%7 + 8 - n) % 7 // days since it was
	if d == either && back > 3 {
		d = toCome
	}
	last := anchor.AddDate(0, 0, -back)
	if e.form == asWeekend && e.shifted && e.shift < 0 && back <= length {
		last = last.AddDate(0, 0, -7)
	}
	var t time.Time
	switch {
	case e.shifted && e.shift < 0 && back == 0 && e.form == asWeekday:
		t = anchor.AddDate(0, 0, -7)
	case e.shifted && e.shift < 0:
		t = last.AddDate(0, 0, 7*(e.shift+1))
	case e.shifted && e.shift > 0:
		t = last.AddDate(0, 0, 7*e.shift)
	case e.shifted && back == 0:
		t = anchor
	case e.shifted && e.form == asWeekend && back > length+1:
		t = last.AddDate(0, 0, 7) // "this weekend", whatever its verb
	case d == toCome && back <= length && e.form == asWeekend:
		t = last // it is on
	case d == today && back == 0:
		t = last
	case d == toCome || d == today:
		t = last.AddDate(0, 0, 7)
	case e.shifted && d != gone:
		t = last.AddDate(0, 0, 7)
	default:
		t = last
	}
	t = t.AddDate(0, 0, 7*e.weeks)
	return Interval{t, t.AddDate(0, 0, length), article.PrecisionDay}
}

// distance is so many units before or after the anchor. Months and years are
// told as such, but for a single one.
func (e *expression) distance(anchor time.Time) Interval {
	switch e.unit {
	case Week:
		return oneDay(anchor.AddDate(0, 0, 7*e.n))
	case Month:
		t := clamped(anchor, e.n)
		if e.n == -1 || e.n == 1 {
			return oneDay(t)
		}
		return ofMonth(t.Year(), int(t.Month()), Whole)
	case Year:
		if e.n == -1 || e.n == 1 {
			return oneDay(clamped(anchor, 12*e.n))
		}
		return ofYear(anchor.Year()+e.n, Whole)
	case Decade:
		return ofYear(anchor.Year()+10*e.n, Whole)
	case Quarter:
		i, _ := unitAt(Quarter, anchor, e.n, Whole)
		return i
	case Half:
		i, _ := unitAt(Half, anchor, e.n, Whole)
		return i
	case Century:
		return ofYear(anchor.Year()+100*e.n, Whole)
	default:
		return oneDay(anchor.AddDate(0, 0, e.n))
	}
}

// clamped adds months without running into the next one: a month before 31
// March is the last of February.
func clamped(t time.Time, n int) time.Time {
	first := date(t.Year(), int(t.Month())+n, 1)
	last := date(first.Year(), int(first.Month())+1, 0)
	return date(first.Year(), int(first.Month()), min(t.Day(), last.Day()))
}
