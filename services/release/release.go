// Package release gives out what may go out: articles that are usable and whose
// embargo is over go to the public topics, each at its time; of what is killed
// or withheld after it went out, a notice without text follows.
package release

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/lane"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

// Name is the service's and its stage's name.
const Name = "release"

// Service is the service as the process sees it.
var Service = boot.Service[Config]{
	Name: Name, About: "Gives out what may go out, at its time, and takes back what is killed.", Listen: "127.0.0.1:8805", Run: Run,
}

// Run releases until ctx is done. It takes the state over from any other
// instance, which ends.
func Run(ctx context.Context, c Config, k *boot.Kit) (err error) {
	b, err := bus.Connect(c.Bus, k.Log)
	if err != nil {
		return err
	}
	defer b.Close()
	k.Ready("kafka", b.Ping)
	if err := k.Await(ctx, "set up the topics", func(ctx context.Context) error {
		return b.TryTopics(ctx, topic.Released, topic.Current, topic.Status, topic.EmbargoPending, topic.ReleaseDead, topic.Audit)
	}); err != nil {
		return err
	}
	// The tables first: who had them before writes nothing from then on, and
	// what it did write is seen below.
	var status, pending *bus.Table
	if err := k.Await(ctx, "open the table of statuses", func(ctx context.Context) (err error) {
		status, err = b.OpenTable(ctx, topic.Status)
		return err
	}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, status.Close()) }()
	k.Ready("table of statuses", status.Ready)
	if err := k.Await(ctx, "open the table of embargoes", func(ctx context.Context) (err error) {
		pending, err = b.OpenTable(ctx, topic.EmbargoPending)
		return err
	}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pending.Close()) }()
	k.Ready("table of embargoes", pending.Ready)
	began := time.Now()
	var gone *public
	if err := k.Await(ctx, "read what went out", func(ctx context.Context) (err error) {
		gone, err = readPublic(ctx, b)
		return err
	}); err != nil {
		return err
	}
	k.Log.Info().Int("articles", gone.len()).Int("statuses", status.Len()).Int("embargoes", pending.Len()).Dur("took", time.Since(began)).
		Msg("read what went out")
	audit := b.Forward()
	defer func() { err = errors.Join(err, audit.Close()) }()
	var kept *trail
	if err := k.Await(ctx, "read the audit", func(ctx context.Context) (err error) {
		var unread error
		if kept, unread, err = readTrail(ctx, b, auditWriter(audit)); unread != nil {
			k.Log.Error().Err(unread).Msg("the audit has what can't be read: passed over")
		}
		return err
	}); err != nil {
		return err
	}
	out := &topics{released: b.Forward(), current: b.ForwardPlain()}
	defer func() { err = errors.Join(err, out.Close()) }()
	m, err := newMetrics(k.Metrics, pending.Len)
	if err != nil {
		return err
	}
	r := newReleaser(status, pending, gone, kept, out, m)
	r.log = k.Log
	if err := r.loadTimers(); err != nil {
		return err
	}

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var beside sync.WaitGroup
	var failed, lost error
	beside.Go(func() {
		failed = r.runTimers(ctx)
		cancel()
	})
	beside.Go(func() {
		if lost = r.follow(ctx, b); lost != nil && ctx.Err() == nil {
			cancel()
		}
	})
	way := func(group, from string) lane.Way {
		return lane.Way{Group: group, From: from, Dead: topic.ReleaseDead, Sink: func() (stage.Sink, error) { return sink{r}, nil }}
	}
	ahead := way(topic.GroupReleaseNotices, topic.Notices)
	err = lane.Run(ctx, c.Lanes, lane.Service{
		Name: Name, Handler: handle, Stage: c.Stage, Ahead: &ahead,
		Live: way(topic.GroupRelease, topic.Enriched),
		Bulk: way(topic.GroupReleaseBulk, topic.EnrichedBulk),
	}, b, k)
	cancel()
	beside.Wait()
	return errors.Join(err, failed, lost)
}

// handle reads the article out of its message.
func handle(_ context.Context, m stage.Message) ([]article.Article, error) {
	a, err := event.Decode(m)
	if err != nil {
		return nil, err
	}
	return []article.Article{a}, nil
}

// sink is the releaser as the sink of a stage. Several stages share it, so it is
// closed by who made it.
type sink struct{ *releaser }

// Close does nothing.
func (sink) Close() error { return nil }

// topics are the public ones.
type topics struct{ released, current *bus.Forward }

// Write writes messages to both: first to the stream, then to what is current,
// which says what went out.
func (t *topics) Write(ctx context.Context, ms []stage.Message) error {
	if len(ms) == 0 {
		return nil
	}
	if err := t.released.Write(ctx, topic.Released, ms...); err != nil {
		return err
	}
	return t.current.Write(ctx, topic.Current, ms...)
}

// Close waits for what is being written.
func (t *topics) Close() error { return errors.Join(t.released.Close(), t.current.Close()) }
