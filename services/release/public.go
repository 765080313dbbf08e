package release

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

// HeaderRuling is the header of a public message with the place of the newest
// kill or reinstatement of its article, see [article.Standing]; absent: none.
const HeaderRuling = "ct_ruling"

// HeaderStatus is the header of a public message with its status: usable, or of
// a notice, canceled or withheld.
const HeaderStatus = "ct_status"

// HeaderSince is the header of a public message that says from when on, in
// milliseconds since 1970, what is in [topic.Released] may be missing in
// [topic.Current]: all that was written before is in both.
const HeaderSince = "ct_since"

// HeaderWriter is the header of a public message that names the process that
// wrote it.
const HeaderWriter = "ct_writer"

func sinceHeader(t time.Time) stage.Header {
	return stage.Header{Key: HeaderSince, Value: strconv.AppendInt(nil, t.UnixMilli(), 10)}
}

// Times of looking for what went out without being known as current.
const (
	// sinceMargin is for the clocks of two instances.
	sinceMargin = 10 * time.Second
	// sinceUnstated is how far before the newest message it is looked where none
	// has [HeaderSince]: an earlier program wrote them.
	sinceUnstated = time.Hour
)

// shown is what the public topics say of an article last.
type shown struct {
	revision article.Revision
	ruling   int64
	status   article.Status
	unsure   bool // it was to be written, and may or may not have been
}

// newer tells whether s comes after o: by the ruling, and of the same by the
// revision.
func (s shown) newer(o shown) bool {
	if s.ruling != o.ruling {
		return s.ruling > o.ruling
	}
	return s.revision > o.revision
}

// key is a URI in 16 bytes: the state of millions of articles stays small.
type key [16]byte

func keyOf(uri string) (k key) {
	sum := sha256.Sum256([]byte(uri))
	copy(k[:], sum[:])
	return k
}

// public is what went out, by article.
type public struct {
	mu  sync.RWMutex
	all map[key]shown
	// doubts are the times from which on an article may be in one topic and not
	// in the other.
	doubts map[key]time.Time
	// ends are where the reading of the topics ended, by partition.
	ends map[string]map[int]int64
}

func newPublic() *public {
	return &public{all: map[key]shown{}, doubts: map[key]time.Time{}, ends: map[string]map[int]int64{}}
}

func (p *public) len() int {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return len(p.all)
}

func (p *public) get(uri article.URI) (shown, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	s, ok := p.all[keyOf(string(uri))]
	return s, ok
}

// set notes that both topics have it.
func (p *public) set(uri string, s shown) {
	k := keyOf(uri)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all[k] = s
	delete(p.doubts, k)
}

// doubt notes that the topics may have it, or will from now on.
func (p *public) doubt(uri string, s shown, now time.Time) {
	k := keyOf(uri)
	s.unsure = true
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all[k] = s
	if _, ok := p.doubts[k]; !ok {
		p.doubts[k] = now
	}
}

// since is the time of the oldest doubt, of which there is one at least.
func (p *public) since() (oldest time.Time) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	for _, t := range p.doubts {
		if oldest.IsZero() || t.Before(oldest) {
			oldest = t
		}
	}
	return oldest
}

// log is a bus, as far as it is read here.
type log interface {
	Extents(ctx context.Context, name string) ([]bus.Extent, error)
	OffsetsAt(ctx context.Context, name string, t time.Time) (map[int]int64, error)
	ReadLog(ctx context.Context, name string, partition int, from, to int64, f func(stage.Message) error) error
}

