package search

import (
	"net/http"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/services/search/api"
	"github.com/copytaster/copytaster/services/search/find"
	"github.com/copytaster/copytaster/services/search/gate"
)

// Mux serves all routes, and gives their patterns.
func Mux(g *gate.Gate, f *find.Finder, keep api.Archive) (h http.Handler, patterns []string, err error) {
	all, err := routes(g, f, keep, nil, "", zerolog.Nop())
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
