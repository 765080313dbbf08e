// Package eval measures what the enrichers find against what careful editors
// annotated: precision, recall and F1 of each field, by type and language, and
// the errors.
package eval

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// Score counts for one thing that is looked for.
type Score struct{ Right, Wrong, Missed int }

// Precision is the part of what was found that is right; 0 if nothing is.
func (s Score) Precision() float64 { return part(s.Right, s.Wrong) }

// Recall is the part of what is there that was found; 0 if nothing was.
func (s Score) Recall() float64 { return part(s.Right, s.Missed) }

// F1 is the harmonic mean of both.
func (s Score) F1() float64 { return part(2*s.Right, s.Wrong+s.Missed) }

// Empty tells that there was nothing to find, and nothing was found.
func (s Score) Empty() bool { return s == Score{} }

func (s Score) plus(o Score) Score {
	return Score{s.Right + o.Right, s.Wrong + o.Wrong, s.Missed + o.Missed}
}

func part(n, rest int) float64 {
	if n == 0 {
		return 0
	}
	return float64(n) / float64(n+rest)
}

func (s Score) String() string {
	return fmt.Sprintf("P %.3f  R %.3f  F1 %.3f  (%d right, %d wrong, %d missed)", s.Precision(), s.Recall(), s.F1(), s.Right, s.Wrong, s.Missed)
}

// Measure is the scores of one task on one set of texts.
type Measure struct {
	Texts  int
	Exact  int              // texts without any error in the task's main field
	Scores map[string]Score // by field, or "field type", or "field language"
	Errors map[string][]string
	// Figures are what is no count, as medians, by name with its unit.
	Figures map[string]float64
}

func newMeasure() *Measure {
	return &Measure{Scores: map[string]Score{}, Errors: map[string][]string{}, Figures: map[string]float64{}}
}

func (m *Measure) add(field string, s Score) {
	m.Scores[field] = m.Scores[field].plus(s)
}

func (m *Measure) blame(text, format string, args ...any) {
	m.Errors[text] = append(m.Errors[text], fmt.Sprintf(format, args...))
}

// Fields are the names of the scores, in order.
func (m *Measure) Fields() []string { return slices.Sorted(maps.Keys(m.Scores)) }

// Worst are the names of the texts with errors, those with the most first.
func (m *Measure) Worst() []string {
	names := slices.Collect(maps.Keys(m.Errors))
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(len(m.Errors[b])-len(m.Errors[a]), cmp.Compare(a, b))
	})
	return names
}

// Hold tells which scores are below what was reached before.
func (m *Measure) Hold(floors map[string]float64) []string {
	var low []string
	for _, field := range slices.Sorted(maps.Keys(floors)) {
		if s := m.Scores[field]; s.F1() < floors[field] {
			low = append(low, fmt.Sprintf("%s: %v, reached before: F1 %.3f", field, s, floors[field]))
		}
	}
	return low
}
