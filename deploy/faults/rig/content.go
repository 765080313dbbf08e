package rig

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Content is what both indices say, without the time of indexing: by index and
// id, the hashes of the fields.
type Content map[string]map[string]fieldHash

// fieldHash is enough of a SHA-256 to tell values apart.
type fieldHash [12]byte

func (c Content) add(index string, d document) error {
	var source map[string]any
	decoder := json.NewDecoder(bytes.NewReader(d.Source))
	decoder.UseNumber() // revisions have more digits than a float
	if err := decoder.Decode(&source); err != nil {
		return fmt.Errorf("document %s: %w", d.ID, err)
	}
	delete(source, "indexed_at")
	source["_version"], source["_routing"] = d.Version, d.Routing
	fields := make(map[string]fieldHash, len(source))
	for name, value := range source {
		canonical, err := json.Marshal(value)
		if err != nil {
			return fmt.Errorf("document %s: %w", d.ID, err)
		}
		sum := sha256.Sum256(canonical)
		fields[name] = fieldHash(sum[:])
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
	h := sha256.New()
	for _, key := range slices.Sorted(maps.Keys(c)) {
		fmt.Fprintf(h, "%q", key)
		for _, name := range slices.Sorted(maps.Keys(c[key])) {
			fmt.Fprintf(h, "%q%x", name, c[key][name])
		}
	}
	return hex.EncodeToString(h.Sum(nil))
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

func difference(was, is map[string]fieldHash) string {
	switch {
	case was == nil:
		return "was not there"
	case is == nil:
		return "is not there"
	}
	names := map[string]bool{}
	for _, of := range []map[string]fieldHash{was, is} {
		for name := range of {
			names[name] = was[name] != is[name] || names[name]
		}
	}
	maps.DeleteFunc(names, func(_ string, differs bool) bool { return !differs })
	return fmt.Sprintf("differs in %v", slices.Sorted(maps.Keys(names)))
}
