package quotes

import (
	"context"

	"github.com/copytaster/copytaster/pkg/article"
)

// Choice is a question that the weights answer: whom the words mean that ascribe a
// quotation.
type Choice struct {
	Quote      article.Span
	Shape      int // what kind of words, from 0 to Shapes-1
	Candidates []Candidate
}

// Candidate is whom they may mean.
type Candidate struct {
	Name   string
	Traits []int // from 1 to Traits-1
}

// How many kinds of words and traits there are.
const (
	Shapes = int(shapes)
	Traits = int(traits)
)

// TraitName is how the file of weights calls a trait.
func TraitName(t int) string { return traitNames[t] }

// Choices finds the quotations of a as Enrich does, and tells what there was to choose
// from.
func (e *Enricher) Choices(ctx context.Context, a *article.Article) ([]Choice, error) {
	var all []Choice
	err := e.enrich(ctx, a, func(q *quote, s shape, desc article.Span, list []candidate) {
		one := Choice{Quote: article.Span{Start: q.start, End: q.end}, Shape: int(s)}
		for k := range list {
			name := clean(desc.In(a.Text))
			if list[k].e != nil {
				name = list[k].e.name
			}
			var ts []int
			for _, t := range list[k].traits[:list[k].n] {
				ts = append(ts, int(t))
			}
			one.Candidates = append(one.Candidates, Candidate{name, ts})
		}
		all = append(all, one)
	})
	return all, err
}
