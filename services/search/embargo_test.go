package search_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
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

// clock is a time that a test sets.
type clock struct{ ns atomic.Int64 }

func clockAt(t time.Time) *clock {
	c := new(clock)
	c.set(t)
	return c
}

func (c *clock) set(t time.Time) { c.ns.Store(t.UnixNano()) }
func (c *clock) now() time.Time  { return time.Unix(0, c.ns.Load()).UTC() }

// ahead is the newsroom for who may see what is under an embargo, as far as that grant
// lets it through.
func (n *newsroom) ahead(g access.Grant, c *clock) *newsroom {
	n.tb.Helper()
	as, _ := n.keyed(access.EmbargoEditor.Scopes(), g, api.Service{Embargoes: api.NewEmbargoes(zerolog.Nop())}, c.now)
	return as
}

// embargoes asks for a page of what is under an embargo.
func (n *newsroom) embargoes(parameters ...string) find.Embargoes {
	n.tb.Helper()
	r := n.get("/v1/embargoes?" + query(parameters...))
	var page find.Embargoes
	if err := json.Unmarshal([]byte(r.body), &page); err != nil || r.status != http.StatusOK {
		n.tb.Fatalf("embargoes %q: %d %s", parameters, r.status, r.body)
	}
	if got := r.header.Get("Cache-Control"); got != "no-store" || r.header.Get("ETag") != "" {
		n.tb.Errorf("embargoes may be kept: %q, %v", got, r.header)
	}
	return page
}

// held are the publisher's ids of the articles.
func held(as []*article.Article) []string {
	var uris []article.URI
	for _, a := range as {
		uris = append(uris, a.URI)
	}
	return publishers(uris)
}

// publishers are the publisher's ids of those URIs.
func publishers(uris []article.URI) (ids []string) {
	for _, u := range uris {
		ids = append(ids, strings.TrimPrefix(string(u), "urn:copytaster:test:"))
	}
	return ids
}

