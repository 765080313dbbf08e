package release

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

// world is what outlives a process: tables, topics, and the clock.
type world struct {
	mu              sync.Mutex // of clock and failIn, while several are decided about
	status, pending *rows
	log, current    []stage.Message // public
	rulings         []stage.Message // the audit
	read            int             // of these, at starts
	readsFail       int             // how many readings are still to fail
	clock           time.Time
	failIn          int             // operations until one fails; 0: none does
	drift           time.Duration   // that each operation takes
	unsure          map[string]bool // by URI: no process knows that its last message was written
	overtaken       bool
	r               *releaser
	check           func(m stage.Message)
}

var errCut = errors.New("cut off")

// step is called before each write to Kafka.
func (w *world) step() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clock = w.clock.Add(w.drift)
	if w.failIn == 0 {
		return nil
	}
	if w.failIn--; w.failIn == 0 {
		return errCut
	}
	return nil
}

type rows struct {
	w   *world
	mu  sync.Mutex
	all map[string][]byte
}

func (r *rows) Get(key string) ([]byte, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	v, ok := r.all[key]
	return v, ok
}

func (r *rows) Put(_ context.Context, key string, value []byte) error {
	if err := r.w.step(); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all[key] = value
	return nil
}

func (r *rows) Delete(_ context.Context, key string) error {
	if err := r.w.step(); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.all, key)
	return nil
}

func (r *rows) Range(f func(string, []byte) bool) {
	for k, v := range maps.Clone(r.all) {
		if !f(k, v) {
			return
		}
	}
}

func (r *rows) Ready(context.Context) error {
	if r.w.overtaken {
		return stage.Fatal(fmt.Errorf("table: %w", bus.ErrOvertaken))
	}
	return nil
}

// Write takes public messages, as [topics] does.
func (w *world) Write(_ context.Context, ms []stage.Message) error {
	if len(ms) == 0 {
		return nil
	}
	if err := w.step(); err != nil {
		w.knows(ms, false)
		return err
	}
	w.mu.Lock()
	for _, m := range ms {
		if w.check != nil {
			w.check(m)
		}
		m.Time = w.clock
		w.log = append(w.log, m)
	}
	w.mu.Unlock()
	err := w.step() // it is in one topic, and not in the other
	if err == nil {
		w.mu.Lock()
		for _, m := range ms {
			m.Time = w.clock
			w.current = append(w.current, m)
		}
		w.mu.Unlock()
		err = w.step() // it is written, and nobody heard of it
	}
	w.knows(ms, err == nil)
	return err
}

// knows notes whether the process knows that these messages were written.
func (w *world) knows(ms []stage.Message, written bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, m := range ms {
		w.unsure[string(m.Key)] = !written
	}
}

// in is what a public topic has.
func (w *world) in(name string) []stage.Message {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch name {
	case topic.Current:
		return slices.Clone(w.current)
	case topic.Audit:
		return slices.Clone(w.rulings)
	}
	return slices.Clone(w.log)
}

// Extents of topics of one partition.
func (w *world) Extents(_ context.Context, name string) ([]bus.Extent, error) {
	return []bus.Extent{{End: int64(len(w.in(name)))}}, nil
}

func (w *world) OffsetsAt(_ context.Context, name string, t time.Time) (map[int]int64, error) {
	all := w.in(name)
	at := slices.IndexFunc(all, func(m stage.Message) bool { return !m.Time.Before(t) })
	if at < 0 {
		at = len(all)
	}
	return map[int]int64{0: int64(at)}, nil
}

// pollEvery is how long a reader waits who is at the end.
const pollEvery = time.Second

func (w *world) ReadLog(ctx context.Context, name string, _ int, from, to int64, f func(stage.Message) error) error {
	for at := from; to < 0 || at < to; at++ {
		for at >= int64(len(w.in(name))) {
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(pollEvery):
			}
		}
		w.mu.Lock()
		w.read++
		fails := w.readsFail > 0
		if fails {
			w.readsFail--
		}
		w.mu.Unlock()
		if fails {
			return errCut
		}
		m := w.in(name)[at]
		m.Offset = at
		if err := f(m); err != nil {
			return err
		}
	}
	return nil
}

