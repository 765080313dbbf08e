package corpus

import (
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/copytaster/copytaster/pkg/article"
)

// writer appends JSON as encoding/json would write it, byte for byte. A text is
// escaped once: where it stands again (as headline, in its segment, in the body,
// stemmed) its bytes are copied.
type writer struct {
	b   []byte
	err error // the first thing that JSON can't hold
	// escaped are the places in b of each segment's text once it was written.
	escaped []place
}

type place struct{ from, to int }

const hexDigits = "0123456789abcdef"

// plain tells of each ASCII character whether it may stand in a JSON string as
// it is. Those of HTML may not, as in encoding/json.
var plain = func() (t [utf8.RuneSelf]bool) {
	for c := range t {
		t[c] = c >= ' ' && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&'
	}
	return t
}()

// escape appends s as the inside of a JSON string.
func (w *writer) escape(s string) {
	b := w.b
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if plain[c] {
				i++
				continue
			}
			b = append(b, s[start:i]...)
			switch c {
			case '"', '\\':
				b = append(b, '\\', c)
			case '\b':
				b = append(b, '\\', 'b')
			case '\f':
				b = append(b, '\\', 'f')
			case '\n':
				b = append(b, '\\', 'n')
			case '\r':
				b = append(b, '\\', 'r')
			case '\t':
				b = append(b, '\\', 't')
			default:
				b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
			}
			i++
			start = i
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			b = append(append(b, s[start:i]...), `\ufffd`...)
		case r == '\u2028', r == '\u2029':
			b = append(append(b, s[start:i]...), '\\', 'u', '2', '0', '2', hexDigits[r&0xf])
		default:
			i += n
			continue
		}
		i += n
		start = i
	}
	w.b = append(b, s[start:]...)
}

// EscapedLen is at least how many bytes s has inside a JSON string of a document.
func EscapedLen(s string) int {
	if !utf8.ValidString(s) {
		return 6 * len(s)
	}
	n := len(s)
	for i := range len(s) {
		switch c := s[i]; {
		case c < utf8.RuneSelf && plain[c]:
		case c == '"', c == '\\', c == '\n', c == '\t', c == '\r':
			n++
		case c < utf8.RuneSelf:
			n += 5
		case c == 0xe2 && (s[i:i+3] == "\u2028" || s[i:i+3] == "\u2029"):
			n += 3
		}
	}
	return n
}

func (w *writer) raw(s string) { w.b = append(w.b, s...) }

func (w *writer) string(s string) {
	w.b = append(w.b, '"')
	w.escape(s)
	w.b = append(w.b, '"')
}

// field appends a member of an object, after another one; name is `,"name":`.
func (w *writer) field(name, s string) {
	w.raw(name)
	w.string(s)
}

// some is field, or nothing for "".
func (w *writer) some(name, s string) {
	if s != "" {
		w.field(name, s)
	}
}

func (w *writer) number(name string, n int64) {
	w.raw(name)
	w.b = strconv.AppendInt(w.b, n, 10)
}

func (w *writer) someNumber(name string, n int64) {
	if n != 0 {
		w.number(name, n)
	}
}

func (w *writer) list(ss []string) {
	w.b = append(w.b, '[')
	for i, s := range ss {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.string(s)
	}
	w.b = append(w.b, ']')
}

func (w *writer) someList(name string, ss []string) {
	if len(ss) > 0 {
		w.raw(name)
		w.list(ss)
	}
}

func (w *writer) time(name string, t time.Time) {
	w.raw(name)
	w.b = append(w.b, '"')
	b, err := t.UTC().AppendText(w.b)
	if err != nil {
		w.fail(fmt.Errorf("%s %w", name, err))
		return
	}
	w.b = append(b, '"')
}

func (w *writer) someTime(name string, t time.Time) {
	if !t.IsZero() {
		w.time(name, t)
	}
}

func (w *writer) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

// float appends f as JavaScript would.
func (w *writer) float(f float64) {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		w.fail(fmt.Errorf("%v is no number", f))
		return
	}
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	w.b = strconv.AppendFloat(w.b, f, format, -1, 64)
	if n := len(w.b); format == 'e' && n >= 4 && w.b[n-4] == 'e' && (w.b[n-3] == '-' || w.b[n-3] == '+') && w.b[n-2] == '0' {
		w.b[n-2] = w.b[n-1] // e-09 is e-9
		w.b = w.b[:n-1]
	}
}

// evidence appends where something comes from, and the end of its object.
func (w *writer) evidence(e *article.Evidence) {
	w.raw(`,"start":`)
	w.evidenceFromStart(e)
}

