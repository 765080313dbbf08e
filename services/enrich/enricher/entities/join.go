package entities

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/enricher/entities/tag"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// agree lets the mentions of one name agree on what it is of, and finds those that
// were missed.
func (f *finder) agree() {
	votes, last := f.votes, f.last
	for k := range f.found {
		m := &f.found[k]
		s := f.text(m)
		if m.conf != byMeaning {
			v := votes[s]
			v[m.kind] += m.conf
			votes[s] = v
		}
		if m.kind == tag.Person && m.to-m.from > 1 {
			last[f.doc.Word(m.to-1)] = k + 1
		}
	}
	for k := range f.found {
		m := &f.found[k]
		if m.to-m.from == 1 && m.kind != tag.Person && last[f.text(m)] > 0 && m.normal == "" && m.alias == k && !f.placed(m) {
			m.kind, m.conf = tag.Person, byRepeat
			continue
		}
		v := votes[f.text(m)]
		best := m.kind
		for kind := range v {
			if v[kind] > v[best] {
				best = tag.Kind(kind)
			}
		}
		if best != m.kind && m.normal == "" && m.alias == k && m.conf != byMeaning {
			m.kind = best
			if t := f.token(m.from); f.whole(m) && kindOf(t.Phrase()) == best && t.Phrase()&sure != 0 {
				m.normal = f.tagger.Normal(t)
			}
		}
	}
	f.missed()
	f.tails()
}

// tails gives surnames the particles before them that the full name has: "Van" der
// Laan.
func (f *finder) tails() {
	full := map[string]bool{}
	for k := range f.found {
		if m := &f.found[k]; m.kind == tag.Person {
			for i := m.from + 1; i < m.to-1; i++ {
				if f.token(i).Is(tag.Particle) {
					full[strings.ToLower(f.doc.Text()[f.token(i).Start:f.token(m.to-1).End])] = true
				}
			}
		}
	}
	if len(full) == 0 {
		return
	}
	for k := range f.found {
		m := &f.found[k]
		from, end := m.from, f.token(m.to-1).End
		for i := m.from - 1; m.to-m.from <= maxParts && i >= max(0, m.from-maxParticles) && f.token(i).Is(tag.Particle) && (k == 0 || f.found[k-1].to <= i); i-- {
			if full[strings.ToLower(f.doc.Text()[f.token(i).Start:end])] {
				from = i
			}
		}
		if from < m.from {
			m.from, m.kind, m.conf, m.normal = from, tag.Person, max(m.conf, byRepeat), ""
		}
	}
}

// missed adds single words that the text names elsewhere.
func (f *finder) missed() {
	toks := f.doc.Tokens
	next := 0
	for i := range toks {
		for next < len(f.found) && f.found[next].to <= i {
			next++
		}
		t := &toks[i]
		if !t.Word() || !t.Capital() || next < len(f.found) && f.found[next].from <= i || t.Is(tag.Stop|tag.Demonym) && t.First() {
			continue
		}
		if i > 0 && toks[i-1].Capital() && !toks[i-1].First() && !toks[i-1].Is(tag.Title) || i+1 < len(toks) && toks[i+1].Capital() {
			continue
		}
		w := f.doc.Word(i)
		if f.common(i) {
			continue
		}
		m := mention{from: i, to: i + 1, conf: byRepeat, alias: -1}
		if f.last[w] > 0 {
			m.kind = tag.Person
		} else if v, ok := f.votes[w]; ok && !t.First() {
			for kind := range v {
				if v[kind] > v[m.kind] {
					m.kind = tag.Kind(kind)
				}
			}
		} else {
			continue
		}
		f.byLists(&m)
		f.spare = append(f.spare, m)
	}
	f.insert()
}

// common tells whether a word is likelier a common noun or a month than a name that
// reads the same: "der Koch", "in May".
func (f *finder) common(i int) bool {
	before := i > 0 && f.beside(i-1, i)
	if f.doc.Inflects() && (f.token(i).First() && !f.doc.Said(i+1) && !f.comma(i+1) || before && f.token(i-1).Is(tag.Stop)) {
		return true
	}
	return f.when(i) && before && f.token(i-1).Is(tag.Near|tag.Stop)
}

