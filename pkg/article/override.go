package article

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Corrections say which fields of an article have what an editor says, and not
// what was found out.
type Corrections struct {
	// Number is how many changes editors made to them. The sequence of the article's
	// revision is higher by so much, see [Article.Uncorrected].
	Number int
	Fields []Corrected // by name; none if all was taken back
}

// Corrected says who corrected a field, and when.
type Corrected struct {
	Field string // as in JSON, one of [Correctable]
	Who   string
	At    time.Time
}

// Override is all that editors correct of an article, whatever is found out of
// it, in this revision and those to come.
type Override struct {
	URI         URI
	Number      int // counts the changes; it goes on when all is taken back
	Corrections []Correction
}

// Correction is what an editor says of one field. Make one by [ParseCorrection].
type Correction struct {
	Corrected
	Reason   string
	Revision Revision // of the text that the passages stand in
	// Value has that one field. Its text is that of the passages, one after the other,
	// and its spans are places there.
	Value    Article
	Passages []Span // in order
}

// Limits of an override.
const (
	// MaxCorrections leaves room among the sequences of a revision for what is issued
	// again for other reasons.
	MaxCorrections = 200
	MaxPassages    = 2_000 // of one correction
	// MaxMoved is how far, in bytes, from their place words are looked for in another
	// revision's text.
	MaxMoved = 64 << 10
)

// Signer signs what comes from an editor.
const (
	Signer        = "override"
	signerVersion = 1
)

// correctable is a field that an editor may correct.
type correctable struct {
	name string
	set  func(to, from *Article)
	// place gives what the field has its places by m, in order, and leaves out what is
	// nothing without words in the text. It writes into no list.
	place func(a *Article, m *mover)
}

// correctables are all of them, by name. The names are those of the JSON.
var correctables = []correctable{
	{"agency", func(to, from *Article) { to.Agency = from.Agency }, func(a *Article, m *mover) { a.Agency = m.label(a.Agency) }},
	{"amounts", func(to, from *Article) { to.Amounts = from.Amounts }, func(a *Article, m *mover) { a.Amounts = m.amounts(a.Amounts) }},
	{"attribution", func(to, from *Article) { to.Attribution = from.Attribution }, func(*Article, *mover) {}},
	{"cited_media", func(to, from *Article) { to.CitedMedia = from.CitedMedia }, func(a *Article, m *mover) {
		a.CitedMedia = each(a.CitedMedia, func(l *Label) { *l = m.label(*l) })
	}},
	{"credits", func(to, from *Article) { to.Credits = from.Credits }, func(a *Article, m *mover) {
		a.Credits = words(m, a.Credits, func(c *Credit) *Evidence { return &c.Evidence })
	}},
	{"dates", func(to, from *Article) { to.Moments = from.Moments }, func(a *Article, m *mover) {
		a.Moments = words(m, a.Moments, func(d *Moment) *Evidence { return &d.Evidence })
	}},
	{"entities", func(to, from *Article) { to.Entities = from.Entities }, func(a *Article, m *mover) {
		a.Entities = each(a.Entities, func(e *Entity) { e.Mentions = m.mentions(e.Mentions) })
		byMention(a.Entities, func(e *Entity) []Evidence { return e.Mentions })
	}},
	{"filed", func(to, from *Article) { to.Filed = from.Filed }, func(a *Article, m *mover) {
		if !a.Filed.none() {
			m.move(&a.Filed.Evidence)
		}
	}},
	{"keyphrases", func(to, from *Article) { to.Keyphrases = from.Keyphrases }, func(a *Article, m *mover) {
		a.Keyphrases = each(a.Keyphrases, func(k *Keyphrase) { m.keep(&k.Evidence) })
	}},
	{"language", func(to, from *Article) { to.Language = from.Language }, func(a *Article, m *mover) { a.Language = m.label(a.Language) }},
	{"places", func(to, from *Article) { to.Places = from.Places }, func(a *Article, m *mover) {
		a.Places = each(a.Places, func(p *Place) { p.Mentions = m.mentions(p.Mentions) })
		byMention(a.Places, func(p *Place) []Evidence { return p.Mentions })
	}},
	{"quantities", func(to, from *Article) { to.Quantities = from.Quantities }, func(a *Article, m *mover) {
		a.Quantities = words(m, a.Quantities, func(q *Quantity) *Evidence { return &q.Evidence })
	}},
	{"quotes", func(to, from *Article) { to.Quotes = from.Quotes }, func(a *Article, m *mover) {
		a.Quotes = words(m, a.Quotes, func(q *Quotation) *Evidence { return &q.Evidence })
	}},
	{"summary", func(to, from *Article) { to.Summary = from.Summary }, func(a *Article, m *mover) {
		if a.Summary != (Evidence{}) && !m.move(&a.Summary) {
			a.Summary = Evidence{}
		}
	}},
	{"topics", func(to, from *Article) { to.Topics = from.Topics }, func(a *Article, m *mover) {
		a.Topics = each(a.Topics, func(t *Topic) {
			m.move(&t.Evidence)
			t.Why = each(t.Why, func(r *Reason) { m.move(&r.Evidence) })
		})
	}},
	{"translation", func(to, from *Article) { to.Translation = from.Translation }, func(a *Article, m *mover) {
		a.Translation.Reasons = each(a.Translation.Reasons, func(r *Reason) { m.move(&r.Evidence) })
	}},
}

