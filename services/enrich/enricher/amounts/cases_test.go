package amounts_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/enricher/amounts"
)

// annotation is what an editor marked; see testdata/cases/GUIDE.md.
type annotation struct {
	Text         string   `json:"text"`
	Nth          int      `json:"nth"`
	Value        *float64 `json:"value"`
	ValueTo      *float64 `json:"value_to"`
	Currency     string   `json:"currency"`
	Unit         string   `json:"unit"`
	Approximate  bool     `json:"approximate"`
	ConversionOf *int     `json:"conversion_of"`
	Doubtful     string   `json:"doubtful"`
}

type annotated struct {
	ID         string       `json:"id"`
	Language   string       `json:"language"`
	Text       string       `json:"text"`
	Amounts    []annotation `json:"amounts"`
	Quantities []annotation `json:"quantities"`
}

// reading is a result or an annotation in a form that can be compared.
type reading struct {
	start, end int
	says       string
	doubtful   bool
}

// paragraphs is the text as the body of an article.
func paragraphs(text, language string) *article.Article {
	a := &article.Article{Text: text, Language: article.Label{Value: language}}
	at := 0
	for part := range strings.SplitSeq(text, "\n\n") {
		if strings.TrimSpace(part) != "" {
			a.Segments = append(a.Segments, article.Segment{Kind: article.Paragraph, Evidence: article.Evidence{Span: article.Span{Start: at, End: at + len(part)}}})
		}
		at += len(part) + 2
	}
	return a
}

func says(known bool, value, to float64, unit string) string {
	if !known {
		return "? " + unit
	}
	if to != value {
		return fmt.Sprintf("%.10g-%.10g %s", value, to, unit)
	}
	return fmt.Sprintf("%.10g %s", value, unit)
}

// counts are of one score.
type counts struct{ found, right, wanted int }

func (c counts) f1() float64 {
	if c.found+c.wanted == 0 {
		return 1
	}
	return 2 * float64(c.right) / float64(c.found+c.wanted)
}

func (c counts) String() string {
	return fmt.Sprintf("P %.3f R %.3f F1 %.3f (%d found, %d right, %d wanted)", float64(c.right)/float64(max(c.found, 1)), float64(c.right)/float64(max(c.wanted, 1)), c.f1(), c.found, c.right, c.wanted)
}

// compare counts; in the strict manner what is doubtful counts like the rest,
// else neither finding nor missing it counts.
func compare(got, want, other []reading, strict bool, wrong func(string, reading)) counts {
	var c counts
	overlaps := func(list []reading, g reading) bool {
		return slices.ContainsFunc(list, func(w reading) bool { return w.doubtful && g.start < w.end && w.start < g.end })
	}
	for _, w := range want {
		if w.doubtful && !strict {
			continue
		}
		c.wanted++
		if !slices.ContainsFunc(got, func(g reading) bool { return g.start == w.start && g.end == w.end && g.says == w.says }) {
			wrong("missed", w)
		}
	}
	for _, g := range got {
		right := slices.ContainsFunc(want, func(w reading) bool {
			return g.start == w.start && g.end == w.end && g.says == w.says && (strict || !w.doubtful)
		})
		if !right && !strict && (overlaps(want, g) || overlaps(other, g)) {
			continue
		}
		c.found++
		if right {
			c.right++
		} else {
			wrong("wrong", g)
		}
	}
	return c
}

func load(t *testing.T, name string) []annotated {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "testdata", "cases", "amounts", name))
	if err != nil {
		t.Fatal(err)
	}
	var cases []annotated
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		var c annotated
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		cases = append(cases, c)
	}
	return cases
}

func nth(text, part string, n int) int {
	at := 0
	for {
		i := strings.Index(text[at:], part)
		if i < 0 {
			return -1
		}
		if n == 0 {
			return at + i
		}
		at += i + 1
		n--
	}
}

func wanted(text string, list []annotation, quantity bool) []reading {
	var out []reading
	for _, w := range list {
		v, to := 0.0, 0.0
		if w.Value != nil {
			v, to = *w.Value, *w.Value
		}
		if w.ValueTo != nil {
			to = *w.ValueTo
		}
		u := w.Currency
		if quantity {
			u = w.Unit
		}
		start := nth(text, w.Text, w.Nth)
		out = append(out, reading{start, start + len(w.Text), says(w.Value != nil, v, to, u), w.Doubtful != ""})
	}
	return out
}

