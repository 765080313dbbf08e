package poll

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"sync"
	"time"
)

// State remembers where each feed stands. [Memory] forgets at the end of the
// process; a table on a compacted topic doesn't.
type State interface {
	Get(key string) (value []byte, ok bool)
	Put(ctx context.Context, key string, value []byte) error
}

// Memory is a State for tests and trials.
type Memory struct {
	mu   sync.Mutex
	rows map[string][]byte
}

// Get implements [State].
func (m *Memory) Get(key string) ([]byte, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v, ok := m.rows[key]
	return v, ok
}

// Put implements [State].
func (m *Memory) Put(_ context.Context, key string, value []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.rows == nil {
		m.rows = map[string][]byte{}
	}
	m.rows[key] = slices.Clone(value)
	return nil
}

const (
	// maxSeen is how many items of one feed are remembered.
	maxSeen = 20_000
	// forget is when an item is forgotten that is no longer in the feed.
	forget = 30 * 24 * time.Hour
)

// position is where a feed stands.
type position struct {
	URL          string          `json:"url"`
	ETag         string          `json:"etag,omitempty"`
	LastModified string          `json:"last_modified,omitempty"`
	Items        map[string]seen `json:"items,omitempty"` // by hash of the item's id
}

type seen struct {
	Hash string `json:"h"` // of the item as it was
	Hour int64  `json:"t"` // when it was last in the feed, hours since 1970
}

func load(s State, f Feed) position {
	p := position{URL: f.URL, Items: map[string]seen{}}
	b, ok := s.Get(f.Name)
	if !ok {
		return p
	}
	var old position
	// What can't be read is as good as nothing: the items are sent once more,
	// and have the same identity. So it is for another address.
	if json.Unmarshal(b, &old) != nil || old.URL != f.URL {
		return p
	}
	if old.Items == nil {
		old.Items = map[string]seen{}
	}
	return old
}

// save writes the position, without what is old.
func (p *position) save(ctx context.Context, s State, f Feed, now time.Time) error {
	oldest := now.Add(-forget).Unix() / 3600
	for k, v := range p.Items {
		if v.Hour < oldest {
			delete(p.Items, k)
		}
	}
	if over := len(p.Items) - maxSeen; over > 0 {
		keys := make([]string, 0, len(p.Items))
		for k := range p.Items {
			keys = append(keys, k)
		}
		slices.SortFunc(keys, func(a, b string) int { return int(p.Items[a].Hour - p.Items[b].Hour) })
		for _, k := range keys[:over] {
			delete(p.Items, k)
		}
	}
	b, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return s.Put(ctx, f.Name, b)
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// names gives each item of one fetch a key of its own: items that share an id,
// as careless feeds have them, are told apart by their order, or each would
// look like an edit of the other at every poll.
type names map[string]int

func (n names) key(id string, item []byte) string {
	k := digest([]byte(id))
	if id == "" {
		k = digest(item)
	}
	n[k]++
	if n[k] > 1 {
		k += "#" + strconv.Itoa(n[k])
	}
	return k
}
