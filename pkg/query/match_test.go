package query_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/query"
	"github.com/copytaster/copytaster/pkg/query/querytest"
)

// sahel is an article with something in every field.
func sahel() article.Article {
	a := article.Article{
		URI: "urn:copytaster:site-3:42", Status: article.Usable, Source: "site-3", Agency: article.Label{Value: "dpa"}, Urgency: 3,
		Language: article.Label{Value: "en-GB"}, CitedMedia: []article.Label{{Value: "Le Monde"}},
		PublishedAt: time.Date(2024, 4, 20, 6, 0, 0, 0, time.UTC), ReceivedAt: time.Date(2024, 4, 20, 6, 5, 0, 0, time.UTC),
		Flags: []string{article.FlagCorrection}, Translation: article.Translation{Likelihood: .8},
	}
	b := article.Builder{Signer: "test", Version: 1}
	b.Add(article.Kicker, "Sahel")
	b.Add(article.Headline, "Junta orders US troops out of Niger")
	b.Add(article.Standfirst, "Washington must withdraw within months")
	b.Add(article.Byline, "By Ana Müller")
	b.Add(article.Dateline, "NIAMEY, April 19 (dpa) -")
	b.Add(article.Paragraph, "Soldiers have died near Agadez, the drone-base that cost $110 million.")
	b.Add(article.Paragraph, "“The agreement is void”, said Amadou Abdramane.")
	b.Add(article.Caption, "A soldier waves.")
	b.Add(article.Caption, "Another flag falls.")
	b.Add(article.Note, "Embargoed wording for editors")
	b.Fill(&a)
	read := func(text string) article.Evidence {
		at := strings.Index(a.Text, text)
		return article.Evidence{Span: article.Span{Start: at, End: at + len(text)}, Enricher: "test", Version: 1, Confidence: .9}
	}
	day := func(m time.Month, d int) time.Time { return time.Date(2024, m, d, 0, 0, 0, 0, time.UTC) }
	a.Filed = article.Filed{Evidence: read("NIAMEY"), Places: []string{"NIAMEY"}}
	a.Entities = []article.Entity{
		{Type: article.EntityPerson, Name: "Amadou Abdramane", Mentions: []article.Evidence{read("Amadou Abdramane")}},
		{Type: article.EntityOrganisation, Name: "United States Army", Mentions: []article.Evidence{read("US troops")}},
	}
	a.Places = []article.Place{{Name: "Agadez", Country: "NE", Located: true, Lat: 16.97333, Lon: 7.99111, Mentions: []article.Evidence{read("Agadez")}}}
	a.Quotes = []article.Quotation{{Evidence: read("The agreement is void"), Speaker: "Amadou Abdramane"}}
	a.Amounts = []article.Amount{{Evidence: read("$110 million"), Figure: article.Figure{Known: true, Value: 110e6, To: 110e6}, Currency: "USD"}}
	a.Moments = []article.Moment{{Evidence: read("April 19"), From: day(4, 19), To: day(4, 19), Precision: article.PrecisionDay}}
	a.Topics = []article.Topic{{Evidence: read("Junta"), Qcode: "medtop:20000070", Path: []string{"medtop:16000000", "medtop:20000065", "medtop:20000070"}}}
	a.Keyphrases = []article.Keyphrase{{Evidence: read("drone-base"), Phrase: "drone base"}}
	return a
}

var berlin = func() *time.Location {
	l, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return l
}()

