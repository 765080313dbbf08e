package telegraph_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/services/ingest/document"
	"github.com/copytaster/copytaster/services/ingest/format/telegraph"
)

func TestSplit(t *testing.T) {
	for _, c := range []struct {
		name, data string
		want       []string // "!" marks an error
	}{
		{"one", "\x16\x16\x01h\x02t\x03\x04", []string{"\x16\x16\x01h\x02t\x03\x04"}},
		{"two", "\x01a\x02t\x03\x04\r\n\x16\x01b\x02t\x03\x04", []string{"\x01a\x02t\x03\x04", "\x01b\x02t\x03\x04"}},
		{"no EOT", "\x01a\x02t\x03 010203\r\n\x01b\x02t\x03", []string{"\x01a\x02t\x03 010203\r\n", "\x01b\x02t\x03"}},
		{"no ETX", "\x01a\x02t\x04\x01b\x02t\x03\x04", []string{"\x01a\x02t\x04", "\x01b\x02t\x03\x04"}},
		{"cut off by the next", "\x01a\x02t\x01b\x02t\x03\x04", []string{"!\x01a\x02t", "\x01b\x02t\x03\x04"}},
		{"cut off by the end", "\x01a\x02t\x03\x04\x01b\x02t", []string{"\x01a\x02t\x03\x04", "!\x01b\x02t"}},
		{"teleprinter", "ZCZC ABC123\r\n\x01a\x02t\x03\x04\r\nNNNN\r\n\x00\x01b\x02t\x03\x04", []string{"\x01a\x02t\x03\x04", "\x01b\x02t\x03\x04"}},
		{"text between", "\x01a\x02t\x03\x04lost\x01b\x02t\x03\x04", []string{"\x01a\x02t\x03\x04", "!lost", "\x01b\x02t\x03\x04"}},
		{"nothing", " \r\n", nil},
	} {
		parts, err := telegraph.Split("test", []byte(c.data), nil)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range parts {
			s := string(p.Data)
			if p.Err != nil {
				s = "!" + s
			}
			got = append(got, s)
		}
		if strings.Join(got, "§") != strings.Join(c.want, "§") {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestStreamIsKept: whatever comes, every byte is in a part or is filler.
func TestStreamIsKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := []byte(rapid.StringMatching(`[\x01-\x04\x16 a-z\n]{0,60}`).Draw(t, "stream"))
		parts, err := telegraph.Split("test", data, nil)
		if err != nil {
			t.Fatal(err)
		}
		var kept []byte
		for _, p := range parts {
			kept = append(kept, p.Data...)
		}
		letters := func(b []byte) string {
			return strings.Map(func(r rune) rune {
				if r >= 'a' || r == telegraph.SOH {
					return r
				}
				return -1
			}, string(b))
		}
		if letters(kept) != letters(data) {
			t.Fatalf("%q became %q", data, kept)
		}
	})
}

func TestLimits(t *testing.T) {
	open := func(header, text int) error {
		_, err := telegraph.Open("test", []byte("\x01"+strings.Repeat("h", header)+"\x02"+strings.Repeat("t", text)+"\n\x03\x04"))
		return err
	}
	refused := func(name string, err error, want document.Reason, says string) {
		t.Helper()
		e, ok := errors.AsType[*document.Error](err)
		if !ok || e.Reason != want || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: error %v, want %s saying %q", name, err, want, says)
		}
	}
	if err := open(telegraph.MaxHeader, telegraph.MaxLine-telegraph.MaxHeader-2); err != nil {
		t.Errorf("at the limits: %v", err)
	}
	refused("header", open(telegraph.MaxHeader+1, 1), document.TooLarge, "4096")
	refused("line", open(1, telegraph.MaxLine), document.TooLarge, "65536")
	_, err := telegraph.Split("test", bytes.Repeat([]byte("\x01a\x02t\x03\x04"), document.MaxItems+1), nil)
	refused("messages", err, document.TooMany, "5000")
	parts, err := telegraph.Split("test", []byte("\x01a\x02"+strings.Repeat("t\n", document.MaxSingle/2)+"\x03\x04\x01a\x02t\x03\x04"), nil)
	if err != nil || len(parts) != 2 {
		t.Fatalf("%d parts, error %v", len(parts), err)
	}
	refused("message", parts[0].Err, document.TooLarge, "3145728")
	for says, data := range map[string]string{"no SOH": "abc", "no STX": "\x01abc\x04", "breaks off": "\x01a\x02b", "another message": "\x01a\x02b\x01c\x02d\x03"} {
		_, err := telegraph.Open("test", []byte(data))
		refused(says, err, document.Syntax, says)
	}
}

