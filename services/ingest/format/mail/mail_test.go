package mail_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/charmap"
	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/document"
	"github.com/copytaster/copytaster/services/ingest/format"
	"github.com/copytaster/copytaster/services/ingest/format/mail"
)

var received = time.Date(2024, 4, 22, 6, 0, 0, 0, time.UTC)

func hint() document.Hint { return document.Hint{Source: "wire", ReceivedAt: received} }

const from = "From: wire@post.example\r\nMIME-Version: 1.0\r\n"

func decode(t interface {
	Helper()
	Fatalf(format string, args ...any)
}, data string,
) []article.Article {
	t.Helper()
	as, err := format.Decode(context.Background(), []byte(data), hint(), "")
	if err != nil {
		t.Fatalf("%.300q: %v", data, err)
	}
	return as
}

func multi(kind string, parts ...string) string {
	return "Content-Type: multipart/" + kind + "; boundary=\"=b\"\r\n\r\n--=b\r\n" + strings.Join(parts, "\r\n--=b\r\n") + "\r\n--=b--\r\n"
}

func TestDetect(t *testing.T) {
	for data, want := range map[string]bool{
		"From: a@b\nMessage-ID: <1@b>\n\nx":                                  true,
		"Received: by x\r\n\tfor y\r\nMIME-Version: 1.0\r\n\r\nx":            true,
		"From a@b Mon Apr 22\nReturn-Path: <a@b>\nMessage-ID: <1@b>\n\nx":    true,
		"From: the harbour\nDate: Monday\nSubject: ferries\n\nText":          false,
		"From: a@b\nDate: Mon, 22 Apr 2024 06:00:00 GMT\nSubject: x\n\nText": true,
		"From: a@b\nDate: Mon, 22 Apr 2024 06:00:00 GMT\n\nText":             false,
		"Message-ID: <1@b>\nSubject: x\n\nText":                              false,
		"From: a@b\nMessage-ID: <1@b>\nThis is text.\n":                      false,
		"From our correspondent\nFrom: x\n":                                  false,
		"":                                                                   false,
	} {
		if got := mail.Detect([]byte(data)); got != want {
			t.Errorf("%q: %v", data, got)
		}
	}
}

func nested(n int) string {
	if n == 0 {
		return "Content-Type: text/plain\r\n\r\nText."
	}
	b := fmt.Sprintf("b%dx", n)
	return "Content-Type: multipart/mixed; boundary=" + b + "\r\n\r\n--" + b + "\r\n" + nested(n-1) + "\r\n--" + b + "--"
}

func mails(n int) string {
	if n == 0 {
		return from + "Subject: innermost\r\n\r\nText."
	}
	return from + "Subject: s\r\nContent-Type: message/rfc822\r\n\r\n" + mails(n-1)
}

