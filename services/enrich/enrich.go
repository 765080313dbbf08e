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
	"github.com/copytaster/copytaster/services/enrich/override"
)

// Name is the service's and its stage's name.
const Name = "enrich"

// Service is the service as the process sees it.
var Service = boot.Service[Config]{
	Name: Name, About: "Understands articles: what their parts are, language, agency, who and where, what about, who said what, when, for how much, whence.", Listen: "127.0.0.1:8802", Run: Run,
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
	generations, err := view(ctx, b, k, "generations", topic.Generations)
	if err != nil {
		return err
	}
	defer func() { _ = generations.Close() }()
	overrides, err := view(ctx, b, k, "overrides", topic.Overrides)
	if err != nil {
		return err
	}
	defer func() { _ = overrides.Close() }()
	counts, err := generation.Follow(ctx, generations, k.Log)
	if err != nil {
		return err
	}
	k.Ready("generation that counts", counts.Ready)
	handle := handler(understands, counts.Number, override.Follow(overrides))
	way := func(group, from, to string) lane.Way {
		return lane.Way{Group: group, From: from, To: to, Sink: func() (stage.Sink, error) { return b.Sink(to, event.Enriched), nil }}
	}
	return lane.Run(ctx, c.Lanes, lane.Service{
		Name: Name, Handler: handle, Stage: c.Stage,
		Live: way(topic.GroupEnrich, topic.Received, topic.Enriched),
		Bulk: way(topic.GroupEnrichBulk, topic.ReceivedBulk, topic.EnrichedBulk),
	}, b, k)
}

// view reads all of a topic of state, for as long as it takes, and follows it.
func view(ctx context.Context, b *bus.Bus, k *boot.Kit, what, name string) (v *bus.View, err error) {
	err = k.Await(ctx, "read the "+what, func(ctx context.Context) (err error) {
		if err = b.TryTopics(ctx, name); err == nil {
			v, err = b.OpenView(ctx, name)
		}
		return err
	})
	if err == nil {
		k.Ready(what, v.Ready)
	}
	return v, err
}

// chain is what understands an article.
type chain interface {
	EnrichWith(ctx context.Context, a *article.Article, corrects *article.Override) error
	EnrichUncorrected(ctx context.Context, a *article.Article, why error) error
}

// corrects knows what editors corrected.
type corrects interface {
	For(ctx context.Context, m *stage.Message, uri article.URI) (*article.Override, error)
}

// handler enriches, puts in what editors corrected, and stamps the generation that
// counts.
func handler(c chain, counts func() int, editors corrects) stage.Handler {
	return func(ctx context.Context, m stage.Message) ([]article.Article, error) {
		a, err := event.Decode(m)
		if err != nil {
			return nil, err
		}
		// Taken before, so that what an earlier enrichment gave never has the
		// number of a later one.
		number := counts()
		if err := enriched(ctx, c, editors, &m, &a); err != nil {
			return nil, err
		}
		if a.Revision, err = generation.Stamp(a.Revision, number); err != nil {
			return nil, stage.Permanent(fmt.Errorf("article %s: %w", a.URI, err))
		}
		a.Reissue()
		return []article.Article{a}, nil
	}
}

// enriched enriches a with what editors corrected. A row that can't be read is no
// reason to hold back what else the message says: a hold, an embargo.
func enriched(ctx context.Context, c chain, editors corrects, m *stage.Message, a *article.Article) error {
	if a.Status == article.Canceled || a.Text == "" {
		return c.EnrichWith(ctx, a, nil)
	}
	o, err := editors.For(ctx, m, a.URI)
	switch {
	case stage.IsPermanent(err):
		return c.EnrichUncorrected(ctx, a, err)
	case err != nil:
		return err
	}
	return c.EnrichWith(ctx, a, o)
}
