package find

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
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

// refuser is an Elasticsearch whose zones are older than ours.
type refuser struct{}

func (refuser) Perform(r *http.Request) (*http.Response, error) {
	asked, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	status, answer := http.StatusOK, `{"hits":{"total":{"value":1,"relation":"eq"}},"aggregations":{"first":{"value":1},"last":{"value":2}}}`
	if strings.Contains(string(asked), "time_zone") {
		status = http.StatusBadRequest
		answer = `{"error":{"type":"x_content_parse_exception","reason":"[1:91] [date_histogram] failed to parse field [time_zone]",` +
			`"caused_by":{"type":"zone_rules_exception","reason":"Unknown time-zone ID: America/Ciudad_Juarez"}},"status":400}`
	}
	return &http.Response{StatusCode: status, Header: http.Header{"X-Elastic-Product": {"Elasticsearch"}}, Body: io.NopCloser(strings.NewReader(answer))}, nil
}

// TestZoneOfNobody: that Elasticsearch knows no such zone yet is told of the zone.
func TestZoneOfNobody(t *testing.T) {
	f := New(refuser{}, "", time.UTC, time.Minute, time.Now)
	h, err := ParseHistogram(url.Values{"zone": {"Europe/Berlin"}}, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Histogram(t.Context(), h)
	var wrong *ParameterError
	if !errors.As(err, &wrong) || wrong.Parameter != "zone" || !strings.Contains(err.Error(), "Europe/Berlin") {
		t.Errorf("%v", err)
	}
}
