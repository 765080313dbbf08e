package release

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
)

// table is a [bus.Table], as far as it is used here.
type table interface {
	Get(key string) ([]byte, bool)
	Put(ctx context.Context, key string, value []byte) error
	Delete(ctx context.Context, key string) error
	Range(f func(key string, value []byte) bool)
	Ready(ctx context.Context) error
}

// output takes public messages.
type output interface {
	Write(ctx context.Context, ms []stage.Message) error
}

// Row is a row of [topic.Status]: how an article stands for which the revision
// alone does not tell. Who has no row is usable, by the newest revision.
type Row struct {
	rowTerms

	Ruling int64            `json:"ruling,omitempty"`  // see [article.Standing]
	HeldAt int64            `json:"held_at,omitempty"` // likewise
	Kept   *rowTerms        `json:"kept,omitempty"`    // likewise
	Text   article.Revision `json:"text,omitempty"`    // likewise

	Source     string         `json:"source"`
	Provider   string         `json:"provider,omitempty"`
	Version    string         `json:"version,omitempty"`
	ReceivedAt time.Time      `json:"received_at"`
	Action     article.Action `json:"action,omitempty"` // of an editor
	Who        string         `json:"who,omitempty"`
	Reason     string         `json:"reason,omitempty"`
}

// rowTerms are [article.Terms] in a row.
type rowTerms struct {
	Status       article.Status   `json:"status"`
	Revision     article.Revision `json:"revision"`
	EmbargoUntil time.Time        `json:"embargo_until,omitzero"`
	ExpiresAt    time.Time        `json:"expires_at,omitzero"`
	At           int64            `json:"at,omitempty"`
}

func rowTermsOf(t article.Terms) rowTerms {
	return rowTerms{t.Status, t.Revision, t.EmbargoUntil, t.ExpiresAt, t.At}
}

func (t rowTerms) terms() article.Terms {
	return article.Terms{Revision: t.Revision, Status: t.Status, EmbargoUntil: t.EmbargoUntil, ExpiresAt: t.ExpiresAt, At: t.At}
}

// Standing is how the article stands.
func (r Row) Standing() article.Standing {
	s := article.Standing{Terms: r.terms(), Ruling: r.Ruling, HeldAt: r.HeldAt, Text: r.Text}
	if r.Kept != nil {
		s.Kept = r.Kept.terms()
	}
	return s
}

// stands is r for an article that stands like this.
func (r Row) stands(s article.Standing) Row {
	r.rowTerms, r.Ruling, r.HeldAt, r.Text, r.Kept = rowTermsOf(s.Terms), s.Ruling, s.HeldAt, s.Text, nil
	if s.Kept != (article.Terms{}) {
		kept := rowTermsOf(s.Kept)
		r.Kept = &kept
	}
	return r
}

// ReadRow reads a row's value.
func ReadRow(value []byte) (r Row, err error) {
	err = json.Unmarshal(value, &r)
	return r, err
}

func rowOf(s article.Standing, a *article.Article) Row {
	r := Row{Source: a.Source, Provider: a.Provider, Version: a.Version, ReceivedAt: a.ReceivedAt.UTC()}.stands(s)
	if n := a.Notice; n != nil {
		r.Action, r.Who, r.Reason = n.Action, n.Who, n.Reason
	}
	return r
}

// article is what the row knows of the article that governs: enough for its
// notice.
func (r Row) article(uri article.URI) *article.Article {
	return &article.Article{
		URI: uri, Version: r.Version, Revision: r.Revision, Status: r.Status, EmbargoUntil: r.EmbargoUntil, ExpiresAt: r.ExpiresAt,
		Source: r.Source, Provider: r.Provider, ReceivedAt: r.ReceivedAt,
	}
}

// sideBySide is how many rows are written, or embargoes ended, at once: each
// waits until Kafka has it and it was read back.
const sideBySide = 64

