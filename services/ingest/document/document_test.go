package document_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/services/ingest/document"
)

func TestConvert(t *testing.T) {
	for _, c := range []struct {
		name, in, declared string
		want, charset      string
		replaced           int
	}{
		{"ASCII", "abc\r\n", "", "abc\r\n", "utf-8", 0},
		{"UTF-8", "für", "", "für", "utf-8", 0},
		{"UTF-8 mark", "\xef\xbb\xbffür", "iso-8859-1", "für", "utf-8", 0},
		{"UTF-16LE mark", "\xff\xfef\x00\xfc\x00r\x00", "utf-8", "für", "utf-16le", 0},
		{"UTF-16BE mark", "\xfe\xff\x00f\x00\xfc\x00r", "", "für", "utf-16be", 0},
		{"UTF-16LE without mark", "f\x00\xfc\x00r\x00e\x00", "", "füre", "utf-16le", 0},
		{"UTF-16BE without mark", "\x00f\x00\xfc\x00r\x00e", "", "füre", "utf-16be", 0},
		{"UTF-16 with half a character", "\xff\xfef\x00\xfc", "", "f\uFFFD", "utf-16le", 1},
		{"Latin by default", "f\xfcr \x84x\x93 \x80", "", "für „x“ €", "windows-1252", 0},
		{"declared", "\xcf\xf0\xe8\xe2\xe5\xf2", "windows-1251", "Привет", "windows-1251", 0},
		{"declared by another name", "f\xfcr", "latin1", "für", "windows-1252", 0},
		{"UTF-8, declared otherwise", "für Öl", "windows-1251", "für Öl", "utf-8", 0},
		{"declared UTF-8, but Latin", "f\xfcr \xd6l", "utf-8", "für Öl", "windows-1252", 0},
		{"declared UTF-8, damaged", "für Öl\xff und \xc3", "utf-8", "für Öl\uFFFD und \uFFFD", "utf-8", 2},
		{"damaged UTF-8", "Grüße aus Köln\xff", "", "Grüße aus Köln\uFFFD", "utf-8", 1},
		{"cut inside a character", "Grüße aus K\xc3", "", "Grüße aus K\uFFFD", "utf-8", 1},
		{"Shift JIS", "\x93\xfa\x96\x7b", "shift_jis", "日本", "shift_jis", 0},
		{"escapes that look like ASCII", "\x1b$BF|K\\\x1b(B", "iso-2022-jp", "日本", "iso-2022-jp", 0},
		{"agency's control characters", "\x01dpa 0123\x02Text of the report.\x03", "", "\x01dpa 0123\x02Text of the report.\x03", "utf-8", 0},
		{"nothing", "", "", "", "utf-8", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := document.Convert([]byte(c.in), c.declared)
			if err != nil {
				t.Fatal(err)
			}
			if got.UTF8 != c.want || got.Charset != c.charset || got.Replaced != c.replaced {
				t.Errorf("%q from %s, %d replaced; want %q from %s, %d", got.UTF8, got.Charset, got.Replaced, c.want, c.charset, c.replaced)
			}
		})
	}
}

func TestConvertRefuses(t *testing.T) {
	for _, c := range []struct {
		name, in, declared string
		want               document.Reason
	}{
		{"unknown encoding", "f\xfcr", "x-klingon", document.Charset},
		{"forbidden encoding", "f\xfcr", "iso-2022-kr", document.Charset},
		{"NUL", "ab\x00c", "", document.Binary},
		{"gzip", "\x1f\x8b\x08", "", document.Binary},
		{"Office", "PK\x03\x04abc", "", document.Binary},
		{"controls", strings.Repeat("\x01\x02", 20), "", document.Binary},
	} {
		_, err := document.Convert([]byte(c.in), c.declared)
		var e *document.Error
		if !errors.As(err, &e) || e.Reason != c.want {
			t.Errorf("%s: error %v, want reason %s", c.name, err, c.want)
		}
	}
}

func FuzzConvert(f *testing.F) {
	f.Add([]byte("f\xfcr"), "windows-1251")
	f.Add([]byte("\xff\xfef\x00"), "")
	f.Fuzz(func(t *testing.T, data []byte, declared string) {
		got, err := document.Convert(data, declared)
		if err == nil && !utf8.ValidString(got.UTF8) {
			t.Fatalf("%q is not UTF-8", got.UTF8)
		}
		if err == nil && utf8.Valid(data) && got.Charset == "utf-8" && strings.TrimPrefix(string(data), "\ufeff") != got.UTF8 {
			t.Fatalf("UTF-8 was changed: %q", got.UTF8)
		}
		document.Head(data, 100)
	})
}

func TestCanonicalURL(t *testing.T) {
	for in, want := range map[string]string{
		"HTTPS://WWW.Site.example:443/a/../b//c?utm_source=x&z=1&a=2&fbclid=q#top": "https://www.site.example/b/c?a=2&z=1",
		"http://site.example?rss":                        "http://site.example",
		"http://site.example/%7euser/?":                  "http://site.example/~user/",
		" https://site.example/a ":                       "https://site.example/a",
		"https://site.example/a?id=1&id=2":               "https://site.example/a?id=1&id=2",
		"https://user:pw@site.example/":                  "",
		"ftp://site.example/":                            "",
		"/relative":                                      "",
		"https:///nohost":                                "",
		"javascript:alert(1)":                            "",
		"https://x.example/" + strings.Repeat("a", 3000): "",
	} {
		got, ok := document.CanonicalURL(in)
		if got != want || ok != (want != "") {
			t.Errorf("%.60q: %q, %v, want %q", in, got, ok, want)
		}
	}
}

func TestCanonicalURLIsStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := "http://a.example/" + rapid.StringOf(rapid.RuneFrom([]rune("ab/.%2e?&=#ü +7E;"))).Draw(t, "rest")
		once, ok := document.CanonicalURL(in)
		if !ok {
			return
		}
		twice, ok := document.CanonicalURL(once)
		if !ok || once != twice {
			t.Fatalf("%q became %q and then %q", in, once, twice)
		}
	})
}

func TestSameSite(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"https://www.dpa.example/a", "http://feeds.dpa.example/b", true},
		{"https://a.co.uk/", "https://b.co.uk/", false},
		{"https://one.github.io/", "https://two.github.io/", false},
		{"http://127.0.0.1:1/", "http://127.0.0.1:2/", true},
		{"http://127.0.0.1/", "http://10.0.0.1/", false},
		{"http://localhost/", "http://localhost:80/", true},
		{"", "", false},
		{"https://a.example/", "https://a.example.evil.example/", false},
	} {
		if got := document.SameSite(c.a, c.b); got != c.want {
			t.Errorf("%s and %s: %v", c.a, c.b, got)
		}
	}
}

func TestErrorNamesThePlace(t *testing.T) {
	e := document.At(document.Syntax, "rss", []byte("a\nb\ncd"), 5, "bad %d", 1)
	if got := e.Error(); got != "rss: syntax: bad 1 (line 3, byte 5)" {
		t.Error(got)
	}
}
