package query

import (
	"slices"
	"strings"
	"sync"

	"github.com/copytaster/copytaster/pkg/mediatopic"
	"github.com/copytaster/copytaster/pkg/query/analysis"
)

// labelled is a Media Topic with the words of its English name.
type labelled struct {
	qcode string
	label string
	words []string
}

var labels = sync.OnceValue(func() []labelled {
	a := analysis.New("en")
	var all []labelled
	for qcode, label := range mediatopic.All() {
		all = append(all, labelled{qcode, label, a.Words(label)})
	}
	slices.SortFunc(all, func(a, b labelled) int { return strings.Compare(a.qcode, b.qcode) })
	return all
})

// topicsNamed are the topics of that name; if there are none, those that have all of
// its words in theirs.
func topicsNamed(name string) []string {
	words := analysis.New("en").Words(name)
	if len(words) == 0 {
		return nil
	}
	var same, within []string
	for _, l := range labels() {
		switch {
		case slices.Equal(l.words, words):
			same = append(same, l.qcode)
		case !slices.ContainsFunc(words, func(w string) bool { return !slices.Contains(l.words, w) }):
			within = append(within, l.qcode)
		}
	}
	if len(same) > 0 {
		return same
	}
	return within
}

// mostNear is how many names of topics a message suggests.
const mostNear = 3

// longestName is how long a name of topics is that others are near to, in bytes.
const longestName = 40

// topicsNear are names of topics that may be meant by one that there isn't.
func topicsNear(name string) []string {
	if len(name) > longestName {
		return nil
	}
	name = strings.ToLower(name)
	type guess struct {
		label string
		off   int
	}
	var guesses []guess
	for _, l := range labels() {
		best := maxNear + 1
		for word := range strings.FieldsSeq(strings.ToLower(l.label)) {
			best = min(best, Distance(name, strings.Trim(word, ",")))
		}
		if best = min(best, Distance(name, strings.ToLower(l.label))); best <= maxNear {
			guesses = append(guesses, guess{l.label, best})
		}
	}
	slices.SortStableFunc(guesses, func(a, b guess) int { return a.off - b.off })
	var near []string
	for _, g := range guesses[:min(len(guesses), mostNear)] {
		near = append(near, g.label)
	}
	return near
}
