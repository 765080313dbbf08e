package api

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/search/export"
	"github.com/copytaster/copytaster/services/search/export/story"
	"github.com/copytaster/copytaster/services/search/find"
)

// MaxExport is how much one document of several articles may have, in bytes:
// as much as the ingest service takes in one. A page of one article is given
// whatever it has.
const MaxExport = 16 << 20

// base is the address of this service as its clients know it: as it was set,
// or else as this one called it.
func base(r *http.Request, public string) string {
	if public != "" {
		return strings.TrimSuffix(public, "/")
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return (&url.URL{Scheme: scheme, Host: r.Host}).String()
}

// address is that of an article, its dots encoded, too: clients take a segment
// of them for a step on the way.
func address(base string, uri article.URI, parameters url.Values) string {
	return base + "/v1/articles/" + strings.ReplaceAll(url.PathEscape(string(uri)), ".", "%2E") + "?" + parameters.Encode()
}

// one is an article in a format.
func one(f *export.Format, found *find.Found, r *http.Request, public string, revision article.Revision) ([]byte, error) {
	at := base(r, public)
	p := url.Values{"format": {f.Name}}
	l := story.List{
		ID: string(found.Article.URI), Title: found.Article.First(article.Headline), Now: time.Now(),
		Home:    at + "/?" + url.Values{"uri": {string(found.Article.URI)}}.Encode(),
		Address: func(uri article.URI) string { return address(at, uri, p) },
	}
	if l.Title == "" {
		l.Title = string(found.Article.URI)
	}
	self := url.Values{"format": {f.Name}}
	if revision != 0 {
		self.Set("revision", revision.String())
	}
	l.Self = address(at, found.Article.URI, self)
	return f.Encode(found.Article, l)
}

// many is a page of a search in a format, and what it says of itself.
func many(f *export.Format, page find.Page, request find.Request, r *http.Request, public string) ([]byte, story.List, error) {
	l, v := listOf(request, base(r, public), "/v1/articles", f.Name, f.Feed)
	if page.Next != "" {
		v.Set("after", page.Next)
		l.Next = base(r, public) + "/v1/articles?" + v.Encode()
	}
	b, err := f.Many(page.Articles, l)
	if err == nil && len(b) > MaxExport && len(page.Articles) > 1 {
		err = find.TooLong(MaxExport)
	}
	return b, l, err
}

// listOf is what a document of a search's articles says of itself, and its parameters. The
// document has the path at the service whose base is at; byTime tells that it is sorted by
// time there if nothing is said.
func listOf(request find.Request, at, path, format string, byTime bool) (l story.List, parameters url.Values) {
	request.Facets = nil // documents have none
	v := request.Values()
	l = story.List{
		Title: "Copytaster", Home: at + "/?" + v.Encode(), Now: time.Now(),
		Address: func(uri article.URI) string { return address(at, uri, url.Values{"format": {format}}) },
	}
	if request.Text != "" {
		l.Title += ": " + request.Text
	}
	same := maps.Clone(v)
	same.Del("after")
	same.Del("size")
	sum := sha256.Sum256([]byte(same.Encode()))
	l.ID = "urn:copytaster:search:" + hex.EncodeToString(sum[:20])
	v.Set("format", format)
	if byTime {
		v.Set("sort", string(request.Sort))
	}
	l.Self = at + path + "?" + v.Encode()
	return l, v
}

// nothing is the content policy of documents that a browser may show: they are
// data.
const nothing = "default-src 'none'; sandbox"

// exportOne answers with a document of one article.
func exportOne(w http.ResponseWriter, r *http.Request, log zerolog.Logger, f *export.Format, found *find.Found, public string, revision article.Revision) {
	b, err := one(f, found, r, public, revision)
	if err != nil {
		fail(w, r, log, err)
		return
	}
	h := w.Header()
	h.Set("Content-Disposition", `inline; filename="`+fileName(string(found.Article.URI))+"."+f.Extension+`"`)
	h.Set("Content-Security-Policy", nothing)
	send(w, r, log, b, f.MediaType, true)
}

// exportMany answers with a document of a page.
func exportMany(w http.ResponseWriter, r *http.Request, log zerolog.Logger, f *export.Format, page find.Page, request find.Request, public string) {
	b, l, err := many(f, page, request, r, public)
	if err != nil {
		fail(w, r, log, err)
		return
	}
	h := w.Header()
	h.Add("Link", "<"+l.Self+`>; rel="self"`)
	if l.Next != "" {
		h.Add("Link", "<"+l.Next+`>; rel="next"`)
	}
	mediaType := f.MediaType
	if f.MediaTypeMany != "" {
		mediaType = f.MediaTypeMany
	}
	if len(b) == 0 { // nothing was found, which the format has no document for
		h.Set("Cache-Control", "private, no-cache")
		w.WriteHeader(http.StatusNoContent)
		return
	}
	h.Set("Content-Disposition", `inline; filename="articles.`+f.Extension+`"`)
	h.Set("Content-Security-Policy", nothing)
	send(w, r, log, b, mediaType, false)
}

// maxExportName is the longest name that is made for a file, in bytes.
const maxExportName = 80

// fileName is the end of an article's URI as every system can write it.
func fileName(uri string) string {
	name := strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' {
			return c
		}
		return '-'
	}, uri)
	return strings.TrimLeft(name[max(len(name)-maxExportName, 0):], "-")
}
