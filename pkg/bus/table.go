package bus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/segmentio/kafka-go"
	"golang.org/x/sync/semaphore"

	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

// ErrOvertaken is wrapped by what a [Table] returns once another writer has
// opened it, or its topic was taken away. It is fatal, see [stage.Fatal]:
// nothing that this process writes to the table counts any more.
var ErrOvertaken = errors.New("another writer owns it now")

// Table is state by key on a compacted topic that has this one writer. It holds
// everything in memory, as it stands in the topic: a row is there when it was
// read back. It may be used from many goroutines.
type Table struct {
	*follower
	epoch epoch
	cuts  []int // of each partition, when the table was taken over
	// gate lets writes in side by side, and a repair alone.
	gate *semaphore.Weighted
}

const wholeGate = math.MaxInt32

// OpenTable reads the whole topic, up to its end at the time of the call, takes
// the table over from whoever had it before, and returns when both is done.
// Close it.
func (b *Bus) OpenTable(ctx context.Context, name string) (*Table, error) {
	f, err := b.follow(ctx, "table", name)
	if err != nil {
		return nil, err
	}
	t := &Table{follower: f, gate: semaphore.NewWeighted(wholeGate)}
	if err := t.takeOver(ctx); err != nil {
		f.stop()
		return nil, b.judge(err)
	}
	f.wg.Go(t.repair)
	return t, nil
}

// takeOver announces an epoch that is higher than all before.
func (t *Table) takeOver(ctx context.Context) error {
	name := newWriterName()
	for {
		top := int64(0)
		t.cuts = t.cuts[:0]
		t.mu.RLock()
		for _, p := range t.parts {
			top = max(top, p.owner.n)
			t.cuts = append(t.cuts, p.cuts)
		}
		t.mu.RUnlock()
		if top >= maxEpoch {
			return stage.Permanent(fmt.Errorf("table %s: there are no epochs after %d", t.name, top))
		}
		t.epoch = epoch{top + 1, name}
		var err error
		for _, p := range t.parts {
			at := []byte(time.Now().UTC().Format(time.RFC3339))
			if err = t.append(ctx, p, EpochKey, at); err != nil {
				break
			}
		}
		switch {
		case err == nil:
			t.log.Info().Stringer("epoch", t.epoch).Int("rows", t.Len()).Msg("table opened")
			return nil
		case !errors.Is(err, ErrOvertaken) || ctx.Err() != nil:
			return err
		}
		// Another one opened at the same moment.
	}
}

// Put sets key and returns when Kafka has it and it was read back. After an
// error it is open whether it has; write again, or not, but don't rely on
// either. An error that wraps [ErrOvertaken] is fatal; a row that is too large
// is a permanent one.
func (t *Table) Put(ctx context.Context, key string, value []byte) error {
	if value == nil {
		value = []byte{}
	}
	return t.set(ctx, key, bytes.Clone(value))
}

