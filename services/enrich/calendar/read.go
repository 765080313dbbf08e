package calendar

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// Expression is a date or period in a text, as it is told.
type Expression struct {
	Start, End int     // bytes of the text
	Confidence float64 // that it tells the time, and how it is resolved
	first      expression
	last       expression // the end of a range; its form is 0 if there is none
	quarter    bool       // the range is called a quarter
	tense      direction

	sentences   int   // that begin between the expression before and this one
	place       place // where it stands in its sentence
	reports     bool  // it is when something was said
	compared    bool  // it is that of a figure that another one is compared with
	stepped     bool  // a verb stands between the expression before and this one
	apposed     bool  // nothing but a comma stands between them
	alone       bool  // it hangs on a date, and none was named
	present     bool  // its verb is none of the past, nor a future
	heads       bool  // a paragraph is headed by it: "3 May: ..."
	subordinate bool  // its clause is one that hangs on another
	aside       bool  // it stands between commas or brackets
	since       bool  // what it tells lasts since then
	ofNoun      bool  // it is that of a noun: "the 1949 eruption"
	had         bool  // its verb tells of what was before then
	has         bool  // its verb tells of what is done by now
	then        bool  // it was to come then: "was put off to May"
	framed      bool  // its year is that of what its sentence or paragraph tells of
}

// Manner is what the stretches of a text that were read tell of how it is
// written. The zero value is that of a text of which nothing was read.
type Manner struct {
	// Careless text has months beside their day in any case, and with a slip
	// ("Marc 3").
	Careless bool

	us      int    // numeric dates: -1 day first, 1 month first
	persons uint32 // a bit for each day of the week (1 to 7) that is a surname

	kinds []kind // room for those of a stretch
	roles []role // likewise
}

// Read appends the expressions of words.Text[start:end] to dst, in order. It stops
// when dst has limit of them. What it learns is added to m, which the next
// stretch of the same text needs. The time it takes is linear in the text.
func (l *Language) Read(dst []Expression, words *lexicon.Words, start, end, limit int, m *Manner) []Expression {
	r := reader{Language: l, Manner: m, text: words.Text, start: start, end: end, toks: words.In(start, end)}
	m.kinds = slices.Grow(m.kinds[:0], len(r.toks))[:len(r.toks)]
	r.all = m.kinds
	for i := range r.toks {
		r.all[i] = l.terms.All(r.toks[i:min(len(r.toks), i+maxPhrase)])
	}
	behind, old := 0, false // the word behind the last expression, and whether it was a year or longer
	for i := 0; i < len(r.toks) && len(dst) < limit; {
		if _, n := r.is(i, none); n > 0 {
			i += n
			continue
		}
		if r.all[i]&opens == 0 && r.toks[i].Shape&lexicon.HasDigit == 0 && !r.romanAt(i) && !r.Careless {
			i++
			continue
		}
		e, ok := r.point(i)
		if !ok || r.inTitle(e) || old && r.nowadays(e, behind) {
			i++
			continue
		}
		if j, ok := r.habit(e); ok || r.ofStreet(e) || r.ofAge(e) {
			i = max(e.j, j)
			continue
		}
		x, j := r.ranged(e)
		x.Start, x.End = r.span(e.i, j, e)
		if !x.first.dated() || x.first.form == asFeast {
			x.tense = r.directionOf(&x, j)
			if n := len(dst); n > 0 && r.alternative(e.i) && dst[n-1].first.form != asFeast && dst[n-1].undated() && x.undated() {
				x.tense = dst[n-1].tense // "in the late spring or early summer"
			}
		} else {
			r.cue = r.governed(e.i)
		}
		r.situate(&x, j)
		r.behind = j
		dst = append(dst, x)
		i, behind = j, j
		old = x.first.form == asYear || x.first.form == asDecade || x.first.form == asCentury
	}
	return dst
}

