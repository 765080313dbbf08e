package release

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
)

// Times of the timers of embargoes and expiries.
const (
	// timerCheck is how long a timer sleeps at most: a clock that is set
	// meanwhile is seen by then.
	timerCheck = time.Second
	// timerRetry is the wait after a release that failed.
	timerRetry = 500 * time.Millisecond
)

// timers are the moments at which embargoes end and articles expire.
type timers struct {
	mu   sync.Mutex
	heap moments
	wake chan struct{}
	// busy are the articles that were taken and are not done, each with the moment
	// at which it is due again, if there is one.
	busy map[article.URI]time.Time
}

type moment struct {
	at  time.Time
	uri article.URI
}

// moments is a heap, the next first. An article may be there more than once:
// what is due is looked at again.
type moments []moment

func (m *moments) Len() int           { return len(*m) }
func (m *moments) Less(i, j int) bool { return (*m)[i].at.Before((*m)[j].at) }
func (m *moments) Swap(i, j int)      { (*m)[i], (*m)[j] = (*m)[j], (*m)[i] }
func (m *moments) Push(x any)         { *m = append(*m, x.(moment)) } //nolint:forcetypeassert // by heap.Push alone

func (m *moments) Pop() any {
	last := (*m)[len(*m)-1]
	*m = (*m)[:len(*m)-1]
	return last
}

func newTimers() *timers {
	return &timers{wake: make(chan struct{}, 1), busy: map[article.URI]time.Time{}}
}

