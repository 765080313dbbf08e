package eval

import (
	"reflect"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/pkg/article"
)

func named(sort article.EntityType, name string, mentions ...article.Evidence) article.Entity {
	return article.Entity{Type: sort, Name: name, Mentions: mentions}
}

// TestWho: spans and types count, with what another editor may see otherwise left
// out; aliases are right when joined, and what is never a name when left alone.
func TestWho(t *testing.T) {
	const data = `{"id":"1","language":"en","text":"Ann Lee met Lee of Acme in Oslo. Maybe Rome. Will Bo and Cy pay Dee? Cup",
		"mentions":[{"type":"person","name":"Ann Lee","text":"Ann Lee"},{"type":"person","name":"Ann Lee","text":"Lee","nth":1},
			{"type":"organisation","name":"Acme","text":"Acme"},{"type":"place","name":"Oslo","text":"Oslo"},
			{"type":"place","name":"Rome","text":"Rome","optional":true},{"type":"place","name":"Bo","text":"Bo","alternative":"person"},
			{"type":"person","name":"Cy","text":"Cy","outside_body":true},{"type":"other","name":"Cup","text":"Cup"}],
		"optional":{"person":["Dee"]},
		"never":[{"type":"any","text":"Will"},{"type":"place","text":"Acme"},{"type":"any","text":"Lee","nth":0},{"type":"any","text":"Maybe"}]}`
	m := run(t, "who", strings.ReplaceAll(data, "\n", " "), func(a *article.Article) {
		second := at(a, "Lee of", 1)
		second.End -= len(" of")
		a.Entities = []article.Entity{
			named(article.EntityPerson, "Ann Lee", at(a, "Ann Lee", 1), second),
			named(article.EntityPlace, "Acme", at(a, "Acme", 1)),
			named(article.EntityPlace, "Oslo", at(a, "Oslo", 0.4)),
			named(article.EntityOrganisation, "Rome", at(a, "Rome", 1)),
			named(article.EntityPerson, "Will", at(a, "Will", 1)),
			named(article.EntityPerson, "Bo", at(a, "Bo", 1)),
			named(article.EntityPerson, "Dee", at(a, "Dee", 1)),
		}
	})
	want := map[string]Score{
		"entities":               {Right: 3, Wrong: 2, Missed: 2},
		"entities en":            {Right: 3, Wrong: 2, Missed: 2},
		"entities: person":       {Right: 2, Wrong: 1},
		"entities: organisation": {Missed: 1},
		"entities: place":        {Right: 1, Wrong: 1, Missed: 1},
		"entities: other":        {Missed: 1},
		"aliases":                {Right: 1},
		"never":                  {Right: 1, Wrong: 3, Missed: 3},
	}
	if !reflect.DeepEqual(m.Scores, want) {
		t.Errorf("got %v,\nwant %v", m.Scores, want)
	}
	for corpus, language := range map[string]string{"a/NER-de-dev.tsv": "de", "wikigold.conll": "en", "x.fr.conll": "fr"} {
		if got := LanguageOf(corpus); got != language {
			t.Errorf("%s is taken for %s", corpus, got)
		}
	}
}
