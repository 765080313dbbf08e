package moments_test

import (
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/calendar"
)

func TestFocus(t *testing.T) { find(t, hanging) }

// hanging are dates that hang on others, and those that have the year of what their
// sentence or paragraph tells of.
var hanging = []phenomenon{
	// So many units from what was named: the unit that is counted in tells the precision.
	{"en", "The plant closed in June 2017. It reopened two years later.", w("June 2017|2017-06-01|2017-06-30|month", "two years later|2019-01-01|2019-12-31|year")},
	{"en", "He was hired on 3 May 2018 and left six months later.", w("3 May 2018|2018-05-03", "six months later|2018-11-01|2018-11-30|month")},
	{"de", "Sie kam am 3. Mai 2018 und ging eine Woche später.", w("3. Mai 2018|2018-05-03", "eine Woche später|2018-05-10")},
	{"fr", "Élu en 2014, il fut battu six ans plus tard.", w("2014|2014-01-01|2014-12-31|year", "six ans plus tard|2020-01-01|2020-12-31|year")},
	{"es", "Se publicó el 1 de abril de 2019 y se retiró diez días después.", w("1 de abril de 2019|2019-04-01", "diez días después|2019-04-11")},
	// A figure of a year before is of the same months.
	{"en", "Inflation was 2.8% in January, down from 3.1% a month earlier and 5.3% a year earlier.", w("January|2025-01-01|2025-01-31|month", "a month earlier|2024-12-01|2024-12-31|month", "a year earlier|2024-01-01|2024-01-31|month")},
	{"en", "Profit rose in the fourth quarter of 2024 from a year earlier.", w("the fourth quarter of 2024|2024-10-01|2024-12-31|quarter", "a year earlier|2023-10-01|2023-12-31|quarter")},
	{"de", "Im Februar waren es 2,9 Millionen, im Vormonat 2,7 Millionen.", w("Februar|2025-02-01|2025-02-28|month", "Vormonat|2025-01-01|2025-01-31|month")},
	{"es", "El paro bajó en el primer trimestre de 2024 más que en el mismo periodo del año anterior.", w("primer trimestre de 2024|2024-01-01|2024-03-31|quarter", "mismo periodo del año anterior|2023-01-01|2023-03-31|quarter")},
	// Units, months and seasons beside what was named, or those that it lies in.
	{"en", "It lost money in 2021. The following year it broke even.", w("2021|2021-01-01|2021-12-31|year", "The following year|2022-01-01|2022-12-31|year")},
	{"en", "Talks began in January 1949. The last accord was signed that July.", w("January 1949|1949-01-01|1949-01-31|month", "that July|1949-07-01|1949-07-31|month")},
	{"en", "It opened in March 2020 and closed the following June.", w("March 2020|2020-03-01|2020-03-31|month", "the following June|2020-06-01|2020-06-30|month")},
	{"en", "It shut in August 2019 and reopened in November of that year.", w("August 2019|2019-08-01|2019-08-31|month", "November of that year|2019-11-01|2019-11-30|month")},
	{"fr", "La grève avait commencé le 12 mars 2018. Elle avait repris le mois suivant.", w("12 mars 2018|2018-03-12", "mois suivant|2018-04-01|2018-04-30|month")},
	{"fr", "Il débute en 2015. Cette année-là, le club est monté.", w("2015|2015-01-01|2015-12-31|year", "Cette année-là|2015-01-01|2015-12-31|year")},
	{"es", "Ganó en mayo de 1994. Ese verano se marchó.", w("mayo de 1994|1994-05-01|1994-05-31|month", "Ese verano|1994-06-01|1994-08-31|season")},
	{"de", "1998 brannte die Halle ab. Im Jahr darauf wurde sie neu gebaut.", w("1998|1998-01-01|1998-12-31|year", "Jahr darauf|1999-01-01|1999-12-31|year")},
	// "That" opens a clause, too.
	{"en", "The bank said that June 2024 was quiet and that July was busy.", w("June 2024|2024-06-01|2024-06-30|month", "July|2024-07-01|2024-07-31|month")},
	// What is over hangs on what is over, and not on the day when it was said.
	{"en", "The quake struck on Sunday. Schools stay shut until Monday. Two days earlier, a smaller one had cracked walls.", w("Sunday|2025-03-09", "Monday|2025-03-17", "Two days earlier|2025-03-07")},
	{"en", "He was found on Friday, police said on Tuesday. The following day a man was held.", w("Friday|2025-03-07", "Tuesday|2025-03-11", "The following day|2025-03-08")},
	{"en", "She came back in 1990, 22 years later.", w("1990|1990-01-01|1990-12-31|year")},
	// The year that the sentence tells of.
	{"fr", "En 2017, la cérémonie avait eu lieu un 14 mai.", w("2017|2017-01-01|2017-12-31|year", "14 mai|2017-05-14")},
	{"en", "Next year, in June, there is a World Cup; in November, an election.", w("Next year|2026-01-01|2026-12-31|year", "June|2026-06-01|2026-06-30|month", "November|2026-11-01|2026-11-30|month")},
	{"en", "Growers remember 2003, when some started in the middle of August.", w("2003|2003-01-01|2003-12-31|year", "the middle of August|2003-08-11|2003-08-20|third of a month")},
	{"es", "La erupción de 1949 duró de junio a agosto.", w("1949|1949-01-01|1949-12-31|year", "junio a agosto|1949-06-01|1949-08-31|month")},
	{"en", "In March 2020 the theatre closed. In June it sold its organ.", w("March 2020|2020-03-01|2020-03-31|month", "June|2020-06-01|2020-06-30|month")},
	{"en", "He died in June 2022. He had been found on June 22.", w("June 2022|2022-06-01|2022-06-30|month", "June 22|2022-06-22")},
	// And not of what only has its year.
	{"en", "The plant, opened in 1962, will close at the end of June.", w("1962|1962-01-01|1962-12-31|year", "the end of June|2025-06-21|2025-06-30|third of a month")},
	{"de", "Der Prozess gegen den 2014 entlassenen Arzt hatte Ende Januar begonnen.", w("2014|2014-01-01|2014-12-31|year", "Ende Januar|2025-01-21|2025-01-31|third of a month")},
	{"en", "Prices rose in 2023. In February alone they fell.", w("2023|2023-01-01|2023-12-31|year", "February|2025-02-01|2025-02-28|month")},
	// The story that a paragraph tells, however far from the anchor.
	{"en", "The strike began on 2 October 1972. In November the government declared an emergency.", w("2 October 1972|1972-10-02", "November|1972-11-01|1972-11-30|month")},
	{"fr", "Arrêté en mars 2022, il avait avoué en juin avant de se rétracter.", w("mars 2022|2022-03-01|2022-03-31|month", "juin|2022-06-01|2022-06-30|month")},
	{"de", "Wirth war im Juli 2020 ausgereist. Im August wurde sein Pass für ungültig erklärt.", w("Juli 2020|2020-07-01|2020-07-31|month", "August|2020-08-01|2020-08-31|month")},
	{"es", "El consejero dimitió en abril de 2012 y entró en prisión en agosto.", w("abril de 2012|2012-04-01|2012-04-30|month", "agosto|2012-08-01|2012-08-31|month")},
	// And not of a year that is told of a thing, nor of what lasts since.
	{"en", "The company, founded in 1987, went public on Sept. 12.", w("1987|1987-01-01|1987-12-31|year", "Sept. 12|2024-09-12")},
	{"en", "Shares of the chain, which opened in 1958, have lost a fifth since January.", w("1958|1958-01-01|1958-12-31|year", "January|2025-01-01|2025-01-31|month")},
	// "That July" is of the same year, whatever follows it.
	{"en", "They moved in October 1969. Letters say he had sailed that July and was ill.", w("October 1969|1969-10-01|1969-10-31|month", "that July|1969-07-01|1969-07-31|month")},
	{"en", "It was fined in March 2022. An inspection that November found no breach.", w("March 2022|2022-03-01|2022-03-31|month", "that November|2022-11-01|2022-11-30|month")},
	{"en", "They were convicted in May 2005 of a murder in August 2003. They appealed that autumn.", w("May 2005|2005-05-01|2005-05-31|month", "August 2003|2003-08-01|2003-08-31|month", "that autumn|2005-09-01|2005-11-30|season")},
	// No range goes over the end of a sentence.
	{"es", "Es el nivel más alto desde abril de 2021. A finales de febrero subió.", w("abril de 2021|2021-04-01|2021-04-30|month", "finales de febrero|2025-02-21|2025-02-28|third of a month")},
	{"fr", "Ils défileront le 1er mai. L’an dernier, ils étaient nombreux.", w("1er mai|2025-05-01", "an dernier|2024-01-01|2024-12-31|year")},
	// Directions.
	{"en", "The owner was to be questioned later on Wednesday.", w("Wednesday|2025-03-12")},
	{"en", "The flight on April 27 was sold out.", w("April 27|2025-04-27")},
	{"en", "They would walk out if there was no deal by Friday.", w("Friday|2025-03-14")},
	{"fr", "Réélu dimanche, il sera investi le 13 mai.", w("dimanche|2025-03-09", "13 mai|2025-05-13")},
	{"es", "La lluvia obligó a aplazar el voto hasta este domingo.", w("este domingo|2025-03-16")},
	{"en", "Forecasts of frost this weekend drove prices up.", w("this weekend|2025-03-15|2025-03-16")},
}

