package find

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/corpus"
)

// Page is one page of a search, with its articles whole.
type Page struct {
	Articles []*article.Article
	Next     string // cursor of the next page; empty on the last one
}

// derived are the fields of a document that can be told from its segments, and
// those that no format of whole articles uses.
var derived = []string{
	"kicker", "headline", "standfirst", "byline", "dateline", "body", "caption", "provenance", "original",
	"credits", "cited_media", "attribution", "filed", "translation", "translation_likely", "quotes", "amounts", "quantities", "dates",
	"entities", "places", "topics", "keyphrases", "summary", "reading_time",
}

// Articles gives the articles of the page that [Finder.Search] gives the hits
// of, but those that were killed, withheld or put under an embargo since the
// index was refreshed: a page may be shorter than asked for, and not the last.
// Articles that together are longer than a reply of Elasticsearch may be
// are a [*ParameterError].
func (f *Finder) Articles(ctx context.Context, r Request) (Page, error) {
	ds, more, err := f.documents(ctx, r, derived)
	if err != nil {
		return Page{}, err
	}
	var page Page
	if more {
		if page.Next, err = ds[len(ds)-1].end.encode(r); err != nil {
			return Page{}, err
		}
	}
	for _, d := range ds {
		page.Articles = append(page.Articles, d.article)
	}
	if page.Articles, err = f.still(ctx, page.Articles); err != nil {
		return Page{}, err
	}
	return page, nil
}

// document is an article as a search found it, and where the list stands after it.
type document struct {
	article *article.Article
	end     cursor
}

// documents are those of a page, without some of their fields, and whether there are
// more after them.
func (f *Finder) documents(ctx context.Context, r Request, without []string) (ds []document, more bool, err error) {
	body, origin, err := f.prepare(ctx, r)
	if err != nil {
		return nil, false, err
	}
	delete(body, "highlight")
	delete(body, "aggs")
	body["_source"], body["track_total_hits"] = object{"excludes": without}, false
	var reply struct {
		summary

		Hits struct {
			Hits []struct {
				Source json.RawMessage   `json:"_source"`
				Sort   []json.RawMessage `json:"sort"`
			} `json:"hits"`
		} `json:"hits"`
	}
	err = f.page(ctx, body, &reply)
	switch {
	case errors.Is(err, errTooLarge):
		return nil, false, TooLong(maxReply)
	case err != nil:
		return nil, false, err
	}
	for i, h := range reply.Hits.Hits {
		if i == r.Size { // one more was asked for, to know whether there is another page
			return ds, true, nil
		}
		a, _, err := corpus.Parse(h.Source)
		if err != nil {
			return nil, false, err
		}
		end, err := place(r, a.URI, origin, h.Sort)
		if err != nil {
			return nil, false, err
		}
		ds = append(ds, document{&a, end})
	}
	return ds, false, nil
}

// still are those of the articles that may still be seen. A search knows what
// was written up to the last refresh of the index; whole articles that go out
// to others must not be behind a kill by as much. Nor do they tell the URIs of others
// that may not be seen.
func (f *Finder) still(ctx context.Context, as []*article.Article) ([]*article.Article, error) {
	uris := make([]article.URI, len(as))
	for i, a := range as {
		uris[i] = a.URI
	}
	heads, err := f.heads(ctx, uris)
	if err != nil {
		return nil, err
	}
	now := f.now()
	as = slices.DeleteFunc(as, func(a *article.Article) bool {
		h := heads[corpus.ID(a.URI)]
		return !a.Visible(now) || !f.allows(a) || !f.sees(&h, now)
	})
	for _, a := range as {
		f.discreet(a)
	}
	f.known(ctx, as)
	return as, nil
}

// known leaves of what the articles go on from what may be seen; nothing, if that
// can't be told soon.
func (f *Finder) known(ctx context.Context, as []*article.Article) {
	var said []article.URI
	for _, a := range as {
		said = append(said, a.EvolvedFrom...)
	}
	limited, cancel := f.briefly(ctx)
	defer cancel()
	heads, err := f.heads(limited, said)
	if err != nil && ctx.Err() == nil {
		f.Log.Warn().Err(err).Msg("a page of articles is given without what they go on from")
	}
	now := f.now()
	for _, a := range as {
		a.EvolvedFrom = slices.DeleteFunc(a.EvolvedFrom, func(u article.URI) bool {
			h, ok := heads[corpus.ID(u)]
			return !ok || !f.sees(&h, now)
		})
	}
}

// TooLong says that a page's articles have more bytes than limit.
func TooLong(limit int) error {
	return wrong("size", "these articles together have more than %d MiB; ask for fewer on a page", limit>>20)
}
