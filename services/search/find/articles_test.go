package find

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/services/search/export"
	"github.com/copytaster/copytaster/services/search/export/story"
)

// TestWhatNoFormatUsesIsNotFetched: documents of a page are the same without the
// fields that aren't fetched, and each of these is a field that there is.
func TestWhatNoFormatUsesIsNotFetched(t *testing.T) {
	a := rich(t)
	doc, head, err := corpus.AppendDocuments(nil, &a, a.ReceivedAt)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(doc[:head], &fields); err != nil {
		t.Fatal(err)
	}
	delete(fields, "stemmed") // is not stored
	whole := parse(t, fields)
	for _, name := range derived {
		if fields[name] == nil {
			t.Errorf("there is no field %s", name)
		}
		delete(fields, name)
	}
	fetched := parse(t, fields)
	l := story.List{Title: "x", Now: a.ReceivedAt, Address: func(u article.URI) string { return "https://x.example/" + string(u) }}
	for _, f := range export.Table {
		want, err := f.Many([]*article.Article{whole}, l)
		if err != nil {
			t.Fatal(err)
		}
		got, err := f.Many([]*article.Article{fetched}, l)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(want), string(got)); d != "" {
			t.Errorf("%s needs what is not fetched:\n%s", f.Name, d)
		}
	}
	for _, list := range []int{len(fetched.Entities), len(fetched.Places), len(fetched.Topics), len(fetched.Keyphrases), len(fetched.Quotes), len(fetched.Amounts), len(fetched.Moments)} {
		if list > 0 {
			t.Errorf("fetched is what is long and not used: %+v", fetched)
		}
	}
}

func parse(t *testing.T, fields map[string]json.RawMessage) *article.Article {
	t.Helper()
	b, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	a, _, err := corpus.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	return &a
}

// rich is an article that has something in every field.
func rich(t *testing.T) article.Article {
	t.Helper()
	at := time.Date(2024, 4, 20, 6, 0, 0, 0, time.UTC)
	a := article.Article{
		URI: "urn:x:1", Version: "2", Status: article.Usable, ExpiresAt: at.Add(time.Hour), Source: "wire", Provider: "dpa", URL: "https://x.example/1", Urgency: 4,
		EvolvedFrom: []article.URI{"urn:x:0"}, PublishedAt: at, VersionCreated: at, ReceivedAt: at,
		Subjects: []article.Subject{{Code: "medtop:20000070", Name: "war"}}, Images: []article.Image{{URL: "https://x.example/1.jpg", Caption: "A caption."}},
		Attribution: article.Attribution{Publisher: "site", Via: "dpa", Cites: []string{"NZZ"}}, Flags: []string{article.FlagAdvisory},
		Original: article.Original{Size: 7, Hash: "ab", Format: "text"},
	}
	var b article.Builder
	for _, k := range article.Kinds {
		b.Add(k, "The "+string(k)+".")
	}
	b.Fill(&a)
	e := article.Evidence{Enricher: "x", Version: 1, Confidence: 1}
	for _, s := range a.Segments {
		if s.Kind == article.Paragraph {
			e.Span = s.Span
		}
	}
	es := []article.Evidence{e}
	a.Language, a.Agency = article.Label{Value: "en", Evidence: es}, article.Label{Value: "dpa", Evidence: es}
	a.CitedMedia, a.Credits = []article.Label{{Value: "NZZ", Evidence: es}}, []article.Credit{{Evidence: e, Photographer: "A. Nother"}}
	a.Filed = article.Filed{Evidence: e, Places: []string{"Niamey"}, Date: at.Truncate(24 * time.Hour)}
	a.Translation = article.Translation{Likelihood: 1, Reasons: []article.Reason{{Evidence: e, Why: "x"}}}
	a.Quotes = []article.Quotation{{Evidence: e, Speaker: "Ana"}}
	a.Amounts = []article.Amount{{Evidence: e, Figure: article.Figure{Known: true, Value: 1, To: 1}, Currency: "EUR"}}
	a.Quantities = []article.Quantity{{Evidence: e, Unit: "soldiers"}}
	a.Moments = []article.Moment{{Evidence: e, Precision: article.PrecisionDay}}
	a.Entities = []article.Entity{{Type: article.EntityPerson, Name: "Ana", Mentions: es}}
	a.Places = []article.Place{{Name: "Niamey", Country: "NE", Located: true, Lat: 13.5, Lon: 2.1, Mentions: es}}
	a.Topics = []article.Topic{{Evidence: e, Qcode: "medtop:1", Path: []string{"medtop:1"}}}
	a.Keyphrases, a.Summary = []article.Keyphrase{{Evidence: e, Phrase: "drone base"}}, e
	if err := a.Stamp(); err != nil {
		t.Fatal(err)
	}
	if err := a.Validate(); err != nil {
		t.Fatal(err)
	}
	return a
}
