package api

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/search/find"
)

// asked answers with what ask finds for the parameters that parse reads.
func asked[R, A any](s Service, parse func(url.Values, *time.Location) (R, error), ask func(*find.Finder, context.Context, R) (A, error)) http.Handler {
	return s.within(func(w http.ResponseWriter, r *http.Request) {
		values, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			fail(w, r, s.Log, malformed(err))
			return
		}
		f := s.Finder(r)
		request, err := parse(values, f.Zone())
		if err != nil {
			fail(w, r, s.Log, err)
			return
		}
		if whole, ok := any(&request).(interface{ Search() *find.Request }); ok {
			if err := f.Known(r.Context(), whole.Search()); err != nil {
				fail(w, r, s.Log, err)
				return
			}
		}
		found, err := ask(f, r.Context(), request)
		if err != nil {
			fail(w, r, s.Log, err)
			return
		}
		answer(w, r, s.Log, &found)
	})
}

// placed answers by h, for so many at once, in all and for each sender.
func placed(s Service, title string, all, each int, h http.Handler) http.Handler {
	seats := places{title: title, all: all, each: each}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		leave, err := seats.take(access.Of(r.Context()).Sender)
		if err != nil {
			fail(w, r, s.Log, err)
			return
		}
		defer leave()
		h.ServeHTTP(w, r)
	})
}

// askedOf answers with what ask finds for the article of the path.
func askedOf[A any](s Service, ask func(f *find.Finder, ctx context.Context, uri article.URI, values url.Values) (A, error)) http.Handler {
	return s.within(func(w http.ResponseWriter, r *http.Request) {
		values, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			fail(w, r, s.Log, malformed(err))
			return
		}
		found, err := ask(s.Finder(r), r.Context(), article.URI(r.PathValue("uri")), values)
		if err != nil {
			fail(w, r, s.Log, err)
			return
		}
		answer(w, r, s.Log, &found)
	})
}

func similar(f *find.Finder, ctx context.Context, uri article.URI, values url.Values) (find.Similar, error) { //nolint:revive // as a method of the finder would be
	size, err := find.ParseSimilar(values)
	if err != nil {
		return find.Similar{}, err
	}
	return f.Similar(ctx, uri, size)
}

func difference(f *find.Finder, ctx context.Context, uri article.URI, values url.Values) (find.Difference, error) { //nolint:revive // likewise
	from, to, err := find.ParseDifference(values)
	if err != nil {
		return find.Difference{}, err
	}
	return f.Difference(ctx, uri, from, to)
}
