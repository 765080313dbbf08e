package amounts_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/enricher/amounts"
	"github.com/copytaster/copytaster/services/enrich/enricher/enrichertest"
)

// says is a figure in short.
func says(known bool, value, to float64, unit string) string {
	if !known {
		return "? " + unit
	}
	if to != value {
		return fmt.Sprintf("%.10g-%.10g %s", value, to, unit)
	}
	return fmt.Sprintf("%.10g %s", value, unit)
}

func enricher(t testing.TB) *amounts.Enricher {
	t.Helper()
	e, err := amounts.New()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func read(t testing.TB, e *amounts.Enricher, a *article.Article) {
	t.Helper()
	if err := e.Enrich(context.Background(), a); err != nil {
		t.Fatal(err)
	}
}

// found is what was read, by place: "text = value unit", with "~" for an
// approximation and "<n" for what it converts.
func found(a *article.Article) []string {
	type place struct {
		at   int
		says string
	}
	var all []place
	add := func(s article.Span, f article.Figure, unit string, converts int) {
		line := s.In(a.Text) + " = " + says(f.Known, f.Value, f.To, unit)
		if f.Approximate {
			line += " ~"
		}
		if converts > 0 {
			line += fmt.Sprintf(" <%d", converts)
		}
		all = append(all, place{s.Start, line})
	}
	for _, x := range a.Amounts {
		add(x.Span, x.Figure, x.Currency, x.Converts)
	}
	for _, x := range a.Quantities {
		add(x.Span, x.Figure, x.Unit, 0)
	}
	slices.SortStableFunc(all, func(a, b place) int { return a.at - b.at })
	var out []string
	for _, p := range all {
		out = append(out, p.says)
	}
	return out
}

func TestRead(t *testing.T) {
	e := enricher(t)
	for _, c := range []struct {
		about, lang, text string
		want              []string
	}{
		{"signs", "en", "It paid $5, US$3.2 billion, A$15m, NZ$3, €4.5bn, £6.75 and ¥500.", []string{"$5 = 5 USD", "US$3.2 billion = 3200000000 USD", "A$15m = 15000000 AUD", "NZ$3 = 3 NZD", "€4.5bn = 4500000000 EUR", "£6.75 = 6.75 GBP", "¥500 = 500 JPY"}},
		{"signs behind", "de", "Es kostet 12,47 € oder 5 $.", []string{"12,47 € = 12.47 EUR", "5 $ = 5 USD"}},
		{"signs with scales", "fr", "Un contrat de 250 M€ et 3 Md€.", []string{"250 M€ = 250000000 EUR", "3 Md€ = 3000000000 EUR"}},
		{"codes", "en", "It cost EUR 5m, CHF12.5 million and 20 million AUD; ALL 3 agreed.", []string{"EUR 5m = 5000000 EUR", "CHF12.5 million = 12500000 CHF", "20 million AUD = 20000000 AUD"}},
		{"a year before the code", "en", "By 2030 US$5 billion and in 2022 EUR 3 million.", []string{"US$5 billion = 5000000000 USD", "EUR 3 million = 3000000 EUR"}},
		{"names", "en", "He had 2,500 Swiss francs, 3 million U.S. dollars and 20 Australian dollars.", []string{"2,500 Swiss francs = 2500 CHF", "3 million U.S. dollars = 3000000 USD", "20 Australian dollars = 20 AUD"}},
		{"adjectives behind", "fr", "Il devait 13 milliards de livres turques et 1.500 couronnes suédoises.", []string{"13 milliards de livres turques = 1.3e+10 TRY", "1.500 couronnes suédoises = 1500 SEK"}},
		{"the country tells", "en", "Sweden paid 300 million crowns. In Egypt a sack costs 20 pounds, in Chile 500 pesos.", []string{"300 million crowns = 300000000 SEK", "20 pounds = 20 EGP", "500 pesos = 500 CLP"}},
		{"nothing tells", "en", "He paid 500 pesos.", []string{"500 pesos = 500 "}},
		{"told once", "en", "Voters refused 2,500 Swiss francs a month. Children were to get 625 francs.", []string{"2,500 Swiss francs = 2500 CHF", "625 francs = 625 CHF"}},
		{"cents", "en", "It costs A$3 and 50 cents, 20p or 6-1/2 pence.", []string{"A$3 = 3 AUD", "50 cents = 0.5 AUD", "20p = 0.2 GBP", "6-1/2 pence = 0.065 GBP"}},
		{"wire style", "en", "Net was 14 mln dlrs or 52 cts a share, up 3.5 pct from 12.4 mln stg.", []string{"14 mln dlrs = 14000000 USD", "52 cts = 0.52 USD", "3.5 pct = 3.5 percent", "12.4 mln stg = 12400000 GBP"}},
		{"currency left out", "en", "Profit rose to 12.4 mln stg from 9.8 mln.", []string{"12.4 mln stg = 12400000 GBP", "9.8 mln = 9800000 GBP"}},
		{"lakh and crore", "en", "Farmers get 40 lakh rupees, the state Rs 5 crore.", []string{"40 lakh rupees = 4000000 INR", "Rs 5 crore = 50000000 INR"}},
		{"abbreviated scales", "de", "Das sind 3,5 Mrd. Euro, CHF 36 Mio. und 12 Mio. Fr. im Jahr.", []string{"3,5 Mrd. Euro = 3500000000 EUR", "CHF 36 Mio. = 36000000 CHF", "12 Mio. Fr. = 12000000 CHF"}},
		{"a thousand millions", "es", "Pidió mil millones de euros y 3 mil millones de dólares.", []string{"mil millones de euros = 1000000000 EUR", "3 mil millones de dólares = 3000000000 USD"}},
		{"long scale", "es", "Vale 1,5 billones de euros.", []string{"1,5 billones de euros = 1.5e+12 EUR"}},
		{"letters for scales", "en", "It gave 200m euros, 5m people and a 5m pole.", []string{"200m euros = 200000000 EUR", "5m people = 5000000 people", "5m = 5 m"}},
		{"pounds that weigh", "en", "A 12-pound baby, 5 pounds of flour and 200,000 pounds of debt.", []string{"12-pound = 12 pound", "5 pounds = 5 pounds", "200,000 pounds = 200000 GBP"}},

		{"ranges", "en", "From 10 to 20 staff, between $5 million and $7 million, £5-£7, $10-15,000, 70 to 80 basis points and 5.25-5.50 percent.", []string{"From 10 to 20 staff = 10-20 staff", "between $5 million and $7 million = 5000000-7000000 USD", "£5-£7 = 5-7 GBP", "$10-15,000 = 10000-15000 USD", "70 to 80 basis points = 70-80 basis points", "5.25-5.50 percent = 5.25-5.5 percent"}},
		{"articles in ranges", "es", "Entre el 5 y el 7 %, del 8 al 9 por ciento, entre un millón y dos millones de euros; un millón y dos millones.", []string{"Entre el 5 y el 7 % = 5-7 percent", "del 8 al 9 por ciento = 8-9 percent", "entre un millón y dos millones de euros = 1000000-2000000 EUR", "dos millones = 2000000 EUR"}},
		{"a range shares its scale", "de", "Es kostet 400 bis 500 Mio. Euro.", []string{"400 bis 500 Mio. Euro = 400000000-500000000 EUR"}},
		{"two figures that are no range", "es", "Pagó 1.500 pesos y 2.300 pesos en Chile.", []string{"1.500 pesos = 1500 CLP", "2.300 pesos = 2300 CLP"}},
		{"ranges elsewhere", "fr", "Il faut de 5 à 10 millions d'euros et 40 à 50 000 personnes.", []string{"de 5 à 10 millions d'euros = 5000000-10000000 EUR", "40 à 50 000 personnes = 40000-50000 personnes"}},
		{"a change is no range", "en", "Tax rises by £94 to £2,280; it fell from 5 to 4 percent.", []string{"£94 = 94 GBP", "£2,280 = 2280 GBP", "4 percent = 4 percent"}},
		{"a gift is no range", "en", "It gave 5 million dollars to 7 charities.", []string{"5 million dollars = 5000000 USD", "7 charities = 7 charities"}},

		{"approximate", "en", "Some 450 passengers, at least 23 people, an estimated $500 million, up to C$5.", []string{"Some 450 passengers = 450 passengers ~", "at least 23 people = 23 people ~", "an estimated $500 million = 500000000 USD ~", "up to C$5 = 5 CAD ~"}},
		{"not the limit that is reached", "es", "Subió un 3% hasta 5 euros; admite hasta 300 personas.", []string{"3% = 3 percent", "5 euros = 5 EUR", "hasta 300 personas = 300 personas ~"}},
		{"open", "en", "Hundreds of phones, several million euros, tens of thousands of protesters and a few dozen soldiers.", []string{"Hundreds of phones = ? phones ~", "several million euros = ? EUR ~", "tens of thousands of protesters = ? protesters ~", "a few dozen soldiers = ? soldiers ~"}},
		{"open elsewhere", "de", "Mehrere Tausend Beschäftigte und Dutzende Autos.", []string{"Mehrere Tausend Beschäftigte = ? Beschäftigte ~", "Dutzende Autos = ? Autos ~"}},

		{"conversions", "en", "It cost C$500 million ($365 million), 50 million rand (about $2.7 million) and €3 (£2; $4).", []string{"C$500 million = 500000000 CAD", "$365 million = 365000000 USD <1", "50 million rand = 50000000 ZAR", "about $2.7 million = 2700000 USD ~ <1", "€3 = 3 EUR", "£2 = 2 GBP <1", "$4 = 4 USD <2"}},
		{"words of conversion", "de", "Reis für 40 Milliarden Yen (umgerechnet 440 Millionen Euro).", []string{"40 Milliarden Yen = 4e+10 JPY", "440 Millionen Euro = 440000000 EUR <1"}},
		{"brackets further on", "en", "It paid €5 for two dogs ($6).", []string{"€5 = 5 EUR", "two dogs = 2 dogs", "$6 = 6 USD"}},
		{"no conversion", "en", "It cost $5 ($4 last year), and €3 (he paid £2).", []string{"$5 = 5 USD", "$4 = 4 USD", "€3 = 3 EUR", "£2 = 2 GBP"}},

		{"percent and points", "en", "It rose 2%, 4.1 per cent, 0.5 percentage points and 10 basis points.", []string{"2% = 2 percent", "4.1 per cent = 4.1 percent", "0.5 percentage points = 0.5 percentage points", "10 basis points = 10 basis points"}},
		{"measures", "en", "95 mph, 12 square kilometres, 1.3 million barrels per day, 11 degrees Celsius, 20°C, 5km, a 12-foot horse.", []string{"95 mph = 95 mph", "12 square kilometres = 12 square kilometres", "1.3 million barrels per day = 1300000 barrels per day", "11 degrees Celsius = 11 degrees Celsius", "20°C = 20 °C", "5km = 5 km", "12-foot = 12 foot"}},
		{"below zero", "en", "Between minus 5 degrees Celsius and -3.5 percent.", []string{"minus 5 degrees Celsius = -5 degrees Celsius", "-3.5 percent = -3.5 percent"}},
		{"fractions", "en", "2 3/4 miles, 2½ tonnes, 1/2-inch", []string{"2 3/4 miles = 2.75 miles", "2½ tonnes = 2.5 tonnes", "1/2-inch = 0.5 inch"}},
		{"counts", "en", "1,000 US soldiers, seven sports cars were sold, 36 crates of bananas, one field hospital.", []string{"1,000 US soldiers = 1000 US soldiers", "seven sports cars = 7 sports cars", "36 crates = 36 crates", "one field hospital = 1 field hospital"}},
		{"models in between", "en", "25 Boeing 737 MAX jets and 18 F-16 fighters; Boeing 737 jets.", []string{"25 Boeing 737 MAX jets = 25 Boeing 737 MAX jets", "18 F-16 fighters = 18 F-16 fighters"}},
		{"descriptions", "en", "Two very young boys, three smaller boats, one further arrest; one very late, one very shortly; one man hurt; 35 overseas and 10 domestic; two South Korean soldiers, four old houses, 12 missing people, 300 injured when two high schools and 200 overseas students; it will order 25 jets and issue 3 shares.", []string{"Two very young boys = 2 very young boys", "three smaller boats = 3 smaller boats", "one further arrest = 1 further arrest", "one man = 1 man", "two South Korean soldiers = 2 South Korean soldiers", "four old houses = 4 old houses", "12 missing people = 12 missing people", "two high schools = 2 high schools", "200 overseas students = 200 overseas students", "25 jets = 25 jets", "3 shares = 3 shares"}},
		{"models first", "en", "20 A320neo jets, six F-16s and 31 M1 Abrams tanks.", []string{"20 A320neo jets = 20 A320neo jets", "six F-16s = 6 F-16s", "31 M1 Abrams tanks = 31 M1 Abrams tanks"}},
		{"one", "en", "One more person, one police officer and one wounded soldier came; one apartment building, one family, one wounded; at one point one knows: zero tolerance.", []string{"One more person = 1 more person", "one police officer = 1 police officer", "one wounded soldier = 1 wounded soldier", "one apartment building = 1 apartment building", "one family = 1 family"}},
		{"no years", "en", "It has 1984 members; 2024 volunteers came, then 1500 more guests and 2000 dogs.", []string{"1984 members = 1984 members", "2024 volunteers = 2024 volunteers", "1500 more guests = 1500 more guests", "2000 dogs = 2000 dogs"}},
		{"votes and peoples", "en", "By 412 votes to 64, five wins, three British and two Japanese died; one vote. A B-52G came, 15 mln French francs, 20 Polish zlotys, 5 Lebanese lira.", []string{"412 votes = 412 votes", "five wins = 5 wins", "three British = 3 British", "two Japanese = 2 Japanese", "one vote = 1 vote", "15 mln French francs = 15000000 FRF", "20 Polish zlotys = 20 PLN", "5 Lebanese lira = 5 LBP"}},
		{"counts in German", "de", "Drei neue Schulen, zwei schwere Unfälle, 375 Meter lange Brücken, 27 EU-Staaten, 500 Berliner Polizisten, 1200 Gäste.", []string{"Drei neue Schulen = 3 neue Schulen", "zwei schwere Unfälle = 2 schwere Unfälle", "375 Meter = 375 Meter", "27 EU-Staaten = 27 EU-Staaten", "500 Berliner Polizisten = 500 Berliner Polizisten", "1200 Gäste = 1200 Gäste"}},
		{"counts in French", "fr", "Quelque 500 soldats français, 38 écoles fermées, 2,2 millions de véhicules.", []string{"Quelque 500 soldats français = 500 soldats français ~", "38 écoles = 38 écoles", "2,2 millions de véhicules = 2200000 véhicules"}},
		{"counts in Spanish", "es", "420 hectómetros cúbicos, tres edificios, nueve millones de habitantes.", []string{"420 hectómetros cúbicos = 420 hectómetros cúbicos", "tres edificios = 3 edificios", "nueve millones de habitantes = 9000000 habitantes"}},

		{"compounds", "en", "64 Year 3 pupils, 28 older Boeing 737-800s, two 747s, 48 737 MAX planes, 5,000 oak and hazel saplings, three quarter-finals, four hand grenades, 13 passers-by, two attorneys general, 12 million Class B shares and a six-screen cinema.", []string{"64 Year 3 pupils = 64 Year 3 pupils", "28 older Boeing 737-800s = 28 older Boeing 737-800s", "two 747s = 2 747s", "48 737 MAX planes = 48 737 MAX planes", "5,000 oak and hazel saplings = 5000 oak and hazel saplings", "three quarter-finals = 3 quarter-finals", "four hand grenades = 4 hand grenades", "13 passers-by = 13 passers-by", "two attorneys general = 2 attorneys general", "12 million Class B shares = 12000000 Class B shares", "six-screen = 6 screen"}},
		{"compounds in German", "de", "Drei Rote Karten, 1.900 Stimmen; die Fünf-Prozent-Hürde, das 9-Euro-Ticket, ein 50-Millionen-Euro-Kredit, 500 U-Bahn-Wagen.", []string{"Drei Rote Karten = 3 Rote Karten", "1.900 Stimmen = 1900 Stimmen", "50-Millionen-Euro = 50000000 EUR", "500 U-Bahn-Wagen = 500 U-Bahn-Wagen"}},
		{"compounds in French", "fr", "Deux bureaux de vote, 2 fusils de chasse, trois médailles d'or, douze petits-enfants, 17 mobil-homes, dix ONG, 33 prisonniers kurdes, 50 véhicules blindés, 500 postes supplémentaires, 9 800 foyers privés d'électricité, 118 membres d'équipage russes.", []string{"Deux bureaux de vote = 2 bureaux de vote", "2 fusils de chasse = 2 fusils de chasse", "trois médailles d'or = 3 médailles d'or", "douze petits-enfants = 12 petits-enfants", "17 mobil-homes = 17 mobil-homes", "dix ONG = 10 ONG", "33 prisonniers kurdes = 33 prisonniers kurdes", "50 véhicules blindés = 50 véhicules blindés", "500 postes = 500 postes", "9 800 foyers = 9800 foyers", "118 membres d'équipage russes = 118 membres d'équipage russes"}},
		{"compounds in Spanish", "es", "Dos centros de votación, ocho cuartos de baño, 41 años luz, 27 Estados miembros, tres milicianos palestinos, dos remolcadores de Salvamento Marítimo, 15.000 unidades disponibles, cinco mayores bancos.", []string{"Dos centros de votación = 2 centros de votación", "ocho cuartos de baño = 8 cuartos de baño", "41 años luz = 41 años luz", "27 Estados miembros = 27 Estados miembros", "tres milicianos palestinos = 3 milicianos palestinos", "dos remolcadores = 2 remolcadores", "15.000 unidades = 15000 unidades", "cinco mayores bancos = 5 mayores bancos"}},
		{"prepositions that approximate nothing", "de", "Es verfügt über 46 Betten; der Bus prallte gegen zwei Autos. Über 100 Gäste, gegen 300 Menschen.", []string{"46 Betten = 46 Betten", "zwei Autos = 2 Autos", "Über 100 Gäste = 100 Gäste ~", "gegen 300 Menschen = 300 Menschen ~"}},
		{"prepositions of other words", "en", "A dispute over 12 islands, concern about three ships; over 20 men, about 30 cows.", []string{"12 islands = 12 islands", "three ships = 3 ships", "over 20 men = 20 men ~", "about 30 cows = 30 cows ~"}},
		{"after a comma", "es", "Subió un 12,5%, hasta 5 euros.", []string{"12,5% = 12.5 percent", "5 euros = 5 EUR"}},
		{"crowds and rates", "en", "A crowd of 10,000 people in 100 towns; 14 deaths in 1,000 births. It infected 412 in three districts.", []string{"10,000 people = 10000 people", "100 towns = 100 towns", "14 deaths = 14 deaths", "three districts = 3 districts"}},
		{"labels that count", "de", "In einer ersten Klasse 29 Kinder, in Raum 4 Deutsch.", []string{"29 Kinder = 29 Kinder"}},
		{"labels before plurals", "fr", "Le rapport formule 57 propositions.", []string{"57 propositions = 57 propositions"}},
		{"days that date nothing", "de", "Seit Freitag 1890 Unfälle; am Freitag 22 Uhr.", []string{"1890 Unfälle = 1890 Unfälle"}},
		{"tables", "en", "Profit 5,188,000     Sales 3", nil},
		{"peoples in -is", "en", "Over 2,600 Iraqis and nine policewomen.", []string{"Over 2,600 Iraqis = 2600 Iraqis ~", "nine policewomen = 9 policewomen"}},
		{"no rupees, no hectares, no degrees", "es", "Un Audi RS 6; en 1987 ha sido visto; 60 ha de pinar.", []string{"60 ha = 60 ha"}},
		{"odd numbers", "en", "Some 20-odd men, two to three dozen cows, 10- to 12-foot waves.", []string{"Some 20-odd men = 20 men ~", "two to three dozen cows = 24-36 cows", "10- to 12-foot = 10-12 foot"}},
		{"a half more", "es", "Afecta a millón y medio de casas y dos docenas de ovejas.", []string{"millón y medio de casas = 1500000 casas", "dos docenas de ovejas = 24 ovejas ~"}},
		{"ranges behind nouns", "es", "Olas de seis a siete metros; cuesta de 5 a 10 euros.", []string{"seis a siete metros = 6-7 metros", "de 5 a 10 euros = 5-10 EUR"}},
		{"ranges behind nouns", "de", "Man rechnet mit Kosten von 5 bis 7 Euro; es kostet von 5 bis 7 Euro.", []string{"5 bis 7 Euro = 5-7 EUR", "von 5 bis 7 Euro = 5-7 EUR"}},
		{"articles before numbers", "fr", "Les quinze pays, l'une des douze régions, les milliers de morts.", []string{"quinze pays = 15 pays", "douze régions = 12 régions", "les milliers de morts = ? morts ~"}},
		{"what only stands apart behind a noun", "fr", "Trois absents, cinq malades, deux proches; 40 places libres.", []string{"Trois absents = 3 absents", "cinq malades = 5 malades", "deux proches = 2 proches", "40 places = 40 places"}},
		{"names with numbers", "en", "Six Nations champions, batch 2024C, the six nations agreed.", []string{"six nations = 6 nations"}},

		{"words", "en", "Two hundred and forty men, sixty-one boys, half a million euros, three and a half million people, two dozen cows.", []string{"Two hundred and forty men = 240 men", "sixty-one boys = 61 boys", "half a million euros = 500000 EUR", "three and a half million people = 3500000 people", "two dozen cows = 24 cows"}},
		{"words in one", "de", "Zweihundertvierzig Männer, einundzwanzig Schiffe, zweieinhalb Milliarden Dollar, eine halbe Million Euro, die Elf.", []string{"Zweihundertvierzig Männer = 240 Männer", "einundzwanzig Schiffe = 21 Schiffe", "zweieinhalb Milliarden Dollar = 2500000000 USD", "eine halbe Million Euro = 500000 EUR"}},
		{"words in French", "fr", "Vingt et un navires, quatre-vingt-dix soldats, deux mille trois cents policiers, une dizaine de blessés, un demi-million d'euros.", []string{"Vingt et un navires = 21 navires", "quatre-vingt-dix soldats = 90 soldats", "deux mille trois cents policiers = 2300 policiers", "une dizaine de blessés = 10 blessés ~", "un demi-million d'euros = 500000 EUR"}},
		{"words in Spanish", "es", "Treinta y dos soldados, dos mil quinientos policías, medio millón de euros, dos millones y medio de habitantes, 2 millones 300 mil votos.", []string{"Treinta y dos soldados = 32 soldados", "dos mil quinientos policías = 2500 policías", "medio millón de euros = 500000 EUR", "dos millones y medio de habitantes = 2500000 habitantes", "2 millones 300 mil votos = 2300000 votos"}},

		{"grouping", "en", "1,000 men, 12,50,000 men, 94,5 percent, 1.234 percent, 1\u202f000 men.", []string{"1,000 men = 1000 men", "12,50,000 men = 1250000 men", "94,5 percent = 94.5 percent", "1.234 percent = 1.234 percent", "1\u202f000 men = 1000 men"}},
		{"grouping in German", "de", "1.000 Euro, 1.000.000 Euro, 1'500 Euro, 15\u00a0000 Euro, 1,234 Prozent, 2.300,50 Euro.", []string{"1.000 Euro = 1000 EUR", "1.000.000 Euro = 1000000 EUR", "1'500 Euro = 1500 EUR", "15\u00a0000 Euro = 15000 EUR", "1,234 Prozent = 1.234 percent", "2.300,50 Euro = 2300.5 EUR"}},
		{"grouping in French", "fr", "12 500 euros, 1\u00a0426,30 euros, 310.000 euros.", []string{"12 500 euros = 12500 EUR", "1\u00a0426,30 euros = 1426.3 EUR", "310.000 euros = 310000 EUR"}},
		{"grouping in Mexico", "es", "En México costó 1,500 pesos y 12,350.75 pesos, un 3.5 por ciento.", []string{"1,500 pesos = 1500 MXN", "12,350.75 pesos = 12350.75 MXN", "3.5 por ciento = 3.5 percent"}},
		{"grouping in Spain", "es", "Costó 1.500 euros, un 3,5 por ciento.", []string{"1.500 euros = 1500 EUR", "3,5 por ciento = 3.5 percent"}},

		{"not reported", "en", "In 2022 prices rose. The 1970s, May 3, 3rd, 18:30, 9/11, F-35, G20, Covid-19, No. 10 officials, Article 50 requires, page 12 shows, 12 years, forty minutes, aged 46, 020 7946 0018, 6-3, 2024-05-03, one of them, no one knows, six times, two-thirds, 4 in 10 Americans, 1.2.3, Oct. 7 attacks, May 3 victims, the Paris 2024 Games, the Group of Seven dollar pact, the S&P 500 companies, its 1986 results, it pared 1987 spending plans. 1986 figures restated, 11 p.m., per 100,000 people, a 5.1 quake shakes, its Boeing 737-800 jets.", nil},
		{"not reported in German", "de", "Am 12. Mai, Artikel 5, um 18.30 Uhr, die A3, der 1. FC, fünf Jahre, Airbus A380, Platz 3, je 100.000 Einwohner, ein Mann.", nil},
		{"not reported in French", "fr", "Le 12 mai 2023, l'article 49, 18h30, le 1er mai, la 20e, 35 heures, 60 ans, un homme, porte 12, n° 4.", nil},
		{"not reported in Spanish", "es", "El 12 de mayo de 2023, el artículo 155, a las 10.45 horas, 20 años, cinco veces, la puerta J44, un hombre.", nil},

		{"other languages", "it", "Costa € 1.500,50, 20 EUR e il 3,5%: mille persone.", []string{"€ 1.500,50 = 1500.5 EUR", "20 EUR = 20 EUR", "3,5% = 3.5 percent"}},
		{"no language", "", "$5 million", []string{"$5 = 5 USD"}},
	} {
		a := enrichertest.Paragraphs(c.lang, c.text)
		read(t, e, a)
		got := found(a)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %s %q\n got %q\nwant %q", c.about, c.lang, c.text, got, c.want)
		}
	}
}

