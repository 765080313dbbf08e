package format_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/document"
	"github.com/copytaster/copytaster/services/ingest/format"
)

// golden is an input under testdata with the name of its format.
type golden struct {
	name, format string
	data         []byte
}

func goldens(t testing.TB) []golden {
	t.Helper()
	inputs, err := filepath.Glob("testdata/*/*")
	if err != nil {
		t.Fatal(err)
	}
	var gs []golden
	for _, in := range inputs {
		if strings.HasSuffix(in, ".expected.json") || filepath.Base(filepath.Dir(in)) == "fuzz" {
			continue
		}
		data, err := os.ReadFile(in)
		if err != nil {
			t.Fatal(err)
		}
		name, err := filepath.Rel("testdata", in)
		if err != nil {
			t.Fatal(err)
		}
		gs = append(gs, golden{filepath.ToSlash(name), filepath.Base(filepath.Dir(in)), data})
	}
	return gs
}

func decodeGolden(t testing.TB, g golden) []article.Article {
	t.Helper()
	h := hint()
	h.URL, h.Name = goldenURL[g.name], filepath.Base(g.name)
	as, err := format.Decode(context.Background(), g.data, h, "")
	if err != nil {
		t.Fatalf("%s: %v", g.name, err)
	}
	return as
}

// examples are the items that IPTC publishes with ninjs, all of them, and how
// many articles each makes.
var examples = map[string]int{
	"ninjs/1.4-businesswire-newsml-20130515006361.json": 1, "ninjs/1.4-businesswire-newsml-20130605006126.json": 1,
	"ninjs/1.4-businesswire-newsml-20130731006140.json": 1, "ninjs/1.4-ninjs-1-4-examples.json": 1,
	"ninjs/1.4-ninjsExComplex2.json": 1, "ninjs/1.4-ninjsExMediumText1.json": 1, "ninjs/1.4-ninjsExSimpleText1.json": 1,
	"ninjs/2.1-SIPA_image_2.json": 1, "ninjs/2.1-ap_image.json": 1, "ninjs/2.1-ap_video.json": 1,
	"ninjs/2.1-businesswire-newsml-20130731006140.json": 1, "ninjs/2.1-dpa_text.json": 1, "ninjs/2.1-extension-example.json": 1,
	"ninjs/2.1-imageLinkedRights.json": 1, "ninjs/2.1-ninjsExSimpleText_2.json": 1,
	"ninjs/3.0-20231004-UEFA-ChampionLeague.json": 1, "ninjs/3.0-20231005-65-addb-event.json": 1,
	"ninjs/3.0-20231016-addb-example-press-conference.json": 1, "ninjs/3.0-20231016-event-timeline-sample.json": 1,
	"ninjs/3.0-SIPA_image_3.json": 1, "ninjs/3.0-ap_image.json": 1, "ninjs/3.0-ap_video.json": 1,
	"ninjs/3.0-businesswire-newsml-20130731006140.json": 1, "ninjs/3.0-imageEncodedRights.json": 1, "ninjs/3.0-imageLinkedRights.json": 1,
	"ninjs/3.0-ntb_text.json": 1, "ninjs/3.0-simpleEvent.json": 1, "ninjs/3.0-tt_text_image_3.json": 1,
	"newsml/businesswire-newsml-20130515006361.xml": 1, "newsml/businesswire-newsml-20130612006110.xml": 1,
	"newsml/businesswire-newsml-20130731006140.xml": 1,
}

// TestExamples: every example of the standard is read, with what it is called
// and what is to be read of it.
func TestExamples(t *testing.T) {
	seen := 0
	for _, g := range goldens(t) {
		want, ok := examples[g.name]
		if !ok {
			continue
		}
		seen++
		as := decodeGolden(t, g)
		if len(as) < want {
			t.Errorf("%s: %d articles, want %d", g.name, len(as), want)
		}
		for _, a := range as {
			if a.Status != article.Usable || strings.Contains(strings.Join(a.Flags, " "), article.FlagIdentityFromText) || a.Text == "" {
				t.Errorf("%s: %s is %s, flags %v, %d bytes of text", g.name, a.URI, a.Status, a.Flags, len(a.Text))
			}
		}
	}
	if seen != len(examples) {
		t.Errorf("%d of %d examples are there", seen, len(examples))
	}
}

