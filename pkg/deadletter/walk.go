package deadletter

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/stage"
)

// Limits of a walk.
const (
	// firstChunk and maxChunk are how many letters of a partition are read at once.
	firstChunk = 32
	maxChunk   = 512
	// maxChunkBytes is how many bytes they may have; of more, fewer letters are read.
	maxChunkBytes = 16 << 20
)

// Cursor is how far a walk came: by topic and partition the offset that it goes on below.
// A partition that isn't there has not been begun.
type Cursor map[string]map[int]int64

// Walk goes through the letters of topics, the newest first, from one cursor to the next.
type Walk struct {
	Bus    *bus.Bus
	Topics []string // those that aren't there have no letters
	Hints  Hints
	// Letters is at how many it looks at most, Time for how long; then the walk ends early.
	Letters int
	Time    time.Duration
}

// Errors of a walk's own.
var (
	errHeavy = errors.New("too many bytes at once")
	// ErrEnough ends a walk in front of a letter, without an error.
	ErrEnough = errors.New("enough")
)

// Go calls f for each letter from a cursor on, nil for the newest. f may return [ErrEnough],
// and meets that letter again when it goes on from next. all tells that there are no more.
func (w *Walk) Go(ctx context.Context, from Cursor, f func(Summary) error) (next Cursor, all bool, err error) {
	there, _, err := w.Bus.There(ctx, w.Topics)
	if err != nil {
		return nil, false, err
	}
	var reels []*reel
	for _, name := range there {
		es, err := w.Bus.Extents(ctx, name)
		if err != nil {
			return nil, false, err
		}
		for _, e := range es {
			r := &reel{walk: w, topic: name, Extent: e, below: e.End, chunk: firstChunk}
			if at, ok := from[name][e.Partition]; ok {
				r.below = min(at, e.End)
			}
			reels = append(reels, r)
		}
	}
	end := time.Now().Add(w.Time)
	for looked := 0; looked < w.Letters && time.Now().Before(end); looked++ {
		r, err := newest(ctx, reels)
		if err != nil {
			return nil, false, err
		}
		if r == nil {
			return nil, true, nil
		}
		switch err := f(r.read[len(r.read)-1]); {
		case errors.Is(err, ErrEnough):
			return at(reels), false, nil
		case err != nil:
			return nil, false, err
		}
		r.take()
	}
	return at(reels), false, nil
}

// newest is the reel whose next letter is the newest of all; nil if there is none.
func newest(ctx context.Context, reels []*reel) (*reel, error) {
	var work errgroup.Group
	for _, r := range reels {
		if len(r.read) == 0 {
			work.Go(func() error { return r.fill(ctx) })
		}
	}
	if err := work.Wait(); err != nil {
		return nil, err
	}
	var best *reel
	for _, r := range reels {
		if n := len(r.read); n > 0 && (best == nil || r.read[n-1].Time.After(best.read[len(best.read)-1].Time)) {
			best = r
		}
	}
	return best, nil
}

func at(reels []*reel) Cursor {
	c := Cursor{}
	for _, r := range reels {
		if c[r.topic] == nil {
			c[r.topic] = map[int]int64{}
		}
		c[r.topic][r.Partition] = r.below
	}
	return c
}

// reel is a partition that is read from its end.
type reel struct {
	bus.Extent

	walk  *Walk
	topic string
	below int64     // what stands from here on was given out
	read  []Summary // that were read and not yet given out, the newest last
	chunk int64
}

// take goes on to the letter before.
func (r *reel) take() {
	last := len(r.read) - 1
	r.below, r.read = r.read[last].Place.Offset, r.read[:last]
	if last == 0 && r.below > r.First { // the chunk may have begun with offsets that hold nothing
		r.chunk = min(2*r.chunk, maxChunk)
	}
}

// fill reads the letters before below.
func (r *reel) fill(ctx context.Context) error {
	for end := r.below; end > r.First && len(r.read) == 0; {
		from := max(r.First, end-r.chunk)
		bytes := 0
		err := r.walk.Bus.ReadLog(ctx, r.topic, r.Partition, from, end, func(m stage.Message) error {
			if bytes += len(m.Value); bytes > maxChunkBytes && len(r.read) > 0 {
				return errHeavy
			}
			l := Read(m)
			r.read = append(r.read, l.Summarise(r.walk.Hints))
			return nil
		})
		switch {
		case errors.Is(err, errHeavy):
			r.read, r.chunk = nil, max(1, r.chunk/4)
			continue
		case err != nil:
			return err
		}
		end = from
	}
	return nil
}
