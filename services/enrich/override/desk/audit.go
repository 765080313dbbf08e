package desk

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/enrich/override"
)

// Entry is a change of an override in [topic.Audit]. It is there twice: when it is
// decided, and when it is kept.
type Entry struct {
	At       time.Time        `json:"at"`
	Action   string           `json:"action"` // override, override removed
	URI      article.URI      `json:"uri"`
	Who      string           `json:"who"`
	Reason   string           `json:"reason,omitempty"`
	Revision article.Revision `json:"revision"`
	Fields   []string         `json:"fields,omitempty"` // what was set or removed
	Number   int              `json:"number,omitempty"`
	Via      string           `json:"via,omitempty"`  // api; else it was a command
	Kept     bool             `json:"kept,omitempty"` // it is in the table; else that is not known
}

// Note writes an entry, which is put into JSON, about an article to the audit.
func Note(ctx context.Context, b *bus.Bus, uri article.URI, entry any) error {
	value, err := json.Marshal(entry)
	if err != nil {
		return err
	}
	if err := b.EnsureTopics(ctx, topic.Audit); err != nil {
		return err
	}
	f := b.Forward()
	return errors.Join(f.Write(ctx, topic.Audit, stage.Message{Key: []byte(uri), Value: value}), f.Close())
}

// entry is what the audit has of a change of these fields.
func (of *Lineage) entry(change *override.Change, fields []string, number int) Entry {
	r := Entry{At: change.At.UTC(), Action: "override", URI: of.uri, Who: change.Who, Reason: change.Reason, Fields: fields, Number: number, Via: change.Via}
	if len(change.Set) == 0 {
		r.Action = "override removed"
	}
	if of.newest.Article != nil {
		r.Revision = of.newest.Revision
	}
	return r
}

// owes is what the audit may lack of a change that was cut off behind its row, as far as
// the row tells.
func (of *Lineage) owes(change *override.Change, o *article.Override) Entry {
	again := *change
	fields := slices.Clone(change.Remove)
	for _, s := range change.Set {
		fields = append(fields, s.Field)
		for i := range o.Corrections {
			if c := &o.Corrections[i]; c.Field == s.Field {
				again.Who, again.At, again.Reason = c.Who, c.At, c.Reason
			}
		}
	}
	return of.entry(&again, fields, o.Number)
}
