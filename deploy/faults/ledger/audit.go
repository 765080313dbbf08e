package ledger

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/copytaster/copytaster/pkg/article"
)

// Document is what an audit needs to know of a document of the index.
type Document struct {
	ID       string
	URI      article.URI
	Revision article.Revision
	Status   article.Status
	Marks    []string // all that stand anywhere in it
}

// Audit holds an index against a ledger. It keeps little of each document, so
// that an index of any size can be streamed through it.
type Audit struct {
	ledger   *Ledger
	heads    map[article.URI][]Document
	versions map[article.URI][]Document
	found    map[string]bool // marks that a search finds
}

// Audit begins one. The ledger must not change until its verdict.
func (l *Ledger) Audit() *Audit {
	return &Audit{ledger: l, heads: map[article.URI][]Document{}, versions: map[article.URI][]Document{}, found: map[string]bool{}}
}

// Head takes in a document of the index of newest revisions.
func (a *Audit) Head(d Document) { a.heads[d.URI] = append(a.heads[d.URI], d) }

// Version takes in a document of the index of all revisions.
func (a *Audit) Version(d Document) { a.versions[d.URI] = append(a.versions[d.URI], d) }

// Found says that a search finds the mark, even if no document shows it.
func (a *Audit) Found(mark string) { a.found[mark] = true }

// KilledMarks are the marks of articles whose kill was acknowledged: no search
// may find them.
func (l *Ledger) KilledMarks() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var marks []string
	for name, as := range l.acked {
		if slices.ContainsFunc(as, func(a Ack) bool { return a.Killed }) {
			for _, i := range l.sent[name] {
				marks = append(marks, i.Mark)
			}
		}
	}
	slices.Sort(marks)
	return marks
}

// Verdict compares.
func (a *Audit) Verdict() Verdict {
	v := Verdict{Counts: a.ledger.Counts()}
	a.ledger.mu.Lock()
	defer a.ledger.mu.Unlock()
	v.Findings = append(v.Findings, a.ledger.renamed...)
	for name, acks := range a.ledger.acked {
		c := check{audit: a, uri: acks[0].URI, acks: acks, sent: a.ledger.sent[name]}
		c.run()
		v.Findings = append(v.Findings, c.findings...)
	}
	v.Findings = append(v.Findings, a.unknown()...)
	slices.SortFunc(v.Findings, func(x, y Finding) int {
		return cmp.Or(cmp.Compare(slices.Index(Kinds(), x.Kind), slices.Index(Kinds(), y.Kind)), strings.Compare(x.URI, y.URI), strings.Compare(x.Detail, y.Detail))
	})
	return v
}

// unknown are documents that nobody sent. One whose mark was sent and never
// acknowledged may be there.
func (a *Audit) unknown() []Finding {
	open := map[string]bool{}
	for name, items := range a.ledger.sent {
		for _, i := range items {
			open[i.Mark] = open[i.Mark] || len(a.ledger.acked[name]) == 0
		}
	}
	var fs []Finding
	for _, index := range []map[article.URI][]Document{a.heads, a.versions} {
		for uri, ds := range index {
			if _, known := a.ledger.names[uri]; known {
				continue
			}
			for _, d := range ds {
				if !slices.ContainsFunc(d.Marks, func(m string) bool { return open[m] }) {
					fs = append(fs, Finding{Duplicate, string(uri), "document " + d.ID + " was sent by nobody"})
				}
			}
		}
	}
	return fs
}

// check holds one article.
type check struct {
	audit    *Audit
	uri      article.URI
	acks     []Ack
	sent     []Item
	findings []Finding
}

func (c *check) find(k Kind, format string, args ...any) {
	c.findings = append(c.findings, Finding{k, string(c.uri), fmt.Sprintf(format, args...)})
}

func (c *check) run() {
	heads, versions := c.audit.heads[c.uri], c.audit.versions[c.uri]
	if len(heads) > 1 {
		c.find(Duplicate, "%d heads", len(heads))
	}
	killed := slices.ContainsFunc(c.acks, func(a Ack) bool { return a.Killed })
	if killed {
		c.killed(heads, versions)
	} else {
		c.head(heads)
	}
	c.versions(versions, killed)
}

