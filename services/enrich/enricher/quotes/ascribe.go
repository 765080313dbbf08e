package quotes

import (
	"slices"
	"strings"

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
	*ascribing
	people *people
	media  []mention
	quotes []quote
	sents  []sentence

	speaker  *entity // last one
	human    *entity // last speaker who may be "he" or "she"
	body     *entity // last speaker who may be "it"
	bench    *entity // last of them that is a court without a name
	before   *entity // subject of the sentence before
	recent   *entity // person named last
	recentIn int     // in which sentence
	outlet   *entity // medium named last
	toldIn   int     // sentence in which somebody said so between commas, -1: none
	teller   *entity // whose words the last sentence tells, with or without marks
	viewedIn int     // sentence that begins with whose view it tells, -1: none
	para     int     // paragraph of the last quotation
	lastQ    int     // last quotation that was ascribed, -1: none
	used     int     // items before this one belong to an ascription already
	sent     *sentence
	now      int // its number

	weights    *weights
	absorbed   int     // how many of the names were taken note of
	subjectIs  *entity // of sentence subjectFor-1
	subjectFor int
	cueItem    int  // verb before the quotation that is ascribed, 0: none
	behindVerb bool // the phrase that is resolved stands behind its verb
	sole       bool // only one has spoken in the paragraph of the last quotation
	asking     int  // quotation that is ascribed, -1: none, below: subject of sentence -2-asking
	record     func(asking int, s shape, sent int, desc article.Span, list []candidate)
}

// mention is where the text names a medium as its source.
type mention struct {
	article.Span
	name string
}

// survey enters all names, and finds the subject of every sentence.
func (a *ascriber) survey() {
	a.subject = slices.Grow(a.subject, len(a.sents))[:len(a.sents)]
	clear(a.subject)
	for n, s := range a.sents {
		held := false // behind a preposition
		behind := -1  // item behind the phrase that a preposition holds
		for i := s.from; i < s.to; {
			t := &a.items[i]
			if t.kind != word {
				held = held && t.kind != comma
				i = max(i+1, a.brackets(i, s.to))
				continue
			}
			if t.is(preposition) && (!t.is(articleWord|pronoun) || a.contracted(i) || a.lang.inserts && i > s.from && a.ofOne(i)) {
				held = true
				i++
				continue
			}
			if t.upper() {
				a.ownerNamed(i, s.to, n)
			}
			p, ok := a.noun(i, s.to)
			if !ok {
				held = held && !a.timeEnds(i, s.to)
				i++
				continue
			}
			if held && p.named() && p.likely && p.words > 1 && a.items[i-1].is(passive) && a.english() && a.items[s.from].is(preposition) {
				held = false // "Among them was Ann Brandt, who"
			}
			held = held && !a.nominative(&p)
			held = held || a.lang.capitals && behind == i && a.ofNoun(i)
			if held {
				behind = p.to
			}
			if a.mayTell(&p, held) {
				a.apposition(&p, s.to)
			}
			if p.named() {
				p.body = !p.likely && p.role.Empty() && (a.items[p.to-1].is(body) || (a.lang.inserts || a.lang.noSubject) && p.words > 1 && a.items[p.from].is(body) || a.lang.capitals && p.words > 1 && a.kindsAt(p.to-1) != 0 || p.words == 2 && (a.bodyAt(p.to-2, p.to) || a.medial(p.to-2, p.to)))
				p.body = p.body || a.capitalOnly(&p, s.from)
				name := fold(p.name.In(a.text))
				a.people.meet(&p, name)
				if !a.mereNoun(&p, held) {
					a.names = append(a.names, naming{phrase: p, folded: name, sent: n, held: held})
				}
			}
			if a.newcomer(&p) {
				a.names = append(a.names, naming{phrase: p, sent: n, held: held})
			}
			a.introduce(&p, held)
			a.abbreviated(&p)
			if held && p.to < s.to && a.bareBefore(&p, s.from) && a.items[p.to].is(cue) {
				held = false
			}
			if !held && a.stands(&p) && !a.predicate(&p, s.from) && (a.subject[n].to == 0 || a.rather(&p, &a.subject[n], s.to) || a.detached(&a.subject[n], &p, s.from)) {
				a.subject[n] = p
			}
			held = false
			if !p.named() && p.pronoun == 0 && p.core > i {
				i = p.core // "the return with Tom Brandt" names somebody, too
				continue
			}
			i = max(i+1, p.to)
		}
		if a.asks(&s) {
			a.subject[n] = phrase{}
		}
		if p := &a.subject[n]; p.to > 0 && p.to+1 < s.to && (a.verbal(p.to) || a.items[p.to].is(weak)) && a.frontedNoun(p, s.from, p.to+1) {
			if q, ok := a.noun(p.to+1, p.to+2); ok {
				a.subject[n] = q
			}
		}
		if q, ok := a.identity(&a.subject[n], s.to); ok {
			a.subject[n] = q
		}
	}
}

