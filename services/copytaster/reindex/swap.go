package reindex

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/elastic"
	"github.com/copytaster/copytaster/services/index"
)

// What is begun around the swap is ended, whatever becomes of the job's
// context: half done, it would leave the live indices closed, or nobody would
// know which are live.
const (
	// closeTimeout is how long closing the live indices may take.
	closeTimeout = 30 * time.Second
	// liftTimeout is how long opening them again may take.
	liftTimeout = 30 * time.Second
	// swapTimeout is how long swapping the aliases may take.
	swapTimeout = 30 * time.Second
	// settleTimeout is how long what is left to do after the swap may take
	// once the job is interrupted.
	settleTimeout = 30 * time.Second
	liftEvery     = 100 * time.Millisecond
)

func names(indices []corpus.Index) []string {
	ns := make([]string, len(indices))
	for i, x := range indices {
		ns[i] = x.Name
	}
	return ns
}

// close closes indices for writing, in one step since each takes Elasticsearch a
// while. When it returns, no write is under way. It isn't cut off: a block that
// is being added when it is lifted stays for good.
func (j *Job) close(ctx context.Context, indices []corpus.Index) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	var reply struct {
		Acknowledged bool `json:"acknowledged"`
		Shards       bool `json:"shards_acknowledged"`
	}
	do := "close the live indices for writing"
	err := elastic.Ask(ctx, j.ES, do, esapi.IndicesAddBlockRequest{Index: names(indices), Block: "write"}, &reply)
	if err == nil && (!reply.Acknowledged || !reply.Shards) {
		err = errors.New(do + ": not all shards have")
	}
	return err
}

// lift opens indices for writing, also when ctx is done, and sees that they are.
func (j *Job) lift(ctx context.Context, indices []corpus.Index) error {
	if len(indices) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), liftTimeout)
	defer cancel()
	for {
		err := j.set(ctx, "index.blocks.write", nil, indices...)
		var blocked []string
		if err == nil {
			if blocked, err = corpus.Blocked(ctx, j.ES, names(indices)...); err == nil && len(blocked) == 0 {
				return nil
			}
		}
		var refused *elastic.StatusError
		if gone := errors.As(err, &refused) && refused.Status == http.StatusNotFound; !gone && wait(ctx, liftEvery) {
			continue
		}
		return fmt.Errorf("index %s may still be closed for writing, `copytaster reindex open` opens it: %w", strings.Join(names(indices), " and "), errors.Join(err, ctx.Err()))
	}
}

// Open opens the live indices for writing, which a job that was killed at the
// swap may have left closed. It tells which were.
func (j *Job) Open(ctx context.Context) ([]string, error) {
	// One that still runs closed them itself, and opens them.
	ctx, release, err := j.hold(ctx, "reindex open")
	if err != nil {
		return nil, err
	}
	defer release()
	s, err := j.standing(ctx)
	if err != nil {
		return nil, err
	}
	blocked := []string{}
	for _, x := range s.live {
		if x.Blocked {
			blocked = append(blocked, x.Name)
		}
	}
	return blocked, j.lift(ctx, s.live)
}

