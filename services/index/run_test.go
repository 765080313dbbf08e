package index_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/segmentio/kafka-go"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/localtest"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/index"
	"github.com/copytaster/copytaster/services/index/bulk"
	"github.com/copytaster/copytaster/services/index/indextest"
)

// patience bounds the wait for what must happen.
const patience = 5 * time.Minute

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s: not within %v", what, patience)
		}
	}
}

// TestRun takes articles from the real Kafka to the real Elasticsearch: in
// order, out of order, one that the index refuses, one that is no article.
func TestRun(t *testing.T) {
	ns := localtest.Namespace(t)
	brokers := localtest.Kafka(t)
	addr, stop := indextest.Serve(t, "--kafka-brokers="+strings.Join(brokers, ","), "--namespace="+ns, "--elasticsearch-url="+localtest.Elasticsearch(t))
	defer stop()
	ready := func() bool { return boot.Healthcheck(t.Context(), addr) == nil }
	eventually(t, "the service is ready", ready)

	b, err := bus.Connect(bus.Config{KafkaBrokers: brokers, Namespace: ns}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	eventually(t, "the topic is there for who writes, too", func() bool { return b.EnsureTopics(t.Context(), topic.Enriched) == nil })
	sink := b.Sink(topic.Enriched, event.Enriched)
	defer func() { _ = sink.Close() }()
	bad := revision("urn:x:bad", 1)
	bad.Urgency = 300
	for _, as := range [][]article.Article{
		{revision("urn:x:1", 2), bad},
		{revision("urn:x:1", 3), revision("urn:x:2", 1)},
		{revision("urn:x:1", 1)},
		{revision("urn:x:3", 1)},
		{kill("urn:x:3", 2)},
	} {
		if err := sink.Write(t.Context(), as); err != nil {
			t.Fatal(err)
		}
	}
	transport := &kafka.Transport{}
	defer transport.CloseIdleConnections()
	raw := &kafka.Writer{Transport: transport, Addr: kafka.TCP(brokers...), RequiredAcks: kafka.RequireAll, BatchTimeout: time.Millisecond}
	if err := raw.WriteMessages(t.Context(), kafka.Message{Topic: ns + topic.Enriched, Key: []byte("k"), Value: []byte("no article")}); err != nil {
		t.Fatal(err)
	}
	if err := raw.Close(); err != nil {
		t.Fatal(err)
	}

	es, err := elasticsearch.NewClient(elasticsearch.Config{Addresses: []string{localtest.Elasticsearch(t)}, DisableRetry: true})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{TB: t, es: es, ns: corpus.Namespace(ns)}
	eventually(t, "everything is indexed", func() bool {
		return len(w.versions("urn:x:1")) == 3 && w.head("urn:x:2") != "" &&
			// A kill's notice stands before the older versions are purged.
			!strings.Contains(fmt.Sprint(w.versions("urn:x:3")), "Secret") && strings.HasPrefix(w.head("urn:x:3"), "canceled")
	})
	w.want("urn:x:1", fmt.Sprintf("usable Secret 3 @%d", of(3)),
		fmt.Sprintf("usable Secret 1 @%d", of(1)), fmt.Sprintf("usable Secret 2 @%d", of(2)), fmt.Sprintf("usable Secret 3 @%d", of(3)))
	w.want("urn:x:3", fmt.Sprintf("canceled  @%d", of(2)), fmt.Sprintf("canceled  @%d", of(1)), fmt.Sprintf("canceled  @%d", of(2)))
	// What could not be indexed is a dead letter with the reason.
	reader := kafka.NewReader(kafka.ReaderConfig{Brokers: brokers, Topic: ns + topic.Enriched + topic.DeadSuffix, MaxWait: 100 * time.Millisecond})
	defer func() { _ = reader.Close() }()
	reasons := map[string]string{}
	for range 2 {
		readCtx, cancel := context.WithTimeout(t.Context(), patience)
		m, err := reader.ReadMessage(readCtx)
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range m.Headers {
			if h.Key == "ct_error" {
				reasons[string(m.Key)] = string(h.Value)
			}
		}
	}
	if !strings.Contains(reasons["urn:x:bad"], "urgency") || reasons["k"] == "" {
		t.Errorf("dead letters: %v", reasons)
	}
}

// list is a source of articles that ends.
type list struct {
	mu    sync.Mutex
	as    []article.Article
	acked atomic.Int32
	dead  atomic.Int32
}

func (l *list) Next(context.Context) ([]stage.Message, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.as) == 0 {
		return nil, io.EOF
	}
	a := l.as[0]
	l.as = l.as[1:]
	m, err := event.Encode(&a, event.Enriched)
	if err != nil {
		return nil, err
	}
	m.Ack = func(v stage.Verdict) {
		l.acked.Add(1)
		if v.Err != nil {
			l.dead.Add(1)
		}
	}
	return []stage.Message{m}, nil
}
func (l *list) Close() error                                  { return nil }
func (l *list) Write(context.Context, stage.DeadLetter) error { return nil }

