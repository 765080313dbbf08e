package format_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/document"
	"github.com/copytaster/copytaster/services/ingest/format"
)

var update = flag.Bool("update", false, "write the expected results of the golden tests anew")

var received = time.Date(2024, 4, 22, 6, 0, 0, 0, time.UTC)

func hint() format.Hint {
	return format.Hint{Source: "site-9", ReceivedAt: received}
}

// goldenURL is where the inputs that need an address are said to be found.
var goldenURL = map[string]string{
	"html/news.html":              "https://courier.example/politics/harbour-strike",
	"html/foreign_canonical.html": "https://copy.example/a-story",
	"rss/latin.xml":               "https://kuestenbote.example/feed.xml",
}

// TestGolden decodes every input under testdata and compares with the JSON
// beside it. Its folder names the format that must be recognised.
func TestGolden(t *testing.T) {
	seen := 0
	for _, g := range goldens(t) {
		seen++
		t.Run(g.name, func(t *testing.T) {
			as := decodeGolden(t, g)
			var got bytes.Buffer
			enc := json.NewEncoder(&got)
			enc.SetEscapeHTML(false)
			enc.SetIndent("", " ")
			for i := range as {
				if as[i].Original.Format != g.format {
					t.Errorf("recognised as %s, want %s", as[i].Original.Format, g.format)
				}
				if err := enc.Encode(&as[i]); err != nil {
					t.Fatal(err)
				}
			}
			expected := filepath.Join("testdata", g.name+".expected.json")
			if *update {
				if err := os.WriteFile(expected, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(expected)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), got.String()); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
		})
	}
	if seen < 8 {
		t.Errorf("only %d inputs were found", seen)
	}
}

func reason(err error) document.Reason {
	if e, ok := errors.AsType[*document.Error](err); ok {
		return e.Reason
	}
	return ""
}

func TestRefused(t *testing.T) {
	deepXML := func(n int) string { return strings.Repeat("<a>", n) + strings.Repeat("</a>", n) }
	for _, c := range []struct {
		name, data, force string
		want              document.Reason
		says              string
	}{
		{"empty", "", "", document.Empty, "0 bytes"},
		{"white space", " \r\n\t", "", document.Empty, ""},
		{"byte order mark alone", "\xef\xbb\xbf", "", document.Empty, ""},
		{"empty, forced", "", "text", document.Empty, ""},
		{"empty page", "<html><body></body></html>", "", document.Empty, "html"},
		{"NUL", "Some text\x00and more", "", document.Binary, "byte 9"},
		{"PDF", "%PDF-1.7\nabc", "", document.Binary, "PDF"},
		{"PNG as HTML", "\x89PNG\r\n\x1a\n", "html", document.Binary, "PNG"},
		{"gzip", "\x1f\x8b\x08\x00", "", document.Binary, "gzip"},
		{"noise", strings.Repeat("\x01\x02\x03\x04\x05\x06abc", 20), "", document.Binary, "control"},
		{"other JSON", `{"url":"x","text":"y"}`, "", document.Unknown, "JSON"},
		{"other XML", `<?xml version="1.0"?><gpx><trk/></gpx>`, "", document.Unknown, "<gpx>"},
		{"no such format", "text", "sportsml", document.Unknown, `"sportsml"`},
		{"feed forced on text", "text", "rss", document.Syntax, "no element"},
		{"too large", strings.Repeat("x", document.MaxBytes+1), "", document.TooLarge, "16777217"},
		{"too large for one article", strings.Repeat("x ", document.MaxSingle/2+1), "", document.TooLarge, "3145728"},
		{"deep and long page", "<html><body>" + strings.Repeat("<div>", 380) + strings.Repeat("<p>Some text.", 100_000), "", document.TooMany, "byte"},
		{"deep page", "<html><body>" + strings.Repeat("<div>", 200_000), "", document.TooDeep, "byte"},
		{"page of formatting", "<html><body>" + fonts(390) + strings.Repeat("<p>x", 500_000), "", document.TooMany, "nodes"},
		{"deep item", "<rss><channel><item><title>x</title>" + deepXML(200_000) + "</item></channel></rss>", "", document.TooDeep, "item 1"},
		{"deep feed", "<rss><channel>" + deepXML(1_000) + "</channel></rss>", "", document.TooDeep, ""},
		{"deep JSON", `{"version":"https://jsonfeed.org/version/1","items":[` + strings.Repeat("[", 100_000), "", document.TooDeep, "line 1"},
		{"too many items", "<rss><channel>" + strings.Repeat("<item/>", document.MaxItems+1), "", document.TooMany, "5000"},
		{"JSON that breaks off", "{\"version\":\"https://jsonfeed.org/version/1\",\n\"items\":[{\"id\":", "", document.Syntax, "line 2"},
		{"JSON Feed without items", `{"version":"https://jsonfeed.org/version/1"}`, "", document.Syntax, "items"},
		{"item outside of its feed", strings.Repeat("0", 39) + "<feed/><published></published><updated></updated><0>0<entry></entry>0", "atom", document.Syntax, "item"},
		{"item without anything", "<rss><channel><item><guid>1</guid></item></channel></rss>", "", document.Empty, "item 1"},
		{"feed that breaks off", "<rss><channel><item><title>a</title></item><item><title>b", "", document.Syntax, "item 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := format.Decode(context.Background(), []byte(c.data), hint(), c.force)
			if reason(err) != c.want || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want reason %s saying %q", err, c.want, c.says)
			}
		})
	}
}

