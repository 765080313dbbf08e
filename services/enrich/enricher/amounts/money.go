package amounts

import (
	"slices"
	"strings"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// moneyBefore reads a currency that stands before its number.
func (r *reader) moneyBefore(i int) (money int16, n int) {
	if i+1 >= len(r.items) {
		return 0, 0
	}
	if r.items[i].kind == sign {
		return r.items[i].money, 1
	}
	n, e := r.phrase(i, isBefore)
	if n == 0 || e.mixed && n == 1 && !r.upper && r.toks[i].Shape&lexicon.AllCaps != 0 {
		n, e = r.iso(i)
	}
	if n == 0 || i+n >= len(r.items) || r.items[i+n].kind != number {
		return 0, 0
	}
	return e.money, n
}

// iso reads the code of a currency.
func (r *reader) iso(i int) (int, *entry) {
	if i >= len(r.items) || r.items[i].kind != word || r.upper || r.toks[i].Shape&lexicon.AllCaps == 0 {
		return 0, nil
	}
	return r.phrase(i, isISO)
}

// moneyBehind reads the currency behind a number, and gives the item behind it;
// that of n if there is none.
func (r *reader) moneyBehind(n numeral) (money int16, next int) {
	i := n.next
	if i >= len(r.items) || !r.joined(i) {
		return 0, i
	}
	if r.items[i].kind == sign {
		if r.items[i].gap == gapSpace && i+1 < len(r.items) && r.items[i+1].gap == gapNone && r.items[i+1].kind == number {
			return 0, i // "2022 $5"
		}
		return r.items[i].money, i + 1
	}
	if k, e := r.iso(i); k > 0 {
		if i+1 < len(r.items) && r.items[i+1].kind == number && r.joined(i+1) {
			return 0, i // "2022 EUR 5"
		}
		return e.money, i + 1
	}
	if n.scale > 1 || n.about {
		if k, _ := r.phrase(i, isOf); k > 0 {
			if m, next := r.moneyName(i+k, n); m != 0 {
				return m, next
			}
		}
	}
	m, next := r.moneyName(i, n)
	if m == 0 {
		return 0, i
	}
	return m, next
}

// moneyName reads the name of a currency with the adjective that tells whose it
// is, before or behind: "Swiss francs", "livres turques".
func (r *reader) moneyName(i int, num numeral) (money int16, next int) {
	if n, e := r.phrase(i, isCountry); n > 0 && r.proper(i, e) && i+n < len(r.items) && r.continues(i+n) {
		if k, name := r.phrase(i+n, isMoney); k > 0 {
			return r.lang.of(e.money, name.money), i + n + k
		}
	}
	n, e := r.phrase(i, isMoney)
	if n == 0 || r.labels(i) {
		return 0, i
	}
	next = i + n
	if m := &r.lang.moneys[e.money-1]; m.many && num.value < 100 || m.weight && r.weighs(i, next) || m.minor && r.toks[i].End-r.toks[i].Start == 1 && (r.items[i].gap != gapNone || r.toks[i].Shape&lexicon.Lower == 0 && !r.upper) {
		return 0, i
	}
	if k, c := r.phrase(next, isCountry); k > 0 && r.items[next].gap == gapSpace && r.lang.nouns == nounsFirst {
		return r.lang.of(c.money, e.money), next + k
	}
	if m := &r.lang.moneys[e.money-1]; m.doubt && num.scale == 1 && !r.namesCountryOf(m) {
		return 0, i
	}
	return e.money, next
}

// moneyAgain reads the code or the name behind an amount that has its sign in
// front, too: "$5 million CAD", "$500 pesos".
func (r *reader) moneyAgain(o operand) (money int16, next int) {
	m := &r.lang.moneys[o.money-1]
	if !m.sign || o.next >= len(r.items) || r.items[o.next].gap != gapSpace {
		return o.money, o.next
	}
	n, e := r.iso(o.next)
	if n > 0 {
		money, next = e.money, o.next+n
	} else {
		money, next = r.moneyBehind(o.numeral)
	}
	if next == o.next || r.items[next-1].kind == sign {
		return o.money, o.next
	}
	again := &r.lang.moneys[money-1]
	for _, c := range again.codes {
		if slices.Contains(m.codes, c) || c == m.usual || r.lang.dollars(m.codes[0], c) {
			if len(m.codes) == 1 && len(again.codes) > 1 {
				return o.money, next
			}
			return money, next
		}
	}
	return o.money, o.next
}

// dollars tells whether a and b have the same name, of which a is the usual one.
func (l *language) dollars(a, b string) bool {
	for i := range l.moneys {
		if m := &l.moneys[i]; m.usual == a && slices.Contains(m.codes, b) {
			return true
		}
	}
	return false
}

// namesCountryOf tells whether the text, so far, names a country with this money.
func (r *reader) namesCountryOf(m *money) bool {
	for k := len(r.countries) - 1; k >= 0 && len(r.countries)-k <= maxLook; k-- {
		if slices.Contains(m.codes, r.lang.moneys[r.countries[k].money-1].codes[0]) {
			return true
		}
	}
	return false
}

// of is the country's currency if name is a name for it, else what name is.
func (l *language) of(country, name int16) int16 {
	m := &l.moneys[name-1]
	if !m.minor && len(m.codes) > 1 && slices.Contains(m.codes, l.moneys[country-1].codes[0]) {
		return country
	}
	return name
}

// weighs tells whether the pounds of items i to next are a weight: "pounds of
// flour", "a 12-pound baby".
func (r *reader) weighs(i, next int) bool {
	k := next
	if r.items[i].gap != gapHyphen {
		n, _ := r.phrase(next, isOf)
		if n == 0 || r.items[next].gap != gapSpace {
			return false
		}
		k += n
	}
	n, _ := r.phrase(k, isWorth)
	return n == 0
}

func (r *reader) amount(f *figure, fig article.Figure, m int16, span article.Span, sure float64) {
	if len(r.amounts) >= Limit {
		return
	}
	if t := r.lang.moneys[m-1].times; t > 0 {
		fig.Value, fig.To = round(fig.Value*t), round(fig.To*t)
	}
	if fig.Known && r.lang.moneys[m-1].minor {
		fig.Value, fig.To = round(fig.Value/100), round(fig.To/100)
	}
	a := article.Amount{Figure: fig, Evidence: article.Evidence{Span: span, Enricher: Name, Version: Version, Confidence: sure}}
	if r.latest >= 0 && r.converts(f) {
		a.Converts = len(r.amounts) - r.latest
	} else {
		r.latest = len(r.amounts)
	}
	r.amounts = append(r.amounts, a)
	r.moneys = append(r.moneys, m)
	r.latestItem = f.item
}

// unsaid reports an amount whose currency is left out, as in "12 mln stg from
// 9.8 mln".
func (r *reader) unsaid(f *figure, fig article.Figure, a operand, start int) bool {
	const most = 14 // items since the amount before
	if a.scale < 1000 || r.latest < 0 || f.from-r.latestItem > most || r.class(f.from-1)&isSame == 0 {
		return false
	}
	for k := r.latestItem; k <= f.from; k++ {
		if r.items[k].gap == gapDotSpace {
			return false
		}
	}
	f.item = a.next
	r.amount(f, fig, r.moneys[r.latest], article.Span{Start: start, End: a.end}, sureUnsaid)
	return true
}

// converts tells whether the figure stands in brackets right behind the amount
// that was found last, with nothing but words for a conversion before it.
func (r *reader) converts(f *figure) bool {
	const most = 6
	for k := f.from; k >= r.latestItem && f.from-k < most; k-- {
		if r.items[k].gap == gapOpen {
			return k == r.latestItem
		}
		if k > r.latestItem && r.class(k-1)&(isEqual|isApprox) == 0 {
			break
		}
	}
	return r.alsoConverts(f)
}

// alsoConverts tells whether the figure follows a conversion in the same
// brackets: "(£43; $55)".
func (r *reader) alsoConverts(f *figure) bool {
	n := len(r.amounts) - 1
	if f.from != r.latestItem || r.latest == n {
		return false
	}
	switch strings.TrimSpace(r.text[r.amounts[n].End:r.toks[f.from].Start]) {
	case ";", ",", "/":
		return true
	}
	return false
}
