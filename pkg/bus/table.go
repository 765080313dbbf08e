package bus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"

	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

// Table is state by key on a compacted topic that has this one writer. It
// holds everything in memory.
type Table struct {
	bus  *Bus
	name string
	w    *kafka.Writer

	write sync.Mutex // one write at a time: memory and topic keep the same order
	mu    sync.RWMutex
	rows  map[string][]byte
}

// OpenTable reads the whole topic, up to its end at the time of the call, and
// returns when that is done. Close it.
func (b *Bus) OpenTable(ctx context.Context, name string) (*Table, error) {
	tp, err := topic.ByName(name)
	if err != nil {
		return nil, err
	}
	if !tp.Compact {
		return nil, fmt.Errorf("topic %s is not compacted, it can't hold a table", name)
	}
	full := b.ns.Name(name)
	md, err := b.metadata(ctx, []string{full})
	if err != nil {
		return nil, err
	}
	t := md[full]
	if t.Error != nil || len(t.Partitions) == 0 {
		return nil, fmt.Errorf("topic %s: %w", name, errOr(t.Error, kafka.UnknownTopicOrPartition))
	}
	tab := &Table{bus: b, name: name, rows: map[string][]byte{}}
	// Not compressed, so that any client can read what compaction leaves. The
	// linger only delays a writer that writes one at a time.
	tab.w = b.writer(0)
	tab.w.BatchTimeout = time.Millisecond
	for _, p := range t.Partitions {
		if err := tab.restore(ctx, full, p.ID); err != nil {
			_ = tab.w.Close()
			return nil, fmt.Errorf("table %s: %w", name, err)
		}
	}
	return tab, nil
}

func (t *Table) restore(ctx context.Context, full string, partition int) error {
	wait := retryMin
	var first, end map[int]int64
	at := int64(-1)
	for {
		var err error
		if at < 0 {
			first, end, err = t.bus.bounds(ctx, full, []int{partition})
			if err == nil {
				at = first[partition]
			}
		}
		if at >= 0 && at >= end[partition] {
			return nil
		}
		if err == nil {
			var f fetched
			f, err = t.bus.fetch(ctx, full, t.name, partition, at)
			switch {
			case errors.Is(err, kafka.OffsetOutOfRange):
				// Compaction never moves the start behind what is newest per
				// key, but a deletion by hand may, between the two calls.
				at, err = -1, fmt.Errorf("offset %d is gone", at)
			case err == nil:
				for _, m := range f.messages {
					t.apply(string(m.Key), m.Value)
				}
				at, wait = f.next, retryMin
				continue
			}
		}
		if ctx.Err() != nil {
			return errors.Join(ctx.Err(), err)
		}
		t.bus.log.Warn().Err(err).Str("table", t.name).Msg("can't read, trying again")
		if !sleep(ctx, wait) {
			return errors.Join(ctx.Err(), err)
		}
		wait = min(2*wait, retryMax)
	}
}

func (t *Table) apply(key string, value []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if value == nil {
		delete(t.rows, key)
	} else {
		t.rows[key] = value
	}
}

// Get gives the value of key; it must not be changed.
func (t *Table) Get(key string) ([]byte, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	v, ok := t.rows[key]
	return v, ok
}

// Len is the number of keys.
func (t *Table) Len() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return len(t.rows)
}

// Range calls f for every key, in no order, until it returns false. f must not
// write to the table.
func (t *Table) Range(f func(key string, value []byte) bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for k, v := range t.rows {
		if !f(k, v) {
			return
		}
	}
}

// Put sets key and returns when Kafka has it. After an error it is open
// whether it has; write again, or not, but don't rely on either.
func (t *Table) Put(ctx context.Context, key string, value []byte) error {
	if value == nil {
		value = []byte{}
	}
	return t.set(ctx, key, bytes.Clone(value))
}

// Delete removes key and returns when Kafka has that.
func (t *Table) Delete(ctx context.Context, key string) error { return t.set(ctx, key, nil) }

func (t *Table) set(ctx context.Context, key string, value []byte) error {
	t.write.Lock()
	defer t.write.Unlock()
	m := record(t.bus.ns.Name(t.name), stage.Message{Key: []byte(key), Value: value})
	if n := len(m.Key) + len(m.Value); n > topic.MaxMessage {
		return stage.Permanent(fmt.Errorf("table %s: row %q has %d bytes, the limit is %d", t.name, key, n, topic.MaxMessage))
	}
	if err := write(ctx, t.w, []kafka.Message{m}); err != nil {
		return fmt.Errorf("table %s: %w", t.name, err)
	}
	t.apply(key, value)
	return nil
}

// Close waits for what is being written.
func (t *Table) Close() error { return t.w.Close() }
