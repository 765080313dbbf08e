package anpa1312_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/document"
	"github.com/copytaster/copytaster/services/ingest/format"
	"github.com/copytaster/copytaster/services/ingest/format/anpa1312"
	"github.com/copytaster/copytaster/services/ingest/format/telegraph"
)

var received = time.Date(2024, 4, 22, 22, 0, 0, 0, time.UTC)

func hint() document.Hint { return document.Hint{Source: "wire", ReceivedAt: received} }

// message is one of service w, number 4711.
func message(keyword, text, trailer string) string {
	return "\x16\x16\x01w4711\x1fbc---\r\nr a\x13\x11 " + keyword + " 0040\r\n\x02" + strings.ReplaceAll(text, "\n", "\r\n") + "\r\n\x03" + trailer + "\r\n\x04"
}

const (
	keyword = "BC-US--Skarra           04-22"
	trailer = "\t   AP-WF-04-22-24 1805GMT<"
)

func one(t interface {
	Helper()
	Fatalf(format string, args ...any)
}, data string,
) article.Article {
	t.Helper()
	as, err := format.Decode(context.Background(), []byte(data), hint(), "")
	if err != nil || len(as) != 1 {
		t.Fatalf("%q: %d articles, error %v", data, len(as), err)
	}
	if as[0].Original.Format != anpa1312.Name {
		t.Fatalf("%q was recognised as %s", data, as[0].Original.Format)
	}
	return as[0]
}

func TestDetect(t *testing.T) {
	for data, want := range map[string]bool{
		message(keyword, "x", ""):                        true,
		"\x01w4711\x1fbc---\r\nr a":                      true,
		"\r\n\x00\x16\x16\x01f0001\x1f\r\n":              true,
		"\x01bdt0157 3 pl 93  dpa 1888\r\nKey/\r\n":      false,
		"w4711\x1fbc---\r\nr a BC-X 04-22 0010\r\n\x02":  true, // its SOH is lost
		"w4711\x1fbc---\r\nr a BC-X 04-22 0010\r\n":      false,
		"\x01w4711 bc---\r\nr a BC-X 04-22 0010\r\n\x02": true, // and its US
		"\x01w4711 3 bc---\r\n\x02":                      false,
		"":                                               false,
	} {
		if got := anpa1312.Detect([]byte(data)); got != want {
			t.Errorf("%q: %v", data, got)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, c := range []struct {
		name, data string
		want       document.Reason
		says       string
	}{
		{"no US", strings.Replace(message(keyword, "x", ""), "\x1f", "?", 1), document.Syntax, "service level"},
		{"second line", "\x01w4711\x1fbc---\r\nnothing of it\r\n\x02x\x03\x04", document.Syntax, "priority"},
		{"no second line", "\x01w4711\x1fbc---\x02x\x03\x04", document.Syntax, "priority"},
		{"breaks off", strings.TrimRight(message(keyword, "x", ""), "\x03\x04\r\n"), document.Syntax, "breaks off"},
		{"no text", message(keyword, "^BC-US--Skarra<", ""), document.Empty, "no text"},
		{"header too long", message(strings.Repeat("x", telegraph.MaxHeader), "x", ""), document.TooLarge, "4096"},
		{"line too long", message(keyword, strings.Repeat("x ", telegraph.MaxLine), ""), document.TooLarge, "65536"},
		{"too many paragraphs", message(keyword, strings.Repeat("x\n\n", telegraph.MaxParagraphs+1), ""), document.TooMany, "20000"},
		{"message too large", message(keyword, strings.Repeat("word\n", document.MaxSingle/5), ""), document.TooLarge, "3145728"},
		{"too many messages", strings.Repeat(message(keyword, "x", ""), document.MaxItems+1), document.TooMany, "5000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := format.Decode(context.Background(), []byte(c.data), hint(), "anpa1312")
			e, ok := errors.AsType[*document.Error](err)
			if !ok || e.Reason != c.want || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want %s saying %q", err, c.want, c.says)
			}
		})
	}
}

