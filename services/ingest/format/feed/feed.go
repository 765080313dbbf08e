// Package feed decodes RSS, Atom and JSON Feed. A feed is cut into its items
// first, each of which is then parsed by gofeed in a feed of its own, so that a
// broken item doesn't hold its siblings.
package feed

import (
	"bytes"
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/document"
	"github.com/copytaster/copytaster/services/ingest/format/html"
	"github.com/copytaster/copytaster/services/ingest/format/xmldoc"
)

// Names of the formats.
const (
	RSS      = "rss"
	Atom     = "atom"
	JSONFeed = "jsonfeed"
)

// version counts the changes of what the decoders make of the same bytes.
const version = 1

// tombstone is the element that says that an entry was deleted.
const tombstone = "deleted-entry"

// declaredConfidence is what a feed's word about its language is worth.
const declaredConfidence = 0.7

// DetectRSS tells whether the root is that of RSS 0.9x, 1.0 or 2.0.
func DetectRSS(head []byte) bool {
	root := xmldoc.LocalName(xmldoc.Root(head))
	return strings.EqualFold(root, "rss") || root == "RDF" && (bytes.Contains(head, []byte("purl.org/rss/")) || bytes.Contains(head, []byte("my.netscape.com/rdf/simple")))
}

// DetectAtom tells whether the root is Atom's feed.
func DetectAtom(head []byte) bool { return xmldoc.LocalName(xmldoc.Root(head)) == "feed" }

// SplitRSS cuts a feed into its items. Errors of single items are
// in the parts; the returned one concerns the feed.
func SplitRSS(data []byte, h document.Hint) ([]document.Part, error) { return rssKind.split(data, h) }

// SplitAtom does what [SplitRSS] does.
func SplitAtom(data []byte, h document.Hint) ([]document.Part, error) { return atomKind.split(data, h) }

// DecodeRSS makes an article of every item. An
// item's id is its own, within its feed, or its address where it says so.
func DecodeRSS(_ context.Context, r io.Reader, h document.Hint) ([]article.Article, error) {
	return decode(r, h, RSS, SplitRSS, rssItem)
}

// DecodeAtom does what [DecodeRSS] does.
func DecodeAtom(_ context.Context, r io.Reader, h document.Hint) ([]article.Article, error) {
	return decode(r, h, Atom, SplitAtom, atomItem)
}

// DecodeJSONFeed does what [DecodeRSS] does.
func DecodeJSONFeed(_ context.Context, r io.Reader, h document.Hint) ([]article.Article, error) {
	return decode(r, h, JSONFeed, SplitJSONFeed, jsonItem)
}

type splitter func(data []byte, h document.Hint) ([]document.Part, error)

// decode splits again what may have been split: only so the limits hold for
// everything that gets to the parser.
func decode(r io.Reader, h document.Hint, format string, split splitter, parse func([]byte, document.Hint) (item, error)) ([]article.Article, error) {
	data, err := document.Read(r, format, document.MaxBytes)
	if err != nil {
		return nil, err
	}
	parts, err := split(data, h)
	if err != nil {
		return nil, err
	}
	if len(parts) == 0 {
		// Of a feed that is empty nothing gets here.
		return nil, document.Refuse(document.Syntax, format, "%v", errNoItem)
	}
	as := make([]article.Article, 0, len(parts))
	for _, p := range parts {
		if p.Err != nil {
			return nil, p.Err
		}
		it, err := parse(p.Data, h)
		if err != nil {
			return nil, &document.Error{Reason: document.Syntax, Format: format, Field: p.Label, Detail: err.Error()}
		}
		a, err := it.article(format, h)
		if err != nil {
			return nil, err
		}
		as = append(as, a)
	}
	return as, nil
}

