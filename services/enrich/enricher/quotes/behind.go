package quotes

import (
	"strings"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// right looks for what ascribes a quotation behind it, from item j on. set
// tells that the quotation is set off from what follows, part that it is a part
// of the sentence.
func (a *ascriber) right(j, end int, set, part bool) (asc ascription, ok bool) {
	end = min(end, j+maxSentence)
	for k := j; k < end; k++ {
		if a.items[k].kind == quotation || a.items[k].kind == semicolon {
			end = k
		}
	}
	if j >= end {
		return asc, false
	}
	if n := a.items[j].words(according); n > 1 && a.items[j].long&oblique != 0 {
		return ascription{who: phrase{from: j, to: j + n, pronoun: masculine | feminine, desc: a.cover(j, j+n)}, cue: a.cover(j, j+n), at: j, end: j + n}, true
	}
	if n := a.items[j].words(according); n > 0 && (set || n > 1) {
		if p, is := a.source(j+n, end); is {
			asc = ascription{who: p, cue: a.cover(j, j+n), at: j, end: p.to}
			if e := a.writer(&p); e != nil {
				asc.entity, asc.via = e, clean(a.cover(p.from-1, p.to).In(a.text))
			}
			return asc, true
		}
	}
	k := j
	if n := a.items[j].words(according); n > 0 && j+n < end {
		k = j + n // "según dijo"
	} else if a.items[j].is(like) && set {
		k = j + 1 // "wie er sagte"
	}
	if a.lang.inserts && set && k+1 < end && a.dative(k) && a.items[k+1].is(auxiliary|cue) {
		k++ // "lui a demandé la présidente"
	}
	for k < min(end, j+3) && a.small(k) && !a.items[k].is(auxiliary|cue|pronoun) && a.items[k].words(cue) == 0 {
		k++
	}
	if k >= end || a.items[k].kind != word {
		return asc, false
	}
	if asc, ok = a.wordsOf(k, end); set && ok {
		return asc, true
	}
	if asc, ok = a.verbFirst(j, k, end, set); ok {
		return asc, true
	}
	if asc, ok = a.subjectFirst(k, end, set, part); ok {
		return asc, true
	}
	return a.unknownFirst(j, k, end, set)
}

// wordsOf reads "were the first words of the new king, Charles", whose verb is at k.
func (a *ascriber) wordsOf(k, end int) (asc ascription, ok bool) {
	if !a.items[k].is(finite|auxiliary) || a.items[k].upper() {
		return asc, false
	}
	for k+1 < end && a.items[k+1].is(finite|auxiliary) {
		k++ // "ont été"
	}
	if k+1 >= end || !a.items[k+1].is(definite) {
		return asc, false
	}
	for h := k + 2; h+1 < min(end, k+5); h++ {
		if h+3 < end && a.items[h].is(speech|titled) && !a.items[h+1].upper() && a.items[h+2].is(agent) {
			// "was the word used by the mayor"
			if p, is := a.noun(h+3, end); is {
				a.apposition(&p, end)
				return ascription{who: p, cue: a.cover(k, h+2), at: k, end: p.to}, true
			}
		}
		if !a.items[h].is(speech) {
			continue
		}
		of := h + 1
		if !a.items[of].is(inside) {
			return asc, false
		}
		p, is := a.noun(of, end)
		if !a.items[of].is(articleWord) || !is {
			p, is = a.noun(of+1, end)
		}
		if is {
			a.apposition(&p, end)
		}
		if !is || !p.named() && !a.headed(&p) {
			return asc, false
		}
		return ascription{who: p, cue: a.cover(k, h+1), at: k, end: p.to}, true
	}
	return asc, false
}

// verbFirst reads "said Tom Brandt", "a déclaré la maire".
func (a *ascriber) verbFirst(j, k, end int, set bool) (asc ascription, ok bool) {
	t := &a.items[k]
	if w := a.text[t.Start:t.End]; a.lang.inserts && k+2 < end && (w == "fait" || w == "font" || w == "faisait") && a.items[k+1].is(pronoun) && strings.HasSuffix(a.text[a.items[k+2].Start:a.items[k+2].End], "r") {
		if p, is := a.noun(k+1, k+2); is {
			return ascription{who: p, cue: a.cover(k, k+3), at: k, end: k + 3}, true // "fait-elle remarquer"
		}
	}
	if n := t.words(impersonal); n > 0 && t.words(according) == 0 {
		for m := k + n; m+1 < min(end, k+n+5) && a.items[m].kind == word; m++ {
			// "hieß es am Mittwoch aus dem Verein"
			if p, is := a.noun(m+1, end); is && a.items[m].is(inside) && a.items[m].is(preposition) && !a.items[m+1].is(timeWord) && p.pronoun == 0 && a.kindsAt(p.core-1) != 0 {
				return ascription{who: p, cue: a.cover(k, k+n), at: k, end: p.to}, true
			}
		}
		if from := a.sent.from; a.lang.capitals && a.items[from].is(preposition) && n > 1 && from+1 < j-1 {
			// "In dem Bericht ist von „…“ die Rede"
			if p, is := a.noun(from+1, j-1); is && p.pronoun == 0 {
				return ascription{who: p, cue: a.cover(k, k+n), at: k, end: k + n, via: clean(a.cover(from, p.to).In(a.text))}, true
			}
		}
		return ascription{nobody: true, cue: a.cover(k, k+n), at: k, end: k + n}, true
	}
	if !t.upper() && t.words(cue|quoted) > 0 || (set || j == k && (a.lang.capitals || a.lang.noSubject)) && !t.upper() && t.is(describe) {
		n := max(1, t.words(cue|quoted))
		n += a.aside(k+n, end)
		if p, is := a.inverted(k+n, end); is {
			asc = ascription{who: p, cue: a.cover(j, k+n), at: k, end: p.to}
			a.passedOn(&asc, end)
			return asc, true
		}
		if a.lang.noSubject || k+n >= end {
			return ascription{who: phrase{pronoun: masculine | feminine}, nobody: !a.lang.noSubject, cue: a.cover(j, k+n), at: k, end: k + n}, a.lang.noSubject || set
		}
		return asc, false
	}
	if t.is(auxiliary) || t.is(adverb) && k+1 < end && a.items[k+1].is(auxiliary) {
		who := phrase{}
		for m := k + 1; m < min(end, k+6); m++ {
			u := &a.items[m]
			if n := u.words(participle); n > 0 || u.is(participle) {
				m += max(0, n-1) // "fait valoir"
				if who.to > 0 {
					return ascription{who: who, cue: a.cover(k, m+1), at: m, end: m + 1}, true
				}
				if p, is := a.inverted(m+1, end); is {
					return ascription{who: p, cue: a.cover(k, m+1), at: m, end: p.to}, true
				}
				if a.lang.noSubject {
					return ascription{who: phrase{pronoun: masculine | feminine}, cue: a.cover(k, m+1), at: m, end: m + 1}, true
				}
				return asc, false
			}
			if m == k+1 && set && !a.lang.capitals && !u.upper() && u.class == 0 {
				// "a tempéré la glaciologue": a participle that is not known
				if p, is := a.noun(m+1, end); is && (p.named() || a.items[m+1].is(articleWord|possessive)) {
					a.apposition(&p, end)
					return ascription{who: p, cue: a.cover(k, m+1), at: m, end: p.to, guess: true}, true
				}
			}
			if who.to > 0 && a.lang.capitals {
				return a.verbFar(who, m, end)
			}
			if u.is(pronoun) {
				who, _ = a.noun(m, m+1)
			} else if p, is := a.noun(m, end); is && a.lang.capitals {
				who = p
				m = p.to - 1
			} else if !a.small(m) {
				break
			}
		}
	}
	return asc, false
}

// aside is how many items stand between a verb and its subject as an aside: "lâche,
// amer, le patron".
func (a *ascriber) aside(k, end int) int {
	if k >= end || a.items[k].kind != comma {
		return 0
	}
	for m := k + 1; m < min(end-1, k+5); m++ {
		switch t := &a.items[m]; {
		case t.kind == comma:
			return m + 1 - k
		case t.kind != word || t.upper() || a.verbal(m) && !t.is(participle):
			return 0
		}
	}
	return 0
}

// verbFar reads the participle at the end of a clause that began with its
// auxiliary: "hatte der Mann vor Gericht gesagt". m is the item behind its subject.
func (a *ascriber) verbFar(who phrase, m, end int) (asc ascription, ok bool) {
	for v := m; v < min(end, m+maxPhrase) && a.items[v].kind == word; v++ {
		if a.items[v].is(participle) && !a.items[v].upper() {
			return ascription{who: who, cue: a.cover(v, v+1), at: v, end: v + 1}, true
		}
	}
	return asc, false
}

// passedOn makes whom a medium quotes the speaker: "zitierte die Agentur den
// Minister".
func (a *ascriber) passedOn(asc *ascription, end int) {
	k := asc.who.to
	if a.items[asc.at].words(quoted) == 0 || k >= end || !a.items[k].is(object) {
		return
	}
	if q, ok := a.noun(k, end); ok {
		a.apposition(&q, end)
		asc.via = a.mediumOf(&asc.who)
		asc.who, asc.end = q, q.to
	}
}

// unknownFirst reads "sighed Tom Brandt" with a verb that the data don't know.
func (a *ascriber) unknownFirst(j, k, end int, set bool) (asc ascription, ok bool) {
	t := &a.items[k]
	if !set || t.upper() || t.Shape&lexicon.Lower == 0 || a.stopper(k) || t.is(articleWord|possessive|auxiliary|finite|inside|loose|according) || k+1 >= end || !a.joined(k+1) {
		return asc, false
	}
	from := k + 1
	if a.lang.inserts && from+1 < end && a.items[from+1].is(pronoun) && a.text[a.items[from].Start:a.items[from].End] == "t" {
		from++ // "élude-t-elle"
	}
	p, is := a.noun(from, end)
	if !is || p.pronoun == 0 && !p.named() && !a.items[k+1].is(articleWord|possessive) || p.pronoun&(masculine|feminine) == 0 && p.pronoun != 0 {
		return asc, false
	}
	a.apposition(&p, end)
	return ascription{who: p, cue: a.cover(j, k+1), at: k, end: p.to, guess: true}, true
}

// subjectFirst reads "Tom Brandt, owner of the bakery, said".
func (a *ascriber) subjectFirst(k, end int, set, part bool) (asc ascription, ok bool) {
	p, is := a.noun(k, end)
	if !is && set && k+1 < end && a.english() && a.cueAt(k+1, k, cue) {
		p, is = a.several(k+1, k) // ", lifesavers said"
	}
	if !is {
		return asc, false
	}
	direct := p.to
	a.apposition(&p, end)
	want := cue | quoted
	if !part {
		want |= describe
	}
	for v := p.to; v < min(end, p.to+30); v++ {
		if !a.cueAt(v, k, want) && !(set && v == p.to && v+1 == end && a.cueAt(v, k, weak)) {
			continue
		}
		if !a.linked(&p, v) {
			if a.relativeBehind(&p) || a.english() && a.items[v-1].kind == comma && a.gerund(v) {
				continue // ", who asked not to be named, told", ", speaking on Monday, told"
			}
			break
		}
		if !set && v > p.to+2 {
			break
		}
		return a.spoken(p, k, v, end), true
	}
	v := direct
	if set && v < end && v == p.to && a.items[v].kind == word && a.items[v].Shape&lexicon.Lower != 0 && !a.stopper(v) && !a.items[v].is(articleWord|finite|auxiliary) && (p.pronoun != 0 || p.named()) && a.joined(v) &&
		(v+1 >= end || a.items[v+1].kind != word || a.stopper(v+1)) {
		return ascription{who: p, cue: a.cover(v, v+1), at: v, end: v + 1, guess: true}, true
	}
	return asc, false
}

// spoken fits a subject to its verb at v; of "the paper quoted an official as
// saying" the official is who speaks.
func (a *ascriber) spoken(p phrase, from, v, end int) ascription {
	t := &a.items[v]
	asc := ascription{who: p, at: v, end: v + 1}
	n := max(1, t.words(cue|describe|quoted))
	asc.cue = a.cover(v, v+n)
	switch {
	case a.lang.words.Longest([]lexicon.Token{t.Token}, theMedium).Tokens > 0:
	case p.pronoun != 0 && p.to <= v:
		asc.cue = a.cover(p.from, v+n)
	case !p.named() && p.to == v && a.items[p.from].words(theMedium) > 0:
		asc.cue = a.cover(p.from, v+n)
	}
	if t.words(quoted) == 0 {
		return asc
	}
	for k := v - 1; k >= max(from, v-3); k-- {
		if a.items[k].is(passive) {
			return asc
		}
	}
	q, is := a.noun(v+n, end)
	if !is || q.pronoun&neuter != 0 {
		return asc
	}
	a.apposition(&q, end)
	asc.who, asc.end = q, q.to
	asc.via = a.mediumOf(&p)
	for k := q.to; k < min(end, q.to+4); k++ {
		if m := a.items[k].words(asSaying); m > 0 {
			asc.cue = article.Span{Start: asc.cue.Start, End: int(a.items[k+m-1].End)}
		}
	}
	return asc
}

// under reads who is named below or behind a quotation that stands by itself:
// "— Mogens Trolle, chairman", "(Heiko Lammert, Schwimmmeister)". marked tells
// that a dash or bracket says so.
func (a *ascriber) under(j, end int) (asc ascription, ok bool) {
	marked := false
	for j < end && (a.items[j].kind == dash || a.items[j].kind == bracket) {
		marked = true
		j++
	}
	for end > j && a.items[end-1].kind == bracket {
		end--
	}
	p, is := a.noun(j, end)
	if !is || !p.named() || p.article {
		return asc, false
	}
	a.apposition(&p, end)
	if p.to < end && !(marked && (p.enclosed || a.items[p.to].kind == comma)) || !marked && p.words < 2 {
		return asc, false
	}
	return ascription{who: p, at: -1, end: p.to}, true
}

// trailing looks for an ascription at the end of the sentence, behind a comma.
func (a *ascriber) trailing(j, end int) (asc ascription, ok bool) {
	end = min(end, j+maxSentence)
	beyond := false // behind another part of the sentence in marks
	for k := j; k < end; k++ {
		switch a.items[k].kind {
		case colon, bracket:
		case quotation:
			if q := &a.quotes[a.items[k].quote]; beyond || q.upper || q.stop == ',' || !a.english() || a.cueBetween(j, k) {
				return asc, false
			}
			beyond = true
		case semicolon:
			return asc, false
		case word:
			if k > j+2 || !a.items[k].is(conjunction) || k+1 >= end {
				continue
			}
			// "“…” was how she described it"
			if asc, ok = a.subjectFirst(k+1, end, true, false); ok && !asc.guess {
				return asc, true
			}
		case comma, dash:
			if k+1 < end && (!a.items[k+1].is(relative|conjunction) || a.items[k+1].is(like)) {
				if asc, ok = a.right(k+1, end, true, true); ok && !asc.guess {
					return asc, true
				}
			}
		}
	}
	return ascription{}, false
}

// dative tells whether the French word at k is a pronoun for whom something is said to.
func (a *ascriber) dative(k int) bool {
	switch a.text[a.items[k].Start:a.items[k].End] {
	case "lui", "leur", "nous", "me", "m":
		return true
	}
	return false
}
