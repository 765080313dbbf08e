package find

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/query"
	"github.com/copytaster/copytaster/pkg/query/analysis"
)

// Limits of spelling.
const (
	// MaxDoubted is how many words of a query are looked at, those found least.
	MaxDoubted = 4
	// MaxCandidates is how many words are told for each of them.
	MaxCandidates = 5
	// doubtBelow is how many articles a word must be in to be believed.
	doubtBelow = 5
	// moreOften is how many times as many articles another word must be in.
	moreOften = 10
	// shortest is the shortest word that is looked at, in letters: there is always
	// another word beside one of three.
	// Of longer ones than longest, Elasticsearch can't tell what is near.
	shortest = 4
	longest  = 30
	// farther is from how many letters on two of them may differ, not one.
	farther = 6
	// mostWords is how many words of a query are counted, its first ones.
	mostWords = 30
	// closest is how many articles are read for words that are nearly those asked
	// for, expansions how many of those are counted, and scanned after how many articles
	// of a shard that look-up ends.
	closest    = 50
	expansions = 50
	scanned    = 100_000
	// snippet is how much of a text is cut out around one, in characters.
	snippet = 40
)

// ParseSpelling reads a request whose words are to be looked at, as [ParseRequest] does.
func ParseSpelling(values url.Values, zone *time.Location) (Request, error) {
	r, err := parseWhole(values, zone)
	if err == nil && strings.TrimSpace(r.Text) == "" {
		err = wrong("q", "is missing: it is what may be misspelt")
	}
	return r, err
}

// Spelling is what a query may have meant.
type Spelling struct {
	Total int `json:"total"` // articles that the query finds
	// Suggestion is the query with other words; empty if there is none that finds more.
	Suggestion string `json:"suggestion,omitempty"`
	// SuggestionTotal is how many articles that finds.
	SuggestionTotal int           `json:"suggestion_total,omitempty"`
	Words           []DoubtedWord `json:"words"`
}

// DoubtedWord is a word of a query that few articles have, or none.
type DoubtedWord struct {
	Word       string      `json:"word"`
	Position   int         `json:"position"` // of its first character, from 1
	Count      int         `json:"count"`    // articles with it
	Candidates []WordCount `json:"candidates"`
}

// WordCount is a word with the number of the articles that have it.
type WordCount struct {
	Word  string `json:"word"`
	Count int    `json:"count"`
}

// spelt is a word of a query.
type spelt struct {
	text string
	at   int // in characters
}

// speltWords are the words of a query that may be misspelt: runs of letters that are
// neither an operator nor a field or its value, nor begin or end in a wildcard.
func speltWords(query string) (words []spelt) {
	text := []rune(query)
	inside := func(i int) bool { return unicode.IsLetter(text[i]) || unicode.IsMark(text[i]) }
	for i := 0; i < len(text); {
		if !inside(i) {
			i++
			continue
		}
		start := i
		for i < len(text) && inside(i) {
			i++
		}
		w := spelt{string(text[start:i]), start}
		touches := func(at int, of string) bool {
			return at >= 0 && at < len(text) && (strings.ContainsRune(of, text[at]) || unicode.IsDigit(text[at]))
		}
		if i-start < shortest || i-start > longest || touches(start-1, ":*?=_@/") || touches(i, ":*?_@/") ||
			slices.ContainsFunc(words, func(o spelt) bool { return o.text == w.text }) {
			continue
		}
		words = append(words, w)
	}
	return words[:min(len(words), mostWords)]
}

// hasWord is the condition that a word stands anywhere in an article, stemmed by its
// language.
func hasWord(word string) object {
	var fields []string
	for _, name := range corpus.TextFields {
		for _, l := range append([]string{corpus.Other}, corpus.Languages...) {
			fields = append(fields, corpus.Stemmed(l, name))
		}
	}
	return object{"multi_match": object{"query": word, "fields": fields, "type": "phrase"}}
}

// countedWords are how many articles that the reader may see have each of the words.
func (f *Finder) countedWords(ctx context.Context, visible []any, words []string) ([]int, error) {
	if len(words) == 0 {
		return nil, nil
	}
	conditions := make([]object, len(words))
	for i, w := range words {
		conditions[i] = hasWord(w)
	}
	counts, _, err := f.each(ctx, object{"bool": object{"filter": visible}}, conditions, false)
	return counts, err
}

// each are how many articles of a query meet each of the conditions; and, if their total is
// asked for, how many there are. Elasticsearch takes much longer for that.
func (f *Finder) each(ctx context.Context, query object, conditions []object, total bool) (counts []int, of summary, err error) {
	filters := object{}
	for i, c := range conditions {
		filters[strconv.Itoa(i)] = c
	}
	var reply struct {
		summary

		Aggregations struct {
			Words struct {
				Buckets map[string]struct {
					Count int `json:"doc_count"`
				} `json:"buckets"`
			} `json:"words"`
		} `json:"aggregations"`
	}
	err = f.page(ctx, object{
		"query": query, "size": 0, "track_total_hits": total,
		"aggs": object{"words": object{"filters": object{"filters": filters}}},
	}, &reply)
	if err != nil {
		return nil, summary{}, err
	}
	counts = make([]int, len(conditions))
	for i := range conditions {
		counts[i] = reply.Aggregations.Words.Buckets[strconv.Itoa(i)].Count
	}
	return counts, reply.summary, nil
}