// ofAge tells whether e is a word for today that stands before an age: "der heute
// 63-Jährige".
func (r *reader) ofAge(e expression) bool {
	return e.form == asUnit && e.unit == Day && e.n == 0 && e.j-e.i == 1 && r.plain(e.j) && r.toks[e.j].Shape&lexicon.HasDigit != 0 && e.j+1 < len(r.toks) && r.gap(e.j+1) == "-"
}

// ofStreet tells whether e is the name of a street or square: "rue du 8 mai".
func (r *reader) ofStreet(e expression) bool {
	if e.form != asDay {
		return false
	}
	if r.monthFirst { // "12 March Lane"
		return r.digits(e.i) > 0 && e.year == 0 && r.plain(e.j) && r.capital(e.j) && r.is1(e.j, nameNoun)
	}
	return r.before1(e.i, nameNoun)
}

// habit tells whether e, a day of the week, is told with others to be one on
// which something is open: "Tuesday to Saturday". j is the word behind them.
func (r *reader) habit(e expression) (j int, ok bool) {
	if (e.form == asDay && e.day2 == 0 || e.form == asSeason) && !e.dated() && !e.shifted && !e.yearShifts && r.before1(e.i, every) {
		return e.j, true // "every May 1"
	}
	if e.form != asWeekday || e.shifted || e.day != 0 {
		return 0, false
	}
	k, list, ok := r.joint(e)
	if !ok || list {
		return 0, false
	}
	if _, n := r.is(k, articleWord); n > 0 {
		k += n
	}
	_, n := r.is(k, weekday)
	if n == 0 || r.is1(k+n, shiftAfter|shift) || r.dayMonthAt(k) {
		return 0, false
	}
	from, to := r.clauseAround(e.i, k+n, false)
	return k + n, r.anyOf(from, to, opening) || r.hours(k+n)
}

// hours tells whether a time of the day is told at word k: "9-5", "de 9h à 17h".
func (r *reader) hours(k int) bool {
	if r.is1(k, of) {
		k++
	}
	return r.plain(k) && r.toks[k].Shape&lexicon.HasDigit != 0
}

// dayMonthAt tells whether a day and month are told at word k.
func (r *reader) dayMonthAt(k int) bool { _, ok := r.dayMonth(k); return ok }

// nowadays tells whether "today" is set against the years that were named up to
// the word behind: "In 1900 it had 1,200 inhabitants; today it has 41."
func (r *reader) nowadays(e expression, behind int) bool {
	const near = 25 // words
	if e.form != asUnit || e.unit != Day || e.n != 0 || e.j-e.i != 1 || e.i-behind > near || !r.opensClause(e.i, true) {
		return false
	}
	d, _ := r.direction(e.i, e.j)
	return d != gone
}

// span is the bytes of words [i, j), with the article that belongs to a period
// and without a full stop that ends a sentence.
func (r *reader) span(i, j int, e expression) (start, end int) {
	start, end = int(r.toks[i].Start), int(r.toks[j-1].End)
	if r.capitals && !r.bareYears && i > 0 && r.joined(i, "") && strings.EqualFold(r.word(i-1), "the") && (e.form != asYear && e.form != asDay && e.form != asMonth || e.part != Whole || r.all[i]&unit != 0) {
		start = int(r.toks[i-1].Start)
	}
	if (e.form == asDecade || e.form == asYear) && start > r.start {
		if mark := lastRune(r.text[r.start:start]); e.form == asDecade && mark == '\'' || e.form == asYear && r.length(i) == 2 && (mark == '\'' || mark == '’') {
			start -= utf8.RuneLen(mark) // "the '60s", "in '97"
		}
	}
	rest := r.text[end:r.end]
	if strings.HasPrefix(rest, ".") && r.dotted(j, e) {
		end++
	}
	return start, end
}

