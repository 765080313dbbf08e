package article

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Span is a part of a text: bytes [Start, End) of its UTF-8 form.
type Span struct {
	Start int
	End   int
}

// In is the text that the span covers. The span must lie within text.
func (s Span) In(text string) string { return text[s.Start:s.End] }

// Empty tells that the span covers nothing.
func (s Span) Empty() bool { return s.Start == s.End }

// Contains tells whether o lies within s.
func (s Span) Contains(o Span) bool { return s.Start <= o.Start && o.End <= s.End }

// Segment is a part of the text with one role. Its ends are not white space,
// except where the segment is [Residue].
type Segment struct {
	Evidence
	Kind Kind
}

// Kind is the role of a segment.
type Kind string

// The kinds, by the field's own names.
const (
	Unknown     Kind = "unknown" // not looked at yet; none is left after enrichment
	Kicker      Kind = "kicker"
	Headline    Kind = "headline"
	Standfirst  Kind = "standfirst"
	Byline      Kind = "byline"
	Dateline    Kind = "dateline"
	Paragraph   Kind = "paragraph"
	Subhead     Kind = "subhead"
	Quote       Kind = "quote" // a set-off quotation, not one inside a paragraph
	Caption     Kind = "caption"
	CreditLine  Kind = "credit"
	Reference   Kind = "reference" // names what the report is based on
	Signoff     Kind = "signoff"   // the agency's or writer's mark at the end
	Note        Kind = "note"      // to editors; never shown to readers
	Boilerplate Kind = "boilerplate"
	Residue     Kind = "residue" // marks that are nobody's text
)

// Kinds lists all kinds but Unknown.
var Kinds = []Kind{Kicker, Headline, Standfirst, Byline, Dateline, Paragraph, Subhead, Quote, Caption, CreditLine, Reference, Signoff, Note, Boilerplate, Residue}

// InBody tells whether segments of this kind are part of [Article.Body].
func (k Kind) InBody() bool { return k == Paragraph || k == Subhead || k == Quote }

// ForReaders tells whether segments of this kind may be shown to readers, in
// results, snippets and feeds.
func (k Kind) ForReaders() bool {
	switch k {
	case Note, Boilerplate, Residue, Unknown:
		return false
	}
	return true
}

// ForReaders tells whether all that s covers stands in segments that may be shown
// to readers. Of an empty span it is false.
func (a *Article) ForReaders(s Span) bool { return a.within(s, Kind.ForReaders) }

// within tells whether all that s covers, and it covers something, stands in
// segments of such kinds.
func (a *Article) within(s Span, such func(Kind) bool) bool {
	i, _ := slices.BinarySearchFunc(a.Segments, s.Start, func(g Segment, start int) int { return cmp.Compare(g.End, start+1) })
	some := false
	for ; i < len(a.Segments) && a.Segments[i].Start < s.End; i++ {
		if !such(a.Segments[i].Kind) {
			return false
		}
		some = true
	}
	return some
}

// Sure is the confidence from which on a finding counts. What is less sure stays
// in the article, for those who weigh it by themselves; it is neither shown nor
// found nor counted.
const Sure = 0.5

// Mentioned tells whether readers may be shown what has these mentions: one that is
// at least [Sure] is for them, see [Article.ForReaders], or comes from elsewhere than
// the text.
func (a *Article) Mentioned(mentions []Evidence) bool {
	return slices.ContainsFunc(mentions, func(m Evidence) bool { return m.Confidence >= Sure && a.open(m.Span) })
}

// open tells whether s is for readers, or nothing of the text.
func (a *Article) open(s Span) bool { return s == Span{} || a.ForReaders(s) }

// After is the white space between segment i and the next one (or the end).
// The text is the concatenation of every segment's text and what comes after
// it, preceded by [Before].
func After(text string, segs []Segment, i int) string {
	end := len(text)
	if i+1 < len(segs) {
		end = segs[i+1].Start
	}
	return text[segs[i].End:end]
}

// Before is the white space in front of the first segment.
func Before(text string, segs []Segment) string {
	if len(segs) == 0 {
		return text
	}
	return text[:segs[0].Start]
}

// CheckSegments tells whether segs keep the promise of [Article.Segments]:
// in order, within text, on character boundaries, without overlap, and with
// nothing but white space between them.
func CheckSegments(text string, segs []Segment) error {
	at := 0
	for i, s := range segs {
		switch {
		case s.Start < at:
			return fmt.Errorf("segment %d (%s) starts at %d, before byte %d where the one before it ends", i, s.Kind, s.Start, at)
		case s.End <= s.Start || s.End > len(text):
			return fmt.Errorf("segment %d (%s) has span %d-%d in a text of %d bytes", i, s.Kind, s.Start, s.End, len(text))
		case !utf8.RuneStart(text[s.Start]) || s.End < len(text) && !utf8.RuneStart(text[s.End]):
			return fmt.Errorf("segment %d (%s) cuts a character in two", i, s.Kind)
		}
		if g := text[at:s.Start]; !blank(g) {
			return fmt.Errorf("text %q at byte %d is in no segment", clip(g), at)
		}
		at = s.End
	}
	if g := text[at:]; !blank(g) {
		return fmt.Errorf("text %q at byte %d is in no segment", clip(g), at)
	}
	return nil
}

func blank(s string) bool { return strings.TrimFunc(s, unicode.IsSpace) == "" }

func clip(s string) string {
	s = strings.TrimSpace(s)
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

// Builder lays the fields of a structured format out as one text with
// segments. The zero value is ready for use.
type Builder struct {
	// Signer signs the segments, e.g. "format/atom".
	Signer  string
	Version int

	text strings.Builder
	segs []Segment
}

// Add appends text as one segment of kind k, separated from what stands
// before by a blank line. Surrounding white space is dropped; blank text adds
// nothing.
func (b *Builder) Add(k Kind, text string) {
	text = strings.TrimFunc(text, unicode.IsSpace)
	if text == "" {
		return
	}
	if b.text.Len() > 0 {
		b.text.WriteString("\n\n")
	}
	start := b.text.Len()
	b.text.WriteString(text)
	b.segs = append(b.segs, Segment{Kind: k, Evidence: Evidence{
		Span: Span{start, b.text.Len()}, Enricher: b.Signer, Version: b.Version, Confidence: 1,
	}})
}

// Len is the number of bytes laid out so far.
func (b *Builder) Len() int { return b.text.Len() }

// Fill puts the text and its segments into a.
func (b *Builder) Fill(a *Article) {
	a.Text, a.Segments = b.text.String(), b.segs
}
