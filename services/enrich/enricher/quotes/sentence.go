package quotes

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// kind is what an item of a sentence is.
type kind uint8

const (
	word kind = iota
	quotation
	comma
	colon
	semicolon
	dash
	bracket
)

// item is a word, a mark, or a whole quotation in the reporter's text.
type item struct {
	lexicon.Token
	kind  kind
	named bool          // a name in quotation marks
	given bool          // a given name
	tied  bool          // see [grammar.joined]
	dash  bool          // nothing but a hyphen stands before it
	fn    uint8         // words of a function that begins here
	len   uint8         // words of the longest phrase that begins here
	verb  bool          // see [grammar.verbal]
	class lexicon.Class // of the word itself
	long  lexicon.Class // of the longest phrase, if it has more than one word
	quote int32         // which quotation
	stops bool          // see [grammar.stopper]
}

func (t *item) upper() bool { return t.kind == word && t.Shape&lexicon.Upper != 0 }

// is tells whether the word itself is of any of these classes.
func (t *item) is(c lexicon.Class) bool { return t.kind == word && t.class&c != 0 }

// words is how many items the word or phrase of class c covers that begins
// here, 0 if none does.
func (t *item) words(c lexicon.Class) int {
	switch {
	case t.kind != word:
		return 0
	case t.long&c != 0:
		return int(t.len)
	case t.class&c != 0:
		return 1
	}
	return 0
}

// sentence is items [from, to) of one paragraph.
type sentence struct {
	from, to  int
	paragraph int
	headline  bool // or a subhead
	setOff    bool // of a quotation that is set off from the text
}

// reader lays the text outside of quotations out as sentences.
type reader struct {
	text  string
	words *lexicon.Words
	lang  *language
	lex   *lexicon.Lexicon
	items []item
	sents []sentence
	begin int // first item of the sentence

	block     *block // that is read
	paragraph int    // which one
}

// text between two quotations of a paragraph, or beside them.
func (r *reader) span(from, to int, quoteNext bool) {
	toks := r.words.In(from, to)
	at := from
	for k, t := range toks {
		r.gap(at, int(t.Start), &t, false)
		it := item{Token: t, len: 1, given: t.Shape&lexicon.Upper != 0 && r.lex.Phrases.Longest(toks[k:k+1], lexicon.Given).Tokens > 0}
		m := r.lang.words.Longest(toks[k:min(len(toks), k+6)], 0)
		if m.Tokens > 1 {
			it.long, it.len = m.Classes, uint8(m.Tokens)
			it.class = r.lang.words.Longest(toks[k:k+1], 0).Classes
		} else {
			it.class = m.Classes
		}
		it.fn = r.function(&it)
		r.items = append(r.items, it)
		at = int(t.End)
	}
	r.gap(at, to, nil, quoteNext)
}

// function is how many words the function covers that begins with the word, 0
// if none does.
func (r *reader) function(t *item) uint8 {
	if n := t.words(role); n > 0 && (t.upper() || t.End-t.Start > 2) && !(n == 1 && t.given) {
		return uint8(n)
	}
	if !r.lang.capitals || !t.upper() || t.given {
		return 0
	}
	w := r.text[t.Start:t.End]
	for _, e := range r.lang.roleEndings {
		if len(w) > len(e)+3 && strings.HasSuffix(w, e) {
			return 1
		}
	}
	return 0
}

// gap adds the marks of text[from:to], which has no words; next is the word
// behind it, nil before a quotation and at the end.
func (r *reader) gap(from, to int, next *lexicon.Token, quoteNext bool) {
	if from == to || to == from+1 && r.text[from] == ' ' {
		return
	}
	if to == from+1 && next != nil && from > 0 && isDigit(r.text[from-1]) && isDigit(r.text[to]) {
		return // within a number: "1,140"
	}
	for i, c := range r.text[from:to] {
		it := item{Token: lexicon.Token{Start: int32(from + i), End: int32(from + i + utf8.RuneLen(c))}}
		switch c {
		case ',':
			it.kind = comma
		case ':':
			it.kind = colon
			if r.block.headline && r.release() {
				r.items = append(r.items, it)
				r.begin = len(r.items)
				continue
			}
		case ';':
			it.kind = semicolon
		case '—', '–':
			it.kind = dash
			if r.dateline(from + i) {
				r.items = append(r.items, it)
				r.begin = len(r.items) // it tells of nobody
				continue
			}
		case '-':
			if i == 0 || !unicode.IsSpace(rune(r.text[from+i-1])) {
				continue
			}
			it.kind = dash
			if r.dateline(from + i) {
				r.items = append(r.items, it)
				r.begin = len(r.items) // it tells of nobody
				continue
			}
		case '(', ')', '[', ']':
			it.kind = bracket
		case '.', '!', '?', '…':
			if c == '.' && r.spanish(from+i, to) {
				r.begin = len(r.items)
				return
			}
			if r.stops(from, from+i, to, next, quoteNext) {
				r.stop()
			}
			continue
		default:
			continue
		}
		r.items = append(r.items, it)
	}
}

