package live

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

// catchUp tells what the client missed, says when that is all, and joins those who are told
// what comes.
func (f *Feed) catchUp(ctx context.Context, emit func(Event) error) error {
	if f.start.at == nil && !f.reset {
		return f.begin(emit)
	}
	f.sitAside()
	switch {
	case f.reset || f.hub.tooFar(f.start):
		if err := f.restart(ctx, emit); err != nil {
			return err
		}
	default:
		f.at = f.start
		if err := f.emit(item{kind: Ready, data: f.hub.clock(), next: f.start}, emit); err != nil {
			return err
		}
	}
	if err := f.tellMissed(ctx, emit); err != nil {
		return err
	}
	f.aside.shard.remove(f.aside)
	if err := f.tellKills(emit); err != nil {
		return err
	}
	f.stand(&f.aside)
	return f.emit(item{kind: Current, data: f.hub.clock(), next: f.at}, emit)
}

// tellKills tells of the kills that came while the feed heard what it missed.
func (f *Feed) tellKills(emit func(Event) error) error {
	for {
		select {
		case it := <-f.aside.queue:
			if err := f.tellKill(it, emit); err != nil {
				return err
			}
		case <-f.aside.slow:
			return errSlow
		default:
			return nil
		}
	}
}

// tellKill tells of a kill ahead of what stands before it; other items are not told: they
// are missed by now. What goes on behind it may be told again, and the kill with it.
func (f *Feed) tellKill(it item, emit func(Event) error) error {
	if !it.kill {
		return nil
	}
	return f.emit(item{kind: it.kind, data: it.data}, emit)
}

// tellMissed tells what went out since where the feed is. At its end the hub tells it what
// comes.
func (f *Feed) tellMissed(ctx context.Context, emit func(Event) error) error {
	again := f.reset
	for spent := time.Duration(0); !f.caughtUp(); {
		p, err := f.reread(ctx, emit)
		if errors.Is(err, errAnother) {
			if again { // it may go on so
				return ErrUnavailable
			}
			again = true
			if err := f.restart(ctx, emit); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		spent += p.took
		told := f.hub.Now()
		for _, it := range p.items {
			if f.hub.closed.Err() != nil {
				return errClosing
			}
			if err := f.tellKills(emit); err != nil {
				return err
			}
			if it.hidden != nil && it.hidden() {
				continue
			}
			if err := f.emit(it, emit); err != nil {
				return err
			}
			if spent+f.hub.Now().Sub(told) > ReplayTime {
				return errSlow
			}
		}
		f.at = f.at.later(p.at)
		if p.last {
			return nil
		}
		spent += f.hub.Now().Sub(told)
	}
	return nil
}

// begin lets the feed begin from now on.
func (f *Feed) begin(emit func(Event) error) error {
	f.at = position{}
	f.hub.mu.Lock()
	from := f.sit()
	f.hub.mu.Unlock()
	return f.emit(item{kind: Ready, data: f.hub.clock(), next: from}, emit)
}

// restart lets the feed begin anew, [Overlap] ago: its client searches now, and the index may
// be that far behind. Of more messages than are read again it begins with the newest.
func (f *Feed) restart(ctx context.Context, emit func(Event) error) error {
	f.sitAside()
	h := f.hub
	since := h.Now().Add(-Overlap)
	// It searches anew also where Kafka can't say yet from where the feed goes on.
	if err := f.emit(item{kind: Reset, data: h.clock()}, emit); err != nil {
		return err
	}
	var next position
	var parts []*partition
	var at map[int]int64
	for of := -1; f.epoch != of; {
		h.mu.Lock()
		of = h.epoch
		h.mu.Unlock()
		var err error
		if at, err = f.offsets(ctx, of, since, emit); err != nil {
			return err
		}
		h.mu.Lock()
		next, parts = h.next, h.parts
		f.epoch = h.epoch
		h.mu.Unlock()
	}
	from := append(vector(nil), next.at...)
	for i := range from {
		if o, ok := at[i]; ok {
			from[i] = min(from[i], o)
		}
		from[i] = min(max(from[i], next.at[i]-MaxReplay/int64(len(from)), parts[i].above()), next.at[i])
	}
	f.start = position{next.topic, from}
	f.at = f.start
	return nil
}

// offsets are those of a time in the topic of that epoch. While Kafka can't tell them the
// client hears heartbeats.
func (f *Feed) offsets(ctx context.Context, epoch int, t time.Time, emit func(Event) error) (map[int]int64, error) {
	asking, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan struct{})
	var at map[int]int64 // once done
	go func() {
		defer close(done)
		for asking.Err() == nil {
			o := f.hub.offsets(epoch, t)
			select {
			case <-o.done:
			case <-asking.Done():
				return
			}
			if o.err == nil {
				at = o.at
				return
			}
			sleep(asking, pauseMax)
		}
	}()
	if err := f.await(ctx, done, emit); err != nil {
		cancel()
		<-done
		return nil, err
	}
	return at, ctx.Err()
}

// offsets are those of a time, once Kafka told them.
type offsets struct {
	done chan struct{} // closed then
	at   map[int]int64
	err  error
}

// moment is a second, in the topic of an epoch.
type moment struct {
	epoch int
	unix  int64
}

