package feed

import (
	"bytes"
	"encoding/xml"
	"html"
	"strings"

	gofeedatom "github.com/mmcdole/gofeed/atom"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/document"
	"github.com/copytaster/copytaster/services/ingest/format/wire"
	"github.com/copytaster/copytaster/services/ingest/format/xmldoc"
)

func atomItem(data []byte, _ document.Hint) (item, error) {
	f, err := (&gofeedatom.Parser{}).Parse(bytes.NewReader(data))
	if err != nil {
		return item{}, err
	}
	if len(f.Entries) == 0 {
		return item{}, errNoItem
	}
	e := f.Entries[0]
	it := item{
		id: e.ID, permalink: true, feed: f.ID, name: f.Title, title: e.Title, summary: e.Summary, language: f.Language,
		published: moment(e.PublishedParsed), modified: moment(e.UpdatedParsed),
	}
	it.unread = e.Published != "" && e.PublishedParsed == nil || e.Updated != "" && e.UpdatedParsed == nil
	for _, l := range f.Links {
		if l.Rel == "self" {
			it.feed = l.Href
		}
	}
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
		case strings.Contains(t, "xml"): // AP sends NITF in it
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

// entryLanguage is the language that the entry states for itself, which gofeed
// doesn't read.
func entryLanguage(data []byte) string {
	s := xmldoc.NewScanner(data)
	for s.Next() {
		if s.Kind != xmldoc.StartTag || xmldoc.LocalName(s.Name) != "entry" {
			continue
		}
		dec := xml.NewDecoder(bytes.NewReader(data[s.Start:s.End]))
		dec.Strict = false
		tok, err := dec.RawToken()
		if err != nil {
			return ""
		}
		if e, ok := tok.(xml.StartElement); ok {
			for _, a := range e.Attr {
				if a.Name.Local == "lang" && a.Name.Space == "xml" {
					return a.Value
				}
			}
		}
		return ""
	}
	return ""
}
