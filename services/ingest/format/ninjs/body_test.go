package ninjs_test

import (
	"context"
	"encoding/json"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/format"
)

// TestParagraphs: where plain text has its paragraphs.
func TestParagraphs(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"one", "One line.", []string{"One line."}},
		{"blank lines", "One.\n\nTwo\nlines.\n \n\nThree.", []string{"One.", "Two lines.", "Three."}},
		{"Windows", "One.\r\n\r\nTwo\r\nlines.", []string{"One.", "Two lines."}},
		{"a line each", "First sentence. Second.\nThird sentence.\nFourth?", []string{"First sentence. Second.", "Third sentence.", "Fourth?"}},
		{"wrapped", "The ferry to Skarra runs again since Monday, the\noperator said. It carried 212 passengers on its first\nday, more than ever before.", []string{"The ferry to Skarra runs again since Monday, the operator said. It carried 212 passengers on its first day, more than ever before."}},
		{"wrapped and set in", "  The ferry to Skarra runs again since Monday, so the\noperator said to all who had asked for it.\n  It carried 212 passengers on its first day, more\nthan ever before.", []string{"The ferry to Skarra runs again since Monday, so the operator said to all who had asked for it.", "It carried 212 passengers on its first day, more than ever before."}},
		{"results", "Skarra 3 Oslo 1\nBergen 0 Moss 0\nHamar 2 Bodo 4", []string{"Skarra 3 Oslo 1", "Bergen 0 Moss 0", "Hamar 2 Bodo 4"}},
		{"long lines", strings.Repeat("word ", 30) + "end.\n" + strings.Repeat("text ", 30) + "end.", []string{strings.Repeat("word ", 30) + "end.", strings.Repeat("text ", 30) + "end."}},
		{"a short line between long ones", strings.Repeat("word ", 30) + "end.\nShort\n" + strings.Repeat("text ", 30) + "end.", []string{strings.Repeat("word ", 30) + "end.", "Short", strings.Repeat("text ", 30) + "end."}},
		{"control characters", "a\x01b\x1f c", []string{"a b c"}},
		{"marks that are no mark-up", "5 < 6 & 7 > 6", []string{"5 < 6 & 7 > 6"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			text, err := json.Marshal(c.text)
			if err != nil {
				t.Fatal(err)
			}
			a := one(t, `{"uri":"u","headline":"H","body_text":`+string(text)+`}`)
			if d := cmp.Diff(strings.Join(c.want, "\n\n"), a.Body()); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
		})
	}
}

// TestChoice: which of several wordings is read, and what of the others is
// kept.
func TestChoice(t *testing.T) {
	type body struct {
		Role        string `json:"role,omitempty"`
		ContentType string `json:"contentType,omitempty"`
		Value       string `json:"value"`
	}
	const nitf = `<?xml version="1.0"?><nitf><head><title>No</title></head><body><body.head><hedline><hl1>No</hl1></hedline></body.head><body.content><p>One.</p><hl2>Sub</hl2><p>Two.</p></body.content></body></nitf>`
	for _, c := range []struct {
		name   string
		bodies []body
		want   string
	}{
		{"marked up has the paragraphs", []body{{"text", "text/plain", "One. Two."}, {"html", "text/html", "<p>One.</p><p>Two.</p>"}}, "One.|Two."},
		{"marked up has lost them", []body{{"text", "text/plain", "One.\n\nTwo."}, {"html", "text/html", "<div>One. Two.</div>"}}, "One.|Two."},
		{"marked up is a teaser", []body{{"html", "text/html", "<p>One.</p>"}, {"text", "text/plain", "One.\n\nTwo and more of it."}}, "One.|Two and more of it."},
		{"by what it begins with", []body{{"", "", "<p>One.</p><p>Two.</p>"}}, "One.|Two."},
		{"no mark-up in it", []body{{"html", "text/html", "One &amp; one\nare two.\n\nTwo."}}, "One & one are two.|Two."},
		{"NITF alone", []body{{"nitf", "text/vnd.IPTC.NITF", nitf}}, "One.|Sub|Two."},
		{"NITF besides", []body{{"nitf", "", nitf}, {"text", "", "Other."}}, "Other."},
		{"a whole page", []body{{"html5", "text/html", "<html><head><title>H</title></head><body><article><h1>H</h1><p>One.</p><blockquote>Two.</blockquote></article></body></html>"}}, "One.|Two."},
		{"one more text", []body{{"main", "text/html", "<p>One.</p>"}, {"factbox", "text/html", "<h3>Facts</h3><p>Three.</p>"}}, "One.|Facts|Three."},
		{"the same by another name", []body{{"main", "text/html", "<p>One.</p>"}, {"webtext", "text/plain", "One."}}, "One."},
		{"by an unknown name alone", []body{{"article", "text/html", "<p>One.</p><p>Two.</p>"}}, "One.|Two."},
		{"empty", []body{{"text", "", " "}, {"html", "text/html", "<p> </p>"}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			item, err := json.Marshal(map[string]any{"uri": "u", "headlines": []body{{Value: "H"}}, "bodies": c.bodies})
			if err != nil {
				t.Fatal(err)
			}
			a := one(t, string(item))
			if got := strings.ReplaceAll(a.Body(), "\n\n", "|"); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
			if h := all(&a, article.Headline); h != "H" {
				t.Errorf("headline %q", h)
			}
		})
	}
}

// TestManyParagraphs: what a text costs grows with its length, not with the
// square of it.
func TestManyParagraphs(t *testing.T) {
	const paragraphs, most = 20_000, 1 << 30
	input := []byte(`{"uri":"urn:x:1","bodies":[{"contentType":"text/html","value":"` + strings.Repeat("<p>"+strings.Repeat("all work and no play ", 5)+"</p>", paragraphs) + `"}]}`)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	as, err := format.Decode(context.Background(), input, format.Hint{Source: "s", ReceivedAt: received}, "ninjs")
	runtime.ReadMemStats(&after)
	if err != nil || len(as) != 1 || len(as[0].Segments) != paragraphs {
		t.Fatalf("%d articles, %v", len(as), err)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > most {
		t.Errorf("%d bytes of text took %d bytes of memory, one after the other", len(input), n)
	}
}
