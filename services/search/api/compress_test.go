package api_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/services/search/api"
)

func TestCompressed(t *testing.T) {
	compressed, err := api.Compressed()
	if err != nil {
		t.Fatal(err)
	}
	long := `{"text":"` + strings.Repeat("the same words ", api.MinCompressed/10) + `"}`
	for _, c := range []struct {
		name, reads, kind, body string
		packed                  bool
	}{
		{"JSON for who reads gzip", "gzip, br", "application/json", long, true},
		{"a problem", "gzip", "application/problem+json", long, true},
		{"for who reads nothing packed", "", "application/json", long, false},
		{"for who refuses it", "gzip;q=0", "application/json", long, false},
		{"what is short", "gzip", "application/json", `{}`, false},
		{"a feed", "gzip", "text/event-stream", long, false},
		{"lines", "gzip", "application/x-ndjson", long, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			if c.reads != "" {
				r.Header.Set("Accept-Encoding", c.reads)
			}
			w := httptest.NewRecorder()
			compressed(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", c.kind)
				w.Header().Set("ETag", `"7"`)
				_, _ = io.WriteString(w, c.body)
			})).ServeHTTP(w, r)
			got, body := w.Header().Get("Content-Encoding"), io.Reader(w.Body)
			if (got == "gzip") != c.packed || got != "" && got != "gzip" {
				t.Fatalf("Content-Encoding %q", got)
			}
			if c.packed {
				if w.Body.Len() > len(c.body)/4 {
					t.Errorf("%d bytes of %d", w.Body.Len(), len(c.body))
				}
				if !strings.Contains(w.Header().Get("Vary"), "Accept-Encoding") {
					t.Errorf("Vary %q", w.Header().Get("Vary"))
				}
				z, err := gzip.NewReader(body)
				if err != nil {
					t.Fatal(err)
				}
				body = z
			}
			if b, err := io.ReadAll(body); err != nil || string(b) != c.body {
				t.Errorf("%v: %.80q", err, b)
			}
			if w.Header().Get("ETag") != `"7"` {
				t.Errorf("ETag %q", w.Header().Get("ETag"))
			}
		})
	}
}

// What comes bit by bit isn't kept back until there is enough to pack.
func TestRoutesThatStreamAreNotCompressed(t *testing.T) {
	streams := map[string]bool{}
	for _, r := range api.Routes {
		if r.Streams {
			streams[r.Name] = true
		}
	}
	if len(streams) != 3 || !streams[api.RouteLive] || !streams["export"] || !streams["original"] {
		t.Errorf("%v", streams)
	}
}
