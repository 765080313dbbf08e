package newsmlg2

import (
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/document"
	"github.com/copytaster/copytaster/services/ingest/format/html"
	"github.com/copytaster/copytaster/services/ingest/format/nitf"
	"github.com/copytaster/copytaster/services/ingest/format/wire"
	"github.com/copytaster/copytaster/services/ingest/format/xmldoc"
)

// story is what contentMeta says, and the text; where contentMeta is silent,
// what the text says itself.
func (it *item) story() (wire.Story, error) {
	var s wire.Story
	it.headlines(&s)
	text, err := it.text()
	if err != nil {
		return s, err
	}
	s.Byline = first(names(it.content.Children("by"), false), text.Byline, names(it.content.Children("creator"), true))
	s.Dateline = first(it.content.Child("dateline").Line(), text.Dateline, it.place())
	visual := it.visual()
	var caption []string
	for _, d := range it.content.Children("description") {
		t, role := d.Line(), wire.Code(d.Attr("role"))
		switch {
		case t == "":
		case asides[role]:
			s.Note("Description ("+role+")", t)
		case role == "caption" || visual:
			caption = append(caption, t)
		default:
			s.Standfirst = append(s.Standfirst, t)
		}
	}
	im := it.picture()
	im.Caption = strings.Join(caption, "\n")
	if im.Caption != "" && wire.Same(wire.Joined(text.Body), im.Caption) {
		text.Body = nil
	}
	if im.Caption != "" || im.URL != "" {
		im.Credit = it.credit()
		if im.Credit == "" && visual {
			im.Credit = s.Byline
		}
		s.Images = append(s.Images, im)
	}
	if visual && strings.Contains(wire.Squeeze(im.Credit), wire.Squeeze(s.Byline)) {
		s.Byline = "" // a photographer's name is the credit
	}
	if !visual && im.URL == "" && im.Caption == "" {
		s.Note("Credit", it.credit())
	}
	s.Fill(&text)
	it.notes(&s)
	return s, nil
}

// asides are how descriptions are called that are made for who edits a video.
var asides = map[string]bool{"shotlist": true, "script": true, "dopesheet": true, "restrictions": true}

// subRoles are how headlines below the headline are called, kickerRoles those
// above it.
var (
	subRoles    = map[string]bool{"sub": true, "subheadline": true, "subhead": true, "subtitle": true, "hl2": true, "deck": true, "secondary": true, "subhed": true}
	kickerRoles = map[string]bool{"kicker": true, "overline": true, "eyebrow": true, "vignette": true}
)

func (it *item) headlines(s *wire.Story) {
	all := it.content.Children("headline")
	main := -1
	for i, e := range all {
		role := wire.Code(e.Attr("role"))
		if e.Line() == "" || subRoles[role] || kickerRoles[role] {
			continue
		}
		if main < 0 || wire.Code(all[main].Attr("role")) != "" && (role == "" || role == "main") {
			main = i
		}
	}
	for i, e := range all {
		t, role := e.Line(), wire.Code(e.Attr("role"))
		switch {
		case i == main:
			s.Headline = t
		case t == "" || main >= 0 && wire.Same(t, all[main].Line()):
		case subRoles[role]:
			s.Standfirst = append(s.Standfirst, t)
		case kickerRoles[role] && s.Kicker == "":
			s.Kicker = t
		default:
			s.Note("Headline ("+role+")", t)
		}
	}
	title := it.meta.Child("title").Line()
	if s.Headline == "" {
		s.Headline = title
	} else if !wire.Same(title, s.Headline) {
		s.Note("Title", title)
	}
}

