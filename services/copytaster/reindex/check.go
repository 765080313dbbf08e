package reindex

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/stage"
)

// Limits of comparing.
const (
	// MaxDiffering is how many URIs may differ before comparing is given up.
	MaxDiffering = 10_000
	// MaxLag is how many messages the index service may be behind when comparing
	// begins.
	MaxLag = MaxDiffering / 2
	// MaxShown is how many differences a comparison names.
	MaxShown = 100
	// MaxRecheck is how many URIs may be left to be looked at while the live
	// indices are closed.
	MaxRecheck = 2000
	// MaxLooks is how often what changed while it was looked at is looked at
	// again, before the live indices are closed.
	MaxLooks = 8
)

// Comparison is what the live and the new indices hold.
type Comparison struct {
	Indices     []Compared   `json:"indices"`
	Differences int          `json:"differences"` // documents
	Shown       []Difference `json:"shown,omitempty"`
}

// Compared is one of the aliases.
type Compared struct {
	Alias string         `json:"alias"`
	Old   corpus.Content `json:"old"` // as it stood at the first look
	New   corpus.Content `json:"new"`
}

// DifferenceError says that the new indices don't hold what the live ones do.
type DifferenceError struct{ Comparison }

func (e *DifferenceError) Error() string {
	return fmt.Sprintf("%d documents are not the same in the new indices", e.Differences)
}

// check compares the live indices with the new ones while both are written to.
//
// Both come from the same log, so a document that differs for no other reason
// than that one side is ahead has a message which one side has not written
// yet. The articles of those messages are looked at again, and again, until
// they are few; the rest is looked at when the live indices are closed.
type check struct {
	job     *Job
	work    *work
	live    []corpus.Index
	options Options

	mu      sync.Mutex
	lag     int64      // of the index service, in messages, when it began to look
	first   []Compared // of the first look
	differs map[article.URI][]Difference
	marker  corpus.Offsets // up to here, both sides had everything when the last look began
}

// sides are the aliases with the indices behind them.
func (c *check) sides() []sides {
	ss := make([]sides, len(c.live))
	for i, x := range c.live {
		ss[i] = sides{x.Alias, x.Name, c.work.indices[i].Name}
	}
	return ss
}

// mark notes up to where both sides are.
func (c *check) mark(ctx context.Context) error {
	at, err := c.job.committed(ctx)
	if err != nil {
		return err
	}
	for name, parts := range at {
		for p := range parts {
			// Without a note there was nothing to fill from.
			if to, ok := c.work.build.Log[name][p]; ok {
				parts[p] = min(parts[p], to)
			}
		}
	}
	c.marker = at
	return nil
}

// before looks while both sides are written to. It returns nil when few
// articles are left to be looked at.
func (c *check) before(ctx context.Context) error {
	if err := c.behind(ctx); err != nil {
		return err
	}
	var open []article.URI // nil: all
	if c.first != nil {
		hot, err := c.since(ctx, c.marker)
		if err != nil {
			return err
		}
		open = c.open(hot)
	}
	for look := range MaxLooks {
		if err := c.job.advanceAll(ctx, c.work); err != nil {
			return err
		}
		if err := c.mark(ctx); err != nil {
			return err
		}
		if err := c.look(ctx, open, look == 0); err != nil {
			return err
		}
		hot, err := c.since(ctx, c.marker)
		if err != nil {
			return err
		}
		if err := c.judge(func(d Difference) bool { _, ok := hot[d.URI]; return !ok }); err != nil {
			return err
		}
		if open = c.open(hot); len(open) <= MaxRecheck {
			return nil
		}
	}
	return fmt.Errorf("%d articles changed while they were compared, %d may be left: is the index service running, and without lag?", len(open), MaxRecheck)
}

// behind fails if the index service has so much left to do that its articles
// would count as differences.
func (c *check) behind(ctx context.Context) error {
	at, err := c.job.committed(ctx)
	if err != nil {
		return err
	}
	es, err := extents(ctx, c.job.Bus, topics())
	if err != nil {
		return err
	}
	ss, err := spans(es, at)
	if err != nil {
		return err
	}
	c.lag = messages(ss)
	if c.lag > MaxLag && !c.options.Lost && !c.options.Differ {
		return fmt.Errorf("the index service has %d messages left to write, for comparing it may be %d: wait until `copytaster lag` shows less, and call again", c.lag, MaxLag)
	}
	return nil
}

