package bus

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
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

// generation is one term of the group's membership: the partitions it got.
type generation struct {
	source *Source
	gen    *kafka.Generation
	parts  []*part

	over    atomic.Bool // nothing is handed out any more, and what is not in work is another's; set under mu
	mu      sync.Mutex
	closed  bool // the last commit was made, acknowledgements come too late
	pending int  // messages handed out and not acknowledged
	idle    chan struct{}

	ids     map[string]identity // of the topics, by full name; those that are known
	suspect chan struct{}       // asks to look at them again
}

// run works until ctx, the generation's, is done; then lets what is in work
// finish, takes back what is not, and commits.
func (g *generation) run(genCtx context.Context) {
	s := g.source
	ctx, cancel := context.WithCancel(genCtx)
	defer cancel()
	starts, err := g.starts(ctx)
	if err != nil {
		return
	}
	total := 0
	for _, ps := range starts {
		total += len(ps)
	}
	var fetchers sync.WaitGroup
	for _, name := range s.cfg.Topics {
		full := s.bus.ns.Name(name)
		for id, start := range starts[full] {
			p := &part{generation: g, name: name, full: full, id: id, most: shareOf(total), good: time.Now()}
			g.parts = append(g.parts, p)
			fetchers.Go(func() { p.run(ctx, start) })
		}
	}
	s.mu.Lock()
	clear(s.lost)
	s.mu.Unlock()
	g.checkTopics(s.ctx) // also if this generation is over already, as while a topic is missing
	s.setJoined(true, nil)
	s.mu.Lock()
	s.parts = g.parts
	s.mu.Unlock()
	s.bus.log.Info().Str("group", s.cfg.Group).Int32("generation", g.gen.ID).Int("partitions", len(g.parts)).Msg("joined the group")

	g.work(ctx)
	s.setJoined(false, errors.New("rebalancing"))
	g.mu.Lock()
	g.over.Store(true)
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
	err = g.commit()
	switch {
	case err != nil:
		s.bus.log.Warn().Err(err).Str("group", s.cfg.Group).Msg("can't commit offsets at the end; messages come again")
	case left > 0:
		s.bus.log.Warn().Str("group", s.cfg.Group).Int("messages", left).Msg("messages in work come again, to this or another member")
	}
}

// work commits now and then, and looks whether the topics are still the same,
// until it is time to end the generation.
func (g *generation) work(ctx context.Context) {
	s := g.source
	commits, looks := time.NewTicker(s.cfg.Commit), time.NewTicker(identityWatch)
	defer commits.Stop()
	defer looks.Stop()
	for failures := 0; failures < maxCommitFailures && ctx.Err() == nil; {
		look := false
		select {
		case <-ctx.Done():
		case <-looks.C:
			look = true
		case <-g.suspect:
			look = true
		case <-commits.C:
			if err := g.commit(); err != nil && ctx.Err() == nil {
				failures++
				s.bus.log.Warn().Err(err).Str("group", s.cfg.Group).Int("failures", failures).Msg("can't commit offsets")
			} else {
				failures = 0
			}
		}
		if look && !g.checkTopics(ctx) {
			return
		}
	}
}

// starts gives where to begin in each partition, by full name of its topic.
func (g *generation) starts(ctx context.Context) (map[string]map[int]int64, error) {
	s := g.source
	starts := map[string]map[int]int64{}
	ask := map[string][]int{}
	for full, as := range g.gen.Assignments {
		starts[full] = map[int]int64{}
		for _, a := range as {
			starts[full][a.ID] = a.Offset
			ask[full] = append(ask[full], a.ID)
		}
	}
	if len(ask) == 0 {
		return starts, nil
	}
	for wait := retryMin; ; wait = min(2*wait, retryMax) {
		err := g.heedIdentities(ctx, ask, starts)
		if err == nil {
			return starts, nil
		}
		s.setJoined(false, err)
		s.bus.log.Warn().Err(err).Str("group", s.cfg.Group).Msg("can't tell whether the offsets are of these topics, trying again")
		if !sleep(ctx, wait) {
			return nil, ctx.Err()
		}
	}
}

