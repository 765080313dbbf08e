// Package ninjs writes IPTC's News in JSON, version 3.1: an article as an
// item, several as a list of items.
package ninjs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/search/export/story"
)

// The format, as it is asked for and travels. IPTC has registered no media
// type for it; this one is named as those of its other standards are.
const (
	Name      = "ninjs"
	MediaType = "application/vnd.iptc.ninjs+json"
	Extension = "ninjs.json"
)

const (
	version = "3.1"
	schema  = "http://www.iptc.org/std/ninjs/ninjs-schema_3.1.json"
)

// item is an item of version 3.1, as far as an article fills it.
type item struct {
	URI            string `json:"uri"`
	Type           string `json:"type"`
	Version        string `json:"version,omitempty"`
	FirstCreated   string `json:"firstCreated,omitempty"`
	VersionCreated string `json:"versionCreated,omitempty"`
	EmbargoedUntil string `json:"embargoedUntil,omitempty"`
	PubStatus      string `json:"pubStatus,omitempty"`
	Urgency        int    `json:"urgency,omitempty"`
	Language       string `json:"language,omitempty"`

	Headlines    []wording `json:"headlines,omitempty"`
	By           string    `json:"by,omitempty"`
	Located      string    `json:"located,omitempty"`
	Descriptions []wording `json:"descriptions,omitempty"`
	Bodies       []wording `json:"bodies,omitempty"`
	Subjects     []concept `json:"subjects,omitempty"`
	InfoSources  []concept `json:"infoSources,omitempty"`

	AltIDs       []altID     `json:"altIds,omitempty"`
	RightsInfo   *rights     `json:"rightsInfo,omitempty"`
	Renditions   []rendition `json:"renditions,omitempty"`
	Associations []member    `json:"associations,omitempty"`
	Standard     *standard   `json:"standard,omitempty"`
}

// rights are a policy in a language that the standard leaves open: W3C's ODRL,
// of which IPTC's RightsML is a profile, in JSON.
type rights struct {
	LangID        string `json:"langId"`
	EncodedRights policy `json:"encodedRights"`
}

type altID struct {
	Role  string `json:"role"`
	Value string `json:"value"`
}

type standard struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Schema  string `json:"schema"`
}

type wording struct {
	Role        string `json:"role,omitempty"`
	ContentType string `json:"contentType,omitempty"`
	Value       string `json:"value"`
}

type concept struct {
	Name    string `json:"name,omitempty"`
	URI     string `json:"uri,omitempty"`
	Literal string `json:"literal,omitempty"`
}

type rendition struct {
	Name        string `json:"name"`
	Href        string `json:"href,omitempty"`
	ContentType string `json:"contentType,omitempty"`
}

// member is an item within an item, or the address of one that is related to it.
type member struct {
	Name string `json:"name"`
	Rel  string `json:"rel,omitempty"`
	item
}

// evolvedFrom is the relation, by the code of IPTC's vocabulary, to what an item
// goes on from.
const evolvedFrom = "evolvedFrom"

// One is an article's item on one line. Of a canceled article it is the notice.
func One(a *article.Article, _ story.List) ([]byte, error) { return encode(of(a)) }

// Many is a list of items.
func Many(as []*article.Article, _ story.List) ([]byte, error) {
	items := make([]item, len(as))
	for i, a := range as {
		items[i] = of(a)
	}
	return encode(items)
}

// Stream is a list of items, written one after the other.
type Stream struct {
	w    io.Writer
	some bool
}

// Open makes a list that is written to w.
func Open(w io.Writer, _ story.List) *Stream { return &Stream{w: w} }

// roleCursor is the role of an item's other id that is its place in an export.
const roleCursor = "copytaster:cursor"

// Begin begins the list.
func (s *Stream) Begin() error { return s.write("[") }

// Article adds an item, with its cursor as a further id: the standard has no place for it.
func (s *Stream) Article(a *article.Article, cursor string) error {
	it := of(a)
	it.AltIDs = []altID{{roleCursor, cursor}}
	b, err := encode(it)
	if err != nil {
		return err
	}
	between := ""
	if s.some {
		between = ","
	}
	s.some = true
	return s.write(between + string(b))
}

// End ends the list, which can't say where another goes on.
func (s *Stream) End(string) error { return s.write("]\n") }

func (s *Stream) write(text string) error {
	if _, err := io.WriteString(s.w, text); err != nil {
		return fmt.Errorf("ninjs: %w", err)
	}
	return nil
}

func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // it is not HTML, and says so
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("ninjs: %w", err)
	}
	return b.Bytes(), nil
}

