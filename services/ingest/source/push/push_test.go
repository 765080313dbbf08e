package push_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/ingest/document"
	"github.com/copytaster/copytaster/services/ingest/intake/intaketest"
	"github.com/copytaster/copytaster/services/ingest/source/push"
)

func way(s *intaketest.Stage, name string) push.Way {
	return push.Way{Queue: s.Queue, Count: s.Count.Of("push", name)}
}

func serve(t *testing.T, change func(*push.Config)) (*intaketest.Stage, string, context.CancelFunc) {
	t.Helper()
	s, _, url, cancel := serveLanes(t, change)
	return s, url, cancel
}

func serveLanes(t *testing.T, change func(*push.Config)) (live, bulk *intaketest.Stage, url string, stop context.CancelFunc) {
	t.Helper()
	c := push.Config{Enabled: true, Source: "push", Wait: time.Minute, Bodies: 8, BackfillBodies: 1}
	if change != nil {
		change(&c)
	}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	s, bulk := intaketest.Start(t), intaketest.StartLane(t, topic.Bulk)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	mux := http.NewServeMux()
	mux.Handle("POST "+push.Path, push.New(ctx, c, way(s, "push"), way(bulk, "bulk"), zerolog.Nop()))
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return s, bulk, srv.URL + push.Path, cancel
}

type reply struct {
	status   int
	header   http.Header
	Articles []push.Accepted
	Lane     topic.Lane
	Status   int
	Detail   string
	Reason   string
	Place    string
	Field    string
	Errors   []push.Fault
	Parts    int
	Skip     int
}

func post(t *testing.T, url string, body io.Reader, headers ...string) reply {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, url, body)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	r := reply{status: res.StatusCode, header: res.Header}
	if err := json.NewDecoder(res.Body).Decode(&r); err != nil {
		t.Fatal(err)
	}
	if r.status != http.StatusAccepted && (res.Header.Get("Content-Type") != "application/problem+json" || r.Status != r.status || r.Detail == "") {
		t.Errorf("%d with a body that is no problem: %+v", r.status, r)
	}
	return r
}

func packed(s string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = io.WriteString(z, s)
	_ = z.Close()
	return b.Bytes()
}

func TestAccepted(t *testing.T) {
	s, url, _ := serve(t, nil)
	r := post(t, url+"?source=site-3&published_at=2024-04-20T08:00:00%2B02:00&url=https://site.example/a%3Futm_source=x", strings.NewReader("Some text."), "Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	if r.status != http.StatusAccepted || len(r.Articles) != 1 {
		t.Fatalf("%+v", r)
	}
	a := s.Articles()[0]
	if a.URI != r.Articles[0].URI || a.Revision != r.Articles[0].Revision || a.URI != "https://site.example/a" || a.Source != "site-3" ||
		a.PublishedAt.Format(time.RFC3339) != "2024-04-20T06:00:00Z" || !strings.HasPrefix(a.Traceparent, "00-0af7651916cd43dd8448eb211c80319c") {
		t.Errorf("%+v", a)
	}
	r = post(t, url, bytes.NewReader(packed("Packed text.")), "Content-Encoding", "gzip", "Copytaster-Source", "site-4", "Copytaster-Published-At", "2024-04-20T06:00:00Z")
	if r.status != http.StatusAccepted {
		t.Fatalf("%+v", r)
	}
	if a := s.Articles()[1]; a.Text != "Packed text." || a.Source != "site-4" || a.PublishedAt.IsZero() {
		t.Errorf("%+v", a)
	}
	var b strings.Builder
	for i := range 20 {
		fmt.Fprintf(&b, "<item><guid>https://x.example/%d</guid><title>T%d</title></item>", i, i)
	}
	r = post(t, url, strings.NewReader("<rss><channel>"+b.String()+"</channel></rss>"))
	if len(r.Articles) != 20 || r.Articles[7].URI != "https://x.example/7" {
		t.Errorf("%+v", r)
	}
	r = post(t, url, strings.NewReader("<rss><channel></channel></rss>"))
	if r.status != http.StatusAccepted || len(r.Articles) != 0 {
		t.Errorf("a feed without items: %+v", r)
	}
}

