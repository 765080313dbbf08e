package operate

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/enrich/override"
	"github.com/copytaster/copytaster/services/release"
)

// OverrideCmd is `copytaster override` with its subcommands.
type OverrideCmd struct {
	Set     OverrideSetCmd     `cmd:"" help:"Correct fields of an article."`
	Remove  OverrideRemoveCmd  `cmd:"" help:"Take corrections back."`
	List    OverrideListCmd    `cmd:"" help:"List the corrections of an article, or of all."`
	Reissue OverrideReissueCmd `cmd:"" help:"Send an article again, for its corrections to be seen."`
}

// Help is shown by "copytaster override --help".
func (OverrideCmd) Help() string {
	return "What an editor says of a field goes before all that is found out of it, in this revision and those to come, through\n" +
		"replays, generations and new indices, until it is removed. Fields: " + strings.Join(article.Correctable(), ",\n") + ".\n" +
		`
A value is the field's JSON in an article (copytaster override list shows some); words of the text need no places, and an
entity's or place's name none either, nor a topic its path. null or [] says that there is nothing.

  copytaster override set --who "M. Ito" URI language=de 'topics=[{"qcode":"medtop:20000070"}]'
  copytaster override set --who "M. Ito" --reason "the other Springfield" URI places=@places.json
  copytaster override list URI
  copytaster override remove --who "M. Ito" URI places`
}

// editing is what every command has that changes an override.
type editing struct {
	Change
	Output
	Progress
	Kafka  `embed:"" group:"servers"`
	Who    string `help:"Who says so, by name." aliases:"by" required:"" placeholder:"NAME"`
	Reason string `help:"Why; it is kept with the correction and in the audit." placeholder:"TEXT"`
}

// OverrideSetCmd is `copytaster override set`.
type OverrideSetCmd struct {
	editing `embed:""`
	URI     article.URI `arg:"" name:"uri" help:"The article."`
	Fields  []string    `arg:"" name:"field=value" help:"What it is: a field's JSON, @FILE with it, or, of language and agency, the word itself."`
}

// Run sets.
func (c *OverrideSetCmd) Run(ctx context.Context, t Terminal) error {
	change := override.Change{}
	for _, f := range c.Fields {
		said, err := saidIn(f)
		if err != nil {
			return misuse("%w", err)
		}
		change.Set = append(change.Set, said)
	}
	return c.change(ctx, t, c.URI, change)
}

// saidIn reads "field=value".
func saidIn(arg string) (override.Said, error) {
	field, value, ok := strings.Cut(arg, "=")
	if !ok {
		return override.Said{}, fmt.Errorf("%q is not as FIELD=VALUE", cutText(arg))
	}
	said := override.Said{Field: field, Value: []byte(value)}
	if name, is := strings.CutPrefix(value, "@"); is {
		b, err := os.ReadFile(name)
		if err != nil {
			return said, fmt.Errorf("%s: %w", field, err)
		}
		said.Value = b
	} else if (field == "language" || field == "agency") && !json.Valid(said.Value) {
		b, err := json.Marshal(value)
		if err != nil {
			return said, err
		}
		said.Value = b
	}
	return said, nil
}

// OverrideRemoveCmd is `copytaster override remove`.
type OverrideRemoveCmd struct {
	editing `embed:""`
	All     bool        `help:"All corrections of the article."`
	URI     article.URI `arg:"" name:"uri" help:"The article."`
	Fields  []string    `arg:"" optional:"" name:"field" help:"Whose correction is removed."`
}

// Help is shown by `copytaster override remove --help`.
func (OverrideRemoveCmd) Help() string {
	return `Takes corrections back, and sends the article again. Of a killed one the row alone is emptied, and nothing is sent: so
go the words that the corrections have of its text. --all also empties a row that can't be read.`
}

// Run removes.
func (c *OverrideRemoveCmd) Run(ctx context.Context, t Terminal) error {
	if c.All == (len(c.Fields) > 0) {
		return misuse("say which fields, or --all")
	}
	return c.change(ctx, t, c.URI, override.Change{Remove: c.Fields, All: c.All})
}

