package find

import (
	"encoding/json"
	"testing"
	"time"
)

// TestSourceStates: a source is silent if it has been for longer than ever.
func TestSourceStates(t *testing.T) {
	now := time.Date(2024, 4, 20, 12, 30, 0, 0, time.UTC)
	begin := now.Truncate(time.Hour)
	// By how many hours ago something came, and how long ago the last one.
	for name, c := range map[string]struct {
		hours []int
		last  time.Duration
		want  SourceState
		bound time.Duration
	}{
		"steady":             {[]int{6, 5, 4, 3, 2, 1, 0}, 10 * time.Minute, SourceOK, 2 * time.Hour},
		"steady, then none":  {[]int{9, 8, 7, 6, 5, 4, 3}, 3 * time.Hour, SourceSilent, 2 * time.Hour},
		"at its limit":       {[]int{8, 7, 6, 5, 4, 3, 2}, 2 * time.Hour, SourceOK, 2 * time.Hour},
		"sleeps at night":    {[]int{30, 29, 28, 27, 26, 15, 14}, 14 * time.Hour, SourceSilent, 12 * time.Hour},
		"slept longer":       {[]int{40, 39, 38, 37, 36, 20, 14}, 14 * time.Hour, SourceOK, 17 * time.Hour},
		"hardly ever":        {[]int{100, 50, 20}, 20 * time.Hour, SourceUnknown, 0},
		"not within memory":  {nil, 9 * 24 * time.Hour, SourceSilent, 0},
		"a clock that leads": {[]int{6, 5, 4, 3, 2, 1, 0, -1}, -time.Hour, SourceOK, 2 * time.Hour},
	} {
		var b sourceBucket
		millis := float64(now.Add(-c.last).UnixMilli())
		b.Last.Value = &millis
		for _, h := range c.hours {
			b.Known.Hours.Buckets = append(b.Known.Hours.Buckets, struct {
				Key   int64 `json:"key"`
				Count int   `json:"doc_count"`
			}{begin.Add(-time.Duration(h) * time.Hour).UnixMilli(), 2})
		}
		s := b.source(now)
		if s.State != c.want {
			t.Errorf("%s: %s, want %s", name, s.State, c.want)
		}
		if c.bound > 0 && (s.Longest == nil || *s.Longest != c.bound.Seconds()) {
			t.Errorf("%s: its longest silence is %v, want %v", name, s.Longest, c.bound)
		}
		for _, h := range s.Hours {
			if h.From.Before(now.Add(-25 * time.Hour)) {
				t.Errorf("%s: %v is no hour of the last day", name, h.From)
			}
		}
		if text, err := json.Marshal(s); err != nil || len(s.Hours) == 0 && !json.Valid(text) {
			t.Error(err)
		}
	}
}
