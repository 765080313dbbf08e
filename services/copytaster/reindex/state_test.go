package reindex

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/topic"
)

// stopped is the connection of a job that is stopped, as by kill -STOP, when a
// request whose path holds a word was done. Woken, it finds that Elasticsearch
// knows nothing of what it asks for.
type stopped struct {
	t interface {
		Perform(*http.Request) (*http.Response, error)
	}
	word string

	once sync.Once
	at   chan struct{} // closed when it is stopped
	wake chan struct{}
}

func (s *stopped) Perform(r *http.Request) (*http.Response, error) {
	select {
	case <-s.at:
		<-s.wake
		return &http.Response{
			StatusCode: http.StatusNotFound, Header: http.Header{"X-Elastic-Product": {"Elasticsearch"}}, Body: io.NopCloser(strings.NewReader("{}")),
		}, nil
	default:
	}
	res, err := s.t.Perform(r)
	if strings.Contains(r.URL.Path, s.word) {
		s.once.Do(func() { close(s.at) })
	}
	return res, err
}

// stopAt runs a build that is stopped then, and gives its ID. woken ends it.
func (d *desk) stopAt(word string) (id string, woken func() error) {
	d.Helper()
	s := &stopped{t: d.es, word: word, at: make(chan struct{}), wake: make(chan struct{})}
	j := d.job()
	j.ES, j.Lease = s, shortLease
	ended := make(chan error, 1)
	go func() {
		_, err := j.Run(d.Context(), Options{})
		ended <- err
	}()
	select {
	case <-s.at:
	case err := <-ended:
		d.Fatalf("it was not stopped at %s: %v", word, err)
	case <-time.After(patience):
		d.Fatalf("it was not stopped at %s", word)
	}
	woken = sync.OnceValue(func() error { close(s.wake); return <-ended })
	d.Cleanup(func() { _ = woken() })
	plan, err := d.job().Plan(d.Context(), Options{})
	if err != nil || plan.Resumes == "" {
		d.Fatalf("stopped at %s: %+v %v", word, plan, err)
	}
	return plan.Resumes, woken
}

func (s *says) all() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.lines, "\n")
}

func (s *says) want(lines ...string) {
	s.Helper()
	for _, l := range lines {
		if !strings.Contains(s.all(), l) {
			s.Errorf("it does not say %q but\n%s", l, s.all())
		}
	}
}

// TestStoppedBetweenBlockAndSwap: who closed the live indices for writing and
// does not go on is taken over from, by the next build or by reindex open. When
// it wakes it does nothing any more.
func TestStoppedBetweenBlockAndSwap(t *testing.T) {
	for _, by := range []string{"build", "open"} {
		t.Run(by, func(t *testing.T) {
			d := newDesk(t)
			d.write(topic.Enriched, revision("urn:x:1", 1), kill("urn:x:2", 2))
			d.caughtUpBy(lanes[0])
			id, woken := d.stopAt("/_block/write")
			d.wantRoles("-1 live blocked", "-1-"+id+" next")
			closed, err := corpus.BlockedLive(t.Context(), d.es, d.ns)
			want := []string{d.ns.Articles() + "-1", d.ns.Versions() + "-1"}
			if diff := cmp.Diff(want, closed); err != nil || diff != "" {
				t.Errorf("closed: %v -want +got\n%s", err, diff)
			}
			said := &says{TB: t}
			j := d.job()
			j.Lease, j.Progress = shortLease, said
			if by == "open" {
				if opened, err := j.Open(t.Context()); err != nil || !slices.Equal(opened, want) {
					t.Errorf("opened %v, %v", opened, err)
				}
				d.wantRoles("-1 live", "-1-"+id+" next")
				_ = woken()
				d.wantRoles("-1 live", "-1-"+id+" next")
				return
			}
			r, err := j.Run(t.Context(), Options{})
			if err != nil || !r.Swapped || r.ID != id {
				t.Fatalf("%+v %v", r, err)
			}
			said.want("the lock on the indices is held by reindex, process ", ": looking for up to 2s whether it still runs", "going on with build "+id,
				"index "+want[0]+" was closed for writing by a build that was interrupted; it is open again")
			if err := woken(); err == nil {
				t.Error("the one that was stopped ends well")
			}
			d.wantRoles("-1 previous blocked", "-1-"+id+" live")
			if f, says := d.audit(); f != (faults{}) {
				t.Errorf("%+v: %s", f, says)
			}
		})
	}
}

// lossy does requests whose path holds a word, and loses the replies; or fails
// them, once it has seen another word.
type lossy struct {
	t interface {
		Perform(*http.Request) (*http.Response, error)
	}
	loses        string
	after, fails string

	mu   sync.Mutex
	seen bool
}

