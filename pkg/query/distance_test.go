package query_test

import (
	"testing"

	"github.com/copytaster/copytaster/pkg/query"
)

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"junta", "junat", 1}, {"soldiiers", "soldiers", 1}, {"kitten", "sitting", 3}, {"ab", "ba", 1}} {
		if got := query.Distance(c.a, c.b); got != c.want {
			t.Errorf("%s to %s: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
