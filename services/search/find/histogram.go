package find

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/query"
)

// Limits of histograms.
const (
	// MaxBuckets is how many intervals a histogram has at most.
	MaxBuckets = 1000
	// DefaultBuckets is how many it has at most where its interval is chosen here.
	DefaultBuckets = 60
	// maxZone is the longest name of a time zone, in bytes.
	maxZone = 64
)

// Interval is a span of time that articles are counted by.
type Interval string

// The intervals, the shortest first. Weeks begin on Monday.
const (
	Minute Interval = "minute"
	Hour   Interval = "hour"
	Day    Interval = "day"
	Week   Interval = "week"
	Month  Interval = "month"
	Year   Interval = "year"
	// Auto is the shortest that makes no more buckets than asked for.
	Auto Interval = "auto"
)

// Intervals are all but Auto.
var Intervals = []Interval{Minute, Hour, Day, Week, Month, Year}

// start is when the interval that t lies in begins, in t's zone.
func (i Interval) start(t time.Time) time.Time {
	y, m, d := t.Date()
	switch i {
	case Week:
		d -= (int(t.Weekday()) + 6) % 7
	case Month:
		d = 1
	case Year:
		m, d = time.January, 1
	case Hour: // of this zone, which may be half an hour off others
		return Minute.start(t).Add(-time.Duration(t.Minute()) * time.Minute)
	case Minute:
		return t.Add(-time.Duration(t.Second())*time.Second - time.Duration(t.Nanosecond()))
	case Day, Auto:
	}
	return time.Date(y, m, d, 0, 0, 0, 0, t.Location())
}

// next is when the interval ends that begins at t.
func (i Interval) next(t time.Time) time.Time {
	y, m, d := t.Date()
	switch i {
	case Minute:
		return t.Add(time.Minute)
	case Hour:
		return t.Add(time.Hour)
	case Week:
		d += 7
	case Month:
		m++
	case Year:
		y++
	case Day, Auto:
		d++
	}
	return time.Date(y, m, d, 0, 0, 0, 0, t.Location())
}

// count is how many intervals there are from that of the one time to that of the
// other, in their zone, both included.
func (i Interval) count(from, to time.Time) int {
	from, to = i.start(from), i.start(to)
	days := func() int {
		y, m, d := from.Date()
		v, n, e := to.Date()
		return int(time.Date(v, n, e, 0, 0, 0, 0, time.UTC).Unix()/86400 - time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix()/86400)
	}
	switch i {
	case Minute:
		return int((to.Unix()-from.Unix())/60) + 1
	case Hour:
		return int((to.Unix()-from.Unix())/3600) + 1
	case Week:
		return days()/7 + 1
	case Month:
		return 12*(to.Year()-from.Year()) + int(to.Month()) - int(from.Month()) + 1
	case Year:
		return to.Year() - from.Year() + 1
	case Day, Auto:
	}
	return days() + 1
}

// HistogramRequest asks how many articles of a search there are of each interval.
type HistogramRequest struct {
	Request
	Interval Interval
	Buckets  int            // at most, where Interval is Auto
	Zone     *time.Location // where days begin
}

// ParseHistogram reads the request from the parameters of a URL, as [ParseRequest]
// does; a zone that is named counts for the days of the search, too.
func ParseHistogram(values url.Values, zone *time.Location) (h HistogramRequest, err error) {
	h = HistogramRequest{Interval: Auto, Zone: zone}
	if name := strings.TrimSpace(values.Get("zone")); name != "" {
		if h.Zone, err = loadZone(name); err != nil {
			return h, err
		}
	}
	if h.Request, err = parseWhole(values, h.Zone, "interval", "buckets", "zone"); err != nil {
		return h, err
	}
	if s := strings.TrimSpace(values.Get("interval")); s != "" {
		if h.Interval = Interval(s); h.Interval != Auto && !slices.Contains(Intervals, h.Interval) {
			return h, wrong("interval", "%q is none of auto, minute, hour, day, week, month, year", clip(s))
		}
	}
	if values.Has("buckets") && h.Interval != Auto {
		return h, wrong("buckets", "says how many an interval that is chosen here makes; %s is chosen already", h.Interval)
	}
	h.Buckets, err = number(values, "buckets", DefaultBuckets, 1, MaxBuckets)
	return h, err
}

// loadZone finds a zone that Elasticsearch knows by the same name: those of an area and
// a city, or UTC. Systems have others beside them, each its own.
func loadZone(name string) (*time.Location, error) {
	area, _, ok := strings.Cut(name, "/")
	if name != "UTC" && (!ok || area == "" || area[0] < 'A' || area[0] > 'Z' || area == "SystemV" || len(name) > maxZone) {
		return nil, wrong("zone", "%q is not the name of a zone such as Europe/Berlin, nor UTC", clip(name))
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, wrong("zone", "%q is not the name of a zone such as Europe/Berlin, nor UTC", clip(name))
	}
	return zone, nil
}

