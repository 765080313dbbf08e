package eval

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/copytaster/copytaster/services/enrich/enricher"
)

// Task is what can be measured.
type Task struct {
	Name string
	Main string // the field whose score is the task's
	Data string // what its data is, for people
	// sets are its data below a folder of test data.
	sets []string
	may  []string // those of sets that need not be there
	run  func(ctx context.Context, chain *enricher.Chain, data string) (*Measure, error)
}

// Tasks are all of them.
var Tasks = []Task{
	{"segments", "segment", "a folder of texts, each with its JSON", []string{"wire", "unseen"}, nil, measureWire},
	ofCases("quotes", "quotes", quotes),
	ofCases("amounts", "amounts", amounts),
	ofCases("quantities", "amounts", quantities),
	ofCases("dates", "dates", dates),
	topicsTask,
	{"who", whoMicro, "a file of texts with all their names, one in a line", []string{whoTune, whoMeasure}, nil, measureWho},
	where(),
	{"datelines", "datelines", "Reuters-21578, gzipped lines of JSON with id, date, title, dateline, body; not part of the project", nil, nil, measureDatelines},
	{"places", "places", "GeoVirus, XML with the places of articles and where they are; not part of the project", nil, nil, measurePlaces},
	{"entities", "entities", "a corpus in CoNLL columns; not part of the project", nil, nil, measureNames},
}

func ofCases(name, folder string, k kind) Task {
	dir := filepath.Join("cases", folder)
	more, open, unseen := filepath.Join(dir, "more.jsonl"), filepath.Join(dir, "open.jsonl"), filepath.Join(dir, measured)
	return Task{
		name, name, "a file of cases, one in a line",
		[]string{filepath.Join(dir, "tune.jsonl"), more, open, unseen},
		[]string{more, open, unseen},
		func(ctx context.Context, chain *enricher.Chain, data string) (*Measure, error) {
			return measureCases(ctx, chain, data, name, k)
		},
	}
}

// Names are those of the tasks.
func Names() []string {
	names := make([]string, len(Tasks))
	for i, t := range Tasks {
		names[i] = t.Name
	}
	return names
}

// Find finds a task by its name.
func Find(name string) (Task, error) {
	for _, t := range Tasks {
		if t.Name == name {
			return t, nil
		}
	}
	return Task{}, fmt.Errorf("there is no task %q; there are %s", name, strings.Join(Names(), ", "))
}

// Run measures what the chain finds in data.
func (t Task) Run(ctx context.Context, chain *enricher.Chain, data string) (*Measure, error) {
	return t.run(ctx, chain, data)
}

// measured is the file of the cases that nothing is tuned on.
const measured = "measure.jsonl"

// Unseen tells that nothing is to be tuned on data, so that its errors are
// better not looked at: a file measure.jsonl, or whatever lies in a folder unseen.
func Unseen(data string) bool {
	data = filepath.Clean(data)
	return filepath.Base(data) == measured || slices.Contains(strings.Split(filepath.ToSlash(data), "/"), "unseen")
}

// Result is a measure with what it is of.
type Result struct {
	Task Task
	Data string
	*Measure
}

// All measures every task on its sets of data below a folder of test data.
func All(ctx context.Context, chain *enricher.Chain, testdata string) ([]Result, error) {
	var all []Result
	for _, t := range Tasks {
		for _, set := range t.sets {
			m, err := t.Run(ctx, chain, filepath.Join(testdata, set))
			if slices.Contains(t.may, set) && errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return nil, err
			}
			all = append(all, Result{t, set, m})
		}
	}
	return all, nil
}

// WriteTable writes a line for each result: the task's main score, and with what
// is doubtful.
func WriteTable(w io.Writer, all []Result) {
	const format = "%-11s %-27s %6s  %-9s %-9s %-9s %6s %6s %7s\n"
	fmt.Fprintf(w, format, "task", "data", "texts", "precision", "recall", "F1", "right", "wrong", "missed")
	for _, r := range all {
		line := func(name string, s Score) {
			fmt.Fprintf(w, format, name, r.Data, strconv.Itoa(r.Texts), three(s.Precision()), three(s.Recall()), three(s.F1()),
				strconv.Itoa(s.Right), strconv.Itoa(s.Wrong), strconv.Itoa(s.Missed))
		}
		line(r.Task.Name, r.Scores[r.Task.Main])
		for _, language := range languages {
			if s := r.Scores[r.Task.Main+" "+language]; !s.Empty() {
				line("  "+language, s)
			}
		}
		if s, ok := r.Scores[r.Task.Main+doubtfulToo]; ok {
			line("  doubtful", s)
		}
	}
}

var languages = []string{"en", "de", "fr", "es"}

func three(f float64) string { return fmt.Sprintf("%.3f", f) }

// Write writes all scores, and the texts with the most errors: worst of them, or
// all if it is below 0.
func (r Result) Write(w io.Writer, worst int) {
	fmt.Fprintf(w, "%s of %s: %d texts, %d without an error\n", r.Task.Name, r.Data, r.Texts, r.Exact)
	for _, field := range r.Fields() {
		fmt.Fprintf(w, "  %-28s %v\n", field, r.Scores[field])
	}
	for _, name := range slices.Sorted(maps.Keys(r.Figures)) {
		fmt.Fprintf(w, "  %-28s %.1f\n", name, r.Figures[name])
	}
	names := r.Worst()
	if worst >= 0 {
		names = names[:min(worst, len(names))]
	}
	for _, name := range names {
		fmt.Fprintf(w, "%s\n", name)
		for _, e := range r.Errors[name] {
			fmt.Fprintf(w, "    %s\n", e)
		}
	}
}
