package amounts

import (
	"math"
	"strings"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// reader reads one article, segment by segment.
type reader struct {
	lang       *language
	lex        *lexicon.Lexicon
	text       string
	words      *lexicon.Words
	dotDecimal bool // the decimal mark is a point
	upper      bool // the segment is in capitals
	title      bool // it is a headline, where any word may have a capital

	plain  []lexicon.Token // words of the segment from where it is read on
	toks   []lexicon.Token // of the segment
	items  []item          // beside toks
	starts []lexicon.Class // beside toks; of the phrases that begin there
	last   int             // byte where the last item ends
	buf    []lexicon.Token

	amounts    []article.Amount
	moneys     []int16 // beside amounts; 1-based index of language.moneys
	quantities []article.Quantity
	countries  []mention
	hint       int16 // the currency of the scales that were used: "lakh"
	latest     int   // index of the last amount of this segment; -1: none
	latestItem int   // the item behind it
}

// clear leaves nothing of a text but room for another.
func (r *reader) clear() {
	*r = reader{toks: room(r.toks), items: room(r.items), starts: room(r.starts), buf: room(r.buf), moneys: room(r.moneys), countries: room(r.countries)}
}

// room is that of list, if it isn't more than may be kept.
func room[T any](list []T) []T {
	if cap(list) > kept {
		return nil
	}
	return list[:0]
}

// mention is a country's name in the text.
type mention struct {
	at    int   // byte
	money int16 // 1-based index of language.moneys
}

// phrase is the longest phrase at item i that has one of these classes, 0 and
// nil if there is none.
func (r *reader) phrase(i int, want lexicon.Class) (int, *entry) {
	if i >= len(r.items) || r.starts[i]&want == 0 {
		return 0, nil
	}
	for limit := len(r.toks); limit > i; {
		m := r.lang.phrases.Longest(r.toks[i:limit], want)
		if m.Tokens == 0 {
			return 0, nil
		}
		if k := r.broken(i, i+m.Tokens); k < i+m.Tokens {
			limit = k
			continue
		}
		return m.Tokens, &r.lang.entries[m.Value-1]
	}
	return 0, nil
}

// broken is the first item behind from before which a phrase can't go on, to if
// there is none.
func (r *reader) broken(from, to int) int {
	for k := from + 1; k < to; k++ {
		if g := r.items[k].gap; g == gapOther || g == gapOpen {
			return k
		}
	}
	return to
}

// class is what the word at item i is by itself.
func (r *reader) class(i int) lexicon.Class {
	if i < 0 || i >= len(r.items) || r.items[i].kind != word {
		return 0
	}
	c := r.lang.phrases.All(r.toks[i : i+1])
	if r.toks[i].Shape&lexicon.AllCaps != 0 && !r.upper {
		c &^= isStop // "US" is not "us"
	}
	return c
}

// calendar tells whether item i is the name of a month or a day of the week.
func (r *reader) calendar(i int) bool {
	if i < 0 || i >= len(r.items) || r.items[i].kind != word || r.toks[i].Shape&lexicon.Upper == 0 && r.lang.nouns != nounsFirst {
		return false
	}
	return r.lex.Phrases.Longest(r.toks[i:i+1], lexicon.Month|lexicon.Weekday).Tokens > 0
}

// proper tells whether a name is written as it must be to count.
func (r *reader) proper(i int, e *entry) bool {
	return !e.proper || r.toks[i].Shape&lexicon.Lower == 0
}

// joined tells whether item i follows the one before it in one phrase.
func (r *reader) joined(i int) bool {
	if i >= len(r.items) {
		return false
	}
	switch r.items[i].gap {
	case gapSpace, gapNone, gapHyphen:
		return true
	case gapDotSpace, gapDot:
		return i > 0 && r.dotted(i-1)
	default:
		return false
	}
}

// elided tells whether an apostrophe joins item i to the one before it.
func (r *reader) elided(i int) bool { return i < len(r.items) && r.items[i].gap == gapApostrophe }

// dotted tells whether the word at item i is an abbreviation with a full stop.
func (r *reader) dotted(i int) bool {
	n, e := r.phrase(i, isScale|isMoney|isBefore|isApprox|isLabel)
	return n == 1 && e.dotted
}

// endOf is the byte where what lies before item i ends, with the full stop of an
// abbreviation.
func (r *reader) endOf(i int) int {
	t := r.toks[i-1]
	end := int(t.End)
	if end < len(r.text) && r.text[end] == '.' && r.items[i-1].kind == word {
		if r.dotted(i - 1) {
			end++
		}
	}
	return end
}

// article is the item behind an article at item i; i if there is none.
func (r *reader) article(i int) int {
	if n, _ := r.phrase(i, isArticle); n > 0 && r.joined(i+n) && r.class(i+n)&isScale == 0 {
		return i + n
	}
	return i
}

// capital tells whether the word at item i has a capital in the middle of a
// sentence: "Paris 2024".
func (r *reader) capital(i int) bool {
	return r.lang.nouns != nounsCapital && !r.upper && r.items[i].kind == word && r.toks[i].Shape&lexicon.Upper != 0 &&
		i > 0 && r.items[i].gap == gapSpace
}

// starters are what a figure can begin with.
const starters = isNumber | isOne | isFew | isVague | isApprox | isReach | isRound | isBetween | isFrom | isMinus | isBefore | isISO

// read finds the figures of the segment that was scanned.
func (r *reader) read() {
	r.latest = -1
	for i := 0; i < len(r.items); {
		i = max(i+1, r.at(i))
	}
}

// at reads the figure that begins with item i and gives the item behind it; i
// if there is none.
func (r *reader) at(i int) int {
	switch r.items[i].kind {
	case name, unit:
		return i
	case word:
		n, _ := r.phrase(i, starters|isIdiom|isScale)
		if n == 0 && !r.isGlued(i) {
			return i
		}
		if n == 1 && r.class(i)&(starters|isIdiom) == 0 && !r.isGlued(i) && !r.halfMore(i) {
			return i
		}
		if n > 1 {
			if k, e := r.phrase(i, isIdiom); k == n && r.proper(i+k-1, e) {
				return i + n
			}
		}
	default:
	}
	f := figure{from: i, item: i}
	const most = 3 // words of approximation
	for range most {
		n := r.approximation(f.item)
		if n == 0 {
			break
		}
		f.item += n
		f.about = true
	}
	if r.open(&f) || r.stated(&f) {
		return f.item
	}
	return i
}

// approximation reads words of approximation at item i; 0 if there are none.
func (r *reader) approximation(i int) int {
	n, _ := r.phrase(i, isApprox|isReach|isRound)
	if n == 0 || !r.joined(i+n) && !r.elided(i+n) || r.governed(i) {
		return 0
	}
	switch c := r.lang.phrases.Longest(r.toks[i:i+n], isApprox|isReach|isRound).Classes; {
	case c&isApprox != 0:
		return n
	case c&isReach != 0 && (r.changes(i) || r.afterComma(i) && r.changes(i-1)), c&isRound != 0 && !isRounded(r.numeral(i+n, false).value):
		return 0
	}
	return n
}

// afterComma tells whether only a comma stands before item i.
func (r *reader) afterComma(i int) bool {
	return i > 0 && strings.HasPrefix(r.text[r.toks[i-1].End:], ", ")
}

// isRounded tells whether v is a number that one says for others near it.
func isRounded(v float64) bool { return v >= 10 && math.Mod(v, 10) == 0 }

// governed tells whether the preposition at item i belongs to what stands before
// it: "a dispute over two islands", "verfügt über 40 Betten".
func (r *reader) governed(i int) bool {
	most := 1
	if r.lang.nouns == nounsCapital {
		most = 3 // "erstreckt sich auch über"
	}
	for k := i - 1; k >= 0 && i-k <= most && r.joined(k+1); k-- {
		if r.lang.governs[[2]uint64{r.toks[k].Hash, r.toks[i].Hash}] {
			return true
		}
		if r.class(k)&(isOf|isFrom|isAnd) != 0 {
			return false
		}
	}
	return false
}

func (r *reader) isGlued(i int) bool {
	if r.lang.and == "" {
		return false
	}
	_, ok := r.lang.glued(r.text[r.toks[i].Start:r.toks[i].End])
	return ok
}
