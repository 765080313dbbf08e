package find

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/mediatopic"
	"github.com/copytaster/copytaster/pkg/query"
)

const (
	// TotalCap is up to which number the hits are counted exactly.
	TotalCap = 10_000
	// FacetValues is how many values of a facet are listed, beside the chosen
	// ones: the most frequent, and of days the newest.
	FacetValues = 15
	// facetCandidates is how many values each shard names. Counts are exact
	// while a shard has no more than that, or there is one shard.
	facetCandidates = 1000
	// freshness is after how long half of what newness adds to the score is
	// gone. What is new counts at most double.
	freshness = 7 * 24 * time.Hour
)

// Facet is a property by whose values results can be narrowed down.
type Facet struct {
	Name  string // of the parameter
	Field string // in Elasticsearch
	Day   bool   // its values are the days of a date
	// Asked tells that it is counted only where a request names it or chooses a value
	// of it: it has about as many values as there are articles.
	Asked bool

	// of is the same property of the nested objects at path: where something else
	// is asked of them, it must be true of the same one.
	path, of string
}

// Facets are all there are, in their order.
var Facets = []Facet{
	{Name: "agency", Field: "agency"},
	{Name: "source", Field: "source"},
	{Name: "language", Field: "language"},
	{Name: "cited_media", Field: "cited_media"},
	{Name: "topic", Field: corpus.Topics},
	{Name: "person", Field: corpus.Persons, Asked: true},
	{Name: "organisation", Field: corpus.Organisations, Asked: true},
	{Name: "place", Field: corpus.Places, Asked: true},
	{Name: "country", Field: corpus.Countries},
	{Name: "keyphrase", Field: corpus.Keyphrases, Asked: true},
	{Name: "speaker", Field: corpus.Speakers, path: corpus.Said, of: corpus.SaidSpeaker},
	{Name: "currency", Field: corpus.Currencies, path: corpus.Sums, of: corpus.SumsCurrency},
	{Name: "filed", Field: corpus.Filed},
	{Name: "day", Field: "sort_date", Day: true},
}

// label is what people call a value that is a code of its own making.
func (f Facet) label(value string) string {
	if f.Field == corpus.Topics {
		return mediatopic.Label(value)
	}
	return ""
}

// Result is one page of a search.
type Result struct {
	Total  Total        `json:"total"`
	Sort   Sort         `json:"sort"` // that the hits really have
	Hits   []Hit        `json:"hits"`
	Facets []FacetCount `json:"facets,omitzero"` // those that were asked for; nil on later pages, for which the first page's hold
	Next   string       `json:"next,omitempty"`  // cursor of the next page; empty on the last one
	TookMS int64        `json:"took_ms"`         // of Elasticsearch
}

// Total is the number of articles found on all pages.
type Total struct {
	Value    int    `json:"value"`
	Relation string `json:"relation"` // "eq", or "gte": there are at least so many
}

// FacetCount is a facet with its values. Each counts the articles that would
// be there if the values chosen in this facet were it alone: what is chosen in
// the other facets narrows the counts, what is chosen in this one doesn't.
type FacetCount struct {
	Name   string       `json:"name"`
	Values []ValueCount `json:"values"`
	More   bool         `json:"more,omitempty"` // there are others
}

// ValueCount is a value of a facet.
type ValueCount struct {
	Value  string `json:"value"`
	Label  string `json:"label,omitempty"` // of a topic, its English name
	Count  int    `json:"count"`
	Chosen bool   `json:"chosen,omitempty"`
}

