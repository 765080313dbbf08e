package find

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/query"
	"github.com/copytaster/copytaster/pkg/query/querytest"
)

// TestClausesAreFew: the search that asks for most, of a reader of whom most is said of
// what they may see, is one that a small Elasticsearch answers.
func TestClausesAreFew(t *testing.T) {
	const refused = 1024
	names := func(what string) (all []string) {
		for i := range access.MaxNames {
			all = append(all, fmt.Sprint(what, i))
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
	f := New(nil, corpus.Namespace(""), time.UTC, time.Second, time.Now).As(access.Grant{
		Sources: names("s"), SourcesDenied: names("t"), Agencies: names("a"), AgenciesDenied: names("b"),
	})
	// With chosen values, who has two long lists may ask for all of it; with four, what is
	// asked for most is refused.
	some := f.As(access.Grant{Sources: names("s"), Agencies: names("a")})
	for _, q := range []string{
		strings.Repeat("a ", 6) + strings.Repeat("-b ", query.MaxAnywhere-6),
		strings.TrimSuffix(strings.Repeat("said:x OR ", 85), " OR "),
	} {
		v := url.Values{}
		for name, value := range map[string]string{
			"q": q, "said": strings.Repeat("a ", query.MaxSaid), "amount_from": "1", "mentioned_to": "2024-04-20", "translated": "no", "evolved_from": "urn:x:1", "from": "2024-04-20", "within": "1,2,3,4",
		} {
			v.Set(name, value)
		}
		for _, facet := range Facets {
			v[facet.Name] = chosen(facet)
		}
		r, err := ParseRequest(v, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		r.known = true
		for what, query := range map[string]any{"a page": f.body(r, time.Now(), 0, nil)["query"], "all, with chosen values": some.whole(r, time.Now())} {
			if n := querytest.Clauses(query); n < refused/2 || n >= refused {
				t.Errorf("%s: %d clauses", what, n)
			}
		}
	}
}
