package copytaster

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/rs/zerolog"
	"github.com/segmentio/kafka-go"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/ingest"
)

// bus is a connection of the test's own to the system's Kafka.
func (s *system) bus() *bus.Bus {
	s.t.Helper()
	b, err := bus.Connect(bus.Config{KafkaBrokers: s.brokers, Namespace: s.namespace}, zerolog.Nop())
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(b.Close)
	return b
}

// write writes articles to a topic, past the service that does it otherwise.
func (s *system) write(b *bus.Bus, name string, typ event.Type, as ...article.Article) {
	s.t.Helper()
	sink := b.Sink(name, typ)
	defer func() {
		if err := sink.Close(); err != nil {
			s.t.Error(err)
		}
	}()
	if err := sink.Write(s.t.Context(), as); err != nil {
		s.t.Fatal(err)
	}
}

// version is the n-th version of an article.
func version(t testing.TB, id string, n int, status article.Status) article.Article {
	t.Helper()
	at := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	as, err := ingest.Decode(t.Context(), []byte(fmt.Sprintf("Bridge %s closed, version %d\n\nThe bridge over the Lenn was closed.\n", id, n)),
		ingest.Hint{Source: "wire", ReceivedAt: at}, "")
	if err != nil {
		t.Fatal(err)
	}
	a := as[0]
	a.URI, a.Status, a.VersionCreated = article.URI("urn:x:"+id), status, at.Add(time.Duration(n)*time.Minute)
	if err := a.Stamp(); err != nil {
		t.Fatal(err)
	}
	return a
}

func TestBackfillIsFound(t *testing.T) {
	s := startSystem(t)
	pushed := s.mustPush("Old ferry\n\nThe ferry to Skarra ran for the first time.\n", "source=archive&lane=bulk")
	writeDropped(t, filepath.Join(s.backfill, "coast"), "old.txt", "Old harbour\n\nThe harbour of Skarra was opened.\n")
	live := s.mustPush("New ferry\n\nThe ferry to Skarra runs no more.\n", "source=coast")
	s.awaitArticle(pushed, nil)
	s.awaitArticle(live, nil)
	s.await("all three are found", func() error {
		f, err := s.search("skarra")
		if err == nil && f.Total.Value != 3 {
			err = fmt.Errorf("found %d times", f.Total.Value)
		}
		return err
	})
	// Each went its own way.
	want := map[string]int{"ingest ok": 1, "enrich ok": 1, "index ok": 1, "ingest.bulk ok": 2, "enrich.bulk ok": 2, "index.bulk ok": 2}
	s.await("all are counted", func() error {
		counts := s.counts()
		for k, n := range want {
			if counts[k] != n {
				return fmt.Errorf("%s: %d, want %d", k, counts[k], n)
			}
		}
		return nil
	})
	s.awaitDone(s.backfill, "coast", 1)
}

// TestRevisionDecidesNotTheLane: one article's revisions and kills in both
// lanes, in every order of the lanes, end as their revisions say.
func TestRevisionDecidesNotTheLane(t *testing.T) {
	s := startSystem(t, "enrich", "index", "search")
	b := s.bus()
	through := map[string]int{}
	// send gives an article to a lane and waits until it is through.
	send := func(lane topic.Lane, a article.Article) {
		t.Helper()
		name, counted := topic.Received, "index ok"
		if lane == topic.Bulk {
			name, counted = topic.ReceivedBulk, "index.bulk ok"
		}
		s.write(b, name, event.Received, a)
		through[counted]++
		s.await("it is through", func() error {
			if n := s.counts()[counted]; n < through[counted] {
				return fmt.Errorf("%s: %d of %d", counted, n, through[counted])
			}
			return nil
		})
	}
	type step struct {
		lane   topic.Lane
		n      int
		status article.Status
	}
	const live, bulk, usable, kill = topic.Live, topic.Bulk, article.Usable, article.Canceled
	for id, c := range map[string]struct {
		steps  []step
		status article.Status
		head   int // version
	}{
		"old-behind-new":       {[]step{{live, 2, usable}, {bulk, 1, usable}}, usable, 2},
		"new-in-bulk":          {[]step{{live, 1, usable}, {bulk, 2, usable}}, usable, 2},
		"new-in-live":          {[]step{{bulk, 1, usable}, {live, 2, usable}}, usable, 2},
		"same-in-both":         {[]step{{bulk, 1, usable}, {live, 1, usable}, {bulk, 1, usable}}, usable, 1},
		"killed-before":        {[]step{{live, 2, kill}, {bulk, 1, usable}}, kill, 2},
		"killed-after":         {[]step{{bulk, 1, usable}, {live, 2, kill}}, kill, 2},
		"killed-then-newer":    {[]step{{live, 2, kill}, {bulk, 3, usable}}, kill, 3},
		"old-kill-in-bulk":     {[]step{{live, 3, usable}, {bulk, 2, kill}, {live, 4, usable}}, kill, 4},
		"killed-between-lanes": {[]step{{bulk, 1, usable}, {live, 2, kill}, {bulk, 3, usable}, {live, 4, usable}}, kill, 4},
	} {
		for _, st := range c.steps {
			send(st.lane, version(t, id, st.n, st.status))
		}
		want := version(t, id, c.head, usable)
		got := s.awaitArticle(want.URI, func(a *article.Article) bool {
			// Of a killed article the revision says nothing any more.
			return a.Status == c.status && (c.status == kill || a.Revision == want.Revision)
		})
		if c.status != kill {
			continue
		}
		if text := fmt.Sprint(got); strings.Contains(text, "Lenn") {
			t.Errorf("%s: the killed article still has text: %s", id, text)
		}
		s.await("no version of "+id+" has text", func() error {
			docs, err := s.source("article-versions", want.URI)
			if err == nil && strings.Contains(fmt.Sprintf("%s", docs), "Lenn") {
				err = fmt.Errorf("%s", docs)
			}
			return err
		})
	}
}

