package places

import (
	"slices"
	"strings"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// mention is a name of the gazetteer in the text.
type mention struct {
	start, end int32
	first, n   int32 // its words, in the words of its segment
	head       int32 // the places that the name may mean
	key        uint64
	more       int32 // bytes of the type behind it: "Nyanza Province"
	within     int32 // the mention that says where it lies, one more than its index; below 0: loosely; 0: none
	holding    int32 // the mention that it says of where it lies, one more than its index; 0: none
	record     int32 // what it means, 0: nothing
	score      float32
	kind       article.Kind
	part       int32 // which of the segments that are looked at
	lead       bool  // the first paragraph of the body
	spelling
	only    uint64 // its only word, 0 if it has more
	country uint8  // the country of that name, 0 if there is none
	state   bool   // a country or a first division has that name
	capital bool   // so has a capital
	alone   bool   // one place only has that name
	chained bool   // it goes on a list from the mention before it
	tail    bool   // an abbreviation that stands behind a comma only
	seat    bool   // the division that has the name has a town of that name
	called  bool   // usually called so: New York City isn't
	bracket bool   // what says where it lies stands in brackets
	ended   bool   // a list doesn't go on behind it
	region  uint8  // the country of the division below
	inside  uint16 // the greatest first division of that name
	subject uint32 // inhabitants of it
	obscure uint32 // where fewer live is seldom meant, as a city of a million has the name
	near    nearby
}

// nearby is what stands around a mention.
type nearby uint16

const (
	preposition nearby = 1 << iota // a word before it that stands before places
	certain                        // one that stands before little else
	barred                         // it is part of another name, a person, a government
	weak                           // it may be part of another name
	word                           // the name is a word or a person first
	attribute                      // before a noun: "US soldiers"
	genitive
	typed  // its type stands beside it: "Nyanza Province"
	acting // a verb of doing behind it: "Moscow said"
	dealt  // a word of dealing before it: "talks with Moscow"
	bodied // it begins the name of a body: "US Department of Justice"
	code   // of letters that are no word: "US"
	sided  // the word before it stands before teams as well: "against Denver"
)

const maxGap = 4 // bytes between two words of a name

// joined tells whether words k-1 and k may be of one name.
func joined(text string, toks []lexicon.Token, k int) bool {
	g := text[toks[k-1].End:toks[k].Start]
	switch g {
	case " ", "-", "'", "’", "\u00a0", "‑", "–", "\n", ".":
		return true
	case ". ":
		return toks[k-1].End-toks[k-1].Start <= 2
	}
	return len(g) <= maxGap && len(g) > 1 && strings.Trim(g, " \n\r\u00a0") == ""
}

// longest finds the longest name that begins with word i: the number of its words,
// and the head of its places.
func (g *Gazetteer) longest(text string, toks []lexicon.Token, i int) (n int, head int32, key uint64) {
	h := uint64(0)
	small := toks[i].Shape&lexicon.Upper == 0
	if small && !g.starts.has(toks[i].Hash) {
		return 0, 0, 0
	}
	for k := i; k < len(toks); k++ {
		if k > i && !joined(text, toks, k) {
			break
		}
		h = step(h, toks[k].Hash)
		p, some := g.table.get(h)
		if !some {
			break
		}
		small = small && toks[k].Shape&lexicon.Upper == 0
		if p != 0 && !small && g.written(toks[i:k+1], p) {
			n, head, key = k+1-i, p, h
		}
	}
	return n, head, key
}

// spelling is how the words of a name are written in a text.
type spelling struct {
	capitals bool // in capitals only
	plain    bool // none but particles has a small letter
}

const maxParticle = 3 // bytes of a word with a small letter inside a name

func spell(toks []lexicon.Token) spelling {
	s := spelling{true, true}
	for i, t := range toks {
		if t.Shape&lexicon.AllCaps == 0 && (t.End-t.Start > 1 || t.Shape&lexicon.Upper == 0) {
			s.capitals = false
		}
		if t.Shape&lexicon.Lower != 0 && (i == 0 || i == len(toks)-1 || t.End-t.Start > maxParticle) {
			s.plain = false
		}
	}
	return s
}

func (s spelling) fits(how manner) bool {
	return (how&exact == 0 || how&tail != 0 || s.capitals) && (how&lower != 0 || s.plain)
}

// written tells whether the words are written as a name is of any of the places.
func (g *Gazetteer) written(toks []lexicon.Token, head int32) bool {
	s := spell(toks)
	for p := head; p != 0; p = g.postings[p].next {
		if s.fits(g.postings[p].how) {
			return true
		}
	}
	return false
}

// sense is what a name was said to mean, and by which mention first.
type sense struct{ record, from int32 }

// finder looks for places in an article.
type finder struct {
	g        *Gazetteer
	lex      *lexicon.Lexicon
	lang     *language
	text     string
	scanned  *lexicon.Words
	toks     []lexicon.Token // of the segment
	mentions []mention
	// landmarks are what names itself a place; they mean no record.
	landmarks []mention
	segment   article.Segment
	lead      bool
	part      int32 // which segment it is, of those that are looked at
	titled    bool  // most words of the segment have a capital
	words     int   // of the article
	sports    int   // of them that tell of sport

	countries [256]float32 // what speaks for each country
	inner     [256]float32 // what speaks for any of its divisions
	divisions map[uint16]float32
	siblings  [256]float32       // what of that names divisions
	states    map[uint16]float32 // what names each
	gave      map[uint64]float32 // what a name gave to a country or division
	senses    map[uint64]sense   // what a name meant where that was certain
	persons   map[uint64]bool    // names that were a person's
	seen      map[int32]int32
	phrases   [longestPhrase]lexicon.Class // of the phrases that end before a word, by their length
	phrasesAt int                          // which word
	found     []found
	lowered   filter // words that the text has with a small letter, roughly
}

func (f *finder) reset() {
	f.mentions, f.landmarks = f.mentions[:0], f.landmarks[:0]
	f.words, f.sports, f.part = 0, 0, 0
	clear(f.countries[:])
	clear(f.divisions)
	clear(f.siblings[:])
	clear(f.states)
	clear(f.gave)
	clear(f.inner[:])
	clear(f.lowered[:])
	clear(f.senses)
	clear(f.persons)
	clear(f.seen)
}

// scan finds what the segment names.
func (f *finder) scan() {
	s := f.segment
	f.toks, f.phrasesAt = f.scanned.In(s.Start, s.End), 0
	f.titled = headed(s.Kind) && mostCapitals(f.toks)
	for _, t := range f.toks {
		if t.Shape&lexicon.Lower != 0 {
			f.lowered.add(t.Hash)
		}
	}
	f.words += len(f.toks)
	begin := len(f.mentions)
	for i := 0; i < len(f.toks); {
		n, head, key := f.g.longest(f.text, f.toks, i)
		if n == 0 && f.lang.genitive {
			n, head, key = f.ofPlace(i)
		}
		if long := f.landmark(i); long > n {
			if len(f.mentions)+len(f.landmarks) >= MentionLimit {
				break
			}
			f.site(i, long)
			i += long
			continue
		}
		if n == 0 || n > 1 && f.onlyDirections(i, i+n) {
			f.others(i)
			i++
			continue
		}
		if len(f.mentions)+len(f.landmarks) >= MentionLimit {
			break
		}
		last := f.toks[i+n-1]
		m := mention{start: f.toks[i].Start, end: last.End, first: int32(i), n: int32(n), head: head, key: key, kind: s.Kind, lead: f.lead, part: f.part}
		m.spelling = spell(f.toks[i : i+n])
		f.named(&m)
		if n > 1 && last.End-last.Start == 1 && (f.text[last.Start] < 'a' || f.text[last.Start] > 'z') && int(last.End) < s.End && f.text[last.End] == '.' {
			m.end++ // "U.S."
		}
		f.mentions = append(f.mentions, m)
		i += n
	}
	for k := begin; k < len(f.mentions); k++ {
		f.surround(begin, k)
	}
	for k := len(f.mentions) - 1; k > begin; k-- {
		if m := &f.mentions[k]; m.chained && m.near&acting != 0 && f.mentions[k-1].near&preposition == 0 {
			f.mentions[k-1].near |= acting // "Berlin and Paris said"
		}
	}
}

// ofPlace takes word i for a genitive without an apostrophe: "Europas".
func (f *finder) ofPlace(i int) (n int, head int32, key uint64) {
	const shortest = 6 // bytes
	t := f.toks[i]
	if t.Shape&lexicon.Upper == 0 || t.End-t.Start < shortest || f.text[t.End-1] != 's' {
		return 0, 0, 0
	}
	var room [1]lexicon.Token
	bare := lexicon.Scan(room[:0], f.text, int(t.Start), int(t.End)-1)
	if len(bare) != 1 {
		return 0, 0, 0
	}
	n, head, key = f.g.longest(f.text, bare, 0)
	if n == 0 || f.lang.words.Longest(bare, stop).Tokens > 0 {
		return 0, 0, 0
	}
	if r := &f.g.records[f.g.postings[head].record]; r.kind < Region && r.population < known {
		return 0, 0, 0
	}
	return n, head, key
}

// onlyDirections tells whether words [from, to) are "South West" and the like.
func (f *finder) onlyDirections(from, to int) bool {
	for i := from; i < to; i++ {
		if !f.is(i, direction) {
			return false
		}
	}
	return true
}

// named tells what of rank has the name.
func (f *finder) named(m *mention) {
	if m.n == 1 {
		m.only = f.toks[m.first].Hash
	}
	g := f.g
	m.alone = g.postings[m.head].next == 0
	if r := &g.records[g.postings[m.head].record]; r.kind <= Capital && r.population >= 10*known {
		m.obscure = r.population / obscurity
	}
	for p, n := m.head, 0; p != 0 && n < maxSenses; p, n = g.postings[p].next, n+1 {
		if !m.fits(g.postings[p].how) {
			continue
		}
		if g.postings[p].how&exact != 0 {
			m.near |= code
		}
		m.tail = m.tail || g.postings[p].how&tail != 0
		switch r := &g.records[g.postings[p].record]; r.kind {
		case City, Subdivision, Region:
		case Country:
			m.country, m.state = r.country, true
		case Division:
			m.state = m.state || r.population >= known
			if m.inside == 0 {
				m.inside, m.region, m.subject = r.division, r.country, r.population
			}
		case Capital:
			m.capital = true
		}
	}
	for p, n := m.head, 0; m.inside != 0 && p != 0 && n < maxSenses; p, n = g.postings[p].next, n+1 {
		r := &g.records[g.postings[p].record]
		if r.kind <= Capital && r.division == m.inside {
			m.seat = true
			m.called = m.called || g.nameOf(r) == f.text[m.start:m.end]
		}
	}
}

// headed tells whether segments of a kind may be written with capitals.
func headed(k article.Kind) bool {
	return k == article.Headline || k == article.Standfirst || k == article.Subhead
}

// mostCapitals tells whether a line is written with capitals, as some headlines are.
func mostCapitals(toks []lexicon.Token) bool {
	const long = 4 // bytes of a word that has a capital there
	words, upper := 0, 0
	for _, t := range toks {
		if t.End-t.Start >= long && t.Shape&lexicon.Digits == 0 {
			words++
			if t.Shape&lexicon.Upper != 0 {
				upper++
			}
		}
	}
	return words > 0 && upper*10 >= words*7
}

// others looks at a word that begins no name: what an adjective or a people says about
// the country, and what tells of sport.
func (f *finder) others(i int) {
	if !f.lang.others.has(f.toks[i].Hash) {
		return
	}
	if m := f.lang.byPeople.Longest(f.toks[i:], 0); m.Value > 0 {
		f.countries[m.Value-1]++
	}
	if f.lang.words.Longest(f.toks[i:], sport).Tokens > 0 {
		f.sports++
	}
}

func (f *finder) gap(k int) string {
	from, to := f.segment.Start, f.segment.End
	if k > 0 {
		from = int(f.toks[k-1].End)
	}
	if k < len(f.toks) {
		to = int(f.toks[k].Start)
	}
	return f.text[from:to]
}

func (f *finder) is(k int, c lexicon.Class) bool {
	return k >= 0 && k < len(f.toks) && f.lang.words.Longest(f.toks[k:min(k+1, len(f.toks))], c).Tokens > 0
}

// ending tells whether a phrase of class c ends right before word i.
func (f *finder) ending(i int, c lexicon.Class) bool { return f.phrase(i, c) >= 0 }

// longestPhrase is how many words a phrase may have that stands before a name.
const longestPhrase = 4

// phrase is the word with which the phrase of class c begins that ends right before word
// i, below 0 if there is none.
func (f *finder) phrase(i int, c lexicon.Class) int {
	if f.phrasesAt != i {
		f.phrasesAt = i
		for n := range f.phrases {
			f.phrases[n] = 0
			if n < i {
				if m := f.lang.words.Longest(f.toks[i-n-1:i], 0); m.Tokens == n+1 {
					f.phrases[n] = m.Classes
				}
			}
		}
	}
	for n := longestPhrase - 1; n >= 0; n-- {
		if f.phrases[n]&c != 0 {
			return i - n - 1
		}
	}
	return -1
}

// people tells whether word k is an adjective or a people: "Canadian" is also a town.
func (f *finder) people(k int) bool {
	return f.lang.others.has(f.toks[k].Hash) && f.lang.byPeople.Longest(f.toks[k:k+1], 0).Tokens > 0
}

func (f *finder) general(k int, c lexicon.Class) bool {
	return k >= 0 && k < len(f.toks) && f.lex.Phrases.Longest(f.toks[k:k+1], c).Tokens > 0
}

// opens tells whether a sentence begins with word k.
func (f *finder) opens(k int) bool {
	return k == 0 || strings.ContainsAny(f.gap(k), ".!?:\"“„«\n•—") && len(f.gap(k)) > 1
}

// tiny is how many bytes a name has that means nothing by itself.
const tiny = 2

// surround looks at what stands around mention k of a segment whose first one is begin.
func (f *finder) surround(begin, k int) {
	m := &f.mentions[k]
	i, end := int(m.first), int(m.first+m.n)
	if f.lang.words.Longest(f.toks[i:end], stop).Tokens == int(m.n) {
		m.near |= word
	}
	if m.n == 1 {
		switch {
		case f.is(i, direction) || f.general(i, lexicon.Month|lexicon.Weekday) && !f.titled,
			f.is(i, body|feature|typeWord|title) && m.country == 0 && !strings.HasPrefix(f.gap(end), ","):
			m.near |= barred
			return
		case f.is(i, before) || f.general(i, lexicon.Given) || m.country == 0 && f.people(i) || f.toks[i].End-f.toks[i].Start <= tiny && m.near&code == 0:
			m.near |= word
		}
	}
	before, after := f.gap(i), f.gap(end)
	if strings.HasSuffix(before, "@") || strings.HasSuffix(before, "#") || strings.HasSuffix(before, "_") || strings.HasPrefix(after, "@") || strings.HasPrefix(after, "$") || strings.HasSuffix(before, "$") ||
		strings.HasPrefix(after, "_") || strings.HasPrefix(after, "://") || before == "." || after == "." && m.n == 1 && end < len(f.toks) && f.toks[end].Shape&lexicon.Lower != 0 {
		m.near |= barred
		return
	}
	f.ahead(m, begin, k, i)
	f.behind(m, k, end)
	f.container(m, begin, k, end)
}

// ahead looks at what stands before a mention that begins with word i.
func (f *finder) ahead(m *mention, begin, k, i int) {
	if i == 0 {
		return
	}
	gap := f.gap(i)
	at := i
	if f.general(at-1, lexicon.Article) && !f.is(at-1, before|strong) && f.toks[at-1].Shape&lexicon.Lower != 0 && space(gap) {
		at-- // "in the Netherlands"
	}
	touching := at > 0 && (space(f.gap(at)) || f.elided(at))
	if touching && (f.inBody(m, at) || f.ending(at, feature) || f.ofBody(at)) {
		m.near |= barred
		return
	}
	if touching && f.ending(at, typeOf) {
		m.near |= typed
	}
	if touching && f.ending(at, before|strong) {
		m.near |= preposition
		if f.ending(at, strong) {
			m.near |= certain
		}
		if f.ending(at, talks) {
			m.near |= dealt
		}
		if f.ending(at, side) {
			m.near |= sided
		}
	}
	neighbour := k > begin && f.mentions[k-1].first+f.mentions[k-1].n == int32(i) && f.mentions[k-1].state && f.mentions[k-1].near&(barred|word) == 0
	prev := f.toks[i-1]
	switch {
	case m.n == 1 && m.country == 0 && f.bearer(i):
		f.person(m) // "Wolf von der Tann"
	case prev.Shape&lexicon.Upper == 0 || neighbour && gap != "-":
	case gap == "-":
		if !neighbour {
			m.near |= barred // "Ebola-Reston"
		}
	case !space(gap) && gap != ". " || gap == "\n":
	case f.general(i-1, lexicon.Given) && m.n == 1 && space(gap) && !(f.opens(i-1) && f.ending(i, before)):
		f.person(m) // "Jack London"
	case f.ending(i, title) && m.n == 1 && m.country == 0:
		f.person(m) // "Mr. Corby"
	case f.is(i-1, direction) && space(gap):
		f.towards(m, i)
	case !space(gap):
	case f.opens(i-1) && !f.titled && !f.lang.nouns && m.country == 0 && !f.common(i-1) && !f.is(i-1, before|strong|stop|title) && !f.general(i-1, lexicon.Article):
		m.near |= weak // "Blair Norton"
	case f.lang.nouns && m.country == 0 && !f.titled && !f.opens(i-1) && !f.inflected(m) && f.bodyNoun(i-1):
		m.near |= weak // "Kantonspolizei Bern"
	case f.lang.nouns || f.titled || f.opens(i-1) || prev.Shape&lexicon.AllCaps != 0 && m.capitals:
	case f.ending(i, before|strong) || f.general(i-1, lexicon.Weekday|lexicon.Month|lexicon.Article|lexicon.Join):
	case f.lang.byPeople.Longest(f.toks[i-1:i], 0).Tokens > 0:
	case prev.Shape&lexicon.HasDigit != 0:
	default:
		m.near |= weak // "Racing Victoria"
	}
}

// inflected tells whether a mention was found without its last letter: "Europas".
func (f *finder) inflected(m *mention) bool {
	return m.n == 1 && m.key != step(0, f.toks[m.first].Hash)
}

// bodyNoun tells whether word k, where all nouns have a capital, is one that doesn't say
// what the place behind it is, as "Hafenstadt" does.
func (f *finder) bodyNoun(k int) bool {
	if f.is(k, before|strong|typeOf|title|direction|typeWord) || f.general(k, lexicon.Weekday|lexicon.Month|lexicon.Article|lexicon.Join|lexicon.Given) {
		return false
	}
	word := f.text[f.toks[k].Start:f.toks[k].End]
	return !slices.ContainsFunc(f.lang.kinds, func(kind string) bool {
		return len(word) >= len(kind) && strings.EqualFold(word[len(word)-len(kind):], kind)
	})
}

// elided tells whether word i stands behind an apostrophe that stands for a vowel:
// "d'Orléans".
func (f *finder) elided(i int) bool {
	const longest = 2 // bytes of "qu"
	gap := f.gap(i)
	return (gap == "'" || gap == "’") && f.toks[i-1].End-f.toks[i-1].Start <= longest
}

// inBody tells whether what a body is stands before mention m, which begins with word i:
// "Bank of England". Where bodies' names have capitals and other nouns don't, a country
// or division stays one behind a small letter: "the government of Angola".
func (f *finder) inBody(m *mention, i int) bool {
	capitals := !f.lang.nouns && !f.lang.smallNouns
	if capitals && f.is(i-1, of) && i > 1 && f.toks[i-2].Shape&lexicon.Upper != 0 && f.is(i-2, body) && space(f.gap(i-1)) {
		return true // "News Agency of Nigeria"
	}
	k := f.phrase(i, bodyBefore)
	return k >= 0 && !(capitals && f.toks[k].Shape&lexicon.Upper == 0 && (m.country != 0 || m.state && f.is(k, policy)))
}

// ofBody tells whether a name of a body ends before word i, in languages that write
// nouns with a small letter: "Bolsa de Cereales de", "Société de transport de".
func (f *finder) ofBody(i int) bool {
	k := i - 1
	if k > 0 && f.general(k, lexicon.Article) && !f.is(k, of) {
		k-- // "de la"
	}
	if !f.lang.smallNouns || f.titled || k < 1 || !f.is(k, of) || f.toks[k].Shape&lexicon.Upper != 0 || f.ending(i, strong|typeOf) {
		return false
	}
	k--
	if k > 1 && f.toks[k].Shape&lexicon.Lower != 0 && f.is(k-1, of) && f.toks[k-1].Shape&lexicon.Upper == 0 {
		k -= 2
	}
	t := f.toks[k]
	return t.Shape&lexicon.Upper != 0 && t.Shape&lexicon.AllCaps == 0 && !f.opens(k) && !f.is(k, title|direction|typeWord|office) && !f.general(k, lexicon.Weekday|lexicon.Month|lexicon.Given)
}

// bearer tells whether a given name and a particle stand before word i.
func (f *finder) bearer(i int) bool {
	k := i - 1
	for k > 0 && i-k <= 2 && f.general(k, lexicon.Particle) && space(f.gap(k+1)) {
		k--
	}
	return k < i-1 && f.toks[k].Shape&lexicon.Upper != 0 && f.general(k, lexicon.Given) && space(f.gap(k+1)) && !f.is(k, stop|before|strong)
}

// person bars a mention that is somebody's name, here and wherever it stands alone.
func (f *finder) person(m *mention) {
	m.near |= barred
	f.persons[m.key] = true
}

// common tells whether the text has word k with a small letter, too.
func (f *finder) common(k int) bool { return f.commonly(f.toks[k].Hash) }

func (f *finder) commonly(word uint64) bool {
	return f.lowered.has(word)
}

// towards takes directions with a capital into the name of a country or state
// ("Western Kasai"); before anything else they make another name of it.
func (f *finder) towards(m *mention, i int) {
	switch {
	case f.opens(i-1) && m.state:
		return
	case f.opens(i - 1):
		m.near |= weak
		return
	case !m.state:
		m.near |= barred
		return
	}
	for i > 0 && f.is(i-1, direction) && f.toks[i-1].Shape&lexicon.Upper != 0 && (space(f.gap(i)) || f.gap(i) == "-") {
		i--
	}
	if i > 0 && space(f.gap(i)) && f.ending(i, bodyBefore) {
		m.near |= barred
		return
	}
	m.start = f.toks[i].Start
	if i > 0 && space(f.gap(i)) && f.ending(i, before|strong) {
		m.near |= preposition
	}
}

func space(gap string) bool { return gap == " " || gap == "\u00a0" || gap == "\n" || gap == "  " }

// behind looks at what stands behind a mention, from word end on.
func (f *finder) behind(m *mention, k, end int) {
	if end >= len(f.toks) {
		return
	}
	gap := f.gap(end)
	next := f.toks[end]
	if (gap == "'" || gap == "’") && next.End-next.Start == 1 && (f.text[next.Start] == 's' || f.text[next.Start] == 'S') {
		m.near |= genitive
		if m.country == 0 && (end+1 >= len(f.toks) || !space(f.gap(end+1)) || f.is(end+1, before)) {
			m.near |= barred // "at St Paul's in the city"
		}
		if f.is(end+1, policy) || f.is(end+2, policy) && space(f.gap(end+2)) {
			m.near |= attribute
		}
		return
	}
	switch {
	case (gap == "' " || gap == "’ ") && next.Shape&lexicon.Upper != 0 && f.body(end):
		m.near |= barred // "St James' Park"
	case (gap == "-" || gap == " & ") && next.Shape&lexicon.Upper != 0 && f.body(end):
		m.near |= barred
	case gap == "-" && next.Shape&lexicon.Upper != 0 && !f.startsName(k, end) && !f.lang.nouns:
		m.near |= barred // "UK-Algerian", "Rhône-Alpes"
	case !space(gap) || gap == "\n":
	case f.officer(end):
		m.near |= attribute
		if f.is(end, office) {
			m.near |= typed // "New York Governor"
		}
	case f.is(end, typeWord) && next.Shape&lexicon.Upper != 0 && (m.country != 0 || f.is(end+1, of) && f.toks[end+1].Shape&lexicon.Lower != 0):
		m.near |= bodied // "United States Department of Justice"
	case f.is(end, typeWord) && next.Shape&lexicon.Upper != 0 && !f.body(end+1):
		m.near |= typed
		if end+1 >= len(f.toks) || f.toks[end+1].Shape&lexicon.Upper == 0 || !space(f.gap(end+1)) {
			m.more = next.End - m.end
		}
	case f.is(end, office) && next.Shape&lexicon.Upper != 0:
		m.near |= typed
	case next.Shape&lexicon.Lower != 0:
		f.follows(m, end)
	case next.Shape&lexicon.Upper == 0:
	case f.body(end):
		m.near |= bodied
	case f.is(end, direction) && !f.titled:
		m.near |= weak // "Leeds East"
	case f.titled || f.lang.nouns || f.is(end, title) || f.general(end, lexicon.Weekday|lexicon.Month) || m.near&word == 0 && f.startsName(k, end):
		m.near |= attribute
	case m.near&word != 0 && m.country == 0:
		m.near |= barred // "Victoria Beckham"
	default:
		m.near |= weak
	}
}

// follows looks at a word with a small letter behind a mention.
func (f *finder) follows(m *mention, end int) {
	switch {
	case m.inside != 0 && f.is(end, typeWord):
		m.near |= typed // "New York state"
	case f.is(end, dweller):
		m.near |= certain | preposition // "a Hammond resident"
	case f.lang.words.Longest(f.toks[end:min(len(f.toks), end+3)], acts).Tokens > 0 || f.general(end, lexicon.Said):
		if m.near&preposition == 0 {
			m.near |= acting
		}
	case m.near&preposition == 0 && !f.is(end, before) && !f.general(end, lexicon.Join|lexicon.Verb|lexicon.Particle):
		m.near |= attribute
	}
	if f.is(end, named) {
		m.near |= weak // "the Reston virus"
	}
}

// officer tells whether somebody's office begins with word k: "Premier", "Health
// Minister".
func (f *finder) officer(k int) bool {
	if k+1 >= len(f.toks) || f.toks[k].Shape&lexicon.Upper == 0 || f.toks[k].Shape&lexicon.AllCaps != 0 {
		return false
	}
	if f.is(k, title) {
		return f.gap(k+1) != "-" // "Paris Saint-Germain"
	}
	if f.toks[k+1].Shape&lexicon.Upper != 0 && space(f.gap(k+1)) && f.is(k+1, title) {
		return f.is(k, field) || !f.is(k, body)
	}
	n := f.lang.words.Longest(f.toks[k:], field).Tokens // "Primary Industries Minister"
	return n > 1 && f.is(k+n, title) && f.toks[k+n].Shape&lexicon.Upper != 0 && space(f.gap(k+n))
}

// startsName tells whether the next mention begins with word end, and is a place for
// sure.
func (f *finder) startsName(k, end int) bool {
	if k+1 >= len(f.mentions) || int(f.mentions[k+1].first) != end {
		return false
	}
	next := &f.mentions[k+1]
	r := &f.g.records[f.g.postings[next.head].record]
	return (r.kind >= Region || r.population >= known) && (next.n > 1 || !f.is(end, stop) && !f.general(end, lexicon.Given))
}

// body tells whether the words with capitals from word k on are the rest of the name of
// a body: "Regional Public Health Services", "Blue Jays".
func (f *finder) body(k int) bool {
	const most = 5 // words looked at
	for n := 0; k+n < len(f.toks) && n < most; n++ {
		if n > 0 && !space(f.gap(k+n)) && f.gap(k+n) != "-" || f.toks[k+n].Shape&lexicon.Upper == 0 {
			return false
		}
		if f.lang.words.Longest(f.toks[k+n:], body).Tokens > 0 {
			return true
		}
		if f.is(k+n, title) || f.general(k+n, lexicon.Weekday|lexicon.Month) {
			return false
		}
	}
	return false
}

// container finds what says where a mention lies: "Agadez, Niger", "Agadez (Niger)".
func (f *finder) container(m *mention, begin, k, end int) {
	m.ended = end >= len(f.toks) || f.gap(end) != "" && strings.IndexAny(f.gap(end), ",.;:)\n–—") == 0
	if k > begin && m.within == 0 {
		f.owner(m, k)
	}
	if k+1 >= len(f.mentions) {
		return
	}
	c := &f.mentions[k+1]
	at := int(c.first)
	gap := f.gap(end)
	c.chained = at == end && gap == ", " || at == end+1 && f.is(end, join) && space(f.gap(at)) && (space(gap) || gap == ", ")
	switch {
	case at == end && (gap == ", " || gap == " (" || gap == ","):
		m.within, m.bracket = int32(k+2), gap == " ("
	case at > end && at <= end+3 && space(gap) && f.is(end, strong) && f.small(end, at) || at > end && at <= end+4 && gap == ", " && f.is(end, strong) && f.small(end, at):
		m.within = -int32(k + 2) // "Pandi in Bulacan"
	}
	if m.within == int32(k+2) || m.within == -int32(k+2) {
		c.holding = int32(k + 1)
	}
}

// owner finds a country before a name that lies in it: "Pakistan's Punjab".
func (f *finder) owner(m *mention, k int) {
	c := &f.mentions[k-1]
	if c.near&genitive != 0 && c.country != 0 && int(m.first) == int(c.first+c.n)+1 && space(f.gap(int(m.first))) {
		m.within = -int32(k)
	}
}

// small tells whether words [from, to) have small letters, and nothing but blanks
// between them.
func (f *finder) small(from, to int) bool {
	for i := from; i < to; i++ {
		if f.toks[i].Shape&lexicon.Upper != 0 || !space(f.gap(i+1)) {
			return false
		}
	}
	return true
}
