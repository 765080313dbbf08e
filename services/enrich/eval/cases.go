package eval

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/enricher"
)

// doubtfulToo ends the name of the score in which doubtful annotations count.
const doubtfulToo = ", doubtful too"

// maxLine is the longest line of a file of cases, in bytes.
const maxLine = 1 << 20

// mark is one annotation; the fields depend on the task. The rules are in
// testdata/cases/GUIDE.md.
type mark struct {
	Text     string `json:"text"`
	Nth      int    `json:"nth"`
	Doubtful string `json:"doubtful"`

	Speaker *string `json:"speaker"`
	Role    *string `json:"role"`
	Via     *string `json:"via"`
	Partial bool    `json:"partial"`

	Currency     string   `json:"currency"`
	Unit         string   `json:"unit"`
	Value        *float64 `json:"value"`
	ValueTo      *float64 `json:"value_to"`
	Approximate  bool     `json:"approximate"`
	ConversionOf *int     `json:"conversion_of"`

	From      *string `json:"from"`
	To        *string `json:"to"`
	Precision string  `json:"precision"`
}

// UnmarshalJSON takes a plain string for a text, too.
func (k *mark) UnmarshalJSON(b []byte) error {
	if err := json.Unmarshal(b, &k.Text); err == nil {
		return nil
	}
	type plain mark
	return json.Unmarshal(b, (*plain)(k))
}

// written is what every case has.
type written struct {
	ID          string    `json:"id"`
	Language    string    `json:"language"`
	Text        string    `json:"text"`
	PublishedAt time.Time `json:"published_at"`
}

func (w *written) head() *written { return w }

type testcase struct {
	written

	Quotes     []mark   `json:"quotes"`
	Scare      []mark   `json:"scare"`
	Dates      []mark   `json:"dates"`
	Amounts    []mark   `json:"amounts"`
	Quantities []mark   `json:"quantities"`
	Topics     []string `json:"topics"`   // qcodes
	Tops       []string `json:"tops"`     // qcodes of the topmost ones that are firm; none: all above Topics
	Doubtful   []string `json:"doubtful"` // qcodes of topmost ones that may be told or not
}

// readCases reads a file with a case in each line.
func readCases[T any](file string) ([]T, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var all []T
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, maxLine)
	for n := 1; lines.Scan(); n++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var c T
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, n, err)
		}
		all = append(all, c)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s: there is no case in it", file)
	}
	return all, nil
}

// finding is one thing that was found, in the shape in which it is compared.
type finding struct {
	article.Span
	mark
}

// kind is a task on cases.
type kind struct {
	want func(*testcase) []mark
	got  func(*article.Article) []finding
	// right tells what is wrong with a finding in the right place; "" is nothing.
	right func(want, got *mark) string
	// sort is the type that its score is counted by, too.
	sort func(*mark) string
	// details counts what is compared beside.
	details func(m *Measure, want, got *mark)
}

// measureCases runs the chain over a file of cases.
func measureCases(ctx context.Context, chain *enricher.Chain, file, field string, k kind) (*Measure, error) {
	return measureEach(ctx, chain, file, func(m *Measure, c *testcase, a *article.Article) error { return m.compareCase(c, a, field, k) })
}

// measureEach has the text of each case of a file enriched, and compared. A case
// that nothing is blamed on is exact.
func measureEach[T any, P interface {
	*T
	head() *written
}](ctx context.Context, chain *enricher.Chain, file string, compare func(*Measure, P, *article.Article) error) (*Measure, error) {
	cases, err := readCases[T](file)
	if err != nil {
		return nil, err
	}
	m := newMeasure()
	for i := range cases {
		c := P(&cases[i])
		h := c.head()
		a := article.Article{Text: h.Text, Source: "eval", Provider: "eval", PublishedAt: h.PublishedAt}
		if err := chain.Enrich(ctx, &a); err != nil {
			return nil, fmt.Errorf("%s: case %s: %w", file, h.ID, err)
		}
		before := len(m.Errors[h.ID])
		if err := compare(m, c, &a); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		m.Texts++
		if len(m.Errors[h.ID]) == before {
			m.Exact++
		}
	}
	return m, nil
}

// tally counts one finding under its field, its type and its language. What is
// doubtful counts only where all counts.
func (m *Measure) tally(c *testcase, field, sort string, doubtful bool, s Score) {
	m.add(field+doubtfulToo, s)
	if doubtful {
		return
	}
	m.add(field, s)
	m.add(field+" "+c.Language, s)
	if sort != "" {
		m.add(field+": "+sort, s)
	}
}

