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
	repeats                     prometheus.Counter
	circuits                    *prometheus.GaugeVec
}

// newMetrics registers in r. pending tells documents and bytes without a result.
func newMetrics(r prometheus.Registerer, pending func() (docs int, bytes int64)) *metrics {
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
	repeats := prometheus.NewCounter(prometheus.CounterOpts{
		Name: "copytaster_index_bulk_repeated_documents_total", Help: "Documents sent again since Elasticsearch had no room for them, without those of their request that went in.",
	})
	circuits := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "copytaster_index_circuit", Help: "1 for the state that the circuit to Elasticsearch is in: closed (requests go out), open (none does), half-open (one document is tried).",
	}, []string{"state"})
	pendingDocs := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "copytaster_index_pending_documents", Help: "Documents that are built and have no result yet.",
	}, func() float64 { n, _ := pending(); return float64(n) })
	pendingBytes := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "copytaster_index_pending_bytes", Help: "Bytes of the documents that are built and have no result yet.",
	}, func() float64 { _, n := pending(); return float64(n) })
	r.MustRegister(articles, latency, requests, docs, size, statuses, repeats, circuits, pendingDocs, pendingBytes)
	m := &metrics{
		outcomes: map[bulk.Outcome]prometheus.Counter{}, dead: articles.WithLabelValues("dead"),
		latency: latency, requests: requests, docs: docs, sz: size, statuses: statuses, repeats: repeats, circuits: circuits,
	}
	m.circuit(bulk.Closed)
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

func (m *metrics) repeat(n int) { m.repeats.Add(float64(n)) }

func (m *metrics) circuit(now bulk.State) {
	for _, s := range bulk.States {
		v := 0.
		if s == now {
			v = 1
		}
		m.circuits.WithLabelValues(string(s)).Set(v)
	}
}
