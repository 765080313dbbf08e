package operate

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

// AuditCmd is `copytaster audit`.
type AuditCmd struct {
	Output
	Progress
	Servers `embed:"" group:"servers"`
	URI     article.URI `arg:"" name:"uri" help:"The article."`
}

// Help is shown by `copytaster audit --help`.
func (AuditCmd) Help() string {
	return `Every kill, withhold, embargo and reinstatement of an article, and every correction of what was found out about it, in
the order of time: who said so, when and why, and where its text had gone by then. It is read from the audit, which never
expires: the tools write there what editors do, the release service what it carries out of what agencies say. What else
agencies sent is added from the log, and where each stands there. A correction that was cut off before it was carried out,
or just behind that, is "not known to be kept". The last lines say where the text is now.
Exit code: 0 something was found, 1 nothing, or a server failed.

  copytaster audit urn:newsml:dpa.com:20240420:1`
}

// Run shows the audit.
func (c *AuditCmd) Run(ctx context.Context, t Terminal) error {
	if err := c.URI.Validate(); err != nil {
		return misuse("%w", err)
	}
	b, err := c.connect(ctx, t)
	if err != nil {
		return err
	}
	defer b.Close()
	l, err := c.life(ctx, b, t, c.URI, c.Servers)
	if err != nil {
		return err
	}
	all, err := ruled(ctx, b, c.URI)
	if err != nil {
		return err
	}
	all = placed(all, l.events)
	slices.SortStableFunc(all, func(a, b audited) int { return a.At.Compare(b.At) })
	for _, r := range all {
		if c.JSON {
			if err := line(t.Out, r); err != nil {
				return err
			}
			continue
		}
		r.print(t)
	}
	now := struct {
		Action string         `json:"action"`
		Status article.Status `json:"status,omitempty"`
		Gone   []string       `json:"gone"`
	}{"now", l.stands.Status, l.gone}
	switch {
	case c.JSON:
		err = line(t.Out, now)
	default:
		fmt.Fprintf(t.Out, "now %s; its text is, or was, in:\n", cmp.Or(string(now.Status), "not known"))
		for _, g := range now.Gone {
			fmt.Fprintf(t.Out, "  %s\n", safe(g))
		}
	}
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("nothing was ruled about %s", c.URI)
	}
	return err
}

// placed gives the entries of the audit their places in the log, and adds what
// the log alone has. A kill is the one of its time: another of the same revision
// may have come later.
func placed(all, events []audited) []audited {
	for _, e := range events {
		same := func(r audited) bool {
			return r.Place == "" && r.Action == e.Action && r.Revision.Source() == e.Revision.Source() &&
				(e.Action != string(article.Canceled) || r.At.Equal(e.At))
		}
		if i := slices.IndexFunc(all, same); i >= 0 {
			all[i].Place = e.Place
			continue
		}
		all = append(all, e)
	}
	return all
}

// ruled are the entries of the audit topic about an article. What two instances of
// the release service wrote of the same ruling, one after the other, is there once, and
// so is a correction, which is written before and after it is kept.
func ruled(ctx context.Context, b *bus.Bus, uri article.URI) ([]audited, error) {
	there, _, err := b.There(ctx, []string{topic.Audit})
	if err != nil || len(there) == 0 {
		return nil, err
	}
	ss, err := b.Whole(ctx, topic.Audit, keyOf(uri))
	if err != nil {
		return nil, err
	}
	var all []audited
	err = b.Scan(ctx, ss, nil, func(m stage.Message) error {
		if string(m.Key) != string(uri) {
			return nil
		}
		var r audited
		if err := json.Unmarshal(m.Value, &r); err != nil {
			return fmt.Errorf("%s can't be read: %w", bus.PlaceOf(m), err)
		}
		again := func(b audited) bool {
			change := r.Number > 0 && b.Number == r.Number && b.Who == r.Who && slices.Equal(b.Fields, r.Fields)
			return b.Action == r.Action && (change || b.Revision.Source() == r.Revision.Source() && b.At.Equal(r.At))
		}
		if i := slices.IndexFunc(all, again); i < 0 {
			all = append(all, r)
		} else {
			all[i].Kept = all[i].Kept || r.Kept
		}
		return nil
	})
	return all, err
}
