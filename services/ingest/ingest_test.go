package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/localtest"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/ingest"
	"github.com/copytaster/copytaster/services/ingest/intake"
	"github.com/copytaster/copytaster/services/ingest/intake/intaketest"
	"github.com/copytaster/copytaster/services/ingest/source/drop"
	"github.com/copytaster/copytaster/services/ingest/source/poll"
	"github.com/copytaster/copytaster/services/ingest/source/push"
)

// reader collects the messages of a topic.
type reader struct {
	mu sync.Mutex
	ms []stage.Message
}

func (r *reader) all() []stage.Message {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ms
}

func read(t *testing.T, b *bus.Bus, name string) *reader {
	t.Helper()
	src, err := b.Source(bus.SourceConfig{Group: "test." + name, Topics: []string{name}})
	if err != nil {
		t.Fatal(err)
	}
	r := &reader{}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			ms, err := src.Next(ctx)
			if ctx.Err() != nil {
				return
			}
			if err != nil {
				continue
			}
			r.mu.Lock()
			r.ms = append(r.ms, ms...)
			r.mu.Unlock()
			for _, m := range ms {
				m.Ack(stage.Verdict{})
			}
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
		if err := src.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// put has a file there whole: one that is written in place may stay as it is, on a
// busy machine, for longer than it takes to settle.
func put(t *testing.T, path string, data []byte) {
	t.Helper()
	whole := filepath.Join(t.TempDir(), "whole")
	if err := os.WriteFile(whole, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(whole, path); err != nil {
		t.Fatal(err)
	}
}

// TestAllSourcesIntoKafka runs the service with a real Kafka: a file, a push
// and a feed become articles on its topic, and what is broken dead letters.
func TestAllSourcesIntoKafka(t *testing.T) {
	brokers, ns := localtest.Kafka(t), localtest.Namespace(t)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `<feed xmlns="http://www.w3.org/2005/Atom"><id>f</id><entry><id>tag:web,2024:1</id><title>Polled</title></entry><entry><id>2</id></entry></feed>`)
	}))
	defer web.Close()
	dir, old := t.TempDir(), t.TempDir()
	c := ingest.Config{
		Bus:  bus.Config{KafkaBrokers: brokers, Namespace: ns},
		Drop: drop.Config{Dir: dir, BackfillDir: old, Source: "drop", Settle: 20 * time.Millisecond, Scan: 100 * time.Millisecond},
		Push: push.Config{Enabled: true, Source: "push", Wait: time.Minute, Bodies: 8, BackfillBodies: 8},
		Poll: poll.Config{Feeds: map[string]string{"web": web.URL}, AllowPrivate: []string{"web"}, Interval: time.Second},
	}
	srv, err := boot.NewServer(boot.Config{Listen: "127.0.0.1:0"}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close(context.Background())
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended := make(chan error, 1)
	kit := srv.Kit(ingest.Name)
	// By a clock that is a day ahead, so that it is seen who goes by another.
	const ahead = 24 * time.Hour
	service := ingest.Service
	service.Run = func(ctx context.Context, c ingest.Config, k *boot.Kit) error {
		return ingest.RunBy(ctx, c, k, func() time.Time { return time.Now().Add(ahead) })
	}
	go func() { ended <- boot.RunService(ctx, service, c, kit) }()

	url := "http://" + srv.Addr() + push.Path
	intaketest.Await(t, "push is accepted", func() bool {
		res, err := http.Post(url+"?source=desk", "text/plain", strings.NewReader("Pushed text."))
		if err != nil {
			return false
		}
		defer res.Body.Close()
		return res.StatusCode == http.StatusAccepted
	})
	for name, text := range map[string]string{"good.txt": "Dropped text.", "bad.bin": "a\x00b"} {
		put(t, filepath.Join(dir, name), []byte(text))
	}
	for name, text := range map[string]string{"good.txt": "Dropped of old.", "bad.bin": "a\x00c"} {
		put(t, filepath.Join(old, name), []byte(text))
	}
	res, err := http.Post(url+"?source=archive&lane=bulk", "text/plain", strings.NewReader("Pushed of old."))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusAccepted {
		t.Errorf("push of a back-fill: %s", res.Status)
	}
	b, err := bus.Connect(c.Bus, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	received, backfills, dead := read(t, b, topic.Received), read(t, b, topic.ReceivedBulk), read(t, b, topic.IngestDead)
	intaketest.Await(t, "all are in Kafka", func() bool {
		return len(received.all()) >= 3 && len(backfills.all()) >= 2 && len(dead.all()) >= 3
	})
	stamped := func(a article.Article) {
		t.Helper()
		if off := time.Until(a.ReceivedAt); off < ahead/2 {
			t.Errorf("%s was stamped by another clock: %v", a.Source, a.ReceivedAt)
		}
	}
	texts := map[string]bool{}
	for _, m := range backfills.all() {
		a, err := event.Decode(m)
		if err != nil {
			t.Fatal(err)
		}
		texts[a.Text] = true
		stamped(a)
	}
	if len(texts) != 2 || !texts["Dropped of old."] || !texts["Pushed of old."] {
		t.Errorf("back-fills: %v", texts)
	}

	got := map[string]article.Article{}
	for _, m := range received.all() {
		a, err := event.Decode(m)
		if err != nil {
			t.Fatal(err)
		}
		if string(m.Key) != string(a.URI) || a.Traceparent == "" || len(a.Original.Bytes) == 0 {
			t.Errorf("key %s, trace %q, %d bytes of original", m.Key, a.Traceparent, len(a.Original.Bytes))
		}
		got[a.Source] = a
		stamped(a)
	}
	if got["desk"].Text != "Pushed text." || got["drop"].Text != "Dropped text." || got["web"].URI != "urn:copytaster:web:tag:web%2C2024:1" {
		t.Errorf("%+v", got)
	}
	ofBulk := 0
	for _, m := range dead.all() {
		d, err := event.DecodeDead(m)
		if err != nil {
			t.Fatal(err)
		}
		// It tells which topic its article belongs to.
		if bulk := d.Message.Header(intake.HeaderLane) == string(topic.Bulk); bulk != (d.Stage == "ingest.bulk") {
			t.Errorf("the letter of stage %s has the lane %q", d.Stage, d.Message.Header(intake.HeaderLane))
		} else if bulk {
			ofBulk++
		}
		// A letter holds all that is needed to try again, with the same result.
		if _, err := intake.Decode(context.Background(), d.Message); err == nil || !stage.IsPermanent(err) {
			t.Errorf("the letter of %s decodes: %v", d.Message.Topic, err)
		}
	}
	if ofBulk != 1 {
		t.Errorf("%d letters of back-fills", ofBulk)
	}
	intaketest.Await(t, "the files are put away", func() bool {
		if _, err := os.Stat(filepath.Join(old, "done/drop/good.txt")); err != nil {
			return false
		}
		_, good := os.Stat(filepath.Join(dir, "done/drop/good.txt"))
		_, bad := os.Stat(filepath.Join(dir, "failed/drop/bad.bin.reason.txt"))
		return good == nil && bad == nil
	})
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("the end was not clean: %v", err)
	}
}

