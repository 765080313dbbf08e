package ninjs

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// item is a news object of any version. 2.x and 3.x name their fields alike
// but for capitals, which the decoder doesn't look at; where 1.x has a name or
// a shape of its own, both are here.
type item struct {
	Standard       *standard `json:"standard"`  // 2.x, 3.x
	DollarStandard *standard `json:"$standard"` // 1.x

	URI                text           `json:"uri"`
	GUID               text           `json:"guid"` // Superdesk's ninjs has it in the place of uri
	URN                text           `json:"urn"`  // dpa's wire has it in the place of uri
	AltIDs             jsontext.Value `json:"altids"`
	Type               text           `json:"type"`
	RepresentationType text           `json:"representationtype"`
	Version            text           `json:"version"`
	FirstCreated       text           `json:"firstcreated"`
	FirstPublished     text           `json:"firstpublished"` // Superdesk
	VersionCreated     text           `json:"versioncreated"`
	Embargoed          text           `json:"embargoed"`      // 1.x, 2.x
	EmbargoedUntil     text           `json:"embargoeduntil"` // 3.x
	PubStatus          text           `json:"pubstatus"`
	Urgency            text           `json:"urgency"`
	Language           text           `json:"language"`

	Headline  text   `json:"headline"` // 1.x; more of them are in Others
	Headlines writer `json:"headlines"`
	Kicker    text   `json:"kicker"` // dpa
	Title     text   `json:"title"`
	Slugline  words  `json:"slugline"`
	Byline    words  `json:"byline"` // 1.x
	By        words  `json:"by"`
	Located   words  `json:"located"`
	Dateline  words  `json:"dateline"` // dpa
	EdNote    words  `json:"ednote"`
	Credit    words  `json:"creditline"` // dpa

	Descriptions writer `json:"descriptions"` // 1.x: description_NAME in Others
	Bodies       writer `json:"bodies"`       // 1.x: body_NAME in Others
	Teaser       text   `json:"teaser"`       // dpa
	ArticleHTML  text   `json:"articlehtml"`  // dpa

	Subject       concepts `json:"subject"` // 1.x has the singular, and so on
	Subjects      concepts `json:"subjects"`
	Genre         concepts `json:"genre"`
	Genres        concepts `json:"genres"`
	Person        concepts `json:"person"`
	People        concepts `json:"people"`
	Organisation  concepts `json:"organisation"`
	Organisations concepts `json:"organisations"`
	Place         concepts `json:"place"`
	Places        concepts `json:"places"`
	Event         concepts `json:"event"`
	Events        concepts `json:"events"`
	Object        concepts `json:"object"`
	Objects       concepts `json:"objects"`
	InfoSource    concepts `json:"infosource"`
	InfoSources   concepts `json:"infosources"`
	Service       concepts `json:"service"`    // Superdesk: the desk's categories
	Keywords      concepts `json:"keywords"`   // Superdesk
	Authors       concepts `json:"authors"`    // Superdesk
	Bylines       concepts `json:"bylines"`    // AP
	Categories    concepts `json:"categories"` // dpa
	Signal        concepts `json:"signal"`     // G2's, as some send it along
	Signals       concepts `json:"signals"`
	Types         concepts `json:"editorialtypes"` // AP

	EvolvedFrom references `json:"evolvedfrom"` // Superdesk
	RewriteOf   references `json:"rewriteof"`   // NTB
	Replacing   references `json:"replacing"`   // TT

	CopyrightHolder words   `json:"copyrightholder"`
	CopyrightNotice words   `json:"copyrightnotice"`
	UsageTerms      words   `json:"usageterms"`
	RightsInfo      *rights `json:"rightsinfo"`

	Renditions   renditions `json:"renditions"`
	Associations members    `json:"associations"`

	Package *frame `json:"copytaster:package"`

	Rel text `json:"rel"` // 3.x, of an association: how the item is related to it

	// Others are the fields that are not named here, among them 1.x's
	// body_text, body_xhtml, description_text, headline_extended and the like.
	Others jsontext.Value `json:",unknown"`
	named  writer         // of Others, see [item.sort]
}

// standard says which version an item is of.
type standard struct {
	Name    text `json:"name"`
	Version text `json:"version"`
}

// frame is what a member of a package takes from it. [Split] puts it into the
// members that it makes whole inputs of.
type frame struct {
	URI            text `json:"uri"`
	VersionCreated text `json:"versioncreated,omitzero"`
	FirstCreated   text `json:"firstcreated,omitzero"`
	Embargoed      text `json:"embargoed,omitzero"`
	Language       text `json:"language,omitzero"`
}

// written is one of several wordings of a field.
type written struct {
	Role        text `json:"role"`
	ContentType text `json:"contenttype"`
	Value       text `json:"value"`
}

