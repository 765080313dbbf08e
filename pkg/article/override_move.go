package article

import (
	"cmp"
	"slices"
)

// mover gives spans other places.
type mover struct {
	to    func(Span) (Span, bool) // false: the words are gone
	touch func(*Evidence)         // sees all evidence first; may be nil
	lost  bool                    // some words were gone
	thing int                     // counts the entities and places, whose mentions they are
}

// move moves e, and tells whether its words are there. What comes from elsewhere
// than the text stays.
func (m *mover) move(e *Evidence) bool {
	if m.touch != nil {
		m.touch(e)
	}
	if e.Span == (Span{}) {
		return true
	}
	s, ok := m.to(e.Span)
	if e.Span = s; !ok {
		e.Span, m.lost = Span{}, true
	}
	return ok
}

func (m *mover) label(l Label) Label {
	l.Evidence = each(l.Evidence, func(e *Evidence) { m.move(e) })
	return l
}

// unplaced is the confidence of a mention whose words are gone. They may have stood in
// a note, and what has no place is shown if it is [Sure].
const unplaced = Sure / 2

// keep moves a mention, which stays without a place and unsure if its words are gone.
func (m *mover) keep(e *Evidence) {
	if !m.move(e) {
		e.Confidence = min(e.Confidence, unplaced)
	}
}

// mentions are those of one thing that are in the text, in order, or one without a
// place.
func (m *mover) mentions(es []Evidence) []Evidence {
	m.thing++
	es = each(es, m.keep)
	if there := slices.DeleteFunc(slices.Clone(es), func(e Evidence) bool { return e.Span == Span{} }); len(there) > 0 {
		inOrder(there, func(e *Evidence) Span { return e.Span })
		return there
	}
	slices.SortStableFunc(es, func(a, b Evidence) int { return cmp.Compare(b.Confidence, a.Confidence) })
	return cutTo(es, 1)
}

// amounts are those that are in the text, in order.
func (m *mover) amounts(list []Amount) []Amount {
	type kept struct {
		Amount
		was int
	}
	var there []kept
	for i, a := range list {
		if m.move(&a.Evidence) {
			there = append(there, kept{a, i})
		}
	}
	inOrder(there, func(k *kept) Span { return k.Span })
	var out []Amount
	for i, k := range there {
		if k.Converts > 0 {
			of := slices.IndexFunc(there[:i], func(o kept) bool { return o.was == k.was-k.Converts })
			if k.Converts = i - of; of < 0 {
				k.Converts = 0
			}
		}
		out = append(out, k.Amount)
	}
	return out
}

// each is a copy of list with what f makes of its members.
func each[T any](list []T, f func(*T)) []T {
	list = slices.Clone(list)
	for i := range list {
		f(&list[i])
	}
	return list
}

// words are those of list whose words are in the text, in order.
func words[T any](m *mover, list []T, of func(*T) *Evidence) []T {
	var there []T
	for _, x := range list {
		if m.move(of(&x)) {
			there = append(there, x)
		}
	}
	inOrder(there, func(x *T) Span { return of(x).Span })
	return there
}

func inOrder[T any](list []T, at func(*T) Span) {
	slices.SortStableFunc(list, func(a, b T) int { return cmp.Compare(at(&a).Start, at(&b).Start) })
}

// byMention puts list into the order of first mentions; what has none in the text
// comes last.
func byMention[T any](list []T, of func(*T) []Evidence) {
	nowhere := func(x *T) bool { return len(of(x)) == 0 || of(x)[0].Span == Span{} }
	slices.SortStableFunc(list, func(a, b T) int {
		switch {
		case nowhere(&a) && nowhere(&b):
			return 0
		case nowhere(&a):
			return 1
		case nowhere(&b):
			return -1
		}
		return cmp.Compare(of(&a)[0].Start, of(&b)[0].Start)
	})
}