// together calls f for 0 up to n, side by side, and gives the first error.
func together(n int, f func(i int) error) error {
	var group errgroup.Group
	group.SetLimit(sideBySide)
	for i := range n {
		group.Go(func() error { return f(i) })
	}
	return group.Wait()
}

// releaser decides of each article whether and when it goes out. It may be used
// from many goroutines.
//
// What is decided is written to the tables first, then to the public topics, then
// the tables are tidied up, then an agency's ruling is written to the audit, which
// must keep no kill waiting; only then is the message done. So a message that
// comes again finds what was decided, and does again what may be missing: what
// went out is known from the topic itself.
type releaser struct {
	log     zerolog.Logger
	status  table // [Row] by URI
	pending table // articles by URI, as they are to go out
	gone    *public
	trail   *trail
	out     output
	metrics *metrics
	now     func() time.Time
	due     *timers
	writer  string // this process, see [HeaderWriter]

	locks *locks
}

func newReleaser(status, pending table, gone *public, t *trail, out output, m *metrics) *releaser {
	return &releaser{
		log: zerolog.Nop(), status: status, pending: pending, gone: gone, trail: t, out: out, metrics: m, now: time.Now,
		due: newTimers(), writer: rand.Text(), locks: newLocks(),
	}
}

// row is the article's row, if it has one.
func (r *releaser) row(uri article.URI) (row Row, ok bool, err error) {
	value, ok := r.status.Get(string(uri))
	if !ok {
		return Row{}, false, nil
	}
	if row, err = ReadRow(value); err != nil {
		return Row{}, false, fmt.Errorf("status of %s can't be read: %w", uri, err)
	}
	return row, true, nil
}

// standing is how the article stands, after what was decided and what went out.
func (r *releaser) standing(uri article.URI) (article.Standing, error) {
	if row, ok, err := r.row(uri); ok || err != nil {
		return row.Standing(), err
	}
	s, ok := r.gone.get(uri)
	if !ok {
		return article.Standing{}, nil
	}
	return article.Standing{Terms: article.Terms{Revision: s.revision, Status: s.status}, Ruling: s.ruling}, nil
}

// Write decides about articles, one of each URI, and returns when all that went
// out is safe. What can't be encoded is refused for good. It implements the
// writing of a [stage.Sink].
//
// Each kill is written by itself, so that it waits for what is being written of
// its own article alone.
func (r *releaser) Write(ctx context.Context, as []article.Article) error {
	var parts [][]int // indices of as
	var rest []int
	for i := range as {
		if as[i].Status == article.Canceled {
			parts = append(parts, []int{i})
		} else {
			rest = append(rest, i)
		}
	}
	if len(rest) > 0 {
		parts = append(parts, rest)
	}
	if len(parts) == 1 {
		return r.write(ctx, as)
	}
	failures := make([]error, len(parts))
	var all sync.WaitGroup
	for i, part := range parts {
		all.Go(func() {
			failures[i] = stage.Guard(stage.CallSink, func() error {
				some := make([]article.Article, len(part))
				for n, at := range part {
					some[n] = as[at]
				}
				return r.write(ctx, some)
			})
		})
	}
	all.Wait()
	bad := map[int]error{}
	for i, part := range parts {
		partial, isPartial := errors.AsType[*stage.PartialError](failures[i])
		for n, at := range part {
			err := failures[i]
			if isPartial {
				err = partial.Errs[n]
			}
			if err != nil {
				bad[at] = err
			}
		}
	}
	if len(bad) > 0 {
		return &stage.PartialError{Errs: bad, Total: len(as)}
	}
	return nil
}

