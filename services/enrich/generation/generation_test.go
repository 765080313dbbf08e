package generation_test

import (
	"context"
	"errors"
	"maps"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/generation"
)

// rows is a table in memory.
type rows struct {
	mu      sync.Mutex
	m       map[string]string
	changed chan struct{}
	err     error
}

func newRows() *rows { return &rows{m: map[string]string{}, changed: make(chan struct{})} }

func (r *rows) Range(f func(string, []byte) bool) {
	r.mu.Lock()
	m := maps.Clone(r.m)
	r.mu.Unlock()
	for k, v := range m {
		if !f(k, []byte(v)) {
			return
		}
	}
}

func (r *rows) Put(_ context.Context, key string, value []byte) error {
	if r.err != nil {
		return r.err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.m[key] = string(value)
	close(r.changed)
	r.changed = make(chan struct{})
	return nil
}

func (r *rows) Changed() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changed
}

var now = time.Date(2026, 11, 24, 15, 0, 0, 0, time.UTC)

func number(t *testing.T, r *rows) int {
	t.Helper()
	gs, err := generation.All(r)
	if err != nil {
		t.Fatal(err)
	}
	return generation.Current(gs).Number
}

func TestLife(t *testing.T) {
	ctx, r := t.Context(), newRows()
	if _, err := generation.Restore(ctx, r, "", now, 0); err == nil {
		t.Error("rolled back what never was")
	}
	if _, err := generation.Promote(ctx, r, 1, now); err == nil || !strings.Contains(err.Error(), "was not issued") {
		t.Errorf("got %v", err)
	}
	lost := newRows() // of a topic that was lost
	for _, c := range []struct{ above, want int }{{7, 8}, {3, 9}, {0, 10}} {
		if g, err := generation.IssueAbove(ctx, lost, c.above, "", now); err != nil || g.Number != c.want {
			t.Errorf("above %d: %+v %v", c.above, g, err)
		}
	}
	for _, above := range []int{-1, 255} {
		if g, err := generation.IssueAbove(ctx, lost, above, "", now); err == nil {
			t.Errorf("above %d: %+v", above, g)
		}
	}
	for want := 1; want <= 3; want++ {
		if g, err := generation.Issue(ctx, r, "x", now); err != nil || g.Number != want {
			t.Fatalf("%+v %v", g, err)
		}
	}
	if n := number(t, r); n != 0 {
		t.Errorf("%d counts", n)
	}
	if _, err := generation.Promote(ctx, r, 2, now); err != nil || number(t, r) != 2 {
		t.Fatal(err, number(t, r))
	}
	if _, err := generation.Promote(ctx, r, 1, now); err == nil || !strings.Contains(err.Error(), "below the one that counts, 2") {
		t.Errorf("got %v", err)
	}
	if g, err := generation.Promote(ctx, r, 2, now.Add(time.Hour)); err != nil || !g.PromotedAt.Equal(now) {
		t.Errorf("%+v %v", g, err)
	}
	back, err := generation.Restore(ctx, r, "worse", now, 2)
	if err != nil || back.Number != 4 || *back.Restores != 0 || number(t, r) != 4 {
		t.Fatalf("%+v %v", back, err)
	}
	// Number 3 was issued before, and can't count any more.
	if _, err := generation.Promote(ctx, r, 3, now); err == nil {
		t.Error("3 was promoted after 4")
	}
	// Typed again, or by a second operator: it must not bring back what it undid.
	if _, err := generation.Restore(ctx, r, "", now, 4); !errors.Is(err, generation.ErrRolledBack) {
		t.Errorf("a rollback of the rollback: %v", err)
	}
	if _, err := generation.Restore(ctx, r, "", now, 2); err == nil || !strings.Contains(err.Error(), "generation 4 counts by now, not 2") || number(t, r) != 4 {
		t.Errorf("a rollback of what counts no more: %v", err)
	}
}

func TestStanding(t *testing.T) {
	zero, two := 0, 2
	gs := []generation.Generation{
		{Number: 1, PromotedAt: now},
		{Number: 2, PromotedAt: now, Restores: &zero},
		{Number: 3},
		{Number: 4, PromotedAt: now},
		{Number: 5, PromotedAt: now, Restores: &two},
		{Number: 6, PromotedAt: now},
	}
	for number, want := range map[int]map[int]bool{
		0: {0: true}, 1: {0: true, 1: true}, 2: {0: true, 2: true}, 4: {0: true, 2: true, 4: true}, 5: {0: true, 2: true, 5: true}, 6: {0: true, 2: true, 5: true, 6: true},
	} {
		if got := generation.Standing(gs, number); !maps.Equal(got, want) {
			t.Errorf("%d: got %v, want %v", number, got, want)
		}
	}
}

