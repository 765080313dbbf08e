package live

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/query"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

// Hub follows what goes out and tells it to the feeds.
type Hub struct {
	Config

	log     Log
	lookup  Lookup
	metrics metrics
	replays chan struct{}
	closing chan struct{} // closed when the service stops

	mu       sync.Mutex
	parts    []*partition // nil: nothing was followed yet
	next     vector       // of each, the first message that was not told
	epoch    int          // counts how often reading began
	recent   *recent
	feeds    map[*Feed]struct{} // that are told what comes
	open     int                // those that are still being read for included
	byReader map[string]int
	stopped  bool
}

// New makes a hub, which has feeds once it runs.
func New(log Log, lookup Lookup, c Config, to prometheus.Registerer) (*Hub, error) {
	m, err := newMetrics(to)
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	return &Hub{
		Config: c, log: log, lookup: lookup, metrics: m, replays: make(chan struct{}, MaxReplays), closing: make(chan struct{}),
		recent: newRecent(Recent), feeds: map[*Feed]struct{}{}, byReader: map[string]int{},
	}, nil
}

// Close lets all feeds end, and no others begin. Their clients are told to come back.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.stopped {
		h.stopped = true
		close(h.closing)
	}
}

// Run follows the topic until ctx is done. While Kafka is away the feeds stay open, and
// hear later what they missed.
func (h *Hub) Run(ctx context.Context) {
	wait, said := pause, ""
	for {
		began := h.Now()
		err := h.follow(ctx)
		h.reached(false)
		if ctx.Err() != nil {
			return
		}
		if h.Now().Sub(began) > pauseMax {
			wait = pause
		}
		if now := fmt.Sprint(err); now != said {
			said = now
			h.Log.Warn().Err(err).Msg("can't follow what goes out for live feeds, trying again")
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		wait = min(2*wait, pauseMax)
	}
}

// reached notes whether Kafka can be read.
func (h *Hub) reached(yes bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.metrics.following.Set(0)
	if yes && h.parts != nil {
		h.metrics.following.Set(1)
	}
}

// errAnother says that the topic isn't the one that was read.
var errAnother = errors.New("the topic was created anew, cut, or has other partitions")

// follow reads on where it was, or begins; it ends with an error.
func (h *Hub) follow(ctx context.Context) error {
	es, err := h.log.Extents(ctx, topic.Released)
	if err != nil {
		return err
	}
	if !h.fits(h.position(), es) {
		if err := h.begin(ctx, es); err != nil {
			return err
		}
	}
	h.reached(true)
	group, ctx := errgroup.WithContext(ctx)
	messages := make(chan incoming)
	for i := range es {
		from := h.position()[i]
		group.Go(func() error {
			return h.log.ReadLog(ctx, topic.Released, i, from, -1, func(m stage.Message) error {
				in, err := h.prepare(ctx, m)
				if err != nil {
					return err
				}
				select {
				case messages <- in:
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			})
		})
	}
	group.Go(func() error {
		for {
			select {
			case m := <-messages:
				if err := h.take(ctx, m); err != nil {
					return err
				}
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	})
	group.Go(func() error { return h.watch(ctx) })
	return group.Wait()
}

// position is up to where all feeds were told; nil: nothing was followed yet.
func (h *Hub) position() vector {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.next
}

// fits tells whether what was read up to was, before the log was asked for its extents, is
// part of such a log.
func (h *Hub) fits(was vector, es []bus.Extent) bool {
	now := h.position()
	if was == nil || len(was) != len(es) || len(now) != len(es) {
		return false
	}
	for i, e := range es {
		if was[i] > e.End || now[i] < e.First {
			return false
		}
	}
	return true
}

// begin looks through the newest of the log for which article each message is of. Feeds
// that are open are reset.
func (h *Hub) begin(ctx context.Context, es []bus.Extent) error {
	since, err := h.log.OffsetsAt(ctx, topic.Released, h.Now().Add(-h.Known))
	if err != nil {
		return err
	}
	parts := make([]*partition, len(es))
	next := make(vector, len(es))
	group, reading := errgroup.WithContext(ctx)
	for i, e := range es {
		next[i] = e.End
		from := min(max(e.First, since[e.Partition], e.End-MaxKnown/int64(len(es))), e.End)
		parts[i] = newPartition(from)
		group.Go(func() error {
			return h.log.ReadLog(reading, topic.Released, i, from, e.End, func(m stage.Message) error {
				parts[i].note(keyOf(string(m.Key)), m.Offset, takesBack(m))
				return nil
			})
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.parts != nil {
		h.Log.Error().Msg("the topic of what goes out isn't the one that was read: live feeds are told to search anew")
	}
	h.parts, h.next, h.recent = parts, next, newRecent(Recent)
	h.epoch++
	for f := range h.feeds {
		f.from = next
		h.hand(f, item{kind: Reset, next: next})
	}
	return nil
}

// headerStatus is the header of public messages with their status, see the release
// service.
const headerStatus = "ct_status"

// takesBack tells whether a message says that its article may no longer be used. What is
// made by a later program and not known here does.
func takesBack(m stage.Message) bool { return m.Header(headerStatus) != string(article.Usable) }

// watch looks whether the topic is still what it was, and forgets what is too old. It ends
// with an error if it isn't.
func (h *Hub) watch(ctx context.Context) error {
	look, prune := time.NewTicker(watchEvery), time.NewTicker(pruneEvery)
	defer look.Stop()
	defer prune.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-look.C:
			was := h.position()
			es, err := h.log.Extents(ctx, topic.Released)
			h.reached(err == nil)
			if err == nil && !h.fits(was, es) {
				return errAnother
			}
		case <-prune.C:
			if since, err := h.log.OffsetsAt(ctx, topic.Released, h.Now().Add(-h.Known)); err == nil {
				h.prune(since)
			}
		}
	}
}

func (h *Hub) prune(since map[int]int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, p := range h.parts {
		p.forget(max(since[i], h.next[i]-MaxKnown/int64(len(h.parts))))
	}
}

// revision is one that went out, to be asked about; nil: none that may be seen.
type revision struct {
	*article.Article

	asked
}

// cameOut is about when the revision went out.
func (r *revision) cameOut() time.Time {
	if r.EmbargoUntil.After(r.ReceivedAt) {
		return r.EmbargoUntil
	}
	return r.ReceivedAt
}

func revisionOf(a *article.Article) *revision {
	return &revision{a, asked{doc: query.NewDocument(a)}}
}

// incoming is a message that was read, with what it is about.
type incoming struct {
	stage.Message

	now, before *revision
	last        place // of the message before of the same article
	looked      bool  // before was read
}

// prepare reads what a message is about. Partitions do it side by side, so that one that
// must look for much keeps no other waiting.
func (h *Hub) prepare(ctx context.Context, m stage.Message) (in incoming, err error) {
	in = incoming{Message: m, now: h.read(m)}
	h.mu.Lock()
	in.last = h.parts[m.Partition].note(keyOf(string(m.Key)), m.Offset, in.now == nil)
	if in.now != nil {
		h.recent.add(spot{m.Partition, m.Offset}, in.now.Article)
	}
	in.looked = len(h.feeds) > 0
	h.mu.Unlock()
	if in.looked {
		in.before, err = h.revisionAt(ctx, m.Partition, in.last)
	}
	return in, err
}

// take tells the feeds of a message. It is called by one goroutine. Its error says that
// Kafka can't be read.
func (h *Hub) take(ctx context.Context, in incoming) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !in.looked && len(h.feeds) > 0 { // one came meanwhile
		h.mu.Unlock()
		before, err := h.revisionAt(ctx, in.Partition, in.last)
		h.mu.Lock()
		if err != nil {
			return err
		}
		in.before = before
	}
	h.next = h.next.with(in.Partition, in.Offset+1)
	c := newChange(in.Message, in.now, in.before, unknown(in.last, in.before), h.Now())
	for f := range h.feeds {
		if in.Offset < f.from[in.Partition] {
			continue // it has heard of it elsewhere
		}
		if it, ok := c.tell(f, h.Now()); ok {
			it.next = h.next
			h.hand(f, it)
		}
	}
	h.metrics.delay.Observe(max(0, h.Now().Sub(in.Time).Seconds()))
	return nil
}

// read is the revision in a message, or nil if it takes the article back. What can't be
// read does: it may be a kill.
func (h *Hub) read(m stage.Message) *revision {
	if takesBack(m) {
		return nil
	}
	a, err := event.Decode(m)
	if err != nil {
		h.Log.Error().Err(err).Msg("a message that went out can't be read: live feeds hear that its article is withheld")
		return nil
	}
	if a.Status != article.Usable {
		return nil
	}
	return revisionOf(&a)
}

// unknown tells that a message's article may have gone out before, and that nobody can
// tell any more as what: its place is not known, or nothing is there that can be read.
func unknown(at place, before *revision) bool { return at == 0 || before == nil && !at.back() }

// revisionAt reads again what stands at a place; nil if nothing does that may be seen, or
// not any more.
func (h *Hub) revisionAt(ctx context.Context, partition int, at place) (*revision, error) {
	if at == 0 || at.back() {
		return nil, nil //nolint:nilnil // as said
	}
	h.mu.Lock()
	a := h.recent.all[spot{partition, at.offset()}]
	h.mu.Unlock()
	if a != nil {
		return revisionOf(a), nil
	}
	m, err := h.lookup.Read(ctx, partition, at.offset())
	switch {
	case bus.Outside(err):
		return nil, nil //nolint:nilnil // likewise
	case err != nil:
		return nil, err
	}
	return h.read(m), nil
}

// hand puts an item into a feed's buffer, or ends the feed if that is full. h.mu is held.
func (h *Hub) hand(f *Feed, it item) {
	select {
	case f.queue <- it:
	default:
		delete(h.feeds, f)
		close(f.slow)
	}
}
