package generation

import (
	"context"
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
}

// Follow reads what counts now, and follows it until ctx is done. Rows that
// can't be read later on are logged, and change nothing; at first they are an
// error.
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