// overrideLine is an override in JSON, and what was done about it.
type overrideLine struct {
	Action string           `json:"action,omitempty"` // set, remove, reissue
	URI    article.URI      `json:"uri"`
	Number int              `json:"number"` // of changes
	Fields []correctionLine `json:"fields"`
	// Withheld says that the article isn't to be seen now, and so the values and reasons
	// are left out.
	Withheld bool `json:"withheld,omitempty"`
	// Revision is the newest that was sent again, as it was received.
	Revision article.Revision `json:"revision,omitempty"`
	// Seen is the number that the newest enriched revision has: below Number it waits
	// for enrich, or was not sent again.
	Seen *int  `json:"seen,omitempty"`
	Done *bool `json:"done,omitempty"`
}

type correctionLine struct {
	Field  string          `json:"field"`
	Who    string          `json:"who"`
	At     time.Time       `json:"at"`
	Reason string          `json:"reason,omitempty"`
	Value  json.RawMessage `json:"value,omitempty"`
}

func overrideLineOf(o *article.Override) (overrideLine, error) {
	l := overrideLine{URI: o.URI, Number: o.Number, Fields: []correctionLine{}}
	for i := range o.Corrections {
		c := &o.Corrections[i]
		value, err := c.JSON()
		if err != nil {
			return l, fmt.Errorf("%s: %s: %w", o.URI, c.Field, err)
		}
		l.Fields = append(l.Fields, correctionLine{c.Field, c.Who, c.At.UTC(), c.Reason, value})
	}
	return l, nil
}

func (l overrideLine) print(t Terminal) {
	fmt.Fprintf(t.Out, "%s, %s\n", safe(string(l.URI)), count(int64(l.Number), "change"))
	for _, f := range l.Fields {
		fmt.Fprintf(t.Out, "  %s  %-11s  %s", f.At.Local().Format("2006-01-02 15:04:05"), safe(f.Field), safe(f.Who))
		if f.Reason != "" {
			fmt.Fprintf(t.Out, ": %s", safe(f.Reason))
		}
		fmt.Fprintln(t.Out)
		if len(f.Value) > 0 {
			fmt.Fprintf(t.Out, "    %s\n", cutText(string(f.Value)))
		}
	}
	if l.Withheld {
		fmt.Fprintln(t.Out, "  the article may not be shown now, nor may what was corrected")
	}
	if l.Seen != nil && *l.Seen < l.Number {
		fmt.Fprintf(t.Out, "  the newest enriched revision has %s of them: it waits for enrich, or copytaster override reissue sends it again\n", count(int64(*l.Seen), "change"))
	}
}

// change asks, and carries a change out.
func (c *editing) change(ctx context.Context, t Terminal, uri article.URI, change override.Change) error {
	change.Who, change.Reason = strings.TrimSpace(c.Who), strings.TrimSpace(c.Reason)
	if err := errors.Join(uri.Validate(), change.Validate()); err != nil {
		return misuse("%w", err)
	}
	b, err := c.connect(ctx, t)
	if err != nil {
		return err
	}
	defer b.Close()
	e := newEditor(b, func(n int64) *bar { return c.bar(t, "looking for it", n) })
	l, err := e.rehearse(ctx, uri, change)
	if err != nil {
		return err
	}
	if !c.DryRun {
		does := "Corrects"
		if len(change.Set) == 0 {
			does = "Takes corrections back of"
		}
		if err := c.agree(t, fmt.Sprintf("%s %s for everybody, as %s", does, uri, change.Who)); err != nil {
			return err
		}
		if l, err = e.carryOut(ctx, uri, change); err != nil {
			return err
		}
	}
	done := !c.DryRun
	l.Done = &done
	if c.JSON {
		return line(t.Out, l)
	}
	l.print(t)
	if c.DryRun {
		fmt.Fprintln(t.Err, "nothing was changed")
	}
	return nil
}

// OverrideListCmd is `copytaster override list`.
type OverrideListCmd struct {
	Output
	Progress
	Kafka `embed:"" group:"servers"`
	URI   article.URI `arg:"" optional:"" name:"uri" help:"The article; none: all that have corrections."`
}

