package calendar

import (
	"strings"

	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// dayNumber reads the number of a day in a month.
func (r *reader) dayNumber(k int) (int, bool) {
	if d := r.digits(k); d >= 1 && d <= 31 && r.length(k) <= 2 {
		return d, true
	}
	if d := r.withEnding(k, r.ordinalEndings); d >= 1 && d <= 31 {
		return d, true
	}
	if v, n := r.is(k, number); n == 1 && r.monthFirst && v.n <= 31 && r.length(k) > 2 {
		return v.n, true // "February three", as wires once had it
	}
	return 0, false
}

// monthName reads the name of a month beside a day or year.
func (r *reader) monthName(k int) (int, int) {
	v, n := r.is(k, month|monthShort)
	if r.Careless {
		if n == 0 && k < len(r.toks) && (r.digits(k+1) > 0 || k > 0 && r.digits(k-1) > 0) {
			if m := r.terms.Slip(r.word(k), month); m.Tokens > 0 {
				return r.meaning(m, month).n, 1
			}
		}
		return v.n, n
	}
	if n > 0 && (r.capitals && !r.capital(k) || !r.capitals && r.capital(k) && r.gap(k) == "-") {
		return 0, 0 // "place du 8-Mai"
	}
	return v.n, n
}

// maxDays is how many days of one month are read in a list.
const maxDays = 8

const dayMarks = ".-\u00ba\u00aa"

// dayMonth reads a day and month with what stands around them: "Monday, March
// 3, 2025", "3. bis 21. Februar", "4 de julio de 2024".
func (r *reader) dayMonth(i int) (expression, bool) {
	e := expression{form: asDay, sure: surePartial}
	k, until := i, 0
	if v, n := r.is(k, weekday|weekdayShort); n > 0 && r.namesTime(k) {
		e.weekday = v.n
		k += n
		if last, j, ok := r.weekdayTo(k); ok {
			k, until = j, last
		}
		if !r.joined(k, ",.") {
			return e, false
		}
		if _, m := r.is(k, articleWord); m > 0 && r.joined(k+m, "") {
			k += m
		}
	}
	k, ok := r.dayThenMonth(k, &e)
	if !ok && (r.monthFirst || e.weekday == 0) {
		k, ok = r.monthThenDay(k, &e)
	}
	if !ok || !valid(2000, e.n, e.day) || e.day2 != 0 && (!valid(2000, e.n, e.day2) || e.day2 <= e.day) || until != 0 && (until-e.weekday+7)%7 != (e.day2-e.day)%7 {
		return e, false
	}
	if j, ok := r.year(k, &e); ok {
		if e.year == 0 || valid(e.year, e.n, e.day) {
			k = j
		}
		if e.year != 0 {
			e.sure = sureFull
		}
	} else if s, n := r.is(k, shiftAfter); n > 0 && r.joined(k, "") && s.n != 0 {
		e.shift, e.shifted = s.n, true
		k += n
	}
	e.j = k
	return e, true
}

// firstOf tells whether the first of a month is told in words at word k: "primero
// de mayo", "the first of May".
func (r *reader) firstOf(k int) bool {
	v, n := r.is(k, ordinal)
	if n != 1 || v.n != 1 || r.verbLast || !r.plain(k+1) {
		return false
	}
	_, o := r.is(k+1, of)
	if !r.monthFirst && r.is1(k+1, month) {
		return true // "le premier mai"
	}
	return o > 0 && !r.is1(k+1, in) && r.is1(k+1+o, month) && r.joined(k+1+o, "")
}

// weekdayTo reads the end of a range of days of the week whose numbers follow:
// "Thursday"-"Saturday, June 13-15".
func (r *reader) weekdayTo(k int) (last, j int, ok bool) {
	if k >= len(r.toks) {
		return 0, k, false
	}
	if g := strings.TrimSpace(r.gap(k)); g != "-" && g != "–" {
		_, n := r.is(k, to)
		if n == 0 || !r.joined(k, ".") || !r.joined(k+n, "") {
			return 0, k, false
		}
		k += n
	}
	v, n := r.is(k, weekday|weekdayShort)
	return v.n, k + n, n > 0 && r.namesTime(k)
}

func (r *reader) dayThenMonth(k int, e *expression) (int, bool) {
	at := k
	d, ok := r.dayNumber(at)
	if !ok && r.firstOf(at) {
		d, ok = 1, true
	}
	if !ok {
		return k, false
	}
	at++
	first := at
	for at < len(r.toks) && at-first < maxDays-2 && strings.Trim(r.gap(at), " .") == "," && r.digits(at) > 0 && r.length(at) <= 2 {
		at++ // "7, 8 and 9 May"
	}
	d2, m, ok := r.dayRange(at)
	if ok {
		at += m
	} else if at > first {
		return k, false
	}
	if r.joined(at, dayMarks) {
		if _, n := r.is(at, of); n > 0 && !r.is1(at, in) && r.joined(at+n, "") {
			if _, m := r.monthName(at + n); m > 0 {
				at += n
			}
		}
	}
	if !r.joined(at, dayMarks) {
		return k, false
	}
	mo, n := r.monthName(at)
	if n == 0 {
		return k, false
	}
	e.day, e.day2, e.n = d, d2, mo
	return at + n, true
}

// dayRange reads "to 21." or "-21" behind a day; n is how many words it has.
func (r *reader) dayRange(k int) (d, n int, ok bool) {
	if k >= len(r.toks) {
		return 0, 0, false
	}
	if g := strings.Trim(r.gap(k), " ."); g == "-" || g == "–" || g == "/" {
		d, ok := r.dayNumber(k)
		return d, 1, ok
	}
	if !r.joined(k, dayMarks) {
		return 0, 0, false
	}
	_, m := r.is(k, to|and)
	if m == 0 || !r.joined(k+m, "") {
		return 0, 0, false
	}
	at := k + m
	if _, a := r.is(at, articleWord); a > 0 {
		at += a
	}
	if _, a := r.is(at, weekday); a > 0 && r.joined(at+a, "") {
		at += a
	}
	d, ok = r.dayNumber(at)
	return d, at + 1 - k, ok && r.joined(at, "") && r.toks[at].Shape&lexicon.HasDigit != 0 // "on Nov. 15 and two in May"
}

func (r *reader) monthThenDay(k int, e *expression) (int, bool) {
	mo, n := r.monthName(k)
	if n == 0 || !r.monthFirst && r.all[k]&monthShort == 0 {
		return k, false
	}
	at := k + n
	if r.all[k]&monthShort == 0 && !r.joined(at, "") {
		return k, false // a sentence ends
	}
	if !r.joined(at, ".") {
		return k, false
	}
	if _, a := r.is(at, articleWord); a > 0 && r.joined(at+a, "") {
		at += a
	}
	d, ok := r.dayNumber(at)
	if !ok || r.decimal(at) {
		return k, false
	}
	if r.plain(at+1) && r.all[at+1]&yearNoun != 0 {
		return k, false // "in May 20 people"
	}
	if p, ok := r.before(k, in); ok && strings.EqualFold(r.word(p), "in") && p == k-1 && r.plain(at+1) && r.toks[at+1].Shape&lexicon.Lower != 0 && (r.all[at+1]&function == 0 || r.role(at+1)&(past|present|future) != 0) {
		return k, false
	}
	e.n, e.day = mo, d
	at++
	if d2, m, ok := r.dayRange(at); ok && !r.decimal(at+m-1) {
		// "March 3 to April 5" is a range of two dates.
		if _, n := r.monthName(at + m); n == 0 || !r.joined(at+m, "") {
			e.day2 = d2
			at += m
		}
	}
	return at, true
}

// decimal tells whether the number at k goes on: "3.5", "10,000", "9:30".
func (r *reader) decimal(k int) bool {
	rest := r.text[r.toks[k].End:r.end]
	return len(rest) > 1 && strings.IndexByte(".,:", rest[0]) >= 0 && rest[1] >= '0' && rest[1] <= '9' || len(rest) > 0 && rest[0] == '%'
}

// monthAlone reads a month without day.
func (r *reader) monthAlone(i int) (expression, bool) {
	e := expression{form: asMonth, sure: surePartial}
	v, n := r.is(i, month|monthShort)
	e.n = v.n
	k := i + n
	if r.surnameAt(i, k, monthBits+uint(v.n)) {
		return e, false
	}
	if r.monthFirst && k < len(r.toks) && r.is1(k, of) && !r.is1(k, in) && r.plain(i) && r.length(i-1) > 4 && strings.HasSuffix(r.word(i-1), "est") {
		return e, false // "the coldest December of the series"
	}
	if !r.namesTime(i) || r.before1(i, every) || !r.capitals && (r.before1(i, number) || r.inName(i)) {
		return e, false // "every September", "un mayo"
	}
	if j, ok := r.year(k, &e); ok {
		e.j, e.sure = j, sureFull
		return e, true
	}
	e.j = k
	if s, n := r.is(k, shiftAfter); n > 0 && r.joined(k, "") {
		e.shift, e.shifted, e.j = s.n, true, k+n
		return e, true
	}
	if !r.is1(i, month) {
		return e, false
	}
	if r.nameBehind(k) && (r.all[k]&nameNoun != 0 || !r.before1(i, in)) {
		return e, false
	}
	if _, ok := r.before(i, at); ok && r.joined(i, "") {
		return e, true
	}
	if r.opensRange(k) || r.actsAsMonth(i, k) || r.closesEntry(i, k) || r.likeAny(i, k) {
		return e, true
	}
	if !r.capitals && r.toks[i].Shape&lexicon.Lower != 0 {
		return e, true // no name is written so
	}
	if _, sure := r.is(i, monthAlone); sure == 0 || i > 0 && r.plain(i) && r.capital(i-1) && !r.sentenceStart(i-1) {
		return e, false
	}
	e.sure = sureWord
	return e, true
}

// inName tells whether the month at word i ends a name that begins with an article of its
// own in the middle of a sentence: "l'ensemble Les Heures de mai".
func (r *reader) inName(i int) bool {
	const words = 3
	if !r.plain(i) || !r.is1(i-1, of) || !r.plain(i-1) {
		return false
	}
	for k := i - 2; k > 0 && i-1-k <= words && r.capital(k) && r.plain(k); k-- {
		if r.is1(k, articleWord) && k < i-2 && !r.sentenceStart(k) {
			return true
		}
	}
	return false
}

// closesEntry tells whether the month at words [i, k) stands behind a noun at the
// end of a line or before a bracket, as in an agenda: "Handelsbilanz März".
func (r *reader) closesEntry(i, k int) bool {
	return r.verbLast && r.plain(i) && r.capital(i-1) && !r.isGiven(i-1) && r.toks[0].Shape&lexicon.HasDigit != 0 && (k == len(r.toks) && r.gap(k) == "" || strings.HasPrefix(r.gap(k), " ("))
}

// likeAny tells whether the month at words [i, k) ends what an article and an
// adjective begin: "a soggy June".
func (r *reader) likeAny(i, k int) bool {
	return r.monthFirst && i > 1 && r.plain(i) && r.plain(i-1) && r.toks[i-1].Shape&lexicon.Lower != 0 && r.all[i-1]&function == 0 &&
		r.all[i-2]&(articleWord|number) != 0 && r.digits(i-2) < 0 && !r.plain(k)
}

// actsAsMonth tells whether the name of a month, which may be a person's, is
// used as no person's is: "its June meeting", "April's figures", "March was".
func (r *reader) actsAsMonth(i, k int) bool {
	if !r.capitals || r.bareYears || r.all[i]&function != 0 && !r.before1(i, nounCue) && r.role(k)&figures == 0 || k >= len(r.toks) {
		return false
	}
	lower := r.toks[k].Shape&lexicon.Lower != 0
	switch {
	case r.plain(k) && lower && r.role(k)&figures != 0:
		return true // "reports May payrolls"
	case r.plain(k) && lower && r.before1(i, nounCue):
		return r.all[k]&function == 0 && r.role(k)&past == 0
	case r.plain(k) && lower && strings.HasPrefix(r.gap(i), ";"):
		return r.all[k]&function != 0 && r.role(k)&(past|present) != 0
	case r.plain(k) && lower && r.sentenceStart(i):
		return r.all[k]&function != 0 && r.role(k)&past != 0
	}
	return r.possessive(k) && r.word(k) == "s" && k+1 < len(r.toks) && r.toks[k+1].Shape&lexicon.Lower != 0
}

// opensRange tells whether another month follows at k behind "to" or a hyphen.
func (r *reader) opensRange(k int) bool {
	if k >= len(r.toks) {
		return false
	}
	if g := r.gap(k); g == "-" || g == "–" || g == "/" {
		return r.all[k]&month != 0
	}
	_, n := r.is(k, to|and)
	return n > 0 && k+n < len(r.toks) && r.joined(k, "") && r.all[k+n]&month != 0 && r.namesTime(k+n)
}

// nameBehind tells whether a name goes on at word k: "April Jones", "Sunday
// Street".
func (r *reader) nameBehind(k int) bool {
	if k < len(r.toks) && r.plain(k) && r.capital(k) && r.all[k]&nameNoun != 0 {
		return true
	}
	if !r.plain(k) && !r.firm(k) || !r.capital(k) {
		return false
	}
	return r.all[k]&(weekday|month|function|day) == 0
}

// firm tells whether "&" joins word k to the one before it, as in the name of a firm.
func (r *reader) firm(k int) bool { return k > 0 && k < len(r.toks) && r.gap(k) == " & " }

// weekdayAlone reads a day of the week.
func (r *reader) weekdayAlone(i int) (expression, bool) {
	v, n := r.is(i, weekday)
	e := expression{form: asWeekday, n: v.n, sure: surePartial, j: i + n}
	if r.surnameAt(i, e.j, uint(v.n)) || !r.namesTime(i) {
		return e, false
	}
	if weeks, j, ok := r.weekAfter(e.j); ok {
		e.weeks, e.j = weeks, j
		return e, true
	}
	if d, ok := r.dayBehind(e.j); ok {
		e.day = d
		e.j++
		return e, true
	}
	if r.monthFirst && r.is1(e.j, articleWord) && r.withEnding(e.j+1, r.ordinalEndings) > 0 && r.plain(e.j) && r.plain(e.j+1) {
		if d, ok := r.dayNumber(e.j + 1); ok && !r.is1(e.j+2, unit|of) {
			e.day = d
			e.j += 2 // "Monday the 3rd"
			return e, true
		}
	}
	if s, n := r.is(e.j, followingAfter); n > 0 && s.n <= 1 && r.joined(e.j, "-") && (!r.is1(e.j, after|beforehand) || r.endsPhrase(e.j+n)) && !r.ofWhat(e.j+n) {
		e.form, e.shift, e.sure = asFollowing, s.n, sureRelative
		e.j += n
		return e, true
	}
	if s, n := r.is(e.j, shiftAfter); n > 0 && r.joined(e.j, "") && s.n != 0 {
		e.shift, e.shifted = s.n, true
		e.j += n
		return e, true
	}
	if r.before1(i, every) || r.before1(i, number) && !r.ofOneDay(i, e.j) || r.ofEvery(i) || r.person(i, uint(v.n)) || r.everyWeek(i, e.j) {
		return e, false // "on a Monday"
	}
	if _, n := r.is(e.j, of); n > 0 && r.joined(e.j, "") && e.j+n < len(r.toks) && r.is1(e.j+n, every) && !r.is1(e.j, in) {
		return e, false // "the first Monday of every month"
	}
	if p, ok := r.before(i, ordinal); ok && r.joined(i, "") && (r.ofAnyMonth(e.j) || r.before1(p, every)) {
		return e, false // "the first Monday of the month", "every second Monday"
	}
	if n, j, ok := r.ofWeek(e.j); ok {
		e.form, e.unit, e.shift, e.j = asDayOfWeek, Week, n, j
		return e, true
	}
	if r.capitals && r.nameBehind(e.j) {
		if r.all[e.j]&nameNoun != 0 || !r.before1(i, on) {
			return e, false
		}
	}
	return e, true
}

// monthBits is the bit of no month in Manner.persons: those of the days of the
// week stand before it.
const monthBits = 7

// surnameAt tells whether the words [i, j), a day or month of the given bit, are
// somebody's name by what stands around them, and remembers it: "namens Freitag",
// "Benito Mayo", "Augie Friday, who".
func (r *reader) surnameAt(i, j int, n uint) bool {
	bit := uint32(1) << n
	if !r.capital(i) || i == 0 && r.capitals {
		return false
	}
	named := r.plain(i) && r.capital(i-1) && !r.sentenceStart(i-1)
	switch {
	case !r.capitals && (r.isGiven(i) || !r.articleHabit && n <= monthBits) && r.sentenceStart(i) && r.plain(j) && r.capital(j) && r.all[j]&(weekday|month) == 0,
		r.plain(i) && r.role(i-1)&namesake != 0, i > 0 && (r.plain(i) || r.gap(i) == ". ") && r.capital(i-1) && r.titled(i),
		r.plain(i) && r.capital(i-1) && r.all[i-1]&function == 0 && r.aged(j),
		named && r.all[i-1]&(month|weekday|day|shift) == 0 && strings.HasPrefix(r.gap(j), ",") && r.role(j)&whoBehind != 0,
		!r.capitals && !r.sentenceStart(i) && r.plain(i) && (named || r.isGiven(i-1)):
		r.persons |= bit
		return true
	}
	return n > monthBits && r.persons&bit != 0 && !r.capitals && r.sentenceStart(i)
}

// titled tells whether a title that stands before nothing but names ends before
// word i.
func (r *reader) titled(i int) bool {
	return r.role(i-1)&title != 0 && (i < 2 || r.all[i-2]&articleWord == 0)
}

// aged tells whether an age stands at word j, behind a name and between commas.
func (r *reader) aged(j int) bool {
	return r.digits(j) >= 10 && r.length(j) == 2 && strings.HasPrefix(r.gap(j), ",") && (strings.HasPrefix(r.gap(j+1), ",") || strings.HasPrefix(r.gap(j+1), "."))
}

// person tells whether the day of the week at word i, a single word of value n,
// is the surname of somebody, and remembers it where it can't be a day.
func (r *reader) person(i int, n uint) bool {
	bit := uint32(1) << n
	switch {
	case !r.capital(i):
		return false
	case r.verbLast && r.subject(i):
		r.persons |= bit
		return true
	case r.givenBefore(i):
		if !r.mayTellWhen(i) {
			r.persons |= bit
		}
		return true
	}
	return r.persons&bit != 0 && !r.before1(i, on|in|since|until|shift)
}

// mayTellWhen tells whether the word at i, behind a name, stands where English
// has the day of what is told: before a verb of saying, and at the end of the
// clause.
func (r *reader) mayTellWhen(i int) bool {
	return r.monthFirst && (r.opensClause(i+1, true) || r.role(i+1)&says != 0)
}

// givenBefore tells whether a given name stands before word i, and not alone as
// those of popes and storms do, nor as that of a town, nor as a surname.
func (r *reader) givenBefore(i int) bool {
	if i == 0 || r.given == nil || !r.plain(i) || !r.isGiven(i-1) || r.all[i-1]&(month|weekday|monthShort) != 0 {
		return false
	}
	if i < 2 {
		return true
	}
	if !r.joined(i-1, "") {
		return r.role(i-2)&titleShort == 0
	}
	return !r.is1(i-2, mononym|in|on|of|to) && !r.surname(i-1) && !r.besidePlace(i-1)
}

// isGiven tells whether word i is a given name.
func (r *reader) isGiven(i int) bool {
	return i >= 0 && r.capital(i) && r.given.All(r.toks[i:i+1])&lexicon.Given != 0
}

// surname tells whether the given name at word i is a surname by what stands
// before it: "Tim Scott", "Clarence Thomas".
func (r *reader) surname(i int) bool {
	if !r.plain(i) || !r.capital(i-1) {
		return false
	}
	return r.isGiven(i-1) || r.role(i-1)&titleShort != 0 || r.monthFirst && !r.sentenceStart(i-1)
}

// besidePlace tells whether the given name at word i is joined to a name that no
// given name is part of: "Israel and Jordan".
func (r *reader) besidePlace(i int) bool {
	return i >= 2 && r.monthFirst && r.is1(i-1, and) && r.plain(i-1) && r.capital(i-2) && !r.isGiven(i-2) && (i < 3 || !r.isGiven(i-3))
}

// subject tells whether the day of the week at word i stands, without a
// preposition, between a name and the verb, where German has only one thing:
// "Der Maler Anselm Freitag ist".
func (r *reader) subject(i int) bool {
	if i < 2 || !r.plain(i) || !r.capital(i-1) || r.sentenceStart(i-1) || !r.plain(i+1) || !r.plain(i-1) || !r.capital(i-2) {
		return false
	}
	return r.all[i-1]&(weekday|day|part|unit|shift) == 0 && r.toks[i+1].Shape&lexicon.Lower != 0 && r.all[i+1]&function != 0 && r.role(i+1)&(past|future|states) != 0
}

// everyWeek tells whether a language says by its article alone that every week
// is meant: "fermé le lundi".
func (r *reader) everyWeek(i, j int) bool {
	if !r.articleHabit || r.rangeFollows(j) || r.is1(j, shift|shiftAfter|following|followingAfter) || r.is1(i-2, between) {
		return false
	}
	if r.role(i-1)&weekly != 0 && r.plain(i) && !r.before1(i, until|since|meantFor|untilStrictly|between) {
		return true // "le marché du dimanche"
	}
	if !r.before1(i, articleWord) {
		return false
	}
	if i > 1 && r.role(i-2)&(past|wasTo|noVerb) == 0 && r.ends(i-2, r.habitEndings) {
		return true // "il venait le jeudi"
	}
	if d, _ := r.direction(i, j); d == now {
		return true
	}
	from, to := r.clauseAround(i, j, false)
	return r.anyOf(from, to, opening|shuts)
}

// ofOneDay tells whether what happens once stands behind the day of the week [i, j)
// with "a" before it: "a Monday deadline".
func (r *reader) ofOneDay(i, j int) bool {
	return r.monthFirst && r.is1(i-1, number) && r.digits(i-1) < 0 && r.plain(j) && r.role(j)&(datedNoun|event) != 0
}

// rangeFollows tells whether another day of the week, up to which something lasts,
// follows at word j.
func (r *reader) rangeFollows(j int) bool {
	_, n := r.is(j, to)
	if n == 0 || r.is1(j, and) {
		return false
	}
	_, a := r.is(j+n, articleWord)
	return r.is1(j+n+a, weekday)
}

// ofAnyMonth reads "of the month".
func (r *reader) ofAnyMonth(k int) bool {
	if !r.joined(k, "") {
		return false
	}
	for _, at := range r.skips(k)[1:] {
		if u, n := r.is(at, unit); n > 0 && u.unit == Month && !r.is1(at+n, shiftAfter|of) {
			return true
		}
	}
	return false
}

// ofEvery tells whether word i belongs to a list of days that "every" begins.
func (r *reader) ofEvery(i int) bool {
	for k := i - 1; k > 0 && k > i-2*maxDays; k-- {
		switch {
		case r.all[k]&weekday != 0:
			if r.before1(k, every) {
				return true
			}
		case r.all[k]&(and|to) == 0 || !r.joined(k+1, ","):
			return false
		}
	}
	return false
}

// weekAfter reads what puts a day off by weeks: "Saturday week", "lundi en huit".
func (r *reader) weekAfter(k int) (weeks, j int, ok bool) {
	const week = 7
	v, n := r.is(k, followingAfter)
	if n == 0 || v.n < week || !r.joined(k, "") {
		return 0, k, false
	}
	j = k + n
	return v.n / week, j, !r.plain(j) || r.all[j]&function != 0 // "Sunday week nights"
}

// numberedDay reads a day of a month that isn't told: "el día 3".
func (r *reader) numberedDay(i int) (e expression, ok bool) {
	u, n := r.is(i, unit)
	k := i + n
	if !r.numberedDays || n == 0 || u.unit != Day || !r.plain(k) || r.decimal(k) || r.dayMonthAt(k) || r.is1(i-1, every) {
		return e, false
	}
	d, ok := r.dayNumber(k)
	if !ok || r.plain(k+1) && r.all[k+1]&function == 0 && r.tense(k+1, k+1) == nearest || r.is1(k+1, to|and) {
		return e, false
	}
	return expression{form: asDayOfMonth, day: d, j: k + 1, sure: sureRelative}, true
}

// dayBehind reads the number of a day behind a weekday, without a month: "el
// viernes 21", "Friday 21st".
func (r *reader) dayBehind(k int) (int, bool) {
	d, ok := r.dayNumber(k)
	if !ok || !r.plain(k) || r.decimal(k) || r.toks[k].Shape&lexicon.HasDigit == 0 {
		return 0, false // "on Sunday three people"
	}
	if r.digits(k) < 0 {
		return d, true // with its ending
	}
	if r.capitals || k+1 < len(r.toks) && r.plain(k+1) && r.all[k+1]&(function|to|and|of) == 0 && r.tense(k+1, k+1) == nearest {
		return 0, false // "Monday 10 people", "lundi 10 h"
	}
	return d, k+1 >= len(r.toks) || !strings.HasPrefix(r.gap(k+1), ":")
}

// ofWeek reads "of last week", "de la semana pasada".
func (r *reader) ofWeek(k int) (n, j int, ok bool) {
	if k >= len(r.toks) || !r.joined(k, "") {
		return 0, k, false
	}
	for _, at := range r.skips(k) {
		if e, ok := r.shiftedUnit(at); ok && e.unit == Week && r.joined(at, "") {
			return e.n, e.j, true
		}
	}
	return 0, k, false
}

// shiftedUnit reads "last week", "semana pasada".
func (r *reader) shiftedUnit(k int) (e expression, ok bool) {
	if v, n := r.is(k, shift); n > 0 && r.joined(k+n, "") {
		if u, m := r.is(k+n, unit); m > 0 {
			return expression{unit: u.unit, n: v.n, j: k + n + m}, true
		}
	}
	if u, m := r.is(k, unit); m > 0 && r.joined(k+m, "") {
		if v, n := r.is(k+m, shiftAfter); n > 0 {
			return expression{unit: u.unit, n: v.n, j: k + m + n}, true
		}
	}
	return e, false
}

// weekdayOf reads "the following Monday", "the last Sunday in March".
func (r *reader) weekdayOf(i int) (e expression, ok bool) {
	o, n := r.is(i, ordinal)
	if n == 0 || !r.joined(i+n, "") || o.n > 5 {
		return e, false
	}
	if u, m := r.is(i+n, unit); m > 0 && (u.unit == Week || u.unit == Weekend || u.unit == Half) {
		return r.ofMonthPart(i+n+m, o.n, u.unit)
	}
	w, m := r.is(i+n, weekday)
	if m == 0 {
		return e, false
	}
	k := i + n + m
	if _, l := r.is(k, of); l > 0 && r.joined(k, "") {
		if mo, l2 := r.is(k+l, month); l2 > 0 && r.joined(k+l, "") && r.namesTime(k+l) {
			e = expression{form: asNth, n: mo.n, weekday: w.n, day: o.n, j: k + l + l2, sure: surePartial}
			if j, ok := r.year(e.j, &e); ok {
				e.j = j
			}
			return e, true
		}
	}
	if mo, l := r.is(k, month); l > 0 && r.plain(k) && r.capitals && r.bareYears {
		e = expression{form: asNth, n: mo.n, weekday: w.n, day: o.n, j: k + l, sure: surePartial}
		if j, ok := r.year(e.j, &e); ok {
			e.j = j
		}
		return e, true
	}
	return e, false
}

// ofMonthPart reads "of May 2024" behind the nth week, weekend or half.
func (r *reader) ofMonthPart(k, nth int, u Unit) (e expression, ok bool) {
	_, o := r.is(k, of)
	if o == 0 || !r.joined(k, "") || !r.joined(k+o, "") {
		return e, false
	}
	w, m := r.is(k+o, month)
	if m == 0 || !r.namesTime(k+o) || u == Half && nth > 2 {
		return e, false
	}
	e = expression{form: asPartOfMonth, n: w.n, day: nth, unit: u, j: k + o + m, sure: surePartial}
	if j, ok := r.year(e.j, &e); ok {
		e.j = j
	}
	return e, true
}
