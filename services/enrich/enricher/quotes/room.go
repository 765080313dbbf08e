package quotes

import (
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// keptItems is how many items there is room for when the next text is read: what one
// long text needed is given back.
const keptItems = 4096

// room is what reading a text takes, kept for the next one.
type room struct {
	blocks []block
	spans  []article.Span
	marks  []mark
	items  []item
	sents  []sentence
	people people
	ascribing
}

// ascribing is the part of it that an ascriber needs.
type ascribing struct {
	subject    []phrase              // of each sentence, from the first pass; to == 0: none
	names      []naming              // of the text, in order
	bodies     []introduced          // in order of their places
	persons    map[string]introduced // "a singer", by the noun
	latest     []*entity             // who was spoken of last, the last one at the end
	candidates []candidate
	inner      []candidate // likewise, while the subject of a sentence is resolved
	words      []string    // of a choice
	capitals   []string    // those of them that have one
}

func (e *Enricher) enter() *room {
	if r, ok := e.rooms.Get().(*room); ok {
		return r
	}
	return &room{
		people:    people{byName: map[string]*entity{}, byLast: map[string]*entity{}, byFirst: map[string]*entity{}, byHead: map[string]*entity{}, initial: map[string]*entity{}},
		ascribing: ascribing{persons: map[string]introduced{}},
	}
}

// leave keeps the room, without anything of the text.
func (e *Enricher) leave(r *room) {
	if max(cap(r.items), cap(r.spans), cap(r.marks)) > keptItems {
		return
	}
	p := &r.people
	for _, m := range []map[string]*entity{p.byName, p.byLast, p.byFirst, p.byHead, p.initial} {
		clear(m)
	}
	*p = people{byName: p.byName, byLast: p.byLast, byFirst: p.byFirst, byHead: p.byHead, initial: p.initial, all: empty(p.all), roles: empty(p.roles), likely: empty(p.likely), others: empty(p.others)}
	clear(r.persons)
	r.blocks, r.spans, r.marks = r.blocks[:0], r.spans[:0], r.marks[:0]
	r.items, r.sents = r.items[:0], r.sents[:0]
	r.subject, r.bodies, r.names, r.latest = r.subject[:0], r.bodies[:0], empty(r.names), empty(r.latest)
	r.candidates, r.inner = empty(r.candidates), empty(r.inner)
	r.words, r.capitals = empty(r.words), empty(r.capitals)
	e.rooms.Put(r)
}

// empty is the room of s, with nothing in it.
func empty[T any](s []T) []T {
	clear(s[:cap(s)])
	return s[:0]
}

// begin makes p the people of a text.
func (p *people) begin(text string, lang *language, titles, given *lexicon.Trie) *people {
	p.text, p.lang, p.titles, p.given = text, lang, titles, given
	return p
}

// add gives e a place of its own.
func (p *people) add(e entity) *entity {
	if len(p.all) == cap(p.all) {
		p.all = make([]entity, 0, max(2*cap(p.all), 32)) // those of before stay where they are
	}
	p.all = append(p.all, e)
	return &p.all[len(p.all)-1]
}
