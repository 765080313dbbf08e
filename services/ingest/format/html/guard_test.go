package html

import (
	"errors"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/services/ingest/document"
)

// TestGuard: each limit is reached exactly, and the next node is refused with
// its place.
func TestGuard(t *testing.T) {
	for name, c := range map[string]struct {
		open   string
		each   string // that adds to what is limited
		adds   int
		limit  int
		begins int // what open adds
		reason document.Reason
		says   string
	}{
		"nesting": {strings.Repeat("<div>", 200), "<br>", 200, maxNesting, 200 * 201 / 2, document.TooMany, "depths add up to more than"},
		"nodes":   {"", "<br>", 1, maxNodes, 0, document.TooMany, "more than"},
		"depth":   {"", "<div>", 1, maxDepth, 0, document.TooDeep, "nested deeper"},
	} {
		n := (c.limit - c.begins) / c.adds
		if err := guard([]byte(c.open + strings.Repeat(c.each, n))); err != nil {
			t.Errorf("%s: refused within the limit: %v", name, err)
		}
		page := c.open + strings.Repeat(c.each, n)
		err := guard([]byte(page + strings.Repeat(c.each, 100)))
		var refused *document.Error
		if !errors.As(err, &refused) || refused.Reason != c.reason || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if want := document.At(c.reason, Name, []byte(page), len(page), "").Place(); refused.Place() != want {
			t.Errorf("%s: refused at %s, want %s", name, refused.Place(), want)
		}
	}
	// An ended element nests nothing any more.
	if err := guard([]byte(strings.Repeat("<div><p>text</p></div>", maxNodes/3))); err != nil {
		t.Errorf("flat page: %v", err)
	}
}