// TestConfusion: the content of every golden names its own format and no other
// that is asked before, however it is encoded or set off.
func TestConfusion(t *testing.T) {
	for _, g := range goldens(t) {
		forms := map[string][]byte{"as it is": g.data}
		plain, err := document.Convert(g.data, "")
		telegraph := g.format == "anpa1312" || g.format == "iptc7901"
		if err == nil && plain.Charset == "utf-8" && !telegraph {
			body := strings.TrimPrefix(plain.UTF8, "\ufeff")
			forms["with a byte order mark"] = append([]byte("\xef\xbb\xbf"), body...)
			forms["in UTF-16"] = encode(body, false)
			if g.format != "mail" {
				forms["after blank lines"] = append([]byte("\r\n \n"), body...)
			}
			forms["with line feeds"] = []byte(strings.ReplaceAll(body, "\r\n", "\n"))
			forms["with returns and line feeds"] = []byte(strings.ReplaceAll(strings.ReplaceAll(body, "\r\n", "\n"), "\n", "\r\n"))
		}
		for form, data := range forms {
			f, err := format.Find(data, "")
			if err != nil || f.Name != g.format {
				t.Errorf("%s %s is %q, error %v", g.name, form, f.Name, err)
			}
		}
	}
}

// fieldsFile shows what is read of each format.
const fieldsFile = "FIELDS.md"

// fields are the columns of the table, with what counts as read.
var fields = []struct {
	name string
	has  func(*article.Article) bool
}{
	{"uri", func(a *article.Article) bool { return !slices.Contains(a.Flags, article.FlagIdentityFromText) }},
	{"version", func(a *article.Article) bool { return a.Version != "" || !a.VersionCreated.IsZero() }},
	{"status", func(a *article.Article) bool { return a.Status != article.Usable }},
	{"embargo", func(a *article.Article) bool {
		return !a.EmbargoUntil.IsZero() || slices.Contains(a.Flags, article.FlagEmbargoUnresolved)
	}},
	{"expiry", func(a *article.Article) bool { return !a.ExpiresAt.IsZero() }},
	{"correction", func(a *article.Article) bool { return slices.Contains(a.Flags, article.FlagCorrection) }},
	{"evolved from", func(a *article.Article) bool { return len(a.EvolvedFrom) > 0 }},
	{"headline", func(a *article.Article) bool { return a.First(article.Headline) != "" }},
	{"byline", func(a *article.Article) bool { return a.First(article.Byline) != "" }},
	{"dateline", func(a *article.Article) bool { return a.First(article.Dateline) != "" }},
	{"subjects", func(a *article.Article) bool { return len(a.Subjects) > 0 }},
	{"body", func(a *article.Article) bool { return a.Body() != "" || a.First(article.Unknown) != "" }},
	{"note", func(a *article.Article) bool { return a.First(article.Note) != "" }},
	{"images", func(a *article.Article) bool { return len(a.Images) > 0 }},
}

// TestFields keeps the table of what is read true. -update writes it.
func TestFields(t *testing.T) {
	counts, articles, files := map[string][]int{}, map[string]int{}, map[string]int{}
	for _, g := range goldens(t) {
		files[g.format]++
		for _, a := range decodeGolden(t, g) {
			articles[g.format]++
			if counts[g.format] == nil {
				counts[g.format] = make([]int, len(fields))
			}
			for i, f := range fields {
				if f.has(&a) {
					counts[g.format][i]++
				}
			}
		}
	}
	var b strings.Builder
	b.WriteString("# What is read of each format\n\nWritten by `go test ./format -update` from the files under `testdata`; a test fails when it isn't true any more. A number is how many articles have the field, of those that the files make; \"-\": the format has no means for it, or no file uses them. uri: an id of its own, not one made of the words. version: a number or the time of it. status: another than usable. A dateline that stands within the first paragraph is part of the body until enrichment.\n\n| format | files | articles |")
	for _, f := range fields {
		b.WriteString(" " + f.name + " |")
	}
	b.WriteString("\n|---|" + strings.Repeat("---:|", len(fields)+2) + "\n")
	total, sum, allFiles := make([]int, len(fields)), 0, 0
	row := func(name string, nfiles, n int, cells []int) {
		fmt.Fprintf(&b, "| %s | %d | %d |", name, nfiles, n)
		for _, c := range cells {
			if c == 0 {
				b.WriteString(" - |")
				continue
			}
			fmt.Fprintf(&b, " %d |", c)
		}
		b.WriteByte('\n')
	}
	for _, name := range format.Names() {
		if articles[name] == 0 {
			t.Errorf("no golden for %s", name)
			continue
		}
		row(name, files[name], articles[name], counts[name])
		for i, c := range counts[name] {
			total[i] += c
		}
		sum += articles[name]
		allFiles += files[name]
	}
	row("all", allFiles, sum, total)
	whole, _ := readTable(t)
	b.WriteString(whole)
	if *update {
		if err := os.WriteFile(fieldsFile, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(fieldsFile)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), b.String()); d != "" {
		t.Errorf("%s isn't true any more (-update writes it), -want +got:\n%s", fieldsFile, d)
	}
	if allFiles < 60 {
		t.Errorf("only %d files", allFiles)
	}
}

