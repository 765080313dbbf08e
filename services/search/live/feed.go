package live

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"time"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/search/find"
)

// Feed is one that is open. Its reader calls [Feed.Run] once.
type Feed struct {
	question

	hub    *Hub
	reader string
	life   time.Duration
	start  vector // where the client was; nil: it begins now
	reset  bool   // what it missed can't be told
	epoch  int    // of the hub, when it was opened
	queue  chan item
	slow   chan struct{} // closed by the hub, which tells it no more
	from   vector        // what it is told by the hub begins there
	at     vector        // what its client was told
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
		queue: make(chan item, Buffer), slow: make(chan struct{}),
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
		f.reset, err = h.beyond(ctx, f.start)
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
	case h.parts == nil || h.stopped:
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
	h := f.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.feeds, f)
	h.open--
	if h.byReader[f.reader]--; h.byReader[f.reader] == 0 {
		delete(h.byReader, f.reader)
	}
	h.metrics.feeds.Set(float64(h.open))
}

// beyond tells whether a cursor isn't of this log. One that is ahead of this hub may be
// another process's, which has read further.
func (h *Hub) beyond(ctx context.Context, v vector) (bool, error) {
	h.mu.Lock()
	next := h.next
	h.mu.Unlock()
	if len(v) != len(next) {
		return true, nil
	}
	ahead := false
	for i := range v {
		ahead = ahead || v[i] > next[i]
	}
	if !ahead {
		return false, nil
	}
	es, err := h.log.Extents(ctx, topic.Released)
	if err != nil {
		return false, ErrUnavailable
	}
	for i, e := range es {
		if i >= len(v) || v[i] > e.End {
			return true, nil
		}
	}
	return false, nil
}

// since is where the topic was at a time.
func (h *Hub) since(ctx context.Context, t time.Time) (vector, error) {
	at, err := h.log.OffsetsAt(ctx, topic.Released, t)
	if err != nil {
		return nil, ErrUnavailable
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	v := append(vector(nil), h.next...)
	for i := range v {
		if o, ok := at[i]; ok {
			v[i] = min(v[i], o)
		}
	}
	if gap(v, h.next) > MaxReplay {
		return nil, &find.ParameterError{Parameter: "since", Message: "is too long ago: too much went out since then; search, and begin from now", At: -1}
	}
	return v, nil
}

// gap is how many messages are missing from one place to another.
func gap(from, to vector) (n int64) {
	for i := range from {
		n += max(0, to[i]-from[i])
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
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(f.life, MaxLife))
	defer cancel()
	err := f.catchUp(ctx, emit)
	if err == nil && f.life == 0 {
		return f.end(Aged, emit)
	}
	if err == nil {
		err = f.run(ctx, emit)
	}
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, context.DeadlineExceeded):
		f.why = Slow // it took too long for an event
	case errors.Is(err, ErrAccess):
		return f.end(Barred, emit)
	case errors.Is(err, errClosing):
		return f.end(Shutdown, emit)
	case err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return f.end(Aged, emit)
	}
	return err
}

// errClosing says that the hub was closed.
var errClosing = errors.New("live feeds are closed")

// run tells what comes; its error says why no more does.
func (f *Feed) run(ctx context.Context, emit func(Event) error) error {
	beat := time.NewTicker(Heartbeat)
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-f.hub.closing:
			return errClosing
		case it := <-f.queue:
			if err := f.emit(it, emit); err != nil {
				return err
			}
		case <-f.slow:
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
		case it := <-f.queue:
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
	f.hub.mu.Lock()
	defer f.hub.mu.Unlock()
	it := item{kind: Beat, data: []byte("{}")}
	if len(f.queue) == 0 {
		it.next = later(f.at, f.hub.next)
	}
	return it
}

// later is the further of both in each partition.
func later(a, b vector) vector {
	if len(a) != len(b) {
		return b
	}
	v := append(vector(nil), a...)
	for i := range v {
		v[i] = max(v[i], b[i])
	}
	return v
}

