package web

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/services/search/gate"
)

// SignIn makes the page that asks people who they are.
func SignIn(log zerolog.Logger) (gate.Form, error) {
	t, err := template.ParseFS(static, "static/signin.html")
	if err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	return func(w http.ResponseWriter, _ *http.Request, s gate.SignIn) {
		var b bytes.Buffer
		if err := t.Execute(&b, s); err != nil {
			log.Error().Err(err).Msg("can't render the page")
			http.Error(w, "This page can't be shown. It has been logged.", http.StatusInternalServerError)
			return
		}
		send(w, log, b.Bytes(), s.Status, policy(""))
	}, nil
}
