package article

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const ferryText = "Ferry sinks off Skarra\n\nThe ferry sank off Skarra on Monday, Ana Ruiz said. \"We swam,\" she said. It cost 5 million euros. Ana Ruiz is 40."

func ferry(text string) *Article {
	a := &Article{URI: "urn:x:ferry", Status: Usable, Source: "wire", Text: text, ReceivedAt: time.Unix(1_700_000_000, 0).UTC()}
	b := Builder{Signer: "format/x", Version: 1}
	for p := range strings.SplitSeq(text, "\n\n") {
		b.Add(Paragraph, p)
	}
	b.Fill(a)
	if err := a.Stamp(); err != nil {
		panic(err)
	}
	return a
}

// corrected is an override of these fields, in turn name and JSON.
func corrected(t testing.TB, a *Article, said ...string) *Override {
	t.Helper()
	o := Override{URI: a.URI}
	for i := 0; i < len(said); i += 2 {
		c, err := ParseCorrection(Proof{Article: a}, said[i], []byte(said[i+1]))
		if err != nil {
			t.Fatal(err)
		}
		c.Who, c.At = "M. Ito", time.Unix(1_700_000_100, 0).UTC()
		o = o.Set(c)
		o.Number++
	}
	return &o
}

// field is the JSON of a field, without where it comes from.
func fieldJSON(t testing.TB, a *Article, name string) string {
	t.Helper()
	b, err := a.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	if segs, is := doc["segments"].([]any); is { // what editors say of them is not the whole list
		segs = slices.DeleteFunc(segs, func(s any) bool { return s.(map[string]any)["enricher"] != Signer })
		doc["segments"] = segs
		for _, s := range segs {
			delete(s.(map[string]any), "after")
		}
	}
	bare(doc[name], nil)
	if b, err = json.Marshal(doc[name]); err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// withoutPassages is a value without what tells which words are meant.
func withoutPassages(t testing.TB, value []byte) string {
	t.Helper()
	var x any
	if err := json.Unmarshal(value, &x); err != nil {
		t.Fatal(err)
	}
	var drop func(any)
	drop = func(x any) {
		switch x := x.(type) {
		case []any:
			for i := range x {
				drop(x[i])
			}
		case map[string]any:
			delete(x, "passage")
			for _, v := range x {
				drop(v)
			}
		}
	}
	drop(x)
	b, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var everyField = []string{
	"agency", `"dpa"`,
	"amounts", `[{"text":"5 million euros","value":5000000,"currency":"EUR"}]`,
	"attribution", `["Skarra Post","dpa",["BBC"]]`,
	"cited_media", `["BBC"]`,
	"credits", `[{"text":"Ana Ruiz is 40.","photographer":"Ana Ruiz"}]`,
	"dates", `[{"text":"Monday","from":"2024-04-22","to":"2024-04-22","precision":"day"}]`,
	"entities", `[{"type":"person","name":"Ana Ruiz","role":"passenger"},{"type":"organisation","name":"Coast Guard"},{"type":"place","name":"Skarra"}]`,
	"filed", `{"text":"Skarra","places":["Skarra"],"date":"2024-04-22"}`,
	"keyphrases", `[{"phrase":"ferry","score":2},{"phrase":"sea rescue","score":1}]`,
	"language", `"en-GB"`,
	"places", `[{"name":"Skarra","country":"SE","lat":58.4,"lon":13.4,"geonames_id":7,"main":true}]`,
	"quantities", `[{"text":"40","value":40,"unit":"years"}]`,
	"quotes", `[{"text":"We swam","speaker":"Ana Ruiz"}]`,
	"segments", `[{"text":"Ferry sinks off Skarra","kind":"headline"}]`,
	"summary", `{"text":"The ferry sank off Skarra on Monday, Ana Ruiz said."}`,
	"topics", `[{"qcode":"medtop:20000139","path":["medtop:03000000","medtop:20000139"],"why":[{"why":"ferry","text":"ferry"},{"why":"sank","text":"sank"}]}]`,
	"translation", `{"likelihood":0.9,"reasons":[{"why":"note","text":"she"}]}`,
}

func TestEveryFieldCanBeCorrected(t *testing.T) {
	a := ferry(ferryText)
	var names []string
	for i := 0; i < len(everyField); i += 2 {
		names = append(names, everyField[i])
	}
	if !slices.Equal(names, Correctable()) {
		t.Fatalf("the test has %v, there are %v", names, Correctable())
	}
	o := corrected(t, a, everyField...)
	o.In(a.Text).Apply(a)
	if err := a.Validate(); err != nil {
		t.Fatal(err)
	}
	if len(a.Corrections.Fields) != len(names) || a.Corrections.Number != len(names) || slices.Contains(a.Flags, FlagOverrideUnplaced) {
		t.Errorf("%+v, flags %v", a.Corrections, a.Flags)
	}
	for i, name := range names {
		// What an article has, and what the list shows, says the same when it is said again.
		got := fieldJSON(t, a, name)
		shown, err := o.Corrections[i].JSON()
		if told := withoutPassages(t, shown); err != nil || told != got {
			t.Errorf("%s: listed as %s, is %s: %v", name, told, got, err)
		}
		again, err := ParseCorrection(Proof{Article: a}, name, shown)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !reflect.DeepEqual(again.Value, o.Corrections[i].Value) || !slices.Equal(again.Passages, o.Corrections[i].Passages) {
			t.Errorf("%s: said again is %+v, was %+v", name, again, o.Corrections[i])
		}
	}
	if e := a.Entities; len(e) != 3 || e[0].Name != "Skarra" || len(e[0].Mentions) != 2 || e[1].Name != "Ana Ruiz" || len(e[1].Mentions) != 2 || e[2].Mentions[0].Span != (Span{}) ||
		e[0].Mentions[0].Enricher != Signer || e[0].Mentions[0].Confidence != 1 {
		t.Errorf("entities %+v", e)
	}
	if q := a.Quotes[0]; q.In(a.Text) != "We swam" {
		t.Errorf("quote %q", q.In(a.Text))
	}
	// All of it can be emptied, and forgotten.
	for _, name := range names {
		if name == "segments" { // are never empty
			*o, _ = o.Remove(name)
			continue
		}
		c, err := ParseCorrection(Proof{Article: a}, name, []byte("null"))
		if err != nil {
			t.Fatal(err)
		}
		*o = o.Set(c)
	}
	b := *a
	b.Forget()
	o.In(b.Text).Apply(&b)
	a.Forget()
	b.Corrections = Corrections{}
	none := ferry(ferryText)
	none.Segments[0] = Segment{Kind: Unknown, Evidence: Evidence{Span: none.Segments[0].Span}}
	if !reflect.DeepEqual(a, none) || !reflect.DeepEqual(b, *none) {
		t.Errorf("forgotten: %+v\nemptied: %+v", a, b)
	}
}

func TestWhatIsNoCorrection(t *testing.T) {
	a := ferry(ferryText)
	long := strings.Repeat("x", MaxNameBytes+1)
	for _, c := range []struct{ field, value, says string }{
		{"headline", `"x"`, `field "headline" can't be corrected; there are agency, `},
		{"topics", `[`, "topics: is no JSON"},
		{"topics", `[] []`, "topics: is more than one value"},
		{"topics", `{}`, "topics: topics can't be a JSON object"},
		{"topics", `[{"qcod":"x"}]`, `topics: has no "qcod"`},
		{"topics", `[{"qcode":7}]`, "topics: topics.qcode can't be a JSON number"},
		{"amounts", `[{"text":"40","value":"40"}]`, "amounts: amounts.value can't be a JSON string"},
		{"topics", `[{"qcode":"x","path":["y"]}]`, `topics: topic 0: has a path that doesn't end at "x"`},
		{"topics", `[` + strings.Repeat(`{"qcode":"x","path":["x"]},`, MaxTopics) + `{"qcode":"x","path":["x"]}]`, "article has 6 topics, the limit is 5"},
		{"entities", `[{"type":"person","name":"Ana","mentions":[{"text":"Ana"},{"text":"Bea"}]}]`, `entities[0].mentions[1]: "Bea" is not in the text`},
		{"entities", `[{"type":"person","name":"Ana","mentions":[{"text":"swam"},{"text":"swam"}]}]`, `entities[0].mentions[1]: "swam" is not in the text once more`},
		{"entities", `[{"type":"persn","name":"Ana"}]`, `entity 0: has type "persn"`},
		{"entities", `[{"type":"person","name":"` + long + `"}]`, "entity 0: "},
		{"entities", `[{"type":"person","name":"Ana","mentions":[{"start":5,"end":400}]}]`, "entity 0: has span 5-400"},
		{"entities", `[{"type":"person","name":"Ana","mentions":[{"start":0,"end":5,"text":"Skarr"}]}]`, `"Skarr" is not what stands at 0 to 5`},
		{"entities", `[{"type":"person","name":"Ana","mentions":[{"text":"Ana","confidence":2}]}]`, "entity 0: confidence 2 is outside 0 to 1"},
		{"entities", `[{"type":"person","name":"An","mentions":[{"start":61,"end":63}]}]`, `"An" at 61 is a part of a word`},
		{"places", `[{"name":"Skarra","country":"sweden"}]`, `place 0: has country "sweden"`},
		{"places", `[{"name":"Skarra","lat":91,"lon":0}]`, "place 0: position 91, 0 is outside"},
		{"places", `[{"name":"Skarra","main":true},{"name":"Ana","main":true}]`, "is the main place, as place 0 is"},
		{"language", `"english language"`, `"english language" is no language tag`},
		{"language", `"e"`, `"e" is no language tag`},
		{"language", `7`, "language: language can't be a JSON number"},
		{"agency", `"` + long + `"`, "the limit is 500"},
		{"attribution", `["a","b"]`, "attribution: has 2 members"},
		{"attribution", `["a","b",[1]]`, "must be publisher and agency"},
		{"quotes", `[{"speaker":"Ana"}]`, "quote 0: has span 0-0"},
		{"quotes", `[{"text":"We swa"}]`, `quotes[0]: "We swa" is not in the text`},
		{"amounts", `[{"text":"5 million euros","value":5,"currency":"euro"}]`, `amount 0: has currency "euro"`},
		{"dates", `[{"text":"Monday","from":"22 April","to":null,"precision":"day"}]`, "dates: date 0: parsing time"},
		{"dates", `[{"text":"Monday","from":null,"to":null,"precision":"dy"}]`, `date 0: has precision "dy"`},
		{"summary", `{"text":"` + strings.Repeat("x", MaxSummary+1) + `"}`, "is not in the text"},
		{"keyphrases", `[{"phrase":"ferry","score":-1}]`, "keyphrase 0: score -1"},
		{"translation", `{"likelihood":2}`, "likelihood 2"},
		{"segments", `null`, "segments: says of no passage what it is"},
		{"segments", `[{"text":"Ferry sinks off Skarra","kind":"heading"}]`, `segment 0: has kind "heading", which is none of kicker, headline, `},
		{"segments", `[{"text":"Ferry sinks off Skarra","kind":"unknown"}]`, `segment 0: has kind "unknown", which is none of`},
		{"segments", `[{"text":"Ferry sinks off Skarra"}]`, `segment 0: has kind ""`},
		{"segments", `[{"kind":"note"}]`, "segment 0: has span 0-0"},
		{"segments", `[{"text":"Ferry floats","kind":"note"}]`, `segments[0]: "Ferry floats" is not in the text`},
		{"segments", `[{"text":"Ferry sinks off Skarra\n\n","kind":"note"}]`, `segment 0: "Ferry sinks off Skarra" is a part of a segment`},
		{"segments", `[{"text":"Ferry sinks","kind":"headline"}]`, `segment 0: "Ferry sinks" is a part of a segment; say the kind of whole ones`},
		{"segments", `[{"text":"Ana Ruiz is 40.","kind":"dateline"}]`, "segment 0: "},
		{"segments", `[{"start":0,"end":22,"kind":"note"},{"start":0,"end":22,"kind":"headline"}]`, "segment 1: has words that the one before it has, too"},
		{"segments", "[" + strings.Repeat(`{"kind":"note"},`, MaxRetold) + `{"kind":"note"}]`, "has 201 passages whose kind is said, the limit is 200"},
	} {
		_, err := ParseCorrection(Proof{Article: a}, c.field, []byte(c.value))
		if err == nil || !strings.Contains(err.Error(), c.says) || !strings.HasPrefix(err.Error(), c.field) && c.field != "headline" {
			t.Errorf("%s=%.80s: got %v, want %q", c.field, c.value, err, c.says)
		}
	}
	many := ferry(strings.Repeat("x y\n\n", MaxPassages))
	mentions := strings.TrimSuffix(strings.Repeat(`{"text":"x"},`, MaxMentions), ",")
	entity := `{"type":"person","name":"x","mentions":[` + mentions + `]}`
	if _, err := ParseCorrection(Proof{Article: many}, "entities", []byte("["+entity+","+strings.ReplaceAll(entity, `"x"}`, `"y"}`)+"]")); err != nil {
		t.Error(err)
	}
	if _, err := ParseCorrection(Proof{Article: many}, "entities", []byte("["+entity+","+strings.ReplaceAll(entity, `"x"}`, `"y"}`)+`,{"type":"person","name":"z","mentions":[{"start":0,"end":3}]}]`)); err == nil ||
		!strings.Contains(err.Error(), "names 2001 places in the text, the limit is 2000") {
		t.Error(err)
	}
}

// In another revision's text the words are looked for where they may stand now.
func TestCorrectionsInAnotherText(t *testing.T) {
	a := ferry(ferryText)
	for _, c := range []struct {
		says, field, value, text string
		want                     string
		lost                     bool
	}{
		{"moved", "entities", `[{"type":"person","name":"Ana Ruiz"}]`, "UPDATE. " + ferryText, `[{"mentions":[{"confidence":1,"text":"Ana Ruiz"},{"confidence":1,"text":"Ana Ruiz"}],"name":"Ana Ruiz","type":"person"}]`, false},
		{"one is gone", "entities", `[{"type":"person","name":"Ana Ruiz"}]`, strings.Replace(ferryText, "Ana Ruiz is 40.", "", 1), `[{"mentions":[{"confidence":1,"text":"Ana Ruiz"}],"name":"Ana Ruiz","type":"person"}]`, true},
		{"all are gone", "entities", `[{"type":"person","name":"Ana Ruiz"}]`, "All are safe.", `[{"mentions":[{"confidence":0.25}],"name":"Ana Ruiz","type":"person"}]`, true},
		{"not inside of a word", "entities", `[{"type":"person","name":"Ana Ruiz"}]`, "Joana Ruiz, Ana Ruizz said.", `[{"mentions":[{"confidence":0.25}],"name":"Ana Ruiz","type":"person"}]`, true},
		{"which is left?", "quotes", `[{"text":"Ana Ruiz","speaker":"A"},{"text":"Ana Ruiz","speaker":"B"}]`, "Now Ana Ruiz is 40.", `null`, true},
		{"not inside of a word that grew", "places", `[{"name":"Skarra","mentions":[{"text":"Skarra"}]}]`, strings.ReplaceAll(ferryText, "Skarra", "Skarraborg"), `[{"mentions":[{"confidence":0.25}],"name":"Skarra"}]`, true},
		{"in another order", "entities", `[{"type":"place","name":"Skarra","mentions":[{"text":"Skarra"}]},{"type":"person","name":"Ana Ruiz","mentions":[{"text":"Ana Ruiz"}]}]`, "Ana Ruiz said it in Skarra", `[{"mentions":[{"confidence":1,"text":"Ana Ruiz"}],"name":"Ana Ruiz","type":"person"},{"mentions":[{"confidence":1,"text":"Skarra"}],"name":"Skarra","type":"place"}]`, false},
		{"two of one name", "places", `[{"name":"Skarra","country":"SE","mentions":[{"start":16,"end":22}]},{"name":"Skarra","country":"NO","mentions":[{"start":43,"end":49}]}]`, "Off Skarra it sank.\n\nFerry sinks off Skarra", `[{"country":"SE","mentions":[{"confidence":1,"text":"Skarra"}],"name":"Skarra"},{"country":"NO","mentions":[{"confidence":0.25}],"name":"Skarra"}]`, true},
		{"a topic stays", "topics", `[{"qcode":"x","path":["x"],"text":"sank","why":[{"why":"w","text":"swam"}]}]`, "All are safe.", `[{"confidence":1,"path":["x"],"qcode":"x","why":[{"confidence":1,"why":"w"}]}]`, true},
		{"a keyphrase stays", "keyphrases", `[{"phrase":"ferry","score":1}]`, "All are safe.", `[{"confidence":0.25,"phrase":"ferry","score":1}]`, true},
		{"a quotation is its words", "quotes", `[{"text":"We swam"},{"text":"Ana Ruiz"}]`, "The ferry sank off Skarra on Monday, Ana Ruiz said.", `[{"confidence":1,"text":"Ana Ruiz"}]`, true},
		{"a summary, too", "summary", `{"text":"It cost 5 million euros."}`, "It cost 6 million euros.", `null`, true},
		{"a conversion", "amounts", `[{"text":"5 million","value":5e6},{"text":"40","value":40,"conversion_of":0}]`, "Ana Ruiz is 40. It cost 5 million euros.", `[{"confidence":1,"text":"40","value":40},{"confidence":1,"text":"5 million","value":5000000}]`, false},
		{"another figure", "amounts", `[{"text":"5 million euros","value":5e6,"currency":"EUR"}]`, strings.ReplaceAll(ferryText, "5 million", "1.5 million"), `null`, true},
		{"a longer number", "quantities", `[{"text":"40","value":40,"unit":"years"}]`, "Ana Ruiz is 40,000 euros richer.", `null`, true},
		{"another sentence", "quantities", `[{"text":"40","value":40,"unit":"years"}]`, "40 have drowned.", `null`, true},
		{"the same sentence twice", "quantities", `[{"text":"40","value":40,"unit":"years"}]`, "Ana Ruiz is 40.\n\nAna Ruiz is 40.", `[{"confidence":1,"text":"40","unit":"years","value":40}]`, false},
		{"no words, no place", "language", `"de"`, "Alle sind sicher.", `"de"`, false},
		{"the dateline's", "filed", `{"text":"Skarra","places":["Skarra"]}`, "BERLIN", `{"confidence":1,"places":["Skarra"],"text":""}`, true},
	} {
		o := corrected(t, a, c.field, c.value)
		b := ferry(c.text)
		o.In(b.Text).Apply(b)
		if err := b.Validate(); err != nil {
			t.Errorf("%s: %v", c.says, err)
		}
		if got := fieldJSON(t, b, c.field); got != c.want || slices.Contains(b.Flags, FlagOverrideUnplaced) != c.lost {
			t.Errorf("%s: %s, flags %v", c.says, got, b.Flags)
		}
		b.Forget()
		if slices.Contains(b.Flags, FlagOverrideUnplaced) {
			t.Errorf("%s: it is flagged still", c.says)
		}
	}
	killed := ferry(ferryText)
	killed.Status = Canceled
	corrected(t, a, "language", `"de"`).In(killed.Text).Apply(killed)
	if killed.Language.Value != "" || killed.Corrections.Number != 0 {
		t.Errorf("a killed one is %+v", killed)
	}
}

// Whatever becomes of the text, what is put in is an article, and what has a place
// has the editor's words there.
func TestCorrectionsFitAnyText(t *testing.T) {
	a := ferry(ferryText)
	words := strings.Fields(ferryText)
	o := corrected(t, a, everyField...)
	rapid.Check(t, func(r *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(append(words, "Ana Ruiz", "We swam", "5 million euros", "Grüße", "\n\n", "x")), 1, 30).Draw(r, "words"), " ")
		if blank(text) {
			return
		}
		b := ferry(text)
		text = b.Text
		o.In(text).Apply(b)
		if err := b.Validate(); err != nil {
			r.Fatal(err)
		}
		if b.Language.Value != "en-GB" || len(b.Topics) != 1 || len(b.Entities) != 3 || len(b.Places) != 1 || len(b.Keyphrases) != 2 {
			r.Errorf("in %q: %+v", text, b)
		}
		for _, e := range b.Entities {
			for _, m := range e.Mentions {
				if m.Span != (Span{}) && m.In(text) != e.Name {
					r.Errorf("%s is mentioned as %q", e.Name, m.In(text))
				}
			}
		}
		again := ferry(text)
		o.In(text).Apply(again)
		if !reflect.DeepEqual(again, b) {
			r.Errorf("another time it is %+v", again)
		}
	})
}

