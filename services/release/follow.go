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

// Pauses after a failure to read what another process writes, doubled each time.
const (
	followPause    = 500 * time.Millisecond
	followPauseMax = 5 * time.Second
)

// follow does so, until ctx is done or the tables are another's.
func (r *releaser) follow(ctx context.Context, l log) error {
	group, ctx := errgroup.WithContext(ctx)
	for name, ends := range r.gone.ends {
		for partition, end := range ends {
			group.Go(func() error { return r.followPartition(ctx, l, name, partition, end) })
		}
	}
	return group.Wait()
}

// followPartition follows a partition from an offset on. Where it fails it begins
// again after the last message that was done.
func (r *releaser) followPartition(ctx context.Context, l log, name string, partition int, next int64) error {
	reading, stop := context.WithTimeout(ctx, followFor)
	defer stop()
	pause := followPause
	for {
		err := l.ReadLog(reading, name, partition, next, -1, func(m stage.Message) error {
			if err := r.followMessage(ctx, name, m); err != nil {
				return err
			}
			next, pause = m.Offset+1, followPause
			return nil
		})
		if stage.IsFatal(err) {
			return err
		}
		if reading.Err() != nil {
			return nil
		}
		r.log.Warn().Err(err).Str("topic", name).Int("partition", partition).Int64("offset", next).
			Msg("can't follow what another process gives out, trying again")
		select {
		case <-time.After(pause):
		case <-reading.Done():
			return nil
		}
		pause = min(2*pause, followPauseMax)
	}
}

// followMessage looks at a public message, which this process or another wrote.
func (r *releaser) followMessage(ctx context.Context, name string, m stage.Message) error {
	if m.Header(HeaderWriter) == r.writer {
		return nil
	}
	s, err := shownIn(m)
	if err != nil {
		// It stays so: repeating would keep all that follows from being seen.
		r.log.Error().Err(err).Str("topic", name).Int("partition", m.Partition).Int64("offset", m.Offset).
			Msg("another process wrote what can't be read: passed over")
		return nil
	}
	return r.foreign(ctx, article.URI(m.Key), s, m.Time)
}

// foreign notes what another process gave out, and lets the notice follow if the
// article was killed or held meanwhile.
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
	if ok && s.status == article.Usable && !row.Standing().Visible(r.now()) {
		r.log.Warn().Str("article", string(uri)).Msg("another process gave out an article that may not be out: its notice follows")
		r.gone.doubt(string(uri), s, at)
		if err := r.takeBack(ctx, uri); err != nil {
			return r.later(uri, err)
		}
		return nil
	}
	last, known := r.gone.get(uri)
	last.unsure = false
	switch {
	case !known || s.newer(last):
		// It may be in one topic alone, or stand there before an older one of this process.
		r.gone.doubt(string(uri), s, at)
	case last != s:
		r.log.Warn().Str("article", string(uri)).Str("revision", s.revision.String()).Str("newest", last.revision.String()).
			Msg("another process gave out a revision that is not the newest")
	}
	return nil
}
