package copytaster

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/elastic"
	"github.com/copytaster/copytaster/pkg/localtest"
	"github.com/copytaster/copytaster/services/search"
)

// What BenchmarkSearches can be told by the environment, beside the corpus and how many
// articles it is grown to.
const (
	benchUsers    = "COPYTASTER_BENCH_USERS"    // parallel users, separated by commas
	benchSearches = "COPYTASTER_BENCH_SEARCHES" // requests measured for each number of users
	benchFacets   = "COPYTASTER_BENCH_FACETS"   // facets that searches ask for; those of the default, if not told
	benchWritten  = "COPYTASTER_BENCH_WRITTEN"  // articles written each second meanwhile; 0, if not told
	benchKept     = "COPYTASTER_BENCH_KEPT"     // namespace of indices that are kept and, if they hold as many articles or more, measured again
)

const (
	benchLoadDocs     = 500 // of a bulk request
	benchLoadRequests = 3   // at once
	// benchWarmSearches at most are made before anything is measured.
	benchWarmSearches = 1500
	// benchMorePages is how many pages a user reads behind the first one who reads on.
	benchMorePages = 12
)

// BenchmarkSearches measures what readers wait for: the search service's answers over
// HTTP, from an index of the real mapping that holds a grown corpus. Each user asks the
// next question as soon as the last one is answered. Run it with -benchtime=1x.
func BenchmarkSearches(b *testing.B) {
	c := newSearchBench(b)
	for users := range strings.SplitSeq(cmp.Or(os.Getenv(benchUsers), "1,8,32"), ",") {
		n, err := strconv.Atoi(users)
		if err != nil || n < 1 {
			b.Fatalf("%s: %q is not a number from 1 on", benchUsers, users)
		}
		b.Run("users="+users, func(b *testing.B) { c.measure(b, n) })
	}
}

type searchBench struct {
	ns     string
	names  corpus.Namespace
	es     *elastic.Client
	grown  *grower
	base   string // of the service
	client *http.Client
	count  int // of the requests of each number of users
	rate   int // articles written each second meanwhile
	wrote  int // so far
}

func newSearchBench(b *testing.B) *searchBench {
	b.Helper()
	path := os.Getenv(benchCorpus)
	if path == "" {
		b.Fatalf("%s is not set: it is the path of gzipped lines of JSON with title, dateline and body, such as Reuters-21578, which is for research only and so not part of the project", benchCorpus)
	}
	if _, err := os.Stat(path); err != nil {
		b.Fatalf("%s: there is no corpus: %v", benchCorpus, err)
	}
	c := &searchBench{ns: os.Getenv(benchKept), count: benchNumber(b, benchSearches, 2000)}
	if os.Getenv(benchWritten) != "" {
		c.rate = benchNumber(b, benchWritten, 0)
	}
	n := benchNumber(b, benchArticles, 19000)
	address := localtest.Elasticsearch(b)
	if c.ns == "" {
		c.ns = localtest.Namespace(b)
	}
	c.names = corpus.Namespace(c.ns)
	var err error
	if c.es, err = (elastic.Config{URL: []string{address}}).Connect(benchLoadRequests); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(c.es.Close)
	began := time.Now()
	if c.grown, err = newGrower(b.Context(), benchTexts(b, n), n); err != nil {
		b.Fatal(err)
	}
	say("%d texts read and enriched in %v", len(c.grown.known), time.Since(began).Round(time.Second))
	if err := c.load(b.Context()); err != nil {
		b.Fatal(err)
	}
	c.state(b)
	c.serve(b, address)
	transport := &http.Transport{MaxIdleConnsPerHost: 256}
	b.Cleanup(transport.CloseIdleConnections)
	c.client = &http.Client{Transport: transport}
	if _, err := c.run(b.Context(), c.questions(0, min(benchWarmSearches, c.count)), 4); err != nil {
		b.Fatal(err)
	}
	return c
}

