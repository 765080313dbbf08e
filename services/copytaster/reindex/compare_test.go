package reindex

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/corpus"
)

// How many heads an article had since it was ruled about makes no difference, by
// which the same article in two indices would seem to be another.
func TestHeadsSinceARulingAreNoDifference(t *testing.T) {
	now := time.Unix(1_700_000_000, 0).UTC()
	rapid.Check(t, func(t *rapid.T) {
		a := revision("urn:x:1", rapid.IntRange(1, 9).Draw(t, "revision"))
		a.Status = rapid.SampledFrom([]article.Status{article.Usable, article.Withheld, article.Canceled}).Draw(t, "status")
		ruling := rapid.Int64Range(0, 1<<37).Draw(t, "ruling")
		killed := a.Status == article.Canceled
		base, err := corpus.NextVersion(0, ruling)
		if err != nil {
			t.Fatal(err)
		}
		if killed {
			base = corpus.KillVersion(a.Revision, ruling)
		}
		sum := func(version, ruling int64) corpus.Sum {
			doc, err := corpus.RuledDocument(&a, now, version, ruling)
			if err != nil {
				t.Fatal(err)
			}
			e, err := digest(corpus.ID(a.URI), version, doc)
			if err != nil || e.canceled != killed || e.version != version {
				t.Fatalf("%+v, %v", e, err)
			}
			return e.sum
		}
		heads := rapid.OneOf(rapid.Int64Range(0, 1<<14), rapid.Int64Range(0, 1<<30)).Draw(t, "heads since")
		if sum(base, ruling) != sum(base+heads, ruling) {
			t.Fatalf("%d heads later it is another", heads)
		}
		if ruling > 0 && sum(base, ruling) == sum(base, ruling-1) {
			t.Fatal(fmt.Sprint("another ruling is no difference: ", ruling))
		}
	})
}

// After a loss the new index may have more than the one that was begun anew, and
// must not have less.
func TestAhead(t *testing.T) {
	ruled, err := corpus.NextVersion(0, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		d    Difference
		want bool
	}{
		"only new":                      {Difference{How: Extra, is: 5}, true},
		"only old":                      {Difference{How: Missing, was: 5}, false},
		"newer":                         {Difference{How: Changed, was: 5, is: 6}, true},
		"older":                         {Difference{How: Changed, was: 6, is: 5}, false},
		"the same, of another arrival":  {Difference{How: Changed, was: 5, is: 5}, true},
		"killed, a version":             {Difference{How: Changed, was: 5, is: 5, NewState: killed}, true},
		"killed, a head":                {Difference{How: Changed, was: 5, is: 9, NewState: killed}, true},
		"killed in the old one":         {Difference{How: Changed, was: 5, is: 9, OldState: killed}, false},
		"killed in both, a later kill":  {Difference{How: Changed, was: 5, is: 9, OldState: killed, NewState: killed}, false},
		"killed after a ruling":         {Difference{How: Changed, was: ruled, is: ruled + 20, NewState: killed}, false},
		"ruled about in both":           {Difference{How: Changed, was: ruled + 1, is: ruled + 20}, false},
		"ruled about in the new one":    {Difference{How: Changed, was: 5, is: ruled}, false},
		"killed in both, an older kill": {Difference{How: Changed, was: 9, is: 5, OldState: killed, NewState: killed}, false},
	} {
		if got := c.d.ahead(); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