// Words that repeat, and anything put in before them: each passage keeps its words.
func TestWhatRepeatsMoves(t *testing.T) {
	for _, c := range []struct{ old, in, words string }{
		{"Ana Ruiz swam. Ana Ruiz sank.", "UPDATE. ", "Ana Ruiz"},
		{"It rose 5 points, then 5 points.", "CORRECTED HERE\n\n", "5 points"},
	} {
		a, b := ferry(c.old), ferry(c.in+c.old)
		o := corrected(t, a, "quotes", `[{"text":"`+c.words+`","speaker":"A"},{"text":"`+c.words+`","speaker":"B"}]`)
		o.In(b.Text).Apply(b)
		if len(b.Quotes) != 2 || b.Quotes[0].Speaker != "A" || b.Quotes[0].Start != len(c.in)+strings.Index(c.old, c.words) || b.Quotes[1].Start != len(c.in)+strings.LastIndex(c.old, c.words) {
			t.Errorf("%q: %+v", b.Text, b.Quotes)
		}
	}
	names := []string{"Ana", "Bo", "Cy", "Monday"}
	rapid.Check(t, func(r *rapid.T) {
		pick := func(from []string, least int, name string) string {
			return strings.Join(rapid.SliceOfN(rapid.SampledFrom(from), least, 30).Draw(r, name), " ")
		}
		old := pick(append([]string{"x", "swam,", "then"}, names...), 1, "old")
		moved := pick([]string{"UPDATE.", "x", "then"}, 0, "before") + " "
		a, b := ferry(old+" Ana"), ferry("z"+moved+old+" Ana")
		entities := ""
		for _, n := range names {
			entities += `,{"type":"person","name":"` + n + `"}`
		}
		o := corrected(t, a, "entities", "["+entities[1:]+"]")
		o.In(a.Text).Apply(a)
		o.In(b.Text).Apply(b)
		for i, e := range a.Entities {
			for j, m := range e.Mentions {
				if m.Span == (Span{}) {
					continue
				}
				if got := b.Entities[i].Mentions; len(got) != len(e.Mentions) || got[j].Start != m.Start+len("z"+moved) {
					r.Fatalf("%q in %q: %+v, before %+v", e.Name, b.Text, got, e.Mentions)
				}
			}
		}
	})
}