// heedIdentities sets those starts to the beginning whose commits are of a
// former topic of the name.
func (g *generation) heedIdentities(ctx context.Context, ask map[string][]int, starts map[string]map[int]int64) error {
	s := g.source
	ids, err := s.bus.identities(ctx, slices.Collect(maps.Keys(ask)))
	if err != nil {
		return err
	}
	g.ids = ids
	call, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	r, err := s.bus.client.OffsetFetch(call, &kafka.OffsetFetchRequest{GroupID: g.gen.GroupID, Topics: ask})
	if err == nil {
		err = r.Error
	}
	if errors.Is(err, kafka.GroupIdNotFound) {
		return nil // nothing was ever committed
	}
	if err != nil {
		return fmt.Errorf("offsets of group %s: %w", s.cfg.Group, err)
	}
	for full, ps := range r.Topics {
		for _, p := range ps {
			if p.Error != nil {
				return fmt.Errorf("offsets of group %s, topic %s, partition %d: %w", s.cfg.Group, full, p.Partition, p.Error)
			}
			if p.CommittedOffset < 0 || !parseIdentity(p.Metadata).other(ids[full]) {
				continue
			}
			starts[full][p.Partition] = kafka.FirstOffset
			s.bus.log.Error().Str("topic", full).Int("partition", p.Partition).Int64("offset", p.CommittedOffset).Str("group", s.cfg.Group).
				Msg("the topic was DELETED and created anew; reading it from its start")
		}
	}
	return nil
}

// checkTopics is false if a topic is not the one that it was: then the
// generation must end, and leave no commits for it.
func (g *generation) checkTopics(ctx context.Context) bool {
	s := g.source
	full := make([]string, len(s.cfg.Topics))
	for i, name := range s.cfg.Topics {
		full[i] = s.bus.ns.Name(name)
	}
	ids, err := s.bus.identities(ctx, full)
	if err != nil {
		if ctx.Err() == nil {
			s.bus.log.Warn().Err(err).Str("group", s.cfg.Group).Msg("can't tell whether the topics are still the same")
		}
		return true // the fetchers say what is wrong
	}
	same := true
	for i, name := range s.cfg.Topics {
		now, ok := ids[full[i]]
		if !ok {
			s.setLost(name, fmt.Errorf("topic %s does not exist", name))
			continue
		}
		s.setLost(name, nil)
		if !g.ids[full[i]].other(now) {
			continue
		}
		same = false
		s.bus.log.Error().Str("topic", name).Str("group", s.cfg.Group).Stringer("was", g.ids[full[i]]).Stringer("is", now).
			Msg("the topic was DELETED and created anew while it was read; beginning at its start")
		g.mu.Lock()
		for _, p := range g.parts {
			p.gone = p.gone || p.full == full[i]
		}
		g.mu.Unlock()
	}
	return same
}

