// Package desk is where editors change the overrides of articles: it knows what the log
// has of an article, writes a change to the audit and to the table, and has the article
// enriched again. The operator's tools and the API of the search service are made of it.
package desk

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/enrich/override"
	"github.com/copytaster/copytaster/services/release"
)

// Desk changes overrides. Its methods may be called at once by many.
type Desk struct {
	bus    *bus.Bus
	watch  Watch
	note   func(ctx context.Context, r Entry) error // writes to the audit
	open   func(ctx context.Context) (rowTable, error)
	tables *tables       // that a service follows; nil: they are read when they are asked for
	turn   chan struct{} // full while this process changes the table: its writers overtake each other
	kept   rowTable      // that a service took over last; of who has the turn
	idle   *time.Timer   // until kept is closed
}

// KeptFor is how long a service's desk keeps the table in which nobody changes anything.
const KeptFor = time.Minute

// Watch is told before n messages are read, and gives what is told of each that has
// passed, and that reading has ended.
type Watch func(n int64) (passed func(n int), done func())

// Topics are those that a desk uses.
var Topics = []string{topic.Received, topic.ReceivedBulk, topic.Enriched, topic.EnrichedBulk, topic.Status, topic.Audit, topic.Overrides}

// rowTable is the table of overrides, as its one writer has it.
type rowTable interface {
	override.Rows
	Put(ctx context.Context, key string, value []byte) error
	CatchUp(ctx context.Context) error
	Close() error
}

// New is a desk at b; watch may be nil.
func New(b *bus.Bus, watch Watch) *Desk {
	if watch == nil {
		watch = func(int64) (func(int), func()) { return nil, func() {} }
	}
	return &Desk{
		bus: b, watch: watch, turn: make(chan struct{}, 1),
		note: func(ctx context.Context, r Entry) error { return Note(ctx, b, r.URI, r) },
		open: func(ctx context.Context) (rowTable, error) { return b.OpenTable(ctx, topic.Overrides) },
	}
}

// See reads the overrides without taking the table over.
func (e *Desk) See(ctx context.Context, f func(override.Rows) error) error {
	if e.tables != nil {
		return e.tables.see(ctx, e.tables.overrides, f)
	}
	there, _, err := e.bus.There(ctx, []string{topic.Overrides})
	if err != nil {
		return err
	}
	if len(there) == 0 {
		return f(noRows{})
	}
	v, err := e.bus.OpenView(ctx, topic.Overrides)
	if err != nil {
		return err
	}
	defer func() { _ = v.Close() }()
	return f(v)
}

// noRows are those of a topic that isn't there.
type noRows struct{}

// Get finds nothing.
func (noRows) Get(string) ([]byte, bool) { return nil, false }

// Range gives nothing.
func (noRows) Range(func(string, []byte) bool) {}

// List are the overrides of an article, or of all that have corrections, and why some
// of them can't be read.
func (e *Desk) List(ctx context.Context, uri article.URI) (lines []Line, err error) {
	var unread error
	var o *article.Override // of the one article
	if err := e.See(ctx, func(v override.Rows) error {
		if uri == "" {
			lines, unread = linesOf(v)
			return nil
		}
		if o, unread = override.Of(v, uri); o == nil {
			return nil
		}
		var l Line
		if l, unread = lineOf(o); unread == nil {
			lines = []Line{l}
		}
		return nil
	}); err != nil {
		return nil, err
	}
	if len(lines) == 0 {
		return nil, unread
	}
	if uri != "" {
		of, err := e.Find(ctx, uri)
		if err != nil {
			return nil, errors.Join(err, unread)
		}
		of.compare(&lines[0], o)
		if !of.shown(time.Now()) {
			lines[0].hide()
		}
		if of.correctable() == nil {
			lines[0].Seen = &of.seen
		}
		return lines, unread
	}
	shown, err := e.shown(ctx)
	if err != nil {
		return nil, errors.Join(err, unread)
	}
	for i := range lines {
		if !shown(lines[i].URI) {
			lines[i].hide()
		}
	}
	return lines, unread
}

// shown tells of an article whether it may be seen now, by the table of statuses.
func (e *Desk) shown(ctx context.Context) (func(article.URI) bool, error) {
	there, _, err := e.bus.There(ctx, []string{topic.Status})
	if err != nil {
		return nil, err
	}
	if len(there) == 0 {
		return func(article.URI) bool { return true }, nil
	}
	v, err := e.bus.OpenView(ctx, topic.Status)
	if err != nil {
		return nil, err
	}
	defer func() { _ = v.Close() }() // what was read can still be asked for
	now := time.Now()
	return func(uri article.URI) bool {
		value, ok := v.Get(string(uri))
		if !ok {
			return true
		}
		row, err := release.ReadRow(value)
		return err == nil && row.Standing().Visible(now)
	}, nil
}

