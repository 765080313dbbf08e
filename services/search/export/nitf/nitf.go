// Package nitf writes IPTC's News Industry Text Format, version 3.6. A document
// has one article; several go out as the items of a NewsML-G2 newsMessage, each
// with its document in inlineXML.
package nitf

import (
	"encoding/xml"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/search/export/newsmlg2"
	"github.com/copytaster/copytaster/services/search/export/story"
)

// The format, as it is asked for and travels.
const (
	Name          = "nitf"
	MediaType     = "text/vnd.iptc.nitf"
	MediaTypeMany = newsmlg2.MediaTypeMany
	Extension     = "nitf.xml"
)

// MaxUrgency is the highest number that ed-urg may be.
const MaxUrgency = 8

// document is a document, its elements in the order of the DTD.
type document struct {
	XMLName xml.Name `xml:"http://iptc.org/std/NITF/2006-10-18/ nitf"`
	Version string   `xml:"version,attr"`
	Lang    string   `xml:"xml:lang,attr,omitempty"`
	Head    head     `xml:"head"`
	Body    body     `xml:"body"`
}

type head struct {
	Title    string     `xml:"title,omitempty"`
	Tobject  *tobject   `xml:"tobject"`
	Data     docdata    `xml:"docdata"`
	Revision []revision `xml:"revision-history"`
}

type tobject struct {
	Type     string    `xml:"tobject.type,attr"`
	Subjects []subject `xml:"tobject.subject"`
}

type subject struct {
	Number string `xml:"tobject.subject.refnum,attr"`
	Name   string `xml:"tobject.subject.type,attr,omitempty"`
}

type docdata struct {
	Status  string   `xml:"management-status,attr"`
	ID      id       `xml:"doc-id"`
	Urgency *urgency `xml:"urgency"`
	Issue   *norm    `xml:"date.issue"`
	Release *norm    `xml:"date.release"`
	Expire  *norm    `xml:"date.expire"`
	Key     *key     `xml:"du-key"`
	List    *keys    `xml:"key-list"`
}

type id struct {
	Source string `xml:"regsrc,attr,omitempty"`
	String string `xml:"id-string,attr"`
}

type urgency struct {
	Number int `xml:"ed-urg,attr"`
}

type norm struct {
	Norm string `xml:"norm,attr"`
}

type key struct {
	Version string `xml:"version,attr"`
}

type keys struct {
	Keywords []keyword `xml:"keyword"`
}

type keyword struct {
	Key string `xml:"key,attr"`
}

type revision struct {
	Function string `xml:"function,attr"`
	Norm     string `xml:"norm,attr"`
}

type body struct {
	Head    bodyHead `xml:"body.head"`
	Content *content `xml:"body.content"`
	End     *end     `xml:"body.end"`
}

type bodyHead struct {
	Hedline  *hedline `xml:"hedline"`
	Byline   string   `xml:"byline,omitempty"`
	Dateline string   `xml:"dateline,omitempty"`
	Abstract *texts   `xml:"abstract"`
}

type hedline struct {
	Main   string `xml:"hl1"`
	Kicker *line  `xml:"hl2"`
}

type line struct {
	Class string `xml:"class,attr"`
	Text  string `xml:",chardata"`
}

type texts struct {
	P []string `xml:"p"`
}

type content struct {
	Blocks []any `xml:",any"`
}

type end struct {
	Taglines []string `xml:"tagline"`
}

// The blocks of the text.
type (
	paragraph struct {
		XMLName xml.Name `xml:"p"`
		Text    string   `xml:",chardata"`
	}
	subhead struct {
		XMLName xml.Name `xml:"hl2"`
		Text    string   `xml:",chardata"`
	}
	quote struct {
		XMLName xml.Name `xml:"bq"`
		P       string   `xml:"block>p"`
	}
	media struct {
		XMLName   xml.Name  `xml:"media"`
		Type      string    `xml:"media-type,attr"`
		Reference reference `xml:"media-reference"`
		Caption   string    `xml:"media-caption,omitempty"`
		Producer  string    `xml:"media-producer,omitempty"`
	}
	reference struct {
		MediaType string `xml:"mime-type,attr,omitempty"`
		Source    string `xml:"source,attr,omitempty"`
	}
)

// One is an article's document. Of a canceled article it is the notice, whose
// management-status says so.
func One(a *article.Article, l story.List) ([]byte, error) {
	b, err := xml.Marshal(of(a, l.Now))
	if err != nil {
		return nil, fmt.Errorf("nitf: %w", err)
	}
	return append([]byte(xml.Header), append(b, '\n')...), nil
}

