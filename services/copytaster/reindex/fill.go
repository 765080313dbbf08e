package reindex

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"github.com/segmentio/kafka-go"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
)

// Limits of filling.
const (
	// RoundMessages is how many messages are taken before it is noted in the
	// index how far it is: what an interruption costs at most.
	RoundMessages = 20_000
	// MaxRefusals is how many messages that the index refused are kept with
	// their reason, for the report.
	MaxRefusals = 20
	// drainTimeout is how long what is under way may take when filling is cut
	// off: live copy may wait for it, and it is written again anyway.
	drainTimeout = 100 * time.Millisecond
	// chunk is how many messages a reader of the log hands over at once.
	chunk = 200
)

// Log is what is read of Kafka; a [*bus.Bus].
type Log interface {
	Extents(ctx context.Context, name string) ([]bus.Extent, error)
	ReadLog(ctx context.Context, name string, partition int, from, to int64, f func(stage.Message) error) error
}

// Refusal is a message that the index takes neither now nor later.
type Refusal struct {
	Topic     string `json:"topic"`
	Partition int    `json:"partition"`
	Offset    int64  `json:"offset"`
	URI       string `json:"uri"`
	Reason    string `json:"reason"`
}

// extents are those of several topics; one that does not exist has none.
func extents(ctx context.Context, l Log, topics []string) (map[string][]bus.Extent, error) {
	es := make(map[string][]bus.Extent, len(topics))
	for _, name := range topics {
		e, err := l.Extents(ctx, name)
		if errors.Is(err, kafka.UnknownTopicOrPartition) {
			continue
		}
		if err != nil {
			return nil, err
		}
		es[name] = e
	}
	return es, nil
}

// span is a part of a partition's log: its messages at and after
// from, and before to.
type span struct {
	topic     string
	partition int
	from, to  int64
}

// spans are what lies between offsets and the logs' ends. An offset that the
// log does not hold any more, or not yet, is an error: something is missing,
// or the topic was made anew. Of a topic that expires what is there counts.
func spans(es map[string][]bus.Extent, from corpus.Offsets) ([]span, error) {
	var ss []span
	for _, name := range slices.Sorted(maps.Keys(es)) {
		for _, e := range es[name] {
			at, ok := from[name][e.Partition]
			if !ok || expires(name) {
				at = max(at, e.First)
			}
			if at < e.First || at > e.End {
				return nil, fmt.Errorf("%s/%d: the index stands at offset %d, the log holds %d to %d: was the topic made anew? Begin again with --anew",
					name, e.Partition, at, e.First, e.End)
			}
			if at < e.End {
				ss = append(ss, span{name, e.Partition, at, e.End})
			}
		}
	}
	return ss, nil
}

func messages(ss []span) int64 {
	n := int64(0)
	for _, s := range ss {
		n += s.to - s.from
	}
	return n
}

// round cuts spans to about n messages in all, the same number of each.
func round(ss []span, n int64) []span {
	cut := make([]span, 0, len(ss))
	for i, s := range slices.SortedFunc(slices.Values(ss), func(a, b span) int { return int((a.to - a.from) - (b.to - b.from)) }) {
		share := max(n/int64(len(ss)-i), 1)
		s.to = min(s.to, s.from+share)
		n -= s.to - s.from
		cut = append(cut, s)
	}
	return cut
}

// filler writes a log into a pair of indices.
type filler struct {
	log    Log
	sink   stage.Sink
	config stage.Config
	told   zerolog.Logger
	done   atomic.Int64 // messages that are in the index or were refused
	dead   refusals
}

