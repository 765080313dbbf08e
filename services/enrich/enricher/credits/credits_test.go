package credits_test

import (
	"context"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/enricher/credits"
)

func TestCredits(t *testing.T) {
	e, err := credits.New()
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{ // photographer|agencies
		"© Boureima Hama/AFP":                     "Boureima Hama|AFP",
		"Photo by Ann Lee / AFP via Getty Images": "Ann Lee|AFP,Getty Images",
		"KEYSTONE/ANN O'NEIL":                     "Ann O'Neil|Keystone",
		"Foto: Jean DUPONT/AFP":                   "Jean DUPONT|AFP",
		"Photographer: Ann Lee/Bloomberg":         "Ann Lee|Bloomberg",
		"Foto: Ann Lee/dpa-tmn":                   "Ann Lee|dpa-tmn",
		"picture alliance/dpa | Ann Lee":          "Ann Lee|dpa",
		"picture alliance/Ann Lee":                "Ann Lee|picture alliance",
		"Ann Lee/Ritzau Scanpix":                  "Ann Lee|Ritzau Scanpix",
		"Photo: dpa":                              "|dpa",
		"no credit at all, but a decoder says so": "|",
	} {
		a := article.Article{Text: in, Segments: []article.Segment{{Kind: article.CreditLine, Evidence: article.Evidence{Span: article.Span{End: len(in)}, Confidence: 1}}}}
		if err := e.Enrich(context.Background(), &a); err != nil {
			t.Fatal(err)
		}
		if len(a.Credits) != 1 {
			t.Errorf("%q: %d credits", in, len(a.Credits))
			continue
		}
		c := a.Credits[0]
		if got := c.Photographer + "|" + strings.Join(c.Agencies, ","); got != want || c.In(a.Text) != in || c.Confidence <= 0 || c.Confidence > 1 {
			t.Errorf("%q: got %s (%+v), want %s", in, got, c.Evidence, want)
		}
	}
	a := article.Article{Text: "x", Credits: []article.Credit{{Photographer: "stale"}}}
	if err := e.Enrich(context.Background(), &a); err != nil || a.Credits != nil {
		t.Errorf("without a credit: %+v, %v", a.Credits, err)
	}
}
