package export_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/search/export"
	"github.com/copytaster/copytaster/services/search/export/story"
)

var update = flag.Bool("update", false, "write the expected documents anew")

var now = time.Date(2024, 4, 21, 9, 0, 0, 0, time.UTC)

// list is what the documents of these tests say of themselves.
func list() story.List {
	return story.List{
		ID: "urn:copytaster:search:1", Title: "Copytaster: niger", Self: "https://news.example/v1/articles?q=niger&format=x", Next: "https://news.example/v1/articles?q=niger&after=2",
		Home: "https://news.example/?q=niger", Now: now,
		Address: func(u article.URI) string { return "https://news.example/v1/articles/" + string(u) + "?format=x" },
	}
}

// full is an article that has everything, its dateline in the line of its
// first paragraph.
func full() *article.Article {
	a := article.Article{
		URI: "urn:copytaster:dpa:urn:newsml:dpa.example:20240420:7", Version: "3", Revision: 1, Status: article.Usable, Source: "wire", Provider: "dpa", URL: "https://site.example/niger?a=1&b=2",
		Language: article.Label{Value: "en"}, Agency: article.Label{Value: "dpa"}, Urgency: 4,
		PublishedAt: now.Add(-30 * time.Hour), VersionCreated: now.Add(-29 * time.Hour), ReceivedAt: now.Add(-28 * time.Hour), ExpiresAt: now.Add(240 * time.Hour),
		EvolvedFrom: []article.URI{"urn:copytaster:dpa:urn:newsml:dpa.example:20240419:5", "urn:copytaster:dpa:a%20&%3Cb"},
		Subjects:    []article.Subject{{Code: "medtop:20000070", Name: "armed forces"}, {Code: "own:9", Name: "Sahel"}, {Name: "drones"}, {Code: "https://cv.example/1"}},
		Images: []article.Image{
			{URL: "https://pics.example/base.jpg?w=1&h=2", MediaType: "image/jpeg", Caption: "The base near Agadez.", Credit: "Sam Moe/AP"},
			{URL: "javascript:alert(1)", Caption: "No address of the web."},
			{URL: "https://pics.example/map.png", MediaType: "image/png"},
		},
	}
	var b article.Builder
	for _, s := range []struct {
		kind article.Kind
		text string
	}{
		{article.Kicker, "Sahel"},
		{article.Headline, "USA must withdraw its military personnel from Niger"},
		{article.Standfirst, "It is a bitter setback."},
		{article.Byline, "By Anna Weber"},
		{article.Note, "NOTE: not for publication"},
		{article.Dateline, "NIAMEY (dpa) –"},
		{article.Paragraph, "According to reports, the soldiers\nwill leave."},
		{article.Subhead, "Junta demands withdrawal"},
		{article.Caption, "The base near Agadez."},
		{article.CreditLine, "Sam Moe/AP"},
		{article.Quote, "We no longer need foreign troops."},
		{article.Paragraph, "Mali asked for the same."},
		{article.Caption, "No address of the web."},
		{article.Residue, "photo"},
		{article.Boilerplate, "BOILERPLATE: all rights reserved"},
		{article.Signoff, "aw/moe"},
	} {
		b.Add(s.kind, s.text)
	}
	b.Fill(&a)
	a.Text = strings.Replace(a.Text, "–\n\n", "–  ", 1)
	return &a
}

// bare is a text without a headline or anything else that may be missing.
func bare() *article.Article {
	a := article.Article{URI: "https://site.example/ä/b", Revision: 1, Status: article.Usable, Source: "site-3", ReceivedAt: now.Add(-time.Hour)}
	var b article.Builder
	b.Add(article.Paragraph, "A lighthouse, and nothing more.")
	b.Fill(&a)
	return &a
}

// awkward has characters that formats trip over.
func awkward() *article.Article {
	a := article.Article{
		URI: "urn:copytaster:a%20b:%3Cx%3E&y", Version: "two", Revision: 1, Status: article.Usable, Source: "s", Provider: "a b", ReceivedAt: now,
		Language: article.Label{Value: "ar"}, PublishedAt: now, Urgency: 9, Subjects: []article.Subject{{Name: "a ]]> b\x00"}, {Code: "medtop:]]>", Name: "\x01"}, {Code: "\x02"}},
	}
	var b article.Builder
	b.Add(article.Headline, "]]> </p><b>tag</b> &amp; \x01\x1b[31m \U0001F468\u200D\U0001F469\u200D\U0001F467")
	b.Add(article.Paragraph, "مرحبا \u202Eabc\u202C שלום \uFFFE\uFFFF\u0085\u2028 \"quoted\" 'so' <![CDATA[ --> \t\r\n end")
	b.Add(article.Subhead, "</html>")
	b.Fill(&a)
	return &a
}

// killed is what the index keeps of a kill, and text that it should not have.
func killed() *article.Article {
	a := full()
	a.Status, a.Version = article.Canceled, "4"
	return a
}

func cases() map[string]*article.Article {
	return map[string]*article.Article{"full": full(), "bare": bare(), "awkward": awkward(), "killed": killed()}
}

