package live

import (
	"fmt"
	"testing"

	"github.com/copytaster/copytaster/pkg/article"
)

// TestRecentIsBounded: by the number of articles, and by the bytes that they came in.
func TestRecentIsBounded(t *testing.T) {
	r := newRecent(3, 100)
	held := func(want ...int64) {
		t.Helper()
		if len(r.all) != len(want) {
			t.Errorf("%d are held, want %v", len(r.all), want)
		}
		for _, o := range want {
			if r.get(spot{0, o}) == nil {
				t.Errorf("%d isn't held", o)
			}
		}
	}
	for o := range int64(4) {
		r.add(spot{0, o}, &article.Article{}, 10)
	}
	held(1, 2, 3)
	r.add(spot{0, 3}, &article.Article{}, 10) // it came again
	held(1, 2, 3)
	r.add(spot{0, 4}, &article.Article{}, 85)
	held(3, 4)
	r.add(spot{0, 5}, &article.Article{}, 101)
	held(3, 4)
}

// TestPartitionIsBounded: nothing more is known than may be, also while messages come.
func TestPartitionIsBounded(t *testing.T) {
	p := newPartition(0, 80)
	for o := range int64(1000) {
		p.note(keyOf(fmt.Sprint(o%7)), o, false)
		if len(p.before) > 90 || o-p.above() > 90 {
			t.Fatalf("at %d, %d are known, from %d on", o, len(p.before), p.above())
		}
	}
	if p.learn(newPartition(0, 80), p.above()-1) {
		t.Error("it learns what isn't right below what it knows")
	}
}

// TestLearn: whether a partition's messages are noted as they come, or the older ones
// afterwards, the same is known.
func TestLearn(t *testing.T) {
	type message struct {
		of   string
		back bool
	}
	log := []message{{"a", false}, {"b", false}, {"a", true}, {"c", false}, {"a", false}, {"b", true}, {"c", false}, {"d", false}, {"a", false}, {"b", false}}
	note := func(p *partition, from, to int) {
		for o := from; o < to; o++ {
			p.note(keyOf(log[o].of), int64(o), log[o].back)
		}
	}
	whole := newPartition(0, 100)
	note(whole, 0, len(log))
	for first := range log {
		for second := range first + 1 {
			p := newPartition(int64(first), 100)
			note(p, first, len(log))
			for _, to := range [][2]int{{second, first}, {0, second}} {
				older := newPartition(int64(to[0]), 100)
				note(older, to[0], to[1])
				if !p.learn(older, int64(to[1])) {
					t.Fatalf("%v isn't learnt", to)
				}
			}
			for o, m := range log {
				k := keyOf(m.of)
				want, wantHad, wantNewest := whole.previous(k, int64(o), 4)
				got, had, newest := p.previous(k, int64(o), 4)
				if got != want || had != wantHad || newest != wantNewest || p.takenBack(k, int64(o)) != whole.takenBack(k, int64(o)) {
					t.Errorf("begun at %d, and at %d: of %d, %v %v %v, want %v %v %v", first, second, o, got, had, newest, want, wantHad, wantNewest)
				}
			}
		}
	}
}
