package release

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/stage"
)

// lateAtMost is how late an article may go out, or be taken back.
const lateAtMost = 2 * time.Second

// process runs the timers of a process with what is in the topics until stop.
func (w *world) process(t *testing.T) (stop func()) {
	t.Helper()
	w.start(t)
	w.r.now = time.Now
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.r.runTimers(ctx) }()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// What waits goes out at its time and what expires is taken back at its time;
// after a restart across them, when the process is up again.
func TestTimersAreInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		began := time.Now()
		at := func(d time.Duration) time.Time { return began.Add(d).UTC() }
		item := func(uri string, embargo, expiry time.Time) article.Article {
			a := told(t, uri, 1, began.Unix(), article.Usable, 0)
			a.EmbargoUntil, a.ExpiresAt = embargo, expiry
			return a
		}
		stop := w.process(t)
		for _, a := range []article.Article{
			item("urn:x:embargo", at(time.Minute+300*time.Millisecond), time.Time{}),
			item("urn:x:both", at(time.Minute), at(2*time.Minute)),
			item("urn:x:expiry", time.Time{}, at(time.Minute)),
			item("urn:x:later", at(time.Hour), time.Time{}),
			item("urn:x:later-expiry", time.Time{}, at(time.Hour)),
			item("urn:x:never", at(time.Minute), at(time.Second)),
		} {
			if err := w.r.Write(t.Context(), []article.Article{a}); err != nil {
				t.Fatal(err)
			}
		}
		status := func(uri string) article.Status { return lastOf(t, w.in("articles.released"), uri).status }
		is := func(want map[string]article.Status) {
			t.Helper()
			synctest.Wait()
			for uri, s := range want {
				if got := status(uri); got != s {
					t.Errorf("after %v, %s is %q, want %q", time.Since(began), uri, got, s)
				}
			}
		}
		is(map[string]article.Status{"urn:x:embargo": "", "urn:x:both": "", "urn:x:expiry": "usable", "urn:x:never": ""})
		<-time.After(time.Minute - time.Millisecond)
		is(map[string]article.Status{"urn:x:embargo": "", "urn:x:both": "", "urn:x:expiry": "usable", "urn:x:later-expiry": "usable"})
		<-time.After(time.Millisecond + lateAtMost)
		is(map[string]article.Status{"urn:x:embargo": "usable", "urn:x:both": "usable", "urn:x:expiry": "withheld", "urn:x:never": ""})
		<-time.After(time.Minute)
		is(map[string]article.Status{"urn:x:both": "withheld", "urn:x:later": "", "urn:x:later-expiry": "usable"})
		stop()
		<-time.After(time.Hour) // nothing runs at their moments
		stop = w.process(t)
		<-time.After(lateAtMost)
		is(map[string]article.Status{"urn:x:later": "usable", "urn:x:later-expiry": "withheld", "urn:x:never": ""})
		stop()
		n := len(w.in("articles.released"))
		w.process(t)()
		if len(w.in("articles.released")) != n || n != 8 {
			t.Errorf("said %q", w.said(t))
		}
	})
}

// stuck is an output that hangs for one article.
type stuck struct {
	w    *world
	uri  string
	open chan struct{}
}

