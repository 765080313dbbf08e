package copytaster

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/pkg/localtest"
)

// Each turn of live copy begins an article, goes on with older ones, and sends an
// old revision of one that is finished once more.
const (
	turnEvery = 100 * time.Millisecond
	turnsLate = 3  // from an article's revision to its next
	turnsEcho = 12 // from an article's beginning to the repeat
	// maxArticles bounds what there is to compare; then the same come again.
	maxArticles = 300
)

// edition is one revision of an article, or its kill.
type edition struct {
	version int
	kill    bool
}

// stories are the lives of articles: revisions in and out of order, kills behind
// and ahead of what they kill.
var stories = [][]edition{
	{{version: 1}},
	{{version: 1}, {version: 2}},
	{{version: 1}, {version: 3}, {version: 2}},
	{{version: 1}, {version: 2, kill: true}},
	{{version: 2, kill: true}, {version: 1}},
}

// ninjs is dated: what comes again is the same revision.
func (e edition) ninjs(n int) string {
	id := fmt.Sprintf(`{"standard":{"name":"ninjs","version":"3.0"},"uri":"tag:example.org,2024:quay-%d","type":"text","version":"%d","versionCreated":"2024-05-01T12:0%[2]d:00Z",`, n, e.version)
	if e.kill {
		return id + `"pubstatus":"canceled"}`
	}
	return id + fmt.Sprintf(`"pubstatus":"usable","headlines":[{"value":"%s"}],"bodies":[{"value":"A quaystory about berth %d of the harbour."}]}`, e.headline(n), n)
}

func (e edition) headline(n int) string { return fmt.Sprintf("Quay %d, edition %d", n, e.version) }

// livecopy is copy that comes in while an operator works, and what of it was
// acknowledged.
type livecopy struct {
	system // of when it began

	hold  sync.Mutex // by a turn; who has it keeps copy from coming in
	mu    sync.Mutex
	turns int
	err   error // that ended it
	acked map[article.URI]*acked
}

// acked is what ingest has acknowledged of one article.
type acked struct {
	n        int
	versions map[int]bool
	newest   edition // the kill, if there was one
}

// feed has copy come in until the end of the test or of stop.
func (s *system) feed() (*livecopy, func()) {
	c := &livecopy{system: *s, acked: map[article.URI]*acked{}}
	ctx, cancel := context.WithCancel(s.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.run(ctx) }()
	stop := sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			s.t.Errorf("live copy: %v", err)
		}
	})
	s.t.Cleanup(stop)
	return c, stop
}

func (c *livecopy) run(ctx context.Context) error {
	for turn := 0; ; turn++ {
		began := time.Now()
		if err := c.take(turn); err != nil {
			return err
		}
		select {
		case <-time.After(max(turnEvery, 2*time.Since(began))): // a busy machine needs time for all else, too
		case <-ctx.Done():
			return nil
		}
	}
}

func (c *livecopy) take(turn int) error {
	c.hold.Lock()
	defer c.hold.Unlock()
	var errs []error
	for k := range 3 {
		errs = append(errs, c.send(turn-k*turnsLate, k))
	}
	errs = append(errs, c.send(turn-turnsEcho, 0))
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turns++
	c.err = errors.Join(errs...)
	return c.err
}