func TestRefused(t *testing.T) {
	s, url, _ := serve(t, nil)
	big := strings.Repeat("x ", document.MaxBytes/2+10)
	for _, c := range []struct {
		name, query string
		body        string
		headers     []string
		status      int
		says        string
	}{
		{"empty", "", "", nil, 400, "empty"},
		{"binary", "", "a\x00b", nil, 415, "NUL"},
		{"unknown", "", `{"a":1}`, nil, 415, "JSON"},
		{"wrong charset", "", "f\xfcr", []string{"Content-Type", "text/plain; charset=x-klingon"}, 415, "x-klingon"},
		{"too large", "", big, nil, 413, "16777216"},
		{"too large for one article", "", big[:document.MaxSingle+1], nil, 413, "3145728"},
		{"100 MB packed into little", "", string(packed(strings.Repeat("x", 100<<20))), []string{"Content-Encoding", "gzip"}, 413, "unpacked"},
		{"truncated gzip", "", string(packed(strings.Repeat("some text ", 1000))[:40]), []string{"Content-Encoding", "gzip"}, 400, "breaks off"},
		{"no gzip", "", "text", []string{"Content-Encoding", "gzip"}, 400, "breaks off"},
		{"no gzip, longer", "", "text that is long enough for a header", []string{"Content-Encoding", "gzip"}, 400, "gzip"},
		{"other encoding", "", "text", []string{"Content-Encoding", "br"}, 415, `"br"`},
		{"deep", "", "<html>" + strings.Repeat("<div>", 100_000), nil, 422, "deeper"},
		{"broken JSON Feed", "", "{\"version\":\"https://jsonfeed.org/version/1\",\n\"items\":[}", nil, 400, "line 2"},
		{"bad source", "?source=a/b", "text", nil, 400, "source"},
		{"bad provider", "?provider=%20", "text", nil, 400, "provider"},
		{"bad url", "?url=ftp://x.example", "text", nil, 400, "url"},
		{"bad date", "?published_at=yesterday", "text", nil, 400, "published_at"},
		{"bad format", "?format=docx", "text", nil, 400, "docx"},
		{"bad skip", "?skip=-1", "text", nil, 400, "skip"},
		{"skip that is no number", "?skip=x", "text", nil, 400, "skip"},
		{"nothing left", "?skip=1", "text", nil, 400, "the body has 1 parts"},
		{"misspelt parameter", "?sorce=x", "text", nil, 400, "sorce"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := post(t, url+c.query, strings.NewReader(c.body), c.headers...)
			if r.status != c.status || !strings.Contains(r.Detail, c.says) {
				t.Errorf("%+v, want %d saying %q", r, c.status, c.says)
			}
		})
	}
	if n := len(s.Articles()); n != 0 {
		t.Errorf("%d articles", n)
	}
	// The sender keeps what was refused: no dead letters.
	if n := len(s.Dead()); n != 0 {
		t.Errorf("%d dead letters", n)
	}
	if r := post(t, url, strings.NewReader("Good.")); r.status != http.StatusAccepted {
		t.Errorf("the service doesn't live: %+v", r)
	}
}

func TestPartlyRefused(t *testing.T) {
	s, url, _ := serve(t, nil)
	r := post(t, url, strings.NewReader("<rss><channel><item><title>a</title></item><item><guid>1</guid></item><item><title>c</title></item></channel></rss>"))
	if r.status != 422 || len(r.Articles) != 2 || len(r.Errors) != 1 || r.Errors[0].Part != "item 2" || r.Errors[0].Reason != "empty" {
		t.Errorf("%+v", r)
	}
	if n := len(s.Articles()); n != 2 {
		t.Errorf("%d articles", n)
	}
}

func TestToken(t *testing.T) {
	_, url, _ := serve(t, func(c *push.Config) { c.Token = "secret" })
	for _, h := range []string{"", "Bearer wrong", "Basic secret", "secret", "Bearer"} {
		r := post(t, url, strings.NewReader("text"), "Authorization", h)
		if r.status != http.StatusUnauthorized || r.header.Get("WWW-Authenticate") == "" {
			t.Errorf("%q: %+v", h, r)
		}
	}
	if r := post(t, url, strings.NewReader("text"), "Authorization", "bearer secret"); r.status != http.StatusAccepted {
		t.Errorf("%+v", r)
	}
}

