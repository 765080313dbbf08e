package article

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// wordsAt is evidence of each of the words, from where the one before it ends.
func wordsAt(text string, confidence float64, words ...string) []Evidence {
	var es []Evidence
	at := 0
	for _, w := range words {
		i := at + strings.Index(text[at:], w)
		at = i + len(w)
		es = append(es, Evidence{Span: Span{i, at}, Enricher: "entities", Confidence: confidence})
	}
	return es
}

// mentioned are the words of mentions with their places.
func mentioned(a *Article, es []Evidence) string {
	var all []string
	for _, e := range es {
		all = append(all, fmt.Sprint(e.In(a.Text), " ", e.Start))
	}
	return strings.Join(all, ", ")
}

// What an editor names is where that was found by its name or alias, or else where the
// name stands as one of its own.
func TestNamesThatAreSaid(t *testing.T) {
	a := ferry("Hannah Doyle told the Washington Post. In Washington, Doyle said no. Jane Smith and John Smith left. Smith sold.\n\nContact: Washington office, Eve Poe")
	a.Segments[1].Kind = Note
	found := *a
	found.Entities = []Entity{
		{Type: EntityPerson, Name: "Hannah Doyle", Mentions: wordsAt(a.Text, 0.9, "Hannah Doyle", "Doyle")},
		{Type: EntityOrganisation, Name: "Washington Post", Mentions: wordsAt(a.Text, 0.9, "Washington Post")},
		{Type: EntityPerson, Name: "Jane Smith", Mentions: wordsAt(a.Text, 0.9, "Jane Smith", "Smith sold")[:1]},
		{Type: EntityPerson, Name: "John Smith", Mentions: append(wordsAt(a.Text, 0.9, "John Smith"), wordsAt(a.Text, 0.3, "left")...)},
		{Type: EntityOther, Name: "Jane Smith and John", Mentions: wordsAt(a.Text, 0.9, "Jane Smith and John")},
	}
	at := func(words string) int { return strings.Index(a.Text, words) }
	post := `{"type":"organisation","name":"Washington Post"}`
	for _, c := range []struct{ says, field, value, want string }{
		{"as it was found, by other words, too", "entities", `[{"type":"person","name":"Hannah Doyle"}]`, fmt.Sprintf("Hannah Doyle 0, Doyle %d", at("Doyle said"))},
		{"of another type", "entities", `[{"type":"organisation","name":"hannah doyle"}]`, fmt.Sprintf("Hannah Doyle 0, Doyle %d", at("Doyle said"))},
		{"by an alias", "entities", `[{"type":"person","name":"Doyle"}]`, fmt.Sprintf("Hannah Doyle 0, Doyle %d", at("Doyle said"))},
		{"by an alias of what is said itself", "entities", `[{"type":"person","name":"Hannah Doyle","mentions":[{"text":"Hannah Doyle"}]},{"type":"person","name":"Doyle"}]`, fmt.Sprintf("Hannah Doyle 0; Doyle %d", at("Doyle said"))},
		{"not what wasn't sure", "entities", `[{"type":"person","name":"John Smith"}]`, fmt.Sprintf("John Smith %d", at("John Smith"))},
		{"none of a longer name, nor of a note", "entities", `[{"type":"place","name":"Washington"},` + post + `]`, fmt.Sprintf("Washington Post %d; Washington %d", at("Washington Post"), at("Washington,"))},
		{"of a longer name that isn't right", "entities", `[{"type":"place","name":"Washington"}]`, fmt.Sprintf("Washington %d, Washington %d", at("Washington Post"), at("Washington,"))},
		{"of a longer name of another field", "places", `[{"name":"Washington"}]`, fmt.Sprintf("Washington %d", at("Washington,"))},
		{"of a longer name alone", "entities", `[{"type":"other","name":"Post"},` + post + `]`, fmt.Sprintf("Washington Post %d; Post %d", at("Washington Post"), at("Post."))},
		{"in a note alone", "entities", `[{"type":"person","name":"Eve Poe"}]`, fmt.Sprintf("Eve Poe %d", at("Eve Poe"))},
		{"nowhere", "entities", `[{"type":"person","name":"Bo Tran"}]`, " 0"},
	} {
		said, err := ParseCorrection(Proof{Article: a, Found: &found}, c.field, []byte(c.value))
		if err != nil {
			t.Errorf("%s: %v", c.says, err)
			continue
		}
		b := *a
		(&Override{Number: 1, Corrections: []Correction{said}}).In(b.Text).Apply(&b)
		var got []string
		for _, e := range b.Entities {
			got = append(got, mentioned(&b, e.Mentions))
		}
		for _, p := range b.Places {
			got = append(got, mentioned(&b, p.Mentions))
		}
		if s := strings.Join(got, "; "); s != c.want {
			t.Errorf("%s: at %s, want %s", c.says, s, c.want)
		}
	}
	a.Segments[1].Kind, a.Segments[0].Kind = Paragraph, Note
	c, err := ParseCorrection(Proof{Article: a}, "keyphrases", []byte(`[{"phrase":"Washington","score":1}]`))
	if err != nil || c.Passages[0].Start != at("Washington office") {
		t.Errorf("a keyphrase of the report: %+v, %v", c.Passages, err)
	}
}