func (f *finder) comma(i int) bool {
	return i < len(f.doc.Tokens) && f.token(i).Mark() == ','
}

// of is the alias of a spare mention that means the k-th of those found.
func of(k int) int { return -2 - k }

// insert adds the spare mentions, which are by place, and keeps the aliases.
func (f *finder) insert() {
	if len(f.spare) == 0 {
		return
	}
	f.moved = slices.Grow(f.moved[:0], len(f.found))
	moved := f.moved[:len(f.found)]
	all := slices.Grow(f.other[:0], len(f.found)+len(f.spare))
	i := 0
	for k := range f.found {
		for i < len(f.spare) && f.spare[i].from < f.found[k].from {
			all = append(all, f.spare[i])
			i++
		}
		moved[k] = len(all)
		all = append(all, f.found[k])
	}
	all = append(all, f.spare[i:]...)
	for k := range f.found {
		all[moved[k]].alias = moved[f.found[k].alias]
	}
	next := 0
	for k := range all {
		if next < len(moved) && moved[next] == k {
			next++
			continue
		}
		if a := all[k].alias; a <= of(0) {
			all[k].alias = moved[of(a)]
		} else {
			all[k].alias = k
		}
	}
	f.found, f.other, f.spare = all, f.found, f.spare[:0]
}

// anaphora finds "the paper" behind the medium that was named last.
func (f *finder) anaphora() {
	toks := f.doc.Tokens
	next, medium := 0, -1
	for i := range toks {
		for next < len(f.found) && f.found[next].from <= i {
			if m := &f.found[next]; m.kind == tag.Organised && f.token(m.from).Is(tag.Medium) {
				medium = next
			}
			next++
		}
		if medium < 0 || !toks[i].Word() || next > 0 && f.found[next-1].to > i {
			continue
		}
		n := f.doc.Phrased(i, lexicon.Anaphora)
		if n < 2 || next < len(f.found) && f.found[next].from < i+n {
			continue
		}
		f.spare = append(f.spare, mention{from: i, to: i + n, kind: tag.Organised, conf: byMeaning, alias: of(medium), normal: f.found[medium].normal})
	}
	f.insert()
}

// body is an organisation, with the first letters of its words that have capitals, and
// its name in small letters.
type body struct {
	id       int
	initials []rune
	name     string
}

// nameKey is what mentions of one entity have in common: a kind, and a bare name.
type nameKey struct {
	kind tag.Kind
	name string
}

// names is what a text's entities are called, to find the one that a mention is of.
type names struct {
	byName map[nameKey]int // 1-based
	byPart map[string]int  // persons, by the end of their name, or a word of it
	byInit map[string]int
	byTeam map[string]int // clubs, by the first and last word of their name
	bodies []body         // organisations with several words, the first [maxBodies]
}

var types = [tag.Kinds]article.EntityType{article.EntityPerson, article.EntityOrganisation, article.EntityPlace, article.EntityOther}

// join makes entities of the mentions.
func (f *finder) join() []article.Entity {
	if len(f.found) == 0 {
		return nil
	}
	f.found = f.found[:min(len(f.found), MentionLimit)]
	all, n := f.all, &f.names
	for k := range f.found {
		m := &f.found[k]
		if m.conf < article.Sure {
			continue
		}
		id := f.of(n, k, all)
		if id == 0 {
			name := m.normal
			if name == "" {
				name = f.plain(m)
			}
			all = append(all, article.Entity{Type: types[m.kind], Name: name})
			id = len(all)
		}
		m.entity = id
		e := &all[id-1]
		f.remember(n, m, id)
		if m.normal == "" && m.alias == k {
			if name := f.plain(m); len(name) > len(e.Name) && f.fuller(m, e) {
				e.Name = name
			}
		}
		if m.kind == tag.Person {
			f.describe(k, e)
		}
	}
	f.all = all
	if len(all) == 0 {
		return nil
	}
	all = slices.Clone(all)
	f.evidence(all)
	return all
}

