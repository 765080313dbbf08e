// Command train-speakers finds the weights by which enricher/quotes tells whom the words
// mean that ascribe a quotation: "she", "the minister".
//
//	train-speakers -out enricher/quotes/data/weights.txt FILE...
//
// Each FILE has cases of the task quotes of `copytaster eval`. What is chosen depends on
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

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich"
	"github.com/copytaster/copytaster/services/enrich/enricher/quotes"
	"github.com/copytaster/copytaster/services/enrich/eval"
)

func main() {
	if err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "train-speakers:", err)
		os.Exit(1)
	}
}

// question is a choice whose answer is known.
type question struct {
	shape      int
	candidates [][]int
	right      []bool
	weight     float64
	names      []string
}

// explain prints a choice and what speaks for each candidate.
func (q *question) explain(to io.Writer, w *table) {
	fmt.Fprintf(to, "kind %d\n", q.shape)
	for k, traits := range q.candidates {
		fmt.Fprintf(to, "  %v %.2f %s:", q.right[k], w.of(q.shape, traits), q.names[k])
		for _, t := range traits {
			fmt.Fprintf(to, " %s %.1f,", quotes.TraitName(t), w[0][t]+w[q.shape+1][t])
		}
		fmt.Fprintln(to)
	}
}

// alone is a choice without what rules say of it. Rules were made for many of the texts
// that are learned from, and are more often right there than they are elsewhere.
func alone(q *question, weight float64) question {
	c := question{shape: q.shape, right: q.right, weight: weight, names: q.names}
	for _, traits := range q.candidates {
		var kept []int
		for _, t := range traits {
			if !strings.HasPrefix(quotes.TraitName(t), "by ") {
				kept = append(kept, t)
			}
		}
		c.candidates = append(c.candidates, kept)
	}
	return c
}

func run(to io.Writer) error {
	out := flag.String("out", "", "file to write the weights to")
	slack := flag.Float64("slack", 1, "how dear weights are that all kinds of words share")
	own := flag.Float64("own", 3, "how dear those of one kind are")
	epochs := flag.Int("epochs", 400, "how often all is gone through")
	doubt := flag.Float64("doubt", 1, "how much what rules say is doubted: weight of choices without it, beside those with it")
	verbose := flag.Bool("v", false, "print what is wrong in tests")
	test := flag.String("test", "", "files to test on, parted by commas; they are not learned from")
	flag.Parse()
	var all []question
	for _, f := range flag.Args() {
		qs, err := read(f)
		if err != nil {
			return err
		}
		for i := range qs {
			all = append(all, qs[i])
			if *doubt > 0 {
				all = append(all, alone(&qs[i], *doubt))
			}
		}
	}
	w := fit(all, *slack, *own, *epochs)
	right := 0
	for i := range all {
		if all[i].right[best(&w, &all[i])] {
			right++
		}
	}
	fmt.Fprintf(to, "%d choices, %d right\n", len(all), right)
	for f := range strings.SplitSeq(*test, ",") {
		if f == "" {
			continue
		}
		qs, err := read(f)
		if err != nil {
			return err
		}
		right := 0
		for i := range qs {
			if qs[i].right[best(&w, &qs[i])] {
				right++
			} else if *verbose {
				qs[i].explain(to, &w)
			}
		}
		fmt.Fprintf(to, "%s: %d choices, %d right\n", f, len(qs), right)
	}
	if *out == "" {
		return nil
	}
	return write(*out, &w)
}

type testcase struct {
	Text     string `json:"text"`
	Quotes   []mark `json:"quotes"`
	Language string `json:"language"`
}

type mark struct {
	Text     string `json:"text"`
	Nth      int    `json:"nth"`
	Speaker  string `json:"speaker"`
	Doubtful string `json:"doubtful"`
}

