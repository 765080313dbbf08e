package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/deadletter"
	"github.com/copytaster/copytaster/services/search/find"
	"github.com/copytaster/copytaster/services/search/operator"
)

// Limits of what operators ask for.
const (
	// MaxOperating is how many answers of each kind are made at once, MaxOperatingEach how many
	// of them for one sender.
	MaxOperating     = 8
	MaxOperatingEach = 3
	// MaxLists is how many lists of letters are made at once, MaxListsEach how many of them for
	// one sender: each reads much of Kafka.
	MaxLists     = 4
	MaxListsEach = 2
	// OperatingTime is how long one may take, but for a redrive.
	OperatingTime = 20 * time.Second
	// MaxOrder is how many bytes an order to redrive may have.
	MaxOrder = 64 << 10
	// defaultPoints is how many looks are told where nobody says how many.
	defaultPoints = 60
	// maxTerm is how many characters a filter of letters may have.
	maxTerm = 200
)

// Operator is what operators see and do; see [operator.Desk].
type Operator interface {
	Stages(points int) (operator.Stages, error)
	Letters(ctx context.Context, q operator.Query) (operator.Page, error)
	Read(ctx context.Context, p bus.Place) (operator.Whole, error)
	Refused(ctx context.Context) (operator.Refused, error)
	Redrive(ctx context.Context, o operator.Order) (operator.Redriven, error)
}

// Errors of operating.
var (
	errOperatorOff = errors.New("operators don't work here")
	errRestricted  = errors.New("letters may be of any agency and source")
	errLongOrder   = errors.New("the order is too long")
)

// operating answers with what do gives, if the service is where operators work.
func operating[A any](s Service, d time.Duration, do func(ctx context.Context, r *http.Request, values url.Values) (A, error)) http.Handler {
	return operatingAtOnce(s, MaxOperating, MaxOperatingEach, d, do)
}

// operatingAtOnce is operating, so many at once.
func operatingAtOnce[A any](s Service, all, each int, d time.Duration, do func(ctx context.Context, r *http.Request, values url.Values) (A, error)) http.Handler {
	return placed(s, "Too many operators ask at once", all, each, Within(d, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.Operator == nil {
			fail(w, r, s.Log, errOperatorOff)
			return
		}
		values, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			fail(w, r, s.Log, malformed(err))
			return
		}
		a, err := do(r.Context(), r, values)
		if err != nil {
			fail(w, r, s.Log, err)
			return
		}
		answer(w, r, s.Log, &a)
	})))
}

// ofLetters is do for those who may read every letter. Of many it can't be told whose copy they
// hold, so a grant of one's own lets through none.
func ofLetters[A any](do func(ctx context.Context, r *http.Request, values url.Values) (A, error)) func(ctx context.Context, r *http.Request, values url.Values) (A, error) {
	return func(ctx context.Context, r *http.Request, values url.Values) (a A, err error) {
		if !access.Of(ctx).Grant.Everything() {
			return a, errRestricted
		}
		return do(ctx, r, values)
	}
}

func stages(s Service) http.Handler {
	return operating(s, OperatingTime, func(_ context.Context, _ *http.Request, values url.Values) (operator.Stages, error) {
		if err := only(values, "points"); err != nil {
			return operator.Stages{}, err
		}
		points, err := whole(values, "points", defaultPoints, 0, operator.MaxPoints)
		if err != nil {
			return operator.Stages{}, err
		}
		return s.Operator.Stages(points)
	})
}

// sourcesAnswer is what sources sent, and what of them was refused.
type sourcesAnswer struct {
	find.Sources

	RefusedSince    time.Time `json:"refused_since"`
	RefusedComplete bool      `json:"refused_complete"`
}

func sources(s Service) http.Handler {
	return operating(s, OperatingTime, func(ctx context.Context, r *http.Request, values url.Values) (a sourcesAnswer, err error) {
		if err := only(values); err != nil {
			return a, err
		}
		f := s.Finder(r)
		if a.Sources, err = f.Sources(ctx); err != nil {
			return a, err
		}
		refused, err := s.Operator.Refused(ctx)
		switch {
		case errors.As(err, new(*operator.AwayError)): // the index knows the rest
			s.Log.Warn().Err(err).Msg("refused letters aren't counted")
			refused = operator.Refused{Since: a.At}
		case err != nil:
			return a, err
		}
		a.RefusedSince, a.RefusedComplete = refused.Since, refused.Complete
		a.Sources.Sources = withRefused(a.Sources.Sources, refused, f.Grant())
		return a, nil
	})
}