// evidence gives the entities their mentions, which lie side by side in memory.
func (f *finder) evidence(all []article.Entity) {
	count := make([]int, len(all))
	total := 0
	for k := range f.found {
		if id := f.found[k].entity; id > 0 {
			count[id-1]++
			total++
		}
	}
	room := make([]article.Evidence, total)
	for i, n := range count {
		all[i].Mentions, room = room[:0:n], room[n:]
	}
	for k := range f.found {
		if m := &f.found[k]; m.entity > 0 {
			e := &all[m.entity-1]
			e.Mentions = append(e.Mentions, article.Evidence{Span: f.span(m), Enricher: Name, Version: Version, Confidence: round(m.conf)})
		}
	}
}

// fuller tells whether a mention's text is a better name than the entity's: a
// person's with more words, an organisation's that was an acronym.
func (f *finder) fuller(m *mention, e *article.Entity) bool {
	if m.kind == tag.Organised {
		return strings.ToUpper(e.Name) == e.Name || strings.HasSuffix(f.plain(m), " "+e.Name)
	}
	return m.kind == tag.Person && m.to-m.from > strings.Count(e.Name, " ")+1
}

// plain is a mention's text with single blanks.
func (f *finder) plain(m *mention) string {
	s := f.text(m)
	if !blanks(s) {
		return s
	}
	return strings.Join(strings.Fields(s), " ")
}

// blanks tells whether other white space than single blanks is in s.
func blanks(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c > ' ' && c < utf8.RuneSelf: // as most
		case c == '\n', c == '\t', c == ' ' && i > 0 && s[i-1] == ' ',
			c == 0xc2 && strings.HasPrefix(s[i:], "\u00a0"), c == 0xe2 && strings.HasPrefix(s[i:], "\u202f"):
			return true
		}
	}
	return false
}

// key is the mention's kind and bare name.
func (f *finder) key(m *mention) nameKey {
	if m.key == "" {
		m.key = f.bare(m)
	}
	return nameKey{m.kind, m.key}
}

// bare is a mention in small letters, without an article before it and "Ltd" behind
// it.
func (f *finder) bare(m *mention) string {
	if m.normal != "" {
		return fold(m.normal)
	}
	c := *m
	for m.kind == tag.Organised && c.to-c.from > 1 && f.token(c.to-1).Is(tag.OrgEnd) {
		c.to--
	}
	for c.to-c.from > 1 && f.doc.Classes(c.from)&lexicon.Article != 0 && m.kind != tag.Person {
		c.from++
	}
	if m.kind == tag.Person && c.to-c.from > 2 {
		return fold(f.withoutInitials(&c))
	}
	return fold(f.plain(&c))
}

// withoutInitials is a person's name without the initials inside it: "Ann Lee" of
// "Ann B. Lee".
func (f *finder) withoutInitials(m *mention) string {
	var b strings.Builder
	for i := m.from; i < m.to; i++ {
		w := f.doc.Word(i)
		if f.token(i).Mark() == '.' || i > m.from && i < m.to-1 && utf8.RuneCountInString(strings.TrimSuffix(w, ".")) == 1 && f.token(i).Capital() {
			continue
		}
		if b.Len() > 0 && f.token(i).Start > f.token(i-1).End {
			b.WriteByte(' ')
		}
		b.WriteString(w)
	}
	return b.String()
}

func fold(s string) string {
	s = strings.TrimPrefix(strings.ToLower(s), "the ")
	if strings.IndexByte(s, '.') >= 0 || strings.Contains(s, "’") {
		s = folding.Replace(s)
	}
	return s
}

var folding = strings.NewReplacer("’", "'", ".", "")

// of is the entity that mention k is of, 0 if it is a new one.
func (f *finder) of(n *names, k int, all []article.Entity) int {
	m := &f.found[k]
	if m.alias < k && f.found[m.alias].entity > 0 {
		return f.found[m.alias].entity
	}
	if id := n.byName[f.key(m)]; id > 0 {
		return id
	}
	switch m.kind {
	case tag.Person:
		return f.personOf(n, m, all)
	case tag.Organised:
		if id := f.acronymOf(n, m, all); id > 0 {
			return id
		}
	default:
	}
	if s, ok := strings.CutSuffix(f.key(m).name, "s"); ok && f.doc.Inflects() && m.normal == "" {
		return n.byName[nameKey{m.kind, s}]
	}
	return 0
}

