// Package analysis makes words of texts as the articles index does, see
// [corpus.Analyzer], so that a query finds the same inside and outside of
// Elasticsearch.
//
// classes.txt and folding.txt are what Lucene 9.12, that of Elasticsearch 8.19, goes
// by: classes of characters, and what ASCII folding makes of a character. A test of
// the search service holds every character to the real server.
package analysis

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/french"
	"github.com/blevesearch/snowballstem/german"
	"github.com/blevesearch/snowballstem/spanish"
)

// Analyzer makes words. It is not for use by several at once.
type Analyzer struct {
	stem      func(*snowballstem.Env) bool
	foldFirst bool // else after stemming, if there is any
	french    bool
	env       *snowballstem.Env
}

// New is the analyzer of that name: folded, en, de, fr or es. Any other is folded.
func New(name string) *Analyzer {
	a := &Analyzer{env: snowballstem.NewEnv("")}
	switch name {
	case "en":
		a.stem, a.foldFirst = english.Stem, true
	case "de":
		a.stem, a.foldFirst = german.Stem, true
	case "fr":
		a.stem, a.french = french.Stem, true
	case "es":
		a.stem = spanish.Stem
	}
	return a
}

// Words are the words of text, one for each token, in order.
func (a *Analyzer) Words(text string) []string {
	var all []string
	a.Each(text, func(w string, _ Token) { all = append(all, w) })
	return all
}

// Each calls f with every word of text and with where it stands.
func (a *Analyzer) Each(text string, f func(word string, at Token)) {
	Tokens(text, func(t Token) bool {
		f(a.word(text[t.Start:t.End]), t)
		return true
	})
}

func (a *Analyzer) word(s string) string {
	if a.stem == nil {
		return Fold(Lower(s))
	}
	return a.stemmed(Lower(s))
}

// Both are the word that the analyzer folded makes of a token, and its own.
func (a *Analyzer) Both(token string) (folded, own string) {
	small := Lower(token)
	folded = Fold(small)
	switch {
	case a.stem == nil:
		return folded, folded
	case a.foldFirst:
		return folded, a.stems(folded)
	}
	return folded, a.stemmed(small)
}

// stemmed is the word of a token in small letters.
func (a *Analyzer) stemmed(small string) string {
	switch {
	case a.foldFirst:
		return a.stems(Fold(small))
	case a.french:
		if !isASCII(small) {
			small = diaereses.Replace(small)
		}
		return Fold(a.stems(elide(small)))
	}
	return Fold(a.stems(small))
}

func (a *Analyzer) stems(s string) string {
	a.env.SetCurrent(s)
	a.stem(a.env)
	return a.env.Current()
}

var diaereses = strings.NewReplacer("ï", "i", "ë", "e")

// articles are what French elides in front of an apostrophe.
var articles = map[string]bool{
	"l": true, "m": true, "t": true, "qu": true, "n": true, "s": true, "j": true, "d": true, "c": true,
	"jusqu": true, "quoiqu": true, "lorsqu": true, "puisqu": true,
}

func elide(s string) string {
	i := strings.IndexAny(s, "'’")
	if i < 0 || !articles[s[:i]] {
		return s
	}
	return s[i+width(s, i):]
}

// Lower makes each character the small letter of it.
func Lower(s string) string {
	small := true
	for i := range len(s) {
		if c := s[i]; c >= utf8.RuneSelf || 'A' <= c && c <= 'Z' {
			small = false
			break
		}
	}
	if small {
		return s
	}
	return strings.Map(unicode.ToLower, s)
}

// Fold takes off what ASCII has no letters with: é is e, ß is ss.
func Fold(s string) string {
	if isASCII(s) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if r < utf8.RuneSelf {
			b.WriteByte(byte(r))
		} else if to, ok := table.folds[r]; ok {
			b.WriteString(to)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
