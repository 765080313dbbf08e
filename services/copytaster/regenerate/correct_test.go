package regenerate

import (
	"reflect"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/event"
)

type rows map[string][]byte

func (r rows) Get(key string) ([]byte, bool) {
	b, ok := r[key]
	return b, ok
}

func (r rows) Range(func(string, []byte) bool) {}

// A row that can't be read, and corrections that make no article, end no rollback:
// the result is as it was.
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
	for says, r := range map[string]rows{
		"broken":     {string(a.URI): []byte("broken")},
		"no article": row(article.Article{Places: []article.Place{{Name: "Skarra", Located: true, Lat: 200}}}, "places"),
	} {
		b := a
		if correct(r, &b) || !reflect.DeepEqual(a, b) {
			t.Errorf("%s: %+v", says, b)
		}
	}
	b := a
	if !correct(row(article.Article{Language: article.Label{Value: "de"}}, "language"), &b) || b.Language.Value != "de" || b.Revision != a.Revision.Reissued(2) {
		t.Errorf("%+v", b)
	}
	for _, r := range []rows{{}, nil} {
		if b = a; !correct(r, &b) || !reflect.DeepEqual(a, b) {
			t.Errorf("without: %+v", b)
		}
	}
	if b = a; !correct(nil, &b) {
		t.Error("nobody corrects")
	}
}
