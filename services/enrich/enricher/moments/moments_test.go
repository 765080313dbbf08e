package moments_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/enricher/enrichertest"
	"github.com/copytaster/copytaster/services/enrich/enricher/moments"
)

func enricher(t testing.TB) *moments.Enricher {
	t.Helper()
	e, err := moments.New()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// body is an article of paragraphs.
func body(lang, text string, published time.Time) *article.Article {
	a := enrichertest.Article(lang, "", strings.Split(text, "\n\n")...)
	a.PublishedAt = published
	return a
}

func day(t time.Time, p article.Precision) string {
	if t.IsZero() {
		return "-"
	}
	if p == article.PrecisionTime {
		return t.Format(time.RFC3339)
	}
	return t.Format(time.DateOnly)
}

func told(m article.Moment) string {
	if !m.Resolved() {
		return "unresolved"
	}
	return day(m.From, m.Precision) + " " + day(m.To, m.Precision) + " " + string(m.Precision)
}

// TestGolden: what an editor reads in the golden text, and without the day of
// publication only what carries its year.
func TestGolden(t *testing.T) {
	var want struct {
		Dates []struct {
			Text, Precision string
			From, To        string
			Optional        bool
		}
	}
	enrichertest.Expected(t, &want)
	e, text := enricher(t), enrichertest.Golden(t)
	for _, published := range []time.Time{time.Date(2024, 4, 20, 6, 0, 0, 0, time.UTC), {}} {
		a := body("en", text, published)
		if err := e.Enrich(context.Background(), a); err != nil {
			t.Fatal(err)
		}
		left := slices.Clone(a.Moments)
		for _, w := range want.Dates {
			i := slices.IndexFunc(left, func(m article.Moment) bool {
				return slices.Contains(strings.Split(w.Text, "|"), m.In(a.Text)) || w.Optional && strings.Contains(w.Text, m.In(a.Text))
			})
			if i < 0 {
				if !w.Optional {
					t.Errorf("%q was not found", w.Text)
				}
				continue
			}
			expected := w.From + " " + cmp.Or(w.To, "-") + " " + w.Precision
			if published.IsZero() && !strings.Contains(w.Text, "2023") {
				expected = "unresolved"
			}
			if got := told(left[i]); got != expected {
				t.Errorf("%q is %s, want %s", w.Text, got, expected)
			}
			left = slices.Delete(left, i, i+1)
		}
		for _, m := range left {
			t.Errorf("%q was found, too", m.In(a.Text))
		}
	}
}

// TestAgenda: a line that is only a day, and no paragraph, heads what belongs to it;
// one with its year is the stamp of a page.
func TestAgenda(t *testing.T) {
	e := enricher(t)
	for line, want := range map[string]int{
		"MONDAY, MAY 6":       1,
		"Tuesday, 7 May:":     1,
		"Monday, May 6, 2024": 0,
		"Updated May 6":       0,
		"Monday":              0,
		strings.Repeat(".", 60) + "MONDAY, MAY 6": 0,
	} {
		b := article.Builder{Signer: "format/x", Version: 1}
		b.Add(article.Boilerplate, line)
		a := &article.Article{PublishedAt: time.Date(2024, 5, 3, 0, 0, 0, 0, time.UTC)}
		b.Fill(a)
		a.Language.Value = "en"
		if err := e.Enrich(context.Background(), a); err != nil {
			t.Fatal(err)
		}
		if len(a.Moments) != want {
			t.Errorf("%q has %d moments, want %d", line, len(a.Moments), want)
		}
	}
}

// TestManner: what stands beside the article tells nothing of how it writes.
func TestManner(t *testing.T) {
	b := article.Builder{Signer: "format/x", Version: 1}
	b.Add(article.Boilerplate, "Call Wes Friday, 44, or 13/12/2024")
	b.Add(article.Paragraph, "Friday will be dry. It opened on 3/4/2024.")
	a := &article.Article{PublishedAt: time.Date(2025, 3, 12, 0, 0, 0, 0, time.UTC)}
	b.Fill(a)
	a.Language.Value = "en"
	e, alone := enricher(t), body("en", "Friday will be dry. It opened on 3/4/2024.", a.PublishedAt)
	if err := errors.Join(e.Enrich(context.Background(), a), e.Enrich(context.Background(), alone)); err != nil {
		t.Fatal(err)
	}
	if len(alone.Moments) != 2 || len(a.Moments) != 2 || told(a.Moments[0]) != told(alone.Moments[0]) || told(a.Moments[1]) != told(alone.Moments[1]) {
		t.Errorf("%+v, alone %+v", a.Moments, alone.Moments)
	}
}

// TestAnchor: dates count from the dateline, else from the day of publication;
// never from when an article was received, nor from the clock.
func TestAnchor(t *testing.T) {
	e := enricher(t)
	a := body("en", "He died on Monday.", time.Date(2025, 3, 12, 23, 30, 0, 0, time.FixedZone("", -5*3600)))
	run := func() article.Moment {
		t.Helper()
		if err := e.Enrich(context.Background(), a); err != nil || len(a.Moments) != 1 {
			t.Fatal(a.Moments, err)
		}
		return a.Moments[0]
	}
	if got := day(run().From, article.PrecisionDay); got != "2025-03-10" { // the 13th in UTC
		t.Error(got)
	}
	a.Filed.Date = time.Date(2025, 3, 9, 0, 0, 0, 0, time.UTC)
	if got := day(run().From, article.PrecisionDay); got != "2025-03-03" {
		t.Error(got)
	}
	a.Filed.Date, a.PublishedAt = time.Time{}, time.Time{}
	a.ReceivedAt, a.VersionCreated = time.Now(), time.Now()
	if m := run(); m.Resolved() || m.Precision != article.PrecisionDay {
		t.Errorf("%+v", m)
	}
}

func TestWhereItReads(t *testing.T) {
	b := article.Builder{Signer: "format/x", Version: 1}
	for _, k := range article.Kinds {
		b.Add(k, "In 1999.")
	}
	a := &article.Article{}
	b.Fill(a)
	a.Language.Value = "en"
	if err := enricher(t).Enrich(context.Background(), a); err != nil {
		t.Fatal(err)
	}
	var got []article.Kind
	for _, m := range a.Moments {
		for _, s := range a.Segments {
			if s.Contains(m.Span) {
				got = append(got, s.Kind)
			}
		}
	}
	want := []article.Kind{article.Headline, article.Standfirst, article.Dateline, article.Paragraph, article.Subhead, article.Quote, article.Note}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read %v, want %v", got, want)
	}
	a.Language.Value = "xx"
	if err := enricher(t).Enrich(context.Background(), a); err != nil || a.Moments != nil {
		t.Errorf("in a language without data: %v, %v", a.Moments, err)
	}
}

