package newsml

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/document"
	"github.com/copytaster/copytaster/services/ingest/format/html"
	"github.com/copytaster/copytaster/services/ingest/format/nitf"
	"github.com/copytaster/copytaster/services/ingest/format/wire"
	"github.com/copytaster/copytaster/services/ingest/format/xmldoc"
)

// builder gathers the story of an item's components.
type builder struct {
	it       *item
	story    wire.Story
	language string // of several the one that was taken
	err      error
}

// The roles of components by which their content is known, in lower case.
var (
	visualRoles = []string{"picture", "photo", "photograph", "image", "graphic", "video", "audio", "animation", "illustration"}
	// leftOut are pictures and files that are none of the story's.
	leftOut = []string{"stylesheet", "logo", "thumbnail", "icon", "quicklook"}
)

// component adds a component and those in it. The first one's lines are the
// story's, also if it is a picture.
func (b *builder) component(e *xmldoc.Element, first bool) {
	role := wire.Code(e.Child("Role").Attr(formalName))
	if slices.Contains(leftOut, role) || b.err != nil {
		return
	}
	visual := slices.Contains(visualRoles, role) || b.picture(&xmldoc.Element{Nodes: own(e)}).URL != "" && !b.hasText(e)
	lines := e.Child("NewsLines")
	if !visual || first && b.story.Headline == "" {
		b.lines(lines)
	}
	if visual {
		b.visual(e, lines, first)
		return
	}
	if im := b.picture(&xmldoc.Element{Nodes: own(e)}); im.URL != "" {
		b.story.Images = append(b.story.Images, im)
	}
	b.contents(e, role)
	parts := e.Children("NewsComponent")
	if strings.EqualFold(e.Attr("EquivalentsList"), "yes") {
		// The same in several languages or markups: the first that has a text.
		if i := slices.IndexFunc(parts, func(c *xmldoc.Element) bool { return b.hasText(c) && b.it.own(c) }); i >= 0 {
			parts = parts[i : i+1]
		} else if i := slices.IndexFunc(parts, b.hasText); i >= 0 {
			parts = parts[i : i+1]
		}
	}
	for _, c := range b.oneLanguage(parts) {
		b.component(c, first && b.story.Headline == "")
	}
}

// language is the one that a component states of itself; "" if it states none.
func language(e *xmldoc.Element) string {
	if l := e.Child("DescriptiveMetadata", "Language").Attr(formalName); l != "" {
		return strings.ToLower(l)
	}
	return strings.ToLower(e.Attr("lang"))
}

// own tells whether a component's language is the item's, if that states one.
func (it *item) own(e *xmldoc.Element) bool {
	l := strings.ToLower(it.root.Attr("lang"))
	return l == "" || language(e) == l
}

// oneLanguage leaves out the texts in others: of several the item's language
// counts, else that of the first. Two in a row would be one text in two
// languages.
func (b *builder) oneLanguage(parts []*xmldoc.Element) []*xmldoc.Element {
	var said []string
	for _, c := range parts {
		if l := language(c); l != "" && b.hasText(c) {
			said = append(said, l)
		}
	}
	if len(said) < 2 || len(slices.Compact(slices.Sorted(slices.Values(said)))) < 2 {
		return parts
	}
	chosen := said[0]
	if l := strings.ToLower(b.it.root.Attr("lang")); slices.Contains(said, l) {
		chosen = l
	}
	b.language = chosen
	var kept []*xmldoc.Element
	for _, c := range parts {
		if l := language(c); l == "" || l == chosen || !b.hasText(c) {
			kept = append(kept, c)
		}
	}
	return kept
}

// own are a component's content items, without those of the ones in it.
func own(e *xmldoc.Element) []xmldoc.Node {
	var nodes []xmldoc.Node
	for _, c := range e.Children("ContentItem") {
		nodes = append(nodes, xmldoc.Node{Element: c})
	}
	return nodes
}

