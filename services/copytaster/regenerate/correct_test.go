package regenerate

import (
	"reflect"
	"slices"
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

// A result has the kinds that editors say today, and the headline that another one displaced
// is displaced again.
func TestARollbackHasTheKindsOfToday(t *testing.T) {
	for field, value := range map[article.Kind]string{
		article.Note:     `[{"text":"Call Eve Poe.","kind":"note"}]`,
		article.Headline: `[{"text":"Call Eve Poe.","kind":"headline"}]`,
	} {
		a := poe(t)
		c := said(t, &a, value, a.ReceivedAt)
		row := rowsOf(t, article.Override{URI: a.URI, Number: 2, Corrections: []article.Correction{c}})
		for i := range 3 {
			could, emptied := correct(row, &a)
			if !could || emptied || a.Segments[0].Kind != field || a.Segments[1].Kind != article.Paragraph || a.Validate() != nil {
				t.Errorf("%s, %d: %+v, %v", field, i, a, a.Validate())
			}
			want := article.Headline
			if field == article.Headline {
				want = article.Subhead
			}
			if a.Segments[2].Kind != want || field == article.Note && a.Summary != (article.Evidence{}) {
				t.Errorf("%s, %d: %+v", field, i, a)
			}
		}
		if retold(row, &a) {
			t.Errorf("%s: it is said otherwise", field)
		}
	}
}

// Where editors say other kinds today than then, or none, nothing of the result is shown,
// least of all to whom its agency shows it: it is enriched again instead.
func TestAResultOfOtherKindsIsntSent(t *testing.T) {
	a := poe(t)
	a.Agency = article.Label{Value: "AP", Evidence: []article.Evidence{{Span: article.Span{End: 13}, Enricher: "agency", Version: 1, Confidence: 0.9}}}
	first := said(t, &a, `[{"text":"Call Eve Poe.","kind":"note"}]`, a.ReceivedAt)
	other := said(t, &a, `[{"text":"It sank.","kind":"caption"}]`, a.ReceivedAt.Add(time.Hour))
	then := a
	(&article.Override{URI: a.URI, Number: 1, Corrections: []article.Correction{first}}).In(then.Text).Apply(&then)
	then.Reissue()
	for _, c := range []struct {
		says string
		a    article.Article
		now  []article.Correction
		sent bool
	}{
		{"as then", then, []article.Correction{first}, true},
		{"changed", then, []article.Correction{other}, false},
		{"removed", then, nil, false},
		{"said since", a, []article.Correction{first}, false},
		{"never said", a, nil, true},
	} {
		s := sender{options: Options{As: 3, Overrides: rowsOf(t, article.Override{URI: a.URI, Number: 2, Corrections: c.now})}}
		if err := s.add(t.Context(), c.a); err != nil {
			t.Fatal(err)
		}
		if sent := len(s.pending) > 0; sent != c.sent || sent == slices.Contains(s.emptied, a.URI) {
			t.Errorf("%s: sent %v, to be enriched %v", c.says, s.pending, s.emptied)
		}
	}
	// Where nothing is corrected, or it isn't known what, it is as it was.
	for says, r := range map[string]override.Rows{"no rows": rows{}, "nil": nil, "broken": rows{string(a.URI): []byte("broken")}} {
		s := sender{options: Options{As: 3, Overrides: r}}
		if err := s.add(t.Context(), then); err != nil || len(s.pending) != 1 {
			t.Errorf("%s: %+v, %v", says, s.pending, err)
		}
	}
}

// poe is a text of two paragraphs and a headline behind them, and a summary.
func poe(t *testing.T) article.Article {
	t.Helper()
	a := article.Article{URI: "urn:x:1", Source: "wire", Status: article.Usable, Text: "Call Eve Poe.\n\nIt sank.\n\nFerry sinks", ReceivedAt: time.Unix(1_700_000_000, 0).UTC()}
	for _, s := range []article.Span{{End: 13}, {Start: 15, End: 23}, {Start: 25, End: 36}} {
		a.Segments = append(a.Segments, article.Segment{Kind: article.Paragraph, Evidence: article.Evidence{Span: s, Enricher: "segments", Version: 1, Confidence: 0.9}})
	}
	a.Segments[2].Kind = article.Headline
	a.Summary = article.Evidence{Span: article.Span{End: 13}, Enricher: "gist", Version: 1, Confidence: 0.9}
	if err := a.Stamp(); err != nil {
		t.Fatal(err)
	}
	return a
}

// said is what somebody said of a's segments at that time.
func said(t *testing.T, a *article.Article, value string, at time.Time) article.Correction {
	t.Helper()
	c, err := article.ParseCorrection(article.Proof{Article: a}, "segments", []byte(value))
	if err != nil {
		t.Fatal(err)
	}
	c.Who, c.At = "M. Ito", at
	return c
}

func rowsOf(t *testing.T, o article.Override) rows {
	t.Helper()
	value, err := event.EncodeOverride(&o)
	if err != nil {
		t.Fatal(err)
	}
	return rows{string(o.URI): value}
}