// Correctable are the names of the fields that an editor may correct, in order.
func Correctable() []string {
	names := make([]string, len(correctables))
	for i, c := range correctables {
		names[i] = c.name
	}
	return names
}

func correctableOf(name string) *correctable {
	i, ok := slices.BinarySearchFunc(correctables, name, func(c correctable, name string) int { return cmp.Compare(c.name, name) })
	if !ok {
		return nil
	}
	return &correctables[i]
}

// Set is o with c in place of what it had of that field. Of o nothing is changed.
func (o Override) Set(c Correction) Override {
	o, _ = o.Remove(c.Field)
	at, _ := slices.BinarySearchFunc(o.Corrections, c.Field, func(c Correction, name string) int { return cmp.Compare(c.Field, name) })
	o.Corrections = slices.Insert(o.Corrections, at, c)
	return o
}

// Remove is o without its correction of that field, and whether it had one.
func (o Override) Remove(field string) (Override, bool) {
	before := len(o.Corrections)
	o.Corrections = slices.DeleteFunc(slices.Clone(o.Corrections), func(c Correction) bool { return c.Field == field })
	return o, len(o.Corrections) < before
}

// Placed is an override in one text. It may be used from many goroutines.
type Placed struct {
	corrections Corrections
	fields      []*correctable
	values      []Article
	lost        bool // words that it names are not in the text
}

// In looks for the words that the corrections name in a text: at their places, or,
// in the text of another revision, as near to them as they stand. What names words
// that are not there goes without a place, an entity, place or keyphrase unsure, as its
// words may have been a note's; and a quotation, amount and the like, which is nothing
// without its words, is left out. Fields that this program doesn't
// know are passed over.
func (o *Override) In(text string) *Placed {
	p := &Placed{corrections: Corrections{Number: o.Number}}
	for i := range o.Corrections {
		c := &o.Corrections[i]
		f := correctableOf(c.Field)
		if f == nil {
			continue
		}
		m := &mover{to: c.finder(text)}
		var v Article
		f.set(&v, &c.Value)
		f.place(&v, m)
		p.corrections.Fields = append(p.corrections.Fields, c.Corrected)
		p.fields, p.values, p.lost = append(p.fields, f), append(p.values, v), p.lost || m.lost
	}
	return p
}

// Number is that of the override.
func (p *Placed) Number() int { return p.corrections.Number }

// Apply puts the corrections into a, whose text is the one that they were placed
// in. A killed article and one without a text have none.
func (p *Placed) Apply(a *Article) {
	if a.Status == Canceled || a.Text == "" {
		return
	}
	lost := p.lost
	for i, f := range p.fields {
		f.set(a, &p.values[i])
		if s := a.Summary.Span; f.name == "summary" && s != (Span{}) && !a.within(s, Kind.summed) {
			a.Summary, lost = Evidence{}, true
		}
	}
	a.Corrections = p.corrections
	a.Unflag(FlagOverrideUnplaced)
	if lost {
		a.Flags = slices.Clone(a.Flags)
		a.Flag(FlagOverrideUnplaced)
	}
}

