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
	"slices"
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
	// liftTimeout is how long lifting a write block may take.
	liftTimeout = 30 * time.Second
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

// Job is a build of the indices. All fields but Log, Lanes, Bulk and MaxPause must be
// set.
type Job struct {
	ES       esapi.Transport
	Bus      *bus.Bus
	Indices  corpus.Namespace
	Progress Progress
	Log      zerolog.Logger // of what fails and is tried again

	Lanes    int           // keys worked on side by side; 0: the stage's default
	Bulk     bulk.Config   // how documents are written
	MaxPause time.Duration // 0: DefaultMaxPause
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
	// Pause is how long the live indices were closed for writing.
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

// Run builds, compares and swaps. Interrupted, it goes on at the next call. A
// [*DifferenceError] says that the new indices don't hold the same; the live
// ones are as they were.
func (j *Job) Run(ctx context.Context, o Options) (r Result, err error) {
	s, err := j.prepare(ctx, o)
	if err != nil {
		return r, err
	}
	w := j.open(s.next, j.Indices.Next())
	defer func() { err = errors.Join(err, w.sink.Close()) }()
	r.ID = w.build.ID
	began := time.Now()
	err = j.fill(ctx, w)
	r.Read, r.Took = w.filler.done.Load(), time.Since(began)
	n, first := w.filler.dead.all()
	r.Refused, r.Refusals = w.before+n, first
	if err != nil {
		return r, err
	}
	if err := j.ready(ctx, o, s); err != nil {
		return r, err
	}
	var c *check
	if len(s.live) > 0 {
		c = &check{job: j, work: w, live: s.live, options: o}
		if err := c.before(ctx); err != nil {
			r.Compared = c.comparison()
			return r, err
		}
		r.Compared = c.comparison()
	}
	if o.Stay {
		return r, nil
	}
	r.Pause, err = j.swap(ctx, w, s, c)
	if c != nil {
		r.Compared = c.comparison()
	}
	if err != nil {
		return r, err
	}
	r.Swapped = true
	s, err = j.standing(ctx)
	r.Live = s.live
	return r, err
}

// prepare makes the new indices, or takes those that an interrupted build left.
func (j *Job) prepare(ctx context.Context, o Options) (standing, error) {
	s, err := j.standing(ctx)
	if err != nil {
		return s, err
	}
	for _, x := range s.live {
		if x.Blocked {
			// Whoever closed it was killed before the swap.
			j.Progress.Say("index " + x.Name + " was closed for writing by a build that was interrupted; it is open again")
			if err := j.openOne(ctx, x); err != nil {
				return s, err
			}
		}
	}
	if len(s.next) > 0 && (o.Anew || len(s.next) != 2) {
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
	every := corpus.DefaultRefreshInterval.String()
	if len(s.live) > 0 {
		every = s.live[0].Refresh
	}
	if o.Settings.RefreshInterval > 0 {
		every = fmt.Sprintf("%dms", o.Settings.RefreshInterval.Milliseconds())
	}
	for _, x := range s.next {
		if err := j.set(ctx, x, "index.refresh_interval", every); err != nil {
			return err
		}
	}
	return j.refresh(ctx, j.Indices.Next().Articles(), j.Indices.Next().Versions())
}

func (j *Job) refresh(ctx context.Context, names ...string) error {
	return elastic.Ask(ctx, j.ES, "refresh", esapi.IndicesRefreshRequest{Index: names}, nil)
}

func (j *Job) set(ctx context.Context, x corpus.Index, setting string, value any) error {
	content := body(map[string]any{setting: value})
	return elastic.Ask(ctx, j.ES, "set "+setting+" of index "+x.Name, esapi.IndicesPutSettingsRequest{Index: []string{x.Name}, Body: content}, nil)
}

// close closes indices for writing, in one step since each takes Elasticsearch a
// while. When it returns, no write is under way.
func (j *Job) close(ctx context.Context, indices []corpus.Index) error {
	names := make([]string, len(indices))
	for i, x := range indices {
		names[i] = x.Name
	}
	var reply struct {
		Acknowledged bool `json:"acknowledged"`
		Shards       bool `json:"shards_acknowledged"`
	}
	do := "close the live indices for writing"
	err := elastic.Ask(ctx, j.ES, do, esapi.IndicesAddBlockRequest{Index: names, Block: "write"}, &reply)
	if err == nil && (!reply.Acknowledged || !reply.Shards) {
		err = errors.New(do + ": not all shards have")
	}
	return err
}

// openOne opens it again.
func (j *Job) openOne(ctx context.Context, x corpus.Index) error {
	return j.set(ctx, x, "index.blocks.write", nil)
}

// lift opens the indices again, also when ctx is done.
func (j *Job) lift(ctx context.Context, indices []corpus.Index) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), liftTimeout)
	defer cancel()
	var errs []error
	for _, x := range indices {
		if err := j.openOne(ctx, x); err != nil {
			errs = append(errs, fmt.Errorf("index %s may still be closed for writing, which the next reindex mends: %w", x.Name, err))
		}
	}
	return errors.Join(errs...)
}

