package eval

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/enricher"
	"github.com/copytaster/copytaster/services/enrich/enricher/topics"
)

// The scores of topics: which of the topmost Media Topics a text is about, and
// which topics altogether, with all that are above them.
const (
	topTopics  = "topics"
	pathTopics = "topics with their paths"
)

var topicsTask = Task{
	Name: topTopics,
	Main: topTopics,
	Data: "a file of cases, one in a line",
	sets: []string{filepath.Join("cases", topTopics, "tune.jsonl"), filepath.Join("cases", topTopics, "measure.jsonl")},
	more: filepath.Join("cases", topTopics, "measure.jsonl"),
	run:  measureTopics,
}

// measureTopics compares the topics of texts. The confidence from which on a
// topic counts is [Sure].
func measureTopics(ctx context.Context, chain *enricher.Chain, file string) (*Measure, error) {
	cases, err := readCases(file)
	if err != nil {
		return nil, err
	}
	path, err := topics.Paths()
	if err != nil {
		return nil, err
	}
	m := newMeasure()
	for i := range cases {
		c := &cases[i]
		a := article.Article{Text: c.Text, Source: "eval", Provider: "eval", PublishedAt: c.PublishedAt}
		if err := chain.Enrich(ctx, &a); err != nil {
			return nil, fmt.Errorf("%s: case %s: %w", file, c.ID, err)
		}
		var want [][]string
		for _, code := range c.Topics {
			p := path(code)
			if p == nil {
				return nil, fmt.Errorf("%s: case %s: %q is none of the Media Topics", file, c.ID, code)
			}
			want = append(want, p)
		}
		var got [][]string
		for i := range a.Topics {
			if t := &a.Topics[i]; t.Confidence >= Sure {
				got = append(got, t.Path)
			}
		}
		before := len(m.Errors[c.ID])
		m.compareTopics(c, want, got)
		m.Texts++
		if len(m.Errors[c.ID]) == before {
			m.Exact++
		}
	}
	return m, nil
}

// compareTopics takes paths from the top.
func (m *Measure) compareTopics(c *testcase, want, got [][]string) {
	tops := func(paths [][]string) (all []string) {
		for _, p := range paths {
			all = append(all, p[0])
		}
		slices.Sort(all)
		return slices.Compact(all)
	}
	add := func(top string, s Score) {
		m.add(topTopics, s)
		m.add(topTopics+" "+c.Language, s)
		m.add(topTopics+": "+top, s)
	}
	wanted, told := tops(want), tops(got)
	for _, t := range wanted {
		if slices.Contains(told, t) {
			add(t, Score{Right: 1})
			continue
		}
		add(t, Score{Missed: 1})
		m.blame(c.ID, "missed: %s in %q", t, clip(c.Text))
	}
	for _, t := range told {
		if !slices.Contains(wanted, t) {
			add(t, Score{Wrong: 1})
			m.blame(c.ID, "wrong: %s in %q", t, clip(c.Text))
		}
	}
	all := func(paths [][]string) []string {
		codes := slices.Concat(paths...)
		slices.Sort(codes)
		return slices.Compact(codes)
	}
	whole, found := all(want), all(got)
	for _, t := range whole {
		if slices.Contains(found, t) {
			m.add(pathTopics, Score{Right: 1})
		} else {
			m.add(pathTopics, Score{Missed: 1})
		}
	}
	for _, t := range found {
		if !slices.Contains(whole, t) {
			m.add(pathTopics, Score{Wrong: 1})
		}
	}
}
