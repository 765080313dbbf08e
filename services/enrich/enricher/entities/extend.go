package entities

import (
	"strings"
	"unicode"

	"github.com/copytaster/copytaster/services/enrich/enricher/entities/tag"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// How many small words stand between the parts of a name at most, how many adjectives
// behind an organisation's, and how many words and marks its head has.
const (
	maxParticles  = 3
	maxAdjectives = 3
	maxHead       = 4
)

// extend gives mentions the parts that the model left out: particles and what
// follows ("Ricardo" de Burgos), adjectives in small letters ("Parti" socialiste),
// what an organisation is of ("Bolsa" de Comercio de Rosario).
func (f *finder) extend() {
	for k := range f.found {
		m := &f.found[k]
		if m.kind == gone {
			continue
		}
		if m.kind == tag.Person {
			f.from(k)
		}
		if t := f.token(m.from); m.kind == tag.Person || m.to-m.from == 1 && t.Is(tag.Given) && !t.Is(places) {
			if to := f.particles(m); to > m.to {
				m.kind = tag.Person
				f.grow(k, to)
			}
			continue
		}
		switch m.kind {
		case tag.Place:
			f.grow(k, f.possessive(m))
			if f.doc.Apposes() && f.has(m, tag.PlaceWord) {
				f.grow(k, f.partOf(m.to))
			}
		case tag.Organised:
			f.grow(k, f.coordinate(k))
			m.from = f.coordinated(k)
			if f.doc.Apposes() && f.has(m, tag.OrgWord) {
				f.grow(k, f.adjectives(m.to))
				f.grow(k, f.partOf(m.to))
			}
		default:
		}
	}
	f.heads()
	f.add()
}

// from takes the place off a person's name that the model took for a part of it: "Ann
// Lee of Oslo".
func (f *finder) from(k int) {
	m := &f.found[k]
	for i := m.from + 1; i+1 < m.to; i++ {
		t := f.token(i)
		if t.Capital() || !t.Word() || !t.Is(tag.Link) || t.Is(tag.Particle) || f.token(i+1).Phrase()&places == 0 {
			continue
		}
		f.spare = append(f.spare, mention{from: i + 1, to: m.to, kind: tag.Place, conf: m.conf})
		m.to = i
		return
	}
}

// grow makes a mention end at a token, and takes out those that lie within it now.
func (f *finder) grow(k, to int) {
	m := &f.found[k]
	if to <= m.to {
		return
	}
	for n := k + 1; n < len(f.found) && f.found[n].from < to; n++ {
		if f.found[n].kind != gone {
			to = max(to, f.found[n].to)
			f.found[n].kind = gone
		}
	}
	m.to, m.normal = to, ""
}

// has tells whether a word of a mention is of a class.
func (f *finder) has(m *mention, c tag.Class) bool {
	for i := m.from; i < m.to; i++ {
		if f.token(i).Is(c) {
			return true
		}
	}
	return false
}

// follows tells whether token i is a word behind the one before it, in the same
// block.
func (f *finder) follows(i int) bool {
	if i >= len(f.doc.Tokens) || !f.token(i).Word() || !f.near(i-1, i) {
		return false
	}
	_, to := f.doc.Block(i - 1)
	return i < to
}

// particles is where a person's name ends whose particles were left out.
func (f *finder) particles(m *mention) int {
	i := m.to
	if m.to-m.from == 1 && f.token(m.from).Is(tag.Given) && f.follows(i) && f.token(i).Capital() && f.token(i).Is(tag.Surname) && !f.token(i).Is(tag.OrgWord|tag.PlaceWord|places) {
		return i + 1 // "Theresa May"
	}
	for i < m.to+maxParticles && f.follows(i) && f.token(i).Is(tag.Particle) && !f.token(i).Capitals() {
		i++
	}
	if i == m.to || !f.follows(i) {
		return m.to
	}
	if t := f.token(i); !t.Capital() || t.Is(tag.City|tag.Country|tag.Region|tag.OrgWord|tag.Title|tag.Role) && !t.Is(tag.Surname) {
		return m.to
	}
	return i + 1
}

// possessive is where a place's name ends that has an "'s" in it: "St Peter's
// Square".
func (f *finder) possessive(m *mention) int {
	toks := f.doc.Tokens
	_, end := f.doc.Block(m.from)
	if m.to >= end || toks[m.to].Mark() != '\'' && toks[m.to].Mark() != '’' {
		return m.to
	}
	i := m.to + 1
	if i < end && f.doc.Word(i) == "s" {
		i++
	}
	if i < end && toks[i].Capital() && toks[i].Is(tag.PlaceWord) {
		return i + 1
	}
	return m.to
}

// coordinate is where an organisation's name ends that has an "and" in it: "Economic
// and Financial Crimes Commission".
func (f *finder) coordinate(k int) int {
	m := &f.found[k]
	if k+1 == len(f.found) || m.to-m.from > 1 || m.from == 0 || !f.doc.The(m.from-1) || f.token(m.from).Capitals() || f.token(m.from).Phrase() != 0 {
		return m.to
	}
	n := &f.found[k+1]
	if n.kind == tag.Organised && n.from == m.to+1 && f.follows(m.to) && f.follows(n.from) && n.to-n.from > 1 && f.token(m.to).Is(tag.Link) && f.token(n.to-1).Is(tag.OrgWord) {
		return n.to
	}
	return m.to
}

// coordinated is where an organisation's name begins of which only what follows on an
// "and" was found: "Economic and" Financial Crimes Commission.
func (f *finder) coordinated(k int) int {
	m := &f.found[k]
	i := m.from - 2
	from, _ := f.doc.Block(m.from)
	if m.to-m.from < 2 || i <= from || k > 0 && f.found[k-1].to > i || !f.token(m.to-1).Is(tag.OrgWord) || !f.doc.The(i-1) || !f.near(i-1, i) || !f.near(i, i+1) || !f.near(i+1, m.from) {
		return m.from
	}
	t, link := f.token(i), f.token(i+1)
	joins := link.Word() && !link.Capital() && !link.Is(tag.Near) && f.doc.Classes(i+1)&lexicon.Join != 0
	if joins && t.Capital() && !t.Capitals() && t.Phrase() == 0 && !t.Is(tag.OrgWord|tag.Demonym|tag.Stop) {
		return i
	}
	return m.from
}

// adjectives is where the adjectives in small letters end that begin at token i:
// "socialiste", "électorale nationale".
func (f *finder) adjectives(i int) int {
	k := i
	for k < i+maxAdjectives && f.follows(k) {
		t := f.token(k)
		if t.Capital() || t.Is(tag.Stop|tag.Link) || !t.Is(tag.Demonym) && !adjective(f.doc.Word(k)) {
			break
		}
		k++
	}
	return k
}

// adjective tells whether a French word ends as the adjectives of organisations do.
func adjective(w string) bool {
	for _, end := range [...]string{"al", "ale", "aux", "ales", "aire", "aires", "ique", "iques", "iste", "istes", "éen", "éenne", "ienne", "ien", "el", "elle", "elles", "if", "ive"} {
		if len(w) > len(end)+2 && strings.HasSuffix(w, end) {
			return true
		}
	}
	return false
}

// partOf is where "de Comercio de Rosario" ends that begins at token i.
func (f *finder) partOf(i int) int {
	end := i
	_, last := f.doc.Block(i - 1)
	for {
		k := end
		for k < end+maxParticles && f.follows(k) && !f.token(k).Capital() && f.token(k).Is(tag.Particle) {
			k++
		}
		if k < last && (f.token(k).Mark() == '\'' || f.token(k).Mark() == '’') && k > end {
			k++ // "d'Orléans"
		}
		if k == end || k >= last || !f.token(k).Capital() || f.token(k).Is(tag.Title|tag.Stop) || f.token(k).Start-f.token(k-1).End > 1 {
			return end
		}
		for k++; f.follows(k) && f.token(k).Capital() && !f.token(k).First(); {
			k++
		}
		end = k
	}
}

// heads finds organisations and places whose name begins with a small letter:
// "ministère de la Culture", "boulevard Saint-Laurent".
func (f *finder) heads() {
	if !f.doc.Apposes() {
		return
	}
	next := 0
	for i := 0; i+1 < len(f.doc.Tokens); i++ {
		for next < len(f.found) && (f.found[next].to <= i || f.found[next].kind == gone) {
			next++
		}
		if t := f.token(i); !t.Is(tag.Head|tag.PlaceHead) || t.Capital() || next < len(f.found) && f.found[next].from <= i {
			continue
		}
		h := i + 1
		_, end := f.doc.Block(i)
		for h < min(end, i+maxHead) && (f.token(h).Is(tag.Head) || f.token(h).Mark() == '\'' || f.token(h).Mark() == '’') {
			h++ // "cour d'appel"
		}
		kind, to := tag.Organised, f.headEnd(f.adjectives(h))
		if to == 0 {
			continue
		}
		if f.token(i).Is(tag.PlaceHead) {
			kind = tag.Place
		}
		if next < len(f.found) && f.found[next].from < to {
			m := &f.found[next]
			m.from, m.kind, m.conf, m.normal = i, kind, max(m.conf, byMeaning), ""
			f.grow(next, to)
		} else {
			f.spare = append(f.spare, mention{from: i, to: to, kind: kind, conf: byMeaning})
		}
		i = to - 1
	}
}

// headEnd is where the name ends that stands at token i behind a head; 0: there is
// none.
func (f *finder) headEnd(i int) int {
	if to := f.partOf(i); to > i {
		return to
	}
	k := i
	for f.follows(k) && f.token(k).Capital() && !f.token(k).Is(tag.Stop) {
		k++
	}
	if k > i {
		return k
	}
	return 0
}

// formed adds organisations that the model missed: capitals that end with a word of
// such names ("Care Quality Commission").
func (f *finder) formed() {
	if f.doc.Inflects() { // every noun has a capital
		f.compounds()
		return
	}
	next := 0
	toks := f.doc.Tokens
	for i := 0; i < len(toks); i++ {
		for next < len(f.found) && f.found[next].to <= i {
			next++
		}
		if !toks[i].Capital() || toks[i].First() && toks[i].Is(tag.Stop|tag.Modifier|tag.Demonym) || next < len(f.found) && f.found[next].from <= i {
			continue
		}
		to := i + 1
		for f.follows(to) && toks[to].Capital() && (next == len(f.found) || f.found[next].from > to) {
			to++
		}
		if to == i+1 && f.doc.Apposes() && toks[i].Is(tag.OrgWord) { // "Conseil constitutionnel"
			if to = f.adjectives(to); to > i+1 {
				f.spare = append(f.spare, mention{from: i, to: to, kind: tag.Organised, conf: byMeaning})
				i = to - 1
				continue
			}
		}
		if p := next - 1; p >= 0 && f.found[p].to == i && f.found[p].kind == tag.Place && f.beside(i-1, i) && toks[to-1].Is(tag.OrgWord) && f.token(f.found[p].from).Is(tag.Country) {
			f.grow(p, to) // "U.S. Central Command"
			f.found[p].kind, f.found[p].conf = tag.Organised, byMeaning
			i = to - 1
			continue
		}
		if last := &toks[to-1]; to-i > 1 && to-i <= longestFormed && last.Is(tag.OrgWord|tag.OrgEnd) && !last.Is(tag.PlaceWord) && (next == len(f.found) || f.found[next].from > to) && !f.loud(i, to) {
			f.spare = append(f.spare, mention{from: i, to: to, kind: tag.Organised, conf: byMeaning})
		}
		i = to - 1
	}
	f.add()
}

// compounds adds "Martin-Luther-Universität", "Max-Planck-Institut für Geschichte".
func (f *finder) compounds() {
	next := 0
	toks := f.doc.Tokens
	for i := range toks {
		for next < len(f.found) && f.found[next].to <= i {
			next++
		}
		if t := &toks[i]; !t.Word() || !t.Capital() || next < len(f.found) && f.found[next].from <= i || f.doc.Ending(i)&(tag.OrgWord|tag.OrgEnd) == 0 {
			continue
		}
		to := i + 1
		if to+1 < len(toks) && f.follows(to) && f.doc.Word(to) == "für" && f.follows(to+1) && toks[to+1].Capital() && (next == len(f.found) || f.found[next].from > to+1) {
			to += 2
		}
		f.spare = append(f.spare, mention{from: i, to: to, kind: tag.Organised, conf: byMeaning})
	}
	f.add()
}

const longestFormed = 6 // words of an organisation that is known by its form alone

// loud tells whether all words from one token to another are in capitals, or stand in
// a headline of capitals.
func (f *finder) loud(from, to int) bool {
	for i := from; i < to; i++ {
		if !f.token(i).Loud() {
			return false
		}
	}
	return true
}

// leastSport is how many different words of sport a text has that tells of a match.
const leastSport = 4

// teams makes teams of cities in texts that tell of a match, unless they stand where
// a place does.
func (f *finder) teams() {
	seen := map[string]bool{}
	for i := range f.doc.Tokens {
		if t := f.token(i); t.Is(tag.Sport) {
			seen[strings.ToLower(f.doc.Word(i))] = true
		}
	}
	if len(seen) < leastSport {
		return
	}
	for k := range f.found {
		m := &f.found[k]
		if m.kind != tag.Place || m.to-m.from > 1 && !f.whole(m) || !f.token(m.from).Is(tag.City|tag.Region) || f.token(m.from).Is(tag.Country) || f.situated(m) {
			continue
		}
		m.kind, m.conf, m.normal = tag.Organised, byMeaning, ""
	}
}

// situated tells whether a mention stands as only places do: behind a preposition or
// "and", in brackets, before ", California".
func (f *finder) situated(m *mention) bool {
	toks := f.doc.Tokens
	after := func(i int) *tag.Token {
		if i < len(toks) {
			return &toks[i]
		}
		return &tag.Token{}
	}
	if m.from > 0 {
		before := &toks[m.from-1]
		if before.Mark() == '(' && after(m.to).Mark() == ')' || before.Word() && !before.Capital() && before.Is(tag.Near|tag.Link) && f.near(m.from-1, m.from) {
			return true
		}
	}
	return after(m.to).Mark() == ',' && after(m.to+1).Is(places)
}

// lone is by how much single words at the beginning of a sentence are less sure to be
// names, if nothing else in the text speaks for it: "Grant applications".
const lone = 0.5

// doubt lowers the confidence of persons that only a capital at the beginning of a
// sentence tells, and of works and the like that stand in no list, too.
func (f *finder) doubt() {
	within := map[string]bool{}
	for k := range f.found {
		if m := &f.found[k]; m.kind == tag.Person && (m.to-m.from > 1 || !f.token(m.from).First()) {
			within[f.doc.Word(m.to-1)] = true
		}
	}
	for k := range f.found {
		m := &f.found[k]
		t := f.token(m.from)
		if m.to-m.from > 1 || !t.First() || within[f.doc.Word(m.from)] || f.doc.Said(m.to) {
			continue
		}
		if m.kind == tag.Person || m.kind == tag.Other && t.Phrase()&listed == 0 && !t.Capitals() && !t.Titled() && m.alias == k && m.normal == "" && !f.doc.Named(m.from) && !f.doc.Inflects() {
			m.conf *= lone
		}
	}
}

// titled is a name in capitals as it is written elsewhere: "PORT SUDAN" as "Port
// Sudan".
func titled(s string) string {
	if strings.ToUpper(s) != s {
		return s
	}
	first := true
	return strings.Map(func(r rune) rune {
		keep := first || !unicode.IsLetter(r)
		first = !unicode.IsLetter(r)
		if keep {
			return r
		}
		return unicode.ToLower(r)
	}, s)
}