// concept is a topic, person, place or the like.
type concept struct {
	Name    text `json:"name"`
	Scheme  text `json:"scheme"` // 1.x
	Code    text `json:"code"`   // 1.x
	QCode   text `json:"qcode"`  // Superdesk
	URI     text `json:"uri"`
	Literal text `json:"literal"`
	Byline  text `json:"byline"` // of Superdesk's authors
	By      text `json:"by"`     // of AP's bylines
}

type rendition struct {
	Name        text `json:"name"`
	Href        text `json:"href"`
	ContentType text `json:"contenttype"`
	MimeType    text `json:"mimetype"` // 1.x
	Width       text `json:"width"`
}

// member is an association: an item within an item.
type member struct {
	name string
	raw  jsontext.Value
}

// text is a string. A number is taken as it is written, since versions,
// urgencies and codes are sent as both; null is nothing.
type text string

var (
	errNoText   = errors.New("must be text")
	errNoObject = errors.New("must be an object")
	errTwice    = errors.New("stands twice")
)

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (t *text) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	switch k := dec.PeekKind(); k {
	case '"', '0', 'n':
		tok, err := dec.ReadToken()
		if err != nil {
			return err
		}
		if k != 'n' {
			*t = text(tok.String())
		}
		return nil
	default:
		return wrong(dec, errNoText)
	}
}

// words is text for readers and editors that decides nothing. A list of them is
// one after the other, an object is what it is called.
type words text

func (w *words) trim() string { return strings.TrimSpace(string(*w)) }

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (w *words) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if k := dec.PeekKind(); k != '[' && k != '{' {
		return (*text)(w).UnmarshalJSONFrom(dec)
	}
	raw, err := dec.ReadValue()
	if err != nil {
		return err
	}
	var list conceptList
	if err := json.Unmarshal(raw, &list, fold...); err != nil {
		return &refused{at: dec.InputOffset() - int64(len(raw)), pointer: string(dec.StackPointer()), err: fmt.Errorf("%w, or a list of names", errNoText)}
	}
	var said []string
	for _, c := range list {
		if s := strings.TrimSpace(string(c.called())); s != "" {
			said = append(said, s)
		}
	}
	*w = words(strings.Join(said, ", "))
	return nil
}

// called is the name of a concept or of a person.
func (c *concept) called() text {
	for _, s := range []text{c.By, c.Byline, c.Name, c.Literal} {
		if s.trim() != "" {
			return s
		}
	}
	return ""
}

// wrong names what stands where something else must.
func wrong(dec *jsontext.Decoder, want error) error {
	v, err := dec.ReadValue()
	if err != nil {
		return err
	}
	return &refused{at: dec.InputOffset() - int64(len(v)), pointer: string(dec.StackPointer()), err: fmt.Errorf("%w, not %s", want, kindName(v.Kind()))}
}

// refused is an error of form with its place.
type refused struct {
	at      int64
	pointer string
	err     error
}

func (e *refused) Error() string { return e.pointer + ": " + e.err.Error() }
func (e *refused) Unwrap() error { return e.err }

func (t *text) trim() string { return strings.TrimSpace(string(*t)) }

// list reads a list of T. One T alone stands for a list of one; what plain
// text stands for is said by fromText, if anything. An element that is null is
// left out.
func list[T any](dec *jsontext.Decoder, into *[]T, fromText func(text) T) error {
	one := func() error {
		switch dec.PeekKind() {
		case 'n':
			return dec.SkipValue()
		case '{':
			var v T
			if err := json.UnmarshalDecode(dec, &v); err != nil {
				return err
			}
			*into = append(*into, v)
			return nil
		case '"', '0':
			if fromText != nil {
				var t text
				if err := t.UnmarshalJSONFrom(dec); err != nil {
					return err
				}
				*into = append(*into, fromText(t))
				return nil
			}
		}
		return wrong(dec, errNoObject)
	}
	if dec.PeekKind() != '[' {
		return one()
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != ']' {
		if err := one(); err != nil {
			return err
		}
	}
	_, err := dec.ReadToken()
	return err
}

// writer is a field in one or more wordings.
type writer []written

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (w *writer) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	return list(dec, (*[]written)(w), func(t text) written { return written{Value: t} })
}

// concepts are what an item is about. They are metadata: one that can't be
// read is no reason to refuse the news, and is noted only.
type concepts struct {
	list   []concept
	unread bool
}

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (c *concepts) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	raw, err := dec.ReadValue()
	if err != nil {
		return err
	}
	if json.Unmarshal(raw, (*conceptList)(&c.list), fold...) != nil {
		c.list, c.unread = nil, true
	}
	return nil
}

