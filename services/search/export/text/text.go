// Package text writes an article as plain text: its parts as a reader sees
// them, one below the other with a blank line between them. Several stand one
// after the other, each with a head, and a rule between them.
package text

import (
	"bytes"
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/search/export/story"
)

// The format, as it is asked for and travels.
const (
	Name      = "text"
	MediaType = "text/plain; charset=utf-8"
	Extension = "txt"
)

// Rule is the line between two articles. It begins with a form feed, as no line
// of an article does: they have no control characters.
const Rule = "\f========================================================================\n"

// Many is the articles one after the other, with [Rule] between them; nothing of
// none. Each begins with its URI, the time of its version in RFC 3339, and its
// status, one a line, and a blank line.
func Many(as []*article.Article, l story.List) ([]byte, error) {
	var b bytes.Buffer
	for i, a := range as {
		if i > 0 {
			b.WriteString(Rule)
		}
		b.WriteString("URI: " + story.Clean(string(a.URI)) + "\nTime: " + story.Created(a).UTC().Format(time.RFC3339Nano) + "\nStatus: " + string(a.Status) + "\n\n")
		text, err := One(a, l)
		if err != nil {
			return nil, err
		}
		b.Write(text)
	}
	return b.Bytes(), nil
}

// One is an article's text. Of a canceled article it is a notice in words,
// since there is no other.
func One(a *article.Article, _ story.List) ([]byte, error) {
	if a.Status == article.Canceled {
		return []byte("CANCELED: DO NOT USE\n\n" + story.Provider(a) + " has canceled this article:\n" + story.Clean(string(a.URI)) + "\n"), nil
	}
	s := story.Of(a)
	parts := append([]string{s.Kicker, s.Headline}, s.Standfirst...)
	parts = append(parts, s.Byline)
	for _, b := range s.Running() {
		if b.Kind == article.Caption {
			parts = append(parts, b.Caption, b.Credit)
			continue
		}
		parts = append(parts, b.Text)
	}
	var b strings.Builder
	for _, p := range parts {
		if p == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("\n\n")
		}
		b.WriteString(p)
	}
	b.WriteByte('\n')
	return []byte(b.String()), nil
}
