package operate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/time/rate"

	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/deadletter"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/ingest/redrive"
)

// Limits of what is sent again.
const (
	// DefaultRate is how many messages a second are sent again.
	DefaultRate = 500
	// MaxRate is the most that can be asked for.
	MaxRate = 1_000_000
	// sendBatch and sendBytes are how much is written at once.
	sendBatch = 64
	sendBytes = topic.MaxMessage
)

// Rate limits what is sent again.
type Rate struct {
	Rate int `help:"Messages a second at most; 0: no limit." default:"500"`
}

// limiter is made for waiting for up to sendBatch messages at once.
func (r Rate) limiter() (*rate.Limiter, error) {
	switch {
	case r.Rate < 0 || r.Rate > MaxRate:
		return nil, misuse("--rate is %d, allowed are 0 (no limit) to %d", r.Rate, MaxRate)
	case r.Rate == 0:
		return rate.NewLimiter(rate.Inf, sendBatch), nil
	}
	return rate.NewLimiter(rate.Limit(r.Rate), sendBatch), nil
}

// DeadRedriveCmd is `copytaster dead redrive`.
type DeadRedriveCmd struct {
	Output
	Progress
	Letters
	Who
	Change
	Rate
	All   bool `help:"All that are open, where nothing is chosen."`
	Again bool `help:"Also what was redriven or discarded before."`
	Kafka `embed:"" group:"servers"`
	// What ingest refused was not archived, and is before its article is sent.
	Originals `embed:"" group:"servers"`
}

// Help is shown by `copytaster dead redrive --help`.
func (DeadRedriveCmd) Help() string {
	return `Sends the refused messages back to the topic they came from: key, bytes and headers as they were. Input that ingest
refused is decoded again, by this program's own decoders, and becomes an article with the time of its first
arrival (a kill: of this moment, so that it counts, and ahead of what waits, in articles.notices, too), in the lane that
it came by; what is still refused stays dead. With the settings of the archive (archive-dir, ...), its original is kept
there first, as ingest does. What was sent is noted in the topic dead.handled, and is not sent a
second time without --again. If this ends between sending and noting, it is sent twice: the index bears that.
A letter that holds only a part of its message can't be sent. A script says --yes: where nobody can be asked, nothing is
read without it.
Exit code: 0 all were sent, 1 some could not be.

  copytaster dead redrive --reason "no such index" --since 2d --dry-run
  copytaster dead redrive ingest.dead/0@5 --why "parser mended" --yes`
}

// sentLine is a line of `dead redrive --json` and `dead discard --json`; the
// last is the summary.
type sentLine struct {
	Action string `json:"action"` // redrive, discard, refused, failed
	Letter string `json:"letter"`
	URI    string `json:"uri,omitempty"`
	To     string `json:"to,omitempty"`
	Reason string `json:"reason,omitempty"` // why not
	Done   bool   `json:"done"`             // false: a dry run, or it could not be
}

// sentSummary is the last line of both.
type sentSummary struct {
	Action string `json:"action"` // "summary"
	Done   int    `json:"done"`
	Would  int    `json:"would,omitempty"` // in a dry run
	Failed int    `json:"failed"`
	Before int    `json:"handled_before"` // left out, since they were redriven or discarded before
}

// Run sends letters again.
func (c *DeadRedriveCmd) Run(ctx context.Context, t Terminal) (err error) {
	limit, err := c.limiter()
	if err != nil {
		return err
	}
	if !c.any() && !c.All {
		return misuse("say which letters: a topic, topic/partition@offset, --reason, --stage, --uri, --since, --until, or --all")
	}
	if !c.DryRun && !isTerminal(t.In) { // before all is read, and also where nothing is open now
		if err := c.confirm(t, "Sends dead letters again"); err != nil {
			return err
		}
	}
	keep, closeIt, err := c.open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeIt()) }()
	b, err := c.connect(ctx, t)
	if err != nil {
		return err
	}
	defer b.Close()
	ss, err := c.stretches(ctx, b)
	if err != nil {
		return err
	}
	if !c.DryRun && !c.Yes {
		if err := c.sure(ctx, t, b, ss); err != nil {
			return err
		}
	}
	l, err := deadletter.OpenLedger(ctx, b, !c.DryRun)
	if err != nil {
		return err
	}
	defer l.Close()
	r := &redriving{cmd: c, t: t, ledger: l, limit: limit, sender: redrive.NewSender(b, keep)}
	if !c.DryRun {
		if err := b.EnsureTopics(ctx, topic.Notices); err != nil {
			return err
		}
	}
	err = c.readIn(ctx, t, b, c.Progress, ss, func(rec *record) error { return r.take(ctx, rec) })
	if err == nil {
		err = r.flush(ctx)
	}
	err = errors.Join(err, r.sender.Close())
	if e := r.summary(); err == nil {
		err = e
	}
	switch {
	case err != nil:
		return err
	case r.sum.Failed > 0:
		return &ExitError{Code: 1}
	}
	return nil
}