// load writes the articles as the index service does, but without the older revisions,
// which no search reads, and waits until they are found and no merge is under way.
func (c *searchBench) load(ctx context.Context) error {
	if err := corpus.Ensure(ctx, c.es, c.names, corpus.Settings{}); err != nil {
		return err
	}
	if n, err := c.held(ctx); err != nil || n >= c.grown.n {
		return err
	}
	began := time.Now()
	if err := c.refreshEvery(ctx, corpus.FillRefreshInterval); err != nil {
		return err
	}
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(benchLoadRequests)
	for from := 0; from < c.grown.n && within.Err() == nil; from += benchLoadDocs {
		if from%100_000 == 0 && from > 0 {
			say("%d articles in %v", from, time.Since(began).Round(time.Second))
		}
		group.Go(func() error { return c.bulk(within, from, min(from+benchLoadDocs, c.grown.n)) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if err := c.refreshEvery(ctx, corpus.DefaultRefreshInterval); err != nil {
		return err
	}
	if err := elastic.Ask(ctx, c.es, "refresh", esapi.IndicesRefreshRequest{Index: []string{c.names.Articles()}}, nil); err != nil {
		return err
	}
	if n, err := c.held(ctx); err != nil || n != c.grown.n {
		return errors.Join(err, fmt.Errorf("the index holds %d articles, want %d", n, c.grown.n))
	}
	say("%d articles loaded in %v", c.grown.n, time.Since(began).Round(time.Second))
	return nil
}

func (c *searchBench) held(ctx context.Context) (int, error) {
	var n struct {
		Count int `json:"count"`
	}
	err := elastic.Ask(ctx, c.es, "count", esapi.CountRequest{Index: []string{c.names.Articles()}}, &n)
	return n.Count, err
}

func (c *searchBench) refreshEvery(ctx context.Context, d time.Duration) error {
	body := fmt.Sprintf(`{"index":{"refresh_interval":"%dms"}}`, d.Milliseconds())
	return elastic.Ask(ctx, c.es, "set the refresh interval", esapi.IndicesPutSettingsRequest{Index: []string{c.names.Articles()}, Body: strings.NewReader(body)}, nil)
}

// bulk writes the articles with the numbers from up to to.
func (c *searchBench) bulk(ctx context.Context, from, to int) error {
	var body bytes.Buffer
	for i := from; i < to; i++ {
		a, err := c.grown.article(i)
		if err != nil {
			return fmt.Errorf("article %d: %w", i, err)
		}
		doc, err := corpus.Document(&a, a.ReceivedAt)
		if err != nil {
			return err
		}
		fmt.Fprintf(&body, `{"index":{"_id":%q,"version":%d,"version_type":"external"}}`+"\n%s\n", corpus.ID(a.URI), corpus.HeadVersion(&a), doc)
	}
	var reply struct {
		Errors bool            `json:"errors"`
		Items  json.RawMessage `json:"items"`
	}
	err := elastic.Ask(ctx, c.es, "index", esapi.BulkRequest{Index: c.names.Articles(), Body: &body}, &reply)
	if err == nil && reply.Errors {
		err = fmt.Errorf("articles %d to %d were refused: %.500s", from, to, reply.Items)
	}
	return err
}

// state waits for merges, and tells what is measured.
func (c *searchBench) state(b *testing.B) {
	b.Helper()
	var stats struct {
		All struct {
			Primaries struct {
				Merges   struct{ Current int }
				Segments struct{ Count int }
				Store    struct {
					Size int64 `json:"size_in_bytes"`
				}
			}
		} `json:"_all"`
	}
	c.await(b, "merges have ended", func() (bool, error) {
		err := elastic.Ask(b.Context(), c.es, "ask for statistics", esapi.IndicesStatsRequest{Index: []string{c.names.Articles()}}, &stats)
		return stats.All.Primaries.Merges.Current == 0, err
	})
	var nodes struct {
		Nodes map[string]struct {
			JVM struct {
				Mem struct {
					Heap int64 `json:"heap_max_in_bytes"`
				}
			}
		}
	}
	if err := elastic.Ask(b.Context(), c.es, "ask for nodes", esapi.NodesInfoRequest{Metric: []string{"jvm"}}, &nodes); err != nil {
		b.Fatal(err)
	}
	p := stats.All.Primaries
	for _, n := range nodes.Nodes {
		say("%d articles: %d segments, %.1f GB; heap of Elasticsearch %d MiB", c.grown.n, p.Segments.Count, float64(p.Store.Size)/1e9, n.JVM.Mem.Heap>>20)
	}
}

func (c *searchBench) await(b *testing.B, what string, ok func() (bool, error)) {
	b.Helper()
	(&ceilingBench{b: b}).await(what, ok)
}

// serve runs the service in this process.
func (c *searchBench) serve(b *testing.B, address string) {
	b.Helper()
	conf, err := boot.Load(search.Service, "--namespace="+c.ns, "--elasticsearch-url="+address, "--search-timeout=30s")
	if err != nil {
		b.Fatal(err)
	}
	srv, err := boot.NewServer(boot.Config{Listen: "127.0.0.1:0"}, zerolog.Nop())
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(b.Context()))
	ended := make(chan error, 1)
	go func() { ended <- boot.RunService(ctx, search.Service, conf, srv.Kit(search.Service.Name)) }()
	b.Cleanup(func() {
		cancel()
		if err := errors.Join(<-ended, srv.Close(context.Background())); err != nil {
			b.Error(err)
		}
	})
	c.await(b, "search is ready", func() (bool, error) { return boot.Healthcheck(ctx, srv.Addr()) == nil, nil })
	c.base = "http://" + srv.Addr()
}

// question is a request that a reader makes.
type question struct {
	kind, path string
	values     url.Values
	more       int // pages behind the first that are read, too
}

// kinds are what readers ask, and of 100 requests how many are of which kind; the pages
// behind the first are besides. The words are those of articles of the corpus.
var kinds = []struct {
	name  string
	share int
	ask   func(w *reader) question
}{
	{"words of a headline", 28, func(w *reader) question { return articles("q", strings.Join(w.headline(1+w.r.IntN(3)), " ")) }},
	{"any word of a text", 10, func(w *reader) question { return articles("q", w.body(1)) }},
	{"phrase", 10, func(w *reader) question { return articles("q", `"`+w.body(2+w.r.IntN(2))+`"`) }},
	{"fields", 10, func(w *reader) question { return articles("q", w.fields()) }},
	{"ranges", 10, func(w *reader) question { return articles(append([]string{"q", w.ranges()}, w.days()...)...) }},
	{"values chosen", 10, func(w *reader) question { return articles(append([]string{"q", w.headline(1)[0]}, w.chosen()...)...) }},
	{"everything", 3, func(*reader) question { return articles() }},
	{"pages", 1, func(w *reader) question {
		q := articles("q", w.headline(1)[0])
		q.more = benchMorePages
		return q
	}},
	{"histogram", 10, func(w *reader) question { return question{path: "/v1/histogram", values: w.asked()} }},
	{"map", 4, func(w *reader) question { return question{path: "/v1/map", values: w.asked()} }},
	{"suggestions", 4, func(w *reader) question {
		return question{path: "/v1/suggest", values: url.Values{"prefix": {w.prefix()}}}
	}},
}

const kindNext = "a page behind the first"

func articles(parameters ...string) question {
	q := question{path: "/v1/articles", values: url.Values{}}
	if facets := os.Getenv(benchFacets); facets != "" {
		q.values.Set("facets", facets)
	}
	for i := 0; i < len(parameters); i += 2 {
		q.values.Add(parameters[i], parameters[i+1])
	}
	return q
}

// questions are n of the mix, always the same for a seed.
func (c *searchBench) questions(seed uint64, n int) []question {
	r := rand.New(rand.NewPCG(seed, 1))
	qs := make([]question, n)
	for i := range qs {
		at := r.IntN(100)
		for _, k := range kinds {
			if at -= k.share; at < 0 {
				qs[i] = k.ask(c.reader(r))
				qs[i].kind = k.name
				break
			}
		}
	}
	return qs
}

// asked is one question's answer.
type asked struct {
	kind   string
	client time.Duration // until the answer was read
	took   time.Duration // of Elasticsearch, by the answer's took_ms: the sum of its requests
	total  int
}

// run has users ask the questions, and gives what was asked.
func (c *searchBench) run(ctx context.Context, qs []question, users int) ([]asked, error) {
	var next atomic.Int64
	var mu sync.Mutex
	var all []asked
	group, ctx := errgroup.WithContext(ctx)
	for range users {
		group.Go(func() error {
			var mine []asked
			for i := next.Add(1) - 1; i < int64(len(qs)); i = next.Add(1) - 1 {
				as, err := c.read(ctx, qs[i])
				if err != nil {
					return err
				}
				mine = append(mine, as...)
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, mine...)
			return nil
		})
	}
	return all, group.Wait()
}

// read asks one question, and reads the pages behind the first.
func (c *searchBench) read(ctx context.Context, q question) (all []asked, err error) {
	kind := q.kind
	for range 1 + q.more {
		a, next, err := c.ask(ctx, kind, q)
		if err != nil {
			return nil, err
		}
		all = append(all, a)
		if next == "" {
			break
		}
		q.values.Set("after", next)
		kind = kindNext
	}
	return all, nil
}

func (c *searchBench) ask(ctx context.Context, kind string, q question) (a asked, next string, err error) {
	address := c.base + q.path + "?" + q.values.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return a, "", err
	}
	began := time.Now()
	res, err := c.client.Do(req)
	if err != nil {
		return a, "", err
	}
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	a = asked{kind: kind, client: time.Since(began)}
	if err == nil && res.StatusCode != http.StatusOK {
		err = errors.New(res.Status)
	}
	var answer struct {
		Took  *int64 `json:"took_ms"`
		Next  string `json:"next"`
		Total struct {
			Value int `json:"value"`
		} `json:"total"`
	}
	if err == nil {
		err = json.Unmarshal(body, &answer)
	}
	if err == nil && answer.Took == nil {
		err = errors.New("it has no took_ms")
	}
	if err != nil {
		return a, "", fmt.Errorf("%s: %w: %.300s", address, err, body)
	}
	a.took, a.total = time.Duration(*answer.Took)*time.Millisecond, answer.Total.Value
	return a, answer.Next, nil
}

// write goes on writing new articles, at the rate, until it is stopped.
func (c *searchBench) write(b *testing.B) (stop func()) {
	if c.rate == 0 {
		return func() {}
	}
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan struct{})
	tick := time.NewTicker(time.Second / time.Duration(c.rate))
	go func() {
		defer close(done)
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			i := c.grown.n + c.wrote
			if err := c.bulk(ctx, i, i+1); err != nil && ctx.Err() == nil {
				b.Error(err)
				return
			}
			c.wrote++
		}
	}()
	return func() {
		tick.Stop()
		cancel()
		<-done
	}
}

