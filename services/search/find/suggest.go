package find

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"

	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/mediatopic"
)

// Limits of suggestions.
const (
	// MaxPrefix is the longest begin of a value, in characters.
	MaxPrefix = 100
	// MaxSuggestions is how many values of each facet are suggested.
	MaxSuggestions     = 50
	defaultSuggestions = 10
	// candidates is how many values of a facet are looked at, the most frequent.
	candidates = 500
	// MaxSuggested is how many facets can be completed at once.
	MaxSuggested = 5
	// Suggesting is how many articles with a word that begins as asked for are looked
	// through for the values of a facet with many, the newest.
	Suggesting = 2_000
	// recounted is how many times as many of those values as asked for are counted in all
	// articles.
	recounted = 2
)

// suggestable are the facets whose values can be completed; those completed if none is
// named are the first ones.
func suggestable() []string {
	return []string{"person", "organisation", "place", "topic", "source", "agency", "cited_media", "keyphrase", "speaker", "filed"}
}

// SuggestRequest asks for values that begin in some way.
type SuggestRequest struct {
	Request // only values of what it finds are suggested
	Prefix  string
	Of      []string // names of facets
	Size    int      // values of each
}

// ParseSuggest reads the request from the parameters of a URL, as [ParseRequest] does.
func ParseSuggest(values url.Values, zone *time.Location) (s SuggestRequest, err error) {
	if s.Request, err = parseWhole(values, zone, "prefix", "of", "values"); err != nil {
		return s, err
	}
	s.Prefix = strings.Join(strings.Fields(values.Get("prefix")), " ")
	switch n := utf8.RuneCountInString(s.Prefix); {
	case fold(s.Prefix) == "":
		return s, wrong("prefix", "is missing: it is how what is looked for begins")
	case n > MaxPrefix:
		return s, wrong("prefix", "has %d characters, the limit is %d", n, MaxPrefix)
	}
	if s.Of, err = listed(values, "of", suggestable()[:MaxSuggested], suggestable()); err != nil {
		return s, err
	}
	if len(s.Of) > MaxSuggested {
		return s, wrong("of", "has %d facets, the limit is %d", len(s.Of), MaxSuggested)
	}
	s.Size, err = number(values, "values", defaultSuggestions, 1, MaxSuggestions)
	return s, err
}

// Suggestions are values that begin as asked for.
type Suggestions struct {
	Facets []FacetCount `json:"facets"` // in the order asked for
	TookMS int64        `json:"took_ms"`
}

