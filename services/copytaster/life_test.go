package copytaster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/release"
)

// subscriber follows a public topic as a downstream team would.
type subscriber struct {
	mu   sync.Mutex
	said map[article.URI][]outgoing
	err  error
}

// outgoing is a message of a public topic.
type outgoing struct {
	article.Article

	ruling string
	read   time.Time
}

// say is "<status> <headline>".
func (o outgoing) say() string {
	return strings.TrimSpace(string(o.Status) + " " + o.First(article.Headline))
}

// subscribe follows a topic until the test ends.
func (s *system) subscribe(name string) *subscriber {
	s.t.Helper()
	b, err := bus.Connect(bus.Config{KafkaBrokers: s.brokers, Namespace: s.namespace}, zerolog.Nop())
	if err != nil {
		s.t.Fatal(err)
	}
	s.await("the topic is set up", func() error { return b.EnsureTopics(s.t.Context(), name) })
	extents, err := b.Extents(s.t.Context(), name)
	if err != nil {
		s.t.Fatal(err)
	}
	sub := &subscriber{said: map[article.URI][]outgoing{}}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for _, e := range extents {
		wg.Go(func() {
			err := b.ReadLog(ctx, name, e.Partition, e.First, -1, sub.take)
			sub.mu.Lock()
			defer sub.mu.Unlock()
			if err != nil && ctx.Err() == nil {
				sub.err = err
			}
		})
	}
	s.t.Cleanup(func() {
		cancel()
		wg.Wait()
		b.Close()
		if sub.err != nil {
			s.t.Errorf("topic %s: %v", name, sub.err)
		}
	})
	return sub
}

func (s *subscriber) take(m stage.Message) error {
	a, err := event.Decode(m)
	if err != nil {
		return err
	}
	if n := len(a.Original.Bytes); n > 0 {
		return fmt.Errorf("%s has %d bytes of the original", a.URI, n)
	}
	if a.Status != article.Usable && (a.Text != "" || !a.EmbargoUntil.IsZero()) {
		return fmt.Errorf("the notice of %s has text or an embargo: %+v", a.URI, a)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.said[a.URI] = append(s.said[a.URI], outgoing{a, m.Header(release.HeaderRuling), time.Now()})
	return nil
}

// all is what was said of an article, in order.
func (s *subscriber) all(uri article.URI) []outgoing {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]outgoing{}, s.said[uri]...)
}

// awaitSaid waits for the public topic to have said this of the article, and
// nothing else.
func (s *system) awaitSaid(sub *subscriber, uri article.URI, want ...string) {
	s.t.Helper()
	s.await(fmt.Sprintf("%s is said %q", uri, want), func() error {
		got := []string{}
		for _, o := range sub.all(uri) {
			got = append(got, o.say())
		}
		if strings.Join(got, "; ") != strings.Join(want, "; ") {
			return fmt.Errorf("said is %q", got)
		}
		return nil
	})
}

// awaitFound waits for a search that gives these headlines.
func (s *system) awaitFound(query, want string) {
	s.t.Helper()
	s.await("search finds "+want, func() error {
		f, err := s.search(query)
		if err != nil {
			return err
		}
		var got []string
		for _, h := range f.Hits {
			got = append(got, h.Headline)
		}
		if strings.Join(got, ", ") != want {
			return fmt.Errorf("it finds %q", got)
		}
		return nil
	})
}

// get asks for an article, or for one of its revisions.
func (s *system) get(uri article.URI, revision article.Revision) (status int, body string, err error) {
	at := s.base + "/v1/articles/" + url.PathEscape(string(uri))
	if revision != 0 {
		at += "?revision=" + revision.String()
	}
	resp, err := s.client.Get(at)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	var b json.RawMessage
	err = json.NewDecoder(resp.Body).Decode(&b)
	return resp.StatusCode, string(b), err
}

