package stage

import "sync"

// UrgentInARow is how many urgent messages a lane takes one after the other
// while others wait: who calls everything urgent delays the others, and doesn't
// stop them.
const UrgentInARow = 100

// queue is what waits for a lane: urgent messages before the others, but for
// those of which the key has another one waiting, since a key's messages keep
// their order. Many may put, one takes.
type queue struct {
	mu             sync.Mutex
	urgent, others line
	row            int // urgent ones taken one after the other while others waited
	closed         bool
	changed        chan struct{} // has something in it after a change
}

func newQueue() *queue { return &queue{changed: make(chan struct{}, 1)} }

func (q *queue) put(t *task) {
	q.mu.Lock()
	if t.m.Urgent && !q.others.has(t) {
		q.urgent.push(t)
	} else {
		q.others.push(t)
	}
	q.mu.Unlock()
	q.tell()
}

// close lets take return nil once everything was taken.
func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.tell()
}

func (q *queue) tell() {
	select {
	case q.changed <- struct{}{}:
	default:
	}
}

// take waits for the next message; nil: there will be none.
func (q *queue) take() *task {
	for {
		q.mu.Lock()
		t, closed := q.next(), q.closed
		q.mu.Unlock()
		if t != nil || closed {
			return t
		}
		<-q.changed
	}
}

// poll is the next message, nil if there is none now. urgent: none but an urgent
// one.
func (q *queue) poll(urgent bool) *task {
	q.mu.Lock()
	defer q.mu.Unlock()
	if urgent && (q.urgent.len() == 0 || q.othersTurn()) {
		return nil
	}
	return q.next()
}

// othersTurn tells that it is not the turn of an urgent message.
func (q *queue) othersTurn() bool {
	switch {
	case q.others.len() == 0:
		return false
	case q.urgent.len() == 0:
		return true
	}
	return q.row >= UrgentInARow && !q.urgent.has(q.others.first())
}

func (q *queue) next() *task {
	switch {
	case q.othersTurn():
		q.row = 0
		return q.others.pop()
	case q.urgent.len() == 0:
		return nil
	}
	if q.row++; q.others.len() == 0 {
		q.row = 0
	}
	return q.urgent.pop()
}

// line is tasks in their order, and which keys they have.
type line struct {
	tasks []*task // those before head were taken
	head  int
	keys  map[uint64]int // how many tasks of each, by hash
}

// lineMin is how many places of taken tasks are kept at least.
const lineMin = 64

func (l *line) len() int { return len(l.tasks) - l.head }

func (l *line) first() *task { return l.tasks[l.head] }

// has tells whether a task waits that must be before t or behind it.
func (l *line) has(t *task) bool { return t.m.Key != nil && l.keys[t.key] > 0 }

func (l *line) push(t *task) {
	l.tasks = append(l.tasks, t)
	if t.m.Key == nil {
		return
	}
	if l.keys == nil {
		l.keys = map[uint64]int{}
	}
	l.keys[t.key]++
}

func (l *line) pop() *task {
	t := l.tasks[l.head]
	l.tasks[l.head] = nil
	if l.head++; l.head >= lineMin && 2*l.head >= len(l.tasks) {
		n := copy(l.tasks, l.tasks[l.head:])
		clear(l.tasks[n:])
		l.tasks, l.head = l.tasks[:n], 0
	}
	if t.m.Key == nil {
		return t
	}
	if l.keys[t.key]--; l.keys[t.key] == 0 {
		delete(l.keys, t.key)
	}
	return t
}
