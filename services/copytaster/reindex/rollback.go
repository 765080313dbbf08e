package reindex

import (
	"context"
	"errors"
	"fmt"

	"github.com/copytaster/copytaster/pkg/corpus"
)

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
