package gist

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// candidate is a phrase that is counted.
type candidate struct {
	key    uint64
	words  [PhraseWords]uint64 // without endings
	count  int
	weight float64      // sum over its places
	first  article.Span // where it isn't forced to begin with a capital, if anywhere
	inside bool         // first is inside a sentence
	named  bool         // stood inside a sentence with capitals throughout
	size   int
	within float64 // weight of the phrases of several words that have it
	score  float64
}

// counter counts phrases. It is used again for other texts.
type counter struct {
	text   *lexicon.Words
	tokens []lexicon.Token // of a segment or sentence
	traits []trait         // of each
	all    []candidate
	chosen []*candidate
	byKey  lexicon.Table[int32] // number of the candidate, from 1 on
	words  int
}

// kept is how many traits and candidates a counter has room for when it is used
// again: what one long text needed is given back.
const kept = 2048

func (c *counter) clear() {
	c.byKey.Clear()
	if len(c.all) > kept {
		c.byKey, c.all, c.chosen = lexicon.Table[int32]{}, nil, nil
	}
	if cap(c.traits) > kept {
		c.traits = nil
	}
	c.text, c.tokens = nil, nil
	c.all, c.words = c.all[:0], 0
}

func (c *counter) read(a *article.Article, l *language, lex *lexicon.Lexicon) {
	for i := range a.Segments {
		s := &a.Segments[i]
		w := weight(s.Kind)
		if w == 0 || c.words >= MaxWords {
			continue
		}
		c.tokens = c.text.In(s.Start, s.End)
		c.tokens = c.tokens[:min(len(c.tokens), MaxWords-c.words)]
		c.words += len(c.tokens)
		c.traits = c.traits[:0]
		for j := range c.tokens {
			c.traits = append(c.traits, l.traits(a.Text, c.tokens, j, lex))
		}
		title := s.Kind == article.Headline
		if !title {
			c.names(a.Text)
		}
		c.segment(a.Text, l, w, title)
	}
}

// shortest is how many bytes a word of a phrase has, if it isn't in capitals.
const shortest = 3

// traits are those of a word of the text.
func (l *language) traits(text string, tokens []lexicon.Token, i int, lex *lexicon.Lexicon) trait {
	t := &tokens[i]
	k := l.known(t.Hash)
	known := k&(stop|inner|joint) != 0
	if known && t.Shape&lexicon.Upper == 0 {
		return k
	}
	of := lex.Phrases.Longest(tokens[i:i+1], lexicon.Month|lexicon.Weekday|lexicon.Given).Classes
	day := of&(lexicon.Month|lexicon.Weekday) != 0
	switch {
	case day && l.surname(text, tokens, i, lex):
		return 0
	case known:
		return k
	case initial(t):
		return k | inner
	case day, t.Shape&lexicon.Digits != 0, t.End-t.Start < shortest && t.Shape&lexicon.AllCaps == 0:
		return k | stop
	}
	if of&lexicon.Given != 0 && t.Shape&lexicon.Upper != 0 {
		k |= given
	}
	if k&noForm != 0 || t.Shape&lexicon.Lower == 0 {
		return k
	}
	for _, e := range l.endings {
		if strings.HasSuffix(text[t.Start:t.End], e) {
			return k | stop
		}
	}
	return k
}

// surname tells whether a word stands behind a given name, as in "Theresa May".
func (l *language) surname(text string, tokens []lexicon.Token, i int, lex *lexicon.Lexicon) bool {
	if i == 0 || tokens[i-1].Shape&tokens[i].Shape&lexicon.Upper == 0 || !joins(text, tokens, i) {
		return false
	}
	of := lex.Phrases.Longest(tokens[i-1:i], lexicon.Given).Classes
	return of&lexicon.Given != 0 && of&(lexicon.Month|lexicon.Weekday) == 0
}

