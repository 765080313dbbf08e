package bus

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"

	"github.com/copytaster/copytaster/pkg/stage"
)

// Times of a source.
const (
	DefaultDrain      = 5 * time.Second
	DefaultCommit     = time.Second
	heartbeatInterval = 2 * time.Second
	// sessionTimeout is how long the partitions of a process that was killed
	// wait for another: live copy waits with them.
	sessionTimeout   = 10 * time.Second
	rebalanceTimeout = 30 * time.Second
	joinBackoff      = 500 * time.Millisecond
	partitionWatch   = 10 * time.Second
	retryMin         = 50 * time.Millisecond
	retryMax         = 2 * time.Second
	// lostRetry is how often an offset that Kafka no longer has is asked for
	// again, and lostLog how often that is said in the log.
	lostRetry = 5 * time.Second
	// lostDoubt is how long it may take to find out that the topic is another one.
	lostDoubt = time.Second
	lostLog   = 30 * time.Second
	// maxCommitFailures in a row end a generation, so that a new one starts
	// with new connections.
	maxCommitFailures = 3
)

// SourceConfig is what a source reads.
type SourceConfig struct {
	Group  string   // without the namespace
	Topics []string // without the namespace
	// Drain is how long messages in work may take when a partition is given
	// away, before it is; 0: [DefaultDrain]. At most half of Kafka's session
	// timeout of 10 s, since there are no heartbeats meanwhile.
	Drain time.Duration
	// Commit is how often it is written down what is done; 0: [DefaultCommit].
	Commit time.Duration
}

// Source reads topics as a member of a consumer group. What was not
// acknowledged comes again after a restart or a rebalance; a group that is new
// begins at the first message.
//
// An offset that Kafka no longer has is never skipped: the partition stands
// still, [Source.Ready] and the log say so, and an operator decides. A topic
// that was deleted and created anew is read from its start, and the log says
// so: commits carry the topic's [identity], and those of the former topic don't
// count.
//
// Partitions that are added are found within [partitionWatch] and read from
// their start. Keys that move to them have their older messages elsewhere: for
// such a moment their order is not kept. Revisions decide what is newer, so the
// index is right all the same.
type Source struct {
	bus    *Bus
	cfg    SourceConfig
	group  *kafka.ConsumerGroup
	out    chan batch
	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	ended  chan struct{}

	mu     sync.Mutex
	joined bool
	reason error            // why it is not joined
	lost   map[string]error // by topic or topic/partition: offsets and topics that are gone
	parts  []*part          // of the present generation
}

type batch struct {
	part     *part
	messages []stage.Message
}

// Source joins the group in the background. Close it.
func (b *Bus) Source(c SourceConfig) (*Source, error) {
	if c.Group == "" || len(c.Topics) == 0 {
		return nil, errors.New("a source needs a group and topics")
	}
	if c.Drain == 0 {
		c.Drain = DefaultDrain
	}
	if c.Commit == 0 {
		c.Commit = DefaultCommit
	}
	if c.Drain < 0 || c.Drain > sessionTimeout/2 || c.Commit < 0 {
		return nil, fmt.Errorf("source of group %s: drain %v is outside 0 to %v, or commit %v negative", c.Group, c.Drain, sessionTimeout/2, c.Commit)
	}
	full := make([]string, len(c.Topics))
	for i, t := range c.Topics {
		full[i] = b.ns.Name(t)
	}
	g, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
		ID: b.ns.Name(c.Group), Brokers: b.cfg.KafkaBrokers, Dialer: b.dialer, Topics: full,
		StartOffset: kafka.FirstOffset, HeartbeatInterval: heartbeatInterval, SessionTimeout: sessionTimeout,
		RebalanceTimeout: rebalanceTimeout, JoinGroupBackoff: joinBackoff,
		WatchPartitionChanges: true, PartitionWatchInterval: partitionWatch,
	})
	if err != nil {
		return nil, fmt.Errorf("source of group %s: %w", c.Group, err)
	}
	s := &Source{
		bus: b, cfg: c, group: g, out: make(chan batch), ended: make(chan struct{}),
		reason: errors.New("joining"), lost: map[string]error{},
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	go s.run()
	return s, nil
}

// run takes generation after generation.
func (s *Source) run() {
	defer close(s.ended)
	var said said
	for {
		gen, err := s.group.Next(s.ctx)
		if s.ctx.Err() != nil || errors.Is(err, kafka.ErrGroupClosed) {
			return
		}
		if err != nil {
			err = s.bus.explain(err)
			s.setJoined(false, err)
			if said.news(err) {
				s.bus.log.Warn().Err(err).Str("group", s.cfg.Group).Msg("can't join the group, trying again")
			}
			continue // the group waits between attempts
		}
		g := &generation{source: s, gen: gen, idle: make(chan struct{}, 1), suspect: make(chan struct{}, 1)}
		began := time.Now()
		gen.Start(func(ctx context.Context) {
			g.run(ctx)
			// kafka-go joins again without a pause, and ends a generation at once
			// while a topic is missing.
			if d := time.Since(began); d < joinBackoff {
				sleep(s.ctx, joinBackoff-d)
			}
		})
	}
}

func (s *Source) setJoined(joined bool, reason error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.joined, s.reason = joined, reason
	s.parts = nil
}

// Ready tells why messages don't come: not a member of the group, topics or
// offsets that are gone, partitions that can't be read for longer than
// [followGrace].
func (s *Source) Ready(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return errClosed
	}
	var errs []error
	if !s.joined {
		errs = append(errs, fmt.Errorf("group %s: %w", s.cfg.Group, s.reason))
	}
	for _, p := range s.parts {
		if d := time.Since(p.good); p.err != nil && d > followGrace {
			errs = append(errs, fmt.Errorf("%s/%d can't be read for %v: %w", p.name, p.id, d.Round(time.Second), p.err))
		}
	}
	for _, k := range slices.Sorted(maps.Keys(s.lost)) {
		errs = append(errs, s.lost[k])
	}
	return errors.Join(errs...)
}

var errClosed = stage.Permanent(errors.New("source is closed"))

// Next gives messages of one partition, in their order.
func (s *Source) Next(ctx context.Context) ([]stage.Message, error) {
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-s.ctx.Done():
			return nil, errClosed
		case b := <-s.out:
			if b.part.deliver(b.messages) {
				return b.messages, nil
			}
		}
	}
}

// Close writes down what was acknowledged and leaves the group. It does not
// wait for messages in work: they come again.
func (s *Source) Close() error {
	s.cancel()
	err := s.group.Close()
	<-s.ended
	return err
}

// setLost notes what is wrong with a topic or partition; nil: nothing any more.
func (s *Source) setLost(place string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		delete(s.lost, place)
	} else {
		s.lost[place] = err
	}
}
