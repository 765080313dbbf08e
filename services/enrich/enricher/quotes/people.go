package quotes

import (
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// entity is a person, body or description that may be quoted.
type entity struct {
	name    string
	folded  string // the name; filled when first looked at
	role    string
	duty    []string // words of the role, folded; filled when first looked at
	at      int      // where it is named first
	person  bool
	named   bool // by a name and no description
	words   int
	human   bool          // a description of somebody with a function
	many    bool          // more than one
	outlet  bool          // a medium
	place   bool          // a city, which stands for a government
	quoted  bool          // has spoken
	likely  bool          // a person by form of name, function or title
	sex     lexicon.Class // masculine or feminine, 0: not known
	noun    string        // of a description; filled when first looked at
	kinds   uint16        // of bodies, by the words of the name; likewise
	sent    int           // where it was spoken of last
	subject bool          // as the subject there
	article lexicon.Class // of the first word of a description; filled when first looked at
	held    bool          // it stood behind a preposition there
	times   int           // how often it was spoken of
	via     string        // channel that its words came through last
	placed  bool          // the fields were looked for
	work    fields        // of its function
	sought  bool          // somebody named later was looked for whom a description means
	later   *entity       // that one
	told    fields        // of what stands where it is named first, but for those
}

// people are all who were named.
type people struct {
	lang    *language
	text    string
	titles  *lexicon.Trie      // words before names that tell the pronoun
	given   *lexicon.Trie      // given names, likewise
	byName  map[string]*entity // names and descriptions, folded
	byLast  map[string]*entity // fullest name that ends with the word
	byFirst map[string]*entity // first name that begins with it
	initial map[string]*entity // bodies by the initials in brackets behind their names
	byHead  map[string]*entity // longer description met last, by its noun
	roles   []*entity          // persons with a function
	likely  []*entity          // persons by their form
	others  []*entity          // who else may be a person: two words with capitals
	all     []entity           // room for them
}

// fold makes names comparable.
func fold(s string) string { return strings.ToLower(clean(s)) }

// fold is the name of e made comparable.
func (e *entity) fold() string {
	if e.folded == "" {
		e.folded = fold(e.name)
	}
	return e.folded
}

func lastWord(s string) string {
	if i := strings.LastIndexByte(s, ' '); i >= 0 {
		return s[i+1:]
	}
	return s
}

// few is room for the words of a name or function, as most are.
type few [12]lexicon.Token

// family is the last word of a name but for what stands behind it: Barlow of
// "Hugh Barlow KC".
func (p *people) family(name string) string {
	var room few
	for {
		last := lastWord(name)
		if last == name || p.lang.words.Longest(lexicon.Scan(room[:0], last, 0, len(last)), honour).Tokens == 0 {
			return last
		}
		name = name[:len(name)-len(last)-1]
	}
}

// meet enters a name, made comparable, that the text gives, with its function.
func (p *people) meet(ph *phrase, name string) {
	e := p.byName[name]
	if e == nil {
		e = p.named(ph, name)
		p.byName[name] = e
	}
	p.know(e, ph)
	p.shorten(e, ph)
	p.initials(e, ph)
	if ph.words > 1 && ph.article && !ph.role.Empty() && ph.role.End <= ph.name.Start {
		// A firm behind what it is: "carrier Brandol Air"
		if first, _, ok := strings.Cut(name, " "); ok && p.byFirst[first] == nil {
			p.byFirst[first] = e
		}
	}
	if ph.words < 2 || ph.article {
		return
	}
	if !e.likely && e.person && ph.words == 2 && !ph.body && len(p.others) < maxKnown && e.at == ph.name.Start {
		p.others = append(p.others, e)
	}
	if first, _, ok := strings.Cut(name, " "); ok && p.byFirst[first] == nil {
		p.byFirst[first] = e
	}
	last := p.family(name)
	if old := p.byLast[last]; old == nil || ph.words > old.words {
		if old != nil && e.role == "" && strings.HasSuffix(name, old.name) {
			e.role = old.role
		}
		p.byLast[last] = e
	}
}

// shorten lets the short name of a body mean it.
func (p *people) shorten(e *entity, ph *phrase) {
	if short := fold(ph.short.In(p.text)); short != "" && p.byName[short] == nil {
		p.byName[short] = e
	}
}

// minInitials is how many words with capitals a body's name has at least that its initials
// mean.
const minInitials = 3

// initials lets the first letters of a body's name mean it: the FSB is the Federation of
// Small Businesses.
func (p *people) initials(e *entity, ph *phrase) {
	if ph.words < minInitials || ph.likely {
		return
	}
	var room [8]byte
	letters := room[:0]
	name := ph.name.In(p.text)
	if ph.article {
		_, name, _ = strings.Cut(name, " ")
	}
	for i := range len(name) {
		if c := name[i]; c >= 'A' && c <= 'Z' && (i == 0 || name[i-1] == ' ' || name[i-1] == '-') && len(letters) < len(room) {
			letters = append(letters, c)
		}
	}
	if len(letters) < minInitials {
		return
	}
	if p.initial[string(letters)] == nil {
		p.initial[string(letters)] = e
	}
}

// maxKnown is how many persons are kept in mind for "the minister", and how many
// for a "she" who is named only later.
const maxKnown = 100

// begins is the person whose name goes on behind the words: "Sir Alan".
func (p *people) begins(name string) *entity {
	first, rest, ok := strings.Cut(name, " ")
	if !ok || rest == "" {
		return nil
	}
	if e := p.byFirst[first]; e != nil && strings.HasPrefix(e.fold(), name) && strings.HasPrefix(e.folded[len(name):], " ") {
		return e
	}
	return nil
}

// know adds what a phrase tells of somebody who is named.
func (p *people) know(e *entity, ph *phrase) {
	if e.role == "" && !ph.role.Empty() {
		e.role = clean(ph.role.In(p.text))
		if e.sex == 0 {
			e.sex = p.sex(e.role)
		}
		if len(p.roles) < maxKnown && e.person {
			p.roles = append(p.roles, e)
		}
	}
	if !e.likely && e.person && (ph.words > 1 && (ph.likely || e.sex != 0) || e.role != "") {
		e.likely = true
		if len(p.likely) < maxKnown {
			p.likely = append(p.likely, e)
		}
	}
}

// sex tells which pronoun a function or description goes with, 0 if the words
// don't tell.
func (p *people) sex(s string) lexicon.Class {
	var c lexicon.Class
	var room few
	toks := lexicon.Scan(room[:0], s, 0, len(s))
	for i, t := range toks[:min(len(toks), 4)] {
		if i > 0 && !p.lang.capitals && p.lang.words.Longest(toks[i:i+1], inside).Classes&inside != 0 {
			break // "jefe de la policía"
		}
		c |= p.lang.words.Longest(toks[i:i+1], masculine|feminine).Classes & (masculine | feminine)
		if w := s[t.Start:t.End]; p.lang.capitals && len(w) > 5 && strings.HasSuffix(w, "in") && t.Shape&lexicon.Upper != 0 {
			return feminine
		}
	}
	if c == masculine|feminine {
		return 0
	}
	return c
}

// agree tells whether the words of a description may mean a person by the
// pronoun that each goes with.
func (p *people) agree(e *entity, d string) bool {
	sex := p.sex(d)
	return sex == 0 || e.sex == 0 || sex == e.sex
}

// as is the person whose function the text tells by the words of d, nil if there
// is none or more than one.
func (p *people) as(d string) *entity {
	words := strings.Fields(fold(d))
	e, several := p.whose(words, false)
	if e == nil && !several && p.lang.capitals {
		e, _ = p.whose(words, true) // "der Chef" is the Konzernchef
	}
	if e == nil && !several {
		e = p.synonym(words)
	}
	return e
}

// synonym is the one person whose function means the same as the words: the coach
// is the manager.
func (p *people) synonym(words []string) *entity {
	if len(words) == 0 || len(p.lang.alike[words[len(words)-1]]) == 0 && len(p.lang.alike[words[0]]) == 0 {
		return nil
	}
	var found *entity
	for _, group := range p.lang.same {
		if !group[words[len(words)-1]] && !group[words[0]] {
			continue
		}
		for _, e := range p.roles {
			if e == found || !anyOf(group, strings.Fields(fold(e.role))) || !p.goesWith(e, words, group) {
				continue
			}
			if found != nil {
				return nil
			}
			found = e
		}
	}
	return found
}

// goesWith tells whether nothing else that a function says is unlike what the text
// tells of e: not "le coach bourguignon" of "l'entraîneur du Stade nantois".
func (p *people) goesWith(e *entity, words []string, group map[string]bool) bool {
	if p.lang.capitals || len(words) < 2 || !p.lang.inserts && !p.lang.noSubject {
		return true
	}
	for _, w := range words {
		if !group[w] && !strings.Contains(fold(e.role), w) && len(w) > 3 {
			return false
		}
	}
	return true
}

func anyOf(group map[string]bool, words []string) bool {
	for _, w := range words {
		if group[w] {
			return true
		}
	}
	return false
}

// whose is the one person whose function has the words, also as the ends of
// compounds; nil if there is none, or several.
func (p *people) whose(words []string, compound bool) (found *entity, several bool) {
	for _, e := range p.roles {
		if e.duty == nil {
			e.duty = strings.Fields(fold(e.role))
		}
		if !holds(e.duty, words, compound) {
			continue
		}
		if found != nil && found != e {
			several = true
			continue
		}
		found = e
	}
	if several {
		return p.first(words), true
	}
	return found, false
}

// first is the one person whose function begins with just these words: of the mayor
// and the deputy mayor the first; nil if there are several.
func (p *people) first(words []string) (found *entity) {
	for _, e := range p.roles {
		if len(e.duty) < len(words) || !slices.Equal(e.duty[:len(words)], words) {
			continue
		}
		if found != nil {
			return nil
		}
		found = e
	}
	return found
}

// minCompound is how many bytes the last part of a compound has at least.
const minCompound = 4

// holds tells whether every word of part is in whole, but for its ending, or
// ends one of its words.
func holds(whole, part []string, compound bool) bool {
	for _, w := range part {
		if !hasWord(whole, w, compound) {
			return false
		}
	}
	return len(part) > 0
}

// hasWord is holds of a single word.
func hasWord(whole []string, w string, compound bool) bool {
	for _, v := range whole {
		if compound && len(w) >= minCompound && strings.HasSuffix(v, w) {
			return true
		}
		a, b := w, v
		if len(a) > len(b) {
			a, b = b, a
		}
		if len(a) > 2 && len(b)-len(a) <= 2 && strings.HasPrefix(b, a) {
			return true
		}
	}
	return false
}

// named is a new entity for a name, which is folded when it is made comparable.
func (p *people) named(ph *phrase, folded string) *entity {
	whole := ph.name.In(p.text)
	name := p.untitled(whole)
	if ph.to == ph.from+2 || ph.words == 1 {
		name = unmarked(name)
	}
	if name != whole {
		folded = ""
	}
	e := p.add(entity{name: clean(name), folded: folded, at: ph.name.Start, words: ph.words, person: !ph.article && !ph.body && !strings.Contains(name, " & "), named: true})
	var room few
	first := lexicon.Scan(room[:0], e.name, 0, min(len(e.name), 24))
	if !ph.article && len(first) > 1 {
		e.sex = p.titles.Longest(first[:1], masculine|feminine).Classes & (masculine | feminine)
		switch names := p.given.All(first[:1]) & (lexicon.Man | lexicon.Woman); {
		case e.sex != 0:
		case names == lexicon.Man:
			e.sex = masculine
		case names == lexicon.Woman:
			e.sex = feminine
		}
	}
	if ph.words == 1 {
		e.place = len(first) > 0 && p.given.All(first[:1])&lexicon.City != 0
	}
	return e
}

// unmarked is a name without the quotation marks around it.
func unmarked(name string) string {
	const marks = "“”„\"«»"
	if plain(name) || !strings.ContainsAny(name, marks) {
		return name
	}
	name = strings.Map(func(c rune) rune {
		if strings.ContainsRune(marks, c) {
			return -1
		}
		return c
	}, name)
	return strings.Trim(name, " ,.\u00a0\u202f")
}

// plain tells whether s has neither a straight mark nor any character beyond ASCII.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] == '"' || s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// untitled is a name without the degree that stands between a function and it:
// "Chefärztin Dr. Ann Brandt". A French lawyer's "Me" stays.
func (p *people) untitled(name string) string {
	var room few
	toks := lexicon.Scan(room[:0], name, 0, min(len(name), 24))
	if len(toks) < 3 || p.lang.words.Longest(toks[:1], title).Classes&title == 0 || p.titles.Longest(toks[:1], masculine|feminine).Tokens > 0 {
		return name
	}
	if name[toks[0].Start:toks[0].End] == "Me" {
		return name
	}
	return name[toks[1].Start:]
}

// isCourt tells whether a description ends with a court's noun: "the court".
func (p *people) isCourt(description string) bool {
	return p.lang.bodies[lastWord(fold(description))] == court
}

// clean puts a single space for every run of white space.
func clean(s string) string {
	if spaced(s) {
		return s
	}
	return strings.Join(strings.Fields(s), " ")
}

// spaced tells whether s surely has no other white space than single blanks
// between words.
func spaced(s string) bool {
	before := byte(' ')
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ', c == ' ' && before == ' ', c == 0xc2, c == 0xe1, c == 0xe2, c == 0xe3: // the last four may begin a wide blank
			return false
		default:
			before = c
		}
	}
	return before != ' '
}

