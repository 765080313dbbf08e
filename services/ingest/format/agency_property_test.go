package format_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"html"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/format"
)

// made is what an item says, in no format's words.
type made struct {
	ID, Version, Status      string
	Created, First, Embargo  time.Time
	Urgency                  int
	Language                 string
	Headline, Standfirst     string
	Byline, Note             string
	Paragraphs               []string
	Subject, Caption, Credit string
	Picture                  bool
}

var (
	word  = rapid.StringMatching(`[a-zäößčñА-я0-9"'<>&\]]{1,9}`)
	line  = rapid.Custom(func(t *rapid.T) string { return strings.Join(rapid.SliceOfN(word, 1, 12).Draw(t, "words"), " ") })
	some  = rapid.OneOf(rapid.Just(""), line)
	prose = rapid.Custom(func(t *rapid.T) string { return "P" + line.Draw(t, "line") + "." })
	when  = rapid.Custom(func(t *rapid.T) time.Time {
		return time.Unix(rapid.Int64Range(1_000_000_000, received.Unix()).Draw(t, "seconds"), 0).UTC()
	})
	sometime = rapid.OneOf(rapid.Just(time.Time{}), when)
)

// aside sets a field's text off from all others, so that none is taken for
// the beginning of another.
func aside(t *rapid.T, mark, name string) string {
	if s := some.Draw(t, name); s != "" {
		return mark + s
	}
	return ""
}

func draw(t *rapid.T) made {
	m := made{
		ID:      rapid.StringMatching(`[a-z0-9.-]{1,40}`).Draw(t, "id"),
		Version: rapid.StringMatching(`|[0-9]{1,3}`).Draw(t, "version"),
		Status:  rapid.SampledFrom([]string{"usable", "withheld", "canceled"}).Draw(t, "status"),
		Created: sometime.Draw(t, "created"), Embargo: sometime.Draw(t, "embargo"),
		Urgency:  rapid.IntRange(0, 9).Draw(t, "urgency"),
		Language: rapid.SampledFrom([]string{"", "en", "de-AT", "nb-NO"}).Draw(t, "language"),
		Headline: "Hq" + line.Draw(t, "headline"), Standfirst: aside(t, "Sq", "standfirst"), Byline: aside(t, "Bq", "byline"), Note: aside(t, "Nq", "note"),
		Subject: rapid.StringMatching(`|[a-z]{3,9}`).Draw(t, "subject"), Picture: rapid.Bool().Draw(t, "picture"),
		Paragraphs: rapid.SliceOfNDistinct(prose, 0, 6, func(s string) string { return s }).Draw(t, "paragraphs"),
	}
	if m.First = m.Created; !m.Created.IsZero() {
		m.First = m.Created.Add(-time.Duration(rapid.IntRange(0, 1e6).Draw(t, "before")) * time.Second)
	}
	if m.Picture {
		m.Caption, m.Credit = "Cq"+line.Draw(t, "caption"), "Rq"+line.Draw(t, "credit")
	}
	return m
}

// around is s in elements of that name, or nothing.
func around(before, s, after string) string {
	if s == "" {
		return ""
	}
	return before + s + after
}

const (
	extended = "2006-01-02T15:04:05Z07:00"
	basic    = "20060102T150405Z0700"
)

func dated(t time.Time, layout string) string {
	if t.IsZero() {
		return ""
	}
	return t.In(time.FixedZone("", 5400)).Format(layout)
}

