package copytaster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/localtest"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/enrich"
	"github.com/copytaster/copytaster/services/ingest"
)

// wire gives the golden report with a first line of its own, so that each is
// another article of the size of a real one.
func wire(tb testing.TB) func(n int) string {
	tb.Helper()
	b, err := os.ReadFile(goldenText)
	if err != nil {
		tb.Fatal(err)
	}
	_, rest, ok := bytes.Cut(b, []byte("\n\n"))
	if !ok {
		tb.Fatal("the golden report has no paragraphs")
	}
	return func(n int) string {
		return fmt.Sprintf("Report %d of %d: talks go on\n\n%s", n, time.Now().UnixNano(), rest)
	}
}

// perSecond is the rate of BenchmarkPushToSearchable.
const perSecond = 20

// BenchmarkPushToSearchable pushes articles at a steady rate and measures how
// long each takes from the request's start until Elasticsearch finds it
// through the alias that the search service asks. Run it with -benchtime=1000x.
func BenchmarkPushToSearchable(b *testing.B) {
	s := startSystem(b)
	text := wire(b)
	for range 20 { // connections, JIT
		s.awaitArticle(s.mustPush(text(-1), "source=warm"), nil)
	}
	b.ResetTimer()
	took := s.live(b, func(sent int) bool { return sent < b.N })
	b.StopTimer()
	for name, q := range map[string]float64{"p50-ms": .5, "p99-ms": .99, "max-ms": 1} {
		b.ReportMetric(milliseconds(took, q), name)
	}
	b.ReportMetric(0, "ns/op")
}

// live pushes articles at perSecond while more wants them, and gives how long
// each took until it was found, sorted.
func (s *system) live(b *testing.B, more func(sent int) bool) []time.Duration {
	b.Helper()
	text := wire(b)
	var mu sync.Mutex
	pending := map[article.URI]time.Time{}
	var took []time.Duration
	sent, ended := 0, false // by mu
	var last time.Time      // when the last was found
	var group errgroup.Group
	group.Go(func() error {
		tick := time.NewTicker(time.Second / perSecond)
		defer tick.Stop()
		for i := 0; more(i); i++ {
			mu.Lock()
			sent++
			mu.Unlock()
			group.Go(func() error {
				began := time.Now()
				a, err := s.push(strings.NewReader(text(i)), "source=bench")
				if err != nil || len(a.Articles) != 1 {
					return fmt.Errorf("push: %d %s %w", a.status, a.body, err)
				}
				mu.Lock()
				defer mu.Unlock()
				pending[a.Articles[0].URI] = began
				return nil
			})
			<-tick.C
		}
		mu.Lock()
		defer mu.Unlock()
		ended = true
		return nil
	})
	last = time.Now()
	for {
		mu.Lock()
		uris := make([]article.URI, 0, len(pending))
		for u := range pending {
			uris = append(uris, u)
		}
		done := ended && len(took) == sent
		mu.Unlock()
		if done {
			break
		}
		found, err := s.visible(b.Context(), uris)
		if err != nil {
			b.Fatal(err)
		}
		now := time.Now()
		mu.Lock()
		for _, u := range found {
			took = append(took, now.Sub(pending[u]))
			delete(pending, u)
			last = now
		}
		mu.Unlock()
		if now.Sub(last) > waitLimit {
			b.Fatalf("%d of %d found, and no other for %v", len(took), sent, waitLimit)
		}
		<-time.After(10 * time.Millisecond) // how exactly the moment is known
	}
	if err := group.Wait(); err != nil {
		b.Fatal(err)
	}
	slices.Sort(took)
	return took
}

// milliseconds is a quantile of what is sorted.
func milliseconds(took []time.Duration, q float64) float64 {
	return float64(took[min(int(q*float64(len(took))), len(took)-1)].Microseconds()) / 1000
}

