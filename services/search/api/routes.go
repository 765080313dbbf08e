package api

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/services/search/find"
	"github.com/copytaster/copytaster/services/search/live"
)

// Service is what the routes are made of.
type Service struct {
	// Finder finds for whoever sends the request.
	Finder func(r *http.Request) *find.Finder
	// Archive keeps the originals; nil: there are none.
	Archive Archive
	// Editors correct articles; nil: they don't by this service.
	Editors *Editors
	// Live has the live feeds; nil: there are none.
	Live *live.Hub
	// Operator is what operators see and do; nil: they don't work by this service.
	Operator Operator
	// Embargoes are told to those who may see them; nil: to nobody.
	Embargoes *Embargoes
	// Asks tells that the service asks who comes, and Rate how many requests per minute who
	// comes may send, 0: any number; nil: that is not known.
	Asks bool
	Rate func(who access.Identity) int
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
	// Scope is what who asks must have; "": [access.Read].
	Scope access.Scope
	// Streams is whether its answers come bit by bit, or as they are kept.
	Streams bool
}

// costs are what the routes cost that cost more than one request: many calls of
// Elasticsearch, or much work of it or here.
var costs = map[string]int{
	"similar": 2, "difference": 5, "histogram": 2, "significant": 3, "spelling": 5, "export": 10, "suggest": 2,
	"sources": 3, "letters": 5, "embargoes": 2,
	"correct": 10, "take_back": 10, // each reads much of the log
}

// Cost is as how many requests one for the route counts, of those that its sender may
// send.
func (r Route) Cost() int { return max(1, costs[r.Name]) }

// RouteLive is the name of the live feeds' route.
const RouteLive = "live"

// RouteEmbargoes is the name of the one route that tells of what is under an embargo.
const RouteEmbargoes = "embargoes"

// Needs is the scope that who asks must have.
func (r Route) Needs() access.Scope { return cmp.Or(r.Scope, access.Read) }

// Routes are all of the API. The service, the OpenAPI document's tests and those of
// what readers may see take them from here: there is no other way to add one.
var Routes = []Route{
	{Name: "search", Pattern: PatternSearch, Handler: func(s Service) http.Handler { return Within(s.Timeout, Search(s.readers(), s.Public, s.Log)) }},
	{Name: "article", Pattern: PatternArticle, Handler: func(s Service) http.Handler { return Within(s.Timeout, Article(s.readers(), s.Public, s.Log)) }},
	{Name: "original", Pattern: PatternOriginal, Handler: func(s Service) http.Handler { return Original(s.readers(), s.Archive, s.Log) }, Streams: true},
	{Name: "similar", Pattern: "GET /v1/articles/{uri}/similar", Handler: func(s Service) http.Handler { return askedOf(s, similar) }},
	{Name: "difference", Pattern: "GET /v1/articles/{uri}/difference", Handler: func(s Service) http.Handler {
		return placed(s, "Too many revisions are compared", MaxDifferences, MaxDifferencesEach, askedOf(s, difference))
	}},
	{Name: "overrides", Pattern: "GET /v1/articles/{uri}/overrides", Handler: func(s Service) http.Handler { return s.corrections().Overridden() }, Scope: access.Write},
	{Name: "correct", Pattern: "PUT /v1/articles/{uri}/overrides/{field}", Handler: func(s Service) http.Handler { return s.corrections().Correct() }, Scope: access.Write},
	{Name: "take_back", Pattern: "DELETE /v1/articles/{uri}/overrides/{field}", Handler: func(s Service) http.Handler { return s.corrections().TakeBack() }, Scope: access.Write},
	{Name: "histogram", Pattern: "GET /v1/histogram", Handler: func(s Service) http.Handler { return asked(s, find.ParseHistogram, (*find.Finder).Histogram) }},
	{Name: "map", Pattern: "GET /v1/map", Handler: func(s Service) http.Handler { return asked(s, find.ParseMap, (*find.Finder).Map) }},
	{Name: "significant", Pattern: "GET /v1/significant", Handler: func(s Service) http.Handler { return asked(s, find.ParseSignificant, (*find.Finder).Significant) }},
	{Name: "suggest", Pattern: "GET /v1/suggest", Handler: func(s Service) http.Handler { return asked(s, find.ParseSuggest, (*find.Finder).Suggest) }},
	{Name: "spelling", Pattern: "GET /v1/spelling", Handler: func(s Service) http.Handler { return asked(s, find.ParseSpelling, (*find.Finder).Spelling) }},
	{Name: "export", Pattern: "GET /v1/export", Handler: exportAll, Streams: true},
	{Name: RouteLive, Pattern: "GET /v1/live", Handler: liveFeed, Streams: true},
	{Name: RouteEmbargoes, Pattern: "GET /v1/embargoes", Handler: func(s Service) http.Handler {
		return placed(s, "Too many lists of embargoes", MaxEmbargoes, MaxEmbargoesEach, embargoes(s))
	}, Scope: access.Embargo},
	{Name: "me", Pattern: "GET /v1/me", Handler: me, Scope: access.Any},
	{Name: "stages", Pattern: "GET /v1/operator/stages", Handler: stages, Scope: access.Operate},
	{Name: "sources", Pattern: "GET /v1/operator/sources", Handler: sources, Scope: access.Operate},
	{Name: "letters", Pattern: "GET /v1/operator/letters", Handler: letters, Scope: access.Operate},
	{Name: "letter", Pattern: "GET /v1/operator/letters/{topic}/{partition}/{offset}", Handler: letter, Scope: access.Operate},
	{Name: "redrive", Pattern: "POST /v1/operator/redrive", Handler: redriveLetters, Scope: access.Operate},
	{Name: "openapi", Pattern: "GET /v1/openapi.json", Handler: func(s Service) http.Handler { return openAPI(s.Log) }},
}
