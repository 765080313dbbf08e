// Package xmldoc reads XML as it stands in news: it recognises a document by
// its root, cuts it at tags without parsing it, and makes a small tree of it
// within limits. Nothing that a document refers to is ever fetched.
package xmldoc

import (
	"bytes"
	"strings"

	"github.com/copytaster/copytaster/services/ingest/document"
)

// Root is the name of the first element with its prefix, if the input is XML,
// or "".
func Root(head []byte) string {
	if t := bytes.TrimSpace(head); len(t) == 0 || t[0] != '<' {
		return ""
	}
	s := NewScanner(head)
	if !s.Next() || s.Kind != StartTag {
		return ""
	}
	return s.Name
}

// Encoding is the encoding that the XML declaration names, else the
// sender's.
func Encoding(data []byte, h document.Hint) string {
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

// LocalName is a name without its prefix.
func LocalName(name string) string {
	if _, l, ok := strings.Cut(name, ":"); ok {
		return l
	}
	return name
}

// Prefix is what stands before the colon of a name, or "".
func Prefix(name string) string {
	p, _, ok := strings.Cut(name, ":")
	if !ok {
		return ""
	}
	return p
}

// TagKind tells a start from an end.
type TagKind int

// The kinds of tags.
const (
	StartTag TagKind = iota
	EndTag
)

// Scanner finds tags, past comments, CDATA, processing instructions and
// declarations. It never fails: what is no tag is text.
type Scanner struct {
	Data        []byte
	Start, End  int // of the tag
	Kind        TagKind
	Name        string // with its prefix
	SelfClosing bool

	at      int
	missing map[string]bool // marks that don't come any more

	declarations int
}

// maxDeclarations is how many document types are looked for the end of; there
// should be one. More are text.
const maxDeclarations = 16

// maxTag is the longest tag or declaration, in bytes; what is longer is text.
const maxTag = 64 << 10

// NewScanner looks at data, which must be UTF-8.
func NewScanner(data []byte) Scanner { return Scanner{Data: data} }

// Next goes to the next tag; false: there is none.
func (s *Scanner) Next() bool {
	for {
		i := bytes.IndexByte(s.Data[s.at:], '<')
		if i < 0 {
			return false
		}
		s.Start = s.at + i
		rest := s.Data[s.Start:]
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
			s.at = s.Start + 1
		}
	}
}

// skip goes past the mark that ends what begins at s.Start. Without one, only
// the beginning is skipped: a comment without end must not swallow a feed.
func (s *Scanner) skip(rest []byte, mark string, from int) {
	// Looked for once only, or a feed of nothing but beginnings would take
	// time by the square of its length.
	if !s.missing[mark] {
		if i := bytes.Index(rest[from:], []byte(mark)); i >= 0 {
			s.at = s.Start + from + i + len(mark)
			return
		}
		if s.missing == nil {
			s.missing = map[string]bool{}
		}
		s.missing[mark] = true
	}
	s.at = s.Start + from
}

// declaration goes past a document type with its internal subset.
func (s *Scanner) declaration(rest []byte) {
	if s.declarations++; s.declarations > maxDeclarations {
		s.at = s.Start + 2
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
				s.at = s.Start + i + 1
				return
			}
		}
	}
	s.at = s.Start + 2
}

func (s *Scanner) tag(rest []byte) bool {
	rest = rest[:min(len(rest), maxTag)]
	i := 1
	s.Kind = StartTag
	if len(rest) > 1 && rest[1] == '/' {
		s.Kind, i = EndTag, 2
	}
	from := i
	for i < len(rest) && nameByte(rest[i]) {
		i++
	}
	if i == from {
		return false
	}
	s.Name = string(rest[from:i])
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
			s.SelfClosing = s.Kind == StartTag && rest[i-1] == '/'
			s.End = s.Start + i + 1
			s.at = s.End
			return true
		}
	}
	return false
}

func nameByte(c byte) bool {
	return c == ':' || c == '_' || c == '-' || c == '.' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}
