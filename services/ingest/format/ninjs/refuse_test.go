package ninjs_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/document"
	"github.com/copytaster/copytaster/services/ingest/format"
	"github.com/copytaster/copytaster/services/ingest/format/ninjs"
)

// nested is a package with a package in it, n deep, the last with a picture.
func nested(n int) string {
	if n == 0 {
		return `{"uri":"p","type":"picture"}`
	}
	return fmt.Sprintf(`{"uri":"u%d","type":"composite","headline":"H","associations":{"a":%s}}`, n, nested(n-1))
}

// TestRefused names what is wrong, with its place as JSON Pointer and in lines
// and bytes.
func TestRefused(t *testing.T) {
	pictures := func(n int) string {
		one := `{"uri":"p","type":"picture"}`
		return `{"uri":"u","headlines":[{"value":"H"}],"associations":[` + strings.TrimSuffix(strings.Repeat(one+",", n), ",") + `]}`
	}
	for _, c := range []struct {
		name, data string
		want       document.Reason
		field      string
		says       string
	}{
		{"no id", `{"headline":"H","pubstatus":"usable","versioncreated":"2024-04-20T06:30:00Z"}`, document.Invalid, "/uri", "missing"},
		{"id of spaces", `{"uri":" ","headline":"H"}`, document.Invalid, "/uri", "missing"},
		{"id that is an object", `{"uri":{},"headline":"H"}`, document.Syntax, "/uri", "must be text, not an object"},
		{"nothing to read", `{"uri":"u","type":"text"}`, document.Empty, "", "neither headline nor text"},
		{"package alone", `{"uri":"u","type":"composite","associations":{"a":{"uri":"v","type":"text"}}}`, document.Empty, "", "composite"},
		{"status unknown", `{"uri":"u","headline":"H","pubstatus":"dead"}`, document.Invalid, "/pubstatus", `"dead"`},
		{"status that is a list", `{"uri":"u","headline":"H","pubStatus":["canceled"]}`, document.Syntax, "/pubStatus", "must be text, not a list"},
		{"status twice", `{"uri":"u","headline":"H","pubstatus":"canceled","pubStatus":"usable"}`, document.Syntax, "/pubStatus", "twice"},
		{"id twice", `{"uri":"u","headline":"H","uri":"v"}`, document.Syntax, "/uri", "twice"},
		{"embargo unreadable", `{"uri":"u","headline":"H","embargoed":"tomorrow"}`, document.Invalid, "/embargoed", "tomorrow"},
		{"embargo without zone", `{"uri":"u","headline":"H","embargoed":"2030-04-20T06:30:00"}`, document.Invalid, "/embargoed", "time zone"},
		{"embargo of a day", `{"uri":"u","headline":"H","embargoedUntil":"2030-04-20"}`, document.Invalid, "/embargoedUntil", "time zone"},
		{"headline that is true", `{"uri":"u","headline":true}`, document.Syntax, "/headline", "must be text, not true"},
		{"body that is an object", `{"uri":"u","headline":"H","body_text":{"a":1}}`, document.Syntax, "/body_text", "must be text, not an object"},
		{"bodies that are true", `{"uri":"u","headline":"H","bodies":[true]}`, document.Syntax, "/bodies/0", "must be an object, not true"},
		{"value of a body", `{"uri":"u","headlines":[{"value":"H"}],"bodies":[{"value":"x"},{"value":["y"]}]}`, document.Syntax, "/bodies/1/value", "must be text, not a list"},
		{"associations that are text", `{"uri":"u","headline":"H","associations":"x"}`, document.Syntax, "/associations", "must be a list or an object, not text"},
		{"rendition that is text", `{"uri":"u","headline":"H","renditions":{"a":"x"}}`, document.Syntax, "/renditions/a", "must be an object, not text"},
		{"version 4", `{"standard":{"name":"ninjs","version":"4.0"},"uri":"u","headline":"H"}`, document.Unknown, "/standard/version", "known are 1, 2 and 3"},
		{"breaks off", "{\"uri\":\"u\",\n\"headline\":\"H", document.Syntax, "/headline", "line 2"},
		{"no JSON", "{\"uri\":\"u\",\n\"headline\":\"H\",\n\"byline\": x}", document.Syntax, "/byline", "line 3"},
		{"control character in text", "{\"uri\":\"u\",\"headline\":\"a\nb\"}", document.Syntax, "/headline", "line 1"},
		{"too deep", `{"uri":"u","headline":"H","x":` + strings.Repeat("[", document.MaxDepth+1), document.TooDeep, "", "128"},
		{"too many associations", pictures(1_001), document.TooMany, "/associations/1000", "1000"},
		{"associations too deep", nested(9), document.TooDeep, "/associations/a/associations/a/associations/a/associations/a/associations/a/associations/a/associations/a/associations/a/associations/a", "8"},
		{"too large", `{"uri":"u","headline":"H","body_text":"` + strings.Repeat("x", document.MaxSingle) + `"}`, document.TooLarge, "", "3145728"},
		{"body too deep", `{"uri":"u","headline":"H","body_html":"` + strings.Repeat("<div>", 1_000) + `x"}`, document.TooDeep, "", ""},
		{"too many items", "[" + strings.Repeat(`{"uri":"u","headline":"H"},`, document.MaxItems) + `{"uri":"u","headline":"H"}]`, document.TooMany, "", "5000"},
		{"list that breaks off", `[{"uri":"u","headline":"H"},{"uri":`, document.Syntax, "/1/uri", "byte"},
		{"list with something behind", `[{"uri":"u","headline":"H"}] x`, document.Syntax, "", "follows"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := format.Decode(context.Background(), []byte(c.data), hint(), "ninjs")
			e, ok := errors.AsType[*document.Error](err)
			if !ok || e.Reason != c.want || e.Field != c.field || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want reason %s at %q saying %q", err, c.want, c.field, c.says)
			}
		})
	}
	// At the limits.
	one(t, pictures(1_000))
	one(t, nested(8))
}

