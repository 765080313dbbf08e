package bus

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kmsg"

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
	// maxUnpacked is how large a batch may be when it is unpacked: producers of
	// this package stay below an eighth of it.
	maxUnpacked = 64 << 20
	// unpackersAtOnce is how many batches are unpacked at once.
	unpackersAtOnce = 2
	// keptBytes is how large a buffer may be that is kept for the next batch.
	keptBytes = 4 << 20
	// fetchWait is how long Kafka waits for the first new message; it answers
	// at once when there is one.
	fetchWait = 500 * time.Millisecond
	// fetchTimeout is when a silent connection is given up.
	fetchTimeout = fetchWait + callTimeout
	// fetchVersion: from 13 on topics go by their ids.
	fetchVersion = 11
)

// shareOf is what a fetch of one of n partitions may bring.
func shareOf(n int) int32 {
	return int32(min(max(sourceBytes/max(n, 1), minFetchBytes), fetchBytes))
}

// fetcher reads one partition, on a connection of its own to the partition's
// leader. It is not for several goroutines. Close it.
//
// kafka-go unpacks a whole answer before it gives any of it away, and what a few
// hundred kilobytes unpack to knows no bound. Here one batch is unpacked at a
// time, so that a reader that waits holds an answer as it came and one batch.
type fetcher struct {
	bus        *Bus
	full, name string // of the topic; name stands in the messages
	partition  int
	most       int32 // bytes that one fetch brings
	conn       net.Conn
	buf        []byte // for answers
	batches
}

func (b *Bus) fetcher(full, name string, partition int, most int32) *fetcher {
	return &fetcher{bus: b, full: full, name: name, partition: partition, most: most}
}

// Close drops the connection.
func (f *fetcher) Close() {
	if f.conn != nil {
		_ = f.conn.Close()
		f.conn = nil
	}
}

// read gives the messages of the first batch that has any at offset or after,
// and where to go on; no messages if there are none yet or all were passed over.
// The messages are the caller's.
func (f *fetcher) read(ctx context.Context, offset int64) (_ []stage.Message, next int64, err error) {
	if f.next != offset || len(f.left) == 0 {
		f.batches = batches{}
		if err := f.fetch(ctx, offset); err != nil {
			return nil, 0, err
		}
	}
	u, err := f.bus.unpackers.get(ctx)
	if err != nil {
		return nil, 0, err
	}
	ms, err := f.unpack(u)
	f.bus.unpackers <- u
	if err != nil {
		// Fetched again, it is the first batch of an answer.
		f.batches = batches{}
		return nil, 0, fmt.Errorf("%s/%d: %w", f.name, f.partition, err)
	}
	for i := range ms {
		ms[i].Topic, ms[i].Partition = f.name, f.partition
	}
	return ms, f.next, nil
}

// unpacker unpacks batches, one after the other.
type unpacker struct {
	buf  []byte // what the last one was unpacked to
	zstd *zstd.Decoder
}

func newUnpacker() (*unpacker, error) {
	// kafka-go's own keeps 8 MiB of what was unpacked beside the result.
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxUnpacked))
	return &unpacker{zstd: d}, err
}

// unpack gives what is in packed, until the next call.
func (u *unpacker) unpack(c kafka.Compression, packed []byte) (_ []byte, err error) {
	if cap(u.buf) > keptBytes {
		u.buf = nil
	}
	codec := c.Codec()
	switch {
	case codec == nil:
		return nil, fmt.Errorf("unknown compression %d", c)
	case c == kafka.Zstd:
		u.buf, err = u.zstd.DecodeAll(packed, u.buf[:0])
	default:
		buf, r := bytes.NewBuffer(u.buf[:0]), codec.NewReader(bytes.NewReader(packed))
		_, err = buf.ReadFrom(io.LimitReader(r, maxUnpacked+1))
		err = errors.Join(err, r.Close())
		u.buf = buf.Bytes()
	}
	if errors.Is(err, zstd.ErrDecoderSizeExceeded) || err == nil && len(u.buf) > maxUnpacked {
		return nil, fmt.Errorf("it unpacks to more than %d bytes", maxUnpacked)
	}
	if err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	return u.buf, nil
}

// unpackers are what batches are unpacked with: so many at once.
type unpackers chan *unpacker

func newUnpackers() (unpackers, error) {
	us := make(unpackers, unpackersAtOnce)
	for range unpackersAtOnce {
		u, err := newUnpacker()
		if err != nil {
			return nil, err
		}
		us <- u
	}
	return us, nil
}