// TestGolden compares what each format makes of each article with what it
// should: testdata of the format's folder.
func TestGolden(t *testing.T) {
	for _, f := range export.Table {
		compare := func(name string, got []byte, err error) {
			t.Helper()
			if err != nil {
				t.Errorf("%s, %s: %v", f.Name, name, err)
				return
			}
			path := filepath.Join(f.Name, "testdata", name+"."+f.Extension)
			if *update {
				if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, got, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), string(got)); d != "" {
				t.Errorf("%s (-want +got):\n%s", path, d)
			}
		}
		for name, a := range cases() {
			if a.Status == article.Canceled && !f.Notice {
				continue
			}
			b, err := f.Encode(a, list())
			compare(name, b, err)
		}
		b, err := f.Many([]*article.Article{full(), bare(), awkward()}, list())
		compare("list", b, err)
		last := list()
		last.Next = ""
		if f.Open != nil {
			var w bytes.Buffer
			s := f.Open(&w, last)
			errs := []error{s.Begin()}
			for i, a := range []*article.Article{full(), bare(), awkward()} {
				errs = append(errs, s.Article(a, fmt.Sprint("cursor-", i)))
			}
			errs = append(errs, s.End("https://news.example/v1/export?q=niger&after=cursor-2"))
			compare("stream", w.Bytes(), errors.Join(errs...))
		}
		if b, err = f.Many(nil, last); slices.Contains([]string{"newsmlg2", "nitf", "text"}, f.Name) && len(b) == 0 && err == nil {
			continue // a message must have an item, and no text is no document
		}
		compare("empty", b, err)
	}
}

// TestOnlyWhatReadersSee: no format tells notes, boilerplate or residue, and
// none anything that a killed article said.
func TestOnlyWhatReadersSee(t *testing.T) {
	for _, f := range export.Table {
		b, err := f.Encode(full(), list())
		if err != nil {
			t.Fatal(err)
		}
		for _, hidden := range []string{"NOTE", "BOILERPLATE", "photo", "javascript"} {
			if strings.Contains(string(b), hidden) {
				t.Errorf("%s tells %q:\n%s", f.Name, hidden, b)
			}
		}
		for _, shown := range []string{"withdraw its military", "bitter setback", "Anna Weber", "NIAMEY", "soldiers will leave", "Junta", "Agadez", "Sam Moe", "foreign troops", "Mali", "No address", "aw/moe"} {
			if !strings.Contains(string(b), shown) {
				t.Errorf("%s doesn't tell %q:\n%s", f.Name, shown, b)
			}
		}
		if b, err = f.Encode(killed(), list()); err != nil {
			if f.Notice {
				t.Error(err)
			}
			continue
		}
		if !strings.Contains(string(b), "urn:copytaster:dpa:urn:newsml:dpa.example:20240420:7") {
			t.Errorf("%s: the notice doesn't name the article:\n%s", f.Name, b)
		}
		for _, said := range []string{"Niger", "Sahel", "Weber", "NIAMEY", "soldiers", "Agadez", "pics.example", "armed", "site.example", "20240419"} {
			if strings.Contains(string(b), said) {
				t.Errorf("%s: the notice tells %q:\n%s", f.Name, said, b)
			}
		}
	}
}

// TestUnfit: a format without words for it never lets pass what may not be used.
func TestUnfit(t *testing.T) {
	for what, change := range map[string]func(a *article.Article){
		"canceled":         func(a *article.Article) { a.Status = article.Canceled },
		"withheld":         func(a *article.Article) { a.Status = article.Withheld },
		"under an embargo": func(a *article.Article) { a.EmbargoUntil = now.Add(time.Second) },
	} {
		able := map[string][]string{
			"canceled": {"ninjs", "newsmlg2", "nitf", "atom", "text"}, "withheld": {"ninjs", "newsmlg2", "nitf"}, "under an embargo": {"ninjs", "newsmlg2", "nitf"},
		}[what]
		for _, f := range export.Table {
			a := full()
			change(a)
			_, err := f.Encode(a, list())
			unfit, ok := errors.AsType[*export.UnfitError](err)
			if slices.Contains(able, f.Name) != (err == nil) || err != nil && (!ok || unfit.What != what || !strings.HasSuffix(err.Error(), strings.Join(able, ", "))) {
				t.Errorf("%s, %s: %v", f.Name, what, err)
			}
		}
	}
	a := full()
	a.EmbargoUntil = now
	for _, f := range export.Table {
		if _, err := f.Encode(a, list()); err != nil {
			t.Errorf("%s of an embargo that is over: %v", f.Name, err)
		}
	}
}

func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range export.Table {
		many := f.MediaTypeMany
		if f.Name == "nitf" {
			many = "" // its lists are messages of NewsML-G2
		}
		for field, v := range map[string]string{"name": f.Name, "type": f.MediaType, "type of many": many, "extension": f.Extension} {
			if key := strings.Fields(field)[0] + " " + v; v != "" && seen[key] {
				t.Errorf("%s: the %s %q is another's, too", f.Name, field, v)
			} else {
				seen[key] = true
			}
		}
		if got, ok := export.Find(f.Name); !ok || got.Name != f.Name {
			t.Errorf("%s is not found", f.Name)
		}
	}
	if _, ok := export.Find("rss"); ok {
		t.Error("rss is found")
	}
	if want := []string{"ninjs", "newsmlg2", "nitf", "atom", "jsonfeed", "text"}; !slices.Equal(export.Names(), want) {
		t.Errorf("names %v", export.Names())
	}
}
