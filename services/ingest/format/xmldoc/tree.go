package xmldoc

import (
	"bytes"
	"encoding/xml"
	"errors"
	"html"
	"io"
	"strings"
	"unicode"

	"golang.org/x/text/encoding/charmap"

	"github.com/copytaster/copytaster/services/ingest/document"
)

// MaxNodes is how many elements, attributes and pieces of text a document may
// have: three megabytes of "<a/>" would otherwise become hundreds. News comes
// to a few thousand.
const MaxNodes = 200_000

// Document is a document as a tree.
type Document struct {
	Root *Element
	// Charset is what it was converted from.
	Charset string

	format string
	src    []byte
}

// Element is an element. Namespaces are not looked at: senders leave them out
// and name them as they like. A nil Element has no name, text or children.
type Element struct {
	Name  string // without its prefix
	Attrs []Attr
	Nodes []Node
	At    int // byte in the converted document where it begins
}

// Attr is an attribute, its name without prefix.
type Attr struct{ Name, Value string }

// Node is an element or a piece of text.
type Node struct {
	Element *Element
	Text    string
}

// Parse makes a tree of an article's document, within the limits of bytes,
// depth and nodes. HTML's entities stand for their characters, any others as
// they are written; a document type is passed over, with what it declares and
// what it refers to. Errors are [*document.Error]s of that format.
func Parse(r io.Reader, h document.Hint, format string) (*Document, error) {
	data, err := document.Read(r, format, h.Largest())
	if err != nil {
		return nil, err
	}
	t, err := document.Convert(data, Encoding(data, h))
	if err != nil {
		return nil, err
	}
	d := &Document{Charset: t.Charset, format: format, src: readable(t.UTF8)}
	if err := d.parse(); err != nil {
		return nil, err
	}
	return d, nil
}

// Wrong is an error at an element: e has an attribute or text that is wrong.
func (d *Document) Wrong(r document.Reason, e *Element, field, detail string) *document.Error {
	at := 0
	if e != nil {
		at = e.At
	}
	err := document.At(r, d.format, d.src, at, "%s", detail)
	err.Field = field
	return err
}

// readable blanks what XML doesn't allow and the declaration, whose encoding
// isn't that of the text any more. Places stay what they are.
func readable(s string) []byte {
	src := []byte(s)
	for i, c := range src {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' {
			src[i] = ' '
		}
	}
	for _, r := range []string{"\uFFFE", "\uFFFF"} {
		src = bytes.ReplaceAll(src, []byte(r), []byte("\uFFFD"))
	}
	from := len(src) - len(bytes.TrimLeft(src, " \t\r\n"))
	if bytes.HasPrefix(src[from:], []byte("<?xml")) {
		if end := bytes.Index(src[from:], []byte("?>")); end > 0 {
			for i := from; i < from+end+2; i++ {
				if src[i] != '\n' {
					src[i] = ' '
				}
			}
		}
	}
	return src
}

