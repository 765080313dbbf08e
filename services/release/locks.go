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
	held map[article.URI]*lock
}

// lock is an article's: free has one token while nobody decides about it.
type lock struct {
	free  chan struct{}
	users int // who have it, or wait for it
}

// lock keeps all others from deciding about these articles until unlock, or
// until ctx is done while somebody else has them.
func (l *locks) lock(ctx context.Context, uris ...article.URI) (unlock func(), err error) {
	// In order, so that two who want several don't wait for each other.
	uris = slices.Compact(slices.Sorted(slices.Values(uris)))
	for i, u := range uris {
		if err := l.take(ctx, u); err != nil {
			l.give(uris[:i])
			return nil, err
		}
	}
	return func() { l.give(uris) }, nil
}

func (l *locks) take(ctx context.Context, uri article.URI) error {
	l.mu.Lock()
	k, ok := l.held[uri]
	if !ok {
		k = &lock{free: make(chan struct{}, 1)}
		k.free <- struct{}{}
		l.held[uri] = k
	}
	k.users++
	l.mu.Unlock()
	select {
	case <-k.free:
		return nil
	case <-ctx.Done():
		l.leave(uri)
		return ctx.Err()
	}
}

func (l *locks) give(uris []article.URI) {
	for _, u := range uris {
		l.mu.Lock()
		l.held[u].free <- struct{}{}
		l.mu.Unlock()
		l.leave(u)
	}
}

func (l *locks) leave(uri article.URI) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if k := l.held[uri]; k.users > 1 {
		k.users--
		return
	}
	delete(l.held, uri)
}
