package faults

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/copytaster/copytaster/deploy/faults/elasticfault"
	"github.com/copytaster/copytaster/deploy/faults/rig"
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

// What the index service may hold while Elasticsearch is away. It is told
// smaller limits than by default, so that much more than that piles up.
const (
	// MemoryGrowth is how many bytes its memory may grow over what it is when
	// nothing comes in: both limits, the 2 MiB that it has fetched of each of 12
	// partitions, and what the garbage collector has not taken back of as much
	// again and some more.
	MemoryGrowth  = 96 << 20
	inFlightBytes = 8 << 20
	pendingBytes  = 8 << 20
	// pileBytes is what comes in meanwhile; in the small form, where only what
	// it counts itself is held against the limit, four times both.
	pileBytes      = 512 << 20
	pileBytesShort = 4 * (inFlightBytes + pendingBytes)
	pileMessage    = 1 << 20
)

// How long the faults of Elasticsearch last.
const (
	elasticFault      = 20 * time.Second
	elasticFaultShort = time.Second
	elasticDown       = 5 * time.Minute
	elasticDownShort  = time.Second
	elasticPause      = 3 * time.Second // between two
	elasticRestart    = 15 * time.Second
	// elasticRate is how many items a second come in meanwhile.
	elasticRate = 60
	// bulkTimeout makes the index service give up on a request that hangs
	// sooner than by default, so that it happens often.
	bulkTimeout      = "4s"
	bulkTimeoutShort = "3s"
	sampleEvery      = 250 * time.Millisecond
	// A fault meets so many writes at least, or refuses so many documents.
	leastWrites      = 5
	leastWritesShort = 2
	leastDocuments   = 20
	// idle is how long memory is looked at while nothing comes in.
	idle = 2 * time.Second
)

// elastic has Elasticsearch fail in every way while copy comes in.
func elastic(ctx context.Context, t *trial) error {
	proxy, err := elasticfault.Start(t.servers.ElasticsearchURL(), t.Seed)
	if err != nil {
		return err
	}
	defer func() { _ = proxy.Close() }()
	lasts, down, pause, timeout := elasticFault, elasticDown, elasticPause, bulkTimeout
	if t.Short {
		lasts, down, pause, timeout = elasticFaultShort, elasticDownShort, 0, bulkTimeoutShort
	}
	if err := t.start(ctx, rig.Settings{ElasticsearchURL: proxy.URL(), Env: []string{
		"COPYTASTER_BULK_TIMEOUT=" + timeout, fmt.Sprintf("COPYTASTER_BULK_MAX_PENDING=%d", pendingBytes),
		fmt.Sprintf("COPYTASTER_STAGE_IN_FLIGHT_BYTES=%d", inFlightBytes),
	}}); err != nil {
		return err
	}
	answers := []elasticfault.Fault{elasticfault.TooMany, elasticfault.Unavailable, elasticfault.Items, elasticfault.Hang, elasticfault.Cut}
	copyIn := t.stream(time.Duration(len(answers)+1)*(lasts+pause)+down+elasticRestart, elasticRate)
	stop := copyIn.run(ctx)
	for _, f := range answers {
		if err := t.last(ctx, t.answered(proxy, f, lasts)); err != nil {
			return err
		}
		if !rig.Sleep(ctx, pause) {
			return context.Cause(ctx)
		}
	}
	if err := t.last(ctx, t.readOnly(ctx, lasts)); err != nil {
		return err
	}
	if err := stop(); err != nil {
		return err
	}
	t.probes.Wait()
	if err := t.Quiet(ctx); err != nil {
		return err
	}
	memory := t.watchMemory(ctx, t.Index)
	if !rig.Sleep(ctx, idle) {
		return context.Cause(ctx)
	}
	before := memory.peak(ctx)
	stop = copyIn.run(ctx)
	piled, err := t.down(ctx, down)
	if err != nil {
		return err
	}
	if err := stop(); err != nil {
		return err
	}
	if _, err := t.settle(ctx); err != nil {
		return err
	}
	t.flat(before, memory.peak(ctx), piled)
	return nil
}