// who is the entity of a name or description.
func (p *people) who(ph *phrase) *entity {
	if ph.named() {
		return p.whoIs(ph, fold(ph.name.In(p.text)))
	}
	d := clean(ph.desc.In(p.text))
	if d == "" {
		return nil
	}
	folded := fold(d)
	e := p.byName[folded]
	if e == nil && ph.to-ph.from == 1 {
		e = p.byLast[folded] // "Baker said"
	}
	if e == nil {
		e = p.add(entity{name: d, folded: folded, words: ph.to - ph.from, sex: p.sex(d)})
		p.byName[folded] = e
	}
	return e
}

// whoIs is the entity of a name, made comparable.
func (p *people) whoIs(ph *phrase, name string) *entity {
	e := p.byName[name]
	if !ph.article && (ph.words < 3 || e == nil) {
		if full := p.byLast[p.family(name)]; full != nil && (ph.words == 1 || strings.HasSuffix(full.fold(), name)) {
			e = full
		} else if full := p.byFirst[name]; full != nil && ph.words == 1 && (full.likely || e != nil && full.at < e.at && full.sex == 0) {
			e = full
		} else if full := p.begins(name); full != nil {
			e = full
		} else if full := p.byLast[p.family(name)]; full != nil && ph.words == 2 && full.words > 1 && ranked(ph.name.In(p.text)) {
			e = full
		}
	}
	if e == nil {
		e = p.named(ph, name)
		p.byName[name] = e
	}
	p.know(e, ph)
	p.shorten(e, ph)
	return e
}

