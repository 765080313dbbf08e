package live_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/services/search/find"
	"github.com/copytaster/copytaster/services/search/live"
	"github.com/copytaster/copytaster/services/search/live/livetest"
)

// story is a revision of an article for a test.
type story struct {
	id, agency, headline string
	version              int
	status               article.Status
	expires, received    time.Time
}

func (s story) article(t *testing.T) *article.Article {
	t.Helper()
	var a article.Article
	b := article.Builder{Signer: "format/test", Version: 1}
	b.Add(article.Headline, s.headline)
	b.Add(article.Paragraph, "Text of it.")
	b.Fill(&a)
	a.URI, a.Source, a.Provider, a.Agency.Value, a.Language.Value = article.NewURI("test", s.id), "wire", "test", s.agency, "en"
	a.Status, a.ExpiresAt = article.Usable, s.expires
	if s.status != "" {
		a.Status = s.status
	}
	a.PublishedAt = time.Date(2024, 4, 20, 6, 0, 0, 0, time.UTC)
	a.VersionCreated = a.PublishedAt.Add(time.Duration(s.version) * time.Minute)
	a.ReceivedAt = a.VersionCreated.Add(time.Second)
	if !s.received.IsZero() {
		a.PublishedAt, a.VersionCreated, a.ReceivedAt = s.received, s.received, s.received
	}
	if err := a.Stamp(); err != nil {
		t.Fatal(err)
	}
	return &a
}

// desk is a hub over a topic in memory, in a bubble of synctest.
type desk struct {
	t    *testing.T
	log  *livetest.Log
	hub  *live.Hub
	stop func()

	metrics *prometheus.Registry
}

// metric is the value of a metric without labels.
func (d *desk) metric(name string) float64 {
	d.t.Helper()
	families, err := d.metrics.Gather()
	if err != nil {
		d.t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetGauge().GetValue() + f.GetMetric()[0].GetCounter().GetValue()
		}
	}
	d.t.Fatalf("there is no metric %s", name)
	return 0
}

func open(t *testing.T, log *livetest.Log, change func(c *live.Config)) *desk {
	t.Helper()
	c := live.Config{Feeds: 100, FeedsOfReader: 100, Known: 24 * time.Hour, Zone: time.UTC, Now: time.Now, Log: zerolog.Nop()}
	if change != nil {
		change(&c)
	}
	metrics := prometheus.NewRegistry()
	hub, err := live.New(log, log.Lookups(), c, metrics)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		hub.Run(ctx)
	}()
	d := &desk{t: t, log: log, hub: hub, metrics: metrics, stop: func() {
		hub.Close()
		cancel()
		<-done
	}}
	synctest.Wait()
	return d
}

func (d *desk) write(stories ...story) {
	d.t.Helper()
	for _, s := range stories {
		if err := d.log.Write(time.Now(), s.article(d.t)); err != nil {
			d.t.Fatal(err)
		}
		synctest.Wait() // partitions have no order
	}
}

// client is who reads a feed.
type client struct {
	d      *desk
	ctx    context.Context
	cancel func()
	mu     sync.Mutex
	heard  []string // "entered headline", "left uri reason", ...
	cursor string
	retry  time.Duration
	wait   chan struct{} // it takes but one event before it can read from here; nil: all at once
	done   chan struct{}
	err    error
}

func request(t *testing.T, parameters ...string) find.LiveRequest {
	t.Helper()
	v := url.Values{}
	for i := 0; i < len(parameters); i += 2 {
		v.Add(parameters[i], parameters[i+1])
	}
	r, err := find.ParseLive(v, time.UTC, live.MaxLife)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (d *desk) feed(g access.Grant, parameters ...string) *client {
	d.t.Helper()
	return d.feedAfter(nil, g, parameters...)
}

func (d *desk) feedAfter(wait chan struct{}, g access.Grant, parameters ...string) *client {
	d.t.Helper()
	return d.feedOf("somebody", wait, g, parameters...)
}

func (d *desk) feedOf(reader string, wait chan struct{}, g access.Grant, parameters ...string) *client {
	d.t.Helper()
	f, err := d.hub.Open(context.Background(), request(d.t, parameters...), "after", g, reader)
	if err != nil {
		d.t.Fatal(err)
	}
	c := &client{d: d, wait: wait, done: make(chan struct{})}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	go func() {
		defer close(c.done)
		c.err = f.Run(c.ctx, c.take)
	}()
	synctest.Wait()
	return c
}

func (c *client) take(e live.Event) error {
	c.mu.Lock()
	begun := len(c.heard) > 0
	c.mu.Unlock()
	if c.wait != nil && begun {
		select {
		case <-c.wait:
		case <-c.ctx.Done():
			return c.ctx.Err()
		}
	}
	var data struct {
		URI      article.URI `json:"uri"`
		Headline string      `json:"headline"`
		Reason   string      `json:"reason"`
	}
	if err := json.Unmarshal(e.Data, &data); err != nil {
		return fmt.Errorf("%s: %w", e.Data, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	said := string(e.Kind)
	switch e.Kind {
	case live.Entered, live.Changed:
		said += " " + data.Headline
	case live.Left:
		said += " " + strings.TrimPrefix(string(data.URI), "urn:copytaster:test:") + " " + data.Reason
	case live.Ended:
		said += " " + data.Reason
		c.retry = e.Retry
	case live.Ready, live.Beat, live.Reset, live.Current: // they have no more to say
	}
	c.heard = append(c.heard, said)
	if e.Cursor != "" {
		c.cursor = e.Cursor
	}
	return nil
}

// hears tells what the client heard since it was asked last, once nothing more happens.
func (c *client) hears(want ...string) {
	c.d.t.Helper()
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !slices.Equal(c.heard, want) {
		c.d.t.Errorf("heard %q, want %q", c.heard, want)
	}
	c.heard = nil
}

func (c *client) leave() {
	c.cancel()
	<-c.done
}

func TestEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, livetest.New(3), nil)
		defer d.stop()
		d.write(story{id: "before", headline: "Niger before"}, story{id: "other", headline: "Something else"})
		c := d.feed(access.Grant{}, "q", "niger")
		defer c.leave()
		c.hears("ready")
		d.write(story{id: "a", headline: "Niger one"}, story{id: "b", headline: "Chad"})
		c.hears("entered Niger one")
		d.write(story{id: "a", headline: "Niger two", version: 1})
		c.hears("changed Niger two")
		d.write(story{id: "a", headline: "Mali", version: 2}, story{id: "b", headline: "Chad and Niger", version: 1})
		c.hears("left a unmatched", "entered Chad and Niger")
		d.write(story{id: "a", status: article.Canceled, version: 3}, story{id: "b", status: article.Canceled, version: 2})
		c.hears("left b canceled")
		d.write(story{id: "before", status: article.Withheld, version: 1}, story{id: "other", status: article.Canceled, version: 1})
		c.hears("left before withheld")
		d.write(story{id: "before", headline: "Niger again", version: 2})
		c.hears("entered Niger again")
		soon := time.Now().Add(time.Minute)
		d.write(story{id: "c", headline: "Niger for a minute", expires: soon})
		c.hears("entered Niger for a minute")
		time.Sleep(time.Minute)
		d.write(story{id: "c", status: article.Withheld})
		c.hears(append(slices.Repeat([]string{"heartbeat"}, int(time.Minute/live.Heartbeat)), "left c expired")...)
	})
}

