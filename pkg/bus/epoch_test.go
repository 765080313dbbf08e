package bus

import (
	"strings"
	"testing"
)

func FuzzParseEpoch(f *testing.F) {
	for _, s := range []string{"", "1", "1 ", "1 0123456789abcdef", "01 0123456789abcdef", "-1 0123456789abcdef", "+1 0123456789abcdef",
		"9223372036854775807 0123456789abcdef", "1 0123456789ABCDEF", "1 0123456789abcdef0", "0 0123456789abcdef"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e := parseEpoch(s)
		if e == (epoch{}) {
			return
		}
		if e.String() != s || e.n < 1 || e.n > maxEpoch || e.compare(epoch{}) <= 0 {
			t.Fatalf("%q became %+v", s, e)
		}
	})
}

func TestEpochOrder(t *testing.T) {
	a, b := strings.Repeat("0", 16), strings.Repeat("f", 16)
	ordered := []epoch{{}, {1, a}, {1, b}, {2, a}, {10, a}}
	for i, x := range ordered {
		for j, y := range ordered {
			if got := x.compare(y); (got < 0) != (i < j) || (got > 0) != (i > j) {
				t.Errorf("%v with %v: %d", x, y, got)
			}
		}
	}
	if e := parseEpoch("7 " + b); e != (epoch{7, b}) {
		t.Errorf("%+v", e)
	}
	if e := parseEpoch("07 " + b); e != (epoch{}) {
		t.Errorf("%+v", e)
	}
	if n := newWriterName(); parseEpoch("1 "+n).writer != n || n == newWriterName() {
		t.Errorf("%q is no name", n)
	}
}
