// Package query is the language that readers search in: words that all must be found,
// "phrases", AND, OR, NOT, brackets, wildcards, and fields such as person: or
// published:. [Parse] reads it, with errors that point at a character. What it made is
// asked of the index ([Query.Elastic]) or of single articles ([Query.Matcher]), with
// the same answer: a saved search is a subscription.
package query

import (
	"fmt"
	"slices"
	"time"

	"github.com/copytaster/copytaster/pkg/corpus"
)

// Limits of a query.
const (
	// MaxLength is the longest query, in characters.
	MaxLength = 1000
	// MaxWords is how many words a query may have, those in phrases included.
	MaxWords = 100
	// MaxSaid is how many words may be asked of one quote by [ParseSaid], beside those of
	// a query.
	MaxSaid = 16
	// MaxAnywhere is how many words or phrases may be looked for everywhere.
	MaxAnywhere = 20
	// MaxClauses is how much a query may ask of the index, where small machines refuse
	// more than 1024 clauses: a word looked for everywhere is one in each of six texts and
	// five languages. What else a search asks of articles, and what its reader may see,
	// takes up to 400.
	MaxClauses = MaxAnywhere * 30
	// MaxDepth is how deep brackets may be nested.
	MaxDepth = 8
	// MaxPatterns is how many words with wildcards a query may have.
	MaxPatterns = 10
	// MinStem is how many letters must stand before the first wildcard of a word.
	MinStem = 3
	// MaxStars is how many * a word may have, MaxAfterStar how many ? behind the first
	// one, and MaxTail how many characters there, wildcards included. Elasticsearch makes
	// an automaton of the word, whose states are as many as all that can have been read
	// since that *; it refuses large ones.
	MaxStars     = 3
	MaxAfterStar = 1
	MaxTail      = 32
	// MaxSlop is how far apart the words of a phrase may be told to be.
	MaxSlop = 50
	// MaxRadius is the greatest distance of near:, in kilometres.
	MaxRadius = 5000
	// MaxTopics is how many topics a name may stand for.
	MaxTopics = 16
)

// anywhere is how many clauses a word is that is looked for in every text.
var anywhere = len(corpus.TextFields) * languages //nolint:gochecknoglobals // never changed

// Error says what is wrong with a query, and where.
type Error struct {
	At      int // in characters (code points) of the query, from 0
	Message string
}

func (e *Error) Error() string { return fmt.Sprintf("character %d: %s", e.At+1, e.Message) }

func wrong(at int, format string, args ...any) *Error {
	return &Error{at, fmt.Sprintf(format, args...)}
}

// Query is what was asked for. The zero value asks for everything.
type Query struct {
	root  node // nil: everything
	plain []*term
}

// Said is what was asked of one quote. The zero value asks for nothing.
type Said struct{ root node }

// Clock is what days and relative times are counted by.
type Clock struct {
	Now  time.Time
	Zone *time.Location
}

// node is a part of a query.
type node interface {
	// write appends the canonical form; below: it is an operand of NOT or AND.
	write(b *canonical)
	// elastic is the part for Elasticsearch; score tells that what it finds counts.
	elastic(c *compiler) object
	// test is the part for single articles.
	test(c *tests) test
	// scores tells whether the part looks for words of the texts.
	scores() bool
}

// every is found if all of it is.
type every struct{ of []node }

// some is found if one of it is.
type some struct{ of []node }

// not is found if what it holds isn't.
type not struct{ of node }

// quoted is found in a quote that is all that.
type quoted struct{ of node }

// term is a word or a value that is looked for.
type term struct {
	field  *Field // nil: everywhere
	inside bool   // a quote
	alone  bool   // likewise, and nothing else is asked of that quote
	at     int
	text   string // as written, without quotation marks
	phrase bool   // stood in quotation marks
	exact  bool
	slop   int
	mask   string // of a word with wildcards, as the index has words; "" if there are none
	value  value  // of a field that isn't of words
}

// value is what a term of a field looks for that isn't of words.
type value interface {
	elastic(f *Field, c *compiler) object
	test(f *Field, c *tests) test
}

// Positive tells whether the query looks for words of the texts, rather than only
// narrowing down by fields or leaving out.
func (q Query) Positive() bool { return q.root != nil && q.root.scores() }

// Everything tells whether nothing in particular is asked for.
func (q Query) Everything() bool { return q.root == nil }

// Empty tells whether nothing is asked for.
func (s Said) Empty() bool { return s.root == nil }

// names tells whether something must be there for a part to be found, rather than only
// be missing.
func names(n node) bool {
	switch n := n.(type) {
	case every:
		return slices.ContainsFunc(n.of, names)
	case some:
		return !slices.ContainsFunc(n.of, func(o node) bool { return !names(o) })
	case not:
		return false
	}
	return true
}

func (n every) scores() bool { return scores(n.of) }
func (n some) scores() bool  { return scores(n.of) }
func (not) scores() bool     { return false }
func (quoted) scores() bool  { return false }
func (t *term) scores() bool { return t.field == nil || t.field.kind == ofText }

func scores(of []node) bool {
	for _, n := range of {
		if n.scores() {
			return true
		}
	}
	return false
}