// TestEmbargoes: who may sees what waits for its time, those first whose time comes
// first, until it has come, and nothing that will not be out.
func TestEmbargoes(t *testing.T) {
	n := open(t)
	start := time.Now().UTC().Truncate(time.Second)
	in := func(d time.Duration) time.Time { return start.Add(d) }
	waiting := func(id string, until time.Duration, change ...func(*report)) report {
		r := report{
			id: id, source: "wire", agency: "dpa", language: "en", urgency: 2, headline: "Minister resigns, " + id, body: []string{"It is not out yet.", "At all, " + id + "."},
			created: day, embargo: in(until),
		}
		for _, c := range change {
			c(&r)
		}
		return r
	}
	later := func(r *report) { r.created = r.created.Add(time.Minute) }
	free := func(r *report) { r.embargo = time.Time{} }
	n.index(
		waiting("late", 2*time.Hour), waiting("soon", 10*time.Minute), waiting("same-b", time.Hour), waiting("same-a", time.Hour),
		waiting("over", -time.Second), waiting("now", 0), waiting("out", 0, free),
		waiting("withheld", time.Hour, func(r *report) { r.status = article.Withheld }),
		waiting("killed", time.Hour), waiting("killed", time.Hour, later, func(r *report) { r.status = article.Canceled }),
		waiting("expired", time.Hour, func(r *report) { r.expiry = in(-time.Minute) }),
		waiting("expires", 3*time.Hour, func(r *report) { r.expiry = in(30 * time.Minute) }),
		waiting("was-out", 0, free), waiting("was-out", 4*time.Hour, later), // a correction that waits holds the article
		waiting("lifted", time.Hour), waiting("lifted", 0, later, free),
		waiting("moved", time.Minute), waiting("moved", 5*time.Hour, later),
		waiting("evolved", 6*time.Hour, func(r *report) {
			r.evolvedFrom = []article.URI{article.NewURI("test", "soon"), article.NewURI("test", "out"), article.NewURI("test", "killed")}
		}),
		waiting("other-agency", 7*time.Hour, func(r *report) { r.agency = foreignAgency }),
		waiting("other-source", 8*time.Hour, func(r *report) { r.source = foreignSource }),
		waiting("no-agency", 9*time.Hour, func(r *report) { r.agency = "" }),
		waiting("passed-on", 10*time.Hour), waiting("passed-on", 10*time.Hour, later, func(r *report) { r.agency, r.source = foreignAgency, foreignSource }),
	)
	c := clockAt(start)
	desk := n.ahead(access.Grant{}, c)
	page := desk.embargoes()
	all := []string{"soon", "same-a", "same-b", "late", "expires", "was-out", "moved", "evolved", "other-agency", "other-source", "no-agency", "passed-on"}
	if d := cmp.Diff(all, held(page.Articles)); d != "" {
		t.Fatalf("(-want +got):\n%s", d)
	}
	if !page.Now.Equal(start) || page.Next != "" {
		t.Errorf("at %v, next %q", page.Now, page.Next)
	}
	if a := page.Articles[0]; a.Body() != "It is not out yet.\n\nAt all, soon." || a.First(article.Headline) != "Minister resigns, soon" || a.Agency.Value != "dpa" || a.Source != "wire" ||
		a.Urgency != 2 || a.Language.Value != "en" || !a.EmbargoUntil.Equal(in(10*time.Minute)) {
		t.Errorf("%+v", a)
	}
	if got := publishers(page.Articles[7].EvolvedFrom); !slices.Equal(got, []string{"out"}) {
		t.Errorf("it goes on from %v, of which one is out", got)
	}

	var paged []string
	for after, pages := "", 0; ; pages++ {
		set := []string{"size", "5"}
		if after != "" {
			set = append(set, "after", after)
		}
		p := desk.embargoes(set...)
		paged = append(paged, held(p.Articles)...)
		if after = p.Next; after == "" || pages > 3 {
			break
		}
	}
	if d := cmp.Diff(all, paged); d != "" {
		t.Errorf("by pages (-want +got):\n%s", d)
	}
	cursor := desk.embargoes("size", "1").Next
	searched := desk.search("size", "1", "sort", "time").Next
	for _, address := range []string{
		"/v1/articles?" + query("sort", "time", "after", cursor), "/v1/embargoes?" + query("after", searched), "/v1/embargoes?" + query("after", cursor+"x"),
		"/v1/embargoes?q=minister", "/v1/embargoes?size=1&size=1",
	} {
		if p := desk.problem(address); p.Status != http.StatusBadRequest || p.Parameter == "" {
			t.Errorf("%s: %+v", address, p)
		}
	}

	for name, of := range map[string]struct {
		grant access.Grant
		want  []string
	}{
		"an agency":         {access.Grant{Agencies: []string{"DPA"}}, []string{"soon", "same-a", "same-b", "late", "expires", "was-out", "moved", "evolved", "other-source"}},
		"but an agency":     {access.Grant{AgenciesDenied: []string{foreignAgency}}, []string{"soon", "same-a", "same-b", "late", "expires", "was-out", "moved", "evolved", "other-source", "no-agency"}},
		"a source":          {access.Grant{Sources: []string{foreignSource}}, []string{"other-source", "passed-on"}},
		"nothing but a key": {access.Grant{Sources: []string{"nowhere"}}, nil},
	} {
		r := n.ahead(of.grant, c)
		if d := cmp.Diff(of.want, held(r.embargoes().Articles)); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}

	// It is over to the moment, for this list and for all others.
	seen := func(id string) bool {
		return n.atTime(c).get(articlePath(article.NewURI("test", id))).status == http.StatusOK
	}
	c.set(in(10*time.Minute - time.Nanosecond))
	if got := held(desk.embargoes().Articles); got[0] != "soon" || seen("soon") {
		t.Errorf("just before: %v, out: %v", got, seen("soon"))
	}
	c.set(in(10 * time.Minute))
	if got := held(desk.embargoes().Articles); got[0] != "same-a" || !seen("soon") {
		t.Errorf("at its end: %v, out: %v", got, seen("soon"))
	}
	c.set(in(30 * time.Minute))
	if got := held(desk.embargoes().Articles); slices.Contains(got, "expires") {
		t.Errorf("what expired meanwhile: %v", got)
	}
	n.index(waiting("same-a", time.Hour, later, func(r *report) { r.status = article.Canceled }), waiting("same-b", time.Hour, later, func(r *report) { r.status = article.Withheld }))
	if got := held(desk.embargoes().Articles); got[0] != "late" {
		t.Errorf("what was killed and held meanwhile: %v", got)
	}
}