// Hit is an article in a list of results.
type Hit struct {
	URI        article.URI           `json:"uri"`
	Revision   article.Revision      `json:"revision"`
	Version    string                `json:"version,omitempty"`
	Source     string                `json:"source"`
	Provider   string                `json:"provider,omitempty"`
	URL        string                `json:"url,omitempty"`
	Agency     string                `json:"agency,omitempty"`
	Language   string                `json:"language,omitempty"`
	CitedMedia []string              `json:"cited_media,omitempty"`
	Urgency    int                   `json:"urgency,omitempty"`
	Kicker     string                `json:"kicker,omitempty"`
	Headline   string                `json:"headline,omitempty"`
	Standfirst string                `json:"standfirst,omitempty"`
	Byline     string                `json:"byline,omitempty"`
	Dateline   string                `json:"dateline,omitempty"`
	Published  *time.Time            `json:"published_at,omitempty"`
	Created    *time.Time            `json:"version_created,omitempty"`
	Received   *time.Time            `json:"received_at,omitempty"`
	SortDate   *time.Time            `json:"sort_date,omitempty"`
	Flags      []string              `json:"flags,omitempty"`
	Score      float64               `json:"score,omitempty"`      // absent when sorted by time
	Highlights map[string][]Fragment `json:"highlights,omitempty"` // by text: kicker, headline, ... body
}

// hitFields are the fields of a document that a Hit is made of.
var hitFields = []string{
	"uri", "revision", "version", "source", "provider", "url", "agency", "language", "cited_media", "urgency",
	"kicker", "headline", "standfirst", "byline", "dateline", "published_at", "version_created", "received_at", "sort_date", "flags",
}

// Search gives one page. A cursor that isn't this search's is a
// [*ParameterError]; an Elasticsearch that doesn't answer is an
// [*UnavailableError].
func (f *Finder) Search(ctx context.Context, r Request) (Result, error) {
	body, origin, err := f.prepare(ctx, r)
	if err != nil {
		return Result{}, err
	}
	var reply reply
	if err := f.page(ctx, body, &reply); err != nil {
		return Result{}, err
	}
	return f.result(r, origin, &reply)
}

// prepare is the question of one page, and the time that newness is measured
// from.
func (f *Finder) prepare(ctx context.Context, r Request) (object, int64, error) {
	if err := f.Known(ctx, &r); err != nil {
		return nil, 0, err
	}
	now := f.now()
	origin := now.UnixMilli()
	var after *cursor
	if r.After != "" {
		c, err := decodeCursor(r.After, r)
		if err != nil {
			return nil, 0, err
		}
		after = &c
		if c.Origin > 0 {
			origin = c.Origin
		}
	}
	return f.body(r, now, origin, after), origin, nil
}

// page searches the articles; see [Finder.search].
func (f *Finder) page(ctx context.Context, body object, into any) error {
	return f.search(ctx, esapi.SearchRequest{Index: []string{f.names.Articles()}}, body, into)
}

// search asks all shards, or none, by body, to which it adds how long they may take. If
// into has a [summary], that they took longer is an error.
func (f *Finder) search(ctx context.Context, req esapi.SearchRequest, body object, into any) error {
	allowed := f.timeout
	if deadline, ok := ctx.Deadline(); ok {
		allowed = max(min(allowed, time.Until(deadline)), time.Millisecond)
	}
	body["timeout"] = milliseconds(allowed)
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	whole := false
	req.Body, req.AllowPartialSearchResults = bytes.NewReader(b), &whole
	if err := f.call(ctx, req, into); err != nil {
		return err
	}
	if s, ok := into.(interface{ late() bool }); ok && s.late() {
		return &UnavailableError{ErrTimeout}
	}
	return nil
}

// conditions are what is asked of the words, and of the rest of every article but
// the chosen values. Embargoes are over by now; relative times count from since. What
// must be true of nested objects at the paths told is left out.
func (f *Finder) conditions(r Request, now, since time.Time, told ...string) (words object, filter []any) {
	words = r.Query.Elastic(query.Clock{Now: since, Zone: f.zone})
	filter = f.visible(now)
	if bounds := between(r.from, r.to); bounds != nil {
		filter = append(filter, bounds)
	}
	switch {
	case r.EvolvedFrom == "":
	case r.known:
		filter = append(filter, term(fieldEvolvedFrom, string(r.EvolvedFrom)))
	default:
		filter = append(filter, object{"match_none": object{}})
	}
	filter = append(filter, r.Within.filter()...)
	return words, append(filter, r.reading(told...)...)
}

