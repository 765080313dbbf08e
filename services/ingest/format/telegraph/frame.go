// Package telegraph holds what the telegraph's formats, IPTC 7901 and ANPA 1312,
// have in common: the control characters around a message, streams of them,
// dates that leave out the month or year, and the character sets of the time
// before Unicode.
package telegraph

import (
	"bytes"
	"fmt"
	"regexp"

	"github.com/copytaster/copytaster/services/ingest/document"
)

// The control characters that frame a message.
const (
	SOH = 0x01 // the header begins
	STX = 0x02 // the text begins
	ETX = 0x03 // the text ends
	EOT = 0x04 // the message ends
	BEL = 0x07
	SYN = 0x16 // keeps the line alive between messages
	US  = 0x1f
)

// Limits of a message, besides those of every input.
const (
	// MaxHeader is the most that may stand between SOH and STX, in bytes.
	MaxHeader = 4 << 10
	// MaxLine is the longest line of a message, in bytes.
	MaxLine = 64 << 10
	// MaxParagraphs is how many paragraphs a message may have.
	MaxParagraphs = 20_000
)

// Message is one message, taken apart. All are parts of the input.
type Message struct {
	Header  []byte // between SOH and STX
	Text    []byte // between STX and ETX
	Trailer []byte // between ETX and EOT
	// At is where Header begins, Start where Text does.
	At, Start int
}

// Open takes the first message of data apart. What stands before SOH and
// behind EOT is not looked at. Errors are [*document.Error]s.
func Open(name string, data []byte) (*Message, error) {
	soh := bytes.IndexByte(data, SOH)
	if soh < 0 {
		return nil, document.Refuse(document.Syntax, name, "no SOH: no message begins")
	}
	end, err := ends(name, data, soh)
	if err != nil {
		return nil, err
	}
	m := &Message{At: soh + 1}
	body := data[:end]
	stx := bytes.IndexByte(body[soh:], STX)
	switch {
	case stx < 0:
		return nil, document.At(document.Syntax, name, data, soh, "the message has no STX: no text begins")
	case stx-1 > MaxHeader:
		return nil, document.At(document.TooLarge, name, data, soh+MaxHeader, "the header has %d bytes, the limit is %d", stx-1, MaxHeader)
	}
	m.Start = soh + stx + 1
	m.Header, m.Text = body[soh+1:soh+stx], bytes.TrimRight(body[m.Start:], "\x04")
	if etx := bytes.IndexByte(m.Text, ETX); etx >= 0 {
		m.Text, m.Trailer = m.Text[:etx], m.Text[etx+1:]
	}
	at := m.At
	for line := range bytes.Lines(data[m.At:end]) {
		if len(line) > MaxLine {
			return nil, document.At(document.TooLarge, name, data, at+MaxLine, "a line of %d bytes, the limit is %d", len(line), MaxLine)
		}
		at += len(line)
	}
	return m, nil
}

// ends is where the message ends that begins at soh: behind EOT, or where the
// next one begins. One whose text has no end is an error: it was cut off.
func ends(name string, data []byte, soh int) (int, error) {
	text, closed := false, false
	for i := soh + 1; i < len(data); i++ {
		switch data[i] {
		case EOT:
			return i + 1, nil
		case STX:
			text = true
		case ETX:
			closed = closed || text
		case SOH:
			if closed {
				return i, nil
			}
			return i, document.At(document.Syntax, name, data, i, "another message begins before the text of this one ends")
		}
	}
	if closed {
		return len(data), nil
	}
	return len(data), document.At(document.Syntax, name, data, len(data), "the message breaks off: neither ETX nor EOT")
}

// filler is what stands between messages and belongs to none: control
// characters, white space, and the teleprinters' ZCZC and NNNN.
var filler = regexp.MustCompile(`^(?:[\x00\x04\x07-\x0d\x16\x20\x7f]|ZCZC[^\r\n\x01]*|NNNN)+`)

// Filler is how much of the beginning of data is no message's.
func Filler(data []byte) int { return len(filler.Find(data)) }

// Lines is a part of a message with its lines ended by line feeds. Some
// teleprinters return twice.
func Lines(part []byte) []byte {
	out := make([]byte, 0, len(part))
	returned := false
	for _, c := range part {
		if returned && c != '\r' && c != '\n' {
			out = append(out, '\n')
		}
		if returned = c == '\r'; !returned {
			out = append(out, c)
		}
	}
	if returned {
		out = append(out, '\n')
	}
	return out
}

// Split cuts a stream into its messages. One that is cut off, and what stands
// between messages and is no filler, are parts with an error. header tells the
// first line of one, for messages that have lost their SOH. Errors are
// [*document.Error]s.
func Split(name string, input []byte, header func(line []byte) bool) ([]document.Part, error) {
	data := Restore(input, header)
	var parts []document.Part
	add := func(from, to int, err error) error {
		if len(parts) >= document.MaxItems {
			return document.At(document.TooMany, name, data, from, "more than %d messages", document.MaxItems)
		}
		raw := data[from:to]
		p := document.Part{Data: raw, Item: raw, Label: fmt.Sprintf("message %d", len(parts)+1), Err: err}
		if err == nil && len(raw) > document.MaxSingle {
			p.Err = document.At(document.TooLarge, name, data, from, "%s: %d bytes, the limit is %d", p.Label, len(raw), document.MaxSingle)
		}
		parts = append(parts, p)
		return nil
	}
	for at := 0; ; {
		if at += Filler(data[at:]); at >= len(data) {
			break
		}
		from := at
		var to int
		var err error
		if data[at] == SOH {
			to, err = ends(name, data, at)
		} else {
			to = len(data)
			if next := bytes.IndexByte(data[at:], SOH); next >= 0 {
				to = at + next
			}
			err = document.At(document.Syntax, name, data, at, "%d bytes outside of a message", to-at)
		}
		if err := add(from, to, err); err != nil {
			return nil, err
		}
		at = to
	}
	if len(parts) == 1 && parts[0].Err == nil {
		parts[0].Data, parts[0].Item, parts[0].Label = input, input, "" // the original's very bytes
	}
	return parts, nil
}
