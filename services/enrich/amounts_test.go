package enrich_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/copytaster/copytaster/pkg/article"
)

// figure is an amount or a quantity as the golden reading states it.
type figure struct {
	Text         string   `json:"text"`
	Currency     string   `json:"currency"`
	Unit         string   `json:"unit"`
	Value        *float64 `json:"value"`
	Approximate  bool     `json:"approximate"`
	ConversionOf *int     `json:"conversion_of"`
}

func (w figure) is(text string, s article.Span, f article.Figure) bool {
	return s.In(text) == w.Text && f.Known == (w.Value != nil) && f.Approximate == w.Approximate &&
		(w.Value == nil || f.Value == *w.Value && f.To == *w.Value)
}

// TestGoldenAmounts: of the amounts nothing may be missing and nothing too many;
// the quantities are minima.
func TestGoldenAmounts(t *testing.T) {
	a := goldenArticle(t)
	if err := newChain(t).Enrich(context.Background(), a); err != nil {
		t.Fatal(err)
	}
	js, err := os.ReadFile(filepath.Join("testdata", "golden", "niger.expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want struct{ Amounts, Quantities []figure }
	if err := json.Unmarshal(js, &want); err != nil {
		t.Fatal(err)
	}
	if len(a.Amounts) != len(want.Amounts) {
		t.Errorf("%d amounts, want %d", len(a.Amounts), len(want.Amounts))
	}
	for i, w := range want.Amounts {
		if i >= len(a.Amounts) {
			break
		}
		converts := 0
		if w.ConversionOf != nil {
			converts = i - *w.ConversionOf
		}
		if g := a.Amounts[i]; !w.is(a.Text, g.Span, g.Figure) || g.Currency != w.Currency || g.Converts != converts {
			t.Errorf("amount %d is %q %+v, want %+v", i, g.In(a.Text), g, w)
		}
	}
	for _, w := range want.Quantities {
		found := false
		for _, g := range a.Quantities {
			found = found || w.is(a.Text, g.Span, g.Figure) && g.Unit == w.Unit
		}
		if !found {
			t.Errorf("quantity %+v is missing", w)
		}
	}
}
