package bus_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/localtest"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

func testLog(t testing.TB) zerolog.Logger {
	return zerolog.New(zerolog.NewTestWriter(t)).Level(zerolog.ErrorLevel)
}

func realBus(t testing.TB) *bus.Bus {
	t.Helper()
	b, _ := realBusAt(t)
	return b
}

func realBusAt(t testing.TB) (b *bus.Bus, brokers []string) {
	t.Helper()
	ns := localtest.Namespace(t)
	brokers = localtest.Kafka(t)
	b, err := bus.Connect(bus.Config{KafkaBrokers: brokers, Namespace: ns}, testLog(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b, brokers
}

func testContext(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func newArticle(key string, n int) article.Article {
	text := fmt.Sprintf("Report %d", n)
	return article.Article{
		URI: article.URI("urn:test:" + key), Version: fmt.Sprint(n), Revision: article.Revision(n + 1), Status: article.Usable, Source: "test",
		Text: text, Segments: []article.Segment{{Kind: article.Paragraph, Evidence: article.Evidence{Span: article.Span{End: len(text)}, Confidence: 1}}},
		ReceivedAt: time.Unix(1_700_000_000, 0).UTC(),
	}
}

// collector is a sink that remembers, and fails as told.
type collector struct {
	mu   sync.Mutex
	got  map[article.URI][]article.Revision
	n    int
	fail func(a article.Article) error
	done chan struct{}
	want int
}

func collect(want int) *collector {
	return &collector{got: map[article.URI][]article.Revision{}, done: make(chan struct{}), want: want}
}

func (c *collector) Write(_ context.Context, as []article.Article) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	errs := map[int]error{}
	for i, a := range as {
		if c.fail != nil {
			if err := c.fail(a); err != nil {
				errs[i] = err
				continue
			}
		}
		c.got[a.URI] = append(c.got[a.URI], a.Revision)
		if c.n++; c.n == c.want {
			close(c.done)
		}
	}
	if len(errs) > 0 {
		return &stage.PartialError{Errs: errs, Total: len(as)}
	}
	return nil
}

func (c *collector) Close() error { return nil }

func decode(_ context.Context, m stage.Message) ([]article.Article, error) {
	a, err := event.Decode(m)
	return []article.Article{a}, err
}

func source(t testing.TB, b *bus.Bus, group string, names ...string) *bus.Source {
	t.Helper()
	s, err := b.Source(bus.SourceConfig{Group: group, Topics: names, Commit: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func await(t testing.TB, ctx context.Context, done <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-done:
	case <-ctx.Done():
		t.Fatal("waited in vain for " + what)
	}
}

// eventually asks until ok.
func eventually(t testing.TB, ctx context.Context, what string, ok func() error) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ok()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s: %v", what, err)
		}
	}
}

// ensure sets up topics, however long a busy Kafka takes for it.
func ensure(t testing.TB, ctx context.Context, b *bus.Bus, names ...string) {
	t.Helper()
	eventually(t, ctx, "the topics are set up", func() error { return b.EnsureTopics(ctx, names...) })
}

func TestThroughRealKafka(t *testing.T) {
	b := realBus(t)
	ctx := testContext(t)
	eventually(t, ctx, "Kafka answers", func() error { return b.Ping(ctx) })
	ensure(t, ctx, b, topic.Received, topic.Received+topic.DeadSuffix)
	if err := b.EnsureTopics(ctx, topic.Received); err != nil {
		t.Fatal("a second time:", err)
	}
	if ds, err := b.Differences(ctx, topic.Received, topic.Received+topic.DeadSuffix); err != nil || len(ds) != 0 {
		t.Fatal(ds, err)
	}

	const keys, revisions = 40, 25
	sink := b.Sink(topic.Received, event.Received)
	for r := range revisions {
		var as []article.Article
		for k := range keys {
			as = append(as, newArticle(fmt.Sprint(k), r))
		}
		if err := sink.Write(ctx, as); err != nil {
			t.Fatal(err)
		}
	}
	bad := newArticle("bad", 0)
	bad.Source = ""
	big := newArticle("big", 0)
	big.Original.Bytes = make([]byte, topic.MaxMessage)
	var partial *stage.PartialError
	if err := sink.Write(ctx, []article.Article{bad, newArticle("good", 1), big}); !errors.As(err, &partial) || len(partial.Errs) != 2 ||
		!stage.IsPermanent(partial.Errs[0]) || !strings.Contains(partial.Errs[2].Error(), "urn:test:big") {
		t.Fatal(err)
	}
	// As large as allowed, and not compressible.
	large := newArticle("large", 1)
	large.Original.Bytes = noise(topic.MaxMessage - 2000)
	if err := sink.Write(ctx, []article.Article{large}); err != nil {
		t.Fatal(err)
	}
	if err := sink.Close(); err != nil {
		t.Fatal(err)
	}

	c := collect(keys*revisions + 1) // one becomes a dead letter
	c.fail = func(a article.Article) error {
		if a.URI == "urn:test:good" {
			return stage.Permanent(errors.New("not wanted"))
		}
		return nil
	}
	src := source(t, b, "g", topic.Received)
	runCtx, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() {
		ended <- stage.Stage{Name: "test", Source: src, Handler: decode, Sink: c, Dead: b.DeadLetters(), Log: testLog(t)}.Run(runCtx)
	}()
	await(t, ctx, c.done, "all articles")
	eventually(t, ctx, "lag is 0", func() error {
		lag, err := b.Lag(ctx, "g", topic.Received)
		if err == nil && lag[topic.Received] != 0 {
			err = fmt.Errorf("lag is %v", lag)
		}
		return err
	})
	eventually(t, ctx, "ready", func() error { return src.Ready(ctx) })
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	for k := range keys {
		got := c.got[article.URI("urn:test:"+fmt.Sprint(k))]
		if len(got) != revisions {
			t.Fatalf("key %d: %d revisions", k, len(got))
		}
		for r, rev := range got {
			if int(rev) != r+1 {
				t.Fatalf("key %d is out of order: %v", k, got)
			}
		}
	}

	dead := source(t, b, "dead", topic.Received+topic.DeadSuffix)
	ms, err := dead.Next(ctx)
	if err != nil || len(ms) != 1 {
		t.Fatal(len(ms), err)
	}
	d, err := event.DecodeDead(ms[0])
	if err != nil || d.Stage != "test" || d.Message.Topic != topic.Received || !strings.Contains(d.Err.Error(), "not wanted") {
		t.Fatalf("%+v %v", d, err)
	}
	if a, err := event.Decode(d.Message); err != nil || a.URI != "urn:test:good" {
		t.Fatal(a.URI, err)
	}
	if err := dead.Close(); err != nil {
		t.Fatal(err)
	}

	// The dead letter wasn't acknowledged, so it comes again; the rest doesn't.
	if lag, err := b.Lag(ctx, "dead", topic.Received+topic.DeadSuffix); err != nil || lag[topic.Received+topic.DeadSuffix] != 1 {
		t.Fatal(lag, err)
	}
}

// noise is bytes that don't compress.
func noise(n int) []byte {
	b := make([]byte, n)
	x := uint64(88172645463325252)
	for i := range b {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		b[i] = byte(x >> 32)
	}
	return b
}

func TestTableOnRealKafka(t *testing.T) {
	b := realBus(t)
	ctx := testContext(t)
	ensure(t, ctx, b, topic.SourcesState, topic.Enriched)
	if _, err := b.OpenTable(ctx, topic.Enriched); err == nil {
		t.Fatal("a table on a topic that isn't compacted")
	}
	tab, err := b.OpenTable(ctx, topic.SourcesState)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 30 {
		if err := tab.Put(ctx, fmt.Sprint(i%10), fmt.Append(nil, i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := tab.Delete(ctx, "3"); err != nil {
		t.Fatal(err)
	}
	if err := tab.Put(ctx, "empty", nil); err != nil {
		t.Fatal(err)
	}
	if err := tab.Put(ctx, "large", make([]byte, topic.MaxMessage)); !stage.IsPermanent(err) {
		t.Fatal(err)
	}
	check := func(tab *bus.Table) {
		t.Helper()
		if tab.Len() != 10 {
			t.Fatal(tab.Len())
		}
		if v, ok := tab.Get("7"); !ok || string(v) != "27" {
			t.Fatal(string(v), ok)
		}
		if _, ok := tab.Get("3"); ok {
			t.Fatal("a deleted row is there")
		}
		if v, ok := tab.Get("empty"); !ok || v == nil || len(v) != 0 {
			t.Fatal(v, ok)
		}
		n := 0
		tab.Range(func(string, []byte) bool { n++; return n < 4 })
		if n != 4 {
			t.Fatal(n)
		}
	}
	check(tab)
	if err := tab.Close(); err != nil {
		t.Fatal(err)
	}
	if tab, err = b.OpenTable(ctx, topic.SourcesState); err != nil {
		t.Fatal(err)
	}
	check(tab)
	if err := tab.Close(); err != nil {
		t.Fatal(err)
	}
}
