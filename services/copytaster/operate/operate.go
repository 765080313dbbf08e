// Package operate is the operator's tools: to see, stop, replay and repair each
// stage alone.
//
// A command is a struct with kong's tags and a method Run(ctx, Terminal) error,
// in a file of its own. What commands share is in few files: where the servers
// are (servers.go), how results are printed (print.go), progress (progress.go),
// and what is asked before something is changed (change.go).
package operate

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/pkg/topic"
)

// Terminal is where a command reads and writes.
type Terminal struct {
	In       io.Reader
	Out, Err io.Writer
}

// Exit codes, beside those of package boot.
const (
	// ExitDiffers: a check was done, and found what should not be.
	ExitDiffers = 3
)

// ExitError asks for an exit code.
type ExitError struct {
	Code int
	Err  error // nil: all is said
}

func (e *ExitError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit status %d", e.Code)
	}
	return e.Err.Error()
}

func (e *ExitError) Unwrap() error { return e.Err }

// misuse is an error of how a command was called.
func misuse(format string, args ...any) error {
	return &ExitError{boot.ExitUsage, fmt.Errorf(format, args...)}
}

// Commands are the tools; they are embedded into the command line.
type Commands struct {
	ACLs       ACLsCmd       `cmd:"" name:"acls" help:"What each service may do in Kafka: print, check, apply."`
	Keys       KeysCmd       `cmd:"" help:"API keys: of the search service, and of the services for Elasticsearch."`
	Indices    IndicesCmd    `cmd:"" help:"Create and check Elasticsearch's indices."`
	Topics     TopicsCmd     `cmd:"" help:"List, create, check and alter the topics."`
	Lag        LagCmd        `cmd:"" help:"How far each group is behind, by partition."`
	Tail       TailCmd       `cmd:"" help:"Show the messages of a topic, decoded."`
	Trace      TraceCmd      `cmd:"" help:"Every stage that an article passed."`
	Kill       KillCmd       `cmd:"" help:"Kill an article for everybody, as an editor."`
	Withhold   WithholdCmd   `cmd:"" help:"Withhold an article from everybody, as an editor."`
	Reinstate  ReinstateCmd  `cmd:"" help:"Lift a kill or a withhold, as an editor."`
	Override   OverrideCmd   `cmd:"" help:"Correct what was found out about an article, as an editor."`
	Audit      AuditCmd      `cmd:"" help:"Who killed, withheld or reinstated an article, when, why, and where it had gone."`
	Dead       DeadCmd       `cmd:"" help:"List, show, redrive and discard dead letters."`
	Replay     ReplayCmd     `cmd:"" help:"Have messages handled again: from a time, an offset, or of an article."`
	Reparse    ReparseCmd    `cmd:"" help:"Decode originals again by the decoders of this program, and tell what differs."`
	Archive    ArchiveCmd    `cmd:"" help:"The originals' archive: get one, purge those of killed articles."`
	Reindex    ReindexCmd    `cmd:"" help:"Build the indices anew from the log, compare, swap, go back."`
	Generation GenerationCmd `cmd:"" help:"Issue, promote and roll back generations of the enrichment."`
	Snapshot   SnapshotCmd   `cmd:"" help:"Snapshots of the indices: take, list, restore, delete."`
}

// Options are what the command line needs for the commands.
func Options() []kong.Option {
	return []kong.Option{
		boot.Settings("operator", groupServers),
		Lists(map[string]string{"kafka_services": strings.Join(topic.Services(), ", "), "groups": strings.Join(topic.GroupNames(), ", ")}),
		kong.ExplicitGroups([]kong.Group{
			{Key: groupServers, Title: "Servers:", Description: "Also from the environment (COPYTASTER_KAFKA_BROKERS, ...) and from the file that --config names."},
		}),
	}
}

// Lists puts lists into the help of flags and arguments: one named groups where it
// says ${groups}. kong.Vars would do the same, but kong looks through each of them
// anew at each flag of each command, which is most of what a command takes to start.
func Lists(lists map[string]string) kong.Option {
	var pairs []string
	for name, list := range lists {
		pairs = append(pairs, "${"+name+"}", strings.ReplaceAll(list, "$", "$$"))
	}
	put := strings.NewReplacer(pairs...)
	return kong.PostBuild(func(k *kong.Kong) error {
		return kong.Visit(k.Model, func(node kong.Visitable, next kong.Next) error {
			if v, ok := node.(*kong.Value); ok {
				v.Help = put.Replace(v.Help)
			}
			return next(nil)
		})
	})
}
