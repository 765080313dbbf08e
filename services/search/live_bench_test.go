package search_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/search"
	"github.com/copytaster/copytaster/services/search/live"
)

// Load of BenchmarkLive.
const (
	liveRate     = 50   // articles per second
	liveArticles = 1000 // in one round
)

// latencies are how long something took, by article.
type latencies struct {
	mu   sync.Mutex
	sent map[article.URI]time.Time
	took []time.Duration
}

func (l *latencies) note(uri article.URI, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if sent, ok := l.sent[uri]; ok {
		l.took = append(l.took, at.Sub(sent))
	}
}

func (l *latencies) report(b *testing.B, name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	slices.Sort(l.took)
	for _, p := range []int{50, 99} {
		if n := len(l.took); n > 0 {
			b.ReportMetric(float64(l.took[min(n-1, n*p/100)].Microseconds())/1000, fmt.Sprintf("ms-%s-p%d", name, p))
		}
	}
}

// words of articles and queries; the first are the most frequent.
var liveWords = strings.Fields("government minister people report city police court election market company army border talks price team season school hospital storm " +
	"bank water energy station airport railway soldier strike union budget reform protest harvest vaccine satellite ferry bridge festival museum orchestra glacier")

// BenchmarkLive has articles come at a steady rate and measures, from before each is
// written to Kafka, when the clients of live feeds have its event, and when a bare
// consumer that does nothing has it: the difference is what live feeds cost.
func BenchmarkLive(b *testing.B) {
	for _, feeds := range []int{100, 2000} {
		b.Run(fmt.Sprint(feeds, "_feeds"), func(b *testing.B) {
			for b.Loop() {
				liveRound(b, feeds)
			}
		})
	}
}

func liveRound(b *testing.B, feeds int) {
	w := open(b).wire()
	base := w.serve(b, func(c *search.Config) { c.SearchLiveFeeds, c.SearchLiveFeedsOfReader = feeds+1, feeds+1 })
	sent := map[article.URI]time.Time{}
	client, bare := &latencies{sent: sent}, &latencies{sent: sent}
	r := rand.New(rand.NewPCG(1, 2))
	const kinds = 20 // of each word
	word := func() string {
		return liveWords[min(r.IntN(len(liveWords)), r.IntN(len(liveWords)))] + string(rune('a'+r.IntN(kinds)))
	}
	var all []*listener
	for i := range feeds {
		q := fmt.Sprintf(`%s %s (%s OR "%s %s") -headline:%s published:>2020`, word(), word(), word(), word(), word(), word())
		if i == 0 {
			q = ""
		}
		l := listen(b, base+"/v1/live?"+query("q", q))
		l.next(live.Ready)
		all = append(all, l)
	}
	as := make([]*article.Article, liveArticles)
	for i := range as {
		var body []string
		for range 6 {
			text := make([]string, 60)
			for k := range text {
				text[k] = word()
			}
			body = append(body, strings.Join(text, " ")+".")
		}
		as[i] = report{
			id: fmt.Sprint("bench-", i), agency: "dpa", language: "en", headline: word() + " " + word() + " " + word(), body: body,
			persons: []string{"Ana Ruiz"}, places: []article.Place{{Name: "Niamey", Country: "NE", Located: true, Lat: 13.5, Lon: 2.1}},
		}.article(b)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	w.consume(ctx, b, func(m stage.Message) { bare.note(article.URI(m.Key), time.Now()) })
	events := 0
	tick := time.NewTicker(time.Second / liveRate)
	defer tick.Stop()
	var writing sync.WaitGroup
	for _, a := range as {
		<-tick.C
		client.mu.Lock()
		bare.mu.Lock()
		sent[a.URI] = time.Now()
		bare.mu.Unlock()
		client.mu.Unlock()
		writing.Go(func() { w.write(a) })
	}
	writing.Wait()
	for range as { // the first feed finds everything
		h := all[0].next(live.Entered)
		events += noted(client, h)
	}
	for _, l := range all[1:] {
		l.leave()
		for h := range l.events {
			events += noted(client, h)
		}
	}
	client.report(b, "client")
	bare.report(b, "bare")
	b.ReportMetric(float64(events), "events")
	if len(client.took) > 0 && len(bare.took) > 0 {
		b.ReportMetric(float64(client.took[len(client.took)*99/100])/float64(bare.took[len(bare.took)*99/100]), "p99/bare")
	}
}

func noted(l *latencies, h heard) int {
	if h.event != string(live.Entered) {
		return 0
	}
	var hit struct {
		URI article.URI `json:"uri"`
	}
	if json.Unmarshal([]byte(h.data), &hit) == nil {
		l.note(hit.URI, h.at)
	}
	return 1
}

// consume gives f what is written from now on, until ctx is done.
func (w *wire) consume(ctx context.Context, tb testing.TB, f func(stage.Message)) {
	tb.Helper()
	es, err := w.bus.Extents(ctx, topic.Released)
	if err != nil {
		tb.Fatal(err)
	}
	var done sync.WaitGroup
	for _, e := range es {
		done.Go(func() {
			_ = w.bus.ReadLog(ctx, topic.Released, e.Partition, e.End, -1, func(m stage.Message) error {
				f(m)
				return nil
			})
		})
	}
	tb.Cleanup(done.Wait)
}
