package translation

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/enricher/enrichertest"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

func newEnricher(t testing.TB) *Enricher {
	t.Helper()
	e, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

type sample struct {
	language, what string
	article        article.Article
}

// samples reads testdata/cases.txt.
func samples(t testing.TB) []sample {
	t.Helper()
	b, err := os.ReadFile("testdata/cases.txt")
	if err != nil {
		t.Fatal(err)
	}
	var all []sample
	for block := range strings.SplitSeq(string(b), "\n\n") {
		head, text, ok := strings.Cut(strings.TrimSpace(block), "\n")
		if !ok || strings.HasPrefix(head, "#") {
			continue
		}
		s := sample{}
		s.language, s.what, _ = strings.Cut(head, " ")
		parts := strings.Split(text, "\n|\n")
		var builder article.Builder
		for i, p := range parts {
			kind := article.Paragraph
			if i == len(parts)-1 && i > 0 && strings.HasSuffix(s.what, "says so") {
				kind = article.Note
			}
			builder.Add(kind, p)
		}
		builder.Fill(&s.article)
		s.article.Language.Value = s.language
		all = append(all, s)
	}
	return all
}

func TestSamples(t *testing.T) {
	e := newEnricher(t)
	wrong := 0
	all := samples(t)
	for i := range all {
		s := &all[i]
		if err := e.Enrich(t.Context(), &s.article); err != nil {
			t.Fatal(err)
		}
		if got, want := s.article.Translation.Likely(), strings.HasPrefix(s.what, "translated"); got != want {
			wrong++
			t.Errorf("%s, %s: %v\n%s\n%s", s.language, s.what, s.article.Translation.Likelihood, s.article.Text, why(&s.article))
		}
		if err := s.article.CheckReading(); err != nil {
			t.Error(err)
		}
	}
	t.Logf("%d of %d are told right", len(all)-wrong, len(all))
	if len(all) < 20 {
		t.Errorf("%d samples", len(all))
	}
}

func why(a *article.Article) string {
	var b strings.Builder
	for _, r := range a.Translation.Reasons {
		fmt.Fprintf(&b, "  %s %.2f %q\n", r.Why, r.Confidence, a.Text[r.Start:r.End])
	}
	return b.String()
}

func one(t testing.TB, language, text string) article.Article {
	t.Helper()
	a := enrichertest.Article(language, "", text)
	if err := newEnricher(t).Enrich(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	return *a
}

func TestReasons(t *testing.T) {
	for _, c := range []struct{ language, text, want string }{
		{"en", "the old bridge To reach the harbour", `capital "To"`},
		{"en", "the play To Kill a Mockingbird was shown", ``},
		{"en", "He said: To be is to do.", ``},
		{"en", "the team OF the year", ``},
		{"en", "“All activities “, the paper said", `mark "“"`},
		{"en", "\"All activities \", the paper said", `mark "\""`},
		{"en", "“All activities”, the paper said “so”.", ``},
		{"en", "a 12\" pipe and \"so\" on", ``},
		{"en", "He called it „a mistake“ again", `foreign mark "„"`},
		{"en", "The US said the U.S. ships left. The US agreed.", `mixed spelling "U.S."`},
		{"en", "He told us of US plans.", ``},
		{"en", "It cost 1,4 million and 1,400 million", `number "1,4"`},
		{"en", "It fell 1.4 percent", ``},
		{"en", "It was reported, that he came. He knows, whether it is so.", `comma "reported, that", comma "knows, whether"`},
		{"en", "He said that, and that is that.", ``},
		{"en", "He has been in the town since yesterday", `calque "has been in the town since yesterday"`},
		{"en", "He has been there. It is open since yesterday", ``},
		{"en", "He has been one two three four five six seven since yesterday", ``},
		{"de", "„Gut so,“ sagte er", `mark ",“"`},
		{"de", "„Gut so“, sagte er", ``},
		{"de", "Es kostet 1.4 Millionen und 1,4 Millionen und 1.400 Millionen", `number "1.4"`},
		{"de", "das haus Und der garten", `capital "Und"`},
		{"xx", "„a “, the", ``},
		{"", "„a “, the", ``},
	} {
		a := one(t, c.language, c.text)
		var got []string
		for _, r := range a.Translation.Reasons {
			got = append(got, fmt.Sprintf("%s %q", r.Why, a.Text[r.Start:r.End]))
		}
		if s := strings.Join(got, ", "); s != c.want {
			t.Errorf("%s: %q: %s, want %s", c.language, c.text, s, c.want)
		}
		if a.Translation.Likely() {
			t.Errorf("%q: likely by %s alone", c.text, c.want)
		}
	}
}

func TestAgencyAloneSaysNothing(t *testing.T) {
	e := newEnricher(t)
	for text, want := range map[string]int{"A plain text.": 0, "It cost 1,4 million.": 2} {
		a := one(t, "en-GB", text)
		a.Agency.Value = "dpa"
		if err := e.Enrich(t.Context(), &a); err != nil || len(a.Translation.Reasons) != want {
			t.Errorf("%q: %v %+v", text, err, a.Translation)
		}
		a.Agency.Value = "Reuters"
		if err := e.Enrich(t.Context(), &a); err != nil || len(a.Translation.Reasons) > 1 {
			t.Errorf("%q: %v %+v", text, err, a.Translation)
		}
	}
}

func TestNoKindCountsForever(t *testing.T) {
	a := one(t, "en", strings.Repeat("It cost 1,4 million. ", 50))
	if n := len(a.Translation.Reasons); n != MaxEach {
		t.Errorf("%d reasons", n)
	}
}

// TestACalqueCountsOnce: what one writer is fond of is no second sign.
func TestACalqueCountsOnce(t *testing.T) {
	const twice = "Das ist nicht wirklich neu. Es hilft nicht wirklich, und es stört nicht wirklich."
	once, again := one(t, "de", "Das ist nicht wirklich neu."), one(t, "de", twice)
	if l := again.Translation.Likelihood; l == 0 || l != once.Translation.Likelihood || len(again.Translation.Reasons) != 1 {
		t.Errorf("%v, once %v: %s", l, once.Translation.Likelihood, why(&again))
	}
	both := one(t, "de", twice+" Er nahm Platz.")
	if len(both.Translation.Reasons) != 2 || both.Translation.Likelihood <= again.Translation.Likelihood {
		t.Errorf("another one adds nothing: %v\n%s", both.Translation.Likelihood, why(&both))
	}
}

// TestOrdinaryGerman: business copy dates by "in 2023", and people speak as they
// do. None of it makes a translation.
func TestOrdinaryGerman(t *testing.T) {
	for _, text := range []string{
		"Der Umsatz stieg in 2023 um drei Prozent und soll in 2024 erneut zulegen. Das Ergebnis lag in 2022 bei 14 Millionen Euro.",
		"Der Vorstand ist mit dem Jahr nicht wirklich zufrieden. „Das hilft uns nicht wirklich“, sagte er. In 2024 soll es besser werden.",
		"„Für mich macht das nicht wirklich einen Unterschied“, sagte die Trainerin. Am Ende stand es 2:1, und keiner war wirklich froh.",
		"Der Konzern erwartet in 2025 einen Gewinn von 1,4 Milliarden Euro, nach 1,2 Milliarden in 2024. Am Ende des Tages zähle das Ergebnis, sagte die Chefin.",
	} {
		if a := one(t, "de", text); a.Translation.Likely() {
			t.Errorf("%q: %v\n%s", text, a.Translation.Likelihood, why(&a))
		}
	}
}

func TestDataNamesTheLine(t *testing.T) {
	for says, text := range map[string]string{
		`en.txt:2: section "x" is unknown`:                 "[x]\nword",
		`en.txt:2: "2 a b" is no weight`:                   "[calques]\n2 a b",
		`en.txt:3: ".1 … b" begins or ends`:                "[calques]\n\n.1 … b",
		`en.txt:1: "word" stands before the first section`: "word",
	} {
		if _, err := load(fstest.MapFS{"en.txt": {Data: []byte(text)}}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want %s", err, says)
		}
	}
}

// TestLong: a text of a megabyte of marks, digits, gaps or beginnings of calques
// takes no longer than its length.
func TestLong(t *testing.T) {
	e := newEnricher(t)
	var begun strings.Builder // every calque but for its last word
	for tag := range e.languages {
		err := lexicon.EachSectionLine(data, tag+".txt", func(section, line string) error {
			if words := strings.Fields(line); section == "calques" {
				begun.WriteString(strings.ReplaceAll(strings.Join(words[1:len(words)-1], " "), "…", "x x x x x x") + " ")
			}
			return nil
		})
		if err != nil || begun.Len() == 0 {
			t.Fatalf("%s: %v", tag, err)
		}
	}
	for _, piece := range []string{
		begun.String(), "\"", "“ ", "„ ", "1,4 ", "1.", "has been a ", "to To to ", "U.S. US ", ", that ", ",", "said,,,,,,,, that ", "a.a", "A-", "’", "\n\n", "translated ", "ß", "\u0301", "„a “, ",
	} {
		var a article.Article
		var b article.Builder
		b.Add(article.Paragraph, enrichertest.MB(piece))
		b.Add(article.Note, enrichertest.MB(piece))
		b.Fill(&a)
		for _, tag := range []string{"en", "de"} {
			a.Language.Value = tag
			// Far above what it takes, with the race detector, too.
			took := enrichertest.InTime(t, 10*time.Second, piece, func() {
				if err := e.Enrich(t.Context(), &a); err != nil {
					t.Error(err)
				}
			})
			t.Logf("%.40q in %s: %v", piece, tag, took)
		}
	}
}

func FuzzEnrich(f *testing.F) {
	e := newEnricher(f)
	for _, s := range samples(f) {
		f.Add(s.language, s.article.Text)
	}
	f.Fuzz(func(t *testing.T, language, text string) {
		var a article.Article
		var b article.Builder
		b.Add(article.Paragraph, strings.ToValidUTF8(text, "?"))
		b.Fill(&a)
		a.Language.Value = language
		if err := e.Enrich(t.Context(), &a); err != nil {
			t.Fatal(err)
		}
		if err := a.CheckReading(); err != nil {
			t.Fatal(err)
		}
		before := a.Translation.Likelihood
		if err := e.Enrich(t.Context(), &a); err != nil || a.Translation.Likelihood != before {
			t.Fatalf("%v: %v, then %v", err, before, a.Translation.Likelihood)
		}
	})
}

func BenchmarkEnrich(b *testing.B) {
	e := newEnricher(b)
	all := samples(b)
	n := 0
	for i := range all {
		n += len(all[i].article.Text)
	}
	b.SetBytes(int64(n))
	b.ReportAllocs()
	for b.Loop() {
		for i := range all {
			if err := e.Enrich(b.Context(), &all[i].article); err != nil {
				b.Fatal(err)
			}
		}
	}
}
