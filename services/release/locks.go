package release

import (
	"context"
	"slices"
	"sync"

	"github.com/copytaster/copytaster/pkg/article"
)

// locks let one at a time decide about an article.
type locks struct {
	mu   sync.Mutex
	held map[article.URI]chan struct{} // each is closed when it is given back
}

func newLocks() *locks { return &locks{held: map[article.URI]chan struct{}{}} }

// lock keeps all others from deciding about these articles until unlock, or
// until ctx is done while somebody else has one of them. Who waits has none: a
// batch that waits for one article doesn't keep another's kill waiting.
func (l *locks) lock(ctx context.Context, uris ...article.URI) (unlock func(), err error) {
	uris = slices.Compact(slices.Sorted(slices.Values(uris)))
	for {
		busy := l.take(uris)
		if busy == nil {
			return func() { l.give(uris) }, nil
		}
		select {
		case <-busy:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// take takes all of them, or none while somebody has one: busy is closed when
// that is given back.
func (l *locks) take(uris []article.URI) (busy <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, u := range uris {
		if taken, ok := l.held[u]; ok {
			return taken
		}
	}
	for _, u := range uris {
		l.held[u] = make(chan struct{})
	}
	return nil
}

func (l *locks) give(uris []article.URI) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, u := range uris {
		close(l.held[u])
		delete(l.held, u)
	}
}
