package operate

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
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
	"github.com/copytaster/copytaster/services/release"
)

// TraceCmd is `copytaster trace`.
type TraceCmd struct {
	Output
	Progress
	Since   moment `help:"Leave out what was written to the log before this time: 2024-04-20, or 7d (ago). Default: nothing." placeholder:"TIME"`
	All     bool   `name:"all-partitions" help:"Read every partition, not only the one that has the article: for topics that once had fewer."`
	Servers `embed:"" group:"servers"`
	URI     article.URI `arg:"" name:"uri" help:"The article."`
}

// MaxVersions is how many versions of an article `trace` asks the index for.
const MaxVersions = 100

// Help is shown by `copytaster trace --help`.
func (TraceCmd) Help() string {
	return `Every step of every revision, in the order of time: notice (a kill, ahead of what waits), received, enriched, dead
(refused, with the stage and its reason), version (entry among the versions in the index), head (what search
finds), released and current (the public topics), status (how it stands, where the revision alone doesn't tell);
each with how long it took since the step before. At the end it says of each revision where it got to in the index,
and what the release service did about it. Input that never became an article has no uri: look for it in
"copytaster dead list ingest.dead".
Exit code: 0 found, 1 no trace of it, or a server failed.

  copytaster trace urn:copytaster:site-3:text:2f1c
  copytaster trace --since 2d --json https://example.org/report`
}

// Steps of an article.
const (
	stepNotice   = "notice"
	stepReceived = "received"
	stepEnriched = "enriched"
	stepDead     = "dead"
	stepVersion  = "version"
	stepHead     = "head"
	stepReleased = "released"
	stepCurrent  = "current"
	stepStatus   = "status"
)

// step is a line of `trace --json`.
type step struct {
	Step        string           `json:"step"`
	Time        time.Time        `json:"time"` // when Kafka got it, or when it was indexed
	Topic       string           `json:"topic,omitempty"`
	Partition   *int             `json:"partition,omitempty"`
	Offset      *int64           `json:"offset,omitempty"`
	Index       string           `json:"index,omitempty"`
	Revision    article.Revision `json:"revision,omitempty"`
	Version     string           `json:"version,omitempty"`
	Generation  int              `json:"generation,omitempty"`
	Sequence    int              `json:"sequence,omitempty"`
	Status      article.Status   `json:"status,omitempty"`
	Headline    string           `json:"headline,omitempty"`
	After       *float64         `json:"after_ms,omitempty"` // since the step before on the way of the same revision; of notice and received: since it arrived
	Stage       string           `json:"stage,omitempty"`    // that refused it
	Error       string           `json:"error,omitempty"`
	Traceparent string           `json:"traceparent,omitempty"`
	Embargo     time.Time        `json:"embargo_until,omitzero"`
	Expires     time.Time        `json:"expires_at,omitzero"`
	Action      article.Action   `json:"action,omitempty"` // of an editor: kill, withhold, reinstate
	Who         string           `json:"who,omitempty"`    // the editor
	Reason      string           `json:"reason,omitempty"` // the editor's

	article *article.Article // if it could be read
	row     *release.Row     // of a status
	ruling  int64            // of a public message, see [release.HeaderRuling]
}

// verdict is the last lines of `trace --json`: where a revision got to.
type verdict struct {
	Step     string           `json:"step"` // "verdict"
	Revision article.Revision `json:"revision"`
	Reached  string           `json:"reached"` // the last step, in the order notice, received, dead, enriched, dead, version, head
	Says     string           `json:"says"`

	Public     string    `json:"public,omitempty"` // what release did about it: one of the fates; none before it is enriched
	PublicSays string    `json:"public_says,omitempty"`
	Since      time.Time `json:"since,omitzero"` // when it, or its notice, went out, or it was refused
	Until      time.Time `json:"until,omitzero"` // until when it is held, or was out
}

// stepIn is the step that a message stands for, by its topic.
var stepIn = map[string]string{
	topic.Notices:      stepNotice,
	topic.Received:     stepReceived,
	topic.ReceivedBulk: stepReceived,
	topic.Enriched:     stepEnriched,
	topic.EnrichedBulk: stepEnriched,
	topic.Released:     stepReleased,
	topic.Current:      stepCurrent,
	topic.Status:       stepStatus,
}

// traced are the topics that an article passes, and those of its dead letters.
// What [topic.EmbargoPending] holds, [topic.Status] tells as well.
func traced() (names []string) {
	for _, n := range lived {
		names = append(names, n)
		if dead, err := topic.ByName(n + topic.DeadSuffix); err == nil {
			names = append(names, dead.Name)
		}
	}
	return append(names, topic.ReleaseDead, topic.Status)
}

