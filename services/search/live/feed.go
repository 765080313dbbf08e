package live

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"slices"
	"time"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/search/find"
)

// Feed is one that is open. Its reader calls [Feed.Run] once.
type Feed struct {
	question

	hub    *Hub
	reader string
	life   time.Duration
	start  position // where the client was; nowhere: it begins now
	reset  bool     // what it missed can't be told
	epoch  int      // of the hub, when it was opened
	seat   *seat    // where it is told what comes; nil: not yet
	aside  *seat    // where it is told of kills as long as it hears what it missed; nil: it doesn't
	at     position // what its client was told
	why    string
}

// Open makes a feed for who is entitled to what the grant lets through; reader is whose it
// is. name is the parameter, or header, that r.After is from. Besides the errors of this
// package there are [*find.ParameterError]s. Who opens a feed runs or closes it.
func (h *Hub) Open(ctx context.Context, r find.LiveRequest, name string, g access.Grant, reader string) (_ *Feed, err error) {
	epoch, err := h.admit(reader)
	if err != nil {
		return nil, err
	}
	f := &Feed{
		question: question{r.Request, r.Query.Matcher(), g, h.Zone}, hub: h, epoch: epoch, reader: reader, life: min(r.Life, MaxLife),
	}
	defer func() {
		if err != nil {
			f.release()
		}
	}()
	switch {
	case r.After != "":
		if f.start, err = unseal(r.Request, name, r.After); err != nil {
			return nil, err
		}
		f.reset, err = h.beyond(ctx, &f.start)
	case !r.Since.IsZero():
		f.start, err = h.since(ctx, r.Since)
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

// admit counts a feed, or says why there may not be one.
func (h *Hub) admit(reader string) (epoch int, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	refuse := func(why string, err error) (int, error) {
		h.metrics.refused.WithLabelValues(why).Inc()
		return 0, err
	}
	switch {
	case h.parts == nil || h.closed.Err() != nil:
		return refuse("unavailable", ErrUnavailable)
	case h.open >= h.Feeds:
		return refuse("instance", ErrTooMany)
	case h.byReader[reader] >= h.FeedsOfReader:
		return refuse("reader", ErrTooManyOfReader)
	}
	h.open++
	h.byReader[reader]++
	h.metrics.feeds.Set(float64(h.open))
	return h.epoch, nil
}

// Close gives up a feed that isn't run.
func (f *Feed) Close() { f.release() }

func (f *Feed) release() {
	f.stand(&f.seat)
	f.stand(&f.aside)
	h := f.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open--
	if h.byReader[f.reader]--; h.byReader[f.reader] == 0 {
		delete(h.byReader, f.reader)
	}
	h.metrics.feeds.Set(float64(h.open))
}

// sit lets the hub tell the feed what comes behind where the client is, and gives where
// that begins. h.mu is held.
func (f *Feed) sit() position {
	f.seat = f.hub.seat(&f.question, f.at.later(f.hub.next), false)
	f.epoch = f.hub.epoch
	return f.seat.from
}

// sitAside lets the hub tell the feed of kills alone, as long as it hears what it missed.
func (f *Feed) sitAside() {
	switch {
	case f.aside != nil:
		f.stand(&f.seat)
	case f.seat != nil: // what is in its queue may be a kill
		f.seat.kills.Store(true)
		f.aside, f.seat = f.seat, nil
	default:
		f.hub.mu.Lock()
		defer f.hub.mu.Unlock()
		f.aside = f.hub.seat(&f.question, f.hub.next, true)
	}
}

// seat is one for who asks q, who hears of what stands at a place or behind. h.mu is held.
func (h *Hub) seat(q *question, from position, kills bool) *seat {
	s := &seat{question: q, queue: make(chan item, Buffer), slow: make(chan struct{}), epoch: h.epoch, from: from}
	s.kills.Store(kills)
	slices.MinFunc(h.shards, func(a, b *shard) int { return cmp.Compare(a.size(), b.size()) }).add(s)
	h.seated++
	return s
}

// stand ends that the hub tells the feed at a seat, if it has it.
func (f *Feed) stand(at **seat) {
	if *at == nil {
		return
	}
	(*at).shard.remove(*at)
	*at = nil
	f.hub.mu.Lock()
	defer f.hub.mu.Unlock()
	f.hub.seated--
}

// beyond tells whether a cursor isn't of this log. One that is ahead of this hub may be
// another process's, which has read further.
func (h *Hub) beyond(ctx context.Context, p *position) (bool, error) {
	next := h.position()
	if len(p.at) != len(next.at) || p.topic.other(next.topic) {
		return true, nil
	}
	p.topic = next.topic // it may not have been known
	ahead := false
	for i := range p.at {
		ahead = ahead || p.at[i] > next.at[i]
	}
	if !ahead {
		return false, nil
	}
	es, err := h.log.Extents(ctx, topic.Released)
	if err != nil {
		return false, ErrUnavailable
	}
	for i, e := range es {
		if i >= len(p.at) || p.at[i] > e.End {
			return true, nil
		}
	}
	return false, nil
}

// since is where the topic was at a time; of what is too long ago the feed tells a reset.
func (h *Hub) since(ctx context.Context, t time.Time) (position, error) {
	at, err := h.log.OffsetsAt(ctx, topic.Released, t)
	if err != nil {
		return position{}, ErrUnavailable
	}
	next := h.position()
	p := position{next.topic, append(vector(nil), next.at...)}
	for i := range p.at {
		if o, ok := at[i]; ok {
			p.at[i] = min(p.at[i], o)
		}
	}
	return p, nil
}

// gap is how many messages are missing from one place to another.
func gap(from, to position) (n int64) {
	for i := range from.at {
		n += max(0, to.at[i]-from.at[i])
	}
	return n
}

// Run tells what happens until the feed ends, by calling emit with one event after the
// other. An error is emit's, or ctx's.
func (f *Feed) Run(ctx context.Context, emit func(Event) error) error {
	f.why = "gone"
	defer func() {
		f.release()
		f.hub.metrics.closed.WithLabelValues(f.why).Inc()
	}()
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(f.life, ReplayTime))
	defer cancel()
	err := f.catchUp(ctx, emit)
	if err == nil && f.life == 0 {
		return f.end(Aged, emit)
	}
	for err == nil {
		if err = f.run(ctx, emit); !errors.Is(err, errAnother) {
			break
		}
		f.reset = true
		err = f.catchUp(ctx, emit)
	}
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, context.DeadlineExceeded):
		f.why = Slow // it took too long for an event
	case errors.Is(err, ErrAccess):
		return f.end(Barred, emit)
	case errors.Is(err, errSlow):
		return f.end(Slow, emit)
	case errors.Is(err, errClosing):
		return f.end(Shutdown, emit)
	case errors.Is(err, ErrUnavailable), err != nil && f.life == 0 && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return f.end(Away, emit)
	case err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return f.end(Aged, emit)
	}
	return err
}