// item is what the three formats have in common.
type item struct {
	id        string
	permalink bool // the id is the item's address
	link      string
	feed      string // what names the feed, if its own address isn't known
	name      string // the feed's title, for one that has no address at all

	title, subtitle string
	summary         string // marked up
	content         string // marked up
	plain           string // content without markup
	authors         []string
	subjects        []article.Subject
	images          []article.Image
	language        string
	published       time.Time
	modified        time.Time
	expires         time.Time
	status          article.Status
	embargo         time.Time
	flags           []string // of what stands in the item
	unread          bool     // a date is stated that could not be read
	deleted         bool     // it says no more than that the item of that id was deleted
}

func (it *item) article(format string, h document.Hint) (article.Article, error) {
	if it.deleted {
		return it.notice(format, h)
	}
	a := article.Article{
		PublishedAt:    it.published,
		VersionCreated: it.modified,
		ExpiresAt:      it.expires,
		EmbargoUntil:   it.embargo,
		Status:         it.status,
		Subjects:       it.subjects,
		Original:       article.Original{Charset: "utf-8"},
	}
	for _, f := range it.flags {
		a.Flag(f)
	}
	if a.PublishedAt.IsZero() {
		a.PublishedAt = h.PublishedAt
	}
	if it.unread {
		a.Flag(article.FlagDateUnreadable)
	}
	base := it.link
	if base == "" {
		base = h.URL
	}
	link, _ := document.CanonicalURL(document.Resolve(h.URL, it.link))
	if link == "" {
		link, _ = document.CanonicalURL(it.link)
	}
	a.URL = link

	body, pictures, err := html.Fragment(it.content, base)
	if err != nil {
		return a, err
	}
	for p := range strings.SplitSeq(strings.ReplaceAll(it.plain, "\r\n", "\n"), "\n\n") {
		if p = strings.Join(strings.Fields(p), " "); p != "" {
			body = append(body, html.Block{Kind: article.Paragraph, Text: p})
		}
	}
	summary, more, err := html.Fragment(it.summary, base)
	if err != nil {
		return a, err
	}
	var standfirst string
	switch {
	case len(body) == 0 && len(summary) > 1:
		body, pictures = summary, more // the whole text, in the wrong place
	case len(summary) > 0 && !begins(body, summary[0].Text):
		texts := make([]string, len(summary))
		for i, b := range summary {
			texts[i] = b.Text
		}
		standfirst = strings.Join(texts, " ")
	}

	b := article.Builder{Signer: "format/" + format, Version: version}
	title := html.Plain(it.title)
	b.Add(article.Headline, title)
	if sub := html.Plain(it.subtitle); sub != standfirst {
		b.Add(article.Standfirst, sub)
	}
	b.Add(article.Standfirst, standfirst)
	b.Add(article.Byline, strings.Join(it.authors, ", "))
	for _, im := range it.images {
		if im.URL = document.Resolve(base, im.URL); im.URL != "" && !hasImage(a.Images, im.URL) {
			im.Caption, im.Credit = html.Plain(im.Caption), html.Plain(im.Credit)
			b.Add(article.Caption, im.Caption)
			b.Add(article.CreditLine, im.Credit)
			a.Images = append(a.Images, im)
		}
	}
	for _, p := range append(pictures, more...) {
		if !hasImage(a.Images, p.URL) {
			a.Images = append(a.Images, article.Image{URL: p.URL, Caption: p.Caption, Credit: p.Credit})
		}
	}
	for i, bl := range body {
		if i == 0 && bl.Text == title {
			continue
		}
		b.Add(bl.Kind, bl.Text)
	}
	if b.Len() == 0 {
		return a, document.Refuse(document.Empty, format, "the item has neither title nor text")
	}
	b.Fill(&a)
	if l, err := language.Parse(it.language); err == nil && l != language.Und {
		a.Language = article.Label{Value: l.String(), Evidence: []article.Evidence{{Enricher: "format/" + format, Version: version, Confidence: declaredConfidence}}}
	}
	it.identify(&a, h)
	return a, nil
}

