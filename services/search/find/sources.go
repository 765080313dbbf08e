package find

import (
	"context"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/copytaster/copytaster/pkg/query"
)

// Limits of what is told of sources.
const (
	// MaxSources is how many are told of: those that sent most.
	MaxSources = 200
	// SourceDays is for how long their habits are looked at, sourceLife for how long one that
	// sends nothing is told of.
	SourceDays = 8
	sourceLife = 30 * 24 * time.Hour
	// HabitHours is in how many hours a source must have sent something, for its habit to
	// be known.
	HabitHours = 6
)

// SourceState is how a source is.
type SourceState string

// The states.
const (
	SourceOK      SourceState = "ok"
	SourceSilent  SourceState = "silent"  // nothing has come for longer than ever in [SourceDays]
	SourceUnknown SourceState = "unknown" // it sent within fewer than [HabitHours] hours
	SourceRefused SourceState = "refused" // there are dead letters of it alone
)

// Source is what a source sent lately, each revision as one.
type Source struct {
	Source  string      `json:"source"`
	State   SourceState `json:"state"`
	Last    *time.Time  `json:"last_received,omitempty"`
	Silence *float64    `json:"silence_seconds,omitempty"`
	// Longest is the longest silence before, by whole hours.
	Longest *float64    `json:"longest_silence_seconds,omitempty"`
	Hour    int         `json:"last_hour"`
	Day     int         `json:"last_day"`
	PerHour float64     `json:"per_hour"`
	Hours   []HourCount `json:"hours"`
	Refused int         `json:"refused"` // for who knows the dead letters
}

// HourCount counts what came within an hour.
type HourCount struct {
	From  time.Time `json:"from"`
	Count int       `json:"count"`
}

// Sources are what all sent.
type Sources struct {
	At      time.Time `json:"at"`
	Since   time.Time `json:"since"` // from when on habits are known
	Sources []Source  `json:"sources"`
	More    bool      `json:"more,omitempty"`
}

// Sources tells what each source sent lately, as far as the grant lets it through. What is
// withheld, under embargo or killed counts, too: it is for operators.
func (f *Finder) Sources(ctx context.Context) (Sources, error) {
	now := f.now().UTC()
	since := now.Truncate(time.Hour).Add(-SourceDays * 24 * time.Hour)
	after := func(t time.Time) object {
		return object{"range": object{"received_at": object{"gt": query.Instant(t)}}}
	}
	body := object{
		"size": 0, "track_total_hits": false,
		"query": object{"bool": object{"filter": append(f.entitled(), after(now.Add(-sourceLife)))}},
		"aggs": object{"sources": object{
			"terms": object{"field": "source", "size": MaxSources},
			"aggs": object{
				"last": object{"max": object{"field": "received_at"}},
				"hour": object{"filter": after(now.Add(-time.Hour))},
				"day":  object{"filter": after(now.Add(-24 * time.Hour))},
				"known": object{
					"filter": after(since),
					"aggs": object{"hours": object{"date_histogram": object{
						"field": "received_at", "fixed_interval": "1h", "min_doc_count": 1,
					}}},
				},
			},
		}},
	}
	var reply struct {
		summary

		Aggregations struct {
			Sources struct {
				Other   int            `json:"sum_other_doc_count"`
				Buckets []sourceBucket `json:"buckets"`
			} `json:"sources"`
		} `json:"aggregations"`
	}
	if err := f.search(ctx, esapi.SearchRequest{Index: []string{f.names.Versions()}}, body, &reply); err != nil {
		return Sources{}, err
	}
	all := Sources{At: now, Since: since, Sources: []Source{}, More: reply.Aggregations.Sources.Other > 0}
	for i := range reply.Aggregations.Sources.Buckets {
		all.Sources = append(all.Sources, reply.Aggregations.Sources.Buckets[i].source(now))
	}
	return all, nil
}

type sourceBucket struct {
	Key  string `json:"key"`
	Last struct {
		Value *float64 `json:"value"`
	} `json:"last"`
	Hour  counted `json:"hour"`
	Day   counted `json:"day"`
	Known struct {
		Hours struct {
			Buckets []struct {
				Key   int64 `json:"key"`
				Count int   `json:"doc_count"`
			} `json:"buckets"`
		} `json:"hours"`
	} `json:"known"`
}

type counted struct {
	Count int `json:"doc_count"`
}

func (b *sourceBucket) source(now time.Time) Source {
	s := Source{Source: b.Key, Hour: b.Hour.Count, Day: b.Day.Count, PerHour: float64(b.Day.Count) / 24, Hours: []HourCount{}}
	var hours []time.Time
	for _, h := range b.Known.Hours.Buckets {
		from := time.UnixMilli(h.Key).UTC()
		hours = append(hours, from)
		if from.Add(time.Hour).After(now.Add(-24 * time.Hour)) {
			s.Hours = append(s.Hours, HourCount{from, h.Count})
		}
	}
	if b.Last.Value == nil { // none of them says when it came
		s.State = SourceUnknown
		return s
	}
	last := time.UnixMilli(int64(*b.Last.Value)).UTC()
	silence := max(now.Sub(last), 0)
	longest, known := habit(hours)
	s.Last, s.Silence = &last, seconds(silence)
	switch {
	case len(hours) == 0:
		s.State = SourceSilent
	case !known:
		s.State = SourceUnknown
	case silence > longest:
		s.State, s.Longest = SourceSilent, seconds(longest)
	default:
		s.State, s.Longest = SourceOK, seconds(longest)
	}
	return s
}

func seconds(d time.Duration) *float64 {
	s := d.Seconds()
	return &s
}

// habit is the longest silence between what came in hours, by when they began: at most, as
// what came within two hours may lie at their ends. Of too few it isn't known.
func habit(hours []time.Time) (longest time.Duration, known bool) {
	for i := 1; i < len(hours); i++ {
		longest = max(longest, hours[i].Sub(hours[i-1])+time.Hour)
	}
	return longest, len(hours) >= HabitHours
}
