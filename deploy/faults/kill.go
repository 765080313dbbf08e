package faults

import (
	"context"
	"time"

	"github.com/copytaster/copytaster/deploy/faults/rig"
)

// How often a service is killed, and how long it stays dead. Kafka takes ten
// seconds to believe that a member of a group is dead: each service is killed
// about every half minute, so that most kills meet one that works.
const (
	killGapMin  = 3 * time.Second
	killGapMax  = 14 * time.Second
	killDeadMax = 1500 * time.Millisecond
)

// killServices kills services at random moments while copy comes in.
func killServices(ctx context.Context, t *trial) error {
	kills := t.pick(100, 4)
	items := t.wire.Items(t.pick(100_000, 400))
	if err := t.start(ctx, rig.Settings{}); err != nil {
		return err
	}
	gapMin, gapMax := killGapMin, killGapMax
	if t.Short {
		gapMin, gapMax = time.Second, 3*time.Second
	}
	// The copy lasts as long as the kills.
	lasts := time.Duration(kills) * ((gapMin+gapMax)/2 + killDeadMax/2)
	wait := t.feed(ctx, items, float64(len(items))/lasts.Seconds())
	// The small form has one turn, which meets index and enrich while they work.
	services := []*rig.Process{t.Index, t.Enrich, t.Ingest, t.Search}
	for n := range kills {
		if !rig.Sleep(ctx, t.between(gapMin, gapMax)) {
			return context.Cause(ctx)
		}
		// Each of them in its turn, in an order that changes.
		if n%len(services) == 0 && !t.Short {
			t.random.Shuffle(len(services), func(i, j int) { services[i], services[j] = services[j], services[i] })
		}
		s := services[n%len(services)]
		pid := s.PID()
		if err := s.Died(); err != nil {
			return err
		}
		if err := s.Kill(); err != nil {
			return err
		}
		t.fault(ctx, "kill -9 of %s (process %d) after %d acknowledgements", s.Name, pid, t.Acked())
		if !rig.Sleep(ctx, t.between(0, killDeadMax)) {
			return context.Cause(ctx)
		}
		if err := s.Start(ctx); err != nil {
			return err
		}
	}
	if err := wait(); err != nil {
		return err
	}
	_, err := t.settle(ctx)
	return err
}

// How often the broker is killed, and how long it stays dead.
const (
	brokerGapMin  = 3 * time.Second
	brokerGapMax  = 12 * time.Second
	brokerDeadMax = 3 * time.Second
)

// killBroker kills Kafka while copy comes in.
func killBroker(ctx context.Context, t *trial) error {
	kills := t.pick(20, 1)
	items := t.wire.Items(t.pick(20_000, 300))
	if err := t.start(ctx, rig.Settings{}); err != nil {
		return err
	}
	gapMin, gapMax := brokerGapMin, brokerGapMax
	if t.Short {
		gapMin, gapMax = 0, time.Second
	}
	const restart = 4 * time.Second
	lasts := time.Duration(kills) * ((gapMin+gapMax)/2 + restart)
	wait := t.feed(ctx, items, float64(len(items))/lasts.Seconds())
	for range kills {
		if !rig.Sleep(ctx, t.between(gapMin, gapMax)) {
			return context.Cause(ctx)
		}
		if err := t.servers.Kafka.Kill(); err != nil {
			return err
		}
		t.fault(ctx, "kill -9 of the broker after %d acknowledgements", t.Acked())
		if !rig.Sleep(ctx, t.between(0, brokerDeadMax)) {
			return context.Cause(ctx)
		}
		if err := t.servers.Kafka.Restart(ctx); err != nil {
			return err
		}
	}
	if err := wait(); err != nil {
		return err
	}
	_, err := t.settle(ctx)
	return err
}
