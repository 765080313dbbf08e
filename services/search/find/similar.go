package find

import (
	"context"
	"math"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/query/analysis"
)

// Limits of similar articles.
const (
	// MaxSimilar is how many are listed.
	MaxSimilar     = 50
	defaultSimilar = 10
	// likeText is how much of the text they are compared by, in characters: news comes
	// first.
	likeText = 10_000
	// likeCounted is how many words of it are counted in other articles, likeWords how
	// many of them count, and wordsInCommon how many of those, in percent, an article of
	// the same language must have.
	likeCounted   = 60
	likeWords     = 25
	wordsInCommon = 40
	// leastLetters is how long a word must be to tell something, leastShared in how many
	// articles it must be, the one itself among them, and headed what it counts in a
	// headline or standfirst, where it counts one in the body.
	leastLetters = 4
	leastShared  = 2
	headed       = 3
	// likeNames is how many names of each kind count, and namesInCommon how many of all
	// an article of any language must have otherwise.
	likeNames     = 20
	namesInCommon = 3
)

// Similar are articles that are like another one.
type Similar struct {
	URI      article.URI      `json:"uri"`
	Revision article.Revision `json:"revision"` // that they are like: the newest
	Hits     []SimilarHit     `json:"hits"`     // those that are most like it first
	TookMS   int64            `json:"took_ms"`
}

// SimilarHit is an article with what it has in common with the other.
type SimilarHit struct {
	Hit

	Persons       []string `json:"persons,omitempty"`
	Organisations []string `json:"organisations,omitempty"`
	Places        []string `json:"places,omitempty"`
	Keyphrases    []string `json:"keyphrases,omitempty"`
}

// ParseSimilar reads how many are asked for from the parameters of a URL.
func ParseSimilar(values url.Values) (size int, err error) {
	if err := only(values, "size"); err != nil {
		return 0, err
	}
	return number(values, "size", defaultSimilar, 1, MaxSimilar)
}

// only tells whether there are other parameters, or one of these twice.
func only(values url.Values, names ...string) error {
	for name, given := range values {
		switch {
		case !slices.Contains(names, name):
			return wrong(name, "there is no such parameter here; there are %s", strings.Join(names, ", "))
		case len(given) > 1:
			return wrong(name, "is given %d times, once is enough", len(given))
		}
	}
	return nil
}

// likeness is one kind of names that articles may have in common.
type likeness struct {
	field  string
	weight float64
	names  []string
}

// likenesses are those of an article, by what it is found by.
func likenesses(a *article.Article) [4]likeness {
	kinds := [4]likeness{{field: corpus.Persons, weight: 2}, {field: corpus.Organisations, weight: 1}, {field: corpus.Places, weight: 1}, {field: corpus.Keyphrases, weight: 2}}
	add := func(kind int, name string) {
		if l := &kinds[kind]; len(l.names) < likeNames && !slices.Contains(l.names, name) {
			l.names = append(l.names, name)
		}
	}
	for _, e := range a.Entities {
		switch e.Type {
		case article.EntityPerson:
			add(0, e.Name)
		case article.EntityOrganisation:
			add(1, e.Name)
		default:
		}
	}
	for _, p := range a.Places {
		add(2, p.Name)
	}
	for _, k := range a.Keyphrases {
		add(3, k.Phrase)
	}
	return kinds
}

// Similar finds the articles that say most of what the newest revision of one says, in
// its language, or name most of those whom it names, in any. What a reader may not see is
// [ErrNotFound], and so is a canceled article, which is like no other.
//
// Which of an article's words tell most about it, and what each counts, is told by how
// many articles have it of those that the reader may see, and by nothing else: no
// statistics of the index, which know of what is hidden, have a part in the answer.
func (f *Finder) Similar(ctx context.Context, uri article.URI, size int) (Similar, error) {
	head, _, err := f.article(ctx, uri, 0)
	if err != nil {
		return Similar{}, err
	}
	if head.Status != article.Usable {
		return Similar{}, ErrNotFound
	}
	kinds := likenesses(head)
	visible := f.visible(f.now())
	words, err := f.tellingWords(ctx, head, visible)
	if err != nil {
		return Similar{}, err
	}
	body := f.like(head, kinds, words, visible)
	var fields []string
	for _, k := range kinds {
		fields = append(fields, k.field)
	}
	body["size"], body["_source"], body["track_total_hits"], body["docvalue_fields"] = size, hitFields, false, fields
	var reply struct {
		summary

		Hits struct {
			Hits []struct {
				Source Hit                 `json:"_source"`
				Fields map[string][]string `json:"fields"`
			} `json:"hits"`
		} `json:"hits"`
	}
	if err := f.page(ctx, body, &reply); err != nil {
		return Similar{}, err
	}
	if reply.TimedOut {
		return Similar{}, &UnavailableError{ErrTimeout}
	}
	res := Similar{URI: head.URI, Revision: head.Revision, Hits: []SimilarHit{}, TookMS: reply.Took}
	for _, h := range reply.Hits.Hits {
		hit := SimilarHit{Hit: h.Source}
		for i, into := range []*[]string{&hit.Persons, &hit.Organisations, &hit.Places, &hit.Keyphrases} {
			for _, name := range kinds[i].names {
				if slices.Contains(h.Fields[kinds[i].field], name) {
					*into = append(*into, name)
				}
			}
		}
		res.Hits = append(res.Hits, hit)
	}
	return res, nil
}

