// Package reindex builds the indices anew from the log, beside live traffic,
// and lets the services go on with them.
//
// What is built stands behind aliases of its own (-next) until it holds the
// same as the live indices. Then the live ones are closed for writing, which
// the index service waits out, the log's last messages are added, what was
// written lately is compared once more, and the aliases are swapped in one
// step. The indices that were live are kept behind a third pair of aliases
// (-previous) until they are dropped; the way back is the same way.
//
// The order in which a log is indexed doesn't matter, and what is indexed
// twice stands there once: that is the index service's own sink, which this
// package fills with. So an interrupted build goes on where it stood.
package reindex

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/elastic"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/index"
	"github.com/copytaster/copytaster/services/index/bulk"
)

// Limits of a job.
const (
	// CatchUp is how many messages may be left of the log before the live
	// indices are closed for writing.
	CatchUp = 500
	// DefaultMaxPause is how long live copy may have to wait at the swap;
	// beyond it the live indices are opened again, and it is tried once more.
	DefaultMaxPause = 5 * time.Second
	// SwapAttempts is how often that is tried.
	SwapAttempts = 3
	// MaxLanes bounds Job.Lanes.
	MaxLanes = 256
)

// Progress hears how far a job is.
type Progress interface {
	// Begin: something that takes long begins; total is of how many things,
	// -1 if nobody knows. It ends with the next Begin, or with Done.
	Begin(what string, total int64)
	Add(n int64)
	Done()
	// Say tells what an operator should know.
	Say(what string)
}

// lane is a topic that is indexed and the group that indexes it.
type lane struct{ topic, group string }

var lanes = []lane{{topic.Enriched, topic.GroupIndex}, {topic.EnrichedBulk, topic.GroupIndexBulk}}

func topics() []string {
	names := make([]string, len(lanes))
	for i, l := range lanes {
		names[i] = l.topic
	}
	return names
}

// Job is a build of the indices. All fields up to Progress must be set. It does one thing
// after the other.
type Job struct {
	ES       esapi.Transport
	Bus      *bus.Bus
	Indices  corpus.Namespace
	Progress Progress
	Log      zerolog.Logger // of what fails and is tried again

	Lanes    int           // keys worked on side by side; 0: the stage's default
	Bulk     bulk.Config   // how documents are written
	MaxPause time.Duration // 0: DefaultMaxPause
	Lease    time.Duration // 0: DefaultLease

	held *lock // while it changes the indices
}

// Options are what is to be done.
type Options struct {
	Settings corpus.Settings // of new indices; RefreshInterval from when they are live; zero: as the live ones have it
	Anew     bool            // drop what an interrupted build left, and begin again
	// Stay: don't swap.
	Stay bool
	// Lost: the live indices were lost and begun anew, so that the new ones
	// may hold more. What they hold must be in the new ones all the same.
	Lost bool
	// Differ: swap even though there are differences.
	Differ bool
}

// standing is the indices by their roles.
type standing struct{ live, next, previous, others []corpus.Index }

func (j *Job) standing(ctx context.Context) (standing, error) {
	xs, err := corpus.Indices(ctx, j.ES, j.Indices)
	if err != nil {
		return standing{}, err
	}
	var s standing
	for _, x := range xs {
		switch x.Role {
		case corpus.RoleLive:
			s.live = append(s.live, x)
		case corpus.RoleNext:
			s.next = append(s.next, x)
		case corpus.RolePrevious:
			s.previous = append(s.previous, x)
		default:
			s.others = append(s.others, x)
		}
	}
	for _, pair := range []struct {
		role string
		xs   []corpus.Index
	}{{corpus.RoleLive, s.live}, {corpus.RolePrevious, s.previous}} {
		if n := len(pair.xs); n != 0 && (n != 2 || pair.xs[0].Versions == pair.xs[1].Versions) {
			return s, fmt.Errorf("%d indices are %s, there should be one of the articles and one of the versions, or none: see reindex list", n, pair.role)
		}
	}
	return s, nil
}

// Plan is what a build would do.
type Plan struct {
	Live     []corpus.Index `json:"live"`
	Resumes  string         `json:"resumes,omitempty"` // ID of the build that is gone on with
	Messages int64          `json:"messages"`          // to be read
	Shards   int            `json:"shards"`
	Begins   []string       `json:"begins,omitempty"` // partitions whose log does not begin at its first message any more
	// Displaced are the previous indices that are behind no alias afterwards.
	Displaced []string `json:"displaced,omitempty"`
}

// Plan tells what Run would do. It changes nothing.
func (j *Job) Plan(ctx context.Context, o Options) (Plan, error) {
	s, err := j.standing(ctx)
	if err != nil {
		return Plan{}, err
	}
	es, err := extents(ctx, j.Bus, topics())
	if err != nil {
		return Plan{}, err
	}
	p := Plan{Live: s.live, Shards: j.settings(o, s).Shards, Begins: begins(es)}
	if len(s.live) > 0 {
		p.Displaced = names(s.previous)
	}
	var from corpus.Offsets
	if len(s.next) == 2 && !o.Anew {
		p.Resumes, from, p.Shards = s.next[0].Build.ID, s.next[0].Build.Log, s.next[0].Shards
	}
	ss, err := spans(es, from)
	p.Messages = messages(ss)
	return p, err
}

