package stage_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/leaktest"
	"github.com/copytaster/copytaster/pkg/stage"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// world is a source, sink, dead letters and observer in one, and remembers all.
type world struct {
	batches [][]stage.Message
	end     error // after the batches; nil: wait for ctx
	refuse  func(a article.Article) error
	whole   func(n int) error // error of the n-th write, n from 1
	dead    func(n int) error

	mu       sync.Mutex
	written  []string // "key:revision" in order
	letters  []stage.DeadLetter
	verdicts map[string][]stage.Verdict
	outcomes map[stage.Outcome]int
	retries  map[stage.Call]int
	hung     []int
	failing  []string // "lanes: why"
	writes   []int    // sizes
	deads    int
	closed   int
	writing  map[article.URI]bool
}

func newWorld(batches ...[]stage.Message) *world {
	return &world{
		batches: batches, end: io.EOF, verdicts: map[string][]stage.Verdict{}, outcomes: map[stage.Outcome]int{},
		retries: map[stage.Call]int{}, writing: map[article.URI]bool{},
	}
}

func (w *world) Next(ctx context.Context) ([]stage.Message, error) {
	if len(w.batches) == 0 {
		if w.end == nil {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		return nil, w.end
	}
	ms := w.batches[0]
	w.batches = w.batches[1:]
	for i := range ms {
		v := string(ms[i].Value)
		ms[i].Ack = func(verdict stage.Verdict) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.verdicts[v] = append(w.verdicts[v], verdict)
		}
	}
	return ms, nil
}

func (w *world) Write(ctx context.Context, as []article.Article) error {
	w.mu.Lock()
	w.writes = append(w.writes, len(as))
	n := len(w.writes)
	for _, a := range as {
		if w.writing[a.URI] {
			w.mu.Unlock()
			panic("two writes of one article at once: " + a.URI)
		}
		w.writing[a.URI] = true
	}
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, a := range as {
			delete(w.writing, a.URI)
		}
	}()
	time.Sleep(time.Millisecond) // of the bubble: lets the others come in between
	if w.whole != nil {
		if err := w.whole(n); err != nil {
			return err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	errs := map[int]error{}
	for i, a := range as {
		if w.refuse != nil {
			if err := w.refuse(a); err != nil {
				errs[i] = err
				continue
			}
		}
		w.written = append(w.written, fmt.Sprintf("%s:%d", a.URI, a.Revision))
	}
	if len(errs) > 0 {
		return &stage.PartialError{Errs: errs, Total: len(as)}
	}
	return ctx.Err()
}

func (w *world) Close() error { w.closed++; return nil }

type deadWorld struct{ *world }

func (d deadWorld) Write(_ context.Context, l stage.DeadLetter) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.deads++
	if d.dead != nil {
		if err := d.dead(d.deads); err != nil {
			return err
		}
	}
	d.letters = append(d.letters, l)
	return nil
}

func (w *world) Done(o stage.Outcome, n int, _ time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.outcomes[o] += n
}

func (w *world) Retry(c stage.Call) { w.mu.Lock(); defer w.mu.Unlock(); w.retries[c]++ }
func (w *world) Hung(n int)         { w.mu.Lock(); defer w.mu.Unlock(); w.hung = append(w.hung, n) }

func (w *world) Failing(n int, why error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failing = append(w.failing, fmt.Sprintf("%d: %v", n, why))
}

func (w *world) stage(h stage.Handler) stage.Stage {
	return stage.Stage{Name: "test", Source: w, Handler: h, Sink: w, Dead: deadWorld{w}, Observer: w, Log: zerolog.Nop()}
}

// msg is a message whose value is "key:revision".
func msg(key string, revision int) stage.Message {
	return stage.Message{Topic: "t", Offset: int64(revision), Key: []byte(key), Value: fmt.Appendf(nil, "%s:%d", key, revision)}
}

func parse(m stage.Message) article.Article {
	key, rev, _ := strings.Cut(string(m.Value), ":")
	a := article.Article{URI: article.URI(key)}
	_, _ = fmt.Sscan(rev, &a.Revision)
	return a
}

func one(_ context.Context, m stage.Message) ([]article.Article, error) {
	return []article.Article{parse(m)}, nil
}

