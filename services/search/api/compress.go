package api

import (
	"net/http"

	"github.com/klauspost/compress/gzhttp"
)

// MinCompressed is from how many bytes on an answer is compressed, for who reads that.
const MinCompressed = 1 << 10

// Compressed gives what has handlers pack with gzip what they answer as JSON, for clients
// that read that. What comes bit by bit, and what is sent as it is kept, is not for it: see
// [Route.Streams].
func Compressed() (func(http.Handler) http.HandlerFunc, error) {
	return gzhttp.NewWrapper(
		gzhttp.MinSize(MinCompressed), gzhttp.EnableZstd(false),
		gzhttp.ContentTypes([]string{"application/json", "application/problem+json"}),
	)
}
