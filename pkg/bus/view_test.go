package bus_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/localtest"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

const stateTopic = topic.SourcesState

func openTable(t testing.TB, ctx context.Context, b *bus.Bus) *bus.Table {
	t.Helper()
	tab, err := b.OpenTable(ctx, stateTopic)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tab.Close() })
	return tab
}

func openView(t testing.TB, ctx context.Context, b *bus.Bus) *bus.View {
	t.Helper()
	v, err := b.OpenView(ctx, stateTopic)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { v.Close() })
	return v
}

func put(t testing.TB, ctx context.Context, tab *bus.Table, key, value string) {
	t.Helper()
	if err := tab.Put(ctx, key, []byte(value)); err != nil {
		t.Fatal(err)
	}
}

// rows is what a view or table holds, "key=value" in order.
func rows(v interface {
	Range(func(key string, value []byte) bool)
},
) string {
	m := map[string]string{}
	v.Range(func(k string, b []byte) bool { m[k] = string(b); return true })
	var out []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, k+"="+m[k])
	}
	return strings.Join(out, " ")
}

// holds waits until v holds want.
func holds(t testing.TB, ctx context.Context, v *bus.View, want string) {
	t.Helper()
	for {
		next := v.Changed()
		if rows(v) == want {
			return
		}
		select {
		case <-next:
		case <-ctx.Done():
			t.Fatalf("the view holds %q, want %q", rows(v), want)
		}
	}
}

// appendRaw writes a record as a writer with that epoch header would, without
// its checks; nil is a deletion.
func appendRaw(t testing.TB, ctx context.Context, brokers []string, full, epoch, key string, value []byte) {
	t.Helper()
	transport := &kafka.Transport{}
	defer transport.CloseIdleConnections()
	w := &kafka.Writer{Addr: kafka.TCP(brokers...), Transport: transport, Topic: full, RequiredAcks: kafka.RequireAll, BatchSize: 1, Balancer: kafka.Murmur2Balancer{}}
	m := kafka.Message{Key: []byte(key), Value: value}
	if epoch != "" {
		m.Headers = []kafka.Header{{Key: bus.EpochHeader, Value: []byte(epoch)}}
	}
	if err := errors.Join(w.WriteMessages(ctx, m), w.Close()); err != nil {
		t.Fatal(err)
	}
}

// announced gives the newest epoch in the topic.
func announced(t testing.TB, ctx context.Context, brokers []string, full string) (last string) {
	t.Helper()
	err := scan(ctx, brokers, full, func(key, _, epoch string) {
		if key == bus.EpochKey {
			last = epoch
		}
	})
	if err != nil || last == "" {
		t.Fatalf("epoch %q: %v", last, err)
	}
	return last
}

// withState is a bus on kfake with the state's topic.
func withState(t testing.TB) (*kfake.Cluster, *bus.Bus, context.Context) {
	t.Helper()
	c, b := fake(t)
	ctx := testContext(t)
	ensure(t, ctx, b, stateTopic)
	return c, b, ctx
}

