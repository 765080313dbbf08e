package moments_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/enricher/moments"
)

// found is what the enricher finds in a paragraph of a text that was published
// at anchor: "words|from|to|precision".
func found(t testing.TB, e *moments.Enricher, lang, text string, anchor time.Time) []string {
	t.Helper()
	a := body(lang, text, anchor)
	if err := e.Enrich(context.Background(), a); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range a.Moments {
		s := m.In(a.Text) + "|"
		if !m.Resolved() {
			s += "?"
		} else {
			s += day(m.From, m.Precision)
			if !m.To.Equal(m.From) {
				s += "|" + day(m.To, m.Precision)
			}
			if m.Precision != article.PrecisionDay {
				s += "|" + string(m.Precision)
			}
		}
		out = append(out, s)
	}
	return out
}

func TestPhenomena(t *testing.T) { find(t, phenomena) }

// find holds the enricher to all of them. Wednesday, 12 March 2025 is the day of
// publication.
func find(t *testing.T, all []phenomenon) {
	t.Helper()
	e, anchor := enricher(t), time.Date(2025, 3, 12, 9, 30, 0, 0, time.UTC)
	for _, c := range all {
		if got := found(t, e, c.lang, c.text, anchor); !slices.Equal(got, c.want) {
			t.Errorf("%s %q:\n got %q\nwant %q", c.lang, c.text, got, c.want)
		}
	}
}

type phenomenon struct {
	lang, text string
	want       []string
}

func w(s ...string) []string { return s }

