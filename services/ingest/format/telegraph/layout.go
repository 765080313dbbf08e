package telegraph

import (
	"regexp"
	"strings"

	"github.com/copytaster/copytaster/services/ingest/format/plain"
)

// columns part the cells of a table: tabs, several spaces, semicolons without
// a space.
var columns = regexp.MustCompile(`\S(?:\t| {3,}|;)\S`)

// Paragraphs are the paragraphs of lines: wrapped lines are joined, those of
// a table are kept.
func Paragraphs(lines []string) []string {
	var out, block []string
	flush := func() {
		if table(block) {
			for i, l := range block {
				block[i] = strings.TrimRight(strings.ReplaceAll(l, "\t", "    "), " ")
			}
			out = append(out, strings.Trim(strings.Join(block, "\n"), "\n "))
		} else {
			out = append(out, plain.Paragraphs(strings.Join(block, "\n"), true)...)
		}
		block = nil
	}
	for _, l := range lines {
		if strings.TrimSpace(l) == "" {
			flush()
			continue
		}
		block = append(block, l)
	}
	flush()
	return out
}

// table tells whether most of the lines have columns.
func table(lines []string) bool {
	n := 0
	for _, l := range lines {
		if columns.MatchString(l) {
			n++
		}
	}
	return n > 0 && n*2 >= len(lines)
}