// readPublic reads what went out, from the topic of what is current; and what
// may have gone out besides, from the end of the other one: who wrote to both may
// have been cut off in between.
func readPublic(ctx context.Context, l log) (*public, error) {
	p := newPublic()
	var mu sync.Mutex
	var stated, newest time.Time // the newest of [HeaderSince], of the messages
	var err error
	p.ends[topic.Current], err = readTopic(ctx, l, topic.Current, nil, func(m stage.Message, s shown) error {
		p.set(string(m.Key), s)
		mu.Lock()
		defer mu.Unlock()
		if m.Time.After(newest) {
			newest = m.Time
		}
		since, err := sinceIn(m)
		if since.After(stated) {
			stated = since
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	from := map[int]int64{}
	switch {
	case !stated.IsZero():
		from, err = l.OffsetsAt(ctx, topic.Released, stated.Add(-sinceMargin))
	case !newest.IsZero():
		from, err = l.OffsetsAt(ctx, topic.Released, newest.Add(-sinceUnstated))
	}
	if err != nil {
		return nil, err
	}
	type found struct {
		s  shown
		at time.Time
	}
	last := map[string]found{}
	p.ends[topic.Released], err = readTopic(ctx, l, topic.Released, from, func(m stage.Message, s shown) error {
		mu.Lock()
		defer mu.Unlock()
		last[string(m.Key)] = found{s, m.Time}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for uri, f := range last {
		if s, ok := p.get(article.URI(uri)); !ok || s != f.s {
			p.doubt(uri, f.s, f.at)
		}
	}
	return p, nil
}

// readTopic calls f for each message of a public topic, up to its end now, from
// the offsets given for its partitions, or from their beginnings, and gives those
// ends. Partitions are read side by side.
func readTopic(ctx context.Context, l log, name string, from map[int]int64, f func(stage.Message, shown) error) (ends map[int]int64, err error) {
	extents, err := l.Extents(ctx, name)
	if err != nil {
		return nil, err
	}
	ends = map[int]int64{}
	group, ctx := errgroup.WithContext(ctx)
	for _, e := range extents {
		ends[e.Partition] = e.End
		group.Go(func() error {
			return l.ReadLog(ctx, name, e.Partition, max(e.First, from[e.Partition]), e.End, each(name, f))
		})
	}
	return ends, group.Wait()
}

// each calls f with what a public message says.
func each(name string, f func(stage.Message, shown) error) func(stage.Message) error {
	return func(m stage.Message) error {
		s, err := shownIn(m)
		if err == nil {
			err = f(m, s)
		}
		if err != nil {
			return stage.Permanent(fmt.Errorf("%s/%d@%d: %w", name, m.Partition, m.Offset, err))
		}
		return nil
	}
}

// sinceIn reads [HeaderSince] of a public message; zero: it has none.
func sinceIn(m stage.Message) (time.Time, error) {
	value := m.Header(HeaderSince)
	if value == "" {
		return time.Time{}, nil
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("%s: %w", HeaderSince, err)
	}
	return time.UnixMilli(n), nil
}

// shownIn reads the headers of a public message.
func shownIn(m stage.Message) (s shown, err error) {
	if s.status, err = article.ParseStatus(m.Header(HeaderStatus)); err != nil {
		return s, err
	}
	id := m.Header(event.HeaderID)
	prefix := string(m.Key) + "#"
	if len(id) <= len(prefix) || id[:len(prefix)] != prefix {
		return s, fmt.Errorf("%s is %q, want the key, # and a revision", event.HeaderID, id)
	}
	n, err := strconv.ParseInt(id[len(prefix):], 10, 64)
	if err != nil {
		return s, fmt.Errorf("%s: %w", event.HeaderID, err)
	}
	s.revision = article.Revision(n)
	if r := m.Header(HeaderRuling); r != "" {
		if s.ruling, err = strconv.ParseInt(r, 10, 64); err != nil {
			return s, fmt.Errorf("%s: %w", HeaderRuling, err)
		}
	}
	return s, nil
}

// message is the public message of an article, or of a notice. Which editor said
// why, or corrected what and didn't know what, and where the archive keeps the original,
// is not for the public.
func message(a *article.Article, ruling int64) (stage.Message, error) {
	out := *a
	out.Notice, out.Original.Archived = nil, ""
	out.Corrections.Fields = slices.Clone(a.Corrections.Fields)
	for i := range out.Corrections.Fields {
		out.Corrections.Fields[i].Who, out.Corrections.Fields[i].Unseen = "", nil
	}
	m, err := event.Encode(&out, event.Released)
	if err != nil {
		return m, err
	}
	m.Headers = append(m.Headers, stage.Header{Key: HeaderStatus, Value: []byte(a.Status)})
	if ruling > 0 {
		m.Headers = append(m.Headers, stage.Header{Key: HeaderRuling, Value: strconv.AppendInt(nil, ruling, 10)})
	}
	return m, nil
}

// notice is what follows an article that may no longer be used: that it is so,
// and nothing of what it said. An embargo is not told either.
func notice(a *article.Article, s article.Status) *article.Article {
	return &article.Article{
		URI: a.URI, Version: a.Version, Revision: a.Revision, Status: s, Source: a.Source, Provider: a.Provider,
		VersionCreated: a.VersionCreated, ReceivedAt: a.ReceivedAt, Traceparent: a.Traceparent,
	}
}