// spanish tells whether the point at byte i, with a dash behind it, ends a dateline as
// Spanish agencies write it: "Madrid, 18 feb (EFE).-".
func (r *reader) spanish(i, to int) bool {
	n := len(r.items) - r.begin
	if !r.lang.noSubject || n == 0 || n > maxDateline || r.block.headline || r.paragraph >= datelineParagraphs || len(r.sents) > 0 && r.sents[len(r.sents)-1].paragraph == r.paragraph {
		return false
	}
	rest := strings.TrimLeft(r.text[i+1:to], " ")
	return strings.HasPrefix(rest, "-") || strings.HasPrefix(rest, "—") || strings.HasPrefix(rest, "–")
}

// placeOnly tells whether what was read of a paragraph is the name of a city in capitals, as
// some agencies put above their copy.
func (r *reader) placeOnly() bool {
	items := r.items[r.begin:]
	if len(items) == 0 || len(items) > 3 {
		return false
	}
	for k := range items {
		if items[k].kind != word || items[k].Shape&lexicon.AllCaps == 0 {
			return false
		}
	}
	return r.lex.Phrases.Longest(tokens(items), lexicon.City).Tokens == len(items)
}

// release tells whether what was read of a headline is what offices put before the
// headlines of their releases: "POL-HH".
func (r *reader) release() bool {
	items := r.items[r.begin:]
	if len(items) != 2 || r.text[items[0].End:items[1].Start] != "-" {
		return false
	}
	return items[0].kind == word && items[1].kind == word && items[0].Shape&items[1].Shape&lexicon.AllCaps != 0
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }

const (
	maxDateline        = 10  // items before the dash of a dateline
	datelineParagraphs = 5   // of a text's first ones, headlines too, may begin with a dateline
	maxAside           = 300 // bytes behind a dash in which another one is looked for
)

// dateline tells whether what was read of the paragraph before the dash at byte
// dash is a dateline: "NEW DELHI (AP)", "LONDON, 3 May".
func (r *reader) dateline(dash int) bool {
	n := len(r.items) - r.begin
	if n == 0 || n > maxDateline || r.block.headline || r.paragraph >= datelineParagraphs || len(r.sents) > 0 && r.sents[len(r.sents)-1].paragraph == r.paragraph {
		return false
	}
	items := r.items[r.begin:]
	first := &items[0]
	if first.kind != word || !first.upper() {
		return false
	}
	if r.paragraph < 2 && n <= 2 && r.text[dash] != '-' && items[n-1].upper() && !first.is(timeWord|adverb|preposition|articleWord|conjunction|role) && !first.given && !items[n-1].given && r.begins(dash) && !r.secondDash(dash) {
		return true // "Altstadt – Um"
	}
	if items[n-1].kind == bracket {
		open := n - 2
		for open > 0 && items[open].kind != bracket {
			open--
		}
		return open > 0 && (r.agencyIn(items[open+1:n-1]) || first.End-first.Start > 2 && r.placeAndDate(items[:open]) && !r.secondDash(dash))
	}
	return first.End-first.Start > 2 && r.placeAndDate(items) && !r.secondDash(dash)
}

// agencyIn tells whether an agency or a medium is among the words of a bracket.
func (r *reader) agencyIn(items []item) bool {
	toks := tokens(items)
	for k := range toks {
		if a, _ := r.lex.Mark(toks[k:]); a != nil || items[k].is(medium) {
			return true
		}
		if a, _ := r.lex.AgencyName(toks[k:]); a != nil || r.lex.Phrases.Longest(toks[k:], lexicon.MediaName|lexicon.MediaOpen).Tokens > 0 {
			return true
		}
	}
	return false
}

// placeAndDate tells whether items are places and dates only, all words of others
// in capitals.
func (r *reader) placeAndDate(items []item) bool {
	toks := tokens(items)
	for k := 0; k < len(items); k++ {
		t := &items[k]
		if t.kind == comma || t.kind == word && !t.named && (t.Shape&(lexicon.AllCaps|lexicon.HasDigit) != 0) {
			continue
		}
		m := r.lex.Phrases.Longest(toks[k:], lexicon.City|lexicon.Month|lexicon.Weekday)
		if t.kind != word || m.Tokens == 0 {
			return false
		}
		k += m.Tokens - 1
	}
	return true
}

func tokens(items []item) []lexicon.Token {
	toks := make([]lexicon.Token, len(items))
	for k := range items {
		toks[k] = items[k].Token
	}
	return toks
}

// secondDash tells whether another dash follows in the sentence, so that the one
// at byte dash opens an aside.
// begins tells whether a sentence begins behind the dash at byte dash, by its capital: before a quotation
// stands who says it, and before a small letter what the sentence is about.
func (r *reader) begins(dash int) bool {
	next, _ := utf8.DecodeRuneInString(strings.TrimLeft(r.text[dash:r.block.End], " –—"))
	return unicode.IsUpper(next)
}

func (r *reader) secondDash(dash int) bool {
	_, size := utf8.DecodeRuneInString(r.text[dash:])
	rest := r.text[dash+size : max(dash+size, min(dash+maxAside, r.block.End))]
	for _, end := range []string{". ", "! ", "? ", "\n"} {
		rest, _, _ = strings.Cut(rest, end)
	}
	return strings.Contains(rest, " – ") || strings.Contains(rest, " - ") || strings.Contains(rest, "—")
}

