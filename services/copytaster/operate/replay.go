package operate

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

// ReplayCmd is `copytaster replay`.
type ReplayCmd struct {
	Output
	Progress
	Change
	Rate
	FromTime   moment        `help:"Read again what was written since this time: 2024-04-20T06:00:00Z, 2024-04-20, 90m, 7d (ago)." placeholder:"TIME"`
	Until      moment        `help:"With --beside: up to this time (default: now)." placeholder:"TIME"`
	FromOffset []bus.Place   `help:"Read again from this message of its partition on, as topic/partition@offset; may be said for several partitions." placeholder:"PLACE"`
	URI        []article.URI `name:"uri" help:"Send this article's messages again, beside live traffic; may be said several times."`
	Beside     bool          `help:"With --from-time: send the messages again through the back-fill lane, instead of moving the group back."`
	SkipLost   bool          `help:"Move partitions that stand still, since the log no longer has the group's offset, to the log's start."`
	Kafka      `embed:"" group:"servers"`
	Group      string `arg:"" help:"The group: ${groups}."`
}

// Help is shown by `copytaster replay --help`.
func (ReplayCmd) Help() string {
	return `Three ways to have messages handled again, each of which changes nothing with --dry-run:

--from-time, --from-offset: the group's offsets are moved back, never forward. Its service must be stopped; when it
starts again, it reads everything from there on before anything new. Handling an article again does no harm: the
index keeps the newest revision.

--uri, --from-time with --beside: the messages are sent again to the service's back-fill topic. Nothing is stopped,
and live copy doesn't wait. All groups of that topic read them, of other services, too:
` + besideHelp() + `

--skip-lost: where messages were deleted before the group read them, its partition stands still, since skipping them
is not for a program to decide. This decides it: what is lost is counted, and the group goes on at the log's start.
The service must be stopped.

  copytaster replay index --from-time 2h --dry-run
  copytaster replay index --uri https://example.org/report
  copytaster replay enrich --beside --from-time 2024-04-20 --until 2024-04-21 --rate 200`
}

// besideHelp says where messages are sent again, and who reads them there.
func besideHelp() string {
	var all []string
	for i, g := range topic.Groups {
		if slices.IndexFunc(topic.Groups, func(o topic.Group) bool { return o.Bulk == g.Bulk }) < i {
			continue
		}
		var from, by []string
		for _, o := range topic.Groups {
			if o.Bulk == g.Bulk {
				from = append(from, o.Name)
			}
			if o.Topic == g.Bulk {
				by = append(by, o.Name)
			}
		}
		all = append(all, fmt.Sprintf("  %s: for %s; read by %s", g.Bulk, strings.Join(from, ", "), strings.Join(by, ", ")))
	}
	return strings.Join(all, "\n")
}

// moveLine is a partition in `replay --json`.
type moveLine struct {
	Action    string `json:"action"` // move, keep (it is there already, or further back)
	Group     string `json:"group"`
	Topic     string `json:"topic"`
	Partition int    `json:"partition"`
	Committed *int64 `json:"committed"` // null: none
	To        int64  `json:"to"`
	Again     int64  `json:"again"`          // messages that are read again
	Lost      int64  `json:"lost,omitempty"` // messages that will never be read
	Done      bool   `json:"done"`
}

// resentLine is the result of sending again, in JSON.
type resentLine struct {
	Action   string      `json:"action"` // send
	Group    string      `json:"group"`
	From     []string    `json:"from"` // topics
	To       string      `json:"to"`
	URI      article.URI `json:"uri,omitempty"`
	Messages int64       `json:"messages"`
	Same     int64       `json:"same,omitempty"` // left out, since another of the same bytes was sent
	Done     bool        `json:"done"`
}

// Run replays.
func (c *ReplayCmd) Run(ctx context.Context, t Terminal) error {
	g, err := topic.GroupByName(c.Group)
	if err != nil {
		return misuse("%w", err)
	}
	if err := c.check(g); err != nil {
		return err
	}
	b, err := c.connect(ctx, t)
	if err != nil {
		return err
	}
	defer b.Close()
	if len(c.URI) > 0 || c.Beside {
		return c.beside(ctx, t, b, g)
	}
	return c.move(ctx, t, b, g)
}

