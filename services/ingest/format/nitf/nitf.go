// Package nitf decodes IPTC's News Industry Text Format, versions 2.5 to 3.6,
// and reads the texts in it that stand in other formats.
package nitf

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/document"
	"github.com/copytaster/copytaster/services/ingest/format/wire"
	"github.com/copytaster/copytaster/services/ingest/format/xmldoc"
)

// Name of the format.
const Name = "nitf"

const (
	signer = "format/" + Name
	// version counts the changes of what the decoder makes of the same bytes.
	version = 1
)

// Detect tells whether the root is NITF's.
func Detect(head []byte) bool { return xmldoc.LocalName(xmldoc.Root(head)) == "nitf" }

// Decode makes the article of a document, and a notice for the document that
// it manages, if it names another. Errors are [*document.Error]s.
func Decode(_ context.Context, r io.Reader, h document.Hint) ([]article.Article, error) {
	doc, err := xmldoc.Parse(r, h, Name)
	if err != nil {
		return nil, err
	}
	if !doc.Root.Is("nitf") {
		return nil, doc.Wrong(document.Syntax, doc.Root, doc.Root.Name, "the root must be <nitf>")
	}
	d := head{doc: doc, data: doc.Root.Child("head", "docdata")}
	notice, err := d.managed(h)
	if err != nil {
		return nil, err
	}
	id := d.id()
	if id == "" {
		if notice != nil {
			return []article.Article{*notice}, nil // it is of the other document alone
		}
	}
	if notice != nil && notice.URI == wire.URI(h, id) {
		d.said, notice = notice.Status, nil
	}
	a := article.Article{URI: wire.URI(h, id), Original: article.Original{Charset: doc.Charset}}
	if err := d.adapt(&a, h); err != nil {
		return nil, err
	}
	if id == "" {
		if a.Status != article.Usable {
			return nil, doc.Wrong(document.Invalid, d.data, "doc-id", "is missing, and there is no du-key: nothing that this hides could be found")
		}
		a.URI = article.TextURI(h.Namespace(), a.Text)
		a.Flag(article.FlagIdentityFromText)
	}
	if notice == nil {
		return []article.Article{a}, nil
	}
	return []article.Article{a, *notice}, nil
}

// Life is what a document that stands in another format says of its own use:
// status, embargo, expiry, with flags. Errors are [*document.Error]s.
func Life(r io.Reader, h document.Hint) (article.Article, error) {
	var a article.Article
	doc, err := xmldoc.Parse(r, h, Name)
	if err != nil {
		return a, err
	}
	d := head{doc: doc, data: doc.Root.Child("head", "docdata")}
	_, err = d.life(&a, h)
	return a, err
}

// head is a document while its head is read.
type head struct {
	doc  *xmldoc.Document
	data *xmldoc.Element // docdata
	said article.Status  // by the document of itself as the one that it manages; "" if it doesn't
}

// id is the document's: doc-id. A du-key is no more than a slug with many
// agencies, and two stories of one slug must not hide each other; it counts
// only where there is no doc-id.
func (d *head) id() string {
	if id := d.data.Child("doc-id").Attr("id-string"); id != "" {
		return id
	}
	k := d.data.Child("du-key")
	if k.Attr("key") == "" {
		return d.doc.Root.Attr("uno") // the universal name
	}
	return strings.Join([]string{"du-key", k.Attr("key"), k.Attr("generation"), k.Attr("part")}, " ")
}

// managed is the notice for another document that this one cancels, withholds
// or puts under embargo without end; nil if there is none.
func (d *head) managed(h document.Hint) (*article.Article, error) {
	id, word := d.data.Attr("management-doc-idref"), d.data.Attr("management-idref-status")
	s, err := d.status("management-idref-status", word)
	if err != nil {
		return nil, err
	}
	if id == "" || s == article.Usable {
		return nil, nil
	}
	a := article.Article{URI: wire.URI(h, id), Status: s, Version: d.version(), Original: article.Original{Charset: d.doc.Charset}}
	a.VersionCreated, _ = d.dates(&a)
	return &a, nil
}

// embargoed is the status that stands for usable once its time has come.
const embargoed = "embargoed"

func (d *head) status(field, word string) (article.Status, error) {
	if wire.Code(word) == embargoed {
		return article.Withheld, nil
	}
	s, ok := wire.Status(word)
	if !ok {
		return "", d.doc.Wrong(document.Invalid, d.data, field, fmt.Sprintf("%q is none of usable, embargoed, withheld, canceled", document.Clip(word)))
	}
	return s, nil
}

func (d *head) version() string { return d.data.Child("du-key").Attr("version") }

// dates are those of this version and of the first, as far as they are stated.
func (d *head) dates(a *article.Article) (this, first time.Time) {
	head := d.doc.Root.Child("head")
	this = wire.Date(a, d.data.Child("date.issue").Attr("norm"), head.Child("pubdata").Attr("date.publication"))
	first = this
	for _, r := range head.Children("revision-history") {
		t := wire.Date(a, r.Attr("norm"))
		if t.IsZero() {
			continue
		}
		if t.After(this) {
			this = t
		}
		if first.IsZero() || t.Before(first) {
			first = t
		}
	}
	return this, first
}

// release is the end of the embargo. A date alone is none if it isn't after
// that of issue: many agencies repeat the one as the other.
func (d *head) release(issued time.Time, isEmbargo bool) (time.Time, error) {
	e := d.data.Child("date.release")
	norm := e.Attr("norm")
	if norm == "" {
		return time.Time{}, nil
	}
	t, zone := wire.Moment(norm)
	if zone {
		return t, nil
	}
	if !isEmbargo && !t.IsZero() && !issued.IsZero() && !t.After(issued) {
		return time.Time{}, nil
	}
	return time.Time{}, d.doc.Wrong(document.Invalid, e, "date.release", fmt.Sprintf("%q is no date with time and time zone", document.Clip(norm)))
}

