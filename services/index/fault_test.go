package index_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/services/index"
	"github.com/copytaster/copytaster/services/index/bulk"
)

// link is the way to Elasticsearch of one instance, with something on it.
type link struct {
	to esapi.Transport
	// before is called with each bulk request before it is sent, after when
	// Elasticsearch has done it. An error is all that the instance hears.
	before, after func(body string) error
}

var errCut = errors.New("the link was cut")

func (l *link) Perform(r *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(r.URL.Path, "/_bulk") {
		return l.to.Perform(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if l.before != nil {
		if err := l.before(string(body)); err != nil {
			return nil, err
		}
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	res, err := l.to.Perform(r)
	if err == nil && l.after != nil {
		if err := l.after(string(body)); err != nil {
			_ = res.Body.Close()
			return nil, err
		}
	}
	return res, err
}

// instance is another Sink on the same indices, behind a link.
func (w *world) instance(l *link, c bulk.Config) *index.Sink {
	w.Helper()
	l.to = w.es
	s := index.NewSink(l, w.ns, c, prometheus.NewRegistry())
	w.Cleanup(func() {
		if err := s.Close(); err != nil {
			w.Error(err)
		}
	})
	return s
}

// TestKillMeetsNewerRevision: an instance that has lost its partition, and
// doesn't know, is in the middle of writing revision 3 when another one kills
// revision 2. Wherever it stands, the kill holds and no text is left.
func TestKillMeetsNewerRevision(t *testing.T) {
	const uri = "urn:x:1"
	for name, stop := range map[string]struct {
		at   func(w *world, body string) bool
		when string // "before" it is sent, "after" it was done, or done and "lost"
	}{
		"before its version":     {func(w *world, b string) bool { return strings.Contains(b, w.ns.Versions()) }, "before"},
		"between both":           {func(w *world, b string) bool { return strings.Contains(b, w.ns.Versions()) }, "after"},
		"before its head":        {func(w *world, b string) bool { return !strings.Contains(b, w.ns.Versions()) }, "before"},
		"after its head":         {func(w *world, b string) bool { return !strings.Contains(b, w.ns.Versions()) }, "after"},
		"version, reply lost":    {func(w *world, b string) bool { return strings.Contains(b, w.ns.Versions()) }, "lost"},
		"everything, reply lost": {func(w *world, b string) bool { return !strings.Contains(b, w.ns.Versions()) }, "lost"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			reached, goOn := make(chan struct{}), make(chan struct{})
			var once sync.Once
			wait := func(body string, err error) error {
				if !stop.at(w, body) {
					return nil
				}
				hit := false
				once.Do(func() { hit = true })
				if !hit {
					return nil
				}
				close(reached)
				<-goOn
				return err
			}
			l := &link{}
			switch stop.when {
			case "before":
				l.before = func(body string) error { return wait(body, nil) }
			case "after":
				l.after = func(body string) error { return wait(body, nil) }
			case "lost":
				l.after = func(body string) error { return wait(body, errCut) }
			}
			zombie := w.instance(l, bulk.Config{})
			done := make(chan error, 1)
			go func() { done <- zombie.Write(context.Background(), []article.Article{revision(uri, 3)}) }()
			<-reached
			w.write(kill(uri, 2))
			close(goOn)
			err := <-done
			if (err != nil) != (stop.when == "lost") {
				t.Errorf("the other instance: %v", err)
			}
			if err != nil {
				// What was not done comes again, to whoever has the partition.
				w.write(revision(uri, 3))
			}
			w.want(uri, fmt.Sprintf("canceled  @%d", of(2)), fmt.Sprintf("canceled  @%d", of(2)), fmt.Sprintf("canceled  @%d", of(3)))
		})
	}
}

// TestAnyInstances: several instances write the same and different revisions
// and kills at the same moment over links that lose requests and replies, and
// repeat what failed, as a stage does.
func TestAnyInstances(t *testing.T) {
	w := newWorld(t)
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		uri := article.URI(fmt.Sprintf("urn:x:%d", round))
		var mu sync.Mutex
		dice := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		roll := func(string) error {
			mu.Lock()
			defer mu.Unlock()
			if dice.IntN(5) == 0 {
				return errCut
			}
			return nil
		}
		newest, killed := 0, 0
		seen := map[int]bool{}
		var group sync.WaitGroup
		for range rapid.IntRange(2, 3).Draw(rt, "instances") {
			s := w.instance(&link{before: roll, after: roll}, bulk.Config{BreakAfter: 1000})
			var as []article.Article
			for range rapid.IntRange(1, 4).Draw(rt, "n") {
				n := rapid.IntRange(1, 4).Draw(rt, "revision")
				a := revision(uri, n)
				if rapid.IntRange(0, 3).Draw(rt, "kill") == 0 {
					a.Status = article.Canceled
					killed = max(killed, n)
				}
				newest = max(newest, n)
				seen[n] = true
				as = append(as, a)
			}
			group.Go(func() {
				for len(as) > 0 {
					var partial *stage.PartialError
					err := s.Write(context.Background(), as)
					if err != nil && !errors.As(err, &partial) {
						t.Errorf("write: %v", err)
						return
					}
					var again []article.Article
					for i, a := range as {
						if partial != nil && partial.Errs[i] != nil {
							again = append(again, a)
						}
					}
					as = again
				}
			})
		}
		group.Wait()
		w.refresh()
		say := func(n int) string {
			if killed > 0 {
				return fmt.Sprintf("canceled  @%d", of(n))
			}
			return fmt.Sprintf("usable Secret %d @%d", n, of(n))
		}
		stands := newest
		if killed > 0 {
			stands = killed
		}
		if got := w.head(uri); got != say(stands) {
			rt.Fatalf("head: got %q, want %q", got, say(stands))
		}
		var versions []string
		for n := range 5 {
			if seen[n] {
				versions = append(versions, say(n))
			}
		}
		if d := cmp.Diff(versions, w.searchable(uri)); d != "" {
			rt.Fatalf("versions: -want +got\n%s", d)
		}
	})
}

