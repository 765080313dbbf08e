package boot

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/stage"
)

func TestStepIsRepeatedUntilItSucceeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log buffer
		k := &Kit{Name: "dredge", Log: zerolog.New(&log)}
		var mu sync.Mutex // synctest's clock tells the race detector nothing
		reason := errors.New("no water")
		tries := 0
		because := func(err error) {
			mu.Lock()
			defer mu.Unlock()
			reason = err
		}
		ended := make(chan error, 1)
		go func() {
			ended <- k.Await(t.Context(), "dredge", func(context.Context) error {
				mu.Lock()
				defer mu.Unlock()
				tries++
				return reason
			})
		}()
		says := func() (all []string) {
			for _, c := range k.list() {
				if err := c.ask(t.Context()); err != nil {
					all = append(all, c.name+": "+err.Error())
				}
			}
			return all
		}
		<-time.After(time.Second)
		if got := strings.Join(says(), "; "); got != "running: the service is starting; start: can't dredge yet: no water" {
			t.Errorf("ready says %q", got)
		}
		if log.String() != "" {
			t.Errorf("a second is no news: %s", log.String())
		}
		<-time.After(time.Hour - time.Second)
		if n := strings.Count(log.String(), "can't dredge yet"); n < 110 || n > 121 {
			t.Errorf("said %d times in an hour", n)
		}
		mu.Lock()
		tried := tries
		mu.Unlock()
		if tried < 1700 || tried > 1900 {
			t.Errorf("tried %d times in an hour", tried)
		}
		before := strings.Count(log.String(), "\n")
		because(errors.New("no shovel"))
		<-time.After(awaitMax + time.Millisecond)
		if n := strings.Count(log.String(), "\n"); n != before+1 || !strings.Contains(log.String(), "no shovel") {
			t.Errorf("another reason is not said at once")
		}
		because(nil)
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if !strings.Contains(log.String(), "no longer waiting: could dredge") {
			t.Errorf("the end of it is not said")
		}
		if got := says(); len(got) != 1 {
			t.Errorf("ready says %q", got)
		}
	})
}

func TestStepThatCanNeverSucceedEndsTheStart(t *testing.T) {
	k := &Kit{Log: zerolog.Nop()}
	never := stage.Permanent(errors.New("forbidden"))
	if err := k.Await(t.Context(), "dredge", func(context.Context) error { return never }); !errors.Is(err, never) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err := k.Await(ctx, "dredge", func(context.Context) error {
		cancel()
		return errors.New("interrupted")
	})
	if !errors.Is(err, context.Canceled) || len(k.waits) > 0 {
		t.Errorf("got %v, %d waits", err, len(k.waits))
	}
}