func TestRefused(t *testing.T) {
	many := func(n int) string {
		parts := make([]string, n)
		for i := range parts {
			parts[i] = "Content-Type: text/plain\r\n\r\nText."
		}
		return from + "Subject: s\r\n" + multi("mixed", parts...)
	}
	for _, c := range []struct {
		name, data string
		want       document.Reason
		says       string
	}{
		{"nothing", from + "\r\n \r\n", document.Empty, "neither subject nor text"},
		{"header", from + "This is no field\r\n\r\nx", document.Syntax, "header"},
		{"header too long", from + "X: " + strings.Repeat("x", 65<<10) + "\r\n\r\nx", document.TooLarge, "65536"},
		{"two ids", from + "Message-ID: <1@b>\r\nMessage-ID: <2@b>\r\n\r\nx", document.Syntax, "Message-ID"},
		{"no boundary", from + "Content-Type: multipart/mixed\r\n\r\nx", document.Syntax, "boundary"},
		{"breaks off", from + "Subject: s\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nText", document.Syntax, "part"},
		{"too many parts", many(200), document.TooMany, "200"},
		{"too deep", from + "Subject: s\r\n" + nested(10), document.TooDeep, "10"},
		{"mails too deep", mails(10), document.TooDeep, "10"},
		{"base64", from + "Subject: s\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!", document.Syntax, "base64"},
		{"unknown encoding", from + "Subject: s\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\nx", document.Charset, "x-uuencode"},
		{"line too long", from + "Subject: s\r\n\r\n" + strings.Repeat("x ", 129<<10), document.TooLarge, "262144"},
		{"too many paragraphs", from + "Subject: s\r\n\r\n" + strings.Repeat("x\n\n", 20_001), document.TooMany, "20000"},
		{"text too large", from + "Subject: s\r\n\r\n" + strings.Repeat("word\n", document.MaxSingle/4), document.TooLarge, "3145728"},
		{"broken attachment", from + "Subject: s\r\n" + multi("mixed", "Content-Type: text/plain\r\n\r\nText.", "Content-Type: application/json; name=x.json\r\n\r\n{\"uri\":\"u\",\"headline\":\"H\",\"pubstatus\":\"dead\"}"), document.Invalid, "attachment 1 (x.json)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := format.Decode(context.Background(), []byte(c.data), hint(), "mail")
			e, ok := errors.AsType[*document.Error](err)
			if !ok || e.Reason != c.want || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want %s saying %q", err, c.want, c.says)
			}
		})
	}
	decode(t, many(199))
	decode(t, from+"Subject: s\r\n"+nested(9))
	decode(t, mails(9))
}

// TestIdentity: the id is in the provider's namespace, and the sender's name
// plays no part.
func TestIdentity(t *testing.T) {
	for _, c := range []struct{ header, want string }{
		{"Message-ID: <1@b.example>\r\n", "urn:copytaster:wire:1@b.example"},
		{"Message-Id:\r\n <1@b.example>\r\n", "urn:copytaster:wire:1@b.example"},
		{"Message-ID: 1@b.example\r\n", "urn:copytaster:wire:1@b.example"},
		{"Message-ID: <urn:copytaster:dpa:1>\r\n", "urn:copytaster:wire:urn:copytaster:dpa:1"},
	} {
		for _, sender := range []string{"From: Reuters <a@reuters.example>\r\n", "From: x@y\r\n"} {
			a := decode(t, sender+"MIME-Version: 1.0\r\nSubject: S\r\n"+c.header+"\r\nText.")[0]
			if string(a.URI) != c.want || a.Provider != "wire" {
				t.Errorf("%q: %s of %s, want %s", c.header, a.URI, a.Provider, c.want)
			}
		}
	}
	a := decode(t, from+"Subject: S\r\n\r\nText.")[0]
	if !strings.Contains(string(a.URI), ":text:") || a.Flags[0] != article.FlagIdentityFromText {
		t.Errorf("without an id: %s %v", a.URI, a.Flags)
	}
	long := decode(t, from+"Subject: S\r\nMessage-ID: <"+strings.Repeat("x", 900)+"@b>\r\n\r\nText.")[0]
	if len(long.URI) > 100 {
		t.Errorf("a long id: %s", long.URI)
	}
}

