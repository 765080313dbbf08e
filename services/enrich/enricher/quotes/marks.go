package quotes

import (
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// Limits of what is looked at.
const (
	MaxLength     = 20_000 // bytes of a quotation within one paragraph; a longer one is not read
	MaxParagraphs = 50     // paragraphs that one quotation goes on over
	MaxMarks      = 100    // marks that are looked at behind an opening one for its closing one
	MaxUnclosed   = 2_000  // bytes of a quotation without its closing mark
	MaxQuotes     = 5_000  // quotations of one text that are weighed
)

// family is a set of marks that open and close for one another.
type family uint8

const (
	double    family = iota + 1 // “ ” „ "
	guillemet                   // « »
	single                      // ‘ ’ ‚ '
	angle                       // ‹ ›
)

// mark is a quotation mark, or what looks like one.
type mark struct {
	start, end int
	fam        family
	char       rune
	opens      bool // stands where an opening one does: free before, a word behind
	closes     bool // a word before, free behind
	free       bool // free on both sides, or at least free before a comma
	strong     bool // of a single closing one: punctuation beside it
}

// passage is what stands between two marks.
type passage struct {
	open, start int // the opening mark begins at open and ends at start
	end, close  int // the closing mark begins at end; close is behind it
	fam         family
	paragraphs  int  // further ones that it goes on over
	unclosed    bool // the closing mark is missing
	dash        bool // set off by dashes
}

// findMarks appends the marks of text[from:to] to dst.
func findMarks(dst []mark, text string, from, to int, lang *language) []mark {
	for i := from; i < to; {
		c := text[i]
		if c >= '-' && c < '`' || c > '`' && c < utf8.RuneSelf || c == ' ' {
			i++ // as most of a text
			continue
		}
		var m mark
		switch {
		case c == '"':
			m = mark{start: i, end: i + 1, fam: double, char: '"'}
		case c == '\'' || c == '`':
			m = mark{start: i, end: i + 1, fam: single, char: '\''}
			if i+1 < to && text[i+1] == c {
				m.end, m.fam, m.char = i+2, double, '"'
			}
		case c == ',' && i+1 < to && text[i+1] == ',':
			m = mark{start: i, end: i + 2, fam: double, char: '„'}
		case c < utf8.RuneSelf:
			i++
			continue
		default:
			r, n := utf8.DecodeRuneInString(text[i:to])
			fam := familyOf(r)
			if fam == 0 {
				i += n
				continue
			}
			m = mark{start: i, end: i + n, fam: fam, char: r}
			if fam == single && r != '‚' && strings.HasPrefix(text[i+n:to], text[i:i+n]) {
				m.end, m.fam = i+2*n, double
				m.char = '“'
				if r == '’' {
					m.char = '”'
				}
			}
		}
		m.look(text, from, to, lang)
		dst = append(dst, m)
		i = m.end
	}
	return dst
}

func familyOf(r rune) family {
	switch r {
	case '“', '”', '„', '‟', '〝', '〞', '＂':
		return double
	case '«', '»':
		return guillemet
	case '‘', '’', '‚', '‛', '´':
		return single
	case '‹', '›':
		return angle
	}
	return 0
}

// look sets what the neighbours of a mark say.
func (m *mark) look(text string, from, to int, lang *language) {
	before, _ := utf8.DecodeLastRuneInString(text[from:m.start])
	if m.start == from {
		before = ' '
	}
	after, _ := utf8.DecodeRuneInString(text[m.end:to])
	if m.end == to {
		after = ' '
	}
	freeBefore := unicode.IsSpace(before) || strings.ContainsRune("([{—–-/:¿¡", before) || familyOf(before) != 0 || before == '"' || before == '\'' || before == '\u200b'
	freeAfter := unicode.IsSpace(after) || strings.ContainsRune(")]}.,;:!?…—–-/", after) || familyOf(after) != 0 || after == '"' || after == '\''
	wordAfter := unicode.IsLetter(after) || unicode.IsDigit(after) || strings.ContainsRune("¿¡([…$€£#@", after) || familyOf(after) != 0 || after == '"' || after == '\'' || after == '.' && strings.HasPrefix(text[m.end:to], "..")
	space := unicode.IsSpace(before)
	switch {
	case m.char == '„' && m.end-m.start == 2: // two commas
		m.opens = space && wordAfter
	case m.fam == guillemet || m.fam == angle:
		m.opens = freeBefore
		m.closes = freeAfter
		if space && !unicode.IsSpace(after) && wordAfter {
			m.closes = false
		}
		if m.opens && m.closes {
			m.free = true
		}
	case m.fam == single:
		m.opens = freeBefore && wordAfter && !elided(text[m.end:to], lang)
		m.closes = !space && !unicode.IsLetter(after) && !unicode.IsDigit(after)
		m.strong = m.closes && (strings.ContainsRune(",.!?…", before) || freeAfter && !unicode.IsSpace(after) || m.end == to)
	default:
		m.opens = freeBefore && wordAfter && (space || !freeAfter || m.start == from || m.char == '“' || m.char == '„' || strings.ContainsRune("([{", before))
		m.closes = !space && freeAfter && (!m.opens || m.char == '”')
		if m.opens && m.closes {
			m.opens = false
		}
		m.free = space && freeAfter && !m.opens
		if unicode.IsDigit(before) && m.char == '"' {
			m.strong = false
		} else {
			m.strong = m.closes
		}
	}
}

// elided tells whether an apostrophe belongs to the word behind it: '60s, 'tis.
func elided(rest string, lang *language) bool {
	if rest == "" {
		return false
	}
	if c := rest[0]; c >= '0' && c <= '9' {
		return len(rest) > 2 && rest[1] >= '0' && rest[1] <= '9' && (rest[2] < '0' || rest[2] > '9')
	}
	toks := lexicon.Scan(nil, rest, 0, min(len(rest), 16))
	return len(toks) > 0 && toks[0].Start == 0 && lang.words.All(toks[:1])&elision != 0
}

// pairing finds the passages of a text, one paragraph after the other.
type pairing struct {
	text string
	lang *language
	toks []lexicon.Token

	at      article.Span // the paragraph
	marks   []mark       // in it
	scanned bool
	breaks  []int          // where a reporter's clause begins, if scanned
	open    [angle + 1]int // by family: no mark before this one closes
}

// passages finds what stands between marks in the paragraphs.
func (p *pairing) passages(paragraphs []article.Span) []passage {
	var out []passage
	for i := 0; i < len(paragraphs) && len(out) < MaxQuotes; i++ {
		s := paragraphs[i]
		p.enter(s)
		var open *passage
		out, open = p.paragraph(out, s, p.next(paragraphs, i), 0)
		for n := 0; open != nil; n++ {
			// The quotation goes on with the next paragraph.
			q := *open
			q.paragraphs++
			i++
			s = paragraphs[i]
			p.enter(s)
			more := n < MaxParagraphs && p.next(paragraphs, i) == q.fam
			k := p.closing(0, q.fam)
			if k < 0 && more && p.reported(p.marks[0].end, s.End) < 0 {
				open = &q
				continue
			}
			q.end, q.close = s.End, s.End
			at := len(p.marks)
			switch {
			case k >= 0:
				q.end, q.close, at = p.marks[k].start, p.marks[k].end, k+1
			default:
				q.unclosed = true
				if e := p.reported(p.marks[0].end, s.End); e >= 0 {
					q.end, q.close = e, e
				}
			}
			out = append(out, q)
			out, open = p.paragraph(out, s, p.next(paragraphs, i), at)
		}
	}
	return out
}

// next is the family of the mark that the paragraph after i begins with, 0 if
// it begins with none.
func (p *pairing) next(paragraphs []article.Span, i int) family {
	if i+1 >= len(paragraphs) {
		return 0
	}
	rest := p.text[paragraphs[i+1].Start:paragraphs[i+1].End]
	r, _ := utf8.DecodeRuneInString(rest)
	switch {
	case strings.HasPrefix(rest, "''") || r == '"':
		return double
	case r == '\'':
		return single
	}
	return familyOf(r)
}

// paragraph adds the passages from marks[at] on. It gives the last one back if
// it is not closed and the next paragraph, which begins with a mark of family
// next, goes on with it.
func (p *pairing) paragraph(out []passage, s article.Span, next family, at int) ([]passage, *passage) {
	if at == 0 && p.lang.dashes {
		out = p.dashed(out, s)
	}
	for k := at; k < len(p.marks) && len(out) < MaxQuotes; {
		m := p.marks[k]
		if n := len(out); n > 0 && m.start < out[n-1].close || !m.opens && !(m.free && m.fam == double) {
			k++
			continue
		}
		q := passage{open: m.start, start: m.end, fam: m.fam}
		c := p.closing(k, m.fam)
		if c >= 0 {
			// A second opening mark before the closing one, with a cue between
			// them: the first was never closed.
			if again := p.openAgain(k, c); again >= 0 {
				if e := p.reported(m.end, p.marks[again].start); e >= 0 {
					q.end, q.close, q.unclosed = e, e, true
					out = append(out, q)
					k = again
					continue
				}
			}
			q.end, q.close = p.marks[c].start, p.marks[c].end
			if q.end-q.start <= MaxLength {
				out = p.inserted(out, q)
			}
			k = c + 1
			continue
		}
		if m.fam == single || m.fam == angle || m.free && m.fam == double || s.End-m.end > MaxLength {
			if m.fam == single && next == single && m.char == '‘' && k == 0 {
				return out, &q
			}
			k++
			continue
		}
		e := p.reported(m.end, s.End)
		switch {
		case e >= 0:
			q.end, q.close, q.unclosed = e, e, true
			out = append(out, q)
			for k++; k < len(p.marks) && p.marks[k].start < e; k++ {
			}
			continue
		case next == m.fam:
			return out, &q
		case m.fam != guillemet && s.End-m.end <= MaxUnclosed && p.single(m.end, s.End):
			q.end, q.close, q.unclosed = s.End, s.End, true
			return append(out, q), nil
		}
		k++
	}
	return out, nil
}

// closing is the mark that closes what marks[k] opens, -1 if none does.
func (p *pairing) closing(k int, fam family) int {
	m := p.marks[k]
	depth, first, weak := 0, -1, -1
	last := min(len(p.marks), k+1+MaxMarks)
	if p.open[fam] >= last {
		return -1
	}
	some := false
	for i := k + 1; i < last; i++ {
		c := p.marks[i]
		some = some || c.fam == fam && (c.closes || c.free || !c.opens)
		if c.fam != fam {
			continue
		}
		if c.start-m.end > MaxLength {
			break
		}
		if fam == single {
			switch {
			case !c.closes || c.start == m.end:
			case c.strong && (m.char != '‘' || c.char != '\''):
				return i
			case weak < 0:
				// "farmers' land": the apostrophe of a plural, if a better one
				// follows.
				weak = i
				if p.text[c.start-1] != 's' && (m.char == '‘') == (c.char == '’') {
					return i
				}
			}
			continue
		}
		if fam == guillemet || fam == angle {
			if c.char == m.char {
				if c.opens && !c.closes {
					depth++
				}
				continue
			}
			if depth == 0 {
				return i
			}
			depth--
			continue
		}
		switch {
		case c.opens:
			if c.char != '"' {
				depth++
			}
		case p.inch(i):
		default:
			if first < 0 {
				first = i
			}
			if depth == 0 {
				return i
			}
			depth--
		}
	}
	if !some {
		p.open[fam] = last
	}
	if fam == single && weak >= 0 && p.text[p.marks[weak].start-1] == 's' && strings.ContainsAny(p.text[m.end:p.marks[weak].start], ".;") {
		return -1
	}
	return max(first, weak)
}

// inch tells whether marks[i] stands for inches: behind a digit, with another
// closing one to come.
func (p *pairing) inch(i int) bool {
	m := p.marks[i]
	if m.char != '"' || m.strong || !m.closes || m.end-m.start != 1 {
		return false
	}
	for _, c := range p.marks[i+1 : min(len(p.marks), i+4)] {
		if c.fam == double {
			return c.closes
		}
	}
	return false
}

// openAgain is the first mark between k and c that opens for the same family,
// -1 if there is none.
func (p *pairing) openAgain(k, c int) int {
	for i := k + 1; i < c; i++ {
		if m := p.marks[i]; m.fam == p.marks[k].fam && m.opens && !m.closes {
			return i
		}
	}
	return -1
}

// reported is where in text[from:to], a part of the paragraph, the words of a
// quotation that was not closed end and the reporter's begin; -1 if no cue
// tells.
func (p *pairing) reported(from, to int) int {
	if !p.scanned {
		p.scan()
	}
	k := sort.SearchInts(p.breaks, from+1)
	if k < len(p.breaks) && p.breaks[k] < to && p.breaks[k]-from <= MaxUnclosed {
		return p.breaks[k]
	}
	return -1
}

// maxInsert is how long a reporter's clause within the marks may be, in bytes.
const maxInsert = 160

// inserted adds a passage, or the two around a reporter's clause within its
// marks: « On tient, témoigne Nadine Perrot. La suite nous inquiète. »
func (p *pairing) inserted(out []passage, q passage) []passage {
	if !p.lang.inserts || q.fam != guillemet {
		return append(out, q)
	}
	at := p.reported(q.start, q.end)
	if at < 0 {
		return append(out, q)
	}
	k := sort.Search(len(p.toks), func(i int) bool { return int(p.toks[i].Start) >= at })
	if k+1 >= len(p.toks) || int(p.toks[k].Start) >= q.end || p.toks[k].Shape&lexicon.Upper != 0 || p.lang.words.All(p.toks[k:k+1])&(cue|auxiliary|adverb) == 0 {
		return append(out, q) // "…, Paul dit": not the reporter's order of words
	}
	clause := p.text[at:min(q.end, at+maxInsert)]
	n := strings.Index(clause, ". ")
	if n < 0 {
		if at+len(clause) < q.end {
			return append(out, q)
		}
		q.end, q.close = at, at
		return append(out, q)
	}
	rest := at + n + len(". ")
	rest += len(p.text[rest:q.end]) - len(strings.TrimLeft(p.text[rest:q.end], " \u00a0\u202f\n"))
	first := q
	first.end, first.close = at, at
	out = append(out, first)
	if rest < q.end {
		q.open, q.start = rest, rest
		out = append(out, q)
	}
	return out
}

// scan finds all places of the paragraph where a clause begins that may ascribe
// what stands before it.
func (p *pairing) scan() {
	p.scanned = true
	p.breaks = p.breaks[:0]
	p.toks = lexicon.Scan(p.toks[:0], p.text, p.at.Start, p.at.End)
	for k := 1; k < len(p.toks); k++ {
		t := p.toks[k]
		gap := p.text[p.toks[k-1].End:t.Start]
		if gap == " " || t.Shape&(lexicon.Upper|lexicon.Lower) == 0 || len(gap) > 8 || !strings.ContainsAny(gap, ",?!") {
			continue
		}
		if p.clause(p.toks[k:min(len(p.toks), k+6)]) {
			p.breaks = append(p.breaks, int(p.toks[k-1].End)+len(gap)-len(strings.TrimLeft(gap, "?!")))
		}
	}
}

// enter makes s the paragraph that is looked at.
func (p *pairing) enter(s article.Span) {
	p.at, p.scanned = s, false
	p.open = [angle + 1]int{}
	p.marks = findMarks(p.marks[:0], p.text, s.Start, s.End, p.lang)
}

// clause tells whether the words ascribe what stands before them: a verb of
// saying and who says it, next to each other.
func (p *pairing) clause(toks []lexicon.Token) bool {
	w := &p.lang.words
	class := func(i int) lexicon.Class { return w.All(toks[i : i+1]) }
	joined := func(i int) bool { return !strings.ContainsAny(p.text[toks[i-1].End:toks[i].Start], ",.;:!?") }
	subject := func(i int) bool {
		for ; i < len(toks) && joined(i); i++ {
			if c := class(i); toks[i].Shape&lexicon.Upper != 0 || c&(pronoun|articleWord|possessive|role) != 0 {
				return true
			} else if c&^(body|person|office) != 0 || p.lang.capitals || p.lang.inserts || p.lang.noSubject {
				break // else as in "said county engineer Ann Brandt"
			}
		}
		return false
	}
	first := class(0)
	if p.lang.inserts && first&adverb != 0 && first&cue == 0 && len(toks) > 2 && toks[0].End-toks[0].Start <= 2 && joined(1) && (class(1)&cue != 0 || w.Longest(toks[:2], cue).Tokens == 2) && toks[0].Shape&lexicon.Upper == 0 {
		toks = toks[1:] // "se réjouit l'avocate"
		first = class(0) | cue
	}
	if first&cue != 0 && toks[0].Shape&lexicon.Upper == 0 {
		next := 1
		if len(toks) > 2 && toks[1].End-toks[1].Start == 1 && p.text[toks[1].Start] == 't' {
			next = 2 // "glisse-t-elle"
		}
		if subject(next) {
			return true
		}
	}
	if p.lang.capitals && p.text[toks[0].Start:toks[0].End] == "so" && subject(1) {
		return true // "…, so die Polizei"
	}
	if first&auxiliary != 0 && toks[0].Shape&lexicon.Upper == 0 {
		for i := 1; i < min(len(toks), 4) && joined(i); i++ {
			if class(i)&participle != 0 || i == 1 && p.lang.inserts && strings.HasSuffix(p.text[toks[1].Start:toks[1].End], "é") && subject(2) {
				return true
			}
		}
	}
	if first&pronoun == 0 && toks[0].Shape&lexicon.Upper == 0 {
		return false
	}
	for i := 1; i < min(len(toks), 4) && joined(i); i++ {
		if class(i)&cue != 0 {
			return true
		}
		if toks[i].Shape&lexicon.Upper == 0 {
			return false
		}
	}
	return false
}

// single tells whether text[from:to] is no more than one sentence.
func (p *pairing) single(from, to int) bool {
	s := strings.TrimRight(p.text[from:to], ".!? \n")
	for i := strings.IndexAny(s, ".!?"); i >= 0 && i+1 < len(s); {
		if r, _ := utf8.DecodeRuneInString(s[i+1:]); !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return false
		}
		n := strings.IndexAny(s[i+1:], ".!?")
		if n < 0 {
			break
		}
		i += 1 + n
	}
	return true
}

// dashed adds direct speech that dashes set off: at the start of a paragraph,
// up to " —" with a verb of saying, and from "—." behind that to the end.
func (p *pairing) dashed(out []passage, s article.Span) []passage {
	const dash = "—"
	if !strings.HasPrefix(p.text[s.Start:s.End], dash) || s.End-s.Start > MaxLength {
		return out
	}
	start := s.Start + len(dash)
	n := strings.Index(p.text[start:s.End], " "+dash)
	if n < 0 {
		return out
	}
	at := start + n + 1 + len(dash)
	p.toks = lexicon.Scan(p.toks[:0], p.text, at, min(s.End, at+64))
	if len(p.toks) == 0 || p.lang.words.All(p.toks[:1])&cue == 0 {
		return out
	}
	out = append(out, passage{open: s.Start, start: start, end: start + n, close: at, dash: true})
	back := strings.Index(p.text[at:s.End], dash)
	if back < 0 {
		return out
	}
	resume := at + back + len(dash)
	rest := strings.TrimLeft(p.text[resume:s.End], ".,;: ")
	if rest == "" {
		return out
	}
	return append(out, passage{open: at + back, start: s.End - len(rest), end: s.End, close: s.End, dash: true})
}