// TestWhere: the headline, the standfirst and the body are read, captions and
// notes are not; a dateline tells the country.
func TestWhere(t *testing.T) {
	b := article.Builder{Signer: "format/x", Version: 1}
	b.Add(article.Headline, "Two Men Win 5 Million Crowns")
	b.Add(article.Standfirst, "They paid 10 crowns.")
	b.Add(article.Dateline, "OSLO (Reuters) -")
	b.Add(article.Caption, "Seven dogs. Photo: AP")
	b.Add(article.CreditLine, "© 2024 Three Men, $5")
	b.Add(article.Paragraph, "Six cats")
	b.Add(article.Subhead, "Four hats")
	b.Add(article.Note, "Eds: corrects to 5 crowns")
	var a article.Article
	b.Fill(&a)
	a.Language.Value = "en-GB"
	read(t, enricher(t), &a)
	want := []string{"Two Men = 2 Men", "5 Million Crowns = 5000000 NOK", "10 crowns = 10 NOK", "Six cats = 6 cats", "Four hats = 4 hats"}
	if got := found(&a); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, x := range a.Amounts {
		if x.Enricher != amounts.Name || x.Version != amounts.Version || x.Confidence <= 0 || x.Confidence > 1 {
			t.Errorf("evidence %+v", x.Evidence)
		}
	}
	// Again gives the same, and nothing is left of a text without figures.
	before := found(&a)
	read(t, enricher(t), &a)
	if got := found(&a); !slices.Equal(got, before) {
		t.Errorf("again: got %q, want %q", got, before)
	}
	c := enrichertest.Paragraphs("en", "No figures.")
	c.Amounts, c.Quantities = a.Amounts, a.Quantities
	read(t, enricher(t), c)
	if c.Amounts != nil || c.Quantities != nil {
		t.Errorf("left: %q", found(c))
	}
}