func TestNotices(t *testing.T) {
	const id = "Message-ID: <2@b>\r\n"
	for _, c := range []struct {
		name, header, body, uri string
		status                  article.Status
	}{
		{"kill by its subject", "Subject: KILL: Ferry sinks\r\nIn-Reply-To: <1@b>\r\n", "It did not.", "1@b", article.Canceled},
		{"kill by its first line", "Subject: Re: Ferry sinks\r\nIn-Reply-To: <1@b>\r\n", "KILL KILL KILL\r\nIt did not.", "1@b", article.Canceled},
		{"hold", "Subject: HOLD\r\nIn-Reply-To: <1@b>\r\n", "We check.", "1@b", article.Withheld},
		{"German kill", "Subject: =?utf-8?q?R=C3=9CCKRUF?=: Faehre\r\nIn-Reply-To: <1@b>\r\n", "Falsch.", "1@b", article.Canceled},
		{"kill in small letters", "Subject: Kill: Ferry sinks\r\nIn-Reply-To: <1@b>\r\n", "It did not.", "1@b", article.Canceled},
		{"German kill, a colon", "Subject: ANNULLIERUNG: Faehre\r\nIn-Reply-To: <1@b>\r\n", "Falsch.", "1@b", article.Canceled},
		{"French kill, a space before the colon", "Subject: ANNULATION : le ferry\r\nIn-Reply-To: <1@b>\r\n", "Faux.", "1@b", article.Canceled},
		{"Swedish kill", "Subject: Makuleras: Färjan\r\nIn-Reply-To: <1@b>\r\n", "Fel.", "1@b", article.Canceled},
		{"hold, a colon", "Subject: HOLD: Ferry sinks\r\nIn-Reply-To: <1@b>\r\n", "We check.", "1@b", article.Withheld},
		{"hold in small letters", "Subject: Do not use: Ferry sinks\r\nIn-Reply-To: <1@b>\r\n", "We check.", "1@b", article.Withheld},
		{"German hold in small letters", "Subject: Nicht mehr verwenden: Faehre\r\nIn-Reply-To: <1@b>\r\n", "Falsch.", "1@b", article.Withheld},
		{"French hold in small letters", "Subject: Ne plus utiliser : le ferry\r\nIn-Reply-To: <1@b>\r\n", "Faux.", "1@b", article.Withheld},
		{"a French report", "Subject: Annulation : le concert du 12 mai\r\nIn-Reply-To: <1@b>\r\n", "Il pleut.", "2@b", article.Usable},
		{"a Spanish report", "Subject: Anulación: el Supremo decide\r\nIn-Reply-To: <1@b>\r\n", "El martes.", "2@b", article.Usable},
		{"a German report", "Subject: Annullierung: Gericht kippt Wahl\r\nIn-Reply-To: <1@b>\r\n", "Am Dienstag.", "2@b", article.Usable},
		{"another German report", "Subject: Löschung: Firma verliert Daten\r\nIn-Reply-To: <1@b>\r\n", "Am Dienstag.", "2@b", article.Usable},
		{"a Danish report of teams", "Subject: Hold: Sådan stiller FCK op\r\nIn-Reply-To: <1@b>\r\n", "Kampen begynder.", "2@b", article.Usable},
		{"a Swedish report", "Subject: Avvakta: Rådet till resenärer\r\nIn-Reply-To: <1@b>\r\n", "Tåget kommer.", "2@b", article.Usable},
		{"Spanish hold", "Subject: No utilizar: ferry\r\nIn-Reply-To: <1@b>\r\n", "Esperen.", "1@b", article.Withheld},
		{"small letters, answers none", "Subject: Kill: Ferry sinks\r\n", "It did not.", "2@b", article.Usable},
		{"small letters, an answer to it", "Subject: Re: Kill: Ferry sinks\r\nIn-Reply-To: <1@b>\r\n", "Thanks.", "2@b", article.Usable},
		{"a report of a kill", "Subject: Killed: three sailors\r\nIn-Reply-To: <1@b>\r\n", "They drowned.", "2@b", article.Usable},
		{"a report with a colon", "Subject: Kill Bill: a third part\r\nIn-Reply-To: <1@b>\r\n", "He said so.", "2@b", article.Usable},
		{"a report with a dash", "Subject: Kill-switch: how it works\r\nIn-Reply-To: <1@b>\r\n", "It stops.", "2@b", article.Usable},
		{"a report of a recall", "Subject: =?utf-8?q?R=C3=BCckruf=3A?= Glas im Brot\r\nIn-Reply-To: <1@b>\r\n", "Der Hersteller warnt.", "2@b", article.Usable},
		{"within a headline", "Subject: Orders to kill: a trial\r\nIn-Reply-To: <1@b>\r\n", "It began.", "2@b", article.Usable},
		{"answers two", "Subject: KILL\r\nIn-Reply-To: <1@b> <0@b>\r\n", "KILL KILL", "2@b", article.Usable},
		{"answers none", "Subject: MANDATORY KILL\r\nReferences: <1@b>\r\n", "It did not.", "2@b", article.Usable},
		{"an answer to a story of that name", "Subject: Re: KILLED\r\nIn-Reply-To: <1@b>\r\n", "Nice headline.", "2@b", article.Usable},
		{"a kill that it quotes", "Subject: Re: thanks\r\nIn-Reply-To: <1@b>\r\n", "We did.\r\n> KILL KILL KILL\r\n", "2@b", article.Usable},
		{"a report", "Subject: Kill Bill returns\r\nIn-Reply-To: <1@b>\r\n", "He said: kill it.", "2@b", article.Usable},
	} {
		as := decode(t, from+id+c.header+"\r\n"+c.body)
		if len(as) != 1 || string(as[0].URI) != "urn:copytaster:wire:"+c.uri || as[0].Status != c.status {
			t.Errorf("%s: %d, %s is %s, want %s %s", c.name, len(as), as[0].URI, as[0].Status, c.uri, c.status)
		}
	}
}