func (t *timers) set(uri article.URI, at time.Time) {
	t.mu.Lock()
	heap.Push(&t.heap, moment{at, uri})
	t.mu.Unlock()
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// next takes the articles that are due at now, each once, and none that was taken
// before until it is done; else it tells when to ask again.
func (t *timers) next(now time.Time) (due []article.URI, wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	taken := map[article.URI]bool{}
	for len(t.heap) > 0 {
		if d := t.heap[0].at.Sub(now); d > 0 {
			return due, min(d, timerCheck)
		}
		m, _ := heap.Pop(&t.heap).(moment)
		if taken[m.uri] {
			continue
		}
		taken[m.uri] = true
		if _, busy := t.busy[m.uri]; busy {
			t.busy[m.uri] = m.at
			continue
		}
		t.busy[m.uri] = time.Time{}
		due = append(due, m.uri)
	}
	return due, timerCheck
}

// done says that an article which was taken may be taken again.
func (t *timers) done(uri article.URI) {
	t.mu.Lock()
	again := t.busy[uri]
	delete(t.busy, uri)
	t.mu.Unlock()
	if !again.IsZero() {
		t.set(uri, again)
	}
}

// loadTimers sets a timer for each article that waits, for each that expires, and
// for each whose notice is missing, which is due at once.
func (r *releaser) loadTimers() error {
	var unread error
	r.pending.Range(func(uri string, value []byte) bool {
		a, err := waiting(uri, value)
		if err != nil {
			unread = errors.Join(unread, err)
			return true
		}
		r.due.set(a.URI, a.EmbargoUntil)
		return true
	})
	if unread != nil {
		return fmt.Errorf("embargoes can't be read: %w", unread)
	}
	r.status.Range(func(uri string, value []byte) bool {
		row, err := ReadRow(value)
		if err != nil {
			unread = errors.Join(unread, fmt.Errorf("%s: %w", uri, err))
			return true
		}
		if row.Status == article.Usable && !row.ExpiresAt.IsZero() {
			r.due.set(article.URI(uri), row.ExpiresAt)
		}
		if now := r.now(); r.owes(article.URI(uri), row.Standing(), now) {
			r.due.set(article.URI(uri), now)
		}
		return true
	})
	if unread != nil {
		return fmt.Errorf("statuses can't be read: %w", unread)
	}
	return nil
}

// runTimers releases what waits when its time comes, and takes back what expires,
// until ctx is done or the tables are another's. What was due before is done at
// once.
func (r *releaser) runTimers(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	// Many end at the same moment, on the hour: side by side. One that hangs keeps
	// its place, and the others go on.
	group.SetLimit(sideBySide)
	for ctx.Err() == nil {
		uris, wait := r.due.next(r.now())
		for _, uri := range uris {
			group.Go(func() error { return r.doTaken(ctx, uri) })
		}
		if len(uris) > 0 {
			continue
		}
		t := time.NewTimer(wait)
		select {
		case <-t.C:
		case <-r.due.wake:
		case <-ctx.Done():
		}
		t.Stop()
	}
	return group.Wait()
}

// doTaken does what is due of an article that was taken from the timers. What
// fails is due again.
func (r *releaser) doTaken(ctx context.Context, uri article.URI) error {
	defer r.due.done(uri)
	if ctx.Err() != nil {
		return nil
	}
	if err := r.doDue(ctx, uri); err != nil && ctx.Err() == nil {
		return r.later(uri, err)
	}
	return nil
}

// later lets the timers do again what failed, unless err is fatal, and is to be
// returned.
func (r *releaser) later(uri article.URI, err error) error {
	if stage.IsFatal(err) {
		return err
	}
	r.log.Warn().Err(err).Str("article", string(uri)).Msg("can't do what an article's time has come for, trying again")
	r.due.set(uri, r.now().Add(timerRetry))
	return nil
}

// waiting reads an article that waits for its time.
func waiting(uri string, value []byte) (article.Article, error) {
	return event.Decode(event.Bare(uri, value, event.Released))
}

// doDue gives an article out whose embargo is over, and takes one back that may
// no longer be out.
func (r *releaser) doDue(ctx context.Context, uri article.URI) error {
	unlock, err := r.locks.lock(ctx, uri)
	if err != nil {
		return err
	}
	defer unlock()
	if err := r.mine(ctx); err != nil {
		return err
	}
	if value, ok := r.pending.Get(string(uri)); ok {
		return r.release(ctx, uri, value)
	}
	return r.takeBack(ctx, uri)
}

// release gives an article out that waits. One that waits for another time is
// left, but for the notice of an earlier revision.
func (r *releaser) release(ctx context.Context, uri article.URI, value []byte) error {
	a, err := waiting(string(uri), value)
	if err != nil {
		return err
	}
	stands, err := r.standing(uri)
	if err != nil {
		return err
	}
	if a.Revision != stands.Revision || stands.Status != article.Usable {
		// Something else was decided, and this was left over.
		if err := r.pending.Delete(ctx, string(uri)); err != nil {
			return err
		}
		return r.takeBack(ctx, uri)
	}
	d := &decision{a: &a, stands: stands, now: r.now()}
	if stands.EmbargoUntil.After(d.now) && !r.owes(uri, stands, d.now) {
		r.due.set(uri, stands.EmbargoUntil)
		return nil
	}
	if err := r.carryOut(ctx, d); err != nil {
		return err
	}
	if d.message != nil && d.outcome == released {
		r.metrics.late.Observe(r.now().Sub(stands.EmbargoUntil).Seconds())
	}
	return nil
}

// takeBack gives out the notice of an article that went out, or may have, and may
// be out no longer: it expired, or a notice is missing since a write failed or a
// process died.
func (r *releaser) takeBack(ctx context.Context, uri article.URI) error {
	row, ok, err := r.row(uri)
	if err != nil || !ok {
		return err
	}
	d := &decision{a: row.article(uri), stands: row.Standing(), now: r.now()}
	if !r.owes(uri, d.stands, d.now) {
		return nil // one that expires later has a timer of its own
	}
	return r.carryOut(ctx, d)
}

// owes tells whether an article that stands like this is out at now, or may be,
// and may not.
func (r *releaser) owes(uri article.URI, s article.Standing, now time.Time) bool {
	last, ok := r.gone.get(uri)
	return ok && (last.unsure || last.status == article.Usable) && !s.Visible(now)
}

// carryOut says what the decision says, and tidies up.
func (r *releaser) carryOut(ctx context.Context, d *decision) error {
	if err := r.say(d); err != nil {
		return err
	}
	if err := r.send(ctx, []*decision{d}); err != nil {
		return err
	}
	return r.tidy(ctx, d)
}
