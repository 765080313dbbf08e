package faults

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/deploy/faults/elasticfault"
	"github.com/copytaster/copytaster/deploy/faults/ledger"
	"github.com/copytaster/copytaster/deploy/faults/rig"
)

// lostEvery is which document is acknowledged and not stored: an odd number, so
// that heads and versions, which come in turn, are both met.
const lostEvery = 19

// testLies has something between the services and Elasticsearch that breaks
// each of the four promises. The row must fail by that one.
func testLies(t *testing.T, o Options, servers *rig.Servers) {
	lies := map[ledger.Kind]elasticfault.Lie{
		ledger.Lost: loses(), ledger.Duplicate: duplicates,
		// A newer one is no kill, or it is.
		ledger.Stale: goesBack(false), ledger.Resurrected: goesBack(true),
	}
	var rows []row
	for _, k := range ledger.Kinds() {
		rows = append(rows, row{"lies-" + string(k), "documents are acknowledged and made " + string(k), true, shortLimit, func(ctx context.Context, r *trial) error {
			return r.lied(ctx, lies[k], k == ledger.Resurrected)
		}})
	}
	results, err := o.on(t.Context(), servers, rows)
	if !errors.Is(err, ErrBroken) {
		t.Errorf("the error is %v", err)
	}
	for i, k := range ledger.Kinds() {
		if r := results[i]; !r.Compared || len(r.Failed) > 0 || r.Verdict.Count(k) == 0 {
			t.Errorf("%s: %s, %s", r.Row, r.Counts(), r.Why())
		}
	}
}

// lied pushes 60 items, the second half as second revisions.
func (t *trial) lied(ctx context.Context, lie elasticfault.Lie, kill bool) error {
	const articles = 30
	proxy, err := elasticfault.Start(t.servers.ElasticsearchURL(), t.Seed)
	if err != nil {
		return err
	}
	defer func() { _ = proxy.Close() }()
	if err := t.start(ctx, rig.Settings{ElasticsearchURL: proxy.URL()}); err != nil {
		return err
	}
	proxy.Lie(lie)
	for n := 1; n <= 2; n++ {
		var items []ledger.Item
		for a := range uint32(articles) {
			i := t.wire.Item(a, n)
			i.Killed = kill && n == 2
			items = append(items, i)
		}
		if err := t.feed(ctx, items)(); err != nil {
			return err
		}
		// The first revisions are stored before the second ones come.
		if err := t.Quiet(ctx); err != nil {
			return err
		}
	}
	_, err = t.settle(ctx)
	return err
}

func loses() elasticfault.Lie {
	n := 0
	return func(d elasticfault.Document) []elasticfault.Document {
		if n++; n%lostEvery == 0 {
			return nil
		}
		return []elasticfault.Document{d}
	}
}

func duplicates(d elasticfault.Document) []elasticfault.Document {
	second := d
	second.ID += "x"
	return []elasticfault.Document{d, second}
}

// goesBack stores an older head again, above the newer one that it follows.
func goesBack(killed bool) elasticfault.Lie {
	older := map[string]elasticfault.Document{}
	return func(d elasticfault.Document) []elasticfault.Document {
		old, there := older[d.ID]
		isKill := bytes.Contains(d.Source, []byte(`"status":"canceled"`))
		if !isKill { // a kill comes by two topics, and the second mends what was done to the first
			older[d.ID] = d
		}
		isHead := !strings.Contains(d.Index, "article-versions")
		if !isHead || !there || old.Version >= d.Version || isKill != killed {
			return []elasticfault.Document{d}
		}
		old.Version = d.Version + 1
		return []elasticfault.Document{d, old}
	}
}
