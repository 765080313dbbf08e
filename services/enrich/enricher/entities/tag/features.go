package tag

import "math/bits"

// Label is what a token is: outside, or the first or a further token of a name.
type Label uint8

// Labels; of a kind k the first token has Begin+2*k, further ones Begin+2*k+1.
const (
	Outside Label = iota
	Begin
	Labels = Begin + 2*Label(Kinds)
)

// Kind is what a name is of.
type Kind uint8

// Kinds of names.
const (
	Person Kind = iota
	Organised
	Place
	Other
	Kinds
)

// First is the label of the first token of a name.
func First(k Kind) Label { return Begin + 2*Label(k) }

// Next is that of its further ones.
func Next(k Kind) Label { return Begin + 2*Label(k) + 1 }

// Kind is what a label other than Outside is of.
func (l Label) Kind() Kind { return Kind((l - Begin) / 2) }

// Begins tells whether a name begins with it.
func (l Label) Begins() bool { return l != Outside && (l-Begin)%2 == 0 }

// seen is what the whole text tells of each of its words, by hash. Words that
// share a slot are few: it has far more slots than a text has names.
type seen struct {
	slots []slot
	mask  uint32
}

type slot struct {
	hash uint32
	what uint16
	n    uint16             // how often it was labelled
	mass [Kinds + 1]float32 // how likely it was of each kind, added up; the last: of none
}

// What is told of a word elsewhere in the text.
const (
	midCapital  = 1 << iota // with a capital within a sentence
	small                   // without one
	afterTitle              // behind "Mr"
	afterGiven              // behind a given name
	beforeVerb              // before a verb of saying
	afterNear               // behind "in"
	afterThe                // behind an article
	beforeBody              // before a word of organisations
	longer                  // within a longer name
	alone                   // by itself
	owner                   // before "'s"
	beforePlace             // before a word of places
)

const leastSlots = 256

func (s *seen) reset(words int) {
	n := leastSlots
	for n < 2*words {
		n *= 2
	}
	if cap(s.slots) < n {
		s.slots = make([]slot, n)
	}
	s.slots = s.slots[:n]
	clear(s.slots)
	s.mask = uint32(n - 1)
}

func (s *seen) at(hash uint32) *slot {
	for i := hash & s.mask; ; i = (i + 1) & s.mask {
		if e := &s.slots[i]; e.hash == hash || e.hash == 0 {
			e.hash = hash
			return e
		}
	}
}

// survey notes what the text tells of its words.
func (d *Doc) survey() {
	d.seen.reset(len(d.Tokens))
	for b := 0; b+1 < len(d.blocks); b++ {
		from, to := d.blocks[b], d.blocks[b+1]
		for i := from; i < to; i++ {
			if t := &d.Tokens[i]; t.mark == 0 && !t.loud && !t.titled {
				d.seen.at(t.hash).what |= d.told(i, from, to)
			}
		}
	}
}

func (d *Doc) told(i, from, to int) uint16 {
	t := &d.Tokens[i]
	if t.low && !t.mixed {
		return small
	}
	var what uint16
	if !t.first {
		what |= midCapital
	}
	before, after := i > from && d.Tokens[i-1].mark == 0, i+1 < to && d.Tokens[i+1].mark == 0
	joined := false
	if before {
		p := &d.Tokens[i-1]
		if p.Is(Title) {
			what |= afterTitle
		}
		if p.upper && p.Is(Given) {
			what |= afterGiven
		}
		if p.low && p.Is(Near) {
			what |= afterNear
		}
		if d.isThe(i - 1) {
			what |= afterThe
		}
		joined = p.upper && !p.first
	}
	if after {
		n := &d.Tokens[i+1]
		if n.low && d.verb(i+1) {
			what |= beforeVerb
		}
		if n.upper && n.Is(OrgWord|OrgEnd) {
			what |= beforeBody
		}
		if n.Is(PlaceWord) {
			what |= beforePlace
		}
		joined = joined || n.upper
	} else if i+2 < to && (d.Tokens[i+1].mark == '\'' || d.Tokens[i+1].mark == '’') {
		what |= owner
	}
	if joined {
		return what | longer
	}
	return what | alone
}

