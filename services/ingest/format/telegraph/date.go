package telegraph

import "time"

// Stated is a date as a message states it: what it doesn't state is 0.
type Stated struct {
	Year   int
	Month  time.Month
	Day    int
	Hour   int
	Minute int
	Zone   *time.Location // nil: not stated
}

const (
	// maxTransit is how long a message may be under way: only so long can a day
	// without month, or a month without year, mean but one date.
	maxTransit = 14 * 24 * time.Hour
	// maxLead is how far a sender's clock may be ahead.
	maxLead = 24 * time.Hour
)

// Complete is the time that s states. What it leaves out is completed so that
// the message was under way for at most two weeks before arrival; that is no
// guess, or it is none of this: ok is false then. completed tells that
// something had to be completed. home is the zone of dates that state none.
func (s Stated) Complete(arrival time.Time, home *time.Location) (t time.Time, completed, ok bool) {
	zone := s.Zone
	if zone == nil {
		zone = home
	}
	if s.Day < 1 || s.Day > 31 || s.Month < 0 || s.Month > 12 || s.Hour > 24 || s.Minute > 59 || s.Hour == 24 && s.Minute > 0 {
		return time.Time{}, false, false
	}
	if s.Year != 0 && s.Month != 0 {
		t, ok = s.on(s.Year, s.Month, zone)
		return t, false, ok
	}
	if s.Year != 0 || arrival.IsZero() {
		return time.Time{}, false, false
	}
	for back := range 14 {
		m := time.Date(arrival.Year(), arrival.Month()+1-time.Month(back), 1, 0, 0, 0, 0, time.UTC)
		if s.Month != 0 && s.Month != m.Month() {
			continue
		}
		if t, ok = s.on(m.Year(), m.Month(), zone); ok && !t.After(arrival.Add(maxLead)) && !t.Before(arrival.Add(-maxTransit)) {
			return t, true, true
		}
	}
	return time.Time{}, false, false
}

// on is s in a month; false if that has no such day.
func (s Stated) on(year int, month time.Month, zone *time.Location) (time.Time, bool) {
	t := time.Date(year, month, s.Day, s.Hour, s.Minute, 0, 0, zone)
	day := time.Date(year, month, s.Day, 0, 0, 0, 0, time.UTC)
	return t, day.Day() == s.Day
}

// Year makes four digits of two: the formats are younger than 1970.
func Year(n int) int {
	switch {
	case n >= 100:
		return n
	case n >= 70:
		return 1900 + n
	}
	return 2000 + n
}