func (f *Finder) body(r Request, now time.Time, origin int64, after *cursor) object {
	words, filter := f.conditions(r, now, time.UnixMilli(origin))
	matching := object{"bool": object{"must": []any{words}, "filter": filter}}
	sort := []any{object{"sort_date": "desc"}, object{"uri": "asc"}}
	var from []any
	if after != nil {
		from = []any{after.Date, after.URI}
	}
	if r.sort() == Relevance {
		matching = object{"function_score": object{
			"query": matching, "score_mode": "sum", "boost_mode": "multiply",
			"functions": []any{
				object{"weight": 1},
				object{"exp": object{"sort_date": object{
					"origin": instant(time.UnixMilli(origin)), "scale": strconv.FormatInt(freshness.Milliseconds(), 10) + "ms", "decay": .5,
				}}},
			},
		}}
		sort = append([]any{object{"_score": "desc"}}, sort...)
		if after != nil {
			from = append([]any{after.Score}, from...)
		}
	}
	body := object{
		"query": matching, "sort": sort, "size": r.Size + 1, "track_total_hits": TotalCap, "_source": hitFields,
		"highlight": f.highlight(r.Query.Marks()),
	}
	if facets := r.counted(); len(facets) > 0 {
		body["aggs"] = f.aggregations(r, facets)
	}
	if chosen := r.filters(""); len(chosen) > 0 {
		body["post_filter"] = object{"bool": object{"filter": chosen}}
	}
	if from != nil {
		body["search_after"] = from
	}
	return body
}

// filters are the conditions of all chosen values but those of the facet
// except.
func (r Request) filters(except string) []any {
	var all []any
	for _, facet := range Facets {
		chosen := r.Chosen[facet.Name]
		if facet.Name == except || len(chosen) == 0 {
			continue
		}
		all = append(all, r.filter(facet, chosen...))
	}
	return all
}

// filter is the condition that the facet has one of the values.
func (r Request) filter(facet Facet, values ...string) object {
	if facet.Day {
		either := make([]any, len(values))
		for i, v := range values {
			either[i] = between(r.days[v].from, r.days[v].to)
		}
		return object{"bool": object{"should": either, "minimum_should_match": 1}}
	}
	if within := r.within(facet.path); within != nil {
		return nested(facet.path, append(within, terms(facet.of, values)))
	}
	return terms(facet.Field, values)
}

// terms is one clause, however many values there are.
func terms(field string, values []string) object { return object{"terms": object{field: values}} }

// between is nil without bounds.
func between(from, to time.Time) object {
	bounds := object{}
	if !from.IsZero() {
		bounds["gte"] = instant(from)
	}
	if !to.IsZero() {
		bounds["lt"] = instant(to)
	}
	if len(bounds) == 0 {
		return nil
	}
	return object{"range": object{"sort_date": bounds}}
}

func (f *Finder) aggregations(r Request, facets []Facet) object {
	all := object{}
	for _, facet := range facets {
		within := object{}
		inner := r.within(facet.path)
		switch {
		case facet.Day:
			within["values"] = object{
				"date_histogram": object{
					"field": facet.Field, "calendar_interval": "day", "time_zone": f.zone.String(), "format": "yyyy-MM-dd",
					"min_doc_count": 1, "order": object{"_key": "desc"},
				},
				"aggs": object{"newest": object{"bucket_sort": object{"size": FacetValues + 1}}},
			}
		case inner != nil:
			within["inside"] = insideAgg(facet, inner)
		default:
			within["values"] = object{"terms": object{
				"field": facet.Field, "size": FacetValues, "shard_size": facetCandidates,
				"order": []any{object{"_count": "desc"}, object{"_key": "asc"}},
			}}
		}
		if chosen := r.Chosen[facet.Name]; len(chosen) > 0 {
			filters := object{}
			for i, v := range chosen {
				filters[strconv.Itoa(i)] = r.filter(facet, v)
			}
			within["chosen"] = object{"filters": object{"filters": filters}}
		}
		all[facet.Name] = object{"filter": object{"bool": object{"filter": append([]any{}, r.filters(facet.Name)...)}}, "aggs": within}
	}
	return all
}

