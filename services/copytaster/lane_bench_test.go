package copytaster

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/topic"
)

// Of BenchmarkLiveBesideBackfill.
const (
	// backfillEnv is how many articles are back-filled; all of them pass then,
	// however long it takes. It wants -benchtime=1x, or they pass twice.
	backfillEnv = "COPYTASTER_BENCH_BACKFILL"
	// backfillPerSecond is more than the lane takes: so many are there for each
	// second of the run, that it is never empty.
	backfillPerSecond = 1500
	// backfillAlone is how long back-fills are measured without live copy.
	backfillAlone = 15 * time.Second
	// backfillLive is how many live articles are measured alone where all of the
	// back-fill passes.
	backfillLive = 1000
	// backfillTurns is how often live copy is measured in either way.
	backfillTurns = 4
)

// BenchmarkLiveBesideBackfill measures how long live copy takes from push to
// found, as BenchmarkPushToSearchable does: alone, and beside a back-fill whose
// lane is never empty, in turns, so that what else the machine does meets both.
// Run it with -benchtime=1000x.
func BenchmarkLiveBesideBackfill(b *testing.B) {
	live, turns, all := b.N, backfillTurns, false
	n := backfillPerSecond * (live/perSecond + int(backfillAlone.Seconds()))
	if v := os.Getenv(backfillEnv); v != "" {
		var err error
		if n, err = strconv.Atoi(v); err != nil {
			b.Fatal(err)
		}
		live, turns, all = backfillLive, 1, true
	}
	b.Setenv("COPYTASTER_LANE", string(topic.Live))
	s := startSystem(b)
	text := wire(b)
	start := func(lanes topic.Lanes) {
		s.stop()
		b.Setenv("COPYTASTER_LANE", string(lanes))
		s.start()
		for range 20 { // connections, JIT
			s.awaitArticle(s.mustPush(text(-1), "source=warm"), nil)
		}
	}
	loading := time.Now()
	s.load(b, n, topic.ReceivedBulk, event.Received)
	b.Logf("%d articles to back-fill, loaded in %v", n, time.Since(loading).Round(time.Second))

	passed := func() int { return s.counts()["index.bulk ok"] }
	var alone, beside []time.Duration
	total, during, took := 0, 0, time.Duration(0)
	for turn := range turns {
		want := live*(turn+1)/turns - live*turn/turns
		more := func(sent int) bool { return sent < want }
		start(topic.Lanes(topic.Live))
		alone = append(alone, s.live(b, more)...)
		start(topic.Both)
		s.await("the back-fill goes on", func() error {
			if passed() == 0 {
				return fmt.Errorf("none of %d", n)
			}
			return nil
		})
		if all {
			more = func(int) bool { return passed() < n }
		}
		before, began := passed(), time.Now()
		beside = append(beside, s.live(b, more)...)
		after := passed()
		took += time.Since(began)
		during += after - before
		total += after
	}
	if total >= n && !all {
		b.Fatalf("all %d articles were through before the end: the lane was not full", n)
	}
	b.ReportMetric(float64(during)/took.Seconds(), "backfill/s")
	if !all {
		before, began := passed(), time.Now()
		<-time.After(backfillAlone)
		b.ReportMetric(float64(passed()-before)/time.Since(began).Seconds(), "backfill-alone/s")
	}
	slices.Sort(alone)
	slices.Sort(beside)
	for name, q := range map[string]float64{"p50": .5, "p99": .99} {
		x, y := milliseconds(alone, q), milliseconds(beside, q)
		b.ReportMetric(x, "alone-"+name+"-ms")
		b.ReportMetric(y, "beside-"+name+"-ms")
		b.ReportMetric(y/x, name+"-ratio")
	}
	b.ReportMetric(0, "ns/op")
	b.Logf("%d live alone, %d beside %d of the back-fill", len(alone), len(beside), during)
}
