package article

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// document is the JSON of an article, as the API, `copytaster read` and the
// index show it: schema.json beside this file describes it. Derived values
// (headline, body, ...) are written for the reader's comfort and ignored when
// read back.
type document struct {
	URI          URI        `json:"uri"`
	Version      string     `json:"version,omitempty"`
	Revision     Revision   `json:"revision"`
	Status       Status     `json:"status"`
	EmbargoUntil *time.Time `json:"embargo_until,omitempty"`
	ExpiresAt    *time.Time `json:"expires_at,omitempty"`
	Notice       *noticeDoc `json:"notice,omitempty"`

	Source   string `json:"source"`
	Provider string `json:"provider,omitempty"`
	URL      string `json:"url,omitempty"`
	Agency   string `json:"agency,omitempty"`
	Language string `json:"language,omitempty"`
	Urgency  int    `json:"urgency,omitempty"`

	EvolvedFrom []URI `json:"evolved_from,omitempty"`

	Kicker     string `json:"kicker,omitempty"`
	Headline   string `json:"headline,omitempty"`
	Standfirst string `json:"standfirst,omitempty"`
	Byline     string `json:"byline,omitempty"`
	Dateline   string `json:"dateline,omitempty"`
	Body       string `json:"body,omitempty"`

	Segments    []segmentDoc `json:"segments"`
	Credits     []creditDoc  `json:"credits,omitempty"`
	CitedMedia  []string     `json:"cited_media,omitempty"`
	Attribution [3]any       `json:"attribution"`
	readingDoc
	aboutDoc
	Corrections *correctionsDoc `json:"corrections,omitempty"`

	Subjects   []subjectDoc    `json:"subjects,omitempty"`
	Images     []imageDoc      `json:"images,omitempty"`
	Provenance []provenanceDoc `json:"provenance,omitempty"`

	PublishedAt    *time.Time `json:"published_at,omitempty"`
	VersionCreated *time.Time `json:"version_created,omitempty"`
	ReceivedAt     *time.Time `json:"received_at,omitempty"`
	SortDate       *time.Time `json:"sort_date,omitempty"`

	Original *originalDoc `json:"original,omitempty"`
	Flags    []string     `json:"flags,omitempty"`
}

type noticeDoc struct {
	Action Action     `json:"action"`
	Who    string     `json:"who,omitempty"`
	Reason string     `json:"reason,omitempty"`
	Lifts  *time.Time `json:"lifts,omitempty"`
}

type correctionsDoc struct {
	Number int            `json:"number"`
	Fields []correctedDoc `json:"fields,omitempty"`
}

type correctedDoc struct {
	Field  string     `json:"field"`
	Who    string     `json:"who,omitempty"`
	At     *time.Time `json:"at,omitempty"`
	Unseen []string   `json:"unseen,omitempty"`
}

type evidenceDoc struct {
	Start      int     `json:"start"`
	End        int     `json:"end"`
	Enricher   string  `json:"enricher,omitempty"`
	Version    int     `json:"version,omitempty"`
	Confidence float64 `json:"confidence"`
}

type segmentDoc struct {
	Kind   Kind   `json:"kind"`
	Text   string `json:"text"`
	Before string `json:"before,omitempty"` // white space, first segment only
	After  string `json:"after,omitempty"`  // white space up to the next
	evidenceDoc
}

type creditDoc struct {
	Text         string   `json:"text"`
	Photographer string   `json:"photographer,omitempty"`
	Agencies     []string `json:"agencies,omitempty"`
	evidenceDoc
}

type subjectDoc struct {
	Code string `json:"code,omitempty"`
	Name string `json:"name,omitempty"`
}

type imageDoc struct {
	URL       string `json:"url"`
	MediaType string `json:"media_type,omitempty"`
	Caption   string `json:"caption,omitempty"`
	Credit    string `json:"credit,omitempty"`
}

// provenanceDoc says where a value that stands as a plain string elsewhere in
// the document comes from.
type provenanceDoc struct {
	Field string `json:"field"` // "language", "agency", "cited_media"
	Value string `json:"value"`
	Text  string `json:"text,omitempty"`
	evidenceDoc
}

