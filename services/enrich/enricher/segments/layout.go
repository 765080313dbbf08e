package segments

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/grammar"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// Limits of what is looked at closely; see the README.
const (
	// MaxPieces is how many pieces of a text are judged one by one. What
	// follows is one paragraph.
	MaxPieces = 20_000
	// Wrapped text has lines of minWrap to maxWrap characters.
	minWrap = 45
	maxWrap = 100
	// sureDateline is how sure a dateline must be in front of few words.
	sureDateline = 0.8
	// maxGroup is the most lines of a note that are taken together.
	maxGroup = 40
)

// line is a line of the text without the white space at its ends.
type line struct {
	start, end int
	runes      int
	indent     bool
	blank      bool // an empty line, or the start of the text, stands before it
}

// piece is what gets one kind: a paragraph, a line, or a part of either.
type piece struct {
	grammar.Line
	fixed    article.Kind // as named by the decoder, "" if open
	signer   article.Evidence
	hint     article.Kind // what the split already found out, "" if nothing
	block    int          // pieces of one block have the same number
	adjacent bool         // stands right below the one before, without a blank line
	ev       evidence
	scores   [nKinds]float32
	kind     article.Kind
	conf     float64
}

// lines cuts text[start:end].
func lines(dst []line, text string, start, end int) []line {
	blank := true
	for at := start; at < end; {
		stop, next := end, end
		for i := at; i < end; {
			c := text[i]
			if c >= ' ' && c != 0xE2 {
				i++ // as nearly all
				continue
			}
			if c == '\n' || c == '\v' || c == '\f' || c == '\r' {
				stop, next = i, i+1
				if c == '\r' && next < end && text[next] == '\n' {
					next++
				}
				break
			}
			if c == 0xE2 && i+2 < end && text[i+1] == 0x80 && (text[i+2] == 0xA8 || text[i+2] == 0xA9) {
				stop, next = i, i+3
				break
			}
			i++
		}
		s, e := grammar.Trim(text, at, stop)
		if s >= e {
			blank = true
		} else {
			dst = append(dst, line{s, e, utf8.RuneCountInString(text[s:e]), s-at >= 2, blank})
			blank = false
		}
		at = next
	}
	return dst
}

// wrapWidth is the width that the text is wrapped at, 0 if it isn't. A wrapped
// line is full: the first word of the next one would not have fitted.
func wrapWidth(text string, ls []line) int {
	width, long, pairs := 0, 0, 0
	for i := 1; i < len(ls); i++ {
		if ls[i].blank {
			continue
		}
		pairs++
		if r := ls[i-1].runes; r > maxWrap {
			long++
		} else {
			width = max(width, r)
		}
	}
	if width < minWrap || long*5 > pairs {
		return 0
	}
	full, lower := 0, 0
	for i := 1; i < len(ls); i++ {
		if ls[i].blank || ls[i-1].runes > maxWrap || !isFull(text, ls[i-1], ls[i], width) {
			continue
		}
		full++
		if r, _ := utf8.DecodeRuneInString(text[ls[i].start:]); unicode.IsLower(r) {
			lower++
		}
	}
	if full*2 < pairs || lower*4 < full || lower == 0 {
		return 0
	}
	return width
}

func isFull(text string, a, b line, width int) bool {
	word := text[b.start:b.end]
	if i := strings.IndexFunc(word, unicode.IsSpace); i >= 0 {
		word = word[:i]
	}
	return a.runes+1+utf8.RuneCountInString(word) > width
}

// blocks joins the lines that belong together and calls add for each block.
func (e *Enricher) blocks(words *lexicon.Words, ls []line, width int, add func(l grammar.Line, adjacent bool)) {
	text := words.Text
	for i := 0; i < len(ls); {
		j := i + 1
		for j < len(ls) && j-i < MaxPieces && !ls[j].blank && !ls[j].indent && width > 0 && ls[j-1].runes <= maxWrap &&
			isFull(text, ls[j-1], ls[j], width) && !bulleted(text[ls[j].start:ls[j].end]) &&
			text[ls[j-1].start:ls[j-1].end] != text[ls[j].start:ls[j].end] {
			j++
		}
		toks := words.In(ls[i].start, ls[j-1].end)
		if j == i+1 && j < len(ls) && !ls[j].blank {
			first := grammar.Line{Text: text, Start: ls[i].start, End: ls[i].end, Tokens: toks}
			if k := e.belongs(text, first, ls[i:]); k > 1 {
				j = i + k
				toks = words.In(ls[i].start, ls[j-1].end)
			}
		}
		add(grammar.Line{Text: text, Start: ls[i].start, End: ls[j-1].end, Tokens: toks}, !ls[i].blank)
		i = j
	}
}

