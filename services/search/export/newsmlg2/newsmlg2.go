// Package newsmlg2 writes IPTC's NewsML-G2, conformance power: an article as a
// newsItem with its text in XHTML, several in a newsMessage, whose items may
// have their texts in another XML, too.
package newsmlg2

import (
	"encoding/xml"
	"fmt"
	"html"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/search/export/story"
)

// The format, as it is asked for and travels.
const (
	Name          = "newsmlg2"
	MediaType     = "application/vnd.iptc.g2.newsitem+xml"
	MediaTypeMany = "application/vnd.iptc.g2.newsmessage+xml"
	Extension     = "g2.xml"
)

const (
	namespace = "http://iptc.org/std/nar/2006-10-01/"
	xhtml     = "http://www.w3.org/1999/xhtml"
	catalog   = "http://www.iptc.org/std/catalog/catalog.IPTC-G2-Standards_38.xml"
	standard  = "2.29"
	// sender stands in the header of messages.
	sender = "copytaster"
)

// newsItem is an item, its elements in the order of the schema.
type newsItem struct {
	XMLName         xml.Name
	GUID            string      `xml:"guid,attr"`
	Version         string      `xml:"version,attr,omitempty"`
	Standard        string      `xml:"standard,attr"`
	StandardVersion string      `xml:"standardversion,attr"`
	Conformance     string      `xml:"conformance,attr"`
	Lang            string      `xml:"xml:lang,attr,omitempty"`
	Catalog         href        `xml:"catalogRef"`
	Rights          *rightsInfo `xml:"rightsInfo"`
	Meta            itemMeta    `xml:"itemMeta"`
	Content         contentMeta `xml:"contentMeta"`
	Set             *contentSet `xml:"contentSet"`
}

type href struct {
	Href string `xml:"href,attr"`
}

// rightsInfo is of the whole item.
type rightsInfo struct {
	ValidTo string `xml:"validto,attr"`
}

type itemMeta struct {
	Class          concept  `xml:"itemClass"`
	Provider       concept  `xml:"provider"`
	VersionCreated string   `xml:"versionCreated"`
	FirstCreated   string   `xml:"firstCreated,omitempty"`
	Embargoed      string   `xml:"embargoed,omitempty"`
	PubStatus      *concept `xml:"pubStatus"`
	Links          []link   `xml:"link"`
}

// link is a relation to another item.
type link struct {
	Rel      string `xml:"rel,attr"`
	ResIDRef string `xml:"residref,attr"`
}

type contentMeta struct {
	Urgency      int        `xml:"urgency,omitempty"`
	Language     *tag       `xml:"language"`
	Subjects     []concept  `xml:"subject"`
	Headlines    []headline `xml:"headline"`
	Dateline     string     `xml:"dateline,omitempty"`
	By           string     `xml:"by,omitempty"`
	Descriptions []headline `xml:"description"`
}

type tag struct {
	Tag string `xml:"tag,attr"`
}

type headline struct {
	Role  string `xml:"role,attr,omitempty"`
	Value string `xml:",chardata"`
}

// concept is named by one of its attributes, by its name, or both.
type concept struct {
	QCode   string `xml:"qcode,attr,omitempty"`
	URI     string `xml:"uri,attr,omitempty"`
	Literal string `xml:"literal,attr,omitempty"`
	Name    string `xml:"name,omitempty"`
}

type contentSet struct {
	Inline inlineXML `xml:"inlineXML"`
}

type inlineXML struct {
	ContentType string `xml:"contenttype,attr"`
	Markup      string `xml:",innerxml"`
}

type message struct {
	XMLName xml.Name   `xml:"http://iptc.org/std/nar/2006-10-01/ newsMessage"`
	Sent    string     `xml:"header>sent"`
	Sender  string     `xml:"header>sender"`
	Items   []newsItem `xml:"itemSet>newsItem"`
}

// One is an article's newsItem. Of a canceled article it is the notice.
func One(a *article.Article, _ story.List) ([]byte, error) {
	it, err := of(a, inXHTML)
	if err != nil {
		return nil, err
	}
	it.XMLName.Space = namespace
	return encode(it)
}

// Inline is a text in XML, as it stands in an item.
type Inline struct {
	ContentType string // its media type
	Markup      string // one element, without an XML declaration; "": there is no text
}

// Many is a newsMessage of items, sent now; nothing of none, since a message
// must have one.
func Many(as []*article.Article, l story.List) ([]byte, error) { return Message(as, l, inXHTML) }

