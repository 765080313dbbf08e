// Package newsml decodes IPTC's NewsML 1.0 to 1.2, with texts in NITF, XHTML or
// plain.
package newsml

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/document"
	"github.com/copytaster/copytaster/services/ingest/format/wire"
	"github.com/copytaster/copytaster/services/ingest/format/xmldoc"
)

// Name of the format.
const Name = "newsml"

const (
	signer = "format/" + Name
	// version counts the changes of what the decoder makes of the same bytes.
	version = 1
)

const (
	rootName = "NewsML"
	newsItem = "NewsItem"
)

// Detect tells whether the root is NewsML's.
func Detect(head []byte) bool { return xmldoc.LocalName(xmldoc.Root(head)) == rootName }

// Split cuts a document into its news items.
func Split(data []byte, h document.Hint) ([]document.Part, error) {
	return xmldoc.Items{Format: Name, Containers: []string{rootName}, Names: []string{newsItem}}.Split(data, h)
}

// Decode makes an article of each news item. Errors are [*document.Error]s.
func Decode(_ context.Context, r io.Reader, h document.Hint) ([]article.Article, error) {
	doc, err := xmldoc.Parse(r, h, Name)
	if err != nil {
		return nil, err
	}
	if !doc.Root.Is(rootName) {
		return nil, doc.Wrong(document.Syntax, doc.Root, doc.Root.Name, "the root must be <NewsML>")
	}
	found := doc.Root.Children(newsItem)
	switch {
	case len(found) == 0:
		return nil, doc.Wrong(document.Invalid, doc.Root, newsItem, "the document has no news item")
	case len(found) > document.MaxItems:
		return nil, doc.Wrong(document.TooMany, doc.Root, newsItem, fmt.Sprintf("more than %d items", document.MaxItems))
	}
	as := make([]article.Article, len(found))
	for i, e := range found {
		it := item{doc: doc, root: e, management: e.Child("NewsManagement"), h: h}
		as[i].Original.Charset = doc.Charset
		if err := it.adapt(&as[i]); err != nil {
			return nil, err
		}
	}
	return as, nil
}

// item is a news item while it is read.
type item struct {
	doc        *xmldoc.Document
	root       *xmldoc.Element
	management *xmldoc.Element
	h          document.Hint
}

// id is the public identifier without its revision.
func (it *item) id() string {
	n := it.root.Child("Identification", "NewsIdentifier")
	if id := n.Child("NewsItemId").Line(); id != "" {
		return strings.Join([]string{"urn:newsml", n.Child("ProviderId").Line(), n.Child("DateId").Line(), id}, ":")
	}
	id := n.Child("PublicIdentifier").Line()
	if i := strings.LastIndexByte(id, ':'); i > len("urn:newsml:") {
		return id[:i]
	}
	return id
}

// publicID is a public identifier in parts, as the standard makes it of the
// provider, the date, the item's id and mostly its revision.
var publicID = regexp.MustCompile(`(?i)^urn:newsml:([^:]+:[^:]+:.+?)(:[0-9]+[NUA]?)?$`)

// evolved notes the items that this one is derived from.
func (it *item) evolved(a *article.Article) {
	for _, e := range it.management.Children("DerivedFrom") {
		id := e.Attr(newsItem)
		if m := publicID.FindStringSubmatch(id); m != nil {
			id = "urn:newsml:" + m[1]
		}
		wire.EvolvedFrom(a, it.h, id)
	}
}

const formalName = "FormalName"

// embargoed is the status that another follows at a stated time.
const embargoed = "embargoed"

// status is the present one, and when it changes: the end of an embargo, or of
// the use. An embargo without a stated end holds until further notice.
func (it *item) status(a *article.Article) error {
	e := it.management.Child("Status")
	word := e.Attr(formalName)
	status, ok := wire.Status(word)
	isEmbargo := wire.Code(word) == embargoed
	if isEmbargo {
		status, ok = article.Withheld, true
	}
	if !ok {
		return it.doc.Wrong(document.Invalid, e, "Status", fmt.Sprintf("%q is none of usable, embargoed, withheld, canceled", document.Clip(word)))
	}
	said := article.Usable
	for _, e := range it.management.Children("Instruction") {
		if s, ok := wire.Status(e.Attr(formalName)); ok {
			said = wire.Stricter(said, s)
		}
		if wire.Corrects(e.Attr(formalName)) {
			a.Flag(article.FlagCorrection)
		}
	}
	a.Status = wire.Stricter(status, said)
	change := it.management.Child("StatusWillChange")
	future, ok := wire.Status(change.Child("FutureStatus").Attr(formalName))
	norm := change.Child("DateAndTime").Line()
	switch {
	case change == nil || !ok:
		return nil
	case status == article.Usable && future != article.Usable:
		a.ExpiresAt = wire.Date(a, norm)
		return nil
	case !isEmbargo || future != article.Usable:
		return nil
	}
	t, zone := wire.Moment(norm)
	switch {
	case !t.IsZero() && zone:
		a.Status, a.EmbargoUntil = said, t
	case said == article.Usable:
		return it.doc.Wrong(document.Invalid, change, "StatusWillChange", fmt.Sprintf("%q is no date with time and time zone", document.Clip(norm)))
	default:
		a.Flag(article.FlagDateUnreadable) // a kill must not fail for what it doesn't need
	}
	return nil
}

