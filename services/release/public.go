package release

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strconv"
	"sync"

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

// shown is what the public topics say of an article last.
type shown struct {
	revision article.Revision
	ruling   int64
	status   article.Status
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
}

func newPublic() *public { return &public{all: map[key]shown{}} }

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

func (p *public) set(uri string, s shown) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all[keyOf(uri)] = s
}

// readPublic reads what went out, from the topic of what is current.
func readPublic(ctx context.Context, b *bus.Bus) (*public, error) {
	p := newPublic()
	extents, err := b.Extents(ctx, topic.Current)
	if err != nil {
		return nil, err
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, e := range extents {
		group.Go(func() error {
			return b.ReadLog(ctx, topic.Current, e.Partition, e.First, e.End, func(m stage.Message) error {
				s, err := shownIn(m)
				if err != nil {
					return stage.Permanent(fmt.Errorf("%s/%d@%d: %w", topic.Current, m.Partition, m.Offset, err))
				}
				p.set(string(m.Key), s)
				return nil
			})
		})
	}
	return p, group.Wait()
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
// why, and where the archive keeps the original, is not for the public.
func message(a *article.Article, ruling int64) (stage.Message, error) {
	out := *a
	out.Notice, out.Original.Archived = nil, ""
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