// found is a with what is found in it: entities by name.
func foundIn(a *Article, confidence float64, names ...string) *Article {
	b := *a
	b.Entities = nil
	for _, n := range names {
		b.Entities = append(b.Entities, Entity{Type: EntityPerson, Name: n, Mentions: wordsAt(a.Text, confidence, n)})
	}
	return &b
}

// What a later text has and nobody knew of who corrected the list is told; what they
// dropped is not.
func TestWhatACorrectionDoesntKnow(t *testing.T) {
	first := ferry("Ana Ruiz and Bo Tran saw Skarra.")
	c, err := ParseCorrection(Proof{Article: first, Found: foundIn(first, 0.9, "Ana Ruiz", "Bo Tran", "Skarra")}, "entities", []byte(`[{"type":"person","name":"Ana Ruiz"},{"type":"person","name":"Saw Skarra"}]`))
	if err != nil {
		t.Fatal(err)
	}
	c.Who = "M. Ito"
	o := &Override{Number: 1, Corrections: []Correction{c}}
	// enriched is b as the enrichment makes it.
	enriched := func(o *Override, b, found *Article) *Article {
		p := o.In(b.Text)
		before := *b
		p.Apply(&before)
		now := before
		now.Entities = found.Entities
		p = p.Found(&now, &before)
		p.Apply(&now)
		p.Found(&now, &now).Apply(&now) // one that finds something else
		return &now
	}
	later := ferry("UPDATE. Ana Ruiz and Bo Tran saw Skarra. Cy Lee and Dee Poe died, SKARRA said. Saw Skarra, Dee Poe.\n\nEve Poe")
	later.Segments[1].Kind = Note
	sure := foundIn(later, 0.9, "Ana Ruiz", "Bo Tran", "SKARRA", "Saw Skarra", "Cy Lee", "Dee Poe", "Eve Poe")
	sure.Entities = append(sure.Entities, foundIn(later, 0.9, "Dee Poe").Entities...)
	sure.Entities = append(sure.Entities, foundIn(later, 0.4, "UPDATE").Entities...)
	for _, c := range []struct {
		says     string
		b, found *Article
		want     []string
	}{
		{"more is found of a longer text", later, sure, []string{"Cy Lee", "Dee Poe"}},
		{"nothing new", later, foundIn(later, 0.9, "Bo Tran"), nil},
		{"more is found in the same text", first, foundIn(first, 0.9, "saw"), nil},
	} {
		b := enriched(o, c.b, c.found)
		if got := b.Corrections.Fields[0].Unseen; !slices.Equal(got, c.want) || slices.Contains(b.Flags, FlagOverrideOutdated) != (len(c.want) > 0) || len(b.Entities) != 2 {
			t.Errorf("%s: %q, flags %v", c.says, got, b.Flags)
		}
		if b.Forget(); slices.Contains(b.Flags, FlagOverrideOutdated) {
			t.Errorf("%s: it is flagged still", c.says)
		}
	}
	// Who says the list again, of what they are shown by now, has seen that.
	shown := enriched(o, later, sure)
	again, err := ParseCorrection(Proof{Article: later, Found: shown, Stands: &o.Corrections[0]}, "entities", []byte(`[{"type":"person","name":"Ana Ruiz"},{"type":"person","name":"Cy Lee"}]`))
	if err != nil {
		t.Fatal(err)
	}
	o = &Override{Number: 2, Corrections: []Correction{again}}
	last := ferry(later.Text + " Gus Hall lives.")
	if b := enriched(o, last, foundIn(last, 0.9, "Bo Tran", "Cy Lee", "Dee Poe", "Gus Hall")); !slices.Equal(b.Corrections.Fields[0].Unseen, []string{"Gus Hall"}) {
		t.Errorf("said again: %q", b.Corrections.Fields[0].Unseen)
	}
	if same, err := ParseCorrection(Proof{Article: later, Found: enriched(o, later, sure), Stands: &again}, "entities", []byte(`[{"type":"person","name":"Ana Ruiz"},{"type":"person","name":"Cy Lee"}]`)); err != nil || !reflect.DeepEqual(same, again) {
		t.Errorf("%+v, %v, was %+v", same, err, again)
	}
	// Where the newest text isn't enriched yet, it is known still what was.
	if kept, err := ParseCorrection(Proof{Article: last, Stands: &again}, "entities", []byte(`[{"type":"person","name":"Ana Ruiz"},{"type":"person","name":"Gus Hall"}]`)); err != nil || kept.Text != again.Text || len(kept.Known) != len(again.Known)+1 {
		t.Errorf("not enriched yet: %+v, %v, was %+v", kept, err, again)
	}
	// What was found and not shown isn't known to who corrected the rest.
	unsure := foundIn(first, 0.4, "Bo Tran")
	c, err = ParseCorrection(Proof{Article: first, Found: unsure}, "entities", []byte(`[{"type":"person","name":"Ana Ruiz"}]`))
	if err != nil {
		t.Fatal(err)
	}
	if b := enriched(&Override{Number: 1, Corrections: []Correction{c}}, later, sure); !slices.Contains(b.Corrections.Fields[0].Unseen, "Bo Tran") {
		t.Errorf("what was unsure: %q", b.Corrections.Fields[0].Unseen)
	}
	if _, err := ParseCorrection(Proof{Article: first}, "entities", []byte("["+strings.Repeat(`{"name":"the"},`, maxSaid)+`{"name":"the"}]`)); err == nil || !strings.Contains(err.Error(), "the limit is 2000") {
		t.Errorf("a list without end: %v", err)
	}
	// Of corrections from before, and of what was never enriched, nobody knows.
	for says, p := range map[string]Proof{
		"it isn't known what was found":              {Article: first},
		"nor what was found before it was corrected": {Article: first, Found: enriched(o, first, first)},
		"nor what was known before":                  {Article: first, Found: enriched(o, first, first), Stands: &Correction{Corrected: Corrected{Field: "entities"}}},
	} {
		c, err := ParseCorrection(p, "entities", []byte(`[{"type":"person","name":"Ana Ruiz"}]`))
		if err != nil || c.Text != 0 || c.Known != nil {
			t.Errorf("%s: %+v, %v", says, c, err)
		}
		if b := enriched(&Override{Number: 1, Corrections: []Correction{c}}, later, sure); len(b.Corrections.Fields[0].Unseen) > 0 || len(b.Flags) > 0 {
			t.Errorf("%s: %+v", says, b.Corrections)
		}
	}
}