// Run follows the article.
func (c *TraceCmd) Run(ctx context.Context, t Terminal) error {
	if err := c.URI.Validate(); err != nil {
		return misuse("%w", err)
	}
	b, err := c.connect(ctx, t)
	if err != nil {
		return err
	}
	defer b.Close()
	steps, err := c.log(ctx, b, t)
	if err != nil {
		return err
	}
	indexed, errIndex := c.index(ctx)
	steps = append(steps, indexed...)
	order(steps)
	after(steps)
	vs := verdicts(steps, seen{index: errIndex == nil, since: c.Since.Time, now: time.Now()})
	if err := c.show(t, steps, vs); err != nil {
		return err
	}
	switch {
	case errIndex != nil:
		return errIndex
	case len(steps) == 0:
		return fmt.Errorf("no trace of %s", c.URI)
	}
	return nil
}

// log finds the article in the topics and among the dead letters.
func (c *TraceCmd) log(ctx context.Context, b *bus.Bus, t Terminal) ([]step, error) {
	names, _, err := b.There(ctx, traced())
	if err != nil {
		return nil, err
	}
	stands, err := desk.StatusRow(ctx, b, c.URI) // before the ends of the topics: its record is among them
	if err != nil {
		return nil, err
	}
	key := keyOf(c.URI)
	if c.All {
		key = nil
	}
	var ss []bus.Stretch
	for _, n := range names {
		part, err := b.Whole(ctx, n, key)
		if err != nil {
			return nil, err
		}
		if n != topic.Status { // how it stands counts, since whenever
			if part, err = since(ctx, b, part, c.Since.Time); err != nil {
				return nil, err
			}
		}
		ss = append(ss, part...)
	}
	progress := c.bar(t, "looking for it", bus.LenOf(ss))
	defer progress.close()
	var steps []step
	var row *step // the newest record that says how it stands
	err = b.Scan(ctx, ss, progress.add, func(m stage.Message) error {
		switch {
		case string(m.Key) != string(c.URI):
		case m.Topic != topic.Status:
			steps = append(steps, stepOf(decode(m)))
		case stands != nil && bytes.Equal(m.Value, stands):
			row = rowStep(decode(m))
		}
		return nil
	})
	if row != nil {
		steps = append(steps, *row)
	}
	return steps, err
}

// since cuts off what was written before t, unless that is zero. All stretches
// are of one topic.
func since(ctx context.Context, b *bus.Bus, ss []bus.Stretch, t time.Time) ([]bus.Stretch, error) {
	if t.IsZero() || len(ss) == 0 {
		return ss, nil
	}
	at, err := b.OffsetsAt(ctx, ss[0].Topic, t)
	if err != nil {
		return nil, err
	}
	for i := range ss {
		ss[i].From = max(ss[i].From, at[ss[i].Partition])
	}
	return ss, nil
}

func stepOf(r *record) step {
	s := newStep(r)
	s.Step = stepIn[r.Topic]
	s.Revision = revisionIn(r.message)
	switch r.Type {
	case typeDead:
		s.Step, s.Stage, s.Error = stepDead, r.Dead.Stage, r.Dead.Error
		s.Revision = revisionIn(r.Dead.letter.Message)
	case typeBroken:
		s.Step = cmp.Or(s.Step, stepDead)
		s.Error = r.Reason
	}
	if r.article != nil {
		s.of(r.article)
	}
	if public := s.Step == stepReleased || s.Step == stepCurrent; public && s.article != nil {
		if n, err := strconv.ParseInt(r.message.Header(release.HeaderRuling), 10, 64); err == nil {
			s.ruling = n
		}
	}
	return s
}

func newStep(r *record) step {
	return step{Time: r.Time, Topic: r.Topic, Partition: &r.Partition, Offset: &r.Offset, Traceparent: r.Traceparent}
}