// maxAsked is how many words a question without a verb has.
const maxAsked = 4

// asks tells whether a sentence is no more than a word or two with a question mark, which
// tell of nobody: "Wimbledon?".
func (a *ascriber) asks(s *sentence) bool {
	if s.headline || s.to-s.from > maxAsked {
		return false
	}
	for k := s.from; k < s.to; k++ {
		if a.items[k].kind != word || a.verbal(k) {
			return false
		}
	}
	rest := a.text[a.items[s.to-1].End:]
	return strings.HasPrefix(strings.TrimLeft(rest[:min(len(rest), 4)], " \u00a0\u202f"), "?")
}

// capitalOnly tells whether a word that begins a sentence may have its capital from that: it
// has it nowhere else, and says nothing.
func (a *ascriber) capitalOnly(p *phrase, from int) bool {
	if a.lang.capitals || p.words != 1 || p.likely || p.article || !p.role.Empty() || p.from != from || p.to != p.from+1 || p.to >= len(a.items) {
		return false
	}
	t := &a.items[p.from]
	return !t.given && !t.named && t.Shape&lexicon.AllCaps == 0 && !a.items[p.to].is(cue|describe) && a.items[p.to].kind == word && a.people.byLast[fold(p.name.In(a.text))] == nil && !a.vouched(p.from)
}

// mereNoun tells whether what looks like a name means nobody: a letter, as of "C'est", or a
// German noun without an article that a preposition holds or a number counts.
func (a *ascriber) mereNoun(p *phrase, held bool) bool {
	if p.words != 1 || p.likely || !p.role.Empty() || p.article {
		return false
	}
	t := &a.items[p.to-1]
	if t.End-t.Start == 1 {
		return true
	}
	before := p.from > 0 && a.items[p.from-1].kind == word && a.joined(p.from)
	return a.lang.capitals && t.Shape&lexicon.AllCaps == 0 && a.people.byLast[fold(p.name.In(a.text))] == nil && (held || before && (a.items[p.from-1].Shape&lexicon.Digits != 0 || a.items[p.from-1].is(many|adverb)))
}

// question tells whether a sentence ends with a question mark, and has no quotation in it.
func (a *ascriber) question(s *sentence) bool {
	for k := s.from; k < s.to; k++ {
		if a.items[k].kind == quotation {
			return false
		}
	}
	rest := a.text[a.items[s.to-1].End:]
	return strings.HasPrefix(strings.TrimLeft(rest[:min(len(rest), 6)], " \u00a0\u202f"), "?")
}

// newcomer tells whether a description is of one person whom the text speaks of for the
// first time: "a neighbour".
func (a *ascriber) newcomer(p *phrase) bool {
	if p.named() || p.pronoun != 0 || p.loose || p.desc.Empty() || !a.items[p.from].is(articleWord) || a.items[p.from].is(definite|possessive) || a.plural(p) {
		return false
	}
	h := a.headAt(p)
	return h > p.from && (a.items[h].words(person|party) > 0 || a.roleAt(h) > 0)
}

// ownerNamed enters the person to whom what begins at item i belongs: "Ann Brandt's new
// play".
func (a *ascriber) ownerNamed(i, end, sent int) {
	k := a.owner(i, end)
	if k <= i+2 {
		return
	}
	p, ok := a.noun(i, k-1)
	if !ok || !p.named() || p.article || p.words < 2 || p.to != k-1 || !p.likely && (p.words > 2 || a.bodyAt(p.from, p.to) || a.medial(p.from, p.to)) {
		return
	}
	name := fold(p.name.In(a.text))
	a.people.meet(&p, name)
	a.names = append(a.names, naming{phrase: p, folded: name, sent: sent, held: true})
}

// identity is whom a sentence names behind its verb as the one that its subject
// describes: "The last customer was Ann Brandt, who".
func (a *ascriber) identity(p *phrase, end int) (q phrase, ok bool) {
	if p.to == 0 || p.named() || p.pronoun != 0 || p.loose || a.lang.capitals || p.to+1 >= end || !a.items[p.to].is(passive) || a.plural(p) {
		return q, false
	}
	q, ok = a.noun(p.to+1, end)
	if !ok || !q.named() || !q.likely && !a.headed(p) || q.article || q.words < 2 || q.to < end && a.items[q.to].kind != comma {
		return q, false
	}
	a.apposition(&q, end)
	return q, true
}

