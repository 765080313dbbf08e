package gate

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/access"
)

// Rows are the rows of [topic.AccessKeys]; see [bus.View].
type Rows interface {
	Range(f func(id string, row []byte) bool)
	Changed() <-chan struct{}
}

// Keys are the API keys by their ids, as they are now.
type Keys struct {
	rows   Rows
	log    zerolog.Logger
	byID   atomic.Pointer[map[string]*access.Key]
	unread atomic.Int64
}

// Follow reads the keys, and follows them until ctx is done.
func Follow(ctx context.Context, rows Rows, log zerolog.Logger) *Keys {
	k := &Keys{rows: rows, log: log}
	changed := rows.Changed()
	k.load()
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-changed:
			}
			changed = rows.Changed()
			k.load()
		}
	}()
	return k
}

// load takes over what there is. A row that can't be read opens nothing.
func (k *Keys) load() {
	all := map[string]*access.Key{}
	var errs []error
	k.rows.Range(func(id string, row []byte) bool {
		if one, err := access.Decode(id, row); err != nil {
			errs = append(errs, err)
		} else {
			all[id] = one
		}
		return true
	})
	if len(errs) > 0 {
		k.log.Error().Err(errors.Join(errs...)).Msg("API keys can't be read, and open nothing")
	}
	k.unread.Store(int64(len(errs)))
	k.byID.Store(&all)
}

// Key is the one with that id; nil: there is none. It must not be changed.
func (k *Keys) Key(id string) *access.Key { return (*k.byID.Load())[id] }