// ranked tells whether a name of two words has a rank in capitals before it: "DI Moore".
func ranked(name string) bool {
	first, _, _ := strings.Cut(name, " ")
	return len(first) > 1 && len(first) <= maxRank && strings.ToUpper(first) == first && strings.ToLower(first) != first
}

// maxRank is how many bytes a rank in capitals has at most.
const maxRank = 4

// join takes who is named only now, without a function, for whom the text described
// just before: "His lawyer shook his head. “…,” said Paul Mori."
func (a *ascriber) join(asc *ascription, e *entity) {
	p := &asc.who
	if e == nil || !p.named() || p.article || !p.role.Empty() || p.words < 2 || e.at != p.name.Start || e.role != "" || asc.at < 0 || p.from < asc.at && !a.english() || !e.person || a.headlined() {
		return
	}
	if p.to < len(a.items) && a.items[p.to].kind == comma && p.to+1 < len(a.items) && a.items[p.to+1].is(relative|articleWord) {
		return
	}
	d := a.before
	if d == nil || d.named || !d.human || d.many || d.sex != 0 && e.sex != 0 && d.sex&e.sex == 0 || d.sent < a.now-1 || a.sents[d.sent].paragraph != a.sent.paragraph {
		return
	}
	if !a.certain(d) {
		return
	}
	d.role = a.function(d)
	d.duty = nil
	e.role, d.name, d.folded = d.role, e.name, ""
	d.named, d.person, d.likely, d.words = true, true, true, e.words
	if d.sex == 0 {
		d.sex = e.sex
	}
}