// check tells what does not go together.
func (c *ReplayCmd) check(g topic.Group) error {
	ways := 0
	for _, said := range []bool{!c.FromTime.IsZero(), len(c.FromOffset) > 0, len(c.URI) > 0, c.SkipLost} {
		if said {
			ways++
		}
	}
	switch {
	case ways != 1:
		return misuse("say one of --from-time, --from-offset, --uri, --skip-lost")
	case c.Beside && c.FromTime.IsZero():
		return misuse("--beside goes with --from-time; --uri is beside live traffic anyway")
	case c.Beside && g.Topic == g.Bulk:
		return misuse("group %s reads the back-fill lane itself: stop %s and move its offsets, without --beside", g.Name, g.Service)
	case !c.Until.IsZero() && (!c.Beside || !c.Until.After(c.FromTime.Time)):
		return misuse("--until goes with --beside, and lies after --from-time")
	}
	for _, p := range c.FromOffset {
		if p.Topic != g.Topic {
			return misuse("--from-offset %v: group %s reads %s", p, g.Name, g.Topic)
		}
	}
	for _, u := range c.URI {
		if err := u.Validate(); err != nil {
			return misuse("%w", err)
		}
	}
	return nil
}

// move moves the group's offsets.
func (c *ReplayCmd) move(ctx context.Context, t Terminal, b *bus.Bus, g topic.Group) error {
	state, err := b.Group(ctx, g.Name)
	if err != nil {
		return err
	}
	if len(state.Members) > 0 && !c.DryRun {
		return fmt.Errorf("%w; stop %s on all machines first (it may take 10 s until Kafka knows)", busy(g, state), g.Service)
	}
	moves, err := c.plan(ctx, b, g)
	if err != nil {
		return err
	}
	to := map[int]int64{}
	var again, lost int64
	for _, m := range moves {
		if m.Action == "move" {
			to[m.Partition] = m.To
			again += m.Again
			lost += m.Lost
		}
	}
	if !c.JSON {
		s := moveSheet(moves)
		s.print(t.Out)
	}
	if len(to) > 0 && !c.DryRun {
		if err := c.confirm(t, c.warning(g, len(to), again, lost)); err != nil {
			return err
		}
		if err := b.SetOffsets(ctx, g.Name, g.Topic, to); err != nil {
			return err
		}
	}
	if c.JSON {
		for _, m := range moves {
			m.Done = m.Action == "move" && !c.DryRun
			if err := line(t.Out, m); err != nil {
				return err
			}
		}
		return nil
	}
	verb := "moved"
	if c.DryRun {
		verb = "would be moved"
	}
	fmt.Fprintf(t.Out, "%s of group %s %s: %s are read again, %s are lost\n", count(len(to), "partition"), g.Name, verb, count(again, "message"), grouped(lost))
	if len(state.Members) > 0 {
		fmt.Fprintf(t.Out, "not now: %v\n", busy(g, state))
	}
	return nil
}

func busy(g topic.Group, s bus.Group) error {
	var who []string
	for _, m := range s.Members {
		who = append(who, m.Client+"@"+m.Host)
	}
	return fmt.Errorf("group %s has %s (%s)", g.Name, count(len(s.Members), "member"), strings.Join(who, ", "))
}

func (c *ReplayCmd) warning(g topic.Group, partitions int, again, lost int64) string {
	if c.SkipLost {
		return fmt.Sprintf("Gives up %s that group %s never read, and moves %s to the log's start; %s of other partitions of the topic made anew are read again",
			count(lost, "message"), g.Name, count(partitions, "partition"), count(again, "message"))
	}
	return fmt.Sprintf("Moves group %s back in %s: %s are read again before anything new", g.Name, count(partitions, "partition"), count(again, "message"))
}

