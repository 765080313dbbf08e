package enrich_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/segmentio/kafka-go"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/localtest"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
	enrich "github.com/copytaster/copytaster/services/enrich"
)

// patience bounds the wait for what must happen.
const patience = 5 * time.Minute

func received(t testing.TB, uri article.URI, text string) article.Article {
	t.Helper()
	at := time.Date(2024, 4, 20, 6, 0, 0, 0, time.UTC)
	a := article.Article{
		URI: uri, Source: "site-3", Provider: "site-3", Text: text, Status: article.Usable,
		Segments:    []article.Segment{{Kind: article.Unknown, Evidence: article.Evidence{Span: article.Span{End: len(strings.TrimRight(text, "\n"))}, Enricher: "format/text", Version: 1, Confidence: 1}}},
		PublishedAt: at, ReceivedAt: at,
		Original: article.Original{Bytes: []byte(text), Size: int64(len(text)), Format: "text"},
	}
	if err := a.Stamp(); err != nil {
		t.Fatal(err)
	}
	return a
}

// TestRun takes articles through the real Kafka: what can be enriched comes
// out without the bytes it came in by, what can't be is a dead letter with the
// reason, and holds up none of the others.
func TestRun(t *testing.T) {
	ns := localtest.Namespace(t)
	brokers := localtest.Kafka(t)
	c, err := boot.Load(enrich.Service, "--kafka-brokers="+strings.Join(brokers, ","), "--namespace="+ns)
	if err != nil {
		t.Fatal(err)
	}
	srv, err := boot.NewServer(boot.Config{Listen: "127.0.0.1:0"}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- boot.RunService(ctx, enrich.Service, c, srv.Kit("enrich")) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := srv.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	eventually(t, "the service is ready", func() bool { return boot.Healthcheck(t.Context(), srv.Addr()) == nil })

	b, err := bus.Connect(c.Bus, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	sink := b.Sink(topic.Received, event.Received)
	defer func() { _ = sink.Close() }()
	// The broken one shares its key, hence its lane, with a good one behind it.
	good := received(t, "urn:x:1", goldenArticle(t).Text)
	if err := sink.Write(t.Context(), []article.Article{good}); err != nil {
		t.Fatal(err)
	}
	transport := &kafka.Transport{}
	defer transport.CloseIdleConnections()
	raw := &kafka.Writer{Transport: transport, Addr: kafka.TCP(brokers...), Balancer: kafka.Murmur2Balancer{}, RequiredAcks: kafka.RequireAll, BatchTimeout: time.Millisecond}
	defer func() { _ = raw.Close() }()
	if err := raw.WriteMessages(t.Context(), kafka.Message{Topic: ns + topic.Received, Key: []byte("urn:x:2"), Value: []byte("no article")}); err != nil {
		t.Fatal(err)
	}
	if err := sink.Write(t.Context(), []article.Article{received(t, "urn:x:2", "BERLIN (dpa) - A report.\n\ndpa")}); err != nil {
		t.Fatal(err)
	}

	got := map[article.URI]article.Article{}
	for _, m := range read(t, brokers, ns+topic.Enriched, 2) {
		a, err := event.Decode(m)
		if err != nil {
			t.Fatal(err)
		}
		if ty, err := event.TypeOf(m); err != nil || ty != event.Enriched {
			t.Errorf("type %q, %v", ty, err)
		}
		got[a.URI] = a
	}
	a := got["urn:x:1"]
	if a.Text != good.Text || a.Revision != good.Revision || a.Agency.Value != "dpa" || a.Language.Value != "en" || len(a.Segments) < 10 || a.First(article.Headline) == "" {
		t.Errorf("got %+v", a)
	}
	if a.Original.Bytes != nil || a.Original.Size != good.Original.Size {
		t.Errorf("the original is %d bytes of %d", len(a.Original.Bytes), a.Original.Size)
	}
	if a := got["urn:x:2"]; a.Agency.Value != "dpa" {
		t.Errorf("the one behind the broken message: %+v", a)
	}
	letter, err := event.DecodeDead(read(t, brokers, ns+topic.Received+topic.DeadSuffix, 1)[0])
	if err != nil {
		t.Fatal(err)
	}
	if string(letter.Message.Value) != "no article" || letter.Stage != "enrich" || letter.Err == nil || letter.Message.Topic != topic.Received {
		t.Errorf("dead letter %+v", letter)
	}
}

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

// read waits for n messages of a topic, over all its partitions.
func read(t testing.TB, brokers []string, name string, n int) []stage.Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, err := kafka.DialContext(ctx, "tcp", brokers[0])
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	parts, err := conn.ReadPartitions(name)
	if err != nil {
		t.Fatal(err)
	}
	found := make(chan kafka.Message)
	for _, p := range parts {
		r := kafka.NewReader(kafka.ReaderConfig{Brokers: brokers, Topic: name, Partition: p.ID, MaxWait: 100 * time.Millisecond})
		go func() {
			defer func() { _ = r.Close() }()
			for {
				m, err := r.ReadMessage(ctx)
				if ctx.Err() != nil {
					return
				}
				if err != nil {
					continue // the partition may have no leader yet
				}
				select {
				case found <- m:
				case <-ctx.Done():
					return
				}
			}
		}()
	}
	var ms []stage.Message
	for len(ms) < n {
		select {
		case m := <-found:
			s := stage.Message{Key: m.Key, Value: m.Value}
			for _, h := range m.Headers {
				s.Headers = append(s.Headers, stage.Header{Key: h.Key, Value: h.Value})
			}
			ms = append(ms, s)
		case <-ctx.Done():
			t.Fatalf("%d of %d messages in %s within %v", len(ms), n, name, patience)
		}
	}
	return ms
}
