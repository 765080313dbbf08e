package search_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/elastic"
	asked "github.com/copytaster/copytaster/pkg/query"
	"github.com/copytaster/copytaster/services/search"
	"github.com/copytaster/copytaster/services/search/find"
)

func TestWords(t *testing.T) {
	const notNiger = "-niger -defence -soldats"
	n := open(t)
	n.index(desk()...)
	for q, want := range map[string][]string{
		"niger":                     {"niger", "drones", "sport-en", "junta", "niger-fr", "old"},
		"Nigers":                    {"niger", "drones", "sport-en", "junta", "old"},
		"niger soldier":             {"niger", "drones"},
		"soldiers":                  {"niger", "drones"},
		"soldat":                    {"niger-fr", "junta"},
		"niger -soldiers -football": {"junta", "old", "niger-fr"},
		"niger -sport -soldats":     {"old", "niger", "drones"},
		`"air defence"`:             {"defence", "review"},
		"air defence":               {"defence", "review", "defence2"},
		`defence -"air defence"`:    {"defence2"},
		`"press reviews"`:           {"review"},
		"Brücke":                    {"bruecke"},
		"bruecke":                   {},
		"brucken hafen":             {"bruecke"},
		"haus":                      {"bruecke"},
		"strasse":                   {"strasse"},
		"Straßen":                   {"strasse"},
		"haiti":                     {"haiti"},
		"Haïti etat urgence":        {"haiti"},
		"gouvernement étrangers":    {"haiti"},
		"nación":                    {"nacion"},
		"nacion":                    {"nacion"},
		"niño":                      {"nacion"},
		"condamné":                  {"cite"},
		"citta":                     {"acqua"},
		"القوات":                    {"arabic"},
		"尼日尔":                       {"chinese"},
		"“尼日尔”":                     {"chinese"},
		"walrus":                    {"caption"},
		"zebracrossing":             {}, // notes aren't for readers
		"Mednick":                   {}, // nor are credits text
		"Weber":                     {"niger"},
		"withdrawal":                {"niger", "review"},
		"withdraw Mali":             {"niger"}, // headline and body
		"drone-base":                {"drones", "review"},
		secret:                      {},
		"-niger -defence -soldats":  nil, // checked below
		"agency:dpa":                {"bruecke", "defence", "junta", "niger", "note", "old", "plain", "review", "und"},
		"markupword":                {"markup"},
		"☕ walrus":                  {}, // nobody writes of coffee
		"− walrus":                  {"caption"},
		"lighthouse":                {"plain"},
	} {
		got := ids(n.search("q", q, "size", "100"))
		if q == notNiger {
			for _, bad := range []string{"niger", "drones", "defence", "niger-fr"} {
				if slices.Contains(got, bad) {
					t.Errorf("%s: found %s", q, bad)
				}
			}
			if len(got) < 10 {
				t.Errorf("%s: found only %v", q, got)
			}
			continue
		}
		slices.Sort(want)
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", q, d)
		}
	}
	everything := n.search("size", "100")
	if want := len(visible(desk())); everything.Total != (find.Total{Value: want, Relation: "eq"}) || len(everything.Hits) != want {
		t.Errorf("all: %+v and %d hits, want %d", everything.Total, len(everything.Hits), want)
	}
	if !slices.IsSortedFunc(everything.Hits, func(a, b find.Hit) int { return b.SortDate.Compare(*a.SortDate) }) {
		t.Error("all: not the newest first")
	}
	// As many words as may be are not too many for Elasticsearch.
	n.search("q", strings.Repeat("niger ", asked.MaxAnywhere))
	n.search("q", strings.Repeat("尼", asked.MaxAnywhere))
	n.search("q", strings.Repeat("-niger ", asked.MaxAnywhere))
}

