package grammar

import (
	"strings"

	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

const (
	maxBylineTokens = 24
	maxDeskTokens   = 5 // of a byline that names a desk and an agency
)

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
		// Small, it opens one only in front of nothing but names.
		if first.Shape&lexicon.Lower != 0 && m.Tokens == 1 && l.Terminal() == 0 && l.Tokens[1].Shape&lexicon.Upper != 0 && l.Tokens[1].Shape&lexicon.HasDigit == 0 && lex.Phrases.All(l.Tokens[1:2])&lexicon.Given != 0 {
			b.Opener = true
			i = 1
		}
		if first.Shape&lexicon.Upper != 0 && (m.Tokens > 1 || strings.Contains(l.gap(1), ":") || shortOpener(first)) {
			b.Opener = true
			i = m.Tokens
		}
	}
	if a, k := lex.AgencyName(l.Tokens); k > 0 && !b.Opener && !a.PhotoOnly && writesFor(lex, l, k) {
		return Byline{Agency: a, Confidence: 0.75}, true
	}
	var upper, digits, roles, run, longest, sep, first int
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
			if sep == 0 && digits == 0 {
				first = run
			}
			run, sep = 0, sep+1
		}
		if a, k := lex.AgencyName(l.Tokens[j:]); k > 0 && (j > i || b.Opener) && t.Shape&(lexicon.Upper|lexicon.Lower) != 0 && (k > 1 || t.Shape&lexicon.AllCaps != 0 || strings.ContainsAny(g, ",/(|") || roles > 0 && l.Text[t.Start:t.End] == a.Name || t.Shape&lexicon.Upper != 0 && j == n-1) {
			if b.Agency == nil {
				b.Agency = a
			}
			j += k - 1
			run = 0
			continue
		}
		if m := lex.Phrases.Longest(l.Tokens[j:], lexicon.Role); m.Tokens > 0 && (j > i || b.Opener || m.Tokens < n && n <= maxDeskTokens) {
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
		case t.Shape&lexicon.Lower != 0 && sep > 0 && j+1 < n && lex.Phrases.Longest(l.Tokens[j+1:], lexicon.Role).Tokens > 0:
			// "economics correspondent"
		default:
			return b, false
		}
	}
	if sep > 0 && i == 0 && digits > 0 && first == 0 {
		return b, false
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
	case roles > 0 && b.Agency != nil && n <= maxDeskTokens:
		b.Confidence = 0.75 // "Redaktion mit dpa"
	case digits >= 2 && first >= 2 && first <= 4 && upper <= first+2:
		b.Confidence = 0.6 // a name and a date
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

// writesFor reads what stands behind an agency of k words at the start of a
// line: its own function ("PA Reporter") or the paper that shares the report
// ("TT/The Local Herald").
func writesFor(lex *lexicon.Lexicon, l Line, k int) bool {
	n := len(l.Tokens)
	if k == n || n > maxDeskTokens+k || l.Terminal() != 0 {
		return false
	}
	if allOf(lex, l.Tokens[k:], lexicon.Role) {
		return strings.Trim(l.gap(k), " \u00a0-") == ""
	}
	g := strings.TrimSpace(l.gap(k))
	if g != "/" && g != "|" && g != "," && g != "-" && g != "–" {
		return false
	}
	for _, t := range l.Tokens[k:] {
		if t.Shape&lexicon.Upper == 0 {
			return false
		}
	}
	return paper(lex, l.Tokens[k:])
}

// paper tells whether toks read as the name of a newspaper or station and not
// as a person's.
func paper(lex *lexicon.Lexicon, toks []lexicon.Token) bool {
	return len(toks) > 1 && (lex.Phrases.All(toks[:1])&(lexicon.Article|lexicon.MediaOpen) != 0 || lex.Phrases.All(toks[len(toks)-1:])&lexicon.MediaName != 0)
}

// ParseName tells whether l is nothing but a person's name, and whether it
// begins with a given name.
func ParseName(lex *lexicon.Lexicon, l Line) (given, ok bool) {
	n := len(l.Tokens)
	if n < 2 || n > 6 || l.Tokens[0].Start != int32(l.Start) || int(l.Tokens[n-1].End) != l.End {
		return false, false
	}
	upper := 0
	for i, t := range l.Tokens {
		if i > 0 {
			if g := l.gap(i); g != " " && g != "-" && g != ". " && g != "'" && g != "’" {
				return false, false
			}
		}
		c := lex.Phrases.All(l.Tokens[i : i+1])
		switch {
		case t.Shape&lexicon.HasDigit != 0,
			t.Shape&lexicon.Upper != 0 && c&(lexicon.KickerWord|lexicon.Article|lexicon.Month|lexicon.Weekday|lexicon.Boilerplate|lexicon.Photo|lexicon.Role) != 0 && c&lexicon.Given == 0:
			return false, false
		case t.Shape&lexicon.Upper != 0:
			upper++
		case i > 0 && i < n-1 && c&lexicon.Particle != 0:
		default:
			return false, false
		}
	}
	return lex.Phrases.All(l.Tokens[:1])&lexicon.Given != 0, upper >= 2 && upper <= 4
}
