package bus

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kmsg"
	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/pkg/stage"
)

// wire makes a batch as Kafka stores it: the records at the offsets given, of
// first to last.
func wire(codec kafka.Compression, attributes int16, producer, first, last int64, at []int64, records []kmsg.Record) []byte {
	var body []byte
	for i, r := range records {
		r.OffsetDelta = int32(at[i] - first)
		r.Length = int32(len(r.AppendTo(nil)) - 1) // a length of 0 takes one byte
		body = r.AppendTo(body)
	}
	if codec != 0 {
		var packed bytes.Buffer
		w := codec.Codec().NewWriter(&packed)
		_, _ = w.Write(body)
		_ = w.Close()
		body = packed.Bytes()
	}
	b := kmsg.RecordBatch{
		FirstOffset: first, Magic: 2, Attributes: attributes | int16(codec), LastOffsetDelta: int32(last - first),
		FirstTimestamp: 1_700_000_000_000, MaxTimestamp: 1_700_000_000_900, ProducerID: producer, NumRecords: int32(len(records)), Records: body,
	}
	raw := b.AppendTo(nil)
	binary.BigEndian.PutUint32(raw[8:], uint32(len(raw)-batchHead))
	return check(raw)
}

// check sets the checksum right.
func check(raw []byte) []byte {
	binary.BigEndian.PutUint32(raw[batchChecked-4:], crc32.Checksum(raw[batchChecked:], crc32.MakeTable(crc32.Castagnoli)))
	return raw
}

func rec(key, value string) kmsg.Record { return kmsg.Record{Key: []byte(key), Value: []byte(value)} }

// texts are the offsets and values of all messages that are in b.
func texts(b *batches) (got []string, err error) {
	u, err := newUnpacker()
	if err != nil {
		return nil, err
	}
	for {
		was := b.next
		ms, err := b.unpack(u)
		if err != nil {
			return got, err
		}
		for _, m := range ms {
			got = append(got, fmt.Sprintf("%d:%s", m.Offset, m.Value))
		}
		if len(ms) == 0 && len(b.left) == 0 {
			return got, nil
		}
		if b.next <= was {
			return got, fmt.Errorf("it stands still at %d", was)
		}
	}
}

func TestBatchesAreUnpackedInOrder(t *testing.T) {
	mark := func(kind byte) []kmsg.Record { return []kmsg.Record{rec("\x00\x00\x00"+string(rune(kind)), "")} }
	one := func(first int64, attributes int16, producer int64, value string) []byte {
		return wire(0, attributes, producer, first, first, []int64{first}, []kmsg.Record{rec("k", value)})
	}
	for name, c := range map[string]struct {
		from    int64
		raw     [][]byte
		waiting []aborted
		want    string
		next    int64
	}{
		"nothing": {from: 5, next: 5},
		"a batch that begins before": {from: 11, want: "11:b 12:c", next: 13, raw: [][]byte{
			wire(0, 0, -1, 10, 12, []int64{10, 11, 12}, []kmsg.Record{rec("", "a"), rec("", "b"), rec("", "c")}),
		}},
		"compaction took records, also the last": {from: 10, want: "12:c 21:x", next: 22, raw: [][]byte{
			wire(kafka.Zstd, 0, -1, 10, 19, []int64{12}, []kmsg.Record{rec("", "c")}), one(21, 0, -1, "x"),
		}},
		"compaction took all of it": {from: 10, want: "20:x", next: 21, raw: [][]byte{
			wire(0, 0, -1, 10, 19, nil, nil), one(20, 0, -1, "x"),
		}},
		"an aborted transaction, and one that was not": {from: 0, want: "1:good 3:late 5:again", next: 6, waiting: []aborted{{7, 0}}, raw: [][]byte{
			one(0, transactional, 7, "bad"), one(1, transactional, 8, "good"),
			wire(0, transactional|controls, 7, 2, 2, []int64{2}, mark(0)),
			one(3, transactional, 7, "late"),
			wire(0, transactional|controls, 8, 4, 4, []int64{4}, mark(1)), one(5, 0, -1, "again"),
		}},
		"the last batch is cut":                      {from: 0, want: "0:a", next: 1, raw: [][]byte{one(0, 0, -1, "a"), one(1, 0, -1, "b")[:40]}},
		"of the last batch there is not even a head": {from: 0, want: "0:a", next: 1, raw: [][]byte{one(0, 0, -1, "a"), one(1, 0, -1, "b")[:7]}},
	} {
		t.Run(name, func(t *testing.T) {
			b := &batches{next: c.from, left: bytes.Join(c.raw, nil), waiting: c.waiting, aborted: map[int64]bool{}}
			got, err := texts(b)
			if s := strings.Join(got, " "); err != nil || s != c.want || b.next != c.next {
				t.Errorf("got %q, next %d, %v; want %q, next %d", s, b.next, err, c.want, c.next)
			}
		})
	}
}