func numbered(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

// escape writes text for XML in one of the ways.
type escape func(string) string

var escapes = map[string]escape{
	"entities": html.EscapeString,
	"CDATA": func(s string) string {
		if s == "" {
			return ""
		}
		return "<![CDATA[" + strings.ReplaceAll(s, "]]>", "]]]]><![CDATA[>") + "]]>"
	},
	"numbers": func(s string) string {
		var b strings.Builder
		for _, r := range s {
			fmt.Fprintf(&b, "&#%d;", r)
		}
		return b.String()
	},
}

func paragraphs(ps []string) string {
	var b strings.Builder
	for _, p := range ps {
		b.WriteString("<p>" + html.EscapeString(p) + "</p>\n")
	}
	return b.String()
}

func (m made) nitf(e escape) string {
	at := html.EscapeString
	first := ""
	if !m.First.Equal(m.Created) {
		first = `<revision-history norm="` + dated(m.First, basic) + `"/>`
	}
	return `<nitf` + around(` xml:lang="`, m.Language, `"`) + `><head><docdata management-status="` + m.Status + `"><doc-id id-string="` + m.ID + `"/>` +
		around(`<urgency ed-urg="`, numbered(m.Urgency), `"/>`) + around(`<date.issue norm="`, dated(m.Created, basic), `"/>`) + around(`<date.release norm="`, dated(m.Embargo, basic), `"/>`) +
		around(`<du-key version="`, m.Version, `"/>`) + around(`<key-list><keyword key="`, at(m.Subject), `"/></key-list>`) + `</docdata>` + first + `</head><body><body.head>` +
		around("<note><p>", at(m.Note), "</p></note>") + "<hedline><hl1>" + e(m.Headline) + "</hl1></hedline>" + around("<byline>", e(m.Byline), "</byline>") + around("<abstract><p>", e(m.Standfirst), "</p></abstract>") +
		`</body.head><body.content><block>` + paragraphs(m.Paragraphs) +
		around(`<media media-type="image"><media-reference mime-type="image/jpeg" source="https://p.example/1.jpg"/><media-caption>`, e(m.Caption), `</media-caption><media-producer>`+e(m.Credit)+`</media-producer></media>`) +
		`</block></body.content></body></nitf>`
}

// tags are the beginnings of tags, where text has no "<" of its own.
var tags = regexp.MustCompile(`(</?)(?:\b)`)

func (m made) g2(e escape, prefix string) string {
	picture := ""
	if m.Picture {
		picture = `<remoteContent href="https://p.example/1.jpg" contenttype="image/jpeg"/>`
	}
	s := `<newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" guid="` + m.ID + `" version="` + m.Version + `"><itemMeta>` + around("<versionCreated>", dated(m.Created, extended), "</versionCreated>") +
		around("<firstCreated>", dated(m.First, extended), "</firstCreated>") + around("<embargoed>", dated(m.Embargo, extended), "</embargoed>") + `<pubStatus qcode="stat:` + m.Status + `"/>` + around("<edNote>", e(m.Note), "</edNote>") +
		`</itemMeta><contentMeta>` + around("<urgency>", numbered(m.Urgency), "</urgency>") + around(`<language tag="`, m.Language, `"/>`) + around("<keyword>", m.Subject, "</keyword>") +
		"<headline>" + e(m.Headline) + "</headline>" + around("<by>", e(m.Byline), "</by>") + around("<creditline>", e(m.Credit), "</creditline>") + around("<description>", e(m.Standfirst), "</description>") +
		around(`<description role="drol:caption">`, e(m.Caption), "</description>") + `</contentMeta><contentSet>` +
		around(`<inlineXML><html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head><body>`, paragraphs(m.Paragraphs), `</body></html></inlineXML>`) + `PICTURE</contentSet></newsItem>`
	s = strings.Replace(s, "PICTURE", picture, 1)
	if prefix != "" {
		s = tags.ReplaceAllString(s, "${1}"+prefix)
	}
	return s
}

func (m made) newsml(e escape) string {
	var text strings.Builder
	text.WriteString("<html><body>")
	for _, p := range m.Paragraphs {
		text.WriteString("<p>" + html.EscapeString(p) + "</p>")
	}
	text.WriteString("</body></html>")
	body := ""
	if len(m.Paragraphs) > 0 {
		body = `<ContentItem><Encoding Notation="Base64"/><MimeType FormalName="text/html"/><DataContent>` + base64.StdEncoding.EncodeToString([]byte(text.String())) + `</DataContent></ContentItem>`
	}
	status := `<Status FormalName="` + m.Status + `"/>`
	if !m.Embargo.IsZero() && m.Status == "usable" {
		status = `<Status FormalName="Embargoed"/><StatusWillChange><FutureStatus FormalName="Usable"/><DateAndTime>` + dated(m.Embargo, basic) + `</DateAndTime></StatusWillChange>`
	}
	s := newsmlDoc(m.Version, around("<FirstCreated>", dated(m.First, basic), "</FirstCreated>")+around("<ThisRevisionCreated>", dated(m.Created, basic), "</ThisRevisionCreated>")+status+around(`<Urgency FormalName="`, numbered(m.Urgency), `"/>`),
		"<NewsLines><HeadLine>"+e(m.Headline)+"</HeadLine>"+around("<SubHeadLine>", e(m.Standfirst), "</SubHeadLine>")+around("<ByLine>", e(m.Byline), "</ByLine>")+around("<KeywordLine>", m.Subject, "</KeywordLine>")+"</NewsLines>"+
			around(`<DescriptiveMetadata><Language FormalName="`, m.Language, `"/></DescriptiveMetadata>`)+body+
			around(`<NewsComponent><Role FormalName="Photo"/><NewsLines><HeadLine>`, e(m.Caption), `</HeadLine><CreditLine>`+e(m.Credit)+`</CreditLine></NewsLines><ContentItem Href="https://p.example/1.jpg"><MimeType FormalName="image/jpeg"/></ContentItem></NewsComponent>`))
	s = strings.Replace(s, "<NewsComponent>", around("<Comment>", e(m.Note), "</Comment>")+"<NewsComponent>", 1)
	return strings.Replace(s, "x-1", m.ID, 1)
}

// TestAgencyPropertyRead: what an item says is read of it in each format, in
// each way to write it, in UTF-8 and UTF-16.
func TestAgencyPropertyRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := draw(t)
		how := rapid.SampledFrom([]string{"entities", "CDATA", "numbers"}).Draw(t, "escapes")
		e := escapes[how]
		prefix := rapid.SampledFrom([]string{"", "g:"}).Draw(t, "prefix")
		if how == "CDATA" {
			prefix = ""
		}
		for name, data := range map[string]string{"nitf": m.nitf(e), "newsmlg2": m.g2(e, prefix), "newsml": m.newsml(e)} {
			if rapid.Bool().Draw(t, "utf16") {
				data = inUTF16(data)
			}
			as, err := format.Decode(context.Background(), []byte(data), hint(), "")
			if err != nil || len(as) != 1 || as[0].Original.Format != name {
				t.Fatalf("%s: %d articles, %v\n%s", name, len(as), err, data)
			}
			a := &as[0]
			got := made{
				ID: strings.TrimPrefix(string(a.URI[strings.LastIndexByte(string(a.URI), ':')+1:]), "x"), Version: a.Version, Status: string(a.Status), Created: a.VersionCreated, First: a.PublishedAt, Embargo: a.EmbargoUntil,
				Urgency: a.Urgency, Language: a.Language.Value, Headline: a.First(article.Headline), Standfirst: a.First(article.Standfirst), Byline: a.First(article.Byline), Note: segments(a, article.Note),
				Caption: a.First(article.Caption), Credit: a.First(article.CreditLine), Picture: len(a.Images) == 1 && a.Images[0].URL == "https://p.example/1.jpg",
			}
			want := m
			want.ID = strings.TrimPrefix(m.ID, "x")
			want.Paragraphs = nil
			if len(a.Subjects) > 0 {
				got.Subject = a.Subjects[0].Name
			}
			if name == "newsml" && m.Status != "usable" {
				want.Embargo = time.Time{} // its status is one of the four
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Fatalf("%s: -want +got:\n%s\n%s", name, d, data)
			}
			if d := cmp.Diff(strings.Join(m.Paragraphs, "\n\n"), a.Body()); d != "" {
				t.Fatalf("%s: body: -want +got:\n%s\n%s", name, d, data)
			}
		}
	})
}

func inUTF16(s string) string {
	var b strings.Builder
	b.WriteString("\xfe\xff")
	for _, u := range utf16.Encode([]rune(s)) {
		b.WriteByte(byte(u >> 8))
		b.WriteByte(byte(u))
	}
	return b.String()
}
