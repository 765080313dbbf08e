package calendar

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// trait is what may speak for it that a date without a year lies in the time that the
// text tells of, or against it.
type trait uint8

const (
	_         trait = iota
	told            // it is counted from what was named
	byRule          // the rules of yearOf say so
	distance0       // named in the same sentence
	distance1       // in the one before
	distance2
	distance4 // three or four before
	distance9 // longer ago
	paragraph0
	paragraph1
	paragraph2 // two or more before
	rank0      // named last
	rank1
	rank2 // longer ago
	fromDay
	fromMonth
	fromYear
	fromOther
	fromNamed   // by its year
	fromHung    // it hung on another date
	fromTold    // it was counted from what was named, too
	fromCounted // from the anchor: "last year"
	fromOpening // it stood at the beginning of its sentence
	fromClause  // in a relative clause
	fromBegins  // it is the first date of its paragraph
	atOpening   // the date stands at the beginning of its sentence
	atBeginning // it is the first date of its paragraph
	relates     // it stands in a relative clause on what was named
	aMonth
	aDay
	aSeason
	withWeekday
	withPart     // "mid-May"
	inside       // it lies in what was named
	after2       // up to two months after it
	after6       // up to half a year
	after12      // longer
	before0      // before what was named
	years1       // a year before the one counted from the anchor
	years5       // two to five
	years9       // more
	near1        // counted from the anchor, it is within six weeks
	near5        // within five months
	near9        // within ten
	near12       // farther
	counted0     // something was counted from the anchor since, in the same sentence
	counted1     // in the same paragraph
	counted2     // before
	had          // its verb tells of what was before then
	has          // its verb tells of what is done by now
	isToCome     // its verb tells of what is to come
	isThen       // ... then: "was put off to May"
	isOpen       // its verb tells neither
	isReport     // it is when something was said
	isFigure     // it is that of a figure
	nextAndOpens // the last date opened the sentence before, as this one does
	nextAndHad
	goesOn   // the last date was told, and this one is of the same paragraph
	sameFine // what was named is as fine as this
	yearOnly // only a year was named, in a sentence before
	chain1   // one date only was named since something was counted from the anchor
	chain2
	chain3          // more
	fromAside       // it stood between commas or brackets
	fromSince       // behind "since"
	fromNoun        // it is the year of a noun: "the 1949 eruption"
	isSince         // the date stands behind "since"
	isNoun          // it is that of a noun: "the April vote"
	hadBefore       // before what was named, and its verb tells of what was before then
	fromOutside     // it stood between commas in the same sentence, and the date does not
	fromSuperseded  // a later year was named since
	fromFlashback   // the sentence only looked back to it
	fromHead        // it heads a paragraph
	isAside         // the date stands between commas or brackets
	isAgainst       // counted from the anchor, it would not lie where its verb says
	fromSubordinate // it stood in a clause that hangs on another
	isSubordinate   // the date does
	fromLower       // it did in the same sentence, and the date does not
	nextHere        // it was the last date, of the same sentence
	aheadOfTold     // it would lie before the last date that was told
	traits
)

// traitNames are those of the file of weights, in the order of the traits.
var traitNames = [traits]string{
	"", "told", "by rule", "distance 0", "distance 1", "distance 2", "distance 4", "distance 9", "paragraph 0", "paragraph 1", "paragraph 2",
	"rank 0", "rank 1", "rank 2", "from day", "from month", "from year", "from other", "from named", "from hung", "from told", "from counted",
	"from opening", "from clause", "from begins", "opens", "begins", "relates", "of month", "of day", "of season", "with weekday", "with part",
	"inside", "after 2", "after 6", "after 12", "before 0", "years 1", "years 5", "years 9", "near 1", "near 5", "near 9", "near 12",
	"counted 0", "counted 1", "counted 2", "had", "has", "to come", "then", "open", "report", "figure", "next and opens", "next and had",
	"goes on", "same fine", "year only", "chain 1", "chain 2", "chain 3", "from aside", "from since", "from noun", "since", "noun", "had before", "from outside", "from superseded", "from flashback", "from head", "aside", "against", "from subordinate", "subordinate", "from lower", "next here", "ahead of told",
}

// weights are what each trait counts.
type weights [traits]float32

// yearWeights are those that the command train-years has written.
var yearWeights = sync.OnceValues(func() (*weights, error) { return readWeights(data, "data/years.txt") })

func readWeights(dir fs.FS, name string) (*weights, error) {
	w := &weights{}
	err := lexicon.EachLine(dir, name, func(line string) error {
		label, number, _ := strings.Cut(line, ":")
		v, err := strconv.ParseFloat(strings.TrimSpace(number), 32)
		if err != nil {
			return fmt.Errorf("%s: %q is no trait with a weight", name, line)
		}
		for t := trait(1); t < traits; t++ {
			if traitNames[t] == label {
				w[t] = float32(v)
				return nil
			}
		}
		return fmt.Errorf("%s: there is no trait %q", name, label)
	})
	return w, err
}

// maxTraits is how many traits a reading has at most.
const maxTraits = 32

