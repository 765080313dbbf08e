package copytaster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/ingest/intake"
)

var (
	livesFlag = flag.Int("lives", 120, "how many random lives TestLives drives through the pipeline")
	livesSeed = flag.Uint64("lives.seed", 0, "of TestLives; 0: another one each time")
)

// livesRounds is in how many parts the lives are sent: after each, everything
// must agree with the model.
const livesRounds = 3

// livesWait bounds the wait for the pipeline to agree with the model, on top of
// a second per hundred lives.
const livesWait = 3 * time.Minute

// turn is one message of a life.
type turn struct {
	a article.Article
	// What the model goes by, as the agency or the editor means it.
	version  int // 0: none
	at       int64
	embargo  time.Time
	expiry   time.Time
	action   article.Action // "": an agency's
	lifts    int64          // of a reinstatement
	headline string
}

func (x *turn) kill() bool { return x.a.Status == article.Canceled }

// expected is what the model says.
type expected struct {
	status   article.Status // "": nothing came
	until    time.Time
	expiry   time.Time // zero: never
	headline string
}

func (e expected) visible(now time.Time) bool {
	return e.status == article.Usable && !e.until.After(now) && (e.expiry.IsZero() || e.expiry.After(now))
}

// after is e when x came later than what e goes by, which was sent at that time.
func (e expected) after(at int64, x *turn) (expected, int64) {
	if x.at <= at {
		return e, at
	}
	return expected{x.a.Status, x.embargo, x.expiry, x.headline}, x.at
}

// foresee says how an article stands after these messages, by the rules in
// services/release/README.md, and not by the code: it looks at all of them
// together. What an agency sends later has a later date and a higher version.
func foresee(sent []*turn) expected {
	var lifted int64 = -1
	var back *turn
	after := 0
	for i, x := range sent {
		if x.action == article.Reinstate && x.lifts > lifted {
			lifted, back, after = x.lifts, x, i+1
		}
	}
	status := article.Status("")
	for _, x := range sent {
		switch {
		case x.kill() && x.at > lifted:
			status = article.Canceled
		case x.action == article.Withhold && x.at > lifted && status != article.Canceled:
			status = article.Withheld
		}
	}
	if status != "" {
		return expected{status: status}
	}
	counts := func(x *turn) bool {
		switch {
		case x.kill() || x.action != "":
			return false
		case x.version == 0:
			return x.at > lifted // what the editor saw is over
		}
		return back == nil || x.a.Revision > back.a.Revision
	}
	var e expected
	var at int64
	if back != nil {
		// What the editor didn't know of binds the text that comes back.
		var unknown expected
		for _, x := range sent[:after] {
			if counts(x) {
				unknown, at = unknown.after(at, x)
			}
		}
		if unknown.status == article.Withheld || unknown.until.After(back.a.ReceivedAt) || !unknown.expiry.IsZero() {
			e, e.headline = unknown, back.headline
		} else {
			e, at = expected{article.Usable, back.embargo, back.expiry, back.headline}, back.at
		}
	}
	for _, x := range sent[after:] {
		if counts(x) {
			e, at = e.after(at, x)
		}
	}
	return e
}

// lived is one article and its life.
type lived struct {
	uri   article.URI
	turns []*turn
	sent  int // how many of them, as far as the checkers know
	// settled is how many of them the pipeline had certainly done after each
	// round, at first none.
	settled []int
	mu      sync.Mutex
}

// sourceOf is a source of each article's own: what facets count by it is that
// article.
func sourceOf(n int) string { return fmt.Sprintf("wire-%d", n) }

