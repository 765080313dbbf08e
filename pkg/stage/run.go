package stage

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/semaphore"
)

// Stage is one step of the pipeline. All fields but Config, Gate, Observer and
// Log must be set.
type Stage struct {
	// Name stands in logs, metrics and dead letters.
	Name    string
	Source  Source
	Handler Handler
	Sink    Sink
	Dead    DeadLetters
	Config  Config
	// Gate lets messages into work; nil: at once.
	Gate Gate
	// Observer hears of outcomes; nil: nobody does.
	Observer Observer
	Log      zerolog.Logger
}

// Observer hears what a stage does. Its methods are called from many
// goroutines and must be quick.
type Observer interface {
	// Done: n articles, or a message without any, ended with outcome, taken
	// time after the stage received the message.
	Done(outcome Outcome, n int, taken time.Duration)
	// Retry: a call to what will be repeated.
	Retry(what Call)
	// Hung: that many lanes are hung now. Called when the number changes.
	Hung(lanes int)
	// Failing: that many lanes have repeated what fails for Config.HangAfter or
	// longer; why is the last failure of the one that fails for longest. Called
	// when the number changes, and now and then while it isn't 0.
	Failing(lanes int, why error)
}

// Outcome is how it ended.
type Outcome string

// The outcomes.
const (
	OK       Outcome = "ok"
	Filtered Outcome = "filtered"
	Dead     Outcome = "dead"    // is safe among the dead letters
	Refused  Outcome = "refused" // the waiting sender was told so
)

// Call is what may have to be repeated.
type Call string

// The calls.
const (
	CallSource  Call = "source"
	CallHandler Call = "handler"
	CallSink    Call = "sink"
	CallDead    Call = "dead_letters"
)

type nobody struct{}

func (nobody) Done(Outcome, int, time.Duration) {}

func (nobody) Retry(Call) {}

func (nobody) Hung(int) {}

func (nobody) Failing(int, error) {}

// abortGrace is how long lanes get to return after their context is canceled
// at the end of the drain timeout.
const abortGrace = time.Second

// Run works until ctx is done or the source has ended, which are no errors, or
// the source fails for good. Then it finishes what is in work, for
// Config.DrainTimeout at most if ctx is done, and closes Source, Sink and Dead
// in any case. Messages left over are not acknowledged, and an error says how
// many.
//
// Errors of the sink and of the dead letters are repeated for ever: the stage
// stops taking messages meanwhile, and nothing is lost. A handler's error that
// is not permanent is repeated: Config.HandlerAttempts times, then the message
// becomes a dead letter; but when most messages fail, then more slowly and for
// Config.GiveUpAfter, since then the messages are not to blame. Repetitions hold
// up the lane, so that no article overtakes another of its key.
//
// A panic costs nobody else anything: a message over which the handler panics
// becomes a dead letter, and so does the one over which the sink does; among the
// dead letters it is repeated, and in the source it ends the stage. One in a
// goroutine that they start is theirs.
//
// A call that hangs is reported, makes the service not ready, and is canceled
// after Config.CancelAfter. One that fails and fails makes it not ready, too.
func (s Stage) Run(ctx context.Context) (err error) {
	defer func() {
		for _, c := range []struct {
			name string
			c    io.Closer
		}{{"source", closer(s.Source)}, {"sink", closer(s.Sink)}, {"dead letters", closer(s.Dead)}} {
			if c.c == nil {
				continue
			}
			if e := c.c.Close(); e != nil {
				err = errors.Join(err, fmt.Errorf("stage %s: closing the %s: %w", s.Name, c.name, e))
			}
		}
	}()
	if s.Name == "" || s.Source == nil || s.Handler == nil || s.Sink == nil || s.Dead == nil {
		return fmt.Errorf("stage %q lacks a name, source, handler, sink or dead letters", s.Name)
	}
	if err := s.Config.Validate(); err != nil {
		return fmt.Errorf("stage %s: %w", s.Name, err)
	}
	if s.Observer == nil {
		s.Observer = nobody{}
	}
	if s.Gate == nil {
		s.Gate = noGate{}
	}
	s.Config = s.Config.withDefaults()
	r := &running{
		Stage: s,
		count: semaphore.NewWeighted(int64(s.Config.InFlight)),
		bytes: semaphore.NewWeighted(s.Config.InFlightBytes),
		seed:  maphash.MakeSeed(),

		budget: newRetryBudget(s.Config.RetryBudget),
	}
	return r.run(ctx)
}