// open are the URIs to look at again.
func (c *check) open(hot map[article.URI]struct{}) []article.URI {
	all := maps.Clone(hot)
	for u := range c.differs {
		all[u] = struct{}{}
	}
	return slices.Sorted(maps.Keys(all))
}

// last looks while the live indices are closed. at is where the index service
// stood: it can't have written more than a little beyond it, so of the articles
// after it the new indices may be ahead.
func (c *check) last(ctx context.Context, at corpus.Offsets) error {
	hot, err := c.since(ctx, c.marker)
	if err != nil {
		return err
	}
	late, err := c.since(ctx, at)
	if err != nil {
		return err
	}
	if open := c.open(hot); len(open) > 0 {
		if err := c.look(ctx, open, false); err != nil {
			return err
		}
	}
	return c.judge(func(d Difference) bool { _, ok := late[d.URI]; return !ok || d.behind() })
}

// look compares the URIs, or all documents if open is nil and there was no
// look yet.
func (c *check) look(ctx context.Context, open []article.URI, show bool) error {
	ss := c.sides()
	names := []string{}
	for _, s := range ss {
		names = append(names, s.old, s.new)
	}
	if err := c.job.refresh(ctx, names...); err != nil {
		return err
	}
	all := c.first == nil
	if !all && len(open) == 0 {
		return nil
	}
	if show {
		total := int64(-1)
		if all {
			total = 2 * (c.live[0].Docs + c.live[1].Docs)
		}
		c.job.Progress.Begin("compare", total)
		defer c.job.Progress.Done()
	}
	c.differs = map[article.URI][]Difference{}
	chunks := [][]article.URI{nil}
	if !all {
		chunks = slices.Collect(slices.Chunk(open, MaxURIs))
	}
	compared := make([]Compared, len(ss))
	work, ctx := errgroup.WithContext(ctx)
	for i, s := range ss {
		work.Go(func() error {
			for _, uris := range chunks {
				was, is, err := differ(ctx, c.job.ES, s, uris, c.job.Progress.Add, c.differ)
				if err != nil {
					return err
				}
				compared[i] = Compared{s.alias, was, is}
			}
			return nil
		})
	}
	if err := work.Wait(); err != nil {
		return err
	}
	if all {
		c.first = compared
	}
	return nil
}

func (c *check) differ(d Difference) error {
	if c.options.Lost && d.ahead() {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.differs[d.URI] = append(c.differs[d.URI], d)
	if len(c.differs) > MaxDiffering && !c.options.Differ {
		return fmt.Errorf("more than %d articles differ, e.g. %s is %s; the index service had %d messages left to write", MaxDiffering, d.URI, d.How, c.lag)
	}
	return nil
}

// judge fails if there are differences that count. Those that don't are
// forgotten.
func (c *check) judge(counts func(Difference) bool) error {
	n := 0
	for _, ds := range c.differs {
		for _, d := range ds {
			if counts(d) {
				n++
			}
		}
	}
	if n == 0 || c.options.Differ {
		return nil
	}
	return &DifferenceError{*c.comparisonOf(counts)}
}

func (c *check) comparison() *Comparison {
	return c.comparisonOf(func(Difference) bool { return true })
}

func (c *check) comparisonOf(counts func(Difference) bool) *Comparison {
	x := &Comparison{Indices: c.first}
	for _, uri := range slices.Sorted(maps.Keys(c.differs)) {
		for _, d := range c.differs[uri] {
			if !counts(d) {
				continue
			}
			x.Differences++
			if len(x.Shown) < MaxShown {
				x.Shown = append(x.Shown, d)
			}
		}
	}
	return x
}

// since are the URIs that the log has from offsets on.
func (c *check) since(ctx context.Context, from corpus.Offsets) (map[article.URI]struct{}, error) {
	es, err := extents(ctx, c.job.Bus, topics())
	if err != nil {
		return nil, err
	}
	ss, err := spans(es, from)
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	found := map[article.URI]struct{}{}
	work, ctx := errgroup.WithContext(ctx)
	for _, s := range ss {
		work.Go(func() error {
			return c.job.Bus.ReadLog(ctx, s.topic, s.partition, s.from, s.to, func(m stage.Message) error {
				mu.Lock()
				defer mu.Unlock()
				found[article.URI(m.Key)] = struct{}{}
				return nil
			})
		})
	}
	return found, work.Wait()
}

func body(v map[string]any) io.Reader {
	b, _ := json.Marshal(v) // strings and nils can be
	return bytes.NewReader(b)
}
