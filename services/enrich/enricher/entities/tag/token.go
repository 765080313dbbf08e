package tag

import (
	"unicode"
	"unicode/utf8"

	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// Token is a word, with hyphens and points that belong to it ("al-Qaeda",
// "U.S."), or a mark.
type Token struct {
	Start, End int32 // bytes of the text
	l0, l1     int32 // words of the lexicon in it; of a mark both are the next one
	hash       uint32
	shape      uint8
	mark       rune // 0: a word
	label      Label

	first    bool // begins a sentence
	possible bool // may be part of a name
	loud     bool // in a line that is all in capitals
	titled   bool // in a line whose words begin with capitals, as headlines do
	enclosed bool // in brackets

	phrase     Class // of the list's phrase that it is part of
	inside     bool  // and not its first word
	class      Class // of the word by itself
	conf       float32
	value      int32 // of the phrase
	upper, low bool
	mixed      bool // begins small and has a capital inside
	allCaps    bool
}

// Is tells whether t is of one of the classes, by itself or in its phrase.
func (t *Token) Is(c Class) bool { return (t.class|t.phrase)&c != 0 }

// Word tells that t is no mark.
func (t *Token) Word() bool { return t.mark == 0 }

// Capital tells whether a word begins with a capital letter.
func (t *Token) Capital() bool { return t.upper }

// Hash is that of a word in small letters.
func (t *Token) Hash() uint32 { return t.hash }

// Mark is the mark that t is, 0 for a word.
func (t *Token) Mark() rune { return t.mark }

// First tells whether t begins a sentence.
func (t *Token) First() bool { return t.first }

// scan appends the tokens of text[start:end] to d.
func (d *Doc) scan(words *lexicon.Words, start, end int) {
	from := len(d.lex)
	d.lex = append(d.lex, words.In(start, end)...)
	at := start
	for i := from; i < len(d.lex) && len(d.Tokens) < MaxTokens; {
		d.marks(at, int(d.lex[i].Start), i)
		n := d.word(i, end)
		t := &d.Tokens[len(d.Tokens)-1]
		at, i = int(t.End), i+n
	}
	d.marks(at, end, len(d.lex))
}

// marks appends the marks before the lexicon's word of that number. The same one
// several times in a row is one token.
func (d *Doc) marks(from, to, next int) {
	last := rune(-1)
	for from < to && len(d.Tokens) < MaxTokens {
		r, n := utf8.DecodeRuneInString(d.text[from:to])
		blank := unicode.IsSpace(r) || r == 0 // the mark 0 is that of words
		switch {
		case r == last:
			d.Tokens[len(d.Tokens)-1].End = int32(from + n)
		case !blank:
			d.Tokens = append(d.Tokens, Token{Start: int32(from), End: int32(from + n), l0: int32(next), l1: int32(next), mark: r})
		}
		last = r
		if blank {
			last = -1
		}
		from += n
	}
}

// word appends the word that begins with the lexicon's i-th, and tells how many of
// those it has.
func (d *Doc) word(i, end int) int {
	n := 1
	for i+n < len(d.lex) && d.joins(i, n) {
		n++
	}
	a, b := d.lex[i], d.lex[i+n-1]
	t := Token{Start: a.Start, End: b.End, l0: int32(i), l1: int32(i + n)}
	if int(t.End) < end && d.text[t.End] == '.' && d.abbreviated(i, n) {
		t.End++
	}
	t.upper, t.low, t.allCaps = a.Shape&lexicon.Upper != 0, a.Shape&lexicon.Lower != 0, true
	if r, _ := utf8.DecodeRuneInString(d.text[a.Start:]); t.upper && !unicode.IsUpper(r) && !unicode.IsTitle(r) {
		t.upper = false // a script without capitals: they are no sign of a name there
	}
	h := uint32(2166136261)
	for _, l := range d.lex[i : i+n] {
		h = (h ^ uint32(l.Hash^l.Hash>>32)) * 16777619
		if l.Shape&lexicon.AllCaps == 0 && (l.End-l.Start > 1 || l.Shape&lexicon.Upper == 0) {
			t.allCaps = false
		}
	}
	t.allCaps = t.allCaps && b.End-a.Start > 1
	t.hash = h
	var some bool
	t.shape, some = shape(d.text[t.Start:t.End])
	t.mixed = t.low && some
	d.Tokens = append(d.Tokens, t)
	return n
}

const maxJoined = 6 // words of the lexicon in one token

// joins tells whether the word behind the n from the i-th on belongs to them.
func (d *Doc) joins(i, n int) bool {
	if n >= maxJoined {
		return false
	}
	a, b := d.lex[i+n-1], d.lex[i+n]
	switch d.text[a.End:b.Start] {
	case "-", "\u2011":
		return !d.lang.nouns || n > 1 || !d.compound(i)
	case "&":
		return a.Shape&lexicon.Upper != 0 && b.Shape&lexicon.Upper != 0
	case ".":
		// "U.S", "1.5"; no sentence's end without a blank
		return a.End-a.Start == 1 && b.End-b.Start == 1 || a.Shape&b.Shape&lexicon.Digits != 0
	case ",":
		return a.Shape&b.Shape&lexicon.Digits != 0 && b.End-b.Start == 3
	case "'", "’":
		if b.End-b.Start == 1 || b.Shape&lexicon.Lower != 0 && b.End-b.Start == 2 {
			return a.Shape&lexicon.Upper != 0 && b.Shape&lexicon.Upper != 0 && b.End-b.Start > 1 // "Trump's", "they've"
		}
		if d.lang.split {
			return a.End-a.Start == 1 && (d.text[a.Start] == 'O')
		}
		return a.Shape&lexicon.Upper != 0 && a.End-a.Start <= 3
	}
	return false
}

// compound tells whether a name in capitals and a common noun make one word, which no
// list has: "CDU-Abgeordnete".
func (d *Doc) compound(i int) bool {
	a, b := d.lex[i], d.lex[i+1]
	return a.Shape&lexicon.AllCaps != 0 && b.Shape&lexicon.Upper != 0 && b.Shape&lexicon.AllCaps == 0 &&
		d.lang.words.Longest(d.lex[i:i+2], 0).Tokens < 2
}

// abbreviated tells whether a full stop behind a word belongs to it.
func (d *Doc) abbreviated(i, n int) bool {
	a, b := d.lex[i], d.lex[i+n-1]
	if n > 1 {
		return b.End-b.Start == 1 && b.Shape&lexicon.Upper != 0 && d.text[b.Start-1] == '.'
	}
	if a.End-a.Start == 1 {
		return a.Shape&lexicon.Upper != 0
	}
	return d.lang.words.Longest(d.lex[i:i+1], Abbreviation).Tokens == 1
}

// Sorts of characters in words.
const (
	capital = iota + 1
	letter
	digit
	other
	point
)

func sortOf(r rune) uint8 {
	switch {
	case unicode.IsUpper(r):
		return capital
	case unicode.IsLetter(r):
		return letter
	case unicode.IsDigit(r):
		return digit
	case r == '.':
		return point
	}
	return other
}

// shape is how a word looks: runs of capitals, small letters, digits and others. some tells
// whether it has a capital.
func shape(s string) (code uint8, some bool) {
	var last, runs uint8
	for i := 0; i < len(s); {
		c, n := uint8(letter), 1
		if s[i] < 'a' || s[i] > 'z' {
			var r rune
			r, n = utf8.DecodeRuneInString(s[i:])
			c = sortOf(r)
		}
		i += n
		if c == last {
			continue
		}
		last, some = c, some || c == capital
		if runs < 4 {
			code = code*6 + c
		}
		runs++
	}
	if utf8.RuneCountInString(s) == 1 {
		code += 128
	}
	return code, some
}

// ends tells whether a mark ends a sentence.
func ends(r rune) bool {
	switch r {
	case '.', '!', '?', ':', '…', '•', '–', '—':
		return true
	}
	return false
}

// Phrase is what list the name is of that t is part of, 0 if it is none.
func (t *Token) Phrase() Class { return t.phrase }

// Inside tells that t is a further word of a listed name.
func (t *Token) Inside() bool { return t.inside }

// Loud tells whether t stands in a line that is all in capitals.
func (t *Token) Loud() bool { return t.loud }

// Named tells whether the text has the word of token i with a capital within a sentence.
func (d *Doc) Named(i int) bool {
	t := &d.Tokens[i]
	return t.mark == 0 && d.seen.at(t.hash).what&midCapital != 0
}

// Titled tells whether t stands in a line whose words begin with capitals.
func (t *Token) Titled() bool { return t.titled }

// Capitals tells whether t has two letters or more, and all of them are capitals.
func (t *Token) Capitals() bool { return t.allCaps }

// Classes are the lexicon's classes of the phrases that begin at token i.
func (d *Doc) Classes(i int) Class {
	t := &d.Tokens[i]
	return d.lang.phrases.All(d.lex[t.l0:t.l1])
}

// Phrased is the lexicon's longest phrase of a class that begins at token i, in
// tokens; 0 if there is none.
func (d *Doc) Phrased(i int, c Class) int {
	t := &d.Tokens[i]
	if t.mark != 0 {
		return 0
	}
	_, end := d.Block(i)
	m := d.lang.phrases.Longest(d.lex[t.l0:d.limit(i, end)], c)
	if m.Tokens == 0 {
		return 0
	}
	return d.covers(i, end, m.Tokens)
}
