package search_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/elastic"
	"github.com/copytaster/copytaster/services/search"
	"github.com/copytaster/copytaster/services/search/export"
	"github.com/copytaster/copytaster/services/search/find"
)

// TestRelated: an article tells what it goes on from and what goes on from it,
// and nothing of what a reader may not see, on either side.
func TestRelated(t *testing.T) {
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
		if d := cmp.Diff(c.earlier, called(found.Earlier)); d != "" {
			t.Errorf("%s goes on from (-want +got):\n%s", c.id, d)
		}
		if d := cmp.Diff(c.later, called(found.Later)); d != "" {
			t.Errorf("what goes on from %s (-want +got):\n%s", c.id, d)
		}
		if strings.Contains(body, secret) {
			t.Errorf("%s tells what may not be seen: %s", c.id, body)
		}
		unseen(t, uri(c.id), body)
		var said []string
		for _, u := range found.Article.EvolvedFrom {
			said = append(said, string(u))
		}
		if got := uris(found.Earlier); !cmp.Equal(said, got) {
			t.Errorf("%s says that it goes on from %v, and lists %v", c.id, said, got)
		}
	}
	for _, f := range export.Table {
		for _, path := range []string{articlePath(uri("third")) + "?format=" + f.Name, "/v1/articles?format=" + f.Name} {
			r := n.get(path)
			if r.status != http.StatusOK {
				t.Errorf("%s: %d %s", path, r.status, r.body)
			}
			unseen(t, uri("third"), r.body)
			if carries := f.Name == "ninjs" || f.Name == "newsmlg2"; carries && (strings.Count(r.body, "evolvedFrom") < 2 || !strings.Contains(r.body, string(uri("second")))) {
				t.Errorf("%s doesn't tell what it goes on from: %s", path, r.body)
			}
		}
	}
	if r := n.get("/v1/articles"); strings.Contains(r.body, "evolved_from") {
		t.Errorf("hits tell what they go on from, seen or not: %s", r.body)
	}
	if got := ids(n.search("evolved_from", string(uri("flash")))); !cmp.Equal(got, []string{"second", "third"}) {
		t.Errorf("a search finds %v", got)
	}
	// Nothing goes on from what may not be seen, whatever visible articles say.
	for _, unseen := range []string{"hidden", "expired", "killed", "nowhere"} {
		of := string(uri(unseen))
		if got := ids(n.search("evolved_from", of)); len(got) > 0 {
			t.Errorf("a search for what goes on from %s finds %v", unseen, got)
		}
		if got := exported(exportLines(n, "evolved_from", of)); len(got) > 0 {
			t.Errorf("an export of what goes on from %s has %v", unseen, got)
		}
		for _, route := range []string{"/v1/histogram?", "/v1/map?", "/v1/significant?", "/v1/spelling?q=ferry&"} {
			if r := n.get(route + query("evolved_from", of)); r.status != http.StatusOK || !strings.Contains(r.body, `"value":0`) && !strings.Contains(r.body, `"total":0`) {
				t.Errorf("%sevolved_from=%s: %d %s", route, of, r.status, r.body)
			}
		}
		if r := n.get("/v1/suggest?" + query("prefix", "wire", "of", "source", "evolved_from", of)); r.status != http.StatusOK || strings.Contains(r.body, `"count"`) {
			t.Errorf("suggestions of what goes on from %s: %d %s", unseen, r.status, r.body)
		}
	}
	for _, route := range []string{"/v1/histogram?", "/v1/map?", "/v1/significant?"} {
		if r := n.get(route + query("evolved_from", string(uri("flash")))); !strings.Contains(r.body, `"value":2`) {
			t.Errorf("%s of what goes on from one that may be seen: %s", route, r.body)
		}
	}
	if r := n.get("/v1/suggest?" + query("prefix", "wire", "of", "source", "evolved_from", string(uri("flash")))); !strings.Contains(r.body, `"count":2`) {
		t.Errorf("suggestions: %s", r.body)
	}
	if p := n.problem("/v1/articles?evolved_from=a+b"); p.Status != http.StatusBadRequest || p.Parameter != "evolved_from" {
		t.Errorf("%+v", p)
	}

	// A kill ends it, and so does a revision that doesn't say so any more.
	n.index(report{id: "second", headline: secret, body: []string{secret}, published: day, created: day.Add(2 * time.Hour), status: article.Canceled})
	n.index(report{id: "third", body: []string{"x"}, published: day, created: day.Add(2 * time.Hour)})
	if found, _ := ask("flash"); len(found.Later) > 0 {
		t.Errorf("superseded by %v, one of which is killed, and one says so no more", found.Later)
	}
}

