// Package newsmlg2 decodes IPTC's NewsML-G2: news items, alone or in a news
// message, with texts in NITF, XHTML or plain.
package newsmlg2

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/document"
	"github.com/copytaster/copytaster/services/ingest/format/wire"
	"github.com/copytaster/copytaster/services/ingest/format/xmldoc"
)

// Name of the format.
const Name = "newsmlg2"

const (
	signer = "format/" + Name
	// version counts the changes of what the decoder makes of the same bytes.
	version = 1
)

// The elements that are whole documents.
const (
	newsItem    = "newsItem"
	packageItem = "packageItem" // a list of references to items that come by themselves
	message     = "newsMessage"
)

// others are G2's items that are no news, but knowledge or planning.
var others = []string{"conceptItem", "knowledgeItem", "planningItem", "catalogItem"}

// Detect tells whether the root is one of G2's.
func Detect(head []byte) bool {
	root := (&xmldoc.Element{Name: xmldoc.LocalName(xmldoc.Root(head))})
	return root.Is(newsItem, packageItem, message) || root.Is(others...)
}

// Split cuts a news message into its news items. What else stands in one with
// news items, packages above all, is passed over.
func Split(data []byte, h document.Hint) ([]document.Part, error) {
	return xmldoc.Items{Format: Name, Containers: []string{message, "itemSet"}, Names: []string{newsItem}}.Split(data, h)
}

// Decode makes an article of each news item. A picture, a video is an article
// too, of its headline and description; so is a package that comes alone. What
// a package lists is not read: those items have lives of their own, and one
// that is killed must not live on in a list. Errors are [*document.Error]s.
func Decode(_ context.Context, r io.Reader, h document.Hint) ([]article.Article, error) {
	doc, err := xmldoc.Parse(r, h, Name)
	if err != nil {
		return nil, err
	}
	found := []*xmldoc.Element{doc.Root}
	if !doc.Root.Is(newsItem, packageItem) {
		if found = doc.Root.All(newsItem); len(found) == 0 {
			found = doc.Root.All(packageItem)
		}
	}
	switch {
	case doc.Root.Is(others...):
		return nil, doc.Wrong(document.Invalid, doc.Root, doc.Root.Name, "is no news")
	case !doc.Root.Is(newsItem, packageItem, message):
		return nil, doc.Wrong(document.Syntax, doc.Root, doc.Root.Name, "the root must be newsItem, packageItem or newsMessage")
	case len(found) == 0:
		return nil, doc.Wrong(document.Invalid, doc.Root, newsItem, "the message has no news item")
	case len(found) > document.MaxItems:
		return nil, doc.Wrong(document.TooMany, doc.Root, newsItem, fmt.Sprintf("more than %d items", document.MaxItems))
	}
	as := make([]article.Article, len(found))
	for i, e := range found {
		it := item{doc: doc, root: e, meta: e.Child("itemMeta"), content: e.Child("contentMeta"), h: h}
		as[i].Original.Charset = doc.Charset
		if err := it.adapt(&as[i]); err != nil {
			return nil, err
		}
	}
	return as, nil
}

// item is a news item while it is read.
type item struct {
	doc     *xmldoc.Document
	root    *xmldoc.Element
	meta    *xmldoc.Element
	content *xmldoc.Element
	h       document.Hint
}

// concept is the QCode, the address or the literal that an element names, or
// what stands in it.
func concept(e *xmldoc.Element) string {
	for _, name := range []string{"qcode", "uri", "literal"} {
		if v := e.Attr(name); v != "" {
			return v
		}
	}
	return e.Line()
}

// target is the id of the item that a link points to, else its address.
func target(link *xmldoc.Element) string {
	if id := link.Attr("residref"); id != "" {
		return id
	}
	return link.Attr("href")
}

// rights are from when on and until when there are rights to the whole item or
// to its content: the earliest start and the last end of them, if all have one.
// The item's expires is no right, and not read.
func (it *item) rights(a *article.Article) (from wire.Start, until time.Time) {
	var starts, ends []string
	for _, e := range it.root.Children("rightsInfo") {
		scope := strings.Fields(e.Attr("scope") + " " + e.Attr("scopeuri"))
		ofContent := slices.ContainsFunc(scope, func(s string) bool { return wire.Code(s) == "content" })
		if e.Attr("idrefs") == "" && (len(scope) == 0 || ofContent) {
			starts, ends = append(starts, e.Attr("validfrom")), append(ends, e.Attr("validto"))
		}
	}
	return wire.RightsStart(a, starts...), wire.RightsEnd(a, ends...)
}

// contents are what is of these names in the item's content sets, of which some
// send several.
func (it *item) contents(names ...string) []*xmldoc.Element {
	var es []*xmldoc.Element
	for _, set := range it.root.Children("contentSet") {
		es = append(es, set.Children(names...)...)
	}
	return es
}