// checkOrder: revisions of each key are written in order, each exactly once.
func checkOrder(t interface{ Fatalf(string, ...any) }, written []string, keys, revisions int) {
	last := map[string]int{}
	for _, w := range written {
		key, rev, _ := strings.Cut(w, ":")
		var r int
		_, _ = fmt.Sscan(rev, &r)
		if r != last[key]+1 {
			t.Fatalf("%s after %s:%d, in %v", w, key, last[key], written)
		}
		last[key] = r
	}
	if len(last) != keys || len(written) != keys*revisions {
		t.Fatalf("%d keys, %d articles, want %d and %d", len(last), len(written), keys, keys*revisions)
	}
}

func TestOrderWithinKeys(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		keys, revisions := rapid.IntRange(1, 12).Draw(rt, "keys"), rapid.IntRange(1, 12).Draw(rt, "revisions")
		cfg := stage.Config{
			Lanes: rapid.IntRange(1, 8).Draw(rt, "lanes"), BatchMax: rapid.IntRange(1, 20).Draw(rt, "batch"),
			InFlight: rapid.IntRange(1, 50).Draw(rt, "in flight"), InFlightBytes: rapid.Int64Range(1, 200).Draw(rt, "bytes"),
		}
		rate := rapid.IntRange(0, 60).Draw(rt, "failures in percent")
		urgent := rapid.SliceOfN(rapid.Bool(), keys*revisions, keys*revisions).Draw(rt, "urgent")
		synctest.Test(t, func(t *testing.T) {
			var ms []stage.Message
			for r := range revisions {
				for k := range keys {
					m := msg(fmt.Sprint("k", k), r+1)
					m.Urgent = urgent[len(ms)]
					ms = append(ms, m)
				}
			}
			w := newWorld(ms)
			fails := func() bool { return rand.IntN(100) < rate }
			w.refuse = func(article.Article) error {
				if fails() {
					return errors.New("busy")
				}
				return nil
			}
			w.whole = func(int) error {
				if fails() {
					return errors.New("away")
				}
				return nil
			}
			s := w.stage(func(ctx context.Context, m stage.Message) ([]article.Article, error) {
				time.Sleep(rand.N(3 * time.Millisecond))
				if fails() {
					return nil, errors.New("not now")
				}
				return one(ctx, m)
			})
			cfg.HandlerAttempts = 1000
			s.Config = cfg
			if err := s.Run(t.Context()); err != nil {
				rt.Fatalf("%v", err)
			}
			checkOrder(rt, w.written, keys, revisions)
			if len(w.verdicts) != keys*revisions || w.outcomes[stage.OK] != keys*revisions || len(w.letters) != 0 || w.closed != 3 {
				rt.Fatalf("%d verdicts, outcomes %v, %d letters, %d closed", len(w.verdicts), w.outcomes, len(w.letters), w.closed)
			}
			for v, vs := range w.verdicts {
				if len(vs) != 1 || vs[0].Err != nil || len(vs[0].Articles) != 1 {
					rt.Fatalf("%s: %v", v, vs)
				}
			}
		})
	})
}