// TestEntitiesAreLeftAlone: what a document type declares is neither fetched
// nor expanded, however often it says to.
func TestEntitiesAreLeftAlone(t *testing.T) {
	for _, g := range goldens(t) {
		if g.name != "nitf/entity_bomb.xml" {
			continue
		}
		as := decodeGolden(t, g)
		if got, want := as[0].Body(), "It stays &e; as it is written, and so does &x; here."; got != want {
			t.Errorf("%q, want %q", got, want)
		}
		return
	}
	t.Error("the file is missing")
}

// TestWithoutSOH: a message that has lost its first control character is the
// message that it was; what follows one in a stream is, too.
func TestWithoutSOH(t *testing.T) {
	for _, g := range goldens(t) {
		if g.format != "anpa1312" && g.format != "iptc7901" || bytes.Count(g.data, []byte{1}) == 0 {
			continue
		}
		lost := bytes.ReplaceAll(g.data, []byte{1}, nil)
		want, err := format.Decode(context.Background(), g.data, hint(), "")
		if err != nil {
			t.Fatal(err)
		}
		got, err := format.Decode(context.Background(), lost, hint(), "")
		if err != nil {
			t.Errorf("%s: %v", g.name, err)
			continue
		}
		if d := cmp.Diff(said(want), said(got)); d != "" {
			t.Errorf("%s: -with +without:\n%s", g.name, d)
		}
	}
}

// said is what articles say, without their originals.
func said(as []article.Article) []string {
	var out []string
	for _, a := range as {
		out = append(out, strings.Join([]string{string(a.URI), string(a.Status), a.Original.Format, a.Text}, "\n"))
	}
	return out
}

// TestEnvelopes: items are found where agencies' interfaces put them, each with
// its own bytes, and a broken one costs the others nothing.
func TestEnvelopes(t *testing.T) {
	item := func(id string) string { return `{"uri":"` + id + `","type":"text","headline":"H ` + id + `"}` }
	for _, c := range []struct{ name, data, want, says string }{
		{"items", `{"total":2,"items":[` + item("a") + `,` + item("b") + `]}`, "a b", ""},
		{"one item", `{"item":` + item("a") + `}`, "a", ""},
		{"items in data", `{"api":"1","data":{"next":null,"items":[{"meta":{},"item":` + item("a") + `},{"meta":{},"item":` + item("b") + `}]}}`, "a b", ""},
		{"broken one", `{"hits":[` + item("a") + `,{"uri":"x","headline":true},` + item("b") + `,3]}`, "a b", "item 2"},
		{"lines of envelopes", `{"item":` + item("a") + "}\n" + `{"item":` + item("b") + `}`, "a b", ""},
		{"empty", `{"standard":{"name":"ninjs"},"items":[]}`, "", ""},
		{"an item with a field of that name", `{"uri":"a","headline":"H","items":[` + item("b") + `]}`, "a", ""},
		{"too deep", strings.Repeat(`{"data":`, 5) + item("a") + strings.Repeat("}", 5), "", "unknown_format"},
	} {
		as, err := format.Decode(context.Background(), []byte(c.data), hint(), "")
		var ids []string
		for _, a := range as {
			ids = append(ids, strings.TrimPrefix(string(a.URI), "urn:copytaster:site-9:"))
			again, err := format.DecodePart(context.Background(), a.Original.Bytes, hint(), "ninjs")
			if err != nil || len(again) != 1 || again[0].URI != a.URI {
				t.Errorf("%s: the original of %s doesn't give it: %v", c.name, a.URI, err)
			}
		}
		if got := strings.Join(ids, " "); got != c.want {
			t.Errorf("%s: %q, want %q; error %v", c.name, got, c.want, err)
		}
		if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: error %v, want one saying %q", c.name, err, c.says)
		}
		if _, ok := errors.AsType[*document.Error](err); err != nil && !ok {
			t.Errorf("%s: %T", c.name, err)
		}
	}
}

