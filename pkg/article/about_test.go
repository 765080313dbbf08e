package article_test

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
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
		a.Keyphrases = append(a.Keyphrases, article.Keyphrase{Evidence: evidence(), Phrase: name(), Score: rapid.Float64Range(0, 1e6).Draw(t, "score")})
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
		Text:     "é “text” with all of it",
		Segments: []article.Segment{{Kind: article.Paragraph, Evidence: span(0, 28)}},
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
		Keyphrases: []article.Keyphrase{{Evidence: span(6, 9), Phrase: "text", Score: 2}, {Evidence: span(0, 2), Phrase: "é", Score: 1}},
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
		"keyphrase 1: has no name":                      func(a *article.Article) { a.Keyphrases[1].Phrase = "" },
		"keyphrase 0: score NaN":                        func(a *article.Article) { a.Keyphrases[0].Score = math.NaN() },
		"keyphrase 0: score +Inf":                       func(a *article.Article) { a.Keyphrases[0].Score = math.Inf(1) },
		"keyphrase 1: score -1":                         func(a *article.Article) { a.Keyphrases[1].Score = -1 },
		"keyphrase 1: has span -1-2":                    func(a *article.Article) { a.Keyphrases[1].Start = -1 },
		"summary 0: has span 0-99":                      func(a *article.Article) { a.Summary.End = 99 },
		"summary 0: has 1001 bytes":                     func(a *article.Article) { a.Text, a.Summary.End = strings.Repeat("t", 1001), 1001 },
		"summary 0: lies outside headline":              func(a *article.Article) { a.Segments[0].Kind = article.Note },
		"summary 0: lies outside headline, standfirst":  func(a *article.Article) { a.Segments[0].Kind = article.Caption },
		"summary 0: lies outside":                       func(a *article.Article) { a.Segments = nil },
		`entity 0: "A" has control`:                     func(a *article.Article) { a.Entities[0].Name = " A" },
		`entity 1: "A\nB" has control`:                  func(a *article.Article) { a.Entities[1].Name = "A\nB" },
		`place 1: "A  B" has control`:                   func(a *article.Article) { a.Places[1].Name = "A  B" },
		`place 0: "A\x00" has control`:                  func(a *article.Article) { a.Places[0].Name = "A\x00" },
		`keyphrase 1: "A\u00a0B" has control`:           func(a *article.Article) { a.Keyphrases[1].Phrase = "A\u00a0B" },
		`topic 1: "x" has control`:                      func(a *article.Article) { a.Topics[1].Qcode = "x " },
		`topic 0: "x" has control`:                      func(a *article.Article) { a.Topics[0].Path[0] = "x\t" },
		"2001 entities, the limit is 2000":              func(a *article.Article) { a.Entities = make([]article.Entity, 2001) },
		"2001 places, the limit is 2000":                func(a *article.Article) { a.Places = make([]article.Place, 2001) },
		"6 topics, the limit is 5":                      func(a *article.Article) { a.Topics = make([]article.Topic, 6) },
		"51 keyphrases, the limit is 50":                func(a *article.Article) { a.Keyphrases = make([]article.Keyphrase, 51) },
		"20001 mentions, the limit is 20000":            func(a *article.Article) { a.Entities[0].Mentions = make([]article.Evidence, 19_996) },
		`entity 0: "\xff" is not valid UTF-8`:           func(a *article.Article) { a.Entities[0].Title = "\xff" },
		`place 1: "\xff" is not valid UTF-8`:            func(a *article.Article) { a.Places[1].Name = "\xff" },
		`topic 1: "a\xff" is not valid UTF-8`:           func(a *article.Article) { a.Topics[1].Label = "a\xff" },
		`reason of a topic 0: "\xff" is not`:            func(a *article.Article) { a.Topics[0].Why[0].Why = "\xff" },
		`reason of a topic 1: "nnnn`:                    func(a *article.Article) { a.Topics[0].Why[1].Why = long },
		`keyphrase 0: "\xff" is not valid UTF-8`:        func(a *article.Article) { a.Keyphrases[0].Phrase = "\xff" },
		`quote 0: "\xff" is not valid UTF-8`:            func(a *article.Article) { a.Quotes = []article.Quotation{{Evidence: a.Summary, Speaker: "\xff"}} },
		`amount 0: "\xff" is not valid UTF-8`:           func(a *article.Article) { a.Amounts = []article.Amount{{Evidence: a.Summary, Currency: "\xff"}} },
		`quantity 0: "\xff" is not valid UTF-8`:         func(a *article.Article) { a.Quantities = []article.Quantity{{Evidence: a.Summary, Unit: "\xff"}} },
		`date 0: "\xff" is not valid UTF-8`:             func(a *article.Article) { a.Moments = []article.Moment{{Evidence: a.Summary, Precision: "\xff"}} },
		`filed 0: "\xff" is not valid UTF-8`:            func(a *article.Article) { a.Filed.Agencies = []string{"\xff"} },
		`reason of translation 0: "\xff" is not`:        func(a *article.Article) { a.Translation.Reasons = []article.Reason{{Why: "\xff"}} },
		`entity 0: "nnnn`:                               func(a *article.Article) { a.Entities[0].Name = long },
		`entity 1: "nnnn`:                               func(a *article.Article) { a.Entities[1].Role = long },
		`place 0: "nnnn`:                                func(a *article.Article) { a.Places[0].Name = long },
		`topic 0: "nnnn`:                                func(a *article.Article) { a.Topics[0].Label = long },
		`topic 1: "nnnn`:                                func(a *article.Article) { a.Topics[1].Path = []string{long, "medtop:1"} },
		`keyphrase 0: "nnnn`:                            func(a *article.Article) { a.Keyphrases[0].Phrase = long },
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
		"a long name": {func(a *article.Article) { a.Entities[0].Name = long }, func(a *article.Article) bool { return len(a.Entities) == 2 && a.Entities[1].Name == "B" }},
		"a long role": {func(a *article.Article) { a.Entities[2].Role = long }, func(a *article.Article) bool { return len(a.Entities) == 3 && a.Entities[2].Role == "" }},
		"a long id": {
			func(a *article.Article) {
				a.Entities[0].ID, a.Entities[0].Title, a.Entities[0].Role = long, "Dr", "mayor"
			},
			func(a *article.Article) bool {
				e := &a.Entities[0]
				return len(e.Mentions) == 3 && e.ID == "" && e.Title == "Dr" && e.Role == "mayor"
			},
		},
		"a title that is no text": {
			func(a *article.Article) { a.Entities[1].Title, a.Entities[1].Role = "\xff", "mayor" },
			func(a *article.Article) bool { return a.Entities[1].Title == "" && a.Entities[1].Role == "mayor" },
		},
		"no code of a country": {
			func(a *article.Article) { a.Places[0].Country = "ne" },
			func(a *article.Article) bool {
				p := &a.Places[0]
				return p.Country == "" && p.Located && p.Main && p.GeoNamesID == 1
			},
		},
		"no id": {
			func(a *article.Article) { a.Places[0].GeoNamesID = -1 },
			func(a *article.Article) bool {
				p := &a.Places[0]
				return p.GeoNamesID == 0 && p.Country == "NE" && p.Located
			},
		},
		"no place on earth": {
			func(a *article.Article) { a.Places[0].Lat = 90.0001 },
			func(a *article.Article) bool {
				p := &a.Places[0]
				return !p.Located && p.Lat == 0 && p.Lon == 0 && p.Country == "NE" && len(p.Mentions) == 1
			},
		},
		"no number": {func(a *article.Article) { a.Places[0].Lon = math.NaN() }, func(a *article.Article) bool { return !a.Places[0].Located }},
		"a long label": {
			func(a *article.Article) { a.Topics[0].Label = long },
			func(a *article.Article) bool {
				return len(a.Topics) == 2 && a.Topics[0].Label == "" && a.Topics[0].Qcode == "medtop:2"
			},
		},
		"a long place": {func(a *article.Article) { a.Places[0].Name = long }, func(a *article.Article) bool { return len(a.Places) == 1 && a.Places[0].Name == "C" }},
		"a long path":  {func(a *article.Article) { a.Topics[0].Path = make([]string, 11) }, func(a *article.Article) bool { return len(a.Topics) == 1 && a.Topics[0].Qcode == "medtop:1" }},
		"a long qcode": {func(a *article.Article) { a.Topics[1].Path = []string{long} }, func(a *article.Article) bool { return len(a.Topics) == 1 && a.Topics[0].Qcode == "medtop:2" }},
		"a long reason": {
			func(a *article.Article) { a.Topics[0].Why[0].Why = long },
			func(a *article.Article) bool { return len(a.Topics[0].Why) == 1 && a.Topics[0].Why[0].Why == "é" },
		},
		"a reason that is no text": {
			func(a *article.Article) { a.Topics[0].Why[1].Why = "\xff" },
			func(a *article.Article) bool { return len(a.Topics[0].Why) == 1 && a.Topics[0].Why[0].Why == "text" },
		},
		"a name that is no text": {func(a *article.Article) { a.Entities[1].Name = "\xff" }, func(a *article.Article) bool { return len(a.Entities) == 2 }},
		"too many mentions of all": {
			func(a *article.Article) { // 3 and 1 of the others
				a.Entities = append(a.Entities[:2:2], slices.Repeat([]article.Entity{{Type: article.EntityOther, Name: "D", Mentions: make([]article.Evidence, 999)}}, 30)...)
			},
			func(a *article.Article) bool {
				all := len(a.Places[0].Mentions) + len(a.Places[1].Mentions)
				for _, e := range a.Entities {
					all += len(e.Mentions)
				}
				return len(a.Entities) == 32 && len(a.Entities[0].Mentions) == 3 && len(a.Entities[31].Mentions) == 666 && all == 30*666+6
			},
		},
		"a long keyphrase": {func(a *article.Article) { a.Keyphrases[0].Phrase = long }, func(a *article.Article) bool { return len(a.Keyphrases) == 1 && a.Keyphrases[0].Phrase == "é" }},
		"a long summary":   {func(a *article.Article) { a.Summary.End = 1001 }, func(a *article.Article) bool { return a.Summary == article.Evidence{} }},
	} {
		a := about()
		c.spoil(&a)
		before := a
		before.Entities = slices.Clone(a.Entities)
		before.Places = slices.Clone(a.Places)
		before.Topics = slices.Clone(a.Topics)
		for i := range before.Topics {
			before.Topics[i].Why = slices.Clone(a.Topics[i].Why)
		}
		given := a
		a.CutReading()
		if !c.left(&a) || strings.Join(a.Flags, " ") != article.FlagTruncated {
			t.Errorf("%s: left are %+v", name, a)
		}
		if d := cmp.Diff(before, given, cmpopts.EquateNaNs()); d != "" {
			t.Errorf("%s: what it was made of changed:\n%s", name, d)
		}
	}
}