// TestVersions: only what has the whole text is the story again. Everything
// else stands beside it and hides nothing.
func TestVersions(t *testing.T) {
	const story = "urn:copytaster:wire:w:us--skarra:2024-04-22"
	for version, want := range map[string]string{
		"":                        story,
		", 1st Ld-Writethru":      story,
		", 2nd Ld-Writethru":      story,
		", 3rd Ld - Writethru":    story + ":3rd%20ld%20-%20writethru",
		", Ld-Writethru":          story,
		", 1st Ld":                story + ":1st%20ld",
		", 2nd Add":               story + ":2nd%20add",
		", 1st Take":              story,
		", Take 1 of 3":           story,
		", Take 2 of 3":           story + ":take%202%20of%203",
		", Insert":                story + ":insert",
		", Correction":            story + ":correction",
		", 2nd Ld-Writethru, Add": story + ":add",
		", ADV28":                 story,
	} {
		a := one(t, message(keyword, "^BC-US--Skarra"+version+",40<\n^Headline<\n\t   Text.", trailer))
		if string(a.URI) != want {
			t.Errorf("%q: %s, want %s", version, a.URI, want)
		}
		if got := strings.TrimPrefix(version, ", "); a.Version != got {
			t.Errorf("%q: version %q", version, a.Version)
		}
	}
}

// TestIdentity: the keyword names a story where the agency's do, else the
// number; the cycle is no part of it, and the day is the header's.
func TestIdentity(t *testing.T) {
	for _, c := range []struct{ keyword, text, trailer, want string }{
		{keyword, "^BC-US--Skarra,40<\n\t   Text.", trailer, "w:us--skarra:2024-04-22"},
		{"AM-US--Skarra 04-22", "^AM-US--Skarra,40<\n\t   Text.", trailer, "w:us--skarra:2024-04-22"},
		{"BC-US--SkarraHarborA1st  04-22", "^BC-US--Skarra Harbor and More, 1st Ld-Writethru,40<\n\t   Text.", trailer, "w:us--skarra%20harbor%20and%20more:2024-04-22"},
		{"BC-US--Skarra 04-21", "\t   Text.", trailer, "w:us--skarra:2024-04-21"},
		{"BC-US--Skarra 12-31", "\t   Text.", "AP-WF-01-01-24 0005GMT<", "w:us--skarra:2023-12-31"},
		{"BC-US--Skarra 04-22", "\t   Text.", "XYZ-A-04-22-24 1805GMT", "w:4711:2024-04-22"},
		{"BC-US--Skarra 04-22", "\t   Text.", "", "w:4711:2024-04-22"},
		{"BC-US--Skarra", "\t   Text.\n\t   AP-WF-04-22-24 1805GMT<", "", "w:us--skarra:2024-04-22"},
	} {
		if a := one(t, message(c.keyword, c.text, c.trailer)); string(a.URI) != "urn:copytaster:wire:"+c.want {
			t.Errorf("%s %s: %s, want %s", c.keyword, c.trailer, a.URI, c.want)
		}
	}
	for _, c := range []struct{ keyword, trailer string }{{"BC-US--Skarra", ""}, {"BC-US--Skarra 01-05", ""}, {"BC-US--Skarra", "AP-WF-14-22-24 1805GMT<"}} {
		if a := one(t, message(c.keyword, "\t   Text.", c.trailer)); !strings.Contains(string(a.URI), ":text:") {
			t.Errorf("%s %s: %s", c.keyword, c.trailer, a.URI)
		}
	}
}

func TestNotices(t *testing.T) {
	const story = "urn:copytaster:wire:w:us--skarra:2024-04-22"
	other := strings.ReplaceAll(trailer, "AP-WF", "XYZ-A")
	for _, c := range []struct {
		name, text, trailer, uri string
		status                   article.Status
	}{
		{"kill", "^BC-US--Skarra, KILL,40<\n^Eds: Please kill the story.<\n\t   The AP", trailer, story, article.Canceled},
		{"kill in small letters", "^BC-US--Skarra, Kill<\n\t   A kill is mandatory.", trailer, story, article.Canceled},
		{"hold", "^BC-US--Skarra, HOLD<\n\t   Please hold the story.", trailer, story, article.Withheld},
		{"of another day", "^BC-US--Skarra, KILL,40<\n\t   Please kill the story of Sunday.", trailer, story + ":notice", article.Usable},
		{"kill line without its version", "^BC-US--Skarra,40<\n^KILL KILL KILL=\n\t   Please kill it.", trailer, story + ":notice", article.Usable},
		{"where keywords name nothing", "^BC-US--Skarra, KILL,40<\n\t   Please kill it.", other, "urn:copytaster:wire:w:4711:2024-04-22", article.Usable},
		{"by number", "^BC-US--Skarra, KILL,40<\n\t   Please kill story w4700.", other, "urn:copytaster:wire:w:4700:2024-04-22", article.Canceled},
		{"by the number of another service", "^BC-US--Skarra, KILL,40<\n\t   Please kill story f4700.", other, "urn:copytaster:wire:w:4711:2024-04-22", article.Usable},
		{"a report", "^BC-US--Skarra,40<\n^AP kills story<\n\t   Editors were told to kill story w4700.", trailer, story, article.Usable},
	} {
		a := one(t, message(keyword, c.text, c.trailer))
		if string(a.URI) != c.uri || a.Status != c.status {
			t.Errorf("%s: %s is %s, want %s %s", c.name, a.URI, a.Status, c.uri, c.status)
		}
	}
}

