// Package grammar reads single lines of wire copy: credits, datelines,
// bylines, sign-offs and notes. It judges a line by itself; what the line is
// in its text is for the caller to say. All functions are linear in the line
// and safe for concurrent use.
package grammar

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// Line is a part of a text with its words. Start and End are bytes of Text and
// no white space; Tokens are those between them.
type Line struct {
	Text       string
	Start, End int
	Tokens     []lexicon.Token
}

// String is the text of the line.
func (l Line) String() string { return l.Text[l.Start:l.End] }

// NewLine scans text[start:end], without the white space at its ends.
func NewLine(text string, start, end int) Line {
	start, end = Trim(text, start, end)
	return Line{text, start, end, lexicon.Scan(nil, text, start, end)}
}

// LineOf is NewLine of a text whose words are scanned once for all.
func LineOf(words *lexicon.Words, start, end int) Line {
	start, end = Trim(words.Text, start, end)
	return Line{words.Text, start, end, words.In(start, end)}
}

// Trim shrinks a span to leave no white space at its ends.
func Trim(text string, start, end int) (int, int) {
	for start < end {
		r, n := utf8.DecodeRuneInString(text[start:end])
		if !unicode.IsSpace(r) {
			break
		}
		start += n
	}
	for start < end {
		r, n := utf8.DecodeLastRuneInString(text[start:end])
		if !unicode.IsSpace(r) {
			break
		}
		end -= n
	}
	return start, end
}

// Cut is the part of l from byte from on, trimmed.
func (l Line) Cut(from, to int) Line {
	from, to = Trim(l.Text, from, to)
	i, j := 0, len(l.Tokens)
	for i < j && int(l.Tokens[i].Start) < from {
		i++
	}
	for j > i && int(l.Tokens[j-1].End) > to {
		j--
	}
	return Line{l.Text, from, to, l.Tokens[i:j]}
}

// gap is what stands between token i-1 and token i; gap(0) is what stands
// before the first, gap(len) what stands after the last.
func (l Line) gap(i int) string {
	from, to := l.Start, l.End
	if i > 0 {
		from = int(l.Tokens[i-1].End)
	}
	if i < len(l.Tokens) {
		to = int(l.Tokens[i].Start)
	}
	return l.Text[from:to]
}

func (l Line) word(i int) string { return l.Text[l.Tokens[i].Start:l.Tokens[i].End] }

// Terminal tells whether the line ends as a sentence does, behind closing
// quotation marks and brackets.
func (l Line) Terminal() rune {
	s := l.String()
	for len(s) > 0 {
		r, n := utf8.DecodeLastRuneInString(s)
		switch {
		case strings.ContainsRune(`"'”“’»«)]`, r) || unicode.IsSpace(r):
			s = s[:len(s)-n]
		case strings.ContainsRune(".!?…。:;,", r):
			return r
		default:
			return 0
		}
	}
	return 0
}

// bare removes one pair of brackets around the line and bullets or dashes in
// front of it.
func (l Line) bare() Line {
	s, e := l.Start, l.End
	for s < e {
		r, n := utf8.DecodeRuneInString(l.Text[s:e])
		if !unicode.IsSpace(r) && !strings.ContainsRune("([{-–—*#=/+_>|•·", r) {
			break
		}
		s += n
	}
	for s < e {
		r, n := utf8.DecodeLastRuneInString(l.Text[s:e])
		if !unicode.IsSpace(r) && !strings.ContainsRune(")]}-–—*#=/+_|", r) {
			break
		}
		e -= n
	}
	return Line{l.Text, s, e, l.Tokens}
}

func isDash(r rune) bool { return r == '-' || r == '–' || r == '—' || r == '―' }

// dashAt finds a dash (with a full stop before it, as in ".-") at the start of
// s behind white space, and returns the bytes up to its end, 0 if there is
// none. A dash counts if white space or nothing follows.
func dashAt(s string) int {
	i, dash := 0, false
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case isDash(r):
			dash = true
		case dash:
			if unicode.IsSpace(r) {
				return i
			}
			return 0
		case r == '.' || unicode.IsSpace(r):
		default:
			return 0
		}
		i += n
	}
	if dash {
		return i
	}
	return 0
}
