package api

import "net/http"

// Types of the problems of who may not ask; see package gate.
const (
	TypeNotFound     = problemPrefix + "not-found"
	TypeUnauthorized = problemPrefix + "unauthorized"
	TypeForbidden    = problemPrefix + "forbidden"
	TypeTooMany      = problemPrefix + "too-many-requests"
)

// RefusedError says that whoever asked may not any more, by the problem.
type RefusedError struct{ Problem Problem }

func (e *RefusedError) Error() string { return e.Problem.Title + ": " + e.Problem.Detail }

// Write answers with the problem.
func (p Problem) Write(w http.ResponseWriter) { p.write(w) }
