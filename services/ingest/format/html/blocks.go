package html

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/copytaster/copytaster/pkg/article"
)

// Block is a piece of text with the role that its element gives it.
type Block struct {
	Kind article.Kind
	Text string
}

// Picture is an image of a fragment.
type Picture struct {
	URL, Caption, Credit string
}

// Fragment reads marked-up text as it stands in feeds: paragraphs, subheads,
// quotes, captions and credits in order, white space collapsed. Scripts,
// styles, forms and what is hidden are left out. base resolves the images'
// addresses. Errors are those of the limits.
func Fragment(markup, base string) ([]Block, []Picture, error) {
	if strings.Contains(markup, "/>") {
		markup = ended.ReplaceAllString(markup, "<$1$2></$1>")
	}
	doc, err := parse(markup)
	if err != nil {
		return nil, nil, err
	}
	w := walker{base: base}
	w.walk(doc, article.Paragraph)
	w.flush(article.Paragraph)
	return w.blocks, w.pictures, nil
}

// ended are elements that XHTML ends in their tag, and that HTML reads on to
// their end or that of the text.
var ended = regexp.MustCompile(`(?i)<(title|script|style|textarea|iframe|noframes|noembed)(\s[^<>]*)?/>`)

// Plain is the text of a marked-up line, such as the title of a feed's item.
func Plain(markup string) string {
	if !strings.ContainsAny(markup, "<&") {
		return collapse(markup)
	}
	blocks, _, err := Fragment(markup, "")
	if err != nil {
		return collapse(markup)
	}
	texts := make([]string, len(blocks))
	for i, b := range blocks {
		texts[i] = b.Text
	}
	return strings.Join(texts, " ")
}

// walker collects blocks. Running text gathers in line until an element that
// starts or ends a block.
type walker struct {
	base     string
	line     strings.Builder
	blocks   []Block
	pictures []Picture
	// skip tells of an element whether it and all below is left out.
	skip func(*html.Node) bool
}

func (w *walker) flush(k article.Kind) {
	text := collapse(w.line.String())
	w.line.Reset()
	if text != "" {
		w.blocks = append(w.blocks, Block{k, text})
	}
}

// walk adds n and all below; text that stands in no block of its own becomes k.
// Its recursion is bounded by the parser's depth.
func (w *walker) walk(n *html.Node, k article.Kind) {
	switch n.Type {
	case html.TextNode:
		w.line.WriteString(n.Data)
		return
	case html.ElementNode:
	case html.DocumentNode:
		w.children(n, k)
		return
	default:
		return
	}
	if hidden(n) || w.skip != nil && w.skip(n) {
		return
	}
	own := k
	// By the name: the extractor renames elements and leaves their atoms.
	switch atom.Lookup([]byte(n.Data)) {
	case atom.Br:
		// Two in a row stand for a paragraph, one for a line's end.
		if next := nextElement(n); next != nil && next.DataAtom == atom.Br {
			w.flush(k)
		} else {
			w.line.WriteByte('\n')
		}
		return
	case atom.Img:
		w.picture(n, nil)
		return
	case atom.Figure:
		w.flush(k)
		w.figure(n)
		return
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		own = article.Subhead
	case atom.Blockquote:
		own = article.Quote
	case atom.Figcaption:
		own = article.Caption
	case atom.P, atom.Div, atom.Li, atom.Ul, atom.Ol, atom.Dl, atom.Dt, atom.Dd, atom.Section, atom.Article, atom.Main,
		atom.Pre, atom.Table, atom.Tr, atom.Caption, atom.Header, atom.Footer, atom.Aside, atom.Address, atom.Details,
		atom.Summary, atom.Hr, atom.Body, atom.Html, atom.Nav, atom.Center:
	case atom.Td, atom.Th:
		w.line.WriteByte(' ')
		w.children(n, k)
		return
	default:
		w.children(n, k)
		return
	}
	w.flush(k)
	w.children(n, own)
	w.flush(own)
}

func (w *walker) children(n *html.Node, k article.Kind) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		w.walk(c, k)
	}
}

// figure takes a figure's caption and credit apart.
func (w *walker) figure(n *html.Node) {
	caption, credit := captionOf(n)
	if caption != "" {
		w.blocks = append(w.blocks, Block{article.Caption, caption})
	}
	if credit != "" {
		w.blocks = append(w.blocks, Block{article.CreditLine, credit})
	}
	if img := find(n, func(n *html.Node) bool { return n.DataAtom == atom.Img }); img != nil {
		w.picture(img, &Picture{Caption: caption, Credit: credit})
	}
	// A quotation or table may be set as a figure; its text isn't the caption.
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type == html.ElementNode && (c.DataAtom == atom.Blockquote || c.DataAtom == atom.Table || c.DataAtom == atom.P) {
			w.walk(c, article.Paragraph)
		}
	}
}

