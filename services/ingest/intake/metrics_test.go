package intake_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/ingest/intake"
)

const replacedName = "copytaster_source_replaced_characters_total"

// What could not be converted is counted by source.
func TestReplacedCharactersAreCounted(t *testing.T) {
	r := prometheus.NewRegistry()
	m, err := intake.NewMetrics(r)
	if err != nil {
		t.Fatal(err)
	}
	q := intake.NewQueue(topic.Live)
	q.Count = m
	for _, in := range []struct{ source, text string }{
		{"wire", "\xef\xbb\xbfThe ferry \xff from \xfe Skarra runs again after a year.\n"},
		{"wire", "\xef\xbb\xbfThe ferry \xff from Skarra runs again after a year.\n"},
		{"desk", "\xef\xbb\xbfThe ferry from Skarra runs again after a year.\n"},
	} {
		_, err := q.Handle(t.Context(), stage.Message{Value: []byte(in.text), Headers: []stage.Header{
			{Key: intake.HeaderSource, Value: []byte(in.source)}, {Key: intake.HeaderReceivedAt, Value: []byte(time.Now().UTC().Format(time.RFC3339Nano))},
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := replacedBy(t, r); len(got) != 1 || got["wire"] != 3 {
		t.Errorf("counted %v", got)
	}
}

// Names that pushes bring along are no more than the limit.
func TestSourcesBeyondTheLimit(t *testing.T) {
	r := prometheus.NewRegistry()
	m, err := intake.NewMetrics(r)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		for i := range intake.MaxSources + 5 {
			m.Replaced(fmt.Sprint("source-", i), 1)
		}
	}
	if n, err := testutil.GatherAndCount(r, replacedName); err != nil || n != intake.MaxSources+1 {
		t.Errorf("%d series, %v", n, err)
	}
	if got := replacedBy(t, r); got["(other)"] != 10 || got["source-0"] != 2 {
		t.Errorf("(other) has %v, the first %v", got["(other)"], got["source-0"])
	}
}

// replacedBy is what was counted, by source.
func replacedBy(t *testing.T, r *prometheus.Registry) map[string]float64 {
	t.Helper()
	all, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range all {
		if f.GetName() != replacedName {
			continue
		}
		for _, m := range f.GetMetric() {
			got[m.GetLabel()[0].GetValue()] = m.GetCounter().GetValue()
		}
	}
	return got
}