// What has a value of its own keeps its sentence, or is left out: whatever goes, comes,
// moves or is said twice, no value is put on other words.
func TestValuesKeepTheirSentences(t *testing.T) {
	about := []string{"Oil", "Gold", "Olive oil", "5 percent", "Operating profit", "Profit"}
	says := []string{"%s rose 5 percent.", "%s rose 5 percent", "%s fell 5 percent, then 5 percent.", "%s: 5 percent", "5 percent more %s!", "%s rose 1.5 percent.", "%s has 5 percent"}
	rapid.Check(t, func(r *rapid.T) {
		sentence := rapid.Custom(func(r *rapid.T) string {
			return fmt.Sprintf(rapid.SampledFrom(says).Draw(r, "says"), rapid.SampledFrom(about).Draw(r, "about"))
		})
		write := func(sentences []string) string {
			text := ""
			for _, s := range sentences {
				text += s + rapid.SampledFrom([]string{"\n\n", " "}).Draw(r, "between")
			}
			return strings.TrimSpace(text)
		}
		old := rapid.SliceOfN(sentence, 1, 6).Draw(r, "old")
		a := ferry(write(old))
		// Each is said by its sentence, and its place there.
		var said []string
		for at := 0; ; at++ {
			if at = nextWhole(a.Text, "5 percent", at, len(a.Text)); at < 0 {
				break
			}
			if rapid.IntRange(0, 3).Draw(r, "it is one") > 0 {
				said = append(said, fmt.Sprintf(`{"start":%d,"end":%d,"text":"5 percent","speaker":%q}`, at, at+len("5 percent"), placeInSentence(a.Text, at)))
			}
		}
		o := corrected(t, a, "quotes", "["+strings.Join(said, ",")+"]")
		is := func(b *Article) {
			o.In(b.Text).Apply(b)
			for _, q := range b.Quotes {
				if at := placeInSentence(b.Text, q.Start); q.Speaker != at {
					r.Fatalf("%q in %q: what was said at %q is at %q", a.Text, b.Text, q.Speaker, at)
				}
			}
			if len(b.Quotes) < len(said) != slices.Contains(b.Flags, FlagOverrideUnplaced) {
				r.Fatalf("%q in %q: %d of %d, flags %v", a.Text, b.Text, len(b.Quotes), len(said), b.Flags)
			}
		}
		is(a)
		if len(a.Quotes) < len(said) {
			r.Fatalf("%q itself has %d of %d", a.Text, len(a.Quotes), len(said))
		}
		next := slices.Clone(old)
		for range rapid.IntRange(1, 4).Draw(r, "changes") {
			i := rapid.IntRange(0, len(next)).Draw(r, "at")
			if len(next) > 1 && i < len(next) && rapid.Bool().Draw(r, "it goes") {
				next = slices.Delete(next, i, i+1)
			} else {
				next = slices.Insert(next, i, sentence.Draw(r, "comes"))
			}
		}
		is(ferry(write(next)))
	})
}

