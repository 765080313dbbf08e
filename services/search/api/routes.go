package api

import (
	"net/http"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/services/search/find"
)

// Service is what the routes are made of.
type Service struct {
	// Finder finds for whoever sends the request.
	Finder func(r *http.Request) *find.Finder
	// Archive keeps the originals; nil: there are none.
	Archive Archive
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
	{"openapi", "GET /v1/openapi.json", func(s Service) http.Handler { return openAPI(s.Log) }},
}
