package api

import (
	"net/http"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/services/search/find"
	"github.com/copytaster/copytaster/services/search/live"
)

// Service is what the routes are made of.
type Service struct {
	// Finder finds for whoever sends the request.
	Finder func(r *http.Request) *find.Finder
	// Still tells whether whoever sent a request may go on reading what it asked for, as
	// entitled as before; nil: they always may.
	Still func(r *http.Request) bool
	// Archive keeps the originals; nil: there are none.
	Archive Archive
	// Live has the live feeds; nil: there are none.
	Live *live.Hub
	// Public is the service's address for links in answers; "": as it was called.
	Public string
	Log    zerolog.Logger
}

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

// Routes are all of the API. The service, the OpenAPI document's tests and those of
// what readers may see take them from here: there is no other way to add one.
var Routes = []Route{
	{"search", PatternSearch, func(s Service) http.Handler { return Search(s.readers(), s.Public, s.Log) }},
	{"article", PatternArticle, func(s Service) http.Handler { return Article(s.readers(), s.Public, s.Log) }},
	{"original", PatternOriginal, func(s Service) http.Handler { return Original(s.readers(), s.Archive, s.Log) }},
	{"similar", "GET /v1/articles/{uri}/similar", func(s Service) http.Handler { return askedOf(s, similar) }},
	{"difference", "GET /v1/articles/{uri}/difference", func(s Service) http.Handler { return askedOf(s, difference) }},
	{"histogram", "GET /v1/histogram", func(s Service) http.Handler { return asked(s, find.ParseHistogram, (*find.Finder).Histogram) }},
	{"map", "GET /v1/map", func(s Service) http.Handler { return asked(s, find.ParseMap, (*find.Finder).Map) }},
	{"significant", "GET /v1/significant", func(s Service) http.Handler { return asked(s, find.ParseSignificant, (*find.Finder).Significant) }},
	{"suggest", "GET /v1/suggest", func(s Service) http.Handler { return asked(s, find.ParseSuggest, (*find.Finder).Suggest) }},
	{"spelling", "GET /v1/spelling", func(s Service) http.Handler { return asked(s, find.ParseSpelling, (*find.Finder).Spelling) }},
	{"export", "GET /v1/export", exportAll},
	{"live", "GET /v1/live", liveFeed},
	{"openapi", "GET /v1/openapi.json", func(s Service) http.Handler { return openAPI(s.Log) }},
}