func (f *Feed) emit(it item, emit func(Event) error) error {
	e := Event{Kind: it.kind, Data: it.data}
	if it.kind == Reset {
		f.at = nil
		e.Data = []byte("{}")
	}
	if it.next != nil {
		f.at = later(f.at, it.next)
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
	return emit(Event{
		Kind: Ended, Data: encode(map[string]string{"reason": why}), Cursor: f.at.seal(f.request),
		Retry: time.Second + rand.N(4*time.Second),
	})
}

// catchUp tells what the client missed, and joins those who are told what comes.
func (f *Feed) catchUp(ctx context.Context, emit func(Event) error) error {
	h := f.hub
	if f.start == nil || f.reset || h.tooFar(f.start) {
		kind := Ready
		if f.start != nil {
			kind = Reset
		}
		return f.emit(item{kind: kind, data: []byte("{}"), next: f.join()}, emit)
	}
	f.at = f.start
	if err := f.emit(item{kind: Ready, data: []byte("{}"), next: f.start}, emit); err != nil {
		return err
	}
	select {
	case h.replays <- struct{}{}:
		defer func() { <-h.replays }()
	case <-h.closing:
		return errClosing
	case <-ctx.Done():
		return ctx.Err()
	}
	for joined := false; !joined; {
		var to vector
		if to, joined = f.further(); to == nil {
			break // the topic is another one
		}
		err := f.replay(ctx, to, emit)
		if bus.Outside(err) {
			break
		}
		if err != nil || joined {
			return err
		}
	}
	return f.emit(item{kind: Reset, next: f.join()}, emit)
}

// further is up to where the topic is to be read again for the feed, and whether the hub
// tells it what comes after that. It is nil if the topic isn't the one of the cursor.
func (f *Feed) further() (to vector, joined bool) {
	h := f.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.epoch != f.epoch {
		return nil, false
	}
	if joined = gap(f.at, h.next) <= closeGap; joined {
		f.from = later(f.at, h.next)
		h.feeds[f] = struct{}{}
	}
	return h.next, joined
}

// tooFar tells whether more is missing since a place than is read again, or something of
// which is not known whether it was taken back since.
func (h *Hub) tooFar(v vector) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(v) != len(h.next) || gap(v, h.next) > MaxReplay {
		return true
	}
	for i, p := range h.parts {
		if v[i] < p.floor {
			return true
		}
	}
	return false
}

// join lets the hub tell the feed what comes from now on, and nothing that waits, and
// gives where that is.
func (f *Feed) join() vector {
	h := f.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	f.from, f.queue, f.slow = h.next, make(chan item, Buffer), make(chan struct{})
	h.feeds[f] = struct{}{}
	return h.next
}

// replay tells what went out from where the client is up to a place.
func (f *Feed) replay(ctx context.Context, to vector, emit func(Event) error) error {
	for p := range to {
		from := f.at[p]
		if from >= to[p] {
			continue
		}
		if err := f.hub.log.ReadLog(ctx, topic.Released, p, from, to[p], func(m stage.Message) error {
			it, ok, err := f.missed(ctx, m)
			if err != nil || !ok {
				return err
			}
			it.next = f.at.with(p, m.Offset+1)
			return f.emit(it, emit)
		}); err != nil {
			return err
		}
		f.at = f.at.with(p, to[p])
	}
	return nil
}

// missed is what the feed would have heard of a message, but for the text of what is no
// longer the newest: what follows is told, too.
func (f *Feed) missed(ctx context.Context, m stage.Message) (item, bool, error) {
	h := f.hub
	select {
	case <-h.closing:
		return item{}, false, errClosing
	default:
	}
	h.mu.Lock()
	if m.Partition >= len(h.parts) {
		h.mu.Unlock()
		return item{}, false, nil
	}
	p := h.parts[m.Partition]
	last := p.before[m.Offset]
	newest := p.newest(keyOf(string(m.Key)), m.Offset)
	h.mu.Unlock()
	before, err := h.revisionAt(ctx, m.Partition, last)
	if err != nil {
		return item{}, false, err
	}
	it, ok := newChange(m, h.read(m), before, unknown(last, before), h.Now()).tell(f, h.Now())
	return it, ok && (newest || it.kind == Left), nil
}
