// Package logit learns what speaks for the right one of several answers: a conditional
// logit model, whose weights are found by gradients (AdaGrad).
package logit

import "math"

// Question is a choice whose answer is known.
type Question struct {
	Answers [][]int // what speaks for each: places in the weights
	Right   []bool  // of each answer; at least one is right
	Weight  float64 // how much the question counts
}

// Open tells whether the question has right answers and others.
func (q *Question) Open() bool {
	right := 0
	for _, r := range q.Right {
		if r {
			right++
		}
	}
	return right > 0 && right < len(q.Right)
}

// Of is what speaks for an answer in all.
func Of(w []float64, traits []int) (sum float64) {
	for _, t := range traits {
		sum += w[t]
	}
	return sum
}

// Chosen tells whether the answer for which most speaks is right, the first of equal ones.
func (q *Question) Chosen(w []float64) bool {
	best := 0
	for k := range q.Answers {
		if Of(w, q.Answers[k]) > Of(w, q.Answers[best]) {
			best = k
		}
	}
	return q.Right[best]
}

const step = 0.3 // of a gradient, before it is measured by those before it

// Fit finds n weights under which what is right is likeliest, by going through all
// questions as often as epochs says. dear is how dear each weight is to be.
func Fit(all []*Question, n int, dear func(t int) float64, epochs int) []float64 {
	w, sum, grad := make([]float64, n), make([]float64, n), make([]float64, n)
	for range epochs {
		clear(grad)
		for _, q := range all {
			q.slope(w, grad)
		}
		for t := range w {
			g := grad[t] - dear(t)*w[t]
			sum[t] += g * g
			if sum[t] > 0 {
				w[t] += step * g / math.Sqrt(sum[t])
			}
		}
	}
	return w
}

// slope adds to grad how the likelihood of what is right grows with the weights.
func (q *Question) slope(w, grad []float64) {
	p := make([]float64, len(q.Answers))
	most := math.Inf(-1)
	for k := range p {
		p[k] = Of(w, q.Answers[k])
		most = max(most, p[k])
	}
	var all, right float64
	for k := range p {
		p[k] = math.Exp(p[k] - most)
		all += p[k]
		if q.Right[k] {
			right += p[k]
		}
	}
	for k, traits := range q.Answers {
		d := -p[k] / all
		if q.Right[k] {
			d += p[k] / right
		}
		for _, t := range traits {
			grad[t] += d * q.Weight
		}
	}
}
