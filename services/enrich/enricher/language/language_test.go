package language_test

import (
	"context"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/enricher/language"
)

func TestLanguage(t *testing.T) {
	e, err := language.New()
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{
		"The museum does not intend to file a complaint, its director said on Wednesday.":                "en",
		"Der Rat habe dem Plan am Montagabend mit großer Mehrheit zugestimmt, teilte die Stadt mit.":     "de",
		"Le tribunal de commerce a placé jeudi en redressement judiciaire le chantier naval.":            "fr",
		"El Gobierno renuncia a abrir este año las concesiones, según fuentes del ministerio.":           "es",
		"Il sindaco ha annunciato che la strada resterà chiusa fino alla fine della settimana prossima.": "it",
		// Short ones, whose letters look like another language's.
		"US crude stocks rose 2.1 million barrels; Cushing stocks fell 600,000 barrels.":          "en",
		"Russland exportierte 8,2 Millionen Barrel pro Tag; ein Barrel brachte 61 Dollar.":        "de",
		"Treinta y dos cadáveres calcinados fueron sacados de dos autobuses.":                     "es",
		"Dutzende Häuser und mehrere Hundert Hektar Wald brannten nieder.":                        "de",
		"I pompieri hanno salvato due cani e un gatto dal tetto della scuola.":                    "it",
		"Duas pessoas ficaram feridas e uma está desaparecida, informou o corpo de polícia.":      "pt",
		"De gemeente heeft besloten dat de brug vanaf maandag voor alle verkeer gesloten blijft.": "nl",
		"Правительство объявило о новых мерах поддержки промышленности на следующей неделе.":      "ru",
		"政府は木曜日、新しい経済対策を発表した。":                                                                    "ja",
		"1 2 3 4 5 6 7 8 9": language.Undetermined,
		"Ja":                language.Undetermined,
		"":                  language.Undetermined,
	} {
		b := article.Builder{Signer: "format/x", Version: 1}
		if in != "" {
			b.Add(article.Paragraph, in)
		}
		var a article.Article
		b.Fill(&a)
		if err := e.Enrich(context.Background(), &a); err != nil {
			t.Fatal(err)
		}
		if a.Language.Value != want {
			t.Errorf("%q: got %+v, want %s", in, a.Language, want)
		}
	}
}

// TestSample: what stands behind the sample, or is not for readers, is not
// looked at, and a character is never cut in two.
func TestSample(t *testing.T) {
	e, err := language.New()
	if err != nil {
		t.Fatal(err)
	}
	english := strings.Repeat("The council said that the bridge would stay closed until Monday. ", language.MaxSample/60+1)
	french := strings.Repeat("Le maire a dit que le pont resterait fermé jusqu'à lundi. ", 40)
	for name, parts := range map[string][]string{
		"behind the sample": {english, french},
		"not for readers":   {"-" + french, english},
	} {
		b := article.Builder{Signer: "format/x", Version: 1}
		for _, p := range parts {
			kind := article.Paragraph
			if rest, ok := strings.CutPrefix(p, "-"); ok {
				kind, p = article.Note, rest
			}
			b.Add(kind, p)
		}
		var a article.Article
		b.Fill(&a)
		if err := e.Enrich(context.Background(), &a); err != nil || a.Language.Value != "en" {
			t.Errorf("%s: got %+v, %v", name, a.Language, err)
		}
	}
	for pad := range 4 {
		b := article.Builder{Signer: "format/x", Version: 1}
		b.Add(article.Paragraph, strings.Repeat("a", pad)+strings.Repeat("日", language.MaxSample))
		var a article.Article
		b.Fill(&a)
		if err := e.Enrich(context.Background(), &a); err != nil {
			t.Error(err)
		}
	}
}