func TestEditorsKillWithholdAndReinstate(t *testing.T) {
	s := startSystem(t)
	o := toolsOn(t, s)
	released, current := s.subscribe(topic.Released), s.subscribe(topic.Current)
	const id = "urn:newsml:wire.example:20240501:ferry"
	const uri = article.URI("urn:copytaster:wire:" + id)
	said := func(want ...string) {
		t.Helper()
		s.awaitSaid(released, uri, want...)
		s.awaitSaid(current, uri, want...)
	}
	s.mustPush(ninjs(id, "1", "Ferry sinks", ""), "source=wire")
	s.awaitFound("lighthouse skarra", "Ferry sinks")
	said("usable Ferry sinks")
	as := func(command string) []string {
		return []string{command, "--who", "M. Ito", "--reason", "names a minor", string(uri)}
	}

	// Nothing happens by mistake.
	o.refused(2, "missing flags: --reason=TEXT, --who=NAME", "kill", string(uri))
	o.refused(2, "--who needs 1 to 200 bytes", "kill", "--who", " ", "--reason", "x", string(uri))
	o.refused(2, "say --yes", as("kill")...)
	o.refused(1, "is neither killed nor withheld", append(as("reinstate"), "--yes")...)
	o.refused(1, "nothing was ruled about", "audit", string(uri))
	dry := o.lines(0, append(as("kill"), "--dry-run")...)
	if len(dry) != 1 || dry[0]["done"] != false || len(dry[0]["gone"].([]any)) != 3 {
		t.Errorf("dry run: %v", dry)
	}

	if out := o.must(0, append(as("kill"), "--yes")...); !strings.Contains(out, "had gone to articles.released/") || !strings.Contains(out, "kill       M. Ito: names a minor") {
		t.Errorf("kill says %s", out)
	}
	s.awaitFound("lighthouse skarra", "")
	said("usable Ferry sinks", "canceled")
	if status, body, err := s.get(uri, 0); err != nil || status != http.StatusOK || strings.Contains(body, "Ferry") || !strings.Contains(body, `"canceled"`) {
		t.Errorf("the notice: %d %s %v", status, body, err)
	}
	// The agency's own update changes nothing, and an editor's withhold neither.
	s.mustPush(ninjs(id, "2", "Ferry has sunk", ""), "source=wire")
	o.refused(1, "is killed already", append(as("withhold"), "--yes")...)
	s.await("the update is through", func() error {
		if n := s.counts()["release ok"]; n < 3 {
			return fmt.Errorf("%d released", n)
		}
		return nil
	})
	said("usable Ferry sinks", "canceled")
	s.awaitFound("lighthouse skarra", "")

	o.must(0, append(as("reinstate"), "--yes")...)
	s.awaitFound("lighthouse skarra", "Ferry has sunk")
	said("usable Ferry sinks", "canceled", "usable Ferry has sunk")
	if all := current.all(uri); all[2].ruling == "" || all[1].ruling == "" || all[0].ruling != "" {
		t.Errorf("rulings %q, %q, %q", all[0].ruling, all[1].ruling, all[2].ruling)
	}
	// What the agency sends from now on counts as ever.
	s.mustPush(ninjs(id, "3", "Ferry raised", ""), "source=wire")
	s.awaitFound("lighthouse skarra", "Ferry raised")
	o.must(0, append(as("withhold"), "--yes")...)
	s.awaitFound("lighthouse skarra", "")
	s.mustPush(ninjs(id, "4", "Ferry sails", ""), "source=wire")
	o.must(0, append(as("reinstate"), "--yes")...)
	s.awaitFound("lighthouse skarra", "Ferry sails")
	said("usable Ferry sinks", "canceled", "usable Ferry has sunk", "usable Ferry raised", "withheld", "usable Ferry sails")
	s.mustPush(fmt.Sprintf(`{"uri":%q,"pubstatus":"canceled"}`, id), "source=wire")
	s.awaitFound("lighthouse skarra", "")
	said("usable Ferry sinks", "canceled", "usable Ferry has sunk", "usable Ferry raised", "withheld", "usable Ferry sails", "canceled")

	var actions []string
	for _, l := range o.lines(0, "audit", string(uri)) {
		actions = append(actions, fmt.Sprint(l["action"], " by ", l["who"]))
		if gone, _ := l["gone"].([]any); l["action"] == "kill" && len(gone) < 3 {
			t.Errorf("the kill's audit has no places: %v", l)
		}
		if gone, _ := l["gone"].([]any); l["action"] == "canceled" && (len(gone) != 2 || !strings.Contains(fmt.Sprint(gone), topic.Released+": revision ") || l["place"] == nil) {
			t.Errorf("the agency's kill: %v", l)
		}
	}
	want := "kill by M. Ito, reinstate by M. Ito, withhold by M. Ito, reinstate by M. Ito, canceled by wire, now by <nil>"
	if got := strings.Join(actions, ", "); got != want {
		t.Errorf("audit: %s\nwant:  %s", got, want)
	}
	if out := o.must(0, "tail", topic.Audit, "--from", "beginning"); !strings.Contains(out, "names a minor") || !strings.Contains(out, `"canceled"`) {
		t.Errorf("tail of the audit: %s", out)
	}
}

