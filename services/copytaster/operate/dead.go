package operate

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/deadletter"
)

// DeadCmd is `copytaster dead`.
type DeadCmd struct {
	List    DeadListCmd    `cmd:"" default:"withargs" help:"Count dead letters by stage and reason (the default)."`
	Show    DeadShowCmd    `cmd:"" help:"Show one letter whole."`
	Redrive DeadRedriveCmd `cmd:"" help:"Send letters back to where they came from."`
	Discard DeadDiscardCmd `cmd:"" help:"Mark letters as not to be sent again."`
}

// DeadListCmd is `copytaster dead list`.
type DeadListCmd struct {
	Output
	Progress
	Letters
	Each  bool `help:"Every letter on a line of its own."`
	Open  bool `help:"Leave out what was redriven or discarded."`
	Kafka `embed:"" group:"servers"`
}

// Help is shown by `copytaster dead list --help`.
func (DeadListCmd) Help() string {
	return `Counts by topic, stage and reason; parts of a reason that differ from letter to letter (names, numbers, places) are
put as … . Open letters are those that nobody has redriven or discarded.

  copytaster dead
  copytaster dead list ingest.dead --since 1d --each`
}

// deadCount is a line of `dead list --json`.
type deadCount struct {
	Topic     string    `json:"topic"`
	Stage     string    `json:"stage"`
	Reason    string    `json:"reason"`
	Count     int       `json:"count"`
	Open      int       `json:"open"`
	Redriven  int       `json:"redriven"`
	Discarded int       `json:"discarded"`
	Oldest    time.Time `json:"oldest"`
	Newest    time.Time `json:"newest"`
	Example   string    `json:"example"` // the newest, as topic/partition@offset
}

// Run counts letters.
func (c *DeadListCmd) Run(ctx context.Context, t Terminal) error {
	b, err := c.connect(ctx, t)
	if err != nil {
		return err
	}
	defer b.Close()
	l, err := deadletter.OpenLedger(ctx, b, false)
	if err != nil {
		return err
	}
	defer l.Close()
	type key struct{ topic, stage, reason string }
	counts := map[key]*deadCount{}
	err = c.read(ctx, t, b, c.Progress, func(r *record) error {
		done := l.Of(r.message)
		if c.Open && done != nil {
			return nil
		}
		if c.Each {
			return c.letter(t, r, done)
		}
		stageName, reason := "", r.Reason
		if r.Type == typeDead {
			stageName, reason = r.Dead.Stage, r.Dead.Error
		}
		k := key{r.Topic, stageName, general(reason, r.Key)}
		n, ok := counts[k]
		if !ok {
			n = &deadCount{Topic: k.topic, Stage: k.stage, Reason: k.reason, Oldest: r.Time}
			counts[k] = n
		}
		n.add(r, done)
		return nil
	})
	if err != nil || c.Each {
		return err
	}
	all := make([]*deadCount, 0, len(counts))
	for _, n := range counts {
		all = append(all, n)
	}
	slices.SortFunc(all, func(a, b *deadCount) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(b.Count, a.Count), cmp.Compare(a.Reason, b.Reason))
	})
	return c.show(t, all)
}

func (n *deadCount) add(r *record, done *deadletter.Handled) {
	n.Count++
	switch {
	case done == nil:
		n.Open++
	case done.Done == deadletter.Discarded:
		n.Discarded++
	default:
		n.Redriven++
	}
	if r.Time.Before(n.Oldest) {
		n.Oldest = r.Time
	}
	if !r.Time.Before(n.Newest) {
		n.Newest, n.Example = r.Time, bus.PlaceOf(r.message).String()
	}
}

func (c *DeadListCmd) letter(t Terminal, r *record, done *deadletter.Handled) error {
	if c.JSON {
		return line(t.Out, letterLine{bus.PlaceOf(r.message).String(), r, done})
	}
	state := "open"
	if done != nil {
		state = done.Done
	}
	fmt.Fprintf(t.Out, "%-9s  %s\n", state, r)
	return nil
}

func (c *DeadListCmd) show(t Terminal, all []*deadCount) error {
	s := columns("topic", "stage", ">letters", ">open", ">redriven", ">discarded", "oldest", "newest", "reason", "example")
	for _, n := range all {
		if c.JSON {
			if err := line(t.Out, n); err != nil {
				return err
			}
			continue
		}
		s.row(n.Topic, n.Stage, grouped(int64(n.Count)), grouped(int64(n.Open)), grouped(int64(n.Redriven)), grouped(int64(n.Discarded)),
			n.Oldest.Local().Format("01-02 15:04:05"), n.Newest.Local().Format("01-02 15:04:05"), cutText(n.Reason), n.Example)
	}
	switch {
	case c.JSON:
	case len(all) == 0:
		fmt.Fprintln(t.Out, "no dead letters")
	default:
		s.print(t.Out)
	}
	return nil
}

var (
	quotedPart = regexp.MustCompile(`"(?:[^"\\]|\\.)*"?`)
	placePart  = regexp.MustCompile(`[a-z][a-z.]*/-?\d+@-?\d+`)
	numberPart = regexp.MustCompile(`\d+`)
)

// general is a reason without what differs from letter to letter.
func general(reason, key string) string {
	if key != "" {
		reason = strings.ReplaceAll(reason, key, "…")
	}
	reason = quotedPart.ReplaceAllString(reason, `"…"`)
	reason = placePart.ReplaceAllString(reason, "…")
	return numberPart.ReplaceAllString(reason, "…")
}
