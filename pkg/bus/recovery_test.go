package bus_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/localtest"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

// where is a Kafka to try on.
type where struct {
	name string
	open func(t *testing.T) (*bus.Bus, []string)
}

func both() []where {
	return []where{
		{"kfake", func(t *testing.T) (*bus.Bus, []string) { c, b := fake(t); return b, c.ListenAddrs() }},
		{"real", func(t *testing.T) (*bus.Bus, []string) { return realBus(t), localtest.Kafka(t) }},
	}
}

// seen is a sink that knows which revisions came.
type seen struct {
	mu  sync.Mutex
	got map[string]int
	add chan struct{}
}

func newSeen() *seen { return &seen{got: map[string]int{}, add: make(chan struct{}, 1)} }

func (s *seen) Write(_ context.Context, as []article.Article) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range as {
		s.got[fmt.Sprintf("%s#%d", a.URI, a.Revision)]++
	}
	select {
	case s.add <- struct{}{}:
	default:
	}
	return nil
}

func (s *seen) Close() error { return nil }

// count is how many different revisions came.
func (s *seen) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.got)
}

// all waits until all revisions from to below to of keys came.
func (s *seen) all(t *testing.T, ctx context.Context, keys, from, to int) {
	t.Helper()
	for {
		var missing []string
		s.mu.Lock()
		for k := range keys {
			for r := from; r < to; r++ {
				if n := fmt.Sprintf("urn:test:%d#%d", k, r+1); s.got[n] == 0 {
					missing = append(missing, n)
				}
			}
		}
		s.mu.Unlock()
		if len(missing) == 0 {
			return
		}
		select {
		case <-s.add:
		case <-ctx.Done():
			t.Fatalf("%d are missing, one of them %s", len(missing), missing[0])
		}
	}
}

