package entities

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/enricher/entities/tag"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// How sure rules are of what they find.
const (
	byList    = 0.8  // the name of a country, a medium
	byBody    = 0.85 // "the US government"
	byBracket = 0.9  // "(IS)" behind "Islamic State"
	byRepeat  = 0.7  // named so elsewhere in the text
	byMeaning = 0.6  // "Washington's strategy", "the paper"
)

// mention is a name in the text.
type mention struct {
	from, to int // tokens
	kind     tag.Kind
	conf     float64
	alias    int    // the mention that it is an alias of; itself: none
	normal   string // normal name, "" if no list has one
	entity   int    // 1-based
	key      string // what it is joined by
}

func (f *finder) token(i int) *tag.Token { return &f.doc.Tokens[i] }

// text is the mention as it stands.
func (f *finder) text(m *mention) string {
	return f.doc.Text()[f.token(m.from).Start:f.token(m.to-1).End]
}

// collect takes what the model found.
func (f *finder) collect() {
	toks := f.doc.Tokens
	for i := 0; i < len(toks) && len(f.found) < MentionLimit; {
		l, conf := toks[i].Label()
		if l == tag.Outside {
			i++
			continue
		}
		m := mention{from: i, to: i + 1, kind: l.Kind(), conf: conf}
		for m.to < len(toks) {
			n, c := toks[m.to].Label()
			if n != tag.Next(m.kind) {
				break
			}
			m.conf = min(m.conf, c)
			m.to++
		}
		i = m.to
		m.conf = calibrated(m.conf)
		f.found = append(f.found, m)
	}
}

// worth is how likely a name must be to be worth reporting: below it, more than half
// of what is found is wrong.
const worth = 0.35

// calibrated is a confidence that is 0.5 where a name is worth reporting.
func calibrated(p float64) float64 {
	if p < worth {
		return p * 0.5 / worth
	}
	return 0.5 + 0.5*(p-worth)/(1-worth)
}

const (
	listed = tag.Country | tag.Region | tag.Organisation | tag.Medium | tag.City
	places = tag.Country | tag.Region | tag.City
	sure   = tag.Country | tag.Region | tag.Organisation | tag.Medium
)

// known adds listed names that the model didn't find.
func (f *finder) known() {
	toks := f.doc.Tokens
	f.spare = f.spare[:0]
	next := 0
	for i := range toks {
		for next < len(f.found) && f.found[next].to <= i {
			next++
		}
		t := &toks[i]
		if t.Phrase()&sure == 0 || t.Inside() {
			continue
		}
		to := i + 1
		for to < len(toks) && toks[to].Inside() {
			to++
		}
		if to == i+1 && (t.Phrase()&(tag.Country|tag.Region) == 0 && !t.Capitals() && (t.First() || t.End-t.Start < plainName) || t.Is(tag.Stop|tag.Demonym|tag.Given)) {
			continue
		}
		if f.partly(i, to) || next < len(f.found) && f.found[next].from < to && !f.within(next, i, to) {
			continue
		}
		f.spare = append(f.spare, mention{from: i, to: to, kind: kindOf(t.Phrase()), conf: byList})
	}
	f.add()
}

// plainName is how many bytes a word has at least that is taken for the organisation of
// that name wherever it stands within a sentence: "Pentagon".
const plainName = 7

// within tells whether the mentions from the k-th on that touch the tokens all lie
// within them and are shorter; it then takes them out.
func (f *finder) within(k, from, to int) bool {
	end := k
	for ; end < len(f.found) && f.found[end].from < to; end++ {
		if m := &f.found[end]; m.from < from || m.to > to || m.from == from && m.to == to {
			return false
		}
	}
	for ; k < end; k++ {
		f.found[k].kind = gone
	}
	return true
}

// gone is the kind of what was taken out.
const gone = tag.Kinds