const (
	seedWord = iota + 1
	seedBefore
	seedAfter
	seedBefore2
	seedAfter2
	seedPairBefore
	seedPairAfter
	seedPrefix2
	seedPrefix3
	seedSuffix2
	seedSuffix3
	seedSuffix4
	seedLast
	seedHead
	seedContextBefore
	seedContextAfter
	seedExact

	seedShape
	seedShapeBefore
	seedShapeAfter
	seedShapes
	seedClass
	seedClassBefore
	seedClassAfter
	seedClasses
	seedClassesBefore
	seedClassesAfter
	seedPhrase
	seedPhraseBefore
	seedPhraseAfter
	seedHint
	seedHints
	seedStart
	seedLength
	seedLastClass
	seedHeadClass
	seedAnyClass
	seedMarks
	seedContextClassBefore
	seedContextClassAfter
	seedSmall
	seedBias
	seedContextMark
	seedTeam
)

// Lexical is how many of a token's features look at words; they come first.
const Lexical = 16

// Places of a word beside a token; a model has weights for the word at each of them.
const (
	Here = iota
	Before
	After
	Before2
	After2
	Places
)

// WordFeature is the feature of a token that has the word of that hash at a place.
func WordFeature(place int, hash uint32) uint32 {
	return mix(wordSeeds[place], hash)
}

var wordSeeds = [Places]uint32{seedWord, seedBefore, seedAfter, seedBefore2, seedAfter2}

func mix(seed, v uint32) uint32 {
	h := (v ^ seed*0x9e3779b1) * 0x85ebca6b
	h ^= h >> 15
	h *= 0xc2b2ae35
	return h ^ h>>13
}

func bits64(c Class) uint32 { return uint32(c) ^ uint32(c>>32) }

// edge stands for what lies outside of a block.
const edge = 1

func (d *Doc) hashAt(i, from, to int) uint32 {
	if i < from || i >= to {
		return edge
	}
	t := &d.Tokens[i]
	if t.mark != 0 {
		return uint32(t.mark)
	}
	return t.hash
}

func (d *Doc) shapeAt(i, from, to int) uint32 {
	if i < from || i >= to {
		return edge
	}
	t := &d.Tokens[i]
	if t.mark != 0 {
		return 256 + uint32(t.mark)
	}
	return uint32(t.shape)
}

func (d *Doc) classAt(i, from, to int) Class {
	if i < from || i >= to {
		return 0
	}
	return d.Tokens[i].class & learned
}

