package search_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/pkg/elastic"
	"github.com/copytaster/copytaster/services/search"
	"github.com/copytaster/copytaster/services/search/api"
)

// TestElasticsearchAwayEverywhere: every route of articles says what it can't know now,
// and half a count is none.
func TestElasticsearchAwayEverywhere(t *testing.T) {
	var answer atomic.Pointer[string]
	es := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Elastic-Product", "Elasticsearch")
		w.Header().Set("Content-Type", "application/json")
		status, body, _ := strings.Cut(*answer.Load(), " ")
		var code int
		if _, err := fmt.Sscan(status, &code); err != nil {
			t.Error(err)
		}
		w.WriteHeader(code)
		fmt.Fprint(w, body)
	}))
	defer es.Close()
	base := serve(t, search.Config{Elasticsearch: elastic.Config{URL: []string{es.URL}}, SearchTimeout: search.MaxTimeout, SearchRelatedTimeout: search.MaxTimeout, SearchZone: "UTC"})
	const overloaded = `429 {"error":{"type":"es_rejected_execution_exception","reason":"queue"},"status":429}`
	const late = `200 {"took":1,"timed_out":true,"count":3,"_shards":{"failed":1},"hits":{"total":{"value":3,"relation":"gte"},"hits":[]},"aggregations":{}}`
	for _, r := range api.Routes {
		path := strings.NewReplacer("GET ", "", "{uri...}", "x", "{uri}", "x").Replace(r.Pattern)
		if r.Name == "openapi" || r.Needs() != access.Read { // the one asks nobody, the others are off
			continue
		}
		for said, kind := range map[string]string{overloaded: "unavailable", late: ""} {
			if said == late {
				if strings.Contains(path, "/articles") || r.Name == "export" || r.Name == "live" {
					continue // they count nothing
				}
				kind = "timeout"
			}
			answer.Store(&said)
			res := get(t, base+path+"?"+query(map[string][]string{"suggest": {"prefix", "a"}, "spelling": {"q", "soldier"}}[r.Name]...))
			if res.status != http.StatusServiceUnavailable || !strings.Contains(res.body, "urn:copytaster:problem:"+kind) || res.header.Get("Retry-After") == "" {
				t.Errorf("%s, %.40s: %d %s", r.Name, said, res.status, res.body)
			}
		}
	}
}
