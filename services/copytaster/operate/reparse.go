package operate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/time/rate"

	"github.com/copytaster/copytaster/pkg/archive"
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/ingest/document"
	"github.com/copytaster/copytaster/services/ingest/format"
	"github.com/copytaster/copytaster/services/ingest/intake"
)

// MaxShown is how many bytes of a field's value reparse prints for people.
const MaxShown = 120

// ReparseCmd is `copytaster reparse`.
type ReparseCmd struct {
	Output
	Progress
	Change
	Rate
	FromTime  moment        `help:"Only what was written since this time: 2024-04-20T06:00:00Z, 2024-04-20, 90m, 7d (ago)." placeholder:"TIME"`
	URI       []article.URI `name:"uri" help:"Only these articles."`
	Format    []string      `help:"Only originals that were read as these formats." placeholder:"NAME,..."`
	Source    []string      `help:"Only what came from these sources." placeholder:"NAME,..."`
	Enriched  bool          `help:"Read articles.enriched, which reaches further back, and the originals from the archive; what the enrichment changes is not compared."`
	Detect    bool          `help:"Recognise the format anew, too."`
	Write     bool          `help:"Send the new parse of what differs to the back-fill lane; without it nothing is changed."`
	Kafka     `embed:"" group:"servers"`
	Originals `embed:"" group:"servers"`
}

// Help is shown by `copytaster reparse --help`.
func (ReparseCmd) Help() string {
	return `The originals are in the log (articles.received, 30 days) and in the archive. This decodes them again by the decoders of
this program, with what their sources stated of them, and tells what comes out otherwise than it did. Nothing is fetched.

--write sends the new parse of what differs to articles.received.bulk: the same article and source revision with the
sequence raised, so that it takes the old parse's place once it is enriched, and nobody else's. One that is a kill now
goes to articles.notices, too, ahead of what waits. An article whose
identity would be another (its uri) is told and never sent, and so is one that is refused now: those are for an editor.

  copytaster reparse --from-time 7d --format nitf
  copytaster reparse --uri https://example.org/report --json
  copytaster reparse --enriched --archive-dir /var/lib/copytaster/archive
  copytaster reparse --from-time 7d --format nitf --write --yes

Without --write it is a dry run already; with --write, --dry-run makes it one again.`
}

// Outcomes of a message in `reparse --json`.
const (
	reparseDiffers  = "differs"
	reparseRefused  = "refused"  // by the decoders now
	reparseIdentity = "identity" // none of what comes out is the same article
	reparseMissing  = "missing"  // the original can't be had
)

// reparseLine is a message in `reparse --json`.
type reparseLine struct {
	Action   string           `json:"action"` // the outcome
	Place    string           `json:"place"`
	URI      article.URI      `json:"uri"`
	Revision article.Revision `json:"revision"`
	Format   string           `json:"format"`
	Changes  []reparseChange  `json:"changes,omitempty"`
	Reason   string           `json:"reason,omitempty"`
	// Sent is the revision of the new parse, 0 if it is not sent.
	Sent article.Revision `json:"sent,omitempty"`
}

type reparseChange struct {
	Field  string `json:"field"`
	Before any    `json:"before"`
	After  any    `json:"after"`
}

// reparseSummary ends `reparse --json`.
type reparseSummary struct {
	Action  string         `json:"action"` // summary
	Read    int64          `json:"read"`   // originals that were decoded again, or should have been
	Same    int64          `json:"same"`
	Differ  int64          `json:"differ"`
	Refused int64          `json:"refused"`
	Moved   int64          `json:"identity"`
	Missing int64          `json:"missing"`
	Sent    int64          `json:"sent"`
	Fields  map[string]int `json:"fields,omitempty"` // how many differ in each
}

