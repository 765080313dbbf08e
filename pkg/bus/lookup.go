package bus

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/segmentio/kafka-go"

	"github.com/copytaster/copytaster/pkg/stage"
)

// Lookup reads single messages of a topic, over connections that it keeps. It may be used
// from many goroutines; those of one partition wait for each other. Close it.
type Lookup struct {
	bus  *Bus
	name string

	mu    sync.Mutex
	parts map[int]*lookup // nil: it was closed
}

type lookup struct {
	turn    chan struct{} // has one, which who reads takes
	fetcher *fetcher
}

// errLookupClosed says that a lookup was closed.
var errLookupClosed = errors.New("the lookup is closed")

// Lookup makes one.
func (b *Bus) Lookup(name string) *Lookup {
	return &Lookup{bus: b, name: name, parts: map[int]*lookup{}}
}

// Read gives the message at an offset. If the log doesn't hold it, [Outside] is true of
// the error. Nothing is tried again.
func (l *Lookup) Read(ctx context.Context, partition int, offset int64) (stage.Message, error) {
	return l.First(ctx, partition, offset, offset+1)
}

// First gives the first message from an offset on that stands before another one; errors
// are as Read's.
func (l *Lookup) First(ctx context.Context, partition int, from, to int64) (stage.Message, error) {
	p, err := l.part(partition)
	if err != nil {
		return stage.Message{}, fmt.Errorf("read %s/%d@%d: %w", l.name, partition, from, err)
	}
	select {
	case <-p.turn:
		defer func() { p.turn <- struct{}{} }()
	case <-ctx.Done():
		return stage.Message{}, fmt.Errorf("read %s/%d@%d: %w", l.name, partition, from, ctx.Err())
	}
	for at := from; at < to; {
		ms, next, err := p.fetcher.read(ctx, at)
		if err != nil {
			return stage.Message{}, fmt.Errorf("read %s/%d@%d: %w", l.name, partition, from, err)
		}
		if len(ms) > 0 {
			if ms[0].Offset < to {
				return ms[0], nil
			}
			break
		}
		if next == at {
			break // the log ends there
		}
		at = next
	}
	return stage.Message{}, fmt.Errorf("read %s/%d@%d: there is no message: %w", l.name, partition, from, kafka.OffsetOutOfRange)
}

func (l *Lookup) part(partition int) (*lookup, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.parts == nil {
		return nil, errLookupClosed
	}
	p := l.parts[partition]
	if p == nil {
		p = &lookup{make(chan struct{}, 1), l.bus.fetcher(l.bus.ns.Name(l.name), l.name, partition, minFetchBytes)}
		p.turn <- struct{}{}
		l.parts[partition] = p
	}
	return p, nil
}

// Close waits for who reads and drops the connections. It may be closed again.
func (l *Lookup) Close() {
	l.mu.Lock()
	parts := l.parts
	l.parts = nil
	l.mu.Unlock()
	for _, p := range parts {
		<-p.turn // and nobody has it any more
		p.fetcher.Close()
	}
}