// TestNamesAreWrittenInOneWay: they are links, and values that are counted.
func TestNamesAreWrittenInOneWay(t *testing.T) {
	for given, want := range map[string]string{
		"Ana Ruiz": "Ana Ruiz", " Ana Ruiz": "Ana Ruiz", "Ana Ruiz\n": "Ana Ruiz", "Ana\nRuiz": "Ana Ruiz", "Ana\u00a0 Ruiz": "Ana Ruiz", "Ana\x00Ruiz": "Ana Ruiz",
		"\u202fA": "A", "A\u0085B": "A B", "می\u200cرود": "می\u200cرود",
	} {
		a := about()
		a.Entities[0].Name, a.Places[1].Name, a.Keyphrases[1].Phrase = given, given, given
		a.Topics[0].Qcode, a.Topics[0].Path = given, []string{given + " x", given}
		path, wrong := a.Topics[0].Path, a.CheckReading()
		a.CutReading()
		if err := a.CheckReading(); err != nil || len(a.Flags) > 0 || (wrong == nil) != (given == want) {
			t.Errorf("%q: %v, before %v, flags %v", given, err, wrong, a.Flags)
		}
		is := []string{a.Entities[0].Name, a.Places[1].Name, a.Keyphrases[1].Phrase, a.Topics[0].Qcode, a.Topics[0].Path[1]}
		if !slices.Equal(is, slices.Repeat([]string{want}, len(is))) || a.Topics[0].Path[0] != want+" x" || path[1] != given {
			t.Errorf("%q: %q, path %q, of %q", given, is, a.Topics[0].Path, path)
		}
	}
	for _, none := range []string{" ", "\n\x00", "\xff "} {
		a := about()
		if a.Places[0].Name = none; none != "\xff " {
			a.CutReading()
		}
		if err := a.CheckReading(); err == nil {
			t.Errorf("%q is a name", none)
		}
	}
}