// dotted tells whether the full stop behind the last word belongs to it:
// "3.4.", "Jan."
func (r *reader) dotted(j int, e expression) bool {
	switch {
	case e.form == asDay && e.n != 0 && r.toks[j-1].Shape&lexicon.Digits != 0 && e.year == 0 && r.bareYears && r.capitals && r.digitsOnly(e):
		return true
	case r.all[j-1]&monthShort != 0 && r.all[j-1]&month == 0:
		return j < len(r.toks) && !r.sentenceStart(j)
	}
	return false
}

func (r *reader) digitsOnly(e expression) bool {
	from := e.i
	if r.is1(from, weekday|weekdayShort) {
		from++
	}
	for k := from; k < e.j; k++ {
		if r.toks[k].Shape&lexicon.Digits == 0 {
			return false
		}
	}
	return true
}

// inTitle tells whether e stands in the title of a work: few words in quotation
// marks of their own, that begin and end with a capital or a number.
func (r *reader) inTitle(e expression) bool {
	const (
		words = 6
		marks = "\"“”„«»‘‚‹›"
	)
	i, j := e.i, e.j
	if e.form == asFixed {
		return false
	}
	for n := 0; !strings.ContainsAny(r.gap(i), marks); n++ {
		if n == words || i == 0 {
			return false
		}
		i--
	}
	for n := 0; !strings.ContainsAny(r.gap(j), marks+"’"); n++ {
		if n == words || j == len(r.toks) {
			return false
		}
		j++
	}
	if j-i > words {
		return false
	}
	g := r.gap(j)
	if e.form == asFeast && i == e.i && j == e.j {
		return true
	}
	if j-i < 2 {
		return e.form == asMonth || e.form == asWeekday || e.form == asUnit && r.capital(i) && !strings.ContainsAny(g, ",.!?") && !r.sentenceStart(j)
	}
	if r.workBefore(i) || r.workBehind(j) {
		return true // the novel "..."
	}
	if strings.IndexAny(g, ".!?") == 0 || strings.IndexByte(g, ',') == 0 && !r.monthFirst || r.attributed(j) && (r.sentenceStart(i) || r.monthFirst) {
		return false
	}
	// Where titles have a capital at their beginning only, what begins so in the
	// middle of a sentence is one.
	title := !r.capitals && i > 0 && r.toks[i].Shape&lexicon.Upper != 0 && !strings.ContainsAny(r.gap(i), ".!?:,;\n")
	for k := i; k < j; k++ {
		if k > i && strings.ContainsAny(r.gap(k), ",.!?;:") {
			return false
		}
		if r.toks[k].Shape&lexicon.Lower != 0 && (r.all[k]&function != 0 && r.role(k)&(past|present|future) != 0 || k == i || !title && (k == j-1 || r.all[k]&(function|of|articleWord|in|at) == 0)) {
			return false
		}
	}
	opens := firstRune(r.gap(i))
	return i == 0 || r.gap(i) != "" && (unicode.IsSpace(opens) || r.monthFirst && opens == ',')
}

// workBefore tells whether a word for a work stands before the quotation that
// begins with word i, or a few words before it where a comma parts them: "su obra
// más célebre, «...»".
func (r *reader) workBefore(i int) bool {
	const near = 3 // words
	if r.is1(i-1, work) {
		return true
	}
	if i == 0 || !strings.HasPrefix(r.gap(i), ", ") {
		return false
	}
	for k := i - 2; k >= max(0, i-1-near) && r.joined(k+1, ""); k-- {
		if r.is1(k, work) {
			return true
		}
	}
	return false
}

// workBehind tells whether a word for a work stands behind the comma after a
// quotation that ends before word j: "«...», a film by".
func (r *reader) workBehind(j int) bool {
	const near = 3 // words
	if !strings.Contains(r.gap(j), ",") || !r.is1(j, articleWord|number) {
		return false
	}
	for k := j + 1; k < min(len(r.toks), j+near) && r.joined(k, ""); k++ {
		if r.is1(k, work) {
			return true
		}
	}
	return false
}