func (m *Measure) compareCase(c *testcase, a *article.Article, field string, k kind) error {
	want, err := places(c, k.want(c))
	if err != nil {
		return err
	}
	scare, err := places(c, c.Scare)
	if err != nil {
		return err
	}
	got := k.got(a)
	used := make([]bool, len(got))
	for i := range want {
		w := &want[i]
		doubtful := w.Doubtful != ""
		j := match(a.Text, w.Span, got, used)
		if j < 0 {
			m.tally(c, field+" text", "", doubtful, Score{Missed: 1})
			m.tally(c, field, k.sort(&w.mark), doubtful, Score{Missed: 1})
			if !doubtful {
				m.blame(c.ID, "missed: %q", clip(w.Text))
			}
			continue
		}
		used[j] = true
		g := &got[j]
		m.tally(c, field+" text", "", doubtful, Score{Right: 1})
		if why := k.right(&w.mark, &g.mark); why != "" {
			m.tally(c, field, k.sort(&w.mark), doubtful, Score{Wrong: 1, Missed: 1})
			if !doubtful {
				m.blame(c.ID, "%q: %s", clip(w.Text), why)
			}
		} else {
			m.tally(c, field, k.sort(&w.mark), doubtful, Score{Right: 1})
		}
		if k.details != nil && !doubtful {
			k.details(m, &w.mark, &g.mark)
		}
	}
	for j := range got {
		if used[j] {
			continue
		}
		doubtful := touches(got[j].Span, want) || touches(got[j].Span, scare)
		m.tally(c, field+" text", "", doubtful, Score{Wrong: 1})
		m.tally(c, field, k.sort(&got[j].mark), doubtful, Score{Wrong: 1})
		if !doubtful {
			m.blame(c.ID, "not there: %q", clip(got[j].In(a.Text)))
		}
	}
	return nil
}

// places finds the annotations in their text.
func places(c *testcase, marks []mark) ([]finding, error) {
	all := make([]finding, 0, len(marks))
	for _, k := range marks {
		at := nth(c.Text, k.Text, k.Nth)
		if at < 0 {
			return nil, fmt.Errorf("case %s has no %d. %q", c.ID, k.Nth+1, k.Text)
		}
		all = append(all, finding{article.Span{Start: at, End: at + len(k.Text)}, k})
	}
	return all, nil
}

// nth is where part stands in text for the n-th time, from 0 on; -1: it doesn't.
func nth(text, part string, n int) int {
	at := -1
	for range n + 1 {
		i := strings.Index(text[at+1:], part)
		if part == "" || i < 0 {
			return -1
		}
		at += 1 + i
	}
	return at
}

// match is the finding that covers the same words as the annotation but for
// articles and marks, or -1.
func match(text string, w article.Span, got []finding, used []bool) int {
	for j := range got {
		if g := got[j].Span; !used[j] && overlap(g, w) && bare(g.In(text)) == bare(w.In(text)) {
			return j
		}
	}
	return -1
}

func overlap(a, b article.Span) bool { return a.Start < b.End && b.Start < a.End }

// touches tells whether a finding overlaps with an annotation that is doubtful.
func touches(s article.Span, marks []finding) bool {
	for i := range marks {
		if marks[i].Doubtful != "" && overlap(s, marks[i].Span) {
			return true
		}
	}
	return false
}

var quotes = kind{
	want: func(c *testcase) []mark { return c.Quotes },
	got: func(a *article.Article) []finding {
		var all []finding
		for i := range a.Quotes {
			if q := &a.Quotes[i]; q.Confidence >= article.Sure {
				all = append(all, finding{q.Span, mark{Speaker: &q.Speaker, Role: &q.Role, Via: &q.Via, Partial: q.Partial}})
			}
		}
		return all
	},
	right: func(w, g *mark) string {
		if !Alike(said(w.Speaker), said(g.Speaker)) {
			return fmt.Sprintf("speaker %q, want %q", said(g.Speaker), said(w.Speaker))
		}
		return ""
	},
	sort: func(k *mark) string {
		if k.Partial {
			return "partial"
		}
		return "direct"
	},
	details: func(m *Measure, w, g *mark) {
		m.add("quotes partial or not", verdict(w.Partial == g.Partial))
		if w.Role != nil { // an extra role is no error
			m.add("quotes role", found(Alike(said(w.Role), said(g.Role)), said(g.Role) != ""))
		}
		switch none, silent := said(w.Via) == "", said(g.Via) == ""; {
		case none && !silent:
			m.add("quotes via, some or none", Score{Wrong: 1})
		case !none:
			m.add("quotes via, some or none", found(!silent, !silent))
		}
	},
}

