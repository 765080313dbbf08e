package bus

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"

	"github.com/copytaster/copytaster/pkg/stage"
)

const (
	// fetchBytes is how much one fetch brings at most, but for a single larger
	// batch, which comes whole.
	fetchBytes = 2 << 20
	// fetchWait is how long Kafka waits for the first new message; it answers
	// at once when there is one.
	fetchWait = 500 * time.Millisecond
	// fetchTimeout is when a silent connection is given up.
	fetchTimeout = fetchWait + callTimeout
)

// fetched is what one fetch brought.
type fetched struct {
	messages []stage.Message // those at and after the asked offset, in order
	next     int64           // where to go on; more than the asked offset if there was anything, records or not
	end      int64           // the high watermark
}

// fetch asks for what stands at offset and after. full is the topic's full
// name, name stands in the messages.
func (b *Bus) fetch(ctx context.Context, full, name string, partition int, offset int64) (fetched, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	r, err := b.client.Fetch(ctx, &kafka.FetchRequest{
		Topic: full, Partition: partition, Offset: offset, MinBytes: 1, MaxBytes: fetchBytes, MaxWait: fetchWait,
		IsolationLevel: kafka.ReadCommitted,
	})
	if err != nil {
		return fetched{}, err
	}
	if r.Error != nil {
		return fetched{}, r.Error
	}
	f := fetched{next: offset, end: r.HighWatermark}
	for {
		rec, err := r.Records.ReadRecord()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			if len(f.messages) > 0 {
				break // the next fetch begins with what is wrong, and tells
			}
			return fetched{}, fmt.Errorf("records: %w", err)
		}
		m, err := message(rec)
		if err != nil {
			return fetched{}, fmt.Errorf("record %d: %w", rec.Offset, err)
		}
		if rec.Offset < f.next {
			continue // a batch comes whole, even if it begins before the asked offset
		}
		m.Topic, m.Partition = name, partition
		f.messages = append(f.messages, m)
		f.next = rec.Offset + 1
	}
	if len(f.messages) == 0 {
		f.next = skip(r.Records, offset)
	}
	return f, nil
}

// skip is where to go on after an answer without a record at or after offset.
//
// No batch: there is nothing new. Otherwise Kafka answered with a batch that
// spans offset and holds nothing there: its last records were compacted away,
// or it is a transaction's mark. kafka-go hides where such a batch ends, so
// that the way out is step by step: as long as the step lies within the batch,
// the same batch comes again.
func skip(r kafka.RecordReader, offset int64) int64 {
	stream, ok := r.(*protocol.RecordStream)
	if !ok || len(stream.Records) == 0 {
		return offset
	}
	if first, ok := stream.Records[0].(interface{ Offset() int64 }); ok && first.Offset() > offset {
		return first.Offset()
	}
	return offset + 1
}

// message copies a record and gives its buffers back.
func message(r *kafka.Record) (stage.Message, error) {
	m := stage.Message{Offset: r.Offset, Time: r.Time}
	var err error
	if r.Key != nil {
		defer r.Key.Close()
		if m.Key, err = kafka.ReadAll(r.Key); err != nil {
			return m, err
		}
	}
	if r.Value != nil {
		defer r.Value.Close()
		if m.Value, err = kafka.ReadAll(r.Value); err != nil {
			return m, err
		}
	}
	if len(r.Headers) > 0 {
		m.Headers = make([]stage.Header, len(r.Headers))
		for i, h := range r.Headers {
			m.Headers[i] = stage.Header{Key: h.Key, Value: h.Value}
		}
	}
	return m, nil
}

// bounds gives the first offset of a partition's log and the one after its
// last.
func (b *Bus) bounds(ctx context.Context, full string, partitions []int) (first, end map[int]int64, err error) {
	first, err = b.offsets(ctx, full, partitions, kafka.FirstOffset)
	if err != nil {
		return nil, nil, err
	}
	end, err = b.offsets(ctx, full, partitions, kafka.LastOffset)
	return first, end, err
}

func (b *Bus) offsets(ctx context.Context, full string, partitions []int, which int64) (map[int]int64, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	reqs := make([]kafka.OffsetRequest, len(partitions))
	for i, p := range partitions {
		reqs[i] = kafka.OffsetRequest{Partition: p, Timestamp: which}
	}
	r, err := b.client.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{full: reqs}})
	if err != nil {
		return nil, fmt.Errorf("offsets of topic %s: %w", full, err)
	}
	at := make(map[int]int64, len(partitions))
	for _, p := range r.Topics[full] {
		if p.Error != nil {
			return nil, fmt.Errorf("offsets of topic %s, partition %d: %w", full, p.Partition, p.Error)
		}
		at[p.Partition] = p.LastOffset
		if which == kafka.FirstOffset {
			at[p.Partition] = p.FirstOffset
		}
	}
	for _, p := range partitions {
		if o, ok := at[p]; !ok || o < 0 {
			return nil, fmt.Errorf("offsets of topic %s, partition %d: no answer", full, p)
		}
	}
	return at, nil
}
