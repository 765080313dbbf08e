package calendar

import "strings"

// only is the value of a phrase that says "the same" and, unlike "that", stands before
// units of time alone.
const only = 2

// hanging reads "the following month", "that summer", "the same period of 2022".
func (r *reader) hanging(i int) (e expression, ok bool) {
	v, n := r.is(i, following)
	if n == 0 || !r.joined(i+n, "") {
		return e, false
	}
	k := i + n
	units := v.n == only
	if units {
		v.n = 0
	}
	if v.n == 0 {
		if e, ok = r.sameOf(k); ok {
			return e, true
		}
	}
	e = expression{form: asBeside, n: v.n, sure: sureRelative}
	if u, m := r.is(k, unit); m > 0 {
		e.inner, e.unit, e.j = asUnit, u.unit, k+m
		return e, r.stepsTo(&e, i)
	}
	points, sure := true, true
	if v.n == 0 {
		points, sure = r.pointsBack(i, k)
	}
	if units || !points {
		return e, false
	}
	if d, ok := r.dayMonth(k); ok && v.n == 0 && d.year == 0 && !d.shifted && !d.yearShifts {
		d.hung, d.sure = true, sureRelative // "that May 28"
		return d, true
	}
	if e, ok = r.stepName(k, e); !ok || !sure && !r.endsPhrase(e.j) && r.tense(e.j, e.j) == nearest {
		return e, false
	}
	return e, true
}

// stepName reads the month, season or day of the week at word k that e steps to.
func (r *reader) stepName(k int, e expression) (expression, bool) {
	if w, m := r.is(k, weekday); m > 0 && r.namesTime(k) {
		return expression{form: asFollowing, n: w.n, shift: e.n, j: k + m, sure: sureRelative}, true
	}
	if w, m := r.is(k, month); m > 0 && r.namesTime(k) {
		e.inner, e.day, e.j = asMonth, w.n, k+m
		return e, true
	}
	if w, m := r.is(k, season); m > 0 {
		e.inner, e.day, e.j = asSeason, w.n, k+m
		return e, true
	}
	if w, j, ok := r.ofMonth(k); ok {
		e.inner, e.day, e.j = asMonth, w, j
		return e, true
	}
	return e, false
}

// stepsTo tells whether the unit that e has read, from word i on, is one of the calendar
// and no length of time: "over the next week". In the past "the next week" is one.
func (r *reader) stepsTo(e *expression, i int) bool {
	if r.is1(i+1, shift) && e.n > 0 && r.monthFirst {
		d, _ := r.direction(i, e.j)
		return d == gone && r.is1(i, articleWord) && (e.unit == Day || !r.before1(i, since|between))
	}
	return e.unit <= Century && (e.unit != Decade || e.n == 0 || r.is1(i, articleWord))
}

// pointsBack tells whether the phrase at word i, which may open a clause as "that"
// does, belongs to the time at word k: "in that summer", "later that July", "died that
// August". If it is sure, whatever follows does.
func (r *reader) pointsBack(i, k int) (points, sure bool) {
	sure = r.is1(k, season) || r.is1(k, monthAlone) && r.namesTime(k)
	if r.role(i)&clause == 0 {
		return true, sure
	}
	if sure && r.modifies(i, k) {
		return true, true
	}
	if r.role(i-1)&says == 0 && r.opensClause(k+1, true) {
		return true, false
	}
	if (strings.HasPrefix(r.gap(i), ",") || r.is1(i-1, and)) && !r.sentenceStart(i) {
		return r.role(k+1)&(past|present|future) == 0, false
	}
	return r.sentenceStart(i) || r.plain(i) && r.is1(i-1, in|on|at|of|since|until|part|later), false
}

// modifies tells whether "that" at word i can't open a clause, in which what is named at
// word k would be the subject: "An inspection that November found".
func (r *reader) modifies(i, k int) bool {
	if r.parts(i) {
		return r.role(k+1)&(states|future) == 0 || r.all[k+1]&function == 0
	}
	if r.role(i-1)&(says|past|present|future) != 0 {
		return r.role(i-1)&says == 0 && r.is1(k+1, articleWord) && r.plain(k+1)
	}
	return r.plain(i) && r.all[i-1]&function == 0 && !(r.plain(k+1) && r.all[k+1]&function != 0 && r.role(k+1)&(past|present|future) != 0)
}

