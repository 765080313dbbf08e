package stage_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/stage"
)

// many is n messages of different keys.
func numbered(n int) []stage.Message {
	var ms []stage.Message
	for i := range n {
		ms = append(ms, msg(fmt.Sprint("k", i), 1))
	}
	return ms
}

// passes counts what a gate lets through from now on, until end is called.
func passes(ctx context.Context, g stage.Gate) (passed *atomic.Int64, end func()) {
	ctx, cancel := context.WithCancel(ctx)
	n := &atomic.Int64{}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			entered, err := g.Enter(ctx)
			if err != nil {
				return
			}
			n.Add(1)
			g.Leave(entered)
			time.Sleep(time.Millisecond) // of the bubble: what a message takes
		}
	}()
	return n, func() {
		cancel()
		<-ended
	}
}

func TestBackfillTakesWhatLiveCopyLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		b := stage.NewBudget(stage.BackfillConfig{MinRate: 5, LiveLag: 100})
		n, end := passes(ctx, b.Backfill())
		defer end()
		during := func(d time.Duration) int64 {
			before := n.Load()
			time.Sleep(d)
			synctest.Wait()
			return n.Load() - before
		}
		if got := during(time.Second); got < 900 {
			t.Errorf("%d a second with all to itself", got)
		}
		live := b.Live()
		enter := func() time.Time {
			entered, err := live.Enter(ctx)
			if err != nil {
				t.Fatal(err)
			}
			return entered
		}
		first, second := enter(), enter()
		if got := during(4 * time.Second); got < 19 || got > 21 {
			t.Errorf("%d in 4 s beside live copy, want 20", got)
		}
		live.Leave(first)
		live.Leave(second)
		second = enter()
		if got := during(4 * time.Second); got < 19 || got > 21 {
			t.Errorf("%d in 4 s beside one message of live copy, want 20", got)
		}
		if held := b.Held(); held < 7*time.Second || held > 8100*time.Millisecond {
			t.Errorf("held for %v of 8 s", held)
		}
		during(50 * time.Millisecond) // amid the wait for the least rate
		live.Leave(second)
		if got := during(10 * time.Millisecond); got < 9 {
			t.Errorf("%d in the 10 ms after live copy was done: it isn't noticed at once", got)
		}
		b.SetLag(100)
		if got := during(time.Second); got < 900 {
			t.Errorf("%d a second with a lag within the limit", got)
		}
		b.SetLag(101)
		if got := during(10 * time.Second); got < 49 || got > 51 {
			t.Errorf("%d in 10 s while live copy lags elsewhere, want 50", got)
		}
		during(50 * time.Millisecond)
		b.SetLag(0)
		if got := during(10 * time.Millisecond); got < 9 {
			t.Errorf("%d in the 10 ms after the lag was gone", got)
		}
		b.SetLag(stage.UnknownLag)
		if got := during(10 * time.Second); got < 49 || got > 51 {
			t.Errorf("%d in 10 s while live copy's lag is not known, want 50", got)
		}
	})
}

// TestBackfillPassesWhatHangs: a message of live copy that takes for ever holds
// back-fills back no longer than another, and newer ones still do.
func TestBackfillPassesWhatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := stage.NewBudget(stage.BackfillConfig{MinRate: 5})
		n, end := passes(t.Context(), b.Backfill())
		defer end()
		live := b.Live()
		hangs, err := live.Enter(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(stage.LiveFresh - time.Second)
		synctest.Wait()
		if got := n.Load(); got > 25 {
			t.Errorf("%d beside a message that is fresh", got)
		}
		time.Sleep(2 * time.Second) // with the last wait for the least rate
		before := n.Load()
		time.Sleep(time.Second)
		synctest.Wait()
		if got := n.Load() - before; got < 900 {
			t.Errorf("%d a second beside a message that hangs", got)
		}
		fresh, err := live.Enter(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		before = n.Load()
		time.Sleep(time.Second)
		synctest.Wait()
		if got := n.Load() - before; got > 6 {
			t.Errorf("%d a second beside one that hangs and one that is fresh", got)
		}
		live.Leave(hangs)
		live.Leave(fresh)
	})
}

func TestBackfillRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, end := passes(t.Context(), stage.NewBudget(stage.BackfillConfig{Rate: 100}).Backfill())
		defer end()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if got := n.Load(); got < 990 || got > 1020 {
			t.Errorf("%d in 10 s at a rate of 100", got)
		}
	})
}