// TestCheckReadingChecksAllEvidence: whatever is wrong with evidence, and of
// whatever field, is told here, before the article is written.
func TestCheckReadingChecksAllEvidence(t *testing.T) {
	for field, of := range map[string]func(*article.Article) *article.Evidence{
		"entity 0":      func(a *article.Article) *article.Evidence { return &a.Entities[0].Mentions[1] },
		"entity 1":      func(a *article.Article) *article.Evidence { return &a.Entities[1].Mentions[0] },
		"place 1":       func(a *article.Article) *article.Evidence { return &a.Places[1].Mentions[0] },
		"topic 0":       func(a *article.Article) *article.Evidence { return &a.Topics[0].Evidence },
		"topic 1":       func(a *article.Article) *article.Evidence { return &a.Topics[1].Evidence },
		"of a topic 1":  func(a *article.Article) *article.Evidence { return &a.Topics[0].Why[1].Evidence },
		"keyphrase 1":   func(a *article.Article) *article.Evidence { return &a.Keyphrases[1].Evidence },
		"summary 0":     func(a *article.Article) *article.Evidence { return &a.Summary },
		"quote 0":       func(a *article.Article) *article.Evidence { return &a.Quotes[0].Evidence },
		"amount 0":      func(a *article.Article) *article.Evidence { return &a.Amounts[0].Evidence },
		"quantity 0":    func(a *article.Article) *article.Evidence { return &a.Quantities[0].Evidence },
		"date 0":        func(a *article.Article) *article.Evidence { return &a.Moments[0].Evidence },
		"filed 0":       func(a *article.Article) *article.Evidence { return &a.Filed.Evidence },
		"translation 0": func(a *article.Article) *article.Evidence { return &a.Translation.Reasons[0].Evidence },
		"language 0":    func(a *article.Article) *article.Evidence { return &a.Language.Evidence[0] },
		"agency 0":      func(a *article.Article) *article.Evidence { return &a.Agency.Evidence[0] },
		"medium 1":      func(a *article.Article) *article.Evidence { return &a.CitedMedia[1].Evidence[0] },
		"credit 0":      func(a *article.Article) *article.Evidence { return &a.Credits[0].Evidence },
		"segment 0":     func(a *article.Article) *article.Evidence { return &a.Segments[0].Evidence },
	} {
		for wrong, spoil := range map[string]func(*article.Evidence){
			"":                                   func(e *article.Evidence) { e.Confidence, e.Version = 1, math.MaxInt32 },
			": confidence 1.0000000000000002 is": func(e *article.Evidence) { e.Confidence = math.Nextafter(1, 2) },
			": confidence -0.5 is":               func(e *article.Evidence) { e.Confidence = -.5 },
			": confidence NaN is":                func(e *article.Evidence) { e.Confidence = math.NaN() },
			": version 2147483648 of":            func(e *article.Evidence) { e.Version = math.MaxInt32 + 1 },
			": version -2147483649 of":           func(e *article.Evidence) { e.Version = math.MinInt32 - 1 },
			": is signed by a name of 101":       func(e *article.Evidence) { e.Enricher = strings.Repeat("e", article.MaxEnricher+1) },
			`: "\xff" is not valid UTF-8`:        func(e *article.Evidence) { e.Enricher = "\xff" },
			": has span 6-1000":                  func(e *article.Evidence) { e.Span = article.Span{Start: 6, End: 1000} },
			": has span -1-2":                    func(e *article.Evidence) { e.Start, e.End = -1, 2 },
		} {
			a := about()
			e := a.Summary
			a.Quotes, a.Amounts = []article.Quotation{{Evidence: e}}, []article.Amount{{Evidence: e}}
			a.Quantities, a.Moments = []article.Quantity{{Evidence: e}}, []article.Moment{{Evidence: e, Precision: article.PrecisionDay}}
			a.Translation.Reasons = []article.Reason{{Why: "x"}}
			a.Language.Evidence, a.Agency.Evidence = []article.Evidence{{}}, []article.Evidence{e}
			a.CitedMedia, a.Credits = []article.Label{{}, {Evidence: []article.Evidence{e}}}, []article.Credit{{}}
			spoil(of(&a))
			if err := a.CheckReading(); (err == nil) != (wrong == "") || err != nil && !strings.Contains(err.Error(), field+wrong) {
				t.Errorf("error %v doesn't say %q", err, field+wrong)
			}
		}
	}
}

