// Package lane runs the two stages of a service side by side: that of live copy
// and that of back-fills, which gets what live copy leaves.
//
// They share the process and nothing else: each has its own group, connections,
// sink and dead letters, so that neither waits for the other.
package lane

import (
	"context"
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

// Config is which lanes a process works on, and what back-fills may use.
type Config struct {
	Lane     topic.Lanes          `help:"Which copy to work on: ${enum}." enum:"live,bulk,both" default:"both"`
	Backfill stage.BackfillConfig `embed:"" prefix:"backfill-"`
}

// Validate tells which settings are wrong.
func (c Config) Validate() error { return c.Backfill.Validate() }

// Way is one lane's way through a service.
type Way struct {
	Group string
	From  string // the topic that it reads; its dead letters go to the one beside it
	To    string // the topic that it writes; "": none
	Sink  func() (stage.Sink, error)
}

// Service is a service with two ways.
type Service struct {
	Name       string // of the stage of live copy
	Live, Bulk Way
	Handler    stage.Handler
	Stage      stage.Config // of live copy
}

// BulkName is the name of a service's stage of back-fills.
func BulkName(service string) string { return service + "." + string(topic.Bulk) }

// Run creates the topics that are missing, once Kafka is there, and works on the
// lanes that c names until ctx is done or one of them fails.
//
// It measures the lag of the lanes that it works on, and always that of live
// copy, which holds back-fills back wherever it is worked on.
func Run(ctx context.Context, c Config, s Service, b *bus.Bus, k *boot.Kit) error {
	for _, w := range []Way{s.Live, s.Bulk} {
		names := []string{w.From, w.From + topic.DeadSuffix}
		if w.To != "" {
			names = append(names, w.To)
		}
		if err := k.Await(ctx, "set up the topics", func(ctx context.Context) error { return b.TryTopics(ctx, names...) }); err != nil {
			return err
		}
	}
	budget := stage.NewBudget(c.Backfill)
	budget.SetLag(stage.UnknownLag) // until it was measured
	var stages []stage.Stage
	add := func(w Way, name, check string, conf stage.Config, g stage.Gate) error {
		sink, err := w.Sink()
		if err != nil {
			return err
		}
		source, err := b.Source(bus.SourceConfig{Group: w.Group, Topics: []string{w.From}})
		if err != nil {
			return errors.Join(err, sink.Close())
		}
		k.Ready(check, source.Ready)
		stages = append(stages, stage.Stage{
			Name: name, Source: source, Handler: s.Handler, Sink: sink, Dead: b.DeadLetters(),
			Config: conf, Gate: g, Observer: k.Observer(name), Log: k.Log.With().Str("stage", name).Logger(),
		})
		return nil
	}
	var err error
	if c.Lane.Has(topic.Live) {
		err = add(s.Live, s.Name, "source", s.Stage, budget.Live())
	}
	if c.Lane.Has(topic.Bulk) && err == nil {
		err = add(s.Bulk, BulkName(s.Name), "source."+string(topic.Bulk), c.Backfill.Stage(s.Stage), budget.Backfill())
	}
	if err == nil {
		err = k.Metrics.Register(prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "copytaster_backfill_held_seconds_total",
			Help: "Time that back-fills have waited because live copy needed everything.",
		}, func() float64 { return budget.Held().Seconds() }))
	}
	if err != nil {
		for _, st := range stages {
			err = errors.Join(err, st.Source.Close(), st.Sink.Close(), st.Dead.Close())
		}
		return err
	}
	go k.WatchLag(ctx, s.Live.Group, func(ctx context.Context) (map[string]int64, error) {
		lag, err := b.Lag(ctx, s.Live.Group, s.Live.From)
		if err != nil {
			budget.SetLag(stage.UnknownLag)
		} else {
			budget.SetLag(lag[s.Live.From])
		}
		return lag, err
	})
	if c.Lane.Has(topic.Bulk) {
		go k.WatchLag(ctx, s.Bulk.Group, func(ctx context.Context) (map[string]int64, error) {
			return b.Lag(ctx, s.Bulk.Group, s.Bulk.From)
		})
	}
	k.Started()
	return stage.Together(ctx, stages...)
}
