package search_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/copytaster/copytaster/pkg/article"
	asked "github.com/copytaster/copytaster/pkg/query"
	"github.com/copytaster/copytaster/services/search"
	"github.com/copytaster/copytaster/services/search/find"
)

// answered asks for JSON that must be there.
func answered[A any](n *newsroom, path string, parameters ...string) (a A) {
	n.tb.Helper()
	r := n.get(path + "?" + query(parameters...))
	if r.status != http.StatusOK {
		n.tb.Fatalf("%s %q: %d %s", path, parameters, r.status, r.body)
	}
	if err := json.Unmarshal([]byte(r.body), &a); err != nil {
		n.tb.Fatal(err)
	}
	return a
}

// refused asks for what is too much, or wrong: the problem must name the parameter, and
// say what is meant.
func refused(n *newsroom, parameter, says, path string, parameters ...string) {
	n.tb.Helper()
	p := n.problem(path + "?" + query(parameters...))
	if p.Status != http.StatusBadRequest || p.Parameter != parameter || !strings.Contains(p.Detail, says) {
		n.tb.Errorf("%s %q: %+v, want one of %s that says %q", path, parameters, p, parameter, says)
	}
}

// hidden are reports that no reader may see, each with what makes it differ.
func hidden(like report) []report {
	embargoed, withheld, killed, expired := like, like, like, like
	embargoed.id, embargoed.embargo = like.id+"-embargoed", time.Now().Add(time.Hour)
	withheld.id, withheld.status = like.id+"-withheld", article.Withheld
	killed.id, killed.status = like.id+"-killed", article.Canceled
	expired.id, expired.expiry = like.id+"-expired", time.Now().Add(-time.Second)
	return []report{embargoed, withheld, killed, expired}
}

// TestHistogram compares the counts with what a loop over the articles says, in zones
// whose clocks change.
func TestHistogram(t *testing.T) {
	n := open(t)
	start := time.Date(2024, 3, 30, 20, 0, 0, 0, time.UTC) // clocks change on the 31st in Berlin
	var all []report
	for i := range 60 {
		all = append(all, report{
			id: fmt.Sprint("h-", i), language: "en", headline: "word", body: []string{[]string{"apple", "pear"}[i%2]},
			published: start.Add(time.Duration(i*i*37) * time.Minute),
		})
	}
	n.index(all...)
	n.index(hidden(report{id: "h", language: "en", headline: "word", body: []string{"apple"}, published: start.AddDate(-3, 0, 0)})...)
	for _, zone := range []string{"Europe/Berlin", "America/New_York", "UTC", "Asia/Kolkata"} {
		place, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		for _, interval := range []string{"hour", "day", "week", "month", "year", "auto"} {
			parameters := []string{"interval", interval, "zone", zone, "q", "apple"}
			if interval == "hour" {
				parameters = append(parameters, "to", "2024-04-20")
			}
			h := answered[find.Histogram](n, "/v1/histogram", parameters...)
			if h.Zone != zone || len(h.Buckets) == 0 || len(h.Buckets) > find.MaxBuckets || interval != "auto" && string(h.Interval) != interval {
				t.Fatalf("%q: %d buckets, interval %s, zone %s", parameters, len(h.Buckets), h.Interval, h.Zone)
			}
			sum := 0
			for i, b := range h.Buckets {
				if i > 0 && !b.From.Equal(h.Buckets[i-1].To) {
					t.Errorf("%q: after %v comes %v", parameters, h.Buckets[i-1], b)
				}
				if local := b.From.In(place); interval != "hour" && interval != "auto" && (local.Hour() != 0 || local.Minute() != 0) ||
					interval == "week" && local.Weekday() != time.Monday || interval == "year" && local.YearDay() != 1 || interval == "month" && local.Day() != 1 {
					t.Errorf("%q: a bucket begins at %v", parameters, local)
				}
				want := 0
				for i, r := range all {
					if i%2 == 0 && !r.published.Before(b.From) && r.published.Before(b.To) {
						want++
					}
				}
				if b.Count != want {
					t.Errorf("%q: %d articles from %v to %v, want %d", parameters, b.Count, b.From, b.To, want)
				}
				sum += b.Count
			}
			if h.Total != (find.Total{Value: sum, Relation: "eq"}) || interval != "hour" && sum != 30 {
				t.Errorf("%q: total %+v, the buckets have %d", parameters, h.Total, sum)
			}
		}
	}
	if h := answered[find.Histogram](n, "/v1/histogram", "buckets", "5"); len(h.Buckets) > 5 || h.Interval != find.Month {
		t.Errorf("%+v", h)
	}
	if h := answered[find.Histogram](n, "/v1/histogram", "q", "nothing"); len(h.Buckets) != 0 || h.Total.Value != 0 {
		t.Errorf("of nothing: %+v", h)
	}
	refused(n, "interval", "the limit is 1000", "/v1/histogram", "interval", "minute")
	refused(n, "interval", "none of auto", "/v1/histogram", "interval", "decade")
	refused(n, "buckets", "not a number from 1 to 1000", "/v1/histogram", "buckets", "1001")
	refused(n, "buckets", "chosen already", "/v1/histogram", "buckets", "10", "interval", "day")
	for _, zone := range []string{"Local", "Mars/Base", "posix/Europe/Berlin", "../../etc/passwd", "EST"} {
		refused(n, "zone", "not the name of a zone", "/v1/histogram", "zone", zone)
	}
	refused(n, "size", "no such parameter here", "/v1/histogram", "size", "5")
	refused(n, "q", "never closed", "/v1/histogram", "q", `"a`)
}