// TestReadsBack: a day that is written in a language's forms is that day, and
// so is what is written without a year next to it.
func TestReadsBack(t *testing.T) {
	e := enricher(t)
	names := map[string]string{
		"en": "January February March April May June July August September October November December",
		"de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
		"fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
		"es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
	}
	weekdays := map[string]string{
		"en": "Sunday Monday Tuesday Wednesday Thursday Friday Saturday",
		"de": "Sonntag Montag Dienstag Mittwoch Donnerstag Freitag Samstag",
		"fr": "dimanche lundi mardi mercredi jeudi vendredi samedi",
		"es": "domingo lunes martes miércoles jueves viernes sábado",
	}
	forms := map[string][]string{ // W weekday, D day, M month, Y year, N month's number
		"en": {"on W, M D, Y, it", "on D M Y it", "on Y-0N-0D it", "on M D, Y"},
		"de": {"am W, dem D. M Y, war", "am D. M Y war", "am D.N.Y war", "am Y-0N-0D war"},
		"fr": {"le W D M Y, il", "le D M Y il", "le 0D/0N/Y il"},
		"es": {"el W D de M de Y fue", "el D de M de Y fue", "el D/N/Y fue"},
	}
	bare := map[string][]string{
		"en": {"they met on M D.", "they met on D M.", "they met on W, M D."},
		"de": {"sie waren am D. M dort.", "sie waren am W, D. M, dort."},
		"fr": {"ils étaient là le D M.", "ils étaient là le W D M."},
		"es": {"estuvieron el D de M.", "estuvieron el W D de M."},
	}
	for at := time.Date(1890, 1, 1, 0, 0, 0, 0, time.UTC); at.Year() < 2120; at = at.AddDate(0, 0, 97) {
		for lang, fs := range forms {
			m, w := strings.Fields(names[lang])[at.Month()-1], strings.Fields(weekdays[lang])[at.Weekday()]
			write := func(form string) string {
				return strings.NewReplacer("W", w, "D", fmt.Sprint(at.Day()), "M", m, "Y", fmt.Sprint(at.Year()), "0N", fmt.Sprintf("%02d", int(at.Month())),
					"0D", fmt.Sprintf("%02d", at.Day()), "N", fmt.Sprint(int(at.Month()))).Replace(form)
			}
			for _, f := range fs {
				if got := found(t, e, lang, write(f), time.Time{}); len(got) != 1 || !strings.HasSuffix(got[0], "|"+at.Format(time.DateOnly)) {
					t.Fatalf("%s %q: %q", lang, write(f), got)
				}
			}
			for _, f := range bare[lang] {
				// Published within the ten months behind it.
				published := at.AddDate(0, 0, at.YearDay()%300)
				if got := found(t, e, lang, write(f), published); len(got) != 1 || !strings.HasSuffix(got[0], "|"+at.Format(time.DateOnly)) {
					t.Fatalf("%s %q published %v: %q", lang, write(f), published, got)
				}
			}
		}
	}
}

