package lexicon

import "math/bits"

// Table finds values by hashes or other numbers. The zero value is empty and ready
// for use; as long as nothing is added it may be used by several goroutines. Nearly all
// look-ups for what isn't in it end at a filter of bits, which is small enough to stay
// in the processor's cache: most words of a text are in none of the lists that they are
// looked up in.
type Table[V any] struct {
	slots  []slot[V] // as many as a power of two, at most three quarters of them in use
	filter []uint64  // a bit is set for every key
	shift  uint8     // of a mixed key, to get its bit
	used   int
}

type slot[V any] struct {
	key   uint64 // mixed; 0: free
	value V
}

const (
	firstSlots = 16
	slotBits   = 8 // bits of the filter for a slot: at most one of ten is set
)

// mix spreads a key over all bits, 0 being left to free slots.
func mix(key uint64) uint64 {
	h := key * 0xd6e8feb86659fd93
	return max(h^h>>32, 1)
}

// Find is the value for a key, nil if there is none. It stands until something is added.
func (t *Table[V]) Find(key uint64) *V {
	k := mix(key)
	if !t.may(k) {
		return nil
	}
	return t.find(k)
}

// may tells whether a mixed key is there, or seems to be.
func (t *Table[V]) may(k uint64) bool {
	bit := k >> t.shift
	return bit>>6 < uint64(len(t.filter)) && t.filter[bit>>6]>>(bit&63)&1 != 0
}

func (t *Table[V]) find(k uint64) *V {
	mask := uint64(len(t.slots) - 1)
	for i := k & mask; ; i = (i + 1) & mask {
		switch s := &t.slots[i]; s.key {
		case k:
			return &s.value
		case 0:
			return nil
		}
	}
}

// Add is the value for a key, which is zero if there was none.
func (t *Table[V]) Add(key uint64) *V {
	k := mix(key)
	if len(t.slots) > 0 {
		if v := t.find(k); v != nil {
			return v
		}
	}
	if 4*t.used >= 3*len(t.slots) {
		t.grow()
	}
	t.used++
	return t.place(k)
}

func (t *Table[V]) grow() {
	old := t.slots
	n := max(firstSlots, 2*len(old))
	t.slots, t.filter = make([]slot[V], n), make([]uint64, n*slotBits/64)
	t.shift = uint8(64 - bits.TrailingZeros(uint(n*slotBits)))
	for i := range old {
		if s := &old[i]; s.key != 0 {
			*t.place(s.key) = s.value
		}
	}
}

// place takes a free slot for a mixed key.
func (t *Table[V]) place(k uint64) *V {
	mask := uint64(len(t.slots) - 1)
	i := k & mask
	for t.slots[i].key != 0 {
		i = (i + 1) & mask
	}
	t.slots[i].key = k
	bit := k >> t.shift
	t.filter[bit>>6] |= 1 << (bit & 63)
	return &t.slots[i].value
}

// Len is how many keys there are.
func (t *Table[V]) Len() int { return t.used }

// Clear takes all keys out, and keeps the room.
func (t *Table[V]) Clear() {
	clear(t.slots)
	clear(t.filter)
	t.used = 0
}
