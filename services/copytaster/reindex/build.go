package reindex

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/elastic"
	"github.com/copytaster/copytaster/services/index"
)

// work is a pair of indices that is being filled.
type work struct {
	indices []corpus.Index
	pair    corpus.Pair
	build   corpus.Build
	before  int64 // refused in earlier runs
	filler  *filler
	sink    *index.Sink
}

func (j *Job) open(indices []corpus.Index, pair corpus.Pair) *work {
	b := indices[0].Build
	if b.Log == nil {
		b.Log = corpus.Offsets{}
	}
	sink := index.NewSink(j.ES, pair, j.Bulk, prometheus.NewRegistry())
	return &work{
		indices: indices, pair: pair, build: b, before: b.Refused, sink: sink,
		filler: &filler{log: j.Bus, sink: sink, config: stageConfig(j.Lanes), told: j.Log},
	}
}

// record notes in the indices how far they are.
func (j *Job) record(ctx context.Context, indices []corpus.Index, b corpus.Build) error {
	for _, x := range indices {
		if err := corpus.Record(ctx, j.ES, x, b); err != nil {
			return err
		}
	}
	return nil
}

// build fills, compares and swaps what stands ready for it.
func (j *Job) build(ctx context.Context, o Options, s standing, w *work, r *Result) error {
	if err := j.filled(ctx, w, r); err != nil {
		return err
	}
	if w.pair == j.Indices.Next() {
		if err := j.ready(ctx, o, s); err != nil {
			return err
		}
	}
	var c *check
	if len(s.live) > 0 {
		c = &check{job: j, work: w, live: s.live, options: o}
		err := c.before(ctx)
		r.Compared = c.comparison()
		if err != nil {
			return err
		}
	}
	if o.Stay {
		return nil
	}
	err := j.swap(ctx, w, c, r)
	if c != nil {
		r.Compared = c.comparison()
	}
	return err
}

// filled fills, and notes in r how that was.
func (j *Job) filled(ctx context.Context, w *work, r *Result) error {
	r.ID = w.build.ID
	began := time.Now()
	err := j.fill(ctx, w)
	r.Read, r.Took = w.filler.done.Load(), time.Since(began)
	n, first := w.filler.dead.all()
	r.Refused, r.Refusals = w.before+n, first
	return err
}

// prepare makes the new indices, or takes those that an interrupted build left.
func (j *Job) prepare(ctx context.Context, o Options, s standing) (standing, error) {
	if o.Anew {
		for _, x := range s.next {
			if err := corpus.Delete(ctx, j.ES, x); err != nil {
				return s, err
			}
		}
		s.next = nil
	}
	if len(s.next) == 0 {
		return j.begin(ctx, o, s)
	}
	if len(s.next) != 2 || s.next[0].Versions == s.next[1].Versions || s.next[0].Build.ID != s.next[1].Build.ID {
		return s, fmt.Errorf("%s are not the two halves of one build: begin again with --anew", strings.Join(names(s.next), ", "))
	}
	for _, x := range s.next {
		if err := corpus.Complete(ctx, j.ES, j.Indices, x); err != nil {
			return s, fmt.Errorf("the interrupted build can't be gone on with, begin again with --anew: %w", err)
		}
	}
	if want := o.Settings.Shards; want != 0 && want != s.next[0].Shards {
		return s, fmt.Errorf("the interrupted build has %d shards, not %d: begin again with --anew", s.next[0].Shards, want)
	}
	j.Progress.Say(fmt.Sprintf("going on with build %s, begun at %s", s.next[0].Build.ID, s.next[0].Build.BeganAt.Format(time.RFC3339)))
	return s, nil
}

func (j *Job) begin(ctx context.Context, o Options, s standing) (standing, error) {
	es, err := extents(ctx, j.Bus, topics())
	if err != nil {
		return s, err
	}
	for _, b := range begins(es) {
		j.Progress.Say(b + ": what came before is not in the log, and will be missing")
	}
	log := corpus.Offsets{}
	for name, parts := range es {
		log[name] = map[int]int64{}
		for _, e := range parts {
			log[name][e.Partition] = e.First
		}
	}
	now := time.Now().UTC().Truncate(time.Second)
	b := corpus.Build{ID: corpus.BuildID(now), From: "log", BeganAt: now, Log: log}
	if err := corpus.Create(ctx, j.ES, j.Indices, b, j.settings(o, s)); err != nil {
		return s, err
	}
	return j.standing(ctx)
}

// fill takes the log until few messages are left of it.
func (j *Job) fill(ctx context.Context, w *work) error {
	ss, err := j.left(ctx, w)
	if err != nil {
		return err
	}
	j.Progress.Begin("fill from the log", messages(ss))
	defer j.Progress.Done()
	for {
		if err := j.advance(ctx, w, round(ss, RoundMessages)); err != nil {
			return err
		}
		if err := j.record(ctx, w.indices, w.build); err != nil {
			return err
		}
		if ss, err = j.left(ctx, w); err != nil || messages(ss) <= CatchUp {
			return err
		}
	}
}

// left is what the log has and the indices don't.
func (j *Job) left(ctx context.Context, w *work) ([]span, error) {
	es, err := extents(ctx, j.Bus, topics())
	if err != nil {
		return nil, err
	}
	return spans(es, w.build.Log)
}

// advance takes spans that begin where the indices stand.
func (j *Job) advance(ctx context.Context, w *work, ss []span) error {
	was := w.filler.done.Load()
	stop := make(chan struct{})
	var shown errgroup.Group
	shown.Go(func() error {
		tick := time.NewTicker(progressEvery)
		defer tick.Stop()
		for {
			now := w.filler.done.Load()
			j.Progress.Add(now - was)
			was = now
			select {
			case <-tick.C:
			case <-stop:
				return nil
			}
		}
	})
	err := w.filler.fill(ctx, ss)
	close(stop)
	_ = shown.Wait() // it returns nil
	j.Progress.Add(w.filler.done.Load() - was)
	if err != nil {
		return err
	}
	for _, s := range ss {
		if w.build.Log[s.topic] == nil {
			w.build.Log[s.topic] = map[int]int64{}
		}
		w.build.Log[s.topic][s.partition] = s.to
	}
	n, _ := w.filler.dead.all()
	w.build.Refused = w.before + n
	return nil
}

const progressEvery = 200 * time.Millisecond

// ready gives the new indices the settings of live ones.
func (j *Job) ready(ctx context.Context, o Options, s standing) error {
	var every any // nil: Elasticsearch's default, as where the live ones have none
	switch {
	case o.Settings.RefreshInterval > 0:
		every = fmt.Sprintf("%dms", o.Settings.RefreshInterval.Milliseconds())
	case len(s.live) == 0:
		every = corpus.DefaultRefreshInterval.String()
	case s.live[0].Refresh != "":
		every = s.live[0].Refresh
	}
	if err := j.set(ctx, "index.refresh_interval", every, s.next...); err != nil {
		return err
	}
	return j.refresh(ctx, j.Indices.Next().Articles(), j.Indices.Next().Versions())
}

func (j *Job) refresh(ctx context.Context, names ...string) error {
	return elastic.Ask(ctx, j.ES, "refresh", esapi.IndicesRefreshRequest{Index: names}, nil)
}

func (j *Job) set(ctx context.Context, setting string, value any, indices ...corpus.Index) error {
	ns := names(indices)
	content := body(map[string]any{setting: value})
	return elastic.Ask(ctx, j.ES, "set "+setting+" of index "+strings.Join(ns, " and "), esapi.IndicesPutSettingsRequest{Index: ns, Body: content}, nil)
}
