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
}

// counter counts phrases. It is used again for other texts.
type counter struct {
	tokens []lexicon.Token
	kinds  []kind
	all    []candidate
	byKey  map[uint64]int32
	words  int
}

func (c *counter) clear() {
	clear(c.byKey)
	c.all, c.words = c.all[:0], 0
}

func (c *counter) read(a *article.Article, l *language, lex *lexicon.Lexicon) {
	for i := range a.Segments {
		s := &a.Segments[i]
		w := place(s.Kind)
		if w == 0 || c.words >= MaxWords {
			continue
		}
		c.tokens = lexicon.Scan(c.tokens[:0], a.Text, s.Start, s.End)
		c.tokens = c.tokens[:min(len(c.tokens), MaxWords-c.words)]
		c.words += len(c.tokens)
		c.kinds = c.kinds[:0]
		for j := range c.tokens {
			c.kinds = append(c.kinds, l.kind(a.Text, &c.tokens[j], lex))
		}
		c.segment(a.Text, l, w, s.Kind == article.Headline)
	}
}

// shortest is how many bytes a word of a phrase has, if it isn't in capitals.
const shortest = 3

// kind tells what a word of the text can't do.
func (l *language) kind(text string, t *lexicon.Token, lex *lexicon.Lexicon) kind {
	k := l.words[t.Hash]
	if k&(stop|inner) != 0 {
		return k
	}
	one := [1]lexicon.Token{*t}
	switch {
	case t.Shape&lexicon.Digits != 0,
		t.End-t.Start < shortest && t.Shape&lexicon.AllCaps == 0,
		lex.Phrases.Longest(one[:], lexicon.Month|lexicon.Weekday).Tokens > 0:
		return k | stop
	case t.Shape&lexicon.Lower == 0:
		return k
	}
	for _, e := range l.endings {
		if strings.HasSuffix(text[t.Start:t.End], e) {
			return k | stop
		}
	}
	return k
}

// segment counts the phrases of a segment's tokens.
func (c *counter) segment(text string, l *language, weight float64, title bool) {
	for i := range c.tokens {
		if c.kinds[i]&(stop|inner) != 0 {
			continue
		}
		begins := i == 0 || opensSentence(text[c.tokens[i-1].End:c.tokens[i].Start])
		content := 0
		var words [PhraseWords]uint64
		key := uint64(0)
		names := !title && !begins
		for j := i; j < len(c.tokens) && j < i+PhraseWords; j++ {
			t := &c.tokens[j]
			if j > i && !joins(text[c.tokens[j-1].End:t.Start]) || c.kinds[j]&stop != 0 && c.kinds[j]&inner == 0 {
				break
			}
			words[j-i] = l.stem(text, t)
			key = (key ^ words[j-i]) * 0x9e3779b97f4a7c15
			if c.kinds[j]&inner != 0 {
				names = names && !l.nouns // "Umfrage des Verbandes" is none
				continue
			}
			content++
			names = names && t.Shape&lexicon.Upper != 0
			if l.nouns && t.Shape&lexicon.Upper == 0 {
				continue
			}
			at := article.Span{Start: int(c.tokens[i].Start), End: int(t.End)}
			c.count(candidate{key: key, words: words, weight: weight, first: at, inside: !begins && !title, named: names && content > 1, size: j - i + 1})
		}
	}
}

// joins tells whether two words with gap between them may be of one phrase.
func joins(gap string) bool {
	return gap == " " || gap == "-" || gap == "'" || gap == "’" || gap == "\u00a0"
}

func opensSentence(gap string) bool { return strings.ContainsAny(gap, ".!?:\n“„\"«") }

// inverse of the prime of the hash of words: what takes a letter off again.
const hashInverse = 0xce965057aff6957b

// stem is the hash of a word without a plural's ending.
func (l *language) stem(text string, t *lexicon.Token) uint64 {
	if l.plural && t.End-t.Start > shortest && (text[t.End-1] == 's' || text[t.End-1] == 'S') {
		return t.Hash*hashInverse ^ 's'
	}
	return t.Hash
}

func (c *counter) count(n candidate) {
	i, ok := c.byKey[n.key]
	if !ok {
		if len(c.all) >= MaxCandidates {
			return
		}
		c.byKey[n.key] = int32(len(c.all))
		n.count = 1
		c.all = append(c.all, n)
		return
	}
	o := &c.all[i]
	o.count++
	o.weight += n.weight
	o.named = o.named || n.named
	if n.inside && !o.inside {
		o.first, o.inside = n.first, true
	}
}

// longer is how much another word adds to a phrase's score: it says more.
const longer = 0.4

func (n *candidate) score() float64 {
	return math.Log2(1+n.weight) * (1 + longer*float64(n.size-1))
}

// choose are the phrases that tell most, the highest score first. What stands
// only once is one if it is a name; of phrases of which one is in the other the
// higher stays.
func (c *counter) choose() []*candidate {
	var all []*candidate
	for i := range c.all {
		if n := &c.all[i]; n.count > 1 || n.named {
			all = append(all, n)
		}
	}
	slices.SortFunc(all, func(a, b *candidate) int {
		return cmp.Or(cmp.Compare(b.score(), a.score()), cmp.Compare(a.first.Start, b.first.Start), cmp.Compare(b.size, a.size))
	})
	var chosen []*candidate
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
const doubted = 1.5

func (c *counter) keyphrases(text string, chosen []*candidate) []article.Keyphrase {
	if len(chosen) == 0 {
		return nil
	}
	all := make([]article.Keyphrase, 0, len(chosen))
	for _, n := range chosen {
		v := n.score()
		all = append(all, article.Keyphrase{
			Evidence: article.Evidence{Span: n.first, Enricher: Name, Version: Version, Confidence: v / (v + doubted)},
			Phrase:   n.first.In(text), Score: v,
		})
	}
	return all
}
