package ninjs

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/copytaster/copytaster/services/ingest/document"
)

// Split cuts an input into items: an item alone, a list of them, or one after
// the other (lines of JSON). An item's associations that are texts of their
// own become parts behind it, see [item.own].
//
// A broken item of a list or of lines is a part with its error; what comes
// behind it is read all the same if it is a line.
func Split(data []byte, h document.Hint) ([]document.Part, error) {
	src, _, err := read(data, h)
	if err != nil {
		return nil, err
	}
	s := splitter{src: src, largest: h.Largest()}
	trimmed := bytes.TrimSpace(src)
	switch {
	case len(trimmed) > 0 && trimmed[0] == '[':
		err = s.list()
	default:
		err = s.lines()
	}
	if err != nil {
		return nil, err
	}
	if s.items == 1 && s.alone && !s.unpacked {
		s.parts[0].Data, s.parts[0].Label = data, "" // the original's very bytes
	}
	return s.parts, nil
}

type splitter struct {
	src     []byte
	largest int // item, in bytes
	items   int
	alone   bool // the one item is the whole input
	// unpacked: it stood in something else.
	unpacked bool
	parts    []document.Part
}

// maxFrame is the most that a member takes from its package, in bytes.
const maxFrame = 16 << 10

func (s *splitter) list() error {
	dec := jsontext.NewDecoder(bytes.NewReader(s.src), lenient...)
	if _, err := dec.ReadToken(); err != nil {
		return fault(s.src, err)
	}
	for dec.PeekKind() != ']' {
		at := int(dec.InputOffset())
		raw, err := dec.ReadValue()
		if err != nil {
			// Where the list goes on behind a broken item can't be told.
			return fault(s.src, err)
		}
		if err := s.whole(raw.Clone(), at); err != nil {
			return err
		}
	}
	if _, err := dec.ReadToken(); err != nil {
		return fault(s.src, err)
	}
	if rest := s.src[dec.InputOffset():]; len(bytes.TrimSpace(rest)) > 0 {
		return document.At(document.Syntax, Name, s.src, int(dec.InputOffset()), "something follows the list")
	}
	return nil
}

// lines reads items one after the other. Behind a broken one the next line is
// tried, if it looks like an item; from then on each must stand on one line,
// or a hostile input would be read to its end from each of its lines.
func (s *splitter) lines() error {
	strict := false
	for at := 0; at < len(s.src); {
		rest := s.src[at:]
		blank := len(rest) - len(bytes.TrimLeft(rest, " \t\r\n"))
		if blank > 0 {
			at += blank
			continue
		}
		line, next, _ := bytes.Cut(rest, []byte("\n"))
		end := len(rest)
		if strict {
			end = len(line)
		}
		dec := jsontext.NewDecoder(bytes.NewReader(rest[:end]), lenient...)
		raw, err := dec.ReadValue()
		if err == nil {
			if err := s.whole(raw.Clone(), at); err != nil {
				return err
			}
			s.alone = s.items == 1
			at += int(dec.InputOffset())
			continue
		}
		broken := shift(s.src, err, at)
		if bytes.HasPrefix(bytes.TrimLeft(next, " \t\r\n"), []byte("{")) {
			strict = true
			end = len(line)
			if _, err := jsontext.NewDecoder(bytes.NewReader(line), lenient...).ReadValue(); err != nil {
				broken = shift(s.src, err, at)
			}
		} else if s.items == 0 {
			return broken // one item, and broken
		}
		broken.Detail = fmt.Sprintf("item %d: %s", s.items+1, broken.Detail)
		if err := s.item(rest[:end], at, broken); err != nil {
			return err
		}
		at += end
	}
	return nil
}

// shift is [fault] for an error in src from at on.
func shift(src []byte, err error, at int) *document.Error {
	e := fault(src[at:], err)
	moved := document.At(e.Reason, Name, src, at+e.Byte, "%s", e.Detail)
	moved.Field = e.Field
	return moved
}

// ids are the fields that name an item.
var ids = map[string]bool{"uri": true, "guid": true, "urn": true}

// envelopes are the fields in which agencies' interfaces put items, in an
// object that is none itself: the answers of AP, TT, Superdesk and others.
var envelopes = map[string]bool{"items": true, "_items": true, "item": true, "hits": true, "results": true, "data": true, "documents": true}

// maxEnvelopes is how deep they may stand in each other.
const maxEnvelopes = 4

