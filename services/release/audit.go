package release

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

// Ruling is what an agency ruled about an article, as [topic.Audit] keeps it
// beside what editors did: the fields are those of their entries, too.
type Ruling struct {
	At       time.Time        `json:"at"`     // when it arrived
	Action   RulingKind       `json:"action"` // of editors: kill, withhold, reinstate
	URI      article.URI      `json:"uri"`
	Who      string           `json:"who"` // the source that it came from
	Revision article.Revision `json:"revision"`
	Until    *time.Time       `json:"embargo_until,omitempty"`
	Gone     []string         `json:"gone,omitempty"` // where its text had gone before
}

// RulingKind is what a ruling does.
type RulingKind string

// The kinds of rulings.
const (
	RulingKill    RulingKind = "canceled"
	RulingHold    RulingKind = "withheld"
	RulingEmbargo RulingKind = "embargo"
	RulingLift    RulingKind = "lifted" // of a hold, or of an embargo before its end
)

// rulingOf is what a ruled that governs now, or has come again, of an article
// that stood like that; nothing if it ruled nothing, or an editor did, whose
// entries the tools write.
func rulingOf(a *article.Article, stood, stands article.Standing, now time.Time) (RulingKind, bool) {
	held := stood.Status == article.Withheld && stood.HeldAt == 0 || stood.Status == article.Usable && stood.EmbargoUntil.After(now)
	switch {
	case a.Notice != nil || !stands.Is(a):
		return "", false
	case a.Status == article.Canceled:
		return RulingKill, true
	case a.Status == article.Withheld:
		return RulingHold, true
	case a.EmbargoUntil.After(now):
		return RulingEmbargo, true
	}
	return RulingLift, held
}

// trail writes each ruling once, also when its message comes again, to this
// process or another.
type trail struct {
	mu   sync.Mutex
	kept map[key]struct{}
	owed map[key]*Ruling // carried out and not yet written, as it was then
	out  func(context.Context, stage.Message) error
}

// readTrail reads which rulings the audit has. Rows that can't be read are told,
// the first of them with its place, and passed over: they keep no kill from its
// work.
func readTrail(ctx context.Context, l log, out func(context.Context, stage.Message) error) (t *trail, unread, err error) {
	t = &trail{kept: map[key]struct{}{}, owed: map[key]*Ruling{}, out: out}
	lost := 0
	extents, err := l.Extents(ctx, topic.Audit)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range extents {
		err := l.ReadLog(ctx, topic.Audit, e.Partition, e.First, e.End, func(m stage.Message) error {
			var r Ruling
			if err := json.Unmarshal(m.Value, &r); err != nil {
				if lost++; lost == 1 {
					unread = fmt.Errorf("%s/%d@%d: %w", topic.Audit, m.Partition, m.Offset, err)
				}
				return nil
			}
			t.kept[r.key()] = struct{}{}
			return nil
		})
		if err != nil {
			return nil, nil, err
		}
	}
	if lost > 1 {
		unread = fmt.Errorf("%d rows, the first is %w", lost, unread)
	}
	return t, unread, nil
}

// key tells rulings apart: by article, kind, and revision however often that was
// enriched again; what was decoded anew may rule otherwise. A kill that arrives
// later is another one, though it may have the same revision: it kills again.
func (r *Ruling) key() (k key) {
	var at int64
	if r.Action == RulingKill {
		at = r.At.UnixMilli()
	}
	p := r.Revision.Parts()
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%d\n%d\n%d", r.URI, r.Action, r.Revision.Source(), p.Sequence, at))
	copy(k[:], sum[:])
	return k
}

// owe is the row of a ruling that is about to be carried out, as it was when it was
// first tried; nil if it is there, or none. The article must be locked.
func (t *trail) owe(r *Ruling) *Ruling {
	if r == nil {
		return nil
	}
	k := r.key()
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, kept := t.kept[k]; kept {
		return nil
	}
	if first := t.owed[k]; first != nil {
		return first
	}
	t.owed[k] = r
	return r
}

// keep writes a row that is owed; nil is none. The article must be locked.
func (t *trail) keep(ctx context.Context, r *Ruling) error {
	if r == nil {
		return nil
	}
	value, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if err := t.out(ctx, stage.Message{Key: []byte(r.URI), Value: value}); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	k := r.key()
	t.kept[k] = struct{}{}
	delete(t.owed, k)
	return nil
}

// auditWriter writes to the audit.
func auditWriter(f *bus.Forward) func(context.Context, stage.Message) error {
	return func(ctx context.Context, m stage.Message) error { return f.Write(ctx, topic.Audit, m) }
}

// ruling is what a rules, with where the text has gone by now; nil if it rules
// nothing.
func (r *releaser) ruling(a *article.Article, stood, stands article.Standing) *Ruling {
	kind, ok := rulingOf(a, stood, stands, r.now())
	if !ok {
		return nil
	}
	row := &Ruling{At: a.ReceivedAt.UTC(), Action: kind, URI: a.URI, Who: a.Source, Revision: a.Uncorrected(), Gone: r.whereGone(a.URI)}
	if kind == RulingEmbargo {
		row.Until = &a.EmbargoUntil
	}
	return row
}

// whereGone says where an article's text has gone by now, for people.
func (r *releaser) whereGone(uri article.URI) []string {
	last, ok := r.gone.get(uri)
	if !ok {
		return nil
	}
	perhaps := ""
	if last.unsure {
		perhaps = ", perhaps"
	}
	if last.status != article.Usable {
		return []string{fmt.Sprintf("%s: an earlier revision, followed by the notice %s%s", topic.Released, last.status, perhaps)}
	}
	return []string{
		fmt.Sprintf("%s: revision %s%s", topic.Released, last.revision, perhaps),
		fmt.Sprintf("%s: revision %s%s", topic.Current, last.revision, perhaps),
	}
}