// unmask gives whom the text only described the name that it tells now, behind a noun
// that says no more: "A pensioner was fined. … The man, Paul Mori, had".
func (a *ascriber) unmask(m *naming) {
	p, e := &m.phrase, m.e
	if !p.enclosed || e.at != p.name.Start || !e.person || !a.items[p.from].is(definite) || p.from+2 >= p.to || a.items[p.from+1].words(person|party) == 0 || a.items[p.from+2].kind != comma {
		return
	}
	for _, d := range slices.Backward(a.latest) {
		if d == e || d.named || !d.human || d.many || d.sex != 0 && e.sex != 0 && d.sex&e.sex == 0 || !a.people.agree(d, p.role.In(a.text)) || !a.introduces(d) {
			continue
		}
		d.name, d.folded, d.named, d.person, d.likely, d.words = e.name, "", true, true, true, e.words
		if d.sex == 0 {
			d.sex = e.sex
		}
		return
	}
}

// reveal takes the one person who is named further on with a function for whom the text
// described by it before: "… what a judge called “…”. Judge Ann Brandt".
func (a *ascriber) reveal() {
	for i := range a.quotes {
		q := &a.quotes[i]
		e := q.entity
		if e == nil || e.named || e.many || e.outlet {
			continue
		}
		if !e.sought {
			e.sought, e.later = true, a.later(e, q)
		}
		if e.later != nil {
			q.entity = e.later
		}
	}
}

