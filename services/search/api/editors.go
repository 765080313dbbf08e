package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/override"
	"github.com/copytaster/copytaster/services/enrich/override/desk"
	"github.com/copytaster/copytaster/services/search/find"
)

// Limits of corrections.
const (
	// MaxCorrection is how many bytes what an editor says of a field may have.
	MaxCorrection = 1 << 20
	// MaxChanges is how many overrides are changed at the same time, MaxChangesEach how
	// many of them for one sender.
	MaxChanges     = 8
	MaxChangesEach = 2
	// MaxLooks is how many are read at the same time, MaxLooksEach for one sender.
	MaxLooks     = 32
	MaxLooksEach = 8
	// ChangeTime is how long a change may take; it goes on when its client leaves.
	ChangeTime = 2 * time.Minute
	// MaxChangesOften is how often one sender may change the override of one article in
	// the time Often: a revision has room for [article.MaxCorrections] in all.
	MaxChangesOften = 32
	Often           = time.Hour
	// SpareChanges is how many of those it leaves to the operator's tools.
	SpareChanges = 50
	// maxOften is how many articles of senders are remembered before the old are forgotten.
	maxOften = 10_000
)

// Overrides are what editors correct; see [desk.Desk].
type Overrides interface {
	// Of is the override of an article of the index, with the number 0 if there is none.
	Of(ctx context.Context, a *article.Article) (desk.Line, error)
	// Change changes it. An error may come with what is kept nevertheless: a line with a URI.
	Change(ctx context.Context, seen desk.Seen, c override.Change) (desk.Line, error)
}

// Editors correct articles: so many at once, and not too often.
type Editors struct {
	desk    Overrides
	now     func() time.Time
	sending places // who sends a change, for one sender
	changes places

	mu      sync.Mutex
	stopped bool
	running sync.WaitGroup
	times   map[sentTo][]time.Time // of changes
	swept   time.Time              // when those that are over were last forgotten
}

// sentTo is a sender and an article.
type sentTo struct {
	sender string
	uri    article.URI
}

// NewEditors are those who work at a desk.
func NewEditors(at Overrides, now func() time.Time) *Editors {
	const title = "Too many corrections at once"
	return &Editors{
		desk: at, now: now, times: map[sentTo][]time.Time{},
		sending: places{title: title, all: 1 << 20, each: MaxChangesEach}, changes: places{title: title, all: MaxChanges, each: MaxChangesEach},
	}
}

// begin takes a place for a change; leave it when it is made.
func (e *Editors) begin(sender string) (leave func(), err error) {
	free, err := e.changes.take(sender)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stopped {
		free()
		return nil, errStopping
	}
	e.running.Add(1)
	return func() {
		free()
		e.running.Done()
	}, nil
}

// Stop refuses changes from now on, and waits for those that are made, until ctx is done.
func (e *Editors) Stop(ctx context.Context) error {
	e.mu.Lock()
	e.stopped = true
	e.mu.Unlock()
	done := make(chan struct{})
	go func() {
		e.running.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return errors.New("a correction was cut off")
	}
}

// often counts a change, and tells that there were too many.
func (e *Editors) often(sender string, uri article.URI) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.now()
	young := func(all []time.Time) []time.Time {
		for len(all) > 0 && now.Sub(all[0]) >= Often {
			all = all[1:]
		}
		return all
	}
	if len(e.times) >= maxOften && now.Sub(e.swept) > time.Minute {
		e.swept = now
		for k, all := range e.times {
			if len(young(all)) == 0 {
				delete(e.times, k)
			}
		}
	}
	k := sentTo{sender, uri}
	all := young(e.times[k])
	if len(all) >= MaxChangesOften {
		return &oftenError{all[0].Add(Often).Sub(now)}
	}
	e.times[k] = append(all, now)
	return nil
}

// Errors of corrections.
var (
	errNoOverrides   = errors.New("overrides are off")
	errStopping      = errors.New("the service is stopping")
	errUnconditional = errors.New("which override is changed isn't said")
	errLongValue     = errors.New("the value is too long")
	errBlind         = errors.New("who may not read may not correct")
	errAgency        = errors.New("agency and segments can't be corrected by who may not see every article")
)

// oftenError says that an article was corrected too often, and how long to wait.
type oftenError struct{ after time.Duration }

func (e *oftenError) Error() string {
	return fmt.Sprintf("You corrected it %d times within %v.", MaxChangesOften, Often)
}

// movedError is of an override that is not as its editor saw it any more.
type movedError struct{ stand desk.Line }

func (e *movedError) Error() string { return "the override has number " + strconv.Itoa(e.stand.Number) }

// deskError says that an override could not be read or changed.
type deskError struct {
	err  error
	kept bool
}

func (e *deskError) Error() string { return e.err.Error() }
func (e *deskError) Unwrap() error { return e.err }