func TestLimits(t *testing.T) {
	e := enricher(t)
	a := enrichertest.Paragraphs("en", strings.Repeat("They paid $5 to two men. ", amounts.Limit+1))
	read(t, e, a)
	if len(a.Amounts) != amounts.Limit || len(a.Quantities) != amounts.Limit {
		t.Errorf("%d amounts, %d quantities, want %d of each", len(a.Amounts), len(a.Quantities), amounts.Limit)
	}
	longest := strings.Repeat("1", amounts.MaxDigits)
	a = enrichertest.Paragraphs("en", "$"+longest+" and $"+longest+"1")
	read(t, e, a)
	if len(a.Amounts) != 1 || a.Amounts[0].In(a.Text) != "$"+longest {
		t.Errorf("got %q", found(a))
	}
	// Countries beyond the limit don't tell whose crown it is.
	a = enrichertest.Paragraphs("en", strings.Repeat("Sweden. ", amounts.MaxCountries)+strings.Repeat("Norway. ", amounts.MaxCountries+100)+"He paid 5 crowns.")
	read(t, e, a)
	if len(a.Amounts) != 1 || a.Amounts[0].Currency != "SEK" {
		t.Errorf("got %q", found(a))
	}
}

// numberForms writes numbers as a language does.
var numberForms = map[string]struct {
	groups  []string
	decimal string
}{
	"en": {[]string{",", "\u202f", "\u00a0"}, "."},
	"de": {[]string{".", "'", "\u202f", "\u00a0", " "}, ","},
	"fr": {[]string{".", "\u202f", "\u00a0", " "}, ","},
	"es": {[]string{".", "\u202f", "\u00a0", " "}, ","},
}

