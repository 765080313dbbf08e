package reindex

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/copytaster/copytaster/deploy/local"
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/localtest"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/index"
	"github.com/copytaster/copytaster/services/index/bulk"
)

// roles is "name suffix role" of the heads' indices, with "blocked" behind.
func (d *desk) roles() []string {
	d.Helper()
	xs, err := corpus.Indices(d.Context(), d.es, d.ns)
	if err != nil {
		d.Fatal(err)
	}
	var rs []string
	for _, x := range xs {
		if !x.Versions {
			s := strings.TrimPrefix(x.Name, d.ns.Articles()) + " " + x.Role
			if x.Blocked {
				s += " blocked"
			}
			rs = append(rs, s)
		}
	}
	return rs
}

func (d *desk) wantRoles(want ...string) {
	d.Helper()
	if diff := cmp.Diff(want, d.roles()); diff != "" {
		d.Errorf("indices: -want +got\n%s", diff)
	}
}

// faulty fails requests whose path holds a word.
type faulty struct {
	t interface {
		Perform(*http.Request) (*http.Response, error)
	}
	word string
	hook func()
}

func (f *faulty) Perform(r *http.Request) (*http.Response, error) {
	if f.word != "" && strings.Contains(r.URL.Path, f.word) {
		if f.hook != nil {
			f.hook()
		}
		return nil, errors.New("cut off")
	}
	return f.t.Perform(r)
}

// TestWhatGoesWrong takes a build through what can go wrong: differences, an
// interruption, a failure while the live indices are closed, and one that was
// killed then. Each time the live indices are as they were, and the next call
// ends the build.
func TestWhatGoesWrong(t *testing.T) {
	d := newDesk(t)
	as := mix(rand.New(rand.NewPCG(3, 4)), "x", 60)
	d.write(topic.Enriched, as...)
	stop := d.serve()
	d.caughtUp(lanes[0])
	stop()
	d.wantRoles("-1 live")

	// A document that no log has, and one that says something else.
	sink := index.NewSink(d.es, d.ns, bulk.Config{}, prometheus.NewRegistry())
	foreign, other := revision("urn:x:foreign", 1), revision("urn:x:other", 2)
	if err := sink.Write(t.Context(), []article.Article{foreign, other}); err != nil {
		t.Fatal(err)
	}
	if err := sink.Close(); err != nil {
		t.Fatal(err)
	}
	otherwise := other
	otherwise.Provider = "afp"
	d.write(topic.Enriched, otherwise)
	d.caughtUpBy(lanes[0])

	// Interrupted in the middle of filling.
	ctx, cancel := context.WithCancel(t.Context())
	j := d.job()
	j.Progress = &says{TB: t, hook: func(string) { cancel() }}
	if _, err := j.Run(ctx, Options{}); !errors.Is(err, context.Canceled) {
		t.Fatalf("interrupted: %v", err)
	}
	cancel()
	plan, err := d.job().Plan(t.Context(), Options{})
	if err != nil || plan.Resumes == "" || plan.Messages == 0 {
		t.Fatalf("%+v %v", plan, err)
	}
	id := plan.Resumes
	r, err := d.job().Run(t.Context(), Options{})
	var differs *DifferenceError
	if !errors.As(err, &differs) || r.ID != id {
		t.Fatalf("%+v %v", r, err)
	}
	var got []string
	for _, x := range differs.Shown {
		got = append(got, fmt.Sprintf("%s %s in %s", x.URI, x.How, strings.TrimPrefix(x.Alias, string(d.ns))))
	}
	if diff := cmp.Diff([]string{
		"urn:x:foreign missing in articles", "urn:x:foreign missing in article-versions",
		"urn:x:other changed in articles", "urn:x:other changed in article-versions",
	}, sorted(got)); diff != "" {
		t.Errorf("differences: -want +got\n%s", diff)
	}
	d.wantRoles("-1 live", "-1-"+id+" next")
	if plan, err := d.job().Plan(t.Context(), Options{}); err != nil || plan.Messages != 0 {
		t.Errorf("what was read is not noted: %+v %v", plan, err)
	}

	// Cut off at the swap: the live indices are open again.
	broken := &faulty{t: d.es, word: "/_aliases", hook: func() {
		d.wantRoles("-1 live blocked", "-1-"+id+" next")
	}}
	j = d.job()
	j.ES = broken
	if _, err := j.Run(t.Context(), Options{Differ: true}); err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Fatalf("got %v", err)
	}
	d.wantRoles("-1 live", "-1-"+id+" next")

	// Killed at the swap: the next call opens them.
	d.call("PUT", "/"+d.ns.Articles()+"-1/_settings", map[string]any{"index.blocks.write": true})
	said := &says{TB: t}
	j = d.job()
	j.Progress = said
	if r, err = j.Run(t.Context(), Options{Stay: true, Differ: true}); err != nil || r.Swapped {
		t.Fatalf("%+v %v", r, err)
	}
	d.wantRoles("-1 live", "-1-"+id+" next")
	if !strings.Contains(strings.Join(said.lines, "\n"), "it is open again") {
		t.Errorf("said %q", said.lines)
	}
	if r, err = d.job().Run(t.Context(), Options{Differ: true}); err != nil || !r.Swapped || r.ID != id {
		t.Fatalf("%+v %v", r, err)
	}
	d.wantRoles("-1 previous blocked", "-1-"+id+" live")
	if err := corpus.Check(t.Context(), d.es, d.ns); err != nil {
		t.Errorf("the services would not take the new indices: %v", err)
	}

	// What came since is in the previous ones after a rollback, kills as well.
	victim := as[0].URI
	d.write(topic.Enriched, kill(victim, 9), revision("urn:x:since", 1))
	if r, err := d.job().Rollback(t.Context(), Options{}); !errors.As(err, &differs) || r.Swapped {
		t.Fatalf("%+v %v", r, err)
	}
	if _, err := d.job().Rollback(t.Context(), Options{Differ: true}); err != nil {
		t.Fatal(err)
	}
	d.wantRoles("-1 live", "-1-"+id+" previous blocked")
	if f, says := d.audit(); f != (faults{extra: 1}) { // foreign
		t.Errorf("%+v: %s", f, says)
	}
}

