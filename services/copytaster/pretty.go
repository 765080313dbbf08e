package copytaster

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/copytaster/copytaster/pkg/article"
)

// printer writes an article for people.
type printer struct {
	w     io.Writer
	width int  // columns
	color bool // ANSI colours
}

const (
	ansiBold  = "1"
	ansiDim   = "2"
	ansiCyan  = "36"
	ansiRed   = "31"
	ansiGreen = "32"
)

func (p printer) paint(code, s string) string {
	if !p.color || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (p printer) article(a *article.Article) {
	title := a.First(article.Headline)
	if title == "" {
		title = "(no headline)"
	}
	fmt.Fprintf(p.w, "%s\n", p.paint(ansiBold, safe(title)))
	p.field("uri", string(a.URI))
	status := string(a.Status)
	if !a.EmbargoUntil.IsZero() {
		status += ", embargo until " + day(a.EmbargoUntil)
	}
	p.field("status", fmt.Sprintf("%s, revision %d", status, a.Revision))
	p.field("language", label(a.Language))
	p.field("agency", label(a.Agency))
	p.field("attribution", chain(a.Attribution))
	for _, c := range a.Credits {
		var parts []string
		if c.Photographer != "" {
			parts = append(parts, c.Photographer)
		}
		if len(c.Agencies) > 0 {
			parts = append(parts, "for "+strings.Join(c.Agencies, ", "))
		}
		p.field("credit", strings.Join(parts, " "))
	}
	p.field("published", day(a.PublishedAt))
	p.field("filed", filed(&a.Filed))
	p.field("reading time", takes(a))
	p.field("translated", translated(&a.Translation))
	if n := a.Replaced; n > 0 {
		p.field("replaced", fmt.Sprintf("%d unreadable characters, read as %s", n, a.Original.Charset))
	}
	p.field("flags", strings.Join(a.Flags, ", "))
	fmt.Fprintln(p.w)
	p.about(a)
	p.reading(a)
	for _, s := range a.Segments {
		p.segment(s, s.In(a.Text))
	}
	fmt.Fprintln(p.w)
}

const (
	labelColumn   = 13 // columns of a segment's kind or a field's name
	percentColumn = 5
)

func (p printer) field(name, value string) {
	if value != "" {
		fmt.Fprintf(p.w, "  %s %s\n", p.paint(ansiDim, fmt.Sprintf("%-*s", labelColumn, name)), safe(value))
	}
}

func (p printer) segment(s article.Segment, text string) {
	code := ansiCyan
	if !s.Kind.ForReaders() {
		code = ansiRed
	}
	p.piece(code, string(s.Kind), s.Confidence, text)
}

// piece prints a text behind its name and confidence.
func (p printer) piece(code, name string, confidence float64, text string) {
	indent := 2 + labelColumn + 1 + percentColumn + 1
	lines := wrap(safe(text), max(p.width-indent, 20))
	for i, line := range lines {
		if i == 0 {
			fmt.Fprintf(p.w, "  %s %s %s\n", p.paint(code, fmt.Sprintf("%-*s", labelColumn, name)),
				p.paint(ansiDim, fmt.Sprintf("%*.0f%%", percentColumn-1, 100*confidence)), line)
			continue
		}
		fmt.Fprintf(p.w, "%*s%s\n", indent, "", line)
	}
}

func label(l article.Label) string {
	if l.Value == "" {
		return ""
	}
	best := 0.0
	for _, e := range l.Evidence {
		best = max(best, e.Confidence)
	}
	return fmt.Sprintf("%s (%.0f%%)", l.Value, 100*best)
}

func chain(a article.Attribution) string {
	parts := []string{a.Publisher}
	if a.Via != "" {
		parts = append(parts, a.Via)
	}
	if len(a.Cites) > 0 {
		parts = append(parts, strings.Join(a.Cites, " + "))
	}
	return strings.Join(parts, " ← ")
}

func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04 MST")
}

// safe keeps control characters of foreign text off the terminal.
func safe(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || r == '\r' {
			return ' '
		}
		if r < 0x20 || r >= 0x7f && r < 0xa0 {
			return utf8.RuneError
		}
		return r
	}, s)
}

// wrap breaks s at spaces into lines of at most width characters; a longer
// word gets a line of its own. It gives at least one line.
func wrap(s string, width int) []string {
	var lines []string
	var line strings.Builder
	n := 0
	for w := range strings.FieldsSeq(s) {
		k := utf8.RuneCountInString(w)
		if n > 0 && n+1+k > width {
			lines = append(lines, line.String())
			line.Reset()
			n = 0
		}
		if n > 0 {
			line.WriteByte(' ')
			n++
		}
		line.WriteString(w)
		n += k
	}
	return append(lines, line.String())
}
