// Command faults runs the fault matrix: it breaks a pipeline of its own in
// every way, and ends with 1 if anything that was acknowledged is lost, twice,
// stale or back from the dead.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/copytaster/copytaster/deploy/faults"
	"github.com/copytaster/copytaster/deploy/faults/wire"
)

// Exit codes.
const (
	exitBroken = 1 // a promise was not kept
	exitFailed = 2 // it could not be tried, or was not asked for in a way that can be understood
)

type cli struct {
	Short   bool     `help:"A small form of every row, about two minutes in all."`
	Row     []string `help:"Run only these rows: ${rows}." placeholder:"NAME,..."`
	Seed    uint64   `help:"Decides on articles, moments and faults; 0: a new one."`
	Scale   float64  `help:"Multiply articles and faults of the full form." default:"1"`
	Reuters string   `help:"File or folder of reports (gzip, a JSON object with title and body a line) for the articles to say; else they are made up." type:"path" placeholder:"PATH"`
	Root    string   `help:"Root of the workspace." type:"path" default:"."`
	Dir     string   `help:"Folder for servers, programs and logs; it is removed at the end if all went well (default: .local/faults below the root)." type:"path"`
	Keep    bool     `help:"Keep the folder."`
	Go      string   `help:"The program that builds the services." env:"GO" default:"go"`
}

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr, faults.Run)
	cancel()
	os.Exit(code)
}

// matrix runs the rows that the options name, as [faults.Run] does.
type matrix func(context.Context, faults.Options) ([]faults.Result, error)

func run(ctx context.Context, args []string, out, errs io.Writer, rows matrix) int {
	var c cli
	said := -1
	parser, err := kong.New(&c, kong.Name("faults"), kong.Description("Break a pipeline in every way, and hold the index against a ledger of what was acknowledged."),
		kong.Vars{"rows": strings.Join(faults.Names(), ", ")}, kong.Writers(out, errs), kong.Exit(func(code int) { said = code }))
	if err == nil {
		_, err = parser.Parse(args)
	}
	if said >= 0 {
		return said
	}
	if err == nil {
		err = c.run(ctx, out, rows)
	}
	switch {
	case errors.Is(err, faults.ErrBroken):
		fmt.Fprintf(errs, "faults: %v\n", err)
		return exitBroken
	case err != nil:
		fmt.Fprintf(errs, "faults: %v\n", err)
		return exitFailed
	}
	return 0
}

func (c *cli) run(ctx context.Context, out io.Writer, rows matrix) (err error) {
	o := faults.Options{Root: c.Root, Dir: c.Dir, Seed: c.Seed, Rows: c.Row, Short: c.Short, Scale: c.Scale, Keep: c.Keep, Go: c.Go, Out: out}
	if o.Seed == 0 {
		o.Seed = rand.Uint64() >> 32
	}
	if c.Reuters != "" {
		if o.Texts, err = wire.Texts(c.Reuters); err != nil {
			return err
		}
	}
	_, err = rows(ctx, o)
	return err
}