// Run decodes again.
func (c *ReparseCmd) Run(ctx context.Context, t Terminal) (err error) {
	if err := c.check(); err != nil {
		return err
	}
	limit, err := c.limiter()
	if err != nil {
		return err
	}
	keep, closeIt, err := c.open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeIt()) }()
	if c.Enriched && keep == nil {
		return misuse("--enriched needs the archive: set archive-dir (COPYTASTER_ARCHIVE_DIR) or archive-s3-endpoint, as for ingest")
	}
	b, err := c.connect(ctx, t)
	if err != nil {
		return err
	}
	defer b.Close()
	r := &reparse{cmd: c, t: t, bus: b, keep: keep, limit: limit, sum: reparseSummary{Action: "summary", Fields: map[string]int{}}, highest: map[sourceKey]int{}, done: map[sourceKey]bool{}}
	if c.Write && !c.DryRun {
		if err := c.confirm(t, "Sends the new parse of every article that differs to the back-fill lane"); err != nil {
			return err
		}
		if err := b.EnsureTopics(ctx, topic.ReceivedBulk, topic.Notices); err != nil {
			return err
		}
		sink := intake.KillsAhead(b.Sink(topic.Notices, event.Received), keep.Before(b.Sink(topic.ReceivedBulk, event.Received)))
		defer func() { err = errors.Join(err, sink.Close()) }()
		r.sink = sink
	}
	return r.run(ctx)
}

func (c *ReparseCmd) check() error {
	for _, u := range c.URI {
		if err := u.Validate(); err != nil {
			return misuse("%w", err)
		}
	}
	for _, f := range c.Format {
		if !slices.Contains(format.Names(), f) {
			return misuse("--format %s: known are %s", f, strings.Join(format.Names(), ", "))
		}
	}
	if c.Yes && !c.Write {
		return misuse("--yes goes with --write")
	}
	return nil
}

// sourceKey names a source revision.
type sourceKey struct {
	uri    article.URI
	source int64
}

func keyOfSource(a *article.Article) sourceKey { return sourceKey{a.URI, a.Revision.Source()} }

type reparse struct {
	cmd   *ReparseCmd
	t     Terminal
	bus   *bus.Bus
	keep  *archive.Archive
	sink  stage.Sink // nil: nothing is sent
	limit *rate.Limiter
	sum   reparseSummary

	// highest is the sequence of what was issued again, of few source
	// revisions; all others have 0.
	highest map[sourceKey]int
	done    map[sourceKey]bool // what differed, and is settled

	pending []article.Article
	size    int
}

func (r *reparse) run(ctx context.Context) error {
	from, log := []string{topic.Received, topic.ReceivedBulk}, "received"
	if r.cmd.Enriched {
		from, log = []string{topic.Enriched, topic.EnrichedBulk}, "enriched"
	}
	if err := r.each(ctx, []string{topic.Received, topic.ReceivedBulk, topic.Enriched, topic.EnrichedBulk}, "look for what was sent again", func(m stage.Message) error {
		uri, revision, ok := stampOf(m)
		if !ok {
			return nil
		}
		k := sourceKey{uri, revision.Source()}
		if s := revision.Parts().Sequence; s > r.highest[k] {
			r.highest[k] = s
		}
		return nil
	}); err != nil {
		return err
	}
	err := r.each(ctx, from, "decode articles."+log, func(m stage.Message) error { return r.message(ctx, m) })
	if err == nil {
		err = r.flush(ctx)
	}
	if err != nil {
		return err
	}
	return r.summary()
}

// stampOf reads the revision off a message's headers, as it is without what editors
// corrected.
func stampOf(m stage.Message) (article.URI, article.Revision, bool) {
	id := m.Header(event.HeaderID)
	at := strings.LastIndexByte(id, '#')
	if at < 0 {
		return "", 0, false
	}
	var n int64
	if _, err := fmt.Sscan(id[at+1:], &n); err != nil {
		return "", 0, false
	}
	corrections, _ := strconv.Atoi(m.Header(event.HeaderCorrections)) // none: 0
	a := article.Article{Revision: article.Revision(n), Corrections: article.Corrections{Number: corrections}}
	return article.URI(id[:at]), a.Uncorrected(), true
}

// each calls f for the messages of the topics that are looked at.
func (r *reparse) each(ctx context.Context, names []string, what string, f func(stage.Message) error) error {
	there, _, err := r.bus.There(ctx, names)
	if err != nil {
		return err
	}
	var ss []bus.Stretch
	for _, name := range there {
		parts := []article.URI{""}
		if len(r.cmd.URI) > 0 {
			parts = r.cmd.URI
		}
		seen := map[int]bool{}
		for _, u := range parts {
			part, err := r.bus.Whole(ctx, name, keyOf(u))
			if err != nil {
				return err
			}
			if !r.cmd.FromTime.IsZero() {
				if part, err = since(ctx, r.bus, part, r.cmd.FromTime.Time); err != nil {
					return err
				}
			}
			for _, s := range part {
				if !seen[s.Partition] {
					seen[s.Partition] = true
					ss = append(ss, s)
				}
			}
		}
	}
	progress := r.cmd.bar(r.t, what, bus.LenOf(ss))
	defer progress.close()
	return r.bus.Scan(ctx, ss, progress.add, func(m stage.Message) error {
		if len(r.cmd.URI) > 0 && !slices.Contains(r.cmd.URI, article.URI(m.Key)) {
			return nil
		}
		return f(m)
	})
}

