package regenerate

import (
	"reflect"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/services/enrich/override"
)

type rows map[string][]byte

func (r rows) Get(key string) ([]byte, bool) {
	b, ok := r[key]
	return b, ok
}

func (r rows) Range(func(string, []byte) bool) {}

// A row that can't be read, and corrections that make no article, end no rollback: the
// result is as it was, or has the others.
func TestWhatCantBeCorrectedIsAsItWas(t *testing.T) {
	a := article.Article{
		URI: "urn:x:1", Source: "wire", Status: article.Usable, Text: "It sank.", ReceivedAt: time.Unix(1_700_000_000, 0).UTC(), Language: article.Label{Value: "en"},
		Segments: []article.Segment{{Kind: article.Paragraph, Evidence: article.Evidence{Span: article.Span{End: 8}}}},
	}
	if err := a.Stamp(); err != nil {
		t.Fatal(err)
	}
	row := func(value article.Article, field string) rows {
		t.Helper()
		b, err := event.EncodeOverride(&article.Override{URI: a.URI, Number: 2, Corrections: []article.Correction{{
			Corrected: article.Corrected{Field: field, Who: "M. Ito", At: a.ReceivedAt}, Value: value,
		}}})
		if err != nil {
			t.Fatal(err)
		}
		return rows{string(a.URI): b}
	}
	b := a
	if could, _ := correct(rows{string(a.URI): []byte("broken")}, &b); could || !reflect.DeepEqual(a, b) {
		t.Errorf("broken: %+v", b)
	}
	noArticle := row(article.Article{Places: []article.Place{{Name: "Skarra", Located: true, Lat: 200}}}, "places")
	if could, emptied := correct(noArticle, &b); could || emptied || len(b.Places)+len(b.Corrections.Fields) > 0 || b.Language.Value != "en" || b.Revision != a.Revision.Reissued(2) {
		t.Errorf("no article: %+v", b)
	}
	b = a
	if could, emptied := correct(row(article.Article{Language: article.Label{Value: "de"}}, "language"), &b); !could || emptied || b.Language.Value != "de" || b.Revision != a.Revision.Reissued(2) {
		t.Errorf("%+v", b)
	}
	for _, r := range []override.Rows{rows{}, nil} {
		b = a
		if could, emptied := correct(r, &b); !could || emptied || !reflect.DeepEqual(a, b) {
			t.Errorf("without: %+v", b)
		}
	}
}

// A field whose correction was removed since is empty until the article is enriched
// again: that has a greater revision then, and takes its place.
func TestWhatWasRemovedSinceIsFoundOutAgain(t *testing.T) {
	received := article.Article{
		URI: "urn:x:1", Source: "wire", Status: article.Usable, Text: "It sank.", ReceivedAt: time.Unix(1_700_000_000, 0).UTC(),
		Segments: []article.Segment{{Kind: article.Paragraph, Evidence: article.Evidence{Span: article.Span{End: 8}}}},
	}
	if err := received.Stamp(); err != nil {
		t.Fatal(err)
	}
	said := func(field string) article.Corrected {
		return article.Corrected{Field: field, Who: "M. Ito", At: received.ReceivedAt}
	}
	agency := article.Correction{Corrected: said("agency"), Value: article.Article{Agency: article.Label{Value: "dpa"}}}
	then := received
	then.Language, then.Agency = article.Label{Value: "de"}, article.Label{Value: "AFP"}
	then.Corrections = article.Corrections{Number: 2, Fields: []article.Corrected{said("agency"), said("language")}}
	then.Reissue()
	for number, want := range map[int]int{3: 2, 9: 2, 2: 1} { // where the table was lost, it may be low
		now := article.Override{URI: received.URI, Number: number, Corrections: []article.Correction{agency}}
		value, err := event.EncodeOverride(&now)
		if err != nil {
			t.Fatal(err)
		}
		restored := then
		if could, emptied := correct(rows{string(now.URI): value}, &restored); !could || !emptied || restored.Language.Value != "" || restored.Agency.Value != "dpa" || restored.Corrections.Number != want {
			t.Errorf("%d: %+v", number, restored)
		}
		again := received
		now.In(again.Text).Apply(&again)
		if again.Reissue(); again.Revision <= restored.Revision || restored.Uncorrected() != received.Revision {
			t.Errorf("%d: enriched again it is %v, restored %v", number, again.Revision.Parts(), restored.Revision.Parts())
		}
	}
}

// A result has the kinds that editors say today; what was told by one that was removed since
// is unknown, and for nobody.
func TestARollbackHasTheKindsOfToday(t *testing.T) {
	a := article.Article{URI: "urn:x:1", Source: "wire", Status: article.Usable, Text: "Call Eve Poe.\n\nIt sank.", ReceivedAt: time.Unix(1_700_000_000, 0).UTC()}
	for _, s := range []article.Span{{End: 13}, {Start: 15, End: 23}} {
		a.Segments = append(a.Segments, article.Segment{Kind: article.Paragraph, Evidence: article.Evidence{Span: s, Enricher: "segments", Version: 1, Confidence: 0.9}})
	}
	a.Summary = article.Evidence{Span: article.Span{End: 13}, Enricher: "gist", Version: 1, Confidence: 0.9}
	if err := a.Stamp(); err != nil {
		t.Fatal(err)
	}
	c, err := article.ParseCorrection(article.Proof{Article: &a}, "segments", []byte(`[{"text":"Call Eve Poe.","kind":"note"}]`))
	if err != nil {
		t.Fatal(err)
	}
	c.Who, c.At = "M. Ito", a.ReceivedAt
	for i, said := range [][]article.Correction{{c}, {c}, nil} {
		value, err := event.EncodeOverride(&article.Override{URI: a.URI, Number: 2, Corrections: said})
		if err != nil {
			t.Fatal(err)
		}
		want := article.Note
		if said == nil {
			want = article.Unknown
		}
		could, emptied := correct(rows{string(a.URI): value}, &a)
		if !could || emptied != (said == nil) || a.Segments[0].Kind != want || a.Segments[1].Kind != article.Paragraph || a.Summary != (article.Evidence{}) || a.Validate() != nil {
			t.Errorf("%d: %+v, %v", i, a, a.Validate())
		}
	}
}