type originalDoc struct {
	Size      int64  `json:"size,omitempty"`
	Hash      string `json:"hash,omitempty"`
	Format    string `json:"format,omitempty"`
	MediaType string `json:"media_type,omitempty"`
	Charset   string `json:"charset,omitempty"`
	Name      string `json:"name,omitempty"`
}

// MarshalJSON writes the article in the shape of schema.json. Original.Bytes
// and Traceparent are not part of it.
func (a *Article) MarshalJSON() ([]byte, error) {
	if err := CheckSegments(a.Text, a.Segments); err != nil {
		return nil, fmt.Errorf("article %s: %w", a.URI, err)
	}
	d := document{
		URI: a.URI, Version: a.Version, Revision: a.Revision, Status: a.Status, EmbargoUntil: stamp(a.EmbargoUntil),
		Source: a.Source, Provider: a.Provider, URL: a.URL, Agency: a.Agency.Value, Language: a.Language.Value, Urgency: a.Urgency,
		Kicker: a.First(Kicker), Headline: a.First(Headline), Standfirst: a.First(Standfirst),
		Byline: a.First(Byline), Dateline: a.First(Dateline), Body: a.Body(),
		ExpiresAt:   stamp(a.ExpiresAt),
		EvolvedFrom: a.EvolvedFrom,
		Segments:    make([]segmentDoc, len(a.Segments)),
		PublishedAt: stamp(a.PublishedAt), VersionCreated: stamp(a.VersionCreated), ReceivedAt: stamp(a.ReceivedAt),
		Flags: a.Flags,
	}
	if n := a.Notice; n != nil {
		d.Notice = &noticeDoc{n.Action, n.Who, n.Reason, stamp(n.Lifts)}
	}
	for i, s := range a.Segments {
		d.Segments[i] = segmentDoc{Kind: s.Kind, Text: s.In(a.Text), After: After(a.Text, a.Segments, i), evidenceDoc: s.doc()}
	}
	if len(d.Segments) > 0 {
		d.Segments[0].Before = Before(a.Text, a.Segments)
	}
	for _, c := range a.Credits {
		d.Credits = append(d.Credits, creditDoc{Text: a.cut(c.Span), Photographer: c.Photographer, Agencies: c.Agencies, evidenceDoc: c.doc()})
	}
	cites := a.Cites
	if cites == nil {
		cites = []string{}
	}
	d.Attribution = [3]any{nilIfEmpty(a.Publisher), nilIfEmpty(a.Via), cites}
	var err error
	if d.readingDoc, err = a.readingDoc(); err != nil {
		return nil, fmt.Errorf("article %s: %w", a.URI, err)
	}
	d.aboutDoc = a.aboutDoc()
	d.Corrections = a.Corrections.doc()
	for _, s := range a.Subjects {
		d.Subjects = append(d.Subjects, subjectDoc(s))
	}
	for _, im := range a.Images {
		d.Images = append(d.Images, imageDoc(im))
	}
	d.Provenance = a.appendProvenance(d.Provenance, "language", a.Language)
	d.Provenance = a.appendProvenance(d.Provenance, "agency", a.Agency)
	for _, m := range a.CitedMedia {
		d.CitedMedia = append(d.CitedMedia, m.Value)
		d.Provenance = a.appendProvenance(d.Provenance, "cited_media", m)
	}
	if t, _ := a.SortDate(); !t.IsZero() {
		d.SortDate = stamp(t)
	}
	o := originalDoc{a.Original.Size, a.Original.Hash, a.Original.Format, a.Original.MediaType, a.Original.Charset, a.Original.Name}
	if o != (originalDoc{}) {
		d.Original = &o
	}
	return json.Marshal(d)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (a *Article) UnmarshalJSON(b []byte) error {
	var d document
	if err := json.Unmarshal(b, &d); err != nil {
		return err
	}
	*a = Article{
		URI: d.URI, Version: d.Version, Revision: d.Revision, Status: d.Status, EmbargoUntil: moment(d.EmbargoUntil),
		ExpiresAt: moment(d.ExpiresAt),
		Source:    d.Source, Provider: d.Provider, URL: d.URL, Urgency: d.Urgency,
		PublishedAt: moment(d.PublishedAt), VersionCreated: moment(d.VersionCreated), ReceivedAt: moment(d.ReceivedAt),
		EvolvedFrom: d.EvolvedFrom,
		Flags:       d.Flags, Agency: Label{Value: d.Agency}, Language: Label{Value: d.Language},
	}
	if n := d.Notice; n != nil {
		a.Notice = &Notice{n.Action, n.Who, n.Reason, moment(n.Lifts)}
	}
	var text strings.Builder
	for i, s := range d.Segments {
		if i == 0 {
			text.WriteString(s.Before)
		}
		a.Segments = append(a.Segments, Segment{Kind: s.Kind, Evidence: s.evidence()})
		text.WriteString(s.Text)
		text.WriteString(s.After)
	}
	a.Text = text.String()
	if err := CheckSegments(a.Text, a.Segments); err != nil {
		return fmt.Errorf("article %s: %w", a.URI, err)
	}
	for _, c := range d.Credits {
		a.Credits = append(a.Credits, Credit{Evidence: c.evidence(), Photographer: c.Photographer, Agencies: c.Agencies})
	}
	a.Publisher, _ = d.Attribution[0].(string)
	a.Via, _ = d.Attribution[1].(string)
	if cites, ok := d.Attribution[2].([]any); ok {
		for _, c := range cites {
			if s, ok := c.(string); ok {
				a.Cites = append(a.Cites, s)
			}
		}
	}
	if err := a.readReading(d.readingDoc); err != nil {
		return fmt.Errorf("article %s: %w", a.URI, err)
	}
	a.readAbout(d.aboutDoc)
	if c := d.Corrections; c != nil {
		a.Corrections.Number = c.Number
		for _, f := range c.Fields {
			a.Corrections.Fields = append(a.Corrections.Fields, Corrected{f.Field, f.Who, moment(f.At), f.Unseen})
		}
	}
	for _, s := range d.Subjects {
		a.Subjects = append(a.Subjects, Subject(s))
	}
	for _, im := range d.Images {
		a.Images = append(a.Images, Image(im))
	}
	for _, v := range d.CitedMedia {
		a.CitedMedia = append(a.CitedMedia, Label{Value: v})
	}
	for _, p := range d.Provenance {
		switch p.Field {
		case "language":
			a.Language.Evidence = append(a.Language.Evidence, p.evidence())
		case "agency":
			a.Agency.Evidence = append(a.Agency.Evidence, p.evidence())
		case "cited_media":
			for i := range a.CitedMedia {
				if a.CitedMedia[i].Value == p.Value {
					a.CitedMedia[i].Evidence = append(a.CitedMedia[i].Evidence, p.evidence())
				}
			}
		}
	}
	if o := d.Original; o != nil {
		a.Original = Original{Size: o.Size, Hash: o.Hash, Format: o.Format, MediaType: o.MediaType, Charset: o.Charset, Name: o.Name}
	}
	return nil
}

func (c *Corrections) doc() *correctionsDoc {
	if c.Number == 0 && len(c.Fields) == 0 {
		return nil
	}
	d := &correctionsDoc{Number: c.Number}
	for _, f := range c.Fields {
		d.Fields = append(d.Fields, correctedDoc{f.Field, f.Who, stamp(f.At), f.Unseen})
	}
	return d
}

func (a *Article) appendProvenance(ps []provenanceDoc, field string, l Label) []provenanceDoc {
	for _, e := range l.Evidence {
		ps = append(ps, provenanceDoc{Field: field, Value: l.Value, Text: a.cut(e.Span), evidenceDoc: e.doc()})
	}
	return ps
}

// cut is the text of s, or "" where s is empty or outside the text.
func (a *Article) cut(s Span) string {
	if s.Start < 0 || s.End > len(a.Text) || s.Start >= s.End {
		return ""
	}
	return s.In(a.Text)
}

func (e Evidence) doc() evidenceDoc {
	return evidenceDoc{e.Start, e.End, e.Enricher, e.Version, e.Confidence}
}

func (d evidenceDoc) evidence() Evidence {
	return Evidence{Span{d.Start, d.End}, d.Enricher, d.Version, d.Confidence}
}

func stamp(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func moment(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

func nilIfEmpty(s string) any {
	if s == "" {
		return nil
	}
	return s
}
