package feed

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/copytaster/copytaster/services/ingest/document"
)

// maxFrame is how much of a feed's own data (title, link, language, author) is
// repeated with each of its items, in bytes.
const maxFrame = 16 << 10

// maxFrameField is the longest field that is taken into the frame, in bytes.
const maxFrameField = 2 << 10

// frameFields are the fields of a feed that say something of its items.
var frameFields = []string{"title", "link", "id", "language", "author", "creator"}

// xmlKind is what tells one XML feed from the other while it is cut.
type xmlKind struct {
	format string
	item   string   // local name of an item's element
	roots  []string // local names of the root
}

var (
	rssKind  = xmlKind{RSS, "item", []string{"rss", "RDF"}}
	atomKind = xmlKind{Atom, "entry", []string{"feed"}}
)

// split cuts an XML feed at the tags of its items. It doesn't parse what is
// between them, so a broken item is a part like any other, and refused alone
// later; what would make a parser build a monster (depth) is refused here.
//
//nolint:gocognit // one pass over the tags with one state; parts of it alone say nothing
func (k xmlKind) split(data []byte, h document.Hint) ([]document.Part, error) {
	text, err := document.Convert(data, xmlEncoding(data, h))
	if err != nil {
		return nil, err
	}
	s := scanner{data: []byte(text.UTF8)}
	var (
		parts       []document.Part
		frame       bytes.Buffer
		closing     []string // end tags of what is open around the items
		stack       []string
		begin       = -1 // where the current item begins
		itemDepth   int  // of the stack outside of it
		tooDeep     bool
		field       = -1 // where a field of the frame begins
		fieldDepth  int
		fieldWanted bool
	)
	frame.WriteString(`<?xml version="1.0" encoding="UTF-8"?>`)
	// finish ends the current item at byte end. Its frame is put around it when
	// all of the frame is known, see below.
	finish := func(end int) error {
		if len(parts) == document.MaxItems {
			return document.At(document.TooMany, k.format, s.data, begin, "more than %d items", document.MaxItems)
		}
		p := document.Part{Item: s.data[begin:end], Label: fmt.Sprintf("item %d", len(parts)+1)}
		switch {
		case tooDeep:
			p.Err = document.At(document.TooDeep, k.format, s.data, begin, "%s: elements are nested deeper than %d", p.Label, document.MaxDepth)
		case end-begin > document.MaxSingle-maxFrame:
			p.Err = document.At(document.TooLarge, k.format, s.data, begin, "%s: %d bytes, the limit is %d", p.Label, end-begin, document.MaxSingle-maxFrame)
		}
		if p.Err == nil {
			p.ID = k.id(p.Item)
		}
		parts = append(parts, p)
		begin, tooDeep = -1, false
		stack = stack[:itemDepth]
		return nil
	}
	for s.next() {
		local := localName(s.name)
		switch s.kind {
		case startTag:
			if len(stack) == 0 && closing == nil {
				if !contains(k.roots, local) {
					return nil, document.At(document.Syntax, k.format, s.data, s.start, "the root is <%s>", clip(s.name))
				}
				closing = []string{}
			}
			isItem := local == k.item && len(stack) > 0 && (begin >= 0 || len(stack) <= 2 && k.samePrefix(s.name, stack[0]))
			if isItem && begin >= 0 {
				// The one before was never closed: it ends where this one begins.
				if !k.samePrefix(s.name, stack[0]) {
					isItem = false
				} else if err := finish(s.start); err != nil {
					return nil, err
				}
			}
			if isItem {
				begin, itemDepth = s.start, len(stack)
				if len(closing) == 0 {
					for _, s := range slices.Backward(stack) {
						closing = append(closing, s)
					}
				}
				field = -1
			} else if begin < 0 {
				switch {
				case len(stack) == 0 || len(stack) == 1 && local == "channel":
					if frame.Len()+s.end-s.start > maxFrame {
						return nil, document.At(document.TooLarge, k.format, s.data, s.start, "the tag <%s> has more than %d bytes", clip(s.name), maxFrame)
					}
					if len(parts) == 0 {
						frame.Write(s.data[s.start:s.end])
					}
				case field < 0:
					field, fieldDepth, fieldWanted = s.start, len(stack), contains(frameFields, local)
				}
			}
			if s.selfClosing {
				if isItem {
					if err := finish(s.end); err != nil {
						return nil, err
					}
				} else if field >= 0 && len(stack) == fieldDepth {
					k.keep(&frame, s.data[field:s.end], fieldWanted)
					field = -1
				}
				continue
			}
			if len(stack) >= document.MaxDepth {
				if begin < 0 {
					return nil, document.At(document.TooDeep, k.format, s.data, s.start, "elements are nested deeper than %d", document.MaxDepth)
				}
				tooDeep = true
				continue
			}
			stack = append(stack, s.name)
		case endTag:
			if begin >= 0 {
				if local == k.item && s.name == stack[itemDepth] {
					if err := finish(s.end); err != nil {
						return nil, err
					}
					continue
				}
				if len(stack) > itemDepth+1 && stack[len(stack)-1] == s.name {
					stack = stack[:len(stack)-1]
				}
				continue
			}
			if len(stack) > 0 && stack[len(stack)-1] == s.name {
				stack = stack[:len(stack)-1]
			}
			if local == "channel" && len(stack) == 1 && len(parts) == 0 {
				frame.Write(s.data[s.start:s.end]) // RSS 1.0: items stand beside the channel
			}
			if field >= 0 && len(stack) <= fieldDepth {
				k.keep(&frame, s.data[field:s.end], fieldWanted && len(parts) == 0)
				field = -1
			}
		}
	}
	if begin >= 0 {
		end := len(s.data)
		n := len(parts)
		if err := finish(end); err != nil {
			return nil, err
		}
		if parts[n].Err == nil {
			parts[n].Err = document.At(document.Syntax, k.format, s.data, end, "%s has no end: the feed breaks off", parts[n].Label)
		}
	}
	if closing == nil {
		return nil, document.Refuse(document.Syntax, k.format, "no element could be read")
	}
	var tail bytes.Buffer
	for _, name := range closing {
		tail.WriteString("</" + name + ">")
	}
	for i := range parts {
		p := &parts[i]
		p.Data = make([]byte, 0, frame.Len()+len(p.Item)+tail.Len())
		p.Data = append(p.Data, frame.Bytes()...)
		p.Data = append(p.Data, p.Item...)
		p.Data = append(p.Data, tail.Bytes()...)
	}
	return parts, nil
}

