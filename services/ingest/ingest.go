// Package ingest takes news in, by a drop folder, by HTTP and from feeds, in
// every known format, and writes it as articles to the topic of what was
// received.
package ingest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/lane"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/ingest/document"
	"github.com/copytaster/copytaster/services/ingest/format"
	"github.com/copytaster/copytaster/services/ingest/intake"
	"github.com/copytaster/copytaster/services/ingest/source/drop"
	"github.com/copytaster/copytaster/services/ingest/source/poll"
	"github.com/copytaster/copytaster/services/ingest/source/push"
)

// Name of the service and of its stage.
const Name = "ingest"

// Service describes ingest to its process.
var Service = boot.Service[Config]{
	Name:   Name,
	About:  "Takes news in from a drop folder, by HTTP and from feeds, and writes it to Kafka as articles.",
	Listen: "127.0.0.1:8801",
	Run:    Run,
}

// Hint is what is known of an input besides its bytes.
type Hint = document.Hint

// Decode makes articles of an input without Kafka: the same way that Run's
// take. name forces a format, "" recognises it. There may be both articles and
// an error: that of the parts that are broken.
func Decode(ctx context.Context, data []byte, h Hint, name string) ([]article.Article, error) {
	return format.Decode(ctx, data, h, name)
}

// Formats lists the names of the formats that are known.
func Formats() []string { return format.Names() }

// MaxBytes is the largest input that is accepted.
const MaxBytes = document.MaxBytes

// Run takes news in until ctx is done, then finishes what was taken. It waits
// for Kafka, for as long as it takes.
func Run(ctx context.Context, c Config, k *boot.Kit) error { return RunBy(ctx, c, k, time.Now) }

// RunBy is Run by another clock, which stamps what arrives.
func RunBy(ctx context.Context, c Config, k *boot.Kit, now func() time.Time) (err error) {
	if c.Push.Enabled {
		if err := c.Push.Guarded(k.Addr()); err != nil {
			return err
		}
		k.Ready("push token", func(context.Context) error { return c.Push.Readable() })
	}
	b, err := bus.Connect(c.Bus, k.Log)
	if err != nil {
		return err
	}
	defer b.Close()
	k.Ready("kafka", b.Ping)
	if err := k.Await(ctx, "set up the topics", func(ctx context.Context) error {
		return b.TryTopics(ctx, topic.Received, topic.ReceivedBulk, topic.Notices, topic.IngestDead, topic.SourcesState)
	}); err != nil {
		return err
	}
	originals, closeArchive, err := c.Archive.Open(k.Metrics)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeArchive()) }()
	if originals != nil {
		k.Ready("archive", originals.Ready)
	}
	metrics, err := intake.NewMetrics(k.Metrics)
	if err != nil {
		return err
	}
	live, bulk := intake.NewQueue(topic.Live), intake.NewQueue(topic.Bulk)
	live.Claims, bulk.Claims = originals != nil, originals != nil
	live.Count, bulk.Count = metrics, metrics
	live.Now, bulk.Now = now, now

	// The sources end when the stage does, however it does.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// All is set up before anything starts, so that nothing is left running
	// when setting up fails.
	var folders []*drop.Folder
	if c.Drop.Dir != "" {
		folders = append(folders, drop.New(c.Drop, live, metrics.Of(drop.Origin, drop.Origin), k.Log))
	}
	if c.Drop.BackfillDir != "" {
		folders = append(folders, drop.New(c.Drop.Backfills(), bulk, metrics.Of(drop.Origin, string(topic.Bulk)), k.Log))
	}
	feeds, err := c.Poll.List()
	if err != nil {
		return err
	}
	var poller *poll.Poller
	if len(feeds) > 0 {
		var state *bus.Table
		if err := k.Await(ctx, "open the table of sources", func(ctx context.Context) (err error) {
			state, err = b.OpenTable(ctx, topic.SourcesState)
			return err
		}); err != nil {
			return err
		}
		defer state.Close()
		k.Ready("table of sources", state.Ready)
		if poller, err = poll.New(c.Poll, boot.Version(), live, state, metrics, k.Log); err != nil {
			return err
		}
	}
	if c.Push.Enabled {
		h := push.New(ctx, c.Push, push.Way{Queue: live, Count: metrics.Of(push.Origin, push.Origin)},
			push.Way{Queue: bulk, Count: metrics.Of(push.Origin, string(topic.Bulk))}, k.Log)
		if err := k.Handle("POST "+push.Path, h); err != nil {
			return err
		}
	}

	var wg sync.WaitGroup
	failed := make(chan error, len(folders)+1)
	for _, folder := range folders {
		wg.Go(func() {
			if err := folder.Run(ctx); err != nil {
				failed <- fmt.Errorf("drop folder: %w", err)
				cancel()
			}
		})
	}
	if poller != nil {
		wg.Go(func() {
			if err := poller.Run(ctx); err != nil {
				failed <- fmt.Errorf("feeds: %w", err)
				cancel()
			}
		})
	}
	k.Log.Info().Str("drop", c.Drop.Dir).Str("backfills", c.Drop.BackfillDir).Bool("push", c.Push.Enabled).Int("feeds", len(feeds)).Msg("taking news in")
	k.Started()
	budget := stage.NewBudget(c.Backfill)
	of := func(name string, q *intake.Queue, to string, conf stage.Config, g stage.Gate) stage.Stage {
		return stage.Stage{
			Name: name, Source: q, Handler: q.Handle, Sink: intake.KillsAhead(b.Sink(topic.Notices, event.Received), originals.Before(b.Sink(to, event.Received))), Dead: b.DeadLettersTo(topic.IngestDead),
			Config: conf, Gate: g, Observer: k.Observer(name), Log: k.Log.With().Str("stage", name).Logger(),
		}
	}
	err = stage.Together(ctx,
		of(Name, live, topic.Received, c.Stage, budget.Live()),
		of(lane.BulkName(Name), bulk, topic.ReceivedBulk, c.Backfill.Stage(c.Stage), budget.Backfill()))
	cancel()
	wg.Wait()
	close(failed)
	for f := range failed {
		err = errors.Join(err, f)
	}
	return err
}
