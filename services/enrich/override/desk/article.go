package desk

import (
	"context"
	"fmt"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/enrich/override"
)

// Limits of the look for a revision as it was received.
const (
	// Clocks is how far those of ingest and Kafka may differ.
	Clocks = 10 * time.Minute
	// MaxMessages is how many messages of a topic are read for it, half of them from before
	// the time when it was received.
	MaxMessages = 20_000
	// MaxBehind is how many messages, of which the index has nothing yet, a service's desk
	// reads for a change: those of the article's partitions.
	MaxBehind = 50_000
)

// Seen is an article of the index as its editor was shown it.
type Seen struct {
	*article.Article // whole: it may be what is sent again

	// Still is asked right before a change is written. Its error says why it may not be,
	// and is that of the change.
	Still func(context.Context) error
}

// readers are the groups by which what is written comes into the index, in the order of
// its way.
var readers = []struct{ topic, group string }{
	{topic.Received, topic.GroupEnrich},
	{topic.ReceivedBulk, topic.GroupEnrichBulk},
	{topic.Enriched, topic.GroupIndex},
	{topic.EnrichedBulk, topic.GroupIndexBulk},
}

// known is an article of the index. Of the log it is to be read what isn't in the index,
// by the offsets that the groups have finished: asked in the order of the way, so that
// nothing passes by, and after the index was.
func (e *Desk) known(ctx context.Context, seen Seen) (*Lineage, error) {
	a := seen.Article
	of := &Lineage{
		uri: a.URI, ends: map[string]int64{}, corrected: a.Corrections.Number,
		last: a.Revision, seen: a.Corrections.Number, read: a, shows: a.Revision, still: seen.Still,
	}
	of.newest.Take(a, true)
	for _, r := range readers {
		at, err := e.bus.Committed(ctx, r.group, r.topic)
		if err != nil {
			return nil, err
		}
		own, err := e.bus.Whole(ctx, r.topic, []byte(a.URI))
		if err != nil {
			return nil, err
		}
		for _, s := range own { // one: the key's
			of.ends[r.topic] = at[s.Partition]
		}
	}
	if of.newest.Article == nil {
		return of, nil
	}
	return of, e.received(ctx, of, a)
}

// received looks for the revision as it was received, near the time of that, the nearest
// first: where much goes through, it stands far from the ends of what is looked at. Where it
// isn't, the index has what is sent again.
func (e *Desk) received(ctx context.Context, of *Lineage, a *article.Article) error {
	var rings [][]bus.Stretch
	for _, name := range []string{topic.Received, topic.ReceivedBulk} {
		ss, err := e.around(ctx, name, a)
		if err != nil {
			return err
		}
		for i, s := range ss {
			if i == len(rings) {
				rings = append(rings, nil)
			}
			rings[i] = append(rings[i], s)
		}
	}
	for _, ring := range rings {
		for _, s := range ring {
			if err := e.bus.Scan(ctx, []bus.Stretch{s}, nil, func(m stage.Message) error {
				if string(m.Key) != string(a.URI) {
					return nil
				}
				r, err := event.Decode(m)
				if err != nil || r.Revision.Source() != a.Revision.Source() {
					return nil //nolint:nilerr // it is among the dead letters
				}
				if of.newest.Take(&r, false); of.newest.FromEnriched {
					return nil
				}
				return bus.ErrEnough
			}); err != nil {
				return err
			}
			if !of.newest.FromEnriched {
				return nil
			}
		}
	}
	return nil
}

// around is what the partition of the article has of about the time when it was received,
// from there outwards.
func (e *Desk) around(ctx context.Context, name string, a *article.Article) ([]bus.Stretch, error) {
	var at [3]map[int]int64
	for i, d := range []time.Duration{-Clocks, 0, Clocks} {
		var err error
		if at[i], err = e.bus.OffsetsAt(ctx, name, a.ReceivedAt.Add(d)); err != nil {
			return nil, err
		}
	}
	whole, err := e.bus.Whole(ctx, name, []byte(a.URI))
	if err != nil {
		return nil, err
	}
	var ss []bus.Stretch
	for _, s := range whole { // one: the key's
		s.From, s.To = max(s.From, at[0][s.Partition]), min(s.To, at[2][s.Partition])
		ss = append(ss, outwards(s, at[1][s.Partition])...)
	}
	return ss, nil
}

// firstPiece is how many messages are read at first to either side, and then twice as many each time.
const firstPiece = 512

// outwards is what s has around an offset, the nearest first, and behind it before what is in
// front of it: half of [MaxMessages] to either side at most.
func outwards(s bus.Stretch, middle int64) []bus.Stretch {
	middle = min(max(middle, s.From), s.To)
	first, end := max(s.From, middle-MaxMessages/2), min(s.To, middle+MaxMessages/2)
	var pieces []bus.Stretch
	from, to := middle, middle
	for n := int64(firstPiece); from > first || to < end; n *= 2 {
		if next := min(to+n, end); next > to {
			pieces = append(pieces, bus.Stretch{Topic: s.Topic, Partition: s.Partition, From: to, To: next})
			to = next
		}
		if next := max(from-n, first); next < from {
			pieces = append(pieces, bus.Stretch{Topic: s.Topic, Partition: s.Partition, From: next, To: from})
			from = next
		}
	}
	return pieces
}

// Of is the override of an article, a being it in the index; without fields, and with
// the number 0, if nothing of it was ever corrected. A row that can't be read is a
// [RefusalError].
func (e *Desk) Of(ctx context.Context, a *article.Article) (Line, error) {
	l := Line{URI: a.URI, Fields: []Correction{}}
	var o *article.Override
	if err := e.See(ctx, func(rows override.Rows) (err error) {
		if o, err = override.Of(rows, a.URI); err != nil {
			return &RefusalError{fmt.Errorf("%w: %w", override.ErrUnread, err)}
		}
		return nil
	}); err != nil || o == nil {
		return l, err
	}
	of := &Lineage{uri: a.URI, seen: a.Corrections.Number}
	of.newest.Take(a, true)
	var err error
	if of.stands, err = e.stands(ctx, a.URI); err != nil {
		return l, err
	}
	if l, err = of.lineOf(o); err == nil && of.correctable() == nil {
		l.Revision, l.Seen = 0, &of.seen
	}
	return l, err
}

// Change makes a change of the override of an article, and sends it again. An error may
// come with what is kept nevertheless: then the line has the article's URI.
func (e *Desk) Change(ctx context.Context, seen Seen, change override.Change) (Line, error) {
	of, err := e.known(ctx, seen)
	if err != nil {
		return Line{}, err
	}
	l, err := e.CarryOut(ctx, of, change)
	if l.URI == "" {
		return l, err
	}
	done := err == nil
	l.Done = &done
	return l, err
}
