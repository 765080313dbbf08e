package stage

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestQueueKeepsKeysInOrder holds what a queue gives to what was put: the messages
// of a key in their order, all others in theirs, and what is urgent first, unless
// its key or the others' turn forbid it.
func TestQueueKeepsKeysInOrder(t *testing.T) {
	type waiting struct {
		*task

		ahead bool // nothing of its key that is not ahead waited when it came
	}
	rapid.Check(t, func(t *rapid.T) {
		q := newQueue()
		var all []waiting
		row := 0 // urgent ones taken since others wait
		put := func(key byte, urgent bool) {
			m := Message{Urgent: urgent}
			if key > 0 {
				m.Key = []byte{key}
			}
			k := &task{m: m, key: uint64(key)}
			behind := slices.ContainsFunc(all, func(w waiting) bool { return key > 0 && w.key == k.key && !w.ahead })
			all = append(all, waiting{k, urgent && !behind})
			q.put(k)
		}
		checkTaken := func(got *task) {
			at := slices.IndexFunc(all, func(w waiting) bool { return w.task == got })
			if at < 0 {
				t.Fatalf("%v was not put, or was taken twice", got)
			}
			w := all[at]
			// Before it may stand what goes behind all that is urgent, and of its
			// key nothing.
			others := 0
			for _, b := range all[:at] {
				if b.ahead == w.ahead || b.m.Key != nil && b.key == w.key {
					t.Fatalf("%v overtook %v", w, b)
				}
			}
			for _, b := range all {
				if !b.ahead {
					others++
				}
			}
			switch free := slices.ContainsFunc(all, func(b waiting) bool { return b.ahead }); {
			case w.ahead && others > 0:
				row++
			case w.ahead:
				row = 0
			case free && row < UrgentInARow:
				t.Fatalf("%v was taken after %d urgent ones, and an urgent one waits", w, row)
			default:
				row = 0
			}
			if first := slices.IndexFunc(all, func(b waiting) bool { return !b.ahead }); row > UrgentInARow && first >= 0 {
				of := all[first]
				if of.m.Key == nil || !slices.ContainsFunc(all, func(b waiting) bool { return b.ahead && b.key == of.key }) {
					t.Fatalf("%d urgent ones were taken in a row while %v waits", row, of)
				}
			}
			all = slices.Delete(all, at, at+1)
		}
		keys := rapid.ByteRange(0, 5)
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) { put(keys.Draw(t, "key"), rapid.Bool().Draw(t, "urgent")) },
			"take": func(t *rapid.T) {
				if len(all) == 0 {
					t.Skip()
				}
				checkTaken(q.take())
			},
			"put many urgent": func(t *rapid.T) {
				for range rapid.IntRange(1, 2*UrgentInARow).Draw(t, "n") {
					put(keys.Draw(t, "key"), true)
				}
			},
			"take many": func(t *rapid.T) {
				for range min(len(all), rapid.IntRange(1, 2*UrgentInARow).Draw(t, "n")) {
					checkTaken(q.take())
				}
			},
			"poll": func(t *rapid.T) {
				got := q.poll(false)
				if (got == nil) != (len(all) == 0) {
					t.Fatalf("%v of %d", got, len(all))
				}
				if got != nil {
					checkTaken(got)
				}
			},
			"poll what is urgent": func(t *rapid.T) {
				if got := q.poll(true); got != nil {
					if !got.m.Urgent {
						t.Fatalf("%v", got)
					}
					checkTaken(got)
				}
			},
		})
		for range all {
			checkTaken(q.take())
		}
		if q.close(); q.take() != nil || len(q.urgent.keys)+len(q.others.keys) > 0 {
			t.Fatalf("left: %v", q)
		}
	})
}
