package amounts

import (
	"math"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// counts tells whether a number with a noun behind it counts something, and is
// no year, name, date, rate or duration.
func (r *reader) counts(f *figure, a operand, u unitPhrase, ranged bool) bool {
	if u.kind == unitNever {
		return false
	}
	i := f.from
	before := r.class(i - 1)
	if r.dated(i) || i == f.item && r.items[i].year && !ranged && r.class(u.next-1)&isDated != 0 {
		return false
	}
	if i == 0 || !r.joined(i) {
		return true
	}
	if before&isPer != 0 || before&isPerMany != 0 && powerOfTen(a.value) {
		return false
	}
	if u.kind != unitNoun {
		return true
	}
	if before&isRatio != 0 && i > 1 && r.joined(i-1) && (r.items[i-2].kind == number || r.class(i-2)&isNumber != 0) {
		return false
	}
	if before&isLabel != 0 || before&isNoOne != 0 && a.value == 1 || r.items[i].gap == gapHyphen {
		return false
	}
	if !a.digits || a.scale > 1 || f.about || f.item != f.from {
		return true
	}
	it := &r.items[f.item]
	if it.year && !ranged && (before&isYear != 0 || r.items[i-1].gap == gapApostrophe || r.capital(i-1)) {
		return false
	}
	return it.grouped || !r.isName(i-1)
}

// powerOfTen tells whether v is what rates are given by: 100, 1,000, 100,000.
func powerOfTen(v float64) bool {
	return v >= 100 && math.Log10(v) == math.Trunc(math.Log10(v))
}

// dated tells whether a month stands before item i, or the abbreviation of
// "number": "May 3", "Oct. 7", "No. 10".
func (r *reader) dated(i int) bool {
	if i == 0 || !r.joined(i) && r.items[i].gap != gapDotSpace {
		return false
	}
	return r.calendar(i-1) && r.items[i].kind == number || r.items[i].gap == gapDotSpace && r.class(i-1)&isLabel != 0 && r.dotted(i-1)
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
