package segments

import (
	"context"
	"sort"

	"github.com/copytaster/copytaster/pkg/article"
)

// Reason says why a segment got its kind.
type Reason struct {
	Span     article.Span
	Kind     article.Kind
	Observed []string // what was seen, see weights.go
	// Ranking are the kinds by the weight of the evidence alone, best first;
	// the kind that was taken may stand lower where the order of the text
	// spoke for it.
	Ranking []Rank
}

// Rank is a kind with its weight.
type Rank struct {
	Kind   article.Kind
	Weight float64
}

// Explain judges the article as Enrich does, changes nothing, and tells why.
func (e *Enricher) Explain(a *article.Article) ([]Reason, error) {
	ps, err := e.judge(context.Background(), a)
	if err != nil {
		return nil, err
	}
	rs := make([]Reason, len(ps))
	for i := range ps {
		p := &ps[i]
		r := Reason{Span: article.Span{Start: p.Start, End: p.End}, Kind: p.kind}
		for b, name := range evidenceNames {
			if p.ev&(1<<b) != 0 {
				r.Observed = append(r.Observed, name)
			}
		}
		for k, w := range p.scores {
			r.Ranking = append(r.Ranking, Rank{kindNames[k], float64(w)})
		}
		sort.SliceStable(r.Ranking, func(i, j int) bool { return r.Ranking[i].Weight > r.Ranking[j].Weight })
		rs[i] = r
	}
	return rs, nil
}