// closer is c, or nil if c is.
func closer[C io.Closer](c C) io.Closer {
	if any(c) == nil {
		return nil
	}
	return c
}

type running struct {
	Stage
	work         context.Context // what handlers and sinks get: outlives the stage's by the drain timeout
	count, bytes *semaphore.Weighted
	seed         maphash.Seed
	lanes        []*lane
	open         atomic.Int64 // messages taken and not settled
	budget       *retryBudget
	fail         context.CancelCauseFunc // ends the stage with a fatal error
}

func (r *running) run(ctx context.Context) error {
	work, abort := context.WithCancel(context.WithoutCancel(ctx))
	defer abort()
	r.work = work
	ctx, r.fail = context.WithCancelCause(ctx)
	defer r.fail(nil)

	var lanes sync.WaitGroup
	r.lanes = make([]*lane, r.Config.Lanes)
	for i := range r.lanes {
		// A queue holds whatever is in flight: one slow lane doesn't keep the
		// others from being filled.
		l := &lane{running: r, queue: newQueue()}
		r.lanes[i] = l
		lanes.Go(l.loop)
	}
	watchdog := make(chan struct{})
	stopWatchdog := make(chan struct{})
	go func() {
		defer close(watchdog)
		r.watch(stopWatchdog)
	}()

	err := r.read(ctx)
	for _, l := range r.lanes {
		l.queue.close()
	}
	done := make(chan struct{})
	go func() {
		lanes.Wait()
		close(done)
	}()
	if !r.wait(ctx, done) {
		abort()
		t := time.NewTimer(abortGrace)
		select {
		case <-done:
		case <-t.C:
		}
		t.Stop()
		if n := r.open.Load(); n > 0 {
			err = errors.Join(err, fmt.Errorf("stage %s: %d messages were not finished within the drain timeout of %v; they come again", r.Name, n, r.Config.DrainTimeout))
		}
	}
	close(stopWatchdog)
	<-watchdog
	if cause := context.Cause(ctx); err == nil && IsFatal(cause) {
		err = fmt.Errorf("stage %s: %w", r.Name, cause)
	}
	return err
}

// wait tells whether all lanes ended in time.
func (r *running) wait(ctx context.Context, done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	case <-ctx.Done():
	}
	t := time.NewTimer(r.Config.DrainTimeout)
	defer t.Stop()
	select {
	case <-done:
		return true
	case <-t.C:
		return false
	}
}

// read takes messages and deals them to the lanes until there are no more.
func (r *running) read(ctx context.Context) error {
	next := 0 // lane of the next message without a key
	for failures := 0; ; {
		var ms []Message
		err := Guard(CallSource, func() (err error) {
			ms, err = r.Source.Next(ctx)
			return err
		})
		r.tell(err, nil)
		for _, m := range ms {
			if m.revoked() {
				m.giveBack()
				continue
			}
			t := &task{m: m, taken: time.Now(), bytes: min(int64(m.Size()), r.Config.InFlightBytes)}
			var err error
			if t.entered, err = r.Gate.Enter(ctx); err != nil || r.count.Acquire(ctx, 1) != nil || r.bytes.Acquire(ctx, t.bytes) != nil {
				return nil //nolint:nilerr // ctx is done; what was not dealt out comes again
			}
			var i int
			if m.Key == nil {
				i, next = next, (next+1)%len(r.lanes)
			} else {
				t.key = maphash.Bytes(r.seed, m.Key)
				i = int(t.key % uint64(len(r.lanes)))
			}
			r.open.Add(1)
			r.lanes[i].queue.put(t)
		}
		switch {
		case errors.Is(err, io.EOF), ctx.Err() != nil:
			return nil //nolint:nilerr // the end, as agreed
		case err == nil:
			failures = 0
		case IsPermanent(err), Panicked(err):
			return fmt.Errorf("stage %s: source: %w", r.Name, err)
		default:
			failures++
			r.Observer.Retry(CallSource)
			r.Log.Warn().Err(err).Int("failures", failures).Msg("can't read, trying again")
			if !sleep(ctx, r.Config.backoff(failures)) {
				return nil
			}
		}
	}
}

// sleep waits, and tells whether to go on.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// retryForever is a number of failures after which the wait is the longest.
const retryForever = 64

// backoff is the wait after n failures, n from 1: doubled each time, and of
// that between half and all, so that lanes don't come back all at once.
func (c Config) backoff(n int) time.Duration {
	d := c.RetryMin
	for ; n > 1 && d < c.RetryMax; n-- {
		d *= 2
	}
	d = min(d, c.RetryMax)
	return d - rand.N(d/2+1)
}
