package live

import (
	"crypto/sha256"

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

// partition is what is known of the messages of one, each by its article.
type partition struct {
	latest map[key]place
	before map[int64]place // of messages whose article had one before
	floor  int64           // nothing is known of messages before this offset
}

func newPartition(floor int64) *partition {
	return &partition{latest: map[key]place{}, before: map[int64]place{}, floor: floor}
}

// newest tells whether a message is the newest of its article. Of one that is not known
// it may have been taken back.
func (p *partition) newest(k key, offset int64) bool {
	latest, known := p.latest[k]
	return known && latest.offset() <= offset
}

// note notes of which article a message is, and gives where the one before of that
// article stands. Messages may come again.
func (p *partition) note(k key, offset int64, back bool) (before place) {
	last := p.latest[k]
	if last != 0 && last.offset() >= offset {
		return p.before[offset]
	}
	if last != 0 {
		p.before[offset] = last
	}
	p.latest[k] = placeOf(offset, back)
	return last
}

// forget drops what is below an offset.
func (p *partition) forget(first int64) {
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

// recent holds the newest articles.
type recent struct {
	all  map[spot]*article.Article
	ring []spot
	at   int
}

func newRecent(size int) *recent {
	return &recent{all: map[spot]*article.Article{}, ring: make([]spot, size)}
}

func (r *recent) add(s spot, a *article.Article) {
	delete(r.all, r.ring[r.at])
	r.ring[r.at], r.all[s] = s, a
	r.at = (r.at + 1) % len(r.ring)
}
