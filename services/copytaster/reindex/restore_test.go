package reindex

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/topic"
)

// store makes a snapshot repository of the desk's own, of which nothing is left
// at the end but the empty folder.
func (d *desk) store() string {
	d.Helper()
	name := strings.TrimSuffix(string(d.ns), "-")
	if err := d.job().Register(d.Context(), name, name); err != nil { // below path.repo
		d.Fatal(err)
	}
	d.Cleanup(func() {
		ctx := context.WithoutCancel(d.Context())
		j := d.job()
		all, err := j.Snapshots(ctx, name)
		for _, s := range all {
			err = errors.Join(err, j.DeleteSnapshot(ctx, name, s.Name))
		}
		if err != nil {
			d.Error(err)
		}
		d.call("DELETE", "/_snapshot/"+name, nil)
	})
	return name
}

// snapped is a desk with a snapshot and, since then, a kill of what is in it.
func snapped(t *testing.T) (d *desk, store string) {
	t.Helper()
	d = newDesk(t)
	store = d.store()
	d.write(topic.Enriched, revision("urn:x:1", 1), revision("urn:x:1", 2), revision("urn:x:2", 1), revision("urn:x:3", 1))
	d.caughtUpBy(lanes[0])
	if _, err := d.job().CreateSnapshot(t.Context(), store, "first"); err != nil {
		t.Fatal(err)
	}
	d.write(topic.Enriched, kill("urn:x:2", 2))
	return d, store
}

// restoreOnly restores the snapshot, and does not go on with the indices.
func (d *desk) restoreOnly(store string) (id string, err error) {
	j := d.job()
	ctx, release, err := j.hold(d.Context(), "test")
	if err != nil {
		return "", err
	}
	defer release()
	snap, err := j.Restorable(ctx, store, "first")
	if err != nil {
		return "", err
	}
	return j.restore(ctx, store, snap)
}

// secondAfter waits until a build gets another ID.
func (d *desk) secondAfter(id string) {
	d.Helper()
	d.eventually("another second has come", func() error {
		if corpus.BuildID(time.Now()) == id {
			return errors.New("not yet")
		}
		return nil
	})
}

// left are the indices that no alias points at, and the note of a restore.
func (d *desk) left() []string {
	d.Helper()
	xs, err := corpus.Indices(d.Context(), d.es, d.ns)
	if err != nil {
		d.Fatal(err)
	}
	xs = slices.DeleteFunc(xs, func(x corpus.Index) bool { return x.Role != corpus.RoleNone })
	return names(xs)
}

// TestRestoreCutAtEveryStep interrupts a restore at each of its requests that
// change or await something, until the indices stand where a build does. The same
// call goes on with it: one pair of indices is made in the end, and nothing is
// left over.
func TestRestoreCutAtEveryStep(t *testing.T) {
	d, store := snapped(t)
	steps := func(r *http.Request) bool {
		return slices.ContainsFunc([]string{"/_doc/" + intentID, "/_restore", "/_cluster/health", "/_mapping", "/_aliases"}, func(word string) bool {
			return strings.HasSuffix(r.URL.Path, word) || strings.Contains(r.URL.Path, word+"/")
		})
	}
	began := false
	for n := 1; ; n++ {
		ctx, cancel := context.WithCancel(t.Context())
		j := d.job()
		c := &cutter{t: d.es, at: n, only: steps, late: 30 * time.Millisecond, stop: cancel}
		j.ES = c
		r, err := j.Restore(ctx, store, "first", Options{Stay: true})
		cancel()
		c.sent.Wait()
		if len(c.asked) < n || n > 20 {
			t.Fatalf("it has ended without taking the note away: %v, asked %q", err, c.asked)
		}
		at := fmt.Sprintf("cut at %d, %s", n, c.asked[n-1])
		// This takes the note away. How often the health was asked before differs.
		named := slices.Contains(c.asked[:n-1], "POST /_aliases")
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", at, err)
		}
		began = began || len(d.left()) > 0
		s, err := d.job().standing(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(s.next) == 0 { // else the next call goes on as a build does, see below
			if id, err := d.restoreOnly(store); err != nil || r.ID != "" && id != r.ID {
				t.Errorf("%s: the next call made %s, was %s: %v", at, id, r.ID, err)
			}
		}
		if left := d.left(); len(left) > 0 {
			t.Errorf("%s: %v are left", at, left)
		}
		if s, err = d.job().standing(t.Context()); err != nil || len(s.next) != 2 || s.next[0].Build.From != "snapshot first" {
			t.Fatalf("%s: %+v %v", at, s.next, err)
		}
		if named {
			break
		}
		if err := errors.Join(d.job().Drop(t.Context(), s.next), d.job().intend(t.Context(), intent{})); err != nil {
			t.Fatal(err)
		}
	}
	if !began {
		t.Error("no cut was between restoring and naming")
	}
	d.caughtUpBy(lanes[0])
	r, err := d.job().Restore(t.Context(), store, "first", Options{})
	if err != nil || !r.Swapped || r.Compared == nil || r.Compared.Differences != 0 {
		t.Fatalf("%+v %v", r, err)
	}
	if f, says := d.audit(); f != (faults{}) {
		t.Errorf("%+v: %s", f, says)
	}

	// A note that was not taken away is of what is live now.
	if err := d.job().intend(t.Context(), intent{ID: r.ID, Repository: store, Snapshot: "first"}); err != nil {
		t.Fatal(err)
	}
	d.secondAfter(r.ID)
	if id, err := d.restoreOnly(store); err != nil || id == r.ID {
		t.Errorf("restored once more as %s: %v", id, err)
	}
}

