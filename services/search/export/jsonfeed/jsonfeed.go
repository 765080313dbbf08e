// Package jsonfeed writes JSON Feed, version 1.1: a feed of articles, or of
// one. It has no way to say that an article was canceled.
package jsonfeed

import (
	"bytes"
	"encoding/json"
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
	Name      = "jsonfeed"
	MediaType = "application/feed+json"
	Extension = "feed.json"
)

type feed struct {
	Version string `json:"version"`
	Title   string `json:"title"`
	Home    string `json:"home_page_url,omitempty"`
	Self    string `json:"feed_url,omitempty"`
	Next    string `json:"next_url,omitempty"`
	Items   []item `json:"items"`
}

type item struct {
	ID        string   `json:"id"`
	URL       string   `json:"url,omitempty"`
	Title     string   `json:"title,omitempty"`
	Content   string   `json:"content_html"`
	Summary   string   `json:"summary,omitempty"`
	Published string   `json:"date_published,omitempty"`
	Modified  string   `json:"date_modified,omitempty"`
	Authors   []author `json:"authors,omitempty"`
	Tags      []string `json:"tags,omitempty"`
	Language  string   `json:"language,omitempty"`
	Own       *own     `json:"_copytaster,omitempty"`
}

// own is the feed's extension: the standard has no end of rights, and no cursors.
type own struct {
	Expires string `json:"expires,omitempty"` // from then on the item may not be used
	Cursor  string `json:"cursor,omitempty"`  // where an export goes on after the item
}

type author struct {
	Name string `json:"name"`
}

// One is a feed of one item; a must not be canceled.
func One(a *article.Article, l story.List) ([]byte, error) {
	return Many([]*article.Article{a}, l)
}

// head is a feed without items.
func head(l story.List) feed {
	return feed{Version: "https://jsonfeed.org/version/1.1", Title: story.Clean(l.Title), Home: l.Home, Self: l.Self, Next: l.Next, Items: []item{}}
}

// Many is a feed; what is canceled is left out.
func Many(as []*article.Article, l story.List) ([]byte, error) {
	f := head(l)
	for _, a := range as {
		if a.Status != article.Canceled {
			f.Items = append(f.Items, of(a))
		}
	}
	return encode(f)
}

func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // it is not HTML, and says so
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("jsonfeed: %w", err)
	}
	return b.Bytes(), nil
}

// Stream is a feed, written item by item.
type Stream struct {
	w    io.Writer
	list story.List
	some bool
}

// Open makes a feed that is written to w.
func Open(w io.Writer, l story.List) *Stream { return &Stream{w: w, list: l} }

// Begin writes what the feed says of itself.
func (s *Stream) Begin() error {
	b, err := encode(head(s.list))
	if err != nil {
		return err
	}
	return s.write(strings.TrimSuffix(string(b), "]}\n"))
}

// Article adds an item, with its cursor; a must not be canceled.
func (s *Stream) Article(a *article.Article, cursor string) error {
	it := of(a)
	if it.Own == nil {
		it.Own = &own{}
	}
	it.Own.Cursor = cursor
	b, err := encode(it)
	if err != nil {
		return err
	}
	between := ""
	if s.some {
		between = ","
	}
	s.some = true
	return s.write(between + string(b))
}

// End ends the feed; next is where another one goes on, "" if nothing is left.
func (s *Stream) End(next string) error {
	if next == "" {
		return s.write("]}\n")
	}
	b, err := encode(next)
	if err != nil {
		return err
	}
	return s.write(`],"next_url":` + strings.TrimSpace(string(b)) + "}\n")
}

func (s *Stream) write(text string) error {
	if _, err := io.WriteString(s.w, text); err != nil {
		return fmt.Errorf("jsonfeed: %w", err)
	}
	return nil
}

func of(a *article.Article) item {
	s := story.Of(a)
	it := item{
		ID: story.Clean(string(a.URI)), Title: s.Headline, Content: story.HTML(s.Running()), Summary: strings.Join(s.Standfirst, " "),
		Published: stamp(a.PublishedAt), Modified: stamp(a.VersionCreated), Language: story.Clean(a.Language.Value),
	}
	if u, err := url.Parse(a.URL); err == nil && (u.Scheme == "http" || u.Scheme == "https") {
		it.URL = story.Clean(a.URL)
	}
	if !a.ExpiresAt.IsZero() {
		it.Own = &own{Expires: stamp(a.ExpiresAt)}
	}
	if s.Byline != "" {
		it.Authors = []author{{s.Byline}}
	}
	for _, s := range a.Subjects {
		tag := story.Clean(s.Name)
		if tag == "" {
			tag = story.Clean(s.Code)
		}
		if tag != "" {
			it.Tags = append(it.Tags, tag)
		}
	}
	return it
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}
