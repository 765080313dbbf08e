// Package stagetest holds every implementation of a stage's source, sink and
// dead letters to the same contract, and has two small ones: [Memory] and
// [File].
package stagetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

// maxTake is how many messages one Next gives at most.
const maxTake = 100

// errClosed is what a closed source, sink or dead letters say.
var errClosed = stage.Permanent(errors.New("is closed"))

// appender is a log's end. Its messages are safe when append returns nil, all
// or none.
type appender interface {
	append(ctx context.Context, ms []stage.Message) error
}

// sink writes articles to a log.
type sink struct {
	log appender
	typ event.Type

	mu     sync.Mutex // keeps calls apart: closing waits for writing
	closed bool
}

// Write encodes as and appends them. What can't be encoded, or is larger than
// a message may be, is refused for good.
func (s *sink) Write(ctx context.Context, as []article.Article) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errClosed
	}
	bad := map[int]error{}
	var ms []stage.Message
	var index []int
	for i := range as {
		m, err := event.Encode(&as[i], s.typ)
		if err == nil && m.Size() > topic.MaxMessage {
			err = stage.Permanent(fmt.Errorf("article %s has %d bytes, the limit is %d", as[i].URI, m.Size(), topic.MaxMessage))
		}
		if err != nil {
			bad[i] = err
			continue
		}
		ms, index = append(ms, m), append(index, i)
	}
	if err := s.log.append(ctx, ms); err != nil {
		for _, i := range index {
			bad[i] = err
		}
	}
	if len(bad) > 0 {
		return &stage.PartialError{Errs: bad, Total: len(as)}
	}
	return nil
}

// Close waits for what is being written.
func (s *sink) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return nil
}

// letters writes dead letters to a log.
type letters struct {
	log appender

	mu     sync.Mutex
	closed bool
}

// Write returns nil when the letter is safe.
func (l *letters) Write(ctx context.Context, d stage.DeadLetter) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return errClosed
	}
	return l.log.append(ctx, []stage.Message{event.EncodeDead(d)})
}

// Close waits for what is being written.
func (l *letters) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	return nil
}

// pending knows which of the messages that were handed out are not settled, in
// their order: simple rather than fast.
type pending struct {
	mu     sync.Mutex
	out    []int64 // offsets that are not acknowledged
	next   int64   // where to go on when all are
	closed bool    // acknowledgements come too late
}

// hand gives m its Ack; the message after it stands at next.
func (p *pending) hand(m *stage.Message, next int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	offset := m.Offset
	p.out, p.next = append(p.out, offset), next
	m.Ack = func(stage.Verdict) { p.ack(offset) }
}

func (p *pending) ack(offset int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if i, ok := slices.BinarySearch(p.out, offset); ok && !p.closed {
		p.out = slices.Delete(p.out, i, i+1)
	}
}

// watermark is the offset below which all is settled.
func (p *pending) watermark() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.out) > 0 {
		return p.out[0]
	}
	return p.next
}

// close gives the last watermark.
func (p *pending) close() int64 {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	return p.watermark()
}