// names marks where the names of a segment, runs of words with capitals, begin
// and end, so that no phrase has a part of one. Of a run with a given name in it
// the name is what begins there, and of one too long for a phrase its last two
// words: titles stand before them.
func (c *counter) names(text string) {
	for i := 0; i < len(c.tokens); i++ {
		if !c.upper(i) {
			c.traits[i] |= first | last
			continue
		}
		j := c.run(text, i)
		c.traits[i] |= first
		c.traits[j] |= last | alone
		if k := c.person(i, j); k > i {
			c.traits[k] |= first | name
			c.traits[k-1] |= last
		}
		i = j
	}
}

// person is the word from i to j with which a name may begin behind titles; i if
// there is none.
func (c *counter) person(i, j int) int {
	for k := i; k < j; k++ {
		if c.traits[k]&given != 0 && (c.upper(k+1) || c.traits[k+1]&inner != 0) {
			return k
		}
	}
	if j-i >= PhraseWords && c.upper(j-1) {
		return j - 1
	}
	return i
}

// upper tells whether word i has a capital and may be of a phrase.
func (c *counter) upper(i int) bool {
	return c.traits[i]&(stop|inner|joint) == 0 && c.tokens[i].Shape&lexicon.Upper != 0
}

// run is the last word of the run of capitals that begins at word i; small words
// inside belong to it.
func (c *counter) run(text string, i int) int {
	end := i
	for k := i + 1; k < len(c.tokens) && joins(text, c.tokens, k); k++ {
		if c.upper(k) {
			end = k
		} else if c.traits[k]&inner == 0 {
			break
		}
	}
	return end
}

// segment counts the phrases of a segment's tokens.
func (c *counter) segment(text string, l *language, weight float64, title bool) {
	for i := range c.tokens {
		k := c.traits[i]
		if k&(stop|inner|joint) != 0 || !title && k&(first|alone) == 0 {
			continue
		}
		begins := c.opensSentence(text, i)
		content := 0
		var words [PhraseWords]uint64
		key := uint64(0)
		named := !title && k&first != 0 && (!begins || k&given != 0)
		for j := i; j < len(c.tokens) && j < i+PhraseWords && (j == i || c.continues(text, i, j, title)); j++ {
			t := &c.tokens[j]
			words[j-i] = l.stem(text, t)
			key = extend(key, words[j-i])
			if c.traits[j]&(inner|joint) != 0 {
				named = named && !l.nouns // "Umfrage des Verbandes" is none
				continue
			}
			content++
			named = named && t.Shape&lexicon.Upper != 0
			if l.nouns && t.Shape&lexicon.Upper == 0 || !title && c.traits[j]&last == 0 {
				continue
			}
			at := article.Span{Start: int(c.tokens[i].Start), End: int(t.End)}
			c.count(&candidate{key: key, words: words, weight: weight, first: at, inside: !begins && !title, named: named && content > 1, size: j - i + 1})
		}
	}
}

// continues tells whether a phrase that begins at word i may have word j.
func (c *counter) continues(text string, i, j int, title bool) bool {
	k := c.traits[j]
	switch {
	case !joins(text, c.tokens, j), k&stop != 0 && k&(inner|joint) == 0:
		return false
	case title:
		return true
	case k&joint != 0:
		// "Macron and Scholz" are two, "food and drink" is one.
		return j+1 < len(c.tokens) && c.tokens[j+1].Shape&lexicon.Upper == 0
	}
	return c.traits[i]&first != 0 && k&name == 0
}

// joins tells whether word j may be of one phrase with the word before it.
func joins(text string, tokens []lexicon.Token, j int) bool {
	before := &tokens[j-1]
	switch text[before.End:tokens[j].Start] {
	case " ", "-", "'", "’", "\u00a0":
		return true
	case ". ":
		return initial(before)
	}
	return false
}

// initial tells whether a word is the one letter of a name.
func initial(t *lexicon.Token) bool {
	return t.End-t.Start == 1 && t.Shape&lexicon.Upper != 0
}

// opensSentence tells whether a sentence, or a part of one that has a capital,
// begins with word i.
func (c *counter) opensSentence(text string, i int) bool {
	if i == 0 {
		return true
	}
	before := &c.tokens[i-1]
	gap := text[before.End:c.tokens[i].Start]
	if gap == ". " && (initial(before) || c.traits[i-1]&abbreviation != 0) {
		return false
	}
	return gap != " " && strings.ContainsAny(gap, ".!?:\n“„\"«")
}