// TestMatch: what the language finds.
func TestMatch(t *testing.T) {
	a := sahel()
	d := query.NewDocument(&a)
	clock := query.Clock{Now: time.Date(2024, 4, 21, 1, 0, 0, 0, time.UTC), Zone: berlin}
	for want, queries := range map[bool][]string{
		true: {
			"", "niger", "Nigers", "NIGER junta", "troop", "withdrawal", "died", "die", "=died", `="have died"`, "muller", "MÜLLER", `"drone base"`, "drone-base", "air OR niger", "niger NOT mali", "-mali",
			"NOT (mali OR chad)", "(mali OR niger) troops", `"troops junta"~6`, `"troops troop junta"~6`, `"orders out"~3`, `"flag falls"`, "withdr*", "sold?er", "sol*rs", "nig*r",
			"headline:niger", "headline:(niger junta)", "kicker:sahel", "standfirst:washington", "byline:muller", "body:soldier", "caption:soldier", "dateline:niamey", "body:=soldiers", "headline:troo*",
			"person:abdramane", "person:Amadou", `person:="Amadou Abdramane"`, `person:"AMADOU abdramane"`, "person:abdr*", `org:"states army"`, "place:agadez", "place:NE", "country:ne", "country:(ML OR NE)",
			"near:17,8", "near:16.97,7.99~1km", "topic:20000070", "topic:16000000", `topic:"coup d'etat"`, `keyphrase:"drone base"`, "keyphrase:drone",
			"said:abdramane", "said:void", "said:(abdramane void)", "said:(speaker:abdramane agreement)", "said:(void -junta)", `said:"agreement is void"`, "speaker:abdramane", `said:(speaker:="Amadou Abdramane")`, "said:agree*",
			"amount:>100mln", "amount:USD", "amount:USD:1mln..1bn", "amount:110mln", "amount:usd:110000000", "currency:usd", "date:2024-04-19", "date:2024-04", "date:2024", "date:>=2024-04-19", "date:<2024-05", "date:..2024",
			"published:2024-04-20", "published:>now-7d", "published:yesterday", "published:>=2024-04-20T08:00", "published:<2024-04-20T06:00:01Z", "received:2024", "published:2024-04-20..", "published:>now-2d published:<today",
			"agency:DPA", "source:site-3", "cited:monde", "filed:niamey", "language:en", "language:en-gb", "status:usable", "urgency:1..3", "urgency:3", "urgency:<=3", "flag:correction", "translated:yes", "uri:urn:copytaster:site-3:42",
			"agency:(dpa OR AP) -headline:roundup", "troops AND", "Niger: junta orders troops", "Will troops leave? OR niger",
			`"US troops" AND (place:NE OR niger*) NOT topic:sport published:>now-7d -headline:roundup`,
		},
		false: {
			"mali", "niger mali", "-niger", "=soldie", "=die", `"niger troops"`, `"junta troops"`, `"soldier waves another"`, `"waves another"~50`, "editors", "-mali -niger", "withdr?l", "headline:soldier", "kicker:niger", "body:junta", "dateline:died",
			"niamey", // the dateline is no part of what is looked for everywhere
			"person:agadez", `person:="Abdramane"`, `person:="amadou abdramane"`, "place:US", "country:us", "near:13,2", "near:-17,-8", "topic:sport", "keyphrase:niger",
			"said:junta", "said:(abdramane junta)", "said:(speaker:void)", "said:(-void)", "speaker:muller", "amount:>110mln", "amount:EUR", "amount:EUR:1..", "amount:<110mln", "date:2024-04-20", "date:>2024-04-19", "date:2023", "date:today",
			"published:today", "published:>now-1h", "published:<2024-04-20T06:00:00Z", "created:2024", "published:2024-04-20T06:01", "published:>2024-04-20", "agency:AP", "language:fr", "language:e", "status:canceled", "urgency:>3", "urgency:1..2",
			"flag:advisory", "translated:no", "uri:urn:copytaster:site-3:4",
		},
	} {
		for _, s := range queries {
			q, err := query.Parse(s)
			if err != nil {
				if s != "language:e" {
					t.Errorf("%s: %v", s, err)
				}
				continue
			}
			if got := q.Matcher().Match(d, clock); got != want {
				t.Errorf("%s: %v, want %v", s, got, want)
			}
		}
	}
}

// TestNoticesHaveNoText: of a killed article, only what its notice says is found.
func TestNoticesHaveNoText(t *testing.T) {
	a := sahel()
	a.Status = article.Canceled
	d := query.NewDocument(&a)
	for s, want := range map[string]bool{"niger": false, "person:abdramane": false, "agency:dpa": false, "language:en": false, "status:canceled": true, "source:site-3": true, "urgency:3": true, "-niger": true} {
		q, err := query.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		if got := q.Matcher().Match(d, query.Clock{Now: time.Now(), Zone: time.UTC}); got != want {
			t.Errorf("%s: %v", s, got)
		}
	}
}

