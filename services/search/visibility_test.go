package search_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/override"
	copydesk "github.com/copytaster/copytaster/services/enrich/override/desk"
	"github.com/copytaster/copytaster/services/search/api"
	"github.com/copytaster/copytaster/services/search/export"
	"github.com/copytaster/copytaster/services/search/find"
	"github.com/copytaster/copytaster/services/search/live"
	"github.com/copytaster/copytaster/services/search/live/livetest"
)

// visits are, by the name of every route, the parameters that it is asked with in
// TestVisibility. A route that isn't here fails the test.
func visits() map[string][][]string {
	facets := strings.Join(find.FacetNames(), ",")
	inFormats := [][]string{{}}
	for _, name := range export.Names() {
		inFormats = append(inFormats, []string{"format", name})
	}
	return map[string][][]string{
		"search": slices.Concat(inFormats, [][]string{
			{"facets", facets}, {"q", shared, "facets", facets, "size", "100"}, {"q", "-nothing", "sort", "time"}, {"day", "2019-01-01", "facets", facets}, {"q", "status:withheld OR status:canceled OR published:2019 OR language:ko OR near:-54.42,3.36"},
		}),
		"article":     inFormats,
		"original":    {{}},
		"overrides":   {{}},
		"correct":     {{}},
		"take_back":   {{}},
		"similar":     {{}, {"size", "50"}},
		"difference":  {{}},
		"histogram":   {{}, {"q", shared, "interval", "year"}, {"interval", "month"}},
		"map":         {{}, {"q", shared, "precision", "6"}, {"within", "2,-55,4,-53", "precision", "12"}},
		"significant": {{"q", shared, "of", "person,organisation,place,keyphrase,topic,country,speaker,agency,source,cited_media,word", "values", "50"}, {}},
		"suggest": {
			{"prefix", "qux", "of", "person,organisation,place,topic,source", "values", "50"},
			{"prefix", "qux", "of", "agency,cited_media,keyphrase,speaker,filed", "values", "50"},
			{"prefix", "s"},
		},
		"spelling": {{"q", "quxembargp"}, {"q", "quxwithheld quxkillet"}, {"q", "quxexpirex " + shared}, {"q", "quxvosible"}},
		"export":   {{}, {"format", "ninjs"}, {"format", "atom"}, {"format", "jsonfeed"}, {"format", "csv", "q", shared}},
		"live":     {{"life", "0"}, {"since", "2020-01-01T00:00:00Z", "life", "0"}},
		"openapi":  {{}},
		"me":       {{}},
		// The one route that tells of what is under an embargo, see visitEmbargoes.
		api.RouteEmbargoes: {{}, {"size", "100"}},
		// What operators see is for who may see all, see TestOnlyOperatorsOperate; off, it is nothing.
		"stages": {{}}, "sources": {{}}, "letters": {{}}, "letter": {{}}, "redrive": {{}},
	}
}

// shared is a word of all articles of TestVisibility.
const shared = "Zwischenruf"

// told is all that an article can be found by, marked.
func told(id, mark string) report {
	return report{
		id: id, language: "en", source: mark + "-source", agency: mark + " agency", media: []string{mark + " Post"}, kicker: mark + " kicker",
		headline: shared + " " + mark, standfirst: mark + " standfirst", byline: "By " + mark, dateline: mark + "ville", caption: mark + " caption",
		body: []string{"Text of " + mark + " that many have.", shared + " in Niger."}, note: mark + " note", url: "https://" + mark + ".example/",
		filed: []string{mark + "ville"}, said: []said{{mark + " Speaker", "Words of " + mark}}, sums: []sum{{"EUR", 7e6, 0}}, persons: []string{mark + " Person", "Ana Ruiz", "Bo Tran"},
		organisations: []string{mark + " Org", "Union"}, keyphrases: []string{mark + " phrase"}, topics: [][]string{{"medtop:16000000"}},
		places: []article.Place{{Name: mark + " Place", Country: "NE", Located: true, Lat: 16.97, Lon: 7.99}}, created: day,
	}
}