// look asks for a look at the topics' identities.
func (g *generation) look() {
	select {
	case g.suspect <- struct{}{}:
	default:
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

// commit writes down the watermarks that moved, each with its topic's identity.
// Kafka refuses it from a member of a former generation.
func (g *generation) commit() error {
	moved := map[string][]kafka.OffsetCommit{}
	var parts []*part
	var marks []int64
	g.mu.Lock()
	for _, p := range g.parts {
		if p.tracker == nil || p.gone {
			continue
		}
		if w := p.tracker.watermark(); w > p.committed {
			c := kafka.OffsetCommit{Partition: p.id, Offset: w}
			if id, ok := g.ids[p.full]; ok {
				c.Metadata = id.String()
			}
			moved[p.full] = append(moved[p.full], c)
			parts, marks = append(parts, p), append(marks, w)
		}
	}
	g.mu.Unlock()
	if len(moved) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
	defer cancel()
	r, err := g.source.bus.client.OffsetCommit(ctx, &kafka.OffsetCommitRequest{
		GroupID: g.gen.GroupID, GenerationID: int(g.gen.ID), MemberID: g.gen.MemberID, Topics: moved,
	})
	if err != nil {
		return err
	}
	for full, ps := range r.Topics {
		for _, p := range ps {
			if p.Error != nil {
				return fmt.Errorf("topic %s, partition %d: %w", full, p.Partition, p.Error)
			}
		}
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
	most       int32 // bytes of a fetch
	tracker    *tracker
	committed  int64
	gone       bool // the topic is not the one that was read

	good time.Time // of the last fetch that succeeded; guarded by the source's mutex
	err  error     // of the last fetch; likewise
}

// fetched notes how a fetch went.
func (p *part) fetched(err error) {
	p.source.mu.Lock()
	defer p.source.mu.Unlock()
	if p.err = err; err == nil {
		p.good = time.Now()
	}
}

// deliver notes that ms are handed out and gives them their Ack; false if the
// partition was taken away meanwhile.
func (p *part) deliver(ms []stage.Message) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over.Load() {
		return false
	}
	revoked := p.over.Load
	for i := range ms {
		offset := ms[i].Offset
		if !p.tracker.deliver(offset) {
			continue
		}
		p.pending++
		ms[i].Ack, ms[i].Revoked = func(v stage.Verdict) { p.ack(offset, v) }, revoked
	}
	return true
}

func (p *part) ack(offset int64, v stage.Verdict) {
	p.mu.Lock()
	defer p.mu.Unlock()
	note := p.tracker.done
	if errors.Is(v.Err, stage.ErrRevoked) {
		note = p.tracker.giveBack
	}
	if p.closed || !note(offset) {
		return
	}
	if p.pending--; p.pending == 0 && p.over.Load() {
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
	var said said
	var shouted time.Time
	doubted := false // whether the topic is the same was asked
	fetcher := s.bus.fetcher(p.full, p.name, p.id, p.most)
	defer fetcher.Close()
	again := func(err error) bool {
		if ctx.Err() != nil {
			return false
		}
		if said.news(err) {
			log.Warn().Err(err).Int64("offset", offset).Msg("can't fetch, trying again")
		}
		p.fetched(err)
		p.look()
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
		ms, next, err := fetcher.read(ctx, offset)
		switch {
		case errors.Is(err, kafka.OffsetOutOfRange) && !promised:
			// Retention was faster than the first fetch: begin anew.
			offset = kafka.FirstOffset
			if !sleep(ctx, retryMin) {
				return
			}
			continue
		case errors.Is(err, kafka.OffsetOutOfRange):
			p.look()
			if !doubted {
				// The look ends this generation if the topic is another one.
				doubted = true
				if !sleep(ctx, lostDoubt) {
					return
				}
				continue
			}
			err := p.lostError(ctx, offset)
			s.setLost(p.place(), err)
			if time.Since(shouted) >= lostLog {
				shouted = time.Now()
				log.Error().Err(err).Msg("messages are LOST; the partition stands still until an operator decides: copytaster replay GROUP --skip-lost")
			}
			if !sleep(ctx, s.bus.lostRetry) {
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
		p.fetched(nil)
		if !shouted.IsZero() {
			shouted = time.Time{}
			s.setLost(p.place(), nil)
		}
		p.mu.Lock()
		if p.tracker == nil {
			p.tracker, p.committed = newTracker(offset), max(start, 0)
		}
		p.mu.Unlock()
		if len(ms) > 0 {
			promised = true
			select {
			case s.out <- batch{p, ms}:
			case <-ctx.Done():
				return
			}
		}
		offset = next
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

func (p *part) place() string { return fmt.Sprintf("%s/%d", p.name, p.id) }

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
