package rig

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/deploy/faults/ledger"
	"github.com/copytaster/copytaster/deploy/faults/wire"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/topic"
)

// Times and limits of those who push and look.
const (
	// pushTimeout is longer than ingest lets a sender wait.
	pushTimeout = 30 * time.Second
	lookTimeout = 30 * time.Second
	// pushPauseMin and pushPauseMax are between two attempts.
	pushPauseMin = 50 * time.Millisecond
	pushPauseMax = time.Second
	lookPause    = 100 * time.Millisecond
	// Source is the name under which all is sent.
	Source = "faults"
	// maxAnswer is how much of an answer is read, in bytes.
	maxAnswer = 1 << 20
)

// Settings are where a pipeline finds its servers.
type Settings struct {
	Namespace        string // of topics, groups and indices; also of its logs
	KafkaBrokers     string
	ElasticsearchURL string
	// Env is what the services are told besides, NAME=value.
	Env []string
	// BackfillPercent is how many of the items go by the lane of back-fills.
	BackfillPercent int
	// Ingest is the program that takes the copy in; "": ingest.
	Ingest string
	// WithRelease has the release service run, too.
	WithRelease bool
}

// Pipeline is a set of services on topics and indices of their own, with a
// ledger of what it has acknowledged.
type Pipeline struct {
	Settings

	Ledger *ledger.Ledger
	Ingest, Enrich, Index,
	Search *Process
	Release *Process // nil: it has none

	servers *Servers
	wire    *wire.Wire
	bus     *bus.Bus
	client  *http.Client
	probes  atomic.Uint32
	acked   atomic.Int64
	retried atomic.Int64
	ended   chan error
}

// Pipeline makes one whose services don't run yet; zero settings are those of
// the servers themselves. w makes the copy that is pushed.
func (s *Servers) Pipeline(c Settings, w *wire.Wire) (*Pipeline, error) {
	if c.KafkaBrokers == "" {
		c.KafkaBrokers = s.Kafka.Address
	}
	if c.ElasticsearchURL == "" {
		c.ElasticsearchURL = s.ElasticsearchURL()
	}
	// What looks on goes past the links.
	b, err := bus.Connect(bus.Config{KafkaBrokers: []string{s.Kafka.Address}, Namespace: c.Namespace}, zerolog.Nop())
	if err != nil {
		return nil, err
	}
	p := &Pipeline{
		Settings: c, Ledger: &ledger.Ledger{}, servers: s, wire: w, bus: b,
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}, ended: make(chan error, 1),
	}
	p.Ingest, p.Enrich, p.Index, p.Search = p.Member(cmp.Or(c.Ingest, "ingest"), "ingest"), p.Member("enrich", "enrich"), p.Member("index", "index"), p.Member("search", "search")
	if c.WithRelease {
		p.Release = p.Member("release", "release")
	}
	return p, nil
}

// Member makes a process of a program with the pipeline's settings, besides
// those that every pipeline has. It doesn't run yet.
func (p *Pipeline) Member(program, name string) *Process {
	return &Process{
		Name: name, path: p.servers.Bin(program), log: filepath.Join(p.servers.Dir(), "logs", p.Namespace, name+".log"), env: p.env(), ended: p.ended,
	}
}

// Ended tells the first process of the pipeline that ended without being asked.
func (p *Pipeline) Ended() <-chan error { return p.ended }

func (p *Pipeline) env() []string {
	return append([]string{
		"COPYTASTER_KAFKA_BROKERS=" + p.KafkaBrokers, "COPYTASTER_ELASTICSEARCH_URL=" + p.ElasticsearchURL,
		"COPYTASTER_NAMESPACE=" + p.Namespace, "COPYTASTER_LISTEN=127.0.0.1:0", "COPYTASTER_LOG_FORMAT=json",
	}, p.Env...)
}

