package operator

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/copytaster/copytaster/pkg/bus"
)

// TestStopWaits: a desk that stops waits for the redrive on its way, which sends no other
// letter, and begins none.
func TestStopWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &Desk{turn: make(chan struct{}, 1)}
		d.stopping, d.stop = context.WithCancel(t.Context())
		leave, err := d.begin()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Redrive(t.Context(), Order{}); !errors.Is(err, ErrBusy) {
			t.Errorf("a second one: %v", err)
		}
		stopped := make(chan error, 1)
		go func() { stopped <- d.Stop(t.Context()) }()
		synctest.Wait()
		if len(stopped) > 0 {
			t.Error("it doesn't wait")
		}
		if r, err := d.redrive(t.Context(), nil, nil, bus.Place{}, Order{}); err != nil || r.Outcome != OutcomeFailed || r.Reason == "" {
			t.Errorf("the next letter: %+v, %v", r, err)
		}
		leave()
		if err := <-stopped; err != nil {
			t.Error(err)
		}
		if _, err := d.Redrive(t.Context(), Order{}); !errors.Is(err, ErrStopping) {
			t.Errorf("behind it: %v", err)
		}
		late, cancel := context.WithCancel(t.Context())
		cancel()
		if err := d.Stop(late); err == nil {
			t.Error("it says that all was noted")
		}
	})
}
