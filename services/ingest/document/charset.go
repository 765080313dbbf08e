package document

import (
	"bytes"
	"mime"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// Text is an input as UTF-8.
type Text struct {
	UTF8 string
	// Charset is what it was converted from, by its WHATWG name.
	Charset string
	// Replaced counts the bytes or characters that could not be converted and
	// stand as U+FFFD.
	Replaced int
}

const (
	// fallback is what bytes are read as that are not UTF-8 and of which
	// nothing is said. Every byte means something in it.
	fallback = "windows-1252"
	// sample is how much is looked at to recognise UTF-16 without a mark.
	sample = 1024
	// maxControls is the share of control characters, one in that many, above
	// which an input is taken for binary. Agency formats frame their fields
	// with a few of them.
	maxControls = 20
	// fewControls is how many are borne in the shortest input.
	fewControls = 4
)

// marks are byte order marks, the longer ones first where one begins another.
var marks = []struct {
	bytes string
	name  string
}{
	{"\xef\xbb\xbf", "utf-8"},
	{"\xfe\xff", "utf-16be"},
	{"\xff\xfe", "utf-16le"},
}

// Convert makes UTF-8 of data. declared is the encoding that the input itself
// or its sender names, "" if none does; it is believed where the bytes don't
// speak against it. A byte order mark is dropped, all else stays as it is:
// white space, line ends and control characters included.
//
// Errors are [*Error]s: Binary for what is no text, Charset for an encoding
// that is named and not known.
func Convert(data []byte, declared string) (Text, error) {
	if kind := magic(data); kind != "" {
		return Text{}, Refuse(Binary, "", "this is %s, no text", kind)
	}
	name, body := guess(data)
	switch name {
	case "utf-16le", "utf-16be":
		end := unicode.LittleEndian
		if name == "utf-16be" {
			end = unicode.BigEndian
		}
		return convert(body, unicode.UTF16(end, unicode.IgnoreBOM), name)
	case "utf-8":
		return clean(string(body), "utf-8")
	}
	if utf8.Valid(data) && !escapes(data, declared) {
		return clean(string(data), "utf-8")
	}
	e, known := charset.Lookup(declared)
	switch {
	case declared == "":
		if mostlyUTF8(data) {
			return clean(string(data), "utf-8")
		}
		return convert(data, charmap.Windows1252, fallback)
	case e == nil || known == "replacement":
		return Text{}, &Error{Reason: Charset, Field: "charset", Detail: "encoding " + quote(declared) + " is not known, and the bytes are not UTF-8"}
	case known == "utf-8":
		// Declared by habit more often than by knowledge.
		if !mostlyUTF8(data) {
			return convert(data, charmap.Windows1252, fallback)
		}
		return clean(string(data), "utf-8")
	}
	return convert(data, e, known)
}

// CharsetOf is the charset parameter of a Content-Type, or "".
func CharsetOf(mediaType string) string {
	_, p, err := mime.ParseMediaType(mediaType)
	if err != nil {
		return ""
	}
	return p["charset"]
}

// Declared is the encoding that the sender names: in so many words, else in
// the Content-Type.
func (h Hint) Declared() string {
	if h.Charset != "" {
		return h.Charset
	}
	return CharsetOf(h.MediaType)
}

func quote(s string) string {
	if len(s) > 40 {
		s = s[:40] + "…"
	}
	return `"` + strings.ToValidUTF8(s, "?") + `"`
}

// guess recognises encodings that the bytes give away by themselves, and
// returns what follows the byte order mark.
func guess(data []byte) (name string, body []byte) {
	for _, m := range marks {
		if rest, ok := bytes.CutPrefix(data, []byte(m.bytes)); ok {
			return m.name, rest
		}
	}
	// UTF-16 of mostly Western text has NULs in every other place and nowhere
	// else.
	head := data[:min(len(data), sample)]
	if len(head) < 4 {
		return "", data
	}
	var even, odd int
	for i, c := range head {
		switch {
		case c != 0:
		case i%2 == 0:
			even++
		default:
			odd++
		}
	}
	half := len(head) / 2
	switch {
	case even == 0 && odd*10 >= half*7:
		return "utf-16le", data
	case odd == 0 && even*10 >= half*7:
		return "utf-16be", data
	}
	return "", data
}

// escapes tells whether declared is an encoding that hides its characters in
// ASCII bytes, so that looking like UTF-8 proves nothing.
func escapes(data []byte, declared string) bool {
	_, name := charset.Lookup(declared)
	return name == "iso-2022-jp" && bytes.IndexByte(data, 0x1b) >= 0
}

// mostlyUTF8 tells whether the bytes above ASCII rather are UTF-8 with
// damages than an encoding of one byte per character, in which bytes hardly
// ever form a valid sequence by chance.
func mostlyUTF8(data []byte) bool {
	var good, bad int
	for i := 0; i < len(data); {
		if data[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n == 1 {
			bad++
		} else {
			good++
		}
		i += n
	}
	return good*4 > bad
}

func convert(data []byte, e encoding.Encoding, name string) (Text, error) {
	out, err := e.NewDecoder().Bytes(data)
	if err != nil {
		return Text{}, &Error{Reason: Charset, Detail: "as " + name + ": " + err.Error()}
	}
	return clean(string(out), name)
}

// clean replaces what is no valid UTF-8, and refuses what is no text.
func clean(s, name string) (Text, error) {
	t := Text{UTF8: s, Charset: name}
	if !utf8.ValidString(s) {
		var b strings.Builder
		b.Grow(len(s) + 64)
		for i := 0; i < len(s); {
			r, n := utf8.DecodeRuneInString(s[i:])
			b.WriteRune(r)
			i += n
		}
		t.UTF8 = b.String()
	}
	controls := 0
	for i, r := range t.UTF8 {
		switch {
		case r == 0:
			return Text{}, At(Binary, "", []byte(t.UTF8), i, "a NUL byte: no text")
		case r == utf8.RuneError:
			t.Replaced++
		case r < ' ' && r != '\n' && r != '\r' && r != '\t', r >= 0x7f && r < 0xa0:
			controls++
		}
	}
	// What is half replaced was guessed wrong, or never was text.
	if n := len(t.UTF8); controls > fewControls+n/maxControls || t.Replaced*4 > n && t.Replaced > fewControls {
		return Text{}, Refuse(Binary, "", "%d control and %d unreadable characters in %d bytes: no text", controls, t.Replaced, n)
	}
	return t, nil
}

// magic names well-known files that are no text, so that the error says what
// was sent. What it doesn't know is caught by [clean].
func magic(data []byte) string {
	for _, m := range []struct{ mark, name string }{
		{"%PDF-", "a PDF file"},
		{"PK\x03\x04", "a ZIP archive (or an Office file)"},
		{"\x1f\x8b", "gzip-compressed"},
		{"\x28\xb5\x2f\xfd", "zstd-compressed"},
		{"BZh", "bzip2-compressed"},
		{"\xfd7zXZ\x00", "xz-compressed"},
		{"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"},
		{"\x89PNG", "a PNG image"},
		{"\xff\xd8\xff", "a JPEG image"},
		{"GIF8", "a GIF image"},
		{"\xd0\xcf\x11\xe0", "an old Office file"},
		{"{\\rtf", "an RTF file"},
		{"\x7fELF", "a program"},
	} {
		if bytes.HasPrefix(data, []byte(m.mark)) {
			return m.name
		}
	}
	return ""
}

// Head is the beginning of data as UTF-8, for recognising a format: without
// byte order mark, and with nothing said about bytes that are not valid.
func Head(data []byte, n int) []byte {
	data = data[:min(len(data), n)]
	name, body := guess(data)
	var end unicode.Endianness
	switch name {
	case "utf-16le":
		end = unicode.LittleEndian
	case "utf-16be":
		end = unicode.BigEndian
	default:
		return body
	}
	out, err := unicode.UTF16(end, unicode.IgnoreBOM).NewDecoder().Bytes(body[:len(body)&^1])
	if err != nil {
		return nil
	}
	return out
}