// TestBeforeIsReadAgain: what an article was is known also where it is not in memory any
// more, and where nobody listened when it went out.
func TestBeforeIsReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := livetest.New(3)
		d := open(t, log, nil)
		d.write(story{id: "a", headline: "Niger one"}, story{id: "b", headline: "Niger two"})
		for i := range live.Recent {
			d.write(story{id: fmt.Sprint("filler-", i), headline: "Something else"})
		}
		c := d.feed(access.Grant{}, "q", "niger")
		d.write(story{id: "a", status: article.Canceled})
		c.hears("ready", "left a canceled")
		c.leave()
		d.stop()
		d = open(t, log, nil) // another process
		defer d.stop()
		c = d.feed(access.Grant{}, "q", "niger")
		defer c.leave()
		d.write(story{id: "b", headline: "Mali", version: 1})
		c.hears("ready", "left b unmatched")
	})
}

// TestEntitled: nobody hears of what isn't for them, also not that it is gone; what
// ceases to be for them leaves.
func TestEntitled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, livetest.New(3), nil)
		defer d.stop()
		all, some := d.feed(access.Grant{}), d.feed(access.Grant{Agencies: []string{"dpa"}})
		defer all.leave()
		defer some.leave()
		all.hears("ready")
		some.hears("ready")
		d.write(story{id: "a", agency: "AP", headline: "Of AP"}, story{id: "b", agency: "dpa", headline: "Of dpa"})
		all.hears("entered Of AP", "entered Of dpa")
		some.hears("entered Of dpa")
		d.write(story{id: "a", status: article.Canceled, version: 1}, story{id: "b", agency: "AP", headline: "Of AP now", version: 1})
		all.hears("left a canceled", "changed Of AP now")
		some.hears("left b unmatched")
		d.write(story{id: "b", status: article.Canceled, version: 2})
		all.hears("left b canceled")
		some.hears()
	})
}

// TestUnknown: of a kill of what went out too long ago, those hear who may hear of any.
func TestUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := livetest.New(3)
		d := open(t, log, nil)
		d.write(story{id: "a", agency: "dpa", headline: "Niger one"}, story{id: "b", agency: "dpa", headline: "Niger two"})
		d.stop()
		time.Sleep(25 * time.Hour)
		d = open(t, log, nil)
		defer d.stop()
		all, some := d.feed(access.Grant{}, "q", "niger"), d.feed(access.Grant{Agencies: []string{"dpa"}}, "q", "niger")
		defer all.leave()
		defer some.leave()
		d.write(story{id: "a", status: article.Canceled, version: 1}, story{id: "b", headline: "Mali", version: 1})
		all.hears("ready", "left a canceled")
		some.hears("ready")
	})
}

// TestBeforeWhatIsKnown: who goes on from before that hears none of it again: it may have
// been taken back.
func TestBeforeWhatIsKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := livetest.New(3)
		d := open(t, log, nil)
		c := d.feed(access.Grant{})
		before := c.cursor
		c.leave()
		d.write(story{id: "a", agency: "dpa", headline: "Niger one"}, story{id: "a", status: article.Canceled, version: 1})
		d.stop()
		time.Sleep(25 * time.Hour)
		d = open(t, log, nil)
		defer d.stop()
		since := time.Now().Add(-26 * time.Hour).Format(time.RFC3339)
		for _, g := range []access.Grant{{}, {Agencies: []string{"dpa"}}} {
			for _, start := range [][]string{{"after", before}, {"since", since}} {
				c := d.feed(g, start...)
				c.leave()
				for _, said := range c.heard {
					if said != "ready" && said != "reset" && said != "current" {
						t.Errorf("%v: %q", start, c.heard)
					}
				}
				if !slices.Contains(c.heard, "reset") {
					t.Errorf("%v: no reset: %q", start, c.heard)
				}
			}
		}
	})
}

