package lexicon

import "math/bits"

// Trie finds phrases, word by word. The zero value is empty and ready for Add;
// after the last Add it may be used by several goroutines.
type Trie struct {
	edges edges
	nodes []node
}

type node struct {
	classes Class
	value   int32 // 1-based; 0: none
	inner   bool  // has children
}

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
	if t.nodes == nil {
		t.nodes = make([]node, 1)
	}
	words := Scan(nil, phrase, 0, len(phrase))
	at := int32(0)
	for _, w := range words {
		t.nodes[at].inner = true
		to := t.edges.get(at, w.Hash)
		if to == 0 {
			to = int32(len(t.nodes))
			t.nodes = append(t.nodes, node{})
			t.edges.put(at, w.Hash, to)
		}
		at = to
	}
	if at == 0 {
		return false
	}
	n := &t.nodes[at]
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
	if len(t.nodes) == 0 {
		return m
	}
	at := int32(0)
	for i := range toks {
		if i > 0 && toks[i].Start-toks[i-1].End > maxPhraseGap {
			break
		}
		to := t.edges.get(at, toks[i].Hash)
		if to == 0 {
			break
		}
		n := &t.nodes[to]
		if (n.classes != 0 || n.value != 0) && (want == 0 || n.classes&want != 0) {
			m = Match{i + 1, n.classes, n.value}
		}
		if !n.inner {
			break
		}
		at = to
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
		to := t.edges.get(at, toks[i].Hash)
		if to == 0 {
			break
		}
		c |= t.nodes[to].classes
		if !t.nodes[to].inner {
			break
		}
		at = to
	}
	return c
}

// edges lead from a node by a word to another node, which is never 0. It is a hash
// table of its own, since the words are hashes already: most of the look-ups of
// all enrichers end here, and nearly all of those that find nothing at the filter,
// which is small enough to stay in the processor's cache.
type edges struct {
	slots  []slot   // as many as a power of two, at most half of them in use
	filter []uint64 // a bit is set for every key
	shift  uint8    // of a key, to get its bit
	used   int
}

type slot struct {
	key uint64 // 0: free
	to  int32
}

// key stands for a node and a word as the word's hash stands for the word.
func key(from int32, word uint64) uint64 {
	h := (word ^ uint64(from)*0x9e3779b97f4a7c15) * 0xd6e8feb86659fd93
	return max(h^h>>32, 1)
}

func (e *edges) get(from int32, word uint64) int32 {
	k := key(from, word)
	bit := k >> e.shift
	if bit>>6 >= uint64(len(e.filter)) || e.filter[bit>>6]&(1<<(bit&63)) == 0 {
		return 0
	}
	return e.find(k)
}

func (e *edges) find(k uint64) int32 {
	mask := uint64(len(e.slots) - 1)
	for i := k & mask; ; i = (i + 1) & mask {
		if s := &e.slots[i]; s.key == k || s.key == 0 {
			return s.to
		}
	}
}

const (
	firstSlots = 16
	slotBits   = 4 // bits of the filter for a slot: one of eight is set at most
)

func (e *edges) put(from int32, word uint64, to int32) {
	if 2*e.used >= len(e.slots) {
		old := e.slots
		n := max(firstSlots, 2*len(old))
		e.slots, e.filter = make([]slot, n), make([]uint64, n*slotBits/64)
		e.shift = uint8(64 - bits.TrailingZeros(uint(n*slotBits))) //nolint:gosec // at most 64
		for _, s := range old {
			if s.key != 0 {
				e.place(s)
			}
		}
	}
	e.place(slot{key(from, word), to})
	e.used++
}

func (e *edges) place(s slot) {
	mask := uint64(len(e.slots) - 1)
	i := s.key & mask
	for e.slots[i].key != 0 {
		i = (i + 1) & mask
	}
	e.slots[i] = s
	bit := s.key >> e.shift
	e.filter[bit>>6] |= 1 << (bit & 63)
}
