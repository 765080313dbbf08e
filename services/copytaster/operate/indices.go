package operate

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/corpus"
)

// IndicesCmd is `copytaster indices`.
type IndicesCmd struct {
	Create IndicesCreateCmd `cmd:"" help:"Make the indices and their aliases, or add the fields that they lack, for an index service whose key may not."`
	Check  IndicesCheckCmd  `cmd:"" help:"Compare the indices with what this program expects: exit code 3 if they differ."`
}

// IndicesCreateCmd is `copytaster indices create`.
type IndicesCreateCmd struct {
	Output
	DryRun  bool `help:"Only tell what would be done." short:"n"`
	Servers `embed:"" group:"servers"`

	Shards          int           `help:"Shards of each index." default:"1"`
	RefreshInterval time.Duration `help:"How soon an indexed article can be found." default:"250ms"`
}

// Help is shown by `copytaster indices create --help`.
func (IndicesCreateCmd) Help() string {
	return `What exists already is checked. Fields that an index of an earlier program lacks are added; nothing else is
changed. An index service that waits for the indices goes on by itself within a second. Needs the operator's key.`
}

// Run creates.
func (c *IndicesCreateCmd) Run(ctx context.Context, t Terminal) error {
	if c.Shards < 1 || c.Shards > corpus.MaxShards {
		return misuse("--shards is %d, allowed are 1 to %d", c.Shards, corpus.MaxShards)
	}
	if c.RefreshInterval <= 0 {
		return misuse("--refresh-interval is %v, it must be positive", c.RefreshInterval)
	}
	es, n, err := c.elastic(ctx)
	if err != nil {
		return err
	}
	defer es.Close()
	states, err := corpus.States(ctx, es, n)
	if err != nil {
		return err
	}
	as, err := lacking(states)
	if err != nil {
		return err
	}
	if !c.DryRun {
		if err := corpus.Ensure(ctx, es, n, corpus.Settings{Shards: c.Shards, RefreshInterval: c.RefreshInterval}); err != nil {
			return err
		}
	}
	for _, a := range as {
		a.Done = !c.DryRun
		if err := c.made(t, a); err != nil {
			return err
		}
	}
	if c.DryRun && len(as) > 0 {
		return nil
	}
	fmt.Fprintf(t.Err, "%s and %s are there\n", n.Articles(), n.Versions())
	return nil
}

// indexAction is a line of `indices create --json`.
type indexAction struct {
	Action string   `json:"action"` // create, extend
	Index  string   `json:"index"`  // its alias
	Lacks  []string `json:"lacks,omitempty"`
	Done   bool     `json:"done"` // false: a dry run
}

// lacking is what is to be done, or why it can't be.
func lacking(states []corpus.State) (as []indexAction, err error) {
	for _, s := range states {
		mismatch, differs := errors.AsType[*corpus.MismatchError](s.Err)
		switch {
		case s.Err == nil:
		case !s.Mends:
			return nil, s.Err
		case differs:
			as = append(as, indexAction{Action: "extend", Index: s.Alias, Lacks: mismatch.Differences})
		default:
			as = append(as, indexAction{Action: "create", Index: s.Alias})
		}
	}
	return as, nil
}

func (o Output) made(t Terminal, a indexAction) error {
	if o.JSON {
		return line(t.Out, a)
	}
	verb := a.Action
	if !a.Done {
		verb = "would " + verb
	}
	fmt.Fprintf(t.Out, "%s %s\n", verb, a.Index)
	for _, l := range a.Lacks {
		fmt.Fprintf(t.Out, "    %s\n", safe(l))
	}
	return nil
}

// IndicesCheckCmd is `copytaster indices check`.
type IndicesCheckCmd struct {
	Output
	Servers `embed:"" group:"servers"`
}

// indexCheck is a line of `indices check --json`.
type indexCheck struct {
	Problem     string   `json:"problem"` // missing, differs, closed; "": none
	Index       string   `json:"index"`   // its alias; of a closed one its own name
	Differences []string `json:"differences,omitempty"`
}

// Run checks.
func (c *IndicesCheckCmd) Run(ctx context.Context, t Terminal) error {
	es, n, err := c.elastic(ctx)
	if err != nil {
		return err
	}
	defer es.Close()
	states, err := corpus.States(ctx, es, n)
	if err != nil {
		return err
	}
	var wrong []error
	for _, s := range states {
		wrong = append(wrong, s.Err)
	}
	blocked, err := corpus.BlockedLive(ctx, es, n)
	if err != nil {
		return errors.Join(append(wrong, err)...)
	}
	if c.JSON {
		for _, l := range checked(states, blocked) {
			if err := line(t.Out, l); err != nil {
				return err
			}
		}
	}
	if len(blocked) > 0 {
		wrong = append(wrong, fmt.Errorf("%s: closed for writing. Is a reindex swapping? If not, copytaster reindex open", strings.Join(blocked, " and ")))
	}
	if err := errors.Join(wrong...); err != nil {
		return &ExitError{ExitDiffers, err}
	}
	fmt.Fprintf(t.Err, "%s and %s are as they should be\n", n.Articles(), n.Versions())
	return nil
}

func checked(states []corpus.State, blocked []string) (all []indexCheck) {
	for _, s := range states {
		l := indexCheck{Index: s.Alias}
		if mismatch, differs := errors.AsType[*corpus.MismatchError](s.Err); differs {
			l.Problem, l.Differences = "differs", mismatch.Differences
		} else if s.Err != nil {
			l.Problem = "missing"
		}
		all = append(all, l)
	}
	for _, name := range blocked {
		all = append(all, indexCheck{Problem: "closed", Index: name})
	}
	return all
}
