package article

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// correctionDoc are the fields that an editor may correct, as they stand in JSON.
type correctionDoc struct {
	Language    *string      `json:"language,omitempty"`
	Agency      *string      `json:"agency,omitempty"`
	CitedMedia  []string     `json:"cited_media,omitempty"`
	Attribution []any        `json:"attribution,omitempty"`
	Credits     []creditDoc  `json:"credits,omitempty"`
	Segments    []segmentDoc `json:"segments,omitempty"`
	readingDoc
	aboutDoc
}

// Proof is what an editor corrects: an article, as it was last seen.
type Proof struct {
	*Article // with its text, and its segments if they are told

	// Found is what was found in that text, and what of it was corrected by then; nil:
	// it isn't known.
	Found *Article
	// Stands is what was said of the field before; nil: nothing.
	Stands *Correction
	// Locate says where a place is of which only the name is said, and maybe the country
	// or the id; nil: it stays so.
	Locate func(*Place) error
}

// ParseCorrection reads what an editor says of a field of a proof, in the JSON that the
// field has in an article's; null or an empty list says that there is nothing. Where
// an object has words of the text ("text") without their place ("start", "end"),
// that is the first one where they stand, and in a list the next one for each
// further object with the same words; or the place that is told with them ("passage"),
// as [Correction.JSON] tells it. An entity or place without mentions has those that were
// found of its name, or else has them wherever that stands, see [locator.named]. An error
// names the field, and what of it is wrong.
//
// Who, when and why are for the caller to set.
func ParseCorrection(p Proof, field string, value []byte) (Correction, error) {
	c := Correction{Corrected: Corrected{Field: field}}
	f := correctableOf(field)
	if f == nil {
		return c, fmt.Errorf("field %q can't be corrected; there are %s", clip(field), strings.Join(Correctable(), ", "))
	}
	l := newLocator(p, f)
	v, err := l.read(value)
	if err != nil {
		return c, fmt.Errorf("%s: %w", field, err)
	}
	// In order, and with the places in the text as they are.
	f.place(&v, &mover{to: func(s Span) (Span, bool) { return s, true }, touch: func(e *Evidence) {
		e.Enricher, e.Version = Signer, signerVersion
		if e.Confidence == 0 {
			e.Confidence = 1
		}
	}})
	in := v
	in.Text, in.Segments = l.text, l.segments()
	err = errors.Join(v.checkCorrection(l.text), in.CheckReading())
	if err == nil && f.lines {
		err = l.whole(v.Segments)
	}
	if err != nil {
		return c, fmt.Errorf("%s: %w", field, err)
	}
	if err := c.take(l, f, v); err != nil {
		return c, fmt.Errorf("%s: %w", field, err)
	}
	c.know(p)
	return c, nil
}

// take makes v, whose places are in the locator's text, the correction's value.
func (c *Correction) take(l *locator, f *correctable, v Article) error {
	var spans []Span
	see := v
	f.place(&see, &mover{to: func(s Span) (Span, bool) {
		spans = append(spans, s)
		return s, true
	}})
	slices.SortFunc(spans, compareSpans)
	spans = slices.Compact(spans)
	if n := len(spans); n > MaxPassages {
		return fmt.Errorf("it names %d places in the text, the limit is %d", n, MaxPassages)
	}
	var b strings.Builder
	to := map[Span]Span{}
	for _, s := range spans {
		p, kept := l.kept[s]
		if !kept {
			if s.End > len(l.in.text) {
				return fmt.Errorf("span %d-%d lies behind the text of %d bytes", s.Start, s.End, len(l.in.text))
			}
			var err error
			if p, err = l.in.passage(s); err != nil {
				return err
			}
		}
		c.Passages = append(c.Passages, p)
		from := b.Len()
		b.WriteString(s.In(l.text))
		to[s] = Span{from, b.Len()}
	}
	f.place(&v, &mover{to: func(s Span) (Span, bool) { return to[s], true }})
	c.Value = Article{Text: b.String()}
	f.set(&c.Value, &v)
	return nil
}

