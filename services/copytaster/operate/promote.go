package operate

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"golang.org/x/time/rate"

	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/enrich/generation"
)

// promoteGrace is how long after a promotion the log's end is taken for what is
// enriched again: every enrich service knows of it by then, so that no article
// of the generation before is behind that end.
const promoteGrace = 3 * time.Second

// GenerationPromoteCmd is `copytaster generation promote`.
type GenerationPromoteCmd struct {
	Output
	Progress
	Change
	Rate
	Replay   bool   `help:"Have the log enriched again, through the back-fill lane."`
	FromTime moment `help:"With --replay: only what was received since then, e.g. 2h or 2024-04-20." placeholder:"TIME"`
	Deployed bool   `help:"The enrich service that runs is the generation's own, and no other has run for it."`
	Kafka    `embed:"" group:"servers"`
	Number   int `arg:"" help:"The generation."`
}

// Help is shown by `copytaster generation promote --help`.
func (GenerationPromoteCmd) Help() string {
	return `Stop enrich on all machines, promote, then start the new program: what it enriches has the new generation. Live copy
waits for as long as that takes. What ran in between would go by the wrong number, so this is refused while enrich runs,
unless --deployed says that it is the new program already.

With --replay, what is in the log of received articles (30 days, both lanes) is enriched again beside live traffic, so
that each gets its new result; what is older keeps the one it has. A kill stays a kill. Promoting the generation that
counts already, with --replay, only replays.

There is no way back but generation rollback, which takes a new generation.`
}

// mustBeStopped refuses what must not happen while another program enriches.
func mustBeStopped(ctx context.Context, b *bus.Bus, deployed bool, program string) error {
	if deployed {
		return nil
	}
	for _, name := range []string{topic.GroupEnrich, topic.GroupEnrichBulk} {
		g, err := topic.GroupByName(name)
		if err != nil {
			return err
		}
		state, err := b.Group(ctx, name)
		if err != nil {
			return err
		}
		if len(state.Members) > 0 {
			return fmt.Errorf("%w; stop enrich on all machines first (it may take 10 s until Kafka knows), or say --deployed if it is %s that runs", busy(g, state), program)
		}
	}
	return nil
}

// replayLine is the result of a replay or a rollback, in JSON.
type replayLine struct {
	Action   string `json:"action"` // replay, restore
	To       string `json:"to"`
	Messages int64  `json:"messages"`
	Done     bool   `json:"done"`
}

// Run promotes.
func (c *GenerationPromoteCmd) Run(ctx context.Context, t Terminal) error {
	limit, err := c.limiter()
	if err != nil {
		return err
	}
	b, gs, err := c.seeGenerations(ctx, t)
	if err != nil {
		return err
	}
	defer b.Close()
	g, err := generation.Promotable(gs, c.Number)
	if err != nil {
		return misuse("%w", err)
	}
	again := !g.PromotedAt.IsZero()
	if !c.FromTime.IsZero() && !c.Replay {
		return misuse("--from-time is for --replay")
	}
	if !c.DryRun && !again {
		if err := mustBeStopped(ctx, b, c.Deployed, "the new program"); err != nil {
			return err
		}
		if err := c.confirm(t, fmt.Sprintf("Makes generation %d (%s) the one that counts", g.Number, safe(g.Note))); err != nil {
			return err
		}
		table, err := b.OpenTable(ctx, topic.Generations)
		if err != nil {
			return err
		}
		g, err = generation.Promote(ctx, table, c.Number, time.Now().UTC().Truncate(time.Second))
		if err = errors.Join(err, table.Close()); err != nil {
			return err
		}
	}
	if err := c.say(t, g, again); err != nil || !c.Replay {
		return err
	}
	if !c.DryRun && !again && !pause(ctx, promoteGrace) {
		return ctx.Err()
	}
	n, err := c.replay(ctx, t, b, limit)
	if err != nil {
		return fmt.Errorf("%s were sent, the same command goes on from the beginning: %w", count(n, "message"), err)
	}
	if c.JSON {
		return line(t.Out, replayLine{"replay", topic.ReceivedBulk, n, !c.DryRun})
	}
	fmt.Fprintf(t.Out, "%s %s to %s, to be enriched again: see copytaster lag enrich.bulk\n", count(n, "message"), would(c.DryRun, "sent"), topic.ReceivedBulk)
	return nil
}

func (c *GenerationPromoteCmd) say(t Terminal, g generation.Generation, again bool) error {
	if c.JSON {
		done := !c.DryRun && !again
		return line(t.Out, generationLine{Action: "promote", Generation: g, Counts: !g.PromotedAt.IsZero(), Done: &done})
	}
	switch {
	case again:
		fmt.Fprintf(t.Out, "generation %d counts already\n", g.Number)
	case c.DryRun:
		fmt.Fprintf(t.Out, "generation %d would count\n", g.Number)
	default:
		fmt.Fprintf(t.Out, "generation %d counts from now on\n", g.Number)
	}
	if !c.Replay {
		fmt.Fprintf(t.Out, "what was enriched before is as it was: copytaster generation promote %d --replay has it enriched again\n", g.Number)
	}
	return nil
}

func would(dry bool, done string) string {
	if dry {
		return "would be " + done
	}
	return "were " + done
}

// pause waits, and tells whether ctx is still alive.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// replay sends what was received to the back-fill lane: what came by live copy
// and by back-fills, each message once. It gives the number of messages sent.
func (c *GenerationPromoteCmd) replay(ctx context.Context, t Terminal, b *bus.Bus, limit *rate.Limiter) (int64, error) {
	from, _, err := b.There(ctx, []string{topic.Received, topic.ReceivedBulk})
	if err != nil {
		return 0, err
	}
	var ss []bus.Stretch
	for _, name := range from {
		part, err := b.Whole(ctx, name, nil)
		if err == nil {
			part, err = since(ctx, b, part, c.FromTime.Time)
		}
		if err != nil {
			return 0, err
		}
		ss = append(ss, part...)
	}
	if !c.DryRun {
		if err := b.EnsureTopics(ctx, topic.ReceivedBulk); err != nil {
			return 0, err
		}
	}
	progress := c.bar(t, "sending to "+topic.ReceivedBulk, bus.LenOf(ss))
	defer progress.close()
	// The back-fill topic holds what an earlier replay has sent, too.
	type sum [16]byte
	sent := map[sum]struct{}{}
	forward := b.Forward()
	n, size := int64(0), 0
	var pending []stage.Message
	flush := func() error {
		if len(pending) == 0 {
			return nil
		}
		if !c.DryRun {
			if err := limit.WaitN(ctx, len(pending)); err != nil {
				return err
			}
			if err := forward.Write(ctx, topic.ReceivedBulk, pending...); err != nil {
				return err
			}
		}
		n += int64(len(pending))
		pending, size = pending[:0], 0
		return nil
	}
	err = b.Scan(ctx, ss, progress.add, func(m stage.Message) error {
		full := sha256.Sum256(m.Value)
		if _, again := sent[sum(full[:16])]; again {
			return nil
		}
		sent[sum(full[:16])] = struct{}{}
		pending = append(pending, m)
		if size += len(m.Value); len(pending) < sendBatch && size < sendBytes {
			return nil
		}
		return flush()
	})
	if err == nil {
		err = flush()
	}
	return n, errors.Join(err, forward.Close())
}