// send pushes edition k of article n, if there is one.
func (c *livecopy) send(n, k int) error {
	if n < 0 || k >= len(stories[n%len(stories)]) {
		return nil
	}
	n %= maxArticles
	e := stories[n%len(stories)][k]
	a, err := c.push(strings.NewReader(e.ninjs(n)), "source=wire")
	if err != nil {
		return err
	}
	if a.status != http.StatusAccepted || len(a.Articles) != 1 {
		return fmt.Errorf("%s: %d %s", e.ninjs(n), a.status, a.body)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	is := c.acked[a.Articles[0].URI]
	if is == nil {
		is = &acked{n: n, versions: map[int]bool{}}
		c.acked[a.Articles[0].URI] = is
	}
	is.versions[e.version] = true
	if e.kill || !is.newest.kill && e.version > is.newest.version {
		is.newest = e
	}
	return nil
}

// turn is how many turns are over, or why there are no more.
func (c *livecopy) turn() (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.turns, c.err
}

// awaitTurns waits for so many more turns.
func (c *livecopy) awaitTurns(n int) {
	c.t.Helper()
	until, _ := c.turn()
	until += n
	c.await("more copy comes in", func() error {
		got, err := c.turn()
		if err != nil {
			c.t.Fatal(err)
		}
		if got < until {
			return fmt.Errorf("%d of %d turns", got, until)
		}
		return nil
	})
}

// stored is what is compared of a document.
type stored struct {
	URI      article.URI    `json:"uri"`
	Status   article.Status `json:"status"`
	Headline string         `json:"headline"`
	Body     string         `json:"body"`
}

// mostDocuments is what Elasticsearch gives in one answer. The copy of this test is
// far less.
const mostDocuments = 10_000

// documents are all that stand behind an alias, by URI.
func (s *system) documents(alias string) (map[article.URI][]stored, error) {
	docs, err := s.sources(alias, map[string]any{"size": mostDocuments, "_source": []string{"uri", "status", "headline", "body"}})
	if err != nil {
		return nil, err
	}
	if len(docs) == mostDocuments {
		return nil, fmt.Errorf("%s has more documents than are read", alias)
	}
	all := map[article.URI][]stored{}
	for _, doc := range docs {
		var d stored
		if err := json.Unmarshal(doc, &d); err != nil {
			return nil, err
		}
		all[d.URI] = append(all[d.URI], d)
	}
	return all, nil
}

// differs tells what is not as it was acknowledged: each article once, as its newest
// revision, with all revisions kept; of those that are killed not a word; and
// nothing else.
func (c *livecopy) differs() error {
	if err := c.refresh(); err != nil {
		return err
	}
	heads, err := c.documents("articles")
	if err != nil {
		return err
	}
	versions, err := c.documents("article-versions")
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(heads) != len(c.acked) || len(versions) != len(c.acked) {
		return fmt.Errorf("%d articles are indexed, and versions of %d; %d were acknowledged", len(heads), len(versions), len(c.acked))
	}
	visible := 0
	for uri, a := range c.acked {
		want := stored{uri, article.Canceled, "", ""}
		if !a.newest.kill {
			visible++
			want = stored{uri, article.Usable, a.newest.headline(a.n), fmt.Sprintf("A quaystory about berth %d of the harbour.", a.n)}
		}
		if got := heads[uri]; !slices.Equal(got, []stored{want}) {
			return fmt.Errorf("%s is %+v, want %+v", uri, got, want)
		}
		if got := versions[uri]; len(got) != len(a.versions) {
			return fmt.Errorf("%s has %d versions, %d were acknowledged", uri, len(got), len(a.versions))
		}
		for _, v := range versions[uri] {
			if a.newest.kill && v != want {
				return fmt.Errorf("%s is killed, and among its versions is %+v", uri, v)
			}
		}
	}
	f, err := c.search("quaystory")
	if err != nil {
		return err
	}
	if f.Total.Value != visible {
		return fmt.Errorf("search finds %d, %d are visible", f.Total.Value, visible)
	}
	return nil
}

// awaitAll waits, while no copy comes in, until all is as it was acknowledged.
func (c *livecopy) awaitAll(when string) {
	c.t.Helper()
	c.hold.Lock()
	defer c.hold.Unlock()
	c.await(when+" all is there", c.differs)
}

// loseIndices deletes every index of the namespace.
func (o *tools) loseIndices() {
	o.t.Helper()
	resp, err := http.Get(o.elasticsearch + "/_cat/indices/" + o.ns + "*?format=json&h=index&expand_wildcards=all")
	if err != nil {
		o.t.Fatal(err)
	}
	defer resp.Body.Close()
	var all []struct{ Index string }
	if err := json.NewDecoder(resp.Body).Decode(&all); err != nil {
		o.t.Fatal(err)
	}
	var names []string
	for _, x := range all {
		names = append(names, x.Index)
	}
	o.elasticDelete("/" + strings.Join(names, ","))
}

// beside are the tools with an Elasticsearch that keeps their first bulk request
// waiting until more copy has come in.
func (o *tools) beside(c *livecopy) *tools {
	o.t.Helper()
	to, err := url.Parse(o.elasticsearch)
	if err != nil {
		o.t.Fatal(err)
	}
	until := sync.OnceValue(func() int { n, _ := c.turn(); return n + 2 })
	less := func(n int) bool { got, err := c.turn(); return err == nil && got < n }
	proxy := httputil.NewSingleHostReverseProxy(to)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/_bulk") {
			for least := until(); less(least) && r.Context().Err() == nil; {
				<-time.After(5 * time.Millisecond) // between two looks at the condition
			}
		}
		proxy.ServeHTTP(w, r)
	}))
	o.t.Cleanup(server.Close)
	p := *o
	p.elasticsearch = server.URL
	return &p
}

