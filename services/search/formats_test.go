package search_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/elastic"
	"github.com/copytaster/copytaster/services/search"
	"github.com/copytaster/copytaster/services/search/export"
)

// atomFeed is what of a feed is looked at.
type atomFeed struct {
	ID      string `xml:"id"`
	Title   string `xml:"title"`
	Updated string `xml:"updated"`
	Links   []struct {
		Rel  string `xml:"rel,attr"`
		Href string `xml:"href,attr"`
	} `xml:"link"`
	Entries []struct {
		ID    string `xml:"id"`
		Title string `xml:"title"`
		Links []struct {
			Rel  string `xml:"rel,attr"`
			Href string `xml:"href,attr"`
		} `xml:"link"`
	} `xml:"entry"`
}

func (f *atomFeed) link(rel string) string {
	for _, l := range f.Links {
		if l.Rel == rel {
			return l.Href
		}
	}
	return ""
}

// feed asks for a feed at a whole address.
func feed(t *testing.T, address string) atomFeed {
	t.Helper()
	r := get(t, address)
	var f atomFeed
	if err := xml.Unmarshal([]byte(r.body), &f); err != nil || r.status != http.StatusOK || r.header.Get("Content-Type") != "application/atom+xml" {
		t.Fatalf("%s: %d %s %s: %v", address, r.status, r.header.Get("Content-Type"), r.body, err)
	}
	return f
}

// TestArticleInFormats asks for an article in every format, by parameter and by
// header.
func TestArticleInFormats(t *testing.T) {
	n := open(t)
	a := n.index(desk()[0])[0]
	path := articlePath(a.URI)
	for _, f := range export.Table {
		byName := n.get(path + "?format=" + f.Name)
		byHeader := n.get(path, "Accept", "text/nothing, "+f.MediaType)
		for how, r := range map[string]response{"parameter": byName, "header": byHeader} {
			if r.status != http.StatusOK || r.header.Get("Content-Type") != f.MediaType || !strings.Contains(r.body, "the soldiers will leave within months") {
				t.Errorf("%s by %s: %d %s %s", f.Name, how, r.status, r.header.Get("Content-Type"), r.body)
			}
			if strings.Contains(r.body, "embassy") {
				t.Errorf("%s tells a note to editors:\n%s", f.Name, r.body)
			}
			for name, want := range map[string]string{
				"Vary": "Accept-Encoding, Accept", "Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox",
				"Content-Disposition": `inline; filename="urn-copytaster-test-niger.` + f.Extension + `"`,
			} {
				if got := strings.Join(r.header.Values(name), ", "); got != want {
					t.Errorf("%s by %s: %s: %q, want %q", f.Name, how, name, got, want)
				}
			}
		}
		if tag := byName.header.Get("ETag"); f.Name != "nitf" {
			if r := n.get(path+"?format="+f.Name, "If-None-Match", tag); tag == "" || r.status != http.StatusNotModified {
				t.Errorf("%s again: %d, tag %s", f.Name, r.status, tag)
			}
		}
	}
	plain := n.get(path)
	for _, accept := range []string{"*/*", "application/json", "application/*", "text/html, */*;q=0.1", "application/json, application/atom+xml", "nonsense", "", "application/vnd.iptc.ninjs+json;q=0, */*"} {
		if r := n.get(path, "Accept", accept); r.body != plain.body || r.header.Get("Content-Type") != "application/json" {
			t.Errorf("Accept %q: %s %s", accept, r.header.Get("Content-Type"), r.body)
		}
	}
	for accept, want := range map[string]string{
		"application/json;q=0.5, text/plain": "text/plain; charset=utf-8", "text/*": "text/vnd.iptc.nitf", "application/json;q=0, */*;q=0.1": "application/vnd.iptc.ninjs+json",
		"text/*;q=0.9, text/plain": "text/plain; charset=utf-8",
	} {
		if r := n.get(path, "Accept", accept); r.header.Get("Content-Type") != want {
			t.Errorf("Accept %q: %s, want %s", accept, r.header.Get("Content-Type"), want)
		}
	}
	if r := n.get(path+"?format=json", "Accept", "text/plain"); r.body != plain.body {
		t.Errorf("the parameter doesn't count before the header: %s", r.body)
	}
	if r := n.get(path + "?format=ninjs&revision=" + a.Revision.String()); r.status != http.StatusOK {
		t.Errorf("with its revision: %d %s", r.status, r.body)
	}
}

