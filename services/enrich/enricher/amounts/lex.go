package amounts

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// kind is what an item is.
type kind uint8

const (
	word   kind = iota
	number      // a figure in digits
	name        // digits that are no figure: "A320", "18:30", "1970s"
	sign        // of a currency
	unit        // "%", "°C"
)

// gap is what lies before an item, since the one before it.
type gap uint8

const (
	gapOther gap = iota // punctuation, a paragraph, the begin
	gapNone
	gapSpace
	gapHyphen // also a dash without spaces
	gapApostrophe
	gapDot      // "U.S"
	gapDotSpace // "U.S. soldiers"; also the end of a sentence
	gapSlash
	gapOpen // the bracket that opens
)

// item is what the text consists of. Its token has a hash if it is a word.
type item struct {
	kind    kind
	gap     gap
	grouped bool    // the number has its thousands apart
	year    bool    // four digits that may be a year
	value   float64 // of a number
	money   int16   // of a sign; 1-based index of language.moneys
}

// perItem is how many bytes of text an item takes, in prose, at least.
const perItem = 5

// scan lays the items of text[start:end] out.
func (r *reader) scan(start, end int) {
	r.toks, r.items = r.toks[:0], r.items[:0]
	r.upper = shouts(r.text[start:end])
	r.last, r.plain = start, r.words.In(start, end)
	if n := (end - start) / perItem; n > cap(r.items) {
		r.toks, r.items, r.starts = slices.Grow(r.toks, n), slices.Grow(r.items, n), slices.Grow(r.starts[:0], n)
	}
	for i := start; i < end; {
		c := r.text[i]
		switch {
		case isDigit(c):
			i = r.digits(i, i, end)
		case c == ' ' || c == '\n' || c == ',':
			i++
		case (c == '-' || c == '.') && i+1 < end && isDigit(r.text[i+1]) && r.begins(i, start):
			i = r.signed(i, end)
		case c == '%':
			i = r.put(item{kind: unit}, i, i+1)
		case isLetter(c):
			i = r.word(i, end)
		case c < utf8.RuneSelf && c != '$':
			i++
		default:
			i = r.beyond(i, start, end)
		}
	}
	r.starts = r.starts[:0]
	for i := range r.items {
		var c lexicon.Class
		if r.items[i].kind == word {
			c = r.lang.phrases.All(r.toks[i:])
		}
		r.starts = append(r.starts, c)
	}
}

