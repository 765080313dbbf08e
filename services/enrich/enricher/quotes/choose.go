package quotes

import (
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// shape is what kind of words come back to somebody.
type shape uint8

const (
	silent    shape = iota // none: "añadió"
	sexed                  // "she"
	anyone                 // "l'intéressée", "in their view"
	several                // "it", "they"
	anOffice               // "the mayor", which may be somebody new
	aFunction              // "the economist"
	aPerson                // "the woman"
	aBody                  // "the company"
	aThing                 // "the Serb", "the decision"
	owned                  // "her deputy"
	shapes
)

// trait is what speaks for or against somebody being meant.
type trait uint8

const (
	_           trait = iota
	byMedium          // a rule of [ascriber.described] tells so
	byFunction        // likewise
	byNoun            // likewise
	byMeaning         // likewise
	byTopic           // likewise
	byPronoun         // a rule of [ascriber.pronominal] tells so
	byNothing         // no rule tells whom a description means, and this is the description itself
	isNew             // somebody new, by the description
	isNewGoesOn       // likewise, and the description goes on: "the mayor of Lyon"
	isNewVague        // likewise, with an article for somebody new
	isNewFirst        // likewise, in the first sentence
	isNewOpens        // likewise, with a comma behind it
	isSame            // was described by the same words
	sameSex
	otherSex
	unknownSex
	otherNumber
	isPerson // by the form of the name
	isName   // that may be a person's
	isHuman  // a description of somebody with a function
	isNamed  // described otherwise
	isBody   // a name that is no person's
	isOutlet
	isPlace
	sameNoun      // was described by the same noun
	hasFunction   // has the function that the words name
	likeFunction  // has one that means the same
	otherFunction // has another one
	noFunction    // none is told
	sameKind      // a body of the kind
	otherKind     // of another kind
	near0         // spoken of in the same sentence before
	near1         // in the one before
	near2
	near4 // three or four before
	near9 // longer ago
	paragraph0
	paragraph1
	paragraph2 // two or more before
	newest0    // spoken of last among those who go with the words
	newest1    // last but one
	newest2
	newest3 // longer ago
	isBefore
	isSpeaker
	isTeller
	wasHuman
	wasBody
	wasSubject
	isTopic // spoken of in the first sentence's subject
	hasSpoken
	isOften
	hasWords   // what else the words say, its name or function has, too
	lacksWords // it hasn't
	isLater    // named only later
	isOnly     // the only one who goes with the words
	spokeHere  // was quoted before in the sentence
	subjectHere
	spokeInParagraph
	isThis    // "this man"
	isThisNew // somebody new, with "this"
	isTopicPerson
	hasName       // a word of its name is among the words
	wasHeld       // stood behind a preposition last
	otherNoun     // was described by another noun
	isNewBehind   // somebody new, named behind the verb
	isNewBegins   // likewise, at the beginning of a paragraph
	isNewNobody   // likewise, and nobody else goes with the words
	isNewHere     // likewise, and somebody was quoted in the paragraph
	isNewWho      // likewise, with a relative clause
	isIntroduced  // was described with an article for somebody new
	isCourt       // the court of a ruling
	isSpeakerOnly // nobody else was quoted in the paragraph
	sameField     // its function is of the field of the words
	toldField     // what is told of it is
	otherField    // its function is of another one
	noField       // nothing tells, of words that have a field
	onlyField     // the only one who is of the field, or has the function
	firstField    // the one of them who was spoken of last
	isNewField    // somebody new, and somebody's function is of the field
	isNewTold     // likewise, and what is told of somebody is
	isNewNoField  // likewise, and nobody is of the field of the words
	isNewUnknown  // likewise, and the words have no field
	isNewPlain    // likewise, by article and noun alone
	isPersonal    // a person, and the unknown noun has the form of one for persons
	isThing       // a person, and it has not
	isNewThing    // somebody new, and it has not
	otherWord     // has another function, of the same field
	otherUnknown  // has another one, and the field of the words isn't known
	isOwner       // the words say whose it is, and it spoke or was the subject last
	traits
)

// traitNames are those of the file of weights, in the order of the traits.
var traitNames = [traits]string{"", "by medium", "by function", "by noun", "by meaning", "by topic", "by pronoun", "by nothing", "new", "new goes on", "new vague", "new first", "new opens", "same", "same sex", "other sex", "unknown sex", "other number", "person", "name", "human", "described", "body", "outlet", "place", "same noun", "has function", "like function", "other function", "no function", "same kind", "other kind", "near 0", "near 1", "near 2", "near 4", "near 9", "paragraph 0", "paragraph 1", "paragraph 2", "newest 0", "newest 1", "newest 2", "newest 3", "before", "speaker", "teller", "was human", "was body", "was subject", "topic", "has spoken", "often", "has words", "lacks words", "later", "only", "spoke here", "subject here", "spoke in paragraph", "this", "this new", "topic person", "has name", "was held", "other noun", "new behind", "new begins", "new nobody", "new here", "new who", "introduced", "court", "speaker only", "same field", "told field", "other field", "no field", "only field", "first field", "new field", "new told", "new no field", "new unknown", "new plain", "personal", "thing", "new thing", "other word", "other unknown", "owner"}

// weights are what each trait counts for each shape.
type weights [shapes][traits]float32

// readWeights reads what train-speakers has written.
func readWeights(dir fs.FS, name string) (*weights, error) {
	w := &weights{}
	err := lexicon.EachLine(dir, name, func(line string) error {
		label, numbers, ok := strings.Cut(line, ":")
		f := strings.Fields(numbers)
		if !ok || len(f) != int(shapes) {
			return fmt.Errorf("%s: %q is no trait with %d weights", name, line, shapes)
		}
		for t := trait(1); t < traits; t++ {
			if traitNames[t] != label {
				continue
			}
			for s := range f {
				v, err := strconv.ParseFloat(f[s], 32)
				if err != nil {
					return fmt.Errorf("%s: %w", name, err)
				}
				w[s][t] = float32(v)
			}
			return nil
		}
		return fmt.Errorf("%s: there is no trait %q", name, label)
	})
	return w, err
}

// maxSpoken is how many of those that were spoken of last words may come back to.
const maxSpoken = 12

// maxTraits is how many traits one of them has at most.
const maxTraits = 32

// candidate is whom words may mean.
type candidate struct {
	e      *entity // nil: somebody new
	traits [maxTraits]trait
	n      int
	fits   bool
	match  match // with the field of the words
}

func (c *candidate) is(t trait, yes bool) {
	if yes && c.n < maxTraits {
		c.traits[c.n] = t
		c.n++
	}
}

// choice is the question whom a phrase of sentence sent means, and what a rule says.
type choice struct {
	phrase

	sent      int
	asSubject bool
	rule      *entity
	by        trait

	shape    shape
	sex      lexicon.Class
	many     bool
	start    int
	noun     string
	function string            // the noun, without a word for somebody who had it
	alike    []map[string]bool // groups of functions that it is in
	words    []string          // but for the noun
	names    []string          // those with a capital
	kinds    uint16
	these    bool
	fields   fields
	matched  bool    // somebody of the best match was weighed
	thing    bool    // the noun is not known as one for persons
	fit      int     // how many go with it
	best     match   // of them
	bests    int     // how many are matched so
	subject  *entity // of the sentence, before the phrase
}

// naming is where the text names somebody.
type naming struct {
	phrase
	folded string // the name, "" of a description
	sent   int
	held   bool // behind a preposition
	e      *entity
}

// absorb takes note of who is named before item limit.
func (a *ascriber) absorb(limit int) {
	for ; a.absorbed < len(a.names) && a.names[a.absorbed].from < limit; a.absorbed++ {
		m := &a.names[a.absorbed]
		if !m.named() {
			m.e = a.people.who(&m.phrase)
			m.e.human = true
		} else {
			m.e = a.people.whoIs(&m.phrase, m.folded)
			a.unmask(m)
		}
		a.note(m.e, m.sent, a.subject[m.sent].to > 0 && a.subject[m.sent].from == m.from)
		m.e.held = m.held
	}
}

// note keeps where somebody was spoken of last.
func (a *ascriber) note(e *entity, sent int, subject bool) {
	if e == nil {
		return
	}
	e.sent, e.subject = sent, subject || e.subject && e.sent == sent
	e.times++
	e.held = false
	at := len(a.latest)
	for k := range a.latest {
		if a.latest[k] == e {
			at = k
			break
		}
	}
	switch {
	case at < len(a.latest):
	case at < maxSpoken:
		a.latest = append(a.latest, nil)
	default:
		at = 0
	}
	copy(a.latest[at:], a.latest[at+1:])
	a.latest[len(a.latest)-1] = e
}

// shapeOf is what kind of words p is.
func (a *ascriber) shapeOf(p *phrase) shape {
	switch single := p.pronoun & (masculine | feminine); {
	case p.pronoun != 0 && p.to == 0:
		return silent
	case p.pronoun == 0:
	case single == 0:
		return several
	case single == masculine|feminine:
		return anyone
	default:
		return sexed
	}
	if a.items[p.from].is(possessive) {
		return owned
	}
	h := a.headAt(p)
	if h < p.from {
		return aThing
	}
	switch t := &a.items[h]; {
	case t.words(person|party) > 0:
		return aPerson
	case a.roleAt(h) > 0 && !a.back(h):
		return anOffice
	case a.roleAt(h) > 0:
		return aFunction
	case a.kindsAt(h) != 0:
		return aBody
	}
	return aThing
}

// choose is whom the words of a choice mean most likely; nil if that is somebody new,
// or nobody can be meant.
func (a *ascriber) choose(c *choice) *entity {
	p := &c.phrase
	if p.pronoun == 0 && (p.from >= len(a.items) || !a.items[p.from].is(articleWord|definite|possessive)) {
		return c.rule
	}
	if p.loose || p.pronoun != 0 && p.to-p.from > 1 && c.rule != nil && !c.rule.named && c.rule.times == 0 {
		return c.rule // "una de las viajeras", "der 44-Jährige" where it fits nobody
	}
	a.look(c)
	list := a.candidates[:0]
	add := func(e *entity) {
		if e == nil || e.at >= c.start && e != c.rule {
			return
		}
		for k := range list {
			if list[k].e == e {
				return
			}
		}
		list = append(list, candidate{e: e})
	}
	for _, e := range slices.Backward(a.latest) {
		add(e)
	}
	for _, e := range []*entity{c.rule, c.subject, a.before, a.speaker, a.human, a.body, a.teller} {
		add(e)
	}
	if p.pronoun == 0 {
		if e := a.people.byName[fold(p.desc.In(a.text))]; e != nil && !p.named() {
			add(e)
		} else {
			list = append(list, candidate{})
		}
	}
	if c.shape == aBody && p.core-p.from == 2 && p.to == p.core && a.lang.ownBodies[c.noun] {
		other := func(e *entity) bool { return e != nil && !strings.Contains(e.fold(), c.noun) }
		list = slices.DeleteFunc(list, func(k candidate) bool { return other(k.e) })
		if other(c.rule) {
			c.rule = nil
		}
	}
	a.candidates = list
	if len(list) == 0 {
		return c.rule
	}
	newest, fit := 0, 0
	for k := range list {
		list[k].fits = list[k].e == nil || a.goes(c, list[k].e)
		if list[k].fits && list[k].e != nil {
			fit++
		}
	}
	c.fit = fit
	if fit > 0 && c.shape == sexed {
		list = slices.DeleteFunc(list, func(k candidate) bool { return !k.fits && a.mute(k.e) })
	}
	if p.pronoun == 0 && a.addresses(p) {
		// "the manager told her": whoever was spoken of is "her"
		her := func(e *entity) bool {
			return e != nil && e.person && (e == a.before || e == a.speaker || e == c.subject)
		}
		list = slices.DeleteFunc(list, func(k candidate) bool { return her(k.e) })
		if her(c.rule) {
			c.rule = nil
		}
	}
	if c.shape == owned {
		list = slices.DeleteFunc(list, func(k candidate) bool { return k.e != nil && k.e != c.rule && a.unlike(c, k.e) })
	}
	if len(list) == 0 {
		return c.rule // "a farmer told her", where the farmer alone has spoken
	}
	a.matchAll(c, list)
	for k := range list {
		a.weigh(c, &list[k], newest)
		if list[k].fits {
			newest++
		}
	}
	if a.record != nil && a.asking != -1 {
		a.record(a.asking, c.shape, c.sent, c.desc, list)
		a.asking = -1
	}
	best, most := -1, float32(0)
	for k := range list {
		var sum float32
		for _, t := range list[k].traits[:list[k].n] {
			sum += a.weights[c.shape][t]
		}
		if best < 0 || sum > most {
			best, most = k, sum
		}
	}
	e := list[best].e
	switch {
	case e == nil && c.shape == aBody:
		return c.rule
	case e == nil, c.shape == anOffice && c.rule == nil && slices.ContainsFunc(list[best].traits[:list[best].n], func(t trait) bool { return t == otherFunction || t == otherWord || t == otherUnknown }):
		return nil // who has another function is no mayor
	}
	if p.pronoun != 0 {
		return a.bind(e, p.pronoun)
	}
	if (c.shape == anOffice || c.shape == aFunction || e == c.rule && c.by == byFunction) && p.definite && e.named && e.person && e.role == "" && !p.role.Empty() && !p.named() {
		e.role = clean(p.role.In(a.text))
		if len(a.people.roles) < maxKnown {
			a.people.roles = append(a.people.roles, e)
		}
	}
	return e
}

// addresses tells whether p tells "him" or "her" something.
func (a *ascriber) addresses(p *phrase) bool {
	v := p.to
	return a.english() && v+1 < len(a.items) && a.items[v].is(cue) && a.items[v+1].is(oblique)
}

// unlike tells whether e is not of the kind that words like "her club", "his lawyer" say: a
// person is no club, and who has another function no lawyer.
func (a *ascriber) unlike(c *choice, e *entity) bool {
	h := a.headAt(&c.phrase)
	if h < c.from {
		return false
	}
	switch human := a.roleAt(h) > 0 || a.items[h].words(person|party) > 0; {
	case !human && c.kinds != 0:
		return e.person && e.likely || e.human
	case human && a.roleAt(h) > 0:
		if e.named && !e.person {
			return true
		}
		duty := strings.Fields(fold(e.role))
		return len(duty) > 0 && !hasWord(duty, c.function, a.lang.capitals) && !slices.ContainsFunc(c.alike, func(group map[string]bool) bool { return anyOf(group, duty) })
	}
	return false
}

// mute tells whether e, who does not go with "he" or "she", is a thing: nobody who is named
// or has a function.
func (a *ascriber) mute(e *entity) bool {
	if e.named || e.human || e.many {
		return false
	}
	if e.kinds == 0 {
		e.kinds = a.kindsIn(e.fold())
	}
	const speaking = ^uint16(noKind | kindsOfCopy | kindsOfPaper)
	if e.kinds&speaking != 0 {
		return false
	}
	var room few
	noun := a.nounIn(e.fold())
	toks := lexicon.Scan(room[:0], noun, 0, len(noun))
	return len(toks) == 0 || a.lang.words.All(toks[:1])&(role|person|party) == 0
}

// look fills in what the words of a choice say.
func (a *ascriber) look(c *choice) {
	p := &c.phrase
	c.shape = a.shapeOf(p)
	s := &a.sents[c.sent]
	if p.to > 0 {
		c.start = int(a.items[p.from].Start)
		a.absorb(p.from)
	} else {
		c.start = int(a.items[s.to-1].End)
		a.absorb(s.from)
	}
	if q := &a.subject[c.sent]; !c.asSubject && q.to > 0 && (p.to == 0 || q.to <= p.from) {
		c.subject = a.subjectOfSentence(c.sent)
	}
	if p.pronoun != 0 {
		if single := p.pronoun & (masculine | feminine); single != masculine|feminine {
			c.sex = single
		}
		c.many = p.pronoun&plural != 0 && c.sex == 0
		return
	}
	d := p.desc.In(a.text)
	c.sex = a.people.sex(d)
	c.many = a.plural(p)
	c.these = a.lang.these[strings.ToLower(a.cover(p.from, p.from+1).In(a.text))]
	if h := a.headAt(p); h >= p.from {
		c.noun = fold(a.cover(h, h+1).In(a.text))
		c.kinds = a.kindsAt(h)
	}
	c.function = former(c.noun)
	c.alike = a.lang.alike[c.function]
	c.words, c.names = a.words[:0], a.capitals[:0]
	for k := p.from; k < p.core; k++ {
		t := &a.items[k]
		if t.kind != word || t.is(articleWord|possessive) {
			continue
		}
		w := fold(a.text[t.Start:t.End])
		if w != c.noun && len(w) >= minStem && !t.is(preposition) {
			c.words = append(c.words, w)
		}
		if t.upper() && t.End-t.Start > 2 && !t.is(role) {
			c.names = append(c.names, w)
		}
	}
	a.words, a.capitals = c.words, c.names
	c.fields = a.fieldsIn(c)
	c.thing = c.shape == aThing && !a.personal(p)
}

// personal tells whether an unknown noun has the form of one for persons: "the Serb",
// "l'académicien".
func (a *ascriber) personal(p *phrase) bool {
	h := a.headAt(p)
	if h < p.from {
		return false
	}
	if a.items[h].upper() && !a.lang.capitals {
		return true
	}
	w := strings.ToLower(a.text[a.items[h].Start:a.items[h].End])
	return slices.ContainsFunc(a.lang.likelyEndings, func(e string) bool { return len(w) > len(e)+minStem && strings.HasSuffix(w, e) })
}

// matchAll finds who of a list goes best with the field of the words.
func (a *ascriber) matchAll(c *choice, list []candidate) {
	if c.pronoun != 0 || c.shape == aBody {
		return
	}
	for k := range list {
		l := &list[k]
		if !l.fits || l.e == nil {
			continue
		}
		l.match = a.match(c, l.e)
		switch {
		case l.match != matchWork && l.match != matchTold:
		case c.best == matchNone, l.match < c.best:
			c.best, c.bests = l.match, 1
		case l.match == c.best:
			c.bests++
		}
	}
}

// subjectOfSentence is whom the subject of sentence n means.
func (a *ascriber) subjectOfSentence(n int) *entity {
	if a.subjectFor != n+1 {
		a.subjectFor = n + 1
		a.subjectIs = nil
		asking := a.asking
		a.asking = -2 - n
		if a.subject[n].to > 0 {
			room := a.candidates
			a.candidates = a.inner
			a.subjectIs = a.resolve(&a.subject[n], n, true)
			a.inner, a.candidates = a.candidates, room
		}
		a.asking = asking
	}
	return a.subjectIs
}

// goes tells whether nothing that is known of e speaks against the words of a choice.
func (a *ascriber) goes(c *choice, e *entity) bool {
	if c.sex != 0 && e.sex != 0 && c.sex&e.sex == 0 && c.shape != aBody && c.shape != aThing {
		return false
	}
	if c.shape == aBody || c.shape == several {
		return !(e.person && e.likely) || e.many
	}
	if c.shape == aThing || c.shape == owned {
		return true
	}
	return !e.outlet && !e.place && (e.person || e.human || a.introduces(e) && e.subject) && (!e.many || c.many || c.pronoun&plural != 0)
}

// weigh finds the traits of one candidate; newest is how many others who fit were
// spoken of later.
func (a *ascriber) weigh(c *choice, k *candidate, newest int) {
	e := k.e
	p := &c.phrase
	if e == nil {
		k.is(byNothing, c.rule == nil)
		k.is(isNew, true)
		k.is(isNewGoesOn, p.to > p.core)
		k.is(isNewVague, !a.items[p.from].is(definite|possessive) && !c.these)
		k.is(isNewFirst, c.sent == 0)
		k.is(isNewOpens, p.to < len(a.items) && a.items[p.to].kind == comma && p.to+1 < len(a.items) && a.items[p.to+1].is(articleWord|relative))
		k.is(isThisNew, c.these)
		s := &a.sents[c.sent]
		k.is(isNewBehind, a.behindVerb)
		k.is(isNewBegins, p.from == s.from && (c.sent == 0 || a.sents[c.sent-1].paragraph != s.paragraph))
		k.is(isNewNobody, c.fit == 0)
		k.is(isNewWho, p.to < len(a.items) && a.items[p.to].is(relative) && !a.items[p.to].is(articleWord))
		k.is(isNewHere, a.lastQ >= 0 && a.para == s.paragraph)
		if c.shape != aBody {
			k.is(isNewField, c.best == matchWork)
			k.is(isNewTold, c.best == matchTold)
			k.is(isNewNoField, c.fields != 0 && c.best == matchNone)
			k.is(isNewUnknown, c.fields == 0)
			k.is(isNewPlain, p.core-p.from == 2 && p.to == p.core)
			k.is(isNewThing, c.thing)
		}
		return
	}
	if e == c.rule {
		by := c.by
		if by == 0 {
			by = byPronoun
		}
		k.is(by, true)
	}
	switch {
	case c.sex == 0 || e.sex == 0:
		k.is(unknownSex, true)
	case c.sex&e.sex != 0:
		k.is(sameSex, true)
	default:
		k.is(otherSex, true)
	}
	k.is(isIntroduced, a.introduces(e))
	k.is(otherNumber, c.many != e.many && !(e.named && !e.person) && !(c.pronoun&plural != 0))
	switch {
	case e.outlet:
		k.is(isOutlet, true)
	case e.place:
		k.is(isPlace, true)
	case e.person && e.likely:
		k.is(isPerson, true)
	case e.named && e.person:
		k.is(isName, true)
	case e.named:
		k.is(isBody, true)
	case e.human || a.introduces(e):
		k.is(isHuman, true)
	default:
		k.is(isNamed, true)
	}
	if p.pronoun == 0 {
		a.weighWordsOf(c, k)
	}
	switch d := c.sent - e.sent; {
	case e.times == 0:
		k.is(near9, true)
	case d <= 0:
		k.is(near0, true)
	case d == 1:
		k.is(near1, true)
	case d == 2:
		k.is(near2, true)
	case d <= 4:
		k.is(near4, true)
	default:
		k.is(near9, true)
	}
	switch d := a.sents[c.sent].paragraph - a.sents[e.sent].paragraph; {
	case d <= 0:
		k.is(paragraph0, true)
	case d == 1:
		k.is(paragraph1, true)
	default:
		k.is(paragraph2, true)
	}
	if k.fits {
		switch newest {
		case 0:
			k.is(newest0, true)
		case 1:
			k.is(newest1, true)
		case 2:
			k.is(newest2, true)
		default:
			k.is(newest3, true)
		}
		k.is(isOnly, c.fit == 1)
	}
	k.is(isBefore, e == a.before)
	k.is(isSpeaker, e == a.speaker)
	k.is(isTeller, e == a.teller)
	k.is(wasHuman, e == a.human)
	k.is(wasBody, e == a.body)
	k.is(wasSubject, e.subject && e.times > 0)
	k.is(isTopic, e.at < a.topic())
	k.is(isTopicPerson, len(a.people.likely) > 0 && e == a.people.likely[0])
	k.is(hasSpoken, e.quoted)
	k.is(isOften, e.times > 2)
	k.is(isLater, e.at >= c.start)
	if a.lastQ >= 0 && e == a.speaker {
		k.is(spokeHere, a.holds(a.lastQ, &a.sents[c.sent]))
		k.is(spokeInParagraph, a.para == a.sents[c.sent].paragraph)
	}
	k.is(subjectHere, e == c.subject)
	k.is(wasHeld, e.held)
	k.is(isSpeakerOnly, e == a.speaker && a.para == a.sents[c.sent].paragraph && a.sole)
}

// weighWordsOf finds the traits of a candidate that the words of a description tell.
func (a *ascriber) weighWordsOf(c *choice, k *candidate) {
	e := k.e
	k.is(isThis, c.these)
	if !e.named && e.noun == "" {
		e.noun = a.nounIn(e.fold())
	}
	k.is(sameNoun, c.noun != "" && e.noun == c.noun)
	k.is(otherNoun, !e.named && c.noun != "" && e.noun != c.noun)
	if c.shape == aBody || c.kinds != 0 {
		if e.kinds == 0 {
			e.kinds = a.kindsIn(e.fold())
		}
		k.is(isCourt, c.kinds&kindsOfCopy != 0 && e.kinds&court != 0)
		k.is(sameKind, c.kinds&e.kinds&^noKind != 0)
		k.is(otherKind, c.kinds != 0 && e.kinds&^noKind != 0 && c.kinds&e.kinds == 0)
	}
	duty := e.role
	if duty == "" && !e.named {
		duty = e.name
	}
	if e.duty == nil && duty != "" {
		if e.role == "" {
			duty = e.fold()
		} else {
			duty = fold(duty)
		}
		e.duty = strings.Fields(duty)
		for k := range e.duty {
			e.duty[k] = former(e.duty[k])
		}
	}
	switch {
	case c.shape == aBody:
	case duty == "":
		k.is(noFunction, true)
	case hasWord(e.duty, c.function, a.lang.capitals):
		k.is(hasFunction, true)
	case slices.ContainsFunc(c.alike, func(group map[string]bool) bool { return anyOf(group, e.duty) }):
		k.is(likeFunction, true)
	case !e.named:
	case k.match == matchWork || k.match == matchTold:
		k.is(otherWord, true)
	case k.match == matchNone && c.fields == 0:
		k.is(otherUnknown, true)
	default:
		k.is(otherFunction, true)
	}
	k.is(hasName, e.named && slices.ContainsFunc(c.names, func(w string) bool { return wordOf(e.fold(), w) }))
	if len(c.words) > 0 {
		lacks := slices.ContainsFunc(c.words, func(w string) bool { return !hasWord(e.duty, w, false) && !strings.Contains(e.fold(), stemOf(w)) })
		k.is(hasWords, !lacks)
		k.is(lacksWords, lacks)
	}
	if c.shape != aBody {
		a.weighField(c, k)
	}
}

// weighField finds the traits that the field of a description tells.
func (a *ascriber) weighField(c *choice, k *candidate) {
	e := k.e
	if c.fields != 0 {
		switch k.match {
		case matchWork:
			k.is(sameField, true)
		case matchTold:
			k.is(toldField, true)
		case matchOther:
			k.is(otherField, true)
		default:
			k.is(noField, k.fits)
		}
	}
	if k.fits && k.match != matchNone && k.match == c.best {
		k.is(onlyField, c.bests == 1)
		if !c.matched {
			k.is(firstField, true)
			c.matched = true
		}
	}
	if c.shape == aThing {
		human := e.person || e.human
		k.is(isPersonal, human && !c.thing)
		k.is(isThing, human && c.thing)
	}
	k.is(isOwner, c.shape == owned && e.times > 0 && (e == a.before || e == a.speaker))
}

// noKind is set of what has been looked at and is no body by its words.
const noKind = 1 << 15

// kindsIn is what kinds of bodies the words of a name are.
func (a *ascriber) kindsIn(name string) uint16 {
	kinds := uint16(noKind)
	for w := range strings.FieldsSeq(name) {
		kinds |= a.lang.bodies[w]
	}
	return kinds
}

// nounIn is the noun of a description: the first word that data know as one for
// persons, functions or bodies, else the last one.
func (a *ascriber) nounIn(d string) string {
	last := ""
	var room few
	toks := lexicon.Scan(room[:0], d, 0, len(d))
	for i := range toks {
		w := d[toks[i].Start:toks[i].End]
		if a.lang.words.All(toks[i:i+1])&(person|role|party|body) != 0 {
			return w
		}
		last = w
	}
	return last
}

// stemOf is a word without its ending.
func stemOf(w string) string {
	if len(w) > minStem+4 {
		return w[:len(w)-3]
	}
	return w
}

// former is a function without the word for somebody who had it: "exministro".
func former(noun string) string {
	if rest, ok := strings.CutPrefix(noun, "ex"); ok && len(rest) > minStem {
		return strings.TrimPrefix(rest, "-")
	}
	return noun
}

// wordOf tells whether a name has the word.
func wordOf(name, w string) bool {
	for v := range strings.FieldsSeq(name) {
		if v == w {
			return true
		}
	}
	return false
}

// introduces tells whether the text described e with an article for somebody new.
func (a *ascriber) introduces(e *entity) bool {
	if e.named {
		return false
	}
	if e.article == 0 {
		var room few
		toks := lexicon.Scan(room[:0], e.name, 0, min(len(e.name), 16))
		e.article = relative // looked at
		if len(toks) > 1 {
			e.article |= a.lang.words.All(toks[:1])
		}
	}
	return e.article&articleWord != 0 && e.article&(definite|possessive) == 0
}