// rights puts the document under embargo until there are rights to it, and sets
// until when there are, and until when it has validity: the latest start and the
// earliest end of what docdata and the head of the body say. Rights for a part of
// the world or of the uses don't count.
func (d *head) rights(a *article.Article, h document.Hint) {
	var starts, ends []string
	for _, e := range d.data.Children("doc.rights") {
		if wire.Partial(e.Attr("geography"), e.Attr("location-code"), e.Attr("type"), e.Attr("limitations")) {
			continue
		}
		starts, ends = append(starts, e.Attr("startdate")), append(ends, e.Attr("enddate"))
	}
	body := d.doc.Root.Child("body", "body.head", "rights")
	if wire.Partial(body.Child("rights.geography").Line(), body.Child("rights.type").Line(), body.Child("rights.limitations").Line()) {
		body = nil
	}
	wire.NotBefore(a, h, wire.RightsStart(a, starts...))
	wire.NotBefore(a, h, wire.RightsStart(a, body.Child("rights.startdate").Attr("norm")))
	until := wire.Earlier(wire.Date(a, d.data.Child("date.expire").Attr("norm")), wire.RightsEnd(a, ends...))
	a.ExpiresAt = wire.Earlier(until, wire.Date(a, body.Child("rights.enddate").Attr("norm")))
}

// life sets version, dates, status and embargo.
func (d *head) life(a *article.Article, h document.Hint) (article.Status, error) {
	word := d.data.Attr("management-status")
	status, err := d.status("management-status", word)
	if err != nil {
		return "", err
	}
	said := wire.Stricter(article.Usable, d.said)
	for _, e := range d.data.Children("ed-msg") { // "kill" as the message's type
		if s, ok := wire.Status(e.Attr("msg-type")); ok {
			said = wire.Stricter(said, s)
		}
	}
	a.Version = d.version()
	a.VersionCreated, a.PublishedAt = d.dates(a)
	isEmbargo := wire.Code(word) == embargoed
	until, err := d.release(a.VersionCreated, isEmbargo)
	switch {
	case err == nil:
		if a.EmbargoUntil = until; isEmbargo && !until.IsZero() {
			status = article.Usable // by itself, at that time
		}
	case said == article.Usable && (isEmbargo || status == article.Usable):
		return "", err
	default:
		a.Flag(article.FlagDateUnreadable) // a kill must not fail for what it doesn't need
	}
	a.Status = wire.Stricter(status, said)
	d.rights(a, h)
	return a.Status, nil
}

func (d *head) adapt(a *article.Article, h document.Hint) error {
	status, err := d.life(a, h)
	if err != nil {
		return err
	}
	if a.PublishedAt.IsZero() {
		a.PublishedAt = h.PublishedAt
	}
	if a.PublishedAt.IsZero() {
		a.PublishedAt = wire.Date(a, d.doc.Root.Child("body", "body.head", "dateline", "story.date").Attr("norm"))
	}
	n, ok := wire.Urgency(d.data.Child("urgency").Attr("ed-urg"))
	if a.Urgency = n; !ok {
		a.Flag(article.FlagFieldUnreadable)
	}
	root := d.doc.Root
	a.Language = wire.Language(signer, version, root.Attr("lang"), root.Child("body").Attr("lang"), root.Child("body", "body.content").Attr("lang"), root.Attr("baselang"))
	wire.Subjects(a, Subjects(root)...)
	s, err := Story(root, h.URL)
	if err != nil {
		if status == article.Usable {
			return err
		}
		s = wire.Story{}
		a.Flag(article.FlagFieldUnreadable)
	}
	if s.Empty() && status == article.Usable {
		return d.doc.Wrong(document.Empty, root, "body", "there is neither headline nor text")
	}
	s.Lay(a, signer, version)
	return nil
}

// Subjects are what a document is said to be about.
func Subjects(root *xmldoc.Element) []article.Subject {
	var ss []article.Subject
	head := root.Child("head")
	for _, e := range head.All("tobject.subject") {
		s := article.Subject{Code: e.Attr("tobject.subject.refnum")}
		if s.Code != "" && strings.Trim(s.Code, "0123456789") == "" {
			s.Code = "subj:" + s.Code
		}
		for _, name := range []string{"detail", "matter", "type"} {
			if s.Name == "" {
				s.Name = e.Attr("tobject.subject." + name)
			}
		}
		if s.Name == "" {
			s.Name = e.Attr("tobject.subject.code")
		}
		ss = append(ss, s)
	}
	for _, e := range head.All("tobject.property") {
		ss = append(ss, article.Subject{Name: e.Attr("tobject.property.type")})
	}
	for _, e := range head.All("keyword") {
		ss = append(ss, article.Subject{Name: e.Attr("key")})
	}
	for _, e := range head.All("doc-scope") {
		ss = append(ss, article.Subject{Name: e.Attr("scope")})
	}
	for _, in := range head.All("identified-content") {
		for _, e := range in.Children("person", "org", "location", "event", "function", "object.title", "virtloc", "classifier") {
			s := article.Subject{Name: e.Attr("value"), Code: e.Attr("idsrc")}
			if s.Name == "" {
				s.Name = e.Line()
			}
			if v := e.Attr("value"); e.Name != "classifier" && e.Line() != "" {
				s.Name = e.Line()
				if s.Code != "" && v != "" {
					s.Code += ":" + v
				} else {
					s.Code = ""
				}
			} else {
				s.Code = ""
			}
			ss = append(ss, s)
		}
	}
	return ss
}
