package rig

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/copytaster/copytaster/deploy/faults/ledger"
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/corpus"
)

const (
	// readPage is how many documents of the index are read at once.
	readPage = 1000
	// findPage is how many killed marks one search asks for.
	findPage    = 500
	readTimeout = time.Minute
	keepAlive   = "2m"
	maxPage     = 256 << 20
)

func ack(i ledger.Item, uri string, revision int64) ledger.Ack {
	return ledger.Ack{Item: i, URI: article.URI(uri), Revision: article.Revision(revision)}
}

// Audit reads both indices to their ends and holds them against the ledger.
func (p *Pipeline) Audit(ctx context.Context) (ledger.Verdict, Content, error) {
	a := p.Ledger.Audit()
	n := corpus.Namespace(p.Namespace)
	content := Content{}
	for _, index := range []struct {
		alias string
		take  func(ledger.Document)
	}{{n.Articles(), a.Head}, {n.Versions(), a.Version}} {
		if err := p.read(ctx, index.alias, func(d document) error {
			parsed, err := d.parse()
			if err != nil {
				return err
			}
			index.take(parsed)
			return content.add(index.alias[len(p.Namespace):], d)
		}); err != nil {
			return ledger.Verdict{}, nil, fmt.Errorf("read %s: %w", index.alias, err)
		}
	}
	if err := p.searchKilled(ctx, a, n.Articles()); err != nil {
		return ledger.Verdict{}, nil, err
	}
	return a.Verdict(), content, nil
}

// document is one of the index as it is read back.
type document struct {
	ID      string          `json:"_id"`
	Version int64           `json:"_version"`
	Routing string          `json:"_routing"`
	Source  json.RawMessage `json:"_source"`
	Sort    []any           `json:"sort"`
}

func (d document) parse() (ledger.Document, error) {
	var s struct {
		URI      article.URI      `json:"uri"`
		Revision article.Revision `json:"revision"`
		Status   article.Status   `json:"status"`
	}
	if err := json.Unmarshal(d.Source, &s); err != nil {
		return ledger.Document{}, fmt.Errorf("document %s: %w", d.ID, err)
	}
	return ledger.Document{ID: d.ID, URI: s.URI, Revision: s.Revision, Status: s.Status, Marks: ledger.Marks(d.Source)}, nil
}

// read gives every document of an index as it is at this moment.
func (p *Pipeline) read(ctx context.Context, alias string, each func(document) error) error {
	if err := p.ask(ctx, http.MethodPost, "/"+alias+"/_refresh", nil, nil); err != nil {
		return err
	}
	var pit struct {
		ID string `json:"id"`
	}
	if err := p.ask(ctx, http.MethodPost, "/"+alias+"/_pit?keep_alive="+keepAlive, nil, &pit); err != nil {
		return err
	}
	type object = map[string]any
	query := object{"size": readPage, "version": true, "track_total_hits": false, "sort": []object{{"_shard_doc": "asc"}}}
	for {
		query["pit"] = object{"id": pit.ID, "keep_alive": keepAlive}
		var reply struct {
			PIT  string `json:"pit_id"`
			Hits struct {
				Hits []document `json:"hits"`
			} `json:"hits"`
			TimedOut bool `json:"timed_out"`
			Shards   struct {
				Failed int `json:"failed"`
			} `json:"_shards"`
		}
		if err := p.ask(ctx, http.MethodPost, "/_search?allow_partial_search_results=false", query, &reply); err != nil {
			return err
		}
		if reply.TimedOut || reply.Shards.Failed > 0 {
			return fmt.Errorf("Elasticsearch answered for a part of the index only")
		}
		for _, d := range reply.Hits.Hits {
			if err := each(d); err != nil {
				return err
			}
		}
		if len(reply.Hits.Hits) < readPage {
			return p.ask(ctx, http.MethodDelete, "/_pit", object{"id": reply.PIT}, nil)
		}
		pit.ID = reply.PIT
		query["search_after"] = reply.Hits.Hits[len(reply.Hits.Hits)-1].Sort
	}
}

// searchKilled searches for the words of killed articles: what is stemmed is
// searched and not shown.
func (p *Pipeline) searchKilled(ctx context.Context, a *ledger.Audit, alias string) error {
	type object = map[string]any
	marks := p.Ledger.KilledMarks()
	for len(marks) > 0 {
		some := marks[:min(findPage, len(marks))]
		marks = marks[len(some):]
		var should []object
		for _, field := range []string{"body", corpus.Stemmed("en", "body"), corpus.Stemmed(corpus.Other, "body")} {
			should = append(should, object{"terms": object{field: some}})
		}
		var reply struct {
			Hits struct {
				Hits []struct{} `json:"hits"`
			} `json:"hits"`
		}
		if err := p.ask(ctx, http.MethodPost, "/"+alias+"/_search?allow_partial_search_results=false", object{
			"size": 1, "_source": false, "query": object{"bool": object{"should": should}},
		}, &reply); err != nil {
			return err
		}
		if len(reply.Hits.Hits) == 0 {
			continue
		}
		// Some of them are found: which ones?
		for _, m := range some {
			if found, err := p.finds(ctx, alias, m); err != nil {
				return err
			} else if found {
				a.Found(m)
			}
		}
	}
	return nil
}

func (p *Pipeline) finds(ctx context.Context, alias, mark string) (bool, error) {
	type object = map[string]any
	var reply struct {
		Count int `json:"count"`
	}
	err := p.ask(ctx, http.MethodPost, "/"+alias+"/_count", object{"query": object{"multi_match": object{
		"query": mark, "fields": []string{"body", corpus.Stemmed("en", "body"), corpus.Stemmed(corpus.Other, "body")},
	}}}, &reply)
	return reply.Count > 0, err
}

// Put asks Elasticsearch itself to change something.
func (p *Pipeline) Put(ctx context.Context, path string, body any) error {
	return p.ask(ctx, http.MethodPut, path, body, nil)
}

// ask talks to Elasticsearch itself, past all links.
func (p *Pipeline) ask(ctx context.Context, method, path string, body, reply any) error {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	var in io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return err
		}
		in = bytes.NewReader(data)
	}
	r, err := http.NewRequestWithContext(ctx, method, p.servers.ElasticsearchURL()+path, in)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := p.client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxPage))
	switch {
	case err != nil:
		return err
	case resp.StatusCode != http.StatusOK:
		const shown = 300
		return fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, data[:min(len(data), shown)])
	case reply == nil:
		return nil
	}
	return json.Unmarshal(data, reply)
}
