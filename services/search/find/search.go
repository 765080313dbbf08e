package find

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"golang.org/x/sync/errgroup"

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
	facetCandidates = 5000
	// freshness is after how long half of what newness adds to the score is
	// gone. What is new counts at most double.
	freshness = 7 * 24 * time.Hour
)

// Facet is a property by whose values results can be narrowed down.
type Facet struct {
	Name  string // of the parameter
	Field string // in Elasticsearch
	Day   bool   // its values are the days of a date
	// Many tells that it has more values than a few thousand. Elasticsearch counts such
	// ones in one thread, and with them whatever is asked for in the same search.
	Many bool
	// Asked tells that it is counted only where a request names it or chooses a value
	// of it. Each costs time by the article found, so those are counted unasked that say
	// at a glance what was found, and have few values.
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
	{Name: "cited_media", Field: "cited_media", Asked: true},
	{Name: "topic", Field: corpus.Topics},
	{Name: "person", Field: corpus.Persons, Many: true, Asked: true},
	{Name: "organisation", Field: corpus.Organisations, Many: true, Asked: true},
	{Name: "place", Field: corpus.Places, Asked: true},
	{Name: "country", Field: corpus.Countries},
	{Name: "keyphrase", Field: corpus.Keyphrases, Many: true, Asked: true},
	{Name: "speaker", Field: corpus.Speakers, Many: true, Asked: true, path: corpus.Said, of: corpus.SaidSpeaker},
	{Name: "currency", Field: corpus.Currencies, Asked: true, path: corpus.Sums, of: corpus.SumsCurrency},
	{Name: "filed", Field: corpus.Filed, Asked: true},
	{Name: "day", Field: "sort_date", Day: true, Asked: true},
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
	TookMS int64        `json:"took_ms"`         // of Elasticsearch: hits and facets are asked for at once, so the longest of these
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
	q, err := f.prepare(ctx, r)
	if err != nil {
		return Result{}, err
	}
	// Elasticsearch looks at the articles one after the other for what it sorts, and at
	// several parts of the index at once for what it only counts.
	var found reply
	counted := make([]counts, len(q.facets))
	group, within := errgroup.WithContext(ctx)
	group.Go(func() error { return f.page(within, q.hits, &found) })
	for i, facets := range q.facets {
		group.Go(func() error { return f.page(within, facets, &counted[i]) })
	}
	if err := group.Wait(); err != nil {
		return Result{}, err
	}
	return f.result(r, q.origin, &found, counted)
}

// question is what Elasticsearch is asked for one page.
type question struct {
	hits   object
	facets []object
	origin int64 // the time that newness is measured from, in milliseconds since 1970
}

func (f *Finder) prepare(ctx context.Context, r Request) (question, error) {
	if err := f.Known(ctx, &r); err != nil {
		return question{}, err
	}
	now := f.now()
	origin := now.UnixMilli()
	var after *cursor
	if r.After != "" {
		c, err := decodeCursor(r.After, r)
		if err != nil {
			return question{}, err
		}
		after = &c
		if c.Origin > 0 {
			origin = c.Origin
		}
	}
	q := question{hits: f.body(r, now, origin, after), origin: origin}
	few, many := r.counted(), []Facet(nil)
	few = slices.DeleteFunc(few, func(facet Facet) bool {
		if facet.Many {
			many = append(many, facet)
		}
		return facet.Many
	})
	for _, facets := range [][]Facet{few, many} {
		if len(facets) > 0 {
			q.facets = append(q.facets, f.counting(r, now, origin, facets))
		}
	}
	return q, nil
}

// counting asks for the values of the facets.
func (f *Finder) counting(r Request, now time.Time, origin int64, facets []Facet) object {
	words, filter := f.conditions(r, now, time.UnixMilli(origin))
	if !r.Query.Everything() { // else every article is looked at twice
		filter = append(filter, words)
	}
	return object{
		"query": object{"bool": object{"filter": filter}}, "size": 0, "track_total_hits": false,
		"aggs": f.aggregations(r, facets),
	}
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
	sort := []any{object{"sort_date": "desc"}, object{"uri": "asc"}}
	var from []any
	if after != nil {
		from = []any{after.Date, after.URI}
	}
	matching := object{"filter": filter}
	if r.sort() == Relevance {
		// What filters stands beside the score, not in it: else Elasticsearch looks of each
		// article whether it is no nested one.
		matching["must"] = object{"function_score": object{
			"query": words, "score_mode": "sum", "boost_mode": "multiply",
			"functions": []any{
				object{"weight": 1},
				object{"exp": object{"sort_date": object{
					"origin": query.Instant(time.UnixMilli(origin)), "scale": strconv.FormatInt(freshness.Milliseconds(), 10) + "ms", "decay": .5,
				}}},
			},
		}}
		sort = append([]any{object{"_score": "desc"}}, sort...)
		if after != nil {
			from = append([]any{after.Score}, from...)
		}
	} else if !r.Query.Everything() {
		matching["filter"] = append(filter, words)
	}
	body := object{
		"query": object{"bool": matching}, "sort": sort, "size": r.Size + 1, "track_total_hits": TotalCap, "_source": hitFields,
		"highlight": f.highlight(r.Query),
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
		bounds["gte"] = query.Instant(from)
	}
	if !to.IsZero() {
		bounds["lt"] = query.Instant(to)
	}
	if len(bounds) == 0 {
		return nil
	}
	return object{"range": object{"sort_date": bounds}}
}

