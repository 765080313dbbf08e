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

// newGrammar looks at what is asked for again and again: what stands between the items,
// and what a noun phrase can't have in it.
func newGrammar(text string, lang *language, lex *lexicon.Lexicon, items []item) grammar {
	g := grammar{text, lang, lex, items}
	for i := range items {
		t := &items[i]
		if i > 0 {
			switch g.between(i) {
			case " ", " & ", "'", "’", "\n", "\u00a0", "\u202f", ". ", ".", ",", "", "' ", "’ ":
				t.tied = true
			case "-":
				t.tied, t.dash = true, true
			}
		}
		if t.class&(relative|articleWord) == relative && t.upper() && i+1 < len(items) && g.lang.these[strings.ToLower(text[t.Start:t.End])] && items[i+1].words(role|person) == 1 && !items[i+1].upper() {
			t.class = articleWord // "That keeper was"
		}
		if t.kind == word {
			t.verb, t.stops = g.isVerbal(i), t.isStopper()
		}
	}
	return g
}

// joined tells whether nothing but a space, hyphen, apostrophe or the point of
// an abbreviation stands before item i.
func (g *grammar) joined(i int) bool { return g.items[i].tied }

func (g *grammar) given(i int) bool { return g.items[i].given }

// verbal tells whether item i is a verb, or something else that no noun phrase
// has in it.
func (g *grammar) verbal(i int) bool { return g.items[i].verb }

func (g *grammar) isVerbal(i int) bool {
	t := &g.items[i]
	if t.upper() {
		return false
	}
	if t.is(cue | describe | quoted | auxiliary | finite | subjunctive | participle | action) {
		return true
	}
	if t.dash {
		return false // "14th-ranked"
	}
	return g.pastEnding(i)
}

// stopper tells whether a small word at i ends a noun phrase.
func (g *grammar) stopper(i int) bool { return g.items[i].stops }

