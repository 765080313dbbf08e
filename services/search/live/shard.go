package live

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// seat is where the hub tells a feed what comes. A feed that begins anew gets another one.
type seat struct {
	*question

	queue chan item
	slow  chan struct{} // closed when it is told no more
	shard *shard
	kills atomic.Bool // it is told of nothing else

	// What follows only the shard changes.
	epoch int      // which topic it hears of
	from  position // it hears of what stands there or behind
}

// step is what shards tell their feeds of, one after the other.
type step struct {
	*change // nil: what was read is another topic's

	epoch int
	spot
	key  key
	part *partition
	next position // where to go on after it; nowhere: it is told ahead of its turn
	// ahead has for each shard the seats that were told ahead of its turn; nil: it isn't.
	ahead []map[*seat]bool

	open atomic.Int32 // shards that still tell of it
	done func()       // called when all have told
}

// shard asks the queries of some of the feeds, in a goroutine of its own.
type shard struct {
	number int
	now    func() time.Time
	steps  chan *step

	mu    sync.Mutex
	seats []*seat // never changed, but replaced
	told  position
	epoch int // of what was told
}

func newShard(number int, now func() time.Time) *shard {
	return &shard{number: number, now: now, steps: make(chan *step, stepsAhead)}
}

// run tells until end is closed.
func (s *shard) run(end <-chan struct{}) {
	for {
		select {
		case st := <-s.steps:
			s.tell(st)
			if st.open.Add(-1) == 0 {
				st.done()
			}
		case <-end:
			return
		}
	}
}

func (s *shard) tell(st *step) {
	if st.change == nil {
		s.begin(st)
		return
	}
	s.mu.Lock()
	seats := s.seats
	s.mu.Unlock()
	now, hidden, kill := s.now(), st.part.takenBack(st.key, st.offset), takesBack(st.message)
	for _, f := range seats {
		if f.epoch != st.epoch || st.offset < f.from.at[st.partition] {
			continue // it has heard of it elsewhere
		}
		if !kill && f.kills.Load() {
			continue
		}
		it, ok := st.change.tell(f.question, now)
		if !ok || hidden && it.kind != Left {
			continue
		}
		if st.ahead != nil {
			if st.ahead[s.number][f] {
				continue
			}
			if st.next.at == nil {
				st.ahead[s.number][f] = true
			}
		}
		it.next, it.kill = st.next, kill
		s.hand(f, it)
	}
	if st.next.at != nil {
		s.mu.Lock()
		s.told = st.next
		s.mu.Unlock()
	}
}

// begin begins with another topic.
func (s *shard) begin(st *step) {
	s.mu.Lock()
	s.told, s.epoch = st.next, st.epoch
	var old []*seat
	for _, f := range s.seats {
		if f.epoch < st.epoch {
			f.epoch, f.from = st.epoch, st.next
			old = append(old, f)
		}
	}
	s.mu.Unlock()
	for _, f := range old {
		s.hand(f, item{kind: Reset})
	}
}

// hand puts an item into a feed's buffer, or ends the feed if that is full.
func (s *shard) hand(f *seat, it item) {
	select {
	case f.queue <- it:
	default:
		s.remove(f)
		close(f.slow)
	}
}

func (s *shard) add(f *seat) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.shard, s.seats = s, append(slices.Clip(s.seats), f)
}

func (s *shard) remove(f *seat) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.Index(s.seats, f); i >= 0 {
		s.seats = slices.Concat(s.seats[:i], s.seats[i+1:])
	}
}

func (s *shard) size() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.seats)
}

// upTo is up to where a feed was told, all that was for it; nowhere if the shard still
// tells of another topic.
func (s *shard) upTo(f *seat) position {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.epoch != f.epoch {
		return position{}
	}
	return s.told
}
