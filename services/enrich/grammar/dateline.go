package grammar

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

const (
	maxDatelineBytes  = 110
	maxDatelinePlaces = 10 // words
)

// Dateline is the opening of a report: place, date, agency.
type Dateline struct {
	End        int // byte behind it, without white space
	Agency     *lexicon.Agency
	City       bool // names a place that the lexicon knows
	Confidence float64
}

// ParseDateline reads the beginning of l as a dateline. What follows it may be
// empty.
func ParseDateline(lex *lexicon.Lexicon, l Line) (d Dateline, ok bool) {
	var places, dates, months, caps int
	var dash, parens, comma, colon bool
	end := 0
	toks := l.Tokens
	n := len(toks)
	i := 0
walk:
	for i < n && int(toks[i].Start)-l.Start < maxDatelineBytes {
		g := l.gap(i)
		if i == 0 && strings.Trim(g, "(/= \u00a0") != "" {
			return d, false
		}
		if strings.HasSuffix(g, "(") || strings.HasSuffix(g, "/") && (i == 0 || strings.ContainsAny(g, " \u00a0")) {
			if a, to := agencyGroup(lex, l, i); a != nil {
				d.Agency, parens = a, true
				end = to
				if k := dashAt(l.Text[to:min(l.End, to+8)]); k > 0 {
					dash = true
					end = to + k
				} else if to < l.End && (l.Text[to] == '.' || l.Text[to] == ':') {
					end = to + 1
				}
				if places == 0 && dash {
					// "(ANSA) - ROMA, 12 MAR - "
					rest := l.Cut(end, l.End)
					if more, ok := ParseDateline(lex, rest); ok && more.Agency == nil {
						end = more.End
						places++
					}
				}
				break walk
			}
			if strings.HasSuffix(g, "(") {
				// "Frankfurt (Main)", "Halle (Saale)"
				if toks[i].Shape&lexicon.Upper == 0 || !strings.HasPrefix(l.gap(i+1), ")") {
					return d, false
				}
			}
		}
		if a, k := lex.Mark(toks[i:]); a != nil && i > 0 && (strings.Contains(g, ",") || dates > 0 && toks[i].Shape&lexicon.AllCaps != 0) {
			if m := dashAt(l.Text[toks[i+k-1].End:l.End]); m > 0 {
				d.Agency, dash = a, true
				end = int(toks[i+k-1].End) + m
				break
			}
		}
		c := lex.Phrases.All(toks[i:min(n, i+4)])
		m := lex.Phrases.Longest(toks[i:], lexicon.City)
		step := 1
		switch t := toks[i]; {
		case m.Tokens > 0 && t.Shape&lexicon.Upper != 0:
			d.City = true
			step = m.Tokens
			places += step
			if t.Shape&lexicon.AllCaps != 0 {
				caps++
			}
		case c&(lexicon.Month|lexicon.Weekday) != 0 && places+dates+i > 0 || t.Shape&lexicon.HasDigit != 0:
			dates++
			if c&lexicon.Month != 0 {
				months++
			}
		case c&lexicon.Month != 0:
			dates++
		case t.Shape&lexicon.Upper != 0:
			places++
			if t.Shape&lexicon.AllCaps != 0 && t.End-t.Start > 2 {
				caps++
			}
		case i > 0 && (c&lexicon.Particle != 0 || strings.HasPrefix(l.gap(i+1), ".") && t.End-t.Start <= 2):
			places++
		default:
			return d, false
		}
		if places > maxDatelinePlaces || dates > 6 {
			return d, false
		}
		i += step
		end = int(toks[i-1].End)
		if i == n {
			// A line of its own: "PARIS, le 12 mars", "ANKARA"
			if tail := strings.TrimSpace(l.Text[end:l.End]); tail != "" && tail != "." {
				if k := dashAt(l.Text[end:l.End]); k > 0 {
					dash = true
					end += k
				} else if tail != ":" {
					return d, false
				}
			}
			break
		}
		g = l.gap(i)
		if k := dashAt(g); k > 0 && (strings.TrimLeft(g, " \u00a0.") != g || strings.ContainsAny(g, "—–")) {
			dash = true
			end += k
			break
		}
		switch {
		case strings.ContainsAny(g, "?!;\"“”„«»\n"):
			return d, false
		case strings.Contains(g, ":"):
			if caps == 0 || caps < places {
				return d, false
			}
			colon = true
			end++
			break walk
		case strings.Contains(g, "."):
			last := toks[i-1]
			if d.City && i == step && g == ". " && m.Tokens > 0 {
				// "Linz. Ein Kabelschaden", as regional papers have it
				dash = true
				end++
				break walk
			}
			if g == ". " && caps == places && places <= 3 && dates == 0 && last.End-last.Start > 3 && toks[i].Shape&lexicon.AllCaps == 0 &&
				lex.Phrases.All(toks)&(lexicon.KickerWord|lexicon.Form|lexicon.Urgency|lexicon.Note) == 0 {
				// "SELBITZ. Der Ort", in capitals, needs no gazetteer
				if a, _ := lex.Mark(toks); a == nil {
					dash = true
					end++
					break walk
				}
			}
			if last.End-last.Start > 4 && !strings.Contains(g, "/") && !strings.Contains(g, "(") && lex.Phrases.All(toks[i-1:i])&lexicon.Month == 0 {
				return d, false
			}
		case strings.Contains(g, ","):
			comma = true
		}
	}
	d.End = min(end, l.End)
	rest := strings.TrimLeftFunc(l.Text[d.End:l.End], unicode.IsSpace)
	first, _ := utf8.DecodeRuneInString(rest)
	opens := rest == "" || unicode.IsUpper(first) || unicode.IsDigit(first) || strings.ContainsRune(`"'“„«‘(¿¡»`, first) || unicode.IsLetter(first) && !unicode.IsLower(first)
	switch {
	case d.Agency != nil && (dash || parens) && (places > 0 || dates > 0 || dash && parens):
		d.Confidence = 0.97
		if !dash {
			d.Confidence = 0.9
		}
	case dash && caps > 0 && opens && (d.City || dates > 0 || comma || caps == places) && !strings.HasPrefix(l.Text[l.Start:], "-"):
		d.Confidence = 0.8
	case dash && d.City && opens && places <= 4:
		d.Confidence = 0.7
	case dash && comma && months > 0 && dates >= 2 && places > 0 && places <= 5 && opens && rest != "":
		d.Confidence = 0.7
	case colon && d.City && opens && rest != "":
		d.Confidence = 0.65
	case rest == "" && d.City && (caps > 0 || dates > 0) && !parens:
		d.Confidence = 0.5
	default:
		return Dateline{}, false
	}
	return d, true
}

// agencyGroup reads "(dpa/tmn)" or "/TASS/" from token i on; to is the byte
// behind the closing mark.
func agencyGroup(lex *lexicon.Lexicon, l Line, i int) (a *lexicon.Agency, to int) {
	const maxGroup = 6
	a, k := lex.AgencyName(l.Tokens[i:])
	if a == nil {
		return nil, 0
	}
	for j := i + k; j <= len(l.Tokens) && j < i+k+maxGroup; j++ {
		g := l.gap(j)
		if m := strings.IndexAny(g, ")/"); m >= 0 {
			at := int(l.Tokens[j-1].End) + m + 1
			if g[m] == '/' && j < len(l.Tokens) && len(g) == 1 {
				continue // a slash between two marks
			}
			return a, at
		}
		if strings.ContainsAny(g, ".;\"") {
			return nil, 0
		}
	}
	return nil, 0
}
