// Package copytaster is the one binary: every service, and the operator's
// tools.
package copytaster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
	kongcompletion "github.com/jotaen/kong-completion"

	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/services/copytaster/operate"
)

// Terminal is where a command reads and writes.
type Terminal = operate.Terminal

type cli struct {
	Run  RunCmd  `cmd:"" help:"Run services: all of them, or those named."`
	Up   UpCmd   `cmd:"" help:"Start Kafka and Elasticsearch on this machine, without Docker."`
	Read ReadCmd `cmd:"" help:"Decode and enrich files, without servers, and print each article."`
	Eval EvalCmd `cmd:"" help:"Measure what the enrichers find against annotated texts."`
	Demo DemoCmd `cmd:"" help:"Start everything, feed real copy in, and show the search page."`
	operate.Commands
	Completion kongcompletion.Completion `cmd:"" help:"Print how to switch on completion in your shell."`
	Version    versionFlag               `help:"Print the version." short:"V"`
}

// versionFlag is kong.VersionFlag without the variable that it takes the version from:
// see operate.Lists.
type versionFlag bool

// BeforeReset prints the version, and ends.
func (versionFlag) BeforeReset(k *kong.Kong) error {
	fmt.Fprintln(k.Stdout, boot.Version())
	k.Exit(boot.ExitOK)
	return nil
}

const about = `Reads all the wire copy as it arrives, decides what it is, and makes it searchable.

Services take their settings from the environment (COPYTASTER_...) and from a file of NAME=value lines
(--config); their READMEs list them.`

// Main runs the command line, and returns the exit code. exit is called with
// one when a second signal asks to end at once.
func Main(args []string, exit func(code int)) int {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	go func() {
		<-signals
		cancel()
		<-signals
		exit(boot.ExitSignals)
	}()
	return execute(ctx, args, Terminal{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
}

// newParser reads the command line into c. exit is called after --help and
// --version.
func newParser(ctx context.Context, c *cli, t Terminal, exit func(code int)) (*kong.Kong, error) {
	return kong.New(c, append(operate.Options(), kong.Name("copytaster"), kong.Description(about), kong.Writers(t.Out, t.Err),
		operate.Lists(map[string]string{"services": strings.Join(serviceNames(), ","), "formats": formatNames(), "exports": exportNames(), "tasks": taskNames()}),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Exit(exit),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(t))...)
}

func execute(ctx context.Context, args []string, t Terminal) int {
	var c cli
	said := -1
	parser, err := newParser(ctx, &c, t, func(code int) { said = code })
	if err != nil {
		fmt.Fprintf(t.Err, "copytaster: %v\n", err)
		return boot.ExitUsage
	}
	kongcompletion.Register(parser)
	k, err := parser.Parse(args)
	switch {
	case said >= 0: // --help, --version
		return said
	case err != nil:
		fmt.Fprintf(t.Err, "copytaster: %v\n", err)
		if p, ok := errors.AsType[*kong.ParseError](err); ok {
			fmt.Fprintf(t.Err, "copytaster %s--help says more\n", commandOf(p.Context))
		}
		return boot.ExitUsage
	}
	err = k.Run()
	var exit *operate.ExitError
	switch {
	case errors.As(err, &exit):
		if exit.Err != nil {
			fmt.Fprintf(t.Err, "copytaster: %v\n", err)
		}
		return exit.Code
	case err != nil:
		fmt.Fprintf(t.Err, "copytaster: %v\n", err)
		return boot.ExitFailed
	}
	return boot.ExitOK
}

// commandOf is the command that the arguments named so far, with a space
// behind it, or "".
func commandOf(k *kong.Context) string {
	if k == nil || k.Selected() == nil {
		return ""
	}
	return strings.TrimPrefix(k.Selected().FullPath(), k.Model.Name+" ") + " "
}