// write writes v, of three decimals at most.
func write(v float64, group, decimal string) string {
	whole, fraction, _ := strings.Cut(strconv.FormatFloat(v, 'f', -1, 64), ".")
	var b strings.Builder
	for i, c := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteString(group)
		}
		b.WriteRune(c)
	}
	if fraction != "" {
		b.WriteString(decimal + fraction)
	}
	return b.String()
}

// TestNumbersReadBack: a figure that is written by a language's rules has its
// value, whatever it is.
func TestNumbersReadBack(t *testing.T) {
	e := enricher(t)
	rnd := rand.New(rand.NewPCG(1, 2))
	for lang, form := range numberForms {
		for range 2000 {
			v := float64(rnd.IntN(1_000_000_000))
			if rnd.IntN(2) == 0 {
				v = float64(rnd.IntN(10_000))
			}
			places := rnd.IntN(3)
			if places > 0 {
				// A last decimal of 0 is not written.
				v += float64(1+10*rnd.IntN(10)) / []float64{1, 10, 100}[places]
				v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'f', places, 64), 64)
			}
			group := form.groups[rnd.IntN(len(form.groups))]
			text := "x: " + write(v, group, form.decimal) + " €"
			a := enrichertest.Paragraphs(lang, text)
			read(t, e, a)
			if len(a.Amounts) != 1 || a.Amounts[0].Value != v || a.Amounts[0].Currency != "EUR" || "x: "+a.Amounts[0].In(text) != text {
				t.Fatalf("%s: %q is %v: got %q", lang, text, v, found(a))
			}
		}
	}
}

