// Package format is the table of what can be read: it recognises an input by
// its content, cuts it into parts of one article each, and has them decoded.
package format

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"mime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/document"
	"github.com/copytaster/copytaster/services/ingest/format/anpa1312"
	"github.com/copytaster/copytaster/services/ingest/format/feed"
	"github.com/copytaster/copytaster/services/ingest/format/html"
	"github.com/copytaster/copytaster/services/ingest/format/iptc7901"
	"github.com/copytaster/copytaster/services/ingest/format/mail"
	"github.com/copytaster/copytaster/services/ingest/format/newsml"
	"github.com/copytaster/copytaster/services/ingest/format/newsmlg2"
	"github.com/copytaster/copytaster/services/ingest/format/ninjs"
	"github.com/copytaster/copytaster/services/ingest/format/nitf"
	"github.com/copytaster/copytaster/services/ingest/format/text"
)

// Hint is what is known of an input besides its bytes.
type Hint = document.Hint

// Part is a piece of an input that becomes one article.
type Part = document.Part

// Format is one kind of input.
type Format struct {
	Name string
	// MediaTypes are the Content-Types under which it travels, the usual one
	// first. They are not believed against the content.
	MediaTypes []string
	// Detect tells by the first bytes (UTF-8, at most headBytes) whether an
	// input is of this format.
	Detect func(head []byte) bool
	// Split cuts an input into parts, each of which is again a whole input of
	// this format; so one broken item doesn't hold the others. nil: an input is
	// one part. Parts come in the order of the input; none and no error: the
	// input is well-formed and empty, as a feed may be.
	Split func(data []byte, h Hint) ([]Part, error)
	// Decode makes articles with text, segments, URI, dates and the original's
	// charset. What is common to all formats is done by [Decode] of this
	// package.
	Decode func(ctx context.Context, r io.Reader, h Hint) ([]article.Article, error)
}

// Table lists the formats in the order in which they are tried: the strictest
// first, and text, which takes everything that is text, last.
var Table = []Format{
	{Name: anpa1312.Name, MediaTypes: []string{"text/plain"}, Detect: anpa1312.Detect, Split: anpa1312.Split, Decode: anpa1312.Decode},
	{Name: iptc7901.Name, MediaTypes: []string{"text/plain"}, Detect: iptc7901.Detect, Split: iptc7901.Split, Decode: iptc7901.Decode},
	{Name: mail.Name, MediaTypes: []string{"message/rfc822"}, Detect: mail.Detect, Split: mail.Split(attached), Decode: mail.Decode(attached)},
	{Name: ninjs.Name, MediaTypes: []string{"application/json"}, Detect: ninjs.Detect, Split: ninjs.Split, Decode: ninjs.Decode},
	{Name: feed.JSONFeed, MediaTypes: []string{"application/feed+json"}, Detect: feed.DetectJSONFeed, Split: feed.SplitJSONFeed, Decode: feed.DecodeJSONFeed},
	{Name: feed.Atom, MediaTypes: []string{"application/atom+xml"}, Detect: feed.DetectAtom, Split: feed.SplitAtom, Decode: feed.DecodeAtom},
	{Name: feed.RSS, MediaTypes: []string{"application/rss+xml", "application/rdf+xml"}, Detect: feed.DetectRSS, Split: feed.SplitRSS, Decode: feed.DecodeRSS},
	{Name: newsmlg2.Name, MediaTypes: []string{"application/vnd.iptc.g2.newsitem+xml", "application/vnd.iptc.g2.newsmessage+xml"}, Detect: newsmlg2.Detect, Split: newsmlg2.Split, Decode: newsmlg2.Decode},
	{Name: newsml.Name, MediaTypes: []string{"text/vnd.iptc.newsml"}, Detect: newsml.Detect, Split: newsml.Split, Decode: newsml.Decode},
	{Name: nitf.Name, MediaTypes: []string{"text/vnd.iptc.nitf"}, Detect: nitf.Detect, Decode: nitf.Decode},
	{Name: html.Name, MediaTypes: []string{"text/html", "application/xhtml+xml"}, Detect: html.Detect, Decode: html.Decode},
	{Name: text.Name, MediaTypes: []string{"text/plain"}, Detect: plain, Decode: text.Decode},
}

// headBytes is how much of an input is looked at to recognise it.
const headBytes = 16 << 10

