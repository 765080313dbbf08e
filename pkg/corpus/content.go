package corpus

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math/bits"
	"slices"

	"github.com/zeebo/blake3"
)

// Sum is a hash of documents that does not depend on their order.
type Sum [16]byte

func (s Sum) String() string { return hex.EncodeToString(s[:]) }

// MarshalText is the sum in hexadecimal.
func (s Sum) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Plus is the sum modulo 2^128: unlike an exclusive or, it does not cancel out
// what stands there twice.
func (s Sum) Plus(d Sum) Sum {
	lo, carry := bits.Add64(binary.BigEndian.Uint64(s[8:]), binary.BigEndian.Uint64(d[8:]), 0)
	hi, _ := bits.Add64(binary.BigEndian.Uint64(s[:8]), binary.BigEndian.Uint64(d[:8]), carry)
	binary.BigEndian.PutUint64(s[:8], hi)
	binary.BigEndian.PutUint64(s[8:], lo)
	return s
}

// Content is what an index holds: the same for the same documents.
type Content struct {
	Docs int64 `json:"docs"`
	Sum  Sum   `json:"hash"`
}

// Add adds a document.
func (c *Content) Add(d Sum) {
	c.Docs++
	c.Sum = c.Sum.Plus(d)
}

// FieldSums are the hashes of a document's fields, by name.
type FieldSums map[string]Sum

// fieldIndexedAt is when a document was written: the one field that another
// writing of the same article changes.
const fieldIndexedAt = "indexed_at"

// SumFields reads the fields of a document's source, without the time of
// indexing, and its external version and routing as _version and _routing. The
// order of fields does not count; within a field it does.
func SumFields(source map[string]json.RawMessage, version int64, routing string) (FieldSums, error) {
	sums := make(FieldSums, len(source)+2)
	var b bytes.Buffer
	for name, value := range source {
		if name == fieldIndexedAt {
			continue
		}
		b.Reset()
		if err := json.Compact(&b, value); err != nil {
			return nil, fmt.Errorf("field %s: %w", name, err)
		}
		sums[name] = sum(b.Bytes())
	}
	sums["_version"], sums["_routing"] = sum(fmt.Append(nil, version)), sum([]byte(routing))
	return sums, nil
}

// Of is the hash of the whole document with that id.
func (f FieldSums) Of(id string) Sum {
	b := fmt.Appendf(nil, "%q", id)
	for _, name := range slices.Sorted(maps.Keys(f)) {
		s := f[name]
		b = append(fmt.Appendf(b, "%q", name), s[:]...)
	}
	return sum(b)
}

func sum(b []byte) (s Sum) {
	full := blake3.Sum256(b)
	copy(s[:], full[:])
	return s
}