// Suggest completes values: those with a word that begins with the prefix, whatever case
// and accents, the most frequent first. Topics go by their names. All are values, and all
// counts numbers, of articles that the reader may see. Only articles are looked at that
// have such a word, as the index has words: letters behind an apostrophe or a full stop
// begin one if a short word that is elided or the like stands before an apostrophe. Of a
// facet with many values, and more than [Suggesting] articles that have such a word in it,
// the newest are looked through for values, and all are counted.
func (f *Finder) Suggest(ctx context.Context, s SuggestRequest) (Suggestions, error) {
	whole := f.whole(s.Request, f.now())
	res := Suggestions{Facets: make([]FacetCount, len(s.Of))}
	took := make([]int64, len(s.Of)+1)
	var few []Facet
	group, within := errgroup.WithContext(ctx)
	for i, name := range s.Of {
		of := facet(name)
		if !of.Many {
			few = append(few, of)
			continue
		}
		group.Go(func() (err error) {
			res.Facets[i], took[i], err = f.ofNewest(within, whole, of, s)
			return err
		})
	}
	if len(few) > 0 {
		group.Go(func() (err error) {
			var begun []FacetCount
			if begun, took[len(s.Of)], err = f.begun(within, whole, few, s); err != nil {
				return err
			}
			for _, count := range begun {
				res.Facets[slices.Index(s.Of, count.Name)] = count
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return Suggestions{}, err
	}
	res.TookMS = slices.Max(took)
	for i := range res.Facets {
		count := &res.Facets[i]
		count.More = count.More || len(count.Values) > s.Size
		count.Values = count.Values[:min(len(count.Values), s.Size)]
	}
	return res, nil
}

// ofNewest are the values of a facet with many: those of the newest articles, with the number
// of all that have them.
func (f *Finder) ofNewest(ctx context.Context, whole object, of Facet, s SuggestRequest) (FacetCount, int64, error) {
	begins, _ := beginning(of.Field, fold(s.Prefix))
	since, took, err := f.newest(ctx, anyOf(whole, []any{begins}))
	if err != nil {
		return FacetCount{}, 0, err
	}
	newest := whole
	if since != nil {
		newest = object{"bool": object{"filter": []any{whole, since}}}
	}
	all, after, err := f.begun(ctx, newest, []Facet{of}, s)
	if err != nil {
		return FacetCount{}, 0, err
	}
	count := all[0]
	took += after
	if since != nil {
		after, err = f.recount(ctx, whole, &count, recounted*s.Size)
		took += after
		count.More = true // older articles may have others
	}
	return count, took, err
}

// begun are the values of each of the facets that begin as asked for, in the articles of a
// query.
func (f *Finder) begun(ctx context.Context, query object, facets []Facet, s SuggestRequest) (counts []FacetCount, took int64, err error) {
	prefix, aggs := fold(s.Prefix), object{}
	var either []any
	for _, of := range facets {
		begins, include := beginning(of.Field, prefix)
		either = append(either, begins)
		values := object{
			"field": of.Field, "size": candidates, "shard_size": facetCandidates,
			"order": []any{object{"_count": "desc"}, object{"_key": "asc"}}, "include": include,
		}
		if of.Many { // not by a list of all values, which each refresh of the index makes anew
			values["execution_hint"] = "map"
		}
		aggs[of.Name] = object{"terms": values}
	}
	var reply struct {
		summary

		Aggregations map[string]json.RawMessage `json:"aggregations"`
	}
	if err := f.page(ctx, object{"query": anyOf(query, either), "size": 0, "track_total_hits": false, "aggs": aggs}, &reply); err != nil {
		return nil, 0, err
	}
	for _, of := range facets {
		var values termsReply
		if text, ok := reply.Aggregations[of.Name]; ok {
			if err := json.Unmarshal(text, &values); err != nil {
				return nil, 0, fmt.Errorf("reply of Elasticsearch: facet %s: %w", of.Name, err)
			}
		}
		count, err := beginningValues(of, values, prefix)
		if err != nil {
			return nil, 0, err
		}
		counts = append(counts, count)
	}
	return counts, reply.Took, nil
}

// beginningValues are those with a word that begins with the folded prefix.
func beginningValues(of Facet, values termsReply, prefix string) (FacetCount, error) {
	count := FacetCount{Name: of.Name, Values: []ValueCount{}, More: values.Other > 0}
	for _, b := range values.Buckets {
		v := ValueCount{Count: b.Count}
		if err := json.Unmarshal(b.Key, &v.Value); err != nil {
			return count, fmt.Errorf("reply of Elasticsearch: facet %s: %w", of.Name, err)
		}
		v.Label = of.label(v.Value)
		if v.Label == "" && !beginsWord(fold(v.Value), prefix) {
			continue // the expression held only the prefix's begin
		}
		count.Values = append(count.Values, v)
	}
	return count, nil
}

// newest is the condition that an article is among the [Suggesting] newest of those found; nil
// where there are fewer. What can't be seen has no part in it.
func (f *Finder) newest(ctx context.Context, found object) (since object, took int64, err error) {
	var reply struct {
		summary

		Hits struct {
			Hits []struct {
				Sort []int64 `json:"sort"`
			} `json:"hits"`
		} `json:"hits"`
	}
	err = f.page(ctx, object{
		"query": found, "sort": []any{object{"sort_date": "desc"}}, "from": f.Suggesting - 1, "size": 1, "_source": false, "track_total_hits": false,
	}, &reply)
	if err != nil || len(reply.Hits.Hits) == 0 {
		return nil, reply.Took, err
	}
	first := reply.Hits.Hits[0].Sort
	if len(first) != 1 {
		return nil, 0, fmt.Errorf("reply of Elasticsearch: %d sort values", len(first))
	}
	return between(time.UnixMilli(first[0]), time.Time{}), reply.Took, nil
}

// recount keeps the first values of a facet, at most so many, with the number of all articles
// of the query that have them, the most frequent first.
func (f *Finder) recount(ctx context.Context, whole object, count *FacetCount, most int) (took int64, err error) {
	count.More = count.More || len(count.Values) > most
	count.Values = count.Values[:min(len(count.Values), most)]
	var conditions []object
	for _, v := range count.Values {
		conditions = append(conditions, term(facet(count.Name).Field, v.Value))
	}
	if len(conditions) == 0 {
		return 0, nil
	}
	counts, of, err := f.each(ctx, whole, conditions, false)
	if err != nil {
		return 0, err
	}
	for i := range counts {
		count.Values[i].Count = counts[i]
	}
	// What was killed or held since they were found isn't told of.
	count.Values = slices.DeleteFunc(count.Values, func(v ValueCount) bool { return v.Count == 0 })
	slices.SortStableFunc(count.Values, func(a, b ValueCount) int {
		return cmp.Or(b.Count-a.Count, strings.Compare(a.Value, b.Value))
	})
	return of.Took, nil
}

// anyOf are the articles of a query that one of the conditions is true of.
func anyOf(query object, conditions []any) object {
	return object{"bool": object{
		"must": []any{query}, "filter": []any{object{"bool": object{"should": conditions, "minimum_should_match": 1}}},
	}}
}

// beginning are the condition that an article may have a value of the field with a word
// that begins with the folded prefix, and which of its values those may be.
func beginning(field, prefix string) (condition object, include any) {
	if field == corpus.Topics {
		codes := topics(prefix)
		return object{"terms": object{field: codes}}, codes
	}
	word := firstWord(prefix)
	if word == "" {
		return object{"match_none": object{}}, wordExpression(prefix)
	}
	return object{"regexp": object{corpus.Words(field): object{"value": indexedExpression(word)}}}, wordExpression(prefix)
}

// topics are the codes of the topics with a word in their names that begins with the
// folded prefix; at least one, which no article has if there is none.
func topics(prefix string) []string {
	codes := []string{}
	for code, label := range mediatopic.All() {
		if beginsWord(fold(label), prefix) {
			codes = append(codes, code)
		}
	}
	slices.Sort(codes)
	if len(codes) == 0 {
		return []string{"none"}
	}
	return codes
}
