package search_test

import (
	"encoding/json"
	"errors"
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
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/search"
	"github.com/copytaster/copytaster/services/search/api"
	"github.com/copytaster/copytaster/services/search/export"
	"github.com/copytaster/copytaster/services/search/find"
	"github.com/copytaster/copytaster/services/search/gate"
)

// rows are keys that never change.
type rows map[string][]byte

func (r rows) Range(f func(string, []byte) bool) {
	for id, row := range r {
		if !f(id, row) {
			return
		}
	}
}

func (rows) Changed() <-chan struct{} { return nil }

// as is the newsroom for who has a key with that grant, and the patterns of its routes.
func (n *newsroom) as(g access.Grant) (as *newsroom, patterns []string) {
	n.tb.Helper()
	keep, closeIt, err := n.kept.Open(nil)
	if err != nil {
		n.tb.Fatal(err)
	}
	n.tb.Cleanup(func() {
		if err := closeIt(); err != nil {
			n.tb.Error(err)
		}
	})
	return n.keyed(access.Scopes, g, api.Service{Archive: keep, Editors: api.NewEditors(deskOfAll{}, time.Now), Embargoes: api.NewEmbargoes(zerolog.Nop())}, time.Now)
}

// keyed is the newsroom for who has a key with those scopes and that grant, and the
// patterns of its routes.
func (n *newsroom) keyed(scopes []access.Scope, g access.Grant, service api.Service, now func() time.Time) (as *newsroom, patterns []string) {
	n.tb.Helper()
	k := access.Key{ID: access.NewID(), Name: "reader", Scopes: scopes, Grant: g, CreatedBy: "test"}
	text, err := k.Issue(day, day)
	if err != nil {
		n.tb.Fatal(err)
	}
	row, err := k.Encode()
	if err != nil {
		n.tb.Fatal(err)
	}
	entrance := &gate.Gate{Keys: gate.Follow(n.tb.Context(), rows{k.ID: row}, zerolog.Nop()), Session: time.Hour, Log: zerolog.Nop(), Now: time.Now}
	if err := entrance.Ready(prometheus.NewRegistry()); err != nil {
		n.tb.Fatal(err)
	}
	h, patterns, err := search.Mux(entrance, find.New(n.es, n.names, time.UTC, search.MaxTimeout, now), service)
	if err != nil {
		n.tb.Fatal(err)
	}
	srv := httptest.NewServer(h)
	n.tb.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		srv.Close()
	})
	as = new(newsroom)
	*as = *n
	as.base, as.key = srv.URL, text
	return as, patterns
}

// paths are a path of each pattern, about that article.
func paths(patterns []string, uri article.URI) map[string]string {
	all := map[string]string{}
	for _, p := range patterns {
		method, path, ok := strings.Cut(p, " ")
		if !ok {
			method, path = http.MethodGet, p
		}
		path = wildcard.ReplaceAllString(strings.TrimSuffix(path, "{$}"), strings.TrimPrefix(articlePath(uri), "/v1/articles/"))
		all[path] = method
	}
	return all
}

var wildcard = regexp.MustCompile(`\{[^}]*\}`)

// foreign is what the agency and the source are called that some may not learn of.
const (
	foreignAgency = "Agence Étrangère"
	foreignSource = "foreign-source"
)

// classified is an article that tells of itself wherever an article can.
func classified(id, source, agency string) report {
	w := secret + id
	return report{
		id: id, source: source, agency: agency, language: "ko", media: []string{w + " Post"}, kicker: w, headline: w + " Niger", standfirst: w, byline: w,
		dateline: w, caption: w, credit: w, note: w, body: []string{w + " said so."}, url: "https://site.example/" + w,
		said: []said{{w, w + " was said"}}, sums: []sum{{currency: "KPW", value: 99}}, filed: []string{w}, persons: []string{w + " Person"},
		organisations: []string{w + " Organisation"}, keyphrases: []string{w + " phrase"}, places: []article.Place{{Name: w + " Place", Country: "KP"}},
		topics: [][]string{{"medtop:20000002"}}, published: time.Date(2019, 1, 1, 9, 0, 0, 0, time.UTC), translated: .9,
		original:    article.Original{Bytes: []byte("original of " + w), MediaType: "text/plain"},
		evolvedFrom: []article.URI{article.NewURI("test", "open")},
	}
}