// evidenceFromStart is evidence behind the name of its first member.
func (w *writer) evidenceFromStart(e *article.Evidence) {
	w.b = strconv.AppendInt(w.b, int64(e.Start), 10)
	w.number(`,"end":`, int64(e.End))
	w.some(`,"enricher":`, e.Enricher)
	w.someNumber(`,"version":`, int64(e.Version))
	w.raw(`,"confidence":`)
	w.float(e.Confidence)
	w.b = append(w.b, '}')
}

// segment appends the text of segment i, escaped, and notes where it stands.
func (w *writer) segment(a *article.Article, i int) {
	if p := w.escaped[i]; p.to > p.from {
		w.b = append(w.b, w.b[p.from:p.to]...)
		return
	}
	from := len(w.b)
	w.escape(a.Segments[i].In(a.Text))
	w.escaped[i] = place{from, len(w.b)}
}

// first appends the text of the first segment of that kind, if there is one.
func (w *writer) first(name string, a *article.Article, k article.Kind) {
	for i := range a.Segments {
		if a.Segments[i].Kind == k {
			w.raw(name)
			w.b = append(w.b, '"')
			w.segment(a, i)
			w.b = append(w.b, '"')
			return
		}
	}
}

// body is the JSON of [article.Article.Body], and where it stands.
func (w *writer) body(name string, a *article.Article) place {
	var p place
	for i := range a.Segments {
		if !a.Segments[i].Kind.InBody() {
			continue
		}
		if p.from == 0 {
			w.raw(name)
			w.b = append(w.b, '"')
			p.from = len(w.b)
		} else {
			w.raw(`\n\n`)
		}
		w.segment(a, i)
	}
	if p.from > 0 {
		p.to = len(w.b)
		w.b = append(w.b, '"')
	}
	return p
}

// captions appends the texts of all captions, if there are any.
func (w *writer) captions(name string, a *article.Article) {
	begun := false
	for i := range a.Segments {
		if a.Segments[i].Kind != article.Caption {
			continue
		}
		if begun {
			w.b = append(w.b, ',')
		} else {
			w.raw(name)
			w.b = append(w.b, '[')
			begun = true
		}
		w.b = append(w.b, '"')
		w.segment(a, i)
		w.b = append(w.b, '"')
	}
	if begun {
		w.b = append(w.b, ']')
	}
}

// cut is the text of s, or "" where s is empty or outside the text.
func cut(text string, s article.Span) string {
	if s.Start < 0 || s.End > len(text) || s.Start >= s.End {
		return ""
	}
	return s.In(text)
}

// article appends the document up to, and without, "stemmed" and the last
// brace. It returns where the body stands.
func (w *writer) article(a *article.Article, indexedAt time.Time) (body place) {
	w.field(`{"uri":`, string(a.URI))
	w.some(`,"version":`, a.Version)
	w.number(`,"revision":`, int64(a.Revision))
	w.field(`,"status":`, string(a.Status))
	w.someTime(`,"embargo_until":`, a.EmbargoUntil)
	w.someTime(`,"expires_at":`, a.ExpiresAt)
	w.field(`,"source":`, a.Source)
	w.some(`,"provider":`, a.Provider)
	w.some(`,"url":`, a.URL)
	w.some(`,"agency":`, a.Agency.Value)
	w.some(`,"language":`, a.Language.Value)
	w.someNumber(`,"urgency":`, int64(a.Urgency))
	for i, u := range a.EvolvedFrom {
		w.field(item(i, `,"evolved_from":[`, `,`), string(u))
	}
	w.end(len(a.EvolvedFrom))
	w.first(`,"kicker":`, a, article.Kicker)
	w.first(`,"headline":`, a, article.Headline)
	w.first(`,"standfirst":`, a, article.Standfirst)
	w.first(`,"byline":`, a, article.Byline)
	w.first(`,"dateline":`, a, article.Dateline)
	body = w.body(`,"body":`, a)
	w.raw(`,"segments":[`)
	for i := range a.Segments {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.field(`{"kind":`, string(a.Segments[i].Kind))
		w.raw(`,"text":"`)
		w.segment(a, i)
		w.b = append(w.b, '"')
		if i == 0 {
			w.some(`,"before":`, article.Before(a.Text, a.Segments))
		}
		w.some(`,"after":`, article.After(a.Text, a.Segments, i))
		w.evidence(&a.Segments[i].Evidence)
	}
	w.b = append(w.b, ']')
	w.lists(a)
	w.someTime(`,"published_at":`, a.PublishedAt)
	w.someTime(`,"version_created":`, a.VersionCreated)
	w.someTime(`,"received_at":`, a.ReceivedAt)
	sort, _ := a.SortDate()
	w.someTime(`,"sort_date":`, sort)
	w.original(&a.Original)
	w.someList(`,"flags":`, a.Flags)
	w.captions(`,"caption":`, a)
	w.time(`,"indexed_at":`, indexedAt)
	return body
}

