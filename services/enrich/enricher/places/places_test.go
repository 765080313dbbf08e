package places_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/enricher/enrichertest"
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
	return enrichertest.Article(language, headline, strings.Split(body, "\n\n")...)
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
		{"en", "The flood reached Odate in Akita Prefecture, Japan.", []string{"Odate JP", "Akita JP", "Japan JP"}},
		{"en", "The ship left the Black Sea for Marseille.", []string{"Black Sea -", "Marseille FR"}},
		{"de", "In Mailand und in der Nähe von München regnete es, auch im Nahen Osten.", []string{"Milan IT", "Munich DE", "Middle East -"}},
		{"de", "Die Vereinigten Staaten liefern Weizen nach Äthiopien.", []string{"United States US", "Ethiopia ET"}},
		{"fr", "Le train a quitté Lyon pour Londres, au Royaume-Uni.", []string{"Lyon FR", "London GB", "United Kingdom GB"}},
		{"fr", "La sécheresse frappe le Sahel et la Côte d'Ivoire.", []string{"Sahel -", "Ivory Coast CI"}},
		{"es", "Un avión salió de Londres, en el Reino Unido.", []string{"London GB", "United Kingdom GB"}},
		{"es", "La sequía en Oriente Medio y en Túnez.", []string{"Middle East -", "Tunisia TN"}},
		// Several places of one name.
		{"en", "The junta chiefs of Niger, Nigeria and Chad met on Monday. People in Niger cheered.", []string{"Niger NE", "Nigeria NG", "Chad TD"}},
		{"en", "Russian drones struck Kharkiv and Odesa overnight.", []string{"Kharkiv UA", "Odesa UA"}},
		{"en", "It was reported in Oregon, Utah, Washington and Wisconsin.", []string{"Oregon US", "Utah US", "Washington US", "Wisconsin US"}},
		{"en", "Protesters rallied in Tbilisi. Georgia's president spoke in New York.", []string{"Tbilisi GE", "Georgia GE", "New York City US"}},
		{"en", "Lawmakers in Georgia approved a bill in Atlanta on Monday.", []string{"Georgia US", "Atlanta US"}},
		{"en", "There was a fire at a hospital in Rome, Georgia.", []string{"Rome US", "Georgia US"}},
		{"en", "In Poland, Ohio, and in Norway, Maine, voters queued.", []string{"Poland US", "Ohio US", "Norway US", "Maine US"}},
		{"en", "A boat sank off Victoria, British Columbia.", []string{"Victoria CA", "British Columbia CA"}},
		{"en", "Rebels in Congo seized Goma.", []string{"Democratic Republic of the Congo CD", "Goma CD"}},
		{"en", "It rained in India's Punjab and in Pakistan's Punjab.", []string{"India IN", "Punjab IN", "Pakistan PK", "Punjab PK"}},
		{"en", "The Queensland Health Minister went to Cairns.", []string{"Queensland AU", "Cairns AU"}},
		{"en", "A van from Taunton and Bath stood in Bristol, England.", []string{"Taunton GB", "Bath GB", "Bristol GB", "England GB"}},
		{"en", "Trains from Newcastle, England, were late.", []string{"Newcastle upon Tyne GB", "England GB"}},
		{"de", "In Halle (Saale) und in Bad Homburg fielen Züge aus.", []string{"Halle (Saale) DE", "Bad Homburg vor der Höhe DE"}},
		{"de", "In Odessa und Lwiw gab es Luftalarm, auch Bayerns Züge hielten.", []string{"Odesa UA", "Lviv UA", "Bavaria DE"}},
		{"de", "Der Mann wurde am Montag in Freiburg gefasst, die Freiheitliche Partei Österreichs schwieg.", []string{"Freiburg DE"}},
		{"en", "A service will be held at St Paul's in the spring.", nil},
		{"es", "Su entrenador, Jesús del Valle Ríos, fue a Lima, en Perú.", []string{"Lima PE", "Peru PE"}},
		{"fr", "Un homme a été tué à Lille, un autre à Nancy.", []string{"Lille FR", "Nancy FR"}},
		{"fr", "Un homme de Saint-Denis vivait à Francfort, puis à La Haye.", []string{"Saint-Denis FR", "Frankfurt am Main DE", "The Hague NL"}},
		{"es", "Un incendio en Nueva York dejó dos muertos.", []string{"New York City US"}},
		{"es", "Un tiroteo en Nueva York dejó dos muertos; lo detuvieron en Los Ángeles, no en La Haya.", []string{"New York City US", "Los Angeles US", "The Hague NL"}},
		{"es", "Se vieron en Múnich, en Colonia, en Ginebra y en Estrasburgo.", []string{"Munich DE", "Cologne DE", "Geneva CH", "Strasbourg FR"}},
		{"en", "The government of Angola and the ministry of health of Kenya replied.", []string{"Angola AO", "Kenya KE"}},
		{"en", "France sent help after two Bernay residents fell ill.", []string{"France FR", "Bernay FR"}},
		{"en", "Roads near Tavullia, in Italy, were wet.", []string{"Tavullia IT", "Italy IT"}},
		{"de", "In der Hafenstadt Rostock und im Norden des Kantons Thurgau hagelte es, im Süden Bayerns nicht.", []string{"Rostock DE", "Thurgau CH", "Bavaria DE"}},
		{"en", "A grant was announced by New York Governor Jane Example in Albany.", []string{"New York US", "Albany US"}},
		{"en", "A drone hit a block in Kharkiv. People in the Saltivka district fled to Kyiv.", []string{"Kharkiv UA", "Saltivka UA", "Kyiv UA"}},
		{"de", "In Paris und London stiegen die Kurse, in New York auch. Ein Gericht in Missouri wies die Klage ab.", []string{"Paris FR", "London GB", "New York City US", "Missouri US"}},
		{"en", "A farm near Farmington in Fulton County located in Illinois was closed.", []string{"Farmington US", "Fulton County US", "Illinois US"}},
		{"en", "The Queensland Primary Industries Minister went to Cairns.", []string{"Queensland AU", "Cairns AU"}},
		{"es", "Ganó la Concha de Oro en San Sebastián y fue a Vitoria, en España.", []string{"San Sebastian ES", "Vitoria-Gasteiz ES", "Spain ES"}},
		{"de", "Der Zug hielt in Biel und in Bern.", []string{"Biel/Bienne CH", "Bern CH"}},
		// Landscapes, and divisions that there are no more.
		{"en", "Police in Greater Manchester and in Southern California searched for it.", []string{"Greater Manchester GB", "Southern California US"}},
		{"fr", "Il a neigé en Rhône-Alpes et en Picardie.", []string{"Rhône-Alpes FR", "Picardy FR"}},
		{"en", "Fighters came from Puntland to Katanga.", []string{"Puntland SO", "Katanga CD"}},
		// What says itself that it is a place lies in the country that its paragraph clearly tells of, or else the text, or in none.
		{"en", "Police closed roads near Steenbras Dam and on Swan Street in Cape Town.", []string{"Steenbras Dam ZA", "Swan Street ZA", "Cape Town ZA"}},
		{"en", "It rained in Kyiv and in London. A boat sank on the River Tees.", []string{"Kyiv UA", "London GB", "River Tees -"}},
		{"en", "It rained in Kyiv and in Minsk.\n\nA boat sank on the River Tees in England.\n\nIt had come from the River Severn.", []string{"Kyiv UA", "Minsk BY", "River Tees GB", "England GB", "River Severn -"}},
		{"fr", "La route du col du Soulor est fermée, dit la France, comme le lac de Lourdes et la Rue Lepic.", []string{"col du Soulor FR", "France FR", "lac de Lourdes FR", "Rue Lepic FR"}},
		{"es", "Llovió en la cuenca del río Patía, en Colombia.", []string{"río Patía CO", "Colombia CO"}},
		{"en", "The fire started on Swan Street near Willow Bridge.", nil},
		{"en", "In Cape Town they met Kari Lake and Mr Swan Bridge of Downing Street.", []string{"Cape Town ZA"}},
		// What is none.
		{"en", "A reporter told the News Agency of Nigeria so. He won the Tour de France.", nil},
		{"en", "Hereford & Worcester Fire and Rescue Service came. The bishop of Canterbury spoke.", nil},
		{"de", "Das sagten die Kantonspolizei Bern und die Ärztekammer Niedersachsen.", nil},
		{"fr", "Mon père a saisi la Cour suprême du Canada.", nil},
		{"en", "Hamas freed two hostages. The Duma passed a bill. The Mets won. Shares of Meta fell.", nil},
		{"en", "He said that Paris Jackson and Austin Butler had been invited.", nil},
		{"en", "Beijing and Washington held talks, and Oman's envoy said Tehran would not give in.", []string{"Oman OM"}},
		{"en", "The Dallas Mavericks and the Philadelphia Eagles won. Toyota said it would recall cars.", nil},
		{"en", "Supporters met at St James' Park.", nil},
		{"de", "Am Wochenende werden bis zu 30 Grad erwartet. Manche fahren fort, bis Mitte Juni.", nil},
		{"de", "Washington hat Moskau vor Folgen gewarnt.", nil},
		{"fr", "La cour d'appel d'Orléans a tranché, la Société de transport de Montréal aussi.", nil},
		{"es", "La Bolsa de Cereales de Córdoba cerró, dijo la Universidad Politécnica de Cartagena.", nil},
		{"en", "The Washington Post and the New York Times reported it.", nil},
		{"en", "The governor of the Bank of England met him.", nil},
		{"en", "Jack London and Victoria Beckham never met.", nil},
		{"en", "In March more people came. Of them, Sam was reading. Nice.", nil},
		{"en", "It is a part of Washington’s strategy, he wrote.", nil},
		{"en", "Moscow said it would not answer.", nil},
		{"en", "It costs US$5, or 3 euros.", nil},
		{"en", "Of 81 samples in a Canadian survey 8 were positive.", nil},
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
		{"", "The mayor of Lyon spoke of a fire in Marseille, France. It was put out in Nice.", "Marseille"},
		{"Kenya beat Ghana", "Kenya beat Ghana in Mombasa on Sunday. Kenya had lost in Accra.", "Mombasa"},
		{"", "A tornado hit towns in Alabama on Sunday.\n\nIn Birmingham roofs flew, in Birmingham cars.", "Birmingham"},
		{"", "A judge in Georgia stopped the count on Monday. In Savannah lawyers were glad.", "Savannah"},
		{"Ferry sinks", "A ferry sank on the River Severn on Sunday, wardens said.\n\nIn England ferries are old.", "River Severn"},
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