// The token in a file can be changed while the service runs; while it can't be
// read nobody gets in.
func TestTokenFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	set := func(token string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(token), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	set("first\n")
	_, url, _ := serve(t, func(c *push.Config) { c.TokenFile = file })
	try := func(token string, want int) reply {
		t.Helper()
		r := post(t, url, strings.NewReader("text of "+token), "Authorization", "Bearer "+token)
		if r.status != want {
			t.Errorf("with %q: %+v, want %d", token, r, want)
		}
		return r
	}
	try("first", http.StatusAccepted)
	try("second", http.StatusUnauthorized)
	set("second")
	try("first", http.StatusUnauthorized)
	try("second", http.StatusAccepted)
	set("\n")
	try("", http.StatusServiceUnavailable)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if r := try("second", http.StatusServiceUnavailable); strings.Contains(r.Detail, file) || r.header.Get("Retry-After") == "" {
		t.Errorf("%+v", r)
	}
}

func TestGuarded(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		config push.Config
		addr   string
		want   string // "": it may start
	}{
		{push.Config{}, "127.0.0.1:8801", ""},
		{push.Config{}, "[::1]:8801", ""},
		{push.Config{}, "[::ffff:127.0.0.1]:8801", ""},
		{push.Config{}, "0.0.0.0:8080", "push-token-file"},
		{push.Config{}, "[::]:8080", "push-token-file"},
		{push.Config{}, "192.0.2.1:8080", "push-token-file"},
		{push.Config{}, "ingest.example:8080", "push-open"},
		{push.Config{}, "", "no-push-enabled"},
		{push.Config{Open: true}, "[::]:8080", ""},
		{push.Config{Token: "hunter2"}, "[::]:8080", ""},
		{push.Config{TokenFile: empty}, "127.0.0.1:8801", "COPYTASTER_PUSH_TOKEN_FILE): " + empty + ": it is empty"},
		{push.Config{TokenFile: empty + ".none"}, "[::]:8080", "COPYTASTER_PUSH_TOKEN_FILE): open"},
		{push.Config{Token: "hunter2\n"}, "[::]:8080", "COPYTASTER_PUSH_TOKEN): it is not one line"},
	} {
		err := c.config.Guarded(c.addr)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%+v at %q: %v, want %q", c.config, c.addr, err, c.want)
		}
		if shown := fmt.Sprintf("%+v %v", c.config, err); strings.Contains(shown, "hunter2") {
			t.Errorf("the token is shown: %s", shown)
		}
	}
}

// TestNeverAcceptedBeforeItIsSafe: while nothing can be written there is no
// 202, but 503, soon and with a time to come back.
func TestNeverAcceptedBeforeItIsSafe(t *testing.T) {
	s, url, _ := serve(t, func(c *push.Config) { c.Wait, c.Bodies = 100*time.Millisecond, 2 })
	unblock := s.Block()
	for range 12 {
		r := post(t, url, strings.NewReader("text"))
		if r.status != http.StatusServiceUnavailable || r.header.Get("Retry-After") == "" {
			t.Fatalf("%+v", r)
		}
	}
	unblock()
	intaketest.Await(t, "articles are taken again", func() bool {
		return post(t, url, strings.NewReader("other text")).status == http.StatusAccepted
	})
}

// TestSlowFeedComesToItsEnd: a feed that takes longer than a request may is
// answered with how far it is, and comes to its end from there. Where the machine
// is so busy that it doesn't come that far, it is given longer.
func TestSlowFeedComesToItsEnd(t *testing.T) {
	const longest = 40 * time.Second
	for wait := 3 * time.Second; !slowFeed(t, wait, wait < longest); wait = min(3*wait, longest) {
		t.Logf("%v were too short", wait)
	}
}