// Names lists the formats' names in the order of the table.
func Names() []string {
	names := make([]string, len(Table))
	for i, f := range Table {
		names[i] = f.Name
	}
	return names
}

// Find is the format of that name; for "" it is the one that the content
// speaks for. Errors are [*document.Error]s.
func Find(data []byte, name string) (Format, error) {
	if name != "" {
		for _, f := range Table {
			if f.Name == name {
				return f, nil
			}
		}
		return Format{}, document.Refuse(document.Unknown, "", "there is no format %q; known are %s", name, strings.Join(Names(), ", "))
	}
	head := document.Head(data, headBytes)
	if len(bytes.TrimSpace(head)) == 0 && len(bytes.TrimSpace(data)) == 0 {
		return Format{}, document.Refuse(document.Empty, "", "nothing but white space in %d bytes", len(data))
	}
	for _, f := range Table {
		if f.Detect(head) {
			return f, nil
		}
	}
	return Format{}, document.Refuse(document.Unknown, "", "%s; known are %s", describe(head), strings.Join(Names(), ", "))
}

// plain takes what no other format took and doesn't look like data.
func plain(head []byte) bool { return describe(head) == "" }

// describe names data in a format that isn't known, or returns "".
func describe(head []byte) string {
	head = bytes.TrimSpace(head)
	if len(head) == 0 {
		return ""
	}
	switch head[0] {
	case '{', '[':
		// Three tokens of JSON are no accident: a kicker may stand in brackets,
		// but isn't quoted and followed by a colon.
		d := json.NewDecoder(bytes.NewReader(head))
		for i := range 3 {
			if _, err := d.Token(); err != nil {
				if i == 2 && errors.Is(err, io.EOF) {
					break
				}
				return ""
			}
		}
		return "this is JSON of a kind that isn't known"
	case '<':
		if !bytes.HasPrefix(head, []byte("<?xml")) && !bytes.Contains(head, []byte("xmlns")) {
			return ""
		}
		d := xml.NewDecoder(bytes.NewReader(head))
		d.Strict = false
		d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
		for {
			t, err := d.RawToken()
			if err != nil {
				return "this is XML without an element that could be read"
			}
			if s, ok := t.(xml.StartElement); ok {
				return fmt.Sprintf("this is XML of a kind that isn't known, <%s>", document.Clip(s.Name.Local))
			}
		}
	}
	return ""
}

// Split cuts an input into parts of one article each. name forces a format,
// "" recognises it. Parts that are broken come along with their error, so that
// none is lost; the returned error concerns the whole input and is a
// [*document.Error].
func Split(data []byte, h Hint, name string) (f Format, parts []Part, err error) {
	if len(data) > document.MaxBytes {
		return Format{}, nil, document.Refuse(document.TooLarge, "", "%d bytes, the limit is %d", len(data), document.MaxBytes)
	}
	if f, err = Find(data, name); err != nil {
		return Format{}, nil, err
	}
	if f.Split == nil {
		return f, []Part{{Data: data}}, nil
	}
	defer rescue(f.Name, &err)
	parts, err = f.Split(data, h)
	return f, parts, err
}

// Decode makes articles of an input. name forces a format, "" recognises it.
// The articles are complete and valid, those of broken parts apart, whose
// errors are joined in err: there may be both articles and an error. All
// errors but that of ctx are [*document.Error]s, and permanent.
//
// h.Source and h.ReceivedAt must be set.
func Decode(ctx context.Context, data []byte, h Hint, name string) ([]article.Article, error) {
	f, parts, err := Split(data, h, name)
	if err != nil {
		return nil, err
	}
	var as []article.Article
	var errs []error
	for _, p := range parts {
		if p.Err != nil {
			errs = append(errs, p.Err)
			continue
		}
		made, err := f.one(ctx, p.Data, h)
		if err != nil {
			if ctx.Err() != nil {
				return as, ctx.Err()
			}
			if p.Label != "" {
				err = fmt.Errorf("%s: %w", p.Label, err)
			}
			errs = append(errs, err)
			continue
		}
		as = append(as, made...)
	}
	return as, errors.Join(errs...)
}

// DecodePart makes the article of one part, all of it or an error.
func DecodePart(ctx context.Context, data []byte, h Hint, name string) ([]article.Article, error) {
	f, err := Find(data, name)
	if err != nil {
		return nil, err
	}
	return f.one(ctx, data, h)
}

