package copytaster

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/rs/zerolog"
	"github.com/segmentio/kafka-go"
	"golang.org/x/sync/errgroup"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/elastic"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/localtest"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/enrich"
	"github.com/copytaster/copytaster/services/ingest"
)

// What BenchmarkIndexCeiling can be told by the environment.
const (
	benchCorpus   = "COPYTASTER_BENCH_CORPUS"   // gzipped lines of JSON with title, dateline, body; else articles are made up
	benchArticles = "COPYTASTER_BENCH_ARTICLES" // how many; more than the corpus has: it is repeated under other URIs
	benchRounds   = "COPYTASTER_BENCH_ROUNDS"
	benchSink     = "COPYTASTER_BENCH_SINK"        // a program to measure beside ours, with its arguments; {config} stands for its file
	benchConfig   = "COPYTASTER_BENCH_SINK_CONFIG" // its file of settings; without {config} it is the last argument
	benchRefresh  = "COPYTASTER_BENCH_REFRESH"     // refresh interval of the indices
	benchProfile  = "COPYTASTER_BENCH_PROFILE"     // file for a CPU profile of our service, of its first seconds
	benchLanes    = "COPYTASTER_BENCH_LANES"       // lanes to measure, separated by commas
	benchShape    = "COPYTASTER_BENCH_SHAPE"       // "REQUESTSxDOCS" of the ceiling and of our service; "best": several are tried first
)

const (
	// benchWait bounds the wait until one sink has written everything.
	benchWait = 10 * time.Minute
	// benchLook is how often is looked how much is written.
	benchLook = 50 * time.Millisecond
	// benchWarm is how often everything is written before anything is measured.
	benchWarm = 3
	// benchShapeArticles is how many articles each tried shape of the ceiling writes.
	benchShapeArticles = 4000
)

// shape is how bulk requests are sent.
type shape struct {
	requests int  // at once
	docs     int  // of each
	apart    bool // versions and heads in requests of their own
}

func (s shape) String() string {
	how := "mixed"
	if s.apart {
		how = "apart"
	}
	return fmt.Sprintf("%d x %d docs %s", s.requests, s.docs, how)
}

// measured is what one run gave.
type measured struct {
	rate     float64       // articles/s from the first that is seen to the last
	cpu      time.Duration // of the client, for 100,000 articles
	rss      int64         // peak, bytes; 0: not known
	heap     int64         // peak of Go's heap in use, bytes; 0: not known
	docs     float64       // of a bulk request on average; 0: not known
	versions int           // documents in the versions index at the end
}

// ceilingBench is the harness: a loaded topic, and the same articles as bodies.
type ceilingBench struct {
	b        *testing.B
	ns       string
	names    corpus.Namespace
	brokers  []string
	url      string
	es       *elastic.Client
	articles []article.Article
	refresh  time.Duration
	kafka    *kafka.Client
}

