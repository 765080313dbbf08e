package citedmedia_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/enricher/citedmedia"
)

func TestCited(t *testing.T) {
	e, err := citedmedia.New()
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string][]string{
		// By name.
		"The mayor resigned, the Guardian reported on Monday.":              {"The Guardian"},
		"Das berichtet der NDR unter Berufung auf Ermittler.":               {"NDR"},
		"Das berichtet der Norddeutsche Rundfunk.":                          {"NDR"},
		"Selon un procès-verbal cité par France Bleu, la digue cède.":       {"France Bleu"},
		"L'affaire avait été révélée en 2021 par Le Parisien.":              {"Le Parisien"},
		"Il l'a annoncé sur France Inter, rappelle Le Temps.":               {"France Inter", "Le Temps"},
		"Bloomberg News reported on Wednesday that talks had begun.":        {"Bloomberg News"},
		"Dreißig Module, schreibt die Zeitschrift «test» (Ausgabe 4/2025).": {"test"},
		"«C'est fini», a-t-il dit à Canal+.":                                {"Canal+"},
		// By form.
		"She told WXYZ-TV that she would stay.":                            {"WXYZ"},
		"\"We heard a bang,\" he told the newspaper \"Nova Gazeto\".":      {"Nova Gazeto"},
		"Der Wirt hatte im Radio Siebental angekündigt, selbst zu zahlen.": {"Radio Siebental"},
		"The fire was out, the Harrowby Post reported.":                    {"Harrowby Post"},
		"Selon Radio Plaine, la route est fermée.":                         {"Radio Plaine"},
		// Not cited.
		"The Guardian employs 800 journalists.":                           nil,
		"The former Washington Post reporter said he was well.":           nil,
		"Its governor, a former Guardian columnist, declined to comment.": nil,
		"Die Zeit drängt, sagte der Minister. Im Fokus stehe das Geld.":   nil,
		"The Sun was shining when ministers left, one of them said.":      nil,
		"He worked at the World Health Organization, WHO, for years.":     nil,
		"He was shot with a KRISS on Monday, police said.":                nil,
		"": nil,
	} {
		lang := "en"
		if strings.ContainsAny(in, "äöüß") || strings.HasPrefix(in, "Das ") || strings.HasPrefix(in, "Der ") {
			lang = "de"
		}
		b := article.Builder{Signer: "format/x", Version: 1}
		if in != "" {
			b.Add(article.Paragraph, in)
		}
		var a article.Article
		b.Fill(&a)
		a.Language.Value = lang
		if err := e.Enrich(context.Background(), &a); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, m := range a.CitedMedia {
			got = append(got, m.Value)
			for _, ev := range m.Evidence {
				if ev.Confidence < 0.5 || ev.Confidence > 1 || ev.In(a.Text) == "" {
					t.Errorf("%q: evidence %+v", in, ev)
				}
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// TestSender: the text's own agency is who sends it, not a source.
func TestSender(t *testing.T) {
	e, err := citedmedia.New()
	if err != nil {
		t.Fatal(err)
	}
	text := "Two sources told Reuters. Reuters reported it first. The Guardian reported it, too."
	b := article.Builder{Signer: "format/x", Version: 1}
	b.Add(article.Paragraph, text)
	for agency, want := range map[string]int{"Reuters": 1, "dpa": 2, "": 2} {
		var a article.Article
		b.Fill(&a)
		a.Agency.Value = agency
		if err := e.Enrich(context.Background(), &a); err != nil || len(a.CitedMedia) != want {
			t.Errorf("by %q: %+v, %v", agency, a.CitedMedia, err)
		}
	}
}
