package lexicon_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// TestTable: it finds what a map finds.
func TestTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var table lexicon.Table[int]
		model := map[uint64]int{}
		keys := rapid.OneOf(rapid.Uint64Range(0, 300), rapid.Uint64())
		for range rapid.IntRange(0, 400).Draw(t, "steps") {
			k := keys.Draw(t, "key")
			switch rapid.IntRange(0, 20).Draw(t, "step") {
			case 0:
				table.Clear()
				clear(model)
			case 1, 2, 3, 4, 5, 6:
				if got, want := table.Find(k), model[k]; (got != nil) != (want != 0) || got != nil && *got != want {
					t.Fatalf("%d: got %v, want %d", k, got, want)
				}
			default:
				v := table.Add(k)
				if *v != model[k] {
					t.Fatalf("%d: got %d, want %d", k, *v, model[k])
				}
				*v++
				model[k]++
			}
			if table.Len() != len(model) {
				t.Fatalf("%d keys, want %d", table.Len(), len(model))
			}
		}
		for k, want := range model {
			if got := table.Find(k); got == nil || *got != want {
				t.Fatalf("%d: got %v, want %d", k, got, want)
			}
		}
	})
}