func (c *searchBench) measure(b *testing.B, users int) {
	for range b.N {
		qs := c.questions(uint64(users), c.count)
		stop := c.write(b)
		began := time.Now()
		all, err := c.run(b.Context(), qs, users)
		stop()
		if err != nil {
			b.Fatal(err)
		}
		rate := float64(len(all)) / time.Since(began).Seconds()
		for _, m := range []struct {
			name string
			of   func(a asked) time.Duration
		}{{"", client}, {"elasticsearch-", took}, {"overhead-", overhead}} {
			ds := durations(all, m.of)
			for name, q := range map[string]float64{"p50": .5, "p95": .95, "p99": .99} {
				b.ReportMetric(milliseconds(ds, q), m.name+name+"-ms")
			}
		}
		b.ReportMetric(rate, "requests/s")
		b.ReportMetric(0, "ns/op")
		say("%d articles, %d written a second meanwhile, %d users, %d requests, %.1f/s; ms\n%s", c.grown.n, c.rate, users, len(all), rate, table(all))
	}
}

func client(a asked) time.Duration   { return a.client }
func took(a asked) time.Duration     { return a.took }
func overhead(a asked) time.Duration { return a.client - a.took }

func durations(all []asked, of func(a asked) time.Duration) []time.Duration {
	ds := make([]time.Duration, len(all))
	for i, a := range all {
		ds[i] = of(a)
	}
	slices.Sort(ds)
	return ds
}

// table has a line for each kind, and one for all.
func table(all []asked) string {
	of := map[string][]asked{}
	for _, a := range all {
		of[a.kind] = append(of[a.kind], a)
	}
	var s strings.Builder
	w := tabwriter.NewWriter(&s, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "what\trequests\tfound, median\tp50\tp95\tp99\tElasticsearch p50\tp95\tp99\toverhead p50\tp95\tp99")
	line := func(name string, as []asked) {
		if len(as) == 0 {
			return
		}
		totals := make([]int, len(as))
		for i, a := range as {
			totals[i] = a.total
		}
		slices.Sort(totals)
		fmt.Fprintf(w, "%s\t%d\t%d", name, len(as), totals[len(totals)/2])
		for _, m := range []func(a asked) time.Duration{client, took, overhead} {
			ds := durations(as, m)
			fmt.Fprintf(w, "\t%.1f\t%.1f\t%.1f", milliseconds(ds, .5), milliseconds(ds, .95), milliseconds(ds, .99))
		}
		fmt.Fprintln(w)
	}
	for _, k := range kinds {
		line(k.name, of[k.name])
	}
	line(kindNext, of[kindNext])
	line("all", all)
	_ = w.Flush()
	return s.String()
}
