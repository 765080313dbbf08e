package search

import (
	"net/http"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/services/search/api"
	"github.com/copytaster/copytaster/services/search/find"
	"github.com/copytaster/copytaster/services/search/gate"
)

// Mux serves all routes, and gives their patterns.
func Mux(g *gate.Gate, f *find.Finder, service api.Service) (h http.Handler, patterns []string, err error) {
	service.Log = zerolog.Nop()
	all, err := routes(g, f, service)
	if err != nil {
		return nil, nil, err
	}
	mux := http.NewServeMux()
	for _, r := range all {
		mux.Handle(r.pattern, r.handler)
		patterns = append(patterns, r.pattern)
	}
	return mux, patterns, nil
}