func compareSpans(a, b Span) int {
	if a.Start != b.Start {
		return a.Start - b.Start
	}
	return a.End - b.End
}

// read reads a field's value; its places are in the locator's text.
func (l *locator) read(value []byte) (Article, error) {
	var v Article
	var said any
	d := json.NewDecoder(bytes.NewReader(value))
	d.UseNumber()
	if err := d.Decode(&said); err != nil {
		return v, fmt.Errorf("is no JSON: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return v, errors.New("is more than one value of JSON")
	}
	if err := l.locate(said); err != nil {
		return v, err
	}
	b, err := json.Marshal(map[string]any{l.of.name: said})
	if err != nil {
		return v, err
	}
	var doc correctionDoc
	strict := json.NewDecoder(bytes.NewReader(b))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&doc); err != nil {
		return v, formOf(err)
	}
	if v, err = doc.article(); err != nil {
		return v, err
	}
	return v, l.complete(&v)
}

// formOf says what of a field's JSON has the wrong form.
func formOf(err error) error {
	if t := new(json.UnmarshalTypeError); errors.As(err, &t) {
		path := strings.Split(t.Field, ".")
		path = slices.DeleteFunc(path, func(name string) bool { return strings.HasSuffix(name, "Doc") }) // of a Go type
		return fmt.Errorf("%s can't be a JSON %s", strings.Join(path, "."), t.Value)
	}
	if name, is := strings.CutPrefix(err.Error(), "json: unknown field "); is {
		return fmt.Errorf("has no %s", name)
	}
	return err
}

// article is the field of the document in an article.
func (d *correctionDoc) article() (Article, error) {
	var v Article
	by := Evidence{Enricher: Signer} // the rest is signed with what is from the text
	if d.Language != nil && *d.Language != "" {
		v.Language = Label{Value: *d.Language, Evidence: []Evidence{by}}
	}
	if d.Agency != nil && *d.Agency != "" {
		v.Agency = Label{Value: *d.Agency, Evidence: []Evidence{by}}
	}
	for _, m := range d.CitedMedia {
		v.CitedMedia = append(v.CitedMedia, Label{Value: m, Evidence: []Evidence{by}})
	}
	for _, c := range d.Credits {
		v.Credits = append(v.Credits, Credit{Evidence: c.evidence(), Photographer: c.Photographer, Agencies: c.Agencies})
	}
	for _, s := range d.Segments {
		v.Segments = append(v.Segments, Segment{Kind: s.Kind, Evidence: s.evidence()})
	}
	if err := v.readAttribution(d.Attribution); err != nil {
		return v, err
	}
	if err := v.readReading(d.readingDoc); err != nil {
		return v, err
	}
	v.readAbout(d.aboutDoc)
	return v, nil
}

// readAttribution reads publisher, agency, and a list of media; nil is none.
func (a *Article) readAttribution(said []any) error {
	if len(said) == 0 {
		return nil
	}
	const parts = 3
	if len(said) != parts {
		return fmt.Errorf("has %d members, must have publisher, agency and a list of media", len(said))
	}
	ok := true
	text := func(x any) string {
		s, is := x.(string)
		ok = ok && (is || x == nil)
		return s
	}
	a.Publisher, a.Via = text(said[0]), text(said[1])
	media, is := said[2].([]any)
	ok = ok && (is || said[2] == nil)
	for _, m := range media {
		a.Cites = append(a.Cites, text(m))
		ok = ok && m != nil
	}
	if !ok {
		return errors.New("must be publisher and agency, strings or null, and a list of strings")
	}
	return nil
}

// number is an offset in JSON; -1: it is none.
func number(x any) int {
	if n, ok := x.(json.Number); ok {
		if i, err := n.Int64(); err == nil && i >= 0 && i <= MaxText {
			return int(i)
		}
	}
	return -1
}

