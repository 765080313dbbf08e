// Package plain finds the paragraphs of plain text.
package plain

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// maxWrapped is the longest line of a text that is broken into lines of equal
// length, in bytes.
const maxWrapped = 100

// Paragraphs cuts plain text: at blank lines, or if there are none at the ends
// of lines, unless these are but wrapped, as joins says or their look. A line
// that is set in begins a paragraph, too.
func Paragraphs(s string, joins bool) []string {
	s = lineEnds.Replace(s)
	lines := strings.Split(strings.Trim(s, "\n"), "\n")
	blank, long, inset := false, 0, 0
	for _, l := range lines {
		switch {
		case strings.TrimSpace(l) == "":
			blank = true
		case len(l) > maxWrapped:
			long++
		}
		if setIn(l) {
			inset++
		}
	}
	joins = joins || blank || long == 0 && wrapped(lines)
	byInset := inset > 0 && (inset < len(lines) || sentences(lines))
	var blocks []string
	var p []string
	flush := func() {
		if text := strings.Join(strings.Fields(strings.Join(p, " ")), " "); text != "" {
			blocks = append(blocks, text)
		}
		p = p[:0]
	}
	for _, l := range lines {
		switch {
		case strings.TrimSpace(l) == "", !joins, byInset && setIn(l), len(l) > maxWrapped:
			flush()
		}
		p = append(p, l)
		if len(l) > maxWrapped {
			flush()
		}
	}
	flush()
	return blocks
}

// lineEnds are those of all times; teleprinters returned twice.
var lineEnds = strings.NewReplacer("\r\r\n", "\n", "\r\n", "\n", "\r", "\n")

// sentences tells whether most lines are whole, so that lines which are all set
// in are paragraphs and no margin. Two short ones may be so by chance.
func sentences(lines []string) bool {
	if len(lines) < 3 && !slices.ContainsFunc(lines, func(l string) bool { return len(l) > maxColumn }) {
		return false
	}
	whole := 0
	for _, l := range lines {
		l = strings.TrimRight(l, " \t\"'”’»)")
		if last, _ := utf8.DecodeLastRuneInString(l); strings.ContainsRune(".!?:…", last) {
			whole++
		}
	}
	return whole*4 >= len(lines)*3
}

// maxColumn is the longest line of the telegraph's, in bytes.
const maxColumn = 84

func setIn(l string) bool {
	return strings.HasPrefix(l, "  ") || strings.HasPrefix(l, "\t") || strings.HasPrefix(l, "\u3000")
}

// minWrapped is the least average length of wrapped lines, in bytes: shorter
// ones are a list or a table of results.
const minWrapped = 40

// wrapped tells whether lines end where there was no more room: most of them
// not at the end of a sentence, and none of them early.
func wrapped(lines []string) bool {
	if len(lines) < 2 {
		return false
	}
	open, size := 0, 0
	for _, l := range lines[:len(lines)-1] {
		l = strings.TrimRight(l, " \t\"'”’»)")
		size += len(l)
		if last, _ := utf8.DecodeLastRuneInString(l); l != "" && !strings.ContainsRune(".!?:…", last) {
			open++
		}
	}
	n := len(lines) - 1
	return open*2 > n && size >= minWrapped*n
}
