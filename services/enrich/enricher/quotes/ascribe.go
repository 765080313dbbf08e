package quotes

import (
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// ascription is who said it, by which words.
type ascription struct {
	who    phrase
	entity *entity // if it is not by a phrase of the sentence
	nobody bool    // a cue without anybody who is named
	cue    article.Span
	via    string
	at     int // item of the cue, -1 if there is none
	end    int // item behind all that belongs to it
	guess  bool
}

// ascriber finds who said what, sentence by sentence.
type ascriber struct {
	grammar
	people  *people
	bodies  []introduced          // in order of their places
	persons map[string]introduced // "a singer", by the noun
	media   []mention
	quotes  []quote
	sents   []sentence
	subject []phrase // of each sentence, from the first pass; to == 0: none

	speaker  *entity // last one
	human    *entity // last speaker who may be "he" or "she"
	body     *entity // last speaker who may be "it"
	before   *entity // subject of the sentence before
	recent   *entity // person named last
	recentIn int     // in which sentence
	outlet   *entity // medium named last
	teller   *entity // whose words the last sentence tells, with or without marks
	para     int     // paragraph of the last quotation
	lastQ    int     // last quotation that was ascribed, -1: none
	used     int     // items before this one belong to an ascription already
	sent     *sentence
}

// mention is where the text names a medium as its source.
type mention struct {
	article.Span
	name string
}

// survey enters all names, and finds the subject of every sentence.
func (a *ascriber) survey() {
	a.subject = make([]phrase, len(a.sents))
	a.persons = map[string]introduced{}
	for n, s := range a.sents {
		held := false // behind a preposition
		for i := s.from; i < s.to; {
			t := &a.items[i]
			if t.kind != word {
				held = held && t.kind != comma
				i = max(i+1, a.brackets(i, s.to))
				continue
			}
			if t.is(preposition) && (!t.is(articleWord|pronoun) || a.contracted(i)) {
				held = true
				i++
				continue
			}
			p, ok := a.noun(i, s.to)
			if !ok {
				i++
				continue
			}
			if a.mayTell(&p, held) {
				a.apposition(&p, s.to)
			}
			if p.named() {
				p.body = p.words == 2 && !p.likely && (a.bodyAt(p.from, p.to) || a.medial(p.from, p.to))
				a.people.meet(&p)
			}
			a.introduce(&p)
			if !held && a.stands(&p) && (a.subject[n].to == 0 || a.rather(&p, &a.subject[n], s.to)) {
				a.subject[n] = p
			}
			held = false
			if !p.named() && p.pronoun == 0 && p.core > i {
				i = p.core // "the return with Tom Brandt" names somebody, too
				continue
			}
			i = max(i+1, p.to)
		}
	}
}

// lead takes the name that the second sentence begins with for whom the first one
// described: "A council leader has … Ann Brandt said".
func (a *ascriber) lead() {
	for n := range min(len(a.subject)-1, 2) {
		p, q := &a.subject[n], &a.subject[n+1]
		if p.to == 0 || q.to == 0 || p.named() || p.pronoun != 0 || p.loose || !q.named() || q.article {
			continue
		}
		if h := a.headAt(p); h < 0 || a.roleAt(h) == 0 && a.items[h].words(person|party) == 0 && a.roleAt(p.from+1) == 0 || a.items[p.from].is(many|possessive) || !a.items[p.from].is(articleWord) {
			continue
		}
		e := a.people.who(q)
		d := p.desc.In(a.text)
		if !e.likely || e.role != "" || e.at != q.name.Start || !a.people.agree(e, d) || a.people.byName[fold(d)] != nil {
			continue
		}
		e.role = clean(p.role.In(a.text))
		a.people.byName[fold(d)] = e
		if len(a.people.roles) < maxKnown {
			a.people.roles = append(a.people.roles, e)
		}
	}
}

// contracted tells whether the word at i is a preposition with an article in it:
// "del".
func (a *ascriber) contracted(i int) bool {
	t := &a.items[i]
	return a.lang.noSubject && t.is(preposition) && t.is(articleWord) && !t.upper()
}

// mayTell tells whether what stands between commas behind a phrase may tell more of
// it; held tells that it stands behind a preposition.
func (a *ascriber) mayTell(p *phrase, held bool) bool {
	return !held || p.named() || a.headed(p) && a.items[p.from].is(articleWord|possessive)
}

// rather tells whether somebody's name is the subject, and not the phrase before
// it, of time or place: "Two benches on, Ann, a nurse, smiled".
func (a *ascriber) rather(p, before *phrase, end int) bool {
	if !p.named() || p.article || before.named() || before.pronoun != 0 || before.loose || a.lang.capitals || before.to >= p.from || a.hasFunction(before.from, before.to) {
		return false
	}
	for k := before.to; k < p.from; k++ {
		if a.verbal(k) || a.items[k].is(relative) {
			return false
		}
	}
	if a.items[p.from-1].kind != comma {
		return false
	}
	for k := p.to; k < min(end, p.to+5) && (a.items[k].kind == comma || a.items[k].kind == word); k++ {
		if a.verbal(k) {
			return true
		}
		if a.items[k].kind == word && !a.small(k) {
			return false
		}
	}
	return false
}

// run ascribes all quotations.
func (a *ascriber) run() {
	a.lastQ, a.para = -1, -1
	a.lead()
	for n := range a.sents {
		s := &a.sents[n]
		a.used, a.sent = s.from, s
		for i := s.from; i < s.to; i++ {
			if a.items[i].kind == quotation {
				a.quotation(int(a.items[i].quote), i, n)
			}
		}
		a.follow(n)
	}
}

// follow keeps in mind who the sentence was about.
func (a *ascriber) follow(n int) {
	s := &a.sents[n]
	if p := &a.subject[n]; p.to > 0 {
		if e := a.resolve(p, n, true); e != nil {
			a.before = e
		}
	}
	if a.lastQ >= 0 && a.holds(a.lastQ, s) {
		a.teller = a.speaker
	} else {
		if e := a.leading(s, n); e != nil {
			a.before, a.teller = e, e
		} else if v := a.verb(max(s.from, s.to-maxSentence), s.to, cue); v >= 0 {
			if p, ok, near := a.subjectOf(v, s.from); ok && near && p.pronoun == 0 {
				a.teller = a.resolve(&p, n, false)
			}
		}
		// Reported speech has a speaker, too: "…, wrote the governor."
		if asc, ok := a.trailing(max(s.from, a.subject[n].to+1), s.to); ok && !a.relativeBehind(&a.subject[n]) && !asc.nobody && (s.to-asc.end < 12 || a.items[asc.end].kind == comma) {
			if e := a.resolve(&asc.who, n, false); e != nil {
				a.before, a.teller = e, e
				e.via = a.channel(&asc, s)
			}
		}
	}
	for i := s.from; i < s.to; i++ {
		if !a.items[i].upper() || a.items[i].named {
			continue
		}
		if p, ok := a.noun(i, s.to); ok && p.named() {
			if e := a.people.who(&p); e.person && (e.words > 1 || e.role != "") && !a.medial(p.from, p.to) {
				a.recent, a.recentIn = e, n
			}
			i = max(i, p.to-1)
		}
	}
}

// leading is who stands behind "according to" at the beginning of a sentence.
func (a *ascriber) leading(s *sentence, n int) *entity {
	k := a.items[s.from].words(according)
	if k == 0 || s.from+k >= s.to {
		return nil
	}
	p, ok := a.source(s.from+k, s.to)
	if !ok || p.pronoun != 0 {
		return nil
	}
	e := a.resolve(&p, n, false)
	if e == nil || !e.person && !e.human {
		return nil
	}
	return e
}

// relativeBehind tells whether a relative clause follows a phrase, so that the verb
// behind it is its own: "Ann Brandt, who chairs the club, blamed the mayor".
func (a *ascriber) relativeBehind(p *phrase) bool {
	k := p.to
	return k > 0 && k+1 < len(a.items) && a.items[k].kind == comma && a.items[k+1].is(relative) && (a.lang.capitals || !a.items[k+1].is(articleWord))
}

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
	for k < min(end, j+3) && a.small(k) && !a.items[k].is(auxiliary|cue|pronoun) && a.items[k].words(cue) == 0 {
		k++
	}
	if k >= end || a.items[k].kind != word {
		return asc, false
	}
	if asc, ok = a.verbFirst(j, k, end, set); ok {
		return asc, true
	}
	if asc, ok = a.subjectFirst(k, end, set, part); ok {
		return asc, true
	}
	return a.unknownFirst(j, k, end, set)
}

