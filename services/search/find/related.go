package find

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/corpus"
)

// MaxRelated is how many articles are listed that go on from one, the newest.
const MaxRelated = 20

// Related is an article that another one goes on from, or that goes on from it.
type Related struct {
	URI      article.URI `json:"uri"`
	Headline string      `json:"headline,omitempty"`
	SortDate *time.Time  `json:"sort_date,omitempty"`
}

// related are the articles that a says it goes on from, in its order, and those
// that say that they go on from it, the newest first. What a reader may not see is
// in neither list.
func (f *Finder) related(ctx context.Context, a *article.Article) (supersedes, superseded []Related, err error) {
	later, err := f.later(ctx, a.URI)
	if err != nil {
		return nil, nil, err
	}
	heads, err := f.heads(ctx, slices.Concat(a.EvolvedFrom, later))
	if err != nil {
		return nil, nil, err
	}
	now := f.now()
	list := func(uris []article.URI, also func(*head) bool) (rs []Related) {
		for _, u := range uris {
			if h, ok := heads[corpus.ID(u)]; ok && h.visible(now) && also(&h) {
				rs = append(rs, Related{u, h.Headline, h.SortDate})
			}
		}
		return rs
	}
	return list(a.EvolvedFrom, func(h *head) bool { return h.URI != a.URI }),
		list(later, func(h *head) bool { return slices.Contains(h.EvolvedFrom, a.URI) }), nil
}

// later are the articles that go on from one, as far as searches know.
func (f *Finder) later(ctx context.Context, uri article.URI) ([]article.URI, error) {
	body, err := json.Marshal(object{
		"query": object{"bool": object{
			"filter": append(visible(f.now()), term(fieldEvolvedFrom, string(uri))), "must_not": []any{term("uri", string(uri))},
		}},
		"sort": []any{object{"sort_date": "desc"}, object{"uri": "asc"}}, "size": MaxRelated, "_source": []string{"uri"}, "track_total_hits": false,
	})
	if err != nil {
		return nil, err
	}
	whole := false
	var reply struct {
		Hits struct {
			Hits []struct {
				Source head `json:"_source"`
			} `json:"hits"`
		} `json:"hits"`
	}
	err = f.call(ctx, esapi.SearchRequest{Index: []string{f.names.Articles()}, Body: bytes.NewReader(body), AllowPartialSearchResults: &whole}, &reply)
	if err != nil {
		return nil, err
	}
	uris := make([]article.URI, len(reply.Hits.Hits))
	for i, h := range reply.Hits.Hits {
		uris[i] = h.Source.URI
	}
	return uris, nil
}

// head is what an article's newest revision says of whether it may be seen, and
// of what it is.
type head struct {
	URI         article.URI    `json:"uri"`
	Status      article.Status `json:"status"`
	Embargo     time.Time      `json:"embargo_until"`
	Expires     time.Time      `json:"expires_at"`
	Headline    string         `json:"headline"`
	SortDate    *time.Time     `json:"sort_date"`
	EvolvedFrom []article.URI  `json:"evolved_from"`
}

func (h *head) visible(now time.Time) bool {
	a := article.Article{Status: h.Status, EmbargoUntil: h.Embargo, ExpiresAt: h.Expires}
	return a.Visible(now)
}

// heads are those of the articles that there are, by [corpus.ID], in real time. A search knows
// what was written up to the last refresh of the index; this knows of a kill at
// once.
func (f *Finder) heads(ctx context.Context, uris []article.URI) (map[string]head, error) {
	if len(uris) == 0 {
		return nil, nil
	}
	ids := make([]string, len(uris))
	for i, u := range uris {
		ids[i] = corpus.ID(u)
	}
	body, err := json.Marshal(object{"ids": ids})
	if err != nil {
		return nil, err
	}
	var reply struct {
		Docs []struct {
			ID     string `json:"_id"`
			Source *head  `json:"_source"`
		} `json:"docs"`
	}
	err = f.call(ctx, esapi.MgetRequest{
		Index: f.names.Articles(), Body: bytes.NewReader(body),
		SourceIncludes: []string{"uri", "status", "embargo_until", "expires_at", "headline", "sort_date", fieldEvolvedFrom},
	}, &reply)
	if err != nil {
		return nil, err
	}
	heads := make(map[string]head, len(reply.Docs))
	for _, d := range reply.Docs {
		if d.Source != nil {
			heads[d.ID] = *d.Source
		}
	}
	return heads, nil
}
