// Package text decodes wire text, scraped or plain. It doesn't understand it:
// the text is kept character by character as one unknown segment, and the
// enrichers name its parts.
package text

import (
	"context"
	"io"
	"strings"
	"unicode"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/document"
	"github.com/copytaster/copytaster/services/ingest/format/habit"
)

// Name of the format.
const Name = "text"

// version counts the changes of what the decoder makes of the same bytes.
const version = 1

// Decode makes one article of a text. Its URI is the hint's URL, else a hash
// of its words. Errors are [*document.Error]s.
func Decode(_ context.Context, r io.Reader, h document.Hint) ([]article.Article, error) {
	data, err := document.Read(r, Name, h.Largest())
	if err != nil {
		return nil, err
	}
	t, err := document.Convert(data, h.Declared())
	if err != nil {
		return nil, err
	}
	start := strings.IndexFunc(t.UTF8, func(r rune) bool { return !unicode.IsSpace(r) })
	if start < 0 {
		return nil, document.Refuse(document.Empty, Name, "nothing but white space in %d bytes", len(data))
	}
	end := len(strings.TrimRightFunc(t.UTF8, unicode.IsSpace))
	a := article.Article{
		Text: t.UTF8,
		Segments: []article.Segment{{Kind: article.Unknown, Evidence: article.Evidence{
			Span: article.Span{Start: start, End: end}, Enricher: "format/" + Name, Version: version, Confidence: 1,
		}}},
		PublishedAt: h.PublishedAt,
		Replaced:    t.Replaced,
		Original:    article.Original{Charset: t.Charset, MediaType: "text/plain"},
	}
	if u, ok := document.CanonicalURL(h.URL); ok {
		a.URL = u
		a.URI = article.NewURI(h.Namespace(), u)
	} else {
		a.URI = article.TextURI(h.Namespace(), t.UTF8)
		a.Flag(article.FlagIdentityFromText)
	}
	top(&a, h)
	return []article.Article{a}, nil
}

// topLines is how many lines at the top of a text may say something of it.
const topLines = 3

// top looks for an embargo or a kill at the very top, in the strict forms that
// hold for headlines: a text may be anybody's. A kill has no article that it
// could name here, and is but flagged.
func top(a *article.Article, h document.Hint) {
	var lines []habit.Line
	for l := range strings.Lines(a.Text) {
		if strings.TrimSpace(l) == "" {
			continue
		}
		if lines = append(lines, habit.Line{Text: l, Heading: true}); len(lines) == topLines {
			break
		}
	}
	agency := habit.First(h.Provider, h.Source)
	m := agency.Read(lines)
	habit.Marks{Embargo: m.Embargo, Until: m.Until}.Apply(a)
	if agency.Read(lines[:1]).Notice() {
		a.Flag(article.FlagTargetUnknown)
		a.Flag(article.FlagAdvisory)
	}
}
