package amounts

import (
	"math"
	"strings"
	"unicode/utf8"
)

// round takes away what adding decimals has left behind the 12th digit.
func round(v float64) float64 {
	if v == 0 || math.IsInf(v, 0) {
		return v
	}
	p := math.Pow(10, 12-math.Ceil(math.Log10(math.Abs(v))))
	if p < 1 || math.IsInf(p, 0) {
		return v
	}
	return math.Round(v*p) / p
}

// numeral is a number as it stands: in digits or words, with its scale.
type numeral struct {
	next   int // the item behind it
	value  float64
	scale  float64 // 1: none
	money  bool    // the scale stands beside a currency only: "5m"
	about  bool    // "une centaine"
	digits bool
	// grouped tells that its thousands stand apart.
	grouped bool
}

// maxWords is how many words a number in words has at most.
const maxWords = 12

// numeral reads a number at item i; next is i if there is none. first tells
// that "between" stands before it, so that the next "and" is not in it.
func (r *reader) numeral(i int, first bool) numeral {
	n := numeral{next: i, scale: 1}
	switch {
	case i >= len(r.items):
		return n
	case r.items[i].kind == number:
		n.next, n.value, n.digits, n.grouped = i+1, r.items[i].value, true, r.items[i].grouped
	case r.halfMore(i):
		k, e := r.phrase(i, isScale)
		n.next, n.value, n.scale = i+k, e.value, e.value
	case r.items[i].kind == word:
		n = r.inWords(i, first)
	}
	if n.next == i {
		return n
	}
	return r.scaled(n)
}

// halfMore tells whether a scale without a number but with a half begins at item
// i: "millón y medio".
func (r *reader) halfMore(i int) bool {
	n, e := r.phrase(i, isScale)
	if n == 0 || e.value < 1000 || !r.joined(i+n) {
		return false
	}
	k, _ := r.phrase(i+n, isHalf)
	return k > 0
}

// scaled reads the scales behind a number: "million", "mil millones".
func (r *reader) scaled(n numeral) numeral {
	n = r.halved(n)
	const most = 3
	for range most {
		k, e := r.phrase(n.next, isScale|isMoneyScale)
		if k == 0 || !r.joined(n.next) {
			break
		}
		c := r.class(n.next)
		if c&isScale == 0 {
			if k > 1 || !r.fits(n.next) {
				break
			}
			n.money = true
		}
		n.scale *= e.value
		n.next += k
		n.value *= e.value
		n.about = n.about || e.about
		if e.money != 0 {
			r.hint = e.money
		}
	}
	n.value = round(n.value)
	if n.scale > 1 {
		n = r.halved(n)
	}
	return r.continued(n)
}

// continued adds the thousands behind millions: "2 millones 300 mil".
func (r *reader) continued(n numeral) numeral {
	i := n.next
	if n.scale < 1000 || i >= len(r.items) || r.items[i].kind != number || r.items[i].gap != gapSpace || r.items[i].value >= 1000 {
		return n
	}
	if n.scale == 1000 {
		if r.lang.nouns == nounsFirst && !r.items[i].grouped && r.toks[i].End-r.toks[i].Start == 3 {
			n.value += r.items[i].value // "mil 500"
			n.next = i + 1
			return r.scaled(n)
		}
		return n
	}
	if k, e := r.phrase(i+1, isScale); k > 0 && e.value == 1000 && r.items[i+1].gap == gapSpace {
		n.value += r.items[i].value * 1000
		n.next = i + 1 + k
	}
	return n
}

// fits tells whether a scale of one letter stands as it must: behind digits,
// glued or with a space.
func (r *reader) fits(i int) bool {
	return i > 0 && r.items[i-1].kind == number && (r.items[i].gap == gapNone || r.items[i].gap == gapSpace)
}

// halved adds what "and a half" adds.
func (r *reader) halved(n numeral) numeral {
	if k, e := r.phrase(n.next, isHalf); k > 0 && r.joined(n.next) {
		n.value += e.value * n.scale
		n.next += k
	}
	return n
}

