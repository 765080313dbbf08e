package bus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"github.com/segmentio/kafka-go"

	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

// followGrace is how long a compacted topic may be out of reach, as while a
// leader moves, until its reader says that it is not ready.
const followGrace = 5 * time.Second

// rereadAfter is how long a partition may have been out of reach until all of
// it is read again. Kafka forgets deletions delete.retention.ms after they were
// compacted, a day by default: who comes later would keep the deleted rows.
const rereadAfter = 12 * time.Hour

// View is the state by key of a compacted topic, for those who only read it. It
// holds everything in memory and follows what the topic's writer does. Values
// must not be changed. It may be used from many goroutines.
type View struct{ *follower }

// OpenView reads the whole topic, up to its end at the time of the call, and
// returns when that is done. From then on it follows the topic in the
// background, until it is closed; what it holds is a moment old at most while
// [View.Ready] is nil, and stays what it was while it isn't. ctx bounds the
// opening alone.
func (b *Bus) OpenView(ctx context.Context, name string) (*View, error) {
	f, err := b.follow(ctx, "view", name)
	if err != nil {
		return nil, err
	}
	return &View{f}, nil
}

// Ready tells that following is stuck, and why: the topic is out of reach for
// longer than [followGrace], or is no longer what it was.
func (v *View) Ready(context.Context) error { return v.ready() }

// Close ends following. What was read can still be asked for.
func (v *View) Close() error {
	v.stop()
	return nil
}

// follower holds the rows of a compacted topic and reads on.
type follower struct {
	bus              *Bus
	kind, name, full string
	log              zerolog.Logger
	ctx              context.Context // ends with stop
	cancel           context.CancelFunc
	wg               sync.WaitGroup

	mu       sync.RWMutex
	parts    []*followed
	changed  chan struct{} // closed when a row changes
	advanced chan struct{} // closed when any partition was read further
	unfit    error         // why the topic is not what it was
	id       identity
	suspect  chan struct{} // asks to look at the topic again
}

// followed is one partition. The follower's mutex guards it.
type followed struct {
	id      int
	fetcher *fetcher
	next    int64 // the next offset to read; -1: begin at the log's start
	target  int64 // the log's end when reading began: when it is reached, loading becomes rows
	rows    map[string][]byte
	loading map[string][]byte // what is read until target; nil: target was reached
	owner   epoch             // the highest that was read
	covered map[string]bool   // keys whose newest record is a stale one
	begun   bool              // it is known where the log begins
	cut     bool              // the log is not the one that was read
	cuts    int               // how often that happened
	err     error             // of the last fetch
	good    time.Time         // of the last fetch that succeeded
}

func (b *Bus) follow(ctx context.Context, kind, name string) (*follower, error) {
	tp, err := topic.ByName(name)
	if err != nil {
		return nil, err
	}
	if !tp.Compact {
		return nil, stage.Permanent(fmt.Errorf("topic %s is not compacted, it can't hold a table", name))
	}
	f := &follower{
		bus: b, kind: kind, name: name, full: b.ns.Name(name), log: b.log.With().Str(kind, name).Logger(),
		changed: make(chan struct{}), advanced: make(chan struct{}), suspect: make(chan struct{}, 1),
	}
	if err := f.check(ctx, tp.Partitions); err != nil {
		if errors.As(err, new(*spreadError)) {
			return nil, stage.Permanent(err)
		}
		return nil, b.judge(err)
	}
	f.ctx, f.cancel = context.WithCancel(context.Background())
	for i := range tp.Partitions {
		p := &followed{id: i, next: -1, rows: map[string][]byte{}, good: time.Now()}
		f.parts = append(f.parts, p)
		f.wg.Go(func() { f.read(p) })
	}
	f.wg.Go(func() { f.watch(tp.Partitions) })
	if err := f.await(ctx, func() (bool, error) {
		for _, p := range f.parts {
			if !p.begun || p.loading != nil {
				return false, p.err
			}
		}
		return true, nil
	}); err != nil {
		f.stop()
		return nil, err
	}
	return f, nil
}

