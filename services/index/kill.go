package index

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/elastic"
	"github.com/copytaster/copytaster/services/index/bulk"
)

// Limits of what is read back from Elasticsearch.
const (
	PurgeArticles  = 100  // killed articles that are searched for at once
	PurgeBatch     = 500  // of their versions that are rewritten at once
	MaxPurgeRounds = 1000 // of PurgeBatch versions; beyond it the kill is tried again
)

// head is what stands in the articles index.
type head struct {
	found    bool
	status   article.Status
	revision article.Revision
}

// heads are the heads of the articles, in their order. They are read by id,
// which sees what was written a moment ago, searchable or not.
func (s *Sink) heads(ctx context.Context, as []article.Article) ([]head, error) {
	ids := make([]string, len(as))
	for i := range as {
		ids[i] = corpus.ID(as[i].URI)
	}
	body, err := json.Marshal(map[string][]string{"ids": ids})
	if err != nil {
		return nil, err
	}
	var reply struct {
		Docs []struct {
			Found   bool  `json:"found"`
			Version int64 `json:"_version"`
			Source  struct {
				Status article.Status `json:"status"`
			} `json:"_source"`
			Error *struct {
				Type   string `json:"type"`
				Reason string `json:"reason"`
			} `json:"error"`
		} `json:"docs"`
	}
	err = s.ask(ctx, "read heads", esapi.MgetRequest{
		Index: s.indices.Articles(), Body: bytes.NewReader(body), SourceIncludes: []string{"status"},
		FilterPath: []string{"docs._id", "docs.found", "docs._version", "docs._source", "docs.error.type", "docs.error.reason"},
	}, &reply)
	if err != nil {
		return nil, err
	}
	if len(reply.Docs) != len(as) {
		return nil, fmt.Errorf("read heads: Elasticsearch answered with %d of %d", len(reply.Docs), len(as))
	}
	heads := make([]head, len(as))
	for i, d := range reply.Docs {
		if d.Error != nil {
			return nil, fmt.Errorf("read heads: %s: %s", d.Error.Type, d.Error.Reason)
		}
		heads[i] = head{found: d.Found, status: d.Source.Status, revision: article.Revision(d.Version)}
	}
	return heads, nil
}

// purge takes the text out of all versions of killed articles.
func (s *Sink) purge(ctx context.Context, killed []plan) error {
	for len(killed) > 0 {
		n := min(len(killed), PurgeArticles)
		if err := s.purgeSome(ctx, killed[:n]); err != nil {
			return err
		}
		killed = killed[n:]
	}
	return nil
}

func (s *Sink) purgeSome(ctx context.Context, killed []plan) error {
	uris, routings := make([]string, len(killed)), make([]string, len(killed))
	for i, p := range killed {
		uris[i], routings[i] = string(p.a.URI), corpus.Routing(p.a.URI)
	}
	type clause = map[string]any
	query, err := json.Marshal(clause{
		"size": PurgeBatch, "version": true, "_source": corpus.NoticeFields,
		"query": clause{"bool": clause{
			"filter":   clause{"terms": clause{"uri": uris}},
			"must_not": clause{"term": clause{"status": article.Canceled}},
		}},
	})
	if err != nil {
		return err
	}
	for range MaxPurgeRounds {
		// The search sees what was written up to here.
		if err := s.ask(ctx, "refresh the versions", esapi.IndicesRefreshRequest{Index: []string{s.indices.Versions()}}, nil); err != nil {
			return err
		}
		var reply struct {
			Hits struct {
				Hits []struct {
					Version int64           `json:"_version"`
					Source  json.RawMessage `json:"_source"`
				} `json:"hits"`
			} `json:"hits"`
			TimedOut bool `json:"timed_out"`
			Shards   struct {
				Failed int `json:"failed"`
			} `json:"_shards"`
		}
		partial := false
		err := s.ask(ctx, "find the versions", esapi.SearchRequest{
			Index: []string{s.indices.Versions()}, Routing: routings, Body: bytes.NewReader(query), AllowPartialSearchResults: &partial,
		}, &reply)
		if err != nil {
			return err
		}
		if reply.TimedOut || reply.Shards.Failed > 0 {
			return errors.New("find the versions: Elasticsearch answered for a part of them only")
		}
		if len(reply.Hits.Hits) == 0 {
			return nil
		}
		docs := make([]bulk.Doc, len(reply.Hits.Hits))
		now := s.now()
		for i, h := range reply.Hits.Hits {
			a, _, err := corpus.Parse(h.Source)
			if err != nil {
				return err
			}
			a.Status = article.Canceled
			notice, err := corpus.VersionDocument(&a, now)
			if err != nil {
				return err
			}
			docs[i] = bulk.Doc{
				Index: s.indices.Versions(), ID: corpus.VersionID(a.URI, a.Revision), Routing: corpus.Routing(a.URI),
				Version: h.Version, Replace: true, Body: notice,
			}
		}
		results, err := s.writer.Write(ctx, docs)
		if err != nil {
			return err
		}
		for _, r := range results {
			// One that changed meanwhile is found again in the next round.
			if r.Err != nil {
				return r.Err
			}
		}
	}
	return fmt.Errorf("there is still text after %d rounds of %d versions", MaxPurgeRounds, PurgeBatch)
}

// ask is [elastic.Ask] within the sink's time.
func (s *Sink) ask(ctx context.Context, do string, r elastic.Request, v any) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return elastic.Ask(ctx, s.es, do, r, v)
}