// withRefused adds what was refused, also of sources that sent nothing else, as far as a
// grant lets it through.
func withRefused(all []find.Source, refused operator.Refused, g access.Grant) []find.Source {
	seen := map[string]bool{}
	for i := range all {
		seen[all[i].Source] = true
		all[i].Refused = refused.Counts[all[i].Source]
	}
	var others []find.Source
	for name, n := range refused.Counts {
		if !seen[name] && g.Allows(name, "") {
			others = append(others, find.Source{Source: name, State: find.SourceRefused, Hours: []find.HourCount{}, Refused: n})
		}
	}
	slices.SortFunc(others, func(a, b find.Source) int {
		return cmp.Or(cmp.Compare(b.Refused, a.Refused), strings.Compare(a.Source, b.Source))
	})
	all = append(all, others[:min(len(others), find.MaxSources)]...)
	silent := func(s *find.Source) int {
		if s.State == find.SourceSilent {
			return 0
		}
		return 1
	}
	slices.SortFunc(all, func(a, b find.Source) int {
		return cmp.Or(cmp.Compare(silent(&a), silent(&b)), strings.Compare(a.Source, b.Source))
	})
	return all
}

func letters(s Service) http.Handler {
	return operatingAtOnce(s, MaxLists, MaxListsEach, OperatingTime, ofLetters(func(ctx context.Context, _ *http.Request, values url.Values) (operator.Page, error) {
		q, err := parseLetters(values)
		if err != nil {
			return operator.Page{}, err
		}
		return s.Operator.Letters(ctx, q)
	}))
}

func parseLetters(values url.Values) (q operator.Query, err error) {
	if err := only(values, "topic", "stage", "source", "reason", "state", "size", "after"); err != nil {
		return q, err
	}
	q = operator.Query{Topic: values.Get("topic"), Stage: values.Get("stage"), Source: values.Get("source"), Reason: values.Get("reason")}
	for name, limit := range map[string]int{"topic": maxTerm / 2, "stage": maxTerm / 2, "source": 512, "reason": maxTerm, "after": 2048} {
		if n := utf8.RuneCountInString(values.Get(name)); n > limit {
			return q, wrongly(name, "has %d characters, the limit is %d", n, limit)
		}
	}
	if topics := deadletter.Topics(); q.Topic != "" && !slices.Contains(topics, q.Topic) {
		return q, wrongly("topic", "is none of %s", strings.Join(topics, ", "))
	}
	switch state := values.Get("state"); state {
	case "", "all":
	case operator.Open, operator.Handled:
		q.State = state
	default:
		return q, wrongly("state", "is none of all, open, handled")
	}
	if q.Size, err = whole(values, "size", operator.DefaultLetters, 1, operator.MaxLetters); err != nil {
		return q, err
	}
	if after := values.Get("after"); after != "" {
		if q.After, err = operator.ParseCursor(after); err != nil {
			return q, wrongly("after", "%w", err)
		}
	}
	return q, nil
}

func letter(s Service) http.Handler {
	return operating(s, OperatingTime, ofLetters(func(ctx context.Context, r *http.Request, values url.Values) (operator.Whole, error) {
		if err := only(values); err != nil {
			return operator.Whole{}, err
		}
		var p bus.Place
		if err := p.UnmarshalText([]byte(r.PathValue("topic") + "/" + r.PathValue("partition") + "@" + r.PathValue("offset"))); err != nil {
			return operator.Whole{}, operator.ErrNoLetter
		}
		return s.Operator.Read(ctx, p)
	}))
}

func redriveLetters(s Service) http.Handler {
	h := operating(s, 0, ofLetters(func(ctx context.Context, r *http.Request, values url.Values) (operator.Redriven, error) {
		if err := only(values); err != nil {
			return operator.Redriven{}, err
		}
		o, err := parseOrder(r.Body)
		if err != nil {
			return operator.Redriven{}, err
		}
		o.By = whoIs(access.Of(ctx))
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), operator.RedriveTime)
		defer cancel()
		return s.Operator.Redrive(ctx, o)
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Where the server can't do it, its own time limit holds.
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(2 * operator.RedriveTime))
		h.ServeHTTP(w, r)
	})
}