// TestTodayIsOver: what is taken back is told also where the query no longer finds it
// because time has passed.
func TestTodayIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, livetest.New(1), nil)
		defer d.stop()
		c := d.feed(access.Grant{}, "q", "niger received:>now-1min")
		defer c.leave()
		began := time.Now()
		d.write(story{id: "a", headline: "Niger one", received: began}, story{id: "b", headline: "Niger two", received: began}, story{id: "c", headline: "Mali", received: began})
		c.hears("ready", "entered Niger one", "entered Niger two")
		time.Sleep(5 * time.Minute)
		d.write(
			story{id: "a", status: article.Canceled, received: began.Add(time.Second)},
			story{id: "b", headline: "Chad", received: began.Add(time.Second)},
			story{id: "c", status: article.Canceled, received: began.Add(time.Second)},
		)
		c.hears(append(slices.Repeat([]string{"heartbeat"}, int(5*time.Minute/live.Heartbeat)), "left a canceled", "left b unmatched")...)
	})
}

// TestFacets: chosen values narrow a feed as they do a search.
func TestFacets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, livetest.New(1), nil)
		defer d.stop()
		c := d.feed(access.Grant{}, "agency", "dpa", "agency", "AP", "language", "en")
		defer c.leave()
		d.write(story{id: "a", agency: "dpa", headline: "One"}, story{id: "b", agency: "AFP", headline: "Two"}, story{id: "c", agency: "AP", headline: "Three"})
		c.hears("ready", "entered One", "entered Three")
		d.write(story{id: "a", agency: "AFP", headline: "One", version: 1})
		c.hears("left a unmatched")
	})
}

// TestResume: from any event on, a client that comes back hears what follows, and once.
func TestResume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := livetest.New(3)
		d := open(t, log, nil)
		c := d.feed(access.Grant{}, "q", "niger")
		cursors := []string{c.cursor}
		var heard []string
		for i := range 20 {
			d.write(story{id: fmt.Sprint(i), headline: fmt.Sprint("Niger ", i)}, story{id: fmt.Sprint("other-", i), headline: "Something else"})
			cursors = append(cursors, c.cursor)
			heard = append(heard, fmt.Sprint("entered Niger ", i))
		}
		c.hears(append([]string{"ready"}, heard...)...)
		c.leave()
		d.stop()
		d = open(t, log, nil)
		defer d.stop()
		for i, cursor := range cursors {
			c := d.feed(access.Grant{}, "q", "niger", "after", cursor)
			slices.Sort(c.heard) // partitions come one after the other
			c.hears(slices.Concat([]string{"current"}, slices.Sorted(slices.Values(heard[i:])), []string{"ready"})...)
			c.leave()
		}
	})
}

// TestResumeAsItIs: who comes back hears how articles are now, and no text of what was
// killed or changed meanwhile.
func TestResumeAsItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, livetest.New(3), nil)
		defer d.stop()
		d.write(story{id: "had", headline: "Niger had"}, story{id: "had-too", headline: "Niger had, too"})
		c := d.feed(access.Grant{}, "q", "niger")
		c.hears("ready")
		c.leave()
		d.write(story{id: "killed", headline: "Niger killed"}, story{id: "new", headline: "Niger first"}, story{id: "had", headline: "Niger secret", version: 1})
		d.write(story{id: "killed", status: article.Canceled, version: 1}, story{id: "new", headline: "Niger second", version: 1})
		d.write(story{id: "had", headline: "Mali", version: 2}, story{id: "had-too", status: article.Canceled, version: 1})
		c = d.feed(access.Grant{}, "q", "niger", "after", c.cursor)
		defer c.leave()
		synctest.Wait()
		slices.Sort(c.heard) // partitions come one after the other
		c.hears("changed Niger second", "current", "left had unmatched", "left had-too canceled", "left killed canceled", "ready")
	})
}

// TestReset: a cursor of too long ago, or of another topic, is told so, and the feed goes
// on.
func TestReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := livetest.New(3)
		d := open(t, log, nil)
		defer d.stop()
		first := d.feed(access.Grant{})
		cursor := first.cursor
		for i := range 9 {
			d.write(story{id: fmt.Sprint(i), headline: "x"})
		}
		end := d.feed(access.Grant{})
		first.leave()
		end.leave()
		log.Cut()
		c := d.feed(access.Grant{}, "after", cursor)
		c.hears("ready", "reset", "current")
		d.write(story{id: "after", headline: "After it"})
		c.hears("entered After it")
		c.leave()
		open := d.feed(access.Grant{})
		open.hears("ready")
		log.Anew()
		time.Sleep(10 * time.Second) // the hub looks at the topic
		open.hears("reset", "current")
		d.write(story{id: "anew", headline: "In the new topic"})
		open.hears("entered In the new topic")
		open.leave()
		c = d.feed(access.Grant{}, "after", end.cursor)
		defer c.leave()
		c.hears("reset", "entered In the new topic", "current")
	})
}

