package bus_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

// read collects the offsets that ReadLog gives.
func read(ctx context.Context, b *bus.Bus, name string, partition int, from, to int64) ([]int64, error) {
	var got []int64
	err := b.ReadLog(ctx, name, partition, from, to, func(m stage.Message) error {
		got = append(got, m.Offset)
		return nil
	})
	return got, err
}

func upTo(from, to int64) (all []int64) {
	for o := from; o < to; o++ {
		all = append(all, o)
	}
	return all
}

func TestLogIsReadBetweenOffsets(t *testing.T) {
	for _, c := range []struct {
		name string
		bus  func(t *testing.T) *bus.Bus
	}{
		{"kfake", func(t *testing.T) *bus.Bus { _, b := fake(t); return b }},
		{"kafka", func(t *testing.T) *bus.Bus { return realBus(t) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, ctx := c.bus(t), testContext(t)
			ensure(t, ctx, b, topic.Received)
			send(t, ctx, b, 40, 0, 5)
			es, err := b.Extents(ctx, topic.Received)
			if err != nil || len(es) != 12 {
				t.Fatal(es, err)
			}
			var total int64
			for i, e := range es {
				if e.Partition != i || e.First != 0 {
					t.Fatalf("extent %d is %+v", i, e)
				}
				total += e.End
				got, err := read(ctx, b, topic.Received, i, 0, e.End)
				if err != nil || !slices.Equal(got, upTo(0, e.End)) {
					t.Fatalf("partition %d: %v %v, want 0 to %d", i, got, err, e.End)
				}
			}
			if total != 200 {
				t.Fatalf("%d messages, want 200", total)
			}
			full := slices.IndexFunc(es, func(e bus.Extent) bool { return e.End >= 10 })
			if got, err := read(ctx, b, topic.Received, full, 3, 7); err != nil || !slices.Equal(got, upTo(3, 7)) {
				t.Fatal(got, err)
			}
			if got, err := read(ctx, b, topic.Received, full, 7, 7); err != nil || len(got) != 0 {
				t.Fatal(got, err)
			}
			if _, err := read(ctx, b, topic.Received, full, es[full].End+1, -1); !errors.Is(err, kafka.OffsetOutOfRange) {
				t.Fatal("beyond the end:", err)
			}
			stop := errors.New("enough")
			if err := b.ReadLog(ctx, topic.Received, full, 0, -1, func(stage.Message) error { return stop }); !errors.Is(err, stop) {
				t.Fatal(err)
			}
			if _, err := b.Extents(ctx, topic.Enriched); !errors.Is(err, kafka.UnknownTopicOrPartition) {
				t.Fatal("a topic that doesn't exist:", err)
			}
			ended, cancel := context.WithCancel(ctx)
			cancel()
			if _, err := read(ended, b, topic.Received, full, 0, 5); !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
		})
	}
}