// Every list but that of keyphrases is looked at, and there is an end to what is told.
func TestHowMuchIsToldOfALaterText(t *testing.T) {
	a := ferry(ferryText)
	for i := 0; i < len(everyField); i += 2 {
		field, value := everyField[i], everyField[i+1]
		if field == "segments" { // which isn't the whole list
			continue
		}
		c, err := ParseCorrection(Proof{Article: a, Found: a}, field, []byte("null"))
		if err != nil {
			t.Fatal(err)
		}
		b := ferry("NEW. " + ferryText)
		p := (&Override{Number: 1, Corrections: []Correction{c}}).In(b.Text)
		before := *b
		p.Apply(&before)
		now := before
		more := corrected(t, a, field, value).In(b.Text)
		more.Apply(&now)
		p = p.Found(&now, &before)
		p.Apply(&now)
		got := now.Corrections.Fields[0].Unseen
		if _, listed := listings[field]; listed != (len(got) > 0) || slices.Contains(now.Flags, FlagOverrideOutdated) != listed {
			t.Errorf("%s: %q, flags %v", field, got, now.Flags)
		}
	}
	var names []string
	for i := range MaxUnseen + 1 {
		names = append(names, fmt.Sprint("Name", i))
	}
	long := strings.Repeat("é", MaxUnseenBytes)
	b := ferry(long + " " + strings.Join(names, " "))
	c, err := ParseCorrection(Proof{Article: a, Found: a}, "entities", []byte("[]"))
	if err != nil {
		t.Fatal(err)
	}
	p := (&Override{Number: 1, Corrections: []Correction{c}}).In(b.Text)
	p = p.Found(foundIn(b, 1, append([]string{long}, names...)...), b)
	p.Apply(b)
	if got := b.Corrections.Fields[0].Unseen; len(got) != MaxUnseen || len(got[0]) > MaxUnseenBytes || !strings.HasSuffix(got[0], "é…") {
		t.Errorf("%d, %q", len(got), got[0])
	}
	c.Known = make([]uint64, MaxKnown)
	for i := range c.Known {
		c.Known[i] = uint64(i)
	}
	if much, err := ParseCorrection(Proof{Article: a, Found: a, Stands: &c}, "entities", []byte(`[{"type":"person","name":"Ana Ruiz"}]`)); err != nil || much.Text != 0 || much.Known != nil {
		t.Errorf("%d are known, %v", len(much.Known), err)
	}
}
