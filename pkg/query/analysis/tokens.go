package analysis

import "unicode/utf8"

// maxToken is the longest word, in UTF-16 units; what is longer is cut in pieces.
const maxToken = 255

// Token is a word as it stands in a text: its bytes [Start, End).
type Token struct{ Start, End int }

// Tokens calls yield with every word of text, as Elasticsearch's standard tokenizer
// finds them: by Unicode's rules for word boundaries (UAX #29), emoji as words, each
// character of Han and Hiragana as one.
func Tokens(text string, yield func(Token) bool) {
	for at := 0; at < len(text); {
		end := word(text, at)
		if end == at {
			at += width(text, at)
			continue
		}
		if !yield(Token{at, end}) {
			return
		}
		at = end
	}
}

// Count is how many words text has, but no more than most.
func Count(text string, most int) int {
	n := 0
	Tokens(text, func(Token) bool { n++; return n < most })
	return n
}

func width(text string, at int) int {
	if text[at] < utf8.RuneSelf {
		return 1
	}
	_, n := utf8.DecodeRuneInString(text[at:])
	return n
}

// scanner reads classes, up to the longest that a word may be.
type scanner struct {
	text string
	at   int // byte
	left int // UTF-16 units
}

// peek is the class of the character at s.at, and its length; 0 at the end.
func (s *scanner) peek() (class, int) {
	if s.at >= len(s.text) || s.left <= 0 {
		return other, 0
	}
	if c := s.text[s.at]; c < utf8.RuneSelf {
		return table.ascii[c], 1
	}
	r, n := utf8.DecodeRuneInString(s.text[s.at:])
	if r >= 0x10000 && s.left < 2 {
		return other, 0
	}
	return table.class(r), n
}

func (s *scanner) skip(n int) {
	s.at += n
	s.left--
	if n == 4 { // a pair of surrogates
		s.left--
	}
}

// extends tells whether a character of that class belongs to the one before it.
func extends(c class) bool { return c >= southeastEx && c <= tagEnd }

// extensions skips what belongs to the character before.
func (s *scanner) extensions() {
	for {
		c, n := s.peek()
		if n == 0 || !extends(c) {
			return
		}
		s.skip(n)
	}
}

// take takes one character with what belongs to it.
func (s *scanner) take(n int) {
	s.skip(n)
	s.extensions()
}

// word is where the word that begins at byte at ends; at itself if none does.
func word(text string, at int) int {
	s := scanner{text, at, maxToken}
	c, n := s.peek()
	switch c {
	case letter, hebrew, digit, numeric, katakana, extendNumLet:
		return s.letters()
	case letterEmoji:
		picture := s
		return max(s.letters(), picture.emoji())
	case han, hiragana:
		s.take(n)
		return s.at
	case southeast, southeastEx:
		for n > 0 && (c == southeast || c == southeastEx) {
			s.take(n)
			c, n = s.peek()
		}
		return s.at
	case emoji, keycapBase, regional, modifier, joiner:
		return s.emoji()
	default:
		return at
	}
}

// letters is where a word of letters and digits ends that begins at s; its beginning
// if there is neither a letter nor a digit.
func (s *scanner) letters() int {
	begin := s.at
	end, before, some := begin, other, false
	for {
		c, n := s.peek()
		if n == 0 || !joins(before, c) {
			return end
		}
		switch c {
		case midLetter, midNum, midNumLet, singleQuote, doubleQuote:
			after, ok := s.across(before, c, n)
			if !ok {
				return end
			}
			before = after
		default:
			s.take(n)
			if before = c; c == letterEmoji {
				before = letter
			} else if c == digit {
				before = numeric
			}
			some = some || c != extendNumLet
		}
		if some {
			end = s.at
		}
	}
}

// joins tells whether nothing parts two characters of these classes in a word;
// punctuation joins if what follows it does.
func joins(before, c class) bool {
	switch c {
	case letter, letterEmoji, hebrew, digit, numeric:
		return before != katakana
	case katakana:
		return before == other || before == katakana || before == extendNumLet
	case extendNumLet:
		return true
	case midLetter:
		return before == letter || before == hebrew
	case midNum:
		return before == numeric
	case midNumLet, singleQuote:
		return before == letter || before == hebrew || before == numeric
	case doubleQuote:
		return before == hebrew
	default:
		return false
	}
}

