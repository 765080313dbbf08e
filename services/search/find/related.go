package find

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
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

// relate fills in what found goes on from and, if others is set, those that go on
// from it, the newest first. What a reader may not see is in neither list, nor its URI
// in the article. Of what can't be told, the article says nothing.
func (f *Finder) relate(ctx context.Context, found *Found, others bool) {
	a := found.Article
	said := a.EvolvedFrom
	a.EvolvedFrom = nil
	limited, cancel := f.briefly(ctx)
	defer cancel()
	var later []Related
	var untold error
	var both sync.WaitGroup
	if others {
		both.Go(func() { later, untold = f.later(limited, a.URI) })
	}
	earlier, err := f.earlier(limited, a.URI, said)
	both.Wait()
	if err = errors.Join(err, untold); err != nil && ctx.Err() == nil { // somebody still waits
		f.Log.Warn().Err(err).Str("article", string(a.URI)).Msg("an article is shown without all that it is related to")
	}
	found.Later = later
	for _, u := range said {
		if i := slices.IndexFunc(earlier, func(r Related) bool { return r.URI == u }); i >= 0 {
			a.EvolvedFrom = append(a.EvolvedFrom, u)
			found.Earlier = append(found.Earlier, earlier[i])
		}
	}
}

// briefly is ctx for as long as may be waited for what articles are related to.
func (f *Finder) briefly(ctx context.Context) (context.Context, context.CancelFunc) {
	if f.Related > 0 {
		return context.WithTimeout(ctx, f.Related)
	}
	return context.WithCancel(ctx)
}

// earlier are the visible ones of the articles that one says it goes on from, in its
// order.
func (f *Finder) earlier(ctx context.Context, uri article.URI, said []article.URI) ([]Related, error) {
	return f.seen(ctx, said, func(h *head) bool { return h.URI != uri })
}

// later are the visible ones of the articles that say they go on from one.
func (f *Finder) later(ctx context.Context, uri article.URI) ([]Related, error) {
	sayers, err := f.sayers(ctx, uri)
	if err != nil {
		return nil, err
	}
	return f.seen(ctx, sayers, func(h *head) bool { return slices.Contains(h.EvolvedFrom, uri) })
}

// seen are the visible ones of the articles of which also holds.
func (f *Finder) seen(ctx context.Context, uris []article.URI, also func(*head) bool) (rs []Related, err error) {
	heads, err := f.heads(ctx, uris)
	if err != nil {
		return nil, err
	}
	now := f.now()
	for _, u := range uris {
		if h, ok := heads[corpus.ID(u)]; ok && f.sees(&h, now) && also(&h) {
			rs = append(rs, Related{u, h.Headline, h.SortDate})
		}
	}
	return rs, nil
}

// sayers are the articles that go on from one, as far as searches know.
func (f *Finder) sayers(ctx context.Context, uri article.URI) ([]article.URI, error) {
	var reply struct {
		summary

		Hits struct {
			Hits []struct {
				Source head `json:"_source"`
			} `json:"hits"`
		} `json:"hits"`
	}
	err := f.page(ctx, object{
		"query": object{"bool": object{
			"filter": append(f.visible(f.now()), term(fieldEvolvedFrom, string(uri))), "must_not": []any{term("uri", string(uri))},
		}},
		"sort": []any{object{"sort_date": "desc"}, object{"uri": "asc"}}, "size": MaxRelated, "_source": []string{"uri"}, "track_total_hits": false,
	}, &reply)
	if err != nil {
		return nil, err
	}
	uris := make([]article.URI, len(reply.Hits.Hits))
	for i, h := range reply.Hits.Hits {
		uris[i] = h.Source.URI
	}
	return uris, nil
}

// Known looks up whether the reader may see the article that r asks for others to go on
// from. Until it did, and if they may not, r finds nothing: what visible articles say of
// one that isn't there for the reader would tell that it is.
func (f *Finder) Known(ctx context.Context, r *Request) error {
	if r.EvolvedFrom == "" || r.known {
		return nil
	}
	heads, err := f.heads(ctx, []article.URI{r.EvolvedFrom})
	if err != nil {
		return err
	}
	h, ok := heads[corpus.ID(r.EvolvedFrom)]
	r.known = ok && f.sees(&h, f.now())
	return nil
}

// head is what an article's newest revision says of whether it may be seen, and
// of what it is.
type head struct {
	URI         article.URI    `json:"uri"`
	Status      article.Status `json:"status"`
	Source      string         `json:"source"`
	Agency      string         `json:"agency"`
	Embargo     time.Time      `json:"embargo_until"`
	Expires     time.Time      `json:"expires_at"`
	Headline    string         `json:"headline"`
	SortDate    *time.Time     `json:"sort_date"`
	EvolvedFrom []article.URI  `json:"evolved_from"`
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
	slices.Sort(ids)
	ids = slices.Compact(ids)
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
		SourceIncludes: []string{"uri", "status", "source", "agency", "embargo_until", "expires_at", "headline", "sort_date", fieldEvolvedFrom},
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