// TestDeadLettersOfBackfills: what the lane can't handle goes to its own topics
// of dead letters, and nothing to those of live copy.
func TestDeadLettersOfBackfills(t *testing.T) {
	s := startSystem(t)
	b := s.bus()
	bad := version(t, "bad", 1, article.Usable)
	bad.Urgency = 300 // the index takes a byte
	s.write(b, topic.EnrichedBulk, event.Enriched, bad)
	w := &kafka.Writer{Addr: kafka.TCP(s.brokers...), Topic: s.namespace + topic.ReceivedBulk, RequiredAcks: kafka.RequireAll, BatchTimeout: time.Millisecond}
	s.await("the broken message is written", func() error { // the writer may not know the new topic yet
		return w.WriteMessages(t.Context(), kafka.Message{Key: []byte("k"), Value: []byte("no protobuf")})
	})
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for from, stage := range map[string]string{topic.ReceivedBulk: "enrich.bulk", topic.EnrichedBulk: "index.bulk"} {
		s.await("a dead letter of "+from, func() error {
			all, err := s.deadLetters(from + topic.DeadSuffix)
			if err == nil && len(all) != 1 {
				err = fmt.Errorf("%d letters", len(all))
			}
			if err == nil && (all[0].Stage != stage || all[0].Message.Topic != from || all[0].Err == nil) {
				t.Fatalf("letter %+v", all[0])
			}
			return err
		})
	}
	for _, name := range []string{topic.Received, topic.Enriched} {
		if all, err := s.deadLetters(name + topic.DeadSuffix); err != nil || len(all) != 0 {
			t.Errorf("%s: %d letters, %v", name, len(all), err)
		}
	}
}

// TestBothLanesAreWatched: lag and readiness cover both, and a process that
// works on one lane covers that, and leaves the other's articles alone.
func TestBothLanesAreWatched(t *testing.T) {
	s := startSystem(t, "enrich", "index")
	got := s.checks()
	for _, want := range []string{"enrich/source", "enrich/source.bulk", "index/source", "index/source.bulk"} {
		if !slices.Contains(got, want) {
			t.Errorf("ready is: %v, without %s", got, want)
		}
	}
	s.await("lag of all groups", func() error {
		if got := s.lags(); !slices.Equal(got, []string{
			"enrich articles.received", "enrich.bulk articles.received.bulk", "index articles.enriched", "index.bulk articles.enriched.bulk",
		}) {
			return fmt.Errorf("lag of %v", got)
		}
		return nil
	})
	s.stop()

	b := s.bus()
	t.Setenv("COPYTASTER_LANE", "live")
	s.start("enrich", "index")
	if got := s.checks(); slices.Contains(got, "enrich/source.bulk") || !slices.Contains(got, "enrich/source") {
		t.Errorf("ready is: %v", got)
	}
	s.write(b, topic.ReceivedBulk, event.Received, version(t, "old", 1, article.Usable))
	s.write(b, topic.Received, event.Received, version(t, "new", 1, article.Usable))
	s.awaitArticle("urn:x:new", nil)
	if docs, err := s.source("articles", "urn:x:old"); err != nil || len(docs) != 0 {
		t.Errorf("live copy's process has indexed a back-fill: %d, %v", len(docs), err)
	}
	s.stop()

	t.Setenv("COPYTASTER_LANE", "bulk")
	s.start("enrich", "index")
	if got := s.checks(); slices.Contains(got, "index/source") || !slices.Contains(got, "index/source.bulk") {
		t.Errorf("ready is: %v", got)
	}
	s.write(b, topic.Received, event.Received, version(t, "newer", 1, article.Usable))
	s.awaitArticle("urn:x:old", nil)
	if docs, err := s.source("articles", "urn:x:newer"); err != nil || len(docs) != 0 {
		t.Errorf("the back-fills' process has indexed live copy: %d, %v", len(docs), err)
	}
}

