// Command train-speakers finds the weights by which enricher/quotes tells whom the words
// mean that ascribe a quotation: "she", "the minister".
//
//	train-speakers -out enricher/quotes/data/weights.txt FILE...
//
// Each FILE has cases of the task quotes of `copytaster eval`. With -folds N it prints how
// much is right of texts that weren't learned from: each of N parts, with what the others
// teach.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich"
	"github.com/copytaster/copytaster/services/enrich/cmd/internal/logit"
	"github.com/copytaster/copytaster/services/enrich/enricher"
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
	logit.Question

	shape      int
	candidates [][]int // traits of each
	names      []string
	quote      string
}

// explain prints a choice and what speaks for each candidate.
func (q *question) explain(to io.Writer, w table) {
	fmt.Fprintf(to, "kind %d\n", q.shape)
	for k, traits := range q.candidates {
		fmt.Fprintf(to, "  %v %.2f %s:", q.Right[k], logit.Of(w, q.Answers[k]), q.names[k])
		for _, t := range traits {
			fmt.Fprintf(to, " %s %.1f,", quotes.TraitName(t), w.weight(q.shape, t))
		}
		fmt.Fprintln(to)
	}
}

// alone is a choice without what rules say of it. Rules were made for many of the texts
// that are learned from, and are more often right there than they are elsewhere.
func alone(q *question, weight float64) *logit.Question {
	c := &logit.Question{Right: q.Right, Weight: weight}
	for _, traits := range q.candidates {
		var kept []int
		for _, t := range traits {
			if !strings.HasPrefix(quotes.TraitName(t), "by ") {
				kept = append(kept, t)
			}
		}
		c.Answers = append(c.Answers, shared(q.shape, kept))
	}
	return c
}

// text is a case, enriched but for its quotations.
type text struct {
	testcase
	a article.Article
}

// trainer learns the weights from texts.
type trainer struct {
	slack, own, doubt float64
	epochs, rounds    int
	without           []string // traits that don't count
	enricher          *quotes.Enricher
}

func run(to io.Writer) error {
	t := trainer{}
	out := flag.String("out", "", "file to write the weights to")
	flag.Float64Var(&t.slack, "slack", 1, "how dear weights are that all kinds of words share")
	flag.Float64Var(&t.own, "own", 3, "how dear those of one kind are")
	flag.IntVar(&t.epochs, "epochs", 400, "how often all is gone through")
	flag.IntVar(&t.rounds, "rounds", 3, "how often the choices are made anew, with the weights that were learned")
	flag.Float64Var(&t.doubt, "doubt", 1, "how much what rules say is doubted: weight of choices without it, beside those with it")
	verbose := flag.Bool("v", false, "print what is wrong in tests")
	folds := flag.Int("folds", 0, "parts of the texts, each of which is tested with what the others teach")
	without := flag.String("without", "", "traits to leave out, parted by commas, to see what they are good for")
	test := flag.String("test", "", "files to test on, parted by commas; they are not learned from")
	flag.Parse()
	t.without = strings.Split(*without, ",")
	q, err := quotes.New()
	if err != nil {
		return err
	}
	t.enricher = q
	learn, err := readAll(flag.Args())
	if err != nil {
		return err
	}
	if *folds > 1 {
		if err := t.cross(to, learn, *folds, *verbose); err != nil {
			return err
		}
	}
	if *out == "" && *test == "" {
		return nil
	}
	w, err := t.learn(learn)
	if err != nil {
		return err
	}
	for f := range strings.SplitSeq(*test, ",") {
		if f == "" {
			continue
		}
		texts, err := readAll([]string{f})
		if err != nil {
			return err
		}
		var s score
		if err := t.test(&s, texts, w, to, *verbose); err != nil {
			return err
		}
		fmt.Fprintf(to, "%s: %s\n", f, &s)
	}
	if *out == "" {
		return nil
	}
	return write(*out, w)
}

