package calendar

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// reader reads the words of one stretch of text.
type reader struct {
	*Language
	*Manner
	text       string
	start, end int
	toks       []lexicon.Token
	all        []kind // what begins at each word
	cue        int    // the word that the preposition of the last expression stands before
	behind     int    // the word behind that expression; 0 if there is none
	roles      []role // the same for the direction of time; 0 until it is looked up
}

const maxGap = 4 // bytes between two words of one date

// gap is what stands before word i, up to the word before it.
func (r *reader) gap(i int) string {
	from, to := r.start, r.end
	if i > 0 {
		from = int(r.toks[i-1].End)
	}
	if i < len(r.toks) {
		to = int(r.toks[i].Start)
	}
	return r.text[from:to]
}

func (r *reader) word(i int) string { return r.text[r.toks[i].Start:r.toks[i].End] }

// joined tells whether only white space (or an apostrophe) stands before word
// i, besides the marks of extra.
func (r *reader) joined(i int, extra string) bool {
	if i >= len(r.toks) {
		return false
	}
	if i == 0 {
		return false
	}
	g := r.gap(i)
	if len(g) > 2*maxGap {
		return false
	}
	lines := 0
	for _, c := range g {
		switch {
		case c == '\n':
			if lines++; lines > 1 {
				return false
			}
		case unicode.IsSpace(c) || c == '\'' || c == '’' || strings.ContainsRune(extra, c):
		default:
			return false
		}
	}
	return true
}

// is finds the longest phrase from word i on that plays the role k. n is how
// many words it has, 0 if there is none.
func (r *reader) is(i int, k kind) (v value, n int) {
	if !r.is1(i, k) {
		return value{}, 0
	}
	return r.longest(i, k)
}

func (r *reader) longest(i int, k kind) (v value, n int) {
	m := r.terms.Longest(r.toks[i:min(len(r.toks), i+maxPhrase)], k)
	if m.Tokens == 0 {
		return value{}, 0
	}
	return r.meaning(m, k), m.Tokens
}

// meaning is what a phrase that was found means in the role k.
func (r *reader) meaning(m lexicon.Match, k kind) value {
	for _, v := range r.values[m.Value-1] {
		if v.kind&k != 0 {
			return v
		}
	}
	return value{}
}

const maxPhrase = 6 // words

// role is what the phrases that begin with word i say of the direction of time.
// Most words of a text are far from any date, and never asked.
func (r *reader) role(i int) role {
	if i < 0 || i >= len(r.toks) {
		return 0
	}
	if r.roles == nil {
		r.Manner.roles = slices.Grow(r.Manner.roles[:0], len(r.toks))[:len(r.toks)]
		r.roles = r.Manner.roles
		clear(r.roles)
	}
	if r.roles[i] == 0 {
		r.roles[i] = looked | role(r.tenses.All(r.toks[i:min(len(r.toks), i+maxPhrase)]))
	}
	return r.roles[i]
}

// is1 tells whether a phrase from word i on plays the role k.
func (r *reader) is1(i int, k kind) bool { return i >= 0 && i < len(r.toks) && r.all[i]&k != 0 }

// before finds a phrase of role k that ends before word i, and where it begins.
func (r *reader) before(i int, k kind) (at int, ok bool) {
	for n := 1; n <= maxPhrase && i-n >= 0; n++ {
		if r.all[i-n]&k == 0 {
			continue
		}
		if m := r.terms.Longest(r.toks[i-n:i], k); m.Tokens == n {
			at, ok = i-n, true // the longest one
		}
	}
	return at, ok
}

// digits is the number that word i is, -1 if it is none or too long.
func (r *reader) digits(i int) int {
	if i < 0 || i >= len(r.toks) || r.toks[i].Shape&lexicon.Digits == 0 || r.toks[i].End-r.toks[i].Start > 4 {
		return -1
	}
	n, ok := atoi(r.word(i))
	if !ok {
		return -1
	}
	return n
}

func atoi(s string) (n int, ok bool) {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int(c-'0')
	}
	return n, s != ""
}

