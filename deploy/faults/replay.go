package faults

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/copytaster/copytaster/deploy/faults/rig"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

// shownDifferences is how many documents are named that differ.
const shownDifferences = 3

// replay replays topics twice, shuffled: into the same index, and into new
// ones, from what was enriched and from what was received.
func replay(ctx context.Context, t *trial) error {
	if err := t.start(ctx, rig.Settings{}); err != nil {
		return err
	}
	if err := t.feed(ctx, t.wire.Items(t.pick(20_000, 200)))(); err != nil {
		return err
	}
	content, err := t.settle(ctx)
	if err != nil {
		return err
	}
	t.note("content hash %.16s… before the replays", content.Hash())
	enriched, err := t.all(ctx, topic.Enriched)
	if err != nil {
		return err
	}
	received, err := t.all(ctx, topic.Received)
	if err != nil {
		return err
	}
	if err := t.again(ctx, t.Pipeline, topic.Enriched, enriched, content, "into the same index"); err != nil {
		return err
	}
	return t.anew(ctx, content, map[string][]stage.Message{topic.Enriched: enriched, topic.Received: received})
}

// anew replays each topic into a pipeline with new indices.
func (t *trial) anew(ctx context.Context, content rig.Content, logs map[string][]stage.Message) error {
	for n, name := range []string{topic.Enriched, topic.Received} {
		ms := logs[name]
		if ms == nil {
			continue
		}
		p, err := t.servers.Pipeline(rig.Settings{Namespace: fmt.Sprintf("faults-%s-%d-", t.name, n)}, t.wire)
		if err != nil {
			return err
		}
		p.Ledger = t.Ledger
		t.watch(ctx, p)
		err = p.Start(ctx)
		if err == nil {
			err = t.again(ctx, p, name, ms, content, "into a new index")
		}
		if closed := p.Close(); err == nil {
			err = closed
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *trial) all(ctx context.Context, name string) (ms []stage.Message, err error) {
	err = t.ReadAll(ctx, name, func(m stage.Message) { ms = append(ms, m) })
	return ms, err
}

// again replays ms twice into p and compares.
func (t *trial) again(ctx context.Context, p *rig.Pipeline, name string, ms []stage.Message, want rig.Content, where string) error {
	began := time.Now()
	t.result.Faults++
	twice := slices.Concat(ms, ms)
	t.random.Shuffle(len(twice), func(i, j int) { twice[i], twice[j] = twice[j], twice[i] })
	t.say("replaying %s twice, shuffled, %s: %d messages", name, where, len(twice))
	if err := p.WriteAll(ctx, name, twice); err != nil {
		return err
	}
	if err := p.Quiet(ctx); err != nil {
		return err
	}
	took := time.Since(began)
	v, content, err := p.Audit(ctx)
	if err != nil {
		return err
	}
	t.result.Recovery = append(t.result.Recovery, took)
	t.mu.Lock()
	t.result.Verdict.Findings = append(t.result.Verdict.Findings, v.Findings...)
	t.mu.Unlock()
	t.say("%s, %s: content hash %.16s…, %d findings, after %v", name, where, content.Hash(), len(v.Findings), took.Round(100*time.Millisecond))
	if n, first := want.Differences(content, shownDifferences); n > 0 {
		t.fail("%s replayed %s: the content hash is %.16s…, it was %.16s…; %d documents differ: %s", name, where, content.Hash(), want.Hash(), n, strings.Join(first, "; "))
	}
	return nil
}
