package live

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

// Hub follows what goes out and tells it to the feeds.
//
// Of each partition, what is read goes the same way: it is noted of which article it is,
// waits (see [AheadBytes]) until it is taken apart and what the article was before is
// known, and then gets its place in one order, in which all shards tell it to their feeds.
type Hub struct {
	Config

	log     Log
	lookups Lookups
	metrics metrics
	turns   *turns
	shards  []*shard
	closed  context.Context // done when the service stops
	close   context.CancelFunc
	wanted  map[int]int64 // by partition: from where on it is to be known what went out

	order sync.Mutex // held while a step is given to all shards, before mu

	mu       sync.Mutex
	parts    []*partition // nil: nothing was followed yet
	next     position     // the first messages that were not given to the shards
	epoch    int          // counts topics
	recent   *recent
	failing  map[int]bool // partitions that can't be read, and noPartition
	seated   int          // feeds that are told what comes
	open     int          // those that are still being read for included
	byReader map[string]int
	asked    map[moment]*offsets
}

// noPartition stands for the topic as a whole.
const noPartition = -1

// New makes a hub, which has feeds once it runs.
func New(log Log, by Lookups, c Config, to prometheus.Registerer) (*Hub, error) {
	m, err := newMetrics(to)
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	h := &Hub{
		Config: c, log: log, lookups: by, metrics: m, turns: newTurns(MaxReplays, MaxReplaysOfReader),
		recent: newRecent(Recent, RecentBytes), failing: map[int]bool{}, byReader: map[string]int{}, asked: map[moment]*offsets{},
	}
	h.closed, h.close = context.WithCancel(context.Background())
	for i := range runtime.GOMAXPROCS(0) {
		h.shards = append(h.shards, newShard(i, c.Now))
	}
	return h, nil
}

// Close lets all feeds end, and no others begin. Their clients are told to come back.
func (h *Hub) Close() { h.close() }