// Run lists.
func (c *OverrideListCmd) Run(ctx context.Context, t Terminal) error {
	if c.URI != "" {
		if err := c.URI.Validate(); err != nil {
			return misuse("%w", err)
		}
	}
	b, err := c.connect(ctx, t)
	if err != nil {
		return err
	}
	defer b.Close()
	e := newEditor(b, func(n int64) *bar { return c.bar(t, "looking for it", n) })
	lines, failed := e.list(ctx, c.URI)
	for _, l := range lines {
		if c.JSON {
			if err := line(t.Out, l); err != nil {
				return err
			}
			continue
		}
		l.print(t)
	}
	if failed == nil && c.URI != "" && len(lines) == 0 {
		return fmt.Errorf("nothing of %s was ever corrected", c.URI)
	}
	return failed
}

// OverrideReissueCmd is `copytaster override reissue`.
type OverrideReissueCmd struct {
	Output
	Progress
	DryRun bool `help:"Only tell what would be done." short:"n"`
	Kafka  `embed:"" group:"servers"`
	URI    article.URI `arg:"" name:"uri" help:"The article."`
}

// Help is shown by `copytaster override reissue --help`.
func (OverrideReissueCmd) Help() string {
	return `Sends the newest revision again, as set and remove do. It is for a set or remove that was cut off in between, and for an
article whose correction was removed before a rollback of the generation. Once too often changes nothing.`
}

// Run sends again.
func (c *OverrideReissueCmd) Run(ctx context.Context, t Terminal) error {
	if err := c.URI.Validate(); err != nil {
		return misuse("%w", err)
	}
	b, err := c.connect(ctx, t)
	if err != nil {
		return err
	}
	defer b.Close()
	e := newEditor(b, func(n int64) *bar { return c.bar(t, "looking for it", n) })
	l, err := e.reissue(ctx, c.URI, c.DryRun)
	if err != nil {
		return err
	}
	done := !c.DryRun
	l.Action, l.Done = "reissue", &done
	if c.JSON {
		return line(t.Out, l)
	}
	l.print(t)
	if c.DryRun {
		fmt.Fprintln(t.Err, "nothing was sent")
	}
	return nil
}

// editor changes overrides.
type editor struct {
	bus      *bus.Bus
	progress func(n int64) *bar
	note     func(ctx context.Context, r audited) error // writes to the audit
}

func newEditor(b *bus.Bus, progress func(n int64) *bar) *editor {
	return &editor{bus: b, progress: progress, note: func(ctx context.Context, r audited) error { return keep(ctx, b, r) }}
}

// see reads the overrides without taking the table over.
func (e *editor) see(ctx context.Context, f func(override.Rows) error) error {
	there, _, err := split(ctx, e.bus, []string{topic.Overrides})
	if err != nil {
		return err
	}
	if len(there) == 0 {
		return f(noRows{})
	}
	v, err := e.bus.OpenView(ctx, topic.Overrides)
	if err != nil {
		return err
	}
	defer func() { _ = v.Close() }()
	return f(v)
}

// noRows are those of a topic that isn't there.
type noRows struct{}

// Get finds nothing.
func (noRows) Get(string) ([]byte, bool) { return nil, false }

// Range gives nothing.
func (noRows) Range(func(string, []byte) bool) {}

// list are the overrides of an article, or of all that have corrections, and why some
// of them can't be read.
func (e *editor) list(ctx context.Context, uri article.URI) (lines []overrideLine, err error) {
	var unread error
	if err := e.see(ctx, func(v override.Rows) error {
		lines, unread = linesOf(v, uri)
		return nil
	}); err != nil {
		return nil, err
	}
	shown, err := e.shown(ctx)
	if err != nil {
		return nil, errors.Join(err, unread)
	}
	for i := range lines {
		if !shown(lines[i].URI) {
			lines[i].hide()
		}
	}
	if uri != "" && len(lines) > 0 {
		of, err := e.find(ctx, uri)
		if err != nil {
			return lines, err
		}
		lines[0].Seen = &of.seen
	}
	return lines, unread
}

