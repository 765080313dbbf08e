package bus

import (
	"context"
	"errors"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/copytaster/copytaster/pkg/stage"
)

// Stretch is a part of a partition's log: from From up to, and without, To.
type Stretch struct {
	Topic     string
	Partition int
	From, To  int64
}

// Len is how many offsets it has.
func (s Stretch) Len() int64 { return max(s.To-s.From, 0) }

// LenOf is how many offsets they have together.
func LenOf(ss []Stretch) (n int64) {
	for _, s := range ss {
		n += s.Len()
	}
	return n
}

// There tells which of the topics are there.
func (b *Bus) There(ctx context.Context, names []string) (there, missing []string, err error) {
	all, err := b.Topics(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, n := range names {
		if slices.ContainsFunc(all, func(e Existing) bool { return e.Name == n }) {
			there = append(there, n)
		} else {
			missing = append(missing, n)
		}
	}
	return there, missing, nil
}

// Whole is the whole log of a topic as it is now, or that of the partition that
// has the key, if key is not nil.
func (b *Bus) Whole(ctx context.Context, name string, key []byte) ([]Stretch, error) {
	es, err := b.Extents(ctx, name)
	if err != nil {
		return nil, err
	}
	if key != nil {
		p := PartitionOf(key, len(es))
		es = es[p : p+1]
	}
	ss := make([]Stretch, len(es))
	for i, e := range es {
		ss[i] = Stretch{name, e.Partition, e.First, e.End}
	}
	return ss, nil
}

// ahead is how many messages of a partition wait until those of the others that
// are older have been seen.
const ahead = 8

// ErrEnough ends a [Bus.Scan] early, without an error.
var ErrEnough = errors.New("enough")

// Scan calls f for the messages of all stretches, in the order of their time,
// as far as the partitions have that order, and before that passed for each, if it isn't
// nil. f may return [ErrEnough].
func (b *Bus) Scan(ctx context.Context, ss []Stretch, passed func(n int), f func(stage.Message) error) error {
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
	group.Go(func() error { return merge(readers, passed, f) })
	if err := group.Wait(); err != nil && !errors.Is(err, ErrEnough) {
		return err
	}
	return nil
}

// merge takes the oldest of what the readers have, until all have ended.
func merge(readers []chan stage.Message, passed func(n int), f func(stage.Message) error) error {
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
		if passed != nil {
			passed(1)
		}
		if err := f(*heads[oldest]); err != nil {
			return err
		}
		heads[oldest] = nil
	}
}
