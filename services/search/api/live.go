package api

import (
	"bytes"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"time"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/services/search/find"
	"github.com/copytaster/copytaster/services/search/live"
)

// LiveWrite is how long the client of a live feed may take for one event.
const LiveWrite = 10 * time.Second

// liveRetry is how long a client waits before it comes back, if the feed doesn't end by
// itself.
const liveRetry = 2 * time.Second

// headerLastEvent is where browsers say which event they had last.
const headerLastEvent = "Last-Event-ID"

// liveFeed answers with server-sent events for what a search begins and ceases to find.
func liveFeed(s Service) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		values, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			fail(w, r, s.Log, malformed(err))
			return
		}
		f := s.Finder(r)
		request, err := find.ParseLive(values, f.Zone(), live.MaxLife)
		if err != nil {
			fail(w, r, s.Log, err)
			return
		}
		from := "after"
		if last := r.Header.Get(headerLastEvent); last != "" {
			// It comes back, whatever it asked for at first.
			from, request.After, request.Since = headerLastEvent, last, time.Time{}
		}
		if s.Live == nil {
			fail(w, r, s.Log, live.ErrUnavailable)
			return
		}
		feed, err := s.Live.Open(r.Context(), request, from, f.Grant(), access.Of(r.Context()).Sender)
		if err != nil {
			fail(w, r, s.Log, err)
			return
		}
		liveHeader(w.Header())
		if r.Method == http.MethodHead {
			feed.Close()
			return
		}
		to := eventWriter{w, http.NewResponseController(w), liveRetry, access.Of(r.Context())}
		// The server's limit for reading a request isn't one for its answer.
		_ = to.control.SetReadDeadline(time.Time{})
		if err := feed.Run(r.Context(), to.write); err != nil {
			s.Log.Debug().Err(err).Msg("client of a live feed left, or was too slow")
		}
	})
}

func liveHeader(h http.Header) {
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "private, no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", nothing)
	h.Set("X-Accel-Buffering", "no") // proxies would keep events until they have many
}

// eventWriter writes events as HTML's server-sent events.
type eventWriter struct {
	http.ResponseWriter

	control *http.ResponseController
	retry   time.Duration // to be told with the next event
	who     access.Identity
}

// entitledAs tells whether who may still ask, and may see by now what they might when they
// came.
func entitledAs(who access.Identity) bool {
	if who.Again == nil {
		return true
	}
	now, err := who.Again()
	return err == nil && reflect.DeepEqual(now.Grant, who.Grant)
}

// write gives the client [LiveWrite] to take an event.
func (w *eventWriter) write(e live.Event) error {
	if e.Kind != live.Ended && !entitledAs(w.who) {
		return live.ErrAccess
	}
	var b bytes.Buffer
	if e.Retry > 0 {
		w.retry = e.Retry
	}
	if w.retry > 0 {
		b.WriteString("retry: " + strconv.FormatInt(w.retry.Milliseconds(), 10) + "\n")
		w.retry = 0
	}
	b.WriteString("event: " + string(e.Kind) + "\n")
	if e.Cursor != "" {
		b.WriteString("id: " + e.Cursor + "\n")
	}
	b.WriteString("data: ")
	b.Write(e.Data) // JSON has no line ends
	b.WriteString("\n\n")
	// Where the server can't do it, its own time limit holds.
	_ = w.control.SetWriteDeadline(time.Now().Add(LiveWrite))
	if _, err := w.Write(b.Bytes()); err != nil {
		return err
	}
	return w.control.Flush()
}