func TestOutcomes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		interactive := msg("interactive", 1)
		interactive.Interactive = true
		tired := msg("tired", 1)
		w := newWorld([]stage.Message{
			msg("ok", 1), msg("filtered", 1), msg("permanent", 1), msg("panic", 1), tired, msg("refused", 1), interactive, msg("two", 1),
			msg("half", 1),
			{Topic: "t", Value: []byte("nokey:1")},
		})
		w.refuse = func(a article.Article) error {
			if a.URI == "refused" || a.URI == "half-2" {
				return stage.Permanent(errors.New("mapping"))
			}
			return nil
		}
		s := w.stage(func(ctx context.Context, m stage.Message) ([]article.Article, error) {
			switch string(m.Key) {
			case "filtered":
				return nil, nil
			case "permanent", "interactive":
				return nil, fmt.Errorf("decode: %w", stage.Permanent(errors.New("not news")))
			case "panic":
				panic("index out of range")
			case "tired":
				return nil, errors.New("timeout")
			case "two", "half":
				return []article.Article{{URI: article.URI(m.Key) + "-1"}, {URI: article.URI(m.Key) + "-2"}}, nil
			}
			return one(ctx, m)
		})
		s.Config.HandlerAttempts = 3
		if err := s.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(w.verdicts) != 10 {
			t.Fatal(w.verdicts)
		}
		letters := map[string]stage.DeadLetter{}
		for _, l := range w.letters {
			letters[string(l.Message.Key)] = l
			if l.Message.Ack != nil || l.Stage != "test" || l.At.IsZero() {
				t.Errorf("%+v", l)
			}
		}
		for key, want := range map[string]string{
			"permanent": "not news", "panic": "index out of range", "tired": "given up after 3 attempts: timeout",
			"refused": "article refused: mapping", "half": "article half-2: mapping",
		} {
			if l, ok := letters[key]; !ok || !strings.Contains(l.Err.Error(), want) {
				t.Errorf("letter of %s: %v", key, l.Err)
			}
			if v := w.verdicts[key+":1"]; len(v) != 1 || v[0].Err == nil {
				t.Errorf("verdict of %s: %v", key, v)
			}
		}
		if len(w.letters) != 5 || letters["tired"].Attempts != 3 || letters["permanent"].Attempts != 1 {
			t.Errorf("%d letters", len(w.letters))
		}
		if v := w.verdicts["interactive:1"]; len(v) != 1 || !stage.IsPermanent(v[0].Err) {
			t.Errorf("the sender was told %v", v)
		}
		if v := w.verdicts["two:1"]; len(v) != 1 || len(v[0].Articles) != 2 {
			t.Errorf("two: %v", v)
		}
		if v := w.verdicts["half:1"]; len(v) != 1 || len(v[0].Articles) != 1 {
			t.Errorf("half: %v", v)
		}
		want := map[stage.Outcome]int{stage.OK: 5, stage.Filtered: 1, stage.Dead: 5, stage.Refused: 1}
		if fmt.Sprint(w.outcomes) != fmt.Sprint(want) || w.retries[stage.CallHandler] != 2 {
			t.Errorf("outcomes %v, retries %v", w.outcomes, w.retries)
		}
	})
}

func TestFailingSinkHoldsUpIntakeAndLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var batches [][]stage.Message
		for i := range 100 {
			batches = append(batches, []stage.Message{msg(fmt.Sprint("k", i%7), i/7+1)})
		}
		w := newWorld(batches...)
		w.end = nil
		start := time.Now()
		w.whole = func(int) error {
			if time.Since(start) < time.Hour {
				return errors.New("down")
			}
			return nil
		}
		s := w.stage(one)
		s.Config = stage.Config{InFlight: 10, Lanes: 3}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- s.Run(ctx) }()
		time.Sleep(30 * time.Minute)
		synctest.Wait()
		w.mu.Lock()
		taken, acked, tries := 100-len(w.batches), len(w.verdicts), len(w.writes)
		w.mu.Unlock()
		if taken > 11 || acked != 0 {
			t.Fatalf("while the sink is down: %d messages taken, %d acknowledged", taken, acked)
		}
		// Half of 5 s to 5 s between attempts of three lanes.
		if tries > 3*(1800*2/5+10) || tries < 1800/5 {
			t.Fatalf("%d attempts in half an hour", tries)
		}
		time.Sleep(31 * time.Minute)
		synctest.Wait()
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if len(w.written) != 100 || len(w.verdicts) != 100 || len(w.letters) != 0 {
			t.Fatalf("%d written, %d acknowledged", len(w.written), len(w.verdicts))
		}
	})
}

func TestFailingDeadLettersBlockTheirLaneOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// Of so many, in 256 lanes, a few may share that of the bad one, by chance.
		const others, sharing = 100, 20
		ms := []stage.Message{msg("bad", 1), msg("bad", 2)}
		for i := range others {
			ms = append(ms, msg(fmt.Sprint("k", i), 1))
		}
		w := newWorld(ms)
		w.end = nil
		w.dead = func(n int) error {
			if n < 20 {
				return errors.New("no dead letters now")
			}
			return nil
		}
		s := w.stage(func(ctx context.Context, m stage.Message) ([]article.Article, error) {
			if string(m.Value) == "bad:1" {
				return nil, stage.Permanent(errors.New("bad"))
			}
			return one(ctx, m)
		})
		s.Config.Lanes = 256
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- s.Run(ctx) }()
		time.Sleep(time.Second)
		synctest.Wait()
		w.mu.Lock()
		if len(w.verdicts["bad:1"])+len(w.verdicts["bad:2"]) != 0 || len(w.written) < others-sharing {
			t.Errorf("while the letter can't be written: %v, verdicts %v", w.written, w.verdicts)
		}
		w.mu.Unlock()
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if len(w.verdicts["bad:1"]) != 1 || len(w.letters) != 1 || w.retries[stage.CallDead] != 19 || len(w.written) != others+1 {
			t.Fatalf("verdicts %v, retries %v", w.verdicts, w.retries)
		}
	})
}

func TestLoneMessageIsNotDelayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld([]stage.Message{msg("a", 1)})
		s := w.stage(one)
		s.Config.BatchLinger = time.Hour
		start := time.Now()
		if err := s.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(start); d != time.Millisecond { // what the sink takes
			t.Fatal(d)
		}
	})
}

func TestFinishedArticleDoesNotWaitForSlowOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ms []stage.Message
		for i := range 100 {
			ms = append(ms, msg(fmt.Sprint("k", i), 1))
		}
		w := newWorld(ms)
		s := w.stage(func(ctx context.Context, m stage.Message) ([]article.Article, error) {
			time.Sleep(4 * time.Millisecond)
			return one(ctx, m)
		})
		s.Config = stage.Config{Lanes: 1, BatchLinger: 10 * time.Millisecond}
		if err := s.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, n := range w.writes {
			if n > 4 {
				t.Fatalf("an article waited for %d more: %v", n-1, w.writes)
			}
		}
		if len(w.writes) > 40 {
			t.Fatalf("no batches: %v", w.writes)
		}
	})
}

func TestBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ms []stage.Message
		for i := range 100 {
			ms = append(ms, msg(fmt.Sprint("k", i), 1))
		}
		w := newWorld(ms)
		s := w.stage(one)
		s.Config = stage.Config{Lanes: 1, BatchMax: 30}
		if err := s.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, n := range w.writes {
			if n > 30 {
				t.Fatal(w.writes)
			}
		}
		if len(w.writes) > 8 {
			t.Fatalf("%d writes for 100 articles: %v", len(w.writes), w.writes)
		}
	})
}

func TestStopFinishesWhatIsInWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld([]stage.Message{msg("a", 1), msg("a", 2)})
		w.end = nil
		s := w.stage(func(ctx context.Context, m stage.Message) ([]article.Article, error) {
			time.Sleep(5 * time.Second)
			return one(ctx, m)
		})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- s.Run(ctx) }()
		time.Sleep(time.Second)
		cancel()
		start := time.Now()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if len(w.verdicts) != 2 || time.Since(start) > 10*time.Second {
			t.Fatal(w.verdicts, time.Since(start))
		}
	})
}

func TestStopGivesUpAfterTheDrainTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld([]stage.Message{msg("a", 1), msg("b", 1)})
		w.end = nil
		w.whole = func(int) error { return errors.New("down") }
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		s := w.stage(one)
		s.Config.DrainTimeout = 3 * time.Second
		go func() { done <- s.Run(ctx) }()
		time.Sleep(time.Second)
		cancel()
		start := time.Now()
		err := <-done
		if err == nil || !strings.Contains(err.Error(), "2 messages were not finished within the drain timeout of 3s") {
			t.Fatal(err)
		}
		if d := time.Since(start); d < 3*time.Second || d > 4*time.Second {
			t.Fatal(d)
		}
		if len(w.verdicts) != 0 || w.closed != 3 {
			t.Fatal(w.verdicts, w.closed)
		}
	})
}

func TestStopWhileHandlerIgnoresItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld([]stage.Message{msg("a", 1)})
		w.end = nil
		release := make(chan struct{})
		s := w.stage(func(context.Context, stage.Message) ([]article.Article, error) { <-release; return nil, nil })
		s.Config.DrainTimeout, s.Config.HangAfter = 3*time.Second, time.Second
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- s.Run(ctx) }()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		w.mu.Lock()
		if fmt.Sprint(w.hung) != "[1]" {
			t.Errorf("hung lanes: %v", w.hung)
		}
		w.mu.Unlock()
		cancel()
		if err := <-done; err == nil || !strings.Contains(err.Error(), "1 messages were not finished") {
			t.Fatal(err)
		}
		if fmt.Sprint(w.hung) != "[1 0]" {
			t.Errorf("hung lanes: %v", w.hung)
		}
		close(release)
	})
}

