// Package lexicon knows the words by which newsrooms mark their copy: openers
// of bylines, credits and notes, verbs of saying, months, agencies, cities. All
// of it is data under data/, read once at start; a language is a folder there
// and an agency is a row.
package lexicon

import (
	"unicode"
	"unicode/utf8"
)

// Token is a word: letters and digits without anything between them. What
// lies between two tokens (apostrophes, hyphens, full stops) is no token.
type Token struct {
	Start, End int32 // bytes of the text
	Shape      Shape
	Hash       uint64 // of the word in lower case
}

// Shape is how a word is written.
type Shape uint8

// Shapes; a word has none of Upper, AllCaps and Lower if it begins with a digit.
const (
	Upper   Shape = 1 << iota // begins with a capital (or a letter without case)
	AllCaps                   // two letters or more, all capitals
	Lower                     // begins with a small letter
	Digits                    // digits only
	HasDigit
)

const (
	hashSeed  = 14695981039346656037
	hashPrime = 1099511628211
)

// Scan appends the tokens of text[start:end] to dst.
func Scan(dst []Token, text string, start, end int) []Token {
	for i := start; i < end; {
		c := text[i]
		if c < utf8.RuneSelf && asciiClass[c] == 0 {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(text[i:end])
			if !wordRune(r) {
				i += n
				continue
			}
		}
		var t Token
		t, i = scanWord(text, i, end)
		dst = append(dst, t)
	}
	return dst
}

const (
	classLower = 1
	classUpper = 2
	classDigit = 3
)

var asciiClass = func() (t [utf8.RuneSelf]byte) {
	for c := 'a'; c <= 'z'; c++ {
		t[c] = classLower
	}
	for c := 'A'; c <= 'Z'; c++ {
		t[c] = classUpper
	}
	for c := '0'; c <= '9'; c++ {
		t[c] = classDigit
	}
	return t
}()

// WordAt is the word that begins with the letter or digit at start and ends at end at
// the latest.
func WordAt(text string, start, end int) Token {
	t, _ := scanWord(text, start, end)
	return t
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }

func scanWord(text string, i, end int) (Token, int) {
	start, h := i, uint64(hashSeed)
	var letters, capitals, digits int
	var shape Shape
	for i < end {
		c := text[i]
		if c < utf8.RuneSelf {
			switch asciiClass[c] {
			case 0:
				goto done
			case classUpper:
				if letters+digits == 0 {
					shape |= Upper
				}
				letters++
				capitals++
				c += 'a' - 'A'
			case classLower:
				if letters+digits == 0 {
					shape |= Lower
				}
				from := i
				for i+1 < end && text[i+1]-'a' <= 'z'-'a' { // as most do
					h = (h ^ uint64(c)) * hashPrime
					i++
					c = text[i]
				}
				letters += i - from + 1
			default:
				digits++
			}
			h = (h ^ uint64(c)) * hashPrime
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(text[i:end])
		if !wordRune(r) {
			break
		}
		switch {
		case unicode.IsDigit(r):
			digits++
		case unicode.IsLower(r):
			if letters+digits == 0 {
				shape |= Lower
			}
			letters++
		default:
			if letters+digits == 0 {
				shape |= Upper
			}
			letters++
			if l := unicode.ToLower(r); l != r {
				capitals++
				r = l
			}
		}
		var b [utf8.UTFMax]byte
		for _, c := range b[:utf8.EncodeRune(b[:], r)] {
			h = (h ^ uint64(c)) * hashPrime
		}
		i += n
	}
done:
	if capitals >= 2 && capitals == letters {
		shape |= AllCaps
	}
	if digits > 0 {
		shape |= HasDigit
		if letters == 0 {
			shape |= Digits
		}
	}
	return Token{Start: int32(start), End: int32(i), Shape: shape, Hash: h}, i
}