// TestOlderRevisionInFormat: what is asked for is what is given.
func TestOlderRevisionInFormat(t *testing.T) {
	n := open(t)
	older := n.index(report{id: "x", language: "en", headline: "One", body: []string{"x"}, created: day})[0]
	n.index(report{id: "x", language: "en", headline: "Two", body: []string{"x"}, created: day.Add(time.Minute)})
	for _, f := range export.Table {
		newest, then := n.get(articlePath(older.URI)+"?format="+f.Name), n.get(articlePath(older.URI)+"?format="+f.Name+"&revision="+older.Revision.String())
		if !strings.Contains(newest.body, "Two") || strings.Contains(newest.body, "One") || !strings.Contains(then.body, "One") || strings.Contains(then.body, "Two") {
			t.Errorf("%s: newest %s, older %s", f.Name, newest.body, then.body)
		}
	}
}

// TestNoSuchFormat: what there is is said.
func TestNoSuchFormat(t *testing.T) {
	n := open(t)
	a := n.index(desk()[0])[0]
	all := append([]string{"json"}, export.Names()...)
	for _, c := range []struct {
		path, accept string
		parameter    string
		formats      []string
	}{
		{articlePath(a.URI) + "?format=rss", "", "format", all},
		{articlePath(a.URI) + "?format=", "", "format", all},
		{articlePath(a.URI), "image/png", "", all},
		{articlePath(a.URI), "*/*;q=0", "", all},
		{"/v1/articles?format=rss", "", "format", all},
		{"/v1/articles", "text/vnd.iptc.nitf", "", all}, // a list is no document of NITF
	} {
		r := n.get(c.path, "Accept", c.accept)
		var p struct {
			Type, Detail, Parameter string
			Formats                 []string
		}
		if err := json.Unmarshal([]byte(r.body), &p); err != nil {
			t.Fatal(err)
		}
		if r.status != http.StatusNotAcceptable || p.Type != "urn:copytaster:problem:not-acceptable" || p.Parameter != c.parameter || !slices.Equal(p.Formats, c.formats) || !strings.HasSuffix(p.Detail, strings.Join(c.formats, ", ")) {
			t.Errorf("%s, Accept %q: %d %s", c.path, c.accept, r.status, r.body)
		}
	}
	for _, path := range []string{articlePath(a.URI) + "?format=ninjs&format=atom", "/v1/articles?format=ninjs&format=atom", "/v1/articles?format=ninjs&size=0", articlePath(a.URI) + "?format=ninjs&size=1"} {
		if p := n.problem(path); p.Status != http.StatusBadRequest {
			t.Errorf("%s: %+v", path, p)
		}
	}
}