var (
	// errClosing says that the hub was closed.
	errClosing = errors.New("live feeds are closed")
	// errSlow says that telling what was missed took too long.
	errSlow = errors.New("the client is too slow, or missed too much")
)

// run tells what comes; its error says why no more does: errAnother, where the feed has to
// begin anew.
func (f *Feed) run(ctx context.Context, emit func(Event) error) error {
	beat := time.NewTicker(Heartbeat)
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-f.hub.closed.Done():
			return errClosing
		case it := <-f.seat.queue:
			if it.kind == Reset {
				return errAnother
			}
			if err := f.emit(it, emit); err != nil {
				return err
			}
		case <-f.seat.slow:
			return f.drain(emit)
		case <-beat.C:
			if err := f.emit(f.idle(), emit); err != nil {
				return err
			}
		}
	}
}

// drain tells what is still in the buffer of a feed that ended.
func (f *Feed) drain(emit func(Event) error) error {
	for {
		select {
		case it := <-f.seat.queue:
			if it.kind == Reset { // by the cursor that it has, its client hears of that
				return f.end(Slow, emit)
			}
			if err := f.emit(it, emit); err != nil {
				return err
			}
		default:
			return f.end(Slow, emit)
		}
	}
}

// idle is a heartbeat. If nothing waits for the client, it moves its cursor on.
func (f *Feed) idle() item {
	it := item{kind: Beat, data: f.hub.clock()}
	upTo := f.seat.shard.upTo(f.seat) // what it was told up to there is in the queue by now, or was
	select {
	case <-f.seat.slow: // or was too much
		return it
	default:
	}
	if upTo.at != nil && len(f.seat.queue) == 0 {
		it.next = f.at.later(upTo)
	}
	return it
}

func (f *Feed) emit(it item, emit func(Event) error) error {
	e := Event{Kind: it.kind, Data: it.data}
	if it.kind == Reset {
		f.at = position{}
	}
	if it.next.at != nil {
		f.at = f.at.later(it.next)
		e.Cursor = f.at.seal(f.request)
	}
	if err := emit(e); err != nil {
		return err
	}
	f.hub.metrics.events.WithLabelValues(string(it.kind)).Inc()
	return nil
}

// end tells why the feed ends, and when the client may come back: not all at once.
func (f *Feed) end(why string, emit func(Event) error) error {
	f.why = why
	e := Event{Kind: Ended, Data: encode(map[string]string{"reason": why}), Retry: Retry()}
	if f.at.at != nil {
		e.Cursor = f.at.seal(f.request)
	}
	return emit(e)
}

// Retry is how long a client should wait before it comes back: they don't all at once.
func Retry() time.Duration { return time.Second + rand.N(4*time.Second) }