func fonts(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("<font size=" + strings.Repeat("1", i%7+1) + " color=" + string(rune('a'+i%26)) + ">")
	}
	return b.String()
}

// TestBrokenItem: nine of ten come through, and the tenth is named.
func TestBrokenItem(t *testing.T) {
	for _, broken := range []string{
		"<item><guid>x</guid></item>",
		"<item><title>never closed",
		"<item><title>t</title>" + strings.Repeat("<b>", 500) + "</item>",
		"<item><title>a</title><description><![CDATA[never closed</description></item>",
	} {
		var b strings.Builder
		b.WriteString("<rss><channel><title>T</title>")
		for i := range 10 {
			if i == 4 {
				b.WriteString(broken)
				continue
			}
			b.WriteString("<item><guid isPermaLink='false'>g" + string(rune('0'+i)) + "</guid><title>Title</title></item>")
		}
		b.WriteString("</channel></rss>")
		as, err := format.Decode(context.Background(), []byte(b.String()), hint(), "")
		uris := map[article.URI]bool{}
		for _, a := range as {
			uris[a.URI] = true
		}
		if len(uris) < 9 {
			t.Errorf("%.30s: %d articles, error %v", broken, len(uris), err)
		}
		if err != nil && !strings.Contains(err.Error(), "item 5") {
			t.Errorf("%.30s: error %v doesn't name item 5", broken, err)
		}
	}
}

func TestTextIsKeptByteForByte(t *testing.T) {
	for _, text := range []string{"a", " \r\n a\r\nb \t\r\n", "\u00a0x\u00a0", "x\x01y\x1f", "{Kicker} text", "[Update] text", "<Foto> am Rand", "5 < 6", "{\"", "Über"} {
		as, err := format.Decode(context.Background(), []byte(text), hint(), "")
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if a := as[0]; a.Text != text || a.Original.Format != "text" || string(a.Original.Bytes) != text {
			t.Errorf("%q became %q (%s)", text, a.Text, a.Original.Format)
		}
	}
}

func TestSameTextIsTheSameRevision(t *testing.T) {
	h := hint()
	one, err := format.Decode(context.Background(), []byte("Some words\nof a wire."), h, "")
	if err != nil {
		t.Fatal(err)
	}
	h.ReceivedAt = h.ReceivedAt.Add(time.Hour)
	two, err := format.Decode(context.Background(), []byte("Some words\nof a wire."), h, "")
	if err != nil {
		t.Fatal(err)
	}
	if one[0].URI != two[0].URI || one[0].Revision != two[0].Revision {
		t.Errorf("%s %d and %s %d", one[0].URI, one[0].Revision, two[0].URI, two[0].Revision)
	}
}

