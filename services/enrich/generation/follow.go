package generation

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/rs/zerolog"
)

// View is rows that change.
type View interface {
	Rows
	Changed() <-chan struct{}
}

// Follower knows the generation that counts.
type Follower struct {
	number atomic.Int64

	mu     sync.Mutex
	unread error
}

// Follow reads what counts now, and follows it until ctx is done. Rows that
// can't be read later on are logged, make it not ready, and change nothing; at
// first they are an error.
func Follow(ctx context.Context, v View, log zerolog.Logger) (*Follower, error) {
	f := &Follower{}
	changed := v.Changed()
	gs, err := All(v)
	if err != nil {
		return nil, err
	}
	f.number.Store(int64(Current(gs).Number))
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-changed:
			}
			changed = v.Changed()
			gs, err := All(v)
			f.setUnread(err)
			if err != nil {
				log.Error().Err(err).Int("generation", f.Number()).Msg("can't follow the generations")
				continue
			}
			// It never goes back: a topic that is being read anew has fewer
			// rows for a moment, and a rollback takes a higher number.
			if n := int64(Current(gs).Number); n > f.number.Load() {
				f.number.Store(n)
				log.Info().Int64("generation", n).Msg("another generation counts")
			}
		}
	}()
	return f, nil
}

// Number is the generation that counts; 0: none was promoted.
func (f *Follower) Number() int { return int(f.number.Load()) }

// Ready tells why it isn't known which generation counts. It is a check of
// readiness: a promotion may be among the rows that can't be read.
func (f *Follower) Ready(context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.unread != nil {
		return fmt.Errorf("generation %d is stamped, since the generations can't be read: %w", f.Number(), f.unread)
	}
	return nil
}

func (f *Follower) setUnread(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.unread = err
}
