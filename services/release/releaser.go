package release

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
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
	Status       article.Status   `json:"status"`
	Revision     article.Revision `json:"revision"`
	EmbargoUntil time.Time        `json:"embargo_until,omitzero"`
	Ruling       int64            `json:"ruling,omitempty"`  // see [article.Standing]
	HeldAt       int64            `json:"held_at,omitempty"` // likewise
	Source       string           `json:"source"`
	ReceivedAt   time.Time        `json:"received_at"`
	Action       article.Action   `json:"action,omitempty"` // of an editor
	Who          string           `json:"who,omitempty"`
	Reason       string           `json:"reason,omitempty"`
}

// Standing is how the article stands.
func (r Row) Standing() article.Standing {
	return article.Standing{Revision: r.Revision, Status: r.Status, EmbargoUntil: r.EmbargoUntil, Ruling: r.Ruling, HeldAt: r.HeldAt}
}

// ReadRow reads a row's value.
func ReadRow(value []byte) (r Row, err error) {
	err = json.Unmarshal(value, &r)
	return r, err
}

func rowOf(s article.Standing, a *article.Article) Row {
	r := Row{
		Status: s.Status, Revision: s.Revision, EmbargoUntil: s.EmbargoUntil, Ruling: s.Ruling, HeldAt: s.HeldAt,
		Source: a.Source, ReceivedAt: a.ReceivedAt.UTC(),
	}
	if n := a.Notice; n != nil {
		r.Action, r.Who, r.Reason = n.Action, n.Who, n.Reason
	}
	return r
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

// lockCount is how many articles may be decided about side by side at most.
const lockCount = 256

// releaser decides of each article whether and when it goes out. It may be used
// from many goroutines.
//
// What is decided is written to the tables first, then the public topics, then
// the tables are tidied up; only then is the message done. So a message that
// comes again finds what was decided, and does again what may be missing: what
// went out is known from the topic itself.
type releaser struct {
	log     zerolog.Logger
	status  table // [Row] by URI
	pending table // articles by URI, as they are to go out
	gone    *public
	out     output
	metrics *metrics
	now     func() time.Time
	due     *timers

	seed  maphash.Seed
	locks [lockCount]sync.Mutex
}

func newReleaser(status, pending table, gone *public, out output, m *metrics) *releaser {
	return &releaser{
		log: zerolog.Nop(), status: status, pending: pending, gone: gone, out: out, metrics: m, now: time.Now,
		due: newTimers(), seed: maphash.MakeSeed(),
	}
}

// lock keeps all others from deciding about these articles.
func (r *releaser) lock(uris ...article.URI) (unlock func()) {
	which := make([]int, len(uris))
	for i, u := range uris {
		which[i] = int(maphash.String(r.seed, string(u)) % lockCount)
	}
	slices.Sort(which) // so that two who want several don't wait for each other
	which = slices.Compact(which)
	for _, i := range which {
		r.locks[i].Lock()
	}
	return func() {
		for _, i := range which {
			r.locks[i].Unlock()
		}
	}
}

// standing is how the article stands, after what was decided and what went out.
func (r *releaser) standing(uri article.URI) (article.Standing, error) {
	if value, ok := r.status.Get(string(uri)); ok {
		row, err := ReadRow(value)
		if err != nil {
			return article.Standing{}, fmt.Errorf("status of %s can't be read: %w", uri, err)
		}
		return row.Standing(), nil
	}
	s, ok := r.gone.get(uri)
	if !ok {
		return article.Standing{}, nil
	}
	return article.Standing{Revision: s.revision, Status: s.status, Ruling: s.ruling}, nil
}

// Write decides about articles, one of each URI, and returns when all that went
// out is safe. What can't be encoded is refused for good. It implements the
// writing of a [stage.Sink].
func (r *releaser) Write(ctx context.Context, as []article.Article) error {
	uris := make([]article.URI, len(as))
	for i := range as {
		uris[i] = as[i].URI
	}
	defer r.lock(uris...)()
	// An instance that lost the tables must give nothing out any more.
	if err := errors.Join(overtaken(ctx, r.status), overtaken(ctx, r.pending)); err != nil {
		return err
	}
	decisions, refused := make([]*decision, len(as)), make([]error, len(as))
	err := together(len(as), func(i int) error {
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
	var ms []stage.Message
	for i, d := range decisions {
		if refused[i] != nil {
			bad[i] = refused[i]
			continue
		}
		made = append(made, d)
		ms = append(ms, d.messages...)
	}
	if err := r.out.Write(ctx, ms); err != nil {
		return err
	}
	if err := together(len(made), func(i int) error { return r.tidy(ctx, made[i]) }); err != nil {
		return err
	}
	if len(bad) > 0 {
		return &stage.PartialError{Errs: bad, Total: len(as)}
	}
	return nil
}

// overtaken is the error that ends a writer of the table which is one no more.
func overtaken(ctx context.Context, t table) error {
	if err := t.Ready(ctx); errors.Is(err, bus.ErrOvertaken) {
		return err
	}
	return nil
}

// decision is what is done about one article.
type decision struct {
	a        *article.Article
	stands   article.Standing
	now      time.Time       // an embargo that ends meanwhile is for the timer
	messages []stage.Message // that go out, one at most
	shows    shown           // of it
	outcome  outcome
}

// decide writes down how the article stands after a came.
func (r *releaser) decide(ctx context.Context, a *article.Article) (*decision, error) {
	stood, err := r.standing(a.URI)
	if err != nil {
		return nil, err
	}
	stands, governs := stood.Apply(a)
	// What governs already may have come again because it was not done.
	again := a.Revision == stands.Revision && a.Status == stands.Status && a.EmbargoUntil.Equal(stands.EmbargoUntil)
	if !governs && !again {
		return &decision{a: a, stands: stands, outcome: superseded}, nil
	}
	d := &decision{a: a, stands: stands, now: r.now()}
	waits := stands.Status == article.Usable && !stands.Visible(d.now)
	if waits {
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
	return d, r.say(d)
}

// needsRow tells whether the revision alone does not say how the article stands.
func needsRow(s article.Standing, now time.Time) bool {
	return !s.Visible(now) || s.Ruling > 0 || s.HeldAt > 0 || s.Bars()
}

// say makes the message that is to go out, if there is one.
func (r *releaser) say(d *decision) error {
	last, wentOut := r.gone.get(d.a.URI)
	a := d.a
	switch {
	case d.stands.Visible(d.now):
		d.shows = shown{d.stands.Revision, d.stands.Ruling, article.Usable}
		d.outcome = released
	case d.stands.Status == article.Canceled:
		a, d.outcome = notice(a, article.Canceled), canceled
		d.shows = shown{d.stands.Revision, d.stands.Ruling, article.Canceled}
		if !wentOut || last.status == article.Canceled {
			return nil // nobody has it
		}
	default: // withheld, or under embargo
		a, d.outcome = notice(a, article.Withheld), withheld
		if d.stands.Status == article.Usable {
			d.outcome = embargoed
		}
		d.shows = shown{d.stands.Revision, d.stands.Ruling, article.Withheld}
		if !wentOut || last.status == article.Withheld {
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
	d.messages = []stage.Message{m}
	return nil
}

// tidy notes what went out, and clears what waits no more.
func (r *releaser) tidy(ctx context.Context, d *decision) error {
	r.metrics.outcomes[d.outcome].Inc()
	if d.outcome == superseded {
		return nil
	}
	uri := string(d.a.URI)
	if len(d.messages) > 0 {
		r.gone.set(uri, d.shows)
		if d.outcome == canceled {
			r.metrics.kills.Observe(r.now().Sub(d.a.ReceivedAt).Seconds())
		}
	}
	if d.outcome == embargoed {
		r.due.set(d.a.URI, d.stands.EmbargoUntil)
	} else if has(r.pending, uri) {
		if err := r.pending.Delete(ctx, uri); err != nil {
			return err
		}
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
