package article_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/pkg/article"
)

func drawAbout(t *rapid.T, a *article.Article, evidence func() article.Evidence) {
	name := func() string { return rapid.SampledFrom([]string{"Niger", "Łódź", "a \"b\""}).Draw(t, "name") }
	perhaps := func() string { return rapid.SampledFrom([]string{"", "x", "<&>"}).Draw(t, "perhaps") }
	mentions := func() (ms []article.Evidence) {
		for range rapid.IntRange(1, 3).Draw(t, "mentions") {
			ms = append(ms, evidence())
		}
		return ms
	}
	reasons := func() (rs []article.Reason) {
		for range rapid.IntRange(0, 2).Draw(t, "why") {
			rs = append(rs, article.Reason{Evidence: evidence(), Why: name()})
		}
		return rs
	}
	for range rapid.IntRange(0, 3).Draw(t, "entities") {
		a.Entities = append(a.Entities, article.Entity{
			Type: rapid.SampledFrom(article.EntityTypes).Draw(t, "type"), Name: name(), ID: perhaps(), Title: perhaps(), Role: perhaps(), Mentions: mentions(),
		})
	}
	for range rapid.IntRange(0, 3).Draw(t, "places") {
		p := article.Place{
			Name: name(), Country: rapid.SampledFrom([]string{"", "NE"}).Draw(t, "country"), GeoNamesID: rapid.Int64Range(0, 1<<53).Draw(t, "id"),
			Located: rapid.Bool().Draw(t, "located"), Main: rapid.Bool().Draw(t, "main"), Mentions: mentions(),
		}
		if p.Located {
			p.Lat, p.Lon = rapid.Float64Range(-90, 90).Draw(t, "lat"), rapid.Float64Range(-180, 180).Draw(t, "lon")
		}
		a.Places = append(a.Places, p)
	}
	for range rapid.IntRange(0, article.MaxTopics).Draw(t, "topics") {
		a.Topics = append(a.Topics, article.Topic{Evidence: evidence(), Qcode: "medtop:2", Label: perhaps(), Path: []string{"medtop:1", "medtop:2"}, Why: reasons()})
	}
	for range rapid.IntRange(0, 2).Draw(t, "keyphrases") {
		a.Keyphrases = append(a.Keyphrases, article.Keyphrase{Evidence: evidence(), Text: name(), Score: rapid.Float64Range(0, 1e6).Draw(t, "score")})
	}
	if rapid.Bool().Draw(t, "summary") {
		a.Summary = evidence()
	}
}

// about is an article whose text is about something, and right.
func about() article.Article {
	span := func(start, end int) article.Evidence {
		return article.Evidence{Span: article.Span{Start: start, End: end}}
	}
	return article.Article{
		Text: "é “text” with all of it",
		Entities: []article.Entity{
			{Type: article.EntityPerson, Name: "A", Mentions: []article.Evidence{span(0, 2), span(6, 9), {}}},
			{Type: article.EntityOther, Name: "from the metadata", Mentions: []article.Evidence{{}}},
			{Type: article.EntityPlace, Name: "B", Mentions: []article.Evidence{span(0, 2), span(3, 6)}},
		},
		Places: []article.Place{
			{Name: "B", Country: "NE", GeoNamesID: 1, Located: true, Lat: -90, Lon: 180, Main: true, Mentions: []article.Evidence{span(0, 2)}},
			{Name: "C", Mentions: []article.Evidence{span(3, 6)}},
		},
		Topics: []article.Topic{
			{Evidence: span(6, 9), Qcode: "medtop:2", Path: []string{"medtop:1", "medtop:2"}, Why: []article.Reason{{Evidence: span(6, 9), Why: "text"}, {Evidence: span(0, 2), Why: "é"}}},
			{Qcode: "medtop:1", Path: []string{"medtop:1"}},
		},
		Keyphrases: []article.Keyphrase{{Evidence: span(6, 9), Text: "text", Score: 2}, {Evidence: span(0, 2), Text: "é", Score: 1}},
		Summary:    span(0, 9),
	}
}

