package operate

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/topic"
)

// TopicsCmd is `copytaster topics`.
type TopicsCmd struct {
	List   TopicsListCmd   `cmd:"" default:"withargs" help:"List the topics: how large they are and what they are for (the default)."`
	Create TopicsCreateCmd `cmd:"" help:"Create the topics that are missing."`
	Check  TopicsCheckCmd  `cmd:"" help:"Compare the topics with the topology; exit code 3 if they differ."`
	Apply  TopicsApplyCmd  `cmd:"" help:"Change settings and partitions to what the topology says."`
}

// TopicsListCmd is `copytaster topics list`.
type TopicsListCmd struct {
	Output
	Kafka `embed:"" group:"servers"`
}

// Help is shown by `copytaster topics list --help`.
func (TopicsListCmd) Help() string {
	return `Messages are counted by offsets: compaction makes a topic hold fewer.

  copytaster topics --namespace test-`
}

// topicLine is a topic in `topics list --json`.
type topicLine struct {
	Topic      string `json:"topic"`
	State      string `json:"state"` // ok, missing, unknown (not in the topology)
	Partitions int    `json:"partitions"`
	Replicas   int    `json:"replicas"`
	Messages   int64  `json:"messages"`  // end less first, of all partitions
	End        int64  `json:"end"`       // how many were ever written
	Retention  string `json:"retention"` // by the topology: "720h0m0s", "ever", "compacted"
	Writer     string `json:"writer,omitempty"`
	About      string `json:"about,omitempty"`
}

// States of a topic.
const (
	topicOK      = "ok"
	topicMissing = "missing"
	topicUnknown = "unknown"
)

// Run lists the topics.
func (c *TopicsListCmd) Run(ctx context.Context, t Terminal) error {
	b, err := c.connect(ctx, t)
	if err != nil {
		return err
	}
	defer b.Close()
	there, err := b.Topics(ctx)
	if err != nil {
		return err
	}
	s := columns("topic", "state", ">partitions", ">messages", ">ever", "kept", "about")
	show := func(l topicLine) error {
		if c.JSON {
			return line(t.Out, l)
		}
		s.row(l.Topic, l.State, l.Partitions, grouped(l.Messages), grouped(l.End), l.Retention, l.About)
		return nil
	}
	for _, tp := range topic.All {
		l := topicLine{Topic: tp.Name, State: topicMissing, Retention: kept(tp), Writer: tp.Writer, About: tp.About}
		if i := slices.IndexFunc(there, func(e bus.Existing) bool { return e.Name == tp.Name }); i >= 0 {
			if err := l.measure(ctx, b, there[i]); err != nil {
				return err
			}
			l.State = topicOK
			there = slices.Delete(there, i, i+1)
		}
		if err := show(l); err != nil {
			return err
		}
	}
	for _, e := range c.strangers(there) {
		l := topicLine{Topic: e.Name, State: topicUnknown}
		if err := l.measure(ctx, b, e); err != nil {
			return err
		}
		if err := show(l); err != nil {
			return err
		}
	}
	if !c.JSON {
		s.print(t.Out)
	}
	return nil
}

// strangers are the topics that are not in the topology and must be ours.
// Without a namespace the cluster may have topics of anybody.
func (k *Kafka) strangers(there []bus.Existing) []bus.Existing {
	if k.Bus.Namespace == "" {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(there), func(e bus.Existing) bool {
		_, err := topic.ByName(e.Name)
		return err == nil
	})
}

func (l *topicLine) measure(ctx context.Context, b *bus.Bus, e bus.Existing) error {
	l.Partitions, l.Replicas = e.Partitions, e.Replicas
	es, err := b.Extents(ctx, e.Name)
	if err != nil {
		return err
	}
	for _, x := range es {
		l.Messages += x.End - x.First
		l.End += x.End
	}
	return nil
}

func kept(t topic.Topic) string {
	switch {
	case t.Compact:
		return "compacted"
	case t.Retention == 0:
		return "ever"
	}
	return t.Retention.String()
}

// TopicsCreateCmd is `copytaster topics create`.
type TopicsCreateCmd struct {
	Output
	DryRun bool `help:"Only tell what would be done." short:"n"`
	Kafka  `embed:"" group:"servers"`
	Topics []string `arg:"" optional:"" name:"topic" help:"Only these."`
}

// Help is shown by `copytaster topics create --help`.
func (TopicsCreateCmd) Help() string {
	return `Topics that are there stay as they are: see "topics check". Services create the topics they need by
themselves, if they may.

  copytaster topics create --dry-run`
}

// actionLine says in JSON what was done, or would be.
type actionLine struct {
	Action  string `json:"action"` // create, set, grow
	Topic   string `json:"topic"`
	Setting string `json:"setting,omitempty"`
	From    string `json:"from,omitempty"`
	To      string `json:"to,omitempty"`
	Deletes string `json:"deletes,omitempty"` // what Kafka deletes for it
	Done    bool   `json:"done"`              // false: a dry run
}

func (o Output) action(t Terminal, a actionLine) error {
	if o.JSON {
		return line(t.Out, a)
	}
	verb := a.Action
	if !a.Done {
		verb = "would " + verb
	}
	if a.Setting == "" {
		fmt.Fprintf(t.Out, "%s %s\n", verb, a.Topic)
	} else {
		deletes := ""
		if a.Deletes != "" {
			deletes = ": Kafka deletes " + a.Deletes
		}
		fmt.Fprintf(t.Out, "%s %s: %s from %s to %s%s\n", verb, a.Topic, a.Setting, a.From, a.To, deletes)
	}
	return nil
}

