package wire

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/format/html"
)

// Clean is a line of text without control characters, white space collapsed.
func Clean(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
}

// Joined is the text of the blocks that are of the body.
func Joined(blocks []html.Block) string {
	var texts []string
	for _, b := range blocks {
		if b.Kind.InBody() {
			texts = append(texts, b.Text)
		}
	}
	return strings.Join(texts, " ")
}

// Begins tells whether a description is but the beginning of the body, cut off,
// or a part of it.
func Begins(body []html.Block, description string) bool {
	s := Squeeze(description)
	if s == "" {
		return true
	}
	var text strings.Builder
	for _, b := range body {
		if b.Kind.InBody() && text.Len() < len(s) {
			text.WriteString(Squeeze(b.Text))
		}
	}
	return strings.HasPrefix(text.String(), s)
}

// ownDateline is a beginning like "GROSSETO, Italy (AP) --".
var ownDateline = regexp.MustCompile(`^\p{Lu}[^.!?]{0,60}\([\p{L}/. ]{2,30}\)\s*[-–—:]`)

// Opens tells whether the text says where it comes from itself.
func Opens(body []html.Block, place string) bool {
	if place == "" {
		return true
	}
	city, _, _ := strings.Cut(place, ",")
	for _, b := range body {
		if b.Kind == article.Dateline {
			return true
		}
		if b.Kind == article.Paragraph {
			return strings.HasPrefix(Squeeze(b.Text), Squeeze(city)) || ownDateline.MatchString(b.Text)
		}
	}
	return false
}

// Same tells whether two texts say the same.
func Same(a, b string) bool { return Squeeze(a) == Squeeze(b) }

// Squeeze is what is said: letters and digits alone, in lower case.
func Squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// Tidy is text of several lines, without control characters and with white
// space collapsed in each.
func Tidy(s string) string {
	var lines []string
	for l := range strings.Lines(s) {
		if l = Clean(l); l != "" {
			lines = append(lines, l)
		}
	}
	return strings.Join(lines, "\n")
}

// maxWrapped is the longest line of a text that is broken into lines of equal
// length, in bytes.
const maxWrapped = 100

// Paragraphs cuts plain text: at blank lines, or if there are none at the ends
// of lines, unless these are but wrapped, as joins says or their look. A line
// that is set in begins a paragraph, too.
func Paragraphs(s string, joins bool) []html.Block {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
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
	byInset := inset > 0 && inset < len(lines)
	var blocks []html.Block
	var p []string
	flush := func() {
		if text := strings.Join(strings.Fields(strings.Join(p, " ")), " "); text != "" {
			blocks = append(blocks, html.Block{Kind: article.Paragraph, Text: text})
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
