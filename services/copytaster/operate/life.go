package operate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/elastic"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/enrich/override/desk"
)

// deskSource is the source of an editor's notice about an article that nobody knows.
const deskSource = "desk"

// Editor is what every command has that speaks for an editor.
type Editor struct {
	Change
	Output
	Progress
	Reason  string `help:"Why; it is kept in the audit and travels with the notice." required:"" placeholder:"TEXT"`
	Who     string `help:"Who says so, by name." required:"" placeholder:"NAME"`
	Servers `embed:"" group:"servers"`
	URI     article.URI `arg:"" name:"uri" help:"The article."`
}

// KillCmd is `copytaster kill`.
type KillCmd struct {
	Editor `embed:""`
}

// Help is shown by `copytaster kill --help`.
func (KillCmd) Help() string {
	return `Sends an editor's kill, which travels as an agency's does: the article disappears from search, from the versions
and from the public topics, where a notice without text follows. It holds for all revisions, also for those still
to come, until "copytaster reinstate". What it did, and where the article had gone by then, is in "copytaster audit".

  copytaster kill --reason "names a minor" --who "M. Ito" urn:newsml:dpa.com:20240420:1`
}

// Run kills.
func (c *KillCmd) Run(ctx context.Context, t Terminal) error { return c.notify(ctx, t, article.Kill) }

// WithholdCmd is `copytaster withhold`.
type WithholdCmd struct {
	Editor `embed:""`
}

// Help is shown by `copytaster withhold --help`.
func (WithholdCmd) Help() string {
	return `Sends an editor's withhold: nobody sees the article, whatever revisions the agency sends, until "copytaster
reinstate". Unlike a kill it takes no text out of the index. An article that is killed stays killed.

  copytaster withhold --reason "legal is looking at it" --who "M. Ito" urn:newsml:dpa.com:20240420:1`
}

// Run withholds.
func (c *WithholdCmd) Run(ctx context.Context, t Terminal) error {
	return c.notify(ctx, t, article.Withhold)
}

// ReinstateCmd is `copytaster reinstate`.
type ReinstateCmd struct {
	Editor `embed:""`
}

// Help is shown by `copytaster reinstate --help`.
func (ReinstateCmd) Help() string {
	return `Lifts a kill or a withhold, and sends the newest revision that has a text again, from the log. It lifts what was
ruled up to now: a kill that arrives meanwhile holds. An embargo that is not over stays.

  copytaster reinstate --reason "killed by mistake, AFP advisory of 14:02" --who "M. Ito" urn:newsml:dpa.com:20240420:1`
}

// Run reinstates.
func (c *ReinstateCmd) Run(ctx context.Context, t Terminal) error {
	return c.notify(ctx, t, article.Reinstate)
}

// audited is a message of [topic.Audit], as [release.Ruling] is, and a line of `copytaster audit`.
type audited struct {
	At       time.Time        `json:"at"`
	Action   string           `json:"action"` // kill, withhold, reinstate, override; of agencies see [release.RulingKind]
	URI      article.URI      `json:"uri"`
	Who      string           `json:"who"` // an editor, or the source
	Reason   string           `json:"reason,omitempty"`
	Revision article.Revision `json:"revision"`
	Until    *time.Time       `json:"embargo_until,omitempty"`
	Lifts    *time.Time       `json:"lifts,omitempty"`
	Fields   []string         `json:"fields,omitempty"` // of an override: what was set or removed
	Number   int              `json:"number,omitempty"` // of an override's change
	Kept     bool             `json:"kept,omitempty"`   // that change is in the table; else it is not known
	Gone     []string         `json:"gone,omitempty"`   // where its text had gone: topic/partition@offset, index
	Place    string           `json:"place,omitempty"`  // of an agency's: where it stands in the log
	Done     *bool            `json:"done,omitempty"`   // of a command: false in a dry run
}

// errNotRuled says that there is nothing to lift.
var errNotRuled = errors.New("is neither killed nor withheld")