// rights sets the expiry, and an embargo until the rights begin. The status may
// end the use, too. Rights for a part of the world or of the uses don't count.
func (it *item) rights(a *article.Article) {
	var starts, ends []string
	for _, e := range it.root.Child("NewsComponent", "RightsMetadata").Children("UsageRights") {
		if wire.Partial(e.Child("UsageType").Line(), e.Child("Geography").Line(), e.Child("Limitations").Line()) {
			continue
		}
		start := e.Child("StartDate").Line()
		if start != "" && !strings.ContainsAny(start, "0123456789") {
			a.Flag(article.FlagDateUnreadable) // words, as "immediately"
			start = ""
		}
		starts, ends = append(starts, start), append(ends, e.Child("EndDate").Line())
	}
	a.ExpiresAt = wire.Earlier(a.ExpiresAt, wire.RightsEnd(a, ends...))
	wire.NotBefore(a, it.h, wire.RightsStart(a, starts...))
}

func (it *item) adapt(a *article.Article) error {
	id := it.id()
	if id == "" {
		return it.doc.Wrong(document.Invalid, it.root, "NewsItemId", "is missing: no later version or kill could find the article")
	}
	a.URI = wire.URI(it.h, id)
	if err := it.status(a); err != nil {
		return err
	}
	it.rights(a)
	it.evolved(a)
	revision := it.root.Child("Identification", "NewsIdentifier", "RevisionId")
	a.Version = revision.Line()
	a.VersionCreated = wire.Date(a, it.management.Child("ThisRevisionCreated").Line())
	a.PublishedAt = wire.Date(a, it.management.Child("FirstCreated").Line())
	if a.PublishedAt.IsZero() {
		a.PublishedAt = it.h.PublishedAt
	}
	n, ok := wire.Urgency(it.management.Child("Urgency").Attr(formalName))
	if a.Urgency = n; !ok {
		a.Flag(article.FlagFieldUnreadable)
	}
	wire.Subjects(a, it.subjects()...)
	b := builder{it: it}
	for _, c := range it.root.Children("NewsComponent") {
		b.component(c, true)
	}
	tags := []string{b.language}
	for _, l := range it.root.All("Language") {
		tags = append(tags, l.Attr(formalName))
	}
	tags = append(tags, it.root.Attr("lang"), it.root.Child("NewsComponent").Attr("lang"))
	a.Language = wire.Language(signer, version, tags...)
	s := b.story
	if b.err != nil {
		if a.Status == article.Usable {
			return b.err
		}
		s = wire.Story{}
		a.Flag(article.FlagFieldUnreadable)
	}
	if s.Empty() && a.Status == article.Usable {
		if u := strings.ToUpper(revision.Attr("Update")); u == "U" || u == "A" || it.root.Child("Update") != nil {
			return it.doc.Wrong(document.Invalid, revision, "RevisionId", "the item only says what changes in the revision before it: the whole must be sent")
		}
		return it.doc.Wrong(document.Empty, it.root, "NewsComponent", "there is neither headline nor text")
	}
	it.notes(&s)
	s.Lay(a, signer, version)
	return nil
}

// notes are what is for editors.
func (it *item) notes(s *wire.Story) {
	for _, e := range it.management.Children("Instruction") {
		s.Note("Instruction", wire.Clean(e.Attr(formalName)+" "+e.Child("Comment").Line()))
	}
	for _, e := range it.root.Children("Comment") {
		if t := e.Line(); t != "" {
			s.Notes = append(s.Notes, t)
		}
	}
}

// subjects are what the item is said to be about.
func (it *item) subjects() []article.Subject {
	var ss []article.Subject
	for _, m := range it.root.All("DescriptiveMetadata", "Metadata") {
		for _, e := range m.All("Subject", "SubjectMatter", "SubjectDetail", "SubjectQualifier", "Genre") {
			code := e.Attr(formalName)
			if len(code) == 8 && strings.Trim(code, "0123456789") == "" {
				ss = append(ss, article.Subject{Code: "subj:" + code})
			} else {
				ss = append(ss, article.Subject{Name: code})
			}
		}
		for _, l := range m.Children("Location") {
			for _, p := range l.Children("Property") {
				ss = append(ss, article.Subject{Name: p.Attr("Value")})
			}
		}
		for _, p := range m.Children("Property") {
			if strings.Contains(strings.ToLower(p.Attr(formalName)), "keyword") {
				ss = append(ss, article.Subject{Name: p.Attr("Value")})
			}
		}
	}
	for _, l := range it.root.All("KeywordLine") {
		for k := range strings.FieldsFuncSeq(l.Line(), func(r rune) bool { return r == ',' || r == ';' }) {
			ss = append(ss, article.Subject{Name: k})
		}
	}
	return ss
}
