package api

import (
	"context"
	"net/http"
	"time"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/services/search/find"
	"github.com/copytaster/copytaster/services/search/live"
)

// Service is what the routes are made of.
type Service struct {
	// Finder finds for whoever sends the request.
	Finder func(r *http.Request) *find.Finder
	// Archive keeps the originals; nil: there are none.
	Archive Archive
	// Live has the live feeds; nil: there are none.
	Live *live.Hub
	// Public is the service's address for links in answers; "": as it was called.
	Public string
	// Timeout is how long an answer may take that is sent as a whole, in all; 0: any time.
	Timeout time.Duration
	Log     zerolog.Logger
}

// Limits of comparing revisions.
const (
	// MaxDifferences is how many are compared at the same time, MaxDifferencesEach how many
	// of them for one sender.
	MaxDifferences     = 4
	MaxDifferencesEach = 2
)

// Within answers by h, with a context that is done after d, if d isn't 0: many short
// calls of Elasticsearch, one after the other, are as long as a long one.
func Within(d time.Duration, h http.Handler) http.Handler {
	if d <= 0 {
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), d)
		defer cancel()
		h.ServeHTTP(w, r.WithContext(ctx))
	})
}

func (s Service) within(h http.HandlerFunc) http.Handler { return Within(s.Timeout, h) }

func (s Service) readers() Readers {
	return func(r *http.Request) Finder { return s.Finder(r) }
}

// Route is one of the API's routes.
type Route struct {
	// Name is the route's in metrics, and the operation's in the OpenAPI document.
	Name    string
	Pattern string // for [http.ServeMux]
	Handler func(s Service) http.Handler
}

// costs are what the routes cost that cost more than one request: many calls of
// Elasticsearch, or much work of it or here.
var costs = map[string]int{"similar": 2, "difference": 5, "histogram": 2, "significant": 3, "spelling": 5, "export": 10}

// Cost is as how many requests one for the route counts, of those that its sender may
// send.
func (r Route) Cost() int { return max(1, costs[r.Name]) }

// RouteLive is the name of the live feeds' route.
const RouteLive = "live"

// Routes are all of the API. The service, the OpenAPI document's tests and those of
// what readers may see take them from here: there is no other way to add one.
var Routes = []Route{
	{"search", PatternSearch, func(s Service) http.Handler { return Within(s.Timeout, Search(s.readers(), s.Public, s.Log)) }},
	{"article", PatternArticle, func(s Service) http.Handler { return Within(s.Timeout, Article(s.readers(), s.Public, s.Log)) }},
	{"original", PatternOriginal, func(s Service) http.Handler { return Original(s.readers(), s.Archive, s.Log) }},
	{"similar", "GET /v1/articles/{uri}/similar", func(s Service) http.Handler { return askedOf(s, similar) }},
	{"difference", "GET /v1/articles/{uri}/difference", func(s Service) http.Handler {
		return placed(s, "Too many revisions are compared", MaxDifferences, MaxDifferencesEach, askedOf(s, difference))
	}},
	{"histogram", "GET /v1/histogram", func(s Service) http.Handler { return asked(s, find.ParseHistogram, (*find.Finder).Histogram) }},
	{"map", "GET /v1/map", func(s Service) http.Handler { return asked(s, find.ParseMap, (*find.Finder).Map) }},
	{"significant", "GET /v1/significant", func(s Service) http.Handler { return asked(s, find.ParseSignificant, (*find.Finder).Significant) }},
	{"suggest", "GET /v1/suggest", func(s Service) http.Handler { return asked(s, find.ParseSuggest, (*find.Finder).Suggest) }},
	{"spelling", "GET /v1/spelling", func(s Service) http.Handler { return asked(s, find.ParseSpelling, (*find.Finder).Spelling) }},
	{"export", "GET /v1/export", exportAll},
	{RouteLive, "GET /v1/live", liveFeed},
	{"openapi", "GET /v1/openapi.json", func(s Service) http.Handler { return openAPI(s.Log) }},
}