// TestResetOverlaps: behind a reset it is told again what went out just before, which a search
// that is made now may not find yet, each article as it is now; and nothing from before that.
func TestResetOverlaps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := livetest.New(3)
		d := open(t, log, nil)
		defer d.stop()
		d.write(story{id: "old", headline: "Niger long ago"})
		time.Sleep(live.Overlap + time.Second)
		d.write(story{id: "killed", headline: "Niger killed"}, story{id: "new", headline: "Niger just now"}, story{id: "else", headline: "Mali"})
		d.write(story{id: "killed", status: article.Canceled, version: 1})
		unreadable := request(t, "q", "niger").Seal([]byte("?"))
		c := d.feed(access.Grant{}, "q", "niger", "after", unreadable)
		defer c.leave()
		synctest.Wait()
		slices.Sort(c.heard) // partitions come one after the other
		c.hears("current", "entered Niger just now", "left killed canceled", "reset")
		d.write(story{id: "next", headline: "Niger next"})
		c.hears("entered Niger next")
		time.Sleep(time.Second)
		// It is missed by nobody who couldn't be told of it.
		log.Fail(errors.New("away"))
		away := d.feed(access.Grant{}, "q", "niger", "after", unreadable)
		defer away.leave()
		away.hears("reset")
		time.Sleep(live.Heartbeat + time.Second)
		away.hears("heartbeat")
		log.Fail(nil)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		slices.Sort(away.heard)
		away.hears("current", "entered Niger just now", "entered Niger next", "left killed canceled")
	})
}

// TestResetIsToldAtOnce: a client is told to search anew, and has heartbeats, also where Kafka
// doesn't answer from where its feed goes on; all ask that but once, and a service that stops
// tells them.
func TestResetIsToldAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := livetest.New(3)
		d := open(t, log, nil)
		asked := 0
		log.Timed(func(ctx context.Context) error {
			asked++
			<-ctx.Done()
			return ctx.Err()
		})
		var all []*client
		for range 3 {
			all = append(all, d.feed(access.Grant{}, "after", request(t).Seal([]byte("?"))))
		}
		for _, c := range all {
			c.hears("reset")
		}
		time.Sleep(live.Heartbeat)
		if all[2].hears("heartbeat"); asked != 1 {
			t.Errorf("they asked %d times", asked)
		}
		d.stop()
		for _, c := range all[:2] {
			c.hears("heartbeat", "end shutdown")
		}
	})
}

// TestKillsReachWhoWaits: a kill is told at once also to those who wait until what they missed,
// or went out before a reset, is read; and what it takes back isn't told them any more.
func TestKillsReachWhoWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := livetest.New(1)
		d := open(t, log, nil)
		defer d.stop()
		release := make(chan struct{})
		stuck := func(int, int64) { <-release }
		var all []*client
		for i := range live.MaxReplays + 2 {
			c := d.feedOf(fmt.Sprint(i), nil, access.Grant{}, "q", "niger")
			defer c.leave()
			c.hears("ready")
			all = append(all, c)
		}
		log.Hold(true)
		log.Anew()
		d.write(story{id: "a", headline: "Niger a"}, story{id: "b", headline: "Niger b"}, story{id: "c", headline: "Mali"})
		var began atomic.Bool
		log.Bounded(func(p int, from int64) {
			if began.Swap(true) { // the first is the hub
				stuck(p, from)
			}
		})
		time.Sleep(6 * time.Second) // it looks at the topic
		log.Hold(false)
		for _, c := range all {
			c.hears("reset")
		}
		d.write(story{id: "a", status: article.Canceled, version: 1}, story{id: "c", status: article.Canceled, version: 1}, story{id: "b", headline: "Chad", version: 1})
		for _, c := range all {
			c.hears("left a canceled")
		}
		close(release)
		for _, c := range all {
			synctest.Wait()
			if slices.Contains(c.heard, "entered Niger a") || !slices.Contains(c.heard, "left b unmatched") || !slices.Contains(c.heard, "current") {
				t.Errorf("behind it: %q", c.heard)
			}
			c.heard = nil
		}
		d.write(story{id: "d", headline: "Niger d"})
		for _, c := range all {
			c.hears("entered Niger d")
		}
	})
}

// TestTooFar: no more than so many messages are read again; whoever missed more, by a cursor
// or a time, is told so, and hears the newest of them and what comes.
func TestTooFar(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, livetest.New(1), nil)
		defer d.stop()
		began := time.Now()
		time.Sleep(time.Second)
		c := d.feed(access.Grant{}, "q", "niger")
		c.leave()
		as := []*article.Article{}
		for i := range live.MaxReplay + 1 {
			as = append(as, story{id: fmt.Sprint(i % 10), headline: "Niger", version: i}.article(t))
		}
		if err := d.log.Write(time.Now(), as...); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		c = d.feed(access.Grant{}, "q", "niger", "after", c.cursor)
		defer c.leave()
		newest := slices.Repeat([]string{"changed Niger"}, 10)
		c.hears(slices.Concat([]string{"reset"}, newest, []string{"current"})...)
		since := d.feed(access.Grant{}, "q", "niger", "since", began.UTC().Format(time.RFC3339))
		defer since.leave()
		since.hears(slices.Concat([]string{"reset"}, newest, []string{"current"})...)
		d.write(story{id: "next", headline: "Niger next", version: live.MaxReplay + 1})
		since.hears("entered Niger next")
	})
}

