package bus_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
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

func fake(t testing.TB) (*kfake.Cluster, *bus.Bus) {
	t.Helper()
	c, err := kfake.NewCluster(kfake.NumBrokers(3))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	b, err := bus.Connect(bus.Config{KafkaBrokers: c.ListenAddrs(), Namespace: "fake."}, testLog(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return c, b
}

func send(t testing.TB, ctx context.Context, b *bus.Bus, keys, from, to int) {
	t.Helper()
	sink := b.Sink(topic.Received, event.Received)
	for r := from; r < to; r++ {
		var as []article.Article
		for k := range keys {
			as = append(as, newArticle(fmt.Sprint(k), r))
		}
		if err := sink.Write(ctx, as); err != nil {
			t.Fatal(err)
		}
	}
	if err := sink.Close(); err != nil {
		t.Fatal(err)
	}
}

// run starts a stage; stop ends it and gives its error.
func run(t testing.TB, ctx context.Context, b *bus.Bus, src stage.Source, sink stage.Sink) (stop func() error) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() {
		ended <- stage.Stage{Name: "test", Source: src, Handler: decode, Sink: sink, Dead: b.DeadLetters(), Log: testLog(t)}.Run(ctx)
	}()
	return func() error { cancel(); return <-ended }
}

func TestEveryCodecIsRead(t *testing.T) {
	c, b := fake(t)
	ctx := testContext(t)
	ensure(t, ctx, b, topic.Received)
	codecs := []kafka.Compression{0, kafka.Gzip, kafka.Snappy, kafka.Lz4, kafka.Zstd}
	for i, codec := range codecs {
		w := &kafka.Writer{Addr: kafka.TCP(c.ListenAddrs()...), Transport: plainClient(t, c.ListenAddrs()).Transport, RequiredAcks: kafka.RequireAll, Compression: codec, BatchTimeout: time.Millisecond}
		a := newArticle(fmt.Sprint(i), 0)
		m, err := event.Encode(&a, event.Received)
		if err != nil {
			t.Fatal(err)
		}
		k := kafka.Message{Topic: "fake." + topic.Received, Key: m.Key, Value: m.Value}
		for _, h := range m.Headers {
			k.Headers = append(k.Headers, kafka.Header(h))
		}
		if err := w.WriteMessages(ctx, k, k, k); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	got := collect(3 * len(codecs))
	stop := run(t, ctx, b, source(t, b, "g", topic.Received), got)
	await(t, ctx, got.done, "all codecs")
	if err := stop(); err != nil {
		t.Fatal(err)
	}
}

// told is a log that says in said when a line of it has text.
type told struct {
	text string
	said chan struct{}
}

func (l told) Write(p []byte) (int, error) {
	if strings.Contains(string(p), l.text) {
		select {
		case l.said <- struct{}{}:
		default:
		}
	}
	return len(p), nil
}

// A message that is not done stops its partition when many behind it were handed
// out; and the message of an urgent article says that it is urgent.
func TestStuckMessageStopsFetching(t *testing.T) {
	c, b := fake(t)
	const all, most = 40, 20
	ctx := testContext(t)
	ensure(t, ctx, b, topic.Received)
	sink := b.Sink(topic.Received, event.Received)
	for r := range all {
		a := newArticle("0", r)
		a.Urgency = r % 4
		if err := sink.Write(ctx, []article.Article{a}); err != nil { // a batch of its own
			t.Fatal(err)
		}
	}
	if err := sink.Close(); err != nil {
		t.Fatal(err)
	}
	log := told{"the partition stands still", make(chan struct{}, 1)}
	reader, err := bus.Connect(bus.Config{KafkaBrokers: c.ListenAddrs(), Namespace: "fake."}, zerolog.New(log))
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	reader.SetMaxTracked(most)
	src := source(t, reader, "g", topic.Received)
	var given []stage.Message
	take := func(n int) {
		for len(given) < n {
			ms, err := src.Next(ctx)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range ms {
				a, err := event.Decode(m)
				if err != nil {
					t.Fatal(err)
				}
				if m.Urgent != (a.Urgency == 1 || a.Urgency == 2) {
					t.Errorf("urgency %d: urgent is %v", a.Urgency, m.Urgent)
				}
				if given = append(given, m); len(given) > 1 {
					m.Ack(stage.Verdict{})
				}
			}
		}
	}
	take(most)
	await(t, ctx, log.said, "the partition to stand still")
	if len(given) != most {
		t.Errorf("%d were given", len(given))
	}
	given[0].Ack(stage.Verdict{})
	take(all)
	if err := src.Close(); err != nil {
		t.Fatal(err)
	}
}

// undisturbed tries again as long as the log says that Kafka took messages away
// from one that was too slow for its group, as happens on a busy machine: then
// they come again, as they should. It tries no more than maxTries times, or what
// always does so would pass.
func undisturbed(t *testing.T, try func(t *testing.T, c *kfake.Cluster, b *bus.Bus, disturbed func() bool) error) {
	t.Helper()
	const maxTries = 10
	for tries := 1; ; tries++ {
		c, _ := fake(t)
		var said syncBuffer
		b, err := bus.Connect(bus.Config{KafkaBrokers: c.ListenAddrs(), Namespace: "fake."}, testLog(t).Output(&said).Level(zerolog.WarnLevel))
		if err != nil {
			t.Fatal(err)
		}
		disturbed := func() bool { return strings.Contains(said.String(), "come again") }
		err = try(t, c, b, disturbed)
		b.Close()
		if err == nil {
			return
		}
		if !disturbed() || tries == maxTries {
			t.Fatalf("try %d: %v\n%s", tries, err, said.String())
		}
	}
}

func TestLeaderMovesAndFaults(t *testing.T) { undisturbed(t, leaderMoves) }

func leaderMoves(t *testing.T, c *kfake.Cluster, b *bus.Bus, _ func() bool) error {
	ctx := testContext(t)
	ensure(t, ctx, b, topic.Received)
	full := "fake." + topic.Received
	got := collect(20 * 60)
	stop := run(t, ctx, b, source(t, b, "g", topic.Received), got)
	send(t, ctx, b, 20, 0, 20)
	for p := range int32(12) {
		if err := c.MoveTopicPartition(full, p, (c.LeaderFor(full, p)+1)%3); err != nil {
			t.Fatal(err)
		}
	}
	send(t, ctx, b, 20, 20, 40)
	c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Topic: full, Err: kerr.UnknownServerError, Count: 5})
	c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: full, Err: kerr.NotEnoughReplicas, Count: 3})
	send(t, ctx, b, 20, 40, 60)
	await(t, ctx, got.done, "all articles")
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	got.mu.Lock()
	defer got.mu.Unlock()
	for key, revs := range got.got {
		for i := 1; i < len(revs); i++ {
			if revs[i] < revs[i-1] {
				return fmt.Errorf("%s is out of order: %v", key, revs)
			}
		}
	}
	return nil
}

