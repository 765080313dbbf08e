package article

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// MaxRetold is how many passages of an article an editor may say the kind of.
const MaxRetold = 200

// retoldItems is what those are called in errors.
const retoldItems = "passages whose kind is said"

// startOf tells of kinds that the enricher cuts off the beginning of a line.
func (k Kind) startOf() bool { return k == Dateline || k == Kicker }

// endOf tells of kinds that the enricher cuts off the end of a line.
func (k Kind) endOf() bool { return k == CreditLine || k == Signoff }

// maxElsewhere is how many places with its words are tried for a passage in another text.
const maxElsewhere = 32

// displaced is the version that signs a headline which is a subhead, as an editor says that
// another one is the headline.
const displaced = signerVersion + 1

// retell puts what editors say of passages, which are in order, into the segments of a, and
// tells whether all of it could be put. elsewhere are further places of a passage, by its
// place. Put in once more it changes nothing. All other segments are as they are found: a
// text has too many for an editor to tell them all, and a later text others.
//
// A passage is one segment then, in place of those in it; what it leaves of them at its
// ends stays what it was. Of two that have words in common the first that can be put counts.
// Where an editor says which the headline is, what was found to be another one is a subhead,
// as it is for those who take articles further.
func (a *Article) retell(said []Segment, elsewhere map[Span][]Span) bool {
	segs := slices.Clone(a.Segments)
	var in []Span
	anywhere := func(s Segment, put func(Segment) bool) bool {
		at := s.Span
		if put(s) {
			return true
		}
		for _, s.Span = range elsewhere[at] {
			if put(s) {
				return true
			}
		}
		return false
	}
	left := slices.DeleteFunc(slices.Clone(said), func(s Segment) bool {
		return anywhere(s, func(s Segment) bool {
			i, there := slices.BinarySearchFunc(segs, s.Start, func(g Segment, at int) int { return cmp.Compare(g.Start, at) })
			if !there || segs[i].Span != s.Span || segs[i].Kind != s.Kind || segs[i].Enricher != Signer {
				return false
			}
			in = append(in, s.Span)
			return true
		})
	})
	for again := true; again; { // one may be whole only where another one is cut off beside it
		again = false
		left = slices.DeleteFunc(left, func(s Segment) bool {
			return anywhere(s, func(s Segment) bool {
				c, ok := cutOut(a.Text, segs, &s)
				if !ok || len(segs)+c.more() > MaxSegments || slices.ContainsFunc(in, s.overlaps) {
					return false
				}
				segs = slices.Replace(segs, c.from, c.to, c.with(segs, &s)...)
				in = append(in, s.Span)
				again = true
				return true
			})
		})
		slices.Reverse(left) // each may wait for the one behind it
	}
	if slices.ContainsFunc(segs, func(s Segment) bool { return s.Kind == Headline && s.Enricher == Signer }) {
		for i := range segs {
			if s := &segs[i]; s.Kind == Headline && s.Enricher != Signer {
				s.Kind, s.Evidence = Subhead, Evidence{Span: s.Span, Enricher: Signer, Version: displaced, Confidence: 1}
			}
		}
	}
	a.Segments = segs
	return len(left) == 0
}

// overlaps tells whether s and t have words in common.
func (s Span) overlaps(t Span) bool { return s.Start < t.End && t.Start < s.End }

// untell makes the segments that editors told unknown, and the headlines that those
// displaced are headlines again.
func (a *Article) untell() {
	if !slices.ContainsFunc(a.Segments, func(s Segment) bool { return s.Enricher == Signer }) {
		return
	}
	a.Segments = each(a.Segments, func(s *Segment) {
		if s.Enricher != Signer {
			return
		}
		kind := Unknown
		if s.Version == displaced {
			kind = Headline
		}
		*s = Segment{Kind: kind, Evidence: Evidence{Span: s.Span}}
	})
}

// cutting is where a passage stands among segments: in place of those from to to, of
// whose first and last it leaves what is in front of it and behind it.
type cutting struct {
	from, to      int
	front, behind Span
}

// more is how many segments more there are then.
func (c *cutting) more() int {
	n := 1 - (c.to - c.from)
	for _, rest := range []Span{c.front, c.behind} {
		if !rest.Empty() {
			n++
		}
	}
	return n
}

// with is what stands in place of segs[c.from:c.to] then.
func (c *cutting) with(segs []Segment, s *Segment) []Segment {
	var in []Segment
	if front := segs[c.from]; !c.front.Empty() {
		front.Span = c.front
		in = append(in, front)
	}
	in = append(in, *s)
	if behind := segs[c.to-1]; !c.behind.Empty() {
		behind.Span = c.behind
		in = append(in, behind)
	}
	return in
}

