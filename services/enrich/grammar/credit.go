package grammar

import (
	"slices"
	"strings"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

const (
	maxCreditTokens = 18
	maxNameTokens   = 6
)

// Credit is a picture's credit line.
type Credit struct {
	Photographer article.Span // empty: none is named
	Agencies     []*lexicon.Agency
	Opener       bool // it says by itself that it is a credit: "©", "Photo by"
	Year         bool // names a year, as notices of rights do
	Confidence   float64
}

// part is what a piece of a credit between two separators turned out to be.
type part uint8

const (
	partOther part = iota
	partName
	partAgency
	partMark // photo, archive, handout
	partDate
)

// ParseCredit reads l as a credit. ok is false if it is none.
func ParseCredit(lex *lexicon.Lexicon, l Line) (c Credit, ok bool) {
	n := len(l.Tokens)
	if n == 0 || n > maxCreditTokens {
		return c, false
	}
	i := 0
	if sign := l.gap(0); strings.Contains(sign, "©") {
		c.Opener = true
	} else if w := l.word(0); (w == "c" || w == "C") && strings.HasSuffix(sign, "(") && strings.HasPrefix(l.gap(1), ")") {
		c.Opener, i = true, 1
	}
	// "Photo credit: ", "Foto: ", "Photo by ": a colon or a preposition makes
	// an opener; "Photo" alone is only a word.
	if m := lex.Phrases.Longest(l.Tokens[i:], lexicon.Credit); m.Tokens > 0 {
		after := l.gap(i + m.Tokens)
		last := l.Tokens[i+m.Tokens-1]
		byWord := m.Tokens > 1 && last.Shape&lexicon.Lower != 0 && i+m.Tokens < n
		if a, k := lex.Mark(l.Tokens[i:]); (strings.Contains(after, ":") || strings.HasPrefix(after, "/") && i+m.Tokens < n || byWord || strings.Contains(after, "©")) && (a == nil || k < m.Tokens) {
			c.Opener = true
			if a != nil {
				c.Agencies = append(c.Agencies, a)
			}
			i += m.Tokens
		}
	}
	if !c.Opener && (!namesAgency(lex, l.Tokens) || lex.Phrases.Longest(l.Tokens, lexicon.Byline).Tokens > 0) {
		return c, false
	}
	for k := i + 1; k < n; k++ {
		// A sentence that ends inside makes it two things.
		if g := l.gap(k); g != " " && strings.ContainsAny(g, ".!?") && strings.ContainsAny(g, " \u00a0\n") && l.Tokens[k-1].End-l.Tokens[k-1].Start > 3 {
			return c, false
		}
	}
	var names, others, marks, otherTokens int
	for i < n {
		j := i + 1
		for j < n && !separates(lex, l, j) {
			j++
		}
		kind, agency := classify(lex, l, i, j)
		switch kind {
		case partAgency:
			c.Agencies = appendAgency(c.Agencies, agency)
		case partName:
			if names == 0 {
				c.Photographer = article.Span{Start: int(l.Tokens[i].Start), End: int(l.Tokens[j-1].End)}
			}
			names++
		case partMark:
			marks++
		case partDate:
			c.Year = true
		default:
			others++
			otherTokens += j - i
		}
		if j < n && lex.Phrases.All(l.Tokens[j:j+1])&lexicon.Via != 0 {
			j++
		}
		i = j
	}
	c.Agencies = withoutServices(c.Agencies)
	score := 0.0
	if c.Opener {
		score += 2
	}
	if len(c.Agencies) > 0 {
		score += 2
	}
	if names > 0 {
		score++
	} else if others == 0 && len(c.Agencies) > 0 && slices.ContainsFunc(c.Agencies, func(a *lexicon.Agency) bool { return a.PhotoOnly }) {
		score++ // "GETTY IMAGES": nothing else signs so
	}
	if marks > 0 {
		score += 0.5
	}
	if names > 2 {
		score -= float64(names - 2)
	}
	score -= 1.5 * float64(others)
	if otherTokens > 3 {
		score -= float64(otherTokens-3) * 0.5
	}
	if t := l.Terminal(); t == '.' && !strings.HasSuffix(l.String(), ".)") && n > 6 {
		score--
	}
	if score < 2.5 {
		return c, false
	}
	c.Confidence = min(0.5+score/10, 0.99)
	return c, true
}

// namesAgency tells whether an agency is named among the words.
func namesAgency(lex *lexicon.Lexicon, toks []lexicon.Token) bool {
	for i := range toks {
		if _, n := lex.AgencyName(toks[i:]); n > 0 {
			return true
		}
	}
	return false
}

// separates tells whether token i of a credit begins a new part.
func separates(lex *lexicon.Lexicon, l Line, i int) bool {
	g := l.gap(i)
	if g != " " && (strings.ContainsAny(g, "/|,;@·:([") || strings.Contains(g, " - ") || strings.Contains(g, "–") || strings.Contains(g, "—")) {
		return true
	}
	return lex.Phrases.All(l.Tokens[i:i+1])&lexicon.Via != 0 && l.Tokens[i].Shape&lexicon.Lower != 0
}

func classify(lex *lexicon.Lexicon, l Line, i, j int) (part, *lexicon.Agency) {
	if lex.Phrases.All(l.Tokens[i:i+1])&lexicon.Via != 0 && l.Tokens[i].Shape&lexicon.Lower != 0 {
		i++
	}
	if i >= j {
		return partMark, nil
	}
	toks := l.Tokens[i:j]
	if a, k := lex.AgencyName(toks); k > 0 {
		// "AP Photo", "AFP Archives", "Getty Images Europe": the agency and
		// words about it.
		if rest := toks[k:]; len(rest) == 0 || allOf(lex, rest, lexicon.Photo|lexicon.Archive) {
			return partAgency, a
		}
	}
	if m := lex.Phrases.Longest(toks, lexicon.Archive|lexicon.Photo); m.Tokens == len(toks) || m.Tokens > 0 && allOf(lex, toks[m.Tokens:], lexicon.Archive|lexicon.Photo) {
		return partMark, nil
	}
	if toks[0].Shape&lexicon.Digits != 0 {
		// "2024 AFP" in a notice of rights
		if a, k := lex.AgencyName(toks[1:]); k > 0 && k == len(toks)-1 {
			return partAgency, a
		}
		if len(toks) <= 3 {
			return partDate, nil
		}
		return partOther, nil
	}
	if len(toks) > maxNameTokens {
		return partOther, nil
	}
	upper := 0
	for k, t := range toks {
		switch {
		case t.Shape&lexicon.Upper != 0:
			upper++
		case t.Shape&lexicon.Lower != 0 && k > 0 && lex.Phrases.All(toks[k:k+1])&(lexicon.Particle|lexicon.Join) != 0:
		default:
			return partOther, nil
		}
	}
	if upper == 0 || toks[len(toks)-1].Shape&lexicon.Upper == 0 || lex.Phrases.All(toks[:1])&lexicon.Article != 0 && len(toks) > 2 && paper(lex, toks) {
		return partOther, nil
	}
	return partName, nil
}

func allOf(lex *lexicon.Lexicon, toks []lexicon.Token, c lexicon.Class) bool {
	for i := 0; i < len(toks); {
		m := lex.Phrases.Longest(toks[i:], c)
		if m.Tokens == 0 {
			return false
		}
		i += m.Tokens
	}
	return true
}

func appendAgency(as []*lexicon.Agency, a *lexicon.Agency) []*lexicon.Agency {
	if slices.Contains(as, a) {
		return as
	}
	return append(as, a)
}

// withoutServices leaves out services beside the agency that they belong to:
// of "picture alliance/dpa", dpa is the agency.
func withoutServices(as []*lexicon.Agency) []*lexicon.Agency {
	return slices.DeleteFunc(as, func(s *lexicon.Agency) bool {
		return s.Parent != "" && slices.ContainsFunc(as, func(a *lexicon.Agency) bool { return a.Name == s.Parent })
	})
}

// TrailingCredit finds a credit at the end of a caption: behind the end of a
// sentence, in brackets, or behind an opener such as "Photo:". from is the
// byte where it begins.
func TrailingCredit(lex *lexicon.Lexicon, l Line) (from int, ok bool) {
	if from, ok = trailingCredit(lex, l); ok {
		if _, whole := ParseCredit(lex, l); whole {
			return 0, false
		}
	}
	return from, ok
}

func trailingCredit(lex *lexicon.Lexicon, l Line) (from int, ok bool) {
	n := len(l.Tokens)
	for i := max(1, n-maxCreditTokens); i < n; i++ {
		g := l.gap(i)
		at := int(l.Tokens[i].Start)
		if g == " " && l.Tokens[i].Shape&(lexicon.Upper|lexicon.AllCaps) == 0 {
			continue // as most words of prose
		}
		if m := lex.Phrases.Longest(l.Tokens[i:], lexicon.Archive); m.Tokens > 1 && strings.TrimSpace(l.gap(i+m.Tokens)) == "" {
			continue // "File photo" without a colon is the caption's
		}
		switch k := strings.LastIndexAny(g, "(["); {
		case strings.Contains(g, "©"):
			at -= len(g) - strings.Index(g, "©")
		case k >= 0:
			at -= len(g) - k
		case strings.ContainsAny(g, ".!?…|/") && endsWithSpace(g):
		case endsWithSpace(g) && slashed(lex, l, i):
		case lex.Phrases.All(l.Tokens[i:min(i+3, n)])&lexicon.Credit != 0 && l.Tokens[i].Shape&lexicon.Upper != 0:
			// "A market in Agadez Photo: Jane Doe/AP"
			m := lex.Phrases.Longest(l.Tokens[i:], lexicon.Credit)
			if !strings.Contains(l.gap(i+m.Tokens), ":") && m.Tokens < 2 {
				continue
			}
		default:
			continue
		}
		if at <= l.Start || lex.Phrases.Longest(l.Tokens[i:], lexicon.Source).Tokens > 0 && strings.Contains(l.gap(i+1), ":") {
			continue
		}
		if _, ok := ParseCredit(lex, l.Cut(at, l.End)); ok {
			return at, true
		}
	}
	return 0, false
}

// slashed tells whether an agency stands at token i with a name behind a slash:
// "REUTERS/Jane Doe".
func slashed(lex *lexicon.Lexicon, l Line, i int) bool {
	if l.Tokens[i].Shape&lexicon.AllCaps == 0 {
		return false
	}
	a, k := lex.Mark(l.Tokens[i:])
	return a != nil && i+k < len(l.Tokens) && l.gap(i+k) == "/"
}

func endsWithSpace(s string) bool {
	return strings.HasSuffix(s, " ") || strings.HasSuffix(s, "\u00a0") || strings.HasSuffix(s, "\n") || strings.HasSuffix(s, "\t")
}
