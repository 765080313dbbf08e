package find

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Limits of what is significant.
const (
	// MaxSignificant is how many values of each kind are told.
	MaxSignificant     = 50
	defaultSignificant = 10
	// sampled is how many articles each shard looks at, those that fit best; of words,
	// which are read in the articles themselves, it is sampledWords.
	sampled      = 2000
	sampledWords = 200
	// leastSignificant is how many of the articles must have a value.
	leastSignificant = 2
)

// Words is the kind of what is significant that are the words of the body, as they are
// written, in lower case and without accents. All others are facets.
const Words = "word"

// significantKinds are the kinds that can be asked for; those asked for if none is named
// are the first ones.
func significantKinds() []string {
	return []string{"person", "organisation", "place", "keyphrase", "topic", "country", "speaker", "agency", "source", "cited_media", Words}
}

// SignificantRequest asks what stands out in what a search finds.
type SignificantRequest struct {
	Request
	Of   []string // names of facets, and Words
	Size int      // values of each
}

// ParseSignificant reads the request from the parameters of a URL, as [ParseRequest]
// does.
func ParseSignificant(values url.Values, zone *time.Location) (s SignificantRequest, err error) {
	if s.Request, err = parseWhole(values, zone, "of", "values"); err != nil {
		return s, err
	}
	if s.Of, err = listed(values, "of", significantKinds()[:5], significantKinds()); err != nil {
		return s, err
	}
	s.Size, err = number(values, "values", defaultSignificant, 1, MaxSignificant)
	return s, err
}

// Significant is what stands out in what a search finds, against all that the reader may
// see.
type Significant struct {
	Total      Total              `json:"total"`
	Background int                `json:"background"` // articles that the reader may see
	Kinds      []SignificantValue `json:"kinds"`
	TookMS     int64              `json:"took_ms"`
}

// SignificantValue are the values of one kind, those that stand out most first.
type SignificantValue struct {
	Name string `json:"name"`
	// Articles is how many of those found were looked at.
	Articles int               `json:"articles"`
	Values   []SignificantTerm `json:"values"`
}

// SignificantTerm is a value that stands out.
type SignificantTerm struct {
	Value      string  `json:"value"`
	Label      string  `json:"label,omitempty"` // of a topic, its English name
	Count      int     `json:"count"`           // of the articles looked at
	Background int     `json:"background"`      // of all that the reader may see
	Score      float64 `json:"score"`           // how much it stands out; to be compared within its kind
}

type significantReply struct {
	Articles   int `json:"doc_count"`
	Background int `json:"bg_count"`
	Buckets    []struct {
		Key        json.RawMessage `json:"key"`
		Count      int             `json:"doc_count"`
		Background int             `json:"bg_count"`
		Score      float64         `json:"score"`
	} `json:"buckets"`
}

// Significant tells what stands out. What it is measured against is what the reader may
// see: counts of both sides know of nothing else.
func (f *Finder) Significant(ctx context.Context, s SignificantRequest) (Significant, error) {
	now := f.now()
	background := object{"bool": object{"filter": f.visible(now)}}
	facets, words := object{}, object{}
	for _, name := range s.Of {
		agg := object{"size": s.Size, "min_doc_count": leastSignificant, "background_filter": background}
		if name == Words {
			agg["field"], agg["filter_duplicate_text"] = "body", true
			// Figures are of one text: they say nothing about many.
			agg["exclude"] = "[0-9.,:]+"
			words[name] = object{"significant_text": agg}
			continue
		}
		agg["field"] = facet(name).Field
		facets[name] = object{"significant_terms": agg}
	}
	aggs := object{"visible": object{"global": object{}, "aggs": object{"all": object{"filter": background}}}}
	if len(facets) > 0 {
		aggs["facets"] = object{"sampler": object{"shard_size": sampled}, "aggs": facets}
	}
	if len(words) > 0 {
		aggs["words"] = object{"sampler": object{"shard_size": sampledWords}, "aggs": words}
	}
	var reply struct {
		summary

		Aggregations struct {
			Visible struct {
				All struct {
					Count int `json:"doc_count"`
				} `json:"all"`
			} `json:"visible"`
			Facets map[string]json.RawMessage `json:"facets"`
			Words  map[string]json.RawMessage `json:"words"`
		} `json:"aggregations"`
	}
	if err := f.summarise(ctx, f.whole(s.Request, now), aggs, &reply); err != nil {
		return Significant{}, err
	}
	res := Significant{Total: reply.Hits.Total, Background: reply.Aggregations.Visible.All.Count, Kinds: []SignificantValue{}, TookMS: reply.Took}
	for _, name := range s.Of {
		raw := reply.Aggregations.Facets[name]
		if name == Words {
			raw = reply.Aggregations.Words[name]
		}
		kind, err := significant(name, raw)
		if err != nil {
			return Significant{}, fmt.Errorf("reply of Elasticsearch: significant %s: %w", name, err)
		}
		res.Kinds = append(res.Kinds, kind)
	}
	return res, nil
}

func significant(name string, raw json.RawMessage) (SignificantValue, error) {
	var reply significantReply
	if err := json.Unmarshal(raw, &reply); err != nil {
		return SignificantValue{}, err
	}
	kind := SignificantValue{Name: name, Articles: reply.Articles, Values: []SignificantTerm{}}
	for _, b := range reply.Buckets {
		t := SignificantTerm{Count: b.Count, Background: b.Background, Score: b.Score}
		if err := json.Unmarshal(b.Key, &t.Value); err != nil {
			return SignificantValue{}, err
		}
		t.Label = facet(name).label(t.Value)
		kind.Values = append(kind.Values, t)
	}
	slices.SortStableFunc(kind.Values, func(a, b SignificantTerm) int {
		switch {
		case a.Score > b.Score:
			return -1
		case a.Score < b.Score:
			return 1
		}
		return strings.Compare(a.Value, b.Value)
	})
	return kind, nil
}

// facet is the one of that name; the zero value if there is none.
func facet(name string) Facet {
	i := slices.IndexFunc(Facets, func(f Facet) bool { return f.Name == name })
	if i < 0 {
		return Facet{}
	}
	return Facets[i]
}