// log is what the service says, and may be read meanwhile.
type log struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// TestStartsBeforeKafka: it waits as long as it takes, says why, and turns
// senders away for now.
func TestStartsBeforeKafka(t *testing.T) {
	brokers, ns := localtest.Kafka(t), localtest.Namespace(t)
	var lc net.ListenConfig
	addr := fmt.Sprintf("127.0.0.1:%d", localtest.Port(t))
	said := &log{}
	srv, err := boot.NewServer(boot.Config{Listen: "127.0.0.1:0"}, zerolog.New(said))
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close(context.Background())
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended := make(chan error, 1)
	kit := srv.Kit(ingest.Name)
	c := ingest.Config{
		Bus:  bus.Config{KafkaBrokers: []string{addr}, Namespace: ns},
		Push: push.Config{Enabled: true, Source: "push", Wait: time.Minute, Bodies: 8, BackfillBodies: 8},
		Poll: poll.Config{Feeds: map[string]string{"web": "https://127.0.0.1:1/"}, Interval: time.Hour},
	}
	go func() { ended <- boot.RunService(ctx, ingest.Service, c, kit) }()
	const why = "can't set up the topics yet"
	intaketest.Await(t, "it says why", func() bool {
		err := boot.Healthcheck(ctx, srv.Addr())
		return err != nil && strings.Contains(err.Error(), why) && strings.Contains(said.String(), why)
	})
	res, err := http.Post("http://"+srv.Addr()+push.Path, "text/plain", strings.NewReader("Pushed text."))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" {
		t.Errorf("a push meanwhile: %s", res.Status)
	}

	// Kafka is where it was to be; it leads on to its own address.
	l, err := lc.Listen(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				kafka, err := (&net.Dialer{}).DialContext(ctx, "tcp", brokers[0])
				if err != nil {
					return
				}
				defer kafka.Close()
				go func() { _, _ = io.Copy(kafka, conn) }()
				_, _ = io.Copy(conn, kafka)
			}()
		}
	}()
	intaketest.Await(t, "it is ready", func() bool { return boot.Healthcheck(ctx, srv.Addr()) == nil })
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("the end was not clean: %v", err)
	}
}

