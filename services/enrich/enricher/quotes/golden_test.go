package quotes_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/enricher"
	"github.com/copytaster/copytaster/services/enrich/enricher/agency"
	"github.com/copytaster/copytaster/services/enrich/enricher/citedmedia"
	"github.com/copytaster/copytaster/services/enrich/enricher/enrichertest"
	"github.com/copytaster/copytaster/services/enrich/enricher/language"
	"github.com/copytaster/copytaster/services/enrich/enricher/quotes"
	"github.com/copytaster/copytaster/services/enrich/enricher/segments"
)

func made[E enricher.Enricher](f func() (E, error)) func() (enricher.Enricher, error) {
	return func() (enricher.Enricher, error) { return f() }
}

func cleared(*article.Article) {}

// newChain is what stands before quotations are read, and that.
func newChain(t testing.TB) *enricher.Chain {
	t.Helper()
	c, err := enricher.NewChain(enricher.Catalogue{
		{Name: segments.Name, Version: segments.Version, Required: true, New: made(segments.New)},
		{Name: language.Name, Version: language.Version, New: made(language.New), Clear: cleared},
		{Name: agency.Name, Version: agency.Version, New: made(agency.New), Clear: cleared},
		{Name: citedmedia.Name, Version: citedmedia.Version, New: made(citedmedia.New), Clear: cleared},
		{Name: quotes.Name, Version: quotes.Version, New: made(quotes.New), Clear: cleared},
	}, func(o enricher.Outcome) {
		if o.Err != nil {
			t.Error(o.Err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The golden text in full: three quotations and no others.
func TestGolden(t *testing.T) {
	text := enrichertest.Golden(t)
	var want struct {
		PublishedAt time.Time `json:"published_at"`
		Quotes      []struct {
			Text, Speaker, Role, Via string
			Partial                  bool
		}
	}
	enrichertest.Expected(t, &want)
	for _, published := range []time.Time{want.PublishedAt, {}} {
		a := article.Article{Text: text, Source: "site-3", PublishedAt: published}
		if err := newChain(t).Enrich(context.Background(), &a); err != nil {
			t.Fatal(err)
		}
		if len(a.Quotes) != len(want.Quotes) {
			t.Fatalf("%d quotations, want %d: %+v", len(a.Quotes), len(want.Quotes), a.Quotes)
		}
		for i, w := range want.Quotes {
			q := a.Quotes[i]
			if q.In(a.Text) != strings.TrimRight(w.Text, ",.") || q.Speaker != w.Speaker || q.Role != w.Role || q.Via != w.Via || q.Partial != w.Partial {
				t.Errorf("quotation %d is %q, %+v, want %+v", i, q.In(a.Text), q, w)
			}
			if q.Cue == "" || q.Enricher != quotes.Name || q.Version != quotes.Version || q.Confidence < quotes.Enough {
				t.Errorf("quotation %d is signed %+v with cue %q", i, q.Evidence, q.Cue)
			}
		}
	}
}