func TestWrongBatchesAreRefused(t *testing.T) {
	good := func() []byte {
		return wire(0, 0, -1, 3, 4, []int64{3, 4}, []kmsg.Record{rec("", "a"), rec("", "b")})
	}
	huge := make([]byte, maxUnpacked+1)
	var packed bytes.Buffer
	w := kafka.Zstd.Codec().NewWriter(&packed)
	_, _ = w.Write(huge)
	_ = w.Close()
	bomb := kmsg.RecordBatch{FirstOffset: 3, Magic: 2, Attributes: int16(kafka.Zstd), NumRecords: 1, Records: packed.Bytes()}
	bombed := bomb.AppendTo(nil)
	binary.BigEndian.PutUint32(bombed[8:], uint32(len(bombed)-batchHead))
	for name, c := range map[string]struct {
		raw  []byte
		want string
	}{
		"a flipped bit":         {func() []byte { r := good(); r[len(r)-1] ^= 1; return r }(), "batch at 3: checksum is"},
		"an old format":         {func() []byte { r := good(); r[16] = 1; return check(r) }(), "batch at 3: record format 1"},
		"cut short":             {good()[:50], "of which 50 came"},
		"a negative length":     {func() []byte { r := good(); binary.BigEndian.PutUint32(r[8:], 1<<31); return r }(), "at or behind 3"},
		"fewer records":         {func() []byte { r := good(); r[60] = 9; return check(r) }(), "record 2 of 9"},
		"an unknown codec":      {func() []byte { r := good(); r[22] |= 7; return check(r) }(), "unknown compression 7"},
		"not what the codec is": {func() []byte { r := good(); r[22] |= 4; return check(r) }(), "unpack"},
		"more than can be":      {check(bombed), fmt.Sprintf("more than %d bytes", maxUnpacked)},
	} {
		t.Run(name, func(t *testing.T) {
			b := &batches{next: 3, left: c.raw, aborted: map[int64]bool{}}
			if got, err := texts(b); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v and error %v, want one with %q", got, err, c.want)
			}
			if b.next != 3 {
				t.Errorf("it went on to %d", b.next)
			}
		})
	}
}

// TestOverlappingTransactions: Kafka names aborted ones in the order in which they
// ended.
func TestOverlappingTransactions(t *testing.T) {
	part := kmsg.NewFetchResponseTopicPartition()
	for _, a := range []struct{ producer, first int64 }{{7, 2}, {8, 0}} {
		x := kmsg.NewFetchResponseTopicPartitionAbortedTransaction()
		x.ProducerID, x.FirstOffset = a.producer, a.first
		part.AbortedTransactions = append(part.AbortedTransactions, x)
	}
	one := func(first, producer int64) []byte {
		return wire(0, transactional, producer, first, first, []int64{first}, []kmsg.Record{rec("k", "bad")})
	}
	part.RecordBatches = bytes.Join([][]byte{one(0, 8), one(1, 8), one(2, 7), wire(0, 0, -1, 3, 3, []int64{3}, []kmsg.Record{rec("k", "good")})}, nil)
	b := newBatches(&part, 0)
	got, err := texts(&b)
	if s := strings.Join(got, " "); err != nil || s != "3:good" {
		t.Errorf("got %q, %v", s, err)
	}
}