// TestHostile: what is made to be slow is read, and keeps its form. How long it
// takes is for BenchmarkHostile to say.
func TestHostile(t *testing.T) {
	e := enricher(t)
	for _, part := range hostile {
		for _, lang := range []string{"en", "de", "fr", "es", "xx"} {
			a := enrichertest.Paragraphs(lang, strings.Repeat(part, 1+4_000/len(part)))
			read(t, e, a)
			sound(t, a)
		}
	}
}

var hostile = []string{
	"1", "1 ", "1,", "1.", "$", "$ ", "$1", "$1 ", "€ 1,", "(", "((1)", "($1)", "1-", "1/", "-1", "1%", "%", "one ", "million ", "and a half ",
	"zwei", "zweiund", "hundert ", "between ", "from 1 to ", "1 to ", "about ", "a few ", "hundreds of ", "Sweden ", "crowns ", "1 crowns ",
	"US", "US$", "1 000", "1\u202f000", "1 Swiss ", "£", "½", "°C", "1 old ", "1 Boeing ", "\xff", "1\xff", "é1", "5m ", "mil ", "1'000'",
}

// sound checks what must hold of any result.
func sound(t *testing.T, a *article.Article) {
	t.Helper()
	at := 0
	check := func(s article.Span, f article.Figure) {
		if s.Start < at || s.End <= s.Start || s.End > len(a.Text) {
			t.Fatalf("span %v after %d in %d bytes of %.40q", s, at, len(a.Text), a.Text)
		}
		if !utf8.RuneStart(a.Text[s.Start]) || s.End < len(a.Text) && !utf8.RuneStart(a.Text[s.End]) && utf8.ValidString(a.Text) {
			t.Fatalf("span %v cuts a character in two: %q", s, s.In(a.Text))
		}
		if !f.Known && (f.Value != 0 || f.To != 0) || f.Value > f.To {
			t.Fatalf("%q is %+v", s.In(a.Text), f)
		}
		at = s.End
	}
	type both struct {
		article.Span
		article.Figure
	}
	var all []both
	for i, x := range a.Amounts {
		if x.Converts < 0 || x.Converts > i {
			t.Fatalf("amount %d converts %d", i, x.Converts)
		}
		if i > 0 && a.Amounts[i-1].End > x.Start {
			t.Fatalf("amount %d %v lies before the one before it", i, x.Span)
		}
		all = append(all, both{x.Span, x.Figure})
	}
	for i, x := range a.Quantities {
		if i > 0 && a.Quantities[i-1].End > x.Start {
			t.Fatalf("quantity %d %v lies before the one before it", i, x.Span)
		}
		if x.Unit == "" {
			t.Fatalf("%q has no unit", x.In(a.Text))
		}
		all = append(all, both{x.Span, x.Figure})
	}
	slices.SortFunc(all, func(a, b both) int { return a.Start - b.Start })
	for _, x := range all {
		check(x.Span, x.Figure)
	}
}

