// Package find reads articles from Elasticsearch, as far as a reader may see
// them: searches with facets and pages, and single articles with their
// revisions.
package find

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/elastic"
)

// maxReply is how much of one reply of Elasticsearch is read, in bytes.
const maxReply = 64 << 20

type object = map[string]any

// ErrNotFound says that there is no such article or revision that a reader
// may see. Whether there is one that they may not see isn't told.
var ErrNotFound = errors.New("there is no such article")

// ErrTimeout says that Elasticsearch took longer than allowed. It is wrapped
// in an [*UnavailableError].
var ErrTimeout = errors.New("the answer of Elasticsearch took too long")

// ErrTooMuch says that Elasticsearch won't look for all that a search asks for. What
// [github.com/copytaster/copytaster/pkg/query] lets through it should.
var ErrTooMuch = errors.New("the search asks for too much")

// errZone says that Elasticsearch doesn't know a zone.
var errZone = errors.New("the index knows no such zone")

// errTooLarge says that a reply was longer than maxReply.
var errTooLarge = errors.New("the reply of Elasticsearch is too long")

// UnavailableError says that Elasticsearch can't answer now; later it may.
type UnavailableError struct{ Err error }

func (e *UnavailableError) Error() string { return "the index can't be reached: " + e.Err.Error() }
func (e *UnavailableError) Unwrap() error { return e.Err }

// Finder finds articles. Its methods may be called at once by many.
type Finder struct {
	es      esapi.Transport
	names   corpus.Namespace
	zone    *time.Location
	timeout time.Duration
	now     func() time.Time
	marks   marks
	grant   access.Grant // of whoever reads

	// Related is how long an article waits for what it is related to, in all; 0: as
	// long as each call may take. Log hears what failed of that. Set both before the
	// first call, or never.
	Related time.Duration
	Log     zerolog.Logger
	// Suggesting is how many articles are looked through for suggestions; [New] sets
	// [Suggesting]. Set it before the first call, or never.
	Suggesting int
}

// New makes a finder. Days are days in zone, which must have a name that
// Elasticsearch knows; timeout bounds each call of Elasticsearch; now tells
// which embargoes are over. It finds for a reader who may see everything; for others
// see [Finder.As].
func New(es esapi.Transport, names corpus.Namespace, zone *time.Location, timeout time.Duration, now func() time.Time) *Finder {
	return &Finder{es: es, names: names, zone: zone, timeout: timeout, now: now, marks: newMarks(), Suggesting: Suggesting}
}

// Zone is where days begin and end.
func (f *Finder) Zone() *time.Location { return f.zone }

// Whole is how long all calls for one answer should take together: as long as two.
func (f *Finder) Whole() time.Duration { return 2 * f.timeout }

// Ready tells whether searches can be answered.
func (f *Finder) Ready(ctx context.Context) error { return corpus.Check(ctx, f.es, f.names) }

type esRequest interface {
	Do(ctx context.Context, t esapi.Transport) (*esapi.Response, error)
}

// call sends a request and decodes the reply's JSON into out. Replies with
// status 404 are ErrNotFound.
func (f *Finder) call(ctx context.Context, req esRequest, out any) error {
	limited, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	failed := func(err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err() // whoever asked doesn't wait any more
		case limited.Err() != nil:
			return &UnavailableError{ErrTimeout}
		}
		return &UnavailableError{err}
	}
	res, err := req.Do(limited, f.es)
	if err != nil {
		return failed(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxReply+1))
	if err != nil {
		return failed(err)
	}
	if len(body) > maxReply {
		return errTooLarge
	}
	if res.IsError() {
		return refused(res.StatusCode, body)
	}
	d := json.NewDecoder(bytes.NewReader(body))
	if err := d.Decode(out); err != nil {
		return fmt.Errorf("reply of Elasticsearch: %w", err)
	}
	return nil
}

// refused makes an error of a reply that isn't a success.
func refused(status int, body []byte) error {
	var reply struct {
		Found *bool           `json:"found"` // a document that isn't there has no error
		Error json.RawMessage `json:"error"`
	}
	var reason refusal
	if json.Unmarshal(body, &reply) == nil {
		if status == http.StatusNotFound && reply.Found != nil {
			return ErrNotFound
		}
		_ = json.Unmarshal(reply.Error, &reason) // a proxy's answer may be anything
	}
	err := fmt.Errorf("answer %d of Elasticsearch: %s: %s%s", status, clip(reason.Type), clip(reason.Reason), elastic.Hint(status))
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, // an operator mends the key
		http.StatusNotFound, http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return &UnavailableError{err} // 404: the index service has not made the index yet
	}
	if reason.of("too_complex_to_determinize_exception", "too_many_nested_clauses", "too_many_clauses") {
		return fmt.Errorf("%w: %w", ErrTooMuch, err)
	}
	if reason.of("zone_rules_exception") {
		return fmt.Errorf("%w: %w", errZone, err)
	}
	return err
}

// refusal is why Elasticsearch refuses something, with what it comes from.
type refusal struct {
	Type   string   `json:"type"`
	Reason string   `json:"reason"`
	Cause  *refusal `json:"caused_by"`
	Shards []struct {
		Reason refusal `json:"reason"`
	} `json:"failed_shards"`
}

// of tells whether it is, or comes from, something of one of the types.
func (r *refusal) of(types ...string) bool {
	if slices.Contains(types, r.Type) {
		return true
	}
	for i := range r.Shards {
		if r.Shards[i].Reason.of(types...) {
			return true
		}
	}
	return r.Cause != nil && r.Cause.of(types...)
}

func term(field, value string) object { return object{"term": object{field: value}} }