// status is the stricter of what pubStatus and the signals say. The signal of an
// embargo holds the item, unless the embargo has an end.
func (it *item) status(ends bool) (article.Status, error) {
	status := article.Usable
	for _, e := range it.meta.Children("pubStatus") {
		s, ok := wire.Status(concept(e))
		if !ok {
			return "", it.doc.Wrong(document.Invalid, e, "pubStatus", fmt.Sprintf("%q is none of usable, withheld, canceled", document.Clip(concept(e))))
		}
		status = wire.Stricter(status, s)
	}
	for _, e := range it.meta.Children("signal") {
		status = wire.Stricter(status, wire.Signal(concept(e), ends))
	}
	return status, nil
}

// life sets status, embargo and expiry.
func (it *item) life(a *article.Article) (article.Status, error) {
	norm := ""
	e := it.meta.Child("embargoed")
	if e != nil {
		norm = strings.TrimSpace(e.Text())
	}
	t, zone := wire.Moment(norm)
	if zone {
		a.EmbargoUntil = t
	}
	status, err := it.status(zone)
	switch {
	case err != nil:
		return "", err
	case e == nil || zone:
	case norm == "": // xsi:nil: until further notice
		status = wire.Stricter(status, article.Withheld)
	case status == article.Usable:
		return "", it.doc.Wrong(document.Invalid, e, "embargoed", fmt.Sprintf("%q is no date with time and time zone", document.Clip(norm)))
	default:
		a.Flag(article.FlagDateUnreadable) // a kill must not fail for what it doesn't need
	}
	a.Status = status
	from, until := it.rights(a)
	a.ExpiresAt = until
	wire.NotBefore(a, it.h, from)
	return a.Status, nil
}

func (it *item) adapt(a *article.Article) error {
	id := it.root.Attr("guid")
	if id == "" {
		return it.doc.Wrong(document.Invalid, it.root, "guid", "is missing: no later version or kill could find the article")
	}
	a.URI = wire.URI(it.h, id)
	status, err := it.life(a)
	if err != nil {
		return err
	}
	for _, e := range it.meta.Children("signal") {
		if wire.Corrects(concept(e)) {
			a.Flag(article.FlagCorrection)
		}
	}
	for _, e := range it.meta.Children("link") {
		if wire.Evolved(e.Attr("rel")) || wire.Evolved(e.Attr("reluri")) {
			wire.EvolvedFrom(a, it.h, target(e))
		}
	}
	a.Version = it.root.Attr("version")
	created := it.content.Child("contentModified").Line()
	a.VersionCreated = wire.Date(a, it.meta.Child("versionCreated").Line(), created)
	a.PublishedAt = wire.Date(a, it.meta.Child("firstCreated").Line(), it.content.Child("contentCreated").Line())
	if a.PublishedAt.IsZero() {
		a.PublishedAt = it.h.PublishedAt
	}
	n, ok := wire.Urgency(it.content.Child("urgency").Line())
	if a.Urgency = n; !ok {
		a.Flag(article.FlagFieldUnreadable)
	}
	tags := []string{}
	for _, l := range it.content.Children("language") {
		tags = append(tags, l.Attr("tag"))
	}
	for _, e := range it.contents("inlineData", "inlineXML") {
		tags = append(tags, e.Attr("lang"))
	}
	a.Language = wire.Language(signer, version, append(tags, it.root.Attr("lang"))...)
	wire.Subjects(a, it.subjects()...)
	s, err := it.story()
	if err != nil {
		if status == article.Usable {
			return err
		}
		s = wire.Story{}
		a.Flag(article.FlagFieldUnreadable)
	}
	if s.Empty() && status == article.Usable {
		return it.doc.Wrong(document.Empty, it.root, "contentSet", "there is neither headline nor text")
	}
	s.Lay(a, signer, version)
	return nil
}

// subjects are what the item is said to be about. Names that it doesn't give
// itself may stand in an assert; prefixes of codes in a catalog of its own.
func (it *item) subjects() []article.Subject {
	schemes := map[string]string{}
	for _, s := range it.root.All("scheme") {
		if a := s.Attr("alias"); a != "" {
			schemes[a] = s.Attr("uri")
		}
	}
	names := map[string]string{}
	for _, e := range it.root.Children("assert") {
		if n := e.Child("name").Line(); n != "" {
			names[concept(e)] = n
		}
	}
	var ss []article.Subject
	for _, e := range it.content.Children("subject", "genre", "keyword") {
		id := concept(e)
		s := article.Subject{Code: id, Name: e.Child("name").Line()}
		if s.Name == "" {
			s.Name = names[id]
		}
		if e.Attr("qcode") == "" && e.Attr("uri") == "" {
			if s.Name == "" {
				s.Name = s.Code
			}
			if e.Attr("literal") == "" || s.Name == s.Code {
				s.Code = ""
			}
		}
		if alias, code, ok := strings.Cut(e.Attr("qcode"), ":"); ok && schemes[alias] != "" {
			if full := wire.NewsCode(schemes[alias] + code); !strings.Contains(full, "//") {
				s.Code = full // by IPTC's own prefix, whatever the sender's is
			}
		}
		s.Code = wire.NewsCode(s.Code)
		ss = append(ss, s)
	}
	return ss
}
