package amounts

import (
	"math"
	"slices"
	"strings"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// reader reads one article, segment by segment.
type reader struct {
	lang       *language
	lex        *lexicon.Lexicon
	text       string
	dotDecimal bool // the decimal mark is a point
	upper      bool // the segment is in capitals
	title      bool // it is a headline, where any word may have a capital

	toks  []lexicon.Token // of the segment
	items []item          // beside toks
	last  int             // byte where the last item ends
	buf   []lexicon.Token

	amounts    []article.Amount
	moneys     []int16 // beside amounts; 1-based index of language.moneys
	quantities []article.Quantity
	countries  []mention
	hint       int16 // the currency of the scales that were used: "lakh"
	latest     int   // index of the last amount of this segment; -1: none
	latestItem int   // the item behind it
}

// mention is a country's name in the text.
type mention struct {
	at    int   // byte
	money int16 // 1-based index of language.moneys
}

// phrase is the longest phrase at item i that has one of these classes, 0 and
// nil if there is none.
func (r *reader) phrase(i int, want lexicon.Class) (int, *entry) {
	if i >= len(r.items) || r.items[i].kind != word {
		return 0, nil
	}
	for limit := len(r.toks); limit > i; {
		m := r.lang.phrases.Longest(r.toks[i:limit], want)
		if m.Tokens == 0 {
			return 0, nil
		}
		if k := r.broken(i, i+m.Tokens); k < i+m.Tokens {
			limit = k
			continue
		}
		return m.Tokens, &r.lang.entries[m.Value-1]
	}
	return 0, nil
}

// broken is the first item behind from before which a phrase can't go on, to if
// there is none.
func (r *reader) broken(from, to int) int {
	for k := from + 1; k < to; k++ {
		if g := r.items[k].gap; g == gapOther || g == gapOpen {
			return k
		}
	}
	return to
}

// calendar tells whether item i is the name of a month or a day of the week.
func (r *reader) calendar(i int) bool {
	if i < 0 || i >= len(r.items) || r.items[i].kind != word || r.toks[i].Shape&lexicon.Upper == 0 && r.lang.nouns != nounsFirst {
		return false
	}
	return r.lex.Phrases.Longest(r.toks[i:i+1], lexicon.Month|lexicon.Weekday).Tokens > 0
}

// class is what the word at item i is by itself.
func (r *reader) class(i int) lexicon.Class {
	if i < 0 || i >= len(r.items) || r.items[i].kind != word {
		return 0
	}
	c := r.lang.phrases.All(r.toks[i : i+1])
	if r.toks[i].Shape&lexicon.AllCaps != 0 && !r.upper {
		c &^= isStop // "US" is not "us"
	}
	return c
}

// joined tells whether item i follows the one before it in one phrase.
func (r *reader) joined(i int) bool {
	if i >= len(r.items) {
		return false
	}
	switch r.items[i].gap {
	case gapSpace, gapNone, gapHyphen:
		return true
	case gapDotSpace, gapDot:
		return i > 0 && r.dotted(i-1)
	default:
		return false
	}
}

// elided tells whether an apostrophe joins item i to the one before it.
func (r *reader) elided(i int) bool { return i < len(r.items) && r.items[i].gap == gapApostrophe }

// dotted tells whether the word at item i is an abbreviation with a full stop.
func (r *reader) dotted(i int) bool {
	n, e := r.phrase(i, isScale|isMoney|isBefore|isApprox|isLabel)
	return n == 1 && e.dotted
}

// starters are what a figure can begin with.
const starters = isNumber | isOne | isFew | isVague | isApprox | isReach | isBetween | isFrom | isMinus | isBefore | isISO

// read finds the figures of the segment that was scanned.
func (r *reader) read() {
	r.latest = -1
	for i := 0; i < len(r.items); {
		i = max(i+1, r.at(i))
	}
}

// at reads the figure that begins with item i and gives the item behind it; i
// if there is none.
func (r *reader) at(i int) int {
	switch r.items[i].kind {
	case name, unit:
		return i
	case word:
		n, _ := r.phrase(i, starters|isIdiom)
		if n == 0 && !r.isGlued(i) {
			return i
		}
		if n > 1 {
			if k, _ := r.phrase(i, isIdiom); k == n {
				return i + n
			}
		}
	default:
	}
	f := figure{from: i, item: i}
	const most = 3 // words of approximation
	for range most {
		n, _ := r.phrase(f.item, isApprox|isReach)
		if n > 0 && r.class(f.item)&isReach != 0 && r.changes(f.item) {
			break
		}
		if n == 0 || !r.joined(f.item+n) && !r.elided(f.item+n) {
			break
		}
		f.item += n
		f.about = true
	}
	if r.open(&f) || r.stated(&f) {
		return f.item
	}
	return i
}

func (r *reader) isGlued(i int) bool {
	if r.lang.and == "" {
		return false
	}
	_, ok := r.lang.glued(r.text[r.toks[i].Start:r.toks[i].End])
	return ok
}

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

// endOf is the byte where what lies before item i ends, with the full stop of an
// abbreviation.
func (r *reader) endOf(i int) int {
	t := r.toks[i-1]
	end := int(t.End)
	if end < len(r.text) && r.text[end] == '.' && r.items[i-1].kind == word {
		if r.dotted(i - 1) {
			end++
		}
	}
	return end
}

// moneyBefore reads a currency that stands before its number.
func (r *reader) moneyBefore(i int) (money int16, n int) {
	if i+1 >= len(r.items) {
		return 0, 0
	}
	if r.items[i].kind == sign {
		return r.items[i].money, 1
	}
	n, e := r.phrase(i, isBefore)
	if n == 0 {
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
	if n == 0 {
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

// proper tells whether a name is written as it must be to count.
func (r *reader) proper(i int, e *entry) bool {
	return !e.proper || r.toks[i].Shape&lexicon.Lower == 0
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

// stated reads a number or a range, with its unit.
func (r *reader) stated(f *figure) bool {
	start := f.item
	between, from := false, false
	if n, _ := r.phrase(f.item, isBetween); n > 0 {
		between = true
		f.item += n
	} else if n, _ := r.phrase(f.item, isFrom); n > 0 {
		from = true
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

// article is the item behind an article at item i; i if there is none.
func (r *reader) article(i int) int {
	if n, _ := r.phrase(i, isArticle); n > 0 && r.joined(i+n) && r.class(i+n)&isScale == 0 {
		return i + n
	}
	return i
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

// rangeTo reads the other end of the range that begins with a.
func (r *reader) rangeTo(f *figure, a *operand, between, from bool) (b operand, ok bool) {
	i := a.next
	own := a.money != 0
	if !own && a.unit.next > 0 && (a.unit.kind == unitPercent || a.unit.kind == unitMeasure) {
		i = a.unit.next
		own = true
	}
	if i >= len(r.items) {
		return b, false
	}
	bare := false // joined by a mark only
	j := i
	switch {
	case between:
		n, _ := r.phrase(i, isAnd)
		if n == 0 || r.items[i].gap != gapSpace {
			return b, false
		}
		j += n
	case r.items[i].gap == gapHyphen && !from:
		bare = true
	default:
		n, _ := r.phrase(i, isTo)
		or := false
		if n == 0 {
			n, _ = r.phrase(i, isOr)
			or = true
		}
		if n == 0 || r.items[i].gap != gapSpace || or && (from || own) {
			return b, false
		}
		j += n
	}
	if !bare && !r.joined(j) {
		return b, false
	}
	if between || from {
		j = r.article(j)
	}
	if b = r.operand(j, false); b.next == j {
		return b, false
	}
	if b.money == 0 {
		b.unit = r.unit(b)
	}
	if !between && !bare && (from || own || r.comesFrom(f.from)) && r.changes(f.from) {
		return b, false
	}
	return b, r.matches(a, &b, own, bare || between)
}

// matches tells whether a and b are the ends of one range, and gives both what
// only one of them has. tight tells that the words leave no doubt.
func (r *reader) matches(a, b *operand, own, tight bool) bool {
	if b.value < 0 {
		return false
	}
	switch {
	case a.money != 0 && b.money != 0:
		if r.lang.moneys[a.money-1].codes[0] != r.lang.moneys[b.money-1].codes[0] || r.lang.moneys[a.money-1].minor != r.lang.moneys[b.money-1].minor {
			return false
		}
	case a.money != 0:
		// "$5 to 7 million", not "$5 million to 7 groups"
		if !a.before || !tight && (b.scale == 1 || a.scale > 1) {
			return false
		}
		b.money = a.money
	case b.money != 0 && own, own && b.unit.kind != a.unit.kind:
		return false
	}
	switch {
	case a.scale == 1 && b.scale > 1 && a.value < b.value/b.scale:
		a.value = round(a.value * b.scale)
	case a.digits && b.grouped && !a.grouped && a.value < b.value/1000 && (tight || !own && a.value > b.value/10_000):
		a.value *= 1000 // "10-15,000", "40 à 50 000"
	}
	return a.value < b.value || tight && a.value == b.value
}

// comesFrom tells whether a word that opens a range stands before item i.
func (r *reader) comesFrom(i int) bool { return r.class(i-1)&isFrom != 0 }

// changes tells whether the words before item i say that something goes up or
// down.
func (r *reader) changes(i int) bool {
	const most = 6
	for k := i - 1; k >= 0 && i-k <= most; k-- {
		if r.class(k)&isChange != 0 {
			return true
		}
		if r.items[k].gap == gapOther || r.items[k].gap == gapDotSpace {
			return false
		}
	}
	return false
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
	sure := sureSign
	if u.kind == unitNoun {
		sure = sureCount
	}
	r.quantity(fig, u, article.Span{Start: start, End: u.end}, sure)
	return true
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

// capital tells whether the word at item i has a capital in the middle of a
// sentence: "Paris 2024".
func (r *reader) capital(i int) bool {
	return r.lang.nouns != nounsCapital && !r.upper && r.items[i].kind == word && r.toks[i].Shape&lexicon.Upper != 0 &&
		i > 0 && r.items[i].gap == gapSpace
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

// open reads what leaves the number open: "hundreds of phones", "mehrere
// Millionen Euro".
func (r *reader) open(f *figure) bool {
	i := f.item
	j := i
	few, _ := r.phrase(i, isFew)
	j += few
	if few > 0 && !r.joined(j) {
		return false
	}
	found := false
	const most = 4
	for range most {
		k := j
		if found {
			n, _ := r.phrase(j, isOf)
			k += n
		}
		n, _ := r.phrase(k, isVague)
		if n == 0 && (few > 0 || found) {
			var e entry
			if n, e = r.numberWord(k, true); n > 0 && e.value < 10 {
				n = 0
			}
		}
		if n == 0 || k > i && !r.joined(k) {
			break
		}
		found = true
		j = k + n
	}
	if !found {
		return false
	}
	fig := article.Figure{Approximate: true}
	start := int(r.toks[f.from].Start)
	if m, next := r.moneyBehind(numeral{next: j, scale: 1000}); next > j {
		f.item = next
		r.amount(f, fig, m, article.Span{Start: start, End: r.endOf(next)}, sureVague)
		return true
	}
	u := r.unit(operand{numeral: numeral{next: j, scale: 1000, value: 1000}})
	if u.next == 0 || u.kind == unitNever || j < len(r.items) && r.items[j].gap == gapHyphen {
		f.item = i
		return false
	}
	f.item = u.next
	r.quantity(fig, u, article.Span{Start: start, End: u.end}, sureVague)
	return true
}