func TestEndlessLine(t *testing.T) {
	line := strings.Repeat("word ", document.MaxSingle/5)
	as, err := format.Decode(context.Background(), []byte(line), hint(), "")
	if err != nil || as[0].Text != line {
		t.Fatalf("%d articles, error %v", len(as), err)
	}
}

// One target for each decoder, since the slowest, pages, would starve the rest.
func FuzzText(f *testing.F)     { fuzz(f, "text") }
func FuzzHTML(f *testing.F)     { fuzz(f, "html") }
func FuzzRSS(f *testing.F)      { fuzz(f, "rss") }
func FuzzAtom(f *testing.F)     { fuzz(f, "atom") }
func FuzzJSONFeed(f *testing.F) { fuzz(f, "jsonfeed") }
func FuzzNinjs(f *testing.F)    { fuzz(f, "ninjs") }
func FuzzIPTC7901(f *testing.F) { fuzz(f, "iptc7901") }
func FuzzANPA1312(f *testing.F) { fuzz(f, "anpa1312") }
func FuzzMail(f *testing.F)     { fuzz(f, "mail") }
func FuzzNITF(f *testing.F)     { fuzz(f, "nitf") }
func FuzzNewsMLG2(f *testing.F) { fuzz(f, "newsmlg2") }
func FuzzNewsML(f *testing.F)   { fuzz(f, "newsml") }

// FuzzDetect lets the content decide.
func FuzzDetect(f *testing.F) { fuzz(f, "") }

// fuzz feeds whatever there is to one format: an error has a reason, an
// article is valid, and there is always one of the two.
func fuzz(f *testing.F, name string) {
	for _, g := range goldens(f) {
		f.Add(g.data)
	}
	f.Add([]byte("<rss><channel><item><title>x"))
	f.Fuzz(func(t *testing.T, data []byte) {
		as, err := format.Decode(context.Background(), data, hint(), name)
		if err != nil && reason(err) == "" {
			t.Fatalf("an error without a reason: %v", err)
		}
		if err == nil && len(as) == 0 {
			if _, parts, _ := format.Split(data, hint(), name); len(parts) > 0 {
				t.Fatal("neither an article nor an error")
			}
		}
		for i := range as {
			if err := as[i].Validate(); err != nil {
				t.Fatal(err)
			}
			if _, err := json.Marshal(&as[i]); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// An id says whose it is only as far as the feed it stands in can be held to.
func TestFeedIDs(t *testing.T) {
	entry := func(id string) []byte {
		return []byte(`<feed xmlns="http://www.w3.org/2005/Atom"><title>F</title><entry><id>` + id + `</id><title>Title</title></entry></feed>`)
	}
	for _, c := range []struct{ url, source, id, want string }{
		{"https://www.reuters.example/feed", "reuters", "tag:reuters.example,2025:1", "tag:reuters.example,2025:1"},
		{"https://reuters.example/feed", "reuters", "tag:desk@reuters.example,2025:1", "tag:desk@reuters.example,2025:1"},
		{"https://evil.example/feed", "evil", "tag:reuters.example,2025:1", "urn:copytaster:evil:tag:reuters.example%2C2025:1"},
		{"https://evil.example/feed", "evil", "urn:newsml:reuters.example:1", "urn:copytaster:evil:urn:newsml:reuters.example:1"},
		{"", "push", "tag:reuters.example,2025:1", "urn:copytaster:push:tag:reuters.example%2C2025:1"},
		{"", "push", "1", "urn:copytaster:push:feed%20titled%20F%201"},
		{"https://evil.example/feed", "evil", "1", "urn:copytaster:evil:feed%20https:%2F%2Fevil.example%2Ffeed%201"},
	} {
		h := hint()
		h.URL, h.Source, h.Provider = c.url, c.source, ""
		as, err := format.Decode(context.Background(), entry(c.id), h, "")
		if err != nil {
			t.Fatal(err)
		}
		if string(as[0].URI) != c.want {
			t.Errorf("%s in %q of %s: %s, want %s", c.id, c.url, c.source, as[0].URI, c.want)
		}
	}
}
