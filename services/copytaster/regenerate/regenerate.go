// Package regenerate brings back, from the log of enriched articles, the
// results that articles had before a generation of the enrichment.
package regenerate

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
	"golang.org/x/sync/errgroup"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/enrich/enricher"
	"github.com/copytaster/copytaster/services/enrich/generation"
	"github.com/copytaster/copytaster/services/enrich/override"
)

// batch is how many articles are written at once.
const batch = 200

// Progress hears how far it is.
type Progress interface {
	Begin(what string, total int64)
	Add(n int64)
	Done()
}

// Options are what is brought back, and as what.
type Options struct {
	Before int // the highest generation whose results count
	// Standing are those whose results count, Before among them: one below it
	// that was taken back by a rollback does not.
	Standing map[int]bool
	As       int // the generation that they get; above all others
	// Overrides are what editors correct, now: it goes before what was corrected then,
	// too. A field whose correction was removed since is left empty, as nobody knows
	// what was found out: see [Result.Emptied]. nil: nothing is corrected.
	Overrides override.Rows
	DryRun    bool
	Progress  Progress
}

// Result is what was found and sent.
type Result struct {
	Sent    int64 `json:"sent"`    // results; in a dry run: that would be
	Without int64 `json:"without"` // source revisions without a result from before
	// Since is when the first of those without was received; zero if there are none.
	Since  time.Time `json:"since,omitzero"`
	Killed int64     `json:"killed"` // articles; none of theirs is sent
	// Uncorrected are results that not all of what editors correct can be put into; they
	// are sent with what can be.
	Uncorrected int64 `json:"uncorrected,omitempty"`
	// Emptied are the articles, in order, of which a result has an empty field, as its
	// correction was removed since. They count as corrected up to before that: enriched
	// once more, the article takes its place. Among them are those of which a result isn't
	// sent, as editors say other kinds of segments today than then: the agency, and so who
	// may see it, was found in those. They stay as they are until they are enriched once more.
	Emptied []article.URI `json:"emptied,omitempty"`
}

// place is where a message is in the log.
type place struct {
	topic     int8 // of topics
	partition int32
	offset    int64
}

// rank orders the results of one source revision: by generation and sequence,
// then by place in the log.
type rank int32

func rankOf(p article.Parts) rank { return rank(p.Generation)<<16 | rank(p.Sequence) }

// found is what the log has of one source revision.
type found struct {
	best  rank // of the results that count; -1: there is none
	at    place
	newer bool  // there is a result of a generation that does not count any more
	since int64 // when it was received, Unix seconds
}

// source names a source revision, and article an article, in few bytes.
type source [16]byte

func sourceOf(a *article.Article) source {
	return hash(string(a.URI) + "\x00" + strconv.FormatInt(a.Revision.Source(), 10))
}
func articleOf(u article.URI) source { return hash(string(u)) }
func hash(s string) source {
	full := sha256.Sum256([]byte(s))
	return source(full[:16])
}

// index is what the log has. It takes about 100 bytes of memory for every
// source revision.
type index struct {
	before   int
	standing map[int]bool
	mu       sync.Mutex
	found    map[source]found
	killed   map[source]struct{}
}

func newIndex(before int, standing map[int]bool) *index {
	return &index{before: before, standing: standing, found: map[source]found{}, killed: map[source]struct{}{}}
}

func (x *index) add(a *article.Article, at place) {
	p := a.Revision.Parts()
	key := sourceOf(a)
	x.mu.Lock()
	defer x.mu.Unlock()
	if a.Status == article.Canceled {
		x.killed[articleOf(a.URI)] = struct{}{}
	}
	f, ok := x.found[key]
	if !ok {
		f.best, f.since = -1, a.ReceivedAt.Unix()
	}
	switch r := rankOf(p); {
	case p.Generation > x.before, !x.standing[p.Generation]:
		f.newer = true
	case r > f.best || r == f.best && (at.topic < f.at.topic || at.topic == f.at.topic && at.offset < f.at.offset):
		// Of two with the same revision the index kept the first.
		f.best, f.at = r, at
	}
	x.found[key] = f
}

// wanted tells whether the result at that place is to be sent again.
func (x *index) wanted(a *article.Article, at place) bool {
	f := x.found[sourceOf(a)]
	_, killed := x.killed[articleOf(a.URI)]
	return !killed && f.newer && f.best >= 0 && f.at == at
}

func (x *index) result() Result {
	r := Result{Killed: int64(len(x.killed))}
	since := int64(math.MaxInt64)
	for _, f := range x.found {
		if f.best < 0 {
			r.Without++
			since = min(since, f.since)
		}
	}
	if r.Without > 0 {
		r.Since = time.Unix(since, 0).UTC()
	}
	return r
}

var topics = []string{topic.Enriched, topic.EnrichedBulk}

type span struct {
	topic     int8
	partition int
	from, to  int64
}

