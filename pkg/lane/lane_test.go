package lane_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/lane"
	"github.com/copytaster/copytaster/pkg/localtest"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

const (
	// patience is how long anything may take.
	patience = 5 * time.Minute
	// many back-fills take longer than patience at the least rate of one a second.
	many = 500
)

// process is a process with one service.
type process struct {
	*testing.T
	ctx  context.Context
	bus  *bus.Bus
	srv  *boot.Server
	kit  *boot.Kit
	log  *buffer
	stop func() error // ends the service
}

type buffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func newProcess(t *testing.T, brokers []string) *process {
	t.Helper()
	p := &process{T: t, log: &buffer{}}
	log := zerolog.New(p.log)
	var cancel context.CancelFunc
	p.ctx, cancel = context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	var err error
	if p.bus, err = bus.Connect(bus.Config{KafkaBrokers: brokers, Namespace: "fake."}, log); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.bus.Close)
	if p.srv, err = boot.NewServer(boot.Config{Listen: "127.0.0.1:0"}, log); err != nil {
		t.Fatal(err)
	}
	p.kit = p.srv.Kit("test")
	t.Cleanup(func() {
		if err := p.srv.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return p
}

func kafka(t *testing.T, opts ...kfake.Opt) []string {
	t.Helper()
	c, err := kfake.NewCluster(append(opts, kfake.NumBrokers(1))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c.ListenAddrs()
}

// start runs lanes; what they handle ends in live and bulk.
func (p *process) start(c lane.Config, live, bulk *sink, handler stage.Handler) {
	ctx, cancel := context.WithCancel(p.ctx)
	ended := make(chan error, 1)
	go func() {
		ended <- lane.Run(ctx, c, lane.Service{
			Name: "test", Handler: handler, Stage: stage.Config{Lanes: 64},
			Live: lane.Way{Group: "live", From: topic.Received, Sink: live.open},
			Bulk: lane.Way{Group: "bulk", From: topic.ReceivedBulk, Sink: bulk.open},
		}, p.bus, p.kit)
	}()
	var once sync.Once
	var err error
	p.stop = func() error {
		once.Do(func() {
			cancel()
			err = <-ended
		})
		return err
	}
	p.Cleanup(func() {
		if err := p.stop(); err != nil {
			p.Error(err)
		}
	})
}

func (p *process) await(what string, ok func() error) {
	p.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ok()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-p.ctx.Done():
			p.Fatalf("%s: %v", what, err)
		}
	}
}

func (p *process) ready() error { return boot.Healthcheck(p.ctx, p.srv.Addr()) }

// held is for how many seconds back-fills were held back, by the metric.
func (p *process) held() float64 {
	p.Helper()
	req, err := http.NewRequestWithContext(p.ctx, http.MethodGet, "http://"+p.srv.Addr()+"/metrics", nil)
	if err != nil {
		p.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		p.Fatal(err)
	}
	defer resp.Body.Close()
	for s := bufio.NewScanner(resp.Body); s.Scan(); {
		if rest, ok := strings.CutPrefix(s.Text(), `copytaster_backfill_held_seconds_total{service="test"} `); ok {
			v, err := strconv.ParseFloat(rest, 64)
			if err != nil {
				p.Fatal(err)
			}
			return v
		}
	}
	p.Fatal("the metric is missing")
	return 0
}

// send writes n articles, each of a key of its own.
func (p *process) send(name, key string, n int) {
	p.Helper()
	w := p.bus.Sink(name, event.Received)
	var as []article.Article
	for i := range n {
		const text = "A report."
		as = append(as, article.Article{
			URI: article.URI(fmt.Sprintf("urn:test:%s-%d", key, i)), Version: "1", Revision: 1, Status: article.Usable, Source: "test", Text: text,
			Segments:   []article.Segment{{Kind: article.Paragraph, Evidence: article.Evidence{Span: article.Span{End: len(text)}, Confidence: 1}}},
			ReceivedAt: time.Unix(1_700_000_000, 0).UTC(),
		})
	}
	if err := errors.Join(w.Write(p.ctx, as), w.Close()); err != nil {
		p.Fatal(err)
	}
}

// sink counts.
type sink struct {
	n      atomic.Int64
	closed atomic.Bool
}

func (s *sink) open() (stage.Sink, error) { return s, nil }

func (s *sink) Write(_ context.Context, as []article.Article) error {
	s.n.Add(int64(len(as)))
	return nil
}

func (s *sink) Close() error {
	s.closed.Store(true)
	return nil
}

// has waits for at least n; messages may come twice.
func (p *process) has(s *sink, n int64) {
	p.Helper()
	p.await(fmt.Sprintf("%d articles", n), func() error {
		if got := s.n.Load(); got < n {
			return fmt.Errorf("%d came", got)
		}
		return nil
	})
}

func decode(_ context.Context, m stage.Message) ([]article.Article, error) {
	a, err := event.Decode(m)
	return []article.Article{a}, err
}

