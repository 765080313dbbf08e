package grammar_test

import (
	"strings"
	"testing"

	"github.com/copytaster/copytaster/services/enrich/grammar"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

func lex(t testing.TB) *lexicon.Lexicon {
	t.Helper()
	l, err := lexicon.Default()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func line(s string) grammar.Line { return grammar.NewLine(s, 0, len(s)) }

func TestCredit(t *testing.T) {
	for in, want := range map[string]string{ // photographer|agencies
		"© Jo Ray/AP/dpa":  "Jo Ray|AP,dpa",
		"(c) Jo Ray":       "Jo Ray|",
		"Foto: Jo Ray/dpa": "Jo Ray|dpa",
		"Foto: dpa":        "|dpa",
		"Photo by Ana de la Cruz / AFP via Getty Images": "Ana de la Cruz|AFP,Getty Images",
		"REUTERS/Jo Ray":                                   "Jo Ray|Reuters",
		"REUTERS/Jo Ray/File Photo":                        "Jo Ray|Reuters",
		"(AP Photo/Jo Ray)":                                "Jo Ray|AP",
		"(AP Photo/Jo Ray, File)":                          "Jo Ray|AP",
		"Crédit : Jo Ray / AFP":                            "Jo Ray|AFP",
		"Crédit photo : Jo Ray":                            "Jo Ray|",
		"picture alliance / dpa / Jo Ray":                  "Jo Ray|dpa",
		"Bild: picture alliance/dpa":                       "|dpa",
		"Photo: Jo Ray for Reuters":                        "Jo Ray|Reuters",
		"Keystone/Jo Ray/Archives":                         "Jo Ray|Keystone",
		"PHOTO/Jo Ray":                                     "Jo Ray|",
		"EPA/JO RAY":                                       "JO RAY|EPA",
		"Image credit: Shutterstock":                       "|Shutterstock",
		"Jo Ray/AFP":                                       "Jo Ray|AFP",
		"A market in Agadez.":                              "",
		"Photo: A market in Agadez was closed for a week.": "",
		"dpa":                            "",
		"afp/jd":                         "",
		"Von Jo Ray, dpa":                "",
		"He told AP that it was over.":   "",
		"Foto:":                          "",
		"":                               "",
		"dpa/AFP":                        "",
		strings.Repeat("Foto: a/", 4000): "",
	} {
		c, ok := grammar.ParseCredit(lex(t), line(in))
		got := ""
		if ok {
			var names []string
			for _, a := range c.Agencies {
				names = append(names, a.Name)
			}
			got = c.Photographer.In(in) + "|" + strings.Join(names, ",")
		}
		if got != want {
			t.Errorf("%.60q: got %q, want %q", in, got, want)
		}
	}
}

func TestDateline(t *testing.T) {
	for in, want := range map[string]string{ // dateline|agency; the text is cut behind "#"
		"NIAMEY (dpa) - #The":                                       "dpa",
		"Berlin (dpa/tmn) - #Wer":                                   "dpa-tmn",
		"LONDON, March 3 (Reuters) - #Oil":                          "Reuters",
		"LONDON/PARIS, March 3 (Reuters) - #Oil":                    "Reuters",
		"PARIS, 12 mars (AFP) -# Le":                                "AFP",
		"Paris, le 12 mars 2024 (AFP) - #Le":                        "AFP",
		"WASHINGTON (AP) — #The":                                    "AP",
		"KYIV, Ukraine (AP) — #The":                                 "AP",
		"(ANSA) - ROMA, 12 MAR -# Il":                               "ANSA",
		"MOSCOW, March 3. /TASS/. #The":                             "TASS",
		"BEIJING, March 3 (Xinhua) -- #China":                       "Xinhua",
		"Jaén, Spain, 5 Feb (EFE).- #Olive":                         "EFE",
		"Bonn (KNA) #Der":                                           "KNA",
		"Frankfurt a.M. (epd). #Die":                                "epd",
		"Bern, 12. März (Keystone-SDA) - #Der":                      "Keystone-SDA",
		"Sion (ats) - #Le":                                          "ATS",
		"STOCKHOLM (TT) #Den":                                       "TT",
		"TOKYO, Dec. 3, Kyodo - #An":                                "Kyodo",
		"May 22 (UPI) -- #Astronomers":                              "UPI",
		"Graz/Mariazell (APA) - #Eine":                              "APA",
		"FRANKFURT (dpa-AFX) - #Die":                                "dpa-AFX",
		"BRUSSELS, Jan 9 (Belga) – #The":                            "Belga",
		"NEW YORK (Bloomberg) -- #Stocks":                           "Bloomberg",
		"SYDNEY, March 4 AAP - #The":                                "AAP",
		"NIAMEY, Niger — #The":                                      "",
		"DUBLIN, 2 Oct. 2024 (Coast Agency) - #Ireland":             "",
		"sioux falls, april 7 - #barrow prices rose":                "",
		"KANSAS CITY, Mo. - March 13 - #American":                   "",
		"ATLANTA, Apri 1 - #The":                                    "",
		"Bern, 2.5.2024 (xyz). #Am":                                 "",
		"Bern, 2. Mai 2024 (xyz). #Am":                              "",
		"Bern, 2.5.2024 - #Am":                                      "",
		"Bern, 2.5 Grad (warm). Es":                                 "none",
		"NEW YORK, March 4, - #South":                               "",
		"****LONDON, March 5 - #India":                              "",
		"WASHINGTON, March 18 - #net 65 mln vs 57 mln":              "",
		"CORRECTED - GM SEES RISE IN EUROPEAN SALES":                "none",
		"ECONOMIC SPOTLIGHT - U.S. DEFICIT WITH NICs":               "none",
		"ROTTERDAM PORT SUBSIDY TO END JULY 1 - MINISTER":           "none",
		"he came, march 9 is the day":                               "none",
		"Berlin - #Die":                                             "",
		"Berlin – das ist eine Stadt, in der es viel zu sehen gibt": "none",
		"The minister (SPD) - a lawyer - said":                      "none",
		"Kirche wird Kletterhalle - Gemeinde behält den Turm":       "none",
		"":  "none",
		"(": "none",
		"Niger, with its 1,000 US soldiers, is by far": "none",
		strings.Repeat("A/", 9000):                     "none",
	} {
		cut := strings.Index(in, "#")
		text := strings.Replace(in, "#", "", 1)
		d, ok := grammar.ParseDateline(lex(t), line(text))
		got := "none"
		if ok {
			got = ""
			if d.Agency != nil {
				got = d.Agency.Name
			}
			if s := strings.TrimSpace(in[:max(cut, 0)]); strings.TrimSpace(text[:d.End]) != s {
				t.Errorf("%.60q: cut %q", in, text[:d.End])
			}
		}
		if got != want {
			t.Errorf("%.60q: got %q, want %q", in, got, want)
		}
	}
}

func TestByline(t *testing.T) {
	for in, want := range map[string]bool{
		"By Jane Doe and John Roe":                          true,
		"By JANE DOE, Associated Press":                     true,
		"By Jane Doe in London":                             true,
		"Von Petra Muster, dpa":                             true,
		"Von Petra Muster, dpa, und Hans Meier, AFP":        true,
		"Von unserem Korrespondenten Hans Meier":            true,
		"Par Jean Dupont (AFP)":                             true,
		"Par Jean Dupont et Marie Durand à Paris":           true,
		"By Gwen Tarrant, PA Political Staff":               true,
		"Jane Doe, Reuters":                                 true,
		"Jane Doe, political editor":                        true,
		"Text: Petra Muster":                                true,
		"By Jane Doe | 3 March 2024":                        true,
		"By the river, a town waits":                        false,
		"Von der Leyen besucht Kiew":                        false,
		"Par ici la sortie":                                 false,
		"By Jane Doe?":                                      false,
		"By":                                                false,
		"":                                                  false,
		"Text messages anger voters":                        false,
		"By " + strings.Repeat("Jane ", 5000):               false,
		"From Rome to Paris: a trip":                        false,
		"USA must withdraw its military personnel":          false,
		"Shares in Northquay were down, the company said":   false,
		"Berlin, Paris, Madrid: Europe's cities are baking": false,
	} {
		if _, ok := grammar.ParseByline(lex(t), line(in)); ok != want {
			t.Errorf("%.60q: got %v", in, ok)
		}
	}
}

func TestSignoff(t *testing.T) {
	for in, want := range map[string]string{ // agency, "-" for one without, "none"
		"dpa":                               "dpa",
		"(AFP)":                             "AFP",
		"afp/jd/mlv/ob":                     "AFP",
		"dpa pmu yybb n1 hbs":               "dpa",
		"KNA/jkl/mho":                       "KNA",
		"==Kyodo":                           "Kyodo",
		"© 2024 AFP":                        "AFP",
		"© dpa-infocom, dpa:240312-99-31/2": "dpa",
		"/ATS":                              "ATS",
		"APA/dpa":                           "APA",
		"(Schluss) gpi/rst":                 "-",
		"Enditem":                           "-",
		"rq-ll/ao":                          "-",
		"/jkr/DP/mis":                       "-",
		"Reporting by Jane Doe; Editing by John Roe":     "-",
		"(Reporting by Jane Doe)":                        "-",
		"Mit Material von dpa":                           "dpa",
		"Avec AFP":                                       "AFP",
		"AP writer Jane Doe contributed to this report.": "AP",
		"Reuters said that it would":                     "none",
		"Kein Ende in Sicht":                             "none",
		"The end of an era":                              "none",
		"":                                               "none",
		"Getty Images":                                   "none",
	} {
		s, ok := grammar.ParseSignoff(lex(t), line(in))
		got := "none"
		if ok {
			got = "-"
			if s.Agency != nil {
				got = s.Agency.Name
			}
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestNote(t *testing.T) {
	for in, want := range map[string]bool{
		"EDS: updates with quote":                          true,
		"(Eds: updates with quote, ADDS background)":       true,
		"(Updates with minister's quote, adds background)": true,
		"Achtung Redaktionen: Sperrfrist 18 Uhr":           true,
		"--- Notizblock ---":                               true,
		"# Notizblock":                                     true,
		"Note aux rédactions : photos à suivre":            true,
		"(MORE FOLLOWS)":                                   true,
		"Editors and writers met on Monday.":               false,
		"Internet companies gain":                          false,
		"Korrektur der Rente kommt":                        false,
		"":                                                 false,
	} {
		if c, _ := grammar.ParseNote(lex(t), line(in)); (c > 0.5) != want {
			t.Errorf("%q: got %v", in, c)
		}
	}
}

func TestTrailing(t *testing.T) {
	for in, want := range map[string]string{ // what is cut off: credit|sign-off
		"A market in Agadez. Photo: Jane Doe/AP":                   "Photo: Jane Doe/AP|",
		"A market in Agadez (Archivbild). Foto: Jo Ray/dpa":        "Foto: Jo Ray/dpa|",
		"Pine Fork, on Wednesday, Aug. 14, 2024. (AP Photo/J Doe)": "(AP Photo/J Doe)|",
		"A market in Agadez © Jane Doe/dpa":                        "© Jane Doe/dpa|",
		"It was over, he said. (AFP)":                              "|(AFP)",
		"It was over. EFE":                                         "|EFE",
		"It was over, he told AFP.":                                "|",
		"It was over. He told AFP.":                                "|",
		"He works for the AP. So did she.":                         "|",
	} {
		l := line(in)
		got := ""
		if at, ok := grammar.TrailingCredit(lex(t), l); ok {
			got = in[at:]
		}
		got += "|"
		if at, ok := grammar.TrailingSignoff(lex(t), l); ok {
			got += in[at:]
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func FuzzGrammar(f *testing.F) {
	for _, s := range []string{"NIAMEY (dpa) - The", "© Jo/AP", "By Jane Doe", "(AFP)", "# Notizblock", "a.–\u00a0(", "/TASS/.", "\xff(dpa"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		x, l := lex(t), line(s)
		if d, ok := grammar.ParseDateline(x, l); ok && (d.End <= l.Start || d.End > l.End) {
			t.Fatalf("dateline ends at %d", d.End)
		}
		if c, ok := grammar.ParseCredit(x, l); ok && (c.Photographer.Start < 0 || c.Photographer.End > len(s)) {
			t.Fatalf("photographer %v", c.Photographer)
		}
		grammar.ParseByline(x, l)
		grammar.ParseSignoff(x, l)
		grammar.ParseNote(x, l)
		if at, ok := grammar.TrailingCredit(x, l); ok && (at <= l.Start || at >= l.End) {
			t.Fatalf("credit at %d", at)
		}
		if at, ok := grammar.TrailingSignoff(x, l); ok && (at <= l.Start || at >= l.End) {
			t.Fatalf("sign-off at %d", at)
		}
	})
}
