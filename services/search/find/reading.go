package find

import (
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/query"
)

// Reading is what is asked of what was read in the texts.
type Reading struct {
	Said          string // words in one quote, as typed
	AmountFrom    string // likewise; of money, in whole units, inclusive
	AmountTo      string
	MentionedFrom string // a day such as 2024-04-20, inclusive
	MentionedTo   string
	Translated    string // "yes", "no", or "" for both

	said             query.Said
	least, most      *float64
	mentioned, until *time.Time // days, UTC
}

// readingParameters are the parameters' names.
var readingParameters = []string{"said", "amount_from", "amount_to", "mentioned_from", "mentioned_to", "translated"}

func parseReading(values url.Values, note func(error)) (r Reading) {
	r.Said = strings.TrimSpace(values.Get("said"))
	var err error
	if r.said, err = query.ParseSaid(r.Said); err != nil {
		note(misplaced("said", err))
	}
	amount := func(name string) (string, *float64) {
		s := strings.TrimSpace(values.Get(name))
		if s == "" {
			return "", nil
		}
		f, err := strconv.ParseFloat(s, 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			note(wrong(name, "%q is not a number such as 1500000", clip(s)))
			return s, nil
		}
		return s, &f
	}
	r.AmountFrom, r.least = amount("amount_from")
	r.AmountTo, r.most = amount("amount_to")
	if r.least != nil && r.most != nil && *r.most < *r.least {
		note(wrong("amount_to", "%s is below amount_from, %s", r.AmountTo, r.AmountFrom))
	}
	mentioned := func(name string) (string, *time.Time) {
		s := strings.TrimSpace(values.Get(name))
		if s == "" {
			return "", nil
		}
		t, _, err := day(s, time.UTC)
		if err != nil {
			note(wrong(name, "%q is not a day such as 2024-04-20, of the years 1 to 9999", clip(s)))
			return s, nil
		}
		return s, &t
	}
	r.MentionedFrom, r.mentioned = mentioned("mentioned_from")
	r.MentionedTo, r.until = mentioned("mentioned_to")
	if r.mentioned != nil && r.until != nil && r.until.Before(*r.mentioned) {
		note(wrong("mentioned_to", "%s is before mentioned_from, %s", r.MentionedTo, r.MentionedFrom))
	}
	switch r.Translated = values.Get("translated"); r.Translated {
	case "", "yes", "no":
	default:
		note(wrong("translated", "%q is neither yes nor no", clip(r.Translated)))
		r.Translated = ""
	}
	return r
}

// values writes the parameters.
func (r Reading) values(set func(name, value, unless string)) {
	set("said", r.Said, "")
	set("amount_from", r.AmountFrom, "")
	set("amount_to", r.AmountTo, "")
	set("mentioned_from", r.MentionedFrom, "")
	set("mentioned_to", r.MentionedTo, "")
	set("translated", r.Translated, "")
}

// reading are the conditions on what was read in the texts, but those on nested objects
// at the paths that are told already.
func (r Reading) reading(told ...string) []any {
	var all []any
	for _, path := range []string{corpus.Said, corpus.Sums} {
		if within := r.within(path); within != nil && !slices.Contains(told, path) {
			all = append(all, nested(path, within))
		}
	}
	bounds := object{"relation": "intersects"}
	if r.mentioned != nil {
		bounds["gte"] = instant(*r.mentioned)
	}
	if r.until != nil {
		bounds["lt"] = instant(r.until.AddDate(0, 0, 1))
	}
	if len(bounds) > 1 {
		all = append(all, object{"range": object{corpus.Mentioned: bounds}})
	}
	likely := object{"term": object{"translation_likely": true}}
	switch r.Translated {
	case "yes":
		all = append(all, likely)
	case "no":
		all = append(all, object{"bool": object{"must_not": []any{likely}}})
	}
	return all
}

// within are the conditions on one nested object at path; nil if there are none.
func (r Reading) within(path string) []any {
	switch path {
	case corpus.Said:
		if !r.said.Empty() {
			return []any{r.said.Elastic()}
		}
	case corpus.Sums:
		bounds := object{"relation": "intersects"}
		if r.least != nil {
			bounds["gte"] = *r.least
		}
		if r.most != nil {
			bounds["lte"] = *r.most
		}
		if len(bounds) > 1 {
			return []any{object{"range": object{corpus.SumsValue: bounds}}}
		}
	}
	return nil
}

func nested(path string, filter []any) object {
	return object{"nested": object{"path": path, "query": object{"bool": object{"filter": filter}}}}
}

// insideAgg counts articles by a property of those of their nested objects that
// match.
func insideAgg(facet Facet, inner []any) object {
	return object{"nested": object{"path": facet.path}, "aggs": object{
		"matching": object{"filter": object{"bool": object{"filter": inner}}, "aggs": object{
			"values": object{
				"terms": object{
					"field": facet.of, "size": FacetValues, "shard_size": facetCandidates,
					"order": []any{object{"articles": "desc"}, object{"_key": "asc"}},
				},
				"aggs": object{"articles": object{"reverse_nested": object{}}},
			},
		}},
	}}
}

type insideReply struct {
	Matching struct {
		Values termsReply `json:"values"`
	} `json:"matching"`
}

// articles are the values with the number of their articles.
func (i *insideReply) articles() termsReply {
	for j := range i.Matching.Values.Buckets {
		if b := &i.Matching.Values.Buckets[j]; b.Articles != nil {
			b.Count = b.Articles.Count
		}
	}
	return i.Matching.Values
}

// isCode tells whether s has the form of a code of n capitals, as ISO 4217 and
// ISO 3166-1 have.
func isCode(s string, n int) bool {
	if len(s) != n {
		return false
	}
	for i := range len(s) {
		if s[i] < 'A' || s[i] > 'Z' {
			return false
		}
	}
	return true
}
