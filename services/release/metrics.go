package release

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

// outcome is what became of an article.
type outcome string

const (
	released   outcome = "released"
	embargoed  outcome = "embargoed"
	withheld   outcome = "withheld"
	canceled   outcome = "canceled"
	expired    outcome = "expired"
	superseded outcome = "superseded" // a newer revision, or a kill, stands
	repeated   outcome = "repeated"   // it went out before
)

type metrics struct {
	outcomes    map[outcome]prometheus.Counter
	late, kills prometheus.Histogram
}

// newMetrics registers in r. waiting tells how many articles wait.
func newMetrics(r prometheus.Registerer, waiting func() int) (*metrics, error) {
	articles := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "copytaster_release_articles_total",
		Help: "Articles by what became of them: released, embargoed, withheld, canceled, expired, superseded (a newer revision or a kill stands), repeated (it went out before).",
	}, []string{"outcome"})
	buckets := []float64{.01, .025, .05, .1, .25, .5, 1, 2, 5, 10, 60, 600, 3600}
	m := &metrics{
		outcomes: map[outcome]prometheus.Counter{},
		late: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "copytaster_release_embargo_late_seconds", Help: "Time from the end of an embargo until the article is in the public topics.", Buckets: buckets,
		}),
		kills: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "copytaster_release_kill_seconds", Help: "Time from a kill's receipt until its notice is in the public topics.", Buckets: buckets,
		}),
	}
	pending := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "copytaster_release_embargoes_pending", Help: "Articles that wait for the end of their embargo.",
	}, func() float64 { return float64(waiting()) })
	for _, o := range []outcome{released, embargoed, withheld, canceled, expired, superseded, repeated} {
		m.outcomes[o] = articles.WithLabelValues(string(o))
	}
	return m, errors.Join(r.Register(articles), r.Register(m.late), r.Register(m.kills), r.Register(pending))
}