// TestYearsThatAre: what lies outside the years 1 to 9999 is not resolved, and
// takes nothing from the others.
func TestYearsThatAre(t *testing.T) {
	e := enricher(t)
	for text, want := range map[string]string{
		"It began 25 centuries ago.":               "unresolved",
		"It began 300 decades ago.":                "unresolved",
		"It will open next year.":                  "unresolved",
		"It will open in the next century.":        "unresolved",
		"It opened last year.":                     "9998-01-01 9998-12-31 year",
		"It will be held from Friday to Saturday.": "unresolved",
	} {
		a := body("en", text+" It closed in 1999.", time.Date(9999, 12, 31, 12, 0, 0, 0, time.UTC))
		if strings.Contains(text, "ago") {
			a.PublishedAt = time.Date(2025, 3, 12, 0, 0, 0, 0, time.UTC)
		}
		if err := errors.Join(e.Enrich(context.Background(), a), a.CheckReading()); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if len(a.Moments) != 2 || told(a.Moments[0]) != want || a.Moments[0].Precision == "" {
			t.Errorf("%q: %+v, want %s", text, a.Moments, want)
		}
	}
}

// TestNoSuchDay: a day that never was is not resolved, and takes nothing from
// the others.
func TestNoSuchDay(t *testing.T) {
	e := enricher(t)
	for lang, text := range map[string]string{
		"en": "The invoice was dated Feb. 29, 2019, and paid in 2020.",
		"de": "Die Rechnung vom 29. Februar 2019 wurde 2020 bezahlt.",
	} {
		a := body(lang, text, time.Date(2025, 3, 12, 0, 0, 0, 0, time.UTC))
		if err := errors.Join(e.Enrich(context.Background(), a), a.CheckReading()); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if len(a.Moments) < 2 || a.Moments[0].Resolved() || told(a.Moments[len(a.Moments)-1]) != "2020-01-01 2020-12-31 year" {
			t.Errorf("%q: %+v", text, a.Moments)
		}
	}
}

