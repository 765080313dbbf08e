package copytaster

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/format"
	"github.com/copytaster/copytaster/services/search/export"
	"github.com/copytaster/copytaster/services/search/export/story"
)

// carried is what of an article a format may carry.
type carried struct {
	URI                          article.URI
	Version                      string
	Status                       article.Status
	Embargo, Expiry              time.Time
	Created, Published           time.Time
	Urgency                      int
	Language                     string
	Kicker, Headline, Standfirst string
	Byline, Dateline             string
	Paragraphs, Subheads, Quotes []string
	Signoffs, Captions, Credits  []string
	Subjects                     []article.Subject
	Images                       []article.Image
	EvolvedFrom                  []article.URI
}

// said is text as it reads: without control characters, and with one space for
// any number.
func said(s string) string {
	return strings.Join(strings.FieldsFunc(strings.Map(func(r rune) rune {
		if r == '\uFFFE' || r == '\uFFFF' {
			return -1
		}
		return r
	}, s), func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
}

// read takes from an article what may be carried.
func read(a *article.Article) carried {
	c := carried{
		URI: a.URI, Version: a.Version, Status: a.Status, Embargo: a.EmbargoUntil, Expiry: a.ExpiresAt, Created: a.VersionCreated, Published: a.PublishedAt,
		Urgency: a.Urgency, Language: a.Language.Value, EvolvedFrom: a.EvolvedFrom,
	}
	for _, s := range a.Subjects {
		c.Subjects = append(c.Subjects, article.Subject{Code: said(s.Code), Name: said(s.Name)})
	}
	for _, im := range a.Images { // in no order: pictures stand where their captions do
		c.Images = append(c.Images, article.Image{URL: im.URL, MediaType: im.MediaType, Caption: said(im.Caption), Credit: said(im.Credit)})
	}
	slices.SortFunc(c.Images, func(a, b article.Image) int { return strings.Compare(a.URL, b.URL) })
	add := func(to *string, t string) { *to = strings.TrimSpace(*to + " " + t) }
	for _, s := range a.Segments {
		t := said(s.In(a.Text))
		switch s.Kind {
		case article.Kicker:
			add(&c.Kicker, t)
		case article.Headline:
			add(&c.Headline, t)
		case article.Standfirst:
			add(&c.Standfirst, t)
		case article.Byline:
			add(&c.Byline, t)
		case article.Dateline:
			add(&c.Dateline, t)
		case article.Paragraph, article.Reference:
			c.Paragraphs = append(c.Paragraphs, t)
		case article.Subhead:
			c.Subheads = append(c.Subheads, t)
		case article.Quote:
			c.Quotes = append(c.Quotes, t)
		case article.Signoff:
			c.Signoffs = append(c.Signoffs, t)
		case article.Caption:
			c.Captions = append(c.Captions, t)
		case article.CreditLine:
			c.Credits = append(c.Credits, t)
		default: // not for readers
		}
	}
	return c
}

// runsIn tells whether a dateline stands in the line of the first paragraph.
func runsIn(a *article.Article) bool {
	s := story.Of(a)
	return s.RunsIn
}

// notice is what a canceled article is.
func (c *carried) notice() carried {
	return carried{URI: c.URI, Version: c.Version, Status: c.Status, Embargo: c.Embargo, Expiry: c.Expiry, Created: c.Created, Published: c.Published, Urgency: c.Urgency}
}

// inPlace puts the dateline into the text, where a format has no other place
// for it.
func (c *carried) inPlace(runsIn bool) {
	switch {
	case c.Dateline == "":
	case runsIn:
		c.Paragraphs[0] = c.Dateline + " " + c.Paragraphs[0]
	default:
		c.Paragraphs = slices.Insert(c.Paragraphs, 0, c.Dateline)
	}
	c.Dateline = ""
}

// letters is what is said, without marks.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// once leaves a first paragraph out that repeats the headline, as the decoders
// of the agencies' formats do.
func (c *carried) once() {
	for len(c.Paragraphs) > 0 && c.Headline != "" && letters(c.Paragraphs[0]) == letters(c.Headline) {
		c.Paragraphs = c.Paragraphs[1:]
	}
}

// captions adds those of pictures that stand in no place of the text, for all
// of them are sent; unless the text says the same, if that is looked at.
func (c *carried) captions(unlessSaid bool) {
	for _, im := range c.Images {
		if im.Caption != "" && !slices.Contains(c.Captions, im.Caption) && !(unlessSaid && slices.Contains(c.Paragraphs, im.Caption)) {
			c.Captions = append(c.Captions, im.Caption)
		}
	}
}

// carry says what each format carries of an article: the table in the README
// of the search service, as a program.
var carry = map[string]func(c carried, a *article.Article) carried{
	"ninjs": func(c carried, a *article.Article) carried {
		if a.Status == article.Canceled {
			return c.notice()
		}
		c.once()
		c.captions(true)
		c.Paragraphs, c.Signoffs = append(c.Paragraphs, c.Signoffs...), nil
		if runsIn(a) {
			c.inPlace(true)
		}
		return c
	},
	"newsmlg2": func(c carried, a *article.Article) carried {
		if strings.Trim(c.Version, "0123456789") != "" || strings.HasPrefix(c.Version, "0") {
			c.Version = ""
		}
		c.Created = story.Created(a)
		if a.Status == article.Canceled {
			return c.notice()
		}
		c.once()
		c.captions(false)
		c.Paragraphs, c.Signoffs = append(c.Paragraphs, c.Signoffs...), nil
		if runsIn(a) {
			c.inPlace(true)
		}
		for i := range c.Images {
			c.Images[i].MediaType = ""
		}
		for i, s := range c.Subjects {
			if prefix, _, _ := strings.Cut(s.Code, ":"); (s.Name == "" || s.Name == s.Code) && !slices.Contains([]string{"medtop", "subj", "genre", "http", "https"}, prefix) {
				c.Subjects[i] = article.Subject{Name: s.Code}
			}
		}
		return c
	},
	"nitf": func(c carried, a *article.Article) carried {
		if c.Urgency > 8 {
			c.Urgency = 0
		}
		token := regexp.MustCompile(`^[\w.:-]*$`)
		if !token.MatchString(c.Version) {
			c.Version = ""
		}
		c.EvolvedFrom = nil
		if c.Created.IsZero() {
			c.Created = c.Published
		}
		if c.Published.IsZero() || c.Published.After(c.Created) {
			c.Published = c.Created
		}
		if a.Status == article.Canceled {
			return c.notice()
		}
		c.once()
		c.captions(false)
		for i, s := range c.Subjects {
			switch {
			case !token.MatchString(s.Code) && s.Name == "":
				c.Subjects[i] = article.Subject{Name: s.Code}
			case !token.MatchString(s.Code):
				c.Subjects[i].Code = ""
			case s.Code != "" && strings.Trim(s.Code, "0123456789") == "":
				c.Subjects[i].Code = "subj:" + s.Code
			}
		}
		slices.SortStableFunc(c.Subjects, func(a, b article.Subject) int {
			return min(len(b.Code), 1) - min(len(a.Code), 1)
		})
		return c
	},
	"atom": func(c carried, a *article.Article) carried {
		if a.Status == article.Canceled { // a deleted-entry, which withholds
			return carried{URI: c.URI, Status: article.Withheld, Created: story.Created(a)}
		}
		c = feedItem(c, a)
		c.Created = story.Created(a)
		if c.Byline == "" {
			c.Byline = story.Provider(a)
		}
		for i, s := range c.Subjects {
			switch {
			case known(s.Code):
			case s.Name != "":
				c.Subjects[i].Code = ""
			default:
				c.Subjects[i] = article.Subject{Name: s.Code}
			}
		}
		return c
	},
	"jsonfeed": func(c carried, a *article.Article) carried {
		c = feedItem(c, a)
		c.Expiry = a.ExpiresAt
		for i, s := range c.Subjects {
			if s.Name != "" {
				c.Subjects[i].Code = ""
			} else if !known(s.Code) {
				c.Subjects[i] = article.Subject{Name: s.Code}
			}
		}
		return c
	},
}

// carryMany is carry where a list is another document than its articles are.
var carryMany = map[string]func(c carried, a *article.Article) carried{
	"nitf": func(c carried, a *article.Article) carried {
		dateline, signoffs, images := c.Dateline, c.Signoffs, slices.Clone(c.Images)
		paragraphs := slices.Clone(c.Paragraphs)
		c.Dateline, c.Signoffs = "", nil
		if c = carry["newsmlg2"](c, a); a.Status == article.Canceled {
			return c
		}
		c.Dateline, c.Signoffs, c.Images, c.Paragraphs = dateline, signoffs, images, paragraphs
		c.once()
		return c
	},
}

// known tells of codes that are known for codes in feeds.
func known(code string) bool {
	return strings.HasPrefix(code, "medtop:") || strings.HasPrefix(code, "subj:")
}

// feedItem is what both feeds carry.
func feedItem(c carried, a *article.Article) carried {
	c.Version, c.Urgency, c.Embargo, c.Expiry, c.Kicker, c.EvolvedFrom = "", 0, time.Time{}, time.Time{}, "", nil
	c.Paragraphs, c.Signoffs = append(c.Paragraphs, c.Signoffs...), nil
	c.inPlace(runsIn(a))
	c.captions(false)
	for i := range c.Images {
		c.Images[i].MediaType = ""
	}
	return c
}

var received = time.Date(2024, 6, 1, 12, 0, 0, 0, time.UTC)

// decodeAgain reads what was written, as the ingest service would, and without
// being told what it is.
func decodeAgain(f export.Format, b []byte, provider string) ([]article.Article, error) {
	name := ""
	if f.Name == "text" {
		name = f.Name // a text may look like anything
	}
	return format.Decode(context.Background(), b, format.Hint{Source: "s", Provider: provider, ReceivedAt: received}, name)
}

// failer is a test, one of rapid's or not.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// refused tells whether err is that the format has no words for what a is, and
// fails the test if it should be and isn't, or the other way round.
func refused(t failer, f export.Format, a *article.Article, err error) bool {
	t.Helper()
	can := f.Life
	switch {
	case a.Status == article.Canceled:
		can = f.Notice
	case a.Status == article.Usable && !a.EmbargoUntil.After(received):
		can = true
	}
	_, unfit := errors.AsType[*export.UnfitError](err)
	if unfit == can {
		t.Fatalf("%s of an article that is %s, embargo %s: %v", f.Name, a.Status, a.EmbargoUntil, err)
	}
	return unfit
}

// tells compares what was decoded with what the format carries of a.
func tells(t failer, f export.Format, a *article.Article, got []article.Article, b []byte) {
	t.Helper()
	if len(got) != 1 {
		t.Fatalf("%s: %d articles\n%s", f.Name, len(got), b)
	}
	want := carry[f.Name](read(a), a)
	if !a.URI.In(a.Provider) {
		want.URI = got[0].URI // see TestExportOfForeignURI
	}
	if d := cmp.Diff(want, read(&got[0]), cmpopts.EquateEmpty()); d != "" {
		t.Fatalf("%s (-want +got):\n%s\n%s", f.Name, d, b)
	}
}

// standard compiles ninjs's own schema, with the formats of dates and addresses
// that it names.
func standard(t *testing.T) *jsonschema.Schema {
	t.Helper()
	const name = "../search/export/ninjs/testdata/schema/ninjs-schema_3.1.json"
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	// The standard refers to GeoJSON's schema for places, of which none are written.
	for address, schema := range map[string]any{"https://geojson.org/schema/GeoJSON.json": false, name: doc} {
		if err := c.AddResource(address, schema); err != nil {
			t.Fatal(err)
		}
	}
	s, err := c.Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// wellFormed fails the test if b isn't XML, where it should be, or isn't what
// ninjs's schema demands.
func wellFormed(t failer, s *jsonschema.Schema, f export.Format, b []byte) {
	t.Helper()
	if f.Name == "ninjs" {
		items, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
		if err != nil {
			t.Fatalf("%v\n%s", err, b)
		}
		if _, many := items.([]any); !many {
			items = []any{items}
		}
		for _, it := range items.([]any) {
			if err := s.Validate(it); err != nil {
				t.Fatalf("%v\n%s", err, b)
			}
		}
	}
	if !bytes.HasPrefix(b, []byte("<?xml")) {
		if !json.Valid(b) {
			t.Fatalf("no JSON: %q", b)
		}
		return
	}
	d := xml.NewDecoder(bytes.NewReader(b))
	for {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("not well-formed: %v\n%s", err, b)
		}
	}
}

var (
	awkward = []string{
		"]]>", "</p>", "<b>bold</b>", "&amp;", "&", "<", ">", "&lt;p&gt;", "<!--", "-->", "<![CDATA[", "\x00", "\x01", "\x0c", "\x1b[31m", "\u0085", "\u0091",
		"😀", "👨‍👩‍👧", "שלום", "مرحبا", "\u202Eabc\u202C", `"`, "'", "`", "\uFFFE", "\uFFFF", "\u00A0", "\u2028", "日本語", "naïve", "\t", "\n", ",", ".", ";", ")", "(", "\\u0041", "\\", "{}", "</script>", "%s", "\U0010FFFD", "e\u0301",
	}
	words = rapid.OneOf(rapid.StringMatching(`[A-Za-zäöüß0-9]{1,9}`), rapid.SampledFrom(awkward), rapid.StringN(1, 6, -1))
	line  = rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(words, 0, 12).Draw(t, "words"), rapid.SampledFrom([]string{" ", " ", "", "\n"}).Draw(t, "space"))
	})
	moments = rapid.Custom(func(t *rapid.T) time.Time {
		if rapid.Bool().Draw(t, "none") {
			return time.Time{}
		}
		return time.Unix(rapid.Int64Range(1_000_000_000, received.Unix()).Draw(t, "seconds"), rapid.SampledFrom([]int64{0, 0, 123_000_000, 1}).Draw(t, "nanoseconds")).UTC()
	})
)

