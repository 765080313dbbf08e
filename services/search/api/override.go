package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/override"
	"github.com/copytaster/copytaster/services/enrich/override/desk"
	"github.com/copytaster/copytaster/services/search/find"
)

// Limits of corrections.
const (
	// MaxCorrection is how many bytes what an editor says of a field may have.
	MaxCorrection = 1 << 20
	// MaxChanges is how many overrides are looked at or changed at the same time.
	MaxChanges = 8
	// ChangeTime is how long a change may take; it goes on when its client leaves.
	ChangeTime = 2 * time.Minute
)

// Overrides are what editors correct; see [desk.Desk].
type Overrides interface {
	// Of is the override of an article of the index, with the number 0 if there is none.
	Of(ctx context.Context, a *article.Article) (desk.Line, error)
	// Change changes it. An error may come with what is kept nevertheless.
	Change(ctx context.Context, a *article.Article, c override.Change) (desk.Line, error)
}

// Errors of corrections.
var (
	errNoOverrides   = errors.New("overrides are off")
	errChanges       = errors.New("too many corrections at once")
	errUnconditional = errors.New("which override is changed isn't said")
	errLongValue     = errors.New("the value is too long")
)

// movedError is of an override that is not as its editor saw it any more.
type movedError struct {
	err   error
	stand desk.Line
}

func (e *movedError) Error() string { return e.err.Error() }

// deskError says that an override could not be read or changed.
type deskError struct {
	err  error
	kept bool
}

func (e *deskError) Error() string { return e.err.Error() }
func (e *deskError) Unwrap() error { return e.err }

// editing answers with the override that do gives of the article of the path, which the
// reader must be able to see by its URI.
func editing(of Readers, o Overrides, log zerolog.Logger, do func(ctx context.Context, r *http.Request, values url.Values, a *article.Article) (desk.Line, error)) http.Handler {
	places := make(chan struct{}, MaxChanges)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l, err := func() (l desk.Line, err error) {
			if o == nil {
				return l, errNoOverrides
			}
			select {
			case places <- struct{}{}:
				defer func() { <-places }()
			default:
				return l, errChanges
			}
			values, err := url.ParseQuery(r.URL.RawQuery)
			if err != nil {
				return l, malformed(err)
			}
			found, err := of(r).Itself(r.Context(), article.URI(r.PathValue("uri")), 0)
			if err != nil {
				return l, err
			}
			// Where the server can't do it, its own time limit holds.
			_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(2 * ChangeTime))
			ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), ChangeTime)
			defer cancel()
			return do(ctx, r, values, found.Article)
		}()
		if err != nil {
			fail(w, r, log, err)
			return
		}
		w.Header().Set("ETag", numberTag(l.Number))
		answer(w, r, log, &l)
	})
}

func numberTag(n int) string { return `"` + strconv.Itoa(n) + `"` }

// Overridden answers with what editors say of an article, a [desk.Line]; o may be nil: then
// there is nothing.
func Overridden(of Readers, o Overrides, log zerolog.Logger) http.Handler {
	return editing(of, o, log, func(ctx context.Context, _ *http.Request, values url.Values, a *article.Article) (desk.Line, error) {
		if err := only(values); err != nil {
			return desk.Line{}, err
		}
		l, err := o.Of(ctx, a)
		return l, deskErr(err, false)
	})
}

// Correct takes the body for what an editor says of the field of the path.
func Correct(of Readers, o Overrides, log zerolog.Logger) http.Handler {
	return changing(of, o, log, func(r *http.Request, c *override.Change) error {
		value, err := io.ReadAll(io.LimitReader(r.Body, MaxCorrection+1))
		switch {
		case err != nil:
			return &find.ParameterError{Parameter: "body", Message: "can't be read: " + err.Error(), At: -1}
		case len(value) > MaxCorrection:
			return errLongValue
		}
		c.Set = []override.Said{{Field: r.PathValue("field"), Value: value}}
		return nil
	})
}

// TakeBack removes what was said of the field of the path.
func TakeBack(of Readers, o Overrides, log zerolog.Logger) http.Handler {
	return changing(of, o, log, func(r *http.Request, c *override.Change) error {
		c.Remove = []string{r.PathValue("field")}
		return nil
	})
}

func changing(of Readers, o Overrides, log zerolog.Logger, fill func(r *http.Request, c *override.Change) error) http.Handler {
	return editing(of, o, log, func(ctx context.Context, r *http.Request, values url.Values, a *article.Article) (l desk.Line, err error) {
		if err := only(values, "reason"); err != nil {
			return l, err
		}
		c := override.Change{Who: whoIs(access.Of(r.Context())), Reason: strings.TrimSpace(values.Get("reason"))}
		if c.From, err = numberOf(r.Header.Values("If-Match")); err != nil {
			return l, err
		}
		if len(c.Reason) > article.MaxReason {
			return l, &find.ParameterError{Parameter: "reason", Message: "has more than " + strconv.Itoa(article.MaxReason) + " bytes", At: -1}
		}
		if err := fill(r, &c); err != nil {
			return l, err
		}
		if err := c.Validate(); err != nil {
			return l, &find.ParameterError{Parameter: "field", Message: err.Error(), At: -1}
		}
		l, err = o.Change(ctx, a, c)
		if !errors.Is(err, override.ErrMoved) {
			return l, deskErr(err, l.URI != "")
		}
		stand, failed := o.Of(ctx, a)
		if failed != nil {
			return l, deskErr(failed, false)
		}
		return l, &movedError{err, stand}
	})
}