// Tool runs `copytaster` with args on the pipeline's topics and indices, and
// returns what it says.
func (p *Pipeline) Tool(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, p.servers.Bin("copytaster"), args...) //nolint:gosec // what was built here
	cmd.Env = append(os.Environ(), p.env()...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return out, fmt.Errorf("copytaster %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return out, nil
}

// Services are those that the pipeline has.
func (p *Pipeline) Services() []*Process {
	all := []*Process{p.Ingest, p.Enrich, p.Index, p.Search}
	if p.Release != nil {
		all = append(all, p.Release)
	}
	return all
}

// Start starts the services and waits until they are ready.
func (p *Pipeline) Start(ctx context.Context) error {
	p.servers.starting.Lock()
	defer p.servers.starting.Unlock()
	errs := make([]error, len(p.Services()))
	var wg sync.WaitGroup
	for i, s := range p.Services() {
		wg.Go(func() {
			if errs[i] = s.Start(ctx); errs[i] == nil {
				errs[i] = p.Ready(ctx, s)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// Ready waits until a service says that it is, or has ended.
func (p *Pipeline) Ready(ctx context.Context, s *Process) error {
	for {
		if err := s.Died(); err != nil {
			return err
		}
		status, body, err := p.get(ctx, "http://"+s.Addr()+"/readyz")
		if err == nil && status == http.StatusOK {
			return nil
		}
		if !Sleep(ctx, lookPause) {
			return fmt.Errorf("%s is not ready: %d %s: %w", s.Name, status, body, errors.Join(err, ctx.Err()))
		}
	}
}

// Close ends all services by SIGKILL, as there is nothing more to learn from
// them.
func (p *Pipeline) Close() error {
	var errs []error
	for _, s := range p.Services() {
		errs = append(errs, s.Kill())
	}
	p.bus.Close()
	p.client.CloseIdleConnections()
	return errors.Join(errs...)
}

// Acked is how many pushes were acknowledged.
func (p *Pipeline) Acked() int64 { return p.acked.Load() }

// Retried is how many attempts to push failed and were repeated.
func (p *Pipeline) Retried() int64 { return p.retried.Load() }

// Push sends an item until it is acknowledged, as a sender would that must not
// lose it. A refusal for good is an error.
func (p *Pipeline) Push(ctx context.Context, i ledger.Item) (ledger.Ack, error) {
	return p.pushBy(ctx, p.lane(i), i)
}

// lane is the way that an item takes, the same for the same item.
func (p *Pipeline) lane(i ledger.Item) topic.Lane {
	h := fnv.New32a()
	_, _ = h.Write([]byte(i.Mark)) // can't fail
	if h.Sum32()%100 < uint32(p.BackfillPercent) {
		return topic.Bulk
	}
	return topic.Live
}

func (p *Pipeline) pushBy(ctx context.Context, lane topic.Lane, i ledger.Item) (ledger.Ack, error) {
	body, err := p.wire.NINJS(i)
	if err != nil {
		return ledger.Ack{}, err
	}
	p.Ledger.Sent(i)
	pause := pushPauseMin
	for {
		a, again, err := p.push(ctx, lane, i, body)
		if err == nil {
			p.Ledger.Acked(a)
			p.acked.Add(1)
			return a, nil
		}
		if !again {
			return ledger.Ack{}, fmt.Errorf("push %s version %d: %w", i.Article, i.Version, err)
		}
		p.retried.Add(1)
		if !Sleep(ctx, pause/2+rand.N(pause)) {
			return ledger.Ack{}, fmt.Errorf("push %s version %d: %w", i.Article, i.Version, errors.Join(err, ctx.Err()))
		}
		pause = min(2*pause, pushPauseMax)
	}
}

// push is one attempt; again tells whether another may help.
func (p *Pipeline) push(ctx context.Context, lane topic.Lane, i ledger.Item, body []byte) (a ledger.Ack, again bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, pushTimeout)
	defer cancel()
	status, reply, err := p.Post(ctx, lane, body)
	switch {
	case err != nil:
		return ledger.Ack{}, true, err
	case status >= 500 || status == http.StatusTooManyRequests:
		return ledger.Ack{}, true, fmt.Errorf("%d %s", status, reply)
	case status != http.StatusAccepted:
		return ledger.Ack{}, false, fmt.Errorf("%d %s", status, reply)
	}
	var answer struct {
		Articles []struct {
			URI      string `json:"uri"`
			Revision int64  `json:"revision"`
		} `json:"articles"`
	}
	if err := json.Unmarshal(reply, &answer); err != nil {
		return ledger.Ack{}, true, fmt.Errorf("answer %q: %w", reply, err)
	}
	if len(answer.Articles) != 1 {
		return ledger.Ack{}, false, fmt.Errorf("one item became %d articles", len(answer.Articles))
	}
	return ack(i, answer.Articles[0].URI, answer.Articles[0].Revision), false, nil
}

// Post sends one body to ingest, once.
func (p *Pipeline) Post(ctx context.Context, lane topic.Lane, body []byte) (status int, reply []byte, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+p.Ingest.Addr()+"/v1/articles?source="+Source+"&lane="+string(lane), bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Content-Type", wire.MediaType)
	return p.do(r)
}

func (p *Pipeline) get(ctx context.Context, address string) (status int, body []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, nil, err
	}
	return p.do(r)
}

func (p *Pipeline) do(r *http.Request) (status int, body []byte, err error) {
	resp, err := p.client.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	return resp.StatusCode, body, err
}

// Feed pushes all items with so many senders, no faster than rate a second (0:
// as fast as it goes). It returns when all are acknowledged or one is refused.
// Back-fills have senders of their own beside, that live copy doesn't wait for
// theirs.
func (p *Pipeline) Feed(ctx context.Context, items []ledger.Item, senders int, rate float64) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	lanes := map[topic.Lane][]ledger.Item{}
	for _, i := range items {
		l := p.lane(i)
		lanes[l] = append(lanes[l], i)
	}
	var wg sync.WaitGroup
	for _, some := range lanes {
		wg.Go(func() {
			p.feed(ctx, cancel, some, senders, rate*float64(len(some))/float64(len(items)))
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

func (p *Pipeline) feed(ctx context.Context, cancel context.CancelCauseFunc, items []ledger.Item, senders int, rate float64) {
	began := time.Now()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range senders {
		wg.Go(func() {
			for {
				n := next.Add(1) - 1
				if n >= int64(len(items)) {
					return
				}
				if rate > 0 && !Sleep(ctx, time.Until(began.Add(time.Duration(float64(n)/rate*float64(time.Second))))) {
					return
				}
				if _, err := p.Push(ctx, items[n]); err != nil {
					cancel(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// probeBase is the number of the first article that probes push; those of
// [wire.Wire.Items] lie below.
const probeBase = 1 << 24

// Probe pushes an article and waits until a reader finds it by a word of its
// text. The time is from the call on: how long a reader waits for news after
// what was done just before.
func (p *Pipeline) Probe(ctx context.Context) (time.Duration, error) {
	began := time.Now()
	i := p.wire.Item(probeBase+p.probes.Add(1), 1)
	if _, err := p.pushBy(ctx, topic.Live, i); err != nil {
		return 0, err
	}
	for {
		n, err := p.Find(ctx, i.Mark)
		if err == nil && n > 0 {
			return time.Since(began), nil
		}
		if !Sleep(ctx, lookPause) {
			return 0, fmt.Errorf("probe %s is acknowledged and was not found within %v: %w", i.Article, time.Since(began).Round(time.Second), errors.Join(err, ctx.Err()))
		}
	}
}

// Find asks the search service how many articles have the word.
func (p *Pipeline) Find(ctx context.Context, word string) (int, error) {
	status, body, err := p.get(ctx, "http://"+p.Search.Addr()+"/v1/articles?q="+url.QueryEscape(word))
	if err != nil {
		return 0, err
	}
	if status != http.StatusOK {
		return 0, fmt.Errorf("search answered %d %s", status, body)
	}
	var found struct {
		Total struct {
			Value int `json:"value"`
		} `json:"total"`
	}
	err = json.Unmarshal(body, &found)
	return found.Total.Value, err
}

// Lag is how many messages the groups of the services have not finished, by
// topic; where several read one, the one that has most left.
func (p *Pipeline) Lag(ctx context.Context) (map[string]int64, error) {
	lag := map[string]int64{}
	for _, g := range topic.Groups {
		if !slices.ContainsFunc(p.Services(), func(s *Process) bool { return s.Name == g.Service }) {
			continue // nobody reads for it here
		}
		l, err := p.bus.Lag(ctx, g.Name, g.Topic)
		if err != nil {
			return nil, err
		}
		for name, n := range l {
			lag[name] = max(lag[name], n)
		}
	}
	return lag, nil
}

// Quiet waits until nothing is on its way: all groups of both lanes have
// finished and committed all there is, those of enrich first. It fails when a
// service has ended, or when ctx has.
func (p *Pipeline) Quiet(ctx context.Context) error {
	for {
		lag, err := p.Lag(ctx)
		if err == nil && !slices.ContainsFunc(slices.Collect(maps.Values(lag)), func(n int64) bool { return n > 0 }) {
			// What enrich committed is in its topic, but index may have been
			// asked before that: once more.
			if lag, err = p.Lag(ctx); err == nil && lag[topic.Enriched] == 0 && lag[topic.EnrichedBulk] == 0 {
				return nil
			}
		}
		for _, s := range p.Services() {
			if died := s.Died(); died != nil {
				return fmt.Errorf("messages are left (%s), and %w", show(lag), died)
			}
		}
		if !Sleep(ctx, lookPause) {
			return fmt.Errorf("messages are left (%s): %w", show(lag), errors.Join(err, context.Cause(ctx)))
		}
	}
}

// Finished waits until a group has finished all that a topic holds.
func (p *Pipeline) Finished(ctx context.Context, group, topicName string) error {
	for {
		lag, err := p.bus.Lag(ctx, group, topicName)
		if err == nil && lag[topicName] == 0 {
			return nil
		}
		if !Sleep(ctx, lookPause) {
			return fmt.Errorf("group %s has messages left (%s): %w", group, show(lag), errors.Join(err, context.Cause(ctx)))
		}
	}
}

func show(lag map[string]int64) string {
	var parts []string
	for _, t := range slices.Sorted(maps.Keys(lag)) {
		parts = append(parts, fmt.Sprintf("%s: %d", t, lag[t]))
	}
	return strings.Join(parts, ", ")
}

// Sleep waits and tells whether ctx is still alive.
func Sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