func (w *walker) picture(img *html.Node, p *Picture) {
	if p == nil {
		p = &Picture{}
	}
	for _, name := range []string{"src", "data-src"} {
		if p.URL = resolve(w.base, attr(img, name)); p.URL != "" {
			break
		}
	}
	if p.URL != "" && attr(img, "width") != "1" { // a counting pixel is no picture
		w.pictures = append(w.pictures, *p)
	}
}

// creditMarks are words in class names that tell a credit from a caption.
var creditMarks = []string{"credit", "copyright", "photographer", "image-source", "picture-source", "agency"}

// captionOf is the text of a figure's caption and of the credit in it or
// beside it.
func captionOf(fig *html.Node) (caption, credit string) {
	isCredit := func(n *html.Node) bool {
		return n.Type == html.ElementNode && (marked(n, creditMarks) || n.DataAtom == atom.Small || attr(n, "itemprop") == "copyrightHolder")
	}
	text := find(fig, func(n *html.Node) bool { return n.DataAtom == atom.Figcaption })
	if c := find(fig, isCredit); c != nil && c != text {
		credit = textOf(c, nil)
	}
	if text != nil {
		caption = textOf(text, isCredit)
		if caption == "" {
			caption = textOf(text, nil)
			if caption == credit {
				caption = ""
			}
		}
	}
	return caption, credit
}

// textOf is the text of n without what skip names.
func textOf(n *html.Node, skip func(*html.Node) bool) string {
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		switch n.Type {
		case html.TextNode:
			b.WriteString(n.Data)
			return
		case html.ElementNode:
			if hidden(n) || skip != nil && skip(n) {
				return
			}
			if n.DataAtom == atom.Br || n.DataAtom == atom.P || n.DataAtom == atom.Div || n.DataAtom == atom.Span || n.DataAtom == atom.Li {
				b.WriteByte(0)
			}
		default:
			return
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
		if n.DataAtom == atom.P || n.DataAtom == atom.Div {
			b.WriteByte(0)
		}
	}
	walk(n)
	return collapse(borders.Replace(b.String()))
}

// borders are the spaces that elements' borders cost, and takes them back in
// front of a mark. A NUL, which a parser of HTML leaves in no text, is a border.
var borders = strings.NewReplacer("\x00,", ",", "\x00.", ".", "\x00;", ";", "(\x00", "(", "\x00)", ")", "\x00", " ")

// hidden tells of elements whose text no reader sees.
func hidden(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Script, atom.Style, atom.Noscript, atom.Template, atom.Iframe, atom.Form, atom.Button, atom.Select,
		atom.Input, atom.Textarea, atom.Svg, atom.Math, atom.Object, atom.Embed, atom.Canvas, atom.Head, atom.Title,
		atom.Video, atom.Audio:
		return true
	}
	if attr(n, "aria-hidden") == "true" {
		return true
	}
	for _, a := range n.Attr {
		switch a.Key {
		case "hidden":
			return true
		case "style":
			s := strings.ReplaceAll(strings.ToLower(a.Val), " ", "")
			if strings.Contains(s, "display:none") || strings.Contains(s, "visibility:hidden") {
				return true
			}
		}
	}
	return false
}

// marked tells whether a word of n's class or id contains one of the marks.
func marked(n *html.Node, marks []string) bool {
	for _, a := range n.Attr {
		if a.Key != "class" && a.Key != "id" && a.Key != "itemprop" {
			continue
		}
		v := strings.ToLower(a.Val)
		for _, m := range marks {
			if strings.Contains(v, m) {
				return true
			}
		}
	}
	return false
}

func find(n *html.Node, want func(*html.Node) bool) *html.Node {
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && want(d) {
			return d
		}
	}
	return nil
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func nextElement(n *html.Node) *html.Node {
	for s := n.NextSibling; s != nil; s = s.NextSibling {
		if s.Type == html.ElementNode {
			return s
		}
		if s.Type == html.TextNode && strings.TrimFunc(s.Data, unicode.IsSpace) != "" {
			return nil
		}
	}
	return nil
}

func collapse(s string) string { return strings.Join(strings.Fields(s), " ") }
