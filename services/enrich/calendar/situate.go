package calendar

import (
	"strings"

	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// place is where an expression stands.
type place uint8

const (
	opensSentence place = 1 << iota // with small words before it at most
	ofPrevious                      // in a relative clause on the expression before it
	ofEvent                         // it says when what the one before it is the year of took place
)

// situate tells where x, whose last word is before j, stands, and what lies between it and the expression before.
func (r *reader) situate(x *Expression, j int) {
	i := x.first.i
	small := true // only small words since the beginning of the sentence
	for k := i; k >= r.behind; k-- {
		if k < i {
			small = small && r.all[k]&(of|articleWord|in|on|at|and) != 0
			x.stepped = x.stepped || r.role(k)&(past|present|future) != 0 || r.ends(k, r.pastEndings) && r.role(k)&never == 0
		}
		if k > 0 && small && x.sentences == 0 && r.parts(k) {
			x.place |= opensSentence
		}
		if k > 0 && r.sentenceStart(k) {
			x.sentences++
		}
	}
	if r.behind == 0 && x.sentences == 0 && small {
		x.place |= opensSentence
	}
	x.reports = r.reported(i, x.first.j)
	x.apposed = r.behind > 0 && i == r.behind && strings.HasPrefix(r.gap(i), ",")
	if r.behind > 0 && x.sentences == 0 {
		if r.relates(r.behind, i) {
			x.place |= ofPrevious
		}
		if r.tookPlace(r.behind, i) {
			x.place |= ofEvent
		}
	}
	x.heads = i == 0 && r.headed(j)
	switch {
	case x.heads:
		x.present = !r.looksAhead(r.sentenceAround(j, j))
	case x.tense != gone && x.yearless() && !r.before1(r.cue, meantFor|until|untilStrictly) && !(r.verbLast && r.before1(r.cue, target)):
		x.present = !r.looksAhead(r.clauseAround(i, x.first.j, true))
	}
	from, to := r.clauseAround(i, x.first.j, false)
	x.subordinate = r.role(from)&clause != 0 && !r.sentenceStart(from)
	x.aside, x.since, x.ofNoun = r.parenthesis(i, from, to), r.before1(r.cue, since), r.belongsToNoun(&x.first)
	if x.yearless() {
		from, to := r.clauseAround(i, x.first.j, true)
		x.had, x.has = r.anyOf(from, to, anterior), r.anyOf(from, to, byNow)
		x.then = x.tense == toCome && r.within(i, x.first.j, from, to) == gone
	}
	x.compared = (x.first.form == asMonth || x.first.form == asQuarter) && r.compared(i)
}

// headed tells whether what stands before word j heads what follows it.
func (r *reader) headed(j int) bool {
	g := strings.TrimLeft(r.gap(j), ". \u00a0\u202f")
	return strings.HasPrefix(g, ":") || strings.HasPrefix(r.gap(j), " ") && strings.HasPrefix(g, "- ") || strings.HasPrefix(g, "– ") || strings.HasPrefix(g, "— ")
}

// parenthesis tells whether the clause [from, to) of word i stands between commas or
// brackets, in the middle of a sentence.
func (r *reader) parenthesis(i, from, to int) bool {
	for from > 0 && i-from < verbWindow && !strings.ContainsAny(r.gap(from), ",;:()–—") && !r.sentenceStart(from) {
		from--
	}
	return !r.sentenceStart(from) && to < len(r.toks) && !r.sentenceStart(to) && strings.ContainsAny(r.gap(to), ",()–—")
}

// belongsToNoun tells whether e is what a noun beside it is of: "the April vote", "the 1949
// eruption".
func (r *reader) belongsToNoun(e *expression) bool {
	if e.form != asYear && e.form != asMonth && e.form != asDay {
		return false
	}
	if r.verbLast {
		return e.form == asYear && r.is1(e.i-1, articleWord) && r.plain(e.i) && r.plain(e.j) // "den 2014 entlassenen Arzt"
	}
	return r.monthFirst && r.is1(e.i-1, articleWord|nounCue) && r.plain(e.j) && r.all[e.j]&function == 0 && r.toks[e.j].Shape&lexicon.Lower != 0
}

// relates tells whether a relative clause on the expression that ends before word k
// begins there, and goes on to word i.
func (r *reader) relates(k, i int) bool {
	const words = 14
	if i-k > words || k >= len(r.toks) || k >= i {
		return false
	}
	if (r.role(k)&clause == 0 || r.is1(k, after|beforehand|since|until)) && !(r.verbLast && strings.HasPrefix(r.gap(k), ",") && r.is1(k, articleWord|in)) {
		return false
	}
	for m := k + 1; m <= i; m++ {
		if strings.ContainsAny(r.gap(m), ",;:()–—") && !r.numbers(m-1, m) {
			return false
		}
	}
	return true
}

// reported tells whether the words [i, j) say when something was said: the verb of
// saying stands before them, with nothing but a name or a small word between, or behind.
func (r *reader) reported(i, j int) bool {
	const near = 4 // words
	for k := i - 1; k >= 0 && i-k <= near && r.joined(k+1, ""); k-- {
		if r.role(k)&says != 0 {
			return true
		}
	}
	return r.plain(j) && r.role(j)&says != 0
}

// tookPlace tells whether the words [k, i), between a year and a date, say that what
// had the year took place on the date: "the 1949 eruption lasted from June".
func (r *reader) tookPlace(k, i int) bool {
	const words = 10
	if i-k > words {
		return false
	}
	found := false
	for m := k; m < i; m++ {
		if m > k && r.opensClause(m, true) && r.role(m)&clause == 0 {
			return false
		}
		found = found || r.role(m)&happens != 0
	}
	return found
}