// embargoed is an item that may be used from then on.
func embargoed(id, version, headline string, until time.Time) string {
	return ninjs(id, version, headline, fmt.Sprintf(`,"embargoedUntil":%q`, until.UTC().Format(time.RFC3339Nano)))
}

// An embargo holds everywhere until its moment, and ends by itself: in search,
// facets, the list of revisions and the public topics. So it does when nothing
// ran at that moment. How late it may be is asserted where the clock is a test's,
// in services/release; here it is told.
func TestEmbargoEndsByItself(t *testing.T) {
	s := startSystem(t)
	released := s.subscribe(topic.Released)
	const id, second = "urn:newsml:wire.example:20240501:budget", "urn:newsml:wire.example:20240501:vote"
	const uri, secondURI = article.URI("urn:copytaster:wire:" + id), article.URI("urn:copytaster:wire:" + second)
	hidden := func(uri article.URI, until time.Time) bool {
		t.Helper()
		asked := time.Now()
		f, err := s.search("lighthouse skarra")
		if err != nil {
			t.Fatal(err)
		}
		status, _, err := s.get(uri, 0)
		if err != nil {
			t.Fatal(err)
		}
		out := released.all(uri)
		seen := len(f.Hits) > 0 || f.Total.Value > 0 || status != http.StatusNotFound || len(out) > 0
		for _, facet := range f.Facets {
			seen = seen || len(facet.Values) > 0
		}
		if seen && time.Now().Before(until) {
			t.Fatalf("%v before its time: %d hits, article %d, public %v, facets %v", until.Sub(asked), len(f.Hits), status, out, f.Facets)
		}
		return !seen
	}
	until := time.Now().Add(6 * time.Second)
	s.mustPush(embargoed(id, "1", "Budget: early", until), "source=wire")
	s.mustPush(embargoed(id, "2", "Budget", until), "source=wire")
	s.await("it waits", func() error {
		if n := s.counts()["release ok"]; n < 2 {
			return fmt.Errorf("%d released", n)
		}
		return nil
	})
	inTime := time.Now().Before(until)
	s.awaitArticle(uri, func(a *article.Article) bool { return a.Version == "2" })
	for time.Now().Before(until) {
		hidden(uri, until)
		<-time.After(20 * time.Millisecond) // it is looked at all the time
	}
	s.awaitFound("lighthouse skarra", "Budget")
	s.await("it goes out", func() error {
		out := released.all(uri)
		if len(out) == 0 || out[len(out)-1].say() != "usable Budget" {
			return fmt.Errorf("said is %v", out)
		}
		return nil
	})
	public := released.all(uri)
	if inTime && len(public) != 1 { // else the first may have gone out before the second was there
		t.Errorf("said is %v", public)
	}
	t.Logf("released %v after its time", public[0].read.Sub(until))
	s.await("its revisions are there", func() error {
		_, body, err := s.get(uri, 0)
		if err == nil && !strings.Contains(body, "Budget: early") {
			err = errors.New(body)
		}
		return err
	})

	// Across a restart: nothing runs at its moment.
	until = time.Now().Add(5 * time.Second)
	s.mustPush(embargoed(second, "1", "Vote", until), "source=wire")
	s.awaitArticle(secondURI, nil)
	s.await("it waits", func() error {
		if n := s.counts()["release ok"]; n < 3 {
			return fmt.Errorf("%d released", n)
		}
		return nil
	})
	s.stop()
	<-time.After(time.Until(until)) // the moment that nothing ran at
	began := time.Now()
	s.start()
	up := time.Now()
	s.awaitSaid(released, secondURI, "usable Vote")
	said := released.all(secondURI)[0].read
	t.Logf("released %v after the start, %v after it was up again, %v after its time", said.Sub(began), said.Sub(up), said.Sub(until))
	s.awaitFound("lighthouse skarra vote", "Vote")
	if out := released.all(uri); len(out) != len(public) {
		t.Errorf("after the restart: %v", out)
	}
}

