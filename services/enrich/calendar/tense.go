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
	either // was to come then: "was due on Friday"; rather still to come
	now    // the present tense: to come, or what is
	today  // of a day of the week: the anchor's own, else to come
)

// How many words are looked through for a verb.
const (
	verbWindow = 30
	auxWindow  = 4  // between an auxiliary and its participle
	maxHead    = 12 // words: what is no longer may be a headline without a verb
)

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
	if p, ok := r.before(r.governed(i), since|until|untilStrictly|after); ok && p > 0 && r.joined(p, "") && r.joined(i, "") && !(joins && r.saidBefore(p)) {
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
	if d = r.shared(i, j, left, right, from); d != nearest {
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

// shared is the direction of a clause that has its auxiliary in common with the one before
// it: "hatte den Streik am Montag begonnen und am Dienstag beendet". The clause is [left,
// right), its sentence begins with word from.
func (r *reader) shared(i, j, left, right, from int) direction {
	if !r.verbLast || left <= from || left > i || right <= j || r.role(left)&coordinator == 0 && !strings.HasPrefix(r.gap(left), ",") {
		return nearest
	}
	if !r.infinite(left-1) || !r.infinite(right-1) {
		return nearest
	}
	for k := left; k < right-1; k++ {
		if r.role(k)&(past|present|future|states|clause) != 0 {
			return nearest
		}
	}
	return r.backward(left, from)
}

// infinite tells whether word k may be a participle or an infinitive by its form.
func (r *reader) infinite(k int) bool {
	return r.toks[k].Shape&lexicon.Lower != 0 && r.all[k]&(function|month|weekday|unit|day) == 0 && r.role(k)&(noVerb|states|present|hadDone) == 0 &&
		(r.ends(k, r.participleEndings) && !r.ends(k, r.pastEndings))
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
	return r.monthFirst && r.role(k-1)&speaks != 0 && r.plain(k) && r.toks[k].Shape&lexicon.Lower != 0 && (r.all[k]&(weekday|month|day|shift|period|in|on|of|at|to|until|after|since) == 0 || r.all[k]&until != 0 && r.is1(k+1, weekday))
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
		case d == nearest && r.afterReflexive(k):
			return now
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

// afterReflexive tells whether word k is a verb in the present, which the data doesn't
// have, by the pronoun before it: "se déplace".
func (r *reader) afterReflexive(k int) bool {
	return !r.verbLast && k > 0 && r.role(k-1)&reflexive != 0 && (r.plain(k) || r.elided(k)) && r.all[k]&function == 0 &&
		r.role(k) == looked && !r.ends(k, r.infinitiveEndings) && !r.ends(k, r.ongoingEndings)
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
		if r.beforeSubject(k) {
			continue
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

// beforeSubject tells whether the participle at word k belongs to a noun whose verb follows:
// "from Monday fully vaccinated people could travel".
func (r *reader) beforeSubject(k int) bool {
	return r.monthFirst && r.role(k) == looked && r.ends(k, r.pastEndings) && r.plain(k+1) && r.plain(k+2) && r.role(k+1) == looked && r.all[k+1]&function == 0 &&
		r.toks[k+1].Shape&lexicon.Lower != 0 && r.all[k+2]&function != 0 && r.role(k+2)&(past|present|future) != 0
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
	if r.infixed(k) {
		return toCome
	}
	return nearest
}

// infixed tells whether word k is an infinitive by what stands in it: "abzuschließen".
func (r *reader) infixed(k int) bool {
	if r.infinitiveInfix == "" || !r.ends(k, r.infinitiveEndings) {
		return false
	}
	at := strings.LastIndex(r.word(k), r.infinitiveInfix)
	return at >= 2 && r.isPrefix(r.word(k)[:at])
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
	case r.infixed(k):
		return nearest
	case r.ends(k, r.futureEndings):
		return toCome
	case r.ends(k, r.eitherEndings):
		if r.conditional(k) {
			return now // "si ganamos el sábado"
		}
		return gone
	case r.ends(k, r.pastEndings), r.participle(k):
		return r.withAuxiliary(k, from)
	case r.verbLast && r.inPresent(k):
		return now
	}
	return nearest
}

// conditional tells whether word k stands in a clause of what may come: "si no ganamos".
func (r *reader) conditional(k int) bool {
	for from := k; from >= 0 && k-from < verbWindow; from-- {
		if r.role(from)&condition != 0 {
			return true
		}
		if r.opensClause(from, true) {
			return false
		}
	}
	return false
}

// verbAfterAll tells whether word k, which looks like a verb and mostly is none, is
// one by what stands beside it: "married in June", "verletzte sich".
func (r *reader) verbAfterAll(k int) bool {
	if r.verbLast {
		return r.lastInPast(k) || r.plain(k+1) && r.role(k+1)&reflexive != 0 && r.ends(k, r.pastEndings)
	}
	return r.monthFirst && r.role(k)&(never|future) == 0 && r.ends(k, r.pastEndings) && r.plain(k+1) && r.all[k+1]&(function|weekday) != 0 && (r.plain(k) || k > 0 && strings.HasPrefix(r.gap(k), ", "))
}

// listed is what the word k tells, which the data has for a verb.
func (r *reader) listed(k, from int) direction {
	t := r.role(k)
	if r.name(k) || t&noVerb != 0 && t&perfect != 0 || t&future != 0 && k > 0 && r.is1(k-1, than) || t&clock != 0 && k > 0 && r.toks[k-1].Shape&lexicon.HasDigit != 0 ||
		r.verbLast && t&past != 0 && r.capital(k) && r.all[k]&function == 0 && !r.participle(k) {
		return nearest // "Anstieg", "Vertrag" at the beginning of a sentence
	}
	if r.all[k]&day != 0 && r.is1(k-1, articleWord|shift) && r.plain(k) {
		return nearest // "la mañana"
	}
	switch {
	case t&future != 0 && r.endsInDate(k):
		return r.withAuxiliary(k, from) // "called on Tuesday for"
	case t&past != 0 && k > 0 && r.role(k-1)&present != 0 && r.pair(k-1, present):
		return now // "il y a"
	case t&wasTo != 0:
		return either
	case t&future != 0 && r.monthFirst && r.role(k+1)&infinitive != 0 && k+2 < len(r.toks) && r.all[k+2]&(articleWord|number|nounCue) != 0 && r.ends(k, r.pastEndings):
		return r.withAuxiliary(k, from) // "agreed to a package"
	case r.monthFirst && t&(future|noVerb) == future|noVerb && r.is1(k-1, articleWord|nounCue|number) && r.plain(k) && r.plain(k+1) && r.all[k+1]&(function|on|in) == 0 && r.toks[k+1].Shape&lexicon.Lower != 0:
		return nearest // "a planned coal mine"
	case t&future != 0 && t&unplanned != 0:
		return gone // "could hardly walk"
	case t&nounToo != 0 && r.monthFirst && k > 0 && r.all[k-1]&(articleWord|nounCue) != 0 && (r.is1(k+1, on|weekday) || r.role(k+1)&(infinitive|past) == 0 && r.plain(k+1) && !r.is1(k+1, meantFor|target)):
		return nearest // "unveiled a plan on Monday"
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
		if r.monthFirst && r.auxiliary(k, from) && !(r.role(k-1)&byNow != 0 && r.role(k+1)&infinitive != 0) {
			return either // "had voted to", and not "have voted to"
		}
		return toCome
	case r.noun(k) && r.all[k]&function == 0:
		return nearest
	case r.verbLast && t&wasOnly != 0 && t&hadDone == 0 && (r.plannedAhead(k) || r.plain(k) && r.role(k-1)&future != 0 && r.ends(k-1, r.participleEndings) && r.opensClause(k-1, true)):
		return either // "war für Mai geplant", "geplant war der 11. November"
	case t&past != 0 && t&nounToo != 0 && (r.nounByVerb(k) || r.compounded(k)):
		return nearest
	case t&past != 0:
		if r.monthFirst && k+2 < len(r.toks) && r.role(k+1)&infinitive != 0 && r.all[k]&function != 0 && t&infinitive == 0 && r.toks[k+2].Shape&lexicon.Lower != 0 && r.all[k+2]&(function|articleWord) == 0 {
			return either // "were to reopen"
		}
		return r.withAuxiliary(k, from)
	case k > 0 && r.role(k-1)&infinitive != 0, r.verbLast && r.plain(k+1) && r.role(k+1)&(past|future|wasTo) != 0:
		return nearest
	case t&unplanned != 0 || r.auxiliary(k, from):
		return gone
	case r.monthFirst && t&(past|future) == 0 && r.all[k]&function == 0 && r.plain(k) && r.role(k-1)&(past|speaks) == past && r.all[k-1]&function == 0 && !strings.HasSuffix(r.word(k), "s"):
		return nearest // "took hold"
	}
	return now
}

// endsInDate tells whether word k, a verb in the past, would tell of what is to come only
// with the preposition behind it, which is that of a day: "called on".
func (r *reader) endsInDate(k int) bool {
	return r.monthFirst && r.is1(k+1, on) && r.plain(k+1) && r.is1(k+2, weekday|month) && r.ends(k, r.pastEndings) &&
		role(r.tenses.All(r.toks[k:k+1]))&future == 0
}

// compounded tells whether word k is a noun by what stands before it: "a half-point cut".
func (r *reader) compounded(k int) bool {
	return r.monthFirst && k > 2 && r.plain(k) && r.gap(k-1) == "-" && r.all[k-3]&(articleWord|number|nounCue) != 0
}

// nounByVerb tells whether word k, which may be a verb in the past, is a noun by the
// verb that follows in its clause: "a rate cut in June looks certain".
func (r *reader) nounByVerb(k int) bool {
	if !r.plain(k) || !r.plain(k+1) || r.all[k+1]&(in|on|at|of) == 0 {
		return false
	}
	for m := k + 2; m < len(r.toks) && m-k < verbWindow && !r.opensClause(m, true); m++ {
		if r.role(m)&(past|present|future) != 0 && r.role(m)&(nounToo|noVerb) == 0 && r.toks[m].Shape&lexicon.Lower != 0 && r.all[m-1]&(articleWord|nounCue) == 0 {
			return true
		}
	}
	return false
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
			case a < k-1 && t&infinitive != 0 && r.toks[a+1].Shape&lexicon.Lower != 0 && r.all[a+1]&(function|articleWord|number) == 0:
				// "expects spending to remain subdued": what governs the infinitive tells.
				if d := r.backward(a+1, from); d != nearest {
					return d
				}
				return gone
			case r.name(a), a == k-1 && r.capital(a) && r.opensAsName(a), a < k-1 && r.reachesNot(a):
				return gone
			case t&future != 0 && a > 0 && r.all[a-1]&function != 0 && r.role(a-1)&past != 0:
				return either // "was to be held"
			case t&future != 0:
				return toCome
			case t&past != 0 && a >= 2 && r.role(a-1)&infinitive != 0 && r.role(a-2)&future != 0 && r.role(a-2)&present == 0:
				if r.passes(a-2) && !r.before1(r.cue, until) {
					return gone // "is likely to have slowed"
				}
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
	if r.verbLast && r.role(k)&(shuts|opening) != 0 && r.isShut(k) {
		return now // "sind von Donnerstag an verboten", "ist bis Mai geöffnet"
	}
	for a := k - 1; a >= max(from, k-auxWindow) && !r.opensClause(a+1, true); a-- {
		switch t := r.role(a); {
		case t&perfect != 0:
			return gone
		case t&infinitive != 0 && !r.verbLast && r.asked(a):
			return toCome // "a demandé à être reçu"
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

// asked tells whether a verb of deciding governs the infinitive at word k.
func (r *reader) asked(k int) bool {
	const near = 3 // words
	for a := k - 1; a >= max(0, k-near) && r.joined(a+1, ""); a-- {
		if r.role(a)&decides != 0 {
			return true
		}
	}
	return false
}

// passes tells whether word k, before an infinitive, is what others think of its
// subject: "is expected", "are likely".
func (r *reader) passes(k int) bool {
	return k > 0 && (!r.ends(k, r.pastEndings) || r.all[k-1]&function != 0 && r.role(k-1)&(past|present) != 0)
}

// opensAsName tells whether word a, which could be a modal verb, is a name at the
// beginning of a sentence, where only a question has a verb: "May said".
func (r *reader) opensAsName(a int) bool { return r.sentenceStart(a) && r.is1(a, month) }

// reachesNot tells whether the auxiliary at word a doesn't reach a participle behind
// the word that follows it, which is neither small nor an adverb: "they are human",
// cleared; a bill "that would ban phones" passed.
func (r *reader) reachesNot(a int) bool {
	k := a + 1
	if t := r.role(a); t&future != 0 && (a == 0 || r.role(a-1)&clause == 0) {
		return false
	}
	for r.role(k)&negation != 0 {
		k++
	}
	return r.plain(k) && r.all[k]&(function|weekday|month|day) == 0 && r.role(k)&(adverb|past|present|future|infinitive) == 0 && !strings.HasSuffix(r.word(k), "ly") && !r.ends(k, r.pastEndings)
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
