// Package operator is what operators see of the pipeline and do by the search service: where
// the stages stand, and dead letters with redrive. It does what the commands lag and dead of
// the tools do, by the same packages.
package operator

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/archive"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/deadletter"
	"github.com/copytaster/copytaster/pkg/topic"
)

// Config is what a desk is told.
type Config struct {
	// Every is how often the stages are looked at.
	Every time.Duration
	// Archive keeps the originals of what ingest refused and is redriven; nil: none are kept.
	Archive *archive.Archive
	Log     zerolog.Logger
}

// Limits of times.
const (
	// lookTime is how long one look at the stages may take.
	lookTime = 30 * time.Second
	// openRetry is how long is waited until Kafka is asked again for what was done about letters.
	openRetry = time.Second
	// noteTime is how long noting may take that a letter was sent, also where the redrive's time is over.
	noteTime = 10 * time.Second
)

// Errors of a desk.
var (
	// ErrStarting says that nothing is known yet.
	ErrStarting = errors.New("the stages were not looked at yet")
	// ErrNoLetter says that there is no such letter.
	ErrNoLetter = errors.New("there is no such letter")
	// ErrBusy says that a redrive is on its way.
	ErrBusy = errors.New("another redrive is on its way")
	// ErrStopping says that the service is stopping.
	ErrStopping = errors.New("the service is stopping")
)

// AwayError says that Kafka can't be asked now.
type AwayError struct{ Err error }

func (e *AwayError) Error() string { return "Kafka can't be reached: " + e.Err.Error() }
func (e *AwayError) Unwrap() error { return e.Err }

func away(err error) error {
	if err == nil || errors.As(err, new(*AwayError)) || errors.Is(err, ErrNoLetter) || errors.Is(err, bus.ErrOvertaken) || errors.Is(err, context.Canceled) {
		return err
	}
	return &AwayError{err}
}

// Desk is where operators work. Its methods may be called at once by many.
type Desk struct {
	cfg    Config
	bus    *bus.Bus
	watch  *bus.Watch
	ledger atomic.Pointer[deadletter.Ledger]
	turn   chan struct{} // of who redrives

	stopping context.Context // done from when Stop is called
	stop     context.CancelFunc

	mu      sync.Mutex
	looks   looks
	lookups map[string]*bus.Lookup // by topic of dead letters

	tally tally
}

// New makes a desk on b, which it doesn't close. Close it.
func New(b *bus.Bus, c Config) *Desk {
	d := &Desk{cfg: c, bus: b, watch: b.Watch(), turn: make(chan struct{}, 1), looks: newLooks(), lookups: map[string]*bus.Lookup{}, tally: tally{turn: make(chan struct{}, 1)}}
	d.stopping, d.stop = context.WithCancel(context.Background())
	for _, name := range deadletter.Topics() {
		d.lookups[name] = b.Lookup(name)
	}
	return d
}

// Stop refuses redrives from now on, and waits until the letter on its way was sent and
// noted, or ctx is done: then that may be open.
func (d *Desk) Stop(ctx context.Context) error {
	d.stop()
	select {
	case d.turn <- struct{}{}: // nobody else's any more
		return nil
	case <-ctx.Done():
		return errors.New("a redrive was cut off")
	}
}

// Close drops the connections, when Run has ended and nobody asks any more.
func (d *Desk) Close() {
	d.watch.Close()
	for _, l := range d.lookups {
		l.Close()
	}
	if l := d.ledger.Load(); l != nil {
		l.Close()
	}
}

// Run looks at the stages until ctx is done. While Kafka is away it goes on trying.
func (d *Desk) Run(ctx context.Context) {
	if !d.open(ctx) {
		return
	}
	tick := time.NewTicker(d.cfg.Every)
	defer tick.Stop()
	for {
		d.look(ctx)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// open opens what was done about letters; false: ctx is done.
func (d *Desk) open(ctx context.Context) bool {
	for said := ""; ; {
		l, err := d.tryOpen(ctx)
		if err == nil {
			d.ledger.Store(l)
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		d.mu.Lock()
		d.looks.problem = err
		d.mu.Unlock()
		if err.Error() != said {
			said = err.Error()
			d.cfg.Log.Warn().Err(err).Msg("operators can't be shown anything yet, trying again")
		}
		select {
		case <-time.After(openRetry):
		case <-ctx.Done():
			return false
		}
	}
}

func (d *Desk) tryOpen(ctx context.Context) (*deadletter.Ledger, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	if err := d.bus.TryTopics(ctx, topic.DeadHandled); err != nil {
		return nil, err
	}
	return deadletter.OpenLedger(ctx, d.bus, false)
}

// known is what was done about letters.
func (d *Desk) known() (*deadletter.Ledger, error) {
	if l := d.ledger.Load(); l != nil {
		return l, nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.looks.problem != nil {
		return nil, &AwayError{d.looks.problem}
	}
	return nil, ErrStarting
}