// notice is what an item becomes that was deleted: it withholds the article, or
// kills it if the feed is set to. Feeds delete for many reasons, and what comes
// again with a later date is used again, if it was not killed.
func (it *item) notice(format string, h document.Hint) (article.Article, error) {
	a := article.Article{Status: article.Withheld, VersionCreated: it.modified, Original: article.Original{Charset: "utf-8"}}
	if h.DeletedKills {
		a.Status = article.Canceled
	}
	if it.unread {
		a.Flag(article.FlagDateUnreadable)
	}
	it.identify(&a, h)
	if strings.TrimSpace(it.id) == "" || slices.Contains(a.Flags, article.FlagIdentityFromText) {
		return a, document.Refuse(document.Invalid, format, "an entry is deleted, and it can't be told which")
	}
	return a, nil
}

// identify sets the URI: the item's id. An id that is an address is the
// article's address, and shared with its page, but only within the feed's own
// site; any other means something within its feed alone, unless it is made to
// be unique (urn, tag).
func (it *item) identify(a *article.Article, h document.Hint) {
	ns := h.Namespace()
	feed := h.URL
	if feed == "" {
		feed = it.feed
	}
	if u := article.URI(strings.TrimSpace(it.id)); u.In(ns) {
		a.URI = u // what this system gave out
		return
	}
	id := document.ShortID(strings.TrimSpace(it.id))
	address := ""
	if it.permalink {
		address, _ = document.CanonicalURL(id)
	}
	if id == "" {
		address = a.URL
	}
	switch {
	case address != "":
		if feed == "" || document.SameSite(feed, address) {
			a.URI = article.NewURI(ns, address)
			if a.URL == "" {
				a.URL = address
			}
			return
		}
		a.Flag(article.FlagCanonicalRejected)
		a.URI = article.NewURI(ns, "feed "+feed+" "+address)
	case id == "":
		a.URI = article.TextURI(ns, a.Text)
		a.Flag(article.FlagIdentityFromText)
	case ownTag(feed, id):
		a.URI = article.NewURI(ns, id)
	case hasScheme(id, "urn:") || hasScheme(id, "tag:"):
		// Anybody can say another's urn: it is this provider's until proven.
		a.URI = article.ScopedURI(ns, id)
	case feed == "" && it.name != "":
		a.URI = article.NewURI(ns, "feed titled "+it.name+" "+id)
	case feed == "":
		// Nothing tells this feed from another with an item of the same number.
		a.URI = article.TextURI(ns, a.Text)
		a.Flag(article.FlagIdentityFromText)
	default:
		a.URI = article.NewURI(ns, "feed "+feed+" "+id)
	}
}

// ownTag tells whether id is a tag: URI of the feed's own site.
func ownTag(feed, id string) bool {
	if feed == "" || !hasScheme(id, "tag:") {
		return false
	}
	authority, _, ok := strings.Cut(id[len("tag:"):], ",")
	if _, host, mail := strings.Cut(authority, "@"); mail {
		authority = host
	}
	return ok && document.SameSite(feed, "https://"+authority)
}

func hasScheme(id, scheme string) bool {
	return len(id) > len(scheme) && strings.EqualFold(id[:len(scheme)], scheme)
}

func hasImage(is []article.Image, url string) bool {
	return slices.ContainsFunc(is, func(i article.Image) bool { return i.URL == url })
}

// begins tells whether a summary is but the beginning of the body, cut off.
func begins(body []html.Block, summary string) bool {
	s := strings.TrimRight(summary, " .…[]()")
	if len(body) == 0 || s == "" {
		return false
	}
	text := body[0].Text
	for _, b := range body[1:] {
		if len(text) > len(s) {
			break
		}
		text += " " + b.Text
	}
	return strings.HasPrefix(text, s)
}

// moment unpacks what gofeed could read of a date.
func moment(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}
