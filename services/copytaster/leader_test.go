package copytaster

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/segmentio/kafka-go"

	"github.com/copytaster/copytaster/deploy/local"
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

// The brokers of a [cluster], and how many articles are revised in it.
const (
	staying, moving = 1, 2
	clusterKeys     = 24
)

// cluster is a Kafka of two brokers. The first has the controller and the groups;
// the second may die.
type cluster struct {
	t             *testing.T
	first, second *local.Server
	client        *kafka.Client
	bus           *bus.Bus
}

func openCluster(t *testing.T) *cluster {
	t.Helper()
	dist, err := local.Dist("")
	if err != nil {
		t.Fatal(err)
	}
	dir, c := t.TempDir(), &cluster{t: t}
	t.Cleanup(func() {
		for _, s := range []*local.Server{c.second, c.first} {
			if s != nil {
				_ = s.Kill() // what it holds is not wanted any more
			}
		}
	})
	began := time.Now()
	if c.first, err = local.StartKafka(t.Context(), local.ServerConfig{Dist: dist, Dir: filepath.Join(dir, "first"), HeapMiB: 256}); err != nil {
		t.Fatal(err)
	}
	if c.second, err = local.StartKafka(t.Context(), local.ServerConfig{Dist: dist, Dir: filepath.Join(dir, "second"), HeapMiB: 256, Join: c.first, Node: moving}); err != nil {
		t.Fatal(err)
	}
	t.Logf("both brokers serve after %.1f s", time.Since(began).Seconds())
	transport := &kafka.Transport{MetadataTTL: 100 * time.Millisecond}
	t.Cleanup(transport.CloseIdleConnections)
	c.client = &kafka.Client{Addr: kafka.TCP(c.first.Address), Transport: transport}
	if c.bus, err = bus.Connect(bus.Config{KafkaBrokers: []string{c.first.Address, c.second.Address}}, zerolog.New(zerolog.NewTestWriter(t)).Level(zerolog.WarnLevel)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.bus.Close)
	return c
}

// create makes a topic as the topology has it, with a copy on each broker and the
// second one leading.
func (c *cluster) create(name string) {
	c.t.Helper()
	x, err := topic.ByName(name)
	if err != nil {
		c.t.Fatal(err)
	}
	config := kafka.TopicConfig{Topic: name, NumPartitions: -1, ReplicationFactor: -1}
	for p := range x.Partitions {
		config.ReplicaAssignments = append(config.ReplicaAssignments, kafka.ReplicaAssignment{Partition: p, Replicas: []int{moving, staying}})
	}
	for k, v := range x.Config() {
		config.ConfigEntries = append(config.ConfigEntries, kafka.ConfigEntry{ConfigName: k, ConfigValue: v})
	}
	resp, err := c.client.CreateTopics(c.t.Context(), &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{config}})
	if err == nil {
		err = resp.Errors[name]
	}
	if err != nil && !errors.Is(err, kafka.TopicAlreadyExists) { // asked again by the client
		c.t.Fatal(err)
	}
}

// led tells why the partitions of the topics are not all led by that broker, with
// so many copies in sync.
func (c *cluster) led(by, copies int, topics ...string) error {
	ctx, cancel := context.WithTimeout(c.t.Context(), 10*time.Second)
	defer cancel()
	md, err := c.client.Metadata(ctx, &kafka.MetadataRequest{Topics: topics})
	if err != nil {
		return err
	}
	for _, x := range md.Topics {
		if x.Error != nil || len(x.Partitions) == 0 {
			return fmt.Errorf("topic %s has %d partitions: %w", x.Name, len(x.Partitions), x.Error)
		}
		for _, p := range x.Partitions {
			if p.Leader.ID != by || len(p.Isr) < copies {
				return fmt.Errorf("%s/%d is led by %d, in sync are %v", x.Name, p.ID, p.Leader.ID, p.Isr)
			}
		}
	}
	return nil
}

// revise writes one revision of every article after the other until ctx is done,
// each until Kafka has it, and gives the last one.
func (c *cluster) revise(ctx context.Context, done *atomic.Int64) error {
	sink := c.bus.Sink(topic.Received, event.Received)
	for n := 1; ctx.Err() == nil; n++ {
		var as []article.Article
		for k := range clusterKeys {
			as = append(as, report(fmt.Sprintf("led%d", k), n))
		}
		for err := sink.Write(c.t.Context(), as); err != nil; err = sink.Write(c.t.Context(), as) {
			if c.t.Context().Err() != nil {
				return errors.Join(err, sink.Close())
			}
		}
		done.Store(int64(n))
		<-time.After(20 * time.Millisecond) // between two rounds
	}
	return sink.Close()
}

