package calendar

import (
	"strings"
	"time"
)

// undated tells whether x has neither a year nor a word such as "last", so that its
// direction tells when it is.
func (x *Expression) undated() bool {
	return !x.first.dated() && !x.first.shifted && !x.first.yearShifts && x.last.form == 0 && x.first.form != asUnit
}

// alternative tells whether nothing but "or" stands between the expression before and
// word i.
func (r *reader) alternative(i int) bool {
	k := r.behind
	return k > 0 && k < i && i-k <= 2 && r.is1(k, and) && r.joined(k, "") && r.joined(i, "") && (i-k == 1 || r.is1(i-1, articleWord))
}

// ranged adds the end of a range, if e begins one. j is the word behind it.
func (r *reader) ranged(e expression) (x Expression, j int) {
	x = Expression{first: e, Confidence: e.sure}
	j = e.j
	if e.day2 != 0 || e.form == asUnit && e.unit != Year || e.form == asDistance || e.form == asOffset || e.form == asOpen {
		return x, j
	}
	if e.form == asYear {
		if k, ok := r.shortYear(j, e.year); ok {
			y := e.year/100*100 + r.digits(j)%100
			if y <= e.year {
				y += 100
			}
			x.last = expression{form: asYear, year: y, n: y, i: j, j: k}
			return x, k
		}
	}
	k, list, ok := r.joint(e)
	if !ok || k >= len(r.toks) {
		return x, j
	}
	var best expression
	for range 2 {
		if b, ok := r.rangeEnd(k, e); ok {
			best = b
			break
		}
		_, n := r.is(k, articleWord)
		if k += n; n == 0 || k >= len(r.toks) {
			break
		}
	}
	if best.form == 0 || list && !follows(e, best) {
		return x, j
	}
	x.last, j = best, best.j
	if e.form == asWeekday && !e.shifted && best.form == asDayOfWeek {
		x.first.form, x.first.unit, x.first.shift = best.form, best.unit, best.shift
	}
	if !e.dated() && best.dated() && !e.yearShifts {
		x.first.year = best.year
		if e.form != asYear && best.form == e.form && e.n > best.n && e.form != asWeekday {
			x.first.year--
		}
		x.Confidence = best.sure
	} else if !e.dated() && best.yearShifts {
		x.first.yearShift, x.first.yearShifts = best.yearShift, true
	}
	if u, n := r.is(j, unit); n > 0 && u.unit == Quarter && e.form == asMonth && r.joined(j, "") {
		x.quarter = true
		j += n
	}
	return x, j
}

// joint reads what stands between the ends of a range behind e. list tells
// that it may as well be a list.
func (r *reader) joint(e expression) (k int, list, ok bool) {
	j := e.j
	if e.form == asWeekday && r.plain(j) && r.role(j)&dayPart != 0 {
		j++ // "between Friday night and Monday"
		k, _, ok = r.jointAt(e, j)
		return k, false, ok && (r.before1(e.i, between) || !r.is1(j, and))
	}
	return r.jointAt(e, j)
}

// jointAt is joint where it stands at word j.
func (r *reader) jointAt(e expression, j int) (k int, list, ok bool) {
	if j >= len(r.toks) || strings.ContainsAny(r.gap(j), ".\n") && r.sentenceStart(j) {
		return j, false, false
	}
	switch strings.Trim(r.gap(j), " \u00a0") {
	case "-", "–", "—":
		return j, false, true
	case "/":
		return j, true, e.form == asMonth || e.form == asWeekday
	}
	open := r.before1(e.i, between)
	if _, n := r.is(j, and); n > 0 && r.joined(j, ".") && r.joined(j+n, "") {
		if open {
			return j + n, false, true
		}
		return j + n, true, e.form == asMonth || e.form == asWeekday || e.form == asDay || e.form == asDecade && !r.capitals
	}
	marks := "."
	if r.monthFirst && e.form == asDay && e.year != 0 {
		marks = ".," // "Dec. 30, 2024, to"
	}
	if e.form == asDay && e.weekday != 0 && r.is1(j, until) {
		marks = ".," // "Montag, 20. Mai, bis Freitag, 24. Mai"
	}
	if _, n := r.is(j, to); n > 0 && r.joined(j, marks) && r.joined(j+n, "") && !r.putOff(e.i, j) {
		return j + n, false, true
	}
	return j, false, false
}

// putOff tells whether what was to be on the date [i, j) is not then: "moved from
// Monday" to Tuesday is no range, nor "extended in May" to June.
func (r *reader) putOff(i, j int) bool {
	from, to := r.clauseAround(i, j, true)
	return r.anyOf(from, to, callsOff) || r.monthFirst && r.is1(i-1, in) && !r.is1(i-1, since|until) && r.anyOf(from, i, shuts)
}

// rangeEnd reads what may end a range that e begins.
func (r *reader) rangeEnd(k int, e expression) (b expression, ok bool) {
	if r.all[k]&part != 0 && (e.form == asYear || e.form == asMonth) {
		if b, ok = r.point(k); ok && b.form == e.form && (b.year == 0 || b.year >= e.year) {
			return b, true
		}
	}
	if e.form == asDecade && !r.capitals {
		if b, ok = r.decadeAfter(k, &e); ok {
			return b, true
		}
	}
	switch e.form {
	case asYear:
		if y, ok := r.yearNumber(k); ok && y >= e.year && (!r.counts(k, y) && !(r.capitals && r.bareYears && r.plain(k+1) && r.capital(k+1)) || r.term(e.i, k)) {
			return expression{form: asYear, year: y, n: y, i: k, j: k + 1, sure: sureFull}, true
		}
		return b, false
	case asMonth:
		if v, n := r.is(k, month|monthShort); n > 0 && r.namesTime(k) {
			b = expression{form: asMonth, n: v.n, i: k, j: k + n, sure: surePartial}
			b = r.withYear(b)
			b.i = k
			return b, true
		}
		return b, false
	case asWeekday, asDay, asQuarter, asHalf, asFixed, asSeason, asDecade:
		b, ok = r.point(k)
		if ok && (b.form == e.form || e.form == asWeekday && (b.form == asDayOfWeek || b.form == asDay && !r.is1(e.j, and))) && (e.form != asFixed || !b.fixed.From.Before(e.fixed.To)) {
			return b, true
		}
		return b, e.form == asFixed && ok && b.form == asDay && b.year != 0
	default:
		return b, false
	}
}

// follows tells whether b is the very next after a, so that a list of them is
// one period.
func follows(a, b expression) bool {
	switch a.form {
	case asWeekday:
		return (!a.shifted || a.shift == 0) && !b.shifted && b.n == a.n%7+1
	case asMonth:
		return b.n == a.n%12+1 && (a.year == 0 || a.year == b.year) && !a.yearShifts && !a.shifted && !b.shifted && a.part == Whole && b.part == Whole
	case asDecade:
		return b.n == a.n+decadeYears && a.part == Whole && b.part == Whole
	default:
		return false
	}
}

// isOn is a range from a day to another without a year that anchor lies in, and that
// is told of in the present or the future: it has begun.
func (x *Expression) isOn(anchor time.Time) (i Interval, ok bool) {
	if x.first.form != asDay || x.last.form != asDay || x.first.dated() || x.last.dated() || x.first.shifted || x.last.shifted || x.tense != toCome || anchor.IsZero() {
		return i, false
	}
	b, ok := x.last.resolve(anchor, toCome)
	if !ok {
		return i, false
	}
	a, ok := x.first.resolve(b.From, gone)
	return Interval{a.From, b.To, b.Precision}, ok && !a.From.After(anchor)
}