// features sets d.feats to those of token i, of the island of tokens that may be
// names between a and b, in the block between from and to. Without words it leaves
// out what looks at words themselves.
func (d *Doc) features(i, a, b, from, to int, words bool) {
	f := d.feats[:0]
	t := &d.Tokens[i]
	last := b - 1
	if words {
		w, p, n := d.hashAt(i, from, to), d.hashAt(i-1, from, to), d.hashAt(i+1, from, to)
		s := d.text[t.Start:t.End]
		f = append(f, mix(seedWord, w), mix(seedBefore, p), mix(seedAfter, n), mix(seedBefore2, d.hashAt(i-2, from, to)), mix(seedAfter2, d.hashAt(i+2, from, to)),
			mix(seedPairBefore, w*31+p), mix(seedPairAfter, w*37+n),
			mix(seedPrefix3, piece(s, 0, 3)), mix(seedPrefix2, piece(s, 0, 2)),
			mix(seedSuffix2, piece(s, len(s)-2, len(s))), mix(seedSuffix3, piece(s, len(s)-3, len(s))), mix(seedSuffix4, piece(s, len(s)-4, len(s))),
			mix(seedLast, d.Tokens[last].hash), mix(seedHead, d.Tokens[a].hash),
			mix(seedContextBefore, d.hashAt(a-1, from, to)), mix(seedContextAfter, d.hashAt(b, from, to)))
	}
	sh, sp, sn := d.shapeAt(i, from, to), d.shapeAt(i-1, from, to), d.shapeAt(i+1, from, to)
	c, cp, cn := t.class&learned, d.classAt(i-1, from, to), d.classAt(i+1, from, to)
	f = append(f, mix(seedBias, 0), mix(seedShape, sh), mix(seedShapeBefore, sh*521+sp), mix(seedShapeAfter, sh*523+sn), mix(seedShapes, (sp*541+sh)*547+sn),
		mix(seedClasses, bits64(c)), mix(seedClassesBefore, bits64(cp)*31+bits64(c)), mix(seedClassesAfter, bits64(cn)*37+bits64(c)))
	f = each(f, seedClass, c)
	f = each(f, seedClassBefore, cp)
	f = each(f, seedClassAfter, cn)
	f = append(f, mix(seedPhrase, t.phrased()))
	if i > from {
		f = append(f, mix(seedPhraseBefore, d.Tokens[i-1].phrased()*3+t.phrased()))
	}
	if i+1 < to {
		f = append(f, mix(seedPhraseAfter, d.Tokens[i+1].phrased()*5+t.phrased()))
	}
	what := uint32(0)
	if t.mark == 0 {
		what = uint32(d.seen.at(t.hash).what)
	}
	f = each(f, seedHint, Class(what))
	start := uint32(0)
	if t.first {
		start = 1
	}
	if t.loud {
		start |= 2
	}
	if t.enclosed {
		start |= 4
	}
	if t.Is(Stop) {
		start |= 8
	}
	if t.titled {
		start |= 16
	}
	f = append(f, mix(seedHints, what&(midCapital|small|longer|alone)<<5|start), mix(seedStart, start<<8|sh), mix(seedLength, uint32(min(b-a, 6)*8+min(i-a, 5))), mix(seedLength, uint32(64+min(last-i, 6))))
	f = each(f, seedLastClass, d.Tokens[last].class&learned|d.Tokens[last].phrase<<32)
	if d.Tokens[a].Is(places) && b-a > 1 { // "Boston Braves"
		f = append(f, mix(seedTeam, uint32(d.text[d.Tokens[last].End-1])))
	}
	if i > a {
		f = each(f, seedHeadClass, d.Tokens[a].class&learned)
	}
	var anyClass Class
	for k := a; k < b; k++ {
		anyClass |= d.Tokens[k].class & (OrgWord | OrgEnd | PlaceWord | Event | Title)
	}
	f = each(f, seedAnyClass, anyClass)
	f = append(f, mix(seedContextClassBefore, bits64(d.classAt(a-1, from, to))), mix(seedContextClassAfter, bits64(d.classAt(b, from, to))))
	if b < to && d.verb(b) {
		f = append(f, mix(seedContextMark, 1))
	}
	if a > from && d.isThe(a-1) {
		f = append(f, mix(seedContextMark, 2))
	}
	if a > from && d.Tokens[a-1].mark != 0 {
		f = append(f, mix(seedMarks, uint32(d.Tokens[a-1].mark)))
	}
	if b < to && d.Tokens[b].mark != 0 {
		f = append(f, mix(seedMarks, 0x10000+uint32(d.Tokens[b].mark)))
	}
	d.feats = f
}

func (t *Token) phrased() uint32 {
	v := uint32(t.phrase) << 1
	if t.inside {
		v |= 1
	}
	return v
}

func each(f []uint32, seed uint32, c Class) []uint32 {
	for ; c != 0; c &= c - 1 {
		f = append(f, mix(seed, uint32(bits.TrailingZeros64(uint64(c)))))
	}
	return f
}

// piece is a piece of a word as a number, cut where the word is shorter.
func piece(s string, from, to int) uint32 {
	h := uint32(2166136261)
	for k := max(from, 0); k < min(to, len(s)); k++ {
		h = (h ^ uint32(s[k])) * 16777619
	}
	return h
}