func TestMap(t *testing.T) {
	n := open(t)
	at := func(name string, lat, lon float64) article.Place {
		return article.Place{Name: name, Located: true, Lat: lat, Lon: lon}
	}
	fiji, samoa := at("Suva", -18.14, 178.44), at("Apia", -13.83, -171.76)
	one := report{id: "agadez", language: "en", headline: "A", places: []article.Place{at("Agadez", 16.97, 7.99), at("Niamey", 13.51, 2.11)}}
	n.index(one,
		report{id: "niamey", language: "en", headline: "B", places: []article.Place{at("Niamey", 13.51, 2.11)}},
		report{id: "pacific", language: "en", headline: "C", places: []article.Place{fiji, samoa}},
		report{id: "nowhere", language: "en", headline: "D", body: []string{"x"}},
	)
	n.index(hidden(one)...)
	whole := answered[find.PlaceMap](n, "/v1/map")
	if whole.Precision != 4 || whole.Total.Value != 4 || len(whole.Tiles) != 3 || whole.Tiles[0].Count != 2 {
		t.Errorf("the world: %+v", whole)
	}
	if tile := whole.Tiles[0]; !(tile.West <= 2.11 && tile.East >= 7.99 && tile.South <= 13.51 && tile.North >= 16.97) {
		t.Errorf("the tile of Niger is %+v", tile)
	}
	fine := answered[find.PlaceMap](n, "/v1/map", "within", "0,10,10,20", "precision", "9")
	if len(fine.Tiles) != 2 || fine.Total.Value != 2 || fine.Tiles[0].Count != 2 || fine.Tiles[1].Count != 1 {
		t.Errorf("Niger: %+v", fine)
	}
	if tile := fine.Tiles[0]; !(tile.West <= 2.11 && tile.East >= 2.11 && tile.South <= 13.51 && tile.North >= 13.51) {
		t.Errorf("the tile of Niamey is %+v", tile)
	}
	if over := answered[find.PlaceMap](n, "/v1/map", "within", "170,-30,-170,0"); over.Total.Value != 1 || len(over.Tiles) != 2 {
		t.Errorf("over the line where dates change: %+v", over)
	}
	for within, want := range map[string][]string{
		"0,10,10,20": {"agadez", "niamey"}, "5,10,10,20": {"agadez"}, "170,-30,-170,0": {"pacific"}, "-170,-30,170,0": {}, "-180,-90,180,90": {"agadez", "niamey", "pacific"},
	} {
		if d := cmp.Diff(want, ids(n.search("within", within))); d != "" {
			t.Errorf("within %s (-want +got):\n%s", within, d)
		}
	}
	// A page of such a search goes on where the one before ended.
	first := n.search("within", "0,10,10,20", "size", "1")
	if second := n.search("within", "0,10,10,20.0", "size", "1", "after", first.Next); len(second.Hits) != 1 || second.Next != "" {
		t.Errorf("second page: %+v", second)
	}
	refused(n, "after", "another search", "/v1/articles", "within", "0,10,10,21", "size", "1", "after", first.Next)
	answered[find.PlaceMap](n, "/v1/map", "precision", "6") // as many tiles as there may be
	refused(n, "precision", "the limit is 4096", "/v1/map", "precision", "7")
	refused(n, "precision", "not a number from 0 to 22", "/v1/map", "precision", "23", "within", "0,0,0.001,0.001")
	for within, says := range map[string]string{
		"1,2,3": "is no box", "1,2,3,x": "is no box", "NaN,2,3,4": "not from -180 to 180", "1,2,181,4": "not from -180 to 180",
		"1,-91,3,4": "not from -90 to 90", "1,4,3,2": "not below", "1,2,1,4": "are both",
	} {
		refused(n, "within", says, "/v1/articles", "within", within)
	}
}

