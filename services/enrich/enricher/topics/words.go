package topics

import (
	"slices"
	"unicode"
	"unicode/utf8"
)

const (
	hashSeed  = 14695981039346656037
	hashPrime = 1099511628211
)

// maxWord is how many bytes of a word are looked at, after folding.
const maxWord = 64

// word is a run of letters and digits, folded: in lower case and without
// diacritics, so that "Éléction" in a headline in capitals is found, too.
type word struct {
	start, end int32 // bytes of the text
	size       int32 // of folded
	capital    bool  // begins with a capital
	capitals   bool  // has no small letter, and two capitals at least
	folded     [maxWord]byte
	hashes     [maxWord]uint64 // of what it begins with
}

// next reads the first word of text[i:end] into w; ok is false if there is none.
func (w *word) next(text string, i, end int) (ok bool) {
	var r rune
	var n int
	for i < end {
		r, n = utf8.DecodeRuneInString(text[i:end])
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			break
		}
		i += n
	}
	if i >= end {
		return false
	}
	w.start, w.size = int32(i), 0
	w.capital = unicode.IsUpper(r)
	upper, small := 0, 0
	for i < end {
		c := text[i]
		if c < utf8.RuneSelf {
			switch {
			case c >= 'a' && c <= 'z':
				small++
			case c >= 'A' && c <= 'Z':
				upper++
				c += 'a' - 'A'
			case c >= '0' && c <= '9':
			default:
				goto done
			}
			w.put(c)
			i++
			continue
		}
		r, n = utf8.DecodeRuneInString(text[i:end])
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
			break
		}
		if unicode.IsUpper(r) {
			upper++
			r = unicode.ToLower(r)
		} else {
			small++
		}
		w.fold(r)
		i += n
	}
done:
	w.end = int32(i)
	w.capitals = upper > 1 && small == 0
	return true
}

func (w *word) put(c byte) {
	if w.size < maxWord {
		h := uint64(hashSeed)
		if w.size > 0 {
			h = w.hashes[w.size-1]
		}
		w.folded[w.size], w.hashes[w.size] = c, (h^uint64(c))*hashPrime
		w.size++
	}
}

func (w *word) fold(r rune) {
	if unicode.IsMark(r) {
		return
	}
	if s, ok := plain[r]; ok {
		for i := range len(s) {
			w.put(s[i])
		}
		return
	}
	var b [utf8.UTFMax]byte
	for _, c := range b[:utf8.EncodeRune(b[:], r)] {
		w.put(c)
	}
}

// plain are letters of the languages without their marks.
var plain = func() map[rune]string {
	m := map[rune]string{'ß': "ss", 'æ': "ae", 'œ': "oe"}
	for base, marked := range map[string]string{
		"a": "àáâãäå", "c": "çćč", "e": "èéêë", "i": "ìíîï", "n": "ñ", "o": "òóôõöø", "s": "šș", "u": "ùúûü", "y": "ýÿ", "z": "žż",
	} {
		for _, r := range marked {
			m[r] = base
		}
	}
	return m
}()

// bytes is the word, folded.
func (w *word) bytes() []byte { return w.folded[:w.size] }

func hash(b []byte) uint64 {
	h := uint64(hashSeed)
	for _, c := range b {
		h = (h ^ uint64(c)) * hashPrime
	}
	return h
}

// hashBack is the hash of b read from its end.
func hashBack(b []byte) uint64 {
	h := uint64(hashSeed)
	for _, c := range slices.Backward(b) {
		h = (h ^ uint64(c)) * hashPrime
	}
	return h
}
