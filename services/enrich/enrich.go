package enrich

import (
	"context"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/lane"
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
	way := func(group, from, to string) lane.Way {
		return lane.Way{Group: group, From: from, To: to, Sink: func() (stage.Sink, error) { return b.Sink(to, event.Enriched), nil }}
	}
	return lane.Run(ctx, c.Lanes, lane.Service{
		Name: Name, Handler: handle, Stage: c.Stage,
		Live: way(topic.GroupEnrich, topic.Received, topic.Enriched),
		Bulk: way(topic.GroupEnrichBulk, topic.ReceivedBulk, topic.EnrichedBulk),
	}, b, k)
}
