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
	// MaxMessages is how many messages of a topic are read for it.
	MaxMessages = 20_000
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
		t, err := topic.ByName(r.topic)
		if err != nil {
			return nil, err
		}
		of.ends[r.topic] = at[bus.PartitionOf([]byte(a.URI), t.Partitions)]
	}
	if of.newest.Article == nil {
		return of, nil
	}
	return of, e.received(ctx, of, a)
}

// received looks for the revision as it was received, near the time of that. Where it
// isn't, the index has what is sent again.
func (e *Desk) received(ctx context.Context, of *Lineage, a *article.Article) error {
	for _, name := range []string{topic.Received, topic.ReceivedBulk} {
		ss, err := e.around(ctx, name, a)
		if err != nil {
			return err
		}
		if err := e.bus.Scan(ctx, ss, nil, func(m stage.Message) error {
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
	return nil
}

// around is what the partition of the article has of about the time when it was received.
func (e *Desk) around(ctx context.Context, name string, a *article.Article) ([]bus.Stretch, error) {
	from, err := e.bus.OffsetsAt(ctx, name, a.ReceivedAt.Add(-Clocks))
	if err != nil {
		return nil, err
	}
	to, err := e.bus.OffsetsAt(ctx, name, a.ReceivedAt.Add(Clocks))
	if err != nil {
		return nil, err
	}
	ss, err := e.bus.Whole(ctx, name, []byte(a.URI))
	if err != nil {
		return nil, err
	}
	for i := range ss {
		s := &ss[i]
		s.From = max(s.From, from[s.Partition])
		s.To = min(s.To, to[s.Partition], s.From+MaxMessages)
	}
	return ss, nil
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
