package search_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	asked "github.com/copytaster/copytaster/pkg/query"
	"github.com/copytaster/copytaster/services/search/find"
)

// library is the corpus of the table of queries: the desk, and reports that something
// was read in.
func library() []report {
	date := func(m time.Month, d int) time.Time { return time.Date(2024, m, d, 0, 0, 0, 0, time.UTC) }
	return append(desk(),
		report{
			id: "deal", source: "site-3", agency: "Reuters", language: "en-GB", headline: "Germany orders drones", body: []string{"The order is the largest so far."}, published: day.AddDate(0, 0, 5), urgency: 2,
			persons: []string{"Boris Pistorius"}, organisations: []string{"European Union", "Bundeswehr"}, places: []article.Place{{Name: "Berlin", Country: "DE", Located: true, Lat: 52.52, Lon: 13.405}},
			said: []said{{"Boris Pistorius", "We need these drones now"}, {"", "Nobody was asked"}}, sums: []sum{{"EUR", 1.2e9, 0}, {"USD", 1.3e9, 0}}, filed: []string{"BERLIN"},
			dates: []article.Moment{{From: date(5, 1), To: date(5, 31), Precision: article.PrecisionMonth}}, topics: [][]string{{"medtop:16000000", "medtop:20000053"}}, keyphrases: []string{"arms deal"},
		},
		report{
			id: "sommet", agency: "AFP", language: "fr", headline: "Sommet à Niamey", body: []string{"L'Europe hésite."}, published: day.AddDate(0, 0, 6), urgency: 3, flags: []string{article.FlagCorrection},
			persons: []string{"Emmanuel Macron", "Ursula von der Leyen"}, organisations: []string{"African Union", "European Union"},
			places: []article.Place{{Name: "Niamey", Country: "NE", Located: true, Lat: 13.51, Lon: 2.11}, {Name: "Paris", Country: "FR", Located: true, Lat: 48.85, Lon: 2.35}},
			said:   []said{{"Emmanuel Macron", "Nous quittons le pays"}, {"Ursula von der Leyen", "Nous restons en Afrique"}}, sums: []sum{{"EUR", 5e6, 7e6}}, filed: []string{"NIAMEY"},
			dates: []article.Moment{{From: date(4, 26), To: date(4, 26), Precision: article.PrecisionDay}}, topics: [][]string{{"medtop:16000000", "medtop:20000065", "medtop:20000070"}}, media: []string{"Radio France"},
		},
		report{
			id: "partido", source: "regional", agency: "EFE", language: "es", headline: "Barcelona gana el partido", body: []string{"Fue una noche mágica."}, published: day.AddDate(0, 0, 7), urgency: 5, translated: .9,
			persons: []string{"Lionel Messi"}, places: []article.Place{{Name: "Barcelona", Country: "ES", Located: true, Lat: 41.38, Lon: 2.17}}, said: []said{{"Lionel Messi", "Estamos felices"}},
			sums: []sum{{"USD", 50e6, 60e6}}, topics: [][]string{{"medtop:15000000", "medtop:20000822"}}, keyphrases: []string{"partido mágico"},
		},
		report{id: "fresh", agency: "KNA", language: "de", headline: "Eben gemeldet", body: []string{"Eine Meldung von heute."}, published: time.Now().Add(-time.Hour), created: time.Now().Add(-time.Hour)},
		report{id: "recent", agency: "KNA", language: "de", headline: "Vor kurzem gemeldet", body: []string{"Eine Meldung von vorgestern."}, published: time.Now().Add(-50 * time.Hour)},
	)
}

