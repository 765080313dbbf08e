package search_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/localtest"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/search"
	"github.com/copytaster/copytaster/services/search/live"
	"github.com/copytaster/copytaster/services/search/live/livetest"
)

// follow lets the service have live feeds.
func follow(c search.Config, brokers []string) search.Config {
	c.SearchLive, c.Bus.KafkaBrokers = true, brokers
	c.SearchLiveFeeds, c.SearchLiveFeedsOfReader, c.SearchLiveKnown = 2000, 2000, 24*time.Hour
	return c
}

// wire is the real topic of what goes out, in the newsroom's namespace.
type wire struct {
	tb      testing.TB
	config  search.Config
	bus     *bus.Bus
	forward *bus.Forward
}

// wire makes the topic. The newsroom's own service doesn't follow it.
func (n *newsroom) wire() *wire {
	n.tb.Helper()
	c := follow(search.Config{
		Elasticsearch: n.elastic(), SearchTimeout: search.MaxTimeout, SearchRelatedTimeout: search.MaxTimeout, SearchZone: "UTC",
	}, localtest.Kafka(n.tb))
	c.Bus.Namespace = string(n.names)
	b, err := bus.Connect(c.Bus, zerolog.Nop())
	if err != nil {
		n.tb.Fatal(err)
	}
	w := &wire{n.tb, c, b, b.Forward()}
	n.tb.Cleanup(func() {
		_ = w.forward.Close()
		b.Close()
	})
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := b.EnsureTopics(ctx, topic.Released); err != nil {
		n.tb.Fatal(err)
	}
	return w
}

// serve runs a service that follows it, and gives its base once feeds can be opened.
func (w *wire) serve(tb testing.TB, change func(c *search.Config)) string {
	tb.Helper()
	c := w.config
	if change != nil {
		change(&c)
	}
	base := serve(tb, c)
	await(tb, "there are live feeds", func() bool { return get(tb, base+"/v1/live?life=0").status == http.StatusOK })
	return base
}

func (w *wire) write(as ...*article.Article) {
	w.tb.Helper()
	for _, a := range as {
		m, err := livetest.Message(a)
		if err != nil {
			w.tb.Fatal(err)
		}
		if err := w.forward.Write(context.Background(), topic.Released, m); err != nil {
			w.tb.Fatal(err)
		}
	}
}

// listener hears a live feed.
type listener struct {
	tb     testing.TB
	events chan heard
	leave  func()
}

// heard is an event as it came.
type heard struct {
	event, id, data, retry string
	at                     time.Time
}

func listen(tb testing.TB, address string, header ...string) *listener {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		tb.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		tb.Fatal(err)
	}
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/event-stream" {
		tb.Fatalf("%s: %s, %s", address, res.Status, res.Header.Get("Content-Type"))
	}
	l := &listener{tb: tb, events: make(chan heard, 1100)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(l.events)
		defer res.Body.Close()
		s := bufio.NewScanner(res.Body)
		s.Buffer(nil, 1<<20)
		var h heard
		for s.Scan() {
			name, value, _ := strings.Cut(s.Text(), ": ")
			switch name {
			case "event":
				h.event = value
			case "id":
				h.id = value
			case "data":
				h.data = value
			case "retry":
				h.retry = value
			case "":
				h.at = time.Now()
				l.events <- h
				h = heard{}
			}
		}
	}()
	l.leave = func() {
		cancel()
		<-done
	}
	tb.Cleanup(l.leave)
	return l
}

// next is the next event that isn't a heartbeat. It must be one of those, as the document
// says.
func (l *listener) next(want ...live.Kind) heard {
	l.tb.Helper()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for {
		select {
		case h, ok := <-l.events:
			if !ok {
				l.tb.Fatalf("the feed ended, want %q", want)
			}
			if h.event == string(live.Beat) {
				continue
			}
			documented(l.tb, h)
			if !slices.Contains(want, live.Kind(h.event)) {
				l.tb.Fatalf("heard %+v, want %q", h, want)
			}
			return h
		case <-limit.C:
			l.tb.Fatalf("waited in vain for %q", want)
		}
	}
}

// documented holds an event to the OpenAPI document.
func documented(tb testing.TB, h heard) {
	tb.Helper()
	c, err := theContract()
	if err != nil {
		tb.Fatal(err)
	}
	schema, err := c.schema("components", "schemas", "LiveEvent")
	if err != nil {
		tb.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(fmt.Sprintf(`{"event":%q,"data":%s}`, h.event, h.data)))
	if err == nil {
		err = schema.Validate(v)
	}
	if err != nil {
		tb.Errorf("the event %+v is not as the OpenAPI document says: %v", h, err)
	}
}

