package web_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/search/find"
	"github.com/copytaster/copytaster/services/search/web"
)

// shelf answers with what it is given.
type shelf struct {
	result find.Result
	found  find.Found
	err    error
}

func (s shelf) Search(context.Context, find.Request) (find.Result, error) { return s.result, s.err }
func (s shelf) Article(context.Context, article.URI, article.Revision) (find.Found, error) {
	return s.found, s.err
}
func (s shelf) Zone() *time.Location { return time.UTC }

func render(t *testing.T, s shelf, query string) *httptest.ResponseRecorder {
	t.Helper()
	h, err := web.New(s, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/?"+query, nil))
	return w
}

// paper is an article with every kind of segment.
func paper() article.Article {
	var a article.Article
	b := article.Builder{Signer: "format/test", Version: 1}
	for _, k := range article.Kinds {
		b.Add(k, "The "+string(k)+" <i>text</i>.")
	}
	b.Add(article.Unknown, "The unknown text.")
	b.Fill(&a)
	a.URI, a.Status, a.Source, a.Revision = "urn:x", article.Usable, "wire", 1<<40
	a.Language.Value = "en"
	return a
}

func TestOnlyWhatIsForReadersIsShown(t *testing.T) {
	a := paper()
	body := render(t, shelf{found: find.Found{Article: &a, Newest: true}}, "uri=urn:x").Body.String()
	for _, k := range append([]article.Kind{article.Unknown}, article.Kinds...) {
		if n := strings.Count(body, "The "+string(k)+" "); k.ForReaders() != (n > 0) {
			t.Errorf("%s stands %d times on the page", k, n)
		}
	}
	if strings.Contains(body, "<i>") {
		t.Error("copy became markup")
	}
	for _, in := range [][2]string{{"The kicker", "The headline"}, {"The headline", "The standfirst"}, {"The standfirst", "The byline"}, {"The byline", "The paragraph"}, {"The paragraph", "The signoff"}} {
		if strings.LastIndex(body, in[0]) > strings.LastIndex(body, in[1]) {
			t.Errorf("%s stands below %s", in[0], in[1])
		}
	}
}

// TestSecondPartsAreNotLost: a text may have two headlines, or only a dateline.
func TestSecondPartsAreNotLost(t *testing.T) {
	var a article.Article
	b := article.Builder{}
	for _, k := range []article.Kind{article.Headline, article.Headline, article.Byline, article.Byline, article.CreditLine, article.Dateline, article.Dateline} {
		b.Add(k, "part-"+string(rune('a'+b.Len()%26)))
	}
	b.Fill(&a)
	a.URI, a.Status, a.Source = "urn:x", article.Usable, "wire"
	body := render(t, shelf{found: find.Found{Article: &a, Newest: true}}, "uri=urn:x").Body.String()
	for _, s := range a.Segments {
		if !strings.Contains(body, s.In(a.Text)) {
			t.Errorf("%s %q is lost", s.Kind, s.In(a.Text))
		}
	}
}

func TestHeadersAndHostileInput(t *testing.T) {
	hostile := `"><script>alert(1)</script>'{{.}}`
	r := find.Result{
		Total: find.Total{Value: 1, Relation: "eq"}, Sort: find.Relevance,
		Hits:   []find.Hit{{URI: "javascript:alert(1)", Headline: hostile, Kicker: hostile, Standfirst: hostile, Source: hostile, Agency: hostile, Language: hostile}},
		Facets: []find.FacetCount{{Name: "agency", Values: []find.ValueCount{{Value: hostile, Count: 1, Chosen: true}}}},
		Next:   hostile,
	}
	w := render(t, shelf{result: r}, url.Values{"q": {strings.ReplaceAll(hostile, `"`, "")}, "agency": {hostile}, "utm_source": {"mail"}}.Encode())
	body := w.Body.String()
	if w.Code != http.StatusOK {
		t.Errorf("status %d: %s", w.Code, body)
	}
	if strings.Contains(body, "<script>") || strings.Contains(body, `href="javascript:`) {
		t.Errorf("hostile input became markup:\n%s", body)
	}
	if inline := regexp.MustCompile(`(?i)<style|\sstyle=|\son[a-z]+=["']|<script(?:[^>]*)>[^<]`).FindString(body); inline != "" {
		t.Errorf("the page has inline style or script, which its policy forbids: %s", inline)
	}
	if other := regexp.MustCompile(`(?:src|href|action)="(?:https?:)?//[^"]*`).FindString(body); other != "" {
		t.Errorf("the page leads elsewhere: %s", other)
	}
	for name, want := range map[string]string{
		"Content-Type": "text/html; charset=utf-8", "X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-cache", "Referrer-Policy": "same-origin",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	policy := w.Header().Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %q", policy)
	}
	for path, want := range map[string]int{"style.css": 200, "page.js": 200, "icon.svg": 200, "none.css": 404, "..": 404, "": 404} {
		req := httptest.NewRequest(http.MethodGet, "/assets/x", nil)
		req.SetPathValue("name", path)
		got := httptest.NewRecorder()
		web.Assets().ServeHTTP(got, req)
		if got.Code != want {
			t.Errorf("asset %q: %d, want %d", path, got.Code, want)
		}
	}
}

func TestFailuresAreSaid(t *testing.T) {
	for _, c := range []struct {
		err    error
		query  string
		status int
		says   string
	}{
		{&find.UnavailableError{Err: errors.New("secret host")}, "q=a", http.StatusServiceUnavailable, "be reached"},
		{&find.UnavailableError{Err: find.ErrTimeout}, "q=a", http.StatusServiceUnavailable, "too long"},
		{find.ErrNotFound, "uri=x", http.StatusNotFound, "isn’t here"},
		{errors.New("secret host"), "q=a", http.StatusInternalServerError, "logged"},
		{nil, "q=%22a", http.StatusBadRequest, "never closed"},
		{nil, "day=x", http.StatusBadRequest, "not a day"},
		{nil, "uri=x&revision=y", http.StatusBadRequest, "not the number of a revision"},
	} {
		a := paper()
		w := render(t, shelf{err: c.err, found: find.Found{Article: &a}}, c.query)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.says) || strings.Contains(w.Body.String(), "secret host") {
			t.Errorf("%v: %d\n%s", c.err, w.Code, w.Body.String())
		}
		if (w.Header().Get("Retry-After") != "") != (c.status == http.StatusServiceUnavailable) {
			t.Errorf("%v: Retry-After %q", c.err, w.Header().Get("Retry-After"))
		}
	}
}