func (l *lossy) Perform(r *http.Request) (*http.Response, error) {
	l.mu.Lock()
	failing := l.seen && strings.Contains(r.URL.Path, l.fails)
	l.seen = l.seen || l.after != "" && strings.Contains(r.URL.Path, l.after)
	l.mu.Unlock()
	if failing {
		return nil, errors.New("cut off")
	}
	res, err := l.t.Perform(r)
	if l.loses != "" && err == nil && strings.Contains(r.URL.Path, l.loses) {
		_ = res.Body.Close()
		return nil, errors.New("the reply was lost")
	}
	return res, err
}

// TestSwapThatIsHalfDone: a swap whose reply is lost was done, and the result
// says so; of one after which nothing could be noted, the next call does what is
// left and no more.
func TestSwapThatIsHalfDone(t *testing.T) {
	d := newDesk(t)
	d.write(topic.Enriched, revision("urn:x:1", 1), kill("urn:x:2", 2))
	d.caughtUpBy(lanes[0])

	j := d.job()
	j.ES = &lossy{t: d.es, loses: "/_aliases"}
	first, err := j.Run(t.Context(), Options{})
	if err != nil || !first.Swapped {
		t.Fatalf("%+v %v", first, err)
	}
	d.wantRoles("-1 previous blocked", "-1-"+first.ID+" live")

	said := &says{TB: t}
	j = d.job()
	j.ES, j.Progress = &lossy{t: d.es, after: "/_aliases", fails: "/_mapping"}, said
	d.secondAfter(first.ID)
	second, err := j.Run(t.Context(), Options{})
	if err == nil || !second.Swapped || !strings.Contains(err.Error(), "swapped, but not noted, which the next call does: ") || !strings.Contains(err.Error(), "cut off") {
		t.Fatalf("%+v %v", second, err)
	}
	said.want("the swap leaves " + d.ns.Articles() + "-1 and " + d.ns.Versions() + "-1 behind no alias")
	// What came meanwhile by the service that knows of nothing.
	d.write(topic.Enriched, revision("urn:x:1", 2), kill("urn:x:3", 1))
	d.caughtUpBy(lanes[0])

	said = &says{TB: t}
	j = d.job()
	j.Progress = said
	third, err := j.Run(t.Context(), Options{})
	if err != nil || !third.Swapped || third.ID != second.ID || third.Read != 0 {
		t.Fatalf("%+v %v", third, err)
	}
	said.want("ending what was interrupted after the swap")
	d.wantRoles("-1 - blocked", "-1-"+first.ID+" previous blocked", "-1-"+second.ID+" live")
	xs, err := corpus.Indices(t.Context(), d.es, d.ns)
	if err != nil || !settledAll(live(xs)) {
		t.Errorf("what follows a swap was not done: %v", err)
	}
	if f, says := d.audit(); f != (faults{}) {
		t.Errorf("%+v: %s", f, says)
	}
}

// TestRollbackToWhatIsGone: an operator who deleted one of the previous indices,
// before or during a rollback, is told; the live ones stay and are open.
func TestRollbackToWhatIsGone(t *testing.T) {
	d := newDesk(t)
	d.write(topic.Enriched, revision("urn:x:1", 1), kill("urn:x:2", 2))
	d.caughtUpBy(lanes[0])
	first, err := d.job().Run(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	j := d.job()
	gone := sync.OnceFunc(func() { d.call("DELETE", "/"+d.ns.Versions()+"-1", nil) })
	j.ES = &hooked{t: d.es, word: "/_aliases", hook: gone}
	r, err := j.Rollback(t.Context(), Options{})
	if err == nil || r.Swapped || !strings.Contains(err.Error(), d.ns.Versions()+"-1") {
		t.Errorf("deleted at the swap: %+v %v", r, err)
	}
	d.wantRoles("-1 previous", "-1-"+first.ID+" live")
	const half = "1 indices are previous, there should be one of the articles and one of the versions, or none: see reindex list"
	for what, call := range map[string]func() error{
		"rollback": func() error { _, err := d.job().Rollback(t.Context(), Options{}); return err },
		"dry run":  func() error { _, _, err := d.job().PlanRollback(t.Context()); return err },
		"build":    func() error { _, err := d.job().Run(t.Context(), Options{}); return err },
	} {
		if err := call(); err == nil || !strings.Contains(err.Error(), half) {
			t.Errorf("%s with a half: %v", what, err)
		}
	}
	xs, err := corpus.Indices(t.Context(), d.es, d.ns)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.job().Drop(t.Context(), slices.DeleteFunc(xs, func(x corpus.Index) bool { return x.Role != corpus.RolePrevious })); err != nil {
		t.Fatal(err)
	}
	if _, err := d.job().Rollback(t.Context(), Options{}); err == nil || !strings.Contains(err.Error(), "there are no previous indices to go back to: see reindex list") {
		t.Errorf("got %v", err)
	}
	d.wantRoles("-1-" + first.ID + " live") // and open
	if f, says := d.audit(); f != (faults{}) {
		t.Errorf("%+v: %s", f, says)
	}
}