// TestBatchesProperty: whatever batches, compressions, gaps, and place to begin
// at, what comes is what is there from that place on, once, with all that it has.
func TestBatchesProperty(t *testing.T) {
	u, err := newUnpacker()
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		var raw []byte
		var want []stage.Message
		from, at := int64(rapid.IntRange(0, 60).Draw(t, "from")), int64(0)
		for range rapid.IntRange(1, 5).Draw(t, "batches") {
			first := at
			var records []kmsg.Record
			var offsets []int64
			for range rapid.IntRange(0, 5).Draw(t, "records") {
				at += int64(rapid.IntRange(0, 3).Draw(t, "gap"))
				r := kmsg.Record{TimestampDelta64: rapid.Int64Range(0, 50).Draw(t, "delta")}
				m := stage.Message{Offset: at, Time: time.UnixMilli(1_700_000_000_000 + r.TimestampDelta64)}
				if rapid.Bool().Draw(t, "keyed") {
					r.Key = []byte(rapid.StringN(0, 3, 9).Draw(t, "key"))
					m.Key = r.Key
				}
				if rapid.Bool().Draw(t, "valued") {
					r.Value = []byte(rapid.StringN(0, 5, 15).Draw(t, "value"))
					m.Value = r.Value
				}
				if rapid.Bool().Draw(t, "headed") {
					r.Headers = []kmsg.Header{{Key: "h", Value: []byte("v")}}
					m.Headers = []stage.Header{{Key: "h", Value: []byte("v")}}
				}
				records, offsets = append(records, r), append(offsets, at)
				if at >= from {
					want = append(want, m)
				}
				at++
			}
			at += int64(rapid.IntRange(0, 3).Draw(t, "gone"))
			if at == first {
				at++
			}
			codec := rapid.SampledFrom([]kafka.Compression{0, kafka.Gzip, kafka.Snappy, kafka.Lz4, kafka.Zstd}).Draw(t, "codec")
			raw = append(raw, wire(codec, 0, -1, first, at-1, offsets, records)...)
		}
		b := &batches{next: from, left: raw, aborted: map[int64]bool{}}
		var got []stage.Message
		for len(b.left) > 0 {
			ms, err := b.unpack(u)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, ms...)
		}
		if g, w := fmt.Sprintf("%#v", got), fmt.Sprintf("%#v", want); len(got) != len(want) || len(want) > 0 && g != w {
			t.Fatalf("got  %s\nwant %s", g, w)
		}
		if b.next != max(from, at) {
			t.Fatalf("next is %d, the log ends at %d", b.next, at)
		}
	})
}

// FuzzBatches: whatever comes, no panic, and an end.
func FuzzBatches(f *testing.F) {
	f.Add(wire(0, 0, -1, 3, 4, []int64{3, 4}, []kmsg.Record{rec("", "a"), rec("k", "b")}), int64(3))
	f.Add(wire(kafka.Zstd, transactional, 7, 0, 9, []int64{4}, []kmsg.Record{rec("k", "b")}), int64(2))
	f.Add(wire(0, transactional|controls, 7, 0, 0, []int64{0}, []kmsg.Record{rec("\x00\x00\x00\x00", "")}), int64(0))
	u, err := newUnpacker()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw []byte, from int64) {
		if len(raw) > batchChecked {
			check(raw) // else nothing passes
		}
		b := &batches{next: from, left: raw, aborted: map[int64]bool{}}
		for range len(raw) + 1 {
			if _, err := b.unpack(u); err != nil || len(b.left) == 0 {
				return
			}
		}
		t.Fatalf("it doesn't end: %d bytes left", len(b.left))
	})
}

func BenchmarkUnpack(b *testing.B) {
	value := strings.Repeat("The ministry said on Tuesday that talks would go on. ", 60)
	var records []kmsg.Record
	var at []int64
	for i := range 300 {
		records, at = append(records, kmsg.Record{Key: []byte("key"), Value: []byte(value)}), append(at, int64(i))
	}
	raw := wire(kafka.Zstd, 0, -1, 0, 299, at, records)
	u, err := newUnpacker()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.SetBytes(int64(len(records) * len(value)))
	for b.Loop() {
		batch := &batches{left: raw, aborted: map[int64]bool{}}
		if ms, err := batch.unpack(u); err != nil || len(ms) != len(records) {
			b.Fatal(len(ms), err)
		}
	}
}
