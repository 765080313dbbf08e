package topics

import (
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// token is a word of the text with the patterns that it fits.
type token struct {
	start, end int32
	patterns   [ways]int32 // none where there isn't any
}

// unfit are the patterns of a word that fits none.
var unfit = [ways]int32{none, none, none, none, none}

// Lengths in bytes: a shorter stem has no ending, a stem that is shorter than long
// none of more than one letter, and the end of a shorter word is no part of a
// compound.
const (
	shortestStem = 3
	longStem     = 4
	shortestTail = 4
	tailedWord   = 6
)

// tokens appends the words of a part of the text, most at most.
func (t *terms) tokens(dst []token, words *lexicon.Words, part article.Span, most int) []token {
	shouted := shouts(part.In(words.Text))
	var w word
	for _, of := range words.In(part.Start, part.End) {
		if most == 0 {
			break
		}
		if !w.next(words.Text, int(of.Start), int(of.End)) {
			continue // nothing but marks
		}
		k := token{start: w.start, end: w.end, patterns: unfit}
		t.whole(&k, &w, shouted)
		if t.tails.Len() > 0 && w.size >= tailedWord {
			k.patterns[byTail] = t.tail(&w, shouted)
		}
		dst = append(dst, k)
		most--
	}
	return dst
}

// shouts tells whether a text is in capitals altogether.
func shouts(text string) bool {
	for i := range len(text) {
		if c := text[i]; c >= 'a' && c <= 'z' {
			return false
		}
	}
	return true
}

// whole sets the patterns that w is a form of, and that it begins with: of each
// way the longest.
func (t *terms) whole(k *token, w *word, shouted bool) {
	b := w.bytes()
	// No ending is longer than t.ending, and no beginning shorter than t.head.
	for n := len(b); n > 0 && (n == len(b) || n >= min(t.head, max(shortestStem, len(b)-t.ending))); n-- {
		s := t.heads.Find(w.hashes[n-1])
		if s == nil {
			continue
		}
		for way := range byTail {
			if p := s[way] - 1; p != none && k.patterns[way] == none && t.known[p].fits(w, shouted) && (way >= byNameHead || t.ends(b, n)) {
				k.patterns[way] = p
			}
		}
	}
}

// ends tells whether what follows the first n bytes of b is nothing or an ending.
func (t *terms) ends(b []byte, n int) bool {
	switch rest := len(b) - n; {
	case rest == 0:
		return true
	case n < shortestStem || rest > t.ending || rest > 1 && n < longStem:
		return false
	}
	return t.endings[string(b[n:])]
}

// tail is the longest pattern for ends of words that w ends with.
func (t *terms) tail(w *word, shouted bool) int32 {
	b := w.bytes()
	best, size := int32(none), 0
	for n := len(b); n >= len(b)-t.ending && n >= shortestTail; n-- {
		if !t.ends(b, n) {
			continue
		}
		h := uint64(hashSeed)
		for i := n - 1; i >= 0; i-- {
			h = (h ^ uint64(b[i])) * hashPrime
			if n-i < shortestTail || n-i <= size {
				continue
			}
			if s := t.tails.Find(h); s != nil && t.known[s[byTail]-1].fits(w, shouted) {
				best, size = s[byTail]-1, n-i
			}
		}
	}
	return best
}

// maxGap is how many bytes may lie between two words of one term.
const maxGap = 4

// longest is the longest term that begins with tokens[0], and how many tokens it
// has; none and 0 if there is none.
func (t *terms) longest(tokens []token) (term int32, size int) {
	term = none
	first := &tokens[0]
	for _, p := range first.patterns {
		if p == none {
			continue
		}
		k := &t.known[p]
		if k.alone != none && size == 0 {
			term, size = k.alone, 1
		}
		if !k.opens {
			continue
		}
		if n, more := t.follow(k.root, tokens[0].end, tokens[1:]); n != none && more+1 > size {
			term, size = n, more+1
		}
	}
	return term, size
}

// follow is the longest term that goes on from node with tokens.
func (t *terms) follow(node, end int32, tokens []token) (term int32, size int) {
	if len(tokens) == 0 || tokens[0].start-end > maxGap {
		return none, 0
	}
	term = none
	for _, p := range tokens[0].patterns {
		if p == none {
			continue
		}
		to := t.edges.Find(edge(node, p))
		if to == nil {
			continue
		}
		if n := t.nodes[*to]; n != none && size == 0 {
			term, size = n, 1
		}
		if n, more := t.follow(*to, tokens[0].end, tokens[1:]); n != none && more+1 > size {
			term, size = n, more+1
		}
	}
	return term, size
}
