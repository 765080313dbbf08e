package enricher

import (
	"slices"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/event"
)

// Fit makes an article that is too large for a message go on with less of whom and
// what it speaks of, flagged: with few mentions of each, then with the first half of
// them, and so on. One that is too large without them stays as it is.
func Fit(a *article.Article) {
	if event.Fits(a, event.Enriched) {
		return
	}
	whole := *a
	a.Flags = slices.Clone(a.Flags)
	a.Flag(article.FlagTruncated)
	a.Entities, a.Places = slices.Clone(a.Entities), slices.Clone(a.Places)
	for i := range a.Entities {
		a.Entities[i].Mentions = few(a, a.Entities[i].Mentions)
	}
	for i := range a.Places {
		a.Places[i].Mentions = few(a, a.Places[i].Mentions)
	}
	for !event.Fits(a, event.Enriched) {
		e, p := len(a.Entities)/2, len(a.Places)/2
		if len(a.Entities)+len(a.Places) == 0 {
			*a = whole
			return
		}
		a.Entities, a.Places = a.Entities[:e:e], a.Places[:p:p]
	}
}

// few are the first mention, which gives an entity or place its place in the list,
// and the first for which readers may be shown it.
func few(a *article.Article, ms []article.Evidence) []article.Evidence {
	shown := slices.IndexFunc(ms, func(m article.Evidence) bool { return a.Mentioned([]article.Evidence{m}) })
	if shown > 0 {
		return []article.Evidence{ms[0], ms[shown]}
	}
	return ms[:min(1, len(ms))]
}
