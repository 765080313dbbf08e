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
	byDay := e.form == asDay || e.form == asWeekday || e.form == asWeekend
	switch {
	case e.form == asFeast:
		return nearest
	case r.before1(e.i, since):
		return gone
	case r.before1(e.i, meantFor) && (byDay || e.part != Whole || r.monthFirst):
		return toCome
	case (e.form == asQuarter || e.form == asHalf) && r.afterWord(e.i), !byDay && r.before1(e.i, figuresFor):
		return gone
	case e.form == asWeekday && r.bracketed(e.i, j):
		return gone // the day of the issue that is quoted
	}
	from, to := r.clauseAround(e.i, j)
	if r.before1(e.i, untilStrictly) && r.anyOf(from, e.i, shuts) {
		return toCome
	}
	if x.last.form != 0 && (e.form == asWeekday || e.form == asDay) && from > 0 && !r.parts(from) && r.backward(e.i, from) == nearest && r.forward(j, to) == nearest {
		// Days from one to another with no verb of their own are announced.
		return toCome
	}
	d, sure := r.direction(e.i, j)
	if !sure && e.form != asWeekday && e.form != asWeekend && e.form != asSeason {
		return nearest
	}
	return d
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

func (r *reader) anyOf(from, to int, k kind) bool {
	for i := from; i < to; i++ {
		if r.is1(i, k) {
			return true
		}
	}
	return false
}

// clauseAround is the range of words of the clause that [i, j) stands in.
func (r *reader) clauseAround(i, j int) (from, to int) {
	from, to = i, j
	if p, ok := r.before(i, since|until|untilStrictly|after); ok && p > 0 && r.joined(p, "") && r.joined(i, "") {
		from = p - 1 // a preposition, which could open a clause elsewhere
	}
	for from > 0 && i-from < verbWindow && !r.opensClause(from) {
		from--
	}
	for to < len(r.toks) && to-j < verbWindow && !r.opensClause(to) {
		to++
	}
	return from, to
}

