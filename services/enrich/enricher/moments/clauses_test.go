package moments_test

import "testing"

// What the clause around a date tells, where its nearest verb doesn't, and what is a
// year, a name or a length of time by what stands beside it.
func TestClauses(t *testing.T) { find(t, clauses) }

var clauses = []phenomenon{
	// Clauses with one auxiliary for two participles, and what stands in an infinitive.
	{"de", "Sie hatte den Streik am Montag begonnen und Dienstagabend nach 28 Stunden beendet.", w("Montag|2025-03-10", "Dienstagabend|2025-03-11")},
	{"de", "Er hat am Montag geredet und beendet am Freitag die Arbeit.", w("Montag|2025-03-10", "Freitag|2025-03-14")},
	{"de", "Er kündigte an, am Freitag zurückzutreten. Die Frist, geplant war der 11. November, ist um.", w("Freitag|2025-03-14", "11. November|2024-11-11")},
	{"de", "Er liess am Montag alles offen. „Ich wollte im April nach Rom“, sagte sie.", w("Montag|2025-03-10", "April|2025-04-01|2025-04-30|month")},
	{"en", "He expects spending to remain subdued until June. From Friday fully vaccinated people could travel.", w("June|2025-06-01|2025-06-30|month", "Friday|2025-03-14")},
	{"en", "He called on Tuesday for early polls. He said from Friday the shops could open.", w("Tuesday|2025-03-11", "Friday|2025-03-14")},
	{"fr", "Il a demandé à être reçu avant vendredi. Le préfet a donné jusqu'à jeudi aux mineurs.", w("vendredi|2025-03-14", "jeudi|2025-03-13")},
	{"es", "Vox llamó a manifestarse el sábado. Han convocado concentraciones el sábado. El sábado ganamos bien.", w("sábado|2025-03-15", "sábado|2025-03-15", "sábado|2025-03-08")},
	{"es", "Si no ganamos el sábado, me voy. Habrá sanciones si no libera a los detenidos en enero.", w("sábado|2025-03-15", "enero|2025-01-01|2025-01-31|month")},

	// Until when something lasts, is given, was wanted, or has been put off.
	{"en", "Buyers, away until Tuesday, sold nothing. They gave him until Friday. The office has issued a warning through Thursday.", w("Tuesday|2025-03-18", "Friday|2025-03-14", "Thursday|2025-03-13")},
	{"en", "The hall wanted a deposit by the end of March. Workers have voted to walk out on Monday.", w("the end of March|2025-03-21|2025-03-31|third of a month", "Monday|2025-03-17")},
	{"en", "Shares rose, after net purchases from July to December.", w("July to December|2024-07-01|2024-12-31|month")},
	{"de", "Die Stadt untersagte bis zum 31. August das Baden. Sie können die Aktie von Mittwoch bis zum 20. März zeichnen.", w("31. August|2025-08-31", "Mittwoch bis zum 20. März|2025-03-12|2025-03-20")},
	{"es", "La firma aplazó de julio a octubre la obra. El juicio, señalado para el otoño, se celebró en enero.", w("julio|2025-07-01|2025-07-31|month", "octubre|2025-10-01|2025-10-31|month", "otoño|2024-09-01|2024-11-30|season", "enero|2025-01-01|2025-01-31|month")},
	{"es", "Las clases quedaron suspendidas hasta el jueves.", w("jueves|2025-03-13")},

	// A day or month that belongs to a noun.
	{"en", "It is a premium of 19 percent to Monday's close. Her findings appear in Wednesday's issue. Shops close on Monday.", w("Monday|2025-03-10", "Wednesday|2025-03-12", "Monday|2025-03-17")},
	{"fr", "Le candidat à la présidentielle d'octobre est poursuivi.", w("octobre|2024-10-01|2024-10-31|month")},
	{"es", "La obra seguirá esta misma semana. Fue el último año comparable.", w("esta misma semana|2025-03-10|2025-03-16|week")},

	// Years without a word that says so, and numbers that are none.
	{"en", "It sees no return to 2019 levels. We entered 2025 with debts. We know how 2012 ended. She signed a contract to 2029 last week.", w("2019|2019-01-01|2019-12-31|year", "2025|2025-01-01|2025-12-31|year", "2012|2012-01-01|2012-12-31|year", "2029|2029-01-01|2029-12-31|year", "last week|2025-03-03|2025-03-09|week")},
	{"en", "Dial in with passcode 1984. He saw the band 1989. In all 1984 people came.", w()},
	{"de", "Im Jahr 2001 waren es 17 Prozent, 2016 19. Er hatte zwischen 2008 und 2013 Anlagen verkauft. Bis 2040 auf 200 Milliarden.", w("2001|2001-01-01|2001-12-31|year", "2016|2016-01-01|2016-12-31|year", "2008 und 2013|2008-01-01|2013-12-31|year", "2040|2040-01-01|2040-12-31|year")},
	{"de", "Zwischen 1900 und 2000 Menschen kamen. Der heute 63-Jährige schweigt.", w()},
	{"fr", "Le bénéfice recule de 22 % pour 2024, à 143 millions.", w("2024|2024-01-01|2024-12-31|year")},

	// Day and month the other way round, where the day of the article says so.
	{"en", "Quote log 552 of 08/03/25. It was filed on 09/28/24.", w("08/03/25|2025-03-08", "09/28/24|2024-09-28")},
	{"en", "The claim of 08/05/22 was paid.", w("08/05/22|2022-08-05")},

	// Names, and how long something has been so.
	{"en", "The last shop, Sunday & Sons, shut. They trailed in the fourth quarter, said the goalie.", w()},
	{"en", "It was cut for the second time in four months. The second trial begins in two weeks. It is nine days ahead of the average.", w("in two weeks|2025-03-26")},
	{"fr", "Elle est jouée par l'ensemble Les Heures de mai.", w()},
	{"es", "Es la peor cosecha en treinta años. Es la mitad que en un año normal. Con el puente de mayo sube.", w()},
	{"es", "La sesión será en dos semanas.", w("en dos semanas|2025-03-26")},
}
