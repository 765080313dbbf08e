package bus_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

func TestTopicsAreMadeAsTheTopologyHasThem(t *testing.T) {
	b, brokers := realBusAt(t)
	ctx := testContext(t)
	client := plainClient(t, brokers)
	ns := string(b.Namespace())
	if _, err := client.CreateTopics(ctx, &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{
		{Topic: ns + topic.Received, NumPartitions: 3, ReplicationFactor: 1, ConfigEntries: []kafka.ConfigEntry{
			{ConfigName: "retention.ms", ConfigValue: "1000"}, {ConfigName: "segment.ms", ConfigValue: "60000"},
		}},
		{Topic: ns + "stray", NumPartitions: 2, ReplicationFactor: 1},
	}}); err != nil {
		t.Fatal(err)
	}
	ensure(t, ctx, b, topic.Enriched)
	eventually(t, ctx, "three topics", func() error {
		all, err := b.Topics(ctx)
		if err != nil {
			return err
		}
		want := []bus.Existing{{Name: topic.Enriched, Partitions: 12, Replicas: 1}, {Name: topic.Received, Partitions: 3, Replicas: 1}, {Name: "stray", Partitions: 2, Replicas: 1}}
		if d := cmp.Diff(want, all); d != "" {
			return errors.New(d)
		}
		return nil
	})
	found := func() map[string]string {
		t.Helper()
		ds, err := b.Differences(ctx, topic.Received, topic.Enriched)
		if err != nil {
			t.Fatal(err)
		}
		m := map[string]string{}
		for _, d := range ds {
			if d.Topic != topic.Received {
				t.Errorf("differs: %v", d)
			}
			m[d.Setting] = d.Have
		}
		return m
	}
	before := found()
	if before[bus.SettingPartitions] != "3" || before["retention.ms"] != "1000" || len(before) < 3 {
		t.Fatal(before)
	}
	ds, err := b.Differences(ctx, topic.Received)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Apply(ctx, true, ds...); err != nil {
		t.Fatal("dry:", err)
	}
	if after := found(); !maps.Equal(before, after) {
		t.Fatalf("a dry run changed %v to %v", before, after)
	}
	for want, d := range map[string]bus.Difference{
		"takes no partitions away":      {Topic: topic.Enriched, Setting: bus.SettingPartitions, Want: "3", Have: "12"},
		"move away from their old rows": {Topic: topic.Current, Setting: bus.SettingPartitions, Want: "12", Have: "3"},
	} {
		if err := b.Apply(ctx, false, append(slices.Clone(ds), d)...); err == nil || !strings.Contains(err.Error(), want) {
			t.Fatalf("%v: error %v, want %q", d, err, want)
		}
		if after := found(); !maps.Equal(before, after) {
			t.Fatalf("an impossible change, %v, changed %v to %v", d, before, after)
		}
	}
	if err := b.Apply(ctx, false, ds...); err != nil {
		t.Fatal(err)
	}
	eventually(t, ctx, "no difference", func() error {
		if after := found(); len(after) > 0 {
			return fmt.Errorf("still %v", after)
		}
		return nil
	})
	// What the topology doesn't speak of stays.
	r, err := client.DescribeConfigs(ctx, &kafka.DescribeConfigsRequest{Resources: []kafka.DescribeConfigRequestResource{{
		ResourceType: kafka.ResourceTypeTopic, ResourceName: ns + topic.Received, ConfigNames: []string{"segment.ms"},
	}}})
	if err != nil || r.Resources[0].ConfigEntries[0].ConfigValue != "60000" {
		t.Fatal(r, err)
	}
}

