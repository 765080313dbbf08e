package gate

import (
	"container/list"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// MaxBuckets is how many keys and people are remembered, and how many addresses. Beyond
// that, those are forgotten who have been silent longest: they begin with a full bucket
// again. Of addresses anybody may have many, which push out no key.
const MaxBuckets = 10_000

// window is what rates are counted in: requests per minute.
const window = time.Minute

// limiter holds senders to so many requests per [window], each by a bucket of so many
// tokens that fills up evenly. A bucket is one time: when it will be full.
type limiter struct {
	now func() time.Time

	mu     sync.Mutex
	byName map[string]*list.Element // of *bucket
	used   *list.List               // the last one used in front
	max    int
}

type bucket struct {
	name string
	full time.Time
}

func newLimiter(now func() time.Time, most int) *limiter {
	return &limiter{now: now, byName: map[string]*list.Element{}, used: list.New(), max: most}
}

// quota is what became of a request.
type quota struct {
	policy string // what is counted: "key", "address"
	ok     bool
	limit  int           // requests per window
	left   int           // that may follow at once
	full   time.Duration // until the bucket is
	next   time.Duration // until a request will pass that didn't
}

// take takes cost tokens out of the bucket of that name, if there are so many; limit is
// how many it holds, above 0. What costs more than that takes all of them.
func (l *limiter) take(name string, limit, cost int) quota {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	b := l.bucket(name)
	if b.full.Before(now) {
		b.full = now
	}
	each := window / time.Duration(limit)
	q := quota{limit: limit, full: b.full.Sub(now)}
	if after := q.full + each*time.Duration(min(cost, limit)); after <= window {
		b.full = now.Add(after)
		q.ok, q.full = true, after
	} else {
		q.next = after - window
	}
	q.left = int((window - q.full) / each)
	return q
}

// give puts tokens back into the bucket of that name.
func (l *limiter) give(name string, limit, tokens int) quota {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, b, each := l.now(), l.bucket(name), window/time.Duration(limit)
	if b.full = b.full.Add(-each * time.Duration(tokens)); b.full.Before(now) {
		b.full = now
	}
	full := b.full.Sub(now)
	return quota{ok: true, limit: limit, left: int((window - full) / each), full: full}
}

func (l *limiter) bucket(name string) *bucket {
	if e, ok := l.byName[name]; ok {
		l.used.MoveToFront(e)
		return e.Value.(*bucket) //nolint:forcetypeassert // nothing else is put in
	}
	if l.used.Len() >= l.max {
		oldest := l.used.Back()
		delete(l.byName, l.used.Remove(oldest).(*bucket).name) //nolint:forcetypeassert // likewise
	}
	b := &bucket{name: name}
	l.byName[name] = l.used.PushFront(b)
	return b
}

// tell sets the headers of IETF's draft "RateLimit header fields for HTTP", and
// Retry-After where the request didn't pass.
func (q quota) tell(h http.Header) {
	seconds := func(d time.Duration) string { return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10) }
	h.Set("RateLimit-Policy", `"`+q.policy+`";q=`+strconv.Itoa(q.limit)+`;w=`+seconds(window))
	h.Set("RateLimit", `"`+q.policy+`";r=`+strconv.Itoa(q.left)+`;t=`+seconds(q.full))
	if !q.ok {
		h.Set("Retry-After", seconds(q.next))
	}
}
