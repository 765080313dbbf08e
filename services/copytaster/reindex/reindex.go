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
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/topic"
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

var lanes = []lane{
	{topic.Enriched, topic.GroupIndex},
	{topic.EnrichedBulk, topic.GroupIndexBulk},
	{topic.Notices, topic.GroupIndexNotices}, // of a kill whose own message is a dead letter, all that came
}

// expires tells that the topic loses what is old, as agreed: the others have it.
func expires(name string) bool {
	t, err := topic.ByName(name)
	return err == nil && t.Retention > 0
}

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
	// may hold more: of an old revision that came since, the newer one that came
	// before; a kill. What they hold must be in the new ones all the same.
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