// Drop deletes indices. A job that runs keeps it away from what it fills, and from
// what is behind no alias: that may be what it restores.
func (j *Job) Drop(ctx context.Context, indices []corpus.Index) error {
	if slices.ContainsFunc(indices, func(x corpus.Index) bool { return x.Role == corpus.RoleNext || x.Role == corpus.RoleNone }) {
		var release func()
		var err error
		if ctx, release, err = j.hold(ctx, "reindex drop"); err != nil {
			return err
		}
		defer release()
	}
	for _, x := range indices {
		if err := corpus.Delete(ctx, j.ES, x); err != nil {
			return err
		}
	}
	return nil
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
// and swaps the aliases. c is nil where nothing is live. What it says in r holds
// whether it fails or not.
func (j *Job) swap(ctx context.Context, w *work, c *check, r *Result) error {
	var errs []error
	for range SwapAttempts {
		late, err := j.trySwap(ctx, w, c, r)
		if !late {
			return err
		}
		j.Progress.Say(err.Error() + "; the live indices were opened again")
		errs = append(errs, err)
		// Shorten what has to be done while they are closed.
		if err := j.advanceAll(ctx, w); err != nil {
			return err
		}
		if err := c.before(ctx); err != nil {
			return err
		}
	}
	return errors.Join(errs...)
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

// trySwap tells with late that it may be tried again.
func (j *Job) trySwap(ctx context.Context, w *work, c *check, r *Result) (late bool, err error) {
	// Somebody may have dropped the previous indices since the beginning.
	s, err := j.standing(ctx)
	if err != nil {
		return false, err
	}
	if len(s.live) == 0 {
		return false, j.finish(ctx, w, s, r)
	}
	if c == nil || !same(s.live, c.live) {
		return false, errors.New("other indices are live than at the beginning: see reindex list, and call again")
	}
	j.displaced(w, s)
	at, err := j.committed(ctx)
	if err != nil {
		return false, err
	}
	// From here on a rollback knows where to go on, and what is left to do after
	// the swap can be done by another call, whatever happens.
	for i, x := range s.live {
		b := x.Build
		b.Log = at
		s.live[i].Build = b
	}
	if err := j.record(ctx, s.live, s.live[0].Build); err != nil {
		return false, err
	}
	if err := j.held.beat(ctx); err != nil {
		return false, err
	}
	limit := j.MaxPause
	if limit == 0 {
		limit = DefaultMaxPause
	}
	short, cancel := context.WithTimeoutCause(ctx, limit, &pauseError{limit})
	defer cancel()
	began := time.Now()
	sent, err := j.pause(short, w, s, c, at)
	done := err == nil || sent && j.swapped(ctx, w)
	if !done {
		var over *pauseError
		var differs *DifferenceError
		if late = !sent && !errors.As(err, &differs) && errors.As(context.Cause(short), &over); late {
			err = over
		}
		j.Progress.Say("opening the live indices again, wait")
		opening := j.lift(ctx, s.live)
		late, err = late && opening == nil, errors.Join(err, opening)
		// Elasticsearch may have done it after all, before it opened them.
		done = sent && j.swapped(ctx, w)
	}
	r.Pause = max(r.Pause, time.Since(began))
	if !done {
		return late, err
	}
	r.Swapped = true
	return false, j.settle(ctx, w.built(), s.live, at)
}

// displaced says which indices will be behind no alias after the swap.
func (j *Job) displaced(w *work, s standing) {
	if len(s.previous) == 0 || same(s.previous, w.indices) {
		return
	}
	j.Progress.Say(fmt.Sprintf("the swap leaves %s behind no alias; they keep the text of what was killed since until `copytaster reindex drop -`", strings.Join(names(s.previous), " and ")))
}

// pause does what is done while the live indices are closed. sent: the swap was
// asked for, and may have been done even though there is an error.
func (j *Job) pause(short context.Context, w *work, s standing, c *check, at corpus.Offsets) (sent bool, err error) {
	if err := j.close(short, s.live); err != nil {
		return false, err
	}
	if err := context.Cause(short); err != nil {
		return false, err
	}
	if err := j.advanceAll(short, w); err != nil {
		return false, err
	}
	if err := c.last(short, at); err != nil {
		return false, err
	}
	if err := context.Cause(short); err != nil {
		return false, err
	}
	return true, j.aliases(short, w, s)
}

// aliases swaps them, to the end.
func (j *Job) aliases(ctx context.Context, w *work, s standing) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), swapTimeout)
	defer cancel()
	return corpus.Swap(ctx, j.ES, w.indices, s.live, s.previous)
}

// swapped tells whether the new indices are live.
func (j *Job) swapped(ctx context.Context, w *work) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), swapTimeout)
	defer cancel()
	now, err := j.standing(ctx)
	return err == nil && same(now.live, w.indices)
}

func same(a, b []corpus.Index) bool {
	return slices.EqualFunc(a, b, func(x, y corpus.Index) bool { return x.Name == y.Name })
}

