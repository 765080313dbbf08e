package nitf

import (
	"slices"
	"strconv"
	"strings"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/document"
	"github.com/copytaster/copytaster/services/ingest/format/html"
	"github.com/copytaster/copytaster/services/ingest/format/wire"
	"github.com/copytaster/copytaster/services/ingest/format/xmldoc"
)

// Story is the text of a document, be it whole or within another format. base
// is where it was found, for addresses of pictures. Errors are those of the
// limits of marked-up text.
func Story(root *xmldoc.Element, base string) (wire.Story, error) {
	w := walker{base: base}
	body := root.Child("body")
	if body == nil && root.Is("body") {
		body = root
	}
	w.front(body.Child("body.head"))
	if content := body.Child("body.content"); content != nil {
		w.walk(unrepeated(content), article.Paragraph)
	} else if body != nil {
		w.walk(&xmldoc.Element{Name: body.Name, Nodes: without(body.Nodes, "body.head", "body.end")}, article.Paragraph)
	}
	w.flush(article.Paragraph)
	end := body.Child("body.end")
	for _, e := range end.Children("tagline") {
		w.add(article.Signoff, e.Line())
	}
	w.story.Note("Bibliography", end.Child("bibliography").Line())
	w.data(root.Child("head"))
	return w.story, w.err
}

// unrepeated is a text without the blocks that only repeat its beginning, as
// archives send them beside the whole.
func unrepeated(content *xmldoc.Element) *xmldoc.Element {
	class := func(n xmldoc.Node, end string) bool {
		return n.Element.Is("block") && strings.HasSuffix(n.Element.Attr("class"), end)
	}
	if !slices.ContainsFunc(content.Nodes, func(n xmldoc.Node) bool { return class(n, "full_text") }) {
		return content
	}
	nodes := slices.DeleteFunc(slices.Clone(content.Nodes), func(n xmldoc.Node) bool { return class(n, "lead_paragraph") })
	return &xmldoc.Element{Name: content.Name, Nodes: nodes}
}

func without(nodes []xmldoc.Node, names ...string) []xmldoc.Node {
	var kept []xmldoc.Node
	for _, n := range nodes {
		if !n.Element.Is(names...) {
			kept = append(kept, n)
		}
	}
	return kept
}

// walker collects the story. Running text gathers in line until an element that
// starts or ends a block.
type walker struct {
	base  string
	story wire.Story
	line  strings.Builder
	err   error
}

func (w *walker) add(k article.Kind, text string) {
	if text = wire.Clean(text); text != "" {
		w.story.Body = append(w.story.Body, html.Block{Kind: k, Text: text})
	}
}

// flush ends a block. Marks within it come of a text that was put in as it
// was, in CDATA or escaped.
func (w *walker) flush(k article.Kind) {
	text := strings.TrimSpace(w.line.String())
	w.line.Reset()
	switch {
	case text == "":
	case strings.Contains(text, "</") || html.Detect([]byte(text)):
		blocks, pictures, err := html.Fragment(text, w.base)
		if err != nil {
			w.err = err
			return
		}
		for _, b := range blocks {
			if b.Kind == article.Paragraph {
				b.Kind = k
			}
			w.story.Body = append(w.story.Body, b)
		}
		for _, p := range pictures {
			w.story.Images = append(w.story.Images, article.Image{URL: p.URL, Caption: p.Caption, Credit: p.Credit})
		}
	case k == article.Paragraph && strings.Contains(text, "\n"):
		w.story.Body = append(w.story.Body, wire.Paragraphs(text, false)...)
	default:
		w.add(k, text)
	}
}

