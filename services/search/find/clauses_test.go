package find

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/query"
	"github.com/copytaster/copytaster/pkg/query/querytest"
)

// listener is an Elasticsearch that hears what is asked of it, and has one article.
type listener struct {
	article []byte
	mu      sync.Mutex
	asked   []any // bodies
}

func (l *listener) Perform(r *http.Request) (*http.Response, error) {
	answer := fmt.Sprintf(`{"found":true,"_source":%s}`, l.article)
	if r.Body != nil {
		var body any
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			return nil, err
		}
		l.mu.Lock()
		l.asked = append(l.asked, body)
		l.mu.Unlock()
		facets := ""
		for _, kind := range significantKinds() {
			facets += fmt.Sprintf(`%q:{"buckets":[]},`, kind)
		}
		answer = `{"hits":{"total":{"value":9,"relation":"eq"},"hits":[]},"docs":[],"aggregations":{"first":{"value":1},"last":{"value":2},` +
			`"words":{"word":{"buckets":[]},"buckets":{"0":{"doc_count":2},"1":{"doc_count":2}}},"facets":{` + strings.TrimSuffix(facets, ",") + `}}}`
		if strings.HasSuffix(r.URL.Path, "/_mget") {
			answer = fmt.Sprintf(`{"docs":[{"_id":%q,"found":true,"_source":%s}]}`, corpus.ID("urn:x:1"), l.article)
		}
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"X-Elastic-Product": {"Elasticsearch"}}, Body: io.NopCloser(strings.NewReader(answer))}, nil
}

// queries are all of a body that Elasticsearch counts by itself: those of filters of
// aggregations, too.
func queries(body any) (all []any) {
	switch b := body.(type) {
	case map[string]any:
		for name, inside := range b {
			switch name {
			case "query", "post_filter", "filter", "background_filter", "highlight_query":
				if _, several := inside.([]any); !several {
					all = append(all, inside)
				}
			case "filters":
				agg, _ := inside.(map[string]any)
				each, _ := agg["filters"].(map[string]any)
				all = slices.AppendSeq(all, maps.Values(each))
			}
			all = append(all, queries(inside)...)
		}
	case []any:
		for _, o := range b {
			all = append(all, queries(o)...)
		}
	}
	return all
}

// TestClausesAreFew: whatever is asked by any route, with as much as there may be of it,
// by a reader of whom as much is said as may be of what they may see, is a query that a
// small Elasticsearch answers.
func TestClausesAreFew(t *testing.T) {
	const refused = 1024
	for name, c := range map[string]struct {
		of    string // which names are made long
		below int
	}{"long names": {"x", 920}, "names of punctuation": {"(", refused}} {
		t.Run(name, func(t *testing.T) {
			most := mostClauses(t, c.of)
			if most >= c.below || most < refused/2 {
				t.Errorf("at most %d clauses, want less than %d, and about as many", most, c.below)
			}
		})
	}
}

