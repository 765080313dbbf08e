package bus

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/segmentio/kafka-go"
)

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
			p := &part{generation: g, name: name, full: full, id: id, most: shareOf(total), good: time.Now(), room: make(chan struct{}, 1)}
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
