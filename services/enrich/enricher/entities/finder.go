package entities

import (
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/enricher/entities/tag"
)

// keptMentions is how many mentions there is room for when the next text is read: what
// one long text needed is given back.
const keptMentions = 512

// finder finds the entities of one text.
type finder struct {
	*Enricher
	doc    *tag.Doc
	dates  []article.Moment
	found  []mention // by place
	spare  []mention
	people map[string]bool // last words of the persons that are named with two words or more
	names  names
	votes  map[string][tag.Kinds]float64 // for what a name is of
	last   map[string]int                // full names of persons by their last word

	// Room for what is made of the mentions.
	moved []int
	other []mention
	all   []article.Entity
}

// finder is one for the text of a document.
func (e *Enricher) finder(d *tag.Doc, dates []article.Moment) *finder {
	f, ok := e.finders.Get().(*finder)
	if !ok {
		f = &finder{
			people: map[string]bool{}, votes: map[string][tag.Kinds]float64{}, last: map[string]int{},
			names: names{byName: map[nameKey]int{}, byPart: map[string]int{}, byInit: map[string]int{}, byTeam: map[string]int{}},
		}
	}
	f.Enricher, f.doc, f.dates = e, d, dates
	return f
}

// free keeps the room, without anything of the text.
func (f *finder) free() {
	e := f.Enricher
	if max(cap(f.found), cap(f.spare), cap(f.other), cap(f.all)) > keptMentions {
		return
	}
	f.Enricher, f.doc, f.dates = nil, nil, nil
	f.found, f.spare, f.other, f.all, f.names.bodies = empty(f.found), empty(f.spare), empty(f.other), empty(f.all), empty(f.names.bodies)
	clear(f.people)
	clear(f.votes)
	clear(f.last)
	clear(f.names.byName)
	for _, m := range []map[string]int{f.names.byPart, f.names.byInit, f.names.byTeam} {
		clear(m)
	}
	e.finders.Put(f)
}

// empty is the room of s, with nothing in it.
func empty[T any](s []T) []T {
	clear(s[:cap(s)])
	return s[:0]
}