// committed is up to where the index service has written each log.
func (j *Job) committed(ctx context.Context) (corpus.Offsets, error) {
	at := corpus.Offsets{}
	for _, l := range lanes {
		es, err := extents(ctx, j.Bus, []string{l.topic})
		if err != nil {
			return nil, err
		}
		if len(es) == 0 {
			continue
		}
		c, err := j.Bus.Committed(ctx, l.group, l.topic)
		if err != nil {
			return nil, err
		}
		at[l.topic] = map[int]int64{}
		for _, e := range es[l.topic] {
			at[l.topic][e.Partition] = max(c[e.Partition], e.First)
		}
	}
	return at, nil
}

// swap closes the live indices, adds what is left of the log, looks once more
// and swaps the aliases. c may be nil: then nothing is looked at.
func (j *Job) swap(ctx context.Context, w *work, s standing, c *check) (time.Duration, error) {
	if len(s.live) == 0 {
		if err := j.advanceAll(ctx, w); err != nil {
			return 0, err
		}
		return 0, j.finish(ctx, w, s, nil)
	}
	var errs []error
	for range SwapAttempts {
		pause, err := j.trySwap(ctx, w, s, c)
		if _, late := errors.AsType[*pauseError](err); !late {
			return pause, err
		}
		j.Progress.Say(err.Error() + "; the live indices were opened again")
		errs = append(errs, err)
		// Shorten what has to be done while they are closed.
		if err := j.advanceAll(ctx, w); err != nil {
			return pause, err
		}
		if c != nil {
			if err := c.before(ctx); err != nil {
				return pause, err
			}
		}
	}
	return 0, errors.Join(errs...)
}

// advanceAll takes all of the log, up to its end now.
func (j *Job) advanceAll(ctx context.Context, w *work) error {
	ss, err := j.left(ctx, w)
	if err != nil {
		return err
	}
	return j.advance(ctx, w, ss)
}

// pauseError says that live copy would have waited too long.
type pauseError struct{ limit time.Duration }

func (e *pauseError) Error() string {
	return fmt.Sprintf("the swap took longer than live copy may wait, %v", e.limit)
}

