package translation

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// word is a run of letters, digits, and of apostrophes, points, commas and hyphens
// between them.
type word struct {
	article.Span
	// entry is what the data says of it, nil if nothing.
	entry *entry
	// gap tells what stands before it: " " for blanks only, "" at a segment's
	// beginning, else the marks without blanks.
	gap string
}

func (w *word) capital(text string) bool {
	r, _ := utf8.DecodeRuneInString(w.In(text))
	return unicode.IsUpper(r)
}

type finder struct {
	text     string
	scanned  *lexicon.Words
	language *language
	reasons  []article.Reason
	counts   map[string]int
	words    []word           // of the segment
	calqued  map[*calque]bool // those that were found
	// spelled is where each spelling of a name stood first.
	spelled map[string]article.Span
}

func (f *finder) add(why string, at article.Span, weight float64) {
	if f.counts[why]++; f.counts[why] > MaxEach {
		return
	}
	f.reasons = append(f.reasons, article.Reason{Why: why, Evidence: article.Evidence{Span: at, Enricher: Name, Version: Version, Confidence: weight}})
}

// stated looks for words that say that the text was translated.
func (f *finder) stated(s article.Span) {
	lower := strings.ToLower(s.In(f.text))
	for _, phrase := range f.language.stated {
		if strings.Contains(lower, phrase) {
			f.add(Stated, s, weights[Stated])
			return
		}
	}
}

func (f *finder) segment(s article.Span) {
	f.split(s)
	for i := range f.words {
		if f.words[i].entry != nil {
			f.capital(i)
			f.calques(i)
			f.comma(i)
			f.spell(i)
		}
		f.number(i)
	}
	f.marks(s)
}

// split cuts a segment into words.
func (f *finder) split(s article.Span) {
	f.words = f.words[:0]
	toks := f.scanned.In(s.Start, s.End)
	f.words = slices.Grow(f.words, len(toks))
	from := s.Start // of the gap
	for i := 0; i < len(toks); {
		begin, end := skipMarks(f.text, toks[i]), int(toks[i].End)
		if begin == end {
			i++
			continue
		}
		k := i + 1
		for k < len(toks) && joins(f.text[end:s.End], int(toks[k].Start)-end) {
			end = int(toks[k].End)
			k++
		}
		if k > i+1 && end < s.End && f.text[end] == '.' && strings.Contains(f.text[begin:end], ".") {
			end++ // the last point of U.S.
		}
		h := toks[i].Hash
		if k > i+1 || begin > int(toks[i].Start) {
			h = hash(strings.ToLower(f.text[begin:end]))
		}
		w := word{Span: article.Span{Start: begin, End: end}, entry: f.language.find(h)}
		if begin > s.Start {
			w.gap = f.text[from:begin]
			if w.gap != " " && strings.TrimSpace(w.gap) == "" {
				w.gap = " "
			}
		}
		f.words = append(f.words, w)
		from, i = end, k
	}
}

// skipMarks is where a word has its first letter or digit; its end if it has none.
func skipMarks(text string, t lexicon.Token) int {
	i := int(t.Start)
	for i < int(t.End) && text[i] >= utf8.RuneSelf {
		r, n := utf8.DecodeRuneInString(text[i:t.End])
		if !unicode.IsMark(r) {
			break
		}
		i += n
	}
	return i
}

// joins tells whether the n bytes that rest begins with join the letters or digits
// around them to one word.
func joins(rest string, n int) bool {
	if n == 1 && rest[0] == ' ' {
		return false // as most
	}
	mark := rest[:n]
	if n != 1 && mark != "’" || n == 1 && strings.IndexByte("'.,-", rest[0]) < 0 {
		return false
	}
	next, _ := utf8.DecodeRuneInString(rest[n:])
	return unicode.IsLetter(next) && mark != "," || unicode.IsDigit(next)
}

// capital finds a small word with a capital between two words in lower case.
func (f *finder) capital(i int) {
	if i == 0 || i+1 >= len(f.words) {
		return
	}
	before, w, after := &f.words[i-1], &f.words[i], &f.words[i+1]
	if w.gap == " " && after.gap == " " && w.entry.small && w.capital(f.text) && lower(before.In(f.text)) && lower(after.In(f.text)) && lower(w.In(f.text)[1:]) {
		f.add(Capital, w.Span, weights[Capital])
	}
}

func lower(s string) bool {
	for _, r := range s {
		if !unicode.IsLower(r) {
			return false
		}
	}
	return true
}