// answered is a fault of the proxy before Elasticsearch.
func (t *trial) answered(proxy *elasticfault.Proxy, f elasticfault.Fault, lasts time.Duration) lasting {
	before := proxy.Met()
	writes := leastWrites
	if t.Short {
		writes = leastWritesShort
	}
	return lasting{
		what: string(f), lasts: lasts,
		begin: func() error { proxy.Set(f); return nil },
		end:   func() error { proxy.Set(elasticfault.None); return nil },
		met: func() (bool, string, error) {
			now := proxy.Met()
			m := elasticfault.Met{Writes: now.Writes - before.Writes, Others: now.Others - before.Others, Documents: now.Documents - before.Documents}
			enough := m.Writes >= writes
			if f == elasticfault.Items {
				enough = m.Documents >= leastDocuments
			}
			return enough, fmt.Sprintf("%d bulk requests, %d documents of them, and %d other requests", m.Writes, m.Documents, m.Others), nil
		},
	}
}

// readOnly has both indices refuse writes as reindexing does: Elasticsearch
// never lifts that by itself.
func (t *trial) readOnly(ctx context.Context, lasts time.Duration) lasting {
	const setting = "index.blocks.write"
	n := corpus.Namespace(t.Namespace)
	aliases := []string{n.Articles(), n.Versions()}
	block := func(on any) error {
		var errs []error
		for _, alias := range aliases {
			errs = append(errs, t.Put(ctx, "/"+alias+"/_settings", map[string]any{setting: on}))
		}
		return errors.Join(errs...)
	}
	var before float64
	refused := func() (float64, error) {
		return t.Metric(ctx, t.Index, "copytaster_retries_total", `call="sink"`, `stage="index"`)
	}
	return lasting{
		what: "read-only index", lasts: lasts,
		begin: func() error {
			var err error
			before, err = refused()
			return errors.Join(err, block(true))
		},
		met: func() (bool, string, error) {
			now, err := refused()
			return now > before, fmt.Sprintf("%.0f writes of the stage, which were repeated", now-before), err
		},
		end: func() error {
			for _, alias := range aliases {
				indices, err := t.IndexSettings(ctx, alias)
				if err != nil {
					return err
				}
				for index, settings := range indices {
					if settings[setting] != "true" {
						t.fail("index %s was not read-only until the end", index)
					}
				}
			}
			return block(nil)
		},
	}
}

// down kills Elasticsearch, lets it lie while more comes in than the index
// service may hold, and measures how long it takes until that is indexed. It
// returns how many bytes came in.
func (t *trial) down(ctx context.Context, lasts time.Duration) (piled int64, err error) {
	pile, err := t.pile(ctx)
	if err != nil {
		return 0, err
	}
	var waiting int64
	lag := func() error {
		l, err := t.Lag(ctx)
		waiting = l[topic.Enriched]
		return err
	}
	if err := t.last(ctx, lasting{
		what: "down", lasts: lasts,
		begin: func() error {
			if err := t.servers.Elasticsearch.Kill(); err != nil {
				return err
			}
			for _, m := range pile {
				piled += int64(m.Size())
				if err := t.WriteAll(ctx, topic.Enriched, []stage.Message{m}); err != nil {
					return err
				}
			}
			return nil
		},
		met: func() (bool, string, error) {
			err := lag()
			return waiting >= int64(len(pile)), fmt.Sprintf("%d messages that waited, %d MiB and more", waiting, piled>>20), err
		},
		end: func() error { return errors.Join(lag(), t.servers.Elasticsearch.Restart(ctx)) },
	}); err != nil {
		return 0, err
	}
	began := time.Now()
	for {
		err := lag()
		// Live copy goes on coming in: a second's worth is always under way.
		if err == nil && waiting <= elasticRate {
			break
		}
		if !rig.Sleep(ctx, sampleEvery) {
			return 0, errors.Join(err, context.Cause(ctx))
		}
	}
	t.note("from when Elasticsearch served again, catching up took %v", time.Since(began).Round(100*time.Millisecond))
	return piled, nil
}

