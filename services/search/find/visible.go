package find

import (
	"time"

	"github.com/copytaster/copytaster/pkg/article"
)

// visible lets through what a reader may see at now. It is a filter of the
// query itself, which hits, totals, facets and highlights are all made from,
// so that none of them can tell of what is hidden. [article.Article.Visible]
// says the same of one article.
func (f *Finder) visible(now time.Time) []any {
	return []any{
		term("status", string(article.Usable)),
		object{"bool": object{"must_not": []any{
			object{"range": object{"embargo_until": object{"gt": instant(now)}}},
			object{"range": object{"expires_at": object{"lte": instant(now)}}},
		}}},
	}
}

// shown is the head as a reader may see it by its URI, and whether they may at
// all. Of a canceled article they may know that it was canceled: somebody may
// have used it. Of one that is withheld, under embargo or expired, nothing.
func (f *Finder) shown(head *article.Article, now time.Time) bool {
	return head.Visible(now) || head.Status == article.Canceled && !head.EmbargoUntil.After(now)
}

// sees tells whether a reader may see the article of that head at now.
func (f *Finder) sees(h *head, now time.Time) bool {
	a := article.Article{Status: h.Status, EmbargoUntil: h.Embargo, ExpiresAt: h.Expires}
	return a.Visible(now)
}