// BenchmarkIndexCeiling holds the index service, as a process of its own that
// reads a loaded topic into fresh indices, against what Elasticsearch takes of
// the same documents from a client that built its bulk bodies beforehand. All
// are measured in turn, in several rounds; the table has medians. Run it with
// -benchtime=1x.
func BenchmarkIndexCeiling(b *testing.B) {
	c := newCeilingBench(b)
	rounds := benchNumber(b, benchRounds, 5)
	best := c.bestShape()
	service := buildService(c.b, "index")
	for range benchWarm { // Elasticsearch compiles what it does often
		c.ceiling(c.articles, best)
	}
	type run struct {
		name string
		do   func() measured
	}
	runs := []run{{"ceiling, " + best.String(), func() measured { return c.ceiling(c.articles, best) }}}
	for lanes := range strings.SplitSeq(cmp.Or(os.Getenv(benchLanes), "1,4,16"), ",") {
		runs = append(runs, run{"index, lanes " + lanes, func() measured {
			return c.program([]string{service}, "COPYTASTER_STAGE_LANES="+lanes,
				"COPYTASTER_BULK_CONCURRENCY="+strconv.Itoa(best.requests), "COPYTASTER_BULK_MAX_DOCS="+strconv.Itoa(best.docs))
		}})
	}
	if given := strings.Fields(os.Getenv(benchSink)); len(given) > 0 {
		runs = append(runs, run{filepath.Base(given[0]) + " as given", func() measured { return c.program(withConfig(given, os.Getenv(benchConfig))) }})
	}
	results := map[string][]measured{}
	for range rounds {
		for _, r := range runs {
			m := r.do()
			results[r.name] = append(results[r.name], m)
			say("%s: %.0f articles/s, %.1f CPU s per 100,000", r.name, m.rate, m.cpu.Seconds())
		}
	}
	size := 0
	for i := range c.articles {
		size += len(c.articles[i].Text)
	}
	var table strings.Builder
	fmt.Fprintf(&table, "%d articles of %d bytes of text, %d rounds, %d processors, refresh every %v\n", len(c.articles), size/len(c.articles), rounds, runtime.NumCPU(), c.refresh)
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "sink\tarticles/s\tof the ceiling\t(least - most)\tCPU s per 100,000\tpeak RSS MB\tpeak heap MB\tdocs a request\tversions")
	ceilings := results[runs[0].name]
	for _, r := range runs {
		ms := results[r.name]
		ratio := func(i int) float64 { return ms[i].rate / ceilings[i].rate }
		ratios := make([]float64, len(ms))
		for i := range ms {
			ratios[i] = ratio(i)
		}
		fmt.Fprintf(w, "%s\t%.0f\t%.2f\t(%.2f - %.2f)\t%.1f\t%s\t%s\t%.0f\t%d\n", r.name,
			median(ms, func(m measured) float64 { return m.rate }), medianOf(ratios), slices.Min(ratios), slices.Max(ratios),
			median(ms, func(m measured) float64 { return m.cpu.Seconds() }),
			megabytes(median(ms, func(m measured) float64 { return float64(m.rss) })), megabytes(median(ms, func(m measured) float64 { return float64(m.heap) })),
			median(ms, func(m measured) float64 { return m.docs }), ms[0].versions)
	}
	_ = w.Flush()
	b.Log("\n" + table.String())
	b.ReportMetric(0, "ns/op")
}

// say shows at once how it goes; the benchmark's own log comes at its end.
func say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
}

func median(ms []measured, of func(measured) float64) float64 {
	vs := make([]float64, len(ms))
	for i, m := range ms {
		vs[i] = of(m)
	}
	return medianOf(vs)
}

func medianOf(vs []float64) float64 {
	vs = slices.Sorted(slices.Values(vs))
	return (vs[(len(vs)-1)/2] + vs[len(vs)/2]) / 2
}

func megabytes(n float64) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f", n/(1<<20))
}

// withConfig puts the file in its place.
func withConfig(command []string, file string) []string {
	if file == "" {
		return command
	}
	with := make([]string, len(command), len(command)+1)
	placed := false
	for i, arg := range command {
		placed = placed || strings.Contains(arg, "{config}")
		with[i] = strings.ReplaceAll(arg, "{config}", file)
	}
	if !placed {
		with = append(with, file)
	}
	return with
}

func newCeilingBench(b *testing.B) *ceilingBench {
	b.Helper()
	c := &ceilingBench{b: b, ns: localtest.Namespace(b), brokers: localtest.Kafka(b), url: localtest.Elasticsearch(b), refresh: corpus.DefaultRefreshInterval}
	c.names = corpus.Namespace(c.ns)
	var err error
	if s := os.Getenv(benchRefresh); s != "" {
		if c.refresh, err = time.ParseDuration(s); err != nil {
			b.Fatal(err)
		}
	}
	if c.es, err = (elastic.Config{URL: []string{c.url}}).Connect(16); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(c.es.Close)
	transport := &kafka.Transport{}
	b.Cleanup(transport.CloseIdleConnections)
	c.kafka = &kafka.Client{Addr: kafka.TCP(c.brokers...), Transport: transport}
	c.read(benchNumber(b, benchArticles, 20000))
	c.load()
	return c
}

// benchNumber is the number that the environment gives under a name.
func benchNumber(b *testing.B, name string, otherwise int) int {
	b.Helper()
	s := os.Getenv(name)
	if s == "" {
		return otherwise
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		b.Fatalf("%s is %q, not a number from 1 on", name, s)
	}
	return n
}