func TestComplete(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := func(s string) time.Time {
		v, err := time.Parse("2006-01-02 15:04", s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct {
		name      string
		s         telegraph.Stated
		arrival   string
		want      string
		completed bool
	}{
		{"all", telegraph.Stated{2026, 11, 24, 18, 5, time.UTC}, "2030-01-01 00:00", "2026-11-24 18:05", false},
		{"home's zone", telegraph.Stated{2026, 11, 24, 18, 5, nil}, "2030-01-01 00:00", "2026-11-24 17:05", false},
		{"day", telegraph.Stated{0, 0, 24, 18, 5, time.UTC}, "2026-11-24 18:06", "2026-11-24 18:05", true},
		{"day before the turn of the year", telegraph.Stated{0, 0, 31, 23, 59, time.UTC}, "2027-01-01 00:01", "2026-12-31 23:59", true},
		{"a clock that is ahead", telegraph.Stated{0, 0, 1, 0, 1, time.UTC}, "2026-12-31 23:59", "2027-01-01 00:01", true},
		{"month", telegraph.Stated{0, 12, 30, 1, 0, time.UTC}, "2027-01-10 00:00", "2026-12-30 01:00", true},
		{"leap day", telegraph.Stated{0, 0, 29, 1, 0, time.UTC}, "2028-03-01 00:00", "2028-02-29 01:00", true},
		{"too old for a month", telegraph.Stated{0, 3, 30, 1, 0, time.UTC}, "2027-01-10 00:00", "", false},
		{"too old for a day", telegraph.Stated{0, 0, 26, 1, 0, time.UTC}, "2026-11-24 00:00", "", false},
		{"no such day", telegraph.Stated{2026, 2, 30, 1, 0, time.UTC}, "2026-03-01 00:00", "", false},
		{"day 0", telegraph.Stated{0, 0, 0, 1, 0, time.UTC}, "2026-03-01 00:00", "", false},
		{"hour 25", telegraph.Stated{0, 0, 1, 25, 0, time.UTC}, "2026-03-01 00:00", "", false},
	} {
		got, completed, ok := c.s.Complete(at(c.arrival), berlin)
		if ok != (c.want != "") || ok && (!got.Equal(at(c.want)) || completed != c.completed) {
			t.Errorf("%s: %v %v %v, want %q %v", c.name, got, completed, ok, c.want, c.completed)
		}
	}
}

func TestConvert(t *testing.T) {
	for _, c := range []struct {
		name, in, declared, variant string
		want, charset               string
	}{
		{"German ISO 646", "F}r die Stra~e nach K|ln, [rger", "", "iso646-de", "Für die Straße nach Köln, Ärger", "iso646-de"},
		{"Swedish ISO 646", "]tta sm} b}tar p{ v{g", "", "iso646-se", "Åtta små båtar pä väg", "iso646-se"},
		{"Norwegian ISO 646", "Sm} b}ter p} sj|en", "", "iso646-no", "Små båter på sjøen", "iso646-no"},
		{"braces of a text", "{Kicker} with a | and more", "", "iso646-de", "{Kicker} with a | and more", "utf-8"},
		{"no agency's", "F}r die Stra~e", "", "", "F}r die Stra~e", "utf-8"},
		{"declared ISO 646", "el ni|o", "iso646-es", "", "el niño", "iso646-es"},
		{"declared ISO 646, but Latin-1", "el ni\xf1o", "iso646-es", "", "el niño", "windows-1252"},
		{"code page 850", "F\x81r die Stra\xe1e nach K\x94ln", "", "", "Für die Straße nach Köln", "cp850"},
		{"code page 437, declared", "Espa\xa4a", "cp437", "", "España", "cp437"},
		{"code page 850 Danish", "K\x9bbenhavn, sm\x86 b\x86de", "", "", "København, små både", "cp850"},
		{"Latin-1", "F\xfcr die Stra\xdfe nach K\xf6ln", "", "iso646-de", "Für die Straße nach Köln", "windows-1252"},
		{"windows-1252", "\x84F\xfcr\x93 \x96 don\x92t \x80", "", "", "„Für“ – don’t €", "windows-1252"},
		{"quotes alone", "\x93Yes\x94, he said", "", "", "“Yes”, he said", "windows-1252"},
		{"UTF-8", "Für {x}", "", "iso646-de", "Für {x}", "utf-8"},
		{"French Latin-1", "L'\xe9t\xe9 \xe0 Gen\xe8ve, \xe7a va", "", "", "L'été à Genève, ça va", "windows-1252"},
	} {
		got, err := telegraph.Convert([]byte(c.in), c.declared, c.variant)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got.UTF8 != c.want || got.Charset != c.charset {
			t.Errorf("%s: %q from %s, want %q from %s", c.name, got.UTF8, got.Charset, c.want, c.charset)
		}
	}
	if _, err := telegraph.Convert([]byte("f\xfcr"), "x-klingon", ""); err == nil {
		t.Error("an unknown encoding was read")
	}
}

// TestLines: however often a teleprinter returns, a line ends once.
func TestLines(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "a": "a", "a\nb": "a\nb", "a\r\nb\r\n": "a\nb\n", "a\r\r\nb": "a\nb", "a\rb\r": "a\nb\n", "a\r\n\r\nb": "a\n\nb", "\r\r\n\r\r\n": "\n\n",
	} {
		if got := string(telegraph.Lines([]byte(in))); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// TestRestore: only what is a header's message gets an SOH, and nothing of the
// input is lost.
func TestRestore(t *testing.T) {
	header := func(l []byte) bool { return strings.HasPrefix(string(l), "HDR") }
	for in, want := range map[string]string{
		"":                                       "",
		"text":                                   "text",
		"HDR 1\n\ntext":                          "HDR 1\n\ntext",
		"HDR 1\n\x02t\x03\x04":                   "\x01HDR 1\n\x02t\x03\x04",
		"\x16\x16\nHDR 1\n\x02t\x03":             "\x16\x16\n\x01HDR 1\n\x02t\x03",
		"HDR 1\n\x02t\x03\x04\nHDR 2\n\x02u\x03": "\x01HDR 1\n\x02t\x03\x04\n\x01HDR 2\n\x02u\x03",
		"\x01HDR 1\n\x02t\x03\x04HDR 2\n\x02u":   "\x01HDR 1\n\x02t\x03\x04HDR 2\n\x02u",
		"HDR 1\n\x02t\x03\x04rest":               "\x01HDR 1\n\x02t\x03\x04rest",
		"ZCZC HDR 1\nkey\n\nt\nNNNN\n":           "\x01HDR 1\nkey\n\n\x02t\n\x03\x04\n",
		"ZCZC HDR 1\nt\nu\nv\nw\n\nx\nNNNN":      "\x01HDR 1\n\x02t\nu\nv\nw\n\nx\n\x03\x04",
		"ZCZC\nHDR 1\n\x02t\x03NNNN":             "ZCZC\n\x01HDR 1\n\x02t\x03NNNN",
	} {
		if got := string(telegraph.Restore([]byte(in), header)); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