// placeInSentence is the sentence of a place, and how far from its beginning that is.
func placeInSentence(text string, at int) string {
	from, to := 0, len(text)
	for _, end := range []string{"\n", ". ", "! "} {
		if i := strings.LastIndex(text[:at], end); i >= 0 {
			from = max(from, i+len(end))
		}
		if i := strings.Index(text[at:], end); i >= 0 {
			to = min(to, at+i+1)
		}
	}
	return fmt.Sprintf("%d of %s", at-from, strings.TrimSpace(text[from:to]))
}

// Of sentences that are the same, and as many as there were, each keeps its place; if
// there are fewer, nobody could tell which are left.
func TestSentencesThatAreTheSame(t *testing.T) {
	a := ferry("5 million of them\n\n5 million of them\n\n5 million of them")
	o := corrected(t, a, "quotes", `[{"text":"5 million","start":0,"end":9,"speaker":"A"},{"text":"5 million","start":38,"end":47,"speaker":"C"}]`)
	for text, want := range map[string]string{
		a.Text:                                   "A 0, C 38",
		"New.\n\n" + a.Text:                      "A 6, C 44",
		"5 million of them\n\n5 million of them": "",
		a.Text + "\n\n5 million of them":         "",
		"5 million of it are here.":              "",
	} {
		b := ferry(text)
		o.In(b.Text).Apply(b)
		var got []string
		for _, q := range b.Quotes {
			got = append(got, fmt.Sprint(q.Speaker, " ", q.Start))
		}
		if s := strings.Join(got, ", "); s != want || slices.Contains(b.Flags, FlagOverrideUnplaced) != (want == "") {
			t.Errorf("%q: %s, want %s, flags %v", text, s, want, b.Flags)
		}
	}
}

