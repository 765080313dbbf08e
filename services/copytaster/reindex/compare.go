package reindex

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/elastic"
)

// Limits of reading an index.
const (
	// MaxPage is how many documents are asked for at once. It is halved when
	// a reply is too large, down to one.
	MaxPage   = 500
	keepAlive = "2m" // of a point in time, from page to page
	// MaxURIs is how many URIs one query names.
	MaxURIs = 500
)

// entry is one document.
type entry struct {
	id       string
	uri      article.URI
	version  int64 // the external one, see [corpus.HeadVersion]
	revision article.Revision
	canceled bool
	sum      corpus.Sum
}

// settled are the fields of a killed article's notice that don't depend on the
// order in which kill and revisions came: the dates and the like are those of
// whichever came last.
var settled = []string{"uri", "revision", "status", "source", "provider"}

// fieldRuling is part of the external version, see [corpus.Ruling].
const fieldRuling = "ruling"

// told is the external version of a document without what depends on how often
// and in which order messages came: of a head that goes by more than its revision,
// the number of heads before it, see [corpus.NextVersion].
func told(version, ruling int64, r article.Revision, s article.Status) int64 {
	switch {
	case !corpus.Ruled(version):
		return version
	case s == article.Canceled:
		return corpus.KillVersion(r, ruling)
	case ruling > 0:
		return ruling
	}
	return corpus.HeadVersion(&article.Article{Revision: r, Status: article.Usable})
}

// digest reads a document. Its hash is that of [corpus.SumFields]; of a notice, the
// fields that depend on the order of arrival don't count.
func digest(id string, version int64, source []byte) (entry, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(source, &fields); err != nil {
		return entry{}, fmt.Errorf("document %s: %w", id, err)
	}
	var a struct {
		URI      article.URI
		Revision article.Revision
		Status   article.Status
	}
	for name, into := range map[string]any{"uri": &a.URI, "revision": &a.Revision, "status": &a.Status} {
		if err := json.Unmarshal(fields[name], into); err != nil {
			return entry{}, fmt.Errorf("document %s: %s: %w", id, name, err)
		}
	}
	var ruling *int64
	if field, ok := fields[fieldRuling]; ok {
		if err := json.Unmarshal(field, &ruling); err != nil {
			return entry{}, fmt.Errorf("document %s: %s: %w", id, fieldRuling, err)
		}
		delete(fields, fieldRuling)
	}
	e := entry{id: id, uri: a.URI, version: version, revision: a.Revision, canceled: a.Status == article.Canceled}
	if e.canceled {
		delete(fields, "agency") // notices of earlier programs have it, or not
		for _, f := range corpus.NoticeFields {
			if !slices.Contains(settled, f) {
				delete(fields, f)
			}
		}
	}
	sums, err := corpus.SumFields(fields, told(version, corpus.Ruling(version, ruling), a.Revision, a.Status), "") // the routing is the URI's
	if err != nil {
		return entry{}, fmt.Errorf("document %s: %w", id, err)
	}
	e.sum = sums.Of(id)
	return e, nil
}

// scan calls f for every document of an index, or of those of the URIs if there
// are any, as they stood when it began. It sees what was refreshed by then.
func scan(ctx context.Context, es esapi.Transport, index string, uris []article.URI, f func(entry) error) (err error) {
	var pit struct {
		ID string `json:"id"`
	}
	err = elastic.Ask(ctx, es, "open a point in time of "+index, esapi.OpenPointInTimeRequest{Index: []string{index}, KeepAlive: keepAlive}, &pit)
	if err != nil {
		return err
	}
	defer func() {
		body, _ := json.Marshal(map[string]string{"id": pit.ID}) // a string can be
		closing := elastic.Ask(context.WithoutCancel(ctx), es, "close a point in time", esapi.ClosePointInTimeRequest{Body: bytes.NewReader(body)}, nil)
		if err == nil {
			err = closing
		}
	}()
	type object = map[string]any
	query := object{"match_all": object{}}
	if len(uris) > 0 {
		query = object{"terms": object{"uri": uris}}
	}
	var after json.RawMessage
	for size := MaxPage; ; {
		ask := object{
			"size": size, "query": query, "version": true, "track_total_hits": false,
			"pit": object{"id": pit.ID, "keep_alive": keepAlive}, "sort": []string{"_shard_doc"},
		}
		if after != nil {
			ask["search_after"] = after
		}
		body, err := json.Marshal(ask)
		if err != nil {
			return err
		}
		var reply struct {
			PIT  string `json:"pit_id"`
			Hits struct {
				Hits []struct {
					ID      string          `json:"_id"`
					Version int64           `json:"_version"`
					Source  json.RawMessage `json:"_source"`
					Sort    json.RawMessage `json:"sort"`
				} `json:"hits"`
			} `json:"hits"`
			TimedOut bool `json:"timed_out"`
			Shards   struct {
				Failed int `json:"failed"`
			} `json:"_shards"`
		}
		partial := false
		err = elastic.Ask(ctx, es, "read index "+index, esapi.SearchRequest{Body: bytes.NewReader(body), AllowPartialSearchResults: &partial}, &reply)
		var refused *elastic.StatusError
		if size > 1 && (errors.Is(err, elastic.ErrReplyTooLong) || errors.As(err, &refused) && strings.Contains(refused.Type, "circuit_breaking")) {
			size /= 2
			continue
		}
		if err != nil {
			return err
		}
		if reply.TimedOut || reply.Shards.Failed > 0 {
			return fmt.Errorf("read index %s: Elasticsearch answered for a part of it only", index)
		}
		if reply.PIT != "" {
			pit.ID = reply.PIT
		}
		for _, h := range reply.Hits.Hits {
			e, err := digest(h.ID, h.Version, h.Source)
			if err == nil {
				err = f(e)
			}
			if err != nil {
				return fmt.Errorf("index %s: %w", index, err)
			}
			after = h.Sort
		}
		if len(reply.Hits.Hits) < size {
			return nil
		}
	}
}

