package stage_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/stage"
)

// TestSinkPanicsOverOneArticle: in one lane and one write with many others, of
// which some are written before it and some behind it.
func TestSinkPanicsOverOneArticle(t *testing.T) {
	for _, size := range []int{1, 2, 7, 100} {
		t.Run(fmt.Sprintf("%d at once", size), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var ms []stage.Message
				for i := range 30 {
					ms = append(ms, msg(fmt.Sprint("k", i), 1))
				}
				ms = slices.Insert(ms, 11, msg("culprit", 1))
				asks := msg("asks", 1)
				asks.Interactive = true
				ms = append(ms, asks, msg("culprit", 2), msg("k3", 2))
				w := newWorld(ms)
				blows := func(a article.Article) bool { return a.URI == "culprit" && a.Revision == 1 || a.URI == "asks" }
				w.refuse = func(a article.Article) error {
					if blows(a) {
						panic("no such day")
					}
					return nil
				}
				var log bytes.Buffer
				s := w.stage(one)
				s.Log = zerolog.New(&log)
				s.Config = stage.Config{Lanes: 1, BatchMax: size}
				if err := s.Run(t.Context()); err != nil {
					t.Fatal(err)
				}
				for _, m := range ms {
					v := w.verdicts[string(m.Value)]
					bad := string(m.Value) == "culprit:1" || m.Interactive
					if len(v) != 1 || (v[0].Err != nil) != bad {
						t.Errorf("%s: %v", m.Value, v)
					}
					if !bad && !slices.Contains(w.written, string(m.Value)) {
						t.Errorf("%s was not written", m.Value)
					}
				}
				if len(w.letters) != 1 || string(w.letters[0].Message.Value) != "culprit:1" ||
					!strings.Contains(w.letters[0].Err.Error(), "article culprit: sink panicked: no such day") || w.letters[0].Attempts < 2 {
					t.Errorf("dead letters: %+v", w.letters)
				}
				if slices.Index(w.written, "k3:2") < slices.Index(w.written, "k3:1") {
					t.Errorf("out of order: %v", w.written)
				}
				if !strings.Contains(log.String(), "panic_test.go") {
					t.Error("the log doesn't show where")
				}
			})
		})
	}
}

// TestSinkPanicsOnce: then everything is written, and nothing is a dead letter.
func TestSinkPanicsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld([]stage.Message{msg("a", 1), msg("b", 1), msg("a", 2)})
		w.whole = func(n int) error {
			if n == 1 {
				panic("a hiccup")
			}
			return nil
		}
		if err := w.stage(one).Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(w.letters) != 0 || len(w.verdicts) != 3 || len(w.written) != 3 {
			t.Errorf("%d dead letters, verdicts %v, written %v", len(w.letters), w.verdicts, w.written)
		}
	})
}

// TestDeadLettersPanic: the letter is written again until it is safe.
func TestDeadLettersPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld([]stage.Message{msg("a", 1), msg("b", 1)})
		w.dead = func(n int) error {
			if n < 4 {
				panic("full")
			}
			return nil
		}
		s := w.stage(func(ctx context.Context, m stage.Message) ([]article.Article, error) {
			if string(m.Key) == "a" {
				panic("not news")
			}
			return one(ctx, m)
		})
		if err := s.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(w.letters) != 1 || !strings.Contains(w.letters[0].Err.Error(), "handler panicked: not news") || w.retries[stage.CallDead] != 3 || w.verdicts["b:1"][0].Err != nil {
			t.Errorf("dead letters %+v, retries %v, verdicts %v", w.letters, w.retries, w.verdicts)
		}
	})
}

// panickingSource panics once its messages are given.
type panickingSource struct{ *world }

func (s panickingSource) Next(ctx context.Context) ([]stage.Message, error) {
	if len(s.batches) == 0 {
		panic("lost the thread")
	}
	return s.world.Next(ctx)
}

// TestSourcePanics: what is in work is finished, and the stage ends and says so.
func TestSourcePanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld([]stage.Message{msg("a", 1)})
		s := w.stage(func(ctx context.Context, m stage.Message) ([]article.Article, error) {
			<-time.After(time.Second)
			return one(ctx, m)
		})
		s.Source = panickingSource{w}
		if err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "source panicked: lost the thread") {
			t.Errorf("ended with %v", err)
		}
		if len(w.written) != 1 || w.closed != 3 {
			t.Errorf("written %v, %d closed", w.written, w.closed)
		}
	})
}
