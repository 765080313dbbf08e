package article

import (
	"cmp"
	"slices"
	"time"
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
	// Unseen is, of a list, what is surely found in the article's text and was not in the
	// one that the correction was said of, each by its name or its words, at most
	// [MaxUnseen]: who corrected it knew nothing of it.
	Unseen []string
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
	Reason string
	// Value has that one field. Its text is that of the passages, one after the other,
	// and its spans are places there.
	Value    Article
	Passages []Passage // in order
	// Text is a hash of the text that it was said of, and Known are hashes of what its
	// editor knew of the list, in order; 0: it isn't known, as of corrections from before
	// 2026-12.
	Text  uint64
	Known []uint64
}

// Passage is words that a correction names, where they stood in the text that it was
// said of, and by what they are known in other texts.
type Passage struct {
	Span
	Sentence uint64 // hash of what stands beside them in their sentence
	// Of as many places with the same words and the same beside them as Alike, the
	// passage is number Nth, from 0.
	Nth, Alike int
}

// Limits of an override.
const (
	// MaxCorrections leaves room among the sequences of a revision for what is issued
	// again for other reasons.
	MaxCorrections = 200
	MaxPassages    = 2_000 // of one correction
)

// Signer signs what comes from an editor.
const (
	Signer        = "override"
	signerVersion = 1
)

// correctable is a field that an editor may correct.
type correctable struct {
	name string
	// named tells that its words are names or reasons: wherever they stand they say the same.
	named bool
	// lines tells that it says what passages are, which begin or end lines of the text, and
	// isn't the whole list, see [Article.retell].
	lines bool
	set   func(to, from *Article)
	// place gives what the field has its places by m, in order, and leaves out what is
	// nothing without words in the text. It writes into no list.
	place func(a *Article, m *mover)
}

