package find

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/corpus"
)

// Limits of similar articles.
const (
	// MaxSimilar is how many are listed.
	MaxSimilar     = 50
	defaultSimilar = 10
	// likeText is how much of the text they are compared by, in characters: news comes
	// first.
	likeText = 10_000
	// likeWords is how many words of it count, and wordsInCommon how many of those an
	// article of the same language must have.
	likeWords     = 25
	wordsInCommon = "40%"
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
		if !slices.Contains(names, name) || len(given) > 1 {
			return wrong(name, "there may be %s, each once", strings.Join(names, ", "))
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
// Which of an article's words tell most about it is told by how often words are used in
// all that is indexed. That is not shown: of what is hidden, no answer has anything.
func (f *Finder) Similar(ctx context.Context, uri article.URI, size int) (Similar, error) {
	head, _, err := f.article(ctx, uri, 0)
	if err != nil {
		return Similar{}, err
	}
	if head.Status != article.Usable {
		return Similar{}, ErrNotFound
	}
	kinds := likenesses(head)
	body := f.like(head, kinds)
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

// like is the question for articles like one.
func (f *Finder) like(a *article.Article, kinds [4]likeness) object {
	text := []rune(strings.Join([]string{a.First(article.Headline), a.First(article.Standfirst), a.Body()}, "\n"))
	language := corpus.Language(a.Language.Value)
	var alike []any
	if text = text[:min(len(text), likeText)]; strings.TrimSpace(string(text)) != "" {
		alike = append(alike, object{"more_like_this": object{
			"like": string(text), "fields": []string{corpus.Stemmed(language, "headline"), corpus.Stemmed(language, "standfirst"), corpus.Stemmed(language, "body")},
			"min_term_freq": 1, "min_doc_freq": 2, "max_query_terms": likeWords, "minimum_should_match": wordsInCommon,
		}})
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
			"filter": f.visible(f.now()), "must_not": []any{term("uri", string(a.URI))},
		}},
		"sort":    []any{object{"_score": "desc"}, object{"sort_date": "desc"}, object{"uri": "asc"}},
		"timeout": milliseconds(f.timeout),
	}
}