// linesOf are the rows' overrides of an article, or of all that have corrections.
func linesOf(rows override.Rows, uri article.URI) (lines []overrideLine, err error) {
	var errs []error
	rows.Range(func(key string, value []byte) bool {
		if uri != "" && key != string(uri) {
			return true
		}
		o, err := event.DecodeOverride(key, value)
		var l overrideLine
		if err == nil {
			l, err = overrideLineOf(&o)
		}
		if err != nil {
			errs = append(errs, err)
		} else if uri != "" || len(l.Fields) > 0 {
			lines = append(lines, l)
		}
		return true
	})
	slices.SortFunc(lines, func(a, b overrideLine) int { return cmp.Compare(a.URI, b.URI) })
	return lines, errors.Join(errs...)
}

// hide leaves out what may have words of the text.
func (l *overrideLine) hide() {
	l.Withheld = true
	for i := range l.Fields {
		l.Fields[i].Value, l.Fields[i].Reason = nil, ""
	}
}

// shown tells of an article whether it may be seen now, by the table of statuses.
func (e *editor) shown(ctx context.Context) (func(article.URI) bool, error) {
	there, _, err := split(ctx, e.bus, []string{topic.Status})
	if err != nil {
		return nil, err
	}
	if len(there) == 0 {
		return func(article.URI) bool { return true }, nil
	}
	v, err := e.bus.OpenView(ctx, topic.Status)
	if err != nil {
		return nil, err
	}
	defer func() { _ = v.Close() }() // what was read can still be asked for
	now := time.Now()
	return func(uri article.URI) bool {
		value, ok := v.Get(string(uri))
		if !ok {
			return true
		}
		row, err := release.ReadRow(value)
		return err == nil && row.Standing().Visible(now)
	}, nil
}

// rehearse is what a change would make, or why it can't be.
func (e *editor) rehearse(ctx context.Context, uri article.URI, change override.Change) (l overrideLine, err error) {
	of, err := e.changeable(ctx, uri, &change)
	if err != nil {
		return l, err
	}
	change.At = time.Now()
	err = e.see(ctx, func(rows override.Rows) error {
		made, err := of.make(&change, rows)
		if err == nil {
			l, err = of.line(&change, &made)
		}
		return err
	})
	return l, err
}

// changeable looks for an article that such a change can be made of.
func (e *editor) changeable(ctx context.Context, uri article.URI, change *override.Change) (*lineage, error) {
	of, err := e.find(ctx, uri)
	if err == nil && len(change.Set) > 0 {
		err = of.correctable()
	}
	return of, err
}

// carryOut writes a change down, first in the audit, and sends the article again.
func (e *editor) carryOut(ctx context.Context, uri article.URI, change override.Change) (l overrideLine, err error) {
	if err := e.bus.EnsureTopics(ctx, topic.Overrides); err != nil {
		return l, err
	}
	of, err := e.changeable(ctx, uri, &change)
	if err != nil {
		return l, err
	}
	made, err := e.write(ctx, of, &change)
	if err != nil {
		return l, err
	}
	if l, err = of.line(&change, &made); err != nil || of.correctable() != nil { // there is nothing to send
		return l, err
	}
	if l.Revision, err = e.send(ctx, of, made.Number); err != nil {
		return l, fmt.Errorf("the change is kept, and counts from the next revision on; copytaster override reissue %s goes on: %w", uri, err)
	}
	return l, nil
}

// maxTries is how often a change is tried that others overtake.
const maxTries = 10

// write puts a change into the audit and then into the table. Of two who change the
// table at the same moment one is overtaken, even if it is of other articles, and tries
// again.
func (e *editor) write(ctx context.Context, of *lineage, change *override.Change) (made override.Made, err error) {
	for range maxTries {
		if made, err = e.tryWrite(ctx, of, change); !errors.Is(err, bus.ErrOvertaken) {
			return made, err
		}
		select {
		case <-time.After(rand.N(time.Second)): //nolint:gosec // so that not both begin at once
		case <-ctx.Done():
			return made, ctx.Err()
		}
	}
	return made, fmt.Errorf("others changed overrides each of the %d times: %w", maxTries, err)
}

