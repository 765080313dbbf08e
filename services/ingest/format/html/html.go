// Package html decodes web pages: it finds the article on the page and leaves
// navigation, teasers, comments and advertising out.
//
// The body is found by go-trafilatura; headline, byline, dates, address and
// pictures are taken from what the page says of itself (JSON-LD, meta tags,
// elements that are marked as such).
package html

import (
	"bytes"
	"context"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/markusmobius/go-htmldate"
	"github.com/markusmobius/go-trafilatura"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/net/html/charset"
	"golang.org/x/text/language"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/document"
)

// Name of the format.
const Name = "html"

const (
	signer = "format/" + Name
	// version counts the changes of what the decoder makes of the same bytes.
	version = 2
	// declaredConfidence is what a page's word about its own language is worth:
	// templates are copied more often than changed.
	declaredConfidence = 0.7
)

// openings begin a page. A "<" in front of other text is no HTML.
var openings = []string{
	"<!doctype html", "<html", "<head", "<body", "<title", "<meta", "<article", "<main", "<section",
	"<div", "<p>", "<p ", "<h1", "<h2", "<h3", "<span", "<table", "<script", "<style", "<figure", "<header", "<b>", "<i>", "<br", "<a ", "<img", "<ul", "<ol",
}

// Detect tells by the first bytes whether an input is a page or a piece of one.
func Detect(head []byte) bool {
	s := bytes.TrimSpace(head)
	xhtml := false
	for {
		switch {
		case bytes.HasPrefix(s, []byte("<!--")):
			end := bytes.Index(s, []byte("-->"))
			if end < 0 {
				return false
			}
			s = bytes.TrimSpace(s[end+3:])
			continue
		case bytes.HasPrefix(s, []byte("<?")):
			end := bytes.Index(s, []byte("?>"))
			if end < 0 {
				return false
			}
			s = bytes.TrimSpace(s[end+2:])
			xhtml = true
			continue
		}
		break
	}
	low := strings.ToLower(string(s[:min(len(s), 32)]))
	for i, o := range openings {
		if strings.HasPrefix(low, o) {
			return !xhtml || i < 2
		}
	}
	return false
}

// Decode makes one article of a page. Its URI is the page's canonical address,
// believed only within the site it was found on, else the address it was found
// at, else a hash of its text. Errors are [*document.Error]s.
func Decode(ctx context.Context, r io.Reader, h document.Hint) ([]article.Article, error) {
	data, err := document.Read(r, Name, h.Largest())
	if err != nil {
		return nil, err
	}
	t, err := document.Convert(data, declared(data, h))
	if err != nil {
		return nil, err
	}
	doc, err := parse(t.UTF8)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	base := h.URL
	if b := find(doc, func(n *html.Node) bool { return n.DataAtom == atom.Base && attr(n, "href") != "" }); b != nil {
		if u := resolve(h.URL, attr(b, "href")); u != "" {
			base = u
		}
	}
	m := describe(doc, base)

	a := article.Article{
		PublishedAt:    m.published,
		VersionCreated: m.modified,
		Replaced:       t.Replaced,
		Original:       article.Original{MediaType: "text/html", Charset: t.Charset},
	}
	p := page{doc: doc, meta: m, base: base}
	if !p.lay(&a) {
		return nil, document.Refuse(document.Empty, Name, "no article text was found on the page")
	}
	if a.PublishedAt.IsZero() && h.PublishedAt.IsZero() {
		p.date(&a, h)
	}
	if a.PublishedAt.IsZero() {
		a.PublishedAt = h.PublishedAt
	}
	if l, err := language.Parse(strings.ReplaceAll(m.language, "_", "-")); err == nil && l != language.Und {
		a.Language = article.Label{Value: l.String(), Evidence: []article.Evidence{{Enricher: signer, Version: version, Confidence: declaredConfidence}}}
	}
	for _, k := range m.keywords {
		a.Subjects = append(a.Subjects, article.Subject{Name: k})
	}
	identify(&a, m.canonical, h)
	return []article.Article{a}, nil
}

// declared is the encoding that the page or its sender names.
func declared(data []byte, h document.Hint) string {
	if c := h.Declared(); c != "" {
		return c
	}
	if _, name, certain := charset.DetermineEncoding(data, ""); certain {
		return name
	}
	return ""
}