// sure asks before anything is sent: how much, and where to.
func (c *DeadRedriveCmd) sure(ctx context.Context, t Terminal, b *bus.Bus, ss []bus.Stretch) error {
	l, err := deadletter.OpenLedger(ctx, b, false)
	if err != nil {
		return err
	}
	defer l.Close()
	letters, to := 0, map[string]int{}
	if err := c.readIn(ctx, t, b, c.Progress, ss, func(rec *record) error {
		if l.Of(rec.message) != nil && !c.Again {
			return nil
		}
		s, err := prepare(ctx, rec, l)
		if err != nil {
			return ctx.Err() // told when it is its turn
		}
		letters++
		to[s.To]++
		return nil
	}); err != nil || letters == 0 {
		return err
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(to)) {
		parts = append(parts, fmt.Sprintf("%s to %s", grouped(int64(to[name])), name))
	}
	return c.confirm(t, fmt.Sprintf("Sends %s again, %s", count(letters, "dead letter"), strings.Join(parts, ", ")))
}

type redriving struct {
	cmd    *DeadRedriveCmd
	t      Terminal
	ledger *deadletter.Ledger
	limit  *rate.Limiter
	sender *redrive.Sender

	pending []sending
	bytes   int
	sum     sentSummary
}

// sending is a letter on its way.
type sending struct {
	redrive.Sending

	record *record
}

// take sends the letter, soon.
func (r *redriving) take(ctx context.Context, rec *record) error {
	if r.ledger.Of(rec.message) != nil && !r.cmd.Again {
		r.sum.Before++
		return nil
	}
	s, err := prepare(ctx, rec, r.ledger)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		r.sum.Failed++
		return r.say(sentLine{Action: "refused", Letter: bus.PlaceOf(rec.message).String(), URI: rec.uri(), Reason: err.Error()})
	case r.cmd.DryRun:
		r.sum.Would++
		return r.say(sentLine{Action: "redrive", Letter: bus.PlaceOf(rec.message).String(), URI: s.uri(), To: s.To})
	}
	r.pending = append(r.pending, s)
	r.bytes += len(rec.message.Value)
	if len(r.pending) < sendBatch && r.bytes < sendBytes {
		return nil
	}
	return r.flush(ctx)
}

func (s sending) uri() string { return cmp.Or(s.URI(), s.record.uri()) }

// prepare says what is sent where, or why a letter can't be sent.
func prepare(ctx context.Context, rec *record, l *deadletter.Ledger) (sending, error) {
	s, err := redrive.Prepare(ctx, deadletter.Read(rec.message), l.Of(rec.message))
	return sending{s, rec}, err
}

// flush sends what is pending and notes it. If that fails for all together, they
// are tried one by one, so that one can't hold up the others.
func (r *redriving) flush(ctx context.Context) error {
	pending := r.pending
	r.pending, r.bytes = nil, 0
	if len(pending) == 0 {
		return nil
	}
	if err := r.limit.WaitN(ctx, len(pending)); err != nil {
		return err
	}
	err := r.send(ctx, pending)
	for _, s := range pending {
		e := err
		if e != nil {
			if e = r.send(ctx, []sending{s}); ctx.Err() != nil {
				return ctx.Err()
			}
		}
		l := sentLine{Action: "redrive", Letter: bus.PlaceOf(s.record.message).String(), URI: s.uri(), To: s.To, Done: e == nil}
		if e != nil {
			l.Action, l.Reason = "failed", e.Error()
			r.sum.Failed++
		} else {
			h := deadletter.Handled{Done: deadletter.Redriven, By: r.cmd.name(), Why: r.cmd.Why, To: s.To, Times: 1}
			if _, err := r.ledger.Note(ctx, s.record.message, h); err != nil {
				return fmt.Errorf("%s was sent to %s, and that could not be noted: %w", l.Letter, s.To, err)
			}
			r.sum.Done++
		}
		if err := r.say(l); err != nil {
			return err
		}
	}
	return nil
}

