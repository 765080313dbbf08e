package faults_test

import (
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/deploy/faults"
)

func TestCheckOrder(t *testing.T) {
	for _, c := range []struct {
		name, came, handled string
		want                faults.Order
	}{
		{"as it came", "a b c", "a b c", faults.Order{Keys: 1}},
		{"one", "a", "a", faults.Order{}},
		{"from a rewind on", "a b c", "a b a b c", faults.Order{Keys: 1, Repeated: 2}},
		{"swapped", "a b c", "b a c", faults.Order{Keys: 1, OutOfOrder: 1, Ahead: 2}},
		{"skipped", "a b c", "a c", faults.Order{Keys: 1, OutOfOrder: 1, Ahead: 1, Missing: 1}},
		{"none", "a b", "", faults.Order{Keys: 1, Missing: 2}},
		{"sent twice", "a b a c", "a b a c", faults.Order{Keys: 1, Repeated: 1, Ahead: 1}},
		{"two at once", "a b c", "a b a c b c", faults.Order{Keys: 1, Repeated: 3, Ahead: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := faults.CheckOrder(strings.Fields(c.came), strings.Fields(c.handled)); got != c.want {
				t.Errorf("%+v, want %+v", got, c.want)
			}
		})
	}
}

func TestPercentile(t *testing.T) {
	var ds []time.Duration
	for i := range 100 {
		ds = append(ds, time.Duration(100-i))
	}
	for p, want := range map[float64]time.Duration{0: 1, 0.5: 50, 0.99: 99, 1: 100} {
		if got := faults.Percentile(ds, p); got != want {
			t.Errorf("%v: %d, want %d", p, got, want)
		}
	}
	if got := faults.Longest(ds); got != 99 {
		t.Errorf("of 100: %d", got)
	}
	if got := faults.Longest(ds[:99]); got != 100 {
		t.Errorf("of 99: %d, want the longest", got)
	}
	if got := faults.Percentile(nil, 0.5); got != 0 {
		t.Errorf("of none: %d", got)
	}
}