func newWorld() *world {
	w := &world{clock: second(1000), unsure: map[string]bool{}}
	w.status, w.pending = &rows{w: w, all: map[string][]byte{}}, &rows{w: w, all: map[string][]byte{}}
	return w
}

// start begins a process with what is in the topics.
func (w *world) start(t interface{ Fatal(args ...any) }) {
	gone, err := readPublic(context.Background(), w)
	if err != nil {
		t.Fatal(err)
	}
	m, err := newMetrics(prometheus.NewRegistry(), func() int { return len(w.pending.all) })
	if err != nil {
		t.Fatal(err)
	}
	kept, unread, err := readTrail(context.Background(), w, w.rule)
	if err != nil || unread != nil {
		t.Fatal(err, unread)
	}
	w.r = newReleaser(w.status, w.pending, gone, kept, w, m)
	w.r.now = func() time.Time {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.clock
	}
	if err := w.r.loadTimers(); err != nil {
		t.Fatal(err)
	}
}

// ruling is a row of the audit.
func (w *world) ruling(t interface{ Fatal(args ...any) }, i int) (r Ruling) {
	if err := json.Unmarshal(w.rulings[i].Value, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// rule takes a row of the audit.
func (w *world) rule(_ context.Context, m stage.Message) error {
	if err := w.step(); err != nil {
		return err
	}
	w.mu.Lock()
	w.rulings = append(w.rulings, m)
	w.mu.Unlock()
	return nil
}

// tick releases what is due.
func (w *world) tick(ctx context.Context) error {
	for {
		uris, _ := w.r.due.next(w.clock)
		if len(uris) == 0 {
			return nil
		}
		var failed error
		for _, uri := range uris {
			if err := w.r.doDue(ctx, uri); err != nil {
				w.r.due.set(uri, w.clock)
				failed = err
			}
			w.r.due.done(uri)
		}
		if failed != nil {
			return failed
		}
	}
}

func second(n int64) time.Time { return time.Unix(n, 0).UTC() }

// told is a message about an article.
func told(t interface{ Fatal(args ...any) }, uri string, version int, at int64, s article.Status, embargo int64) article.Article {
	r, err := article.Parts{SourceVersion: version, OrderTime: at}.Revision()
	if err != nil {
		t.Fatal(err)
	}
	a := article.Article{
		URI: article.URI(uri), Revision: r, Status: s, Source: "wire", Provider: "dpa", ReceivedAt: second(at),
		Original: article.Original{Bytes: []byte("secret"), Archived: "a/b"},
	}
	if embargo > 0 {
		a.EmbargoUntil = second(embargo)
	}
	if s == article.Usable {
		var b article.Builder
		b.Add(article.Headline, fmt.Sprintf("Secret %d", version))
		b.Fill(&a)
	}
	return a
}

// said is what the public log says, "<status> <version>" each.
func (w *world) said(t *testing.T) []string {
	t.Helper()
	all := []string{}
	for _, m := range w.log {
		a, err := event.Decode(m)
		if err != nil {
			t.Fatal(err)
		}
		text := a.Text
		if text == "" {
			text = "-"
		}
		all = append(all, fmt.Sprintf("%s %s", a.Status, text))
		if a.Notice != nil || a.Original.Archived != "" || len(a.Original.Bytes) > 0 || a.Status != article.Usable && (a.Text != "" || !a.EmbargoUntil.IsZero()) {
			t.Errorf("a public message tells too much: %+v", a)
		}
	}
	return all
}

func TestWhatGoesOut(t *testing.T) {
	usable := func(n int, at int64) article.Article { return told(t, "urn:x:1", n, at, article.Usable, 0) }
	until := func(n int, at, e int64) article.Article { return told(t, "urn:x:1", n, at, article.Usable, e) }
	kill := func(at int64) article.Article { return told(t, "urn:x:1", 0, at, article.Canceled, 0) }
	hold := func(n int, at int64) article.Article { return told(t, "urn:x:1", n, at, article.Withheld, 0) }
	late := func(a article.Article, at int64) article.Article {
		a.ReceivedAt = second(at)
		return a
	}
	withhold := func(at int64) article.Article {
		a := hold(0, at)
		a.Notice = &article.Notice{Action: article.Withhold, Who: "ed"}
		return a
	}
	back := func(n int, at, lifts int64) article.Article {
		a := usable(n, at)
		a.Notice = &article.Notice{Action: article.Reinstate, Who: "ed", Lifts: second(lifts)}
		return a
	}
	for name, c := range map[string]struct {
		as   []article.Article // at 1000
		then []article.Article // at 2000
		want []string
	}{
		"revisions":                            {[]article.Article{usable(1, 10), usable(2, 20), usable(1, 10), usable(2, 20)}, nil, []string{"usable Secret 1", "usable Secret 2"}},
		"an older one later":                   {[]article.Article{usable(2, 20), usable(1, 10)}, nil, []string{"usable Secret 2"}},
		"kill":                                 {[]article.Article{usable(1, 10), kill(20), kill(20), usable(3, 30)}, nil, []string{"usable Secret 1", "canceled -"}},
		"kill before its article":              {[]article.Article{kill(20), usable(1, 10)}, nil, []string{}},
		"reinstated":                           {[]article.Article{usable(1, 10), kill(20), back(1, 11, 20), kill(20)}, nil, []string{"usable Secret 1", "canceled -", "usable Secret 1"}},
		"killed again":                         {[]article.Article{usable(1, 10), kill(20), back(1, 11, 20), kill(30)}, nil, []string{"usable Secret 1", "canceled -", "usable Secret 1", "canceled -"}},
		"first killed after it was reinstated": {[]article.Article{usable(1, 10), withhold(20), back(1, 11, 20), late(kill(10), 30)}, nil, []string{"usable Secret 1", "withheld -", "usable Secret 1", "canceled -"}},
		"withheld":                             {[]article.Article{hold(1, 10)}, nil, []string{}},
		"withheld and sent":                    {[]article.Article{hold(1, 10), usable(2, 20)}, nil, []string{"usable Secret 2"}},
		"withheld after it went out":           {[]article.Article{usable(1, 10), hold(0, 20), usable(1, 10)}, nil, []string{"usable Secret 1", "withheld -"}},
		"embargo":                              {[]article.Article{until(1, 10, 1500)}, nil, []string{"usable Secret 1"}},
		"embargo that goes on":                 {[]article.Article{until(1, 10, 2500)}, nil, []string{}},
		"embargo that is over":                 {[]article.Article{until(1, 10, 900)}, nil, []string{"usable Secret 1"}},
		"embargo after it went out":            {[]article.Article{usable(1, 10), until(2, 20, 1500)}, nil, []string{"usable Secret 1", "withheld -", "usable Secret 2"}},
		"revision during the embargo":          {[]article.Article{until(1, 10, 1500), until(2, 20, 1500), until(1, 10, 1500)}, nil, []string{"usable Secret 2"}},
		"embargo lifted":                       {[]article.Article{until(1, 10, 2500), usable(2, 20)}, nil, []string{"usable Secret 2"}},
		"embargo made longer":                  {[]article.Article{until(1, 10, 1500), until(2, 20, 2500)}, nil, []string{}},
		"kill during the embargo":              {[]article.Article{until(1, 10, 1500), kill(20)}, nil, []string{}},
		"withheld during the embargo":          {[]article.Article{until(1, 10, 1500), hold(2, 20)}, nil, []string{}},
		"embargoed message again, afterwards":  {[]article.Article{until(1, 10, 1500)}, []article.Article{until(1, 10, 1500)}, []string{"usable Secret 1"}},
		"unversioned embargo":                  {[]article.Article{usable(7, 10), until(0, 20, 1500)}, []article.Article{usable(7, 10)}, []string{"usable Secret 7", "withheld -", "usable Secret 0"}},
		"kill after the embargo":               {[]article.Article{until(1, 10, 1500)}, []article.Article{kill(1900)}, []string{"usable Secret 1", "canceled -"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			w.start(t)
			write := func(as []article.Article) {
				for _, a := range as {
					if err := w.r.Write(t.Context(), []article.Article{a}); err != nil {
						t.Fatal(err)
					}
				}
			}
			write(c.as)
			w.start(t) // also across a restart
			w.clock = second(2000)
			if err := w.tick(t.Context()); err != nil {
				t.Fatal(err)
			}
			write(c.then)
			if got := w.said(t); !slices.Equal(got, c.want) {
				t.Errorf("said %q, want %q", got, c.want)
			}
		})
	}
}

// Whatever comes, in whatever order and however often, wherever the process is
// cut off: at every moment nothing is out that may not be, nothing goes out
// twice unless its process couldn't know, and when all is done, everything is out that may be.
func TestReleaserHoldsToTheModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ctx := context.Background()
		w := newWorld()
		model := map[string]article.Standing{} // what the messages say that were given so far
		last := map[string]shown{}
		w.check = func(m stage.Message) {
			s, err := shownIn(m)
			if err != nil {
				t.Fatal(err)
			}
			stands := model[string(m.Key)]
			visible := stands.Visible(w.clock)
			if s.status == article.Withheld && stands.Status == article.Usable && !stands.EmbargoUntil.IsZero() {
				visible = false // the embargo may have ended while this was written; the article follows
			}
			if s.status == article.Usable && stands.Status == article.Usable && stands.Expired(w.clock) && w.drift > 0 {
				visible = true // it may have expired while this was written; the notice follows
			}
			if visible != (s.status == article.Usable) || visible && s.revision != stands.Revision {
				t.Fatalf("%+v goes out at %v, and stands as %+v", s, w.clock, stands)
			}
			if last[string(m.Key)] == s && !w.unsure[string(m.Key)] {
				t.Fatalf("%+v goes out twice", s)
			}
			last[string(m.Key)] = s
		}
		w.start(t)
		var all []article.Article
		at := int64(1000)
		uri := rapid.SampledFrom([]string{"urn:x:1", "urn:x:2"})
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			at += int64(rapid.IntRange(1, 9).Draw(t, "later"))
			w.clock = second(at)
			var a article.Article
			u := uri.Draw(t, "uri")
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0:
				a = told(t, u, 0, at, article.Canceled, 0)
			case 1:
				a = told(t, u, rapid.IntRange(0, 9).Draw(t, "version"), at, article.Withheld, 0)
			case 2:
				a = told(t, u, 0, at, article.Withheld, 0)
				a.Notice = &article.Notice{Action: article.Withhold}
			case 3:
				a = told(t, u, rapid.IntRange(0, 9).Draw(t, "version"), at, article.Usable, 0)
				lifts := max(model[u].Ruling, model[u].HeldAt)
				if rapid.Bool().Draw(t, "saw the kill alone") {
					lifts = model[u].Ruling
				}
				a.Notice = &article.Notice{Action: article.Reinstate, Lifts: article.RulingTime(lifts)}
			case 4, 5:
				a = told(t, u, rapid.IntRange(0, 9).Draw(t, "version"), at, article.Usable, at+int64(rapid.IntRange(-5, 20).Draw(t, "embargo")))
			case 6:
				if len(all) > 0 {
					a = rapid.SampledFrom(all).Draw(t, "again")
					break
				}
				fallthrough
			default:
				a = told(t, u, rapid.IntRange(0, 9).Draw(t, "version"), at, article.Usable, 0)
			}
			if a.Status == article.Usable && rapid.IntRange(0, 3).Draw(t, "expires") == 0 && a.ExpiresAt.IsZero() {
				a.ExpiresAt = second(at + int64(rapid.IntRange(-5, 20).Draw(t, "expiry")))
			}
			all = append(all, a)
			w.failIn = rapid.IntRange(0, 6).Draw(t, "fails")
			w.drift = time.Duration(rapid.IntRange(0, 3).Draw(t, "drift")) * time.Second
			try := func(do func() error) {
				for err := do(); err != nil; err = do() {
					if !errors.Is(err, errCut) {
						t.Fatal(err)
					}
					if rapid.Bool().Draw(t, "restart") {
						w.start(t)
					}
				}
			}
			try(func() error { return w.tick(ctx) })
			if a.Notice != nil && a.Notice.Action == article.Reinstate {
				a.ReceivedAt = w.clock // an embargo that is over by now is forgotten
			}
			stood := model[string(a.URI)]
			stands, governs := stood.Apply(&a)
			model[string(a.URI)] = stands
			kind, ruled := rulingOf(&a, stood, stands, w.clock)
			began := w.clock
			try(func() error { return w.r.Write(ctx, []article.Article{a}) })
			rows := map[key]int{}
			for i := range w.rulings {
				r := w.ruling(t, i)
				if rows[r.key()]++; rows[r.key()] > 1 {
					t.Fatalf("the audit has %+v twice", r)
				}
			}
			row := Ruling{At: a.ReceivedAt, Action: kind, URI: a.URI, Revision: a.Revision}
			if governs && ruled && began.Equal(w.clock) && rows[row.key()] == 0 {
				t.Fatalf("the audit lacks %+v", row)
			}
			w.failIn, w.drift = 0, 0
			try(func() error { return w.tick(ctx) })
			at = max(at, w.clock.Unix())
			for u, stands := range model {
				want, was := last[u]
				switch {
				case stands.Visible(w.clock):
					want, was = shown{revision: stands.Revision, ruling: stands.Ruling, status: article.Usable}, true
				case was && stands.Status == article.Canceled:
					want.status = article.Canceled
				case was:
					want.status = article.Withheld
				}
				if n := len(w.log); n > 0 {
					if inCurrent := lastOf(t, w.current, u); inCurrent != last[u] {
						t.Fatalf("%s: current is %+v, released %+v", u, inCurrent, last[u])
					}
				}
				if got, is := last[u]; is != was || got.status != want.status || got.status == article.Usable && got != want {
					t.Fatalf("%s: out is %+v, want %+v: %+v at %v", u, got, want, stands, w.clock)
				}
			}
		}
	})
}