// plan says by partition where the group goes.
func (c *ReplayCmd) plan(ctx context.Context, b *bus.Bus, g topic.Group) ([]moveLine, error) {
	es, err := b.Extents(ctx, g.Topic)
	if err != nil {
		return nil, err
	}
	committed, err := b.Committed(ctx, g.Name, g.Topic)
	if err != nil {
		return nil, err
	}
	target, err := c.target(ctx, b, g, es)
	if err != nil {
		return nil, err
	}
	moves := make([]moveLine, 0, len(es))
	for _, e := range es {
		m := moveLine{Action: "keep", Group: g.Name, Topic: g.Topic, Partition: e.Partition, To: e.First}
		at, ok := committed[e.Partition]
		if ok {
			m.Committed, m.To = &at, at
		}
		gone := ok && (at < e.First || at > e.End)
		goal, wanted := target[e.Partition]
		switch {
		case c.SkipLost && gone:
			m.Action, m.To, m.Lost = "move", e.First, max(e.First-at, 0)
			if at > e.End {
				m.Again = e.End - e.First
			}
		case c.SkipLost || !wanted:
		case gone:
			return nil, fmt.Errorf("%s/%d: group %s stands at offset %d, the log holds %d to %d: use --skip-lost first", g.Topic, e.Partition, g.Name, at, e.First, e.End)
		case ok && goal < at:
			m.Action, m.To, m.Again = "move", goal, at-goal
		}
		moves = append(moves, m)
	}
	return moves, nil
}

// target is where partitions should begin again.
func (c *ReplayCmd) target(ctx context.Context, b *bus.Bus, g topic.Group, es []bus.Extent) (map[int]int64, error) {
	if !c.FromTime.IsZero() {
		at, err := b.OffsetsAt(ctx, g.Topic, c.FromTime.Time)
		if err != nil {
			return nil, err
		}
		for _, e := range es {
			at[e.Partition] = max(at[e.Partition], e.First)
		}
		return at, nil
	}
	at := map[int]int64{}
	for _, p := range c.FromOffset {
		i := slices.IndexFunc(es, func(e bus.Extent) bool { return e.Partition == p.Partition })
		switch {
		case i < 0:
			return nil, misuse("--from-offset %v: %s has %s", p, g.Topic, count(len(es), "partition"))
		case p.Offset < es[i].First || p.Offset > es[i].End:
			return nil, fmt.Errorf("--from-offset %v: the log holds %d to %d", p, es[i].First, es[i].End)
		}
		at[p.Partition] = p.Offset
	}
	return at, nil
}

func moveSheet(moves []moveLine) *sheet {
	s := columns(">partition", ">committed", ">to", ">again", ">lost", "")
	for _, m := range moves {
		at := "-"
		if m.Committed != nil {
			at = grouped(*m.Committed)
		}
		s.row(m.Partition, at, grouped(m.To), grouped(m.Again), grouped(m.Lost), strings.TrimSuffix(m.Action, "move"))
	}
	return s
}

// beside sends messages again through the back-fill lane.
func (c *ReplayCmd) beside(ctx context.Context, t Terminal, b *bus.Bus, g topic.Group) error {
	limit, err := c.limiter()
	if err != nil {
		return err
	}
	if !c.DryRun {
		if err := b.EnsureTopics(ctx, g.Bulk); err != nil {
			return err
		}
	}
	if c.Beside {
		ss, err := c.between(ctx, b, g)
		if err != nil {
			return err
		}
		r := resend{cmd: c, t: t, bus: b, limit: limit, line: resentLine{Action: "send", Group: g.Name, From: []string{g.Topic}, To: g.Bulk, Done: !c.DryRun}}
		return r.run(ctx, ss, nil)
	}
	from, _, err := b.There(ctx, slices.Compact([]string{g.Topic, g.Bulk}))
	if err != nil {
		return err
	}
	for _, u := range c.URI {
		var ss []bus.Stretch
		for _, n := range from {
			part, err := b.Whole(ctx, n, keyOf(u))
			if err != nil {
				return err
			}
			ss = append(ss, part...)
		}
		r := resend{cmd: c, t: t, bus: b, limit: limit, line: resentLine{Action: "send", Group: g.Name, From: from, To: g.Bulk, URI: u, Done: !c.DryRun}}
		if err := r.run(ctx, ss, keyOf(u)); err != nil {
			return err
		}
		if r.line.Messages == 0 {
			return fmt.Errorf("no message of %s is in %s", u, strings.Join(from, " or "))
		}
	}
	return nil
}

