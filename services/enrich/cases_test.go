package enrich_test

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/services/enrich/eval"
)

// found is an annotation of testdata/cases: a piece of the text, the nth of
// those that read the same.
type found struct {
	Text string `json:"text"`
	Nth  int    `json:"nth"`
}

// Whatever the cases are measured with, what they annotate must stand in their
// texts, and no case may be in both halves.
func TestCasesPointIntoTheirTexts(t *testing.T) {
	files, err := filepath.Glob("testdata/cases/*/*.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"amounts", "dates", "quotes", "topics", "who"} {
		for _, half := range []string{"tune.jsonl", "measure.jsonl"} {
			if file := filepath.Join("testdata/cases", folder, half); !slices.Contains(files, file) {
				t.Errorf("there is no %s", file)
			}
		}
	}
	ids := map[string]string{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); n++ {
			var c struct {
				ID         string  `json:"id"`
				Text       string  `json:"text"`
				Quotes     []found `json:"quotes"`
				Dates      []found `json:"dates"`
				Amounts    []found `json:"amounts"`
				Quantities []found `json:"quantities"`
				Mentions   []found `json:"mentions"`
			}
			if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
				t.Fatalf("%s:%d: %v", file, n+1, err)
			}
			if other, twice := ids[c.ID]; twice {
				t.Errorf("%s: case %s is in %s, too", file, c.ID, other)
			}
			ids[c.ID] = file
			for _, list := range [][]found{c.Quotes, c.Dates, c.Amounts, c.Quantities, c.Mentions} {
				for _, f := range list {
					if f.Text == "" || strings.Count(c.Text, f.Text) <= f.Nth {
						t.Errorf("%s: case %s has no %d. %q", file, c.ID, f.Nth+1, f.Text)
					}
				}
			}
		}
		topics := filepath.Base(filepath.Dir(file)) == "topics" // they have no places in their texts
		switch more := slices.Contains([]string{"more.jsonl", "open.jsonl"}, filepath.Base(file)); {
		case n == 0, !more && !topics && n != cmp.Or(sizes[filepath.ToSlash(file)], 80):
			t.Errorf("%s has %d cases", file, n)
		case !more && !slices.Contains([]string{"tune.jsonl", "measure.jsonl"}, filepath.Base(file)):
			t.Errorf("nothing is measured with %s", file)
		}
	}
}

// sizes are how many cases there are where it's not 80.
var sizes = map[string]int{"testdata/cases/dates/tune.jsonl": 160, "testdata/cases/quotes/tune.jsonl": 160, "testdata/cases/who/tune.jsonl": 31, "testdata/cases/who/measure.jsonl": 29}

// TestCases measures what the enrichers find in the cases, and holds what was
// reached; of those that nothing is tuned on it names no errors.
func TestCases(t *testing.T) {
	all, err := eval.All(t.Context(), newChain(t), "testdata")
	if err != nil {
		t.Fatal(err)
	}
	left := maps.Clone(held)
	for _, r := range all {
		floors, ok := held[r.Task.Name+" "+filepath.ToSlash(r.Data)]
		if !ok {
			continue // of segments, see TestWire and TestUnseen
		}
		delete(left, r.Task.Name+" "+filepath.ToSlash(r.Data))
		if !eval.Unseen(r.Data) {
			show(t, r)
		}
		hold(t, r, floors)
	}
	for name := range left {
		t.Errorf("%s was not measured", name)
	}
	var b strings.Builder
	eval.WriteTable(&b, all)
	t.Log("\n" + b.String())
}

// held is the F1 that was reached, by task and data, rounded down.
var held = map[string]map[string]float64{
	"topics cases/topics/tune.jsonl":         {"topics": 0.97, "topics en": 0.97, "topics de": 0.99, "topics fr": 0.99, "topics es": 0.92},
	"topics cases/topics/more.jsonl":         {"topics": 0.92, "topics en": 0.93, "topics de": 0.95, "topics fr": 0.88, "topics es": 0.9},
	"topics cases/topics/measure.jsonl":      {"topics": 0.86, "topics en": 0.85, "topics de": 0.91, "topics fr": 0.87, "topics es": 0.83, "topics with their paths": 0.66},
	"quotes cases/quotes/tune.jsonl":         {"quotes": 0.96},
	"quotes cases/quotes/more.jsonl":         {"quotes": 0.92},
	"quotes cases/quotes/open.jsonl":         {"quotes": 0.89},
	"quotes cases/quotes/measure.jsonl":      {"quotes": 0.91, "quotes text": 0.99},
	"amounts cases/amounts/tune.jsonl":       {"amounts": 0.99},
	"amounts cases/amounts/more.jsonl":       {"amounts": 0.99},
	"amounts cases/amounts/measure.jsonl":    {"amounts": 0.98},
	"quantities cases/amounts/tune.jsonl":    {"quantities": 0.99},
	"quantities cases/amounts/more.jsonl":    {"quantities": 0.99},
	"quantities cases/amounts/measure.jsonl": {"quantities": 0.94},
	"dates cases/dates/tune.jsonl":           {"dates": 0.98},
	"dates cases/dates/more.jsonl":           {"dates": 0.98},
	"dates cases/dates/measure.jsonl":        {"dates": 0.97},
	"where cases/who/tune.jsonl":             {"where": 0.87, "where never": 0.97, "where main place": 0.74},
	"where cases/who/measure.jsonl":          {"where": 0.76, "where never": 0.90, "where main place": 0.58},
	"who cases/who/tune.jsonl":               {"entities": 0.84, "entities: person": 0.86, "entities: organisation": 0.82, "entities: place": 0.85, "aliases": 0.94, "never": 0.9},
	"who cases/who/measure.jsonl":            {"entities": 0.82, "entities: person": 0.86, "entities: organisation": 0.78, "entities: place": 0.83, "aliases": 0.94, "never": 0.88},
}
