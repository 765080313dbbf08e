package stage_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/stage"
)

// start runs s; stop ends it and gives its error.
func start(t *testing.T, s stage.Stage) (stop func() error) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	return func() error { cancel(); return <-done }
}

// many is n messages of keys keys.
func many(n, keys int) []stage.Message {
	var ms []stage.Message
	for i := range n {
		ms = append(ms, msg(fmt.Sprint("k", i%keys), i/keys+1))
	}
	return ms
}

// TestOutageMakesNoDeadLetters: while all fails, next to nothing is given up,
// and what is down is asked seldom; afterwards all is done.
func TestOutageMakesNoDeadLetters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n, outage = 2000, 50 * time.Minute
		w := newWorld(many(n, 500))
		w.end = nil
		begin, calls := time.Now(), 0
		s := w.stage(func(ctx context.Context, m stage.Message) ([]article.Article, error) {
			w.mu.Lock()
			calls++
			w.mu.Unlock()
			if time.Since(begin) < outage {
				return nil, errors.New("gazetteer is down")
			}
			return one(ctx, m)
		})
		stop := start(t, s)
		time.Sleep(outage)
		synctest.Wait()
		w.mu.Lock()
		letters, asked := len(w.letters), calls
		w.mu.Unlock()
		if most := stage.DefaultRetryBudget / stage.DefaultHandlerAttempts; letters > most {
			t.Errorf("%d dead letters, at most %d are agreed", letters, most)
		}
		// Each lane once in half of 5 s to 5 s.
		if most := stage.DefaultLanes*int(outage/(stage.DefaultRetryMax/2)) + 100; asked > most {
			t.Errorf("asked %d times, at most %d are agreed", asked, most)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		if len(w.letters) != letters || len(w.written) != n-letters || len(w.verdicts) != n {
			t.Errorf("%d letters, %d written, %d verdicts", len(w.letters), len(w.written), len(w.verdicts))
		}
	})
}

// TestOddOneOutIsGivenUpSoon: as long as most succeed, the one that fails is a
// dead letter within seconds, and holds up its own lane only.
func TestOddOneOutIsGivenUpSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(many(1000, 100))
		begin := time.Now()
		s := w.stage(func(ctx context.Context, m stage.Message) ([]article.Article, error) {
			if string(m.Value) == "k7:3" || string(m.Value) == "k50:5" {
				return nil, errors.New("timeout")
			}
			return one(ctx, m)
		})
		if err := s.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(begin); len(w.letters) != 2 || len(w.written) != 998 || d > 5*time.Second {
			t.Fatalf("%d letters, %d written, after %v", len(w.letters), len(w.written), d)
		}
		for _, l := range w.letters {
			if l.Attempts != stage.DefaultHandlerAttempts {
				t.Errorf("%d attempts", l.Attempts)
			}
		}
	})
}

// TestLoneFailureEnds: a message that fails alone in the night, with nobody to
// compare it with, doesn't hold its lane for ever.
func TestLoneFailureEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld([]stage.Message{msg("a", 1), msg("a", 2), msg("a", 3), msg("a", 4)})
		begin := time.Now()
		s := w.stage(func(ctx context.Context, m stage.Message) ([]article.Article, error) {
			if string(m.Value) != "a:4" {
				return nil, errors.New("timeout")
			}
			return one(ctx, m)
		})
		s.Config = stage.Config{Lanes: 1, GiveUpAfter: 10 * time.Minute}
		if err := s.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		// Two by the budget, one by the time.
		if d := time.Since(begin); len(w.letters) != 3 || d < 10*time.Minute || d > 11*time.Minute || len(w.written) != 1 {
			t.Fatalf("%d letters after %v: %v", len(w.letters), d, w.written)
		}
		if err := w.letters[2].Err; !strings.Contains(err.Error(), "attempts in 10m") {
			t.Error(err)
		}
	})
}

// TestFatalEndsTheStage: nothing becomes a dead letter, nothing is acknowledged
// that isn't safe, and the reason is told.
func TestFatalEndsTheStage(t *testing.T) {
	gone := stage.Fatal(errors.New("another writer owns it now"))
	for name, set := range map[string]func(*world, *stage.Stage){
		"handler": func(_ *world, s *stage.Stage) {
			s.Handler = func(ctx context.Context, m stage.Message) ([]article.Article, error) {
				if string(m.Value) == "k3:2" {
					return nil, fmt.Errorf("state: %w", gone)
				}
				return one(ctx, m)
			}
		},
		"sink":            func(w *world, _ *stage.Stage) { w.whole = func(int) error { return gone } },
		"part of a write": func(w *world, _ *stage.Stage) { w.refuse = func(article.Article) error { return gone } },
		"dead letters": func(w *world, s *stage.Stage) {
			w.dead = func(int) error { return gone }
			s.Handler = func(context.Context, stage.Message) ([]article.Article, error) {
				return nil, stage.Permanent(errors.New("bad"))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(many(100, 10))
				w.end = nil
				s := w.stage(one)
				set(w, &s)
				err := s.Run(t.Context())
				if !stage.IsFatal(err) || !stage.IsPermanent(err) || !strings.Contains(err.Error(), "another writer") {
					t.Fatal(err)
				}
				if len(w.letters) != 0 || len(w.verdicts) != len(w.written) || len(w.written) > 99 || w.closed != 3 {
					t.Fatalf("%d letters, %d verdicts, %d written", len(w.letters), len(w.verdicts), len(w.written))
				}
			})
		})
	}
}