// ContentOf reads what an index, or what is behind an alias, holds. It sees
// what was refreshed.
func ContentOf(ctx context.Context, es esapi.Transport, index string) (corpus.Content, error) {
	var c corpus.Content
	err := scan(ctx, es, index, nil, func(e entry) error {
		c.Add(e.sum)
		return nil
	})
	return c, err
}

// How a document differs.
const (
	Missing = "missing" // the new index does not have it
	Extra   = "extra"   // only the new index has it
	Changed = "changed"
)

// Difference is a document that is not the same in both indices.
type Difference struct {
	URI   article.URI `json:"uri"`
	Alias string      `json:"alias"`
	How   string      `json:"how"`
	// Old and New are revisions; 0: there is none. Of what is killed,
	// "canceled" stands in the state.
	Old      article.Revision `json:"old,omitempty"`
	New      article.Revision `json:"new,omitempty"`
	OldState string           `json:"old_state,omitempty"`
	NewState string           `json:"new_state,omitempty"`

	was, is int64 // external versions
}

// behind tells that the new index has less than the old: the document is not
// there, or an older revision, or one that was killed is not.
func (d Difference) behind() bool {
	return d.How == Missing || d.How == Changed && (d.is < d.was || d.OldState == killed && d.NewState != killed)
}

const killed = "canceled"

// ahead tells that the new index has all that the old has of the document, and
// more: the old one doesn't have it, or has an older revision, or was not told of
// a kill; or it has the same revision as it came again later. Versions tell that only of an article that nothing was ruled about in the
// old index, and of two revisions in neither, see [corpus.NextVersion].
func (d Difference) ahead() bool {
	switch {
	case d.How == Extra:
		return true
	case d.How != Changed, d.OldState == killed, corpus.Ruled(d.was):
		return false
	case d.NewState == killed:
		return true
	}
	return d.is >= d.was && !corpus.Ruled(d.is)
}

// sides is one of the two aliases with its two indices to be compared.
type sides struct{ alias, old, new string }

// side is what is kept of a document of the old index.
type side struct {
	sum      corpus.Sum
	version  int64
	revision article.Revision
	canceled bool
}

// differ compares the documents of both sides, or those of the URIs if there
// are any. It calls f for every difference, and keeps about 100 bytes of memory
// for every document of the old index. progress hears of every document read.
func differ(ctx context.Context, es esapi.Transport, s sides, uris []article.URI, progress func(n int64), f func(Difference) error) (was, is corpus.Content, err error) {
	old := map[[32]byte]side{}
	err = scan(ctx, es, s.old, uris, func(e entry) error {
		was.Add(e.sum)
		progress(1)
		k, err := key(e.id)
		old[k] = side{e.sum, e.version, e.revision, e.canceled}
		return err
	})
	if err != nil {
		return was, is, err
	}
	err = scan(ctx, es, s.new, uris, func(e entry) error {
		is.Add(e.sum)
		progress(1)
		k, err := key(e.id)
		if err != nil {
			return err
		}
		o, ok := old[k]
		delete(old, k)
		d := Difference{URI: e.uri, Alias: s.alias, How: Extra, New: e.revision, NewState: state(e.canceled), is: e.version}
		switch {
		case !ok:
		case o.sum == e.sum:
			return nil
		default:
			d.How, d.Old, d.OldState, d.was = Changed, o.revision, state(o.canceled), o.version
		}
		return f(d)
	})
	if err != nil {
		return was, is, err
	}
	return was, is, missing(ctx, es, s, old, f)
}

// missing names what is left of the old side by its URIs.
func missing(ctx context.Context, es esapi.Transport, s sides, left map[[32]byte]side, f func(Difference) error) error {
	ids := make([]string, 0, len(left))
	for k := range left {
		ids = append(ids, base64.RawURLEncoding.EncodeToString(k[:]))
	}
	slices.Sort(ids)
	for some := range slices.Chunk(ids, MaxURIs) {
		body, err := json.Marshal(map[string]any{"size": len(some), "_source": []string{"uri"}, "query": map[string]any{"ids": map[string]any{"values": some}}})
		if err != nil {
			return err
		}
		var reply struct {
			Hits struct {
				Hits []struct {
					ID     string `json:"_id"`
					Source struct {
						URI article.URI `json:"uri"`
					} `json:"_source"`
				} `json:"hits"`
			} `json:"hits"`
		}
		if err := elastic.Ask(ctx, es, "read index "+s.old, esapi.SearchRequest{Index: []string{s.old}, Body: bytes.NewReader(body)}, &reply); err != nil {
			return err
		}
		for _, h := range reply.Hits.Hits {
			k, err := key(h.ID)
			if err != nil {
				return err
			}
			if err := f(Difference{URI: h.Source.URI, Alias: s.alias, How: Missing, Old: left[k].revision, OldState: state(left[k].canceled)}); err != nil {
				return err
			}
		}
	}
	return nil
}

func state(canceled bool) string {
	if canceled {
		return killed
	}
	return ""
}

// key is a document's id in fewer bytes.
func key(id string) (k [32]byte, err error) {
	b, err := base64.RawURLEncoding.DecodeString(id)
	if err != nil || len(b) != len(k) {
		return k, fmt.Errorf("document %q has an id that is none of ours", id)
	}
	return [32]byte(b), nil
}
