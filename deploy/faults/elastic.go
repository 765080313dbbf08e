package faults

import (
	"context"
	"errors"
	"time"

	"github.com/copytaster/copytaster/deploy/faults/elasticfault"
	"github.com/copytaster/copytaster/deploy/faults/rig"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/topic"
)

// MemoryGrowth is how many bytes the index service may grow while Elasticsearch
// is away: what it may have in flight (64 MiB), and as much again for what the
// garbage collector has not taken back.
const MemoryGrowth = 128 << 20

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
	bulkTimeoutShort = "1s"
	sampleEvery      = 250 * time.Millisecond
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
	if err := t.start(ctx, rig.Settings{ElasticsearchURL: proxy.URL(), Env: []string{"COPYTASTER_BULK_TIMEOUT=" + timeout}}); err != nil {
		return err
	}
	answers := []elasticfault.Fault{elasticfault.TooMany, elasticfault.Unavailable, elasticfault.Items, elasticfault.Hang, elasticfault.Cut}
	whole := time.Duration(len(answers)+1)*(lasts+pause) + down + elasticRestart
	wait := t.feed(ctx, t.wire.Items(int(whole.Seconds()*elasticRate*float64(100)/135)), elasticRate)
	memory := t.watchMemory(ctx, t.Index)

	for _, f := range answers {
		met := proxy.Met()
		if err := t.lasting(ctx, string(f), lasts, func() error { proxy.Set(f); return nil }, func() error { proxy.Set(elasticfault.None); return nil }); err != nil {
			return err
		}
		t.note("%s: %d requests met it in %v", f, proxy.Met()-met, lasts)
		if met == proxy.Met() {
			t.fail("%s: no request met it", f)
		}
		if !rig.Sleep(ctx, pause) {
			return context.Cause(ctx)
		}
	}
	n := corpus.Namespace(t.Namespace)
	block := func(on any) func() error {
		return func() error {
			body := map[string]any{"index.blocks.read_only_allow_delete": on}
			return errors.Join(t.Put(ctx, "/"+n.Articles()+"/_settings", body), t.Put(ctx, "/"+n.Versions()+"/_settings", body))
		}
	}
	if err := t.lasting(ctx, "read-only index", lasts, block(true), block(nil)); err != nil {
		return err
	}
	t.probes.Wait()
	before := memory.peak(ctx)
	if err := t.down(ctx, down); err != nil {
		return err
	}
	if err := wait(); err != nil {
		return err
	}
	if _, err := t.settle(ctx); err != nil {
		return err
	}
	after := memory.peak(ctx)
	t.note("memory of index (RSS): at most %d MiB before Elasticsearch was down for %v, %d MiB from then on", before>>20, down, after>>20)
	if after > before+MemoryGrowth {
		t.fail("the memory of index grew from %d to %d MiB while Elasticsearch was away, %d MiB more are allowed", before>>20, after>>20, MemoryGrowth>>20)
	}
	return nil
}

// down kills Elasticsearch, lets it lie, and measures how long it takes until
// what has piled up is indexed.
func (t *trial) down(ctx context.Context, lasts time.Duration) error {
	var piled int64
	if err := t.lasting(ctx, "down", lasts, t.servers.Elasticsearch.Kill, func() error {
		lag, err := t.Lag(ctx)
		piled = lag[topic.Enriched]
		return errors.Join(err, t.servers.Elasticsearch.Restart(ctx))
	}); err != nil {
		return err
	}
	began := time.Now()
	for {
		lag, err := t.Lag(ctx)
		// Live copy goes on coming in: a second's worth is always under way.
		if err == nil && lag[topic.Enriched] <= elasticRate {
			break
		}
		if !rig.Sleep(ctx, sampleEvery) {
			return errors.Join(err, context.Cause(ctx))
		}
	}
	t.note("%d messages had piled up when Elasticsearch was started again; from when it served, catching up took %v", piled, time.Since(began).Round(100*time.Millisecond))
	return nil
}

// lasting is a fault that lasts. Recovery is measured from its end.
func (t *trial) lasting(ctx context.Context, what string, d time.Duration, begin, end func() error) error {
	if err := begin(); err != nil {
		return err
	}
	t.say("begins: %s, for %v", what, d)
	lives := rig.Sleep(ctx, d)
	if err := end(); err != nil {
		return err
	}
	if !lives {
		return context.Cause(ctx)
	}
	t.fault(ctx, "%s, which is over now", what)
	return nil
}

// memoryWatch samples the memory of a process.
type memoryWatch struct {
	asked chan chan int64
}

// watchMemory samples until ctx is done.
func (t *trial) watchMemory(ctx context.Context, p *rig.Process) memoryWatch {
	w := memoryWatch{make(chan chan int64)}
	go func() {
		tick := time.NewTicker(sampleEvery)
		defer tick.Stop()
		var most int64
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if rss, err := p.RSS(); err == nil {
					most = max(most, rss)
				}
			case answer := <-w.asked:
				answer <- most
				most = 0
			}
		}
	}()
	return w
}

// peak is the most since the watch began or was asked last; 0 once ctx is done.
func (w memoryWatch) peak(ctx context.Context) int64 {
	answer := make(chan int64, 1)
	select {
	case w.asked <- answer:
		return <-answer
	case <-ctx.Done():
		return 0
	}
}
