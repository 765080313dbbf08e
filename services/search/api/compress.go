package api

import (
	"net/http"

	"github.com/klauspost/compress/gzhttp"
)

// MinCompressed is from how many bytes on an answer is compressed, for who reads that.
const MinCompressed = 1 << 10

// Compressed answers by h, and packs what it answers as JSON with gzip for clients that
// read that. What comes bit by bit, and what is sent as it is kept, goes out as it is.
func Compressed(h http.Handler) http.Handler { return compressing(h) }

var compressing = func() func(http.Handler) http.HandlerFunc {
	wrap, err := gzhttp.NewWrapper(
		gzhttp.MinSize(MinCompressed), gzhttp.EnableZstd(false),
		gzhttp.ContentTypes([]string{"application/json", "application/problem+json"}),
	)
	if err != nil {
		panic(err) // the options are ours
	}
	return wrap
}()