// TestLive follows the real topic: an article comes as searches show it, changes and
// leaves; who comes back hears what was missed.
func TestLive(t *testing.T) {
	n := open(t)
	w := n.wire()
	first := told("one", "Quxlive")
	expiry := time.Now().UTC().Truncate(time.Second).Add(24 * time.Hour)
	first.headline, first.urgency, first.flags, first.expiry = "Soldiers left Niger", 3, []string{"correction"}, expiry
	a := n.index(first)[0]
	base := w.serve(t, nil)
	l := listen(t, base+"/v1/live?"+query("q", `headline:soldier said:"words of" topic:16000000`, "agency", "Quxlive agency"))
	if h := l.next(live.Ready); h.id == "" || h.retry == "" {
		t.Errorf("the first event is %+v", h)
	}
	w.write(a)
	h := l.next(live.Entered)
	var searched struct {
		Hits []map[string]any `json:"hits"`
	}
	r := get(t, n.base+"/v1/articles?"+query("q", "headline:soldier", "sort", "time"))
	if err := json.Unmarshal([]byte(r.body), &searched); err != nil || len(searched.Hits) != 1 {
		t.Fatalf("%s: %v", r.body, err)
	}
	delete(searched.Hits[0], "highlights")
	searched.Hits[0]["status"], searched.Hits[0]["expires_at"] = "usable", expiry.Format(time.RFC3339)
	var hit map[string]any
	if err := json.Unmarshal([]byte(h.data), &hit); err != nil {
		t.Fatal(err)
	}
	if _, err := time.Parse(time.RFC3339, fmt.Sprint(hit["released_at"])); err != nil { // only a feed knows it
		t.Error(err)
	}
	delete(hit, "released_at")
	if d := cmp.Diff(searched.Hits[0], hit); d != "" {
		t.Errorf("searched (-) and live (+):\n%s", d)
	}
	second := first
	second.headline, second.created = "Soldiers stay in Niger", day.Add(time.Hour)
	w.write(second.article(t))
	cursor := l.next(live.Changed).id
	third := first
	third.headline, third.created = "Talks in Niger", day.Add(2*time.Hour)
	w.write(third.article(t))
	if h := l.next(live.Left); !strings.Contains(h.data, live.Unmatched) {
		t.Errorf("left: %s", h.data)
	}
	other := first
	other.id = "two"
	w.write(other.article(t))
	l.next(live.Entered)
	again := listen(t, base+"/v1/live?"+query("q", `headline:soldier said:"words of" topic:16000000`, "agency", "Quxlive agency"), "Last-Event-ID", cursor)
	again.next(live.Ready)
	seen := map[string]bool{}
	for range 2 { // in no order: they may be of different partitions
		seen[again.next(live.Left, live.Entered).event] = true
	}
	if len(seen) != 2 {
		t.Errorf("missed were %v", seen)
	}
}

// TestLiveGoesOn: who is sent away by an instance that stops goes on at another one.
func TestLiveGoesOn(t *testing.T) {
	n := open(t)
	w := n.wire()
	r := report{id: "a", language: "en", headline: "Niger one"}
	var l *listener
	cursor := ""
	outer := t
	t.Run("one", func(t *testing.T) {
		base := w.serve(t, nil)
		l = listen(outer, base+"/v1/live?q=niger")
		l.next(live.Ready)
		w.write(r.article(t))
		cursor = l.next(live.Entered).id
	})
	if h := l.next(live.Ended); !strings.Contains(h.data, live.Shutdown) || h.retry == "" {
		t.Errorf("when the service stopped: %+v", h)
	}
	r.status, r.created = article.Canceled, day.Add(time.Hour)
	w.write(r.article(t))
	t.Run("another", func(t *testing.T) {
		base := w.serve(t, nil)
		l := listen(t, base+"/v1/live?q=niger", "Last-Event-ID", cursor)
		l.next(live.Ready)
		if h := l.next(live.Left); !strings.Contains(h.data, live.Canceled) {
			t.Errorf("heard %+v", h)
		}
		if r := get(t, base+"/v1/live?q=chad", "Last-Event-ID", cursor); r.status != http.StatusBadRequest || !strings.Contains(r.body, "Last-Event-ID") {
			t.Errorf("another search's cursor: %d %s", r.status, r.body)
		}
	})
}

