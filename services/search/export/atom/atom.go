// Package atom writes Atom (RFC 4287): a feed of articles, or of one. A kill
// is a deleted-entry (RFC 6721).
package atom

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/search/export/story"
)

// The format, as it is asked for and travels.
const (
	Name      = "atom"
	MediaType = "application/atom+xml"
	Extension = "atom"
)

// feed is a feed with its entries and what was deleted from it.
type feed struct {
	XMLName   xml.Name  `xml:"http://www.w3.org/2005/Atom feed"`
	Lang      string    `xml:"xml:lang,attr,omitempty"`
	ID        string    `xml:"id"`
	Title     string    `xml:"title"`
	Updated   string    `xml:"updated"`
	Links     []link    `xml:"link"`
	Generator string    `xml:"generator"`
	Deleted   []deleted `xml:"http://purl.org/atompub/tombstones/1.0 deleted-entry"`
	Entries   []entry   `xml:"entry"`
}

type link struct {
	Rel  string `xml:"rel,attr"`
	Type string `xml:"type,attr,omitempty"`
	Href string `xml:"href,attr"`
}

type deleted struct {
	Ref  string `xml:"ref,attr"`
	When string `xml:"when,attr"`
}

type entry struct {
	Lang       string     `xml:"xml:lang,attr,omitempty"`
	ID         string     `xml:"id"`
	Title      text       `xml:"title"`
	Updated    string     `xml:"updated"`
	Published  string     `xml:"published,omitempty"`
	Author     person     `xml:"author"`
	Links      []link     `xml:"link"`
	Categories []category `xml:"category"`
	Summary    *text      `xml:"summary"`
	Content    text       `xml:"content"`
	Cursor     string     `xml:"urn:copytaster:export cursor,omitempty"` // where an export goes on after it
}

// text is a text construct. All are marked up: many readers take plain ones
// for markup, too.
type text struct {
	Type  string `xml:"type,attr"`
	Value string `xml:",chardata"`
}

type person struct {
	Name string `xml:"name"`
}

type category struct {
	Term   string `xml:"term,attr"`
	Scheme string `xml:"scheme,attr,omitempty"`
	Label  string `xml:"label,attr,omitempty"`
}

// One is a feed of one entry. Of a canceled article it is the notice.
func One(a *article.Article, l story.List) ([]byte, error) {
	if l.ID == "" {
		l.ID = string(a.URI)
	}
	return Many([]*article.Article{a}, l)
}

// head is a feed without entries.
func head(l story.List) feed {
	f := feed{ID: story.Clean(l.ID), Title: story.Clean(l.Title), Generator: "Copytaster"}
	for _, one := range []link{{"self", MediaType, l.Self}, {"next", MediaType, l.Next}, {"alternate", "text/html", l.Home}} {
		if one.Href != "" {
			f.Links = append(f.Links, one)
		}
	}
	return f
}

// Stream is a feed, written entry by entry.
type Stream struct {
	w    io.Writer
	list story.List
}

// Open makes a feed that is written to w. It was last updated now: what is in it isn't
// known when that is said.
func Open(w io.Writer, l story.List) *Stream { return &Stream{w, l} }

// Begin writes what the feed says of itself.
func (s *Stream) Begin() error {
	f := head(s.list)
	f.Updated = stamp(s.list.Now)
	b, err := xml.Marshal(f)
	if err != nil {
		return fmt.Errorf("atom: %w", err)
	}
	return s.write(xml.Header + strings.TrimSuffix(string(b), end) + "\n")
}

// end is the feed's closing tag.
const end = "</feed>"

// Article adds an entry, with its cursor; a must not be canceled.
func (s *Stream) Article(a *article.Article, cursor string) error {
	e := of(a, s.list)
	e.Cursor = cursor
	return s.element("entry", e)
}

// End ends the feed; next is where another one goes on, "" if nothing is left.
func (s *Stream) End(next string) error {
	if next != "" {
		if err := s.element("link", link{"next", MediaType, next}); err != nil {
			return err
		}
	}
	return s.write(end + "\n")
}

func (s *Stream) element(name string, v any) error {
	var b strings.Builder
	if err := xml.NewEncoder(&b).EncodeElement(v, xml.StartElement{Name: xml.Name{Local: name}}); err != nil {
		return fmt.Errorf("atom: %w", err)
	}
	return s.write(b.String() + "\n")
}

func (s *Stream) write(text string) error {
	if _, err := io.WriteString(s.w, text); err != nil {
		return fmt.Errorf("atom: %w", err)
	}
	return nil
}

// Many is a feed, last updated when the newest of its entries was; one without
// entries, now.
func Many(as []*article.Article, l story.List) ([]byte, error) {
	f := head(l)
	var updated time.Time
	for i, a := range as {
		at := story.Created(a)
		if at.After(updated) {
			updated = at
		}
		if a.Status == article.Canceled {
			f.Deleted = append(f.Deleted, deleted{story.Clean(string(a.URI)), stamp(at)})
			continue
		}
		e := of(a, l)
		if i == 0 {
			f.Lang = e.Lang
		} else if e.Lang != f.Lang {
			f.Lang = "" // what holds for one holds not for all
		}
		f.Entries = append(f.Entries, e)
	}
	if len(as) == 0 {
		updated = l.Now
	}
	f.Updated = stamp(updated)
	b, err := xml.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("atom: %w", err)
	}
	return append([]byte(xml.Header), append(b, '\n')...), nil
}

func of(a *article.Article, l story.List) entry {
	s := story.Of(a)
	e := entry{
		Lang: story.Clean(a.Language.Value), ID: story.Clean(string(a.URI)), Title: marked(s.Headline),
		Updated: stamp(story.Created(a)), Published: stamp(a.PublishedAt), Author: person{s.Byline},
		Content: text{"html", story.HTML(s.Running())},
	}
	if e.Author.Name == "" { // there must be one
		e.Author.Name = story.Provider(a)
	}
	if u, err := url.Parse(a.URL); err == nil && (u.Scheme == "http" || u.Scheme == "https") {
		e.Links = append(e.Links, link{"alternate", "", story.Clean(a.URL)})
	}
	if l.Address != nil {
		e.Links = append(e.Links, link{"self", MediaType, l.Address(a.URI)})
	}
	for _, s := range a.Subjects {
		c := category{Term: story.Clean(s.Code), Label: story.Clean(s.Name)}
		if c.Term == "" {
			c.Term, c.Label = c.Label, ""
		}
		if c.Term != "" {
			e.Categories = append(e.Categories, c)
		}
	}
	if len(s.Standfirst) > 0 {
		summary := marked(strings.Join(s.Standfirst, " "))
		e.Summary = &summary
	}
	return e
}

// escaped is a line of text as HTML.
var escaped = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

func marked(line string) text { return text{"html", escaped.Replace(line)} }

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}