// TestBackfillNeverStarvesNorRuns: whatever live copy does, back-fills pass at
// the least rate, and never faster than the highest.
func TestBackfillNeverStarvesNorRuns(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		least := rapid.IntRange(1, 50).Draw(rt, "least")
		c := stage.BackfillConfig{MinRate: least, Rate: least * rapid.IntRange(1, 4).Draw(rt, "times")}
		pauses := rapid.SliceOfN(rapid.IntRange(0, 3000), 0, 40).Draw(rt, "milliseconds between changes")
		synctest.Test(t, func(t *testing.T) {
			b := stage.NewBudget(c)
			n, end := passes(t.Context(), b.Backfill())
			defer end()
			began := time.Now()
			var entered time.Time
			for i, p := range pauses {
				if i%2 == 0 {
					entered, _ = b.Live().Enter(t.Context())
				} else {
					b.Live().Leave(entered)
				}
				time.Sleep(time.Duration(p) * time.Millisecond)
				synctest.Wait()
				seconds := time.Since(began).Seconds()
				// Each takes a millisecond besides, and the first comes at once.
				low := seconds/(1/float64(c.MinRate)+.001) - 1
				high := seconds*float64(c.Rate) + .1*float64(c.Rate) + 1 + 1e-6 // floats
				if got := float64(n.Load()); got < low || got > high {
					t.Fatalf("%v in %.3f s, allowed are %.1f to %.1f", got, seconds, low, high)
				}
			}
		})
	})
}

// TestHangingBackfillDoesNotBlockLive: the sink of back-fills fails, or never
// comes back, or its handler does not; live copy doesn't notice.
func TestHangingBackfillDoesNotBlockLive(t *testing.T) {
	forever := make(chan struct{})
	defer close(forever)
	hang := func(ctx context.Context, m stage.Message) ([]article.Article, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	for name, c := range map[string]struct {
		handler stage.Handler
		whole   func(int) error
		dead    func(int) error
	}{
		"sink fails":    {one, func(int) error { return errors.New("down") }, nil},
		"handler hangs": {hang, nil, nil},
		"no dead letters": {func(context.Context, stage.Message) ([]article.Article, error) {
			return nil, stage.Permanent(errors.New("bad"))
		}, nil, func(int) error { return errors.New("down") }},
		"sink takes an hour": {one, func(int) error { time.Sleep(time.Hour); return nil }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				budget := stage.NewBudget(stage.BackfillConfig{})
				bulk := newWorld(numbered(1000))
				bulk.end, bulk.whole, bulk.dead = nil, c.whole, c.dead
				live := newWorld(numbered(500))
				live.end = nil
				b, l := bulk.stage(c.handler), live.stage(one)
				b.Gate, b.Config = budget.Backfill(), stage.BackfillConfig{}.Stage(stage.Config{DrainTimeout: time.Second})
				l.Gate = budget.Live()
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan error)
				go func() { done <- stage.Together(ctx, b, l) }()
				time.Sleep(time.Second)
				synctest.Wait()
				live.mu.Lock()
				if len(live.written) != 500 || len(live.verdicts) != 500 {
					t.Errorf("%d of 500 written beside it", len(live.written))
				}
				live.mu.Unlock()
				cancel()
				<-done
				if len(bulk.verdicts) != 0 {
					t.Errorf("%d of the back-fill acknowledged", len(bulk.verdicts))
				}
				time.Sleep(2 * time.Hour) // those that sleep end
			})
		})
	}
}

func TestTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended, goes := newWorld(numbered(3)), newWorld(numbered(3))
		goes.end = nil
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- stage.Together(ctx, ended.stage(one), goes.stage(one)) }()
		time.Sleep(time.Second)
		synctest.Wait()
		select {
		case err := <-done:
			t.Fatal("a source that ended has ended the other stage", err)
		default:
		}
		cancel()
		if err := <-done; err != nil || ended.closed != 3 || goes.closed != 3 {
			t.Fatal(err, ended.closed, goes.closed)
		}

		fails, goes := newWorld(numbered(3)), newWorld(numbered(3))
		goes.end, fails.end = nil, stage.Permanent(errors.New("no such topic"))
		if err := stage.Together(t.Context(), goes.stage(one), fails.stage(one)); err == nil || !strings.Contains(err.Error(), "no such topic") {
			t.Fatal(err)
		}
		if goes.closed != 3 || len(goes.written) != 3 {
			t.Fatal(goes.closed, goes.written)
		}
	})
}

func TestBackfillConfig(t *testing.T) {
	if err := (stage.BackfillConfig{}).Validate(); err != nil {
		t.Error(err)
	}
	for want, c := range map[string]stage.BackfillConfig{
		"backfill-lanes":           {Lanes: -1},
		"backfill-in-flight":       {InFlight: -1},
		"backfill-in-flight-bytes": {InFlightBytes: -1},
		"backfill-batch-max":       {BatchMax: -1},
		"backfill-rate is -1":      {Rate: -1},
		"backfill-min-rate is -1":  {MinRate: -1},
		"backfill-live-lag":        {LiveLag: -1},
		"less than":                {Rate: 9},
		"allowed are up to":        {MinRate: stage.MaxBackfillRate + 1},
		"up to 1000000":            {Rate: stage.MaxBackfillRate + 1},
	} {
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", c, err, want)
		}
	}
	got := stage.BackfillConfig{Lanes: 7}.Stage(stage.Config{Lanes: 64, RetryMax: time.Hour, BatchMax: 9})
	if got.Lanes != 7 || got.BatchMax != stage.DefaultBackfillBatchMax || got.InFlight != stage.DefaultBackfillInFlight || got.RetryMax != time.Hour {
		t.Errorf("%+v", got)
	}
}