func (b *builder) hasText(e *xmldoc.Element) bool {
	return slices.ContainsFunc(e.All("ContentItem"), func(c *xmldoc.Element) bool {
		return data(c) != nil && textual(c)
	})
}

// textual tells whether a content item may hold text of the story.
func textual(c *xmldoc.Element) bool {
	kind := mime(c)
	if kind == "" {
		switch wire.Code(c.Child("MediaType").Attr(formalName)) {
		case "photo", "graphic", "video", "audio", "animation":
			return false
		}
		return true
	}
	return strings.Contains(kind, "text") && kind != "text/css" || strings.Contains(kind, "xml") || strings.Contains(kind, "html") || strings.Contains(kind, "nitf")
}

// data is a content item's content: in it, or in the encodings that it names
// around it.
func data(c *xmldoc.Element) *xmldoc.Element {
	for c != nil {
		if d := c.Child("DataContent"); d != nil {
			return d
		}
		c = c.Child("Encoding")
	}
	return nil
}

func mime(c *xmldoc.Element) string { return strings.ToLower(c.Child("MimeType").Attr(formalName)) }

// lines takes the lines above and about a text.
func (b *builder) lines(e *xmldoc.Element) {
	s := &b.story
	var names []string
	for _, l := range e.Children() {
		t := l.Line()
		if t == "" {
			continue
		}
		switch l.Name {
		case "HeadLine":
			if s.Headline == "" {
				s.Headline = t
			} else if !wire.Same(t, s.Headline) {
				s.Note("Headline", t)
			}
		case "SubHeadLine":
			s.Standfirst = append(s.Standfirst, t)
		case "ByLine":
			names = append(names, t)
		case "DateLine":
			if s.Dateline == "" {
				s.Dateline = t
			}
		case "CreditLine":
			s.Note("Credit", t)
		case "CopyrightLine":
			s.Boilerplate = append(s.Boilerplate, t)
		case "RightsLine":
			s.Rights("Rights", t)
		case "SlugLine":
			s.Note("Slugline", t)
		case "SeriesLine":
			s.Note("Series", t)
		case "NewsLine":
			kind := l.Child("NewsLineType").Attr(formalName)
			if text := l.Child("NewsLineText").Line(); kind != "" {
				s.Note(kind, text)
			}
		}
	}
	if by := strings.Join(names, ", "); s.Byline == "" {
		s.Byline = by
	} else if !wire.Same(by, s.Byline) {
		s.Note("Byline", by)
	}
}

// visual adds a picture, or a video's still: the widest image, and the text
// that goes with it.
func (b *builder) visual(e, lines *xmldoc.Element, first bool) {
	im := b.picture(e)
	var captions []string
	for _, c := range e.All("ContentItem") {
		if data(c) == nil || !textual(c) {
			continue
		}
		t, err := b.read(c)
		if err != nil {
			b.err = err
			return
		}
		if text := wire.Joined(t.Body); text != "" {
			captions = append(captions, text)
		}
	}
	if im.Caption = strings.Join(captions, "\n"); im.Caption == "" {
		if t := lines.Child("HeadLine").Line(); !wire.Same(t, b.story.Headline) {
			im.Caption = t
		}
	}
	for _, name := range []string{"CreditLine", "ByLine", "CopyrightLine"} {
		if im.Credit == "" {
			im.Credit = lines.Child(name).Line()
		}
	}
	if by := wire.Squeeze(b.story.Byline); first && by != "" && strings.Contains(wire.Squeeze(im.Credit), by) {
		b.story.Byline = "" // a photographer's name is the credit
	}
	b.story.Images = append(b.story.Images, im)
}

