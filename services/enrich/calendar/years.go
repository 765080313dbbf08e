package calendar

import (
	"strings"

	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// yearNumber reads the four digits of a year.
func (r *reader) yearNumber(k int) (int, bool) {
	y := r.digits(k)
	if y < minYear || y > maxYear || r.length(k) != 4 {
		return 0, false
	}
	rest := r.text[r.toks[k].End:r.end]
	if len(rest) > 0 && strings.ContainsRune("%€$£°", firstRune(rest)) || strings.HasPrefix(rest, " %") || strings.HasPrefix(rest, "\u00a0%") {
		return 0, false
	}
	if len(rest) > 1 && (rest[0] == ',' || rest[0] == '.' || rest[0] == ':') && rest[1] >= '0' && rest[1] <= '9' {
		return 0, false
	}
	return y, true
}

// year reads what tells the year of a date that ends before word k: a number,
// or "last year". j is the word behind it.
func (r *reader) year(k int, e *expression) (j int, ok bool) {
	at := k
	if _, n := r.is(at, of); n > 0 && r.joined(at, "") {
		at += n
		// "mayo del año 2023"
		if u, m := r.is(at, unit); m > 0 && u.unit == Year && r.joined(at, "") && r.joined(at+m, "") {
			if _, ok := r.yearNumber(at + m); ok {
				at += m
			}
		}
	}
	if y, ok := r.yearNumber(at); ok && r.joined(at, ",-.") && !r.counts(at, y) {
		e.year = y
		return at + 1, true
	}
	if y, ok := r.bareTwo(at, e); ok {
		e.year = y // "mai 68"
		return at + 1, true
	}
	if y, ok := r.elidedYear(at); ok && (e.form == asSeason || e.form == asMonth) {
		e.year = y // "the summer of '69"
		return at + 1, true
	}
	if n, j, ok := r.hungYear(k); ok {
		e.yearShift, e.hung, e.sure = n, true, sureRelative
		return j, true
	}
	for range 2 {
		if s, j, ok := r.yearShift(at); ok && r.joined(at, "") {
			e.yearShift, e.yearShifts = s, true
			return j, true
		}
		_, n := r.is(at, articleWord)
		if n == 0 || !r.joined(at, "") {
			break // "le 1er mai. L'an dernier"
		}
		at += n
	}
	return k, false
}

// bareTwo reads the last two digits of a year behind a month, where they can be no
// day: "mai 68", "6. Juni 44"; but not before what they count.
func (r *reader) bareTwo(k int, e *expression) (y int, ok bool) {
	const lastDay = 31
	n := r.digits(k)
	if n <= lastDay || r.length(k) != 2 || !r.bareYears || !r.plain(k) || r.decimal(k) || e.form != asMonth && e.form != asDay || e.day2 != 0 {
		return 0, false
	}
	g := r.gap(k + 1)
	return 1900 + n, g == "" && k+1 == len(r.toks) || strings.IndexAny(g, ".,;!?)»") == 0 || r.plain(k+1) && r.all[k+1]&function != 0
}

// counts tells whether the number at k, which could be a year, counts what
// follows it.
func (r *reader) counts(k, y int) bool {
	if !r.plain(k + 1) {
		return false
	}
	if r.countedBehind(k) {
		return true
	}
	return y < 1900 && r.all[k+1]&function == 0 && r.role(k+1)&(past|present|future) == 0 && !r.ends(k+1, r.pastEndings) && (r.toks[k+1].Shape&lexicon.Lower != 0 && !r.capitals || r.capital(k+1) && r.bareYears && r.capitals)
}

// countedBehind tells whether the word behind the number at k is one that is counted,
// and no small word behind a year: "2017 pour, 300 contre", not "en 2017 pour".
func (r *reader) countedBehind(k int) bool {
	return r.all[k+1]&yearNoun != 0 && (r.all[k+1]&function == 0 || !r.is1(k-1, month|season) && !r.strongYearCue(k))
}

// yearShift reads "last year", "année dernière", "Vorjahr".
func (r *reader) yearShift(k int) (shiftBy, j int, ok bool) {
	if v, n := r.is(k, period); n > 0 && v.unit == Year && v.part == Whole {
		return v.n, k + n, true
	}
	if v, n := r.is(k, shift); n > 0 && r.joined(k+n, "") {
		if u, m := r.is(k+n, unit); m > 0 && u.unit == Year {
			return v.n, k + n + m, true
		}
	}
	if u, m := r.is(k, unit); m > 0 && u.unit == Year && r.joined(k+m, "") {
		if v, n := r.is(k+m, shiftAfter); n > 0 {
			return v.n, k + m + n, true
		}
	}
	return 0, k, false
}

// shortYear reads the "-20" of "2019-20".
func (r *reader) shortYear(k, y int) (j int, ok bool) {
	if k >= len(r.toks) {
		return k, false
	}
	if g := r.gap(k); g != "-" && g != "/" && g != "–" {
		return k, false
	}
	n := r.digits(k)
	return k + 1, n > y%100 && n <= y%100+maxYears && r.length(k) == 2 || n == (y+1)%100 && r.length(k) == 2 || n == y+1
}

const maxYears = 30 // that a range such as "1914-18" spans

// yearAlone reads a year without anything before it.
func (r *reader) yearAlone(i int) (e expression, ok bool) {
	y, ok := r.yearNumber(i)
	if !ok {
		return e, false
	}
	e = expression{form: asYear, year: y, n: y, j: i + 1, sure: sureFull}
	parallel := y >= 1700 && y%100 != 0 && r.goesOn(i)
	if !r.clearBefore(i) || !parallel && !r.clearBehind(i, y) || r.title(i) {
		return e, false
	}
	_, cue := r.before(i, yearCue)
	cue = cue && r.joined(i, "(“\"") || r.yearBefore(i)
	noun := r.plain(i+1) && r.all[i+1]&(function|shift|weekday|day) == 0 && r.role(i+1)&(past|future|present) == 0
	switch {
	case r.capitals && r.bareYears:
		noun = noun && r.capital(i+1)
	case r.bareYears:
		noun = noun && (r.severalOf(i+1) || i > 0 && r.capital(i-1)) && !r.endsAsFuture(i+1)
	}
	if r.monthFirst && noun && r.ends(i+1, r.pastEndings) && r.plain(i+2) && r.all[i+2]&(articleWord|nounCue) != 0 {
		noun = false // "the drought of 2011 proved her point"
	}
	named := y%100 != 0 && y >= 1900 && r.namesYear(i)
	noun = noun && !named
	switch {
	case parallel:
		return e, true
	case r.risesTo(i), y%100 == 0 && r.is1(i-1, than), r.is1(i-1, and) && r.digits(i-2) >= minYear && r.behind != i-1 && r.joined(i-1, ""), r.ofClub(i, y):
		return e, false
	case strings.HasSuffix(r.gap(i), "(") && r.spans(i, y):
		return e, true // "Bach (1685-1750)"
	case r.ofCounts(i), y%100 == 0 && r.is1(i-1, and) && r.digits(i-2) < 0 && r.joined(i-1, ""):
		return e, false // "500 on Saturday and 2000 on Sunday"
	case cue:
		// "than 2000 people"
		if noun && !r.strongYearCue(i) {
			return e, false
		}
		return e, true
	case y < 1700 && r.verbLast && y%100 != 0 && r.plain(i) && (r.capital(i-1) && r.toks[i-1].Shape&lexicon.AllCaps == 0 || r.role(i-1)&past != 0 && y%10 != 0) && !noun && (r.is1(i+1, function) || r.plain(i+1) && r.participle(i+1)):
		e.sure = sureWord // "wurde 1136 von Mönchen gegründet"
		return e, true
	case strings.HasSuffix(r.gap(i), "(") && strings.HasPrefix(r.gap(i+1), ")") && y%100 != 0 && (y >= 1700 || r.nounBefore(i)):
		return e, true
	case y >= 1900 && y%100 == 0 && r.bareYears && strings.TrimSpace(r.gap(i)) == "," && r.length(i-1) == 4 && r.digits(i-1) >= minYear && !noun:
		return e, true // "en 1999, 2000 y 2001"
	case y < 1700 || y > 2099 || y%100 == 0 && r.bareYears:
		return e, false
	case r.spans(i, y):
		return e, true
	case noun && y < 1900 && r.capital(i+1):
		return e, false // "Tchaikovsky's 1812 Overture"
	case r.before1(i, nounCue), r.possessive(i), r.possessive(i + 1):
		return e, true
	case i > 0 && strings.ContainsAny(r.gap(i), "(["):
		return e, true
	case noun:
		return e, false
	case r.bareYears:
		return e, true
	case i > 0 && strings.TrimSpace(r.gap(i)) == "," && r.digits(i-1) >= minYear && r.length(i-1) == 4:
		return e, true // "in 1999, 2006 and"
	case r.plain(i+1) && y%100 != 0 && r.all[i+1]&function != 0 && r.role(i+1)&(future|past|present) != 0:
		return e, true // "2025 would be difficult"
	case named && r.monthFirst:
		return e, true
	case y >= 1900 && y%100 != 0 && r.plain(i) && r.toks[i-1].Shape&lexicon.Lower != 0 && !r.is1(i-1, function) && (i+1 == len(r.toks) || r.sentenceStart(i+1) || strings.HasPrefix(r.gap(i+1), ",")):
		e.sure = sureWord // "will not see 2030.", "a quiet 2026"
		return e, true
	case r.monthFirst && y%10 != 0 && r.plain(i) && r.toks[i-1].Shape&lexicon.Lower != 0 && r.all[i-1]&function == 0 && r.plain(i+1) && r.is1(i+1, function) && r.is1(i+1, in|on|at|of) && r.plain(i+2) && r.all[i+2]&(articleWord|nounCue) != 0 && r.role(i-1)&(past|says) == 0:
		e.sure = sureWord // "you can see 1868 with the naked eye"
		return e, true
	case r.monthFirst && y%100 != 0 && r.gap(i) == ", " && strings.HasPrefix(r.gap(i+1), ",") && r.toks[i-1].Shape&lexicon.Lower != 0:
		e.sure = sureWord // "the worst season, 1989, ended"
		return e, true
	case i == 0 && y >= 1900 || r.sentenceStart(i) && y >= 1900:
		e.sure = sureWord
		return e, true
	case r.monthFirst && y >= recentYear && y <= nearYear && y%100 != 0:
		e.sure = sureWord // a count has a comma: "how 2012 ended"
		return e, true
	}
	return e, false
}

// goesOn tells whether the number at i is a year beside another one by its place: "2001
// waren es 17 Prozent, 2016 19", "17 percent in 2001, 19 in 2016".
func (r *reader) goesOn(i int) bool {
	const near = 12 // words
	if r.behind == 0 || i-r.behind > near || r.digits(r.behind-1) < minYear || r.length(r.behind-1) != 4 || r.gap(i) != ", " || !r.plain(i+1) || r.digits(i+1) < 0 {
		return false
	}
	for k := r.behind; k < i; k++ {
		if r.parts(k) {
			return false
		}
	}
	return true
}

// The years that news tells of most, which are read without a word that says so.
const (
	recentYear = 1950
	nearYear   = 2060
)

// namesYear tells by the word beside the number at i that it counts nothing: "2024
// revenue", "war 1998 Minister", "the 1998 and 2002 champion".
func (r *reader) namesYear(i int) bool {
	return r.plain(i+1) && (r.role(i+1)&annual != 0 || r.monthFirst && r.role(i+1)&happens != 0 && r.all[i+1]&function == 0 && (r.role(i+1)&past != 0 || r.ends(i+1, r.pastEndings))) || r.plain(i) && r.role(i-1)&single != 0 ||
		r.monthFirst && r.plain(i) && r.is1(i-1, and) && r.behind == i-1 && r.digits(i-2) >= 1900
}

// ofClub tells whether the year y at i belongs to the name of a club: "TSV Hagen 1860".
func (r *reader) ofClub(i, y int) bool {
	const recent = 1950
	return y < recent && r.plain(i) && (r.role(i-1)&club != 0 || r.capital(i-1) && r.plain(i-1) && r.role(i-2)&club != 0)
}

// risesTo tells whether the number at i is what something has come to by so much: "um
// 3 Prozent auf 1950".
func (r *reader) risesTo(i int) bool {
	return r.plain(i) && r.is1(i-1, target) && r.is1(i-1, to) && r.plain(i-1) && r.is1(i-2, yearNoun) && !r.is1(i-2, unit|units)
}

// nounBefore tells whether a noun that is no name stands before word i: "the abbey
// (1490)", and not "Anna Huber (1190)", who has so many votes.
func (r *reader) nounBefore(i int) bool {
	if r.capitals {
		return i > 1 && r.is1(i-2, articleWord)
	}
	return i > 0 && r.toks[i-1].Shape&lexicon.Lower != 0
}

// spans tells whether the year y at word i begins a range of years joined by a dash:
// "2008-2012".
func (r *reader) spans(i, y int) bool {
	k := i + 1
	if k >= len(r.toks) {
		return false
	}
	if g := r.gap(k); g != "-" && g != "–" {
		_, n := r.is(k, to)
		if n == 0 || !r.plain(k) || !r.plain(k+n) || y < 1700 || r.plain(i) && r.is1(i-1, to) {
			return false // "1914 to 1918"
		}
		k += n
	}
	y2, ok := r.yearNumber(k)
	return ok && y2 > y && y2 <= y+maxSpan && r.clearBehind(k, y2) && !r.counts(k, y2) && (k == i+1 || !r.plain(k+1) || r.all[k+1]&function != 0)
}

const maxSpan = 100 // years of a range without a word that says it is one

// severalOf tells whether word k may be what is counted by its ending.
func (r *reader) severalOf(k int) bool {
	last := lastRune(r.word(k))
	return last == 's' || last == 'x'
}

// yearOfTwo reads the last two digits of a year behind an apostrophe: "in '97".
func (r *reader) yearOfTwo(i int) (e expression, ok bool) {
	y, ok := r.elidedYear(i)
	if !ok {
		return e, false
	}
	if _, ok := r.before(i, yearCue|in|since); !ok {
		return e, false
	}
	return expression{form: asYear, year: y, n: y, j: i + 1, sure: sureWord}, true
}

// elidedYear is the year whose last two digits stand behind an apostrophe at word i.
func (r *reader) elidedYear(i int) (y int, ok bool) {
	const turn = 30 // up to here they are of this century
	if i <= 0 || i >= len(r.toks) {
		return 0, false
	}
	y = r.digits(i)
	if y < 0 || r.length(i) != 2 || !r.elided(i) || r.gap(i)[0] != ' ' || r.plain(i+1) && r.all[i+1]&function == 0 || strings.ContainsAny(r.gap(i+1), "'’") {
		return 0, false
	}
	if y += 1900; y < 1900+turn {
		y += 100
	}
	return y, true
}

// possessive tells whether the word before i is an "'s", or i is.
func (r *reader) possessive(i int) bool {
	for k := max(1, i-1); k <= i && k < len(r.toks); k++ {
		if g := r.gap(k); (g == "'" || g == "’") && r.word(k) == "s" {
			return true
		}
	}
	return false
}

// clearBefore tells whether what stands before the number at i allows it to be
// a year.
func (r *reader) clearBefore(i int) bool {
	if i == 0 {
		return true
	}
	g := r.gap(i)
	if g == "" || strings.ContainsRune("$€£#§+=@&_.-–/:", lastRune(g)) {
		return false
	}
	if _, ok := r.before(i, notBehind); ok && r.joined(i, ".") || r.listedBehind(i) {
		return false
	}
	return !r.plain(i) || r.toks[i-1].Shape&lexicon.HasDigit == 0 // a telephone number
}

// listedBehind tells whether the number at i goes on a list that begins behind a word
// after which a number is no year: "models 2019, 2021 and 2024".
func (r *reader) listedBehind(i int) bool {
	for k := i; k > 0 && i-k < 2*maxDays; k-- {
		switch {
		case k < i && r.digits(k) >= 0 && r.before1(k, notBehind):
			return true
		case r.digits(k-1) < 0 && !r.is1(k-1, and) || !r.joined(k, ","):
			return false
		}
	}
	return false
}

// clearBehind tells whether what stands behind the number y at i allows it to
// be a year.
func (r *reader) clearBehind(i, y int) bool {
	k := i + 1
	if k >= len(r.toks) {
		return true
	}
	number := r.toks[k].Shape&lexicon.HasDigit != 0
	if r.plain(k) && (r.countedBehind(i) || number && r.all[k]&function == 0 && !r.strongYearCue(i)) {
		return false
	}
	g := r.gap(k)
	if len(g) != 1 && g != "–" && g != "’" {
		return true
	}
	switch c := firstRune(g); {
	case number && strings.ContainsRune("-–/.:,", c):
		if _, ok := r.shortYear(k, y); ok {
			return true
		}
		y2, ok := r.yearNumber(k)
		return ok && y2 > y
	case !number && strings.ContainsRune("-'’", c):
		return r.possessive(k) || c != '-' && strings.EqualFold(r.word(k), "s")
	}
	return true
}

// ofCounts tells whether the number at i belongs to a pair of which the second
// counts something: "zwischen 1900 und 2000 Menschen".
func (r *reader) ofCounts(i int) bool {
	k := i + 2 // behind a word such as "to", "and"
	if k < len(r.toks) && r.all[i+1]&to != 0 && r.digits(k) >= 0 && r.digits(k) <= r.digits(i) {
		return false // "bis 2040 auf 200 Milliarden"
	}
	if k+1 >= len(r.toks) || !r.joined(i+1, "") || r.all[i+1]&(to|and|function) == 0 || r.digits(k) < 0 || r.all[i+1]&(to|and) == 0 && r.length(k) < 4 || !r.plain(k+1) {
		return false
	}
	return r.all[k+1]&yearNoun != 0 || r.capitals && r.bareYears && r.capital(k+1) && !r.term(i, k)
}

// term tells whether the numbers at i and k are the first and last year of what is
// named behind them: "von 2005 bis 2009 Minister".
func (r *reader) term(i, k int) bool {
	a, ok := r.yearNumber(i)
	b, ok2 := r.yearNumber(k)
	if !ok || !ok2 || a < 1700 || a >= b || b-a > maxSpan || a%100 == 0 || b%100 == 0 {
		return false
	}
	if r.before1(i, between) && r.is1(i+1, and) {
		return r.all[k+1]&yearNoun == 0 // "zwischen 2008 und 2013 Anlagen vermittelt"
	}
	return r.is1(i+1, to) && !r.is1(i+1, target) && r.before1(i, yearCue)
}

func (r *reader) before1(i int, k kind) bool {
	_, ok := r.before(i, k)
	return ok && r.joined(i, "")
}

// strongYearCue tells whether the word before i is hardly found before a
// number of things: "in", "since".
func (r *reader) strongYearCue(i int) bool {
	p, ok := r.before(i, in|since)
	return ok && p < i || r.yearBefore(i)
}

// yearBefore tells whether a word for a year stands before its number:
// "exercice 2023".
func (r *reader) yearBefore(i int) bool {
	if !r.plain(i) || !r.is1(i-1, unit) {
		return false
	}
	u, n := r.is(i-1, unit)
	return n == 1 && u.unit == Year
}

// title tells whether the year at word i stands alone in quotation marks.
func (r *reader) title(i int) bool {
	const marks = "\"“”„«»‘’'‹›"
	before := strings.TrimRight(r.text[r.start:r.toks[i].Start], " \u00a0\u202f")
	after := strings.TrimLeft(r.text[r.toks[i].End:min(r.end, int(r.toks[i].End)+8)], " \u00a0\u202f")
	return before != "" && after != "" && strings.ContainsRune(marks, lastRune(before)) && strings.ContainsRune(marks+",", firstRune(after)) && !strings.HasPrefix(after, "'s")
}