// benchTexts gives at most n texts of the corpus, or of made-up ones.
func benchTexts(b *testing.B, n int) []string {
	b.Helper()
	path := os.Getenv(benchCorpus)
	if path == "" {
		text := wire(b)
		made := make([]string, min(n, 1000))
		for i := range made {
			made[i] = text(i)
		}
		return made
	}
	f, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		b.Fatal(err)
	}
	var texts []string
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() && len(texts) < n {
		var report struct{ Title, Dateline, Body string }
		if err := json.Unmarshal(lines.Bytes(), &report); err != nil {
			b.Fatal(err)
		}
		if report.Body == "" {
			continue
		}
		texts = append(texts, report.Title+"\n\n"+strings.TrimSpace(report.Dateline+" "+report.Body))
	}
	if err := lines.Err(); err != nil || len(texts) == 0 {
		b.Fatalf("%s: %d texts, %v", path, len(texts), err)
	}
	return texts
}

// read makes n enriched articles.
func (c *ceilingBench) read(n int) {
	c.b.Helper()
	chain, err := enrich.NewChain(nil)
	if err != nil {
		c.b.Fatal(err)
	}
	texts := benchTexts(c.b, n)
	known := make([]article.Article, len(texts))
	var group errgroup.Group
	group.SetLimit(runtime.NumCPU())
	for i, text := range texts {
		group.Go(func() error {
			as, err := ingest.Decode(c.b.Context(), []byte(text), ingest.Hint{Source: "bench", ReceivedAt: time.Now()}, "text")
			if err == nil {
				err = chain.Enrich(c.b.Context(), &as[0])
			}
			if err != nil {
				return fmt.Errorf("text %d: %w", i, err)
			}
			known[i] = as[0]
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		c.b.Fatal(err)
	}
	c.articles = make([]article.Article, n)
	for i := range c.articles {
		a := known[i%len(known)]
		a.URI = article.URI(fmt.Sprintf("urn:bench:%d", i))
		a.Original.Bytes = nil
		if err := a.Stamp(); err != nil {
			c.b.Fatal(err)
		}
		c.articles[i] = a
	}
}

func (c *ceilingBench) load() {
	c.b.Helper()
	conn, err := bus.Connect(bus.Config{KafkaBrokers: c.brokers, Namespace: c.ns}, zerolog.Nop())
	if err != nil {
		c.b.Fatal(err)
	}
	defer conn.Close()
	if err := conn.EnsureTopics(c.b.Context(), topic.Enriched, topic.Enriched+topic.DeadSuffix); err != nil {
		c.b.Fatal(err)
	}
	sink := conn.Sink(topic.Enriched, event.Enriched)
	var group errgroup.Group
	group.SetLimit(4)
	for part := range slices.Chunk(c.articles, 500) {
		group.Go(func() error { return sink.Write(c.b.Context(), part) })
	}
	if err := errors.Join(group.Wait(), sink.Close()); err != nil {
		c.b.Fatal(err)
	}
}

// buildService builds a service as a program of its own, and gives its path.
func buildService(b *testing.B, name string) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), name)
	build := exec.CommandContext(b.Context(), "go", "build", "-o", path, "github.com/copytaster/copytaster/services/"+name+"/cmd/"+name)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	return path
}

// fresh makes empty indices, and a group that has read nothing.
func (c *ceilingBench) fresh() {
	c.b.Helper()
	for _, alias := range []string{c.names.Articles(), c.names.Versions()} {
		gone := true
		if err := elastic.Ask(c.b.Context(), c.es, "delete an index", esapi.IndicesDeleteRequest{Index: []string{alias + "-" + strconv.Itoa(corpus.Schema)}, IgnoreUnavailable: &gone}, nil); err != nil {
			c.b.Fatal(err)
		}
	}
	if err := corpus.Ensure(c.b.Context(), c.es, c.names, corpus.Settings{RefreshInterval: c.refresh}); err != nil {
		c.b.Fatal(err)
	}
	// A group with members can't be deleted, and one that never was is no error.
	group := topic.Namespace(c.ns).Name(topic.GroupIndex)
	c.await("the group is gone", func() (bool, error) {
		r, err := c.kafka.DeleteGroups(c.b.Context(), &kafka.DeleteGroupsRequest{GroupIDs: []string{group}})
		if err != nil {
			return false, err
		}
		err = r.Errors[group]
		return err == nil || errors.Is(err, kafka.GroupIdNotFound), nil
	})
}