// echo gives words that the text begins with, and that somebody says again further on, to
// that one: a headline, the first paragraph.
func (a *ascriber) echo() {
	looked := 0
	for i := range a.quotes {
		q := &a.quotes[i]
		headline := a.headlineAt(q.first)
		if looked == maxEchoed || !headline && !a.opening(q.first) {
			return
		}
		if q.name || q.words < 2 || q.conf < byFragment || q.entity != nil && q.entity.named && (q.entity.person || !headline) {
			continue
		}
		looked++
		_, size := utf8.DecodeRuneInString(a.text[q.start:])
		words := a.text[q.start+size : q.end] // but for the first letter, which may be a capital
		for k := i + 1; k < len(a.quotes); k++ {
			o := &a.quotes[k]
			if o.entity != nil && o.entity.named && o.conf >= Enough && o.words >= q.words && o.open > q.close && strings.Contains(a.text[o.start:o.end], words) {
				q.entity, q.conf = o.entity, max(q.conf, byReport)
				break
			}
		}
	}
}

// maxEchoed is how many quotations of the first paragraph are looked for further on.
const maxEchoed = 8

// headlineAt tells whether item i stands in a headline.
func (a *ascriber) headlineAt(i int) bool {
	n := sort.Search(len(a.sents), func(n int) bool { return a.sents[n].to > i })
	return n < len(a.sents) && a.sents[n].headline
}

// opening tells whether item i stands in the first paragraph that is no headline.
func (a *ascriber) opening(i int) bool {
	for n := range a.sents {
		if s := &a.sents[n]; !s.headline {
			for n < len(a.sents) && a.sents[n].paragraph == s.paragraph && a.sents[n].to <= i {
				n++
			}
			return n < len(a.sents) && a.sents[n].paragraph == s.paragraph
		}
	}
	return false
}

