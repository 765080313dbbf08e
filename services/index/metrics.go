package index

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/copytaster/copytaster/services/index/bulk"
)

type metrics struct {
	outcomes                    map[bulk.Outcome]prometheus.Counter
	dead                        prometheus.Counter
	latency, requests, docs, sz prometheus.Observer
	statuses                    *prometheus.CounterVec
}

func newMetrics(r prometheus.Registerer) *metrics {
	articles := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "copytaster_index_articles_total",
		Help: "Articles by what became of their head: created, updated, superseded (a newer revision is there), dead (refused for good).",
	}, []string{"outcome"})
	latency := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name:    "copytaster_index_latency_seconds",
		Help:    "Time from an article's receipt until Elasticsearch has it; add the refresh interval until it can be found.",
		Buckets: []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 3600, 86400},
	})
	requests := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "copytaster_index_bulk_seconds", Help: "Time of a bulk request.",
		Buckets: []float64{.0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
	})
	docs := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "copytaster_index_bulk_documents", Help: "Documents of a bulk request.", Buckets: prometheus.ExponentialBuckets(1, 4, 7),
	})
	size := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "copytaster_index_bulk_bytes", Help: "Bytes of a bulk request.", Buckets: prometheus.ExponentialBuckets(1<<10, 4, 9),
	})
	statuses := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "copytaster_index_bulk_requests_total", Help: "Bulk requests by HTTP status; 0: no reply.",
	}, []string{"status"})
	r.MustRegister(articles, latency, requests, docs, size, statuses)
	m := &metrics{
		outcomes: map[bulk.Outcome]prometheus.Counter{}, dead: articles.WithLabelValues("dead"),
		latency: latency, requests: requests, docs: docs, sz: size, statuses: statuses,
	}
	for _, o := range []bulk.Outcome{bulk.Created, bulk.Updated, bulk.Superseded} {
		m.outcomes[o] = articles.WithLabelValues(string(o))
	}
	return m
}

func (m *metrics) indexed(o bulk.Outcome, after time.Duration) {
	m.outcomes[o].Inc()
	if o != bulk.Superseded {
		m.latency.Observe(after.Seconds())
	}
}

func (m *metrics) request(r bulk.Request) {
	m.requests.Observe(r.Taken.Seconds())
	m.docs.Observe(float64(r.Docs))
	m.sz.Observe(float64(r.Bytes))
	m.statuses.WithLabelValues(strconv.Itoa(r.Status)).Inc()
}
