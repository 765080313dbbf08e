package bulk

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/copytaster/copytaster/pkg/stage"
)

var errReplyTooLong = fmt.Errorf("the reply to a bulk request has more than %d bytes", MaxReply)

// item is what a bulk reply says of one document.
type item struct {
	Status int    `json:"status"`
	Error  *cause `json:"error"`
}

type cause struct {
	Type     string `json:"type"`
	Reason   string `json:"reason"`
	CausedBy *cause `json:"caused_by"`
}

// parseItems reads the reply to a request of n documents. A reply that is cut
// or speaks of another number of them is an error that may pass.
func parseItems(reply []byte, n int) ([]item, error) {
	var r struct {
		Items []struct {
			Index item `json:"index"`
		} `json:"items"`
	}
	if err := json.Unmarshal(reply, &r); err != nil {
		return nil, fmt.Errorf("the reply to a bulk request of %d documents can't be read: %w", n, err)
	}
	if len(r.Items) != n {
		return nil, fmt.Errorf("the reply to a bulk request of %d documents speaks of %d", n, len(r.Items))
	}
	items := make([]item, n)
	for i, it := range r.Items {
		items[i] = it.Index
	}
	return items, nil
}

// parseRefusal reads the reply to a request that was refused as a whole. What
// is not Elasticsearch's own reply, such as a proxy's page, is quoted.
func parseRefusal(status int, reply []byte) *Error {
	var r struct {
		Error cause `json:"error"`
	}
	if err := json.Unmarshal(reply, &r); err != nil || r.Error.Type == "" {
		return &Error{Status: status, Reason: clip(string(reply))}
	}
	return r.Error.refusal(status)
}

func (c *cause) refusal(status int) *Error {
	reason := c.Reason
	// The outer reason of a mapping conflict names the field, the inner one
	// what is wrong with it.
	for in, depth := c.CausedBy, 0; in != nil && depth < 2; in, depth = in.CausedBy, depth+1 {
		if in.Reason != "" && !strings.Contains(reason, in.Reason) {
			reason += ": " + in.Reason
		}
	}
	return &Error{Status: status, Type: c.Type, Reason: clip(reason)}
}

func clip(s string) string {
	s = strings.ToValidUTF8(s, "�")
	if len(s) > MaxReason {
		return strings.ToValidUTF8(s[:MaxReason], "") + "…"
	}
	return s
}

// ofContent tells that the request as a whole was refused for what is in it.
// Without Elasticsearch's name for it a 400 may be anyone's.
func (e *Error) ofContent() bool {
	return e.Status == http.StatusRequestEntityTooLarge || e.Status == http.StatusBadRequest && e.Type != ""
}

func (it item) result() Result {
	switch it.Status {
	case http.StatusCreated:
		return Result{Outcome: Created}
	case http.StatusOK:
		return Result{Outcome: Updated}
	case http.StatusConflict:
		return Result{Outcome: Superseded}
	}
	refused := &Error{Status: it.Status, Reason: "without a reason"}
	if it.Error != nil {
		refused = it.Error.refusal(it.Status)
	}
	var err error = &itemError{refused}
	if permanent(err) {
		err = stage.Permanent(err)
	}
	return Result{Err: err}
}

// noRoom tells that Elasticsearch refused one document for the moment: a queue
// is full, a shard is on its way.
func noRoom(err error) bool {
	var one *itemError
	return errors.As(err, &one) && (one.refused.Status == http.StatusTooManyRequests || one.refused.Status >= 500)
}

// itemError is the refusal of one document, not of its request.
type itemError struct{ refused *Error }

func (e *itemError) Error() string { return e.refused.Error() }
func (e *itemError) Unwrap() error { return e.refused }

// immenseTerm is how Elasticsearch calls a word that Lucene has no room for: the
// one fault of a document whose type stands for faults of the index, too.
const immenseTerm = "immense term"

// permanent tells whether the document itself is at fault, as far as that is
// certain. What is wrong with the index or the account (the alias is gone or
// has no write index, the index is full, the disk is, rights are missing) is
// refused with a 4xx too, by 400 and illegal_argument_exception even, and no
// reason to give documents up: an operator mends it and they go in. So what is
// not known is repeated.
func permanent(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	switch {
	case e.Status == http.StatusRequestEntityTooLarge:
		return true
	case e.Status != http.StatusBadRequest:
		return false
	}
	switch e.Type {
	case "document_parsing_exception", "mapper_parsing_exception", "strict_dynamic_mapping_exception":
		return true
	case "illegal_argument_exception":
		return strings.Contains(e.Reason, immenseTerm)
	}
	return false
}
