package reindex

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/topic"
)

// cutter ends the job's context at one of its requests, counted from 1. The
// request goes its way, later by a while: Elasticsearch does what it was asked
// for whether anybody waits or not.
type cutter struct {
	t interface {
		Perform(*http.Request) (*http.Response, error)
	}
	at   int
	only func(*http.Request) bool // which count; nil: all
	late time.Duration
	stop func()

	mu    sync.Mutex
	asked []string
	sent  sync.WaitGroup
}

func (c *cutter) Perform(r *http.Request) (*http.Response, error) {
	ofLock := strings.HasSuffix(r.URL.Path, lockSuffix) || strings.HasSuffix(r.URL.Path, lockSuffix+"/_doc/"+lockID)
	if ofLock || c.only != nil && !c.only(r) { // the lock's come by the clock
		return c.t.Perform(r)
	}
	c.mu.Lock()
	c.asked = append(c.asked, r.Method+" "+r.URL.Path)
	here := len(c.asked) == c.at
	c.mu.Unlock()
	if !here {
		return c.t.Perform(r)
	}
	type reply struct {
		res *http.Response
		err error
	}
	came := make(chan reply, 1)
	own := r.Clone(context.WithoutCancel(r.Context()))
	c.sent.Go(func() {
		<-time.After(c.late)
		res, err := c.t.Perform(own)
		came <- reply{res, err}
	})
	c.stop()
	select {
	case <-r.Context().Done():
		return nil, r.Context().Err()
	default:
	}
	select {
	case x := <-came:
		return x.res, x.err
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// TestCutAtEveryRequest interrupts a build at each of its requests, from the one
// after it was filled to the last. Whatever was cut: no live index is closed, the
// result says whether there was a swap, the next call ends what was begun, and
// nothing that was written beside it is lost, doubled, stale or resurrected.
func TestCutAtEveryRequest(t *testing.T) {
	d := newDesk(t)
	d.write(topic.Enriched, revision("urn:x:1", 1), revision("urn:x:1", 2), kill("urn:x:2", 2), revision("urn:x:2", 1))
	d.serve()
	d.caughtUp(lanes[0])
	ready := func() {
		t.Helper()
		if r, err := d.job().Run(t.Context(), Options{Stay: true}); err != nil || r.Swapped {
			t.Fatalf("%+v %v", r, err)
		}
	}
	ready()
	for n := 1; ; n++ {
		uri := fmt.Sprintf("urn:x:new:%d", n)
		ctx, cancel := context.WithCancel(t.Context())
		j := d.job()
		c := &cutter{t: d.es, at: n, late: 30 * time.Millisecond, stop: func() {
			cancel()
			// Live copy goes on.
			d.write(topic.Enriched, revision(article.URI(uri), 1))
		}}
		j.ES = c
		r, err := j.Run(ctx, Options{})
		cancel()
		c.sent.Wait()
		if len(c.asked) < n {
			if err != nil || !r.Swapped {
				t.Errorf("not cut: %+v %v", r, err)
			}
			if n < 20 {
				t.Errorf("only %d requests", len(c.asked))
			}
			t.Logf("%d requests", len(c.asked))
			return
		}
		at := fmt.Sprintf("cut at %d, %s", n, c.asked[n-1])
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", at, err)
		}
		if swapped := d.stands(at, r.ID); swapped != r.Swapped {
			t.Errorf("%s: swapped is %v, and the result says %v", at, swapped, r.Swapped)
		}
		d.caughtUp(lanes[0])
		if f, says := d.audit(); f != (faults{}) {
			t.Errorf("%s: %+v: %s", at, f, says)
		}
		if !r.Swapped {
			continue
		}
		if xs, err := corpus.Indices(t.Context(), d.es, d.ns); err != nil || !settledAll(live(xs)) {
			t.Errorf("%s: what follows a swap was not done: %v", at, err)
		}
		d.dropPrevious()
		ready()
	}
}

func live(xs []corpus.Index) []corpus.Index {
	return slices.DeleteFunc(slices.Clone(xs), func(x corpus.Index) bool { return x.Role != corpus.RoleLive })
}

// stands tells whether the build is live, and sees that the live indices are a
// pair and open.
func (d *desk) stands(at, id string) bool {
	d.Helper()
	xs, err := corpus.Indices(d.Context(), d.es, d.ns)
	if err != nil {
		d.Fatal(err)
	}
	now := live(xs)
	if len(now) != 2 || now[0].Build.ID != now[1].Build.ID {
		d.Fatalf("%s: live are %+v", at, now)
	}
	for _, x := range now {
		if x.Blocked {
			d.Errorf("%s: live index %s is closed for writing", at, x.Name)
			d.call("PUT", "/"+x.Name+"/_settings", map[string]any{"index.blocks.write": nil})
		}
	}
	return id != "" && now[0].Build.ID == id
}

func (d *desk) dropPrevious() {
	d.Helper()
	j := d.job()
	s, err := j.standing(d.Context())
	if err != nil {
		d.Fatal(err)
	}
	if err := j.Drop(d.Context(), append(s.previous, s.others...)); err != nil {
		d.Fatal(err)
	}
}

// TestTimeOutWhileClosing: a pause that is over while the live indices are being
// closed leaves them open.
func TestTimeOutWhileClosing(t *testing.T) {
	d := newDesk(t)
	d.write(topic.Enriched, revision("urn:x:1", 1))
	d.caughtUpBy(lanes[0])
	said := &says{TB: t}
	j := d.job()
	j.MaxPause, j.Progress = time.Millisecond, said
	r, err := j.Run(t.Context(), Options{})
	var over *pauseError
	if !errors.As(err, &over) || r.Swapped || r.Pause < j.MaxPause {
		t.Errorf("%+v %v", r, err)
	}
	if !slices.Contains(said.lines, "opening the live indices again, wait") {
		t.Errorf("said %q", said.lines)
	}
	d.stands("out of time", "")
	d.write(topic.Enriched, revision("urn:x:1", 2))
	d.caughtUpBy(lanes[0])
}

// TestOneAtATime: a second job is told who is at it, takes over from one that is
// gone, and ends when it is taken for gone itself.
func TestOneAtATime(t *testing.T) {
	d := newDesk(t)
	d.write(topic.Enriched, revision("urn:x:1", 1))
	first, second := d.job(), d.job()
	first.Lease, second.Lease = shortLease, longLease
	_, release, err := first.hold(t.Context(), "the first")
	if err != nil {
		t.Fatal(err)
	}
	var held *HeldError
	if _, err := second.Run(t.Context(), Options{}); !errors.As(err, &held) || !strings.Contains(err.Error(), "the first, process ") {
		t.Errorf("got %v", err)
	}
	if _, err := second.Rollback(t.Context(), Options{}); !errors.As(err, &held) {
		t.Errorf("got %v", err)
	}
	if _, err := second.Open(t.Context()); !errors.As(err, &held) {
		t.Errorf("got %v", err)
	}
	if err := second.Drop(t.Context(), []corpus.Index{{Name: "x", Role: corpus.RoleNext}}); !errors.As(err, &held) {
		t.Errorf("got %v", err)
	}
	d.wantRoles()
	release()
	if r, err := second.Run(t.Context(), Options{}); err != nil || !r.Swapped {
		t.Fatalf("%+v %v", r, err)
	}

	// Gone without giving back.
	second.Lease = shortLease
	ctx, release, err := first.hold(t.Context(), "the stopped")
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	first.held.mu.Lock() // It says nothing any more, as if stopped.
	if _, err := second.Run(t.Context(), Options{}); err != nil {
		t.Errorf("got %v", err)
	}
	first.held.mu.Unlock()
	select {
	case <-ctx.Done():
		if !errors.Is(context.Cause(ctx), errLost) {
			t.Errorf("got %v", context.Cause(ctx))
		}
	case <-time.After(patience):
		t.Error("it does not see that the lock is lost")
	}
}

// TestHalves: what is not the two halves of one build is neither gone on with
// nor deleted.
func TestHalves(t *testing.T) {
	d := newDesk(t)
	d.write(topic.Enriched, revision("urn:x:1", 1))
	d.caughtUpBy(lanes[0])
	r, err := d.job().Run(t.Context(), Options{Stay: true})
	if err != nil {
		t.Fatal(err)
	}
	d.call("DELETE", "/"+d.ns.Versions()+"-1-"+r.ID, nil)
	if _, err := d.job().Run(t.Context(), Options{}); err == nil || !strings.Contains(err.Error(), "not the two halves") {
		t.Errorf("got %v", err)
	}
	d.wantRoles("-1 live", "-1-"+r.ID+" next")
	if again, err := d.job().Run(t.Context(), Options{Anew: true}); err != nil || !again.Swapped {
		t.Errorf("%+v %v", again, err)
	}
}
