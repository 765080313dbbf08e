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
	Dated      bool // has a month and a day
	Confidence float64
}

// ParseDateline reads the beginning of l as a dateline. What follows it may be
// empty.
func ParseDateline(lex *lexicon.Lexicon, l Line) (d Dateline, ok bool) {
	p := datelineReader{lex: lex, Line: l}
	p.smallPlace()
	for more := true; more; {
		if p.i >= len(l.Tokens) || int(l.Tokens[p.i].Start)-l.Start >= maxDatelineBytes {
			break
		}
		if more, ok = p.step(); !ok {
			return Dateline{}, false
		}
	}
	return p.judge()
}

// smallPlace reads a place in small letters, as careless copy has it, by the
// date and dash behind it: "sioux falls, april 7 -".
func (p *datelineReader) smallPlace() {
	const words = 3
	for k := 0; k < words && k+1 < len(p.Tokens) && p.Tokens[k].Shape&lexicon.Lower != 0; k++ {
		if g := p.gap(k + 1); g == ", " && p.dayAt(k+1) {
			p.places, p.i, p.lower = k+1, k+1, true
			return
		} else if g != " " {
			return
		}
	}
}

// dayAt tells whether a month, a day and a dash stand at word k.
func (p *datelineReader) dayAt(k int) bool {
	return k+1 < len(p.Tokens) && p.lex.Phrases.All(p.Tokens[k:k+1])&lexicon.Month != 0 && p.Tokens[k+1].Shape&lexicon.Digits != 0 && dashAt(p.gap(k+2)) > 0
}

// datelineReader walks along a dateline, word by word.
type datelineReader struct {
	Line
	lex *lexicon.Lexicon
	d   Dateline

	i, end                      int // next word; byte behind what was read
	places, dates, months, caps int // words of each kind; caps are those of places in capitals

	dash, parens, comma, colon bool // seen
	lower                      bool // the place is in small letters
}

// step reads the word i and what stands around it. more is false at the end of
// the dateline, ok is false if it is none.
func (p *datelineReader) step() (more, ok bool) {
	g := p.gap(p.i)
	if p.i == 0 && strings.Trim(g, "(/=* \u00a0") != "" {
		return false, false
	}
	if strings.HasSuffix(g, "(") || strings.HasSuffix(g, "/") && (p.i == 0 || strings.ContainsAny(g, " \u00a0")) {
		if p.group() {
			return false, true
		}
		// "Frankfurt (Main)", "Halle (Saale)"
		if strings.HasSuffix(g, "(") && (p.Tokens[p.i].Shape&lexicon.Upper == 0 || !strings.HasPrefix(p.gap(p.i+1), ")")) {
			return false, false
		}
	}
	if p.mark(g) {
		return false, true
	}
	from := p.i
	if !p.word() || p.places > maxDatelinePlaces || p.dates > 6 {
		return false, false
	}
	p.end = int(p.Tokens[p.i-1].End)
	if p.i == len(p.Tokens) {
		return false, p.endOfLine()
	}
	return p.behind(from)
}

// group reads an agency in brackets or slashes, and the dash behind it.
func (p *datelineReader) group() bool {
	a, to := agencyGroup(p.lex, p.Line, p.i)
	if a == nil {
		return p.unknownGroup()
	}
	p.d.Agency, p.parens, p.end = a, true, to
	if k := dashAt(p.Text[to:min(p.End, to+8)]); k > 0 {
		p.dash = true
		p.end = to + k
	} else if to < p.End && (p.Text[to] == '.' || p.Text[to] == ':') {
		p.end = to + 1
	}
	if p.places == 0 && p.dash {
		// "(ANSA) - ROMA, 12 MAR - "
		if more, ok := ParseDateline(p.lex, p.Cut(p.end, p.End)); ok && more.Agency == nil {
			p.end = more.End
			p.d.Dated = more.Dated
			p.places++
		}
	}
	return true
}

// unknownGroup reads a few words in brackets between a dated place and a dash:
// an agency that the lexicon doesn't know.
func (p *datelineReader) unknownGroup() bool {
	const words = 4
	if p.places == 0 || p.months == 0 || p.dates < 2 {
		return false
	}
	small := p.d.City && strings.HasPrefix(p.gap(p.i+1), ")") // "(xyz)"
	for k := p.i; k < len(p.Tokens) && k < p.i+words && (small || p.Tokens[k].Shape&lexicon.Upper != 0); k++ {
		g := p.gap(k + 1)
		if !strings.HasPrefix(g, ")") {
			if g != " " && g != "/" && g != "-" {
				return false
			}
			continue
		}
		to := int(p.Tokens[k].End) + 1
		if m := dashAt(p.Text[to:min(p.End, to+8)]); m > 0 {
			p.dash, p.end = true, to+m
			return true
		}
		if p.d.City && strings.HasPrefix(p.Text[to:p.End], ". ") {
			p.dash, p.end = true, to+1 // "Bern, 2. Mai (xyz). Der Rat"
			return true
		}
		return false
	}
	return false
}