// calques finds those that begin with word i. The same one again may be what a
// quoted person or the writer is fond of, and adds nothing.
func (f *finder) calques(i int) {
	list := f.words[i].entry.calques
	for k := range list {
		c := &list[k]
		if end := f.ends(c.words, i); end > i {
			if f.calqued[c] {
				return
			}
			if f.calqued == nil {
				f.calqued = map[*calque]bool{}
			}
			f.calqued[c] = true
			f.add(Calque, article.Span{Start: f.words[i].Start, End: f.words[end].End}, c.weight)
			return
		}
	}
}

// ends is the last word of a calque that begins with word i, or -1.
func (f *finder) ends(words []*entry, i int) int {
	at, gap := i, false
	for _, w := range words {
		if w == nil {
			gap = true
			continue
		}
		for skipped := 0; ; skipped++ {
			if at >= len(f.words) || at > i && f.words[at].gap != " " && strings.ContainsAny(f.words[at].gap, ".!?;:\n") || !gap && skipped > 0 || skipped > perWord {
				return -1
			}
			at++
			if f.words[at-1].entry == w {
				break
			}
		}
		gap = false
	}
	return at - 1
}

// comma finds a comma that other languages set between saying and said.
func (f *finder) comma(i int) {
	if i == 0 {
		return
	}
	w := &f.words[i]
	if before := f.words[i-1].entry; w.entry.comma && before != nil && before.before && strings.TrimSpace(w.gap) == "," {
		f.add(Commas, article.Span{Start: f.words[i-1].Start, End: w.End}, weights[Commas])
	}
}

// number finds a number with another language's decimal mark.
func (f *finder) number(i int) {
	if c := f.text[f.words[i].Start]; c < '0' || c > '9' {
		return
	}
	if i+1 >= len(f.words) || f.words[i+1].entry == nil || !f.words[i+1].entry.unit || f.words[i+1].gap != " " {
		return
	}
	text := f.words[i].In(f.text)
	other := byte(',')
	if f.language.decimal == ',' {
		other = '.'
	}
	whole, rest, ok := strings.Cut(text, string(other))
	if ok && digits(whole) && digits(rest) && len(rest) < 3 {
		f.add(Number, f.words[i].Span, weights[Number])
	}
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// spell notes the spelling of a name that has several.
func (f *finder) spell(i int) {
	text := f.words[i].In(f.text)
	if !slices.Contains(f.words[i].entry.spelled, text) {
		return
	}
	if f.spelled == nil {
		f.spelled = map[string]article.Span{}
	}
	if _, ok := f.spelled[text]; !ok {
		f.spelled[text] = f.words[i].Span
	}
}

// spelling finds a name that is written in several ways.
func (f *finder) spelling() {
	for _, of := range f.language.spellings {
		var last article.Span
		n := 0
		for _, s := range of {
			if at, ok := f.spelled[s]; ok {
				n++
				if at.Start > last.Start {
					last = at
				}
			}
		}
		if n > 1 {
			f.add(Spelling, last, weights[Spelling])
		}
	}
}

// marks finds quotation marks that are none of the language's, and closing ones
// that stand after a blank.
func (f *finder) marks(s article.Span) {
	text := s.In(f.text)
	open := false // within marks
	for i, r := range text {
		if r < utf8.RuneSelf && r != '"' {
			continue
		}
		n := utf8.RuneLen(r)
		at := article.Span{Start: s.Start + i, End: s.Start + i + n}
		switch {
		case strings.ContainsRune(f.language.foreign, r):
			f.add(Foreign, at, weights[Foreign])
		case r == '„':
			open = true
		case !strings.ContainsRune("\"“”", r):
		case open && spaced(text[:i]) && ends(text[i+n:]):
			f.add(Mark, at, weights[Mark])
			open = false
		case open && !f.language.inside && strings.HasSuffix(text[:i], ","):
			f.add(Mark, article.Span{Start: at.Start - 1, End: at.End}, weights[Mark])
			open = false
		case r == '“':
			open = strings.ContainsRune(f.language.foreign, '„') // else it closes
		case r == '”':
			open = false
		default:
			open = !open
		}
	}
}

func spaced(before string) bool {
	return strings.HasSuffix(before, " ") || strings.HasSuffix(before, "\u00a0")
}

// ends tells whether what follows a mark can only follow a closing one.
func ends(after string) bool { return after == "" || strings.ContainsRune(",.;:)", rune(after[0])) }