// message decodes the original of one message.
func (r *reparse) message(ctx context.Context, m stage.Message) error {
	old, err := event.Decode(m)
	if err != nil {
		return nil //nolint:nilerr // a dead letter of whoever read it
	}
	k := keyOfSource(&old)
	switch {
	case len(r.cmd.Format) > 0 && !slices.Contains(r.cmd.Format, old.Original.Format),
		len(r.cmd.Source) > 0 && !slices.Contains(r.cmd.Source, old.Source),
		r.done[k], old.Uncorrected().Parts().Sequence < r.highest[k]: // a newer parse of it stands
		return nil
	}
	r.sum.Read++
	l := reparseLine{Place: bus.PlaceOf(m).String(), URI: old.URI, Revision: old.Revision, Format: old.Original.Format}
	data, err := r.keep.Original(ctx, &old)
	switch {
	case errors.Is(err, archive.ErrNotFound), errors.Is(err, archive.ErrDamaged):
		r.sum.Missing++
		l.Action, l.Reason = reparseMissing, err.Error()
		return r.say(l)
	case err != nil:
		return err
	}
	as, err := decodeAgain(ctx, &old, data, r.cmd.Detect)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	i := slices.IndexFunc(as, func(a article.Article) bool { return a.URI == old.URI })
	switch {
	case err != nil:
		r.sum.Refused++
		l.Action, l.Reason = reparseRefused, err.Error()
		return r.say(l)
	case i < 0:
		r.sum.Moved++
		l.Action, l.Reason = reparseIdentity, "now it would be "+urisOf(as)
		return r.say(l)
	}
	if l.Changes, err = changes(&old, &as[i], r.cmd.Enriched); err != nil {
		return err
	}
	if len(l.Changes) == 0 {
		r.sum.Same++
		return nil
	}
	r.done[k] = true
	r.sum.Differ++
	for _, c := range l.Changes {
		r.sum.Fields[c.Field]++
	}
	l.Action = reparseDiffers
	if r.sink != nil {
		if l.Sent, err = r.send(ctx, &old, &as[i]); err != nil {
			return err
		}
	}
	return r.say(l)
}

func urisOf(as []article.Article) string {
	var all []string
	for i := range as {
		all = append(all, string(as[i].URI))
	}
	return strings.Join(all, ", ")
}

// decodeAgain decodes an original as ingest does, with what was stated of it.
func decodeAgain(ctx context.Context, a *article.Article, data []byte, detect bool) ([]article.Article, error) {
	h := document.Hint{
		Source: a.Source, Provider: a.Provider, URL: a.Original.Stated.URL, MediaType: a.Original.Stated.MediaType, Charset: a.Original.Stated.Charset,
		Name: a.Original.Name, PublishedAt: a.Original.Stated.PublishedAt, ReceivedAt: a.ReceivedAt, Claimed: true,
		// What the feed was set to is told by what became of the entry alone.
		DeletedKills: a.Status == article.Canceled,
	}
	name := a.Original.Format
	if detect {
		name = ""
	}
	return format.DecodePart(ctx, data, h, name)
}

// ofEnrichment are the fields that the enrichment sets or changes.
var ofEnrichment = []string{
	"agency", "language", "kicker", "headline", "standfirst", "byline", "dateline", "body", "segments", "credits", "cited_media", "attribution", "flags",
	"filed", "translation", "translation_likely", "quotes", "amounts", "quantities", "dates",
	"entities", "places", "topics", "keyphrases", "summary", "reading_time", "corrections",
}

// changes compares two parses, field by field of their JSON. What says which
// decoder found it, and in which version, is left out.
func changes(before, after *article.Article, enriched bool) ([]reparseChange, error) {
	b, err := fieldsOf(before)
	if err != nil {
		return nil, err
	}
	a, err := fieldsOf(after)
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for n := range b {
		names[n] = true
	}
	for n := range a {
		names[n] = true
	}
	var all []reparseChange
	for _, n := range slices.Sorted(maps.Keys(names)) {
		if enriched && slices.Contains(ofEnrichment, n) || reflect.DeepEqual(b[n], a[n]) {
			continue
		}
		all = append(all, reparseChange{n, b[n], a[n]})
	}
	return all, nil
}