// draw makes a life: what an agency and editors may do, in an order in which
// it may arrive.
func draw(r *rand.Rand, n int, now time.Time) *lived {
	l := &lived{uri: article.URI(fmt.Sprintf("urn:copytaster:wire:life-%d", n)), settled: []int{0}}
	at := now.Add(-time.Hour).Unix()
	version := 0
	// Hasty editors don't know of all that was sent. An embargo that ends while
	// they reinstate would bind or not by who is faster: there is none then.
	hasty := r.IntN(2) == 0
	// What an editor knows who looks at the log.
	type known struct {
		ruled   int64
		newest  *turn
		highest article.Revision
		held    bool // by the agency's last word
	}
	var seen known
	var looks []known
	var lastKill, lastWithhold, lifted int64
	issued := 0 // sequences
	var segments [][]*turn
	add := func(x *turn, s article.Status, sequence int, editor bool) {
		x.a = article.Article{
			URI: l.uri, Status: s, Source: sourceOf(n), Provider: "wire", ReceivedAt: time.Unix(x.at, 0).UTC(), EmbargoUntil: x.embargo, ExpiresAt: x.expiry,
			Language: article.Label{Value: "en"}, Traceparent: event.NewTraceparent(),
		}
		if x.version > 0 {
			x.a.Version = strconv.Itoa(x.version)
		}
		p := article.Parts{SourceVersion: x.version, OrderTime: x.at, Sequence: sequence}
		x.a.Revision, _ = p.Revision() // within bounds
		if x.headline != "" {
			var b article.Builder
			b.Add(article.Headline, x.headline)
			b.Add(article.Paragraph, "The livestory was told, and nobody doubted it.")
			b.Fill(&x.a)
		}
		if x.action != "" {
			x.a.Notice = &article.Notice{Action: x.action, Who: "ed", Reason: "test"}
		}
		if editor || len(segments) == 0 {
			segments = append(segments, nil)
		}
		last := len(segments) - 1
		segments[last] = append(segments[last], x)
		if editor {
			segments = append(segments, nil)
		}
		if x.headline != "" && (seen.newest == nil || x.a.Revision > seen.newest.a.Revision) {
			seen.newest = x
		}
		if s != article.Canceled {
			seen.highest = max(seen.highest, x.a.Revision)
		}
		if s != article.Usable {
			seen.ruled = max(seen.ruled, x.at)
		}
		if x.action == "" || x.action == article.Reinstate {
			seen.held = s == article.Withheld
		}
		looks = append(looks, seen)
	}
	embargo := func() time.Time {
		switch r.IntN(6) {
		case 0:
			return now.Add(-time.Minute).Truncate(time.Millisecond)
		case 1:
			if hasty {
				return now.Add(24 * time.Hour).Truncate(time.Millisecond)
			}
			return now.Add(time.Duration(r.IntN(15_000)) * time.Millisecond).Truncate(time.Millisecond)
		case 2:
			return now.Add(24 * time.Hour).Truncate(time.Millisecond)
		}
		return time.Time{}
	}
	expiry := func() time.Time {
		if r.IntN(4) > 0 {
			return time.Time{}
		}
		return embargo()
	}
	for range 2 + r.IntN(6) {
		at += int64(2 + r.IntN(20))
		x := &turn{at: at}
		killed, held := lastKill > lifted, lastWithhold > lifted
		saw := seen
		if hasty && len(looks) > 0 && r.IntN(2) == 0 {
			saw = looks[len(looks)-1-r.IntN(1+r.IntN(len(looks)))] // rather a late one
		}
		switch k := r.IntN(20); {
		case k < 2: // a kill, by the agency or an editor
			if r.IntN(2) == 0 {
				x.action = article.Kill
			} else if r.IntN(2) == 0 {
				version++
				x.version = version
			}
			lastKill = at
			add(x, article.Canceled, 0, x.action != "")
		case k < 4, seen.held && k >= 17: // a hold without a version, and the same said again
			add(x, article.Withheld, 0, false)
		case k < 6 && !held:
			x.action = article.Withhold
			lastWithhold = at
			add(x, article.Withheld, 0, true)
			x.a.Flag(article.FlagWithheldByEditor)
		case (killed || held || saw.held) && saw.newest != nil && saw.ruled > lifted && k < 13:
			x.action, x.lifts, x.headline = article.Reinstate, saw.ruled, saw.newest.headline
			x.embargo, x.expiry = saw.newest.embargo, saw.newest.expiry
			p := saw.highest.Parts()
			x.version, x.at = p.SourceVersion, p.OrderTime
			issued = max(issued, p.Sequence) + 1
			add(x, article.Usable, issued, true)
			x.a.Notice.Lifts = time.Unix(saw.ruled, 0).UTC()
			x.a.ReceivedAt = now.UTC()
			lifted = saw.ruled
		case k < 14:
			version++
			x.version = version
			add(x, article.Withheld, 0, false)
		default:
			version++
			x.version, x.embargo, x.expiry = version, embargo(), expiry()
			x.headline = fmt.Sprintf("Livestory %d edition %d", n, version)
			add(x, article.Usable, 0, false)
		}
	}
	// Between what editors do, what agencies send comes in any order, and some
	// of it again, also later.
	for _, s := range segments {
		r.Shuffle(len(s), func(i, j int) { s[i], s[j] = s[j], s[i] })
		for _, x := range s {
			l.turns = append(l.turns, x)
			if r.IntN(3) == 0 {
				l.turns = append(l.turns, l.turns[r.IntN(len(l.turns))])
			}
		}
	}
	return l
}

