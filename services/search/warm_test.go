package search

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/services/search/find"
)

// TestWarmed: what the page asks at first was asked before the service is ready, once the
// index is there; that it fails, or takes too long, keeps the service from nothing.
func TestWarmed(t *testing.T) {
	away := errors.New("there is no index yet")
	ready, failing, asked, facets := away, error(nil), 0, 0
	check := warmed(func(context.Context) error { return ready }, func(ctx context.Context, r find.Request) error {
		if _, bounded := ctx.Deadline(); !bounded {
			t.Error("it is asked without a limit")
		}
		asked++
		facets += len(r.Facets)
		return failing
	}, time.UTC, zerolog.Nop())
	if err := check(t.Context()); !errors.Is(err, away) || asked != 0 {
		t.Errorf("without an index: %v, asked %d times", err, asked)
	}
	ready = nil
	for range 2 {
		if err := check(t.Context()); err != nil || asked != 3*warmTimes || facets == 0 { // those of the filters
			t.Errorf("with one: %v, asked %d times, %d facets", err, asked, facets)
		}
	}
	failing, asked = errors.New("away again"), 0
	check = warmed(func(context.Context) error { return nil }, func(context.Context, find.Request) error { asked++; return failing }, time.UTC, zerolog.Nop())
	if err := check(t.Context()); err != nil || asked != 1 {
		t.Errorf("where it fails: %v, asked %d times", err, asked)
	}
}
