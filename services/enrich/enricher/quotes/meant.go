package quotes

import (
	"slices"
	"sort"
	"strings"

	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// introduced is where the text first speaks of a body or of "a singer".
type introduced struct {
	phrase
	kinds uint16 // of a body, 0 if its name doesn't tell
}

// maxBack is how many bodies are looked through for "the company".
const maxBack = 50

// introduce keeps what a description such as "the company" or "the man" may come
// back to; held tells that it stands behind a preposition.
func (a *ascriber) introduce(p *phrase, held bool) {
	if p.pronoun != 0 || p.loose {
		return
	}
	if h := a.headAt(p); !p.named() && h > 0 && !a.items[p.from].is(definite|possessive|many) && a.items[p.from].is(articleWord) && a.items[h].words(person|role) > 0 {
		k := fold(a.cover(h, h+1).In(a.text))
		if _, known := a.persons[k]; !known {
			a.persons[k] = introduced{phrase: *p}
		}
	}
	if p.to-p.from < 3 && !p.named() {
		return
	}
	var kinds uint16
	for k := p.from; k < p.to && k < p.from+maxPhrase; k++ {
		kinds |= a.kindsAt(k)
	}
	if p.named() && p.words == 1 && a.items[p.core-1].is(body) || !p.named() && a.items[p.from].is(definite) && p.to == p.core {
		return // "the government", "the textile group": these come back themselves
	}
	if kinds&kindsOfCopy != 0 || a.contractedAt(p.from) || held && kinds == 0 && !a.initials(p) {
		if kinds == 0 && len(a.bodies) == 0 && a.ofShares(p) {
			a.bodies = append(a.bodies, introduced{*p, firms})
		}
		return
	}
	if kinds != 0 && a.bodily(p) || p.named() && (p.article || a.initials(p) || len(a.bodies) == 0 && !a.lang.capitals && !p.likely && p.role.Empty() && p.from == 0 && !a.common(p)) {
		if kinds != 0 || !a.medial(p.from, p.to) {
			a.bodies = append(a.bodies, introduced{*p, kinds})
		}
	}
}

// ofShares tells whether a name is that of the firm whose shares the text speaks of: "Shares
// in Acme".
func (a *ascriber) ofShares(p *phrase) bool {
	if !p.named() || p.from < 2 {
		return false
	}
	k := p.from - 1
	for k > 0 && a.items[k].is(preposition|articleWord) {
		k--
	}
	return k < p.from-1 && a.lang.shares[strings.ToLower(a.text[a.items[k].Start:a.items[k].End])]
}

// common tells whether the word that a text begins with looks like no name: "Trading
// was", "Tests showed".
func (a *ascriber) common(p *phrase) bool {
	if !a.english() || p.words != 1 || p.to >= len(a.items) {
		return false
	}
	w, next := a.text[a.items[p.from].Start:a.items[p.from].End], &a.items[p.to]
	if a.gerund(p.from) {
		return true
	}
	if next.kind == word && next.Shape&lexicon.Lower != 0 && a.joined(p.to) && !a.verbal(p.to) && !a.stopper(p.to) && next.class&^(role|person|body) == 0 {
		return true // "Rail passengers"
	}
	verb := a.text[next.Start:next.End]
	return strings.HasSuffix(w, "s") && !strings.HasSuffix(w, "ss") && next.kind == word && !next.upper() && !next.is(cue|describe) && !strings.HasSuffix(verb, "s")
}

// kindsOfCopy are those of rulings, which speak for the court.
const kindsOfCopy = 64

const court = 2

// kindsOfPaper are those of documents: a report, or whatever "the document" means.
const (
	kindsOfPaper = 128 | anyPaper
	anyPaper     = 256
)

// bodily tells whether a phrase that has a body's noun in it means the body and
// not somebody: "the company's boss", "the president of the union".
func (a *ascriber) bodily(p *phrase) bool {
	h := a.headAt(p)
	if h > 0 && a.kindsAt(h) != 0 {
		return true
	}
	if !p.named() {
		return false
	}
	if !p.role.Empty() {
		return !p.likely && a.firmBefore(p) // "processor Longmeadow"
	}
	first := p.from
	for first < p.to-1 && a.items[first].is(articleWord) {
		first++
	}
	return a.items[first].is(body) || a.items[p.to-1].is(body) || p.article
}

// firmBefore tells whether a company's noun stands right before the name of p.
func (a *ascriber) firmBefore(p *phrase) bool {
	for k := p.from; k+1 < p.to; k++ {
		if int(a.items[k+1].Start) == p.name.Start {
			return a.kindsAt(k)&firms != 0 && a.roleAt(k) == 0
		}
	}
	return false
}

// initials tells whether a name is a body's initials: "RSW".
func (a *ascriber) initials(p *phrase) bool {
	t := &a.items[p.to-1]
	return p.words == 1 && t.Shape&lexicon.AllCaps != 0 && t.End-t.Start > 1
}

// headAt is the item of a description's noun, -1 if it can't be told.
func (g *grammar) headAt(p *phrase) int {
	if p.named() && !p.article || p.core <= p.from {
		return -1
	}
	if g.lang.inserts || g.lang.noSubject { // adjectives stand behind
		k := p.from
		for k < p.core-1 && g.items[k].is(articleWord|possessive) {
			k++
		}
		if k < p.core-1 && g.items[k].words(person|role|body) == 0 && g.items[k+1].words(person|role|body) > 0 && !g.items[k].upper() {
			k++ // "l'ancien élu"
		}
		return k
	}
	return p.core - 1
}

// meant is whom or what a short description with "the" comes back to: "the
// artist" to somebody named, "the company" to one that was named; nil if it may
// be somebody new.
func (a *ascriber) meant(p *phrase) *entity {
	if p.named() && (!p.article || p.words != 1 || a.items[p.core-1].words(person) == 0) || p.to != p.core && !a.aged(p) || p.to-p.from < 2 || !a.items[p.from].is(definite) {
		return nil
	}
	if p.to+1 < len(a.items) && a.items[p.to].kind == comma && a.items[p.to+1].is(articleWord) && !a.items[p.to+1].is(definite) {
		return nil // "the victim, a woman in her thirties"
	}
	h := a.headAt(p)
	if h <= p.from || a.owner(p.from, p.to) != p.from {
		return nil
	}
	t := &a.items[h]
	if kinds := a.bodyMeant(p, h); kinds != 0 {
		if e := a.theBody(p, kinds); e != nil {
			return e
		}
	}
	if !a.back(h) || a.plural(p) || t.is(body) && t.upper() && !a.lang.capitals {
		return nil
	}
	if q, ok := a.persons[fold(a.cover(h, h+1).In(a.text))]; ok && q.from < p.from && t.words(party) == 0 {
		return a.people.who(&q.phrase)
	}
	if t.words(party) > 0 {
		return a.onTrial(p)
	}
	if e := a.lastPerson(p); e != nil {
		return e
	}
	// "a resident" is "the pensioner" in what he goes on to say.
	if s := a.speaker; s != nil && !s.named && s.human && !s.many && a.sent != nil && a.para == a.sent.paragraph && p.to == p.core && t.words(office) == 0 && a.people.agree(s, p.desc.In(a.text)) {
		return s
	}
	return nil
}

// bodyMeant is the kinds of bodies that "the company", "la haute juridiction" may
// mean; 0 if the phrase says more, or is none.
func (a *ascriber) bodyMeant(p *phrase, h int) uint16 {
	n := p.core - p.from
	if a.based(p) {
		n = 2
	}
	switch n {
	case 2:
		return a.kindsAt(h)
	case 3:
		return a.lang.bodies[fold(a.cover(p.from+1, p.core).In(a.text))]
	}
	return 0
}

// based tells whether a description says no more of a body than where it is: "the
// Oslo-based company".
func (a *ascriber) based(p *phrase) bool {
	k := p.core - 2
	return a.english() && k > p.from && k < p.from+5 && a.items[k].dash && a.text[a.items[k].Start:a.items[k].End] == "based"
}

// kindsAt is the kinds of bodies that the noun at item k means, in German also at
// the end of a compound: "Landesverband".
func (g *grammar) kindsAt(k int) uint16 {
	t := &g.items[k]
	if t.is(body) {
		return g.lang.bodies[fold(g.text[t.Start:t.End])]
	}
	if !g.lang.capitals || !t.upper() || t.given || t.End-t.Start < minCompound+3 {
		return 0
	}
	w := g.text[t.Start:t.End]
	for n := max(minStem, len(w)-g.lang.longestBody); n <= len(w)-minCompound; n++ {
		if kinds := g.lang.bodies[w[n:]]; kinds != 0 {
			return kinds
		}
	}
	return 0
}

// aged tells whether only an age stands behind a description: "le joueur de 24
// ans".
func (a *ascriber) aged(p *phrase) bool {
	return p.core+1 < len(a.items) && p.to >= p.core && a.items[p.core].is(inside) && a.items[p.core+1].Shape&lexicon.Digits != 0
}

// topic is where the subject of the first sentence ends.
func (a *ascriber) topic() int {
	if len(a.subject) == 0 || a.subject[0].to == 0 {
		return 0
	}
	return int(a.items[a.subject[0].to-1].End)
}

// back tells whether a text comes back to somebody by the noun at item h. By an
// office it may name somebody new.
func (a *ascriber) back(h int) bool {
	t := &a.items[h]
	if t.words(person|party) > 0 {
		return true
	}
	if a.roleAt(h) == 0 || t.words(office) > 0 {
		return false
	}
	if a.lang.capitals {
		w := fold(a.text[t.Start:t.End])
		for _, o := range a.lang.offices {
			if strings.HasSuffix(w, o) {
				return false
			}
		}
	}
	return true
}

// onTrial is whom "the accused" means: the person named first of whom no function
// is told.
func (a *ascriber) onTrial(p *phrase) *entity {
	d := p.desc.In(a.text)
	for _, e := range a.people.likely {
		if e.role == "" && e.at < p.desc.Start && a.people.agree(e, d) {
			return e
		}
	}
	// Or who has a function, but none that others have in a trial.
	for _, e := range a.people.likely {
		if e.at < p.desc.Start && a.people.agree(e, d) && !a.official(e) {
			return e
		}
	}
	return nil
}

// official tells whether somebody has a function that others have in a trial than who
// stands it: a judge, a lawyer.
func (a *ascriber) official(e *entity) bool {
	toks := lexicon.Scan(nil, e.role, 0, len(e.role))
	for k := range toks {
		if a.lang.words.All(toks[k:k+1])&trial != 0 {
			return true
		}
	}
	return false
}

// lastPerson is whom the text spoke of last that the words of p fit.
func (a *ascriber) lastPerson(p *phrase) *entity {
	d := p.desc.In(a.text)
	h := a.headAt(p)
	other := h > p.from && a.roleAt(h-1) > 1 // "the case officer" is no councillor
	fit := func(e *entity) bool {
		return e != nil && e.person && e.likely && e.at < p.desc.Start && a.people.agree(e, d)
	}
	if b := a.before; b != nil && b.person && !b.place && !a.outranked(b, d) && b.role == "" && b.at < p.desc.Start && a.people.agree(b, d) {
		return b
	}
	if other {
		return nil
	}
	for _, e := range []*entity{a.before, a.recent, a.speaker} {
		if fit(e) {
			return e
		}
	}
	for _, e := range slices.Backward(a.people.likely) {
		if fit(e) {
			return e
		}
	}
	for _, e := range slices.Backward(a.people.others) {
		if e.role == "" && e.at < p.desc.Start && a.people.agree(e, d) {
			return e
		}
	}
	return nil
}

// outranked tells whether e has one word for a name that no person's form tells of,
// and somebody with a person's name was spoken of since: "Spain won by a goal of Ana
// Ruiz".
func (a *ascriber) outranked(e *entity, d string) bool {
	r := a.recent
	return e.words == 1 && !e.likely && e.sex == 0 && r != nil && r != e && r.likely && r.at > e.at && r.role == "" && a.people.agree(r, d)
}

// theBody is the body of one of the kinds that was spoken of last.
func (a *ascriber) theBody(p *phrase, kinds uint16) *entity {
	if kinds&kindsOfCopy != 0 {
		if p.from == 0 || !a.items[p.from-1].is(according) {
			return nil
		}
		kinds = court
	}
	if kinds&kindsOfPaper != 0 && kinds&anyPaper == 0 {
		return nil // "the letter" stands for itself
	}
	if kinds&anyPaper != 0 {
		kinds |= kindsOfPaper
	}
	var known *entity // by a name that doesn't tell its kind
	before := sort.Search(len(a.bodies), func(i int) bool { return a.bodies[i].from >= p.from })
	for i := before - 1; i >= max(0, before-maxBack); i-- {
		b := &a.bodies[i]
		if b.kinds&kinds != 0 {
			return a.people.who(&b.phrase)
		}
		if b.kinds == 0 && known == nil && kinds != court && kinds&kindsOfPaper == 0 {
			if e := a.people.who(&b.phrase); e == a.before || e == a.body || e == a.speaker || e.at <= a.topic() {
				known = e
			}
		}
	}
	if kinds == court && a.bench != nil {
		return a.bench // "the judges" of "the court"
	}
	if p.core-p.from > 2 && !a.based(p) {
		return nil // "the central bank" says more than that it is a body
	}
	if b := a.before; known == nil && kinds&(court|kindsOfPaper) == 0 && b != nil && b.words > 1 && b.at < p.desc.Start && b.named && !b.likely && b.sex == 0 && !b.outlet && !b.place && b.role == "" && !a.items[p.from].is(many) && !strings.ContainsAny(b.name, "0123456789") {
		return b
	}
	return known
}