func TestPositive(t *testing.T) {
	for s, want := range map[string]bool{"": false, "a": true, "-a": false, "person:a": false, "headline:a": true, "a -b": true, "person:a OR b": true, "-a person:b": false, "said:a": false, "NOT (a b)": false} {
		q, err := query.Parse(s)
		if err != nil || q.Positive() != want {
			t.Errorf("%s: %v %v", s, q.Positive(), err)
		}
	}
	for s, says := range map[string]string{"-a": "only leaves words out", "a OR -b": "only leaves words out", strings.Repeat("a ", query.MaxSaid+1): "more than 16 words", "body:x": "inside of said:( )"} {
		if _, err := query.ParseSaid(s); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", s, err)
		}
	}
	said, err := query.ParseSaid(`speaker:ana -"no way" yes`)
	if err != nil || said.String() != `speaker:ana -"no way" yes` || said.Empty() {
		t.Errorf("%s %v", said, err)
	}
}

func TestRelative(t *testing.T) {
	for s, want := range map[string]bool{"a": false, "published:2024": false, "published:today": true, "a (b OR -published:<now-1h)": true, "": false} {
		q, err := query.Parse(s)
		if err != nil || q.Relative() != want {
			t.Errorf("%s: %v %v", s, q.Relative(), err)
		}
	}
}

// TestClausesAreBounded: whatever a query is made of, it asks no more of the index
// than it may.
func TestClausesAreBounded(t *testing.T) {
	fixed(t)
	some := []string{"niger", "a b c", `"a b"~3`, "=x", "nig*", "said:x", "said:(a OR speaker:b)", "said:abc*", "headline:=x", "place:NE", "-lang:en", "near:1,2", "topic:sport", "amount:EUR:>1", "urgency:2", "date:2024", "person:x"}
	for _, f := range query.Fields() {
		if f.Missing == "" {
			some = append(some, f.Example)
		}
	}
	if anywhere := querytest.Clauses(mustParse(t, "niger").Elastic(query.Clock{})); query.MaxClauses != query.MaxAnywhere*anywhere {
		t.Errorf("a word anywhere is %d clauses", anywhere)
	}
	most := 0
	rapid.Check(t, func(t *rapid.T) {
		picked := rapid.SliceOfN(rapid.SampledFrom(some), 1, 3).Draw(t, "of")
		s, q := "", query.Query{}
		for i := 0; ; i++ {
			longer := strings.TrimPrefix(s+rapid.SampledFrom([]string{" ", " OR "}).Draw(t, "joined")+picked[i%len(picked)], " OR ")
			next, err := query.Parse(longer)
			if err != nil {
				break
			}
			s, q = longer, next
		}
		n := querytest.Clauses(q.Elastic(query.Clock{Zone: berlin}))
		if most = max(most, n); n > query.MaxClauses+query.MaxClauses/query.MaxAnywhere {
			t.Fatalf("%d clauses of %s", n, s)
		}
	})
	if most < query.MaxClauses/2 {
		t.Errorf("no query had more than %d", most)
	}
}