// TestTopicCreatedAnewWhileRead: the new topic is longer than the place where
// the reader stood in the old one, so that its offsets alone tell nothing.
func TestTopicCreatedAnewWhileRead(t *testing.T) {
	for _, w := range both() {
		t.Run(w.name, func(t *testing.T) {
			b, brokers := w.open(t)
			ctx := testContext(t)
			ensure(t, ctx, b, topic.Received)
			src, out := source(t, b, "g", topic.Received), newSeen()
			stop := run(t, ctx, b, src, out)
			send(t, ctx, b, 10, 0, 3)
			out.all(t, ctx, 10, 0, 3)
			deleteTopic(t, ctx, b, brokers, topic.Received)
			ensure(t, ctx, b, topic.Received)
			send(t, ctx, b, 10, 100, 120)
			out.all(t, ctx, 10, 100, 120)
			eventually(t, ctx, "ready", func() error { return src.Ready(ctx) })
			// While it runs: the last commit may be refused, where the group is in motion.
			eventually(t, ctx, "all is committed", func() error {
				lag, err := b.Lag(ctx, "g", topic.Received)
				if err == nil && lag[topic.Received] != 0 {
					err = fmt.Errorf("lag is %v", lag)
				}
				return err
			})
			if err := stop(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestTopicCreatedAnewBetweenRuns: also when a commit of the old topic's came
// late, and is there for the new one.
func TestTopicCreatedAnewBetweenRuns(t *testing.T) {
	for _, w := range both() {
		for _, late := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, late commit %t", w.name, late), func(t *testing.T) {
				b, brokers := w.open(t)
				ctx := testContext(t)
				ensure(t, ctx, b, topic.Received)
				send(t, ctx, b, 10, 0, 3)
				out := newSeen()
				stop := run(t, ctx, b, source(t, b, "g", topic.Received), out)
				out.all(t, ctx, 10, 0, 3)
				if err := stop(); err != nil {
					t.Fatal(err)
				}
				old := committed(t, ctx, b, brokers, "g")
				deleteTopic(t, ctx, b, brokers, topic.Received)
				ensure(t, ctx, b, topic.Received)
				if late {
					commitAgain(t, ctx, b, brokers, "g", old)
				}
				send(t, ctx, b, 10, 100, 120)
				src := source(t, b, "g", topic.Received)
				stop = run(t, ctx, b, src, out)
				out.all(t, ctx, 10, 100, 120)
				eventually(t, ctx, "ready", func() error { return src.Ready(ctx) })
				if err := stop(); err != nil {
					t.Fatal(err)
				}
			})
		}
	}
}

// TestTopicIsDeletedUnderAStaleCache: the cache has a topic that was deleted,
// and its partitions answer still, as a real broker's do for a moment.
func TestTopicIsDeletedUnderAStaleCache(t *testing.T) {
	c, b := fake(t)
	ctx := testContext(t)
	ensure(t, ctx, b, topic.Received)
	var created atomic.Bool
	c.ControlKey(int16(kmsg.CreateTopics), func(kmsg.Request) (kmsg.Response, error, bool) {
		created.Store(true)
		return nil, nil, false
	})
	c.ControlKey(int16(kmsg.Metadata), func(r kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		all := r.(*kmsg.MetadataRequest).Topics == nil // as the cache asks
		return nil, errors.New("not now"), all && !created.Load()
	})
	c.ControlKey(int16(kmsg.ListOffsets), func(r kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		req := r.(*kmsg.ListOffsetsRequest)
		resp := req.ResponseKind().(*kmsg.ListOffsetsResponse)
		for _, t := range req.Topics {
			rt := kmsg.NewListOffsetsResponseTopic()
			rt.Topic = t.Topic
			for _, p := range t.Partitions {
				rp := kmsg.NewListOffsetsResponseTopicPartition()
				rp.Partition, rp.Offset = p.Partition, 0
				rt.Partitions = append(rt.Partitions, rp)
			}
			resp.Topics = append(resp.Topics, rt)
		}
		return resp, nil, !created.Load()
	})
	remove := kmsg.NewPtrDeleteTopicsRequest()
	remove.TopicNames = []string{b.Namespace().Name(topic.Received)}
	eventually(t, ctx, "the deletion by the broker that may", func() error {
		for _, addr := range c.ListenAddrs() {
			if resp, err := request(ctx, addr, remove); err == nil && resp.(*kmsg.DeleteTopicsResponse).Topics[0].ErrorCode == 0 {
				return nil
			}
		}
		return errors.New("none did")
	})
	ensure(t, ctx, b, topic.Received)
	send(t, ctx, b, 10, 0, 3)
}

func plainClient(t testing.TB, brokers []string) *kafka.Client {
	transport := &kafka.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &kafka.Client{Addr: kafka.TCP(brokers...), Transport: transport}
}

// committed gives the group's commits, as they are.
func committed(t *testing.T, ctx context.Context, b *bus.Bus, brokers []string, group string) []kafka.OffsetCommit {
	t.Helper()
	full := b.Namespace().Name(topic.Received)
	var ids []int
	for i := range 12 {
		ids = append(ids, i)
	}
	r, err := plainClient(t, brokers).OffsetFetch(ctx, &kafka.OffsetFetchRequest{
		GroupID: b.Namespace().Name(group), Topics: map[string][]int{full: ids},
	})
	if err != nil {
		t.Fatal(err)
	}
	var cs []kafka.OffsetCommit
	for _, p := range r.Topics[full] {
		if p.CommittedOffset > 0 {
			if len(p.Metadata) != 32 {
				t.Fatalf("a commit without the topic's identity: %+v", p)
			}
			cs = append(cs, kafka.OffsetCommit{Partition: p.Partition, Offset: p.CommittedOffset, Metadata: p.Metadata})
		}
	}
	if len(cs) == 0 {
		t.Fatal("nothing was committed")
	}
	return cs
}

func commitAgain(t *testing.T, ctx context.Context, b *bus.Bus, brokers []string, group string, cs []kafka.OffsetCommit) {
	t.Helper()
	full := b.Namespace().Name(topic.Received)
	client := plainClient(t, brokers)
	eventually(t, ctx, "the late commit", func() error { // the coordinator hears of the topic last
		r, err := client.OffsetCommit(ctx, &kafka.OffsetCommitRequest{
			GroupID: b.Namespace().Name(group), GenerationID: -1, Topics: map[string][]kafka.OffsetCommit{full: cs},
		})
		if err != nil {
			return err
		}
		for _, p := range r.Topics[full] {
			err = errors.Join(err, p.Error)
		}
		return err
	})
}

// TestTopicThatIsMissing: said as long as it is so, and read once it is there.
func TestTopicThatIsMissing(t *testing.T) {
	for _, w := range both() {
		t.Run(w.name, func(t *testing.T) {
			b, _ := w.open(t)
			ctx := testContext(t)
			src, out := source(t, b, "g", topic.Received), newSeen()
			stop := run(t, ctx, b, src, out)
			eventually(t, ctx, "the report", func() error {
				if err := src.Ready(ctx); err == nil || !strings.Contains(err.Error(), "topic articles.received does not exist") {
					return fmt.Errorf("ready says %w", errors.Join(errors.New("not that"), err))
				}
				return nil
			})
			ensure(t, ctx, b, topic.Received)
			send(t, ctx, b, 5, 0, 2)
			out.all(t, ctx, 5, 0, 2)
			eventually(t, ctx, "ready", func() error { return src.Ready(ctx) })
			if err := stop(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestPartitionIsAdded(t *testing.T) {
	for _, w := range both() {
		t.Run(w.name, func(t *testing.T) {
			b, brokers := w.open(t)
			ctx := testContext(t)
			ensure(t, ctx, b, topic.Received)
			src, out := source(t, b, "g", topic.Received), newSeen()
			stop := run(t, ctx, b, src, out)
			send(t, ctx, b, 40, 0, 1)
			out.all(t, ctx, 40, 0, 1)
			r, err := plainClient(t, brokers).CreatePartitions(ctx, &kafka.CreatePartitionsRequest{
				Topics: []kafka.TopicPartitionsConfig{{Name: b.Namespace().Name(topic.Received), Count: 15}},
			})
			if err == nil {
				err = r.Errors[b.Namespace().Name(topic.Received)]
			}
			if err != nil {
				t.Fatal(err)
			}
			send(t, ctx, b, 40, 1, 4)
			out.all(t, ctx, 40, 1, 4)
			eventually(t, ctx, "ready", func() error { return src.Ready(ctx) })
			if err := stop(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestCompactedBatches: of every codec, with gaps before, within and behind
// what is left of a batch.
func TestCompactedBatches(t *testing.T) {
	c, b, ctx := withState(t)
	full := "fake." + stateTopic
	setConfig(t, ctx, c.ListenAddrs(), full, "min.compaction.lag.ms", "0")
	want := map[string]string{}
	for i, codec := range []kafka.Compression{0, kafka.Gzip, kafka.Snappy, kafka.Lz4, kafka.Zstd} {
		transport := &kafka.Transport{}
		w := &kafka.Writer{
			Addr: kafka.TCP(c.ListenAddrs()...), Topic: full, Transport: transport, RequiredAcks: kafka.RequireAll,
			Compression: codec, BatchSize: 6, BatchTimeout: 5 * time.Second,
		}
		// 0 and 5 are written over in the next batch, 2 within this one.
		var ms []kafka.Message
		for j, key := range []string{"first", "a", "twice", "twice", "b", "last"} {
			if j == 1 || j == 4 {
				key = fmt.Sprint(key, i)
			}
			value := fmt.Sprint(i, ".", j)
			ms = append(ms, kafka.Message{Key: []byte(key), Value: []byte(value)})
			want[key] = value
		}
		if err := errors.Join(w.WriteMessages(ctx, ms...), w.Close()); err != nil {
			t.Fatal(err)
		}
		transport.CloseIdleConnections()
	}
	tab := openTable(t, ctx, b)
	put(t, ctx, tab, "end", "1") // the newest batch is left alone
	want["end"] = "1"
	c.Compact()
	got := map[string]string{}
	openView(t, ctx, b).Range(func(k string, v []byte) bool { got[k] = string(v); return true })
	if !maps.Equal(got, want) {
		t.Errorf("a view holds %v, want %v", got, want)
	}
	src := source(t, b, "g", stateTopic)
	defer src.Close()
	var keys []string
	for !slices.Contains(keys, "end") {
		ms, err := src.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range ms {
			keys = append(keys, string(m.Key))
			m.Ack(stage.Verdict{})
		}
	}
	slices.Sort(keys)
	wantKeys := append(slices.Sorted(maps.Keys(want)), bus.EpochKey)
	slices.Sort(wantKeys)
	if !slices.Equal(keys, wantKeys) {
		t.Errorf("a source gave %q, want %q", keys, wantKeys)
	}
}

// TestTransactions: marks of transactions are no messages, and not the end.
func TestTransactions(t *testing.T) {
	for _, w := range both() {
		t.Run(w.name, func(t *testing.T) {
			b, brokers := w.open(t)
			ctx := testContext(t)
			ensure(t, ctx, b, topic.Received)
			client, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.TransactionalID(string(b.Namespace())+"tx"), kgo.TransactionTimeout(5*time.Minute),
				kgo.DefaultProduceTopic(b.Namespace().Name(topic.Received)))
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			transaction := func(commit bool, from, to int) {
				t.Helper()
				if err := client.BeginTransaction(); err != nil {
					t.Fatal(err)
				}
				for k := range 10 {
					for r := from; r < to; r++ {
						a := newArticle(fmt.Sprint(k), r)
						m, err := event.Encode(&a, event.Received)
						if err != nil {
							t.Fatal(err)
						}
						rec := &kgo.Record{Key: m.Key, Value: m.Value}
						for _, h := range m.Headers {
							rec.Headers = append(rec.Headers, kgo.RecordHeader(h))
						}
						if err := client.ProduceSync(ctx, rec).FirstErr(); err != nil {
							t.Fatal(err)
						}
					}
				}
				if err := client.EndTransaction(ctx, kgo.TransactionEndTry(commit)); err != nil {
					t.Fatal(err)
				}
			}
			transaction(true, 0, 2)
			transaction(false, 50, 52)
			transaction(true, 2, 4)
			src, out := source(t, b, "g", topic.Received), newSeen()
			stop := run(t, ctx, b, src, out)
			out.all(t, ctx, 10, 0, 4)
			transaction(false, 60, 61) // the marks are the log's end
			send(t, ctx, b, 10, 4, 5)
			out.all(t, ctx, 10, 4, 5)
			eventually(t, ctx, "ready", func() error { return src.Ready(ctx) })
			if err := stop(); err != nil {
				t.Fatal(err)
			}
			out.mu.Lock()
			defer out.mu.Unlock()
			if len(out.got) != 50 {
				t.Errorf("%d articles, 50 were committed", len(out.got))
			}
		})
	}
}

// TestFaultsOfTheGroup: commits from a member that was thrown out, a
// coordinator that is gone.
func TestFaultsOfTheGroup(t *testing.T) {
	t.Parallel()
	for _, f := range []kfake.Fault{
		{Keys: []kmsg.Key{kmsg.OffsetCommit}, Group: "fake.g", Err: kerr.IllegalGeneration, Count: 4},
		{Keys: []kmsg.Key{kmsg.OffsetCommit}, Group: "fake.g", Err: kerr.UnknownMemberID, Count: 4},
		{Keys: []kmsg.Key{kmsg.OffsetCommit}, Group: "fake.g", Err: kerr.NotCoordinator, Count: 4},
		{Keys: []kmsg.Key{kmsg.Heartbeat}, Group: "fake.g", Err: kerr.NotCoordinator, Count: 2, TopLevel: true},
		{Keys: []kmsg.Key{kmsg.Heartbeat}, Group: "fake.g", Err: kerr.IllegalGeneration, Count: 1, TopLevel: true},
		{Keys: []kmsg.Key{kmsg.FindCoordinator}, Group: "fake.g", Err: kerr.CoordinatorNotAvailable, Count: 3},
		{Keys: []kmsg.Key{kmsg.JoinGroup}, Group: "fake.g", Err: kerr.CoordinatorLoadInProgress, Count: 2, TopLevel: true},
		{Keys: []kmsg.Key{kmsg.OffsetFetch}, Group: "fake.g", Err: kerr.CoordinatorLoadInProgress, Count: 3, TopLevel: true},
	} {
		t.Run(fmt.Sprintf("%v %v", f.Keys[0].Name(), f.Err.Message), func(t *testing.T) {
			t.Parallel()
			c, b := fake(t)
			ctx := testContext(t)
			ensure(t, ctx, b, topic.Received)
			src, out := source(t, b, "g", topic.Received), newSeen()
			stop := run(t, ctx, b, src, out)
			send(t, ctx, b, 10, 0, 3)
			out.all(t, ctx, 10, 0, 3)
			c.Fault(f)
			send(t, ctx, b, 10, 3, 6)
			out.all(t, ctx, 10, 3, 6)
			eventually(t, ctx, "all is committed", func() error {
				lag, err := b.Lag(ctx, "g", topic.Received)
				if err == nil && lag[topic.Received] != 0 {
					err = fmt.Errorf("lag is %v", lag)
				}
				return errors.Join(err, src.Ready(ctx))
			})
			if err := stop(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestRebalanceWaitsForWorkInFlight: what was handed out is finished and
// committed before another member gets the partitions, so nothing comes twice.
func TestRebalanceWaitsForWorkInFlight(t *testing.T) { undisturbed(t, rebalanceInFlight) }

func rebalanceInFlight(t *testing.T, _ *kfake.Cluster, b *bus.Bus, disturbed func() bool) error {
	ctx := testContext(t)
	ensure(t, ctx, b, topic.Received)
	const keys = 40
	send(t, ctx, b, keys, 0, 1)
	first := source(t, b, "g", topic.Received)
	var ms []stage.Message
	for len(ms) < keys {
		more, err := first.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		ms = append(ms, more...)
	}
	second := source(t, b, "g", topic.Received)
	defer second.Close()
	eventually(t, ctx, "the first member hears of the second", func() error {
		if err := first.Ready(ctx); !disturbed() && (err == nil || !strings.Contains(err.Error(), "rebalancing")) {
			return fmt.Errorf("ready says %w", errors.Join(errors.New("not that"), err))
		}
		return nil
	})
	for _, m := range ms {
		m.Ack(stage.Verdict{})
	}
	eventually(t, ctx, "both have their share", func() error { return errors.Join(first.Ready(ctx), second.Ready(ctx)) })
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if ms, err := second.Next(short); err == nil {
		return fmt.Errorf("%d messages came twice", len(ms))
	}
	return nil
}

// TestBrokerRestart: it comes back with its data at the same place.
func TestBrokerRestart(t *testing.T) {
	opts := []kfake.Opt{kfake.NumBrokers(1), kfake.DataDir(t.TempDir()), kfake.SyncWrites(), kfake.Ports(localtest.Port(t))}
	c, err := kfake.NewCluster(opts...)
	if err != nil {
		t.Fatal(err)
	}
	addrs := c.ListenAddrs()
	closed := false
	defer func() {
		if !closed {
			c.Close()
		}
	}()
	b, err := bus.Connect(bus.Config{KafkaBrokers: addrs, Namespace: "fake."}, testLog(t).Level(5))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	ctx := testContext(t)
	ensure(t, ctx, b, topic.Received, stateTopic)
	tab := openTable(t, ctx, b)
	put(t, ctx, tab, "a", "1")
	v := openView(t, ctx, b)
	src, out := source(t, b, "g", topic.Received), newSeen()
	stop := run(t, ctx, b, src, out)
	send(t, ctx, b, 10, 0, 3)
	out.all(t, ctx, 10, 0, 3)
	c.Close()
	closed = true
	eventually(t, ctx, "all say that Kafka is away", func() error {
		for _, err := range []error{src.Ready(ctx), v.Ready(ctx), tab.Ready(ctx), b.Ping(ctx)} {
			if err == nil {
				return errors.New("one is ready")
			}
		}
		return nil
	})
	eventually(t, ctx, "the port is free", func() error {
		c, err = kfake.NewCluster(opts...)
		return err
	})
	closed = false
	eventually(t, ctx, "all are ready again", func() error {
		return errors.Join(src.Ready(ctx), v.Ready(ctx), tab.Ready(ctx), b.Ping(ctx))
	})
	send(t, ctx, b, 10, 3, 6)
	out.all(t, ctx, 10, 3, 6)
	put(t, ctx, tab, "a", "2")
	holds(t, ctx, v, "a=2")
	if err := stop(); err != nil {
		t.Fatal(err)
	}
}
