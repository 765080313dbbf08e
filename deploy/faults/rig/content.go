package rig

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/copytaster/copytaster/pkg/corpus"
)

// Content is what both indices say, without the time of indexing: by index and
// id, the hashes of the fields.
type Content map[string]corpus.FieldSums

func (c Content) add(index string, d document) error {
	var source map[string]json.RawMessage
	if err := json.Unmarshal(d.Source, &source); err != nil {
		return fmt.Errorf("document %s: %w", d.ID, err)
	}
	fields, err := corpus.SumFields(source, d.Version, d.Routing)
	if err != nil {
		return fmt.Errorf("document %s: %w", d.ID, err)
	}
	key := index + "/" + d.ID
	if _, twice := c[key]; twice {
		return fmt.Errorf("document %s was read twice", key)
	}
	c[key] = fields
	return nil
}

// Hash is the same for the same content.
func (c Content) Hash() string {
	var all corpus.Content
	for key, fields := range c {
		all.Add(fields.Of(key))
	}
	return all.Sum.String()
}

// Differences says what is not the same: how many documents, and for the first
// ones, at most limit, which fields.
func (c Content) Differences(o Content, limit int) (n int, first []string) {
	keys := map[string]bool{}
	for _, of := range []Content{c, o} {
		for key := range of {
			keys[key] = true
		}
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if maps.Equal(c[key], o[key]) {
			continue
		}
		if n++; n <= limit {
			first = append(first, key+": "+difference(c[key], o[key]))
		}
	}
	return n, first
}

func difference(was, is corpus.FieldSums) string {
	switch {
	case was == nil:
		return "was not there"
	case is == nil:
		return "is not there"
	}
	names := map[string]bool{}
	for _, of := range []corpus.FieldSums{was, is} {
		for name := range of {
			names[name] = was[name] != is[name] || names[name]
		}
	}
	maps.DeleteFunc(names, func(_ string, differs bool) bool { return !differs })
	return fmt.Sprintf("differs in %v", slices.Sorted(maps.Keys(names)))
}
