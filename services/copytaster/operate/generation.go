package operate

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/copytaster/regenerate"
	"github.com/copytaster/copytaster/services/enrich/generation"
)

// promoteGrace is how long after a promotion the log's end is taken for what is
// enriched again: every enrich service knows of it by then, so that no article
// of the generation before is behind that end.
const promoteGrace = 3 * time.Second

// GenerationCmd is `copytaster generation` with its subcommands.
type GenerationCmd struct {
	List     GenerationListCmd     `cmd:"" help:"List the generations, and the one that counts."`
	Issue    GenerationIssueCmd    `cmd:"" help:"Issue the next generation, for a new enrichment."`
	Promote  GenerationPromoteCmd  `cmd:"" help:"Make a generation the one that counts, and have the log enriched again."`
	Rollback GenerationRollbackCmd `cmd:"" help:"Bring back the results of the generation that counted before."`
}

// Help is shown by `copytaster generation --help`.
func (GenerationCmd) Help() string {
	return `A generation is a part of every article's revision: of two enrichments of the same revision, the one with the higher
generation stands in the index. It counts from 0 (none was promoted) to 255, and never goes back: a rollback takes a
new one.

  copytaster generation issue --note "names of places, version 4"
  (deploy the new enrich; see with copytaster reindex --shadow what it changes)
  copytaster generation promote 1 --replay
  (and if it was no good: deploy the old enrich, then)
  copytaster generation rollback`
}

// generationLine is a generation in JSON.
type generationLine struct {
	Action string `json:"action,omitempty"` // issue, promote, rollback
	generation.Generation
	Counts bool  `json:"counts"`
	Done   *bool `json:"done,omitempty"`
}

// table opens the topic to write to it.
func (k *Kafka) generations(ctx context.Context, t Terminal) (*bus.Bus, *bus.Table, error) {
	b, err := k.connect(ctx, t)
	if err != nil {
		return nil, nil, err
	}
	if err := b.EnsureTopics(ctx, topic.Generations); err != nil {
		b.Close()
		return nil, nil, err
	}
	table, err := b.OpenTable(ctx, topic.Generations)
	if err != nil {
		b.Close()
		return nil, nil, err
	}
	return b, table, nil
}

// seeGenerations reads them without taking the table over.
func (k *Kafka) seeGenerations(ctx context.Context, t Terminal) (*bus.Bus, []generation.Generation, error) {
	b, err := k.connect(ctx, t)
	if err != nil {
		return nil, nil, err
	}
	there, _, err := split(ctx, b, []string{topic.Generations})
	if err != nil || len(there) == 0 {
		return b, nil, closed(b, err)
	}
	v, err := b.OpenView(ctx, topic.Generations)
	if err != nil {
		return nil, nil, closed(b, err)
	}
	defer func() { _ = v.Close() }()
	gs, err := generation.All(v)
	return b, gs, closed(b, err)
}

// closed closes b if there is an error.
func closed(b *bus.Bus, err error) error {
	if err != nil {
		b.Close()
	}
	return err
}

// GenerationListCmd is `copytaster generation list`.
type GenerationListCmd struct {
	Output
	Kafka `embed:"" group:"servers"`
}

// Run lists.
func (c *GenerationListCmd) Run(ctx context.Context, t Terminal) error {
	b, gs, err := c.seeGenerations(ctx, t)
	if err != nil {
		return err
	}
	defer b.Close()
	current := generation.Current(gs)
	if c.JSON {
		for _, g := range gs {
			if err := line(t.Out, generationLine{Generation: g, Counts: g.Number == current.Number}); err != nil {
				return err
			}
		}
		return nil
	}
	if len(gs) == 0 {
		fmt.Fprintln(t.Out, "no generation was issued; articles have generation 0")
		return nil
	}
	s := columns(">generation", "", "issued", "promoted", "note")
	for _, g := range gs {
		counts, note := "", g.Note
		if g.Number == current.Number {
			counts = "counts"
		}
		if g.Restores != nil {
			note = strings.TrimSpace(fmt.Sprintf("the results of %d again. %s", *g.Restores, note))
		}
		s.row(g.Number, counts, day(g.IssuedAt), day(g.PromotedAt), note)
	}
	s.print(t.Out)
	if current.Number == 0 {
		fmt.Fprintln(t.Out, "none was promoted; articles have generation 0")
	}
	return nil
}

