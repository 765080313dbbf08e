package operate

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

// accessKeys are the API keys as a command sees them. Without table it only looks.
type accessKeys struct {
	bus   *bus.Bus
	table *bus.Table
	rows  interface {
		Range(f func(key string, value []byte) bool)
	}
	close func() error
}

// seeAccessKeys reads them without taking the table over.
func (k *Kafka) seeAccessKeys(ctx context.Context, t Terminal) (*accessKeys, error) {
	b, err := k.connect(ctx, t)
	if err != nil {
		return nil, err
	}
	there, _, err := b.There(ctx, []string{topic.AccessKeys})
	if err != nil {
		return nil, closed(b, err)
	}
	a := &accessKeys{bus: b, close: func() error { b.Close(); return nil }}
	if len(there) == 0 {
		return a, nil
	}
	v, err := b.OpenView(ctx, topic.AccessKeys)
	if err != nil {
		return nil, closed(b, err)
	}
	a.rows, a.close = v, func() error { err := v.Close(); b.Close(); return err }
	return a, nil
}

// openAccessKeys opens them to change one.
func (k *Kafka) openAccessKeys(ctx context.Context, t Terminal) (*accessKeys, error) {
	b, err := k.connect(ctx, t)
	if err != nil {
		return nil, err
	}
	if err := b.EnsureTopics(ctx, topic.AccessKeys, topic.AccessAudit); err != nil {
		return nil, closed(b, err)
	}
	table, err := b.OpenTable(ctx, topic.AccessKeys)
	if err != nil {
		return nil, closed(b, err)
	}
	return &accessKeys{bus: b, table: table, rows: table, close: func() error { err := table.Close(); b.Close(); return err }}, nil
}

// all are the keys, the oldest first. Rows that can't be read open nothing, and are told.
func (a *accessKeys) all() ([]*access.Key, error) {
	var keys []*access.Key
	var errs []error
	if a.rows == nil {
		return nil, nil
	}
	a.rows.Range(func(id string, row []byte) bool {
		k, err := access.Decode(id, row)
		if err != nil {
			errs = append(errs, err)
			return true
		}
		keys = append(keys, k)
		return true
	})
	slices.SortFunc(keys, func(a, b *access.Key) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), strings.Compare(a.ID, b.ID))
	})
	return keys, errors.Join(errs...)
}

// byID is the key with that id.
func (a *accessKeys) byID(id string) (*access.Key, error) {
	keys, err := a.all()
	i := slices.IndexFunc(keys, func(k *access.Key) bool { return k.ID == id })
	if i < 0 {
		return nil, errors.Join(fmt.Errorf("there is no key with the id %q; `copytaster keys list` shows them", id), err)
	}
	return keys[i], nil
}

// put writes a key. The audit comes first: what is not there was not done, while what
// is may have failed, and then can be done again.
func (a *accessKeys) put(ctx context.Context, k *access.Key, c access.Change) error {
	row, err := k.Encode()
	if err != nil {
		return err
	}
	c.ID, c.Name = k.ID, k.Name
	entry, err := json.Marshal(c)
	if err != nil {
		return err
	}
	f := a.bus.Forward()
	if err := errors.Join(f.Write(ctx, topic.AccessAudit, stage.Message{Key: []byte(k.ID), Value: entry}), f.Close()); err != nil {
		return err
	}
	if err := a.table.Put(ctx, k.ID, row); err != nil {
		return fmt.Errorf("it is in the audit, and not known to be done; look at `copytaster keys show %s`: %w", k.ID, err)
	}
	return nil
}

// changes are the entries of the audit about a key.
func (a *accessKeys) changes(ctx context.Context, id string) ([]access.Change, error) {
	there, _, err := a.bus.There(ctx, []string{topic.AccessAudit})
	if err != nil || len(there) == 0 {
		return nil, err
	}
	ss, err := a.bus.Whole(ctx, topic.AccessAudit, nil)
	if err != nil {
		return nil, err
	}
	var all []access.Change
	err = a.bus.Scan(ctx, ss, nil, func(m stage.Message) error {
		if string(m.Key) != id {
			return nil
		}
		var c access.Change
		if err := json.Unmarshal(m.Value, &c); err != nil {
			return fmt.Errorf("%s can't be read: %w", bus.PlaceOf(m), err)
		}
		all = append(all, c)
		return nil
	})
	return all, err
}

// keyLine is an API key in JSON.
type keyLine struct {
	Action  access.Action   `json:"action,omitempty"`
	ID      string          `json:"id,omitempty"` // none in a dry run of add
	Name    string          `json:"name"`
	State   string          `json:"state"` // good, expired, revoked
	Scopes  []access.Scope  `json:"scopes"`
	Grant   access.Grant    `json:"grant"`
	Rate    int             `json:"rate,omitempty"` // requests per minute; missing: as the service has it
	Secrets []secretLine    `json:"secrets"`
	Created time.Time       `json:"created_at"`
	By      string          `json:"created_by"`
	Expires time.Time       `json:"expires_at,omitzero"`
	Revoked time.Time       `json:"revoked_at,omitzero"`
	Who     string          `json:"revoked_by,omitempty"`
	Key     string          `json:"key,omitempty"`  // the secret, once
	File    string          `json:"file,omitempty"` // where it was written
	Done    *bool           `json:"done,omitempty"`
	Changes []access.Change `json:"changes,omitempty"`
}

type secretLine struct {
	Made  time.Time `json:"made_at"`
	Until time.Time `json:"good_until,omitzero"`
}

func lineOf(k *access.Key, now time.Time) keyLine {
	l := keyLine{
		ID: k.ID, Name: k.Name, State: k.State(now), Scopes: k.Scopes, Grant: k.Grant, Rate: k.Rate, Secrets: []secretLine{},
		Created: k.CreatedAt, By: k.CreatedBy, Expires: k.ExpiresAt, Revoked: k.RevokedAt, Who: k.RevokedBy,
	}
	for _, h := range k.Hashes {
		l.Secrets = append(l.Secrets, secretLine{h.MadeAt, h.ExpiresAt})
	}
	return l
}

// until is how long something is good: a number of days, hours, ..., a day or a time.
type until struct {
	at  time.Time
	in  time.Duration
	set bool
}

// UnmarshalText reads 90d, 36h, 2027-04-20 (its beginning, UTC), 2027-04-20T06:00:00Z, or never.
func (u *until) UnmarshalText(b []byte) error {
	*u = until{set: true}
	s := string(b)
	if s == "never" {
		return nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			u.at = t.UTC()
			return nil
		}
	}
	if now := time.Now(); s != "" && s[0] != '-' {
		if t, ok := parseMoment(s, now); ok {
			u.in = now.Sub(t)
			return nil
		}
	}
	return fmt.Errorf("%q is neither a duration such as 90d or 36h, nor a time such as 2027-04-20T06:00:00Z or 2027-04-20, nor never", s)
}

// from is the time that is meant, counted from now; zero: never.
func (u until) from(now time.Time) (time.Time, error) {
	t := u.at
	if u.in > 0 {
		t = now.Add(u.in).Truncate(time.Second)
	}
	if !t.IsZero() && !t.After(now) {
		return t, fmt.Errorf("%s is over", t.Format(time.RFC3339))
	}
	return t, nil
}

func expires(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format(time.RFC3339)
}

// check holds what is said for the audit to its limits.
func (w Who) check() error {
	if name := w.name(); len(name) > access.MaxWho || len(w.Why) > access.MaxWhy {
		return misuse("--by has at most %d bytes, --why %d", access.MaxWho, access.MaxWhy)
	}
	return nil
}