func FuzzRead(f *testing.F) {
	e := enricher(f)
	for _, part := range hostile {
		f.Add(strings.Repeat(part, 3), "en")
	}
	for lang := range numberForms {
		f.Add("$5 (€4), 3 % and 1.000,50 Euro; 6-1/2 cts, half a million people, zwei Mrd. Franken, mil millones de pesos", lang)
	}
	f.Fuzz(func(t *testing.T, text, lang string) {
		a := enrichertest.Paragraphs(lang, text)
		read(t, e, a)
		sound(t, a)
	})
}

func BenchmarkGolden(b *testing.B) {
	enrichertest.BenchmarkGolden(b, enricher(b), enrichertest.Paragraphs("en", enrichertest.Golden(b)))
}

func BenchmarkWords(b *testing.B) {
	text := enrichertest.Golden(b)
	enrichertest.BenchmarkWords(b, enricher(b), func(n int) *article.Article { return enrichertest.Paragraphs("en", enrichertest.Words(text, n)) })
}

func BenchmarkHostile(b *testing.B) {
	texts := enrichertest.MBs("", "1", "1 ", "1,", "$", "$1 ", "(", "($1)", "1-", "between ", "1 crowns ")
	enrichertest.BenchmarkHostile(b, enricher(b), texts, func(text string) *article.Article { return enrichertest.Paragraphs("en", text) })
}