func (k xmlKind) keep(frame *bytes.Buffer, field []byte, wanted bool) {
	if wanted && len(field) <= maxFrameField && frame.Len()+len(field) <= maxFrame {
		frame.Write(field)
	}
}

// samePrefix tells whether an element is of the feed's own vocabulary: it has
// the root's prefix, or none (RSS 1.0, whose root alone is in RDF's).
func (k xmlKind) samePrefix(name, root string) bool {
	p := prefix(name)
	return p == "" || p == prefix(root)
}

// id finds an item's own id without parsing it.
func (k xmlKind) id(item []byte) string {
	s := scanner{data: item}
	depth, want := 0, map[string][]string{RSS: {"guid", "link"}, Atom: {"id"}}[k.format]
	found := map[string]string{}
	for s.next() {
		switch {
		case s.kind == startTag && !s.selfClosing:
			depth++
			if depth == 2 && contains(want, s.name) {
				from := s.end
				name := s.name
				if s.next() && s.kind == endTag && s.name == name && found[name] == "" {
					found[name] = strings.TrimSpace(string(s.data[from:s.start]))
					depth--
				} else if s.kind == startTag && !s.selfClosing {
					depth++
				} else if s.kind == endTag {
					depth--
				}
			}
		case s.kind == endTag:
			depth--
		}
	}
	for _, n := range want {
		if v := found[n]; v != "" {
			return v
		}
	}
	return ""
}

