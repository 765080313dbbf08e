package boot

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A check that hangs, and heeds no context, is asked once however often /readyz
// is, says for how long, and is asked anew when it has answered.
func TestCheckThatHangsIsAskedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		answer := make(chan error)
		c := &check{name: "archive", ask: func(context.Context) error {
			asked.Add(1)
			return <-answer
		}}
		ready := func() error {
			ctx, cancel := context.WithTimeout(t.Context(), checkTimeout)
			defer cancel()
			return c.run(ctx)
		}
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				if err := ready(); err == nil || err.Error() != "no answer for 3s" {
					t.Errorf("got %v", err)
				}
			})
		}
		all.Wait()
		time.Sleep(time.Minute)
		for range 100 {
			before := time.Now()
			if err := ready(); err == nil || err.Error() != "no answer for 1m3s" || time.Since(before) > 0 {
				t.Fatalf("got %v after %v", err, time.Since(before))
			}
		}
		if n := asked.Load(); n != 1 {
			t.Errorf("it was asked %d times", n)
		}
		answer <- nil
		synctest.Wait()
		away := errors.New("away")
		go func() { answer <- away }()
		if err := ready(); !errors.Is(err, away) || asked.Load() != 2 {
			t.Errorf("got %v, asked %d times", err, asked.Load())
		}
	})
}

// Who waits for the answer to another's question gets it, also when the other has
// gone.
func TestCheckIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answer := make(chan error)
		c := &check{name: "archive", ask: func(ctx context.Context) error {
			select {
			case err := <-answer:
				return err
			case <-ctx.Done():
				return ctx.Err()
			}
		}}
		first, gone := context.WithCancel(t.Context())
		go func() { _ = c.run(first) }()
		synctest.Wait()
		got := make(chan error, 1)
		go func() { got <- c.run(t.Context()) }()
		synctest.Wait()
		gone()
		synctest.Wait()
		answer <- nil
		if err := <-got; err != nil {
			t.Error(err)
		}
	})
}
