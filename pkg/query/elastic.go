package query

import (
	"math"
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/query/analysis"
)

type object = map[string]any

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

// weights are what a word counts in a text. A headline says what an article is about,
// and kicker and standfirst nearly so. They are small whole numbers, so that sums of
// them are exact and equal articles score equally.
var weights = map[string]float64{"headline": 4, "kicker": 3, "standfirst": 3, "byline": 2, "body": 1, "caption": 1, "dateline": 1}

// compiler makes queries for Elasticsearch.
type compiler struct {
	clock Clock
}

// Elastic is the query for Elasticsearch.
//
// The score of an article depends on the article and the query alone: each
// word counts with the weight of the best text it stands in. Statistics of the
// index (BM25's) are kept out of it, because they move with every article that
// arrives, and the next page of results would repeat or skip some. What they
// would add is little where all words must match.
func (q Query) Elastic(clock Clock) map[string]any {
	if q.root == nil {
		return object{"match_all": object{}}
	}
	c := &compiler{clock: clock}
	found := q.root.elastic(c)
	if len(q.plain) < 2 || len(q.plain) > maxNearby {
		return found
	}
	row := make([]string, len(q.plain))
	for i, t := range q.plain {
		row[i] = t.text
	}
	together := constant(phrase(strings.Join(row, " "), everywhere(), nearbySlop), nearby)
	if b, ok := found["bool"].(object); ok {
		b["should"] = []any{together}
	}
	return found
}

// Marks is a query for Elasticsearch that finds what of a text is to be marked: the
// words that are looked for, whether they must be found or only may.
func (q Query) Marks() map[string]any {
	var all []any
	c := &compiler{}
	var walk func(n node)
	walk = func(n node) {
		switch n := n.(type) {
		case every:
			for _, o := range n.of {
				walk(o)
			}
		case some:
			for _, o := range n.of {
				walk(o)
			}
		case *term:
			if n.scores() {
				all = append(all, n.elastic(c))
			}
		}
	}
	if walk(q.root); len(all) == 0 {
		return object{"match_none": object{}}
	}
	return either(all...)
}

// Elastic is the query for one of the quotes of an article, in Elasticsearch.
func (s Said) Elastic() map[string]any { return s.root.elastic(&compiler{}) }

func (n every) elastic(c *compiler) object {
	var must, filter, mustNot []any
	for _, o := range n.of {
		switch x, isNot := o.(not); {
		case isNot:
			mustNot = append(mustNot, x.of.elastic(c))
		case o.scores():
			must = append(must, o.elastic(c))
		default:
			filter = append(filter, o.elastic(c))
		}
	}
	return boolean(must, filter, mustNot)
}

func boolean(must, filter, mustNot []any) object {
	b := object{}
	if len(must) > 0 {
		b["must"] = must
	}
	if len(filter) > 0 {
		b["filter"] = filter
	}
	if len(mustNot) > 0 {
		b["must_not"] = mustNot
	}
	return object{"bool": b}
}

func (n some) elastic(c *compiler) object {
	all := make([]any, len(n.of))
	for i, o := range n.of {
		if all[i] = o.elastic(c); !o.scores() {
			all[i] = constant(o.elastic(c), 0)
		}
	}
	return either(all...)
}

func either(all ...any) object {
	return object{"bool": object{"should": all, "minimum_should_match": 1}}
}

func (n not) elastic(c *compiler) object { return boolean(nil, nil, []any{n.of.elastic(c)}) }

func (n quoted) elastic(c *compiler) object {
	return object{"nested": object{"path": corpus.Said, "query": n.of.elastic(c)}}
}

func (t *term) elastic(c *compiler) object {
	switch {
	case t.value != nil:
		return t.value.elastic(t.field, c)
	case t.inside && t.field != nil:
		return t.name(corpus.SaidSpeaker)
	case t.inside:
		return t.among(append(t.versions(corpus.SaidExact, corpus.SaidWords), unstemmed(corpus.Words(corpus.SaidSpeaker))))
	case t.field == nil:
		all := make([]any, len(corpus.TextFields))
		for i, name := range corpus.TextFields {
			all[i] = constant(t.among(t.of(name)), weights[name])
		}
		return object{"dis_max": object{"queries": all, "tie_breaker": alsoElsewhere}}
	case t.field.kind == ofText:
		return constant(t.among(t.of(t.field.elastic)), weights[t.field.elastic])
	}
	return t.name(t.field.elastic)
}

// place is a field of the index, and the analyzer of what is looked for in it.
type place struct{ field, analyzer string }

func unstemmed(field string) place { return place{field, corpus.Analyzer(corpus.Other)} }

// of are the fields of a text that a term is looked for in.
func (t *term) of(text string) []place {
	if text == corpus.Dateline || t.exact || t.mask != "" {
		return []place{unstemmed(text)}
	}
	return t.versions(nil, func(l string) string { return corpus.Stemmed(l, text) })
}

// versions are the fields of all languages: those of unstemmed words if such are
// looked for.
func (t *term) versions(exact, stemmed func(language string) string) []place {
	var all []place
	for _, l := range append([]string{corpus.Other}, corpus.Languages...) {
		if exact != nil && (t.exact || t.mask != "") {
			all = append(all, unstemmed(exact(l)))
		} else {
			all = append(all, place{stemmed(l), corpus.Analyzer(l)})
		}
	}
	return all
}

