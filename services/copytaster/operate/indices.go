package operate

import (
	"context"
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
	if err := corpus.Ensure(ctx, es, n, corpus.Settings{Shards: c.Shards, RefreshInterval: c.RefreshInterval}); err != nil {
		return err
	}
	fmt.Fprintf(t.Err, "%s and %s are there\n", n.Articles(), n.Versions())
	return nil
}

// IndicesCheckCmd is `copytaster indices check`.
type IndicesCheckCmd struct {
	Servers `embed:"" group:"servers"`
}

// Run checks.
func (c *IndicesCheckCmd) Run(ctx context.Context, t Terminal) error {
	es, n, err := c.elastic(ctx)
	if err != nil {
		return err
	}
	defer es.Close()
	if err := corpus.Check(ctx, es, n); err != nil {
		return &ExitError{ExitDiffers, err}
	}
	blocked, err := corpus.BlockedLive(ctx, es, n)
	if err != nil {
		return err
	}
	if len(blocked) > 0 {
		return &ExitError{ExitDiffers, fmt.Errorf("%s: closed for writing. Is a reindex swapping? If not, copytaster reindex open", strings.Join(blocked, " and "))}
	}
	fmt.Fprintf(t.Err, "%s and %s are as they should be\n", n.Articles(), n.Versions())
	return nil
}