// atTime is the newsroom for a reader at that time.
func (n *newsroom) atTime(c *clock) *newsroom {
	n.tb.Helper()
	as, _ := n.keyed(access.Reader.Scopes(), access.Grant{}, api.Service{}, c.now)
	return as
}

// TestEmbargoesBeforeRefresh: what was killed, held, let out, moved or passed on to
// somebody else isn't told, or as it is now, while a search still finds it as it was.
func TestEmbargoesBeforeRefresh(t *testing.T) {
	now := time.Now().UTC()
	hour := now.Add(time.Hour).Truncate(time.Second)
	var hits, heads []any
	for _, c := range []struct {
		id   string
		head *report
	}{
		{"stays", &report{embargo: hour}},
		{"killed", &report{status: article.Canceled, embargo: hour}},
		{"held", &report{status: article.Withheld, embargo: hour}},
		{"lifted", &report{}},
		{"over", &report{embargo: now.Add(-time.Second).Truncate(time.Second)}},
		{"expired", &report{embargo: hour, expiry: now.Add(-time.Minute).Truncate(time.Second)}},
		{"foreign", &report{embargo: hour, agency: foreignAgency}},
		{"moved", &report{embargo: hour.Add(-30 * time.Minute)}},
		{"missing", nil},
	} {
		uri := article.NewURI("test", c.id)
		hits = append(hits, map[string]any{"_source": map[string]any{"uri": uri}, "sort": []any{hour.UnixMilli(), uri}})
		if c.head == nil {
			heads = append(heads, map[string]any{"_id": corpus.ID(uri), "found": false})
			continue
		}
		c.head.id, c.head.headline, c.head.body, c.head.created = c.id, "Text of "+c.id, []string{"x"}, day
		source, err := corpus.Document(c.head.article(t), now)
		if err != nil {
			t.Fatal(err)
		}
		heads = append(heads, map[string]any{"_id": corpus.ID(uri), "found": true, "_source": json.RawMessage(source)})
	}
	var asked atomic.Value
	es := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Elastic-Product", "Elasticsearch")
		var answer any = map[string]any{"hits": map[string]any{"hits": hits}}
		if strings.HasSuffix(r.URL.Path, "/_mget") {
			answer = map[string]any{"docs": heads}
		} else {
			asked.Store(r.URL.Path)
		}
		if err := json.NewEncoder(w).Encode(answer); err != nil {
			t.Error(err)
		}
	}))
	defer es.Close()
	client, err := elastic.Config{URL: []string{es.URL}}.Connect(1)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	f := find.New(client, "fake-", time.UTC, search.MaxTimeout, func() time.Time { return now }).As(access.Grant{AgenciesDenied: []string{foreignAgency}})
	page, err := f.Embargoes(t.Context(), find.EmbargoRequest{Size: len(hits)})
	if err != nil {
		t.Fatal(err)
	}
	if got := held(page.Articles); !slices.Equal(got, []string{"moved", "stays"}) || !page.Now.Equal(now) {
		t.Errorf("%v at %v", got, page.Now)
	}
	if got := fmt.Sprint(asked.Load()); got != "/fake-articles/_search" {
		t.Errorf("%s was searched", got)
	}
}