// mark reads an agency's mark before a dash: "MORIOKA, Dec. 3, Kyodo -".
func (p *datelineReader) mark(gap string) bool {
	a, k := p.lex.Mark(p.Tokens[p.i:])
	if a == nil || p.i == 0 || !strings.Contains(gap, ",") && (p.dates == 0 || p.Tokens[p.i].Shape&lexicon.AllCaps == 0) {
		return false
	}
	last := int(p.Tokens[p.i+k-1].End)
	m := dashAt(p.Text[last:p.Line.End])
	if m == 0 {
		return false
	}
	p.d.Agency, p.dash, p.end = a, true, last+m
	return true
}

// word reads a place, or a part of one or of the date. It is false if the word
// is neither.
func (p *datelineReader) word() bool {
	t := p.Tokens[p.i]
	c := p.lex.Phrases.All(p.Tokens[p.i:min(len(p.Tokens), p.i+4)])
	city := p.lex.Phrases.Longest(p.Tokens[p.i:], lexicon.City)
	step := 1
	switch {
	case city.Tokens > 0 && t.Shape&lexicon.Upper != 0:
		p.d.City = true
		step = city.Tokens
		p.places += step
		if t.Shape&lexicon.AllCaps != 0 {
			p.caps++
		}
	case p.numericDate() > 0:
		step = p.numericDate()
		p.dates += step
		p.months++
	case c&(lexicon.Month|lexicon.Weekday) != 0 && p.places+p.dates+p.i > 0 || t.Shape&lexicon.HasDigit != 0:
		p.dates++
		if c&lexicon.Month != 0 {
			p.months++
		}
	case c&lexicon.Month != 0:
		p.dates++
	case p.monthSlip():
		p.dates++
		p.months++
	case t.Shape&lexicon.Upper != 0:
		p.places++
		if t.Shape&lexicon.AllCaps != 0 && t.End-t.Start > 2 {
			p.caps++
		}
	case p.i > 0 && (c&lexicon.Particle != 0 || strings.HasPrefix(p.gap(p.i+1), ".") && t.End-t.Start <= 2):
		p.places++
	default:
		return false
	}
	p.i += step
	return true
}

// numericDate is how many words a day with the number of its month has, from the
// next word on: "2.5.2024", "2.5."; 0 if none stands there.
func (p *datelineReader) numericDate() int {
	number := func(k, digits int) bool {
		return k < len(p.Tokens) && p.Tokens[k].Shape&lexicon.Digits != 0 && int(p.Tokens[k].End-p.Tokens[k].Start) <= digits
	}
	k := p.i
	if p.places == 0 || !number(k, 2) || !number(k+1, 2) || p.gap(k+1) != "." && p.gap(k+1) != "/" {
		return 0
	}
	switch {
	case number(k+2, 4) && p.gap(k+2) == p.gap(k+1):
		return 3
	case p.gap(k+1) == "." && strings.HasPrefix(p.gap(k+2), ". "):
		return 2
	}
	return 0
}

// monthSlip tells whether the next word is the name of a month with a slip, by
// the day and dash behind it: "Apri 13 -".
func (p *datelineReader) monthSlip() bool {
	k := p.i + 1
	return p.places > 0 && k < len(p.Tokens) && p.Tokens[k].Shape&lexicon.Digits != 0 && p.Tokens[k].End-p.Tokens[k].Start <= 2 && p.gap(k) == " " &&
		dashAt(p.gap(k+1)) > 0 && p.lex.Phrases.Slip(p.Text[p.Tokens[p.i].Start:p.Tokens[p.i].End], lexicon.Month).Tokens > 0
}

// endOfLine reads what stands behind the last word of a line of its own:
// "PARIS, le 12 mars", "ANKARA".
func (p *datelineReader) endOfLine() bool {
	tail := strings.TrimSpace(p.Text[p.end:p.Line.End])
	if tail == "" || tail == "." {
		return true
	}
	if k := dashAt(p.Text[p.end:p.Line.End]); k > 0 {
		p.dash = true
		p.end += k
		return true
	}
	return tail == ":"
}

// behind reads what stands between the word or city that began at word from and
// the next word.
func (p *datelineReader) behind(from int) (more, ok bool) {
	g := p.gap(p.i)
	last := p.Tokens[p.i-1]
	if p.datedBehind(g) {
		return true, true
	}
	if last.Shape&lexicon.Digits != 0 && p.dates > 1 && strings.HasPrefix(g, ", -") {
		g = g[1:] // "March 4, -"
		p.end++
	}
	if k := dashAt(g); k > 0 && (strings.TrimLeft(g, " \u00a0.") != g || strings.ContainsAny(g, "—–") || p.dates > 1 && last.Shape&lexicon.Digits != 0 && len(g) > 1) {
		p.dash = true
		p.end += k
		return false, true
	}
	switch {
	case strings.ContainsAny(g, "?!;\"“”„«»\n"):
		return false, false
	case strings.Contains(g, ":"):
		if p.caps == 0 || p.caps < p.places {
			return false, false
		}
		p.colon = true
		p.end++
		return false, true
	case strings.Contains(g, "."):
		if p.fullStop(from, g) {
			p.dash = true
			p.end++
			return false, true
		}
		abbreviated := last.End-last.Start <= 4 || strings.ContainsAny(g, "/(,") || p.lex.Phrases.All(p.Tokens[p.i-1:p.i])&lexicon.Month != 0
		return true, abbreviated
	case strings.Contains(g, ","):
		p.comma = true
	}
	return true, true
}

