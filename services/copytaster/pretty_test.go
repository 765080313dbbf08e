package copytaster

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/pkg/article"
)

func TestWrapKeepsEveryWord(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`([a-zé€]{1,12}[ \n]{0,2}){0,20}`).Draw(t, "s")
		width := rapid.IntRange(1, 30).Draw(t, "width")
		lines := wrap(s, width)
		if got, want := strings.Fields(strings.Join(lines, " ")), strings.Fields(s); strings.Join(got, " ") != strings.Join(want, " ") {
			t.Fatalf("%q became %q", want, got)
		}
		for _, l := range lines {
			if utf8.RuneCountInString(l) > width && strings.Contains(l, " ") {
				t.Fatalf("line %q is wider than %d", l, width)
			}
		}
	})
}

func TestPrettyKeepsControlCharactersOffTheTerminal(t *testing.T) {
	var b article.Builder
	b.Add(article.Headline, "Head\x1b[31mline")
	b.Add(article.Paragraph, "bell\a and\u009b more")
	var a article.Article
	b.Fill(&a)
	a.URI, a.Source = "urn:x:\x1b", "s"
	var out strings.Builder
	printer{w: &out, width: 40}.article(&a)
	if strings.ContainsAny(out.String(), "\x1b\a\u009b") {
		t.Errorf("%q", out.String())
	}
	for _, want := range []string{"headline", "100%", "paragraph"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in:\n%s", want, out.String())
		}
	}
}

func TestPrettyShowsWhatTheTextIsAbout(t *testing.T) {
	var b article.Builder
	b.Add(article.Paragraph, "Captain Ana Ruiz sailed to Agadez. Ruiz is of the Junta. It rained.")
	var a article.Article
	b.Fill(&a)
	at := func(words string) article.Evidence {
		i := strings.Index(a.Text, words)
		if i < 0 {
			t.Fatal(words)
		}
		return article.Evidence{Span: article.Span{Start: i, End: i + len(words)}, Confidence: .9}
	}
	a.Entities = []article.Entity{
		{Type: article.EntityPerson, Name: "Ana Ruiz", Title: "Captain", Role: "sailor", ID: "wikidata:Q1", Mentions: []article.Evidence{at("Ana Ruiz"), at("Ruiz is")}},
		{Type: article.EntityOrganisation, Name: "Junta", Mentions: []article.Evidence{at("Junta"), {}}},
	}
	a.Places = []article.Place{{Name: "Agadez", Country: "NE", Located: true, Lat: 16.973, Lon: 7.99, GeoNamesID: 2448085, Main: true, Mentions: []article.Evidence{at("Agadez")}}}
	a.Topics = []article.Topic{{Evidence: at("sailed"), Qcode: "medtop:2", Label: "sailing", Path: []string{"medtop:0", "medtop:1", "medtop:2"}, Why: []article.Reason{{Why: "sail"}, {Why: "captain"}}}}
	a.Keyphrases = []article.Keyphrase{{Evidence: at("It rained"), Phrase: "rain", Score: 1.23456}}
	a.Summary = at("It rained.")
	var out strings.Builder
	printer{w: &out, width: 200}.article(&a)
	for _, want := range []string{
		"90% Ana Ruiz = as “Ruiz is”; Captain; sailor; wikidata:Q1", "organisation    90% Junta\n", "90% Agadez = NE; 16.97, 7.99; geonames:2448085; main place",
		"90% medtop:2 sailing = in medtop:0 › medtop:1; sail, captain", "90% rain = 1.23", "summary         90% It rained.", "reading time  4s",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in:\n%s", want, out.String())
		}
	}
}

func TestPrettyShowsTheReading(t *testing.T) {
	var b article.Builder
	b.Add(article.Paragraph, "“Go now,” said Ana. It cost $2 million (about 1.8 to 1.9 million euros) for 5 ships since March, and millions soon.")
	var a article.Article
	b.Fill(&a)
	at := func(words string) article.Evidence {
		i := strings.Index(a.Text, words)
		if i < 0 {
			t.Fatal(words)
		}
		return article.Evidence{Span: article.Span{Start: i, End: i + len(words)}, Confidence: .9}
	}
	day := func(m, d int) time.Time { return time.Date(2024, time.Month(m), d, 0, 0, 0, 0, time.UTC) }
	a.Filed = article.Filed{Places: []string{"Niamey", "Agadez"}, Date: day(4, 20), Agencies: []string{"dpa"}}
	a.Translation = article.Translation{Likelihood: .8, Reasons: []article.Reason{{Why: "calque"}, {Why: "mark"}}}
	a.Quotes = []article.Quotation{{Evidence: at("Go now"), Speaker: "Ana", Role: "captain", Via: "radio", Partial: true}}
	a.Amounts = []article.Amount{
		{Evidence: at("$2 million"), Figure: article.Figure{Known: true, Value: 2e6, To: 2e6}, Currency: "USD"},
		{Evidence: at("about 1.8 to 1.9 million euros"), Figure: article.Figure{Known: true, Value: 1.8e6, To: 1.9e6, Approximate: true}, Currency: "EUR", Converts: 1},
	}
	a.Quantities = []article.Quantity{{Evidence: at("5 ships"), Figure: article.Figure{Known: true, Value: 5, To: 5}, Unit: "ships"}, {Evidence: at("millions")}}
	a.Moments = []article.Moment{
		{Evidence: at("March"), From: day(3, 1), To: day(3, 31), Precision: article.PrecisionMonth},
		{Evidence: at("since"), From: day(3, 1), Precision: article.PrecisionOpen},
		{Evidence: at("soon"), Precision: article.PrecisionDay},
	}
	var out strings.Builder
	printer{w: &out, width: 200}.article(&a)
	for _, want := range []string{
		"Niamey, Agadez; 2024-04-20; dpa", "80%: calque, mark", "90% “Go now” = Ana, captain, radio (in part)", "$2 million = 2000000 USD",
		"= about 1800000 to 1900000 EUR, which is $2 million", "5 ships = 5 ships", "millions = not told",
		"March = 2024-03-01 to 2024-03-31 (month)", "since = 2024-03-01 to … (open)", "soon = not told (day)",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in:\n%s", want, out.String())
		}
	}
}