// belongs tells how many of ls, the first being l, are one unwrapped block:
// a note with its list, a byline with the writer's post below it.
func (e *Enricher) belongs(text string, l grammar.Line, ls []line) int {
	if strings.HasPrefix(l.String(), "> ") {
		k := 1
		for k < len(ls) && k < maxGroup && !ls[k].blank && text[ls[k].start] == '>' {
			k++
		}
		return k
	}
	ruled := strings.HasPrefix(l.String(), "#") || len(l.Tokens) == 0 && len(l.String()) > 2
	if ruled {
		k := 1
		for k < len(ls) && k < maxGroup && !ls[k].blank {
			k++
		}
		if strings.HasPrefix(l.String(), "#") {
			return k
		}
		if c, _ := grammar.ParseNote(e.lex, grammar.NewLine(text, ls[1].start, ls[1].end)); c > 0.5 {
			return k
		}
		return 1
	}
	if r, _ := utf8.DecodeRuneInString(text[ls[1].start:]); strings.ContainsRune("-–—", r) && ls[1].runes < 100 {
		p := piece{Line: l}
		if p.quotes(l.String()); p.ev&evQuoted != 0 {
			return 2
		}
	}
	if r, _ := utf8.DecodeRuneInString(l.String()); strings.ContainsRune("\"“„«»", r) && (len(ls) == 2 || ls[2].blank) && !ls[0].indent {
		p := piece{Line: l}
		if p.quotes(l.String()); p.ev&evQuoted != 0 && speaker(grammar.NewLine(text, ls[1].start, ls[1].end)) {
			return 2
		}
	}
	if len(l.Tokens) > 8 {
		return 1
	}
	if b, ok := grammar.ParseByline(e.lex, l); ok && b.Opener {
		next := grammar.NewLine(text, ls[1].start, ls[1].end)
		if n := len(next.Tokens); n > 0 && n <= 6 && next.Terminal() == 0 {
			a, k := e.lex.AgencyName(next.Tokens)
			role := e.lex.Phrases.Longest(next.Tokens[n-1:], lexicon.Role).Tokens > 0
			if a != nil && (k == n || role) || role {
				return 2
			}
		}
	}
	return 1
}

func bulleted(s string) bool {
	if s == "" || s[0] < utf8.RuneSelf && strings.IndexByte("-*>:", s[0]) < 0 {
		return false // as most lines
	}
	for _, b := range []string{"• ", "- ", "* ", "– ", "· ", "▪ ", "● ", "> ", "•\t", "-- ", ":: "} {
		if mark, ok := strings.CutSuffix(b, " "); strings.HasPrefix(s, b) && !(ok && strings.HasSuffix(s, " "+mark)) {
			return true // unless a mark stands at both ends: "- A heading -"
		}
	}
	return false
}

