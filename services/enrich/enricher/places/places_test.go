package places_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/cputime"
	"github.com/copytaster/copytaster/services/enrich/enricher/places"
)

func enricher(t testing.TB) *places.Enricher {
	t.Helper()
	e, err := places.New()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// paragraphs is an article with a headline, "" for none, and a body.
func paragraphs(language, headline, body string) *article.Article {
	b := article.Builder{Signer: "format/x", Version: 1}
	if headline != "" {
		b.Add(article.Headline, headline)
	}
	for p := range strings.SplitSeq(body, "\n\n") {
		if strings.TrimSpace(p) != "" {
			b.Add(article.Paragraph, p)
		}
	}
	var a article.Article
	b.Fill(&a)
	a.Language.Value = language
	return &a
}

func read(t testing.TB, a *article.Article) []string {
	t.Helper()
	if err := enricher(t).Enrich(context.Background(), a); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range a.Places {
		country := p.Country
		if country == "" {
			country = "-"
		}
		got = append(got, p.Name+" "+country)
	}
	return got
}

func TestPlaces(t *testing.T) {
	for _, c := range []struct {
		language, text string
		want           []string
	}{
		// What is a place, and which.
		{"en", "A bridge fell into the river in Lyon, France.", []string{"Lyon FR", "France FR"}},
		{"en", "A bridge fell into the river in Paris, Texas.", []string{"Paris US", "Texas US"}},
		{"en", "A bridge fell into the river in Paris.", []string{"Paris FR"}},
		{"en", "Rain fell all over the Sahel and in Western Europe.", []string{"Sahel -", "Western Europe -"}},
		{"en", "The U.S. sent help to the UK, he said in Berlin.", []string{"United States US", "United Kingdom GB", "Berlin DE"}},
		{"en", "The flood reached Odate in Akita Prefecture, Japan.", []string{"Ōdate JP", "Akita JP", "Japan JP"}},
		{"en", "The ship left the Black Sea for Marseille.", []string{"Black Sea -", "Marseille FR"}},
		{"de", "In Mailand und in der Nähe von München regnete es, auch im Nahen Osten.", []string{"Milan IT", "Munich DE", "Middle East -"}},
		{"de", "Die Vereinigten Staaten liefern Weizen nach Äthiopien.", []string{"United States US", "Ethiopia ET"}},
		{"fr", "Le train a quitté Lyon pour Londres, au Royaume-Uni.", []string{"Lyon FR", "London GB", "United Kingdom GB"}},
		{"fr", "La sécheresse frappe le Sahel et la Côte d'Ivoire.", []string{"Sahel -", "Ivory Coast CI"}},
		{"es", "Un avión salió de Londres, en el Reino Unido.", []string{"London GB", "United Kingdom GB"}},
		{"es", "La sequía en Oriente Medio y en Túnez.", []string{"Middle East -", "Tunisia TN"}},
		// What is none.
		{"en", "The Washington Post and the New York Times reported it.", nil},
		{"en", "The governor of the Bank of England met him.", nil},
		{"en", "Jack London and Victoria Beckham never met.", nil},
		{"en", "In March more people came. Of them, Sam was reading. Nice.", nil},
		{"en", "It is a part of Washington’s strategy, he wrote.", nil},
		{"en", "Moscow said it would not answer.", nil},
		{"en", "It costs US$5, or 3 euros.", nil},
		{"de", "Der Bürgermeister wurde zum Essen eingeladen, am Ende kam er nach der Rede.", nil},
		{"fr", "Le Paris Saint-Germain a gagné.", nil},
		{"es", "El presidente del Real Madrid habló.", nil},
	} {
		a := paragraphs(c.language, "", c.text)
		if d := cmp.Diff(c.want, read(t, a)); d != "" {
			t.Errorf("%s: %q: -want +got\n%s", c.language, c.text, d)
		}
	}
}

func TestMainPlace(t *testing.T) {
	for _, c := range []struct{ headline, body, want string }{
		{"Flood in Lyon kills three", "Three people died in Lyon when the Rhone rose, police said.\n\nFrance sent soldiers to Lyon.", "Lyon"},
		{"Kenya votes", "People in Kenya voted on Monday. In Nairobi and in Mombasa it was calm. Kenya has seen worse.", "Kenya"},
		{"US soldiers leave Niger", "US soldiers left Niger on Monday. US drones were gone from Niger, too. The US helped Niger for years.", "Niger"},
	} {
		a := paragraphs("en", c.headline, c.body)
		read(t, a)
		var main []string
		for _, p := range a.Places {
			if p.Main {
				main = append(main, p.Name)
			}
		}
		if !slices.Equal(main, []string{c.want}) {
			t.Errorf("%s: main place %q, want %q", c.headline, main, c.want)
		}
	}
}

// What is found lies in the text, is the same every time, and passes an article's check.
func TestProperties(t *testing.T) {
	e := enricher(t)
	words := []string{"Paris", "Texas", "the", "in", "of", "U.S.", "US", "(", ")", ",", ".", "’s", "said", "New", "York", "Times", "Bank", "Niger", "São", "Paulo", "Île-de-France", "von", "Moscow", "strategy", "\n\n", "-", "Mrs", "Jack", "München", "\u00a0", "\u0301", "Lake"}
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOf(rapid.SampledFrom(words)).Draw(t, "words"), rapid.SampledFrom([]string{" ", ""}).Draw(t, "blank"))
		a := paragraphs(rapid.SampledFrom([]string{"en", "de", "fr", "es", "nl", ""}).Draw(t, "language"), "", text)
		check(t, e, a)
	})
}

