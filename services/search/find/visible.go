package find

import (
	"time"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/pkg/article"
)

// As is the finder of a reader who may learn of what g lets through, and of nothing
// else: what of an article there is otherwise, the killed included, isn't there for
// them. The grant takes the place of the one before.
func (f *Finder) As(g access.Grant) *Finder {
	as := *f
	as.grant = g
	return &as
}

// Grant is what the reader is entitled to.
func (f *Finder) Grant() access.Grant { return f.grant }

// visible lets through what a reader may see at now. It is a filter of the
// query itself, which hits, totals, facets and highlights are all made from,
// so that none of them can tell of what is hidden. [article.Article.Visible]
// says the same of one article.
func (f *Finder) visible(now time.Time) []any {
	return append(f.entitled(),
		term("status", string(article.Usable)),
		object{"bool": object{"must_not": []any{
			object{"range": object{"embargo_until": object{"gt": instant(now)}}},
			object{"range": object{"expires_at": object{"lte": instant(now)}}},
		}}},
	)
}

// entitled lets through what the grant does; [access.Grant.Allows] says the same of
// one article.
func (f *Finder) entitled() []any {
	g := f.grant
	if g.None() {
		return []any{object{"match_none": object{}}}
	}
	var all, never []any
	for _, l := range []struct {
		field           string
		allowed, denied []string
	}{{"agency", g.Agencies, g.AgenciesDenied}, {"source", g.Sources, g.SourcesDenied}} {
		if len(l.allowed) > 0 {
			all = append(all, object{"bool": object{"should": named(l.field, l.allowed), "minimum_should_match": 1}})
		}
		never = append(never, named(l.field, l.denied)...)
	}
	if len(never) > 0 {
		all = append(all, object{"bool": object{"must_not": never}})
	}
	return all
}

func named(field string, names []string) []any {
	either := make([]any, len(names))
	for i, n := range names {
		either[i] = object{"term": object{field: object{"value": n, "case_insensitive": true}}}
	}
	return either
}

// shown is the head as a reader may see it by its URI, and whether they may at
// all. Of a canceled article they may know that it was canceled: somebody may
// have used it. Of one that is withheld, under embargo or expired, nothing.
func (f *Finder) shown(head *article.Article, now time.Time) bool {
	if head.Status == article.Canceled {
		return f.grant.AllowsNotice(head.Source) && !head.EmbargoUntil.After(now)
	}
	return head.Visible(now) && f.allows(head)
}

// allows tells whether the reader is entitled to that revision of an article.
func (f *Finder) allows(a *article.Article) bool {
	return f.grant.Allows(a.Source, a.Agency.Value)
}

// sees tells whether a reader may see the article of that head at now.
func (f *Finder) sees(h *head, now time.Time) bool {
	a := article.Article{Status: h.Status, EmbargoUntil: h.Embargo, ExpiresAt: h.Expires}
	return a.Visible(now) && f.grant.Allows(h.Source, h.Agency)
}

// discreet takes out of an article which editor corrected what: a reader with a
// grant of their own is none of the house.
func (f *Finder) discreet(a *article.Article) {
	if f.grant.Everything() {
		return
	}
	for i := range a.Corrections.Fields {
		a.Corrections.Fields[i].Who = ""
	}
}
