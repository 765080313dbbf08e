package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"

	"github.com/copytaster/copytaster/pkg/stage"
)

// readAttempts is how often in a row reading a log may fail, with pauses that
// grow to [retryMax], before it is given up.
const readAttempts = 10

// Extent is what the log of a partition holds: the offsets from First up to,
// and without, End. Compaction leaves gaps in between.
type Extent struct {
	Partition  int
	First, End int64
}

// Extents gives the extent of every partition of a topic, in their order.
func (b *Bus) Extents(ctx context.Context, name string) ([]Extent, error) {
	partitions, err := b.partitions(ctx, name)
	if err != nil {
		return nil, err
	}
	first, end, err := b.bounds(ctx, b.ns.Name(name), partitions)
	if err != nil {
		return nil, err
	}
	es := make([]Extent, len(partitions))
	for i, p := range partitions {
		es[i] = Extent{p, first[p], end[p]}
	}
	return es, nil
}

// partitions are those of a topic that exists: 0 up to their number.
func (b *Bus) partitions(ctx context.Context, name string) ([]int, error) {
	full := b.ns.Name(name)
	md, err := b.metadata(ctx, []string{full})
	if err != nil {
		return nil, err
	}
	t, ok := md[full]
	if !ok || t.Error != nil || len(t.Partitions) == 0 {
		return nil, fmt.Errorf("topic %s: %w", name, errOr(t.Error, kafka.UnknownTopicOrPartition))
	}
	ps := make([]int, len(t.Partitions))
	for i := range ps {
		ps[i] = i
	}
	return ps, nil
}

// OffsetsAt gives for every partition of a topic the offset of the first
// message that was written at t or later; the log's end if there is none.
func (b *Bus) OffsetsAt(ctx context.Context, name string, t time.Time) (map[int]int64, error) {
	partitions, err := b.partitions(ctx, name)
	if err != nil {
		return nil, err
	}
	full := b.ns.Name(name)
	at, err := b.offsets(ctx, full, partitions, kafka.LastOffset)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	reqs := make([]kafka.OffsetRequest, len(partitions))
	for i, p := range partitions {
		reqs[i] = kafka.OffsetRequest{Partition: p, Timestamp: max(t.UnixMilli(), 0)}
	}
	r, err := b.client.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{full: reqs}})
	if err != nil {
		return nil, fmt.Errorf("offsets of topic %s at %v: %w", name, t, err)
	}
	for _, p := range r.Topics[full] {
		if p.Error != nil {
			return nil, fmt.Errorf("offsets of topic %s, partition %d, at %v: %w", name, p.Partition, t, p.Error)
		}
		for o := range p.Offsets { // one, or none when nothing is that young
			if o >= 0 {
				at[p.Partition] = o
			}
		}
	}
	return at, nil
}

// ReadLog calls f for each message of a partition from offset from on up to,
// and without, to, in their order, without being in a group. to < 0 goes on
// with what is still to come, until ctx is done, which is no error then.
//
// Offsets that compaction left empty are passed over. An offset below the
// log's start or beyond its end is an error, also when retention deletes what
// is being read. f's error ends it and is returned.
func (b *Bus) ReadLog(ctx context.Context, name string, partition int, from, to int64, f func(stage.Message) error) error {
	full := b.ns.Name(name)
	at, wait, failures := from, retryMin, 0
	fetcher := b.fetcher(full, name, partition, fetchBytes)
	defer fetcher.Close()
	for to < 0 || at < to {
		ms, next, err := fetcher.read(ctx, at)
		switch {
		case ctx.Err() != nil && to < 0:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, kafka.OffsetOutOfRange):
			return b.outside(ctx, name, partition, at)
		case err != nil:
			var refused kafka.Error
			failures++
			if failures == readAttempts || errors.As(err, &refused) && !refused.Temporary() {
				return fmt.Errorf("read %s/%d@%d: %w", name, partition, at, err)
			}
			b.log.Warn().Err(err).Str("topic", name).Int("partition", partition).Int64("offset", at).Msg("can't fetch, trying again")
			sleep(ctx, wait) // the next turn tells whether ctx is done
			wait = min(2*wait, retryMax)
			continue
		}
		wait, failures = retryMin, 0
		for _, m := range ms {
			if to >= 0 && m.Offset >= to {
				return nil
			}
			if err := f(m); err != nil {
				return err
			}
		}
		at = next
	}
	return nil
}

// outside says what the log holds instead of offset.
func (b *Bus) outside(ctx context.Context, name string, partition int, offset int64) error {
	first, end, err := b.bounds(ctx, b.ns.Name(name), []int{partition})
	if err != nil {
		return fmt.Errorf("%s/%d: offset %d is not there: %w", name, partition, offset, err)
	}
	return fmt.Errorf("%s/%d: offset %d is not there, the log holds %d to %d: %w", name, partition, offset, first[partition], end[partition], kafka.OffsetOutOfRange)
}

// PartitionOf is where this package's producers put a key, of a topic that has
// n partitions. A topic that once had fewer holds older messages of the key
// elsewhere.
func PartitionOf(key []byte, n int) int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return kafka.Murmur2Balancer{Consistent: true}.Balance(kafka.Message{Key: key}, all...)
}

// Outside tells whether an error of [Bus.ReadLog] says that the log doesn't hold the
// offset that was asked for: it is older than the topic keeps, or the topic is another
// one.
func Outside(err error) bool { return errors.Is(err, kafka.OffsetOutOfRange) }