// finish swaps where nothing is live.
func (j *Job) finish(ctx context.Context, w *work, s standing, r *Result) error {
	if err := j.advanceAll(ctx, w); err != nil {
		return err
	}
	if err := j.record(ctx, w.indices, w.build); err != nil {
		return err
	}
	if err := j.held.beat(ctx); err != nil {
		return err
	}
	j.displaced(w, s)
	if err := j.aliases(ctx, w, s); err != nil && !j.swapped(ctx, w) {
		return err
	}
	r.Swapped = true
	return j.settle(ctx, w.built(), nil, nil)
}

// grace is a context that lives a while longer than ctx.
func grace(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		defer cancel()
		wait(longer, d)
	})
	return longer, func() { stop(); cancel() }
}

// built are the indices with how far they are.
func (w *work) built() []corpus.Index {
	for i := range w.indices {
		w.indices[i].Build = w.build
	}
	return w.indices
}

// settledAll tells whether all that follows a swap was done to live indices.
func settledAll(live []corpus.Index) bool {
	return !slices.ContainsFunc(live, func(x corpus.Index) bool {
		return !x.Build.RetiredAt.IsZero() || x.Build.ID != "" && x.Build.LiveAt.IsZero()
	})
}

// settle writes the log's last messages once more, after a swap: one that the
// service had prepared by the old index, and wrote into the new one, may have
// missed a kill in between. Written twice stands there once, and a kill written
// again holds. Then it writes down what is what. That comes last, so that a
// later call sees if it was not done. It has a while for it when ctx is done.
func (j *Job) settle(ctx context.Context, live, previous []corpus.Index, at corpus.Offsets) error {
	ctx, cancel := grace(ctx, settleTimeout)
	defer cancel()
	if at != nil {
		if err := j.again(ctx, at); err != nil {
			return fmt.Errorf("swapped, but the last messages were not written again, which the next call does: %w", err)
		}
	}
	now := time.Now().UTC().Truncate(time.Second)
	for _, x := range previous {
		b := x.Build
		b.RetiredAt = now
		err := corpus.Record(ctx, j.ES, x, b)
		if err == nil {
			// It is, but for a swap that came late.
			err = j.set(ctx, "index.blocks.write", true, x)
		}
		if err != nil {
			return fmt.Errorf("swapped, but not noted, which the next call does: %w", err)
		}
	}
	for _, x := range live {
		b := x.Build
		b.LiveAt, b.RetiredAt = now, time.Time{}
		if err := corpus.Record(ctx, j.ES, x, b); err != nil {
			return fmt.Errorf("swapped, but not noted, which the next call does: %w", err)
		}
	}
	return nil
}

// again writes the log from at on into the live indices.
func (j *Job) again(ctx context.Context, at corpus.Offsets) error {
	es, err := extents(ctx, j.Bus, topics())
	if err != nil {
		return err
	}
	ss, err := spans(es, at)
	if err != nil {
		return err
	}
	sink := index.NewSink(j.ES, j.Indices, j.Bulk, prometheus.NewRegistry())
	f := &filler{log: j.Bus, sink: sink, config: stageConfig(j.Lanes), told: j.Log}
	return errors.Join(f.fill(ctx, ss), sink.Close())
}

// end does what an interrupted job left to be done after its swap, and opens
// the live indices. It tells whether there was anything left.
func (j *Job) end(ctx context.Context, s standing) (was bool, err error) {
	for _, x := range s.live {
		if x.Blocked {
			// Whoever closed it was killed before the swap.
			j.Progress.Say("index " + x.Name + " was closed for writing by a build that was interrupted; it is open again")
		}
	}
	if err := j.lift(ctx, s.live); err != nil || settledAll(s.live) {
		return false, err
	}
	var at corpus.Offsets
	if len(s.previous) > 0 {
		at = s.previous[0].Build.Log
	}
	j.Progress.Say("ending what was interrupted after the swap")
	return true, j.settle(ctx, s.live, s.previous, at)
}