// Many is a newsMessage of documents; nothing of none. A canceled article's item
// is the notice itself.
func Many(as []*article.Article, l story.List) ([]byte, error) {
	return newsmlg2.Message(as, l, func(a *article.Article) (newsmlg2.Inline, error) {
		b, err := xml.Marshal(of(a, l.Now))
		if err != nil {
			return newsmlg2.Inline{}, fmt.Errorf("nitf: %w", err)
		}
		return newsmlg2.Inline{ContentType: MediaType, Markup: string(b)}, nil
	})
}

func of(a *article.Article, now time.Time) document {
	d := document{Version: "-//IPTC//DTD NITF 3.6//EN"}
	data := &d.Head.Data
	*data = docdata{Status: status(a, now), ID: id{Source: story.Clean(a.Provider), String: story.Clean(string(a.URI))}, Release: date(a.EmbargoUntil), Expire: date(a.ExpiresAt)}
	if a.Urgency > 0 && a.Urgency <= MaxUrgency {
		data.Urgency = &urgency{a.Urgency}
	}
	if v := story.Clean(a.Version); token.MatchString(v) {
		data.Key = &key{v}
	}
	issued, first := a.VersionCreated, a.PublishedAt
	if issued.IsZero() {
		issued = first
	}
	data.Issue = date(issued)
	if first.Before(issued) && !first.IsZero() {
		d.Head.Revision = []revision{{"writer-author", date(first).Norm}}
	}
	if a.Status == article.Canceled {
		return d
	}
	d.Lang = story.Clean(a.Language.Value)
	d.subjects(a)
	d.text(a)
	return d
}

// status is the management-status: an embargo has a word of its own there,
// while it lasts.
func status(a *article.Article, now time.Time) string {
	if a.Status == article.Usable && a.EmbargoUntil.After(now) {
		return "embargoed"
	}
	return string(a.Status)
}

// token is what the schema lets a version and a subject's number be.
var token = regexp.MustCompile(`^[A-Za-z0-9._:-]+$`)

// subjects are those with codes, and the others as keywords, by their names or
// else by what they have for one. A number without a prefix is one of IPTC's
// subject codes.
func (d *document) subjects(a *article.Article) {
	for _, s := range a.Subjects {
		code, name := story.Clean(s.Code), story.Clean(s.Name)
		switch {
		case token.MatchString(code):
			if d.Head.Tobject == nil {
				d.Head.Tobject = &tobject{Type: "news"}
			}
			d.Head.Tobject.Subjects = append(d.Head.Tobject.Subjects, subject{strings.TrimPrefix(code, "subj:"), name})
		case name+code != "":
			if name == "" {
				name = code
			}
			if d.Head.Data.List == nil {
				d.Head.Data.List = &keys{}
			}
			d.Head.Data.List.Keywords = append(d.Head.Data.List.Keywords, keyword{name})
		}
	}
}

func (d *document) text(a *article.Article) {
	s := story.Of(a)
	d.Head.Title = s.Headline
	h := &d.Body.Head
	if s.Headline != "" || s.Kicker != "" {
		h.Hedline = &hedline{Main: s.Headline}
		if s.Kicker != "" {
			h.Hedline.Kicker = &line{"kicker", s.Kicker}
		}
	}
	h.Byline, h.Dateline = s.Byline, s.Dateline
	if len(s.Standfirst) > 0 {
		h.Abstract = &texts{s.Standfirst}
	}
	var blocks []any
	for _, b := range s.Body {
		switch b.Kind {
		case article.Caption:
			blocks = append(blocks, mediaOf(b.Picture))
		case article.Subhead:
			blocks = append(blocks, subhead{Text: b.Text})
		case article.Quote:
			blocks = append(blocks, quote{P: b.Text})
		case article.Signoff:
			if d.Body.End == nil {
				d.Body.End = &end{}
			}
			d.Body.End.Taglines = append(d.Body.End.Taglines, b.Text)
		default:
			blocks = append(blocks, paragraph{Text: b.Text})
		}
	}
	if len(blocks) > 0 {
		d.Body.Content = &content{blocks}
	}
}

func mediaOf(p story.Picture) media {
	return media{Type: "image", Reference: reference{p.MediaType, p.URL}, Caption: p.Caption, Producer: p.Credit}
}

// date is a date in ISO 8601's basic form, or nil if it isn't known.
func date(t time.Time) *norm {
	if t.IsZero() {
		return nil
	}
	return &norm{t.UTC().Format("20060102T150405.999999999Z0700")}
}
