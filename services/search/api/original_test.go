package api_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/pkg/archive"
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/search/api"
	"github.com/copytaster/copytaster/services/search/find"
)

// finder answers one call after the other.
type finder struct {
	answers []func() (find.Found, error)
	grant   access.Grant
}

func (f *finder) Search(context.Context, find.Request) (find.Result, error) {
	return find.Result{}, errors.New("nobody searches")
}

func (f *finder) Articles(context.Context, find.Request) (find.Page, error) {
	return find.Page{}, errors.New("nobody searches")
}
func (f *finder) Zone() *time.Location { return time.UTC }
func (f *finder) Article(context.Context, article.URI, article.Revision) (find.Found, error) {
	return find.Found{}, errors.New("nobody asks for lists")
}

func (f *finder) Alone(context.Context, article.URI, article.Revision) (find.Found, error) {
	return find.Found{}, errors.New("nobody asks for relations")
}

func (f *finder) Itself(context.Context, article.URI, article.Revision) (find.Found, error) {
	answer := f.answers[0]
	f.answers = f.answers[1:]
	return answer()
}

func (f *finder) ToCorrect(ctx context.Context, uri article.URI) (*article.Article, error) {
	found, err := f.Itself(ctx, uri, 0)
	return found.Article, err
}
func (f *finder) Grant() access.Grant { return f.grant }

// one is the finder of every reader.
func one(f api.Finder) api.Readers { return func(*http.Request) api.Finder { return f } }

type kept string

func (k kept) Get(context.Context, archive.Key) ([]byte, error) { return []byte(k), nil }

// slow gives nothing until it is told to.
type slow struct{ asked, open chan struct{} }

func (s slow) Get(ctx context.Context, _ archive.Key) ([]byte, error) {
	s.asked <- struct{}{}
	select {
	case <-s.open:
		return []byte("x"), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// TestOriginalsAtOnce: there is a limit to what is in memory, and places are
// given back.
func TestOriginalsAtOnce(t *testing.T) {
	s := slow{make(chan struct{}), make(chan struct{})}
	h := api.Original(one(&always{}), s, zerolog.Nop())
	ask := func() int {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/articles/x/original", nil))
		return w.Code
	}
	codes := make(chan int, api.MaxOriginals)
	for range api.MaxOriginals {
		go func() { codes <- ask() }()
		<-s.asked
	}
	if code := ask(); code != http.StatusServiceUnavailable {
		t.Errorf("one too many: %d", code)
	}
	close(s.open)
	for range api.MaxOriginals {
		if code := <-codes; code != http.StatusOK {
			t.Errorf("%d", code)
		}
	}
	go func() { <-s.asked }()
	if code := ask(); code != http.StatusOK {
		t.Errorf("afterwards: %d", code)
	}
}

// always finds the same article.
type always struct{ finder }

func (*always) Itself(context.Context, article.URI, article.Revision) (find.Found, error) {
	return find.Found{Article: &article.Article{URI: "x", Revision: 1 << 20, Status: article.Usable, Original: article.Original{Hash: "h"}}}, nil
}

// TestKilledMeanwhile: a kill between the look at the article and the bytes
// counts.
func TestKilledMeanwhile(t *testing.T) {
	shown := func(status article.Status, hash string) func() (find.Found, error) {
		return func() (find.Found, error) {
			return find.Found{Article: &article.Article{URI: "x", Revision: 1 << 20, Status: status, Original: article.Original{Hash: hash}}}, nil
		}
	}
	hidden := func() (find.Found, error) { return find.Found{}, find.ErrNotFound }
	for what, c := range map[string]struct {
		then func() (find.Found, error)
		want int
	}{
		"nothing":               {shown(article.Usable, "h"), http.StatusOK},
		"a kill":                {shown(article.Canceled, "h"), http.StatusNotFound},
		"an embargo":            {hidden, http.StatusNotFound},
		"another original":      {shown(article.Usable, "i"), http.StatusNotFound},
		"the index is away now": {func() (find.Found, error) { return find.Found{}, &find.UnavailableError{Err: errors.New("x")} }, http.StatusServiceUnavailable},
	} {
		f := &finder{answers: []func() (find.Found, error){shown(article.Usable, "h"), c.then}}
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/articles/x/original", nil)
		r.SetPathValue("uri", "x")
		api.Original(one(f), kept("secret"), zerolog.Nop()).ServeHTTP(w, r)
		if told := strings.Contains(w.Body.String(), "secret"); w.Code != c.want || told != (c.want == http.StatusOK) {
			t.Errorf("%s: %d %s", what, w.Code, w.Body)
		}
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/articles/x/original", nil)
	api.Original(one(&finder{answers: []func() (find.Found, error){shown(article.Usable, "h")}}), nil, zerolog.Nop()).ServeHTTP(w, r)
	if w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "there is no archive") {
		t.Errorf("without an archive: %d %s", w.Code, w.Body)
	}
}