// read is the questions of a file of cases.
func read(file string) ([]question, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	chain, err := enrich.NewChain(nil)
	if err != nil {
		return nil, err
	}
	q, err := quotes.New()
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
		a := article.Article{Text: c.Text, Source: "eval", Provider: "eval"}
		if err := chain.Enrich(context.Background(), &a); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, n, err)
		}
		choices, err := q.Choices(context.Background(), &a)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, n, err)
		}
		for i := range choices {
			if s := speaker(&c, choices[i].Quote); s != "" {
				all = ask(all, &choices[i], s)
			}
		}
	}
	return all, lines.Err()
}

// speaker is who says what stands at a place, "" if the case doesn't tell.
func speaker(c *testcase, at article.Span) string {
	for i := range c.Quotes {
		m := &c.Quotes[i]
		from := -1
		for range m.Nth + 1 {
			k := strings.Index(c.Text[from+1:], m.Text)
			if k < 0 {
				return ""
			}
			from += 1 + k
		}
		if m.Doubtful == "" && from < at.End && at.Start < from+len(m.Text) {
			return m.Speaker
		}
	}
	return ""
}

// ask adds a choice if one of its candidates is right, and another one is not.
func ask(all []question, c *quotes.Choice, speaker string) []question {
	q := question{shape: c.Shape, weight: 1}
	n := 0
	for i := range c.Candidates {
		right := eval.Alike(c.Candidates[i].Name, speaker)
		if right {
			n++
		}
		q.right = append(q.right, right)
		q.names = append(q.names, c.Candidates[i].Name)
		q.candidates = append(q.candidates, c.Candidates[i].Traits)
	}
	if n == 0 || n == len(q.right) {
		return all
	}
	return append(all, q)
}

// table has the weights of all kinds of words in row 0, and of each kind what that adds.
type table [quotes.Shapes + 1][quotes.Traits]float64

func (w *table) of(shape int, traits []int) float64 {
	var sum float64
	for _, t := range traits {
		sum += w[0][t] + w[shape+1][t]
	}
	return sum
}

func best(w *table, q *question) int {
	b := 0
	for k := range q.candidates {
		if w.of(q.shape, q.candidates[k]) > w.of(q.shape, q.candidates[b]) {
			b = k
		}
	}
	return b
}

// fit finds the weights under which what is right is likeliest, by gradients.
func fit(all []question, shared, own float64, epochs int) table {
	var w, sum, grad table
	for range epochs {
		grad = table{}
		for i := range all {
			slope(&w, &all[i], &grad)
		}
		for s := range w {
			dear := shared
			if s > 0 {
				dear = own
			}
			for t := range w[s] {
				g := grad[s][t] - dear*w[s][t]
				sum[s][t] += g * g
				if sum[s][t] > 0 {
					w[s][t] += 0.3 * g / math.Sqrt(sum[s][t])
				}
			}
		}
	}
	return w
}

// slope adds to grad how the likelihood of what is right grows with the weights.
func slope(w *table, q *question, grad *table) {
	p := make([]float64, len(q.candidates))
	most := math.Inf(-1)
	for k := range p {
		p[k] = w.of(q.shape, q.candidates[k])
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
	for k, traits := range q.candidates {
		d := -p[k] / all
		if q.right[k] {
			d += p[k] / right
		}
		for _, t := range traits {
			grad[0][t] += d * q.weight
			grad[q.shape+1][t] += d * q.weight
		}
	}
}

func write(file string, w *table) error {
	var b strings.Builder
	b.WriteString("# What speaks for and against somebody being meant, for each kind of words in the order of\n# ../choose.go. Written by the command train-speakers; don't edit.\n")
	for t := 1; t < quotes.Traits; t++ {
		b.WriteString(quotes.TraitName(t) + ":")
		for s := range quotes.Shapes {
			fmt.Fprintf(&b, " %.2f", w[0][t]+w[s+1][t])
		}
		b.WriteString("\n")
	}
	return os.WriteFile(file, []byte(b.String()), 0o600)
}