// stops tells whether the mark at i ends a sentence; text[from:to] is what
// stands between two words.
func (r *reader) stops(from, i, to int, next *lexicon.Token, quoteNext bool) bool {
	if next == nil && !quoteNext {
		return true
	}
	rest := strings.TrimLeft(r.text[i:to], ".!?…")
	if !strings.ContainsFunc(rest, unicode.IsSpace) && rest != "" || rest == "" && !quoteNext {
		return false
	}
	if next != nil && next.Shape&lexicon.Lower != 0 {
		return false
	}
	if r.text[i] != '.' || i > from || len(r.items) == 0 {
		return true
	}
	prev := &r.items[len(r.items)-1]
	if prev.kind != word {
		return true
	}
	if prev.class&(abbreviation|title) != 0 && (prev.upper() || r.lang.capitals) {
		return false
	}
	if prev.End-prev.Start == 1 && prev.Shape&lexicon.Upper != 0 {
		// An initial, but not "on X."
		n := len(r.items)
		return prev.class&channel != 0 && n > 1 && r.items[n-2].is(channelPreposition|preposition)
	}
	return !(r.lang.capitals && prev.Shape&lexicon.Digits != 0 && prev.End-prev.Start <= 2)
}

// stop ends the sentence.
func (r *reader) stop() {
	if len(r.items) > r.begin {
		r.sents = append(r.sents, sentence{r.begin, len(r.items), r.paragraph, r.block.headline, r.block.setOff})
	}
	r.begin = len(r.items)
}

// bytesPerItem is how many bytes of running text a word or mark takes at least on
// average, with the space behind it.
const bytesPerItem = 5

// read lays out all paragraphs. quotes are in order of their places.
func (r *reader) read(paragraphs []block, quotes []quote) {
	k := 0
	size := 0
	for n := range paragraphs {
		size += paragraphs[n].End - paragraphs[n].Start
	}
	r.items = slices.Grow(r.items, size/bytesPerItem)
	for n := range paragraphs {
		b := &paragraphs[n]
		r.block, r.paragraph = b, n
		at := b.Start
		if k < len(quotes) && quotes[k].open < b.Start { // goes on from a paragraph before
			if quotes[k].close > b.End {
				continue
			}
			at = r.put(quotes, k, b)
			k++
		}
		for ; k < len(quotes) && quotes[k].open < b.End; k++ {
			r.span(at, quotes[k].open, true)
			if at = r.put(quotes, k, b); at > b.End {
				break
			}
		}
		if at < b.End {
			r.span(at, b.End, false)
		}
		if n < datelineParagraphs && r.placeOnly() {
			r.begin = len(r.items)
		}
		r.stop()
	}
}

// put adds an item for quotes[k] in paragraph b, and gives the place
// behind it.
func (r *reader) put(quotes []quote, k int, b *block) int {
	q := &quotes[k]
	it := item{Token: lexicon.Token{Start: int32(max(q.open, b.Start)), End: int32(min(q.close, b.End))}, quote: int32(k), kind: quotation}
	if q.name {
		it.kind, it.named, it.len, it.Shape = word, true, 1, lexicon.Upper
	}
	if q.open >= b.Start {
		q.first = len(r.items)
	}
	q.last = len(r.items)
	r.items = append(r.items, it)
	if !q.name && q.close <= b.End && r.endsInside(q, b.End) {
		r.stop()
	}
	return q.close
}

// endsInside tells whether a full stop inside the marks ends the reporter's
// sentence, too.
func (r *reader) endsInside(q *quote, end int) bool {
	if q.stop != '.' && q.stop != '!' && q.stop != '?' && q.stop != '…' {
		return false
	}
	rest := strings.TrimLeftFunc(r.text[q.close:min(end, q.close+200)], unicode.IsSpace)
	c, _ := utf8.DecodeRuneInString(rest)
	if rest == "" {
		return true
	}
	if c != '(' && c != '[' && !unicode.IsUpper(c) && familyOf(c) == 0 && c != '"' && c != '\'' && c != '¿' && c != '¡' && !unicode.IsDigit(c) {
		return false
	}
	if q.stop == '.' {
		return true
	}
	// “Why?” Hadley asked.
	toks := lexicon.Scan(nil, rest, 0, min(len(rest), 60))
	for i := 1; i < min(len(toks), 6); i++ {
		if strings.ContainsAny(rest[toks[i-1].End:toks[i].Start], ",.;:!?") {
			break
		}
		if w := rest[toks[i].Start:toks[i].End]; w == "s" {
			continue // “Why?” Labour's Ann Brandt asked.
		}
		if toks[i].Shape&lexicon.Upper == 0 {
			return r.lang.words.All(toks[i:i+1])&cue == 0
		}
	}
	return true
}

// block is a paragraph, headline or standfirst.
type block struct {
	article.Span
	headline bool // or a subhead
	setOff   bool // a set-off quotation
}