func (c *ceilingBench) await(what string, ok func() (bool, error)) {
	c.b.Helper()
	ctx, cancel := context.WithTimeout(c.b.Context(), benchWait)
	defer cancel()
	tick := time.NewTicker(benchLook)
	defer tick.Stop()
	for {
		done, err := ok()
		if err != nil {
			c.b.Fatalf("%s: %v", what, err)
		}
		if done {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			c.b.Fatalf("%s: not within %v", what, benchWait)
		}
	}
}

// written is how many documents were written to the articles index, searchable
// or not.
func (c *ceilingBench) written() (int, error) {
	var stats struct {
		All struct {
			Primaries struct {
				Indexing struct {
					Total int `json:"index_total"`
				} `json:"indexing"`
			} `json:"primaries"`
		} `json:"_all"`
	}
	err := elastic.Ask(c.b.Context(), c.es, "count", esapi.IndicesStatsRequest{Index: []string{c.names.Articles()}, Metric: []string{"indexing"}}, &stats)
	return stats.All.Primaries.Indexing.Total, err
}

// count is how many documents an index holds.
func (c *ceilingBench) count(alias string) int {
	c.b.Helper()
	if err := elastic.Ask(c.b.Context(), c.es, "refresh", esapi.IndicesRefreshRequest{Index: []string{alias}}, nil); err != nil {
		c.b.Fatal(err)
	}
	var n struct {
		Count int `json:"count"`
	}
	if err := elastic.Ask(c.b.Context(), c.es, "count", esapi.CountRequest{Index: []string{alias}}, &n); err != nil {
		c.b.Fatal(err)
	}
	return n.Count
}

// clock measures from when the first articles are seen in the index until the
// last: joining a group and starting a program are not what is measured.
func (c *ceilingBench) clock(n int, cpu func() time.Duration) measured {
	c.b.Helper()
	var m measured
	var began time.Time
	var seen int
	var used time.Duration
	c.await("the index holds everything", func() (bool, error) {
		now := time.Now()
		done, err := c.written()
		if err != nil {
			return false, err
		}
		if done > 0 && seen == 0 {
			began, seen, used = now, done, cpu()
		}
		if done < n {
			return false, nil
		}
		if done > seen {
			m.rate = float64(done-seen) / now.Sub(began).Seconds()
			m.cpu = (cpu() - used) * 100000 / time.Duration(done-seen)
		}
		return true, nil
	})
	if got := c.count(c.names.Articles()); got != n {
		c.b.Fatalf("%d articles in the index, want %d", got, n)
	}
	m.versions = c.count(c.names.Versions())
	return m
}

// bodies are the bulk requests of articles.
func (c *ceilingBench) bodies(as []article.Article, s shape) [][]byte {
	c.b.Helper()
	var heads, versions bytes.Buffer
	var bodies [][]byte
	n := 0
	flush := func() {
		for _, b := range []*bytes.Buffer{&versions, &heads} {
			if b.Len() > 0 {
				bodies = append(bodies, bytes.Clone(b.Bytes()))
				b.Reset()
			}
		}
		n = 0
	}
	line := func(b *bytes.Buffer, index, id, routing string, version int64, doc []byte) {
		action := map[string]any{"_index": index, "_id": id, "version": version, "version_type": "external"}
		if routing != "" {
			action["routing"] = routing
		}
		head, err := json.Marshal(map[string]any{"index": action})
		if err != nil {
			c.b.Fatal(err)
		}
		b.Write(append(head, '\n'))
		b.Write(append(doc, '\n'))
	}
	each := s.docs
	if !s.apart {
		each = s.docs / 2 // articles of a request
	}
	for i := range as {
		a := &as[i]
		docs, head, err := corpus.AppendDocuments(nil, a, a.ReceivedAt)
		if err != nil {
			c.b.Fatal(err)
		}
		to := &heads
		if !s.apart {
			to = &versions
		}
		line(&versions, c.names.Versions(), corpus.VersionID(a.URI, a.Revision), corpus.Routing(a.URI), int64(a.Revision), bytes.Clone(docs[head:]))
		line(to, c.names.Articles(), corpus.ID(a.URI), "", corpus.HeadVersion(a), docs[:head:head])
		if n++; n == each {
			flush()
		}
	}
	flush()
	return bodies
}

