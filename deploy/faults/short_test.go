package faults_test

import (
	"testing"

	"github.com/copytaster/copytaster/deploy/faults"
)

// TestShortForm breaks a real pipeline, on servers of its own, in every way
// that the matrix has.
func TestShortForm(t *testing.T) {
	const seed = 20261124
	results, err := faults.Run(t.Context(), faults.Options{Root: "../..", Seed: seed, Short: true, Out: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	if len(results) != len(faults.Names()) {
		t.Errorf("%d rows ran, there are %d", len(results), len(faults.Names()))
	}
	for _, r := range results {
		if r.Verdict.Revisions == 0 || r.Faults == 0 || len(r.Recovery) == 0 {
			t.Errorf("row %s shows nothing: %+v", r.Row, r)
		}
	}
}
