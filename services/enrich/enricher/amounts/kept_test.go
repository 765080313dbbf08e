package amounts

import (
	"testing"

	"github.com/copytaster/copytaster/services/enrich/enricher/enrichertest"
)

// TestKeepsLittle: what one long text needed isn't kept for the next one.
func TestKeepsLittle(t *testing.T) {
	e, err := New()
	if err != nil {
		t.Fatal(err)
	}
	a := enrichertest.Article("en", "", enrichertest.MB("France paid 5 dollars for 3 boats. "))
	if err := e.Enrich(t.Context(), a); err != nil || len(a.Amounts) != Limit {
		t.Fatalf("%v, %d amounts", err, len(a.Amounts))
	}
	r, _ := e.readers.Get().(*reader)
	if r == nil {
		return // nothing is kept
	}
	for what, n := range map[string]int{
		"tokens": cap(r.toks), "items": cap(r.items), "classes": cap(r.starts), "words": cap(r.buf), "currencies": cap(r.moneys), "countries": cap(r.countries),
		"text": len(r.text), "amounts": len(r.amounts), "quantities": len(r.quantities),
	} {
		if n > kept || what == "text" && n > 0 {
			t.Errorf("kept room for %d %s", n, what)
		}
	}
}
