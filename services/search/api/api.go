// Package api is the search service's HTTP interface for programs: JSON, and
// RFC 9457 problem details for everything that goes wrong.
package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/search/find"
)

// Finder is where the answers come from; see [find.Finder].
type Finder interface {
	Search(ctx context.Context, r find.Request) (find.Result, error)
	Articles(ctx context.Context, r find.Request) (find.Page, error)
	Article(ctx context.Context, uri article.URI, revision article.Revision) (find.Found, error)
	Alone(ctx context.Context, uri article.URI, revision article.Revision) (find.Found, error)
	Itself(ctx context.Context, uri article.URI, revision article.Revision) (find.Found, error)
	ToCorrect(ctx context.Context, uri article.URI) (*article.Article, error)
	Grant() access.Grant
	Zone() *time.Location
}

// Readers gives the finder of whoever sends a request. A handler has no other way to
// articles, so that none can forget what its reader may see.
type Readers func(r *http.Request) Finder

// Patterns of the routes, for [http.ServeMux].
const (
	PatternSearch  = "GET /v1/articles"
	PatternArticle = "GET /v1/articles/{uri...}"
	// PatternOther answers what is no route under /v1/ with a problem, too.
	PatternOther = "/v1/"
)

// Search answers PatternSearch with a [find.Result], or with the articles in
// the format that is asked for. public is the service's address for links in
// them; "": as it was called.
func Search(of Readers, public string, log zerolog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f := of(r)
		values, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			fail(w, r, log, malformed(err))
			return
		}
		w.Header().Add("Vary", "Accept")
		form, err := negotiate(r, values, true)
		if err != nil {
			fail(w, r, log, err)
			return
		}
		if form != nil && form.Feed && !values.Has("sort") {
			values.Set("sort", string(find.Time)) // who asks again wants what is new
		}
		request, err := find.ParseRequest(values, f.Zone())
		if err != nil {
			fail(w, r, log, err)
			return
		}
		if form != nil {
			page, err := f.Articles(r.Context(), request)
			if err != nil {
				fail(w, r, log, err)
				return
			}
			exportMany(w, r, log, form, page, request, public)
			return
		}
		result, err := f.Search(r.Context(), request)
		if err != nil {
			fail(w, r, log, err)
			return
		}
		answer(w, r, log, &result)
	})
}

// Article answers PatternArticle with a [find.Found], or with the article in
// the format that is asked for; public as for [Search].
func Article(of Readers, public string, log zerolog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f := of(r)
		values, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			fail(w, r, log, malformed(err))
			return
		}
		w.Header().Add("Vary", "Accept")
		form, err := negotiate(r, values, false)
		if err != nil {
			fail(w, r, log, err)
			return
		}
		revision, err := ParseRevision(values)
		if err != nil {
			fail(w, r, log, err)
			return
		}
		ask := f.Article
		if form != nil {
			ask = f.Alone // documents have no lists
		}
		found, err := ask(r.Context(), article.URI(r.PathValue("uri")), revision)
		if err != nil {
			fail(w, r, log, err)
			return
		}
		if form != nil {
			exportOne(w, r, log, form, &found, public, revision)
			return
		}
		answer(w, r, log, &found)
	})
}

// Other answers what is no route.
func Other() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if methods := allowed(r); methods != "" {
			w.Header().Set("Allow", methods)
			Problem{
				Type: problemPrefix + "method", Title: "Method not allowed", Status: http.StatusMethodNotAllowed,
				Detail: "This can be asked by " + methods + ". /v1/openapi.json describes what there is.",
			}.write(w)
			return
		}
		Problem{
			Type: problemPrefix + "not-found", Title: "Not found", Status: http.StatusNotFound,
			Detail: "There is no such route. /v1/openapi.json describes those that there are; in them, an article's URI is percent-encoded.",
		}.write(w)
	})
}

// allowed are the methods by which the path of r can be asked; "" if there is no such route.
func allowed(r *http.Request) string {
	mux := http.NewServeMux()
	for _, route := range Routes {
		mux.Handle(route.Pattern, http.NotFoundHandler())
	}
	var methods []string
	for _, m := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete} {
		try := r.Clone(r.Context())
		try.Method = m
		if _, pattern := mux.Handler(try); pattern != "" {
			methods = append(methods, m)
		}
	}
	return strings.Join(methods, ", ")
}

// ParseRevision reads the parameter revision; without it, it gives 0.
func ParseRevision(values url.Values) (article.Revision, error) {
	for name, given := range values {
		if name != "revision" || len(given) > 1 {
			return 0, &find.ParameterError{Parameter: name, Message: "there are the parameters revision and format, each of which may be given once", At: -1}
		}
	}
	s := values.Get("revision")
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n <= 0 {
		return 0, &find.ParameterError{Parameter: "revision", Message: "is not the number of a revision", At: -1}
	}
	return article.Revision(n), nil
}

func malformed(err error) error {
	return &find.ParameterError{Parameter: "query string", Message: err.Error(), At: -1}
}

// answer writes v as JSON.
func answer(w http.ResponseWriter, r *http.Request, log zerolog.Logger, v any) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // it is not HTML, and says so
	if err := e.Encode(v); err != nil {
		fail(w, r, log, err)
		return
	}
	_, single := v.(*find.Found)
	send(w, r, log, b.Bytes(), "application/json", single)
}

// send writes a document, one that is tagged with an ETag, or that it is what
// the client has. Answers must be asked for anew each time, so that what is
// killed doesn't live on in a cache.
func send(w http.ResponseWriter, r *http.Request, log zerolog.Logger, b []byte, mediaType string, tagged bool) {
	h := w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("X-Content-Type-Options", "nosniff")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "private, no-cache")
	}
	if tagged {
		sum := sha256.Sum256(b)
		tag := `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`
		h.Set("ETag", tag)
		if matches(r.Header.Values("If-None-Match"), tag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(b)))
	if _, err := w.Write(b); err != nil { //nolint:gosec // its type is stated, and nosniff: it is no page
		log.Debug().Err(err).Msg("client left before its answer")
	}
}

// matches compares as RFC 9110 has it for If-None-Match: weakly.
func matches(header []string, tag string) bool {
	for _, line := range header {
		for one := range strings.SplitSeq(line, ",") {
			one = strings.TrimSpace(one)
			if one == "*" || strings.TrimPrefix(one, "W/") == tag {
				return true
			}
		}
	}
	return false
}