func (d *Document) parse() error {
	dec := xml.NewDecoder(bytes.NewReader(d.src))
	dec.Strict, dec.Entity = false, xml.HTMLEntity
	// A declaration within the document is of what was put there; all is UTF-8.
	dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	var stack []*Element
	nodes := 0
	for {
		at := int(dec.InputOffset())
		// Raw: what is open is counted here, before anything is built of it.
		tok, err := dec.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			detail := err.Error()
			if e, ok := errors.AsType[*xml.SyntaxError](err); ok {
				detail = e.Msg
			}
			return document.At(document.Syntax, d.format, d.src, int(dec.InputOffset()), "%s", detail)
		}
		switch t := tok.(type) {
		case xml.StartElement:
			if len(stack) == 0 && d.Root != nil {
				return document.At(document.Syntax, d.format, d.src, at, "<%s> follows the end of the document", document.Clip(t.Name.Local))
			}
			if len(stack) >= document.MaxDepth {
				return document.At(document.TooDeep, d.format, d.src, at, "elements are nested deeper than %d", document.MaxDepth)
			}
			nodes += 1 + len(t.Attr)
			e := &Element{Name: elementName(t.Name), At: at, Attrs: make([]Attr, len(t.Attr))}
			for i, a := range t.Attr {
				e.Attrs[i] = Attr{a.Name.Local, characters(a.Value)}
				if a.Name.Space == "xmlns" {
					e.Attrs[i].Name = "xmlns:" + a.Name.Local
				}
			}
			if len(stack) == 0 {
				d.Root = e
			} else {
				p := stack[len(stack)-1]
				p.Nodes = append(p.Nodes, Node{Element: e})
			}
			if len(stack) == 0 || !single(e.Name) {
				stack = append(stack, e)
			}
		case xml.EndElement:
			n, ok := closes(stack, elementName(t.Name))
			if !ok {
				return document.At(document.Syntax, d.format, d.src, at, "</%s> ends nothing that is open", document.Clip(t.Name.Local))
			}
			stack = stack[:n]
		case xml.CharData:
			if len(stack) == 0 {
				if len(bytes.TrimSpace(t)) > 0 {
					return document.At(document.Syntax, d.format, d.src, at, "text stands outside of the document")
				}
				continue
			}
			nodes++
			p := stack[len(stack)-1]
			p.Nodes = append(p.Nodes, Node{Text: characters(string(t))})
		}
		if nodes > MaxNodes {
			return document.At(document.TooMany, d.format, d.src, at, "more than %d elements, attributes and texts", MaxNodes)
		}
	}
	switch {
	case d.Root == nil:
		return document.Refuse(document.Syntax, d.format, "no element could be read")
	case len(stack) > 0:
		return document.At(document.Syntax, d.format, d.src, len(d.src), "the document breaks off within <%s>", document.Clip(stack[len(stack)-1].Name))
	}
	return nil
}

// elementName is a name without its prefix. What Word leaves in HTML is no
// paragraph ("o:p"), but running text.
func elementName(n xml.Name) string {
	switch n.Space {
	case "o", "w", "v", "st1":
		return "span"
	}
	return n.Local
}

// single tells of HTML's elements without an end that stand in running text.
// Some senders leave the slash out, as HTML does.
func single(name string) bool {
	switch strings.ToLower(name) {
	case "br", "hr", "img", "wbr":
		return true
	}
	return false
}

// prose are HTML's elements of running text, whose ends editors' programs leave
// out or cross. What holds an item together is not among them.
var prose = map[string]bool{
	"p": true, "div": true, "span": true, "font": true, "center": true, "a": true, "b": true, "i": true, "u": true, "em": true, "strong": true,
	"small": true, "big": true, "sub": true, "sup": true, "q": true, "li": true, "ul": true, "ol": true, "td": true, "th": true, "tr": true,
}

// closes is how many elements stay open at the end of one of that name; false
// if it ends nothing. Elements of prose that are still open in it end with it,
// and an end of one that isn't open ends nothing and does no harm.
func closes(stack []*Element, name string) (int, bool) {
	n := len(stack)
	if n > 0 && stack[n-1].Name == name {
		return n - 1, true
	}
	low := strings.ToLower(name)
	harmless := n > 0 && (prose[low] || single(low))
	for i := n - 1; i >= 0; i-- {
		switch {
		case stack[i].Name == name:
			return i, true
		case !prose[strings.ToLower(stack[i].Name)]:
			return n, harmless
		}
	}
	return n, harmless
}

// characters reads the references to U+0080 to U+009F as what is meant by them:
// the characters that windows-1252 has there.
func characters(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 0x80 && r <= 0x9F {
			return charmap.Windows1252.DecodeByte(byte(r))
		}
		return r
	}, s)
}

// Is tells whether e has one of the names.
func (e *Element) Is(names ...string) bool { return e != nil && contains(names, e.Name) }

// Attr is an attribute's value without white space around it, or "".
func (e *Element) Attr(name string) string {
	if e != nil {
		for _, a := range e.Attrs {
			if a.Name == name {
				return strings.TrimSpace(a.Value)
			}
		}
	}
	return ""
}