func TestCheckReadingChecksWhatTheTextIsAbout(t *testing.T) {
	a := about()
	if err := a.CheckReading(); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("n", article.MaxNameBytes+1)
	for wrong, spoil := range map[string]func(*article.Article){
		"entity 0: has no type":       func(a *article.Article) { a.Entities[0].Type = "" },
		"entity 1: has no name":       func(a *article.Article) { a.Entities[1].Name = "" },
		"entity 2: has 0 mentions":    func(a *article.Article) { a.Entities[2].Mentions = nil },
		"entity 0: has 1001 mentions": func(a *article.Article) { a.Entities[0].Mentions = make([]article.Evidence, article.MaxMentions+1) },
		"entity 0: has span 0-99":     func(a *article.Article) { a.Entities[0].Mentions[0].End = 99 },
		"entity 0: cuts a character":  func(a *article.Article) { a.Entities[0].Mentions[0].End = 1 },
		"entity 0: starts at 0, before the one": func(a *article.Article) {
			a.Entities[0].Mentions[0].Span = article.Span{Start: 3, End: 6}
			a.Entities[0].Mentions[1].Span = article.Span{Start: 0, End: 2}
		},
		"entity 2: starts at 0, before the one":         func(a *article.Article) { a.Entities[0].Mentions[0].Span = article.Span{Start: 3, End: 6} },
		"place 1: starts at 3, before the one":          func(a *article.Article) { a.Places[0].Mentions[0].Span = article.Span{Start: 6, End: 7} },
		"place 0: has no name":                          func(a *article.Article) { a.Places[0].Name = "" },
		"place 1: has 0 mentions":                       func(a *article.Article) { a.Places[1].Mentions = nil },
		`place 0: has country "ne"`:                     func(a *article.Article) { a.Places[0].Country = "ne" },
		`place 0: has country "NER"`:                    func(a *article.Article) { a.Places[0].Country = "NER" },
		"place 0: has GeoNames id -1":                   func(a *article.Article) { a.Places[0].GeoNamesID = -1 },
		"place 0: position 90.5, 180 is outside":        func(a *article.Article) { a.Places[0].Lat = 90.5 },
		"place 0: position -90, NaN is outside":         func(a *article.Article) { a.Places[0].Lon = math.NaN() },
		"place 0: has a position, and says":             func(a *article.Article) { a.Places[0].Located = false },
		"place 1: is the main place, as place 0":        func(a *article.Article) { a.Places[1].Main = true },
		"topic 0: has no name":                          func(a *article.Article) { a.Topics[0].Qcode = "" },
		`topic 0: has a path that doesn't end at "medt`: func(a *article.Article) { a.Topics[0].Path = a.Topics[0].Path[:1] },
		`topic 1: has a path that doesn't end at "medt`: func(a *article.Article) { a.Topics[1].Path = nil },
		"topic 0: has a path with an empty qcode":       func(a *article.Article) { a.Topics[0].Path[0] = "" },
		"topic 0: has a path of 11":                     func(a *article.Article) { a.Topics[0].Path = make([]string, article.MaxTopicDepth+1) },
		"topic 1: has 21 reasons":                       func(a *article.Article) { a.Topics[1].Why = make([]article.Reason, article.MaxTopicWhy+1) },
		"topic 0: has span 6-99":                        func(a *article.Article) { a.Topics[0].End = 99 },
		"reason of a topic 1: has no name":              func(a *article.Article) { a.Topics[0].Why[1].Why = "" },
		"reason of a topic 0: has span 6-6":             func(a *article.Article) { a.Topics[0].Why[0].End = 6 },
		"keyphrase 1: has no name":                      func(a *article.Article) { a.Keyphrases[1].Text = "" },
		"keyphrase 0: score NaN":                        func(a *article.Article) { a.Keyphrases[0].Score = math.NaN() },
		"keyphrase 0: score +Inf":                       func(a *article.Article) { a.Keyphrases[0].Score = math.Inf(1) },
		"keyphrase 1: score -1":                         func(a *article.Article) { a.Keyphrases[1].Score = -1 },
		"keyphrase 1: has span -1-2":                    func(a *article.Article) { a.Keyphrases[1].Start = -1 },
		"summary 0: has span 0-99":                      func(a *article.Article) { a.Summary.End = 99 },
		"summary 0: has 1001 bytes":                     func(a *article.Article) { a.Text, a.Summary.End = strings.Repeat("t", 1001), 1001 },
		"2001 entities, the limit is 2000":              func(a *article.Article) { a.Entities = make([]article.Entity, 2001) },
		"2001 places, the limit is 2000":                func(a *article.Article) { a.Places = make([]article.Place, 2001) },
		"6 topics, the limit is 5":                      func(a *article.Article) { a.Topics = make([]article.Topic, 6) },
		"51 keyphrases, the limit is 50":                func(a *article.Article) { a.Keyphrases = make([]article.Keyphrase, 51) },
		`entity 0: "nnnn`:                               func(a *article.Article) { a.Entities[0].Name = long },
		`entity 1: "nnnn`:                               func(a *article.Article) { a.Entities[1].Role = long },
		`place 0: "nnnn`:                                func(a *article.Article) { a.Places[0].Name = long },
		`topic 0: "nnnn`:                                func(a *article.Article) { a.Topics[0].Label = long },
		`topic 1: "nnnn`:                                func(a *article.Article) { a.Topics[1].Path = []string{long, "medtop:1"} },
		`keyphrase 0: "nnnn`:                            func(a *article.Article) { a.Keyphrases[0].Text = long },
	} {
		a := about()
		spoil(&a)
		if err := a.CheckReading(); err == nil || !strings.Contains(err.Error(), wrong) {
			t.Errorf("error %v doesn't say %q", err, wrong)
		}
	}
}

