package operate

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/user"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

// DeadCmd is `copytaster dead`.
type DeadCmd struct {
	List    DeadListCmd    `cmd:"" default:"withargs" help:"Count dead letters by stage and reason (the default)."`
	Show    DeadShowCmd    `cmd:"" help:"Show one letter whole."`
	Redrive DeadRedriveCmd `cmd:"" help:"Send letters back to where they came from."`
	Discard DeadDiscardCmd `cmd:"" help:"Mark letters as not to be sent again."`
}

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
func (c *Letters) stretches(ctx context.Context, b *bus.Bus) ([]stretch, error) {
	what := c.What
	if len(what) == 0 {
		for _, tp := range topic.All {
			if tp.Dead() {
				what = append(what, tp.Name)
			}
		}
		var err error
		if what, _, err = split(ctx, b, what); err != nil {
			return nil, err
		}
	}
	var ss []stretch
	for _, w := range what {
		if !strings.Contains(w, "@") {
			tp, err := topic.ByName(w)
			if err != nil || !tp.Dead() {
				return nil, misuse("%q is no topic of dead letters and no letter like %s/0@12", w, topic.IngestDead)
			}
			part, err := whole(ctx, b, w, nil)
			if err != nil {
				return nil, err
			}
			ss = append(ss, part...)
			continue
		}
		var p place
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
func one(ctx context.Context, b *bus.Bus, p place) (stretch, error) {
	all, err := whole(ctx, b, p.Topic, nil)
	if err != nil {
		return stretch{}, err
	}
	i := slices.IndexFunc(all, func(s stretch) bool { return s.Partition == p.Partition && p.Offset >= s.From && p.Offset < s.To })
	if i < 0 {
		return stretch{}, fmt.Errorf("there is no message %v", p)
	}
	return stretch{p.Topic, p.Partition, p.Offset, p.Offset + 1}, nil
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

// What was done about a letter.
const (
	redriven  = "redriven"
	discarded = "discarded"
)

// handled says what was done about a letter: a row of the table
// [topic.DeadHandled], whose key is the letter's place. The letter itself stays
// where it is: its topic keeps everything for ever, and Kafka could only delete
// it together with all before it.
type handled struct {
	Letter string    `json:"letter"` // topic/partition@offset
	Mark   string    `json:"mark"`   // of the letter's content: another may stand there when the topic was made anew
	Done   string    `json:"done"`   // redriven, discarded
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	Why    string    `json:"why,omitempty"`
	To     string    `json:"to,omitempty"` // topic that it was sent to
	Times  int       `json:"times"`        // how often it was sent
}

// markBytes of a hash are enough to tell a letter from another.
const markBytes = 12

func markOf(m stage.Message) string {
	h := sha256.New()
	add := func(b []byte) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(b)))
		h.Write(n[:])
		h.Write(b)
	}
	add(m.Key)
	add(m.Value)
	for _, x := range m.Headers {
		add([]byte(x.Key))
		add(x.Value)
	}
	return hex.EncodeToString(h.Sum(nil)[:markBytes])
}

// ledger is what was done about letters. The zero value knows of nothing.
//
// Who only reads it is no writer of its table: it takes nothing away from an
// operator who redrives at the same time. Of two who write, the later takes the
// table over, and the first ends with an error.
type ledger struct {
	rows interface {
		Get(key string) ([]byte, bool)
		Close() error
	}
	table *bus.Table // nil: it is only read
}

// openLedger reads it. If it is to be written and isn't there, it is made.
func openLedger(ctx context.Context, b *bus.Bus, write bool) (*ledger, error) {
	if write {
		if err := b.EnsureTopics(ctx, topic.DeadHandled); err != nil {
			return nil, err
		}
		t, err := b.OpenTable(ctx, topic.DeadHandled)
		if err != nil {
			return nil, err
		}
		return &ledger{t, t}, nil
	}
	there, _, err := split(ctx, b, []string{topic.DeadHandled})
	if err != nil || len(there) == 0 {
		return &ledger{}, err
	}
	v, err := b.OpenView(ctx, topic.DeadHandled)
	if err != nil {
		return nil, err
	}
	return &ledger{rows: v}, nil
}

func (l *ledger) close() {
	if l.rows != nil {
		_ = l.rows.Close() // every row was acknowledged when it was written
	}
}