// drawArticle makes an article with all that formats carry, or without. What
// it says begins with a mark of its own, since decoders leave out what repeats
// something else.
func drawArticle(t *rapid.T) *article.Article {
	a := &article.Article{
		Version: rapid.StringMatching(`|[1-9][0-9]{0,2}|[0-9]{1,3}|2b|1st Ld`).Draw(t, "version"),
		Status:  rapid.SampledFrom([]article.Status{article.Usable, article.Usable, article.Withheld, article.Canceled}).Draw(t, "status"),
		Source:  "s", Provider: rapid.SampledFrom([]string{"dpa", "a b/ü", "x:y"}).Draw(t, "provider"), ReceivedAt: received,
		EmbargoUntil: moments.Draw(t, "embargo"), VersionCreated: moments.Draw(t, "created"), PublishedAt: moments.Draw(t, "published"),
		Urgency: rapid.IntRange(0, 9).Draw(t, "urgency"),
	}
	if rapid.Bool().Draw(t, "expires") {
		a.ExpiresAt = received.Add(time.Hour)
	}
	ids := rapid.OneOf(rapid.StringMatching(`urn:newsml:[a-z.]{1,12}:[0-9]{1,8}`), rapid.StringN(1, 12, -1).Filter(func(s string) bool { return strings.TrimSpace(s) != "" }),
		rapid.SampledFrom([]string{`a<b>&"'c`, "https://x.example/a?b=c#d", strings.Repeat("long", 120)}))
	a.URI = article.ScopedURI(a.Provider, ids.Draw(t, "id"))
	for _, id := range rapid.SliceOfN(ids, 0, 3).Draw(t, "evolved from") {
		if u := article.ScopedURI(a.Provider, id); u != a.URI && !slices.Contains(a.EvolvedFrom, u) {
			a.EvolvedFrom = append(a.EvolvedFrom, u)
		}
	}
	a.Language.Value = rapid.SampledFrom([]string{"", "en", "de-AT", "ar"}).Draw(t, "language")
	if rapid.Bool().Draw(t, "agency") {
		a.Agency.Value = "dpa"
	}
	n := 0
	text := func(mark string) string {
		n++
		return fmt.Sprintf("%s%dx%s", mark, n, line.Draw(t, mark))
	}
	maybe := func(mark string) string {
		if rapid.Bool().Draw(t, "has "+mark) {
			return text(mark)
		}
		return ""
	}
	var b article.Builder
	b.Add(article.Kicker, maybe("Kick"))
	b.Add(article.Headline, text("Head"))
	b.Add(article.Standfirst, maybe("Stand"))
	b.Add(article.Byline, maybe("By"))
	dateline := maybe("Zz")
	b.Add(article.Dateline, dateline)
	b.Add(article.Note, maybe("Note"))
	picture := func() {
		im := article.Image{
			URL: rapid.StringMatching(`|https://p\.example/[a-z0-9]{6,9}\.jpg\?a=b&c=d`).Draw(t, "image"), Caption: maybe("Cap"), Credit: maybe("Cred"),
		}
		if im.URL == "" && im.Caption == "" {
			return // a credit of nothing
		}
		if im.URL != "" {
			n++
			im.URL += strconv.Itoa(n)
			im.MediaType = "image/jpeg"
			a.Images = append(a.Images, im)
		}
		b.Add(article.Caption, im.Caption)
		b.Add(article.CreditLine, im.Credit)
	}
	for range rapid.IntRange(0, 8).Draw(t, "blocks") {
		switch k := rapid.SampledFrom([]article.Kind{article.Paragraph, article.Paragraph, article.Subhead, article.Quote, article.Caption, article.Residue}).Draw(t, "kind"); k {
		case article.Caption:
			picture()
		default:
			b.Add(k, text("P"))
		}
	}
	b.Add(article.Signoff, maybe("Sign"))
	b.Add(article.Boilerplate, maybe("Boil"))
	b.Fill(a)
	if rapid.Bool().Draw(t, "runs in") {
		runIn(a)
	}
	for i := range rapid.IntRange(0, 4).Draw(t, "subjects") {
		s := article.Subject{
			Code: rapid.SampledFrom([]string{"", fmt.Sprintf("medtop:2000%04d", i), fmt.Sprintf("subj:0400%04d", i), "genre:Update", "own:7", "https://x.example/cv/7?a=b&c=d"}).Draw(t, "code"),
			Name: maybe("Subj"),
		}
		if said(s.Code+s.Name) != "" && !slices.Contains(a.Subjects, s) {
			a.Subjects = append(a.Subjects, s)
		}
	}
	if err := a.Stamp(); err != nil {
		t.Fatal(err)
	}
	if err := a.Validate(); err != nil {
		t.Fatal(err)
	}
	return a
}

