package search_test

import (
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/elastic"
	"github.com/copytaster/copytaster/services/search"
	"github.com/copytaster/copytaster/services/search/api"
	"github.com/copytaster/copytaster/services/search/find"
)

// line is one of an export as NDJSON.
type line struct {
	Article  *article.Article `json:"article"`
	Cursor   string           `json:"cursor"`
	Progress *struct {
		Articles, Total int
		Cursor          string
	} `json:"progress"`
	End *struct {
		Articles     int
		Complete     bool
		Reason, Next string
		Problem      *api.Problem
	} `json:"end"`
}

func exportLines(n *newsroom, parameters ...string) (lines []line) {
	n.tb.Helper()
	r := n.get("/v1/export?" + query(parameters...))
	if r.status != http.StatusOK || r.header.Get("Content-Type") != "application/x-ndjson" {
		n.tb.Fatalf("%q: %d %s", parameters, r.status, r.body)
	}
	for text := range strings.Lines(r.body) {
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			n.tb.Fatalf("%s: %v", text, err)
		}
		lines = append(lines, l)
	}
	return lines
}

func exported(lines []line) (uris []string) {
	for _, l := range lines {
		if l.Article != nil {
			uris = append(uris, strings.TrimPrefix(string(l.Article.URI), "urn:copytaster:test:"))
		}
	}
	return uris
}

// TestExportIsWholeAndGoesOn exports a search of several pages: whole, cut off after any
// record, and in parts, while others arrive.
func TestExportIsWholeAndGoesOn(t *testing.T) {
	n := open(t)
	const count = 230
	var all []report
	var want []string
	for i := range count {
		r := report{id: fmt.Sprintf("e-%03d", i), language: "en", headline: "Bridge toll", body: []string{"x"}, published: day.Add(-time.Duration(i/7) * time.Minute)}
		all, want = append(all, r), append(want, r.id)
	}
	n.index(all...)
	n.index(hidden(report{id: "none", language: "en", headline: "Bridge " + secret, body: []string{secret}})...)
	lines := exportLines(n, "q", "bridge")
	if d := cmp.Diff(want, exported(lines)); d != "" {
		t.Errorf("whole (-want +got):\n%s", d)
	}
	if end := lines[len(lines)-1].End; end == nil || !end.Complete || end.Articles != count || end.Next != "" || end.Reason != "" {
		t.Errorf("its end: %+v", end)
	}
	progress := 0
	for _, l := range lines {
		if l.Progress != nil {
			if progress += find.MaxSize; l.Progress.Articles != progress || l.Progress.Total != count || l.Progress.Cursor == "" {
				t.Errorf("after %d: %+v", progress, l.Progress)
			}
		}
	}
	if progress != 200 {
		t.Errorf("the last progress is told after %d", progress)
	}
	table, err := csv.NewReader(strings.NewReader(n.get("/v1/export?" + query("q", "bridge", "format", "csv")).body)).ReadAll()
	if err != nil || len(table) != count+1 {
		t.Fatalf("%d rows, %v", len(table), err)
	}
	at := slices.Index(table[0], "cursor")
	for i, l := range slices.DeleteFunc(slices.Clone(lines), func(l line) bool { return l.Article == nil }) {
		if got := table[i+1][at]; got != l.Cursor {
			t.Errorf("row %d goes on from %q, want %q", i, got, l.Cursor)
		}
	}
	// What arrives meanwhile comes before, or not at all.
	n.index(report{id: "new", language: "en", headline: "Bridge closed", body: []string{"x"}, published: time.Now()})
	records := slices.DeleteFunc(slices.Clone(lines), func(l line) bool { return l.Article == nil })
	for _, i := range []int{0, 98, 99, 100, 228} {
		rest := exportLines(n, "q", "bridge", "after", records[i].Cursor)
		if d := cmp.Diff(want[i+1:], exported(rest)); d != "" {
			t.Errorf("after record %d (-want +got):\n%s", i, d)
		}
	}
	var parts []string
	after := lines[0].Cursor
	for part := 0; after != ""; part++ {
		some := exportLines(n, "q", "bridge", "after", after, "limit", "60")
		end := some[len(some)-1].End
		parts, after = append(parts, exported(some)...), end.Next
		if (after == "") != end.Complete || !end.Complete && (end.Reason != "limit" || end.Articles != 60) {
			t.Fatalf("part %d: %+v", part, end)
		}
	}
	if d := cmp.Diff(want[1:], parts); d != "" {
		t.Errorf("in parts (-want +got):\n%s", d)
	}
	// A search's cursor is an export's, too, where they are sorted alike.
	first := n.search("q", "bridge", "sort", "time", "size", "7")
	if got := exported(exportLines(n, "q", "bridge", "after", first.Next)); len(got) != count+1-7 {
		t.Errorf("after a page there are %d", len(got))
	}
	best := exportLines(n, "q", "bridge", "sort", "relevance", "limit", "2")
	if rest := exportLines(n, "q", "bridge", "sort", "relevance", "after", best[len(best)-1].End.Next); len(exported(rest)) != count+1-2 {
		t.Errorf("by relevance the rest is %d", len(exported(rest)))
	}
	refused(n, "after", "another search", "/v1/export", "q", "toll", "after", after+lines[0].Cursor)
	refused(n, "limit", "not a number from 1 to 100000", "/v1/export", "limit", "0")
	refused(n, "limit", "not a number from 1 to 100000", "/v1/export", "limit", "100001")
	refused(n, "size", "no such parameter here", "/v1/export", "size", "10")
	if p := n.problem("/v1/export?format=nitf"); p.Status != http.StatusNotAcceptable || !slices.Equal(p.Formats, []string{"ndjson", "csv", "ninjs", "atom", "jsonfeed"}) {
		t.Errorf("%+v", p)
	}
	if r := n.get("/v1/export?q=nothing"); !strings.Contains(r.body, `"end":{"articles":0,"complete":true}`) {
		t.Errorf("of nothing: %s", r.body)
	}
}