// score reads the cases and counts what is right, by language.
func score(t *testing.T, cases []annotated, errors bool) map[string]counts {
	e, err := amounts.New()
	if err != nil {
		t.Fatal(err)
	}
	total := map[string]counts{}
	add := func(name string, c counts) {
		s := total[name]
		total[name] = counts{s.found + c.found, s.right + c.right, s.wanted + c.wanted}
	}
	for _, c := range cases {
		a := paragraphs(c.Text, c.Language)
		if err := e.Enrich(context.Background(), a); err != nil {
			t.Fatal(err)
		}
		var money, things []reading
		for _, x := range a.Amounts {
			money = append(money, reading{start: x.Start, end: x.End, says: says(x.Known, x.Value, x.To, x.Currency)})
		}
		for _, x := range a.Quantities {
			things = append(things, reading{start: x.Start, end: x.End, says: says(x.Known, x.Value, x.To, x.Unit)})
		}
		wantMoney, wantThings := wanted(c.Text, c.Amounts, false), wanted(c.Text, c.Quantities, true)
		for _, strict := range []bool{false, true} {
			wrong := func(what string, r reading) {
				if errors && !strict {
					t.Logf("%s %s: %q %s", c.ID, what, c.Text[r.start:r.end], r.says)
				}
			}
			kind := ""
			if strict {
				kind = " with doubtful"
			}
			m := compare(money, wantMoney, wantThings, strict, wrong)
			q := compare(things, wantThings, wantMoney, strict, wrong)
			add("amounts"+kind, m)
			add("quantities"+kind, q)
			add("both"+kind, m)
			add("both"+kind, q)
			if !strict {
				add("both "+c.Language, m)
				add("both "+c.Language, q)
			}
		}
		attributes(c, a, errors, t, add)
	}
	return total
}

// attributes counts what is beside the value, of the annotations that are found:
// the approximation, and what an amount converts.
func attributes(c annotated, a *article.Article, errors bool, t *testing.T, add func(string, counts)) {
	for i, w := range c.Amounts {
		start := nth(c.Text, w.Text, w.Nth)
		k := slices.IndexFunc(a.Amounts, func(x article.Amount) bool { return x.Start == start && x.End == start+len(w.Text) })
		if k < 0 || w.Doubtful != "" {
			continue
		}
		got, want := "", ""
		if n := a.Amounts[k].Converts; n > 0 {
			got = a.Amounts[k-n].In(c.Text)
		}
		if w.ConversionOf != nil {
			want = c.Amounts[*w.ConversionOf].Text
		}
		right := got == want && a.Amounts[k].Approximate == w.Approximate
		add("attributes", counts{1, map[bool]int{true: 1}[right], 1})
		if !right && errors {
			t.Logf("%s amount %d %q: converts %q, want %q; approximate %v, want %v", c.ID, i, w.Text, got, want, a.Amounts[k].Approximate, w.Approximate)
		}
	}
	for _, w := range c.Quantities {
		start := nth(c.Text, w.Text, w.Nth)
		k := slices.IndexFunc(a.Quantities, func(x article.Quantity) bool { return x.Start == start && x.End == start+len(w.Text) })
		if k < 0 || w.Doubtful != "" {
			continue
		}
		right := a.Quantities[k].Approximate == w.Approximate
		add("attributes", counts{1, map[bool]int{true: 1}[right], 1})
		if !right && errors {
			t.Logf("%s %q: approximate %v", c.ID, w.Text, a.Quantities[k].Approximate)
		}
	}
}

// floor is what an F1 must not fall below, a little under what was reached.
func floor(t *testing.T, total map[string]counts, name string, least float64) {
	t.Helper()
	if f := total[name].f1(); f < least {
		t.Errorf("%s: F1 %.3f, was at least %.3f", name, f, least)
	}
}

// TestTune scores the half of the cases that is there to tune on; -v lists the
// errors.
func TestTune(t *testing.T) {
	total := score(t, load(t, "tune.jsonl"), true)
	for _, name := range slices.Sorted(maps.Keys(total)) {
		t.Logf("%-30s %s", name, total[name])
	}
	floor(t, total, "amounts", 0.99)
	floor(t, total, "quantities", 0.99)
	floor(t, total, "attributes", 0.99)
}

// TestMeasure scores the half that nobody who works on the rules has seen. It
// prints totals only, and must stay so.
func TestMeasure(t *testing.T) {
	total := score(t, load(t, "measure.jsonl"), false)
	for _, name := range slices.Sorted(maps.Keys(total)) {
		t.Logf("%-30s %s", name, total[name])
	}
	floor(t, total, "amounts", 0.97)
	floor(t, total, "quantities", 0.94)
	floor(t, total, "attributes", 0.99)
}