func (e *editor) tryWrite(ctx context.Context, of *lineage, change *override.Change) (made override.Made, err error) {
	table, err := e.bus.OpenTable(ctx, topic.Overrides)
	if err != nil {
		return made, err
	}
	defer func() { err = errors.Join(err, table.Close()) }()
	change.At = time.Now()
	if made, err = of.make(change, table); err != nil {
		return made, err
	}
	value, err := event.EncodeOverride(&made.Override)
	if err != nil {
		return made, err
	}
	r := audited{At: change.At.UTC(), Action: "override", URI: of.uri, Who: change.Who, Reason: change.Reason, Fields: made.Fields, Number: made.Number}
	if len(change.Set) == 0 {
		r.Action = "override removed"
	}
	if of.newest != nil {
		r.Revision = of.newest.Revision
	}
	if err := e.note(ctx, r); err != nil {
		return made, fmt.Errorf("nothing is changed, as it can't be written to the audit: %w", err)
	}
	return made, table.Put(ctx, string(of.uri), value)
}

// reissue sends an article again.
func (e *editor) reissue(ctx context.Context, uri article.URI, dry bool) (l overrideLine, err error) {
	of, err := e.find(ctx, uri)
	if err == nil {
		err = of.correctable()
	}
	if err != nil {
		return l, err
	}
	var o *article.Override
	if err := e.see(ctx, func(rows override.Rows) (err error) {
		o, err = override.Of(rows, uri)
		return err
	}); err != nil {
		return l, err
	}
	if o == nil {
		return l, fmt.Errorf("nothing of %s was ever corrected", uri)
	}
	if l, err = overrideLineOf(o); err != nil {
		return l, err
	}
	if l.Revision = of.newest.Revision; !dry {
		l.Revision, err = e.send(ctx, of, o.Number)
	}
	return l, err
}

// maxRounds is how often an article is sent again whose agency sends another revision
// at the same moment.
const maxRounds = 20

// send has the newest revision enriched again, and gives that revision. The override
// must be in the table.
//
// Whoever enriches reads the table up to its end when this message comes, and so has
// the override for all that comes behind it in the same lane. What comes before it,
// and was not there when the newest was looked for, may have been enriched without: so
// it is looked again, until nothing newer has come in between.
func (e *editor) send(ctx context.Context, of *lineage, number int) (article.Revision, error) {
	lanes := []string{topic.Received, topic.ReceivedBulk}
	if err := e.bus.EnsureTopics(ctx, lanes...); err != nil {
		return 0, err
	}
	f := e.bus.Forward()
	defer func() { _ = f.Close() }()
	for range maxRounds {
		sent := of.newest
		again := *sent
		again.Notice, again.Original.Bytes, again.Traceparent = nil, nil, event.NewTraceparent()
		m, err := event.Encode(&again, event.Received)
		if err != nil {
			return 0, err
		}
		m.Headers = append(m.Headers, stage.Header{Key: override.Header, Value: fmt.Append(nil, number)})
		for _, lane := range lanes {
			if err := f.Write(ctx, lane, m); err != nil {
				return 0, err
			}
		}
		if err := e.readOn(ctx, of); err != nil {
			return 0, err
		}
		if of.newest == sent {
			return sent.Revision, f.Close()
		}
	}
	return 0, fmt.Errorf("newer revisions of %s came each of the %d times that it was sent", of.uri, maxRounds)
}

// lineage is what the log has of an article's revisions.
type lineage struct {
	uri          article.URI
	ends         map[string]int64 // where reading goes on
	newest       *article.Article // with a text, as it was received
	fromEnriched bool             // newest is of what was enriched, and not as it was received
	corrected    int              // the highest number of an override
	last         article.Revision // of what was enriched
	read         *article.Article // it, without corrections
	seen         int              // the number that it has
	stands       article.Standing // by the table of statuses
}

