package cputime_test

import (
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/cputime"
)

// TestWaitingCostsNothing: what computes counts, and what waits doesn't.
func TestWaitingCostsNothing(t *testing.T) {
	const busy = 20 * time.Millisecond
	began := time.Now()
	n, computed := uint64(1), cputime.Of(func() {})
	for computed < busy {
		computed += cputime.Of(func() {
			for range 1_000_000 {
				n = n*6364136223846793005 + 1
			}
		})
		if time.Since(began) > time.Minute {
			t.Fatalf("a minute of computing counts as %v", computed)
		}
	}
	const wait = time.Second
	if waited := cputime.Of(func() { <-time.After(wait) }); waited > wait/2 {
		t.Errorf("waiting %v counts as %v; %d", wait, waited, n)
	}
}
