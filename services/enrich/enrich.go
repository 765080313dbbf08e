package enrich

import (
	"context"
	"fmt"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/lane"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/enrich/enricher"
	"github.com/copytaster/copytaster/services/enrich/generation"
)

// Name is the service's and its stage's name.
const Name = "enrich"

// Service is the service as the process sees it.
var Service = boot.Service[Config]{
	Name: Name, About: "Understands articles: segments, language, agency, credits, cited media, quotes, amounts, dates, attribution, translation.", Listen: "127.0.0.1:8802", Run: Run,
}

// Run enriches by [Catalogue] until ctx is done. It waits for Kafka, for as long
// as it takes.
func Run(ctx context.Context, c Config, k *boot.Kit) error { return RunWith(ctx, c, k, Catalogue) }

// RunWith is Run with other enrichers.
func RunWith(ctx context.Context, c Config, k *boot.Kit, catalogue enricher.Catalogue) error {
	report, err := newMetrics(k.Metrics, k.Log)
	if err != nil {
		return err
	}
	understands, err := enricher.NewChain(catalogue, report)
	if err != nil {
		return err
	}
	b, err := bus.Connect(c.Bus, k.Log)
	if err != nil {
		return err
	}
	defer b.Close()
	k.Ready("kafka", b.Ping)
	var generations *bus.View
	if err := k.Await(ctx, "read the generations", func(ctx context.Context) (err error) {
		if err = b.TryTopics(ctx, topic.Generations); err == nil {
			generations, err = b.OpenView(ctx, topic.Generations)
		}
		return err
	}); err != nil {
		return err
	}
	defer func() { _ = generations.Close() }()
	k.Ready("generations", generations.Ready)
	counts, err := generation.Follow(ctx, generations, k.Log)
	if err != nil {
		return err
	}
	k.Ready("generation that counts", counts.Ready)
	handle := handler(understands, counts.Number)
	way := func(group, from, to string) lane.Way {
		return lane.Way{Group: group, From: from, To: to, Sink: func() (stage.Sink, error) { return b.Sink(to, event.Enriched), nil }}
	}
	return lane.Run(ctx, c.Lanes, lane.Service{
		Name: Name, Handler: handle, Stage: c.Stage,
		Live: way(topic.GroupEnrich, topic.Received, topic.Enriched),
		Bulk: way(topic.GroupEnrichBulk, topic.ReceivedBulk, topic.EnrichedBulk),
	}, b, k)
}

// chain is what understands an article.
type chain interface {
	Enrich(ctx context.Context, a *article.Article) error
}

// handler enriches, and stamps the generation that counts.
func handler(c chain, counts func() int) stage.Handler {
	return func(ctx context.Context, m stage.Message) ([]article.Article, error) {
		a, err := event.Decode(m)
		if err != nil {
			return nil, err
		}
		// Taken before, so that what an earlier enrichment gave never has the
		// number of a later one.
		number := counts()
		if err := c.Enrich(ctx, &a); err != nil {
			return nil, err
		}
		if a.Revision, err = generation.Stamp(a.Revision, number); err != nil {
			return nil, stage.Permanent(fmt.Errorf("article %s: %w", a.URI, err))
		}
		return []article.Article{a}, nil
	}
}