// TestLanguage: what queries find, over the API.
func TestLanguage(t *testing.T) {
	n := open(t)
	n.index(library()...)
	all := ids(n.search("size", "100"))
	but := func(without ...string) string {
		return strings.Join(slices.DeleteFunc(slices.Clone(all), func(id string) bool { return slices.Contains(without, id) }), " ")
	}
	table := []struct{ q, want string }{
		// Words.
		{"drone", "deal drones niger review"},
		{"Drones", "deal drones niger review"},
		{"=drone", "drones review"},
		{"=drones", "deal niger"},
		{"drones niger", "drones niger"},
		{"drones AND niger", "drones niger"},
		{"drones OR lighthouse", "deal drones niger plain review"},
		{"drones NOT niger", "deal review"},
		{"drones -niger", "deal review"},
		{"drones AND NOT (niger OR germany)", "review"},
		{"(walrus OR lighthouse) beach", "caption"},
		{"walrus OR lighthouse beach", "caption"},
		{"walrus OR lighthouses paragraph", "caption plain"},
		{"NOT (NOT walrus)", "caption"},
		{"-drone -niger -drones walrus", "caption"},
		{"walrus OR", "caption"},
		{"AND walrus", "caption"},
		{"walrus && beach || lighthouses", "caption plain"},
		{"kundigt", "junta"},
		{"Häuser", "bruecke"},
		{"haus", "bruecke"},
		{"=haus", ""},
		{"=hauser", "bruecke"},
		{"l’Europe", "sommet"},
		{"europe", "sommet"},
		{"=europe", ""}, // it stands there behind an article, as one word
		{"hesite", "sommet"},
		{"mágico", "partido"},
		{"magica", "partido"},
		{"النيجر", "arabic"},
		{"尼日尔", "chinese"},
		{"日尔", "chinese"},
		{"尔日", ""},

		// Phrases.
		{`"air defence"`, "defence review"},
		{`"defence air"`, ""},
		{`"air defence"~1`, "defence review"},
		{`"defence air"~2`, "defence defence2 review"},
		{`"defence air"~3`, "defence defence2 review"},
		{`"soldiers months"~3`, "niger"},
		{`"soldiers months"~2`, ""},
		{`="drone bases"`, "review"},
		{`="drones bases"`, ""},
		{`"drones bases"`, "drones review"},
		{`-"press review" withdrawals`, "niger"},
		{"„Press review“", "review"},
		{`"M*A*S*H"`, ""},

		// Wildcards.
		{"lighth*", "plain"},
		{"wal?us", "caption"},
		{"walr?s OR waln*s", "caption"},
		{"Hafenbr*", "bruecke"},
		{"hafenbrüc*", "bruecke"},
		{"will* niger", "niger"},
		{"ninos OR niñ*", "nacion"},

		// Texts.
		{"headline:niger", "junta niger niger-fr old sport-en"},
		{"body:niger", "drones old"},
		{"headline:(niger -junta)", "niger niger-fr old sport-en"},
		{"headline:(walrus OR drones)", "deal drones"},
		{"kicker:football", "sport-en"},
		{"standfirst:setback", "niger"},
		{"byline:weber", "niger"},
		{"byline:moller", "bruecke"},
		{"caption:walrus", "caption"},
		{"body:walrus", ""},
		{"dateline:niamey", "niger"},
		{`headline:"drone base"`, "drones"},
		{"headline:=soldiers", ""},
		{"headline:hafen*", "bruecke"},
		{"body:=soldaten", "junta"},

		// What it is about.
		{"person:macron", "sommet"},
		{"person:EMMANUEL", "sommet"},
		{`person:"von der leyen"`, "sommet"},
		{`person:="Lionel Messi"`, "partido"},
		{`person:="Messi"`, ""},
		{"person:(macron OR messi)", "partido sommet"},
		{"person:pist*", "deal"},
		{`org:"european union"`, "deal sommet"},
		{"organisation:union -organisation:african", "deal"},
		{"organization:bundeswehr", "deal"},
		{"place:niamey", "sommet"},
		{"place:NE", "sommet"},
		{"place:(DE OR barcelona)", "deal partido"},
		{"country:FR", "sommet"},
		{"country:(de OR es)", "deal partido"},
		{"near:52.5,13.4", "deal"},
		{"near:52.5,13.4~1km", ""},
		{"near:48.8,2.3~900km", "deal partido sommet"},
		{"near:13.5,2.1~3km", "sommet"},
		{"topic:16000000", "deal sommet"},
		{"topic:medtop:20000070", "sommet"},
		{`topic:"coup d'etat"`, "sommet"},
		{"topic:sport", "partido"},
		{"-topic:sport person:(messi OR macron)", "sommet"},
		{`keyphrase:"arms deal"`, "deal"},
		{"keyphrase:magico", "partido"},

		// What was said.
		{"said:drones", "deal"},
		{"said:pistorius", "deal"},
		{"said:(pistorius drones)", "deal"},
		{"said:(pistorius asked)", ""},
		{"said:nobody", "deal"},
		{"said:(macron restons)", ""},
		{"said:(leyen restons)", "sommet"},
		{"said:(speaker:macron quitter*)", ""},
		{"said:(speaker:macron quitt*)", "sommet"},
		{`said:"nous quittons"`, "sommet"},
		{"said:(nous -afrique)", "sommet"},
		{"said:(felices OR now)", "deal partido"},
		{"speaker:messi", "partido"},
		{`speaker:="Emmanuel Macron"`, "sommet"},
		{"said:lighthouses", ""},

		// Money and dates.
		{"amount:>1bn", "deal"},
		{"amount:EUR", "deal sommet"},
		{"amount:EUR:<10mln", "sommet"},
		{"amount:6mln", "sommet"},
		{"amount:USD:55mln..1bn", "partido"},
		{"amount:1.2bn", "deal"},
		{"amount:<1", ""},
		{"currency:usd", "deal partido"},
		{"date:2024-05", "deal"},
		{"date:2024-05-17", "deal"},
		{"date:2024-04-26", "sommet"},
		{"date:2024-04..2024-05", "deal sommet"},
		{"date:>2024-05", ""},
		{"mentioned:2024", "deal sommet"},

		// Where it comes from, and when.
		{"agency:KNA", "fresh recent strasse"},
		{"agency:kna", "fresh recent strasse"},
		{"source:site-3", "deal junta niger"},
		{"source:regional", "bruecke niger-fr partido"},
		{`cited:"le monde"`, "haiti niger review"},
		{"cited:radio", "sommet"},
		{"filed:niamey", "sommet"},
		{"language:fr", "cite haiti niger-fr sommet"},
		{"language:en-gb", "deal"},
		{"lang:es", "nacion partido"},
		{"status:usable walrus", "caption"},
		{"status:canceled", ""},
		{"status:withheld", ""},
		{"urgency:2", "defence deal"},
		{"urgency:<=3", "defence deal sommet"},
		{"urgency:3..5", "partido sommet"},
		{"flag:correction", "sommet"},
		{"translated:yes", "partido"},
		{"translated:no person:(messi OR macron)", "sommet"},
		{"uri:urn:copytaster:test:walrus OR uri:urn:copytaster:test:caption", "caption"},
		{"published:2024-04-25", "deal"},
		{"published:>2024-04-26 published:<2025", "partido"},
		{"published:2011", "old"},
		{"published:..2020", "old"},
		{"published:>now-1d", "fresh"},
		{"published:>=now-3d", "fresh recent"},
		{"published:>now-3d -published:>now-1d", "recent"},
		{"created:>now-1d", "fresh"},
		{"received:2024-04-20T07:00Z meldung*", "fresh recent"},
		{"published:2011-03-12T22:30Z", "old"},
		{"published:2011-03-12T22:31Z", ""},

		// What newcomers type and paste.
		{"Pictures of the day.", "caption"},
		{"Press review: the Sahel", "review"},
		{"Haïti : l’État d’urgence", "haiti"},
		{"Niger win?", "sport-en"},
		{"walrus - beach", "caption"},
		{"walrus, beach & Spitsbergen!", "caption"},
		{"2-1", "sport-en"},
		{"https://x.example/lighthouses", ""},
		{"", but()},
		{"-niger", but("niger", "drones", "sport-en", "junta", "niger-fr", "old")},
		{"NOT (topic:sport OR walrus)", but("partido", "caption")},
	}
	if len(table) < 120 {
		t.Errorf("the table has %d rows", len(table))
	}
	for _, c := range table {
		want := strings.Fields(c.want)
		slices.Sort(want)
		if got := ids(n.search("q", c.q, "size", "100")); strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%s: %s, want %s", c.q, got, want)
		}
	}
}

