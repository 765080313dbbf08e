package enrich_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/pkg/article"
	enrich "github.com/copytaster/copytaster/services/enrich"
	"github.com/copytaster/copytaster/services/enrich/enricher"
	"github.com/copytaster/copytaster/services/enrich/eval"
)

func newChain(t testing.TB) *enricher.Chain {
	t.Helper()
	c, err := enrich.NewChain(func(o enricher.Outcome) {
		if o.Err != nil {
			t.Errorf("%v", o.Err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func measure(t *testing.T, task, data string) eval.Result {
	t.Helper()
	k, err := eval.Find(task)
	if err != nil {
		t.Fatal(err)
	}
	m, err := k.Run(t.Context(), newChain(t), data)
	if err != nil {
		t.Fatal(err)
	}
	return eval.Result{Task: k, Data: data, Measure: m}
}

func show(t *testing.T, r eval.Result) {
	t.Helper()
	var b strings.Builder
	r.Write(&b, -1)
	t.Log("\n" + b.String())
}

// hold is a ratchet: what was reached once is kept. Raise the floors, never lower
// them.
func hold(t *testing.T, r eval.Result, floors map[string]float64) {
	t.Helper()
	for _, low := range r.Hold(floors) {
		t.Error(low)
	}
}

// lossless checks that the segments with the white space between them are the
// text, and that none is left unknown.
func lossless(t *testing.T, name, raw string, a *article.Article) {
	t.Helper()
	if err := eval.Lossless(raw, a); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func values(ls []article.Label) []string {
	var vs []string
	for _, l := range ls {
		vs = append(vs, l.Value)
	}
	return vs
}

func clip(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

// TestWire measures against the annotated texts that rules are tuned on, or
// those of the folder that COPYTASTER_WIRE_TEXTS names.
func TestWire(t *testing.T) {
	if d := os.Getenv("COPYTASTER_WIRE_TEXTS"); d != "" {
		show(t, measure(t, "segments", d))
		return
	}
	r := measure(t, "segments", filepath.Join("testdata", "wire"))
	show(t, r)
	hold(t, r, reached)
}

// TestUnseen measures against texts that nothing was tuned on. It names no
// errors, so that nothing will be: only the scores.
func TestUnseen(t *testing.T) {
	r := measure(t, "segments", filepath.Join("testdata", "unseen"))
	for _, field := range r.Fields() {
		t.Logf("%-18s %v", field, r.Scores[field])
	}
	hold(t, r, unseen)
}

// reached is the F1 of each field on testdata/wire.
var reached = map[string]float64{
	"segment": 0.997, "headline": 1, "kicker": 1, "standfirst": 0.969, "byline": 1, "dateline": 1, "agency": 1,
	"language": 1, "credits": 1, "cited_media": 1, "attribution": 0.977,
}

// unseen is the F1 of each field on testdata/unseen, rounded down.
var unseen = map[string]float64{
	"segment": 0.91, "headline": 0.86, "kicker": 0.66, "standfirst": 0.84, "byline": 0.87, "dateline": 0.97, "agency": 0.94,
	"language": 1, "credits": 0.55, "cited_media": 0.69, "attribution": 0.6,
}
