package reindex

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/elastic"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/localtest"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/index/indextest"
)

// patience bounds the wait for what must happen.
const patience = 5 * time.Minute

// testPause is more than a service would be given: the machine may be busy.
const testPause = 2 * time.Minute

// Who holds the lock says so many times in a short lease; who looks whether it
// lives looks for a long one, as Elasticsearch may be slow. Who is gone is gone
// after a short one.
const shortLease, longLease = 2 * time.Second, 20 * time.Second

// desk is an installation in a namespace of its own, with a ledger of what was
// written to its log.
type desk struct {
	testing.TB
	ns  corpus.Namespace
	url string
	es  *elastic.Client
	bus *bus.Bus

	mu     sync.Mutex
	ledger map[article.URI]*fate
}

// fate is what must be found of an article.
type fate struct {
	seen   map[article.Revision]bool
	killed bool
}

func newDesk(t testing.TB) *desk {
	t.Helper()
	return deskAt(t, localtest.Elasticsearch(t), localtest.Namespace(t))
}

func deskAt(t testing.TB, url, ns string) *desk {
	t.Helper()
	d := &desk{TB: t, ns: corpus.Namespace(ns), url: url, ledger: map[article.URI]*fate{}}
	var err error
	d.es, err = elastic.Config{URL: []string{url}}.Connect(8)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.es.Close)
	d.bus, err = bus.Connect(bus.Config{KafkaBrokers: localtest.Kafka(t), Namespace: ns}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.bus.Close)
	d.eventually("the topics are set up", func() error {
		return d.bus.EnsureTopics(t.Context(), topic.Enriched, topic.Enriched+topic.DeadSuffix, topic.EnrichedBulk, topic.EnrichedBulk+topic.DeadSuffix,
			topic.Notices, topic.Notices+topic.DeadSuffix)
	})
	return d
}

// serve runs the index service until stop is called.
func (d *desk) serve() (stop func()) {
	d.Helper()
	addr, stop := indextest.Serve(d, "--kafka-brokers="+strings.Join(localtest.Kafka(d), ","), "--namespace="+string(d.ns), "--elasticsearch-url="+d.url)
	d.eventually("the index service is ready", func() error { return boot.Healthcheck(d.Context(), addr) })
	return stop
}

func (d *desk) eventually(what string, check func() error) {
	d.Helper()
	ctx, cancel := context.WithTimeout(d.Context(), patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			d.Fatalf("%s: not within %v: %v", what, patience, err)
		}
	}
}

func revision(uri article.URI, n int) article.Article { return indextest.Revision(uri, n) }

func kill(uri article.URI, n int) article.Article { return indextest.Kill(uri, n) }

// write puts articles on the log and into the ledger.
func (d *desk) write(name string, as ...article.Article) {
	d.Helper()
	sink := d.bus.Sink(name, event.Enriched)
	d.writeTo(sink, as...)
	if err := sink.Close(); err != nil {
		d.Error(err)
	}
}

func (d *desk) writeTo(sink *bus.Sink, as ...article.Article) {
	d.mu.Lock()
	for _, a := range as {
		f := d.ledger[a.URI]
		if f == nil {
			f = &fate{seen: map[article.Revision]bool{}}
			d.ledger[a.URI] = f
		}
		f.seen[a.Revision] = true
		f.killed = f.killed || a.Status == article.Canceled
	}
	d.mu.Unlock()
	if err := sink.Write(context.WithoutCancel(d.Context()), as); err != nil {
		d.Error(err)
	}
}

// mix is n articles: new ones, revisions in any order, repetitions, kills
// before and after what they kill. name keeps its URIs apart from another's,
// but for some that all share.
func mix(r *rand.Rand, name string, n int) []article.Article {
	as := make([]article.Article, n)
	for i := range as {
		uri := article.URI(fmt.Sprintf("urn:x:%s:%d", name, r.IntN(n/3+1)))
		if r.IntN(4) == 0 {
			uri = article.URI(fmt.Sprintf("urn:x:shared:%d", r.IntN(60)))
		}
		as[i] = revision(uri, 1+r.IntN(8))
		if r.IntN(20) == 0 {
			as[i].Status = article.Canceled
		}
	}
	return as
}