// datedBehind tells whether the dash in gap has the date and another dash behind
// it: "KANSAS CITY, Mo. - March 13 -".
func (p *datelineReader) datedBehind(gap string) bool {
	return p.dates == 0 && p.caps > 0 && dashAt(gap) > 0 && p.dayAt(p.i)
}

// fullStop tells whether the full stop in gap ends the dateline.
func (p *datelineReader) fullStop(from int, gap string) bool {
	if gap != ". " {
		return false
	}
	last := p.Tokens[p.i-1]
	if p.d.City && from == 0 && p.lex.Phrases.Longest(p.Tokens, lexicon.City).Tokens == p.i {
		return true // "Linz. Ein Kabelschaden", as regional papers have it
	}
	if p.caps != p.places || p.places > 3 || p.dates != 0 || last.End-last.Start <= 3 || p.Tokens[p.i].Shape&lexicon.AllCaps != 0 ||
		p.lex.Phrases.All(p.Tokens)&(lexicon.KickerWord|lexicon.Form|lexicon.Urgency|lexicon.Note) != 0 {
		return false
	}
	// "SELBITZ. Der Ort", in capitals, needs no gazetteer
	a, _ := p.lex.Mark(p.Tokens)
	return a == nil
}

// judge tells how sure it is that what was read is a dateline.
func (p *datelineReader) judge() (Dateline, bool) {
	d := p.d
	d.End = min(p.end, p.Line.End)
	p.d.End = d.End
	d.Dated = d.Dated || p.months > 0 && p.dates >= 2
	rest := strings.TrimLeftFunc(p.Text[d.End:p.Line.End], unicode.IsSpace)
	opens := opensReport(rest)
	switch {
	case p.headline(), p.lower && !(p.dash && d.Dated):
		return Dateline{}, false
	case p.dash && d.Dated && (d.City || p.caps > 0 || p.lower || p.comma && p.dates == 2) && p.places <= 5 && p.endsInDay():
		d.Confidence = 0.8 // whatever follows: tables, careless copy
	case d.Agency != nil && (p.dash || p.parens) && (p.places > 0 || p.dates > 0 || p.dash && p.parens):
		d.Confidence = 0.97
		if !p.dash {
			d.Confidence = 0.9
		}
	case p.dash && p.caps > 0 && opens && (d.City || p.dates > 0 || p.comma || p.caps == p.places && !p.capitals()) && !strings.HasPrefix(p.Text[p.Start:], "-"):
		d.Confidence = 0.8
	case p.dash && p.comma && d.Dated && p.places > 0 && p.places <= 5 && opens && rest != "":
		d.Confidence = 0.8
	case p.dash && d.City && opens && p.places <= 4:
		d.Confidence = 0.7
	case p.colon && d.City && opens && rest != "":
		d.Confidence = 0.65
	case rest == "" && d.City && (p.caps > 0 || p.dates > 0) && !p.parens:
		d.Confidence = 0.5
	default:
		return Dateline{}, false
	}
	return d, true
}

// endsInDay tells whether the last word before the dash is a number.
func (p *datelineReader) endsInDay() bool {
	return p.i > 0 && p.Tokens[p.i-1].Shape&lexicon.Digits != 0
}

// headline tells whether the line is a short one in capitals throughout, with a
// dash in it: "CORRECTED - GM SEES RISE". A word with a small ending may be among
// them.
func (p *datelineReader) headline() bool {
	const words = 10 // behind the dash
	behind, mixed := 0, 0
	for _, t := range p.Tokens {
		if int(t.Start) >= p.d.End {
			behind++
		}
		if t.Shape&(lexicon.AllCaps|lexicon.Digits) == 0 && t.End-t.Start > 1 {
			mixed++
		}
	}
	return behind > 0 && behind <= words && (mixed == 0 || mixed == 1 && behind > 2)
}

// opensReport tells whether rest, behind a dateline, may begin a report.
func opensReport(rest string) bool {
	first, _ := utf8.DecodeRuneInString(rest)
	return rest == "" || unicode.IsUpper(first) || unicode.IsDigit(first) || strings.ContainsRune(`"'“„«‘(¿¡»<`, first) || unicode.IsLetter(first) && !unicode.IsLower(first)
}

// capitals tells whether what follows is in capitals as well, as all of a
// headline may be.
func (p *datelineReader) capitals() bool {
	return p.i < len(p.Tokens) && p.Tokens[p.i].Shape&lexicon.AllCaps != 0 && p.Tokens[p.i].End-p.Tokens[p.i].Start > 3
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