// correctables are all of them, by name. The names are those of the JSON.
var correctables = []correctable{
	{"agency", true, false, func(to, from *Article) { to.Agency = from.Agency }, func(a *Article, m *mover) { a.Agency = m.label(a.Agency) }},
	{"amounts", false, false, func(to, from *Article) { to.Amounts = from.Amounts }, func(a *Article, m *mover) { a.Amounts = m.amounts(a.Amounts) }},
	{"attribution", true, false, func(to, from *Article) { to.Attribution = from.Attribution }, func(*Article, *mover) {}},
	{"cited_media", true, false, func(to, from *Article) { to.CitedMedia = from.CitedMedia }, func(a *Article, m *mover) {
		a.CitedMedia = each(a.CitedMedia, func(l *Label) { *l = m.label(*l) })
	}},
	{"credits", false, false, func(to, from *Article) { to.Credits = from.Credits }, func(a *Article, m *mover) {
		a.Credits = words(m, a.Credits, func(c *Credit) *Evidence { return &c.Evidence })
	}},
	{"dates", false, false, func(to, from *Article) { to.Moments = from.Moments }, func(a *Article, m *mover) {
		a.Moments = words(m, a.Moments, func(d *Moment) *Evidence { return &d.Evidence })
	}},
	{"entities", true, false, func(to, from *Article) { to.Entities = from.Entities }, func(a *Article, m *mover) {
		a.Entities = each(a.Entities, func(e *Entity) { e.Mentions = m.mentions(e.Mentions) })
		byMention(a.Entities, func(e *Entity) []Evidence { return e.Mentions })
	}},
	{"filed", false, false, func(to, from *Article) { to.Filed = from.Filed }, func(a *Article, m *mover) {
		if !a.Filed.none() {
			m.move(&a.Filed.Evidence)
		}
	}},
	{"keyphrases", true, false, func(to, from *Article) { to.Keyphrases = from.Keyphrases }, func(a *Article, m *mover) {
		a.Keyphrases = each(a.Keyphrases, func(k *Keyphrase) { m.keep(&k.Evidence) })
	}},
	{"language", true, false, func(to, from *Article) { to.Language = from.Language }, func(a *Article, m *mover) { a.Language = m.label(a.Language) }},
	{"places", true, false, func(to, from *Article) { to.Places = from.Places }, func(a *Article, m *mover) {
		a.Places = each(a.Places, func(p *Place) { p.Mentions = m.mentions(p.Mentions) })
		byMention(a.Places, func(p *Place) []Evidence { return p.Mentions })
	}},
	{"quantities", false, false, func(to, from *Article) { to.Quantities = from.Quantities }, func(a *Article, m *mover) {
		a.Quantities = words(m, a.Quantities, func(q *Quantity) *Evidence { return &q.Evidence })
	}},
	{"quotes", false, false, func(to, from *Article) { to.Quotes = from.Quotes }, func(a *Article, m *mover) {
		a.Quotes = words(m, a.Quotes, func(q *Quotation) *Evidence { return &q.Evidence })
	}},
	{"segments", true, true, func(to, from *Article) { to.Segments = from.Segments }, func(a *Article, m *mover) {
		a.Segments = words(m, a.Segments, func(s *Segment) *Evidence {
			m.thing++ // each is one of its own
			return &s.Evidence
		})
	}},
	{"summary", false, false, func(to, from *Article) { to.Summary = from.Summary }, func(a *Article, m *mover) {
		if a.Summary != (Evidence{}) && !m.move(&a.Summary) {
			a.Summary = Evidence{}
		}
	}},
	{"topics", true, false, func(to, from *Article) { to.Topics = from.Topics }, func(a *Article, m *mover) {
		a.Topics = each(a.Topics, func(t *Topic) {
			m.move(&t.Evidence)
			t.Why = each(t.Why, func(r *Reason) { m.move(&r.Evidence) })
		})
	}},
	{"translation", true, false, func(to, from *Article) { to.Translation = from.Translation }, func(a *Article, m *mover) {
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
func (o *Override) Set(c Correction) Override {
	p, _ := o.Remove(c.Field)
	at, _ := slices.BinarySearchFunc(p.Corrections, c.Field, func(c Correction, name string) int { return cmp.Compare(c.Field, name) })
	p.Corrections = slices.Insert(p.Corrections, at, c)
	return p
}

// Remove is o without its correction of that field, and whether it had one.
func (o *Override) Remove(field string) (Override, bool) {
	p := *o
	p.Corrections = slices.DeleteFunc(slices.Clone(o.Corrections), func(c Correction) bool { return c.Field == field })
	return p, len(p.Corrections) < len(o.Corrections)
}

// Placed is an override in one text. It may be used from many goroutines.
type Placed struct {
	number int
	fields []placedField
}

// placedField is one of its corrections.
type placedField struct {
	Corrected

	of    *correctable
	value Article
	lost  bool // words that it names are not in the text
	later bool // it was said of another text, and it is known what was found there
	known []uint64

	elsewhere map[Span][]Span // see [Correction.finder]
}

// In looks for the words that the corrections name in a text. What has a value of its
// own, a quotation, amount, quantity, date, credit or summary, is found in a sentence as
// it was, or left out: elsewhere the same words may say something else. What is known by
// its name, an entity, place or keyphrase, is found wherever that stands; where it
// doesn't, it goes without a place and unsure, as its words may have been a note's.
// Fields that this program doesn't know are passed over.
func (o *Override) In(text string) *Placed {
	p := &Placed{number: o.Number}
	s := &search{text: text}
	key := textKey(text)
	for i := range o.Corrections {
		c := &o.Corrections[i]
		f := correctableOf(c.Field)
		if f == nil {
			continue
		}
		to, elsewhere := c.finder(s, f)
		m := &mover{to: to}
		v := placedField{Corrected: c.Corrected, of: f, later: c.Text != 0 && c.Text != key, known: c.Known, elsewhere: elsewhere}
		v.Unseen = nil // is told of articles, not said
		f.set(&v.value, &c.Value)
		f.place(&v.value, m)
		v.lost = m.lost
		p.fields = append(p.fields, v)
	}
	return p
}

// Number is that of the override.
func (p *Placed) Number() int { return p.number }

// Fields are the names of the fields that it corrects.
func (p *Placed) Fields() []string {
	names := make([]string, len(p.fields))
	for i := range p.fields {
		names[i] = p.fields[i].Field
	}
	return names
}

// With is p with the corrections of these fields alone.
func (p *Placed) With(names ...string) *Placed {
	q := &Placed{number: p.number}
	for _, f := range p.fields {
		if slices.Contains(names, f.Field) {
			q.fields = append(q.fields, f)
		}
	}
	return q
}

// Lost are the names of the fields whose corrections name words that are not in the text.
// Those of a, which has that text, aren't where they may be, too; nil: it isn't known what
// its segments are.
func (p *Placed) Lost(a *Article) []string {
	if a != nil {
		b := *a
		return p.apply(&b)
	}
	var names []string
	for _, f := range p.fields {
		if f.lost {
			names = append(names, f.Field)
		}
	}
	return names
}

// Apply puts the corrections into a, whose text is the one that they were placed
// in. A killed article and one without a text have none.
func (p *Placed) Apply(a *Article) {
	if a.Status == Canceled || a.Text == "" {
		return
	}
	lost := len(p.apply(a)) > 0
	outdated := slices.ContainsFunc(p.fields, func(f placedField) bool { return len(f.Unseen) > 0 })
	a.Unflag(FlagOverrideUnplaced)
	a.Unflag(FlagOverrideOutdated)
	if lost || outdated {
		a.Flags = slices.Clone(a.Flags)
	}
	if lost {
		a.Flag(FlagOverrideUnplaced)
	}
	if outdated {
		a.Flag(FlagOverrideOutdated)
	}
}

// apply puts the corrections in, and gives the names of the fields of which it couldn't
// put all.
func (p *Placed) apply(a *Article) (lost []string) {
	a.Corrections = Corrections{Number: p.number}
	for i := range p.fields {
		f := &p.fields[i]
		whole := true
		if f.of.lines {
			whole = a.retell(f.value.Segments, f.elsewhere)
		} else {
			f.of.set(a, &f.value)
		}
		if f.Field == "summary" {
			whole = a.summaryOfReport()
		}
		if f.lost || !whole {
			lost = append(lost, f.Field)
		}
		a.Corrections.Fields = append(a.Corrections.Fields, f.Corrected)
	}
	if !a.summaryOfReport() { // what it is of is no report any more
		a.Summary = Evidence{}
	}
	return lost
}

// Empty empties one of the [Correctable] fields. Of the segments, those that editors told
// are unknown then, and a headline that another one displaced is one again.
func (a *Article) Empty(field string) {
	switch f := correctableOf(field); {
	case f == nil:
	case f.lines: // what a text has stays in segments
		a.untell()
	default:
		f.set(a, &Article{})
	}
}

// Forget takes out of a what editors corrected, and empties these fields: what was
// found out is not known any more. The revision is as it was without corrections.
func (a *Article) Forget() {
	for _, c := range a.Corrections.Fields {
		a.Empty(c.Field)
	}
	a.untell() // a program that doesn't know the field may have taken it off the list
	if !a.summaryOfReport() {
		a.Summary = Evidence{}
	}
	a.Revision, a.Corrections = a.Uncorrected(), Corrections{}
	a.Unflag(FlagOverrideUnplaced)
	a.Unflag(FlagOverrideOutdated)
}

// Corrects tells whether editors corrected a field of a.
func (a *Article) Corrects(field string) bool {
	return slices.ContainsFunc(a.Corrections.Fields, func(c Corrected) bool { return c.Field == field })
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
