package enrich

import (
	"context"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

// Name is the service's and its stage's name.
const Name = "enrich"

// Service is the service as the process sees it.
var Service = boot.Service[Config]{
	Name: Name, About: "Understands articles: segments, language, agency, credits, cited media, attribution.", Listen: "127.0.0.1:8802", Run: Run,
}

// Run enriches until ctx is done.
func Run(ctx context.Context, c Config, k *boot.Kit) error {
	report, err := newMetrics(k.Metrics, k.Log)
	if err != nil {
		return err
	}
	chain, err := NewChain(report)
	if err != nil {
		return err
	}
	b, err := bus.Connect(c.Bus, k.Log)
	if err != nil {
		return err
	}
	defer b.Close()
	k.Ready("kafka", b.Ping)
	if err := b.EnsureTopics(ctx, topic.Received, topic.Received+topic.DeadSuffix, topic.Enriched); err != nil {
		return err
	}
	source, err := b.Source(bus.SourceConfig{Group: topic.GroupEnrich, Topics: []string{topic.Received}})
	if err != nil {
		return err
	}
	k.Ready("source", source.Ready)
	go k.WatchLag(ctx, topic.GroupEnrich, func(ctx context.Context) (map[string]int64, error) {
		return b.Lag(ctx, topic.GroupEnrich, topic.Received)
	})
	handle := func(ctx context.Context, m stage.Message) ([]article.Article, error) {
		a, err := event.Decode(m)
		if err != nil {
			return nil, err
		}
		if err := chain.Enrich(ctx, &a); err != nil {
			return nil, err
		}
		return []article.Article{a}, nil
	}
	k.Started()
	return stage.Stage{
		Name: Name, Source: source, Handler: handle, Sink: b.Sink(topic.Enriched, event.Enriched), Dead: b.DeadLetters(),
		Config: c.Stage, Observer: k.Observer(Name), Log: k.Log,
	}.Run(ctx)
}
