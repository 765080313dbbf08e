package amounts

import (
	"math"
	"strings"

	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// unitKind is what a number is followed by.
type unitKind uint8

const (
	unitNoun unitKind = iota
	unitMeasure
	unitPercent
	unitPoints
	unitNever // time, turns: it is no quantity
)

// unitPhrase is what is counted.
type unitPhrase struct {
	kind  unitKind
	first int
	next  int // the item behind it; 0: there is none
	end   int // byte
	about bool
	name  string
}

// maxPhrase is how many words a noun that is counted has at most.
const maxPhrase = 5

// unit reads what stands behind the number o.
func (r *reader) unit(o operand) unitPhrase {
	i := o.next
	if i >= len(r.items) || !r.joined(i) {
		return unitPhrase{}
	}
	if r.items[i].kind == unit {
		u := unitPhrase{kind: unitMeasure, next: i + 1}
		if t := r.toks[i]; r.text[t.Start] == '%' {
			u.kind = unitPercent
		}
		return r.called(u, i)
	}
	hyphen := r.items[i].gap == gapHyphen
	if hyphen && r.class(i)&isOdd != 0 && i+1 < len(r.items) && r.items[i+1].gap == gapSpace {
		o.next = i + 1
		u := r.unit(o)
		u.about = u.next > 0
		return u
	}
	if n, _ := r.phrase(i, isPercent|isPoints|isMeasure|isNever|isCompound); n > 0 {
		u := unitPhrase{next: i + n}
		switch c := r.classes(i, n); {
		case c&isCompound != 0:
			u.next = 0
		case c&isPoints != 0:
			u.kind = unitPoints
		case c&isPercent != 0:
			u.kind = unitPercent
		case c&isMeasure != 0 && r.measures(o, i, n):
			u.kind = unitMeasure
		case c&isNever != 0 && (hyphen || !r.opensNoun(i, u.next)):
			u.kind = unitNever
		default:
			u.next = 0
		}
		if u.next > 0 {
			return r.called(u, i)
		}
	}
	if hyphen && r.class(i)&isHyphen != 0 {
		return r.called(unitPhrase{kind: unitMeasure, next: i + 1}, i)
	}
	if hyphen || r.items[i].gap == gapNone {
		return unitPhrase{}
	}
	from := i
	if o.scale > 1 || o.about {
		if n, _ := r.phrase(i, isOf); n > 0 {
			from = i + n
			if from >= len(r.items) || r.items[from].gap != gapSpace && r.items[from].gap != gapApostrophe {
				return unitPhrase{}
			}
		}
	}
	next := r.noun(from, o.value == 1)
	if next == 0 || o.scale == 1 && o.value != math.Trunc(o.value) && next > from+1 {
		return unitPhrase{} // "2.5 points", but no "5.1 quake shakes"
	}
	if o.value == 0 && !o.digits {
		return unitPhrase{} // "zero tolerance"
	}
	u := unitPhrase{kind: unitNoun, next: next}
	for k := from; k < next; k++ {
		if r.class(k)&isNever != 0 && k == next-1 {
			u.kind = unitNever
		}
	}
	return r.called(u, from)
}

// classes is what the phrase of n words at item i is.
func (r *reader) classes(i, n int) lexicon.Class {
	return r.lang.phrases.Longest(r.toks[i:i+n], isPercent|isPoints|isMeasure|isNever|isCompound).Classes
}

// measures tells whether a unit of one letter stands as it must.
func (r *reader) measures(o operand, i, n int) bool {
	t := r.toks[i+n-1]
	if i+n < len(r.items) && r.items[i+n].gap == gapApostrophe {
		return false // "2 milliards l’an prochain"
	}
	if n == 1 && r.class(i)&isStop != 0 && !r.ends(i+1) {
		return false // "en 1987 ha sido"
	}
	if it := &r.items[o.next-1]; it.year && r.items[i].gap == gapNone && t.Shape&lexicon.Upper != 0 && t.End-t.Start == 1 {
		return false // "batch 2024C"
	}
	return n > 1 || t.End-r.toks[i].Start > 1 || o.digits && (r.items[i].gap == gapNone || r.items[i].gap == gapSpace && t.Shape&lexicon.Lower != 0)
}

// ends tells whether what begins with item i can't be a verb: the end of a
// sentence, a preposition.
func (r *reader) ends(i int) bool {
	if i >= len(r.items) || r.items[i].gap != gapSpace {
		return true
	}
	n, _ := r.phrase(i, isOf|isFrom|isTo|isStop)
	return n > 0 || r.items[i].kind != word
}

// called completes u, which begins with item from.
func (r *reader) called(u unitPhrase, from int) unitPhrase {
	u.first, u.end = from, int(r.toks[u.next-1].End)
	switch u.kind {
	case unitPercent:
		u.name = "percent"
	case unitPoints:
		u.name = "percentage points"
	default:
		u.name = oneLine(r.text[r.toks[from].Start:u.end])
	}
	return u
}

// oneLine writes white space as single spaces.
func oneLine(s string) string {
	if strings.ContainsAny(s, "\n\t\r") || strings.Contains(s, "  ") {
		return strings.Join(strings.Fields(s), " ")
	}
	return s
}

// noun reads the noun that is counted at item i and gives the item behind it; 0
// if there is none.
func (r *reader) noun(i int, single bool) int {
	switch r.lang.nouns {
	case nounsLast:
		return r.nounLast(i, single)
	case nounsFirst:
		return r.nounFirst(i)
	case nounsCapital:
		return r.nounCapital(i)
	default:
		return 0
	}
}

// nounLast reads up to the plural that ends the phrase, "sports cars", or, behind
// a one, up to where it must end.
func (r *reader) nounLast(i int, single bool) int {
	head := 0
phrase:
	for k := i; k < len(r.items) && k < i+maxPhrase; k++ {
		if k > i && !r.continues(k) {
			break
		}
		if r.items[k].kind != word {
			// "25 Boeing 737 MAX jets", "12 Airbus A320s"
			if r.model(k, k == i) && head == 0 && (k == i || r.items[k].gap == gapHyphen || r.toks[k-1].Shape&lexicon.Upper != 0) {
				if r.items[k].kind == name && r.text[r.toks[k].End-1] == 's' {
					head = k + 1
				}
				continue
			}
			break
		}
		if n, _ := r.phrase(k, isCompound); n > 0 {
			head = k + n
			k += n - 1
			continue
		}
		c := r.class(k)
		if head == 0 && !single && k > i && c&isAnd != 0 && r.pairs(k) {
			continue
		}
		hyphens := k+1 < len(r.items) && r.items[k+1].gap == gapHyphen || k > i && r.items[k].gap == gapHyphen
		if c&isMore != 0 && k == i {
			continue
		}
		if c&(isStop|isNumber) != 0 && !hyphens || r.calendar(k) {
			break
		}
		if k > i && r.items[k].gap == gapApostrophe {
			continue
		}
		if single && k > i && c&isNoNoun != 0 && (k+1 >= len(r.items) || !r.continues(k+1) || r.class(k+1)&isStop != 0) {
			break // "one man hurt"
		}
		if head == 0 && r.labels(k) {
			k++
			continue
		}
		many := r.plural(k, c)
		if head > 0 && !many && !single && r.items[k].gap != gapHyphen && r.toks[head-1].Shape&lexicon.Upper == 0 {
			break
		}
		switch {
		case many && single && k == i && c&isNoun == 0 && r.toks[k].Shape&lexicon.Upper == 0:
			return 0 // "one knows"
		case many && single && k > i && r.toks[k].Shape&lexicon.Upper == 0:
			break phrase
		case many:
			head = k + 1
		case single && !r.verbal(k, k == i):
			head = k + 1
		case single:
			break phrase
		}
	}
	if n, e := r.phrase(i, isCountry); head == 0 && n == 1 && e.proper && r.proper(i, e) && !r.upper && r.toks[i].Shape&lexicon.AllCaps == 0 && endsIn(r.text[r.toks[i].Start:r.toks[i].End], r.lang.people) {
		return i + n // "three British"
	}
	if single && (head == i+1 && (r.verbal(i, false) || r.class(i)&isNoNoun != 0) || head == i+maxPhrase && head < len(r.items) && r.continues(head) && r.class(head)&isStop == 0) {
		return 0
	}
	for head > 0 && head < len(r.items) && r.items[head].gap == gapHyphen && r.items[head].kind == word && r.toks[head].Shape&lexicon.Lower != 0 {
		head++ // "passers-by"
	}
	return head
}

// labels tells whether the word at item k names something with the number behind
// or the letter behind it: "64 Year 3 pupils", "Class A shares".
func (r *reader) labels(k int) bool {
	if r.class(k)&isLabel == 0 || r.toks[k].Shape&lexicon.Upper == 0 || k+1 >= len(r.items) || r.items[k+1].gap != gapSpace {
		return false
	}
	t := r.toks[k+1]
	letters := t.Shape&lexicon.AllCaps != 0 || t.Shape&lexicon.Upper != 0 && t.End-t.Start == 1 // "Class A", "Grade II"
	return r.items[k+1].kind == number || r.items[k+1].kind == word && letters && !r.upper
}

// opensNoun tells whether the time from item i to next only begins what is
// counted: "three quarter-finals", "64 Year 3 pupils".
func (r *reader) opensNoun(i, next int) bool {
	return next < len(r.items) && r.items[next].gap == gapHyphen && r.items[next].kind == word || r.labels(i)
}

// pairs tells whether the "and" at item k joins two words that describe one
// noun: "oak and hazel saplings".
func (r *reader) pairs(k int) bool {
	if r.class(k-1)&isNoNoun != 0 || r.items[k].gap != gapSpace {
		return false
	}
	const most = 2 // words behind it
	for m := k + 1; m <= k+most && m < len(r.items) && r.items[m].kind == word && r.continues(m); m++ {
		c := r.class(m)
		if c&(isStop|isNumber) != 0 || r.calendar(m) {
			return false
		}
		if r.plural(m, c) {
			return true
		}
	}
	return false
}

// jet is how many digits the models of aircraft have that are named by their
// number alone: "747s".
const jet = 3

// model tells whether item k can be part of a model's name: "737", "A320neo";
// the first word of a phrase must begin with a letter.
func (r *reader) model(k int, first bool) bool {
	switch r.items[k].kind {
	case name:
		return isLetter(r.text[r.toks[k].Start]) || !first || r.text[r.toks[k].End-1] == 's' && r.toks[k].End-r.toks[k].Start == jet+1
	case number:
		// "48 737 MAX planes"
		return !first || r.toks[k].End-r.toks[k].Start == jet && k+1 < len(r.items) && r.items[k+1].gap == gapSpace && r.toks[k+1].Shape&lexicon.AllCaps != 0
	default:
		return false
	}
}

// verbal tells whether the word ends as a verb does; not if it is the first, an
// adjective then.
func (r *reader) verbal(k int, first bool) bool {
	w := r.text[r.toks[k].Start:r.toks[k].End]
	return !first && r.class(k)&isThing == 0 && (strings.HasSuffix(w, "ed") || strings.HasSuffix(w, "ing") || strings.HasSuffix(w, "ly"))
}

// continues tells whether a phrase can go on with item k.
func (r *reader) continues(k int) bool {
	switch r.items[k].gap {
	case gapSpace, gapHyphen, gapApostrophe:
		return true
	case gapDot, gapDotSpace: // "U.S. soldiers"
		t := r.toks[k-1]
		return t.End-t.Start == 1 && t.Shape&lexicon.Upper != 0
	default:
		return false
	}
}

// plural tells whether the word at item k, of classes c, is the plural of a noun.
func (r *reader) plural(k int, c lexicon.Class) bool {
	if c&(isNoun|isNever) != 0 {
		return true
	}
	t := r.toks[k]
	if r.items[k].kind != word || c&(isAdjective|isStop) != 0 || t.Shape&lexicon.HasDigit != 0 || t.End-t.Start < 3 || t.Shape&lexicon.AllCaps != 0 && !r.upper {
		return false
	}
	w := r.text[t.Start:t.End]
	return endsIn(w, r.lang.plural) && !endsIn(w, r.lang.singular)
}

// endsIn tells whether w has one of the endings, in any case of its ASCII letters.
func endsIn(w string, endings []string) bool {
	for _, e := range endings {
		if len(w) > len(e) && strings.EqualFold(w[len(w)-len(e):], e) {
			return true
		}
	}
	return false
}

// nounFirst reads the plural behind which only complements and adjectives belong
// to the phrase.
func (r *reader) nounFirst(i int) int {
	k := i
	for ; k < len(r.items) && k < i+maxPhrase; k++ {
		if k > i && r.items[k].gap != gapSpace || r.items[k].kind != word {
			return 0
		}
		c := r.class(k)
		if c&isAdjective == 0 || k+1 < len(r.items) && r.items[k+1].gap == gapHyphen ||
			c&isNoun != 0 && (k+1 >= len(r.items) || r.items[k+1].gap != gapSpace || !r.plural(k+1, r.class(k+1))) {
			break
		}
	}
	if k >= i+maxPhrase {
		return 0
	}
	next := r.nounAt(k)
	if next == k {
		return 0
	}
	for k = next; k < len(r.items) && k < i+maxPhrase && r.items[k].kind == word; {
		if n, e := r.phrase(k, isComplement); n > 0 && r.items[k].gap == gapSpace && (e.proper || r.title || r.toks[k+n-1].Shape&lexicon.Upper == 0) {
			k += n
			continue
		}
		if r.items[k].gap != gapHyphen && (r.items[k].gap != gapSpace || !r.tellsKind(k)) {
			break
		}
		k++
	}
	return k
}

// nounAt is the item behind the plural noun at item k, which may be several
// words, parts with hyphens or an abbreviation in capitals; k if there is none.
func (r *reader) nounAt(k int) int {
	if n, _ := r.phrase(k, isCompound); n > 0 {
		return k + n
	}
	if k >= len(r.items) {
		return k
	}
	many, next := false, k
	for next == k || next < len(r.items) && next < k+maxPhrase && r.items[next].gap == gapHyphen && r.items[next].kind == word {
		many = many || r.plural(next, r.class(next))
		next++
	}
	c := r.class(k)
	if next == k+1 && (c&(isStop|isNumber) != 0 || r.calendar(k)) {
		return k
	}
	const longest = 5 // letters of an abbreviation: "SMS", "ONG"
	if t := r.toks[k]; next == k+1 && !r.upper && t.Shape&lexicon.AllCaps != 0 && t.End-t.Start <= longest && c&isISO == 0 {
		return next
	}
	if !many {
		return k
	}
	return next
}

// tellsKind tells whether the word at item k is an adjective that belongs to the
// noun before it; a participle tells what happened to it, unless the data know it.
func (r *reader) tellsKind(k int) bool {
	c := r.class(k)
	if c&(isStop|isNumber|isNever|isApart) != 0 || r.toks[k].Shape&lexicon.Upper != 0 || r.calendar(k) {
		return false
	}
	if c&isBehind != 0 && r.governsOf(k) {
		return false // "foyers privés d'électricité"
	}
	w := r.text[r.toks[k].Start:r.toks[k].End]
	return c&(isBehind|isCountry) != 0 || endsIn(w, r.lang.plural) && !endsIn(w, r.lang.participle)
}

// nounCapital reads adjectives and the noun with a capital behind them.
func (r *reader) nounCapital(i int) int {
	for k := i; k < len(r.items) && k < i+maxPhrase; k++ {
		if k > i && r.items[k].gap != gapSpace && r.items[k].gap != gapHyphen || r.items[k].kind != word {
			return 0
		}
		t, c := r.toks[k], r.class(k)
		w := r.text[t.Start:t.End]
		if t.Shape&lexicon.Upper == 0 {
			if c&isStop != 0 || !endsIn(w, r.lang.adjective) && !r.describes(k) {
				return 0
			}
			continue
		}
		if c&isNumber != 0 || r.stopsNouns(k) || r.calendar(k) {
			return 0
		}
		hyphen := k+1 < len(r.items) && r.items[k+1].gap == gapHyphen
		if hyphen || r.followedByNoun(k, w) || c&isAdjective != 0 && r.capitalBehind(k) {
			continue
		}
		return k + 1
	}
	return 0
}

// stopsNouns tells whether the word with a capital at item k is no noun, or none
// that is counted; "Stimmen" is, though "stimmen" isn't.
func (r *reader) stopsNouns(k int) bool {
	m := r.lang.phrases.Longest(r.toks[k:k+1], isStop)
	return m.Tokens > 0 && (r.upper || r.lang.entries[m.Value-1].proper)
}

// describes tells whether the word at item k goes with the adjective behind it:
// "gewerblich genutzte".
func (r *reader) describes(k int) bool {
	if k+1 >= len(r.items) || r.items[k+1].kind != word || r.items[k+1].gap != gapSpace || r.toks[k+1].Shape&lexicon.Lower == 0 {
		return false
	}
	return r.class(k+1)&isStop == 0 && endsIn(r.text[r.toks[k+1].Start:r.toks[k+1].End], r.lang.adjective)
}

// governsOf tells whether an "of" without an article follows the word at item k,
// which makes a participle of it.
func (r *reader) governsOf(k int) bool {
	n, _ := r.phrase(k+1, isOf)
	return n == 1 && r.class(k+2)&(isArticle|isStop|isNumber) == 0 && endsIn(r.text[r.toks[k].Start:r.toks[k].End], r.lang.participle)
}

// capitalBehind tells whether a word with a capital follows item k.
func (r *reader) capitalBehind(k int) bool {
	return k+1 < len(r.items) && r.items[k+1].kind == word && r.items[k+1].gap == gapSpace && r.toks[k+1].Shape&lexicon.Upper != 0
}

// followedByNoun tells whether the word with a capital at item k only describes
// the noun behind it: "Berliner Schulen".
func (r *reader) followedByNoun(k int, w string) bool {
	if !strings.HasSuffix(w, "er") {
		return false
	}
	city := lexicon.Scan(r.buf[:0], w, 0, len(w)-len("er"))
	r.buf = city[:0]
	return r.capitalBehind(k) &&
		(r.class(k)&isCountry != 0 || r.lex.Phrases.Longest(city, lexicon.City).Tokens > 0)
}
