package document

import (
	"crypto/sha256"
	"encoding/hex"
)

// MaxID is the longest id that stands in a URI as it is, in bytes; of a longer
// one its hash does.
const MaxID = 512

// ShortID is id, or the hash of one that is too long for a URI.
func ShortID(id string) string {
	if len(id) <= MaxID {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:])
}