func TestExportAsTable(t *testing.T) {
	n := open(t)
	n.index(report{
		id: "one", language: "en", headline: `=HYPERLINK("https://x.example")`, byline: "By Ana, of \"X\"", body: []string{"First.", "-second"}, persons: []string{"Ana Ruiz"},
		places: []article.Place{{Name: "Agadez", Country: "NE"}, {Name: "Niger", Country: "NE"}}, topics: [][]string{{"medtop:16000000"}}, urgency: 2,
	}, report{id: "two", language: "de", headline: "Zwei", body: []string{"x"}, published: day.AddDate(0, 0, -1)})
	res, err := http.Get(n.base + "/v1/export?format=csv")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if bytes := string(b); res.Header.Get("Copytaster-Total") != "2" || !strings.HasPrefix(bytes, "uri,revision,") {
		t.Errorf("%v %s", res.Header, bytes)
	}
	if tr := res.Trailer; tr.Get("Copytaster-Articles") != "2" || tr.Get("Copytaster-Complete") != "true" || tr.Get("Copytaster-Next") != "" {
		t.Errorf("trailers %v", tr)
	}
	rows, err := csv.NewReader(strings.NewReader(string(b))).ReadAll()
	if err != nil || len(rows) != 3 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	cell := func(row int, column string) string { return rows[row][slices.Index(rows[0], column)] }
	for column, want := range map[string]string{
		"uri": "urn:copytaster:test:one", "headline": `'=HYPERLINK("https://x.example")`, "byline": "By Ana, of \"X\"", "persons": "Ana Ruiz", "places": "Agadez; Niger",
		"countries": "NE", "topics": "medtop:16000000", "urgency": "2", "sort_date": "2024-04-20T06:00:00Z", "version_created": "",
	} {
		if got := cell(1, column); got != want {
			t.Errorf("%s: %q, want %q", column, got, want)
		}
	}
	if body := cell(1, "body"); !strings.HasPrefix(body, "First.\n\n-second\n\n") {
		t.Errorf("body %q", body)
	}
	rest := n.get("/v1/export?" + query("format", "csv", "after", cell(1, "cursor")))
	if !strings.Contains(rest.body, "Zwei") || strings.Contains(rest.body, "HYPERLINK") {
		t.Errorf("after the first row: %s", rest.body)
	}
	if r := n.get("/v1/export", "Accept", "text/csv"); !strings.HasPrefix(r.body, "uri,") {
		t.Errorf("by header: %s", r.body)
	}
	req, err := http.NewRequest(http.MethodHead, n.base+"/v1/export", nil)
	if err != nil {
		t.Fatal(err)
	}
	head, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = head.Body.Close()
	if head.StatusCode != http.StatusOK || head.Header.Get("Copytaster-Total") != strconv.Itoa(2) {
		t.Errorf("HEAD: %s %v", head.Status, head.Header)
	}
}

// feedOf is what of an export as a document its readers go by.
type feedOf struct {
	ids, cursors []string
	next         string
}