// TestLiveGoesOnWhileBackfillCannot: the topic that enriched back-fills go to is
// gone, so their stage repeats for ever; live copy passes it by, and when the
// topic is back the back-fill goes on.
func TestLiveGoesOnWhileBackfillCannot(t *testing.T) {
	s := startSystem(t, "ingest", "enrich")
	b := s.bus()
	client := &kafka.Client{Addr: kafka.TCP(s.brokers...)}
	r, err := client.DeleteTopics(t.Context(), &kafka.DeleteTopicsRequest{Topics: []string{s.namespace + topic.EnrichedBulk}})
	if err == nil {
		err = r.Errors[s.namespace+topic.EnrichedBulk]
	}
	if err != nil {
		t.Fatal(err)
	}
	const n = 20
	for i := range n {
		s.mustPush(fmt.Sprintf("Old %d\n\nOld text.\n", i), "source=archive&lane=bulk")
	}
	s.await("the stage of back-fills fails", func() error {
		if s.value("copytaster_retries_total", "stage", "enrich.bulk") == 0 {
			return fmt.Errorf("no retries")
		}
		return nil
	})
	for i := range n {
		s.mustPush(fmt.Sprintf("New %d\n\nNew text.\n", i), "source=coast")
	}
	s.await("live copy is enriched", func() error {
		if got := s.counts()["enrich ok"]; got != n {
			return fmt.Errorf("%d of %d", got, n)
		}
		return nil
	})
	if got := s.counts()["enrich.bulk ok"]; got != 0 {
		t.Errorf("%d back-fills went to a topic that is gone", got)
	}
	s.await("the topic is back", func() error { return b.EnsureTopics(t.Context(), topic.EnrichedBulk) })
	s.await("the back-fill is enriched", func() error {
		if got := s.counts()["enrich.bulk ok"]; got != n {
			return fmt.Errorf("%d of %d", got, n)
		}
		return nil
	})
}

// checks are the names of what /readyz asks.
func (s *system) checks() []string {
	s.t.Helper()
	resp, err := s.client.Get(s.base + "/readyz")
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	var r struct {
		Checks map[string]string `json:"checks"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&r); err != nil {
		s.t.Fatal(err)
	}
	return slices.Sorted(maps.Keys(r.Checks))
}

// metric reads one family of /metrics.
func (s *system) metric(name string) []map[string]string {
	s.t.Helper()
	resp, err := s.client.Get(s.base + "/metrics")
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	p := expfmt.NewTextParser(model.UTF8Validation)
	families, err := p.TextToMetricFamilies(io.LimitReader(resp.Body, 16<<20))
	if err != nil {
		s.t.Fatal(err)
	}
	var all []map[string]string
	for _, m := range families[name].GetMetric() {
		labels := map[string]string{"": fmt.Sprint(m.GetCounter().GetValue() + m.GetGauge().GetValue())}
		for _, l := range m.GetLabel() {
			labels[l.GetName()] = l.GetValue()
		}
		all = append(all, labels)
	}
	return all
}

// lags are the groups and topics whose lag is known.
func (s *system) lags() []string {
	s.t.Helper()
	var all []string
	for _, m := range s.metric("copytaster_lag_messages") {
		all = append(all, m["group"]+" "+m["topic"])
	}
	slices.Sort(all)
	return all
}

// value is the sum of a metric's series with a label.
func (s *system) value(name, label, value string) float64 {
	s.t.Helper()
	sum := 0.
	for _, m := range s.metric(name) {
		var v float64
		if _, err := fmt.Sscan(m[""], &v); err != nil {
			s.t.Fatal(err)
		}
		if m[label] == value {
			sum += v
		}
	}
	return sum
}