// direction tells by the words around [i, j) whether a date there is gone by or
// to come: by the nearest verb of its clause, else by that of the sentence. It
// is not sure if there is no verb that tells.
func (r *reader) direction(i, j int) (d direction, sure bool) {
	from, to := i, j
	for from > 0 && i-from < verbWindow && !r.parts(from) {
		from--
	}
	for to < len(r.toks) && to-j < verbWindow && !r.parts(to) && !r.endsSpeech(to) {
		to++
	}
	left, right := r.clauseAround(i, j)
	left, right = max(left, from), min(right, to)
	if d = r.backward(i, left); d != nearest {
		return d, true
	}
	if d = r.forward(j, right); d != nearest {
		return d, true
	}
	if r.presentAhead && r.capitals && (right-left >= j-i+3 && left > from || right-left >= j-i+4 && right < to) {
		// In German a clause has commas around it and a verb in it: one that is
		// not known is in the present.
		return toCome, false
	}
	if right > j && r.toks[right-1].Shape&lexicon.Lower != 0 && r.all[right-1]&(function|noVerb) == 0 && r.ends(right-1, r.presentEndings) {
		return toCome, true
	}
	if right == j && i-left <= 2 && left > from {
		// "..., and on Friday, the court will ..."
		if d := r.forward(right, to); d != nearest {
			return d, true
		}
	}
	if d = r.backward(left, from); d != nearest {
		return d, true
	}
	if d = r.forward(right, to); d != nearest {
		return d, true
	}
	switch {
	case r.before1(i, until):
		return toCome, false
	case r.presentAhead:
		return toCome, false
	}
	for k := from; k+1 < i; k++ {
		if r.all[k]&infinitive != 0 && r.toks[k+1].Shape&lexicon.Lower != 0 && r.all[k+1]&(function|unit|number) == 0 {
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
	w := r.word(k)
	for _, e := range endings {
		if len(w) > len(e)+1 && strings.HasSuffix(w, e) {
			return true
		}
	}
	return false
}

// opensClause tells whether a clause begins with word k.
func (r *reader) opensClause(k int) bool {
	if k == 0 || k >= len(r.toks) {
		return true
	}
	if strings.ContainsAny(r.gap(k), ",;:()–—") || r.sentenceStart(k) {
		return true
	}
	if r.all[k]&clause == 0 {
		return false
	}
	_, n := r.is(k, clause)
	return n > 0
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
	verb := -1 // "to" with a verb behind it
	for k := i - 1; k >= from; k-- {
		if r.all[k]&infinitive != 0 && r.toks[k+1].Shape&lexicon.Lower != 0 && r.all[k+1]&(function|number|articleWord) == 0 {
			verb = k
		}
		switch d := r.tense(k, max(0, from-auxWindow)); {
		case d == gone && verb > k && r.intends(k, verb):
			return toCome
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
	return r.trie.Longest(pair, future).Tokens == len(pair)
}

func (r *reader) forward(j, to int) direction {
	for k := j; k < to; k++ {
		if d := r.tense(k, j); d != nearest {
			return d
		}
	}
	return nearest
}

// tense is what the word k tells, as a verb; its auxiliary may stand before it,
// from word from on.
func (r *reader) tense(k, from int) direction {
	c := r.all[k]
	if c&(month|weekday|unit|noVerb) != 0 && c&(future|past) == 0 {
		return nearest
	}
	if c&future != 0 {
		if _, n := r.is(k, future); n > 0 && !r.name(k) {
			if r.auxiliary(k, from) && r.capitals && !r.bareYears {
				return either
			}
			return toCome
		}
	}
	if c&past != 0 {
		if _, n := r.is(k, past); n > 0 && !r.name(k) {
			if k+2 < len(r.toks) && r.all[k+1]&infinitive != 0 && r.all[k]&function != 0 && !r.is1(k, infinitive) && r.toks[k+2].Shape&lexicon.Lower != 0 && r.all[k+2]&(function|articleWord) == 0 {
				return either // "were to reopen"
			}
			return r.withAuxiliary(k, from)
		}
	}
	if c&present != 0 {
		if _, n := r.is(k, present); n > 0 && !r.name(k) {
			if k > 0 && r.all[k-1]&infinitive != 0 || r.noun(k) {
				return nearest
			}
			if r.auxiliary(k, from) {
				return gone
			}
			return toCome
		}
	}
	if c&(noVerb|function) != 0 || r.toks[k].Shape&lexicon.Lower == 0 && !r.sentenceStart(k) || r.length(k) < 3 {
		return nearest
	}
	if r.ends(k, r.futureEndings) {
		return toCome
	}
	if r.ends(k, r.pastEndings) {
		return r.withAuxiliary(k, from)
	}
	w := r.word(k)
	for _, p := range r.participles {
		if len(w) > 5 && strings.HasPrefix(w, p) && (strings.HasSuffix(w, "t") || strings.HasSuffix(w, "en")) {
			return r.withAuxiliary(k, from)
		}
	}
	return nearest
}

// noun tells whether word k, which may be an English verb in the present, is a
// noun: "the vote", "Sunday's vote", "a quiet note".
func (r *reader) noun(k int) bool {
	if !r.capitals || r.bareYears || !r.plain(k) || r.all[k]&function != 0 {
		return false
	}
	if r.all[k-1]&(nounCue|articleWord) != 0 || r.possessive(k-1) && r.word(k-1) == "s" {
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
	if r.capitals && !r.bareYears {
		for a := k - 1; a >= max(from, k-auxWindow) && !r.opensClause(a+1); a-- {
			switch {
			case r.name(a):
				return gone
			case r.all[a]&future != 0 && r.is1(a, future):
				return toCome
			case r.all[a]&past != 0 && r.is1(a, past):
				return gone
			case r.all[a]&(present|function) == present|function && r.is1(a, present):
				return toCome
			}
		}
		return gone
	}
	if r.capitals && r.plain(k+1) && r.is1(k+1, future) {
		return toCome // "gewählt wird"
	}
	for a := k - 1; a >= max(from, k-auxWindow) && !r.opensClause(a+1); a-- {
		if r.all[a]&future != 0 && r.is1(a, future) || r.endsAsFuture(a) {
			return toCome
		}
	}
	return gone
}

// auxiliary tells whether a verb in the past stands right before word k: "did
// not leave".
func (r *reader) auxiliary(k, from int) bool {
	for a := k - 1; a >= max(from, k-2) && !r.opensClause(a+1); a-- {
		if r.all[a]&(past|function) == past|function && r.is1(a, past) && r.is1(a, function) {
			return true
		}
	}
	return false
}

func (r *reader) endsAsFuture(k int) bool {
	return r.toks[k].Shape&lexicon.Lower != 0 && r.all[k]&noVerb == 0 && r.ends(k, r.futureEndings)
}
