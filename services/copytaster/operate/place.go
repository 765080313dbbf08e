package operate

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
)

func natural(s string, bits int) (int64, error) {
	n, err := strconv.ParseUint(s, 10, bits)
	return int64(n), err
}

// moment is a point in time: RFC 3339, a day, or how long ago.
type moment struct{ time.Time }

// UnmarshalText reads 2024-04-20T06:00:00Z, 2024-04-20 (its beginning, UTC), or
// 90m, 36h, 7d (ago).
func (m *moment) UnmarshalText(b []byte) error {
	t, ok := parseMoment(string(b), time.Now())
	if !ok {
		return fmt.Errorf("%q is not a time like 2024-04-20T06:00:00Z, 2024-04-20, or 90m, 36h, 7d (ago)", b)
	}
	m.Time = t
	return nil
}

// maxDays keeps a number of days from overflowing a duration: 270 years.
const maxDays = 100_000

func parseMoment(s string, now time.Time) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := natural(days, 63)
		return now.Add(-time.Duration(n) * 24 * time.Hour), err == nil && n <= maxDays
	}
	d, err := time.ParseDuration(s)
	return now.Add(-d), err == nil && d >= 0
}

// from is where reading begins.
type from struct {
	set       bool
	beginning bool
	end       bool
	partition int // with offset
	offset    int64
	atOffset  bool
	time      time.Time
}

// UnmarshalText reads "beginning", "end", PARTITION@OFFSET, or a [moment].
func (f *from) UnmarshalText(b []byte) error {
	*f = from{set: true}
	switch s := string(b); {
	case s == "beginning":
		f.beginning = true
	case s == "end":
		f.end = true
	case strings.Contains(s, "@"):
		var p bus.Place
		if err := p.UnmarshalText([]byte("t/" + s)); err != nil || p.Topic != "t" {
			return fmt.Errorf("%q is not partition@offset, such as 3@120", s)
		}
		f.partition, f.offset, f.atOffset = p.Partition, p.Offset, true
	default:
		t, ok := parseMoment(s, time.Now())
		if !ok {
			return fmt.Errorf("%q is not beginning, end, partition@offset, or a time like 2024-04-20T06:00:00Z or 15m (ago)", s)
		}
		f.time = t
	}
	return nil
}

// keyOf is the key that an article's messages have; nil: no article is meant.
func keyOf(uri article.URI) []byte {
	if uri == "" {
		return nil
	}
	return []byte(uri)
}
