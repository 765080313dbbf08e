package operate

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/deadletter"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

// Letters choose dead letters.
type Letters struct {
	What   []string    `arg:"" optional:"" name:"letters" help:"Topics of dead letters, or single letters as topic/partition@offset. Default: all."`
	Reason string      `help:"Only those whose reason holds this text, in whatever case." placeholder:"TEXT"`
	Stage  string      `help:"Only those that this stage refused." placeholder:"NAME"`
	URI    article.URI `name:"uri" help:"Only those of this article."`
	Since  moment      `help:"Only those refused at this time or later: 2024-04-20T06:00:00Z, 2024-04-20, 90m, 7d (ago)." placeholder:"TIME"`
	Until  moment      `help:"Only those refused before this time." placeholder:"TIME"`
}

// any tells whether something was chosen.
func (c *Letters) any() bool {
	return len(c.What) > 0 || c.Reason != "" || c.Stage != "" || c.URI != "" || !c.Since.IsZero() || !c.Until.IsZero()
}

// stretches are what must be read for it.
func (c *Letters) stretches(ctx context.Context, b *bus.Bus) ([]bus.Stretch, error) {
	what := c.What
	if len(what) == 0 {
		var err error
		if what, _, err = b.There(ctx, deadletter.Topics()); err != nil {
			return nil, err
		}
	}
	var ss []bus.Stretch
	for _, w := range what {
		if !strings.Contains(w, "@") {
			tp, err := topic.ByName(w)
			if err != nil || !tp.Dead() {
				return nil, misuse("%q is no topic of dead letters and no letter like %s/0@12", w, topic.IngestDead)
			}
			part, err := b.Whole(ctx, w, nil)
			if err != nil {
				return nil, err
			}
			ss = append(ss, part...)
			continue
		}
		var p bus.Place
		if err := p.UnmarshalText([]byte(w)); err != nil {
			return nil, misuse("%w", err)
		}
		s, err := one(ctx, b, p)
		if err != nil {
			return nil, err
		}
		ss = append(ss, s)
	}
	return ss, nil
}

// one is the stretch of a single message.
func one(ctx context.Context, b *bus.Bus, p bus.Place) (bus.Stretch, error) {
	all, err := b.Whole(ctx, p.Topic, nil)
	if err != nil {
		return bus.Stretch{}, err
	}
	i := slices.IndexFunc(all, func(s bus.Stretch) bool { return s.Partition == p.Partition && p.Offset >= s.From && p.Offset < s.To })
	if i < 0 {
		return bus.Stretch{}, fmt.Errorf("there is no message %v", p)
	}
	return bus.Stretch{Topic: p.Topic, Partition: p.Partition, From: p.Offset, To: p.Offset + 1}, nil
}

func (c *Letters) wants(r *record) bool {
	switch {
	case r.Type != typeDead:
		return !c.anyContent() // a broken letter has neither stage nor reason
	case c.Reason != "" && !strings.Contains(strings.ToLower(r.Dead.Error), strings.ToLower(c.Reason)):
	case c.Stage != "" && r.Dead.Stage != c.Stage:
	case c.URI != "" && r.uri() != string(c.URI):
	case !c.Since.IsZero() && r.Dead.At.Before(c.Since.Time):
	case !c.Until.IsZero() && !r.Dead.At.Before(c.Until.Time):
	default:
		return true
	}
	return false
}

func (c *Letters) anyContent() bool {
	return c.Reason != "" || c.Stage != "" || c.URI != "" || !c.Since.IsZero() || !c.Until.IsZero()
}

// read calls f for the letters that are chosen, in the order of their time.
func (c *Letters) read(ctx context.Context, t Terminal, b *bus.Bus, p Progress, f func(*record) error) error {
	ss, err := c.stretches(ctx, b)
	if err != nil {
		return err
	}
	return c.readIn(ctx, t, b, p, ss, f)
}

// readIn reads in stretches, so that a second look finds the same.
func (c *Letters) readIn(ctx context.Context, t Terminal, b *bus.Bus, p Progress, ss []bus.Stretch, f func(*record) error) error {
	progress := p.bar(t, "reading dead letters", bus.LenOf(ss))
	defer progress.close()
	return b.Scan(ctx, ss, progress.add, func(m stage.Message) error {
		r := decode(m)
		if !c.wants(r) {
			return nil
		}
		return f(r)
	})
}
