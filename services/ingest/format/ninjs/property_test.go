package ninjs_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/format"
)

// made is what an item says, in no version's words.
type made struct {
	URI, Version, Status      string
	Created, First, Embargo   time.Time
	Urgency                   int
	Language                  string
	Headline, Standfirst      string
	Byline, Place, Note, Slug string
	Paragraphs                []string
	Subjects                  []article.Subject
	Notice                    string
	Image                     article.Image
}

var (
	word  = rapid.StringMatching(`[a-zäößčñА-я0-9"\\<>&/]{1,9}`)
	line  = rapid.Custom(func(t *rapid.T) string { return strings.Join(rapid.SliceOfN(word, 1, 12).Draw(t, "words"), " ") })
	prose = rapid.Custom(func(t *rapid.T) string { return "P" + line.Draw(t, "line") + "." })
	some  = rapid.OneOf(rapid.Just(""), line)
	when  = rapid.Custom(func(t *rapid.T) time.Time {
		return time.Unix(rapid.Int64Range(1_000_000_000, received.Unix()).Draw(t, "seconds"), 0).UTC()
	})
	sometime = rapid.OneOf(rapid.Just(time.Time{}), when)
)

func draw(t *rapid.T) made {
	m := made{
		URI:     "urn:x:" + rapid.StringMatching(`[a-z0-9:.-]{1,40}`).Draw(t, "uri"),
		Version: rapid.StringMatching(`|[0-9]{1,3}`).Draw(t, "version"),
		Status:  rapid.SampledFrom([]string{"usable", "withheld", "canceled"}).Draw(t, "status"),
		Created: sometime.Draw(t, "created"), First: sometime.Draw(t, "first"), Embargo: sometime.Draw(t, "embargo"),
		Urgency:  rapid.IntRange(0, 9).Draw(t, "urgency"),
		Language: rapid.SampledFrom([]string{"", "en", "de-AT", "nb-NO"}).Draw(t, "language"),
		Headline: "H" + line.Draw(t, "headline"), Byline: some.Draw(t, "byline"), Note: some.Draw(t, "note"), Slug: some.Draw(t, "slug"),
		Place: rapid.StringMatching(`|Zz[a-z]{3,8}`).Draw(t, "place"), Notice: some.Draw(t, "notice"),
		Paragraphs: rapid.SliceOfN(prose, 0, 6).Draw(t, "paragraphs"),
	}
	if len(m.Paragraphs) > 0 {
		m.Standfirst = rapid.StringMatching(`|Sss[a-z]{3,8}`).Draw(t, "standfirst")
	}
	for i := range rapid.IntRange(0, 4).Draw(t, "subjects") {
		m.Subjects = append(m.Subjects, article.Subject{Code: fmt.Sprintf("medtop:2000%04d", i), Name: word.Draw(t, "subject")})
	}
	if rapid.Bool().Draw(t, "image") {
		m.Image = article.Image{
			URL: "https://p.example/" + rapid.StringMatching(`[a-z0-9]{1,9}`).Draw(t, "image") + ".jpg", MediaType: "image/jpeg",
			Caption: "Ccc " + line.Draw(t, "caption"), Credit: "Ddd " + line.Draw(t, "credit"),
		}
	}
	return m
}