// unseen holds that a body tells no URI of an article that may not be seen; of is the
// one that was asked for.
func unseen(t *testing.T, of article.URI, body string) {
	t.Helper()
	for _, id := range []string{"hidden", "nowhere", "expired", "held", "killed"} {
		if u := article.NewURI("test", id); u != of && strings.Contains(body, string(u)) {
			t.Errorf("%s tells of %s: %s", of, u, body)
		}
	}
}

func uris(rs []find.Related) (list []string) {
	for _, r := range rs {
		list = append(list, string(r.URI))
	}
	return list
}

// oneArticle is an index of one, which fails searches of other articles as it is
// told to, and counts them.
func oneArticle(t *testing.T, a *article.Article, search http.HandlerFunc) (url string, searches *atomic.Int32) {
	t.Helper()
	source, err := corpus.Document(a, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	searches = new(atomic.Int32)
	return serveHandler(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Elastic-Product", "Elasticsearch")
		var answer any = map[string]any{"hits": map[string]any{"hits": []any{}}}
		switch {
		case strings.Contains(r.URL.Path, "/_doc/"):
			answer = map[string]any{"found": true, "_source": json.RawMessage(source)}
		case strings.HasSuffix(r.URL.Path, "/_mget"):
			docs := []any{}
			for _, u := range a.EvolvedFrom {
				docs = append(docs, map[string]any{"_id": corpus.ID(u), "found": true, "_source": map[string]any{"uri": u, "status": "usable"}})
			}
			answer = map[string]any{"docs": docs}
		case r.URL.Path == "/"+corpus.Namespace("").Articles()+"/_search":
			searches.Add(1)
			search(w, r)
			return
		}
		if err := json.NewEncoder(w).Encode(answer); err != nil {
			t.Error(err)
		}
	})), searches
}

// TestRelatedFails: an article opens without what goes on from it where that can't be
// told, soon, with what it goes on from; and nobody asks for it who doesn't show it.
func TestRelatedFails(t *testing.T) {
	a := report{id: "flash", headline: "Ferry aground", body: []string{"x"}, evolvedFrom: []article.URI{article.NewURI("test", "older")}}.article(t)
	for name, c := range map[string]struct {
		search http.HandlerFunc
		budget time.Duration
	}{
		"fails": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }, search.MaxTimeout},
		"hangs": {func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // only then the server sees who leaves
			<-r.Context().Done()
		}, search.MinTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			url, searches := oneArticle(t, a, c.search)
			base := serve(t, search.Config{Elasticsearch: elastic.Config{URL: []string{url}}, SearchTimeout: search.MaxTimeout, SearchRelatedTimeout: c.budget, SearchZone: "UTC"})
			for _, f := range export.Table {
				if r := get(t, base+articlePath(a.URI)+"?format="+f.Name); r.status != http.StatusOK {
					t.Errorf("%s: %d %s", f.Name, r.status, r.body)
				}
			}
			if n := searches.Load(); n > 0 {
				t.Errorf("%d searches for what documents don't have", n)
			}
			r := get(t, base+articlePath(a.URI))
			var found find.Found
			if err := json.Unmarshal([]byte(r.body), &found); err != nil || r.status != http.StatusOK {
				t.Fatalf("%d %s %v", r.status, r.body, err)
			}
			if len(found.Revisions) != 1 || len(found.Later) > 0 || len(found.Earlier) != 1 || len(found.Article.EvolvedFrom) != 1 {
				t.Errorf("%s", r.body)
			}
		})
	}
}

// TestRelatedBeforeRefresh: a kill, and a revision that doesn't say so any more,
// count with their write, also while a search still finds what was.
func TestRelatedBeforeRefresh(t *testing.T) {
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
	base := serve(t, search.Config{Elasticsearch: elastic.Config{URL: []string{es.URL}}, SearchTimeout: search.MaxTimeout, SearchRelatedTimeout: search.MaxTimeout, SearchZone: "UTC"})
	r := get(t, base+articlePath(earlier.URI))
	var found find.Found
	if err := json.Unmarshal([]byte(r.body), &found); err != nil || r.status != http.StatusOK {
		t.Fatalf("%d %s %v", r.status, r.body, err)
	}
	if len(found.Earlier) > 0 || len(found.Later) != 1 || found.Later[0].URI != uri("stays") {
		t.Errorf("it goes on from %v and is superseded by %v", found.Earlier, found.Later)
	}
}
