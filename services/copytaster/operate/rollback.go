package operate

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/copytaster/regenerate"
	"github.com/copytaster/copytaster/services/enrich/generation"
	"github.com/copytaster/copytaster/services/enrich/override"
	"github.com/copytaster/copytaster/services/enrich/override/desk"
)

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
	var r regenerate.Result
	d := desk.New(b, c.watch(t))
	if err := d.See(ctx, func(rows override.Rows) (err error) {
		r, err = regenerate.Restore(ctx, b, regenerate.Options{
			Before: *g.Restores, Standing: generation.Standing(gs, *g.Restores), As: g.Number, DryRun: c.DryRun, Progress: &narrator{Progress: c.Progress, t: t},
			Overrides: rows,
		})
		return err
	}); err != nil {
		return c.interrupted(g, r, err)
	}
	for _, uri := range r.Emptied {
		if _, err := d.Reissue(ctx, uri, c.DryRun); err != nil {
			return c.interrupted(g, r, err)
		}
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
	if r.Uncorrected > 0 {
		fmt.Fprintf(t.Out, "%s can't have all that editors correct now, and %s without\n", count(r.Uncorrected, "result"), would(c.DryRun, "sent"))
	}
	if n := len(r.Emptied); n > 0 {
		fmt.Fprintf(t.Out, "%s %s to the enrichment: a correction was removed since, or of segments changed, and the old program finds out what is right\n", count(int64(n), "article"), would(c.DryRun, "sent"))
	}
	fmt.Fprintln(t.Out, "start the old program now, if it does not run")
	if r.Without > 0 {
		fmt.Fprintf(t.Out, "%s came since the promotion and have no earlier result; with the old program running:\n  copytaster generation promote %d --replay --from-time %s\n",
			count(r.Without, "revision"), g.Number, r.Since.Format(time.RFC3339))
	}
	return nil
}
