package operate

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/mattn/go-isatty"
)

// Change is what every command has that changes something.
type Change struct {
	DryRun bool `help:"Only tell what would be done." short:"n"`
	Yes    bool `help:"Do it without asking." short:"y"`
}

// errDeclined ends a command whose question was answered with no.
var errDeclined = errors.New("nothing was changed")

// confirm asks before something that can't be undone. what says what will
// happen, as a sentence without its end. Whoever can't be asked must have said
// --yes: without it nothing happens.
func (c Change) confirm(t Terminal, what string) error {
	return c.agree(t, what+": this can't be undone")
}

// agree asks like confirm, before something that can be undone.
func (c Change) agree(t Terminal, what string) error {
	switch {
	case c.Yes:
		return nil
	case !isTerminal(t.In):
		return misuse("%s. Standard input is no terminal to ask on: say --yes, or see with --dry-run what would happen", what)
	}
	return ask(t, what)
}

func ask(t Terminal, what string) error {
	fmt.Fprintf(t.Err, "%s.\nType yes to go on: ", what)
	answer, err := bufio.NewReader(io.LimitReader(t.In, maxAnswer)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the answer: %w", err)
	}
	if strings.TrimSpace(strings.ToLower(answer)) != "yes" {
		return errDeclined
	}
	return nil
}

// maxAnswer is how many bytes of an answer are read.
const maxAnswer = 100

func isTerminal(f any) bool {
	file, ok := f.(*os.File)
	return ok && isatty.IsTerminal(file.Fd())
}
