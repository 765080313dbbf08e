package archive

import (
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics count the calls of an archive. A nil one counts nothing.
type Metrics struct {
	seconds *prometheus.HistogramVec
	bytes   *prometheus.CounterVec
	claims  prometheus.Counter
}

// NewMetrics registers the metrics.
func NewMetrics(r prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "copytaster_archive_seconds",
			Help:    "Time of the archive's calls (put, get, purge) by how they ended: ok, not_found, damaged, failed.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"call", "outcome"}),
		bytes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "copytaster_archive_bytes_total",
			Help: "Bytes of originals that were put into the archive, and got from it.",
		}, []string{"call"}),
		claims: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "copytaster_archive_claims_total",
			Help: "Articles whose original was too large for their message, and is in the archive alone.",
		}),
	}
	for _, c := range []prometheus.Collector{m.seconds, m.bytes, m.claims} {
		if err := r.Register(c); err != nil {
			return nil, fmt.Errorf("metrics of the archive: %w", err)
		}
	}
	return m, nil
}

func (m *Metrics) claimed() {
	if m != nil {
		m.claims.Inc()
	}
}

func (m *Metrics) called(call string, took time.Duration, bytes int, err error) {
	if m == nil {
		return
	}
	outcome := "ok"
	switch {
	case errors.Is(err, ErrNotFound):
		outcome = "not_found"
	case errors.Is(err, ErrDamaged):
		outcome = "damaged"
	case err != nil:
		outcome = "failed"
	case bytes > 0:
		m.bytes.WithLabelValues(call).Add(float64(bytes))
	}
	m.seconds.WithLabelValues(call, outcome).Observe(took.Seconds())
}
