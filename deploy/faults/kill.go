package faults

import (
	"context"
	"errors"
	"time"

	"github.com/copytaster/copytaster/deploy/faults/rig"
	"github.com/copytaster/copytaster/pkg/topic"
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
	kills := t.pick(100, 5)
	items := t.wire.Items(t.pick(100_000, 400))
	if err := t.start(ctx, rig.Settings{BackfillPercent: backfillPercent, Env: []string{backfillRate}, WithRelease: true}); err != nil {
		return err
	}
	gapMin, gapMax := killGapMin, killGapMax
	if t.Short {
		gapMin, gapMax = time.Second, 3*time.Second
	}
	lasts := time.Duration(kills) * ((gapMin+gapMax)/2 + killDeadMax/2)
	next, done, wait := t.feedInStep(ctx, items, kills, float64(len(items))/lasts.Seconds())
	full, members := 0, 0
	// The small form has one turn, which meets index, enrich and release while they
	// work.
	services := []*rig.Process{t.Index, t.Enrich, t.Release, t.Ingest, t.Search}
	for n := range kills {
		if err := next(); err != nil {
			return err
		}
		if !rig.Sleep(ctx, t.between(gapMin, gapMax)) {
			return context.Cause(ctx)
		}
		// Each of them in its turn, in an order that changes.
		if n%len(services) == 0 && !t.Short {
			t.random.Shuffle(len(services), func(i, j int) { services[i], services[j] = services[j], services[i] })
		}
		s := services[n%len(services)]
		pid := s.PID()
		with, group, err := t.atWork(ctx, s)
		if err != nil {
			return err
		}
		if group {
			members++
		}
		if with > 0 {
			full++
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
		done()
	}
	t.note("%d of %d kills of enrich, index and release met one with partitions", full, members)
	if full == 0 {
		t.fail("no kill met a member with partitions")
	}
	if err := wait(); err != nil {
		return err
	}
	_, err := t.settle(ctx)
	return err
}

// backfillPercent of the copy goes by the lane of back-fills.
const backfillPercent = 10

// backfillRate lets the few back-fills go on beside live copy that has work for
// everything, in step with it.
const backfillRate = "COPYTASTER_BACKFILL_MIN_RATE=50"

// readyMax is how long a kill waits for a service that was killed before to be
// ready again.
const readyMax = time.Minute

// atWork waits until a service is ready, for readyMax at most. For one that
// reads as a member of a group it gives the partitions that the group has.
func (t *trial) atWork(ctx context.Context, s *rig.Process) (partitions int, member bool, err error) {
	wait, cancel := context.WithTimeout(ctx, readyMax)
	defer cancel()
	ready := t.Ready(wait, s)
	if err := errors.Join(s.Died(), context.Cause(ctx)); err != nil {
		return 0, false, err
	}
	group := map[*rig.Process]string{t.Enrich: topic.GroupEnrich, t.Index: topic.GroupIndex, t.Release: topic.GroupRelease}[s]
	if group == "" {
		return 0, false, nil
	}
	// One that is not ready in time is killed all the same, and not counted.
	for ready == nil {
		// Who has just begun to look doesn't know the group's coordinator yet.
		if partitions, err = t.Partitions(wait, group); err == nil && partitions > 0 || !rig.Sleep(wait, sampleEvery) {
			break
		}
	}
	return partitions, true, context.Cause(ctx)
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
	if err := t.start(ctx, rig.Settings{BackfillPercent: backfillPercent, Env: []string{backfillRate}}); err != nil {
		return err
	}
	gapMin, gapMax := brokerGapMin, brokerGapMax
	if t.Short {
		gapMin, gapMax = 0, time.Second
	}
	const restart = 4 * time.Second
	lasts := time.Duration(kills) * ((gapMin+gapMax)/2 + restart)
	next, done, wait := t.feedInStep(ctx, items, kills, float64(len(items))/lasts.Seconds())
	for range kills {
		if err := next(); err != nil {
			return err
		}
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
		done()
	}
	if err := wait(); err != nil {
		return err
	}
	_, err := t.settle(ctx)
	return err
}
