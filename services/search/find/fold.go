package find

import (
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/copytaster/copytaster/pkg/query/analysis"
)

// maxRegexp is how long an expression may be that Elasticsearch is given, in units of
// UTF-16: index.max_regex_length.
const maxRegexp = 1000

// fold is s as it compares where case and accents don't count, as in queries.
func fold(s string) string { return analysis.Fold(analysis.Lower(s)) }

// foldings are the letters of some scripts, in both cases, and punctuation, by what they
// fold to: one character, or two.
var foldings = sync.OnceValue(func() map[string][]rune {
	m := map[string][]rune{}
	for _, block := range [][2]rune{{'A', 'z'}, {0xA0, 0x24F}, {0x370, 0x3FF}, {0x400, 0x4FF}, {0x1E00, 0x1EFF}, {0x2010, 0x205E}} {
		for r := block[0]; r <= block[1]; r++ {
			if to := fold(string(r)); unicode.IsLetter(r) || to != string(r) {
				m[to] = append(m[to], r)
			}
		}
	}
	return m
})

// halves are the letters that fold to two, by the first of those.
var halves = sync.OnceValue(func() map[rune][]rune {
	m := map[rune][]rune{}
	for to, letters := range foldings() {
		if two := []rune(to); len(two) == 2 {
			m[two[0]] = append(m[two[0]], letters...)
		}
	}
	return m
})

// beginsWord tells whether a word in folded text begins with the folded prefix.
func beginsWord(text, prefix string) bool {
	for at := 0; ; at++ {
		i := strings.Index(text[at:], prefix)
		if i < 0 {
			return false
		}
		at += i
		before, _ := utf8.DecodeLastRuneInString(text[:at])
		if at == 0 || strings.ContainsRune(separators, before) {
			return true
		}
	}
}

// separators stand between the words of a name.
const separators = " -'’./(\"“„«"

// wordExpression is a regular expression of Lucene that matches, among others, all
// values with a word that begins with the folded prefix, whatever their case and
// accents. Of a long prefix only the begin is in it; [beginsWord] tells the rest.
func wordExpression(prefix string) string {
	var b strings.Builder
	b.WriteString("(.*[")
	for _, r := range separators {
		escape(&b, r)
	}
	b.WriteString("])?")
	return folded(b.String(), prefix)
}

// elided are the words in front of an apostrophe that the index keeps as one with what
// stands behind it.
const elided = "(al|all|c|d|dall|degl|dell|j|jusqu|l|lorsqu|m|n|nell|o|puisqu|qu|quoiqu|s|sant|sull|t|un)'"

// indexedExpression is such an expression of words as the index has them, see
// [corpus.Words], that begin with the folded letters: they are folded, too.
func indexedExpression(letters string) string {
	var b strings.Builder
	b.WriteString("(" + elided + ")?")
	length := b.Len() + len(tail)
	for _, r := range letters {
		if length += utf16.RuneLen(r); length > maxRegexp {
			break
		}
		b.WriteRune(r)
	}
	b.WriteString(tail)
	return b.String()
}

// tail is what an expression of what begins in some way ends with.
const tail = ".*"

// firstWord are the letters and digits that the first word begins with which the index
// would make of the text; "" if there is none.
func firstWord(text string) (word string) {
	analysis.Tokens(text, func(t analysis.Token) bool {
		word = text[t.Start:t.End]
		return false
	})
	if i := strings.IndexFunc(word, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }); i >= 0 {
		word = word[:i]
	}
	return word
}

// folded is an expression that begins so, of what goes on as the folded prefix does, and
// in any way.
func folded(begin, prefix string) string {
	var b strings.Builder
	b.WriteString(begin)
	length := b.Len() + len(tail) // what comes before is at least as long in bytes
	runes := []rune(prefix)
	for len(runes) > 0 {
		var one strings.Builder
		used := 1
		if pair := foldings()[string(runes[:min(len(runes), 2)])]; len(runes) > 1 && len(pair) > 0 {
			one.WriteByte('(')
			class(&one, runes[0])
			class(&one, runes[1])
			one.WriteByte('|')
			class(&one, pair...)
			one.WriteByte(')')
			used = 2
		} else {
			of := runes[:1]
			if len(runes) == 1 { // it may be the first half of one letter
				of = append(slices.Clone(halves()[runes[0]]), runes[0])
			}
			class(&one, of...)
		}
		if length += len(utf16.Encode([]rune(one.String()))); length > maxRegexp {
			break
		}
		b.WriteString(one.String())
		runes = runes[used:]
	}
	b.WriteString(tail)
	return b.String()
}

// class writes an expression for one of the letters, or of their variants.
func class(b *strings.Builder, of ...rune) {
	var all []rune
	for _, r := range of {
		all = append(all, r, unicode.ToUpper(r))
		all = append(all, foldings()[string(r)]...)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	if len(all) == 1 {
		escape(b, all[0])
		return
	}
	b.WriteByte('[')
	for _, r := range all {
		escape(b, r)
	}
	b.WriteByte(']')
}

// escape writes a rune as itself.
func escape(b *strings.Builder, r rune) {
	if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
		b.WriteByte('\\')
	}
	b.WriteRune(r)
}