func TestSince(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, livetest.New(1), nil)
		defer d.stop()
		d.write(story{id: "a", headline: "Niger one"})
		time.Sleep(time.Minute)
		d.write(story{id: "b", headline: "Niger two"})
		c := d.feed(access.Grant{}, "q", "niger", "since", time.Now().Add(-time.Second).UTC().Format(time.RFC3339), "life", "0")
		c.hears("ready", "entered Niger two", "current", "end life")
		if <-c.done; c.err != nil {
			t.Error(c.err)
		}
	})
}

// TestSlow: a client that doesn't keep up is told where to go on, the others hear
// everything at once, and nothing is lost by it.
func TestSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, livetest.New(1), nil)
		defer d.stop()
		quick := d.feed(access.Grant{})
		defer quick.leave()
		wait := make(chan struct{})
		slow := d.feedAfter(wait, access.Grant{})
		total := 2 * live.Buffer
		want := []string{"ready"}
		for i := range total {
			d.write(story{id: fmt.Sprint(i), headline: fmt.Sprint(i)})
			want = append(want, fmt.Sprint("entered ", i))
		}
		quick.hears(want...)
		close(wait)
		<-slow.done
		n := len(slow.heard)
		if n < live.Buffer || n > live.Buffer+3 || slow.heard[n-1] != "end slow" || slow.retry <= 0 {
			t.Fatalf("the slow one heard %d events, and at the end %q; retry %v", n, slow.heard[n-1], slow.retry)
		}
		again := d.feed(access.Grant{}, "after", slow.cursor)
		defer again.leave()
		again.hears(slices.Concat([]string{"ready"}, want[n-1:], []string{"current"})...)
	})
}

func TestLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, livetest.New(1), func(c *live.Config) { c.Feeds, c.FeedsOfReader = 3, 2 })
		defer d.stop()
		try := func(reader string) (*live.Feed, error) {
			return d.hub.Open(t.Context(), request(t), "after", access.Grant{}, reader)
		}
		var open []*live.Feed
		for _, step := range []struct {
			reader string
			want   error
		}{{"a", nil}, {"a", nil}, {"a", live.ErrTooManyOfReader}, {"b", nil}, {"c", live.ErrTooMany}} {
			f, err := try(step.reader)
			if !errors.Is(err, step.want) || (err == nil) != (step.want == nil) {
				t.Fatalf("%s: %v, want %v", step.reader, err, step.want)
			}
			if f != nil {
				open = append(open, f)
			}
		}
		for _, f := range open {
			f.Close()
		}
		f, err := try("c")
		if err != nil {
			t.Fatalf("after the others left: %v", err)
		}
		f.Close()
	})
}

// TestEnds: a feed ends with its life and with the service, and says so.
func TestEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, livetest.New(1), nil)
		c := d.feed(access.Grant{}, "life", "20")
		time.Sleep(21 * time.Second)
		c.hears("ready", "heartbeat", "end life")
		c = d.feed(access.Grant{})
		d.stop()
		c.hears("ready", "end shutdown")
		if <-c.done; c.err != nil || c.retry < time.Second {
			t.Errorf("%v, retry %v", c.err, c.retry)
		}
		if _, err := d.hub.Open(t.Context(), request(t), "after", access.Grant{}, "x"); !errors.Is(err, live.ErrUnavailable) {
			t.Errorf("after that: %v", err)
		}
	})
}

// TestAway: while Kafka is away feeds stay open, and hear later what they missed.
func TestAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := livetest.New(3)
		log.Fail(errors.New("away"))
		d := open(t, log, nil)
		defer d.stop()
		if _, err := d.hub.Open(t.Context(), request(t), "after", access.Grant{}, "x"); !errors.Is(err, live.ErrUnavailable) {
			t.Errorf("before Kafka was there: %v", err)
		}
		log.Fail(nil)
		time.Sleep(10 * time.Second)
		c := d.feed(access.Grant{})
		defer c.leave()
		log.Fail(errors.New("away again"))
		d.write(story{id: "a", headline: "Meanwhile"})
		time.Sleep(live.Heartbeat)
		c.hears("ready", "heartbeat")
		if d.metric("copytaster_live_following") != 0 {
			t.Error("it says that it follows")
		}
		log.Fail(nil)
		time.Sleep(12 * time.Second)
		c.hears("entered Meanwhile")
		if d.metric("copytaster_live_following") != 1 { // also of partitions in which nothing comes
			t.Error("it doesn't say that it follows again")
		}
	})
}

// TestBarred: who may not read any more hears nothing more than that.
func TestBarred(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, livetest.New(1), nil)
		defer d.stop()
		f, err := d.hub.Open(t.Context(), request(t), "after", access.Grant{}, "x")
		if err != nil {
			t.Fatal(err)
		}
		c, may := &client{d: d, done: make(chan struct{})}, true
		go func() {
			defer close(c.done)
			c.err = f.Run(t.Context(), func(e live.Event) error {
				if !may && e.Kind != live.Ended {
					return live.ErrAccess
				}
				return c.take(e)
			})
		}()
		synctest.Wait()
		d.write(story{id: "a", headline: "One"})
		may = false
		d.write(story{id: "b", headline: "Two"})
		c.hears("ready", "entered One", "end access")
		if <-c.done; c.err != nil {
			t.Error(c.err)
		}
	})
}

