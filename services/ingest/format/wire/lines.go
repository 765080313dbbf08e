package wire

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/format/habit"
	"github.com/copytaster/copytaster/services/ingest/format/html"
	"github.com/copytaster/copytaster/services/ingest/format/plain"
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

// Aside makes notes of what a text itself says is not for publication, as dpa's
// notebook behind its reports, to its stated end or that of the text.
func Aside(body []html.Block) []html.Block {
	private := false
	if !slices.ContainsFunc(body, func(b html.Block) bool { return habit.Private(b.Text) }) {
		return body
	}
	body = slices.Clone(body)
	for i, b := range body {
		if private = private || habit.Private(b.Text); private {
			body[i].Kind = article.Note
			private = !habit.PrivateEnd(b.Text)
		}
	}
	return body
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

// Paragraphs are the blocks of a plain text, see [plain.Paragraphs].
func Paragraphs(s string, joins bool) []html.Block {
	var blocks []html.Block
	for _, p := range plain.Paragraphs(s, joins) {
		blocks = append(blocks, html.Block{Kind: article.Paragraph, Text: p})
	}
	return blocks
}

// NewsText is what stands in an XML document's body: NITF's body.content, or
// else all behind the head. NITF's subheads are made HTML's.
func NewsText(xml string) string {
	lower := strings.ToLower(xml)
	if len(lower) != len(xml) { // a letter whose small form is longer
		lower = xml
	}
	for _, tag := range []string{"body.content", "brodtext", "body"} {
		from := strings.Index(lower, "<"+tag)
		if from < 0 {
			continue
		}
		open := strings.IndexByte(lower[from:], '>')
		if open < 0 {
			continue
		}
		from += open + 1
		end := len(xml)
		if i := strings.LastIndex(lower[from:], "</"+tag+">"); i >= 0 {
			end = from + i
		}
		xml = xml[from:end]
		break
	}
	return hl2.Replace(xml)
}

var hl2 = strings.NewReplacer("<hl2", "<h2", "</hl2>", "</h2>", "<HL2", "<h2", "</HL2>", "</h2>", "<hl1", "<h1", "</hl1>", "</h1>")
