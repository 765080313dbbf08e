// Package ninjs decodes IPTC's News in JSON, versions 1.0 to 1.6, 2.x and 3.x,
// and what Superdesk sends under that name.
package ninjs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/document"
)

// Name of the format.
const Name = "ninjs"

const (
	signer = "format/" + Name
	// version counts the changes of what the decoder makes of the same bytes.
	version = 1
)

const (
	// maxMembers is how many associations an item may have, those of its
	// associations counted.
	maxMembers = 1_000
	// maxMemberDepth is how deep associations may stand in associations.
	maxMemberDepth = 8
)

// fold: 2.x and 3.x differ in capitals, and senders in both. Names that stand
// twice are looked for by [unique] alone, since the deeper ones are common and
// do no harm: one of the standard's own examples has a rendition twice.
var (
	fold    = []json.Options{json.MatchCaseInsensitiveNames(true), jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true)}
	lenient = []json.Options{jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true)}
)

// names are fields of ninjs, in lower case; true are those that other JSON about
// news hardly has.
var names = map[string]bool{
	"headline": false, "byline": false, "located": false, "slugline": false, "urgency": false, "genres": false,
	"headlines": true, "bodies": true, "descriptions": true, "ednote": true, "pubstatus": true, "embargoed": true,
	"embargoeduntil": true, "versioncreated": true, "firstcreated": true, "contentcreated": true, "copyrightholder": true,
	"copyrightnotice": true, "usageterms": true, "renditions": true, "associations": true, "representationtype": true,
	"infosource": true, "infosources": true, "altids": true, "rightsinfo": true, "digitalsourcetype": true,
	"eventdetails": true, "plannedcoverage": true, "trustindicator": true, "trustindicators": true, "articlehtml": true,
	"bodyhtml": true, "bodyxhtml": true, "bodytext": true, "bodynitf": true,
}

// plainName is a field's name without what senders add to it: capitals, dashes
// and underscores.
func plainName(name string) string {
	name = strings.ToLower(name)
	if !strings.ContainsAny(name, "_-") {
		return name
	}
	return strings.ReplaceAll(strings.ReplaceAll(name, "_", ""), "-", "")
}

// kinds are the types of ninjs.
var kinds = []string{kindText, kindComposite, kindPicture, kindGraphic, kindVideo, kindAudio, "component", "package", "event", "planning"}

// Detect tells whether an input is an object, a list or lines of objects with
// the names of ninjs: the first one's standard says so, or it has an id and a
// name of ninjs. If the head ends before the object does, a name that is
// ninjs's alone will do, or two others. The answer of an agency's interface, a
// list in an object, is told by the first item in it.
func Detect(head []byte) bool { return detect(head, 0) }

func detect(head []byte, depth int) bool {
	dec := jsontext.NewDecoder(bytes.NewReader(head), lenient...)
	if dec.PeekKind() == '[' {
		if _, err := dec.ReadToken(); err != nil {
			return false
		}
	}
	if dec.PeekKind() != '{' {
		return false
	}
	if _, err := dec.ReadToken(); err != nil {
		return false
	}
	id, known, typical := false, 0, 0
	for {
		tok, err := dec.ReadToken()
		if err == nil && tok.Kind() != '"' {
			return id && known > 0
		}
		var name string
		if err == nil {
			name = strings.ToLower(tok.String())
			its, is := names[plainName(name)]
			for _, p := range namedTexts {
				if strings.HasPrefix(strings.ReplaceAll(name, "-", "_"), p) {
					its, is = true, true
				}
			}
			inner := bytes.TrimLeft(head[dec.InputOffset():], " \t\r\n:")
			if !id && envelopes[name] && depth < maxEnvelopes && !bytes.Contains(head, []byte("jsonfeed.org/version")) && detect(inner, depth+1) {
				return true
			}
			switch {
			case strings.HasPrefix(name, "@"): // JSON-LD
				return false
			case ids[name]:
				id = true
			case its:
				typical++
				known++
			case is:
				known++
			}
		}
		var value jsontext.Value
		if err == nil {
			value, err = dec.ReadValue()
		}
		if err != nil { // the head ends, or is no JSON from here on
			return typical > 0 || known > 1 || known > 0 && id
		}
		switch name {
		case "type":
			if known < 1 && slices.Contains(kinds, strings.ToLower(strings.Trim(string(value), `"`))) {
				known++
			}
		case "standard", "$standard":
			var st standard
			if json.Unmarshal(value, &st, fold...) == nil && strings.Contains(strings.ToLower(string(st.Name)), "ninjs") {
				return true // also an agency's extension of it ("TTNINJS")
			}
		}
	}
}

