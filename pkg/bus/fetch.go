package bus

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	fetchapi "github.com/segmentio/kafka-go/protocol/fetch"

	"github.com/copytaster/copytaster/pkg/stage"
)

const (
	// fetchBytes is how much one fetch brings at most, as it is compressed, but
	// for a single larger batch, which comes whole.
	fetchBytes = 2 << 20
	// sourceBytes is what the fetches of all partitions that a source reads
	// bring at most together: each holds one that waits to be handed out. With
	// very many partitions it is minFetchBytes for each.
	sourceBytes   = 4 << 20
	minFetchBytes = 64 << 10
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

// shareOf is what a fetch of one of n partitions may bring.
func shareOf(n int) int32 {
	return int32(min(max(sourceBytes/max(n, 1), minFetchBytes), fetchBytes))
}

// fetch asks for what stands at offset and after, of so many bytes at most.
// full is the topic's full name, name stands in the messages.
func (b *Bus) fetch(ctx context.Context, full, name string, partition int, offset int64, most int32) (fetched, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	// Client.Fetch would do, but keeps back which transactions were aborted.
	answer, err := b.transport.RoundTrip(ctx, b.client.Addr, &fetchapi.Request{
		ReplicaID: -1, MaxWaitTime: int32(fetchWait.Milliseconds()), MinBytes: 1, MaxBytes: most,
		IsolationLevel: int8(kafka.ReadCommitted), SessionID: -1, SessionEpoch: -1,
		Topics: []fetchapi.RequestTopic{{Topic: full, Partitions: []fetchapi.RequestPartition{{
			Partition: int32(partition), CurrentLeaderEpoch: -1, FetchOffset: offset, LogStartOffset: -1, PartitionMaxBytes: most,
		}}}},
	})
	if err != nil {
		return fetched{}, err
	}
	r, ok := answer.(*fetchapi.Response)
	if !ok || r.ErrorCode == 0 && (len(r.Topics) != 1 || len(r.Topics[0].Partitions) != 1) {
		return fetched{}, fmt.Errorf("fetch of %s/%d: an answer to another question", full, partition)
	}
	if r.ErrorCode != 0 {
		return fetched{}, kafka.Error(r.ErrorCode)
	}
	p := &r.Topics[0].Partitions[0]
	if p.ErrorCode != 0 {
		return fetched{}, kafka.Error(p.ErrorCode)
	}
	f := fetched{next: offset, end: p.HighWatermark}
	stream, ok := p.RecordSet.Records.(*protocol.RecordStream)
	if !ok || len(stream.Records) == 0 {
		return f, nil // nothing new
	}
	tx := transactions{waiting: p.AbortedTransactions, aborted: map[int64]bool{}}
	for _, batch := range stream.Records {
		dropped, err := tx.dropped(batch)
		if err == nil {
			err = f.read(batch, dropped)
		}
		if err != nil {
			if f.next > offset {
				break // the next fetch begins with what is wrong, and tells
			}
			return fetched{}, err
		}
	}
	for i := range f.messages {
		f.messages[i].Topic, f.messages[i].Partition = name, partition
	}
	if f.next == offset {
		// The batch spans offset and holds nothing there: its last records were
		// compacted away. kafka-go hides where such a batch ends, so that the way
		// out is step by step: as long as the step lies within the batch, the same
		// batch comes again.
		f.next++
	}
	return f, nil
}

// read takes in what a batch holds at f.next and after; dropped batches and
// marks of transactions are passed over.
func (f *fetched) read(batch kafka.RecordReader, dropped bool) error {
	if b, ok := batch.(interface{ Offset() int64 }); ok && b.Offset() > f.next {
		f.next = b.Offset() // there is nothing in between
	}
	if c, ok := batch.(*protocol.ControlBatch); ok {
		f.next = max(f.next, c.BaseOffset+1)
		return nil
	}
	for {
		rec, err := batch.ReadRecord()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("records: %w", err)
		}
		m, err := message(rec)
		if err != nil {
			return fmt.Errorf("record %d: %w", rec.Offset, err)
		}
		if rec.Offset < f.next {
			continue // a batch comes whole, even if it begins before the asked offset
		}
		f.next = rec.Offset + 1
		if !dropped {
			f.messages = append(f.messages, m)
		}
	}
}

// transactions knows which producers' batches were aborted.
type transactions struct {
	waiting []fetchapi.ResponseTransaction // in the order of their first offsets
	aborted map[int64]bool                 // by producer: those that began and were not ended
}

// dropped tells whether batch is of an aborted transaction. Batches come in the
// log's order.
func (t *transactions) dropped(batch kafka.RecordReader) (bool, error) {
	const abort = 0 // type of a mark; 1 is a commit
	switch b := batch.(type) {
	case *protocol.ControlBatch:
		mark, err := b.ReadControlRecord()
		if errors.Is(err, io.EOF) {
			return true, nil // compacted away
		}
		if err != nil {
			return false, fmt.Errorf("mark of a transaction at %d: %w", b.BaseOffset, err)
		}
		if mark.Type == abort {
			delete(t.aborted, b.ProducerID)
		}
		return true, nil
	case *protocol.RecordBatch:
		for len(t.waiting) > 0 && t.waiting[0].FirstOffset <= b.BaseOffset {
			t.aborted[t.waiting[0].ProducerID] = true
			t.waiting = t.waiting[1:]
		}
		return b.Attributes.Transactional() && t.aborted[b.ProducerID], nil
	default:
		return false, nil // before there were transactions
	}
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