// checkCorrection tells what is wrong with what an editor says, beside what
// [Article.CheckReading] finds.
func (a *Article) checkCorrection(text string) error {
	c := checker{text: text}
	if t := a.Language.Value; t != "" && !languageTag(t) {
		c.bad("value", 0, "%q is no language tag of BCP 47", clip(t))
	}
	c.lengths("value", 0, append([]string{a.Agency.Value, a.Publisher, a.Via}, a.Cites...)...)
	for i := range a.CitedMedia {
		c.name("medium", i, a.CitedMedia[i].Value)
	}
	for i := range a.Credits {
		c.at = 0
		c.span("credit", i, a.Credits[i].Span)
		c.lengths("credit", i, append([]string{a.Credits[i].Photographer}, a.Credits[i].Agencies...)...)
	}
	for i := range a.Quotes {
		q := &a.Quotes[i]
		c.lengths("quote", i, q.Speaker, q.Role, q.Via, q.Cue)
	}
	for i := range a.Amounts {
		if cur := a.Amounts[i].Currency; cur != "" && !(len(cur) == 3 && strings.Trim(cur, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "") {
			c.bad("amount", i, "has currency %q, which is no code of ISO 4217", clip(cur))
		}
	}
	for i := range a.Quantities {
		c.lengths("quantity", i, a.Quantities[i].Unit)
	}
	for i := range a.Moments {
		if p := a.Moments[i].Precision; p != "" && !slices.Contains(Precisions, p) {
			c.bad("date", i, "has precision %q, which is none", clip(string(p)))
		}
	}
	c.retold(a.Segments)
	c.at = 0
	c.lengths("filed", 0, a.Filed.Places...)
	c.lengths("filed", 0, a.Filed.Agencies...)
	for i := range a.Entities {
		if t := a.Entities[i].Type; t != "" && !slices.Contains(EntityTypes, t) {
			c.bad("entity", i, "has type %q, which is none of person, organisation, place, other", clip(string(t)))
		}
	}
	return errors.Join(c.errs...)
}

// languageTag tells whether s has the form of a tag of BCP 47.
func languageTag(s string) bool {
	const primary, sub, all = 3, 8, 100
	for i, part := range strings.Split(s, "-") {
		n := len(part)
		switch {
		case n == 0 || n > sub || i == 0 && (n == 1 || n > primary):
			return false
		case strings.Trim(strings.ToLower(part), "abcdefghijklmnopqrstuvwxyz0123456789") != "":
			return false
		case i == 0 && strings.ContainsAny(part, "0123456789"):
			return false
		}
	}
	return len(s) <= all
}

// JSON is what the editor says, in the form that [ParseCorrection] reads, with its
// words, and without their places: which of the places with these words each has is told
// by "passage", which other texts know it by, too.
func (c *Correction) JSON() (json.RawMessage, error) {
	v := c.Value
	if v.Text != "" && len(v.Segments) == 0 {
		v.Segments = []Segment{{Kind: Unknown, Evidence: Evidence{Span: Span{End: len(v.Text)}}}}
	}
	b, err := v.MarshalJSON()
	if err != nil {
		return nil, err
	}
	var doc map[string]any
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(&doc); err != nil {
		return nil, err
	}
	passages := make(map[Span]string, len(c.Passages))
	for was, p := range c.stood() {
		passages[was] = p.String()
	}
	value := doc[c.Field]
	bare(value, passages)
	return json.Marshal(value)
}

// bare takes out of a value where it comes from, and tells the passage of words.
func bare(x any, passages map[Span]string) {
	switch x := x.(type) {
	case []any:
		for i := range x {
			bare(x[i], passages)
		}
	case map[string]any:
		if p, ok := passages[Span{number(x["start"]), number(x["end"])}]; ok {
			x["passage"] = p
		}
		for _, name := range []string{"start", "end", "enricher", "version"} {
			delete(x, name)
		}
		for _, v := range x {
			bare(v, passages)
		}
	}
}
