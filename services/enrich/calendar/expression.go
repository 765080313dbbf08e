package calendar

import (
	"strings"
	"time"

	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// form is how an expression tells its time.
type form uint8

const (
	asFixed       form = iota + 1 // a date in full
	asDay                         // day and month, with or without year
	asNth                         // the last Sunday in March
	asMonth                       // n is the month
	asWeekday                     // n is the day of the week
	asSeason                      //
	asQuarter                     //
	asHalf                        //
	asYear                        //
	asDecade                      // n is its first year
	asCentury                     //
	asUnit                        // last week: n units from the anchor's
	asWeekend                     //
	asMonths                      // the first n months of a year
	asDistance                    // three weeks ago: n units, told by units
	asOpen                        // the coming months
	asFollowing                   // the Monday after (n > 0) what was named last
	asOffset                      // two days after what was named last
	asPartOfMonth                 // the first week of May
	asDayOfWeek                   // Monday of last week
	asFeast                       //
)

// expression is one date or period as it is told; its words are [i, j).
type expression struct {
	form form
	i, j int

	n          int // see form
	day, day2  int // day2: the end of a range in one month
	weekday    int // beside a day and month; 0 if none stands there
	year       int // 0: none
	shift      int // of a noun; in years if yearShift
	shifted    bool
	yearShift  int // "January last year"
	yearShifts bool
	part       Part
	unit       Unit
	feast      string
	fixed      Interval
	sure       float64 // 0 to 1
}

// dated tells whether it carries its year.
func (e *expression) dated() bool {
	return e.year != 0 || e.form == asFixed || e.form == asDecade || e.form == asCentury
}

// How sure an expression of some form is read.
const (
	sureFull     = 0.98 // a date with its year
	sureNamed    = 0.9  // a word that tells nothing but time
	surePartial  = 0.85 // the direction is told by a verb
	sureWord     = 0.75 // a word that may tell something else
	sureRelative = 0.6  // hangs on another date
)

// opens are the roles that a date may begin with.
const opens = partHyphen | month | monthShort | weekday | weekdayShort | season | ordinal | number | units | quarterNamed | quarterSign | part | shift |
	shiftPlural | day | period | agoBefore | ahead | nextDay | following | decade | decades | feast | named | unit | cardinalPart

// point reads the longest expression that begins with word i.
func (r *reader) point(i int) (best expression, ok bool) {
	c := r.all[i]
	digit := r.toks[i].Shape&lexicon.HasDigit != 0
	try := func(e expression, found bool) {
		if found && e.j > best.j {
			e.i = i
			best, ok = e, true
		}
	}
	if digit || c&number != 0 {
		if digit {
			try(r.numeric(i))
			try(r.decadeDigits(i))
			try(r.yearAlone(i))
		}
		try(r.distanceAfter(i))
	}
	if digit || c&(month|monthShort|weekday|weekdayShort) != 0 {
		try(r.dayMonth(i))
	}
	if digit || c&(ordinal|quarterNamed|quarterSign|unit) != 0 || r.romanAt(i) {
		try(r.ordinalPeriod(i))
	}
	if c&opens == 0 {
		return best, ok
	}
	if c&(month|monthShort) != 0 {
		try(r.monthAlone(i))
	}
	if c&weekday != 0 {
		try(r.weekdayAlone(i))
	}
	if c&season != 0 {
		try(r.seasonAlone(i))
	}
	if c&(shift|shiftPlural) != 0 {
		try(r.shifted(i))
	}
	if c&unit != 0 {
		try(r.unitAlone(i))
	}
	if c&units != 0 {
		try(r.unitsAhead(i))
	}
	if c&(part|partHyphen) != 0 {
		try(r.partOf(i))
	}
	if c&(day|period|feast|named|nextDay) != 0 {
		try(r.word1(i))
	}
	if c&(decade|decades) != 0 {
		try(r.decadeWord(i))
	}
	if c&(agoBefore|ahead) != 0 {
		try(r.distanceBefore(i))
	}
	if c&(following|ordinal|shift) != 0 {
		try(r.weekdayOf(i))
	}
	if c&cardinalPart != 0 {
		try(r.firstMonths(i))
	}
	return best, ok
}

// yearNumber reads the four digits of a year.
func (r *reader) yearNumber(k int) (int, bool) {
	y := r.digits(k)
	if y < minYear || y > maxYear || r.length(k) != 4 {
		return 0, false
	}
	rest := r.text[r.toks[k].End:r.end]
	if len(rest) > 0 && strings.IndexByte("%€$£°", rest[0]) >= 0 || strings.HasPrefix(rest, " %") || strings.HasPrefix(rest, "\u00a0%") {
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
	for range 2 {
		if s, j, ok := r.yearShift(at); ok && r.joined(at, "") {
			e.yearShift, e.yearShifts = s, true
			return j, true
		}
		_, n := r.is(at, articleWord)
		if n == 0 {
			break
		}
		at += n
	}
	return k, false
}

// counts tells whether the number at k, which could be a year, counts what
// follows it.
func (r *reader) counts(k, y int) bool {
	if !r.plain(k + 1) {
		return false
	}
	if r.all[k+1]&yearNoun != 0 {
		return true
	}
	return y < 1900 && r.all[k+1]&function == 0 && (r.toks[k+1].Shape&lexicon.Lower != 0 && !r.capitals || r.capital(k+1) && r.bareYears && r.capitals)
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
	if n > 0 && r.capitals && !r.capital(k) {
		return 0, 0
	}
	return v.n, n
}

const dayMarks = ".-\u00ba\u00aa"

// dayMonth reads a day and month with what stands around them: "Monday, March
// 3, 2025", "3. bis 21. Februar", "4 de julio de 2024".
func (r *reader) dayMonth(i int) (expression, bool) {
	e := expression{form: asDay, sure: surePartial}
	k := i
	if v, n := r.is(k, weekday|weekdayShort); n > 0 && r.namesTime(k) {
		e.weekday = v.n
		k += n
		if !r.joined(k, ",.") {
			return e, false
		}
		for {
			_, m := r.is(k, articleWord)
			if m == 0 || !r.joined(k+m, "") {
				break
			}
			k += m
		}
	}
	k, ok := r.dayThenMonth(k, &e)
	if !ok && (r.monthFirst || e.weekday == 0) {
		k, ok = r.monthThenDay(k, &e)
	}
	if !ok || !valid(2000, e.n, e.day) || e.day2 != 0 && (!valid(2000, e.n, e.day2) || e.day2 <= e.day) {
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

func (r *reader) dayThenMonth(k int, e *expression) (int, bool) {
	at := k
	d, ok := r.dayNumber(at)
	if !ok {
		return k, false
	}
	at++
	d2, m, ok := r.dayRange(at)
	if ok {
		at += m
	}
	if r.joined(at, dayMarks) {
		if _, n := r.is(at, of); n > 0 && r.joined(at+n, "") {
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
	return d, at + 1 - k, ok && r.joined(at, "")
}

func (r *reader) monthThenDay(k int, e *expression) (int, bool) {
	mo, n := r.monthName(k)
	if n == 0 || !r.monthFirst && r.all[k]&monthShort == 0 {
		return k, false
	}
	at := k + n
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
	if p, ok := r.before(k, in); ok && strings.EqualFold(r.word(p), "in") && p == k-1 && r.plain(at+1) && r.toks[at+1].Shape&lexicon.Lower != 0 && r.all[at+1]&function == 0 {
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
	if !r.namesTime(i) {
		return e, false
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
	if v, n = r.is(i, month); n == 0 {
		return e, false
	}
	if r.nameBehind(k) && (r.all[k]&nameNoun != 0 || !r.before1(i, in)) {
		return e, false
	}
	if _, ok := r.before(i, at); ok && r.joined(i, "") {
		return e, true
	}
	if r.opensRange(k) || r.actsAsMonth(i, k) {
		return e, true
	}
	if _, sure := r.is(i, monthAlone); sure == 0 || i > 0 && r.plain(i) && r.capital(i-1) && !r.sentenceStart(i-1) {
		return e, false
	}
	e.sure = sureWord
	return e, true
}

// actsAsMonth tells whether the name of a month, which may be a person's, is
// used as no person's is: "its June meeting", "April's figures", "March was".
func (r *reader) actsAsMonth(i, k int) bool {
	if !r.capitals || r.bareYears || r.all[i]&function != 0 && !r.before1(i, nounCue) || k >= len(r.toks) {
		return false
	}
	lower := r.toks[k].Shape&lexicon.Lower != 0
	switch {
	case r.plain(k) && lower && r.before1(i, nounCue):
		return r.all[k]&(function|past) == 0
	case r.plain(k) && lower && r.sentenceStart(i):
		return r.all[k]&(function|past) == function|past
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
	if !r.plain(k) || !r.capital(k) {
		return false
	}
	return r.all[k]&(weekday|month|function|day) == 0
}

// weekdayAlone reads a day of the week.
func (r *reader) weekdayAlone(i int) (expression, bool) {
	v, n := r.is(i, weekday)
	e := expression{form: asWeekday, n: v.n, sure: surePartial, j: i + n}
	if !r.namesTime(i) {
		return e, false
	}
	if s, n := r.is(e.j, followingAfter); n > 0 && r.joined(e.j, "") {
		e.form, e.shift, e.sure = asFollowing, s.n, sureRelative
		e.j += n
		return e, true
	}
	if s, n := r.is(e.j, shiftAfter); n > 0 && r.joined(e.j, "") && s.n != 0 {
		e.shift, e.shifted = s.n, true
		e.j += n
		return e, true
	}
	if r.before1(i, every) || r.before1(i, number) {
		return e, false // "on a Monday"
	}
	if _, n := r.is(e.j, of); n > 0 && r.joined(e.j, "") && e.j+n < len(r.toks) && r.is1(e.j+n, every) && r.capitals {
		return e, false // "the first Monday of every month"
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

// seasonAlone reads a season.
func (r *reader) seasonAlone(i int) (expression, bool) {
	v, n := r.is(i, season)
	e := expression{form: asSeason, n: v.n, sure: sureWord, j: i + n}
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
		if r.plain(e.j) && r.toks[e.j].Shape&lexicon.Lower != 0 && r.all[e.j]&(function|past|future|present|and|to) == 0 && r.capitals {
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
	if e.form == asHalf && e.year == 0 && !e.yearShifts && (r.all[k]&play != 0 || strings.EqualFold(r.word(k), "half") && r.ofPlay(i, e.j)) {
		return e, false
	}
	return e, true
}

// ofPlay tells whether the half at words [i, j) is of a match, or of something
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
		m := r.trie.Longest(lexicon.Scan(nil, string(c.sign), 0, 1), quarterSign)
		switch {
		case m.Tokens > 0:
			e := expression{form: asQuarter, n: n, j: i + 1, sure: sureWord}
			x := r.withYear(e)
			return x, r.quarterSignSure(c.sign) || x.year != 0
		case c.sign == 'H' && n <= 2:
			e := r.withYear(expression{form: asHalf, n: n, j: i + 1, sure: sureWord})
			return e, e.year != 0
		}
	}
	return expression{}, false
}

func (r *reader) quarterSignSure(c byte) bool { return c == 'Q' }

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
	e = expression{shift: v.n, shifted: true, sure: surePartial}
	switch u, m := r.is(k, unit); {
	case m > 0 && u.unit == Weekend:
		e.form, e.j = asWeekend, k+m
	case m > 0 && u.unit != Day:
		e.form, e.unit, e.n, e.j = asUnit, u.unit, v.n, k+m
		if s, n := r.is(e.j, shiftAfter); n > 0 && s.n == 0 && v.n == 0 && r.joined(e.j, "-") {
			e.j += n // "ce mois-ci"
		}
	default:
		if w, m := r.is(k, weekday); m > 0 && r.namesTime(k) {
			e.form, e.n, e.j = asWeekday, w.n, k+m
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
	if u.unit != Weekend {
		return e, false
	}
	if _, ok := r.before(i, every); ok && r.joined(i, "") {
		return e, false
	}
	// "a weekend", "weekend traffic"
	if r.capitals && !r.bareYears {
		if _, ok := r.before(i, articleWord); !ok || r.plain(k) && r.toks[k].Shape&lexicon.Lower != 0 && r.all[k]&(function|past|present|future) == 0 {
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

// word1 reads what one word or fixed phrase tells: today, Vorjahr, Easter.
func (r *reader) word1(i int) (e expression, ok bool) {
	if v, n := r.is(i, day); n > 0 {
		e = expression{form: asUnit, unit: Day, n: v.n, shift: v.n, shifted: true, j: i + n, sure: sureNamed}
		if r.capitals && r.capital(i) && !r.sentenceStart(i) {
			return e, false // the noun "Morgen", the programme "Today"
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
		return expression{form: asUnit, unit: v.unit, n: v.n, shift: v.n, shifted: true, part: v.part, j: i + n, sure: sureWord}, true
	}
	if v, n := r.is(i, named); n > 0 {
		if t, err := time.Parse(time.DateOnly, v.date); err == nil && (r.digits(i) < 0 || r.gap(i+1) == "/") {
			return expression{form: asFixed, fixed: oneDay(t), j: i + n, sure: sureNamed}, true
		}
	}
	if v, n := r.is(i, feast); n > 0 && (r.capital(i) || !r.capitals) {
		e = expression{form: asFeast, feast: v.date, j: i + n, sure: sureRelative}
		if j, ok := r.year(e.j, &e); ok {
			e.j = j
		}
		return e, true
	}
	if v, n := r.is(i, nextDay); n > 0 {
		return expression{form: asOffset, unit: Day, n: v.n, j: i + n, sure: sureRelative}, true
	}
	return e, false
}

// decadeDigits reads "1980s", "90er Jahre".
func (r *reader) decadeDigits(i int) (e expression, ok bool) {
	n := r.withEnding(i, r.decadeEndings)
	if n < 0 || n%10 != 0 {
		return e, false
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
	switch {
	case d >= minYear && d <= maxYear:
		return expression{form: asDecade, n: d, j: k + 1, sure: sureFull}, true
	case d >= 20 && d <= 90:
		return expression{form: asDecade, n: 1900 + d, j: k + 1, sure: sureNamed}, true
	}
	return e, false
}

func (r *reader) is1(i int, k kind) bool { _, n := r.is(i, k); return n > 0 }

// count reads a number of things.
func (r *reader) count(i int) (n, j int, ok bool) {
	if v, m := r.is(i, number); m > 0 {
		return v.n, i + m, true
	}
	if d := r.digits(i); d > 0 && d < 1000 && !r.decimal(i) {
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
	if v, m := r.is(k, later); m > 0 && u.unit <= Week && u.unit != Weekend && !r.is1(k+m, of) {
		return expression{form: asOffset, n: v.n * c, unit: u.unit, j: k + m, sure: sureRelative}, true
	}
	return e, false
}

// distanceBefore reads "vor drei Wochen", "il y a dix ans", "in two weeks".
func (r *reader) distanceBefore(i int) (e expression, ok bool) {
	sign, v := -1, kind(agoBefore)
	_, n := r.is(i, agoBefore)
	if n == 0 {
		sign, v = 1, ahead
		_, n = r.is(i, ahead)
	}
	if n == 0 || !r.joined(i+n, "") {
		return e, false
	}
	c, k, ok := r.count(i + n)
	if !ok || !r.joined(k, "") {
		return e, false
	}
	u, m := r.is(k, unit|units)
	if m == 0 || u.unit == Weekend {
		return e, false
	}
	e = expression{form: asDistance, n: sign * c, unit: u.unit, j: k + m, sure: sureWord}
	if v == ahead {
		// "the first in two years", "done in two days": a duration
		d, _ := r.direction(i, e.j)
		if n == 1 && r.toks[i].End-r.toks[i].Start == 2 && d != toCome {
			return e, false
		}
	}
	return e, true
}

// weekdayOf reads "the following Monday", "the last Sunday in March".
func (r *reader) weekdayOf(i int) (e expression, ok bool) {
	if v, n := r.is(i, following); n > 0 && r.joined(i+n, "") {
		if w, m := r.is(i+n, weekday); m > 0 && r.namesTime(i+n) {
			return expression{form: asFollowing, n: w.n, shift: v.n, j: i + n + m, sure: sureRelative}, true
		}
		return e, false
	}
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

// firstMonths reads "the first six months of 2024".
func (r *reader) firstMonths(i int) (e expression, ok bool) {
	_, n := r.is(i, cardinalPart)
	if n == 0 || !r.joined(i+n, "") {
		return e, false
	}
	c, k, ok := r.count(i + n)
	if !ok || c < 2 || c > 11 || !r.joined(k, "") {
		return e, false
	}
	u, m := r.is(k, units)
	if m == 0 || u.unit != Month {
		return e, false
	}
	e = expression{form: asMonths, n: c, j: k + m, sure: sureFull, shift: 1}
	if v, o := r.is(i, ordinal); o > 0 && v.n < 0 {
		e.shift = -1
	}
	j, ok := r.year(e.j, &e)
	e.j = j
	return e, ok
}

// yearAlone reads a year without anything before it.
func (r *reader) yearAlone(i int) (e expression, ok bool) {
	y, ok := r.yearNumber(i)
	if !ok {
		return e, false
	}
	e = expression{form: asYear, year: y, n: y, j: i + 1, sure: sureFull}
	if !r.clearBefore(i) || !r.clearBehind(i, y) || r.title(i) {
		return e, false
	}
	_, cue := r.before(i, yearCue)
	cue = cue && r.joined(i, "(“\"")
	noun := r.plain(i+1) && r.all[i+1]&(function|past|future|present) == 0
	if r.capitals && r.bareYears {
		noun = noun && r.capital(i+1)
	}
	switch {
	case r.ofCounts(i), y < 1700 && !r.strongYearCue(i) && !r.yearBefore(i):
		return e, false
	case cue:
		// "than 2000 people"
		if noun && !r.strongYearCue(i) {
			return e, false
		}
		return e, true
	case y < 1700 || y > 2099 || y%100 == 0 && r.bareYears:
		return e, false
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
	case r.plain(i+1) && y%100 != 0 && r.all[i+1]&function != 0 && r.all[i+1]&(future|past|present) != 0:
		return e, true // "2025 would be difficult"
	case i == 0 && y >= 1900 || r.sentenceStart(i) && y >= 1900:
		e.sure = sureWord
		return e, true
	}
	return e, false
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
	if _, ok := r.before(i, notBehind); ok && r.joined(i, ".") {
		return false
	}
	return !r.plain(i) || r.toks[i-1].Shape&lexicon.HasDigit == 0 // a telephone number
}

// clearBehind tells whether what stands behind the number y at i allows it to
// be a year.
func (r *reader) clearBehind(i, y int) bool {
	k := i + 1
	if k >= len(r.toks) {
		return true
	}
	number := r.toks[k].Shape&lexicon.HasDigit != 0
	if r.plain(k) && (r.all[k]&yearNoun != 0 || number && r.all[k]&function == 0 && !r.strongYearCue(i)) {
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
		return r.possessive(k) || strings.EqualFold(r.word(k), "s")
	}
	return true
}

// ofCounts tells whether the number at i belongs to a pair of which the second
// counts something: "zwischen 1900 und 2000 Menschen".
func (r *reader) ofCounts(i int) bool {
	_, n := r.is(i+1, to|and)
	k := i + 1 + n
	if n == 0 || k+1 >= len(r.toks) || r.digits(k) < 0 || !r.plain(k+1) {
		return false
	}
	return r.all[k+1]&yearNoun != 0 || r.capitals && r.bareYears && r.capital(k+1)
}

// yearBefore tells whether "Jahr", "año" stands before word i.
func (r *reader) yearBefore(i int) bool {
	if i == 0 {
		return false
	}
	u, n := r.is(i-1, unit)
	return n == 1 && u.unit == Year
}

func (r *reader) before1(i int, k kind) bool {
	_, ok := r.before(i, k)
	return ok && r.joined(i, "")
}

// strongYearCue tells whether the word before i is hardly found before a
// number of things: "in", "since".
func (r *reader) strongYearCue(i int) bool {
	p, ok := r.before(i, in|since)
	return ok && p < i
}

// title tells whether the year at word i stands alone in quotation marks.
func (r *reader) title(i int) bool {
	const marks = "\"“”„«»‘’'‹›"
	before := strings.TrimRight(r.text[r.start:r.toks[i].Start], " \u00a0\u202f")
	after := strings.TrimLeft(r.text[r.toks[i].End:min(r.end, int(r.toks[i].End)+8)], " \u00a0\u202f")
	return before != "" && after != "" && strings.ContainsRune(marks, lastRune(before)) && strings.ContainsRune(marks+",", firstRune(after)) && !strings.HasPrefix(after, "'s")
}