// Run creates topics.
func (c *TopicsCreateCmd) Run(ctx context.Context, t Terminal) error {
	names, err := named(c.Topics)
	if err != nil {
		return err
	}
	b, err := c.connect(ctx, t)
	if err != nil {
		return err
	}
	defer b.Close()
	_, missing, err := b.There(ctx, names)
	if err != nil {
		return err
	}
	if len(missing) > 0 && !c.DryRun {
		if err := b.EnsureTopics(ctx, missing...); err != nil {
			return err
		}
	}
	for _, n := range missing {
		if err := c.action(t, actionLine{Action: "create", Topic: n, Done: !c.DryRun}); err != nil {
			return err
		}
	}
	if len(missing) == 0 && !c.JSON {
		fmt.Fprintln(t.Out, "every topic is there")
	}
	return nil
}

// named are the topics' names: all of the topology if none are said.
func named(names []string) ([]string, error) {
	if len(names) == 0 {
		for _, tp := range topic.All {
			names = append(names, tp.Name)
		}
		return names, nil
	}
	for _, n := range names {
		if _, err := topic.ByName(n); err != nil {
			return nil, misuse("%w", err)
		}
	}
	return names, nil
}

// TopicsApplyCmd is `copytaster topics apply`.
type TopicsApplyCmd struct {
	Output
	Change
	Kafka  `embed:"" group:"servers"`
	Topics []string `arg:"" optional:"" name:"topic" help:"Only these."`
}

// Help is shown by `copytaster topics apply --help`.
func (TopicsApplyCmd) Help() string {
	return `Settings are set one by one; those that the topology doesn't speak of stay. It asks before a setting that makes Kafka
delete what it keeps now (retention.ms, retention.bytes, cleanup.policy, min.compaction.lag.ms), and says what that is.

Partitions can only be added, and only after a confirmation: from then on a key goes to another partition than its older
messages, so that its revisions may be handled out of order until the older ones are read. The index bears that (a revision
never goes back), a state table does not: a compacted topic keeps its partitions for ever, and nothing is applied while one
that is named has fewer than it should. Topics that are missing are left to "topics create".

  copytaster topics apply --dry-run
  copytaster topics apply articles.enriched --yes`
}

// Run changes settings.
func (c *TopicsApplyCmd) Run(ctx context.Context, t Terminal) error {
	names, err := named(c.Topics)
	if err != nil {
		return err
	}
	b, err := c.connect(ctx, t)
	if err != nil {
		return err
	}
	defer b.Close()
	there, _, err := b.There(ctx, names)
	if err != nil {
		return err
	}
	ds, err := b.Differences(ctx, there...)
	if err != nil {
		return err
	}
	// What can't be is told before anything is asked.
	if err := b.Apply(ctx, true, ds...); err != nil {
		return err
	}
	as := make([]actionLine, len(ds))
	for i, d := range ds {
		as[i] = actionLine{Action: "set", Topic: d.Topic, Setting: d.Setting, From: d.Have, To: d.Want, Done: !c.DryRun}
		if d.Setting == bus.SettingPartitions {
			as[i].Action = "grow"
		}
		if as[i].Deletes, err = deleted(ctx, b, d, time.Now()); err != nil {
			return err
		}
	}
	if !c.DryRun {
		if err := c.sure(t, as); err != nil {
			return err
		}
		if err := b.Apply(ctx, false, ds...); err != nil {
			return err
		}
	}
	for _, a := range as {
		if err := c.action(t, a); err != nil {
			return err
		}
	}
	if len(ds) == 0 && !c.JSON {
		fmt.Fprintln(t.Out, "nothing to change")
	}
	return nil
}

// sure asks before what can't be undone.
func (c *TopicsApplyCmd) sure(t Terminal, as []actionLine) error {
	var deletes, grown, what []string
	for _, a := range as {
		if a.Deletes != "" {
			deletes = append(deletes, fmt.Sprintf("of %s, by %s from %s to %s, %s", a.Topic, a.Setting, a.From, a.To, a.Deletes))
		}
		if a.Action == "grow" {
			grown = append(grown, fmt.Sprintf("%s from %s to %s", a.Topic, a.From, a.To))
		}
	}
	if len(deletes) > 0 {
		what = append(what, "Makes Kafka delete "+strings.Join(deletes, "; "))
	}
	if len(grown) > 0 {
		what = append(what, "Adds partitions: "+strings.Join(grown, ", ")+". Keys move to other partitions, and their older messages stay where they are: stop the services that write to and read from these topics, and let the readers catch up (copytaster lag) before the writers start again")
	}
	if len(what) == 0 {
		return nil
	}
	return c.confirm(t, strings.Join(what, ". "))
}

// grouped writes a number with its thousands apart.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// span writes a duration as people say it: two units at most.
func span(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < 0:
		return "-" + span(-d)
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return d.Round(100 * time.Millisecond).String()
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", d/time.Minute, d%time.Minute/time.Second)
	case d < 2*day:
		return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
	}
	return fmt.Sprintf("%dd%02dh", d/day, d%day/time.Hour)
}
