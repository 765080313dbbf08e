package article_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/pkg/article"
)

// drawText is text with the characters that break offsets and layouts.
func drawText(t *rapid.T, label string) string {
	return rapid.StringOfN(rapid.RuneFrom([]rune("aZ é“”\n\t\r\u00a0€😀.,:\"<&-")), 1, 40, -1).Draw(t, label)
}

func drawArticle(t *rapid.T) article.Article {
	var a article.Article
	b := article.Builder{Signer: "format/test", Version: 2}
	for range rapid.IntRange(0, 8).Draw(t, "segments") {
		b.Add(rapid.SampledFrom(article.Kinds).Draw(t, "kind"), drawText(t, "text"))
	}
	b.Fill(&a)
	evidence := func() article.Evidence {
		e := article.Evidence{Enricher: "x", Version: rapid.IntRange(0, 9).Draw(t, "v"), Confidence: rapid.Float64Range(0, 1).Draw(t, "c")}
		if len(a.Segments) > 0 {
			e.Span = rapid.SampledFrom(a.Segments).Draw(t, "span").Span
		}
		return e
	}
	a.URI = article.NewURI("prov", drawText(t, "id")+"x")
	a.Version = rapid.SampledFrom([]string{"", "1", "7", "2024"}).Draw(t, "version")
	a.Status = rapid.SampledFrom([]article.Status{article.Usable, article.Withheld, article.Canceled}).Draw(t, "status")
	a.Source = "site-3"
	when := func(label string) time.Time {
		s := rapid.Int64Range(0, 4e9).Draw(t, label)
		if s%3 == 0 {
			return time.Time{}
		}
		return time.Unix(s, s%1e9).UTC()
	}
	a.EmbargoUntil, a.PublishedAt, a.VersionCreated = when("embargo"), when("published"), when("created")
	a.ExpiresAt = when("expiry")
	a.ReceivedAt = time.Unix(1_700_000_000, 5).UTC()
	a.Language = article.Label{Value: "en", Evidence: []article.Evidence{evidence()}}
	a.Agency = article.Label{Value: rapid.SampledFrom([]string{"", "dpa"}).Draw(t, "agency")}
	if rapid.Bool().Draw(t, "cites") {
		a.CitedMedia = []article.Label{{Value: "Le Monde", Evidence: []article.Evidence{evidence(), evidence()}}, {Value: "Bild"}}
		a.Credits = []article.Credit{{Evidence: evidence(), Photographer: "A B", Agencies: []string{"AP"}}}
		a.Attribution = article.Attribution{Publisher: "site-3", Cites: []string{"Le Monde", "Bild"}}
		a.Subjects = []article.Subject{{Code: "medtop:1", Name: "n"}}
		a.Images = []article.Image{{URL: "https://x.example/a.jpg", Caption: "c"}}
	}
	a.Original = article.Original{Size: 3, Format: "text", Charset: "utf-8", Hash: strings.Repeat("0a", 32)}
	a.Flag(article.FlagIdentityFromText)
	if err := a.Stamp(); err != nil {
		t.Fatal(err)
	}
	return a
}

func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(article.Schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("article.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("article.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestJSONRoundTripAndSchema(t *testing.T) {
	s := schema(t)
	rapid.Check(t, func(t *rapid.T) {
		a := drawArticle(t)
		b, err := json.Marshal(&a)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(doc); err != nil {
			t.Fatalf("%v\n%s", err, b)
		}
		var back article.Article
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(a, back); d != "" {
			t.Fatalf("what went in didn't come out (-in +out):\n%s", d)
		}
	})
}

func TestSchemaRefusesWhatIsNotAnArticle(t *testing.T) {
	s := schema(t)
	for _, bad := range []string{
		`{}`,
		`{"uri":"u","revision":1,"status":"usable","source":"s","segments":[],"attribution":["s",null]}`,
		`{"uri":"u","revision":1,"status":"dead","source":"s","segments":[],"attribution":["s",null,[]]}`,
		`{"uri":"u","revision":1,"status":"usable","source":"s","segments":[],"attribution":["s",null,[]],"more":1}`,
		`{"uri":"u","revision":1,"status":"usable","source":"s","segments":[{"kind":"headlin","text":"a","start":0,"end":1,"confidence":1}],"attribution":["s",null,[]]}`,
		`{"uri":"u","revision":1,"status":"usable","source":"s","published_at":"yesterday","segments":[],"attribution":["s",null,[]]}`,
	} {
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(bad))
		if err != nil {
			t.Fatal(err)
		}
		if s.Validate(doc) == nil {
			t.Errorf("passes: %s", bad)
		}
	}
}

func TestCheckSegments(t *testing.T) {
	seg := func(start, end int) article.Segment {
		return article.Segment{Kind: article.Paragraph, Evidence: article.Evidence{Span: article.Span{Start: start, End: end}}}
	}
	for _, c := range []struct {
		name, text string
		segs       []article.Segment
		wrong      string // part of the error; "": none
	}{
		{"none of nothing", "", nil, ""},
		{"white space alone", " \n\u00a0", nil, ""},
		{"whole", "ab", []article.Segment{seg(0, 2)}, ""},
		{"with gaps", " ab\n\ncd ", []article.Segment{seg(1, 3), seg(5, 7)}, ""},
		{"lost text", "ab cd", []article.Segment{seg(0, 2)}, `text "cd" at byte 2`},
		{"lost in between", "a b c", []article.Segment{seg(0, 1), seg(4, 5)}, `text "b" at byte 1`},
		{"overlap", "abcd", []article.Segment{seg(0, 3), seg(2, 4)}, "segment 1 (paragraph) starts at 2"},
		{"out of order", "ab cd", []article.Segment{seg(3, 5), seg(0, 2)}, `text "ab" at byte 0`},
		{"beyond the end", "ab", []article.Segment{seg(0, 3)}, "span 0-3 in a text of 2 bytes"},
		{"empty", "ab", []article.Segment{seg(0, 0)}, "span 0-0"},
		{"half a character", "é", []article.Segment{seg(0, 1)}, "cuts a character"},
	} {
		err := article.CheckSegments(c.text, c.segs)
		switch {
		case c.wrong == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)):
			t.Errorf("%s: error %v doesn't say %q", c.name, err, c.wrong)
		}
	}
}