// slowFeed gives a request that long; false if that was too short, and may be.
func slowFeed(t *testing.T, wait time.Duration, mayBeShort bool) bool {
	t.Helper()
	const items, bad, slow = 12, 2, 5
	_, bulk, url, _ := serveLanes(t, func(c *push.Config) { c.Wait = wait })
	var feed strings.Builder
	feed.WriteString("<rss><channel>")
	uri := func(i int) article.URI { return article.URI(fmt.Sprintf("https://x.example/%d", i)) }
	for i := range items {
		if i == bad {
			feed.WriteString("<item></item>")
			continue
		}
		fmt.Fprintf(&feed, "<item><guid>%s</guid><title>T%d</title></item>", uri(i), i)
	}
	feed.WriteString("</channel></rss>")
	send := func(skip int) reply {
		t.Helper()
		return post(t, fmt.Sprintf("%s?lane=bulk&skip=%d", url, skip), strings.NewReader(feed.String()))
	}
	unblock := bulk.BlockIf(func(a article.Article) bool {
		for i := slow; i < items; i++ {
			if a.URI == uri(i) {
				return true
			}
		}
		return false
	})
	defer unblock()
	r := send(0)
	if mayBeShort && r.status == http.StatusServiceUnavailable && r.Skip < slow {
		return false
	}
	if r.status != http.StatusServiceUnavailable || r.header.Get("Retry-After") == "" || r.Skip != slow || r.Parts != items ||
		!strings.Contains(r.Detail, fmt.Sprintf("send the same body again with skip=%d", r.Skip)) || r.Lane != topic.Bulk {
		t.Fatalf("%+v", r)
	}
	unblock()
	was := 0
	for r.status == http.StatusServiceUnavailable {
		was = r.Skip
		if r = send(was); r.status == http.StatusServiceUnavailable && r.Skip < was {
			t.Fatalf("it went back from %d to %d", was, r.Skip)
		}
	}
	if r.status != http.StatusAccepted || len(r.Articles) != items-was {
		t.Errorf("%+v", r)
	}
	seen := map[article.URI]bool{}
	for _, a := range bulk.Articles() {
		seen[a.URI] = true
	}
	if len(seen) != items-1 {
		t.Errorf("%d of %d articles are safe", len(seen), items-1)
	}
	return true
}

// TestSentAgain: the same input has the same URI, and the same revision if it
// says when it was made or is known by its text alone; else the later attempt is
// the newer revision.
func TestSentAgain(t *testing.T) {
	_, url, _ := serve(t, nil)
	for what, c := range map[string]struct {
		body string
		same bool
	}{
		"with a date": {`<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>urn:x:1</id><title>T</title><updated>2024-04-20T06:00:00Z</updated></entry></feed>`, true},
		"text":        {"Some text.", true},
		"id, no date": {`<rss><channel><item><guid>https://x.example/1</guid><title>T</title></item></channel></rss>`, false},
	} {
		one := post(t, url, strings.NewReader(c.body))
		answered := time.Now()
		var two reply
		intaketest.Await(t, what+": another second", func() bool {
			sent := time.Now()
			two = post(t, url, strings.NewReader(c.body))
			return sent.Sub(answered) > 1500*time.Millisecond
		})
		a, b := one.Articles[0], two.Articles[0]
		if a.URI != b.URI || c.same && a.Revision != b.Revision || !c.same && a.Revision >= b.Revision {
			t.Errorf("%s: %+v, then %+v", what, a, b)
		}
	}
}

func TestAtMostSoManyAtOnce(t *testing.T) {
	s, url, _ := serve(t, func(c *push.Config) { c.Bodies = 1 })
	unblock := s.Block()
	defer unblock()
	first := make(chan int, 1)
	r, w := io.Pipe()
	go func() {
		res, err := http.Post(url, "text/plain", r)
		if err != nil {
			first <- 0
			return
		}
		defer res.Body.Close()
		first <- res.StatusCode
	}()
	if _, err := w.Write([]byte("half")); err != nil {
		t.Fatal(err)
	}
	intaketest.Await(t, "the second is turned away", func() bool {
		return post(t, url+"?source=a/b", strings.NewReader("x")).status == http.StatusServiceUnavailable
	})
	unblock()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got := <-first; got != http.StatusAccepted {
		t.Errorf("the first got %d", got)
	}
}