// partly tells whether a listed name goes on with more capitals: "Niger Delta
// Force".
func (f *finder) partly(from, to int) bool {
	toks := f.doc.Tokens
	return to < len(toks) && toks[to].Capital() && !toks[to].First() && (!toks[from].Is(tag.Country) || to-from == 1 && toks[to].Is(tag.PlaceWord|tag.OrgWord)) ||
		from > 0 && toks[from-1].Capital() && !toks[from-1].First() && !toks[from-1].Is(tag.Title)
}

// add adds the spare mentions.
func (f *finder) add() {
	f.found = slices.DeleteFunc(f.found, func(m mention) bool { return m.kind == gone })
	if len(f.spare) == 0 {
		return
	}
	f.found = append(f.found, f.spare...)
	slices.SortStableFunc(f.found, func(a, b mention) int { return a.from - b.from })
	f.spare = f.spare[:0]
}

func kindOf(c tag.Class) tag.Kind {
	if c&(tag.Organisation|tag.Medium) != 0 {
		return tag.Organised
	}
	return tag.Place
}

// formal are the classes of words that belong to a name that stands in a headline, though
// the text doesn't say them elsewhere.
const formal = tag.Given | tag.Surname | places | tag.Organisation | tag.Medium | tag.OrgWord | tag.OrgEnd | tag.PlaceWord | tag.Event | tag.Particle

// headlines takes words off names in headlines that begin all their words with capitals,
// if the text has only the other ones within sentences: "Senate Probes".
func (f *finder) headlines() {
	for k := range f.found {
		if m := &f.found[k]; f.token(m.from).Titled() && m.to-m.from > 1 {
			f.headline(k)
		}
	}
	f.add()
}

func (f *finder) headline(k int) {
	m := f.found[k]
	named := false
	for i := m.from; i < m.to; i++ {
		named = named || f.doc.Named(i)
	}
	if !named {
		return
	}
	belongs := func(i int) bool {
		t := f.token(i)
		return f.doc.Named(i) || t.Is(formal) && !t.Is(tag.Stop) || t.Inside() || !t.Capital() && t.Is(tag.Link) || !t.Word()
	}
	first := true
	for i := m.from; i < m.to; {
		if !belongs(i) || !f.token(i).Capital() {
			i++
			continue
		}
		part := m
		part.from = i
		for part.to = i; i < m.to && belongs(i); i++ {
			if f.token(i).Capital() {
				part.to = i + 1
			}
		}
		if first {
			f.found[k], first = part, false
		} else {
			f.spare = append(f.spare, part)
		}
	}
}

// mend trims mentions, gives them the kind that a list is sure of, and drops what
// is no name.
func (f *finder) mend() {
	keep := f.found[:0]
	for _, m := range f.found {
		f.trim(&m)
		if m.from >= m.to || f.nothing(&m) {
			continue
		}
		keep = append(keep, m)
		if m.kind == tag.Person && m.to-m.from > 1 {
			f.people[f.doc.Word(m.to-1)] = true
		}
	}
	f.found = keep
	for k := range f.found {
		m := &f.found[k]
		f.byName(m)
		f.byForm(m)
		f.byLists(m)
	}
}

// byName makes a person of the last name of one that is named in full, unless it
// stands where a place does: "Jordan" behind "Jim Jordan".
func (f *finder) byName(m *mention) {
	if m.to-m.from == 1 && m.kind != tag.Person && f.people[f.doc.Word(m.from)] && !f.placed(m) && !f.when(m.from) {
		m.kind, m.conf = tag.Person, max(m.conf, byRepeat)
	}
}

