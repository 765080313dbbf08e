package ledger

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/copytaster/copytaster/pkg/article"
)

// Given is a message of a public topic.
type Given struct {
	URI      article.URI
	Revision article.Revision
	Status   article.Status
	Marks    []string // all that stand anywhere in it
}

// Public holds a public topic against the ledger: log has its messages by
// article, each article's in their order. The last of each article is its newest
// revision, or, if it was killed and anything of it went out, a notice without
// text. No message goes back to an older revision, and none follows a kill.
func (l *Ledger) Public(topic string, log map[article.URI][]Given) []Finding {
	l.mu.Lock()
	defer l.mu.Unlock()
	var fs []Finding
	find := func(k Kind, uri article.URI, format string, args ...any) {
		fs = append(fs, Finding{k, string(uri), topic + ": " + fmt.Sprintf(format, args...)})
	}
	for name, acks := range l.acked {
		uri := acks[0].URI
		p := public{log: log[uri], acks: acks, sent: l.sent[name], find: func(k Kind, format string, args ...any) { find(k, uri, format, args...) }}
		p.order()
		p.end()
	}
	for uri := range log {
		if _, known := l.names[uri]; !known {
			find(Duplicate, uri, "it was sent by nobody")
		}
	}
	slices.SortFunc(fs, func(x, y Finding) int {
		return cmp.Or(cmp.Compare(slices.Index(Kinds(), x.Kind), slices.Index(Kinds(), y.Kind)), strings.Compare(x.URI, y.URI), strings.Compare(x.Detail, y.Detail))
	})
	return fs
}

// public holds the messages of one article.
type public struct {
	log  []Given
	acks []Ack
	sent []Item
	find func(k Kind, format string, args ...any)
}

// order checks each message by the one before it.
func (p *public) order() {
	for i, g := range p.log {
		if g.Status == article.Canceled && len(g.Marks) > 0 {
			p.find(Resurrected, "the notice shows text: %v", g.Marks)
		}
		if i == 0 {
			continue
		}
		switch before := p.log[i-1]; {
		case before.Status == article.Canceled && g.Status != article.Canceled:
			p.find(Resurrected, "revision %d is %s after the kill", g.Revision, g.Status)
		case g.Status != article.Canceled && g.Revision < before.Revision:
			p.find(Stale, "revision %d came after %d", g.Revision, before.Revision)
		}
	}
}

// end checks what stands at the end.
func (p *public) end() {
	killed := slices.ContainsFunc(p.acks, func(a Ack) bool { return a.Killed })
	open := slices.ContainsFunc(p.sent, func(i Item) bool { return i.Killed }) && !killed
	var last Given
	if len(p.log) > 0 {
		last = p.log[len(p.log)-1]
	}
	switch want := newest(p.acks); {
	case killed && len(p.log) > 0 && last.Status != article.Canceled:
		p.find(Resurrected, "it is %s at the end; a kill was acknowledged", last.Status)
	case killed, open:
	case len(p.log) == 0:
		p.find(Lost, "it did not go out; version %d was acknowledged", want.Version)
	case last.Status != article.Usable:
		p.find(Lost, "it is %s at the end, it was sent as usable", last.Status)
	case last.Revision < want.Revision:
		p.find(Stale, "it is revision %d at the end, %d was acknowledged", last.Revision, want.Revision)
	case last.Revision == want.Revision && !slices.Contains(last.Marks, want.Mark):
		p.find(Lost, "it has not the text of version %d at the end", want.Version)
	}
}
