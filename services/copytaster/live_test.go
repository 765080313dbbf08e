package copytaster

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/topic"
)

// feed hears a live feed of the system's search until the test ends.
type feed struct {
	mu    sync.Mutex
	heard []string // "entered headline", "left uri reason"
	at    []time.Time
}

func (s *system) listen(query string) *feed {
	s.t.Helper()
	var resp *http.Response
	s.await("there are live feeds", func() (err error) {
		if resp, err = s.client.Get(s.base + "/v1/live?q=" + query); err == nil && resp.StatusCode != http.StatusOK {
			err = errors.Join(errors.New(resp.Status), resp.Body.Close())
		}
		return err
	})
	f := &feed{}
	done := make(chan struct{})
	s.t.Cleanup(func() {
		_ = resp.Body.Close()
		<-done
	})
	go func() {
		defer close(done)
		event := ""
		for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
			name, value, _ := strings.Cut(lines.Text(), ": ")
			if name == "event" {
				event = value
			}
			if name != "data" || event == "heartbeat" {
				continue
			}
			var data struct{ URI, Headline, Reason string }
			_ = json.Unmarshal([]byte(value), &data)
			f.mu.Lock()
			f.heard, f.at = append(f.heard, strings.TrimSpace(event+" "+data.Headline+data.Reason)), append(f.at, time.Now())
			f.mu.Unlock()
		}
	}()
	return f
}

func (f *feed) has(event string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Contains(f.heard, event)
}

// awaitHeard waits until that is all that was heard, and tells when the last of it was.
func (s *system) awaitHeard(f *feed, want ...string) (last time.Time) {
	s.t.Helper()
	s.await(fmt.Sprintf("%q is heard", want), func() error {
		f.mu.Lock()
		defer f.mu.Unlock()
		if strings.Join(f.heard, "; ") != strings.Join(want, "; ") {
			return fmt.Errorf("heard is %q", f.heard)
		}
		last = f.at[len(f.at)-1]
		return nil
	})
	return last
}

// TestLiveFeedHearsOfLives: what release decides reaches open feeds: copy, the end of an
// embargo, a hold, the end of rights, a kill.
func TestLiveFeedHearsOfLives(t *testing.T) {
	t.Setenv("COPYTASTER_SEARCH_LIVE", "true")
	s := startSystem(t, "enrich", "index", "release", "search")
	b := s.bus()
	f := s.listen("bridge")
	heard := []string{"ready"}
	s.awaitHeard(f, heard...)
	send := func(id string, n int, status article.Status, change func(a *article.Article)) {
		t.Helper()
		a := version(t, id, n, status)
		if change != nil {
			change(&a)
			if err := a.Stamp(); err != nil {
				t.Fatal(err)
			}
		}
		s.write(b, topic.Received, event.Received, a)
	}
	hear := func(what string) time.Time {
		t.Helper()
		heard = append(heard, what)
		return s.awaitHeard(f, heard...)
	}
	send("a", 1, article.Usable, nil)
	hear("entered Bridge a closed, version 1")
	send("a", 2, article.Usable, nil)
	hear("changed Bridge a closed, version 2")
	until := time.Now().Add(2 * time.Second)
	send("b", 1, article.Usable, func(a *article.Article) { a.EmbargoUntil = until })
	if at := hear("entered Bridge b closed, version 1"); at.Before(until) {
		t.Errorf("heard %v before the end of its embargo", until.Sub(at))
	}
	send("b", 2, article.Withheld, nil)
	hear("left withheld")
	send("a", 3, article.Canceled, nil)
	hear("left canceled")
	// On a busy machine its time may be over before it goes out: then with more of it.
	for i, wait := 0, 2*time.Second; !f.has("left expired"); i, wait = i+1, 2*wait {
		id, end := fmt.Sprint("c", i), time.Now().Add(wait)
		send(id, 1, article.Usable, func(a *article.Article) { a.ExpiresAt = end })
		s.await("it enters and expires, or is too late", func() error {
			if f.has("left expired") || time.Now().After(end) && !f.has("entered Bridge "+id+" closed, version 1") {
				return nil
			}
			return errors.New("not yet")
		})
	}
}
