package find

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestIntervalsOfHistograms(t *testing.T) {
	at := rapid.Custom(func(t *rapid.T) int64 { return rapid.Int64Range(0, 200e9).Draw(t, "seconds") })
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
