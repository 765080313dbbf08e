package copytaster

import (
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// promises is what the README says that a command has.
type promises struct {
	dryRun   bool // it changes something
	yes      bool // it can do what can't be undone, or not by itself
	progress bool // it may take long
}

// What commands do, by kind.
func kindsOfCommands() map[string]promises {
	kinds := map[string]promises{}
	for _, k := range []struct {
		promises

		commands []string
	}{
		{promises{}, []string{
			"acls check", "acls print", "dead show", "generation list", "indices check", "keys elasticsearch list", "keys list", "keys show", "lag", "reindex list",
			"snapshot list", "topics check", "topics list", "completion", "eval", "read",
		}},
		{promises{progress: true}, []string{"archive get", "audit", "dead list", "override list", "tail", "trace"}},
		{promises{dryRun: true, progress: true}, []string{"override reissue"}},
		{promises{dryRun: true}, []string{"generation issue", "indices create", "keys add", "reindex open", "topics create"}},
		{promises{dryRun: true, yes: true}, []string{"acls apply", "keys elasticsearch create", "keys elasticsearch invalidate", "keys revoke", "keys rotate", "reindex drop", "topics apply"}},
		{promises{dryRun: true, yes: true, progress: true}, []string{
			"archive purge", "dead discard", "dead redrive", "generation promote", "generation rollback", "kill", "override remove", "override set", "reindex build",
			"reinstate", "reparse", "replay", "snapshot create", "snapshot delete", "snapshot restore", "withhold",
		}},
		{promises{dryRun: true}, []string{"demo", "run", "up"}},
	} {
		for _, c := range k.commands {
			kinds[c] = k.promises
		}
	}
	return kinds
}

// exceptions are the commands that lack one of them, and why.
func exceptions() map[string]string {
	const starts = "starts services or servers, and undoes nothing"
	return map[string]string{
		"completion --json": "prints a line for the shell",
		"demo --dry-run":    starts,
		"demo --json":       "shows a page",
		"eval --json":       "its report is the tables of the READMEs",
		"read --json":       "prints JSON unless --pretty or --as is said",
		"run --dry-run":     starts,
		"run --json":        "prints nothing; --log-format=json is for its log",
		"up --dry-run":      starts,
		"up --json":         "prints the lines of a file of settings, and passes on what its command prints",
	}
}

// TestEveryCommandHasWhatTheReadmeSays walks over all commands of the model. One
// that is new has to say of what kind it is.
func TestEveryCommandHasWhatTheReadmeSays(t *testing.T) {
	var c cli
	parser, err := newParser(t.Context(), &c, Terminal{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard}, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	kinds, excused := kindsOfCommands(), exceptions()
	for _, leaf := range parser.Model.Leaves(false) {
		name := strings.TrimPrefix(leaf.FullPath(), parser.Model.Name+" ")
		kind, known := kinds[name]
		if !known {
			t.Errorf("%s: it is of no kind: say what it does", name)
			continue
		}
		delete(kinds, name)
		for _, f := range []struct {
			name   string
			short  rune
			should bool
		}{{"json", 0, true}, {"dry-run", 'n', kind.dryRun}, {"yes", 'y', kind.yes}, {"progress", 0, kind.progress}} {
			reason := name + " --" + f.name
			flag := flagOf(leaf, f.name)
			_, excepted := excused[reason]
			delete(excused, reason)
			switch {
			case excepted && (flag != nil || !f.should):
				t.Errorf("%s needs no exception", reason)
			case excepted:
			case f.should && flag == nil:
				t.Errorf("%s: there is none", reason)
			case !f.should && flag != nil:
				t.Errorf("%s: it is there, though by its kind there is nothing that it would do", reason)
			case flag != nil && flag.Short != f.short:
				t.Errorf("%s: in short it is -%c, not -%c", reason, flag.Short, f.short)
			}
		}
	}
	if len(kinds)+len(excused) > 0 {
		t.Errorf("there are no commands %v, and exceptions that nothing needs: %v", slices.Sorted(maps.Keys(kinds)), slices.Sorted(maps.Keys(excused)))
	}
}

func flagOf(leaf *kong.Node, name string) *kong.Flag {
	for _, group := range leaf.AllFlags(false) {
		for _, f := range group {
			if f.Name == name {
				return f
			}
		}
	}
	return nil
}