// between is what was written between the times.
func (c *ReplayCmd) between(ctx context.Context, b *bus.Bus, g topic.Group) ([]bus.Stretch, error) {
	ss, err := b.Whole(ctx, g.Topic, nil)
	if err != nil {
		return nil, err
	}
	if ss, err = since(ctx, b, ss, c.FromTime.Time); err != nil || c.Until.IsZero() {
		return ss, err
	}
	at, err := b.OffsetsAt(ctx, g.Topic, c.Until.Time)
	if err != nil {
		return nil, err
	}
	for i := range ss {
		ss[i].To = min(ss[i].To, at[ss[i].Partition])
	}
	return ss, nil
}

// resend writes messages to another topic, as they are.
type resend struct {
	cmd   *ReplayCmd
	t     Terminal
	bus   *bus.Bus
	limit *rate.Limiter
	line  resentLine

	forward *bus.Forward
	pending []stage.Message
	bytes   int
	reached time.Time // of the last message that is safe
}

// run sends what of the stretches has the key, or everything if that is nil.
func (r *resend) run(ctx context.Context, ss []bus.Stretch, key []byte) error {
	progress := r.cmd.bar(r.t, "sending to "+r.line.To, bus.LenOf(ss))
	defer progress.close()
	r.forward = r.bus.Forward()
	// A replay of one article may find what an earlier replay has sent.
	sent := map[[sha256.Size]byte]bool{}
	err := r.bus.Scan(ctx, ss, progress.add, func(m stage.Message) error {
		if key != nil {
			if string(m.Key) != string(key) {
				return nil
			}
			sum := sha256.Sum256(m.Value)
			if sent[sum] {
				r.line.Same++
				return nil
			}
			sent[sum] = true
		}
		if r.cmd.DryRun {
			r.line.Messages++
			return nil
		}
		r.pending = append(r.pending, m)
		if r.bytes += len(m.Value); len(r.pending) < sendBatch && r.bytes < sendBytes {
			return nil
		}
		return r.flush(ctx)
	})
	if err == nil {
		err = r.flush(ctx)
	}
	err = errors.Join(err, r.forward.Close())
	progress.close()
	if err != nil {
		if !r.reached.IsZero() && key == nil {
			return fmt.Errorf("%s are sent; go on with --from-time %s: %w", count(r.line.Messages, "message"), r.reached.UTC().Format(time.RFC3339), err)
		}
		return err
	}
	return r.say(ctx)
}

func (r *resend) flush(ctx context.Context) error {
	if len(r.pending) == 0 {
		return nil
	}
	if err := r.limit.WaitN(ctx, len(r.pending)); err != nil {
		return err
	}
	if err := r.forward.Write(ctx, r.line.To, r.pending...); err != nil {
		return err
	}
	r.line.Messages += int64(len(r.pending))
	r.reached = r.pending[len(r.pending)-1].Time
	r.pending, r.bytes = r.pending[:0], 0
	return nil
}

func (r *resend) say(ctx context.Context) error {
	if r.cmd.JSON {
		return line(r.t.Out, r.line)
	}
	verb := "sent again"
	if r.cmd.DryRun {
		verb = "would be sent again"
	}
	fmt.Fprintf(r.t.Out, "%s from %s %s to %s", count(r.line.Messages, "message"), strings.Join(r.line.From, " and "), verb, r.line.To)
	if r.line.URI != "" {
		fmt.Fprintf(r.t.Out, ": %s", safe(string(r.line.URI)))
	}
	fmt.Fprintln(r.t.Out)
	if r.cmd.DryRun {
		return nil
	}
	for _, g := range topic.Groups {
		if g.Topic != r.line.To {
			continue
		}
		state, err := r.bus.Group(ctx, g.Name)
		if err != nil {
			return err
		}
		if len(state.Members) == 0 {
			fmt.Fprintf(r.t.Err, "nobody reads %s now: group %s has no members; it waits until %s runs\n", r.line.To, g.Name, g.Service)
		}
	}
	return nil
}