func TestLimits(t *testing.T) {
	ctx, r := t.Context(), newRows()
	if _, err := generation.Issue(ctx, r, strings.Repeat("x", generation.MaxNote+1), now); err == nil {
		t.Error("a note of any length was taken")
	}
	for range article.MaxGeneration {
		if _, err := generation.Issue(ctx, r, "", now); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := generation.Issue(ctx, r, "", now); !errors.Is(err, generation.ErrExhausted) || !strings.Contains(err.Error(), "255") {
		t.Errorf("the 256th: %v", err)
	}
	if _, err := generation.Promote(ctx, r, 255, now); err != nil {
		t.Error(err)
	}
	if _, err := generation.Restore(ctx, r, "", now, 255); !errors.Is(err, generation.ErrExhausted) {
		t.Errorf("got %v", err)
	}
	r = newRows()
	r.err = errors.New("overtaken")
	if _, err := generation.Issue(ctx, r, "", now); !errors.Is(err, r.err) {
		t.Errorf("got %v", err)
	}
	for key, value := range map[string]string{"1": "{", "2": `{"number":3}`, "0": `{"number":0}`, "256": `{"number":256}`} {
		r = newRows()
		r.m[key] = value
		if _, err := generation.All(r); err == nil {
			t.Errorf("row %s: %s was taken", key, value)
		}
	}
}

// TestFollow: the number follows the rows, and never goes back.
func TestFollow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		r := newRows()
		for range 2 {
			if _, err := generation.Issue(ctx, r, "", now); err != nil {
				t.Fatal(err)
			}
		}
		f, err := generation.Follow(ctx, r, zerolog.Nop())
		if err != nil || f.Number() != 0 {
			t.Fatal(err)
		}
		if _, err := generation.Promote(ctx, r, 2, now); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if f.Number() != 2 {
			t.Errorf("%d", f.Number())
		}
		if err := r.Put(ctx, "2", []byte(`{"number":2}`)); err != nil { // as while it is read anew
			t.Fatal(err)
		}
		synctest.Wait()
		if f.Number() != 2 {
			t.Errorf("it went back to %d", f.Number())
		}
		if err := r.Put(ctx, "2", []byte("{")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := f.Ready(ctx); f.Number() != 2 || err == nil || !strings.Contains(err.Error(), `generation "2" can't be read`) {
			t.Errorf("%d, ready says %v", f.Number(), err)
		}
		if _, err := generation.Follow(ctx, r, zerolog.Nop()); err == nil {
			t.Error("began with rows that can't be read")
		}
		if err := r.Put(ctx, "2", []byte(`{"number":2}`)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := f.Ready(ctx); err != nil {
			t.Errorf("the row is mended, and ready says %v", err)
		}
	})
}

// TestStampKeepsTheOrder: of two source revisions the newer stays the newer
// whatever their generations; of one, the higher generation is the newer.
func TestStampKeepsTheOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) article.Revision {
			r, err := article.Parts{
				SourceVersion: rapid.IntRange(0, 5).Draw(t, name), OrderTime: rapid.Int64Range(0, 5).Draw(t, name),
				Content: rapid.IntRange(0, 15).Draw(t, name), Generation: rapid.IntRange(0, 255).Draw(t, name), Sequence: rapid.IntRange(0, 255).Draw(t, name),
			}.Revision()
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		a, b := draw("a"), draw("b")
		g, h := rapid.IntRange(0, 255).Draw(t, "g"), rapid.IntRange(0, 255).Draw(t, "h")
		x, err := generation.Stamp(a, g)
		y, err2 := generation.Stamp(b, h)
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		if x.Source() != a.Source() || x.Parts().Sequence != a.Parts().Sequence || x.Parts().Generation != g {
			t.Fatalf("%+v became %+v", a.Parts(), x.Parts())
		}
		if a.Source() != b.Source() && (a.Source() < b.Source()) != (x < y) {
			t.Fatal("a generation changed the order of source revisions")
		}
		if a.Source() == b.Source() && g != h && (g < h) != (x < y) {
			t.Fatal("the higher generation is not the newer")
		}
	})
	if _, err := generation.Stamp(1<<16, 256); err == nil {
		t.Error("generation 256 was stamped")
	}
}