// runIn puts the dateline into the line of the paragraph behind it, if one is.
func runIn(a *article.Article) {
	for i, s := range a.Segments {
		if s.Kind != article.Dateline || i+1 == len(a.Segments) || a.Segments[i+1].Kind != article.Paragraph {
			continue
		}
		cut := a.Segments[i+1].Start - s.End - 1
		a.Text = a.Text[:s.End] + " " + a.Text[a.Segments[i+1].Start:]
		for j := i + 1; j < len(a.Segments); j++ {
			a.Segments[j].Start -= cut
			a.Segments[j].End -= cut
		}
	}
}

// TestExportRoundTrip: what goes out in a format comes in again, as far as the
// format carries it.
func TestExportRoundTrip(t *testing.T) {
	schema := standard(t)
	for _, f := range export.Table {
		if carry[f.Name] == nil {
			continue // text: see TestExportAsText
		}
		t.Run(f.Name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				a := drawArticle(t)
				b, err := f.Encode(a, story.List{Title: "T", Now: received, Self: "https://search.example/a"})
				if refused(t, f, a, err) {
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				wellFormed(t, schema, f, b)
				got, err := decodeAgain(f, b, a.Provider)
				if story.Of(a).Headline == "" && len(story.Of(a).Running()) == 0 && a.Status == article.Usable {
					return // nothing that a reader could read
				}
				if err != nil {
					t.Fatalf("%v\n%s", err, b)
				}
				tells(t, f, a, got, b)
			})
		})
	}
}

