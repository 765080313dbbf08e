package ledger

import (
	"crypto/sha256"
	"fmt"
	"regexp"
	"strings"
)

// Words stands for the words of a text in their order; the zero value for none.
type Words [12]byte

// WordsOf are those of texts that follow each other. White space is none of
// them.
func WordsOf(texts ...string) Words {
	h := sha256.New()
	some := false
	for _, t := range texts {
		for word := range strings.FieldsSeq(t) {
			some = true
			fmt.Fprintf(h, "%s ", word)
		}
	}
	if !some {
		return Words{}
	}
	return Words(h.Sum(nil)[:len(Words{})])
}

// Mark makes a word that stands in the text of one revision alone. It is one
// token for every analyzer, stemmed or not, so that it can be searched for.
func Mark(run uint16, articleNumber uint32, revision uint8) string {
	return fmt.Sprintf("mk%04x%08x%02xq", run, articleNumber, revision)
}

var markPattern = regexp.MustCompile(`mk[0-9a-f]{14}q`)

// Marks are the marks in a text, each once, in the order of first appearance.
func Marks(text []byte) []string {
	var marks []string
	seen := map[string]bool{}
	for _, m := range markPattern.FindAll(text, -1) {
		if !seen[string(m)] {
			seen[string(m)] = true
			marks = append(marks, string(m))
		}
	}
	return marks
}
