package entities_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/enricher/entities"
)

var newEnricher = sync.OnceValues(entities.New)

func enricher(t testing.TB) *entities.Enricher {
	t.Helper()
	e, err := newEnricher()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// paragraphs is an article of paragraphs in a language.
func paragraphs(lang, text string) *article.Article {
	a := &article.Article{Text: text, Language: article.Label{Value: lang}}
	at := 0
	for p := range strings.SplitAfterSeq(text, "\n\n") {
		if s := strings.TrimSpace(p); s != "" {
			start := at + strings.Index(p, s)
			a.Segments = append(a.Segments, article.Segment{Kind: article.Paragraph, Evidence: article.Evidence{Span: article.Span{Start: start, End: start + len(s)}}})
		}
		at += len(p)
	}
	return a
}

// written is an article's entities as the tables have them: the first letter of the
// type, the name, and behind "=" what else means it.
func written(a *article.Article) []string {
	var all []string
	for i := range a.Entities {
		e := &a.Entities[i]
		if e.Type == article.EntityOther {
			continue
		}
		s := string(e.Type[0]) + " " + e.Name
		var others []string
		for _, m := range e.Mentions {
			if w := m.In(a.Text); w != e.Name && !slices.Contains(others, w) {
				others = append(others, w)
			}
		}
		if len(others) > 0 {
			s += " = " + strings.Join(others, ", ")
		}
		all = append(all, s)
	}
	return all
}

// The names in the tables are made up, or so common that any list has them.
func TestEntities(t *testing.T) {
	for _, c := range []struct {
		lang, text string
		want       []string
	}{
		{"en", "Prime Minister Hannah Doyle met Peter Lindqvist in Oslo on Tuesday. Doyle said Norway would help.", []string{"p Hannah Doyle = Doyle", "p Peter Lindqvist", "p Oslo", "p Norway"}},
		{"en", "The World Health Organization (WHO) said cases fell in Kenya. The WHO warned Uganda.", []string{"o World Health Organization = WHO", "p Kenya", "p Uganda"}},
		{"en", "The Harrow Valley Water Board (HVWB) raised its prices. HVWB has 400 workers.", []string{"o Harrow Valley Water Board = HVWB"}},
		{"en", "The French government rejected it, and the US government agreed.", []string{"o French government", "o US government"}},
		{"en", "The report appeared in the New York Times. The paper cited two officials.", []string{"o The New York Times = New York Times, The paper"}},
		{"en", "Many people came. More had been expected. Officials in Chicago were pleased.", []string{"p Chicago"}},
		{"en", "Analysts spoke of a turn away from the West. Commentators agreed.", nil},
		{"en", "London's policy has failed, ministers said.", []string{"o London"}},
		{"en", "The flood hit Bangladesh and parts of India, said Amina Rahman of the Red Cross.", []string{"p Bangladesh", "p India", "p Amina Rahman", "o Red Cross"}},
		{"de", "Bundeskanzlerin Maria Weber traf in Berlin den Präsidenten der Ukraine. Weber sagte, Deutschland werde helfen.", []string{"p Maria Weber = Weber", "p Berlin", "p Ukraine", "p Germany = Deutschland"}},
		{"de", "Die Europäische Zentralbank (EZB) senkt die Zinsen. Die EZB sitzt in Frankfurt.", []string{"o European Central Bank = Europäische Zentralbank, EZB", "p Frankfurt"}},
		{"fr", "Le ministre Jean Martin a rencontré à Paris des élus d'Allemagne.", []string{"p Jean Martin", "p Paris", "p Germany = Allemagne"}},
		{"fr", "L'Organisation mondiale de la santé (OMS) a lancé une alerte en France.", []string{"o World Health Organization = Organisation mondiale de la santé, OMS", "p France"}},
		{"es", "El presidente Carlos Gómez llegó a Madrid desde Francia.", []string{"p Carlos Gómez", "p Madrid", "p France = Francia"}},
		{"es", "La Organización Mundial de la Salud (OMS) advirtió a España.", []string{"o World Health Organization = Organización Mundial de la Salud, OMS", "p Spain = España"}},
	} {
		a := paragraphs(c.lang, c.text)
		if err := enricher(t).Enrich(context.Background(), a); err != nil {
			t.Fatal(err)
		}
		if got := written(a); !slices.Equal(got, c.want) {
			t.Errorf("%s %q:\n got %q\nwant %q", c.lang, c.text, got, c.want)
		}
	}
}

func TestTitlesAndRoles(t *testing.T) {
	for _, c := range []struct{ lang, text, name, title, role string }{
		{"en", "The speech by President Hannah Doyle was short.", "Hannah Doyle", "President", ""},
		{"en", "It was repaired by Dr Peter Lindqvist last year.", "Peter Lindqvist", "Dr", ""},
		{"en", "Police spokesman Peter Lindqvist denied it.", "Peter Lindqvist", "", "Police spokesman"},
		{"en", "Hannah Doyle, a spokeswoman for the ministry, denied it.", "Hannah Doyle", "", "spokeswoman for the ministry"},
		{"de", "Das sagte Professor Peter Schneider am Freitag.", "Peter Schneider", "Professor", ""},
	} {
		a := paragraphs(c.lang, c.text)
		if err := enricher(t).Enrich(context.Background(), a); err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(a.Entities, func(e article.Entity) bool { return e.Type == article.EntityPerson })
		if i < 0 {
			t.Errorf("%q: no person in %q", c.text, written(a))
			continue
		}
		if e := a.Entities[i]; e.Name != c.name || e.Title != c.title || e.Role != c.role {
			t.Errorf("%q: %q, title %q, role %q", c.text, e.Name, e.Title, e.Role)
		}
	}
}

// sound tells what is wrong with the entities of an article.
func sound(a *article.Article) error {
	if err := a.CheckReading(); err != nil {
		return err
	}
	for i := range a.Entities {
		e := &a.Entities[i]
		end := 0
		for _, m := range e.Mentions {
			s := m.Span
			switch {
			case s.Start < end || s.End <= s.Start || s.End > len(a.Text):
				return fmt.Errorf("%q has a mention at %v, behind %d", e.Name, s, end)
			case !utf8.RuneStart(a.Text[s.Start]) || s.End < len(a.Text) && !utf8.RuneStart(a.Text[s.End]):
				return fmt.Errorf("%q: %v cuts a character in two", e.Name, s)
			case m.Confidence <= 0 || m.Confidence > 1 || m.Enricher != entities.Name:
				return fmt.Errorf("%q has evidence %+v", e.Name, m)
			case !slices.ContainsFunc(a.Segments, func(g article.Segment) bool { return g.Start <= s.Start && s.End <= g.End }):
				return fmt.Errorf("%q: %v is in no segment", e.Name, s)
			}
			end = s.End
		}
	}
	return nil
}

func FuzzEntities(f *testing.F) {
	for _, s := range []string{
		"Amina Rahman (AR) said “No” in St. Ives. Rahman's Bank Ltd. (RB) agreed, the paper said.\n\nTHE UN IN GENEVA",
		"d'Artagnan et l'État; O'Brien & Sons, AT&T, U.S., 1.5, 1,000, al-Qaeda", "((((((IS) (IS)", "A' B’ 's ’s", "\xff\xfe É", "X-Y-Z-A-B-C-D-E-F-G",
	} {
		for _, l := range []string{"en", "de", "fr", "es", ""} {
			f.Add(l, s)
		}
	}
	e := enricher(f)
	f.Fuzz(func(t *testing.T, lang, text string) {
		a := paragraphs(lang, strings.ToValidUTF8(text, "?"))
		if err := e.Enrich(context.Background(), a); err != nil {
			t.Fatal(err)
		}
		a.CutReading()
		if err := sound(a); err != nil {
			t.Fatal(err)
		}
		again := *a
		if err := e.Enrich(context.Background(), &again); err != nil {
			t.Fatal(err)
		}
		again.CutReading()
		if !reflect.DeepEqual(again.Entities, a.Entities) {
			t.Fatal("another result the second time")
		}
	})
}

// TestHostile: much of what is rare in news is borne, in all languages.
func TestHostile(t *testing.T) {
	for _, s := range []string{
		strings.Repeat("A ", 20_000), strings.Repeat("A", 100_000), strings.Repeat("(IS) ", 5_000), strings.Repeat("Ann Lee (AL) ", 3_000),
		strings.Repeat("of the ", 10_000), strings.Repeat("A-", 20_000), strings.Repeat("É’", 10_000), strings.Repeat("New York Times the paper ", 2_000),
		strings.Repeat("U.S.", 10_000), strings.Repeat("中文", 10_000), "\x00\x01", strings.Repeat("President ", 5_000),
	} {
		for _, l := range []string{"en", "de", "fr", "es", "zh", ""} {
			a := paragraphs(l, s)
			if err := enricher(t).Enrich(context.Background(), a); err != nil {
				t.Fatal(err)
			}
			a.CutReading()
			if err := sound(a); err != nil {
				t.Errorf("%s %.20q: %v", l, s, err)
			}
		}
	}
}

func TestLimits(t *testing.T) {
	a := paragraphs("en", strings.Repeat("Peter Lindqvist met Hannah Doyle in Oslo. ", entities.MentionLimit))
	if err := enricher(t).Enrich(context.Background(), a); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range a.Entities {
		n += len(e.Mentions)
	}
	if n == 0 || n > entities.MentionLimit {
		t.Errorf("%d mentions", n)
	}
	a = paragraphs("en", strings.Repeat("in Oslo. ", entities.MaxText/9+1)+"\n\nPeter Lindqvist met Hannah Doyle.")
	if err := enricher(t).Enrich(context.Background(), a); err != nil {
		t.Fatal(err)
	}
	if got := written(a); slices.Contains(got, "p Oslo") || !slices.Contains(got, "p Hannah Doyle") {
		t.Errorf("of a text that is too long in its first paragraph: %q", got)
	}
}

func BenchmarkGolden(b *testing.B) {
	a := enriched(b, niger(b))
	e := enricher(b)
	b.SetBytes(int64(len(a.Text)))
	b.ReportAllocs()
	for b.Loop() {
		x := *a
		if err := e.Enrich(context.Background(), &x); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNew(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := entities.New(); err != nil {
			b.Fatal(err)
		}
	}
}