// reply is what of Elasticsearch's reply is read.
type reply struct {
	summary

	Hits struct {
		Total Total `json:"total"`
		Hits  []struct {
			Source    Hit                 `json:"_source"`
			Sort      []json.RawMessage   `json:"sort"`
			Highlight map[string][]string `json:"highlight"`
		} `json:"hits"`
	} `json:"hits"`
	Aggregations map[string]struct {
		Values termsReply  `json:"values"`
		Inside insideReply `json:"inside"`
		Chosen struct {
			Buckets map[string]struct {
				Count int `json:"doc_count"`
			} `json:"buckets"`
		} `json:"chosen"`
	} `json:"aggregations"`
}

type termsReply struct {
	Other   int `json:"sum_other_doc_count"`
	Buckets []struct {
		Key      json.RawMessage `json:"key"`
		Text     string          `json:"key_as_string"`
		Count    int             `json:"doc_count"`
		Articles *struct {
			Count int `json:"doc_count"`
		} `json:"articles"`
	} `json:"buckets"`
}

func (f *Finder) result(r Request, origin int64, from *reply) (Result, error) {
	res := Result{Total: from.Hits.Total, Sort: r.sort(), Hits: []Hit{}, TookMS: from.Took}
	if r.After == "" {
		res.Facets = []FacetCount{}
	}
	var last cursor
	for i, h := range from.Hits.Hits {
		if i == r.Size { // one more was asked for, to know whether there is another page
			next, err := last.encode(r)
			if err != nil {
				return Result{}, err
			}
			res.Next = next
			break
		}
		hit := h.Source
		var err error
		if last, err = place(r, hit.URI, origin, h.Sort); err != nil {
			return Result{}, err
		}
		hit.Score = last.Score
		for name, marked := range h.Highlight {
			if hit.Highlights == nil {
				hit.Highlights = map[string][]Fragment{}
			}
			for _, m := range marked {
				hit.Highlights[name] = append(hit.Highlights[name], f.marks.cut(m))
			}
		}
		res.Hits = append(res.Hits, hit)
	}
	for _, facet := range r.counted() {
		agg := from.Aggregations[facet.Name]
		chosen := r.Chosen[facet.Name]
		values := agg.Values
		if r.within(facet.path) != nil {
			values = agg.Inside.articles()
		}
		count := FacetCount{Name: facet.Name, Values: []ValueCount{}, More: values.Other > 0 || len(values.Buckets) > FacetValues}
		for _, b := range values.Buckets[:min(len(values.Buckets), FacetValues)] {
			value := b.Text
			if !facet.Day {
				if err := json.Unmarshal(b.Key, &value); err != nil {
					return Result{}, fmt.Errorf("reply of Elasticsearch: facet %s: %w", facet.Name, err)
				}
			}
			count.Values = append(count.Values, ValueCount{value, facet.label(value), b.Count, slices.Contains(chosen, value)})
		}
		for i, v := range chosen {
			if !slices.ContainsFunc(count.Values, func(c ValueCount) bool { return c.Value == v }) {
				count.Values = append(count.Values, ValueCount{v, facet.label(v), agg.Chosen.Buckets[strconv.Itoa(i)].Count, true})
			}
		}
		res.Facets = append(res.Facets, count)
	}
	return res, nil
}

// place is where the list stands after a hit.
func place(r Request, uri article.URI, origin int64, keys []json.RawMessage) (cursor, error) {
	c := cursor{URI: string(uri)}
	if r.sort() == Relevance && len(keys) > 0 {
		if err := json.Unmarshal(keys[0], &c.Score); err != nil {
			return c, fmt.Errorf("reply of Elasticsearch: score: %w", err)
		}
		c.Origin, keys = origin, keys[1:]
	}
	if r.Query.Relative() {
		c.Origin = origin
	}
	if len(keys) != 2 {
		return c, fmt.Errorf("reply of Elasticsearch: %d sort values below the score", len(keys))
	}
	if err := json.Unmarshal(keys[0], &c.Date); err != nil {
		return c, fmt.Errorf("reply of Elasticsearch: sort date: %w", err)
	}
	return c, nil
}