func TestRestartAndRebalanceLoseNothing(t *testing.T) {
	_, b := fake(t)
	ctx := testContext(t)
	ensure(t, ctx, b, topic.Received)
	const keys, revisions = 30, 40
	// Messages may come twice, so what counts is which came.
	seen := make(chan string, 1<<16)
	tee := func() *collector {
		c := collect(-1)
		c.fail = func(a article.Article) error {
			seen <- fmt.Sprintf("%s#%d", a.URI, a.Revision)
			return nil
		}
		return c
	}
	stop1 := run(t, ctx, b, source(t, b, "g", topic.Received), tee())
	send(t, ctx, b, keys, 0, revisions/2)
	second := source(t, b, "g", topic.Received)
	stop2 := run(t, ctx, b, second, tee())
	eventually(t, ctx, "the second member gets its share", func() error { return second.Ready(ctx) })
	send(t, ctx, b, keys, revisions/2, revisions)
	if err := stop1(); err != nil {
		t.Fatal(err)
	}
	all := map[string]bool{}
	for len(all) < keys*revisions {
		select {
		case s := <-seen:
			all[s] = true
		case <-ctx.Done():
			t.Fatalf("%d of %d articles came", len(all), keys*revisions)
		}
	}
	if err := stop2(); err != nil {
		t.Fatal(err)
	}
	eventually(t, ctx, "lag", func() error {
		lag, err := b.Lag(ctx, "g", topic.Received)
		if err == nil && lag[topic.Received] != 0 {
			err = fmt.Errorf("lag is %v", lag)
		}
		return err
	})
}

// TestRebalanceGivesBackWhatIsNotInWork: with a long fetch in hand a partition
// is given away as soon as the message in work is done, and nothing is handled
// by both members.
func TestRebalanceGivesBackWhatIsNotInWork(t *testing.T) { undisturbed(t, rebalanceInWork) }