func (r *reader) length(i int) int { return int(r.toks[i].End - r.toks[i].Start) }

// withEnding reads a word such as "21st" or "1980s": digits and one of endings.
func (r *reader) withEnding(i int, endings []string) int {
	if i >= len(r.toks) || r.toks[i].Shape&lexicon.HasDigit == 0 || r.toks[i].Shape&lexicon.Digits != 0 {
		return -1
	}
	w := r.word(i)
	k := 0
	for k < len(w) && w[k] >= '0' && w[k] <= '9' {
		k++
	}
	if k == 0 || k > 4 {
		return -1
	}
	for _, e := range endings {
		if strings.EqualFold(w[k:], e) {
			n, _ := atoi(w[:k])
			return n
		}
	}
	return -1
}

// sentenceStart tells whether word i opens a sentence or the text, or would
// behind its last word.
func (r *reader) sentenceStart(i int) bool {
	if i <= 0 || i >= len(r.toks) {
		return true
	}
	g := r.gap(i)
	if len(g) < 2 {
		return false
	}
	if strings.ContainsAny(g, "!?\n:•") && (strings.ContainsAny(g, "!?:•") || strings.Count(g, "\n") > 1) {
		return r.toks[i].Shape&lexicon.Lower == 0
	}
	if strings.ContainsAny(g, "\"“„«»") && (g[0] == ' ' || g[0] == ',' || g[0] == ':') {
		return r.toks[i].Shape&lexicon.Upper != 0 && !r.fewQuoted(i)
	}
	if !strings.Contains(g, ".") || r.toks[i].Shape&lexicon.Lower != 0 {
		return false
	}
	prev := r.toks[i-1]
	n := prev.End - prev.Start
	switch {
	case prev.Shape&lexicon.Digits != 0:
		// "am 3. März": a number before a full stop may be an ordinal.
		return n > 2 || !(r.capitals && r.bareYears)
	case r.all[i-1]&monthShort != 0 && r.all[i-1]&month == 0:
		return false
	case r.capital(i-1) && r.role(i-1)&titleShort != 0:
		return false
	case n == 1:
		return prev.Shape&lexicon.Upper == 0 && (i < 2 || r.gap(i-1) != ".") // "5 p.m. Friday"
	}
	return true
}

// fewQuoted tells whether word i opens a quotation of a few words in the middle
// of a sentence: a name or a title.
func (r *reader) fewQuoted(i int) bool {
	const (
		words = 4
		marks = "\"“”„«»"
	)
	if r.gap(i)[0] != ' ' || strings.Contains(r.gap(i), "»") {
		return false
	}
	for k := i + 1; k <= len(r.toks) && k <= i+words; k++ {
		g := r.gap(k)
		if at := strings.IndexAny(g, marks); at >= 0 {
			return !strings.ContainsAny(g[:at], ".!?")
		}
		if strings.ContainsAny(g, ".!?;:\n") {
			return false
		}
	}
	return false
}

// namesTime tells by its case that word i may be the name of a day or month.
func (r *reader) namesTime(i int) bool {
	s := r.toks[i].Shape
	if r.capitals {
		return s&lexicon.Upper != 0
	}
	return s&(lexicon.Lower|lexicon.AllCaps) != 0 || r.sentenceStart(i)
}

// capital tells whether word i has a capital.
func (r *reader) capital(i int) bool {
	return i >= 0 && i < len(r.toks) && r.toks[i].Shape&lexicon.Upper != 0
}

// plain tells whether nothing but a space stands before word i.
func (r *reader) plain(i int) bool {
	if i <= 0 || i >= len(r.toks) {
		return false
	}
	switch r.gap(i) {
	case " ", "\n", "\u00a0", "\u202f":
		return true
	}
	return false
}

func lastRune(s string) rune {
	c, _ := utf8.DecodeLastRuneInString(s)
	return c
}

func firstRune(s string) rune {
	c, _ := utf8.DecodeRuneInString(s)
	return c
}