// insists runs what must succeed, and as an operator would, calls again where a server was too busy
// to answer in time.
func (o *tools) insists(args ...string) string {
	o.t.Helper()
	for deadline := time.Now().Add(waitLimit); ; {
		got, out, errs := o.run(args...)
		if got == boot.ExitOK {
			return out
		}
		if !tooLate(errs) || time.Now().After(deadline) {
			o.t.Fatalf("%v: exit code %d\n%s%s", args, got, out, errs)
		}
	}
}

// TestRecovery: an operator goes back to a snapshot, and twice loses all indices
// and has them built anew, from the log and from the snapshot. Copy comes in and
// the services run all the time.
func TestRecovery(t *testing.T) {
	s := &system{
		t: t, namespace: localtest.Namespace(t), brokers: localtest.Kafka(t), elasticsearch: localtest.Elasticsearch(t),
		drop: t.TempDir(), backfill: t.TempDir(), client: &http.Client{Timeout: waitLimit},
	}
	stopIndex := s.start("index")
	index := strings.TrimPrefix(s.base, "http://")
	s.start("ingest", "enrich", "search")
	o := toolsOn(t, s)
	c, stop := s.feed()
	store := strings.TrimSuffix(o.ns, "-")
	in := func(args ...string) []string {
		return append(args, "--repository", store, "--location", store) // below path.repo
	}
	pause := "--max-pause=" + waitLimit.String() // for a busy machine
	swaps := func(from string, args ...string) {
		t.Helper()
		rs := objects(t, o.beside(c).insists(append(args, pause, "--json")...))
		if len(rs) != 1 || rs[0]["swapped"] != true || rs[0]["refused"] != nil {
			t.Fatalf("got %v", rs)
		}
		for _, x := range rs[0]["live"].([]any) {
			if got := x.(object)["build"].(object)["from"]; got != from {
				t.Errorf("live is what was built from %v, want %s", got, from)
			}
		}
	}

	c.awaitTurns(2 * turnsEcho)
	o.insists(in("snapshot", "create", "monday")...)
	t.Cleanup(func() { o.elasticDelete("/_snapshot/" + store) })
	c.awaitTurns(turnsEcho)
	swaps("snapshot monday", in("snapshot", "restore", "monday")...)
	c.awaitTurns(1)
	c.awaitAll("after the restore")
	o.must(boot.ExitOK, "reindex", "drop", "previous", "--yes")

	o.loseIndices()
	s.await("the index service says what it lacks", func() error {
		if err := boot.Healthcheck(t.Context(), index); err == nil || !strings.Contains(err.Error(), "is not an alias") {
			return fmt.Errorf("it says %w", cmp.Or(err, errors.New("that all is well")))
		}
		return nil
	})
	c.awaitTurns(turnsEcho)
	swaps("log", "reindex", "--lost")
	c.awaitTurns(1)
	c.awaitAll("built from the log")
	o.refused(boot.ExitUsage, `no indices are "previous"`, "reindex", "drop", "previous", "--yes") // the service had made none

	stopIndex()
	o.loseIndices()
	o.elasticDelete("/_snapshot/" + store) // the registration; the files stay
	s.start("index")                       // makes empty indices
	c.awaitTurns(turnsEcho)
	swaps("snapshot monday", in("snapshot", "restore", "monday", "--lost")...)
	c.awaitTurns(1)
	stop()
	c.awaitAll("restored into an empty Elasticsearch")
	o.must(boot.ExitOK, "reindex", "drop", "previous", "--yes")
	o.must(boot.ExitOK, "indices", "check")
	o.must(boot.ExitOK, "snapshot", "delete", "monday", "--yes", "--repository", store)
}
