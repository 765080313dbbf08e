package find

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/query"
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
			object{"range": object{"embargo_until": object{"gt": query.Instant(now)}}},
			object{"range": object{"expires_at": object{"lte": query.Instant(now)}}},
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

// named are conditions of which one holds where the field has one of the names, whose
// case doesn't count: so few that a search of somebody with long lists has room for the
// rest. A term query has a clause for each name, and a terms query heeds the case.
func named(field string, names []string) (either []any) {
	var e strings.Builder
	length := 0
	flush := func() {
		if length > 0 {
			either = append(either, object{"regexp": object{field: object{"value": e.String(), "flags": "NONE", "case_insensitive": true}}})
		}
		e.Reset()
		length = 0
	}
	for _, n := range names {
		n = literal.Replace(n)
		units := len(utf16.Encode([]rune(n))) + 1
		if length+units > maxRegexp {
			flush()
		}
		if length > 0 {
			e.WriteByte('|')
		}
		e.WriteString(n)
		length += units
	}
	flush()
	return either
}

// literal is a text as an expression of Lucene without optional operators.
var literal = strings.NewReplacer(`\`, `\\`, `.`, `\.`, `?`, `\?`, `+`, `\+`, `*`, `\*`, `|`, `\|`, `{`, `\{`, `}`, `\}`, `[`, `\[`, `]`, `\]`, `(`, `\(`, `)`, `\)`, `"`, `\"`)

// shown is whether a reader may see an article by its URI, as its head is. Of one that
// is withheld, under embargo or expired they may know nothing.
func (f *Finder) shown(ctx context.Context, head *article.Article, now time.Time) (bool, error) {
	if head.Status == article.Canceled {
		return f.told(ctx, head, now)
	}
	return head.Visible(now) && f.allows(head), nil
}

// told is whether a reader may know of an article that it was canceled: they, or somebody
// like them, may have used it. The notice has the source of who sent it, so what was there
// before vouches for it: a revision that was out, and that the reader was entitled to, whose
// source head then has. Of its agency nothing is left. Where no revision is left at all, those
// are told who see everything.
func (f *Finder) told(ctx context.Context, head *article.Article, now time.Time) (bool, error) {
	if head.EmbargoUntil.After(now) || f.grant.ByAgency() {
		return false, nil
	}
	was := func(status article.Status, flag string) object {
		return object{"bool": object{"should": []any{term("status", string(status)), term("flags", flag)}, "minimum_should_match": 1}}
	}
	usable := was(article.Usable, article.FlagWasUsable)
	out := object{"filter": append(f.entitled(), usable)}
	if !head.ReceivedAt.IsZero() {
		out["must_not"] = []any{object{"range": object{"embargo_until": object{"gt": query.Instant(head.ReceivedAt)}}}}
	}
	var reply struct {
		summary

		Aggregations struct {
			Out struct {
				Newest struct {
					Hits struct {
						Hits []struct {
							Source struct {
								Source string `json:"source"`
							} `json:"_source"`
						} `json:"hits"`
					} `json:"hits"`
				} `json:"newest"`
			} `json:"out"`
		} `json:"aggregations"`
	}
	err := f.search(ctx, esapi.SearchRequest{Index: []string{f.names.Versions()}, Routing: []string{corpus.Routing(head.URI)}}, object{
		"query": object{"bool": object{
			"filter": []any{term("uri", string(head.URI))},
			"should": []any{usable, was(article.Withheld, article.FlagWasWithheld)}, "minimum_should_match": 1,
		}},
		"size": 0, "track_total_hits": true, "aggs": object{"out": object{"filter": object{"bool": out}, "aggs": object{"newest": object{"top_hits": object{
			"size": 1, "_source": []string{"source"}, "sort": []any{object{"revision": "desc"}},
		}}}}},
	}, &reply)
	if err != nil {
		return false, err
	}
	known := reply.Aggregations.Out.Newest.Hits.Hits
	if len(known) == 0 {
		return reply.Hits.Total.Value == 0 && f.grant.Everything(), nil
	}
	if !f.grant.Everything() { // the other source is none of their business
		head.Source = known[0].Source.Source
	}
	return true, nil
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

// discreet takes out of an article which editor corrected what, for a reader with a
// grant of their own, who is none of the house; and of a notice, what the article was.
func (f *Finder) discreet(a *article.Article) {
	if a.Status == article.Canceled {
		a.Flags = slices.DeleteFunc(a.Flags, func(flag string) bool {
			return flag == article.FlagWasUsable || flag == article.FlagWasWithheld
		})
	}
	if f.grant.Everything() {
		return
	}
	for i := range a.Corrections.Fields {
		a.Corrections.Fields[i].Who = ""
	}
}