// TestRestoreThatWasGivenUp: of what Elasticsearch does not go on with, and of
// which an operator deleted a half, nothing is used.
func TestRestoreThatWasGivenUp(t *testing.T) {
	d, store := snapped(t)
	d.caughtUpBy(lanes[0])
	stopAt := func(word string) string {
		t.Helper()
		j := d.job()
		j.ES = &faulty{t: d.es, word: word}
		r, err := j.Restore(t.Context(), store, "first", Options{})
		if err == nil || !strings.Contains(err.Error(), "cut off") || len(d.left()) != 2 {
			t.Fatalf("%+v %v, left %v", r, err, d.left())
		}
		return r.ID
	}
	id := stopAt("/_cluster/health")
	d.call("DELETE", "/"+d.ns.Versions()+"-1-"+id, nil)
	said := &says{TB: t}
	j := d.job()
	j.Progress = said
	r, err := j.Restore(t.Context(), store, "first", Options{Stay: true})
	if err != nil || r.ID != id || !strings.Contains(strings.Join(said.lines, "\n"), "it begins anew") {
		t.Fatalf("%+v %v, said %q", r, err, said.lines)
	}
	d.wantRoles("-1 live", "-1-"+id+" next")
	if _, err := d.job().Restore(t.Context(), store, "first", Options{Stay: true}); err != nil {
		t.Errorf("it does not go on with what stands ready: %v", err)
	}
	if _, err := d.job().CreateSnapshot(t.Context(), store, "second"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.job().Restore(t.Context(), store, "second", Options{}); err == nil || !strings.Contains(err.Error(), "build "+id+" was not ended") {
		t.Errorf("got %v", err)
	}
	s, err := j.standing(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Drop(t.Context(), s.next); err != nil {
		t.Fatal(err)
	}

	// Another snapshot: what the first left is named.
	id = stopAt("/_mapping")
	j = d.job()
	said = &says{TB: t}
	j.Progress = said
	d.secondAfter(id)
	if r, err = j.Restore(t.Context(), store, "second", Options{}); err != nil || !r.Swapped {
		t.Fatalf("%+v %v", r, err)
	}
	want := "was not ended, and is given up; it leaves " + d.ns.Articles() + "-1-" + id + " and " + d.ns.Versions() + "-1-" + id
	if !strings.Contains(strings.Join(said.lines, "\n"), want) {
		t.Errorf("said %q", said.lines)
	}
	if left := d.left(); len(left) != 2 {
		t.Errorf("left: %v", left)
	}
}

// TestRestoreOneAtATime: it takes the lock that a reindex takes, and so does what
// deletes a snapshot, or what may belong to a restore.
func TestRestoreOneAtATime(t *testing.T) {
	d, store := snapped(t)
	first := d.job()
	first.Lease = shortLease
	_, release, err := first.hold(t.Context(), "the first")
	if err != nil {
		t.Fatal(err)
	}
	for what, call := range map[string]func(*Job) error{
		"restore": func(j *Job) error {
			_, err := j.Restore(t.Context(), store, "first", Options{})
			return err
		},
		"delete": func(j *Job) error { return j.DeleteSnapshot(t.Context(), store, "first") },
		"drop":   func(j *Job) error { return j.Drop(t.Context(), []corpus.Index{{Name: "x", Role: corpus.RoleNone}}) },
	} {
		j := d.job()
		j.Lease = longLease
		var held *HeldError
		if err := call(j); !errors.As(err, &held) {
			t.Errorf("%s: %v", what, err)
		}
	}
	d.wantRoles("-1 live")
	release()

	// And a reindex finds it held by a restore.
	j := d.job()
	var second error
	j.ES = &hooked{t: d.es, word: "/_restore", hook: func() {
		other := d.job()
		other.Lease = longLease
		_, second = other.Run(t.Context(), Options{})
	}}
	j.Lease = shortLease
	if _, err := j.Restore(t.Context(), store, "first", Options{Stay: true}); err != nil {
		t.Fatal(err)
	}
	var held *HeldError
	if !errors.As(second, &held) || !strings.Contains(held.Holder, "snapshot restore") {
		t.Errorf("a reindex beside it: %v", second)
	}
}

// hooked calls a function before a request whose path holds a word.
type hooked struct {
	t interface {
		Perform(*http.Request) (*http.Response, error)
	}
	word string
	hook func()
}

func (h *hooked) Perform(r *http.Request) (*http.Response, error) {
	if strings.Contains(r.URL.Path, h.word) {
		h.hook()
	}
	return h.t.Perform(r)
}