// TestRetryingLaneIsNotHung: calls that return and fail are no hanging ones,
// but make the stage not ready when they do it for long, whoever is called.
func TestRetryingLaneIsNotHung(t *testing.T) {
	const hangAfter = time.Minute
	for what, fail := range map[stage.Call]func(s *stage.Stage, w *world, down func() error){
		stage.CallSink: func(_ *stage.Stage, w *world, down func() error) { w.whole = func(int) error { return down() } },
		"sink, one article of two": func(_ *stage.Stage, w *world, down func() error) {
			w.refuse = func(a article.Article) error {
				if a.Revision == 1 {
					return nil
				}
				return down()
			}
		},
		stage.CallHandler: func(s *stage.Stage, _ *world, down func() error) {
			s.Config.RetryBudget = 1
			s.Handler = func(ctx context.Context, m stage.Message) ([]article.Article, error) {
				if err := down(); err != nil {
					return nil, err
				}
				return one(ctx, m)
			}
		},
		stage.CallDead: func(s *stage.Stage, w *world, down func() error) {
			w.dead = func(int) error { return down() }
			s.Handler = func(context.Context, stage.Message) ([]article.Article, error) {
				return nil, stage.Permanent(errors.New("bad"))
			}
		},
	} {
		for _, outage := range []time.Duration{hangAfter / 2, 10 * hangAfter} {
			t.Run(fmt.Sprint(what, " for ", outage), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld([]stage.Message{msg("a", 1), msg("a", 2)})
					s := w.stage(one)
					s.Config.HangAfter = hangAfter
					begin := time.Now()
					var last time.Duration
					fail(&s, w, func() error {
						if last = time.Since(begin); last < outage {
							return fmt.Errorf("down at %v", last)
						}
						return nil
					})
					if err := s.Run(t.Context()); err != nil || len(w.hung) != 0 || len(w.verdicts) != 2 {
						t.Fatal(err, w.hung, w.verdicts)
					}
					if outage < hangAfter {
						if len(w.failing) != 0 {
							t.Errorf("told after %v: %v", outage, w.failing)
						}
						return
					}
					n := len(w.failing)
					if n < 10 || w.failing[n-1] != "0: <nil>" {
						t.Fatalf("told %d times: %v", n, w.failing)
					}
					call, _, _ := strings.Cut(string(what), ",")
					for _, f := range w.failing[:n-1] {
						if !strings.HasPrefix(f, "1: "+call+", since 2000-01-01T00:00:00Z: ") || !strings.Contains(f, "down at ") {
							t.Errorf("told %q", f)
						}
					}
					if w.failing[0] == w.failing[n-2] {
						t.Errorf("the last failure isn't told: %v", w.failing)
					}
				})
			})
		}
	}
}

type failing struct {
	*world
	errs []error
}

func (f *failing) Next(ctx context.Context) ([]stage.Message, error) {
	if len(f.errs) > 0 {
		err := f.errs[0]
		f.errs = f.errs[1:]
		return nil, err
	}
	return f.world.Next(ctx)
}

func TestSourceErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld([]stage.Message{msg("a", 1)})
		s := w.stage(one)
		s.Source = &failing{w, []error{errors.New("x"), errors.New("y")}}
		if err := s.Run(t.Context()); err != nil || len(w.verdicts) != 1 || w.retries[stage.CallSource] != 2 {
			t.Fatal(err, w.verdicts, w.retries)
		}
		w = newWorld()
		s = w.stage(one)
		s.Source = &failing{w, []error{stage.Permanent(errors.New("no such topic"))}}
		if err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "no such topic") || w.closed != 3 {
			t.Fatal(err)
		}
	})
}

func TestPermanentErrorOfTheWholeSink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld([]stage.Message{msg("a", 1), msg("b", 1)})
		w.whole = func(int) error { return stage.Permanent(errors.New("forbidden")) }
		if err := w.stage(one).Run(t.Context()); err != nil || len(w.letters) != 2 || len(w.written) != 0 {
			t.Fatal(err, w.letters)
		}
	})
}

func TestLargeMessageIsTakenAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		big := msg("big", 1)
		big.Headers = []stage.Header{{Key: "x", Value: make([]byte, 1000)}}
		w := newWorld([]stage.Message{big, msg("a", 1), big})
		var mu sync.Mutex
		now, most := 0, 0
		s := w.stage(func(ctx context.Context, m stage.Message) ([]article.Article, error) {
			mu.Lock()
			now++
			most = max(most, now)
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			now--
			mu.Unlock()
			return one(ctx, m)
		})
		s.Config.InFlightBytes = 100
		if err := s.Run(t.Context()); err != nil || most != 1 || len(w.written) != 3 {
			t.Fatal(err, most, w.written)
		}
	})
}

func TestUnfitStage(t *testing.T) {
	w := newWorld()
	for name, c := range map[string]struct {
		change func(*stage.Stage)
		want   string
	}{
		"no name":    {func(s *stage.Stage) { s.Name = "" }, "lacks"},
		"no source":  {func(s *stage.Stage) { s.Source = nil }, "lacks"},
		"no handler": {func(s *stage.Stage) { s.Handler = nil }, "lacks"},
		"no sink":    {func(s *stage.Stage) { s.Sink = nil }, "lacks"},
		"no dead":    {func(s *stage.Stage) { s.Dead = nil }, "lacks"},
		"lanes":      {func(s *stage.Stage) { s.Config.Lanes = -1 }, "setting stage-lanes is -1"},
		"retry":      {func(s *stage.Stage) { s.Config.RetryMin = time.Hour }, "retry-max is 5s"},
	} {
		s := w.stage(one)
		c.change(&s)
		if err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func BenchmarkStage(b *testing.B) {
	var ms []stage.Message
	for i := range b.N {
		ms = append(ms, msg(fmt.Sprint("k", i%1000), i))
	}
	w := &devNull{ms: ms}
	s := stage.Stage{Name: "bench", Source: w, Handler: one, Sink: w, Dead: deadWorld{newWorld()}, Log: zerolog.Nop()}
	b.ReportAllocs()
	b.ResetTimer()
	if err := s.Run(context.Background()); err != nil {
		b.Fatal(err)
	}
}

type devNull struct{ ms []stage.Message }

func (d *devNull) Next(context.Context) ([]stage.Message, error) {
	if len(d.ms) == 0 {
		return nil, io.EOF
	}
	n := min(500, len(d.ms))
	ms := d.ms[:n]
	d.ms = d.ms[n:]
	return ms, nil
}
func (*devNull) Write(context.Context, []article.Article) error { return nil }
func (*devNull) Close() error                                   { return nil }

// TestRevokedIsGivenBack: what was taken away while it waited for the gate, in
// a lane or to be tried again is not handled, and the source is asked for more.
func TestRevokedIsGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var taken atomic.Bool
		var handled atomic.Int64
		ms, after := numbered(3000), numbered(5)
		for i := range ms {
			ms[i].Revoked = taken.Load
			ms[i].Value = fmt.Appendf(nil, "r%d", i)
		}
		w := newWorld(ms, after)
		s := w.stage(nil)
		s.Config = stage.Config{Lanes: 2}
		b := stage.NewBudget(stage.BackfillConfig{MinRate: 10})
		b.SetLag(1 << 20)
		s.Gate = b.Backfill()
		s.Handler = func(ctx context.Context, m stage.Message) ([]article.Article, error) {
			if strings.HasPrefix(string(m.Value), "r") {
				handled.Add(1)
				select {
				case <-time.After(time.Second):
				case <-ctx.Done():
				}
				if handled.Load() == 1 {
					return nil, errors.New("try again")
				}
			}
			return nil, nil
		}
		ended := make(chan error, 1)
		go func() { ended <- s.Run(t.Context()) }()
		time.Sleep(5 * time.Second)
		taken.Store(true)
		time.Sleep(time.Second + time.Millisecond) // what is in work
		before := handled.Load()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		if n := handled.Load(); n != before || n == 0 || n > 20 {
			t.Errorf("%d messages were handled, %d of them after they were taken away", n, n-before)
		}
		given := 0
		for i := range ms {
			vs := w.verdicts[string(ms[i].Value)]
			if len(vs) != 1 {
				t.Fatalf("message %d has verdicts %v", i, vs)
			}
			if errors.Is(vs[0].Err, stage.ErrRevoked) {
				given++
			}
		}
		if done := len(ms) - given; int64(done) > before || done == 0 {
			t.Errorf("%d were done and %d given back, of %d handled", done, given, before)
		}
		if n := len(w.letters); n != 0 {
			t.Errorf("%d dead letters", n)
		}
	})
}