// Spelling tells which words of a query hardly any article has that the reader may see,
// and which words that are nearly the same more of them have. Those are words that stand
// in such articles: no list of words that knows of others is asked.
func (f *Finder) Spelling(ctx context.Context, r Request) (Spelling, error) {
	res := Spelling{Words: []DoubtedWord{}}
	var err error
	if res.Total, err = f.Count(ctx, r); err != nil {
		return Spelling{}, err
	}
	visible := f.visible(f.now())
	words := speltWords(r.Text)
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = w.text
	}
	counts, err := f.countedWords(ctx, visible, texts)
	if err != nil {
		return Spelling{}, err
	}
	for i, w := range words {
		if counts[i] < doubtBelow {
			res.Words = append(res.Words, DoubtedWord{Word: w.text, Position: w.at + 1, Count: counts[i], Candidates: []WordCount{}})
		}
	}
	slices.SortStableFunc(res.Words, func(a, b DoubtedWord) int { return a.Count - b.Count })
	res.Words = res.Words[:min(len(res.Words), MaxDoubted)]
	for i := range res.Words {
		if err := f.candidates(ctx, visible, &res.Words[i]); err != nil {
			return Spelling{}, err
		}
	}
	return res, f.suggest(ctx, r, &res)
}

// suggest makes the query of the best words, if it finds more.
func (f *Finder) suggest(ctx context.Context, r Request, s *Spelling) error {
	text := []rune(r.Text)
	changed := slices.Clone(s.Words)
	slices.SortFunc(changed, func(a, b DoubtedWord) int { return b.Position - a.Position }) // the last first
	for _, w := range changed {
		if len(w.Candidates) > 0 {
			at := w.Position - 1
			text = slices.Concat(text[:at], []rune(w.Candidates[0].Word), text[at+len([]rune(w.Word)):])
		}
	}
	if string(text) == r.Text {
		return nil
	}
	values := r.Values()
	values.Set("q", string(text))
	other, err := ParseRequest(values, f.zone)
	if err != nil {
		return nil //nolint:nilerr // a longer word made it too long: then there is no suggestion
	}
	total, err := f.Count(ctx, other)
	if err != nil {
		return err
	}
	if total > s.Total {
		s.Suggestion, s.SuggestionTotal = string(text), total
	}
	return nil
}

// candidates fills in the words that stand in visible articles, are nearly w, and are
// there much more often.
func (f *Finder) candidates(ctx context.Context, visible []any, w *DoubtedWord) error {
	near, err := f.near(ctx, visible, w.Word)
	if err != nil {
		return err
	}
	counts, err := f.countedWords(ctx, visible, near)
	if err != nil {
		return err
	}
	typed := fold(w.Word)
	for i, word := range near {
		if counts[i] >= max(1, w.Count*moreOften) {
			w.Candidates = append(w.Candidates, WordCount{word, counts[i]})
		}
	}
	slices.SortStableFunc(w.Candidates, func(a, b WordCount) int {
		if d := query.Distance(typed, fold(a.Word)) - query.Distance(typed, fold(b.Word)); d != 0 {
			return d
		}
		return b.Count - a.Count
	})
	w.Candidates = w.Candidates[:min(len(w.Candidates), MaxCandidates)]
	return nil
}

// near are words of visible articles that are nearly the one, without their case and in
// no order.
func (f *Finder) near(ctx context.Context, visible []any, word string) ([]string, error) {
	fields := corpus.TextFields
	cut := object{}
	for _, name := range fields {
		cut[name] = object{"number_of_fragments": 1, "fragment_size": snippet}
	}
	var reply struct {
		Hits struct {
			Hits []struct {
				Highlight map[string][]string `json:"highlight"`
			} `json:"hits"`
		} `json:"hits"`
	}
	err := f.page(ctx, object{
		"query": object{"bool": object{"must": []any{nearly(word)}, "filter": visible}}, "size": closest, "_source": false,
		"sort":             []any{object{"_score": "desc"}, object{"sort_date": "desc"}, object{"uri": "asc"}},
		"track_total_hits": false, "terminate_after": scanned, "timeout": milliseconds(f.timeout),
		"highlight": object{
			"type": "unified", "require_field_match": true, "fields": cut, "pre_tags": []string{f.marks.open}, "post_tags": []string{f.marks.shut},
		},
	}, &reply)
	if err != nil {
		return nil, fmt.Errorf("words near %q: %w", clip(word), err)
	}
	typed := fold(word)
	var words []string
	for _, h := range reply.Hits.Hits {
		for _, marked := range h.Highlight {
			for _, m := range marked {
				for _, piece := range f.marks.cut(m) {
					as := strings.ToLower(piece.Text)
					if piece.Match && fold(as) != typed && !slices.Contains(words, as) {
						words = append(words, as)
					}
				}
			}
		}
	}
	slices.Sort(words)
	return words[:min(len(words), expansions)], nil
}

// nearly is the condition that a word nearly the one stands in an article; the nearer,
// the greater its score. All words of the index that are so near are looked for, however
// many, and score the same: of some of them only, or by how rare they are, what can't be
// seen would have a part in the answer.
func nearly(word string) object {
	folded := analysis.Fold(analysis.Lower(word))
	most := 1
	if utf8.RuneCountInString(folded) >= farther {
		most = 2
	}
	var either []any
	for off := 1; off <= most; off++ {
		var in []any
		for _, name := range corpus.TextFields {
			in = append(in, object{"fuzzy": object{name: object{"value": folded, "fuzziness": off, "prefix_length": 1, "rewrite": "constant_score"}}})
		}
		either = append(either, object{"constant_score": object{"filter": object{"bool": object{"should": in, "minimum_should_match": 1}}}})
	}
	return object{"bool": object{"should": either, "minimum_should_match": 1}}
}