// Marks of what may be seen, and of what never was.
const seen, never = "Quxvisible", "Quxneverwas"

// TestVisibility asks every route of the API, with every parameter that its document
// has, for what readers may not see: no byte of any answer may tell of it, and who asks
// for it by name gets the answer that what never was gets.
func TestVisibility(t *testing.T) {
	n := open(t)
	marks := []string{"Quxembargo", "Quxwithheld", "Quxkilled", "Quxexpired"}
	// Each is there often enough to be worth telling.
	var secrets []report
	for i := range 3 {
		for _, mark := range marks {
			r := told(fmt.Sprintf("hidden-%d-%d", i, slices.Index(marks, mark)), mark)
			r.language, r.published = "ko", time.Date(2019, 1, 1, 9, 0, 0, 0, time.UTC)
			r.topics, r.sums = [][]string{{"medtop:15000000"}}, []sum{{"XAU", 7e6, 0}}
			r.places[0].Country, r.places[0].Lat, r.places[0].Lon = "BV", -54.42, 3.36
			switch mark {
			case "Quxembargo":
				r.embargo = time.Now().Add(time.Hour)
			case "Quxwithheld":
				r.status = article.Withheld
			case "Quxexpired":
				r.expiry = time.Now().Add(-time.Second)
			}
			secrets = append(secrets, r)
		}
	}
	gone := n.index(secrets...)
	uris := map[string]article.URI{}
	for i, r := range secrets {
		mark := marks[i%len(marks)]
		if uris[mark] = gone[i].URI; mark == "Quxkilled" {
			r.status, r.created = article.Canceled, day.Add(time.Minute)
			n.index(r)
		}
	}
	plain := told("plain", seen)
	plain.evolvedFrom = append(slices.Sorted(maps.Values(uris)), "urn:copytaster:test:foreign-0")
	older := plain
	older.created, older.headline = day.Add(-time.Minute), shared+" earlier"
	shown := n.index(older, plain)[1]
	more := []report{}
	for i := range 4 {
		r := told(fmt.Sprint("more-", i), seen)
		r.published = day.Add(time.Duration(i) * time.Hour)
		more = append(more, r)
	}
	for i := range 8 {
		more = append(more, report{id: fmt.Sprint("other-", i), language: "en", headline: "Other news", body: []string{fmt.Sprint("Nothing of ", i, " is like it.")}})
	}
	n.index(more...)

	foreign := []report{}
	for i := range 3 {
		foreign = append(foreign, told(fmt.Sprint("foreign-", i), "Quxforeign"))
	}
	strange := n.index(foreign...)
	uri := strange[0].URI
	wentOut := livetest.New(3)
	write := func(at time.Time, as ...*article.Article) {
		if err := wentOut.Write(at, as...); err != nil {
			t.Fatal(err)
		}
	}
	for i, a := range gone {
		if marks[i%len(marks)] != "Quxembargo" { // the others were out, and were taken back
			out, back := *a, *a
			out.Status, out.ExpiresAt = article.Usable, time.Time{}
			if back.Status = article.Withheld; marks[i%len(marks)] == "Quxkilled" {
				back.Status = article.Canceled
			}
			write(time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC), &out, &back)
		}
	}
	write(time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC), append(slices.Clone(strange), shown)...)
	forbidden := append(slices.Clone(marks), "hidden-", "2019-01-01T", "medtop:15000000", "XAU", `"ko"`, `"BV"`)
	t.Run("everyone", func(t *testing.T) {
		r := n.reading(t, allButEmbargo, access.Grant{}, wentOut)
		visit(t, r, true, shown.URI, marks, forbidden, uris)
		visitEmbargoes(t, r, "", append(slices.Clone(forbidden), seen))
	})
	// Who may see what is under an embargo sees it by one route, and by no other.
	t.Run("may see embargoes", func(t *testing.T) {
		r := n.reading(t, access.Scopes, access.Grant{}, wentOut)
		visit(t, r, true, shown.URI, marks, forbidden, uris)
		visitEmbargoes(t, r, "Quxembargo", append(slices.Clone(marks[1:]), seen))
	})
	t.Run("not entitled to an agency", func(t *testing.T) {
		uris := maps.Clone(uris)
		uris["Quxforeign"] = uri
		visit(t, n.reading(t, allButEmbargo, access.Grant{AgenciesDenied: []string{"Quxforeign agency"}}, wentOut), false, shown.URI, append(marks, "Quxforeign"), append(forbidden, "Quxforeign", "foreign-"), uris)
	})
}

