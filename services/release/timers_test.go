package release

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
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
