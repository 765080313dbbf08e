package bus

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"

	"github.com/copytaster/copytaster/pkg/stage"
)

// Times of a source.
const (
	DefaultDrain      = 10 * time.Second
	DefaultCommit     = time.Second
	heartbeatInterval = 3 * time.Second
	sessionTimeout    = 30 * time.Second
	rebalanceTimeout  = 30 * time.Second
	joinBackoff       = 500 * time.Millisecond
	partitionWatch    = 10 * time.Second
	retryMin          = 50 * time.Millisecond
	retryMax          = 2 * time.Second
	// lostRetry is how often an offset that Kafka no longer has is asked for
	// again, and lostLog how often that is said in the log.
	lostRetry = 5 * time.Second
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
	// timeout of 30 s, since there are no heartbeats meanwhile.
	Drain time.Duration
	// Commit is how often it is written down what is done; 0: [DefaultCommit].
	Commit time.Duration
}

// Source reads topics as a member of a consumer group. What was not
// acknowledged comes again after a restart or a rebalance; a group that is new
// begins at the first message.
//
// An offset that Kafka no longer has is never skipped: the partition stands
// still, [Source.Ready] and the log say so, and an operator decides.
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
	lost   map[string]error // by topic/partition: offsets that are gone
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
	for {
		gen, err := s.group.Next(s.ctx)
		if s.ctx.Err() != nil || errors.Is(err, kafka.ErrGroupClosed) {
			return
		}
		if err != nil {
			err = s.bus.explain(err)
			s.setJoined(false, err)
			s.bus.log.Warn().Err(err).Str("group", s.cfg.Group).Msg("can't join the group, trying again")
			continue // the group waits between attempts
		}
		g := &generation{source: s, gen: gen, idle: make(chan struct{}, 1)}
		gen.Start(g.run)
	}
}

func (s *Source) setJoined(joined bool, reason error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.joined, s.reason = joined, reason
	if joined {
		clear(s.lost)
	}
}

// Ready tells why messages don't come: not a member of the group, or offsets
// that are gone.
func (s *Source) Ready(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.joined {
		return fmt.Errorf("group %s: %w", s.cfg.Group, s.reason)
	}
	var errs []error
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

// generation is one term of the group's membership: the partitions it got.
type generation struct {
	source *Source
	gen    *kafka.Generation
	parts  []*part

	mu      sync.Mutex
	over    bool // nothing is handed out any more
	closed  bool // the last commit was made, acknowledgements come too late
	pending int  // messages handed out and not acknowledged
	idle    chan struct{}
}

// run works until ctx, the generation's, is done; then lets what is in work
// finish, and commits.
func (g *generation) run(genCtx context.Context) {
	s := g.source
	ctx, cancel := context.WithCancel(genCtx)
	defer cancel()
	var fetchers sync.WaitGroup
	for _, name := range s.cfg.Topics {
		for _, a := range g.gen.Assignments[s.bus.ns.Name(name)] {
			p := &part{generation: g, name: name, full: s.bus.ns.Name(name), id: a.ID}
			g.parts = append(g.parts, p)
			fetchers.Go(func() { p.run(ctx, a.Offset) })
		}
	}
	s.setJoined(true, nil)
	s.bus.log.Info().Str("group", s.cfg.Group).Int32("generation", g.gen.ID).Int("partitions", len(g.parts)).Msg("joined the group")

	tick := time.NewTicker(s.cfg.Commit)
	defer tick.Stop()
	failures := 0
	for failures < maxCommitFailures && ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-tick.C:
			if err := g.commit(); err != nil && ctx.Err() == nil {
				failures++
				s.bus.log.Warn().Err(err).Str("group", s.cfg.Group).Int("failures", failures).Msg("can't commit offsets")
			} else {
				failures = 0
			}
		}
	}
	s.setJoined(false, errors.New("rebalancing"))
	g.mu.Lock()
	g.over = true
	left := g.pending
	g.mu.Unlock()
	cancel()
	fetchers.Wait()
	if left > 0 {
		left = g.drain()
	}
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	err := g.commit()
	switch {
	case err != nil:
		s.bus.log.Warn().Err(err).Str("group", s.cfg.Group).Msg("can't commit offsets at the end; messages come again")
	case left > 0:
		s.bus.log.Warn().Str("group", s.cfg.Group).Int("messages", left).Msg("messages in work come again, to this or another member")
	}
}

// drain waits until nothing is in work, for the drain time at most or until the
// source closes, and gives the number that is left.
func (g *generation) drain() int {
	t := time.NewTimer(g.source.cfg.Drain)
	defer t.Stop()
	for {
		g.mu.Lock()
		n := g.pending
		g.mu.Unlock()
		if n == 0 {
			return 0
		}
		select {
		case <-g.idle:
		case <-t.C:
			return n
		case <-g.source.ctx.Done():
			return n
		}
	}
}