var markup = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// item writes m in the words of a generation.
func (m made) item(generation int, html bool) []byte {
	o := map[string]any{"uri": m.URI, "type": "text"}
	name := func(lower, camel string) string {
		if generation == 3 {
			return camel
		}
		return lower
	}
	put := func(name string, v any) {
		if v != "" && v != 0 {
			o[name] = v
		}
	}
	stamp := func(name string, t time.Time) {
		if !t.IsZero() {
			o[name] = t.In(time.FixedZone("", 2*60*60)).Format(time.RFC3339)
		}
	}
	put("version", m.Version)
	put(name("pubstatus", "pubStatus"), m.Status)
	put("urgency", m.Urgency)
	put("language", m.Language)
	put("slugline", m.Slug)
	put("located", m.Place)
	put(name("ednote", "edNote"), m.Note)
	put(name("copyrightnotice", "copyrightNotice"), m.Notice)
	stamp(name("versioncreated", "versionCreated"), m.Created)
	stamp(name("firstcreated", "firstCreated"), m.First)
	stamp(name("embargoed", "embargoedUntil"), m.Embargo)
	body, kind := strings.Join(m.Paragraphs, "\n\n"), "text/plain"
	if html {
		body, kind = "", "text/html"
		for _, p := range m.Paragraphs {
			body += "<p>" + markup.Replace(p) + "</p>\n"
		}
	}
	picture := map[string]any{"uri": "p", "type": "picture"}
	var subjects []any
	if generation == 1 {
		put("headline", m.Headline)
		put("byline", m.Byline)
		put("description_text", m.Standfirst)
		put(map[bool]string{true: "body_xhtml", false: "body_text"}[html], body)
		for _, s := range m.Subjects {
			subjects = append(subjects, map[string]any{"name": s.Name, "scheme": "http://cv.iptc.org/newscodes/mediatopic/", "code": s.Code[len("medtop:"):]})
		}
		o["subject"] = subjects
		picture["byline"], picture["description_text"] = m.Image.Credit, m.Image.Caption
		picture["renditions"] = map[string]any{"main": map[string]any{"href": m.Image.URL, "mimetype": m.Image.MediaType}}
		if m.Image.URL != "" {
			o["associations"] = map[string]any{"a": picture}
		}
	} else {
		contentType := name("contenttype", "contentType")
		put("by", m.Byline)
		o["headlines"] = []any{map[string]any{"role": "main", "value": m.Headline}}
		if m.Standfirst != "" {
			o["descriptions"] = []any{map[string]any{"value": m.Standfirst}}
		}
		if body != "" {
			o["bodies"] = []any{map[string]any{contentType: kind, "value": body}}
		}
		for _, s := range m.Subjects {
			subjects = append(subjects, map[string]any{"name": s.Name, "uri": "http://cv.iptc.org/newscodes/mediatopic/" + s.Code[len("medtop:"):]})
		}
		o["subjects"] = subjects
		picture["name"], picture["by"], picture["descriptions"] = "a", m.Image.Credit, []any{map[string]any{"value": m.Image.Caption}}
		picture["renditions"] = []any{map[string]any{"name": "main", "href": m.Image.URL, contentType: m.Image.MediaType}}
		if m.Image.URL != "" {
			o["associations"] = []any{picture}
		}
		o["standard"] = map[string]any{"name": "ninjs", "version": fmt.Sprintf("%d.0", generation)}
	}
	b, err := json.Marshal(o)
	if err != nil {
		panic(err) // strings and numbers alone
	}
	return b
}

// said is what an article says, in the same words.
func said(a *article.Article) made {
	m := made{
		URI: strings.ReplaceAll(strings.TrimPrefix(string(a.URI), "urn:copytaster:wire:"), "%2F", "/"), Version: a.Version, Status: string(a.Status),
		Created: a.VersionCreated, First: a.PublishedAt, Embargo: a.EmbargoUntil, Urgency: a.Urgency, Language: a.Language.Value,
		Headline: a.First(article.Headline), Standfirst: a.First(article.Standfirst), Byline: a.First(article.Byline),
		Place: a.First(article.Dateline), Notice: a.First(article.Boilerplate), Subjects: a.Subjects,
	}
	for _, s := range a.Segments {
		text := s.In(a.Text)
		slug, isSlug := strings.CutPrefix(text, "Slugline: ")
		switch {
		case s.Kind == article.Note && isSlug:
			m.Slug = slug
		case s.Kind == article.Note:
			m.Note = text
		case s.Kind == article.Paragraph:
			m.Paragraphs = append(m.Paragraphs, text)
		}
	}
	if len(a.Images) > 0 {
		m.Image = a.Images[0]
	}
	return m
}

// TestMadeItemsKeepTheirFields: what an item says in any generation's words,
// alone, in a list or in lines, the article says.
func TestMadeItemsKeepTheirFields(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var want []made
		var items []string
		for range rapid.IntRange(1, 4).Draw(t, "items") {
			m := draw(t)
			want = append(want, m)
			items = append(items, string(m.item(rapid.IntRange(1, 3).Draw(t, "generation"), rapid.Bool().Draw(t, "html"))))
		}
		in := strings.Join(items, "\n")
		if rapid.Bool().Draw(t, "list") {
			in = "[" + strings.Join(items, ",") + "]"
		}
		as, err := format.Decode(context.Background(), []byte(in), hint(), "")
		if err != nil {
			t.Fatalf("%v\n%s", err, in)
		}
		var got []made
		for i := range as {
			got = append(got, said(&as[i]))
		}
		if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("-want +got:\n%s\n%s", d, in)
		}
	})
}

// TestCutAnywhere: an item that breaks off is refused, never taken for a whole
// one.
func TestCutAnywhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := draw(t).item(rapid.IntRange(1, 3).Draw(t, "generation"), true)
		cut := in[:rapid.IntRange(1, len(in)-1).Draw(t, "cut")]
		if as, err := format.Decode(context.Background(), cut, hint(), "ninjs"); err == nil {
			t.Fatalf("%d articles of %s", len(as), cut)
		}
	})
}