// TestEmbargoesNeedTheScope: whatever is asked for and by whom, without the scope, or
// where the service isn't told to, there is nothing.
func TestEmbargoesNeedTheScope(t *testing.T) {
	n := open(t)
	n.index(report{id: "waits", language: "en", headline: secret, body: []string{secret}, embargo: time.Now().Add(time.Hour)})
	contract, err := theContract()
	if err != nil {
		t.Fatal(err)
	}
	op := contract.Paths["/v1/embargoes"].Get
	told := api.NewEmbargoes(zerolog.Nop())
	for _, c := range []struct {
		scopes    []access.Scope
		embargoes *api.Embargoes
		status    int
		says      string
	}{
		{access.Reader.Scopes(), told, http.StatusForbidden, "scope embargo"},
		{access.Editor.Scopes(), told, http.StatusForbidden, "scope embargo"},
		{access.Operator.Scopes(), told, http.StatusForbidden, "scope embargo"},
		{[]access.Scope{access.Write, access.Operate}, told, http.StatusForbidden, "scope embargo"},
		{[]access.Scope{access.Embargo}, told, http.StatusForbidden, "scope read"},
		{access.EmbargoEditor.Scopes(), nil, http.StatusNotFound, "problem:off"},
		{access.Editor.Scopes(), nil, http.StatusForbidden, "scope embargo"},
		{access.EmbargoEditor.Scopes(), told, http.StatusOK, secret},
		{access.Scopes, told, http.StatusOK, secret},
	} {
		r, _ := n.keyed(c.scopes, access.Grant{}, api.Service{Embargoes: c.embargoes}, time.Now)
		for _, set := range variations(op, visits()[api.RouteEmbargoes]) {
			got := r.get("/v1/embargoes?" + query(set...))
			if got.status != c.status || !strings.Contains(got.body, c.says) || strings.Contains(got.body, secret) != (c.status == http.StatusOK) {
				t.Errorf("%v %q: %d %s", c.scopes, set, got.status, got.body)
			}
		}
		r.key = ""
		if got := r.get("/v1/embargoes"); got.status != http.StatusUnauthorized {
			t.Errorf("without a key: %d %s", got.status, got.body)
		}
	}
	if got := n.get("/v1/embargoes"); got.status != http.StatusForbidden || strings.Contains(got.body, secret) {
		t.Errorf("where nobody is asked who they are: %d %s", got.status, got.body)
	}
	// People, by the service's own settings.
	c := search.Config{
		Elasticsearch: n.elastic(), SearchTimeout: search.MaxTimeout, SearchRelatedTimeout: search.MaxTimeout, SearchZone: "UTC", SearchEmbargoes: true,
		Access: search.Access{
			SearchRate: access.MaxRate, SearchRateAnonymous: access.MaxRate, SearchProxyUserHeader: "X-User", SearchProxyRoleHeader: "X-Role", SearchProxyFrom: []string{"127.0.0.1"},
			SearchProxyNotAgency: []string{foreignAgency},
		},
	}
	c.Bus.Namespace = string(n.names)
	n.index(report{id: "foreign", language: "en", agency: foreignAgency, headline: "Quxforeign", body: []string{"x"}, embargo: time.Now().Add(time.Hour)})
	base := serve(t, c)
	for role, want := range map[string]int{"": http.StatusForbidden, "reader": http.StatusForbidden, "editor": http.StatusForbidden, "operator": http.StatusForbidden, "embargo": http.StatusForbidden, "embargo-editor": http.StatusOK} {
		got := get(t, base+"/v1/embargoes", "X-User", "B. Lee", "X-Role", role)
		if got.status != want || strings.Contains(got.body, secret) != (want == http.StatusOK) || strings.Contains(got.body, "Quxforeign") {
			t.Errorf("%s: %d %s", role, got.status, got.body)
		}
		me := get(t, base+"/v1/me", "X-User", "B. Lee", "X-Role", role)
		if !strings.Contains(me.body, `"embargoes":true`) || strings.Contains(me.body, `"embargo"`) != (want == http.StatusOK) {
			t.Errorf("%s is %s", role, me.body)
		}
	}
}