// TestLookingDisturbsNothing: an answer about the topic that is older than what was read
// since is no sign of another topic.
func TestLookingDisturbsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := livetest.New(1)
		d := open(t, log, nil)
		defer d.stop()
		c := d.feed(access.Grant{})
		defer c.leave()
		c.hears("ready")
		var asked atomic.Int32
		log.Asked(func() {
			n := fmt.Sprint(asked.Add(1))
			if err := log.Write(time.Now(), story{id: n, headline: n}.article(t)); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Millisecond) // it is read meanwhile
		})
		time.Sleep(live.Heartbeat / 2)
		if asked.Load() == 0 {
			t.Fatal("nobody looked")
		}
		c.hears("entered 1")
		d.write(story{id: "x", headline: "at once"})
		c.hears("entered at once")
	})
}

// TestAhead: the cursor of an instance that has read further is good at another one, which
// doesn't repeat what that one told.
func TestAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := livetest.New(2)
		behind := open(t, log, nil)
		defer behind.stop()
		log.Hold(true)
		behind.write(story{id: "a", headline: "One"}, story{id: "b", headline: "Two"}, story{id: "c", headline: "Three"})
		ahead := open(t, log, nil)
		c := ahead.feed(access.Grant{})
		c.hears("ready")
		c.leave()
		ahead.stop()
		c = behind.feed(access.Grant{}, "after", c.cursor)
		defer c.leave()
		c.hears("ready", "current")
		log.Hold(false)
		behind.write(story{id: "d", headline: "Four"})
		c.hears("entered Four")
	})
}

// TestQuietCursor: the cursor of a feed that hears of nothing goes on all the same.
func TestQuietCursor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, livetest.New(1), nil)
		defer d.stop()
		c := d.feed(access.Grant{}, "q", "niger")
		defer c.leave()
		first := c.cursor
		d.write(story{id: "a", headline: "Mali"})
		time.Sleep(live.Heartbeat)
		c.hears("ready", "heartbeat")
		if c.cursor == first {
			t.Error("the cursor stays behind")
		}
	})
}

func TestCursorIsOfItsSearch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, livetest.New(1), nil)
		defer d.stop()
		c := d.feed(access.Grant{}, "q", "niger")
		c.leave()
		for _, v := range []url.Values{
			{"q": {"mali"}, "after": {c.cursor}},
			{"q": {"niger"}, "after": {c.cursor[:len(c.cursor)-2]}},
			{"q": {"niger"}, "after": {"!"}},
			{"q": {"niger"}, "agency": {"dpa"}, "after": {c.cursor}},
			{"q": {"niger"}, "after": {c.cursor}, "since": {"2024-01-01T00:00:00Z"}},
			{"said": {"x"}},
			{"size": {"5"}},
			{"life": {"901"}},
			{"life": {"-1"}},
			{"since": {"yesterday"}},
			{"q": {"("}},
			{"no": {"x"}},
		} {
			_, err := find.ParseLive(v, time.UTC, live.MaxLife)
			if _, ok := errors.AsType[*find.ParameterError](err); !ok {
				t.Errorf("%v: %v", v, err)
			}
		}
	})
}

// TestTwice: a message that stands there twice rings no bell, also not of who comes back.
func TestTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, livetest.New(1), nil)
		defer d.stop()
		c := d.feed(access.Grant{}, "q", "niger")
		d.write(story{id: "a", headline: "Niger one"}, story{id: "a", headline: "Niger one"})
		c.hears("ready", "entered Niger one")
		before := c.cursor
		c.leave()
		d.write(story{id: "b", headline: "Niger two"}, story{id: "a", headline: "Niger one"}, story{id: "b", headline: "Niger two"})
		again := d.feed(access.Grant{}, "q", "niger", "after", before)
		defer again.leave()
		again.hears("ready", "changed Niger two", "current")
		d.write(story{id: "a", status: article.Canceled, version: 1}, story{id: "a", status: article.Canceled, version: 1})
		again.hears("left a canceled")
	})
}

// TestLookupFails: what can't be read for once is tried again; what can't be read at all
// keeps nobody from hearing what comes, and a kill of it is told as one of what isn't known.
func TestLookupFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := livetest.New(1)
		d := open(t, log, nil)
		d.write(story{id: "a", headline: "Niger one"}, story{id: "b", headline: "Niger two"}, story{id: "c", headline: "Niger three"})
		d.stop()
		d = open(t, log, nil) // another process, which has nothing in memory
		defer d.stop()
		c := d.feed(access.Grant{}, "q", "niger")
		defer c.leave()
		tries := 0
		log.Looked(func(context.Context, int, int64) error {
			if tries++; tries == 1 {
				return errors.New("the leader moved")
			}
			return nil
		})
		d.write(story{id: "a", headline: "Mali", version: 1})
		time.Sleep(time.Second)
		c.hears("ready", "left a unmatched")
		log.Looked(func(context.Context, int, int64) error { return errors.New("checksum") })
		d.write(story{id: "b", headline: "Mali", version: 1}, story{id: "c", status: article.Canceled, version: 1}, story{id: "d", headline: "Niger four"})
		time.Sleep(2 * time.Second)
		c.hears("left c canceled", "entered Niger four")
		if n := d.metric("copytaster_live_unread_total"); n != 3 { // the kill was looked up ahead of its turn, too
			t.Errorf("%v are unread, want 3", n)
		}
	})
}

