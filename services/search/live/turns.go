package live

import (
	"slices"
	"sync"
)

// turns let so many go on at once, of them so many of one reader; others wait in a line,
// in which nobody waits for a reader who has their share.
type turns struct {
	all, each int

	mu    sync.Mutex
	total int
	taken map[string]int // by reader
	line  []*turn
}

// turn is a place in the line, or among those who go on.
type turn struct {
	reader string
	come   chan struct{} // closed when it has come
}

func newTurns(all, each int) *turns { return &turns{all: all, each: each, taken: map[string]int{}} }

// ask gets into the line. Whoever does, leaves.
func (t *turns) ask(reader string) *turn {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := &turn{reader, make(chan struct{})}
	t.line = append(t.line, n)
	t.call()
	return n
}

func (t *turns) leave(n *turn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if i := slices.Index(t.line, n); i >= 0 {
		t.line = slices.Delete(t.line, i, i+1)
		return
	}
	t.total--
	if t.taken[n.reader]--; t.taken[n.reader] == 0 {
		delete(t.taken, n.reader)
	}
	t.call()
}

// call lets go on who may. t.mu is held.
func (t *turns) call() {
	for t.total < t.all {
		i := slices.IndexFunc(t.line, func(n *turn) bool { return t.taken[n.reader] < t.each })
		if i < 0 {
			return
		}
		n := t.line[i]
		t.line = slices.Delete(t.line, i, i+1)
		t.total++
		t.taken[n.reader]++
		close(n.come)
	}
}
