package html

import (
	"encoding/json"
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/document"
)

// meta is what a page says about itself, in its head and in its JSON-LD.
type meta struct {
	headline, alternative string
	authors               []string
	published, modified   time.Time
	canonical             string
	language              string
	images                []article.Image
	keywords              []string
}

// articleTypes are the schema.org types that are an article.
var articleTypes = []string{
	"NewsArticle", "Article", "ReportageNewsArticle", "AnalysisNewsArticle", "OpinionNewsArticle",
	"BackgroundNewsArticle", "ReviewNewsArticle", "AskPublicNewsArticle", "LiveBlogPosting", "BlogPosting", "Report",
}

// maxKeywords bounds what is taken of a list that search engines' optimisers
// fill.
const maxKeywords = 50

// describe gathers the page's own statements. Where JSON-LD and the head
// differ, JSON-LD is believed, which pages write for the article alone.
func describe(doc *html.Node, base string) meta {
	var m meta
	tags := map[string]string{}
	var ld []map[string]any
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch n.DataAtom {
		case atom.Html:
			m.language = attr(n, "lang")
		case atom.Meta:
			name := attr(n, "property")
			if name == "" {
				name = attr(n, "name")
			}
			if name == "" {
				name = attr(n, "itemprop")
			}
			name = strings.ToLower(name)
			c := strings.TrimSpace(attr(n, "content"))
			if name == "article:tag" && c != "" && len(m.keywords) < maxKeywords {
				m.keywords = append(m.keywords, c)
			}
			if _, has := tags[name]; !has && c != "" {
				tags[name] = c
			}
		case atom.Link:
			if strings.EqualFold(attr(n, "rel"), "canonical") && m.canonical == "" {
				m.canonical = resolve(base, attr(n, "href"))
			}
		case atom.Script:
			if strings.HasPrefix(strings.ToLower(attr(n, "type")), "application/ld+json") && n.FirstChild != nil {
				var v any
				if json.Unmarshal([]byte(n.FirstChild.Data), &v) == nil {
					ld = articlesIn(v, ld, 0)
				}
			}
		}
	}
	first := func(names ...string) string {
		for _, n := range names {
			if v := tags[n]; v != "" {
				return v
			}
		}
		return ""
	}
	if m.canonical == "" {
		m.canonical = resolve(base, first("og:url"))
	}
	if u := resolve(base, first("og:image", "og:image:url", "twitter:image")); u != "" {
		m.images = append(m.images, article.Image{URL: u, Caption: first("og:image:alt")})
	}
	m.published = when(first("article:published_time", "og:published_time", "datepublished", "dc.date.issued", "dcterms.created", "parsely-pub-date", "sailthru.date"))
	m.modified = when(first("article:modified_time", "og:updated_time", "datemodified", "dcterms.modified"))
	if a := first("author", "article:author_name", "parsely-author", "dc.creator", "byl"); a != "" && !strings.Contains(a, "://") {
		m.authors = []string{collapse(a)}
	}
	m.headline = collapse(first("og:title", "twitter:title", "dc.title"))
	if len(ld) > 0 {
		m.readLD(ld[0], base)
	}
	return m
}

func (m *meta) readLD(d map[string]any, base string) {
	str := func(k string) string { s, _ := d[k].(string); return collapse(Plain(s)) }
	if s := str("headline"); s != "" {
		m.headline = s
	}
	m.alternative = str("alternativeHeadline")
	if t := when(str("datePublished")); !t.IsZero() {
		m.published = t
	}
	if t := when(str("dateModified")); !t.IsZero() {
		m.modified = t
	}
	if s := str("inLanguage"); s != "" {
		m.language = s
	}
	if as := names(d["author"], nil); len(as) > 0 {
		m.authors = as
	}
	if ks, ok := d["keywords"].([]any); ok && len(m.keywords) == 0 {
		for _, k := range ks {
			if s, ok := k.(string); ok && len(m.keywords) < maxKeywords {
				m.keywords = append(m.keywords, collapse(s))
			}
		}
	}
	if len(m.images) == 0 {
		switch v := d["image"].(type) {
		case string:
			m.addImage(base, v)
		case []any:
			for _, e := range v {
				switch e := e.(type) {
				case string:
					m.addImage(base, e)
				case map[string]any:
					u, _ := e["url"].(string)
					m.addImage(base, u)
				}
				if len(m.images) > 0 {
					break // the others are the same picture in other sizes
				}
			}
		case map[string]any:
			u, _ := v["url"].(string)
			m.addImage(base, u)
		}
	}
}

func (m *meta) addImage(base, ref string) {
	if u := resolve(base, ref); u != "" {
		m.images = append(m.images, article.Image{URL: u})
	}
}

// names reads one author or several, as names or as things with a name.
func names(v any, to []string) []string {
	switch v := v.(type) {
	case string:
		if s := collapse(v); s != "" && !strings.Contains(s, "://") {
			to = append(to, s)
		}
	case []any:
		for _, e := range v {
			if len(to) < maxKeywords {
				if _, nested := e.([]any); !nested {
					to = names(e, to)
				}
			}
		}
	case map[string]any:
		s, _ := v["name"].(string)
		to = names(s, to)
	}
	return to
}

// maxLDDepth is how deep an article may lie inside JSON-LD's graphs and lists.
const maxLDDepth = 6

// articlesIn finds the things that are articles.
func articlesIn(v any, to []map[string]any, depth int) []map[string]any {
	if depth > maxLDDepth {
		return to
	}
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			to = articlesIn(e, to, depth+1)
		}
	case map[string]any:
		if isArticle(v["@type"]) {
			return append(to, v)
		}
		for _, k := range []string{"@graph", "mainEntity", "mainEntityOfPage"} {
			to = articlesIn(v[k], to, depth+1)
		}
	}
	return to
}

func isArticle(v any) bool {
	switch v := v.(type) {
	case string:
		for _, t := range articleTypes {
			if strings.TrimPrefix(strings.TrimPrefix(v, "http://schema.org/"), "https://schema.org/") == t {
				return true
			}
		}
	case []any:
		for _, e := range v {
			if s, ok := e.(string); ok && isArticle(s) {
				return true
			}
		}
	}
	return false
}

// when reads a date of the forms that HTML and schema.org allow. One without a
// time of day or zone is taken as UTC.
func when(s string) time.Time {
	s = strings.TrimSpace(s)
	for _, layout := range []string{
		time.RFC3339Nano, "2006-01-02T15:04:05.999Z0700", "2006-01-02T15:04Z07:00", "2006-01-02T15:04Z0700",
		"2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05 MST", "2006-01-02T15:04:05", "2006-01-02 15:04:05",
		"2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02", time.RFC1123Z, time.RFC1123,
	} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

func resolve(base, ref string) string { return document.Resolve(base, ref) }