// documents are the readers of such exports.
var documents = map[string]func(body string) (feedOf, error){
	"ninjs": func(body string) (f feedOf, err error) {
		var items []struct {
			URI    string
			AltIDs []struct{ Role, Value string }
		}
		err = json.Unmarshal([]byte(body), &items)
		for _, i := range items {
			f.ids = append(f.ids, i.URI)
			for _, other := range i.AltIDs {
				if other.Role == "copytaster:cursor" {
					f.cursors = append(f.cursors, other.Value)
				}
			}
		}
		return f, err
	},
	"atom": func(body string) (f feedOf, err error) {
		var feed struct {
			XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
			ID      string   `xml:"id"`
			Updated string   `xml:"updated"`
			Links   []struct {
				Rel  string `xml:"rel,attr"`
				Href string `xml:"href,attr"`
			} `xml:"link"`
			Entries []struct {
				ID     string `xml:"id"`
				Cursor string `xml:"urn:copytaster:export cursor"`
			} `xml:"http://www.w3.org/2005/Atom entry"`
		}
		if err = xml.Unmarshal([]byte(body), &feed); err == nil && (feed.ID == "" || feed.Updated == "") {
			err = errors.New("it lacks what a feed must have")
		}
		for _, e := range feed.Entries {
			f.ids, f.cursors = append(f.ids, e.ID), append(f.cursors, e.Cursor)
		}
		for _, l := range feed.Links {
			if l.Rel == "next" {
				f.next = l.Href
			}
		}
		return f, err
	},
	"jsonfeed": func(body string) (f feedOf, err error) {
		var feed struct {
			Version string `json:"version"`
			Next    string `json:"next_url"`
			Items   []struct {
				ID  string `json:"id"`
				Own struct {
					Cursor string `json:"cursor"`
				} `json:"_copytaster"`
			} `json:"items"`
		}
		err = json.Unmarshal([]byte(body), &feed)
		if f.next = feed.Next; err == nil && (feed.Version == "" || feed.Items == nil) {
			err = errors.New("it lacks what a feed must have")
		}
		for _, i := range feed.Items {
			f.ids, f.cursors = append(f.ids, i.ID), append(f.cursors, i.Own.Cursor)
		}
		return f, err
	},
}

// TestExportAsDocument: exports in the formats of news have what those in lines have, and
// go on after any record, and where they end.
func TestExportAsDocument(t *testing.T) {
	n := open(t)
	const count = find.MaxSize + 30
	var all []report
	for i := range count {
		all = append(all, report{id: fmt.Sprintf("e-%03d", i), language: "en", headline: "Bridge <toll> & more", body: []string{"]]> x"}, published: day.Add(-time.Duration(i) * time.Minute)})
	}
	n.index(all...)
	n.index(hidden(report{id: "none", language: "en", headline: "Bridge " + secret, body: []string{secret}})...)
	var want, cursors []string
	for _, l := range exportLines(n, "q", "bridge") {
		if l.Article != nil {
			want, cursors = append(want, string(l.Article.URI)), append(cursors, l.Cursor)
		}
	}
	for name, read := range documents {
		get := func(path string) (feedOf, response) {
			t.Helper()
			r := n.get(path)
			f, err := read(r.body)
			if err != nil || r.status != http.StatusOK || strings.Contains(r.body, secret) {
				t.Fatalf("%s as %s: %d, %v: %.2000s", path, name, r.status, err, r.body)
			}
			return f, r
		}
		whole, r := get("/v1/export?" + query("q", "bridge", "format", name))
		if d := cmp.Diff(feedOf{ids: want, cursors: cursors}, whole, cmp.AllowUnexported(feedOf{})); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
		if r.header.Get("Copytaster-Total") != strconv.Itoa(count) || !strings.HasPrefix(r.header.Get("Content-Disposition"), `attachment; filename="articles.`) {
			t.Errorf("%s: %v", name, r.header)
		}
		rest, _ := get("/v1/export?" + query("q", "bridge", "format", name, "after", cursors[57]))
		if !slices.Equal(rest.ids, want[58:]) {
			t.Errorf("%s after a record: %v", name, rest.ids)
		}
		part, _ := get("/v1/export?" + query("q", "bridge", "format", name, "limit", "7"))
		if !slices.Equal(part.ids, want[:7]) {
			t.Errorf("%s, seven of them: %v", name, part.ids)
		}
		after := want[7:14]  // the next one has as many
		if name == "ninjs" { // its trailers tell
			after = want[7:]
			part.next = n.base + "/v1/export?" + query("q", "bridge", "format", name, "after", part.cursors[6])
		}
		path, ok := strings.CutPrefix(part.next, n.base)
		if rest, _ := get(path); !ok || !slices.Equal(rest.ids, after) {
			t.Errorf("%s goes on at %s: %v", name, part.next, rest.ids)
		}
		part, _ = get("/v1/export?" + query("q", "bridge", "format", name, "limit", "2", "sort", "relevance"))
		if path, ok := strings.CutPrefix(part.next, n.base); name != "ninjs" {
			if rest, _ := get(path); !ok || len(rest.ids) != 2 {
				t.Errorf("%s by relevance goes on at %s: %v", name, part.next, rest.ids)
			}
		}
		if none, _ := get("/v1/export?" + query("q", "nothing", "format", name)); len(none.ids) != 0 || none.next != "" {
			t.Errorf("%s of nothing: %+v", name, none)
		}
	}
	if r := n.get("/v1/export", "Accept", "application/atom+xml"); !strings.HasPrefix(r.body, "<?xml") {
		t.Errorf("by header: %.100s", r.body)
	}
}