// A cell of a table is known by what stands in front of it.
func TestCellsOfATable(t *testing.T) {
	a := ferry("Revenue\n\n5 million euros\n\nProfit\n\n7 million euros")
	o := corrected(t, a, "quotes", `[{"text":"5 million euros","speaker":"Revenue"},{"text":"7 million euros","speaker":"Profit"}]`)
	for text, want := range map[string]string{
		a.Text: "Revenue 9, Profit 34",
		"Revenue\n\n7 million euros\n\nProfit\n\n5 million euros": "",
		"Result\n\n" + a.Text: "Revenue 17, Profit 42",
	} {
		b := ferry(text)
		o.In(b.Text).Apply(b)
		var got []string
		for _, q := range b.Quotes {
			got = append(got, fmt.Sprint(q.Speaker, " ", q.Start))
		}
		if s := strings.Join(got, ", "); s != want {
			t.Errorf("%q: %s, want %s", text, s, want)
		}
	}
}

// What stood in a note is shown no more when its words are gone than when they were
// there.
func TestWhatStoodInANoteStaysHidden(t *testing.T) {
	a := ferry("It sank.\n\nContact: Eve Poe")
	a.Segments[1].Kind = Note
	o := corrected(t, a, "entities", `[{"type":"person","name":"Eve Poe"},{"type":"person","name":"Not In It"}]`, "keyphrases", `[{"phrase":"Eve Poe","score":1}]`)
	b := ferry("It sank.")
	o.In(b.Text).Apply(b)
	if len(b.Entities) != 2 || b.Mentioned(b.Entities[0].Mentions) || !b.Mentioned(b.Entities[1].Mentions) || b.Mentioned([]Evidence{b.Keyphrases[0].Evidence}) {
		t.Errorf("%+v, %+v", b.Entities, b.Keyphrases)
	}
}

// Some scripts put no space between words.
func TestCorrectionsWithoutSpaces(t *testing.T) {
	a := ferry("在北京市举行")
	o := corrected(t, a, "places", `[{"name":"北京","country":"CN"}]`)
	b := ferry("今天在北京市举行")
	o.In(b.Text).Apply(b)
	if m := b.Places[0].Mentions[0]; m.Span == (Span{}) || m.In(b.Text) != "北京" || slices.Contains(b.Flags, FlagOverrideUnplaced) {
		t.Errorf("%+v", b.Places)
	}
}

