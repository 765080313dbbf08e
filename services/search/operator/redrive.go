package operator

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/deadletter"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/ingest/redrive"
)

// Limits of a redrive.
const (
	// MaxRedriven is how many letters are redriven at once.
	MaxRedriven = 100
	// MaxWhy is how many bytes a reason has.
	MaxWhy = 1000
	// RedriveTime is how long a redrive may take; it goes on when its client leaves.
	RedriveTime = 2 * time.Minute
)

// Order says which letters are redriven.
type Order struct {
	Letters []bus.Place
	By, Why string
	Again   bool // also what was redriven or discarded before
}

// Outcomes of a letter.
const (
	OutcomeRedriven = "redriven"
	OutcomeBefore   = "before"  // it was redriven or discarded before
	OutcomeMissing  = "missing" // there is no such letter
	OutcomeRefused  = "refused" // it can't be sent
	OutcomeFailed   = "failed"  // Kafka didn't take it, or the service stops and didn't send it
)

// Redriven is what became of the letters of an order, in its order.
type Redriven struct {
	Redriven int      `json:"redriven"`
	Before   int      `json:"before"`
	Failed   int      `json:"failed"` // or can't be sent, or isn't there
	Results  []Result `json:"results"`
}

// Result is what became of a letter.
type Result struct {
	Letter  string `json:"letter"`
	Outcome string `json:"outcome"`
	URI     string `json:"uri,omitempty"`
	To      string `json:"to,omitempty"`
	Reason  string `json:"reason,omitempty"`
	Handled *Done  `json:"handled,omitempty"`
}

// Redrive sends letters back to where they came from, one by one. What was sent is noted, by
// whom, when and why, and isn't sent a second time without Again; what can't be noted is an
// error, though it was sent. Of a desk that stops meanwhile the rest has failed. Errors are
// [ErrBusy], [ErrStopping], one that wraps [bus.ErrOvertaken] where another
// operator works at the same time, [ErrStarting], an [*AwayError], or ctx's.
func (d *Desk) Redrive(ctx context.Context, o Order) (res Redriven, err error) {
	leave, err := d.begin()
	if err != nil {
		return res, err
	}
	defer leave()
	known, err := d.known()
	if err != nil {
		return res, err
	}
	defer func() { err = away(err) }()
	// The table is opened for each: an operator who uses the command takes it over.
	ledger, err := deadletter.OpenLedger(ctx, d.bus, true)
	if err != nil {
		return res, err
	}
	defer ledger.Close()
	if err := d.bus.EnsureTopics(ctx, topic.Notices); err != nil {
		return res, err
	}
	sender := redrive.NewSender(d.bus, d.cfg.Archive)
	defer func() { err = errors.Join(err, sender.Close()) }()
	res.Results = []Result{}
	for _, p := range o.Letters {
		r, err := d.redrive(ctx, ledger, sender, p, o)
		if err != nil {
			return res, err
		}
		switch r.Outcome {
		case OutcomeRedriven:
			res.Redriven++
		case OutcomeBefore:
			res.Before++
		default:
			res.Failed++
		}
		res.Results = append(res.Results, r)
	}
	// Who asks for the letters now is told so.
	return res, known.CatchUp(ctx)
}

// begin takes the turn of who redrives.
func (d *Desk) begin() (leave func(), err error) {
	if d.stopping.Err() != nil {
		return nil, ErrStopping
	}
	select {
	case d.turn <- struct{}{}:
		return func() { <-d.turn }, nil
	default:
		return nil, ErrBusy
	}
}

func (d *Desk) redrive(ctx context.Context, ledger *deadletter.Ledger, sender *redrive.Sender, p bus.Place, o Order) (Result, error) {
	r := Result{Letter: p.String()}
	if d.stopping.Err() != nil {
		r.Outcome, r.Reason = OutcomeFailed, ErrStopping.Error()
		return r, nil
	}
	m, err := d.message(ctx, p)
	switch {
	case errors.Is(err, ErrNoLetter):
		r.Outcome, r.Reason = OutcomeMissing, err.Error()
		return r, nil
	case err != nil:
		return r, err
	}
	before := ledger.Of(m)
	if before != nil && !o.Again {
		r.Outcome, r.Handled = OutcomeBefore, doneOf(before)
		return r, nil
	}
	s, err := redrive.Prepare(ctx, deadletter.Read(m), before)
	if r.URI = s.URI(); err != nil {
		r.Outcome, r.Reason = OutcomeRefused, err.Error()
		return r, ctx.Err()
	}
	r.To = s.To
	if err := sender.Send(ctx, s); err != nil {
		r.Outcome, r.Reason = OutcomeFailed, err.Error()
		return r, ctx.Err()
	}
	noting, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTime)
	defer cancel()
	h, err := ledger.Note(noting, m, deadletter.Handled{Done: deadletter.Redriven, By: o.By, Why: o.Why, To: s.To, Times: 1})
	if err != nil {
		return r, fmt.Errorf("%s was sent to %s, and that could not be noted: %w", r.Letter, s.To, err)
	}
	d.cfg.Log.Info().Str("letter", r.Letter).Str("by", o.By).Str("why", o.Why).Str("to", s.To).Msg("dead letter redriven")
	r.Outcome, r.Handled = OutcomeRedriven, doneOf(&h)
	return r, nil
}