// GenerationIssueCmd is `copytaster generation issue`.
type GenerationIssueCmd struct {
	Output
	DryRun bool   `help:"Only tell what would be done." short:"n"`
	Note   string `help:"What it is for." required:"" placeholder:"TEXT"`
	Above  int    `help:"Give it a number above this one: after the loss of enrich.generations, above all that is in the index." placeholder:"N"`
	Kafka  `embed:"" group:"servers"`
}

// Run issues.
func (c *GenerationIssueCmd) Run(ctx context.Context, t Terminal) error {
	var g generation.Generation
	now := time.Now().UTC().Truncate(time.Second)
	if c.DryRun {
		b, gs, err := c.seeGenerations(ctx, t)
		if err != nil {
			return err
		}
		defer b.Close()
		if g, err = generation.IssueAbove(ctx, rehearsal(gs), c.Above, c.Note, now); err != nil {
			return err
		}
	} else {
		b, table, err := c.generations(ctx, t)
		if err != nil {
			return err
		}
		defer b.Close()
		g, err = generation.IssueAbove(ctx, table, c.Above, c.Note, now)
		if err = errors.Join(err, table.Close()); err != nil {
			return err
		}
	}
	done := !c.DryRun
	if c.JSON {
		return line(t.Out, generationLine{Action: "issue", Generation: g, Done: &done})
	}
	if c.DryRun {
		fmt.Fprintf(t.Out, "generation %d would be issued\n", g.Number)
		return nil
	}
	fmt.Fprintf(t.Out, "generation %d is issued; it counts from copytaster generation promote %d on\n", g.Number, g.Number)
	return nil
}

// rehearsal is a table that keeps nothing.
type rehearsal []generation.Generation

// Range gives the rows.
func (r rehearsal) Range(f func(string, []byte) bool) {
	for _, g := range r {
		value, ok := jsonOf(g)
		if !ok || !f(strconv.Itoa(g.Number), value) {
			return
		}
	}
}

