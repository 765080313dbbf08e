package faults

import (
	"context"
	"fmt"
	"time"

	"github.com/copytaster/copytaster/deploy/faults/ledger"
	"github.com/copytaster/copytaster/deploy/faults/rig"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

const day = 24 * time.Hour

// clocks sends copy of senders whose clocks are wrong to an ingest whose own
// clock is right, a day ahead, a day behind, and right again.
func clocks(ctx context.Context, t *trial) error {
	if err := t.start(ctx, rig.Settings{Ingest: "offclock"}); err != nil {
		return err
	}
	items := t.wrongClocks(t.pick(10_000, 150))
	parts := t.pick(13, 4)
	for n := range parts {
		if n > 0 {
			if err := t.setClock(ctx, []time.Duration{0, day, -day}[n%3]); err != nil {
				return err
			}
		}
		if err := t.feed(ctx, items[n*len(items)/parts:(n+1)*len(items)/parts])(); err != nil {
			return err
		}
	}
	content, err := t.settle(ctx)
	if err != nil {
		return err
	}
	wrong := 0
	for _, i := range items {
		if i.Created.Sub(t.wire.Now()).Abs() > time.Hour {
			wrong++
		}
	}
	t.note("%d of %d revisions are dated wrong", wrong, len(items))
	t.note("content hash %.16s…", content.Hash())
	// The order is that of the log, not of the clock at the time of the replay.
	received, err := t.all(ctx, topic.Received)
	if err != nil {
		return err
	}
	if err := t.arrivals(received); err != nil {
		return err
	}
	return t.anew(ctx, content, map[string][]stage.Message{topic.Received: received})
}

// setClock has ingest die and come back with a clock that is so far off. Nothing
// whose date is bent may be under way: sent again, it would be another revision, as
// it is bent to another time.
func (t *trial) setClock(ctx context.Context, off time.Duration) error {
	if err := t.Ingest.Kill(); err != nil {
		return err
	}
	t.fault(ctx, "kill -9 of ingest after %d acknowledgements; its clock is %v off from now on", t.Acked(), off)
	return t.Ingest.Start(ctx, fmt.Sprintf("COPYTASTER_CLOCK_OFF=%v", off))
}

// arrivals fails unless messages were stamped by each clock.
func (t *trial) arrivals(received []stage.Message) error {
	var ahead, behind, right int
	for _, m := range received {
		a, err := event.Decode(m)
		if err != nil {
			return err
		}
		switch off := a.ReceivedAt.Sub(t.began); {
		case off > day/2:
			ahead++
		case off < -day/2:
			behind++
		default:
			right++
		}
	}
	t.note("stamped by ingest's clock when it was right: %d, a day ahead: %d, a day behind: %d", right, ahead, behind)
	if ahead == 0 || behind == 0 || right == 0 {
		t.fail("a clock stamped nothing: %d right, %d ahead, %d behind", right, ahead, behind)
	}
	return nil
}

// wrongClocks are revisions of n articles, in any order. Which is the newest does
// not depend on the clock that stamps their arrival, be it right or a day off: of
// those with the same version, one at most is dated later than now, to which a
// clock that is a day behind may bend it.
func (t *trial) wrongClocks(n int) []ledger.Item {
	type version struct {
		number int
		off    time.Duration
		killed bool
	}
	kinds := [][]version{
		// The version counts, whatever the dates say.
		{{1, 3650 * day, false}, {2, -day, false}, {3, 0, false}},
		{{1, day, false}, {2, 0, false}, {3, -day, false}},
		// Of the same version the date counts, also a wrong one within a day.
		{{1, -day, false}, {1, -time.Hour, false}, {1, 20 * time.Hour, false}},
		// A date of next year is bent to a day after arrival, which is still the latest.
		{{1, -time.Hour, false}, {1, -23 * time.Hour, false}, {1, 400 * day, false}},
		{{1, -18_000 * day, false}, {1, -day, false}, {1, -time.Hour, false}},
		// A kill holds, though its sender's clock is a day slow, and its counter too.
		{{2, 0, false}, {1, -day, true}},
		{{1, 3650 * day, false}, {2, -day, true}},
	}
	var items []ledger.Item
	for a := range uint32(n) {
		for k, v := range kinds[int(a)%len(kinds)] {
			i := t.wire.Item(a, k+1)
			i.Version, i.Created, i.Killed = v.number, t.wire.Now().Add(v.off), v.killed
			items = append(items, i)
		}
	}
	t.random.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
	return items
}