// Children are the elements directly below, those of these names, if any are
// given.
func (e *Element) Children(names ...string) []*Element {
	if e == nil {
		return nil
	}
	var es []*Element
	for _, n := range e.Nodes {
		if n.Element != nil && (len(names) == 0 || n.Element.Is(names...)) {
			es = append(es, n.Element)
		}
	}
	return es
}

// Child goes down by the first child of each name; nil if one is missing.
func (e *Element) Child(path ...string) *Element {
	for _, name := range path {
		if es := e.Children(name); len(es) > 0 {
			e = es[0]
		} else {
			return nil
		}
	}
	return e
}

// All are the elements of these names below e, in order, those within one of
// them left out.
func (e *Element) All(names ...string) []*Element {
	var es []*Element
	for _, c := range e.Children() {
		if c.Is(names...) {
			es = append(es, c)
		} else {
			es = append(es, c.All(names...)...)
		}
	}
	return es
}

// First is the first element of these names below e, or nil.
func (e *Element) First(names ...string) *Element {
	for _, c := range e.Children() {
		if c.Is(names...) {
			return c
		}
		if f := c.First(names...); f != nil {
			return f
		}
	}
	return nil
}

// Text is all text in e and below, as it stands.
func (e *Element) Text() string {
	var b strings.Builder
	e.text(&b)
	return b.String()
}

// blocks are elements whose text stands apart from what is beside them, also
// where they touch, in the vocabularies of news and of HTML.
var blocks = []string{
	"p", "br", "div", "block", "li", "tr", "td", "th", "hl1", "hl2", "h1", "h2", "h3", "h4", "location", "story.date", "byttl", "body", "title",
}

// Line is the text of e as one line, white space collapsed.
func (e *Element) Line() string {
	return strings.Join(strings.FieldsFunc(borders.Replace(string(e.line(nil))), func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
}

// borders takes back the space that a border costs in front of a mark. A NUL,
// which can't stand in a document, is the border.
var borders = strings.NewReplacer("\x00,", ",", "\x00.", ".", "\x00;", ";", "\x00:", ":", "\x00)", ")", "\x00", " ")

func (e *Element) line(b []byte) []byte {
	if e == nil {
		return b
	}
	for _, n := range e.Nodes {
		if n.Element == nil {
			b = append(b, n.Text...)
			continue
		}
		border := n.Element.Is(blocks...)
		if border && len(b) > 0 && b[len(b)-1] != 0 {
			b = append(b, 0)
		}
		b = n.Element.line(b)
		if border && len(b) > 0 && b[len(b)-1] != 0 {
			b = append(b, 0)
		}
	}
	return b
}

func (e *Element) text(b *strings.Builder) {
	if e == nil {
		return
	}
	for _, n := range e.Nodes {
		if n.Element == nil {
			b.WriteString(n.Text)
			continue
		}
		if n.Element.Name == "br" {
			b.WriteString("\n")
		}
		n.Element.text(b)
	}
}

// void are HTML's elements without an end.
var void = []string{"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}

// HTML is e as a parser of HTML reads it: without prefixes, and with an end of
// every element that has one there, since "<title/>" would swallow the rest.
func (e *Element) HTML() string {
	var b strings.Builder
	e.html(&b)
	return b.String()
}

func (e *Element) html(b *strings.Builder) {
	name := strings.ToLower(e.Name)
	b.WriteString("<" + name)
	for _, a := range e.Attrs {
		if !strings.HasPrefix(a.Name, "xmlns") {
			b.WriteString(" " + a.Name + `="` + html.EscapeString(a.Value) + `"`)
		}
	}
	b.WriteByte('>')
	if contains(void, name) {
		return
	}
	for _, n := range e.Nodes {
		if n.Element == nil {
			b.WriteString(html.EscapeString(n.Text))
		} else {
			n.Element.html(b)
		}
	}
	b.WriteString("</" + name + ">")
}
