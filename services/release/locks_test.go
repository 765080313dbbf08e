package release

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/stage"
)

// gate is an output that is slow for what may be used.
type gate struct {
	w    *world
	open chan struct{}
}

func (g *gate) Write(ctx context.Context, ms []stage.Message) error {
	for _, m := range ms {
		if m.Header(HeaderStatus) == string(article.Usable) {
			select {
			case <-g.open:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	return g.w.Write(ctx, ms)
}

// While a batch is being written, and as slowly as can be, kills of other
// articles go out, whatever they come with; that of an article of the batch
// follows it.
func TestKillsWaitForTheirOwnArticleAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.start(t)
		write := func(as ...article.Article) error { return w.r.Write(t.Context(), as) }
		usable := func(uri string) article.Article { return told(t, uri, 1, 10, article.Usable, 0) }
		kill := func(uri string) article.Article { return told(t, uri, 0, 20, article.Canceled, 0) }
		if err := write(usable("urn:x:out")); err != nil {
			t.Fatal(err)
		}
		g := &gate{w, make(chan struct{})}
		w.r.out = g
		var all sync.WaitGroup
		do := func(as ...article.Article) {
			all.Go(func() {
				if err := write(as...); err != nil {
					t.Error(err)
				}
			})
		}
		var batch []article.Article
		for i := range 500 {
			batch = append(batch, usable("urn:x:slow:"+article.Revision(i).String()))
		}
		do(batch...)
		synctest.Wait()
		do(kill("urn:x:slow:7"), kill("urn:x:out"), usable("urn:x:slow:8"))
		synctest.Wait()
		if got := w.said(t); len(got) != 2 || got[1] != "canceled -" || string(w.log[1].Key) != "urn:x:out" {
			t.Errorf("while the batch is slow, said is %q", got)
		}
		close(g.open)
		all.Wait()
		if s, _ := w.r.gone.get("urn:x:slow:7"); s.status != article.Canceled || s.unsure {
			t.Errorf("the kill of what was being written: %+v", s)
		}
		if n := len(w.r.locks.held); n > 0 {
			t.Errorf("%d locks are left", n)
		}
	})
}

// A failure of one part of a write is told of that part alone.
func TestKillsFailAlone(t *testing.T) {
	w := newWorld()
	w.start(t)
	bad := told(t, "urn:x:bad", 0, 10, article.Canceled, 0)
	for _, a := range []article.Article{told(t, "urn:x:bad", 1, 10, article.Usable, 0), told(t, "urn:x:ok", 1, 10, article.Usable, 0)} {
		if err := w.r.Write(t.Context(), []article.Article{a}); err != nil {
			t.Fatal(err)
		}
	}
	bad.Source = ""
	err := w.r.Write(t.Context(), []article.Article{told(t, "urn:x:2", 1, 10, article.Usable, 0), bad, told(t, "urn:x:ok", 0, 20, article.Canceled, 0)})
	var partial *stage.PartialError
	if !errors.As(err, &partial) || len(partial.Errs) != 1 || !stage.IsPermanent(partial.Errs[1]) || len(w.log) != 4 {
		t.Errorf("%v, said %q", err, w.said(t))
	}
}

func TestLocksEndWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLocks()
		unlock, err := l.lock(t.Context(), "b")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := l.lock(ctx, "c", "b", "a", "b"); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		unlock()
		unlock, err = l.lock(t.Context(), "a", "b", "c", "c")
		if err != nil {
			t.Fatal(err)
		}
		unlock()
		if len(l.held) > 0 {
			t.Errorf("left are %v", l.held)
		}
	})
}

// A batch that waits for one of its articles doesn't keep the others.
func TestWhoWaitsHasNoLock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLocks()
		unlockB, err := l.lock(t.Context(), "b")
		if err != nil {
			t.Fatal(err)
		}
		got := make(chan func(), 1)
		go func() {
			unlock, err := l.lock(t.Context(), "a", "b", "c")
			if err != nil {
				t.Error(err)
			}
			got <- unlock
		}()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		unlockA, err := l.lock(ctx, "a")
		if err != nil {
			t.Fatal(err)
		}
		unlockB()
		synctest.Wait()
		if len(got) > 0 {
			t.Error("the batch has what is held")
		}
		unlockA()
		(<-got)()
		if len(l.held) > 0 {
			t.Errorf("left are %v", l.held)
		}
	})
}