// revisionIn is the revision that a message's headers name, for what can't be
// read: 0 if none.
func revisionIn(m stage.Message) article.Revision {
	n, err := strconv.ParseInt(strings.TrimPrefix(m.Header(event.HeaderID), string(m.Key)+"#"), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return article.Revision(n)
}

// rowStep is how the article stands by a row of [topic.Status].
func rowStep(r *record) *step {
	s := newStep(r)
	s.Step = stepStatus
	row, err := release.ReadRow(r.message.Value)
	if err != nil {
		s.Error = err.Error()
		return &s
	}
	stands := row.Standing()
	p := stands.Revision.Parts()
	s.row, s.Revision, s.Version, s.Generation, s.Sequence = &row, stands.Revision, row.Version, p.Generation, p.Sequence
	s.Status, s.Embargo, s.Expires = stands.Status, stands.EmbargoUntil, stands.ExpiresAt
	s.Action, s.Who, s.Reason = row.Action, row.Who, row.Reason
	return &s
}

func (s *step) of(a *article.Article) {
	p := a.Revision.Parts()
	s.article = a
	s.Revision, s.Version, s.Generation, s.Sequence, s.Status = a.Revision, a.Version, p.Generation, p.Sequence, a.Status
	s.Headline, s.Embargo, s.Expires = a.First(article.Headline), a.EmbargoUntil, a.ExpiresAt
	if n := a.Notice; n != nil {
		s.Action, s.Who, s.Reason = n.Action, n.Who, n.Reason
	}
	if s.Step == stepReceived || s.Step == stepNotice {
		ms := float64(s.Time.Sub(a.ReceivedAt)) / float64(time.Millisecond)
		s.After = &ms
	}
}

// index asks what search has of the article.
func (c *TraceCmd) index(ctx context.Context) ([]step, error) {
	es, names, err := c.elastic(ctx)
	if err != nil {
		return nil, err
	}
	defer es.Close()
	var steps []step
	add := func(what, index string, source json.RawMessage) error {
		a, at, err := corpus.Parse(source)
		if err != nil {
			return err
		}
		s := step{Step: what, Time: at, Index: index}
		s.of(&a)
		steps = append(steps, s)
		return nil
	}
	type hit struct {
		Index  string          `json:"_index"`
		Source json.RawMessage `json:"_source"`
	}
	var head hit
	err = elastic.Ask(ctx, es, "get the article", esapi.GetRequest{Index: names.Articles(), DocumentID: corpus.ID(c.URI)}, &head)
	switch {
	case missing(err):
	case err != nil:
		return nil, err
	default:
		if err := add(stepHead, head.Index, head.Source); err != nil {
			return nil, err
		}
	}
	var found struct {
		Hits struct {
			Hits []hit `json:"hits"`
		} `json:"hits"`
	}
	q, err := json.Marshal(map[string]any{
		"size": MaxVersions, "sort": []any{map[string]any{"revision": "desc"}}, "query": map[string]any{"term": map[string]any{"uri": c.URI}},
	})
	if err != nil {
		return nil, err
	}
	err = elastic.Ask(ctx, es, "list the versions", esapi.SearchRequest{
		Index: []string{names.Versions()}, Routing: []string{corpus.Routing(c.URI)}, Body: strings.NewReader(string(q)),
	}, &found)
	if err != nil && !missing(err) {
		return nil, err
	}
	for _, h := range found.Hits.Hits {
		if err := add(stepVersion, h.Index, h.Source); err != nil {
			return nil, err
		}
	}
	return steps, nil
}

func missing(err error) bool {
	var status *elastic.StatusError
	return errors.As(err, &status) && status.Status == http.StatusNotFound
}

func (c *TraceCmd) show(t Terminal, steps []step, vs []verdict) error {
	if c.JSON {
		for _, s := range steps {
			if err := line(t.Out, s); err != nil {
				return err
			}
		}
		for _, v := range vs {
			if err := line(t.Out, v); err != nil {
				return err
			}
		}
		return nil
	}
	s := columns("time", "step", "where", "revision", "status", ">after", "what")
	traces := map[string]bool{}
	for _, p := range steps {
		where := p.Index
		if p.Topic != "" {
			where = bus.Place{Topic: p.Topic, Partition: *p.Partition, Offset: *p.Offset}.String()
		}
		took := ""
		if p.After != nil {
			took = span(time.Duration(*p.After * float64(time.Millisecond)))
		}
		s.row(p.Time.Local().Format("2006-01-02 15:04:05.000"), p.Step, where, revision(p.Revision, p.Version), p.Status, took, p.what())
		if p.Traceparent != "" {
			traces[p.Traceparent] = true
		}
	}
	if len(steps) == 0 {
		return nil
	}
	fmt.Fprintln(t.Out, c.URI)
	s.print(t.Out)
	for _, v := range vs {
		fmt.Fprintf(t.Out, "revision %s %s\n", revision(v.Revision, ""), v.Says)
		if v.Public != "" {
			fmt.Fprintf(t.Out, "revision %s in the public topics: %s\n", revision(v.Revision, ""), safe(v.PublicSays))
		}
	}
	for p := range traces {
		fmt.Fprintf(t.Out, "traceparent %s\n", p)
	}
	return nil
}

// what is the last column: what it is about, who ruled it, or why it was refused.
func (s *step) what() string {
	if s.Error != "" {
		return strings.TrimPrefix(s.Stage+": ", ": ") + cutText(s.Error)
	}
	var all []string
	if s.Headline != "" {
		all = append(all, cutText(s.Headline))
	}
	if s.Action != "" {
		all = append(all, fmt.Sprintf("%s by %s: %s", s.Action, cutText(s.Who), cutText(s.Reason)))
	}
	if !s.Embargo.IsZero() {
		all = append(all, "embargo until "+words(s.Embargo))
	}
	if !s.Expires.IsZero() {
		all = append(all, "expires "+words(s.Expires))
	}
	return strings.Join(all, "; ")
}

// words is a time in what is said of an article.
func words(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// revision is the number, with the provider's version and the generation if
// there are such.
func revision(r article.Revision, version string) string {
	if r == 0 {
		return "?"
	}
	s := r.String()
	if version != "" {
		s += " v" + version
	}
	if p := r.Parts(); p.Generation > 0 || p.Sequence > 0 {
		s += fmt.Sprintf(" g%d.%d", p.Generation, p.Sequence)
	}
	return s
}