func TestDetect(t *testing.T) {
	long := strings.Repeat("x", 20_000)
	for _, c := range []struct {
		data string
		want bool
	}{
		{`{"uri":"u","headline":"H"}`, true},
		{`{"uri":"u","type":"text","title":"T"}`, true},
		{`{"guid":"u","pubstatus":"canceled"}`, true},
		{` [ {"uri":"u","headlines":[]}]`, true},
		{"{\"uri\":\"u\",\"pubStatus\":\"canceled\"}\n{\"uri\":\"v\"", true},
		{`{"standard":{"name":"TTNINJS"},"x":1}`, true},
		{`{"bodies":[{"value":"` + long, true},
		{`{"associations":{"a":{"x":"` + long, true},
		{`{"headline":"H","byline":"` + long, true},
		{`{"headline":"` + long, false},
		{`{"uri":"u"}`, false},
		{`{"headline":"H","byline":"B"}`, false},
		{`{"url":"u","headline":"H"}`, false},
		{`{"uri":"u","type":"person","name":"N"}`, false},
		{`{"@context":"https://schema.org","@type":"NewsArticle","headline":"H","uri":"u"}`, false},
		{`{"version":"https://jsonfeed.org/version/1","items":[{"uri":"u","headline":"H"}]}`, false},
		{`["uri","headline"]`, false},
		{`{Kicker} uri headline`, false},
		{`<p>{"uri":"u","headline":"H"}</p>`, false},
		{"", false},
	} {
		if got := ninjs.Detect([]byte(c.data)[:min(len(c.data), 16<<10)]); got != c.want {
			t.Errorf("%.60s: %v", c.data, got)
		}
	}
}

// TestEncodings: a mark or NULs tell the encoding; escapes stand for what they
// say, half of a pair for nothing that is known.
func TestEncodings(t *testing.T) {
	const item = `{"uri":"urn:x:ö","headline":"Fähre für Skarra","pubstatus":null}`
	utf16le := func(s string, mark bool) string {
		var b strings.Builder
		if mark {
			b.WriteString("\xff\xfe")
		}
		for _, u := range utf16.Encode([]rune(s)) {
			b.WriteByte(byte(u))
			b.WriteByte(byte(u >> 8))
		}
		return b.String()
	}
	for name, data := range map[string]string{
		"UTF-8": item, "mark": "\ufeff" + item, "UTF-16": utf16le(item, true), "UTF-16 without mark": utf16le(item, false),
		"Latin-1": strings.NewReplacer("ö", "\xf6", "ä", "\xe4", "ü", "\xfc").Replace(item),
		"escapes": `{"uri":"urn:x:\u00f6","headline":"F\u00e4hre\u0000f\u00fcr Skarra"}`,
	} {
		a := one(t, data)
		if a.First(article.Headline) != "Fähre für Skarra" || a.URI != "urn:copytaster:wire:urn:x:%C3%B6" {
			t.Errorf("%s: %s, %q", name, a.URI, a.Text)
		}
	}
	// A list in UTF-16 is cut into parts in UTF-8.
	as := decode(t, utf16le("["+item+","+item+"]", true))
	if len(as) != 2 || as[1].First(article.Headline) != "Fähre für Skarra" {
		t.Errorf("%d articles of a list in UTF-16", len(as))
	}
	a := one(t, `{"uri":"u","headline":"half \ud83d of a pair"}`)
	if a.First(article.Headline) != "half \uFFFD of a pair" || len(a.Flags) == 0 || a.Flags[0] != article.FlagCharsetReplaced {
		t.Errorf("%q %v", a.Text, a.Flags)
	}
}

// TestIdentity: an id is the provider's own, whatever it looks like, and the
// same by every way in.
func TestIdentity(t *testing.T) {
	for _, c := range []struct{ id, source, provider, url, want string }{
		{"urn:newsml:dpa.com:1", "wire", "", "", "urn:copytaster:wire:urn:newsml:dpa.com:1"},
		{"urn:newsml:dpa.com:1", "wire-2", "dpa", "", "urn:copytaster:dpa:urn:newsml:dpa.com:1"},
		{"http://tt.se/1", "wire", "", "http://tt.se/feed", "urn:copytaster:wire:http:%2F%2Ftt.se%2F1"},
		{"urn:copytaster:dpa:urn:newsml:dpa.com:1", "evil", "", "", "urn:copytaster:evil:urn:copytaster:dpa:urn:newsml:dpa.com:1"},
		{"a b", "wire", "", "", "urn:copytaster:wire:a%20b"},
	} {
		h := hint()
		h.Source, h.Provider, h.URL = c.source, c.provider, c.url
		as, err := format.Decode(context.Background(), []byte(fmt.Sprintf(`{"uri":%q,"headline":"H"}`, c.id)), h, "")
		if err != nil {
			t.Fatal(err)
		}
		if string(as[0].URI) != c.want {
			t.Errorf("%s of %s/%s: %s, want %s", c.id, c.source, c.provider, as[0].URI, c.want)
		}
	}
	a, b := one(t, `{"uri":"`+strings.Repeat("ü", 2_000)+`","headline":"H"}`), one(t, `{"uri":"`+strings.Repeat("ü", 2_001)+`","headline":"H"}`)
	if a.URI == b.URI || len(a.URI) > 100 {
		t.Errorf("long ids: %s and %s", a.URI, b.URI)
	}
}
