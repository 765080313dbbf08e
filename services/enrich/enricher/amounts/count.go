package amounts

import (
	"math"
	"strings"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// counts tells whether a number with a noun behind it counts something, and is
// no year, name, date, rate or duration.
func (r *reader) counts(f *figure, a operand, u unitPhrase, ranged bool) bool {
	if u.kind == unitNever || r.compounded(u.next) {
		return false
	}
	i := f.from
	before := r.class(i - 1)
	if r.dated(i) || r.items[f.item].year && !ranged && r.class(u.next-1)&isDated != 0 {
		return false
	}
	if i == 0 || !r.joined(i) {
		return true
	}
	if before&isPer != 0 || before&isPerMany != 0 && powerOfTen(a.value) && r.rates(i-1, a.value) {
		return false
	}
	if u.kind != unitNoun {
		return true
	}
	if before&isRatio != 0 && i > 1 && r.joined(i-1) && r.numberBefore(i-1, a.value) {
		return false
	}
	if r.labelled(i) || before&isNoOne != 0 && a.value == 1 || r.items[i].gap == gapHyphen {
		return false
	}
	if !a.digits || a.scale > 1 || f.about || f.item != f.from {
		return true
	}
	it := &r.items[f.item]
	if it.year && !ranged && r.verbBehind(u) {
		return false
	}
	if it.year && !ranged && (before&isYear != 0 || r.items[i-1].gap == gapApostrophe || r.capital(i-1)) {
		return false
	}
	return it.grouped || !r.isName(i-1)
}

// compounded tells whether a unit that ends before item i is the middle of a
// word: "Fünf-Prozent-Hürde", "9-Euro-Ticket".
func (r *reader) compounded(i int) bool {
	return r.lang.nouns == nounsCapital && i < len(r.items) && r.items[i].gap == gapHyphen && r.items[i-1].gap == gapHyphen
}

// rates tells whether a number below most stands shortly before the preposition
// at item i: "12 deaths in 1,000 births", but "in 100 countries".
func (r *reader) rates(i int, most float64) bool {
	const near = 3 // items
	for k := i; k > 0 && i-k < near && r.joined(k); k-- {
		if r.numberBefore(k, most) {
			return true
		}
	}
	return false
}

// numberBefore tells whether a number below most stands before item i, as the
// first of a ratio: "4 in 10 Americans", but "412 in three districts".
func (r *reader) numberBefore(i int, most float64) bool {
	switch r.items[i-1].kind {
	case number:
		return r.items[i-1].value < most
	case word:
		n, e := r.numberWord(i-1, true)
		return n == 1 && e.value < most
	default:
		return false
	}
}

// labelled tells whether a word before item i makes its number a name: "page 12".
// Where plurals tell nouns apart from verbs, only a name does.
func (r *reader) labelled(i int) bool {
	m := r.lang.phrases.Longest(r.toks[i-1:i], isLabel)
	if m.Tokens == 0 || !r.joined(i) {
		return false
	}
	e := &r.lang.entries[m.Value-1]
	if !r.proper(i-1, e) {
		return false
	}
	if r.lang.nouns == nounsFirst {
		return e.proper
	}
	for k := i - 2; k >= 0 && i-k <= 3 && r.joined(k+1); k-- {
		if r.class(k)&isOne != 0 {
			return false // "in einer ersten Klasse 29 Kinder"
		}
	}
	return true
}

// verbBehind tells whether what follows a number that may be a year begins with
// a verb: "für 2023 rechnen Ökonomen".
func (r *reader) verbBehind(u unitPhrase) bool {
	t := r.toks[u.first]
	return r.lang.nouns == nounsCapital && u.next > u.first+1 && t.Shape&lexicon.Lower != 0 && strings.HasSuffix(r.text[t.Start:t.End], "en")
}

// powerOfTen tells whether v is what rates are given by: 100, 1,000, 100,000.
func powerOfTen(v float64) bool {
	return v >= 100 && math.Log10(v) == math.Trunc(math.Log10(v))
}

// daysOfMonth is the last number that a month or a day of the week dates.
const daysOfMonth = 31

// dated tells whether a month stands before item i, or the abbreviation of
// "number": "May 3", "Oct. 7", "No. 10".
func (r *reader) dated(i int) bool {
	if i == 0 || !r.joined(i) && r.items[i].gap != gapDotSpace {
		return false
	}
	it := &r.items[i]
	return it.kind == number && r.calendar(i-1) && (it.value <= daysOfMonth && !it.grouped || it.year && r.lex.Phrases.Longest(r.toks[i-1:i], lexicon.Month).Tokens > 0) || r.items[i].gap == gapDotSpace && r.class(i-1)&isLabel != 0 && r.dotted(i-1)
}

// isName tells whether the word at item i looks like a name that goes on with a
// number: "Boeing 737".
func (r *reader) isName(i int) bool {
	if i < 0 || r.items[i].kind != word || r.upper || r.lang.nouns == nounsCapital {
		return i >= 0 && r.items[i].kind == name
	}
	t := r.toks[i]
	if t.Shape&lexicon.Upper != 0 && t.End-t.Start == 1 && r.class(i)&isStop == 0 {
		return true // "S&P 500"
	}
	if t.Shape&lexicon.Upper == 0 || i == 0 || r.items[i].gap == gapOther || r.items[i].gap == gapDotSpace {
		return false
	}
	return r.class(i)&(isStop|isCountry|isYear) == 0
}

func (r *reader) quantity(fig article.Figure, u unitPhrase, span article.Span, sure float64) {
	if len(r.quantities) >= Limit {
		return
	}
	if fig.Value == 0 && math.Signbit(fig.Value) {
		fig.Value, fig.To = 0, 0
	}
	r.quantities = append(r.quantities, article.Quantity{
		Figure: fig, Unit: u.name, Evidence: article.Evidence{Span: span, Enricher: Name, Version: Version, Confidence: sure},
	})
}