func TestCutReadingCutsWhatTheTextIsAbout(t *testing.T) {
	within := about()
	if within.CutReading(); !cmp.Equal(within, about()) {
		t.Errorf("what is within the limits was changed:\n%s", cmp.Diff(about(), within))
	}
	long := strings.Repeat("n", article.MaxNameBytes+1)
	for name, c := range map[string]struct {
		spoil func(*article.Article)
		left  func(*article.Article) bool
	}{
		"entities":   {func(a *article.Article) { a.Entities = make([]article.Entity, 2001) }, func(a *article.Article) bool { return len(a.Entities) == 2000 }},
		"places":     {func(a *article.Article) { a.Places = make([]article.Place, 2001) }, func(a *article.Article) bool { return len(a.Places) == 2000 }},
		"topics":     {func(a *article.Article) { a.Topics = make([]article.Topic, 6) }, func(a *article.Article) bool { return len(a.Topics) == 5 }},
		"keyphrases": {func(a *article.Article) { a.Keyphrases = make([]article.Keyphrase, 51) }, func(a *article.Article) bool { return len(a.Keyphrases) == 50 }},
		"mentions of an entity": {
			func(a *article.Article) { a.Entities[1].Mentions = make([]article.Evidence, 1001) },
			func(a *article.Article) bool { return len(a.Entities) == 3 && len(a.Entities[1].Mentions) == 1000 },
		},
		"mentions of a place": {
			func(a *article.Article) { a.Places[1].Mentions = make([]article.Evidence, 1001) },
			func(a *article.Article) bool { return len(a.Places) == 2 && len(a.Places[1].Mentions) == 1000 },
		},
		"reasons of a topic": {
			func(a *article.Article) { a.Topics[1].Why = make([]article.Reason, 21) },
			func(a *article.Article) bool { return len(a.Topics) == 2 && len(a.Topics[1].Why) == 20 },
		},
		"a long name":      {func(a *article.Article) { a.Entities[0].Name = long }, func(a *article.Article) bool { return len(a.Entities) == 2 && a.Entities[1].Name == "B" }},
		"a long role":      {func(a *article.Article) { a.Entities[2].Role = long }, func(a *article.Article) bool { return len(a.Entities) == 2 && a.Entities[0].Name == "A" }},
		"a long place":     {func(a *article.Article) { a.Places[0].Name = long }, func(a *article.Article) bool { return len(a.Places) == 1 && a.Places[0].Name == "C" }},
		"a long path":      {func(a *article.Article) { a.Topics[0].Path = make([]string, 11) }, func(a *article.Article) bool { return len(a.Topics) == 1 && a.Topics[0].Qcode == "medtop:1" }},
		"a long qcode":     {func(a *article.Article) { a.Topics[1].Path = []string{long} }, func(a *article.Article) bool { return len(a.Topics) == 1 && a.Topics[0].Qcode == "medtop:2" }},
		"a long keyphrase": {func(a *article.Article) { a.Keyphrases[0].Text = long }, func(a *article.Article) bool { return len(a.Keyphrases) == 1 && a.Keyphrases[0].Text == "é" }},
		"a long summary":   {func(a *article.Article) { a.Summary.End = 1001 }, func(a *article.Article) bool { return a.Summary == article.Evidence{} }},
	} {
		a := about()
		c.spoil(&a)
		before := a
		before.Entities = append([]article.Entity(nil), a.Entities...)
		before.Places = append([]article.Place(nil), a.Places...)
		before.Topics = append([]article.Topic(nil), a.Topics...)
		given := a
		a.CutReading()
		if !c.left(&a) || strings.Join(a.Flags, " ") != article.FlagTruncated {
			t.Errorf("%s: left are %+v", name, a)
		}
		if d := cmp.Diff(before, given); d != "" {
			t.Errorf("%s: what it was made of changed:\n%s", name, d)
		}
	}
}