func sorted(s []string) []string {
	heads, versions := []string{}, []string{}
	out := []string{}
	for _, x := range s {
		if strings.HasSuffix(x, " articles") {
			heads = append(heads, x)
		} else {
			versions = append(versions, x)
		}
	}
	for i := range max(len(heads), len(versions)) {
		if i < len(heads) {
			out = append(out, heads[i])
		}
		if i < len(versions) {
			out = append(out, versions[i])
		}
	}
	return out
}

// caughtUpBy runs the index service until it has nothing left to do.
func (d *desk) caughtUpBy(groups ...lane) {
	d.Helper()
	stop := d.serve()
	d.caughtUp(groups...)
	stop()
}

// TestLossOfElasticsearch deletes everything that an Elasticsearch of its own
// has, and builds it anew: from the log alone, and from a snapshot and what came
// to the log since. Both times it holds the same as before.
func TestLossOfElasticsearch(t *testing.T) {
	dist, err := local.Dist("")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	// Elasticsearch runs as another user if this is root.
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	ns := localtest.Namespace(t)
	home := filepath.Join(dir, "elasticsearch")
	es, err := local.StartElasticsearch(t.Context(), local.ServerConfig{Dist: dist, Dir: home, HeapMiB: 512, Brief: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := es.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	d := deskAt(t, "http://"+es.Address, ns)
	r := rand.New(rand.NewPCG(5, 6))
	d.write(topic.Enriched, mix(r, "early", 120)...)
	d.write(topic.EnrichedBulk, mix(r, "bulk", 40)...)
	d.caughtUpBy(lanes...)
	j := d.job()
	if _, err := j.Repository(t.Context(), DefaultRepository); err == nil || !strings.Contains(err.Error(), "say --location") {
		t.Errorf("got %v", err)
	}
	if err := j.Register(t.Context(), DefaultRepository, "/nowhere"); err == nil || !strings.Contains(err.Error(), "path.repo") {
		t.Errorf("got %v", err)
	}
	store := filepath.Join(home, local.Snapshots)
	if err := j.Register(t.Context(), DefaultRepository, store); err != nil {
		t.Fatal(err)
	}
	snap, err := j.CreateSnapshot(t.Context(), DefaultRepository, "first")
	if err != nil || snap.State != "SUCCESS" || len(snap.Indices) != 2 || len(snap.Log) == 0 {
		t.Fatalf("%+v %v", snap, err)
	}
	// After the snapshot: more, and kills of what is in it.
	d.write(topic.Enriched, mix(r, "early", 60)...)
	d.write(topic.Enriched, kill("urn:x:early:1", 9), kill("urn:x:shared:1", 9))
	d.caughtUpBy(lanes...)
	before := d.content()
	if before[0].Docs == 0 || before[1].Docs <= before[0].Docs {
		t.Fatalf("%+v", before)
	}

	lose := func() {
		t.Helper()
		if err := es.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		// All but the snapshots, which an installation keeps elsewhere.
		if err := os.RemoveAll(filepath.Join(home, "data")); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(filepath.Join(home, "data"), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(filepath.Join(home, "data"), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := es.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		if rs := d.roles(); rs != nil {
			t.Fatalf("it still has %v", rs)
		}
	}
	same := func(how string) {
		t.Helper()
		if diff := cmp.Diff(before, d.content()); diff != "" {
			t.Errorf("%s: -before +after\n%s", how, diff)
		}
		if f, says := d.audit(); f != (faults{}) {
			t.Errorf("%s: %+v: %s", how, f, says)
		}
	}
	lose()
	began := time.Now()
	first, err := d.job().Run(t.Context(), Options{})
	if err != nil || !first.Swapped || first.Compared != nil {
		t.Fatalf("%+v %v", first, err)
	}
	t.Logf("built anew from %d messages in %v", first.Read, time.Since(began))
	same("from the log")

	// The repository is to be named again, its snapshots are there.
	j = d.job()
	if err := j.Register(t.Context(), DefaultRepository, store); err != nil {
		t.Fatal(err)
	}
	if all, err := j.Snapshots(t.Context(), DefaultRepository); err != nil || len(all) != 1 || all[0].Name != "first" {
		t.Fatalf("%+v %v", all, err)
	}
	if _, err := j.Restore(t.Context(), DefaultRepository, "second", Options{}); err == nil {
		t.Error("a snapshot that is not there was restored")
	}
	second, err := j.Restore(t.Context(), DefaultRepository, "first", Options{})
	if err != nil || !second.Swapped || second.Compared.Differences != 0 || second.Read >= first.Read || second.Live[0].Build.From != "snapshot first" {
		t.Fatalf("%+v %v", second, err)
	}
	same("from the snapshot and the log")
}

// TestLittleIsLive: where nothing is live, what was built is swapped in without
// more ado; where the index service began anew, that must be said.
func TestLittleIsLive(t *testing.T) {
	d := newDesk(t)
	d.write(topic.Enriched, mix(rand.New(rand.NewPCG(8, 9)), "x", 20)...)
	r, err := d.job().Run(t.Context(), Options{})
	if err != nil || !r.Swapped || r.Pause != 0 || r.Compared != nil {
		t.Fatalf("%+v %v", r, err)
	}
	if f, says := d.audit(); f != (faults{}) {
		t.Errorf("%+v: %s", f, says)
	}
	d.caughtUpBy(lanes[0])
	d.call("DELETE", "/"+r.Live[0].Name+","+r.Live[1].Name, nil)
	if err := corpus.Ensure(t.Context(), d.es, d.ns, corpus.Settings{}); err != nil {
		t.Fatal(err)
	}
	var differs *DifferenceError
	if _, err := d.job().Run(t.Context(), Options{}); !errors.As(err, &differs) || differs.Shown[0].How != Extra {
		t.Fatalf("got %v", err)
	}
	if r, err = d.job().Run(t.Context(), Options{Lost: true}); err != nil || !r.Swapped {
		t.Fatalf("%+v %v", r, err)
	}
	if f, says := d.audit(); f != (faults{}) {
		t.Errorf("%+v: %s", f, says)
	}
	d.wantRoles("-1 previous blocked", "-1-"+r.ID+" live")
}

// TestDigest: what counts, and what does not.
func TestDigest(t *testing.T) {
	id := corpus.ID("urn:x:1")
	sum := func(version int64, source string) corpus.Sum {
		t.Helper()
		e, err := digest(id, version, []byte(source))
		if err != nil {
			t.Fatal(err)
		}
		return e.sum
	}
	base := sum(5, `{"uri":"urn:x:1","revision":5,"status":"usable","headline":"A","indexed_at":"2024-04-20T06:00:00Z"}`)
	if base != sum(5, `{"headline": "A", "status":"usable","uri":"urn:x:1", "revision":5,"indexed_at":"2025-04-20T06:00:00Z"}`) {
		t.Error("order, spaces or the time of indexing count")
	}
	for _, other := range []corpus.Sum{
		sum(6, `{"uri":"urn:x:1","revision":5,"status":"usable","headline":"A"}`),
		sum(5, `{"uri":"urn:x:1","revision":6,"status":"usable","headline":"A"}`),
		sum(5, `{"uri":"urn:x:1","revision":5,"status":"withheld","headline":"A"}`),
		sum(5, `{"uri":"urn:x:1","revision":5,"status":"usable","headline":"B"}`),
		sum(5, `{"uri":"urn:x:1","revision":5,"status":"usable"}`),
		sum(5, `{"uri":"urn:x:1","revision":5,"status":"usable","headline":"A","body":""}`),
	} {
		if base == other {
			t.Error("another document has the same hash")
		}
	}
	notice := sum(5, `{"uri":"urn:x:1","revision":5,"status":"canceled","received_at":"2024-04-20T06:00:00Z"}`)
	if notice != sum(5, `{"uri":"urn:x:1","revision":5,"status":"canceled","received_at":"2024-04-21T06:00:00Z"}`) {
		t.Error("of a notice, the time counts")
	}
	if notice == sum(5, `{"uri":"urn:x:1","revision":5,"status":"canceled","headline":"A"}`) {
		t.Error("text in a notice does not count")
	}
	if a, b := (corpus.Sum{}).Plus(base).Plus(notice), (corpus.Sum{}).Plus(notice).Plus(base); a != b || a == (corpus.Sum{}) || bytes.Equal(a[:], base[:]) {
		t.Error("the sum depends on the order, or on one alone")
	}
	if twice := base.Plus(base); twice == (corpus.Sum{}) || twice == base {
		t.Error("what stands there twice is not seen")
	}
	for _, bad := range []string{"", "{", `{"uri":1}`, `{"uri":"u","status":"usable"}`} {
		if _, err := digest(id, 1, []byte(bad)); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}