// away is an Elasticsearch that can't be reached, or says nothing.
type away struct {
	silent bool
	asked  atomic.Int32
}

func (a *away) Perform(r *http.Request) (*http.Response, error) {
	a.asked.Add(1)
	if a.silent {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return nil, errCut
}

// TestMemoryWhileElasticsearchIsAway: lanes that have far more to write than the
// limit hold no more documents than it allows, and the service says that it
// isn't ready.
func TestMemoryWhileElasticsearchIsAway(t *testing.T) {
	for name, es := range map[string]*away{"refused": {}, "silent": {silent: true}} {
		t.Run(name, func(t *testing.T) {
			const lanes, limit, each = 16, 1 << 20, 4000
			reg := prometheus.NewRegistry()
			s := index.NewSink(es, corpus.Namespace("x"), bulk.Config{MaxPending: limit, Timeout: 50 * time.Millisecond, ProbeEvery: 5 * time.Millisecond, MaxDocs: 10}, reg)
			as := make([]article.Article, 200)
			for i := range as {
				as[i] = revision(article.URI(fmt.Sprintf("urn:x:%d", i)), 1)
				var b article.Builder
				b.Add(article.Headline, "Ministers meet")
				b.Add(article.Paragraph, strings.Repeat("words ", each/6))
				b.Fill(&as[i])
			}
			ctx, cancel := context.WithCancel(t.Context())
			var group sync.WaitGroup
			var failed atomic.Int32
			for lane := range lanes {
				group.Go(func() {
					for ctx.Err() == nil {
						n := lane % 4 * 50 // parts of one write, and of several
						err := s.Write(ctx, as[:50+n])
						if err == nil || stage.IsPermanent(err) {
							t.Errorf("got %v", err)
							return
						}
						failed.Add(1)
					}
				})
			}
			gauge := func(name string) (v float64) {
				families, err := reg.Gather()
				if err != nil {
					t.Fatal(err)
				}
				for _, f := range families {
					if f.GetName() == name {
						v = f.GetMetric()[0].GetGauge().GetValue()
					}
				}
				return v
			}
			most := 0.
			eventually(t, "every lane was refused several times", func() bool {
				bytes, docs := gauge("copytaster_index_pending_bytes"), gauge("copytaster_index_pending_documents")
				most = max(most, bytes)
				// One lane's part may be larger than all that is allowed; it is alone then.
				if bytes > 2*limit || docs > 2*limit/each {
					t.Errorf("%v documents of %v bytes wait", docs, bytes)
				}
				return failed.Load() > 10*lanes && most > 0
			})
			if err := s.Ready(ctx); err == nil || !strings.Contains(err.Error(), "circuit to Elasticsearch is") {
				t.Errorf("ready: %v", err)
			}
			if n := testutil.CollectAndCount(reg, "copytaster_index_circuit"); n != len(bulk.States) {
				t.Errorf("%d states are counted", n)
			}
			cancel()
			group.Wait()
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			if bytes, docs := gauge("copytaster_index_pending_bytes"), gauge("copytaster_index_pending_documents"); bytes != 0 || docs != 0 {
				t.Errorf("%v documents of %v bytes wait at the end", docs, bytes)
			}
		})
	}
}

// TestRoomIsEnough: documents are never larger than what was reserved for them,
// whatever of the text JSON has to escape.
func TestRoomIsEnough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SampledFrom([]string{"Ministers meet. ", "\x01\x02\x03", "<&>", "\"\\", "\u2028\u2029", "Gänsefüßchen „so“ ", "\n", "新聞"})
		a := revision("urn:x:1", 1)
		var b article.Builder
		b.Add(article.Headline, "Ministers meet")
		for range rapid.IntRange(1, 20).Draw(t, "paragraphs") {
			b.Add(article.Paragraph, "a"+strings.Repeat(text.Draw(t, "text"), rapid.IntRange(1, 3000).Draw(t, "times"))+"z")
		}
		b.Fill(&a)
		for range rapid.IntRange(0, article.MaxEvolvedFrom).Draw(t, "goes on from") {
			u := rapid.SampledFrom([]string{"a", "\"", "<&>", "\\", "ü", "新"}).Draw(t, "uri")
			a.EvolvedFrom = append(a.EvolvedFrom, article.URI("urn:"+strings.Repeat(u, (article.MaxURI-4)/len(u))))
		}
		if err := a.Validate(); err != nil {
			t.Fatal(err)
		}
		if rapid.Bool().Draw(t, "read") {
			for _, g := range a.Segments {
				e := g.Evidence
				e.Enricher, e.Version, e.Confidence = "quotes", 1, 1.0/3
				long := g.In(a.Text)
				a.Quotes = append(a.Quotes, article.Quotation{Evidence: e, Speaker: long, Role: long, Via: long, Cue: long, Partial: true})
				a.Amounts = append(a.Amounts, article.Amount{Evidence: e, Figure: article.Figure{Known: true, Value: 1e20 / 3, To: 2e20 / 3, Approximate: true}, Currency: "EUR"})
				a.Quantities = append(a.Quantities, article.Quantity{Evidence: e, Figure: article.Figure{Known: true, Value: 1e20 / 3, To: 2e20 / 3}, Unit: long})
				a.Moments = append(a.Moments, article.Moment{Evidence: e, From: time.Now(), To: time.Now(), Precision: article.PrecisionTime})
				mentions := []article.Evidence{e, {}, e}
				a.Entities = append(a.Entities, article.Entity{Type: article.EntityOrganisation, Name: long, ID: long, Title: long, Role: long, Mentions: mentions})
				a.Places = append(a.Places, article.Place{Name: long, Country: "NE", GeoNamesID: math.MaxInt64, Located: true, Lat: -1.0 / 3, Lon: -100.0 / 3, Main: true, Mentions: mentions})
				a.Topics = append(a.Topics, article.Topic{Evidence: e, Qcode: long, Label: long, Path: []string{"", long + "x", long}, Why: []article.Reason{{Evidence: e, Why: long}, {Why: long}}})
				a.Keyphrases = append(a.Keyphrases, article.Keyphrase{Evidence: e, Phrase: long, Score: 1e20 / 3})
				a.Summary = e
			}
		}
		docs, _, err := corpus.AppendDocuments(nil, &a, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if reserved := index.Room([]article.Article{a}); len(docs) > reserved {
			t.Fatalf("%d bytes of documents, %d were reserved", len(docs), reserved)
		}
	})
}
