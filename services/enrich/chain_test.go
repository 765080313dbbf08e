package enrich_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/cputime"
	enrich "github.com/copytaster/copytaster/services/enrich"
)

// TestAgain: enriching an enriched article gives the same, also at once from
// many goroutines.
func TestAgain(t *testing.T) {
	c := newChain(t)
	want := goldenArticle(t)
	if err := c.Enrich(context.Background(), want); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		fresh, again := *goldenArticle(t), *want
		wg.Go(func() {
			for _, a := range []*article.Article{&fresh, &again} {
				if err := c.Enrich(context.Background(), a); err != nil {
					t.Error(err)
				}
				if !reflect.DeepEqual(a, want) {
					t.Errorf("got another article")
				}
			}
		})
	}
	wg.Wait()
}

func TestStartsQuickly(t *testing.T) {
	if took := cputime.Of(func() { newChain(t) }); took > 4*time.Second { // far above what it takes, with the race detector, too
		t.Errorf("took %v", took)
	}
}

func TestStatedLanguage(t *testing.T) {
	german := strings.Repeat("Der Minister sagte am Montag, dass die Kommunen mehr Geld für die Schulen brauchen. ", 6)
	for _, c := range []struct{ stated, text, want string }{
		{"", german, "de"},
		{"de-AT", german, "de-AT"},
		{"en", german, "de"},               // clearly another one
		{"en", "Der Minister sagte", "en"}, // too short to overrule
		{"gsw", german, "gsw"},             // can't be detected, hence not overruled
		{"", "123 456", "und"},
		{"", "", "und"},
	} {
		a := article.Article{Text: c.text, Language: article.Label{Value: c.stated}}
		if c.stated != "" {
			a.Language.Evidence = []article.Evidence{{Enricher: "format/x", Version: 1, Confidence: 0.9}}
		}
		chain := newChain(t)
		for range 2 {
			if err := chain.Enrich(context.Background(), &a); err != nil {
				t.Fatal(err)
			}
			if a.Language.Value != c.want {
				t.Errorf("%q stated, %.20q: got %q, want %q", c.stated, c.text, a.Language.Value, c.want)
			}
		}
	}
}

func TestAgency(t *testing.T) {
	body := "\n\nThe army said that it was over, and that nobody had been hurt in the long night.\n\n"
	for _, c := range []struct{ text, source, stated, want string }{
		{"A headline about it" + body + "dpa", "site-1", "", "dpa"},
		{"A headline about it" + body, "AFP", "", "AFP"},
		{"A headline about it" + body + "© Jo Ray/AP/dpa", "site-1", "", ""}, // a picture's agency is not the text's
		{"A headline about it" + body + "Getty Images", "site-1", "", ""},
		{"A headline about it" + body + "dpa", "site-1", "AP", "AP"}, // the decoder knows
		{"A headline about it\n\nNIAMEY (AFP) - The army said that it was over, and that nobody had been hurt.\n\ndpa", "site-1", "", "AFP"},
		{"A headline about it" + body, "site-1", "", ""},
	} {
		a := article.Article{Text: c.text, Source: c.source, Agency: article.Label{Value: c.stated}}
		if err := newChain(t).Enrich(context.Background(), &a); err != nil {
			t.Fatal(err)
		}
		if a.Agency.Value != c.want {
			t.Errorf("%q by %s: got %q, want %q", c.text, c.source, a.Agency.Value, c.want)
		}
	}
}