// known are the messages that were sent so far.
func (l *lived) known() []*turn {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.turns[:l.sent]
}

// look is a look at what readers see: from when to when, and how many rounds were
// certainly through when it began.
type look struct {
	from, to time.Time
	rounds   int
}

// might tells whether some state of the article since the last one that was
// certainly through is as is says.
func (l *lived) might(at look, is func(expected) bool) bool {
	sent := l.known()
	l.mu.Lock()
	settled := l.settled[at.rounds]
	l.mu.Unlock()
	for n := settled; n <= len(sent); n++ {
		if is(foresee(sent[:n])) {
			return true
		}
	}
	return false
}

// mightShow tells whether a look may find it, with that headline, or with any.
func (l *lived) mightShow(at look, headline ...string) bool {
	return l.might(at, func(e expected) bool {
		return (len(headline) == 0 || e.headline == headline[0]) && (e.visible(at.from) || e.visible(at.to))
	})
}

// wrote tells whether a revision of the article has that headline.
func (l *lived) wrote(headline string) bool {
	return slices.ContainsFunc(l.known(), func(x *turn) bool { return x.headline == headline })
}

// stage sends lives and holds what is seen to the model.
type livesTest struct {
	*system

	began  time.Time
	lives  []*lived
	by     map[article.URI]*lived
	out    stage.Sink
	rounds atomic.Int32 // that are certainly through
	public map[string]*subscriber
}

// TestLives drives random lives through the pipeline: revisions, kills,
// embargoes, expiries, holds, withholds and reinstatements by editors who know
// all or not, out of order and again. The
// index, search and the public topics end as the model says, and nobody sees at
// any moment what they may not: among hits, in facets, by its address, among the
// revisions or in a topic.
func TestLives(t *testing.T) {
	seed := *livesSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	lt := &livesTest{system: startSystem(t), by: map[article.URI]*lived{}}
	b, err := bus.Connect(bus.Config{KafkaBrokers: lt.brokers, Namespace: lt.namespace}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	lt.out = intake.KillsAhead(b.Sink(topic.Notices, event.Received), b.Sink(topic.Received, event.Received))
	t.Cleanup(func() { _ = lt.out.Close() })
	lt.public = map[string]*subscriber{topic.Released: lt.subscribe(topic.Released), topic.Current: lt.subscribe(topic.Current)}
	lt.began = time.Now()
	for n := range *livesFlag {
		l := draw(r, n, lt.began)
		lt.lives, lt.by[l.uri] = append(lt.lives, l), l
	}
	ctx, cancel := context.WithCancel(t.Context())
	var watchers sync.WaitGroup
	var looks int
	watchers.Go(func() { looks = lt.watch(ctx, rand.New(rand.NewPCG(seed, 2))) })
	defer watchers.Wait()
	defer cancel()
	for round := 1; round <= livesRounds; round++ {
		n := lt.send(t.Context(), round)
		began := time.Now()
		lt.agree()
		t.Logf("round %d: %d messages, all agree %v after the last", round, n, time.Since(began).Round(time.Millisecond))
	}
	cancel()
	watchers.Wait()
	states := map[string]int{}
	for _, l := range lt.lives {
		e := foresee(l.turns)
		switch {
		case e.status == article.Usable && !e.visible(time.Now()):
			states["embargoed or expired"]++
		default:
			states[string(e.status)]++
		}
	}
	t.Logf("%d lives end as %v; looked %d times", len(lt.lives), states, looks)
}

// send sends the part of the lives that belongs to the round.
func (lt *livesTest) send(ctx context.Context, round int) (n int) {
	lt.t.Helper()
	for step := 0; ; step++ { // one message of each life after the other
		var batch []article.Article
		for _, l := range lt.lives {
			l.mu.Lock()
			if l.sent < len(l.turns)*round/livesRounds {
				batch = append(batch, l.turns[l.sent].a)
				l.sent++
			}
			l.mu.Unlock()
		}
		if len(batch) == 0 {
			return n
		}
		n += len(batch)
		for part := range slices.Chunk(batch, 500) {
			if err := lt.out.Write(ctx, part); err != nil {
				lt.t.Fatal(err)
			}
		}
	}
}

// agree waits until index, search and public topics say what the model says.
func (lt *livesTest) agree() {
	lt.t.Helper()
	deadline := time.Now().Add(livesWait + time.Duration(len(lt.lives))*10*time.Millisecond)
	for {
		err := lt.differs()
		if err == nil {
			break
		}
		if time.Now().After(deadline) {
			lt.t.Fatalf("not within the time: %v", err)
		}
		<-time.After(200 * time.Millisecond) // between two looks at the condition
	}
	lt.settle()
}

// settle notes that all that was sent is certainly through.
func (lt *livesTest) settle() {
	for _, l := range lt.lives {
		l.mu.Lock()
		l.settled = append(l.settled, l.sent)
		l.mu.Unlock()
	}
	lt.rounds.Add(1)
}

// differs tells the first thing that is not as the model says now.
func (lt *livesTest) differs() error {
	now := time.Now()
	heads, err := lt.heads()
	if err != nil {
		return err
	}
	var errs []error
	bad := func(l *lived, e expected, format string, args ...any) {
		if len(errs) < 3 {
			sent := l.known()
			var story []string
			for _, x := range sent {
				story = append(story, fmt.Sprintf("%s%s v%d@%d %s to %s lifts %d", x.action, x.a.Status, x.version, x.at, x.embargo.Format(time.TimeOnly), x.expiry.Format(time.TimeOnly), x.lifts))
			}
			errs = append(errs, fmt.Errorf("%s should be %+v: %s; life: %s", l.uri, e, fmt.Sprintf(format, args...), strings.Join(story, ", ")))
		}
	}
	visible := 0
	var killed []article.URI
	for _, l := range lt.lives {
		sent := l.known()
		e := foresee(sent)
		if e.visible(now) {
			visible++
		}
		if e.status == article.Canceled {
			killed = append(killed, l.uri)
		}
		if h, ok := heads[l.uri]; ok != (len(sent) > 0) || ok && (h.Status != e.status || e.visible(now) && h.Headline != e.headline) {
			bad(l, e, "the index has %+v", h)
		}
		for name, sub := range lt.public {
			said := sub.all(l.uri)
			var last outgoing
			if len(said) > 0 {
				last = said[len(said)-1]
			}
			switch want := e; {
			case e.visible(now):
				if last.Status != article.Usable || last.First(article.Headline) != e.headline {
					bad(l, want, "%s has %q", name, last.say())
				}
			case len(said) > 0:
				if e.status == article.Canceled && last.Status != article.Canceled || last.Text != "" {
					bad(l, want, "%s has %q", name, last.say())
				}
			}
		}
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	f, err := lt.system.search("livestory")
	if err != nil {
		return err
	}
	if n := len(lt.lives); n <= 10_000 && f.Total.Value != visible {
		return fmt.Errorf("search finds %d, should be %d", f.Total.Value, visible)
	}
	for _, facet := range f.Facets {
		for _, v := range facet.Values {
			if v.Count > visible {
				return fmt.Errorf("facet %s counts %d of %s, of %d that are visible", facet.Name, v.Count, v.Value, visible)
			}
		}
	}
	return lt.purged(killed)
}

// head is what of an index entry is compared.
type head struct {
	URI      article.URI    `json:"uri"`
	Status   article.Status `json:"status"`
	Headline string         `json:"headline"`
}

func (lt *livesTest) heads() (map[article.URI]head, error) {
	all := map[article.URI]head{}
	hits, err := lt.elastic("articles", map[string]any{"size": 10_000, "_source": []string{"uri", "status", "headline"}, "query": map[string]any{"match_all": map[string]any{}}})
	for _, h := range hits {
		all[h.URI] = h
	}
	return all, err
}

// purged tells whether the killed articles have no text among the versions.
func (lt *livesTest) purged(killed []article.URI) error {
	for part := range slices.Chunk(killed, 1000) {
		hits, err := lt.elastic("article-versions", map[string]any{"size": 1, "_source": []string{"uri", "status", "headline"}, "query": map[string]any{"bool": map[string]any{
			"filter": []any{map[string]any{"terms": map[string]any{"uri": part}}, map[string]any{"term": map[string]any{"status": "usable"}}},
		}}})
		if err != nil {
			return err
		}
		if len(hits) > 0 {
			return fmt.Errorf("%s is killed, and has text among its versions: %q", hits[0].URI, hits[0].Headline)
		}
	}
	return nil
}

// elastic searches an index.
func (lt *livesTest) elastic(alias string, query map[string]any) ([]head, error) {
	q, err := json.Marshal(query)
	if err != nil {
		return nil, err
	}
	resp, err := lt.client.Post(lt.elasticsearch+"/"+lt.namespace+alias+"/_search", "application/json", bytes.NewReader(q))
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		b, err := io.ReadAll(resp.Body)
		return nil, errors.Join(err, fmt.Errorf("%s: %s", resp.Status, b))
	}
	var r struct {
		Hits struct {
			Hits []struct {
				Source head `json:"_source"`
			} `json:"hits"`
		} `json:"hits"`
	}
	err = json.NewDecoder(resp.Body).Decode(&r)
	hits := make([]head, len(r.Hits.Hits))
	for i, h := range r.Hits.Hits {
		hits[i] = h.Source
	}
	return hits, err
}

// watch looks at search with its facets, at single articles with their revisions,
// and at the public topics, until ctx is done, and gives how often.
func (lt *livesTest) watch(ctx context.Context, r *rand.Rand) (looks int) {
	read := map[string]map[article.URI]int{topic.Released: {}, topic.Current: {}}
	for ; ctx.Err() == nil; looks++ {
		n := r.IntN(len(lt.lives))
		l := lt.lives[n]
		// Of all that has the number, and of the article alone.
		for _, words := range []string{"livestory " + strconv.Itoa(n), fmt.Sprintf(`"livestory %d edition"`, n)} {
			if err := lt.lookForWords(words); err != nil { // a search that takes too long shows nothing
				<-time.After(100 * time.Millisecond)
			}
		}
		sent := l.known()
		revision := article.Revision(0)
		if len(sent) > 0 && r.IntN(2) == 0 {
			revision = sent[r.IntN(len(sent))].a.Revision
		}
		if err := lt.lookAt(l, revision); err != nil {
			lt.t.Errorf("article: %v", err)
			return looks
		}
		lt.lookAtPublic(l, read)
	}
	for _, l := range lt.lives {
		lt.lookAtPublic(l, read)
	}
	return looks
}

// begin begins a look.
func (lt *livesTest) begin() look { return look{from: time.Now(), rounds: int(lt.rounds.Load())} }

// lookForWords holds hits and facets of a search to the model.
func (lt *livesTest) lookForWords(words string) error {
	at := lt.begin()
	f, err := lt.system.search(words)
	if err != nil {
		return err
	}
	at.to = time.Now()
	for _, h := range f.Hits {
		if !lt.by[h.URI].mightShow(at, h.Headline) {
			lt.t.Errorf("search shows %q of %s, which nobody may see", h.Headline, h.URI)
		}
	}
	// What comes or goes between the questions about hits and facets is in one alone, so
	// facets are held to each other too: each article has one source.
	sources := 0
	for _, facet := range f.Facets {
		if facet.Name == "source" {
			for _, v := range facet.Values {
				sources += v.Count
			}
			if facet.More {
				sources = len(lt.lives)
			}
		}
	}
	for _, facet := range f.Facets {
		for _, v := range facet.Values {
			if v.Count > max(f.Total.Value, sources) {
				lt.t.Errorf("facet %s counts %d of %s, of %d in all, of %d in sources", facet.Name, v.Count, v.Value, f.Total.Value, sources)
			}
			if facet.Name != "source" || v.Count == 0 {
				continue
			}
			n, err := strconv.Atoi(strings.TrimPrefix(v.Value, "wire-"))
			if err != nil || n >= len(lt.lives) || v.Count != 1 || !lt.lives[n].mightShow(at) {
				lt.t.Errorf("facet source counts %d of %s, which nobody may see", v.Count, v.Value)
			}
		}
	}
	return nil
}

// lookAt holds an article, or one of its revisions, to the model.
func (lt *livesTest) lookAt(l *lived, revision article.Revision) error {
	at := lt.begin()
	status, body, err := lt.get(l.uri, revision)
	if err != nil {
		return err
	}
	at.to = time.Now()
	if status != http.StatusOK {
		return nil
	}
	var got struct {
		Article   head   `json:"article"`
		Newest    bool   `json:"newest"`
		Revisions []head `json:"revisions"`
	}
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		return err
	}
	switch a := got.Article; {
	case a.Status == article.Canceled:
		if a.Headline != "" || len(got.Revisions) > 0 || strings.Contains(body, "edition") {
			lt.t.Errorf("the API's notice of %s tells %s", l.uri, body)
		}
		return nil
	case got.Newest && !l.mightShow(at, a.Headline), !l.mightShow(at), !l.wrote(a.Headline):
		lt.t.Errorf("the API shows %q of %s, revision %s, which nobody may see", a.Headline, l.uri, revision)
	}
	for _, r := range got.Revisions {
		if r.Headline != "" && !l.wrote(r.Headline) {
			lt.t.Errorf("among the revisions of %s is %q", l.uri, r.Headline)
		}
	}
	return nil
}

// lookAtPublic looks at what the public topics say of an article since it was read.
func (lt *livesTest) lookAtPublic(l *lived, read map[string]map[article.URI]int) {
	for name, sub := range lt.public {
		out := sub.all(l.uri)
		for _, o := range out[read[name][l.uri]:] {
			sent := l.known()
			ok := o.Status != article.Usable
			for n := 0; n <= len(sent) && !ok; n++ {
				e := foresee(sent[:n])
				if e.expiry.After(lt.began) {
					e.expiry = time.Time{} // it may have been written before that, and read after; the notice follows
				}
				ok = e.headline == o.First(article.Headline) && e.visible(o.read)
			}
			if !ok {
				lt.t.Errorf("%s has %q of %s, which nobody may see", name, o.say(), l.uri)
			}
		}
		read[name][l.uri] = len(out)
	}
}
