package api

import "net/http"

// Types of the problems of who may not ask; see package gate.
const (
	TypeNotFound     = problemPrefix + "not-found"
	TypeUnauthorized = problemPrefix + "unauthorized"
	TypeForbidden    = problemPrefix + "forbidden"
	TypeTooMany      = problemPrefix + "too-many-requests"
)

// Write answers with the problem.
func (p Problem) Write(w http.ResponseWriter) { p.write(w) }
