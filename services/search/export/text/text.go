// Package text writes an article as plain text: its parts as a reader sees
// them, one below the other with a blank line between them.
package text

import (
	"strings"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/search/export/story"
)

// The format, as it is asked for and travels.
const (
	Name      = "text"
	MediaType = "text/plain; charset=utf-8"
	Extension = "txt"
)

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