// A dateline names a place, and the main one where nothing says better where it happened.
func TestDateline(t *testing.T) {
	for _, c := range []struct {
		language, dateline, body string
		want                     []string // the main one first
	}{
		{"en", "ATLANTA (AP) —", "A judge in Georgia stopped the count on Monday.\n\nIn Atlanta they were glad.", []string{"Georgia US", "Atlanta US"}},
		{"en", "DURBAN -", "South Africa beat Pakistan by six wickets on Sunday.", []string{"Durban ZA", "South Africa ZA", "Pakistan PK"}},
		{"en", "GOMA, DR Congo (AFP) –", "A ferry sank on Monday, officials said.", []string{"Goma CD", "Democratic Republic of the Congo CD"}},
		{"de", "Grindelwald (Keystone-SDA) -", "Am Freitag sind zwei Bergsteiger verunglückt.", []string{"Grindelwald CH"}},
	} {
		b := article.Builder{Signer: "format/x", Version: 1}
		b.Add(article.Dateline, c.dateline)
		for p := range strings.SplitSeq(c.body, "\n\n") {
			b.Add(article.Paragraph, p)
		}
		a := &article.Article{}
		b.Fill(a)
		a.Language.Value = c.language
		got := read(t, a)
		if k := slices.IndexFunc(a.Places, func(p article.Place) bool { return p.Main }); k > 0 {
			main := got[k]
			got = slices.Insert(slices.Delete(got, k, k+1), 0, main)
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s %s: -want +got\n%s", c.dateline, c.body, d)
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
	a.CutReading()
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

// What is made to be slow is read, and what is looked at has an end. How long it takes
// is for BenchmarkHostile to say.
func TestHostile(t *testing.T) {
	e := enricher(t)
	for _, piece := range hostile {
		a := paragraphs("en", "", strings.Repeat(piece, 1+20_000/len(piece)))
		check(t, e, a)
		if n := mentions(a); n > places.MentionLimit {
			t.Errorf("%q: %d mentions", piece, n)
		}
	}
}

var hostile = []string{
	"Springfield, ", "Springfield, Washington, ", "San José San José ", "Paris (", "U.S.", "Santa ", "in ", "Washington’s ", "New York Times ", "\u0301", "A, ", "Niger, Nigeria, ", "Paris and ", "d'Orléans ", "in Swan Street, Paris ", "River Severn ", "Red Lake ",
}

func mentions(a *article.Article) int {
	n := 0
	for _, p := range a.Places {
		n += len(p.Mentions)
	}
	return n
}

// At the limit what was found so far is still judged, and nothing behind it is looked at.
func TestMentionLimit(t *testing.T) {
	a := paragraphs("en", "", strings.Repeat("in Lyon, ", places.MentionLimit)+"in Berlin")
	if got := read(t, a); !slices.Equal(got, []string{"Lyon FR"}) || mentions(a) != places.MentionLimit {
		t.Errorf("%v, %d mentions", got, mentions(a))
	}
	a = paragraphs("en", "", strings.Repeat("Jack London, ", places.MentionLimit+1))
	if got := read(t, a); got != nil {
		t.Errorf("%v, %d mentions", got, mentions(a))
	}
}

// Of two cases of a name it is told which is meant, and where.
func TestNamesakes(t *testing.T) {
	for _, c := range []struct {
		language, text string
		id             int64
	}{
		{"en", "The suspect was arrested in New York on Sunday, after the shooting in Los Angeles.", 5128581},
		{"en", "Buffalo, New York, got snow.", 5128638},
		{"es", "Nueva York (EFE). Un incendio causó tres muertos en Nueva Jersey, Texas y Florida.", 5128581},
		{"en", "It was seen in Oregon, Utah, Washington and Wisconsin.", 5815135},
		{"en", "The plant stands in Valencia, Calif. It is old.", 5405288},
		{"es", "Los bodegueros de Argentina se reunieron en Mendoza, cerca de Chile.", 3844421},
	} {
		a := paragraphs(c.language, "", c.text)
		if c.language == "es" && strings.Contains(c.text, "(EFE)") {
			b := article.Builder{Signer: "format/x", Version: 1}
			place, rest, _ := strings.Cut(c.text, " (EFE). ")
			b.Add(article.Dateline, place+" (EFE).")
			b.Add(article.Paragraph, rest)
			a = &article.Article{}
			b.Fill(a)
			a.Language.Value = c.language
		}
		read(t, a)
		if !slices.ContainsFunc(a.Places, func(p article.Place) bool { return p.GeoNamesID == c.id }) {
			t.Errorf("%q: no place is %d: %+v", c.text, c.id, a.Places)
		}
	}
}

// Countries lie in their middle, not at their capital or near a border, and regions
// where GeoNames has them, by whose ids they go.
func TestMiddles(t *testing.T) {
	g, err := places.Default()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name     string
		id       int64
		lat, lon float64
	}{
		{"Libya", 2215636, 27, 17},
		{"India", 1269750, 22, 79},
		{"Somalia", 51537, 6, 48},
		{"Morocco", 2542007, 32, -5}, // without Western Sahara, which has a code of its own
		{"United States", 6252001, 39.8, -98.6},
		{"West Africa", 7729885, 18.31, -4.83},
		{"Middle East", 6269133, 33.14, 35.86},
		{"Katanga", 205703, -9, 26},
	} {
		all := g.Lookup(c.name)
		k := slices.IndexFunc(all, func(e places.Entry) bool { return e.GeoNamesID == c.id })
		if k < 0 || math.Abs(all[k].Lat-c.lat) > 0.6 || math.Abs(all[k].Lon-c.lon) > 0.6 {
			t.Errorf("%s: no %d at %v, %v among %+v", c.name, c.id, c.lat, c.lon, all)
		}
	}
}

// In a report of a match a town is its club, but where something happens.
func TestClubs(t *testing.T) {
	const match = "Two goals in stoppage time gave Liverpool a victory over Newcastle in the Premier League. The striker scored with a header before half-time, and the goalkeeper saved a penalty. Fans from Newcastle upon Tyne came late to London."
	a := paragraphs("en", "", match)
	if got := read(t, a); !slices.Equal(got, []string{"Newcastle upon Tyne GB", "London GB"}) {
		t.Errorf("%v", got)
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

const report = `Heavy rain in Kenya has killed nine people in and around Nairobi, officials said on Monday, and aid was on its way from
Mombasa and from the United States. In Garissa, near the border with Somalia, a bridge fell into the Tana. The Kenya Red Cross
said that thousands had left Kisumu, on Lake Victoria, for higher ground. Tanzania and Uganda were hit as well. "We need help
from Europe," said John London, a teacher in Nakuru. The New York Times reported that Washington's response was slow.`

func BenchmarkGolden(b *testing.B) {
	enrichertest.BenchmarkGolden(b, enricher(b), paragraphs("en", "", enrichertest.Golden(b)))
}

func BenchmarkWords(b *testing.B) {
	for name, text := range map[string]string{"golden": enrichertest.Golden(b), "report": report} {
		b.Run(name, func(b *testing.B) {
			enrichertest.BenchmarkWords(b, enricher(b), func(n int) *article.Article { return enrichertest.Article("en", "", enrichertest.Words(text, n)) })
		})
	}
}

func BenchmarkHostile(b *testing.B) {
	enrichertest.BenchmarkHostile(b, enricher(b), enrichertest.MBs("", hostile...), func(text string) *article.Article { return paragraphs("en", "", text) })
}