// TestCodes: the machine's instructions are gone, the reader's text is not.
func TestCodes(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                                    "plain",
		"\x0c#F8;\x0bOne\x10two\x1ethree":          "One two three",
		"\x0eup\x0f down":                          "up down",
		"a mistkae\x18 mistake":                    "a mistake",
		"\x0clost its end":                         "lost its end",
		"\x0c" + strings.Repeat("x", 100) + "\x0b": strings.Repeat("x", 100),
		"(AP) _ He said ``yes.''":                  "(AP) — He said “yes.”",
		"snake_case ___ {x}":                       "snake_case ___ {x}",
		"3{ games, 10{.":                           "3½ games, 10½.",
		"5 < 6 = 11":                               "5 < 6 = 11",
		"ends with a quad<":                        "ends with a quad",
		"ends with both<=!":                        "ends with both",
		"ring\x07 the\x7f bell":                    "ring the bell",
	} {
		if a := one(t, message(keyword, "^Headline<\n\t   "+in, trailer)); a.Body() != want {
			t.Errorf("%q: %q, want %q", in, a.Body(), want)
		}
	}
}

var word = rapid.StringMatching(`[a-zäößéñ]{1,9}`)

// TestProperty: what is written is what is read.
func TestProperty(t *testing.T) {
	line := func(label string) *rapid.Generator[string] {
		return rapid.Custom(func(t *rapid.T) string { return strings.Join(rapid.SliceOfN(word, 2, 12).Draw(t, label), " ") })
	}
	rapid.Check(t, func(t *rapid.T) {
		slug := "US--" + rapid.StringMatching(`[A-Z][a-z]{1,12}( [A-Z][a-z]{1,12})?`).Draw(t, "slug")
		lead := rapid.IntRange(0, 9).Draw(t, "lead")
		headline := "Zz" + line("headline").Draw(t, "headline")
		sent := time.Unix(rapid.Int64Range(1_000_000_000, received.Unix()).Draw(t, "sent")/60*60, 0).UTC()
		var paragraphs []string
		for range rapid.IntRange(1, 5).Draw(t, "paragraphs") {
			paragraphs = append(paragraphs, "Pp"+line("paragraph").Draw(t, "paragraph")+".")
		}
		version := ""
		if lead > 0 {
			version = fmt.Sprintf(", %dth Ld-Writethru", lead)
		}
		data := message("BC-"+slug+sent.Format(" 01-02"), "^BC-"+slug+version+",40<\n^"+headline+"<\n^By IDA BRANDT=\n\t   "+strings.Join(paragraphs, "\n\t   "), sent.Format("\t   AP-WF-01-02-06 1504GMT<"))
		a := one(t, data)
		if want := article.ScopedURI("wire", "w:"+strings.ToLower(slug)+":"+sent.Format("2006-01-02")); a.URI != want {
			t.Fatalf("%s, want %s", a.URI, want)
		}
		if a.First(article.Headline) != headline || a.First(article.Byline) != "By IDA BRANDT" || a.Body() != strings.Join(paragraphs, "\n\n") {
			t.Fatalf("%q\nof %q", a.Text, data)
		}
		if !a.VersionCreated.Equal(sent) || string(a.Original.Bytes) != data {
			t.Fatalf("%s of %q", a.VersionCreated, data)
		}
	})
}

// TestNothingIsLost: every word of a text is in the article's, in its order.
func TestNothingIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`(\^?[a-zA-Z.:;()#*"0-9-]{1,8}[ \n\t]{1,4}){1,60}`).Draw(t, "text")
		a := one(t, message(keyword, text, ""))
		words := func(s string) string {
			return strings.Join(strings.Fields(strings.NewReplacer("^", " ", ",", " ").Replace(s)), " ")
		}
		said, slugged := strings.CutPrefix(a.Text, "Slugline: BC-US--Skarra")
		if !slugged {
			said = strings.TrimPrefix(a.Text, "Slugline: ") // the text's own first line
		}
		got, want := words(said), words(text)
		if got != want {
			t.Fatalf("%q\nwant %q", got, want)
		}
	})
}
