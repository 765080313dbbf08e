package bus

import (
	"testing"

	"pgregory.net/rapid"
)

// TestTrackerAgainstModel compares with the simplest thing that could be
// right: a list of what was handed out and a set of what is done.
func TestTrackerAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := rapid.Int64Range(0, 1000).Draw(t, "start")
		tr := newTracker(start)
		next := start
		var out []int64
		done := map[int64]bool{}
		last := start // watermark
		watermark := func() int64 {
			for _, o := range out {
				if !done[o] {
					return o
				}
			}
			return next
		}
		t.Repeat(map[string]func(*rapid.T){
			"deliver": func(t *rapid.T) {
				for range rapid.IntRange(1, 100).Draw(t, "n") {
					o := next + rapid.OneOf(rapid.Int64Range(0, 3), rapid.Int64Range(0, 1<<40)).Draw(t, "gap")
					if !tr.deliver(o) {
						t.Fatalf("%d was refused", o)
					}
					out, next = append(out, o), o+1
				}
			},
			"deliver again": func(t *rapid.T) {
				if tr.deliver(next - rapid.Int64Range(1, 50).Draw(t, "back")) {
					t.Fatal("an old offset was taken")
				}
			},
			"done": func(t *rapid.T) {
				if len(out) == 0 {
					t.Skip()
				}
				i := rapid.OneOf(rapid.IntRange(max(0, len(out)-200), len(out)-1), rapid.IntRange(0, len(out)-1)).Draw(t, "which")
				if got := tr.done(out[i]); got == done[out[i]] {
					t.Fatalf("done(%d) is %v", out[i], got)
				}
				done[out[i]] = true
			},
			"done of a stretch, backwards": func(t *rapid.T) {
				if len(out) == 0 {
					t.Skip()
				}
				from := rapid.IntRange(0, len(out)-1).Draw(t, "from")
				for i := min(len(out), from+rapid.IntRange(1, 300).Draw(t, "n")) - 1; i >= from; i-- {
					if got := tr.done(out[i]); got == done[out[i]] {
						t.Fatalf("done(%d) is %v", out[i], got)
					}
					done[out[i]] = true
				}
			},
			"many at once": func(*rapid.T) { // the ring grows with some done in it
				for range 3 * trackerStart {
					if !tr.deliver(next) {
						t.Fatalf("%d was refused", next)
					}
					out, next = append(out, next), next+1
				}
			},
			"done of all": func(*rapid.T) {
				for _, o := range out {
					tr.done(o)
					done[o] = true
				}
			},
			"done of what never was": func(t *rapid.T) {
				o := rapid.Int64Range(0, next+10).Draw(t, "offset")
				for _, x := range out {
					if x == o {
						t.Skip()
					}
				}
				if tr.done(o) {
					t.Fatalf("%d was never handed out", o)
				}
			},
			"": func(t *rapid.T) {
				if got, want := tr.watermark(), watermark(); got != want || got < last {
					t.Fatalf("watermark is %d, want %d, was %d", got, want, last)
				}
				last = tr.watermark()
				left := 0
				for _, o := range out {
					if o >= last {
						left++
					}
				}
				if tr.inFlight() != left {
					t.Fatalf("%d in flight, want %d", tr.inFlight(), left)
				}
			},
		})
	})
}

func BenchmarkTracker(b *testing.B) {
	tr := newTracker(0)
	const window = 2000
	for i := range int64(b.N) {
		tr.deliver(i)
		if i >= window {
			// The far half of the window first: the worst case for a list.
			tr.done(i - window ^ 1)
		}
	}
}