// TestKillsAhead: a kill waits for nothing that came before it but what can't be read
// ahead. What it takes back isn't told any more, the rest in its order, and the kill once.
func TestKillsAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := livetest.New(1)
		d := open(t, log, nil)
		d.write(story{id: "slow", headline: "Niger slow"}, story{id: "had", headline: "Niger had"})
		d.stop()
		d = open(t, log, nil) // another process, which has nothing in memory
		defer d.stop()
		c, other := d.feed(access.Grant{}, "q", "niger"), d.feed(access.Grant{}, "q", "mali")
		defer c.leave()
		defer other.leave()
		release := make(chan struct{})
		log.Looked(func(_ context.Context, _ int, offset int64) error {
			if offset == 0 {
				<-release
			}
			return nil
		})
		d.write(
			story{id: "slow", headline: "Niger slower", version: 1}, story{id: "a", headline: "Niger a"}, story{id: "b", headline: "Niger b"},
			story{id: "had", status: article.Canceled, version: 1}, story{id: "b", status: article.Canceled, version: 1},
		)
		cursor := c.cursor
		c.hears("ready", "left had canceled", "left b canceled")
		if c.cursor != cursor {
			t.Error("the cursor is ahead of what is not told yet")
		}
		late := d.feed(access.Grant{}, "q", "niger") // it heard of none ahead
		defer late.leave()
		close(release)
		d.write(story{id: "had", headline: "Niger again", version: 2})
		c.hears("changed Niger slower", "entered Niger a", "entered Niger again")
		late.hears("ready", "changed Niger slower", "entered Niger a", "left had canceled", "left b canceled", "entered Niger again")
		other.hears("ready")
	})
}

// TestStartLearns: feeds open when the newest messages are known; of what went out before
// it is known a little later.
func TestStartLearns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const partitions = live.MaxReplay / 10 // of each the ten newest are known at the start
		log := livetest.New(partitions)
		d := open(t, log, nil)
		began := time.Now()
		time.Sleep(time.Second)
		dpa := func(s story) *article.Article {
			s.agency = "dpa"
			return s.article(t)
		}
		var all []*article.Article
		for i := range 12 {
			all = append(all, dpa(story{id: "a", headline: "Niger", version: i}))
		}
		if err := log.Write(time.Now(), all...); err != nil {
			t.Fatal(err)
		}
		d.stop()
		p := bus.PartitionOf([]byte(all[0].URI), partitions)
		learnt := make(chan struct{})
		log.Bounded(func(partition int, from int64) {
			if partition == p && from == 0 {
				<-learnt
			}
		})
		d = open(t, log, nil)
		defer d.stop()
		since := []string{"since", began.Format(time.RFC3339)}
		early := d.feed(access.Grant{}, since...)
		early.hears("reset", "changed Niger", "current") // it isn't known yet what was taken back before
		early.leave()
		log.Bounded(nil)
		close(learnt)
		synctest.Wait()
		c := d.feed(access.Grant{Agencies: []string{"dpa"}}, since...)
		defer c.leave()
		c.hears("ready", "changed Niger", "current")
	})
}

// TestSlowClientsKeepNobodyWaiting: who takes what was missed slowly holds no place that
// others need to go on.
func TestSlowClientsKeepNobodyWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, livetest.New(1), nil)
		defer d.stop()
		first := d.feed(access.Grant{})
		cursor := first.cursor
		first.leave()
		for i := range 2 * live.ReplayEvents {
			d.write(story{id: fmt.Sprint(i), headline: fmt.Sprint(i)})
		}
		wait := make(chan struct{})
		var slow []*client
		for i := range 2 * live.MaxReplays {
			slow = append(slow, d.feedOf(fmt.Sprint("slow-", i/2), wait, access.Grant{}, "after", cursor))
		}
		quick := d.feed(access.Grant{}, "after", cursor)
		defer quick.leave()
		synctest.Wait()
		quick.mu.Lock()
		if n := len(quick.heard); n != 2+2*live.ReplayEvents {
			t.Errorf("the quick one heard %d events", n)
		}
		quick.mu.Unlock()
		time.Sleep(live.ReplayTime + time.Second)
		close(wait)
		for _, c := range slow {
			<-c.done
			if n := len(c.heard); n == 0 || c.heard[n-1] != "end slow" {
				t.Errorf("a slow one heard %q", c.heard)
			}
			again := d.feed(access.Grant{}, "after", c.cursor)
			synctest.Wait()
			if n := len(again.heard); len(c.heard)-2+n-2 != 2*live.ReplayEvents {
				t.Errorf("a slow one heard %d and then %d", len(c.heard), n)
			}
			again.leave()
		}
	})
}

// TestReplaysTakeTurns: no more than so many are read again at once, of one reader fewer;
// others hear heartbeats meanwhile.
func TestReplaysTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := livetest.New(1)
		d := open(t, log, nil)
		defer d.stop()
		first := d.feed(access.Grant{})
		cursor := first.cursor
		first.leave()
		d.write(story{id: "a", headline: "One"})
		var reading atomic.Int32
		release := make(chan struct{})
		log.Bounded(func(int, int64) {
			reading.Add(1)
			<-release
		})
		var all []*client
		for i, reader := range []string{"a", "a", "a", "b", "b", "b", "c"} {
			all = append(all, d.feedOf(reader, nil, access.Grant{}, "after", cursor))
			synctest.Wait()
			if got, want := int(reading.Load()), min(i+1, 2, live.MaxReplays)+max(0, min(i-2, 2)); got != want {
				t.Errorf("with %d, %d are read at once, want %d", i+1, got, want)
			}
		}
		time.Sleep(live.Heartbeat)
		close(release)
		for _, c := range all {
			c.hears("ready", "heartbeat", "entered One", "current")
			c.leave()
		}
	})
}