// pile is large messages of revisions that are indexed by now, so that they
// change nothing when they are handled.
func (t *trial) pile(ctx context.Context) ([]stage.Message, error) {
	size := pileBytes
	if t.Short {
		size = pileBytesShort
	}
	var good []stage.Message
	seen := map[string]bool{}
	if err := t.ReadAll(ctx, topic.Enriched, func(m stage.Message) {
		if !seen[string(m.Key)] {
			seen[string(m.Key)] = true
			good = append(good, m)
		}
	}); err != nil {
		return nil, err
	}
	if len(good) == 0 {
		return nil, errors.New("nothing was enriched that could be piled up")
	}
	pile := make([]stage.Message, size/pileMessage)
	for i := range pile {
		a, err := event.Decode(good[i%len(good)])
		if err != nil {
			return nil, err
		}
		start := len(a.Text) + len("\n\n")
		a.Text += "\n\n" + strings.TrimSpace(strings.Repeat("word ", (pileMessage-len(a.Text))/len("word ")))
		a.Segments = append(a.Segments, article.Segment{Kind: article.Paragraph, Evidence: article.Evidence{Span: article.Span{Start: start, End: len(a.Text)}, Enricher: "segments", Version: 1, Confidence: 1}})
		if pile[i], err = event.Encode(&a, event.Enriched); err != nil {
			return nil, err
		}
	}
	return pile, nil
}

// flat holds the memory of the index service against its limits.
func (t *trial) flat(before, after held, piled int64) {
	t.note("index held %d MiB (RSS) when nothing came in, at most %d MiB from when Elasticsearch was down until all was indexed, of documents %d MiB of %d; %d MiB had piled up",
		before.rss>>20, after.rss>>20, after.pending>>20, pendingBytes>>20, piled>>20)
	// The small form piles up too little to tell what grows from what is bounded.
	if !t.Short && after.rss > before.rss+MemoryGrowth {
		t.fail("the memory of index grew from %d to %d MiB while Elasticsearch was away, %d MiB more are allowed", before.rss>>20, after.rss>>20, MemoryGrowth>>20)
	}
	if after.pending > pendingBytes {
		t.fail("index held %d bytes of documents, its limit is %d", after.pending, pendingBytes)
	}
	if after.pending < pendingBytes/4 { // an article is built whole, and sent in two halves
		t.fail("index held no more than %d bytes of documents: its limit of %d was not tried", after.pending, pendingBytes)
	}
}

// held is what a process holds.
type held struct {
	rss     int64 // all of it
	pending int64 // documents without an answer, by its own account
}

// memoryWatch samples what the index service holds.
type memoryWatch struct {
	asked chan chan held
}

// watchMemory samples until ctx is done.
func (t *trial) watchMemory(ctx context.Context, p *rig.Process) memoryWatch {
	w := memoryWatch{make(chan chan held)}
	go func() {
		tick := time.NewTicker(sampleEvery)
		defer tick.Stop()
		var most held
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if rss, err := p.RSS(); err == nil {
					most.rss = max(most.rss, rss)
				}
				if n, err := t.Metric(ctx, p, "copytaster_index_pending_bytes"); err == nil {
					most.pending = max(most.pending, int64(n))
				}
			case answer := <-w.asked:
				answer <- most
				most = held{}
			}
		}
	}()
	return w
}

// peak is the most since the watch began or was asked last; nothing once ctx is
// done.
func (w memoryWatch) peak(ctx context.Context) held {
	answer := make(chan held, 1)
	select {
	case w.asked <- answer:
		return <-answer
	case <-ctx.Done():
		return held{}
	}
}