// shouts tells whether text has no small letters to speak of.
func shouts(text string) bool {
	small, capital := 0, 0
	text = text[:min(len(text), 400)]
	for i := 0; i < len(text) && 8*small < capital+len(text)-i; i++ {
		switch c := text[i]; {
		case c >= 'a' && c <= 'z':
			small++
		case c >= 'A' && c <= 'Z':
			capital++
		}
	}
	return capital > 8*small
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// begins tells whether a sign of a number can stand at i.
func (r *reader) begins(i, start int) bool {
	return i == start || strings.IndexByte(" \n(\t", r.text[i-1]) >= 0
}

// signed reads a figure with a minus sign, or one that begins with its point.
func (r *reader) signed(i, end int) int {
	if r.text[i] == '-' {
		next := r.digits(i, i+1, end)
		if k := len(r.items) - 1; r.items[k].kind == number {
			r.items[k].value = -r.items[k].value
		}
		return next
	}
	j, v, place := i+1, 0.0, 0.1
	for j < end && j-i <= MaxDigits && isDigit(r.text[j]) {
		v += place * float64(r.text[j]-'0')
		place /= 10
		j++
	}
	return r.put(item{kind: number, value: round(v)}, i, j)
}

// beyond reads what begins with a sign of a currency or a character that isn't ASCII.
func (r *reader) beyond(i, start, end int) int {
	c, n := utf8.DecodeRuneInString(r.text[i:end])
	switch {
	case unicode.Is(unicode.Sc, c):
		return r.currencySign(i, i+n, end)
	case unicode.IsLetter(c):
		return r.word(i, end)
	case c == '−' && i+n < end && isDigit(r.text[i+n]) && r.begins(i, start):
		next := r.digits(i, i+n, end)
		if k := len(r.items) - 1; r.items[k].kind == number {
			r.items[k].value = -r.items[k].value
		}
		return next
	case c == '°':
		if i+n < end && (r.text[i+n] == 'C' || r.text[i+n] == 'F') {
			n++
		}
		return r.put(item{kind: unit}, i, i+n)
	case c == '½' || c == '¼' || c == '¾':
		return r.put(item{kind: number, value: fraction(c)}, i, i+n)
	}
	return i + n
}

func fraction(c rune) float64 {
	switch c {
	case '½':
		return 0.5
	case '¼':
		return 0.25
	case '¾':
		return 0.75
	}
	return 0
}

// put adds an item and gives the place behind it.
func (r *reader) put(it item, start, end int) int {
	return r.add(it, lexicon.Token{Start: int32(start), End: int32(end)})
}

func (r *reader) add(it item, t lexicon.Token) int {
	it.gap = gapOther
	if len(r.items) > 0 {
		it.gap = between(r.text[r.last:t.Start])
	} else if strings.HasSuffix(r.text[r.last:t.Start], "(") {
		it.gap = gapOpen
	}
	r.items = append(r.items, it)
	r.toks = append(r.toks, t)
	r.last = int(t.End)
	return r.last
}

// indent is how many bytes of white space stand within a sentence at most.
const indent = 3

// between says what a gap is.
func between(g string) gap {
	switch g {
	case "":
		return gapNone
	case " ", "\n", "\u00a0", "\u202f", "\u2009", "- ": // also "10- to 12-foot"
		return gapSpace
	case "-", "–", "—", "‑", "‐", ".-":
		return gapHyphen
	case "'", "’":
		return gapApostrophe
	case ".":
		return gapDot
	case ". ", ".\n":
		return gapDotSpace
	case "/":
		return gapSlash
	}
	const most = 12
	if len(g) > most || strings.Contains(g, "\n\n") {
		return gapOther
	}
	switch strings.TrimSpace(g) {
	case "":
		if len(g) > indent {
			return gapOther // the next column of a table, or paragraph
		}
		return gapSpace
	case "(", "[":
		return gapOpen
	}
	return gapOther
}

// word reads letters with the digits that are glued to them, and the signs of
// currencies that begin with letters: "US$".
func (r *reader) word(i, end int) int {
	t := r.plainAt(i, end)
	j := int(t.End)
	if t.Shape&lexicon.HasDigit != 0 {
		if k := i + strings.IndexFunc(r.text[i:j], unicode.IsDigit); r.opens(i, k) {
			j = k // "Rs500", "CHF36"
		} else if !r.measured(i, j) {
			return r.put(item{kind: name}, i, j)
		}
		t = lexicon.WordAt(r.text, i, j)
	}
	const most = 4 // letters before a sign
	if j < end && j-i <= most && r.text[j] != ' ' {
		if c, n := utf8.DecodeRuneInString(r.text[j:end]); unicode.Is(unicode.Sc, c) {
			if m := r.lang.signs[r.text[i:j+n]]; m != 0 {
				return r.put(item{kind: sign, money: m}, i, j+n)
			}
		}
		if m := r.lang.signs[r.text[i:j+1]]; m != 0 {
			return r.put(item{kind: sign, money: m}, i, j+1) // "S/"
		}
		if c := r.text[j:min(end, j+4)]; strings.HasPrefix(c, ".S.$") {
			if m := r.lang.signs[r.text[i:j+4]]; m != 0 {
				return r.put(item{kind: sign, money: m}, i, j+4)
			}
		}
	}
	for strings.HasPrefix(r.text[j:end], "²") || strings.HasPrefix(r.text[j:end], "³") {
		j += len("²")
	}
	t.End = int32(j)
	return r.add(item{kind: word}, t)
}

// plainAt is the word that begins with the letter at i, or its part from there on.
func (r *reader) plainAt(i, end int) lexicon.Token {
	for len(r.plain) > 0 && int(r.plain[0].Start) < i {
		r.plain = r.plain[1:]
	}
	if len(r.plain) > 0 && int(r.plain[0].Start) == i {
		return r.plain[0]
	}
	return lexicon.WordAt(r.text, i, end)
}

// measured tells whether text[i:j] is a unit that has a digit: "m3".
func (r *reader) measured(i, j int) bool {
	const most = 4
	if j-i > most {
		return false
	}
	toks := lexicon.Scan(r.buf[:0], r.text, i, j)
	r.buf = toks[:0]
	return len(toks) == 1 && r.lang.phrases.Longest(toks, isMeasure).Tokens > 0
}

// opens tells whether text[i:j] names a currency before the figure that it is
// glued to.
func (r *reader) opens(i, j int) bool {
	const most = 4
	if j-i > most {
		return false
	}
	toks := lexicon.Scan(r.buf[:0], r.text, i, j)
	r.buf = toks[:0]
	if len(toks) != 1 {
		return false
	}
	m := r.lang.phrases.Longest(toks, isBefore|isISO)
	return m.Tokens > 0 && (m.Classes&isBefore != 0 || toks[0].Shape&lexicon.AllCaps != 0)
}

// currencySign reads a sign that begins at i and has its last character before
// j: also "$US".
func (r *reader) currencySign(i, j, end int) int {
	k := j
	const most = 3
	for k < end && k-j < most && r.text[k] >= 'A' && r.text[k] <= 'Z' {
		k++
	}
	if strings.HasPrefix(r.text[j:end], " ") && j+3 <= end {
		if m := r.lang.signs[r.text[i:j+3]]; m != 0 && (j+3 == end || !isLetter(r.text[j+3])) {
			return r.put(item{kind: sign, money: m}, i, j+3) // "$ US"
		}
	}
	for ; k > j; k-- {
		if m := r.lang.signs[r.text[i:k]]; m != 0 && (k == end || !isLetter(r.text[k])) {
			return r.put(item{kind: sign, money: m}, i, k)
		}
	}
	if m := r.lang.signs[r.text[i:j]]; m != 0 {
		return r.put(item{kind: sign, money: m}, i, j)
	}
	return j
}

// maxGroups is how many groups a figure has at most.
const maxGroups = 6

// digits reads what begins with a digit at i, and whose item begins at start.
func (r *reader) digits(start, i, end int) int {
	var at, length [maxGroups]int
	var mark [maxGroups]byte // before the group; ' ' stands for all kinds of space
	n, j, figure := 0, i, true
	for {
		from := j
		for j < end && isDigit(r.text[j]) {
			j++
		}
		if n < maxGroups {
			at[n], length[n] = from, j-from
			n++
		} else {
			figure = false
		}
		c, w := r.separator(j, end, length[0], n)
		if c == 0 {
			break
		}
		if n < maxGroups {
			mark[n] = c
		}
		if c == ':' {
			figure = false
		}
		j += w
	}
	it := item{kind: number}
	if figure {
		it.value, it.grouped, figure = r.figure(at[:n], length[:n], mark[:n])
		it.year = n == 1 && length[0] == 4 && it.value >= 1000 && it.value < 2200
	}
	if v, next, ok := r.withFraction(it.value, i, j, end, n == 1); ok {
		it.value, j, figure = v, next, true
		it.year = false
	}
	for _, s := range [...]string{",-", ",–", ".-", ".–", ",—", ".—"} {
		if rest := r.text[j:end]; strings.HasPrefix(rest, s) && (len(rest) == len(s) || rest[len(s)] == ' ') {
			j += len(s) // "20,- Euro"
			break
		}
	}
	if figure && r.named(start) {
		figure = false
	}
	rest := r.suffix(j, end)
	if !figure || rest > j {
		return r.put(item{kind: name}, start, max(j, rest))
	}
	return r.put(it, start, j)
}

// separator gives the mark at j between two groups of digits and its length; 0
// if there is none.
func (r *reader) separator(j, end, first, n int) (c byte, w int) {
	if j+1 >= end {
		return 0, 0
	}
	switch c = r.text[j]; c {
	case '.', ',', ':':
		if isDigit(r.text[j+1]) {
			return c, 1
		}
		return 0, 0
	case ' ':
		if !r.lang.spaces {
			return 0, 0
		}
		w = 1
	case '\'':
		w = 1
	default:
		for _, s := range [...]string{"\u00a0", "\u202f", "\u2009", "’"} {
			if strings.HasPrefix(r.text[j:end], s) {
				w = len(s)
			}
		}
	}
	// A space separates groups of three only, and nothing else.
	if w == 0 || first > 3 || n > 1 && length3(r.text, j) != 3 || j+w+3 > end {
		return 0, 0
	}
	for k := j + w; k < j+w+3; k++ {
		if !isDigit(r.text[k]) {
			return 0, 0
		}
	}
	if j+w+3 < end && isDigit(r.text[j+w+3]) {
		return 0, 0
	}
	return ' ', w
}

// length3 is how many digits stand before j, 4 if more than 3.
func length3(text string, j int) int {
	n := 0
	for j > 0 && n < 4 && isDigit(text[j-1]) {
		j--
		n++
	}
	return n
}

// figure gives the value of groups of digits. ok is false if they are none: a
// date, a list, a telephone number.
func (r *reader) figure(at, length []int, mark []byte) (value float64, grouped, ok bool) {
	digits := 0
	for _, l := range length {
		digits += l
	}
	zero := r.text[at[0]] == '0'
	if digits > MaxDigits || zero && length[0] > 1 {
		return 0, false, false
	}
	n := len(at)
	groups := n // how many of them are of the whole part
	if n > 1 && mark[n-1] != ' ' && r.decimals(length, mark) {
		groups--
	}
	for k := 1; k < groups; k++ {
		three := length[k] == 3 || length[k] == 2 && mark[k] == ',' && k < groups-1
		if !three || mark[k] != mark[1] || length[0] > 3 || zero || mark[k] == ':' {
			return 0, false, false
		}
	}
	if groups < n && groups > 1 && mark[n-1] == mark[1] {
		return 0, false, false
	}
	for k := range groups {
		for _, c := range []byte(r.text[at[k] : at[k]+length[k]]) {
			value = value*10 + float64(c-'0')
		}
	}
	if groups < n {
		place := 1.0
		f := 0.0
		for _, c := range []byte(r.text[at[n-1] : at[n-1]+length[n-1]]) {
			f = f*10 + float64(c-'0')
			place *= 10
		}
		value += f / place
	}
	return round(value), groups > 1, true
}

// decimals tells whether the last group is a fraction.
func (r *reader) decimals(length []int, mark []byte) bool {
	n := len(length)
	if length[n-1] != 3 || length[0] > 3 && n == 2 {
		return true
	}
	if n > 2 {
		return mark[n-1] != mark[n-2]
	}
	return (mark[1] == '.') == r.dotDecimal
}

// withFraction reads the fraction behind a whole number, "6-1/2", "6 1/2" or
// "6½", or one that stands alone. ok is false if there is none.
func (r *reader) withFraction(whole float64, i, j, end int, plain bool) (value float64, next int, ok bool) {
	if !plain {
		return 0, 0, false
	}
	rest := r.text[j:end]
	for _, c := range [...]rune{'½', '¼', '¾'} {
		if strings.HasPrefix(rest, string(c)) {
			return whole + fraction(c), j + utf8.RuneLen(c), true
		}
	}
	from := i
	if len(rest) > 1 && (rest[0] == '-' || rest[0] == ' ') && isDigit(rest[1]) {
		from = j + 1
	} else {
		whole = 0
	}
	k, over, under := from, 0, 0
	for k < end && k-from < 2 && isDigit(r.text[k]) {
		over = over*10 + int(r.text[k]-'0')
		k++
	}
	if k+1 >= end || r.text[k] != '/' || !isDigit(r.text[k+1]) {
		return 0, 0, false
	}
	for k++; k < end && under < 1000 && isDigit(r.text[k]); k++ {
		under = under*10 + int(r.text[k]-'0')
	}
	if k < end && (r.text[k] == '/' || isDigit(r.text[k])) {
		return 0, 0, false
	}
	switch under {
	case 2, 3, 4, 5, 8, 16, 32, 64:
		if over > 0 && over < under {
			return whole + float64(over)/float64(under), k, true
		}
	}
	return 0, 0, false
}

// named tells whether the figure that begins at i belongs to a name: "F-35",
// "mid-2020", "n° 4", "20/7".
func (r *reader) named(i int) bool {
	if i == r.last || len(r.items) == 0 {
		return i > r.last && strings.ContainsAny(r.text[r.last:i], "#§№°º/")
	}
	g := r.text[r.last:i]
	if len(g) <= 8 && strings.ContainsAny(g, "#§№°º/") {
		return true
	}
	if between(g) != gapHyphen {
		return false
	}
	k := len(r.items) - 1
	if r.items[k].kind == word {
		if t := r.toks[k]; t.End-t.Start == 1 && r.items[k].gap != gapNone {
			return true // "B-52"
		}
		return r.class(k)&(isScale|isMoneyScale|isMoney|isMeasure|isISO|isBefore) == 0
	}
	return r.items[k].kind == name
}

// suffix is the end of letters that are glued to a figure and make it no figure
// ("1970s", "3rd", "18h30"), j if there are none or they are a unit.
func (r *reader) suffix(j, end int) int {
	k, digits := j, false
	for k < end {
		c, n := utf8.DecodeRuneInString(r.text[k:end])
		if unicode.IsDigit(c) {
			digits = true
		} else if !unicode.IsLetter(c) {
			break
		}
		k += n
	}
	if k == j {
		if strings.HasPrefix(r.text[j:end], "º") || strings.HasPrefix(r.text[j:end], "ª") {
			return j + len("º")
		}
		return j
	}
	if !digits {
		toks := lexicon.Scan(r.buf[:0], r.text, j, k)
		r.buf = toks[:0]
		if len(toks) == 1 && r.lang.phrases.All(toks)&(isScale|isMoneyScale|isMoney|isMeasure|isISO|isBefore|isPercent) != 0 {
			return j
		}
		// "250M$"
		if c, n := utf8.DecodeRuneInString(r.text[k:end]); n > 0 && unicode.Is(unicode.Sc, c) {
			return j
		}
	}
	return k
}
