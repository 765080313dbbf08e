package bus

// tracker knows of one partition which of the messages that were handed out
// are done, and so from which offset to go on after a restart. Messages are
// handed out in order and done in any order; offsets may have gaps.
//
// It is a ring of offsets in flight with a bit for each: all operations are
// O(1) but done, which is O(log n).
type tracker struct {
	offsets []int64  // ring; its length is a power of two
	bits    []uint64 // done, by place in the ring
	head    uint64   // number of the oldest in flight
	tail    uint64   // number after the newest
	next    int64    // where to go on when nothing is in flight
	back    int64    // the lowest offset that was given back undone; -1: none
}

const trackerStart = 64 // a multiple of 64, power of two

func newTracker(start int64) *tracker {
	return &tracker{offsets: make([]int64, trackerStart), bits: make([]uint64, trackerStart/64), next: start, back: -1}
}

func (t *tracker) mask() uint64 { return uint64(len(t.offsets) - 1) }

func (t *tracker) isDone(n uint64) bool {
	i := n & t.mask()
	return t.bits[i/64]&(1<<(i%64)) != 0
}

func (t *tracker) mark(n uint64, done bool) {
	i := n & t.mask()
	if done {
		t.bits[i/64] |= 1 << (i % 64)
	} else {
		t.bits[i/64] &^= 1 << (i % 64)
	}
}

// deliver notes that the message at offset was handed out. Offsets must grow;
// false if this one doesn't.
func (t *tracker) deliver(offset int64) bool {
	if offset < t.next {
		return false
	}
	if t.tail-t.head == uint64(len(t.offsets)) {
		t.grow()
	}
	t.offsets[t.tail&t.mask()] = offset
	t.mark(t.tail, false)
	t.tail++
	t.next = offset + 1
	return true
}

func (t *tracker) grow() {
	old := *t
	t.offsets = make([]int64, 2*len(old.offsets))
	t.bits = make([]uint64, 2*len(old.bits))
	for n := t.head; n < t.tail; n++ {
		t.offsets[n&t.mask()] = old.offsets[n&old.mask()]
		t.mark(n, old.isDone(n))
	}
}

// done notes that the message at offset is done, and tells whether that is
// news: false if it was done before or never handed out.
func (t *tracker) done(offset int64) bool {
	lo, hi := t.head, t.tail
	for lo < hi {
		if mid := lo + (hi-lo)/2; t.offsets[mid&t.mask()] < offset {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == t.tail || t.offsets[lo&t.mask()] != offset || t.isDone(lo) {
		return false
	}
	t.mark(lo, true)
	for t.head < t.tail && t.isDone(t.head) {
		t.head++
	}
	return true
}

// giveBack notes that the message at offset won't be done, and tells whether
// that is news, as done does. The watermark never passes it.
func (t *tracker) giveBack(offset int64) bool {
	if !t.done(offset) {
		return false
	}
	if t.back < 0 || offset < t.back {
		t.back = offset
	}
	return true
}

// watermark is the offset below which everything is done.
func (t *tracker) watermark() int64 {
	w := t.next
	if t.head != t.tail {
		w = t.offsets[t.head&t.mask()]
	}
	if t.back >= 0 {
		w = min(w, t.back)
	}
	return w
}

// inFlight is how many offsets lie between the watermark and the newest.
func (t *tracker) inFlight() int { return int(t.tail - t.head) }