// Rehearse is what a change would make of an article, or why it can't be.
func (e *Desk) Rehearse(ctx context.Context, of *Lineage, change override.Change) (l Line, err error) {
	if err := of.changeable(&change); err != nil {
		return l, err
	}
	change.At = time.Now()
	err = e.See(ctx, func(rows override.Rows) error {
		made, err := of.make(ctx, &change, rows)
		if o := of.said(err, rows); of.owed(o) {
			l, err = of.lineOf(o)
			l.Action = Reissued
			return err
		}
		if err == nil {
			l, err = of.line(&change, &made)
		}
		return err
	})
	return l, err
}

// CarryOut writes a change down, first in the audit, and sends the article again. What
// was written down before, and then cut off, is sent.
func (e *Desk) CarryOut(ctx context.Context, of *Lineage, change override.Change) (l Line, err error) {
	if e.tables == nil {
		if err := e.bus.EnsureTopics(ctx, topic.Overrides); err != nil {
			return l, err
		}
	}
	if err := e.current(ctx, of); err != nil { // the editor may have thought about it for long
		return l, err
	}
	if err := of.changeable(&change); err != nil {
		return l, err
	}
	w, err := e.write(ctx, of, &change)
	if err != nil {
		return l, err
	}
	if w.before {
		l, err = of.lineOf(&w.Override)
		l.Action = Reissued
	} else {
		l, err = of.line(&change, &w.Made)
	}
	l.URI = of.uri                             // it is kept, whatever else
	if err == nil && of.correctable() == nil { // else there is nothing to send
		if l.Revision, err = e.send(ctx, of, w.Number); err != nil {
			err = fmt.Errorf("the change is kept, and counts from the next revision on; copytaster override reissue %s goes on: %w", of.uri, err)
		}
	}
	return l, errors.Join(err, w.unnoted)
}

// written is a change in the table.
type written struct {
	override.Made

	before  bool  // it was there before
	entry   Entry // of the audit; nobody: it has none
	unnoted error // why the audit doesn't say that the change is kept
}

// RefusalError says that a change can't be made of an article as that stands.
type RefusalError struct{ Err error }

func (r *RefusalError) Error() string { return r.Err.Error() }

// Unwrap gives what is in the way.
func (r *RefusalError) Unwrap() error { return r.Err }

// What is in the way of a change, or behind it.
var (
	ErrKilled = errors.New("is killed")
	// ErrNewer is of an article of which a newer revision, or a notice, is on its way.
	ErrNewer = errors.New("there is a newer revision than was shown")
	// ErrHidden is of an article that isn't to be seen now.
	ErrHidden = errors.New("it isn't to be seen now")
)

// BehindError is of an article whose newest revision a service's desk doesn't look for, as
// more wait to be enriched and indexed than [MaxBehind].
type BehindError struct{ Messages int64 }

func (b *BehindError) Error() string {
	return fmt.Sprintf("%d messages wait to be enriched and indexed, among which there may be newer revisions; %d are looked through", b.Messages, MaxBehind)
}

func refused(err error) error {
	if err == nil {
		return nil
	}
	return &RefusalError{err}
}

// maxTries is how often a change is tried that others overtake.
const maxTries = 10

// write puts a change into the audit and then into the table. Of two who change the
// table at the same moment one is overtaken, even if it is of other articles, and tries
// again. If it was overtaken just behind its change, that is there then.
func (e *Desk) write(ctx context.Context, of *Lineage, change *override.Change) (w written, err error) {
	var tried Entry
	select {
	case e.turn <- struct{}{}:
		defer func() { <-e.turn }()
	case <-ctx.Done():
		return w, ctx.Err()
	}
	for range maxTries {
		w, err = e.tryWrite(ctx, of, change)
		switch {
		case w.before && tried.Who != "":
			w.before, w.entry, w.Fields, err = false, tried, tried.Fields, nil
		case w.before && of.owed(&w.Override):
			w.entry, err = of.owes(change, &w.Override), nil
		case err != nil && tried.Who != "" && !errors.Is(err, bus.ErrOvertaken) && !Unsure(err):
			err = of.unsure(err) // the first try may have come through
		}
		if !errors.Is(err, bus.ErrOvertaken) {
			break
		}
		if w.entry.Who != "" {
			tried = w.entry
		}
		select {
		case <-time.After(rand.N(time.Second)): // so that not both begin at once
		case <-ctx.Done():
			return w, of.unsure(ctx.Err())
		}
	}
	switch {
	case errors.Is(err, bus.ErrOvertaken):
		err = of.unsure(fmt.Errorf("others changed overrides each of the %d times: %w", maxTries, err))
	case err == nil:
		w.entry.Kept = true
		if err := e.note(ctx, w.entry); err != nil {
			w.unnoted = fmt.Errorf("the change is kept, and the audit doesn't say so: %w", err)
		}
	}
	return w, err
}