// TestWordings: the plain one, unless it hardly says anything.
func TestWordings(t *testing.T) {
	plain := func(s string) string { return "Content-Type: text/plain; charset=utf-8\r\n\r\n" + s }
	html := func(s string) string { return "Content-Type: text/html; charset=utf-8\r\n\r\n" + s }
	for _, c := range []struct {
		name, body, want string
	}{
		{"plain before HTML", multi("alternative", plain("One.\r\n\r\nTwo."), html("<p>One.</p><p>Two!</p>")), "One.\n\nTwo."},
		{"HTML first", multi("alternative", html("<p>One.</p><p>Two!</p>"), plain("One.\r\n\r\nTwo.")), "One.\n\nTwo."},
		{"plain says nothing", multi("alternative", plain("Use HTML."), html("<p>"+strings.Repeat("word ", 20)+"</p>")), strings.TrimSpace(strings.Repeat("word ", 20))},
		{"empty plain", multi("alternative", plain(" "), html("<p>x</p>")), "x"},
		{"HTML alone", html("<p>x</p><style>y</style><p>z</p>"), "x\n\nz"},
		{"with pictures", multi("related", strings.ReplaceAll(multi("alternative", plain("One."), html("<p>One</p>")), "=b", "=c"), "Content-Type: image/png\r\nContent-ID: <i>\r\n\r\nx"), "One."},
		{"two texts", multi("mixed", plain("One."), plain("Two.")), "One.\n\nTwo."},
		{"flowed", "Content-Type: text/plain; format=flowed\r\n\r\nOne \r\ntwo \r\nthree.\r\nFour.", "One two three.\n\nFour."},
	} {
		if a := decode(t, from+"Subject: S\r\nMessage-ID: <1@b>\r\n"+c.body)[0]; a.Body() != c.want {
			t.Errorf("%s: %q, want %q", c.name, a.Body(), c.want)
		}
	}
}

// TestLargeAttachment: a text goes its way without the picture beside it that
// is too large for a message.
func TestLargeAttachment(t *testing.T) {
	picture := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{0xff, 0xd8, 1}, document.MaxSingle/3))
	a := decode(t, from+"Subject: S\r\nMessage-ID: <1@b>\r\n"+multi("mixed", "Content-Type: text/plain\r\n\r\nText.", "Content-Type: image/jpeg; name=x.jpg\r\nContent-Transfer-Encoding: base64\r\n\r\n"+picture))[0]
	if a.Body() != "Text." || a.URI != "urn:copytaster:wire:1@b" || !strings.Contains(a.Text, "x.jpg (image/jpeg)") || len(a.Original.Bytes) > 1000 {
		t.Errorf("%s, %q, original of %d bytes", a.URI, a.Text, len(a.Original.Bytes))
	}
}