// split cuts a block into pieces: what one line says about itself needs no
// look at its neighbours.
func (e *Enricher) split(dst []piece, l grammar.Line, block int, adjacent bool, fixed article.Kind, signer article.Evidence) []piece {
	put := func(l grammar.Line, hint article.Kind) {
		if l.Start < l.End {
			dst = append(dst, piece{Line: l, block: block, adjacent: adjacent, hint: hint, fixed: fixed, signer: signer})
		}
	}
	if len(l.Tokens) == 0 {
		put(l, "")
		return dst
	}
	switch fixed {
	case "", article.Paragraph, article.Caption:
	default:
		put(l, "")
		return dst
	}
	if n := strayMark(l); n > 0 && fixed == "" {
		start := l.Start + n
		res := l.Cut(l.Start, start)
		res.End = start
		put(res, article.Residue)
		l = l.Cut(start, l.End)
	}
	if b, ok := grammar.ParseByline(e.lex, l); ok && b.Opener && fixed == "" {
		put(l, "")
		return dst
	}
	if fixed == "" {
		// A button of the site, run into the credit before it.
		if at := e.button(l); at > 0 {
			head := l.Cut(l.Start, at)
			_, trailing := grammar.TrailingCredit(e.lex, head)
			_, whole := grammar.ParseCredit(e.lex, head)
			if trailing || whole {
				dst = e.split(dst, head, block, adjacent, fixed, signer)
				put(l.Cut(at, l.End), article.Boilerplate)
				return dst
			}
		}
	}
	if fixed != article.Caption {
		if d, ok := grammar.ParseDateline(e.lex, l); ok && d.End <= l.End {
			rest := l.Cut(d.End, l.End)
			if rest.Start >= rest.End {
				rest.End = rest.Start
			}
			words := len(rest.Tokens)
			if words == 0 && d.End == l.End {
				put(l, "")
				return dst
			}
			if words > 0 && (d.Agency != nil || d.Confidence >= sureDateline && (words >= 3 || d.Dated) || words >= 12) {
				keep := fixed
				fixed = ""
				put(l.Cut(l.Start, d.End), article.Dateline)
				fixed = keep
				signer = article.Evidence{}
				l = rest
			}
		}
	}
	if from, ok := grammar.TrailingCredit(e.lex, l); ok {
		if caption := l.Cut(l.Start, from); len(caption.Tokens) > 0 && len(caption.Tokens) <= 90 && fixed != article.Paragraph {
			credit := l.Cut(from, l.End)
			signer = article.Evidence{}
			put(caption, article.Caption)
			fixed = ""
			put(credit, article.CreditLine)
			return dst
		}
	}
	if fixed == "" {
		if at, ok := e.photoMark(l); ok {
			put(l.Cut(l.Start, at), article.Caption)
			put(l.Cut(at, l.End), article.Residue)
			return dst
		}
	}
	if from, ok := grammar.TrailingSignoff(e.lex, l); ok {
		signer = article.Evidence{}
		body, mark := l.Cut(l.Start, from), l.Cut(from, l.End)
		if body.Start < body.End && len(body.Tokens) > 5 {
			put(body, "")
			fixed = ""
			put(mark, article.Signoff)
			return dst
		}
	}
	put(l, "")
	return dst
}

// strayMark is the length of a mark in front of the line that lost its word,
// with the white space behind it.
func strayMark(l grammar.Line) int {
	s := l.String()
	if bulleted(s) {
		return 0
	}
	n := 0
	for n < len(s) && strings.IndexByte(":;,|/", s[n]) >= 0 {
		n++
	}
	if n == 0 || n > 3 {
		return 0
	}
	rest := strings.TrimLeftFunc(s[n:], unicode.IsSpace)
	if len(rest) == len(s)-n || rest == "" {
		return 0
	}
	return len(s) - len(rest)
}

// photoMark finds the word for a picture that a scraper left behind a caption:
// "... Also Niger. photo".
func (e *Enricher) photoMark(l grammar.Line) (at int, ok bool) {
	n := len(l.Tokens)
	if n < 3 {
		return 0, false
	}
	last := l.Tokens[n-1]
	if int(last.End) != l.End && strings.Trim(l.Text[last.End:l.End], ": ") != "" {
		return 0, false
	}
	if e.lex.Phrases.All(l.Tokens[n-1:])&lexicon.Photo == 0 {
		return 0, false
	}
	gap := l.Text[l.Tokens[n-2].End:last.Start]
	if !strings.ContainsAny(gap, ".!?)”\"") || !strings.HasSuffix(gap, " ") && !strings.HasSuffix(gap, "\n") && !strings.HasSuffix(gap, "\u00a0") {
		return 0, false
	}
	return int(last.Start), true
}

// speaker tells whether l is who said what stands above: a name, perhaps with
// a title, and nothing else.
func speaker(l grammar.Line) bool {
	n := len(l.Tokens)
	if n < 2 || n > 8 || l.Terminal() != 0 {
		return false
	}
	upper := 0
	for _, t := range l.Tokens {
		if t.Shape&lexicon.Upper != 0 {
			upper++
		}
	}
	return upper >= 2 && upper*2 >= n && l.Tokens[0].Shape&lexicon.HasDigit == 0 && !strings.ContainsAny(l.String(), "\"“„«»|/©")
}

// button finds a phrase of the site's own that ends l; at is the byte where it
// begins, 0 if there is none.
func (e *Enricher) button(l grammar.Line) (at int) {
	const most = 6 // words
	n := len(l.Tokens)
	if int(l.Tokens[n-1].End) != l.End {
		return 0
	}
	for i := max(1, n-most); i < n; i++ {
		if m := e.lex.Phrases.Longest(l.Tokens[i:], lexicon.Boilerplate|lexicon.Invite); m.Tokens > 1 && i+m.Tokens == n && l.Tokens[i].Shape&lexicon.Upper != 0 {
			return int(l.Tokens[i].Start)
		}
	}
	return 0
}