// deskErr is an error of [Overrides]; kept tells that the change is kept nevertheless.
func deskErr(err error, kept bool) error {
	switch {
	case kept, desk.Unsure(err):
		return &deskError{err, kept}
	case errors.As(err, new(*desk.RefusalError)), errors.As(err, new(*RefusedError)), errors.Is(err, errAgency), errors.Is(err, find.ErrNotFound), errors.As(err, new(*find.UnavailableError)), errors.Is(err, find.ErrTimeout):
		return err
	}
	return &deskError{err, kept}
}

// overrideProblem is what an error of corrections means; false if it is none of its own.
func overrideProblem(err error) (Problem, bool) {
	var often *oftenError
	var moved *movedError
	var away *deskError
	switch {
	case errors.As(err, &away):
		return away.problem(), true
	case errors.Is(err, errNoOverrides):
		return Problem{
			Type: TypeNotFound, Title: "Not found", Status: http.StatusNotFound, Detail: "Nothing is corrected here: the service isn't told to (search-overrides).",
		}, true
	case errors.Is(err, errStopping):
		return Problem{
			Type: problemPrefix + "unavailable", Title: "The service is stopping", Status: http.StatusServiceUnavailable, Detail: "Nothing is changed. Try again in a moment.",
		}, true
	case errors.Is(err, errBlind):
		return Problem{
			Type: TypeForbidden, Title: "Not allowed", Status: http.StatusForbidden, Detail: "The key lacks the scope read.",
		}, true
	case errors.Is(err, errAgency):
		return Problem{
			Type: TypeForbidden, Title: "Not allowed", Status: http.StatusForbidden,
			Detail: "The agency says who may see an article, and is found by its segments. Both are corrected by those who may see every one.",
		}, true
	case errors.As(err, &often):
		return Problem{
			Type: TypeTooMany, Title: "Too many corrections of the article", Status: http.StatusTooManyRequests, Detail: often.Error(),
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
			Detail: "The change is of another number than it has by now, " + strconv.Itoa(moved.stand.Number) + ".", Override: &moved.stand,
		}, true
	}
	return refusalProblem(err)
}

// problem is what it means.
func (e *deskError) problem() Problem {
	p := Problem{
		Type: problemPrefix + "unavailable", Title: "The corrections are out of reach", Status: http.StatusServiceUnavailable, Detail: "Nothing is changed. Try again in a moment.",
	}
	switch {
	case e.kept:
		p.Type, p.Title, p.Detail = problemPrefix+"unfinished", "The correction is kept, and not everywhere yet", "Send the same once more: what is missing is made up for."
	case desk.Unsure(e.err):
		p.Type, p.Title, p.Detail = problemPrefix+"unsure", "The correction may be kept", "Nobody knows whether it is. Send the same once more: nothing is done twice."
	}
	return p
}

// refusalProblem is what it means that a change can't be made of an article.
func refusalProblem(err error) (Problem, bool) {
	var value *override.ValueError
	var refusal *desk.RefusalError
	var behind *desk.BehindError
	conflict := Problem{Type: problemPrefix + "conflict", Title: "That can't be corrected now", Status: http.StatusConflict}
	switch {
	case errors.As(err, &value):
		p := Problem{Type: problemPrefix + "value", Title: "The value is wrong", Status: http.StatusBadRequest, Detail: value.Error()}
		if many, ok := errors.AsType[*override.AmbiguousError](err); ok {
			p.Candidates, p.Name = many.Candidates, many.Name
		}
		return p, true
	case errors.Is(err, override.ErrNothing):
		return Problem{
			Type: problemPrefix + "not-corrected", Title: "There is no such correction", Status: http.StatusNotFound, Detail: err.Error() + ".",
		}, true
	case errors.Is(err, desk.ErrHidden):
		return ProblemOf(find.ErrNotFound), true
	case errors.Is(err, desk.ErrNewer):
		return Problem{
			Type: problemPrefix + "newer", Title: "A newer revision is on its way", Status: http.StatusConflict,
			Detail: "It isn't shown here yet. Ask for the article again in a moment, and look whether the correction still holds.",
		}, true
	case errors.As(err, &behind):
		return Problem{
			Type: problemPrefix + "behind", Title: "Too much waits to be enriched", Status: http.StatusServiceUnavailable,
			Detail: fmt.Sprintf("Nothing is changed: %d messages wait, among which there may be a newer revision. Correct it when fewer than %d do, or by the command.", behind.Messages, desk.MaxBehind),
		}, true
	case errors.Is(err, desk.ErrKilled):
		conflict.Detail = "The article is killed. What was corrected of it can be taken back."
		return conflict, true
	case errors.Is(err, override.ErrUnread):
		conflict.Detail = "What editors corrected of it can't be read. An operator can write over that."
		return conflict, true
	case errors.As(err, &refusal):
		conflict.Detail = refusal.Error() + "."
		return conflict, true
	}
	return Problem{}, false
}
