package operate

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Output is what every command has that prints results.
type Output struct {
	JSON bool `name:"json" help:"Print one JSON object per line, not text for people."`
}

// line prints v as one line of JSON.
func line(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// sheet collects the rows of a table. A column whose name begins with '>' is set
// to the right.
type sheet struct {
	columns []string
	rows    [][]string
}

func columns(names ...string) *sheet { return &sheet{columns: names} }

func (s *sheet) row(cells ...any) {
	row := make([]string, len(cells))
	for i, c := range cells {
		row[i] = safe(fmt.Sprint(c))
	}
	s.rows = append(s.rows, row)
}

// gap is between two columns.
const gap = "  "

func (s *sheet) print(w io.Writer) {
	head := make([]string, len(s.columns))
	right := make([]bool, len(s.columns))
	width := make([]int, len(s.columns))
	for i, c := range s.columns {
		head[i], right[i] = strings.CutPrefix(c, ">")
	}
	all := append([][]string{head}, s.rows...)
	for _, row := range all {
		for i, c := range row {
			width[i] = max(width[i], utf8.RuneCountInString(c))
		}
	}
	for _, row := range all {
		var b strings.Builder
		for i, c := range row {
			if i > 0 {
				b.WriteString(gap)
			}
			pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(c))
			if right[i] {
				b.WriteString(pad + c)
			} else {
				b.WriteString(c + pad)
			}
		}
		fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
	}
}

// safe keeps control characters of foreign text off the terminal, and the text
// on its line.
func safe(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case r < 0x20 || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029':
			return utf8.RuneError
		}
		return r
	}, s)
}

// jsonOf is v as JSON; false if it can't be.
func jsonOf(v any) ([]byte, bool) {
	b, err := json.Marshal(v)
	return b, err == nil
}
