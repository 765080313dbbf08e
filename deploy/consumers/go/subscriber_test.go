package subscriber

import "testing"

// A partition is read when what was last before its end, or anything behind it,
// has come: what was last may have been compacted away since.
func TestReadToTheEnd(t *testing.T) {
	for name, c := range map[string]struct {
		offsets    []int64
		taken      int
		partitions int // that are left
	}{
		"not yet":            {[]int64{3, 7}, 2, 2},
		"the last":           {[]int64{7, 9}, 2, 1},
		"gaps, and the last": {[]int64{3, 9}, 2, 1},
		"the last is gone":   {[]int64{7, 12}, 1, 1},
		"all before is gone": {[]int64{10}, 0, 1},
		"more behind it":     {[]int64{9, 10, 11}, 1, 1},
		"only behind, twice": {[]int64{11, 12}, 0, 1},
	} {
		left, taken := unread{0: 10, 1: 10}, 0
		for _, o := range c.offsets {
			if left.reach(0, o) {
				taken++
			}
		}
		if taken != c.taken || len(left) != c.partitions {
			t.Errorf("%s: %d taken, want %d; %d partitions are left, want %d", name, taken, c.taken, len(left), c.partitions)
		}
	}
}
