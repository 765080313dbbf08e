package copytaster

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/copytaster/copytaster/services/enrich"
	"github.com/copytaster/copytaster/services/enrich/eval"
)

// EvalCmd is `copytaster eval`.
type EvalCmd struct {
	Task   string `arg:"" help:"What to measure: ${tasks}; or all."`
	Data   string `arg:"" help:"Annotated texts: a folder of NAME.txt with NAME.json (segments), a file of cases (quotes, amounts, quantities, dates, topics, who, where), reports of Reuters-21578 as gzipped lines of JSON (datelines), GeoVirus as XML (places), a corpus in CoNLL columns (entities), or the folder of all test data (all)." type:"path"`
	Errors bool   `help:"Name all errors, also of texts that are for measuring only."`
	Worst  int    `help:"How many texts to name, those with the most errors." default:"10"`
}

// allTasks is the task that is all of them.
const allTasks = "all"

// Help is shown by `copytaster eval --help`.
func (EvalCmd) Help() string {
	return `Runs the enrichers over annotated texts, and prints precision, recall and F1 with counts, by type and language,
and the worst errors. Doubtful annotations count neither way, but in the score that says so. Errors of data named
measure.jsonl or unseen are printed only with --errors: nothing is to be tuned on them.

  copytaster eval quotes services/enrich/testdata/cases/quotes/tune.jsonl
  copytaster eval segments services/enrich/testdata/wire
  copytaster eval all services/enrich/testdata`
}

// Validate is asked by kong.
func (c *EvalCmd) Validate() error {
	if c.Worst < 0 {
		return fmt.Errorf("--worst is %d, it can't be below 0", c.Worst)
	}
	if c.Task == allTasks {
		if c.Errors {
			return errors.New("--errors is for one task, and not for all")
		}
		return nil
	}
	_, err := eval.Find(c.Task)
	return err
}

// Run measures.
func (c *EvalCmd) Run(ctx context.Context, t Terminal) error {
	chain, err := enrich.NewChain(nil)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(t.Out)
	if c.Task == allTasks {
		all, err := eval.All(ctx, chain, c.Data)
		if err != nil {
			return err
		}
		eval.WriteTable(out, all)
		return out.Flush()
	}
	task, err := eval.Find(c.Task)
	if err != nil {
		return err
	}
	m, err := task.Run(ctx, chain, c.Data)
	if err != nil {
		return err
	}
	worst := c.Worst
	switch {
	case c.Errors:
		worst = -1
	case eval.Unseen(c.Data):
		worst = 0
	}
	eval.Result{Task: task, Data: filepath.Base(c.Data), Measure: m}.Write(out, worst)
	return out.Flush()
}

// taskNames is for the help text.
func taskNames() string { return strings.Join(eval.Names(), ", ") }