// TestAnOpenDoorIsRefused: where others reach it, push without a token ends the
// service before anything is connected.
func TestAnOpenDoorIsRefused(t *testing.T) {
	for addr, c := range map[string]struct {
		push push.Config
		want string
	}{
		"0.0.0.0:0":   {push.Config{Enabled: true}, "set push-token-file"},
		"[::]:0":      {push.Config{Enabled: true}, "set push-token-file"},
		"127.0.0.1:0": {push.Config{Enabled: true}, "kafka-brokers"},
		":0":          {push.Config{Enabled: false}, "kafka-brokers"},
	} {
		srv, err := boot.NewServer(boot.Config{Listen: addr}, zerolog.Nop())
		if err != nil {
			t.Fatal(err)
		}
		// Who gets past the door misses its broker.
		err = boot.RunService(t.Context(), ingest.Service, ingest.Config{Push: c.push}, srv.Kit(ingest.Name))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("at %s: %v, want %q", addr, err, c.want)
		}
		if err := srv.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}
}

func TestSettingsAreNamed(t *testing.T) {
	for want, args := range map[string][]string{
		"drop-backfill-dir":    {"--drop-dir=x", "--drop-backfill-dir=x/y"},
		"backfill-min-rate":    {"--backfill-min-rate=-1"},
		"backfill-rate":        {"--backfill-rate=5"},
		"push-backfill-bodies": {"--push-backfill-bodies=0"},
		"drop-scan":            {"--drop-dir=x", "--drop-scan=0s"},
		"push-source":          {"--push-source=a/b"},
		"push-token-file":      {"--push-token=a", "--push-token-file=b"},
		"push-open":            {"--push-open", "--push-token-file=b"},
		"poll":                 {"--poll-feeds=a=ftp://x"},
		"in-flight":            {"--stage-in-flight=-1"},
	} {
		if _, err := boot.Load(ingest.Service, args...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: error %v doesn't name %s", args, err, want)
		}
	}
	c, err := boot.Load(ingest.Service, "--poll-feeds=a=https://a.example/f?x=1,2;b=https://b.example/", "--no-push-enabled")
	if err != nil || len(c.Poll.Feeds) != 2 || c.Poll.Feeds["a"] != "https://a.example/f?x=1,2" || c.Push.Enabled {
		t.Errorf("%+v, %v", c.Poll, err)
	}
}

// TestOvertakenInstanceEnds: a second instance with feeds takes the state over,
// and the first ends and says why.
func TestOvertakenInstanceEnds(t *testing.T) {
	brokers, ns := localtest.Kafka(t), localtest.Namespace(t)
	var polls atomic.Int64
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n := polls.Add(1) // each time another item
		fmt.Fprintf(w, `<feed xmlns="http://www.w3.org/2005/Atom"><id>f</id><entry><id>tag:web,2024:%d</id><title>Polled</title></entry></feed>`, n)
	}))
	defer web.Close()
	c := ingest.Config{
		Bus:  bus.Config{KafkaBrokers: brokers, Namespace: ns},
		Poll: poll.Config{Feeds: map[string]string{"web": web.URL}, AllowPrivate: []string{"web"}, Interval: time.Second},
	}
	srv, err := boot.NewServer(boot.Config{Listen: "127.0.0.1:0"}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close(context.Background())
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	ended := make(chan error, 1)
	kit := srv.Kit(ingest.Name)
	go func() { ended <- boot.RunService(ctx, ingest.Service, c, kit) }()
	intaketest.Await(t, "the feed is polled", func() bool { return polls.Load() > 1 })
	b, err := bus.Connect(c.Bus, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	other, err := b.OpenTable(ctx, topic.SourcesState)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := <-ended; !errors.Is(err, bus.ErrOvertaken) {
		t.Errorf("it ended with %v", err)
	}
}
