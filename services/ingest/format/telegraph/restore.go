package telegraph

import (
	"bytes"
	"regexp"
)

// padding is what may stand before a message that has lost its SOH.
var padding = regexp.MustCompile(`^[\x00\x04\x07-\x0d\x16\x20\x7f]*`)

// maxKeywords is how many lines there may be between the header and the blank
// line before the text, where no STX tells the text.
const maxKeywords = 3

// Restore gives back their SOH to messages that have lost it on their way, as
// headers tell it: those that still have STX, and those that a teleprinter has
// put between ZCZC and NNNN with no control characters at all. What has an SOH
// anywhere, and what has no such header, is returned as it is.
func Restore(data []byte, header func(line []byte) bool) []byte {
	if header == nil || len(data) == 0 || bytes.IndexByte(data, SOH) >= 0 {
		return data
	}
	var out []byte
	rest := data
	for len(rest) > 0 {
		pad := padding.Find(rest)
		head, printed := bytes.CutPrefix(rest[len(pad):], []byte("ZCZC "))
		if printed = printed && header(firstLine(head)); !printed {
			pad = rest[:Filler(rest)]
			if head = rest[len(pad):]; !header(firstLine(head)) {
				break
			}
		}
		end := len(head)
		if i := bytes.IndexByte(head, EOT); i >= 0 {
			end = i + 1
		} else if i := bytes.Index(head, []byte("NNNN")); printed && i >= 0 {
			end = i + len("NNNN")
		}
		message := head[:end]
		switch {
		case bytes.IndexByte(message, STX) >= 0:
			out = append(append(append(out, pad...), SOH), message...)
		case printed:
			out = append(append(out, pad...), framed(bytes.TrimSuffix(message, []byte("NNNN")))...)
		default:
			return data
		}
		rest = head[end:]
	}
	if out == nil {
		return data
	}
	return append(out, rest...)
}

func firstLine(data []byte) []byte {
	line, _, _ := bytes.Cut(data[:min(len(data), MaxHeader)], []byte("\n"))
	line, _, _ = bytes.Cut(line, []byte{STX})
	return line
}

// framed puts a message that has none into control characters: its text begins
// behind the blank line that follows the header and the keywords, else behind
// the header.
func framed(message []byte) []byte {
	_, behind, _ := bytes.Cut(message, []byte("\n"))
	at := len(message) - len(behind)
	next := at
	for range maxKeywords {
		line, more, _ := bytes.Cut(message[next:], []byte("\n"))
		next = len(message) - len(more)
		if len(bytes.TrimSpace(line)) == 0 {
			at = next
			break
		}
	}
	out := make([]byte, 0, len(message)+4)
	out = append(out, SOH)
	out = append(append(out, message[:at]...), STX)
	return append(append(out, message[at:]...), ETX, EOT)
}
