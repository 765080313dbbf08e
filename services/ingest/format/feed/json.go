package feed

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"strings"
	"time"

	gofeedjson "github.com/mmcdole/gofeed/json"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/document"
)

// versionMark is what every JSON Feed's version begins with.
const versionMark = "https://jsonfeed.org/version/1"

// DetectJSONFeed tells whether an input is an object that names the standard.
func DetectJSONFeed(head []byte) bool {
	s := bytes.TrimSpace(head)
	if len(s) == 0 || s[0] != '{' {
		return false
	}
	return bytes.Contains(s, []byte(versionMark)) || bytes.Contains(s, []byte(strings.ReplaceAll(versionMark, "/", `\/`)))
}

// SplitJSONFeed cuts a feed into its items, see [SplitRSS].
func SplitJSONFeed(data []byte, h document.Hint) ([]document.Part, error) {
	text, err := document.Convert(data, h.Declared())
	if err != nil {
		return nil, err
	}
	src := []byte(text.UTF8)
	if at := document.JSONTooDeep(src); at >= 0 {
		return nil, document.At(document.TooDeep, JSONFeed, src, at, "nested deeper than %d", document.MaxDepth)
	}
	var top map[string]json.RawMessage
	if err := json.Unmarshal(src, &top); err != nil {
		return nil, jsonError(src, err)
	}
	var version string
	if json.Unmarshal(top["version"], &version) != nil || !strings.HasPrefix(version, versionMark) {
		return nil, &document.Error{Reason: document.Syntax, Format: JSONFeed, Field: "version", Detail: "does not begin with " + versionMark}
	}
	var items []json.RawMessage
	if err := json.Unmarshal(top["items"], &items); err != nil {
		return nil, &document.Error{Reason: document.Syntax, Format: JSONFeed, Field: "items", Detail: "is no list"}
	}
	if len(items) > document.MaxItems {
		return nil, document.Refuse(document.TooMany, JSONFeed, "%d items, the limit is %d", len(items), document.MaxItems)
	}
	frame := map[string]json.RawMessage{}
	for _, k := range []string{"version", "title", "home_page_url", "feed_url", "language", "author", "authors"} {
		if v, ok := top[k]; ok && len(v) <= maxFrameField {
			frame[k] = v
		}
	}
	var parts []document.Part
	for i, raw := range items {
		p := document.Part{Item: raw, Label: fmt.Sprintf("item %d", i+1)}
		frame["items"] = json.RawMessage("[" + string(raw) + "]")
		if p.Data, err = json.Marshal(frame); err != nil {
			return nil, document.Refuse(document.Syntax, JSONFeed, "%s: %v", p.Label, err)
		}
		var id struct {
			ID  any    `json:"id"`
			URL string `json:"url"`
		}
		switch {
		case len(raw) > document.MaxSingle-maxFrame:
			p.Err = document.Refuse(document.TooLarge, JSONFeed, "%s: %d bytes, the limit is %d", p.Label, len(raw), document.MaxSingle-maxFrame)
		case raw[0] != '{':
			p.Err = &document.Error{Reason: document.Syntax, Format: JSONFeed, Field: p.Label, Detail: "is no object"}
		case json.Unmarshal(raw, &id) == nil:
			if p.ID = id.URL; id.ID != nil {
				p.ID = fmt.Sprint(id.ID)
			}
		}
		parts = append(parts, p)
	}
	return parts, nil
}

// jsonError gives a syntax error its place.
func jsonError(src []byte, err error) error {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return document.At(document.Syntax, JSONFeed, src, int(syntax.Offset), "%v", err)
	}
	if typ, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		e := document.At(document.Syntax, JSONFeed, src, int(typ.Offset), "%v", err)
		e.Field = typ.Field
		return e
	}
	return document.Refuse(document.Syntax, JSONFeed, "%v", err)
}

func jsonItem(data []byte, _ document.Hint) (item, error) {
	f, err := (&gofeedjson.Parser{}).Parse(bytes.NewReader(data))
	if err != nil {
		return item{}, err
	}
	if len(f.Items) == 0 || f.Items[0] == nil {
		return item{}, errNoItem
	}
	e := f.Items[0]
	it := item{
		id: e.ID, permalink: true, link: e.URL, feed: f.FeedURL, name: f.Title, title: html.EscapeString(e.Title),
		summary: html.EscapeString(e.Summary), content: e.ContentHTML, language: e.Language,
	}
	if it.feed == "" {
		it.feed = f.HomePageURL
	}
	if it.language == "" {
		it.language = f.Language
	}
	if it.content == "" {
		it.plain = e.ContentText
	}
	it.published, it.modified = it.date(e.DatePublished), it.date(e.DateModified)
	it.expires = it.date(ownExpiry(data))
	authors := e.Authors
	if len(authors) == 0 && e.Author != nil {
		authors = append(authors, e.Author)
	}
	if len(authors) == 0 {
		authors = f.Authors
	}
	if len(authors) == 0 && f.Author != nil {
		authors = append(authors, f.Author)
	}
	for _, p := range authors {
		if p != nil && strings.TrimSpace(p.Name) != "" {
			it.authors = append(it.authors, strings.Join(strings.Fields(p.Name), " "))
		}
	}
	for _, t := range e.Tags {
		it.addSubject(t)
	}
	for _, u := range []string{e.Image, e.BannerImage} {
		if u != "" {
			it.images = append(it.images, article.Image{URL: u})
		}
	}
	if e.Attachments != nil {
		for _, at := range *e.Attachments {
			if strings.HasPrefix(at.MimeType, "image/") && len(it.images) < maxMedia {
				it.images = append(it.images, article.Image{URL: at.URL, MediaType: at.MimeType, Caption: html.EscapeString(at.Title)})
			}
		}
	}
	return it, nil
}

// ownExpiry is the end of rights that this tree's own feeds state of their item,
// or "".
func ownExpiry(data []byte) string {
	var f struct {
		Items []struct {
			Own json.RawMessage `json:"_copytaster"`
		} `json:"items"`
	}
	var own struct {
		Expires string `json:"expires"`
	}
	if json.Unmarshal(data, &f) != nil || len(f.Items) == 0 || json.Unmarshal(f.Items[0].Own, &own) != nil {
		return ""
	}
	return own.Expires
}

// date reads what the standard demands, RFC 3339.
func (it *item) date(s string) time.Time {
	if s = strings.TrimSpace(s); s == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		it.unread = true
		return time.Time{}
	}
	return t.UTC()
}
