package archive

import (
	"context"
	"errors"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
)

// putsAtOnce is how many originals of one write are put at the same time.
const putsAtOnce = 8

// Before is a sink that keeps the originals of articles before next writes the
// articles, as [event.Received]. An article whose original could not be kept is
// not written: it failed, and may be written again. One that would be too large
// for a message goes without its original's bytes, which are in the archive: a
// claim, see [Claim].
//
// Without an archive (nil) it is next itself.
func (a *Archive) Before(next stage.Sink) stage.Sink {
	if a == nil {
		return next
	}
	return &sink{a, next}
}

// Claim names the original that a goes without; false if there is none, or a
// has it.
func Claim(a *article.Article) (Key, bool) {
	return KeyOf(a), len(a.Original.Bytes) == 0 && a.Original.Archived != ""
}

// Original gives the bytes of a's original, from a itself or the archive, which
// may be nil. Without either it is [ErrNotFound].
func (a *Archive) Original(ctx context.Context, of *article.Article) ([]byte, error) {
	if len(of.Original.Bytes) > 0 {
		return of.Original.Bytes, nil
	}
	if a == nil || of.Original.Hash == "" {
		return nil, ErrNotFound
	}
	return a.Get(ctx, KeyOf(of))
}

type sink struct {
	archive *Archive
	next    stage.Sink
}

func (s *sink) Close() error { return s.next.Close() }

// putsAhead is how many originals are kept before their articles are written: a
// slow archive then holds up some articles, and not all of a write.
const putsAhead = 4 * putsAtOnce

func (s *sink) Write(ctx context.Context, as []article.Article) error {
	as = slices.Clone(as) // a repetition begins with the bytes again
	errs := map[int]error{}
	for from := 0; from < len(as); from += putsAhead {
		s.some(ctx, as, from, min(from+putsAhead, len(as)), errs)
	}
	if len(errs) == 0 {
		return nil
	}
	return &stage.PartialError{Errs: errs, Total: len(as)}
}

// some keeps the originals from .. to, and writes those articles.
func (s *sink) some(ctx context.Context, as []article.Article, from, to int, errs map[int]error) {
	failed := make([]error, to-from)
	var group errgroup.Group
	group.SetLimit(putsAtOnce)
	for i := range failed {
		group.Go(func() error {
			failed[i] = stage.Guard(stage.CallSink, func() error { return s.keep(ctx, &as[from+i]) })
			return nil
		})
	}
	_ = group.Wait() // failed has the errors
	var kept []article.Article
	var index []int // of those in kept
	for i, err := range failed {
		if err != nil {
			errs[from+i] = err
			continue
		}
		kept, index = append(kept, as[from+i]), append(index, from+i)
	}
	if len(kept) > 0 {
		s.write(ctx, kept, index, errs)
	}
}

// write writes what is kept, and notes what failed by its place in the whole.
func (s *sink) write(ctx context.Context, kept []article.Article, index []int, errs map[int]error) {
	err := s.next.Write(ctx, kept)
	if partial, ok := errors.AsType[*stage.PartialError](err); ok {
		for i, e := range partial.Errs {
			errs[index[i]] = e
		}
		return
	}
	if err != nil {
		for _, i := range index {
			errs[i] = err
		}
	}
}

// keep puts the original, and takes it off an article that would be too large.
func (s *sink) keep(ctx context.Context, a *article.Article) error {
	if len(a.Original.Bytes) == 0 {
		return nil // a claim already, or nothing to keep
	}
	k := KeyOf(a)
	name, err := k.Name()
	if err != nil {
		return err
	}
	if err := s.archive.Put(ctx, k, a.Original.Bytes); err != nil {
		return err
	}
	a.Original.Archived = name
	if !event.Fits(a, event.Received) {
		a.Original.Bytes = nil
		s.archive.metrics.claimed()
	}
	return nil
}