// envelope is what stands in an object that has no id, but items; nil if it is
// none.
func envelope(raw []byte) []jsontext.Value {
	dec := jsontext.NewDecoder(bytes.NewReader(raw), lenient...)
	if dec.PeekKind() != '{' {
		return nil
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil
	}
	var inner []jsontext.Value
	for dec.PeekKind() == '"' {
		tok, err := dec.ReadToken()
		if err != nil {
			return nil
		}
		name := strings.ToLower(tok.String())
		if ids[name] {
			return nil
		}
		v, err := dec.ReadValue()
		if err != nil {
			return nil
		}
		if envelopes[name] && (v.Kind() == '[' || v.Kind() == '{') {
			inner = append(inner, v.Clone())
		}
	}
	return inner
}

// unpack adds the items of an envelope at byte at, and tells whether it is one.
// Places in them are those of the envelope.
func (s *splitter) unpack(raw []byte, at, depth int) (bool, error) {
	inner := envelope(raw)
	if inner == nil || depth >= maxEnvelopes {
		return false, nil
	}
	s.unpacked = true
	add := func(v []byte) error {
		if is, err := s.unpack(v, at, depth+1); is || err != nil {
			return err
		}
		return s.item(v, at, nil)
	}
	for _, v := range inner {
		if v.Kind() == '{' {
			if err := add(v); err != nil {
				return true, err
			}
			continue
		}
		dec := jsontext.NewDecoder(bytes.NewReader(v), lenient...)
		if _, err := dec.ReadToken(); err != nil {
			return true, fault(s.src, err)
		}
		for dec.PeekKind() != ']' {
			one, err := dec.ReadValue()
			if err != nil {
				return true, fault(s.src, err)
			}
			if err := add(one.Clone()); err != nil {
				return true, err
			}
		}
	}
	return true, nil
}

// whole adds an item as it stands in the input, or those that it holds.
func (s *splitter) whole(raw []byte, at int) error {
	if is, err := s.unpack(raw, at, 0); is || err != nil {
		return err
	}
	return s.item(raw, at, nil)
}

// item adds an item with its members. err is what is wrong with it already.
func (s *splitter) item(raw []byte, at int, err *document.Error) error {
	if s.items++; s.items > document.MaxItems {
		return document.At(document.TooMany, Name, s.src, at, "more than %d items", document.MaxItems)
	}
	raw = bytes.TrimSpace(raw)
	p := document.Part{Data: raw, Item: raw, Label: fmt.Sprintf("item %d", s.items)}
	switch {
	case err != nil:
		p.Err = err
	case len(raw) > s.largest:
		p.Err = document.At(document.TooLarge, Name, s.src, at, "%s: %d bytes, the limit is %d", p.Label, len(raw), s.largest)
	case raw[0] != '{':
		p.Err = document.At(document.Syntax, Name, s.src, at, "%s is no object", p.Label)
	}
	s.parts = append(s.parts, p)
	if p.Err == nil {
		return s.inside(&s.parts[len(s.parts)-1])
	}
	return nil
}

// inside finds an item's id, and the parts in it.
func (s *splitter) inside(p *document.Part) error {
	if !bytes.Contains(p.Item, []byte("ssociations")) {
		p.ID = idOf(p.Item)
		return nil
	}
	it, err := parse(p.Item)
	if err != nil {
		it = &item{} // told when it is decoded
	}
	p.ID = it.id()
	return s.members(it, p.Label)
}

// idOf finds an item's id without reading it all.
func idOf(raw []byte) string {
	dec := jsontext.NewDecoder(bytes.NewReader(raw), lenient...)
	if _, err := dec.ReadToken(); err != nil {
		return ""
	}
	var it item
	for dec.PeekKind() == '"' {
		tok, err := dec.ReadToken()
		if err != nil {
			return ""
		}
		var into *text
		switch name := tok.String(); {
		case strings.EqualFold(name, "uri"):
			into = &it.URI
		case strings.EqualFold(name, "guid"):
			into = &it.GUID
		case strings.EqualFold(name, "urn"):
			into = &it.URN
		default:
			if dec.SkipValue() != nil {
				return ""
			}
			continue
		}
		if into.UnmarshalJSONFrom(dec) != nil {
			return ""
		}
	}
	return it.id()
}

