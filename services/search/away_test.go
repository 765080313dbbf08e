package search_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/pkg/elastic"
	"github.com/copytaster/copytaster/services/search"
	"github.com/copytaster/copytaster/services/search/api"
	"github.com/copytaster/copytaster/services/search/find"
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
	config := elastic.Config{URL: []string{es.URL}}
	base := serve(t, search.Config{Elasticsearch: config, SearchTimeout: search.MaxTimeout, SearchRelatedTimeout: search.MaxTimeout, SearchZone: "UTC"})
	const overloaded = `429 {"error":{"type":"es_rejected_execution_exception","reason":"queue"},"status":429}`
	const late = `200 {"took":1,"timed_out":true,"count":3,"_shards":{"failed":1},"hits":{"total":{"value":3,"relation":"gte"},"hits":[]},"aggregations":{}}`
	for _, r := range api.Routes {
		path := strings.NewReplacer("GET ", "", "{uri...}", "x", "{uri}", "x").Replace(r.Pattern)
		if r.Name == "openapi" { // it asks nobody
			continue
		}
		if r.Scope == access.Any || r.Scope == access.Operate { // off there, or of nobody
			continue
		}
		if r.Needs() != access.Read { // they are off there
			said := overloaded
			answer.Store(&said)
			editorsAway(t, config, r)
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

// editorsAway asks a route of those who may more than read, who are told that the index is away.
func editorsAway(t *testing.T, c elastic.Config, r api.Route) {
	t.Helper()
	es, err := c.Connect(1)
	if err != nil {
		t.Fatal(err)
	}
	defer es.Close()
	f := find.New(es, "away-", time.UTC, search.MaxTimeout, time.Now)
	h := r.Handler(api.Service{Finder: func(*http.Request) *find.Finder { return f }, Editors: api.NewEditors(deskOfAll{}, time.Now), Embargoes: api.NewEmbargoes(zerolog.Nop()), Log: zerolog.Nop()})
	method, _, _ := strings.Cut(r.Pattern, " ")
	req := httptest.NewRequestWithContext(access.With(t.Context(), access.Identity{Name: "M. Ito", Scopes: access.Scopes}), method, "/", strings.NewReader(`"de"`))
	req.SetPathValue("uri", "urn:x:ferry")
	req.SetPathValue("field", "language")
	req.Header.Set("If-Match", "*")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "urn:copytaster:problem:unavailable") || w.Header().Get("Retry-After") == "" {
		t.Errorf("%s: %d %s", r.Name, w.Code, w.Body)
	}
}