func (f Format) one(ctx context.Context, data []byte, h Hint) (as []article.Article, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if h.ReceivedAt.IsZero() || h.Source == "" {
		return nil, document.Refuse(document.Invalid, f.Name, "source and received_at of the hint must be set")
	}
	if len(data) > h.Largest() {
		return nil, document.Refuse(document.TooLarge, f.Name, "%d bytes for one article, the limit is %d", len(data), h.Largest())
	}
	defer rescue(f.Name, &err)
	as, err = f.Decode(ctx, bytes.NewReader(data), h)
	if err != nil {
		if e, ok := errors.AsType[*document.Error](err); ok {
			if e.Format == "" {
				e.Format = f.Name
			}
			return nil, err
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, document.Refuse(document.Syntax, f.Name, "%v", err)
	}
	for i := range as {
		if err := f.finish(&as[i], data, h); err != nil {
			return nil, err
		}
	}
	return as, nil
}

// rescue turns a panic of a parser into a refusal: one hostile page must not
// end the service.
func rescue(name string, err *error) {
	if r := recover(); r != nil {
		*err = document.Refuse(document.Syntax, name, "the decoder failed: %v\n%s", r, debug.Stack())
	}
}

// replaced counts the characters of an article that could not be converted. A
// decoder that converts the whole input itself knows of those, too, which are not
// in the article.
func replaced(a *article.Article) int {
	count := func(s string) int { return strings.Count(s, "\uFFFD") }
	n := count(a.Text)
	for _, s := range a.Subjects {
		n += count(s.Name)
	}
	for _, im := range a.Images {
		if !strings.Contains(a.Text, im.Caption) {
			n += count(im.Caption)
		}
	}
	return n
}

// finish sets what all formats have in common, and checks the whole.
func (f Format) finish(a *article.Article, data []byte, h Hint) error {
	a.Source, a.Provider = h.Source, h.Namespace()
	if a.Status == "" {
		a.Status = article.Usable
	}
	a.ReceivedAt = h.ReceivedAt.UTC()
	a.PublishedAt, a.VersionCreated, a.ExpiresAt = date(a.PublishedAt), date(a.VersionCreated), date(a.ExpiresAt)
	sum := sha256.Sum256(data)
	a.Original.Bytes = data
	a.Original.Size = int64(len(data))
	a.Original.Hash = hex.EncodeToString(sum[:])
	a.Original.Format = f.Name
	a.Original.Name = h.Name
	a.Original.Stated = article.Stated{URL: h.URL, MediaType: h.MediaType, Charset: h.Charset, PublishedAt: h.PublishedAt}
	if mt, _, err := mime.ParseMediaType(h.MediaType); err == nil && a.Original.MediaType == "" {
		a.Original.MediaType = mt
	}
	if a.Original.MediaType == "" {
		a.Original.MediaType = f.MediaTypes[0]
	}
	if a.Replaced = max(a.Replaced, replaced(a)); a.Replaced > 0 {
		a.Flag(article.FlagCharsetReplaced)
	}
	if len(a.Subjects) > article.MaxSubjects {
		a.Subjects = a.Subjects[:article.MaxSubjects]
		a.Flag(article.FlagTruncated)
	}
	if len(a.Images) > article.MaxImages {
		a.Images = a.Images[:article.MaxImages]
		a.Flag(article.FlagTruncated)
	}
	if len(a.EvolvedFrom) > article.MaxEvolvedFrom {
		a.EvolvedFrom = a.EvolvedFrom[:article.MaxEvolvedFrom]
		a.Flag(article.FlagTruncated)
	}
	if len(a.URI) > article.MaxURI {
		return &document.Error{Reason: document.Invalid, Format: f.Name, Field: "uri", Detail: fmt.Sprintf("%d bytes, the limit is %d", len(a.URI), article.MaxURI)}
	}
	if _, guessed := a.SortDate(); guessed {
		a.Flag(article.FlagSortDateReceived)
	}
	if err := a.Stamp(); err != nil {
		return document.Refuse(document.Invalid, f.Name, "%v", err)
	}
	if err := a.Validate(); err != nil {
		return document.Refuse(document.Invalid, f.Name, "%v", err)
	}
	return nil
}

// date drops what can't be a date of news or be written as RFC 3339: a parser
// that made year 0 or 20000 of some text read nothing.
func date(t time.Time) time.Time {
	if t.IsZero() || t.Year() < 1600 || t.Year() > 9999 {
		return time.Time{}
	}
	return t.UTC()
}