func (c *Editor) notify(ctx context.Context, t Terminal, action article.Action) error {
	if err := c.URI.Validate(); err != nil {
		return misuse("%w", err)
	}
	c.Who, c.Reason = strings.TrimSpace(c.Who), strings.TrimSpace(c.Reason)
	if c.Who == "" || c.Reason == "" || len(c.Who) > article.MaxWho || len(c.Reason) > article.MaxReason {
		return misuse("--who needs 1 to %d bytes, --reason 1 to %d", article.MaxWho, article.MaxReason)
	}
	b, err := c.connect(ctx, t)
	if err != nil {
		return err
	}
	defer b.Close()
	var l life
	// A kill doesn't wait until the log is read: what it needs is at hand.
	if action == article.Reinstate || c.DryRun {
		if l, err = c.life(ctx, b, t, c.URI, c.Servers); err != nil {
			return err
		}
	} else if l.stands, err = desk.Stands(ctx, b, c.URI); err != nil {
		return err
	}
	a, err := c.notice(&l, action, time.Now().UTC())
	if err != nil {
		return err
	}
	done := !c.DryRun
	if done {
		if err := c.confirm(t, fmt.Sprintf("%s %s for everybody, as %s", action, c.URI, c.Who)); err != nil {
			return err
		}
		if err := send(ctx, b, a); err != nil {
			return err
		}
	}
	r := audited{
		At: a.ReceivedAt, Action: string(action), URI: c.URI, Who: c.Who, Reason: c.Reason, Revision: a.Revision,
	}
	if action == article.Reinstate {
		r.Lifts = &a.Notice.Lifts
	}
	if done {
		if action != article.Reinstate {
			if l, err = c.life(ctx, b, t, c.URI, c.Servers); err != nil {
				return fmt.Errorf("the %s is sent; where the article had gone can't be told: %w", action, err)
			}
		}
		r.Gone = l.gone
		if err := desk.Note(ctx, b, r.URI, r); err != nil {
			return fmt.Errorf("the %s is sent; it can't be written to the audit: %w", action, err)
		}
	}
	r.Gone, r.Done = l.gone, &done
	if c.JSON {
		return line(t.Out, r)
	}
	r.print(t)
	if c.DryRun {
		fmt.Fprintln(t.Err, "nothing was sent")
	}
	return nil
}

// life is what the log says of an article.
type life struct {
	stands  article.Standing
	newest  desk.Newest
	highest article.Revision // of all but kills
	ruled   int64            // the newest kill, withhold, hold, or embargo without a version
	issues  map[int64]int    // the highest sequence of each source revision, without corrections
	gone    []string
	events  []audited // of agencies
}

// lived are the topics that an article passes on its way to the public, in the
// order in which what was written at the same time is taken.
var lived = []string{topic.Notices, topic.Received, topic.ReceivedBulk, topic.Enriched, topic.EnrichedBulk, topic.Released, topic.Current}

// life reads all that the log has of an article, and where its text had gone.
func (p Progress) life(ctx context.Context, b *bus.Bus, t Terminal, uri article.URI, servers Servers) (l life, err error) {
	names, _, err := b.There(ctx, lived)
	if err != nil {
		return l, err
	}
	var ss []bus.Stretch
	for _, n := range names {
		part, err := b.Whole(ctx, n, keyOf(uri))
		if err != nil {
			return l, err
		}
		ss = append(ss, part...)
	}
	progress := p.bar(t, "looking for it", bus.LenOf(ss))
	defer progress.close()
	told := map[string]bool{}
	err = b.Scan(ctx, ss, progress.add, func(m stage.Message) error {
		if string(m.Key) != string(uri) {
			return nil
		}
		a, err := event.Decode(m)
		if err != nil {
			return nil //nolint:nilerr // it is among the dead letters
		}
		l.take(&a, m, told)
		return nil
	})
	if err != nil {
		return l, err
	}
	l.gone = append(l.gone, indexed(ctx, uri, servers)...)
	return l, nil
}

// take notes a message about the article.
func (l *life) take(a *article.Article, m stage.Message, told map[string]bool) {
	public := m.Topic == topic.Released || m.Topic == topic.Current
	if public {
		if a.Text != "" {
			l.gone = append(l.gone, bus.PlaceOf(m).String())
		}
		return
	}
	l.stands, _ = l.stands.Apply(a)
	if a.Status != article.Canceled {
		l.highest = max(l.highest, a.Revision)
	}
	if a.Status != article.Usable || a.Bars() {
		l.ruled = max(l.ruled, a.RuledAt())
	}
	if l.issues == nil {
		l.issues = map[int64]int{}
	}
	l.issues[a.Revision.Source()] = max(l.issues[a.Revision.Source()], a.Uncorrected().Parts().Sequence)
	l.newest.Take(a, m.Topic == topic.Enriched || m.Topic == topic.EnrichedBulk)
	r := audited{At: a.ReceivedAt.UTC(), URI: a.URI, Who: a.Source, Revision: a.Revision, Place: bus.PlaceOf(m).String()}
	switch {
	case a.Notice != nil:
		r.Action, r.Who, r.Reason = string(a.Notice.Action), a.Notice.Who, a.Notice.Reason
	case a.Status != article.Usable:
		r.Action = string(a.Status)
	case !a.EmbargoUntil.IsZero():
		r.Action, r.Until = "embargo", &a.EmbargoUntil
	default:
		return
	}
	// Each stands in several topics, and once for all revisions of its kind.
	if id := fmt.Sprint(r.Action, a.Revision.Source(), r.At.UnixNano()); !told[id] {
		told[id] = true
		l.events = append(l.events, r)
	}
}