// fill takes all of spans. When it returns nil, all of their messages are in
// the index or among the refusals.
func (f *filler) fill(ctx context.Context, ss []span) error {
	if len(ss) == 0 {
		return nil
	}
	want := f.done.Load() // compaction may leave less than messages(ss)
	src := newLogSource(ctx, f.log, ss, &f.done)
	err := stage.Stage{
		Name: "reindex", Source: src, Handler: decode, Sink: kept{f.sink}, Dead: &f.dead, Config: f.config, Log: f.told,
	}.Run(ctx)
	if ctx.Err() != nil {
		return ctx.Err() // and what was not finished comes again
	}
	if got := f.done.Load() - want; err == nil && got != src.given.Load() {
		err = fmt.Errorf("%d of %d messages were not finished", src.given.Load()-got, src.given.Load())
	}
	return err
}

func decode(_ context.Context, m stage.Message) ([]article.Article, error) {
	a, err := event.Decode(m)
	if err != nil {
		return nil, err
	}
	return []article.Article{a}, nil
}

// kept is a sink that outlives a stage.
type kept struct{ stage.Sink }

func (kept) Close() error { return nil }

// logSource gives spans of a log as a stage's source. It ends behind them.
type logSource struct {
	out    chan []stage.Message
	cancel context.CancelFunc
	err    error // why it ended early; read after out is closed
	done   *atomic.Int64
	given  atomic.Int64
}

func newLogSource(ctx context.Context, l Log, ss []span, done *atomic.Int64) *logSource {
	ctx, cancel := context.WithCancel(ctx)
	s := &logSource{out: make(chan []stage.Message), cancel: cancel, done: done}
	var readers sync.WaitGroup
	errs := make([]error, len(ss))
	for i, part := range ss {
		readers.Go(func() {
			if errs[i] = s.read(ctx, l, part); errs[i] != nil {
				cancel()
			}
		})
	}
	go func() {
		readers.Wait()
		for _, err := range errs {
			// The others were canceled because of the first.
			if err != nil && (s.err == nil || errors.Is(s.err, context.Canceled)) {
				s.err = err
			}
		}
		close(s.out)
	}()
	return s
}

func (s *logSource) read(ctx context.Context, l Log, part span) error {
	var ms []stage.Message
	hand := func() error {
		if len(ms) == 0 {
			return nil
		}
		select {
		case s.out <- ms:
			ms = nil
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	err := l.ReadLog(ctx, part.topic, part.partition, part.from, part.to, func(m stage.Message) error {
		m.Ack = func(stage.Verdict) { s.done.Add(1) }
		if ms = append(ms, m); len(ms) < chunk {
			return nil
		}
		return hand()
	})
	if err != nil {
		return err
	}
	return hand()
}

// Next gives messages of one partition, in their order.
func (s *logSource) Next(ctx context.Context) ([]stage.Message, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case ms, ok := <-s.out:
		switch {
		case ok:
			s.given.Add(int64(len(ms)))
			return ms, nil
		case s.err != nil:
			return nil, stage.Permanent(s.err)
		}
		return nil, io.EOF
	}
}

// Close ends the readers.
func (s *logSource) Close() error {
	s.cancel()
	for range s.out {
		// Until they have all ended.
	}
	return nil
}

// refusals keeps what the index refuses instead of making dead letters: the
// log still has the messages, and the service made its dead letters already.
type refusals struct {
	mu    sync.Mutex
	n     int64
	first []Refusal
}

// Write keeps the letter's place and reason.
func (r *refusals) Write(_ context.Context, l stage.DeadLetter) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.n++
	if len(r.first) < MaxRefusals {
		m := l.Message
		r.first = append(r.first, Refusal{m.Topic, m.Partition, m.Offset, string(m.Key), l.Err.Error()})
	}
	return nil
}

// Close does nothing.
func (r *refusals) Close() error { return nil }

func (r *refusals) all() (int64, []Refusal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.n, slices.Clone(r.first)
}

// stageConfig is how a stage fills: few at once wait long for a full bulk
// request, since nobody waits for a single article.
func stageConfig(lanes int) stage.Config {
	return stage.Config{Lanes: lanes, RetryMax: time.Second, DrainTimeout: drainTimeout}
}