// name is a term in the words of names, or, exact, a name as a whole.
func (t *term) name(field string) object {
	if t.exact {
		return object{"term": object{field: t.text}}
	}
	found := t.among([]place{unstemmed(corpus.Words(field))})
	if code := t.country(); code != "" {
		return either(found, object{"term": object{corpus.Countries: code}})
	}
	return found
}

// country is the code of a country that may be meant; "" if none is.
func (t *term) country() string {
	if t.field == nil || t.field.kind != ofPlace || t.exact || t.mask != "" || capitals(2)(t.text) != t.text {
		return ""
	}
	return t.text
}

// among is a term in any of these fields. What one word of the query is, is the
// analyzer's matter: it may make two of it, which then must be neighbours.
func (t *term) among(places []place) object {
	if t.mask != "" {
		return t.pattern(places)
	}
	// Where words need not stand in a row, one that is there twice counts once:
	// Elasticsearch doesn't find all of them by what it does there.
	var texts []string
	fields := map[string][]string{}
	for _, p := range places {
		text := t.text
		if t.slop > 0 {
			text = once(text, p.analyzer)
		}
		if fields[text] == nil {
			texts = append(texts, text)
		}
		fields[text] = append(fields[text], p.field)
	}
	if len(texts) == 1 {
		return phrase(texts[0], fields[texts[0]], t.slop)
	}
	all := make([]any, len(texts))
	for i, text := range texts {
		all[i] = phrase(text, fields[text], t.slop)
	}
	return either(all...)
}

// once is text without the words that stand in it before, by what the analyzer makes
// of them; text as it is if there are none.
func once(text, analyzer string) string {
	var words []string
	seen, twice := map[string]bool{}, false
	analysis.New(analyzer).Each(text, func(w string, at analysis.Token) {
		if seen[w] {
			twice = true
			return
		}
		seen[w] = true
		words = append(words, text[at.Start:at.End])
	})
	if !twice {
		return text
	}
	return strings.Join(words, " ")
}

func (t *term) pattern(places []place) object {
	kind, mask := "wildcard", t.mask
	if stem := strings.TrimRight(mask, "*"); !strings.ContainsAny(stem, "*?") {
		kind, mask = "prefix", stem
	}
	all := make([]any, len(places))
	for i, p := range places {
		all[i] = object{kind: object{p.field: object{"value": mask}}}
	}
	if len(all) == 1 {
		return object{kind: object{places[0].field: object{"value": mask}}}
	}
	return either(all...)
}

func phrase(text string, fields []string, slop int) object {
	m := object{"type": "phrase", "query": text, "fields": fields}
	if slop > 0 {
		m["slop"] = slop
	}
	return object{"multi_match": m}
}

func constant(filter any, score float64) object {
	return object{"constant_score": object{"filter": filter, "boost": score}}
}

func everywhere() []string {
	var all []string
	for _, name := range corpus.TextFields {
		for _, p := range (&term{}).of(name) {
			all = append(all, p.field)
		}
	}
	return all
}

func (v code) elastic(f *Field, _ *compiler) object {
	return object{"term": object{f.elastic: string(v)}}
}

func (v tag) elastic(f *Field, _ *compiler) object {
	is := func(kind, value string) object {
		return object{kind: object{f.elastic: object{"value": value, "case_insensitive": true}}}
	}
	return either(is("term", string(v)), is("prefix", string(v)+"-"))
}

func (v yesOrNo) elastic(f *Field, _ *compiler) object {
	yes := object{"term": object{f.elastic: true}}
	if v {
		return yes
	}
	return boolean(nil, nil, []any{yes})
}

func (v topics) elastic(f *Field, _ *compiler) object {
	return object{"terms": object{f.elastic: []string(v)}}
}

func (v numbers) elastic(f *Field, _ *compiler) object {
	return object{"range": object{f.elastic: object{"gte": v.least, "lte": v.most}}}
}

func (v times) elastic(f *Field, c *compiler) object {
	from, to := v.bounds(c.clock, f.kind == ofPeriod)
	bounds := object{}
	if from != math.MinInt64 {
		bounds["gte"] = instant(from)
	}
	if to != math.MaxInt64 {
		bounds["lt"] = instant(to)
	}
	if f.kind == ofPeriod {
		bounds["relation"] = "intersects"
	}
	if from >= to {
		return object{"match_none": object{}}
	}
	return object{"range": object{f.elastic: bounds}}
}

func instant(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z") }

func (v money) elastic(_ *Field, _ *compiler) object {
	var filter []any
	bounds := object{"relation": "intersects"}
	if !math.IsInf(v.least, -1) {
		bounds["gte"] = v.least
	}
	if !math.IsInf(v.most, 1) {
		bounds["lte"] = v.most
	}
	if len(bounds) > 1 {
		filter = append(filter, object{"range": object{corpus.SumsValue: bounds}})
	}
	if v.currency != "" {
		filter = append(filter, object{"term": object{corpus.SumsCurrency: v.currency}})
	}
	return object{"nested": object{"path": corpus.Sums, "query": boolean(nil, filter, nil)}}
}

func (v point) elastic(f *Field, _ *compiler) object {
	return object{"geo_distance": object{"distance": v.radius, f.elastic: object{"lat": v.lat, "lon": v.lon}}}
}
