package find

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

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
// begin one if a short word that is elided or the like stands before an apostrophe.
func (f *Finder) Suggest(ctx context.Context, s SuggestRequest) (Suggestions, error) {
	prefix := fold(s.Prefix)
	aggs := object{}
	var either []any
	for _, name := range s.Of {
		begins, include := beginning(facet(name).Field, prefix)
		either = append(either, begins)
		aggs[name] = object{"filter": begins, "aggs": object{"values": object{"terms": object{
			"field": facet(name).Field, "size": candidates, "shard_size": facetCandidates,
			"order": []any{object{"_count": "desc"}, object{"_key": "asc"}}, "include": include,
			// By the values of the articles that are left, rather than by all that the
			// index has, each of which the expression would be held to first.
			"execution_hint": "map",
		}}}}
	}
	found := object{"bool": object{
		"must": []any{f.whole(s.Request, f.now())}, "filter": []any{object{"bool": object{"should": either, "minimum_should_match": 1}}},
	}}
	var reply struct {
		summary

		Aggregations map[string]struct {
			Values termsReply `json:"values"`
		} `json:"aggregations"`
	}
	if err := f.summarise(ctx, found, aggs, &reply); err != nil {
		return Suggestions{}, err
	}
	res := Suggestions{Facets: []FacetCount{}, TookMS: reply.Took}
	for _, name := range s.Of {
		count := FacetCount{Name: name, Values: []ValueCount{}, More: reply.Aggregations[name].Values.Other > 0}
		for _, b := range reply.Aggregations[name].Values.Buckets {
			v := ValueCount{Count: b.Count}
			if err := json.Unmarshal(b.Key, &v.Value); err != nil {
				return Suggestions{}, fmt.Errorf("reply of Elasticsearch: facet %s: %w", name, err)
			}
			v.Label = facet(name).label(v.Value)
			if v.Label == "" && !beginsWord(fold(v.Value), prefix) {
				continue // the expression held only the prefix's begin
			}
			if len(count.Values) == s.Size {
				count.More = true
				break
			}
			count.Values = append(count.Values, v)
		}
		res.Facets = append(res.Facets, count)
	}
	return res, nil
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
