package entities_test

import (
	"context"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/cputime"
	"github.com/copytaster/copytaster/services/enrich/enricher/enrichertest"
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
		{"en", "Boston's plan to build bike lanes has failed.", []string{"p Boston"}},
		{"en", "Rep. Jim Jordan criticised the FBI. Jordan told reporters so.", []string{"p Jim Jordan = Jordan", "o FBI"}},
		{"en", "Ursula von der Leyen spoke first. Later von der Leyen left.", []string{"p Ursula von der Leyen = von der Leyen"}},
		{"en", "The offer by Prime Minister Theresa May stands. She will leave in May.", []string{"p Theresa May"}},
		{"en", "The army of Côte d'Ivoire left Mali in March, and Procter & Gamble left Togo.", []string{"p Ivory Coast = Côte d'Ivoire", "p Mali", "o Procter & Gamble", "p Togo"}},
		{"en", "They met King Harald in Oslo.", []string{"p Harald", "p Oslo"}},
		{"en", "The Racing and Wagering Commission met in Oslo.", []string{"o Racing and Wagering Commission", "p Oslo"}},
		{"en", "It opened in Fresno, Calif., on Friday. Many came.", []string{"p Fresno", "p California = Calif."}},
		{"en", "The 62-year-old Hannah Doyle met Peter Lindqvist of Ghana.", []string{"p Hannah Doyle", "p Peter Lindqvist", "p Ghana"}},
		{"en", "Officials said the Harrow Valley Water Board has failed. Critics of the HVWAB agreed.", []string{"o Harrow Valley Water Board = HVWAB"}},
		{"en", "The Bulls won. The Chicago Bulls have 40 points.", []string{"o Chicago Bulls = Bulls"}},
		{"de", "Am Freitag kam Bundeskanzlerin Angela Merkel. Es war Merkels letzte Reise.", []string{"p Angela Merkel = Merkels"}},
		{"de", "Der Abgeordnete Manfred Schiller (AfD) kritisierte das.", []string{"p Manfred Schiller", "o AfD"}},
		{"fr", "Un SDF a été retrouvé mort à Lille.", []string{"o SDF", "p Lille"}},
		{"fr", "Le ministère de la Culture a dit non.", []string{"o ministère de la Culture"}},
		{"fr", "Le Parti socialiste a dit non.", []string{"o Parti socialiste"}},
		{"en", "The flood hit Bangladesh and parts of India, said Amina Rahman of the Red Cross.", []string{"p Bangladesh", "p India", "p Amina Rahman", "o Red Cross"}},
		{"de", "Bundeskanzlerin Maria Weber traf in Berlin den Präsidenten der Ukraine. Weber sagte, Deutschland werde helfen.", []string{"p Maria Weber = Weber", "p Berlin", "p Ukraine", "p Germany = Deutschland"}},
		{"de", "Die Europäische Zentralbank (EZB) senkt die Zinsen. Die EZB sitzt in Frankfurt.", []string{"o European Central Bank = Europäische Zentralbank, EZB", "p Frankfurt"}},
		{"fr", "Le ministre Jean Martin a rencontré à Paris des élus d'Allemagne.", []string{"p Jean Martin", "p Paris", "p Germany = Allemagne"}},
		{"fr", "L'Organisation mondiale de la santé (OMS) a lancé une alerte en France.", []string{"o World Health Organization = Organisation mondiale de la santé, OMS", "p France"}},
		{"es", "El presidente Carlos Gómez llegó a Madrid desde Francia.", []string{"p Carlos Gómez", "p Madrid", "p France = Francia"}},
		{"es", "La Organización Mundial de la Salud (OMS) advirtió a España.", []string{"o World Health Organization = Organización Mundial de la Salud, OMS", "p Spain = España"}},
	} {
		a := enrichertest.Paragraphs(c.lang, c.text)
		if err := enricher(t).Enrich(context.Background(), a); err != nil {
			t.Fatal(err)
		}
		if got := written(a); !slices.Equal(got, c.want) {
			t.Errorf("%s %q:\n got %q\nwant %q", c.lang, c.text, got, c.want)
		}
	}
}

