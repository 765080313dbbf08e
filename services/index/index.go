// Package index writes enriched articles to Elasticsearch: the newest revision
// of each to articles, every revision to article-versions.
package index

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

// Name is the service's and its stage's name.
const Name = "index"

// Service is the service as the process sees it.
var Service = boot.Service[Config]{
	Name: Name, About: "Write enriched articles to Elasticsearch.", Listen: "127.0.0.1:8803", Run: Run,
}

// How long Elasticsearch is waited for before it is asked again.
const (
	ensureWait  = time.Second
	pingTimeout = 2 * time.Second
)

// Run indexes until ctx is done. It waits for Elasticsearch, for as long as it
// takes; an index that isn't what it should be is an error.
func Run(ctx context.Context, c Config, k *boot.Kit) error {
	es, err := c.Elasticsearch.Connect(c.Stage.Lanes + c.Bulk.Concurrency)
	if err != nil {
		return err
	}
	defer es.Close()
	indices := corpus.Namespace(c.Bus.Namespace)
	k.Ready("elasticsearch", func(ctx context.Context) error { return ping(ctx, es) })
	b, err := bus.Connect(c.Bus, k.Log)
	if err != nil {
		return err
	}
	defer b.Close()
	k.Ready("kafka", b.Ping)
	settings := corpus.Settings{Shards: c.Shards, RefreshInterval: c.RefreshInterval}
	if err := ensure(ctx, es, indices, settings, k.Log); err != nil {
		return err
	}
	if err := b.EnsureTopics(ctx, topic.Enriched, topic.Enriched+topic.DeadSuffix); err != nil {
		return err
	}
	source, err := b.Source(bus.SourceConfig{Group: topic.GroupIndex, Topics: []string{topic.Enriched}})
	if err != nil {
		return err
	}
	k.Ready("source", source.Ready)
	go k.WatchLag(ctx, topic.GroupIndex, func(ctx context.Context) (map[string]int64, error) {
		return b.Lag(ctx, topic.GroupIndex, topic.Enriched)
	})
	sink := NewSink(es, indices, c.Bulk, k.Metrics)
	sink.Log = k.Log
	k.Ready("bulk", sink.Ready)
	k.Started()
	return stage.Stage{
		Name: Name, Source: source, Handler: handle, Sink: sink, Dead: b.DeadLetters(),
		Config: c.Stage, Observer: k.Observer(Name), Log: k.Log,
	}.Run(ctx)
}

// handle reads the article out of its message.
func handle(_ context.Context, m stage.Message) ([]article.Article, error) {
	a, err := event.Decode(m)
	if err != nil {
		return nil, err
	}
	return []article.Article{a}, nil
}

// ensure makes the indices exist, once Elasticsearch is there.
func ensure(ctx context.Context, es esapi.Transport, n corpus.Namespace, s corpus.Settings, log zerolog.Logger) error {
	for {
		err := corpus.Ensure(ctx, es, n, s)
		var mismatch *corpus.MismatchError
		if err == nil || errors.As(err, &mismatch) {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		log.Warn().Err(err).Msg("Elasticsearch can't take the indices yet, trying again")
		t := time.NewTimer(ensureWait)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		}
	}
}

func ping(ctx context.Context, es esapi.Transport) error {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	res, err := esapi.PingRequest{}.Do(ctx, es)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.IsError() {
		return fmt.Errorf("Elasticsearch answered %d", res.StatusCode)
	}
	return nil
}