// faults are what the index has that the ledger hasn't, and the other way round.
type faults struct{ lost, double, stale, resurrected, extra int }

// audit reads the live indices.
func (d *desk) audit() (faults, string) {
	d.Helper()
	d.call("POST", "/"+d.ns.Articles()+","+d.ns.Versions()+"/_refresh", nil)
	var f faults
	says := ""
	heads, versions := map[article.URI][]article.Article{}, map[article.URI][]article.Article{}
	for _, x := range []struct {
		alias string
		into  map[article.URI][]article.Article
	}{{d.ns.Articles(), heads}, {d.ns.Versions(), versions}} {
		reply := d.call("POST", "/"+x.alias+"/_search", map[string]any{"size": 10_000, "version": true})
		for _, h := range reply["hits"].(map[string]any)["hits"].([]any) {
			source, _ := json.Marshal(h.(map[string]any)["_source"])
			a, _, err := corpus.Parse(source)
			if err != nil {
				d.Fatal(err)
			}
			x.into[a.URI] = append(x.into[a.URI], a)
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for uri, want := range d.ledger {
		newest := article.Revision(0)
		for r := range want.seen {
			newest = max(newest, r)
		}
		h := heads[uri]
		switch {
		case len(h) == 0:
			f.lost++
			says += fmt.Sprintf("lost %s; ", uri)
			continue
		case len(h) > 1 || len(versions[uri]) > len(want.seen):
			f.double++
		case h[0].Revision < newest && !want.killed || len(versions[uri]) < len(want.seen):
			f.stale++
			says += fmt.Sprintf("stale %s: head %d, newest %d, %d of %d versions; ", uri, h[0].Revision>>16, newest>>16, len(versions[uri]), len(want.seen))
		}
		for _, a := range append(h, versions[uri]...) {
			if want.killed && (a.Status != article.Canceled || a.Text != "" || a.First(article.Headline) != "") {
				f.resurrected++
				says += fmt.Sprintf("resurrected %s; ", uri)
			}
		}
	}
	f.extra = len(heads) - len(d.ledger) + f.lost
	if len(says) > 600 {
		says = says[:600] + "..."
	}
	return f, says
}

func (d *desk) call(method, path string, body any) map[string]any {
	d.Helper()
	return indextest.Call(d, d.es, method, path, body)
}

// caughtUp waits until the index service has nothing left to do.
func (d *desk) caughtUp(groups ...lane) {
	d.Helper()
	d.eventually("the index service has no lag", func() error {
		for _, l := range groups {
			lag, err := d.bus.Lag(d.Context(), l.group, l.topic)
			if err != nil {
				return err
			}
			if lag[l.topic] > 0 {
				return fmt.Errorf("%d messages of %s", lag[l.topic], l.topic)
			}
		}
		return nil
	})
}

// says collects what a job says.
type says struct {
	testing.TB
	mu    sync.Mutex
	lines []string
	hook  func(what string)
}

func (s *says) Begin(what string, total int64) {
	s.Logf("%s: %d", what, total)
	if s.hook != nil {
		s.hook(what)
	}
}
func (*says) Add(int64) {}
func (*says) Done()     {}
func (s *says) Say(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, what)
	s.Log(what)
}

func (d *desk) job() *Job {
	return &Job{ES: d.es, Bus: d.bus, Indices: d.ns, MaxPause: testPause, Progress: &says{TB: d}, Log: zerolog.New(zerolog.NewTestWriter(d))}
}

func (d *desk) content() [2]corpus.Content {
	d.Helper()
	d.call("POST", "/"+d.ns.Articles()+","+d.ns.Versions()+"/_refresh", nil)
	var cs [2]corpus.Content
	for i, alias := range []string{d.ns.Articles(), d.ns.Versions()} {
		var err error
		if cs[i], err = ContentOf(d.Context(), d.es, alias); err != nil {
			d.Fatal(err)
		}
	}
	return cs
}

// A kill of which only the notice ahead came through, since its own message is a
// dead letter, is killed in the new indices, too.
func TestKillThatOnlyTheNoticesHave(t *testing.T) {
	d := newDesk(t)
	d.write(topic.Enriched, revision("urn:x:1", 1), revision("urn:x:2", 1), kill("urn:x:3", 2))
	d.write(topic.Notices, kill("urn:x:1", 2), kill("urn:x:3", 2), kill("urn:x:4", 1))
	d.caughtUpBy(lanes...)
	r, err := d.job().Run(t.Context(), Options{})
	if err != nil || !r.Swapped || r.Read != 6 || r.Refused != 0 {
		t.Fatalf("%+v: %v: %+v", r, err, r.Compared)
	}
	if f, says := d.audit(); f != (faults{}) {
		t.Errorf("%+v: %s", f, says)
	}
}

// TestBesideLiveTraffic rebuilds, swaps, goes back and rebuilds again while a
// random mix of revisions, repetitions and kills passes, and looks at the end
// for what was lost, doubled, stale or resurrected.
func TestBesideLiveTraffic(t *testing.T) {
	d := newDesk(t)
	r := rand.New(rand.NewPCG(1, uint64(time.Now().UnixNano())))
	d.write(topic.Enriched, mix(r, "early", 400)...)
	d.write(topic.EnrichedBulk, mix(r, "bulk", 120)...)
	stop := d.serve()
	live := lanes
	d.caughtUp(live...)

	done := make(chan struct{})
	var traffic sync.WaitGroup
	defer traffic.Wait()
	end := sync.OnceFunc(func() { close(done) })
	defer end()
	for i, name := range []string{topic.Enriched, topic.EnrichedBulk} {
		r := rand.New(rand.NewPCG(uint64(i), 7))
		traffic.Go(func() {
			sink := d.bus.Sink(name, event.Enriched)
			defer func() { _ = sink.Close() }()
			tick := time.NewTicker(150 * time.Millisecond)
			defer tick.Stop()
			for n := range 2000 {
				d.writeTo(sink, mix(r, fmt.Sprintf("live%d-%d", i, n/20), 2)...)
				select {
				case <-tick.C:
				case <-done:
					return
				}
			}
		})
	}
	var pauses []time.Duration
	first, err := d.job().Run(t.Context(), Options{Settings: corpus.Settings{Shards: 2}})
	if err != nil {
		t.Fatalf("%+v: %v: %+v", first, err, first.Compared)
	}
	pauses = append(pauses, first.Pause)
	back, err := d.job().Rollback(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	pauses = append(pauses, back.Pause)
	second, err := d.job().Run(t.Context(), Options{})
	if err != nil {
		t.Fatalf("%+v: %v", second, err)
	}
	pauses = append(pauses, second.Pause)
	end()
	traffic.Wait()
	d.caughtUp(live...)
	stop()
	if f, says := d.audit(); f != (faults{}) {
		t.Errorf("%+v: %s", f, says)
	}
	killed := 0
	for _, f := range d.ledger {
		if f.killed {
			killed++
		}
	}
	if killed < 5 {
		t.Errorf("%d articles were killed, too few to tell", killed)
	}
	t.Logf("%d articles, %d of them killed; live copy waited %v at the swaps", len(d.ledger), killed, pauses)
	if second.Live[0].Name != d.ns.Articles()+"-1-"+second.ID || first.Live[0].Shards != 2 || back.ID != "" {
		t.Errorf("got %+v, %+v, %+v", first.Live, back, second.Live)
	}
	for _, p := range pauses {
		if p > testPause {
			t.Errorf("live copy waited %v", p)
		}
	}
}