// Forget takes out of a what editors corrected, and empties these fields: what was
// found out is not known any more. The revision is as it was without corrections.
func (a *Article) Forget() {
	var none Article
	for _, c := range a.Corrections.Fields {
		if f := correctableOf(c.Field); f != nil {
			f.set(a, &none)
		}
	}
	a.Revision, a.Corrections = a.Uncorrected(), Corrections{}
	a.Unflag(FlagOverrideUnplaced)
}

// Uncorrected is the revision of a as it would be if no editor had corrected it.
func (a *Article) Uncorrected() Revision {
	n := min(a.Corrections.Number, a.Revision.Parts().Sequence)
	return a.Revision - Revision(n)
}

// Reissued is r with a sequence that is higher by n, or the highest that there is. Above
// all, the base counts with it: an older parse with more corrections is as new as a
// newer one with fewer, until the article is sent again.
func (r Revision) Reissued(n int) Revision {
	return r + Revision(min(n, MaxSequence-r.Parts().Sequence))
}

// Reissue raises the sequence of a, which has none of its corrections yet, by their
// number. Where there is no room, the number becomes what there was, so that
// [Article.Uncorrected] holds.
func (a *Article) Reissue() {
	before := a.Revision
	a.Revision = before.Reissued(a.Corrections.Number)
	a.Corrections.Number = int(a.Revision - before)
}

// finder tells where passages of c stand in a text.
func (c *Correction) finder(text string) func(Span) (Span, bool) {
	ends := make([]int, len(c.Passages)) // of the passages' words in the value's text
	end := 0
	for i, p := range c.Passages {
		end += p.End - p.Start
		ends[i] = end
	}
	found := c.locate(text, ends)
	return func(s Span) (Span, bool) {
		i, _ := slices.BinarySearch(ends, s.Start+1)
		if i == len(ends) || s.End != ends[i] {
			return Span{}, false
		}
		return found[i], found[i] != Span{}
	}
}

// locate finds the passages in a text: as far from their places as the passages in
// front of them, or else where most of those that follow would be as far from theirs,
// nearest first. No two are found at one place. Where the text has as many of some
// words as passages, these have them in order, and where it has fewer, those that
// don't stand as they stood are not found: nobody could tell which of them is left.
func (c *Correction) locate(text string, ends []int) []Span {
	n := len(c.Passages)
	l := locating{text: text, passages: c.Passages, words: make([]string, n), found: make([]Span, n), firm: make([]bool, n), taken: map[Span]bool{}}
	for i, p := range c.Passages {
		l.words[i] = c.Value.Text[ends[i]-(p.End-p.Start) : ends[i]]
	}
	shift := 0
	for i, p := range c.Passages {
		if at := p.Start + shift; l.free(i, at) {
			l.put(i, at, true)
		} else if at, agreed := l.likeliest(i, at); at >= 0 {
			l.put(i, at, agreed)
			if agreed {
				shift = at - p.Start
			}
		}
	}
	l.settle()
	return l.found
}

// locating is the state of [Correction.locate].
type locating struct {
	text     string
	passages []Span
	words    []string // of each passage
	found    []Span
	firm     []bool // it is found where others are found, too
	taken    map[Span]bool
}

const (
	maxAgree  = 8  // passages that are asked whether they would be found, too
	maxPlaces = 32 // on each side, of the same words, that are looked at
)

// stands tells whether the words of a passage stand there.
func (l *locating) stands(i, at int) bool {
	w := l.words[i]
	return at >= 0 && at+len(w) <= len(l.text) && l.text[at:at+len(w)] == w && wholeWords(l.text, at, w)
}

// free tells whether they stand there, and no passage was found there.
func (l *locating) free(i, at int) bool {
	return l.stands(i, at) && !l.taken[Span{at, at + len(l.words[i])}]
}

func (l *locating) put(i, at int, firm bool) {
	l.found[i], l.firm[i] = Span{at, at + len(l.words[i])}, firm
	l.taken[l.found[i]] = true
}

