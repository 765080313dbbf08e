package index_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/elastic/go-elasticsearch/v8"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/leaktest"
	"github.com/copytaster/copytaster/pkg/localtest"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/services/index"
	"github.com/copytaster/copytaster/services/index/bulk"
	"github.com/copytaster/copytaster/services/index/indextest"
)

// realChecks is how many cases a property test tries that asks the real
// Elasticsearch; -rapid.checks overrides it.
const realChecks = "15"

func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if !given {
		if err := flag.Set("rapid.checks", realChecks); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
	}
	// The connections of the default transport outlive their requests.
	leaktest.Main(m, goleak.IgnoreTopFunction("net/http.(*persistConn).writeLoop"),
		goleak.IgnoreTopFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreTopFunction("internal/poll.runtime_pollWait"))
}

// world is a Sink on real indices of its own.
type world struct {
	testing.TB
	es   *elasticsearch.Client
	ns   corpus.Namespace
	sink *index.Sink
	reg  *prometheus.Registry
}

func newWorld(t testing.TB) *world {
	t.Helper()
	ns := corpus.Namespace(localtest.Namespace(t))
	es, err := elasticsearch.NewClient(elasticsearch.Config{Addresses: []string{localtest.Elasticsearch(t)}, DisableRetry: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := corpus.Ensure(t.Context(), es, ns, corpus.Settings{}); err != nil {
		t.Fatal(err)
	}
	w := &world{TB: t, es: es, ns: ns, reg: prometheus.NewRegistry()}
	w.sink = index.NewSink(es, ns, bulk.Config{}, w.reg)
	t.Cleanup(func() {
		if err := w.sink.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// write writes and wants success.
func (w *world) write(as ...article.Article) {
	w.Helper()
	for len(as) > 0 {
		n := stage.Distinct(as)
		if err := w.sink.Write(w.Context(), as[:n]); err != nil {
			w.Fatal(err)
		}
		as = as[n:]
	}
}

func (w *world) call(method, path string, body any) map[string]any {
	w.Helper()
	return indextest.Call(w, w.es, method, path, body, http.StatusNotFound)
}

// head is "<status> <headline> @<revision>" of the URI's head, "" if none.
func (w *world) head(uri article.URI) string {
	w.Helper()
	reply := w.call("GET", "/"+w.ns.Articles()+"/_doc/"+corpus.ID(uri), nil)
	if reply["found"] != true {
		return ""
	}
	return w.say(reply)
}

func (w *world) say(hit map[string]any) string {
	w.Helper()
	source, err := json.Marshal(hit["_source"])
	if err != nil {
		w.Fatal(err)
	}
	a, _, err := corpus.Parse(source)
	if err != nil {
		w.Fatal(err)
	}
	want := int64(a.Revision)
	if hit["_id"] == corpus.ID(a.URI) {
		want = corpus.HeadVersion(&a)
	}
	// A float64 is exact enough for what the tests use, but for kills.
	if v := hit["_version"].(float64); v != float64(want) {
		w.Errorf("%s: external version %f of revision %d, want %d", a.URI, v, a.Revision, want)
	}
	return fmt.Sprintf("%s %s @%d", a.Status, a.First(article.Headline), a.Revision)
}

// versions are the versions of the URI, by revision.
func (w *world) versions(uri article.URI) []string {
	w.Helper()
	w.refresh()
	return w.searchable(uri)
}

func (w *world) refresh() {
	w.Helper()
	w.call("POST", "/"+w.ns.Versions()+"/_refresh", nil)
}

// searchable are the versions as of the last refresh.
func (w *world) searchable(uri article.URI) []string {
	w.Helper()
	reply := w.call("POST", "/"+w.ns.Versions()+"/_search?version=true&size=1000&routing="+corpus.Routing(uri), map[string]any{
		"query": map[string]any{"term": map[string]any{"uri": uri}}, "sort": []string{"revision"},
	})
	said := []string{}
	for _, h := range reply["hits"].(map[string]any)["hits"].([]any) {
		said = append(said, w.say(h.(map[string]any)))
	}
	return said
}

func (w *world) counted() map[string]int {
	w.Helper()
	families, err := w.reg.Gather()
	if err != nil {
		w.Fatal(err)
	}
	counts := map[string]int{}
	for _, f := range families {
		if f.GetName() != "copytaster_index_articles_total" {
			continue
		}
		for _, m := range f.GetMetric() {
			if n := int(m.GetCounter().GetValue()); n > 0 {
				counts[m.GetLabel()[0].GetValue()] = n
			}
		}
	}
	return counts
}

func (w *world) want(uri article.URI, head string, versions ...string) {
	w.Helper()
	if got := w.head(uri); got != head {
		w.Errorf("head of %s: got %q, want %q", uri, got, head)
	}
	if d := cmp.Diff(versions, w.versions(uri)); d != "" {
		w.Errorf("versions of %s: -want +got\n%s", uri, d)
	}
}

func revision(uri article.URI, n int) article.Article { return indextest.Revision(uri, n) }

func kill(uri article.URI, n int) article.Article { return indextest.Kill(uri, n) }

func of(n int) int { return n << 16 }

func TestRevisionsOutOfOrder(t *testing.T) {
	w := newWorld(t)
	for _, n := range []int{2, 3, 1} {
		w.write(revision("urn:x:1", n))
	}
	w.want("urn:x:1", fmt.Sprintf("usable Secret 3 @%d", of(3)),
		fmt.Sprintf("usable Secret 1 @%d", of(1)), fmt.Sprintf("usable Secret 2 @%d", of(2)), fmt.Sprintf("usable Secret 3 @%d", of(3)))
	if d := cmp.Diff(map[string]int{"created": 1, "updated": 1, "superseded": 1}, w.counted()); d != "" {
		t.Error(d)
	}
}

func TestSameFiveTimes(t *testing.T) {
	w := newWorld(t)
	a := revision("urn:x:1", 1)
	w.write(a)
	w.write(a, a)
	w.write(a)
	w.write(a)
	w.want("urn:x:1", fmt.Sprintf("usable Secret 1 @%d", of(1)), fmt.Sprintf("usable Secret 1 @%d", of(1)))
	if d := cmp.Diff(map[string]int{"created": 1, "superseded": 4}, w.counted()); d != "" {
		t.Error(d)
	}
}

func TestEnrichedAgain(t *testing.T) {
	w := newWorld(t)
	a := revision("urn:x:1", 1)
	w.write(a, revision("urn:x:1", 2))
	a.Revision |= 1 << 8 // another generation of what is not the newest
	a.Agency.Value = "dpa"
	w.write(a)
	w.want("urn:x:1", fmt.Sprintf("usable Secret 2 @%d", of(2)),
		fmt.Sprintf("usable Secret 1 @%d", of(1)|1<<8), fmt.Sprintf("usable Secret 2 @%d", of(2)))
}

func TestMappingConflict(t *testing.T) {
	w := newWorld(t)
	bad := revision("urn:x:bad", 1)
	bad.Urgency = 300 // more than a byte
	broken := revision("urn:x:broken", 1)
	broken.Segments = broken.Segments[1:]
	err := w.sink.Write(t.Context(), []article.Article{revision("urn:x:1", 1), bad, revision("urn:x:2", 1), broken})
	var partial *stage.PartialError
	if !errors.As(err, &partial) || len(partial.Errs) != 2 || partial.Total != 4 {
		t.Fatalf("got %v", err)
	}
	for i, want := range map[int]string{1: "urgency", 3: "in no segment"} {
		if e := partial.Errs[i]; !stage.IsPermanent(e) || !strings.Contains(e.Error(), want) {
			t.Errorf("article %d: got %v, want %s, permanent", i, e, want)
		}
	}
	w.want("urn:x:1", fmt.Sprintf("usable Secret 1 @%d", of(1)), fmt.Sprintf("usable Secret 1 @%d", of(1)))
	w.want("urn:x:2", fmt.Sprintf("usable Secret 1 @%d", of(1)), fmt.Sprintf("usable Secret 1 @%d", of(1)))
	if d := cmp.Diff(map[string]int{"created": 2, "dead": 2}, w.counted()); d != "" {
		t.Error(d)
	}
}

func TestKillPurgesText(t *testing.T) {
	w := newWorld(t)
	const n = index.PurgeBatch + 20 // more than one round
	w.write(revision("urn:x:1", n))
	direct := bulk.New(w.es, bulk.Config{}, bulk.Observer{})
	var older []bulk.Doc
	for i := 1; i < n; i++ {
		a := revision("urn:x:1", i)
		body, err := corpus.VersionDocument(&a, a.ReceivedAt)
		if err != nil {
			t.Fatal(err)
		}
		older = append(older, bulk.Doc{
			Index: w.ns.Versions(), ID: corpus.VersionID(a.URI, a.Revision), Routing: corpus.Routing(a.URI), Version: int64(a.Revision), Body: body,
		})
	}
	results, err := direct.Write(t.Context(), older)
	for _, r := range results {
		err = errors.Join(err, r.Err)
	}
	if err := errors.Join(err, direct.Close()); err != nil {
		t.Fatal(err)
	}
	w.write(revision("urn:x:other", 1))
	if got := len(w.versions("urn:x:1")); got != n {
		t.Fatalf("%d versions", got)
	}
	w.write(kill("urn:x:1", n+1))
	w.want("urn:x:other", fmt.Sprintf("usable Secret 1 @%d", of(1)), fmt.Sprintf("usable Secret 1 @%d", of(1)))
	if got := w.head("urn:x:1"); got != fmt.Sprintf("canceled  @%d", of(n+1)) {
		t.Errorf("head: %s", got)
	}
	vs := w.versions("urn:x:1")
	if len(vs) != n+1 {
		t.Errorf("%d versions", len(vs))
	}
	for i, v := range vs {
		if v != fmt.Sprintf("canceled  @%d", of(i+1)) {
			t.Errorf("version %d: %s", i+1, v)
		}
	}
	// Nothing in either index has a word of it.
	for _, alias := range []string{w.ns.Articles(), w.ns.Versions()} {
		w.call("POST", "/"+alias+"/_refresh", nil)
		reply := w.call("POST", "/"+alias+"/_search?size=1000", map[string]any{"query": map[string]any{"term": map[string]any{"uri": "urn:x:1"}}})
		if b, _ := json.Marshal(reply); bytes.Contains(b, []byte("Secret")) || bytes.Contains(b, []byte("report")) {
			t.Errorf("%s still has text", alias)
		}
	}
}

func TestKillSticks(t *testing.T) {
	for name, order := range map[string][]article.Article{
		"before its article":        {kill("urn:x:1", 2), revision("urn:x:1", 1), revision("urn:x:1", 3)},
		"after its article":         {revision("urn:x:1", 1), kill("urn:x:1", 2), revision("urn:x:1", 3)},
		"after a newer revision":    {revision("urn:x:1", 1), revision("urn:x:1", 3), kill("urn:x:1", 2)},
		"twice":                     {kill("urn:x:1", 2), revision("urn:x:1", 3), kill("urn:x:1", 2), revision("urn:x:1", 1)},
		"then everything once more": {revision("urn:x:1", 3), kill("urn:x:1", 2), revision("urn:x:1", 1), revision("urn:x:1", 3), kill("urn:x:1", 2)},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			for _, a := range order {
				w.write(a)
			}
			w.want("urn:x:1", fmt.Sprintf("canceled  @%d", of(2)),
				fmt.Sprintf("canceled  @%d", of(1)), fmt.Sprintf("canceled  @%d", of(2)), fmt.Sprintf("canceled  @%d", of(3)))
			w.write(order...)
			w.want("urn:x:1", fmt.Sprintf("canceled  @%d", of(2)),
				fmt.Sprintf("canceled  @%d", of(1)), fmt.Sprintf("canceled  @%d", of(2)), fmt.Sprintf("canceled  @%d", of(3)))
		})
	}
}

// TestKillOfTheSameRevision: a kill may carry the very revision it kills.
func TestKillOfTheSameRevision(t *testing.T) {
	w := newWorld(t)
	w.write(revision("urn:x:1", 1), kill("urn:x:1", 1), revision("urn:x:1", 1))
	w.want("urn:x:1", fmt.Sprintf("canceled  @%d", of(1)), fmt.Sprintf("canceled  @%d", of(1)))
}

// TestAnyOrder: whatever the order and however often, the newest revision
// stands at the end, or the newest kill's notice if there was one, and all
// versions.
func TestAnyOrder(t *testing.T) {
	w := newWorld(t)
	round := 0
	rapid.Check(t, func(t *rapid.T) {
		round++
		uris := rapid.IntRange(1, 4).Draw(t, "uris")
		type wanted struct {
			newest int
			killed int // the newest kill
			seen   map[int]bool
		}
		want := map[article.URI]*wanted{}
		lanes := map[article.URI][]article.Article{}
		for range rapid.IntRange(1, 25).Draw(t, "n") {
			uri := article.URI(fmt.Sprintf("urn:x:%d:%d", round, rapid.IntRange(1, uris).Draw(t, "uri")))
			n := rapid.IntRange(1, 6).Draw(t, "revision")
			a := revision(uri, n)
			dead := rapid.IntRange(0, 19).Draw(t, "kill") == 0
			if dead {
				a.Status = article.Canceled
			}
			lanes[uri] = append(lanes[uri], a)
			if want[uri] == nil {
				want[uri] = &wanted{seen: map[int]bool{}}
			}
			want[uri].newest = max(want[uri].newest, n)
			if dead {
				want[uri].killed = max(want[uri].killed, n)
			}
			want[uri].seen[n] = true
		}
		var wg sync.WaitGroup
		for _, as := range lanes {
			wg.Go(func() {
				for _, a := range as {
					if err := w.sink.Write(w.Context(), []article.Article{a}); err != nil {
						t.Errorf("write: %v", err)
					}
				}
			})
		}
		wg.Wait()
		w.refresh()
		for uri, x := range want {
			say := func(n int) string {
				if x.killed > 0 {
					return fmt.Sprintf("canceled  @%d", of(n))
				}
				return fmt.Sprintf("usable Secret %d @%d", n, of(n))
			}
			stands := x.newest
			if x.killed > 0 {
				stands = x.killed // what comes later doesn't replace it
			}
			if got := w.head(uri); got != say(stands) {
				t.Fatalf("head of %s: got %q, want %q", uri, got, say(stands))
			}
			var versions []string
			for n := range 7 {
				if x.seen[n] {
					versions = append(versions, say(n))
				}
			}
			if d := cmp.Diff(versions, w.searchable(uri)); d != "" {
				t.Fatalf("versions of %s: -want +got\n%s", uri, d)
			}
		}
	})
}

func TestLatencyIsMeasured(t *testing.T) {
	w := newWorld(t)
	w.write(revision("urn:x:1", 1))
	if n := testutil.CollectAndCount(w.reg, "copytaster_index_latency_seconds"); n != 1 {
		t.Errorf("%d", n)
	}
}

// TestAliasGone: what an operator broke is not the document's fault.
func TestAliasGone(t *testing.T) {
	w := newWorld(t)
	w.call("DELETE", "/"+string(w.ns)+"article-versions-1", nil)
	err := w.sink.Write(t.Context(), []article.Article{revision("urn:x:1", 1)})
	var partial *stage.PartialError
	if !errors.As(err, &partial) || stage.IsPermanent(partial.Errs[0]) || !strings.Contains(err.Error(), "article-versions") {
		t.Fatalf("got %v", err)
	}
	if err := corpus.Ensure(t.Context(), w.es, w.ns, corpus.Settings{}); err != nil {
		t.Fatal(err)
	}
	w.write(revision("urn:x:1", 1))
	w.want("urn:x:1", fmt.Sprintf("usable Secret 1 @%d", of(1)), fmt.Sprintf("usable Secret 1 @%d", of(1)))
}