// identify sets URI and URL.
func identify(a *article.Article, canonical string, h document.Hint) {
	found, _ := document.CanonicalURL(h.URL)
	claimed, _ := document.CanonicalURL(canonical)
	switch {
	case found == "":
		a.URL = claimed
	case claimed != "" && document.SameSite(found, claimed):
		a.URL = claimed
	default:
		a.URL = found
		if claimed != "" {
			a.Flag(article.FlagCanonicalRejected)
		}
	}
	if a.URL != "" {
		a.URI = article.NewURI(h.Namespace(), a.URL)
		return
	}
	a.URI = article.TextURI(h.Namespace(), a.Text)
	a.Flag(article.FlagIdentityFromText)
}

// page is a page while its article is taken out of it.
type page struct {
	doc  *html.Node
	meta meta
	base string
}

// bylineMarks are names sure enough to be believed at the foot of a page too.
var bylineMarks = []string{"byline", "article-author", "article__author"}

// lay writes the article's parts into a, in reading order. It returns false if
// there is nothing to read.
func (p *page) lay(a *article.Article) bool {
	main := p.main()
	headline := p.headline(main)
	body := p.body()
	f := p.frontMatter(main, headline, body)
	if len(f.bylines) == 0 {
		byline := p.first(main, bylineMarks)
		if byline == "" {
			byline = strings.Join(p.meta.authors, ", ")
		}
		if byline != "" {
			f.bylines = []string{byline}
		}
	}
	b := article.Builder{Signer: signer, Version: version}
	for _, s := range f.kickers {
		b.Add(article.Kicker, s)
	}
	b.Add(article.Headline, headline)
	for _, s := range f.standfirsts {
		b.Add(article.Standfirst, s)
	}
	b.Add(article.Byline, strings.Join(f.bylines, ", "))
	for _, s := range f.unnamed {
		b.Add(article.Unknown, s)
	}
	p.figures(main, &b, a)
	for _, bl := range f.rest(body) {
		switch {
		case same(bl.Text, headline):
			continue // laid out already, by its own name
		case bl.Kind == article.Caption && slices.ContainsFunc(a.Images, func(i article.Image) bool { return same(i.Caption, bl.Text) }):
			continue
		}
		b.Add(bl.Kind, bl.Text)
	}
	b.Fill(a)
	for _, im := range p.meta.images {
		if !slices.ContainsFunc(a.Images, func(i article.Image) bool { return i.URL == im.URL }) {
			a.Images = append(a.Images, im)
		}
	}
	return len(body) > 0 || headline != "" && len(f.standfirsts) > 0
}

// main is the element that holds the article, the whole page if none says so.
func (p *page) main() *html.Node {
	for _, want := range []func(*html.Node) bool{
		func(n *html.Node) bool { return n.DataAtom == atom.Article && find(n, isH1) != nil },
		func(n *html.Node) bool { return n.DataAtom == atom.Main },
		func(n *html.Node) bool { return n.DataAtom == atom.Article },
	} {
		if n := find(p.doc, want); n != nil {
			return n
		}
	}
	return p.doc
}

func isH1(n *html.Node) bool { return n.DataAtom == atom.H1 }

// headline prefers what readers see: the heading of the article; the head's
// statements decide if there are several headings or none.
func (p *page) headline(main *html.Node) string {
	stated := p.meta.headline
	var title string
	if t := find(p.doc, func(n *html.Node) bool { return n.DataAtom == atom.Title }); t != nil && t.FirstChild != nil {
		title = collapse(t.FirstChild.Data)
	}
	var h1s []string
	for n := range main.Descendants() {
		if n.Type == html.ElementNode && isH1(n) {
			if s := headlineOf(n); s != "" {
				h1s = append(h1s, s)
			}
		}
	}
	for _, s := range h1s {
		if same(s, stated) || title != "" && strings.HasPrefix(title, s) {
			return s
		}
	}
	switch {
	case len(h1s) == 1:
		return h1s[0]
	case stated != "":
		return stated
	case len(h1s) > 0:
		return h1s[0]
	}
	return title
}