// setConfig sets one setting of a topic.
func setConfig(t testing.TB, ctx context.Context, brokers []string, full, name, value string) {
	t.Helper()
	client := plainClient(t, brokers)
	r, err := client.IncrementalAlterConfigs(ctx, &kafka.IncrementalAlterConfigsRequest{Resources: []kafka.IncrementalAlterConfigsRequestResource{{
		ResourceType: kafka.ResourceTypeTopic, ResourceName: full,
		Configs: []kafka.IncrementalAlterConfigsRequestConfig{{Name: name, Value: value, ConfigOperation: kafka.ConfigOperationSet}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Resources[0].Error; err != nil {
		t.Fatal(err)
	}
}

func TestViewFollows(t *testing.T) {
	_, b, ctx := withState(t)
	tab := openTable(t, ctx, b)
	put(t, ctx, tab, "a", "1")
	put(t, ctx, tab, "b", "2")
	v := openView(t, ctx, b)
	if got := rows(v); got != "a=1 b=2" { // at once, it was there before
		t.Fatal(got)
	}
	still := v.Changed()
	put(t, ctx, tab, "a", "3")
	holds(t, ctx, v, "a=3 b=2")
	select {
	case <-still:
	default:
		t.Error("the change was not told")
	}
	if err := tab.Delete(ctx, "b"); err != nil {
		t.Fatal(err)
	}
	holds(t, ctx, v, "a=3")
	if _, ok := v.Get("b"); ok || v.Len() != 1 {
		t.Error("the deleted row is there")
	}
	if value, ok := v.Get("a"); !ok || string(value) != "3" {
		t.Errorf("%q %v", value, ok)
	}
	if err := errors.Join(v.Ready(ctx), tab.Ready(ctx)); err != nil {
		t.Error(err)
	}
	if err := errors.Join(v.Close(), v.Close()); err != nil {
		t.Error(err)
	}
	if got := rows(v); got != "a=3" || v.Ready(ctx) == nil {
		t.Errorf("after Close: %q, ready %v", got, v.Ready(ctx))
	}
	for _, name := range []string{topic.Enriched, "nonsense"} {
		if _, err := b.OpenView(ctx, name); err == nil {
			t.Errorf("a view of %s", name)
		}
	}
}

func TestViewIsNotReadyWhileItCannotFollow(t *testing.T) {
	c, b, ctx := withState(t)
	tab := openTable(t, ctx, b)
	v := openView(t, ctx, b)
	f := c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Topic: "fake." + stateTopic, Err: kerr.UnknownServerError, Count: -1})
	eventually(t, ctx, "both say that they are stuck", func() error {
		for _, err := range []error{v.Ready(ctx), tab.Ready(ctx)} {
			if err == nil || !strings.Contains(err.Error(), "can't be read") {
				return fmt.Errorf("ready says %w", errors.Join(errors.New("not that"), err))
			}
		}
		return nil
	})
	f.Remove()
	eventually(t, ctx, "both are ready", func() error { return errors.Join(v.Ready(ctx), tab.Ready(ctx)) })
	put(t, ctx, tab, "a", "1")
	holds(t, ctx, v, "a=1")
}

// zombie opens a table, has a second writer overtake it, and gives both and
// the first one's epoch.
func zombie(t testing.TB, ctx context.Context, b *bus.Bus, brokers []string, full string) (old, owner *bus.Table, epoch string) {
	t.Helper()
	old = openTable(t, ctx, b)
	put(t, ctx, old, "a", "old")
	put(t, ctx, old, "b", "old")
	epoch = announced(t, ctx, brokers, full)
	owner = openTable(t, ctx, b)
	put(t, ctx, owner, "a", "new")
	return old, owner, epoch
}

func testZombie(t *testing.T, b *bus.Bus, brokers []string, ns string) {
	ctx := testContext(t)
	v := openView(t, ctx, b)
	old, owner, epoch := zombie(t, ctx, b, brokers, ns+stateTopic)
	for range 2 {
		err := old.Put(ctx, "b", []byte("zombie"))
		if !errors.Is(err, bus.ErrOvertaken) || !stage.IsFatal(err) || !strings.Contains(err.Error(), "was overtaken by") {
			t.Fatal(err)
		}
	}
	if err := old.Delete(ctx, "b"); !errors.Is(err, bus.ErrOvertaken) {
		t.Fatal(err)
	}
	if err := old.Ready(ctx); !errors.Is(err, bus.ErrOvertaken) {
		t.Fatal(err)
	}
	// What was on its way when it was overtaken, also of one that knows of no epochs.
	appendRaw(t, ctx, brokers, ns+stateTopic, epoch, "a", []byte("zombie"))
	appendRaw(t, ctx, brokers, ns+stateTopic, epoch, "c", []byte("zombie"))
	appendRaw(t, ctx, brokers, ns+stateTopic, "", "b", nil)
	put(t, ctx, owner, "last", "1")
	const want = "a=new b=old last=1"
	holds(t, ctx, v, want)
	if got := rows(owner); got != want {
		t.Errorf("the owner holds %q", got)
	}
	if got := rows(openView(t, ctx, b)); got != want {
		t.Errorf("a new view holds %q", got)
	}
	if got := rows(openTable(t, ctx, b)); got != want {
		t.Errorf("a restored table holds %q", got)
	}
}

func TestZombie(t *testing.T) {
	c, b, _ := withState(t)
	testZombie(t, b, c.ListenAddrs(), "fake.")
}

func TestZombieOnRealKafka(t *testing.T) {
	b := realBus(t)
	ensure(t, testContext(t), b, stateTopic)
	testZombie(t, b, localtest.Kafka(t), string(b.Namespace()))
}

// A stale record is the newest of its key for Kafka: compaction would leave it
// alone and take the good one.
func TestZombieAndCompaction(t *testing.T) {
	for _, c := range []struct {
		name  string
		alive bool // the owner lives while the zombie writes
	}{{"the owner lives", true}, {"the next owner finds it", false}} {
		t.Run(c.name, func(t *testing.T) {
			k, b, ctx := withState(t)
			full := "fake." + stateTopic
			setConfig(t, ctx, k.ListenAddrs(), full, "min.compaction.lag.ms", "0")
			_, owner, epoch := zombie(t, ctx, b, k.ListenAddrs(), full)
			if !c.alive {
				if err := owner.Close(); err != nil {
					t.Fatal(err)
				}
			}
			appendRaw(t, ctx, k.ListenAddrs(), full, epoch, "a", []byte("zombie"))
			appendRaw(t, ctx, k.ListenAddrs(), full, epoch, "b", nil)
			appendRaw(t, ctx, k.ListenAddrs(), full, epoch, "c", []byte("zombie"))
			if !c.alive {
				owner = openTable(t, ctx, b)
			}
			// Repaired when all three keys have a newer record.
			eventually(t, ctx, "the rows are written again", func() error {
				return covered(ctx, k.ListenAddrs(), full, epoch)
			})
			put(t, ctx, owner, "last", "1") // the newest batch is never compacted
			k.Compact()
			const want = "a=new b=old last=1"
			v := openView(t, ctx, b)
			if got := rows(v); got != want {
				t.Errorf("a view holds %q", got)
			}
			if got := rows(openTable(t, ctx, b)); got != want {
				t.Errorf("a restored table holds %q", got)
			}
			if rest := records(t, ctx, k.ListenAddrs(), full); strings.Contains(rest, "zombie") || strings.Count(rest, "a=") != 1 {
				t.Errorf("not compacted: %s", rest)
			}
		})
	}
}

// covered is an error as long as the newest record of a key is of that epoch.
func covered(ctx context.Context, brokers []string, full, epoch string) error {
	newest := map[string]string{}
	err := scan(ctx, brokers, full, func(key, _, e string) { newest[key] = e })
	if err != nil {
		return err
	}
	for key, e := range newest {
		if e == epoch {
			return fmt.Errorf("the newest record of %q is of epoch %s", key, e)
		}
	}
	return nil
}

func records(t testing.TB, ctx context.Context, brokers []string, full string) string {
	var out []string
	if err := scan(ctx, brokers, full, func(key, value, _ string) { out = append(out, key+"="+value) }); err != nil {
		t.Fatal(err)
	}
	return strings.Join(out, " ")
}

// scan reads a topic's only partition from its start, by plain kafka-go.
func scan(ctx context.Context, brokers []string, full string, f func(key, value, epoch string)) error {
	transport := &kafka.Transport{} // one whose metadata is not from before
	defer transport.CloseIdleConnections()
	client := &kafka.Client{Addr: kafka.TCP(brokers...), Transport: transport}
	for offset := int64(0); ; {
		r, err := client.Fetch(ctx, &kafka.FetchRequest{Topic: full, Offset: offset, MaxBytes: 1 << 20})
		if err != nil {
			return err
		}
		if errors.Is(r.Error, kafka.OffsetOutOfRange) && offset < r.HighWatermark {
			offset++ // below the log's start
			continue
		}
		if r.Error != nil {
			return r.Error
		}
		before := offset
		for {
			rec, err := r.Records.ReadRecord()
			if err != nil {
				break
			}
			if rec.Offset < offset {
				continue
			}
			key, _ := kafka.ReadAll(rec.Key)
			var value []byte
			if rec.Value != nil {
				value, _ = kafka.ReadAll(rec.Value)
			}
			epoch := ""
			for _, h := range rec.Headers {
				epoch = string(h.Value)
			}
			f(string(key), string(value), epoch)
			offset = rec.Offset + 1
		}
		if offset >= r.HighWatermark {
			return nil
		}
		if offset == before {
			offset++
		}
	}
}

func TestManyOpenAtOnce(t *testing.T) {
	_, b, ctx := withState(t)
	tabs := make([]*bus.Table, 8)
	var wg sync.WaitGroup
	for i := range tabs {
		wg.Go(func() { tabs[i], _ = b.OpenTable(ctx, stateTopic) })
	}
	wg.Wait()
	owners := 0
	for i, tab := range tabs {
		if tab == nil {
			t.Fatal("a table was not opened")
		}
		t.Cleanup(func() { tab.Close() })
		switch err := tab.Put(ctx, "owner", fmt.Append(nil, i)); {
		case err == nil:
			owners++
		case !errors.Is(err, bus.ErrOvertaken):
			t.Fatal(err)
		}
	}
	if owners != 1 {
		t.Fatalf("%d owners", owners)
	}
}

func TestTopicOfATableCreatedAnew(t *testing.T) {
	c, b, ctx := withState(t)
	tab := openTable(t, ctx, b)
	put(t, ctx, tab, "a", "1")
	put(t, ctx, tab, "b", "1")
	v := openView(t, ctx, b)
	deleteTopic(t, ctx, b, c.ListenAddrs(), stateTopic)
	ensure(t, ctx, b, stateTopic)
	eventually(t, ctx, "the table's end", func() error {
		if err := tab.Put(ctx, "c", nil); !errors.Is(err, bus.ErrOvertaken) {
			return fmt.Errorf("put says %w", errors.Join(errors.New("not that"), err))
		}
		return nil
	})
	again := openTable(t, ctx, b)
	put(t, ctx, again, "d", "2")
	eventually(t, ctx, "the view follows the new topic", func() error {
		if got := rows(v); !strings.Contains(got, "d=2") || strings.Contains(got, "a=1") {
			return errors.New(got)
		}
		return v.Ready(ctx)
	})
}

// deleteTopic returns when it is known everywhere.
func deleteTopic(t testing.TB, ctx context.Context, b *bus.Bus, brokers []string, name string) {
	t.Helper()
	full := b.Namespace().Name(name)
	client := plainClient(t, brokers)
	r, err := client.DeleteTopics(ctx, &kafka.DeleteTopicsRequest{Topics: []string{full}})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Errors[full]; err != nil {
		t.Fatal(err)
	}
	eventually(t, ctx, "the deletion", func() error {
		if _, err := b.Lag(ctx, "nobody", name); !errors.Is(err, kafka.UnknownTopicOrPartition) {
			return fmt.Errorf("lag says %w", errors.Join(errors.New("not that"), err))
		}
		return nil
	})
}

func TestTableNeedsItsPartitions(t *testing.T) {
	c, b := fake(t)
	ctx := testContext(t)
	client := plainClient(t, c.ListenAddrs())
	if _, err := client.CreateTopics(ctx, &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{
		{Topic: "fake." + stateTopic, NumPartitions: 2, ReplicationFactor: 1},
	}}); err != nil {
		t.Fatal(err)
	}
	eventually(t, ctx, "the refusal", func() error {
		if _, err := b.OpenTable(ctx, stateTopic); err == nil || !strings.Contains(err.Error(), "has 2 partitions, the topology says 1") {
			return fmt.Errorf("opened: %w", errors.Join(errors.New("not that"), err))
		}
		return nil
	})
}

// TestTableAgainstModel: whatever is done by whomever, in any order, the topic
// says the same to all.
func TestTableAgainstModel(t *testing.T) {
	_, b, _ := withState(t)
	ctx := t.Context() // it opens hundreds of tables and views
	var owner *bus.Table
	model := map[string]string{}
	rapid.Check(t, func(rt *rapid.T) {
		for range rapid.IntRange(1, 10).Draw(rt, "steps") {
			key := rapid.StringMatching(`[a-d]`).Draw(rt, "key")
			switch rapid.IntRange(0, 9).Draw(rt, "what") {
			case 0:
				owner = nil
			case 1, 2:
				if owner != nil {
					if err := owner.Delete(ctx, key); err != nil {
						rt.Fatal(err)
					}
					delete(model, key)
				}
			default:
				value := rapid.StringN(0, 5, 20).Draw(rt, "value")
				if owner == nil {
					owner = openTable(t, ctx, b)
				}
				if err := owner.Put(ctx, key, []byte(value)); err != nil {
					rt.Fatal(err)
				}
				model[key] = value
			}
		}
		v := openView(t, ctx, b)
		defer v.Close()
		got := map[string]string{}
		v.Range(func(k string, b []byte) bool { got[k] = string(b); return true })
		if !maps.Equal(got, model) {
			rt.Fatalf("the view holds %v, want %v", got, model)
		}
	})
}

// Whoever catches up has what was written before, however far behind the view was.
func TestViewCatchesUp(t *testing.T) {
	_, b, ctx := withState(t)
	tab, v := openTable(t, ctx, b), openView(t, ctx, b)
	for i := range 20 {
		put(t, ctx, tab, "k", fmt.Sprint(i))
		if err := v.CatchUp(ctx); err != nil {
			t.Fatal(err)
		}
		if got, _ := v.Get("k"); string(got) != fmt.Sprint(i) {
			t.Fatalf("after %d it holds %s", i, got)
		}
	}
	over, cancel := context.WithCancel(ctx)
	cancel()
	if err := v.CatchUp(over); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// A table that catches up tells that somebody else has it.
func TestTableCatchesUp(t *testing.T) {
	_, b, ctx := withState(t)
	tab := openTable(t, ctx, b)
	put(t, ctx, tab, "k", "v")
	if err := tab.CatchUp(ctx); err != nil {
		t.Fatal(err)
	}
	other := openTable(t, ctx, b)
	if err := tab.CatchUp(ctx); !errors.Is(err, bus.ErrOvertaken) {
		t.Errorf("who was overtaken is told %v", err)
	}
	if err := other.CatchUp(ctx); err != nil {
		t.Error(err)
	}
}