func TestRelevance(t *testing.T) {
	n := open(t)
	recent := time.Now().Add(-time.Hour)
	year := recent.AddDate(-1, 0, 0)
	n.index(
		report{id: "body-old", language: "en", headline: "A", body: []string{"vaccine vaccine vaccine"}, published: year},
		report{id: "body-new", language: "en", headline: "B", body: []string{"a vaccine"}, published: recent},
		report{id: "head-old", language: "en", headline: "Vaccine approved", body: []string{"x"}, published: year},
		report{id: "head-new", language: "en", headline: "No vaccine yet", body: []string{"x"}, published: recent},
		report{id: "standfirst-old", language: "en", headline: "C", standfirst: "The vaccine", body: []string{"x"}, published: year},
		report{id: "near-old", language: "en", headline: "D", body: []string{"a bridge toll rises"}, published: year},
		report{id: "far-old", language: "en", headline: "E", body: []string{"toll of a war, and one day perhaps, in the end, a bridge"}, published: year},
	)
	order := func(parameters ...string) []string {
		var got []string
		for _, h := range n.search(parameters...).Hits {
			got = append(got, strings.TrimPrefix(string(h.URI), "urn:copytaster:test:"))
		}
		return got
	}
	if d := cmp.Diff([]string{"head-new", "head-old", "standfirst-old", "body-new", "body-old"}, order("q", "vaccine")); d != "" {
		t.Errorf("relevance (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]string{"near-old", "far-old"}, order("q", "bridge toll")); d != "" {
		t.Errorf("words together (-want +got):\n%s", d)
	}
	if got := order("q", "vaccine", "sort", "time"); !slices.Equal(got[:2], []string{"body-new", "head-new"}) {
		t.Errorf("by time: %v", got)
	}
	if r := n.search("q", "-vaccine"); r.Sort != find.Time {
		t.Errorf("a query without words to look for is sorted by %s", r.Sort)
	}
}

func TestHighlights(t *testing.T) {
	n := open(t)
	n.index(desk()...)
	pieces := func(q, id, field string) string {
		for _, h := range n.search("q", q).Hits {
			if strings.HasSuffix(string(h.URI), ":"+id) {
				var b strings.Builder
				for _, f := range h.Highlights[field] {
					for _, p := range f {
						if p.Match {
							b.WriteString("[" + p.Text + "]")
						} else {
							b.WriteString(p.Text)
						}
					}
				}
				return b.String()
			}
		}
		t.Fatalf("%s does not find %s", q, id)
		return ""
	}
	for _, c := range []struct{ q, id, field, want string }{
		{"withdrawing niger", "niger", "headline", "USA must [withdraw] its military personnel from [Niger]"},
		{`"air defences"`, "defence", "headline", "[Air defence] for Kyiv"},
		{"haus", "bruecke", "standfirst", "Die [Häuser] am Kai bleiben erreichbar."},
		{"markupword", "markup", "body", `<script>alert("body")</script> [markupword] </p></article>`},
		{"walruses", "caption", "caption", "A [walrus] on the beach of Spitsbergen."},
		{"möller", "bruecke", "byline", "Von Jens [Möller]"},
	} {
		if got := pieces(c.q, c.id, c.field); got != c.want {
			t.Errorf("%s in %s.%s: %q, want %q", c.q, c.id, c.field, got, c.want)
		}
	}
	if got := pieces("niger", "niger", "byline"); got != "" {
		t.Errorf("nothing was found in the byline, but it has the highlight %q", got)
	}
}

// TestHiddenStaysHidden looks for what readers may not see wherever something
// could tell of it.
func TestHiddenStaysHidden(t *testing.T) {
	n := open(t)
	articles := n.index(desk()...)
	uri := map[string]article.URI{}
	for i, r := range desk() {
		uri[r.id] = articles[i].URI
	}
	// A revision that was for all to see, until the next one.
	n.index(
		report{id: "recalled", language: "en", headline: secret + " once said", body: []string{secret}, created: day},
		report{id: "recalled", language: "en", headline: secret + " once said", body: []string{secret}, created: day.Add(time.Minute), embargo: time.Now().Add(time.Hour)},
		report{id: "killed", language: "en", headline: secret + " once said", body: []string{secret}, created: day},
	)
	killed := n.index(report{id: "killed", language: "en", headline: secret, body: []string{secret}, created: day.Add(time.Minute), status: article.Canceled})[0]
	first := report{id: "killed", language: "en", headline: secret + " once said", body: []string{secret}, created: day}.article(t)
	recalled := report{id: "recalled", language: "en", headline: secret + " once said", body: []string{secret}, created: day}.article(t)

	for _, p := range []string{
		"", query("q", "niger"), query("q", "niger", "sort", "time"), query("q", secret), query("q", "-niger"),
		query("language", "ko"), query("day", "2019-01-01"), query("agency", secret+" agency"), query("size", "100"),
		query("q", `"`+secret+`"`), query("from", "2019-01-01", "to", "2019-01-02"),
	} {
		result := n.get("/v1/articles?" + p + "&" + query("facets", strings.Join(find.FacetNames(), ",")))
		if result.status != http.StatusOK {
			t.Fatalf("%s: %d %s", p, result.status, result.body)
		}
		var r find.Result
		if err := json.Unmarshal([]byte(result.body), &r); err != nil {
			t.Fatal(err)
		}
		for _, h := range r.Hits {
			if strings.Contains(h.Headline, secret) {
				t.Errorf("%s: hit %s", p, h.URI)
			}
		}
		for _, f := range r.Facets {
			for _, v := range f.Values {
				if (strings.Contains(v.Value, secret) || v.Value == "ko" || v.Value == "2019-01-01") && (v.Count != 0 || !v.Chosen) {
					t.Errorf("%s: facet %s counts %+v", p, f.Name, v)
				}
			}
		}
		if !strings.Contains(p, url.QueryEscape(secret)) {
			if strings.Contains(result.body, secret) {
				t.Errorf("%s: the answer holds what is hidden", p)
			}
		}
	}
	if r := n.search("q", secret); r.Total.Value != 0 {
		t.Errorf("total %+v", r.Total)
	}

	for _, path := range []string{
		articlePath(uri["embargoed"]), articlePath(uri["expired"]), articlePath(uri["withheld"]), articlePath(uri["canceled-embargo"]), articlePath(recalled.URI),
		articlePath(recalled.URI) + "?revision=" + recalled.Revision.String(), articlePath(killed.URI) + "?revision=" + first.Revision.String(),
	} {
		if p := n.problem(path); p.Status != http.StatusNotFound {
			t.Errorf("%s: %+v", path, p)
		}
		if r := n.get(path); strings.Contains(r.body, secret) {
			t.Errorf("%s tells %s", path, r.body)
		}
	}

	// A kill leaves a notice.
	r := n.get(articlePath(killed.URI))
	var found find.Found
	if err := json.Unmarshal([]byte(r.body), &found); err != nil || r.status != http.StatusOK {
		t.Fatalf("notice: %d %s %v", r.status, r.body, err)
	}
	if found.Article.Status != article.Canceled || found.Article.Text != "" || len(found.Revisions) != 0 || strings.Contains(r.body, secret) {
		t.Errorf("notice: %s", r.body)
	}
}

// What expires is found until then, with its revisions, and not from then on.
func TestExpiredIsHidden(t *testing.T) {
	n := open(t)
	long := time.Now().Add(time.Hour)
	n.index(report{id: "short", language: "en", headline: "Regatta won", body: []string{"x"}, created: day, expiry: long})
	if len(n.search("q", "regatta").Hits) != 1 {
		t.Fatal("not found before its time")
	}
	over := time.Now().Add(time.Second)
	a := n.index(report{id: "short", language: "en", headline: "Regatta won", body: []string{"x"}, created: day.Add(time.Minute), expiry: over})[0]
	await(t, "it is hidden", func() bool { return len(n.search("q", "regatta").Hits) == 0 })
	if time.Now().Before(over) {
		t.Error("hidden before its time")
	}
	if r := n.get(articlePath(a.URI)); r.status != http.StatusNotFound {
		t.Errorf("%d %s", r.status, r.body)
	}
}

func TestEmbargoEndsByItself(t *testing.T) {
	n := open(t)
	until := time.Now().Add(1500 * time.Millisecond)
	a := n.index(report{id: "soon", language: "en", headline: "Nobel prize", body: []string{"x"}, embargo: until})[0]
	if r := n.search("q", "nobel"); time.Now().Before(until) && len(r.Hits) != 0 {
		t.Fatal("found under embargo")
	}
	await(t, "the embargo is over", func() bool { return len(n.search("q", "nobel").Hits) == 1 })
	if time.Now().Before(until) {
		t.Error("found under embargo")
	}
	if r := n.get(articlePath(a.URI)); r.status != http.StatusOK {
		t.Errorf("%d %s", r.status, r.body)
	}
}

// TestFacetsAgainstModel compares hits, totals and counts with what a plain
// loop over the articles says.
func TestFacetsAgainstModel(t *testing.T) {
	n := open(t)
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	agencies, sources := []string{"", "dpa", "AP", "Reuters"}, []string{"wire", "site-3", "regional"}
	languages, media := []string{"en", "de", "fr"}, []string{"Le Monde", "Der Spiegel", "CNN"}
	statuses := []article.Status{article.Usable, article.Usable, article.Usable, article.Withheld, article.Canceled}
	start := time.Date(2024, 3, 30, 21, 0, 0, 0, time.UTC) // clocks change on the 31st
	places := []article.Place{{Name: "Agadez", Country: "NE"}, {Name: "Sahel"}, {Name: "Niger", Country: "NE"}, {Name: "Benin", Country: "BJ"}}
	var all []report
	for i := range 120 {
		r := report{
			id: fmt.Sprintf("m-%03d", i), agency: agencies[i%4], source: sources[i*7%3], language: languages[i*i%3],
			status: statuses[i*3%5], headline: "word", body: []string{[]string{"apple", "pear", "apple pear"}[i*5%3]},
			published: start.Add(time.Duration(i*37%100) * time.Hour),
		}
		for j, m := range media {
			if (i>>j)&1 == 1 {
				r.media = append(r.media, m)
			}
		}
		if i%11 == 0 {
			r.embargo = time.Now().Add(time.Hour)
		}
		for j, q := range []said{{"Ana", "Yes, agreed"}, {"Bo", "No, never"}, {"Ana", "No, no"}} {
			if (i/3>>j)&1 == 1 {
				r.said = append(r.said, q)
			}
		}
		for j, m := range []sum{{"EUR", 10, 0}, {"USD", 1000, 0}, {"EUR", 90, 110}} {
			if (i/7>>j)&1 == 1 {
				r.sums = append(r.sums, m)
			}
		}
		if i%5 == 0 {
			r.filed = []string{"Niamey"}
		}
		r.places = pick(i/2, places...)
		r.topics = pick(i/4, []string{"medtop:16000000", "medtop:20000056"}, []string{"medtop:16000000", "medtop:20000070"}, []string{"medtop:11000000"})
		r.persons, r.organisations, r.keyphrases = pick(i, "Ana Ruiz", "Bo Tran"), pick(i/3, "Junta", "Ana Ruiz"), pick(i/5, "drone base", "coup")
		all = append(all, r)
	}
	n.index(all...)
	every := strings.Join(find.FacetNames(), ",")
	var words string // that were said
	var least float64
	values := func(r report, facet string) []string {
		switch facet {
		case "cited_media":
			return r.media
		case "person":
			return r.persons
		case "organisation":
			return r.organisations
		case "keyphrase":
			return r.keyphrases
		case "place", "country", "topic":
			return r.aboutValues(facet)
		case "filed":
			return r.filed
		case "speaker":
			var who []string
			for _, q := range r.said {
				if words == "" || strings.Contains(strings.ToLower(q.words), words) {
					who = append(who, q.speaker)
				}
			}
			slices.Sort(who)
			return slices.Compact(who)
		case "currency":
			var codes []string
			for _, m := range r.sums {
				if max(m.value, m.to) >= least {
					codes = append(codes, m.currency)
				}
			}
			slices.Sort(codes)
			return slices.Compact(codes)
		case "agency":
			if r.agency == "" {
				return nil
			}
			return []string{r.agency}
		case "source":
			return []string{r.source}
		case "language":
			return []string{r.language}
		case "day":
			return []string{r.published.In(berlin).Format(time.DateOnly)}
		}
		t.Fatalf("facet %s", facet)
		return nil
	}
	options := map[string][]string{
		"agency": {"dpa", "AP", "Reuters", "none such"}, "source": sources, "language": languages, "cited_media": media,
		"day":     {"2024-03-30", "2024-03-31", "2024-04-01", "2024-04-03", "2000-01-01"},
		"speaker": {"Ana", "Bo", "none such"}, "currency": {"EUR", "USD", "CHF"}, "filed": {"Niamey", "Paris"},
		"person": {"Ana Ruiz", "Bo Tran"}, "organisation": {"Junta", "Ana Ruiz"}, "keyphrase": {"coup", "base"}, "place": {"Agadez", "Niger", "Sahel"},
		"country": {"NE", "BJ"}, "topic": {"medtop:16000000", "medtop:20000070", "medtop:01000000"},
	}
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.SampledFrom([]string{"", "apple", "pear", "-apple"}).Draw(t, "q")
		chosen := map[string][]string{}
		for _, facet := range slices.Sorted(maps.Keys(options)) {
			if c := rapid.SliceOfNDistinct(rapid.SampledFrom(options[facet]), 0, 2, rapid.ID).Draw(t, facet); len(c) > 0 {
				chosen[facet] = c
			}
		}
		words = rapid.SampledFrom([]string{"", "", "yes", "no"}).Draw(t, "said")
		least = rapid.SampledFrom([]float64{0, 0, 100, 500}).Draw(t, "amount_from")
		parameters := []string{"q", word, "size", "100", "said", words, "facets", every}
		if least > 0 {
			parameters = append(parameters, "amount_from", strconv.FormatFloat(least, 'f', -1, 64))
		}
		for facet, vs := range chosen {
			for _, v := range vs {
				parameters = append(parameters, facet, v)
			}
		}
		matches := func(r report, except string) bool {
			if r.status != article.Usable || !r.embargo.IsZero() {
				return false
			}
			if words != "" && len(values(r, "speaker")) == 0 || least > 0 && len(values(r, "currency")) == 0 {
				return false
			}
			has := strings.Contains(r.body[0], strings.TrimPrefix(word, "-"))
			if word != "" && has == strings.HasPrefix(word, "-") {
				return false
			}
			for facet, vs := range chosen {
				if facet != except && !slices.ContainsFunc(values(r, facet), func(v string) bool { return slices.Contains(vs, v) }) {
					return false
				}
			}
			return true
		}
		want := []string{}
		counts := map[string]map[string]int{}
		for _, facet := range find.Facets {
			counts[facet.Name] = map[string]int{}
			for _, c := range chosen[facet.Name] {
				counts[facet.Name][c] = 0
			}
			for _, r := range all {
				if matches(r, facet.Name) {
					for _, v := range values(r, facet.Name) {
						counts[facet.Name][v]++
					}
				}
			}
		}
		for _, r := range all {
			if matches(r, "") {
				want = append(want, r.id)
			}
		}
		got := n.search(parameters...)
		if d := cmp.Diff(want, ids(got)); d != "" {
			t.Fatalf("%q: hits (-want +got):\n%s", parameters, d)
		}
		if got.Total != (find.Total{Value: len(want), Relation: "eq"}) {
			t.Fatalf("%q: total %+v, want %d", parameters, got.Total, len(want))
		}
		if len(got.Facets) != len(find.Facets) {
			t.Fatalf("%d facets are counted", len(got.Facets))
		}
		for _, f := range got.Facets {
			is := map[string]int{}
			for _, v := range f.Values {
				is[v.Value] = v.Count
				if v.Chosen != slices.Contains(chosen[f.Name], v.Value) {
					t.Fatalf("%q: %s=%s: chosen is %v", parameters, f.Name, v.Value, v.Chosen)
				}
			}
			if d := cmp.Diff(counts[f.Name], is); d != "" {
				t.Fatalf("%q: facet %s (-want +got):\n%s", parameters, f.Name, d)
			}
		}
	})
}