// traces are where an article's revisions are.
var traces = []string{topic.Received, topic.ReceivedBulk, topic.Enriched, topic.EnrichedBulk}

// find looks for an article in the log.
func (e *editor) find(ctx context.Context, uri article.URI) (*lineage, error) {
	of := &lineage{uri: uri, ends: map[string]int64{}}
	var err error
	if of.stands, err = ruledSoFar(ctx, e.bus, uri); err != nil {
		return of, err
	}
	return of, e.readOn(ctx, of)
}

// readOn reads what came since.
func (e *editor) readOn(ctx context.Context, of *lineage) error {
	there, _, err := split(ctx, e.bus, traces)
	if err != nil {
		return err
	}
	var ss []stretch
	for _, name := range there {
		part, err := whole(ctx, e.bus, name, keyOf(of.uri))
		if err != nil {
			return err
		}
		for _, s := range part { // one: the key's
			s.From = max(s.From, of.ends[name])
			of.ends[name] = s.To
			ss = append(ss, s)
		}
	}
	progress := e.progress(lenOf(ss))
	defer progress.close()
	return scan(ctx, e.bus, ss, progress, func(m stage.Message) error {
		if string(m.Key) != string(of.uri) {
			return nil
		}
		if a, err := event.Decode(m); err == nil { // else it is among the dead letters
			of.take(&a, m.Topic == topic.Enriched || m.Topic == topic.EnrichedBulk)
		}
		return nil
	})
}

// take notes a revision.
func (of *lineage) take(a *article.Article, enriched bool) {
	of.corrected = max(of.corrected, a.Corrections.Number)
	if a.Text == "" || a.Status == article.Canceled {
		return
	}
	if enriched {
		if a.Revision >= of.last {
			of.last, of.seen, of.read = a.Revision, a.Corrections.Number, a
		}
		unfind(a)
		p := a.Revision.Parts()
		p.Generation = 0
		if r, err := p.Revision(); err == nil {
			a.Revision = r
		}
	}
	if n := of.newest; n == nil || a.Revision > n.Revision || a.Revision == n.Revision && of.fromEnriched && !enriched {
		of.newest, of.fromEnriched = a, enriched
	}
}

// unfind takes out of a what is found out again. Language and agency stay, which the
// agency may have stated, unless an editor corrected them.
func unfind(a *article.Article) {
	a.Forget()
	a.Amounts, a.Quantities, a.Moments, a.Quotes, a.Filed, a.Translation = nil, nil, nil, nil, article.Filed{}, article.Translation{}
	a.CitedMedia, a.Credits, a.Attribution = nil, nil, article.Attribution{}
	a.Entities, a.Places, a.Topics, a.Keyphrases, a.Summary = nil, nil, nil, nil, article.Evidence{}
	a.Unflag(article.FlagEnricherFailed)
}

// make is what a change of the rows makes.
func (of *lineage) make(change *override.Change, rows override.Rows) (override.Made, error) {
	was, unread := override.Of(rows, of.uri)
	a := article.Article{URI: of.uri}
	if of.newest != nil {
		a = *of.newest
	}
	if of.read != nil && of.read.Text == a.Text { // a summary must be of the report
		a.Segments = of.read.Segments
	}
	return change.Make(was, unread, of.corrected, &a)
}

// line says what a change made.
func (of *lineage) line(change *override.Change, made *override.Made) (overrideLine, error) {
	l, err := overrideLineOf(&made.Override)
	if l.Action = "remove"; len(change.Set) > 0 {
		l.Action = "set"
	}
	if of.correctable() == nil {
		l.Revision = of.newest.Revision
	} else {
		l.hide()
	}
	return l, err
}

// correctable tells why nothing of the article can be corrected or sent now.
func (of *lineage) correctable() error {
	switch {
	case of.newest == nil:
		return fmt.Errorf("%s has no revision with a text in the log", of.uri)
	case of.stands.Status == article.Canceled:
		return fmt.Errorf("%s is killed: copytaster reinstate comes first", of.uri)
	}
	return nil
}