// The present tense of a chronology tells of what is over, and what heads a paragraph
// follows what headed the one before it.
func TestChronology(t *testing.T) {
	e, anchor := enricher(t), time.Date(2025, 3, 12, 0, 0, 0, 0, time.UTC)
	for lang, text := range map[string]string{
		"en": "October 2024: A buyer pulls out. In November 200 workers are laid off.\n\nDec. 4: The last machine stops.\n\nMay 6: The court will rule.",
		"fr": "Octobre 2024 : un acheteur se retire. En novembre, 200 salariés sont licenciés.\n\n4 décembre : la dernière machine s'arrête.\n\n6 mai : le tribunal tranchera.",
	} {
		got := found(t, e, lang, text, anchor)
		for i, want := range []string{"2024-10-01", "2024-11-01", "2024-12-04", "2025-05-06"} {
			if len(got) != 4 || !strings.Contains(got[i], want) {
				t.Errorf("%s: got %q, want %s", lang, got, want)
			}
		}
	}
}

// What was chosen from is told to who asks, with traits of names.
func TestChoices(t *testing.T) {
	b := article.Builder{Signer: "format/x", Version: 1}
	b.Add(article.Paragraph, "The strike began on 2 October 1972. In November it was over.")
	a := &article.Article{PublishedAt: time.Date(2025, 3, 12, 0, 0, 0, 0, time.UTC)}
	b.Fill(a)
	a.Language.Value = "en"
	all := enricher(t).Choices(t.Context(), a)
	if len(all) != 1 || a.Text[all[0].Start:all[0].End] != "November" || all[0].Counted.From.Year() != 2024 || len(all[0].Readings) == 0 {
		t.Fatalf("%+v", all)
	}
	for _, r := range all[0].Readings {
		for _, trait := range r.Traits {
			if calendar.TraitName(trait) == "" {
				t.Errorf("trait %d has no name", trait)
			}
		}
	}
	if first := all[0].Readings[0]; first.From.Year() != 1972 || len(first.Traits) == 0 {
		t.Errorf("%+v", first)
	}
}

