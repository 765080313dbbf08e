package find

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/query"
)

// EmbargoRequest asks for a page of what is under an embargo.
type EmbargoRequest struct {
	Size  int    // 1 to MaxSize
	After string // cursor of the page before; "" for the first one
}

// ParseEmbargoes reads the request from the parameters of a URL. Errors are
// [*ParameterError].
func ParseEmbargoes(values url.Values) (r EmbargoRequest, err error) {
	known := []string{"size", "after"}
	for name, given := range values {
		switch {
		case !slices.Contains(known, name):
			return r, wrong(name, "there is no such parameter here; there are %s", strings.Join(known, ", "))
		case len(given) > 1:
			return r, wrong(name, "is given %d times, once is enough", len(given))
		case !utf8.ValidString(given[0]):
			return r, wrong(name, "is not valid UTF-8")
		}
	}
	if r.Size, err = number(values, "size", DefaultSize, 1, MaxSize); err != nil {
		return r, err
	}
	r.After = values.Get("after")
	return r, nil
}

// identity ties cursors to this list: those of searches are none of it.
func (EmbargoRequest) identity() string { return "under an embargo" }

// Embargoes is a page of articles that will be out later.
type Embargoes struct {
	// Now is the time of this service at which they were all under their embargoes. Who
	// counts down counts from it.
	Now time.Time `json:"now"`
	// Articles are whole, those first whose embargo ends first.
	Articles []*article.Article `json:"articles"`
	Next     string             `json:"next,omitempty"` // cursor of the next page; empty on the last one
}

// Embargoes gives the articles whose newest revision may be used once its embargo is
// over, which it isn't, as far as the grant lets them through. Nothing else in this
// package tells of them: whoever calls it answers for the reader's right to see them.
// A page is read in real time, so that it has nothing that was killed, withheld or let
// out since the index was refreshed; it may be shorter than asked for, and not the
// last. Articles that together are longer than a reply of Elasticsearch may be are a
// [*ParameterError].
func (f *Finder) Embargoes(ctx context.Context, r EmbargoRequest) (Embargoes, error) {
	uris, next, err := f.embargoed(ctx, r)
	if err != nil {
		return Embargoes{}, err
	}
	as, err := f.entire(ctx, uris)
	if errors.Is(err, errTooLarge) {
		err = TooLong(maxReply)
	}
	if err != nil {
		return Embargoes{}, err
	}
	for _, a := range as {
		f.discreet(a)
	}
	f.known(ctx, as)
	page := Embargoes{Now: f.now().UTC(), Articles: []*article.Article{}, Next: next} // after all that takes time
	for _, a := range as {
		if f.waits(a, page.Now) {
			page.Articles = append(page.Articles, a)
		}
	}
	slices.SortFunc(page.Articles, func(a, b *article.Article) int {
		return cmp.Or(a.EmbargoUntil.Compare(b.EmbargoUntil), cmp.Compare(a.URI, b.URI))
	})
	return page, nil
}

// waits tells whether an article may be used once its embargo is over, which at now it
// isn't, and whether the reader is entitled to it.
func (f *Finder) waits(a *article.Article, now time.Time) bool {
	over := *a
	over.EmbargoUntil = time.Time{}
	return a.EmbargoUntil.After(now) && over.Visible(now) && f.allows(a)
}

// embargoed are the URIs of the articles of a page, as far as searches know.
func (f *Finder) embargoed(ctx context.Context, r EmbargoRequest) (uris []article.URI, next string, err error) {
	now := query.Instant(f.now())
	body := object{
		"query": object{"bool": object{
			"filter":   append(f.entitled(), term("status", string(article.Usable)), object{"range": object{"embargo_until": object{"gt": now}}}),
			"must_not": []any{object{"range": object{"expires_at": object{"lte": now}}}},
		}},
		"sort": []any{object{"embargo_until": "asc"}, object{"uri": "asc"}},
		"size": r.Size + 1, "_source": []string{"uri"}, "track_total_hits": false,
	}
	if r.After != "" {
		c, err := decodeCursor(r.After, r)
		if err != nil {
			return nil, "", err
		}
		body["search_after"] = []any{c.Date, c.URI}
	}
	var reply struct {
		summary

		Hits struct {
			Hits []struct {
				Source struct {
					URI article.URI `json:"uri"`
				} `json:"_source"`
				Sort []any `json:"sort"`
			} `json:"hits"`
		} `json:"hits"`
	}
	if err := f.page(ctx, body, &reply); err != nil {
		return nil, "", err
	}
	for i, h := range reply.Hits.Hits {
		if i == r.Size { // one more was asked for, to know whether there is another page
			return uris, next, nil
		}
		uris = append(uris, h.Source.URI)
		if next, err = endsAt(h.Source.URI, h.Sort).encode(r); err != nil {
			return nil, "", err
		}
	}
	return uris, "", nil
}

// endsAt is where the list stands after an article.
func endsAt(uri article.URI, keys []any) cursor {
	c := cursor{URI: string(uri)}
	if len(keys) > 0 {
		if ms, ok := keys[0].(float64); ok {
			c.Date = int64(ms)
		}
	}
	return c
}

// entire are the newest revisions of the articles, whole and in real time, without those
// that aren't there.
func (f *Finder) entire(ctx context.Context, uris []article.URI) (as []*article.Article, err error) {
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
			Source json.RawMessage `json:"_source"`
			Error  json.RawMessage `json:"error"`
		} `json:"docs"`
	}
	if err := f.call(ctx, esapi.MgetRequest{Index: f.names.Articles(), Body: bytes.NewReader(body)}, &reply); err != nil {
		return nil, err
	}
	for _, d := range reply.Docs {
		switch {
		case d.Error != nil: // what can't be read isn't gone
			return nil, &UnavailableError{fmt.Errorf("an article can't be read: %s", clip(string(d.Error)))}
		case d.Source == nil:
			continue
		}
		a, _, err := corpus.Parse(d.Source)
		if err != nil {
			return nil, err
		}
		as = append(as, &a)
	}
	return as, nil
}