// commit writes down the watermarks that moved.
func (g *generation) commit() error {
	moved := map[string]map[int]int64{}
	var parts []*part
	var marks []int64
	g.mu.Lock()
	for _, p := range g.parts {
		if p.tracker == nil {
			continue
		}
		if w := p.tracker.watermark(); w > p.committed {
			if moved[p.full] == nil {
				moved[p.full] = map[int]int64{}
			}
			moved[p.full][p.id] = w
			parts, marks = append(parts, p), append(marks, w)
		}
	}
	g.mu.Unlock()
	if len(moved) == 0 {
		return nil
	}
	if err := g.gen.CommitOffsets(moved); err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, p := range parts {
		p.committed = marks[i]
	}
	return nil
}

// part is a partition in one generation. tracker and committed are guarded by
// the generation's mutex.
type part struct {
	*generation
	name, full string
	id         int
	tracker    *tracker
	committed  int64
}

// deliver notes that ms are handed out and gives them their Ack; false if the
// partition was taken away meanwhile.
func (p *part) deliver(ms []stage.Message) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return false
	}
	for i := range ms {
		offset := ms[i].Offset
		if !p.tracker.deliver(offset) {
			continue
		}
		p.pending++
		ms[i].Ack = func(stage.Verdict) { p.ack(offset) }
	}
	return true
}

func (p *part) ack(offset int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || !p.tracker.done(offset) {
		return
	}
	if p.pending--; p.pending == 0 && p.over {
		select {
		case p.idle <- struct{}{}:
		default:
		}
	}
}

// run fetches from start on and hands out, until ctx is done.
func (p *part) run(ctx context.Context, start int64) {
	s := p.source
	log := s.bus.log.With().Str("topic", p.name).Int("partition", p.id).Logger()
	promised := start >= 0 // someone committed it, so nothing behind it may be skipped
	offset := start
	wait := retryMin
	var shouted time.Time
	again := func(err error) bool {
		if ctx.Err() != nil {
			return false
		}
		log.Warn().Err(err).Int64("offset", offset).Msg("can't fetch, trying again")
		d := wait
		wait = min(2*wait, retryMax)
		return sleep(ctx, d)
	}
	for ctx.Err() == nil {
		if offset < 0 {
			first, err := s.bus.offsets(ctx, p.full, []int{p.id}, kafka.FirstOffset)
			if err != nil {
				if !again(err) {
					return
				}
				continue
			}
			offset = first[p.id]
		}
		f, err := s.bus.fetch(ctx, p.full, p.name, p.id, offset)
		switch {
		case errors.Is(err, kafka.OffsetOutOfRange) && !promised:
			// Retention was faster than the first fetch: begin anew.
			offset = kafka.FirstOffset
			if !sleep(ctx, retryMin) {
				return
			}
			continue
		case errors.Is(err, kafka.OffsetOutOfRange):
			err := p.lostError(ctx, offset)
			s.setLost(p, err)
			if time.Since(shouted) >= lostLog {
				shouted = time.Now()
				log.Error().Err(err).Msg("messages are LOST; the partition stands still until an operator decides: copytaster replay GROUP --skip-lost")
			}
			if !sleep(ctx, lostRetry) {
				return
			}
			continue
		case err != nil:
			if !again(err) {
				return
			}
			continue
		}
		wait = retryMin
		if !shouted.IsZero() {
			shouted = time.Time{}
			s.setLost(p, nil)
		}
		p.mu.Lock()
		if p.tracker == nil {
			p.tracker, p.committed = newTracker(offset), max(start, 0)
		}
		p.mu.Unlock()
		if len(f.messages) > 0 {
			promised = true
			select {
			case s.out <- batch{p, f.messages}:
			case <-ctx.Done():
				return
			}
		}
		offset = f.next
	}
}

// lostError says what is missing.
func (p *part) lostError(ctx context.Context, offset int64) error {
	first, end, err := p.source.bus.bounds(ctx, p.full, []int{p.id})
	if err != nil {
		return fmt.Errorf("%s/%d: offset %d is not there: %w", p.name, p.id, offset, err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s/%d: group %s stands at offset %d, the log holds %d to %d", p.name, p.id, p.source.cfg.Group, offset, first[p.id], end[p.id])
	if offset < first[p.id] {
		fmt.Fprintf(&b, ": %d messages were deleted before they were read", first[p.id]-offset)
	}
	return errors.New(b.String())
}

func (s *Source) setLost(p *part, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := fmt.Sprintf("%s/%d", p.name, p.id)
	if err == nil {
		delete(s.lost, key)
	} else {
		s.lost[key] = err
	}
}
