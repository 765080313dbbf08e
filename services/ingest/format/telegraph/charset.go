package telegraph

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/copytaster/copytaster/services/ingest/document"
)

// variants are the national variants of ISO 646: what stands in the places of
// brackets and braces.
var variants = map[string]*strings.Replacer{
	"iso646-de": strings.NewReplacer("[", "Ä", "\\", "Ö", "]", "Ü", "{", "ä", "|", "ö", "}", "ü", "~", "ß"),
	"iso646-se": strings.NewReplacer("[", "Ä", "\\", "Ö", "]", "Å", "{", "ä", "|", "ö", "}", "å"),
	"iso646-no": strings.NewReplacer("[", "Æ", "\\", "Ø", "]", "Å", "{", "æ", "|", "ø", "}", "å"),
	"iso646-dk": strings.NewReplacer("[", "Æ", "\\", "Ø", "]", "Å", "{", "æ", "|", "ø", "}", "å"),
	"iso646-fr": strings.NewReplacer("@", "à", "\\", "ç", "{", "é", "|", "ù", "}", "è"),
	"iso646-es": strings.NewReplacer("[", "¡", "\\", "Ñ", "]", "¿", "|", "ñ"),
	"iso646-it": strings.NewReplacer("@", "§", "[", "°", "\\", "ç", "]", "é", "`", "ù", "{", "à", "|", "ò", "}", "è", "~", "ì"),
}

// pages are the code pages of DOS, which browsers and so [document.Convert]
// don't know.
var pages = map[string]*charmap.Charmap{
	"cp437": charmap.CodePage437, "ibm437": charmap.CodePage437, "cp850": charmap.CodePage850, "ibm850": charmap.CodePage850,
}

// Convert is [document.Convert] for messages: it also knows the variants of
// ISO 646 ("iso646-de") and the code pages 437 and 850, by name and, if
// nothing is declared, by what they make of the text. variant is the variant
// of ISO 646 that the agency is known for; it is used if braces stand inside
// words. Control characters should be gone before.
func Convert(data []byte, declared, variant string) (document.Text, error) {
	name := strings.ToLower(strings.TrimSpace(declared))
	if r, ok := variants[name]; ok && ascii(data) {
		return document.Text{UTF8: r.Replace(string(data)), Charset: name}, nil
	}
	if p, ok := pages[name]; ok && !utf8.Valid(data) {
		return page(data, p, name)
	}
	if declared == "" && ascii(data) && variants[variant] != nil && national(data) {
		return document.Text{UTF8: variants[variant].Replace(string(data)), Charset: variant}, nil
	}
	if declared == "" && !utf8.Valid(data) && dos(data) {
		return page(data, charmap.CodePage850, "cp850")
	}
	if variants[name] != nil || pages[name] != nil {
		declared = "" // but it is not that
	}
	return document.Convert(data, declared)
}

func page(data []byte, p *charmap.Charmap, name string) (document.Text, error) {
	out, err := p.NewDecoder().Bytes(data)
	if err != nil {
		return document.Text{}, &document.Error{Reason: document.Charset, Detail: "as " + name + ": " + err.Error()}
	}
	t, err := document.Convert(out, "utf-8")
	t.Charset = name
	return t, err
}

func ascii(data []byte) bool {
	for _, c := range data {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func letter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// national tells whether braces and the like stand where letters do: inside
// words, more often than alone.
func national(data []byte) bool {
	inside, outside := 0, 0
	for i, c := range data {
		if !strings.ContainsRune("{|}~", rune(c)) {
			continue
		}
		before, after := i > 0 && letter(data[i-1]), i+1 < len(data) && letter(data[i+1])
		switch {
		case before && after:
			inside++
		case !before && !after:
			outside++
		}
	}
	return inside > outside
}

// dos tells whether the bytes above ASCII are rather code page 850's letters
// than windows-1252's: they stand in words, and windows-1252 has signs there.
func dos(data []byte) bool {
	return score(data, charmap.CodePage850) > score(data, charmap.Windows1252)
}

// score counts the bytes above ASCII that become small letters beside letters,
// or capitals at their beginning, against those that become signs in words.
func score(data []byte, p *charmap.Charmap) int {
	n := 0
	at := func(i int) rune {
		if i < 0 || i >= len(data) {
			return ' '
		}
		return p.DecodeByte(data[i])
	}
	for i, c := range data {
		if c < utf8.RuneSelf {
			continue
		}
		r, before, after := at(i), at(i-1), at(i+1)
		switch {
		case unicode.IsLower(r) && (unicode.IsLetter(before) || unicode.IsLower(after)):
			n += 2
		case unicode.IsUpper(r) && !unicode.IsLower(before) && unicode.IsLetter(after):
			n += 2
		case unicode.IsUpper(r) && unicode.IsUpper(before):
			n++
		case r == '’' || r == '\u00a0' || r == '­':
		case unicode.IsLetter(before) && unicode.IsLetter(after), unicode.IsControl(r), r == utf8.RuneError, r >= 0x2500 && r < 0x25a0:
			n -= 2
		case unicode.IsPunct(r), r == '€', r == '°', r == '§':
			n++
		}
	}
	return n
}