func check(t rapid.TB, e *places.Enricher, a *article.Article) {
	ctx := context.Background()
	if err := e.Enrich(ctx, a); err != nil {
		t.Fatal(err)
	}
	b := *a
	if err := e.Enrich(ctx, &b); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(a.Places, b.Places); d != "" {
		t.Fatalf("the second time it is another result: %s", d)
	}
	if err := a.CheckReading(); err != nil {
		t.Fatal(err)
	}
	main := 0
	for _, p := range a.Places {
		if p.Main {
			main++
		}
		for _, m := range p.Mentions {
			if m.Start < 0 || m.Start >= m.End || m.End > len(a.Text) || strings.TrimSpace(m.In(a.Text)) == "" || m.Confidence <= 0 || m.Confidence > 1 {
				t.Fatalf("mention %+v in %q", m, a.Text)
			}
		}
	}
	if len(a.Places) > 0 && main != 1 {
		t.Fatalf("%d main places of %d", main, len(a.Places))
	}
}

func FuzzPlaces(f *testing.F) {
	for _, s := range []string{"Paris, Texas", "U.S.", "Washington’s strategy", "\xff Paris", "Côte d'Ivoire", "Bank of England", "New York, N.Y. (AP)"} {
		f.Add(s, "en")
	}
	e := enricher(f)
	f.Fuzz(func(t *testing.T, text, language string) {
		check(t, e, paragraphs(language, "", strings.ToValidUTF8(text, "?")))
	})
}

// Hostile texts end, and what is looked at has an end.
func TestHostile(t *testing.T) {
	e := enricher(t)
	for _, piece := range []string{"Springfield, ", "San José San José ", "Paris (", "U.S.", "Santa ", "in ", "Washington’s ", "New York Times ", "\u0301", "A, "} {
		a := paragraphs("en", "", strings.Repeat(piece, 100_000/len(piece)))
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		done := make(chan error, 1)
		go func() { done <- e.Enrich(ctx, a) }()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("%q: %v", piece, err)
			}
		case <-ctx.Done():
			t.Fatalf("%q: it doesn't end", piece)
		}
		cancel()
		n := 0
		for _, p := range a.Places {
			n += len(p.Mentions)
		}
		if n > places.MentionLimit {
			t.Errorf("%q: %d mentions", piece, n)
		}
	}
}

func TestGazetteer(t *testing.T) {
	g, err := places.Default()
	if err != nil {
		t.Fatal(err)
	}
	got := g.Lookup("Paris")
	if len(got) < 2 || got[0].Name != "Paris" || got[0].Country != "FR" || got[0].GeoNamesID != 2988507 || got[0].Kind != places.Capital {
		t.Errorf("Paris is %+v", got[:min(len(got), 3)])
	}
	if got := g.Lookup("No Such Place At All"); got != nil {
		t.Errorf("found %+v", got)
	}
}

func bench(b *testing.B, a *article.Article) {
	b.Helper()
	e := enricher(b)
	b.SetBytes(int64(len(a.Text)))
	b.ReportAllocs()
	used := cputime.Of(func() {
		for b.Loop() {
			x := *a
			if err := e.Enrich(context.Background(), &x); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.ReportMetric(float64(used.Microseconds())/float64(b.N), "cpu-µs/op")
}

const report = `Heavy rain in Kenya has killed nine people in and around Nairobi, officials said on Monday, and aid was on its way from
Mombasa and from the United States. In Garissa, near the border with Somalia, a bridge fell into the Tana. The Kenya Red Cross
said that thousands had left Kisumu, on Lake Victoria, for higher ground. Tanzania and Uganda were hit as well. "We need help
from Europe," said John London, a teacher in Nakuru. The New York Times reported that Washington's response was slow.`

func BenchmarkGolden(b *testing.B) {
	bench(b, paragraphs("en", "Flood in Kenya kills nine", strings.Repeat(report+"\n\n", 6)))
}

// BenchmarkGrowth shows that the time grows with the text and not faster.
func BenchmarkGrowth(b *testing.B) {
	for _, times := range []int{1, 10, 100, 1000} {
		b.Run(fmt.Sprintf("words=%d", times*len(strings.Fields(report))), func(b *testing.B) {
			bench(b, paragraphs("en", "", strings.Repeat(report+"\n\n", times)))
		})
	}
}
