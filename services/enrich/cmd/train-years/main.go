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
	"math"
	"os"
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich"
	"github.com/copytaster/copytaster/services/enrich/calendar"
	"github.com/copytaster/copytaster/services/enrich/enricher/moments"
)

func main() {
	if err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "train-years:", err)
		os.Exit(1)
	}
}

// question is a choice whose answer is known. Its first answer, that nothing speaks for,
// is that the date is counted from the day of the article.
type question struct {
	answers [][]int
	right   []bool
	weight  float64
}

func run(to io.Writer) error {
	out := flag.String("out", "", "file to write the weights to")
	dear := flag.Float64("dear", 1, "how dear weights are")
	epochs := flag.Int("epochs", 400, "how often all is gone through")
	doubtful := flag.Float64("doubtful", 0.5, "how much doubtful annotations count")
	rules := flag.Float64("rules", 1, "how much choices count from which what rules say is left out, beside those with it")
	flag.Parse()
	var all []question
	for _, f := range flag.Args() {
		qs, err := read(f, *doubtful)
		if err != nil {
			return err
		}
		for i := range qs {
			all = append(all, qs[i])
			if *rules > 0 {
				all = append(all, alone(&qs[i], *rules))
			}
		}
	}
	w := fit(all, *dear, *epochs)
	right := 0
	for i := range all {
		if all[i].right[best(&w, &all[i])] {
			right++
		}
	}
	fmt.Fprintf(to, "%d choices, %d right\n", len(all), right)
	if *out == "" {
		return nil
	}
	return write(*out, &w)
}

// alone is a choice without what rules say of it. Rules were made for many of the texts
// that are learned from, and are more often right there than they are elsewhere.
func alone(q *question, weight float64) question {
	c := question{right: q.right, weight: q.weight * weight}
	for _, traits := range q.answers {
		var kept []int
		for _, t := range traits {
			if !strings.HasPrefix(calendar.TraitName(t), "by ") {
				kept = append(kept, t)
			}
		}
		c.answers = append(c.answers, kept)
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
func read(file string, doubtful float64) ([]question, error) {
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
	var all []question
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
func ask(all []question, c *calendar.Choice, m *mark, doubtful float64) []question {
	q := question{answers: [][]int{nil}, right: []bool{is(c.Counted, m)}, weight: 1}
	for i := range c.Readings {
		q.answers = append(q.answers, c.Readings[i].Traits)
		q.right = append(q.right, is(c.Readings[i].Interval, m))
	}
	if m.Doubtful != "" {
		q.weight = doubtful
	}
	n := 0
	for _, r := range q.right {
		if r {
			n++
		}
	}
	if n == 0 || n == len(q.right) || q.weight == 0 {
		return all
	}
	return append(all, q)
}

// is tells whether i is what was annotated.
func is(i calendar.Interval, m *mark) bool {
	return i.From.Format(time.DateOnly) == m.From && i.To.Format(time.DateOnly) == m.To
}

type table [calendar.Traits]float64

func (w *table) of(traits []int) (sum float64) {
	for _, t := range traits {
		sum += w[t]
	}
	return sum
}

func best(w *table, q *question) int {
	b := 0
	for k := range q.answers {
		if w.of(q.answers[k]) > w.of(q.answers[b]) {
			b = k
		}
	}
	return b
}

// fit finds the weights under which what is right is likeliest, by gradients.
func fit(all []question, dear float64, epochs int) table {
	var w, sum, grad table
	for range epochs {
		grad = table{}
		for i := range all {
			slope(&w, &all[i], &grad)
		}
		for t := range w {
			g := grad[t] - dear*w[t]
			sum[t] += g * g
			if sum[t] > 0 {
				w[t] += 0.3 * g / math.Sqrt(sum[t])
			}
		}
	}
	return w
}

// slope adds to grad how the likelihood of what is right grows with the weights.
func slope(w *table, q *question, grad *table) {
	p := make([]float64, len(q.answers))
	most := math.Inf(-1)
	for k := range p {
		p[k] = w.of(q.answers[k])
		most = max(most, p[k])
	}
	var all, right float64
	for k := range p {
		p[k] = math.Exp(p[k] - most)
		all += p[k]
		if q.right[k] {
			right += p[k]
		}
	}
	for k, traits := range q.answers {
		d := -p[k] / all
		if q.right[k] {
			d += p[k] / right
		}
		for _, t := range traits {
			grad[t] += d * q.weight
		}
	}
}

func write(file string, w *table) error {
	var b strings.Builder
	b.WriteString("# How much speaks for the time that a text tells of, by what is known of a date. Written by\n# the command train-years; don't edit.\n")
	for t := 1; t < calendar.Traits; t++ {
		fmt.Fprintf(&b, "%s: %.2f\n", calendar.TraitName(t), w[t])
	}
	return os.WriteFile(file, []byte(b.String()), 0o600)
}
