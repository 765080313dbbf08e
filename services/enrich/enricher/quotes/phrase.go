package quotes

import (
	"slices"
	"strings"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// How far words are looked through, in items.
const (
	maxPhrase   = 14 // of one description or name
	maxClause   = 40 // from a verb to its subject
	maxSentence = 60 // from a quotation to what ascribes it
)

// phrase is a noun phrase: who or what is spoken of.
type phrase struct {
	from, to int           // items of the whole, with an apposition
	name     article.Span  // of a name, without title that is a role
	role     article.Span  // of a function, without article
	desc     article.Span  // of a description, with article
	short    article.Span  // of a body's name, without what it goes on with
	pronoun  lexicon.Class // which pronoun; 0: none
	loose    bool          // "one", "others"
	body     bool          // a medium or a body by a word in it
	article  bool          // the name has an article before it, and no role
	words    int           // of the name
	likely   bool          // a person's name by its form
	definite bool          // a description with "the"
	core     int           // item behind it without what it goes on with
	enclosed bool          // an apposition between commas belongs to it
}

func (p *phrase) named() bool { return !p.name.Empty() }

// grammar finds phrases in the items of a text.
type grammar struct {
	text  string
	lang  *language
	lex   *lexicon.Lexicon
	items []item
}

func (g *grammar) cover(from, to int) article.Span {
	return article.Span{Start: int(g.items[from].Start), End: int(g.items[to-1].End)}
}

// between is the text between items i-1 and i.
func (g *grammar) between(i int) string {
	a, b := g.items[i-1].End, g.items[i].Start
	if b < a || b-a > 16 {
		return "  "
	}
	return g.text[a:b]
}

// joined tells whether nothing but a space, hyphen, apostrophe or the point of
// an abbreviation stands before item i.
func (g *grammar) joined(i int) bool {
	switch g.between(i) {
	case " ", "-", " & ", "'", "’", "\n", "\u00a0", "\u202f", ". ", ".", "", "' ", "’ ":
		return true
	}
	return false
}

func (g *grammar) given(i int) bool { return g.items[i].given }

// verbal tells whether item i is a verb, or something else that no noun phrase
// has in it.
func (g *grammar) verbal(i int) bool {
	t := &g.items[i]
	if t.upper() || t.kind != word {
		return false
	}
	if t.is(cue | describe | quoted | auxiliary | finite | subjunctive | participle | action) {
		return true
	}
	if i > 0 && g.between(i) == "-" {
		return false // "14th-ranked"
	}
	for _, e := range g.lang.verbEndings {
		if int(t.End-t.Start) > len(e)+2 && strings.HasSuffix(g.text[t.Start:t.End], e) {
			return true
		}
	}
	return false
}

// stopper tells whether a small word at i ends a noun phrase.
func (g *grammar) stopper(i int) bool {
	t := &g.items[i]
	if i > 0 && g.between(i) == "-" {
		return false // "47-year-old"
	}
	return t.is(preposition|conjunction|relative|timeWord|adverb|pronoun) && !t.is(articleWord|possessive) || t.words(according) > 0
}

// roleAt is how many items the function covers that begins at i, 0 if none
// does.
func (g *grammar) roleAt(i int) int { return int(g.items[i].fn) }

// particle tells whether the small word at i may stand inside a name: "van",
// "bin".
func (g *grammar) particle(i, end int) bool {
	t := &g.items[i]
	if t.upper() || t.kind != word || g.lex.Phrases.All([]lexicon.Token{t.Token})&lexicon.Particle == 0 || t.is(according|cue|relative) && !t.is(articleWord) {
		return false
	}
	if t.is(preposition | articleWord | conjunction | adverb) {
		switch g.text[t.Start:t.End] {
		case "von":
			if i > 1 && !g.given(i-1) && g.items[i-2].upper() && g.joined(i-1) {
				return false // "Carla Minder von der Universität"
			}
		case "de", "del", "van", "zu", "da", "di", "al", "du", "la", "y", "le":
		case "der", "den":
			if prev := g.text[g.items[i-1].Start:g.items[i-1].End]; prev != "von" && prev != "van" {
				return false
			}
		default:
			return false
		}
	}
	for k := i + 1; k < min(end, i+3); k++ {
		if !g.joined(k) {
			return false
		}
		if g.items[k].upper() {
			return true
		}
	}
	return false
}

// noun reads the noun phrase that begins at item i and ends before end.
func (g *grammar) noun(i, end int) (phrase, bool) {
	p := phrase{from: i}
	end = min(end, len(g.items))
	if i >= end || g.items[i].kind != word || g.genitive(i) || g.opener(i, end) {
		return p, false
	}
	t := &g.items[i]
	if t.is(pronoun) && (!t.is(articleWord) || i+1 >= end || g.verbal(i+1)) && !t.is(possessive) {
		p.pronoun, p.to = t.class&(masculine|feminine|neuter|plural), i+1
		p.desc = g.cover(i, i+1)
		return p, true
	}
	if t.is(participle) && i > 0 && g.items[i-1].is(auxiliary) && !t.upper() && g.between(i) == " " {
		return p, false // "a prévenu Ann Brandt"
	}
	j := i
	det := false
	for j < end && g.items[j].kind == word && !g.items[j].named && g.items[j].is(articleWord|possessive|loose) && (j == i || g.joined(j)) && j < i+3 {
		if t := &g.items[j]; t.is(role) && j == i {
			break
		}
		p.loose = p.loose || g.items[j].is(loose)
		det = true
		j++
	}
	if n := g.owner(j, end); n > j {
		det, j = true, n
	}
	first := j
	if det && j == i+1 && j < end && g.lang.noSubject && t.is(adverb) && g.object(i) && !g.items[j].upper() && g.verbal(j) && g.items[j].words(role|person) == 0 {
		return p, false // "lo encontró"
	}
	if det && j < end && g.items[j].is(auxiliary) && !g.items[j].upper() && g.items[j].words(role) == 0 {
		return p, false // "l'a qualifiée"
	}
	if j < end && g.titleBefore(j, end) {
		p.to, p.core = j+2, j+2
		for p.to < end && g.items[p.to].upper() && g.joined(p.to) {
			p.to++
		}
		p.core = p.to
		p.name, p.words, p.likely = g.cover(j, p.to), p.to-j, true
		return p, true
	}
	// Small words, then a name or, where nouns have capitals, nouns.
	for j < end && j < i+maxPhrase && g.items[j].kind == word && g.lower(j) && (j == i || g.joined(j)) {
		t := &g.items[j]
		if j > first && t.is(articleWord) || t.words(inside) > 1 {
			break
		}
		if (j > first || !det || p.loose) && !(j == first && g.adjective(j, end)) && g.verbal(j) && t.words(role) == 0 || g.stopper(j) && !(j == first && det && t.is(adverb|cue) && !t.is(preposition|conjunction|pronoun)) {
			break
		}
		if t.words(role) > 1 {
			j += t.words(role)
			continue
		}
		j++
	}
	j = min(j, end)
	small := j
	run := j
	for j < end && j < i+maxPhrase && g.items[j].kind == word && (g.items[j].upper() || j > run && g.between(j) == "-" || j > run && g.particle(j, end) || j > run && g.items[j].Shape&lexicon.Digits != 0 && g.items[j].End-g.items[j].Start < 3) && (j == i || g.joined(j)) {
		t := &g.items[j]
		if j > run && (t.is(timeWord) && !g.given(j-1) || g.newName(run, j)) {
			break
		}
		j += max(1, t.words(role)) // "Secretary of State"
		j = min(j, end)
		if n := g.noun2(j, end, det || j == run+1 && i == run); n > j {
			small, run, j, det = n, n, n, det || n == end || !g.items[n].upper()
		}
	}
	if j == run && small == first {
		if p.loose && first > i {
			return g.looseEnd(p, first, end)
		}
		return p, false
	}
	if j == run && !det && (!g.hasRole(i, small) || g.items[i].is(participle)) {
		return p, false // bare small words: no one in particular
	}
	if !det && small > first && !g.hasRole(first, small) {
		return p, false // "kill Rep. Ilhan Omar"
	}
	p.to, p.core = j, j
	g.split(&p, i, first, small, run, j, det)
	if p.named() && p.article {
		g.extendName(&p, end)
	}
	if !p.named() {
		g.dropParticiple(&p, first, end)
		g.extend(&p, end)
	}
	return p, true
}

// dropParticiple leaves out the last word of a description before who did it: "un
// employé joint par la presse".
func (g *grammar) dropParticiple(p *phrase, first, end int) {
	last := p.to - 1
	if (g.lang.inserts || g.lang.noSubject) && last > first && p.to < end && g.items[p.to].is(agent) && !g.items[last].is(role) && !g.items[last].upper() {
		p.to, p.core = last, last
		p.desc.End = int(g.items[last-1].End)
		if !p.role.Empty() {
			p.role.End = p.desc.End
		}
	}
}

// stands tells whether a phrase may be a subject: no time, and in German nothing
// by its article that stands in another case.
func (g *grammar) stands(p *phrase) bool {
	if p.pronoun != 0 || p.loose {
		return true
	}
	return !g.items[p.from].is(object) && (p.named() || p.core == 0 || !g.items[p.core-1].is(timeWord))
}

// genitive tells whether item i is the "s" of "the junta's".
func (g *grammar) genitive(i int) bool {
	t := &g.items[i]
	return i > 0 && t.kind == word && t.End-t.Start == 1 && g.text[t.Start] == 's' && (g.between(i) == "'" || g.between(i) == "’")
}

// opener tells whether the word at i opens a clause or sentence and is no name:
// "Just", "that some".
func (g *grammar) opener(i, end int) bool {
	t := &g.items[i]
	if t.is(relative) && t.is(articleWord) && i+1 < end && g.items[i+1].is(articleWord|possessive|pronoun|loose) {
		return true
	}
	if g.participial(i, end) || g.verbFirst(i) {
		return true
	}
	return t.upper() && !t.named && t.Shape&lexicon.AllCaps == 0 && t.is(preposition|conjunction|adverb|relative|timeWord|subordinate|finite|auxiliary) && !t.is(articleWord|possessive|pronoun|loose) && t.words(role) == 0 && !g.given(i)
}

// verbFirst tells whether a sentence without a subject begins with a verb at i:
// "Publicó su primer libro".
func (g *grammar) verbFirst(i int) bool {
	t := &g.items[i]
	if !g.lang.noSubject || !t.upper() || t.named || g.given(i) || i > 0 && g.items[i-1].kind == word && g.between(i) == " " || t.words(role) > 0 {
		return false
	}
	if t.is(cue | describe | weak | action) {
		return true
	}
	for _, e := range g.lang.verbEndings {
		if int(t.End-t.Start) > len(e)+2 && strings.HasSuffix(g.text[t.Start:t.End], e) {
			return true
		}
	}
	return false
}

// participial tells whether a clause without a subject begins with a participle at
// i: "Asked about it, she".
func (g *grammar) participial(i, end int) bool {
	t := &g.items[i]
	if !t.upper() || t.named || g.given(i) || g.lang.capitals || t.words(role) > 0 || i+1 >= end || i > 0 && g.items[i-1].kind == word && g.between(i) == " " {
		return false
	}
	if next := &g.items[i+1]; next.kind != comma && !next.is(preposition) {
		return false
	}
	if t.is(participle | action) {
		return true
	}
	for _, e := range g.lang.participles {
		if int(t.End-t.Start) > len(e)+3 && strings.HasSuffix(g.text[t.Start:t.End], e) {
			return g.items[i+1].kind != comma || len(e) > 2
		}
	}
	return false
}

// owner is where "China's" and the like end that begin at i; i if they don't.
func (g *grammar) owner(i, end int) int {
	for k := i; k < min(end, i+6) && g.items[k].kind == word && (k == i || g.joined(k)); k++ {
		if k > i && g.genitive(k) && k+1 < end && g.joined(k+1) {
			return k + 1
		}
		if k > i && !g.items[k].upper() && (g.verbal(k) || g.stopper(k)) {
			break
		}
	}
	return i
}

// noun2 is where the small words end that go on behind words with capitals:
// "Junta spokesman Amadou Abdramane", "a U.S. military official said". It is i
// if there are none.
func (g *grammar) noun2(i, end int, det bool) int {
	if g.lang.capitals {
		return i
	}
	for n := i; n < min(end, i+4) && g.items[n].kind == word && !g.items[n].upper() && g.joined(n); n++ {
		if k := g.items[n].words(role | person); k > 0 {
			m := n + k
			if m < end && g.items[m].kind == word && g.joined(m) && !g.items[m].upper() && !g.verbal(m) && !g.stopper(m) {
				continue // "chief negotiator"
			}
			if det || m < end && g.items[m].upper() && g.joined(m) {
				return m
			}
		}
		if g.verbal(n) || g.stopper(n) || strings.HasSuffix(g.text[g.items[n].Start:g.items[n].End], "ly") || g.items[n].is(articleWord|possessive) {
			break
		}
		if det && n+1 < end && g.items[n+1].upper() && g.joined(n+1) {
			return n + 1 // "the Oslo-based group Clean Seas"
		}
		if det && (n+1 == end || n+1 < end && g.verbal(n+1)) && n+1 < len(g.items) && g.joined(n+1) {
			return n + 1
		}
	}
	return i
}

// newName tells whether a person's name begins at j right behind a body's
// initials: "à l'AFP Aminata Diarra".
func (g *grammar) newName(run, j int) bool {
	prev := &g.items[j-1]
	if g.roleAt(run) > 0 || j+1 >= len(g.items) || !g.items[j+1].upper() || !g.joined(j+1) {
		return g.behindInitials(run, j)
	}
	if g.items[run].is(medium) && g.given(j) && !g.given(j-1) {
		return true // "a Radio Andina Rosario Quispe"
	}
	if ag, n := g.lex.AgencyName([]lexicon.Token{prev.Token}); n > 0 && j == run+1 && g.text[prev.Start:prev.End] == ag.Name && prev.Shape&lexicon.AllCaps != 0 && g.items[j].Shape&lexicon.AllCaps == 0 && g.roleAt(j) == 0 {
		return true
	}
	return g.behindInitials(run, j)
}

// behindInitials tells whether a given name stands at j behind initials.
func (g *grammar) behindInitials(run, j int) bool {
	prev := &g.items[j-1]
	return prev.Shape&lexicon.AllCaps != 0 && j == run+1 && g.items[j].Shape&lexicon.AllCaps == 0 && g.given(j) && g.roleAt(run) == 0
}

// adjective tells whether the word at i, which looks like a verb, stands before a
// function: "retired teacher Joan Pike".
func (g *grammar) adjective(i, end int) bool {
	return !g.items[i].is(cue|describe|auxiliary|finite|action|weak) && i+1 < end && g.joined(i+1) && g.items[i+1].words(role) > 0 && !g.items[i+1].upper()
}

// lower tells whether a phrase's small words go on at i: also with "Premier
// ministre".
func (g *grammar) lower(i int) bool {
	t := &g.items[i]
	n := t.words(role)
	return !t.upper() || n > 1 && i+n <= len(g.items) && !g.items[i+n-1].upper()
}

// titleBefore tells whether a small title stands at i before a name: "don Aurelio".
func (g *grammar) titleBefore(i, end int) bool {
	return g.items[i].is(title) && g.items[i].Shape&lexicon.Lower != 0 && g.items[i].End-g.items[i].Start > 1 && !g.items[i].is(role|pronoun|articleWord|preposition) && i+1 < end && g.items[i+1].upper() && g.joined(i+1)
}

// object tells whether the Spanish article at i, before a verb, is its object: "que
// lo encontró".
func (g *grammar) object(i int) bool {
	return g.text[g.items[i].Start:g.items[i].End] == "lo" || i > 0 && g.items[i-1].kind == word && g.between(i) == " "
}

// looseEnd is "one", "one of them".
func (g *grammar) looseEnd(p phrase, at, end int) (phrase, bool) {
	p.to = at
	if at+1 < end && g.items[at].is(inside) && g.joined(at) {
		if g.items[at+1].is(pronoun) || g.lang.words.All([]lexicon.Token{g.items[at+1].Token}) == 0 {
			p.to = at + 2
		} else if q, ok := g.noun(at+1, end); ok {
			p.to = q.to
		} else if g.items[at+1].kind == word {
			p.to = at + 2
		}
	}
	p.desc = g.cover(p.from, p.to)
	return p, true
}

func (g *grammar) hasRole(from, to int) bool {
	for k := from; k < to; k++ {
		if g.items[k].words(role) > 0 {
			return true
		}
	}
	return false
}

// split tells role and name apart: items [first, small) are small words, [run,
// end) have capitals.
func (g *grammar) split(p *phrase, from, first, small, run, end int, det bool) {
	name := run
	if name < end {
		name = g.peel(run, end, det || small > first)
	}
	lower := small > first
	switch {
	case name >= end:
		p.desc = g.cover(from, end)
		p.role = g.bare(first, end)
		p.definite = g.items[from].is(definite)
	case g.firm(p, first, run, end, det):
	case g.lang.capitals && name == run && (det || lower) && g.single(name, end) && !g.given(name):
		p.desc = g.cover(from, end) // "ein Augenzeuge"
		p.definite = g.items[from].is(definite) && g.hasFunction(first, end)
		if p.definite {
			p.role = g.bare(first, end)
		}
	case lower && !g.lang.capitals && !g.hasRole(first, small) && !g.given(name) && end-name == 1 && det:
		p.desc = g.cover(from, end) // "a French diplomat", "the old Bundestag"
	default:
		p.name, p.words, p.likely = g.cover(name, end), end-name, g.given(name)
		if g.items[name].is(title) && end-name == 2 {
			p.words = 1
		}
		if name > first {
			if name > run || g.lang.capitals || g.hasRole(first, small) || small == first+1 && p.words > 1 && !strings.HasSuffix(g.text[g.items[first].Start:g.items[first].End], "ing") {
				p.role = g.bare(first, name)
			}
		} else if det && (first == from+1 && g.items[from].is(articleWord) || p.words == 1 && !g.given(name)) {
			p.article = true
			p.name.Start = int(g.items[from].Start)
			p.desc = p.name
		}
	}
	if !p.named() && first+1 < end && g.items[from].is(definite) && g.items[first].Shape&lexicon.Digits != 0 && g.between(first+1) == "-" {
		p.pronoun = masculine | feminine // "the 47-year-old"
		if only := g.items[from].class & (masculine | feminine); g.lang.capitals && only != 0 {
			p.pronoun = only // "die 47-Jährige"
		}
	}
}

// firm reads "the carmaker Ravel", "der Autobauer Ravel": what a body is, and its
// name.
func (g *grammar) firm(p *phrase, first, run, end int, det bool) bool {
	name := run
	switch {
	case !det && (g.lang.capitals || g.lang.inserts || g.lang.noSubject):
		return false
	case !det || g.lang.capitals:
		if end-run < 2 || end-run > 4 || !g.bodyNoun(run) || g.between(run+1) != " " {
			return false
		}
		name = run + 1
	default:
		if end-run > 3 || run <= first {
			return false
		}
		head := run - 1
		for head >= first && !g.items[head].is(body) && !g.hasFunction(head, head+1) && head > run-3 {
			head--
		}
		if head < first || !g.items[head].is(body) || g.lang.bodies[fold(g.cover(head, head+1).In(g.text))]&firms == 0 || g.hasFunction(head, run) {
			return false
		}
	}
	p.name, p.words, p.article = g.cover(name, end), end-name, true
	p.role = g.bare(first, name)
	return true
}

// firms is the kind of bodies that stand before their names.
const firms = 1

// bodyNoun tells whether the word at i is a company's noun or a compound that ends
// with one.
func (g *grammar) bodyNoun(i int) bool {
	w := fold(g.text[g.items[i].Start:g.items[i].End])
	if g.lang.bodies[w]&firms != 0 {
		return true
	}
	for k := max(1, len(w)-g.lang.longestBody); k < len(w)-minCompound; k++ {
		if g.lang.bodies[w[k:]]&firms != 0 {
			return true
		}
	}
	return false
}

// single tells whether items [from, to) are one word, with hyphens in it.
func (g *grammar) single(from, to int) bool {
	for k := from + 1; k < to; k++ {
		if g.between(k) != "-" {
			return false
		}
	}
	return true
}

// peel is where the name begins in a run of words with capitals.
func (g *grammar) peel(run, end int, before bool) int {
	k := run
	for k < end {
		if g.items[k].is(title) && k+1 < end {
			return k
		}
		n := g.roleAt(k)
		if n == 0 || n > end-k || k+n < end && (g.between(k+n) == "' " || g.between(k+n) == "’ ") {
			break
		}
		k += n
	}
	if k > run {
		// "Ministerpräsident des Landes", "Polizeichef Braun": what is left.
		return k
	}
	for m := end - 1; m > run && !g.lang.capitals; m-- {
		if n := g.roleAt(m); n > 0 && m+n < end && !g.given(m) && !g.given(m-1) {
			return m + n // "U.S. Attorney Nealy Cox"
		}
	}
	if !g.lang.capitals && end-run == 3 && (run == 0 || g.between(run) != " ") && !g.given(run) && g.given(run+1) && !g.given(run+2) && g.between(run+1) == " " && g.items[run].Shape&lexicon.AllCaps == 0 && g.roleLike(run) {
		return run + 1 // "Crofter Morag MacLeod": a function that begins the sentence
	}
	for m := run + 1; m < end; m++ {
		if g.given(m) && !g.given(m-1) && end-m >= 2 && g.between(m) == " " && (g.lang.capitals || before) && g.items[m-1].upper() {
			return m
		}
		if g.roleAt(m) > 0 && g.lang.capitals && end-m >= 2 {
			return g.peel(m, end, before)
		}
	}
	if g.lang.capitals && end-run >= 3 && !g.given(run) && !g.items[run+1].is(articleWord) && g.text[g.items[run+1].Start:g.items[run+1].End] != "von" && g.between(run+1) == " " {
		return run + 1
	}
	return run
}

// roleLike tells whether the word at i is a function or ends like one.
func (g *grammar) roleLike(i int) bool {
	w := g.text[g.items[i].Start:g.items[i].End]
	return g.roleAt(i) > 0 || slices.ContainsFunc(g.lang.likelyEndings, func(e string) bool {
		return len(w) > len(e)+minStem && strings.HasSuffix(w, e)
	})
}

// minStem is how many bytes stand before the ending of a function at least.
const minStem = 3

// bare is the text of a function without what it is of before it: "the junta's
// spokesman" is a spokesman.
func (g *grammar) bare(from, to int) article.Span {
	for k := to - 2; k > from; k-- {
		if g.genitive(k) {
			from = k + 1
			break
		}
	}
	for from < to-1 && g.items[from].is(articleWord|possessive) {
		from++
	}
	return g.cover(from, to)
}

// extend takes what a description goes on with: "of the company".
func (g *grammar) extend(p *phrase, end int) {
	for range 3 {
		k := p.to
		if k+1 >= end || k-p.from > maxPhrase || !g.joined(k) {
			return
		}
		n := g.items[k].words(inside)
		if g.items[k].is(toward) && g.items[k+1].words(audience) == 0 && (g.items[k+1].upper() || g.items[k+1].is(articleWord|possessive)) {
			n = 1
		}
		if n == 0 && k == p.core && g.forTask(p, k, end) {
			n = 1
		}
		if n == 0 || k+n >= end || !g.joined(k+n) || g.items[k].words(according) > 0 {
			return
		}
		if c := g.items[k+n].words(channel); c > 0 || k+n+1 < end && g.items[k+n].is(articleWord|possessive) && g.items[k+n+1].words(channel) > 0 {
			return
		}
		m := k + n
		for m < end && g.items[m].is(articleWord|possessive) && g.joined(m) {
			m++
		}
		start := m
		for m < end && m < start+4 && g.items[m].kind == word && !g.items[m].named && (m == start || g.joined(m)) {
			if !g.items[m].upper() && (m > start && g.verbal(m) || g.stopper(m)) || g.items[m].is(timeWord) {
				break
			}
			// Behind a noun, a small word is a verb that the data don't know.
			if m > start && !g.items[m].upper() && g.items[m-1].upper() && !g.genitive(m) && !g.items[m].is(role) {
				break
			}
			m++
		}
		if m > start && g.genitive(m-1) {
			m--
		}
		if m == start+1 && g.items[start].Shape&lexicon.Digits != 0 {
			return // an age
		}
		if at := g.nameBehind(p, start, m, end); at > 0 {
			p.to = at
			return
		}
		if m == start && m > k+n+1 {
			start-- // "of the three"
		}
		if m == start {
			return
		}
		if g.lang.capitals && g.items[k].is(articleWord) && g.medial(start, m) {
			return // "sagte ein Sprecher der Deutschen Presse-Agentur"
		}
		if !p.desc.Empty() {
			p.desc.End = int(g.items[m-1].End)
		}
		p.to = m
		if !p.role.Empty() {
			p.role.End = p.desc.End
		}
	}
}

// forTask tells whether the task of a function stands behind the French "à" at k:
// "l'adjointe à la sécurité", "secrétaire d'État au Tourisme".
func (g *grammar) forTask(p *phrase, k, end int) bool {
	if !g.lang.inserts || !g.headed(p) || g.items[k].words(audience) > 0 || k+1 >= end {
		return false
	}
	next := &g.items[k+1]
	switch g.text[g.items[k].Start:g.items[k].End] {
	case "à":
		return next.is(definite) && k+2 < end && !g.items[k+2].is(channel|medium|timeWord) && g.items[k+2].Shape&lexicon.AllCaps == 0
	case "au", "aux":
		return next.upper() && !g.medial(k+1, k+2)
	}
	return false
}

// nameBehind names a description whose function and what it is of stand before the
// name: "chair of governors Ravi Menon". items [start, m) are what it goes on
// with. It is the item behind the name, 0 if there is none.
func (g *grammar) nameBehind(p *phrase, start, m, end int) int {
	if !g.headed(p) {
		return 0
	}
	for k := start + 1; k < m; k++ {
		t := &g.items[k]
		if !t.upper() || k+1 >= end || !g.items[k+1].upper() || !g.joined(k+1) {
			continue
		}
		known := g.given(k) && !g.given(k-1)
		lower := !g.items[k-1].upper() && !g.items[k-1].is(body|work|articleWord|preposition) && t.Shape&lexicon.AllCaps == 0
		if !known && !lower {
			continue
		}
		to := k + 1
		for to < end && to < k+4 && g.items[to].upper() && g.joined(to) {
			to++
		}
		p.name, p.words, p.likely = g.cover(k, to), to-k, true
		p.role = g.bare(p.from, k)
		p.desc = article.Span{}
		return to
	}
	return 0
}

// extendName takes what the name of a body goes on with: "The Ministry of Works",
// "La Cour de cassation". The name before it stays in p.short.
func (g *grammar) extendName(p *phrase, end int) {
	k := p.to
	place := g.items[k-1].is(body) && k+1 < end && g.text[g.items[k].Start:g.items[k].End] == "in"
	if k+1 >= end || p.to-p.from != 2 && !place || !g.items[p.from].is(articleWord) || !g.joined(k) || !g.joined(k+1) || g.items[p.from+1].named {
		return
	}
	romance := g.lang.inserts || g.lang.noSubject
	if romance && g.items[p.from+1].is(body) {
		for k < p.to+2 && k+1 < end && g.plain(k) && g.joined(k+1) {
			k++ // "régionale"
		}
	}
	switch g.text[g.items[k].Start:g.items[k].End] {
	case "of", "for", "de", "des", "du", "del", "d":
	case "in":
		if !place {
			return
		}
	default:
		return
	}
	m := k + 1
	for romance && m < k+2 && m+1 < end && g.items[m].is(articleWord) && g.joined(m+1) {
		m++
	}
	from := m
	for m < end && m < k+6 && g.items[m].kind == word && g.items[m].upper() && !g.items[m].is(timeWord) && g.joined(m) {
		m++
	}
	if romance && m == from && m < end && (g.plain(m) || g.items[m].Shape&lexicon.Digits == 0 && g.items[m].class == 0) && g.joined(m) {
		m++
		for m < from+3 && m < end && g.plain(m) && g.joined(m) {
			m++
		}
	}
	if m == from {
		return
	}
	p.short = p.name
	p.to = m
	p.name.End = int(g.items[m-1].End)
	p.desc = p.name
	p.words = m - p.from - 1
}

// plain tells whether the word at k is small and no word that the data know.
func (g *grammar) plain(k int) bool {
	t := &g.items[k]
	return t.kind == word && t.Shape&lexicon.Lower != 0 && t.class == 0 && t.long == 0 && !g.verbal(k)
}

// medial tells whether the name of an agency or a word for a medium is among
// the items.
func (g *grammar) medial(from, to int) bool {
	for k := from; k < to; k++ {
		if g.items[k].is(medium) || g.items[k].named {
			return true
		}
		if ag, n := g.lex.AgencyName([]lexicon.Token{g.items[k].Token}); n > 0 && g.items[k].upper() && g.text[g.items[k].Start:g.items[k].End] == ag.Name {
			return true
		}
	}
	return false
}

// apposition reads what stands between commas behind a phrase and tells more of
// it: a name behind a function, or a function behind a name. The
// closing comma is not part of it.
func (g *grammar) apposition(p *phrase, end int) {
	k := p.to
	if k+1 >= end || g.items[k].kind != comma || p.pronoun != 0 {
		return
	}
	k++
	if g.items[k].is(relative) && !g.items[k].is(articleWord) {
		return
	}
	if p.named() && p.role.Empty() && !p.article {
		g.functionBehind(p, k, end)
		return
	}
	if !p.named() {
		q, ok := g.noun(k, end)
		if ok && q.named() && q.article && g.byArticle(p, &q, k, end) {
			return
		}
		if ok && q.named() && !q.article && q.words >= 1 && (q.words >= 2 || q.to < end && g.items[q.to].kind == comma || q.to == end) && g.closes(q.to, end) &&
			(g.headed(p) || p.loose || g.items[p.from].is(possessive) || q.to < end && g.items[q.to].kind == comma) {
			if p.role.Empty() && !p.loose {
				p.role = p.desc
			}
			p.name, p.words, p.to, p.enclosed, p.likely = q.name, q.words, q.to, true, q.likely
			if !q.role.Empty() && q.role.Start < q.name.Start && g.items[q.from].is(title) {
				p.role = q.role
			}
		}
	}
}

// byArticle takes a name with an article, at item k between commas, for what a
// description before it means: "his union, the RSW, has", "the vicar, the Rev Tim
// Oakes".
func (g *grammar) byArticle(p, q *phrase, k, end int) bool {
	titled := g.items[k+1].is(title | role)
	if !titled && q.words > 1 || !g.items[k].is(articleWord) || !g.headed(p) && !g.bodyAt(p.from, p.to) || q.to < end && g.items[q.to].kind != comma {
		return false
	}
	p.role = p.desc
	p.name, p.words, p.to, p.enclosed, p.article = q.name, q.words, q.to, true, !titled
	if titled {
		from := k + 1
		for n := g.roleAt(from); n > 0 && from+n < q.to && !g.items[from].is(title); n = g.roleAt(from) {
			from += n
		}
		p.name, p.likely = g.cover(from, q.to), true
	}
	return true
}

// functionBehind reads ", owner of the bakery" behind a name.
func (g *grammar) functionBehind(p *phrase, k, end int) {
	start := k
	// "seit 2011 Leiterin", "formerly an adviser"
	for k < end && k < start+3 && g.items[k].kind == word && (g.items[k].Shape&lexicon.Digits != 0 || g.items[k].is(preposition) && k+1 < end && g.items[k+1].Shape&lexicon.Digits != 0) {
		k++
	}
	if k > start && k+1 < end && g.items[k].kind == comma {
		k++ // ", 54, a driver"
	}
	if k >= end || g.items[k].kind != word || g.verbal(k) && g.items[k].words(role) == 0 {
		return
	}
	q, ok := g.noun(k, end)
	if !ok || q.pronoun != 0 || q.loose && q.to-q.from == 1 {
		return
	}
	if g.goesOn(q.to, min(len(g.items), q.to+4)) {
		return // "Behind the club, the family said"
	}
	det := g.items[k].is(articleWord) || g.items[k].is(possessive)
	function := g.hasFunction(q.from, q.to)
	if !function && (!det || q.to < end && g.items[q.to].kind != comma) || q.named() && !q.article && q.role.Empty() {
		return
	}
	switch {
	case !q.role.Empty() && !q.named():
		p.role = q.role
	case q.desc.Empty():
		p.role = article.Span{Start: int(g.items[q.from].Start), End: q.name.End}
	default:
		p.role = g.bare(q.from, q.to)
	}
	p.to, p.enclosed = q.to, true
}

// goesOn tells whether a verb stands at k or behind small words there, so that what
// stands before it is its subject.
func (g *grammar) goesOn(k, end int) bool {
	for ; k < end && g.items[k].kind == word; k++ {
		if g.verbal(k) {
			return true
		}
		if !g.items[k].is(adverb) {
			return false
		}
	}
	return false
}

// headed tells whether the head of a description is a function.
func (g *grammar) headed(p *phrase) bool {
	to := p.from + 1
	for to < p.to && !g.items[to].is(inside) {
		to++
	}
	return g.hasFunction(p.from, to)
}

// bodyAt tells whether a body's noun is among the items.
func (g *grammar) bodyAt(from, to int) bool {
	for k := from; k < to; k++ {
		if g.items[k].is(body) {
			return true
		}
	}
	return false
}

func (g *grammar) hasFunction(from, to int) bool {
	for k := from; k < to; k++ {
		if g.roleAt(k) > 0 {
			return true
		}
	}
	return false
}

// closes tells whether an apposition may end before item k.
func (g *grammar) closes(k, end int) bool {
	return k >= end || g.items[k].kind != word || g.verbal(k) || g.stopper(k) || !g.items[k].upper()
}
