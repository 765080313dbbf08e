package api_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/copytaster/copytaster/services/search/api"
)

// TestClocked: an answer says what time it was when it was sent, not when it was asked for,
// in whatever zone the service runs, and whether or not it says a status.
func TestClocked(t *testing.T) {
	zone := time.FixedZone("", 2*60*60)
	for name, send := range map[string]func(w http.ResponseWriter){
		"a status": func(w http.ResponseWriter) { w.WriteHeader(http.StatusNotModified) },
		"a body":   func(w http.ResponseWriter) { _, _ = w.Write([]byte("{}")) },
	} {
		now := time.Date(2024, 5, 20, 14, 0, 0, 0, zone)
		h := api.Clocked(func() time.Time { return now }, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			now = now.Add(1250 * time.Millisecond) // the search
			send(w)
			now = now.Add(time.Second)
			_, _ = w.Write(nil)
			if err := http.NewResponseController(w).Flush(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/articles", nil))
		if got := w.Result().Header.Get(api.HeaderNow); got != "2024-05-20T12:00:01.250Z" {
			t.Errorf("%s: it was %q", name, got)
		}
	}
}