func TestBodyHoldsOnlyWhatReadersReadBelowTheHeadline(t *testing.T) {
	var b article.Builder
	for _, k := range article.Kinds {
		b.Add(k, "<"+string(k)+">")
	}
	var a article.Article
	b.Fill(&a)
	if got, want := a.Body(), "<paragraph>\n\n<subhead>\n\n<quote>"; got != want {
		t.Errorf("body %q, want %q", got, want)
	}
	if got := a.First(article.Headline); got != "<headline>" {
		t.Errorf("headline %q", got)
	}
}

func TestVisible(t *testing.T) {
	now := time.Date(2024, 4, 20, 6, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		status  article.Status
		embargo time.Time
		want    bool
	}{
		{article.Usable, time.Time{}, true},
		{article.Usable, now, true},
		{article.Usable, now.Add(time.Nanosecond), false},
		{article.Withheld, time.Time{}, false},
		{article.Canceled, now.Add(-time.Hour), false},
		{"", time.Time{}, false},
	} {
		a := article.Article{Status: c.status, EmbargoUntil: c.embargo}
		if a.Visible(now) != c.want {
			t.Errorf("%s, embargo %v: visible is %v", c.status, c.embargo, !c.want)
		}
	}
}

func TestValidate(t *testing.T) {
	good := func() article.Article {
		var a article.Article
		var b article.Builder
		b.Add(article.Headline, "Head")
		b.Fill(&a)
		a.URI, a.Revision, a.Status, a.Source, a.ReceivedAt = "urn:x:1", 5, article.Usable, "s", time.Unix(1, 0)
		return a
	}
	a := good()
	if err := a.Validate(); err != nil {
		t.Fatal(err)
	}
	for wrong, spoil := range map[string]func(*article.Article){
		"uri is empty":             func(a *article.Article) { a.URI = "" },
		"white space":              func(a *article.Article) { a.URI = "a b" },
		"the limit is 2048":        func(a *article.Article) { a.URI = article.URI(strings.Repeat("u", 2049)) },
		"revision 0":               func(a *article.Article) { a.Revision = 0 },
		`status ""`:                func(a *article.Article) { a.Status = "" },
		"source is empty":          func(a *article.Article) { a.Source = "" },
		"received_at":              func(a *article.Article) { a.ReceivedAt = time.Time{} },
		"not valid UTF-8":          func(a *article.Article) { a.Text = "\xff" },
		"text is empty":            func(a *article.Article) { a.Text, a.Segments = " ", nil },
		"in no segment":            func(a *article.Article) { a.Segments = nil },
		"the limit is 4194304":     func(a *article.Article) { a.Text = strings.Repeat("a", article.MaxText+1) },
		"1001 subjects, the limit": func(a *article.Article) { a.Subjects = make([]article.Subject, 1001) },
		"1001 images, the limit":   func(a *article.Article) { a.Images = make([]article.Image, 1001) },
	} {
		a := good()
		spoil(&a)
		if err := a.Validate(); err == nil || !strings.Contains(err.Error(), wrong) {
			t.Errorf("error %v doesn't say %q", err, wrong)
		}
	}
	for _, status := range []article.Status{article.Canceled, article.Withheld} {
		notice := good()
		notice.Status, notice.Text, notice.Segments = status, "", nil
		if err := notice.Validate(); err != nil {
			t.Errorf("a notice (%s) needs no text: %v", status, err)
		}
	}
}

func TestFlagsAreSortedAndUnique(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a article.Article
		names := rapid.SliceOf(rapid.SampledFrom([]string{"a", "b", "c", "d"})).Draw(t, "names")
		for _, n := range names {
			a.Flag(n)
		}
		for i, f := range a.Flags {
			if i > 0 && a.Flags[i-1] >= f {
				t.Fatalf("%v", a.Flags)
			}
		}
		for _, n := range names {
			if !strings.Contains(strings.Join(a.Flags, ""), n) {
				t.Fatalf("%s is lost in %v", n, a.Flags)
			}
		}
	})
}
