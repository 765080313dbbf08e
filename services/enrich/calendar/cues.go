package calendar

import (
	"strings"

	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// around is what stands around a date that has no year.
type around struct {
	*expression
	j        int // the word behind it
	cue      int // the word that its preposition stands before
	from, to int // its clause
	byDay    bool
	ranged   bool
}

// directionOf is the direction of x, whose last word is before j.
func (r *reader) directionOf(x *Expression, j int) direction {
	e := &x.first
	a := around{expression: e, j: j, cue: r.governed(e.i), ranged: x.last.form != 0}
	a.byDay = e.form == asDay || e.form == asWeekday || e.form == asWeekend || e.form == asDayOfMonth
	r.cue = a.cue
	a.from, a.to = r.clauseAround(e.i, j, true)
	if d, ok := r.byPreposition(&a); ok {
		return d
	}
	if d, ok := r.byNoun(&a); ok {
		return d
	}
	d, sure := r.direction(e.i, j)
	if d == either && a.ranged && r.before1(a.cue, until) && !r.before1(a.cue, untilStrictly) && !r.anyOf(a.from, a.to, future|wasTo) {
		d = gone // "after purchases from March to August"
	}
	if d == gone && r.role(a.from)&condition != 0 && r.looksAhead(r.sentenceAround(e.i, j)) && !r.ofParticiple(&a) {
		d = toCome // "would go on strike if there was no deal by the weekend"
	}
	c, ok := r.inSpiteOf(&a, d, sure)
	if !ok && d == gone {
		c, ok = r.inSpiteOfPast(&a)
	}
	switch {
	case ok:
		return c
	case e.form == asWeekday && d != gone && r.laterOn(e.i):
		return today // "was to be questioned later on Friday"
	case d == now && e.form == asWeekday && r.verbLast:
		return today
	case d == now:
		d = toCome
	case d == toCome && sure && r.meantOnce(&a):
		d = either // "was originally due in May"
	}
	if !sure && e.form != asWeekday && e.form != asWeekend && e.form != asSeason {
		return nearest
	}
	return d
}

// ofParticiple tells whether a is when what a noun has undergone took place: "los detenidos
// en abril". Only languages whose participles tell nothing else have it.
func (r *reader) ofParticiple(a *around) bool {
	k := a.cue - 1
	if k > 0 && r.all[k]&(in|on|at|articleWord) != 0 {
		k--
	}
	return !r.monthFirst && !r.verbLast && k > 0 && r.joined(k+1, "") && r.role(k)&noVerb == 0 && r.tense(k, k) == gone && r.ends(k, r.participleEndings)
}

// summoned tells whether the nearest verb before a calls for what is to come, and what that
// is stands between.
func (r *reader) summoned(a *around) bool {
	for k := a.i - 1; k >= a.from; k-- {
		if r.role(k)&summons != 0 {
			return r.anyNoun(k+1, a.cue)
		}
		if r.role(k)&(past|present|future) != 0 || r.ends(k, r.pastEndings) {
			return false
		}
	}
	return false
}

// meantOnce tells whether the clause of a date says that what it tells was to come once,
// and not of another date before it: "originally planned for March, it will open in May".
func (r *reader) meantOnce(a *around) bool {
	for k := a.from; k < a.to; k++ {
		if r.role(k)&once != 0 {
			return k > r.behind || r.behind <= a.from || r.behind > a.i
		}
	}
	return false
}

// laterOn tells whether a day of the week at word i is told as the part that is left of
// today: "later on Friday".
func (r *reader) laterOn(i int) bool {
	if i > 0 && r.is1(i-1, on) && r.joined(i, "") {
		i--
	}
	if !r.plain(i) {
		return false
	}
	v, n := r.is(i-1, later)
	return n == 1 && v.n == 1 && r.all[i-1]&(after|on) == 0 && !r.is1(i-2, unit|units)
}

// byPreposition is the direction of a date where what stands before it tells, and no
// verb does.
func (r *reader) byPreposition(a *around) (d direction, ok bool) {
	switch {
	case r.putOffFrom(a):
		return either, true // "was moved from Monday to Tuesday"
	case a.form == asMonth && r.before1(a.cue, since) && r.before1(a.cue, until) && r.decidedOn(a.i, r.sentenceFrom(a)):
		return nearest, true // "anunció recortes desde enero"
	case r.before1(a.cue, since) && (!(r.before1(a.cue, until) && r.toBe(a.i, a.j)) || r.ordinalSince(a.cue)):
		return gone, true
	case r.before1(a.cue, meantFor) && !r.monthFirst && !a.byDay && r.tookPlaceSince(a):
		return nearest, true // "el juicio, señalado para la primavera, se celebró en julio"
	case r.before1(a.cue, meantFor) && !r.anyOf(a.from, a.i, once) && (a.byDay || a.part != Whole || r.monthFirst || a.form == asSeason && !r.verbLast):
		if r.monthFirst && !a.ranged && !r.anyOf(a.j, a.to, callsOff) && r.straightForward(a.j, a.to) == gone {
			return either, true // "payments due on October 15 were missed"
		}
		if r.monthFirst && (a.byDay || a.form == asMonth) && r.backward(a.i, a.from) == either {
			return either, true // "it had been set for Sunday"
		}
		return toCome, true
	case (a.form == asQuarter || a.form == asHalf) && r.afterWord(a.i), !a.byDay && r.straightAfter(a.i, figuresFor):
		return gone, true
	case r.before1(a.cue, target) && (r.anyOf(a.from, a.i, callsOff) || !r.monthFirst && r.anyOf(a.j, a.to, callsOff) || r.monthFirst && r.behind == a.cue-1 && r.anyOf(a.from, a.i, shuts) || a.form == asDay && r.anyOf(a.from, a.to, decides)):
		return toCome, true // "moved to Tuesday", "proposé au 1er juillet"
	case r.before1(a.cue, untilStrictly) && !a.ranged && r.lastsUntil(a):
		return toCome, true // "buyers, away until Tuesday, encouraged"
	case a.form == asWeekday && a.shifted && a.shift == 0 && r.before1(a.cue, until|untilStrictly):
		return toCome, true // "hasta este domingo"
	case r.before1(a.cue, untilStrictly) && (r.shutAround(a.i, a.j, a.from, a.to) || r.grants(a.j) || r.anyOf(a.from, a.i, gives) || r.monthFirst && !a.ranged && r.anyOf(a.from, a.i, byNow)):
		return toCome, true // "until Friday to pay", "has issued a warning through Thursday"
	}
	return nearest, false
}

// putOffFrom tells whether a is when something was to be, before it was put off to
// another time: it was to come when that was decided.
func (r *reader) putOffFrom(a *around) bool {
	return !a.ranged && (a.byDay || a.form == asMonth || a.form == asSeason) && (r.before1(a.cue, since) || r.before1(a.i, of)) && r.is1(a.j, to|target) && r.anyOf(a.from, a.i, callsOff)
}

// lastsUntil tells whether a ends what stands beside a noun between commas, without a verb:
// it lasts when it is told.
func (r *reader) lastsUntil(a *around) bool {
	from, to := r.clauseAround(a.i, a.j, false)
	if r.verbLast || from == 0 || !strings.HasPrefix(r.gap(from), ", ") || !r.parenthesis(a.i, from, to) || r.role(from)&(clause|coordinator) != 0 || r.all[from]&(function|until) != 0 {
		return false
	}
	for k := from; k < to; k++ {
		if r.role(k)&(past|present|future) != 0 || r.ends(k, r.pastEndings) && r.role(k)&never == 0 {
			return false
		}
	}
	return true
}

// tookPlaceSince tells whether a stands between commas beside what the sentence goes on to
// say has happened.
func (r *reader) tookPlaceSince(a *around) bool {
	from, to := r.clauseAround(a.i, a.j, false)
	_, end := r.sentenceAround(a.i, a.j)
	return r.parenthesis(a.i, from, to) && r.forward(to, end) == gone && !r.anyOf(to, end, callsOff)
}

// straightForward is the direction of the verb that begins right at word j, before word
// to.
func (r *reader) straightForward(j, to int) direction {
	if !r.plain(j) || j+1 >= to || r.all[j]&function == 0 || r.role(j)&past == 0 {
		return nearest
	}
	return r.forward(j, to)
}

// byNoun is the direction of a date where the noun that it belongs to tells.
func (r *reader) byNoun(a *around) (d direction, ok bool) {
	switch {
	case a.form == asMonth && r.traded(a.i, a.j):
		return toCome, true
	case a.form == asDay && r.isWritten(a.i):
		return gone, true
	case r.madePublic(a.expression, a.j, a.from, a.to):
		return gone, true
	case r.monthFirst && (a.form == asDay || a.form == asMonth) && a.day2 == 0 && r.is1(a.i-1, articleWord|nounCue) && r.plain(a.j) && r.role(a.j)&(event|eventful) != 0:
		return gone, true // "the May 22 attack"
	case a.form == asWeekday && !a.shifted && r.possessive(a.j) && r.role(a.j+1)&written != 0 && !r.looksAhead(a.from, a.to) && r.within(a.i, a.j, a.from, a.to) == now:
		return today, true // "appears in Thursday's issue"
	case a.form == asWeekday && r.bracketed(a.i, a.j):
		return gone, true // the day of the issue that is quoted
	case (a.byDay || a.form == asMonth) && r.ofWhatHappened(a.i, a.j, r.looksAhead(a.from, a.to) && !r.besideEvent(a.i, a.from, after)):
		return gone, true
	case a.ranged && (a.form == asWeekday || a.form == asDay) && a.from > 0 && !r.parts(a.from) && r.within(a.i, a.j, a.from, a.to) == nearest && r.toldBefore(a):
		return toCome, true // days from one to another with no verb of their own are announced
	}
	return nearest, false
}

// ordinalSince tells whether what stands before the preposition of a date at word i is
// called the first or the last: "la primera desde marzo".
func (r *reader) ordinalSince(i int) bool {
	p, ok := r.before(i, since)
	return ok && r.is1(p-1, ordinal) && r.plain(p)
}

// lastAt tells whether what is called the last of its kind stands before the
// preposition or article of a date at word i.
func (r *reader) lastAt(i int) bool {
	k := i - 1
	if k > 0 && r.all[k]&(on|in|at|articleWord) != 0 && r.all[k]&ordinal == 0 {
		k--
	}
	if k < 0 || !r.is1(k, ordinal) || !r.joined(k+1, "") {
		return false
	}
	v, _ := r.is(k, ordinal)
	return v.n < 0
}

// isWritten tells whether the day at word i is that of what is dated when it is out:
// "die Meldung vom 3. Mai", "la carta del 3 de mayo".
func (r *reader) isWritten(i int) bool {
	k := i - 1
	if k > 0 && r.is1(k, articleWord) && r.joined(i, "") {
		k--
	}
	return k > 0 && r.is1(k, dating|of) && r.joined(k+1, "") && r.role(k-1)&written != 0 && r.plain(k)
}

// toldBefore tells whether the sentence has a verb before the clause of a.
func (r *reader) toldBefore(a *around) bool {
	return r.backward(a.from, r.sentenceFrom(a)) != nearest
}

// sentenceFrom is the first word of the sentence of a.
func (r *reader) sentenceFrom(a *around) int {
	from, _ := r.sentenceAround(a.i, a.j)
	return from
}

// inSpiteOf is the direction of a date whose verb says d, where something else in its
// clause says otherwise.
func (r *reader) inSpiteOf(a *around, d direction, sure bool) (c direction, ok bool) {
	switch {
	case d != gone && a.byDay && !a.ranged && a.day2 == 0 && r.dates(a.i, a.j) && !r.anyOf(a.from, a.to, present|future):
		return gone, true
	case (d == now || !sure) && r.besideEvent(a.i, a.from, since) && !r.before1(a.cue, until):
		return gone, true // "depuis les élections de juin"
	case (a.form == asMonth || a.form == asDay) && r.ofShifted(a.i) != nearest:
		return r.ofShifted(a.i), true
	case d != gone && r.endsPeriod(a.expression), d == now && a.form == asMonth && (r.qualifiesNoun(a.j) && !r.traded(a.i, a.j) || !r.monthFirst && !r.verbLast && a.part == Whole && r.before1(a.i, of) && !r.is1(a.i-1, in) && r.all[a.i-1]&meantFor == 0):
		return nearest, true // "the week to October 18", "the January price is"
	case a.form == asMonth && r.anyOf(a.from, a.i, steady) && r.within(a.i, a.j, a.from, a.to) == nearest:
		return gone, true // "unemployment, unchanged in January, is likely to rise"
	case d != gone && (a.form == asMonth || a.form == asDay) && r.lastAt(a.cue) && r.within(a.i, a.j, a.from, a.to) == nearest:
		return nearest, true // "las huelgas, la última el 12 de mayo, seguirán"
	case (a.form == asMonth || a.form == asQuarter) && (r.compared(a.i) || r.ofFigure(a)):
		return gone, true
	case d != gone && a.byDay && r.besideEvent(a.i, a.from, after):
		if d == toCome && sure {
			return either, true
		}
		return gone, true
	case d == either && r.anyOf(a.j, a.to, anterior), d == toCome && r.plain(a.j) && r.role(a.j)&anterior != 0:
		return gone, true // "a rise planned for March had been cancelled"
	case d == toCome && a.form == asMonth && !r.monthFirst && r.before1(a.cue, meantFor) && r.calledOff(a.i, a.j):
		return either, true // "su regreso, previsto para agosto, se retrasó"
	case d == toCome && a.form == asMonth && r.figuresOf(a):
		return nearest, true // "la inflación de octubre será", known tomorrow
	case d == either && a.byDay && r.anyOf(a.from, a.to, wasTo) && r.calledOff(a.i, a.j):
		return toCome, true // "qui devait avoir lieu dimanche, est reporté"
	case (d == now || d == toCome && a.part != Whole) && a.form == asMonth && r.besideEvent(a.i, a.from, after):
		return nearest, true // "nach der Wahl im Februar verhandeln sie"
	}
	return d, false
}

// inSpiteOfPast is inSpiteOf where the verb is in the past.
func (r *reader) inSpiteOfPast(a *around) (c direction, ok bool) {
	switch {
	case a.form == asMonth && r.is1(a.i-1, number) && r.qualifiesNoun(a.j):
		return nearest, true // "prospects for a June election rose"
	case r.monthFirst && r.before1(a.cue, until) && !r.before1(a.cue, since) && r.decidedOn(a.i, a.from):
		return either, true // "wanted a deposit by the end of March"
	case a.byDay && r.before1(a.cue, until) && !r.before1(a.cue, untilStrictly) && r.anyOf(a.from, a.i, shuts):
		return either, true // "were extended from 4pm on Wednesday"
	case a.form == asDay && r.decidedOn(a.i, a.from), r.verbLast && r.anyOf(a.from, a.to, once):
		return nearest, true // "prometió elecciones el 2 de octubre"
	case a.form == asMonth && (r.straightAfter(a.i, beforehand) || r.verbLast && r.besideEvent(a.i, a.from, beforehand)):
		return nearest, true // "ahead of the June election"
	case a.form == asMonth && !r.monthFirst && a.part == Whole && r.before1(a.cue, meantFor) && !r.anyOf(a.from, a.i, figures):
		return either, true // "fijó una audiencia para enero"
	case a.byDay && r.summoned(a):
		return either, true // "han convocado concentraciones el sábado"
	case a.form == asWeekday && r.meantForDay(a.cue, a.j):
		return toCome, true // "called a strike for Friday"
	case a.byDay && (r.anyOf(a.j, a.to, callsOff) || r.besideEvent(a.i, a.from, beforehand) && (r.possessive(a.j) || !r.straightAfter(a.i, beforehand))):
		return either, true
	}
	return gone, false
}

// qualifiesNoun tells whether a noun that the date before word j tells the kind of
// begins there: "the January price". Only English has that.
func (r *reader) qualifiesNoun(j int) bool {
	return r.monthFirst && r.plain(j) && r.toks[j].Shape&lexicon.Lower != 0 && r.all[j]&function == 0
}

// governed is the word that the preposition of a date at word i stands before: i
// itself, the time of the day before it ("until 5 p.m. on Friday"), or the date
// that it is joined to ("para el jueves y el viernes").
func (r *reader) governed(i int) int {
	if r.behind > 0 && r.behind < i && i-r.behind <= 2 && r.is1(r.behind, and) && r.joined(r.behind, "") && r.joined(i, "") &&
		(i-r.behind == 1 || r.is1(i-1, articleWord)) && !r.before1(r.cue, since) {
		return r.cue
	}
	k := i
	for k > 0 && i-k < 2 && r.joined(k, "") && r.all[k-1]&(on|articleWord|of) != 0 && r.all[k-1]&(since|until|untilStrictly|after|meantFor) == 0 {
		k--
	}
	day := k
	for k > 0 && day-k < maxClock && r.joined(k, ".:,") && (r.role(k-1)&clock != 0 || r.hourAt(k-1)) {
		k--
	}
	if k == day {
		return i
	}
	if k > 0 && r.is1(k-1, articleWord) && r.joined(k, "") {
		k-- // "hasta las 9.00 horas del viernes"
	}
	return k
}

// hourAt tells whether word k may be a number of a time of the day: "5", "30pm",
// "0830" before what says so.
func (r *reader) hourAt(k int) bool {
	switch s := r.toks[k].Shape; {
	case s&lexicon.HasDigit == 0:
		return false
	case s&lexicon.Digits == 0:
		return r.length(k) <= 4
	}
	return r.length(k) <= 2 || r.length(k) == 4 && r.role(k+1)&clock != 0
}

const maxClock = 6 // words of a time of the day

// toBe tells whether the words around [i, j) say that a date there is to come.
func (r *reader) toBe(i, j int) bool {
	d, sure := r.direction(i, j)
	return d == toCome && sure
}

// grants tells whether word j, behind a date until which there is time, begins to
// tell for what: "until Friday to pay", "bis Freitag Zeit".
func (r *reader) grants(j int) bool {
	if !r.joined(j, ",") || r.role(j)&purpose == 0 {
		return false
	}
	k := j + 1
	if k+1 < len(r.toks) && r.length(k) == 1 && r.elided(k+1) {
		k++ // "pour s'entendre"
	}
	return r.monthFirst || r.verbLast || r.plain(j+1) && r.ends(k, r.infinitiveEndings)
}

// meantForDay tells whether "for" stands before a day of the week, whose words end
// before word j, and where its preposition does at word cue: "called a strike for
// Friday".
func (r *reader) meantForDay(cue, j int) bool {
	return r.monthFirst && r.before1(cue, target) && r.before1(cue, at) && !r.before1(cue, to|untilStrictly) && !r.possessive(j) && r.plain(cue-1) && r.role(cue-2)&figures == 0
}

// madePublic tells whether e, a month or a part of a year, is that of figures: those
// that are published are of what is over.
func (r *reader) madePublic(e *expression, j, from, to int) bool {
	switch e.form {
	case asQuarter, asHalf:
		return r.monthFirst && r.plain(j) && r.role(j)&figures != 0
	case asMonth:
	default:
		return false
	}
	of := !r.verbLast && !r.monthFirst && r.before1(e.i, of) && !r.is1(e.i-1, in)
	return (of || r.monthFirst && r.plain(j) && r.role(j)&figures != 0) && r.anyOf(from, to, publishes)
}

// compared tells whether the month or quarter at word i is that of a figure that
// another one is compared with: "after 3.8 percent in December".
func (r *reader) compared(i int) bool {
	const (
		near  = 9 // words
		words = 3 // before the figure
	)
	figure := 0
	for k := i - 1; k >= 0 && k >= i-near && r.joined(k+1, ".,%"); k-- {
		switch {
		case r.toks[k].Shape&lexicon.HasDigit != 0:
			figure = k
		case figure > 0 && k >= figure-1-words && r.role(k)&comparison != 0:
			return true
		}
		if r.role(k)&(past|present|future) != 0 {
			return false
		}
	}
	return false
}

// traded tells whether the month at words [i, j) is that of a contract: "February
// delivery", "July crude futures", "delivery in May".
func (r *reader) traded(i, j int) bool {
	const near = 3 // words
	for k := j; k < j+near && r.plain(k) && r.all[k]&function == 0; k++ {
		if r.role(k)&contract != 0 {
			return true
		}
	}
	return i > 2 && r.is1(i-1, in) && r.role(i-2)&contract != 0 && r.is1(i-3, function) && r.all[i-3]&articleWord == 0
}

// figuresOf tells whether a is the month that a figure is of: "October inflation", "las
// ventas de octubre".
func (r *reader) figuresOf(a *around) bool {
	if r.monthFirst && r.plain(a.j) && r.role(a.j)&figures != 0 {
		return true
	}
	return !r.monthFirst && r.before1(a.i, of|dating|figuresFor) && r.role(a.i-2)&figures != 0
}

// ofFigure tells whether a is that of a figure that stands beside what has it: "the
// surplus, $18.6 billion in January, is".
func (r *reader) ofFigure(a *around) bool {
	const words = 5
	from, to := r.clauseAround(a.i, a.j, false)
	if !r.parenthesis(a.i, from, to) || !r.before1(a.i, in) || r.before1(a.i, since|until) || a.i-a.from > words || r.within(a.i, a.j, a.from, a.to) != nearest {
		return false
	}
	for k := a.from; k < a.i; k++ {
		if r.toks[k].Shape&lexicon.HasDigit != 0 {
			return true
		}
	}
	return false
}

// ofShifted is the direction of a date at word i of what is called the last or the
// next one: "at its last meeting in December".
func (r *reader) ofShifted(i int) direction {
	const words = 3
	for k := i - 1; k >= max(0, i-1-words) && r.joined(k+1, ""); k-- {
		if r.endsAsFuture(k) {
			return nearest // "su última novela saldrá en mayo"
		}
		if v, n := r.is(k, shift); n > 0 && v.n != 0 && k+n < i && r.all[k+n]&(unit|units|weekday|month|season|number|function) == 0 && r.digits(k+n) < 0 {
			if v.n < 0 {
				return gone
			}
			return toCome
		}
		if k < i-1 && r.all[k]&function != 0 {
			return nearest
		}
	}
	return nearest
}

// endsPeriod tells whether e is the end of a period that is named before it: "the
// nine months to September", "the week ended October 18".
func (r *reader) endsPeriod(e *expression) bool {
	if e.form != asDay && e.form != asMonth || !r.monthFirst {
		return false
	}
	p, ok := r.before(e.i, to|at)
	return ok && r.joined(e.i, "") && r.all[p]&in == 0 && p > 0 && r.joined(p, "") && r.is1(p-1, unit|units) && r.all[p]&(of|since|between) == 0
}

// decidedOn tells whether the nearest verb before word i, from word from on, is one
// of deciding, and what is decided stands between.
func (r *reader) decidedOn(i, from int) bool {
	for k := i - 1; k >= from; k-- {
		if r.role(k)&decides != 0 {
			return r.anyNoun(k+1, i)
		}
		if r.role(k)&(past|present|future) != 0 {
			return false
		}
	}
	return false
}

// anyNoun tells whether a word that is not small stands among the words [i, j).
func (r *reader) anyNoun(i, j int) bool {
	for k := i; k < j; k++ {
		if r.all[k]&(function|articleWord|of|on|in) == 0 {
			return true
		}
	}
	return false
}

// calledOff tells whether what the sentence of [i, j) tells to have been meant
// for then is called off further on.
func (r *reader) calledOff(i, j int) bool {
	_, end := r.sentenceAround(i, j)
	return r.anyOf(j, end, callsOff)
}

// ofWhatHappened tells whether the date [i, j) is that of what nobody announces:
// "Saturday's attack", "der Unfall am Montag". In a clause that looks ahead, a
// victory is none.
func (r *reader) ofWhatHappened(i, j int, ahead bool) bool {
	const (
		near = 3  // words
		far  = 16 // with names and times of the day between them
	)
	if r.possessive(j) {
		for k := j + 1; k < len(r.toks) && k < j+near && r.plain(k); k++ {
			if r.role(k)&eventful != 0 || r.happened(k, ahead) && !r.qualifies(k) {
				return true
			}
		}
		return false
	}
	if r.before1(i, until) {
		return false
	}
	for k, left := i-1, near; k >= max(0, i-far) && left > 0 && r.joined(k+1, ".:"); k-- {
		switch small := r.all[k]&(function|of|on|dating) != 0; {
		case small:
			if !r.placeOrClock(k + 1) {
				left--
			}
		case r.happened(k, ahead) && !(ahead && r.feared(k)):
			return r.role(k-1)&infinitive == 0
		case !r.placeOrClock(k):
			return false
		}
	}
	return false
}

// placeOrClock tells whether word k, between what happened and its day, may
// belong to the name of a place or to a time of the day.
func (r *reader) placeOrClock(k int) bool {
	return r.toks[k].Shape&lexicon.HasDigit != 0 || r.role(k)&clock != 0 || !r.verbLast && r.capital(k) && !r.sentenceStart(k)
}

// happened tells whether word k is a noun for what nobody announces, or in
// German ends in one.
func (r *reader) happened(k int, ahead bool) bool {
	if r.monthFirst && r.role(k)&present != 0 && !r.noun(k) {
		return false // "shops close on Monday"
	}
	compound := r.verbLast && r.capital(k)
	if r.role(k)&(event|eventful) != 0 || compound && r.ends(k, r.eventEndings) {
		return true
	}
	return !ahead && (r.role(k)&outcome != 0 || compound && r.ends(k, r.outcomeEndings))
}

// feared tells whether a verb that looks ahead has the noun k for what it is about,
// and it is none that is known: "could set off an avalanche", "warning of attacks".
func (r *reader) feared(k int) bool {
	const words = 6
	for a := k - 1; a >= 0 && k-a <= words && r.plain(a+1); a-- {
		switch t := r.role(a); {
		case t&future != 0 || r.endsAsFuture(a):
			return !r.verbLast || !r.perfectAhead(a)
		case r.is1(a, articleWord), r.all[a]&of == 0 && (r.all[a]&(after|since|in|at|on|dating) != 0 || r.all[a]&function != 0 && r.all[a]&number == 0 && t&infinitive == 0):
			return false
		}
	}
	return false
}

// qualifies tells whether the noun k stands before another one that it belongs
// to: "murder trial".
func (r *reader) qualifies(k int) bool {
	if k+1 >= len(r.toks) || !r.plain(k+1) || !r.joined(k+1, "") || r.all[k+1]&(function|of|on|in|to|and|weekday|month) != 0 {
		return false
	}
	return r.role(k+1)&(clause|coordinator|infinitive|subject|states|unplanned|past|present|future) == 0 && r.tense(k+1, k+1) == nearest
}

// looksAhead tells whether a verb of the future or a conditional is among the
// words [from, to).
func (r *reader) looksAhead(from, to int) bool {
	for k := from; k < to; k++ {
		if r.role(k)&future != 0 || r.endsAsFuture(k) {
			return true
		}
	}
	return false
}

// straightAfter tells whether a phrase of kind k, and an article at most, stand
// before word i.
func (r *reader) straightAfter(i int, k kind) bool {
	return r.before1(i, k) || r.is1(i-1, articleWord) && r.joined(i, "") && r.before1(i-1, k)
}

// dates tells whether [i, j) dates the noun before it: "das Urteil vom Montag".
func (r *reader) dates(i, j int) bool {
	p, ok := r.before(i, dating)
	return ok && p > 0 && r.joined(i, "") && r.plain(p) && r.all[p-1]&function == 0 && (r.capital(p-1) || r.monthFirst && r.all[p-1]&function == 0) && !r.is1(j, to)
}

// shutAround tells whether something is shut in the clause [from, to) of the
// date [i, j), or in its sentence, if the clause has no verb.
func (r *reader) shutAround(i, j, from, to int) bool {
	if r.verbLast && r.within(i, j, from, to) == nearest {
		from, to = r.sentenceAround(i, j)
	}
	return r.anyOf(from, to, shuts) && !r.wasShut(from, to)
}

// wasShut tells whether what the words [from, to) tell to be shut is so no more.
func (r *reader) wasShut(from, to int) bool {
	for k := from; k < to; k++ {
		if r.role(k)&wasOnly != 0 && !r.name(k) {
			return true
		}
	}
	return false
}

// besideEvent tells whether the date at word i is that of something that a preposition
// of kind p puts after or before what is told: "after the defeat on Saturday",
// "avant le sommet de jeudi".
func (r *reader) besideEvent(i, from int, p kind) bool {
	const near = 8 // words
	for k := i - 1; k >= max(from-1, i-near, 0); k-- {
		if r.all[k]&p != 0 {
			return true
		}
		if k < i-1 && r.role(k)&(past|present|future|states) != 0 {
			return false
		}
	}
	return false
}

// afterWord tells whether "after" stands in front of word i, with adjectives
// between them at most.
func (r *reader) afterWord(i int) bool {
	const adjectives = 3
	for k := i - 1; k >= 0 && k >= i-1-adjectives && r.joined(k+1, ""); k-- {
		if r.all[k]&after != 0 {
			return true
		}
	}
	return false
}

func (r *reader) bracketed(i, j int) bool {
	return strings.HasSuffix(r.gap(i), "(") && strings.HasPrefix(r.gap(j), ")")
}
