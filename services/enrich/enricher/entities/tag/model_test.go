package tag

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Whichever features a model has, each is found with its weights, and no other one.
func TestFeaturesAreFound(t *testing.T) {
	one := rapid.OneOf(rapid.Uint32(), rapid.Uint32Max(40), rapid.Map(rapid.Uint32Max(40), func(n uint32) uint32 { return math.MaxUint32 - n }))
	rapid.Check(t, func(r *rapid.T) {
		w := Weights{Rows: map[uint32][]float32{}}
		for _, h := range rapid.SliceOfN(one, 0, 60).Draw(r, "features") {
			row := make([]float32, Labels)
			for l := range row {
				row[l] = float32(rapid.IntRange(-math.MaxInt8, math.MaxInt8).Draw(r, "weight"))
			}
			w.Rows[h] = row
		}
		m, err := w.Model()
		if err != nil {
			r.Fatal(err)
		}
		feats := rapid.SliceOfN(one, 0, 20).Draw(r, "looked for")
		for h := range w.Rows {
			if len(feats) < maxSummed {
				feats = append(feats, h)
			}
		}
		var largest, scale float32
		for _, row := range w.Rows {
			for _, v := range row {
				largest = max(largest, float32(math.Abs(float64(v))))
			}
		}
		scale = min(largest, clipped) / math.MaxInt8
		var sum [Labels]int32
		for _, h := range feats {
			if row := w.Rows[h]; row != nil {
				for l, v := range row {
					sum[l] += int32(max(-math.MaxInt8, min(math.MaxInt8, math.Round(float64(v/scale)))))
				}
			}
		}
		var want, got [Labels]float32
		for l, v := range sum {
			want[l] = m.power(slices.Max(sum[:]) - v)
		}
		if m.scores(feats, m.near(nil, feats), &got); got != want {
			r.Errorf("scores %v, want %v", got, want)
		}
	})
}

func TestFeaturesInNoOrder(t *testing.T) {
	for _, hashes := range [][]uint32{{2, 1}, {1, 1}} {
		if err := new(Model).index(hashes, bytes.Repeat([]byte{1}, len(hashes)*int(Labels))); !errors.Is(err, errModel) {
			t.Errorf("%v: %v", hashes, err)
		}
	}
}
