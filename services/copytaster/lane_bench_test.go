package copytaster

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/topic"
)

// Of BenchmarkLiveBesideBackfill.
const (
	// backfillEnv is how many articles are back-filled; all of them pass then,
	// however long it takes.
	backfillEnv = "COPYTASTER_BENCH_BACKFILL"
	// backfillPerSecond is more than the lane takes: so many are there for each
	// second of the run, that it is never empty.
	backfillPerSecond = 1500
	// backfillAlone is how long back-fills are measured without live copy.
	backfillAlone = 15 * time.Second
)

// BenchmarkLiveBesideBackfill measures how long live copy takes from push to
// found, as BenchmarkPushToSearchable does: alone, and then beside a back-fill
// whose lane is never empty. Run it with -benchtime=1000x.
func BenchmarkLiveBesideBackfill(b *testing.B) {
	n, all := backfillPerSecond*(b.N/perSecond+int(backfillAlone.Seconds())), false
	if v := os.Getenv(backfillEnv); v != "" {
		var err error
		if n, err = strconv.Atoi(v); err != nil {
			b.Fatal(err)
		}
		all = true
	}
	s := startSystem(b)
	warm := func() {
		text := wire(b)
		for range 20 {
			s.awaitArticle(s.mustPush(text(-1), "source=warm"), nil)
		}
	}
	warm()
	enough := func(sent int) bool { return sent < b.N }
	alone := s.live(b, enough)
	s.stop()

	loading := time.Now()
	s.load(b, n, topic.ReceivedBulk, event.Received)
	b.Logf("%d articles to back-fill, loaded in %v", n, time.Since(loading).Round(time.Second))
	s.start()
	warm()
	passed := func() int { return s.counts()["index.bulk ok"] }
	s.await("the back-fill has begun", func() error {
		if passed() == 0 {
			return fmt.Errorf("none of %d", n)
		}
		return nil
	})
	before, began := passed(), time.Now()
	more := enough
	if all {
		more = func(int) bool { return passed() < n }
	}
	beside := s.live(b, more)
	after, took := passed(), time.Since(began)
	if after >= n && !all {
		b.Fatalf("all %d articles were through before the end: the lane was not full", n)
	}
	b.ReportMetric(float64(after-before)/took.Seconds(), "backfill/s")
	if !all {
		began = time.Now()
		<-time.After(backfillAlone)
		b.ReportMetric(float64(passed()-after)/time.Since(began).Seconds(), "backfill-alone/s")
	}
	for name, q := range map[string]float64{"p50": .5, "p99": .99} {
		x, y := milliseconds(alone, q), milliseconds(beside, q)
		b.ReportMetric(x, "alone-"+name+"-ms")
		b.ReportMetric(y, "beside-"+name+"-ms")
		b.ReportMetric(y/x, name+"-ratio")
	}
	b.ReportMetric(0, "ns/op")
	b.Logf("%d live alone, %d beside %d of the back-fill", len(alone), len(beside), after-before)
}