// TestHeadlines: a headline that begins its words with capitals names what the report
// names.
func TestHeadlines(t *testing.T) {
	a := enrichertest.Paragraphs("en", "Doyle Quits Harrow Rail After Seed Losses\n\nHannah Doyle has left Harrow Rail. In Kenya, she said on Monday, the losses of Harrow Rail were small.")
	if err := enricher(t).Enrich(context.Background(), a); err != nil {
		t.Fatal(err)
	}
	if got, want := written(a), []string{"p Hannah Doyle = Doyle", "o Harrow Rail", "p Kenya"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTitlesAndRoles(t *testing.T) {
	for _, c := range []struct{ lang, text, name, title, role string }{
		{"en", "The speech by President Hannah Doyle was short.", "Hannah Doyle", "President", ""},
		{"en", "It was repaired by Dr Peter Lindqvist last year.", "Peter Lindqvist", "Dr", ""},
		{"en", "Police spokesman Peter Lindqvist denied it.", "Peter Lindqvist", "", "Police spokesman"},
		{"en", "Hannah Doyle, a spokeswoman for the ministry, denied it.", "Hannah Doyle", "", "spokeswoman for the ministry"},
		{"en", "They met Hannah Doyle, President Peter Lindqvist and Donald Tusk.", "Hannah Doyle", "", ""},
		{"en", "Hannah Doyle, who was president until 2019, denied it.", "Hannah Doyle", "", ""},
		{"en", "Under President Hannah Doyle, tariffs rose.", "Hannah Doyle", "President", ""},
		{"en", "The offer by Prime Minister Hannah Doyle was rejected.", "Hannah Doyle", "Prime Minister", ""},
		{"es", "El presidente del Gobierno, Pedro Sánchez, llegó a Madrid.", "Pedro Sánchez", "", "presidente del Gobierno"},
		{"fr", "Le ministre de l'Intérieur, Jean Martin, est arrivé.", "Jean Martin", "", "ministre de l'Intérieur"},
		{"de", "Das sagte Professor Peter Schneider am Freitag.", "Peter Schneider", "Professor", ""},
	} {
		a := enrichertest.Paragraphs(c.lang, c.text)
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
		"d'Artagnan et l'État; O'Brien & Sons, AT&T, U.S., 1.5, 1,000, al-Qaeda", "((((((IS) (IS)", "A' B’ 's ’s", "\x000!0 0 0!0 0", "\x00\x00A\x00\x00 Bank", "\xff\xfe É", "X-Y-Z-A-B-C-D-E-F-G",
	} {
		for _, l := range []string{"en", "de", "fr", "es", ""} {
			f.Add(l, s)
		}
	}
	e := enricher(f)
	f.Fuzz(func(t *testing.T, lang, text string) {
		a := enrichertest.Paragraphs(lang, strings.ToValidUTF8(text, "?"))
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
			a := enrichertest.Paragraphs(l, s)
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

// Where no letter is a capital, none is the sign of a name.
func TestScriptsWithoutCapitals(t *testing.T) {
	for lang, text := range map[string]string{
		"ar": "القاهرة (رويترز) - قال وزير المالية محمد معيط يوم الثلاثاء إن الحكومة وافقت على الميزانية. وقال معيط إن البنك المركزي رفع الفائدة.",
		"zh": "路透 北京 - 财政部长 蓝佛安 星期二 表示, 政府 批准 了 预算. 蓝佛安 说, 中国人民银行 提高 了 利率.",
		"he": "ירושלים (רויטרס) - שר האוצר בצלאל סמוטריץ' אמר ביום שלישי כי הממשלה אישרה את התקציב. סמוטריץ' אמר: בנק ישראל העלה את הריבית.",
	} {
		a := enrichertest.Paragraphs(lang, text)
		if err := enricher(t).Enrich(t.Context(), a); err != nil {
			t.Fatal(err)
		}
		if len(a.Entities) > 0 {
			t.Errorf("%s: %v", lang, written(a))
		}
	}
}

// TestLimits: no more than MentionLimit mentions are kept, and a paragraph that is too
// long is left out with nothing but it.
func TestLimits(t *testing.T) {
	a := enrichertest.Paragraphs("en", strings.Repeat("the UN, ", entities.MentionLimit+10))
	if err := enricher(t).Enrich(context.Background(), a); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range a.Entities {
		n += len(e.Mentions)
	}
	if n != entities.MentionLimit {
		t.Errorf("%d mentions, the limit is %d", n, entities.MentionLimit)
	}
	a = enrichertest.Paragraphs("en", "in Oslo"+strings.Repeat(" ", entities.MaxText)+".\n\nPeter Lindqvist met Hannah Doyle.")
	if err := enricher(t).Enrich(context.Background(), a); err != nil {
		t.Fatal(err)
	}
	if got := written(a); slices.Contains(got, "p Oslo") || !slices.Contains(got, "p Hannah Doyle") {
		t.Errorf("of a text that is too long in its first paragraph: %q", got)
	}
}

// TestSize: what a text of marks and of single letters takes is bounded.
func TestSize(t *testing.T) {
	e := enricher(t)
	const most = 512 << 20 // all that is allocated, while slices grow, too
	for _, s := range []string{"!?", "A "} {
		a := enrichertest.Paragraphs("en", strings.Repeat(s, entities.MaxText/len(s)))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if err := e.Enrich(context.Background(), a); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > most {
			t.Errorf("%d bytes for a text of %q", n, s)
		}
	}
}

// TestConcurrent: an enricher may be used by several at once.
func TestConcurrent(t *testing.T) {
	e := enricher(t)
	const text = "Peter Lindqvist met Hannah Doyle of the World Health Organization (WHO) in Oslo. Lindqvist thanked the WHO."
	want := enrichertest.Paragraphs("en", text)
	if err := e.Enrich(context.Background(), want); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			a := enrichertest.Paragraphs("en", text)
			if err := e.Enrich(context.Background(), a); err != nil || !reflect.DeepEqual(a.Entities, want.Entities) {
				t.Errorf("got %q, %v", written(a), err)
			}
		})
	}
	all.Wait()
}

// TestOutside: places of a dateline and photographers are found where their words
// stand, and joined with those of the text.
func TestOutside(t *testing.T) {
	text := "OSLO, March 3 (AP)\n\nHannah Doyle left Oslo.\n\n© Lisa Li/AP"
	a := enrichertest.Paragraphs("en", text)
	span := func(s string) article.Evidence {
		at := strings.Index(text, s)
		return article.Evidence{Span: article.Span{Start: at, End: at + len(s)}, Confidence: 0.9}
	}
	a.Segments[0].Kind, a.Segments[2].Kind = article.Dateline, article.CreditLine
	a.Filed = article.Filed{Evidence: span("OSLO, March 3 (AP)"), Places: []string{"OSLO"}}
	a.Credits = []article.Credit{{Evidence: span("© Lisa Li/AP"), Photographer: "Li"}}
	if err := enricher(t).Enrich(context.Background(), a); err != nil {
		t.Fatal(err)
	}
	if err := sound(a); err != nil {
		t.Error(err)
	}
	if got, want := written(a), []string{"p Oslo = OSLO", "p Hannah Doyle", "p Li"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if m := a.Entities[2].Mentions[0]; m.Start != strings.Index(text, " Li/")+1 {
		t.Errorf("the photographer stands at %d", m.Start)
	}
}

func BenchmarkGolden(b *testing.B) {
	enrichertest.BenchmarkGolden(b, enricher(b), enriched(b, enrichertest.Golden(b)))
}

func BenchmarkWords(b *testing.B) {
	const some = "Hannah Doyle of the World Bank told Reuters in Oslo on Friday that talks with Peter Lindqvist had failed. "
	enrichertest.BenchmarkWords(b, enricher(b), func(n int) *article.Article { return enrichertest.Paragraphs("en", enrichertest.Words(some, n)) })
}

func BenchmarkHostile(b *testing.B) {
	texts := enrichertest.MBs("", "A ", "A-", "(IS) ", "Ann Lee (AL) ", "of the ", "É’", "New York Times the paper ", "U.S.", "President ", "!?", "van der ", "Ann van der Berg ")
	enrichertest.BenchmarkHostile(b, enricher(b), texts, func(text string) *article.Article { return enrichertest.Paragraphs("en", text) })
}

func BenchmarkNew(b *testing.B) {
	b.ReportAllocs()
	used := cputime.Of(func() {
		for b.Loop() {
			if _, err := entities.New(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.ReportMetric(float64(used.Milliseconds())/float64(b.N), "cpu-ms/op")
}