// Where nothing was named, nothing hangs on it, and what may be a duration is no date.
// What can't be told leaves what hangs on it untold, too.
func TestNothingToHangOn(t *testing.T) {
	e := enricher(t)
	for text, want := range map[string]string{
		"It took place two days later.":            "",
		"The same period of 2023 was better.":      "",
		"On Friday it rained. The following day, ": "Friday|? The following day|?",
	} {
		if got := strings.Join(found(t, e, "en", text, time.Time{}), " "); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// What hangs on a date goes no further back than a few sentences, and never out of a
// note into the article.
func TestFocusIsNear(t *testing.T) {
	e, anchor := enricher(t), time.Date(2025, 3, 12, 0, 0, 0, 0, time.UTC)
	text := "It began on 3 May 2018." + strings.Repeat(" It rained again.", 10) + " He left the following year."
	if got := found(t, e, "en", text, anchor); len(got) != 2 || got[1] != "the following year|?" {
		t.Errorf("%q", got)
	}
	b := article.Builder{Signer: "format/x", Version: 1}
	b.Add(article.Note, "Correction: it was built in 1997.")
	b.Add(article.Paragraph, "He left the following year.")
	a := &article.Article{PublishedAt: anchor}
	b.Fill(a)
	a.Language.Value = "en"
	if err := e.Enrich(t.Context(), a); err != nil || len(a.Moments) != 1 {
		t.Errorf("%v %+v", err, a.Moments)
	}
}