// TestHiddenStaysHiddenInFormats looks in every format for what readers may not
// see.
func TestHiddenStaysHiddenInFormats(t *testing.T) {
	n := open(t)
	articles := n.index(desk()...)
	uri := map[string]article.URI{}
	for i, r := range desk() {
		uri[r.id] = articles[i].URI
	}
	n.index(report{id: "killed", language: "en", headline: secret + " once said", body: []string{secret}, created: day})
	killed := n.index(report{id: "killed", language: "en", headline: secret, body: []string{secret}, created: day.Add(time.Minute), status: article.Canceled})[0]
	notices := map[string]string{
		"ninjs": `"pubStatus":"canceled"`, "newsmlg2": `<pubStatus qcode="stat:canceled">`, "nitf": `management-status="canceled"`, "atom": "deleted-entry", "text": "CANCELED",
	}
	for _, f := range export.Table {
		for _, id := range []string{"embargoed", "withheld", "canceled-embargo"} {
			if p := n.problem(articlePath(uri[id]) + "?format=" + f.Name); p.Status != http.StatusNotFound {
				t.Errorf("%s of %s: %+v", f.Name, id, p)
			}
		}
		r := n.get(articlePath(killed.URI) + "?format=" + f.Name)
		if strings.Contains(r.body, secret) {
			t.Errorf("%s: the notice tells %s", f.Name, r.body)
		}
		if f.Notice && (r.status != http.StatusOK || !strings.Contains(r.body, notices[f.Name]) || !strings.Contains(r.body, string(killed.URI))) {
			t.Errorf("%s: no notice: %d %s", f.Name, r.status, r.body)
		}
		if !f.Notice {
			if p := n.problem(articlePath(killed.URI) + "?format=" + f.Name); p.Status != http.StatusGone || p.Type != "urn:copytaster:problem:canceled" {
				t.Errorf("%s of a kill: %+v", f.Name, p)
			}
		}
		for _, q := range []string{"", "&q=niger", "&q=" + url.QueryEscape(secret), "&language=ko", "&sort=relevance&q=-niger"} {
			r := n.get("/v1/articles?size=100&format=" + f.Name + q)
			body := strings.ReplaceAll(r.body, url.QueryEscape(secret), "") // of the question
			body = strings.ReplaceAll(body, "Copytaster: "+secret, "")
			nothing := r.status == http.StatusNoContent && slices.Contains([]string{"newsmlg2", "nitf", "text"}, f.Name) && body == ""
			if r.status != http.StatusOK && !nothing || strings.Contains(body, secret) {
				t.Errorf("%s%s: %d %s", f.Name, q, r.status, body)
			}
		}
		if body := n.get("/v1/articles?size=100&format=" + f.Name).body; !strings.Contains(body, "lighthouses") {
			t.Errorf("%s doesn't tell what may be seen: %s", f.Name, body)
		}
	}
}

// TestKillBeforeRefresh: what goes out whole is not behind a kill, also while
// a search still finds what was killed, nor missing where it can't be told what it
// goes on from.
func TestKillBeforeRefresh(t *testing.T) {
	const stays, gone = "Stays", "missing"
	older := article.NewURI("test", "older")
	var hits, heads []any
	for id, head := range map[string]map[string]any{
		stays: {"status": "usable"}, "killed": {"status": "canceled"}, "held": {"status": "withheld"}, gone: nil,
		"later": {"status": "usable", "embargo_until": time.Now().Add(time.Hour)}, "over": {"status": "usable", "embargo_until": time.Now().Add(-time.Hour)},
	} {
		a := report{id: id, language: "en", headline: secret, body: []string{"x"}}
		if id == stays || id == "over" {
			a.headline = "Text of " + id
			a.evolvedFrom = []article.URI{older}
		}
		source, err := corpus.Document(a.article(t), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		uri := a.article(t).URI
		hits = append(hits, map[string]any{"_source": json.RawMessage(source), "sort": []any{1, uri}})
		heads = append(heads, map[string]any{"_id": corpus.ID(uri), "found": head != nil, "_source": head})
	}
	es := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Elastic-Product", "Elasticsearch")
		var answer any = map[string]any{"hits": map[string]any{"hits": hits}}
		if strings.HasSuffix(r.URL.Path, "/_mget") {
			if asked, err := io.ReadAll(r.Body); err != nil || strings.Contains(string(asked), corpus.ID(older)) {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			answer = map[string]any{"docs": heads}
		}
		if err := json.NewEncoder(w).Encode(answer); err != nil {
			t.Error(err)
		}
	}))
	defer es.Close()
	base := serve(t, search.Config{Elasticsearch: elastic.Config{URL: []string{es.URL}}, SearchTimeout: search.MaxTimeout, SearchRelatedTimeout: search.MaxTimeout, SearchZone: "UTC"})
	for _, f := range export.Table {
		r := get(t, base+"/v1/articles?format="+f.Name)
		if r.status != http.StatusOK || strings.Contains(r.body, secret) || strings.Contains(r.body, string(older)) || !strings.Contains(r.body, "Text of Stays") || !strings.Contains(r.body, "Text of over") {
			t.Errorf("%s: %d %s", f.Name, r.status, r.body)
		}
	}
}