func TestOffsetsOfAGroupAreSet(t *testing.T) {
	b, ctx := realBus(t), testContext(t)
	ensure(t, ctx, b, topic.Received)
	if g, err := b.Group(ctx, "g"); err != nil || g.State != "Dead" || len(g.Members) > 0 {
		t.Fatalf("a group that isn't there: %+v %v", g, err)
	}
	if at, err := b.Committed(ctx, "g", topic.Received); err != nil || len(at) != 0 {
		t.Fatal(at, err)
	}
	send(t, ctx, b, 40, 0, 3)
	got := collect(120)
	stop := run(t, ctx, b, source(t, b, "g", topic.Received), got)
	await(t, ctx, got.done, "all articles")
	eventually(t, ctx, "one member has all", func() error {
		g, err := b.Group(ctx, "g")
		if err == nil && (g.State != "Stable" || len(g.Members) != 1 || len(g.Members[0].Partitions[topic.Received]) != 12 || g.Members[0].Client != "copytaster") {
			err = fmt.Errorf("%+v", g)
		}
		return err
	})
	if err := b.SetOffsets(ctx, "g", topic.Received, map[int]int64{0: 0}); !errors.Is(err, bus.ErrHasMembers) {
		t.Fatal("offsets were set below a member:", err)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	es, err := b.Extents(ctx, topic.Received)
	if err != nil {
		t.Fatal(err)
	}
	at, err := b.Committed(ctx, "g", topic.Received)
	if err != nil {
		t.Fatal(err)
	}
	again := 0
	back := map[int]int64{}
	for _, e := range es {
		if e.End > 0 && at[e.Partition] != e.End {
			t.Errorf("partition %d: committed %d of %d", e.Partition, at[e.Partition], e.End)
		}
		if e.Partition%2 == 0 {
			back[e.Partition] = 0
			again += int(e.End)
		}
	}
	eventually(t, ctx, "offsets are set", func() error { return b.SetOffsets(ctx, "g", topic.Received, back) })
	out := newSeen()
	stop = run(t, ctx, b, source(t, b, "g", topic.Received), out)
	eventually(t, ctx, "half of the partitions again", func() error {
		if n := out.count(); n < again {
			return fmt.Errorf("%d of %d messages", n, again)
		}
		return nil
	})
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if n := out.count(); n != again {
		t.Errorf("%d messages came again, want %d", n, again)
	}
}

func TestForwardWritesMessagesAsTheyAre(t *testing.T) {
	b, ctx := realBus(t), testContext(t)
	ensure(t, ctx, b, topic.IngestDead)
	var want []stage.Message
	for i := range 5 {
		want = append(want, stage.Message{
			Key: []byte("key " + strconv.Itoa(i)), Value: noise(100 * i), Topic: "elsewhere", Partition: 7, Offset: 99,
			Headers: []stage.Header{{Key: "twice", Value: []byte{0, 255}}, {Key: "twice", Value: []byte("b")}, {Key: "empty", Value: []byte{}}},
		})
	}
	want = append(want, stage.Message{Value: []byte("no key")})
	began := time.Now()
	f := b.Forward()
	if err := f.Write(ctx, topic.IngestDead, want...); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	n := 0
	err := b.ReadLog(ctx, topic.IngestDead, 0, 0, int64(len(want)), func(m stage.Message) error {
		w := want[n]
		if string(m.Key) != string(w.Key) || (m.Key == nil) != (w.Key == nil) || string(m.Value) != string(w.Value) || len(m.Headers) != len(w.Headers) {
			t.Errorf("message %d is %+v, want %+v", n, m, w)
		}
		for i := range m.Headers {
			if m.Headers[i].Key != w.Headers[i].Key || string(m.Headers[i].Value) != string(w.Headers[i].Value) {
				t.Errorf("message %d, header %d is %v", n, i, m.Headers[i])
			}
		}
		if m.Time.Before(began.Truncate(time.Millisecond)) || m.Time.After(time.Now()) {
			t.Errorf("message %d is of %v", n, m.Time)
		}
		n++
		return nil
	})
	if err != nil || n != len(want) {
		t.Fatal(n, err)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	f = b.Forward()
	defer f.Close()
	if err := f.Write(ended, topic.IngestDead, want[0]); err == nil {
		t.Error("a write that was canceled said that it is safe")
	}
}

// A Kafka that takes longer for its metadata than the transport's cache lasts
// is slow, not gone.
func TestSlowMetadataIsAskedForAgain(t *testing.T) {
	c, b := fake(t)
	ctx := testContext(t)
	ensure(t, ctx, b, topic.IngestDead)
	b.Close()
	const slow = 5
	var asked atomic.Int32 // it may be asked on when the test ends
	c.ControlKey(int16(kmsg.Metadata), func(kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		if asked.Add(1) <= slow {
			c.SleepControl(func() { <-time.After(300 * time.Millisecond) })
		}
		return nil, nil, false
	})
	fresh, err := bus.Connect(bus.Config{KafkaBrokers: c.ListenAddrs(), Namespace: "fake."}, testLog(t))
	if err != nil {
		t.Fatal(err)
	}
	defer fresh.Close()
	if es, err := fresh.Extents(ctx, topic.IngestDead); err != nil || len(es) != 1 {
		t.Fatal(es, err)
	}
	if asked.Load() == 0 {
		t.Fatal("metadata was never slow")
	}
}