// TestLanes: what is sent as a back-fill goes its own way, whatever happens to
// the other one.
func TestLanes(t *testing.T) {
	live, bulk, url, _ := serveLanes(t, nil)
	if r := post(t, url+"?lane=bulk", strings.NewReader("Old.")); r.status != http.StatusAccepted || r.Lane != topic.Bulk || len(r.Articles) != 1 {
		t.Errorf("%+v", r)
	}
	if r := post(t, url, strings.NewReader("Older."), "Copytaster-Lane", "bulk"); r.status != http.StatusAccepted || r.Lane != topic.Bulk {
		t.Errorf("%+v", r)
	}
	for _, query := range []string{"", "?lane=live"} {
		if r := post(t, url+query, strings.NewReader("New."+query)); r.status != http.StatusAccepted || r.Lane != topic.Live {
			t.Errorf("%s: %+v", query, r)
		}
	}
	if len(live.Articles()) != 2 || len(bulk.Articles()) != 2 || bulk.Articles()[0].Text != "Old." {
		t.Errorf("live %+v, bulk %+v", live.Articles(), bulk.Articles())
	}
	for _, query := range []string{"?lane=fast", "?lane=both", "?lane=BULK"} {
		if r := post(t, url+query, strings.NewReader("x")); r.status != http.StatusBadRequest || r.Field != "lane" {
			t.Errorf("%s: %+v", query, r)
		}
	}
	r := post(t, url+"?lane=bulk", strings.NewReader("<rss><channel><item><title>Good</title></item><item></item></channel></rss>"))
	if r.status != http.StatusUnprocessableEntity || len(r.Articles) != 1 || r.Lane != topic.Bulk {
		t.Errorf("partly refused: %+v", r)
	}
}

// TestBackfillTakesNoPlace: back-fills that wait for their verdict leave live
// copy its places, and those who send more are told to come back.
func TestBackfillTakesNoPlace(t *testing.T) {
	_, bulk, url, _ := serveLanes(t, func(c *push.Config) { c.Bodies = 1 })
	unblock := bulk.Block()
	defer unblock()
	first := make(chan int, 1)
	go func() {
		res, err := http.Post(url+"?lane=bulk", "text/plain", strings.NewReader("Old."))
		if err != nil {
			first <- 0
			return
		}
		defer res.Body.Close()
		first <- res.StatusCode
	}()
	intaketest.Await(t, "the second back-fill is turned away", func() bool {
		return post(t, url+"?lane=bulk&source=a/b", strings.NewReader("x")).status == http.StatusServiceUnavailable
	})
	if r := post(t, url, strings.NewReader("New.")); r.status != http.StatusAccepted {
		t.Errorf("live copy beside it: %+v", r)
	}
	unblock()
	if got := <-first; got != http.StatusAccepted {
		t.Errorf("the first got %d", got)
	}
}

func TestStopping(t *testing.T) {
	_, url, cancel := serve(t, nil)
	cancel()
	if r := post(t, url, strings.NewReader("text")); r.status != http.StatusServiceUnavailable || r.header.Get("Retry-After") == "" {
		t.Errorf("%+v", r)
	}
}

// TestStopWhileWaiting: who waits when the stage ends without a verdict is told
// so, not left alone.
func TestStopWhileWaiting(t *testing.T) {
	s, url, _ := serve(t, nil)
	defer s.Block()()
	got := make(chan int, 1)
	go func() {
		res, err := http.Post(url, "text/plain", strings.NewReader("text"))
		if err != nil {
			got <- 0
			return
		}
		defer res.Body.Close()
		got <- res.StatusCode
	}()
	intaketest.Await(t, "the second is turned away for now", func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader("more"))
		if err != nil {
			t.Fatal(err)
		}
		_, err = http.DefaultClient.Do(req) // and goes away
		return err != nil
	})
	s.Stop()
	if status := <-got; status != http.StatusServiceUnavailable {
		t.Errorf("status %d", status)
	}
}

func TestConfig(t *testing.T) {
	good := push.Config{Enabled: true, Source: "push", Wait: time.Second, Bodies: 1, BackfillBodies: 1}
	for says, change := range map[string]func(*push.Config){
		"push-source":          func(c *push.Config) { c.Source = "" },
		"push-wait":            func(c *push.Config) { c.Wait = time.Hour },
		"push-bodies":          func(c *push.Config) { c.Bodies = 0 },
		"push-backfill-bodies": func(c *push.Config) { c.BackfillBodies = 0 },
	} {
		c := good
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v doesn't name %s", err, says)
		}
	}
}