// Put does nothing.
func (rehearsal) Put(context.Context, string, []byte) error { return nil }

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
	from, _, err := split(ctx, b, []string{topic.Received, topic.ReceivedBulk})
	if err != nil {
		return 0, err
	}
	var ss []stretch
	for _, name := range from {
		part, err := whole(ctx, b, name, nil)
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
	progress := c.bar(t, "sending to "+topic.ReceivedBulk, lenOf(ss))
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
	err = scan(ctx, b, ss, progress, func(m stage.Message) error {
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

// GenerationRollbackCmd is `copytaster generation rollback`.
type GenerationRollbackCmd struct {
	Output
	Progress
	Change
	Note     string `help:"Why." placeholder:"TEXT"`
	Again    bool   `help:"Go on with the last rollback, which was interrupted: take no new generation."`
	Deployed bool   `help:"The enrich service that runs is the old one already, and no other has run since."`
	Kafka    `embed:"" group:"servers"`
}

// Help is shown by `copytaster generation rollback --help`.
func (GenerationRollbackCmd) Help() string {
	return `Issues and promotes a new generation, and sends again, through the back-fill lane, the results that each article had
from the generations before: from the log, without the program that made them. What an earlier rollback took back does
not come again. Kills stay.

Stop enrich on all machines, roll back, then start the old program. It is refused while enrich runs, unless --deployed
says that it is the old program already: what the new one enriches now would count as the old one's.

Articles that came since the promotion have no earlier result: it ends with the command that has the old program enrich
them. A rollback that was interrupted goes on with --again; a rollback is not rolled back: what it undid comes back as a
new generation, with its program.`
}

// rollbackLine is the result in JSON.
type rollbackLine struct {
	Action string `json:"action"` // rollback
	generation.Generation
	regenerate.Result
	To   string `json:"to"`
	Done bool   `json:"done"`
}

// Run rolls back.
func (c *GenerationRollbackCmd) Run(ctx context.Context, t Terminal) error {
	b, gs, err := c.seeGenerations(ctx, t)
	if err != nil {
		return err
	}
	defer b.Close()
	now := time.Now().UTC().Truncate(time.Second)
	current := generation.Current(gs)
	if c.Again {
		if current.Restores == nil {
			return misuse("--again: the generation that counts, %d, is no rollback", current.Number)
		}
		return c.restore(ctx, t, b, gs, current) // what it sends twice stands there once
	}
	g, err := generation.Restore(ctx, rehearsal(gs), c.Note, now, current.Number)
	if errors.Is(err, generation.ErrRolledBack) {
		return misuse("%w: if it was interrupted, copytaster generation rollback --again goes on", err)
	}
	if err != nil {
		return misuse("%w", err)
	}
	if c.DryRun {
		return c.restore(ctx, t, b, gs, g)
	}
	if err := mustBeStopped(ctx, b, c.Deployed, "the old program"); err != nil {
		return err
	}
	if err := c.confirm(t, fmt.Sprintf("Takes generation %d to bring back the results from before generation %d (%s)", g.Number, current.Number, safe(current.Note))); err != nil {
		return err
	}
	if err := b.EnsureTopics(ctx, topic.EnrichedBulk); err != nil {
		return err
	}
	table, err := b.OpenTable(ctx, topic.Generations)
	if err != nil {
		return err
	}
	g, err = generation.Restore(ctx, table, c.Note, now, current.Number)
	if err = errors.Join(err, table.Close()); err != nil {
		return err
	}
	if !pause(ctx, promoteGrace) {
		return c.interrupted(g, regenerate.Result{}, ctx.Err())
	}
	return c.restore(ctx, t, b, gs, g)
}

// interrupted says how to go on.
func (c *GenerationRollbackCmd) interrupted(g generation.Generation, r regenerate.Result, err error) error {
	if c.DryRun {
		return err
	}
	return fmt.Errorf("generation %d counts, and %s were sent again; to go on: copytaster generation rollback --again: %w", g.Number, count(r.Sent, "result"), err)
}

func (c *GenerationRollbackCmd) restore(ctx context.Context, t Terminal, b *bus.Bus, gs []generation.Generation, g generation.Generation) error {
	r, err := regenerate.Restore(ctx, b, regenerate.Options{
		Before: *g.Restores, Standing: generation.Standing(gs, *g.Restores), As: g.Number, DryRun: c.DryRun, Progress: &narrator{Progress: c.Progress, t: t},
	})
	if err != nil {
		return c.interrupted(g, r, err)
	}
	if c.JSON {
		return line(t.Out, rollbackLine{"rollback", g, r, topic.EnrichedBulk, !c.DryRun})
	}
	if c.DryRun {
		fmt.Fprintf(t.Out, "generation %d would count\n", g.Number)
	} else {
		fmt.Fprintf(t.Out, "generation %d counts from now on\n", g.Number)
	}
	fmt.Fprintf(t.Out, "%s of %s and before %s to %s\n", count(r.Sent, "result"), "generation "+strconv.Itoa(*g.Restores), would(c.DryRun, "sent again"), topic.EnrichedBulk)
	if r.Killed > 0 {
		fmt.Fprintf(t.Out, "%s were killed, and stay so\n", count(r.Killed, "article"))
	}
	fmt.Fprintln(t.Out, "start the old program now, if it does not run")
	if r.Without > 0 {
		fmt.Fprintf(t.Out, "%s came since the promotion and have no earlier result; with the old program running:\n  copytaster generation promote %d --replay --from-time %s\n",
			count(r.Without, "revision"), g.Number, r.Since.Format(time.RFC3339))
	}
	return nil
}