// first is the text of the first element with one of the marks.
func (p *page) first(main *html.Node, marks []string) string {
	n := find(main, func(n *html.Node) bool {
		return marked(n, marks) && !hidden(n) && n.DataAtom != atom.Body && !inside(n, main, atom.Nav, atom.Footer, atom.Aside)
	})
	if n == nil {
		return ""
	}
	if s := textOf(n, nil); len(s) <= maxMarked {
		return s
	}
	return "" // a class name that frames half the page
}

// maxMarked is the longest standfirst or byline that a class name is believed
// for, in bytes.
const maxMarked = 1_200

func inside(n, top *html.Node, as ...atom.Atom) bool {
	for a := n.Parent; a != nil && a != top; a = a.Parent {
		if slices.Contains(as, a.DataAtom) {
			return true
		}
	}
	return false
}

// maxFigures is how many pictures of a page are taken; galleries have more.
const maxFigures = 100

// figures lays out the captions and credits of the article's own pictures. A
// figure inside a link is a teaser of another article.
func (p *page) figures(main *html.Node, b *article.Builder, a *article.Article) {
	for n := range main.Descendants() {
		if n.Type != html.ElementNode || n.DataAtom != atom.Figure || len(a.Images) >= maxFigures {
			continue
		}
		if inside(n, main, atom.A, atom.Nav, atom.Aside, atom.Footer, atom.Figure) || find(n, func(n *html.Node) bool { return isHeading(n) }) != nil {
			continue
		}
		caption, credit := captionOf(n)
		b.Add(article.Caption, caption)
		b.Add(article.CreditLine, credit)
		if img := find(n, func(n *html.Node) bool { return n.DataAtom == atom.Img }); img != nil {
			w := walker{base: p.base}
			w.picture(img, &Picture{Caption: caption, Credit: credit})
			for _, pic := range w.pictures {
				a.Images = append(a.Images, image(pic))
			}
		}
	}
}

func image(p Picture) article.Image {
	return article.Image{URL: p.URL, Caption: p.Caption, Credit: p.Credit}
}

func isHeading(n *html.Node) bool {
	return n.DataAtom == atom.H1 || n.DataAtom == atom.H2 || n.DataAtom == atom.H3 || n.DataAtom == atom.H4
}

// body is the article's text below the headline.
func (p *page) body() []Block {
	opts := trafilatura.Options{EnableFallback: true, ExcludeComments: true, HtmlDateMode: trafilatura.Disabled}
	if u, err := url.Parse(p.base); err == nil && u.IsAbs() {
		opts.OriginalURL = u
	}
	extracted := walker{base: p.base}
	if r, err := trafilatura.ExtractDocument(p.doc, opts); err == nil && r.ContentNode != nil {
		extracted.walk(r.ContentNode, article.Paragraph)
		extracted.flush(article.Paragraph)
	}
	size := 0
	for _, b := range extracted.blocks {
		size += len(b.Text)
	}
	if size > tooShort {
		return extracted.blocks
	}
	// Too short for its rules, and what it makes of such pages repeats itself;
	// but a flash of one line is news too.
	w := walker{base: p.base, skip: func(n *html.Node) bool {
		switch n.DataAtom {
		case atom.Nav, atom.Aside, atom.Footer, atom.Figure:
			return true
		}
		return false
	}}
	w.walk(p.main(), article.Paragraph)
	w.flush(article.Paragraph)
	if len(w.blocks) == 0 {
		return extracted.blocks
	}
	return w.blocks
}

// tooShort is up to which length, in bytes, the extractor's result is not
// trusted (its own threshold is 250 characters).
const tooShort = 300

// date looks for the publication date in the page's visible parts, for pages
// whose head states none. The clock plays no part but as the latest date that
// can be meant.
func (p *page) date(a *article.Article, h document.Hint) {
	r, err := htmldate.FromDocument(p.doc, htmldate.Options{UseOriginalDate: true, ExtractTime: true, URL: h.URL, SkipExtensiveSearch: true, MaxDate: h.ReceivedAt})
	if err == nil && !r.IsZero() {
		a.PublishedAt = r.DateTime
	}
}

// same tells whether two texts are the same words.
func same(a, b string) bool { return a != "" && strings.EqualFold(collapse(a), collapse(b)) }