func of(a *article.Article) item {
	it := item{
		URI: uri(string(a.URI)), Type: "text", Version: story.Clean(a.Version), PubStatus: string(a.Status), Urgency: a.Urgency,
		FirstCreated: stamp(a.PublishedAt), VersionCreated: stamp(a.VersionCreated), EmbargoedUntil: stamp(a.EmbargoUntil),
		Standard: &standard{"ninjs", version, schema},
	}
	if agency := story.Clean(a.Agency.Value); agency != "" {
		it.InfoSources = []concept{{Name: agency}}
	}
	if !a.ExpiresAt.IsZero() {
		it.RightsInfo = until(it.URI, a.ExpiresAt)
	}
	if a.Status == article.Canceled {
		return it
	}
	it.Language = story.Clean(a.Language.Value)
	for _, s := range a.Subjects {
		if c := subject(s); c != (concept{}) {
			it.Subjects = append(it.Subjects, c)
		}
	}
	for i, u := range a.EvolvedFrom {
		it.Associations = append(it.Associations, member{fmt.Sprintf("%s-%d", evolvedFrom, i+1), evolvedFrom, item{URI: uri(string(u)), Type: "text"}})
	}
	s := story.Of(a)
	if s.Headline != "" {
		it.Headlines = append(it.Headlines, wording{Role: "main", Value: s.Headline})
	}
	if s.Kicker != "" {
		it.Headlines = append(it.Headlines, wording{Role: "kicker", Value: s.Kicker})
	}
	it.By = s.Byline
	if len(s.Standfirst) > 0 {
		it.Descriptions = append(it.Descriptions, plain("summary", strings.Join(s.Standfirst, " ")))
	}
	body := s.Body
	if s.RunsIn {
		body = s.Running()
	} else {
		it.Located = s.Dateline
	}
	var text []story.Block
	pictures := 0
	for _, b := range body {
		if b.Kind == article.Caption {
			pictures++
			it.Associations = append(it.Associations, picture(it.URI, pictures, b.Picture))
			continue
		}
		text = append(text, b)
	}
	if len(text) > 0 {
		it.Bodies = []wording{{ContentType: "text/html", Value: story.HTML(text)}}
	}
	return it
}

// policy is one in W3C's ODRL, as JSON-LD.
type policy struct {
	Context    string       `json:"@context"`
	Type       string       `json:"@type"`
	UID        string       `json:"uid"`
	Permission []permission `json:"permission"`
}

type permission struct {
	Target     string       `json:"target"`
	Action     string       `json:"action"`
	Constraint []constraint `json:"constraint"`
}

type constraint struct {
	LeftOperand  string  `json:"leftOperand"`
	Operator     string  `json:"operator"`
	RightOperand literal `json:"rightOperand"`
}

type literal struct {
	Value string `json:"@value"`
	Type  string `json:"@type"`
}

// MarshalJSON writes the policy as the standard wants it: JSON in a string.
func (p policy) MarshalJSON() ([]byte, error) {
	type plain policy
	inner, err := encode(plain(p))
	if err != nil {
		return nil, err
	}
	return encode(string(bytes.TrimSpace(inner)))
}

// until is the policy that an item may be used up to then.
func until(target string, end time.Time) *rights {
	ends := constraint{"dateTime", "lt", literal{stamp(end), "xsd:dateTime"}}
	return &rights{
		"http://www.w3.org/ns/odrl/2/",
		policy{"http://www.w3.org/ns/odrl.jsonld", "Set", part(target, "rights"), []permission{{target, "use", []constraint{ends}}}},
	}
}

// plain is a line of text. One that looks like markup is marked up, since
// readers guess.
func plain(role, text string) wording {
	if strings.Contains(text, "<") {
		return wording{role, "text/html", "<p>" + html.EscapeString(text) + "</p>"}
	}
	return wording{role, "text/plain", text}
}

// part is the address of what belongs to an item. One that has a fragment gets no
// other, but a longer one.
func part(of, name string) string {
	if strings.Contains(of, "#") {
		return of + "/" + name
	}
	return of + "#" + name
}

func picture(of string, n int, p story.Picture) member {
	name := "picture-" + strconv.Itoa(n)
	m := member{Name: name, item: item{URI: part(of, name), Type: "picture"}}
	if p.Caption != "" {
		m.Descriptions = append(m.Descriptions, plain("caption", p.Caption))
	}
	if p.Credit != "" {
		m.Descriptions = append(m.Descriptions, wording{"credit", "text/plain", p.Credit})
	}
	if p.URL != "" {
		m.Renditions = []rendition{{"main", uri(p.URL), p.MediaType}}
	}
	return m
}

// newsCodes are the addresses of IPTC's vocabularies by the prefixes of their
// codes.
var newsCodes = map[string]string{
	"medtop": "http://cv.iptc.org/newscodes/mediatopic/",
	"subj":   "http://cv.iptc.org/newscodes/subjectcode/",
	"genre":  "http://cv.iptc.org/newscodes/genre/",
}

// subject names a code by its address if it is one or has one, else as it
// stands.
func subject(s article.Subject) concept {
	c := concept{Name: story.Clean(s.Name)}
	code := story.Clean(s.Code)
	prefix, rest, _ := strings.Cut(code, ":")
	switch u, err := url.Parse(code); {
	case code == "":
	case newsCodes[prefix] != "" && rest != "" && url.PathEscape(rest) == rest:
		c.URI = newsCodes[prefix] + rest
	case err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && uri(code) == code:
		c.URI = code
	default:
		c.Literal = code
	}
	return c
}

// stamp is a date by RFC 3339, or "" if it isn't known.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// allowed are the characters of a URI besides letters and digits.
const allowed = "-._~:/?#[]@!$&'()*+,;=%"

// uri is an address of any alphabet as one that the standard allows.
func uri(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte(allowed, c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
