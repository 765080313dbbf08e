// Package document holds what every decoder needs to know of an input: what
// its sender said of it, how its bytes become text, and how a refusal is told.
package document

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"
)

// Hint is what is known of an input besides its bytes. Every field may be
// empty; a decoder believes the content before the hint.
type Hint struct {
	// Source is the configured name of the intake.
	Source string
	// Provider is the namespace of the publisher's ids; empty: Source.
	Provider string
	// URL is where the input is found: of a page the page's own address, of a
	// feed the feed's.
	URL string
	// MediaType is the sender's Content-Type, with or without parameters.
	MediaType string
	// Charset is what the sender says the bytes are encoded in.
	Charset string
	// Name is a file name or the like, for people.
	Name string
	// PublishedAt is for inputs that state no date of their own.
	PublishedAt time.Time
	// ReceivedAt is when the input arrived; the decoders never look at a clock.
	ReceivedAt time.Time
	// Claimed says that there is an archive: then the article needn't carry its
	// original, and the input may be larger than [MaxSingle].
	Claimed bool
	// DeletedKills says that an entry which a feed deletes is killed; else it is
	// withheld.
	DeletedKills bool
}

// Largest is the largest input that is one article, in bytes.
func (h Hint) Largest() int {
	if h.Claimed {
		return MaxBytes
	}
	return MaxSingle
}

// Read reads an input of at most so many bytes. A larger one is an [*Error] of
// that format.
func Read(r io.Reader, format string, most int) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, int64(most)+1))
	if err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	if len(data) > most {
		return nil, Refuse(TooLarge, format, "more than %d bytes", most)
	}
	return data, nil
}

// Namespace is the provider, else the source.
func (h Hint) Namespace() string {
	if h.Provider != "" {
		return h.Provider
	}
	return h.Source
}

// Limits of a single input. Beyond them it is refused, never cut: a cut
// article would be a false one.
const (
	// MaxBytes is the largest input, in bytes: a feed with all its items.
	MaxBytes = 16 << 20
	// MaxSingle is the largest input that is one article (a text, a page, one
	// item of a feed), in bytes, where there is no archive. The article carries
	// it as its original beside the text and must still fit into a message.
	MaxSingle = 3 << 20
	// MaxItems is how many items a feed may have.
	MaxItems = 5_000
	// MaxDepth is how deep the elements of a feed (XML or JSON) may be nested.
	MaxDepth = 128
)

// Reason says in one word why an input is refused.
type Reason string

// The reasons.
const (
	Empty    Reason = "empty"     // nothing but white space
	TooLarge Reason = "too_large" // more bytes than the limit
	TooDeep  Reason = "too_deep"  // nested deeper than the limit
	TooMany  Reason = "too_many"  // more items than the limit
	Unknown  Reason = "unknown_format"
	Binary   Reason = "binary"  // no text at all
	Charset  Reason = "charset" // an encoding that can't be read
	Syntax   Reason = "syntax"  // breaks the rules of its own format
	Invalid  Reason = "invalid" // well-formed, but no valid article
)

// Error is why an input can't become an article. Repeating is useless: the
// same bytes give the same error.
type Error struct {
	Reason Reason `json:"reason"`
	// Format is the decoder that refused it, "" if none got to see it.
	Format string `json:"format,omitempty"`
	// Line (from 1) and Byte (from 0) say where; 0 and 0: the whole of it.
	Line int `json:"line,omitempty"`
	Byte int `json:"byte,omitempty"`
	// Field is the element or name that is wrong, if one can be named.
	Field string `json:"field,omitempty"`
	// Detail is for people.
	Detail string `json:"detail"`
}

func (e *Error) Error() string {
	s := string(e.Reason) + ": " + e.Detail
	if e.Field != "" {
		s = string(e.Reason) + ": " + e.Field + ": " + e.Detail
	}
	if p := e.Place(); p != "" {
		s += " (" + p + ")"
	}
	if e.Format != "" {
		s = e.Format + ": " + s
	}
	return s
}

// Place is the line and byte in words, or "".
func (e *Error) Place() string {
	switch {
	case e.Line > 0:
		return fmt.Sprintf("line %d, byte %d", e.Line, e.Byte)
	case e.Byte > 0:
		return fmt.Sprintf("byte %d", e.Byte)
	}
	return ""
}

// Refuse makes an Error without a place.
func Refuse(r Reason, format, detail string, args ...any) *Error {
	return &Error{Reason: r, Format: format, Detail: fmt.Sprintf(detail, args...)}
}

// Clip is the beginning of a name or word of an input, short enough to stand in
// a message.
func Clip(s string) string {
	if len(s) > 40 {
		return strings.ToValidUTF8(s[:40], "") + "…"
	}
	return s
}

// At makes an Error at byte offset at of data.
func At(r Reason, format string, data []byte, at int, detail string, args ...any) *Error {
	at = min(max(at, 0), len(data))
	return &Error{Reason: r, Format: format, Line: 1 + bytes.Count(data[:at], []byte{'\n'}), Byte: at, Detail: fmt.Sprintf(detail, args...)}
}