// Message is [Many] of items whose texts are made by inline, which isn't asked
// for that of a canceled article.
func Message(as []*article.Article, l story.List, inline func(*article.Article) (Inline, error)) ([]byte, error) {
	if len(as) == 0 {
		return nil, nil
	}
	m := message{Sent: stamp(l.Now), Sender: sender}
	for _, a := range as {
		it, err := of(a, inline)
		if err != nil {
			return nil, err
		}
		m.Items = append(m.Items, it)
	}
	return encode(m)
}

func encode(v any) ([]byte, error) {
	b, err := xml.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("newsmlg2: %w", err)
	}
	return append([]byte(xml.Header), append(b, '\n')...), nil
}

func of(a *article.Article, inline func(*article.Article) (Inline, error)) (newsItem, error) {
	it := newsItem{
		XMLName: xml.Name{Local: "newsItem"}, GUID: story.Clean(string(a.URI)), Version: counter(a.Version),
		Standard: "NewsML-G2", StandardVersion: standard, Conformance: "power", Catalog: href{catalog},
		Meta: itemMeta{
			Class: concept{QCode: "ninat:text"}, Provider: concept{Literal: story.Provider(a)},
			VersionCreated: stamp(story.Created(a)), FirstCreated: stamp(a.PublishedAt), Embargoed: stamp(a.EmbargoUntil),
			PubStatus: &concept{QCode: "stat:" + string(a.Status)},
		},
		Content: contentMeta{Urgency: a.Urgency},
	}
	if !a.ExpiresAt.IsZero() {
		it.Rights = &rightsInfo{stamp(a.ExpiresAt)}
	}
	if a.Status == article.Canceled {
		return it, nil
	}
	if lang := story.Clean(a.Language.Value); lang != "" {
		it.Lang, it.Content.Language = lang, &tag{lang}
	}
	for _, s := range a.Subjects {
		if c := subject(s); c != (concept{}) {
			it.Content.Subjects = append(it.Content.Subjects, c)
		}
	}
	for _, u := range a.EvolvedFrom {
		it.Meta.Links = append(it.Meta.Links, link{"irel:evolvedFrom", story.Clean(string(u))})
	}
	s := story.Of(a)
	if s.Headline != "" {
		it.Content.Headlines = append(it.Content.Headlines, headline{Value: s.Headline})
	}
	if s.Kicker != "" {
		it.Content.Headlines = append(it.Content.Headlines, headline{"hlrole:kicker", s.Kicker})
	}
	it.Content.Dateline, it.Content.By = s.Dateline, s.Byline
	for _, t := range s.Standfirst {
		it.Content.Descriptions = append(it.Content.Descriptions, headline{"drol:summary", t})
	}
	text, err := inline(a)
	if text.Markup != "" {
		it.Set = &contentSet{inlineXML(text)}
	}
	return it, err
}

// inXHTML is a text in XHTML.
func inXHTML(a *article.Article) (Inline, error) {
	s := story.Of(a)
	body := s.Body
	if s.RunsIn {
		body = s.Running()
	}
	if len(body) == 0 {
		return Inline{}, nil
	}
	return Inline{"application/xhtml+xml", page(s.Headline, body)}, nil
}

// page is a text as an XHTML document.
func page(title string, body []story.Block) string {
	return `<html xmlns="` + xhtml + `"><head><title>` + html.EscapeString(title) + "</title></head><body>" + story.HTML(body) + "</body></html>"
}

// counter is a version if it is one by the schema: a whole number from 1.
func counter(v string) string {
	v = story.Clean(v)
	if n, err := strconv.ParseUint(v, 10, 63); err != nil || n == 0 || strconv.FormatUint(n, 10) != v {
		return ""
	}
	return v
}

// schemes are the vocabularies whose codes need no more than the catalog.
var schemes = map[string]bool{"medtop": true, "subj": true, "genre": true}

// subject is a QCode of the catalog, an address, or a literal.
func subject(s article.Subject) concept {
	c := concept{Name: story.Clean(s.Name)}
	code := story.Clean(s.Code)
	alias, rest, _ := strings.Cut(code, ":")
	switch u, err := url.Parse(code); {
	case code == "":
	case schemes[alias] && rest != "" && !strings.ContainsAny(rest, ": "):
		c.QCode = code
	case err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && !strings.Contains(code, " "):
		c.URI = code
	default:
		c.Literal = code
	}
	return c
}

// stamp is a date as the schema has it, or "" if it isn't known.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}