// TestExportsAtOnce: exports that are on their way keep others out only from the limit
// on, which refuses politely, and their places come back when their clients leave. What
// is killed between two pages doesn't go out, and what fails between them is told.
func TestExportsAtOnce(t *testing.T) {
	const lost = "killed-3"
	var hits, heads []any
	for i := range find.MaxSize + 1 {
		r := report{id: fmt.Sprint("killed-", i), language: "en", headline: "Text of " + fmt.Sprint(i), body: []string{"x"}}
		if r.id == lost {
			r.headline = secret
		}
		a := r.article(t)
		source, err := corpus.Document(a, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		status := article.Usable
		if r.id == lost {
			status = article.Canceled
		}
		hits = append(hits, map[string]any{"_source": json.RawMessage(source), "sort": []any{1, a.URI}})
		heads = append(heads, map[string]any{"_id": corpus.ID(a.URI), "found": true, "_source": map[string]any{"status": status}})
	}
	released := make(chan struct{})
	es := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Elastic-Product", "Elasticsearch")
		var answer any = map[string]any{"hits": map[string]any{"hits": hits}}
		asked, err := io.ReadAll(r.Body)
		switch {
		case err != nil:
			return
		case strings.HasSuffix(r.URL.Path, "/_mget"):
			answer = map[string]any{"docs": heads}
		case strings.Contains(string(asked), `"size":0`):
			answer = map[string]any{"hits": map[string]any{"total": map[string]any{"value": 1000, "relation": "eq"}}}
		case strings.Contains(string(asked), "search_after"):
			select {
			case <-released:
			case <-r.Context().Done():
			}
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		if err := json.NewEncoder(w).Encode(answer); err != nil {
			t.Log(err)
		}
	}))
	defer es.Close()
	base := serve(t, search.Config{
		Elasticsearch: elastic.Config{URL: []string{es.URL}}, SearchTimeout: search.MaxTimeout, SearchRelatedTimeout: search.MaxTimeout, SearchZone: "UTC",
		Access: search.Access{SearchProxyFrom: []string{"127.0.0.1"}},
	})
	begin := func(sender int) *http.Response {
		req, err := http.NewRequest(http.MethodGet, base+"/v1/export", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Forwarded-For", fmt.Sprint("10.0.0.", sender))
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	var begun []*http.Response
	full := func(sender, status int, what string) {
		t.Helper()
		res := begin(sender)
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != status || !strings.Contains(string(b), "Too many exports") || !strings.Contains(string(b), what) || res.Header.Get("Retry-After") == "" {
			t.Errorf("one more for %d: %s %s", sender, res.Status, b)
		}
	}
	for i := range api.MaxExports {
		res := begin(i / api.MaxExportsEach)
		t.Cleanup(func() { _ = res.Body.Close() })
		if res.StatusCode != http.StatusOK || res.Header.Get("Copytaster-Total") != "1000" {
			t.Fatalf("%s %v", res.Status, res.Header)
		}
		begun = append(begun, res)
		if i == api.MaxExportsEach-1 {
			full(0, http.StatusTooManyRequests, "You have 2")
		}
	}
	full(100, http.StatusServiceUnavailable, "There are 8")
	_ = begun[0].Body.Close()
	await(t, "a place is free", func() bool {
		res := begin(0)
		begun[0] = res
		if res.StatusCode != http.StatusOK {
			_ = res.Body.Close()
		}
		return res.StatusCode == http.StatusOK
	})
	defer begun[0].Body.Close()
	close(released)
	b, err := io.ReadAll(begun[1].Body)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.TrimSuffix(string(b), "\n")
	var last line
	if err := json.Unmarshal([]byte(text[strings.LastIndexByte(text, '\n')+1:]), &last); err != nil || last.End == nil {
		t.Fatalf("%s: %v", text[max(0, len(text)-500):], err)
	}
	if e := last.End; e.Complete || e.Reason != "problem" || e.Problem == nil || e.Problem.Status != http.StatusServiceUnavailable || e.Articles != find.MaxSize-1 || e.Next == "" {
		t.Errorf("%+v", e)
	}
	if strings.Contains(text, secret) || !strings.Contains(text, "Text of 4") {
		t.Error("what was killed went out, or what wasn't didn't")
	}
	if tr := begun[1].Trailer; tr.Get("Copytaster-Complete") != "false" || tr.Get("Copytaster-Next") != last.End.Next {
		t.Errorf("trailers: %v", tr)
	}
}

// TestExportOfWhoMayNoMore: before each page it is looked at again who asks. Forms that can't
// say that they aren't complete are cut off.
func TestExportOfWhoMayNoMore(t *testing.T) {
	var hits, heads []any
	for i := range find.MaxSize + 1 {
		a := report{id: fmt.Sprint("long-", i), language: "en", headline: "Text", body: []string{"x"}}.article(t)
		source, err := corpus.Document(a, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		hits = append(hits, map[string]any{"_source": json.RawMessage(source), "sort": []any{1, a.URI}})
		heads = append(heads, map[string]any{"_id": corpus.ID(a.URI), "found": true, "_source": map[string]any{"status": article.Usable}})
	}
	var (
		asking   sync.Mutex
		searches []string
	)
	es := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Elastic-Product", "Elasticsearch")
		asked, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		answer := map[string]any{"docs": heads}
		if !strings.HasSuffix(r.URL.Path, "/_mget") {
			asking.Lock()
			searches = append(searches, string(asked))
			asking.Unlock()
			answer = map[string]any{"hits": map[string]any{"hits": hits, "total": map[string]any{"value": 1000, "relation": "eq"}}}
		}
		if err := json.NewEncoder(w).Encode(answer); err != nil {
			t.Log(err)
		}
	}))
	defer es.Close()
	c, err := (elastic.Config{URL: []string{es.URL}}).Connect(1)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	f := find.New(c, "", time.UTC, search.MaxTimeout, time.Now)
	revoked := func() access.Identity {
		looks := 0
		return access.Identity{Sender: "key a", Again: func() (access.Identity, error) {
			if looks++; looks > 1 {
				return access.Identity{}, &api.RefusedError{Problem: api.Problem{Type: api.TypeUnauthorized, Title: "Who asks?", Status: http.StatusUnauthorized}}
			}
			return access.Identity{Sender: "key a", Grant: access.Grant{AgenciesDenied: []string{"Quxforeign"}}}, nil
		}}
	}
	i := slices.IndexFunc(api.Routes, func(r api.Route) bool { return r.Name == "export" })
	h := api.Routes[i].Handler(api.Service{Finder: func(r *http.Request) *find.Finder { return f.As(access.Of(r.Context()).Grant) }, Log: zerolog.Nop()})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/v1/export", nil).WithContext(access.With(t.Context(), revoked())))
	text := strings.TrimSuffix(w.Body.String(), "\n")
	var last line
	if err := json.Unmarshal([]byte(text[strings.LastIndexByte(text, '\n')+1:]), &last); err != nil || last.End == nil {
		t.Fatalf("%s: %v", text[max(0, len(text)-500):], err)
	}
	if e := last.End; e.Complete || e.Reason != "problem" || e.Problem == nil || e.Problem.Status != http.StatusUnauthorized || e.Articles != 2*find.MaxSize || e.Next == "" {
		t.Errorf("%+v", e)
	}
	if len(searches) != 3 || strings.Contains(searches[0], "Quxforeign") || !strings.Contains(searches[2], "Quxforeign") {
		t.Errorf("the second page is searched as the first one was: %q", searches)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(access.With(r.Context(), revoked())))
	}))
	defer srv.Close()
	for format, cut := range map[string]bool{"csv": true, "ninjs": true, "ndjson": false, "atom": false, "jsonfeed": false} {
		res, err := http.Get(srv.URL + "/v1/export?format=" + format)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(res.Body)
		if _ = res.Body.Close(); cut != (err != nil) || res.StatusCode != http.StatusOK || !strings.Contains(string(b), "long-4") {
			t.Errorf("%s: %d, %v: %.200s", format, res.StatusCode, err, b)
		}
	}
}
