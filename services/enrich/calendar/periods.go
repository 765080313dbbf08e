package calendar

import (
	"strings"
	"time"

	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// seasonAlone reads a season.
func (r *reader) seasonAlone(i int) (expression, bool) {
	v, n := r.is(i, season)
	if n > 1 && !r.before1(i, articleWord) {
		n = 1 // "seit Sommer über" den Haushalt
	}
	e := expression{form: asSeason, n: v.n, sure: sureWord, j: i + n}
	if r.monthFirst && r.all[i]&seasonArticle != 0 && r.is1(e.j, in) && r.is1(e.j, at) && r.plain(e.j) {
		return e, false // "is likely to fall in 2025"
	}
	if j, ok := r.year(e.j, &e); ok {
		e.j = j
		if e.year != 0 {
			e.sure = sureFull
			if j, ok := r.shortYear(j, e.year); ok {
				e.j = j
			}
		}
		return e, true
	}
	if s, n := r.is(e.j, shiftAfter); n > 0 && r.joined(e.j, "") {
		e.shift, e.shifted = s.n, true
		e.j += n
		return e, true
	}
	if r.capitals && r.bareYears && !r.capital(i) || (!r.capitals || !r.bareYears) && r.capital(i) && !r.sentenceStart(i) {
		return e, false
	}
	_, art := r.before(i, articleWord)
	_, cue := r.before(i, in|since|until)
	cue = cue || r.monthFirst && r.before1(i, target) && r.endsPhrase(e.j)
	if r.all[i]&seasonArticle != 0 && (!art && !r.elided(i) && !r.enBefore(i)) || !art && !cue || !r.joined(i, "") {
		return e, false
	}
	if r.all[i]&seasonArticle != 0 && r.capitals {
		if _, n := r.is(e.j, of); n > 0 && r.joined(e.j, "") {
			return e, false // "the fall in prices"
		}
	}
	// "the summer heat" tells no time of its own.
	if !r.capitals || !r.bareYears {
		if r.plain(e.j) && r.toks[e.j].Shape&lexicon.Lower != 0 && r.all[e.j]&(function|and|to) == 0 && r.role(e.j)&(past|future|present) == 0 && r.capitals {
			return e, false
		}
		if r.all[min(e.j, len(r.all)-1)]&of != 0 && r.plain(e.j) && !r.bareYears && !strings.EqualFold(r.word(e.j), "in") {
			return e, false // "the fall of"
		}
	}
	return e, true
}

func (r *reader) elided(i int) bool { c := lastRune(r.gap(i)); return c == '\'' || c == '’' }

func (r *reader) enBefore(i int) bool { return i > 0 && strings.EqualFold(r.word(i-1), "en") }

// ordinalPeriod reads quarters, halves and centuries by their number.
func (r *reader) ordinalPeriod(i int) (expression, bool) {
	var e expression
	if v, n := r.is(i, quarterNamed); n > 0 {
		e = expression{form: asQuarter, n: v.n, j: i + n, sure: sureNamed}
		return r.withYear(e), true
	}
	if e, ok := r.quarterCode(i); ok {
		return r.withYear(e), true
	}
	if e, ok := r.centuryAfter(i); ok {
		return e, true
	}
	k := i + 1
	n := r.withEnding(i, r.ordinalEndings)
	if n < 0 {
		if v, m := r.is(i, ordinal); m > 0 {
			n, k = v.n, i+m
		} else if d := r.digits(i); d > 0 && d <= 21 && k < len(r.toks) && r.gap(k) == ". " {
			n = d
		} else {
			return e, false
		}
	}
	if !r.joined(k, "-.") {
		return e, false
	}
	u, m := r.is(k, unit)
	if m == 0 {
		return e, false
	}
	e = expression{n: n, j: k + m, sure: sureNamed}
	switch {
	case u.unit == Quarter && n >= 1 && n <= 4:
		e.form = asQuarter
	case u.unit == Half && (n == 1 || n == 2):
		e.form = asHalf
	case u.unit == Century && n >= 1 && n <= 30:
		e.form, e.sure = asCentury, sureFull
		return e, true
	case n == -1 && (u.unit == Quarter || u.unit == Half):
		e.form, e.n = asQuarter, 4
		if u.unit == Half {
			e.form, e.n = asHalf, 2
		}
		e = r.withYear(e)
		return e, e.year != 0 || e.yearShifts
	default:
		return e, false
	}
	e = r.withYear(e)
	if e.form == asQuarter && e.year == 0 && !e.yearShifts && !e.shifted && r.monthFirst && r.ofPlay(i, i) {
		return e, false // "trailed in the fourth quarter"
	}
	if e.form == asHalf && e.year == 0 && !e.yearShifts && (r.all[k]&play != 0 || strings.EqualFold(r.word(k), "half") && r.ofPlay(i, e.j)) {
		return e, false
	}
	return e, true
}

// ofPlay tells whether the half or quarter at words [i, j) is of a match, or of something
// that is no year.
func (r *reader) ofPlay(i, j int) bool {
	const window = 25
	for k := max(0, i-window); k < min(len(r.toks), j+window); k++ {
		if r.all[k]&play != 0 {
			return true
		}
	}
	if _, n := r.is(j, of); n > 0 && r.joined(j, "") && strings.EqualFold(r.word(j), "of") {
		return true
	}
	return false
}

// withYear adds the year that may follow, or "of the year".
func (r *reader) withYear(e expression) expression {
	if j, ok := r.year(e.j, &e); ok {
		e.j = j
		if e.year != 0 {
			e.sure = sureFull
		}
		return e
	}
	if s, n := r.is(e.j, shiftAfter); n > 0 && r.joined(e.j, "") {
		e.shift, e.shifted = s.n, true
		e.j += n
		return e
	}
	// "of the year"
	if _, n := r.is(e.j, of); n > 0 && r.joined(e.j, "") {
		k := e.j + n
		if _, a := r.is(k, articleWord); a > 0 && r.joined(k, "") {
			k += a
		}
		if u, m := r.is(k, unit); m > 0 && u.unit == Year && r.joined(k, "") && e.form != asMonth {
			e.yearShifts, e.j = true, k+m
		}
	}
	return e
}

// quarterCode reads "Q3", "3Q", "H1" where the language has a sign for it.
func (r *reader) quarterCode(i int) (expression, bool) {
	w := r.word(i)
	if len(w) != 2 || r.toks[i].Shape&lexicon.HasDigit == 0 {
		return expression{}, false
	}
	for _, c := range []struct {
		sign, digit byte
	}{{w[0], w[1]}, {w[1], w[0]}} {
		n := int(c.digit) - '0'
		if n < 1 || n > 4 || c.sign < 'A' || c.sign > 'Z' {
			continue
		}
		m := r.terms.Longest(lexicon.Scan(nil, string(c.sign), 0, 1), quarterSign)
		switch {
		case m.Tokens > 0:
			e := expression{form: asQuarter, n: n, j: i + 1, sure: sureWord}
			x := r.withYear(e)
			return x, r.quarterSignSure(c.sign) || x.year != 0
		case c.sign == 'H' && n <= 2:
			e := r.withYear(expression{form: asHalf, n: n, j: i + 1, sure: sureWord})
			return e, e.year != 0 || r.before1(i, in|articleWord) || r.plain(i) && !r.plain(i+1) && r.toks[i-1].Shape&lexicon.Lower != 0
		}
	}
	return expression{}, false
}

func (r *reader) quarterSignSure(c byte) bool { return c == 'Q' }

// partOf reads "mid-March", "the end of July 2023", "late last year", "early
// 1990s", "fin de mes".
func (r *reader) partOf(i int) (expression, bool) {
	v, n := r.is(i, part)
	if n == 0 {
		if v, n = r.is(i, partHyphen); n == 0 || i+n >= len(r.toks) || r.gap(i+n) != "-" {
			return expression{}, false
		}
	}
	k := i + n
	if !r.joined(k, "-") {
		return expression{}, false
	}
	// "Anfang der Woche", "the end of the month"
	for _, at := range r.skips(k) {
		if e, ok := r.partTarget(at); ok && r.joined(at, "-") {
			if e.form == asYear && r.monthFirst && r.is1(at-1, articleWord) {
				return expression{}, false // "the end of the 2016 season"
			}
			e.part = v.part
			return e, true
		}
	}
	return expression{}, false
}

// skips are the words from which on something may go on at k: k itself, behind
// a small word, behind two.
func (r *reader) skips(k int) []int {
	out := append(make([]int, 0, 3), k)
	for range 2 {
		_, n := r.is(k, of|articleWord)
		if n == 0 {
			break
		}
		k += n
		if k >= len(r.toks) {
			break
		}
		out = append(out, k)
	}
	return out
}

func (r *reader) partTarget(k int) (e expression, ok bool) {
	if k >= len(r.toks) {
		return e, false
	}
	if v, n := r.is(k, month); n > 0 && r.namesTime(k) {
		e = expression{form: asMonth, n: v.n, j: k + n, sure: surePartial}
		// "late May 2024"
		return r.withYear(e), true
	}
	if y, ok := r.yearNumber(k); ok && !r.counts(k, y) {
		return expression{form: asYear, year: y, n: y, j: k + 1, sure: sureFull}, true
	}
	if e, ok = r.decadeDigits(k); ok {
		return e, true
	}
	if e, ok = r.decadeWord(k); ok {
		return e, true
	}
	if e, ok = r.centuryAfter(k); ok {
		return e, true
	}
	if e, ok = r.ordinalPeriod(k); ok && (e.form == asCentury || e.form == asQuarter) {
		return e, true
	}
	if v, n := r.is(k, season); n > 0 {
		e = expression{form: asSeason, n: v.n, j: k + n, sure: sureWord}
		return r.withYear(e), true
	}
	if e, ok = r.hanging(k); ok && e.form == asBeside {
		return e, true
	}
	if e, ok = r.besideAlone(k); ok {
		return e, true
	}
	if e, ok = r.shifted(k); ok && (e.form == asUnit || e.form == asMonth || e.form == asSeason) {
		return e, true
	}
	if e, ok = r.unitAlone(k); ok {
		return e, true
	}
	if w, j, ok := r.ofMonth(k); ok {
		return r.withYear(expression{form: asMonth, n: w, j: j, sure: surePartial}), true
	}
	if u, n := r.is(k, unit); n > 0 && (u.unit == Month || u.unit == Year || u.unit == Week || u.unit == Quarter || u.unit == Decade) {
		return expression{form: asUnit, unit: u.unit, j: k + n, sure: sureWord}, true
	}
	if s, j, ok := r.yearShift(k); ok {
		return expression{form: asUnit, unit: Year, n: s, j: j, sure: surePartial}, true
	}
	return e, false
}

// lastOfKind tells whether the unit of [i, j), which is called the last, is so among others
// that are told behind it: "el último año comparable", "la dernière semaine de campagne".
func (r *reader) lastOfKind(i, j int) bool {
	if r.monthFirst || r.verbLast || !r.is1(i, ordinal) || !r.before1(i, articleWord) || !r.plain(j) || r.toks[j].Shape&lexicon.Lower == 0 {
		return false
	}
	return r.is1(j, of) && !r.is1(j, in) || r.all[j]&(function|of|and|to|shiftAfter|followingAfter) == 0 && r.tense(j, j) == nearest
}

// shifted reads "last week", "next January", "kommenden Montag", "the coming
// months".
func (r *reader) shifted(i int) (e expression, ok bool) {
	if v, n := r.is(i, shiftPlural); n > 0 && v.n > 0 {
		k := i + n
		if _, m := r.is(k, few); m > 0 {
			k += m
		}
		if u, m := r.is(k, units); m > 0 && r.joined(k, "") {
			if _, single := r.is(k, unit); single == 0 || r.all[i]&shift == 0 {
				return expression{form: asOpen, unit: u.unit, j: k + m, sure: sureWord}, true
			}
		}
	}
	v, n := r.is(i, shift)
	if n == 0 {
		return e, false
	}
	k := i + n
	if !r.joined(k, "") {
		return e, false
	}
	if e, ok = r.thatOne(k); ok && v.n == 0 {
		return e, true
	}
	e = expression{shift: v.n, shifted: true, sure: surePartial}
	switch u, m := r.is(k, unit); {
	case m > 0 && u.unit == Weekend:
		e.form, e.j = asWeekend, k+m
	case m > 0 && v.n != 0 && r.monthFirst && u.unit >= Week && u.unit <= Year && u.unit != Quarter && r.before1(i, articleWord) && r.all[i]&shiftPlural == 0:
		return e, false // "in the last year": a duration
	case m > 0 && u.unit == Day:
		d, ok := r.numberedDay(k)
		d.shift, d.shifted = v.n, true
		return d, ok
	case m > 0:
		e.form, e.unit, e.n, e.j = asUnit, u.unit, v.n, k+m
		if s, n := r.is(e.j, shiftAfter); n > 0 && s.n == 0 && v.n == 0 && r.joined(e.j, "-") {
			e.j += n // "ce mois-ci"
		}
		if q, ok := r.partOwned(e); ok {
			return q, true
		}
		if r.lastOfKind(i, e.j) {
			return e, false
		}
	default:
		if d, ok := r.dayMonth(k); ok && r.monthFirst && d.year == 0 && d.weekday == 0 && !d.shifted && v.n != 0 {
			d.shift, d.shifted = v.n, true // "next March 31"
			return d, true
		}
		if w, m := r.is(k, weekday); m > 0 && r.namesTime(k) {
			if d, ok := r.dayMonth(k); ok {
				return d, true // "este miércoles 12 de marzo"
			}
			e.form, e.n, e.j = asWeekday, w.n, k+m
			if d, ok := r.dayBehind(e.j); ok && (v.n == 0 || !r.capitals) {
				e.day = d
				e.j++
			}
		} else if w, m := r.is(k, month); m > 0 && r.namesTime(k) {
			e.form, e.n, e.j = asMonth, w.n, k+m
			if y, ok := r.year(e.j, &e); ok {
				e.j, e.shifted = y, false
			}
		} else if w, m := r.is(k, season); m > 0 {
			e.form, e.n, e.j = asSeason, w.n, k+m
		} else if d, ok := r.dayMonth(k); ok && d.year == 0 && d.weekday == 0 {
			d.shift, d.shifted = v.n, true
			return d, v.n != 0
		} else {
			return e, false
		}
	}
	if w, j, ok := r.ofMonth(k); ok {
		e.form, e.n, e.j = asMonth, w, j // "el pasado mes de mayo"
	}
	return e, true
}

// partOwned reads "'s first quarter" behind "this year".
func (r *reader) partOwned(e expression) (q expression, ok bool) {
	if !r.monthFirst || e.unit != Year || !r.possessive(e.j) || e.j+1 >= len(r.toks) {
		return q, false
	}
	q, ok = r.ordinalPeriod(e.j + 1)
	if !ok || q.form != asQuarter && q.form != asHalf || q.dated() || q.yearShifts {
		return q, false
	}
	q.yearShift, q.yearShifts = e.n, true
	return q, true
}

// ofMonth reads "mes de mayo" and gives the month.
func (r *reader) ofMonth(k int) (n, j int, ok bool) {
	u, m := r.is(k, unit)
	if m == 0 || u.unit != Month || !r.joined(k+m, "") {
		return 0, k, false
	}
	k += m
	_, o := r.is(k, of)
	if o == 0 || !r.joined(k+o, "") {
		return 0, k, false
	}
	w, l := r.is(k+o, month)
	return w.n, k + o + l, l > 0 && r.namesTime(k+o)
}

// unitsAhead reads "months to come".
func (r *reader) unitsAhead(i int) (e expression, ok bool) {
	u, n := r.is(i, units)
	if n == 0 || !r.joined(i+n, "") {
		return e, false
	}
	if r.digits(i-1) >= 0 || r.before1(i, number) {
		return e, false // "nine days ahead of the average"
	}
	_, m := r.is(i+n, few)
	return expression{form: asOpen, unit: u.unit, j: i + n + m, sure: sureWord}, m > 0
}

// unitAlone reads "the weekend", and in French and Spanish "semaine dernière".
func (r *reader) unitAlone(i int) (e expression, ok bool) {
	u, n := r.is(i, unit)
	if n == 0 {
		return e, false
	}
	k := i + n
	if s, m := r.is(k, shiftAfter); m > 0 && r.joined(k, "") {
		if u.unit == Weekend {
			return expression{form: asWeekend, shift: s.n, shifted: true, j: k + m, sure: surePartial}, true
		}
		if u.unit != Day {
			return expression{form: asUnit, unit: u.unit, n: s.n, shift: s.n, shifted: true, j: k + m, sure: surePartial}, true
		}
	}
	if u.unit == Week {
		return r.weekOfDay(i, k)
	}
	if u.unit != Weekend {
		return e, false
	}
	if _, ok := r.before(i, every); ok && r.joined(i, "") {
		return e, false
	}
	// "a weekend", "weekend traffic"
	if r.capitals && !r.bareYears {
		if _, ok := r.before(i, articleWord); !ok || r.plain(k) && r.toks[k].Shape&lexicon.Lower != 0 && r.all[k]&function == 0 && r.role(k)&(past|present|future) == 0 {
			return e, false
		}
	} else if _, ok := r.before(i, number); ok && r.joined(i, "") {
		return e, false
	}
	// "the weekend of March 1-2"
	if _, o := r.is(k, of); o > 0 && r.joined(k, "") && k+o < len(r.toks) && r.joined(k+o, "") {
		for _, at := range r.skips(k + o) {
			if d, ok := r.dayMonth(at); ok {
				return d, true
			}
		}
	}
	return expression{form: asWeekend, j: k, sure: surePartial}, true
}

// weekOfDay reads "of June 10" behind the word for a week at word i, which has an
// article before it.
func (r *reader) weekOfDay(i, k int) (e expression, ok bool) {
	_, n := r.is(k, of)
	if n == 0 && r.verbLast {
		_, n = r.is(k, dating)
	}
	if n == 0 || !r.is1(i-1, articleWord) || !r.joined(i, "") || !r.joined(k, "") || r.is1(k, in) {
		return e, false
	}
	for _, at := range r.skips(k + n) {
		if e, ok = r.dayMonth(at); ok && e.day2 == 0 && e.weekday == 0 && r.joined(at, "") {
			e.weekOf = true
			return e, true
		}
	}
	return e, false
}

// fixedPhrase reads what one word or fixed phrase tells: today, Vorjahr, Easter.
func (r *reader) fixedPhrase(i int) (e expression, ok bool) {
	if v, n := r.is(i, day); n > 0 {
		e = expression{form: asUnit, unit: Day, n: v.n, shift: v.n, shifted: true, j: i + n, sure: sureNamed}
		if r.capitals && r.capital(i) && !r.sentenceStart(i) {
			return e, false // the noun "Morgen", the programme "Today"
		}
		if weeks, j, ok := r.weekAfter(e.j); ok {
			e.n, e.shift, e.j = e.n+7*weeks, e.shift+7*weeks, j
			return e, true
		}
		// "Hoy lunes"
		if _, m := r.is(e.j, weekday); m > 0 && r.joined(e.j, ",") && !r.capitals {
			if w, _ := r.is(e.j, weekday); w.n != 0 {
				e.j += m
				e.weekday = w.n
			}
		}
		return e, true
	}
	if v, n := r.is(i, period); n > 0 {
		e = expression{form: asUnit, unit: v.unit, n: v.n, shift: v.n, shifted: true, part: v.part, j: i + n, sure: sureWord}
		if r.verbLast && v.n == -1 {
			e.form, e.inner, e.orAnchor = asBeside, asUnit, true // "Vormonat"
		}
		return e, true
	}
	if v, n := r.is(i, named); n > 0 {
		if t, err := time.Parse(time.DateOnly, v.date); err == nil && (r.digits(i) < 0 || r.gap(i+1) == "/") {
			return expression{form: asFixed, fixed: oneDay(t), j: i + n, sure: sureNamed}, true
		}
	}
	if v, n := r.is(i, feast); n > 0 && (r.capital(i) || r.capital(i+n-1) || !r.capitals) {
		if !(r.capitals && r.bareYears) && r.nameBehind(i+n) {
			return e, false // "Noël Martin", "Christmas Island"
		}
		e = expression{form: asFeast, feast: v.date, j: i + n, sure: sureRelative}
		if j, ok := r.year(e.j, &e); ok {
			e.j = j
		}
		return e, true
	}
	if v, n := r.is(i, nextDay); n > 0 && !r.ofWhat(i+n) {
		return expression{form: asOffset, unit: Day, n: v.n, named: true, j: i + n, sure: sureRelative}, true
	}
	return e, false
}

// ofWhat tells whether word k, behind "the day after", says after what.
func (r *reader) ofWhat(k int) bool {
	if r.joined(k, "") && r.is1(k, of) && !(r.is1(k, in) && r.is1(k, at)) {
		return true
	}
	return r.monthFirst && r.plain(k) && r.is1(k-1, after|beforehand) && !r.is1(k, in|and)
}

// count reads a number of things.
func (r *reader) count(i int) (n, j int, ok bool) {
	if v, m := r.is(i, number); m > 0 {
		return v.n, i + m, true
	}
	if d := r.digits(i); d > 0 && d < 1000 && !r.decimal(i) && !r.glued(i) {
		return d, i + 1, true
	}
	return 0, i, false
}

// distanceAfter reads "three weeks ago", "two days later".
func (r *reader) distanceAfter(i int) (e expression, ok bool) {
	c, k, ok := r.count(i)
	if !ok || !r.joined(k, "") {
		return e, false
	}
	u, n := r.is(k, unit|units)
	if n == 0 || !r.joined(k+n, "") {
		return e, false
	}
	k += n
	if _, m := r.is(k, agoAfter); m > 0 {
		return expression{form: asDistance, n: -c, unit: u.unit, j: k + m, sure: sureWord}, true
	}
	if v, m := r.is(k, later); m > 0 && v.n > 1 {
		return expression{form: asDistance, n: c, unit: u.unit, j: k + m, sure: sureWord}, true // "from now"
	}
	if v, m := r.is(k, later); m > 0 && u.unit != Weekend && (!r.is1(k+m, of) || r.is1(k+m, in) || !r.joined(k+m, "")) && !r.is1(k+m, than) && r.farBack(k, k+m) {
		return expression{form: asOffset, n: v.n * c, unit: u.unit, j: k + m, sure: sureRelative}, true
	}
	return e, false
}

// distanceBefore reads "vor drei Wochen", "il y a dix ans", "in two weeks".
func (r *reader) distanceBefore(i int) (e expression, ok bool) {
	sign, v := -1, agoBefore
	_, n := r.is(i, agoBefore)
	if n == 0 {
		sign, v = 1, ahead
		_, n = r.is(i, ahead)
	}
	if n == 0 || !r.joined(i+n, "") || r.before1(i, since) {
		return e, false // "desde hace tres años"
	}
	c, k, ok := r.count(i + n)
	if !ok || !r.joined(k, "") {
		return e, false
	}
	u, m := r.is(k, unit|units)
	if m == 0 || u.unit == Weekend || strings.HasPrefix(r.gap(k+m), "-") {
		return e, false // "in a quarter-point cut"
	}
	if r.monthFirst && r.superlativeAt(i) || !r.monthFirst && !r.verbLast && v == ahead && n == 1 && r.length(i) == 2 && (r.ranked(i) || r.adjectiveAt(k+m)) {
		return e, false // "the slowest in a decade", "la peor en treinta años"
	}
	e = expression{form: asDistance, n: sign * c, unit: u.unit, j: k + m, sure: sureWord}
	if v == ahead {
		// "the first in two years", "done in two days": a duration
		d, sure := r.direction(i, e.j)
		if n == 1 && r.toks[i].End-r.toks[i].Start == 2 && (d != toCome && d != now || !sure && !r.capitals) {
			return e, false
		}
	}
	return e, true
}

// superlativeAt tells whether one stands before word i, or before the noun there.
func (r *reader) superlativeAt(i int) bool {
	for k := i - 1; k >= max(0, i-3) && r.joined(k+1, ""); k-- {
		switch {
		case r.length(k) > 4 && strings.HasSuffix(r.word(k), "est") || r.is1(k, ordinal):
			return true
		case r.tense(k, k) != nearest:
			return false // "the second trial begins in two weeks"
		}
	}
	return false
}

// ranked tells whether what stands before word i in its clause is called the first, the
// worst or the like: what follows is how long that is so.
func (r *reader) ranked(i int) bool {
	const near = 6 // words
	for k := i - 1; k >= max(0, i-near) && r.joined(k+1, ""); k-- {
		switch {
		case r.is1(k, ordinal) && r.digits(k) < 0 || r.role(k)&superlative != 0:
			return true
		case r.tense(k, k) != nearest:
			return false
		}
	}
	return false
}

// adjectiveAt tells whether an adjective goes on what is told before word k, so that it is
// no time from now: "la mitad que en un año normal".
func (r *reader) adjectiveAt(k int) bool {
	return r.plain(k) && r.toks[k].Shape&lexicon.Lower != 0 && r.all[k]&(function|of|and|to|in|on|at|until|month|weekday) == 0 && r.role(k)&(clause|coordinator|subject|past|present|future) == 0 && r.tense(k, k) == nearest
}

// firstMonths reads "the first six months of 2024", "les six premiers mois de 2024".
func (r *reader) firstMonths(i int) (e expression, ok bool) {
	var c, k, first int // the number, the word behind both, the word for their place
	switch _, n := r.is(i, cardinalPart); {
	case n > 0 && r.joined(i+n, ""):
		first = i
		c, k, ok = r.count(i + n)
	case n == 0 && !r.monthFirst && !r.verbLast:
		if c, first, ok = r.count(i); ok && r.joined(first, "") {
			_, n = r.is(first, cardinalPart)
			k, ok = first+n, n > 0
		}
	}
	if !ok || c < 2 || c > 11 || !r.joined(k, "") {
		return e, false
	}
	u, m := r.is(k, units)
	if m == 0 || u.unit != Month {
		return e, false
	}
	e = expression{form: asMonths, n: c, j: k + m, sure: sureFull, shift: 1}
	if v, o := r.is(first, ordinal); o > 0 && v.n < 0 {
		e.shift = -1
	}
	if j, ok := r.year(e.j, &e); ok {
		e.j = j
		return e, true
	}
	e = r.withYear(e)
	return e, e.yearShifts
}
