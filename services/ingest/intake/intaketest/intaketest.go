// Package intaketest runs the stage of ingest in memory, for the tests of the
// sources.
package intaketest

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/ingest/intake"
)

// patience is how long a condition may take on a busy machine.
const patience = 5 * time.Minute

// Stage is a running stage and what came out of it.
type Stage struct {
	Queue *intake.Queue
	Count *intake.Metrics

	cancel context.CancelFunc
	ended  chan error

	mu       sync.Mutex
	articles []article.Article
	dead     []stage.DeadLetter
	gate     chan struct{}
	held     func(article.Article) bool // which wait at the gate
}

// Start runs a stage of live copy until the test ends. It has few places, so
// that a source feels its limits.
func Start(t *testing.T) *Stage {
	t.Helper()
	return StartLane(t, topic.Live)
}

// StartLane is [Start] for one of the lanes.
func StartLane(t *testing.T, lane topic.Lane) *Stage {
	t.Helper()
	m, err := intake.NewMetrics(prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	s := &Stage{Queue: intake.NewQueue(lane), Count: m, ended: make(chan error, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	st := stage.Stage{
		Name: "ingest", Source: s.Queue, Handler: s.Queue.Handle, Sink: sink{s}, Dead: letters{s}, Log: zerolog.Nop(),
		// One article a write: what waits at the gate keeps none but those behind it.
		Config: stage.Config{Lanes: 4, InFlight: 8, BatchMax: 1, DrainTimeout: 500 * time.Millisecond},
	}
	go func() { s.ended <- st.Run(ctx) }()
	t.Cleanup(s.Stop)
	return s
}

// Stop ends the stage as at the end of the process.
func (s *Stage) Stop() {
	s.cancel()
	if err, ok := <-s.ended; ok {
		_ = err // what was blocked on purpose is not drained
		close(s.ended)
	}
}

// Block holds all writes until the returned function is called.
func (s *Stage) Block() (unblock func()) {
	return s.BlockIf(func(article.Article) bool { return true })
}

// BlockIf holds the writes of some articles. Of a dead letter, it is asked for
// an empty one.
func (s *Stage) BlockIf(held func(article.Article) bool) (unblock func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	gate := make(chan struct{})
	s.gate, s.held = gate, held
	return sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		close(gate)
		s.gate = nil
	})
}

func (s *Stage) pass(ctx context.Context, as ...article.Article) error {
	s.mu.Lock()
	g := s.gate
	free := g == nil || !slices.ContainsFunc(as, s.held)
	s.mu.Unlock()
	if free {
		return nil
	}
	select {
	case <-g:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Articles is what is safe so far, in order of arrival.
func (s *Stage) Articles() []article.Article {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.articles)
}

// Dead is what was refused so far.
func (s *Stage) Dead() []stage.DeadLetter {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.dead)
}

// Await waits for a condition and fails the test if it doesn't come true.
func Await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(patience)
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	for !ok() {
		select {
		case <-again.C:
		case <-deadline:
			t.Fatalf("%s did not come true within %v", what, patience)
		}
	}
}

type sink struct{ s *Stage }

func (k sink) Write(ctx context.Context, as []article.Article) error {
	if err := k.s.pass(ctx, as...); err != nil {
		return err
	}
	k.s.mu.Lock()
	defer k.s.mu.Unlock()
	k.s.articles = append(k.s.articles, as...)
	return nil
}

func (sink) Close() error { return nil }

type letters struct{ s *Stage }

func (l letters) Write(ctx context.Context, d stage.DeadLetter) error {
	if err := l.s.pass(ctx, article.Article{}); err != nil {
		return err
	}
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	l.s.dead = append(l.s.dead, d)
	return nil
}

func (letters) Close() error { return nil }