// TestElasticsearchComesAndGoes: replies get lost, refused and cut between the
// stage and the real Elasticsearch, and still every article gets in, once and
// in order, and none becomes a dead letter.
func TestElasticsearchComesAndGoes(t *testing.T) {
	w := newWorld(t)
	target, err := url.Parse(localtest.Elasticsearch(t))
	if err != nil {
		t.Fatal(err)
	}
	var n atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		out := r.Clone(r.Context())
		out.RequestURI, out.URL.Scheme, out.URL.Host = "", target.Scheme, target.Host
		k := n.Add(1) % 7
		if k == 1 {
			rw.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		if k == 2 {
			rw.WriteHeader(http.StatusTooManyRequests)
			return
		}
		res, err := http.DefaultTransport.RoundTrip(out)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		defer res.Body.Close()
		if k == 3 {
			panic(http.ErrAbortHandler) // It was done, and nobody hears of it.
		}
		body, err := io.ReadAll(res.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		maps.Copy(rw.Header(), res.Header)
		rw.WriteHeader(res.StatusCode)
		if k == 4 {
			body = body[:len(body)/2]
		}
		_, _ = rw.Write(body)
	}))
	t.Cleanup(proxy.Close)
	es, err := elasticsearch.NewClient(elasticsearch.Config{Addresses: []string{proxy.URL}, DisableRetry: true})
	if err != nil {
		t.Fatal(err)
	}
	l := &list{}
	const articles, revisions = 30, 4
	for r := revisions; r >= 1; r-- {
		for i := range articles {
			l.as = append(l.as, revision(article.URI(fmt.Sprintf("urn:x:%d", i)), r))
		}
	}
	err = stage.Stage{
		Name: "index", Source: l, Sink: index.NewSink(es, w.ns, bulk.Config{}, prometheus.NewRegistry()), Dead: l,
		Handler: func(_ context.Context, m stage.Message) ([]article.Article, error) {
			a, err := event.Decode(m)
			return []article.Article{a}, err
		},
		Config: stage.Config{RetryMin: time.Millisecond, RetryMax: 20 * time.Millisecond}, Log: zerolog.Nop(),
	}.Run(t.Context())
	if err != nil || l.acked.Load() != articles*revisions || l.dead.Load() != 0 {
		t.Fatalf("%v, %d acknowledged, %d dead", err, l.acked.Load(), l.dead.Load())
	}
	w.refresh()
	for i := range articles {
		uri := article.URI(fmt.Sprintf("urn:x:%d", i))
		if got := w.head(uri); got != fmt.Sprintf("usable Secret %d @%d", revisions, of(revisions)) {
			t.Errorf("head of %s: %s", uri, got)
		}
		var want []string
		for r := 1; r <= revisions; r++ {
			want = append(want, fmt.Sprintf("usable Secret %d @%d", r, of(r)))
		}
		if d := cmp.Diff(want, w.searchable(uri)); d != "" {
			t.Errorf("%s: %s", uri, d)
		}
	}
}

func TestConfig(t *testing.T) {
	if _, err := boot.Load(index.Service); err != nil {
		t.Error(err)
	}
	for flag, want := range map[string]string{
		"--shards=0":                                   "shards is 0",
		"--refresh-interval=1ms":                       "refresh-interval is 1ms",
		"--namespace=-x":                               "namespace",
		"--elasticsearch-url=ftp://x":                  "elasticsearch-url",
		"--elasticsearch-url=127.0.0.1:9200":           "elasticsearch-url",
		"--bulk-max-docs=-1":                           "max-docs",
		"--elasticsearch-url=http://127.0.0.1:1,nouse": "nouse",
	} {
		if _, err := boot.Load(index.Service, flag); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", flag, err, want)
		}
	}
}
