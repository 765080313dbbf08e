package live

import (
	"context"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

// incoming is a message that was read, with what it is about.
type incoming struct {
	stage.Message

	key    key
	bytes  int64 // that it takes of what is read ahead
	last   place // of the message before of the same article
	now    *revision
	before earlier
	looked bool             // before was read
	ahead  []map[*seat]bool // see [step]
}

// earlier is what an article was before a message; no revision: none that may be seen.
type earlier struct {
	*revision

	known bool // false: it may have been anything
}

// reader reads a partition.
type reader struct {
	hub    *Hub
	number int
	part   *partition
	next   int64
	bytes  *semaphore.Weighted // that may still be read ahead
	most   int64               // of them, in all
	queue  chan *incoming      // what was read
	behind atomic.Int64        // messages that were read and not told
	early  chan<- *incoming    // kills, to be told ahead of their turn
}

// reader makes one of n that reads on at a position.
func (h *Hub) reader(number, n int, p *partition, from position, early chan<- *incoming) *reader {
	most := int64(AheadBytes / n)
	return &reader{
		hub: h, number: number, part: p, next: from.at[number], bytes: semaphore.NewWeighted(most), most: most,
		queue: make(chan *incoming, max(1, aheadMessages/n)), early: early,
	}
}

// read reads until ctx is done, or the log doesn't hold what it should read.
func (r *reader) read(ctx context.Context) error {
	for wait := pause; ; wait = min(2*wait, pauseMax) {
		// Where nothing comes, nothing else tells that it can be read again.
		well := time.AfterFunc(watchEvery, func() { r.hub.reads(r.number, nil) })
		err := r.hub.log.ReadLog(ctx, topic.Released, r.number, r.next, -1, func(m stage.Message) error {
			if wait != pause {
				wait = pause
				r.hub.reads(r.number, nil)
			}
			r.next = m.Offset + 1
			return r.take(ctx, m)
		})
		well.Stop()
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case bus.Outside(err):
			return err
		}
		r.hub.reads(r.number, err)
		sleep(ctx, wait)
	}
}

// take lets a message wait for its turn.
func (r *reader) take(ctx context.Context, m stage.Message) error {
	in := &incoming{Message: m, key: keyOf(string(m.Key)), bytes: min(int64(len(m.Value)), r.most)}
	in.last = r.part.note(in.key, m.Offset, takesBack(m))
	if takesBack(m) && r.behind.Load() > 0 {
		in.ahead = make([]map[*seat]bool, len(r.hub.shards))
		for i := range in.ahead {
			in.ahead[i] = map[*seat]bool{}
		}
		kill := *in
		select {
		case r.early <- &kill:
		default:
		}
	}
	r.behind.Add(1)
	if err := r.bytes.Acquire(ctx, in.bytes); err != nil {
		return err
	}
	select {
	case r.queue <- in:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// tell gives what was read to the shards, one after the other.
func (r *reader) tell(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case in := <-r.queue:
			if in.now = r.hub.revision(in.Message); in.now != nil {
				r.hub.recent.add(spot{r.number, in.Offset}, in.now.Article, len(in.Value))
			}
			if err := r.turn(ctx, in); err != nil {
				return err
			}
			r.behind.Add(-1)
			r.bytes.Release(in.bytes)
		}
	}
}

// turn gives a message its place in the order of all.
func (r *reader) turn(ctx context.Context, in *incoming) error {
	h := r.hub
	var c *change
	for {
		c = newChange(in.Message, in.now, in.before, h.Now())
		h.order.Lock()
		h.mu.Lock()
		if in.looked || h.seated == 0 {
			break
		}
		h.mu.Unlock()
		h.order.Unlock()
		in.before, in.looked = h.earlier(ctx, h.lookups.Turn, r.number, in.key, in.last), true
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	h.next = h.next.with(r.number, in.Offset+1)
	st := h.step(in, c)
	st.next, st.done = h.next, func() { h.metrics.delay.Observe(max(0, h.Now().Sub(in.Time).Seconds())) }
	h.mu.Unlock()
	defer h.order.Unlock()
	h.give(st)
	return nil
}

// step is what the shards are told of a message, ahead of its turn. h.mu is held.
func (h *Hub) step(in *incoming, c *change) *step {
	return &step{
		change: c, epoch: h.epoch, spot: spot{in.Partition, in.Offset}, key: in.key, part: h.parts[in.Partition],
		ahead: in.ahead, done: func() {},
	}
}

// tellAhead tells of kills that were read while others wait for their turn.
func (h *Hub) tellAhead(ctx context.Context, kills <-chan *incoming) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case in := <-kills:
			before := h.earlier(ctx, h.lookups.Ahead, in.Partition, in.key, in.last)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			h.giveAhead(in, before)
		}
	}
}

// giveAhead tells of a kill, unless it had its turn meanwhile: then something may have come
// after it.
func (h *Hub) giveAhead(in *incoming, before earlier) {
	c := newChange(in.Message, nil, before, h.Now())
	h.order.Lock()
	defer h.order.Unlock()
	h.mu.Lock()
	late := h.next.at[in.Partition] > in.Offset
	st := h.step(in, c)
	h.mu.Unlock()
	if !late {
		h.give(st)
	}
}

// revision is the one in a message, or nil if it takes the article back. What can't be
// read does: it may be a kill.
func (h *Hub) revision(m stage.Message) *revision {
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

// earlier reads again what an article was whose message stands at a place.
func (h *Hub) earlier(ctx context.Context, by Lookup, partition int, k key, at place) earlier {
	switch {
	case at == 0:
		return earlier{}
	case at.back():
		return earlier{known: true}
	}
	h.mu.Lock()
	recent := h.recent
	h.mu.Unlock()
	if a := recent.get(spot{partition, at.offset()}); a != nil {
		return earlier{revisionOf(a), true}
	}
	for try := 1; ; try++ {
		m, err := by.Read(ctx, partition, at.offset())
		if err == nil && keyOf(string(m.Key)) == k {
			r := h.revision(m)
			return earlier{r, r != nil}
		}
		if err == nil || bus.Outside(err) || ctx.Err() != nil {
			return earlier{}
		}
		if try == lookups {
			h.metrics.unread.Inc()
			h.Log.Error().Err(err).Msg("can't read what an article was before: live feeds may not hear that it is no longer found")
			return earlier{}
		}
		sleep(ctx, lookupPause)
	}
}