func begins(es map[string][]bus.Extent) []string {
	var bs []string
	for _, name := range topics() {
		for _, e := range es[name] {
			if e.First > 0 {
				bs = append(bs, fmt.Sprintf("%s/%d begins at offset %d", name, e.Partition, e.First))
			}
		}
	}
	return bs
}

// settings are those of new indices, with the live ones' where nothing is said.
func (*Job) settings(o Options, s standing) corpus.Settings {
	n := o.Settings
	if n.Shards == 0 && len(s.live) > 0 {
		n.Shards = s.live[0].Shards
	}
	n.Shards = max(n.Shards, 1)
	n.RefreshInterval = corpus.FillRefreshInterval
	return n
}

// Result is how a build ended.
type Result struct {
	ID       string        `json:"id"`
	Read     int64         `json:"messages"`          // read in this run
	Took     time.Duration `json:"took_ns"`           // to fill
	Refused  int64         `json:"refused,omitempty"` // messages that the index does not take
	Refusals []Refusal     `json:"refusals,omitempty"`
	Compared *Comparison   `json:"compared,omitempty"` // nil: there was nothing to compare with
	Swapped  bool          `json:"swapped"`
	// Pause is how long the live indices were closed for writing, at one time.
	Pause time.Duration  `json:"pause_ns,omitempty"`
	Live  []corpus.Index `json:"live,omitempty"`
}

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

// Run builds, compares and swaps. Interrupted, it goes on at the next call; what
// was interrupted after the swap is ended by it, and no more. A
// [*DifferenceError] says that the new indices don't hold the same; the live
// ones are as they were. A [*HeldError]: another job is at it.
func (j *Job) Run(ctx context.Context, o Options) (Result, error) {
	ctx, release, err := j.hold(ctx, "reindex")
	if err != nil {
		return Result{}, err
	}
	defer release()
	return j.run(ctx, o)
}

// run is what Run does while it holds the lock.
func (j *Job) run(ctx context.Context, o Options) (r Result, err error) {
	s, err := j.standing(ctx)
	if err != nil {
		return r, err
	}
	if was, err := j.end(ctx, s); err != nil || was && len(s.next) == 0 && !o.Anew {
		if was {
			r.ID, r.Swapped = s.live[0].Build.ID, true
		}
		err = j.ended(ctx, &r, err)
		return r, err
	}
	if s, err = j.prepare(ctx, o, s); err != nil {
		return r, err
	}
	w := j.open(s.next, j.Indices.Next())
	defer func() { err = errors.Join(err, w.sink.Close()) }()
	err = j.ended(ctx, &r, j.build(ctx, o, s, w, &r))
	return r, err
}

// ended notes in r which indices are live after a swap.
func (j *Job) ended(ctx context.Context, r *Result, err error) error {
	if cause := context.Cause(ctx); errors.Is(cause, errLost) {
		err = errors.Join(err, cause)
	}
	if !r.Swapped {
		return err
	}
	ctx, cancel := grace(ctx, settleTimeout)
	defer cancel()
	s, e := j.standing(ctx)
	r.Live = s.live
	return errors.Join(err, e)
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

// Rollback makes the previous indices live again, once they have what came
// since and hold the same as the live ones; those become the previous ones. It
// fails as Run does. o.Lost: they may hold more.
func (j *Job) Rollback(ctx context.Context, o Options) (r Result, err error) {
	ctx, release, err := j.hold(ctx, "reindex --rollback")
	if err != nil {
		return r, err
	}
	defer release()
	s, err := j.rollbackable(ctx)
	if err != nil {
		return r, err
	}
	// Live indices that were retired once came back by a rollback.
	back := len(s.live) > 0 && !s.live[0].Build.RetiredAt.IsZero()
	if was, err := j.end(ctx, s); err != nil || was && back {
		if was {
			r.ID, r.Swapped = s.live[0].Build.ID, true
		}
		err = j.ended(ctx, &r, err)
		return r, err
	}
	// Again: what they say of themselves may have been written anew.
	if s, err = j.rollbackable(ctx); err != nil {
		return r, err
	}
	if err := j.lift(ctx, s.previous); err != nil {
		return r, err
	}
	w := j.open(s.previous, j.Indices.Previous())
	defer func() { err = errors.Join(err, w.sink.Close()) }()
	err = j.ended(ctx, &r, j.build(ctx, o, s, w, &r))
	return r, err
}

func (j *Job) rollbackable(ctx context.Context) (standing, error) {
	s, err := j.standing(ctx)
	if err != nil {
		return s, err
	}
	if len(s.previous) == 0 {
		return s, errors.New("there are no previous indices to go back to: see reindex list")
	}
	for _, x := range s.previous {
		if err := corpus.Complete(ctx, j.ES, j.Indices, x); err != nil {
			return s, fmt.Errorf("this program can't go back, the one that made the index can: %w", err)
		}
	}
	return s, nil
}

// PlanRollback tells what Rollback would do. It changes nothing.
func (j *Job) PlanRollback(ctx context.Context) (Plan, []corpus.Index, error) {
	s, err := j.rollbackable(ctx)
	if err != nil {
		return Plan{}, nil, err
	}
	es, err := extents(ctx, j.Bus, topics())
	if err != nil {
		return Plan{}, nil, err
	}
	ss, err := spans(es, s.previous[0].Build.Log)
	return Plan{Live: s.live, Messages: messages(ss), Shards: s.previous[0].Shards}, s.previous, err
}
