package operate

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/enrich/generation"
)

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
	there, _, err := b.There(ctx, []string{topic.Generations})
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

// Help is shown by `copytaster generation issue --help`.
func (GenerationIssueCmd) Help() string {
	return `The numbers are in the topic enrich.generations. If it was lost, the count begins at 1 again, below what stands in the
index, and new results take nobody's place. --above N issues one that is above: N is the highest in the index, which
OPERATING.md says how to find; copytaster trace shows an article's as gN.

  copytaster generation issue --note "places, version 4"
  copytaster generation issue --note "after the loss of enrich.generations" --above 7`
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
