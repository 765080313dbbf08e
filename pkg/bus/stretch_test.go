package bus

import (
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/pkg/stage"
)

// Whatever the partitions hold: everything comes once, a partition's messages in
// their order, and all by time if each partition is.
func TestMergeKeepsOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.SliceOfN(rapid.IntRange(0, 20), 0, 12), 0, 5).Draw(t, "times")
		sorted := rapid.Bool().Draw(t, "sorted")
		readers := make([]chan stage.Message, len(parts))
		total := 0
		for p, times := range parts {
			if sorted {
				slices.Sort(times)
			}
			readers[p] = make(chan stage.Message, ahead)
			go func() {
				defer close(readers[p])
				for o, at := range times {
					readers[p] <- stage.Message{Partition: p, Offset: int64(o), Time: time.Unix(int64(at), 0)}
				}
			}()
			total += len(times)
		}
		next := make([]int64, len(parts))
		var last time.Time
		n := 0
		err := merge(slices.Clone(readers), nil, func(m stage.Message) error {
			if m.Offset != next[m.Partition] {
				t.Fatalf("offset %d of partition %d, want %d", m.Offset, m.Partition, next[m.Partition])
			}
			next[m.Partition]++
			if sorted && m.Time.Before(last) {
				t.Fatalf("%v comes after %v", m.Time, last)
			}
			last = m.Time
			n++
			return nil
		})
		if err != nil || n != total {
			t.Fatalf("%d of %d, %v", n, total, err)
		}
	})
}

func TestMergeEndsWithTheError(t *testing.T) {
	r := make(chan stage.Message, 2)
	r <- stage.Message{}
	r <- stage.Message{}
	n := 0
	if err := merge([]chan stage.Message{r}, nil, func(stage.Message) error { n++; return ErrEnough }); !errors.Is(err, ErrEnough) || n != 1 {
		t.Error(n, err)
	}
}