func mustParse(t *testing.T, s string) query.Query {
	t.Helper()
	q, err := query.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func FuzzParse(f *testing.F) {
	for _, s := range append([]string{"", `a "b c" -d`, `"`, "-", "--", "“x«", "\xff\"", "é -\"", "\u200b", "said:(a OR speaker:b)", "published:2024-04-20T06:00Z..now+3d", "amount:EUR:1mln..", "near:1,2~3km", `="a b"~3`, "x?y* OR ab?c"}, pieces...) {
		f.Add(s)
	}
	a := sahel()
	d := query.NewDocument(&a)
	clock := query.Clock{Now: time.Date(2024, 4, 21, 1, 0, 0, 0, time.UTC), Zone: berlin}
	f.Fuzz(func(t *testing.T, s string) {
		q, err := query.Parse(s)
		if err != nil {
			checkError(t, s, err)
			return
		}
		again, err := query.Parse(q.String())
		if err != nil || again.String() != q.String() {
			t.Fatalf("%q became %q, and that %q: %v", s, q, again, err)
		}
		for _, o := range []any{q.Elastic(clock), q.Marks("body")} {
			if _, err := json.Marshal(o); err != nil {
				t.Fatalf("%q: %v", s, err)
			}
		}
		if q.Matcher().Match(d, clock) != again.Matcher().Match(d, clock) {
			t.Fatalf("%q and %q do not find the same", s, q)
		}
	})
}

// busy is a report of usual length, and a hundred searches that people keep.
func busy(b *testing.B) (article.Article, []*query.Matcher) {
	w := writer{Rand: rand.New(rand.NewPCG(1, 1))}
	a := sahel()
	builder := article.Builder{Signer: "test", Version: 1}
	for i, s := range a.Segments {
		builder.Add(s.Kind, s.In(a.Text))
		if i == 5 {
			for range 9 {
				builder.Add(article.Paragraph, w.prose("en", 100))
			}
		}
	}
	builder.Fill(&a)
	a.Quotes, a.Amounts = nil, nil
	var matchers []*query.Matcher
	for i := range 100 {
		q, err := query.Parse([]string{
			`"air defence" AND (place:NE OR niger*) NOT topic:sport published:>now-7d -headline:roundup`, "niger junta -football", `person:macron OR person:"von der leyen"`,
			"headline:(election OR coup) agency:dpa", `"withdraw soldiers"~5 language:en`,
		}[i%5] + fmt.Sprintf(" OR unheard%d", i))
		if err != nil {
			b.Fatal(err)
		}
		matchers = append(matchers, q.Matcher())
	}
	return a, matchers
}

func BenchmarkDocument(b *testing.B) {
	a, _ := busy(b)
	b.ReportAllocs()
	b.SetBytes(int64(len(a.Text)))
	for b.Loop() {
		query.NewDocument(&a)
	}
}

// BenchmarkHundredQueries is what an article costs that a hundred searches wait for.
func BenchmarkHundredQueries(b *testing.B) {
	a, matchers := busy(b)
	clock := query.Clock{Now: a.PublishedAt, Zone: berlin}
	b.ReportAllocs()
	for b.Loop() {
		d := query.NewDocument(&a)
		for _, m := range matchers {
			m.Match(d, clock)
		}
	}
}

func BenchmarkParseAndCompile(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		q, err := query.Parse(`niger "military junta" withdrawal -sport published:>now-7d`)
		if err != nil {
			b.Fatal(err)
		}
		q.Elastic(query.Clock{Zone: berlin})
	}
}

// TestMatchAtOnce: a document may be asked by several at once.
func TestMatchAtOnce(t *testing.T) {
	a := sahel()
	d := query.NewDocument(&a)
	clock := query.Clock{Now: time.Date(2024, 4, 21, 1, 0, 0, 0, time.UTC), Zone: berlin}
	var asking sync.WaitGroup
	for range 4 {
		for _, q := range []string{"withdr*", "sold?er", "person:abdramane", `org:"states army"`, "said:(speaker:abdramane agreement)", "speaker:abdramane", "keyphrase:drone"} {
			parsed, err := query.Parse(q)
			if err != nil {
				t.Fatal(err)
			}
			m := parsed.Matcher()
			asking.Go(func() {
				if !m.Match(d, clock) {
					t.Errorf("%s doesn't match", q)
				}
			})
		}
	}
	asking.Wait()
}

// TestMarks: in each text those words are marked that are looked for there, and Elasticsearch
// is asked about no other text.
func TestMarks(t *testing.T) {
	q, err := query.Parse(`niger (headline:junta OR body:coup) -sport person:bazoum said:x`)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{"headline": "niger junta", "body": "niger coup", "kicker": "niger"} {
		var words []string
		for _, m := range multiMatches(t, q.Marks(text)) {
			words = append(words, m.Query)
			for _, field := range m.Fields {
				if field != text && !strings.HasSuffix(field, "."+text) {
					t.Errorf("%s: %s is looked for in %s", text, m.Query, field)
				}
			}
		}
		if got := strings.Join(words, " "); got != want {
			t.Errorf("%s: %q is marked, want %q", text, got, want)
		}
	}
	if q, err := query.Parse("-sport headline:junta"); err != nil || q.Marks("body") != nil {
		t.Errorf("%v is marked in a text in which nothing is looked for, %v", q.Marks("body"), err)
	}
}

type multiMatch struct {
	Query  string
	Fields []string
}

func multiMatches(t *testing.T, q map[string]any) (all []multiMatch) {
	t.Helper()
	text, err := json.Marshal(q)
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		Bool struct {
			Should []struct {
				Match multiMatch `json:"multi_match"`
			}
		}
	}
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	for _, s := range read.Bool.Should {
		all = append(all, s.Match)
	}
	return all
}