// attributed tells whether at word j, behind a comma and a quotation, stands who
// said it.
func (r *reader) attributed(j int) bool {
	if !strings.Contains(r.gap(j), ",") || j >= len(r.toks) || r.toks[j].Shape&lexicon.Lower == 0 || r.all[j]&(articleWord|number) != 0 {
		return false
	}
	const near = 6 // words
	return !r.monthFirst || r.anyOf(j, min(len(r.toks), j+near), says)
}

// Resolve tells when x is, counted from the day anchor alone, which may be zero: then
// only what carries its year resolves. Not ok: it can't be told, or an end lies outside
// the years 1 to 9999.
func (x *Expression) Resolve(anchor time.Time) (Interval, bool) {
	f := Focus{Anchor: anchor}
	return f.Resolve(x)
}

// writable tells whether t can be written as RFC 3339 has it, and is not the
// zero time.
func writable(t time.Time) bool { return !t.IsZero() && t.Year() >= 1 && t.Year() <= 9999 }

func (i *Interval) writable() bool { return writable(i.From) && (i.To.IsZero() || writable(i.To)) }

// resolve is x counted from anchor, midnight of a day or zero.
func (x *Expression) resolve(anchor time.Time) (i Interval, ok bool) {
	if x.last.form == 0 {
		return x.first.resolve(anchor, x.tense)
	}
	var a, b Interval
	switch {
	case x.tense == gone && !x.last.dated():
		if b, ok = x.last.resolve(anchor, gone); ok {
			a, ok = x.first.resolve(b.From, gone)
			if !ok || a.From.After(b.From) {
				return Interval{}, false
			}
		}
	default:
		if x.first.form == asWeekday && !x.first.shifted && int(anchor.Weekday()) == x.first.n%7 && !anchor.IsZero() {
			a, ok = oneDay(anchor), true // "from Monday to Friday", told on Monday
		} else {
			a, ok = x.first.resolve(anchor, x.tense)
		}
		if on, is := x.isOn(anchor); is {
			return on, true
		}
		if ok {
			from := a.From
			if x.first.form == asDayOfWeek {
				from = anchor
			}
			if b, ok = x.last.resolve(from, toCome); !ok || b.To.Before(a.From) {
				return Interval{}, false
			}
		}
	}
	if !ok {
		return Interval{}, false
	}
	i = Interval{a.From, b.To, b.Precision}
	if x.quarter {
		i.Precision = article.PrecisionQuarter
	}
	return i, true
}

// Precision is that of x, resolved or not.
func (x *Expression) Precision() article.Precision {
	if x.quarter {
		return article.PrecisionQuarter
	}
	some := oneDay(date(2000, 6, 15))
	if x.first.hangs() {
		i, _ := x.first.beside(some, some.From)
		return cmp.Or(i.Precision, article.PrecisionDay)
	}
	i, ok := x.resolve(some.From)
	if !ok {
		i, _ = x.first.resolve(some.From, nearest)
	}
	return cmp.Or(i.Precision, article.PrecisionDay) // of a day that never was
}

// Relative tells whether x, which can't be told, hangs on a date where there is none,
// and may be a duration: "three weeks later".
func (x *Expression) Relative() bool { return x.first.form == asOffset && !x.first.named || x.alone }

// OfDay tells whether x is a day of a month, with or without its year, and no
// range.
func (x *Expression) OfDay() bool {
	return x.last.form == 0 && (x.first.form == asDay || x.first.form == asFixed)
}

// Agenda tells whether x is a day as an agenda or a table of results heads what
// belongs to it: with its month, and without a year, which the stamp of a page has.
func (x *Expression) Agenda() bool { return x.first.form == asDay && x.first.year == 0 }

// Nearest has x, if it has no year, mean the one nearest to the anchor, whatever
// the words around it say.
func (x *Expression) Nearest() { x.tense = nearest }