// personOf is the entity that a person is of who was named otherwise before.
func (f *finder) personOf(n *names, m *mention, all []article.Entity) int {
	s := strings.ToLower(f.plain(m))
	if id := n.byPart[s]; id > 0 {
		return id
	}
	if short, ok := strings.CutSuffix(s, "s"); ok && f.doc.Inflects() { // "Merkels"
		if id := n.byPart[short]; id > 0 {
			return id
		}
		if id := n.byName[nameKey{tag.Person, short}]; id > 0 {
			return id
		}
	}
	if m.to-m.from == 1 {
		return 0
	}
	// "Abdramane" first, "Amadou Abdramane" later
	if id := n.byName[nameKey{tag.Person, strings.ToLower(f.doc.Word(m.to - 1))}]; id > 0 && !strings.Contains(all[id-1].Name, " ") {
		return id
	}
	return 0
}

// acronymOf is the entity that was named by first letters, or in full, before.
func (f *finder) acronymOf(n *names, m *mention, all []article.Entity) int {
	if m.to-m.from == 1 {
		s := strings.ToLower(strings.ReplaceAll(f.doc.Word(m.from), ".", ""))
		if f.token(m.from).Capitals() || len(s) >= leastSpoken && len(s) <= longestAcronym {
			if id := cmp.Or(n.byInit[s], f.lettersOf(n, m, s)); id > 0 {
				return id
			}
		}
		return n.byTeam[s]
	}
	if f.token(m.from).Is(tag.City | tag.Region) { // "Nuggets" first, "Denver Nuggets" later
		if id := n.byName[nameKey{tag.Organised, strings.ToLower(f.doc.Word(m.to - 1))}]; id > 0 && !strings.Contains(all[id-1].Name, " ") {
			return id
		}
	}
	for _, every := range [...]bool{true, false} {
		s := f.initials(m, every)
		if id := n.byName[nameKey{tag.Organised, s}]; id > 0 && len(s) >= leastSpoken && all[id-1].Name == strings.ToUpper(s) {
			return id
		}
	}
	return 0
}

// maxBodies is how many organisations are looked at to find whose letters an acronym has.
const maxBodies = 64

// lettersOf is the organisation whose words begin with letters of an acronym, which has
// others of the name between them: "TMC" of "Trinamool Congress". 0: none.
func (f *finder) lettersOf(n *names, m *mention, short string) int {
	least := 2
	if !f.token(m.from).Capitals() {
		least = leastSpoken
	}
	if len(short) < leastSpoken {
		return 0
	}
	letters := []rune(short)
	for i := range n.bodies {
		b := &n.bodies[i]
		if len(b.initials) >= least && b.initials[0] == letters[0] && subsequence(b.initials, short) && subsequence(letters, b.name) {
			return b.id
		}
	}
	return 0
}

// leastSpoken is how many letters an acronym has that is written as a word: "Esa".
const leastSpoken = 3

// remember notes what else may mean the entity.
func (f *finder) remember(n *names, m *mention, id int) {
	key := f.key(m)
	if n.byName[key] == 0 {
		n.byName[key] = id
	}
	if m.to-m.from < 2 {
		return
	}
	switch m.kind {
	case tag.Person:
		f.rememberPerson(n, m, id)
	case tag.Organised:
		short := f.initials(m, false)
		if len(n.bodies) < maxBodies {
			n.bodies = append(n.bodies, body{id, []rune(short), strings.ToLower(f.text(m))})
		}
		if f.token(m.from).Is(tag.City|tag.Region) || f.token(m.to-1).Is(tag.City|tag.Region) { // "Denver Nuggets", "Real Madrid"
			for _, i := range [...]int{m.from, m.to - 1} {
				if s := strings.ToLower(f.doc.Word(i)); n.byTeam[s] == 0 && f.token(i).Capital() && !f.token(i).Is(tag.OrgWord|tag.OrgEnd) {
					n.byTeam[s] = id
				}
			}
		}
		for _, s := range [...]string{f.initials(m, true), short} {
			if len(s) > 1 && n.byInit[s] == 0 {
				n.byInit[s] = id
			}
		}
	default:
	}
}