// write is Write of what is written together.
func (r *releaser) write(ctx context.Context, as []article.Article) error {
	uris := make([]article.URI, len(as))
	for i := range as {
		uris[i] = as[i].URI
	}
	unlock, err := r.locks.lock(ctx, uris...)
	if err != nil {
		return err
	}
	defer unlock()
	if err := r.mine(ctx); err != nil {
		return err
	}
	decisions, refused := make([]*decision, len(as)), make([]error, len(as))
	err = together(len(as), func(i int) error {
		decisions[i], refused[i] = r.decide(ctx, &as[i])
		if stage.IsPermanent(refused[i]) && !stage.IsFatal(refused[i]) {
			return nil // the others go on
		}
		return refused[i]
	})
	if err != nil {
		return err
	}
	bad := map[int]error{}
	var made []*decision
	for i, d := range decisions {
		if refused[i] != nil {
			bad[i] = refused[i]
			continue
		}
		made = append(made, d)
	}
	if err := r.send(ctx, made); err != nil {
		return err
	}
	if err := together(len(made), func(i int) error { return r.tidy(ctx, made[i]) }); err != nil {
		return err
	}
	if err := together(len(made), func(i int) error { return r.trail.keep(ctx, made[i].ruling) }); err != nil {
		return err
	}
	if len(bad) > 0 {
		return &stage.PartialError{Errs: bad, Total: len(as)}
	}
	return nil
}

// mine is an error that ends an instance that lost the tables: it must give
// nothing out any more.
func (r *releaser) mine(ctx context.Context) error {
	return errors.Join(overtaken(ctx, r.status), overtaken(ctx, r.pending))
}

// overtaken is the error that ends a writer of the table which is one no more.
func overtaken(ctx context.Context, t table) error {
	if err := t.Ready(ctx); errors.Is(err, bus.ErrOvertaken) {
		return err
	}
	return nil
}

// send writes what the decisions say to the public topics. From before it begins
// until that is certain, each of it may be out.
func (r *releaser) send(ctx context.Context, ds []*decision) error {
	var ms []stage.Message
	for _, d := range ds {
		if d.message == nil {
			continue
		}
		r.gone.doubt(string(d.a.URI), d.shows, r.now())
		ms = append(ms, *d.message)
	}
	if len(ms) == 0 {
		return nil
	}
	since, writer := sinceHeader(r.gone.since()), stage.Header{Key: HeaderWriter, Value: []byte(r.writer)}
	for i := range ms {
		ms[i].Headers = append(ms[i].Headers, since, writer)
	}
	if err := r.out.Write(ctx, ms); err != nil {
		return err
	}
	for _, d := range ds {
		if d.message != nil {
			r.gone.set(string(d.a.URI), d.shows)
		}
	}
	return nil
}

// decision is what is done about one article.
type decision struct {
	a       *article.Article // as it stands
	stands  article.Standing
	now     time.Time // an embargo that ends meanwhile is for the timer
	message *stage.Message
	shows   shown // of the message
	outcome outcome
	ruling  *Ruling // for the audit, after all else
}

// decide writes down how the article stands after a came.
func (r *releaser) decide(ctx context.Context, a *article.Article) (*decision, error) {
	stood, err := r.standing(a.URI)
	if err != nil {
		return nil, err
	}
	stands, governs := stood.Apply(a)
	if !governs && !stands.Is(a) && !r.undone(a) {
		return &decision{a: a, stands: stands, outcome: superseded}, r.note(ctx, a.URI, stood, stands)
	}
	ruling := r.ruling(a, stood, stands)
	if ruling != nil && ruling.Action == RulingLift {
		// Afterwards nobody knows what it lifted, and it can wait.
		if err := r.trail.keep(ctx, r.trail.owe(ruling)); err != nil {
			return nil, err
		}
		ruling = nil
	}
	a = stands.Of(a)
	d := &decision{a: a, stands: stands, now: r.now()}
	if stands.Status == article.Usable && stands.EmbargoUntil.After(d.now) {
		m, err := event.Encode(a, event.Released)
		if err != nil {
			return nil, err
		}
		if err := put(ctx, r.pending, string(a.URI), m.Value); err != nil {
			return nil, err
		}
	}
	// A row that is to go says what goes out until it has: a timer must not take
	// an older revision for the one that counts.
	if has(r.status, string(a.URI)) || needsRow(stands, d.now) {
		value, err := json.Marshal(rowOf(stands, a))
		if err != nil {
			return nil, err
		}
		if governs || !has(r.status, string(a.URI)) {
			if err := put(ctx, r.status, string(a.URI), value); err != nil {
				return nil, err
			}
		}
	}
	d.ruling = r.trail.owe(ruling)
	return d, r.say(d)
}

