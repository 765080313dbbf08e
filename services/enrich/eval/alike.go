package eval

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// isArticle tells whether a word in lower case is an article of one of the four
// languages, or what is left of one before an apostrophe.
func isArticle(word string) bool {
	switch word {
	case "the", "a", "an",
		"der", "die", "das", "den", "dem", "des", "ein", "eine", "einen", "einem", "einer", "eines",
		"le", "la", "les", "l", "un", "une", "du",
		"el", "los", "las", "lo", "una", "unos", "unas", "al", "del":
		return true
	}
	return false
}

// bare is a text to be compared: lower case, one blank between words, one kind of
// apostrophe, without articles at its beginning and marks around it.
func bare(s string) string {
	s = strings.NewReplacer("’", "'", "‘", "'", "\u00a0", " ", "\u202f", " ").Replace(strings.ToLower(s))
	s = strings.Join(strings.Fields(s), " ")
	s = strings.Trim(s, " ,.;:\"“”„»«'")
	for {
		word, rest, ok := strings.Cut(s, " ")
		if before, after, elided := strings.Cut(word, "'"); elided && isArticle(before) && after != "" {
			s = strings.TrimPrefix(s, before+"'")
			continue
		}
		if !ok || !isArticle(word) {
			return s
		}
		s = rest
	}
}

// Alike tells whether two names or descriptions differ by articles, case and
// inflection only.
func Alike(a, b string) bool {
	x, y := strings.Fields(bare(a)), strings.Fields(bare(b))
	return slices.EqualFunc(x, y, func(v, w string) bool {
		v, w = strings.TrimSuffix(v, "'s"), strings.TrimSuffix(w, "'s")
		return v == w || inflected(v, w)
	})
}

const (
	ending = 2 // characters that an inflection changes at most
	stem   = 3 // that stay at least
)

// inflected tells whether two words share all but their endings.
func inflected(v, w string) bool {
	n := 0
	for i, r := range v {
		if i >= len(w) {
			break
		}
		if o, _ := utf8.DecodeRuneInString(w[i:]); o != r {
			break
		}
		n++
	}
	return n >= stem && utf8.RuneCountInString(v)-n <= ending && utf8.RuneCountInString(w)-n <= ending
}