func rebalanceInWork(t *testing.T, _ *kfake.Cluster, b *bus.Bus, _ func() bool) error {
	ctx := testContext(t)
	ensure(t, ctx, b, topic.Received)
	const revisions = 150
	send(t, ctx, b, 1, 0, revisions) // of one partition
	var mu sync.Mutex
	handled := map[int64]int{}
	took := make(chan struct{}, 2*revisions)
	start := func() func() error {
		src, err := b.Source(bus.SourceConfig{Group: "g", Topics: []string{topic.Received}, Drain: 3 * time.Second, Commit: 100 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(ctx)
		ended := make(chan error, 1)
		slow := func(ctx context.Context, m stage.Message) ([]article.Article, error) {
			mu.Lock()
			handled[m.Offset]++
			mu.Unlock()
			took <- struct{}{}
			select { // what a message takes
			case <-time.After(40 * time.Millisecond):
			case <-ctx.Done():
			}
			return nil, nil
		}
		go func() {
			ended <- stage.Stage{Name: "test", Source: src, Handler: slow, Sink: collect(-1), Dead: b.DeadLetters(), Log: testLog(t)}.Run(ctx)
		}()
		return func() error { cancel(); return <-ended }
	}
	stop1 := start()
	for range 3 {
		await1(t, ctx, took)
	}
	stop2 := start() // the partition moves, or comes again to the first
	eventually(t, ctx, "all are done", func() error {
		lag, err := b.Lag(ctx, "g", topic.Received)
		if err == nil && lag[topic.Received] != 0 {
			err = fmt.Errorf("lag is %v", lag)
		}
		return err
	})
	if err := errors.Join(stop1(), stop2()); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	twice := 0
	for _, n := range handled {
		if n > 1 {
			twice++
		}
	}
	if len(handled) != revisions {
		t.Errorf("%d of %d messages were handled", len(handled), revisions)
	}
	if twice > 0 {
		return fmt.Errorf("%d messages were handled twice", twice)
	}
	return nil
}

// syncBuffer is a log that can be read.
type syncBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

// Write implements [io.Writer].
func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

// String is what was written.
func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func await1(t *testing.T, ctx context.Context, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-ctx.Done():
		t.Fatal("nothing is handled")
	}
}

// TestLogThatLostItsEnd: what is appended where messages were that are gone is
// not what would have come next; the partition stands still also when the log
// has grown past the group's offset.
func TestLogThatLostItsEnd(t *testing.T) {
	c, b := fake(t)
	ctx := testContext(t)
	ensure(t, ctx, b, topic.Received)
	send(t, ctx, b, 1, 0, 10)
	src := source(t, b, "g", topic.Received)
	ms, err := src.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	partition := ms[0].Partition
	if err := src.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, ctx, "the commit", func() error {
		r, err := plainClient(t, c.ListenAddrs()).OffsetCommit(ctx, &kafka.OffsetCommitRequest{
			GroupID: "fake.g", GenerationID: -1, Topics: map[string][]kafka.OffsetCommit{"fake." + topic.Received: {{Partition: partition, Offset: 15}}},
		})
		if err != nil {
			return err
		}
		return r.Topics["fake."+topic.Received][0].Error
	})
	b.SetLostRetry(50 * time.Millisecond)
	src = source(t, b, "g", topic.Received)
	defer src.Close()
	lost := func() error {
		if err := src.Ready(ctx); err == nil || !strings.Contains(err.Error(), "stands at offset 15, the log holds 0 to") {
			return fmt.Errorf("ready says %w", errors.Join(err, errors.New("not that")))
		}
		return nil
	}
	eventually(t, ctx, "the loss is reported", lost)
	send(t, ctx, b, 1, 10, 20) // past offset 15

	rounds := make(chan struct{}, 1000)
	c.ControlKey(int16(kmsg.ListOffsets), func(kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		rounds <- struct{}{}
		return nil, nil, false
	})
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	came := make(chan []stage.Message, 1)
	go func() {
		ms, _ := src.Next(waiting)
		came <- ms
	}()
	for range 8 { // the first offset and the end are asked for in each
		await(t, ctx, rounds, "it is asked for again")
	}
	cancel()
	if ms := <-came; len(ms) > 0 {
		t.Errorf("the messages from %d on came", ms[0].Offset)
	}
	eventually(t, ctx, "the loss is reported still", lost)
}