// maxParts is how many words of a person's name are remembered by themselves.
const maxParts = 6

// rememberPerson notes the ends of a name, particles with them, and its words.
func (f *finder) rememberPerson(n *names, m *mention, id int) {
	text := f.doc.Text()
	note := func(s string) {
		if s = strings.ToLower(s); n.byPart[s] == 0 {
			n.byPart[s] = id
		}
	}
	end := f.token(m.to - 1).End
	for i := max(m.from+1, m.to-maxParts); i < m.to; i++ {
		if t := f.token(i); t.Word() && (i == m.to-1 || t.Capital() || t.Is(tag.Particle)) {
			note(text[t.Start:end])
		}
	}
	note(f.doc.Word(m.from))
	if f.doc.Apposes() { // a Spanish name goes on with the mother's
		for i := m.from + 1; i < min(m.to-1, m.from+maxParts); i++ {
			if t := f.token(i); t.Capital() && !t.Is(tag.Particle) {
				note(f.doc.Word(i))
			}
		}
	}
}

// maxOutside is how many names outside of what is read are reported: of datelines and
// credits.
const maxOutside = 1_000

// outside adds the places of the dateline, and the photographers of credits, which are
// no part of the text.
func outside(a *article.Article, all []article.Entity) []article.Entity {
	if len(a.Filed.Places) == 0 && len(a.Credits) == 0 {
		return all
	}
	o := adder{a: a, all: all, at: make(map[typed]int, len(all))}
	for i := range all {
		key := typed{all[i].Type, fold(all[i].Name)}
		if _, ok := o.at[key]; !ok {
			o.at[key] = i
		}
	}
	for _, p := range a.Filed.Places {
		for part := range strings.SplitSeq(p, ", ") {
			o.add(article.EntityPlace, a.Filed.Evidence, part)
		}
	}
	for i := range a.Credits {
		o.add(article.EntityPerson, a.Credits[i].Evidence, a.Credits[i].Photographer)
	}
	if o.added == 0 {
		return all
	}
	for i := range o.all {
		slices.SortFunc(o.all[i].Mentions, func(a, b article.Evidence) int { return a.Start - b.Start })
	}
	slices.SortStableFunc(o.all, func(a, b article.Entity) int { return a.Mentions[0].Start - b.Mentions[0].Start })
	return o.all
}

// adder adds names that other enrichers found.
type adder struct {
	a     *article.Article
	all   []article.Entity
	at    map[typed]int
	added int
}

// typed is a type of entities and a name in small letters.
type typed struct {
	sort article.EntityType
	name string
}

func (o *adder) add(sort article.EntityType, in article.Evidence, name string) {
	at := word(in.In(o.a.Text), name)
	if at < 0 || o.added == maxOutside {
		return
	}
	o.added++
	at += in.Start
	m := article.Evidence{Span: article.Span{Start: at, End: at + len(name)}, Enricher: Name, Version: Version, Confidence: round(in.Confidence)}
	key := typed{sort, fold(name)}
	k, ok := o.at[key]
	if !ok {
		k = len(o.all)
		o.at[key] = k
		if sort == article.EntityPlace {
			name = titled(name)
		}
		o.all = append(o.all, article.Entity{Type: sort, Name: name})
	}
	o.all[k].Mentions = append(o.all[k].Mentions, m)
}

// word is where a name stands in a text, and not within a longer word; -1: nowhere.
func word(text, name string) int {
	letter := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	for at := 0; name != ""; {
		i := strings.Index(text[at:], name)
		if i < 0 {
			break
		}
		at += i
		before, _ := utf8.DecodeLastRuneInString(text[:at])
		after, _ := utf8.DecodeRuneInString(text[at+len(name):])
		if !letter(before) && !letter(after) {
			return at
		}
		at += len(name)
	}
	return -1
}
