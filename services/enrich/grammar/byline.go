package grammar

import (
	"strings"

	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

const maxBylineTokens = 24

// Byline is who wrote it.
type Byline struct {
	Agency     *lexicon.Agency
	Opener     bool // begins with "By" or the like
	Confidence float64
}

// ParseByline reads l as a byline.
func ParseByline(lex *lexicon.Lexicon, l Line) (b Byline, ok bool) {
	n := len(l.Tokens)
	if n < 2 || n > maxBylineTokens {
		return b, false
	}
	if g := l.gap(0); strings.ContainsAny(g, "\"“„«©") {
		return b, false
	}
	if t := l.Terminal(); t == '?' || t == '!' || t == ':' || t == '…' {
		return b, false
	}
	i := 0
	if m := lex.Phrases.Longest(l.Tokens, lexicon.Byline); m.Tokens > 0 && m.Tokens < n {
		first := l.Tokens[0]
		if first.Shape&lexicon.Upper != 0 && (m.Tokens > 1 || strings.Contains(l.gap(1), ":") || shortOpener(first)) {
			b.Opener = true
			i = m.Tokens
		}
	}
	var upper, digits, roles, run, longest, sep int
	for j := i; j < n; j++ {
		t := l.Tokens[j]
		g := l.gap(j)
		if j > i && strings.ContainsAny(g, "?!\"“„«;") {
			return b, false
		}
		// A full stop ends an initial or a short form, not a sentence.
		if j > i && strings.Contains(g, ".") && l.Tokens[j-1].End-l.Tokens[j-1].Start > 4 {
			return b, false
		}
		if j > i && strings.ContainsAny(g, ",/|(—–·") {
			run, sep = 0, sep+1
		}
		if a, k := lex.AgencyName(l.Tokens[j:]); k > 0 && (j > i || b.Opener) && t.Shape&(lexicon.Upper|lexicon.Lower) != 0 && (k > 1 || t.Shape&lexicon.AllCaps != 0 || strings.ContainsAny(g, ",/(|") || t.Shape&lexicon.Upper != 0 && j == n-1) {
			if b.Agency == nil {
				b.Agency = a
			}
			j += k - 1
			run = 0
			continue
		}
		if m := lex.Phrases.Longest(l.Tokens[j:], lexicon.Role); m.Tokens > 0 && (j > i || b.Opener) {
			roles++
			j += m.Tokens - 1
			run = 0
			continue
		}
		c := lex.Phrases.All(l.Tokens[j : j+1])
		switch {
		case c&(lexicon.Month|lexicon.Weekday) != 0 && upper > 0 && sep > 0:
			digits++
		case t.Shape&lexicon.Upper != 0:
			upper++
			run++
			longest = max(longest, run)
		case t.Shape&lexicon.HasDigit != 0 && upper > 0:
			digits++
		case t.Shape&lexicon.Lower != 0 && j > i && c&(lexicon.Join|lexicon.Particle|lexicon.Article) != 0:
			if c&lexicon.Join != 0 {
				run = 0
			}
		default:
			return b, false
		}
	}
	if l.Tokens[min(i, n-1)].Shape&lexicon.Upper == 0 && roles == 0 || upper == 0 && b.Agency == nil {
		return b, false
	}
	switch {
	case longest > 5 && sep == 0:
		return b, false
	case b.Opener:
		b.Confidence = 0.95
		if digits > 0 {
			b.Confidence = 0.8
		}
	case b.Agency != nil && sep > 0 && longest >= 2 && longest <= 4 && n <= 8, roles > 0 && sep > 0 && longest >= 2 && n <= 10:
		b.Confidence = 0.7
	default:
		return b, false
	}
	return b, true
}

// shortOpener keeps words such as "Text", which open a byline only before a
// colon, apart from prepositions.
func shortOpener(t lexicon.Token) bool { return t.End-t.Start <= 4 && t.End-t.Start >= 2 }
