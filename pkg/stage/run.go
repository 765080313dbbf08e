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

	"github.com/copytaster/copytaster/pkg/article"
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
func (nobody) Retry(Call)                       {}
func (nobody) Hung(int)                         {}
func (nobody) Failing(int, error)               {}

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
		// A queue can hold all that may be in flight: one slow lane doesn't
		// keep the others from being filled.
		l := &lane{running: r, queue: make(chan *task, r.Config.InFlight)}
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
		close(l.queue)
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
				i = int(maphash.Bytes(r.seed, m.Key) % uint64(len(r.lanes)))
			}
			r.open.Add(1)
			r.lanes[i].queue <- t
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

// task is a message on its way.
type task struct {
	m        Message
	taken    time.Time
	entered  time.Time // through the gate
	bytes    int64     // held of the limit
	attempts int
	blamed   int           // attempts that failed while others succeeded
	first    time.Time     // of the attempts
	left     int           // articles that are not yet safe or refused
	safe     []article.URI // those that are safe
	err      error         // why it was refused for good, the first reason
}

// entry is an article that waits to be written.
type entry struct {
	t *task
	a article.Article
}

type lane struct {
	*running
	queue     chan *task
	call      call
	goroutine int // for the stack of one that hangs
	ended     bool
}

// end ends the stage: this lane does nothing more.
func (l *lane) end(err error) {
	l.ended = true
	l.Log.Error().Err(err).Msg("the stage can't go on")
	l.fail(err)
}

// idle tells that nothing may be done any more.
func (l *lane) idle() bool { return l.ended || l.work.Err() != nil }

func (l *lane) loop() {
	l.goroutine = goroutine()
	defer l.call.release()
	for t := range l.queue {
		var batch []entry
		var first time.Time // when the oldest article in batch was ready
		for t != nil && !l.idle() {
			batch = l.handle(t, batch)
			t = nil
			if len(batch) > 0 && first.IsZero() {
				first = time.Now()
			}
			if len(batch) >= l.Config.BatchMax || len(batch) > 0 && time.Since(first) >= l.Config.BatchLinger {
				break
			}
			select {
			case t = <-l.queue: // nil at the end
			default:
			}
		}
		l.flush(batch)
		if l.idle() {
			return
		}
	}
}

// handle calls the handler and returns batch with the new articles. Before it
// waits for a repetition it writes what is in batch. What was taken away is
// given back.
func (l *lane) handle(t *task, batch []entry) []entry {
	t.first = time.Now()
	defer l.call.wentOn()
	for {
		if t.m.revoked() {
			t.m.giveBack()
			l.leave(t)
			return batch
		}
		t.attempts++
		as, err := l.handler(t)
		if err == nil && l.budget.succeeded() {
			l.Log.Info().Msg("messages are handled again")
		}
		switch {
		case err == nil && len(as) == 0:
			l.settle(t)
			return batch
		case err == nil:
			t.left = len(as)
			for _, a := range as {
				batch = append(batch, entry{t, a})
			}
			return batch
		case l.work.Err() != nil:
			return batch
		case IsFatal(err):
			l.flush(batch)
			l.end(err)
			return nil
		case IsPermanent(err):
			t.err = err
			l.settle(t)
			return batch
		}
		wait, again := l.again(t, err)
		if !again {
			l.settle(t)
			return batch
		}
		l.flush(batch)
		batch = nil
		l.call.failed(t.first, CallHandler, err)
		if l.ended || !sleep(l.work, wait) {
			return nil
		}
	}
}

// again tells how long to wait before a message is tried again that failed; or
// that it is given up.
func (l *lane) again(t *task, err error) (time.Duration, bool) {
	wait := l.Config.backoff(retryForever)
	blame := l.budget.failed()
	if blame {
		t.blamed++
		wait = l.Config.backoff(t.blamed)
	}
	switch {
	case t.blamed >= l.Config.HandlerAttempts:
		t.err = fmt.Errorf("given up after %d attempts: %w", t.attempts, err)
		return 0, false
	case time.Since(t.first) >= l.Config.GiveUpAfter:
		t.err = fmt.Errorf("given up after %d attempts in %v: %w", t.attempts, time.Since(t.first).Round(time.Second), err)
		return 0, false
	}
	l.Observer.Retry(CallHandler)
	l.Log.Warn().Err(err).Str("topic", t.m.Topic).Int("partition", t.m.Partition).Int64("offset", t.m.Offset).
		Int("attempt", t.attempts).Bool("most_fail", !blame).Msg("can't handle a message, trying again")
	return wait, true
}

// handler calls the handler. A message that makes it panic is refused.
func (l *lane) handler(t *task) (as []article.Article, err error) {
	ctx := l.call.begin(l.work, CallHandler, &t.m)
	err = l.call.end(Guard(CallHandler, func() (err error) {
		as, err = l.Handler(ctx, t.m)
		return err
	}))
	if Panicked(err) {
		l.tell(err, &t.m)
		return nil, Permanent(err)
	}
	return as, err
}

// flush writes batch, in as many writes as [Sink] demands.
func (l *lane) flush(batch []entry) {
	most := min(len(batch), l.Config.BatchMax)
	seen := make(map[article.URI]struct{}, most)
	for len(batch) > 0 && !l.idle() {
		n := distinct(seen, min(len(batch), most), func(i int) article.URI { return batch[i].a.URI })
		l.write(batch[:n], false)
		batch = batch[n:]
	}
}