// CatchUp returns when the table holds what was in the topic at the time of the call. An
// error that wraps [ErrOvertaken] says that somebody has taken it over.
func (t *Table) CatchUp(ctx context.Context) error {
	if err := t.follower.CatchUp(ctx); err != nil {
		return err
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	for _, p := range t.parts {
		if err := t.overtaken(p); err != nil {
			return err
		}
	}
	return nil
}

// Delete removes key and returns when Kafka has that. Errors are as Put's.
func (t *Table) Delete(ctx context.Context, key string) error { return t.set(ctx, key, nil) }

func (t *Table) set(ctx context.Context, key string, value []byte) error {
	if key == EpochKey {
		return stage.Permanent(fmt.Errorf("table %s: key %q is the table's own", t.name, key))
	}
	if n := len(key) + len(value); n > topic.MaxMessage {
		return stage.Permanent(fmt.Errorf("table %s: row %q has %d bytes, the limit is %d", t.name, key, n, topic.MaxMessage))
	}
	if err := t.gate.Acquire(ctx, 1); err != nil {
		return fmt.Errorf("table %s: %w", t.name, err)
	}
	defer t.gate.Release(1)
	return t.append(ctx, t.partition(key), key, value)
}

func (t *Table) partition(key string) *followed {
	ids := make([]int, len(t.parts))
	for i := range ids {
		ids[i] = i
	}
	return t.parts[kafka.Murmur2Balancer{}.Balance(kafka.Message{Key: []byte(key)}, ids...)]
}

// append writes a record and waits until it is read back, since only then it is
// certain that nobody overtook it.
func (t *Table) append(ctx context.Context, p *followed, key string, value []byte) error {
	t.mu.RLock()
	read := p.next
	err := t.overtaken(p)
	t.mu.RUnlock()
	if err == nil && t.ctx.Err() != nil {
		err = fmt.Errorf("table %s is closed", t.name)
	}
	if err != nil {
		return err
	}
	offset, err := t.produce(ctx, p.id, key, value)
	if err != nil {
		return err
	}
	if offset < read {
		t.mu.Lock()
		p.cut = true
		t.mu.Unlock()
	}
	err = t.await(ctx, func() (bool, error) { return !p.cut && p.next > offset || t.overtaken(p) != nil, p.err })
	if err != nil {
		return err
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.overtaken(p)
}

// overtaken is an error if p has another owner. t.mu is held.
func (t *Table) overtaken(p *followed) error {
	switch {
	case p.cuts != t.cuts[p.id]:
		return stage.Fatal(fmt.Errorf("table %s: the topic was created anew, or cut, under its writer: %w", t.name, ErrOvertaken))
	case p.owner.compare(t.epoch) > 0:
		return stage.Fatal(fmt.Errorf("table %s: epoch %v was overtaken by %v: %w", t.name, t.epoch, p.owner, ErrOvertaken))
	}
	return nil
}

// produce appends a record, not compressed, so that any client can read what
// compaction leaves, and gives its offset.
func (t *Table) produce(ctx context.Context, partition int, key string, value []byte) (int64, error) {
	wait := retryMin
	for attempt := 1; ; attempt++ {
		rec := kafka.Record{
			Time: time.Now(), Key: kafka.NewBytes([]byte(key)),
			Headers: []kafka.Header{{Key: EpochHeader, Value: []byte(t.epoch.String())}},
		}
		if value != nil {
			rec.Value = kafka.NewBytes(value)
		}
		call, cancel := context.WithTimeout(ctx, produceTimeout)
		r, err := t.bus.client.Produce(call, &kafka.ProduceRequest{
			Topic: t.full, Partition: partition, RequiredAcks: kafka.RequireAll, Records: kafka.NewRecordReader(rec),
		})
		cancel()
		if err == nil {
			err = r.Error
		}
		if err == nil {
			return r.BaseOffset, nil
		}
		err = fmt.Errorf("table %s: row %q: %w", t.name, key, err)
		switch {
		case tooLarge(err):
			return 0, stage.Permanent(err)
		case attempt == produceAttempts || ctx.Err() != nil || !sleep(ctx, wait):
			return 0, err
		}
		wait = min(2*wait, retryMax)
	}
}

// repair writes rows again that stale records lie over, until the table is
// closed or overtaken.
func (t *Table) repair() {
	for t.ctx.Err() == nil {
		if err := t.await(t.ctx, func() (bool, error) { return t.due(), nil }); err != nil {
			return
		}
		switch err := t.repairAll(); {
		case err == nil:
		case errors.Is(err, ErrOvertaken):
			t.log.Warn().Err(err).Msg("the table takes no writes any more") // who writes is told
			return
		case t.ctx.Err() == nil:
			t.log.Warn().Err(err).Msg("can't repair the table, trying again")
			if !sleep(t.ctx, retryMax) {
				return
			}
		}
	}
}

// due tells whether there is something to repair, or to give up. t.mu is held.
func (t *Table) due() bool {
	return slices.ContainsFunc(t.parts, func(p *followed) bool { return len(p.covered) > 0 || t.overtaken(p) != nil })
}

func (t *Table) repairAll() error {
	// No write of a caller may come in between, or it would be written over.
	if err := t.gate.Acquire(t.ctx, wholeGate); err != nil {
		return err
	}
	defer t.gate.Release(wholeGate)
	for _, p := range t.parts {
		rows := map[string][]byte{}
		t.mu.RLock()
		err := t.overtaken(p)
		for k := range p.covered {
			rows[k] = p.rows[k] // nil: there is none
		}
		t.mu.RUnlock()
		if err != nil {
			return err
		}
		for k, v := range rows {
			if err := t.append(t.ctx, p, k, v); err != nil {
				return err
			}
			t.log.Warn().Str("key", k).Msg("wrote a row again that a stale record lay over")
		}
	}
	return nil
}

// Ready tells that the table can't be read or written, and why.
func (t *Table) Ready(context.Context) error {
	t.mu.RLock()
	var errs []error
	for _, p := range t.parts {
		errs = append(errs, t.overtaken(p))
	}
	t.mu.RUnlock()
	return errors.Join(append(errs, t.ready())...)
}

// Close waits for what is being written, for [callTimeout] at most.
func (t *Table) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
	defer cancel()
	if t.gate.Acquire(ctx, wholeGate) == nil {
		defer t.gate.Release(wholeGate)
	}
	t.stop()
	return nil
}
