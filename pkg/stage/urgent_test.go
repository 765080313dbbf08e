package stage_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/stage"
)

// paced gives each batch 100 ms after the one before.
type paced struct{ *world }

func (p paced) Next(ctx context.Context) ([]stage.Message, error) {
	time.Sleep(100 * time.Millisecond)
	return p.world.Next(ctx)
}

func flash(key string, revision int) stage.Message {
	m := msg(key, revision)
	m.Urgent = true
	return m
}

// While the first message is handled the others come in.
func TestUrgentGoesFirst(t *testing.T) {
	for name, c := range map[string]struct {
		others []stage.Message
		want   []string
		writes []int
	}{
		"before what waits": {
			[]stage.Message{msg("a", 1), msg("b", 1), flash("c", 1), msg("d", 1), flash("e", 1)},
			[]string{"c:1", "e:1", "first:1", "a:1", "b:1", "d:1"},
			[]int{2, 1, 3},
		},
		"not before its own key's": {
			[]stage.Message{msg("a", 1), msg("b", 1), flash("b", 2), flash("c", 1)},
			[]string{"c:1", "first:1", "a:1", "b:1", "b:2"},
			[]int{1, 1, 2, 1},
		},
		"nor before what is to be written of it": {
			[]stage.Message{flash("first", 2), flash("c", 1)},
			[]string{"c:1", "first:1", "first:2"},
			[]int{1, 1, 1},
		},
		"and is not overtaken by its own key's": {
			[]stage.Message{flash("a", 1), flash("b", 1), msg("a", 2), flash("a", 3), msg("c", 1)},
			[]string{"a:1", "b:1", "first:1", "a:2", "a:3", "c:1"},
			nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld([]stage.Message{msg("first", 1)}, c.others)
				s := w.stage(func(ctx context.Context, m stage.Message) ([]article.Article, error) {
					if string(m.Value) == "first:1" {
						time.Sleep(time.Second)
					}
					return one(ctx, m)
				})
				s.Source = paced{w}
				s.Config = stage.Config{Lanes: 1, BatchLinger: time.Minute}
				if err := s.Run(t.Context()); err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(w.written, c.want) || c.writes != nil && !slices.Equal(w.writes, c.writes) {
					t.Errorf("written %v in %v, want %v in %v", w.written, w.writes, c.want, c.writes)
				}
			})
		})
	}
}

// Who calls everything urgent doesn't stop the others.
func TestUrgentInARow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ms := []stage.Message{msg("first", 1), msg("other", 1)}
		for i := range 3 * stage.UrgentInARow {
			ms = append(ms, flash(fmt.Sprint("k", i), 1))
		}
		w := newWorld(ms[:1], ms[1:])
		s := w.stage(func(ctx context.Context, m stage.Message) ([]article.Article, error) {
			if string(m.Value) == "first:1" {
				time.Sleep(time.Second)
			}
			return one(ctx, m)
		})
		s.Source = paced{w}
		s.Config = stage.Config{Lanes: 1, BatchMax: 1}
		if err := s.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if at := slices.Index(w.written, "other:1"); at != stage.UrgentInARow+1 {
			t.Errorf("the other one was written as number %d", at)
		}
	})
}

// waiting messages stand before a flash.
const waiting = 10_000

// By the clock of a bubble, so that no other load counts: 1 ms for a message and
// 20 ms for a write.
func TestFlashPassesWhatWaits(t *testing.T) {
	took := map[bool]time.Duration{}
	for _, urgent := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) { took[urgent] = timeOfFlash(t, urgent) })
	}
	t.Logf("a flash behind %d messages takes %v, urgent %v", waiting, took[false], took[true])
	if took[true] > 100*time.Millisecond || took[false] < 10*took[true] {
		t.Errorf("a flash takes %v, and %v if it isn't urgent", took[true], took[false])
	}
}

func BenchmarkFlash(b *testing.B) {
	for _, urgent := range []bool{false, true} {
		b.Run(fmt.Sprintf("urgent=%v", urgent), func(b *testing.B) {
			var took time.Duration
			for range b.N {
				took += timeOfFlash(b, urgent)
			}
			b.ReportMetric(float64(took.Microseconds())/1000/float64(b.N), "ms/flash")
		})
	}
}

// timeOfFlash is from when the stage took the flash, behind the others, until it
// is safe.
func timeOfFlash(tb testing.TB, urgent bool) (took time.Duration) {
	tb.Helper()
	ms := make([]stage.Message, waiting, waiting+1)
	for i := range ms {
		ms[i] = msg(fmt.Sprint("k", i), 1)
	}
	last := msg("flash", 1)
	last.Urgent = urgent
	w := newWorld(append(ms, last))
	s := w.stage(func(ctx context.Context, m stage.Message) ([]article.Article, error) {
		time.Sleep(time.Millisecond)
		return one(ctx, m)
	})
	began := time.Now()
	s.Sink = slow{func(a article.Article) {
		if a.URI == "flash" {
			took = time.Since(began)
		}
	}}
	s.Config.InFlight = waiting + 1
	if err := s.Run(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return took
}

// slow is a sink that takes 20 ms for a write, whatever its size.
type slow struct{ safe func(article.Article) }

func (s slow) Write(_ context.Context, as []article.Article) error {
	time.Sleep(20 * time.Millisecond)
	for _, a := range as {
		s.safe(a)
	}
	return nil
}

func (slow) Close() error { return nil }