func (j *Job) trySwap(ctx context.Context, w *work, s standing, c *check) (pause time.Duration, err error) {
	limit := j.MaxPause
	if limit == 0 {
		limit = DefaultMaxPause
	}
	at, err := j.committed(ctx)
	if err != nil {
		return 0, err
	}
	// From here on a rollback knows where to go on, whatever happens.
	for i, x := range s.live {
		b := x.Build
		b.Log = at
		s.live[i].Build = b
	}
	if err := j.record(ctx, s.live, s.live[0].Build); err != nil {
		return 0, err
	}
	short, cancel := context.WithTimeoutCause(ctx, limit, &pauseError{limit})
	defer cancel()
	began := time.Now()
	swapped := false
	defer func() {
		if !swapped {
			if errors.Is(short.Err(), context.DeadlineExceeded) && ctx.Err() == nil {
				err = errors.Join(&pauseError{limit}, err)
			}
			err = errors.Join(err, j.lift(ctx, s.live))
		}
		if pause == 0 {
			pause = time.Since(began)
		}
	}()
	if err := j.close(short, s.live); err != nil {
		return 0, err
	}
	if err := j.advanceAll(short, w); err != nil {
		return 0, err
	}
	if c != nil {
		if err := c.last(short, at); err != nil {
			return 0, err
		}
	}
	if err := corpus.Swap(short, j.ES, w.indices, s.live, s.previous); err != nil {
		// It may have been done all the same.
		now, e := j.standing(context.WithoutCancel(ctx))
		if e != nil || !same(now.live, w.indices) {
			return 0, errors.Join(err, e)
		}
	}
	swapped, pause = true, time.Since(began)
	return pause, j.settle(ctx, w, s, at)
}

func same(a, b []corpus.Index) bool {
	return slices.EqualFunc(a, b, func(x, y corpus.Index) bool { return x.Name == y.Name })
}

// finish swaps where nothing is live.
func (j *Job) finish(ctx context.Context, w *work, s standing, at corpus.Offsets) error {
	if err := corpus.Swap(ctx, j.ES, w.indices, nil, s.previous); err != nil {
		return err
	}
	return j.settle(ctx, w, s, at)
}

// settle writes down what is what after the swap. Then it writes the log's last
// messages once more: one that the service had prepared by the old index, and
// wrote into the new one, may have missed a kill in between. Written twice
// stands there once, and a kill written again holds.
func (j *Job) settle(ctx context.Context, w *work, s standing, at corpus.Offsets) error {
	now := time.Now().UTC().Truncate(time.Second)
	for _, x := range s.live {
		b := x.Build
		b.RetiredAt = now
		if err := corpus.Record(ctx, j.ES, x, b); err != nil {
			return fmt.Errorf("swapped, but not noted: %w", err)
		}
	}
	b := w.build
	b.LiveAt, b.RetiredAt = now, time.Time{}
	if err := j.record(ctx, w.indices, b); err != nil {
		return fmt.Errorf("swapped, but not noted: %w", err)
	}
	if at == nil {
		return nil
	}
	es, err := extents(ctx, j.Bus, topics())
	if err != nil {
		return fmt.Errorf("swapped, but the last messages were not written again: %w", err)
	}
	ss, err := spans(es, at)
	if err == nil {
		sink := index.NewSink(j.ES, j.Indices, j.Bulk, prometheus.NewRegistry())
		again := &filler{log: j.Bus, sink: sink, config: stageConfig(j.Lanes), told: j.Log}
		err = errors.Join(again.fill(ctx, ss), sink.Close())
	}
	if err != nil {
		return fmt.Errorf("swapped, but the last messages were not written again: %w", err)
	}
	return nil
}

// Rollback makes the previous indices live again, once they have what came
// since; the live ones become the previous ones.
func (j *Job) Rollback(ctx context.Context) (r Result, err error) {
	s, err := j.rollbackable(ctx)
	if err != nil {
		return r, err
	}
	for _, x := range s.live {
		if err := j.openOne(ctx, x); err != nil {
			return r, err
		}
	}
	for _, x := range s.previous {
		if err := j.openOne(ctx, x); err != nil {
			return r, err
		}
	}
	w := j.open(s.previous, j.Indices.Previous())
	defer func() { err = errors.Join(err, w.sink.Close()) }()
	r.ID = w.build.ID
	began := time.Now()
	err = j.fill(ctx, w)
	r.Read, r.Took = w.filler.done.Load(), time.Since(began)
	n, first := w.filler.dead.all()
	r.Refused, r.Refusals = w.before+n, first
	if err != nil {
		return r, err
	}
	if r.Pause, err = j.swap(ctx, w, s, nil); err != nil {
		return r, err
	}
	r.Swapped = true
	s, err = j.standing(ctx)
	r.Live = s.live
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
