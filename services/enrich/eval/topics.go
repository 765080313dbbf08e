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
	sets: []string{filepath.Join("cases", topTopics, "tune.jsonl"), filepath.Join("cases", topTopics, "more.jsonl"), filepath.Join("cases", topTopics, "measure.jsonl")},
	run:  measureTopics,
}

// measureTopics compares the topics of texts. The confidence from which on a
// topic counts is [article.Sure].
func measureTopics(ctx context.Context, chain *enricher.Chain, file string) (*Measure, error) {
	path, err := topics.Paths()
	if err != nil {
		return nil, err
	}
	return measureEach(ctx, chain, file, func(m *Measure, c *testcase, a *article.Article) error {
		want, err := expect(c, path)
		if err != nil {
			return fmt.Errorf("case %s: %w", c.ID, err)
		}
		var got [][]string
		for i := range a.Topics {
			if t := &a.Topics[i]; t.Confidence >= article.Sure {
				got = append(got, t.Path)
			}
		}
		m.compareTopics(c, want, got)
		return nil
	})
}

// expected is what a case says that its text is about.
type expected struct {
	paths    [][]string // from the top
	firm     []string   // topmost topics
	doubtful []string   // topmost topics that count neither way
}

func expect(c *testcase, path func(qcode string) []string) (*expected, error) {
	x := &expected{firm: c.Tops, doubtful: c.Doubtful}
	for _, code := range c.Topics {
		p := path(code)
		if p == nil {
			return nil, fmt.Errorf("%q is none of the Media Topics", code)
		}
		x.paths = append(x.paths, p)
	}
	for _, code := range slices.Concat(c.Tops, c.Doubtful) {
		if len(path(code)) != 1 {
			return nil, fmt.Errorf("%q is none of the topmost Media Topics", code)
		}
	}
	for _, code := range c.Doubtful {
		if slices.Contains(c.Tops, code) {
			return nil, fmt.Errorf("%s is doubtful and is not", code)
		}
	}
	if len(x.firm) == 0 {
		x.firm = tops(x.paths)
	}
	return x, nil
}

// tops are the topmost topics of paths, each once.
func tops(paths [][]string) (all []string) {
	for _, p := range paths {
		all = append(all, p[0])
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (m *Measure) compareTopics(c *testcase, want *expected, got [][]string) {
	told := tops(got)
	for _, t := range want.firm {
		s := Score{Missed: 1}
		if slices.Contains(told, t) {
			s = Score{Right: 1}
		} else {
			m.blame(c.ID, "missed: %s in %q", t, clip(c.Text))
		}
		m.addTop(c, t, s)
	}
	for _, t := range told {
		if !slices.Contains(want.firm, t) && !slices.Contains(want.doubtful, t) {
			m.addTop(c, t, Score{Wrong: 1})
			m.blame(c.ID, "wrong: %s in %q", t, clip(c.Text))
		}
	}
	m.compareSets(topTopics+doubtfulToo, slices.Concat(want.firm, tops(want.paths)), told)
	firm := func(p []string) bool { return !slices.Contains(want.doubtful, p[0]) }
	m.compareSets(pathTopics, codes(want.paths, firm), codes(got, firm))
}

// addTop counts a topmost topic.
func (m *Measure) addTop(c *testcase, top string, s Score) {
	m.add(topTopics, s)
	m.add(topTopics+" "+c.Language, s)
	m.add(topTopics+": "+top, s)
}

// annotated is how many topics of a path are annotated at most: no editor was
// asked for more than three steps below the topmost one.
const annotated = 4

// codes are all codes of the paths that are good, as far as they are annotated.
func codes(paths [][]string, good func(path []string) bool) (all []string) {
	for _, p := range paths {
		if good(p) {
			all = append(all, p[:min(len(p), annotated)]...)
		}
	}
	return all
}

// compareSets counts what two sets of codes have in common, and what not.
func (m *Measure) compareSets(field string, want, got []string) {
	for _, list := range []*[]string{&want, &got} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	for _, t := range want {
		if slices.Contains(got, t) {
			m.add(field, Score{Right: 1})
		} else {
			m.add(field, Score{Missed: 1})
		}
	}
	for _, t := range got {
		if !slices.Contains(want, t) {
			m.add(field, Score{Wrong: 1})
		}
	}
}
