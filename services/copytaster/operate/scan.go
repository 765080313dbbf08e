package operate

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/stage"
)

// stretch is a part of a partition's log: from From up to, and without, To.
type stretch struct {
	Topic     string
	Partition int
	From, To  int64
}

func (s stretch) len() int64 { return max(s.To-s.From, 0) }

func lenOf(ss []stretch) (n int64) {
	for _, s := range ss {
		n += s.len()
	}
	return n
}

// whole is the whole log of a topic as it is now, or that of the partition that
// has the key, if key is not nil.
func whole(ctx context.Context, b *bus.Bus, name string, key []byte) ([]stretch, error) {
	es, err := b.Extents(ctx, name)
	if err != nil {
		return nil, err
	}
	if key != nil {
		p := bus.PartitionOf(key, len(es))
		es = es[p : p+1]
	}
	ss := make([]stretch, len(es))
	for i, e := range es {
		ss[i] = stretch{name, e.Partition, e.First, e.End}
	}
	return ss, nil
}

// keyOf is the key that an article's messages have; nil: no article is meant.
func keyOf(uri article.URI) []byte {
	if uri == "" {
		return nil
	}
	return []byte(uri)
}

// ahead is how many messages of a partition wait until those of the others that
// are older have been seen.
const ahead = 8

// errEnough ends a scan early, without an error.
var errEnough = errors.New("enough")

// scan calls f for the messages of all stretches, in the order of their time,
// as far as the partitions have that order. f may return errEnough.
func scan(ctx context.Context, b *bus.Bus, ss []stretch, progress *bar, f func(stage.Message) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	group, ctx := errgroup.WithContext(ctx)
	readers := make([]chan stage.Message, len(ss))
	for i, s := range ss {
		readers[i] = make(chan stage.Message, ahead)
		group.Go(func() error {
			defer close(readers[i])
			return b.ReadLog(ctx, s.Topic, s.Partition, s.From, max(s.To, s.From), func(m stage.Message) error {
				select {
				case readers[i] <- m:
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			})
		})
	}
	group.Go(func() error { return merge(readers, progress, f) })
	if err := group.Wait(); err != nil && !errors.Is(err, errEnough) {
		return err
	}
	return nil
}

// merge takes the oldest of what the readers have, until all have ended.
func merge(readers []chan stage.Message, progress *bar, f func(stage.Message) error) error {
	heads := make([]*stage.Message, len(readers))
	for {
		oldest := -1
		for i, r := range readers {
			if r != nil && heads[i] == nil {
				m, ok := <-r
				if !ok {
					readers[i] = nil
					continue
				}
				heads[i] = &m
			}
			if heads[i] != nil && (oldest < 0 || heads[i].Time.Before(heads[oldest].Time)) {
				oldest = i
			}
		}
		if oldest < 0 {
			return nil
		}
		progress.add(1)
		if err := f(*heads[oldest]); err != nil {
			return err
		}
		heads[oldest] = nil
	}
}
