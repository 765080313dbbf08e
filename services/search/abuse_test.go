package search_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/pkg/elastic"
	asked "github.com/copytaster/copytaster/pkg/query"
	"github.com/copytaster/copytaster/services/search"
	"github.com/copytaster/copytaster/services/search/api"
	"github.com/copytaster/copytaster/services/search/find"
	"github.com/copytaster/copytaster/services/search/live/livetest"
)

// bombs are queries that would be dear, by what they are, each with the character where
// it becomes too much.
func bombs() map[string]struct {
	q  string
	at int
} {
	type bomb = struct {
		q  string
		at int
	}
	repeat := func(what string, most int) bomb {
		return bomb{strings.Repeat(what+" ", most+1), most*(len(what)+1) + 1}
	}
	return map[string]bomb{
		"a leading wildcard":   {"*ing", 1},
		"another one":          {"abc *abc", 5},
		"a short stem":         {"ni*", 1},
		"many * in a word":     {"abc*d*e*f*", 1},
		"an automaton of many": {"abc*d??????????????????e", 1},
		"a long end":           {"abc*" + strings.Repeat("e", asked.MaxTail+1), 1},
		"many wildcards":       repeat("abcd*", asked.MaxPatterns),
		"many words":           repeat("a", asked.MaxAnywhere),
		"many exact words":     repeat("=a", 100),
		"a long phrase":        {`"` + strings.Repeat("a ", asked.MaxWords+1) + `"`, 1},
		"a long query":         {strings.Repeat("a", asked.MaxLength+1), asked.MaxLength + 1},
		"a far proximity":      {`"a b"~51`, 6},
		"deep brackets":        {strings.Repeat("(", asked.MaxDepth+1) + "a" + strings.Repeat(")", asked.MaxDepth+1), asked.MaxDepth + 1},
		"half the world":       {"near:1,1~5001km", 6},
	}
}

// TestBombs sends what would be dear to every route that takes a query: all are refused, at
// the character where they become too much, before Elasticsearch hears of them; there is none.
func TestBombs(t *testing.T) {
	away := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("asks for %s", r.URL) }))
	defer away.Close()
	n := &newsroom{tb: t}
	es, err := elastic.Config{URL: []string{away.URL}}.Connect(1)
	if err != nil {
		t.Fatal(err)
	}
	defer es.Close()
	f := find.New(es, n.names, time.UTC, search.MaxTimeout, time.Now)
	mux := http.NewServeMux()
	for _, r := range api.Routes {
		mux.Handle(r.Pattern, r.Handler(api.Service{Finder: func(*http.Request) *find.Finder { return f }, Log: zerolog.Nop()}))
	}
	n.base = serveHandler(t, api.Clocked(time.Now, mux))
	contract, err := theContract()
	if err != nil {
		t.Fatal(err)
	}
	routes := 0
	for path, item := range contract.Paths {
		takes := func(name string) bool {
			return slices.ContainsFunc(item.Get.Parameters, func(p parameter) bool { return p.Name == name })
		}
		if !takes("q") {
			continue
		}
		routes++
		base := []string{}
		if takes("prefix") {
			base = []string{"prefix", "a"}
		}
		refused := func(what, parameter string, at int, set ...string) {
			t.Helper()
			p := n.problem(path + "?" + query(append(slices.Clone(base), set...)...))
			if p.Status != http.StatusBadRequest || p.Parameter != parameter || at > 0 && p.Position != at || p.Detail == "" {
				t.Errorf("%s: %s: %+v, want parameter %s, position %d", path, what, p, parameter, at)
			}
		}
		for what, b := range bombs() {
			refused(what, "q", b.at, "q", b.q)
		}
		// Deep pages by number are no parameters, nor is what Elasticsearch takes.
		for _, name := range []string{"offset", "page", "start", "scroll", "search_after", "query", "_source", "aggs", "script", "terminate_after"} {
			refused("a parameter", name, 0, name, "1000000", "q", "a")
		}
		if takes("size") {
			refused("a long page", "size", 0, "size", "10000", "q", "a")
		}
		if takes("after") && path != "/v1/live" { // whose cursors are looked at by what follows the topic
			for _, cursor := range []string{"c", strings.Repeat("A", 16385), "cAAAAAAAAAAB7IkRhdGUiOjF9"} {
				refused("a forged cursor", "after", 0, "after", cursor, "q", "a")
			}
		}
		var values []string
		for i := range find.MaxValues + 1 {
			values = append(values, "agency", fmt.Sprint(i))
		}
		refused("many values", "agency", 0, append(values, "q", "a")...)
	}
	if routes < 8 {
		t.Errorf("only %d routes take a query", routes)
	}
	for _, bomb := range [][]string{
		{"/v1/articles", "facets", "facets", strings.Repeat("agency,", 20) + "body"},
		{"/v1/histogram", "buckets", "buckets", "1001"},
		{"/v1/map", "precision", "precision", "23"},
		{"/v1/map", "precision", "precision", "22", "within", "-180,-90,180,90"},
		{"/v1/significant", "values", "values", "51"},
		{"/v1/suggest", "values", "prefix", "a", "values", "51"},
		{"/v1/suggest", "of", "prefix", "a", "of", "person,organisation,place,topic,source,agency"},
		{"/v1/suggest", "prefix", "prefix", strings.Repeat("a", find.MaxPrefix+1)},
		{"/v1/export", "limit", "limit", "100001"},
	} {
		if p := n.problem(bomb[0] + "?" + query(bomb[2:]...)); p.Status != http.StatusBadRequest || p.Parameter != bomb[1] {
			t.Errorf("%.200q: %+v", bomb, p)
		}
	}
}

