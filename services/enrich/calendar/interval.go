package calendar

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
)

// Interval is a period: its first and last day, midnight UTC (of
// [article.PrecisionTime]: instants). To is zero if it has no end.
type Interval struct {
	From, To  time.Time
	Precision article.Precision
}

// Unit is what periods are counted in.
type Unit uint8

// The units.
const (
	Day Unit = iota + 1
	Weekend
	Week
	Month
	Quarter
	Half
	Season
	Year
	Decade
	Century
	Instant
	Open // from the anchor on
)

var unitNames = map[string]Unit{
	"day": Day, "weekend": Weekend, "week": Week, "month": Month, "quarter": Quarter,
	"half": Half, "season": Season, "year": Year, "decade": Decade, "century": Century,
}

func unitNamed(s string) (Unit, error) {
	if u, ok := unitNames[s]; ok {
		return u, nil
	}
	return 0, fmt.Errorf("%q is no unit", s)
}

// Part is a part of a period.
type Part uint8

// The parts: of a month its thirds, of a year four months each, of a decade
// years 0 to 3, 4 to 6, 7 to 9.
const (
	Whole Part = iota
	Early
	Mid
	Late
)

func partNamed(s string) (Part, error) {
	switch s {
	case "early":
		return Early, nil
	case "mid":
		return Mid, nil
	case "late":
		return Late, nil
	}
	return 0, fmt.Errorf("%q is none of early, mid, late", s)
}

// The years that can be meant.
const (
	minYear = 1000
	maxYear = 2199
)

func date(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC) }

// valid tells whether there is such a day.
func valid(y, m, d int) bool {
	return m >= 1 && m <= 12 && d >= 1 && date(y, m, d).Day() == d
}

func midnight(t time.Time) time.Time {
	y, m, d := t.UTC().Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

func oneDay(t time.Time) Interval { return Interval{t, t, article.PrecisionDay} }

// months is n months from the first of month m on.
func months(y, m, n int, p article.Precision) Interval {
	return Interval{date(y, m, 1), date(y, m+n, 0), p}
}

// ofMonth is a month or one of its thirds.
func ofMonth(y, m int, p Part) Interval {
	switch p {
	case Early:
		return Interval{date(y, m, 1), date(y, m, 10), article.PrecisionThird}
	case Mid:
		return Interval{date(y, m, 11), date(y, m, 20), article.PrecisionThird}
	case Late:
		return Interval{date(y, m, 21), date(y, m+1, 0), article.PrecisionThird}
	default:
		return months(y, m, 1, article.PrecisionMonth)
	}
}

func ofYear(y int, p Part) Interval {
	if p == Whole {
		return months(y, 1, 12, article.PrecisionYear)
	}
	return months(y, 4*int(p)-3, 4, article.PrecisionYear)
}

func ofDecade(y int, p Part) Interval {
	from, to := 0, 9
	switch p {
	case Whole:
	case Early:
		to = 3
	case Mid:
		from, to = 4, 6
	case Late:
		from = 7
	}
	return Interval{date(y+from, 1, 1), date(y+to, 12, 31), article.PrecisionDecade}
}

// ofCentury counts from year 1: the 19th is 1801 to 1900.
func ofCentury(n int, p Part) Interval {
	from, to := 1, 100
	switch p {
	case Whole:
	case Early:
		to = 33
	case Mid:
		from, to = 34, 66
	case Late:
		from = 67
	}
	return Interval{date(100*(n-1)+from, 1, 1), date(100*(n-1)+to, 12, 31), article.PrecisionCentury}
}

// ofSeason has the winter in the year of its December. A part of it is one of
// its months.
func ofSeason(y, n int, p Part) Interval {
	if p == Whole {
		return months(y, 3*n, 3, article.PrecisionSeason)
	}
	return months(y, 3*n+int(p)-1, 1, article.PrecisionSeason)
}

func ofQuarter(y, n int) Interval { return months(y, 3*n-2, 3, article.PrecisionQuarter) }

func ofHalf(y, n int) Interval { return months(y, 6*n-5, 6, article.PrecisionHalfYear) }

func weekFrom(monday time.Time) Interval {
	return Interval{monday, monday.AddDate(0, 0, 6), article.PrecisionWeek}
}

func mondayOf(t time.Time) time.Time {
	return t.AddDate(0, 0, -(int(t.Weekday())+6)%7)
}

// unitAt is the unit that is n from the one the anchor lies in.
func unitAt(u Unit, anchor time.Time, n int, p Part) (Interval, bool) {
	y, m := anchor.Year(), int(anchor.Month())
	switch u {
	case Day:
		return oneDay(anchor.AddDate(0, 0, n)), true
	case Week:
		monday := mondayOf(anchor).AddDate(0, 0, 7*n)
		if p == Late && n == 0 {
			return oneDay(monday.AddDate(0, 0, 6)), true // "by the end of the week"
		}
		return weekFrom(monday), true
	case Month:
		first := date(y, m+n, 1)
		return ofMonth(first.Year(), int(first.Month()), p), true
	case Quarter:
		i := ofQuarter(y, (m+2)/3+n)
		if p == Late {
			return oneDay(i.To), true
		}
		return i, true
	case Half:
		return ofHalf(y, (m+5)/6+n), true
	case Year:
		return ofYear(y+n, p), true
	case Decade:
		return ofDecade(y/10*10+10*n, p), true
	case Century:
		return ofCentury((y+99)/100+n, p), true
	default:
		return Interval{}, false
	}
}

// feastDay reads "12-24" or "easter-2".
func feastDay(s string, year int) (m, d int, ok bool) {
	if rest, found := strings.CutPrefix(s, "easter"); found {
		n := 0
		if rest != "" {
			var err error
			if n, err = strconv.Atoi(rest); err != nil {
				return 0, 0, false
			}
		}
		t := easter(year).AddDate(0, 0, n)
		return int(t.Month()), t.Day(), true
	}
	t, err := time.Parse("01-02", s)
	return int(t.Month()), t.Day(), err == nil
}

// easter is the Sunday of the Gregorian calendar, by the rule of Meeus, Jones
// and Butcher.
func easter(y int) time.Time {
	a, b, c := y%19, y/100, y%100
	d, e := b/4, b%4
	g := (8*b + 13) / 25
	h := (19*a + b - d - g + 15) % 30
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7
	m := (a + 11*h + 22*l) / 451
	n := h + l - 7*m + 114
	return date(y, n/31, n%31+1)
}