// endsPhrase tells whether what is told before word k goes no further: neither a noun
// nor a name follows.
func (r *reader) endsPhrase(k int) bool {
	if r.opensClause(k, true) || !r.plain(k) {
		return true
	}
	return r.all[k]&(of|in|on|at|to|and|function) != 0 && r.all[k]&(number|articleWord|nounCue) == 0
}

// sameOf reads "period of 2022", "month last year" behind what says "the same", and
// "quarter a year earlier" not: its year hangs on the same date.
func (r *reader) sameOf(k int) (e expression, ok bool) {
	e = expression{form: asSame, sure: sureRelative}
	_, n := r.is(k, span)
	if n == 0 {
		u, m := r.is(k, unit)
		if n = m; m == 0 || u.unit == Year || u.unit > Half {
			return e, false
		}
		e.unit = u.unit
	}
	e.j = k + n
	j, ok := r.year(e.j, &e)
	e.j = j
	return e, ok
}

// spanNamed reads a word for the same months of the year before: "Vorjahreszeitraum".
func (r *reader) spanNamed(i int) (e expression, ok bool) {
	v, n := r.is(i, span)
	return expression{form: asSame, yearShift: v.n, j: i + n, sure: sureRelative}, n > 0 && v.n != 0
}

// besideUnit reads what makes the unit, month or season that ends before word e.j hang
// on another date: "année suivante", "Jahr darauf", "the month before".
func (r *reader) besideUnit(e expression) (expression, bool) {
	v, n := r.is(e.j, followingAfter)
	if n == 0 || v.n < -1 || v.n > 1 || !r.joined(e.j, "-") {
		return e, false
	}
	if r.is1(e.j, after|beforehand) && !r.endsPhrase(e.j+n) || r.ofWhat(e.j+n) {
		return e, false // "the month before the vote"
	}
	e.form, e.n, e.sure = asBeside, v.n, sureRelative
	e.j += n
	return e, true
}

// besideAlone is besideUnit of a unit, a month or a season at word i.
func (r *reader) besideAlone(i int) (e expression, ok bool) {
	if u, n := r.is(i, unit); n > 0 && u.unit <= Century {
		if (r.monthFirst || r.is1(i+n, later)) && !r.before1(i, articleWord|of|to) && !r.elided(i) {
			return e, false // "medio siglo después"
		}
		return r.besideUnit(expression{inner: asUnit, unit: u.unit, j: i + n})
	}
	if r.all[i]&(month|season) == 0 || !r.namesTime(i) {
		return e, false
	}
	if e, ok = r.stepName(i, e); !ok {
		return e, false
	}
	return r.besideUnit(e)
}

// thatOne reads "année-là", "hiver-là" behind "cette".
func (r *reader) thatOne(k int) (e expression, ok bool) {
	if u, n := r.is(k, unit); n > 0 {
		e = expression{inner: asUnit, unit: u.unit, j: k + n}
	} else if w, n := r.is(k, season); n > 0 {
		e = expression{inner: asSeason, day: w.n, j: k + n}
	} else {
		return e, false
	}
	e, ok = r.besideUnit(e)
	return e, ok && e.n == 0
}

// hungYear reads "of that year", "del año siguiente" behind a date that ends before word
// k, and how many years it is from the one that was named.
func (r *reader) hungYear(k int) (n, j int, ok bool) {
	if _, o := r.is(k, of); o > 0 && r.joined(k, "") {
		k += o
	}
	for range 2 {
		if v, m := r.is(k, following); m > 0 && r.joined(k, "") && r.joined(k+m, "") {
			if u, l := r.is(k+m, unit); l > 0 && u.unit == Year {
				return v.n % only, k + m + l, true
			}
		}
		if u, m := r.is(k, unit); m > 0 && u.unit == Year && r.joined(k, "") {
			if e, ok := r.besideUnit(expression{inner: asUnit, unit: Year, j: k + m}); ok {
				return e.n, e.j, true
			}
		}
		_, m := r.is(k, articleWord|shift)
		if m == 0 || !r.joined(k, "") {
			break
		}
		k += m
	}
	return 0, k, false
}

// farBack tells whether the word k, which may be a preposition, says that what ends
// before it lies so far from another date: "two years after", "ten years on".
func (r *reader) farBack(k, j int) bool {
	return r.all[k]&(after|beforehand|on|in|at) == 0 || r.endsPhrase(j) && !r.ofWhat(j) && !r.is1(k, every)
}
