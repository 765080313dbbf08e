package stagetest

import (
	"context"
	"sync"
	"time"

	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
)

// Memory is a log in memory. Its sources never end: they wait for more. The
// zero Memory is empty and named "".
type Memory struct {
	Name string // stands in the messages as their topic

	mu     sync.Mutex
	ms     []stage.Message
	marks  map[string]int64 // of each reader
	growth chan struct{}    // closed when there is more; nil: nobody waits
}

// Append adds messages.
func (l *Memory) Append(ctx context.Context, ms ...stage.Message) error { return l.append(ctx, ms) }

func (l *Memory) append(ctx context.Context, ms []stage.Message) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range ms {
		m.Topic, m.Partition, m.Offset, m.Ack = l.Name, 0, int64(len(l.ms)), nil
		if m.Time.IsZero() {
			m.Time = time.Now().UTC()
		}
		l.ms = append(l.ms, m)
	}
	if l.growth != nil {
		close(l.growth)
		l.growth = nil
	}
	return nil
}

// Sink makes a sink of articles.
func (l *Memory) Sink(t event.Type) stage.Sink { return &sink{log: l, typ: t} }

// DeadLetters makes dead letters.
func (l *Memory) DeadLetters() stage.DeadLetters { return &letters{log: l} }

// Source reads on where the last source of that reader stood. One at a time.
func (l *Memory) Source(reader string) stage.Source {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := &memorySource{log: l, reader: reader, at: l.marks[reader], ended: make(chan struct{})}
	s.pending.next = s.at
	return s
}

type memorySource struct {
	log     *Memory
	reader  string
	at      int64
	pending pending
	once    sync.Once
	ended   chan struct{}
}

func (s *memorySource) Next(ctx context.Context) ([]stage.Message, error) {
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-s.ended:
			return nil, errClosed
		default:
		}
		s.log.mu.Lock()
		ms := append([]stage.Message(nil), s.log.ms[s.at:min(int(s.at)+maxTake, len(s.log.ms))]...)
		if s.log.growth == nil {
			s.log.growth = make(chan struct{})
		}
		growth := s.log.growth
		s.log.mu.Unlock()
		if len(ms) > 0 {
			for i := range ms {
				s.at++
				s.pending.hand(&ms[i], s.at)
			}
			return ms, nil
		}
		select {
		case <-growth:
		case <-ctx.Done():
		case <-s.ended:
		}
	}
}

func (s *memorySource) Close() error {
	s.once.Do(func() {
		close(s.ended)
		mark := s.pending.close()
		s.log.mu.Lock()
		defer s.log.mu.Unlock()
		if s.log.marks == nil {
			s.log.marks = map[string]int64{}
		}
		s.log.marks[s.reader] = mark
	})
	return nil
}
