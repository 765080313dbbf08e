package poll_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/services/ingest/intake/intaketest"
	"github.com/copytaster/copytaster/services/ingest/source/poll"
)

// site is a publisher whose feed the test writes.
type site struct {
	*httptest.Server
	mu       sync.Mutex
	items    []string
	status   int
	header   map[string]string
	fetches  int
	modified int // answers that held a feed
	agent    string
	atom     bool // else RSS
}

func publish(t *testing.T, items ...string) *site {
	t.Helper()
	s := &site{items: items, header: map[string]string{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.fetches++
		s.agent = r.UserAgent()
		for k, v := range s.header {
			w.Header().Set(k, v)
		}
		body := "<rss><channel><title>T</title>" + strings.Join(s.items, "\n") + "</channel></rss>"
		if s.atom {
			body = `<feed xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0"><title>T</title>` + strings.Join(s.items, "\n") + "</feed>"
		}
		tag := fmt.Sprintf(`"%x"`, len(body)*31+len(s.items))
		w.Header().Set("ETag", tag)
		switch {
		case s.status != 0:
			w.WriteHeader(s.status)
		case r.Header.Get("If-None-Match") == tag:
			w.WriteHeader(http.StatusNotModified)
		default:
			s.modified++
			fmt.Fprint(w, body)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *site) set(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *site) counts() (fetches, modified int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fetches, s.modified
}

func start(t *testing.T, url string, state poll.State, private bool) (*intaketest.Stage, func()) {
	t.Helper()
	s := intaketest.Start(t)
	return s, startOn(t, s, url, state, private)
}

// startOn polls for a stage that runs already.
func startOn(t *testing.T, s *intaketest.Stage, url string, state poll.State, private bool) (stop func()) {
	t.Helper()
	c := poll.Config{Feeds: map[string]string{"site-1": url}, Interval: time.Second, Contact: "https://desk.example/bot"}
	if private {
		c.AllowPrivate = []string{"site-1"}
	}
	return startWith(t, s, c, state)
}

func startWith(t *testing.T, s *intaketest.Stage, c poll.Config, state poll.State) (stop func()) {
	t.Helper()
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	p, err := poll.New(c, "v1", s.Queue, state, s.Count, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := p.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	stop = sync.OnceFunc(func() { cancel(); s.Stop(); <-ended })
	t.Cleanup(stop)
	return stop
}

func item(id, title string) string {
	return fmt.Sprintf("<item><guid isPermaLink='false'>%s</guid><title>%s</title></item>", id, title)
}

func TestSendsWhatIsNewOrEdited(t *testing.T) {
	web := publish(t, item("1", "One"), item("2", "Two"), "<item><guid>broken</guid></item>", item("twice", "A"), item("twice", "B"))
	state := &poll.Memory{}
	s, stop := start(t, web.URL, state, true)
	intaketest.Await(t, "the good items are safe, the broken one a dead letter", func() bool { return len(s.Articles()) == 4 && len(s.Dead()) == 1 })
	intaketest.Await(t, "it was asked conditionally", func() bool { f, m := web.counts(); return f >= 2 && m == 1 })
	web.set(func() { web.items[1] = item("2", "Two, edited") })
	intaketest.Await(t, "the edit came", func() bool { return len(s.Articles()) == 5 })
	if as := s.Articles(); as[4].First("headline") != "Two, edited" || as[4].Source != "site-1" {
		t.Errorf("%+v", as[4])
	}
	intaketest.Await(t, "it was asked again", func() bool { f, m := web.counts(); return f >= 4 && m == 2 })
	if n, d := len(s.Articles()), len(s.Dead()); n != 5 || d != 1 {
		t.Errorf("%d articles and %d dead letters: unchanged items were sent again", n, d)
	}
	web.set(func() {
		if web.agent != "Copytaster/v1 (+https://desk.example/bot)" {
			t.Error(web.agent)
		}
	})
	stop()
	// After a restart the state still holds.
	web.set(func() { web.items = append(web.items, item("3", "Three")) })
	s, _ = start(t, web.URL, state, true)
	intaketest.Await(t, "the new item came", func() bool { return len(s.Articles()) > 0 })
	if as := s.Articles(); len(as) != 1 || as[0].First("headline") != "Three" {
		t.Errorf("%d articles after the restart", len(as))
	}
}

// TestStateOnlyAfterSafety: what was fetched and not safe comes again.
func TestStateOnlyAfterSafety(t *testing.T) {
	web := publish(t, item("1", "One"))
	state := &poll.Memory{}
	s := intaketest.Start(t)
	s.Block()
	stop := startOn(t, s, web.URL, state, true)
	intaketest.Await(t, "it is fetched", func() bool { _, m := web.counts(); return m > 0 })
	stop()
	if n := len(s.Articles()); n != 0 {
		t.Fatalf("%d articles are safe", n)
	}
	s, _ = start(t, web.URL, state, true)
	intaketest.Await(t, "it is safe", func() bool { return len(s.Articles()) == 1 })
}

func TestPrivateAddressesAreRefused(t *testing.T) {
	web := publish(t, item("1", "One"))
	s := intaketest.Start(t)
	outer := publish(t)
	outer.Config.Handler = http.RedirectHandler("http://localhost:"+web.URL[strings.LastIndex(web.URL, ":")+1:], http.StatusFound)
	for name, c := range map[string]poll.Config{
		"direct": {Feeds: map[string]string{"a": web.URL}},
		"name":   {Feeds: map[string]string{"a": strings.Replace(web.URL, "127.0.0.1", "localhost", 1)}},
		// Allowed on its own host, not where it redirects to.
		"redirect": {Feeds: map[string]string{"a": outer.URL}, AllowPrivate: []string{"a"}},
	} {
		c.Interval = time.Second
		var log syncBuffer
		p, err := poll.New(c, "v1", s.Queue, &poll.Memory{}, s.Count, zerolog.New(&log))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			if err := p.Run(ctx); err != nil {
				t.Error(err)
			}
		}()
		intaketest.Await(t, name+" is refused", func() bool { return strings.Contains(log.String(), "not public") })
		cancel()
		<-ended
	}
	if f, _ := web.counts(); f != 0 {
		t.Errorf("it was asked %d times", f)
	}
}

// overtaken is a state that another process took over.
type overtaken struct{ poll.Memory }

var errOvertaken = errors.New("overtaken")

func (*overtaken) Put(context.Context, string, []byte) error { return stage.Fatal(errOvertaken) }

// TestOvertakenEndsAllFeeds: else each poll would send the same items again.
func TestOvertakenEndsAllFeeds(t *testing.T) {
	web, quiet := publish(t, item("1", "One")), publish(t)
	s := intaketest.Start(t)
	c := poll.Config{Feeds: map[string]string{"a": web.URL, "b": quiet.URL}, AllowPrivate: []string{"a", "b"}, Interval: time.Second}
	quiet.set(func() { quiet.status = http.StatusNotModified })
	p, err := poll.New(c, "v1", s.Queue, &overtaken{}, s.Count, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- p.Run(t.Context()) }()
	select {
	case err := <-ended:
		if !errors.Is(err, errOvertaken) || !stage.IsFatal(err) {
			t.Errorf("it ended with %v", err)
		}
	case <-time.After(time.Minute):
		t.Fatal("it polls on")
	}
	if n := len(s.Articles()); n != 1 {
		t.Errorf("%d articles were sent", n)
	}
}

type syncBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func TestGoneIsNotAskedAgainAndErrorsAreBorne(t *testing.T) {
	web := publish(t, item("1", "One"))
	web.status = http.StatusInternalServerError
	s, _ := start(t, web.URL, &poll.Memory{}, true)
	intaketest.Await(t, "it failed", func() bool { f, _ := web.counts(); return f > 0 })
	web.set(func() { web.status = 0 })
	intaketest.Await(t, "it recovers by itself", func() bool { return len(s.Articles()) == 1 })
	before := 0
	web.set(func() { web.status, before = http.StatusGone, web.fetches })
	intaketest.Await(t, "it is gone", func() bool { f, _ := web.counts(); return f > before })
	select {
	case <-time.After(2500 * time.Millisecond): // two intervals
	case <-t.Context().Done():
	}
	if f, _ := web.counts(); f != before+1 {
		t.Errorf("asked %d times after it was gone", f-before-1)
	}
}

// An entry that a feed deletes withholds its article, and kills it if the feed is
// set to; it is sent once, like any other item.
func TestDeletedEntries(t *testing.T) {
	for deleted, want := range map[string]article.Status{"": article.Withheld, "withhold": article.Withheld, "kill": article.Canceled} {
		t.Run("set to "+deleted, func(t *testing.T) {
			web := publish(t, "<entry><id>1</id><title>One</title><updated>2024-05-03T08:00:00Z</updated></entry>")
			web.atom = true
			file := filepath.Join(t.TempDir(), "feeds.json")
			if err := os.WriteFile(file, fmt.Appendf(nil, `[{"name":"site-1","url":%q,"allow_private":true,"deleted":%q}]`, web.URL, deleted), 0o600); err != nil {
				t.Fatal(err)
			}
			s := intaketest.Start(t)
			startWith(t, s, poll.Config{File: file, Interval: time.Second, Contact: "https://desk.example/bot"}, &poll.Memory{})
			intaketest.Await(t, "the entry came", func() bool { return len(s.Articles()) == 1 })
			web.set(func() { web.items = []string{`<at:deleted-entry ref="1" when="2024-05-03T09:00:00Z"/>`} })
			intaketest.Await(t, "it is deleted", func() bool { return len(s.Articles()) == 2 })
			as := s.Articles()
			if as[1].URI != as[0].URI || as[1].Status != want || as[1].Revision <= as[0].Revision {
				t.Errorf("%+v after %+v", as[1], as[0])
			}
			f, _ := web.counts()
			intaketest.Await(t, "it was asked again", func() bool { n, _ := web.counts(); return n >= f+2 })
			if n := len(s.Articles()); n != 2 {
				t.Errorf("%d articles", n)
			}
		})
	}
}

func TestConfig(t *testing.T) {
	file := filepath.Join(t.TempDir(), "feeds.json")
	write := func(s string) {
		if err := os.WriteFile(file, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`[{"name":"b","url":"https://b.example/f","interval":"90s","allow_private":true},{"name":"c","url":"https://c.example/f"}]`)
	c := poll.Config{Feeds: map[string]string{"a": "https://a.example/f"}, File: file, Interval: time.Minute, AllowPrivate: []string{"c"}}
	feeds, err := c.List()
	if err != nil || len(feeds) != 3 || time.Duration(feeds[1].Interval) != 90*time.Second || !feeds[1].AllowPrivate || !feeds[2].AllowPrivate ||
		feeds[0].AllowPrivate || time.Duration(feeds[0].Interval) != time.Minute {
		t.Errorf("%+v, %v", feeds, err)
	}
	for _, bad := range []struct {
		feeds map[string]string
		file  string
		says  string
	}{
		{map[string]string{"a b": "https://a.example"}, "", "a b"},
		{map[string]string{"a": "file:///etc/passwd"}, "", "http"},
		{nil, `[{"name":"x"}]`, "url"},
		{nil, `[{"name":"x","url":"http://x.example","intervall":"1m"}]`, "intervall"},
		{nil, `{`, "feeds.json"},
		{map[string]string{"x": "http://x.example"}, `[{"name":"x","url":"http://x.example"}]`, "twice"},
		{nil, `[{"name":"x","url":"http://x.example","interval":"1ms"}]`, "interval"},
		{nil, `[{"name":"x","url":"http://x.example","deleted":"drop"}]`, "withhold or kill"},
	} {
		c := poll.Config{Feeds: bad.feeds, Interval: time.Minute}
		if bad.file != "" {
			write(bad.file)
			c.File = file
		}
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), bad.says) {
			t.Errorf("%v doesn't say %q", err, bad.says)
		}
	}
	if err := (poll.Config{Interval: time.Minute, AllowPrivate: []string{"nobody"}}).Validate(); err == nil {
		t.Error("a feed that doesn't exist is allowed to be private")
	}
}
