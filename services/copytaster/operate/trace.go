package operate

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/elastic"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

// TraceCmd is `copytaster trace`.
type TraceCmd struct {
	Output
	Progress
	Since   moment `help:"Leave out what was written before this time: 2024-04-20, or 7d (ago). Default: nothing." placeholder:"TIME"`
	All     bool   `name:"all-partitions" help:"Read every partition, not only the one that has the article: for topics that once had fewer."`
	Servers `embed:"" group:"servers"`
	URI     article.URI `arg:"" name:"uri" help:"The article."`
}

// MaxVersions is how many versions of an article `trace` asks the index for.
const MaxVersions = 100

// Help is shown by `copytaster trace --help`.
func (TraceCmd) Help() string {
	return `Every step of every revision, in the order of time: received, enriched, dead (refused, with the stage and its
reason), version (entry among the versions in the index), head (what search finds); each with how long it took
since the step before. At the end it says of each revision where it got to. Input that never became an article
has no uri: look for it in "copytaster dead list ingest.dead".
Exit code: 0 found, 1 no trace of it, or a server failed.

  copytaster trace urn:copytaster:site-3:text:2f1c
  copytaster trace --since 2d --json https://example.org/report`
}

// Steps of an article.
const (
	stepReceived = "received"
	stepEnriched = "enriched"
	stepDead     = "dead"
	stepVersion  = "version"
	stepHead     = "head"
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
	After       *float64         `json:"after_ms,omitempty"` // since the step before of the same revision; of the first: since it arrived
	Stage       string           `json:"stage,omitempty"`    // that refused it
	Error       string           `json:"error,omitempty"`
	Traceparent string           `json:"traceparent,omitempty"`
}

// verdict is the last lines of `trace --json`: where a revision got to.
type verdict struct {
	Step     string           `json:"step"` // "verdict"
	Revision article.Revision `json:"revision"`
	Reached  string           `json:"reached"` // the last step, in the order received, dead, enriched, dead, version, head
	Says     string           `json:"says"`
}

// traced are the topics that an article passes.
var traced = []string{topic.Received, topic.ReceivedBulk, topic.Enriched, topic.EnrichedBulk}

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
	vs := verdicts(steps, errIndex == nil)
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
	names := slices.Clone(traced)
	for _, n := range traced {
		names = append(names, n+topic.DeadSuffix)
	}
	names, _, err := split(ctx, b, names)
	if err != nil {
		return nil, err
	}
	key := keyOf(c.URI)
	if c.All {
		key = nil
	}
	var ss []stretch
	for _, n := range names {
		part, err := whole(ctx, b, n, key)
		if err != nil {
			return nil, err
		}
		if part, err = since(ctx, b, part, c.Since.Time); err != nil {
			return nil, err
		}
		ss = append(ss, part...)
	}
	progress := c.bar(t, "looking for it", lenOf(ss))
	defer progress.close()
	var steps []step
	err = scan(ctx, b, ss, progress, func(m stage.Message) error {
		if string(m.Key) == string(c.URI) {
			steps = append(steps, stepOf(decode(m)))
		}
		return nil
	})
	return steps, err
}

// since cuts off what was written before t, unless that is zero. All stretches
// are of one topic.
func since(ctx context.Context, b *bus.Bus, ss []stretch, t time.Time) ([]stretch, error) {
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
	s := step{Time: r.Time, Topic: r.Topic, Partition: &r.Partition, Offset: &r.Offset, Traceparent: r.Traceparent}
	switch r.Type {
	case typeDead:
		s.Step, s.Stage, s.Error = stepDead, r.Dead.Stage, r.Dead.Error
	case typeBroken:
		s.Error = r.Reason
		fallthrough
	default:
		s.Step = stepReceived
		if r.Topic == topic.Enriched || r.Topic == topic.EnrichedBulk {
			s.Step = stepEnriched
		}
	}
	if r.article != nil {
		s.of(r.article)
	}
	return s
}

