package live

import (
	"crypto/sha256"
	"maps"
	"sync"

	"github.com/copytaster/copytaster/pkg/article"
)

// key is a URI in 16 bytes.
type key [16]byte

func keyOf(uri string) (k key) {
	sum := sha256.Sum256([]byte(uri))
	copy(k[:], sum[:])
	return k
}

// place is a message's offset, and whether it takes its article back; 0: none.
type place int64

func placeOf(offset int64, back bool) place {
	p := place(offset+1) << 1
	if back {
		p++
	}
	return p
}

func (p place) offset() int64 { return int64(p>>1) - 1 }
func (p place) back() bool    { return p&1 == 1 }

// partition is what is known of the messages of one, each by its article. Its methods may
// be called by many at once.
type partition struct {
	most int64 // of how many messages it is known

	mu     sync.Mutex
	latest map[key]place
	before map[int64]place // of messages whose article had one before
	floor  int64           // nothing is known of messages before this offset
}

func newPartition(floor, most int64) *partition {
	return &partition{most: most, latest: map[key]place{}, before: map[int64]place{}, floor: floor}
}

// above is the offset from which on it is known of which article each message is.
func (p *partition) above() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.floor
}

// previous is where the message before of the same article stands; 0: there is none, or
// that isn't known. had is where the last one stands before an offset that isn't behind.
// newest tells whether the message is the newest of its article: of one that is not known
// it may have been taken back.
func (p *partition) previous(k key, offset, from int64) (previous, had place, newest bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	previous = p.before[offset]
	for had = previous; had.offset() >= from; {
		had = p.before[had.offset()]
	}
	latest, known := p.latest[k]
	return previous, had, known && latest.offset() <= offset
}

// takenBack tells whether what stands at an offset is known to be taken back later.
func (p *partition) takenBack(k key, offset int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for at := p.latest[k]; at.offset() > offset; at = p.before[at.offset()] {
		if at.back() {
			return true
		}
	}
	return false
}

// note notes of which article a message is, and gives where the one before of that
// article stands. Messages may come again.
func (p *partition) note(k key, offset int64, back bool) (before place) {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := p.latest[k]
	if last != 0 && last.offset() >= offset {
		return p.before[offset]
	}
	if last != 0 {
		p.before[offset] = last
	}
	p.latest[k] = placeOf(offset, back)
	if offset-p.floor >= p.most+p.most/8 { // not each time: it takes as long as there are messages
		p.drop(offset + 1 - p.most)
	}
	return last
}

// learn takes in what is known of the messages up to an offset, unless that is no longer
// the first that it knows of.
func (p *partition) learn(older *partition, to int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.floor != to {
		return false
	}
	for k, at := range older.latest {
		oldest := p.latest[k]
		if oldest == 0 {
			p.latest[k] = at
			continue
		}
		for previous := p.before[oldest.offset()]; previous != 0; previous = p.before[oldest.offset()] {
			oldest = previous
		}
		p.before[oldest.offset()] = at
	}
	maps.Copy(p.before, older.before)
	p.floor = older.floor
	return true
}

// forget drops what is below an offset.
func (p *partition) forget(first int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drop(first)
}

func (p *partition) drop(first int64) {
	p.floor = max(p.floor, first)
	for k, at := range p.latest {
		if at.offset() < first {
			delete(p.latest, k)
		}
	}
	for o := range p.before {
		if o < first {
			delete(p.before, o)
		}
	}
}

// spot is where a message stands.
type spot struct {
	partition int
	offset    int64
}

// recent holds the newest articles. Its methods may be called by many at once.
type recent struct {
	most, mostBytes int

	mu    sync.Mutex
	all   map[spot]*article.Article
	line  []held // oldest first
	bytes int
}

// held is an article of which so many bytes came.
type held struct {
	spot
	bytes int
}

func newRecent(most, mostBytes int) *recent {
	return &recent{most: most, mostBytes: mostBytes, all: map[spot]*article.Article{}}
}

func (r *recent) get(s spot) *article.Article {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.all[s]
}

func (r *recent) add(s spot, a *article.Article, bytes int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.all[s] != nil || bytes > r.mostBytes {
		return
	}
	r.all[s], r.line, r.bytes = a, append(r.line, held{s, bytes}), r.bytes+bytes
	for len(r.line) > r.most || r.bytes > r.mostBytes {
		delete(r.all, r.line[0].spot)
		r.bytes -= r.line[0].bytes
		r.line = r.line[1:]
	}
}