// references are the ids of other items. They are metadata, as concepts are.
type references struct {
	ids    []string
	unread bool
}

// reference is an id, or an object that has one.
type reference struct {
	URI  text `json:"uri"`
	GUID text `json:"guid"`
}

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (r *references) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	raw, err := dec.ReadValue()
	if err != nil {
		return err
	}
	var named referenceList
	if json.Unmarshal(raw, &named, fold...) != nil {
		named, r.unread = nil, true
	}
	for _, n := range named {
		id := n.URI.trim()
		if id == "" {
			id = n.GUID.trim()
		}
		r.ids = append(r.ids, id)
	}
	return nil
}

type referenceList []reference

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (r *referenceList) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	return list(dec, (*[]reference)(r), func(t text) reference { return reference{URI: t} })
}

type conceptList []concept

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (c *conceptList) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	return list(dec, (*[]concept)(c), func(t text) concept { return concept{Name: t} })
}

// renditions are a list, or in 1.x an object whose names are theirs.
type renditions []rendition

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (rs *renditions) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	return named(dec, func(name string) error {
		var r rendition
		if err := json.UnmarshalDecode(dec, &r); err != nil {
			return err
		}
		if name != "" {
			r.Name = text(name)
		}
		*rs = append(*rs, r)
		return nil
	})
}

// members are a list, or in 1.x an object whose names are theirs. They are
// read when they are needed, see [item.walk].
type members []member

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (ms *members) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	return named(dec, func(name string) error {
		raw, err := dec.ReadValue()
		if err == nil {
			*ms = append(*ms, member{name, raw.Clone()})
		}
		return err
	})
}

// named reads the objects of a list or of an object by calling one for each;
// null is none.
func named(dec *jsontext.Decoder, one func(name string) error) error {
	end := jsontext.Kind(']')
	switch dec.PeekKind() {
	case 'n':
		return dec.SkipValue()
	case '[':
	case '{':
		end = '}'
	case '"':
		var none text
		if err := none.UnmarshalJSONFrom(dec); err != nil || none == "" {
			return err // some send "" for none
		}
		return &refused{at: dec.InputOffset() - int64(len(none)) - 1, pointer: string(dec.StackPointer()), err: errors.New("must be a list or an object, not text")}
	default:
		return wrong(dec, errors.New("must be a list or an object"))
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != end {
		name := ""
		if end == '}' {
			tok, err := dec.ReadToken()
			if err != nil {
				return err
			}
			name = tok.String()
		}
		switch dec.PeekKind() {
		case 'n':
			if err := dec.SkipValue(); err != nil {
				return err
			}
		case '{':
			if err := one(name); err != nil {
				return err
			}
		default:
			return wrong(dec, errNoObject)
		}
	}
	_, err := dec.ReadToken()
	return err
}

// namedTexts are 1.x's fields with a name of the sender's own behind theirs.
var namedTexts = []string{"body_", "description_", "headline_"}

// otherTexts are the same under other names: Reuters' and those without a role.
var otherTexts = map[string]string{
	"bodyhtml": "body_html", "bodyhtml5": "body_html5", "bodyxhtml": "body_xhtml", "bodytext": "body_text", "bodynitf": "body_nitf", "body": "body_text",
	"descriptiontext": "description_text", "description": "description_text", "summary": "description_summary", "abstract": "description_abstract", "caption": "description_caption",
}

// sort puts the named texts of Others into named.
func (it *item) sort() error {
	if len(it.Others) == 0 {
		return nil
	}
	dec := jsontext.NewDecoder(bytes.NewReader(it.Others), lenient...)
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != '}' {
		tok, err := dec.ReadToken()
		if err != nil {
			return err
		}
		name := tok.String()
		low := strings.ReplaceAll(strings.ToLower(name), "-", "_")
		also, other := otherTexts[plainName(name)]
		if other && dec.PeekKind() == '"' {
			low = also
		}
		if !slices.ContainsFunc(namedTexts, func(p string) bool { return len(low) > len(p) && strings.HasPrefix(low, p) }) {
			if err := dec.SkipValue(); err != nil {
				return err
			}
			continue
		}
		var v text
		if err := v.UnmarshalJSONFrom(dec); err != nil {
			if e, ok := errors.AsType[*refused](err); ok {
				e.at = 0 // of Others, not of the input
			}
			return err
		}
		it.named = append(it.named, written{Role: text(low), Value: v})
	}
	it.Others = nil
	return nil
}

// others are the named texts whose names begin with prefix; the rest of the
// name is the role.
func (it *item) others(prefix string) writer {
	var w writer
	for _, n := range it.named {
		if role, ok := strings.CutPrefix(string(n.Role), prefix); ok {
			w = append(w, written{Role: text(role), Value: n.Value})
		}
	}
	return w
}