// A second instance takes over, the first ends, and what waits goes out once.
func TestSecondReleaseTakesOver(t *testing.T) {
	s := startSystem(t, "ingest", "enrich")
	released, current := s.subscribe(topic.Released), s.subscribe(topic.Current)
	first := s.release(t.Context())
	var uri article.URI
	var until time.Time
	// Another one with more time, where the machine is so busy that it was out before it was seen to wait.
	for wait, n := 20*time.Second, 1; ; wait, n = 2*wait, n+1 {
		id := fmt.Sprintf("urn:newsml:wire.example:20240501:census-%d", n)
		uri, until = article.URI("urn:copytaster:wire:"+id), time.Now().Add(wait)
		s.mustPush(embargoed(id, "1", "Census", until), "source=wire")
		if s.awaitPending(uri, until) {
			break
		}
		if wait > waitLimit {
			t.Fatalf("it does not wait for its time in %v", wait)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	second := s.release(ctx)
	select {
	case err := <-first:
		if err == nil || !strings.Contains(err.Error(), bus.ErrOvertaken.Error()) {
			t.Errorf("the first ended with %v", err)
		}
	case <-time.After(waitLimit):
		t.Error("the first goes on")
	}
	s.awaitSaid(released, uri, "usable Census")
	s.awaitSaid(current, uri, "usable Census")
	if early := until.Sub(current.all(uri)[0].read); early > 0 {
		t.Errorf("released %v before its time", early)
	}
	cancel()
	if err := <-second; err != nil {
		t.Error(err)
	}
}

// release runs the service alone, and gives what it ends with.
func (s *system) release(ctx context.Context) <-chan error {
	s.t.Helper()
	c, err := boot.Load(release.Service, "--namespace="+s.namespace, "--kafka-brokers="+strings.Join(s.brokers, ","))
	if err != nil {
		s.t.Fatal(err)
	}
	srv, err := boot.NewServer(boot.Config{Listen: "127.0.0.1:0"}, zerolog.Nop())
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(ctx)
	ended, closed := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(closed)
		ended <- boot.RunService(ctx, release.Service, c, srv.Kit(release.Name))
		_ = srv.Close(context.WithoutCancel(ctx))
	}()
	s.t.Cleanup(func() {
		cancel()
		<-closed
	})
	s.await("release is ready", func() error { return boot.Healthcheck(ctx, srv.Addr()) })
	return ended
}

// awaitPending waits until the article waits for its time; false if that was over
// before.
func (s *system) awaitPending(uri article.URI, until time.Time) (waits bool) {
	s.t.Helper()
	b, err := bus.Connect(bus.Config{KafkaBrokers: s.brokers, Namespace: s.namespace}, zerolog.Nop())
	if err != nil {
		s.t.Fatal(err)
	}
	defer b.Close()
	var v *bus.View
	s.await("the table is there", func() (err error) {
		v, err = b.OpenView(s.t.Context(), topic.EmbargoPending)
		return err
	})
	defer func() { _ = v.Close() }()
	s.await("it waits for its time", func() error {
		if _, waits = v.Get(string(uri)); !waits && time.Now().Before(until) {
			return fmt.Errorf("%d others wait", v.Len())
		}
		return nil
	})
	return waits
}