// drawList makes a few articles of one provider.
func drawList(t *rapid.T) (as []*article.Article) {
	for range rapid.IntRange(1, 4).Draw(t, "articles") {
		a := drawArticle(t)
		if len(as) > 0 && (a.Provider != as[0].Provider || slices.ContainsFunc(as, func(b *article.Article) bool { return a.URI == b.URI })) {
			continue
		}
		as = append(as, a)
	}
	return as
}

// TestExportListRoundTrip: what goes out in a document of several comes in again,
// as far as the format carries it.
func TestExportListRoundTrip(t *testing.T) {
	schema := standard(t)
	for _, f := range export.Table {
		if carry[f.Name] == nil {
			continue // text: see TestExportListAsText
		}
		t.Run(f.Name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				l := story.List{Title: "T", Now: received, Self: "https://search.example/a"}
				var as []*article.Article
				for _, a := range drawList(t) {
					_, err := f.Encode(a, l)
					if s := story.Of(a); !refused(t, f, a, err) && (s.Headline != "" || len(s.Running()) > 0 || a.Status != article.Usable) {
						as = append(as, a)
					}
				}
				if len(as) == 0 {
					return
				}
				b, err := f.Many(as, l)
				if err != nil {
					t.Fatal(err)
				}
				wellFormed(t, schema, f, b)
				got, err := decodeAgain(f, b, as[0].Provider)
				if err != nil || len(got) != len(as) {
					t.Fatalf("%d articles of %d, %v\n%s", len(got), len(as), err, b)
				}
				// A feed may tell of what was deleted before it tells the rest.
				slices.SortFunc(got, func(a, b article.Article) int { return strings.Compare(string(a.URI), string(b.URI)) })
				slices.SortFunc(as, func(a, b *article.Article) int { return strings.Compare(string(a.URI), string(b.URI)) })
				many := carryMany[f.Name]
				if many == nil {
					many = carry[f.Name]
				}
				for i, a := range as {
					if d := cmp.Diff(many(read(a), a), read(&got[i]), cmpopts.EquateEmpty()); d != "" {
						t.Fatalf("%s (-want +got):\n%s\n%s", f.Name, d, b)
					}
				}
			})
		})
	}
}

