package lexicon

import "cmp"

// Trie finds phrases, word by word. The zero value is empty and ready for Add;
// after the last Add it may be used by several goroutines.
type Trie struct {
	nodes Table[node] // by the node before it and a word
}

type node struct {
	classes Class
	below   Class // of all phrases that go on from here; 0: none does
	value   int32 // 1-based; 0: none
	number  int32 // from 1 on; 0 is the root
}

// anyClass is that of phrases without one, so that they are seen to go on.
const anyClass = ^Class(0)

// Match is a phrase that was found.
type Match struct {
	Tokens  int   // how many tokens it covers; 0: nothing was found
	Classes Class // of all phrases with these very words
	Value   int32 // as given to Add, 0: none
}

// maxPhraseGap is how many bytes may lie between two words of one phrase: room
// for a full stop, a hyphen or a line break with a little indent.
const maxPhraseGap = 4

// Add adds the words of phrase. Classes add up; the first value other than 0
// stays. It returns false if phrase has no words.
func (t *Trie) Add(phrase string, classes Class, value int32) bool {
	words := Scan(nil, phrase, 0, len(phrase))
	if len(words) == 0 {
		return false
	}
	var n *node
	at := int32(0)
	for i, w := range words {
		n = t.nodes.Add(edge(at, w.Hash))
		if n.number == 0 {
			n.number = int32(t.nodes.Len())
		}
		if i+1 < len(words) {
			n.below |= cmp.Or(classes, anyClass)
		}
		at = n.number
	}
	n.classes |= classes
	if n.value == 0 {
		n.value = value
	}
	return true
}

// Longest is the longest phrase that begins with toks[0] and, if any of want
// is not 0, has one of these classes.
func (t *Trie) Longest(toks []Token, want Class) Match {
	var m Match
	at := int32(0)
	for i := range toks {
		if i > 0 && toks[i].Start-toks[i-1].End > maxPhraseGap {
			break
		}
		k := mix(edge(at, toks[i].Hash))
		if !t.nodes.may(k) {
			break // as most words, without a call
		}
		n := t.nodes.find(k)
		if n == nil {
			break
		}
		if (n.classes != 0 || n.value != 0) && (want == 0 || n.classes&want != 0) {
			m = Match{i + 1, n.classes, n.value}
		}
		if n.below == 0 || want != 0 && n.below&want == 0 {
			break
		}
		at = n.number
	}
	return m
}

// All adds up the classes of every phrase that begins with toks[0].
func (t *Trie) All(toks []Token) Class {
	var c Class
	at := int32(0)
	for i := range toks {
		if i > 0 && toks[i].Start-toks[i-1].End > maxPhraseGap {
			break
		}
		k := mix(edge(at, toks[i].Hash))
		if !t.nodes.may(k) {
			break // as most words, without a call
		}
		n := t.nodes.find(k)
		if n == nil {
			break
		}
		c |= n.classes
		if n.below == 0 {
			break
		}
		at = n.number
	}
	return c
}

// edge stands for a node and a word, as the word's hash stands for the word.
func edge(from int32, word uint64) uint64 { return word ^ uint64(from)*0x9e3779b97f4a7c15 }