func (us unpackers) get(ctx context.Context) (*unpacker, error) {
	select {
	case u := <-us:
		return u, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// fetch asks for what stands at offset and after.
func (f *fetcher) fetch(ctx context.Context, offset int64) error {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	p, err := f.ask(ctx, offset)
	err = f.bus.explain(err)
	f.bus.transport.fetched(f.full, err)
	if err != nil {
		return err
	}
	f.batches = newBatches(p, offset)
	return nil
}

// ask asks the leader. A connection that idled may be gone, which says nothing.
func (f *fetcher) ask(ctx context.Context, offset int64) (*kmsg.FetchResponseTopicPartition, error) {
	kept := f.conn != nil
	p, err := f.askOnce(ctx, offset)
	if kept && err != nil && ctx.Err() == nil && (closedByPeer(err) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)) {
		p, err = f.askOnce(ctx, offset)
	}
	return p, err
}

func (f *fetcher) askOnce(ctx context.Context, offset int64) (_ *kmsg.FetchResponseTopicPartition, err error) {
	defer func() {
		if err != nil {
			f.Close() // whatever it was, the next try looks for the leader again
		}
	}()
	if f.conn == nil {
		if f.conn, err = f.connect(ctx); err != nil {
			return nil, err
		}
	}
	if t, ok := ctx.Deadline(); ok {
		if err := f.conn.SetDeadline(t); err != nil {
			return nil, err
		}
	}
	conn := f.conn
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(longAgo()) })
	defer stop()

	part := kmsg.NewFetchRequestTopicPartition()
	part.Partition, part.FetchOffset, part.PartitionMaxBytes = int32(f.partition), offset, f.most
	t := kmsg.NewFetchRequestTopic()
	t.Topic, t.Partitions = f.full, []kmsg.FetchRequestTopicPartition{part}
	req := kmsg.NewPtrFetchRequest()
	req.Version, req.MaxWaitMillis, req.MinBytes, req.MaxBytes = fetchVersion, int32(fetchWait.Milliseconds()), 1, f.most
	req.IsolationLevel = int8(kafka.ReadCommitted)
	req.Topics = []kmsg.FetchRequestTopic{t}
	resp := kmsg.NewPtrFetchResponse()
	if cap(f.buf) > 2*int(f.most) { // for a batch larger than that
		f.buf = nil
	}
	if f.buf, err = askInto(f.buf, f.conn, req, resp); err != nil {
		return nil, errors.Join(ctx.Err(), err)
	}
	if resp.ErrorCode != 0 {
		return nil, kafka.Error(resp.ErrorCode)
	}
	if len(resp.Topics) != 1 || len(resp.Topics[0].Partitions) != 1 || resp.Topics[0].Partitions[0].Partition != part.Partition {
		return nil, fmt.Errorf("fetch of %s/%d: an answer to another question", f.full, f.partition)
	}
	p := &resp.Topics[0].Partitions[0]
	if p.ErrorCode != 0 {
		return nil, kafka.Error(p.ErrorCode)
	}
	return p, nil
}

// connect finds the partition's leader.
func (f *fetcher) connect(ctx context.Context) (net.Conn, error) {
	topics, err := f.bus.metadata(ctx, []string{f.full})
	if err != nil {
		return nil, err
	}
	t, ok := topics[f.full]
	switch {
	case !ok:
		return nil, kafka.UnknownTopicOrPartition
	case t.Error != nil:
		return nil, t.Error
	}
	for _, p := range t.Partitions {
		switch {
		case p.ID != f.partition:
		case p.Error != nil && p.Leader.Host == "":
			return nil, p.Error
		case p.Leader.Host == "":
			return nil, kafka.LeaderNotAvailable
		default:
			return f.bus.dial(ctx, net.JoinHostPort(p.Leader.Host, strconv.Itoa(p.Leader.Port)))
		}
	}
	return nil, kafka.UnknownTopicOrPartition
}

// batches are what one fetch brought, as it came.
type batches struct {
	next    int64 // where to go on after what was unpacked
	left    []byte
	begun   bool // a batch was taken off
	waiting []aborted
	aborted map[int64]bool // by producer: those that began and were not ended
}

func newBatches(p *kmsg.FetchResponseTopicPartition, offset int64) batches {
	b := batches{next: offset, left: p.RecordBatches, aborted: map[int64]bool{}}
	for _, t := range p.AbortedTransactions {
		b.waiting = append(b.waiting, aborted{t.ProducerID, t.FirstOffset})
	}
	// Kafka names them in the order in which they ended.
	slices.SortFunc(b.waiting, func(x, y aborted) int { return cmp.Compare(x.first, y.first) })
	return b
}

// aborted is a transaction, in the order of their first offsets.
type aborted struct{ producer, first int64 }

// Attributes of a batch.
const (
	codecBits     = 0b111
	appendTime    = 1 << 3
	transactional = 1 << 4
	controls      = 1 << 5
	batchHead     = 12 // bytes before those that a batch's length counts
	batchChecked  = 21 // bytes before those that its checksum covers
	abortMark     = 0  // of a control record; 1 is a commit
	recordFormat  = 2  // since Kafka 0.11
)