// cutOut tells where s goes, and whether it may: it must be whole segments or whole lines
// of them, or of one that is cut off a line at its end.
func cutOut(text string, segs []Segment, s *Segment) (c cutting, ok bool) {
	c.from, _ = slices.BinarySearchFunc(segs, s.Start+1, func(g Segment, at int) int { return cmp.Compare(g.End, at) })
	c.to, _ = slices.BinarySearchFunc(segs, s.End, func(g Segment, at int) int { return cmp.Compare(g.Start, at) })
	if c.from >= c.to || s.Start < segs[c.from].Start || s.End > segs[c.to-1].End {
		return c, false
	}
	first, last := segs[c.from].Span, segs[c.to-1].Span
	c.front = Span{first.Start, first.Start + len(strings.TrimRightFunc(text[first.Start:s.Start], unicode.IsSpace))}
	c.behind = Span{last.End - len(strings.TrimLeftFunc(text[s.End:last.End], unicode.IsSpace)), last.End}
	whole := s.Span == Span{first.Start, last.End} || strings.TrimSpace(s.In(text)) == s.In(text)
	starts := c.front.Empty() || lineStarts(text, s.Start) || s.Kind.endOf()
	ends := c.behind.Empty() || lineEnds(text, s.End) || s.Kind.startOf()
	return c, whole && starts && ends
}

// lineStarts tells whether nothing but white space is in front of a place in its line.
func lineStarts(text string, at int) bool {
	before := strings.TrimRightFunc(text[:at], func(r rune) bool { return r != '\n' && unicode.IsSpace(r) })
	return before == "" || strings.HasSuffix(before, "\n")
}

// lineEnds tells whether nothing but white space is behind a place in its line.
func lineEnds(text string, at int) bool {
	rest := strings.TrimLeftFunc(text[at:], func(r rune) bool { return r != '\n' && unicode.IsSpace(r) })
	return rest == "" || strings.HasPrefix(rest, "\n")
}

// retold checks what is said of passages, which are in order.
func (c *checker) retold(said []Segment) {
	c.count(retoldItems, len(said), MaxRetold)
	c.at = 0
	for i := range said {
		s := &said[i]
		if s.Kind == Unknown || !slices.Contains(Kinds, s.Kind) {
			c.bad("segment", i, "has kind %q, which is none of %s", clip(string(s.Kind)), kindNames())
		}
		c.evidence("segment", i, &s.Evidence)
		if i > 0 && s.Start < said[i-1].End {
			c.bad("segment", i, "has words that the one before it has, too")
		}
	}
}

func kindNames() string {
	names := make([]string, len(Kinds))
	for i, k := range Kinds {
		names[i] = string(k)
	}
	return strings.Join(names, ", ")
}

// whole tells which passages whose kind is said are no whole segments of the text.
func (l *locator) whole(said []Segment) error {
	if len(said) == 0 {
		return errors.New("says of no passage what it is; take the correction back instead")
	}
	a := Article{Text: l.text, Segments: l.segments()}
	a.retell(said, nil)
	var errs []error
	for i, s := range said {
		if slices.Contains(a.Segments, s) || len(errs) == maxWrong {
			continue
		}
		err := fmt.Errorf("segment %d: %q is a part of a segment; say the kind of whole ones, or of whole lines", i, clip(s.In(l.text)))
		if c, ok := cutOut(a.Text, a.Segments, &s); ok && len(a.Segments)+c.more() > MaxSegments {
			err = fmt.Errorf("segment %d: %q would make more segments of the article than %d", i, clip(s.In(l.text)), MaxSegments)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// wholeOnly is to without the passages that stand in the text and are no whole segments of
// it: they stay as they were said, as those that are gone.
func (l *locator) wholeOnly(to func(Span) (Span, bool)) func(Span) (Span, bool) {
	a := Article{Text: l.text, Segments: l.segments()}
	v := l.proof.Stands.Value
	l.of.place(&v, &mover{to: to})
	a.retell(v.Segments, nil)
	whole := map[Span]bool{}
	for i := range a.Segments {
		whole[a.Segments[i].Span] = true
	}
	return func(was Span) (Span, bool) {
		s, ok := to(was)
		return s, ok && whole[s]
	}
}

// standsFirst is where words stand first behind a place, of those whose kind is said where
// they are whole segments, if they are anywhere; -1: nowhere.
func (l *locator) standsFirst(x map[string]any, words string, from int) int {
	text := l.proof.Text
	first := nextWhole(text, words, from, len(text))
	name, is := x["kind"].(string)
	if !is || !l.of.lines {
		return first
	}
	kind := Kind(name)
	key := cuttable{words, kind.startOf(), kind.endOf()}
	if none, looked := l.none[key]; looked && from >= none {
		return first
	}
	if l.segs == nil {
		l.segs = l.segments()
	}
	for at := first; at >= 0; at = nextWhole(text, words, at+len(words), len(text)) {
		s := Segment{Kind: kind, Evidence: Evidence{Span: Span{at, at + len(words)}}}
		if _, ok := cutOut(text, l.segs, &s); ok {
			return at
		}
	}
	l.none[key] = from
	return first
}

// cuttable are words, and what of a line they may be cut off.
type cuttable struct {
	words      string
	start, end bool
}