// TestSloppyMarkup: what editors' programs leave open or cross in running text
// is read; what holds a document together is not mended.
func TestSloppyMarkup(t *testing.T) {
	for in, want := range map[string]string{
		"<p>One<br>still one.</p><p>Two.</p>":                       "One still one.\n\nTwo.",
		"<p>One.</br></p><p>Two.</p>":                               "One.\n\nTwo.",
		"<p><b><i>One</b></i>.</p><p>Two.</p>":                      "One.\n\nTwo.",
		"<block><p>One.<p>Two.</block>":                             "One.\n\nTwo.",
		"<div><span>One.</div><p>Two.</p>":                          "One.\n\nTwo.",
		"<p>One.</p></p><p>Two.</p>":                                "One.\n\nTwo.",
		"<p>One <img src='https://p.example/a.jpg'>.</p><hr><p>Two": "One .\n\nTwo",
		"<p>One <o:p></o:p>word.</p><p>Two.</p>":                    "One word.\n\nTwo.",
	} {
		as, err := format.Decode(context.Background(), []byte(nitfDoc("", "", hl, in)), hint(), "")
		if err != nil || len(as) != 1 || as[0].Body() != want {
			got := ""
			if len(as) == 1 {
				got = as[0].Body()
			}
			t.Errorf("%s: %q, error %v", in, got, err)
		}
	}
	for _, in := range []string{"<block><p>One.</p>", "</block>", "<media><p>x</p></block>"} {
		if as, err := format.Decode(context.Background(), []byte(nitfDoc("", "", hl, in)), hint(), ""); err == nil {
			t.Errorf("%s: %d articles", in, len(as))
		}
	}
}