// of is what was done about the letter m, or nil.
func (l *ledger) of(m stage.Message) *handled {
	if l.rows == nil {
		return nil
	}
	row, ok := l.rows.Get(placeOf(m).String())
	if !ok {
		return nil
	}
	var h handled
	if err := json.Unmarshal(row, &h); err != nil || h.Mark != markOf(m) {
		return nil
	}
	return &h
}

func (l *ledger) note(ctx context.Context, m stage.Message, h handled) error {
	if before := l.of(m); before != nil {
		h.Times += before.Times
	}
	return l.noteAt(ctx, placeOf(m), markOf(m), h)
}

func (l *ledger) noteAt(ctx context.Context, p place, mark string, h handled) error {
	h.Letter, h.Mark, h.At = p.String(), mark, time.Now().UTC()
	row, err := json.Marshal(h)
	if err != nil {
		return err
	}
	return l.table.Put(ctx, h.Letter, row)
}

// Who names the operator in the audit.
type Who struct {
	By  string `help:"Who does it, for the audit (default: user@host)." placeholder:"NAME"`
	Why string `help:"Why, for the audit." placeholder:"TEXT"`
}

func (w Who) name() string {
	if w.By != "" {
		return w.By
	}
	name := "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if host, err := os.Hostname(); err == nil {
		name += "@" + host
	}
	return name
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

// letterLine is a line of `dead list --each --json`, and `dead show --json`.
type letterLine struct {
	Letter string `json:"letter"`
	*record
	Handled *handled `json:"handled,omitempty"` // absent: it is open
}

// Run counts letters.
func (c *DeadListCmd) Run(ctx context.Context, t Terminal) error {
	b, err := c.connect(ctx, t)
	if err != nil {
		return err
	}
	defer b.Close()
	l, err := openLedger(ctx, b, false)
	if err != nil {
		return err
	}
	defer l.close()
	type key struct{ topic, stage, reason string }
	counts := map[key]*deadCount{}
	err = c.read(ctx, t, b, c.Progress, func(r *record) error {
		done := l.of(r.message)
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

func (n *deadCount) add(r *record, done *handled) {
	n.Count++
	switch {
	case done == nil:
		n.Open++
	case done.Done == discarded:
		n.Discarded++
	default:
		n.Redriven++
	}
	if r.Time.Before(n.Oldest) {
		n.Oldest = r.Time
	}
	if !r.Time.Before(n.Newest) {
		n.Newest, n.Example = r.Time, placeOf(r.message).String()
	}
}

func (c *DeadListCmd) letter(t Terminal, r *record, done *handled) error {
	if c.JSON {
		return line(t.Out, letterLine{placeOf(r.message).String(), r, done})
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

// read calls f for the letters that are chosen, in the order of their time.
func (c *Letters) read(ctx context.Context, t Terminal, b *bus.Bus, p Progress, f func(*record) error) error {
	ss, err := c.stretches(ctx, b)
	if err != nil {
		return err
	}
	progress := p.bar(t, "reading dead letters", lenOf(ss))
	defer progress.close()
	return scan(ctx, b, ss, progress, func(m stage.Message) error {
		r := decode(m)
		if !c.wants(r) {
			return nil
		}
		return f(r)
	})
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

// DeadShowCmd is `copytaster dead show`.
type DeadShowCmd struct {
	Output
	Raw    bool `help:"Print only the refused message's value, byte for byte."`
	Kafka  `embed:"" group:"servers"`
	Letter place `arg:"" help:"The letter, as topic/partition@offset."`
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
	l, err := openLedger(ctx, b, false)
	if err != nil {
		return err
	}
	defer l.close()
	found := false
	err = scan(ctx, b, []stretch{s}, &bar{}, func(m stage.Message) error {
		found = true
		r := decode(m)
		switch {
		case c.Raw:
			_, err := t.Out.Write(m.Value)
			return err
		case c.JSON:
			return line(t.Out, letterLine{c.Letter.String(), r, l.of(m)})
		}
		letter(t, r, l.of(m))
		return nil
	})
	if err == nil && !found {
		err = errors.New("it was compacted away")
	}
	return err
}

// letter prints it for people.
func letter(t Terminal, r *record, done *handled) {
	field := func(name, value string) {
		if value != "" {
			fmt.Fprintf(t.Out, "%-12s %s\n", name, safe(value))
		}
	}
	field("letter", placeOf(r.message).String())
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
