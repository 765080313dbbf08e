// Package ledger keeps account of what a pipeline has promised to keep, and
// holds an index against it.
//
// A promise is an acknowledgement: ingest answered 202. From then on the
// article's newest revision must be found once, every acknowledged revision
// must be among its versions, and of a killed article no word may be left.
package ledger

import (
	"cmp"
	"sync"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
)

// Item is one revision as it is sent.
type Item struct {
	// Article is the sender's name for the article, the same for all its
	// revisions; not its URI, which ingest makes.
	Article string
	Version int
	Created time.Time
	Killed  bool
	// Mark stands in the text of this revision alone, see [Mark].
	Mark string
}

// Newer tells whether i is a later revision than o of the same article by what
// the sender said: the higher version, of equal ones the later date.
func (i Item) Newer(o Item) bool {
	return cmp.Or(cmp.Compare(i.Version, o.Version), i.Created.Compare(o.Created)) > 0
}

// Ack is an acknowledged item, as ingest named it.
type Ack struct {
	Item
	URI      article.URI
	Revision article.Revision
}

// Ledger is safe for use by many goroutines. The zero value is empty.
type Ledger struct {
	mu      sync.Mutex
	sent    map[string][]Item // by article
	acked   map[string][]Ack
	names   map[article.URI]string // the article of a URI
	killed  int
	renamed []Finding
}

// Sent notes that an item is about to be sent. Until it is acknowledged it may
// be in the index or not.
func (l *Ledger) Sent(i Item) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.sent == nil {
		l.sent, l.acked, l.names = map[string][]Item{}, map[string][]Ack{}, map[article.URI]string{}
	}
	l.sent[i.Article] = append(l.sent[i.Article], i)
}

// Acked notes that an item, sent before, was acknowledged.
func (l *Ledger) Acked(a Ack) {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := l.acked[a.Article]
	if len(before) == 0 {
		l.names[a.URI] = a.Article
	} else if before[0].URI != a.URI {
		l.renamed = append(l.renamed, Finding{Duplicate, string(a.URI), "the same article was named " + string(before[0].URI) + " before"})
	}
	l.acked[a.Article] = append(before, a)
	if a.Killed {
		l.killed++
	}
}

// Counts is how much is in a ledger.
type Counts struct {
	Articles  int // with an acknowledged revision
	Revisions int // acknowledged
	Kills     int // acknowledged
	Open      int // sent and not acknowledged
}

// Counts counts.
func (l *Ledger) Counts() Counts {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := Counts{Articles: len(l.acked), Kills: l.killed}
	for _, as := range l.acked {
		c.Revisions += len(as)
	}
	for _, is := range l.sent {
		c.Open += len(is)
	}
	c.Open -= c.Revisions
	return c
}

// Kind is what is wrong.
type Kind string

// The kinds.
const (
	Lost        Kind = "lost"        // acknowledged, and not there
	Duplicate   Kind = "duplicate"   // there twice, or under two names, or sent by nobody
	Stale       Kind = "stale"       // the head is not the newest revision
	Resurrected Kind = "resurrected" // text of a killed article, or a head that isn't canceled
)

// Kinds are all of them in the order of reports.
func Kinds() []Kind { return []Kind{Lost, Duplicate, Stale, Resurrected} }

// Finding is one thing that is wrong.
type Finding struct {
	Kind   Kind
	URI    string
	Detail string
}

// Verdict is the outcome of an audit.
type Verdict struct {
	Counts

	Findings []Finding // sorted by kind and URI
}

// Count is how many findings of a kind there are.
func (v Verdict) Count(k Kind) int {
	n := 0
	for _, f := range v.Findings {
		if f.Kind == k {
			n++
		}
	}
	return n
}

// URI is what ingest named an article, if any revision was acknowledged.
func (l *Ledger) URI(name string) (article.URI, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.acked[name]) == 0 {
		return "", false
	}
	return l.acked[name][0].URI, true
}
