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
	Words    Words    // of all its text
	Lacks    string   // what every enriched article has and this one has not
}

// Audit holds an index against a ledger. It keeps little of each document, so
// that an index of any size can be streamed through it.
type Audit struct {
	ledger   *Ledger
	said     func(Item) Words
	heads    map[article.URI][]Document
	versions map[article.URI][]Document
	found    map[string]bool   // marks that a search finds
	missed   map[string]string // marks that a search does not find, and which
}

// Audit begins one; said are the words of an item's text. The ledger must not
// change until its verdict.
func (l *Ledger) Audit(said func(Item) Words) *Audit {
	return &Audit{
		ledger: l, said: said, heads: map[article.URI][]Document{}, versions: map[article.URI][]Document{},
		found: map[string]bool{}, missed: map[string]string{},
	}
}

// Head takes in a document of the index of newest revisions.
func (a *Audit) Head(d Document) { a.heads[d.URI] = append(a.heads[d.URI], d) }

// Version takes in a document of the index of all revisions.
func (a *Audit) Version(d Document) { a.versions[d.URI] = append(a.versions[d.URI], d) }

// Found says that a search finds the mark, even if no document shows it.
func (a *Audit) Found(mark string) { a.found[mark] = true }

// Missed says that a search, the one named, does not find a mark of
// [Ledger.LivingMarks].
func (a *Audit) Missed(mark, search string) { a.missed[mark] = search }

// LivingMarks are the newest marks of articles that nobody killed and of which
// nothing is open: every search must find them.
func (l *Ledger) LivingMarks() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var marks []string
	for name, as := range l.acked {
		if len(l.sent[name]) == len(as) && !slices.ContainsFunc(l.sent[name], func(i Item) bool { return i.Killed }) {
			marks = append(marks, newest(as).Mark)
		}
	}
	slices.Sort(marks)
	return marks
}

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
func newest(acks []Ack) Ack {
	return slices.MaxFunc(acks, func(x, y Ack) int {
		switch {
		case x.Newer(y.Item):
			return 1
		case y.Newer(x.Item):
			return -1
		}
		return 0
	})
}

// killSent tells that a kill may have arrived, also without an answer.
func (c *check) killSent() bool {
	return slices.ContainsFunc(c.sent, func(i Item) bool { return i.Killed })
}

// known tells that a revision was acknowledged.
func (c *check) known(r article.Revision) bool {
	return slices.ContainsFunc(c.acks, func(a Ack) bool { return a.Revision.Source() == r.Source() })
}

// head checks the head of an article that is not killed.
func (c *check) head(heads []Document) {
	want := newest(c.acks)
	if len(heads) == 0 {
		c.find(Lost, "no head; version %d was acknowledged", want.Version)
		return
	}
	head := heads[0]
	switch {
	case head.Status == article.Canceled && c.killSent():
		return
	case head.Status == article.Canceled:
		c.find(Lost, "the head is canceled, and nobody killed it")
		return
	case head.Status != article.Usable:
		c.find(Lost, "the head is %q, it was sent as usable", head.Status)
		return
	case slices.Contains(head.Marks, want.Mark):
		c.newestHead(head, want)
		return
	}
	for _, i := range c.sent {
		if !slices.Contains(head.Marks, i.Mark) {
			continue
		}
		if i.Newer(want.Item) {
			c.whole("the head", head, i)
		} else {
			c.find(Stale, "the head is version %d of %v, version %d of %v was acknowledged", i.Version, i.Created, want.Version, want.Created)
		}
		return
	}
	c.find(Lost, "the head is none of the texts that were sent; version %d was acknowledged", want.Version)
}

// newestHead checks a head that has the newest mark.
func (c *check) newestHead(head Document, want Ack) {
	switch {
	case head.Revision < want.Revision:
		c.find(Stale, "the head has revision %d, %d was acknowledged", head.Revision, want.Revision)
	case len(c.sent) == len(c.acks) && !c.known(head.Revision):
		c.find(Duplicate, "the head has revision %d, which was acknowledged to nobody", head.Revision)
	}
	c.whole("the head", head, want.Item)
	if search, missed := c.audit.missed[want.Mark]; missed {
		c.find(Lost, "the head has the text of version %d, and a search of %s does not find it", want.Version, search)
	}
}

// whole checks that a document has all that was sent, and what enrichment gives.
func (c *check) whole(what string, d Document, i Item) {
	switch {
	case d.Words != c.audit.said(i):
		c.find(Lost, "%s has not all words of version %d, or others", what, i.Version)
	case d.Lacks != "":
		c.find(Lost, "%s lacks %s", what, d.Lacks)
	}
}

// killed checks that nothing is left of a killed article but a notice.
func (c *check) killed(heads, versions []Document) {
	if len(heads) == 0 {
		c.find(Lost, "no notice; a kill was acknowledged")
	}
	for _, d := range heads {
		if d.Status != article.Canceled {
			c.find(Resurrected, "the head is %s; a kill was acknowledged", d.Status)
		} else if d.shows() {
			c.find(Resurrected, "the notice shows text: %v", d.Marks)
		}
	}
	for _, d := range versions {
		if d.shows() {
			c.find(Resurrected, "version %s, revision %d, shows text: %v", d.ID, d.Revision, d.Marks)
		}
	}
	for _, i := range c.sent {
		if c.audit.found[i.Mark] {
			c.find(Resurrected, "a search finds the text of version %d: %s", i.Version, i.Mark)
		}
	}
}

// shows tells that there is any text in it.
func (d Document) shows() bool { return len(d.Marks) > 0 || d.Words != Words{} }

// versions checks that every acknowledged revision is there once, and no other.
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
		case !killed:
			c.version(there[0], a)
		}
	}
	if !c.repeated(ds) {
		c.foreign(bySource)
	}
}

// version checks an entry of an article whose kill was not acknowledged.
func (c *check) version(d Document, a Ack) {
	switch {
	case d.Status == article.Canceled && c.killSent():
	case d.Status != article.Usable:
		c.find(Lost, "version %d, revision %d, is %q among the versions, it was sent as usable", a.Version, a.Revision, d.Status)
	case !slices.Contains(d.Marks, a.Mark):
		c.find(Lost, "version %d, revision %d, has not its text among the versions", a.Version, a.Revision)
	default:
		c.whole(fmt.Sprintf("revision %d among the versions", a.Revision), d, a.Item)
	}
}

// foreign finds versions that nobody sent: those beyond what is open.
func (c *check) foreign(bySource map[int64][]Document) {
	var others []article.Revision
	for _, ds := range bySource {
		if !c.known(ds[0].Revision) {
			others = append(others, ds[0].Revision)
		}
	}
	if slices.Sort(others); len(others) > len(c.sent)-len(c.acks) {
		c.find(Duplicate, "among the versions are revisions %d, which were acknowledged to nobody; %d are open", others, len(c.sent)-len(c.acks))
	}
}

// repeated finds a text that stands in several versions without having been
// acknowledged as several revisions, and tells whether there is one.
func (c *check) repeated(ds []Document) (found bool) {
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
			found = true
		}
	}
	return found
}