// TestLiveRefuses: there are no more feeds than there may be, and who is refused is told
// what to do. A feed that was closed makes room.
func TestLiveRefuses(t *testing.T) {
	w := open(t).wire()
	base := w.serve(t, func(c *search.Config) { c.SearchLiveFeeds, c.SearchLiveFeedsOfReader = 3, 2 })
	one, two := listen(t, base+"/v1/live"), listen(t, base+"/v1/live")
	one.next(live.Ready)
	two.next(live.Ready)
	r := get(t, base+"/v1/live")
	if r.status != http.StatusTooManyRequests || r.header.Get("Retry-After") == "" || !strings.Contains(r.body, "too-many-feeds") {
		t.Errorf("one more: %d %v %s", r.status, r.header, r.body)
	}
	one.leave()
	await(t, "a feed that was left makes room", func() bool { return get(t, base+"/v1/live?life=0").status == http.StatusOK })
	whole := w.serve(t, func(c *search.Config) { c.SearchLiveFeeds, c.SearchLiveFeedsOfReader = 1, 2 })
	listen(t, whole+"/v1/live").next(live.Ready)
	r = get(t, whole+"/v1/live")
	if r.status != http.StatusServiceUnavailable || r.header.Get("Retry-After") == "" || !strings.Contains(r.body, "unavailable") {
		t.Errorf("more than the instance has: %d %v %s", r.status, r.header, r.body)
	}
	res, err := http.Head(base + "/v1/live")
	if err != nil || res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("HEAD: %v %v", res, err)
	}
}

// TestLiveSlowClient: one that reads nothing is cut off, and keeps nobody waiting.
func TestLiveSlowClient(t *testing.T) {
	w := open(t).wire()
	base := w.serve(t, nil)
	quick := listen(t, base+"/v1/live")
	quick.next(live.Ready)
	address, err := net.ResolveTCPAddr("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.DialTCP("tcp", nil, address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetReadBuffer(4 << 10); err != nil { // the kernel reads little for it
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(conn, "GET /v1/live HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	metric := func(text string) bool { return strings.Contains(get(t, base+"/metrics").body, text) }
	await(t, "both feeds are open", func() bool { return metric(`copytaster_live_feeds{service="search"} 2`) })
	// More than its buffer holds, of events as large as what the kernel may keep for it.
	const most = 2 * live.Buffer
	long := strings.Repeat("So much was said of it. ", 2000)
	slow := func() bool { return metric(`copytaster_live_closed_total{reason="slow",service="search"} 1`) }
	for i := 0; i < most && !slow(); i++ {
		w.write(report{id: fmt.Sprint(i), language: "en", headline: fmt.Sprint(i), standfirst: long}.article(t))
		quick.next(live.Entered)
	}
	// If none of it was too much for the buffers, one event took longer than it may.
	await(t, "the slow one is cut off", slow)
	if !metric(`copytaster_live_feeds{service="search"} 1`) {
		t.Error("the slow one still counts")
	}
}

// TestLiveOfARevokedKey: who may not read any more hears no more.
func TestLiveOfARevokedKey(t *testing.T) {
	n := open(t)
	w := n.wire()
	keys := openKeyring(t, w.config.Bus)
	key, text := keys.add(access.Grant{})
	c := w.config
	c.Access = search.Access{SearchKeys: true, SearchSession: time.Hour, SearchRate: access.MaxRate, SearchRateAnonymous: access.MaxRate}
	base := serve(t, c)
	await(t, "there are live feeds for the key", func() bool {
		return get(t, base+"/v1/live?life=0", "X-API-Key", text).status == http.StatusOK
	})
	write := func(id, agency string) {
		w.write(report{id: id, language: "en", headline: id, agency: agency}.article(t))
	}
	l := listen(t, base+"/v1/live", "X-API-Key", text)
	l.next(live.Ready)
	write("one", "Quxagency")
	l.next(live.Entered)
	key.RevokedAt, key.RevokedBy = time.Now(), "test"
	keys.put(key)
	await(t, "it is known that the key is revoked", func() bool {
		return get(t, base+"/v1/articles", "X-API-Key", text).status == http.StatusUnauthorized
	})
	write("two", "Quxagency")
	if h := l.next(live.Ended); !strings.Contains(h.data, live.Barred) {
		t.Errorf("of a revoked key: %+v", h)
	}
}
