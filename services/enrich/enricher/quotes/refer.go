package quotes

import (
	"slices"
	"sort"
	"strings"

	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// holds tells whether the last item of quotation q is in s.
func (a *ascriber) holds(q int, s *sentence) bool {
	return a.quotes[q].last >= s.from && a.quotes[q].last < s.to
}

// resolve is the entity that a phrase speaks of; nil if that can't be told. asSubject
// tells that the phrase is the subject of sentence n, and not who is quoted there.
func (a *ascriber) resolve(p *phrase, n int, asSubject bool) *entity {
	c := choice{phrase: *p, sent: n, asSubject: asSubject}
	if p.pronoun != 0 {
		if e := a.concerned(p, n); e != nil {
			return e
		}
		if e := a.inDocument(p, n, asSubject); e != nil {
			return e
		}
		c.rule = a.pronominal(p, n, asSubject)
		return a.choose(&c)
	}
	if a.ownersPaper(p) || a.ruling(p) {
		return a.told(p)
	}
	if a.inMarks(p) && p.pronoun == 0 && a.items[p.core-1].upper() {
		return a.told(p) // "Der „Bote“"
	}
	if !p.named() || p.article && p.words == 1 {
		c.rule, c.by = a.described(p)
		if c.by == byMedium {
			return c.rule
		}
		if e := a.choose(&c); e != nil {
			return e
		}
	}
	return a.told(p)
}

// ownersPaper tells whether p is a document with whose it is before it in English: "the
// engineers' report".
func (a *ascriber) ownersPaper(p *phrase) bool {
	h := a.headAt(p)
	if !a.english() || p.pronoun != 0 || p.named() || h <= p.from+1 || a.kindsAt(h)&(kindsOfPaper|kindsOfCopy) == 0 {
		return false
	}
	for k := p.from + 1; k <= h; k++ {
		if a.genitive(k) || a.between(k) == "' " || a.between(k) == "’ " {
			return true
		}
	}
	return false
}

// ruling tells whether p is a court's ruling that speaks itself: "la sentencia señala".
func (a *ascriber) ruling(p *phrase) bool {
	if p.pronoun != 0 || p.named() || p.to == 0 || p.from >= len(a.items) || !a.items[p.from].is(definite) || p.from > 0 && a.items[p.from-1].is(according) {
		return false
	}
	h := a.headAt(p)
	return h > p.from && a.kindsAt(h)&kindsOfCopy != 0 && a.kindsAt(h)&^kindsOfCopy == 0
}

// concerned is whom a sentence begins with as what it is about, before the pronoun for
// it: "As for her mother, she", "Quant au syndicat, il"; nil if it doesn't.
func (a *ascriber) concerned(p *phrase, n int) *entity {
	s := &a.sents[n]
	if p.from < s.from+3 || p.from >= s.to || a.items[p.from-1].kind != comma {
		return nil
	}
	begin := strings.ToLower(a.text[a.items[s.from].Start:min(len(a.text), int(a.items[s.from].Start)+16)])
	for _, t := range a.lang.topics {
		if !strings.HasPrefix(begin, t+" ") {
			continue
		}
		for k := s.from + 1; k < s.from+4 && k < p.from; k++ {
			if q, ok := a.noun(k, p.from-1); ok && q.pronoun == 0 && (q.to == p.from-1 || q.named()) {
				return a.told(&q)
			}
		}
	}
	return nil
}

// described is whom a description comes back to by a rule, and which one; nil if none
// tells.
func (a *ascriber) described(p *phrase) (*entity, trait) {
	if m := a.theMedium(p); m != nil {
		return m, byMedium
	}
	if e := a.known(p); e != nil {
		return e, byFunction
	}
	if e := a.himself(p); e != nil {
		return e, byMedium
	}
	if e := a.again(p); e != nil {
		return e, byNoun
	}
	if e := a.meant(p); e != nil {
		return e, byMeaning
	}
	if e := a.onlyOne(p); e != nil {
		return e, byTopic
	}
	if p.core > p.from && p.core-p.from <= 2 && len(a.people.initial) > 0 {
		if e := a.people.initial[a.cover(p.core-1, p.core).In(a.text)]; e != nil {
			return e, byNoun
		}
	}
	return nil, 0
}

// himself is whom a description names by the family name: "el propio Salas".
func (a *ascriber) himself(p *phrase) *entity {
	if p.named() || p.core < p.from+3 || a.lang.capitals || !a.items[p.core-1].upper() || a.items[p.core-2].upper() || a.items[p.core-1].is(role|body) {
		return nil
	}
	e := a.people.byLast[fold(a.cover(p.core-1, p.core).In(a.text))]
	if e == nil || !e.likely || e.at >= p.desc.Start || !a.people.agree(e, p.desc.In(a.text)) {
		return nil
	}
	return e
}

// told is who a phrase names or describes itself.
func (a *ascriber) told(p *phrase) *entity {
	if e := a.initialed(p); e != nil {
		return e
	}
	e := a.people.who(p)
	if e == nil {
		return nil
	}
	e.many = e.many || a.counted(p)
	if a.inMarks(p) && !e.named {
		e.name, e.folded, e.named = unmarked(a.cover(p.core-1, p.core).In(a.text)), "", true
	}
	if h := a.head(p); h != "" {
		a.people.byHead[h] = e
	}
	if p.named() {
		for _, m := range a.near(p.name.Start) {
			if m.End == p.name.End && m.Start <= p.name.Start && m.Start >= int(a.items[p.from].Start) || p.article && m.Start < p.name.End && m.End > p.name.Start {
				e.person, e.outlet = false, true
				if m.Start <= p.name.Start+8 && m.End >= p.name.End-3 && !shorter(p.name.In(a.text), m.name) {
					e.name, e.folded = m.name, ""
				}
			}
		}
	} else {
		if at, ok := a.givesName(p); ok && !e.named {
			e.name, e.folded, e.named, e.person, e.likely = at, "", true, true, true
		}
		e.human = e.human || a.hasFunction(p.from, p.to)
		e.many = e.many || a.items[p.from].is(many) || !a.lang.capitals && p.core > p.from && !a.items[p.from].is(articleWord|possessive) && strings.HasSuffix(a.text[a.items[p.from].Start:a.items[p.core-1].End], "s")
	}
	if e.outlet {
		a.outlet = e
	}
	return e
}

// maxNamed is how many items behind a description are looked through for the name that
// somebody gave.
const maxNamed = 20

// givesName is the name that a relative clause or a participle tells of whom p describes: "a
// farmer who gave his name only as Berto", "a woman, who gave only her surname, Lee".
func (a *ascriber) givesName(p *phrase) (name string, ok bool) {
	if p.pronoun != 0 || !a.items[p.from].is(articleWord) || a.items[p.from].is(definite) {
		return "", false
	}
	end := min(len(a.items), p.to+maxNamed)
	if n := sort.Search(len(a.sents), func(n int) bool { return a.sents[n].to > p.from }); n < len(a.sents) {
		end = min(end, a.sents[n].to)
	}
	for k := p.to; k+1 < end; k++ {
		t := &a.items[k]
		if t.kind != word && t.kind != comma {
			return "", false
		}
		if t.kind == comma || !a.lang.ownNames[strings.ToLower(a.text[t.Start:t.End])] || k <= p.to {
			continue
		}
		if b := &a.items[k-1]; b.is(preposition) || b.is(articleWord) && k-2 >= p.to && a.items[k-2].is(preposition) {
			return "", false // "au nom de la famille Morin"
		}
		return a.givenBehind(k, end)
	}
	return "", false
}

// maxToName is how many items may stand between "name" and the name.
const maxToName = 6

// givenBehind is the name that stands behind the word "name" at k, with nothing between them but "as",
// adverbs, a function or a comma: "his name to Reuters" and "his name, Reuters reported" tell of none.
func (a *ascriber) givenBehind(k, end int) (name string, ok bool) {
	apart := false
	for m := k + 1; m < min(end, k+1+maxToName); m++ {
		u := &a.items[m]
		n := a.roleAt(m)
		switch {
		case u.kind == comma:
			apart = true
		case u.kind != word || a.between(m) == ". ":
			return "", false
		case n > 0 && u.upper() && !u.given:
			m += n - 1 // "as Sergeant Lee"
		case u.upper() && !u.is(timeWord|articleWord):
			to := m + 1
			for to < min(end, m+3) && a.items[to].upper() && a.joined(to) {
				to++
			}
			if a.lang.capitals && !u.given || apart && to < end && a.items[to].kind == word {
				return "", false
			}
			return clean(a.cover(m, to).In(a.text)), true
		case !u.is(like | adverb):
			return "", false
		}
	}
	return "", false
}

// inMarks tells whether p is an article and a name in quotation marks: "der „Bote“".
func (a *ascriber) inMarks(p *phrase) bool {
	return !p.named() && p.core == p.from+2 && p.to == p.core && a.items[p.from].is(articleWord) && a.items[p.core-1].named
}

// initialed is the body whose initials a name is, nil if it is none: "the RSW".
func (a *ascriber) initialed(p *phrase) *entity {
	if !p.named() || p.core <= p.from || p.core-p.from > 2 || len(a.people.initial) == 0 {
		return nil
	}
	return a.people.initial[a.cover(p.core-1, p.core).In(a.text)]
}

// pronominal is whom a pronoun means by rules, nil if none tells.
func (a *ascriber) pronominal(p *phrase, n int, asSubject bool) *entity {
	if p.to == 0 && !asSubject && a.speaker != nil && !a.speaker.many && a.lastQ >= 0 && n > 0 && a.sents[n-1].paragraph == a.sents[n].paragraph && a.holds(a.lastQ, &a.sents[n-1]) && a.quotes[a.lastQ].entity == a.speaker && a.subject[n].to == 0 {
		return a.speaker // “…”, añadió.
	}
	// Somebody named earlier in the sentence, but not the pronoun itself.
	apart := !asSubject && p.from > 0 && p.to > 0 && a.items[p.from-1].kind == comma && p.pronoun&(masculine|feminine) == 0
	if q := &a.subject[n]; !asSubject && q.to > 0 && q.to <= p.from && q.pronoun == 0 {
		if e := a.subjectOfSentence(n); fits(e, p.pronoun, false) && a.mayTalk(e, p.pronoun) && (!apart || e == a.teller || e == a.speaker || a.teller == nil) {
			return e
		}
	}
	if apart && fits(a.teller, p.pronoun, true) {
		return a.teller // "Half of them, it added, were “…”"
	}
	order := []*entity{a.before, a.human, a.recent, a.speaker}
	if a.recentIn == n-1 {
		order = []*entity{a.before, a.recent, a.human, a.speaker}
	}
	if p.pronoun&(neuter|plural) != 0 && p.pronoun&(masculine|feminine) == 0 {
		order = []*entity{a.body, a.before, a.speaker}
		if a.before != nil && !a.before.person {
			order = []*entity{a.before, a.body, a.speaker}
		}
	}
	for _, sure := range []bool{true, false} {
		for _, e := range order {
			if fits(e, p.pronoun, sure) {
				return e
			}
		}
	}
	if p.to-p.from > 1 && a.items[p.from].words(according) == 0 {
		return a.people.who(p)
	}
	if p.pronoun&(masculine|feminine) != 0 {
		if l := a.people.likely; len(l) > 0 && l[0].at <= a.topic() && l[0].at < p.desc.Start && fits(l[0], p.pronoun, true) {
			return l[0] // whom the text is about
		}
		for _, e := range slices.Backward(a.people.likely) {
			if e.at < p.desc.Start && fits(e, p.pronoun, true) {
				return e
			}
		}
		// “…,” she said, and is named further on.
		for _, e := range a.people.likely {
			if fits(e, p.pronoun, true) {
				return e
			}
		}
	}
	return nil
}

// inDocument is whose document tells the words behind a verb whose subject is left out: "Brandt
// grabó un audio en el que agradece «…»"; nil if there is no such document.
func (a *ascriber) inDocument(p *phrase, n int, asSubject bool) *entity {
	q := &a.subject[n]
	if p.to != 0 || asSubject || a.cueItem == 0 || q.to == 0 || q.to >= a.cueItem || q.pronoun != 0 || !a.relativeAt(q.to, a.cueItem) {
		return nil
	}
	if e := a.subjectOfSentence(n); fits(e, p.pronoun, false) {
		return e
	}
	return nil
}

// relativeAt tells whether a relative clause begins among items [from, to), close to the
// end.
func (a *ascriber) relativeAt(from, to int) bool {
	for k := max(from, to-4); k < to; k++ {
		if a.items[k].is(relative) {
			return true
		}
	}
	return false
}

// mayTalk tells whether a "he" rather means e, of whom no function is told, than
// somebody whom the text spoke of before: not "Eine Pflicht nennt er".
func (a *ascriber) mayTalk(e *entity, p lexicon.Class) bool {
	if a.english() && !e.named && !e.human && !e.outlet && p&(neuter|plural) == 0 {
		return false // "The vote was “…”, he said"
	}
	if e.named && e.person || e.human || e.outlet || p&(masculine|feminine) == 0 {
		return true
	}
	for _, o := range []*entity{a.before, a.human, a.recent, a.speaker} {
		if o != nil && o != e && (o.named || o.human) && fits(o, p, true) {
			return false
		}
	}
	return true
}

// counted tells whether a number stands before the noun of p, right or as its first
// word: "140 Feuerwehrleute".
func (a *ascriber) counted(p *phrase) bool {
	number := func(k int) bool {
		return a.items[k].Shape&lexicon.Digits != 0 && a.between(k+1) == " "
	}
	if a.english() && !p.named() && a.items[p.from].is(many) {
		return true // "Two climbers"
	}
	return !p.likely && p.role.Empty() && (p.from > 0 && number(p.from-1) && !a.items[p.from].is(timeWord) || p.to > p.from+1 && number(p.from))
}

// head is the noun of a description that says more than the noun, "" if p is
// none.
func (a *ascriber) head(p *phrase) string {
	if p.named() || p.to-p.from < 3 || !a.items[p.from].is(articleWord) {
		return ""
	}
	k := p.from + 1
	for k+1 < p.to && !a.items[k+1].is(inside|preposition) {
		k++
	}
	if a.items[k].is(articleWord | possessive) {
		return ""
	}
	return fold(a.cover(k, k+1).In(a.text))
}

// again is whom "the official" means behind "a senior official at the ministry",
// nil if p is no such phrase.
func (a *ascriber) again(p *phrase) *entity {
	if p.named() || p.to-p.from != 2 || !a.items[p.from].is(definite) {
		return nil
	}
	return a.people.byHead[fold(a.cover(p.from+1, p.to).In(a.text))]
}

// shorter tells whether the text has fewer words of a name than its normal
// form: "FT".
func shorter(text, name string) bool {
	return len(strings.Fields(text))+1 < len(strings.Fields(name))
}

// known is the person whom a description such as "the minister" means, nil if
// that can't be told.
func (a *ascriber) known(p *phrase) *entity {
	if p.named() || p.role.Empty() {
		return nil
	}
	if a.sent != nil && a.sent.headline && p.to == p.core && !a.items[p.from].is(articleWord|possessive|many) && a.headed(p) {
		return a.people.as(p.role.In(a.text)) // "Mayor: “…”"
	}
	if a.plural(p) {
		return nil
	}
	if !p.definite && !a.items[p.from].is(possessive) && a.owner(p.from, p.to) == p.from || !a.headed(p) {
		return nil
	}
	if e := a.people.as(p.role.In(a.text)); e != nil {
		return e
	}
	// Who the sentence before was about, of whom nothing is told but this.
	if b := a.before; p.definite && b != nil && (b.likely || a.stillAbout(b, p)) && b.role == "" && a.people.byName[fold(p.desc.In(a.text))] == nil && a.people.agree(b, p.desc.In(a.text)) && !a.items[p.from].is(many) {
		return b
	}
	// Only one person, likewise.
	l, sex := a.people.likely, a.people.sex(p.desc.In(a.text))
	if p.definite && len(l) == 1 && l[0].role == "" && l[0].at < p.desc.Start && (sex == 0 || l[0].sex == 0 || sex == l[0].sex) && a.items[p.from].kind == word && !a.items[p.from].is(many) {
		return l[0]
	}
	return nil
}

// onlyOne is the one person named before "der italienische Notenbankchef" or "the
// Leeds coach": nobody else was named, or the function is of something that the text
// begins with; nil if there is no such one.
func (a *ascriber) onlyOne(p *phrase) *entity {
	l := a.people.likely
	if p.named() || p.role.Empty() || !p.definite || len(l) == 0 || a.plural(p) || p.to < len(a.items) && a.items[p.to].kind == comma {
		return nil
	}
	sex := a.people.sex(p.desc.In(a.text))
	if h := a.headAt(p); h < 0 || a.roleAt(h) == 0 || l[0].at >= p.desc.Start || p.to != p.core || a.people.byName[fold(p.desc.In(a.text))] != nil {
		return nil
	}
	if near := l[0] == a.recent || l[0] == a.speaker; near && sex != 0 && (len(l) == 1 || l[1].at > p.desc.Start) &&
		(l[0].sex == sex && l[0].role == "" || l[0].sex == 0 && p.to-p.from > 2) {
		return l[0]
	}
	if l[0].role != "" || l[0].at > a.topic() || sex != 0 && l[0].sex != 0 && sex != l[0].sex {
		return nil
	}
	first := &a.sents[0]
	for k := p.from; k < p.to; k++ {
		if !a.items[k].upper() || a.roleAt(k) > 0 || a.lang.capitals {
			continue
		}
		w := a.cover(k, k+1).In(a.text)
		for m := first.from; m < min(first.to, maxSentence); m++ {
			if a.items[m].upper() && a.cover(m, m+1).In(a.text) == w {
				return l[0]
			}
		}
	}
	return nil
}

// plural tells whether a description has the form of a plural.
func (g *grammar) plural(p *phrase) bool {
	if g.items[p.from].is(many) {
		return true
	}
	h := g.headAt(p)
	if g.lang.capitals || h < 0 {
		return false
	}
	w := g.cover(h, h+1).In(g.text)
	return strings.HasSuffix(w, "s") && !strings.HasSuffix(w, "ss")
}

// stillAbout tells whether a function without more words means the speaker of the
// paragraph, whose name has the form of no person's.
func (a *ascriber) stillAbout(e *entity, p *phrase) bool {
	h := a.headAt(p)
	return e == a.speaker && e.person && !e.place && a.sent != nil && a.para == a.sent.paragraph && p.to == p.core && h > 0 && !a.items[h].is(party) && (!a.english() || a.items[h].words(office) == 0)
}

// fits tells whether e may be meant by the pronoun; sure asks for more than
// that nothing speaks against it.
func fits(e *entity, p lexicon.Class, sure bool) bool {
	if e == nil {
		return false
	}
	single := p & (masculine | feminine)
	if single == 0 {
		if sure && p&plural == 0 && e.human && !e.many {
			return false // "it" is no spokesman
		}
		if p&neuter == 0 && e.person && e.likely && !e.many {
			return false // "they" is not one person
		}
		return p&plural != 0 || !e.person || !sure && !e.likely && e.role == ""
	}
	if e.place || e.sex != 0 && single&e.sex == 0 {
		return false
	}
	if e.person && (e.words > 1 || e.role != "") || p&plural != 0 || e.human && !e.many {
		return true
	}
	return !sure && (e.words > 1 || e.person) && !e.many && !e.outlet
}

func (a *ascriber) bind(e *entity, p lexicon.Class) *entity {
	if s := p & (masculine | feminine); e.sex == 0 && (s == masculine || s == feminine) && p&plural == 0 {
		e.sex = s
	}
	if !a.lang.noSubject && e.named && e.person && !e.likely && !e.place && e.words > 1 && p&(masculine|feminine) != 0 {
		e.likely = true // a person, as the text says
		if len(a.people.likely) < maxKnown {
			a.people.likely = append(a.people.likely, e)
		}
	}
	return e
}

// theMedium is the medium that "the paper" speaks of, nil if p doesn't.
func (a *ascriber) theMedium(p *phrase) *entity {
	if p.named() || p.to-p.from > 3 || a.items[p.from].words(theMedium) != p.to-p.from {
		return nil
	}
	if a.outlet != nil {
		return a.outlet
	}
	at := int(a.items[p.from].Start)
	k := sort.Search(len(a.media), func(i int) bool { return a.media[i].Start >= at })
	if k == 0 {
		return nil
	}
	m := a.media[k-1]
	e := a.people.who(&phrase{name: m.Span, article: true, words: 2})
	e.name, e.folded = m.name, ""
	return e
}

// owned is who a phrase like "his answer" or "Smith's verdict" makes the
// speaker, the phrase itself if it is none.
func (a *ascriber) owned(p phrase) phrase {
	said := false
	for k := p.from; k < p.to && k < len(a.items); k++ {
		said = said || a.items[k].is(speech)
	}
	if !said || p.named() || p.to-p.from < 2 {
		return p
	}
	for k := p.from + 1; k < p.to; k++ {
		if a.genitive(k) {
			if q, ok := a.noun(p.from, k); ok {
				return q
			}
		}
	}
	if a.items[p.from].is(possessive) {
		return phrase{from: p.from, to: p.from + 1, pronoun: masculine | feminine}
	}
	return p
}