// byForm gives a name that the model isn't sure of the kind that its words tell.
func (f *finder) byForm(m *mention) {
	first, last := f.token(m.from), f.token(m.to-1)
	n := m.to - m.from
	switch {
	case n < 2 || f.whole(m):
	case m.kind == tag.Place && first.Is(tag.City|tag.Region|tag.Country) && !last.Is(tag.PlaceWord|tag.Near|tag.City|tag.Region|tag.Country) && last.Capital():
		m.kind = tag.Organised // "Boston Celtics", "Alabama Power"
	case (m.kind == tag.Place || m.kind == tag.Person && !last.Is(tag.Given|tag.Surname)) && last.Is(tag.OrgWord|tag.OrgEnd) && !last.Is(tag.PlaceWord):
		m.kind = tag.Organised
	case m.kind == tag.Person && last.Is(tag.PlaceWord) && !last.Is(tag.Given|tag.Surname|tag.OrgWord):
		m.kind = tag.Place // "Hancock Pond"
	case m.kind != tag.Person && m.conf < unsure && n <= longestPerson && first.Is(tag.Given) && !first.Is(tag.Stop|tag.OrgWord|tag.City) && f.plainWords(m):
		m.kind = tag.Person // "Solenn Kerdoncuff"
	}
}

// longestPerson is how many words a person's name has that is known by its given
// name alone; unsure is what the model says of a kind that form may overrule.
const (
	longestPerson = 3
	unsure        = 0.8
)

// plainWords tells whether all words of a mention have capitals and none is part of
// organisations' or places' names.
func (f *finder) plainWords(m *mention) bool {
	for i := m.from; i < m.to; i++ {
		if t := f.token(i); !t.Word() || !t.Capital() || t.Is(tag.OrgWord|tag.OrgEnd|tag.PlaceWord|tag.Event|tag.Body|tag.Demonym) || t.Inside() {
			return false
		}
	}
	return true
}

// trim takes titles and articles off the beginning, marks off the end.
func (f *finder) trim(m *mention) {
	for m.to > m.from && (!f.token(m.to-1).Word() && f.token(m.to-1).Mark() != '!' || m.to-m.from > 1 && f.dangling(m.to-1)) {
		m.to--
	}
	for m.from < m.to && !f.token(m.from).Word() {
		m.from++
	}
	if m.kind != tag.Person {
		if t := f.token(m.from); m.to-m.from > 1 && t.First() && t.Phrase() == 0 && (f.doc.The(m.from) || t.Is(tag.Near) && t.Is(tag.Stop)) {
			m.from++
		}
		return
	}
	for m.to-m.from > 1 && f.token(m.from).Is(tag.Title|tag.Role|tag.Demonym) && (!f.token(m.from).Is(tag.Given) || m.to-m.from == 2 && f.token(m.from+1).Is(tag.Given)) {
		m.from++ // also "King" of "King Abdullah"
	}
}

// dangling tells whether a small word stands at token i that ends no name: "Quai d".
func (f *finder) dangling(i int) bool {
	t := f.token(i)
	return t.Word() && !t.Capital() && t.Is(tag.Link) && !t.Inside()
}

// nothing tells whether a mention is no name after all.
func (f *finder) nothing(m *mention) bool {
	t := f.token(m.from)
	if m.kind != tag.Person && f.dated(m) {
		return true
	}
	if m.to-m.from > 1 {
		for i := m.from; i < m.to; i++ {
			if t := f.token(i); !t.Is(tag.Demonym|tag.Stop|tag.Title|tag.Role|tag.Link|tag.Near) || t.Phrase()&listed != 0 || t.Is(tag.Given|tag.Surname) && m.kind == tag.Person {
				return false
			}
		}
		return m.kind != tag.Organised || f.token(m.to-1).Is(tag.Demonym)
	}
	switch {
	case !t.Word() || t.Is(tag.Stop|tag.Modifier) && (t.First() || m.kind != tag.Person):
		return true
	case utf8.RuneCountInString(strings.TrimSuffix(f.doc.Word(m.from), ".")) < 2 && t.Phrase()&listed == 0:
		return true // "Plan B"
	case t.Is(tag.Demonym) && t.Phrase()&listed == 0:
		return true
	case t.Is(tag.Near) && m.kind != tag.Person && t.Phrase()&listed == 0:
		return true // "the West"
	}
	return m.kind != tag.Person && f.when(m.from)
}