// TestEmbargoCoversAttachments, in whatever format, and those of mails in it.
func TestEmbargoCoversAttachments(t *testing.T) {
	item := "Content-Type: application/json; name=x.json\r\n\r\n{\"uri\":\"u\",\"headline\":\"H\"}"
	inner := "Content-Type: message/rfc822\r\n\r\nFrom: a@b\r\nMessage-ID: <3@b>\r\nSubject: inner\r\n\r\nText."
	for line, until := range map[string]string{"EMBARGOED UNTIL 0500 GMT 23 APRIL 2024": "2024-04-23T05:00:00Z", "EMBARGOED UNTIL DELIVERY": ""} {
		as := decode(t, from+"Subject: S\r\nMessage-ID: <1@b>\r\n"+multi("mixed", "Content-Type: text/plain\r\n\r\n"+line, item, inner))
		if len(as) != 3 {
			t.Fatalf("%d articles", len(as))
		}
		for _, a := range as {
			got := ""
			if !a.EmbargoUntil.IsZero() {
				got = a.EmbargoUntil.Format(time.RFC3339)
			}
			if got != until || (a.Status == article.Withheld) != (until == "") {
				t.Errorf("%s: %s is %s until %q", line, a.URI, a.Status, got)
			}
		}
	}
}

var word = rapid.StringMatching(`[a-zäößéñ]{1,9}`)

// TestProperty: what is written is what is read, in every encoding.
func TestProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		line := func(label string) string { return strings.Join(rapid.SliceOfN(word, 2, 14).Draw(t, label), " ") }
		id, subject := rapid.StringMatching(`[a-z0-9.]{1,40}@[a-z]{1,9}\.example`).Draw(t, "id"), "Zz"+line("subject")
		sent := time.Unix(rapid.Int64Range(1_000_000_000, received.Unix()).Draw(t, "sent"), 0).UTC()
		var paragraphs []string
		for range rapid.IntRange(1, 5).Draw(t, "paragraphs") {
			paragraphs = append(paragraphs, "Pp"+line("paragraph")+".")
		}
		latin, body := rapid.Bool().Draw(t, "latin"), strings.Join(paragraphs, "\r\n\r\n")
		charset := "utf-8"
		if latin {
			charset = "iso-8859-1"
			var err error
			if body, err = charmap.ISO8859_1.NewEncoder().String(body); err != nil {
				t.Fatal(err)
			}
		}
		encoding := rapid.SampledFrom([]string{"8bit", "base64", "quoted-printable"}).Draw(t, "encoding")
		var b bytes.Buffer
		switch encoding {
		case "base64":
			b.WriteString(base64.StdEncoding.EncodeToString([]byte(body)))
		case "quoted-printable":
			w := quotedprintable.NewWriter(&b)
			if _, err := w.Write([]byte(body)); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
		default:
			b.WriteString(body)
		}
		words := mime.QEncoding
		if rapid.Bool().Draw(t, "B") {
			words = mime.BEncoding
		}
		data := from + "Message-ID: <" + id + ">\r\nDate: " + sent.Format(time.RFC1123Z) + "\r\nSubject: " + words.Encode("utf-8", subject) +
			"\r\nContent-Type: text/plain; charset=" + charset + "\r\nContent-Transfer-Encoding: " + encoding + "\r\n\r\n" + b.String()
		a := decode(t, data)[0]
		if a.URI != article.ScopedURI("wire", id) || a.First(article.Headline) != subject || a.Body() != strings.Join(paragraphs, "\n\n") {
			t.Fatalf("%s %q\nof %q", a.URI, a.Text, data)
		}
		if !a.VersionCreated.Equal(sent) || string(a.Original.Bytes) != data {
			t.Fatalf("%s of %q", a.VersionCreated, data)
		}
	})
}
