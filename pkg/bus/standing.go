package bus

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/copytaster/copytaster/pkg/topic"
)

// Standing is where a group stands in the topic that it reads.
type Standing struct {
	At         time.Time
	Group      topic.Group
	State      string // Kafka's word, see [Group]; "" if the topic isn't there
	Members    []Member
	Partitions []Reached // none if the topic isn't there
}

// Reached is where a group stands in one partition.
type Reached struct {
	Partition  int
	First, End int64  // the log's extent
	Committed  *int64 // nil: nothing yet, the group begins at the log's start
	Lag        int64  // messages from there to the log's end
	Lost       int64  // messages between the committed offset and the log's start
	Beyond     int64  // by how much the committed offset is beyond the log's end: the topic was made anew
	Oldest     time.Time
	Member     string // client@host that reads it; "" if nobody does
}

// Position is the offset of the next message that the group will read.
func (r *Reached) Position() int64 {
	if r.Committed == nil {
		return r.First
	}
	return max(r.First, *r.Committed)
}

// Watch looks where groups stand, over connections that it keeps. It may be used from
// many goroutines. Close it.
type Watch struct {
	bus *Bus

	mu      sync.Mutex
	lookups map[string]*Lookup // by topic
}

// Watch makes one.
func (b *Bus) Watch() *Watch { return &Watch{bus: b, lookups: map[string]*Lookup{}} }

// Standings looks where groups stand, in their order.
func (w *Watch) Standings(ctx context.Context, groups []topic.Group) ([]Standing, error) {
	all := make([]Standing, len(groups))
	names := make([]string, len(groups))
	for i, g := range groups {
		names[i] = g.Topic
	}
	there, _, err := w.bus.There(ctx, names)
	if err != nil {
		return nil, err
	}
	isThere := map[string]bool{}
	for _, name := range there {
		isThere[name] = true
	}
	work, ctx := errgroup.WithContext(ctx)
	for i, g := range groups {
		all[i] = Standing{At: time.Now().UTC(), Group: g}
		if isThere[g.Topic] {
			work.Go(func() error { return w.look(ctx, &all[i]) })
		}
	}
	return all, work.Wait()
}

func (w *Watch) look(ctx context.Context, s *Standing) error {
	g, err := w.bus.Group(ctx, s.Group.Name)
	if err != nil {
		return err
	}
	es, err := w.bus.Extents(ctx, s.Group.Topic)
	if err != nil {
		return err
	}
	at, err := w.bus.Committed(ctx, s.Group.Name, s.Group.Topic)
	if err != nil {
		return err
	}
	s.State, s.Members = g.State, g.Members
	readers := map[int]string{}
	for _, m := range g.Members {
		for _, p := range m.Partitions[s.Group.Topic] {
			readers[p] = m.Client + "@" + m.Host
		}
	}
	s.Partitions = make([]Reached, len(es))
	work, ctx := errgroup.WithContext(ctx)
	for i, e := range es {
		r := &s.Partitions[i]
		*r = Reached{Partition: e.Partition, First: e.First, End: e.End, Member: readers[e.Partition]}
		if o, ok := at[e.Partition]; ok {
			r.Committed, r.Lost, r.Beyond = &o, max(e.First-o, 0), max(o-e.End, 0)
		}
		if r.Lag = max(e.End-r.Position(), 0); r.Lag > 0 {
			work.Go(func() error { return w.age(ctx, s.Group.Topic, r) })
		}
	}
	return work.Wait()
}

// age sets when the first message of those that are to be read was written. It is not
// known if that was deleted meanwhile.
func (w *Watch) age(ctx context.Context, name string, r *Reached) error {
	l := w.lookup(name)
	for wait, try := retryMin, 1; ; wait, try = min(2*wait, retryMax), try+1 {
		m, err := l.First(ctx, r.Partition, r.Position(), r.End)
		switch {
		case err == nil:
			r.Oldest = m.Time.UTC()
			return nil
		case Outside(err):
			return nil
		case try == readAttempts || ctx.Err() != nil || !sleep(ctx, wait):
			return err
		}
	}
}

func (w *Watch) lookup(name string) *Lookup {
	w.mu.Lock()
	defer w.mu.Unlock()
	l := w.lookups[name]
	if l == nil {
		l = w.bus.Lookup(name)
		w.lookups[name] = l
	}
	return l
}

// Close drops the connections.
func (w *Watch) Close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range w.lookups {
		l.Close()
	}
}
