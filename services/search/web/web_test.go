package web

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"html"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/services/search/gate"
)

const document = `<!doctype html><html data-opened="{{.Opened}}"><head><meta property="csp-nonce" nonce="{{.Nonce}}" /></head></html>`

func files(t *testing.T) fs.FS {
	t.Helper()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write([]byte("script")); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return fstest.MapFS{
		shell:                            {Data: []byte(document)},
		"dist/app/assets/index-1.js":     {Data: []byte("script")},
		"dist/app/assets/index-1.js.gz":  {Data: packed.Bytes()},
		"dist/app/assets/font-1.woff2":   {Data: []byte("font")},
		"dist/app/assets/deep/secret.js": {Data: []byte("deep")},
	}
}

func open(t *testing.T, files fs.FS, who access.Identity) *httptest.ResponseRecorder {
	t.Helper()
	h, err := newPage(files, Settings{Zone: "Europe/Berlin", Live: true}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(access.With(t.Context(), who), http.MethodGet, "/?q=x", http.NoBody))
	return w
}

func TestPageSaysWhoHasLoggedInAndNoMore(t *testing.T) {
	who := access.Identity{Name: `The "desk" </html>`, Key: "k1", Scopes: []access.Scope{access.Read, access.Write}, Session: true, Sender: "secret sender"}
	w := open(t, files(t), who)
	if w.Code != http.StatusOK || strings.Contains(w.Body.String(), "secret") || strings.Count(w.Body.String(), "</html>") != 1 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	told := regexp.MustCompile(`data-opened="([^"]*)"`).FindStringSubmatch(w.Body.String())
	var got opened
	if told == nil || json.Unmarshal([]byte(html.UnescapeString(told[1])), &got) != nil {
		t.Fatalf("it tells %q", told)
	}
	if late := time.Since(got.Now); late < 0 || late > time.Minute {
		t.Errorf("it says that it is %v", got.Now)
	}
	if got.Name != who.Name || !got.Leave || len(got.Scopes) != 2 || got.Zone != "Europe/Berlin" || !got.Live {
		t.Errorf("%+v", got)
	}
	// Who shows a key with each request has no session to leave.
	who.Session = false
	if body := open(t, files(t), who).Body.String(); strings.Contains(body, "desk") || strings.Contains(body, "leave&#34;:true") {
		t.Errorf("%s", body)
	}
}

func TestPolicyLetsNothingInButItsOwn(t *testing.T) {
	nonces := map[string]bool{}
	for range 2 {
		w := open(t, files(t), access.Identity{})
		policy := w.Header().Get("Content-Security-Policy")
		nonce := regexp.MustCompile(`nonce="([^"]+)"`).FindStringSubmatch(w.Body.String())
		if nonce == nil || !strings.Contains(policy, "style-src 'self' 'nonce-"+nonce[1]+"';") {
			t.Fatalf("the policy %q and the document %s have different nonces", policy, w.Body)
		}
		nonces[nonce[1]] = true
		if !strings.HasPrefix(policy, "default-src 'none'; script-src 'self';") {
			t.Errorf("policy %q", policy)
		}
		for _, bad := range []string{"unsafe", "data:", "blob:", "http", "*"} {
			if strings.Contains(policy, bad) {
				t.Errorf("the policy has %q: %s", bad, policy)
			}
		}
		if got := w.Header().Get("Cache-Control"); got != "private, no-cache" {
			t.Errorf("Cache-Control %q", got)
		}
	}
	if len(nonces) != 2 {
		t.Error("two answers have the same nonce")
	}
}

func TestWithoutPageItSaysHowToMakeOne(t *testing.T) {
	w := open(t, fstest.MapFS{"dist/README": {}}, access.Identity{})
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "make builds it") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestAssets(t *testing.T) {
	mux := http.NewServeMux()
	mux.Handle(PatternAssets, assets(files(t)))
	get := func(path string, header ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody)
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		return w
	}
	for _, c := range []struct{ path, accept, kind, encoding, body string }{
		{"/assets/index-1.js", "gzip, br", "text/javascript; charset=utf-8", "gzip", ""},
		{"/assets/index-1.js", "", "text/javascript; charset=utf-8", "", "script"},
		{"/assets/font-1.woff2", "gzip", "font/woff2", "", "font"},
	} {
		w := get(c.path, "Accept-Encoding", c.accept)
		h := w.Header()
		if w.Code != http.StatusOK || h.Get("Content-Type") != c.kind || h.Get("Content-Encoding") != c.encoding || c.body != "" && w.Body.String() != c.body {
			t.Errorf("%+v: %d %v %s", c, w.Code, h, w.Body)
		}
		if !strings.Contains(h.Get("Cache-Control"), "immutable") || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", c.path, h)
		}
		if again := get(c.path, "Accept-Encoding", c.accept, "If-None-Match", h.Get("ETag")); again.Code != http.StatusNotModified {
			t.Errorf("%s again: %d", c.path, again.Code)
		}
	}
	for _, path := range []string{"/assets/none.js", "/assets/index-1.js.gz", "/assets/signin.html", "/assets/..%2Findex.html", "/assets/deep%2Fsecret.js/", "/assets/"} {
		if w := get(path); w.Code == http.StatusOK {
			t.Errorf("%s: %s", path, w.Body)
		}
	}
	// What has no name of its own for each content is asked for anew.
	for _, path := range []string{"/assets/signin.css", "/assets/icon.svg"} {
		if w := get(path); w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "no-cache" {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
	}
}

func TestSignInNeedsNoScriptAndKeepsTheSearch(t *testing.T) {
	form, err := SignIn(zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	form(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody), gate.SignIn{Status: http.StatusUnauthorized, Why: "<b> is no key.", Login: true, Next: `q="x"`})
	body := w.Body.String()
	if w.Code != http.StatusUnauthorized || strings.Contains(body, "<script") || strings.Contains(body, "<b>") || !strings.Contains(body, `name="next" value="q=&#34;x&#34;"`) {
		t.Errorf("%d %s", w.Code, body)
	}
	if policy := w.Header().Get("Content-Security-Policy"); strings.Contains(policy, "nonce") || !strings.Contains(policy, "form-action 'self'") {
		t.Errorf("policy %q", policy)
	}
}