// telling is a word of an article that tells what it is about.
type telling struct {
	condition object // that an article has it
	often     int    // how often it is in the text; in headline and standfirst, headed times
	weight    int    // the more, the fewer articles have it
}

// tellingWords are the words that tell most about an article, at most likeWords.
func (f *Finder) tellingWords(ctx context.Context, a *article.Article, visible []any) ([]telling, error) {
	words := wordsOf(a)
	if len(words) == 0 {
		return nil, nil
	}
	conditions := make([]object, len(words))
	for i, w := range words {
		conditions[i] = w.condition
	}
	counts, all, err := f.each(ctx, object{"bool": object{"filter": visible}}, conditions, true)
	if err != nil {
		return nil, err
	}
	var shared []telling
	for i, w := range words {
		if counts[i] >= leastShared {
			w.weight = 1 + int(math.Round(math.Log(float64(all.Hits.Total.Value)/float64(counts[i]))))
			shared = append(shared, w)
		}
	}
	slices.SortStableFunc(shared, func(a, b telling) int { return b.often*b.weight - a.often*a.weight })
	return shared[:min(len(shared), likeWords)], nil
}

// wordsOf are the words of an article that may tell what it is about, stemmed by its
// language: those that it has most often, at most likeCounted.
func wordsOf(a *article.Article) []telling {
	language := corpus.Language(a.Language.Value)
	analyzer := analysis.New(corpus.Analyzer(language))
	var words []telling
	at := map[string]int{}
	left := likeText
	read := func(text string, weight int) {
		runes := []rune(text)
		runes = runes[:min(len(runes), left)]
		left -= len(runes)
		text = string(runes)
		analyzer.Each(text, func(word string, t analysis.Token) {
			if !tells(text[t.Start:t.End]) {
				return
			}
			i, ok := at[word]
			if !ok {
				i = len(words)
				at[word] = i
				words = append(words, telling{condition: stemmedWord(language, word)})
			}
			words[i].often += weight
		})
	}
	read(a.First(article.Headline), headed)
	read(a.First(article.Standfirst), headed)
	read(a.Body(), 1)
	slices.SortStableFunc(words, func(a, b telling) int { return b.often - a.often })
	return words[:min(len(words), likeCounted)]
}

// tells says whether a word may say what an article is about: short ones of letters
// that make long words, and short numbers, are in most articles.
func tells(word string) bool {
	short := utf8.RuneCountInString(word) < leastLetters
	return !short || strings.ContainsFunc(word, func(r rune) bool {
		return unicode.IsLetter(r) && !unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic)
	})
}

// stemmedWord is the condition that an article of a language has a stemmed word.
func stemmedWord(language, word string) object {
	var either []any
	for _, name := range []string{"headline", "standfirst", "body"} {
		either = append(either, term(corpus.Stemmed(language, name), word))
	}
	return object{"bool": object{"should": either, "minimum_should_match": 1}}
}

// like is the question for articles like one. Scores are sums of whole numbers, which
// come out the same in whatever order they are added.
func (f *Finder) like(a *article.Article, kinds [4]likeness, words []telling, visible []any) object {
	var alike []any
	if len(words) > 0 {
		either := make([]any, len(words))
		for i, w := range words {
			either[i] = object{"constant_score": object{"filter": w.condition, "boost": w.weight}}
		}
		alike = append(alike, object{"bool": object{"should": either, "minimum_should_match": max(1, len(words)*wordsInCommon/100)}})
	}
	var names []any
	for _, k := range kinds {
		for _, name := range k.names {
			names = append(names, object{"constant_score": object{"filter": term(k.field, name), "boost": k.weight}})
		}
	}
	if len(names) > 0 {
		alike = append(alike, object{"bool": object{"should": names, "minimum_should_match": min(namesInCommon, len(names))}})
	}
	if len(alike) == 0 {
		alike = []any{object{"match_none": object{}}}
	}
	return object{
		"query": object{"bool": object{
			"must":   []any{object{"bool": object{"should": alike, "minimum_should_match": 1}}},
			"should": names,
			"filter": visible, "must_not": []any{term("uri", string(a.URI))},
		}},
		"sort":    []any{object{"_score": "desc"}, object{"sort_date": "desc"}, object{"uri": "asc"}},
		"timeout": milliseconds(f.timeout),
	}
}