// Distinct is how many of as may be in one [Sink.Write]: those before the first
// whose URI was there already.
func Distinct(as []article.Article) int {
	return distinct(make(map[article.URI]struct{}, len(as)), len(as), func(i int) article.URI { return as[i].URI })
}

func distinct(seen map[article.URI]struct{}, n int, uri func(i int) article.URI) int {
	clear(seen)
	for i := range n {
		u := uri(i)
		if _, again := seen[u]; again {
			return i
		}
		seen[u] = struct{}{}
	}
	return n
}

// write writes part until every article is safe or refused for good. When the
// sink panics nobody knows over which: then each is a suspect, and is written
// alone, and the one over which it panics again is refused.
func (l *lane) write(part []entry, suspect bool) {
	as := make([]article.Article, 0, len(part))
	began := time.Now()
	defer l.call.wentOn()
	for failures := 1; ; failures++ {
		as = as[:0]
		for _, e := range part {
			as = append(as, e.a)
		}
		ctx := l.call.begin(l.work, CallSink, &part[0].t.m)
		err := l.call.end(Guard(CallSink, func() error { return l.Sink.Write(ctx, as) }))
		l.tell(err, &part[0].t.m)
		var partial *PartialError
		of := func(int) error { return err }
		if errors.As(err, &partial) {
			of = func(i int) error { return partial.Errs[i] }
		}
		var again, suspects []entry
		for i, e := range part {
			switch err := of(i); {
			case IsFatal(err):
				if !l.ended {
					l.end(err)
				}
			case Panicked(err) && !suspect && !IsPermanent(err):
				suspects = append(suspects, e)
			case err == nil, IsPermanent(err), Panicked(err):
				l.written(e, err)
			default:
				again = append(again, e)
			}
		}
		l.alone(suspects)
		if len(again) == 0 || l.idle() {
			return
		}
		part = again
		for _, e := range part {
			e.t.attempts++
		}
		l.call.failed(began, CallSink, err)
		l.Observer.Retry(CallSink)
		l.Log.Warn().Err(err).Int("articles", len(part)).Int("failures", failures).Msg("can't write, trying again")
		if !sleep(l.work, l.Config.backoff(failures)) {
			return
		}
	}
}

// alone writes suspects one by one.
func (l *lane) alone(part []entry) {
	for i := range part {
		if l.idle() {
			return
		}
		part[i].t.attempts++
		l.Observer.Retry(CallSink)
		l.write(part[i:i+1], true)
	}
}

// written notes that an article is safe, or with err that it never will be.
func (l *lane) written(e entry, err error) {
	if err == nil {
		e.t.safe = append(e.t.safe, e.a.URI)
	} else if e.t.err == nil {
		e.t.err = fmt.Errorf("article %s: %w", e.a.URI, err)
	}
	if e.t.left--; e.t.left == 0 {
		l.settle(e.t)
	}
}

// settle ends a message: dead letter, if it was refused, and verdict.
func (l *lane) settle(t *task) {
	outcome := Dead
	switch {
	case t.err == nil && len(t.safe) == 0:
		outcome = Filtered
	case t.err == nil:
		outcome = OK
	case t.m.Interactive:
		outcome = Refused
	case !l.bury(t):
		return
	}
	if t.m.Ack != nil {
		t.m.Ack(Verdict{Articles: t.safe, Err: t.err})
	}
	taken := time.Since(t.taken)
	if len(t.safe) > 0 {
		l.Observer.Done(OK, len(t.safe), taken)
	}
	if outcome != OK {
		l.Observer.Done(outcome, 1, taken)
	}
	l.leave(t)
}

// leave makes room for another message.
func (r *running) leave(t *task) {
	r.open.Add(-1)
	r.Gate.Leave(t.entered)
	r.count.Release(1)
	r.bytes.Release(t.bytes)
}

// bury writes the dead letter and tells whether it is safe.
func (l *lane) bury(t *task) bool {
	d := DeadLetter{Message: t.m, Stage: l.Name, Err: t.err, Attempts: t.attempts, At: time.Now().UTC()}
	d.Message.Ack, d.Message.Revoked = nil, nil
	began := time.Now()
	defer l.call.wentOn()
	for failures := 1; ; failures++ {
		ctx := l.call.begin(l.work, CallDead, &t.m)
		err := l.call.end(Guard(CallDead, func() error { return l.Dead.Write(ctx, d) }))
		l.tell(err, &t.m)
		if err == nil {
			l.Log.Warn().AnErr("error", t.err).Str("topic", t.m.Topic).Int("partition", t.m.Partition).Int64("offset", t.m.Offset).
				Int("attempts", t.attempts).Msg("message is now a dead letter")
			return true
		}
		if l.work.Err() != nil {
			return false
		}
		if IsFatal(err) {
			l.end(err)
			return false
		}
		l.call.failed(began, CallDead, err)
		l.Observer.Retry(CallDead)
		l.Log.Error().Err(err).Int("failures", failures).Msg("can't write a dead letter, trying again; the lane waits")
		if !sleep(l.work, l.Config.backoff(failures)) {
			return false
		}
	}
}
