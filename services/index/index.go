// Package index writes enriched articles to Elasticsearch: the newest revision
// of each to articles, every revision to article-versions.
package index

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/elastic"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/lane"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/index/bulk"
)

// Name is the service's and its stage's name.
const Name = "index"

// Service is the service as the process sees it.
var Service = boot.Service[Config]{
	Name: Name, About: "Write enriched articles to Elasticsearch.", Listen: "127.0.0.1:8803", Run: Run, Memory: memory,
}

const pingTimeout = 2 * time.Second

// Run indexes until ctx is done. It waits for Elasticsearch and Kafka, for as
// long as it takes; an index that isn't what it should be is an error.
func Run(ctx context.Context, c Config, k *boot.Kit) (err error) {
	es, err := c.Elasticsearch.Connect(1) // for setting up and asking after it
	if err != nil {
		return err
	}
	defer es.Close()
	var originals Originals
	if c.PurgeOriginals {
		keep, closeIt, e := c.Archive.Open(k.Metrics)
		if e != nil {
			return e
		}
		defer func() { err = errors.Join(err, closeIt()) }()
		originals = keep
	}
	indices := corpus.Namespace(c.Bus.Namespace)
	k.Ready("elasticsearch", func(ctx context.Context) error { return ping(ctx, es) })
	b, err := bus.Connect(c.Bus, k.Log)
	if err != nil {
		return err
	}
	defer b.Close()
	k.Ready("kafka", b.Ping)
	settings := corpus.Settings{Shards: c.Shards, RefreshInterval: c.RefreshInterval}
	if c.Elasticsearch.HasKey() {
		k.Ready("rights", func(ctx context.Context) error { return corpus.CheckRights(ctx, es, indices, corpus.Writer) })
	}
	if err := k.Await(ctx, "set up the indices", func(ctx context.Context) error { return ensure(ctx, es, indices, settings) }); err != nil {
		return err
	}
	// Each lane has its own writer and connections: a request of live copy never
	// stands behind one of back-fills.
	way := func(l topic.Lane, group, from string, bc bulk.Config, lanes int) lane.Way {
		return lane.Way{Group: group, From: from, Sink: func() (stage.Sink, error) {
			own, err := c.Elasticsearch.Connect(lanes + bc.Concurrency)
			if err != nil {
				return nil, err
			}
			sink := NewSink(own, indices, bc, prometheus.WrapRegistererWith(prometheus.Labels{"lane": string(l)}, k.Metrics))
			sink.Log, sink.Originals = k.Log.With().Str("lane", string(l)).Logger(), originals
			k.Ready("bulk ("+string(l)+")", sink.Ready)
			return connected{sink, own}, nil
		}}
	}
	ahead := way(topic.Live+".notices", topic.GroupIndexNotices, topic.Notices, c.Bulk, c.Stage.Lanes)
	return lane.Run(ctx, c.Lanes, lane.Service{
		Name: Name, Handler: handle, Stage: c.Stage, Ahead: &ahead,
		Live: way(topic.Live, topic.GroupIndex, topic.Enriched, c.Bulk, c.Stage.Lanes),
		Bulk: way(topic.Bulk, topic.GroupIndexBulk, topic.EnrichedBulk, c.backfill(), c.Lanes.Backfill.Lanes),
	}, b, k)
}

// ownMemory is what the service takes besides what its settings bound.
const ownMemory = 48 << 20

// memory is what the service may take in bytes: of the messages in work their
// bytes and what is read out of them, of documents what is built and what is
// sent, and half as much again.
func memory(c Config) int64 {
	inFlight, pending := c.Stage.InFlightBytes, int64(c.Bulk.MaxPending)
	if inFlight == 0 {
		inFlight = stage.DefaultInFlightBytes
	}
	if pending == 0 {
		pending = bulk.DefaultMaxPending
	}
	return ownMemory + 3*inFlight + 3*pending
}

// connected is a sink with its own connections.
type connected struct {
	*Sink

	es *elastic.Client
}

// Close closes both.
func (c connected) Close() error {
	err := c.Sink.Close()
	c.es.Close()
	return err
}

// handle reads the article out of its message.
func handle(_ context.Context, m stage.Message) ([]article.Article, error) {
	a, err := event.Decode(m)
	if err != nil {
		return nil, err
	}
	return []article.Article{a}, nil
}

// ensure makes the indices exist. Whoever may not make them waits until someone
// else has.
func ensure(ctx context.Context, es esapi.Transport, n corpus.Namespace, s corpus.Settings) error {
	err := corpus.Ensure(ctx, es, n, s)
	if errors.As(err, new(*corpus.MismatchError)) {
		return stage.Permanent(err)
	}
	return err
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
		return fmt.Errorf("Elasticsearch answered %d%s", res.StatusCode, elastic.Hint(res.StatusCode))
	}
	return nil
}