// A summary is of the report: where its sentence is a note by now, there is none.
func TestSummaryOfANote(t *testing.T) {
	a := ferry(ferryText)
	o := corrected(t, a, "summary", `{"text":"It cost 5 million euros."}`)
	for i := range a.Segments {
		a.Segments[i].Kind = Note
	}
	o.In(a.Text).Apply(a)
	if a.Summary != (Evidence{}) || !slices.Contains(a.Flags, FlagOverrideUnplaced) || a.Validate() != nil {
		t.Errorf("%+v, flags %v", a.Summary, a.Flags)
	}
	if _, err := ParseCorrection(Proof{Article: a}, "summary", []byte(`{"text":"It cost 5 million euros."}`)); err == nil || !strings.Contains(err.Error(), "outside headline, standfirst and body") {
		t.Error(err)
	}
}

func TestOverridesSequence(t *testing.T) {
	a := ferry(ferryText)
	r := a.Revision
	a.Corrections.Number, a.Revision = 3, r.Reissued(3)
	if a.Uncorrected() != r || a.Revision.Parts().Sequence != 3 || a.Revision.Source() != r.Source() {
		t.Errorf("%v of %v", a.Revision.Parts(), r.Parts())
	}
	full := r.Reissued(MaxSequence)
	if got := full.Reissued(1); got != full || full.Parts().Sequence != MaxSequence {
		t.Errorf("%v", got.Parts())
	}
	last := Article{Revision: r.Reissued(MaxSequence - 2), Corrections: Corrections{Number: 3}}
	if last.Reissue(); last.Revision != full || last.Corrections.Number != 2 || last.Uncorrected() != r.Reissued(MaxSequence-2) {
		t.Errorf("%v, %d", last.Revision.Parts(), last.Corrections.Number)
	}
	if MaxCorrections >= MaxSequence {
		t.Error("corrections leave no room for what else is issued again")
	}
	o := corrected(t, a, "language", `"de"`, "agency", `"dpa"`)
	set := o.Set(Correction{Corrected: Corrected{Field: "language", Who: "B"}})
	if len(o.Corrections) != 2 || len(set.Corrections) != 2 || o.Corrections[1].Who != "M. Ito" || set.Corrections[1].Who != "B" || set.Corrections[0].Field != "agency" {
		t.Errorf("%+v\n%+v", o, set)
	}
	if less, had := set.Remove("agency"); !had || len(less.Corrections) != 1 || len(set.Corrections) != 2 {
		t.Errorf("%+v", less)
	}
	if _, had := set.Remove("topics"); had {
		t.Error("it had topics")
	}
}

// Looking for words takes time for the text once, and for each place where they stand,
// whether they are found or gone.
func TestALongTextIsSearchedOnce(t *testing.T) {
	var b strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&b, "Person%d said so. ", i)
	}
	a := ferry(b.String())
	list := make([]string, MaxPassages)
	for i := range list {
		list[i] = fmt.Sprintf(`{"type":"person","name":"Person%d"}`, 9*i)
	}
	o := corrected(t, a, "entities", "["+strings.Join(list, ",")+"]")
	moved := ferry("Moved. " + b.String())
	o.In(moved.Text).Apply(moved)
	if len(moved.Entities) != MaxPassages || slices.Contains(moved.Flags, FlagOverrideUnplaced) {
		t.Errorf("%d entities, flags %v", len(moved.Entities), moved.Flags)
	}
	gone := ferry(strings.ReplaceAll(b.String(), "Person", "Body"))
	o.In(gone.Text).Apply(gone)
	if len(gone.Entities) != MaxPassages || gone.Mentioned(gone.Entities[0].Mentions) || !slices.Contains(gone.Flags, FlagOverrideUnplaced) {
		t.Errorf("%d entities, flags %v", len(gone.Entities), gone.Flags)
	}
	s := &search{text: strings.Repeat("Ana, ", 1000)}
	first, again := s.places("Ana"), s.places("Ana")
	if len(first.all) != 1000 || &first.all[0] != &again.all[0] {
		t.Errorf("%d places, looked for twice", len(first.all))
	}
	many := ferry(strings.Repeat("a ", MaxAlike+1))
	if _, err := ParseCorrection(Proof{Article: many}, "keyphrases", []byte(`[{"phrase":"a","score":1}]`)); err == nil || !strings.Contains(err.Error(), `"a" stands in the text more than 100000 times`) {
		t.Error(err)
	}
	few := ferry(strings.TrimSuffix(many.Text, " a"))
	o = corrected(t, few, "keyphrases", `[{"phrase":"a","score":1}]`)
	for b, lost := range map[*Article]bool{few: false, many: true} {
		if o.In(b.Text).Apply(b); slices.Contains(b.Flags, FlagOverrideUnplaced) != lost {
			t.Errorf("%d bytes: flags %v", len(b.Text), b.Flags)
		}
	}
}

// A word or number that goes on is another one.
func TestWholeWordsAndNumbers(t *testing.T) {
	for _, c := range []struct {
		text, words string
		whole       bool
	}{
		{"It cost 5 million.", "5 million", true},
		{"It cost 1.5 million.", "5 million", false},
		{"It cost 1,5 million.", "5 million", false},
		{"paid 40,000", "40", false},
		{"paid 40'000", "40", false},
		{"paid 40’000", "40", false},
		{"paid 40\u00a0000", "40", false},
		{"paid 40\u202f000", "000", false},
		{"paid 40\u2009000", "40", false},
		{"on 3/4 and", "4", false},
		{"at 10:30 he", "10", false},
		{"in 2024. 5 of", "5", true},
		{"Ana, 40, paid", "40", true},
		{"No.5 sank", "5", true},
		{"at 10: he", "10", true},
		{"Jose\u0301 swam", "Jose", false},
		{"Jose\u0301s swam", "s", false},
		{"Jose\u0301 swam", "Jose\u0301", true},
		{"Ruiz-Lopez swam", "Ruiz", true},
		{"Ruizz swam", "Ruiz", false},
		{"在北京市", "北京", true},
		{"x 5", "5", true},
		{"5", "5", true},
	} {
		if got := wholeWords(c.text, strings.Index(c.text, c.words), c.words); got != c.whole {
			t.Errorf("%q in %q: %v", c.words, c.text, got)
		}
	}
	a := ferry("It cost 1.5 million euros")
	if _, err := ParseCorrection(Proof{Article: a}, "amounts", []byte(`[{"text":"5 million euros","value":5e6}]`)); err == nil || !strings.Contains(err.Error(), `"5 million euros" is not in the text`) {
		t.Error(err)
	}
}

