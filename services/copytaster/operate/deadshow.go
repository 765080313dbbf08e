package operate

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/deadletter"
	"github.com/copytaster/copytaster/pkg/stage"
)

// letterLine is a line of `dead list --each --json`, and `dead show --json`.
type letterLine struct {
	Letter string `json:"letter"`
	*record
	Handled *deadletter.Handled `json:"handled,omitempty"` // absent: it is open
}

// DeadShowCmd is `copytaster dead show`.
type DeadShowCmd struct {
	Output
	Raw    bool `help:"Print only the refused message's value, byte for byte."`
	Kafka  `embed:"" group:"servers"`
	Letter bus.Place `arg:"" help:"The letter, as topic/partition@offset."`
}

// Help is shown by `copytaster dead show --help`.
func (DeadShowCmd) Help() string {
	return `  copytaster dead show articles.received.dead/0@17
  copytaster dead show ingest.dead/0@5 --raw | copytaster read --pretty`
}

// Run shows a letter.
func (c *DeadShowCmd) Run(ctx context.Context, t Terminal) error {
	b, err := c.connect(ctx, t)
	if err != nil {
		return err
	}
	defer b.Close()
	s, err := one(ctx, b, c.Letter)
	if err != nil {
		return err
	}
	l, err := deadletter.OpenLedger(ctx, b, false)
	if err != nil {
		return err
	}
	defer l.Close()
	found := false
	err = b.Scan(ctx, []bus.Stretch{s}, nil, func(m stage.Message) error {
		found = true
		r := decode(m)
		switch {
		case c.Raw:
			_, err := t.Out.Write(m.Value)
			return err
		case c.JSON:
			return line(t.Out, letterLine{c.Letter.String(), r, l.Of(m)})
		}
		letter(t, r, l.Of(m))
		return nil
	})
	if err == nil && !found {
		err = errors.New("it was compacted away")
	}
	return err
}

// letter prints it for people.
func letter(t Terminal, r *record, done *deadletter.Handled) {
	field := func(name, value string) {
		if value != "" {
			fmt.Fprintf(t.Out, "%-12s %s\n", name, safe(value))
		}
	}
	field("letter", bus.PlaceOf(r.message).String())
	field("key", r.Key)
	if d := r.Dead; d != nil {
		field("refused by", d.Stage)
		field("because", d.Error)
		field("at", d.At.Format(time.RFC3339Nano))
		field("attempts", strconv.Itoa(d.Attempts))
		field("came from", d.Origin.String())
		if d.Origin.Time != nil {
			field("written", d.Origin.Time.Format(time.RFC3339Nano))
		}
		field("cut", d.Cut)
	} else {
		field("broken", r.Reason)
	}
	if done == nil {
		field("state", "open")
	} else {
		field("state", fmt.Sprintf("%s %s by %s%s", done.Done, done.At.Format(time.RFC3339), done.By, strings.TrimSuffix(": "+done.Why, ": ")))
	}
	if r.Dead != nil {
		for _, h := range r.Dead.letter.Message.Headers {
			field("header", h.Key+": "+printable(h.Value))
		}
	}
	fmt.Fprintf(t.Out, "value, %s bytes:\n", grouped(int64(r.Bytes)))
	switch {
	case r.article != nil:
		_, _ = fmt.Fprintln(t.Out, safeText(r.article.Text))
	case r.Text != "":
		fmt.Fprintln(t.Out, safeText(r.Text))
	default:
		fmt.Fprint(t.Out, hex.Dump(r.message.Value[:min(len(r.message.Value), MaxHex)]))
	}
}

// safeText is [safe], line by line.
func safeText(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = safe(lines[i])
	}
	return strings.Join(lines, "\n")
}