// verbFirst reads "said Tom Brandt", "a déclaré la maire".
func (a *ascriber) verbFirst(j, k, end int, set bool) (asc ascription, ok bool) {
	t := &a.items[k]
	if n := t.words(impersonal); n > 0 && t.words(according) == 0 {
		return ascription{nobody: true, cue: a.cover(k, k+n), at: k, end: k + n}, true
	}
	if !t.upper() && t.words(cue|quoted) > 0 || (set || j == k && (a.lang.capitals || a.lang.noSubject)) && !t.upper() && t.is(describe) {
		n := max(1, t.words(cue|quoted))
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
			if u.is(participle) {
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

// left looks for what ascribes a quotation at item i before it, in items [from,
// i). tied tells that nothing sets it off from the quotation.
func (a *ascriber) left(i, from, end int) (asc ascription, tied, ok bool) {
	lo := max(from, i-maxSentence)
	for k := i - 1; k >= lo; k-- {
		if a.items[k].kind == quotation || a.items[k].kind == semicolon {
			lo = k + 1
			break
		}
	}
	set := i > lo && a.items[i-1].kind == colon
	tied = true
	hold, sawComma := false, false
	for v := i - 1; v >= max(lo, a.used); v-- {
		t := &a.items[v]
		if t.kind == comma && v < i-1 {
			sawComma = true
		}
		if sawComma && t.is(relative) && !set && v > lo && a.items[v-1].kind == comma && !a.cueBetween(v, i) {
			tied = false
		}
		if n := t.words(according); n > 0 && v+n < i && !t.is(adverb) {
			if p, is := a.source(v+n, i); is {
				return ascription{who: p, cue: a.cover(v, v+n), at: v, end: p.to}, true, true
			}
		}
		if n := t.words(view); n > 0 && v+n < i && (v == lo || a.items[v-1].kind == comma || a.items[v-1].is(conjunction)) {
			if p, is := a.source(v+n, i); is && (p.named() && !p.article || p.pronoun != 0 || a.headed(&p)) {
				return ascription{who: p, cue: a.cover(v, v+n), at: v, end: p.to}, true, true
			}
		}
		if n := t.words(impersonal); n > 0 {
			return a.hearsay(v, n, lo, i), true, true
		}
		if !ok && a.cueAt(v, lo, weak) {
			asc, ok = a.clauseOf(v, lo, i, end)
			hold = tied
			continue
		}
		if !a.cueAt(v, lo, cue|describe|quoted) {
			if asc, is := a.loneParticiple(v, lo, i, end); is {
				return asc, tied, true
			}
			continue
		}
		if strong, is := a.clauseOf(v, lo, i, end); is && !(strong.nobody && (v < i-3 || a.conjoined(v+1, i))) {
			if w := a.insertBefore(v, lo, i); w >= 0 {
				strong = ascription{entity: a.teller, cue: a.cover(w, w+1), at: w, end: w + 1}
			}
			return strong, tied, true
		}
	}
	return asc, hold, ok
}

// unknown reads a verb that the data don't know, right before a quotation at
// item i, with its subject before it.
func (a *ascriber) unknown(i, from int) (asc ascription, ok bool) {
	v := i - 1
	if a.lang.capitals || v <= from || !a.joined(v) {
		return asc, false
	}
	if t := &a.items[v]; t.kind != word || t.Shape&lexicon.Lower == 0 || t.class != 0 && !t.is(participle) || a.items[v-1].is(passive|articleWord|possessive) {
		return asc, false
	}
	p, found, near := a.subjectOf(v, max(from, v-maxPhrase))
	if !found || !near || p.to == v && !p.named() && p.pronoun == 0 && a.items[p.to-1].kind != word {
		return asc, false
	}
	return ascription{who: p, cue: a.cover(v, v+1), at: v, end: i, guess: true}, true
}

// hearsay reads "aus dem Umfeld hieß es": nobody, or what stands behind the
// preposition. v is the item of the verb, of n words.
func (a *ascriber) hearsay(v, n, lo, i int) ascription {
	asc := ascription{nobody: true, cue: a.cover(v, v+n), at: v, end: v + n}
	for _, r := range [2][2]int{{lo, v}, {v + n, i}} {
		if r[0]+1 < r[1] && a.items[r[0]].is(preposition) {
			if p, is := a.noun(r[0]+1, r[1]); is {
				asc.who, asc.nobody, asc.end = p, false, max(p.to, v+n)
				if e := a.writer(&p); e != nil {
					asc.entity, asc.who = e, phrase{}
				}
				if m := a.channelAt(r[0], r[1]); m > 0 {
					asc.via = clean(a.cover(r[0], p.to).In(a.text))
				}
				return asc
			}
		}
	}
	return asc
}

// writer is whose words a document tells that the text did not speak of before:
// "in a statement"; nil if p is no such document.
func (a *ascriber) writer(p *phrase) *entity {
	if p.named() || p.pronoun != 0 || a.items[p.from].is(definite|possessive) || !a.items[p.from].is(articleWord) {
		return nil
	}
	for k := p.from; k < p.core; k++ {
		if !a.items[k].is(channel) {
			continue
		}
		if a.teller != nil {
			return a.teller
		}
		return a.before
	}
	return nil
}

// cueBetween tells whether a cue stands in items [from, to).
func (a *ascriber) cueBetween(from, to int) bool {
	return a.verb(from, to, cue|describe|quoted) >= 0
}

// clauseOf reads the clause of the verb at v, which stands before a quotation at
// item i.
func (a *ascriber) clauseOf(v, lo, i, end int) (asc ascription, ok bool) {
	if v > lo && !a.items[v].is(quoted) && (a.passiveAt(v, lo) || a.agentBehind(v, i, end)) && (v+1 == i || !a.items[v+1].is(toward)) {
		// "was described as “…” by the mayor"
		for k := i + 1; k < min(end, i+8); k++ {
			if a.items[k].kind != word {
				break
			}
			if a.items[k].is(agent) {
				if p, is := a.noun(k+1, end); is {
					a.apposition(&p, end)
					return ascription{who: p, cue: a.cover(v, v+1), at: v, end: p.to}, true
				}
			}
		}
		for k := v + 1; k < i; k++ {
			if a.items[k].is(agent) {
				if p, is := a.noun(k+1, i); is {
					a.apposition(&p, i)
					return ascription{who: p, cue: a.cover(v, v+1), at: v, end: p.to}, true
				}
			}
		}
		return ascription{nobody: true, cue: a.cover(v, v+1), at: v, end: i, guess: true}, true
	}
	if asc, ok = a.attributed(v, lo, i); ok {
		return asc, true
	}
	at := v
	if a.items[v].is(infinitive) && !a.items[v].is(cue|describe) {
		at = a.governor(v, lo)
	}
	if a.lang.capitals && a.items[v].is(participle) {
		for k := v - 1; k >= lo; k-- {
			if a.items[k].is(auxiliary) {
				at = k // "hatte die Partei ihm vorgeworfen"
				break
			}
		}
	}
	if a.insertedAt(v, lo, i) {
		return ascription{entity: a.teller, cue: a.cover(v, v+1), at: v, end: v + 1}, true
	}
	p, found, near := a.subjectOf(at, lo)
	if at != v && !near {
		if q, is := a.noun(at+1, v); is {
			p, found, near = q, true, true
		}
	}
	if !near && v > lo && a.items[v-1].kind == comma {
		// "…, the minister said, calling it “…”"
		if u := a.verb(lo, v-1, cue); u >= 0 {
			if q, is, beside := a.subjectOf(u, lo); is && beside {
				p, found, near = q, true, true
			}
		}
	}
	if !near && v+1 < i {
		if q, is := a.noun(v+1, i); is && a.mayFollow(&q, v-lo) {
			a.apposition(&q, i)
			if o, fronted := a.noun(lo, v); fronted && a.items[v].is(quoted) && a.items[lo].is(object) {
				return ascription{who: o, cue: a.cover(v, v+1), via: a.mediumOf(&q), at: v, end: q.to}, true
			}
			return ascription{who: q, cue: a.cover(v, v+1), at: v, end: q.to}, true
		}
	}
	if !found {
		if a.lastQ >= 0 && a.holds(a.lastQ, a.sent) && a.speaker != nil {
			return ascription{entity: a.speaker, cue: a.cover(v, v+1), at: v, end: i}, true
		}
		if a.lang.noSubject {
			return ascription{who: phrase{pronoun: masculine | feminine}, cue: a.cover(v, v+1), at: v, end: i}, true
		}
		return asc, false
	}
	asc = a.spoken(p, lo, v, i)
	asc.guess = !near
	return asc, true
}

// insertedAt tells whether the verb at v stands between commas right behind a
// subject that is not its own: "The driver, he said, was", "El maquinista, añadió,
// se disculpó".
func (a *ascriber) insertedAt(v, lo, i int) bool {
	k := v
	for k > lo && a.items[k-1].is(auxiliary) && a.items[v].is(participle) {
		k--
	}
	if k > lo && a.items[k-1].is(pronoun) {
		k--
	} else if !a.lang.noSubject && !(a.lang.inserts && v+1 < i && a.items[v+1].is(pronoun|adverb)) {
		return false
	}
	behind := v + 1
	for behind < min(i, v+3) && a.items[behind].is(pronoun|adverb) {
		behind++
	}
	if k <= lo || a.items[k-1].kind != comma || behind >= i || a.items[behind].kind != comma || a.teller == nil {
		return false
	}
	p, ok := a.noun(lo, k)
	return ok && p.to == k-1
}

// agentBehind tells whether the participle at v, right before the quotation at
// item i, has who did it behind the quotation: "a reply judged “…” by the senator".
func (a *ascriber) agentBehind(v, i, end int) bool {
	if !a.items[v].is(participle) || v < i-3 || a.lang.capitals {
		return false
	}
	for k := i + 1; k < min(end, i+4) && a.items[k].kind == word; k++ {
		if a.items[k].is(agent) {
			return true
		}
	}
	return false
}

// loneParticiple reads a participle without an auxiliary that the quotation at
// item i belongs to.
func (a *ascriber) loneParticiple(v, lo, i, end int) (asc ascription, ok bool) {
	t := &a.items[v]
	if !t.is(participle) || t.upper() || v <= lo || a.items[v-1].is(articleWord|possessive|auxiliary) {
		return asc, false
	}
	if a.agentBehind(v, i, end) {
		return a.clauseOf(v, lo, i, end)
	}
	return a.attributed(v, lo, i)
}

// conjoined tells whether a conjunction stands in items [from, to).
func (a *ascriber) conjoined(from, to int) bool {
	for k := from; k < to; k++ {
		if a.items[k].is(conjunction) && !a.items[k].is(preposition) {
			return true
		}
	}
	return false
}

// insertBefore is a cue set in between the subject and its verb at v, -1 if there
// is none.
func (a *ascriber) insertBefore(v, lo, i int) int {
	for w := lo + 1; w < v; w++ {
		if a.items[w].is(cue|participle) && a.cueAt(w, lo, cue) && a.insertedAt(w, lo, i) {
			return w
		}
	}
	return -1
}

// attributed reads "…, accused of “…”": a participle without who did it, behind
// what it is said of. The subject of the sentence says so.
func (a *ascriber) attributed(v, lo, i int) (asc ascription, ok bool) {
	if v <= lo || !a.items[v].is(participle) || a.lang.capitals || a.items[v-1].is(auxiliary|adverb|pronoun|conjunction|relative) || i-v > 6 {
		return asc, false
	}
	if !a.items[v+1].is(preposition) {
		return asc, false // it may have its own subject
	}
	if k := a.items[v-1].kind; k != comma && k != word || k == word && !a.joined(v) || a.sent == nil {
		return asc, false
	}
	for k := lo; k < v; k++ {
		if a.verbal(k) && k > lo {
			p, found, near := a.subjectOf(k, lo)
			if !found || !near || p.to > k {
				return asc, false
			}
			return ascription{who: p, cue: a.cover(v, v+1), at: v, end: i}, true
		}
	}
	return asc, false
}

// verbLast reads German's "hat … genannt" around a quotation at item i.
func (a *ascriber) verbLast(i, from, end int) (asc ascription, ok bool) {
	for k := i + 1; k < min(end, i+7) && a.items[k].kind == word; k++ {
		if !a.items[k].is(participle) && !(a.items[k].is(cue|describe) && k > i+1) || a.items[k].upper() {
			continue
		}
		for v := i - 1; v >= max(from, i-maxClause); v-- {
			if a.items[v].kind == quotation || a.items[v].kind == semicolon {
				break
			}
			if !a.items[v].is(auxiliary) {
				continue
			}
			p, found, near := a.subjectOf(v, from)
			if !near && v+1 < i {
				if q, is := a.noun(v+1, i); is {
					a.apposition(&q, i)
					p, found = q, true
				}
			}
			if found {
				return ascription{who: p, cue: a.cover(k, k+1), at: k, end: k + 1}, true
			}
		}
		return asc, false
	}
	return asc, false
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

// gapped reads ", der Bürgermeister von “…”" behind a quotation that was
// ascribed, where the verb is left out.
func (a *ascriber) gapped(i, from int) (asc ascription, ok bool) {
	k := i - 1
	for k > from && i-k < 12 && a.items[k].kind == word {
		k--
	}
	if a.items[k].kind != comma {
		return asc, false
	}
	p, is := a.noun(k+1, i)
	if !is || p.pronoun != 0 || p.to == i {
		return asc, false
	}
	a.apposition(&p, i)
	for m := p.to; m < i; m++ {
		if !a.items[m].is(preposition | articleWord | adverb) {
			return asc, false
		}
	}
	return ascription{who: p, entity: a.people.who(&p), at: -1, end: p.to}, true
}

// trailing looks for an ascription at the end of the sentence, behind a comma.
func (a *ascriber) trailing(j, end int) (asc ascription, ok bool) {
	end = min(end, j+maxSentence)
	for k := j; k < end; k++ {
		switch a.items[k].kind {
		case colon, bracket:
		case quotation, semicolon:
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
			if k+1 < end && !a.items[k+1].is(relative|conjunction) {
				if asc, ok = a.right(k+1, end, true, true); ok && !asc.guess {
					return asc, true
				}
			}
		}
	}
	return ascription{}, false
}