var amounts = kind{
	want: func(c *testcase) []mark { return c.Amounts },
	got: func(a *article.Article) []finding {
		var all []finding
		for i := range a.Amounts {
			m := &a.Amounts[i]
			k := figured(m.Figure)
			k.Currency = m.Currency
			if m.Converts > 0 {
				of := i - m.Converts
				k.ConversionOf = &of
			}
			if m.Confidence >= article.Sure {
				all = append(all, finding{m.Span, k})
			}
		}
		return all
	},
	right: func(w, g *mark) string {
		return cmp.Or(differs("currency", w.Currency, g.Currency), figuresDiffer(w, g))
	},
	sort: figureSort,
	details: func(m *Measure, w, g *mark) {
		if w.ConversionOf != nil || g.ConversionOf != nil {
			m.add("amounts converted", found(w.ConversionOf != nil && g.ConversionOf != nil, g.ConversionOf != nil))
		}
	},
}

var quantities = kind{
	want: func(c *testcase) []mark { return c.Quantities },
	got: func(a *article.Article) []finding {
		var all []finding
		for i := range a.Quantities {
			q := &a.Quantities[i]
			k := figured(q.Figure)
			k.Unit = q.Unit
			if q.Confidence >= article.Sure {
				all = append(all, finding{q.Span, k})
			}
		}
		return all
	},
	right: func(w, g *mark) string {
		if !Alike(w.Unit, g.Unit) {
			return differs("unit", w.Unit, g.Unit)
		}
		return figuresDiffer(w, g)
	},
	sort: func(k *mark) string {
		if strings.HasPrefix(k.Unit, "percent") {
			return "percent"
		}
		return figureSort(k)
	},
}

var dates = kind{
	want: func(c *testcase) []mark { return c.Dates },
	got: func(a *article.Article) []finding {
		var all []finding
		for i := range a.Moments {
			m := &a.Moments[i]
			k := mark{From: ofDay(m.From, m.Precision), To: ofDay(m.To, m.Precision), Precision: string(m.Precision)}
			if !m.Resolved() {
				k.Precision = "unresolved" // as the guide says it
			}
			if m.Confidence >= article.Sure {
				all = append(all, finding{m.Span, k})
			}
		}
		return all
	},
	right: func(w, g *mark) string {
		return cmp.Or(differs("from", instant(said(w.From)), said(g.From)), differs("to", instant(said(w.To)), said(g.To)), differs("precision", w.Precision, g.Precision))
	},
	sort: func(k *mark) string { return k.Precision },
}

// instant is s with its seconds, if it is a time without them.
func instant(s string) string {
	if t, err := time.Parse("2006-01-02T15:04Z07:00", s); err == nil {
		return t.UTC().Format(time.RFC3339)
	}
	return s
}

func ofDay(t time.Time, p article.Precision) *string {
	if t.IsZero() {
		return nil
	}
	s := t.UTC().Format(time.DateOnly)
	if p == article.PrecisionTime {
		s = t.UTC().Format(time.RFC3339)
	}
	return &s
}

func figured(f article.Figure) mark {
	k := mark{Approximate: f.Approximate}
	if f.Known {
		k.Value = &f.Value
		if f.To != f.Value {
			k.ValueTo = &f.To
		}
	}
	return k
}

func figuresDiffer(w, g *mark) string {
	return cmp.Or(
		numbersDiffer("value", w.Value, g.Value),
		numbersDiffer("value_to", w.ValueTo, g.ValueTo),
		differs("approximate", strconv.FormatBool(w.Approximate), strconv.FormatBool(g.Approximate)),
	)
}

func figureSort(k *mark) string {
	switch {
	case k.Value == nil:
		return "left open"
	case k.ValueTo != nil:
		return "range"
	case k.Approximate:
		return "approximate"
	}
	return "plain"
}

// near is how far two numbers may be apart, relatively, that are the same.
const near = 1e-9

func numbersDiffer(what string, w, g *float64) string {
	switch {
	case w == nil && g == nil:
		return ""
	case w == nil:
		return fmt.Sprintf("%s %v, want none", what, *g)
	case g == nil:
		return fmt.Sprintf("no %s, want %v", what, *w)
	case math.Abs(*w-*g) > near*math.Max(math.Abs(*w), math.Abs(*g)):
		return fmt.Sprintf("%s %v, want %v", what, *g, *w)
	}
	return ""
}

func differs(what, w, g string) string {
	if w == g {
		return ""
	}
	return fmt.Sprintf("%s %q, want %q", what, g, w)
}

func said(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func verdict(right bool) Score {
	if right {
		return Score{Right: 1}
	}
	return Score{Wrong: 1, Missed: 1}
}

// found is the score of a value that is there.
func found(right, some bool) Score {
	switch {
	case right:
		return Score{Right: 1}
	case some:
		return Score{Wrong: 1, Missed: 1}
	}
	return Score{Missed: 1}
}

const clipped = 60 // characters

func clip(s string) string {
	s = squeeze(s)
	if r := []rune(s); len(r) > clipped {
		return string(r[:clipped]) + "…"
	}
	return s
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }
