package stage

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Gate decides when a message that was read may go into work.
type Gate interface {
	// Enter waits until the next message may, and gives when it did. An error
	// says that ctx is done.
	Enter(ctx context.Context) (entered time.Time, err error)
	// Leave says that a message that entered then is done with. It may be called
	// from any goroutine and must not block.
	Leave(entered time.Time)
}

// noGate lets everything pass.
type noGate struct{}

func (noGate) Enter(context.Context) (time.Time, error) { return time.Time{}, nil }
func (noGate) Leave(time.Time)                          {}

// What a zero field of [BackfillConfig] stands for.
const (
	DefaultBackfillLanes         = 2
	DefaultBackfillInFlight      = 100
	DefaultBackfillInFlightBytes = 16 << 20
	DefaultBackfillBatchMax      = 100
	DefaultBackfillMinRate       = 10
	DefaultBackfillLiveLag       = 1000
)

// MaxBackfillRate is the largest rate that can be set.
const MaxBackfillRate = 1_000_000

// LiveFresh is for how long a message of live copy that is in work holds
// back-fills back. One that takes longer is being repeated, or hangs: it needs
// little, and may take an hour. If many do, the lag tells.
const LiveFresh = 5 * time.Second

// UnknownLag is the lag of live copy when it can't be measured.
const UnknownLag = -1

// backfillBurst is how much of what Rate allows may be made up for at once.
const backfillBurst = 100 * time.Millisecond

// BackfillConfig is what the stage of back-fills may use. A zero field stands
// for its default; that of Rate is no bound.
type BackfillConfig struct {
	Lanes         int   `help:"How many keys of back-fills are worked on side by side." default:"2"`
	InFlight      int   `help:"How many messages of back-fills may be in work or wait for it: live copy may come to stand behind that many." default:"100"`
	InFlightBytes int64 `help:"How many bytes they may have; one larger message is taken alone." default:"16777216"`
	BatchMax      int   `help:"How many articles of back-fills are written at once." default:"100"`
	Rate          int   `help:"How many messages of back-fills are taken a second at most; 0: as many as live copy leaves room for." default:"0"`
	MinRate       int   `help:"How many are taken a second even while live copy has work for everything." default:"10"`
	LiveLag       int64 `help:"With more messages of live copy than this not yet finished, here or elsewhere, back-fills go at the least rate." default:"1000"`
}

// Validate tells which settings are out of range.
func (c BackfillConfig) Validate() error {
	var errs []error
	for _, f := range []struct {
		name string
		v    int64
	}{
		{"lanes", int64(c.Lanes)},
		{"in-flight", int64(c.InFlight)},
		{"in-flight-bytes", c.InFlightBytes},
		{"batch-max", int64(c.BatchMax)},
		{"rate", int64(c.Rate)},
		{"min-rate", int64(c.MinRate)},
		{"live-lag", c.LiveLag},
	} {
		if f.v < 0 {
			errs = append(errs, fmt.Errorf("setting backfill-%s is %d, it must not be negative", f.name, f.v))
		}
	}
	d := c.withDefaults()
	if max(d.Rate, d.MinRate) > MaxBackfillRate {
		errs = append(errs, fmt.Errorf("setting backfill-rate is %d and backfill-min-rate %d, allowed are up to %d", d.Rate, d.MinRate, MaxBackfillRate))
	}
	if d.Rate > 0 && d.Rate < d.MinRate {
		errs = append(errs, fmt.Errorf("setting backfill-rate is %d, less than backfill-min-rate with %d", d.Rate, d.MinRate))
	}
	return errors.Join(errs...)
}

func (c BackfillConfig) withDefaults() BackfillConfig {
	or(&c.Lanes, DefaultBackfillLanes)
	or(&c.InFlight, DefaultBackfillInFlight)
	or(&c.InFlightBytes, DefaultBackfillInFlightBytes)
	or(&c.BatchMax, DefaultBackfillBatchMax)
	or(&c.MinRate, DefaultBackfillMinRate)
	or(&c.LiveLag, DefaultBackfillLiveLag)
	return c
}

// Stage is the configuration of the stage of back-fills beside one of live
// copy with live.
func (c BackfillConfig) Stage(live Config) Config {
	c = c.withDefaults()
	live.Lanes, live.InFlight, live.InFlightBytes, live.BatchMax = c.Lanes, c.InFlight, c.InFlightBytes, c.BatchMax
	return live
}

// Budget gives back-fills what live copy leaves. The stage of live copy works
// with the gate [Budget.Live], which never waits, that of back-fills with
// [Budget.Backfill]:
//
//   - While a message of live copy is in work for less than [LiveFresh], or live
//     copy's lag is above LiveLag or not known, back-fills are taken at MinRate:
//     held, but never starved.
//   - Otherwise they are taken at Rate, or as fast as they go.
//
// What was taken is finished: what live copy can come to stand behind is
// bounded by the back-fill stage's own small limits, see [BackfillConfig].
//
// A stage alone in its process has no live copy beside it to see; then the lag
// is all that holds it back. A Budget serves one stage of back-fills.
type Budget struct {
	c BackfillConfig

	mu    sync.Mutex
	live  map[int64]int // messages of live copy in work, by the second since began in which they entered
	lag   int64         // messages of live copy that nobody has finished, or UnknownLag
	next  time.Time
	least time.Time // when one passes whatever live copy does
	held  time.Duration
	// waits since when the message that is next has waited for live copy; zero: it doesn't.
	waits time.Time

	began  time.Time
	change chan struct{} // live copy may need less
}

// NewBudget makes a budget.
func NewBudget(c BackfillConfig) *Budget {
	return &Budget{c: c.withDefaults(), live: map[int64]int{}, began: time.Now(), change: make(chan struct{}, 1)}
}

// SetLag says how many messages of live copy are not finished, or [UnknownLag].
func (b *Budget) SetLag(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lag = n
	b.changed()
}

// Held is for how long back-fills have waited for live copy so far.
func (b *Budget) Held() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.held
}

// changed wakes who waits. b.mu is held.
func (b *Budget) changed() {
	if b.pressed(time.Now()) {
		return
	}
	select {
	case b.change <- struct{}{}:
	default:
	}
}

// pressed tells whether live copy needs everything. b.mu is held.
func (b *Budget) pressed(now time.Time) bool {
	if b.lag > b.c.LiveLag || b.lag < 0 {
		return true
	}
	last := b.second(now)
	for s := last; s > last-int64(LiveFresh/time.Second); s-- {
		if b.live[s] > 0 {
			return true
		}
	}
	return false
}

func (b *Budget) second(t time.Time) int64 { return int64(t.Sub(b.began) / time.Second) }

// Live is the gate of the stage of live copy.
func (b *Budget) Live() Gate { return liveGate{b} }

// Backfill is the gate of the stage of back-fills.
func (b *Budget) Backfill() Gate { return backfillGate{b} }

type liveGate struct{ b *Budget }

func (g liveGate) Enter(context.Context) (time.Time, error) {
	now := time.Now()
	g.b.mu.Lock()
	defer g.b.mu.Unlock()
	g.b.live[g.b.second(now)]++
	return now, nil
}

func (g liveGate) Leave(entered time.Time) {
	g.b.mu.Lock()
	defer g.b.mu.Unlock()
	s := g.b.second(entered)
	if g.b.live[s]--; g.b.live[s] == 0 {
		delete(g.b.live, s)
	}
	g.b.changed()
}

type backfillGate struct{ b *Budget }

func (backfillGate) Leave(time.Time) {}

func (g backfillGate) Enter(ctx context.Context) (time.Time, error) {
	for {
		wait := g.b.take()
		if wait == 0 {
			return time.Time{}, ctx.Err()
		}
		t := time.NewTimer(wait)
		select {
		case <-g.b.change:
		case <-t.C:
		case <-ctx.Done():
		}
		t.Stop()
		if err := ctx.Err(); err != nil {
			return time.Time{}, err
		}
	}
}

// take lets one message pass, or says how long to wait at most before it is
// asked again.
func (b *Budget) take() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if wait := b.least.Sub(now); b.pressed(now) && wait > 0 {
		if b.waits.IsZero() {
			b.waits = now
		}
		return wait
	}
	if !b.waits.IsZero() {
		b.held += now.Sub(b.waits)
		b.waits = time.Time{}
	}
	if wait := b.next.Sub(now); wait > 0 {
		return wait
	}
	b.least = now.Add(time.Second / time.Duration(b.c.MinRate))
	if b.c.Rate > 0 {
		if early := now.Add(-backfillBurst); b.next.Before(early) {
			b.next = early
		}
		b.next = b.next.Add(time.Second / time.Duration(b.c.Rate))
	}
	return 0
}
