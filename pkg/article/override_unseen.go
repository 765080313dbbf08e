package article

import (
	"hash/fnv"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of what is told of a corrected list that a later text has more for.
const (
	MaxUnseen      = 100   // of one field
	MaxUnseenBytes = 120   // of one of them; what is longer is cut
	MaxKnown       = 5_000 // of one correction; with more it isn't told any more what it doesn't know
)

// listing is how what a list has is called.
type listing struct {
	// each gives each by its name, and whether it surely is for readers.
	each func(a *Article, yield func(name string, sure bool))
	// replaced tells whether a has another list than before.
	replaced func(a, before *Article) bool
}

func listOf[T any](list func(*Article) []T, name func(a *Article, x *T) (string, bool)) listing {
	return listing{
		each: func(a *Article, yield func(string, bool)) {
			of := list(a)
			for i := range of {
				yield(name(a, &of[i]))
			}
		},
		replaced: func(a, before *Article) bool {
			now, then := list(a), list(before)
			return len(now) != len(then) || replaced(now, then)
		},
	}
}

// listings are the fields that are lists of what a text may have more of when it is
// longer. Keyphrases aren't: which are the best changes with every sentence.
var listings = map[string]listing{
	"amounts": listOf(func(a *Article) []Amount { return a.Amounts }, func(a *Article, m *Amount) (string, bool) { return a.calls(&m.Evidence) }),
	"cited_media": listOf(func(a *Article) []Label { return a.CitedMedia }, func(a *Article, l *Label) (string, bool) {
		return l.Value, a.Mentioned(l.Evidence)
	}),
	"credits":  listOf(func(a *Article) []Credit { return a.Credits }, func(a *Article, c *Credit) (string, bool) { return a.calls(&c.Evidence) }),
	"dates":    listOf(func(a *Article) []Moment { return a.Moments }, func(a *Article, m *Moment) (string, bool) { return a.calls(&m.Evidence) }),
	"entities": listOf(func(a *Article) []Entity { return a.Entities }, func(a *Article, e *Entity) (string, bool) { return e.Name, a.Mentioned(e.Mentions) }),
	"places":   listOf(func(a *Article) []Place { return a.Places }, func(a *Article, p *Place) (string, bool) { return p.Name, a.Mentioned(p.Mentions) }),
	"quantities": listOf(func(a *Article) []Quantity { return a.Quantities }, func(a *Article, q *Quantity) (string, bool) {
		return a.calls(&q.Evidence)
	}),
	"quotes": listOf(func(a *Article) []Quotation { return a.Quotes }, func(a *Article, q *Quotation) (string, bool) { return a.calls(&q.Evidence) }),
	"topics": listOf(func(a *Article) []Topic { return a.Topics }, func(a *Article, t *Topic) (string, bool) { return t.Qcode, a.Tells(t) }),
}

// calls gives words of the text, and whether they surely are for readers.
func (a *Article) calls(e *Evidence) (string, bool) {
	return a.cut(e.Span), e.Confidence >= Sure && a.ForReaders(e.Span)
}

// unseenName is a name as it is told, on one line.
func unseenName(name string) string {
	name = strings.Join(strings.Fields(name), " ")
	if len(name) <= MaxUnseenBytes {
		return name
	}
	const more = "…"
	n := MaxUnseenBytes - len(more)
	for n > 0 && !utf8.RuneStart(name[n]) {
		n--
	}
	return name[:n] + more
}

// keyOf is by what something is known, by its name: whether that has capitals doesn't
// matter.
func keyOf(name string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(strings.ToLower(unseenName(name))))
	return h.Sum64()
}

// textKey tells a text from others; it is not 0.
func textKey(text string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text))
	return max(h.Sum64(), 1)
}

// know notes what is known of the list to who corrects it: what was found in the proof,
// what was known before, and what they say. Where it isn't known what was found, that is
// of the text that was known before; where nothing was, or they know too much, nothing is noted.
func (c *Correction) know(p Proof) {
	of, is := listings[c.Field]
	if !is {
		return
	}
	var known []uint64
	note := func(name string, _ bool) { known = append(known, keyOf(name)) }
	before, text := p.Stands != nil && p.Stands.Text != 0, textKey(p.Text)
	if before {
		known = append(known, p.Stands.Known...)
	}
	switch i := p.correctedBefore(c.Field); {
	case p.Found == nil && before: // of what the text has now nobody saw anything
		text = p.Stands.Text
	case p.Found == nil, i >= 0 && !before:
		return
	case i < 0:
		of.each(p.Found, func(name string, sure bool) {
			if sure { // the rest wasn't shown
				note(name, true)
			}
		})
	default:
		for _, name := range p.Found.Corrections.Fields[i].Unseen {
			note(name, true)
		}
	}
	of.each(&c.Value, note)
	slices.Sort(known)
	if known = slices.Compact(known); len(known) > MaxKnown {
		return
	}
	c.Text, c.Known = text, known
}

// correctedBefore is the place of a field among those that were corrected when the article
// was found; -1: it wasn't.
func (p *Proof) correctedBefore(field string) int {
	if p.Found == nil {
		return -1
	}
	return slices.IndexFunc(p.Found.Corrections.Fields, func(f Corrected) bool { return f.Field == field })
}

// Found is p with what was found of its fields by the enricher that made a of before,
// in a text that their corrections were not said of. It is told of the articles that p is
// put into; see [Corrected.Unseen].
func (p *Placed) Found(a, before *Article) *Placed {
	q := p
	for i := range p.fields {
		f := &p.fields[i]
		of := listings[f.Field]
		if !f.later || !of.replaced(a, before) {
			continue
		}
		if q == p {
			q = &Placed{number: p.number, fields: slices.Clone(p.fields)}
		}
		q.fields[i].Unseen = f.unseen(of, a)
	}
	return q
}

// unseen is what a surely has and the correction doesn't know.
func (f *placedField) unseen(of listing, a *Article) []string {
	var unseen []string
	seen := map[uint64]bool{}
	of.each(a, func(name string, sure bool) {
		key := keyOf(name)
		_, known := slices.BinarySearch(f.known, key)
		if !sure || known || seen[key] || name == "" || len(unseen) == MaxUnseen {
			return
		}
		seen[key] = true
		unseen = append(unseen, unseenName(name))
	})
	return unseen
}
