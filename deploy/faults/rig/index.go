package rig

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/copytaster/copytaster/deploy/faults/ledger"
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/corpus"
)

const (
	// readPage is how many documents of the index are read at once.
	readPage = 1000
	// findPage is how many marks one search asks for.
	findPage = 500
	// findMost is how many hits of a search are looked at, which is all that
	// Elasticsearch gives at once; each mark should have one at most.
	findMost = 10_000
	// apiMarks is how many marks of living articles the search service is asked
	// for, and of killed ones, by apiReaders side by side.
	apiMarks    = 150
	apiReaders  = 4
	readTimeout = time.Minute
	keepAlive   = "2m"
	maxPage     = 256 << 20
)

func ack(i ledger.Item, uri string, revision int64) ledger.Ack {
	return ledger.Ack{Item: i, URI: article.URI(uri), Revision: article.Revision(revision)}
}

// Audit reads both indices to their ends and holds them against the ledger. It
// searches for the newest text of every living article, which must be found,
// and in the same way for all that killed ones said.
func (p *Pipeline) Audit(ctx context.Context) (ledger.Verdict, Content, error) {
	a := p.Ledger.Audit(func(i ledger.Item) ledger.Words {
		said := p.wire.Said(i)
		return ledger.WordsOf(said.Headline, said.Body)
	})
	n := corpus.Namespace(p.Namespace)
	content, heads := Content{}, places{}
	for _, index := range []struct {
		alias string
		take  func(parsed)
	}{
		{n.Articles(), func(d parsed) { a.Head(d.Document); heads.add(d) }},
		{n.Versions(), func(d parsed) { a.Version(d.Document) }},
	} {
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
	living, killed := p.Ledger.LivingMarks(), p.Ledger.KilledMarks()
	if err := errors.Join(
		p.searchLiving(ctx, a, n.Articles(), heads, living), p.searchKilled(ctx, a, n.Articles(), killed), p.searchAPI(ctx, a, living, killed),
	); err != nil {
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

// parsed is a document as the ledger knows it, and where it is searched.
type parsed struct {
	ledger.Document

	language string // the key of its stemmed text
}

// parse does not mind what is missing or wrong: that is for the ledger to see.
func (d document) parse() (parsed, error) {
	var s struct {
		URI      article.URI      `json:"uri"`
		Revision article.Revision `json:"revision"`
		Status   article.Status   `json:"status"`
		Language string           `json:"language"`
		Headline string           `json:"headline"`
		Body     string           `json:"body"`
		Segments []segment        `json:"segments"`
	}
	if err := json.Unmarshal(d.Source, &s); err != nil {
		return parsed{}, fmt.Errorf("document %s: %w", d.ID, err)
	}
	words := ledger.WordsOf(whole(s.Segments))
	if (words == ledger.Words{}) {
		words = ledger.WordsOf(s.Headline, s.Body)
	}
	return parsed{ledger.Document{
		ID: d.ID, URI: s.URI, Revision: s.Revision, Status: s.Status, Marks: ledger.Marks(d.Source),
		Words: words, Lacks: lacks(s.Language, s.Headline, s.Body, s.Segments),
	}, corpus.Language(s.Language)}, nil
}

// segment is what an audit needs to know of one.
type segment struct {
	Kind  article.Kind `json:"kind"`
	Text  string       `json:"text"`
	Start int          `json:"start"`
	End   int          `json:"end"`
}

// whole is the text that the segments are of. One may end in the middle of a
// word: "the company./ Reuter".
func whole(segments []segment) string {
	var b strings.Builder
	for i, s := range segments {
		if i > 0 && segments[i-1].End != s.Start {
			b.WriteByte(' ')
		}
		b.WriteString(s.Text)
	}
	return b.String()
}

// lacks names what every enriched article has and a document has not: a
// language, segments of known kinds, and in the fields that are searched what
// the segments say.
func lacks(language, headline, body string, segments []segment) string {
	var head string
	var inBody []string
	for _, s := range segments {
		switch {
		case s.Kind == article.Unknown || s.Kind == "":
			return "the kinds of its segments"
		case s.Kind == article.Headline && head == "":
			head = s.Text
		case s.Kind.InBody():
			inBody = append(inBody, s.Text)
		}
	}
	switch {
	case language == "":
		return "a language"
	case len(segments) == 0:
		return "segments"
	case head == "" || headline != head:
		return "its headline in the field"
	case len(inBody) == 0 || body != strings.Join(inBody, "\n\n"):
		return "its body in the field"
	}
	return ""
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

// places are the heads that show a mark.
type places map[string][]parsed

func (h places) add(d parsed) {
	for _, m := range d.Marks {
		h[m] = append(h[m], d)
	}
}

// searchLiving searches for what must be found, in each field that has it: a
// search that finds nothing of the killed proves nothing unless it finds these.
func (p *Pipeline) searchLiving(ctx context.Context, a *ledger.Audit, alias string, heads places, marks []string) error {
	byField := map[string][]string{}
	for _, m := range marks {
		for _, d := range heads[m] {
			for _, field := range []string{"body", corpus.Stemmed(d.language, "body")} {
				if !slices.Contains(byField[field], m) {
					byField[field] = append(byField[field], m)
				}
			}
		}
	}
	for field, marks := range byField {
		for some := range slices.Chunk(marks, findPage) {
			ids, err := p.hits(ctx, alias, []string{field}, some)
			if err != nil {
				return err
			}
			for _, m := range some {
				if !slices.ContainsFunc(heads[m], func(d parsed) bool { return ids[d.ID] }) {
					a.Missed(m, field)
				}
			}
		}
	}
	return nil
}

// searchKilled searches for the words of killed articles, wherever words are
// looked for: what is stemmed is searched and not shown. The versions are not
// searched, as their texts are not indexed; all that they hold was read.
func (p *Pipeline) searchKilled(ctx context.Context, a *ledger.Audit, alias string, marks []string) error {
	fields := textFields()
	for some := range slices.Chunk(marks, findPage) {
		ids, err := p.hits(ctx, alias, fields, some)
		if err != nil {
			return err
		}
		if len(ids) == 0 {
			continue
		}
		// Some of them are found: which ones?
		for _, m := range some {
			if ids, err := p.hits(ctx, alias, fields, []string{m}); err != nil {
				return err
			} else if len(ids) > 0 {
				a.Found(m)
			}
		}
	}
	return nil
}

// textFields are all fields of an article that words are looked for in.
func textFields() []string {
	fields := append([]string{"dateline"}, corpus.TextFields...)
	for _, language := range append([]string{corpus.Other}, corpus.Languages...) {
		for _, f := range corpus.TextFields {
			fields = append(fields, corpus.Stemmed(language, f))
		}
	}
	return fields
}

// hits are the ids of documents that have one of the words in one of the fields.
func (p *Pipeline) hits(ctx context.Context, alias string, fields, words []string) (map[string]bool, error) {
	type object = map[string]any
	var should []object
	for _, f := range fields {
		should = append(should, object{"terms": object{f: words}})
	}
	var reply struct {
		Hits struct {
			Hits []struct {
				ID string `json:"_id"`
			} `json:"hits"`
		} `json:"hits"`
		TimedOut bool `json:"timed_out"`
	}
	if err := p.ask(ctx, http.MethodPost, "/"+alias+"/_search?allow_partial_search_results=false", object{
		"size": findMost, "_source": false, "query": object{"bool": object{"should": should, "minimum_should_match": 1}},
	}, &reply); err != nil {
		return nil, err
	}
	if reply.TimedOut {
		return nil, fmt.Errorf("Elasticsearch searched a part of %s only", alias)
	}
	ids := map[string]bool{}
	for _, h := range reply.Hits.Hits {
		ids[h.ID] = true
	}
	return ids, nil
}

// searchAPI asks the search service for marks of living and of killed articles,
// as readers would.
func (p *Pipeline) searchAPI(ctx context.Context, a *ledger.Audit, living, killed []string) error {
	type question struct {
		mark   string
		living bool
	}
	var questions []question
	for _, m := range spread(living, apiMarks) {
		questions = append(questions, question{m, true})
	}
	for _, m := range spread(killed, apiMarks) {
		questions = append(questions, question{m, false})
	}
	counts, errs := make([]int, len(questions)), make([]error, len(questions))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range apiReaders {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(questions)); i = next.Add(1) - 1 {
				counts[i], errs[i] = p.findAgain(ctx, questions[i].mark)
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	for i, q := range questions {
		switch {
		case q.living && counts[i] == 0:
			a.Missed(q.mark, "the search service")
		case !q.living && counts[i] > 0:
			a.Found(q.mark)
		}
	}
	return nil
}

// findAgain is [Pipeline.Find], until there is an answer.
func (p *Pipeline) findAgain(ctx context.Context, word string) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	for {
		n, err := p.Find(ctx, word)
		if err == nil {
			return n, nil
		}
		if !Sleep(ctx, lookPause) {
			return 0, fmt.Errorf("search for %s: %w", word, errors.Join(err, ctx.Err()))
		}
	}
}

// spread is n of all, or all if there are no more, at even distances.
func spread(all []string, n int) []string {
	if len(all) <= n {
		return all
	}
	some := make([]string, n)
	for i := range some {
		some[i] = all[i*len(all)/n]
	}
	return some
}

// Put asks Elasticsearch itself to change something.
func (p *Pipeline) Put(ctx context.Context, path string, body any) error {
	return p.ask(ctx, http.MethodPut, path, body, nil)
}

// Elasticsearch asks Elasticsearch itself, past all links; reply is nil where
// the answer is of no matter.
func (p *Pipeline) Elasticsearch(ctx context.Context, method, path string, body, reply any) error {
	return p.ask(ctx, method, path, body, reply)
}

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
	case resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusCreated:
		const shown = 300
		return fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, data[:min(len(data), shown)])
	case reply == nil:
		return nil
	}
	return json.Unmarshal(data, reply)
}