// xmlEncoding is the encoding that the XML declaration names, else the
// sender's.
func xmlEncoding(data []byte, h document.Hint) string {
	_, decl, ok := bytes.Cut(data[:min(len(data), 256)], []byte("<?xml"))
	if !ok {
		return h.Declared()
	}
	decl, _, _ = bytes.Cut(decl, []byte("?>"))
	_, value, ok := bytes.Cut(decl, []byte("encoding"))
	value = bytes.TrimLeft(value, " \t\r\n=")
	if !ok || len(value) == 0 || value[0] != '"' && value[0] != '\'' {
		return h.Declared()
	}
	name, _, closed := bytes.Cut(value[1:], value[:1])
	if !closed {
		return h.Declared()
	}
	return string(name)
}

func localName(name string) string {
	if _, l, ok := strings.Cut(name, ":"); ok {
		return l
	}
	return name
}

func prefix(name string) string {
	p, _, ok := strings.Cut(name, ":")
	if !ok {
		return ""
	}
	return p
}

func contains(list []string, s string) bool {
	return slices.Contains(list, s)
}

func clip(s string) string {
	if len(s) > 40 {
		return strings.ToValidUTF8(s[:40], "") + "…"
	}
	return s
}

type tagKind int

const (
	startTag tagKind = iota
	endTag
)

// scanner finds tags, past comments, CDATA, processing instructions and
// declarations. It never fails: what is no tag is text.
type scanner struct {
	data        []byte
	at          int
	start, end  int // of the tag
	kind        tagKind
	name        string
	selfClosing bool
	missing     map[string]bool // marks that don't come any more

	declarations int
}

// maxDeclarations is how many document types are looked for the end of; there
// should be one. More are text.
const maxDeclarations = 16

// maxTag is the longest tag or declaration, in bytes; what is longer is text.
const maxTag = 64 << 10

func (s *scanner) next() bool {
	for {
		i := bytes.IndexByte(s.data[s.at:], '<')
		if i < 0 {
			return false
		}
		s.start = s.at + i
		rest := s.data[s.start:]
		switch {
		case bytes.HasPrefix(rest, []byte("<!--")):
			s.skip(rest, "-->", 4)
		case bytes.HasPrefix(rest, []byte("<![CDATA[")):
			s.skip(rest, "]]>", 9)
		case bytes.HasPrefix(rest, []byte("<?")):
			s.skip(rest, "?>", 2)
		case bytes.HasPrefix(rest, []byte("<!")):
			s.declaration(rest)
		default:
			if s.tag(rest) {
				return true
			}
			s.at = s.start + 1
		}
	}
}

// skip goes past the mark that ends what begins at s.start. Without one, only
// the beginning is skipped: a comment without end must not swallow a feed.
func (s *scanner) skip(rest []byte, mark string, from int) {
	// Looked for once only, or a feed of nothing but beginnings would take
	// time by the square of its length.
	if !s.missing[mark] {
		if i := bytes.Index(rest[from:], []byte(mark)); i >= 0 {
			s.at = s.start + from + i + len(mark)
			return
		}
		if s.missing == nil {
			s.missing = map[string]bool{}
		}
		s.missing[mark] = true
	}
	s.at = s.start + from
}

// declaration goes past a document type with its internal subset.
func (s *scanner) declaration(rest []byte) {
	if s.declarations++; s.declarations > maxDeclarations {
		s.at = s.start + 2
		return
	}
	depth := 0
	for i, c := range rest[:min(len(rest), maxTag)] {
		switch c {
		case '[':
			depth++
		case ']':
			depth--
		case '>':
			if depth <= 0 {
				s.at = s.start + i + 1
				return
			}
		}
	}
	s.at = s.start + 2
}

func (s *scanner) tag(rest []byte) bool {
	rest = rest[:min(len(rest), maxTag)]
	i := 1
	s.kind = startTag
	if len(rest) > 1 && rest[1] == '/' {
		s.kind, i = endTag, 2
	}
	from := i
	for i < len(rest) && nameByte(rest[i]) {
		i++
	}
	if i == from {
		return false
	}
	s.name = string(rest[from:i])
	var quote byte
	for ; i < len(rest); i++ {
		c := rest[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '<':
			return false
		case c == '>':
			s.selfClosing = s.kind == startTag && rest[i-1] == '/'
			s.end = s.start + i + 1
			s.at = s.end
			return true
		}
	}
	return false
}

func nameByte(c byte) bool {
	return c == ':' || c == '_' || c == '-' || c == '.' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}
