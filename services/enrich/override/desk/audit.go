package desk

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
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