// likeliest is where a passage stands that isn't where it is expected, and whether
// others behind it agree; -1: nowhere.
func (l *locating) likeliest(i, expected int) (best int, agreed bool) {
	p, w := l.passages[i], l.words[i]
	from, to := max(p.Start-MaxMoved, 0), min(p.End+MaxMoved, len(l.text))
	best, most := -1, 0
	look := func(at int) {
		if l.taken[Span{at, at + len(w)}] {
			return
		}
		n := l.agree(i, at-p.Start)
		if best < 0 || n > most || n == most && away(at, expected) < away(best, expected) {
			best, most = at, n
		}
	}
	middle := min(max(expected, from), to)
	for n, at := 0, middle; n < maxPlaces; n++ {
		if at = nextWhole(l.text, w, at, to); at < 0 {
			break
		}
		look(at)
		at += len(w)
	}
	for n, end := 0, min(middle+len(w)-1, to); n < maxPlaces; n++ {
		at := lastWhole(l.text, w, from, end)
		if at < 0 {
			break
		}
		look(at)
		end = at + len(w) - 1
	}
	return best, most > 0
}

func away(a, b int) int { return max(a-b, b-a) }

// agree counts the passages behind one that would be found, too, if it had moved as
// far as that.
func (l *locating) agree(i, shift int) (n int) {
	asked := 0
	for j := i + 1; j < len(l.passages) && asked < maxAgree; j++ {
		if l.passages[j].Start < l.passages[i].End { // it has the same words
			continue
		}
		if asked++; l.stands(j, l.passages[j].Start+shift) {
			n++
		}
	}
	return n
}

// settle looks at passages with the same words, not all of which are firm.
func (l *locating) settle() {
	same := map[string][]int{}
	for i, w := range l.words {
		same[w] = append(same[w], i)
	}
	for w, group := range same {
		if slices.ContainsFunc(group, func(i int) bool { return !l.firm[i] }) {
			l.settleSame(w, group)
		}
	}
}

func (l *locating) settleSame(w string, group []int) {
	var places []int
	from, to := max(l.passages[group[0]].Start-MaxMoved, 0), min(l.passages[group[len(group)-1]].End+MaxMoved, len(l.text))
	for at := from; len(places) <= len(group); at += len(w) {
		if at = nextWhole(l.text, w, at, to); at < 0 {
			break
		}
		places = append(places, at)
	}
	switch {
	case len(places) == len(group):
		for n, i := range group {
			l.found[i] = Span{}
			if away(places[n], l.passages[i].Start) <= MaxMoved {
				l.found[i] = Span{places[n], places[n] + len(w)}
			}
		}
	case len(places) < len(group):
		for _, i := range group {
			if !l.firm[i] {
				l.found[i] = Span{}
			}
		}
	}
}

// lastWhole is where the words stand last in text[from:to], and not inside of
// others; -1: nowhere.
func lastWhole(text, what string, from, to int) int {
	for from < to {
		i := strings.LastIndex(text[from:to], what)
		if i < 0 {
			return -1
		}
		if wholeWords(text, from+i, what) {
			return from + i
		}
		to = from + i + len(what) - 1
	}
	return -1
}

// nextWhole is where the words stand first in text[from:to], and not inside of others;
// -1: nowhere.
func nextWhole(text, what string, from, to int) int {
	for what != "" && from < to {
		i := strings.Index(text[from:to], what)
		if i < 0 {
			return -1
		}
		if wholeWords(text, from+i, what) {
			return from + i
		}
		_, n := utf8.DecodeRuneInString(text[from+i:])
		from += i + n
	}
	return -1
}

// wholeWords tells that what, which stands at i, begins and ends no word in the
// middle. Scripts that put no space between words have no such middle.
func wholeWords(text string, i int, what string) bool {
	ofWord := func(r rune) bool { return r != utf8.RuneError && classOf(r) == letter }
	before, _ := utf8.DecodeLastRuneInString(text[:i])
	first, _ := utf8.DecodeRuneInString(what)
	last, _ := utf8.DecodeLastRuneInString(what)
	after, _ := utf8.DecodeRuneInString(text[i+len(what):])
	return !(ofWord(before) && ofWord(first)) && !(ofWord(last) && ofWord(after))
}

// mover gives spans other places.
type mover struct {
	to    func(Span) (Span, bool) // false: the words are gone
	touch func(*Evidence)         // sees all evidence first; may be nil
	lost  bool                    // some words were gone
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

// mentions are those that are in the text, in order, or one without a place.
func (m *mover) mentions(es []Evidence) []Evidence {
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