func TestSentences(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"It sank. Then she [swam]. It sank", "Then she |."},
		{"It sank.) She [swam]!\" It sank", "She |!\" "},
		{"It sank.\nThen she [swam]\nIt", "Then she |"},
		{"It sank.\n\n[swam]\n\nIt", "It sank.\n\n|"},
		{"1.5 [swam] 2.5 and", "1.5 | 2.5 and"},
		{"它沉了。她[swam]了。它", "她|了。"},
		{"[swam]", "|"},
		{strings.Repeat("x", 300) + "[swam]" + strings.Repeat("y", 300), strings.Repeat("x", maxBeside) + "|" + strings.Repeat("y", maxBeside)},
	} {
		from := strings.Index(c.text, "[")
		text := strings.NewReplacer("[", "", "]", "").Replace(c.text)
		before, after, _ := strings.Cut(c.want, "|")
		b := before + "swam" + after
		if sentenceOf(text, Span{from, from + 4}) != sentenceOf(b, Span{len(before), len(before) + 4}) {
			t.Errorf("%q: the sentence is not %q", text, c.want)
		}
	}
	if sentenceOf("ab[", Span{2, 3}) == sentenceOf("[ab", Span{0, 1}) {
		t.Error("before and behind is the same")
	}
}

// saidAgain is what o says of a field, read back and said again of a.
func saidAgain(t testing.TB, o *Override, field string, a *Article) Correction {
	t.Helper()
	i := slices.IndexFunc(o.Corrections, func(c Correction) bool { return c.Field == field })
	was := &o.Corrections[i]
	value, err := was.JSON()
	if err != nil {
		t.Fatal(err)
	}
	c, err := ParseCorrection(Proof{Article: a, Stands: was}, field, value)
	if err != nil {
		t.Fatalf("%s: %v", value, err)
	}
	c.Who, c.At, c.Reason = was.Who, was.At, was.Reason
	return c
}

// A list that is read back and said again says the same of the same words, however often
// these stand in the text.
func TestWhatIsReadBackKeepsItsWords(t *testing.T) {
	a := ferry("It lost 5 million dollars. Nobody knew.\n\nIt has paid 5 million dollars in tax. John Smith left on Monday, then came Jane Smith. Smith sold on Monday. Smith was hired.")
	second := strings.LastIndex(a.Text, "5 million dollars")
	monday := strings.LastIndex(a.Text, "Monday")
	third := strings.LastIndex(a.Text, "Smith sold")
	fourth := strings.LastIndex(a.Text, "Smith was")
	o := corrected(t, a,
		"amounts", fmt.Sprintf(`[{"start":%d,"end":%d,"text":"5 million dollars","value":5000000,"currency":"USD"}]`, second, second+17),
		"dates", fmt.Sprintf(`[{"start":%d,"end":%d,"text":"Monday","from":"2024-04-29","to":"2024-04-29","precision":"day"}]`, monday, monday+6),
		"entities", fmt.Sprintf(`[{"type":"person","name":"John Smith","mentions":[{"text":"John Smith"},{"start":%d,"end":%d}]},{"type":"person","name":"Jane Smith","mentions":[{"text":"Jane Smith"},{"start":%d,"end":%d}]}]`, third, third+5, fourth, fourth+5))
	next := ferry("UPDATE.\n\n" + a.Text + " It has since paid 5 million dollars to Smith on Monday.")
	for range 2 {
		for _, in := range []*Article{a, a, next, next} {
			for _, field := range []string{"amounts", "dates", "entities"} {
				*o = o.Set(saidAgain(t, o, field, in))
			}
			by := strings.Index(in.Text, "It lost")
			b := *in
			o.In(b.Text).Apply(&b)
			if len(b.Amounts) != 1 || b.Amounts[0].Start != by+second || len(b.Moments) != 1 || b.Moments[0].Start != by+monday || len(b.Entities) != 2 ||
				b.Entities[0].Mentions[1].Start != by+third || b.Entities[1].Mentions[1].Start != by+fourth || len(b.Flags) > 0 {
				t.Fatalf("in %q: %+v, %+v, %+v, %v", in.Text, b.Amounts, b.Moments, b.Entities, b.Flags)
			}
			if at := o.Corrections[0].Passages[0].Start; at != by+second {
				t.Errorf("in %q it was said at %d, want %d", in.Text, at, by+second)
			}
		}
	}
	// What is said without words of the text is, too.
	o = corrected(t, a, "filed", `{"places":["Skarra"]}`, "entities", `[{"type":"person","name":"Not In It"}]`)
	for _, field := range []string{"filed", "entities"} {
		before := *o
		if *o = o.Set(saidAgain(t, o, field, a)); !reflect.DeepEqual(*o, before) {
			t.Errorf("%s: %+v, was %+v", field, *o, before)
		}
	}
	// Two who are told by the same words aren't both the first of them.
	o = corrected(t, a, "entities", `[{"type":"person","name":"John Smith","mentions":[{"text":"Smith"}]},{"type":"person","name":"Jane Smith","mentions":[{"text":"Smith"}]}]`)
	o.In(a.Text).Apply(a)
	if one, two := a.Entities[0].Mentions[0], a.Entities[1].Mentions[0]; one.Start == two.Start {
		t.Errorf("both are at %d", one.Start)
	}
}

