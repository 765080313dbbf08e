// Package copytaster is the one binary: every service, and the operator's
// tools.
package copytaster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
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
	texts := new(plainTexts)
	k, err := kong.New(c, append(operate.Options(), kong.Name("copytaster"), kong.Description(about), kong.Writers(t.Out, t.Err),
		operate.Lists(map[string]string{"services": strings.Join(serviceNames(), ","), "formats": formatNames(), "exports": exportNames(), "tasks": taskNames()}),
		kong.PostBuild(texts.take), // the last that looks at the texts before kong does
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Exit(exit),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(t))...)
	texts.giveBack()
	return k, err
}

// plainTexts are the texts of flags and arguments that have no variable. kong looks
// for variables in all of them by a regular expression, which takes longer than all
// else that a command does before it begins; so it does not get to see these.
type plainTexts []plainText

type plainText struct {
	at   *string
	text string
}

func (p *plainTexts) take(k *kong.Kong) error {
	take := func(texts ...*string) {
		for _, at := range texts {
			if *at != "" {
				*p = append(*p, plainText{at, *at})
				*at = ""
			}
		}
	}
	return kong.Visit(k.Model, func(node kong.Visitable, next kong.Next) error {
		v, ok := node.(*kong.Value)
		if !ok {
			return next(nil)
		}
		texts := []*string{&v.Help, &v.Default, &v.Enum}
		if v.Flag != nil {
			texts = append(texts, &v.Flag.PlaceHolder)
		}
		for i := range v.Tag.Envs {
			texts = append(texts, &v.Tag.Envs[i])
		}
		// A variable may be one of the others, as ${enum} is.
		if !slices.ContainsFunc(texts, func(at *string) bool { return strings.Contains(*at, "$") }) {
			take(texts...)
		}
		return next(nil)
	})
}

func (p *plainTexts) giveBack() {
	for _, t := range *p {
		*t.at = t.text
	}
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