// extend is the key of a phrase with one more word.
func extend(key, word uint64) uint64 { return (key ^ word) * 0x9e3779b97f4a7c15 }

// inverse of the prime of the hash of words: what takes a letter off again.
const hashInverse = 0xce965057aff6957b

// stem is the hash of a word without a plural's ending.
func (l *language) stem(text string, t *lexicon.Token) uint64 {
	if !l.nouns && t.End-t.Start > shortest && (text[t.End-1] == 's' || text[t.End-1] == 'S') {
		return t.Hash*hashInverse ^ 's'
	}
	return t.Hash
}

func (c *counter) count(n *candidate) {
	o := c.candidate(n.key)
	if o == nil {
		if len(c.all) >= MaxCandidates {
			return
		}
		n.count = 1
		c.all = append(c.all, *n)
		*c.byKey.Add(n.key) = int32(len(c.all))
		return
	}
	o.count++
	o.weight += n.weight
	o.named = o.named || n.named
	if n.inside && !o.inside {
		o.first, o.inside = n.first, true
	}
}

// candidate is the one that is counted by a key; nil if there is none.
func (c *counter) candidate(key uint64) *candidate {
	if i := c.byKey.Find(key); i != nil {
		return &c.all[*i-1]
	}
	return nil
}

// longer is how much another word adds to a phrase's score: it says more.
const longer = 0.4

// counts tells whether a candidate may be a keyphrase.
func (n *candidate) counts() bool { return n.count > 1 || n.named }

// rate sets the score of the candidates that may be one. A name counts as often as its last word,
// by which it goes on; other words only where they aren't in a phrase of several
// that is there again.
func (c *counter) rate() {
	for i := range c.all {
		n := &c.all[i]
		if n.size == 1 || n.count < 2 && !n.named {
			continue
		}
		for _, w := range n.words[:n.size] {
			if o := c.candidate(extend(0, w)); o != nil && !n.named {
				o.within += n.weight
			}
		}
	}
	for i := range c.all {
		n := &c.all[i]
		if !n.counts() {
			continue
		}
		w := n.weight
		if n.named {
			if o := c.candidate(extend(0, n.words[n.size-1])); o != nil {
				w = max(w, o.weight)
			}
		}
		n.score = math.Log2(1+max(0, w-n.within)) * (1 + longer*float64(n.size-1))
	}
}

// choose are the phrases that tell most, the highest score first. What stands
// only once is one if it is a name; of phrases of which one is in the other the
// higher stays.
func (c *counter) choose() []*candidate {
	c.rate()
	all := c.chosen[:0]
	for i := range c.all {
		if n := &c.all[i]; n.counts() && n.score > 0 {
			all = append(all, n)
		}
	}
	slices.SortFunc(all, func(a, b *candidate) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.first.Start, b.first.Start), cmp.Compare(b.size, a.size))
	})
	c.chosen = all
	chosen := all[:0]
	for _, n := range all {
		if len(chosen) == MaxPhrases {
			break
		}
		if !slices.ContainsFunc(chosen, func(o *candidate) bool { return o.holds(n) || n.holds(o) }) {
			chosen = append(chosen, n)
		}
	}
	return chosen
}

// holds tells whether all words of o are words of n.
func (n *candidate) holds(o *candidate) bool {
	for _, w := range o.words[:o.size] {
		if !slices.Contains(n.words[:n.size], w) {
			return false
		}
	}
	return true
}

// doubted is the score at which a phrase may as well be none.
const doubted = 1.25

func (c *counter) keyphrases(text string, chosen []*candidate) []article.Keyphrase {
	if len(chosen) == 0 {
		return nil
	}
	all := make([]article.Keyphrase, 0, len(chosen))
	for _, n := range chosen {
		v := n.score
		all = append(all, article.Keyphrase{
			Evidence: article.Evidence{Span: n.first, Enricher: Name, Version: Version, Confidence: v / (v + doubted)},
			Phrase:   n.first.In(text), Score: v,
		})
	}
	return all
}