func (t *item) isStopper() bool {
	if t.dash {
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
	if t.upper() || t.kind != word || !g.upperBehind(i, end) || t.is(according|cue|relative) && !t.is(articleWord) || g.lex.Phrases.All([]lexicon.Token{t.Token})&lexicon.Particle == 0 {
		return false
	}
	if t.is(preposition|articleWord|conjunction|adverb) && i+1 < end && g.medial(i+1, i+2) {
		return false // "sagte Ann Brandt zu Reuters"
	}
	if t.is(preposition | articleWord | conjunction | adverb) {
		switch g.text[t.Start:t.End] {
		case "y":
			if i+1 < end && g.given(i+1) {
				return false // "Luis Cobo y Ana Ruiz"
			}
		case "von":
			if i+1 < end && !g.items[i+1].upper() && !g.items[i+1].is(articleWord|conjunction|preposition) || g.items[i+1].is(many) || g.kindsAt(i-1) != 0 {
				return false // "eine Mutter von drei Kindern", "die Polizei von"
			}
			if i+1 < end && g.roleAt(i+1) > 0 {
				return false // "Einschätzung von Ratsmitglied Ann Brandt"
			}
			if i > 1 && !g.given(i-1) && g.items[i-2].upper() && g.joined(i-1) {
				return false // "Carla Minder von der Universität"
			}
		case "la", "le":
			return g.items[i+1].upper() // but "à Keystone-ATS le glaciologue Paul Morin"
		case "de", "del", "van", "zu", "da", "di", "al", "du":
		case "der", "den":
			if prev := g.text[g.items[i-1].Start:g.items[i-1].End]; prev != "von" && prev != "van" {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// upperBehind tells whether a word with a capital is the next one to the word at i, or
// the next but one.
func (g *grammar) upperBehind(i, end int) bool {
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
	if t.is(loose) && i > 0 && g.items[i-1].is(auxiliary) && i+1 < end && g.verbal(i+1) && g.english() {
		return p, false // "has neither confirmed nor denied"
	}
	if t.is(pronoun) && (!t.is(articleWord) || i+1 >= end || g.verbal(i+1)) && !t.is(possessive) {
		p.pronoun, p.to = t.class&(masculine|feminine|neuter|plural), i+1
		p.desc = g.cover(i, i+1)
		return p, true
	}
	if n := t.words(pronoun); n > 1 && t.long&pronoun != 0 {
		p.pronoun, p.to = t.long&(masculine|feminine|neuter|plural), min(end, i+n) // "ce dernier"
		p.desc = g.cover(i, p.to)
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
	if det && g.lang.noSubject && strings.EqualFold(g.text[t.Start:t.End], "lo") {
		return p, false // "lo prepara", "lo mejor"
	}
	if det && j == i+1 && j < end && g.lang.noSubject && t.is(adverb) && g.object(i) && !g.items[j].upper() && g.verbal(j) && g.items[j].words(role|person) == 0 {
		return p, false // "lo encontró"
	}
	if det && j < end && g.items[j].is(auxiliary) && !g.items[j].upper() && g.items[j].words(role) == 0 {
		return p, false // "l'a qualifiée"
	}
	if g.lang.capitals && det && j == i+1 && j < end && g.items[j].is(cue|weak) && !g.items[j].upper() && strings.EqualFold(g.text[t.Start:t.End], "das") || g.lang.capitals && det && j == i+1 && j+1 < end && g.plain(j) && g.items[j+1].is(articleWord|possessive|pronoun) && g.joined(j+1) && strings.EqualFold(g.text[t.Start:t.End], "das") {
		return p, false // "Das bestätigte eine Sprecherin", "Das lehnte die Stadt ab"
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
			if g.bothRoles(first, j, end) || det && j > first && g.english() && g.verbal(j) && !t.is(cue|describe|auxiliary|quoted) && !g.stopper(j) && g.adjacentRole(j, end) {
				j++
				continue
			}
			break
		}
		if j > first && (g.lang.inserts || g.lang.noSubject) && g.plain(j) && g.items[j-1].words(role|person) > 0 && j+1 < end && g.items[j+1].is(articleWord|possessive) && !g.items[j+1].is(preposition) && g.joined(j+1) && !g.adjectival(j) && !g.participleLike(j) {
			break // "La présidente hausse les épaules"
		}
		if j > first && t.is(cue) && t.is(role) && g.hasRole(first, j) && j+1 < end && g.items[j+1].is(articleWord|possessive|relative) && g.joined(j+1) {
			break // "Le préfet juge le blocage"
		}
		if t.words(role) > 1 {
			j += t.words(role)
			continue
		}
		j++
	}
	j = min(j, end)
	if g.english() && det && j > first && i > 0 && j < end && g.items[j].upper() && g.items[i-1].is(preposition) && g.items[j-1].is(channel) && !g.items[j-1].is(medium|body|role|person) {
		p.to, p.core = j, j
		p.desc, p.role = g.cover(i, j), g.bare(first, j)
		return p, true // "In a statement Acme said"
	}
	small := j
	run := j
	ofBody := g.ofBody(j, end, det)
	for j < end && j < i+maxPhrase && g.items[j].kind == word && (g.items[j].upper() || det && j > run && g.joinsBody(j, end) || j > run && g.bothTitles(j, end) || j > run && g.items[j].dash || j > run && g.particle(j, end) || j > run && g.numbered(run, j)) && (j == i || g.joined(j)) {
		t := &g.items[j]
		if j == run+1 && small > first && g.hasRole(first, small) && g.behindInitials(run, j) {
			small, run = j, j // "le délégué CGT Marc Toussaint"
		}
		if j > run && (t.is(timeWord) && !g.given(j-1) && !(g.given(j) && j+1 < end && g.items[j+1].upper() && g.joined(j+1)) && !(t.upper() && (g.lang.inserts || g.lang.noSubject)) || g.newName(run, j)) {
			break
		}
		j += max(1, t.words(role)) // "Secretary of State"
		j = min(j, end)
		if n := g.noun2(j, end, det || j == run+1 && i == run); n > j {
			small, run, j, det = n, n, n, det || n == end || !g.items[n].upper()
		}
	}
	if j > run && g.english() && g.genitive(j) && !g.items[j-1].named && (j+1 == end || g.sayingAt(j+1)) {
		j++ // "Moody's said"
	}
	if ofBody > 0 {
		j, small, run = ofBody, ofBody, ofBody
	}
	if j == run && small == first {
		if first > i && (p.loose || first+1 < end && g.items[first].is(inside) && g.joined(first) && g.items[first+1].is(oblique)) {
			return g.looseEnd(p, first, end)
		}
		return p, false
	}
	if j == run && !det && (!g.hasRole(i, small) || g.items[i].is(participle)) {
		return p, false // bare small words: no one in particular
	}
	if !det && small > first && !g.hasRole(first, small) && !(small == first+1 && run == small && j > run && g.kindsAt(first)&firms != 0 && !g.lang.inserts && !g.lang.noSubject) {
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

// joinsBody tells whether the English word at j joins two words of a body's name:
// "the Securities and Exchange Board", but not "the FBI and Justice Department".
func (g *grammar) joinsBody(j, end int) bool {
	if !g.english() || !g.items[j].is(conjunction) || g.items[j].is(preposition|relative) || j+2 >= end || !g.joined(j) || g.items[j-1].is(body) || g.items[j-1].Shape&lexicon.AllCaps != 0 {
		return false
	}
	m := j + 1
	for m < min(end, j+4) && g.items[m].upper() && g.joined(m) {
		m++
	}
	return m > j+2 && g.items[m-1].is(body)
}

// ofBody is where a function ends that stands behind the name of a body with a
// preposition in it, which begins at i: "a Ministry of Works spokesman"; 0 if there
// is none.
func (g *grammar) ofBody(i, end int, det bool) int {
	if !det || g.lang.capitals || g.lang.inserts || g.lang.noSubject || i+3 >= end || !g.items[i].upper() {
		return 0
	}
	j := i + 1
	for j < min(end, i+maxPhrase) && g.items[j].upper() && g.joined(j) {
		j++
	}
	if j+2 >= end || !g.items[j].is(inside) || !g.joined(j) || !g.items[j+1].upper() || !g.joined(j+1) {
		return 0
	}
	for j++; j < end && j < i+8 && (g.items[j].upper() || g.items[j].is(conjunction) && j+1 < end && g.items[j+1].upper()) && g.joined(j); {
		j++
	}
	n := 0
	if j < end && g.joined(j) && !g.items[j].upper() {
		n = g.items[j].words(role)
	}
	if n == 0 || j+n < end && g.items[j+n].upper() && g.joined(j+n) {
		return 0
	}
	return j + n
}

// bothRoles tells whether the word at j joins two functions of one person: "son ami
// et guitariste Paul Morin".
func (g *grammar) bothRoles(first, j, end int) bool {
	if !g.items[j].is(conjunction) || g.items[j].is(preposition|relative) || j == first || j+2 >= end || !g.hasRole(first, j) || g.items[j-1].upper() || !g.joined(j) || !g.joined(j+1) {
		return false
	}
	n := g.items[j+1].words(role)
	return n > 0 && !g.items[j+1].upper() && j+1+n < end && g.items[j+1+n].upper() && g.joined(j+1+n)
}

// numbered tells whether the number at j belongs to a name that begins at run:
// "Apollo 11", but not to a person's: "Ann Brandt 6-3".
func (g *grammar) numbered(run, j int) bool {
	if j == run || g.items[j].Shape&lexicon.Digits == 0 || g.items[j].End-g.items[j].Start > 2 {
		return false
	}
	if g.lang.capitals && j+1 < len(g.items) && g.items[j+1].upper() && g.joined(j+1) {
		return false // "im Sommer 17 Schafe"
	}
	if end := int(g.items[j].End); end < len(g.text) && (g.text[end] == '-' || strings.HasPrefix(g.text[end:], "–")) {
		return false // a score: "Moira Tell 7-6"
	}
	return !g.anyGiven(run, j)
}

// adjacentRole tells whether a function follows the English word at j, which may be a verb,
// and nothing that a verb would have before it: "a former care assistant".
func (g *grammar) adjacentRole(j, end int) bool {
	w := g.text[g.items[j].Start:g.items[j].End]
	return j+1 < end && g.joined(j+1) && g.items[j+1].words(role) > 0 && !g.items[j+1].upper() && !strings.HasSuffix(w, "s") && !strings.HasSuffix(g.text[g.items[j+1].Start:g.items[j+1].End], "s")
}

// dropParticiple leaves out the last word of a description before who did it: "un
// employé joint par la presse".
func (g *grammar) dropParticiple(p *phrase, first, end int) {
	last := p.to - 1
	if (g.lang.inserts || g.lang.noSubject) && last > first && p.to < end && (g.items[p.to].is(agent) || g.participleLike(last) && g.items[p.from].is(articleWord) && !g.items[p.from].is(definite) && g.items[last-1].words(role|person) > 0 && g.items[p.to].is(preposition) && g.joined(p.to)) && !g.items[last].is(role) && !g.items[last].upper() {
		p.to, p.core = last, last
		p.desc.End = int(g.items[last-1].End)
		if !p.role.Empty() {
			p.role.End = p.desc.End
		}
	}
}

// participleLike tells whether the small word at k ends as a participle does in French and
// Spanish: "subida", "venu".
func (g *grammar) participleLike(k int) bool {
	w := g.text[g.items[k].Start:g.items[k].End]
	return slices.ContainsFunc(g.lang.pastParticiples(), func(e string) bool { return len(w) > len(e)+minStem-1 && strings.HasSuffix(w, e) })
}

// stands tells whether a phrase may be a subject: no time, and in German nothing
// by its article that stands in another case.
func (g *grammar) stands(p *phrase) bool {
	if p.pronoun != 0 || p.loose {
		return true
	}
	if p.core > p.from+1 && g.items[p.core-1].named && g.items[p.core-2].is(titled) {
		return false // "la llamada «…»"
	}
	return !g.items[p.from].is(object|negated) && (p.named() || p.core == 0 || !g.items[p.core-1].is(timeWord))
}

// genitive tells whether item i is the "s" of "the junta's".
func (g *grammar) genitive(i int) bool {
	if i >= len(g.items) {
		return false
	}
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
	if g.participial(i, end) || g.verbFirst(i) || g.lang.noSubject && t.upper() && t.End-t.Start == 2 && g.text[t.Start:t.End] == "Ni" {
		return true
	}
	return t.upper() && !t.named && t.Shape&lexicon.AllCaps == 0 && t.is(preposition|conjunction|adverb|relative|timeWord|subordinate|finite|auxiliary) && !t.is(articleWord|possessive|pronoun|loose) && t.words(role) == 0 && (!g.given(i) || g.lang.capitals && t.is(adverb) && i+1 < len(g.items) && !g.items[i+1].upper() && (g.verbal(i+1) || g.items[i+1].is(weak)))
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
	if n := i + 1; n < len(g.items) && t.class == 0 && t.long == 0 && g.joined(n) && g.items[n].is(preposition|articleWord) && !g.items[n].is(inside) && strings.ContainsAny(g.text[t.End-1:t.End], "aen") && g.lex.Phrases.All([]lexicon.Token{t.Token})&lexicon.City == 0 && !g.vouched(i) {
		return true // "Atiende a cincuenta pacientes"
	}
	return g.pastEnding(i)
}

// vouched tells whether the word at i stands elsewhere with a capital behind another word,
// so that it is a name.
func (g *grammar) vouched(i int) bool {
	w := g.text[g.items[i].Start:g.items[i].End]
	for k := max(1, i-maxVouched); k < min(len(g.items), i+maxVouched); k++ {
		if t := &g.items[k]; k != i && t.upper() && g.joined(k) && g.between(k) == " " && int(t.End-t.Start) == len(w) && g.text[t.Start:t.End] == w {
			return true
		}
	}
	return false
}

// maxVouched is how many items on each side are looked through for a name.
const maxVouched = 200

// participial tells whether a clause without a subject begins with a participle at
// i: "Asked about it, she".
func (g *grammar) participial(i, end int) bool {
	t := &g.items[i]
	if !t.upper() || t.named || g.given(i) || g.lang.capitals || t.words(role) > 0 || i+1 >= end || i > 0 && g.items[i-1].kind == word && g.between(i) == " " {
		return false
	}
	if t.is(cue|describe|quoted) && g.gerund(i) && !g.verbal(i+1) {
		return true // "Citing “…”, the mayor"
	}
	if next := &g.items[i+1]; next.kind != comma && !next.is(preposition) {
		return false
	}
	if t.is(participle | action) {
		return true
	}
	for _, e := range g.lang.participles {
		if int(t.End-t.Start) > len(e)+2 && strings.HasSuffix(g.text[t.Start:t.End], e) {
			return (g.items[i+1].kind != comma || len(e) > 2) && !g.vouched(i) // but "Delgado, who"
		}
	}
	return false
}

// sayingAt tells whether the English word at i is a verb of saying and no noun:
// "Moody's said", but not "Moody's claims".
func (g *grammar) sayingAt(i int) bool {
	return g.items[i].is(cue) && g.items[i].is(participle) && !g.items[i].upper()
}

// owner is where "China's" and the like end that begin at i; i if they don't.
func (g *grammar) owner(i, end int) int {
	for k := i; k < min(end, i+6) && g.items[k].kind == word && (k == i || g.joined(k)); k++ {
		if k > i && g.genitive(k) && k+1 < end && g.joined(k+1) && !(g.english() && g.items[k-1].upper() && g.sayingAt(k+1)) {
			return k + 1
		}
		if (k > i || g.english() && g.items[k].is(cue|describe)) && !g.items[k].upper() && (g.verbal(k) || g.stopper(k)) {
			break
		}
	}
	return i
}

// noun2 is where the small words end that go on behind words with capitals:
// "Junta spokesman Amadou Abdramane", "a U.S. military official said". It is i
// if there are none.
func (g *grammar) noun2(i, end int, det bool) int {
	if g.lang.capitals || i < end && g.particle(i, end) && (g.given(i-1) || g.items[i].class == 0 && g.items[i].long == 0) {
		return i // "Ann van der Berg"
	}
	for n := i; n < min(end, i+4) && g.items[n].kind == word && !g.items[n].upper() && g.joined(n); n++ {
		if m := n + 1; g.items[n].is(body) && n == i && g.opens(i) && m < len(g.items) && (g.items[m].kind == quotation || g.items[m].kind == colon || g.items[m].kind == word && g.verbal(m) && g.joined(m)) {
			return m // "Ferry firm “sorry”"
		}
		if k := g.items[n].words(role | person); k > 0 {
			m := n + k
			if m < end && g.items[m].kind == word && g.joined(m) && !g.items[m].upper() && !g.verbal(m) && !g.stopper(m) {
				continue // "chief negotiator"
			}
			if det || m < end && g.items[m].upper() && g.joined(m) || m < len(g.items) && g.opens(i) && (g.items[m].kind == colon || g.items[m].kind == word && g.joined(m) && g.verbal(m)) {
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
		if det && n == i && n+1 < end && g.items[n+1].kind == comma && g.items[n].is(body) {
			return n + 1 // "The French embassy, in a message"
		}
	}
	return i
}

// opens tells whether nothing but the words with capitals before item i stands before
// it in the sentence: "Treasury minister denies".
func (g *grammar) opens(i int) bool {
	for i > 0 && g.items[i-1].upper() && (i > 1 && g.joined(i-1)) {
		i--
	}
	return g.english() && i <= 1 || g.english() && strings.ContainsAny(g.text[g.items[i-2].End:g.items[i-1].Start], ".!?\n")
}

// newName tells whether a person's name begins at j right behind a body's
// initials: "à l'AFP Aminata Diarra".
func (g *grammar) newName(run, j int) bool {
	prev := &g.items[j-1]
	if run > 0 && j > run && !g.items[run-1].upper() && g.items[run-1].is(medium|channel) && (g.lang.inserts || g.lang.noSubject) && g.joined(run) {
		n := j
		for n < len(g.items) && g.items[n].upper() && g.joined(n) {
			n++
		}
		if n == j+2 {
			return true // "a la agencia Sur Ana Ruiz"
		}
	}
	if g.roleAt(run) > 0 || j+1 >= len(g.items) || !g.items[j+1].upper() || !g.joined(j+1) {
		return g.behindInitials(run, j)
	}
	if g.items[run].is(medium) && g.given(j) && !g.given(j-1) || prev.is(medium|channel) && j > run+1 && g.roleAt(j) == 0 && g.lang.noSubject {
		return true // "a Radio Andina Rosario Quispe", "a Caracol Radio Wilmer Pachón"
	}
	if j == run+1 && prev.Shape&lexicon.AllCaps != 0 && g.items[j].Shape&lexicon.AllCaps == 0 && g.roleAt(j) == 0 && (g.agency(j-1) || g.lang.inserts && run > 1 && g.items[run-1].is(articleWord) && g.items[run-2].words(audience)+g.items[run-2].words(channelPreposition) > 0 && g.items[run-2].is(preposition)) {
		return true // "à l'AFP Aminata Diarra"
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
	return strings.EqualFold(g.text[g.items[i].Start:g.items[i].End], "lo") || i > 0 && g.items[i-1].kind == word && g.between(i) == " "
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

// firms is the kind of bodies that stand before their names.
const firms = 1

// unions and parties are kinds of bodies that have views.
const (
	unions  = 4
	parties = 32
)

// minStem is how many bytes stand before the ending of a function at least.
const minStem = 3
