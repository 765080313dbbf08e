package search

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/services/search/find"
)

// TestWarmUp: what the page asks at first is asked once the index is there, again after a
// failure, until all was answered; not for ever, nor longer than the service lasts.
func TestWarmUp(t *testing.T) {
	away := errors.New("no shard is available")
	for name, tt := range map[string]struct {
		failures int           // of searches, at first
		stuck    bool          // searches are answered only when they are given up
		lasts    time.Duration // of the service; 0: for ever
		want     int           // searches
		within   time.Duration
	}{
		"all is well":          {want: 3 * warmTimes},
		"the first fail":       {failures: 2, want: 2 + 3*warmTimes, within: 2 * warmPause},
		"all fail":             {failures: 1000, want: warmTries, within: warmTries * warmPause},
		"all take too long":    {stuck: true, want: warmTries, within: warmTries * (warmTime + warmPause)},
		"the service may stop": {stuck: true, lasts: time.Second, want: 1, within: time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if tt.lasts > 0 {
					time.AfterFunc(tt.lasts, cancel)
				}
				began, looks, asked, facets := time.Now(), 0, 0, 0
				ready := func(context.Context) error {
					if looks++; looks == 1 {
						began = time.Now().Add(warmPause)
						if tt.lasts == 0 {
							return errors.New("there is no index yet")
						}
					}
					return nil
				}
				warmUp(ctx, ready, func(ctx context.Context, r find.Request) error {
					asked++
					facets += len(r.Facets)
					switch {
					case tt.stuck:
						<-ctx.Done()
						return ctx.Err()
					case asked <= tt.failures:
						return away
					}
					return nil
				}, time.UTC, zerolog.Nop())
				if took := time.Since(began); asked != tt.want || took > tt.within {
					t.Errorf("asked %d times in %v, want %d in %v", asked, took, tt.want, tt.within)
				}
				if asked >= 3*warmTimes && tt.failures < warmTries && !tt.stuck && facets == 0 {
					t.Error("the filters are not counted")
				}
			})
		})
	}
}
