package faults

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/copytaster/copytaster/deploy/faults/rig"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

// extraMembers of a group come and go beside those that stay.
const extraMembers = 3

const (
	// killEvery of those that leave is killed.
	killEvery = 3
	// stormWindow is how far an article's revisions lie apart: little, so that
	// several are in work when members come and go.
	stormWindow = 20
	// stormStep is how long a join or leave may take, about.
	stormStep = 4 * time.Second
)

// witnessGroup is that of command witness.
const witnessGroup = "faults.witness"

// rebalance lets members of three groups come and go at random: of enrich, of
// index, and of witnesses, which write down what they handle in which order.
func rebalance(ctx context.Context, t *trial) error {
	rounds := t.pick(100, 3)
	seen := filepath.Join(t.servers.Dir(), "witness.log")
	if err := os.WriteFile(seen, nil, 0o600); err != nil {
		return err
	}
	if err := t.start(ctx, rig.Settings{Env: []string{"COPYTASTER_WITNESS_FILE=" + seen}}); err != nil {
		return err
	}
	witness := t.Member("witness", "witness")
	if err := errors.Join(witness.Start(ctx), t.Ready(ctx, witness)); err != nil {
		return err
	}
	defer func() { _ = witness.Kill() }()

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	items := t.wire.Within(t.pick(30_000, 300), stormWindow)
	next, done, wait := t.feedInStep(ctx, items, 2*rounds, float64(len(items))/(time.Duration(2*rounds)*stormStep).Seconds())
	programs := []string{"enrich", "index", "witness"}
	turns := make(chan struct{})
	var leaves atomic.Int64
	storms := make([]error, len(programs))
	var wg sync.WaitGroup
	for n, program := range programs {
		share := rounds / len(programs)
		if n < rounds%len(programs) {
			share++
		}
		s := storm{t, program, share, rand.New(rand.NewPCG(t.Seed, uint64(n))), &leaves, turns, done}
		wg.Go(func() {
			if storms[n] = s.run(ctx); storms[n] != nil {
				cancel()
			}
		})
	}
	// Whichever group is free takes the next turn.
	var late error
	for range 2 * rounds {
		if late = next(); late != nil {
			break
		}
		select {
		case turns <- struct{}{}:
		case <-ctx.Done():
		}
	}
	wg.Wait()
	if err := errors.Join(errors.Join(storms...), late); err != nil {
		return err
	}
	if err := wait(); err != nil {
		return err
	}
	if _, err := t.settle(ctx); err != nil {
		return err
	}
	if err := t.Finished(ctx, witnessGroup, topic.Received); err != nil {
		return err
	}
	return t.order(ctx, seen)
}

// storm lets members of one group join and leave, so many times each.
type storm struct {
	*trial

	program string
	rounds  int
	random  *rand.Rand
	all     *atomic.Int64 // leaves of all groups
	turns   <-chan struct{}
	done    func() // ends a turn
}