func TestSignificant(t *testing.T) {
	n := open(t)
	junta := report{
		language: "en", headline: "Junta speaks", body: []string{"The junta broke the pact with Washington."}, persons: []string{"Amadou Abdramane", "Ana Ruiz"},
		organisations: []string{"Pentagon"}, topics: [][]string{{"medtop:16000000", "medtop:20000070"}}, keyphrases: []string{"military pact"},
	}
	other := report{language: "en", headline: "Other news", body: []string{"Of fruit and weather, at length."}, persons: []string{"Ana Ruiz"}, topics: [][]string{{"medtop:01000000"}}}
	var all []report
	for i := range 40 {
		r := other
		if i%8 == 0 {
			r = junta
			r.body = []string{[]string{
				"The junta broke the pact with Washington, 1234 days after it.", "Washington says 1234 times that this pact was good for the junta.", "A pact is a pact, the junta heard.",
				"Nobody asked the junta about its pact.", "What becomes of the pact? The junta doesn't say.",
			}[i/8]}
		}
		r.id = fmt.Sprint("s-", i)
		all = append(all, r)
	}
	n.index(all...)
	all = nil
	for i := range 10 {
		r := junta
		r.id, r.persons = fmt.Sprint("hidden-", i), []string{"Amadou Abdramane", secret}
		all = append(all, hidden(r)...)
	}
	n.index(all...)
	s := answered[find.Significant](n, "/v1/significant", "q", "junta", "of", "person,organisation,topic,keyphrase,word")
	if s.Total.Value != 5 || s.Background != 40 {
		t.Errorf("total %+v, background %d", s.Total, s.Background)
	}
	want := map[string]find.SignificantTerm{
		"person": {Value: "Amadou Abdramane", Count: 5, Background: 5}, "organisation": {Value: "Pentagon", Count: 5, Background: 5},
		"keyphrase": {Value: "military pact", Count: 5, Background: 5}, "word": {Value: "pact", Count: 5, Background: 5},
		"topic": {Value: "medtop:20000070", Label: "coup d'etat", Count: 5, Background: 5},
	}
	for _, kind := range s.Kinds {
		w := want[kind.Name]
		i := slices.IndexFunc(kind.Values, func(v find.SignificantTerm) bool { return v.Value == w.Value })
		if kind.Articles != 5 || i < 0 {
			t.Errorf("%s: %+v", kind.Name, kind)
			continue
		}
		if w.Score = kind.Values[i].Score; w != kind.Values[i] || w.Score <= 0 {
			t.Errorf("%s: %+v, want %+v", kind.Name, kind.Values[i], w)
		}
		for _, v := range kind.Values {
			if v.Value == "Ana Ruiz" || strings.ContainsAny(v.Value, "0123456789") && kind.Name == "word" {
				t.Errorf("%s: %s doesn't stand out", kind.Name, v.Value)
			}
		}
	}
	if s := answered[find.Significant](n, "/v1/significant", "q", "junta", "of", "organisation", "values", "1"); len(s.Kinds) != 1 || len(s.Kinds[0].Values) != 1 {
		t.Errorf("%+v", s)
	}
	if s := answered[find.Significant](n, "/v1/significant", "q", "nothing"); s.Total.Value != 0 || len(s.Kinds) != 5 || len(s.Kinds[0].Values) != 0 {
		t.Errorf("%+v", s)
	}
	refused(n, "of", `"day" is none of`, "/v1/significant", "of", "day")
	refused(n, "values", "not a number from 1 to 50", "/v1/significant", "values", "51")
}