// check refuses a version that may say things in ways not known here.
func (it *item) check() error {
	st, pointer := it.Standard, "/standard/version"
	if st == nil {
		st, pointer = it.DollarStandard, "/$standard/version"
	}
	if st == nil || !strings.EqualFold(st.Name.trim(), "ninjs") {
		return nil
	}
	switch major, _, _ := strings.Cut(st.Version.trim(), "."); major {
	case "", "1", "2", "3":
		return nil
	}
	return &document.Error{Reason: document.Unknown, Format: Name, Field: pointer, Detail: fmt.Sprintf("version %q of ninjs; known are 1, 2 and 3", st.Version)}
}

// read is the input as UTF-8, within the limits, and what it was encoded in.
func read(data []byte, h document.Hint) ([]byte, string, error) {
	t, err := document.Convert(data, h.Declared())
	if err != nil {
		return nil, "", err
	}
	src := []byte(t.UTF8)
	if at := document.JSONTooDeep(src); at >= 0 {
		return nil, "", document.At(document.TooDeep, Name, src, at, "nested deeper than %d", document.MaxDepth)
	}
	return src, t.Charset, nil
}

// parse reads one item.
func parse(src []byte) (*item, error) {
	if err := unique(src); err != nil {
		return nil, fault(src, err)
	}
	var it item
	if err := json.Unmarshal(src, &it, fold...); err != nil {
		return nil, fault(src, err)
	}
	if err := it.sort(); err != nil {
		return nil, fault(src, err)
	}
	if err := it.check(); err != nil {
		return nil, err
	}
	return &it, nil
}

// unique tells whether each field of an item stands in it once, be it in
// capitals or not: of two statuses or embargoes none can be believed.
func unique(src []byte) error {
	dec := jsontext.NewDecoder(bytes.NewReader(src), lenient...)
	if dec.PeekKind() != '{' {
		if v, err := dec.ReadValue(); err != nil {
			return err
		} else if v.Kind() != '{' {
			return &refused{err: fmt.Errorf("%w, not %s", errNoObject, kindName(v.Kind()))}
		}
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	seen := make(map[string]struct{}, 32)
	for dec.PeekKind() == '"' {
		tok, err := dec.ReadToken()
		if err != nil {
			return err
		}
		name := plainName(tok.String())
		if _, twice := seen[name]; twice {
			return &refused{at: dec.InputOffset(), pointer: string(dec.StackPointer()), err: errTwice}
		}
		seen[name] = struct{}{}
		if err := dec.SkipValue(); err != nil {
			return err
		}
	}
	_, err := dec.ReadToken()
	return err
}

// fault gives an error its place: the field as JSON Pointer, and the byte.
func fault(src []byte, err error) *document.Error {
	if e, ok := errors.AsType[*document.Error](err); ok {
		return e
	}
	if e, ok := errors.AsType[*refused](err); ok {
		d := document.At(document.Syntax, Name, src, int(e.at), "%v", e.err)
		d.Field = e.pointer
		return d
	}
	if e, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		d := document.At(document.Syntax, Name, src, int(e.ByteOffset), "%v", e.Err)
		d.Field = string(e.JSONPointer)
		return d
	}
	if e, ok := errors.AsType[*json.SemanticError](err); ok {
		d := document.At(document.Syntax, Name, src, int(e.ByteOffset), "%s must be an object", kindName(e.JSONKind))
		if e.Err != nil {
			d.Detail = e.Err.Error()
		}
		d.Field = string(e.JSONPointer)
		return d
	}
	return document.Refuse(document.Syntax, Name, "%v", err)
}

// kindName is a kind of JSON for people.
func kindName(k jsontext.Kind) string {
	switch k {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "text"
	case '0':
		return "a number"
	}
	return k.String()
}

// Decode makes the article of one item. What is a picture, a video, an event
// is an article too, of its headline and captions. Errors are
// [*document.Error]s whose Field is a JSON Pointer.
func Decode(_ context.Context, r io.Reader, h document.Hint) ([]article.Article, error) {
	data, err := document.Read(r, Name, h.Largest())
	if err != nil {
		return nil, err
	}
	src, charset, err := read(data, h)
	if err != nil {
		return nil, err
	}
	it, err := parse(src)
	if err != nil {
		return nil, err
	}
	a := article.Article{Original: article.Original{Charset: charset}}
	if err := it.adapt(&a, h); err != nil {
		return nil, fault(src, err)
	}
	return []article.Article{a}, nil
}
