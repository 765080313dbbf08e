package xmldoc

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/copytaster/copytaster/services/ingest/document"
)

// maxFrame is how much may stand around each item of a document and is
// repeated with it: the start tags of what it stands in, in bytes.
const maxFrame = 16 << 10

// Items says what the items of a document are.
type Items struct {
	Format     string
	Containers []string // elements that items may stand in, from the root on
	Names      []string // elements that are items
}

// Split cuts a document into its items, at their tags, without parsing them: a
// broken one is a part with its error. A document with one item or none is
// one part, byte for byte.
func (k Items) Split(data []byte, h document.Hint) ([]document.Part, error) {
	text, err := document.Convert(data, Encoding(data, h))
	if err != nil {
		return nil, err
	}
	s := NewScanner([]byte(text.UTF8))
	c := cutter{Items: k, largest: h.Largest() - 2*maxFrame, begin: -1}
	for s.Next() {
		if err := c.tag(&s); err != nil {
			return nil, err
		}
	}
	if c.begin >= 0 {
		if err := c.finish(&s, len(s.Data), fmt.Sprintf("<%s> has no end: the document breaks off", document.Clip(c.item))); err != nil {
			return nil, err
		}
	}
	if len(c.parts) < 2 {
		return []document.Part{{Data: data}}, nil
	}
	return c.parts, nil
}

// cutter is a document while it is cut.
type cutter struct {
	Items
	largest int // item, in bytes

	open  []string // names of the containers that are open
	sizes []int    // of frame before each of them
	frame []byte   // their start tags
	parts []document.Part

	begin int // of the current item; -1: none
	item  string
	depth int // of elements of the item's name in it
	other int // depth of elements that are neither container nor item
}

func (c *cutter) tag(s *Scanner) error {
	switch {
	case c.begin >= 0:
		if s.Name != c.item || s.SelfClosing {
			return nil
		}
		if s.Kind == StartTag {
			c.depth++
		} else if c.depth--; c.depth == 0 {
			return c.finish(s, s.End, "")
		}
	case s.Kind == EndTag:
		if n := len(c.open); c.other > 0 {
			c.other--
		} else if n > 0 && c.open[n-1] == s.Name {
			c.open = c.open[:n-1]
			c.frame, c.sizes = c.frame[:c.sizes[n-1]], c.sizes[:n-1]
		}
	case c.other == 0 && contains(c.Names, LocalName(s.Name)):
		c.begin, c.item, c.depth = s.Start, s.Name, 1
		if s.SelfClosing {
			return c.finish(s, s.End, "")
		}
	case s.SelfClosing:
	case c.other == 0 && contains(c.Containers, LocalName(s.Name)):
		if len(c.open) >= document.MaxDepth {
			return document.At(document.TooDeep, c.Format, s.Data, s.Start, "elements are nested deeper than %d", document.MaxDepth)
		}
		if len(c.frame)+s.End-s.Start > maxFrame {
			return document.At(document.TooLarge, c.Format, s.Data, s.Start, "the tags around the items have more than %d bytes", maxFrame)
		}
		c.open, c.sizes = append(c.open, s.Name), append(c.sizes, len(c.frame))
		c.frame = append(c.frame, s.Data[s.Start:s.End]...)
	default:
		c.other++
	}
	return nil
}

// finish makes a part of the item that ends at byte end.
func (c *cutter) finish(s *Scanner, end int, broken string) error {
	n := len(c.parts) + 1
	if n > document.MaxItems {
		return document.At(document.TooMany, c.Format, s.Data, c.begin, "more than %d items", document.MaxItems)
	}
	p := document.Part{Label: fmt.Sprintf("item %d", n), Item: s.Data[c.begin:end]}
	switch {
	case broken != "":
		p.Err = document.At(document.Syntax, c.Format, s.Data, end, "%s: %s", p.Label, broken)
	case end-c.begin > c.largest:
		p.Err = document.At(document.TooLarge, c.Format, s.Data, c.begin, "%s: %d bytes, the limit is %d", p.Label, end-c.begin, c.largest)
	}
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>`)
	b.Write(c.frame)
	b.Write(p.Item)
	for _, name := range slices.Backward(c.open) {
		b.WriteString("</" + name + ">")
	}
	p.Data = b.Bytes()
	c.parts = append(c.parts, p)
	c.begin = -1
	return nil
}

func contains(list []string, s string) bool { return slices.Contains(list, s) }