func TestCitedMedia(t *testing.T) {
	for text, want := range map[string][]string{
		"The Wall Street Journal quoted an official as saying so.":                          {"The Wall Street Journal"},
		"The minister told the \"Handelsblatt\" that it was over.":                          {"Handelsblatt"},
		"Das sagte sie der „Süddeutschen Zeitung“ am Montag.":                               {"Süddeutsche Zeitung"},
		"Die «Bild» hatte zuvor aus dem Papier zitiert.":                                    {"Bild"},
		"Er machte sich ein Bild von der Lage, sagte der Minister.":                         nil,
		"It is time to act, she said.":                                                      nil,
		"A former Washington Post reporter was among them.":                                 nil,
		"A former Washington Post reporter said that it was over.":                          nil,
		"She bought The Guardian at the station.":                                           nil,
		"According to the Harrowby Herald, the bridge is closed.":                           {"Harrowby Herald"},
		"Selon Le Monde, le projet est abandonné.":                                          {"Le Monde"},
		"Asked on BBC Radio 4's Today programme, he said: \"No.\"":                          {"BBC"},
		"The news agency Xinhua reported that trade had grown, Reuters reported on Monday.": {"Xinhua", "Reuters"},
		"The New York Times and The Guardian reported it first.":                            {"The New York Times", "The Guardian"},
		"THE WASHINGTON POST REPORTED IT.":                                                  {"The Washington Post"},
	} {
		b := article.Builder{Signer: "format/x", Version: 1}
		b.Add(article.Paragraph, text)
		var a article.Article
		b.Fill(&a)
		if err := newChain(t).Enrich(context.Background(), &a); err != nil {
			t.Fatal(err)
		}
		if got := values(a.CitedMedia); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestHostileChain(t *testing.T) {
	c := newChain(t)
	for name, s := range map[string]string{
		"media":     strings.Repeat("The Washington Post said ", 1<<20/25),
		"agencies":  strings.Repeat("Reuters said. ", 1<<20/14),
		"sources":   strings.Repeat("source AFP\n", 1<<20/11),
		"sentence":  strings.Repeat("Bild ", 1<<20/5),
		"sign-offs": strings.Repeat("dpa\n\n", 1<<20/5),
		"binary":    strings.Repeat("\x00\x01\x02 ", 1<<18),
	} {
		took := cputime.Of(func() {
			if err := c.Enrich(context.Background(), &article.Article{Text: s}); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
		t.Logf("%s: %v", name, took)
		if took > 20*time.Second { // far above what it takes, with the race detector, too
			t.Errorf("%s took %v", name, took)
		}
	}
}

func FuzzChain(f *testing.F) {
	f.Add("A headline\n\nNIAMEY (dpa) - The \"Bild\" reported it.\n\ndpa", "site-1")
	f.Add("© A/AP", "dpa")
	c, err := enrich.NewChain(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s, source string) {
		a := article.Article{Text: strings.ToValidUTF8(s, "?"), Source: source}
		if err := c.Enrich(context.Background(), &a); err != nil {
			t.Fatal(err)
		}
		again := a
		if err := c.Enrich(context.Background(), &again); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(a, again) {
			t.Fatalf("again gives\n%+v\nand not\n%+v", again, a)
		}
	})
}

// BenchmarkGrowth shows that the time grows with the text and not faster.
func BenchmarkGrowth(b *testing.B) {
	for _, words := range []int{1, 10, 100, 1000, 10_000, 100_000} {
		a := ofWords(b, words)
		c := newChain(b)
		b.Run(fmt.Sprintf("words=%d", words), func(b *testing.B) {
			b.SetBytes(int64(len(a.Text)))
			b.ReportAllocs()
			for b.Loop() {
				x := *a
				if err := c.Enrich(context.Background(), &x); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestTranslationRaisesNoFalseAlarm: the texts of testdata are taken for what
// somebody wrote in their language.
func TestTranslationRaisesNoFalseAlarm(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	c := newChain(t)
	n, highest := 0, 0.0
	for _, file := range files {
		dir := filepath.Base(filepath.Dir(file))
		if dir != "wire" && dir != "unseen" {
			continue
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		a := article.Article{Text: string(raw), Source: "s", Provider: "s"}
		if err := c.Enrich(t.Context(), &a); err != nil {
			t.Fatal(err)
		}
		n++
		highest = max(highest, a.Translation.Likelihood)
		if a.Translation.Likelihood > 0 {
			t.Logf("%s: %.2f", file, a.Translation.Likelihood)
			for _, r := range a.Translation.Reasons {
				t.Logf("    %s %.2f %q", r.Why, r.Confidence, a.Text[r.Start:r.End])
			}
		}
		if a.Translation.Likely() {
			t.Errorf("%s: translated with likelihood %.2f", file, a.Translation.Likelihood)
		}
	}
	if n < 60 {
		t.Errorf("only %d texts", n)
	}
	t.Logf("%d texts, the highest likelihood is %.2f", n, highest)
}

// TestNoNameIsADate: what the text is dated by is nobody's name, in any of the texts of
// testdata.
func TestNoNameIsADate(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*.txt")
	if err != nil || len(files) < 60 {
		t.Fatal(files, err)
	}
	c := newChain(t)
	dates := 0
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		a := article.Article{Text: string(raw), Source: "s", Provider: "s", PublishedAt: time.Date(2024, 4, 20, 6, 0, 0, 0, time.UTC)}
		if err := c.Enrich(t.Context(), &a); err != nil {
			t.Fatal(err)
		}
		dated := map[article.Span]bool{}
		for _, d := range a.Moments {
			dated[d.Span] = true
			dates++
		}
		for _, e := range a.Entities {
			for _, m := range e.Mentions {
				if dated[m.Span] && e.Type != article.EntityPerson {
					t.Errorf("%s: %q is %s %s, and a date", file, m.In(a.Text), e.Type, e.Name)
				}
			}
		}
	}
	if dates < 100 {
		t.Errorf("only %d dates", dates)
	}
}