// TestWeekdays: whatever the anchor, a day of the week lies within a week of
// it, on the side that the verb tells.
func TestWeekdays(t *testing.T) {
	e := enricher(t)
	for d := range 14 {
		anchor := time.Date(2024, 2, 23+d, 5, 0, 0, 0, time.UTC)
		for k, name := range strings.Fields("Sunday Monday Tuesday Wednesday Thursday Friday Saturday") {
			for form, days := range map[string][2]int{"It fell on %s.": {-6, 0}, "It will fall on %s.": {1, 7}, "It fell last %s.": {-7, -1}, "It is next %s.": {1, 7}} {
				a := body("en", fmt.Sprintf(form, name), anchor)
				if err := e.Enrich(context.Background(), a); err != nil || len(a.Moments) != 1 {
					t.Fatal(form, name, a.Moments, err)
				}
				got := a.Moments[0].From
				away := int(got.Sub(anchor.Truncate(24*time.Hour)).Hours() / 24)
				if int(got.Weekday()) != k || away < days[0] || away > days[1] {
					t.Errorf(form+" of %v: %v", name, anchor, got)
				}
			}
		}
	}
}

func hostile() map[string]string {
	return enrichertest.MBs("",
		"1", "1 ", "2024 ", "20.", "1.1.", "1-1-", "12/", "May ", "in May ", "May May 1 ", "Monday ", "on Monday ", "March 3 to ", "of ", "the ",
		"the end of ", "last ", "last year ", "early ", "first quarter of ", "and ", "Monday and ", "\"", "\"May ", "(", "'s ", "2020-", "1990s ", "two weeks ",
		"in ", "since ", "will ", "until ", "'", ".", "XIX ", "XIX century ", "Mai und ", "the first six months of ", "ä", "\xff", "1, ", "1,", "1, 2 and ", "Monday the ", "one ", "Tuesday to Saturday open ", "every Monday and ", "Paul May ", "to be on Monday ",
	)
}

// perMB is the processor's time that a text may take for each of its megabytes:
// far above what it takes, with the race detector, too. What is not linear takes
// minutes.
const perMB = 20 * time.Second

// enrichInTime enriches a and tells what it took; more than perMB is an error.
func enrichInTime(t *testing.T, e *moments.Enricher, name string, a *article.Article) time.Duration {
	t.Helper()
	const least = perMB / 20
	return enrichertest.InTime(t, max(least, perMB*time.Duration(len(a.Text))>>20), name, func() {
		if err := e.Enrich(context.Background(), a); err != nil {
			t.Error(name, err)
		}
	})
}

// TestHostile: texts that are nothing but what dates are made of are read in
// time, and give no more than the limit.
func TestHostile(t *testing.T) {
	e := enricher(t)
	for name, s := range hostile() {
		a := &article.Article{Text: s, PublishedAt: time.Date(2025, 3, 12, 0, 0, 0, 0, time.UTC)}
		a.Segments = []article.Segment{{Kind: article.Paragraph, Evidence: article.Evidence{Span: article.Span{End: len(s)}}}}
		a.Language.Value = "en"
		t.Logf("%q: %v, %d moments", name, enrichInTime(t, e, name, a), len(a.Moments))
		if len(a.Moments) > moments.Limit {
			t.Errorf("%q gives %d", name, len(a.Moments))
		}
	}
	many := body("en", strings.Repeat("In 1999, it rained. ", moments.Limit+10), time.Time{})
	if err := e.Enrich(context.Background(), many); err != nil || len(many.Moments) != moments.Limit {
		t.Errorf("%d moments, %v", len(many.Moments), err)
	}
}