// front takes what stands above the text.
func (w *walker) front(e *xmldoc.Element) {
	s := &w.story
	h := e.Child("hedline")
	if h == nil {
		h = e.Child("headline") // as some spell it
	}
	for i, l := range h.Children("hl1") {
		if i == 0 {
			s.Headline = l.Line()
		} else {
			s.Standfirst = append(s.Standfirst, l.Line())
		}
	}
	for _, l := range h.Children("hl2") {
		switch t := l.Line(); {
		case t == "":
		case l.Attr("class") == "kicker" && s.Kicker == "":
			s.Kicker = t
		default:
			s.Standfirst = append(s.Standfirst, t)
		}
	}
	if h != nil && s.Headline == "" && s.Kicker == "" && len(s.Standfirst) == 0 {
		s.Headline = h.Line()
	}
	for _, n := range e.Children("note") {
		w.note(n)
	}
	w.blockHead(e)
	s.Note("Distributor", e.Child("distributor").Line())
	if r := e.Child("rights"); r != nil {
		s.Rights("Rights", r.Line())
	}
}

// blockHead takes what stands above the text, or above a part of it.
func (w *walker) blockHead(e *xmldoc.Element) {
	s := &w.story
	var lines []string
	for i, b := range e.Children("byline") {
		if i > 0 && strings.HasPrefix(b.Attr("class"), "normalized") {
			continue // the first once more, for indexes
		}
		if t := byline(b); t != "" {
			lines = append(lines, t)
		}
	}
	if by := strings.Join(lines, ", "); s.Byline == "" {
		s.Byline = by
	} else if !wire.Same(by, s.Byline) {
		w.add(article.Byline, by)
	}
	for _, d := range e.Children("dateline") {
		t := d.Line()
		if d.Child("location") == nil && t == "" {
			t = d.Child("story.date").Attr("norm")
		}
		if s.Dateline == "" {
			s.Dateline = t
		} else if !wire.Same(t, s.Dateline) {
			w.add(article.Dateline, t)
		}
	}
	s.Rights("Copyright", e.Child("copyrite").Line())
	if t := e.Child("abstract").Line(); t != "" {
		s.Standfirst = append(s.Standfirst, t)
	}
}

// byline sets a writer's title off.
func byline(e *xmldoc.Element) string {
	var title string
	if t := e.First("byttl"); t != nil {
		title = t.Line()
	}
	name := (&xmldoc.Element{Nodes: without(e.Nodes, "byttl")}).Line()
	switch {
	case title == "" || strings.HasSuffix(name, title):
		return name
	case name == "":
		return title
	case strings.HasSuffix(name, ","):
		return name + " " + title
	}
	return name + ", " + title
}

func (w *walker) note(e *xmldoc.Element) {
	if t := e.Line(); t != "" {
		w.story.Notes = append(w.story.Notes, t)
	}
}

// walk adds what is below e; text that stands in no block of its own becomes k.
// Its recursion is bounded by the parser's depth.
func (w *walker) walk(e *xmldoc.Element, k article.Kind) {
	for _, n := range e.Nodes {
		c := n.Element
		if c == nil {
			w.line.WriteString(n.Text)
			continue
		}
		own := k
		switch c.Name {
		case "br":
			w.line.WriteByte('\n')
			continue
		case "hr":
			w.flush(k)
			continue
		case "byline", "dateline", "copyrite", "abstract":
			if e.Is("block", "body.content") {
				w.flush(k)
				w.blockHead(&xmldoc.Element{Nodes: []xmldoc.Node{n}})
				continue
			}
		case "note":
			w.flush(k)
			w.note(c)
			continue
		case "media":
			w.flush(k)
			w.media(c)
			continue
		case "pre":
			w.flush(k)
			w.story.Body = append(w.story.Body, wire.Paragraphs(c.Text(), false)...)
			continue
		case "td", "th":
			w.line.WriteByte(' ')
			w.walk(c, k)
			continue
		case "hl1", "hl2", "hl3", "h1", "h2", "h3", "h4":
			own = article.Subhead
		case "bq", "blockquote":
			own = article.Quote
		case "credit":
			if e.Is("bq", "block") {
				break
			}
			w.walk(c, k)
			continue
		case "p", "block", "ol", "ul", "li", "dl", "dt", "dd", "table", "tr", "caption", "fn", "nitf-table", "div", "hedline", "datasource":
		default:
			w.walk(c, k)
			continue
		}
		w.flush(k)
		w.paragraph(c, own)
	}
}

