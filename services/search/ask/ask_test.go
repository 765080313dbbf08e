package ask_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/services/search/ask"
)

func word(s string) ask.Term   { return ask.Term{Text: s} }
func phrase(s string) ask.Term { return ask.Term{Text: s, Phrase: true} }
func not(t ask.Term) ask.Term  { t.Not = true; return t }

func TestParse(t *testing.T) {
	for in, want := range map[string][]ask.Term{
		"":                           nil,
		" \t\n":                      nil,
		"niger":                      {word("niger")},
		"  Niger   coup ":            {word("Niger"), word("coup")},
		`"air defence"`:              {phrase("air defence")},
		`"air` + "\n\t" + `defence"`: {phrase("air defence")},
		"-sport":                     {not(word("sport"))},
		`niger -"press review" us`:   {word("niger"), not(phrase("press review")), word("us")},
		"air-defence":                {word("air-defence")},
		"Paris - London":             {word("Paris"), word("London")},
		"a & b":                      {word("a"), word("b")},
		"niger -":                    {word("niger")},
		"--sport":                    {not(word("-sport"))},
		"„Mali“ «Niger» ”Tchad”":     {phrase("Mali"), phrase("Niger"), phrase("Tchad")},
		`ab"c d"ef`:                  {word("ab"), phrase("c d"), word("ef")},
		`"a"-b`:                      {phrase("a"), not(word("b"))},
		"agency:dpa":                 {word("agency:dpa")},
		"尼日尔 政变":                     {word("尼日尔"), word("政变")},
		"☕":                          {word("☕")},
		"l’État":                     {word("l’État")},
		"niger\x00coup":              {word("niger"), word("coup")},
		"\xff ok":                    {word("ok")},
	} {
		q, err := ask.Parse(in)
		if err != nil {
			t.Errorf("Parse(%q): %v", in, err)
			continue
		}
		if d := cmp.Diff(want, q.Terms, cmpopts.IgnoreFields(ask.Term{}, "At")); d != "" {
			t.Errorf("Parse(%q) (-want +got):\n%s", in, d)
		}
	}
}

func TestParseErrorsPointAtTheCharacter(t *testing.T) {
	for in, want := range map[string]int{
		`"niger`:                                 0,
		`é “niger`:                               2,
		`a "b" -"c`:                              7,
		`""`:                                     0,
		`niger " - "`:                            6,
		" &":                                     1,
		"-":                                      0,
		"😀😀 \"x":                                 3,
		strings.Repeat("a", ask.MaxLength+1):     ask.MaxLength,
		strings.Repeat("a ", ask.MaxWords) + "b": 2 * ask.MaxWords,
		strings.Repeat("a-", ask.MaxWords) + "b": 0,
		strings.Repeat("尼", ask.MaxWords+1):      0,
		`"` + strings.Repeat("a ", ask.MaxWords) + `b"`: 0,
	} {
		_, err := ask.Parse(in)
		var e *ask.Error
		if !errors.As(err, &e) {
			t.Errorf("Parse(%q): error %v, want an *ask.Error", in, err)
			continue
		}
		if e.At != want {
			t.Errorf("Parse(%q): error at %d, want %d: %v", in, e.At, want, e)
		}
	}
	if _, err := ask.Parse(strings.Repeat("é", ask.MaxLength)); err != nil {
		t.Errorf("a query of the greatest length: %v", err)
	}
	if _, err := ask.Parse(strings.Repeat("a ", ask.MaxWords)); err != nil {
		t.Errorf("a query of the greatest number of words: %v", err)
	}
}

func TestStringIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.StringOfN(rapid.RuneFrom([]rune("ab é-\"“»&. \t尼😀\u0301")), 0, 30, -1).Draw(t, "query")
		q, err := ask.Parse(in)
		if err != nil {
			return
		}
		again, err := ask.Parse(q.String())
		if err != nil {
			t.Fatalf("Parse(%q) of %q: %v", q.String(), in, err)
		}
		if d := cmp.Diff(q.Terms, again.Terms, cmpopts.IgnoreFields(ask.Term{}, "At")); d != "" {
			t.Fatalf("%q became %q (-before +after):\n%s", in, q.String(), d)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"", `a "b c" -d`, `"`, "-", "--", "“x«", "\xff\"", "é -\"", "\u200b"} {
		f.Add(s)
	}
	texts := []ask.Text{{Name: "headline", Fields: []string{"h.en"}, Weight: 4}, {Name: "body", Fields: []string{"b.en"}, Weight: 1}}
	f.Fuzz(func(t *testing.T, s string) {
		q, err := ask.Parse(s)
		if err != nil {
			var e *ask.Error
			if !errors.As(err, &e) || e.At < 0 || e.At > utf8.RuneCountInString(s) {
				t.Fatalf("Parse(%q): %v", s, err)
			}
			return
		}
		for _, term := range q.Terms {
			if strings.TrimSpace(term.Text) == "" || !utf8.ValidString(term.Text) {
				t.Fatalf("Parse(%q): term %+v", s, term)
			}
		}
		if _, err := json.Marshal(q.Elastic(texts)); err != nil {
			t.Fatal(err)
		}
	})
}

func TestElastic(t *testing.T) {
	q, err := ask.Parse(`coup "press review" -sport niger`)
	if err != nil {
		t.Fatal(err)
	}
	texts := []ask.Text{
		{Name: "body", Fields: []string{"b.en"}, Weight: 1},
		{Name: "headline", Fields: []string{"h.en", "h.de"}, Weight: 4},
	}
	got, err := json.MarshalIndent(q.Elastic(texts), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	in := func(text string) map[string]any {
		m := func(fields ...any) map[string]any {
			return map[string]any{"multi_match": map[string]any{"type": "phrase", "query": text, "fields": fields, "zero_terms_query": "all"}}
		}
		c := func(filter map[string]any, boost float64) any {
			return map[string]any{"constant_score": map[string]any{"filter": filter, "boost": boost}}
		}
		return map[string]any{"dis_max": map[string]any{"tie_breaker": .25, "queries": []any{c(m("b.en"), 1), c(m("h.en", "h.de"), 4)}}}
	}
	near := func(fields ...any) any {
		return map[string]any{"multi_match": map[string]any{"type": "phrase", "query": "coup niger", "slop": 2., "zero_terms_query": "none", "fields": fields}}
	}
	want := map[string]any{"bool": map[string]any{
		"must":     []any{in("coup"), in("press review"), in("niger")},
		"must_not": []any{map[string]any{"multi_match": map[string]any{"type": "phrase", "query": "sport", "zero_terms_query": "none", "fields": []any{"b.en", "h.en", "h.de"}}}},
		"should":   []any{map[string]any{"constant_score": map[string]any{"boost": 2., "filter": near("b.en", "h.en", "h.de")}}},
	}}
	var parsed map[string]any
	if err := json.Unmarshal(got, &parsed); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, parsed); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func BenchmarkParseAndCompile(b *testing.B) {
	texts := []ask.Text{{Name: "headline", Fields: []string{"h.en"}, Weight: 4}, {Name: "body", Fields: []string{"b.en"}, Weight: 1}}
	b.ReportAllocs()
	for b.Loop() {
		q, err := ask.Parse(`niger "military junta" withdrawal -sport`)
		if err != nil {
			b.Fatal(err)
		}
		q.Elastic(texts)
	}
}