// parseOrder reads the body of an order to redrive.
func parseOrder(body io.Reader) (o operator.Order, err error) {
	b, err := io.ReadAll(io.LimitReader(body, MaxOrder+1))
	switch {
	case err != nil:
		return o, wrongly("body", "can't be read: %w", err)
	case len(b) > MaxOrder:
		return o, errLongOrder
	}
	var said struct {
		Letters []string `json:"letters"`
		Why     string   `json:"why"`
		Again   bool     `json:"again"`
	}
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.DisallowUnknownFields()
	if err := d.Decode(&said); err != nil {
		return o, wrongly("body", "is no order to redrive: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return o, wrongly("body", "holds more than one order")
	}
	if n := len(said.Letters); n < 1 || n > operator.MaxRedriven {
		return o, wrongly("letters", "are %d, allowed are 1 to %d", n, operator.MaxRedriven)
	}
	if len(said.Why) > operator.MaxWhy {
		return o, wrongly("why", "has %d bytes, the limit is %d", len(said.Why), operator.MaxWhy)
	}
	o.Why, o.Again = strings.TrimSpace(said.Why), said.Again
	for _, text := range said.Letters {
		var p bus.Place
		if err := p.UnmarshalText([]byte(text)); err != nil {
			return o, wrongly("letters", "%w", err)
		}
		if slices.Contains(o.Letters, p) {
			return o, wrongly("letters", "name %v twice", p)
		}
		o.Letters = append(o.Letters, p)
	}
	return o, nil
}

func wrongly(parameter, format string, args ...any) error {
	return &find.ParameterError{Parameter: parameter, Message: fmt.Errorf(format, args...).Error(), At: -1}
}

// whole reads a whole number.
func whole(values url.Values, name string, preset, least, most int) (int, error) {
	text := strings.TrimSpace(values.Get(name))
	if text == "" {
		return preset, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, wrongly(name, "is not a whole number from %d to %d", least, most)
	}
	return n, nil
}

// operatorProblem is what an error of operating means; false if it is none of its own.
func operatorProblem(err error) (Problem, bool) {
	unavailable := func(title, detail string) (Problem, bool) {
		return Problem{Type: problemPrefix + "unavailable", Title: title, Status: http.StatusServiceUnavailable, Detail: detail}, true
	}
	var away *operator.AwayError
	switch {
	case errors.Is(err, errOperatorOff):
		return Problem{
			Type: problemPrefix + "off", Title: "Operators don't work here", Status: http.StatusNotFound,
			Detail: "The service isn't told to (search-operator). There may be another one that is.",
		}, true
	case errors.Is(err, errRestricted):
		return Problem{
			Type: TypeForbidden, Title: "That is not allowed", Status: http.StatusForbidden,
			Detail: "Dead letters may be of any agency and source: they need a key that may see all.",
		}, true
	case errors.Is(err, errLongOrder):
		return Problem{
			Type: problemPrefix + "too-large", Title: "The order is too long", Status: http.StatusRequestEntityTooLarge,
			Detail: fmt.Sprintf("It may have %d bytes.", MaxOrder),
		}, true
	case errors.Is(err, operator.ErrNoLetter):
		return Problem{Type: TypeNotFound, Title: "Not found", Status: http.StatusNotFound, Detail: "There is no such letter."}, true
	case errors.Is(err, bus.ErrOvertaken):
		return Problem{
			Type: problemPrefix + "overtaken", Title: "Another operator was faster", Status: http.StatusConflict,
			Detail: "Somebody redrives or discards letters at the same time. Ask for the letters again, and redrive what is still open.",
		}, true
	case errors.Is(err, operator.ErrStopping):
		return unavailable("The service is stopping", "Nothing was sent. Try again in a moment.")
	case errors.Is(err, operator.ErrBusy):
		return unavailable("A redrive is on its way", "Try again when it has ended.")
	case errors.Is(err, operator.ErrStarting):
		return unavailable("The stages were not looked at yet", "The service is just starting. Try again in a moment.")
	case errors.As(err, &away):
		return unavailable("Kafka can't be reached", "Try again in a moment. What was redriven by then is said of the letters.")
	}
	return Problem{}, false
}
