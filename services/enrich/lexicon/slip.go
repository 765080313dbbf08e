package lexicon

import "strings"

const (
	minSlip = 4  // letters of a word in which a slip is looked for
	maxSlip = 12 // bytes
)

// Slip is the phrase of one word, of class want, that word is a slip of: with
// one letter too few or too many, or two that are swapped. Words of fewer than
// four letters, or with letters other than a to z, are none.
func (t *Trie) Slip(word string, want Class) Match {
	w := strings.ToLower(word)
	if len(w) < minSlip || len(w) > maxSlip || strings.Trim(w, "abcdefghijklmnopqrstuvwxyz") != "" {
		return Match{}
	}
	try := func(parts ...string) (Match, bool) {
		s := strings.Join(parts, "")
		m := t.Longest(Scan(nil, s, 0, len(s)), want)
		return m, m.Tokens == 1 && len(s) >= minSlip
	}
	for i := range len(w) + 1 {
		for c := 'a'; c <= 'z'; c++ {
			if m, ok := try(w[:i], string(c), w[i:]); ok {
				return m
			}
		}
		if i == len(w) {
			break
		}
		if m, ok := try(w[:i], w[i+1:]); ok {
			return m
		}
		if i+1 < len(w) {
			if m, ok := try(w[:i], w[i+1:i+2], w[i:i+1], w[i+2:]); ok {
				return m
			}
		}
	}
	return Match{}
}