// ceiling sends the same documents as bodies that were built before.
func (c *ceilingBench) ceiling(as []article.Article, s shape) measured {
	c.b.Helper()
	c.fresh()
	bodies := c.bodies(as, s)
	runtime.GC()
	todo := make(chan []byte, len(bodies))
	for _, b := range bodies {
		todo <- b
	}
	close(todo)
	var group errgroup.Group
	for range s.requests {
		group.Go(func() error {
			for body := range todo {
				if err := c.post(body); err != nil {
					return err
				}
			}
			return nil
		})
	}
	m := c.clock(len(as), func() time.Duration { return cpu(c.b) })
	if err := group.Wait(); err != nil {
		c.b.Fatal(err)
	}
	return m
}

func (c *ceilingBench) post(body []byte) error {
	alias := true
	res, err := esapi.BulkRequest{
		Body: bytes.NewReader(body), RequireAlias: &alias,
		FilterPath: []string{"items.*.status", "items.*.error.type", "items.*.error.reason", "items.*.error.caused_by.type", "items.*.error.caused_by.reason"},
	}.Do(c.b.Context(), c.es)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	reply, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.IsError() || bytes.Contains(reply, []byte(`"error"`)) {
		return fmt.Errorf("%d: %.500s", res.StatusCode, reply)
	}
	return nil
}

// bestShape is the shape asked for, or the one in which the ceiling is highest.
func (c *ceilingBench) bestShape() shape {
	c.b.Helper()
	if asked := cmp.Or(os.Getenv(benchShape), "4x1000"); asked != "best" {
		var s shape
		if n, err := fmt.Sscanf(asked, "%dx%d", &s.requests, &s.docs); n != 2 || err != nil || s.requests < 1 || s.docs < 2 {
			c.b.Fatalf("%s is %q, not such as 4x1000", benchShape, asked)
		}
		return s
	}
	as := c.articles[:min(len(c.articles), benchShapeArticles)]
	shapes := []shape{{2, 1000, false}, {4, 500, false}, {4, 1000, false}, {4, 1000, true}, {8, 500, false}, {8, 500, true}}
	c.ceiling(as, shapes[0]) // connections, JIT
	rates := map[shape][]float64{}
	for range 3 {
		for _, s := range shapes {
			rates[s] = append(rates[s], c.ceiling(as, s).rate)
		}
	}
	best := shapes[0]
	for _, s := range shapes {
		say("ceiling with %v: %.0f articles/s", s, medianOf(rates[s]))
		if medianOf(rates[s]) > medianOf(rates[best]) {
			best = s
		}
	}
	return best
}

