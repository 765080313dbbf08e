package intake

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics count what the sources do. origin is "drop", "push" or "poll", name
// the feed's for poll.
type Metrics struct {
	items   *prometheus.CounterVec
	errors  *prometheus.CounterVec
	success *prometheus.GaugeVec
}

// NewMetrics registers the metrics.
func NewMetrics(r prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{
		items: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "copytaster_source_items_total",
			Help: "Inputs of a source by how they ended: ok, refused, unchanged.",
		}, []string{"origin", "name", "outcome"}),
		errors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "copytaster_source_errors_total",
			Help: "Times that a source could not do its work, for a reason that may pass.",
		}, []string{"origin", "name"}),
		success: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "copytaster_source_last_success_timestamp_seconds",
			Help: "When a source last did its work without an error, whether or not there was something new.",
		}, []string{"origin", "name"}),
	}
	for _, c := range []prometheus.Collector{m.items, m.errors, m.success} {
		if err := r.Register(c); err != nil {
			return nil, fmt.Errorf("metrics of the sources: %w", err)
		}
	}
	return m, nil
}

// Outcomes of an input.
const (
	OK        = "ok"
	Refused   = "refused"
	Unchanged = "unchanged"
)

// Counter counts for one source.
type Counter struct {
	m            *Metrics
	origin, name string
}

// Of is the counter of one source.
func (m *Metrics) Of(origin, name string) Counter {
	c := Counter{m, origin, name}
	for _, o := range []string{OK, Refused, Unchanged} {
		m.items.WithLabelValues(origin, name, o)
	}
	m.errors.WithLabelValues(origin, name)
	return c
}

// Item counts an input that is done with.
func (c Counter) Item(outcome string) { c.m.items.WithLabelValues(c.origin, c.name, outcome).Inc() }

// Error counts a failure.
func (c Counter) Error() { c.m.errors.WithLabelValues(c.origin, c.name).Inc() }

// Success notes that the source works.
func (c Counter) Success() { c.m.success.WithLabelValues(c.origin, c.name).SetToCurrentTime() }
