package release

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

// following is w with a process that runs, and another whose writes the returned
// function lets through: that one has looked at its tables, and has a to give out.
func following(t *testing.T, w *world, a article.Article) (letThrough func()) {
	t.Helper()
	w.start(t)
	old := w.r
	g := &gate{w, make(chan struct{})}
	old.out, old.status, old.pending = g, fenced{w.status}, fenced{w.pending}
	cut := make(chan error, 1)
	go func() { cut <- old.Write(t.Context(), []article.Article{a}) }()
	synctest.Wait()
	w.start(t)
	w.r.now = time.Now
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	go func() { ended <- w.r.follow(ctx, w) }()
	go func() { ended <- w.r.runTimers(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-ended, <-ended); err != nil {
			t.Error(err)
		}
	})
	return func() {
		t.Helper()
		close(g.open)
		if err := <-cut; err != nil && !stage.IsFatal(err) {
			t.Fatal(err)
		}
		<-time.After(2 * pollEvery)
	}
}

// bothEnd holds both topics to end with the same of an article.
func (w *world) bothEnd(t *testing.T, uri string, want article.Status) {
	t.Helper()
	for _, name := range []string{topic.Released, topic.Current} {
		if last := lastOf(t, w.in(name), uri); last.status != want {
			t.Errorf("%s ends with %+v, want %s", name, last, want)
		}
	}
}

// What another process gave out is known as out: a kill or hold that comes later
// has its notice.
func TestWhatAnotherProcessGaveOutIsKnown(t *testing.T) {
	for _, then := range []article.Article{told(t, "urn:x:1", 0, 20, article.Canceled, 0), told(t, "urn:x:1", 2, 20, article.Withheld, 0)} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld()
			a := told(t, "urn:x:1", 1, 10, article.Usable, 0)
			letThrough := following(t, w, a)
			letThrough()
			if s, _ := w.r.gone.get(a.URI); s.status != article.Usable || s.revision != a.Revision {
				t.Errorf("it is known as %+v", s)
			}
			if err := w.r.Write(t.Context(), []article.Article{then}); err != nil {
				t.Fatal(err)
			}
			w.bothEnd(t, "urn:x:1", then.Status)
		})
	}
}

// Of a revision that is older than what this process gave out nothing is noted;
// of a newer one it is.
func TestWhatAnotherProcessGaveOutIsKnownIfNewer(t *testing.T) {
	for _, c := range []struct{ theirs, ours, want int }{{1, 2, 2}, {2, 1, 2}} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld()
			letThrough := following(t, w, told(t, "urn:x:1", c.theirs, 10, article.Usable, 0))
			if err := w.r.Write(t.Context(), []article.Article{told(t, "urn:x:1", c.ours, 10, article.Usable, 0)}); err != nil {
				t.Fatal(err)
			}
			letThrough()
			want := told(t, "urn:x:1", c.want, 10, article.Usable, 0).Revision
			if s, _ := w.r.gone.get("urn:x:1"); s.revision != want {
				t.Errorf("theirs %d, ours %d: %+v", c.theirs, c.ours, s)
			}
			if err := w.r.Write(t.Context(), []article.Article{told(t, "urn:x:1", 0, 20, article.Canceled, 0)}); err != nil {
				t.Fatal(err)
			}
			w.bothEnd(t, "urn:x:1", article.Canceled)
		})
	}
}

// An outage of Kafka is waited out, however long: it doesn't end the process, and
// no message is missed.
func TestFollowingOutlastsAnOutage(t *testing.T) {
	for name, outage := range map[string]func(w *world){
		"of reading":         func(w *world) { w.readsFail = 40 },
		"of writing":         func(w *world) { w.failIn = 4 }, // the other one's write has three steps
		"between the topics": func(w *world) { w.failIn = 5 },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				letThrough := following(t, w, told(t, "urn:x:1", 1, 10, article.Usable, 0))
				synctest.Wait()
				if err := w.r.Write(t.Context(), []article.Article{told(t, "urn:x:1", 0, 20, article.Canceled, 0)}); err != nil {
					t.Fatal(err)
				}
				w.mu.Lock()
				outage(w)
				w.mu.Unlock()
				letThrough()
				<-time.After(followFor / 2)
				if w.readsFail > 0 || w.failIn > 0 {
					t.Errorf("the outage did not happen: %d, %d", w.readsFail, w.failIn)
				}
				w.bothEnd(t, "urn:x:1", article.Canceled)
			})
		})
	}
}

// What can't be read is passed over, and told; what comes after it is followed.
func TestFollowingPassesOverWhatIsUnreadable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		letThrough := following(t, w, told(t, "urn:x:1", 1, 10, article.Usable, 0))
		w.mu.Lock()
		w.log = append(w.log, stage.Message{Key: []byte("urn:x:2")})
		w.current = append(w.current, stage.Message{Key: []byte("urn:x:2")})
		w.mu.Unlock()
		letThrough()
		if _, known := w.r.gone.get("urn:x:1"); !known {
			t.Error("what came after it is not known")
		}
	})
}

func TestFollowingEndsWhenOvertaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.start(t)
		other := w.r
		w.start(t)
		if err := other.Write(t.Context(), []article.Article{told(t, "urn:x:1", 1, 10, article.Usable, 0)}); err != nil {
			t.Fatal(err)
		}
		w.overtaken = true
		if err := w.r.follow(t.Context(), w); !errors.Is(err, bus.ErrOvertaken) {
			t.Error(err)
		}
	})
}
