// Package web is the newsroom's page: a program for the browser, made of src by
// `make`, that asks the API and nothing else. This package serves what was made,
// and the form to log in, which needs no script.
package web

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/access"
)

// Patterns of the routes, for [http.ServeMux].
const (
	PatternPage   = "GET /{$}"
	PatternAssets = "GET /assets/{name}"
)

// built is what Vite makes of src; without that, a folder with nothing of use.
//
//go:embed all:dist
var built embed.FS

// static is what needs no building: the form to log in, with its style and icon.
//
//go:embed static
var static embed.FS

// shell is the document that loads the program.
const shell = "dist/app/index.html"

// errNotBuilt says that the binary was made without the page.
var errNotBuilt = errors.New("the page was not built into this program: make builds it (it needs Node.js and npm)")

// Built tells whether the page is in this program.
func Built() bool { return hasPage(built) }

func hasPage(files fs.FS) bool {
	_, err := fs.Stat(files, shell)
	return err == nil
}

// Settings are what the page has to know of the service.
type Settings struct {
	Zone string `json:"zone"` // where days begin, as Europe/Berlin
	Live bool   `json:"live"` // there are live feeds

	Overrides bool `json:"overrides"` // editors may correct
	Operator  bool `json:"operator"`  // operators may work by it
	Embargoes bool `json:"embargoes"` // what is under an embargo is told to those who may see it
}

// opened is what the page is told when it is opened.
type opened struct {
	Settings
	Now    time.Time      `json:"now"`            // by the service's clock, when it was opened
	Name   string         `json:"name,omitempty"` // who has logged in
	Leave  bool           `json:"leave"`          // and can log out
	Scopes []access.Scope `json:"scopes"`         // what they may do
}

type page struct {
	settings Settings
	log      zerolog.Logger
	look     *template.Template // nil: not built
}

// New makes the page.
func New(settings Settings, log zerolog.Logger) (http.Handler, error) {
	return newPage(built, settings, log)
}

func newPage(files fs.FS, settings Settings, log zerolog.Logger) (http.Handler, error) {
	p := &page{settings: settings, log: log}
	if !hasPage(files) {
		log.Warn().Err(errNotBuilt).Msg("there is no page")
		return p, nil
	}
	t, err := template.ParseFS(files, shell)
	if err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	p.look = t
	return p, nil
}

// policy lets a page load its own scripts, styles, fonts, shapes and icon and ask its
// own service: nothing written inline, nothing evaluated, nothing of other hosts. The
// component library makes one style sheet of its own, which shows the nonce.
func policy(nonce string) string {
	style := "'self'"
	if nonce != "" {
		style += " 'nonce-" + nonce + "'"
	}
	return "default-src 'none'; script-src 'self'; style-src " + style + "; img-src 'self'; font-src 'self'; connect-src 'self'; " +
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}

func (p *page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if p.look == nil {
		http.Error(w, "There is no page here: "+errNotBuilt.Error()+".\nThe API is at /v1/, see /v1/openapi.json.", http.StatusServiceUnavailable)
		return
	}
	who := access.Of(r.Context())
	o := opened{Settings: p.settings, Now: time.Now().UTC(), Scopes: who.Scopes}
	if who.Session {
		o.Name, o.Leave = who.Name, who.Key != ""
	}
	told, err := json.Marshal(o)
	nonce := rand.Text()
	var b bytes.Buffer
	if err == nil {
		err = p.look.Execute(&b, map[string]string{"Nonce": nonce, "Opened": string(told)})
	}
	if err != nil {
		p.log.Error().Err(err).Msg("can't render the page")
		http.Error(w, "This page can't be shown. It has been logged.", http.StatusInternalServerError)
		return
	}
	send(w, p.log, b.Bytes(), http.StatusOK, policy(nonce))
}

// send answers with a document.
func send(w http.ResponseWriter, log zerolog.Logger, b []byte, status int, policy string) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policy)
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "private, no-cache") // it says who has logged in
	h.Set("Content-Length", strconv.Itoa(len(b)))
	w.WriteHeader(status)
	if _, err := w.Write(b); err != nil {
		log.Debug().Err(err).Msg("client left before its answer")
	}
}

// mediaTypes are those of the assets; the system's list may lack some.
var mediaTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".json": "application/json",
	".svg": "image/svg+xml", ".txt": "text/plain; charset=utf-8", ".woff2": "font/woff2",
}

// Assets serves what the page consists of beside its document. The build names its
// files by what is in them, so that browsers keep them for good, and lays a smaller
// one beside each (name.gz).
func Assets() http.Handler { return assets(built) }

func assets(files fs.FS) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := r.PathValue("name")
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		if b, err := fs.ReadFile(static, "static/"+name); err == nil && path.Ext(name) != ".html" {
			h.Set("Cache-Control", "no-cache")
			asset(w, r, name, b, "")
			return
		}
		file := "dist/app/assets/" + name
		h.Set("Vary", "Accept-Encoding")
		if b, err := fs.ReadFile(files, file+".gz"); err == nil {
			h.Set("Cache-Control", "public, max-age=31536000, immutable")
			packed(w, r, name, b)
			return
		}
		b, err := fs.ReadFile(files, file)
		if err != nil || strings.HasSuffix(name, ".gz") {
			h.Set("Cache-Control", "no-cache")
			http.NotFound(w, r)
			return
		}
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		asset(w, r, name, b, "")
	})
}

// packed sends what is kept compressed, as it is or unpacked.
func packed(w http.ResponseWriter, r *http.Request, name string, b []byte) {
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		asset(w, r, name, b, "gzip")
		return
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err == nil {
		b, err = io.ReadAll(z)
	}
	if err != nil {
		http.Error(w, "This file is broken.", http.StatusInternalServerError)
		return
	}
	asset(w, r, name, b, "")
}

func asset(w http.ResponseWriter, r *http.Request, name string, b []byte, encoding string) {
	h := w.Header()
	kind := mediaTypes[path.Ext(name)]
	if kind == "" {
		kind = mime.TypeByExtension(path.Ext(name))
	}
	h.Set("Content-Type", kind)
	sum := sha256.Sum256(b)
	tag := `"` + hex.EncodeToString(sum[:8]) + `"`
	h.Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if encoding != "" {
		h.Set("Content-Encoding", encoding)
	}
	h.Set("Content-Length", strconv.Itoa(len(b)))
	_, _ = w.Write(b) //nolint:gosec // files of this program
}