func (s storm) run(ctx context.Context) (err error) {
	slots := make([]*rig.Process, extraMembers)
	for i := range slots {
		slots[i] = s.Member(s.program, fmt.Sprintf("%s-%d", s.program, i+2))
	}
	defer func() {
		for _, p := range slots {
			err = errors.Join(err, p.Kill())
		}
	}()
	running := make([]bool, extraMembers)
	for joins, leaves := 0, 0; leaves < s.rounds; {
		i := s.random.IntN(extraMembers)
		if !running[i] && joins == s.rounds {
			continue // all that is left is to leave
		}
		select {
		case <-s.turns:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if running[i] {
			leaves++
			err = s.leave(ctx, slots[i], leaves)
		} else {
			joins++
			err = s.join(ctx, slots[i], joins)
		}
		if err != nil {
			return err
		}
		running[i] = !running[i]
		s.done()
	}
	return nil
}

func (s storm) join(ctx context.Context, p *rig.Process, n int) error {
	s.change(ctx, "%s joins the group (%d of %d)", p.Name, n, s.rounds)
	return errors.Join(p.Start(ctx), s.Ready(ctx, p))
}

func (s storm) leave(ctx context.Context, p *rig.Process, n int) error {
	if s.all.Add(1)%killEvery == 0 {
		s.change(ctx, "kill -9 of %s, which leaves the group without a word (%d of %d)", p.Name, n, s.rounds)
		return p.Kill()
	}
	s.change(ctx, "%s leaves the group (%d of %d)", p.Name, n, s.rounds)
	return p.Stop()
}

// change notes what is about to happen. No reader depends on witnesses.
func (s storm) change(ctx context.Context, format string, args ...any) {
	if s.program == "witness" {
		s.broken(format, args...)
		return
	}
	s.fault(ctx, format, args...)
}

// order holds the order in which each article's revisions were handled against
// that in which they came.
func (t *trial) order(ctx context.Context, seen string) error {
	came := map[string][]string{}
	offsets := map[string][]string{}
	if err := t.ReadAll(ctx, topic.Received, func(m stage.Message) {
		came[string(m.Key)] = append(came[string(m.Key)], m.Header(event.HeaderID))
		offsets[string(m.Key)] = append(offsets[string(m.Key)], strconv.FormatInt(m.Offset, 10))
	}); err != nil {
		return err
	}
	enriched := map[string][]string{}
	if err := t.ReadAll(ctx, topic.Enriched, func(m stage.Message) {
		enriched[string(m.Key)] = append(enriched[string(m.Key)], m.Header(event.HeaderID))
	}); err != nil {
		return err
	}
	t.inOrder("enrich", came, enriched)

	lines, err := os.ReadFile(seen)
	if err != nil {
		return err
	}
	witnessed := map[string][]string{}
	for line := range strings.Lines(string(lines)) {
		offset, key, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if !ok {
			return fmt.Errorf("a witness wrote %q", line)
		}
		witnessed[key] = append(witnessed[key], offset)
	}
	t.inOrder("witness", offsets, witnessed)
	return nil
}

func (t *trial) inOrder(who string, came, handled map[string][]string) {
	var all Order
	for key, c := range came {
		all.add(CheckOrder(c, handled[key]))
	}
	t.note("key order of %s: %d articles with several messages, %d handled out of order, %d messages missing, %d repeated, %d seen ahead of their turn behind a repetition",
		who, all.Keys, all.OutOfOrder, all.Missing, all.Repeated, all.Ahead)
	if all.OutOfOrder > 0 || all.Missing > 0 {
		t.fail("key order of %s: %d articles out of order, %d messages missing", who, all.OutOfOrder, all.Missing)
	}
}

// Order is how the messages of keys were handled.
type Order struct {
	Keys       int // with more than one message
	OutOfOrder int // keys whose messages were first handled in another order than they came
	Missing    int // messages that were not handled
	Repeated   int // messages that were handled again, as at-least-once allows
	// Ahead are messages that follow, within their key, one that is not the one
	// before them: two members worked on the key at once, on repetitions.
	Ahead int
}

func (o *Order) add(x Order) {
	o.Keys += x.Keys
	o.OutOfOrder += x.OutOfOrder
	o.Missing += x.Missing
	o.Repeated += x.Repeated
	o.Ahead += x.Ahead
}

// CheckOrder holds how the messages of one key were handled against how they
// came. A message that came twice counts as one.
func CheckOrder(came, handled []string) Order {
	var o Order
	place := map[string]int{}
	for _, c := range came {
		if _, twice := place[c]; !twice {
			place[c] = len(place)
		}
	}
	if len(place) > 1 {
		o.Keys = 1
	}
	done := map[string]bool{}
	last, newest := -1, -1
	for _, h := range handled {
		at, known := place[h]
		if !known {
			continue
		}
		if done[h] {
			o.Repeated++
		} else {
			if at != newest+1 {
				o.OutOfOrder = 1
			}
			newest = max(newest, at)
			done[h] = true
		}
		if at > last+1 {
			o.Ahead++
		}
		last = at
	}
	o.Missing = len(place) - len(done)
	return o
}