// program starts a sink as a process and measures it.
func (c *ceilingBench) program(command []string, env ...string) measured {
	c.b.Helper()
	c.fresh()
	listen := freeAddr(c.b)
	var log bytes.Buffer
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdout, cmd.Stderr = &log, &log
	cmd.Env = append(os.Environ(),
		"COPYTASTER_KAFKA_BROKERS="+strings.Join(c.brokers, ","),
		"COPYTASTER_KAFKA_TOPIC="+topic.Namespace(c.ns).Name(topic.Enriched),
		"COPYTASTER_KAFKA_GROUP="+topic.Namespace(c.ns).Name(topic.GroupIndex),
		"COPYTASTER_ELASTICSEARCH_URL="+c.url,
		"COPYTASTER_ARTICLES_INDEX="+c.names.Articles(), "COPYTASTER_VERSIONS_INDEX="+c.names.Versions(),
		"COPYTASTER_NAMESPACE="+c.ns, "COPYTASTER_LISTEN="+listen, "COPYTASTER_LOG_LEVEL=warn",
	)
	cmd.Env = append(cmd.Env, env...)
	if os.Getenv(benchProfile) != "" {
		cmd.Env = append(cmd.Env, "COPYTASTER_PPROF=true")
	}
	if err := cmd.Start(); err != nil {
		c.b.Fatal(err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	stop := sync.OnceFunc(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case err := <-exited:
			if err != nil {
				c.b.Errorf("%s: %v\n%s", command[0], err, log.String())
			}
		case <-time.After(waitLimit):
			_ = cmd.Process.Kill()
			<-exited
			c.b.Errorf("%s did not end within %v of SIGTERM", command[0], waitLimit)
		}
	})
	defer stop()
	var heap int64
	var docs float64
	watch, end := context.WithCancel(c.b.Context())
	var watching sync.WaitGroup
	watching.Go(func() { heap, docs = watchMetrics(watch, listen) })
	if file := os.Getenv(benchProfile); file != "" {
		watching.Go(func() {
			if err := profile(c.b.Context(), listen, file); err != nil {
				say("no profile: %v", err)
			}
		})
	}
	m := c.clock(len(c.articles), func() time.Duration {
		select {
		case err := <-exited:
			c.b.Fatalf("%s ended: %v\n%s", command[0], err, log.String())
		default:
		}
		return processCPU(c.b, cmd.Process.Pid)
	})
	m.rss = peakRSS(c.b, cmd.Process.Pid)
	end()
	watching.Wait()
	m.heap, m.docs = heap, docs
	stop()
	return m
}

func freeAddr(b *testing.B) string {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// processCPU is the processor time of a process so far, in steps of 10 ms.
func processCPU(b *testing.B, pid int) time.Duration {
	b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	// The name may have spaces and ends with a bracket; utime and stime are
	// fields 14 and 15.
	_, rest, ok := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	if !ok || len(fields) < 13 {
		b.Fatalf("/proc/%d/stat: %s", pid, stat)
	}
	var ticks int64
	for _, f := range fields[11:13] {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * time.Second / 100
}

// peakRSS is the most memory that a process had, in bytes.
func peakRSS(b *testing.B, pid int) int64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(status), "VmHWM:")
	fields := strings.Fields(rest)
	if !ok || len(fields) == 0 {
		b.Fatalf("/proc/%d/status: %s", pid, status)
	}
	kb, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil {
		b.Fatal(err)
	}
	return kb << 10
}

// watchMetrics asks a program that serves our metrics, or Go's, for the peak of
// its heap and the documents of its bulk requests until ctx is done; 0 if it
// doesn't tell.
func watchMetrics(ctx context.Context, addr string) (peak int64, docs float64) {
	client := &http.Client{Transport: &http.Transport{}, Timeout: time.Second}
	defer client.CloseIdleConnections()
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return peak, docs
		case <-tick.C:
		}
		if values, err := gauges(ctx, client, addr); err == nil {
			peak = max(peak, int64(values["go_memstats_heap_inuse_bytes"]))
			if n := values[`copytaster_index_bulk_documents_count{lane="live",service="index"}`]; n > 0 {
				docs = values[`copytaster_index_bulk_documents_sum{lane="live",service="index"}`] / n
			}
		}
	}
}

// profile writes a CPU profile of ten seconds to file, as soon as the program
// gives one.
func profile(ctx context.Context, addr, file string) error {
	ctx, cancel := context.WithTimeout(ctx, waitLimit)
	defer cancel()
	tick := time.NewTicker(benchLook)
	defer tick.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/debug/pprof/profile?seconds=10", nil)
		if err != nil {
			return err
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			b, err := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if err != nil || resp.StatusCode != http.StatusOK {
				return fmt.Errorf("%s: %w", resp.Status, err)
			}
			return os.WriteFile(file, b, 0o644)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// gauges are the metrics without labels that a program serves.
func gauges(ctx context.Context, client *http.Client, addr string) (map[string]float64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	values := map[string]float64{}
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		name, value, ok := strings.Cut(lines.Text(), " ")
		if v, err := strconv.ParseFloat(value, 64); ok && err == nil {
			values[name] = v
		}
	}
	return values, lines.Err()
}