// take is the table to change: the kept one, with what others changed, or one that is
// opened, for which all of it is read. The caller has the turn.
func (e *Desk) take(ctx context.Context) (rowTable, error) {
	if e.kept == nil {
		return e.open(ctx)
	}
	table := e.kept
	e.kept = nil
	e.idle.Stop()
	switch err := table.CatchUp(ctx); {
	case err == nil:
		return table, nil
	case errors.Is(err, bus.ErrOvertaken): // by another service, or the command
		if err := table.Close(); err != nil {
			return nil, err
		}
		return e.open(ctx)
	default:
		return nil, errors.Join(err, table.Close())
	}
}

// leave keeps a service's table for the next change, or closes it: where it took a change not
// well another one may have taken it over, or it is out of reach.
func (e *Desk) leave(table rowTable, well bool) error {
	if e.tables == nil || !well {
		return table.Close()
	}
	e.kept = table
	e.idle = time.AfterFunc(KeptFor, func() {
		select {
		case e.turn <- struct{}{}:
			defer func() { <-e.turn }()
			if e.kept == table {
				e.kept = nil
				_ = table.Close() // all that was put is there
			}
		default: // who has the turn has the table
		}
	})
	return nil
}

// tryWrite is write, once.
func (e *Desk) tryWrite(ctx context.Context, of *Lineage, change *override.Change) (w written, err error) {
	table, err := e.take(ctx)
	if err != nil {
		return w, err
	}
	well := true
	defer func() { err = errors.Join(err, e.leave(table, well)) }()
	if of.still != nil { // it was long in coming to its turn
		if err := e.current(ctx, of); err != nil {
			return w, err
		}
		if err := of.changeable(change); err != nil {
			return w, err
		}
	}
	change.At = time.Now().UTC().Truncate(time.Millisecond)
	if w.Made, err = of.make(ctx, change, table); err != nil {
		if o := of.said(err, table); o != nil {
			w = written{Made: override.Made{Override: *o}, before: true}
		}
		return w, err
	}
	value, err := event.EncodeOverride(&w.Override)
	if err != nil {
		return w, err
	}
	r := of.entry(change, w.Fields, w.Number)
	if err := e.note(ctx, r); err != nil {
		return w, fmt.Errorf("nothing is changed, as it can't be written to the audit: %w", err)
	}
	w.entry = r
	if err = table.Put(ctx, string(of.uri), value); err != nil && !errors.Is(err, bus.ErrOvertaken) {
		err = of.unsure(err)
	}
	well = err == nil
	return w, err
}

// Reissue sends an article again.
func (e *Desk) Reissue(ctx context.Context, uri article.URI, dry bool) (l Line, err error) {
	of, err := e.Find(ctx, uri)
	if err == nil {
		err = of.correctable()
	}
	if err != nil {
		return l, err
	}
	var o *article.Override
	if err := e.See(ctx, func(rows override.Rows) (err error) {
		o, err = override.Of(rows, uri)
		return err
	}); err != nil {
		return l, err
	}
	if o == nil {
		return l, fmt.Errorf("nothing of %s was ever corrected", uri)
	}
	if l, err = of.lineOf(o); err != nil {
		return l, err
	}
	if l.Action = Reissued; !dry {
		l.Revision, err = e.send(ctx, of, o.Number)
	}
	return l, err
}

// maxRounds is how often an article is sent again whose agency sends another revision
// at the same moment.
const maxRounds = 20

// send has the newest revision enriched again, and gives that revision. The override
// must be in the table.
//
// Whoever enriches reads the table up to its end when this message comes, and so has
// the override for all that comes behind it in the same lane. What comes before it,
// and was not there when the newest was looked for, may have been enriched without: so
// it is looked again, until nothing newer has come in between.
func (e *Desk) send(ctx context.Context, of *Lineage, number int) (article.Revision, error) {
	lanes := []string{topic.Received, topic.ReceivedBulk}
	if e.tables == nil {
		if err := e.bus.EnsureTopics(ctx, lanes...); err != nil {
			return 0, err
		}
	}
	f := e.bus.Forward()
	defer func() { _ = f.Close() }()
	for range maxRounds {
		sent := of.newest.Article
		again := *sent
		again.Notice, again.Original.Bytes, again.Traceparent = nil, nil, event.NewTraceparent()
		m, err := event.Encode(&again, event.Received)
		if err != nil {
			return 0, err
		}
		m.Headers = append(m.Headers, stage.Header{Key: override.Header, Value: fmt.Append(nil, number)})
		for _, lane := range lanes {
			if err := f.Write(ctx, lane, m); err != nil {
				return 0, err
			}
		}
		if err := e.readOn(ctx, of); err != nil {
			return 0, err
		}
		if now := of.newest.Article; now.Revision == sent.Revision && now.Text == sent.Text {
			return sent.Revision, f.Close()
		}
	}
	return 0, fmt.Errorf("newer revisions of %s came each of the %d times that it was sent", of.uri, maxRounds)
}
