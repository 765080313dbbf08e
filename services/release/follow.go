package release

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/stage"
)

// followFor is how long a process looks after its start for what another one
// still writes to the public topics: one that had looked at its tables before they
// were taken over.
const followFor = 10 * time.Minute

// follow does so, until ctx is done.
func (r *releaser) follow(ctx context.Context, l log) error {
	ctx, cancel := context.WithTimeout(ctx, followFor)
	defer cancel()
	group, ctx := errgroup.WithContext(ctx)
	for name, ends := range r.gone.ends {
		for partition, end := range ends {
			group.Go(func() error {
				return l.ReadLog(ctx, name, partition, end, -1, each(name, func(m stage.Message, s shown) error {
					if m.Header(HeaderWriter) == r.writer {
						return nil
					}
					return r.foreign(ctx, article.URI(m.Key), s, m.Time)
				}))
			})
		}
	}
	return group.Wait()
}

// foreign lets the notice follow what another process gave out of an article that
// was killed or held meanwhile.
func (r *releaser) foreign(ctx context.Context, uri article.URI, s shown, at time.Time) error {
	unlock, err := r.locks.lock(ctx, uri)
	if err != nil {
		return err
	}
	defer unlock()
	if err := r.mine(ctx); err != nil {
		return err
	}
	row, ok, err := r.row(uri)
	if err != nil {
		return err
	}
	d := &decision{a: row.article(uri), stands: row.Standing(), now: r.now()}
	if ok && s.status == article.Usable && !d.stands.Visible(d.now) {
		r.log.Warn().Str("article", string(uri)).Msg("another process gave out an article that may not be out: its notice follows")
		r.gone.doubt(string(uri), s, at)
		return r.carryOut(ctx, d)
	}
	if last, known := r.gone.get(uri); known && last != s {
		r.log.Warn().Str("article", string(uri)).Str("revision", s.revision.String()).Str("newest", last.revision.String()).
			Msg("another process gave out a revision that is not the newest")
	}
	return nil
}
