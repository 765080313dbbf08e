package stage_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/stage"
)

// hangsHere is looked for in the stack.
func hangsHere(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestHungCallIsShownAndCanceled(t *testing.T) {
	for _, what := range []stage.Call{stage.CallHandler, stage.CallSink, stage.CallDead} {
		t.Run(string(what), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld([]stage.Message{msg("a", 1), msg("a", 2)})
				var log bytes.Buffer
				first := true
				hang := func(ctx context.Context, now stage.Call) error {
					if now != what || !first {
						return nil
					}
					first = false
					return hangsHere(ctx)
				}
				s := w.stage(func(ctx context.Context, m stage.Message) ([]article.Article, error) {
					if err := hang(ctx, stage.CallHandler); err != nil {
						return nil, err
					}
					if what == stage.CallDead {
						return nil, stage.Permanent(errors.New("bad"))
					}
					return one(ctx, m)
				})
				s.Sink, s.Dead = hangingSink{w, hang}, hangingDead{deadWorld{w}, hang}
				s.Log = zerolog.New(&log)
				s.Config = stage.Config{HangAfter: time.Minute, CancelAfter: 3 * time.Minute}
				begin := time.Now()
				if err := s.Run(t.Context()); err != nil {
					t.Fatal(err)
				}
				if d := time.Since(begin); d < 3*time.Minute || d > 4*time.Minute {
					t.Errorf("ended after %v", d)
				}
				if len(w.verdicts) != 2 || w.retries[what] != 1 || fmt.Sprint(w.hung) != "[1 0]" {
					t.Errorf("verdicts %v, retries %v, hung %v", w.verdicts, w.retries, w.hung)
				}
				said := log.String()
				if strings.Count(said, "lane hangs") != 1 || !strings.Contains(said, "hangsHere") || !strings.Contains(said, `"topic":"t"`) {
					t.Errorf("the log doesn't show where it hangs: %s", said)
				}
				if !strings.Contains(said, "canceled by the watchdog") {
					t.Errorf("the log doesn't say who canceled: %s", said)
				}
			})
		})
	}
}

type hangingSink struct {
	*world
	hang func(context.Context, stage.Call) error
}

func (h hangingSink) Write(ctx context.Context, as []article.Article) error {
	if err := h.hang(ctx, stage.CallSink); err != nil {
		return err
	}
	return h.world.Write(ctx, as)
}

type hangingDead struct {
	deadWorld
	hang func(context.Context, stage.Call) error
}

func (h hangingDead) Write(ctx context.Context, l stage.DeadLetter) error {
	if err := h.hang(ctx, stage.CallDead); err != nil {
		return err
	}
	return h.deadWorld.Write(ctx, l)
}
