// Command train-years finds the weights by which package calendar tells whether a date
// without a year is counted from the day of the article, or lies in the time that the
// text tells of.
//
//	train-years -out calendar/data/years.txt FILE...
//
// Each FILE has cases of the task dates of `copytaster eval`. What is chosen depends on
// what was chosen before it in the text, so it is learned anew from what the weights
// chose: run it several times in a row.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich"
	"github.com/copytaster/copytaster/services/enrich/calendar"
	"github.com/copytaster/copytaster/services/enrich/cmd/internal/logit"
	"github.com/copytaster/copytaster/services/enrich/enricher/moments"
)

func main() {
	if err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "train-years:", err)
		os.Exit(1)
	}
}

func run(to io.Writer) error {
	out := flag.String("out", "", "file to write the weights to")
	dear := flag.Float64("dear", 1, "how dear weights are")
	epochs := flag.Int("epochs", 400, "how often all is gone through")
	doubtful := flag.Float64("doubtful", 0.5, "how much doubtful annotations count")
	rules := flag.Float64("rules", 1, "how much choices count from which what rules say is left out, beside those with it")
	flag.Parse()
	var all []*logit.Question
	for _, f := range flag.Args() {
		qs, err := read(f, *doubtful)
		if err != nil {
			return err
		}
		for i := range qs {
			all = append(all, qs[i])
			if *rules > 0 {
				all = append(all, alone(qs[i], *rules))
			}
		}
	}
	w := logit.Fit(all, calendar.Traits, func(int) float64 { return *dear }, *epochs)
	right := 0
	for i := range all {
		if all[i].Chosen(w) {
			right++
		}
	}
	fmt.Fprintf(to, "%d choices, %d right\n", len(all), right)
	if *out == "" {
		return nil
	}
	return write(*out, w)
}

// alone is a choice without what rules say of it. Rules were made for many of the texts
// that are learned from, and are more often right there than they are elsewhere.
func alone(q *logit.Question, weight float64) *logit.Question {
	c := &logit.Question{Right: q.Right, Weight: q.Weight * weight}
	for _, traits := range q.Answers {
		var kept []int
		for _, t := range traits {
			if !strings.HasPrefix(calendar.TraitName(t), "by ") {
				kept = append(kept, t)
			}
		}
		c.Answers = append(c.Answers, kept)
	}
	return c
}

type testcase struct {
	Text        string    `json:"text"`
	Dates       []mark    `json:"dates"`
	PublishedAt time.Time `json:"published_at"`
}

type mark struct {
	Text     string `json:"text"`
	Nth      int    `json:"nth"`
	From     string `json:"from"`
	To       string `json:"to"`
	Doubtful string `json:"doubtful"`
}

// read is the questions of a file of cases.
func read(file string, doubtful float64) ([]*logit.Question, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	chain, err := enrich.NewChain(nil)
	if err != nil {
		return nil, err
	}
	e, err := moments.New()
	if err != nil {
		return nil, err
	}
	var all []*logit.Question
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		var c testcase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, n, err)
		}
		a := article.Article{Text: c.Text, Source: "eval", Provider: "eval", PublishedAt: c.PublishedAt}
		if err := chain.Enrich(context.Background(), &a); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, n, err)
		}
		choices := e.Choices(context.Background(), &a)
		for i := range choices {
			if m := annotated(&c, &choices[i]); m != nil {
				all = ask(all, &choices[i], m, doubtful)
			}
		}
	}
	return all, lines.Err()
}

// annotated is the annotation of the date that a choice is about, nil if there is none.
func annotated(c *testcase, of *calendar.Choice) *mark {
	for i := range c.Dates {
		m := &c.Dates[i]
		from := -1
		for range m.Nth + 1 {
			k := strings.Index(c.Text[from+1:], m.Text)
			if k < 0 {
				return nil
			}
			from += 1 + k
		}
		if from < of.End && of.Start < from+len(m.Text) {
			return m
		}
	}
	return nil
}

// ask adds a choice if one of its answers is right, and another one is not.
func ask(all []*logit.Question, c *calendar.Choice, m *mark, doubtful float64) []*logit.Question {
	q := &logit.Question{Answers: [][]int{nil}, Right: []bool{is(c.Counted, m)}, Weight: 1}
	for i := range c.Readings {
		q.Answers = append(q.Answers, c.Readings[i].Traits)
		q.Right = append(q.Right, is(c.Readings[i].Interval, m))
	}
	if m.Doubtful != "" {
		q.Weight = doubtful
	}
	if !q.Open() || q.Weight == 0 {
		return all
	}
	return append(all, q)
}

// is tells whether i is what was annotated.
func is(i calendar.Interval, m *mark) bool {
	return i.From.Format(time.DateOnly) == m.From && i.To.Format(time.DateOnly) == m.To
}

func write(file string, w []float64) error {
	var b strings.Builder
	b.WriteString("# How much speaks for the time that a text tells of, by what is known of a date. Written by\n# the command train-years; don't edit.\n")
	for t := 1; t < calendar.Traits; t++ {
		fmt.Fprintf(&b, "%s: %.2f\n", calendar.TraitName(t), w[t])
	}
	return os.WriteFile(file, []byte(b.String()), 0o600)
}