func (s *stuck) Write(ctx context.Context, ms []stage.Message) error {
	for _, m := range ms {
		if string(m.Key) != s.uri {
			continue
		}
		select {
		case <-s.open:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return s.w.Write(ctx, ms)
}

// An article whose writing hangs keeps no other from going out at its time, and
// is not done a second time meanwhile, however often it is due.
func TestOneThatHangsStopsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		stop := w.process(t)
		s := &stuck{w, "urn:x:hangs", make(chan struct{})}
		w.r.out = s
		began := time.Now()
		for uri, until := range map[string]time.Duration{"urn:x:hangs": time.Minute, "urn:x:later": time.Hour} {
			a := told(t, uri, 1, began.Unix(), article.Usable, 0)
			a.EmbargoUntil = began.Add(until).UTC()
			if err := w.r.Write(t.Context(), []article.Article{a}); err != nil {
				t.Fatal(err)
			}
		}
		<-time.After(2 * time.Minute)
		for range 2 * sideBySide {
			w.r.due.set("urn:x:hangs", time.Now())
			synctest.Wait()
		}
		<-time.After(time.Hour)
		if got := len(w.in("articles.released")); got != 1 {
			t.Errorf("while one hangs, %d are out, want the other", got)
		}
		close(s.open)
		<-time.After(lateAtMost)
		if got := len(w.in("articles.released")); got != 2 {
			t.Errorf("said %q", w.said(t))
		}
		stop()
		if n := len(w.r.due.busy); n > 0 {
			t.Errorf("%d are not done", n)
		}
	})
}

// A start gives out the notices that are missing: the process died between the two
// topics, or before it followed what another one gave out. No message comes again.
func TestAStartGivesOutTheNoticesThatAreMissing(t *testing.T) {
	usable := told(t, "urn:x:1", 1, 10, article.Usable, 0)
	until := func(version int) article.Article {
		return told(t, "urn:x:1", version, 20, article.Usable, 2500)
	}
	expired := told(t, "urn:x:1", 2, 20, article.Usable, 0)
	expired.ExpiresAt = second(900)
	for name, c := range map[string]struct {
		before  []article.Article // went out, and was taken back
		then    article.Article
		between int // the operation that is between the topics
		want    article.Status
	}{
		"kill":                  {nil, told(t, "urn:x:1", 0, 30, article.Canceled, 0), 3, article.Canceled},
		"hold":                  {nil, told(t, "urn:x:1", 3, 30, article.Withheld, 0), 3, article.Withheld},
		"embargo":               {nil, until(2), 4, article.Withheld},
		"expiry":                {nil, expired, 3, article.Withheld},
		"kill while one waits":  {[]article.Article{until(2)}, told(t, "urn:x:1", 0, 30, article.Canceled, 0), 3, article.Canceled},
		"embargo anew, a later": {[]article.Article{until(2), told(t, "urn:x:1", 3, 20, article.Usable, 0)}, until(4), 4, article.Withheld},
	} {
		t.Run(name+", between the topics", func(t *testing.T) {
			w := newWorld()
			w.start(t)
			for _, a := range append([]article.Article{usable}, c.before...) {
				if err := w.r.Write(t.Context(), []article.Article{a}); err != nil {
					t.Fatal(err)
				}
			}
			w.failIn = c.between
			if err := w.r.Write(t.Context(), []article.Article{c.then}); !errors.Is(err, errCut) {
				t.Fatal(err)
			}
			if len(w.log) == len(w.current) {
				t.Fatal("that was not between the topics")
			}
			w.startsAndGivesOut(t, c.want)
		})
		t.Run(name+", before it was followed", func(t *testing.T) {
			w := newWorld()
			w.start(t)
			other := w.r
			w.start(t)
			if err := w.r.Write(t.Context(), []article.Article{c.then}); err != nil {
				t.Fatal(err)
			}
			other.status, other.pending = &rows{w: w, all: map[string][]byte{}}, &rows{w: w, all: map[string][]byte{}} // as it looked at them
			if err := other.Write(t.Context(), []article.Article{usable}); err != nil {
				t.Fatal(err)
			}
			w.startsAndGivesOut(t, c.want)
		})
	}
}

// startsAndGivesOut holds a start to end both topics with the notice, once.
func (w *world) startsAndGivesOut(t *testing.T, want article.Status) {
	t.Helper()
	n := 0
	for range 2 {
		w.start(t)
		if err := w.tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.bothEnd(t, "urn:x:1", want)
		if n == 0 {
			n = len(w.log)
		}
	}
	if len(w.log) != n {
		t.Errorf("said %q", w.said(t))
	}
}