// reading is when a date is, if it lies in the time of what was named.
type reading struct {
	Interval
	year   int
	traits [maxTraits]trait
	n      int
}

func (d *reading) is(t trait, yes bool) {
	if yes && d.n < maxTraits {
		d.traits[d.n] = t
		d.n++
	}
}

func (d *reading) weight(w *weights) (sum float32) {
	for _, t := range d.traits[:d.n] {
		sum += w[t]
	}
	return sum
}

// Choice is a question that the weights answer: whether a date that tells no year is
// counted from the anchor, or lies in the time that the text tells of.
type Choice struct {
	Start, End int      // bytes of the text
	Counted    Interval // from the anchor
	Readings   []Reading
}

// Reading is one of the other answers.
type Reading struct {
	Interval
	Traits []int // from 1 to Traits-1
}

// Traits is how many there are.
const Traits = int(traits)

// TraitName is how the file of weights calls a trait.
func TraitName(t int) string { return traitNames[t] }

// chooseYear is the year of x, which tells none and would be counted when it is counted
// from the anchor, if it lies in the time of something that was named.
func (f *Focus) chooseYear(x *Expression, counted Interval) (y int, ok bool) {
	w, err := yearWeights()
	if err != nil || x.since && x.has {
		return 0, false // "has fallen since May"
	}
	rule, firm, ruled := f.yearOf(x)
	if ruled && firm {
		return rule, true
	}
	var all [2 * remembered]reading
	n, best, other := 0, float32(0), false
	chain := 0
	for chain < f.n && !f.last[chain].counted() {
		chain++
	}
	since := 0 // 1: something was counted from the anchor before this, 2: in the paragraph, 3: in the sentence
	for k := range f.n {
		m := &f.last[k]
		if m.ago > farthest {
			break
		}
		if m.counted() {
			switch {
			case m.ago == 0:
				since = max(since, 3)
			case m.paragraphs == 0:
				since = max(since, 2)
			default:
				since = max(since, 1)
			}
		}
		for _, before := range []bool{false, true} {
			d := &all[n]
			if !f.readIn(x, m, before, d) || m.besides(x) && !(ruled && d.year == rule) {
				continue
			}
			f.describe(x, k, d, counted)
			d.is(byRule, ruled && d.year == rule)
			d.is(chain1, chain == 1)
			d.is(chain2, chain == 2)
			d.is(chain3, chain > 2)
			d.is(counted0, since == 3)
			d.is(counted1, since == 2)
			d.is(counted2, since == 1)
			if v := d.weight(w); v > best {
				y, ok, best = d.year, d.Interval != counted, v
			}
			other = other || d.Interval != counted
			n++
		}
	}
	if other && f.Asked != nil {
		f.ask(x, counted, all[:n])
	}
	return y, ok
}

// besides tells whether m is a year that is told of a thing, and not of what happens:
// "the company, founded in 1987, went public on", "den 2014 entlassenen".
func (m *mention) besides(x *Expression) bool {
	return m.x.first.form == asYear && (m.x.ofNoun || m.x.aside && m.ago == 0 && !x.aside)
}

// farthest is how many sentences may stand between a date and what it is told with.
const farthest = 9

// readIn sets d to x in the time of m, if it may lie there: at it or after it or, in the
// same year, before it.
func (f *Focus) readIn(x *Expression, m *mention, before bool, d *reading) bool {
	*d = reading{}
	if m.From.IsZero() || m.To.IsZero() || m.From.Year() != m.To.Year() && m.Precision != article.PrecisionSeason || coarse(m.Precision) > coarse(article.PrecisionYear) {
		return false
	}
	if m.counted() && !m.tellsYear() && !(m.x.yearless() && (x.tense == gone || x.then)) {
		return false
	}
	d.year = m.From.Year()
	at, ok := x.first.inYear(d.year)
	early := ok && m.Precision != article.PrecisionYear && (at.To.Before(m.From) || at == m.Interval)
	switch {
	case before && !early:
		return false
	case early && !before:
		d.year++
		at, ok = x.first.inYear(d.year)
	}
	switch {
	case !ok:
		return false
	case x.tense == gone:
		ok = !at.From.After(f.Anchor)
	case x.tense == toCome && !x.then:
		ok = !at.To.Before(f.Anchor)
	}
	if ok && x.last.form != 0 {
		at, ok = f.inYear(x, d.year)
	}
	d.Interval = at
	return ok
}

// inYear is x in the year y.
func (f *Focus) inYear(x *Expression, y int) (Interval, bool) {
	framed := *x
	framed.first.year = y
	if framed.last.form != 0 {
		framed.last.year = y
	}
	return framed.resolve(f.Anchor)
}

// counted tells whether m was counted from the anchor.
func (m *mention) counted() bool {
	return !m.x.first.dated() && !m.x.first.hangs() && !m.x.framed
}

