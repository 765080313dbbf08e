package live

import (
	"encoding/json"
	"time"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/query"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/services/search/find"
)

// asked is a revision as feeds ask about it, for one goroutine at a time.
type asked struct {
	doc   *query.Document
	found *corpus.Found
}

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
	if len(q.request.Chosen) > 0 {
		if r.found == nil {
			f := corpus.FoundBy(r.Article)
			r.found = &f
		}
		if !q.request.Chooses(r.Article, r.found) {
			return false
		}
	}
	return q.matcher.Match(r.doc, query.Clock{Now: now, Zone: q.zone})
}

// item is an event on its way to a feed.
type item struct {
	kind Kind
	data []byte
	next vector // where to go on after it; nil: where the one before says
}

// change is what a message does to an article.
type change struct {
	message     stage.Message
	now, before *revision
	// forAll tells that the article was taken back, and that what it was isn't known: it
	// went out too long ago. Who may be told of any kill of this source is told of this
	// one, since they may have it.
	forAll bool
	source string

	hit []byte // of now, as JSON
}

func newChange(m stage.Message, now, before *revision, unknown bool, at time.Time) *change {
	c := &change{message: m, now: now, before: before}
	if now != nil && !now.ExpiresAt.IsZero() && !now.ExpiresAt.After(at) {
		c.now = nil // its notice is late
	}
	if unknown && takesBack(m) {
		a, err := event.Decode(m)
		c.source, c.forAll = a.Source, err == nil
	}
	return c
}

// tell is what a feed hears of it, if anything.
func (c *change) tell(f *Feed, at time.Time) (item, bool) {
	was, is := f.finds(c.before, at), f.finds(c.now, at)
	if !was && !is && c.before != nil { // "today" may be over that it was told in
		was = f.finds(c.before, c.before.cameOut())
	}
	switch {
	case is:
		kind := Entered
		if was {
			kind = Changed
		}
		return item{kind: kind, data: c.shown()}, true
	case was:
		return item{kind: Left, data: c.left(c.before.Revision)}, true
	case c.forAll && f.grant.AllowsNotice(c.source):
		return item{kind: Left, data: c.left(0)}, true
	}
	return item{}, false
}

// shown is the hit of the newest revision.
func (c *change) shown() []byte {
	if c.hit == nil {
		c.hit = encode(find.HitOf(c.now.Article))
	}
	return c.hit
}

// left tells that an article is no longer found, and the revision that was.
func (c *change) left(last article.Revision) []byte {
	reason := Unmatched
	if c.now == nil {
		switch status := c.message.Header(headerStatus); {
		case status == string(article.Canceled):
			reason = Canceled
		case status == string(article.Usable):
			reason = Expired
		case c.before != nil && !c.before.ExpiresAt.IsZero() && !c.message.Time.Before(c.before.ExpiresAt):
			reason = Expired
		default:
			reason = Withheld
		}
	}
	return encode(struct {
		URI      article.URI      `json:"uri"`
		Revision article.Revision `json:"revision,omitempty"`
		Reason   string           `json:"reason"`
	}{article.URI(c.message.Key), last, reason})
}

// encode writes what holds strings, numbers and times.
func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		return []byte("{}")
	}
	return b
}
