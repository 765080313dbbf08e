package live

import (
	"encoding/json"
	"sync"
	"time"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/query"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/services/search/find"
)

// revision is one that went out, to be asked about by many at once.
type revision struct {
	*article.Article

	doc   *query.Document
	found func() *corpus.Found
}

func revisionOf(a *article.Article) *revision {
	return &revision{a, query.NewDocument(a), sync.OnceValue(func() *corpus.Found {
		f := corpus.FoundBy(a)
		return &f
	})}
}

// cameOut is about when the revision went out.
func (r *revision) cameOut() time.Time {
	if r.EmbargoUntil.After(r.ReceivedAt) {
		return r.EmbargoUntil
	}
	return r.ReceivedAt
}

// same tells whether two revisions are one. Corrections make another one of it.
func (r *revision) same(o *revision) bool { return r != nil && o != nil && r.Revision == o.Revision }

// question is what a feed asks.
type question struct {
	request find.Request
	matcher *query.Matcher
	grant   access.Grant
	zone    *time.Location
}

// finds tells whether the feed's reader finds a revision.
func (q *question) finds(r *revision, now time.Time) bool {
	if r == nil || !q.grant.Allows(r.Source, r.Agency.Value) {
		return false
	}
	if q.request.Narrowed() && !q.request.Chooses(r.Article, r.found()) {
		return false
	}
	return q.matcher.Match(r.doc, query.Clock{Now: now, Zone: q.zone})
}

// item is an event on its way to a feed.
type item struct {
	kind Kind
	data []byte
	next position // where to go on after it; nowhere: where the one before says
	kill bool     // its article may no longer be used
	// hidden tells whether the article was taken back since; nil: that can't be.
	hidden func() bool
}

// change is what a message does to an article. Many may ask at once what it is to them.
type change struct {
	message     stage.Message
	now, before *revision
	// again tells that the message says what the one before said.
	again bool
	// forAll tells that the article was taken back, and that what it was isn't known: it
	// went out too long ago. Who may be told of any kill of this source is told of this
	// one, since they may have it.
	forAll bool
	source string

	shown      func() []byte // now, as JSON
	left, gone func() []byte // that it is no longer found, and of one that isn't known
}

// newChange is what a message does that has now in it: nothing that may be seen, if that
// is nil.
func newChange(m stage.Message, now *revision, was earlier, at time.Time) *change {
	c := &change{message: m, now: now, before: was.revision, again: now.same(was.revision)}
	expired := now != nil && !now.ExpiresAt.IsZero() && !now.ExpiresAt.After(at)
	if expired {
		c.now = nil // its notice is late
	}
	if !was.known && takesBack(m) {
		a, err := event.Decode(m)
		c.source, c.forAll = a.Source, err == nil
	}
	reason := c.reason(expired)
	c.shown = sync.OnceValue(func() []byte { return encode(find.LiveHitOf(c.now.Article, m.Time)) })
	c.left = sync.OnceValue(func() []byte { return leaves(m, c.before.Revision, reason) })
	c.gone = sync.OnceValue(func() []byte { return leaves(m, 0, reason) })
	return c
}

// reason is why those leave it who found it before.
func (c *change) reason(expired bool) string {
	switch {
	case c.now != nil:
		return Unmatched
	case expired:
		return Expired
	case c.message.Header(headerStatus) == string(article.Canceled):
		return Canceled
	case c.before != nil && !c.before.ExpiresAt.IsZero() && !c.message.Time.Before(c.before.ExpiresAt):
		return Expired
	}
	return Withheld
}

// tell is what who asks q hears of it, if anything.
func (c *change) tell(q *question, at time.Time) (item, bool) {
	was, is := q.finds(c.before, at), q.finds(c.now, at)
	if !was && !is && c.before != nil { // "today" may be over that it was told in
		was = q.finds(c.before, c.before.cameOut())
	}
	switch {
	case is && was && c.again:
		return item{}, false
	case is && was:
		return item{kind: Changed, data: c.shown()}, true
	case is:
		return item{kind: Entered, data: c.shown()}, true
	case was:
		return item{kind: Left, data: c.left()}, true
	case c.forAll && q.grant.AllowsNotice(c.source):
		return item{kind: Left, data: c.gone()}, true
	}
	return item{}, false
}

// leaves tells that an article is no longer found, and the revision that was; 0: unknown.
func leaves(m stage.Message, last article.Revision, reason string) []byte {
	return encode(struct {
		URI      article.URI      `json:"uri"`
		Revision article.Revision `json:"revision,omitempty"`
		Reason   string           `json:"reason"`
	}{article.URI(m.Key), last, reason})
}

// encode writes what holds strings, numbers and times.
func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		return []byte("{}")
	}
	return b
}