// members adds the members that are articles of their own, and those that are
// broken.
func (s *splitter) members(it *item, label string) error {
	return it.walk(func(pointer string, m member, parent, one *item, broken *document.Error) error {
		p := document.Part{Data: m.raw, Item: m.raw, Label: label + ", " + pointer}
		switch {
		case broken != nil:
			p.Err = broken
		case !parent.own(one):
			return nil
		default:
			var err error
			if p.Data, err = framed(one.Package, m.raw); err != nil {
				return err
			}
			p.ID = one.id()
		}
		if len(s.parts) >= document.MaxItems {
			return document.Refuse(document.TooMany, Name, "more than %d items and associations with text", document.MaxItems)
		}
		s.parts = append(s.parts, p)
		return nil
	})
}

// walk calls f for every association, and for theirs. One that can't be read
// comes with its error in the place of one. The error of walk is that of a
// limit, or f's. Places are JSON Pointers.
func (it *item) walk(f func(pointer string, m member, parent, one *item, broken *document.Error) error) error {
	n := 0
	var walk func(parent *item, base string, depth int) error
	walk = func(parent *item, base string, depth int) error {
		for i, m := range parent.Associations {
			name := m.name
			if name == "" {
				name = strconv.Itoa(i)
			}
			pointer := base + "/associations/" + strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
			if n++; n > maxMembers {
				return &document.Error{Reason: document.TooMany, Format: Name, Field: pointer, Detail: fmt.Sprintf("more than %d associations", maxMembers)}
			}
			if depth > maxMemberDepth {
				return &document.Error{Reason: document.TooDeep, Format: Name, Field: pointer, Detail: fmt.Sprintf("associations are nested deeper than %d", maxMemberDepth)}
			}
			one, err := parse(m.raw)
			if err != nil {
				e := fault(m.raw, err)
				broken := &document.Error{Reason: e.Reason, Format: Name, Field: pointer + e.Field, Detail: e.Detail}
				if err := f(pointer, m, parent, nil, broken); err != nil {
					return err
				}
				continue
			}
			one.Package = parent.frame()
			if err := f(pointer, m, parent, one, nil); err != nil {
				return err
			}
			if err := walk(one, pointer, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	return walk(it, "", 1)
}

// own tells whether an association is an article of its own. One with an id
// that states a status other than usable is, of whatever kind and however much
// of it is there: a notice needs no body, and a status that can't be read is
// refused when it is decoded. Else it is a text with a body, that doesn't say it
// is a part: a stub of an article would take its place. Of what stands in a
// package that may not be used, only what states its own status is taken: a
// package's kill is not its members'.
func (it *item) own(m *item) bool {
	if m.id() == "" || m.id() == it.id() {
		return false
	}
	if m.pulled() {
		return true
	}
	if k := m.kind(); k != kindText && k != kindComposite {
		return false
	}
	if r := strings.ToLower(m.RepresentationType.trim()); r == "incomplete" || r == "partial" {
		return false
	}
	if m.PubStatus.trim() == "" && it.pulled() {
		return false
	}
	return len(m.bodies()) > 0
}

// frame is what an item's members take from it: its embargo is one on what is
// in it.
func (it *item) frame() *frame {
	f := frame{URI: text(it.id()), VersionCreated: it.VersionCreated, FirstCreated: it.FirstCreated, Language: it.Language}
	until, err := it.embargo()
	switch {
	case err != nil:
		f.Embargoed = "unreadable" // so the members are refused too
	case !until.IsZero():
		f.Embargoed = text(until.Format(time.RFC3339Nano))
	}
	if p := it.Package; p != nil {
		if f.VersionCreated == "" {
			f.VersionCreated = p.VersionCreated
		}
		if f.FirstCreated == "" {
			f.FirstCreated = p.FirstCreated
		}
		if f.Language == "" {
			f.Language = p.Language
		}
	}
	return &f
}

// framed is a member with its frame, as an input of its own.
func framed(f *frame, raw []byte) ([]byte, error) {
	head, err := json.Marshal(f)
	if err != nil {
		return nil, document.Refuse(document.Invalid, Name, "%v", err)
	}
	if len(head) > maxFrame {
		return nil, document.Refuse(document.TooLarge, Name, "the package's id and dates have %d bytes, the limit is %d", len(head), maxFrame)
	}
	raw = bytes.TrimSpace(raw)
	var b bytes.Buffer
	b.Grow(len(head) + len(raw) + 32)
	b.WriteString(`{"copytaster:package":`)
	b.Write(head)
	if rest := bytes.TrimSpace(raw[1:]); len(rest) > 0 && rest[0] != '}' {
		b.WriteByte(',')
	}
	b.Write(raw[1:])
	return b.Bytes(), nil
}
