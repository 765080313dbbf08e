package logit_test

import (
	"math"
	"testing"

	"github.com/copytaster/copytaster/services/enrich/cmd/internal/logit"
)

// TestFit: what tells right answers from others gets the weight, what stands beside both
// gets none, and the dearer it is the less.
func TestFit(t *testing.T) {
	var all []*logit.Question
	for i := range 20 {
		q := &logit.Question{Answers: [][]int{{0, 2}, {1, 2}}, Right: []bool{true, false}, Weight: 1}
		if i%2 == 1 {
			q.Answers[0], q.Answers[1], q.Right = q.Answers[1], q.Answers[0], []bool{false, true}
		}
		if !q.Open() {
			t.Fatal("it has a right answer and another one")
		}
		all = append(all, q)
	}
	of := func(dear float64) []float64 {
		return logit.Fit(all, 3, func(int) float64 { return dear }, 200)
	}
	cheap, dear := of(0.1), of(10)
	if cheap[0] < 1 || cheap[1] > -1 || math.Abs(cheap[2]) > 1e-9 || dear[0] <= 0 || dear[0] >= cheap[0] {
		t.Errorf("cheap %v, dear %v", cheap, dear)
	}
	for _, q := range all {
		if !q.Chosen(cheap) {
			t.Errorf("%+v is answered wrongly", q)
		}
	}
	for _, q := range []logit.Question{{Right: []bool{true}}, {Right: []bool{false, false}}, {}} {
		if q.Open() {
			t.Errorf("%+v is none", q)
		}
	}
}