func TestOffsetBelowTheLogIsNotSkipped(t *testing.T) {
	c, b := fake(t)
	ctx := testContext(t)
	ensure(t, ctx, b, topic.Received)
	send(t, ctx, b, 1, 0, 10)
	src := source(t, b, "g", topic.Received)
	ms, err := src.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	ms[0].Ack(stage.Verdict{})
	partition := ms[0].Partition
	if err := src.Close(); err != nil {
		t.Fatal(err)
	}
	send(t, ctx, b, 1, 10, 20)
	deleteBefore(t, ctx, c, "fake."+topic.Received, partition, 15)

	rounds := make(chan struct{}, 1000)
	c.ControlKey(int16(kmsg.Fetch), func(r kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		for _, t := range r.(*kmsg.FetchRequest).Topics {
			for _, p := range t.Partitions {
				if int(p.Partition) == partition {
					rounds <- struct{}{}
				}
			}
		}
		return nil, nil, false
	})
	b.SetLostRetry(50 * time.Millisecond)
	src = source(t, b, "g", topic.Received)
	defer src.Close()
	eventually(t, ctx, "the loss is reported", func() error {
		err := src.Ready(ctx)
		if err != nil && strings.Contains(err.Error(), "were deleted before they were read") {
			return nil
		}
		return fmt.Errorf("ready says %w", errors.Join(err, errors.New("not that")))
	})
	for len(rounds) > 0 {
		<-rounds
	}
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	came := make(chan []stage.Message, 1)
	go func() {
		ms, _ := src.Next(waiting)
		came <- ms
	}()
	for range 4 { // the end of one, and three whole ones
		await(t, ctx, rounds, "it is asked for again")
	}
	cancel()
	if ms := <-came; len(ms) > 0 {
		t.Fatalf("%d messages were handed out from %d on", len(ms), ms[0].Offset)
	}
}

func deleteBefore(t *testing.T, ctx context.Context, c *kfake.Cluster, full string, partition int, offset int64) {
	t.Helper()
	req := kmsg.NewPtrDeleteRecordsRequest()
	req.TimeoutMillis = 5000
	rt := kmsg.NewDeleteRecordsRequestTopic()
	rt.Topic = full
	rp := kmsg.NewDeleteRecordsRequestTopicPartition()
	rp.Partition, rp.Offset = int32(partition), offset
	rt.Partitions = append(rt.Partitions, rp)
	req.Topics = append(req.Topics, rt)
	// The request goes to the partition's leader.
	resp, err := request(ctx, c.ListenAddrs()[c.LeaderFor(full, int32(partition))], req)
	if err != nil {
		t.Fatal(err)
	}
	if code := resp.(*kmsg.DeleteRecordsResponse).Topics[0].Partitions[0].ErrorCode; code != 0 {
		t.Fatal(kerr.ErrorForCode(code))
	}
}

func TestConfigValidate(t *testing.T) {
	for _, c := range []struct {
		cfg  bus.Config
		want string
	}{
		{bus.Config{KafkaBrokers: []string{"a:1", "b:2"}, Namespace: "a-b."}, ""},
		{bus.Config{}, "kafka-brokers is empty"},
		{bus.Config{KafkaBrokers: []string{"a"}}, `"a" is not host:port`},
		{bus.Config{KafkaBrokers: []string{":9"}}, `":9" is not host:port`},
		{bus.Config{KafkaBrokers: []string{"a:1"}, Namespace: "A"}, "namespace"},
		{bus.Config{KafkaBrokers: []string{"a:1"}, Namespace: strings.Repeat("a", 101)}, "namespace"},
	} {
		err := c.cfg.Validate()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%+v: %v", c.cfg, err)
		}
	}
}

// TestWaitingSourceHoldsLittle: however much the messages unpack to that one
// fetch could bring, a source that is not asked holds a batch of each partition.
func TestWaitingSourceHoldsLittle(t *testing.T) {
	const partitions, each, size = 12, 24, 1 << 20
	_, b := fake(t)
	ctx := testContext(t)
	ensure(t, ctx, b, topic.Received)
	forward := b.Forward()
	value := []byte(strings.Repeat("word ", size/len("word "))) // packs to almost nothing
	var ms []stage.Message
	count := map[int]int{}
	for key := 0; len(ms) < partitions*each; key++ {
		k := []byte(fmt.Sprint(key))
		if p := bus.PartitionOf(k, partitions); count[p] < each {
			count[p]++
			ms = append(ms, stage.Message{Key: k, Value: value})
		}
	}
	if err := forward.Write(ctx, topic.Received, ms...); err != nil {
		t.Fatal(err)
	}
	if err := forward.Close(); err != nil {
		t.Fatal(err)
	}
	heap := func() int {
		runtime.GC()
		runtime.GC() // what pools kept
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int(m.HeapAlloc)
	}
	before := heap()
	src := source(t, b, "g", topic.Received)
	seen := map[int]bool{}
	for len(seen) < partitions {
		got, err := src.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		seen[got[0].Partition] = true // and now the next batch of it is waiting, or will be
	}
	// Twice a batch of each, and two unpackers with one each.
	if grown, limit := heap()-before, partitions*2*size+2*2*size; grown > limit {
		t.Errorf("the source holds %d MiB, %d are enough for a batch of each partition", grown>>20, limit>>20)
	}
	if err := src.Close(); err != nil {
		t.Fatal(err)
	}
}