// later is the one person who is named behind quotation q with the function that
// description e says; nil if there is none. A single word says enough only where the text
// begins.
func (a *ascriber) later(e *entity, q *quote) (found *entity) {
	var words []string
	if noun := a.nounIn(e.fold()); a.introduces(e) {
		words = []string{noun}
	} else {
		words = slices.DeleteFunc(strings.Fields(fold(a.function(e))), func(w string) bool { return len(w) < minStem })
	}
	if len(words) == 0 || len(words) == 1 && (!a.opening(q.first) || !a.isRole(words[0])) {
		return nil
	}
	for _, f := range a.people.roles {
		if f.duty == nil {
			f.duty = strings.Fields(fold(f.role))
		}
		if !f.person || !holds(f.duty, words, false) {
			continue
		}
		if found != nil || f.at < q.close || !a.people.agree(f, e.name) {
			return nil
		}
		found = f
	}
	return found
}

// isRole tells whether a word is one for a function.
func (a *ascriber) isRole(w string) bool {
	var room few
	toks := lexicon.Scan(room[:0], w, 0, len(w))
	return len(toks) == 1 && a.lang.words.All(toks)&role != 0
}

// foretold is who is named in the sentence behind one of the first two, without a
// function and saying something, if those described e only: "… what the minister called
// “…”. Ann Brandt said". It is e otherwise.
func (a *ascriber) foretold(e *entity, n int) *entity {
	if e == nil || e.named || e.many || n > 1 || n+1 >= len(a.sents) || a.sents[n].headline || a.sents[n+1].headline || a.function(e) == "" || !a.titular(e) {
		return e
	}
	p := &a.subject[n+1]
	if !p.named() || p.article || !p.likely || p.words < 2 || !p.role.Empty() || a.ofOwner(p) {
		return e
	}
	f := a.people.who(p)
	if f == nil || f.at != p.name.Start || f.role != "" || !f.person || !a.people.agree(f, e.name) {
		return e
	}
	says := false
	for v := p.to; v < min(a.sents[n+1].to, p.to+maxPhrase); v++ {
		if a.items[v].is(cue) && a.cueAt(v, a.sents[n+1].from, cue) && a.linked(p, v) {
			says = true
			break
		}
	}
	if !says {
		return e
	}
	f.role = a.function(e)
	a.people.byName[e.fold()] = f
	return f
}

// titular tells whether the noun of a description is a function.
func (a *ascriber) titular(e *entity) bool {
	var room few
	toks := lexicon.Scan(room[:0], e.name, 0, len(e.name))
	for i := range toks {
		c := a.lang.words.All(toks[i : i+1])
		if i > 0 && c&inside != 0 {
			return false
		}
		if c&role != 0 {
			return true
		}
	}
	return false
}

// headlined tells whether the sentence is a headline.
func (a *ascriber) headlined() bool { return a.sent != nil && a.sent.headline }

// certain tells whether a description means somebody certain, by its first word, and by
// its noun somebody with a function.
func (a *ascriber) certain(e *entity) bool {
	var room few
	toks := lexicon.Scan(room[:0], e.name, 0, len(e.name))
	if len(toks) == 0 {
		return false
	}
	c := a.lang.words.All(toks[:1])
	if c&articleWord != 0 && c&(definite|possessive) == 0 || c&(loose|many) != 0 {
		return false
	}
	for i := range toks {
		c := a.lang.words.All(toks[i : i+1])
		if i > 0 && c&inside != 0 {
			break
		}
		if c&role != 0 {
			return true
		}
	}
	return false
}

// function is a description without its article.
func (a *ascriber) function(e *entity) string {
	var room few
	toks := lexicon.Scan(room[:0], e.name, 0, len(e.name))
	for i := range toks {
		if a.lang.words.All(toks[i:i+1])&(articleWord|possessive) == 0 {
			return e.name[toks[i].Start:]
		}
	}
	return e.name
}
