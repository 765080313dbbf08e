package find

import (
	"fmt"
	"net/url"
	"testing"
	"time"
)

// TestCursorsBeginWithALetter: a table takes none for a formula, and each is one that goes
// on.
func TestCursorsBeginWithALetter(t *testing.T) {
	r, err := ParseRequest(url.Values{"q": {"niger"}}, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 1000 {
		c := cursor{Date: int64(i), URI: fmt.Sprint("urn:x:", i)}
		s, err := c.encode(r)
		if err != nil {
			t.Fatal(err)
		}
		if s[0] != 'c' {
			t.Errorf("%s", s)
		}
		if got, err := decodeCursor(s, r); err != nil || got != c {
			t.Errorf("%s: %+v, %v", s, got, err)
		}
		if _, err := decodeCursor(s[1:], r); err == nil {
			t.Errorf("%s is taken without its first letter", s)
		}
	}
}
