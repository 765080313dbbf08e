package feed

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"regexp"
	"strings"
	"time"

	gofeedatom "github.com/mmcdole/gofeed/atom"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/document"
	"github.com/copytaster/copytaster/services/ingest/format/nitf"
	"github.com/copytaster/copytaster/services/ingest/format/wire"
	"github.com/copytaster/copytaster/services/ingest/format/xmldoc"
)

// managed is the status of NITF that is an entry's content.
var managed = regexp.MustCompile(`(?i)<docdata[^<>]*\smanagement-status\s*=\s*["']([^"']*)["']`)

func atomItem(data []byte, h document.Hint) (item, error) {
	f, err := (&gofeedatom.Parser{}).Parse(bytes.NewReader(data))
	if err != nil {
		return item{}, err
	}
	it := item{permalink: true, feed: f.ID, name: f.Title, language: f.Language}
	for _, l := range f.Links {
		if l.Rel == "self" {
			it.feed = l.Href
		}
	}
	if len(f.Entries) == 0 {
		return it, it.tombstone(data)
	}
	e := f.Entries[0]
	it.id, it.title, it.summary, it.published, it.modified = e.ID, e.Title, e.Summary, moment(e.PublishedParsed), moment(e.UpdatedParsed)
	it.unread = e.Published != "" && e.PublishedParsed == nil || e.Updated != "" && e.UpdatedParsed == nil
	for _, l := range e.Links {
		switch {
		case (l.Rel == "" || l.Rel == "alternate") && it.link == "":
			it.link = l.Href
		case l.Rel == "enclosure" && strings.HasPrefix(l.Type, "image/"):
			it.images = append(it.images, article.Image{URL: l.Href, MediaType: l.Type, Caption: l.Title})
		}
	}
	if c := e.Content; c != nil {
		switch t := strings.ToLower(c.Type); {
		case t == "" || t == "text" || t == "text/plain":
			it.plain = c.Value
		case t == "html" || strings.Contains(t, "html"):
			it.content = c.Value
		case strings.Contains(t, "xml") && strings.Contains(c.Value, "<body.content"): // AP sends NITF in it
			if g := managed.FindStringSubmatch(c.Value); g != nil {
				if s, ok := wire.Status(g[1]); !ok || s != article.Usable {
					return item{}, fmt.Errorf("its NITF has the status %q, which an entry can't have", document.Clip(g[1]))
				}
			}
			if err := it.nitf(c.Value, h); err != nil {
				return item{}, err
			}
			it.content = wire.NewsText(c.Value)
		case strings.HasPrefix(t, "text/"):
			it.content = html.EscapeString(c.Value)
		}
	}
	authors := e.Authors
	if len(authors) == 0 {
		authors = f.Authors
	}
	for _, p := range authors {
		if p != nil && strings.TrimSpace(p.Name) != "" {
			it.authors = append(it.authors, strings.Join(strings.Fields(p.Name), " "))
		}
	}
	for _, c := range e.Categories {
		it.addCategory(c.Term, c.Label)
	}
	it.addMedia(e.Extensions["media"])
	if l := entryLanguage(data); l != "" {
		it.language = l
	}
	return it, nil
}

// nitf takes what NITF that is the content says of its use. One that is no whole
// document is flagged.
func (it *item) nitf(content string, h document.Hint) error {
	life, err := nitf.Life(strings.NewReader(content), h)
	e, ok := errors.AsType[*document.Error](err)
	switch {
	case ok && e.Reason == document.Invalid:
		return fmt.Errorf("its NITF: %w", err)
	case life.Status == article.Canceled:
		return errors.New("its NITF is a kill, which an entry can't be")
	case err == nil:
		it.status, it.embargo, it.expires, it.flags = life.Status, life.EmbargoUntil, life.ExpiresAt, life.Flags
	default:
		it.flags = []string{article.FlagFieldUnreadable}
	}
	return nil
}

// addCategory takes a term, which is a code, with its label. Of the codes only
// IPTC's are known for what they are; of any other the label says more.
func (it *item) addCategory(term, label string) {
	term, label = strings.Join(strings.Fields(term), " "), strings.Join(strings.Fields(label), " ")
	before := len(it.subjects)
	it.addSubject(term)
	switch {
	case label == "":
	case len(it.subjects) > before && it.subjects[before].Code != "":
		it.subjects[before].Name = label
	default:
		it.subjects = it.subjects[:before]
		it.addSubject(label)
	}
}

// tombstone reads a deleted-entry (RFC 6721), which gofeed passes over: the id of
// the entry that was deleted, and when. Who did it and why stays in the original.
func (it *item) tombstone(data []byte) error {
	for _, a := range attributes(data, tombstone) {
		switch a.Name.Local {
		case "ref":
			it.id, it.deleted = a.Value, true
		case "when":
			when, err := time.Parse(time.RFC3339, strings.TrimSpace(a.Value))
			it.modified, it.unread = when.UTC(), err != nil
		}
	}
	if !it.deleted {
		return errNoItem
	}
	return nil
}

// entryLanguage is the language that the entry states for itself, which gofeed
// doesn't read.
func entryLanguage(data []byte) string {
	for _, a := range attributes(data, "entry") {
		if a.Name.Local == "lang" && a.Name.Space == "xml" {
			return a.Value
		}
	}
	return ""
}

// attributes are those of the first element of that local name.
func attributes(data []byte, local string) []xml.Attr {
	s := xmldoc.NewScanner(data)
	for s.Next() {
		if s.Kind != xmldoc.StartTag || xmldoc.LocalName(s.Name) != local {
			continue
		}
		dec := xml.NewDecoder(bytes.NewReader(data[s.Start:s.End]))
		dec.Strict = false
		tok, err := dec.RawToken()
		if e, ok := tok.(xml.StartElement); ok && err == nil {
			return e.Attr
		}
		return nil
	}
	return nil
}
