package grammar

import (
	"strings"

	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

const (
	maxSignoffTokens = 14
	maxCrewTokens    = 60 // of a list of those who worked on it
	maxCode          = 5  // letters of a writer's or desk's mark
)

// Signoff is the closing mark of an agency or writer.
type Signoff struct {
	Agency     *lexicon.Agency
	Writers    bool // "Reporting by"
	End        bool // "Ends"
	Initials   bool // nothing but marks of writers
	Confidence float64
}

// ParseSignoff reads l as a sign-off.
func ParseSignoff(lex *lexicon.Lexicon, l Line) (s Signoff, ok bool) {
	n := len(l.Tokens)
	if n == 0 {
		return s, false
	}
	if m := lex.Phrases.Longest(l.Tokens, lexicon.Signoff); m.Tokens > 0 && (m.Tokens > 1 || strings.Contains(l.gap(m.Tokens), ":")) {
		s.Writers, s.Confidence = true, 0.9
		s.Agency = anyAgency(lex, l.Tokens)
		return s, true
	}
	if n <= 40 {
		for i := 1; i < n; i++ {
			if m := lex.Phrases.Longest(l.Tokens[i:], lexicon.Signoff); m.Tokens > 2 || m.Tokens == 2 && i+2 == n {
				s.Writers, s.Confidence = true, 0.75
				s.Agency = anyAgency(lex, l.Tokens)
				return s, true
			}
		}
	}
	if strings.HasPrefix(l.String(), "(") && strings.HasSuffix(l.String(), ")") && n <= maxCrewTokens {
		crew, long := 0, false
		for i := 0; i < n; i++ {
			if m := lex.Phrases.Longest(l.Tokens[i:], lexicon.Signoff); m.Tokens > 0 {
				crew++
				long = long || m.Tokens > 1
				i += m.Tokens - 1
			}
		}
		if crew > 1 && long && lex.Phrases.Longest(l.Tokens, lexicon.Signoff).Tokens > 0 {
			s.Writers, s.Confidence = true, 0.8
			s.Agency = anyAgency(lex, l.Tokens)
			return s, true
		}
	}
	if n > maxSignoffTokens || strings.ContainsAny(l.String(), "?!\"“„«;") {
		return s, false
	}
	i := 0
	if m := lex.Phrases.Longest(l.Tokens, lexicon.End); m.Tokens > 0 {
		s.End = true
		i = m.Tokens
	}
	if l.Tokens[0].Shape&lexicon.Digits != 0 && n > 1 && strings.Contains(l.gap(0), "©") {
		i = 1
	}
	codes, marks, words := 0, 0, 0
	for i < n {
		t := l.Tokens[i]
		if a, k := lex.AgencyName(l.Tokens[i:]); k > 0 && !(a.PhotoOnly && s.Agency == nil && i == 0) {
			if s.Agency == nil {
				s.Agency = a
			}
			marks++
			i += k
			continue
		}
		size := int(t.End - t.Start)
		switch {
		case lex.Phrases.All(l.Tokens[i:i+1])&(lexicon.Verb|lexicon.Said) != 0 && size > 2:
			words++
		case t.Shape&lexicon.HasDigit != 0, marks > 0 && lex.Phrases.All(l.Tokens[i:i+1])&lexicon.Month != 0:
			codes++
		case lex.Phrases.All(l.Tokens[i:i+1])&(lexicon.Join|lexicon.Article) != 0 && marks+codes > 0:
		case t.Shape&lexicon.Lower != 0 && size <= maxCode && (marks > 0 || s.End || size <= 4):
			codes++
		case t.Shape&lexicon.AllCaps != 0 && size <= maxCode && (marks > 0 || strings.Contains(l.gap(0), "/")):
			codes++
		default:
			words++
		}
		i++
	}
	switch {
	case words > 0:
		return s, false
	case marks > 0 && (codes == 0 || leads(lex, l)):
		s.Confidence = 0.95
	case marks > 0:
		s.Confidence = 0.7
	case s.End:
		s.Confidence = 0.85
	case codes <= 4 && n <= 4 && l.Tokens[0].Shape&lexicon.HasDigit == 0 && strings.ContainsAny(l.String(), "/-") && tight(l):
		s.Initials, s.Confidence = true, 0.7
	case n == 1 && l.Tokens[0].Shape&lexicon.Lower != 0 && int(l.Tokens[0].End-l.Tokens[0].Start) <= 4:
		s.Initials, s.Confidence = true, 0.6
	default:
		return s, false
	}
	return s, true
}

// leads tells whether the line begins with an agency's mark.
func leads(lex *lexicon.Lexicon, l Line) bool {
	i := 0
	if l.Tokens[0].Shape&lexicon.Digits != 0 {
		i = 1
	}
	_, k := lex.AgencyName(l.Tokens[i:])
	return k > 0
}

// tight tells whether nothing but single marks stand between the words.
func tight(l Line) bool {
	for i := 1; i < len(l.Tokens); i++ {
		if len(l.gap(i)) > 1 {
			return false
		}
	}
	return true
}

func anyAgency(lex *lexicon.Lexicon, toks []lexicon.Token) *lexicon.Agency {
	for i := range toks {
		if toks[i].Shape&lexicon.Upper == 0 && !(toks[i].Shape&lexicon.Lower != 0) {
			continue
		}
		if a, k := lex.AgencyName(toks[i:]); k > 0 && !a.PhotoOnly {
			return a
		}
	}
	return nil
}

// TrailingSignoff finds an agency's mark behind the last sentence of l:
// "... he said. (AFP)". from is the byte where it begins.
func TrailingSignoff(lex *lexicon.Lexicon, l Line) (from int, ok bool) {
	const most = 5 // tokens
	n := len(l.Tokens)
	for i := max(1, n-most); i < n; i++ {
		g := l.gap(i)
		if n-i > 1 && (g == "./" || g == ".\"/" || g == "!/" || g == "?/") {
			// ".../abc/de/fg", right behind the last sentence
			at := int(l.Tokens[i].Start) - 1
			if s, ok := ParseSignoff(lex, l.Cut(at, l.End)); ok && (s.Initials || s.Agency != nil) {
				return at, true
			}
		}
		stop := strings.LastIndexAny(g, ".!?")
		if q := strings.LastIndexAny(g, "”»\""); q >= 0 && stop < 0 && strings.ContainsAny(g, " \n") && strings.ContainsAny(g, ".!?") {
			stop = q
		}
		if stop < 0 || !strings.ContainsAny(g[stop:], " \n\t\u00a0") {
			continue
		}
		at := int(l.Tokens[i].Start)
		if k := strings.LastIndexAny(g, "(/["); k > stop {
			at -= len(g) - k
		}
		s, ok := ParseSignoff(lex, l.Cut(at, l.End))
		if ok && s.Agency != nil && !s.Writers && (l.Terminal() != '.' || strings.HasPrefix(l.Text[at:], "(")) {
			return at, true
		}
	}
	return 0, false
}