// dated tells whether a mention is a date or a period that the text mentions: "mid-March".
func (f *finder) dated(m *mention) bool {
	start, end := int(f.token(m.from).Start), int(f.token(m.to-1).End)
	i, ok := slices.BinarySearchFunc(f.dates, start, func(d article.Moment, start int) int { return d.Start - start })
	return ok && f.dates[i].End == end
}

// when tells whether a token is the name of a month or a day.
func (f *finder) when(i int) bool {
	return f.doc.Classes(i)&(lexicon.Month|lexicon.Weekday) != 0
}

// whole tells whether a mention is all of a listed name.
func (f *finder) whole(m *mention) bool {
	t := f.token(m.from)
	if t.Phrase()&listed == 0 || t.Inside() {
		return false
	}
	for i := m.from + 1; i < m.to; i++ {
		if !f.token(i).Inside() {
			return false
		}
	}
	return m.to == len(f.doc.Tokens) || !f.token(m.to).Inside()
}

// byLists gives a mention that is all of a listed name the list's kind.
func (f *finder) byLists(m *mention) {
	if !f.whole(m) {
		return
	}
	t := f.token(m.from)
	c := t.Phrase()
	if m.kind == tag.Person && m.to-m.from == 1 && !f.placed(m) && (t.Is(tag.Given|tag.Surname) || f.people[f.doc.Word(m.from)]) {
		return // "Jordan", "Chad"
	}
	if m.kind == tag.Other && c&(tag.City|tag.Country|tag.Region) != 0 {
		m.kind = tag.Place
	}
	switch {
	case c&(tag.Country|tag.Region) != 0 && (m.kind == tag.Place || m.to-m.from > 1 || c&tag.Country != 0 && m.kind != tag.Organised):
		m.kind = tag.Place
	case c&tag.Medium != 0 && (m.to-m.from > 1 || m.kind == tag.Organised || !t.Is(tag.Given|tag.Surname|places)), c&tag.Organisation != 0 && (m.to-m.from > 1 || m.kind == tag.Organised || t.Capitals()):
		m.kind = tag.Organised
	default:
		return
	}
	if m.kind == kindOf(c) {
		m.normal = f.tagger.Normal(t)
	}
}

// bodies makes organisations of "the US government", "the Biden administration",
// and of "Washington" in "Washington's strategy".
func (f *finder) bodies() {
	for k := range f.found {
		m := &f.found[k]
		if m.to < len(f.doc.Tokens) && f.token(m.to).Is(tag.Body) && f.beside(m.to-1, m.to) && !f.headed(m) && (k+1 == len(f.found) || f.found[k+1].from > m.to) {
			m.to, m.kind, m.conf, m.normal = m.to+1, tag.Organised, byBody, ""
			continue
		}
		if m.kind == tag.Place && m.to-m.from == 1 && f.token(m.from).Is(tag.Seat) && (f.owns(m.to) || f.doc.Said(m.to) && f.beside(m.from, m.to)) && !f.placed(m) {
			m.kind, m.conf, m.normal = tag.Organised, byMeaning, ""
		}
	}
	f.demonymBodies()
}

// headed tells whether an organisation has its word already: "Labour Party".
func (f *finder) headed(m *mention) bool {
	return m.kind == tag.Organised && f.token(m.to-1).Is(tag.OrgWord|tag.OrgEnd|tag.Body)
}

// demonymBodies finds "the French government".
func (f *finder) demonymBodies() {
	toks := f.doc.Tokens
	k := 0
	for i := 1; i < len(toks); i++ {
		if !toks[i].Is(tag.Body) || !toks[i-1].Capital() || !f.beside(i-1, i) || !toks[i-1].Is(tag.Demonym) && !f.governs(i-1) {
			continue
		}
		for k < len(f.found) && f.found[k].to < i {
			k++
		}
		if k < len(f.found) && f.found[k].from <= i {
			continue
		}
		f.spare = append(f.spare, mention{from: i - 1, to: i + 1, kind: tag.Organised, conf: byBody})
	}
	f.add()
}