var phenomena = []phenomenon{
	// The present and the past of verbs, wherever they stand.
	{"de", "Die Brücke bleibt bis Freitag gesperrt. Sie war bis Montag gesperrt.", w("Freitag|2025-03-14", "Montag|2025-03-10")},
	{"de", "Der Angeklagte schwieg am Dienstag. Er hatte sich am Montag verletzt, wie der Anwalt mitteilte.", w("Dienstag|2025-03-11", "Montag|2025-03-10")},
	{"de", "Der Stürmer, der sich am Samstag im Training verletzte, fehlt.", w("Samstag|2025-03-08")},
	{"de", "Die Polizei sucht Zeugen, die am Dienstag zwischen 14 und 16 Uhr etwas beobachtet haben.", w("Dienstag|2025-03-11")},
	{"de", "Die Arbeiten haben im Februar begonnen und dauern bis Ende Oktober.", w("Februar|2025-02-01|2025-02-28|month", "Ende Oktober|2025-10-21|2025-10-31|third of a month")},
	{"de", "Er soll am Samstag geflüchtet sein. Der Bau soll am Samstag abgeschlossen sein.", w("Samstag|2025-03-08", "Samstag|2025-03-15")},
	{"de", "Ihm wird vorgeworfen, im Juli gestohlen zu haben. Sie schlug vor, die Linie im Juli zu schließen.", w("Juli|2024-07-01|2024-07-31|month", "Juli|2025-07-01|2025-07-31|month")},
	{"de", "Der am Dienstag gewählte Präsident und die am Freitag beginnende Messe.", w("Dienstag|2025-03-11", "Freitag|2025-03-14")},
	{"de", "Das Urteil vom Montag ist noch nicht rechtskräftig. Die Sitzung vom Freitag findet statt.", w("Montag|2025-03-10", "Freitag|2025-03-14")},
	{"de", "Bayerns Landtag wählt am 8. Oktober.", w("8. Oktober|2025-10-08")},
	{"de", "Mann stirbt am Sonntag bei Unfall", w("Sonntag|2025-03-09")},
	{"de", "Am gestrigen Dienstag kam er, am morgigen Donnerstag geht er.", w("gestrigen Dienstag|2025-03-11", "morgigen Donnerstag|2025-03-13")},
	{"de", "Am 3. März 2025 kam er, am Montag darauf ging er.", w("3. März 2025|2025-03-03", "Montag darauf|2025-03-10")},
	{"de", "Anstieg am Sonntag um 17 Uhr erwartet.", w("Sonntag|2025-03-16")},
	{"fr", "Le président reçoit lundi les chefs de parti. Le marché, fermé depuis août, rouvre samedi.", w("lundi|2025-03-17", "août|2024-08-01|2024-08-31|month", "samedi|2025-03-15")},
	{"fr", "L'audience est renvoyée au 12 juin. La décision est attendue vendredi. Le procès s'est ouvert lundi.", w("12 juin|2025-06-12", "vendredi|2025-03-14", "lundi|2025-03-10")},
	{"fr", "Il aurait été aperçu lundi à Genève. Il est venu mardi. Le vote aurait lieu jeudi.", w("lundi|2025-03-10", "mardi|2025-03-11", "jeudi|2025-03-13")},
	{"fr", "Ils ont convenu dimanche de se revoir en avril.", w("dimanche|2025-03-09", "avril|2025-04-01|2025-04-30|month")},
	{"fr", "La défense a jusqu'au 17 juin pour faire appel.", w("17 juin|2025-06-17")},
	{"es", "La Policía detuvo el sábado a un hombre. El Barça venció el domingo y visita el martes a Benfica.", w("sábado|2025-03-08", "domingo|2025-03-09", "martes|2025-03-18")},
	{"es", "El concierto del sábado está agotado. Podría haber muerto el domingo. La exposición, abierta hasta junio, crece.", w("sábado|2025-03-15", "domingo|2025-03-09", "junio|2025-06-01|2025-06-30|month")},
	{"es", "Acordaron el domingo volver a verse en abril. El juicio se ha aplazado a septiembre.", w("domingo|2025-03-09", "abril|2025-04-01|2025-04-30|month", "septiembre|2025-09-01|2025-09-30|month")},
	{"es", "El juez ha citado al exministro el 25 de marzo.", w("25 de marzo|2025-03-25")},
	{"en", "It was put back to June. It sees 30, up from the 18 it forecast in August.", w("June|2025-06-01|2025-06-30|month", "August|2024-08-01|2024-08-31|month")},
	{"en", "They were told to return all they catch until mid-June.", w("mid-June|2025-06-11|2025-06-20|third of a month")},
	{"en", "The pay offer, 6 percent from April, was refused.", w("April|2025-04-01|2025-04-30|month")},
	{"en", "Quote incident 312 of 3 November.", w("3 November|2024-11-03")},

	// What is told stands after or before an event, or that is called off.
	// Surnames that are given names, too.
	{"en", "The plan is dead, said Sen. Rand Paul Monday. On Monday he voted. It passed Monday.", w("Monday|2025-03-10", "Monday|2025-03-10", "Monday|2025-03-10")},
	{"en", "It failed, said Sen. Tim Scott Tuesday. It failed Tuesday.", w("Tuesday|2025-03-11", "Tuesday|2025-03-11")},
	{"en", "The dissent by Clarence Thomas Friday was short. Israel and Jordan Monday signed a treaty.", w("Friday|2025-03-07", "Monday|2025-03-10")},
	{"en", "The actor Paul Monday is ill. Monday was born in Leeds.", nil},
	{"en", "It rained, said Paul Monday. It also rained Monday.", w("Monday|2025-03-10")},
	// What happens is announced, too.
	{"de", "Anstoß am Samstag ist um 15.30 Uhr.", w("Samstag|2025-03-15")},
	{"de", "Der Wintereinbruch am Wochenende bringt Schnee.", w("Wochenende|2025-03-15|2025-03-16")},
	{"de", "Mit einem Sieg am Samstag kann der Klub aufsteigen. Nach dem Sieg am Samstag kann er aufsteigen.", w("Samstag|2025-03-15", "Samstag|2025-03-08")},
	{"en", "A victory on Saturday would send them top. Monday's murder trial will open late. Saturday's victory parade will be long.", w("Saturday|2025-03-15", "Monday|2025-03-17", "Saturday|2025-03-15")},
	{"en", "Saturday's victory left them top. Saturday's deadly storm will be remembered.", w("Saturday|2025-03-08", "Saturday|2025-03-08")},
	{"es", "Una victoria el domingo daría el título al club.", w("domingo|2025-03-16")},
	{"de", "Nach dem 2:1 am Samstag steht Köln auf Platz drei. Trotz der Niederlage am Sonntag bleibt er.", w("Samstag|2025-03-08", "Sonntag|2025-03-09")},
	{"fr", "Le ministre se dit confiant avant le sommet de jeudi.", w("jeudi|2025-03-13")},
	{"en", "Ahead of Sunday's election, polls showed a lead. Saturday's match was postponed.", w("Sunday|2025-03-16", "Saturday|2025-03-15")},
	{"es", "La reunión, prevista inicialmente para enero, se celebrará en abril.", w("enero|2025-01-01|2025-01-31|month", "abril|2025-04-01|2025-04-30|month")},
	{"de", "Ursprünglich war der Februar vorgesehen.", w("Februar|2025-02-01|2025-02-28|month")},

	{"en", "The victims of Saturday's attack will be buried on Thursday. He has until 1 June to pay.", w("Saturday|2025-03-08", "Thursday|2025-03-13", "1 June|2025-06-01")},
	{"de", "Nach dem Messerangriff vom Samstag kommt der Minister am Montag.", w("Samstag|2025-03-08", "Montag|2025-03-17")},
	{"en", "The vote was delayed from Tuesday to Thursday. It was found the day after the vote.", w("Tuesday|2025-03-11", "Thursday|2025-03-13")},
	{"de", "Die Sitzung wurde vom 28. März auf den 2. April verschoben. Die Steuer gilt rückwirkend zum 1. Januar.", w("28. März|2025-03-28", "2. April|2025-04-02", "1. Januar|2025-01-01")},
	{"en", "A fortnight ago it rained. On the eve of Sunday's vote, thousands rallied.", w("A fortnight ago|2025-02-26", "Sunday|2025-03-16")},
	{"de", "Freitag in acht Tagen ist Schluss.", w("Freitag in acht Tagen|2025-03-21")},
	{"de", "Im Jahr darauf wurde 1548 in Wien gedruckt.", w("1548|1548-01-01|1548-12-31|year")},
	{"es", "Horario: de lunes a viernes de 9 a 17.", nil},

	// Ranges and lists.
	{"en", "They will strike from Monday to Wednesday next week.", w("Monday to Wednesday next week|2025-03-17|2025-03-19")},
	{"de", "Von Mittwoch bis Freitag tagt das Forum.", w("Mittwoch bis Freitag|2025-03-12|2025-03-14")},
	{"en", "It flies every Tuesday and Thursday. It is open Tuesday to Saturday, and on the first Sunday of the month.", nil},
	{"fr", "Entrée libre du mardi au samedi. Le musée est fermé le lundi. Le marché se tient le samedi.", nil},
	{"de", "Jeden zweiten Mittwoch trifft sich der Chor. Geöffnet ist von Dienstag bis Sonntag.", nil},
	{"es", "Abre de martes a domingo.", nil},
	{"en", "It ended the year before last.", w("the year before last|2023-01-01|2023-12-31|year")},
	{"en", "They drew 1-1 in February. It came a week later than usual.", w("February|2025-02-01|2025-02-28|month")},

	// Persons, streets and works.
	{"en", "Judge Alan Friday spoke on Monday. Mr Friday left.", w("Monday|2025-03-10")},
	{"en", "Pope Francis Sunday urged peace. Officials in Charlotte Sunday agreed.", w("Sunday|2025-03-09", "Sunday|2025-03-09")},
	{"de", "Der Maler Anselm Freitag ist tot. Freitag, der 1940 geboren wurde, schrieb am Freitag noch.", w("1940|1940-01-01|1940-12-31|year", "Freitag|2025-03-07")},
	{"en", "She ran the branch at 12 March Lane. Her picture, \"An Evening in March\", was stolen.", nil},
	{"de", "Er schrieb den Roman \"Der Mai ist vorbei\".", nil},
	{"es", "Publicó «Agosto» y otras novelas.", nil},
	{"fr", "Il joue place du 8-Mai, salle du Premier-Mai.", nil},
	{"fr", "Le budget 2026 par habitant.", w("2026|2026-01-01|2026-12-31|year")},
	{"en", "The bridge will not see 2030.", w("2030|2030-01-01|2030-12-31|year")},
	{"de", "Gegründet wurde die Abtei 1136 von Mönchen; der ICE 1601 fuhr.", w("1136|1136-01-01|1136-12-31|year")},
	{"de", "Das Schiff stammt aus dem Jahr 1935.", w("1935|1935-01-01|1935-12-31|year")},

	// Days of the week, in the direction of the verb.
	{"en", "The panel met on Monday and will report on Friday.", w("Monday|2025-03-10", "Friday|2025-03-14")},
	{"en", "The firm said Wednesday it was sold.", w("Wednesday|2025-03-12")},
	{"en", "The hearing is set for Thursday.", w("Thursday|2025-03-13")},
	{"en", "A verdict is expected Friday.", w("Friday|2025-03-14")},
	{"en", "On Sunday the team will travel to Oslo.", w("Sunday|2025-03-16")},
	{"en", "She resigned last Wednesday.", w("last Wednesday|2025-03-05")},
	{"en", "They meet next Wednesday.", w("next Wednesday|2025-03-19")},
	{"en", "The shop, which closed on Saturday, is to reopen on Saturday.", w("Saturday|2025-03-08", "Saturday|2025-03-15")},
	{"en", "Police said on Tuesday that he would be charged on Thursday night.", w("Tuesday|2025-03-11", "Thursday|2025-03-13")},
	{"en", "The talks ran from Friday to Sunday.", w("Friday to Sunday|2025-03-07|2025-03-09")},
	{"en", "The strike will last from Monday until Wednesday.", w("Monday until Wednesday|2025-03-17|2025-03-19")},
	{"en", "It rained between Saturday and Monday.", w("Saturday and Monday|2025-03-08|2025-03-10")},
	{"en", "He is expected to be sentenced on Monday.", w("Monday|2025-03-17")},
	{"en", "The bill has been before parliament since Thursday.", w("Thursday|2025-03-06")},
	{"de", "Der Ausschuss tagt am Freitag.", w("Freitag|2025-03-14")},
	{"de", "Das teilte die Polizei am Montagabend mit.", w("Montagabend|2025-03-10")},
	{"de", "Am vergangenen Freitag brannte es.", w("vergangenen Freitag|2025-03-07")},
	{"de", "Am kommenden Mittwoch tagt der Rat.", w("kommenden Mittwoch|2025-03-19")},
	{"de", "Die Messe dauert von Donnerstag bis Sonntag.", w("Donnerstag bis Sonntag|2025-03-13|2025-03-16")},
	{"de", "Wie die Polizei am Dienstag mitteilte, wurde der Mann am Sonntag gefasst.", w("Dienstag|2025-03-11", "Sonntag|2025-03-09")},
	{"fr", "Le tribunal rendra sa décision vendredi.", w("vendredi|2025-03-14")},
	{"fr", "Le ministre a démissionné lundi soir.", w("lundi|2025-03-10")},
	{"fr", "Il sera reçu mardi prochain.", w("mardi prochain|2025-03-18")},
	{"fr", "Dimanche dernier, le club avait perdu.", w("Dimanche dernier|2025-03-09")},
	{"es", "El juez decidirá el viernes.", w("viernes|2025-03-14")},
	{"es", "El ministro dimitió el lunes por la noche.", w("lunes|2025-03-10")},
	{"es", "El lunes pasado cerró la fábrica.", w("lunes pasado|2025-03-10")},
	{"es", "La próxima reunión es el jueves que viene.", w("jueves que viene|2025-03-13")},

	// Days by their distance.
	{"en", "It was said today that yesterday's vote stands; tomorrow the count goes on.", w("today|2025-03-12", "yesterday|2025-03-11", "tomorrow|2025-03-13")},
	{"en", "The match is tonight.", w("tonight|2025-03-12")},
	{"de", "Heute Abend spricht der Kanzler, gestern schwieg er.", w("Heute Abend|2025-03-12", "gestern|2025-03-11")},
	{"de", "Das Gericht urteilt morgen.", w("morgen|2025-03-13")},
	{"de", "Am Morgen war es kalt. Jeden Morgen ist es so.", nil},
	{"fr", "Il arrive aujourd'hui, elle est partie avant-hier, ils viennent après-demain.", w("aujourd'hui|2025-03-12", "avant-hier|2025-03-10", "après-demain|2025-03-14")},
	{"es", "Ayer llovió, hoy no, y pasado mañana nevará.", w("Ayer|2025-03-11", "hoy|2025-03-12", "pasado mañana|2025-03-14")},
	{"es", "Salieron por la mañana.", nil},

	// Day and month.
	{"en", "The vote was held on 3 February and on Nov. 4.", w("3 February|2025-02-03", "Nov. 4|2024-11-04")},
	{"en", "The vote will be held on 3 February.", w("3 February|2026-02-03")},
	{"en", "On March 3, 2024, and on 4th May 2023, it rained.", w("March 3, 2024|2024-03-03", "4th May 2023|2023-05-04")},
	{"en", "It opened on Tuesday, March 4, and closes on Sunday 30 March.", w("Tuesday, March 4|2025-03-04", "Sunday 30 March|2025-03-30")},
	{"en", "The fair runs from March 20 to 23.", w("March 20 to 23|2025-03-20|2025-03-23")},
	{"en", "The fair runs from 28 March to 2 April.", w("28 March to 2 April|2025-03-28|2025-04-02")},
	{"en", "The fair ran Feb. 3-5.", w("Feb. 3-5|2025-02-03|2025-02-05")},
	{"en", "The strike on May 1, 2 and 3 cost millions.", w("May 1|2024-05-01")},
	{"de", "Am 3. Februar 2025 und am 4. Mai brannte es.", w("3. Februar 2025|2025-02-03", "4. Mai|2024-05-04")},
	{"de", "Die Schau läuft vom 20. März bis zum 2. April.", w("20. März bis zum 2. April|2025-03-20|2025-04-02")},
	{"de", "Am Montag, dem 17. März, tagt der Rat.", w("Montag, dem 17. März|2025-03-17")},
	{"fr", "Le 3 février, il a neigé ; le 1er mai, il fera beau.", w("3 février|2025-02-03", "1er mai|2025-05-01")},
	{"fr", "Le festival se tiendra du 4 au 7 juillet 2025.", w("4 au 7 juillet 2025|2025-07-04|2025-07-07")},
	{"fr", "Né le lundi 3 mars 1980.", w("lundi 3 mars 1980|1980-03-03")},
	{"es", "El 3 de febrero nevó; el 1 de mayo de 2025 será festivo.", w("3 de febrero|2025-02-03", "1 de mayo de 2025|2025-05-01")},
	{"es", "La feria será del 28 de marzo al 2 de abril.", w("28 de marzo al 2 de abril|2025-03-28|2025-04-02")},
	{"es", "El lunes 3 de marzo murió.", w("lunes 3 de marzo|2025-03-03")},

	// Numbers.
	{"en", "Valid 2025-03-16T04:00Z, filed 2025-03-11.", w("2025-03-16T04:00Z|2025-03-16T04:00:00Z|time", "2025-03-11|2025-03-11")},
	{"en", "It is due on 31/12/2025, said the clerk.", w("31/12/2025|2025-12-31")},
	{"en", "Dial 10.1.2.2025 or 555-12-2025, version 1.2.2020.3.", nil},
	{"de", "Vom 3.4. bis 5.4. ist zu; seit dem 1.1.2024 gilt es.", w("3.4. bis 5.4.|2025-04-03|2025-04-05", "1.1.2024|2024-01-01")},
	{"fr", "Le 14/07/2024, on dansa.", w("14/07/2024|2024-07-14")},
	{"es", "Desde el 12-10-2023 no llueve.", w("12-10-2023|2023-10-12")},

	// Months and their parts.
	{"en", "In May it will open; in May it had closed.", w("May|2025-05-01|2025-05-31|month", "May|2024-05-01|2024-05-31|month")},
	{"en", "Prices have risen since mid-January and may fall by the end of April.", w("mid-January|2025-01-11|2025-01-20|third of a month", "the end of April|2025-04-21|2025-04-30|third of a month")},
	{"en", "It was signed in early June 2023.", w("early June 2023|2023-06-01|2023-06-10|third of a month")},
	{"en", "It opened last October and shuts next June.", w("last October|2024-10-01|2024-10-31|month", "next June|2025-06-01|2025-06-30|month")},
	{"en", "Rainfall in January and February was low.", w("January and February|2025-01-01|2025-02-28|month")},
	{"de", "Im Mai eröffnet das Haus, im Oktober war Richtfest.", w("Mai|2025-05-01|2025-05-31|month", "Oktober|2024-10-01|2024-10-31|month")},
	{"de", "Bis Ende April soll es fertig sein, seit Anfang März wird gebaut.", w("Ende April|2025-04-21|2025-04-30|third of a month", "Anfang März|2025-03-01|2025-03-10|third of a month")},
	{"de", "Ende des Monats ist Schluss, Anfang nächsten Monats geht es weiter.", w("Ende des Monats|2025-03-21|2025-03-31|third of a month", "Anfang nächsten Monats|2025-04-01|2025-04-10|third of a month")},
	{"fr", "À la mi-février, il a neigé ; fin avril, il rouvrira.", w("mi-février|2025-02-11|2025-02-20|third of a month", "fin avril|2025-04-21|2025-04-30|third of a month")},
	{"fr", "Depuis début janvier, il pleut.", w("début janvier|2025-01-01|2025-01-10|third of a month")},
	{"es", "A mediados de febrero nevó; a finales de abril abrirá.", w("mediados de febrero|2025-02-11|2025-02-20|third of a month", "finales de abril|2025-04-21|2025-04-30|third of a month")},

	// Weeks, months, years from the anchor's.
	{"en", "Last week it fell, this week it rose, next month it may end.", w("Last week|2025-03-03|2025-03-09|week", "this week|2025-03-10|2025-03-16|week", "next month|2025-04-01|2025-04-30|month")},
	{"en", "Late last year it fell; early next year it ends.", w("Late last year|2024-09-01|2024-12-31|year", "early next year|2026-01-01|2026-04-30|year")},
	{"en", "It opened in January last year.", w("January last year|2024-01-01|2024-01-31|month")},
	{"de", "Im Januar vergangenen Jahres und im kommenden Jahr.", w("Januar vergangenen Jahres|2024-01-01|2024-01-31|month", "kommenden Jahr|2026-01-01|2026-12-31|year")},
	{"de", "Vergangene Woche fiel sie, im nächsten Monat steigt sie.", w("Vergangene Woche|2025-03-03|2025-03-09|week", "nächsten Monat|2025-04-01|2025-04-30|month")},
	{"fr", "La semaine dernière, le mois prochain et l'an dernier.", w("semaine dernière|2025-03-03|2025-03-09|week", "mois prochain|2025-04-01|2025-04-30|month", "an dernier|2024-01-01|2024-12-31|year")},
	{"es", "La semana pasada, el mes que viene y el año pasado.", w("semana pasada|2025-03-03|2025-03-09|week", "mes que viene|2025-04-01|2025-04-30|month", "año pasado|2024-01-01|2024-12-31|year")},
	{"en", "Growth is likely in the coming weeks.", w("the coming weeks|2025-03-12|-|open")},
	{"de", "In den kommenden Monaten soll es besser werden.", w("kommenden Monaten|2025-03-12|-|open")},
	{"fr", "Dans les prochaines semaines, il partira.", w("prochaines semaines|2025-03-12|-|open")},
	{"es", "En los próximos meses se sabrá.", w("próximos meses|2025-03-12|-|open")},
	{"en", "He rested over the weekend and will play at the weekend.", w("the weekend|2025-03-08|2025-03-09", "the weekend|2025-03-15|2025-03-16")},

	// Quarters, halves, seasons.
	{"en", "Sales fell in the fourth quarter and will rise in the second quarter.", w("the fourth quarter|2024-10-01|2024-12-31|quarter", "the second quarter|2025-04-01|2025-06-30|quarter")},
	{"en", "Profit rose in the first half of 2024.", w("the first half of 2024|2024-01-01|2024-06-30|half year")},
	{"en", "He scored twice in the first half.", nil},
	{"en", "Q3 2024 was poor.", w("Q3 2024|2024-07-01|2024-09-30|quarter")},
	{"de", "Im vierten Quartal 2024 und im 2. Halbjahr 2023 war es mau.", w("vierten Quartal 2024|2024-10-01|2024-12-31|quarter", "2. Halbjahr 2023|2023-07-01|2023-12-31|half year")},
	{"fr", "Au quatrième trimestre 2024, le PIB a reculé.", w("quatrième trimestre 2024|2024-10-01|2024-12-31|quarter")},
	{"es", "En el segundo trimestre de 2024 creció.", w("segundo trimestre de 2024|2024-04-01|2024-06-30|quarter")},
	{"en", "The winter of 2019-20 was mild, last summer was hot.", w("The winter of 2019-20|2019-12-01|2020-02-29|season", "last summer|2024-06-01|2024-08-31|season")},
	{"en", "The bridge will open in the autumn.", w("the autumn|2025-09-01|2025-11-30|season")},
	{"de", "Im Sommer 2023 war es heiß, im Herbst wird gewählt.", w("Sommer 2023|2023-06-01|2023-08-31|season", "Herbst|2025-09-01|2025-11-30|season")},
	{"fr", "L'été dernier a été chaud.", w("été dernier|2024-06-01|2024-08-31|season")},
	{"es", "El verano pasado fue seco; el otoño de 2023, no.", w("verano pasado|2024-06-01|2024-08-31|season", "otoño de 2023|2023-09-01|2023-11-30|season")},

	// Years, decades, centuries.
	{"en", "In 1989 the wall fell; by 2030 it may be forgotten.", w("1989|1989-01-01|1989-12-31|year", "2030|2030-01-01|2030-12-31|year")},
	{"en", "Profits in 2024 and 2023 were down on 2019.", w("2024|2024-01-01|2024-12-31|year", "2023|2023-01-01|2023-12-31|year", "2019|2019-01-01|2019-12-31|year")},
	{"en", "He lived there from 1990 to 1995 (and again in 1998-99).", w("1990 to 1995|1990-01-01|1995-12-31|year", "1998-99|1998-01-01|1999-12-31|year")},
	{"en", "The early 1990s and the mid-19th century were lean.", w("The early 1990s|1990-01-01|1993-12-31|decade", "the mid-19th century|1834-01-01|1866-12-31|century")},
	{"en", "The late eighties were good; in his eighties he painted.", w("The late eighties|1987-01-01|1989-12-31|decade")},
	{"en", "Some 2024 volunteers came, room 2019 was full, \"1984\" sold 2000 copies.", nil},
	{"de", "1989 fiel die Mauer, die Stadt wuchs bis 2010.", w("1989|1989-01-01|1989-12-31|year", "2010|2010-01-01|2010-12-31|year")},
	{"de", "In den 1990er Jahren und im 19. Jahrhundert.", w("1990er Jahren|1990-01-01|1999-12-31|decade", "19. Jahrhundert|1801-01-01|1900-12-31|century")},
	{"fr", "Dans les années 1980 et au XIXe siècle.", w("années 1980|1980-01-01|1989-12-31|decade", "XIXe siècle|1801-01-01|1900-12-31|century")},
	{"es", "En los años 80 y en el siglo XIX.", w("años 80|1980-01-01|1989-12-31|decade", "siglo XIX|1801-01-01|1900-12-31|century")},
	{"en", "Output was flat in mid-2022 and late 2023.", w("mid-2022|2022-05-01|2022-08-31|year", "late 2023|2023-09-01|2023-12-31|year")},
	{"de", "Seit Ende 2023 sinkt sie, bis Jahresende steigt sie.", w("Ende 2023|2023-09-01|2023-12-31|year", "Jahresende|2025-09-01|2025-12-31|year")},

	// Distances, and what hangs on another date.
	{"en", "He left three weeks ago and returns in two weeks.", w("three weeks ago|2025-02-19", "in two weeks|2025-03-26")},
	{"en", "It was the best in two years.", nil},
	{"de", "Vor drei Wochen ging er, in zwei Wochen kommt er wieder.", w("Vor drei Wochen|2025-02-19", "in zwei Wochen|2025-03-26")},
	{"fr", "Parti il y a trois semaines, il reviendra dans deux semaines.", w("il y a trois semaines|2025-02-19", "dans deux semaines|2025-03-26")},
	{"es", "Se fue hace tres semanas y volverá dentro de dos semanas.", w("hace tres semanas|2025-02-19", "dentro de dos semanas|2025-03-26")},
	{"en", "She left on 3 May 2024 and came back two days later, the following Monday.", w("3 May 2024|2024-05-03", "two days later|2024-05-05", "the following Monday|2024-05-06")},
	{"de", "Am 3. Mai 2024 ging sie, am darauffolgenden Montag kam sie.", w("3. Mai 2024|2024-05-03", "darauffolgenden Montag|2024-05-06")},
	{"fr", "Le 3 mai 2024 il partit, revenu le lundi suivant.", w("3 mai 2024|2024-05-03", "lundi suivant|2024-05-06")},
	{"es", "El 3 de mayo de 2024 se fue y el lunes siguiente volvió.", w("3 de mayo de 2024|2024-05-03", "lunes siguiente|2024-05-06")},
	{"en", "The last Sunday in March is early.", w("The last Sunday in March|2025-03-30")},
	{"en", "On the second Tuesday of May 2024 they met.", w("the second Tuesday of May 2024|2024-05-14")},

	// What looks like a date and is none.
	{"en", "April Jones may march in May Street with August Weber, and Mark Summer.", nil},
	{"en", "Friday prayers were held every Sunday; each Monday they march.", nil},
	{"en", "She read \"One Day in May\" and the Sunday Times.", nil},
	{"en", "He is in his thirties, 34 years old, and won 3-2 for the second time.", nil},
	{"de", "Der 17-Jährige wohnt in Raum 2019, Telefon 0800 2022.", nil},
	{"fr", "La réunion a été longue, il a été élu, et chaque lundi il marche sur Mars.", nil},
	{"es", "Plácido Domingo canta cada lunes en la sala 2019.", nil},

	// Directions that are harder to tell.
	{"en", "The minister, who took office last May, said on Friday that a law would come into force on July 1.", w("last May|2024-05-01|2024-05-31|month", "Friday|2025-03-07", "July 1|2025-07-01")},
	{"en", "Dockers have voted to walk out for a week from March 17.", w("March 17|2025-03-17")},
	{"en", "The court adjourned the case until Monday.", w("Monday|2025-03-17")},
	{"en", "He was held until Monday.", w("Monday|2025-03-10")},
	{"en", "The president was due back on Friday, and the strike was to end on Tuesday.", w("Friday|2025-03-14", "Tuesday|2025-03-11")},
	{"en", "The county ordered families to leave the streets Monday.", w("Monday|2025-03-10")},
	{"en", "Figures for February will be published on Friday.", w("February|2025-02-01|2025-02-28|month", "Friday|2025-03-14")},
	{"en", "Smelter to reopen in August", w("August|2025-08-01|2025-08-31|month")},
	{"en", "The firm declared a dividend, payable March 23.", w("March 23|2025-03-23")},
	{"en", "The deadline is 5 p.m. Friday.", w("Friday|2025-03-14")},
	{"en", "Schools reopen Monday, and the band plays in Leeds on Saturday.", w("Monday|2025-03-17", "Saturday|2025-03-15")},
	{"de", "Wie das Amt am Montag mitteilte, soll es im Juni öffnen.", w("Montag|2025-03-10", "Juni|2025-06-01|2025-06-30|month")},
	{"de", "Das Gericht vertagte den Prozess auf Montag.", w("Montag|2025-03-17")},
	{"de", "Er wird nach einem schwachen vierten Quartal vorsichtiger.", w("vierten Quartal|2024-10-01|2024-12-31|quarter")},
	{"fr", "Le procès a été renvoyé à lundi.", w("lundi|2025-03-17")},
	{"fr", "Les tirs pourront être effectués jusqu'au 31 janvier.", w("31 janvier|2026-01-31")},
	{"es", "El Gobierno ha decretado tres días de luto, de jueves a sábado.", w("jueves a sábado|2025-03-13|2025-03-15")},

	// Periods from one to another, and within another.
	{"en", "It ran from the end of 2022 to early 2024, and from the 1960s to the 1980s.", w("the end of 2022 to early 2024|2022-09-01|2024-04-30|year", "the 1960s to the 1980s|1960-01-01|1989-12-31|decade")},
	{"en", "The 1914-18 war and the weekend of March 1-2.", w("1914-18|1914-01-01|1918-12-31|year", "the weekend of March 1-2|2025-03-01|2025-03-02")},
	{"en", "It is the last week of June; it was the first weekend of March.", w("the last week of June|2025-06-24|2025-06-30|week", "the first weekend of March|2025-03-01|2025-03-02")},
	{"en", "The first six months of 2024 were dry, the last three months of 2023 wet.", w("The first six months of 2024|2024-01-01|2024-06-30|half year", "the last three months of 2023|2023-10-01|2023-12-31|quarter")},
	{"en", "Tuesday of next week, not Monday last week.", w("Tuesday of next week|2025-03-18", "Monday last week|2025-03-03")},
	{"de", "Vom 1. auf den 2. März brannte es.", w("1. auf den 2. März|2025-03-01|2025-03-02")},
	{"fr", "Le festival aura lieu du vendredi 4 au dimanche 6 juillet.", w("vendredi 4 au dimanche 6 juillet|2025-07-04|2025-07-06")},
	{"es", "El pasado mes de mayo y el pasado 8 de marzo.", w("pasado mes de mayo|2024-05-01|2024-05-31|month", "pasado 8 de marzo|2025-03-08")},
	{"es", "El lunes de la semana pasada llovió.", w("lunes de la semana pasada|2025-03-03")},

	{"es", "El juicio será el viernes 21 en Madrid; el lunes 3 murió.", w("viernes 21|2025-03-21", "lunes 3|2025-03-03")},
	{"fr", "Il sera là mardi 18, à 20 h.", w("mardi 18|2025-03-18")},
	{"en", "It fell on Friday 7th, and on Monday 10 people died.", w("Friday 7th|2025-03-07", "Monday|2025-03-10")},

	// Number words.
	{"en", "It opened thirteen years ago, sixteen days ago and twenty-one years ago.", w("thirteen years ago|2012-01-01|2012-12-31|year", "sixteen days ago|2025-02-24", "twenty-one years ago|2004-01-01|2004-12-31|year")},
	{"en", "It opened seventy years ago and ninety-nine years ago.", w("seventy years ago|1955-01-01|1955-12-31|year", "ninety-nine years ago|1926-01-01|1926-12-31|year")},
	{"de", "Es wurde vor vierzehn Tagen und vor siebenunddreißig Jahren eröffnet.", w("vor vierzehn Tagen|2025-02-26", "vor siebenunddreißig Jahren|1988-01-01|1988-12-31|year")},
	{"fr", "Il a ouvert il y a dix-sept ans et il y a vingt et un ans.", w("il y a dix-sept ans|2008-01-01|2008-12-31|year", "il y a vingt et un ans|2004-01-01|2004-12-31|year")},
	{"fr", "Il a ouvert il y a quatre-vingt-dix ans.", w("il y a quatre-vingt-dix ans|1935-01-01|1935-12-31|year")},
	{"es", "Abrió hace dieciséis días y hace treinta y cinco años.", w("hace dieciséis días|2025-02-24", "hace treinta y cinco años|1990-01-01|1990-12-31|year")},

	// A list of eight days is read as one, and of a longer one the last eight.
	{"en", "It rained on 1, 2, 3, 4, 5, 6, 7 and 8 February.", w("1, 2, 3, 4, 5, 6, 7 and 8 February|2025-02-01|2025-02-08")},
	{"en", "It rained on 1, 2, 3, 4, 5, 6, 7, 8 and 9 February.", w("2, 3, 4, 5, 6, 7, 8 and 9 February|2025-02-02|2025-02-09")},

	// Days that are put off, days in the names of streets, and verbs that are nouns.
	{"en", "It will be held on Saturday week. It opens today week.", w("Saturday week|2025-03-22", "today week|2025-03-19")},
	{"fr", "La campagne s'ouvrira lundi en huit.", w("lundi en huit|2025-03-24")},
	{"en", "Turnout in Tuesday's vote was low. He won the vote on Monday. It ended on a quiet note on Friday.", w("Tuesday|2025-03-11", "Monday|2025-03-10", "Friday|2025-03-07")},
	{"es", "Vive en la avenida 5 de mayo.", nil},
	{"fr", "Elle habite rue du 8 mai.", nil},
	{"fr", "Juillet a été le plus chaud.", w("Juillet|2024-07-01|2024-07-31|month")},
	{"es", "Septiembre será clave.", w("Septiembre|2025-09-01|2025-09-30|month")},
	{"de", "Der Mai war zu trocken.", w("Mai|2024-05-01|2024-05-31|month")},
	{"de", "Im Land, in dem am 24. November gewählt wird, hofft man.", w("24. November|2025-11-24")},
	{"de", "Das Ziel für 2029 lautet 70 Prozent. Das Mittel der Jahre 1991 bis 2020 ist 3 Grad.", w("2029|2029-01-01|2029-12-31|year", "1991 bis 2020|1991-01-01|2020-12-31|year")},
	{"en", "In March 13 were killed. He is Dr Augustin May. Thirty came.", w("March|2025-03-01|2025-03-31|month")},
	{"en", "It was in use until the fifth century, and as late as 2015.", w("the fifth century|0401-01-01|0500-12-31|century", "2015|2015-01-01|2015-12-31|year")},
	{"de", "Es entstand im neunzehnten Jahrhundert.", w("neunzehnten Jahrhundert|1801-01-01|1900-12-31|century")},
	{"fr", "Noël Printemps est parti.", nil},
	{"fr", "« On n’est plus en 2019 », a lancé le ministre.", w("2019|2019-01-01|2019-12-31|year")},

	{"en", "\"We do not see it coming down before the autumn,\" he told analysts.", w("the autumn|2025-09-01|2025-11-30|season")},
	{"en", "It was a style of the nineteen-eighties and the noughties. Anna Smith (1851–1923) left.", w("the nineteen-eighties|1980-01-01|1989-12-31|decade", "the noughties|2000-01-01|2009-12-31|decade", "1851–1923|1851-01-01|1923-12-31|year")},
	{"de", "Seit Anfang der Nullerjahre gilt das.", w("Anfang der Nullerjahre|2000-01-01|2003-12-31|decade")},

	{"en", "It ended its best two-year run on a quiet note on Wednesday.", w("Wednesday|2025-03-12")},
	{"en", "It runs from June 1 through November 30. Forecasters in May had predicted more.", w("June 1 through November 30|2025-06-01|2025-11-30", "May|2024-05-01|2024-05-31|month")},
	{"fr", "Le théâtre reprend « Un dimanche de mai » jeudi.", w("jeudi|2025-03-13")},
	{"fr", "Ils ont reconduit leur grève jusqu'au 20 mars.", w("20 mars|2025-03-20")},

	{"es", "Se exhibe aún cada septiembre.", nil},
	{"en", "They meet every May in Rome.", nil},

	// More that is none.
	{"en", "The council meets on the first Tuesday of every month; he came on a Monday.", nil},
	{"en", "In the 1960s it had 300 hands; today it is a museum.", w("the 1960s|1960-01-01|1969-12-31|decade")},
	{"de", "Die Zahl stieg von 1200 auf 1500 Mitglieder; zwischen 1900 und 2000 Menschen kamen.", nil},

	// What stands beside the verb: times of the day, nouns, comparisons, lists; and
	// names, habits and titles that are no dates.
	{"en", "The road is shut until 5 a.m. on Friday. The vote was put off until noon on Monday.", w("Friday|2025-03-14", "Monday|2025-03-17")},
	{"en", "A spokeswoman said some ferries on Thursday would sail early. She said on Monday that they would not.", w("Thursday|2025-03-13", "Monday|2025-03-10")},
	{"en", "Unions have called a rally for Saturday. Figures for Monday were worse.", w("Saturday|2025-03-15", "Monday|2025-03-10")},
	{"en", "Trade was better than expected in February. They agreed to a truce in February and will agree to more in June.", w("February|2025-02-01|2025-02-28|month", "February|2025-02-01|2025-02-28|month", "June|2025-06-01|2025-06-30|month")},
	{"en", "On Monday the ministers agreed to lift the levy. They agreed to lift it on Monday.", w("Monday|2025-03-10", "Monday|2025-03-17")},
	{"en", "Profit for the nine months to September fell. Rain fell in the week to March 9.", w("September|2024-09-01|2024-09-30|month", "March 9|2025-03-09")},
	{"en", "Growth was 2 percent, after 3 percent in January. It is down from a peak in April.", w("January|2025-01-01|2025-01-31|month", "April|2024-04-01|2024-04-30|month")},
	{"en", "At their last meeting in October they froze rates. The next meeting in April matters.", w("October|2024-10-01|2024-10-31|month", "April|2025-04-01|2025-04-30|month")},
	{"en", "Talk of a June election grew. December inflation will be published on Thursday.", w("June|2025-06-01|2025-06-30|month", "December|2024-12-01|2024-12-31|month", "Thursday|2025-03-13")},
	{"en", "Third-quarter results will be published on Friday. The report for the third quarter will be out on Friday.", w("Third-quarter|2024-07-01|2024-09-30|quarter", "Friday|2025-03-14", "the third quarter|2024-07-01|2024-09-30|quarter", "Friday|2025-03-14")},
	{"en", "Crude for April delivery rose, and June copper futures fell.", w("April|2025-04-01|2025-04-30|month", "June|2025-06-01|2025-06-30|month")},
	{"en", "It began in '97 and lasted 2008-2012. The abbey (1490) burned down.", w("'97|1997-01-01|1997-12-31|year", "2008-2012|2008-01-01|2012-12-31|year", "1490|1490-01-01|1490-12-31|year")},
	{"en", "Highs in the 60s are likely. Music of the 60s was played.", w("the 60s|1960-01-01|1969-12-31|decade")},
	{"en", "It was the coldest in a decade, he will say.", w()},
	{"en", "Wes Friday, 44, was fined. Friday appealed. Mr Justice Monday will rule.", w()},
	{"en", "The show, \"From Dusk to Monday\", a play by two sisters, was dull. \"Monday\", he said.", w()},
	{"en", "He was fined on Monday over plans for a mast. It was a dry June.", w("Monday|2025-03-10", "June|2024-06-01|2024-06-30|month")},
	{"en", "The first stage starts on the first of May and ends on Monday the 31st.", w("first of May|2025-05-01", "Monday the 31st|2025-03-31")},
	{"en", "The leaders will be in Oslo Thursday to Saturday, April 3-5.", w("Thursday to Saturday, April 3-5|2025-04-03|2025-04-05")},
	{"en", "It was to be held on Friday. He did not leave until Monday.", w("Friday|2025-03-14", "Monday|2025-03-10")},
	{"en", "Voting went on into Sunday in some towns. They met every May 1.", w("Sunday|2025-03-09")},
	{"de", "Am Montag war das Tor bis 12 Uhr am Dienstag zu. Die Furt ist bis 12 Uhr am Freitag gesperrt.", w("Montag|2025-03-10", "Dienstag|2025-03-11", "Freitag|2025-03-14")},
	{"de", "Im Januar, als Gäste nicht beherbergt werden durften, blieben die Betten leer.", w("Januar|2025-01-01|2025-01-31|month")},
	{"de", "Waffen sind von Donnerstag bis Samstag verboten. Der Wirt hatte im Januar den Umbau angekündigt.", w("Donnerstag bis Samstag|2025-03-13|2025-03-15", "Januar|2025-01-01|2025-01-31|month")},
	{"de", "Von Freitag an ist ein Ausweis Pflicht. Für Gäste nach Ungarn ist von Freitag an ein Ausweis Pflicht.", w("Freitag|2025-03-14", "Freitag|2025-03-14")},
	{"de", "Die am Montag im Moor gefundene Kette ist alt. Das sind mehr als 2020, sagte sie.", w("Montag|2025-03-10", "2020|2020-01-01|2020-12-31|year")},
	{"de", "Im Wirtschaftsjahr 2021 Kosten zu senken, gelang nicht. Sie war 1672 gegründet worden.", w("2021|2021-01-01|2021-12-31|year", "1672|1672-01-01|1672-12-31|year")},
	{"de", "Eine Zeugin namens Montag schwieg. Herr Freitag will reden. Am Freitag will er reden.", w("Freitag|2025-03-14")},
	{"de", "Mo., 17.3.: Sitzung. Am Montag, 17.3.2025, tagt der Rat.", w("Mo., 17.3.|2025-03-17", "Montag, 17.3.2025|2025-03-17")},
	{"de", "Nach 3,8 Prozent im Januar dürfte die Rate im März sinken. Die Nacht von Montag auf Dienstag war kalt.", w("Januar|2025-01-01|2025-01-31|month", "März|2025-03-01|2025-03-31|month", "Montag auf Dienstag|2025-03-10|2025-03-11")},
	{"de", "Jeden Sommer ist es voll. Im Mai 68 war er jung. Morgen Mittag reist sie ab.", w("Mai 68|1968-05-01|1968-05-31|month", "Morgen|2025-03-13")},
	{"fr", "Le pont est fermé jusqu'à 18 heures vendredi. Le vote qui devait avoir lieu vendredi est reporté.", w("vendredi|2025-03-14", "vendredi|2025-03-14")},
	{"fr", "Le maire a proposé lundi une hausse au 1er juin. Le marché du dimanche a lieu. Il passait le jeudi.", w("lundi|2025-03-10", "1er juin|2025-06-01")},
	{"fr", "Les ventes de janvier seront publiées jeudi. C'est 3 %, contre 4 % en janvier.", w("janvier|2025-01-01|2025-01-31|month", "jeudi|2025-03-13", "janvier|2025-01-01|2025-01-31|month")},
	{"fr", "Depuis les grèves de novembre, il se tait. Il n'y a plus de bus jusqu'à vendredi.", w("novembre|2024-11-01|2024-11-30|month", "vendredi|2025-03-14")},
	{"fr", "En mai 68, il chantait. Ce mercredi 12 mars, il chante. Il a reçu Éva Avril. Avril a chanté.", w("mai 68|1968-05-01|1968-05-31|month", "Ce mercredi 12 mars|2025-03-12")},
	{"fr", "Chaque 14 juillet, il chante. La rentrée 2024 approche. Le prix a été remis le premier mai.", w("2024|2024-01-01|2024-12-31|year", "premier mai|2024-05-01")},
	{"es", "El puente está cerrado hasta las 9.00 horas del viernes. La tregua, que vencía el viernes, sigue.", w("viernes|2025-03-14", "viernes|2025-03-14")},
	{"es", "Hay miedo para el jueves y el viernes. Subirá un 1 % desde abril. Subió un 1 % desde enero.", w("jueves y el viernes|2025-03-13|2025-03-14", "abril|2025-04-01|2025-04-30|month", "enero|2025-01-01|2025-01-31|month")},
	{"es", "El juez les dio hasta el viernes para pagar. El banco prevé que los precios se estabilicen en mayo.", w("viernes|2025-03-14", "mayo|2025-05-01|2025-05-31|month")},
	{"es", "Recurrió el pasado día 3. Pagará el próximo día 20. Este miércoles 12 de marzo calla.", w("pasado día 3|2025-03-03", "próximo día 20|2025-03-20", "Este miércoles 12 de marzo|2025-03-12")},
	{"es", "Es un 4 %, frente al 3 % de enero. El dato de enero se publicará el jueves.", w("enero|2025-01-01|2025-01-31|month", "enero|2025-01-01|2025-01-31|month", "jueves|2025-03-13")},
	{"es", "Nació el primero de mayo de 1968. Llueve desde hace tres años. En 1999, 2000 y 2001 llovió.", w("primero de mayo de 1968|1968-05-01", "1999|1999-01-01|1999-12-31|year", "2000|2000-01-01|2000-12-31|year", "2001|2001-01-01|2001-12-31|year")},
	{"es", "Recibió a Julia Mayo. Mayo habló. La víspera del acto, su obra, «Lunes de mayo», gustó.", w()},

	// Two digits behind a month that count something, and those that are a year.
	{"de", "Er starb am 3. Mai 85-jährig. Im Juni 45 neue Fälle.", w("3. Mai|2024-05-03", "Juni|2025-06-01|2025-06-30|month")},
	{"de", "Im Mai 40 % mehr Aufträge. Im Mai 50'000 Besucher.", w("Mai|2025-05-01|2025-05-31|month", "Mai|2025-05-01|2025-05-31|month")},
	{"de", "Im Mai 68, sagte sie. Er fiel am 6. Juni 44.", w("Mai 68|1968-05-01|1968-05-31|month", "6. Juni 44|1944-06-06")},
	{"fr", "En mai 40 % des ménages ont payé. Il a chanté en mai 68.", w("mai|2024-05-01|2024-05-31|month", "mai 68|1968-05-01|1968-05-31|month")},

	// Nouns that are verbs of what is to come elsewhere.
	{"en", "Jets struck military targets on Monday. The city ended two projects on Monday. He unveiled a plan on Monday.", w("Monday|2025-03-10", "Monday|2025-03-10", "Monday|2025-03-10")},
	{"en", "The sale is targeted for Monday. The firm is targeting Monday. She foresees a vote on Monday.", w("Monday|2025-03-17", "Monday|2025-03-17", "Monday|2025-03-17")},

	// What nobody announces, and what is feared.
	{"en", "Heavy rain could cause flooding on Thursday. The storm may bring floods on Sunday. There was flooding on Sunday.", w("Thursday|2025-03-13", "Sunday|2025-03-16", "Sunday|2025-03-09")},
	{"en", "The thaw could set off an avalanche on Sunday. It is expected to trigger landslides on Sunday. They issued a warning of attacks on Sunday.", w("Sunday|2025-03-16", "Sunday|2025-03-16", "Sunday|2025-03-16")},
	{"en", "He will be charged over an attack on Sunday. The panel will look into the crash on Sunday. The fire on Sunday killed two.", w("Sunday|2025-03-09", "Sunday|2025-03-09", "Sunday|2025-03-09")},
	{"de", "Die Hitze könnte einen Waldbrand am Sonntag auslösen. Es drohen Angriffe am Sonntag. Er soll bei einem Angriff am Sonntag gestorben sein.", w("Sonntag|2025-03-16", "Sonntag|2025-03-16", "Sonntag|2025-03-09")},
	{"fr", "La fonte pourrait provoquer un effondrement dimanche. Le choc risque de causer des émeutes dimanche. L'attaque de dimanche sera jugée.", w("dimanche|2025-03-16", "dimanche|2025-03-16", "dimanche|2025-03-09")},
	{"es", "La lluvia podría causar un derrumbe el domingo. El calor puede provocar incendios el domingo. El ataque del domingo será juzgado.", w("domingo|2025-03-16", "domingo|2025-03-16", "domingo|2025-03-09")},

	// A fortnight is no half of a year; and numbers that are no years.
	{"es", "Cerró en la primera quincena. Abrirá en la primera quincena de mayo.", w("primera quincena de mayo|2025-05-01|2025-05-15")},
	{"fr", "Il a fermé la première quinzaine. Il ouvrira la première quinzaine de mai.", w("première quinzaine de mai|2025-05-01|2025-05-15")},
	{"de", "Gewählt sind Hans Meier (1245) und Anna Huber (1190). Das Kloster (1490) brannte ab.", w("1490|1490-01-01|1490-12-31|year")},
	{"en", "Elected were John Meyer (1,245), Ann Hall (1190). The abbey (1490) burned down.", w("1490|1490-01-01|1490-12-31|year")},
	{"de", "Die Preise (Stand 2023) gelten noch.", w("2023|2023-01-01|2023-12-31|year")},
}