// offsets asks for the offsets of a time, or of up to a second before it: after a reset all
// feeds ask at once, and get one answer.
func (h *Hub) offsets(epoch int, t time.Time) *offsets {
	m := moment{epoch, t.Unix()}
	h.mu.Lock()
	defer h.mu.Unlock()
	if o := h.asked[m]; o != nil {
		return o
	}
	o := &offsets{done: make(chan struct{})}
	h.asked[m] = o
	go func() {
		o.at, o.err = h.log.OffsetsAt(h.closed, topic.Released, time.Unix(m.unix, 0))
		close(o.done)
		sleep(h.closed, pause)
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.asked, m)
	}()
	return o
}

// caughtUp tells whether nothing is missing. Then the hub tells the feed what comes.
func (f *Feed) caughtUp() bool {
	h := f.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.epoch != f.epoch || gap(f.at, h.next) > 0 {
		return false
	}
	f.sit()
	return true
}

// part is some of what a client missed.
type part struct {
	to    position // up to where it may be read
	last  bool     // the hub tells what is behind
	known []*partition
	items []item
	at    position // up to where that was
	took  time.Duration
	err   error
}

// reread reads some of what is missing, once it is the feed's turn. Meanwhile its client
// hears heartbeats.
func (f *Feed) reread(ctx context.Context, emit func(Event) error) (part, error) {
	h := f.hub
	turn := h.turns.ask(f.reader)
	defer h.turns.leave(turn)
	if err := f.await(ctx, turn.come, emit); err != nil {
		return part{}, err
	}
	read, err := f.further()
	if err != nil {
		return part{}, err
	}
	// What is read isn't the feed's until reading has ended.
	reading, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		began := h.Now()
		read.err = f.collect(reading, &read)
		read.took = h.Now().Sub(began)
	}()
	if err := f.await(ctx, done, emit); err != nil {
		cancel()
		<-done
		return part{}, err
	}
	switch {
	case bus.Outside(read.err):
		return part{}, errAnother
	case read.err != nil:
		h.Log.Warn().Err(read.err).Msg("can't read again what the client of a live feed missed")
		return part{}, fmt.Errorf("%w: %w", ErrUnavailable, read.err)
	}
	return read, nil
}

// clock is what time it is, as the data of an event.
func (h *Hub) clock() []byte {
	return encode(map[string]time.Time{"now": h.Now().UTC()})
}

// await waits for what is done meanwhile, with heartbeats for the client.
func (f *Feed) await(ctx context.Context, done <-chan struct{}, emit func(Event) error) error {
	beat := time.NewTicker(Heartbeat)
	defer beat.Stop()
	for {
		select {
		case <-done:
			return nil
		case it := <-f.aside.queue:
			if err := f.tellKill(it, emit); err != nil {
				return err
			}
		case <-f.aside.slow:
			return errSlow
		case <-ctx.Done():
			return ctx.Err()
		case <-f.hub.closed.Done():
			return errClosing
		case <-beat.C:
			if err := f.emit(item{kind: Beat, data: f.hub.clock()}, emit); err != nil {
				return err
			}
		}
	}
}

// further is what is to be read again next. The error says that the topic isn't the one of
// the cursor.
func (f *Feed) further() (part, error) {
	h := f.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.epoch != f.epoch {
		return part{}, errAnother
	}
	p := part{at: f.at, to: h.next, known: h.parts, last: gap(f.at, h.next) <= closeGap}
	if p.last {
		f.sit()
	}
	return p, nil
}

// tooFar tells whether more is missing since a place than is read again, or something of
// which is not known whether it was taken back since.
func (h *Hub) tooFar(p position) bool {
	h.mu.Lock()
	next, parts := h.next, h.parts
	h.mu.Unlock()
	if len(p.at) != len(next.at) || gap(p, next) > MaxReplay {
		return true
	}
	for i := range parts {
		if p.at[i] < parts[i].above() {
			return true
		}
	}
	return false
}

// errEnough ends reading.
var errEnough = errors.New("enough was read")

// collect reads what went out, or some of it unless it is the last.
func (f *Feed) collect(ctx context.Context, read *part) error {
	bytes := 0
	for p, to := range read.to.at {
		from := read.at.at[p]
		if from >= to {
			continue
		}
		err := f.hub.log.ReadLog(ctx, topic.Released, p, from, to, func(m stage.Message) error {
			if !read.last && (len(read.items) >= ReplayEvents || bytes >= ReplayBytes) {
				return errEnough
			}
			it, ok := f.missed(ctx, read.known[p], m)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			read.at = read.at.with(p, m.Offset+1)
			if ok {
				it.next = read.at
				read.items, bytes = append(read.items, it), bytes+len(it.data)
			}
			return nil
		})
		if errors.Is(err, errEnough) {
			return nil
		}
		if err != nil {
			return err
		}
		read.at = read.at.with(p, to)
	}
	return nil
}

// missed is what the feed would have heard of a message, but for the text of what is no
// longer the newest: what follows is told, too.
func (f *Feed) missed(ctx context.Context, p *partition, m stage.Message) (item, bool) {
	h, k := f.hub, keyOf(string(m.Key))
	last, had, newest := p.previous(k, m.Offset, f.start.at[m.Partition])
	c := newChange(m, h.revision(m), h.earlier(ctx, h.lookups.Replays, m.Partition, k, last), h.Now())
	if c.now != nil && had != last { // it isn't told of what stands in between
		c.again = c.now.same(h.earlier(ctx, h.lookups.Replays, m.Partition, k, had).revision)
	}
	it, ok := c.tell(&f.question, h.Now())
	if it.kind != Left {
		it.hidden = func() bool { return p.takenBack(k, m.Offset) }
	}
	return it, ok && (newest || it.kind == Left)
}
