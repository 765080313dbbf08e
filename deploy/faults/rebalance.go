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
	"time"

	"github.com/copytaster/copytaster/deploy/faults/rig"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

// extraMembers of a group come and go beside those that stay.
const extraMembers = 3

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

	items := t.wire.Items(t.pick(30_000, 300))
	const join = 4 * time.Second
	wait := t.feed(ctx, items, float64(len(items))/(time.Duration(2*rounds)*join/2).Seconds())
	programs := []string{"enrich", "index", "witness"}
	storms := make([]error, len(programs))
	var wg sync.WaitGroup
	for n, program := range programs {
		share := rounds / len(programs)
		if n < rounds%len(programs) {
			share++
		}
		wg.Go(func() { storms[n] = t.storm(ctx, program, share, rand.New(rand.NewPCG(t.Seed, uint64(n)))) })
	}
	wg.Wait()
	if err := errors.Join(storms...); err != nil {
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
func (t *trial) storm(ctx context.Context, program string, rounds int, random *rand.Rand) (err error) {
	slots := make([]*rig.Process, extraMembers)
	for i := range slots {
		slots[i] = t.Member(program, fmt.Sprintf("%s-%d", program, i+2))
	}
	defer func() {
		for _, s := range slots {
			err = errors.Join(err, s.Kill())
		}
	}()
	running := make([]bool, extraMembers)
	for joins, leaves := 0, 0; leaves < rounds; {
		i := random.IntN(extraMembers)
		s := slots[i]
		if running[i] {
			if err := s.Stop(); err != nil {
				return err
			}
			running[i] = false
			leaves++
			t.fault(ctx, "%s leaves the group (%d of %d)", s.Name, leaves, rounds)
			continue
		}
		if joins == rounds {
			continue // all that is left is to leave
		}
		if err := errors.Join(s.Start(ctx), t.Ready(ctx, s)); err != nil {
			return err
		}
		running[i] = true
		joins++
		t.fault(ctx, "%s joins the group (%d of %d)", s.Name, joins, rounds)
	}
	return nil
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