// lists are the article's lists, from credits to provenance.
func (w *writer) lists(a *article.Article) {
	for i := range a.Credits {
		c := &a.Credits[i]
		w.raw(item(i, `,"credits":[{"text":`, `,{"text":`))
		w.string(cut(a.Text, c.Span))
		w.some(`,"photographer":`, c.Photographer)
		w.someList(`,"agencies":`, c.Agencies)
		w.evidence(&c.Evidence)
	}
	w.end(len(a.Credits))
	for i := range a.CitedMedia {
		w.field(item(i, `,"cited_media":[`, `,`), a.CitedMedia[i].Value)
	}
	w.end(len(a.CitedMedia))
	w.raw(`,"attribution":[`)
	w.stringOrNull(a.Publisher)
	w.b = append(w.b, ',')
	w.stringOrNull(a.Via)
	w.b = append(w.b, ',')
	w.list(a.Cites)
	w.b = append(w.b, ']')
	w.reading(a)
	w.about(a)
	w.corrections(&a.Corrections)
	for i, s := range a.Subjects {
		w.raw(item(i, `,"subjects":[{`, `,{`))
		w.some(`"code":`, s.Code)
		if s.Code != "" {
			w.some(`,"name":`, s.Name)
		} else {
			w.some(`"name":`, s.Name)
		}
		w.b = append(w.b, '}')
	}
	w.end(len(a.Subjects))
	for i, im := range a.Images {
		w.field(item(i, `,"images":[{"url":`, `,{"url":`), im.URL)
		w.some(`,"media_type":`, im.MediaType)
		w.some(`,"caption":`, im.Caption)
		w.some(`,"credit":`, im.Credit)
		w.b = append(w.b, '}')
	}
	w.end(len(a.Images))
	n := w.provenance(0, a, "language", &a.Language)
	n = w.provenance(n, a, "agency", &a.Agency)
	for i := range a.CitedMedia {
		n = w.provenance(n, a, "cited_media", &a.CitedMedia[i])
	}
	w.end(n)
}

// item is what stands in front of item i of a list.
func item(i int, first, other string) string {
	if i == 0 {
		return first
	}
	return other
}

// end closes a list of n items that is left out if it has none.
func (w *writer) end(n int) {
	if n > 0 {
		w.b = append(w.b, ']')
	}
}

// provenance appends where l comes from, and returns n and how many that were.
func (w *writer) provenance(n int, a *article.Article, field string, l *article.Label) int {
	for i := range l.Evidence {
		w.field(item(n, `,"provenance":[{"field":`, `,{"field":`), field)
		w.field(`,"value":`, l.Value)
		w.some(`,"text":`, cut(a.Text, l.Evidence[i].Span))
		w.evidence(&l.Evidence[i])
		n++
	}
	return n
}

func (w *writer) stringOrNull(s string) {
	if s == "" {
		w.raw(`null`)
	} else {
		w.string(s)
	}
}

func (w *writer) original(o *article.Original) {
	if o.Size == 0 && o.Hash == "" && o.Format == "" && o.MediaType == "" && o.Charset == "" && o.Name == "" {
		return
	}
	w.raw(`,"original":{`)
	begin := len(w.b)
	w.someNumber(`,"size":`, o.Size)
	w.some(`,"hash":`, o.Hash)
	w.some(`,"format":`, o.Format)
	w.some(`,"media_type":`, o.MediaType)
	w.some(`,"charset":`, o.Charset)
	w.some(`,"name":`, o.Name)
	w.b = append(w.b[:begin], w.b[begin+1:]...) // the first comma
	w.b = append(w.b, '}')
}

// stemmed appends what is only for being found by: the texts under the key of
// their language, and what was read in them.
func (w *writer) stemmed(a *article.Article, body place) {
	language := Language(a.Language.Value)
	w.raw(`,"stemmed":{"`)
	w.raw(language)
	w.raw(`":{`)
	begin := len(w.b)
	w.first(`,"kicker":`, a, article.Kicker)
	w.first(`,"headline":`, a, article.Headline)
	w.first(`,"standfirst":`, a, article.Standfirst)
	w.first(`,"byline":`, a, article.Byline)
	if body.to > body.from {
		w.raw(`,"body":"`)
		w.b = append(w.b, w.b[body.from:body.to]...)
		w.b = append(w.b, '"')
	}
	w.captions(`,"caption":`, a)
	if len(w.b) > begin {
		w.b = append(w.b[:begin], w.b[begin+1:]...)
	}
	w.b = append(w.b, '}')
	found := FoundBy(a)
	w.found(&found, language)
	w.b = append(w.b, '}')
}
