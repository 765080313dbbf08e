package operate

import (
	"context"
	"fmt"

	"github.com/copytaster/copytaster/pkg/bus"
)

// TopicsCheckCmd is `copytaster topics check`.
type TopicsCheckCmd struct {
	Output
	Kafka `embed:"" group:"servers"`
}

// Help is shown by `copytaster topics check --help`.
func (TopicsCheckCmd) Help() string {
	return `Looks for topics that are missing, that differ in partitions or settings, and that are in the namespace
but not in the topology. Without a namespace the last can't be told: the cluster may have topics of others.
Exit code: 0 all as it should be, 3 something differs, 1 the check failed.

How many copies of a topic Kafka keeps is the cluster's own affair (default.replication.factor, min.insync.replicas). It is
told all the same, with a warning where one disk is all there is, or where one broker that is away stops all writing; that is
no difference.

  copytaster topics check || copytaster topics apply --dry-run`
}

// checkLine is something that is not as the topology has it.
type checkLine struct {
	Problem string `json:"problem"` // missing, unknown, differs
	Topic   string `json:"topic"`
	Setting string `json:"setting,omitempty"`
	Want    string `json:"want,omitempty"`
	Have    string `json:"have,omitempty"`
}

// Run compares.
func (c *TopicsCheckCmd) Run(ctx context.Context, t Terminal) error {
	b, err := c.connect(ctx, t)
	if err != nil {
		return err
	}
	defer b.Close()
	names, err := named(nil)
	if err != nil {
		return err
	}
	there, missing, err := b.There(ctx, names)
	if err != nil {
		return err
	}
	var found []checkLine
	for _, n := range missing {
		found = append(found, checkLine{Problem: topicMissing, Topic: n})
	}
	ds, err := b.Differences(ctx, there...)
	if err != nil {
		return err
	}
	for _, d := range ds {
		found = append(found, checkLine{"differs", d.Topic, d.Setting, d.Want, d.Have})
	}
	all, err := b.Topics(ctx)
	if err != nil {
		return err
	}
	for _, e := range c.strangers(all) {
		found = append(found, checkLine{Problem: topicUnknown, Topic: e.Name})
	}
	copies, err := b.Replications(ctx, there...)
	if err != nil {
		return err
	}
	if c.JSON {
		err = reportJSON(t, found, copies)
	} else {
		report(t, found, copies)
	}
	if err == nil && len(found) > 0 {
		err = &ExitError{Code: ExitDiffers}
	}
	return err
}

// copiesLine is how many copies there are of a topic.
type copiesLine struct {
	Topic     string `json:"topic"`
	Replicas  int    `json:"replicas"`
	MinInSync int    `json:"min_insync_replicas"`
	Warning   string `json:"warning,omitempty"`
}

func reportJSON(t Terminal, found []checkLine, copies []bus.Replication) error {
	for _, l := range found {
		if err := line(t.Out, l); err != nil {
			return err
		}
	}
	for _, r := range copies {
		if err := line(t.Out, copiesLine{r.Topic, r.Replicas, r.MinInSync, fragile(r)}); err != nil {
			return err
		}
	}
	return nil
}

func report(t Terminal, found []checkLine, copies []bus.Replication) {
	if len(found) == 0 {
		fmt.Fprintf(t.Out, "%d topics are as the topology has them\n", len(copies))
	} else {
		s := columns("problem", "topic", "setting", ">have", ">want")
		for _, l := range found {
			s.row(l.Problem, l.Topic, l.Setting, l.Have, l.Want)
		}
		s.print(t.Out)
	}
	s := columns("topic", ">replicas", ">min.insync.replicas", "")
	for _, r := range copies {
		s.row(r.Topic, r.Replicas, r.MinInSync, fragile(r))
	}
	s.print(t.Out)
}

// fragile warns of what so few copies mean; "": there are enough.
func fragile(r bus.Replication) string {
	switch {
	case r.MinInSync > r.Replicas:
		return "nothing can be written: more copies are asked for than there are"
	case r.Replicas <= 1:
		return "one copy: lost with its broker's disk, and away while the broker is"
	case r.MinInSync == r.Replicas:
		return "nothing can be written while one broker is away"
	}
	return ""
}