// TestFeedPages walks through a feed by its links, and compares it with the
// search.
func TestFeedPages(t *testing.T) {
	n := open(t)
	n.index(desk()...)
	var want []string
	for _, h := range n.search("size", "100", "sort", "time").Hits {
		want = append(want, string(h.URI))
	}
	var got []string
	first := feed(t, n.base+"/v1/articles?format=atom&size=7")
	if want := n.base + "/v1/articles?format=atom&size=7&sort=time"; first.link("self") != want {
		t.Errorf("self is %s, want %s", first.link("self"), want)
	}
	if first.Updated == "" || first.Title != "Copytaster" || first.link("alternate") != n.base+"/?size=7&sort=time" {
		t.Errorf("the feed says of itself %+v", first)
	}
	for page, pages := first, 1; ; pages++ {
		if page.ID != first.ID || pages > 10 {
			t.Fatalf("page %d has id %s, the first %s", pages, page.ID, first.ID)
		}
		for _, e := range page.Entries {
			got = append(got, e.ID)
		}
		next := page.link("next")
		if next == "" {
			break
		}
		page = feed(t, next)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("all pages (-want +got):\n%s", d)
	}
	if other := feed(t, n.base+"/v1/articles?format=atom&q=niger"); other.ID == first.ID || other.Title != "Copytaster: niger" || len(other.Entries) == 0 {
		t.Errorf("of another search: %+v", other)
	}
	alone := feed(t, first.Entries[0].Links[len(first.Entries[0].Links)-1].Href)
	if len(alone.Entries) != 1 || alone.Entries[0].ID != want[0] || alone.ID != want[0] {
		t.Errorf("the link of an entry gives %+v", alone)
	}

	// JSON Feed has its own, and every document of several has the header's.
	next := regexp.MustCompile(`<([^>]+)>; rel="next"`)
	for _, name := range export.Names() {
		got = nil
		ids := regexp.MustCompile(map[string]string{"ninjs": `"uri":"(urn:[^"#]+)","type":"text"`, "newsmlg2": ` guid="([^"]+)"`, "nitf": ` id-string="([^"]+)"`, "text": `(?m)^URI: (.+)$`, "atom": `<entry[^>]*><id>([^<]+)</id>`, "jsonfeed": `"id":"([^"]+)"`}[name])
		address := n.base + "/v1/articles?sort=time&size=7&format=" + name
		for pages := 0; address != "" && pages < 10; pages++ {
			r := get(t, address)
			for _, m := range ids.FindAllStringSubmatch(r.body, -1) {
				got = append(got, m[1])
			}
			links := strings.Join(r.header.Values("Link"), ", ")
			if !strings.Contains(links, `>; rel="self"`) {
				t.Errorf("%s: Link %q", name, links)
			}
			address = ""
			if m := next.FindStringSubmatch(links); m != nil {
				address = m[1]
			}
			var feed struct {
				Next string `json:"next_url"`
				Self string `json:"feed_url"`
			}
			if name == "jsonfeed" {
				if err := json.Unmarshal([]byte(r.body), &feed); err != nil || feed.Next != address || !strings.HasPrefix(feed.Self, n.base) {
					t.Errorf("the feed's links are %+v, %v, the header's next %s", feed, err, address)
				}
			}
			if tag := r.header.Get("ETag"); tag != "" {
				t.Errorf("%s has the tag %s, though the order of hits may change with the clock", name, tag)
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s, all pages (-want +got):\n%s", name, d)
		}
	}
	for name, want := range map[string]string{"newsmlg2": "application/vnd.iptc.g2.newsmessage+xml", "nitf": "application/vnd.iptc.g2.newsmessage+xml", "text": "text/plain; charset=utf-8"} {
		if r := n.get("/v1/articles?format=" + name); r.header.Get("Content-Type") != want {
			t.Errorf("a list as %s is %s", name, r.header.Get("Content-Type"))
		}
	}
	if r := n.get("/v1/articles", "Accept", "application/vnd.iptc.g2.newsmessage+xml"); strings.Contains(r.body, "<nitf") || !strings.Contains(r.body, "<html") {
		t.Errorf("a message, if no more is said, is %s", r.body)
	}
	if r := n.get("/v1/articles?format=ninjs&q=nothingatall"); strings.TrimSpace(r.body) != "[]" {
		t.Errorf("nothing found is %s", r.body)
	}
	for _, name := range []string{"newsmlg2", "nitf", "text"} {
		if r := n.get("/v1/articles?format=" + name + "&q=nothingatall"); r.status != http.StatusNoContent || r.body != "" {
			t.Errorf("%s of nothing is %d %s", name, r.status, r.body)
		}
	}
	// By relevance if that is asked for.
	if f := feed(t, n.base+"/v1/articles?format=atom&q=niger&sort=relevance"); f.Entries[0].ID != string(n.search("q", "niger").Hits[0].URI) {
		t.Errorf("by relevance, %s is first", f.Entries[0].ID)
	}
}

// TestPublicURL: links are of the address that is set, whatever the client
// called.
func TestPublicURL(t *testing.T) {
	n := open(t)
	a := n.index(desk()[0])[0]
	base := serve(t, search.Config{
		Elasticsearch: n.elastic(), Bus: bus.Config{Namespace: string(n.names)}, SearchTimeout: search.MaxTimeout, SearchRelatedTimeout: search.MaxTimeout, SearchZone: "UTC", SearchPublicURL: "https://news.example/search/",
	})
	for _, path := range []string{"/v1/articles?format=atom", articlePath(a.URI) + "?format=atom"} {
		f := feed(t, base+path)
		for _, l := range slices.Concat(f.Links, f.Entries[0].Links) {
			if l.Rel != "alternate" && !strings.HasPrefix(l.Href, "https://news.example/search/v1/articles") {
				t.Errorf("%s links to %s", path, l.Href)
			}
		}
		if strings.Contains(fmt.Sprint(f), "127.0.0.1") {
			t.Errorf("%s tells the inner address: %+v", path, f)
		}
	}
}

// TestLongPage: a page that is too long in a format says so; an article alone
// never is.
func TestLongPage(t *testing.T) {
	n := open(t)
	var reports []report
	for i := range 3 {
		reports = append(reports, report{id: fmt.Sprint("quotes-", i), language: "en", headline: "Quotes", body: []string{strings.Repeat(`"`, 800_000)}})
	}
	n.index(reports...)
	if p := n.problem("/v1/articles?format=atom"); p.Status != http.StatusBadRequest || p.Parameter != "size" || !strings.Contains(p.Detail, "16 MiB") {
		t.Errorf("%+v", p)
	}
	for _, path := range []string{"/v1/articles?format=atom&size=1", "/v1/articles?format=jsonfeed"} {
		if r := n.get(path); r.status != http.StatusOK {
			t.Errorf("%s: %d %.300s", path, r.status, r.body)
		}
	}
}

// TestLongReply: articles that are together too long to be read say so.
func TestLongReply(t *testing.T) {
	es := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Elastic-Product", "Elasticsearch")
		space := []byte(strings.Repeat(" ", 1<<20))
		for range 65 {
			if _, err := w.Write(space); err != nil {
				return
			}
		}
	}))
	defer es.Close()
	base := serve(t, search.Config{Elasticsearch: elastic.Config{URL: []string{es.URL}}, SearchTimeout: search.MaxTimeout, SearchRelatedTimeout: search.MaxTimeout, SearchZone: "UTC"})
	r := get(t, base+"/v1/articles?format=ninjs")
	if r.status != http.StatusBadRequest || !strings.Contains(r.body, "64 MiB") || !strings.Contains(r.body, `"parameter":"size"`) {
		t.Errorf("%d %s", r.status, r.body)
	}
}
