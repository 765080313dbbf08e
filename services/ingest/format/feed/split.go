package feed

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/copytaster/copytaster/services/ingest/document"
	"github.com/copytaster/copytaster/services/ingest/format/xmldoc"
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
	gone   string   // local name of what says that an item was deleted, in whatever namespace; "": there is none
	roots  []string // local names of the root
}

var (
	rssKind  = xmlKind{RSS, "item", "", []string{"rss", "RDF"}}
	atomKind = xmlKind{Atom, "entry", tombstone, []string{"feed"}}
)

// split cuts an XML feed at the tags of its items. It doesn't parse what is
// between them, so a broken item is a part like any other, and refused alone
// later; what would make a parser build a monster (depth) is refused here.
//
//nolint:gocognit // one pass over the tags with one state; parts of it alone say nothing
func (k xmlKind) split(data []byte, h document.Hint) ([]document.Part, error) {
	text, err := document.Convert(data, xmldoc.Encoding(data, h))
	if err != nil {
		return nil, err
	}
	s := xmldoc.NewScanner([]byte(text.UTF8))
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
			return document.At(document.TooMany, k.format, s.Data, begin, "more than %d items", document.MaxItems)
		}
		p := document.Part{Item: s.Data[begin:end], Label: fmt.Sprintf("item %d", len(parts)+1)}
		switch {
		case tooDeep:
			p.Err = document.At(document.TooDeep, k.format, s.Data, begin, "%s: elements are nested deeper than %d", p.Label, document.MaxDepth)
		case end-begin > document.MaxSingle-maxFrame:
			p.Err = document.At(document.TooLarge, k.format, s.Data, begin, "%s: %d bytes, the limit is %d", p.Label, end-begin, document.MaxSingle-maxFrame)
		}
		if p.Err == nil {
			p.ID = k.id(p.Item)
		}
		parts = append(parts, p)
		begin, tooDeep = -1, false
		stack = stack[:itemDepth]
		return nil
	}
	for s.Next() {
		local := xmldoc.LocalName(s.Name)
		switch s.Kind {
		case xmldoc.StartTag:
			if len(stack) == 0 && closing == nil {
				if !contains(k.roots, local) {
					return nil, document.At(document.Syntax, k.format, s.Data, s.Start, "the root is <%s>", document.Clip(s.Name))
				}
				closing = []string{}
			}
			isGone := local == k.gone && begin < 0 && len(stack) == 1
			isItem := local == k.item && len(stack) > 0 && (begin >= 0 || len(stack) <= 2 && k.samePrefix(s.Name, stack[0]))
			if isItem && begin >= 0 {
				// The one before was never closed: it ends where this one begins.
				if !k.samePrefix(s.Name, stack[0]) {
					isItem = false
				} else if err := finish(s.Start); err != nil {
					return nil, err
				}
			}
			if isItem = isItem || isGone; isItem {
				begin, itemDepth = s.Start, len(stack)
				if len(closing) == 0 {
					for _, s := range slices.Backward(stack) {
						closing = append(closing, s)
					}
				}
				field = -1
			} else if begin < 0 {
				switch {
				case len(stack) == 0 || len(stack) == 1 && local == "channel":
					if frame.Len()+s.End-s.Start > maxFrame {
						return nil, document.At(document.TooLarge, k.format, s.Data, s.Start, "the tag <%s> has more than %d bytes", document.Clip(s.Name), maxFrame)
					}
					if len(parts) == 0 {
						frame.Write(s.Data[s.Start:s.End])
					}
				case field < 0:
					field, fieldDepth, fieldWanted = s.Start, len(stack), contains(frameFields, local)
				}
			}
			if s.SelfClosing {
				if isItem {
					if err := finish(s.End); err != nil {
						return nil, err
					}
				} else if field >= 0 && len(stack) == fieldDepth {
					k.keep(&frame, s.Data[field:s.End], fieldWanted)
					field = -1
				}
				continue
			}
			if len(stack) >= document.MaxDepth {
				if begin < 0 {
					return nil, document.At(document.TooDeep, k.format, s.Data, s.Start, "elements are nested deeper than %d", document.MaxDepth)
				}
				tooDeep = true
				continue
			}
			stack = append(stack, s.Name)
		case xmldoc.EndTag:
			if begin >= 0 {
				if s.Name == stack[itemDepth] {
					if err := finish(s.End); err != nil {
						return nil, err
					}
					continue
				}
				if len(stack) > itemDepth+1 && stack[len(stack)-1] == s.Name {
					stack = stack[:len(stack)-1]
				}
				continue
			}
			if len(stack) > 0 && stack[len(stack)-1] == s.Name {
				stack = stack[:len(stack)-1]
			}
			if local == "channel" && len(stack) == 1 && len(parts) == 0 {
				frame.Write(s.Data[s.Start:s.End]) // RSS 1.0: items stand beside the channel
			}
			if field >= 0 && len(stack) <= fieldDepth {
				k.keep(&frame, s.Data[field:s.End], fieldWanted && len(parts) == 0)
				field = -1
			}
		}
	}
	if begin >= 0 {
		end := len(s.Data)
		n := len(parts)
		if err := finish(end); err != nil {
			return nil, err
		}
		if parts[n].Err == nil {
			parts[n].Err = document.At(document.Syntax, k.format, s.Data, end, "%s has no end: the feed breaks off", parts[n].Label)
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
	p := xmldoc.Prefix(name)
	return p == "" || p == xmldoc.Prefix(root)
}

// id finds an item's own id without parsing it.
func (k xmlKind) id(item []byte) string {
	if k.gone != "" && xmldoc.LocalName(xmldoc.Root(item)) == k.gone {
		for _, a := range attributes(item, k.gone) {
			if a.Name.Local == "ref" {
				return strings.TrimSpace(a.Value)
			}
		}
		return ""
	}
	s := xmldoc.NewScanner(item)
	depth, want := 0, map[string][]string{RSS: {"guid", "link"}, Atom: {"id"}}[k.format]
	found := map[string]string{}
	for s.Next() {
		switch {
		case s.Kind == xmldoc.StartTag && !s.SelfClosing:
			depth++
			if depth == 2 && contains(want, s.Name) {
				from := s.End
				name := s.Name
				if s.Next() && s.Kind == xmldoc.EndTag && s.Name == name && found[name] == "" {
					found[name] = strings.TrimSpace(string(s.Data[from:s.Start]))
					depth--
				} else if s.Kind == xmldoc.StartTag && !s.SelfClosing {
					depth++
				} else if s.Kind == xmldoc.EndTag {
					depth--
				}
			}
		case s.Kind == xmldoc.EndTag:
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

func contains(list []string, s string) bool {
	return slices.Contains(list, s)
}