// TestWhatIsCutIsRight: after CutReading there is nothing wrong with what is
// within the text, whatever its words are and however much there is of it.
func TestWhatIsCutIsRight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := func() string {
			return rapid.SampledFrom([]string{"x", "Łódź", "a\xc5", "\xff", strings.Repeat("é", article.MaxNameBytes/2), strings.Repeat("é", article.MaxNameBytes/2) + "e"}).Draw(t, "word")
		}
		times := func(limit int) int {
			return rapid.SampledFrom([]int{0, 1, 2, limit / 2, limit / 2, limit + 1}).Draw(t, "times")
		}
		at := article.Evidence{Span: article.Span{Start: 3, End: 7}}
		mentions := func(limit int) []article.Evidence { return slices.Repeat([]article.Evidence{at}, max(1, times(limit))) }
		why := func(limit int) (rs []article.Reason) {
			for range min(times(limit), 10) {
				rs = append(rs, article.Reason{Evidence: at, Why: word()})
			}
			return slices.Repeat(rs, rapid.IntRange(0, 2*limit/10).Draw(t, "repeated"))
		}
		a := article.Article{Text: "é “word”."}
		at.End = len(a.Text)
		for range rapid.IntRange(0, 2).Draw(t, "kinds") {
			q := article.Quotation{Evidence: at, Speaker: word(), Role: word(), Via: word(), Cue: word()}
			a.Quotes = append(a.Quotes, slices.Repeat([]article.Quotation{q}, times(article.MaxQuotes))...)
			a.Amounts = append(a.Amounts, slices.Repeat([]article.Amount{{Evidence: at, Currency: word()}}, times(article.MaxAmounts))...)
			a.Quantities = append(a.Quantities, slices.Repeat([]article.Quantity{{Evidence: at, Unit: word()}}, times(article.MaxQuantities))...)
			a.Moments = append(a.Moments, slices.Repeat([]article.Moment{{Evidence: at, Precision: article.Precision(word())}}, times(article.MaxMoments))...)
			a.Filed.Places = append(a.Filed.Places, word(), word(), word(), word(), word(), word())
			a.Filed.Agencies = append(a.Filed.Agencies, word(), word(), word(), word(), word(), word())
			a.Translation.Reasons = append(a.Translation.Reasons, why(article.MaxReasons)...)
			e := article.Entity{Type: article.EntityType(word()), Name: word(), ID: word(), Title: word(), Role: word(), Mentions: mentions(article.MaxMentions)}
			a.Entities = append(a.Entities, slices.Repeat([]article.Entity{e}, times(article.MaxEntities))...)
			p := article.Place{Name: word(), Country: "NE", Mentions: mentions(article.MaxMentions)}
			a.Places = append(a.Places, slices.Repeat([]article.Place{p}, times(article.MaxPlaces))...)
			path := slices.Repeat([]string{word()}, max(1, times(article.MaxTopicDepth)))
			a.Topics = append(a.Topics, slices.Repeat([]article.Topic{{Evidence: at, Qcode: path[0], Label: word(), Path: path, Why: why(article.MaxTopicWhy)}}, times(article.MaxTopics))...)
			a.Keyphrases = append(a.Keyphrases, slices.Repeat([]article.Keyphrase{{Evidence: at, Phrase: word()}}, times(article.MaxKeyphrases))...)
		}
		wrong := a.CheckReading()
		a.CutReading()
		if err := a.CheckReading(); err != nil {
			t.Fatal(err)
		}
		if cut := slices.Contains(a.Flags, article.FlagTruncated); cut != (wrong != nil) {
			t.Fatalf("flagged is %v, where %v was wrong", cut, wrong)
		}
	})
}

