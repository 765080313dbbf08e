package calendar

import (
	"strings"

	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

const decadeYears = 10

// centuryAfter reads "siglo XXI", "XIXe siècle".
func (r *reader) centuryAfter(i int) (expression, bool) {
	e := expression{form: asCentury, sure: sureFull}
	if u, n := r.is(i, unit); n > 0 && u.unit == Century && r.plain(i+n) {
		if c := roman(r.word(i + n)); c > 0 {
			e.n, e.j = c, i+n+1
			return e, true
		}
	}
	w := r.word(i)
	for _, end := range r.ordinalEndings {
		c := roman(strings.TrimSuffix(w, end))
		if c == 0 || !strings.HasSuffix(w, end) || !r.plain(i+1) {
			continue
		}
		if u, n := r.is(i+1, unit); n > 0 && u.unit == Century {
			e.n, e.j = c, i+1+n
			return e, true
		}
	}
	return e, false
}

// romanAt tells whether word i may be the number of the century that follows.
func (r *reader) romanAt(i int) bool {
	return r.toks[i].Shape&lexicon.Upper != 0 && i+1 < len(r.toks) && r.all[i+1]&unit != 0 && strings.IndexByte("IVX", r.text[r.toks[i].Start]) >= 0
}

// roman reads a number up to 39.
func roman(s string) int {
	if s == "" || len(s) > 6 {
		return 0
	}
	n := 0
	val := func(c byte) int {
		switch c {
		case 'I':
			return 1
		case 'V':
			return 5
		case 'X':
			return 10
		}
		return 0
	}
	for k := range len(s) {
		v := val(s[k])
		if v == 0 {
			return 0
		}
		if k+1 < len(s) && v < val(s[k+1]) {
			v = -v
		}
		n += v
	}
	return n
}

// decadeDigits reads "1980s", "90er Jahre".
func (r *reader) decadeDigits(i int) (e expression, ok bool) {
	n := r.withEnding(i, r.decadeEndings)
	if n < 0 || n%10 != 0 {
		return e, false
	}
	if r.length(i) < 4 && r.ofHeat(i) {
		return e, false // "highs in the 60s"
	}
	e = expression{form: asDecade, n: n, j: i + 1, sure: sureFull}
	switch r.length(i) - len(strings.TrimLeft(r.word(i), "0123456789")) {
	case 4:
		if n < minYear || n > maxYear {
			return e, false
		}
	case 2:
		e.n, e.sure = 1900+n, sureWord
		if n < 20 {
			e.n = 2000 + n
		}
		if !r.bareYears {
			_, ok := r.before(i, decadeCue)
			if !ok {
				return e, false
			}
		}
	default:
		return e, false
	}
	if u, m := r.is(e.j, units|unit); m > 0 && u.unit == Year && r.joined(e.j, "-") {
		e.j += m
	} else if r.bareYears && r.length(i) < 5 && r.plain(e.j) && r.capital(e.j) {
		return e, false // "20er Pack"
	}
	return e, true
}

// ofHeat tells whether degrees are told in the sentence of word i.
func (r *reader) ofHeat(i int) bool {
	from, to := r.sentenceAround(i, i+1)
	return r.anyOf(from, to, degrees)
}

// decadeWord reads "seventies", "Fünfzigern", "années 90".
func (r *reader) decadeWord(i int) (e expression, ok bool) {
	if v, n := r.is(i, decade); n > 0 {
		if _, ok := r.before(i, decadeCue); !ok && r.capitals {
			return e, false
		}
		return expression{form: asDecade, n: 1900 + v.n, j: i + n, sure: sureNamed}, true
	}
	_, n := r.is(i, decades)
	if n == 0 || !r.joined(i+n, "") {
		return e, false
	}
	k := i + n
	d := r.digits(k)
	if d < 0 {
		d = r.withEnding(k, r.decadeEndings)
	}
	if d < 0 || d%10 != 0 || r.decimal(k) {
		return e, false
	}
	if r.is1(i, articleWord) && n == 1 {
		if _, ok := r.before(i, part); !ok {
			return e, false // "los 60"
		}
	}
	if y, ok := r.yearNumber(k + 1); ok && d >= minYear && y > d+decadeYears && r.spans(k, d) {
		return e, false // "la moyenne des années 1990-2010"
	}
	switch {
	case d >= minYear && d <= maxYear:
		return expression{form: asDecade, n: d, j: k + 1, sure: sureFull}, true
	case d >= 20 && d <= 90:
		return expression{form: asDecade, n: 1900 + d, j: k + 1, sure: sureNamed}, true
	}
	return e, false
}

// decadeAfter reads the digits of a decade that goes on the decade e: "années 1960 et
// 1970", "años 80 y 90".
func (r *reader) decadeAfter(k int, e *expression) (b expression, ok bool) {
	d := r.digits(k)
	if d >= 20 && d <= 90 && r.length(k) == 2 {
		d += e.n / 100 * 100
	}
	b = expression{form: asDecade, n: d, i: k, j: k + 1, sure: e.sure}
	return b, d%10 == 0 && d > e.n && d < e.n+maxSpan && e.part == Whole && !r.counts(k, d)
}