func facetNames(r find.Result) []string {
	var names []string
	for _, f := range r.Facets {
		names = append(names, f.Name)
	}
	return names
}

// aboutValues are a report's values of the facet place, country or topic.
func (r report) aboutValues(facet string) []string {
	var all []string
	for _, p := range r.places {
		switch {
		case facet == "place":
			all = append(all, p.Name)
		case facet == "country" && p.Country != "":
			all = append(all, p.Country)
		}
	}
	if facet == "topic" {
		all = slices.Concat(r.topics...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// pick are those of all whose bits are set in n.
func pick[T any](n int, all ...T) []T {
	var some []T
	for i, one := range all {
		if n>>i&1 == 1 {
			some = append(some, one)
		}
	}
	return some
}

// TestAbout asks for whom and what articles are about.
func TestAbout(t *testing.T) {
	n := open(t)
	n.index(
		report{
			id: "niger", language: "en", headline: "A", persons: []string{"Amadou Abdramane"}, organisations: []string{"Pentagon"}, keyphrases: []string{"military coup"},
			places: []article.Place{{Name: "Agadez", Country: "NE", Located: true, Lat: 16.97, Lon: 7.99, Main: true}, {Name: "Sahel"}},
			topics: [][]string{{"medtop:16000000", "medtop:20000056", "medtop:20000070"}},
		},
		report{id: "mali", language: "fr", headline: "B", places: []article.Place{{Name: "Mali", Country: "ML"}}, topics: [][]string{{"medtop:16000000"}}},
		report{id: "none", language: "en", headline: "Amadou Abdramane in Agadez, Niger", body: []string{"Of the Pentagon and a military coup."}},
	)
	for _, c := range []struct{ name, value, want string }{
		{"person", "Amadou Abdramane", "niger"},
		{"person", "Pentagon", ""},
		{"organisation", "Pentagon", "niger"},
		{"place", "Agadez", "niger"},
		{"place", "Sahel", "niger"},
		{"country", "NE", "niger"},
		{"country", "BJ", ""},
		{"topic", "medtop:20000070", "niger"},
		{"topic", "medtop:20000056", "niger"},
		{"topic", "medtop:16000000", "mali niger"},
		{"keyphrase", "military coup", "niger"},
		{"keyphrase", "coup", ""},
	} {
		if got := strings.Join(ids(n.search(c.name, c.value)), " "); got != c.want {
			t.Errorf("%s=%s: %s, want %s", c.name, c.value, got, c.want)
		}
	}
	for _, f := range n.search("topic", "medtop:20000070", "country", "BJ").Facets {
		if want := (find.ValueCount{Value: "medtop:20000070", Label: "coup d'etat", Chosen: true}); f.Name == "topic" && !slices.Contains(f.Values, want) {
			t.Errorf("topics: %+v", f.Values)
		}
	}
	for _, c := range []struct{ asked, want string }{
		{"", "agency source language topic country"},
		{"none", ""},
		{"person, keyphrase,person", "person keyphrase"},
	} {
		first := n.search("facets", c.asked, "size", "1")
		if got := strings.Join(facetNames(first), " "); got != c.want || first.Facets == nil {
			t.Errorf("facets=%s: %s, want %s", c.asked, got, c.want)
		}
		// They are those of all pages, and another page may ask for others.
		if second := n.search("facets", "person", "size", "1", "after", first.Next); second.Facets != nil || len(second.Hits) != 1 {
			t.Errorf("facets=%s: second page %+v", c.asked, second)
		}
		if second := n.get("/v1/articles?" + query("size", "1", "after", first.Next)); strings.Contains(second.body, `"facets"`) {
			t.Errorf("facets=%s: second page %s", c.asked, second.body)
		}
	}
	chosen := n.search("person", "Amadou Abdramane").Facets
	if !slices.ContainsFunc(chosen, func(f find.FacetCount) bool {
		return f.Name == "person" && slices.Contains(f.Values, find.ValueCount{Value: "Amadou Abdramane", Count: 1, Chosen: true})
	}) {
		t.Errorf("of a chosen person the facets are %+v", chosen)
	}
	if p := n.problem("/v1/articles?" + query("facets", "person,nobody")); p.Parameter != "facets" || !strings.Contains(p.Detail, `"nobody" is no facet`) {
		t.Errorf("%+v", p)
	}
	for _, code := range []string{"ne", "NER", "Niger"} {
		if p := n.problem("/v1/articles?" + query("country", code)); p.Status != http.StatusBadRequest || p.Parameter != "country" || !strings.Contains(p.Detail, "ISO 3166-1") {
			t.Errorf("country=%s: %+v", code, p)
		}
	}
}

// TestReading asks for what was said by whom, for money and for dates.
func TestReading(t *testing.T) {
	n := open(t)
	date := func(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC) }
	n.index(
		report{
			id: "en", language: "en", headline: "A", said: []said{{"Ana Ruiz", "The soldiers are leaving"}, {"Bo Tran", "Nobody will miss them"}},
			sums: []sum{{"USD", 110e6, 0}, {"EUR", 94e6, 0}}, filed: []string{"NIAMEY", "Agadez"}, translated: .8,
			dates: []article.Moment{{From: date(2024, 3, 11), To: date(2024, 3, 20), Precision: article.PrecisionThird}, {From: date(2025, 1, 1), Precision: article.PrecisionOpen}},
		},
		report{
			id: "de", language: "de", headline: "B", said: []said{{"Ana Ruiz", "Die Soldaten fehlen niemandem"}, {"", "Kein Häuserkampf"}},
			sums: []sum{{"EUR", 5e6, 7e6}, {"", 120e6, 0}}, dates: []article.Moment{{From: date(2024, 3, 20), To: date(2024, 3, 20), Precision: article.PrecisionDay}, {Precision: article.PrecisionDay}},
		},
		report{id: "none", language: "en", headline: "The soldiers are leaving", body: []string{"Ana Ruiz paid $110 million."}},
	)
	for _, c := range []struct {
		parameters []string
		want       string
	}{
		{[]string{"said", "soldier leaves"}, "en"},
		{[]string{"said", "soldaten"}, "de"},
		{[]string{"said", "soldiers miss"}, ""}, // in two quotes
		{[]string{"said", `"will miss"`}, "en"},
		{[]string{"said", "soldiers -leaving"}, ""},
		{[]string{"said", "miss", "speaker", "Bo Tran"}, "en"},
		{[]string{"said", "miss", "speaker", "Ana Ruiz"}, ""},
		{[]string{"speaker", "Ana Ruiz"}, "de en"},
		{[]string{"said", "kein"}, "de"},
		{[]string{"amount_from", "100000000"}, "de en"},
		{[]string{"amount_from", "100000000", "currency", "USD"}, "en"},
		{[]string{"amount_from", "100000000", "currency", "EUR"}, ""},
		{[]string{"amount_from", "6e6", "amount_to", "6e6"}, "de"},
		{[]string{"amount_to", "10000000", "currency", "EUR"}, "de"},
		{[]string{"currency", "EUR"}, "de en"},
		{[]string{"mentioned_from", "2024-03-20", "mentioned_to", "2024-03-20"}, "de en"},
		{[]string{"mentioned_from", "2024-03-21", "mentioned_to", "2024-12-31"}, ""},
		{[]string{"mentioned_to", "2024-03-19"}, "en"},
		{[]string{"mentioned_from", "2025-01-01"}, "en"},
		{[]string{"mentioned_from", "2026-01-01"}, ""},
		{[]string{"mentioned_from", "0001-01-01"}, "de en"},
		{[]string{"mentioned_from", "2025-01-01", "mentioned_to", "9999-12-31", "from", "0001-01-01", "to", "9999-12-31"}, "en"},
		{[]string{"day", "0001-01-01", "day", "9999-12-31"}, ""},
		{[]string{"filed", "Agadez"}, "en"},
		{[]string{"translated", "yes"}, "en"},
		{[]string{"translated", "no"}, "de none"},
	} {
		if got := strings.Join(ids(n.search(c.parameters...)), " "); got != c.want {
			t.Errorf("%q: %s, want %s", c.parameters, got, c.want)
		}
	}
	// A page of a search goes on where the one before ended, and knows its search.
	first := n.search("speaker", "Ana Ruiz", "amount_from", "1", "size", "1")
	second := n.search("speaker", "Ana Ruiz", "amount_from", "1", "size", "1", "after", first.Next)
	if len(first.Hits) != 1 || len(second.Hits) != 1 || first.Hits[0].URI == second.Hits[0].URI || second.Next != "" {
		t.Errorf("pages: %+v, %+v", first.Hits, second.Hits)
	}
	if p := n.problem("/v1/articles?" + query("speaker", "Ana Ruiz", "amount_from", "2", "size", "1", "after", first.Next)); p.Parameter != "after" {
		t.Errorf("another search's cursor: %+v", p)
	}
	for _, c := range []struct{ name, value, says string }{
		{"said", `"open`, "never closed"},
		{"said", "-word", "only leaves words out"},
		{"said", strings.Repeat("a ", asked.MaxSaid+1), "more than 16 words"},
		{"amount_from", "much", "not a number"},
		{"amount_to", "NaN", "not a number"},
		{"amount_to", "1e999", "not a number"},
		{"mentioned_from", "May", "not a day"},
		{"mentioned_from", "0000-12-31", "years 1 to 9999"},
		{"mentioned_to", "2024-04-20T06:00:00Z", "not a day"},
		{"currency", "euro", "ISO 4217"},
		{"translated", "maybe", "neither yes nor no"},
	} {
		p := n.problem("/v1/articles?" + query(c.name, c.value))
		if p.Status != http.StatusBadRequest || p.Parameter != c.name || !strings.Contains(p.Detail, c.says) {
			t.Errorf("%s=%s: %+v", c.name, c.value, p)
		}
	}
	for _, c := range [][]string{{"amount_to", "amount_from", "5", "amount_to", "4"}, {"mentioned_to", "mentioned_from", "2024-01-02", "mentioned_to", "2024-01-01"}} {
		if p := n.problem("/v1/articles?" + query(c[1:]...)); p.Parameter != c[0] {
			t.Errorf("%q: %+v", c, p)
		}
	}
	// As many words as may be are not too many for Elasticsearch.
	for _, word := range []string{"niger ", "尼 ", "drone-base "} {
		n.search("q", strings.Repeat(word, asked.MaxAnywhere/len(strings.Split(word, "-"))), "said", strings.Repeat(word, asked.MaxSaid/len(strings.Split(word, "-"))), "speaker", "Ana Ruiz", "amount_from", "1")
	}
}

func TestFacetsListTheMostFrequentAndTheChosen(t *testing.T) {
	n := open(t)
	var all []report
	for i := range 40 {
		for range 1 + i%2 {
			all = append(all, report{
				id: fmt.Sprintf("f-%d", len(all)), agency: fmt.Sprintf("agency %02d", i), language: "en", headline: "x", body: []string{"y"},
				published: day.AddDate(0, 0, i),
			})
		}
	}
	n.index(all...)
	r := n.search("agency", "agency 38", "day", "2024-04-20", "agency", "agency 00")
	for _, f := range r.Facets {
		switch f.Name {
		case "agency":
			// Of the day chosen, there is only one.
			if d := cmp.Diff([]find.ValueCount{{Value: "agency 00", Count: 1, Chosen: true}, {Value: "agency 38", Count: 0, Chosen: true}}, f.Values); d != "" {
				t.Errorf("agencies (-want +got):\n%s", d)
			}
		case "day":
			if d := cmp.Diff([]find.ValueCount{{Value: "2024-05-28", Count: 1}, {Value: "2024-04-20", Count: 1, Chosen: true}}, f.Values); d != "" {
				t.Errorf("days (-want +got):\n%s", d)
			}
		}
	}
	r = n.search("facets", "agency,day")
	if got := strings.Join(facetNames(r), " "); got != "agency day" {
		t.Fatalf("counted are %s", got)
	}
	for _, f := range r.Facets {
		if len(f.Values) != find.FacetValues || !f.More {
			t.Errorf("%s: %d values, more is %v", f.Name, len(f.Values), f.More)
		}
		if f.Name == "agency" && (f.Values[0] != find.ValueCount{Value: "agency 01", Count: 2}) {
			t.Errorf("the most frequent agency is %+v", f.Values[0])
		}
		if f.Name == "day" && f.Values[0].Value != "2024-05-29" {
			t.Errorf("the newest day is %+v", f.Values[0])
		}
	}
}

func TestPagesStayTrueWhileArticlesArrive(t *testing.T) {
	for _, sort := range []string{"relevance", "time"} {
		t.Run(sort, func(t *testing.T) {
			n := open(t)
			var all []report
			for i := range 90 {
				r := report{id: fmt.Sprintf("p-%02d", i), language: "en", headline: "x", body: []string{"bridge"}, published: day.Add(time.Duration(i/10) * time.Minute)}
				if i%3 == 0 {
					r.headline = "The bridge"
				}
				all = append(all, r)
			}
			n.index(all...)
			seen := map[article.URI]int{}
			var order []find.Hit
			after := ""
			for page := 0; ; page++ {
				parameters := []string{"q", "bridge", "sort", sort, "size", "7"}
				if after != "" {
					parameters = append(parameters, "after", after)
				}
				r := n.search(parameters...)
				for _, h := range r.Hits {
					seen[h.URI]++
					order = append(order, h)
				}
				if after = r.Next; after == "" {
					break
				}
				if len(r.Hits) != 7 {
					t.Fatalf("page %d has %d hits and a next one", page, len(r.Hits))
				}
				// Newer ones arrive, which come before and change every statistic.
				n.index(
					report{id: fmt.Sprintf("new-%s-%d", sort, page), language: "en", headline: "Bridge bridge bridge", body: []string{"bridge"}, published: time.Now()},
					report{id: fmt.Sprintf("other-%s-%d", sort, page), language: "en", headline: "Ferry", body: []string{strings.Repeat("ferry ", 50)}, published: time.Now()},
				)
			}
			for _, r := range all {
				uri := article.NewURI("test", r.id)
				if seen[uri] != 1 {
					t.Errorf("%s was on %d pages", r.id, seen[uri])
				}
			}
			if len(seen) != len(order) {
				t.Errorf("%d hits, %d articles", len(order), len(seen))
			}
			sorted := slices.IsSortedFunc(order, func(a, b find.Hit) int {
				switch {
				case a.Score != b.Score:
					return cmpFloat(b.Score, a.Score)
				case !a.SortDate.Equal(*b.SortDate):
					return b.SortDate.Compare(*a.SortDate)
				}
				return strings.Compare(string(a.URI), string(b.URI))
			})
			if !sorted {
				t.Error("the pages together are not in order")
			}
		})
	}
}

func cmpFloat(a, b float64) int {
	if a < b {
		return -1
	}
	return 1
}

func TestBadRequests(t *testing.T) {
	n := open(t)
	n.index(desk()...)
	cursor := n.search("q", "niger", "size", "2").Next
	if cursor == "" {
		t.Fatal("no second page")
	}
	n.search("q", " niger ", "size", "3", "after", cursor) // the same search
	flipped := []byte(cursor)
	flipped[len(flipped)/2] ^= 1
	for _, c := range []struct {
		query, parameter string
		position         int
	}{
		{query("q", `a "b`), "q", 3},
		{query("q", strings.Repeat("a", asked.MaxLength+1)), "q", asked.MaxLength + 1},
		{query("q", strings.Repeat("a ", asked.MaxAnywhere+1)), "q", 2*asked.MaxAnywhere + 1},
		{query("q", "a", "q", "b"), "q", 0},
		{query("agnecy", "dpa"), "agnecy", 0},
		{query("size", "0"), "size", 0},
		{query("size", "101"), "size", 0},
		{query("size", "ten"), "size", 0},
		{query("sort", "best"), "sort", 0},
		{query("day", "yesterday"), "day", 0},
		{query("day", "2024-02-30"), "day", 0},
		{query("from", "2024-13-01"), "from", 0},
		{query("to", "now"), "to", 0},
		{query("from", "2024-04-21", "to", "2024-04-20"), "to", 0},
		{query("agency", strings.Repeat("a", find.MaxValue+1)), "agency", 0},
		{query("agency", "\xff"), "agency", 0},
		{query("q", "niger", "after", string(flipped)), "after", 0},
		{query("q", "niger", "after", cursor[:len(cursor)-4]), "after", 0},
		{query("q", "niger", "after", "x"), "after", 0},
		{query("q", "niger", "after", strings.Repeat("A", 20000)), "after", 0},
		{query("q", "mali", "after", cursor), "after", 0},
		{query("q", "niger", "sort", "time", "after", cursor), "after", 0},
		{query("q", "niger", "agency", "dpa", "after", cursor), "after", 0},
		{"q=%zz", "query string", 0},
	} {
		p := n.problem("/v1/articles?" + c.query)
		if p.Status != http.StatusBadRequest || p.Parameter != c.parameter || p.Position != c.position {
			t.Errorf("%.80s: %+v, want parameter %s, position %d", c.query, p, c.parameter, c.position)
		}
	}
	many := []string{}
	for i := range find.MaxValues + 1 {
		many = append(many, "agency", fmt.Sprint(i))
	}
	if p := n.problem("/v1/articles?" + query(many...)); p.Parameter != "agency" {
		t.Errorf("%+v", p)
	}
	n.search(many[2:]...) // as many as may be
	if p := n.problem("/v1/nothing"); p.Status != http.StatusNotFound {
		t.Errorf("%+v", p)
	}
	for _, revision := range []string{"x", "-1", "0", "9223372036854775808"} {
		if p := n.problem("/v1/articles/x?revision=" + revision); p.Status != http.StatusBadRequest || p.Parameter != "revision" {
			t.Errorf("revision %s: %+v", revision, p)
		}
	}
	res, err := http.Post(n.base+"/v1/articles", "text/plain", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusMethodNotAllowed || res.Header.Get("Allow") == "" {
		t.Errorf("POST: %s", res.Status)
	}
}

func TestArticleByURI(t *testing.T) {
	n := open(t)
	uris := []string{
		"https://example.org/a/b/../c//d?x=1&y=2#z", "urn:x:ä/é/尼日尔", "tag:example.org,2024:a%2Fb", "..", "a/../../b", "a%20b", "x+y", "/", "%", "a;b", "?q",
		strings.Repeat("u", article.MaxURI),
	}
	var reports []report
	for i, u := range uris {
		reports = append(reports, report{uri: u, language: "en", headline: fmt.Sprint("Article ", i), body: []string{"x"}})
	}
	for _, a := range n.index(reports...) {
		r := n.get(articlePath(a.URI))
		var found find.Found
		if err := json.Unmarshal([]byte(r.body), &found); err != nil || r.status != http.StatusOK {
			t.Errorf("%.80s: %d %.200s %v", a.URI, r.status, r.body, err)
			continue
		}
		if found.Article.URI != a.URI || found.Article.First(article.Headline) != a.First(article.Headline) {
			t.Errorf("%.80s: found %s", a.URI, found.Article.URI)
		}
	}
	for _, path := range []string{"/v1/articles/none", "/v1/articles/", "/v1/articles/" + strings.Repeat("u", article.MaxURI+1), "/v1/articles/%00", "/v1/articles/a%20b%FF"} {
		if p := n.problem(path); p.Status != http.StatusNotFound {
			t.Errorf("%.80s: %+v", path, p)
		}
	}

	a := n.index(report{id: "tagged", language: "en", headline: "One", body: []string{"x"}, created: day})[0]
	first := n.get(articlePath(a.URI))
	tag := first.header.Get("ETag")
	if r := n.get(articlePath(a.URI), "If-None-Match", `"x", W/`+tag); r.status != http.StatusNotModified || r.body != "" {
		t.Errorf("the same again: %d %q", r.status, r.body)
	}
	if r := n.get(articlePath(a.URI), "If-None-Match", `"x"`); r.status != http.StatusOK {
		t.Errorf("another tag: %d", r.status)
	}
	n.index(report{id: "tagged", language: "en", headline: "Two", body: []string{"x"}, created: day.Add(time.Minute)})
	if r := n.get(articlePath(a.URI), "If-None-Match", tag); r.status != http.StatusOK || r.header.Get("ETag") == tag || !strings.Contains(r.body, "Two") {
		t.Errorf("a new revision: %d %s", r.status, r.body)
	}
}

func TestRevisions(t *testing.T) {
	n := open(t)
	at := func(minutes int) time.Time { return day.Add(time.Duration(minutes) * time.Minute) }
	version := func(minute int, headline, body string) report {
		return report{id: "story", language: "en", headline: headline, body: []string{body}, created: at(minute), status: article.Usable}
	}
	again := version(2, "Two", "b")
	again.generation = 3
	withheld := version(1, "One", "a")
	withheld.status, withheld.urgency = article.Withheld, 5
	all := n.index(version(0, "One", "a"), withheld, version(2, "Two", "b"), again, version(3, "Three", "c"), version(-5, "Zero", "z"))
	ask := func(suffix string) find.Found {
		t.Helper()
		r := n.get(articlePath(all[0].URI) + suffix)
		var found find.Found
		if err := json.Unmarshal([]byte(r.body), &found); err != nil || r.status != http.StatusOK {
			t.Fatalf("%s: %d %s %v", suffix, r.status, r.body, err)
		}
		return found
	}
	newest := ask("")
	if !newest.Newest || newest.Article.First(article.Headline) != "Three" {
		t.Errorf("newest: %+v", newest)
	}
	type entry struct {
		Headline string
		SameText bool
	}
	var got []entry
	for _, r := range newest.Revisions {
		got = append(got, entry{r.Headline, r.SameText})
	}
	if d := cmp.Diff([]entry{{"Three", false}, {"Two", false}, {"One", true}, {"One", false}, {"Zero", false}}, got); d != "" {
		t.Errorf("revisions (-want +got):\n%s", d)
	}
	for _, r := range newest.Revisions {
		found := ask("?revision=" + r.Revision.String())
		if found.Article.First(article.Headline) != r.Headline || found.Newest != (r.Headline == "Three") {
			t.Errorf("revision %s: %+v", r.Headline, found)
		}
		if found.Article.Status != article.Usable {
			t.Errorf("revision %s is %s, while the newest one governs", r.Headline, found.Article.Status)
		}
	}
	// The number it had before it was enriched again names it, too.
	if found := ask("?revision=" + all[2].Revision.String()); found.Article.First(article.Headline) != "Two" {
		t.Errorf("%+v", found)
	}
	if p := n.problem(articlePath(all[0].URI) + "?revision=12345678"); p.Status != http.StatusNotFound {
		t.Errorf("%+v", p)
	}
	// Beyond the limit.
	var many []report
	for i := range find.MaxRevisions + 5 {
		many = append(many, report{id: "live", language: "en", headline: "Live", body: []string{fmt.Sprint(i)}, created: at(i)})
	}
	a := n.index(many...)[0]
	var found find.Found
	if err := json.Unmarshal([]byte(n.get(articlePath(a.URI)).body), &found); err != nil {
		t.Fatal(err)
	}
	if len(found.Revisions) != find.MaxRevisions || !found.MoreRevisions || found.Revisions[0].SameText {
		t.Errorf("%d revisions, more is %v", len(found.Revisions), found.MoreRevisions)
	}
}

func TestPeriod(t *testing.T) {
	n := open(t)
	// Midnight in Berlin is 22:00 UTC.
	n.index(
		report{id: "before", language: "en", headline: "x", body: []string{"y"}, published: time.Date(2024, 4, 19, 21, 59, 59, 999e6, time.UTC)},
		report{id: "first", language: "en", headline: "x", body: []string{"y"}, published: time.Date(2024, 4, 19, 22, 0, 0, 0, time.UTC)},
		report{id: "last", language: "en", headline: "x", body: []string{"y"}, published: time.Date(2024, 4, 20, 21, 59, 59, 999e6, time.UTC)},
		report{id: "after", language: "en", headline: "x", body: []string{"y"}, published: time.Date(2024, 4, 20, 22, 0, 0, 0, time.UTC)},
	)
	for _, c := range []struct{ parameters, want []string }{
		{[]string{"day", "2024-04-20"}, []string{"first", "last"}},
		{[]string{"from", "2024-04-20", "to", "2024-04-20"}, []string{"first", "last"}},
		{[]string{"from", "2024-04-20"}, []string{"after", "first", "last"}},
		{[]string{"to", "2024-04-20"}, []string{"before", "first", "last"}},
		{[]string{"from", "2024-04-19T22:00:00Z", "to", "2024-04-20T00:00:00+02:00"}, nil},
		{[]string{"from", "2024-04-19T22:00:00Z", "to", "2024-04-20T00:00:01+02:00"}, []string{"first"}},
		{[]string{"day", "2024-04-19", "day", "2024-04-21"}, []string{"after", "before"}},
	} {
		if c.want == nil {
			if p := n.problem("/v1/articles?" + query(c.parameters...)); p.Parameter != "to" {
				t.Errorf("%v: %+v", c.parameters, p)
			}
			continue
		}
		if d := cmp.Diff(c.want, ids(n.search(c.parameters...))); d != "" {
			t.Errorf("%v (-want +got):\n%s", c.parameters, d)
		}
	}
}

func TestElasticsearchAway(t *testing.T) {
	var answer atomic.Pointer[http.HandlerFunc] // a request that was given up may still be on its way
	es := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Elastic-Product", "Elasticsearch")
		(*answer.Load())(w, r)
	}))
	defer es.Close()
	released := make(chan struct{})
	defer close(released)
	status := func(code int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(code)
			fmt.Fprint(w, body)
		}
	}
	c := search.Config{Elasticsearch: elastic.Config{URL: []string{es.URL}}, SearchTimeout: search.MaxTimeout, SearchRelatedTimeout: search.MaxTimeout, SearchZone: "UTC"}
	patient := serve(t, c)
	c.SearchTimeout = 200 * time.Millisecond
	hasty := serve(t, c)
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		want   int
		kind   string
	}{
		{"overloaded", status(429, `{"error":{"type":"es_rejected_execution_exception","reason":"queue"},"status":429}`), 503, "unavailable"},
		{"gateway", status(502, `<html>bad gateway</html>`), 503, "unavailable"},
		{"no index", status(404, `{"error":{"type":"index_not_found_exception","reason":"no such index [articles]"},"status":404}`), 503, "unavailable"},
		{"error as text", status(503, `{"error":"red","status":503}`), 503, "unavailable"},
		{"slow", func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
			case <-released:
			}
		}, 503, "timeout"},
		{"cut", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, `{"took":`)
			panic(http.ErrAbortHandler)
		}, 503, "unavailable"},
		{"too much", status(400, `{"error":{"type":"search_phase_execution_exception","failed_shards":[{"reason":{"type":"query_shard_exception","reason":"`+secret+`","caused_by":{"type":"too_complex_to_determinize_exception"}}}]},"status":400}`), 400, "too-much"},
		{"too many clauses", status(400, `{"error":{"type":"x","caused_by":{"type":"too_many_nested_clauses","reason":"`+secret+`"}},"status":400}`), 400, "too-much"},
		{"refused", status(400, `{"error":{"type":"parsing_exception","reason":"`+secret+`"},"status":400}`), 500, "internal"},
		{"nonsense", status(200, `[]`), 500, "internal"},
		{"odd hit", status(200, `{"hits":{"total":{"value":1,"relation":"eq"},"hits":[{"_source":{"uri":"x"},"sort":[]}]}}`), 500, "internal"},
	} {
		t.Run(c.name, func(t *testing.T) {
			answer.Store(&c.answer)
			base := patient
			if c.kind == "timeout" {
				base = hasty
			}
			for _, path := range []string{"/v1/articles?q=niger", "/v1/articles?q=niger&format=atom", "/v1/articles/x"} {
				if path == "/v1/articles/x" && (c.name == "odd hit" || c.name == "nonsense") {
					continue
				}
				r := get(t, base+path)
				if r.status != c.want || (r.header.Get("Retry-After") != "") != (c.want == 503) {
					t.Errorf("%s: %d, Retry-After %q", path, r.status, r.header.Get("Retry-After"))
				}
				if !strings.Contains(r.body, "urn:copytaster:problem:"+c.kind) {
					t.Errorf("%s: %s", path, r.body)
				}
				if strings.Contains(r.body, secret) || strings.Contains(r.body, es.URL) {
					t.Errorf("%s tells of what is behind: %s", path, r.body)
				}
			}
		})
	}
	es.CloseClientConnections()
	gone := serve(t, search.Config{Elasticsearch: elastic.Config{URL: []string{"http://127.0.0.1:1"}}, SearchTimeout: search.MaxTimeout, SearchRelatedTimeout: search.MaxTimeout, SearchZone: "UTC"})
	if r := get(t, gone+"/v1/articles"); r.status != http.StatusServiceUnavailable {
		t.Errorf("down: %d %s", r.status, r.body)
	}
	if r := get(t, gone+"/readyz"); r.status != http.StatusServiceUnavailable {
		t.Errorf("down, but ready: %s", r.body)
	}
}

