package calendar

import (
	"strings"

	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// direction is whether a date without year is meant as gone by or to come.
type direction int8

const (
	nearest direction = iota
	gone
	toCome
	either // was to come then: "was due on Friday"
	now    // the present tense: to come, or what is
)

// How many words are looked through for a verb.
const (
	verbWindow = 30
	auxWindow  = 4  // between an auxiliary and its participle
	maxHead    = 12 // words: what is no longer may be a headline without a verb
)

// directionOf is the direction of x, whose last word is before j.
func (r *reader) directionOf(x *Expression, j int) direction {
	e := &x.first
	byDay := e.form == asDay || e.form == asWeekday || e.form == asWeekend || e.form == asDayOfMonth
	cue := r.governed(e.i)
	r.cue = cue
	from, to := r.clauseAround(e.i, j, true)
	switch {
	case r.before1(cue, since) && !(r.before1(cue, until) && r.toBe(e.i, j)):
		return gone
	case r.before1(cue, meantFor) && !r.anyOf(from, e.i, once) && (byDay || e.part != Whole || r.monthFirst), e.form == asMonth && r.traded(e.i, j):
		return toCome
	case (e.form == asQuarter || e.form == asHalf) && r.afterWord(e.i), !byDay && r.straightAfter(e.i, figuresFor), r.madePublic(e, j, from, to):
		return gone
	case e.form == asWeekday && r.bracketed(e.i, j):
		return gone // the day of the issue that is quoted
	}
	if r.before1(cue, target) && (r.anyOf(from, to, callsOff) || e.form == asDay && r.anyOf(from, to, decides)) {
		return toCome // "moved to Tuesday", "proposé au 1er juillet"
	}
	if r.before1(cue, untilStrictly) && (r.shutAround(e.i, j, from, to) || r.grants(j)) {
		return toCome // "until Friday to pay"
	}
	if byDay && r.ofWhatHappened(e.i, j, r.looksAhead(from, to) && !r.besideEvent(e.i, from, after)) {
		return gone
	}
	if x.last.form != 0 && (e.form == asWeekday || e.form == asDay) && from > 0 && !r.parts(from) && r.backward(e.i, from) == nearest && r.forward(j, to) == nearest {
		// Days from one to another with no verb of their own are announced.
		return toCome
	}
	d, sure := r.direction(e.i, j)
	switch {
	case d != gone && byDay && x.last.form == 0 && e.day2 == 0 && r.dates(e.i, j) && !r.anyOf(from, to, present|future):
		return gone
	case (d == now || !sure) && r.besideEvent(e.i, from, since) && !r.before1(cue, until):
		return gone // "depuis les élections de juin"
	case (e.form == asMonth || e.form == asDay) && r.ofShifted(e.i) != nearest:
		return r.ofShifted(e.i)
	case d == gone && e.form == asMonth && r.monthFirst && r.is1(e.i-1, number) && r.plain(j) && r.toks[j].Shape&lexicon.Lower != 0:
		return nearest // "prospects for a June election rose"
	case r.endsPeriod(e), d == now && e.form == asMonth && r.monthFirst && r.plain(j) && r.toks[j].Shape&lexicon.Lower != 0 && r.all[j]&function == 0 && !r.traded(e.i, j):
		return nearest // "the week to October 18", "the January price is"
	case d == gone && byDay && r.before1(cue, until) && !r.before1(cue, untilStrictly) && r.anyOf(from, e.i, shuts):
		return either.of(e) // "were extended from 4pm on Wednesday"
	case (e.form == asMonth || e.form == asQuarter) && r.compared(e.i):
		return gone
	case d == gone && e.form == asDay && r.decidedOn(e.i, from), d == gone && r.verbLast && r.anyOf(from, to, once):
		return nearest // "prometió elecciones el 2 de octubre"
	case d == gone && e.form == asMonth && r.straightAfter(e.i, beforehand), d == gone && e.form == asMonth && r.verbLast && r.besideEvent(e.i, from, beforehand):
		return nearest // "ahead of the June election"
	case d == gone && e.form == asWeekday && r.meantForDay(cue, j):
		return toCome // "called a strike for Friday"
	case d != gone && byDay && r.besideEvent(e.i, from, after):
		if d == toCome && sure {
			return either.of(e)
		}
		return gone
	case d == either && byDay && r.anyOf(from, to, wasTo) && r.calledOff(e.i, j):
		return toCome // "qui devait avoir lieu dimanche, est reporté"
	case d == now && e.form == asMonth && r.besideEvent(e.i, from, after):
		return nearest // "nach der Wahl im Februar verhandeln sie"
	case d == gone && byDay && (r.anyOf(j, to, callsOff) || r.besideEvent(e.i, from, beforehand) && (r.possessive(j) || !r.straightAfter(e.i, beforehand))):
		d = either
	case d == now:
		d = toCome
	case d == toCome && sure && r.anyOf(from, to, once):
		d = either // "was originally due in May"
	}
	if !sure && e.form != asWeekday && e.form != asWeekend && e.form != asSeason {
		return nearest
	}
	return d.of(e)
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
	return r.plain(j) && r.role(j)&purpose != 0 && (r.monthFirst || r.verbLast || r.plain(j+1) && r.ends(j+1, r.infinitiveEndings))
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

// meantForDay tells whether "for" stands before a day of the week, whose words end
// before word j, and where its preposition does at word cue: "called a strike for
// Friday".
func (r *reader) meantForDay(cue, j int) bool {
	return r.monthFirst && r.before1(cue, target) && r.before1(cue, at) && !r.before1(cue, to|untilStrictly) && !r.possessive(j) && r.plain(cue-1)
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

// ofShifted is the direction of a date at word i of what is called the last or the
// next one: "at its last meeting in December".
func (r *reader) ofShifted(i int) direction {
	const words = 3
	for k := i - 1; k >= max(0, i-1-words) && r.joined(k+1, ""); k-- {
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

// of is d as it counts for e: only days of the week can lie either way.
func (d direction) of(e *expression) direction {
	if d == either && e.form != asWeekday && e.form != asWeekend && e.form != asDayOfMonth {
		return nearest
	}
	return d
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
		case r.happened(k, ahead):
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
	compound := r.verbLast && r.capital(k)
	if r.role(k)&(event|eventful) != 0 || compound && r.ends(k, r.eventEndings) {
		return true
	}
	return !ahead && (r.role(k)&outcome != 0 || compound && r.ends(k, r.outcomeEndings))
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

// sentenceAround is the range of words of the sentence that [i, j) stands in.
func (r *reader) sentenceAround(i, j int) (from, to int) {
	from, to = i, j
	for from > 0 && i-from < verbWindow && !r.parts(from) {
		from--
	}
	for to < len(r.toks) && to-j < verbWindow && !r.parts(to) && !r.endsSpeech(to) {
		to++
	}
	return from, to
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
	const near = 6 // words
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

func (r *reader) anyOf(from, to int, t role) bool {
	for i := from; i < to; i++ {
		if r.role(i)&t != 0 {
			return true
		}
	}
	return false
}

// clauseAround is the range of words of the clause that [i, j) stands in; if
// joins, up to what joins it to another.
func (r *reader) clauseAround(i, j int, joins bool) (from, to int) {
	from, to = i, j
	if p, ok := r.before(r.governed(i), since|until|untilStrictly|after); ok && p > 0 && r.joined(p, "") && r.joined(i, "") {
		from = p - 1 // a preposition, which could open a clause elsewhere
	}
	for from > 0 && i-from < verbWindow && !r.opensClause(from, joins) {
		from--
	}
	for to < len(r.toks) && to-j < verbWindow && !r.opensClause(to, joins) {
		to++
	}
	return from, to
}

// direction tells by the words around [i, j) whether a date there is gone by or
// to come: by the nearest verb of its clause, else of what it is joined to,
// else of the sentence. It is not sure if there is no verb that tells.
func (r *reader) direction(i, j int) (d direction, sure bool) {
	from, to := r.sentenceAround(i, j)
	left, right := r.clauseAround(i, j, true)
	left, right = max(left, from), min(right, to)
	if d = r.attributive(j); d == nearest && i > 1 && r.is1(i-2, articleWord) {
		d = r.attributiveBehind(j)
	}
	if d != nearest {
		return d, true
	}
	if d = r.within(i, j, left, right); d != nearest {
		return d, true
	}
	if left > 0 && left < i && r.role(left)&clause != 0 && r.role(left-1)&future != 0 {
		return toCome, true // "prevé que los costes se estabilicen en mayo"
	}
	wide, end := r.clauseAround(i, j, false)
	wide, end = max(wide, from), min(end, to)
	if d = r.within(left, right, wide, end); d != nearest && (right < end || r.verbLast) {
		return d, true
	}
	if left > 0 && left < i && r.role(left)&clause != 0 && r.unknownVerb(left+1, i, right-j) {
		return toCome, r.monthFirst
	}
	if r.presentAhead && r.capitals && (right-left >= j-i+3 && left > from || right-left >= j-i+4 && right < to) {
		// In German a clause has commas around it and a verb in it: one that is
		// not known is in the present.
		return toCome, false
	}
	if right > j && r.toks[right-1].Shape&lexicon.Lower != 0 && r.all[right-1]&function == 0 && r.role(right-1)&noVerb == 0 && r.ends(right-1, r.presentEndings) {
		return toCome, true
	}
	if right == j && i-left <= 2 && left > from {
		// "..., and on Friday, the court will ..."
		if d := r.forward(right, to); d != nearest {
			return d, true
		}
	}
	if d = r.pastRelative(right, to); d != nearest {
		return d, true
	}
	if d = r.within(left, right, from, to); d == gone && r.before1(r.governed(i), until) {
		return either, true // "6 percent from March, was refused"
	} else if d != nearest {
		return d, true
	}
	return r.withoutVerb(i, from)
}

// unknownVerb tells whether a clause that begins before word k has a verb that the
// data doesn't have before word i or among the rest words behind the date; such
// a one is in the present: "which stars on Friday", "qui planche vendredi".
func (r *reader) unknownVerb(k, i, rest int) bool {
	if r.monthFirst {
		return k < i && r.plain(k) && r.toks[k].Shape&lexicon.Lower != 0 && r.all[k]&(function|unit|units) == 0 && strings.HasSuffix(r.word(k), "s")
	}
	return r.presentAhead && !r.capitals && i > k && i-k+rest > 1
}

// pastRelative is the direction of what goes on behind a relative clause that
// begins with word k: "the ceremony on Friday, which was never called off, will".
func (r *reader) pastRelative(k, to int) direction {
	if r.verbLast || k >= to || r.role(k)&clause == 0 || !strings.Contains(r.gap(k), ",") {
		return nearest
	}
	for k++; k < to; k++ {
		if strings.Contains(r.gap(k), ",") && !r.numbers(k-1, k) {
			return r.forward(k, to)
		}
	}
	return nearest
}

// attributive is the direction of a participle that stands between a date and
// the noun it belongs to: "der am Dienstag gewählte Präsident".
func (r *reader) attributive(j int) direction {
	if !r.verbLast || !r.plain(j) || !r.plain(j+1) || !r.capital(j+1) || r.toks[j].Shape&lexicon.Lower == 0 || r.all[j]&function != 0 {
		return nearest
	}
	switch t := r.role(j); {
	case t&awaited != 0:
		return either // "geplante": it was to be
	case t&(past|present|future) != 0:
		return nearest
	}
	for _, end := range r.adjectiveEndings {
		base, ok := strings.CutSuffix(r.word(j), end)
		switch {
		case !ok || len(base) < minParticiple:
		case hasSuffix(base, r.ongoingEndings):
			return now
		case hasSuffix(base, r.participleEndings):
			return gone
		}
	}
	return nearest
}

// attributiveBehind is attributive where a phrase with a preposition stands between:
// "die am Freitag im Fluss gefundene Leiche".
func (r *reader) attributiveBehind(j int) direction {
	const words = 4
	if !r.is1(j, function|in|on|at) {
		return nearest
	}
	for k := j + 1; k < j+words && r.plain(k); k++ {
		if r.toks[k].Shape&lexicon.Lower != 0 && r.capital(k-1) {
			return r.attributive(k)
		}
	}
	return nearest
}

const minParticiple = 5 // bytes

// within is the direction of the nearest verb before word i, from word from on,
// else of the nearest from word j on, before word to.
func (r *reader) within(i, j, from, to int) direction {
	if d := r.backward(i, from); d != nearest {
		return d
	}
	return r.forward(j, to)
}

// withoutVerb is the direction of a date at word i whose sentence, from word
// from on, has no verb that tells.
func (r *reader) withoutVerb(i, from int) (d direction, sure bool) {
	switch {
	case r.before1(i, until):
		return toCome, false
	case r.presentAhead:
		return toCome, false
	}
	for k := from; k+1 < i; k++ {
		if r.role(k)&infinitive != 0 && r.toks[k+1].Shape&lexicon.Lower != 0 && r.all[k+1]&(function|unit|number) == 0 {
			return toCome, true // "Smelter to reopen in May"
		}
	}
	if r.headline() {
		return gone, false
	}
	return toCome, false // a verb that isn't known is in the present
}

// headline tells whether the text may be a headline: short, and no sentence.
func (r *reader) headline() bool {
	return len(r.toks) <= maxHead && !strings.ContainsAny(r.text[r.toks[len(r.toks)-1].End:r.end], ".!?")
}

// ends tells whether word k has one of the endings, and something before it.
func (r *reader) ends(k int, endings []string) bool {
	return hasSuffix(r.word(k), endings)
}

func hasSuffix(w string, endings []string) bool {
	for _, e := range endings {
		if len(w) > len(e)+1 && strings.HasSuffix(w, e) {
			return true
		}
	}
	return false
}

// opensClause tells whether a clause begins with word k; if joins, also behind
// what joins two of them.
func (r *reader) opensClause(k int, joins bool) bool {
	if k == 0 || k >= len(r.toks) {
		return true
	}
	if g := r.gap(k); strings.ContainsAny(g, ",;:()–—") && !(len(g) == 1 && r.numbers(k-1, k)) || r.sentenceStart(k) {
		return true
	}
	t := r.role(k)
	return t&clause != 0 || joins && (t&coordinator != 0 && !r.numbers(k-1, k+1) || r.saidBefore(k)) // "14 and 16"
}

// saidBefore tells whether what is said begins with word k, as English has it
// without "that": "said some trains on Friday would be late".
func (r *reader) saidBefore(k int) bool {
	return r.monthFirst && r.role(k-1)&speaks != 0 && r.plain(k) && r.toks[k].Shape&lexicon.Lower != 0 && r.all[k]&(weekday|month|day|shift|period|in|on|of|at|to|until|after|since) == 0
}

// numbers tells whether words i and j have digits: "2:1".
func (r *reader) numbers(i, j int) bool {
	return j < len(r.toks) && r.toks[i].Shape&r.toks[j].Shape&lexicon.HasDigit != 0
}

// parts tells whether a sentence, or what could be one, begins with word k.
func (r *reader) parts(k int) bool { return strings.Contains(r.gap(k), ";") || r.sentenceStart(k) }

// endsSpeech tells whether direct speech ends before word k, and who said it
// follows: that verb tells nothing of what was said.
func (r *reader) endsSpeech(k int) bool {
	g := r.gap(k)
	return strings.ContainsAny(g, "\"”“»«") && strings.ContainsAny(g, ",!?")
}

func (r *reader) backward(i, from int) direction {
	verb := -1      // "to" with a verb behind it
	wanted := false // an infinitive stands between
	for k := i - 1; k >= from; k-- {
		wanted = wanted || r.role(k)&(past|present|future|noVerb) == 0 && r.all[k]&(function|weekday) == 0 && r.ends(k, r.infinitiveEndings) && (!r.noun(k) || r.is1(k+1, articleWord) && !r.is1(k-1, articleWord))
		if r.role(k)&infinitive != 0 && r.toks[k+1].Shape&lexicon.Lower != 0 && r.all[k+1]&(function|number|articleWord) == 0 {
			verb = k
		}
		switch d := r.tense(k, max(0, from-auxWindow)); {
		case d == gone && wanted && r.role(k)&decides != 0:
			return toCome
		case d == gone && verb > k && (k == 0 || r.role(k-1)&negation == 0) && (r.intends(k, verb) || r.before1(i, untilStrictly)):
			return toCome
		case d == gone && verb > k && r.before1(i, until):
			return either // "has two left to sell by May"
		case d != nearest:
			return d
		}
	}
	return nearest
}

// intends tells whether words k and i, set side by side, say that something is
// to come: "agreed" on Sunday "to" meet.
func (r *reader) intends(k, i int) bool {
	pair := []lexicon.Token{r.toks[k], r.toks[i]}
	pair[1].Start, pair[1].End = pair[0].End, pair[0].End
	return r.tenses.Longest(pair, lexicon.Class(future)).Tokens == len(pair)
}

// pair tells whether words k and k+1 are a phrase of role t.
func (r *reader) pair(k int, t role) bool {
	const two = 2
	return r.plain(k+1) && r.tenses.Longest(r.toks[k:k+two], lexicon.Class(t)).Tokens == two
}

func (r *reader) forward(j, to int) direction {
	for k := j; k < to; k++ {
		if r.monthFirst && k > j && r.role(k)&nounToo != 0 && r.all[k-1]&(at|articleWord|nounCue) != 0 && r.role(k-1)&infinitive == 0 {
			continue // "on Monday about plans"
		}
		if r.monthFirst && r.role(k)&(future|noVerb) == future && r.role(k+1)&infinitive != 0 && r.ends(k, r.pastEndings) {
			return r.withAuxiliary(k, j) // "on Friday the seven agreed to"
		}
		if d := r.tense(k, j); d != nearest {
			return d
		}
		if r.verbLast && k+1 == to {
			return r.infinitiveClause(k)
		}
	}
	return nearest
}

// infinitiveClause is the direction of a clause whose last word is k, if that is
// an infinitive: "die Linie im Mai zu schließen", "getötet zu haben".
func (r *reader) infinitiveClause(k int) direction {
	if !r.opensClause(k+1, true) || !hasSuffix(r.word(k), r.infinitiveEndings) {
		return nearest
	}
	if r.role(k-1)&infinitive != 0 {
		if r.role(k)&perfect != 0 && k >= 2 && r.ends(k-2, r.participleEndings) {
			return gone
		}
		return toCome
	}
	// "abzuschließen"
	w := r.word(k)
	if at := strings.Index(w, r.infinitiveInfix); r.infinitiveInfix != "" && at >= 2 && at <= 6 && r.isPrefix(w[:at]) {
		return toCome
	}
	return nearest
}

// tense is what the word k tells, as a verb; its auxiliary may stand before it,
// from word from on.
func (r *reader) tense(k, from int) direction {
	t, c := r.role(k), r.all[k]
	if r.monthFirst && k+1 < len(r.toks) && r.gap(k+1) == "-" && t&future == 0 {
		return nearest // "open-top"
	}
	if t&(future|past|present|unplanned|wasTo) != 0 {
		return r.listed(k, from)
	}
	if c&(month|weekday|unit|function) != 0 || r.toks[k].Shape&lexicon.Lower == 0 && !r.sentenceStart(k) || r.length(k) < 3 {
		return nearest
	}
	if t&noVerb != 0 && !r.verbAfterAll(k) || r.noun(k) {
		return nearest
	}
	switch {
	case r.ends(k, r.futureEndings):
		return toCome
	case r.ends(k, r.pastEndings), r.participle(k):
		return r.withAuxiliary(k, from)
	case r.verbLast && r.inPresent(k):
		return now
	}
	return nearest
}

// verbAfterAll tells whether word k, which looks like a verb and mostly is none, is
// one by what stands beside it: "married in June", "verletzte sich".
func (r *reader) verbAfterAll(k int) bool {
	if r.verbLast {
		return r.lastInPast(k) || r.plain(k+1) && r.role(k+1)&reflexive != 0 && r.ends(k, r.pastEndings)
	}
	return r.monthFirst && r.role(k)&(never|future) == 0 && r.ends(k, r.pastEndings) && r.plain(k+1) && r.all[k+1]&(function|weekday) != 0 && r.plain(k)
}

// listed is what the word k tells, which the data has for a verb.
func (r *reader) listed(k, from int) direction {
	t := r.role(k)
	if r.name(k) || t&noVerb != 0 && t&perfect != 0 || t&future != 0 && k > 0 && r.is1(k-1, than) || t&clock != 0 && k > 0 && r.toks[k-1].Shape&lexicon.HasDigit != 0 ||
		r.verbLast && t&past != 0 && r.capital(k) && r.all[k]&function == 0 && !r.participle(k) {
		return nearest // "Anstieg", "Vertrag" at the beginning of a sentence
	}
	switch {
	case t&past != 0 && k > 0 && r.role(k-1)&present != 0 && r.pair(k-1, present):
		return now // "il y a"
	case t&wasTo != 0:
		return either
	case t&future != 0 && r.monthFirst && r.role(k+1)&infinitive != 0 && k+2 < len(r.toks) && r.all[k+2]&(articleWord|number|nounCue) != 0 && r.ends(k, r.pastEndings):
		return r.withAuxiliary(k, from) // "agreed to a package"
	case t&future != 0 && t&unplanned != 0:
		return gone // "could hardly walk"
	case t&future != 0:
		if r.verbLast && r.perfectAhead(k) {
			return gone
		}
		if r.verbLast && r.pastModal(k+1) {
			return nearest // "beherbergt werden durften": the next word tells
		}
		if !r.verbLast && !r.monthFirst && k > 0 && r.role(k-1)&wasOnly != 0 && r.plain(k) {
			return either // "était prévu", "estaba previsto"
		}
		if r.auxiliary(k, from) && r.monthFirst {
			return either
		}
		return toCome
	case r.noun(k) && r.all[k]&function == 0:
		return nearest
	case r.verbLast && t&wasOnly != 0 && t&hadDone == 0 && r.plannedAhead(k):
		return either
	case t&past != 0:
		if r.monthFirst && k+2 < len(r.toks) && r.role(k+1)&infinitive != 0 && r.all[k]&function != 0 && t&infinitive == 0 && r.toks[k+2].Shape&lexicon.Lower != 0 && r.all[k+2]&(function|articleWord) == 0 {
			return either // "were to reopen"
		}
		return r.withAuxiliary(k, from)
	case k > 0 && r.role(k-1)&infinitive != 0, r.verbLast && r.plain(k+1) && r.role(k+1)&(past|future) != 0:
		return nearest
	case t&unplanned != 0 || r.auxiliary(k, from):
		return gone
	}
	return now
}

// pastModal tells whether the word k, behind an infinitive, is a verb in the past.
func (r *reader) pastModal(k int) bool {
	return r.plain(k) && r.role(k)&(future|noVerb) == 0 && r.toks[k].Shape&lexicon.Lower != 0 && r.ends(k, r.pastEndings)
}

// perfectAhead tells whether the clause of word k, a modal verb, ends in an
// infinitive of what was: "soll am Montag gestorben sein".
func (r *reader) perfectAhead(k int) bool {
	end := k
	for end < len(r.toks) && end-k < verbWindow && !(end > k && r.opensClause(end, false)) {
		end++
	}
	if end-1 == k && k >= 2 {
		end-- // "gestorben sein soll"
	}
	return end >= 2 && r.role(end-1)&perfect != 0 && r.plain(end-1) && (r.role(end-2)&withBe != 0 || r.role(end-1)&past != 0 && r.ends(end-2, r.participleEndings))
}

// plannedAhead tells whether the clause of word k, an auxiliary in the past,
// ends in what was to come: "war für Mai geplant".
func (r *reader) plannedAhead(k int) bool {
	end := k + 1
	for end < len(r.toks) && end-k < verbWindow && !r.opensClause(end, false) {
		end++
	}
	return r.role(end-1)&future != 0 && r.participle(end-1)
}

// lastInPast tells whether word k, which may be an adjective, closes its clause
// as no adjective does, and so is a verb in the past.
func (r *reader) lastInPast(k int) bool {
	return strings.HasSuffix(r.word(k), r.pastEndings[0]) && r.role(k)&never == 0 && r.opensClause(k+1, false) && k > 0 && r.joined(k, "")
}

// participle tells whether word k is a participle by its beginning and end.
func (r *reader) participle(k int) bool {
	w := r.word(k)
	if len(w) <= 5 || !r.ends(k, r.participleEndings) {
		return false
	}
	for _, p := range r.participles {
		if strings.HasPrefix(w, p) {
			return true
		}
		// "abgesagt"
		if at := strings.Index(w, p); at >= 2 && at <= 6 && len(w)-at > 5 && r.isPrefix(w[:at]) {
			return true
		}
	}
	return false
}

func (r *reader) isPrefix(s string) bool {
	_, ok := r.prefixes[s]
	return ok
}

// inPresent tells whether word k is a finite verb in the present by its ending,
// and by what stands around it.
func (r *reader) inPresent(k int) bool {
	if r.length(k) < 4 || k == 0 || !r.ends(k, r.singularEndings) {
		return false
	}
	// "beobachtet haben": its auxiliary tells
	return k+1 >= len(r.toks) || r.role(k+1)&(past|future) == 0 || !r.plain(k+1)
}

// noun tells whether word k, which may be a verb, is a noun: "the vote",
// "Sunday's vote", "a quiet note"; "le vote".
func (r *reader) noun(k int) bool {
	if k == 0 || r.verbLast || !r.joined(k, "") {
		return false
	}
	if !r.monthFirst {
		return r.all[k-1]&function != 0 && r.role(k-1)&(subject|states|past|present|future) == 0
	}
	if !r.plain(k) || r.all[k]&function != 0 || r.role(k)&(present|unplanned) == 0 {
		return false
	}
	if r.all[k-1]&(nounCue|articleWord) != 0 || r.toks[k-1].Shape&lexicon.HasDigit != 0 || r.possessive(k-1) && r.word(k-1) == "s" {
		return true
	}
	if r.all[k-1]&unit != 0 && r.gap(k-1) == "-" {
		return true // "a two-year run"
	}
	// Behind an adjective only where a verb would have an ending.
	return k > 1 && r.plain(k-1) && strings.EqualFold(r.word(k-2), "a") && !strings.HasSuffix(r.word(k), "s")
}

// name tells whether word k is a name by its capital, and no verb.
func (r *reader) name(k int) bool {
	return r.toks[k].Shape&lexicon.Upper != 0 && !r.sentenceStart(k)
}

// withAuxiliary is the direction of a participle: "will be published" is to
// come, and so is "is published".
func (r *reader) withAuxiliary(k, from int) direction {
	if r.monthFirst {
		for a := k - 1; a >= max(from, k-auxWindow) && !r.opensClause(a+1, true); a-- {
			t := r.role(a)
			switch {
			case r.name(a):
				return gone
			case t&future != 0 && a > 0 && r.all[a-1]&function != 0 && r.role(a-1)&past != 0:
				return either // "was to be held"
			case t&future != 0:
				return toCome
			case t&past != 0 && a >= 2 && r.role(a-1)&infinitive != 0 && r.role(a-2)&future != 0 && r.role(a-2)&present == 0:
				return toCome // "hoped to have a cabinet sworn in"
			case t&past != 0:
				return gone
			case r.all[a]&function != 0 && t&present != 0:
				return toCome
			}
		}
		return gone
	}
	if r.verbLast && r.plain(k+1) && r.role(k+1)&future != 0 {
		return toCome // "gewählt wird"
	}
	if r.verbLast && r.role(k)&shuts != 0 && r.isShut(k) {
		return now // "sind von Donnerstag an verboten"
	}
	for a := k - 1; a >= max(from, k-auxWindow) && !r.opensClause(a+1, true); a-- {
		switch t := r.role(a); {
		case t&perfect != 0:
			return gone
		case a == k-1 && t&future != 0 && r.verbLast && r.pastModal(k) && !r.participle(k):
			// "werden durften"
		case t&future != 0 || r.endsAsFuture(a):
			return toCome
		case t&states != 0 && !r.verbLast && a >= k-2:
			if r.role(k)&withBe != 0 || r.role(a-1)&reflexive != 0 {
				return gone
			}
			return now
		}
	}
	return gone
}

// auxiliary tells whether a verb in the past stands right before word k: "did
// not leave".
func (r *reader) auxiliary(k, from int) bool {
	for a := k - 1; a >= max(from, k-2) && !r.opensClause(a+1, true); a-- {
		if r.all[a]&function != 0 && r.role(a)&past != 0 {
			return true
		}
	}
	return false
}

// isShut tells whether "to be" stands in the clause of word k, a participle of
// what lasts, before it, and nothing behind it that makes that the past.
func (r *reader) isShut(k int) bool {
	if r.plain(k+1) && r.role(k+1)&past != 0 {
		return false
	}
	for a := k - 1; a >= max(0, k-verbWindow) && !r.opensClause(a+1, true); a-- {
		if r.role(a)&states != 0 {
			return true
		}
	}
	return false
}

func (r *reader) endsAsFuture(k int) bool {
	return r.toks[k].Shape&lexicon.Lower != 0 && r.role(k)&noVerb == 0 && r.ends(k, r.futureEndings)
}