// cross prints what is right of each part of the texts with the weights that the other
// parts teach.
func (t *trainer) cross(to io.Writer, texts []text, folds int, verbose bool) error {
	var all score
	for f := range folds {
		var learn, test []text
		for i := range texts {
			if i%folds == f {
				test = append(test, texts[i])
			} else {
				learn = append(learn, texts[i])
			}
		}
		w, err := t.learn(learn)
		if err != nil {
			return err
		}
		if err := t.test(&all, test, w, to, verbose); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(to, "%d parts, each unseen: %s\n", folds, &all)
	return err
}

// learn finds the weights; what is chosen depends on what was chosen before it in the
// text, so it is learned anew from what the weights chose.
func (t *trainer) learn(texts []text) (table, error) {
	w := make(table, (quotes.Shapes+1)*quotes.Traits)
	for range t.rounds {
		var all []*logit.Question
		for i := range texts {
			qs, err := t.ask(&texts[i])
			if err != nil {
				return nil, err
			}
			for k := range qs {
				all = append(all, &qs[k].Question)
				if t.doubt > 0 {
					all = append(all, alone(&qs[k], t.doubt))
				}
			}
		}
		w = logit.Fit(all, len(w), t.dear, t.epochs)
		t.enricher.Reweigh(w.weight)
	}
	return w, nil
}

// score counts choices, and quotations with their speakers.
type score struct {
	choices, chosen      int
	found, wanted, right int
}

func (s *score) String() string {
	return fmt.Sprintf("%d of %d choices right; of quotations with speakers %d right, %d found, %d wanted: F1 %.4f", s.chosen, s.choices, s.right, s.found, s.wanted, 2*float64(s.right)/float64(max(1, s.found+s.wanted)))
}

// test counts what is right with weights in texts.
func (t *trainer) test(s *score, texts []text, w table, to io.Writer, verbose bool) error {
	t.enricher.Reweigh(w.weight)
	for i := range texts {
		x := &texts[i]
		qs, err := t.ask(x)
		if err != nil {
			return err
		}
		for k := range qs {
			s.choices++
			if qs[k].Chosen(w) {
				s.chosen++
			} else if verbose {
				fmt.Fprintf(to, "%s %q\n", x.ID, qs[k].quote)
				qs[k].explain(to, w)
			}
		}
		s.compare(x)
	}
	return nil
}

// compare counts the quotations of a text that has been read; doubtful ones count
// neither way.
func (s *score) compare(x *text) {
	at := map[article.Span]*mark{}
	for i := range x.Quotes {
		if from := x.Quotes[i].in(x.Text); from >= 0 {
			at[article.Span{Start: from, End: from + len(x.Quotes[i].Text)}] = &x.Quotes[i]
		}
		if x.Quotes[i].Doubtful == "" {
			s.wanted++
		}
	}
	for i := range x.a.Quotes {
		q := &x.a.Quotes[i]
		m := at[q.Span]
		if m != nil && m.Doubtful != "" {
			continue
		}
		s.found++
		if m != nil && eval.Alike(q.Speaker, m.Speaker) {
			s.right++
		}
	}
}

type testcase struct {
	ID       string `json:"id"`
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

// readAll is the texts of files of cases.
func readAll(files []string) ([]text, error) {
	chain, err := enrich.NewChain(nil)
	if err != nil {
		return nil, err
	}
	var all []text
	for _, file := range files {
		if all, err = read(chain, all, file); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func read(chain *enricher.Chain, all []text, file string) ([]text, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		var x text
		if err := json.Unmarshal(lines.Bytes(), &x.testcase); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, n, err)
		}
		x.a = article.Article{Text: x.Text, Source: "eval", Provider: "eval"}
		if err := chain.Enrich(context.Background(), &x.a); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, n, err)
		}
		all = append(all, x)
	}
	return all, lines.Err()
}

// ask reads a text, and is the questions in it.
func (t *trainer) ask(x *text) ([]question, error) {
	choices, err := t.enricher.Choices(context.Background(), &x.a)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", x.ID, err)
	}
	var all []question
	for i := range choices {
		if s := speaker(&x.testcase, choices[i].Quote); s != "" {
			for k := range choices[i].Candidates {
				c := &choices[i].Candidates[k]
				c.Traits = slices.DeleteFunc(c.Traits, func(n int) bool { return slices.Contains(t.without, quotes.TraitName(n)) })
			}
			all = ask(all, &choices[i], s, x.Text)
		}
	}
	return all, nil
}

// in is where a quotation begins in its text, -1 if it isn't there.
func (m *mark) in(text string) int {
	from := -1
	for range m.Nth + 1 {
		k := strings.Index(text[from+1:], m.Text)
		if k < 0 {
			return -1
		}
		from += 1 + k
	}
	return from
}

// speaker is who says what stands at a place, "" if the case doesn't tell.
func speaker(c *testcase, at article.Span) string {
	for i := range c.Quotes {
		m := &c.Quotes[i]
		from := m.in(c.Text)
		if from >= 0 && m.Doubtful == "" && from < at.End && at.Start < from+len(m.Text) {
			return m.Speaker
		}
	}
	return ""
}

// ask adds a choice if one of its candidates is right, and another one is not.
func ask(all []question, c *quotes.Choice, speaker, text string) []question {
	q := question{Question: logit.Question{Weight: 1}, shape: c.Shape, quote: c.Quote.In(text)}
	for i := range c.Candidates {
		q.Right = append(q.Right, eval.Alike(c.Candidates[i].Name, speaker))
		q.Answers = append(q.Answers, shared(c.Shape, c.Candidates[i].Traits))
		q.names = append(q.names, c.Candidates[i].Name)
		q.candidates = append(q.candidates, c.Candidates[i].Traits)
	}
	if !q.Open() {
		return all
	}
	return append(all, q)
}

// table has the weights that all kinds of words share, and behind them those of each kind,
// which are added.
type table []float64

// weight is what a trait counts for a kind of words.
func (w table) weight(shape, trait int) float64 { return w[trait] + w[(shape+1)*quotes.Traits+trait] }

// shared are the places in the table of what the traits count for a kind of words.
func shared(shape int, traits []int) []int {
	places := make([]int, 0, 2*len(traits))
	for _, t := range traits {
		places = append(places, t, (shape+1)*quotes.Traits+t)
	}
	return places
}

// dear is how dear the weight at a place of the table is.
func (t *trainer) dear(place int) float64 {
	if place < quotes.Traits {
		return t.slack
	}
	return t.own
}

func write(file string, w table) error {
	var b strings.Builder
	b.WriteString("# What speaks for and against somebody being meant, for each kind of words in the order of\n# ../choose.go. Written by the command train-speakers; don't edit.\n")
	for t := 1; t < quotes.Traits; t++ {
		b.WriteString(quotes.TraitName(t) + ":")
		for s := range quotes.Shapes {
			fmt.Fprintf(&b, " %.2f", w.weight(s, t))
		}
		b.WriteString("\n")
	}
	return os.WriteFile(file, []byte(b.String()), 0o600)
}