// TestXMLForms: an item says the same whatever its sender's programs make of
// its XML: prefixes, a document type with declarations, encodings.
func TestXMLForms(t *testing.T) {
	declaration := regexp.MustCompile(`^\s*<\?xml[^>]*\?>\s*`)
	doctype := regexp.MustCompile(`(?s)<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>`)
	tag := regexp.MustCompile(`<(/?)([A-Za-z])`)
	root := regexp.MustCompile(`<([A-Za-z:.]+)([\s/>])`)
	hasPrefix := regexp.MustCompile(`<[A-Za-z0-9]+:`)
	for _, g := range goldens(t) {
		if !slices.Contains([]string{"nitf", "newsml", "newsmlg2"}, g.format) {
			continue
		}
		converted, err := document.Convert(g.data, xmlEncoding(g.data))
		if err != nil {
			t.Fatal(err)
		}
		text := declaration.ReplaceAllString(converted.UTF8, "")
		bare := doctype.ReplaceAllString(text, "")
		name := root.FindStringSubmatch(bare)[1]
		forms := map[string][]byte{
			"without declaration": []byte(text),
			"with a document type": []byte(`<?xml version='1.0' encoding='utf-8' standalone="no"?><!-- <html> --><?x y?>
<!DOCTYPE ` + name + ` PUBLIC "-//X//DTD X//EN" "http://x.example/x.dtd" [<!ENTITY a "<newsItem>"><!ENTITY % b SYSTEM "c">
%b; <!ELEMENT x (y|z)*> <!ATTLIST x y CDATA #IMPLIED> ]>` + bare),
			"in UTF-16 that it says": encode(`<?xml version="1.0" encoding="UTF-16"?>`+text, false),
			"in UTF-16, big end":     encode(`<?xml version="1.0" encoding="UTF-16BE"?>`+text, true),
			"that says UTF-16":       []byte(`<?xml version="1.0" encoding="UTF-16"?>` + text),
			"in one line":            []byte(strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", " \n"), "\x00", "")),
		}
		if !strings.Contains(bare, "CDATA") && !hasPrefix.MatchString(bare) {
			prefixed := tag.ReplaceAllString(bare, "<${1}zz:$2")
			forms["with prefixes"] = []byte(strings.Replace(prefixed, "<zz:"+name, `<zz:`+name+` xmlns:zz="urn:zz"`, 1))
		}
		want := said(decodeGolden(t, g))
		for form, data := range forms {
			as, err := format.Decode(context.Background(), data, hint(), "")
			if err != nil {
				t.Errorf("%s %s: %v", g.name, form, err)
				continue
			}
			if d := cmp.Diff(want, said(as)); d != "" {
				t.Errorf("%s %s: -want +got:\n%s", g.name, form, d)
			}
		}
	}
}

// xmlEncoding is the encoding that a document's declaration names.
func xmlEncoding(data []byte) string {
	g := regexp.MustCompile(`^\s*<\?xml[^>]*encoding=["']([^"']+)`).FindSubmatch(data)
	if g == nil {
		return ""
	}
	return string(g[1])
}

// encode is a text in UTF-16 with its mark.
func encode(s string, big bool) []byte {
	var out []byte
	for _, u := range append([]uint16{0xfeff}, utf16.Encode([]rune(s))...) {
		if big {
			out = append(out, byte(u>>8), byte(u))
		} else {
			out = append(out, byte(u), byte(u>>8))
		}
	}
	return out
}

// TestSlips: what senders' programs leave out or write in other ways costs
// nothing of the article.
func TestSlips(t *testing.T) {
	const mailHead = "From: a@b\r\nSubject: s\r\nMessage-ID: <1@b>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
	for name, c := range map[string]struct{ data, uri, headline, body string }{
		"7901, NNNN for ETX":    {"\x01dpa0004 4 pl 20\r\nA/\r\n\x02Title =\r\n\r\nThe text.\r\n201031 Apr 24\r\n\r\nNNNN\r\n", "dpa:0004:2024-04-20", "Title", "The text."},
		"7901, date in numbers": {"\x01dpa0004 4 pl 20\r\nA/\r\n\x02Title =\r\n\r\nThe text.\r\n\x0320.04.2024 10:31\x04", "dpa:0004:2024-04-20", "Title", "The text."},
		"7901, zone behind":     {"\x01dpa0004 4 pl 20\r\nA/\r\n\x02Title =\r\n\r\nThe text.\r\n\x03202331 Apr 24 GMT\x04", "dpa:0004:2024-04-20", "Title", "The text."},
		"ninjs, empty members":  {`{"uri":"u","headline":"H","associations":"","renditions":"","body_text":"x"}`, "u", "H", "x"},
		"ninjs, head in text":   {`{"uri":"u","pubstatus":"usable","body_html":"<h1>H</h1><p>x</p>"}`, "u", "H", "x"},
		"mail, base64 unpadded": {mailHead + "SGFsbG8uCg", "1@b", "s", "Hallo."},
		"mail, base64 padded":   {mailHead + "SGFsb\r\n G8uCg==\r\n", "1@b", "s", "Hallo."},
	} {
		as, err := format.Decode(context.Background(), []byte(c.data), hint(), "")
		if err != nil || len(as) != 1 {
			t.Errorf("%s: %d articles, error %v", name, len(as), err)
			continue
		}
		a := as[0]
		if string(a.URI) != "urn:copytaster:site-9:"+c.uri || a.First(article.Headline) != c.headline || a.Body() != c.body {
			t.Errorf("%s: %s, %q, %q", name, a.URI, a.First(article.Headline), a.Body())
		}
	}
}

// TestStatusInAtom: a kill must not become an article for standing in a feed.
func TestStatusInAtom(t *testing.T) {
	for status, want := range map[string]int{"": 1, ` management-status="usable"`: 1, ` management-status="canceled"`: 0, ` x="y" management-status='embargoed'`: 0} {
		as, err := format.Decode(context.Background(), []byte(`<feed xmlns="http://www.w3.org/2005/Atom"><id>f</id><title>F</title><entry><id>urn:x:1</id><title>T</title><content type="text/xml"><nitf><head><docdata`+status+
			`/></head><body><body.content><p>Text.</p></body.content></body></nitf></content></entry></feed>`), hint(), "")
		if len(as) != want || (err == nil) != (want == 1) {
			t.Errorf("%s: %d articles, error %v", status, len(as), err)
		}
	}
}