// governs tells whether the name at token i, which the model may not know, stands
// between an article and a word of government: "the Biden administration".
func (f *finder) governs(i int) bool {
	return i > 0 && f.doc.The(i-1) && f.beside(i-1, i) && !f.token(i).Is(tag.Stop)
}

// beside tells whether two tokens stand in one block with a blank between them.
func (f *finder) beside(i, j int) bool {
	_, to := f.doc.Block(i)
	return j < to && f.token(j).Start-f.token(i).End == 1
}

// owns tells whether "'s" stands at token i, and behind it what only governments
// have.
func (f *finder) owns(i int) bool {
	toks := f.doc.Tokens
	if i+2 >= len(toks) || toks[i].Mark() != '\'' && toks[i].Mark() != '’' || f.doc.Word(i+1) != "s" {
		return false
	}
	const most = 3
	for k := i + 2; k < min(i+2+most, len(toks)) && toks[k].Word(); k++ {
		if toks[k].Is(tag.Policy) {
			return true
		}
	}
	return false
}

// placed tells whether a word of place stands before a mention.
func (f *finder) placed(m *mention) bool {
	return m.from > 0 && f.token(m.from-1).Is(tag.Near) && f.beside(m.from-1, m.from)
}

const longestAcronym = 8 // letters

// acronyms joins "Islamic State (IS)".
func (f *finder) acronyms() {
	toks := f.doc.Tokens
	for k := range f.found {
		f.found[k].alias = k
	}
	for k := range f.found {
		m := &f.found[k]
		i := m.to
		if m.kind == tag.Person || i+2 >= len(toks) || toks[i].Mark() != '(' || toks[i+2].Mark() != ')' || !toks[i+1].Word() {
			continue
		}
		short := f.doc.Word(i + 1)
		if !toks[i+1].Capitals() && !camel(short) || utf8.RuneCountInString(short) > longestAcronym || !f.stands(short, m) {
			continue
		}
		if k+1 < len(f.found) && f.found[k+1].from == i+1 {
			n := &f.found[k+1]
			n.kind, n.conf, n.alias, n.normal = m.kind, byBracket, k, m.normal
			continue
		}
		f.spare = append(f.spare, mention{from: i + 1, to: i + 2, kind: m.kind, conf: byBracket, alias: of(k), normal: m.normal})
	}
	f.insert()
}

// camel tells whether a word has a capital behind its first letter.
func camel(s string) bool {
	_, n := utf8.DecodeRuneInString(s)
	return strings.ToLower(s[n:]) != s[n:]
}

// stands tells whether a short form has the first letters of a name.
func (f *finder) stands(short string, m *mention) bool {
	letters := []rune(strings.ToLower(strings.ReplaceAll(short, ".", "")))
	all := f.initials(m, true)
	if len(letters) < 2 || string(letters) == all || string(letters) == f.initials(m, false) {
		return len(letters) > 1
	}
	// "EZB" of "Europäische Zentralbank"
	first, _ := utf8.DecodeRuneInString(all)
	return len(letters) > 2 && letters[0] == first && m.to-m.from > 1 && subsequence(letters, strings.ToLower(f.text(m)))
}

// initials are the first letters of a mention's words, in small letters: of all, or
// of those with a capital.
func (f *finder) initials(m *mention, all bool) string {
	var b strings.Builder
	for i := m.from; i < m.to; i++ {
		t := f.token(i)
		if !t.Word() || !all && !t.Capital() {
			continue
		}
		for part := range strings.SplitSeq(f.doc.Word(i), "-") {
			if r, n := utf8.DecodeRuneInString(part); n > 0 {
				b.WriteRune(unicode.ToLower(r))
			}
		}
	}
	return b.String()
}

func subsequence(letters []rune, s string) bool {
	for _, r := range s {
		if len(letters) > 0 && r == letters[0] {
			letters = letters[1:]
		}
	}
	return len(letters) == 0
}

// span is the mention's place in the text.
func (f *finder) span(m *mention) article.Span {
	return article.Span{Start: int(f.token(m.from).Start), End: int(f.token(m.to - 1).End)}
}