// TestRelativeTimesHoldForAllPages: what is new between two pages doesn't move them.
func TestRelativeTimesHoldForAllPages(t *testing.T) {
	n := open(t)
	var all []report
	for i := range 5 {
		all = append(all, report{id: fmt.Sprintf("r-%d", i), language: "en", headline: "Moving", body: []string{"x"}, published: time.Now().Add(-time.Duration(i) * time.Minute)})
	}
	n.index(all...)
	for _, sort := range []string{"time", "relevance"} {
		var got []string
		for after, pages := "", 0; pages < 9; pages++ {
			r := n.search("q", "moving published:>now-1h", "size", "2", "sort", sort, "after", after)
			for _, h := range r.Hits {
				got = append(got, string(h.URI))
			}
			if after = r.Next; after == "" {
				break
			}
		}
		slices.Sort(got)
		if len(slices.Compact(got)) != 5 {
			t.Errorf("%s: %s", sort, got)
		}
	}
}

// TestTheMostThatCanBeAsked is not too much for Elasticsearch.
func TestTheMostThatCanBeAsked(t *testing.T) {
	n := open(t)
	n.index(desk()...)
	many := func(what string, n int) string { return strings.TrimSuffix(strings.Repeat(what+" OR ", n), " OR ") }
	deep := strings.Repeat("(a b -(", asked.MaxDepth/2) + "x OR y" + strings.Repeat("))", asked.MaxDepth/2)
	for _, q := range []string{
		many("drone-base", asked.MaxAnywhere),
		many(`"a b c"`, asked.MaxAnywhere),
		many(`"a b c"~9`, asked.MaxAnywhere),
		many("body:x", 91),
		many("=x", 100),
		many("nig*", asked.MaxPatterns) + " " + many("x", 18),
		many("abc*"+strings.Repeat("м", asked.MaxTail/2-1)+"?"+strings.Repeat("м", asked.MaxTail/2), asked.MaxPatterns),
		"abc" + strings.Repeat("?м", 40) + "*" + strings.Repeat("a", 10) + "*aaaaa?" + strings.Repeat("a", 10) + "*",
		"abc*" + strings.Repeat("a", asked.MaxTail),
		many("said:x", 80),
		many("said:abc*", asked.MaxPatterns),
		many("country:NE", 65),
		many("place:NE", 75),
		many("lang:en", 80),
		many("near:1,1", 80),
		`"` + strings.Repeat("尼", asked.MaxWords) + `"`,
		deep,
		"said:(" + strings.Repeat("(a -(", asked.MaxDepth/2-1) + "x" + strings.Repeat("))", asked.MaxDepth/2-1) + ")",
	} {
		for _, sort := range []find.Sort{find.Relevance, find.Time} {
			n.search("q", q, "said", strings.Repeat("drones ", asked.MaxSaid), "sort", string(sort), "facets", "agency,person,speaker,currency")
		}
	}
}

// TestDocumentation: the README's table of fields is that of the program.
func TestDocumentation(t *testing.T) {
	b, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	want.WriteString("| Field | Finds | Example |\n|---|---|---|\n")
	for _, f := range asked.Fields() {
		help := f.Help
		if f.Missing != "" {
			help += "; an error for now, as " + f.Missing
		}
		fmt.Fprintf(&want, "| `%s` | %s | `%s` |\n", strings.Join(append([]string{f.Name}, f.Aliases...), "`, `"), help, f.Example)
	}
	if !strings.Contains(string(b), want.String()) {
		t.Errorf("the README should have this table:\n%s", want.String())
	}
	for _, f := range asked.Fields() {
		if _, err := asked.Parse(f.Example); (err == nil) != (f.Missing == "") {
			t.Errorf("%s: %v", f.Example, err)
		}
	}
}
