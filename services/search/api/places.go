package api

import (
	"fmt"
	"sync"
)

// places bound how many answers of a kind are made at once, in all and for one sender.
type places struct {
	title     string // of the problem that there is none left
	all, each int

	mu    sync.Mutex
	taken map[string]int // by sender
	total int
}

// fullError says that there is no place left.
type fullError struct {
	title  string
	limit  int
	sender bool // it is the sender's own limit
}

func (e *fullError) Error() string {
	if e.sender {
		return fmt.Sprintf("You have %d of them on their way, the limit. Try again when one has ended.", e.limit)
	}
	return fmt.Sprintf("There are %d of them on their way, the limit. Try again in a moment.", e.limit)
}

// take takes a place for a sender; leave it when the answer is made. If there is none, the
// error is a [*fullError].
func (p *places) take(sender string) (leave func(), err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.taken[sender] >= p.each:
		return nil, &fullError{p.title, p.each, true}
	case p.total >= p.all:
		return nil, &fullError{p.title, p.all, false}
	}
	if p.taken == nil {
		p.taken = map[string]int{}
	}
	p.total++
	p.taken[sender]++
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.total--
		if p.taken[sender]--; p.taken[sender] == 0 {
			delete(p.taken, sender)
		}
	}, nil
}
