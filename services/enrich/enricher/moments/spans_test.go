package moments_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
)

// How far dates reach, and what looks like one.
func TestSpans(t *testing.T) { find(t, spans) }

var spans = []phenomenon{
	// Years with an apostrophe, and what has a year beside it.
	{"en", "The mill closed in the winter of '87, or in May '88.", w("the winter of '87|1987-12-01|1988-02-29|season", "May '88|1988-05-01|1988-05-31|month")},
	{"en", "It forecast 2026 revenue of $3 billion, and 2027 profit. It sold 2026 lorries.", w("2026|2026-01-01|2026-12-31|year", "2027|2027-01-01|2027-12-31|year")},
	{"en", "The 1998 and 2002 finals were close.", w("1998|1998-01-01|1998-12-31|year", "2002|2002-01-01|2002-12-31|year")},
	{"de", "Er war 1998 Trainer und von 2005 bis 2009 Präsident. Es kamen 1998 Gäste.", w("1998|1998-01-01|1998-12-31|year", "2005 bis 2009|2005-01-01|2009-12-31|year")},
	{"fr", "La Coupe 2026 partira de Lyon. Il a voté en 2017 pour la loi.", w("2026|2026-01-01|2026-12-31|year", "2017|2017-01-01|2017-12-31|year")},
	{"es", "El 2 de mayo de 1516 llegó el rey.", w("2 de mayo de 1516|1516-05-02")},
	// Models and sums are no years.
	{"en", "The recall is of models 2021, 2022 and 2024 and of the 2025 model. The 2021-S is safe.", nil},
	{"en", "Some 500 came on Sunday and 2000 on Monday.", w("Sunday|2025-03-09", "Monday|2025-03-10")},
	{"de", "Die Zahl sank 2024 um 3 Prozent auf 1950.", w("2024|2024-01-01|2024-12-31|year")},
	{"es", "Ganó la final de 2012 y llegó a final de 2013.", w("2012|2012-01-01|2012-12-31|year", "final de 2013|2013-09-01|2013-12-31|year")},
	// Ranges.
	{"fr", "La moyenne des années 1991-2020 est basse. Les années 1950 et 1960 aussi.", w("1991-2020|1991-01-01|2020-12-31|year", "années 1950 et 1960|1950-01-01|1969-12-31|decade")},
	{"fr", "Les années 1950 et la fin des années 1960.", w("années 1950|1950-01-01|1959-12-31|decade", "fin des années 1960|1967-01-01|1969-12-31|decade")},
	{"en", "The show runs March 3 to June 8. The fair runs March 20 to 25.", w("March 3 to June 8|2025-03-03|2025-06-08", "March 20 to 25|2025-03-20|2025-03-25")},
	{"en", "It will rain between Friday night and Sunday morning. He ate on Friday night and Sunday morning he will eat.", w("Friday night and Sunday|2025-03-14|2025-03-16", "Friday|2025-03-07", "Sunday|2025-03-16")},
	{"de", "Von Montag, 17. März, bis Freitag, 21. März, ist zu.", w("Montag, 17. März, bis Freitag, 21. März|2025-03-17|2025-03-21")},
	{"en", "Sales in the first five months of the year rose.", w("the first five months of the year|2025-01-01|2025-05-31|month")},
	// Days of the week with more beside them.
	{"es", "El próximo viernes, 21 de marzo, vota. El pasado lunes 3 votó.", w("próximo viernes, 21 de marzo|2025-03-21", "pasado lunes 3|2025-03-03")},
	{"de", "Am übernächsten Sonntag wird gewählt.", w("übernächsten Sonntag|2025-03-23")},
	{"de", "Sie spielt am Mittwoch in Köln und am Freitag in Bonn.", w("Mittwoch|2025-03-12", "Freitag|2025-03-14")},
	{"de", "Sie streiten seit Sommer über Geld. Es war den Sommer über trocken.", w("Sommer|2024-06-01|2024-08-31|season", "Sommer über|2024-06-01|2024-08-31|season")},
	{"en", "It rained at the end of the 2016 season, 7,600 years ago and 60 years ago.", w("2016|2016-01-01|2016-12-31|year", "60 years ago|1965-01-01|1965-12-31|year")},
	{"en", "It was hotter than 2023, the coldest December of the century. She signed it \"2/7/2025\" in a Monday letter.", w("2023|2023-01-01|2023-12-31|year", "2/7/2025|2025-07-02", "Monday|2025-03-10")},
	{"de", "Bach (1685-1750) war von 1703 bis 1707 Organist. Der TSV Fulda 1905 siegte. Mehr als 2000 kamen, mehr als 2019.", w("1685-1750|1685-01-01|1750-12-31|year", "1703 bis 1707|1703-01-01|1707-12-31|year", "2019|2019-01-01|2019-12-31|year")},
	{"fr", "La chanson « Mardi gras » est gaie.", nil},
	// Months of a figure, weeks of a day, and what is put off.
	{"en", "Unemployment, unchanged in January, is likely to rise by December.", w("January|2025-01-01|2025-01-31|month", "December|2025-12-01|2025-12-31|month")},
	{"en", "Inflation is likely to have slowed in January. It hopes to have slowed it by June.", w("January|2025-01-01|2025-01-31|month", "June|2025-06-01|2025-06-30|month")},
	{"en", "Hearings begin in the week of April 14.", w("the week of April 14|2025-04-14|2025-04-20|week")},
	{"en", "The date was extended in early March to mid-August.", w("early March|2025-03-01|2025-03-10|third of a month", "mid-August|2025-08-11|2025-08-20|third of a month")},
	{"en", "A truce that took hold on March 3 is over. A rate cut in June looks certain.", w("March 3|2025-03-03", "June|2025-06-01|2025-06-30|month")},
	{"en", "It would add routes this winter.", w("this winter|2025-12-01|2026-02-28|season")},
	{"en", "The strike follows a walkout on January 30. Payments due on February 15 were missed.", w("January 30|2025-01-30", "February 15|2025-02-15")},
	{"en", "A stone for the victims of the May 22 attack will be unveiled. Prices are likely to fall in 2026.", w("May 22|2024-05-22", "2026|2026-01-01|2026-12-31|year")},
	{"en", "Trains will be scrapped after the summer, he said. On Sunday three halls were hit.", w("the summer|2025-06-01|2025-08-31|season", "Sunday|2025-03-09")},
	{"en", "Profit for the six months to the end of June climbed.", w("the end of June|2024-06-21|2024-06-30|third of a month")},
	{"fr", "Les pertes s'expliquent par le gel d'avril. Il est prudent pour l'automne.", w("avril|2024-04-01|2024-04-30|month", "automne|2025-09-01|2025-11-30|season")},
	{"fr", "Les trois derniers mois de 2024 ont été bons. La foire aura lieu dans la seconde moitié d'octobre.", w("trois derniers mois de 2024|2024-10-01|2024-12-31|quarter", "seconde moitié d'octobre|2025-10-16|2025-10-31")},
	{"fr", "L'équipe, battue dimanche, se déplace vendredi à Reims.", w("dimanche|2025-03-09", "vendredi|2025-03-14")},
	{"es", "Las huelgas, la última el 12 de febrero, seguirán.", w("12 de febrero|2025-02-12")},
	{"de", "Die Lieferung, die Ende Februar beginnen sollte, startet im Mai.", w("Ende Februar|2025-02-21|2025-02-28|third of a month", "Mai|2025-05-01|2025-05-31|month")},
	{"de", "Die Gespräche, Mitte Dezember unterbrochen, gehen am Dienstag weiter.", w("Mitte Dezember|2024-12-11|2024-12-20|third of a month", "Dienstag|2025-03-18")},
	// What tells the direction.
	{"en", "A law that would ban whaling passed the Senate Monday. They are not happy, voted on Monday and left.", w("Monday|2025-03-10", "Monday|2025-03-10")},
	{"en", "May said on Monday that all was well.", w("Monday|2025-03-10")},
	{"en", "April sales rose. The bill is soon expected on Monday.", w("April|2024-04-01|2024-04-30|month", "Monday|2025-03-17")},
	{"en", "They will act in the late spring or early summer, he said.", w("the late spring|2025-05-01|2025-05-31|season", "early summer|2025-06-01|2025-06-30|season")},
	{"en", "The office reports March payrolls on April 4. February's gain was small.", w("March|2025-03-01|2025-03-31|month", "April 4|2025-04-04", "February|2025-02-01|2025-02-28|month")},
	{"de", "Von Mitte März bis Ende Oktober ist das Bad geöffnet.", w("Mitte März bis Ende Oktober|2025-03-11|2025-10-31|third of a month")},
	{"fr", "Ainsi, du 1er au 9 mars, 21 feux ont été vus.", w("1er au 9 mars|2025-03-01|2025-03-09")},
	{"es", "Viajará el martes a la cumbre, la primera desde octubre.", w("martes|2025-03-18", "octubre|2024-10-01|2024-10-31|month")},
	{"de", "In der Meldung vom 3. Juni muss es anders heißen.", w("3. Juni|2024-06-03")},
	{"es", "El ministro anunció la reducción de ayudas desde junio.", w("junio|2025-06-01|2025-06-30|month")},
	{"fr", "Ils ont jusqu'à vendredi pour s'accorder.", w("vendredi|2025-03-14")},
	{"es", "Lo dijo el martes, en la mañana fría.", w("martes|2025-03-11")},
}

// What a note corrects is read, and what it says of how dates are written, and which
// it names last, counts for nothing in the text.
func TestNotes(t *testing.T) {
	e := enricher(t)
	b := article.Builder{Signer: "format/x", Version: 1}
	b.Add(article.Note, "Correction: A report of 3/31/2024 had it open in 1997, not in 1998.")
	b.Add(article.Paragraph, "It rained two days later, and on 5/4/2024.")
	a := &article.Article{PublishedAt: time.Date(2025, 3, 12, 9, 30, 0, 0, time.UTC)}
	b.Fill(a)
	a.Language.Value = "en"
	if err := e.Enrich(context.Background(), a); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range a.Moments {
		got = append(got, m.In(a.Text)+"|"+day(m.From, m.Precision))
	}
	if want := w("3/31/2024|2024-03-31", "1997|1997-01-01", "1998|1998-01-01", "5/4/2024|2024-04-05"); !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
}