// A topic that another process creates is there at once, although the
// transport's cache is older.
func TestATopicCreatedElsewhereIsSeen(t *testing.T) {
	b, brokers := realBusAt(t)
	ctx := testContext(t)
	ensure(t, ctx, b, topic.IngestDead)
	other, err := bus.Connect(bus.Config{KafkaBrokers: brokers, Namespace: string(b.Namespace())}, testLog(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(other.Close)
	for _, name := range []string{topic.Received, topic.Notices} {
		if _, err := b.Extents(ctx, name); !errors.Is(err, kafka.UnknownTopicOrPartition) {
			t.Fatalf("before %s exists: %v", name, err)
		}
		ensure(t, ctx, other, name)
		eventually(t, ctx, "the new topic is seen", func() error {
			es, err := b.Extents(ctx, name)
			if errors.Is(err, kafka.UnknownTopicOrPartition) || err == nil && len(es) == 0 {
				t.Fatalf("%s is created: %v, %v", name, es, err)
			}
			return err // of a cache that is slow to follow
		})
	}
	// One that is missing doesn't wait for anything.
	if _, err := b.Lag(ctx, "nobody", topic.Received, topic.Enriched); !errors.Is(err, kafka.UnknownTopicOrPartition) {
		t.Fatal(err)
	}
}

func TestLogIsFollowed(t *testing.T) {
	b, ctx := realBus(t), testContext(t)
	ensure(t, ctx, b, topic.IngestDead)
	dead := b.DeadLettersTo(topic.IngestDead)
	defer dead.Close()
	follow, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	seen := make(chan int64)
	go func() {
		ended <- b.ReadLog(follow, topic.IngestDead, 0, 0, -1, func(m stage.Message) error { seen <- m.Offset; return nil })
	}()
	for want := range int64(3) {
		if err := dead.Write(ctx, stage.DeadLetter{Stage: "test", Err: errors.New("no")}); err != nil {
			t.Fatal(err)
		}
		select {
		case got := <-seen:
			if got != want {
				t.Fatalf("offset %d, want %d", got, want)
			}
		case <-ctx.Done():
			t.Fatal("nothing came")
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}

func TestOffsetsAtATime(t *testing.T) {
	for _, c := range []struct {
		name string
		bus  func(t *testing.T) (*bus.Bus, []string, string)
	}{
		{"kfake", func(t *testing.T) (*bus.Bus, []string, string) {
			c, b := fake(t)
			return b, c.ListenAddrs(), "fake."
		}},
		{"kafka", func(t *testing.T) (*bus.Bus, []string, string) {
			b, brokers := realBusAt(t)
			return b, brokers, string(b.Namespace())
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, brokers, ns := c.bus(t)
			ctx := testContext(t)
			// By the writer's clock from the start, to have messages of times ago.
			created, err := plainClient(t, brokers).CreateTopics(ctx, &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{{
				Topic: ns + topic.IngestDead, NumPartitions: 1, ReplicationFactor: 1,
				ConfigEntries: []kafka.ConfigEntry{{ConfigName: "message.timestamp.type", ConfigValue: "CreateTime"}},
			}}})
			if err != nil || created.Errors[ns+topic.IngestDead] != nil {
				t.Fatal(err, created)
			}
			ensure(t, ctx, b, topic.IngestDead)
			noon := time.Now().Add(-time.Hour).Truncate(time.Second)
			transport := &kafka.Transport{} // the default one may remember that the topic isn't there
			defer transport.CloseIdleConnections()
			w := &kafka.Writer{Addr: kafka.TCP(brokers...), Transport: transport, Topic: ns + topic.IngestDead, RequiredAcks: kafka.RequireAll, BatchTimeout: time.Millisecond}
			defer w.Close()
			for i := range 5 {
				if err := w.WriteMessages(ctx, kafka.Message{Value: []byte(strconv.Itoa(i)), Time: noon.Add(time.Duration(i) * time.Minute)}); err != nil {
					t.Fatal(err)
				}
			}
			for _, c := range []struct {
				at   time.Time
				want int64
			}{
				{time.Time{}, 0},
				{noon.Add(-time.Minute), 0},
				{noon, 0},
				{noon.Add(time.Second), 1},
				{noon.Add(4 * time.Minute), 4},
				{noon.Add(4*time.Minute + time.Second), 5},
			} {
				got, err := b.OffsetsAt(ctx, topic.IngestDead, c.at)
				if err != nil || len(got) != 1 || got[0] != c.want {
					t.Errorf("at %v: %v %v, want %d", c.at, got, err, c.want)
				}
			}
		})
	}
}

// TestKafkaStampsMessages: a writer whose clock is a day off writes as any other,
// and its messages are of the time at which Kafka got them. Kafka would refuse those
// that are dated ahead.
func TestKafkaStampsMessages(t *testing.T) {
	b, brokers := realBusAt(t)
	ctx := testContext(t)
	ensure(t, ctx, b, topic.IngestDead)
	transport := &kafka.Transport{} // the default one may remember that the topic isn't there
	defer transport.CloseIdleConnections()
	w := &kafka.Writer{
		Addr: kafka.TCP(brokers...), Transport: transport, Topic: string(b.Namespace()) + topic.IngestDead, RequiredAcks: kafka.RequireAll, BatchTimeout: time.Millisecond,
		Compression: kafka.Zstd,
	}
	defer w.Close()
	const day = 24 * time.Hour
	began := time.Now()
	for _, off := range []time.Duration{-day, day, 0} {
		if err := w.WriteMessages(ctx, kafka.Message{Value: []byte(off.String()), Time: began.Add(off)}); err != nil {
			t.Fatalf("a clock that is %v off: %v", off, err)
		}
	}
	n := 0
	err := b.ReadLog(ctx, topic.IngestDead, 0, 0, 3, func(m stage.Message) error {
		n++
		if off := m.Time.Sub(began); off.Abs() > day/2 {
			t.Errorf("the message by a clock that is %s off is %v from when it was written", m.Value, off)
		}
		return nil
	})
	if err != nil || n != 3 {
		t.Errorf("%d messages, %v", n, err)
	}
}

func TestLogBelowItsStartAndThroughFaults(t *testing.T) {
	c, b := fake(t)
	ctx := testContext(t)
	ensure(t, ctx, b, topic.Received)
	full := "fake." + topic.Received
	send(t, ctx, b, 1, 0, 30)
	es, err := b.Extents(ctx, topic.Received)
	if err != nil {
		t.Fatal(err)
	}
	p := slices.IndexFunc(es, func(e bus.Extent) bool { return e.End > 0 })
	c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Topic: full, Err: kerr.NotLeaderForPartition, Count: 3})
	if got, err := read(ctx, b, topic.Received, p, 0, 30); err != nil || !slices.Equal(got, upTo(0, 30)) {
		t.Fatal(got, err)
	}
	c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Topic: full, Err: kerr.TopicAuthorizationFailed, Count: 1})
	if _, err := read(ctx, b, topic.Received, p, 0, 30); !errors.Is(err, kafka.TopicAuthorizationFailed) {
		t.Fatal(err)
	}
	deleteBefore(t, ctx, c, full, p, 10)
	if es, err = b.Extents(ctx, topic.Received); err != nil || es[p] != (bus.Extent{Partition: p, First: 10, End: 30}) {
		t.Fatal(es[p], err)
	}
	if got, err := read(ctx, b, topic.Received, p, 5, 30); !errors.Is(err, kafka.OffsetOutOfRange) || len(got) != 0 {
		t.Fatal(got, err)
	}
	if got, err := read(ctx, b, topic.Received, p, 10, 30); err != nil || !slices.Equal(got, upTo(10, 30)) {
		t.Fatal(got, err)
	}
}