// Run follows the topic until ctx is done. While Kafka is away the feeds stay open, and
// hear later what they missed.
func (h *Hub) Run(ctx context.Context) {
	end := make(chan struct{})
	var shards sync.WaitGroup
	for _, s := range h.shards {
		shards.Go(func() { s.run(end) })
	}
	defer shards.Wait()
	defer close(end)
	for wait := pause; ; wait = min(2*wait, pauseMax) {
		began := h.Now()
		err := h.follow(ctx)
		if ctx.Err() != nil {
			h.metrics.following.Set(0)
			return
		}
		h.reads(noPartition, err)
		if h.Now().Sub(began) > pauseMax {
			wait = pause
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

// reads notes whether a partition, or the topic, can be read: not if there is an error. It
// is told once when all could be.
func (h *Hub) reads(partition int, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	failed := len(h.failing) > 0
	if err == nil {
		delete(h.failing, partition)
	} else {
		h.failing[partition] = true
	}
	switch fails := len(h.failing) > 0; {
	case fails && !failed:
		h.Log.Warn().Err(err).Msg("can't follow what goes out for live feeds, trying again")
	case failed && !fails:
		h.Log.Info().Msg("live feeds follow again what goes out")
	}
	h.metrics.following.Set(0)
	if h.parts != nil && len(h.failing) == 0 {
		h.metrics.following.Set(1)
	}
}

// errAnother says that the topic isn't the one that was read.
var errAnother = errors.New("the topic was created anew, cut, or has other partitions")

// look asks what the log is now.
func (h *Hub) look(ctx context.Context) (id topicID, es []bus.Extent, err error) {
	whole, err := h.log.TopicID(ctx, topic.Released)
	if err != nil {
		return id, nil, err
	}
	copy(id[:], whole[:])
	es, err = h.log.Extents(ctx, topic.Released)
	return id, es, err
}

// follow reads on where it was, or begins; it ends with an error.
func (h *Hub) follow(ctx context.Context) error {
	was := h.position()
	id, es, err := h.look(ctx)
	if err != nil {
		return err
	}
	if !h.fits(was, id, es) {
		if err := h.begin(ctx, id, es); err != nil {
			return err
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	early := make(chan *incoming, aheadKills)
	from := h.position()
	for i, p := range h.known() {
		h.reads(i, nil)
		r := h.reader(i, len(es), p, from, early)
		group.Go(func() error { return r.read(ctx) })
		group.Go(func() error { return r.tell(ctx) })
	}
	h.reads(noPartition, nil)
	group.Go(func() error { return h.tellAhead(ctx, early) })
	group.Go(func() error { return h.watch(ctx) })
	group.Go(func() error { return h.learn(ctx) })
	return group.Wait()
}

// position is up to where messages were given to the shards; nowhere: none yet.
func (h *Hub) position() position {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.next
}

func (h *Hub) known() []*partition {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.parts
}

// fits tells whether what was read up to was, before the log was asked what it is, is part
// of such a log.
func (h *Hub) fits(was position, id topicID, es []bus.Extent) bool {
	now := h.position()
	if was.at == nil || len(was.at) != len(es) || len(now.at) != len(es) || was.topic.other(id) {
		return false
	}
	for i, e := range es {
		if was.at[i] > e.End || now.at[i] < e.First {
			return false
		}
	}
	return true
}

// begin looks through the newest messages of the log for which article each is of, as many
// as a client can have missed. Feeds that are open are reset.
func (h *Hub) begin(ctx context.Context, id topicID, es []bus.Extent) error {
	since, err := h.log.OffsetsAt(ctx, topic.Released, h.Now().Add(-h.Known))
	if err != nil {
		return err
	}
	n := int64(len(es))
	parts, wanted, next := make([]*partition, n), map[int]int64{}, position{id, make(vector, n)}
	group, reading := errgroup.WithContext(ctx)
	for i, e := range es {
		next.at[i] = e.End
		wanted[i] = min(max(e.First, since[e.Partition], e.End-MaxKnown/n), e.End)
		parts[i] = newPartition(max(wanted[i], e.End-MaxReplay/n), MaxKnown/n)
		group.Go(func() error { return h.noteAll(reading, parts[i], i, e.End) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	h.order.Lock()
	defer h.order.Unlock()
	h.mu.Lock()
	if h.parts != nil {
		h.Log.Error().Msg("the topic of what goes out isn't the one that was read: live feeds are told to search anew")
	}
	h.parts, h.next, h.recent, h.wanted = parts, next, newRecent(Recent, RecentBytes), wanted
	h.epoch++
	st := &step{epoch: h.epoch, next: next, done: func() {}}
	h.mu.Unlock()
	h.give(st)
	return nil
}

// noteAll notes all messages from a partition's floor up to an offset.
func (h *Hub) noteAll(ctx context.Context, p *partition, number int, to int64) error {
	return h.log.ReadLog(ctx, topic.Released, number, p.above(), to, func(m stage.Message) error {
		p.note(keyOf(string(m.Key)), m.Offset, takesBack(m))
		return nil
	})
}

// learn looks through what went out before, the newest first, while feeds are open. What
// can't be read isn't known.
func (h *Hub) learn(ctx context.Context) error {
	h.metrics.learning.Set(1)
	parts := h.known()
	for left := true; left; {
		left = false
		for i, p := range parts {
			floor := p.above()
			if floor <= h.wanted[i] {
				continue
			}
			older := newPartition(max(h.wanted[i], floor-learnAtOnce), MaxKnown)
			err := h.noteAll(ctx, older, i, floor)
			switch {
			case ctx.Err() != nil:
				return ctx.Err()
			case bus.Outside(err): // it was kept no longer
				h.wanted[i] = floor
			case err != nil:
				h.Log.Warn().Err(err).Msg("can't read what went out before, trying again")
				sleep(ctx, pauseMax)
			case !p.learn(older, floor): // too much went out since
				h.wanted[i] = p.above()
			}
			left = true
		}
	}
	h.metrics.learning.Set(0)
	return nil
}

// sleep waits, or until ctx is done.
func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
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
			id, es, err := h.look(ctx)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			h.reads(noPartition, err)
			if err == nil && !h.fits(was, id, es) {
				return errAnother
			}
		case <-prune.C:
			if since, err := h.log.OffsetsAt(ctx, topic.Released, h.Now().Add(-h.Known)); err == nil {
				for i, p := range h.known() {
					p.forget(since[i])
				}
			}
		}
	}
}

// give gives a step to all shards. h.order is held.
func (h *Hub) give(st *step) {
	st.open.Store(int32(len(h.shards)))
	for _, s := range h.shards {
		s.steps <- st
	}
}
