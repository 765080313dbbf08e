// Package generation is the counter in an article's revision that an operator
// issues with a new enrichment: what is enriched again takes the place of what
// it was, because its generation is the higher one.
//
// The generations are rows of the compacted topic [topic.Generations], one of
// each. The operator's tool writes them, the enrich service follows them and
// stamps the one that counts into all that it enriches.
package generation

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
)

// Generation is one that was issued.
type Generation struct {
	Number   int       `json:"number"` // from 1; 0 is what was before there were any
	Note     string    `json:"note,omitempty"`
	IssuedAt time.Time `json:"issued_at"`
	// PromotedAt is since when it counts, or counted; zero: never.
	PromotedAt time.Time `json:"promoted_at,omitzero"`
	// Restores is the generation whose results it brings back, if it is a
	// rollback.
	Restores *int `json:"restores,omitempty"`
}

// MaxNote is how long a note may be, in bytes.
const MaxNote = 1000

// ErrExhausted says that no generation can be issued any more.
var ErrExhausted = fmt.Errorf("all %d generations are issued, a revision has no room for more", article.MaxGeneration)

// Rows are the rows of the topic: a table or a view of package bus.
type Rows interface {
	Range(f func(key string, value []byte) bool)
}

// Table is the rows with the right to write them.
type Table interface {
	Rows
	Put(ctx context.Context, key string, value []byte) error
}

// All are the generations by their numbers.
func All(rows Rows) ([]Generation, error) {
	var gs []Generation
	var errs []error
	rows.Range(func(key string, value []byte) bool {
		var g Generation
		err := json.Unmarshal(value, &g)
		if err == nil && (strconv.Itoa(g.Number) != key || g.Number < 1 || g.Number > article.MaxGeneration) {
			err = fmt.Errorf("it has number %d", g.Number)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("generation %q can't be read: %w", key, err))
		}
		gs = append(gs, g)
		return true
	})
	slices.SortFunc(gs, func(a, b Generation) int { return cmp.Compare(a.Number, b.Number) })
	return gs, errors.Join(errs...)
}

// Current is the generation that counts: the highest that was promoted, the
// zero one if none was.
func Current(gs []Generation) Generation {
	var c Generation
	for _, g := range gs {
		if !g.PromotedAt.IsZero() {
			c = g
		}
	}
	return c
}

// Before is the generation that counted before the current one. ok is false if
// none was ever promoted.
func Before(gs []Generation) (before Generation, ok bool) {
	current := Current(gs)
	for _, g := range gs {
		if !g.PromotedAt.IsZero() && g.Number < current.Number {
			before = g
		}
	}
	return before, current.Number > 0
}

// Standing are the generations whose results count when those of number count:
// number itself and what was promoted before it, without what a rollback took
// back. 0, articles from before the first promotion, is always among them.
func Standing(gs []Generation, number int) map[int]bool {
	standing := map[int]bool{0: true}
	for number > 0 {
		standing[number] = true
		before := 0
		for _, g := range gs { // by their numbers
			switch {
			case g.Number < number && !g.PromotedAt.IsZero():
				before = g.Number
			case g.Number == number && g.Restores != nil:
				before = *g.Restores
			}
		}
		number = before
	}
	return standing
}

// Issue makes the next generation.
func Issue(ctx context.Context, t Table, note string, now time.Time) (Generation, error) {
	return IssueAbove(ctx, t, 0, note, now)
}

// IssueAbove is Issue with a number above another: when the topic was lost,
// generations that it doesn't know of stand in the index, and a lower one would
// take nobody's place.
func IssueAbove(ctx context.Context, t Table, above int, note string, now time.Time) (Generation, error) {
	if above < 0 {
		return Generation{}, fmt.Errorf("there is no generation %d to be above", above)
	}
	return issue(ctx, t, above, Generation{Note: note, IssuedAt: now})
}

func issue(ctx context.Context, t Table, above int, g Generation) (Generation, error) {
	if len(g.Note) > MaxNote {
		return Generation{}, fmt.Errorf("the note has %d bytes, the limit is %d", len(g.Note), MaxNote)
	}
	gs, err := All(t)
	if err != nil {
		return Generation{}, err
	}
	g.Number = above + 1
	if n := len(gs); n > 0 {
		g.Number = max(g.Number, gs[n-1].Number+1)
	}
	if g.Number > article.MaxGeneration {
		return Generation{}, ErrExhausted
	}
	return g, put(ctx, t, g)
}

func put(ctx context.Context, t Table, g Generation) error {
	value, err := json.Marshal(g)
	if err != nil {
		return err
	}
	return t.Put(ctx, strconv.Itoa(g.Number), value)
}

// Promotable tells why number can't be promoted, if it can't. One that counts
// already may be promoted again, which changes nothing.
func Promotable(gs []Generation, number int) (Generation, error) {
	i := slices.IndexFunc(gs, func(g Generation) bool { return g.Number == number })
	if i < 0 {
		return Generation{}, fmt.Errorf("generation %d was not issued", number)
	}
	if c := Current(gs); number < c.Number {
		return Generation{}, fmt.Errorf("generation %d is below the one that counts, %d: what it enriched would take nobody's place. A rollback takes a new generation", number, c.Number)
	}
	return gs[i], nil
}

// Promote makes an issued generation the one that counts. It must be above the
// one that does, or nothing that it enriched would take its place.
func Promote(ctx context.Context, t Table, number int, now time.Time) (Generation, error) {
	gs, err := All(t)
	if err != nil {
		return Generation{}, err
	}
	g, err := Promotable(gs, number)
	if err != nil || !g.PromotedAt.IsZero() {
		return g, err
	}
	g.PromotedAt = now
	return g, put(ctx, t, g)
}

// ErrRolledBack says that the generation that counts is a rollback already.
var ErrRolledBack = errors.New("is a rollback already")

// Restore issues and promotes, in one step, a generation that brings back the
// results of the one that counted before current. It does so only if current
// still counts: of two operators who decide to take it back, one does. A
// rollback is not taken back by another ([ErrRolledBack]): that would bring back
// what it is there to undo.
func Restore(ctx context.Context, t Table, note string, now time.Time, current int) (Generation, error) {
	gs, err := All(t)
	if err != nil {
		return Generation{}, err
	}
	before, ok := Before(gs)
	switch c := Current(gs); {
	case !ok:
		return Generation{}, errors.New("no generation was promoted, there is nothing to roll back")
	case c.Number != current:
		return Generation{}, fmt.Errorf("generation %d counts by now, not %d", c.Number, current)
	case c.Restores != nil:
		return Generation{}, fmt.Errorf("generation %d %w", c.Number, ErrRolledBack)
	}
	return issue(ctx, t, 0, Generation{Note: note, IssuedAt: now, PromotedAt: now, Restores: &before.Number})
}

// Stamp is the revision r as of a generation: the same source revision and
// sequence.
func Stamp(r article.Revision, generation int) (article.Revision, error) {
	p := r.Parts()
	p.Generation = generation
	return p.Revision()
}