// undone tells that a was to go out, and perhaps didn't; nothing else is known
// of it where it has no row. What governs may have come again for that reason.
func (r *releaser) undone(a *article.Article) bool {
	last, ok := r.gone.get(a.URI)
	return ok && last.unsure && last.revision == a.Revision && last.status == a.Status && !has(r.status, string(a.URI))
}

// note writes down what counts only when the kill or the withhold is lifted
// that governs.
func (r *releaser) note(ctx context.Context, uri article.URI, stood, stands article.Standing) error {
	if stood == stands {
		return nil
	}
	row, ok, err := r.row(uri)
	if err != nil || !ok {
		return err
	}
	value, err := json.Marshal(row.stands(stands))
	if err != nil {
		return err
	}
	return put(ctx, r.status, string(uri), value)
}

// needsRow tells whether the revision alone does not say how the article stands.
func needsRow(s article.Standing, now time.Time) bool {
	return !s.Visible(now) || s.Ruling > 0 || s.HeldAt > 0 || s.Bars() || !s.ExpiresAt.IsZero()
}

// say makes the message that is to go out, if there is one.
func (r *releaser) say(d *decision) error {
	last, wentOut := r.gone.get(d.a.URI)
	a := d.a
	switch {
	case d.stands.Visible(d.now):
		d.shows = shown{revision: d.stands.Revision, ruling: d.stands.Ruling, status: article.Usable}
		d.outcome = released
	case d.stands.Status == article.Canceled:
		a, d.outcome = notice(a, article.Canceled), canceled
		d.shows = shown{revision: d.stands.Revision, ruling: d.stands.Ruling, status: article.Canceled}
		if !wentOut || last.status == article.Canceled && !last.unsure {
			return nil // nobody has it
		}
	default:
		a, d.outcome = notice(a, article.Withheld), d.hidden()
		d.shows = shown{revision: d.stands.Revision, ruling: d.stands.Ruling, status: article.Withheld}
		if !wentOut || last.status == article.Withheld && !last.unsure {
			return nil
		}
	}
	if last == d.shows {
		d.outcome = repeated
		return nil
	}
	m, err := message(a, d.stands.Ruling)
	if err != nil {
		return err
	}
	d.message = &m
	return nil
}

// hidden is why what is not killed is not visible.
func (d *decision) hidden() outcome {
	switch {
	case d.stands.Status != article.Usable:
		return withheld
	case d.stands.EmbargoUntil.After(d.now):
		return embargoed
	}
	return expired
}

// tidy sets the timer, and clears what waits no more.
func (r *releaser) tidy(ctx context.Context, d *decision) error {
	r.metrics.outcomes[d.outcome].Inc()
	if d.outcome == superseded {
		return nil
	}
	uri := string(d.a.URI)
	if d.message != nil && d.outcome == canceled {
		r.metrics.kills.Observe(r.now().Sub(d.a.ReceivedAt).Seconds())
	}
	if d.outcome == embargoed {
		r.due.set(d.a.URI, d.stands.EmbargoUntil)
	} else if has(r.pending, uri) {
		if err := r.pending.Delete(ctx, uri); err != nil {
			return err
		}
	}
	if d.stands.Visible(d.now) && !d.stands.ExpiresAt.IsZero() {
		r.due.set(d.a.URI, d.stands.ExpiresAt)
	}
	if !needsRow(d.stands, d.now) && has(r.status, uri) {
		return r.status.Delete(ctx, uri)
	}
	return nil
}

func has(t table, key string) bool {
	_, ok := t.Get(key)
	return ok
}

// put writes a row that isn't there yet.
func put(ctx context.Context, t table, key string, value []byte) error {
	if old, ok := t.Get(key); ok && bytes.Equal(old, value) {
		return nil
	}
	return t.Put(ctx, key, value)
}
