package find

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strings"
)

const (
	// maxCursor is the longest cursor, in bytes: that of the longest URI fits.
	maxCursor = 16 << 10
	// maxInstant bounds dates in a cursor, in milliseconds since 1970.
	maxInstant = 1 << 53
	// cursorBegin is how every cursor begins: with a letter, whatever follows. A table
	// takes what begins with a dash for a formula.
	cursorBegin = "c"
	// checkBytes of a hash stand in front of the cursor's JSON.
	checkBytes = 8
)

// cursor is where a page ends. Sort date and URI make the order total, so no
// article is on two pages or on none, whatever arrives meanwhile.
type cursor struct {
	Score  float64 `json:"s,omitempty"`
	Date   int64   `json:"d"` // of the last hit, milliseconds since 1970
	URI    string  `json:"u"`
	Origin int64   `json:"o,omitempty"` // when the first page was asked for, which freshness and relative times are measured from
}

// list is what a cursor belongs to.
type list interface {
	identity() string // the same for two pages of the same list
}

// encode makes the cursor opaque, and ties it to its search: it is for
// catching mistakes, not attacks, for it gives access to nothing.
func (c cursor) encode(r list) (string, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(c); err != nil {
		return "", err
	}
	return cursorBegin + base64.RawURLEncoding.EncodeToString(append(check(b.Bytes(), r), b.Bytes()...)), nil
}

func decodeCursor(s string, r list) (cursor, error) {
	var c cursor
	if len(s) > maxCursor {
		return c, wrong("after", "has %d bytes, the limit is %d", len(s), maxCursor)
	}
	text, ok := strings.CutPrefix(s, cursorBegin)
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if !ok || err != nil || len(b) < checkBytes {
		return c, wrong("after", "is not a cursor of this service")
	}
	if subtle.ConstantTimeCompare(b[:checkBytes], check(b[checkBytes:], r)) != 1 {
		return c, wrong("after", "is damaged, or belongs to another search")
	}
	d := json.NewDecoder(bytes.NewReader(b[checkBytes:]))
	d.DisallowUnknownFields()
	err = d.Decode(&c)
	if _, more := d.Token(); err == nil && !errors.Is(more, io.EOF) {
		err = errors.New("more than one value")
	}
	if err != nil || c.URI == "" || c.Score < 0 || c.Score > math.MaxFloat32 ||
		c.Date < -maxInstant || c.Date > maxInstant || c.Origin < 0 || c.Origin > maxInstant {
		return cursor{}, wrong("after", "is not a cursor of this service")
	}
	return c, nil
}

func check(payload []byte, r list) []byte {
	h := sha256.New()
	h.Write([]byte(r.identity()))
	h.Write([]byte{0})
	h.Write(payload)
	return h.Sum(nil)[:checkBytes]
}