func TestTells(t *testing.T) {
	var a article.Article
	var b article.Builder
	b.Add(article.Note, "note")
	b.Add(article.Paragraph, "text")
	b.Fill(&a)
	hidden, seen := a.Segments[0].Evidence, a.Segments[1].Evidence
	unsure := seen
	unsure.Confidence = .25
	sure := article.Evidence{Confidence: article.Sure}
	reasons := func(es ...article.Evidence) (rs []article.Reason) {
		for _, e := range es {
			rs = append(rs, article.Reason{Evidence: e})
		}
		return rs
	}
	for name, c := range map[string]struct {
		topic article.Topic
		want  bool
	}{
		"of the metadata":           {article.Topic{Evidence: sure}, true},
		"unsure of the metadata":    {article.Topic{}, false},
		"unsure":                    {article.Topic{Evidence: unsure, Why: reasons(seen)}, false},
		"by an unsure word":         {article.Topic{Evidence: sure, Why: reasons(unsure)}, true},
		"by a word that is seen":    {article.Topic{Evidence: seen}, true},
		"by a hidden word":          {article.Topic{Evidence: hidden}, false},
		"by hidden words":           {article.Topic{Evidence: hidden, Why: reasons(hidden, hidden)}, false},
		"by hidden reasons alone":   {article.Topic{Evidence: sure, Why: reasons(hidden)}, false},
		"by a second word":          {article.Topic{Evidence: hidden, Why: reasons(hidden, seen)}, true},
		"by the metadata as well":   {article.Topic{Evidence: hidden, Why: reasons(hidden, article.Evidence{})}, true},
		"by reasons that are seen":  {article.Topic{Evidence: sure, Why: reasons(seen)}, true},
		"by a word beside a reason": {article.Topic{Evidence: seen, Why: reasons(hidden)}, true},
	} {
		if got := a.Tells(&c.topic); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	for name, c := range map[string]struct {
		mentions []article.Evidence
		want     bool
	}{
		"by none":                       {nil, false},
		"by one that is seen":           {[]article.Evidence{hidden, seen}, true},
		"by hidden ones":                {[]article.Evidence{hidden, hidden}, false},
		"by an unsure one":              {[]article.Evidence{unsure}, false},
		"by a sure one that is hidden":  {[]article.Evidence{hidden, unsure}, false},
		"by a sure one beside the rest": {[]article.Evidence{hidden, unsure, seen}, true},
		"by the metadata":               {[]article.Evidence{hidden, sure}, true},
		"by the metadata, unsure":       {[]article.Evidence{hidden, {}}, false},
	} {
		if got := a.Mentioned(c.mentions); got != c.want {
			t.Errorf("mentioned %s: %v", name, got)
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
		"long vowels": {func(b *article.Builder) {
			b.Add(article.Paragraph, strings.Repeat("コーヒー", article.CharactersPerMinute/4))
		}, time.Minute},
		"narrow ones": {func(b *article.Builder) {
			b.Add(article.Paragraph, strings.Repeat("ｺｰﾋｰ", article.CharactersPerMinute/4))
		}, time.Minute},
		"words beside characters": {func(b *article.Builder) {
			b.Add(article.Paragraph, strings.Repeat("東京Tower ", article.WordsPerMinute))
		}, 156 * time.Second},
		"a long vowel of nothing": {func(b *article.Builder) {
			b.Add(article.Paragraph, words(article.WordsPerMinute-1)+" aーー")
		}, time.Minute},
		"letters without spaces": {func(b *article.Builder) {
			b.Add(article.Paragraph, strings.Repeat("กาลຂກខမกก", article.WordsPerMinute*article.LettersPerWord/9+1))
		}, time.Minute + time.Second},
		"their marks are no letters": {func(b *article.Builder) {
			b.Add(article.Paragraph, strings.Repeat("ก็", article.WordsPerMinute*article.LettersPerWord))
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

// TestLengthOfAnyText holds the fast way of counting to the plain one.
func TestLengthOfAnyText(t *testing.T) {
	in := func(r rune, ts ...*unicode.RangeTable) bool { return unicode.In(r, ts...) }
	rapid.Check(t, func(t *rapid.T) {
		runes := rapid.SliceOf(rapid.OneOf(
			rapid.SampledFrom([]rune("aé1 \n\u00a0\u2003'’–。東ーｰヒけ한กลაကꩠខ០ΩЖ٣\u0e31\u3000\U00020000")), rapid.Rune(), rapid.RuneFrom(nil, unicode.Letter),
		)).Draw(t, "text")
		words, characters, letters := 0, 0, 0
		before := ' '
		for _, r := range runes {
			if (r == 'ー' || r == 'ｰ') && in(before, unicode.Han, unicode.Hiragana, unicode.Katakana) {
				characters++
				continue
			}
			switch {
			case unicode.IsSpace(r):
			case in(r, unicode.Han, unicode.Hiragana, unicode.Katakana):
				characters++
			case !unicode.IsLetter(r) && !unicode.IsDigit(r):
				continue
			case in(r, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar):
				letters++
			case unicode.IsSpace(before) || in(before, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar):
				words++
			}
			before = r
		}
		const times = 100 // one more or less makes seconds
		a := article.Article{Text: strings.Repeat(string(runes)+" ", times)}
		a.Segments = []article.Segment{{Kind: article.Paragraph, Evidence: article.Evidence{Span: article.Span{End: len(a.Text)}}}}
		all := float64(times*words) + float64(times*letters)/article.LettersPerWord
		seconds := math.Ceil(all*60/article.WordsPerMinute + float64(times*characters)*60/article.CharactersPerMinute)
		if got := a.ReadingTime(); got != time.Duration(seconds)*time.Second {
			t.Fatalf("%q: %v, want %v seconds for %d words, %d characters, %d letters", a.Text, got, seconds, words, characters, letters)
		}
	})
}

func BenchmarkReadingTime(b *testing.B) {
	for name, sentence := range map[string]string{"en": "The “withdrawals” began – and ended – on Monday. ", "ru": "Вывод войск начался. ", "ja": "首相は東京で会見した。", "ko": "대통령은 서울에서 말했다. "} {
		text := strings.Repeat(sentence, 4096/len(sentence))
		a := article.Article{Text: text, Segments: []article.Segment{{Kind: article.Paragraph, Evidence: article.Evidence{Span: article.Span{End: len(text)}}}}}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				a.ReadingTime()
			}
		})
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