// narrowed is the name of what counts the facets in which nothing is chosen, where
// something is in others.
const narrowed = "narrowed"

func (f *Finder) aggregations(r Request, facets []Facet) object {
	all, free := object{}, object{}
	for _, facet := range facets {
		kind, values := f.values(r, facet)
		chosen := r.Chosen[facet.Name]
		if len(chosen) == 0 {
			free[facet.Name] = values
			continue
		}
		each := object{}
		for i, v := range chosen {
			each[strconv.Itoa(i)] = r.filter(facet, v)
		}
		all[facet.Name] = object{
			"filter": object{"bool": object{"filter": append([]any{}, r.filters(facet.Name)...)}},
			"aggs":   object{kind: values, "chosen": object{"filters": object{"filters": each}}},
		}
	}
	if filters := r.filters(""); len(filters) > 0 && len(free) > 0 {
		all[narrowed] = object{"filter": object{"bool": object{"filter": filters}}, "aggs": free}
	} else {
		maps.Copy(all, free)
	}
	return all
}

// values lists and counts the values of a facet; kind is how [facetReply] calls them.
func (f *Finder) values(r Request, facet Facet) (kind string, agg object) {
	if facet.Day {
		return "values", object{
			"date_histogram": object{
				"field": facet.Field, "calendar_interval": "day", "time_zone": f.zone.String(), "format": "yyyy-MM-dd",
				"min_doc_count": 1, "order": object{"_key": "desc"},
			},
			"aggs": object{"newest": object{"bucket_sort": object{"size": FacetValues + 1}}},
		}
	}
	if inner := r.within(facet.path); inner != nil {
		return "inside", insideAgg(facet, inner)
	}
	return "values", object{"terms": object{
		"field": facet.Field, "size": FacetValues, "shard_size": facetCandidates,
		"order": []any{object{"_count": "desc"}, object{"_key": "asc"}},
	}}
}

// reply is what of Elasticsearch's reply about hits is read.
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
}

// counts is what is read of that about facets.
type counts struct {
	summary

	Aggregations map[string]json.RawMessage `json:"aggregations"`
}

// facetReply is what is read of one facet.
type facetReply struct {
	// Where nothing is chosen in it.
	termsReply
	insideReply

	// Where something is.
	Values termsReply  `json:"values"`
	Inside insideReply `json:"inside"`
	Chosen struct {
		Buckets map[string]struct {
			Count int `json:"doc_count"`
		} `json:"buckets"`
	} `json:"chosen"`
}

// facetsOf are what was counted, by the facets' names.
func facetsOf(counted []counts) (map[string]facetReply, error) {
	all := map[string]facetReply{}
	for i := range counted {
		aggs := counted[i].Aggregations
		if inside, ok := aggs[narrowed]; ok {
			delete(aggs, narrowed)
			if err := json.Unmarshal(inside, &aggs); err != nil {
				return nil, fmt.Errorf("reply of Elasticsearch: %w", err)
			}
		}
		for name, text := range aggs {
			var f facetReply
			if facet(name).Name == "" {
				continue // the number of articles
			}
			if err := json.Unmarshal(text, &f); err != nil {
				return nil, fmt.Errorf("reply of Elasticsearch: facet %s: %w", name, err)
			}
			all[name] = f
		}
	}
	return all, nil
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

func (f *Finder) result(r Request, origin int64, from *reply, counted []counts) (Result, error) {
	res := Result{Total: from.Hits.Total, Sort: r.sort(), Hits: []Hit{}, TookMS: from.Took}
	for i := range counted {
		res.TookMS = max(res.TookMS, counted[i].Took)
	}
	aggs, err := facetsOf(counted)
	if err != nil {
		return Result{}, err
	}
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
				hit.Highlights[name] = append(hit.Highlights[name], f.marks.cut(m).joined())
			}
		}
		res.Hits = append(res.Hits, hit)
	}
	for _, facet := range r.counted() {
		agg, chosen := aggs[facet.Name], r.Chosen[facet.Name]
		values, inside := agg.termsReply, agg.insideReply
		if len(chosen) > 0 {
			values, inside = agg.Values, agg.Inside
		}
		if r.within(facet.path) != nil {
			values = inside.articles()
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