// unpack gives the messages of the next batch that has any, and moves f.next
// behind it. Batches of aborted transactions and marks of transactions are passed
// over.
func (f *batches) unpack(u *unpacker) ([]stage.Message, error) {
	for {
		raw, err := f.cut()
		if raw == nil {
			return nil, err
		}
		var b kmsg.RecordBatch
		if err := b.ReadFrom(raw); err != nil {
			return nil, fmt.Errorf("batch at or behind %d: %w", f.next, err)
		}
		at := func(err error) error { return fmt.Errorf("batch at %d: %w", b.FirstOffset, err) }
		if b.Magic != recordFormat {
			return nil, at(fmt.Errorf("record format %d, supported is %d", b.Magic, recordFormat))
		}
		if is, want := crc32.Checksum(raw[batchChecked:], crc32.MakeTable(crc32.Castagnoli)), uint32(b.CRC); is != want {
			return nil, at(fmt.Errorf("checksum is %08x, should be %08x", is, want))
		}
		behind := b.FirstOffset + int64(b.LastOffsetDelta) + 1
		dropped, err := f.dropped(&b)
		if err != nil {
			return nil, at(err)
		}
		var ms []stage.Message
		if !dropped && behind > f.next {
			if ms, err = f.messages(&b, u); err != nil {
				return nil, at(err)
			}
		}
		f.next = max(f.next, behind)
		if len(ms) > 0 {
			return ms, nil
		}
	}
}

// cut takes the next batch off; nil if there is none. The last one may be there
// in part: the next fetch begins with it.
func (f *batches) cut() ([]byte, error) {
	n := batchHead
	if len(f.left) >= batchHead {
		n += int(int32(binary.BigEndian.Uint32(f.left[8:])))
	}
	switch {
	case len(f.left) == 0:
		return nil, nil
	case n < batchChecked || n > len(f.left):
		if !f.begun {
			return nil, fmt.Errorf("batch at or behind %d: it has %d bytes, of which %d came", f.next, n, len(f.left))
		}
		f.left = nil
		return nil, nil
	}
	raw := f.left[:n]
	f.left, f.begun = f.left[n:], true
	return raw, nil
}

// dropped tells whether what the batch holds counts for nothing. Batches come in
// the log's order.
func (f *batches) dropped(b *kmsg.RecordBatch) (bool, error) {
	for len(f.waiting) > 0 && f.waiting[0].first <= b.FirstOffset {
		f.aborted[f.waiting[0].producer] = true
		f.waiting = f.waiting[1:]
	}
	if b.Attributes&controls == 0 {
		return b.Attributes&transactional != 0 && f.aborted[b.ProducerID], nil
	}
	if b.NumRecords == 0 {
		return true, nil // compacted away
	}
	rec, _, err := parseRecord(b.Records)
	if err != nil || len(rec.Key) < 4 {
		return false, errors.Join(errors.New("an unreadable mark of a transaction"), err)
	}
	if binary.BigEndian.Uint16(rec.Key[2:]) == abortMark {
		delete(f.aborted, b.ProducerID)
	}
	return true, nil
}

// messages unpacks a batch. The messages are copies.
func (f *batches) messages(b *kmsg.RecordBatch, u *unpacker) ([]stage.Message, error) {
	records := b.Records
	if c := kafka.Compression(b.Attributes & codecBits); c != 0 {
		var err error
		if records, err = u.unpack(c, records); err != nil {
			return nil, err
		}
	}
	// Each record has 7 bytes at least, whatever the batch says of itself.
	ms := make([]stage.Message, 0, min(max(int(b.NumRecords), 0), len(records)/7+1))
	for range b.NumRecords {
		rec, rest, err := parseRecord(records)
		if err != nil {
			return nil, fmt.Errorf("record %d of %d: %w", len(ms), b.NumRecords, err)
		}
		records = rest
		m := stage.Message{Offset: b.FirstOffset + int64(rec.OffsetDelta)}
		if m.Offset < f.next {
			continue // a batch comes whole, even if it begins before the asked offset
		}
		written := b.FirstTimestamp + rec.TimestampDelta64
		if b.Attributes&appendTime != 0 {
			written = b.MaxTimestamp
		}
		m.Time = time.UnixMilli(written)
		m.Key, m.Value = bytes.Clone(rec.Key), bytes.Clone(rec.Value)
		if len(rec.Headers) > 0 {
			m.Headers = make([]stage.Header, len(rec.Headers))
			for i, h := range rec.Headers {
				m.Headers[i] = stage.Header{Key: h.Key, Value: bytes.Clone(h.Value)}
			}
		}
		ms = append(ms, m)
	}
	return ms, nil
}

// parseRecord takes one record off. It points into b.
func parseRecord(b []byte) (rec kmsg.Record, rest []byte, err error) {
	n, size := binary.Varint(b)
	if size <= 0 || n < 0 || n > int64(len(b)-size) {
		return rec, nil, fmt.Errorf("a length of %d in %d bytes", n, len(b))
	}
	end := size + int(n)
	return rec, b[end:], rec.ReadFrom(b[:end:end])
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
