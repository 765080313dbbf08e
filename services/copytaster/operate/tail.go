package operate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/stage"
)

// Limits of `tail`.
const (
	// DefaultTail is how many messages are shown if neither -n nor --from say.
	DefaultTail = 10
	// MaxTail is how many of the last messages can be asked for: they are held
	// in memory.
	MaxTail = 10_000
)

// TailCmd is `copytaster tail`.
type TailCmd struct {
	Output
	Progress
	URI    article.URI `name:"uri" help:"Only this article's messages; only the partition that has them is read."`
	Grep   string      `help:"Only messages that hold this text, in whatever case." short:"g" placeholder:"TEXT"`
	From   from        `help:"Begin here: beginning, end, PARTITION@OFFSET, a time, or how long ago (15m, 7d)." placeholder:"WHERE"`
	Follow bool        `help:"Go on with what comes, until Ctrl-C." short:"f"`
	// Articles and Headers are for programs that read what is printed.
	Articles bool `help:"Print the articles alone, each as JSON on a line; what is no article is named on standard error."`
	Headers  bool `help:"With --json: the message's headers, too."`
	Count    int  `help:"How many: the last ones, or with --from the first ones. 0: all." short:"n" default:"-1" placeholder:"10"`
	Kafka    `embed:"" group:"servers"`
	Topic    string `arg:"" help:"The topic, without the namespace."`
}

// Help is shown by `copytaster tail --help`.
func (TailCmd) Help() string {
	return `Shows messages decoded, in the order of their time: articles, dead letters with their reason and origin, rows of
state tables, and what is broken as hex with the reason. With --json each is an object with topic, partition,
offset, time, key, bytes, type (article, dead, state, epoch, broken), and what belongs to the type; an article is as in
"copytaster read". With --articles there is nothing but the articles, for jq or a program.

  copytaster tail articles.enriched -f
  copytaster tail articles.released -f --articles | jq -r 'select(.status == "usable") | .headline'
  copytaster tail articles.received --grep "Niamey" --from 2h
  copytaster tail ingest.dead --json -n 1`
}

// Run shows messages.
func (c *TailCmd) Run(ctx context.Context, t Terminal) error {
	n := c.Count
	switch {
	case c.Headers && (!c.JSON || c.Articles):
		return misuse("--headers is for --json")
	case n == -1 && c.From.set:
		n = 0
	case n == -1:
		n = DefaultTail
	case n < 0:
		return misuse("--count %d is negative", n)
	}
	if !c.From.set && (n == 0 || n > MaxTail) {
		return misuse("the last %d messages can't be asked for, at most %d; say where to begin with --from", n, MaxTail)
	}
	b, err := c.connect(ctx, t)
	if err != nil {
		return err
	}
	defer b.Close()
	all, err := b.Whole(ctx, c.Topic, keyOf(c.URI))
	if err != nil {
		return err
	}
	ss, err := c.begin(ctx, b, all, int64(n))
	if err != nil {
		return err
	}
	out := &tailOutput{cmd: c, t: t, left: n, all: n == 0, grep: bytes.ToLower([]byte(c.Grep))}
	progress := c.bar(t, "reading "+c.Topic, bus.LenOf(ss))
	defer progress.close()
	if c.From.set {
		err = b.Scan(ctx, ss, progress.add, out.show)
	} else {
		err = out.last(ctx, b, ss, progress)
	}
	progress.close()
	if err != nil || !c.Follow || c.From.set && out.enough() {
		return err
	}
	if !c.From.set {
		out.all = true // -n was about what was there
	}
	return follow(ctx, b, all, out.show)
}

// begin cuts what is read at its beginning.
func (c *TailCmd) begin(ctx context.Context, b *bus.Bus, all []bus.Stretch, n int64) ([]bus.Stretch, error) {
	ss := slices.Clone(all)
	switch f := c.From; {
	case f.atOffset:
		i := slices.IndexFunc(ss, func(s bus.Stretch) bool { return s.Partition == f.partition })
		if i < 0 {
			return nil, misuse("--from: %s has no partition %d to read", c.Topic, f.partition)
		}
		if f.offset < ss[i].From || f.offset > ss[i].To {
			return nil, fmt.Errorf("--from: %s/%d holds offsets %d to %d, not %d", c.Topic, f.partition, ss[i].From, ss[i].To, f.offset)
		}
		ss = ss[i : i+1]
		ss[0].From = f.offset
	case f.end:
		for i := range ss {
			ss[i].From = ss[i].To
		}
	case f.set && !f.beginning:
		at, err := b.OffsetsAt(ctx, c.Topic, f.time)
		if err != nil {
			return nil, err
		}
		for i := range ss {
			ss[i].From = max(ss[i].From, at[ss[i].Partition])
		}
	case !f.set && c.URI == "" && c.Grep == "":
		// The last n of all are among the last n of each.
		for i := range ss {
			ss[i].From = max(ss[i].From, ss[i].To-n)
		}
	}
	return ss, nil
}

// tailOutput prints those messages that are wanted. It may be used from many
// goroutines.
type tailOutput struct {
	cmd  *TailCmd
	t    Terminal
	grep []byte

	mu   sync.Mutex
	left int
	all  bool
}

func (o *tailOutput) wanted(m stage.Message) bool {
	if o.cmd.URI != "" && string(m.Key) != string(o.cmd.URI) {
		return false
	}
	return len(o.grep) == 0 || holds(m, o.grep)
}

func (o *tailOutput) enough() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return !o.all && o.left <= 0
}

func (o *tailOutput) show(m stage.Message) error {
	if !o.wanted(m) {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.all && o.left <= 0 {
		return bus.ErrEnough
	}
	o.left--
	if err := o.print(m); err != nil {
		return err
	}
	if !o.all && o.left <= 0 {
		return bus.ErrEnough
	}
	return nil
}

func (o *tailOutput) print(m stage.Message) error {
	r := decode(m)
	switch {
	case o.cmd.Articles && r.Article != nil:
		return line(o.t.Out, r.Article)
	case o.cmd.Articles:
		_, err := fmt.Fprintf(o.t.Err, "no article: %s\n", r)
		return err
	case o.cmd.JSON:
		if o.cmd.Headers {
			r.Headers = headersOf(m)
		}
		return line(o.t.Out, r)
	}
	_, err := fmt.Fprintln(o.t.Out, r)
	return err
}

// last shows the last of the messages that are wanted.
func (o *tailOutput) last(ctx context.Context, b *bus.Bus, ss []bus.Stretch, progress *bar) error {
	var kept []stage.Message
	err := b.Scan(ctx, ss, progress.add, func(m stage.Message) error {
		if o.wanted(m) {
			if kept = append(kept, m); len(kept) >= 2*o.left {
				kept = append(kept[:0], kept[len(kept)-o.left:]...)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	progress.close()
	for _, m := range kept[max(len(kept)-o.left, 0):] {
		if err := o.print(m); err != nil {
			return err
		}
	}
	return nil
}

// follow gives what comes after the ends, until ctx is done.
func follow(ctx context.Context, b *bus.Bus, ss []bus.Stretch, f func(stage.Message) error) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, s := range ss {
		group.Go(func() error { return b.ReadLog(ctx, s.Topic, s.Partition, s.To, -1, f) })
	}
	if err := group.Wait(); err != nil && !errors.Is(err, bus.ErrEnough) {
		return err
	}
	return nil
}