// send writes them in their order.
func (r *redriving) send(ctx context.Context, ss []sending) error {
	all := make([]redrive.Sending, len(ss))
	for i := range ss {
		all[i] = ss[i].Sending
	}
	return r.sender.Send(ctx, all...)
}

func (r *redriving) say(l sentLine) error { return said(r.t, r.cmd.Output, l) }

func said(t Terminal, o Output, l sentLine) error {
	if o.JSON {
		return line(t.Out, l)
	}
	switch {
	case l.Reason != "":
		fmt.Fprintf(t.Out, "%s %s: %s\n", l.Action, l.Letter, safe(l.Reason))
	default:
		verb := l.Action
		if !l.Done {
			verb = "would " + verb
		}
		to := ""
		if l.To != "" {
			to = " to " + l.To
		}
		fmt.Fprintf(t.Out, "%s %s%s  %s\n", verb, l.Letter, to, safe(l.URI))
	}
	return nil
}

func (r *redriving) summary() error { return summed(r.t, r.cmd.Output, r.sum, "redriven") }

func summed(t Terminal, o Output, s sentSummary, what string) error {
	s.Action = "summary"
	if o.JSON {
		return line(t.Out, s)
	}
	text := fmt.Sprintf("%s %s", count(s.Done, "letter"), what)
	if s.Would > 0 {
		text = fmt.Sprintf("%s would be %s", count(s.Would, "letter"), what)
	}
	if s.Failed > 0 {
		text += fmt.Sprintf(", %s could not be", grouped(int64(s.Failed)))
	}
	if s.Before > 0 {
		text += fmt.Sprintf(", %s left out: redriven or discarded before (--again takes them too)", grouped(int64(s.Before)))
	}
	fmt.Fprintln(t.Out, text)
	return nil
}

// DeadDiscardCmd is `copytaster dead discard`.
type DeadDiscardCmd struct {
	Output
	Progress
	Letters
	Who
	Change
	All   bool `help:"Every letter of every topic: said instead of choosing some."`
	Kafka `embed:"" group:"servers"`
}

// Help is shown by `copytaster dead discard --help`.
func (DeadDiscardCmd) Help() string {
	return `Says of letters that they are settled, by whom, when and why, in the topic dead.handled. They are no longer open and
no redrive takes them without --again. Their bytes stay: dead letters are never deleted.

  copytaster dead discard ingest.dead --reason "a NUL byte" --why "scans that came as text, sender told"`
}

// Run discards letters.
func (c *DeadDiscardCmd) Run(ctx context.Context, t Terminal) error {
	switch {
	case !c.any() && !c.All:
		return misuse("say which letters are discarded, or --all")
	case c.Why == "" && !c.DryRun:
		return misuse("say --why: it is kept with who and when")
	}
	b, err := c.connect(ctx, t)
	if err != nil {
		return err
	}
	defer b.Close()
	l, err := deadletter.OpenLedger(ctx, b, !c.DryRun)
	if err != nil {
		return err
	}
	defer l.Close()
	var sum sentSummary
	type letter struct {
		place bus.Place
		mark  string
	}
	var chosen []letter
	err = c.read(ctx, t, b, c.Progress, func(r *record) error {
		if l.Of(r.message) != nil {
			sum.Before++
			return nil
		}
		chosen = append(chosen, letter{bus.PlaceOf(r.message), deadletter.Mark(r.message)})
		if c.DryRun {
			sum.Would++
			return said(t, c.Output, sentLine{Action: "discard", Letter: bus.PlaceOf(r.message).String(), URI: r.uri()})
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(chosen) > 0 && !c.DryRun {
		if err := c.confirm(t, fmt.Sprintf("Discards %s as %s, because: %s", count(len(chosen), "dead letter"), c.name(), c.Why)); err != nil {
			return err
		}
		for _, d := range chosen {
			if _, err := l.NoteAt(ctx, d.place, d.mark, deadletter.Handled{Done: deadletter.Discarded, By: c.name(), Why: c.Why}); err != nil {
				return err
			}
			sum.Done++
			if err := said(t, c.Output, sentLine{Action: "discard", Letter: d.place.String(), Done: true}); err != nil {
				return err
			}
		}
	}
	return summed(t, c.Output, sum, "discarded")
}