// TestPartitionOfAKey holds PartitionOf to where the producer really puts keys.
func TestPartitionOfAKey(t *testing.T) {
	b, ctx := realBus(t), testContext(t)
	ensure(t, ctx, b, topic.Received)
	sink := b.Sink(topic.Received, event.Received)
	var as []article.Article
	for i := range 100 {
		as = append(as, newArticle("key-"+strconv.Itoa(i)+"é", i))
	}
	if err := sink.Write(ctx, as); err != nil {
		t.Fatal(err)
	}
	if err := sink.Close(); err != nil {
		t.Fatal(err)
	}
	es, err := b.Extents(ctx, topic.Received)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range es {
		err := b.ReadLog(ctx, topic.Received, e.Partition, e.First, e.End, func(m stage.Message) error {
			n++
			if p := bus.PartitionOf(m.Key, len(es)); p != e.Partition {
				t.Errorf("key %s stands in partition %d, PartitionOf says %d", m.Key, e.Partition, p)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if n != len(as) {
		t.Errorf("%d messages", n)
	}
}

func TestLookup(t *testing.T) {
	_, b := fake(t)
	ctx := testContext(t)
	ensure(t, ctx, b, topic.Received)
	send(t, ctx, b, 40, 0, 5)
	es, err := b.Extents(ctx, topic.Received)
	if err != nil {
		t.Fatal(err)
	}
	l := b.Lookup(topic.Received)
	defer l.Close()
	for _, e := range es {
		for _, o := range []int64{e.End - 1, 0, e.End / 2} {
			if e.End == 0 {
				continue
			}
			if m, err := l.Read(ctx, e.Partition, o); err != nil || m.Offset != o || m.Partition != e.Partition || m.Topic != topic.Received {
				t.Errorf("%d@%d: %s %d@%d %v", e.Partition, o, m.Topic, m.Partition, m.Offset, err)
			}
		}
		for _, o := range []int64{e.End, e.End + 1} {
			if e.Partition > 0 {
				break // Kafka waits a moment before it says that there is nothing
			}
			if _, err := l.Read(ctx, e.Partition, o); !bus.Outside(err) {
				t.Errorf("%d@%d, where the log ends at %d: %v", e.Partition, o, e.End, err)
			}
		}
	}
}
