package operate

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/secret"
	"github.com/copytaster/copytaster/services/enrich/override"
)

// heard remembers what it was asked, and answers with an error or the same.
type heard struct {
	said []string
	err  error
}

func (h *heard) list(_ context.Context, uri article.URI) ([]overrideLine, error) {
	h.said = append(h.said, "list "+string(uri))
	if uri == "urn:x:none" {
		return nil, h.err
	}
	return []overrideLine{{URI: "urn:x:a/b", Number: 1, Fields: []correctionLine{}}}, h.err
}

func (h *heard) rehearse(_ context.Context, uri article.URI, c override.Change) (overrideLine, error) {
	return h.hear("rehearse", uri, c)
}

func (h *heard) carryOut(_ context.Context, uri article.URI, c override.Change) (overrideLine, error) {
	return h.hear("carry out", uri, c)
}

func (h *heard) hear(what string, uri article.URI, c override.Change) (overrideLine, error) {
	says := fmt.Sprintf("%s %s by %s for %q, all %v, removes %v", what, uri, c.Who, c.Reason, c.All, c.Remove)
	for _, s := range c.Set {
		says += fmt.Sprintf(", %s=%s", s.Field, s.Value)
	}
	h.said = append(h.said, says)
	return overrideLine{URI: uri, Number: 1, Fields: []correctionLine{}}, h.err
}

func TestOverrideAPI(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("sesame\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const at = "/v1/overrides/urn:x:a%2Fb"
	for _, c := range []struct {
		says, method, path, body string
		token                    string
		err                      error
		status                   int
		hears, answers           string
	}{
		{says: "all", method: "GET", path: "/v1/overrides", status: 200, hears: "list ", answers: `[{"uri":"urn:x:a/b","number":1,"fields":[]}]`},
		{says: "one", method: "GET", path: at, status: 200, hears: "list urn:x:a/b", answers: `{"uri":"urn:x:a/b","number":1,"fields":[]}`},
		{says: "none", method: "GET", path: "/v1/overrides/urn:x:none", status: 404, hears: "list urn:x:none", answers: "was ever corrected"},
		{says: "no token", method: "GET", path: at, token: "-", status: 401, answers: "a valid bearer token is needed"},
		{says: "another token", method: "PATCH", path: at, token: "sesam", body: `{}`, status: 401, answers: "a valid bearer token is needed"},
		{
			says: "a change", method: "PATCH", path: at, body: `{"who":" M. Ito ","reason":"x","set":{"topics":[],"language":"de"},"remove":["places"]}`, status: 200,
			hears: `carry out urn:x:a/b by M. Ito for "x", all false, removes [places], language="de", topics=[]`, answers: `"done":true`,
		},
		{
			says: "a rehearsal", method: "PATCH", path: at + "?dry_run=true", body: `{"who":"M. Ito","set":{"language":null}}`, status: 200,
			hears: `rehearse urn:x:a/b by M. Ito for "", all false, removes [], language=null`, answers: `"done":false`,
		},
		{says: "all removed", method: "DELETE", path: at, body: `{"who":"M. Ito"}`, status: 200, hears: `carry out urn:x:a/b by M. Ito for "", all true, removes []`},
		{says: "DELETE of one", method: "DELETE", path: at, body: `{"who":"M. Ito","remove":["topics"]}`, status: 400, answers: "DELETE removes all"},
		{says: "nobody", method: "PATCH", path: at, body: `{"set":{"language":"de"}}`, status: 400, answers: "who corrects needs 1 to 200 bytes"},
		{says: "nothing", method: "PATCH", path: at, body: `{"who":"M. Ito"}`, status: 400, answers: "nothing is set or removed"},
		{says: "a field that there isn't", method: "PATCH", path: at, body: `{"who":"M. Ito","set":{"body":"x"}}`, status: 400, answers: `can't be corrected; there are agency`},
		{says: "a member that there isn't", method: "PATCH", path: at, body: `{"who":"M. Ito","sets":{}}`, status: 400, answers: "unknown field"},
		{says: "no JSON", method: "PATCH", path: at, body: `{`, status: 400, answers: "unexpected EOF"},
		{says: "dry or not", method: "PATCH", path: at + "?dry_run=perhaps", body: `{"who":"M. Ito","remove":["topics"]}`, status: 400, answers: "must be true or false"},
		{says: "no uri", method: "GET", path: "/v1/overrides/%20", status: 400},
		{says: "too long", method: "PATCH", path: at, body: `{"who":"` + strings.Repeat("x", maxChange) + `"}`, status: 413, answers: "the limit is"},
		{says: "refused", method: "PATCH", path: at, body: `{"who":"M. Ito","remove":["topics"]}`, err: fmt.Errorf("so: %w", refused(422, "no")), status: 422, hears: `carry out urn:x:a/b by M. Ito for "", all false, removes [topics]`, answers: `{"error":"so: no"}`},
		{says: "overtaken", method: "PATCH", path: at, body: `{"who":"M. Ito","remove":["topics"]}`, err: fmt.Errorf("so: %w", bus.ErrOvertaken), status: 409, hears: `carry out urn:x:a/b by M. Ito for "", all false, removes [topics]`},
		{says: "away", method: "GET", path: at, err: errors.New("kafka is away"), status: 503, hears: "list urn:x:a/b", answers: `{"error":"kafka is away"}`},
		{says: "no such way", method: "POST", path: at, status: 405},
	} {
		h := &heard{err: c.err}
		r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
		r.Header.Set("Content-Type", "application/json; charset=utf-8")
		if c.token == "" {
			c.token = "sesame"
		}
		if c.token != "-" {
			r.Header.Set("Authorization", "Bearer "+c.token)
		}
		w := httptest.NewRecorder()
		newOverrideAPI(h, secret.Source{File: file}).ServeHTTP(w, r)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.answers) || strings.Join(h.said, "; ") != c.hears {
			t.Errorf("%s: %d %s\nasked %q", c.says, w.Code, w.Body, h.said)
		}
	}
	// A page of another site may send what a form can, and nothing else.
	r := httptest.NewRequest(http.MethodPatch, at, strings.NewReader(`{"who":"M. Ito","remove":["topics"]}`))
	r.Header.Set("Content-Type", "text/plain")
	w := httptest.NewRecorder()
	newOverrideAPI(&heard{}, secret.Source{}).ServeHTTP(w, r)
	if w.Code != http.StatusUnsupportedMediaType {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
