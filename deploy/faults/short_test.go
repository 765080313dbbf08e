package faults

import (
	"testing"

	"github.com/copytaster/copytaster/deploy/faults/rig"
)

// TestShortForm breaks a real pipeline, on servers of its own, in every way
// that the matrix has. Before that it breaks the index itself: what the rows
// say counts only if the audit sees what is broken.
func TestShortForm(t *testing.T) {
	const seed = 20261124
	o := Options{Root: "../..", Seed: seed, Short: true, Out: t.Output()}
	if err := o.serve(t.Context(), func(o Options, servers *rig.Servers) error {
		t.Run("tampered index", func(t *testing.T) { testTamperedIndex(t, o, servers) })
		t.Run("lies", func(t *testing.T) { testLies(t, o, servers) })
		t.Run("matrix", func(t *testing.T) { testMatrix(t, o, servers) })
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func testMatrix(t *testing.T, o Options, servers *rig.Servers) {
	results, err := o.on(t.Context(), servers, matrix())
	if err != nil {
		t.Error(err)
	}
	for _, r := range results {
		if r.Verdict.Revisions == 0 || r.Faults == 0 || len(r.Recovery) == 0 {
			t.Errorf("row %s shows nothing: %+v", r.Row, r)
		}
	}
}
