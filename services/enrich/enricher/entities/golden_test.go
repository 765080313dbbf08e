package entities_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich"
	"github.com/copytaster/copytaster/services/enrich/enricher/enrichertest"
)

func enriched(t testing.TB, text string) *article.Article {
	t.Helper()
	chain, err := enrich.NewChain(nil)
	if err != nil {
		t.Fatal(err)
	}
	a := &article.Article{Text: text, Source: "site-3", Provider: "site-3"}
	if err := chain.Enrich(context.Background(), a); err != nil {
		t.Fatal(err)
	}
	return a
}

// TestGolden: every name that the editor found is found, no person or place but
// those, and nothing that is never one.
func TestGolden(t *testing.T) {
	var want struct {
		Entities struct {
			Person, Organisation, Place []string
			Outside                     []string `json:"person_outside_body"`
			Optional                    struct{ Person, Organisation, Place []string }
			Never                       []struct{ Type, Text string }
		}
	}
	enrichertest.Expected(t, &want)
	a := enriched(t, enrichertest.Golden(t))
	names := map[article.EntityType][]string{}
	for _, e := range a.Entities {
		names[e.Type] = append(names[e.Type], e.Name)
		t.Logf("%s %q, title %q, role %q", e.Type, e.Name, e.Title, e.Role)
		for _, m := range e.Mentions {
			t.Logf("    %q %.2f", m.In(a.Text), m.Confidence)
		}
	}
	w := want.Entities
	all := map[article.EntityType][]string{article.EntityPerson: w.Person, article.EntityOrganisation: w.Organisation, article.EntityPlace: w.Place}
	for kind, ws := range all {
		for _, s := range ws {
			if !slices.ContainsFunc(strings.Split(s, "|"), func(s string) bool { return slices.Contains(names[kind], s) }) {
				t.Errorf("no %s %q among %q", kind, s, names[kind])
			}
		}
	}
	persons := slices.Concat(w.Person, w.Outside, w.Optional.Person)
	for kind, allowed := range map[article.EntityType][]string{article.EntityPerson: persons, article.EntityPlace: slices.Concat(w.Place, w.Optional.Place)} {
		for _, s := range names[kind] {
			if !slices.Contains(allowed, s) {
				t.Errorf("%s %q is none", kind, s)
			}
		}
	}
	for name, aliases := range map[string][]string{"Islamic State": {"IS"}, "The Wall Street Journal": {"the paper|The paper"}} {
		i := slices.IndexFunc(a.Entities, func(e article.Entity) bool { return e.Name == name })
		if i < 0 {
			continue // told above
		}
		for _, alias := range aliases {
			if !slices.ContainsFunc(a.Entities[i].Mentions, func(m article.Evidence) bool { return slices.Contains(strings.Split(alias, "|"), m.In(a.Text)) }) {
				t.Errorf("%q isn't named by %q", name, alias)
			}
		}
	}
	for _, e := range a.Entities {
		for _, n := range w.Never {
			if (n.Type == "any" || n.Type == string(e.Type)) && strings.EqualFold(e.Name, n.Text) {
				t.Errorf("%s %q is never one", e.Type, e.Name)
			}
			for _, m := range e.Mentions {
				if (n.Type == "any" || n.Type == string(article.EntityPlace) && e.Type == article.EntityPlace) && m.In(a.Text) == n.Text {
					t.Errorf("%s %q has the mention %q", e.Type, e.Name, n.Text)
				}
			}
		}
		if e.Name == "Amadou Abdramane" && !strings.EqualFold(e.Role, "Junta spokesman") {
			t.Errorf("%q has the role %q", e.Name, e.Role)
		}
	}
}