// Histogram is how many articles there are of each interval.
type Histogram struct {
	Total    Total    `json:"total"`
	Interval Interval `json:"interval"`
	Zone     string   `json:"zone"`
	Buckets  []Bucket `json:"buckets"` // without gaps, from the oldest article's to the newest one's
	TookMS   int64    `json:"took_ms"`
}

// Bucket counts the articles from one time on, up to another.
type Bucket struct {
	From  time.Time `json:"from"` // inclusive
	To    time.Time `json:"to"`   // exclusive
	Count int       `json:"count"`
}

// Histogram counts the articles that h finds by their time. More than [MaxBuckets] is a
// [*ParameterError].
func (f *Finder) Histogram(ctx context.Context, h HistogramRequest) (Histogram, error) {
	found := f.whole(h.Request, f.now())
	var ends struct {
		summary

		Aggregations struct {
			First struct {
				Value *float64 `json:"value"`
			} `json:"first"`
			Last struct {
				Value *float64 `json:"value"`
			} `json:"last"`
		} `json:"aggregations"`
	}
	err := f.summarise(ctx, found, object{
		"first": object{"min": object{"field": "sort_date"}}, "last": object{"max": object{"field": "sort_date"}},
	}, &ends)
	if err != nil {
		return Histogram{}, err
	}
	res := Histogram{Total: ends.Hits.Total, Interval: h.Interval, Zone: h.Zone.String(), Buckets: []Bucket{}, TookMS: ends.Took}
	a := &ends.Aggregations
	if a.First.Value == nil || a.Last.Value == nil {
		if res.Interval == Auto {
			res.Interval = Day
		}
		return res, nil
	}
	first, last := time.UnixMilli(int64(*a.First.Value)).In(h.Zone), time.UnixMilli(int64(*a.Last.Value)).In(h.Zone)
	if res.Interval, err = h.interval(first, last); err != nil {
		return Histogram{}, err
	}
	var reply struct {
		summary

		Aggregations struct {
			Times struct {
				Buckets []struct {
					Key   int64 `json:"key"`
					Count int   `json:"doc_count"`
				} `json:"buckets"`
			} `json:"times"`
		} `json:"aggregations"`
	}
	// What arrives between the two calls makes no more buckets.
	bounds := object{"range": object{"sort_date": object{"gte": query.Instant(first), "lte": query.Instant(last)}}}
	err = f.summarise(ctx, object{"bool": object{"filter": []any{found, bounds}}}, object{"times": object{"date_histogram": object{
		"field": "sort_date", "calendar_interval": string(res.Interval), "time_zone": h.Zone.String(), "min_doc_count": 0,
	}}}, &reply)
	if errors.Is(err, errZone) { // it is newer than those of Elasticsearch
		return Histogram{}, wrong("zone", "the index doesn't know the zone %s: name another one where clocks are the same", h.Zone)
	}
	if err != nil {
		return Histogram{}, err
	}
	res.Total, res.TookMS = reply.Hits.Total, res.TookMS+reply.Took
	for _, b := range reply.Aggregations.Times.Buckets {
		from := time.UnixMilli(b.Key).In(h.Zone)
		if n := len(res.Buckets); n > 0 { // where there is no midnight, Elasticsearch has the word
			res.Buckets[n-1].To = from
		}
		res.Buckets = append(res.Buckets, Bucket{from, res.Interval.next(from), b.Count})
	}
	return res, nil
}

// interval is the one that is asked for, if it makes few enough buckets.
func (h HistogramRequest) interval(first, last time.Time) (Interval, error) {
	if h.Interval != Auto {
		if n := h.Interval.count(first, last); n > MaxBuckets {
			return "", wrong("interval", "%s makes %d buckets of what is found, from %s to %s; the limit is %d. Ask for longer ones, or for fewer days by from and to",
				h.Interval, n, first.Format(time.DateOnly), last.Format(time.DateOnly), MaxBuckets)
		}
		return h.Interval, nil
	}
	for _, i := range Intervals {
		if i.count(first, last) <= h.Buckets {
			return i, nil
		}
	}
	return Year, yearsWithin(h, first, last)
}

// yearsWithin tells whether years, the longest interval, make few enough buckets.
func yearsWithin(h HistogramRequest, first, last time.Time) error {
	if n := Year.count(first, last); n > h.Buckets {
		return wrong("buckets", "even by years, what is found makes %d of them, more than %d", n, h.Buckets)
	}
	return nil
}
