package intake

import (
	"fmt"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics count what the sources do. origin is "drop", "push" or "poll", name
// the feed's for poll.
type Metrics struct {
	items   *prometheus.CounterVec
	errors  *prometheus.CounterVec
	success *prometheus.GaugeVec

	replaced *prometheus.CounterVec
	mu       sync.Mutex
	sources  map[string]bool // that replaced names
}

// MaxSources is how many sources are counted by their names, which pushes bring
// along; further ones are counted as "other".
const MaxSources = 1000

// other is the source of what is beyond [MaxSources]; no source has that name.
const other = "(other)"

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
		replaced: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "copytaster_source_replaced_characters_total",
			Help: "Characters of a source's articles that could not be converted, and stand as U+FFFD.",
		}, []string{"source"}),
		sources: map[string]bool{},
	}
	for _, c := range []prometheus.Collector{m.items, m.errors, m.success, m.replaced} {
		if err := r.Register(c); err != nil {
			return nil, fmt.Errorf("metrics of the sources: %w", err)
		}
	}
	return m, nil
}

// Replaced counts n characters of an article that could not be converted.
func (m *Metrics) Replaced(source string, n int) {
	if n == 0 {
		return
	}
	m.mu.Lock()
	if !m.sources[source] && len(m.sources) == MaxSources {
		source = other
	} else {
		m.sources[source] = true
	}
	m.mu.Unlock()
	m.replaced.WithLabelValues(source).Add(float64(n))
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
