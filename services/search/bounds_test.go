package search_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/services/search/api"
)

// bounds are what of a parameter's schema says which values are too much.
type bounds struct {
	Ref       string   `json:"$ref"`
	Type      string   `json:"type"`
	Enum      []string `json:"enum"`
	Minimum   *float64 `json:"minimum"`
	Maximum   *float64 `json:"maximum"`
	MaxLength int      `json:"maxLength"`
	MaxItems  int      `json:"maxItems"`
	Format    string   `json:"format"`
	Pattern   string   `json:"pattern"`
	Items     *bounds  `json:"items"`
}

// beyond are values of the parameter that the document doesn't allow.
func (b *bounds) beyond() (bad [][]string) {
	switch {
	case b.Ref == "#/components/schemas/Chosen":
		many := []string{}
		for i := range 33 {
			many = append(many, fmt.Sprint(i))
		}
		return [][]string{many, {strings.Repeat("a", 513)}}
	case b.Items != nil:
		return b.Items.beyond()
	}
	for _, number := range []struct {
		bound *float64
		by    int64
	}{{b.Minimum, -1}, {b.Maximum, 1}} {
		if n := number.bound; n != nil && *n < 1<<53 {
			bad = append(bad, []string{fmt.Sprint(int64(*n) + number.by)})
		}
	}
	if b.Type == "integer" || b.Type == "number" || b.Format != "" || b.Pattern != "" || len(b.Enum) > 0 {
		bad = append(bad, []string{"zzz"})
	}
	if b.MaxLength > 0 {
		bad = append(bad, []string{strings.Repeat("z", b.MaxLength+1)})
	}
	return bad
}

// within are values that it allows, and that are its outermost.
func (b *bounds) within() (good []string) {
	for _, n := range []*float64{b.Minimum, b.Maximum} {
		if n != nil && *n < 1<<53 {
			good = append(good, fmt.Sprint(int64(*n)))
		}
	}
	return append(good, b.Enum...)
}

// TestBounds sends every parameter of the document, its examples and its outermost values, which must
// be answered, and values beyond, which must be refused by name; and none that
// it doesn't have.
func TestBounds(t *testing.T) {
	n := open(t)
	a := n.index(desk()[:12]...)[0]
	newer := desk()[0]
	newer.headline, newer.created = "Another headline", day.AddDate(0, 0, 1)
	n.index(newer)
	c, err := theContract()
	if err != nil {
		t.Fatal(err)
	}
	needs := map[string][]string{"spelling": {"q", "soldier"}, "suggest": {"prefix", "a"}, "map precision": {"within", "1,1,1.00001,1.00001"}}
	answered := func(op string, r response) bool {
		if op == "live" { // there are no feeds here, which is told of what could be asked of them
			return r.status == http.StatusServiceUnavailable
		}
		return r.status == http.StatusOK || r.status == http.StatusNoContent
	}
	asks := n
	refused := func(path, name string, set []string) {
		t.Helper()
		p := asks.problem(path + "?" + query(set...))
		if p.Parameter != name || p.Status != http.StatusBadRequest && p.Status != http.StatusNotAcceptable {
			t.Errorf("%s %.200q: %+v, though the document doesn't allow it", path, set, p)
		}
	}
	for route, item := range c.Paths {
		op := item.Get
		path := strings.Replace(route, "/v1/articles/{uri}", articlePath(a.URI), 1)
		if slices.Contains([]string{"openapi", "original", "overrides", ""}, op.ID) || strings.HasPrefix(route, "/v1/operator/") { // without parameters, off, or of the last another method
			continue
		}
		if asks = n; op.ID == api.RouteEmbargoes { // of those alone who may
			asks, _ = n.as(access.Grant{})
		}
		refused(path, "no_such", append([]string{"no_such", "x"}, needs[op.ID]...))
		for _, p := range op.Parameters {
			if p.In != "query" {
				continue
			}
			var b bounds
			if err := json.Unmarshal(p.Schema, &b); err != nil {
				t.Fatal(err)
			}
			with := func(values ...string) []string {
				set := []string{}
				for _, need := range slices.Collect(slices.Chunk(slices.Concat(needs[op.ID], needs[op.ID+" "+p.Name]), 2)) {
					if need[0] != p.Name {
						set = append(set, need...)
					}
				}
				for _, v := range values {
					set = append(set, p.Name, v)
				}
				return set
			}
			for _, bad := range b.beyond() {
				refused(path, p.Name, with(bad...))
			}
			if !isArray(p.Schema) {
				refused(path, p.Name, with("1", "1"))
			}
			for _, good := range b.within() {
				if op.ID == "histogram" && good == "minute" { // of this corpus, that is too many
					continue
				}
				if p.Name == "revision" || p.Name == "to" || p.Name == "from" { // none of that number
					continue
				}
				if r := asks.get(path + "?" + query(with(good)...)); !answered(op.ID, r) {
					t.Errorf("%s %s=%s: %d %s, though the document allows it", op.ID, p.Name, good, r.status, r.body)
				}
			}
			if p.Example != nil {
				values, ok := p.Example.([]any)
				if !ok {
					values = []any{p.Example}
				}
				var set []string
				for _, v := range values {
					set = append(set, written(v))
				}
				if r := asks.get(path + "?" + query(with(set...)...)); !answered(op.ID, r) {
					t.Errorf("%s: the example %q of %s: %d %s", op.ID, set, p.Name, r.status, r.body)
				}
			}
		}
	}
}

// isArray tells whether a parameter may be given several times.
func isArray(schema json.RawMessage) bool {
	return strings.Contains(string(schema), "Chosen") || strings.Contains(string(schema), `"array"`)
}

// written is an example's value as a URL has it.
func written(v any) string {
	if f, ok := v.(float64); ok {
		return fmt.Sprint(int64(f))
	}
	return fmt.Sprint(v)
}
