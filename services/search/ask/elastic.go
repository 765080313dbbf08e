package ask

import "strings"

// Text is a field of the article that words are looked for in: one
// Elasticsearch field for each language, of which only the article's own holds
// text.
type Text struct {
	Name   string   // "headline"
	Fields []string // "stemmed.en.headline", ...
	Weight float64  // how much a match here counts
}

const (
	// alsoElsewhere is what a word adds to the score for every further text it
	// is found in, as a part of that text's weight.
	alsoElsewhere = 0.25
	// nearby is what the words add together if they stand next to each other, in
	// this order, in one text.
	nearby = 2
	// nearbySlop is how many places the words may be off.
	nearbySlop = 2
	// maxNearby is up to how many words that is looked for.
	maxNearby = 6
)

// Elastic is the query for Elasticsearch.
//
// The score of an article depends on the article and the query alone: each
// word counts with the weight of the best text it stands in. Statistics of the
// index (BM25's) are kept out of it, because they move with every article that
// arrives, and the next page of results would repeat or skip some. What they
// would add is little where all words must match.
func (q Query) Elastic(texts []Text) map[string]any {
	if len(q.Terms) == 0 {
		return map[string]any{"match_all": map[string]any{}}
	}
	var must, mustNot []any
	var plain []Term
	for _, t := range q.Terms {
		if t.Not {
			mustNot = append(mustNot, phrase(t.Text, everywhere(texts), 0, "none"))
			continue
		}
		if !t.Phrase {
			plain = append(plain, t)
		}
		places := make([]any, len(texts))
		for i, text := range texts {
			places[i] = constant(phrase(t.Text, text.Fields, 0, "all"), text.Weight)
		}
		must = append(must, map[string]any{"dis_max": map[string]any{"queries": places, "tie_breaker": alsoElsewhere}})
	}
	clauses := map[string]any{}
	if len(must) > 0 {
		clauses["must"] = must
	}
	if len(mustNot) > 0 {
		clauses["must_not"] = mustNot
	}
	if len(plain) > 1 && len(plain) <= maxNearby {
		row := make([]string, len(plain))
		for i, t := range plain {
			row[i] = t.Text
		}
		clauses["should"] = []any{constant(phrase(strings.Join(row, " "), everywhere(texts), nearbySlop, "none"), nearby)}
	}
	return map[string]any{"bool": clauses}
}

// phrase matches text in any of the fields. What one word of the query is, is
// the analyzer's matter: it may make two of it, which then must be neighbours.
//
// To ask for text of which the analyzer leaves nothing (a symbol that is no
// word there) is to ask for nothing in particular; to leave it out is to leave
// out nothing.
func phrase(text string, fields []string, slop int, zero string) map[string]any {
	m := map[string]any{"type": "phrase", "query": text, "fields": fields, "zero_terms_query": zero}
	if slop > 0 {
		m["slop"] = slop
	}
	return map[string]any{"multi_match": m}
}

func constant(filter map[string]any, score float64) map[string]any {
	return map[string]any{"constant_score": map[string]any{"filter": filter, "boost": score}}
}

func everywhere(texts []Text) []string {
	var all []string
	for _, t := range texts {
		all = append(all, t.Fields...)
	}
	return all
}