// names are those of people, as text or in an element name.
func names(es []*xmldoc.Element, named bool) string {
	var list []string
	for _, e := range es {
		t := e.Line()
		if named {
			t = e.Child("name").Line()
		}
		if t != "" {
			list = append(list, t)
		}
	}
	return strings.Join(list, ", ")
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

func (it *item) credit() string { return it.content.Child("creditline").Line() }

func (it *item) place() string {
	e := it.content.Child("located")
	names := []string{e.Child("name").Line()}
	for _, b := range e.Children("broader") {
		if t := b.Child("name").Line(); t != "" && wire.Code(b.Attr("type")) != "worldregion" {
			names = append(names, t)
		}
	}
	if names[0] == "" {
		return ""
	}
	return strings.Join(names, ", ")
}

// visual tells of items whose text is a caption.
func (it *item) visual() bool {
	switch wire.Code(concept(it.meta.Child("itemClass"))) {
	case "picture", "graphic", "video", "audio", "animation":
		return true
	}
	return false
}

// text reads the renditions of the text and takes the one that says the most,
// marked up before plain.
func (it *item) text() (wire.Story, error) {
	var best wire.Story
	letters, plain := -1, true
	for _, e := range it.contents("inlineXML", "inlineData") {
		s, isPlain, err := it.rendition(e)
		if err != nil {
			return best, err
		}
		n := len(wire.Squeeze(wire.Joined(s.Body)))
		if n == 0 && s.Empty() && len(s.Images) == 0 {
			continue
		}
		// Plain text must have clearly more words to be preferred.
		better := n > letters
		if letters >= 0 && plain != isPlain {
			if better = n*9 > letters*10; plain {
				better = n*10 >= letters*9
			}
		}
		if better {
			best, letters, plain = s, n, isPlain
		}
	}
	return best, nil
}

func (it *item) rendition(e *xmldoc.Element) (s wire.Story, plain bool, err error) {
	kind := strings.ToLower(e.Attr("contenttype"))
	if e.Is("inlineXML") {
		if n := e.First("nitf"); n != nil {
			s, err = nitf.Story(n, it.h.URL)
			return s, false, err
		}
		if n := e.First("body.content"); n != nil {
			s, err = nitf.Story(&xmldoc.Element{Nodes: []xmldoc.Node{{Element: &xmldoc.Element{Name: "body", Nodes: e.Nodes}}}}, it.h.URL)
			return s, false, err
		}
		markup := e.Text()
		if len(e.Children()) > 0 {
			markup = e.HTML()
		}
		s, err = marked(markup, it.h.URL)
		return s, false, err
	}
	text := e.Text()
	if inBase64(e) {
		raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
		if err != nil {
			return s, true, it.doc.Wrong(document.Invalid, e, "inlineData", "is no base64")
		}
		if kind != "" && !strings.HasPrefix(kind, "text/") && !strings.Contains(kind, "xml") {
			return s, true, nil
		}
		t, err := document.Convert(raw, document.CharsetOf(kind))
		if err != nil {
			return s, true, err
		}
		text = t.UTF8
	}
	switch {
	case strings.HasPrefix(kind, "image/"):
		return s, true, nil
	case strings.Contains(kind, "nitf"), strings.Contains(text[:min(len(text), sniffed)], "<nitf"):
		doc, err := xmldoc.Parse(strings.NewReader(text), document.Hint{}, Name)
		if err != nil {
			return s, false, err
		}
		s, err = nitf.Story(doc.Root, it.h.URL)
		return s, false, err
	case strings.Contains(kind, "html") || strings.Contains(text, "</") && html.Detect([]byte(text)):
		s, err = marked(text, it.h.URL)
		return s, false, err
	case len(e.Children()) > 0:
		s, err = marked(e.HTML(), it.h.URL)
		return s, false, err
	}
	s.Body = wire.Paragraphs(text, false)
	return s, true, nil
}

// sniffed is how much of a text is looked at to recognise NITF, in bytes.
const sniffed = 1024

// inBase64 tells whether a text is, by a word, a QCode or an address.
func inBase64(e *xmldoc.Element) bool {
	return strings.HasSuffix(strings.ToLower(e.Attr("encoding")), "base64") || strings.HasSuffix(strings.ToLower(concept(e.Child("encoding"))), "base64")
}

// marked reads a text in HTML.
func marked(markup, base string) (s wire.Story, err error) {
	blocks, pictures, err := html.Fragment(markup, base)
	if err != nil {
		return s, err
	}
	s.Body = blocks
	for _, p := range pictures {
		s.Images = append(s.Images, article.Image{URL: p.URL, Caption: p.Caption, Credit: p.Credit})
	}
	return s, nil
}

// picture is the widest image of the item, without caption.
func (it *item) picture() article.Image {
	var im article.Image
	width := -1.0
	class := wire.Code(concept(it.meta.Child("itemClass")))
	for _, e := range it.contents("remoteContent") {
		href, kind := e.Attr("href"), strings.ToLower(e.Attr("contenttype"))
		if href == "" || !strings.HasPrefix(kind, "image/") && (kind != "" || class != "picture" && class != "graphic") {
			continue
		}
		n, err := strconv.ParseFloat(e.Attr("width"), 64)
		if err != nil {
			n = 0
		}
		if url := document.Resolve(it.h.URL, href); url != "" && n > width {
			width = n
			im.URL, im.MediaType = url, kind
		}
	}
	return im
}

// notes are what is for editors, and the rights.
func (it *item) notes(s *wire.Story) {
	for _, e := range it.meta.Children("edNote") {
		if t := wire.Tidy(e.Text()); t != "" {
			s.Notes = append(s.Notes, t)
		}
	}
	for _, e := range it.meta.Children("signal") {
		s.Note("Signal", concept(e))
	}
	for _, e := range it.content.Children("slugline") {
		s.Note("Slugline", e.Line())
	}
	for _, e := range it.content.Children("infoSource") {
		name := e.Child("name").Line()
		if name == "" {
			name = concept(e)
		}
		s.Note("Source", name)
	}
	for _, r := range it.root.Children("rightsInfo") {
		notice := r.Child("copyrightNotice").Line()
		if notice != "" {
			s.Boilerplate = append(s.Boilerplate, notice)
		}
		holder := r.Child("copyrightHolder").Child("name").Line()
		if holder == "" {
			holder = r.Child("copyrightHolder").Attr("literal")
		}
		if !strings.Contains(notice, holder) {
			s.Rights("Copyright", holder)
		}
		for _, u := range r.Children("usageTerms") {
			s.Rights("Usage terms", u.Line())
		}
	}
}
