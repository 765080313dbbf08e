package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/services/enrich/override"
	"github.com/copytaster/copytaster/services/enrich/override/desk"
	"github.com/copytaster/copytaster/services/search/export"
	"github.com/copytaster/copytaster/services/search/find"
	"github.com/copytaster/copytaster/services/search/live"
)

// RetryAfter is how many seconds a client is told to wait when the index
// can't be reached.
const RetryAfter = 2

// statusClientLeft is what is logged of requests that nobody waits for; nobody
// sees it.
const statusClientLeft = 499

// problemPrefix starts the types of all problems.
const problemPrefix = "urn:copytaster:problem:"

// Problem is an RFC 9457 problem.
type Problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
	// Parameter is which one is wrong, and Position the character of its value
	// that is meant, counted from 1.
	Parameter string `json:"parameter,omitempty"`
	Position  int    `json:"position,omitempty"`
	// Formats are those in which there is an answer.
	Formats []string `json:"formats,omitempty"`
	// Override is as it stands now, which is not as its editor saw it.
	Override *desk.Line `json:"override,omitempty"`
	// Candidates are the places that a name may mean with which one was corrected, and Name
	// is that name, as it was sent.
	Candidates []override.Candidate `json:"candidates,omitempty"`
	Name       string               `json:"name,omitempty"`
}

// ProblemOf says what err means to whoever asked.
func ProblemOf(err error) Problem {
	if p, ok := originalProblem(err); ok {
		return p
	}
	if p, ok := overrideProblem(err); ok {
		return p
	}
	if p, ok := operatorProblem(err); ok {
		return p
	}
	if p, ok := embargoProblem(err); ok {
		return p
	}
	var parameter *find.ParameterError
	var away *find.UnavailableError
	var form *notAcceptableError
	var unfit *export.UnfitError
	var refused *RefusedError
	var full *fullError
	switch {
	case errors.As(err, &refused):
		return refused.Problem
	case errors.As(err, &full):
		p := Problem{Type: problemPrefix + "unavailable", Title: full.title, Status: http.StatusServiceUnavailable, Detail: full.Error()}
		if full.sender { // another instance is as good as this one, and has no more for them
			p.Type, p.Status = TypeTooMany, http.StatusTooManyRequests
		}
		return p
	case errors.As(err, &form):
		return Problem{
			Type: problemPrefix + "not-acceptable", Title: "There is no such form", Status: http.StatusNotAcceptable,
			Detail: form.Error(), Parameter: form.parameter, Formats: form.names(),
		}
	case errors.As(err, &unfit):
		return Problem{
			Type: problemPrefix + "canceled", Title: "The article was canceled", Status: http.StatusGone, Detail: unfit.Error(),
		}
	case errors.As(err, &parameter):
		return Problem{
			Type: problemPrefix + "parameter", Title: "A parameter is wrong", Status: http.StatusBadRequest,
			Detail: parameter.Error(), Parameter: parameter.Parameter, Position: parameter.At + 1,
		}
	case errors.Is(err, find.ErrTooMuch):
		return Problem{
			Type: problemPrefix + "too-much", Title: "The search asks for too much", Status: http.StatusBadRequest,
			Detail: "The index won't look for all of it at once. Look for fewer words, or fewer with * or ?.",
		}
	case errors.Is(err, find.ErrNotFound):
		return Problem{
			Type: problemPrefix + "not-found", Title: "Not found", Status: http.StatusNotFound,
			Detail: "There is no such article or revision. In the path, an article's URI is percent-encoded, its slashes too.",
		}
	case errors.Is(err, live.ErrTooManyOfReader):
		return Problem{
			Type: problemPrefix + "too-many-feeds", Title: "Too many live feeds are open", Status: http.StatusTooManyRequests,
			Detail: "You have as many live feeds open as one reader may. Close one, or put several queries into one by OR.",
		}
	case errors.Is(err, live.ErrTooMany):
		return Problem{
			Type: problemPrefix + "unavailable", Title: "Too many live feeds are open", Status: http.StatusServiceUnavailable,
			Detail: "Try again in a moment; another instance may have room.",
		}
	case errors.Is(err, live.ErrUnavailable):
		return Problem{
			Type: problemPrefix + "unavailable", Title: "There are no live feeds now", Status: http.StatusServiceUnavailable,
			Detail: "This service doesn't follow what goes out (setting search-live), is just starting, or can't reach Kafka. Searches are answered.",
		}
	case errors.Is(err, find.ErrTimeout), errors.Is(err, context.DeadlineExceeded):
		return Problem{
			Type: problemPrefix + "timeout", Title: "The search took too long", Status: http.StatusServiceUnavailable,
			Detail: "The index did not answer in time. Try again, or narrow the search down.",
		}
	case errors.As(err, &away):
		return Problem{
			Type: problemPrefix + "unavailable", Title: "The index can't be reached", Status: http.StatusServiceUnavailable,
			Detail: "Try again in a moment.",
		}
	case errors.Is(err, context.Canceled):
		return Problem{Type: problemPrefix + "canceled", Title: "The client left", Status: statusClientLeft}
	}
	return Problem{
		Type: problemPrefix + "internal", Title: "Something is wrong with this service", Status: http.StatusInternalServerError,
		Detail: "It has been logged.",
	}
}

// fail answers with the problem that err is.
func fail(w http.ResponseWriter, r *http.Request, log zerolog.Logger, err error) {
	p := ProblemOf(err)
	Log(log, r, p.Status, err)
	if errors.As(err, new(*find.ParameterError)) || errors.As(err, new(*fullError)) {
		if who := access.Of(r.Context()); who.GiveBack != nil {
			who.GiveBack()
		}
	}
	p.write(w)
}

// Log tells operators of an error that was answered with status, if it is for
// them.
func Log(log zerolog.Logger, r *http.Request, status int, err error) {
	if status >= http.StatusInternalServerError {
		log.Warn().Err(err).Str("path", r.URL.Path).Int("status", status).Msg("request failed")
	}
}

func (p Problem) write(w http.ResponseWriter) {
	b, err := json.Marshal(p)
	if err != nil { // strings and numbers only
		b = []byte("{}")
	}
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	// A rate says by itself when the next request will pass.
	if (p.Status == http.StatusServiceUnavailable || p.Status == http.StatusTooManyRequests) && h.Get("Retry-After") == "" {
		h.Set("Retry-After", strconv.Itoa(RetryAfter))
	}
	w.WriteHeader(p.Status)
	_, _ = w.Write(b) // the client may have left
}