// What may have gone out before a cut is followed by its notice, by this process
// or the next.
func TestWhatMayBeOutHasItsNotice(t *testing.T) {
	usable, kill := told(t, "urn:x:1", 1, 10, article.Usable, 0), told(t, "urn:x:1", 0, 20, article.Canceled, 0)
	hold := told(t, "urn:x:1", 2, 20, article.Withheld, 0)
	for name, cut := range map[string]int{"before it was written": 1, "between the topics": 2, "before it was heard of": 3} {
		for _, restart := range []bool{false, true} {
			for _, then := range []article.Article{kill, hold} {
				w := newWorld()
				w.start(t)
				w.failIn = cut
				if err := w.r.Write(t.Context(), []article.Article{usable}); !errors.Is(err, errCut) {
					t.Fatal(err)
				}
				if restart {
					w.start(t)
				}
				if err := w.r.Write(t.Context(), []article.Article{then}); err != nil {
					t.Fatal(err)
				}
				out := len(w.log) > 1 || cut > 1
				for _, topic := range [][]stage.Message{w.log, w.current} {
					if last := lastOf(t, topic, "urn:x:1"); out && last.status != then.Status || last.status == article.Usable {
						t.Errorf("%s, restart %v: %s, a topic ends with %+v", name, restart, then.Status, last)
					}
				}
				// The message comes again, since it wasn't done.
				n := len(w.log)
				if err := w.r.Write(t.Context(), []article.Article{usable}); err != nil || len(w.log) != n {
					t.Errorf("%s: afterwards: %v, said %q", name, err, w.said(t))
				}
			}
		}
	}
}