// visible tells which of the URIs a search finds now.
func (s *system) visible(ctx context.Context, uris []article.URI) ([]article.URI, error) {
	if len(uris) == 0 {
		return nil, nil
	}
	q, err := json.Marshal(map[string]any{
		"size": len(uris), "_source": []string{"uri"}, "query": map[string]any{"bool": map[string]any{"filter": map[string]any{"terms": map[string]any{"uri": uris}}}},
	})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.elasticsearch+"/"+s.namespace+"articles/_search", bytes.NewReader(q))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var r struct {
		Hits struct {
			Hits []struct {
				Source struct {
					URI article.URI `json:"uri"`
				} `json:"_source"`
			} `json:"hits"`
		} `json:"hits"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&r); err != nil {
		return nil, err
	}
	var found []article.URI
	for _, h := range r.Hits.Hits {
		found = append(found, h.Source.URI)
	}
	return found, nil
}

// cpu is the processor time of this process so far: the services, not Kafka
// or Elasticsearch.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// rate reports what a stage did with b.N articles.
func rate(b *testing.B, work func()) {
	b.Helper()
	before := cpu(b)
	b.ResetTimer()
	work()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "articles/s")
	b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(b.N), "cpu-µs/article")
	b.ReportMetric(0, "ns/op")
}

// pushers is how many push at once.
const pushers = 32

// BenchmarkIngestStage pushes over HTTP; the client's work is part of it.
func BenchmarkIngestStage(b *testing.B) {
	s := startSystem(b, "ingest")
	text := wire(b)
	rate(b, func() {
		var next atomic.Int64
		var group errgroup.Group
		for range pushers {
			group.Go(func() error {
				for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
					a, err := s.push(strings.NewReader(text(int(i))), "source=bench")
					if err != nil || a.status != http.StatusAccepted {
						return fmt.Errorf("push: %d %s %w", a.status, a.body, err)
					}
				}
				return nil
			})
		}
		if err := group.Wait(); err != nil {
			b.Fatal(err)
		}
	})
}

// load writes n articles to a topic, enriched or not.
func (s *system) load(b *testing.B, n int, name string, typ event.Type) {
	b.Helper()
	texts := benchTexts(b, n)
	// Each is another article, also where the texts come again.
	text := func(i int) string { return fmt.Sprintf("Report %d of %d: %s", i, n, texts[i%len(texts)]) }
	chain, err := enrich.NewChain(nil)
	if err != nil {
		b.Fatal(err)
	}
	conn, err := bus.Connect(bus.Config{KafkaBrokers: s.brokers, Namespace: s.namespace}, zerolog.Nop())
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	if err := conn.EnsureTopics(b.Context(), name); err != nil {
		b.Fatal(err)
	}
	sink := conn.Sink(name, typ)
	const batch = 500
	for done := 0; done < n; done += batch {
		var as []article.Article
		for i := done; i < min(done+batch, n); i++ {
			decoded, err := ingest.Decode(b.Context(), []byte(text(i)), ingest.Hint{Source: "bench", ReceivedAt: time.Now()}, "")
			if err != nil {
				b.Fatal(err)
			}
			if typ == event.Enriched {
				err = chain.Enrich(b.Context(), &decoded[0])
			}
			if err != nil {
				b.Fatal(err)
			}
			as = append(as, decoded...)
		}
		if err := sink.Write(b.Context(), as); err != nil {
			b.Fatal(err)
		}
	}
	if err := errors.Join(sink.Close()); err != nil {
		b.Fatal(err)
	}
}

func benchmarkFromTopic(b *testing.B, service, name string, typ event.Type) {
	s := &system{
		t: b, namespace: localtest.Namespace(b), brokers: localtest.Kafka(b), elasticsearch: localtest.Elasticsearch(b), client: &http.Client{Timeout: 30 * time.Second},
	}
	s.load(b, b.N, name, typ)
	rate(b, func() {
		s.start(service)
		s.await("all are through", func() error {
			if n := s.counts()[service+" ok"]; n < b.N {
				return fmt.Errorf("%d of %d", n, b.N)
			}
			return nil
		})
	})
}

// BenchmarkEnrichStage reads a loaded topic; joining the group is part of it.
func BenchmarkEnrichStage(b *testing.B) {
	benchmarkFromTopic(b, "enrich", topic.Received, event.Received)
}

// BenchmarkIndexStage reads a loaded topic into fresh indices; joining the
// group is part of it.
func BenchmarkIndexStage(b *testing.B) {
	benchmarkFromTopic(b, "index", topic.Enriched, event.Enriched)
}