// check holds the topic to its identity and its number of partitions.
func (f *follower) check(ctx context.Context, partitions int) error {
	ids, err := f.bus.identities(ctx, []string{f.full})
	if err != nil {
		return fmt.Errorf("%s %s: %w", f.kind, f.name, err)
	}
	id, ok := ids[f.full]
	if !ok {
		return fmt.Errorf("%s %s: %w", f.kind, f.name, kafka.UnknownTopicOrPartition)
	}
	f.mu.Lock()
	if f.id.other(id) {
		for _, p := range f.parts {
			p.cut = true
		}
	}
	f.id = id
	f.mu.Unlock()
	return f.checkPartitions(ctx, partitions)
}

// checkPartitions holds the topic to its number of partitions. Its rows keep
// their place only as long as it doesn't change: a key that moves leaves its old
// record behind for ever, and nobody could tell which of the two is newer.
func (f *follower) checkPartitions(ctx context.Context, want int) error {
	md, err := f.bus.metadata(ctx, []string{f.full})
	if err != nil {
		return fmt.Errorf("%s %s: %w", f.kind, f.name, err)
	}
	t := md[f.full]
	if t.Error != nil || len(t.Partitions) == 0 {
		return fmt.Errorf("%s %s: %w", f.kind, f.name, errOr(t.Error, kafka.UnknownTopicOrPartition))
	}
	if n := len(t.Partitions); n != want {
		return &spreadError{kind: f.kind, name: f.name, have: n, want: want}
	}
	return nil
}

// spreadError says that a topic has another number of partitions.
type spreadError struct {
	kind, name string
	have, want int
}

func (e *spreadError) Error() string {
	return fmt.Sprintf("%s %s: the topic has %d partitions, the topology says %d: a table can't be spread anew, "+
		"copy its rows into a topic that has %d", e.kind, e.name, e.have, e.want, e.want)
}

// watch looks whether the topic is still what it was.
func (f *follower) watch(partitions int) {
	tick := time.NewTicker(identityWatch)
	defer tick.Stop()
	for {
		select {
		case <-f.ctx.Done():
			return
		case <-tick.C:
		case <-f.suspect:
		}
		err := f.check(f.ctx, partitions)
		if f.ctx.Err() != nil {
			return
		}
		f.mu.Lock()
		if err != nil && f.unfit == nil {
			f.log.Error().Err(err).Msg("the topic is not what it was, or out of reach")
		}
		f.unfit = err
		f.mu.Unlock()
	}
}

// stop ends following and waits for that.
func (f *follower) stop() {
	f.cancel()
	f.wg.Wait()
}

// CatchUp returns when it holds what was in the topic at the time of the call.
func (f *follower) CatchUp(ctx context.Context) error {
	ids := make([]int, len(f.parts))
	for i, p := range f.parts {
		ids[i] = p.id
	}
	_, end, err := f.bus.bounds(ctx, f.full, ids)
	if err != nil {
		return fmt.Errorf("topic %s: %w", f.name, err)
	}
	return f.await(ctx, func() (bool, error) {
		for _, p := range f.parts {
			if p.loading != nil || p.next < end[p.id] {
				return false, p.err
			}
		}
		return true, nil
	})
}

// await waits until done says so, which is asked, under the mutex, whenever
// something was read. Its error is why it may take long, not an end.
func (f *follower) await(ctx context.Context, done func() (bool, error)) error {
	for {
		f.mu.RLock()
		ok, err := done()
		next := f.advanced
		f.mu.RUnlock()
		if ok {
			return nil
		}
		select {
		case <-next:
		case <-ctx.Done():
			return fmt.Errorf("%s %s: %w", f.kind, f.name, errors.Join(ctx.Err(), err))
		case <-f.ctx.Done():
			return fmt.Errorf("%s %s is closed", f.kind, f.name)
		}
	}
}

// read reads a partition until the end of following.
func (f *follower) read(p *followed) {
	p.fetcher = f.bus.fetcher(f.full, f.name, p.id, fetchBytes)
	defer p.fetcher.Close()
	for wait := retryMin; f.ctx.Err() == nil; {
		err := f.step(p)
		if err == nil {
			wait = retryMin
			continue
		}
		if f.ctx.Err() != nil {
			return
		}
		f.mu.Lock()
		p.err = err
		f.mu.Unlock()
		f.log.Warn().Err(err).Int("partition", p.id).Msg("can't read, trying again")
		select {
		case f.suspect <- struct{}{}:
		default:
		}
		if !sleep(f.ctx, wait) {
			return
		}
		wait = min(2*wait, retryMax)
	}
}