// paragraph adds a block. One whose lines are broken by two br in a row is
// several.
func (w *walker) paragraph(e *xmldoc.Element, k article.Kind) {
	if e.Is("p", "hl1", "hl2", "hl3", "h1", "h2", "h3", "h4") && e.First("media", "block", "p", "ul", "ol", "table", "note") == nil {
		for t := range strings.SplitSeq(broken(e), "\x00") {
			w.add(k, t)
		}
		return
	}
	w.walk(e, k)
	w.flush(k)
}

// broken is the text of e with a NUL for two br in a row.
func broken(e *xmldoc.Element) string {
	var b strings.Builder
	var walk func(*xmldoc.Element)
	last := -1 // length up to the last br
	walk = func(e *xmldoc.Element) {
		for _, n := range e.Nodes {
			switch {
			case n.Element == nil:
				b.WriteString(n.Text)
			case n.Element.Is("br"):
				if last >= 0 && strings.TrimSpace(b.String()[last:]) == "" {
					b.WriteByte(0)
				} else {
					b.WriteByte('\n')
				}
				last = b.Len()
			default:
				walk(n.Element)
			}
		}
	}
	walk(e)
	return b.String()
}

// media takes a picture's address, caption and producer. Of several references
// the widest counts.
func (w *walker) media(e *xmldoc.Element) {
	kind := strings.ToLower(e.Attr("media-type"))
	var im article.Image
	width := -1.0
	for _, r := range e.Children("media-reference") {
		source := r.Attr("source")
		if source == "" {
			source = r.Attr("data-location")
		}
		mime := strings.ToLower(r.Attr("mime-type"))
		if source == "" || !picture(kind, mime) {
			continue
		}
		n, err := strconv.ParseFloat(r.Attr("width"), 64)
		if err != nil {
			n = 0
		}
		if n > width {
			width = n
			im.URL, im.MediaType = document.Resolve(w.base, source), mime
		}
		if im.Credit == "" {
			im.Credit = wire.Clean(r.Attr("source-credit"))
		}
	}
	var captions []string
	for _, c := range e.Children("media-caption") {
		if t := c.Line(); t != "" {
			captions = append(captions, t)
		}
	}
	im.Caption = strings.Join(captions, " ")
	if p := e.Child("media-producer").Line(); p != "" {
		im.Credit = p
	}
	w.add(article.Caption, im.Caption)
	w.add(article.CreditLine, im.Credit)
	if im.URL != "" {
		w.story.Images = append(w.story.Images, im)
	}
}

func picture(kind, mime string) bool {
	if mime != "" && mime != "text/plain" {
		return strings.HasPrefix(mime, "image/")
	}
	return kind == "" || kind == "image" || kind == "photo" || kind == "picture" || kind == "graphic"
}

// data takes of the head what is for editors.
func (w *walker) data(head *xmldoc.Element) {
	s, data := &w.story, head.Child("docdata")
	title := head.Child("title").Line()
	if s.Headline == "" {
		s.Headline = title
	} else if !wire.Same(title, s.Headline) {
		s.Note("Title", title)
	}
	for _, e := range data.Children("ed-msg") {
		s.Note("Editors' message", wire.Clean(strings.Join([]string{e.Attr("msg-type"), e.Attr("info"), e.Line()}, " ")))
	}
	for _, e := range data.Children("correction") {
		s.Note("Correction", wire.Clean(e.Attr("info")+" "+e.Attr("id-string")))
	}
	s.Note("Story", data.Child("du-key").Attr("key"))
	for _, e := range data.Children("fixture") {
		s.Note("Fixture", e.Attr("fix-id"))
	}
	for _, e := range data.Children("series") {
		s.Note("Series", wire.Clean(e.Attr("series.name")+" "+e.Attr("series.part")))
	}
	for _, e := range data.Children("doc.rights") {
		s.Rights("Rights", wire.Clean(e.Attr("owner")+" "+e.Attr("agent")+" "+e.Attr("type")))
	}
	if e := data.Child("doc.copyright"); e != nil {
		s.Rights("Copyright", wire.Clean(e.Attr("year")+" "+e.Attr("holder")))
	}
}