// TestSuggestOfTheNewest: of more articles than are looked through, the newest have the
// values, and all are counted, whatever may not be seen.
func TestSuggestOfTheNewest(t *testing.T) {
	n := open(t)
	about := func(i int, persons ...string) report {
		return report{id: fmt.Sprint(i), language: "en", headline: "A", source: "wire", persons: persons, published: day.Add(time.Duration(i) * time.Hour)}
	}
	n.index(
		about(1, "Abel Old"), about(2, "Ada Lee"), about(3, "Ada Lee"), about(4, "Ada Lee", "Adam Roe"),
		about(5, "Adam Roe"), about(6, "Abdou Moumouni", "Adam Roe"), about(7, "Adam Roe", "Ada Lee"), about(8, "Bo Tran"),
	)
	hide := func(i int) report {
		r := about(20+i, "Aaa "+secret, "Abdou Moumouni")
		r.id, r.embargo = fmt.Sprint("hidden-", i), time.Now().Add(time.Hour)
		return r
	}
	suggest := func(looked, values int, parameters ...string) string {
		t.Helper()
		f := find.New(n.es, n.names, time.UTC, search.MaxTimeout, time.Now)
		f.Suggesting = looked
		v := url.Values{"prefix": {"a"}, "of": {"person,topic,source"}, "values": {fmt.Sprint(values)}}
		for i := 0; i < len(parameters); i += 2 {
			v.Add(parameters[i], parameters[i+1])
		}
		r, err := find.ParseSuggest(v, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		s, err := f.Suggest(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, v := range s.Facets[0].Values {
			got += fmt.Sprintf("%s %d, ", v.Value, v.Count)
		}
		if s.Facets[0].More {
			got += "more"
		}
		return got
	}
	for range 2 {
		for _, c := range []struct {
			looked, values int
			parameters     []string
			want           string
		}{
			{8, 10, nil, "Ada Lee 4, Adam Roe 4, Abdou Moumouni 1, Abel Old 1, "},
			{7, 10, nil, "Ada Lee 4, Adam Roe 4, Abdou Moumouni 1, Abel Old 1, more"},
			{4, 10, nil, "Ada Lee 4, Adam Roe 4, Abdou Moumouni 1, more"}, // of those of 4 to 7
			{2, 10, nil, "Ada Lee 4, Adam Roe 4, Abdou Moumouni 1, more"},
			{1, 10, nil, "Ada Lee 4, Adam Roe 4, more"},
			{2, 2, nil, "Ada Lee 4, Adam Roe 4, more"},
			{2, 1, nil, "Adam Roe 4, more"},
			{2, 10, []string{"to", "2024-04-20T11:00:00Z"}, "Ada Lee 3, Adam Roe 1, more"},
		} {
			if got := suggest(c.looked, c.values, c.parameters...); got != c.want {
				t.Errorf("of the newest %d, %v: %s, want %s", c.looked, c.parameters, got, c.want)
			}
		}
		n.index(hide(1), hide(2), hide(3))
	}
}

func TestSuggest(t *testing.T) {
	n := open(t)
	one := report{
		id: "one", language: "en", headline: "A", source: "site-3", agency: "Agence France-Presse", persons: []string{"Amadou Abdramane", "Émile Durand", "Ana Ruiz", `A.B* (c]"x"`},
		places: []article.Place{{Name: "Abidjan"}, {Name: "Łódź"}, {Name: "Weißwasser"}}, topics: [][]string{{"medtop:16000000", "medtop:20000070"}}, organisations: []string{"ΑΘΗΝΑ Ltd", "Œuvre d’Orient"},
	}
	two := one
	two.id, two.persons = "two", []string{"Abdou Moumouni", "Amadou Abdramane"}
	n.index(one, two)
	lost := one
	lost.persons, lost.source, lost.topics = []string{"Abd " + secret, "Amadou Abdramane"}, secret, [][]string{{"medtop:15000000"}}
	n.index(hidden(lost)...)
	for _, c := range []struct{ of, prefix, want string }{
		{"person", "abd", "Amadou Abdramane 2|Abdou Moumouni 1"},
		{"person", "ABDr", "Amadou Abdramane 2"},
		{"person", "ámadou abd", "Amadou Abdramane 2"},
		{"person", "  Amadou   Abd", "Amadou Abdramane 2"},
		{"person", "emi", "Émile Durand 1"},
		{"person", "dou", ""}, // not in the middle of a word
		{"person", `a.b* (c]"`, `A.B* (c]"x" 1`},
		{"person", `.*`, ""},
		{"person", "a|b", ""},
		{"person", secret, ""},
		{"person", strings.Repeat("a", find.MaxPrefix), ""},
		{"person", strings.Repeat("e", find.MaxPrefix), ""},
		{"place", "lod", "Łódź 2"},
		{"place", "weis", "Weißwasser 2"},
		{"place", "weissw", "Weißwasser 2"},
		{"place", "WEIẞ", "Weißwasser 2"},
		{"organisation", "αθηνα", "ΑΘΗΝΑ Ltd 2"},
		{"organisation", "oeuv", "Œuvre d’Orient 2"},
		{"organisation", "o", "Œuvre d’Orient 2"},
		{"organisation", "orient", "Œuvre d’Orient 2"},
		{"organisation", "d’or", "Œuvre d’Orient 2"},
		{"organisation", "d'or", "Œuvre d’Orient 2"},
		{"agency", "presse", "Agence France-Presse 2"},
		{"source", "si", "site-3 2"},
		{"topic", "coup", "medtop:20000070 2"},
		{"topic", "sport", ""},
	} {
		s := answered[find.Suggestions](n, "/v1/suggest", "of", c.of, "prefix", c.prefix)
		var got []string
		for _, v := range s.Facets[0].Values {
			got = append(got, fmt.Sprintf("%s %d", v.Value, v.Count))
			if (v.Label != "") != (c.of == "topic") {
				t.Errorf("%s: label %q", v.Value, v.Label)
			}
		}
		if g := strings.Join(got, "|"); g != c.want || len(s.Facets) != 1 || s.Facets[0].Name != c.of {
			t.Errorf("%s %q: %s, want %s", c.of, c.prefix, g, c.want)
		}
	}
	if s := answered[find.Suggestions](n, "/v1/suggest", "prefix", "a", "values", "1", "person", "Abdou Moumouni"); len(s.Facets) != 5 || len(s.Facets[0].Values) != 1 ||
		s.Facets[0].Values[0] != (find.ValueCount{Value: "Abdou Moumouni", Count: 1}) || !s.Facets[0].More {
		t.Errorf("of the articles with a person: %+v", s)
	}
	refused(n, "prefix", "is missing", "/v1/suggest")
	refused(n, "prefix", "is missing", "/v1/suggest", "prefix", "  ")
	refused(n, "prefix", "the limit is 100", "/v1/suggest", "prefix", strings.Repeat("a", find.MaxPrefix+1))
	refused(n, "of", `"language" is none of`, "/v1/suggest", "prefix", "a", "of", "language")
	refused(n, "of", "has 6 facets, the limit is 5", "/v1/suggest", "prefix", "a", "of", "person,organisation,place,topic,source,agency")
}

func TestSpelling(t *testing.T) {
	n := open(t)
	var all []report
	for i := range 12 {
		all = append(all, report{id: fmt.Sprint("w-", i), language: "en", headline: "Military junta", body: []string{"The government speaks of Ouagadougou."}})
	}
	all = append(all, report{id: "de", language: "de", headline: "Überschwemmungen", body: []string{"Das Militär hilft."}})
	n.index(all...)
	// Nearer than any word that may be seen, and more often.
	for i := range 10 {
		all = append(all, hidden(report{id: fmt.Sprint("x-", i), language: "en", headline: "Millitory millitury", body: []string{"Millitory millitury."}})...)
	}
	n.index(all[13:]...)
	for q, want := range map[string]string{
		"militery":                "military",
		"Militery junta":          "military junta",
		`"militery junat" -ferry`: `"military junta" -ferry`,
		"govrnment Ouagadugou":    "government ouagadougou",
		"military junta":          "",
		"militaries":              "", // is found by its stem
		"Uberschwemungen":         "überschwemmungen",
		"agency:dpam":             "",
		"millit*":                 "",
		"millitory":               "military",
		"xyzzyxyzzy":              "",
		strings.Repeat("qwrtz ", asked.MaxAnywhere): "",
	} {
		s := answered[find.Spelling](n, "/v1/spelling", "q", q)
		if s.Suggestion != want || (s.SuggestionTotal > s.Total) != (want != "") {
			t.Errorf("%s: %+v, want %q", q, s, want)
		}
		if b, err := json.Marshal(s); err != nil || strings.Contains(strings.ReplaceAll(string(b), `"word":"millitory","position"`, ""), "millitory") || strings.Contains(string(b), "millitury") {
			t.Errorf("%s: %s tells of what is hidden", q, b)
		}
	}
	s := answered[find.Spelling](n, "/v1/spelling", "q", "a militery")
	if len(s.Words) != 1 || s.Words[0].Word != "militery" || s.Words[0].Position != 3 || s.Words[0].Candidates[0] != (find.WordCount{Word: "military", Count: 12}) {
		t.Errorf("%+v", s.Words)
	}
	refused(n, "q", "is missing", "/v1/spelling")
}

func TestSimilar(t *testing.T) {
	n := open(t)
	text := []string{"Niger's military junta has revoked the military pact with Washington.", "American soldiers at the drone base near Agadez must leave the country."}
	names := []string{"Amadou Abdramane", "Ana Ruiz"}
	one := report{id: "one", language: "en", headline: "Junta revokes military pact", body: text, persons: names, keyphrases: []string{"military pact"}}
	near := one
	near.id, near.headline, near.published = "near", "Niger junta ends pact", day.Add(time.Hour)
	near.body = append([]string{"A junta spokesman said so on television."}, text...)
	french := report{id: "french", language: "fr", headline: "Le Niger dénonce l’accord", body: []string{"Les soldats partent."}, persons: names, keyphrases: []string{"military pact"}}
	far := report{id: "far", language: "en", headline: "Fruit prices rise", body: []string{"Apples and pears are dear in Washington this year, the ministry says."}, persons: []string{"Ana Ruiz"}}
	as := n.index(one, near, french, far, report{id: "alone", language: "zh", headline: "尼日尔", body: []string{"军"}})
	gone := n.index(hidden(near)...)
	path := articlePath(as[0].URI) + "/similar"
	s := answered[find.Similar](n, path)
	var got []string
	for _, h := range s.Hits {
		got = append(got, strings.TrimPrefix(string(h.URI), "urn:copytaster:test:"))
	}
	if d := cmp.Diff([]string{"near", "french"}, got); d != "" {
		t.Fatalf("(-want +got):\n%s", d)
	}
	if h := s.Hits[1]; !slices.Equal(h.Persons, names) || !slices.Equal(h.Keyphrases, []string{"military pact"}) || h.Headline == "" || len(h.Places) != 0 {
		t.Errorf("%+v", h)
	}
	if s := answered[find.Similar](n, path, "size", "1"); len(s.Hits) != 1 {
		t.Errorf("%+v", s)
	}
	if s := answered[find.Similar](n, articlePath(as[4].URI)+"/similar"); len(s.Hits) != 0 {
		t.Errorf("of what stands alone: %+v", s)
	}
	for _, a := range append(gone, &article.Article{URI: "urn:x:none"}) {
		if p := n.problem(articlePath(a.URI) + "/similar"); p.Status != http.StatusNotFound {
			t.Errorf("%s: %+v", a.URI, p)
		}
	}
	refused(n, "size", "not a number from 1 to 50", path, "size", "51")
	refused(n, "q", "there are size", path, "q", "x")
}

func TestDifference(t *testing.T) {
	n := open(t)
	at := func(minutes int) time.Time { return day.Add(time.Duration(minutes) * time.Minute) }
	first := report{id: "d", language: "en", headline: "Two dead in flood", body: []string{"The river rose at night.", "Two people died.", "Nothing else is known."}, created: at(0)}
	second := first
	second.headline, second.created = "Three dead in flood", at(1)
	second.body = []string{"The river rose at night.", "Three people died, the mayor said.", "Help is on its way from the capital."}
	third := second
	third.headline, third.created = "Flood: what we know", at(2)
	as := n.index(first, second, third)
	path := articlePath(as[0].URI) + "/difference"
	d := answered[find.Difference](n, path, "from", as[0].Revision.String(), "to", as[1].Revision.String())
	run := func(c find.Change, text string) find.Run { return find.Run{Change: c, Text: text} }
	want := []find.SegmentChange{
		{Kind: article.Headline, Change: find.Rewrite, Runs: []find.Run{run(find.Delete, "Two"), run(find.Insert, "Three"), run(find.Equal, " dead in flood")}},
		{Kind: article.Paragraph, Change: find.Equal, Runs: []find.Run{run(find.Equal, "The river rose at night.")}},
		{Kind: article.Paragraph, Change: find.Rewrite, Runs: []find.Run{
			run(find.Delete, "Two"), run(find.Insert, "Three"), run(find.Equal, " people died"), run(find.Insert, ", the mayor said"), run(find.Equal, "."),
		}},
		{Kind: article.Paragraph, Change: find.Delete, Runs: []find.Run{run(find.Delete, "Nothing else is known.")}},
		{Kind: article.Paragraph, Change: find.Insert, Runs: []find.Run{run(find.Insert, "Help is on its way from the capital.")}},
	}
	if diff := cmp.Diff(want, d.Segments); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if d.From.Revision != as[0].Revision || d.To.Revision != as[1].Revision || d.From.Headline != "Two dead in flood" {
		t.Errorf("%+v %+v", d.From, d.To)
	}
	if d := answered[find.Difference](n, path); d.From.Revision != as[1].Revision || d.To.Revision != as[2].Revision {
		t.Errorf("of the newest: %+v %+v", d.From, d.To)
	}
	if d := answered[find.Difference](n, path, "to", as[1].Revision.String()); d.From.Revision != as[0].Revision {
		t.Errorf("of the one before: %+v %+v", d.From, d.To)
	}
	if d := answered[find.Difference](n, path, "from", as[2].Revision.String(), "to", as[0].Revision.String()); d.Segments[0].Change != find.Delete || d.Segments[1].Change != find.Insert {
		t.Errorf("backwards: %+v", d.Segments)
	}
	refused(n, "from", "there is none before", path, "to", as[0].Revision.String())
	refused(n, "to", "not the number of a revision", path, "to", "-1")
	refused(n, "revision", "there are from, to", path, "revision", "1")
	if p := n.problem(path + "?from=12345678"); p.Status != http.StatusNotFound {
		t.Errorf("%+v", p)
	}
	third.status, third.created = article.Canceled, at(3)
	n.index(third)
	if p := n.problem(path + "?" + query("from", as[0].Revision.String(), "to", as[1].Revision.String())); p.Status != http.StatusNotFound {
		t.Errorf("of what was killed: %+v", p)
	}
}
