// Package web is the page for people: search box, facets, results and reading
// pane, rendered here. It works without JavaScript; what there is of it adds
// comfort. The page loads nothing from anywhere else, and its URL holds all of
// its state.
package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/search/api"
	"github.com/copytaster/copytaster/services/search/find"
)

// Finder is where what is shown comes from; see [find.Finder].
type Finder interface {
	Search(ctx context.Context, r find.Request) (find.Result, error)
	Article(ctx context.Context, uri article.URI, revision article.Revision) (find.Found, error)
	Zone() *time.Location
}

// Readers gives the finder of whoever sends a request, see [api.Readers].
type Readers func(r *http.Request) Finder

// Patterns of the routes, for [http.ServeMux].
const (
	PatternPage   = "GET /{$}"
	PatternAssets = "GET /assets/{name}"
)

//go:embed templates/*.html
var templates embed.FS

//go:embed assets
var assets embed.FS

// contentPolicy lets the page load its own style, script and icon, and send
// its own form; nothing written inline, nothing of other hosts.
const contentPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

type page struct {
	finder  Readers
	log     zerolog.Logger
	look    *template.Template
	version string
}

// New makes the page.
func New(of Readers, log zerolog.Logger) (http.Handler, error) {
	t, err := template.New("page.html").ParseFS(templates, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	v, err := version()
	if err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	return &page{finder: of, log: log, look: t, version: v}, nil
}

// version changes with any of the assets, so that browsers can keep them for
// good.
func version() (string, error) {
	h := sha256.New()
	err := fs.WalkDir(assets, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := assets.ReadFile(path)
		h.Write(b)
		return err
	})
	return hex.EncodeToString(h.Sum(nil)[:6]), err
}

// Assets serves what the page consists of beside its HTML.
func Assets() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-cache")
		if v, err := version(); err == nil && r.URL.Query().Get("v") == v {
			h.Set("Cache-Control", "public, max-age=31536000, immutable")
		}
		http.ServeFileFS(w, r, assets, "assets/"+r.PathValue("name")) //nolint:gosec // an embedded tree has no way out
	})
}

func (p *page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	finder, values := p.finder(r), r.URL.Query()
	uri, revision := values.Get("uri"), url.Values{}
	if values.Has("revision") {
		revision.Set("revision", values.Get("revision"))
	}
	// A program is told of parameters that don't exist; a person who follows a
	// link that somebody's mail program has lengthened is not.
	for name := range values {
		if !slices.Contains(find.Parameters(), name) {
			values.Del(name)
		}
	}
	request, err := find.ParseRequest(values, finder.Zone())
	v := newView(request, finder.Zone(), p.version)
	if who := access.Of(r.Context()); who.Session {
		v.Who, v.Leave = who.Name, who.Key != ""
	}
	status := http.StatusOK
	failed := func(err error) api.Problem {
		problem := api.ProblemOf(err)
		api.Log(p.log, r, problem.Status, err)
		status = max(status, problem.Status)
		return problem
	}
	if err == nil {
		var result find.Result
		if result, err = finder.Search(r.Context(), v.search()); err == nil {
			v.results(result, uri)
		}
	}
	if err != nil {
		v.fail(failed(err), err)
	}
	if uri != "" {
		number, err := api.ParseRevision(revision)
		var found find.Found
		if err == nil {
			found, err = finder.Article(r.Context(), article.URI(uri), number)
		}
		if err != nil {
			v.unread(failed(err))
		} else {
			v.read(found)
		}
	}
	if errors.Is(r.Context().Err(), context.Canceled) {
		return // nobody waits
	}

	var b bytes.Buffer
	if err := p.look.Execute(&b, v); err != nil {
		p.log.Error().Err(err).Msg("can't render the page")
		http.Error(w, "This page can't be shown. It has been logged.", http.StatusInternalServerError)
		return
	}
	send(w, p.log, b.Bytes(), status)
}

// send answers with a page.
func send(w http.ResponseWriter, log zerolog.Logger, b []byte, status int) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "private, no-cache") // a killed article must not come back from a cache
	h.Set("Content-Length", strconv.Itoa(len(b)))
	if status == http.StatusServiceUnavailable {
		h.Set("Retry-After", strconv.Itoa(api.RetryAfter))
	}
	w.WriteHeader(status)
	if _, err := w.Write(b); err != nil {
		log.Debug().Err(err).Msg("client left before its answer")
	}
}
