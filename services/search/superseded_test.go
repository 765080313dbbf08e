package search_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/elastic"
	"github.com/copytaster/copytaster/services/search"
	"github.com/copytaster/copytaster/services/search/find"
)

// TestSuperseded: an article tells what it goes on from and what goes on from it,
// and nothing of what a reader may not see, on either side.
func TestSuperseded(t *testing.T) {
	n := open(t)
	uri := func(id string) article.URI { return article.NewURI("test", id) }
	from := func(ids ...string) (uris []article.URI) {
		for _, id := range ids {
			uris = append(uris, uri(id))
		}
		return uris
	}
	soon := time.Now().Add(time.Hour)
	n.index(
		report{id: "flash", headline: "Ferry aground", body: []string{"x"}, published: day},
		report{id: "second", headline: "Ferry aground, 2 hurt", body: []string{"x"}, published: day.Add(time.Hour), evolvedFrom: from("flash")},
		report{id: "third", body: []string{"x"}, published: day.Add(2 * time.Hour), evolvedFrom: from("flash", "second", "hidden", "nowhere", "expired", "killed")},
		report{id: "hidden", headline: secret, body: []string{secret}, embargo: soon, evolvedFrom: from("flash")},
		report{id: "held", headline: secret, body: []string{secret}, status: article.Withheld, evolvedFrom: from("flash")},
		report{id: "killed", headline: secret, body: []string{secret}, status: article.Canceled, evolvedFrom: from("flash")},
		report{id: "expired", headline: secret, body: []string{secret}, expiry: time.Now().Add(-time.Second), evolvedFrom: from("flash")},
	)
	ask := func(id string) (found find.Found, body string) {
		t.Helper()
		r := n.get(articlePath(uri(id)))
		if r.status != http.StatusOK {
			t.Fatalf("%s: %d %s", id, r.status, r.body)
		}
		if err := json.Unmarshal([]byte(r.body), &found); err != nil {
			t.Fatal(err)
		}
		return found, r.body
	}
	called := func(rs []find.Related) (list []string) {
		for _, r := range rs {
			list = append(list, strings.TrimPrefix(string(r.URI), "urn:copytaster:test:")+" "+r.Headline)
		}
		return list
	}
	for _, c := range []struct {
		id             string
		earlier, later []string
	}{
		{"flash", nil, []string{"third ", "second Ferry aground, 2 hurt"}},
		{"second", []string{"flash Ferry aground"}, []string{"third "}},
		{"third", []string{"flash Ferry aground", "second Ferry aground, 2 hurt"}, nil},
		{"killed", nil, nil},
	} {
		found, body := ask(c.id)
		if d := cmp.Diff(c.earlier, called(found.Supersedes)); d != "" {
			t.Errorf("%s goes on from (-want +got):\n%s", c.id, d)
		}
		if d := cmp.Diff(c.later, called(found.SupersededBy)); d != "" {
			t.Errorf("what goes on from %s (-want +got):\n%s", c.id, d)
		}
		if strings.Contains(body, secret) {
			t.Errorf("%s tells what may not be seen: %s", c.id, body)
		}
		if page := n.get("/?" + query("uri", string(uri(c.id)))); page.status != http.StatusOK || strings.Contains(page.body, secret) {
			t.Errorf("the page of %s: %d", c.id, page.status)
		}
	}
	if got := ids(n.search("evolved_from", string(uri("flash")))); !cmp.Equal(got, []string{"second", "third"}) {
		t.Errorf("a search finds %v", got)
	}
	if p := n.problem("/v1/articles?evolved_from=a+b"); p.Status != http.StatusBadRequest || p.Parameter != "evolved_from" {
		t.Errorf("%+v", p)
	}

	// A kill ends it, and so does a revision that doesn't say so any more.
	n.index(report{id: "second", headline: secret, body: []string{secret}, published: day, created: day.Add(2 * time.Hour), status: article.Canceled})
	n.index(report{id: "third", body: []string{"x"}, published: day, created: day.Add(2 * time.Hour)})
	if found, _ := ask("flash"); len(found.SupersededBy) > 0 {
		t.Errorf("superseded by %v, one of which is killed, and one says so no more", found.SupersededBy)
	}
}

// TestSupersededBeforeRefresh: a kill, and a revision that doesn't say so any more,
// count with their write, also while a search still finds what was.
func TestSupersededBeforeRefresh(t *testing.T) {
	uri := func(id string) article.URI { return article.NewURI("test", id) }
	earlier := report{id: "flash", headline: "Ferry aground", body: []string{"x"}, evolvedFrom: []article.URI{uri("older")}}.article(t)
	source, err := corpus.Document(earlier, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	said := []article.URI{earlier.URI}
	var hits, heads []any
	for id, head := range map[string]map[string]any{
		"stays": {"status": "usable", "evolved_from": said}, "killed": {"status": "canceled", "evolved_from": said}, "revised": {"status": "usable"}, "missing": nil,
	} {
		hits = append(hits, map[string]any{"_source": map[string]any{"uri": uri(id)}})
		heads = append(heads, map[string]any{"_id": corpus.ID(uri(id)), "found": head != nil, "_source": head})
	}
	heads = append(heads, map[string]any{"_id": corpus.ID(uri("older")), "found": true, "_source": map[string]any{"status": "canceled"}})
	es := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Elastic-Product", "Elasticsearch")
		var answer any = map[string]any{"hits": map[string]any{"hits": hits}}
		switch {
		case strings.Contains(r.URL.Path, "/_doc/"):
			answer = map[string]any{"found": true, "_source": json.RawMessage(source)}
		case strings.HasSuffix(r.URL.Path, "/_mget"):
			answer = map[string]any{"docs": heads}
		}
		if err := json.NewEncoder(w).Encode(answer); err != nil {
			t.Error(err)
		}
	}))
	defer es.Close()
	base := serve(t, search.Config{Elasticsearch: elastic.Config{URL: []string{es.URL}}, SearchTimeout: search.MaxTimeout, SearchZone: "UTC"})
	r := get(t, base+articlePath(earlier.URI))
	var found find.Found
	if err := json.Unmarshal([]byte(r.body), &found); err != nil || r.status != http.StatusOK {
		t.Fatalf("%d %s %v", r.status, r.body, err)
	}
	if len(found.Supersedes) > 0 || len(found.SupersededBy) != 1 || found.SupersededBy[0].URI != uri("stays") {
		t.Errorf("it goes on from %v and is superseded by %v", found.Supersedes, found.SupersededBy)
	}
}
