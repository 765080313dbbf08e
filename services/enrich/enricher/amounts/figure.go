package amounts

import (
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// figure is what is being read.
type figure struct {
	from, item int // its first item; the next one to read
	about      bool
}

// operand is a number with what it has of a unit of its own.
type operand struct {
	numeral
	end    int   // byte
	money  int16 // 0: none
	before bool  // the currency stands before the number
	unit   unitPhrase
}

// operand reads a number with its currency at item i; next is i if there is
// none.
func (r *reader) operand(i int, first bool) operand {
	o := operand{numeral: numeral{next: i}}
	j := i
	if m, n := r.moneyBefore(i); m != 0 {
		o.money, o.before, j = m, true, i+n
		if !r.joined(j) {
			return o
		}
	}
	n := r.numeral(j, first)
	if n.next == j || o.before && !n.digits && n.value < 1 {
		return o
	}
	o.numeral = n
	if o.before {
		o.money, o.next = r.moneyAgain(o)
	} else {
		if m, k := r.moneyBehind(n); k > n.next {
			o.money, o.next = m, k
		}
	}
	if o.money == 0 && n.money && !r.many(n) {
		// "5m" without a currency is no million.
		o.numeral = numeral{next: j + 1, value: r.items[j].value, scale: 1, digits: true}
	}
	o.end = r.endOf(o.next)
	return o
}

// many tells whether a letter that is glued to a number multiplies it though no
// currency is near: "5m people".
func (r *reader) many(n numeral) bool {
	if r.items[n.next-1].gap != gapNone {
		return false
	}
	u := r.unit(operand{numeral: n})
	return u.next > 0 && (u.kind == unitNoun || u.kind == unitMeasure)
}

// stated reads a number or a range, with its unit.
func (r *reader) stated(f *figure) bool {
	start := f.item
	between, from := false, false
	if n, _ := r.phrase(f.item, isBetween); n > 0 {
		between = true
		f.item += n
	} else if n, _ := r.phrase(f.item, isFrom); n > 0 {
		from = true
		if f.item == f.from && r.followsNoun(f.item) {
			f.from += n
		}
		f.item += n
	}
	if between || from {
		f.item = r.article(f.item)
	}
	if r.isTitle(f.item) {
		return false
	}
	minus := false
	if n, _ := r.phrase(f.item, isMinus); n > 0 && !between && !from {
		minus = true
		f.item += n
	}
	if f.item > start && !r.joined(f.item) {
		return false
	}
	a := r.operand(f.item, between)
	if a.next == f.item {
		return false
	}
	if minus {
		a.value = -a.value
	}
	if a.money == 0 {
		a.unit = r.unit(a)
	}
	if b, ok := r.rangeTo(f, &a, between, from); ok {
		return r.emit(f, a, b, true)
	}
	if between || from {
		return false
	}
	return r.emit(f, a, a, false)
}

// followsNoun tells whether the preposition at item i belongs to the noun before
// it and opens no range: "olas de seis a siete metros".
func (r *reader) followsNoun(i int) bool {
	if i == 0 || r.items[i-1].kind != word || r.items[i].gap != gapSpace {
		return false
	}
	switch r.lang.nouns {
	case nounsFirst:
		return r.plural(i-1, r.class(i-1))
	case nounsCapital:
		return r.toks[i-1].Shape&lexicon.Upper != 0 && i > 1 && r.class(i-1)&isChange == 0
	default:
		return false
	}
}

// isTitle tells whether the number word at item i has a capital in the middle of
// a sentence, as part of a name: "Six Nations", "Formula One".
func (r *reader) isTitle(i int) bool {
	if r.title || r.upper || r.lang.nouns == nounsCapital || i >= len(r.items) || r.items[i].kind != word {
		return false
	}
	t := r.toks[i]
	return r.items[i].gap == gapSpace && t.Shape&lexicon.Upper != 0 && r.class(i)&(isNumber|isScale) != 0
}

// emit reports the range from a to b, or a alone.
func (r *reader) emit(f *figure, a, b operand, ranged bool) bool {
	fig := article.Figure{Known: true, Value: a.value, To: b.value, Approximate: f.about || a.about || b.about}
	start := int(r.toks[f.from].Start)
	if b.money != 0 || a.money != 0 {
		m := b.money
		if m == 0 || a.before {
			m = a.money
		}
		f.item = b.next
		if a.scale == 1 && r.compounded(a.next) {
			return true
		}
		r.amount(f, fig, m, article.Span{Start: start, End: b.end}, sureSign)
		return true
	}
	u := b.unit
	if u.next == 0 {
		return !ranged && r.unsaid(f, fig, a, start)
	}
	if !r.counts(f, a, u, ranged) {
		f.item = u.next
		return true
	}
	f.item = u.next
	fig.Approximate = fig.Approximate || u.about
	sure := sureSign
	if u.kind == unitNoun {
		sure = sureCount
	}
	r.quantity(fig, u, article.Span{Start: start, End: u.end}, sure)
	return true
}
