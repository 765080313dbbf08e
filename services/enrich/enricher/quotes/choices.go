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
// from. For a quotation that a pronoun ascribes it also tells of the description before
// it that the pronoun goes with: "The minister refused. “Never,” she said."
func (e *Enricher) Choices(ctx context.Context, a *article.Article) ([]Choice, error) {
	var all []Choice
	var subject Choice // description
	in := -2           // sentence that it stands in
	err := e.enrich(ctx, a, func(q *quote, s shape, sent int, desc article.Span, list []candidate) {
		one := Choice{Shape: int(s)}
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
		if q == nil {
			subject, in = one, sent
			return
		}
		one.Quote = article.Span{Start: q.start, End: q.end}
		if s < anOffice && subject.Shape >= int(anOffice) && (in == sent || in == sent-1) {
			subject.Quote = one.Quote
			all = append(all, subject)
			in = -2
		}
		all = append(all, one)
	})
	return all, err
}

// Reweigh sets what a trait counts for each kind of words. It must not be called while
// texts are read.
func (e *Enricher) Reweigh(weight func(shape, trait int) float64) {
	w := &weights{}
	for s := range w {
		for t := range w[s] {
			w[s][t] = float32(weight(s, t))
		}
	}
	e.weights = w
}