// mostClauses is how many there are at most, if the grant's names are long because of
// that letter.
func mostClauses(t *testing.T, letter string) (most int) {
	t.Helper()
	names := func(what string) (all []string) {
		for i := range access.MaxNames {
			name := fmt.Sprint(what, i)
			all = append(all, name+strings.Repeat(letter, access.MaxName-len(name)))
		}
		return all
	}
	chosen := func(of Facet) (all []string) {
		for i := range MaxValues {
			letters := string(rune('A'+i/26)) + string(rune('A'+i%26))
			switch {
			case of.Day:
				all = append(all, time.Date(2024, 1, 1+2*i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly))
			case of.Name == "currency":
				all = append(all, "X"+letters)
			default:
				all = append(all, letters)
			}
		}
		return all
	}
	grant := access.Grant{Sources: names("s"), SourcesDenied: names("t"), Agencies: names("a"), AgenciesDenied: names("b")}
	if err := grant.Validate(); err != nil {
		t.Fatal(err)
	}
	source, agency := grant.Sources[0], grant.Agencies[0]
	var b article.Builder
	text := ""
	for i := range 200 {
		text += fmt.Sprintf("word%d word%d ", i, i)
	}
	b.Add(article.Headline, "The headline")
	b.Add(article.Paragraph, text)
	a := article.Article{URI: "urn:x:1", Revision: 1 << 40, Status: article.Usable, Source: source, Agency: article.Label{Value: agency}, EvolvedFrom: []article.URI{"urn:x:2"}}
	b.Fill(&a)
	for i := range 2 * likeNames {
		name := fmt.Sprint("Name", i)
		a.Entities = append(a.Entities, article.Entity{Type: article.EntityPerson, Name: name}, article.Entity{Type: article.EntityOrganisation, Name: name})
		a.Places = append(a.Places, article.Place{Name: name})
		a.Keyphrases = append(a.Keyphrases, article.Keyphrase{Phrase: name})
	}
	document, err := corpus.Document(&a, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	es := &listener{article: document}
	f := New(es, corpus.Namespace(""), time.UTC, time.Second, time.Now).As(grant)

	values := func(q string, own ...string) url.Values {
		v := url.Values{
			"q": {q}, "said": {strings.Repeat("a ", query.MaxSaid)}, "amount_from": {"1"}, "mentioned_to": {"2024-04-20"}, "translated": {"no"}, "evolved_from": {"urn:x:1"},
			"from": {"2024-04-20"}, "within": {"1,2,3,4"},
		}
		for i := 0; i < len(own); i += 2 {
			v.Set(own[i], own[i+1])
		}
		for _, facet := range Facets {
			v[facet.Name] = chosen(facet)
		}
		return v
	}
	count := func(route string, ask func() error) {
		t.Helper()
		es.asked = nil
		if err := ask(); err != nil {
			t.Errorf("%s: %v", route, err)
		}
		counted := 0
		for _, q := range queries(any(es.asked)) {
			counted = max(counted, querytest.Clauses(q))
		}
		if counted == 0 {
			t.Errorf("%s asks for nothing", route)
		}
		t.Logf("%s: %d clauses", route, counted)
		most = max(most, counted)
	}
	ctx := t.Context()
	all := strings.Join(FacetNames(), ",")
	for _, q := range []string{
		strings.Repeat("a ", 6) + strings.Repeat("-b ", query.MaxAnywhere-6),
		strings.TrimSuffix(strings.Repeat("said:x OR ", 85), " OR "),
		"misspelt mistakn " + strings.Repeat("x ", query.MaxAnywhere-2),
	} {
		count("search", func() error { return of(ParseRequest, values(q, "facets", all), f.Search, ctx) })
		count("search by time", func() error { return of(ParseRequest, values(q, "facets", all, "sort", "time"), f.Search, ctx) })
		count("formats", func() error { return of(ParseRequest, values(q), f.Articles, ctx) })
		count("export", func() error {
			return of(ParseExport, values(q), func(ctx context.Context, e ExportRequest) (n int, err error) {
				if _, _, err = f.Records(ctx, e.Request); err == nil {
					n, err = f.Count(ctx, e.Request)
				}
				return n, err
			}, ctx)
		})
		count("histogram", func() error { return of(ParseHistogram, values(q), f.Histogram, ctx) })
		count("map", func() error { return of(ParseMap, values(q), f.Map, ctx) })
		count("significant", func() error {
			return of(ParseSignificant, values(q, "of", strings.Join(significantKinds(), ",")), f.Significant, ctx)
		})
		for own := range slices.Chunk(suggestable(), MaxSuggested) {
			count("suggest", func() error {
				return of(ParseSuggest, values(q, "prefix", "abd", "of", strings.Join(own, ",")), f.Suggest, ctx)
			})
		}
		count("spelling", func() error { return of(ParseSpelling, values(q), f.Spelling, ctx) })
	}
	count("similar", func() error { _, err := f.Similar(ctx, a.URI, MaxSimilar); return err })
	count("article", func() error { _, err := f.Article(ctx, a.URI, 0); return err })
	return most
}

// of asks what the parameters say.
func of[R, A any](parse func(url.Values, *time.Location) (R, error), values url.Values, ask func(context.Context, R) (A, error), ctx context.Context) error { //nolint:revive // it is asked last
	r, err := parse(values, time.UTC)
	if err == nil {
		_, err = ask(ctx, r)
	}
	return err
}
