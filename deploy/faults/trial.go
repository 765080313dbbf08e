package faults

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/copytaster/copytaster/deploy/faults/ledger"
	"github.com/copytaster/copytaster/deploy/faults/rig"
	"github.com/copytaster/copytaster/deploy/faults/wire"
)

// senders push side by side.
const senders = 12

// trial is a row while it runs.
type trial struct {
	Options
	*rig.Pipeline

	name    string
	servers *rig.Servers
	wire    *wire.Wire
	random  *rand.Rand // of the row's one goroutine that decides
	began   time.Time
	stop    context.CancelCauseFunc // ends the row
	probes  sync.WaitGroup

	mu     sync.Mutex
	result Result
}

// try runs one row from its start to the verdict.
func (o Options) try(ctx context.Context, r row, servers *rig.Servers) Result {
	t := &trial{Options: o, name: r.name, servers: servers, began: time.Now(), random: rand.New(rand.NewPCG(o.Seed, uint64(len(r.name))))}
	t.result = Result{Row: r.name, Seed: o.Seed}
	t.wire = wire.New(o.Seed, r.name, o.Texts, t.began)
	limit := r.limit
	if o.Short {
		limit = shortLimit
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("the row took longer than %v", limit))
	defer cancel()
	ctx, t.stop = context.WithCancelCause(ctx)
	t.say("begins: %s", r.about)
	err := r.run(ctx, t)
	t.stop(nil)
	t.probes.Wait()
	if t.Pipeline != nil {
		if !t.result.Compared {
			t.result.Verdict.Counts = t.Ledger.Counts()
		}
		err = errors.Join(err, t.Close())
	}
	if err != nil {
		t.fail("%v", err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.result.Took = time.Since(t.began)
	return t.result
}

// pick is the full or the small number.
func (t *trial) pick(full, short int) int {
	if t.Short {
		return short
	}
	return max(int(float64(full)*t.Scale), 1)
}

// start makes and starts the row's pipeline.
func (t *trial) start(ctx context.Context, s rig.Settings) error {
	if s.Namespace == "" {
		s.Namespace = "faults-" + t.name + "-"
	}
	p, err := t.servers.Pipeline(s, t.wire)
	if err != nil {
		return err
	}
	t.Pipeline = p
	t.watch(ctx, p)
	if err := p.Start(ctx); err != nil {
		return err
	}
	_, err = p.Probe(ctx)
	return err
}

// watch ends the row when a service ends by itself.
func (t *trial) watch(ctx context.Context, p *rig.Pipeline) {
	go func() {
		select {
		case err := <-p.Ended():
			t.fail("%v", err)
			t.stop(err)
		case <-ctx.Done():
		}
	}()
}

func (t *trial) say(format string, args ...any) {
	fmt.Fprintf(t.Out, "%-13s %7.1fs  %s\n", t.name, time.Since(t.began).Seconds(), fmt.Sprintf(format, args...))
}

func (t *trial) note(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.result.Notes = append(t.result.Notes, fmt.Sprintf(format, args...))
}

func (t *trial) fail(format string, args ...any) {
	t.say("FAILED: "+format, args...)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.result.Failed = append(t.result.Failed, fmt.Sprintf(format, args...))
}

// broken notes that something was just broken, or is about to be, which no
// reader depends on.
func (t *trial) broken(format string, args ...any) (n int) {
	t.mu.Lock()
	t.result.Faults++
	n = t.result.Faults
	t.mu.Unlock()
	t.say("fault %d: %s", n, fmt.Sprintf(format, args...))
	return n
}

// fault notes that something was just broken, or is about to be. From now on it
// is measured how long it takes until a reader finds an article that is sent
// from now on.
func (t *trial) fault(ctx context.Context, format string, args ...any) {
	what := fmt.Sprintf(format, args...)
	n := t.broken("%s", what)
	t.probes.Go(func() {
		took, err := t.Probe(ctx)
		if err != nil {
			t.fail("fault %d (%s): %v", n, what, err)
			return
		}
		t.say("recovered from fault %d (%s) after %v", n, what, took.Round(10*time.Millisecond))
		t.mu.Lock()
		defer t.mu.Unlock()
		t.result.Recovery = append(t.result.Recovery, took)
	})
}

// feed pushes items in the background; the function that it returns waits for
// the end.
func (t *trial) feed(ctx context.Context, items []ledger.Item) (wait func() error) {
	done := make(chan error, 1)
	go func() { done <- t.Feed(ctx, items, senders, 0) }()
	return func() error {
		if err := <-done; err != nil {
			return fmt.Errorf("feed: %w", err)
		}
		return nil
	}
}

// feedAhead is how many steps the copy may be ahead of the faults.
const feedAhead = 4

// feedInStep pushes items in so many portions, a fault or the like with each:
// next waits until it is time for one, and done tells that it is over. The copy
// lasts as long as the faults, however long each takes.
func (t *trial) feedInStep(ctx context.Context, items []ledger.Item, steps int, rate float64) (next func() error, done func(), wait func() error) {
	base := t.Acked()
	ahead, ended := make(chan struct{}, feedAhead), make(chan error, 1)
	part := func(k int) int { return k * len(items) / steps }
	go func() {
		for k := range steps {
			select {
			case ahead <- struct{}{}:
			case <-ctx.Done():
				ended <- context.Cause(ctx)
				return
			}
			if err := t.Feed(ctx, items[part(k):part(k+1)], senders, rate); err != nil {
				err = fmt.Errorf("feed: %w", err)
				t.stop(err)
				ended <- err
				return
			}
		}
		ended <- nil
	}()
	k := 0
	next = func() error {
		due := base + int64(part(k)+part(k+1))/2
		k++
		for t.Acked() < due {
			if !rig.Sleep(ctx, sampleEvery/10) {
				return context.Cause(ctx)
			}
		}
		return context.Cause(ctx)
	}
	return next, func() { <-ahead }, func() error { return <-ended }
}

// stream is copy that comes in for as long as it is asked for.
type stream struct {
	*trial

	left []ledger.Item
	rate int // items a second
}

// stream has copy for so long, and as long again for faults that take longer.
func (t *trial) stream(lasts time.Duration, rate int) *stream {
	// An article has a third more revisions than one.
	n := 2 * (lasts + streamSpare).Seconds() * float64(rate) / 1.3
	return &stream{t, t.wire.Items(int(n)), rate}
}

// streamSpare is how long a stream lasts beyond twice what it is asked for.
const streamSpare = 10 * time.Minute

// run has it come in from now on, until stop, which returns when all that was
// begun is acknowledged.
func (s *stream) run(ctx context.Context) (stop func() error) {
	enough, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		for len(s.left) > 0 {
			select {
			case <-enough:
				ended <- nil
				return
			default:
			}
			n := min(s.rate, len(s.left))
			if err := s.Feed(ctx, s.left[:n], senders, float64(s.rate)); err != nil {
				err = fmt.Errorf("feed: %w", err)
				s.stop(err)
				ended <- err
				return
			}
			s.left = s.left[n:]
		}
		ended <- errors.New("the copy ended before the faults")
	}()
	return func() error {
		close(enough)
		return <-ended
	}
}

// lasting is a fault that lasts.
type lasting struct {
	what       string
	lasts      time.Duration // at least
	begin, end func() error
	// met tells whether it met anything, and what. The fault lasts until it did.
	met func() (bool, string, error)
}

// meetLimit is how much longer than it should a fault lasts to meet something.
const meetLimit = 2 * time.Minute

// last has a fault last, and fails the row if it met nothing. Recovery is
// measured from its end; whoever still waits for the end of another one does so
// before this one begins.
func (t *trial) last(ctx context.Context, l lasting) error {
	t.probes.Wait()
	t.say("begins: %s, for %v", l.what, l.lasts)
	if err := l.begin(); err != nil {
		return err
	}
	began := time.Now()
	lives := rig.Sleep(ctx, l.lasts)
	met, what, err := l.met()
	for !met && lives && time.Since(began) < l.lasts+meetLimit {
		lives = rig.Sleep(ctx, sampleEvery)
		met, what, err = l.met()
	}
	if end := l.end(); end != nil {
		return end
	}
	if !lives {
		return context.Cause(ctx)
	}
	t.note("%s: in %v it met %s", l.what, time.Since(began).Round(100*time.Millisecond), what)
	if !met {
		t.fail("%s: it met only %s (%v)", l.what, what, err)
	}
	t.fault(ctx, "%s, which is over now", l.what)
	return nil
}

// settle waits until nothing is on its way and compares the index, and the public
// topics if there are any, with the ledger. It returns what the index says.
func (t *trial) settle(ctx context.Context) (rig.Content, error) {
	t.probes.Wait()
	began := time.Now()
	if err := t.Quiet(ctx); err != nil {
		return nil, err
	}
	t.say("quiet after %v, reading the index", time.Since(began).Round(100*time.Millisecond))
	v, content, err := t.Audit(ctx)
	if err != nil {
		return nil, err
	}
	if t.Release != nil {
		public, err := t.Public(ctx)
		if err != nil {
			return nil, err
		}
		v.Findings = append(v.Findings, public...)
	}
	if v.Open > 0 {
		t.fail("%d items were sent and never acknowledged", v.Open)
	}
	t.mu.Lock()
	t.result.Verdict, t.result.Compared = v, true
	t.mu.Unlock()
	t.note("%d attempts to push failed and were repeated", t.Retried())
	t.say("the index is held against the ledger: %s", t.result.Counts())
	return content, nil
}

// between is a random time.
func (t *trial) between(least, most time.Duration) time.Duration {
	return least + time.Duration(t.random.Int64N(int64(most-least)+1))
}