// soFar is the answer of a feed, so far.
type soFar struct {
	mu     sync.Mutex
	header http.Header
	status int
	body   bytes.Buffer
}

func (s *soFar) Header() http.Header { return s.header }
func (s *soFar) Flush()              {}

func (s *soFar) WriteHeader(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status = status
}

func (s *soFar) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.body.Write(b)
}

func (s *soFar) has(text string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Contains(s.body.String(), text)
}

// TestTwoThousandFeeds: as many live feeds as there may be if nothing else is set all hear
// what goes out, and one more is refused politely.
func TestTwoThousandFeeds(t *testing.T) {
	const most = 2000
	wentOut := livetest.New(3)
	hub := following(t, wentOut, most)
	f := find.New(nil, "", time.UTC, search.MaxTimeout, time.Now)
	i := slices.IndexFunc(api.Routes, func(r api.Route) bool { return r.Name == "live" })
	h := api.Routes[i].Handler(api.Service{Finder: func(*http.Request) *find.Finder { return f }, Live: hub, Log: zerolog.Nop()})
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	answer := func() *soFar { return &soFar{header: http.Header{}, status: http.StatusOK} }
	ask := func(ctx context.Context, w *soFar, sender int, query string) *soFar {
		r := httptest.NewRequest(http.MethodGet, "/v1/live?"+query, nil)
		h.ServeHTTP(w, r.WithContext(access.With(ctx, access.Identity{Sender: fmt.Sprint("key ", sender)})))
		return w
	}
	await(t, "what goes out is followed", func() bool { return ask(t.Context(), answer(), 0, "life=0").status == http.StatusOK })
	feeds := make([]*soFar, most)
	var all sync.WaitGroup
	for i := range feeds {
		feeds[i] = answer()
		all.Go(func() { ask(ctx, feeds[i], i, query("q", fmt.Sprintf("bridge OR word%d", i))) })
	}
	hear := func(what string) {
		t.Helper()
		for _, w := range feeds {
			await(t, "every feed has "+what, func() bool { return w.has("event: " + what) })
		}
	}
	hear("ready")
	more := ask(ctx, answer(), most, "q=bridge")
	if more.status != http.StatusServiceUnavailable || more.header.Get("Retry-After") == "" || !more.has("Too many live feeds") {
		t.Errorf("one more: %d %v %s", more.status, more.header, more.body.String())
	}
	a := report{id: "new", language: "en", headline: "Bridge closed", body: []string{"x"}}.article(t)
	if err := wentOut.Write(time.Now(), a); err != nil {
		t.Fatal(err)
	}
	hear("entered")
	leave()
	all.Wait()
	if again := ask(t.Context(), answer(), most, "q=bridge&life=0"); again.status != http.StatusOK {
		t.Errorf("when all have left: %d %s", again.status, again.body.String())
	}
}