func TestReadyAndMetrics(t *testing.T) {
	n := open(t)
	n.search("q", "niger")
	if r := n.get("/readyz"); r.status != http.StatusOK {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r := n.get("/metrics"); !strings.Contains(r.body, `copytaster_search_seconds_count{code="200",route="search",service="search"} 1`) {
		t.Error("searches aren't counted")
	}
}

func TestConfigNamesTheSetting(t *testing.T) {
	good := search.Config{SearchTimeout: time.Second, SearchRelatedTimeout: time.Second, SearchZone: "UTC"}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	live := func(change func(*search.Config)) func(*search.Config) {
		return func(c *search.Config) {
			*c = follow(*c, []string{"127.0.0.1:9092"})
			change(c)
		}
	}
	if c := follow(good, []string{"127.0.0.1:9092"}); c.Validate() != nil {
		t.Fatal(c.Validate())
	}
	for name, change := range map[string]func(*search.Config){
		"COPYTASTER_NAMESPACE":              func(c *search.Config) { c.Bus.Namespace = "A*" },
		"COPYTASTER_SEARCH_TIMEOUT":         func(c *search.Config) { c.SearchTimeout = time.Hour },
		"COPYTASTER_SEARCH_RELATED_TIMEOUT": func(c *search.Config) { c.SearchRelatedTimeout = 0 },
		"COPYTASTER_SEARCH_ZONE":            func(c *search.Config) { c.SearchZone = "Europe/Atlantis" },
		"search-zone":                       func(c *search.Config) { c.SearchZone = "Local" },
		"search-public-url":                 func(c *search.Config) { c.SearchPublicURL = "news.example" },

		"COPYTASTER_SEARCH_LIVE_FEEDS":           live(func(c *search.Config) { c.SearchLiveFeeds = 0 }),
		"COPYTASTER_SEARCH_LIVE_FEEDS_OF_READER": live(func(c *search.Config) { c.SearchLiveFeedsOfReader = search.MaxLiveFeeds + 1 }),
		"COPYTASTER_SEARCH_LIVE_KNOWN":           live(func(c *search.Config) { c.SearchLiveKnown = time.Second }),
		"kafka-brokers":                          live(func(c *search.Config) { c.Bus.KafkaBrokers = []string{"nowhere"} }),

		"COPYTASTER_SEARCH_PUBLIC_URL": func(c *search.Config) { c.SearchPublicURL = "https://news.example/?a=b" },
	} {
		c := good
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