// newest is the acknowledged item that must stand in the head.
func (c *check) newest() Ack {
	return slices.MaxFunc(c.acks, func(x, y Ack) int {
		switch {
		case x.Newer(y.Item):
			return 1
		case y.Newer(x.Item):
			return -1
		}
		return 0
	})
}

// head checks the head of an article that is not killed.
func (c *check) head(heads []Document) {
	want := c.newest()
	if len(heads) == 0 {
		c.find(Lost, "no head; version %d was acknowledged", want.Version)
		return
	}
	head := heads[0]
	if head.Status == article.Canceled {
		// A kill that was sent may have arrived without an answer.
		if !slices.ContainsFunc(c.sent, func(i Item) bool { return i.Killed }) {
			c.find(Lost, "the head is canceled, and nobody killed it")
		}
		return
	}
	if slices.Contains(head.Marks, want.Mark) {
		if head.Revision < want.Revision {
			c.find(Stale, "the head has revision %d, %d was acknowledged", head.Revision, want.Revision)
		}
		return
	}
	for _, i := range c.sent {
		if !slices.Contains(head.Marks, i.Mark) {
			continue
		}
		if !i.Newer(want.Item) {
			c.find(Stale, "the head is version %d of %v, version %d of %v was acknowledged", i.Version, i.Created, want.Version, want.Created)
		}
		return
	}
	c.find(Lost, "the head is none of the texts that were sent; version %d was acknowledged", want.Version)
}

// killed checks that nothing is left of a killed article but a notice.
func (c *check) killed(heads, versions []Document) {
	if len(heads) == 0 {
		c.find(Lost, "no notice; a kill was acknowledged")
	}
	for _, d := range heads {
		if d.Status != article.Canceled {
			c.find(Resurrected, "the head is %s; a kill was acknowledged", d.Status)
		} else if len(d.Marks) > 0 {
			c.find(Resurrected, "the notice shows text: %s", d.Marks[0])
		}
	}
	for _, d := range versions {
		if len(d.Marks) > 0 {
			c.find(Resurrected, "version %s, revision %d, shows text: %s", d.ID, d.Revision, d.Marks[0])
		}
	}
	for _, i := range c.sent {
		if c.audit.found[i.Mark] {
			c.find(Resurrected, "a search finds the text of version %d: %s", i.Version, i.Mark)
		}
	}
}

// versions checks that every acknowledged revision is there once.
func (c *check) versions(ds []Document, killed bool) {
	bySource := map[int64][]Document{}
	for _, d := range ds {
		bySource[d.Revision.Source()] = append(bySource[d.Revision.Source()], d)
	}
	checked := map[int64]bool{}
	for _, a := range c.acks {
		source := a.Revision.Source()
		if checked[source] {
			continue
		}
		checked[source] = true
		there := bySource[source]
		switch {
		case len(there) == 0:
			c.find(Lost, "version %d, revision %d, is not among the versions", a.Version, a.Revision)
		case len(there) > 1:
			c.find(Duplicate, "version %d, revision %d, is %d times among the versions", a.Version, a.Revision, len(there))
		case !killed && there[0].Status != article.Canceled && !slices.Contains(there[0].Marks, a.Mark):
			c.find(Lost, "version %d, revision %d, has not its text among the versions", a.Version, a.Revision)
		}
	}
	c.repeated(ds)
}

// repeated finds a text that stands in several versions without having been
// acknowledged as several revisions.
func (c *check) repeated(ds []Document) {
	n := map[string]int{}
	type place struct {
		mark   string
		source int64
	}
	seen := map[place]bool{}
	for _, d := range ds {
		for _, m := range d.Marks {
			if at := (place{m, d.Revision.Source()}); !seen[at] {
				seen[at] = true
				n[m]++
			}
		}
	}
	for _, i := range c.sent {
		if n[i.Mark] < 2 {
			continue
		}
		revisions := map[article.Revision]bool{}
		for _, a := range c.acks {
			if a.Mark == i.Mark {
				revisions[a.Revision] = true
			}
		}
		if n[i.Mark] > max(len(revisions), 1) {
			c.find(Duplicate, "the text of version %d stands in %d versions", i.Version, n[i.Mark])
		}
	}
}