// indexed says what the index has of the article, if it answers.
func indexed(ctx context.Context, uri article.URI, servers Servers) []string {
	es, n, err := servers.elastic(ctx)
	if err != nil {
		return []string{"index: not known, " + err.Error()}
	}
	defer es.Close()
	var head struct {
		Index  string          `json:"_index"`
		Source json.RawMessage `json:"_source"`
	}
	err = elastic.Ask(ctx, es, "get the article", esapi.GetRequest{Index: n.Articles(), DocumentID: corpus.ID(uri)}, &head)
	if missing(err) {
		return nil
	}
	if err == nil {
		var a article.Article
		if a, _, err = corpus.Parse(head.Source); err == nil {
			return []string{fmt.Sprintf("index %s: %s, revision %s", head.Index, a.Status, a.Revision)}
		}
	}
	return []string{"index: not known, " + err.Error()}
}

// notice is what is sent.
func (c *Editor) notice(l *life, action article.Action, now time.Time) (*article.Article, error) {
	// What was ruled before counts before this, whatever the clocks say.
	if last := article.RulingTime(max(l.stands.Ruling, l.stands.HeldAt) + 1); last.After(now) {
		now = last
	}
	a := &article.Article{URI: c.URI, Source: deskSource, ReceivedAt: now, Traceparent: event.NewTraceparent()}
	if l.newest.Article != nil {
		a.Source, a.Provider = l.newest.Source, l.newest.Provider
	}
	a.Notice = &article.Notice{Action: action, Who: c.Who, Reason: c.Reason}
	switch action {
	case article.Kill:
		a.Status = article.Canceled
		return a, a.Stamp()
	case article.Withhold:
		if l.stands.Status == article.Canceled {
			return nil, fmt.Errorf("%s is killed already", c.URI)
		}
		a.Status = article.Withheld
		a.Flag(article.FlagWithheldByEditor)
		return a, a.Stamp()
	case article.Reinstate:
	}
	switch {
	case l.stands.Status != article.Canceled && l.stands.Status != article.Withheld:
		return nil, fmt.Errorf("%s %w", c.URI, errNotRuled)
	case l.newest.Article == nil:
		return nil, fmt.Errorf("%s has no revision with a text in the log: there is nothing to reinstate", c.URI)
	}
	again := *l.newest.Article
	again.Status, again.ReceivedAt, again.Notice, again.Traceparent = article.Usable, now, a.Notice, a.Traceparent
	again.Notice.Lifts = article.RulingTime(max(l.stands.Ruling, l.ruled))
	again.Original.Bytes = nil
	again.Revision = l.highest // or a hold that has no text, sent again, would be the newer one
	p := again.Revision.Parts()
	p.Generation, p.Sequence = 0, l.issues[again.Revision.Source()]+1
	var err error
	again.Revision, err = p.Revision()
	return &again, err
}

// send gives the notice to the services, as ingest does.
func send(ctx context.Context, b *bus.Bus, a *article.Article) error {
	m, err := event.Encode(a, event.Received)
	if err != nil {
		return err
	}
	f := b.Forward()
	if a.Status == article.Canceled {
		err = f.Write(ctx, topic.Notices, m)
	}
	if err == nil {
		err = f.Write(ctx, topic.Received, m)
	}
	return errors.Join(err, f.Close())
}

func (r audited) print(t Terminal) {
	fmt.Fprintf(t.Out, "%s  %-9s  %s", r.At.Local().Format("2006-01-02 15:04:05"), safe(r.Action), safe(r.Who))
	if len(r.Fields) > 0 {
		fmt.Fprintf(t.Out, " %s", safe(strings.Join(r.Fields, ", ")))
	}
	if r.Reason != "" {
		fmt.Fprintf(t.Out, ": %s", safe(r.Reason))
	}
	if r.Until != nil {
		fmt.Fprintf(t.Out, " until %s", r.Until.Format(time.RFC3339))
	}
	if r.Number > 0 && !r.Kept {
		fmt.Fprint(t.Out, " (not known to be kept)")
	}
	if r.Place != "" {
		fmt.Fprintf(t.Out, "  (%s)", r.Place)
	}
	fmt.Fprintln(t.Out)
	for _, g := range r.Gone {
		fmt.Fprintf(t.Out, "  had gone to %s\n", safe(g))
	}
}
