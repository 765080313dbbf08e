package operate

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/topic"
)

// LagCmd is `copytaster lag`.
type LagCmd struct {
	Output
	Behind bool          `help:"Only partitions that are behind or that nobody reads."`
	Watch  bool          `help:"Go on until Ctrl-C." short:"w"`
	Every  time.Duration `help:"How often --watch looks." default:"2s"`
	Kafka  `embed:"" group:"servers"`
	Groups []string `arg:"" optional:"" name:"group" help:"Only these: ${groups}."`
}

// Help is shown by `copytaster lag --help`.
func (LagCmd) Help() string {
	return `For each group and partition: the offset committed, the log's end, how many messages lie between, how old the
oldest of them is, and which member reads it. LOST says that messages were deleted before the group read them.
The state is Kafka's: Stable, Empty (no member runs), PreparingRebalance, CompletingRebalance, Dead (never ran).

  copytaster lag
  copytaster lag --behind --watch index`
}

// lagLine is a partition in `lag --json`.
type lagLine struct {
	At        time.Time  `json:"at"`
	Group     string     `json:"group"`
	State     string     `json:"state"`
	Members   int        `json:"members"`
	Topic     string     `json:"topic"`
	Partition int        `json:"partition"`
	First     int64      `json:"first"`
	Committed *int64     `json:"committed"` // null: nothing yet, the group begins at the log's start
	End       int64      `json:"end"`
	Lag       int64      `json:"lag"`
	Lost      int64      `json:"lost,omitempty"`          // messages between the committed offset and the log's start
	Beyond    int64      `json:"beyond,omitempty"`        // by how much the committed offset is beyond the log's end: the topic was made anew
	Oldest    *time.Time `json:"oldest_unread,omitempty"` // when it was written
	Age       float64    `json:"age_seconds,omitempty"`
	Member    string     `json:"member,omitempty"` // client@host that reads it
}

// minEvery keeps --watch from being a load.
const minEvery = 100 * time.Millisecond

// Run shows where the groups stand.
func (c *LagCmd) Run(ctx context.Context, t Terminal) error {
	groups, err := groupsNamed(c.Groups)
	if err != nil {
		return err
	}
	if c.Every < minEvery {
		return misuse("--every is %v, the least is %v", c.Every, minEvery)
	}
	b, err := c.connect(ctx, t)
	if err != nil {
		return err
	}
	defer b.Close()
	w := b.Watch()
	defer w.Close()
	tick := time.NewTicker(c.Every)
	defer tick.Stop()
	for {
		all, err := c.look(ctx, w, groups)
		switch {
		case c.Watch && ctx.Err() != nil:
			return nil
		case c.Watch && err != nil: // who watches wants to see the end of it
			fmt.Fprintf(t.Err, "%s %v\n", time.Now().Format(time.TimeOnly), err)
		case err != nil:
			return err
		default:
			if c.Watch && !c.JSON && isTerminal(t.Out) {
				fmt.Fprint(t.Out, "\x1b[H\x1b[2J")
			}
			if err := c.show(t, all); err != nil || !c.Watch {
				return err
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

func groupsNamed(names []string) ([]topic.Group, error) {
	if len(names) == 0 {
		return topic.Groups, nil
	}
	gs := make([]topic.Group, len(names))
	for i, n := range names {
		g, err := topic.GroupByName(n)
		if err != nil {
			return nil, misuse("%w", err)
		}
		gs[i] = g
	}
	return gs, nil
}

func (c *LagCmd) look(ctx context.Context, w *bus.Watch, groups []topic.Group) ([]lagLine, error) {
	standings, err := w.Standings(ctx, groups)
	if err != nil {
		return nil, err
	}
	var all []lagLine
	for _, s := range standings {
		for _, r := range s.Partitions {
			l := lagLineOf(s, r)
			if !c.Behind || l.Lag > 0 || l.Lost > 0 || l.Beyond > 0 || l.Member == "" && l.End > 0 {
				all = append(all, l)
			}
		}
	}
	return all, nil
}

func lagLineOf(s bus.Standing, r bus.Reached) lagLine {
	l := lagLine{
		At: s.At, Group: s.Group.Name, State: s.State, Members: len(s.Members), Topic: s.Group.Topic, Partition: r.Partition,
		First: r.First, Committed: r.Committed, End: r.End, Lag: r.Lag, Lost: r.Lost, Beyond: r.Beyond, Member: r.Member,
	}
	if !r.Oldest.IsZero() {
		l.Oldest, l.Age = &r.Oldest, max(s.At.Sub(r.Oldest), 0).Seconds()
	}
	return l
}

func (c *LagCmd) show(t Terminal, all []lagLine) error {
	if c.JSON {
		for _, l := range all {
			if err := line(t.Out, l); err != nil {
				return err
			}
		}
		return nil
	}
	if c.Watch {
		fmt.Fprintf(t.Out, "%s\n", time.Now().Format(time.TimeOnly))
	}
	if len(all) == 0 {
		fmt.Fprintln(t.Out, "no partition is behind")
		return nil
	}
	for begin := 0; begin < len(all); {
		end := begin
		for end < len(all) && all[end].Group == all[begin].Group {
			end++
		}
		if begin > 0 {
			fmt.Fprintln(t.Out)
		}
		group(t, all[begin:end])
		begin = end
	}
	return nil
}

func group(t Terminal, ls []lagLine) {
	var lag int64
	var oldest float64
	s := columns(">partition", ">committed", ">end", ">lag", ">oldest", "read by", "")
	for _, l := range ls {
		lag += l.Lag
		oldest = max(oldest, l.Age)
		at, trouble := "-", ""
		if l.Committed != nil {
			at = grouped(*l.Committed)
		}
		switch {
		case l.Lost > 0:
			trouble = fmt.Sprintf("LOST: %s messages were deleted unread; copytaster replay %s --skip-lost", grouped(l.Lost), l.Group)
		case l.Beyond > 0:
			trouble = fmt.Sprintf("BEYOND the end by %s: the topic was made anew; copytaster replay %s --skip-lost", grouped(l.Beyond), l.Group)
		}
		s.row(l.Partition, at, grouped(l.End), grouped(l.Lag), ageOf(l.Age, l.Lag), cmp.Or(l.Member, "nobody"), trouble)
	}
	head := []string{fmt.Sprintf("group %s on %s", ls[0].Group, ls[0].Topic), ls[0].State, count(ls[0].Members, "member"), "lag " + grouped(lag)}
	if lag > 0 {
		head = append(head, "oldest "+ageOf(oldest, lag))
	}
	fmt.Fprintln(t.Out, strings.Join(head, ", "))
	s.print(t.Out)
}

func ageOf(seconds float64, lag int64) string {
	if lag == 0 {
		return "-"
	}
	return span(time.Duration(seconds * float64(time.Second)))
}

// count writes a number of things.
func count[N int | int64](n N, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return grouped(int64(n)) + " " + what + "s"
}
