package enrich

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/services/enrich/enricher"
)

// newMetrics counts what the chain reports, by enricher, and logs failures.
func newMetrics(r prometheus.Registerer, log zerolog.Logger) (func(enricher.Outcome), error) {
	seconds := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "copytaster_enricher_seconds", Help: "Time that an enricher took for one article.",
		Buckets: []float64{1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, .1, .3, 1, 3},
	}, []string{"enricher"})
	failed := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "copytaster_enricher_failures_total", Help: "Articles for which an enricher failed.",
	}, []string{"enricher"})
	for _, c := range []prometheus.Collector{seconds, failed} {
		if err := r.Register(c); err != nil {
			return nil, err
		}
	}
	for _, e := range Catalogue {
		failed.WithLabelValues(e.Name)
	}
	failed.WithLabelValues(enricher.Override)
	return func(o enricher.Outcome) {
		if o.Name != enricher.Override { // which has its time with the enrichers
			seconds.WithLabelValues(o.Name).Observe(o.Took.Seconds())
		}
		if o.Err != nil {
			failed.WithLabelValues(o.Name).Inc()
			log.Warn().Err(o.Err).Str("enricher", o.Name).Int("version", o.Version).Bool("required", o.Required).Bool("panicked", o.Panicked).Msg("enricher failed")
		}
	}, nil
}