// reading is the newsroom's API for a reader of those scopes and that grant; wentOut is what live feeds
// follow.
func (n *newsroom) reading(t *testing.T, scopes []access.Scope, g access.Grant, wentOut *livetest.Log) *newsroom {
	t.Helper()
	here := *n
	here.tb = t
	as, _ := here.keyed(scopes, g, api.Service{Live: following(t, wentOut, 1), Editors: api.NewEditors(deskOfAll{}, time.Now), Embargoes: api.NewEmbargoes(zerolog.Nop())}, time.Now)
	await(t, "what goes out is followed", func() bool { return as.get("/v1/live?life=0").status == http.StatusOK })
	return as
}

// allButEmbargo are the scopes of who may all but see what is under an embargo.
var allButEmbargo = access.Operator.Scopes()

// following is what follows that topic, with so many live feeds.
func following(t *testing.T, wentOut *livetest.Log, feeds int) *live.Hub {
	t.Helper()
	const ever = 100 * 365 * 24 * time.Hour
	hub, err := live.New(wentOut, wentOut.Lookups(), live.Config{Feeds: feeds, FeedsOfReader: feeds, Known: ever, Zone: time.UTC, Now: time.Now, Log: zerolog.Nop()}, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		hub.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return hub
}

// visit asks every route for what is forbidden: as it is usually asked, with every
// parameter if every is set, by the marks, and by the URIs of what has those marks. shown is
// the URI of what may be seen.
func visit(t *testing.T, n *newsroom, every bool, shown article.URI, marks, forbidden []string, uris map[string]article.URI) {
	t.Helper()
	c, err := theContract()
	if err != nil {
		t.Fatal(err)
	}
	innocent := func(what, address, body string) {
		t.Helper()
		for _, f := range forbidden {
			if i := strings.Index(strings.ToLower(body), strings.ToLower(f)); i >= 0 {
				t.Errorf("%s: the answer to %s tells %q: …%s…", what, address, f, body[max(0, i-80):min(len(body), i+80)])
			}
		}
	}
	whole := func(r response) string { return r.body + fmt.Sprint(r.header) }
	all := visits()
	for _, route := range api.Routes {
		sets, ok := all[route.Name]
		delete(all, route.Name)
		if route.Name == api.RouteEmbargoes {
			continue
		}
		if !ok {
			t.Errorf("the route %s has no entry in visits: what it tells of what is hidden isn't known", route.Name)
			continue
		}
		method, path, _ := strings.Cut(strings.ReplaceAll(route.Pattern, "...}", "}"), " ")
		item := c.Paths[path]
		op := *item.of()[method]
		path = strings.NewReplacer("{field}", "language", "{topic}", "ingest.dead", "{partition}", "0", "{offset}", "0").Replace(path)
		ask := func(address string) response { return n.send(method, address, `"de"`, "If-Match", "*") }
		byURI := strings.Contains(path, "{uri}")
		at := func(uri article.URI) string {
			return strings.Replace(path, "/v1/articles/{uri}", articlePath(uri), 1)
		}
		address := path
		if byURI {
			address = at(shown)
		}
		tells := false
		asked := sets
		if every {
			asked = variations(op, sets)
		}
		for _, set := range asked {
			// Some of the combinations are too much, or no search: they tell nothing either.
			r := ask(address + "?" + query(set...))
			if r.status != http.StatusOK && r.status != http.StatusNoContent && r.status != http.StatusBadRequest && r.status != http.StatusNotFound {
				t.Errorf("%s %q: %d %s", route.Name, set, r.status, r.body)
			}
			tells = tells || strings.Contains(strings.ToLower(r.body), strings.ToLower(seen))
			innocent(route.Name, address+"?"+query(set...), without(whole(r), set))
		}
		if tells == slices.Contains([]string{"openapi", "original", "histogram", "map", "me", "stages", "sources", "letters", "letter", "redrive"}, route.Name) {
			t.Errorf("%s tells of what may be seen: %v", route.Name, tells)
		}
		if byURI {
			visitHidden(t, ask, route.Name, at, sets, uris, innocent)
			continue
		}
		// Who knows a name learns nothing by asking for it.
		for _, p := range op.Parameters {
			several := p.In == "query" && isArray(p.Schema)
			if !several && !slices.Contains([]string{"q", "said", "prefix"}, p.Name) {
				continue
			}
			asked := func(as []string) string {
				set := slices.Clone(sets[len(sets)-1])
				for _, mark := range as {
					set = append(set, p.Name, named(p.Name, mark))
				}
				r := n.get(path + "?" + query(set...))
				return fmt.Sprint(r.status) + plainly(r.body, as)
			}
			tries := [][]string{marks} // all at once
			if !several {
				tries = slices.Collect(slices.Chunk(marks, 1))
			}
			unknown := ""
			for _, as := range tries {
				if unknown == "" {
					unknown = asked(nevers(len(as)))
				}
				if known := asked(as); known != unknown {
					t.Errorf("%s: %s of %q answers %s, where what never was answers %s", route.Name, p.Name, as, known, unknown)
				}
			}
		}
	}
	for name := range all {
		t.Errorf("visits has %s, which is no route", name)
	}
}

// ofNotices are the routes that know articles that were killed.
var ofNotices = []string{"article", "overrides", "correct", "take_back"}

// deskOfAll says whatever it is shown of an article.
type deskOfAll struct{}

func (deskOfAll) Of(_ context.Context, a *article.Article) (copydesk.Line, error) {
	value, err := json.Marshal(a.Text)
	return copydesk.Line{URI: a.URI, Number: 1, Revision: a.Revision, Fields: []copydesk.Correction{{Field: "language", Who: a.Source, At: day, Reason: a.Text, Value: value}}}, err
}

func (d deskOfAll) Change(ctx context.Context, seen copydesk.Seen, _ override.Change) (copydesk.Line, error) {
	if err := seen.Still(ctx); err != nil {
		return copydesk.Line{}, err
	}
	return d.Of(ctx, seen.Article)
}

// visitHidden asks for hidden articles by their URIs.
func visitHidden(t *testing.T, ask func(address string) response, name string, at func(article.URI) string, sets [][]string, uris map[string]article.URI, innocent func(what, address, body string)) {
	t.Helper()
	for _, set := range sets {
		none := ask(at("urn:copytaster:test:never-was") + "?" + query(set...))
		if none.status != http.StatusNotFound {
			t.Errorf("%s of what never was: %d", name, none.status)
		}
		for mark, uri := range uris {
			r := ask(at(uri) + "?" + query(set...))
			if mark == "Quxkilled" && slices.Contains(ofNotices, name) && r.status != http.StatusNotFound {
				body := strings.ReplaceAll(r.body, string(uri), "")
				body = strings.ReplaceAll(body, mark+"-source", "") // whose notice it is
				body = regexp.MustCompile(`2019-01-01T09:00:00\.?0*Z`).ReplaceAllString(body, "")
				body = strings.ReplaceAll(body, url.QueryEscape(string(uri)), "")
				innocent(name+" of a kill", at(uri), body)
				continue
			}
			if r.status != none.status || r.body != none.body || r.header.Get("Content-Type") != none.header.Get("Content-Type") {
				t.Errorf("%s of %s %q: %d %s, of what never was %d %s", name, mark, set, r.status, r.body, none.status, none.body)
			}
		}
	}
}

// named is what [told] puts into an article that the parameter asks for.
func named(parameter, mark string) string {
	if parameter == "q" { // in every field of the language that has names or words
		return strings.ReplaceAll(`M OR headline:M OR kicker:M* OR standfirst:M OR byline:M OR body:M OR caption:M OR dateline:Mville OR person:"M Person" OR
			org:"M Org" OR place:"M Place" OR keyphrase:"M phrase" OR said:(M) OR speaker:"M Speaker" OR agency:"M agency" OR source:"M-source" OR cited:"M Post" OR filed:Mville`, "M", mark)
	}
	after := map[string]string{
		"person": " Person", "source": "-source", "agency": " agency", "place": " Place", "organisation": " Org", "keyphrase": " phrase", "speaker": " Speaker",
		"cited_media": " Post", "filed": "ville",
	}
	return mark + after[parameter]
}

// common are values of parameters that articles of [told] have, the hidden ones too.
var common = map[string][]string{
	"q": {shared + " OR published:2019 OR country:BV"}, "language": {"en", "ko"}, "topic": {"medtop:16000000", "medtop:15000000"}, "person": {"Ana Ruiz"}, "organisation": {"Union"},
	"country": {"NE", "BV"}, "currency": {"EUR", "XAU"}, "from": {"2018-12-31"}, "to": {"2024-12-31"}, "said": {"words"}, "amount_from": {"1"}, "amount_to": {"1e9"},
	"within": {"-180,-90,180,90"}, "day": {"2019-01-01", "2024-04-20"}, "agency": {seen + " agency", "Quxforeign agency"}, "source": {seen + "-source", "Quxembargo-source"},
}

// variations are the sets of parameters, and the last one with each parameter of the
// document that it hasn't: with values that are common, or by its example.
func variations(op operation, sets [][]string) [][]string {
	all := slices.Clone(sets)
	base := sets[len(sets)-1]
	for _, p := range op.Parameters {
		values := common[p.Name]
		if example, ok := p.Example.([]any); ok && values == nil {
			for _, v := range example {
				values = append(values, written(v))
			}
		} else if p.Example != nil && values == nil {
			values = []string{written(p.Example)}
		}
		if p.In != "query" || values == nil {
			continue
		}
		set := []string{}
		for i := 0; i < len(base); i += 2 {
			if base[i] != p.Name {
				set = append(set, base[i], base[i+1])
			}
		}
		for _, v := range values {
			set = append(set, p.Name, v)
		}
		all = append(all, set)
	}
	return all
}

// without leaves out of an answer what it was asked, where it may be told back: as a whole
// value of JSON, in an address, in a title. Within other words, it isn't what was asked.
func without(body string, set []string) string {
	for i := 0; i+1 < len(set); i += 2 {
		name, value := set[i], set[i+1]
		for _, w := range append(strings.Fields(value), value) {
			body = strings.ReplaceAll(body, `"`+w+`"`, `""`)
		}
		body = strings.ReplaceAll(body, name+"="+url.QueryEscape(value), "")
		if name == "q" {
			body = strings.ReplaceAll(body, "Copytaster: "+value, "")
		}
	}
	return body
}

var changing = regexp.MustCompile(`"took_ms":[0-9]+|"now":"[^"]*"|(?m)^(retry|id): .*$`)

// nevers are marks of what never was.
func nevers(count int) (marks []string) {
	for i := range count {
		marks = append(marks, never+string(rune('a'+i)))
	}
	return marks
}

// plainly is an answer without what it was asked, and without how long it took and when it was.
func plainly(body string, asked []string) string {
	body = changing.ReplaceAllString(body, "")
	for _, a := range asked {
		body = strings.ReplaceAll(strings.ReplaceAll(body, a, "?"), url.QueryEscape(a), "?")
	}
	return body
}