// TestExportListAsText: a list in plain text is cut at its rules into the texts
// of its articles, each behind what says which it is, whatever they say.
func TestExportListAsText(t *testing.T) {
	f, ok := export.Find("text")
	if !ok {
		t.Fatal("there is no text")
	}
	rapid.Check(t, func(t *rapid.T) {
		l := story.List{Now: received}
		as := drawList(t)
		b, err := f.Many(as, l)
		if err != nil {
			t.Fatal(err)
		}
		parts := strings.Split(string(b), "\f"+strings.Repeat("=", 72)+"\n")
		if len(parts) != len(as) || strings.Count(string(b), "\f") != len(as)-1 {
			t.Fatalf("%d articles, cut into %d\n%q", len(as), len(parts), b)
		}
		for i, a := range as {
			lines := strings.SplitN(parts[i], "\n", 5)
			head := []string{"URI: " + string(a.URI), "Time: " + story.Created(a).UTC().Format(time.RFC3339Nano), "Status: " + string(a.Status), ""}
			if d := cmp.Diff(head, lines[:4]); d != "" {
				t.Fatalf("(-want +got):\n%s", d)
			}
			alone, err := f.One(a, l)
			if err != nil {
				t.Fatal(err)
			}
			if lines[4] != string(alone) {
				t.Fatalf("in the list %q, alone %q", lines[4], alone)
			}
		}
	})
}