// clauseIn tells whether a verb is among the next items: "Ann Brandt, back at work,
// said the council would pay".
func (a *ascriber) clauseIn(from, to int) bool {
	for k := from; k < min(to, from+8) && a.items[k].kind == word; k++ {
		if a.verbal(k) {
			return true
		}
	}
	return false
}

// english tells that the language has none of the others' ways with verbs and nouns.
func (g *grammar) english() bool {
	return !g.lang.capitals && !g.lang.inserts && !g.lang.noSubject
}

// abbreviated keeps the initials in brackets behind a body: "the Federation of Small
// Businesses (FSB)".
func (a *ascriber) abbreviated(p *phrase) {
	k := p.to
	if k+2 >= len(a.items) || a.items[k].kind != bracket || a.items[k+2].kind != bracket || p.pronoun != 0 || p.likely || p.to-p.from < 3 {
		return
	}
	t := &a.items[k+1]
	if t.kind != word || t.Shape&lexicon.AllCaps == 0 || t.End-t.Start < 2 || !a.items[p.from].is(articleWord) {
		return
	}
	w := a.text[t.Start:t.End]
	if a.people.initial[w] == nil {
		a.people.initial[w] = a.people.who(p)
	}
}

// predicate tells whether a phrase without an article says what the subject that is
// left out is: "Fue profesora en Tucumán".
func (a *ascriber) predicate(p *phrase, from int) bool {
	return a.lang.noSubject && p.from > from && !p.named() && p.pronoun == 0 && !p.loose && !a.items[p.from].is(articleWord|possessive) && a.items[p.from-1].is(finite|auxiliary)
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
		if a.ofOwner(q) || a.addresses(q) {
			continue // "Labour's Ann Brandt", "Ann Brandt told her"
		}
		d := p.desc.In(a.text)
		if e := a.people.as(p.role.In(a.text)); n == 0 && e != nil && e.at > p.desc.End && a.people.byName[fold(d)] == nil && a.people.agree(e, d) {
			a.people.byName[fold(d)] = e // "A judge has … Judge Ann Brandt said"
			continue
		}
		e := a.people.who(q)
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

// ofOwner tells whether a body stands before the name of p, as who it belongs to.
func (a *ascriber) ofOwner(p *phrase) bool {
	for k := p.from; k < p.to; k++ {
		if a.genitive(k) {
			return true
		}
	}
	return false
}

// contracted tells whether the word at i is a preposition with an article in it:
// "del".
func (a *ascriber) contracted(i int) bool {
	t := &a.items[i]
	return a.lang.noSubject && t.is(preposition) && t.is(articleWord) && (!t.upper() || i+1 < len(a.items) && a.items[i+1].kind == word && a.items[i+1].Shape&lexicon.Lower != 0 && !a.items[i+1].upper())
}

// mayTell tells whether what stands between commas behind a phrase may tell more of
// it; held tells that it stands behind a preposition.
func (a *ascriber) mayTell(p *phrase, held bool) bool {
	return !held || p.named() && (p.words > 1 || p.likely) || a.headed(p) && a.items[p.from].is(articleWord|possessive)
}

// rather tells whether somebody's name is the subject, and not the phrase before
// it, of time or place: "Two benches on, Ann, a nurse, smiled".
func (a *ascriber) rather(p, before *phrase, end int) bool {
	if !p.named() || p.article || before.named() && (before.words > 1 || before.likely || p.words < 2 || !p.likely) || before.pronoun != 0 || before.loose || a.lang.capitals || before.to >= p.from || a.hasFunction(before.from, before.to) {
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
		if a.verbal(k) || k == p.to && a.items[k].Shape&lexicon.Lower != 0 && a.items[k].class == 0 {
			return true
		}
		if a.items[k].kind == word && !a.small(k) {
			return false
		}
	}
	return false
}

// detached tells whether the phrase that a sentence begins with tells of the pronoun
// behind it, which is the subject: "Fils de mineur, il avait".
func (a *ascriber) detached(before, p *phrase, from int) bool {
	if p.named() && p.likely && !p.article && p.words > 1 && p.role.Empty() && a.items[p.from-1].kind == comma && before.from == from && !before.named() && before.pronoun == 0 && !before.loose && !a.items[from].is(articleWord|possessive|object|preposition) && p.from < before.to+4 && a.headed(before) && !a.english() {
		return true // "Romancière et traductrice, Ann Brandt publie"
	}
	return p.pronoun&(masculine|feminine) != 0 && before.from == from && !before.named() && before.pronoun == 0 && !before.loose && !a.items[from].is(articleWord|possessive|object) && p.from < before.to+maxPhrase && a.items[p.from-1].kind == comma && a.headed(before) && a.verbBefore(p.from, before.to) < 0
}

// run ascribes all quotations.
func (a *ascriber) run() {
	a.lastQ, a.para, a.asking, a.toldIn, a.viewedIn = -1, -1, -1, -1, -1
	a.lead()
	for n := range a.sents {
		s := &a.sents[n]
		a.used, a.sent, a.now = s.from, s, n
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
	if p := &a.subject[n]; p.to > 0 && !(a.question(s) && !p.named() && p.pronoun&(masculine|feminine) == 0) {
		if e := a.subjectOfSentence(n); e != nil {
			if !p.named() {
				a.note(e, n, true)
			}
			a.before = e
		}
	}
	if a.lastQ >= 0 && a.holds(a.lastQ, s) {
		a.teller = a.speaker
		if a.viewedIn == n && a.speaker != nil {
			a.before = a.speaker // "Selon Paul Morin, son client est « … »."
		}
	} else {
		if e := a.leading(s, n); e != nil {
			a.before, a.teller = e, e
		} else if v := a.verb(max(s.from, s.to-maxSentence), s.to, cue); v >= 0 {
			if p, ok, near := a.subjectOf(v, s.from); ok && near && p.pronoun == 0 {
				a.teller = a.resolve(&p, n, false)
			} else if a.lang.capitals && v+1 < s.to {
				if p, ok := a.noun(v+1, s.to); ok && p.named() && p.likely && a.stands(&p) {
					a.teller = a.resolve(&p, n, false) // "antwortete Brandt ausweichend"
				}
			}
		}
		if e := a.betweenCommas(s, n); e != nil {
			a.teller, a.toldIn = e, n
		}
		// Reported speech has a speaker, too: "…, wrote the governor."
		if asc, ok := a.trailing(max(s.from, a.subject[n].to+1), s.to); ok && !a.relativeBehind(&a.subject[n]) && !asc.nobody && !(a.english() && (asc.at >= 0 && a.items[asc.at].is(describe) || a.clauseIn(asc.end, s.to))) && (s.to-asc.end < 12 || a.items[asc.end].kind == comma) {
			if e := a.resolve(&asc.who, n, false); e != nil {
				a.before, a.teller = e, e
				e.via = a.channel(&asc, s)
			}
		}
	}
	first := a.absorbed
	a.absorb(s.to)
	for first > 0 && a.names[first-1].sent == n {
		first--
	}
	for k := first; k < a.absorbed; k++ {
		p, e := &a.names[k].phrase, a.names[k].e
		if e.person && (e.words > 1 && (!a.single(p.from, p.to) || e.likely && e.quoted) || e.role != "") && !a.medial(p.from, p.to) && (e.likely || e == a.before || a.recent == nil && !a.behindPreposition(p.from, s.from)) {
			a.recent, a.recentIn = e, n
		}
	}
}

// betweenCommas is who says what the sentence tells, behind a verb between commas: "El pulpo,
// aclara el patrón, volvió al agua"; nil if nobody does.
func (a *ascriber) betweenCommas(s *sentence, n int) *entity {
	if !a.lang.inserts && !a.lang.noSubject {
		return nil
	}
	for v := s.from + 2; v+2 < s.to; v++ {
		if a.items[v-1].kind != comma || !a.items[v].is(cue) || a.items[v].upper() {
			continue
		}
		p, ok := a.noun(v+1, s.to)
		if ok && p.pronoun == 0 && p.to < s.to && a.items[p.to].kind == comma && (p.named() || a.headed(&p)) {
			return a.resolve(&p, n, false)
		}
	}
	return nil
}

// behindPreposition tells whether the name at i stands behind a preposition, so that it may be
// a place: "en el Palacio Real".
func (a *ascriber) behindPreposition(i, from int) bool {
	k := i - 1
	for k > from && a.items[k].is(articleWord) && !a.items[k].is(preposition) {
		k--
	}
	return k >= from && a.items[k].is(preposition)
}

// leading is who stands behind "according to" at the beginning of a sentence.
func (a *ascriber) leading(s *sentence, n int) *entity {
	k := a.items[s.from].words(according)
	viewed := k == 0
	if viewed {
		k = a.items[s.from].words(view) // "For Ann Brandt, a fishmonger, it comes too late."
	}
	if k == 0 || s.from+k >= s.to {
		return nil
	}
	p, ok := a.source(s.from+k, s.to)
	if !ok || p.pronoun != 0 || viewed && (!p.named() || p.article || !p.likely || p.to >= s.to || a.items[p.to].kind != comma) {
		return nil
	}
	e := a.resolve(&p, n, false)
	if e == nil || !e.person && !e.human && a.kindsIn(e.fold())&^noKind == 0 && !(a.lang.capitals && a.items[p.from].is(definite)) {
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