func fieldsOf(a *article.Article) (map[string]any, error) {
	b, err := json.Marshal(a)
	if err != nil {
		return nil, err
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, err
	}
	for _, n := range []string{"provenance", "received_at", "revision"} {
		delete(m, n)
	}
	m["text"] = a.Text
	for _, list := range []string{"segments", "credits"} {
		entries, _ := m[list].([]any)
		for _, e := range entries {
			if o, ok := e.(map[string]any); ok {
				for _, n := range []string{"enricher", "version", "confidence"} {
					delete(o, n)
				}
			}
		}
	}
	return m, nil
}

// send sends the new parse in the old one's place, and gives its revision; 0
// if there is no room for another sequence.
func (r *reparse) send(ctx context.Context, before, after *article.Article) (article.Revision, error) {
	p := before.Revision.Parts()
	// The order of the source's revisions was decided when they came.
	p.Generation, p.Sequence = 0, r.highest[keyOfSource(before)]+1
	revision, err := p.Revision()
	if err != nil {
		return 0, nil //nolint:nilerr // told as not sent
	}
	after.Revision, after.Traceparent = revision, event.NewTraceparent()
	after.Original.Archived = before.Original.Archived
	r.pending = append(r.pending, *after)
	if r.size += len(after.Text) + len(after.Original.Bytes); len(r.pending) < sendBatch && r.size < sendBytes {
		return revision, nil
	}
	return revision, r.flush(ctx)
}

func (r *reparse) flush(ctx context.Context) error {
	if len(r.pending) == 0 {
		return nil
	}
	if err := r.limit.WaitN(ctx, len(r.pending)); err != nil {
		return err
	}
	for len(r.pending) > 0 {
		n := stage.Distinct(r.pending)
		if err := r.sink.Write(ctx, r.pending[:n]); err != nil {
			return fmt.Errorf("%s are sent; what was sent may be sent again, it does no harm: %w", count(r.sum.Sent, "article"), err)
		}
		r.sum.Sent += int64(n)
		r.pending = r.pending[n:]
	}
	r.size = 0
	return nil
}

func (r *reparse) say(l reparseLine) error {
	if r.cmd.JSON {
		return line(r.t.Out, l)
	}
	fmt.Fprintf(r.t.Out, "%s %s  %s (%s)\n", l.Action, l.Place, safe(string(l.URI)), safe(l.Format))
	if l.Reason != "" {
		fmt.Fprintf(r.t.Out, "    %s\n", safe(l.Reason))
	}
	for _, c := range l.Changes {
		fmt.Fprintf(r.t.Out, "    %s: %s -> %s\n", c.Field, shown(c.Before), shown(c.After))
	}
	if l.Action == reparseDiffers && r.sink != nil {
		if l.Sent == 0 {
			fmt.Fprintf(r.t.Out, "    not sent: all %d sequences of its revision are used\n", article.MaxSequence)
		} else {
			fmt.Fprintf(r.t.Out, "    sent as revision %s\n", l.Sent)
		}
	}
	return nil
}

func shown(v any) string {
	if v == nil {
		return "nothing"
	}
	b, ok := jsonOf(v)
	if !ok {
		return "?"
	}
	if len(b) > MaxShown {
		return safe(strings.ToValidUTF8(string(b[:MaxShown]), "")) + "…"
	}
	return safe(string(b))
}

func (r *reparse) summary() error {
	if r.cmd.JSON {
		return line(r.t.Out, r.sum)
	}
	s := r.sum
	fmt.Fprintf(r.t.Out, "%s decoded again: %s the same, %s differ, %s refused now, %s of another identity, %s missing\n",
		count(s.Read, "original"), grouped(s.Same), grouped(s.Differ), grouped(s.Refused), grouped(s.Moved), grouped(s.Missing))
	for _, f := range slices.Sorted(maps.Keys(s.Fields)) {
		fmt.Fprintf(r.t.Out, "    %s: %s\n", f, grouped(int64(s.Fields[f])))
	}
	if r.sink != nil {
		fmt.Fprintf(r.t.Out, "%s sent to %s\n", count(s.Sent, "article"), topic.ReceivedBulk)
	}
	return nil
}