// Restore finds, for every source revision that a generation which does not
// count any more has enriched, the newest result of those that do, and sends it to the back-fill lane as generation Options.As. So
// it stands in the index again. Of killed articles nothing is sent. Repeated,
// it sends the same again, which changes nothing.
func Restore(ctx context.Context, b *bus.Bus, o Options) (Result, error) {
	if o.As <= o.Before {
		return Result{}, fmt.Errorf("generation %d is not above %d", o.As, o.Before)
	}
	ss, total, err := spans(ctx, b)
	if err != nil {
		return Result{}, err
	}
	x := newIndex(o.Before, o.Standing)
	o.Progress.Begin("look for results", total)
	err = each(ctx, b, ss, o.Progress, func(a *article.Article, at place) error {
		x.add(a, at)
		return nil
	})
	o.Progress.Done()
	if err != nil {
		return Result{}, err
	}
	r := x.result()
	o.Progress.Begin("send results again", total)
	defer o.Progress.Done()
	sink := b.Sink(topic.EnrichedBulk, event.Enriched)
	s := sender{sink: sink, options: o}
	err = each(ctx, b, ss, o.Progress, func(a *article.Article, at place) error {
		if !x.wanted(a, at) {
			return nil
		}
		return s.add(ctx, *a)
	})
	if err == nil {
		err = s.flush(ctx)
	}
	r.Sent, r.Uncorrected = s.sent, s.uncorrected
	slices.Sort(s.emptied)
	r.Emptied = slices.Compact(s.emptied)
	return r, errors.Join(err, sink.Close())
}

func spans(ctx context.Context, b *bus.Bus) (ss []span, total int64, err error) {
	for i, name := range topics {
		es, err := b.Extents(ctx, name)
		if errors.Is(err, kafka.UnknownTopicOrPartition) {
			continue
		}
		if err != nil {
			return nil, 0, err
		}
		for _, e := range es {
			ss = append(ss, span{int8(i), e.Partition, e.First, e.End})
			total += e.End - e.First
		}
	}
	return ss, total, nil
}

// each calls f for every article of the spans; f may be called from several
// goroutines. A message that is no article is passed over: it is a dead letter
// of the index service.
func each(ctx context.Context, b *bus.Bus, ss []span, p Progress, f func(*article.Article, place) error) error {
	work, ctx := errgroup.WithContext(ctx)
	for _, s := range ss {
		work.Go(func() error {
			return b.ReadLog(ctx, topics[s.topic], s.partition, s.from, s.to, func(m stage.Message) error {
				p.Add(1)
				a, err := event.Decode(m)
				if err != nil {
					return nil //nolint:nilerr // see above
				}
				return f(&a, place{s.topic, int32(s.partition), m.Offset})
			})
		})
	}
	return work.Wait()
}

// sender writes results as another generation.
type sender struct {
	sink    *bus.Sink
	options Options

	mu          sync.Mutex
	pending     []article.Article
	sent        int64
	uncorrected int64
	emptied     []article.URI
}

func (s *sender) add(ctx context.Context, a article.Article) error {
	r, err := generation.Stamp(a.Revision, s.options.As)
	if err != nil {
		return fmt.Errorf("article %s: %w", a.URI, err)
	}
	a.Revision = r
	if retold(s.options.Overrides, &a) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.emptied = append(s.emptied, a.URI)
		return nil
	}
	could, emptied := correct(s.options.Overrides, &a)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !could {
		s.uncorrected++
	}
	if emptied {
		s.emptied = append(s.emptied, a.URI)
	}
	if s.pending = append(s.pending, a); len(s.pending) < batch {
		return nil
	}
	return s.write(ctx)
}

// correct puts in what editors correct now, as the enrichment does, and tells whether it
// could do so with all of it, and whether a field of a is empty now, since its
// correction was removed.
func correct(rows override.Rows, a *article.Article) (could, emptied bool) {
	if rows == nil {
		return true, false
	}
	o, err := override.Of(rows, a.URI)
	if err != nil || o == nil {
		return err == nil, false
	}
	b := *a
	b.Flags = slices.Clone(a.Flags)
	b.Forget()
	_, err = enricher.Correct(&b, o.In(b.Text))
	if enricher.Fit(&b); !event.Fits(&b, event.Enriched) {
		return false, false
	}
	for _, was := range a.Corrections.Fields {
		emptied = emptied || !slices.ContainsFunc(b.Corrections.Fields, func(c article.Corrected) bool { return c.Field == was.Field })
	}
	if emptied { // or the article enriched anew would have the same revision
		b.Corrections.Number = min(a.Corrections.Number, o.Number-1)
	}
	b.Reissue()
	*a = b
	return err == nil, emptied
}

// retold tells whether editors say otherwise today which kinds the segments of a are than
// they did in a. Who says nothing of an article, or what can't be read, says nothing else.
func retold(rows override.Rows, a *article.Article) bool {
	if rows == nil {
		return false
	}
	o, err := override.Of(rows, a.URI)
	if err != nil || o == nil {
		return false
	}
	var then, now time.Time
	for _, c := range a.Corrections.Fields {
		if c.Field == "segments" {
			then = c.At
		}
	}
	for i := range o.Corrections {
		if c := &o.Corrections[i]; c.Field == "segments" {
			now = c.At
		}
	}
	return !then.Equal(now)
}

func (s *sender) flush(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.write(ctx)
}

func (s *sender) write(ctx context.Context) error {
	for rest := s.pending; len(rest) > 0 && !s.options.DryRun; {
		n := stage.Distinct(rest)
		if err := s.sink.Write(ctx, rest[:n]); err != nil {
			return err
		}
		rest = rest[n:]
	}
	s.sent += int64(len(s.pending))
	s.pending = s.pending[:0]
	return nil
}