func (s *step) of(a *article.Article) {
	p := a.Revision.Parts()
	s.Revision, s.Version, s.Generation, s.Sequence, s.Status = a.Revision, a.Version, p.Generation, p.Sequence, a.Status
	s.Headline = a.First(article.Headline)
	if s.Step == stepReceived {
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

// rank is the order of steps of one revision that have the same time.
func rank(s string) int {
	return slices.Index([]string{stepReceived, stepEnriched, stepDead, stepVersion, stepHead}, s)
}

func order(steps []step) {
	slices.SortStableFunc(steps, func(a, b step) int {
		return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(rank(a.Step), rank(b.Step)))
	})
}

// after sets how long each step took since the step before it of the same
// revision. The head's time is its version's: it is no step of its own.
func after(steps []step) {
	last := map[int64]time.Time{} // by revision without generation
	for i := range steps {
		s := &steps[i]
		r := s.Revision.Source()
		if before, ok := last[r]; ok && s.After == nil && s.Revision != 0 && s.Step != stepHead {
			ms := float64(s.Time.Sub(before)) / float64(time.Millisecond)
			s.After = &ms
		}
		last[r] = s.Time
	}
}

// verdicts says of each revision where it got to. looked tells whether the index
// could be asked.
func verdicts(steps []step, looked bool) []verdict {
	type way struct {
		received, enriched, dead, version, head *step
	}
	var revisions []article.Revision
	ways := map[int64]*way{}
	var head *step
	for i := range steps {
		s := &steps[i]
		if s.Step == stepHead {
			head = s
		}
		if s.Revision == 0 {
			continue // broken: nobody knows which it was
		}
		w, ok := ways[s.Revision.Source()]
		if !ok {
			w = &way{}
			ways[s.Revision.Source()] = w
			revisions = append(revisions, s.Revision)
		}
		switch s.Step {
		case stepReceived:
			w.received = s
		case stepEnriched:
			w.enriched = s
		case stepDead:
			w.dead = s
		case stepVersion:
			w.version = s
		case stepHead:
			w.head = s
		}
	}
	var vs []verdict
	for _, r := range revisions {
		w := ways[r.Source()]
		v := verdict{Step: "verdict", Revision: r}
		switch {
		case w.head != nil:
			v.Reached, v.Says = stepHead, "is what search finds, "+string(w.head.Status)
		case w.version != nil && head != nil && head.Revision > r:
			v.Reached, v.Says = stepVersion, "is indexed as an older version; a newer one is the head"
		case w.version != nil:
			v.Reached, v.Says = stepVersion, "is among the versions, but not the head: look at copytaster lag index"
		case w.dead != nil && (w.enriched == nil || w.dead.Time.After(w.enriched.Time)):
			v.Reached, v.Says = stepDead, "was refused by "+w.dead.Stage+": copytaster dead show "+place{w.dead.Topic, *w.dead.Partition, *w.dead.Offset}.String()
		case w.enriched != nil && !looked:
			v.Reached, v.Says = stepEnriched, "is enriched; the index could not be asked"
		case w.enriched != nil:
			v.Reached, v.Says = stepEnriched, "is enriched and not in the index: it waits (copytaster lag index), or the index was made anew"
		default:
			v.Reached, v.Says = stepReceived, "is received and not enriched: it waits (copytaster lag enrich)"
		}
		vs = append(vs, v)
	}
	return vs
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
			where = place{p.Topic, *p.Partition, *p.Offset}.String()
		}
		what := cutText(p.Headline)
		if p.Error != "" {
			what = strings.TrimPrefix(p.Stage+": ", ": ") + cutText(p.Error)
		}
		took := ""
		if p.After != nil {
			took = span(time.Duration(*p.After * float64(time.Millisecond)))
		}
		s.row(p.Time.Local().Format("2006-01-02 15:04:05.000"), p.Step, where, revision(p.Revision, p.Version), p.Status, took, what)
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
	}
	for p := range traces {
		fmt.Fprintf(t.Out, "traceparent %s\n", p)
	}
	return nil
}

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
