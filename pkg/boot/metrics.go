package boot

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/copytaster/copytaster/pkg/stage"
)

// metrics are those that every stage has.
type metrics struct {
	articles *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	retries  *prometheus.CounterVec
	hung     *prometheus.GaugeVec
	failing  *prometheus.GaugeVec
	lag      *prometheus.GaugeVec
}

func newMetrics(r prometheus.Registerer) metrics {
	m := metrics{
		articles: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "copytaster_articles_total",
			Help: "Articles by how they ended in a stage: ok; filtered, dead and refused count messages.",
		}, []string{"stage", "outcome"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "copytaster_stage_seconds",
			Help:    "Time from when a stage received a message until it was safe at the next.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300},
		}, []string{"stage"}),
		retries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "copytaster_retries_total", Help: "Calls of a stage that failed and were repeated.",
		}, []string{"stage", "call"}),
		hung: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "copytaster_lanes_hung", Help: "Lanes of a stage in which one call takes too long.",
		}, []string{"stage"}),
		failing: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "copytaster_lanes_failing", Help: "Lanes of a stage that have repeated what fails for too long.",
		}, []string{"stage"}),
		lag: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "copytaster_lag_messages", Help: "Messages of a topic that a group has not finished.",
		}, []string{"group", "topic"}),
	}
	r.MustRegister(m.articles, m.seconds, m.retries, m.hung, m.failing, m.lag)
	return m
}

// observer counts for one stage. All series exist from the start, so that
// rates are right from the first article on.
func (m metrics) observer(name string) *observer {
	o := &observer{
		seconds: m.seconds.WithLabelValues(name), hung: m.hung.WithLabelValues(name), failing: m.failing.WithLabelValues(name),
		done: map[stage.Outcome]prometheus.Counter{}, retries: map[stage.Call]prometheus.Counter{},
	}
	for _, out := range []stage.Outcome{stage.OK, stage.Filtered, stage.Dead, stage.Refused} {
		o.done[out] = m.articles.WithLabelValues(name, string(out))
	}
	for _, c := range []stage.Call{stage.CallSource, stage.CallHandler, stage.CallSink, stage.CallDead} {
		o.retries[c] = m.retries.WithLabelValues(name, string(c))
	}
	return o
}

type observer struct {
	done    map[stage.Outcome]prometheus.Counter
	retries map[stage.Call]prometheus.Counter
	seconds prometheus.Observer
	hung    prometheus.Gauge
	failing prometheus.Gauge

	mu                sync.Mutex
	hanging, repeated int   // lanes that hang, and that fail for too long
	why               error // they fail
}

func (o *observer) Done(out stage.Outcome, n int, taken time.Duration) {
	o.done[out].Add(float64(n))
	for range n {
		o.seconds.Observe(taken.Seconds())
	}
}

func (o *observer) Retry(c stage.Call) { o.retries[c].Inc() }

func (o *observer) Hung(lanes int) {
	o.hung.Set(float64(lanes))
	o.mu.Lock()
	defer o.mu.Unlock()
	o.hanging = lanes
}

func (o *observer) Failing(lanes int, why error) {
	o.failing.Set(float64(lanes))
	o.mu.Lock()
	defer o.mu.Unlock()
	o.repeated, o.why = lanes, why
}

func (o *observer) ready(context.Context) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	var errs []error
	if o.hanging > 0 {
		errs = append(errs, fmt.Errorf("%d lanes hang; the log says where", o.hanging))
	}
	if o.repeated > 0 {
		errs = append(errs, fmt.Errorf("%d lanes fail and don't get on: %w", o.repeated, o.why))
	}
	return errors.Join(errs...)
}