// TestLeaderMoves: the leader of all partitions that a stage reads and writes dies,
// another broker leads them, and then the first is made to lead again. Nothing is
// lost, and no revision goes before the one that came before it.
func TestLeaderMoves(t *testing.T) {
	c := openCluster(t)
	topics := []string{topic.Received, topic.Enriched}
	for _, name := range topics {
		c.create(name)
	}
	await(t, "the second broker leads", func() error { return c.led(moving, 2, topics...) })

	source, err := c.bus.Source(bus.SourceConfig{Group: topic.GroupEnrich, Topics: topics[:1]})
	if err != nil {
		t.Fatal(err)
	}
	var handled, written atomic.Int64
	working, stopStage := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	go func() {
		ended <- stage.Stage{
			Name: "enrich", Source: source, Sink: c.bus.Sink(topic.Enriched, event.Enriched), Dead: c.bus.DeadLetters(), Log: zerolog.Nop(),
			Handler: func(_ context.Context, m stage.Message) ([]article.Article, error) {
				a, err := event.Decode(m)
				handled.Add(1)
				return []article.Article{a}, err
			},
		}.Run(working)
	}()
	writing, stopWriting := context.WithCancel(t.Context())
	revised := make(chan error, 1)
	go func() { revised <- c.revise(writing, &written) }()
	t.Cleanup(func() { stopStage(); stopWriting() })
	goesOn := func(when string) {
		t.Helper()
		h, w := handled.Load()+3*clusterKeys, written.Load()+3
		await(t, when+" copy is written and handled", func() error {
			if handled.Load() < h || written.Load() < w {
				return fmt.Errorf("%d of %d handled, %d of %d written", handled.Load(), h, written.Load(), w)
			}
			return nil
		})
	}

	goesOn("led by the second broker,")
	if err := c.second.Kill(); err != nil {
		t.Fatal(err)
	}
	await(t, "the first broker leads", func() error { return c.led(staying, 1, topics...) })
	goesOn("led by the first broker,")
	if err := c.second.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	await(t, "the second broker is in sync", func() error { return c.led(staying, 2, topics...) })
	for _, name := range topics {
		c.lead(name)
	}
	await(t, "the second broker leads again", func() error { return c.led(moving, 2, topics...) })
	goesOn("led by the second broker again,")

	stopWriting()
	if err := <-revised; err != nil {
		t.Fatal(err)
	}
	await(t, "all is handled", func() error {
		lag, err := c.bus.Lag(t.Context(), topic.GroupEnrich, topic.Received)
		if err == nil && lag[topic.Received] > 0 {
			err = fmt.Errorf("lag %v", lag)
		}
		return err
	})
	stopStage()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	c.inOrder(int(written.Load()))
}

// lead has the preferred broker, which is the second, lead a topic again.
func (c *cluster) lead(name string) {
	c.t.Helper()
	x, err := topic.ByName(name)
	if err != nil {
		c.t.Fatal(err)
	}
	var ids []int
	for p := range x.Partitions {
		ids = append(ids, p)
	}
	await(c.t, "it is asked to lead "+name, func() error {
		r, err := c.client.ElectLeaders(c.t.Context(), &kafka.ElectLeadersRequest{Topic: name, Partitions: ids, Timeout: 30 * time.Second})
		if err == nil {
			err = r.Error
		}
		return err // of a partition: it has moved already, or led shows that it has not
	})
}

// inOrder holds what the stage has written against so many revisions of every
// article: one may be there again, as it comes again, but none before the one that
// it follows, and none may be missing.
func (c *cluster) inOrder(revisions int) {
	c.t.Helper()
	o := &tools{t: c.t, bus: c.bus}
	newest := map[article.URI]int{}
	for _, m := range o.log(topic.Enriched) {
		a, err := event.Decode(m)
		if err != nil {
			c.t.Fatal(err)
		}
		n, err := strconv.Atoi(a.Version)
		if err != nil {
			c.t.Fatal(err)
		}
		if n > newest[a.URI]+1 {
			c.t.Errorf("%s: revision %d came before %d", a.URI, n, newest[a.URI]+1)
		}
		newest[a.URI] = max(newest[a.URI], n)
	}
	if len(newest) != clusterKeys {
		c.t.Errorf("%d articles, want %d", len(newest), clusterKeys)
	}
	for uri, n := range newest {
		if n != revisions {
			c.t.Errorf("%s: the last revision is %d, want %d", uri, n, revisions)
		}
	}
}
