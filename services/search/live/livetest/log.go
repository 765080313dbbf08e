// Package livetest has the topic of what goes out in memory, for tests.
package livetest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/search/live"
)

// Message is the public message of an article; of one that isn't usable its notice.
func Message(a *article.Article) (stage.Message, error) {
	out := *a
	if a.Status != article.Usable {
		out = article.Article{
			URI: a.URI, Version: a.Version, Revision: a.Revision, Status: a.Status, Source: a.Source, Provider: a.Provider,
			VersionCreated: a.VersionCreated, ReceivedAt: a.ReceivedAt,
		}
	}
	m, err := event.Encode(&out, event.Released)
	m.Headers = append(m.Headers, stage.Header{Key: "ct_status", Value: []byte(a.Status)})
	return m, err
}

// Log is the topic. The zero value isn't one; see [New].
type Log struct {
	mu      sync.Mutex
	parts   [][]stage.Message
	first   []int64
	changed chan struct{}
	away    error
	asked   func()
	held    bool
	id      byte
	looked  func(ctx context.Context, partition int, offset int64) error
	bounded func(partition int, from int64)
	timed   func(ctx context.Context) error
}

// New makes a topic of n partitions.
func New(n int) *Log {
	return &Log{parts: make([][]stage.Message, n), first: make([]int64, n), changed: make(chan struct{}), id: 1}
}

// Lookups are as a hub takes them, all of this log.
func (l *Log) Lookups() live.Lookups { return live.Lookups{Turn: l, Ahead: l, Replays: l} }

func (l *Log) wake() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// Write appends articles, at this time.
func (l *Log) Write(at time.Time, as ...*article.Article) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range as {
		m, err := Message(a)
		if err != nil {
			return err
		}
		m.Topic, m.Partition, m.Time = topic.Released, bus.PartitionOf(m.Key, len(l.parts)), at
		m.Offset = l.end(m.Partition)
		l.parts[m.Partition] = append(l.parts[m.Partition], m)
	}
	l.wake()
	return nil
}

func (l *Log) end(partition int) int64 { return l.first[partition] + int64(len(l.parts[partition])) }

// Fail makes all reading fail with err, until it is nil.
func (l *Log) Fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.away = err
	l.wake()
}

// Cut deletes all messages that there are.
func (l *Log) Cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.parts {
		l.first[i], l.parts[i] = l.end(i), nil
	}
	l.wake()
}

// Anew makes the topic anew, empty.
func (l *Log) Anew() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.parts, l.first = make([][]stage.Message, len(l.parts)), make([]int64, len(l.parts))
	l.id++
	l.wake()
}

// TopicID is as that of [bus.Bus].
func (l *Log) TopicID(context.Context, string) ([16]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return [16]byte{l.id}, l.away
}

// Looked has f called before each [Log.Read], which fails with what it gives.
func (l *Log) Looked(f func(ctx context.Context, partition int, offset int64) error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.looked = f
}

// Hold keeps who reads on from hearing of what is written, until it is told otherwise.
func (l *Log) Hold(yes bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held = yes
	l.wake()
}

// Asked has f called between looking at the log and answering with its extents.
func (l *Log) Asked(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked = f
}

// Bounded has f called before what a partition has up to some offset is read.
func (l *Log) Bounded(f func(partition int, from int64)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bounded = f
}

// Extents is as that of [bus.Bus].
func (l *Log) Extents(context.Context, string) ([]bus.Extent, error) {
	l.mu.Lock()
	var es []bus.Extent
	for i := range l.parts {
		es = append(es, bus.Extent{Partition: i, First: l.first[i], End: l.end(i)})
	}
	away, asked := l.away, l.asked
	l.mu.Unlock()
	if asked != nil {
		asked()
	}
	return es, away
}

// Timed has f called before each [Log.OffsetsAt], which fails with what it gives.
func (l *Log) Timed(f func(ctx context.Context) error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.timed = f
}

// OffsetsAt is as that of [bus.Bus].
func (l *Log) OffsetsAt(ctx context.Context, _ string, t time.Time) (map[int]int64, error) {
	l.mu.Lock()
	timed := l.timed
	l.mu.Unlock()
	if timed != nil {
		if err := timed(ctx); err != nil {
			return nil, err
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	at := map[int]int64{}
	for i, ms := range l.parts {
		at[i] = l.end(i)
		for _, m := range ms {
			if !m.Time.Before(t) {
				at[i] = m.Offset
				break
			}
		}
	}
	return at, l.away
}

// Read is as that of [bus.Lookup].
func (l *Log) Read(ctx context.Context, partition int, offset int64) (found stage.Message, err error) {
	l.mu.Lock()
	looked := l.looked
	l.mu.Unlock()
	if looked != nil {
		if err := looked(ctx, partition, offset); err != nil {
			return found, err
		}
	}
	err = l.read(ctx, topic.Released, partition, offset, offset+1, func(m stage.Message) error {
		found = m
		return nil
	})
	return found, err
}

// ReadLog is as that of [bus.Bus], but gives up at once.
func (l *Log) ReadLog(ctx context.Context, name string, partition int, from, to int64, f func(stage.Message) error) error {
	l.mu.Lock()
	bounded := l.bounded
	l.mu.Unlock()
	if bounded != nil && to >= 0 {
		bounded(partition, from)
	}
	return l.read(ctx, name, partition, from, to, f)
}

func (l *Log) read(ctx context.Context, name string, partition int, from, to int64, f func(stage.Message) error) error {
	for at := from; to < 0 || at < to; {
		l.mu.Lock()
		first, end, away, changed, held := l.first[partition], l.end(partition), l.away, l.changed, l.held && to < 0
		var m stage.Message
		if at >= first && at < end {
			m = l.parts[partition][at-first]
		}
		l.mu.Unlock()
		switch {
		case ctx.Err() != nil && to < 0:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case away != nil:
			return away
		case at < first || at > end:
			return fmt.Errorf("%s/%d: offset %d: %w", name, partition, at, kafka.OffsetOutOfRange)
		case at == end || held:
			select {
			case <-changed:
			case <-ctx.Done():
			}
			continue
		}
		if err := f(m); err != nil {
			return err
		}
		at++
	}
	return nil
}
