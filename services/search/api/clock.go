package api

import (
	"net/http"
	"time"
)

// HeaderNow is the header that says what time it is at the service, in UTC, with
// milliseconds, as [FormatNow]. What HTTP has for that, Date, is of the last proxy that an
// answer came by, and in whole seconds.
const HeaderNow = "Copytaster-Now"

// FormatNow is how [HeaderNow] has its time.
const FormatNow = "2006-01-02T15:04:05.000Z07:00"

// Clocked answers by h, and says with each answer what time it was when that began to be
// sent.
func Clocked(now func() time.Time, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(&clocked{ResponseWriter: w, now: now}, r)
	})
}

type clocked struct {
	http.ResponseWriter

	now  func() time.Time
	said bool
}

func (c *clocked) say() {
	if !c.said {
		c.said = true
		c.Header().Set(HeaderNow, c.now().UTC().Format(FormatNow))
	}
}

func (c *clocked) WriteHeader(status int) {
	c.say()
	c.ResponseWriter.WriteHeader(status)
}

func (c *clocked) Write(b []byte) (int, error) {
	c.say()
	return c.ResponseWriter.Write(b)
}

// Unwrap is for [http.ResponseController].
func (c *clocked) Unwrap() http.ResponseWriter { return c.ResponseWriter }