// picture is the widest image in e, without caption.
func (b *builder) picture(e *xmldoc.Element) article.Image {
	var im article.Image
	width := -1.0
	for _, c := range e.All("ContentItem") {
		kind, medium := mime(c), wire.Code(c.Child("MediaType").Attr(formalName))
		if href := c.Attr("Href"); href != "" && (strings.HasPrefix(kind, "image/") || kind == "" && (medium == "photo" || medium == "graphic")) {
			n := 0.0
			for _, p := range c.Child("Characteristics").Children("Property") {
				if name := strings.ToLower(p.Attr(formalName)); strings.HasSuffix(name, "width") {
					if v, err := strconv.ParseFloat(p.Attr("Value"), 64); err == nil {
						n = v
					}
				}
			}
			if url := document.Resolve(b.it.h.URL, href); url != "" && n > width {
				width = n
				im.URL, im.MediaType = url, kind
			}
		}
	}
	return im
}

// contents adds a component's own texts, by its role. Of equivalent ones the
// longest is taken.
func (b *builder) contents(e *xmldoc.Element, role string) {
	var texts []wire.Story
	for _, c := range e.Children("ContentItem") {
		if data(c) == nil || !textual(c) {
			continue
		}
		t, err := b.read(c)
		if err != nil {
			b.err = err
			return
		}
		texts = append(texts, t)
	}
	if len(texts) > 1 && strings.EqualFold(e.Attr("EquivalentsList"), "yes") {
		longest := slices.MaxFunc(texts, func(x, y wire.Story) int {
			return len(wire.Squeeze(wire.Joined(x.Body))) - len(wire.Squeeze(wire.Joined(y.Body)))
		})
		texts = []wire.Story{longest}
	}
	s := &b.story
	for _, t := range texts {
		line := wire.Joined(t.Body)
		switch role {
		case "headline", "title":
			if s.Headline == "" {
				s.Headline = line
			} else if !wire.Same(line, s.Headline) {
				s.Note("Headline", line)
			}
		case "subheadline", "subhead", "abstract", "summary", "lead", "teaser":
			if line != "" {
				s.Standfirst = append(s.Standfirst, line)
			}
		case "contact", "editorsnote", "ednote", "note":
			s.Note(e.Child("Role").Attr(formalName), line)
		case "caption":
			for _, p := range t.Body {
				p.Kind = article.Caption
				s.Body = append(s.Body, p)
			}
		default:
			s.Fill(&t)
		}
	}
}

// read is the text of a content item.
func (b *builder) read(c *xmldoc.Element) (s wire.Story, err error) {
	data := data(c)
	kind := mime(c)
	format := wire.Code(c.Child("Format").Attr(formalName))
	if n := data.First("nitf"); n != nil {
		return nitf.Story(n, b.it.h.URL)
	}
	if data.First("body.content") != nil {
		return nitf.Story(&xmldoc.Element{Nodes: []xmldoc.Node{{Element: &xmldoc.Element{Name: "body", Nodes: data.Nodes}}}}, b.it.h.URL)
	}
	markup := data.HTML()
	if len(data.Children()) == 0 {
		markup = data.Text()
		if slices.ContainsFunc(c.All("Encoding"), func(e *xmldoc.Element) bool { return wire.Code(e.Attr("Notation")) == "base64" }) {
			raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(markup), ""))
			if err != nil {
				return s, b.it.doc.Wrong(document.Invalid, data, "DataContent", "is no base64")
			}
			t, err := document.Convert(raw, "")
			if err != nil {
				return s, err
			}
			markup = t.UTF8
		}
		switch {
		case strings.Contains(kind, "nitf") || strings.Contains(markup[:min(len(markup), 1024)], "<nitf"):
			doc, err := xmldoc.Parse(strings.NewReader(markup), document.Hint{}, Name)
			if err != nil {
				return s, err
			}
			return nitf.Story(doc.Root, b.it.h.URL)
		case !strings.Contains(kind, "html") && !strings.Contains(format, "html") && !html.Detect([]byte(markup)):
			s.Body = wire.Paragraphs(markup, false)
			return s, nil
		}
	}
	blocks, pictures, err := html.Fragment(markup, b.it.h.URL)
	if err != nil {
		return s, err
	}
	s.Body = blocks
	for _, p := range pictures {
		s.Images = append(s.Images, article.Image{URL: p.URL, Caption: p.Caption, Credit: p.Credit})
	}
	return s, nil
}