// A start reads what is current, and of the stream the end alone.
func TestStartReadsTheEndOfTheStream(t *testing.T) {
	w := newWorld()
	w.start(t)
	const articles, apart = 50, time.Minute
	for i := range articles {
		w.clock = w.clock.Add(apart)
		if i == articles-1 {
			w.failIn = 2
		}
		err := w.r.Write(t.Context(), []article.Article{told(t, fmt.Sprintf("urn:x:%d", i), 1, 10, article.Usable, 0)})
		if (err != nil) != (i == articles-1) {
			t.Fatal(err)
		}
	}
	w.read = 0
	w.start(t)
	if most := articles + int(sinceMargin/apart) + 2; w.read > most {
		t.Errorf("read %d messages, want %d at most", w.read, most)
	}
	if s, _ := w.r.gone.get(article.URI(fmt.Sprintf("urn:x:%d", articles-1))); !s.unsure || s.status != article.Usable {
		t.Errorf("what was cut off: %+v", s)
	}
	// Topics of an earlier program don't say since when.
	for i := range w.current {
		w.current[i].Headers = slices.DeleteFunc(slices.Clone(w.current[i].Headers), func(h stage.Header) bool { return h.Key == HeaderSince })
	}
	w.start(t)
	if s, _ := w.r.gone.get(article.URI(fmt.Sprintf("urn:x:%d", articles-1))); !s.unsure {
		t.Errorf("what was cut off: %+v", s)
	}
}