// only tells of parameters that aren't there, or are given more than once.
func only(values url.Values, names ...string) error {
	for name, given := range values {
		if len(given) > 1 || len(names) == 0 || name != names[0] {
			return &find.ParameterError{Parameter: name, Message: "is not known here, or is given more than once", At: -1}
		}
	}
	return nil
}

// whoIs is by what name somebody corrects: that of the person, or the key with its id.
func whoIs(who access.Identity) string {
	if who.Key == "" {
		return cut(who.Name, article.MaxWho)
	}
	id := " (key " + who.Key + ")"
	return cut(who.Name, article.MaxWho-len(id)) + id
}

// cut is s with limit bytes at most.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

// numberOf reads If-Match: the number of an override, or nil for any.
func numberOf(header []string) (*int, error) {
	if len(header) == 0 {
		return nil, errUnconditional
	}
	tag := strings.TrimSpace(header[0])
	if len(header) == 1 && tag == "*" {
		return nil, nil //nolint:nilnil // any
	}
	digits := strings.TrimSuffix(strings.TrimPrefix(tag, `"`), `"`)
	n, err := strconv.ParseUint(digits, 10, 31)
	if err != nil || len(header) > 1 || tag != numberTag(int(n)) {
		return nil, &find.ParameterError{Parameter: "If-Match", Message: `is neither the one ETag of an override, such as "3", nor *`, At: -1}
	}
	number := int(n)
	return &number, nil
}

// deskErr is an error of [Overrides]; kept tells that the change is kept nevertheless.
func deskErr(err error, kept bool) error {
	if err == nil || errors.As(err, new(*desk.Refusal)) {
		return err
	}
	return &deskError{err, kept}
}

// overrideProblem is what an error of corrections means; false if it is none of its own.
func overrideProblem(err error) (Problem, bool) {
	var moved *movedError
	var value *override.ValueError
	var away *deskError
	var refusal *desk.Refusal
	switch {
	case errors.Is(err, errNoOverrides):
		return Problem{
			Type: TypeNotFound, Title: "Not found", Status: http.StatusNotFound, Detail: "Nothing is corrected here: the service isn't told to (search-overrides).",
		}, true
	case errors.Is(err, errChanges):
		return Problem{
			Type: problemPrefix + "unavailable", Title: "Too many corrections at once", Status: http.StatusServiceUnavailable, Detail: "Try again in a moment.",
		}, true
	case errors.Is(err, errUnconditional):
		return Problem{
			Type: problemPrefix + "unconditional", Title: "Which override is meant?", Status: http.StatusPreconditionRequired,
			Detail: "Send its ETag, as GET gives it, in If-Match, so that nobody's correction is overwritten unseen; * is for whatever there is.",
		}, true
	case errors.Is(err, errLongValue):
		return Problem{
			Type: problemPrefix + "too-large", Title: "The value is too long", Status: http.StatusRequestEntityTooLarge,
			Detail: "It may have " + strconv.Itoa(MaxCorrection) + " bytes.",
		}, true
	case errors.As(err, &moved):
		return Problem{
			Type: problemPrefix + "moved", Title: "Somebody else corrected it meanwhile", Status: http.StatusPreconditionFailed,
			Detail: moved.Error() + ".", Override: &moved.stand,
		}, true
	case errors.As(err, &value):
		return Problem{
			Type: problemPrefix + "value", Title: "The value is wrong", Status: http.StatusBadRequest, Detail: value.Error(),
		}, true
	case errors.Is(err, override.ErrNothing):
		return Problem{
			Type: problemPrefix + "not-corrected", Title: "There is no such correction", Status: http.StatusNotFound, Detail: err.Error() + ".",
		}, true
	case errors.As(err, &refusal):
		return Problem{
			Type: problemPrefix + "conflict", Title: "That can't be corrected now", Status: http.StatusConflict, Detail: refusal.Error() + ".",
		}, true
	case errors.As(err, &away):
		p := Problem{
			Type: problemPrefix + "unavailable", Title: "Kafka can't be reached", Status: http.StatusServiceUnavailable,
			Detail: "Nobody knows whether it is kept: ask for the overrides, and send the same once more.",
		}
		if away.kept {
			p.Title, p.Detail = "The correction is kept, and not everywhere yet", "Send the same once more: what is missing is made up for."
		}
		return p, true
	}
	return Problem{}, false
}