// TestExportOfGoldens sends what every decoder makes of its golden files
// through every format.
func TestExportOfGoldens(t *testing.T) {
	schema := standard(t)
	inputs, err := filepath.Glob("../ingest/format/testdata/*/*")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, in := range inputs {
		if strings.HasSuffix(in, ".json.expected.json") || strings.HasSuffix(in, ".expected.json") {
			continue
		}
		data, err := os.ReadFile(in)
		if err != nil {
			t.Fatal(err)
		}
		as, err := format.Decode(t.Context(), data, format.Hint{Source: "s", Provider: "golden", URL: "https://x.example/a", ReceivedAt: received}, filepath.Base(filepath.Dir(in)))
		if err != nil && len(as) == 0 {
			continue
		}
		for i := range as {
			a := &as[i]
			if s := story.Of(a); s.Headline == "" && len(s.Running()) == 0 && a.Status == article.Usable {
				continue // of an unknown kind until it is enriched
			}
			for _, f := range export.Table {
				if carry[f.Name] == nil {
					continue
				}
				b, err := f.Encode(a, story.List{Title: "T", Now: received, Self: "https://search.example/a"})
				if refused(t, f, a, err) {
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				wellFormed(t, schema, f, b)
				got, err := decodeAgain(f, b, a.Provider)
				if err != nil {
					t.Errorf("%s as %s: %v", in, f.Name, err)
					continue
				}
				n++
				want := carry[f.Name](read(a), a)
				if len(got) != 1 {
					t.Errorf("%s as %s: %d articles", in, f.Name, len(got))
					continue
				}
				if !a.URI.In(a.Provider) {
					want.URI = got[0].URI
				}
				if d := cmp.Diff(want, read(&got[0]), cmpopts.EquateEmpty()); d != "" {
					t.Errorf("%s as %s (-want +got):\n%s", in, f.Name, d)
				}
			}
		}
	}
	if n < 100 {
		t.Errorf("only %d documents were compared", n)
	}
}

// TestExportOfHugeText: what is as long as the ingest service takes comes in
// again.
func TestExportOfHugeText(t *testing.T) {
	schema := standard(t)
	var b article.Builder
	b.Add(article.Headline, "Head")
	for i := range 8_000 {
		b.Add(article.Paragraph, strconv.Itoa(i)+" "+strings.Repeat("all < work & no play ", 4))
	}
	b.Add(article.Paragraph, strings.Repeat("one line ]]> ", 20_000))
	a := article.Article{URI: "urn:copytaster:p:1", Revision: 1, Status: article.Usable, Source: "s", Provider: "p", ReceivedAt: received, VersionCreated: received, PublishedAt: received}
	b.Fill(&a)
	if err := a.Validate(); err != nil {
		t.Fatal(err)
	}
	for _, f := range export.Table {
		doc, err := f.Encode(&a, story.List{Title: "T", Now: received, Self: "https://search.example/a"})
		if err != nil {
			t.Fatal(err)
		}
		got, err := decodeAgain(f, doc, "p")
		if err != nil || len(got) != 1 {
			t.Fatalf("%s: %d articles, %v", f.Name, len(got), err)
		}
		if f.Name == "text" {
			if letters(got[0].Text) != letters(a.Text) {
				t.Error("text: the text has changed")
			}
			continue
		}
		wellFormed(t, schema, f, doc)
		if d := cmp.Diff(carry[f.Name](read(&a), &a).Paragraphs, read(&got[0]).Paragraphs); d != "" {
			t.Errorf("%s: %.1000s", f.Name, d)
		}
	}
}

// TestExportAsText: plain text is what readers see, in its order, whatever a
// decoder makes of it.
func TestExportAsText(t *testing.T) {
	f, ok := export.Find("text")
	if !ok {
		t.Fatal("there is no text")
	}
	rapid.Check(t, func(t *rapid.T) {
		a := drawArticle(t)
		b, err := f.Encode(a, story.List{Now: received})
		if refused(t, f, a, err) || a.Status == article.Canceled {
			return
		}
		got, err := decodeAgain(f, b, a.Provider)
		if err != nil || len(got) != 1 {
			t.Fatalf("%d articles, %v\n%s", len(got), err, b)
		}
		if strings.TrimSpace(got[0].Text) != strings.TrimSpace(string(b)) {
			t.Fatalf("%q became %q", b, got[0].Text)
		}
		rest := said(string(b))
		for _, s := range a.Segments {
			if !s.Kind.ForReaders() {
				continue
			}
			_, after, ok := strings.Cut(rest, said(s.In(a.Text)))
			if !ok {
				t.Fatalf("%q is missing, or not in its order, in %q", s.In(a.Text), b)
			}
			rest = after
		}
	})
}

// TestExportOfForeignURI: a URI that isn't of its provider's namespace, as that
// of a web page, becomes one that is.
func TestExportOfForeignURI(t *testing.T) {
	var b article.Builder
	b.Add(article.Paragraph, "Text.")
	a := article.Article{URI: "https://x.example/ä?b=c d", Revision: 1, Status: article.Usable, Source: "s", Provider: "p", ReceivedAt: received}
	a.URI = article.NewURI("p", "https://x.example/ä?b=c")
	b.Fill(&a)
	for _, f := range export.Table {
		want := article.ScopedURI("p", string(a.URI))
		switch f.Name {
		case "text":
			continue
		case "ninjs":
			want = article.ScopedURI("p", "https://x.example/%C3%A4?b=c")
		case "atom", "jsonfeed":
			want = "https://x.example/%C3%A4?b=c" // of the feed's own site
		}
		doc, err := f.Encode(&a, story.List{Title: "T", Now: received, Self: "https://x.example/feed"})
		if err != nil {
			t.Fatal(err)
		}
		got, err := decodeAgain(f, doc, "p")
		if err != nil || len(got) != 1 || got[0].URI != want {
			t.Errorf("%s: %d articles, %v, %s, want %s", f.Name, len(got), err, got[0].URI, want)
		}
	}
}

// TestExportOfList: a list, a message or a feed is cut into its articles again,
// each with its own language.
func TestExportOfList(t *testing.T) {
	schema := standard(t)
	var as []*article.Article
	for i, lang := range []string{"de", "fr", ""} {
		var b article.Builder
		b.Add(article.Headline, fmt.Sprintf("Headline %d", i))
		b.Add(article.Paragraph, fmt.Sprintf("Text %d.", i))
		a := article.Article{URI: article.ScopedURI("p", strconv.Itoa(i)), Revision: 1, Status: article.Usable, Source: "s", Provider: "p", ReceivedAt: received, Language: article.Label{Value: lang}}
		b.Fill(&a)
		as = append(as, &a)
	}
	l := story.List{Title: "T", Now: received, ID: "urn:x:1", Self: "https://search.example/feed"}
	for _, f := range export.Table {
		if f.Name == "text" {
			continue // see TestExportListAsText
		}
		doc, err := f.Many(as, l)
		if err != nil {
			t.Fatal(err)
		}
		wellFormed(t, schema, f, doc)
		got, err := decodeAgain(f, doc, "p")
		if err != nil || len(got) != len(as) {
			t.Errorf("%s: %d articles, %v", f.Name, len(got), err)
			continue
		}
		for i := range got {
			if got[i].URI != as[i].URI || got[i].Language.Value != as[i].Language.Value || got[i].Body() != as[i].Body() {
				t.Errorf("%s: %s, %q, %q", f.Name, got[i].URI, got[i].Language.Value, got[i].Body())
			}
		}
		empty, err := f.Many(nil, l)
		if err != nil {
			t.Fatal(err)
		}
		if len(empty) > 0 {
			wellFormed(t, schema, f, empty)
		}
	}
}

// TestNinjsGoldensAreValid holds the committed documents to the schema.
func TestNinjsGoldensAreValid(t *testing.T) {
	schema := standard(t)
	f, _ := export.Find("ninjs")
	docs, err := filepath.Glob("../search/export/ninjs/testdata/*.ninjs.json")
	if err != nil || len(docs) < 6 {
		t.Fatalf("%d documents, %v", len(docs), err)
	}
	for _, name := range docs {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		wellFormed(t, schema, f, b)
	}
	for _, wrong := range []string{`{"uri":"urn:x:1","pubStatus":"killed"}`, `{"uri":"no uri"}`, `{"uri":"urn:x:1","headline":"of 1.x"}`, `{"uri":"urn:x:1","versionCreated":"20240420"}`} {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(wrong))
		if err != nil {
			t.Fatal(err)
		}
		if schema.Validate(v) == nil {
			t.Errorf("%s is valid", wrong)
		}
	}
}