// drawn is what a page has by chance: any word may be in it.
var drawn = regexp.MustCompile(`nonce="\w+"`)

// TestEntitlement: of what a reader isn't entitled to there is not a byte in any
// answer; what they are entitled to is all there.
func TestEntitlement(t *testing.T) {
	n := open(t)
	lift := func(r report, minutes int, change func(*report)) report {
		r.created = day.Add(time.Duration(minutes) * time.Minute)
		change(&r)
		return r
	}
	closed := []report{
		classified("agency", "", foreignAgency), classified("source", foreignSource, "dpa"), classified("both", foreignSource, foreignAgency),
	}
	turned := report{id: "turned", agency: "dpa", language: "en", headline: secret + " once", body: []string{secret}, created: day}
	killed := lift(classified("killed", foreignSource, foreignAgency), 0, func(*report) {})
	openFirst := lift(classified("open", "", foreignAgency), 0, func(r *report) { r.evolvedFrom = nil })
	openOther := lift(classified("open", foreignSource, "dpa"), 1, func(r *report) { r.evolvedFrom = nil })
	shown := report{
		id: "open", agency: "dpa", language: "en", headline: "Bridge in Niger opens", body: []string{"It opened."}, created: day.Add(2 * time.Minute), published: day,
		original:    article.Original{Bytes: []byte("what all may read"), MediaType: "text/plain"},
		evolvedFrom: []article.URI{article.NewURI("test", "agency"), article.NewURI("test", "source"), article.NewURI("test", "killed"), article.NewURI("test", "earlier")},
	}
	last := shown
	last.created, last.headline = day.Add(3*time.Minute), "Bridge in Niger opens at last"
	as := n.index(append(closed, turned, lift(turned, 1, func(r *report) { r.agency = foreignAgency; r.source = foreignSource }),
		killed, lift(killed, 1, func(r *report) { r.status = article.Canceled }), openFirst, openOther, shown, last,
		report{id: "earlier", agency: "AFP", language: "fr", headline: "Un pont au Niger", body: []string{"Bientôt."}},
		report{id: "bare", language: "en", headline: "Niger without an agency", body: []string{"x"}},
	)...)
	n.keep(slices.DeleteFunc(slices.Clone(as), func(a *article.Article) bool { return a.Original.Hash == "" })...)
	hidden := []*article.Article{as[0], as[1], as[2], as[4], as[6]}
	visibleTo := func(g access.Grant) (ids []string) {
		for _, r := range []struct{ id, source, agency string }{{"open", "wire", "dpa"}, {"earlier", "wire", "AFP"}, {"bare", "wire", ""}} {
			if g.Allows(r.source, r.agency) {
				ids = append(ids, r.id)
			}
		}
		slices.Sort(ids)
		return ids
	}
	for name, g := range map[string]access.Grant{
		"denied":            {AgenciesDenied: []string{strings.ToLower(foreignAgency[:1]) + foreignAgency[1:]}, SourcesDenied: []string{foreignSource}},
		"allowed agencies":  {Agencies: []string{"DPA", "AFP"}, SourcesDenied: []string{foreignSource}},
		"allowed sources":   {Sources: []string{"wire", "other"}, AgenciesDenied: []string{foreignAgency}},
		"allowed both":      {Sources: []string{"wire"}, Agencies: []string{"dpa", "afp", "AP"}},
		"nothing but a key": {Sources: []string{"nowhere"}},
	} {
		t.Run(name, func(t *testing.T) {
			r, patterns := n.as(g)
			r.tb = t
			silent := func(path string, asked ...string) response {
				t.Helper()
				answer := r.get(path)
				body := drawn.ReplaceAllString(answer.body, "")
				for _, q := range asked { // what the reader said themselves
					body = strings.ReplaceAll(body, q, "")
				}
				for _, w := range []string{secret, "Geheimnis", foreignAgency, "trang", foreignSource, "KPW", "\"KP\"", "\"ko\"", "Korea", "2019-01-01", "urn:copytaster:test:agency", "urn:copytaster:test:source", "urn:copytaster:test:killed"} {
					if strings.Contains(body, w) {
						t.Errorf("%s tells of %s: %s", path, w, body)
					}
				}
				return answer
			}
			want := visibleTo(g)
			facets := query("facets", strings.Join(find.FacetNames(), ","))
			for _, p := range []string{"", query("q", "niger"), query("q", "-bridge"), query("sort", "time"), query("size", "1"), query("evolved_from", "urn:copytaster:test:open")} {
				if got := silent("/v1/articles?" + p + "&" + facets); got.status != http.StatusOK {
					t.Errorf("%s: %d %s", p, got.status, got.body)
				}
				for _, f := range export.Table {
					if got := silent("/v1/articles?" + p + "&format=" + f.Name); got.status != http.StatusOK && got.status != http.StatusNoContent {
						t.Errorf("%s as %s: %d %s", p, f.Name, got.status, got.body)
					}
				}
			}
			if got := r.search(); got.Total.Value != len(want) || !cmp.Equal(ids(got), want, cmp.Transformer("nil", func(s []string) []string { return append([]string{}, s...) })) {
				t.Errorf("finds %d, %v, want %v", got.Total.Value, ids(got), want)
			}
			// What is looked for by its own words isn't found either.
			for _, p := range [][2]string{
				{"q", secret + "agency"},
				{"said", "said"},
				{"currency", "KPW"},
				{"agency", foreignAgency},
				{"source", foreignSource},
				{"day", "2019-01-01"},
				{"country", "KP"},
				{"topic", "medtop:20000002"},
				{"person", secret + "both Person"},
				{"to", "2019-12-31"},
			} {
				got := r.search(p[0], p[1], "facets", strings.Join(find.FacetNames(), ","))
				if got.Total.Value != 0 || len(got.Hits) != 0 {
					t.Errorf("%s finds %+v", p, got)
				}
				for _, f := range got.Facets {
					for _, v := range f.Values {
						if v.Count != 0 && f.Name != p[0] || v.Chosen && v.Count != 0 {
							t.Errorf("%s counts %s %+v", p, f.Name, v)
						}
					}
				}
			}
			missing := r.get(articlePath("urn:copytaster:test:nowhere"))
			for _, a := range hidden {
				for _, path := range []string{articlePath(a.URI), articlePath(a.URI) + "?revision=" + a.Revision.String(), originalPath(a), originalPath(a) + "?revision=" + a.Revision.String()} {
					if got := silent(path); got.status != http.StatusNotFound || got.body != missing.body {
						t.Errorf("%s: %d %s, want as of what isn't there: %s", path, got.status, got.body, missing.body)
					}
				}
				for _, f := range export.Table {
					if got := silent(articlePath(a.URI) + "?format=" + f.Name); got.status != http.StatusNotFound {
						t.Errorf("%s as %s: %d", a.URI, f.Name, got.status)
					}
				}
				for path := range paths(patterns, a.URI) {
					silent(path)
				}
			}
			if p := r.problem(articlePath(as[3].URI) + "?revision=" + as[3].Revision.String()); p.Status != http.StatusNotFound {
				t.Errorf("a revision of an article that turned foreign: %+v", p)
			}
			if !slices.Contains(want, "open") {
				return
			}
			of := func(id string) article.URI { return article.NewURI("test", id) }
			answer := silent(articlePath(of("open")))
			var found find.Found
			if err := json.Unmarshal([]byte(answer.body), &found); err != nil {
				t.Fatal(err)
			}
			if len(found.Revisions) != 2 || found.MoreRevisions || len(found.Later) != 0 || len(found.Earlier) != 1 || found.Earlier[0].URI != of("earlier") {
				t.Errorf("the article has %+v, earlier %+v, later %+v", found.Revisions, found.Earlier, found.Later)
			}
			if got := silent(articlePath(of("open")) + "?revision=" + as[9].Revision.String()); got.status != http.StatusOK {
				t.Errorf("a revision of its own: %d", got.status)
			}
			for _, old := range as[7:9] {
				for _, path := range []string{articlePath(old.URI), originalPath(old)} {
					if got := silent(path + "?revision=" + old.Revision.String()); got.status != http.StatusNotFound {
						t.Errorf("a foreign revision at %s: %d", path, got.status)
					}
				}
			}
			if got := silent(originalPath(as[10])); got.status != http.StatusOK || got.body != "what all may read" {
				t.Errorf("the original: %d %s", got.status, got.body)
			}
		})
	}

	// Without a grant that restricts it, all of that is there.
	if got := n.search("q", secret+"agency"); got.Total.Value != 1 {
		t.Errorf("all may see: %+v", got)
	}
	if got := n.get(articlePath(as[6].URI)); got.status != http.StatusOK {
		t.Errorf("a notice: %d", got.status)
	}
	// A route without a gate shows nothing.
	nobody := find.New(n.es, n.names, time.UTC, search.MaxTimeout, time.Now).As(access.Of(t.Context()).Grant)
	all, err := find.ParseRequest(nil, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := nobody.Search(t.Context(), all); err != nil || got.Total.Value != 0 {
		t.Errorf("nobody finds %+v, %v", got, err)
	}
	if _, err := nobody.Article(t.Context(), as[10].URI, 0); !errors.Is(err, find.ErrNotFound) {
		t.Errorf("nobody reads: %v", err)
	}
}

// TestNotices: that an article was killed is told to those who may have used it, and to
// nobody else, before and after the kill has taken its text.
func TestNotices(t *testing.T) {
	n := open(t)
	at := func(minutes int) time.Time { return day.Add(time.Duration(minutes) * time.Minute) }
	text := []string{"x"}
	held, out, early := article.Withheld, article.Usable, day.Add(2*time.Hour) // after the kill came
	killed := func(id string) report {
		return report{id: id, source: "wire-a", headline: "Kill", body: text, status: article.Canceled, created: at(9)}
	}
	purged := func(id, source, flag string) report {
		return report{id: id, source: source, status: article.Canceled, created: at(1), flags: []string{flag}, headline: "x"}
	}
	n.index(
		report{id: "out", source: "wire-b", agency: "dpa", headline: "x", body: text, status: out, created: at(1)}, killed("out"),
		report{id: "held", source: "wire-b", headline: "x", body: text, status: held, created: at(1)}, killed("held"),
		report{id: "held-then-out", source: "wire-b", headline: "x", body: text, status: held, created: at(1)}, report{id: "held-then-out", source: "wire-b", headline: "x", body: text, created: at(2)}, killed("held-then-out"),
		report{id: "early", source: "wire-b", headline: "x", body: text, created: at(1), embargo: early}, killed("early"),
		purged("was-out", "wire-b", article.FlagWasUsable), killed("was-out"),
		purged("was-held", "wire-b", article.FlagWasWithheld), killed("was-held"),
		killed("unknown"),
	)
	was := "out held-then-out was-out"
	for name, c := range map[string]struct {
		grant        access.Grant
		told, source string
	}{
		"all":                       {access.Grant{}, was + " unknown", "wire-a"},
		"its source":                {access.Grant{Sources: []string{"WIRE-B"}}, was, "wire-b"},
		"the source of the kill":    {access.Grant{Sources: []string{"wire-a"}}, "", ""},
		"but its source":            {access.Grant{SourcesDenied: []string{"wire-b"}}, "", ""},
		"but the one of the kill":   {access.Grant{SourcesDenied: []string{"wire-a"}}, was, "wire-b"},
		"its agency":                {access.Grant{Agencies: []string{"dpa"}}, "", ""},
		"its source, not an agency": {access.Grant{Sources: []string{"wire-b"}, AgenciesDenied: []string{"AP"}}, "", ""},
	} {
		r, _ := n.as(c.grant)
		for _, id := range []string{"out", "held", "held-then-out", "early", "was-out", "was-held", "unknown"} {
			got := r.get(articlePath(article.NewURI("test", id)))
			told := slices.Contains(strings.Fields(c.told), id)
			if want := map[bool]int{true: http.StatusOK, false: http.StatusNotFound}[told]; got.status != want {
				t.Errorf("%s: of %s %d %s, want %d", name, id, got.status, got.body, want)
			}
			if strings.Contains(got.body, "was_") || told && !strings.Contains(got.body, `"source":"`+c.source+`"`) {
				t.Errorf("%s: of %s: %s", name, id, got.body)
			}
		}
	}
}

// TestEntitledByAnyName: names of all kinds of characters, and long lists of them, mean
// themselves, whatever the case of ASCII's letters, and nothing else.
func TestEntitledByAnyName(t *testing.T) {
	n := open(t)
	odd := []string{
		"dpa", "DPA", "dp", "dpaa", "d.a", "dpa|afp", "(dpa)", "a*", "a+", "a?", "[a-z]", "{2}", `back\slash`, `"quoted"`, "#", "@", "a&b", "<1-9>", "~dpa", "^dpa$", "a/b", "a-b", "a b", "Ü", "ü",
		"Agence Étrangère", "agence étrangère", "新华社", "\U0001F4F0 News", "%", "'", "d", "D", "ſ", "K", "k",
	}
	var all []report
	for i, agency := range odd {
		all = append(all, report{id: fmt.Sprint("odd-", i), agency: agency, source: odd[len(odd)-1-i], headline: "x", body: []string{"x"}})
	}
	n.index(all...)
	many := func(with ...string) (names []string) {
		for i := range access.MaxNames - len(with) {
			names = append(names, fmt.Sprintf("%03d%s", i, strings.Repeat(`"(`, (access.MaxName-3)/2)))
		}
		return append(names, with...)
	}
	upper := func(s string) string {
		return strings.Map(func(r rune) rune {
			if 'a' <= r && r <= 'z' {
				r += 'A' - 'a'
			}
			return r
		}, s)
	}
	grants := []access.Grant{
		{Agencies: odd[:10]},
		{AgenciesDenied: odd[10:20]},
		{Sources: many(odd...)},
		{SourcesDenied: many(odd[:18]...)},
		{Agencies: many(odd...), AgenciesDenied: many(odd[5]), Sources: many(odd...), SourcesDenied: many(odd[9])},
	}
	for _, name := range odd {
		grants = append(grants, access.Grant{Agencies: []string{upper(name)}}, access.Grant{SourcesDenied: []string{name}})
	}
	for _, g := range grants {
		if err := g.Validate(); err != nil {
			t.Fatal(err)
		}
		want := []string{}
		for _, r := range all {
			if g.Allows(r.source, r.agency) {
				want = append(want, r.id)
			}
		}
		slices.Sort(want)
		f := find.New(n.es, n.names, time.UTC, search.MaxTimeout, time.Now).As(g)
		request, err := find.ParseRequest(url.Values{"size": {"100"}, "facets": {"none"}}, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		got, err := f.Search(t.Context(), request)
		if err != nil {
			t.Fatalf("%.300v: %v", g, err)
		}
		if d := cmp.Diff(want, ids(got)); d != "" {
			t.Errorf("%.300v (-want +got):\n%s", g, d)
		}
	}
}

// Who is entitled to some agencies alone corrects no agency: what was theirs for a moment
// isn't theirs for ever, nor anybody's who may not see it.
func TestNobodyCorrectsTheirEntitlement(t *testing.T) {
	n := open(t)
	first := report{id: "a", agency: "dpa", language: "en", headline: "Bridge", body: []string{"x"}, created: day}
	second := first
	second.agency, second.created, second.headline = foreignAgency, day.Add(time.Minute), secret
	a := n.index(first)[0]
	r, _ := n.as(access.Grant{Agencies: []string{"dpa"}})
	address := articlePath(a.URI) + "/overrides"
	ask := func(method, target string) response { return r.send(method, address+target, `"dpa"`, "If-Match", "*") }
	for _, method := range []string{http.MethodPut, http.MethodDelete} {
		if got := ask(method, "/agency"); got.status != http.StatusForbidden || !strings.Contains(got.body, "agency") {
			t.Errorf("%s: %d %s", method, got.status, got.body)
		}
	}
	if got := ask(http.MethodPut, "/language"); got.status != http.StatusOK {
		t.Errorf("another field: %d %s", got.status, got.body)
	}
	if got := ask(http.MethodGet, ""); got.status != http.StatusOK || strings.Contains(got.body, `"agency"`) {
		t.Errorf("what they may correct: %d %s", got.status, got.body)
	}
	all, _ := n.as(access.Grant{})
	if got := all.send(http.MethodPut, address+"/agency", `"dpa"`, "If-Match", "*"); got.status != http.StatusOK {
		t.Errorf("who may see all: %d %s", got.status, got.body)
	}
	n.index(second)
	for _, method := range []string{http.MethodPut, http.MethodDelete} {
		if got := ask(method, "/language"); got.status != http.StatusNotFound || strings.Contains(got.body, secret) {
			t.Errorf("%s, the agency's next revision: %d %s", method, got.status, got.body)
		}
	}
}

// People correct as their role lets them, and no page of another site does in their name.
func TestPeopleCorrect(t *testing.T) {
	n := open(t)
	a := n.index(report{id: "a", agency: "dpa", language: "en", headline: "Bridge", body: []string{"x"}})[0]
	from, err := gate.ParseFrom([]string{"127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	entrance := &gate.Gate{Proxy: gate.Proxy{From: from, UserHeader: "X-Forwarded-User", RoleHeader: "X-Forwarded-Role"}, Log: zerolog.Nop(), Now: time.Now}
	if err := entrance.Ready(prometheus.NewRegistry()); err != nil {
		t.Fatal(err)
	}
	h, _, err := search.Mux(entrance, find.New(n.es, n.names, time.UTC, search.MaxTimeout, time.Now), api.Service{Editors: api.NewEditors(deskOfAll{}, time.Now)})
	if err != nil {
		t.Fatal(err)
	}
	as := *n
	as.base = serveHandler(t, h)
	for _, c := range []struct {
		role, site string
		want       int
	}{{"reader", "same-origin", http.StatusForbidden}, {"editor", "same-origin", http.StatusOK}, {"editor", "cross-site", http.StatusForbidden}} {
		for _, method := range []string{http.MethodPut, http.MethodDelete} {
			got := as.send(method, articlePath(a.URI)+"/overrides/language", `"de"`, "If-Match", "*", "X-Forwarded-User", "B. Lee", "X-Forwarded-Role", c.role, "Sec-Fetch-Site", c.site)
			if got.status != c.want {
				t.Errorf("%s as %s, %s: %d %s", method, c.role, c.site, got.status, got.body)
			}
		}
	}
}

// TestEveryRouteAsks: without a key nothing is answered but what tells of no article.
func TestEveryRouteAsks(t *testing.T) {
	n := open(t)
	a := n.index(report{id: "a", agency: "dpa", language: "en", headline: secret, body: []string{secret}})[0]
	r, patterns := n.as(access.Grant{})
	r.key = ""
	contract, err := theContract()
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for path, method := range paths(patterns, a.URI) {
		req, err := http.NewRequestWithContext(t.Context(), method, r.base+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		want := http.StatusUnauthorized
		if path == "/login" || path == "/logout" || strings.HasPrefix(path, "/assets/") {
			want = http.StatusNotFound // nobody logs in here, and there is no such asset
		} else {
			asked++
		}
		if res.StatusCode != want || strings.Contains(string(body), secret) {
			t.Errorf("%s %s: %d %s", method, path, res.StatusCode, body)
		}
		if strings.HasPrefix(path, "/v1/") && path != api.PatternOther {
			if err := contract.check(method, path, response{res.StatusCode, res.Header, string(body)}); err != nil {
				t.Error(err)
			}
		}
		if want == http.StatusUnauthorized && res.Header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s %s doesn't say how to ask", method, path)
		}
	}
	if asked < 14 {
		t.Errorf("only %d routes ask", asked)
	}
}