// step reads a batch.
func (f *follower) step(p *followed) error {
	at := p.next // nobody else writes it
	if at < 0 {
		first, end, err := f.bus.bounds(f.ctx, f.full, []int{p.id})
		if err != nil {
			return err
		}
		f.mu.Lock()
		p.begin(first[p.id], end[p.id])
		f.advance()
		f.mu.Unlock()
		return nil
	}
	ms, next, err := p.fetcher.read(f.ctx, at)
	f.mu.Lock()
	defer f.mu.Unlock()
	if p.cut || errors.Is(err, kafka.OffsetOutOfRange) {
		// Compaction never takes what is newest per key. This topic was deleted
		// and created anew, or its records were deleted by hand.
		p.next, p.cut = -1, false
		p.cuts++
		f.advance()
		f.log.Error().Int("partition", p.id).Int64("offset", at).Msg("the topic was created anew, or cut; reading all of it again")
		return fmt.Errorf("%s/%d: offset %d is gone", f.name, p.id, at)
	}
	if err != nil {
		return err
	}
	late := time.Since(p.good) > rereadAfter
	p.err, p.good = nil, time.Now()
	if late {
		p.next = -1
		return nil
	}
	rows := false
	for i := range ms {
		rows = f.apply(p, &ms[i]) || rows
	}
	if next > at {
		p.next = next
		rows = p.loaded() || rows
		f.advance()
	}
	if rows {
		close(f.changed)
		f.changed = make(chan struct{})
	}
	return nil
}

// begin starts over with the log from first to end.
func (p *followed) begin(first, end int64) {
	p.next, p.target, p.loading = first, end, map[string][]byte{}
	p.owner, p.covered = epoch{}, map[string]bool{}
	p.begun = true
	p.loaded()
}

// loaded makes what was read what is seen, once all is read.
func (p *followed) loaded() bool {
	if p.loading == nil || p.next < p.target {
		return false
	}
	p.rows, p.loading = p.loading, nil
	return true
}

// advance wakes those who wait. f.mu is held.
func (f *follower) advance() {
	close(f.advanced)
	f.advanced = make(chan struct{})
}

// apply takes a record in, and tells whether it changed what is seen. f.mu is
// held.
func (f *follower) apply(p *followed, m *stage.Message) bool {
	key, by := string(m.Key), epochOf(m)
	stale := by.compare(p.owner) < 0
	switch {
	case stale && key == EpochKey: // one that opened and was overtaken meanwhile
	case stale:
		p.covered[key] = true
		f.log.Warn().Str("key", key).Int("partition", p.id).Int64("offset", m.Offset).Stringer("epoch", by).Stringer("owner", p.owner).
			Msg("ignoring what a writer wrote that was overtaken")
	case key == EpochKey:
		p.owner = by
	default:
		p.owner = by
		delete(p.covered, key)
		rows := p.rows
		if p.loading != nil {
			rows = p.loading
		}
		if m.Value == nil {
			delete(rows, key)
		} else {
			rows[key] = m.Value
		}
		return p.loading == nil
	}
	return false
}

func (f *follower) ready() error {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.ctx.Err() != nil {
		return fmt.Errorf("%s %s is closed", f.kind, f.name)
	}
	errs := []error{f.unfit}
	for _, p := range f.parts {
		if d := time.Since(p.good); p.err != nil && d > followGrace {
			errs = append(errs, fmt.Errorf("%s %s: partition %d can't be read for %v: %w", f.kind, f.name, p.id, d.Round(time.Second), p.err))
		}
	}
	return errors.Join(errs...)
}

// Get gives the value of key; it must not be changed.
func (f *follower) Get(key string) ([]byte, bool) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	for _, p := range f.parts {
		if v, ok := p.rows[key]; ok {
			return v, true
		}
	}
	return nil, false
}

// Len is the number of keys.
func (f *follower) Len() int {
	f.mu.RLock()
	defer f.mu.RUnlock()
	n := 0
	for _, p := range f.parts {
		n += len(p.rows)
	}
	return n
}

// Range calls fn for every key, in no order, until it returns false. fn must
// not call methods of the view or table.
func (f *follower) Range(fn func(key string, value []byte) bool) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	for _, p := range f.parts {
		for k, v := range p.rows {
			if !fn(k, v) {
				return
			}
		}
	}
}

// Changed gives a channel that is closed at the next change. Ask for it before
// looking at the rows, so that no change falls in between.
func (f *follower) Changed() <-chan struct{} {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.changed
}