// TestBackfillsYieldToLiveCopyBesideThem: while messages of live copy are in
// work in this process; before and after, back-fills go as fast as they can.
func TestBackfillsYieldToLiveCopyBesideThem(t *testing.T) {
	p := newProcess(t, kafka(t))
	release := make(chan struct{})
	var live, bulk sink
	// At this rate some wait when live copy comes, on a busy machine too.
	c := lane.Config{Lane: topic.Both, Backfill: stage.BackfillConfig{MinRate: 1, Rate: many / 5}}
	p.start(c, &live, &bulk, func(ctx context.Context, m stage.Message) ([]article.Article, error) {
		if m.Topic == topic.Received {
			select {
			case <-release:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		return decode(ctx, m)
	})
	p.await("ready", p.ready)
	p.send(topic.ReceivedBulk, "before", many)
	p.has(&bulk, many)
	held := p.held()

	sent, last := int64(0), time.Time{}
	p.await("back-fills are held back", func() error {
		now := p.held()
		if now >= held+0.5 {
			return nil
		}
		// A message counts while it is fresh. Where the machine is so busy that no
		// back-fill met it, there is another.
		if time.Since(last) > stage.LiveFresh && sent < 10 {
			sent, last = sent+1, time.Now()
			p.send(topic.ReceivedBulk, fmt.Sprint("beside", sent), many)
			p.send(topic.Received, fmt.Sprint("live", sent), 1)
		}
		return fmt.Errorf("for %v s of %v", now, held+0.5)
	})
	if n := live.n.Load(); n > 0 {
		t.Fatalf("%d of live copy passed", n)
	}
	close(release)
	p.has(&live, sent)
	p.has(&bulk, (1+sent)*many)
}

// TestBackfillsYieldToLiveCopyElsewhere: by live copy's lag alone, in a process
// that doesn't work on it.
func TestBackfillsYieldToLiveCopyElsewhere(t *testing.T) {
	brokers := kafka(t)
	p := newProcess(t, brokers)
	if err := p.bus.EnsureTopics(p.ctx, topic.Received, topic.ReceivedBulk); err != nil {
		t.Fatal(err)
	}
	p.send(topic.Received, "live", 20)
	p.send(topic.ReceivedBulk, "bulk", many)
	var live, bulk sink
	p.start(lane.Config{Lane: topic.Lanes(topic.Bulk), Backfill: stage.BackfillConfig{MinRate: 1, LiveLag: 10}}, &live, &bulk, decode)
	p.await("ready", p.ready)
	p.await("back-fills are held back", func() error {
		if now := p.held(); now < 1 {
			return fmt.Errorf("for %v s", now)
		}
		return nil
	})
	if n := bulk.n.Load(); n >= many {
		t.Errorf("all %d back-fills passed", n)
	}
	if n := live.n.Load(); n > 0 {
		t.Errorf("%d of live copy passed in a process that is not for it", n)
	}

	other := newProcess(t, brokers)
	var there, none sink
	other.start(lane.Config{Lane: topic.Lanes(topic.Live)}, &there, &none, decode)
	other.has(&there, 20)
	p.has(&bulk, many)
	if n := none.n.Load(); n > 0 {
		t.Errorf("%d back-fills passed in a process that is not for them", n)
	}
}

// TestNothingIsLeftOpen: a lane that can't be set up ends the service, and what
// was opened before is closed.
func TestNothingIsLeftOpen(t *testing.T) {
	p := newProcess(t, kafka(t))
	refused := errors.New("no sink today")
	var live sink
	err := lane.Run(p.ctx, lane.Config{Lane: topic.Both}, lane.Service{
		Name: "test", Handler: decode,
		Live: lane.Way{Group: "live", From: topic.Received, Sink: live.open},
		Bulk: lane.Way{Group: "bulk", From: topic.ReceivedBulk, Sink: func() (stage.Sink, error) { return nil, refused }},
	}, p.bus, p.kit)
	if !errors.Is(err, refused) || !live.closed.Load() {
		t.Errorf("ended with %v, the other sink is closed: %t", err, live.closed.Load())
	}
}

// TestStartsBeforeKafka: it waits, says why, and works once Kafka is there.
func TestStartsBeforeKafka(t *testing.T) {
	port := localtest.Port(t)
	p := newProcess(t, []string{fmt.Sprintf("127.0.0.1:%d", port)})
	var live, bulk sink
	p.start(lane.Config{Lane: topic.Both}, &live, &bulk, decode)
	p.await("the reason, in the log and where readiness is asked", func() error {
		err := p.ready()
		if err == nil || !strings.Contains(err.Error(), "can't set up the topics yet") || !strings.Contains(p.log.String(), "can't set up the topics yet") {
			return fmt.Errorf("ready says %w, the log %q", errors.Join(errors.New("not that"), err), p.log.String())
		}
		return nil
	})
	kafka(t, kfake.Ports(port))
	p.await("ready", p.ready)
	p.send(topic.Received, "live", 5)
	p.has(&live, 5)
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}
}
