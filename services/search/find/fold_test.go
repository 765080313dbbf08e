package find

import (
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"pgregory.net/rapid"
)

func TestWordExpressionIsShortEnough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		prefix := fold(strings.Repeat(rapid.StringN(1, 20, -1).Draw(t, "prefix"), 1+rapid.IntRange(0, 8).Draw(t, "times")))
		e := wordExpression(prefix)
		if n := len(utf16.Encode([]rune(e))); n > maxRegexp || !strings.HasSuffix(e, ".*") {
			t.Fatalf("%q: %d units: %s", prefix, n, e)
		}
	})
}

func TestBeginsWord(t *testing.T) {
	for _, c := range []struct {
		value, prefix string
		want          bool
	}{
		{"Amadou Abdramane", "abd", true},
		{"Amadou Abdramane", "madou", false},
		{"Jean-Émile D’Arc", "arc", true},
		{"Jean-Émile D’Arc", "emile d’a", true},
		{"ababab aba", "aba", true},
		{"xaba xaba", "aba", false},
		{"Straße", "strass", true},
		{"尼日尔", "尼", true},
		{"", "a", false},
	} {
		if got := beginsWord(fold(c.value), fold(c.prefix)); got != c.want {
			t.Errorf("%s, %s: %v", c.value, c.prefix, got)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"junta", "junat", 1}, {"millitary", "military", 1}, {"kitten", "sitting", 3}, {"ab", "ba", 1}} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("%s to %s: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestIntervalsOfHistograms(t *testing.T) {
	at := rapid.Custom(func(t *rapid.T) int64 { return rapid.Int64Range(-62e9, 200e9).Draw(t, "seconds") })
	zone := rapid.SampledFrom([]string{"UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Sydney"})
	rapid.Check(t, func(t *rapid.T) {
		place, err := loadZone(zone.Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		moment := unix(at.Draw(t, "at"), place)
		for _, i := range Intervals {
			start := i.start(moment)
			next := i.next(start)
			if start.After(moment) || !next.After(moment) || !i.start(next).Equal(next) {
				t.Fatalf("%s: %v lies from %v to %v", i, moment, start, next)
			}
			later := next
			for n := 2; n < 6; n++ {
				if got := i.count(moment, later); got != n {
					t.Fatalf("%s: from %v to %v there are %d, want %d", i, moment, later, got, n)
				}
				later = i.next(later)
			}
		}
	})
}

func unix(seconds int64, zone *time.Location) time.Time { return time.Unix(seconds, 0).In(zone) }