// TestReplayWithoutKafka: what was missed and can't be read ends the feed, which says so.
func TestReplayWithoutKafka(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := livetest.New(1)
		d := open(t, log, nil)
		defer d.stop()
		first := d.feed(access.Grant{})
		cursor := first.cursor
		first.leave()
		d.write(story{id: "a", headline: "One"})
		log.Fail(errors.New("away"))
		c := d.feed(access.Grant{}, "after", cursor)
		c.hears("ready", "end unavailable")
		if <-c.done; c.err != nil || c.retry <= 0 {
			t.Errorf("%v, retry %v", c.err, c.retry)
		}
		log.Fail(nil)
		time.Sleep(10 * time.Second)
		c = d.feed(access.Grant{}, "after", c.cursor)
		defer c.leave()
		c.hears("ready", "entered One", "current")
	})
}

// TestAnewAndLonger: a topic that was made anew is another one, also where it has as many
// messages; for open feeds, for those that are just going on, and for cursors.
func TestAnewAndLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := livetest.New(1)
		d := open(t, log, nil)
		defer d.stop()
		first, open := d.feed(access.Grant{}), d.feed(access.Grant{})
		defer open.leave()
		cursor := first.cursor
		first.leave()
		d.write(story{id: "a", headline: "One"}, story{id: "b", headline: "Two"})
		open.hears("ready", "entered One", "entered Two")
		release := make(chan struct{})
		log.Bounded(func(int, int64) { <-release })
		going := d.feed(access.Grant{}, "after", cursor)
		defer going.leave()
		log.Bounded(nil)
		log.Hold(true)
		log.Anew()
		d.write(story{id: "c", headline: "Three"}, story{id: "d", headline: "Four"}, story{id: "e", headline: "Five"})
		time.Sleep(10 * time.Second) // the hub looks at the topic
		log.Hold(false)
		close(release)
		anew := []string{"reset", "entered Three", "entered Four", "entered Five", "current"}
		open.hears(anew...)
		synctest.Wait()
		if n := len(going.heard); n < len(anew) || !slices.Equal(going.heard[n-len(anew):], anew) {
			t.Errorf("the one that was going on heard %q", going.heard)
		}
		back := d.feed(access.Grant{}, "after", cursor)
		defer back.leave()
		back.hears(anew...)
		d.write(story{id: "f", headline: "Six"})
		back.hears("entered Six")
		open.hears("entered Six")
	})
}

// TestCursorOfAnotherVersion: what was missed since a cursor that can't be read can't be
// told, which is no error: a browser wouldn't come back.
func TestCursorOfAnotherVersion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, livetest.New(1), nil)
		defer d.stop()
		for _, place := range []string{"", "\x01\x02", "12345678\xff"} {
			c := d.feed(access.Grant{}, "after", request(t).Seal([]byte(place)))
			c.hears("reset", "current")
			c.leave()
		}
	})
}

// TestReleasedAt: what is told says when it went out, however long ago it came.
func TestReleasedAt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, livetest.New(1), nil)
		defer d.stop()
		f, err := d.hub.Open(t.Context(), request(t), "after", access.Grant{}, "somebody")
		if err != nil {
			t.Fatal(err)
		}
		ctx, leave := context.WithCancel(t.Context())
		defer leave()
		var hit struct {
			Released time.Time `json:"released_at"`
		}
		done := make(chan error)
		go func() {
			done <- f.Run(ctx, func(e live.Event) error {
				if e.Kind == live.Entered {
					defer leave()
					return json.Unmarshal(e.Data, &hit)
				}
				return nil
			})
		}()
		synctest.Wait()
		now := time.Now()
		d.write(story{id: "a", headline: "Niger", received: now.Add(-time.Hour)})
		if err := <-done; !errors.Is(err, context.Canceled) || !hit.Released.Equal(now) {
			t.Errorf("%v: it went out at %v, not %v", err, hit.Released, now)
		}
	})
}

// TestKilledWhileMissedIsTold: the text of what is killed while a client is told what it
// missed isn't told it, also where that was read before.
func TestKilledWhileMissedIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, livetest.New(1), nil)
		defer d.stop()
		first := d.feed(access.Grant{}, "q", "niger")
		first.leave()
		d.write(story{id: "a", headline: "Niger a"}, story{id: "b", headline: "Niger b"})
		wait := make(chan struct{})
		c := d.feedAfter(wait, access.Grant{}, "q", "niger", "after", first.cursor)
		defer c.leave()
		d.write(story{id: "b", status: article.Canceled, version: 1})
		c.hears("ready") // it doesn't read on
		close(wait)
		c.hears("entered Niger a", "left b canceled", "current", "left b canceled")
	})
}

// TestKillsAloneWait: what isn't a kill takes up no buffer of who is told what went out before
// a reset: it is told that, too.
func TestKillsAloneWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := livetest.New(1)
		d := open(t, log, nil)
		defer d.stop()
		wait := make(chan struct{})
		c := d.feedAfter(wait, access.Grant{}, "q", "niger")
		defer c.leave()
		log.Hold(true)
		log.Anew()
		time.Sleep(6 * time.Second) // the hub looks at the topic, and the client doesn't read on
		log.Hold(false)
		var all []string
		for i := range live.Buffer + 1 {
			d.write(story{id: fmt.Sprint(i), headline: "Niger"})
			all = append(all, "entered Niger")
		}
		close(wait)
		c.hears(slices.Concat([]string{"ready", "reset"}, all, []string{"current"})...)
	})
}