// across takes punctuation of class c, and what follows it, if it joins that to what
// is before it. It returns the class of what was taken last.
func (s *scanner) across(before, c class, n int) (class, bool) {
	back := *s
	s.take(n)
	next, m := s.peek()
	isLetter := next == letter || next == letterEmoji || next == hebrew
	isNumber := next == digit || next == numeric
	switch {
	case m == 0:
	case c == doubleQuote && next == hebrew,
		c != midNum && c != doubleQuote && before != numeric && isLetter,
		c != midLetter && c != doubleQuote && before == numeric && isNumber:
		s.take(m)
		switch {
		case c == doubleQuote:
			return singleQuote, true
		case isLetter:
			return letter, true
		}
		return numeric, true
	}
	if c == singleQuote && before == hebrew {
		return singleQuote, true
	}
	*s = back
	return other, false
}

// emoji is where an emoji ends that begins at s; its beginning if none does.
func (s *scanner) emoji() int {
	begin := s.at
	c, n := s.peek()
	switch c {
	case regional:
		s.take(n)
		if c, n = s.peek(); c != regional || n == 0 {
			return begin
		}
		s.take(n)
		return s.at
	case keycapBase:
		return s.keycaps(n)
	case joiner:
		for c == joiner && n > 0 {
			s.skip(n)
			c, n = s.peek()
		}
		if n == 0 || c != emoji && c != letterEmoji {
			return begin
		}
	default:
	}
	s.joined(c, n)
	return s.at
}

// keycaps is where a keycap ends, # or * with an enclosing mark, that begins at s.
func (s *scanner) keycaps(n int) int {
	begin := s.at
	s.skip(n)
	enclosed := s.enclosed()
	s.marks()
	back := *s
	if c, n := s.peek(); c == asEmoji && n > 0 {
		s.skip(n)
		if c, n = s.peek(); c == keycap && n > 0 {
			s.marks()
			return s.at
		}
		*s = back
	}
	if !enclosed {
		return begin
	}
	return s.at
}

// enclosed skips marks up to the first that encloses, and tells whether there is one.
func (s *scanner) enclosed() bool {
	for {
		c, n := s.peek()
		switch {
		case n == 0 || !extends(c) || c == asText || c == asEmoji:
			return false
		case c == keycap:
			return true
		}
		s.skip(n)
	}
}

// joined takes emoji of which one begins here, and a joiner stands between each and
// the next.
func (s *scanner) joined(c class, n int) {
	for {
		s.skip(n)
		last := s.marks()
		if next, m := s.peek(); next == asEmoji && m > 0 && c != modifier {
			s.skip(m)
			s.tags()
			back := *s
			last = other
			if next, m = s.peek(); next == joiner && m > 0 {
				s.skip(m)
				last = joiner
			}
			if c, n = s.peek(); last != joiner || n == 0 || !pictures(c) {
				*s = back
				return
			}
			continue
		}
		if c, n = s.peek(); last != joiner || n == 0 || !pictures(c) {
			return
		}
	}
}

// tags skips the tags of a region, if they are complete.
func (s *scanner) tags() {
	back := *s
	some := false
	for {
		c, n := s.peek()
		if n == 0 || c != tag && c != tagEnd || c == tagEnd && !some {
			*s = back
			return
		}
		s.skip(n)
		if c == tagEnd {
			return
		}
		some = true
	}
}

func pictures(c class) bool { return c == emoji || c == letterEmoji || c == modifier }

// marks skips what belongs to an emoji but variation selectors, and returns the class
// of the last one; other if there is none.
func (s *scanner) marks() class {
	last := other
	for {
		c, n := s.peek()
		if n == 0 || !extends(c) || c == asText || c == asEmoji {
			return last
		}
		s.skip(n)
		last = c
	}
}
