package anpa1312

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/copytaster/copytaster/services/ingest/format/telegraph"
)

// The control characters that mean something else than in ASCII.
const (
	tabLine   = 0x08 // to the next column
	endInstr  = 0x0b // ends an instruction to the typesetting machine
	instr     = 0x0c // begins one
	spaceBand = 0x10
	killWord  = 0x18 // the word before was a mistake
	escape    = 0x1b
)

// maxInstruction is the longest instruction to the typesetting machine, in
// bytes. What is longer has lost its end, and is text.
const maxInstruction = 80

// unset takes the typesetting codes out: instructions with what they say,
// words that were struck out, and all that chooses fonts, rails and margins.
// Spaces of all widths become spaces.
func unset(text []byte) []byte {
	text = telegraph.Lines(text)
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == instr:
			end := bytes.IndexByte(text[i:min(len(text), i+maxInstruction)], endInstr)
			if end >= 0 && bytes.IndexByte(text[i:i+end], '\n') < 0 {
				i += end
			}
		case c == killWord:
			out = out[:bytes.LastIndexAny(out, " \n\t")+1]
		case c == tabLine:
			out = append(out, '\t')
		case c == spaceBand, c >= 0x19 && c <= 0x1e && c != escape:
			out = append(out, ' ')
		case c == '\n', c == '\t', c >= ' ' && c != 0x7f:
			out = append(out, c)
		case c == telegraph.US:
			out = append(out, ' ')
		}
	}
	return out
}

var (
	quoted   = strings.NewReplacer("``", "“", "''", "”")
	emDash   = regexp.MustCompile(`(^|[ ])_([ ]|$)`)
	oneHalf  = regexp.MustCompile(`(^|[\d;\t ])\{($|[;\t ,.)<-])`)
	lineEnds = regexp.MustCompile(`[ ]*[<=]+!?[ ]*$`)
)

// read is a line as readers have it: the characters that stand in the places
// of others are set right, quads and marks of lines are gone.
func read(line string) string {
	// Few lines have any of these, and looking for one costs a tenth of this.
	if strings.ContainsAny(line, "<=") {
		line = lineEnds.ReplaceAllString(line, "")
	}
	line = strings.TrimPrefix(strings.TrimSpace(line), "^")
	if strings.Contains(line, "_") {
		line = emDash.ReplaceAllString(line, "$1—$2")
	}
	if strings.Contains(line, "{") {
		line = oneHalf.ReplaceAllString(line, "$1½$2")
	}
	return quoted.Replace(strings.TrimSpace(line))
}