// TestCutOff: what a text leaves open at its end, wherever that is, is read.
func TestCutOff(t *testing.T) {
	e := enricher(t)
	for lang, texts := range map[string][]string{
		"en": {"It opens, he said, on \u201cMonday\u201d: \"May\": 3.", "\u00ab Today \u00bb", ". May spoke."},
		"de": {"Es sank gegenüber dem \"Vorjahr\": um zwei, gegenüber dem „Mai“: um drei.", "« Heute »", ". Mai sprach. Dr. Mai kam am 3. Mai 85-jährig."},
		"fr": {"C'est pour lundi, selon « Aujourd'hui »: il part.", "« Hier »", ". Lundi, la cour a jugé. M. Mai, 45, en mai 68."},
		"es": {"Llega hoy, según informa «Hoy»: llueve.", "« Hoy »", ". Mayo fue seco. D. Mayo, de 45 años, en mayo 68."},
	} {
		for _, text := range texts {
			for from := range len(text) {
				for end := from + 1; end <= len(text); end++ {
					a := &article.Article{Text: text, PublishedAt: time.Date(2025, 3, 12, 0, 0, 0, 0, time.UTC)}
					a.Segments = []article.Segment{{Kind: article.Paragraph, Evidence: article.Evidence{Span: article.Span{Start: from, End: end}}}}
					a.Language.Value = lang
					if err := e.Enrich(context.Background(), a); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
}

func FuzzMoments(f *testing.F) {
	for _, p := range phenomena {
		f.Add(p.lang, p.text, int64(1741771800))
	}
	f.Add("en", "3/31/25 1.1.2020 2025-03-16T04:00Z March 3-", int64(0))
	f.Add("en", "25 centuries ago and next year, the coming months.", time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC).Unix())
	f.Add("fr", "l\xc3 19e 1er XIXe\u00a0siècle", int64(-1))
	e := enricher(f)
	f.Fuzz(func(t *testing.T, lang, text string, published int64) {
		a := &article.Article{Text: text}
		if published > 0 && published < 1<<38 {
			a.PublishedAt = time.Unix(published, 0)
		}
		if text != "" {
			a.Segments = []article.Segment{{Kind: article.Paragraph, Evidence: article.Evidence{Span: article.Span{End: len(text)}}}}
		}
		a.Language.Value = lang
		if err := e.Enrich(context.Background(), a); err != nil {
			t.Fatal(err)
		}
		if err := a.CheckReading(); err != nil && utf8.ValidString(text) {
			t.Fatal(err)
		}
		end := 0
		for _, m := range a.Moments {
			switch {
			case m.Start < end || m.End <= m.Start || m.End > len(text):
				t.Fatalf("span %v behind %d in %d bytes", m.Span, end, len(text))
			case !utf8.RuneStart(text[m.Start]) || m.End < len(text) && utf8.ValidString(text) && !utf8.RuneStart(text[m.End]):
				t.Fatalf("%q is cut within a character", m.In(text))
			case m.Resolved() && !m.To.IsZero() && m.To.Before(m.From):
				t.Fatalf("%q is from %v to %v", m.In(text), m.From, m.To)
			case m.Precision == "" || m.Confidence <= 0 || m.Confidence > 1 || m.Enricher != moments.Name:
				t.Fatalf("%+v", m)
			}
			end = m.End
		}
		again := *a
		if err := e.Enrich(context.Background(), &again); err != nil || !reflect.DeepEqual(&again, a) {
			t.Fatalf("again gives %+v, not %+v", again.Moments, a.Moments)
		}
	})
}

func BenchmarkGolden(b *testing.B) {
	enrichertest.BenchmarkGolden(b, enricher(b), body("en", enrichertest.Golden(b), time.Date(2024, 4, 20, 6, 0, 0, 0, time.UTC)))
}

// ofWords is an article of n words of the golden text, 50 to a paragraph.
func ofWords(t testing.TB, n int) *article.Article {
	words := strings.Fields(enrichertest.Golden(t))
	var s strings.Builder
	for i := range n {
		s.WriteString(words[i%len(words)] + " ")
		if i%50 == 49 {
			s.WriteString("\n\n")
		}
	}
	return body("en", s.String(), time.Date(2024, 4, 20, 6, 0, 0, 0, time.UTC))
}

// TestGrowth: a text of any length is read in time.
func TestGrowth(t *testing.T) {
	e := enricher(t)
	for _, n := range []int{1000, 10_000, 100_000} {
		t.Logf("%d words: %v", n, enrichInTime(t, e, fmt.Sprint(n), ofWords(t, n)))
	}
}

func BenchmarkWords(b *testing.B) {
	enrichertest.BenchmarkWords(b, enricher(b), func(n int) *article.Article { return ofWords(b, n) })
}