// inWords reads "two hundred and forty", "sesenta y uno", "zweihundertvierzig".
func (r *reader) inWords(i int, first bool) numeral {
	n := numeral{next: i, scale: 1}
	total, current, last := 0.0, 0.0, math.Inf(1)
	j := i
	before := n // what was read up to the last "and"
	if k, _ := r.phrase(i, isOne); k > 0 && r.class(i+k)&isScale != 0 && r.joined(i+k) {
		// An article is a number before a scale: "a million".
		current, j = 1, i+k
	}
	if k, _ := r.phrase(i, isOne); k > 0 && j == i && r.joined(i+k) {
		if p, _ := r.phrase(i+k, isPercent|isPoints); p > 0 {
			n.value, n.next = 1, i+k // "ein Prozent"
			return n
		}
	}
	for j < len(r.items) && j-i < maxWords {
		at := j
		if j > i {
			if !r.joined(j) {
				break
			}
			if k, _ := r.phrase(j, isHalf); k > 0 {
				break
			}
			if k, _ := r.phrase(j, isJoin); k > 0 && !first {
				at, before = j+k, n
			}
		}
		k, e := r.numberWord(at, j > i)
		scale := k > 0 && r.class(at)&(isScale|isNumber) == isScale
		if k == 0 || at > i && !r.joined(at) {
			break
		}
		switch v := e.value; {
		case v >= 1000 && v >= last && before.next > i:
			return before // "un millón y dos millones"
		case v >= 1000 && (v < last || last == 1000 && current == 0):
			if v > last {
				total *= v // "dos mil millones"
			} else {
				total += orOne(current) * v
			}
			current, last = 0, v
		case v == 100 && current < 100 && (current > 0 || at == i || total > 0):
			current = orOne(current) * v
		case scale && v < 100 && current < 100 && total == 0:
			current = orOne(current) * v // "two dozen"
			n.about = n.about || e.about
			n.next, n.value, n.scale = at+k, current, v
			return n
		case v < 1000 && fitsBelow(current, v) && (at == j || current >= 10 || current == 0 && total > 0):
			current += v
		default:
			return n
		}
		n.about = n.about || e.about
		j = at + k
		n.next, n.value, n.scale = j, total+current, 1
		if current == 0 {
			n.scale = last
		}
	}
	return n
}

// orOne is v, or 1 for none.
func orOne(v float64) float64 {
	if v == 0 {
		return 1
	}
	return v
}

// fitsBelow tells whether v can follow what was said: 5 after 40, not after 4.
func fitsBelow(current, v float64) bool {
	if current == 0 {
		return true
	}
	switch rest := math.Mod(current, 100); {
	case rest == 0:
		return v < 100
	case math.Mod(rest, 10) == 0:
		return v < 10 || v < 20 && (rest == 60 || rest == 80) // "soixante-dix"
	}
	return false
}

// numberWord reads one word of a number, or several that stand for one. Scales
// are words of it behind another one only.
func (r *reader) numberWord(i int, behind bool) (n int, e entry) {
	if i >= len(r.items) || r.items[i].kind != word {
		return 0, entry{}
	}
	want := isNumber
	if behind {
		want |= isScale
	}
	if n, e := r.phrase(i, want); n > 0 {
		return n, *e
	}
	if n, _ := r.phrase(i, isOne); n > 0 && behind && r.lang.nouns == nounsFirst && (r.class(i-1)&isJoin != 0 || r.items[i].gap == gapHyphen) {
		return n, entry{value: 1} // "vingt et un"
	}
	if r.lang.and != "" {
		if v, ok := r.lang.glued(r.text[r.toks[i].Start:r.toks[i].End]); ok && v > 1 {
			return 1, entry{value: v}
		}
	}
	return 0, entry{}
}

// maxGlued is how long a number in one word can be, in bytes.
const maxGlued = 64

// glued reads a number that is written as one word: "zweihundertvierzigtausend",
// "zweieinhalb".
func (l *language) glued(w string) (float64, bool) {
	if len(w) > maxGlued || len(w) < 3 || !l.openings[[2]byte{w[0] | 0x20, w[1]}] || l.part(w) == "" {
		return 0, false
	}
	w = strings.ToLower(w)
	total, current, unit := 0.0, 0.0, 0.0 // unit: of "einund"
	for w != "" {
		if rest, ok := strings.CutPrefix(w, l.and); ok {
			if current == 0 || math.Mod(current, 100) >= 10 {
				w = rest
				continue
			}
			unit = math.Mod(current, 10)
			current -= unit
			w = rest
			continue
		}
		p := l.part(w)
		if p == "" {
			return 0, false
		}
		w = w[len(p):]
		switch v := l.parts[p]; {
		case v >= 1000:
			if unit != 0 || total != 0 {
				return 0, false
			}
			total, current = max(current, 1)*v, 0
		case v == 100:
			if current >= 100 || unit != 0 {
				return 0, false
			}
			current = max(current, 1) * v
		case v < 1:
			return total + current + v, w == "" // "einhalb"
		case unit != 0:
			if v < 20 || math.Mod(v, 10) != 0 {
				return 0, false
			}
			current, unit = current+unit+v, 0
		case !fitsBelow(current, v) && !(current < 10 && v == 10):
			return 0, false
		default:
			current += v
		}
	}
	return total + current, unit == 0
}

// part is the longest part of a number that w begins with, in any case.
func (l *language) part(w string) string {
	const longest = 8
	for n := min(len(w), longest); n > 1; n-- {
		if n < len(w) && !utf8.RuneStart(w[n]) {
			continue
		}
		p := strings.ToLower(w[:n])
		if _, ok := l.parts[p]; ok {
			return p
		}
	}
	return ""
}