// lastOf is what the topic says of an article last.
func lastOf(t interface{ Fatal(args ...any) }, ms []stage.Message, uri string) (last shown) {
	for _, m := range ms {
		s, err := shownIn(m)
		if err != nil {
			t.Fatal(err)
		}
		if string(m.Key) == uri {
			last = s
		}
	}
	return last
}

// crowd is an output that lets nobody through until all are there.
type crowd struct {
	all  sync.WaitGroup
	said atomic.Int32
}

func (c *crowd) Write(ctx context.Context, ms []stage.Message) error {
	if len(ms) == 0 {
		return nil
	}
	c.said.Add(1)
	c.all.Done()
	there := make(chan struct{})
	go func() {
		c.all.Wait()
		close(there)
	}()
	select {
	case <-there:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// On the hour, many embargoes end: none waits until the one before is written.
func TestEmbargoesOfOneMomentEndTogether(t *testing.T) {
	w := newWorld()
	w.start(t)
	var as []article.Article
	for i := range sideBySide / 2 {
		as = append(as, told(t, fmt.Sprintf("urn:x:%d", i), 1, 10, article.Usable, 1500))
	}
	if err := w.r.Write(t.Context(), as); err != nil {
		t.Fatal(err)
	}
	c := &crowd{}
	c.all.Add(len(as))
	w.r.out = c
	w.clock = second(2000)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- w.r.runTimers(ctx) }()
	for ctx.Err() == nil && int(c.said.Load()) < len(as) {
		<-time.After(time.Millisecond) // between two looks
	}
	if n := int(c.said.Load()); n != len(as) {
		t.Errorf("%d of %d went out", n, len(as))
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestAnOvertakenInstanceGivesNothingOut(t *testing.T) {
	w := newWorld()
	w.start(t)
	if err := w.r.Write(t.Context(), []article.Article{told(t, "urn:x:1", 1, 10, article.Usable, 1500)}); err != nil {
		t.Fatal(err)
	}
	w.overtaken = true
	if err := w.r.Write(t.Context(), []article.Article{told(t, "urn:x:2", 1, 10, article.Usable, 0)}); !stage.IsFatal(err) {
		t.Errorf("got %v", err)
	}
	w.clock = second(2000)
	if err := w.r.runTimers(t.Context()); !stage.IsFatal(err) || !errors.Is(err, bus.ErrOvertaken) {
		t.Errorf("timers: got %v", err)
	}
	if len(w.log) > 0 {
		t.Errorf("said %q", w.said(t))
	}
}

func TestWhatCanNotBeEncodedIsRefusedAlone(t *testing.T) {
	w := newWorld()
	w.start(t)
	bad := told(t, "urn:x:bad", 1, 10, article.Usable, 0)
	bad.Source = ""
	err := w.r.Write(t.Context(), []article.Article{told(t, "urn:x:1", 1, 10, article.Usable, 0), bad})
	var partial *stage.PartialError
	if !errors.As(err, &partial) || len(partial.Errs) != 1 || !stage.IsPermanent(partial.Errs[1]) || len(w.log) != 1 {
		t.Errorf("%v, said %q", err, w.said(t))
	}
}

func TestTopicOfAnotherHandIsRefused(t *testing.T) {
	for _, m := range []stage.Message{
		{Key: []byte("urn:x:1")},
		{Key: []byte("urn:x:1"), Headers: []stage.Header{{Key: event.HeaderID, Value: []byte("urn:x:2#5")}}},
		{Key: []byte("urn:x:1"), Headers: []stage.Header{{Key: event.HeaderID, Value: []byte("urn:x:1#x")}}},
		{Key: []byte("urn:x:1"), Headers: []stage.Header{{Key: event.HeaderID, Value: []byte("urn:x:1#5")}, {Key: HeaderStatus, Value: []byte("gone")}}},
		{Key: []byte("urn:x:1"), Headers: []stage.Header{{Key: event.HeaderID, Value: []byte("urn:x:1#5")}, {Key: HeaderSince, Value: []byte("x")}}},
		{Key: []byte("urn:x:1"), Headers: []stage.Header{{Key: event.HeaderID, Value: []byte("urn:x:1#5")}, {Key: HeaderRuling, Value: []byte("x")}}},
	} {
		s, err := shownIn(m)
		if _, unread := sinceIn(m); err == nil && unread == nil {
			t.Errorf("%+v was read as %+v", m, s)
		}
	}
}

// fenced is a table that another process has taken over.
type fenced struct{ *rows }

func (fenced) Put(context.Context, string, []byte) error {
	return stage.Fatal(fmt.Errorf("table: %w", bus.ErrOvertaken))
}

func (f fenced) Delete(ctx context.Context, key string) error { return f.Put(ctx, key, nil) }

// What a process that was overtaken still gives out is followed by its notice,
// and what this one gives out is no news to it.
func TestWhatAnotherProcessGivesOutHasItsNotice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.start(t)
		old := w.r
		g := &gate{w, make(chan struct{})}
		old.out, old.status, old.pending = g, fenced{w.status}, fenced{w.pending}
		cut := make(chan error, 1)
		go func() { cut <- old.Write(t.Context(), []article.Article{told(t, "urn:x:1", 1, 10, article.Usable, 0)}) }()
		synctest.Wait() // it has looked at its tables
		w.start(t)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- w.r.follow(ctx, w) }()
		for _, a := range []article.Article{told(t, "urn:x:1", 0, 20, article.Canceled, 0), told(t, "urn:x:2", 1, 10, article.Usable, 0)} {
			if err := w.r.Write(t.Context(), []article.Article{a}); err != nil {
				t.Fatal(err)
			}
		}
		close(g.open)
		if err := <-cut; err != nil && !stage.IsFatal(err) {
			t.Fatal(err)
		}
		<-time.After(2 * pollEvery)
		for _, name := range []string{topic.Released, topic.Current} {
			if last := lastOf(t, w.in(name), "urn:x:1"); last.status != article.Canceled {
				t.Errorf("%s ends with %+v", name, last)
			}
		}
		said := len(w.in(topic.Released))
		<-time.After(2 * pollEvery)
		if n := len(w.in(topic.Released)); n != said || said > 4 {
			t.Errorf("said %q", w.said(t))
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
