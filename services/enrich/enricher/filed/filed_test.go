package filed_test

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/enricher/filed"
)

func read(t testing.TB, e *filed.Enricher, dateline, lang string, published time.Time) article.Filed {
	t.Helper()
	b := article.Builder{Signer: "format/x", Version: 1}
	b.Add(article.Headline, "A headline")
	if dateline != "" {
		b.Add(article.Dateline, dateline)
	}
	b.Add(article.Paragraph, "What happened.")
	a := &article.Article{PublishedAt: published}
	b.Fill(a)
	a.Language.Value = lang
	if err := e.Enrich(context.Background(), a); err != nil {
		t.Fatal(err)
	}
	return a.Filed
}

func TestManners(t *testing.T) {
	e, err := filed.New()
	if err != nil {
		t.Fatal(err)
	}
	published := time.Date(2025, 1, 2, 6, 0, 0, 0, time.UTC)
	for in, want := range map[string]string{ // places|date|agencies
		"LONDON, March 3 (Reuters) -":               "LONDON|2025-03-03|Reuters",
		"NAIROBI, Dec. 31 (AP) —":                   "NAIROBI|2024-12-31|AP",
		"HARPSTEAD, Maine (AP) —":                   "HARPSTEAD, Maine|-|AP",
		"AUGUSTA, Ga. Jan 2 -":                      "AUGUSTA, Ga.|2025-01-02|",
		"Caracas, feb 26 -":                         "Caracas|2025-02-26|",
		"Bern, 2.5.2024 (xyz).":                     "Bern|2024-05-02|",
		"Bern, 2.5. (sda) -":                        "Bern|2025-05-02|Keystone-SDA",
		"sioux falls, april 7 -":                    "sioux falls|2025-04-07|",
		"ATLANTA, Apri 1 -":                         "ATLANTA|2025-04-01|",
		"FORT WAYNE, Ind., Marchg 12 -":             "FORT WAYNE, Ind.|2025-03-12|",
		"KANSAS CITY, Mo. - March 13 -":             "KANSAS CITY, Mo|2025-03-13|",
		"New york, March 2 -":                       "New york|2025-03-02|",
		"WASHINGTON, March 12, Reuter -":            "WASHINGTON|2025-03-12|Reuters",
		"****LONDON, March 5 -":                     "LONDON|2025-03-05|",
		"AUGUSTA, Ga., Jan 2 -":                     "AUGUSTA, Ga.|2025-01-02|",
		"SAO PAULO/TOKYO, Jan 30 (Reuters) -":       "SAO PAULO;TOKYO|2025-01-30|Reuters",
		"NAIROBI, May 4 (Xinhua) --":                "NAIROBI|2025-05-04|Xinhua",
		"May 22 (UPI) --":                           "|2025-05-22|UPI",
		"MURMANSK, April 9. /TASS/.":                "MURMANSK|2025-04-09|TASS",
		"MORIOKA, Japan, Dec. 3, Kyodo -":           "MORIOKA, Japan|2024-12-03|Kyodo",
		"Jaén, Spain, 5 Feb (EFE).-":                "Jaén, Spain|2025-02-05|EFE",
		"(ANSA) - VENICE, MAR 12 -":                 "VENICE|2025-03-12|ANSA",
		"(Bloomberg) --":                            "|-|Bloomberg",
		"Chandrapur (Maharashtra), Sep 3 (PTI)":     "Chandrapur (Maharashtra)|2024-09-03|PTI",
		"ISTANBUL":                                  "ISTANBUL|-|",
		"PARIS, 12 mars (AFP) -":                    "PARIS|2025-03-12|AFP",
		"Villedieu, 21 oct 2024 -":                  "Villedieu|2024-10-21|",
		"Paris, le 12 mars 2025 (AFP) -":            "Paris|2025-03-12|AFP",
		"LORIENT, Morbihan, 27 juin (Reuters) -":    "LORIENT, Morbihan|2025-06-27|Reuters",
		"Chamonix (ats/afp) -":                      "Chamonix|-|ATS;AFP",
		"Berlin (dpa) -":                            "Berlin|-|dpa",
		"Duisburg (dpa/lnw) -":                      "Duisburg|-|dpa",
		"FRANKFURT (dpa-AFX) -":                     "FRANKFURT|-|dpa-AFX",
		"Graz/Mariazell (APA) -":                    "Graz;Mariazell|-|APA",
		"Nesslau SG (sda)":                          "Nesslau SG|-|Keystone-SDA",
		"Hannover (epd).":                           "Hannover|-|epd",
		"Frankfurt (Main) (dpa) -":                  "Frankfurt (Main)|-|dpa",
		"Wien, 20. Mai -":                           "Wien|2025-05-20|",
		"Madrid, 3 mar (EFE).-":                     "Madrid|2025-03-03|EFE",
		"BUENOS AIRES, 3 de enero de 2025 (AFP) -":  "BUENOS AIRES|2025-01-03|AFP",
		"WASHINGTON and LONDON, Jan 2 (Reuters) -":  "WASHINGTON;LONDON|2025-01-02|Reuters",
		"ABOARD AIR FORCE ONE, Jan 2 (Reuters) -":   "ABOARD AIR FORCE ONE|2025-01-02|Reuters",
		"Rio de Janeiro, 4 ene (EFE).-":             "Rio de Janeiro|2025-01-04|EFE",
		"VOGELBECK.":                                "VOGELBECK|-|",
		"MOSCOW, 2025-01-02 (TASS) -":               "MOSCOW|2025-01-02|TASS",
		strings.Repeat("LONDON/", 200) + " Jan 2 -": strings.TrimSuffix(strings.Repeat("LONDON;", filed.MaxPlaces), ";") + "|-|",
		"": "|-|",
		"NEW YORK, Tuesday, Dec. 31, 2024 (Reuters)": "NEW YORK|2024-12-31|Reuters",
	} {
		lang := "en"
		f := read(t, e, in, lang, published)
		date := "-"
		if !f.Date.IsZero() {
			date = f.Date.Format(time.DateOnly)
		}
		if got := strings.Join(f.Places, ";") + "|" + date + "|" + strings.Join(f.Agencies, ";"); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// Without a day of publication a date without year can't be told.
func TestNoYear(t *testing.T) {
	e, err := filed.New()
	if err != nil {
		t.Fatal(err)
	}
	if f := read(t, e, "LONDON, March 3 (Reuters) -", "en", time.Time{}); !f.Date.IsZero() || len(f.Places) != 1 || f.Confidence == 0 {
		t.Errorf("%+v", f)
	}
	if f := read(t, e, "LONDON, March 3, 2021 (Reuters) -", "en", time.Time{}); f.Date.Year() != 2021 {
		t.Errorf("%+v", f)
	}
}

// The whole chain's datelines are what the segments found; what else stands in
// the text is not read.
func TestNoDateline(t *testing.T) {
	e, err := filed.New()
	if err != nil {
		t.Fatal(err)
	}
	b := article.Builder{Signer: "format/x", Version: 1}
	b.Add(article.Paragraph, "LONDON, March 3 (Reuters) - It rained.")
	a := &article.Article{Filed: article.Filed{Places: []string{"PARIS"}}}
	b.Fill(a)
	if err := e.Enrich(context.Background(), a); err != nil || !reflect.DeepEqual(a.Filed, article.Filed{}) {
		t.Errorf("%+v, %v", a.Filed, err)
	}
}

func FuzzFiled(f *testing.F) {
	f.Add("PINE FORK, Idaho, Feb. 30 (AP/dpa) —", int64(1741771800))
	f.Add("/TASS/ (", int64(0))
	f.Add("Zürich/“, 3. März 2024. (sda)-", int64(1))
	e, err := filed.New()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, dateline string, published int64) {
		if strings.TrimSpace(dateline) == "" {
			return
		}
		a := &article.Article{Text: dateline}
		if published > 0 && published < 1<<40 {
			a.PublishedAt = time.Unix(published, 0)
		}
		a.Segments = []article.Segment{{Kind: article.Dateline, Evidence: article.Evidence{Span: article.Span{End: len(dateline)}, Confidence: 1}}}
		a.Language.Value = "en"
		if err := e.Enrich(context.Background(), a); err != nil {
			t.Fatal(err)
		}
		g := a.Filed
		if len(g.Places) > filed.MaxPlaces || g.End != len(dateline) || !g.Date.IsZero() && g.Date != g.Date.Truncate(24*time.Hour) {
			t.Fatalf("%+v", g)
		}
		for _, p := range g.Places {
			if p == "" || strings.TrimSpace(p) != p {
				t.Fatalf("place %q", p)
			}
		}
	})
}

func BenchmarkDateline(b *testing.B) {
	e, err := filed.New()
	if err != nil {
		b.Fatal(err)
	}
	bl := article.Builder{Signer: "format/x", Version: 1}
	bl.Add(article.Dateline, "SAO PAULO/TOKYO, Jan 30 (Reuters) -")
	a := &article.Article{PublishedAt: time.Date(2025, 1, 30, 0, 0, 0, 0, time.UTC)}
	bl.Fill(a)
	a.Language.Value = "en"
	b.ReportAllocs()
	for b.Loop() {
		x := *a
		if err := e.Enrich(context.Background(), &x); err != nil {
			b.Fatal(err)
		}
	}
}
