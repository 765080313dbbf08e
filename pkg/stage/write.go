package stage

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
)

// entry is an article that waits to be written.
type entry struct {
	t *task
	a article.Article
}

// flush writes batch, what is urgent first.
func (l *lane) flush(batch []entry) {
	n := ahead(batch)
	l.writeAll(batch[:n])
	l.writeAll(batch[n:])
}

// ahead moves urgent articles to the front of batch, and tells how many. One that
// has something of its key or its URI before it stays behind that.
func ahead(batch []entry) int {
	if !slices.ContainsFunc(batch, func(e entry) bool { return e.t.m.Urgent }) {
		return 0
	}
	keys, uris := map[uint64]bool{}, map[article.URI]bool{}
	var rest []entry
	n := 0
	for _, e := range batch {
		if e.t.m.Urgent && !keys[e.t.key] && !uris[e.a.URI] {
			batch[n] = e
			n++
			continue
		}
		if e.t.m.Key != nil {
			keys[e.t.key] = true
		}
		uris[e.a.URI] = true
		rest = append(rest, e)
	}
	copy(batch[n:], rest)
	return n
}

// writeAll writes batch, in as many writes as [Sink] demands.
func (l *lane) writeAll(batch []entry) {
	most := min(len(batch), l.Config.BatchMax)
	seen := make(map[article.URI]struct{}, most)
	for len(batch) > 0 && !l.idle() {
		n := distinct(seen, min(len(batch), most), func(i int) article.URI { return batch[i].a.URI })
		l.write(batch[:n], false)
		batch = batch[n:]
	}
}

// Distinct is how many of as may be in one [Sink.Write]: those before the first
// whose URI was there already.
func Distinct(as []article.Article) int {
	return distinct(make(map[article.URI]struct{}, len(as)), len(as), func(i int) article.URI { return as[i].URI })
}

func distinct(seen map[article.URI]struct{}, n int, uri func(i int) article.URI) int {
	clear(seen)
	for i := range n {
		u := uri(i)
		if _, again := seen[u]; again {
			return i
		}
		seen[u] = struct{}{}
	}
	return n
}

// write writes part until every article is safe or refused for good. When the
// sink panics nobody knows over which: then each is a suspect, and is written
// alone, and the one over which it panics again is refused.
func (l *lane) write(part []entry, suspect bool) {
	as := make([]article.Article, 0, len(part))
	began := time.Now()
	defer l.call.wentOn()
	for failures := 1; ; failures++ {
		as = as[:0]
		for _, e := range part {
			as = append(as, e.a)
		}
		ctx := l.call.begin(l.work, CallSink, &part[0].t.m)
		err := l.call.end(Guard(CallSink, func() error { return l.Sink.Write(ctx, as) }))
		l.tell(err, &part[0].t.m)
		of := func(int) error { return err }
		if partial, ok := errors.AsType[*PartialError](err); ok {
			of = func(i int) error { return partial.Errs[i] }
		}
		var again, suspects []entry
		for i, e := range part {
			switch err := of(i); {
			case IsFatal(err):
				if !l.ended {
					l.end(err)
				}
			case Panicked(err) && !suspect && !IsPermanent(err):
				suspects = append(suspects, e)
			case err == nil, IsPermanent(err), Panicked(err):
				l.written(e, err)
			default:
				again = append(again, e)
			}
		}
		l.alone(suspects)
		if len(again) == 0 || l.idle() {
			return
		}
		part = again
		for _, e := range part {
			e.t.attempts++
		}
		l.call.failed(began, CallSink, err)
		l.Observer.Retry(CallSink)
		l.Log.Warn().Err(err).Int("articles", len(part)).Int("failures", failures).Msg("can't write, trying again")
		if !sleep(l.work, l.Config.backoff(failures)) {
			return
		}
	}
}

// alone writes suspects one by one.
func (l *lane) alone(part []entry) {
	for i := range part {
		if l.idle() {
			return
		}
		part[i].t.attempts++
		l.Observer.Retry(CallSink)
		l.write(part[i:i+1], true)
	}
}

// written notes that an article is safe, or with err that it never will be.
func (l *lane) written(e entry, err error) {
	if err == nil {
		e.t.safe = append(e.t.safe, e.a.URI)
	} else if e.t.err == nil {
		e.t.err = fmt.Errorf("article %s: %w", e.a.URI, err)
	}
	if e.t.left--; e.t.left == 0 {
		l.settle(e.t)
	}
}
