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
	t.say("begins: %s", r.about)
	err := r.run(ctx, t)
	cancel()
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
	if err := p.Start(ctx); err != nil {
		return err
	}
	_, err = p.Probe(ctx)
	return err
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

// fault notes that something was just broken. From now on it is measured how
// long it takes until a reader finds an article that is sent from now on.
func (t *trial) fault(ctx context.Context, format string, args ...any) {
	what := fmt.Sprintf(format, args...)
	t.mu.Lock()
	t.result.Faults++
	n := t.result.Faults
	t.mu.Unlock()
	t.say("fault %d: %s", n, what)
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
func (t *trial) feed(ctx context.Context, items []ledger.Item, rate float64) (wait func() error) {
	done := make(chan error, 1)
	go func() { done <- t.Feed(ctx, items, senders, rate) }()
	return func() error {
		if err := <-done; err != nil {
			return fmt.Errorf("feed: %w", err)
		}
		return nil
	}
}

// settle waits until nothing is on its way and compares the index with the
// ledger. It returns what the index says.
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