// TestReadingEmbargoesIsLogged: who was told of what, once for each revision.
func TestReadingEmbargoesIsLogged(t *testing.T) {
	n := open(t)
	waits := report{id: "waits", language: "en", headline: secret, body: []string{secret}, created: day, embargo: time.Now().Add(time.Hour)}
	first := n.index(waits, report{id: "out", language: "en", headline: "Out", body: []string{"x"}})[0]
	var log bytes.Buffer
	r, _ := n.keyed(access.EmbargoEditor.Scopes(), access.Grant{}, api.Service{Embargoes: api.NewEmbargoes(zerolog.New(zerolog.SyncWriter(&log)))}, time.Now)
	lines := func() []string { return slices.Collect(strings.Lines(log.String())) }
	for range 3 {
		r.embargoes()
	}
	var line struct{ By, Article, Revision, Message, Level string }
	if got := lines(); len(got) != 1 || json.Unmarshal([]byte(got[0]), &line) != nil {
		t.Fatalf("logged: %q", got)
	}
	if !strings.HasPrefix(line.By, "reader (key ") || line.Article != string(first.URI) || line.Revision != first.Revision.String() || line.Level != "info" || strings.Contains(log.String(), secret) {
		t.Errorf("logged: %+v", line)
	}
	waits.created = waits.created.Add(time.Minute)
	n.index(waits)
	r.embargoes()
	r.embargoes()
	if got := lines(); len(got) != 2 {
		t.Errorf("with a revision that came: %q", got)
	}
}

// visitEmbargoes asks the one route that tells of what is under an embargo, with every
// parameter that its document has. tells is what it must tell of; "": it is refused.
func visitEmbargoes(t *testing.T, n *newsroom, tells string, forbidden []string) {
	t.Helper()
	c, err := theContract()
	if err != nil {
		t.Fatal(err)
	}
	want := http.StatusOK
	if tells == "" {
		want = http.StatusForbidden
	}
	for _, set := range variations(c.Paths["/v1/embargoes"].Get, visits()[api.RouteEmbargoes]) {
		r := n.get("/v1/embargoes?" + query(set...))
		if r.status != want || !strings.Contains(r.body, tells) {
			t.Errorf("embargoes %q: %d %s", set, r.status, r.body)
		}
		for _, f := range forbidden {
			if strings.Contains(strings.ToLower(r.body), strings.ToLower(f)) {
				t.Errorf("embargoes %q tells of %q: %s", set, f, r.body)
			}
		}
	}
}

// TestEmbargoesAway: an index that is away is told of, and half a list is none.
func TestEmbargoesAway(t *testing.T) {
	for name, answers := range map[string][2]string{
		"late":             {`{"took":1,"timed_out":true,"hits":{"hits":[]}}`, `{"docs":[]}`},
		"none at all":      {`no JSON`, `{"docs":[]}`},
		"one of its parts": {`{"hits":{"hits":[{"_source":{"uri":"urn:x:a"},"sort":[1,"urn:x:a"]}]}}`, `{"docs":[{"_id":"x","error":{"type":"no_shard_available_action_exception"}}]}`},
		"not whole":        {`{"hits":{"hits":[{"_source":{"uri":"urn:x:a"},"sort":[1,"urn:x:a"]}]}}`, `{"docs":`},
	} {
		es := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Elastic-Product", "Elasticsearch")
			w.Header().Set("Content-Type", "application/json")
			at := 0
			if strings.HasSuffix(r.URL.Path, "/_mget") {
				at = 1
			}
			fmt.Fprint(w, answers[at])
		}))
		client, err := elastic.Config{URL: []string{es.URL}}.Connect(1)
		if err != nil {
			t.Fatal(err)
		}
		r, err := find.ParseEmbargoes(url.Values{})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := find.New(client, "fake-", time.UTC, search.MaxTimeout, time.Now).Embargoes(t.Context(), r); err == nil || len(got.Articles) > 0 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		client.Close()
		es.Close()
	}
}
