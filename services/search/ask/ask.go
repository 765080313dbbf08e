// Package ask is what readers type into the search box: words that all must
// match, "phrases", and either with a minus in front to leave out what holds
// them. It parses a query, with errors that point at a character, and compiles
// it to Elasticsearch.
package ask

import (
	"fmt"
	"strings"
	"unicode"
)

const (
	// MaxLength is the longest query, in characters.
	MaxLength = 1000
	// MaxWords is how many words a query may have, those in phrases included.
	// Every word becomes one clause per text field and language, some become
	// two, and on small machines Elasticsearch refuses more than 1024.
	MaxWords = 26
)

// Query is what was asked for. The zero value asks for everything.
type Query struct {
	Terms []Term
}

// Term is one word or phrase.
type Term struct {
	Text   string
	Phrase bool // stood in quotation marks
	Not    bool // must not match
	At     int  // where it begins in the query, the minus included; in characters, from 0
}

// Error says what is wrong with a query, and where.
type Error struct {
	At      int // in characters (code points) of the query, from 0
	Message string
}

func (e *Error) Error() string { return fmt.Sprintf("character %d: %s", e.At+1, e.Message) }

// Parse reads a query. Blank text asks for everything. Anything else that is
// no query is an [*Error].
//
// Typographic quotation marks count as plain ones, since headlines are pasted.
// A minus is one only in front of a word or phrase: in "air-defence" and
// "Paris - London" it is punctuation, and punctuation by itself is passed over.
func Parse(s string) (Query, error) {
	text := []rune(s)
	if len(text) > MaxLength {
		return Query{}, &Error{MaxLength, fmt.Sprintf("the query has %d characters, the limit is %d", len(text), MaxLength)}
	}
	var q Query
	words, first := 0, -1
	for i := 0; i < len(text); {
		if separates(text[i]) {
			i++
			continue
		}
		if first < 0 {
			first = i
		}
		t := Term{At: i}
		if text[i] == '-' && i+1 < len(text) && !separates(text[i+1]) {
			t.Not = true
			i++
		}
		if quotes(text[i]) {
			open := i
			i++
			start := i
			for i < len(text) && !quotes(text[i]) {
				i++
			}
			if i == len(text) {
				return Query{}, &Error{open, "this quotation mark is never closed"}
			}
			t.Text, t.Phrase = squeeze(text[start:i]), true
			i++
			if countWords(t.Text) == 0 {
				return Query{}, &Error{open, "there is no word between these quotation marks"}
			}
		} else {
			start := i
			for i < len(text) && !separates(text[i]) && !quotes(text[i]) {
				i++
			}
			t.Text = string(text[start:i])
		}
		n := countWords(t.Text)
		if n == 0 {
			continue
		}
		if words += n; words > MaxWords {
			return Query{}, &Error{t.At, fmt.Sprintf("the query has more than %d words", MaxWords)}
		}
		q.Terms = append(q.Terms, t)
	}
	if first >= 0 && len(q.Terms) == 0 {
		return Query{}, &Error{first, "there is no word to search for"}
	}
	return q, nil
}

// String writes the query in its plainest form; Parse reads it back.
func (q Query) String() string {
	var b strings.Builder
	for i, t := range q.Terms {
		if i > 0 {
			b.WriteByte(' ')
		}
		if t.Not {
			b.WriteByte('-')
		}
		if t.Phrase {
			b.WriteString(`"` + t.Text + `"`)
		} else {
			b.WriteString(t.Text)
		}
	}
	return b.String()
}

// Positive tells whether the query asks for anything, rather than only
// leaving things out.
func (q Query) Positive() bool {
	for _, t := range q.Terms {
		if !t.Not {
			return true
		}
	}
	return false
}

// Words is how many words the query has, those in phrases included.
func (q Query) Words() int {
	n := 0
	for _, t := range q.Terms {
		n += countWords(t.Text)
	}
	return n
}

// separates tells whether words end at r; bytes that are no text are like
// blanks.
func separates(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || r == unicode.ReplacementChar
}

func quotes(r rune) bool { return strings.ContainsRune("\"“”„‟«»", r) }

// squeeze makes every run of white space one blank.
func squeeze(text []rune) string {
	return strings.Join(strings.FieldsFunc(string(text), separates), " ")
}

// countWords is how many words Elasticsearch's standard tokenizer will at most
// make of s, and at least one if it will make any: runs of letters and digits,
// single characters of scripts that are written without blanks, and symbols,
// some of which (emoji) count as words there.
func countWords(s string) int {
	n, inWord := 0, false
	for _, r := range s {
		switch {
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.So):
			n, inWord = n+1, false
		case unicode.IsLetter(r), unicode.IsNumber(r):
			if !inWord {
				n++
			}
			inWord = true
		case unicode.IsMark(r), unicode.Is(unicode.Cf, r):
			// Belongs to the character before it.
		default:
			inWord = false
		}
	}
	return n
}