func TestPassagesThatAreNone(t *testing.T) {
	a := ferry(ferryText)
	o := corrected(t, a, "quantities", `[{"text":"40","value":40,"unit":"years"}]`)
	good := o.Corrections[0].Passages[0].String()
	for _, c := range []struct{ value, says string }{
		{`[{"text":"40","value":40,"passage":"` + good + `"}]`, ""},
		{`[{"text":"40","value":40,"passage":"x"}]`, `quantities[0]: has the passage "x", which is none`},
		{`[{"text":"40","value":40,"passage":7}]`, `has the passage "7", which is none`},
		{`[{"text":"40","value":40,"passage":"` + good + `0"}]`, `"40" is not in the text where its passage says`},
		{`[{"text":"40","value":40,"passage":"+` + good[1:] + `"}]`, `which is none`},
		{`[{"text":"40","value":40,"passage":"0123456789abcdef-1-1"}]`, `which is none`},
		{`[{"text":"40","value":40,"passage":"0123456789abcdef-0-100001"}]`, `which is none`},
		{`[{"text":"40","value":40,"passage":"0123456789abcdef-0-1"}]`, `"40" is not in the text where its passage says, nor was it corrected so`},
		{`[{"text":"5","value":5,"passage":"` + good + `"}]`, `"5" is not in the text where its passage says`},
		{`[{"value":40,"passage":"` + good + `"}]`, `has a passage, which is for words without start and end`},
		{`[{"text":"40","start":0,"end":2,"value":40,"passage":"` + good + `"}]`, `has a passage, which is for words without start and end`},
	} {
		_, err := ParseCorrection(Proof{Article: a, Stands: &o.Corrections[0]}, "quantities", []byte(c.value))
		if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: got %v, want %q", c.value, err, c.says)
		}
	}
	// What the text has no more stays as it was said, among others that are new.
	b := ferry("Ana Ruiz is 41. There are 7 boats.")
	c, err := ParseCorrection(Proof{Article: b, Stands: &o.Corrections[0]}, "quantities", []byte(`[{"text":"40","value":40,"unit":"years","passage":"`+good+`"},{"text":"7","value":7}]`))
	if err != nil || len(c.Passages) != 2 || c.Passages[1] != o.Corrections[0].Passages[0] || c.Value.Text != "740" {
		t.Fatalf("%+v, %v", c, err)
	}
	if _, err := ParseCorrection(Proof{Article: b, Stands: &o.Corrections[0]}, "quantities", []byte(fmt.Sprintf(`[{"text":"40","value":40,"passage":"%s"},{"start":%d,"end":%d,"value":4}]`, good, len(b.Text), len(b.Text)+3))); err == nil || !strings.Contains(err.Error(), "lies behind the text") {
		t.Errorf("a place behind the text: %v", err)
	}
	back := ferry(b.Text + "\n\n" + ferryText)
	p := Override{Number: 1, Corrections: []Correction{c}}
	p.In(back.Text).Apply(back)
	if q := back.Quantities; len(q) != 2 || q[0].In(back.Text) != "7" || q[1].In(back.Text) != "40" || q[1].Unit != "years" {
		t.Errorf("%+v", back.Quantities)
	}
}

// Whatever a list says of whichever words, and whatever becomes of the text: said, read
// back and said again it is the same, and again.
func TestSayingAgainChangesNothing(t *testing.T) {
	words := []string{"Smith", "Ana Ruiz", "Monday", "5 percent", "5 percent.", "Monday.", "x", "left", "\n\n"}
	named := []string{"Smith", "Ana Ruiz", "Monday", "5 percent"}
	rapid.Check(t, func(r *rapid.T) {
		text := func(name string) string {
			return "z " + strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 0, 25).Draw(r, name), " ") + " z"
		}
		a := ferry(text("old"))
		var all []Span
		for _, w := range named {
			for at := 0; ; {
				if at = nextWhole(a.Text, w, at, len(a.Text)); at < 0 {
					break
				}
				all = append(all, Span{at, at + len(w)})
				at += len(w)
			}
		}
		var quotes, entities []string
		for i, s := range all {
			if rapid.Bool().Draw(r, "quoted") {
				quotes = append(quotes, fmt.Sprintf(`{"start":%d,"end":%d,"speaker":"%d"}`, s.Start, s.End, i))
			}
			if rapid.Bool().Draw(r, "named") {
				entities = append(entities, fmt.Sprintf(`{"type":"person","name":"%d","mentions":[{"start":%d,"end":%d}]}`, i, s.Start, s.End))
			}
		}
		o := corrected(t, a, "quotes", "["+strings.Join(quotes, ",")+"]", "entities", "["+strings.Join(entities, ",")+"]")
		for range 2 {
			for _, c := range o.Corrections {
				if again := saidAgain(t, o, c.Field, a); !reflect.DeepEqual(again, c) {
					r.Fatalf("in %q: %+v, was %+v", a.Text, again, c)
				}
			}
		}
		// In another text it is the same of that one, and nothing is lost.
		b := ferry(text("new"))
		want := *b
		o.In(b.Text).Apply(&want)
		for range 2 {
			before := *o
			for _, c := range before.Corrections {
				*o = o.Set(saidAgain(t, o, c.Field, b))
			}
			if len(o.Corrections[1].Value.Quotes) != len(quotes) || len(o.Corrections[0].Value.Entities) != len(entities) {
				r.Fatalf("in %q of %q something is lost: %+v", b.Text, a.Text, o)
			}
			got := *b
			o.In(b.Text).Apply(&got)
			if !reflect.DeepEqual(got, want) {
				r.Fatalf("in %q of %q: %+v, want %+v", b.Text, a.Text, got, want)
			}
		}
		for _, c := range o.Corrections {
			if again := saidAgain(t, o, c.Field, b); !reflect.DeepEqual(again, c) {
				r.Fatalf("in %q of %q: %+v, was %+v", b.Text, a.Text, again, c)
			}
		}
	})
}