// describe tells what speaks for it that x is d, in the time of the k-th of what was
// named, and not counted from the anchor.
func (f *Focus) describe(x *Expression, k int, d *reading, counted Interval) {
	m := &f.last[k]
	d.is(told, true)
	d.is(distance0, m.ago == 0)
	d.is(distance1, m.ago == 1)
	d.is(distance2, m.ago == 2)
	d.is(distance4, m.ago == 3 || m.ago == 4)
	d.is(distance9, m.ago > 4)
	d.is(paragraph0, m.paragraphs == 0)
	d.is(paragraph1, m.paragraphs == 1)
	d.is(paragraph2, m.paragraphs > 1)
	d.is(rank0, k == 0)
	d.is(rank1, k == 1)
	d.is(rank2, k > 1)

	p := coarse(m.Precision)
	d.is(fromDay, p <= coarse(article.PrecisionThird))
	d.is(fromMonth, p == coarse(article.PrecisionMonth))
	d.is(fromYear, m.Precision == article.PrecisionYear)
	d.is(fromOther, p > coarse(article.PrecisionMonth) && p < coarse(article.PrecisionYear))
	e := &m.x.first
	d.is(fromNamed, e.dated())
	d.is(fromHung, e.hangs())
	d.is(fromTold, m.x.framed)
	d.is(fromCounted, m.counted())
	d.is(fromOpening, m.x.place&opensSentence != 0)
	d.is(fromClause, m.x.place&ofPrevious != 0)
	d.is(fromBegins, m.begins)
	d.is(fromAside, m.x.aside)
	d.is(fromOutside, m.x.aside && m.ago == 0 && !x.aside)
	d.is(fromFlashback, m.flashback)
	d.is(fromHead, m.x.heads)
	d.is(fromSuperseded, f.superseded(k))
	d.is(fromSince, m.x.since)
	d.is(fromNoun, m.x.ofNoun)

	first := f.n == 0 || f.last[0].paragraphs > 0
	d.is(atOpening, x.place&opensSentence != 0)
	d.is(atBeginning, first)
	d.is(relates, k == 0 && x.place&(ofPrevious|ofEvent) != 0)
	d.is(aMonth, x.first.form == asMonth || x.first.form == asPartOfMonth)
	d.is(aDay, x.first.form == asDay || x.first.form == asNth)
	d.is(aSeason, x.first.form == asSeason)
	d.is(withWeekday, x.first.weekday != 0)
	d.is(withPart, x.first.part != Whole)

	const day = 24 * time.Hour
	after := d.From.Sub(m.From)
	in := !d.From.Before(m.From) && !d.To.After(m.To)
	d.is(inside, in)
	d.is(before0, !in && after < 0)
	d.is(hadBefore, !in && after < 0 && x.had)
	d.is(after2, !in && after >= 0 && after <= 62*day)
	d.is(after6, !in && after > 62*day && after <= 185*day)
	d.is(after12, !in && after > 185*day)
	back := counted.From.Year() - d.From.Year()
	d.is(years1, back == 1)
	d.is(years5, back > 1 && back <= 5)
	d.is(years9, back > 5)
	far := away(counted, f.Anchor)
	d.is(near1, far <= 45*day)
	d.is(near5, far > 45*day && far <= 150*day)
	d.is(near9, far > 150*day && far <= 300*day)
	d.is(near12, far > 300*day)

	d.is(had, x.had)
	d.is(has, x.has)
	d.is(isToCome, x.tense == toCome && !x.then)
	d.is(isThen, x.then)
	d.is(isOpen, x.tense != toCome && x.tense != gone)
	d.is(isSince, x.since)
	d.is(isNoun, x.ofNoun)
	d.is(isAside, x.aside)
	d.is(isAgainst, x.tense == gone && counted.From.After(f.Anchor))
	d.is(fromSubordinate, m.x.subordinate)
	d.is(isSubordinate, x.subordinate)
	d.is(fromLower, m.x.subordinate && !x.subordinate && m.ago == 0)
	d.is(isReport, x.reports)
	d.is(isFigure, x.compared)
	d.is(nextAndOpens, k == 0 && m.ago == 1 && x.place&m.x.place&opensSentence != 0)
	d.is(nextHere, k == 0 && m.ago == 0)
	d.is(nextAndHad, k == 0 && m.ago <= 1 && x.had)
	d.is(goesOn, k == 0 && m.x.framed && m.paragraphs == 0)
	d.is(sameFine, coarse(x.Precision()) == p)
	d.is(yearOnly, m.Precision == article.PrecisionYear && m.ago > 0)
	d.is(aheadOfTold, k > 0 && (f.last[0].x.framed || f.last[0].x.first.dated()) && d.To.Before(f.last[0].From))
}

// superseded tells whether a later year was named since the k-th of what was.
func (f *Focus) superseded(k int) bool {
	for i := range k {
		if f.last[i].x.first.dated() && f.last[i].From.Year() > f.last[k].From.Year() {
			return true
		}
	}
	return false
}

// ask tells f.Asked what there was to choose from.
func (f *Focus) ask(x *Expression, counted Interval, all []reading) {
	c := Choice{Start: x.Start, End: x.End, Counted: counted}
	for i := range all {
		one := Reading{Interval: all[i].Interval}
		for _, t := range all[i].traits[:all[i].n] {
			one.Traits = append(one.Traits, int(t))
		}
		c.Readings = append(c.Readings, one)
	}
	f.Asked(c)
}