func TestReadingTime(t *testing.T) {
	words := func(n int) string { return strings.TrimSpace(strings.Repeat("don't ", n)) }
	for name, c := range map[string]struct {
		fill func(*article.Builder)
		want time.Duration
	}{
		"nothing":             {func(*article.Builder) {}, 0},
		"one word":            {func(b *article.Builder) { b.Add(article.Paragraph, "Yes.") }, time.Second},
		"a minute":            {func(b *article.Builder) { b.Add(article.Paragraph, words(article.WordsPerMinute)) }, time.Minute},
		"a word more":         {func(b *article.Builder) { b.Add(article.Paragraph, words(article.WordsPerMinute+1)) }, 61 * time.Second},
		"dashes are no words": {func(b *article.Builder) { b.Add(article.Paragraph, words(article.WordsPerMinute)+" – – –") }, time.Minute},
		"characters": {func(b *article.Builder) {
			b.Add(article.Paragraph, strings.Repeat("北京ひカ", article.CharactersPerMinute/4))
		}, time.Minute},
		"other letters": {func(b *article.Builder) {
			b.Add(article.Paragraph, strings.Repeat("Москва ", article.WordsPerMinute))
		}, time.Minute},
		"all that is read": {func(b *article.Builder) {
			for _, k := range []article.Kind{article.Headline, article.Standfirst, article.Paragraph, article.Subhead, article.Quote} {
				b.Add(k, words(article.WordsPerMinute))
			}
		}, 5 * time.Minute},
		"nothing else": {func(b *article.Builder) {
			for _, k := range []article.Kind{article.Note, article.Caption, article.Byline, article.Boilerplate, article.Residue, article.Signoff} {
				b.Add(k, words(article.WordsPerMinute))
			}
		}, 0},
	} {
		var a article.Article
		var b article.Builder
		c.fill(&b)
		b.Fill(&a)
		if got := a.ReadingTime(); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestJSONOfWhatTheTextIsAbout(t *testing.T) {
	a := about()
	a.Segments = []article.Segment{{Kind: article.Headline, Evidence: article.Evidence{Span: article.Span{End: len(a.Text)}}}}
	b, err := json.Marshal(&a)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"entities":[{"type":"person","name":"A","mentions":[{"text":"é","start":0,"end":2,"confidence":0},{"text":"tex","start":6,"end":9,"confidence":0},{"start":0,"end":0,"confidence":0}]}`,
		`"places":[{"name":"B","country":"NE","lat":-90,"lon":180,"geonames_id":1,"main":true,"mentions":[{"text":"é","start":0,"end":2,"confidence":0}]},{"name":"C","mentions":[`,
		`"topics":[{"qcode":"medtop:2","path":["medtop:1","medtop:2"],"why":[{"why":"text","text":"tex","start":6,"end":9,"confidence":0},`,
		`"keyphrases":[{"phrase":"text","score":2,"text":"tex","start":6,"end":9,"confidence":0},`,
		`"summary":{"text":"é “tex","start":0,"end":9,"confidence":0}`,
		`"reading_time":2`,
	} {
		if !strings.Contains(string(b), want) {
			t.Errorf("no %s in %s", want, b)
		}
	}
}
