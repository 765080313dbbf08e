package boot

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/copytaster/copytaster/pkg/stage"
)

// How steps of the start are repeated.
const (
	awaitMin = 100 * time.Millisecond // the first pause; doubled each time
	awaitMax = 2 * time.Second
	// awaitQuiet is how long a step may fail until the log says so: what is
	// started together is there together, nearly.
	awaitQuiet = 2 * time.Second
	// awaitSay is how often the log says so then; at once, if it is something else.
	awaitSay = 30 * time.Second
)

// Await repeats a step of the start until it succeeds. What it needs may come
// later than the service: after a power failure everything is started at once.
// Until then the service is not ready, and says why, there and now and then in
// the log. What completes "can't", as in "set up the topics".
//
// An error that is marked by [stage.Permanent] is returned: what is surely wrong
// is for the operator to see at once. So is ctx's own, when it is done.
func (k *Kit) Await(ctx context.Context, what string, try func(ctx context.Context) error) error {
	w := &wait{what: what}
	k.mu.Lock()
	k.waits = append(k.waits, w)
	k.mu.Unlock()
	defer func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.waits = slices.DeleteFunc(k.waits, func(o *wait) bool { return o == w })
	}()
	began := time.Now()
	var said string
	var saidAt time.Time
	for pause := awaitMin; ; pause = min(2*pause, awaitMax) {
		err := try(ctx)
		switch {
		case err == nil:
			if said != "" {
				k.Log.Info().Dur("after", time.Since(began)).Msg("no longer waiting: could " + what)
			}
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case stage.IsPermanent(err):
			return err
		}
		w.set(err)
		if text := err.Error(); time.Since(began) >= awaitQuiet && (text != said || time.Since(saidAt) >= awaitSay) {
			said, saidAt = text, time.Now()
			k.Log.Warn().Err(err).Dur("for", time.Since(began)).Msg("can't " + what + " yet, trying again")
		}
		t := time.NewTimer(pause)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		}
	}
}

// wait is a step of the start that is not done.
type wait struct {
	what string

	mu  sync.Mutex
	err error
}

func (w *wait) set(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.err = err
}

// why is what the step waits for.
func (w *wait) why(context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		return errStarting
	}
	return fmt.Errorf("can't %s yet: %w", w.what, w.err)
}
