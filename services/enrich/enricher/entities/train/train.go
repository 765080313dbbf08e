// Package train makes models of names from annotated texts.
package train

import (
	"cmp"
	"math"
	"math/rand/v2"

	"github.com/copytaster/copytaster/services/enrich/enricher/entities/conll"
	"github.com/copytaster/copytaster/services/enrich/enricher/entities/tag"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// Options say how a model is trained.
type Options struct {
	Lexical bool    // it learns words, and not only lists and the form of words
	Epochs  int     // how often all texts are gone through
	Rate    float64 // by which weights change at first
	Least   int     // how often a feature must be seen
	Decay   float64 // by which weights shrink with every change
	Drop    float64 // how often words are left out of what is learned from, so that it learns to do without
	Bare    float64 // how often words are left out, but not what they are like
	Vectors *Vectors
	Slight  float64 // weight of a word that the texts don't have that isn't worth its room
	Rounds  int     // how often all is learnt from the beginning, in another order; the mean counts
	Seed    uint64
}

// Default are options that do well on some hundred thousand words.
var Default = Options{Lexical: true, Epochs: 8, Rate: 0.1, Least: 2, Decay: 1e-5, Drop: 0.3, Bare: 0.3, Slight: 0.8, Rounds: 2, Seed: 7}

// island is a run of words that may be names, with their right labels.
type island struct {
	feats  [][]uint32
	labels []tag.Label
}

// Train makes the weights of a model.
func Train(t *tag.Tagger, language string, texts []conll.Text, o Options) *tag.Weights {
	var all []island
	for i := range texts {
		all = append(all, islands(t, language, &texts[i], o.Lexical)...)
	}
	return fit(all, o, near(t, language, o.Vectors))
}

// like is a word that a feature looks at: where it stands, and what it is like.
type like struct {
	place int
	row   []float32
}

// near tells of each feature that looks at a word what that is like.
func near(t *tag.Tagger, language string, v *Vectors) map[uint32]like {
	if v == nil {
		return nil
	}
	all := map[uint32]like{}
	for i, h := range v.hashes(t, language) {
		if h == 0 {
			continue
		}
		for p := range tag.Places {
			if f := tag.WordFeature(p, h); all[f].row == nil {
				all[f] = like{p, v.Rows[i]}
			}
		}
	}
	return all
}

// islands are those of a text.
func islands(t *tag.Tagger, language string, x *conll.Text, words bool) []island {
	d := t.Read(lexicon.NewWords(x.Text), cmp.Or(x.Language, language), x.Sentences)
	defer d.Free()
	labels := Labelled(d, x)
	var all []island
	d.Islands(func(a, b, from, to int) {
		var s island
		last := tag.Outside
		for i := a; i < b; i++ {
			s.feats = append(s.feats, append([]uint32(nil), d.Features(i, a, b, from, to, words)...))
			l := labels[i]
			if l != tag.Outside && !l.Begins() && (last == tag.Outside || last.Kind() != l.Kind()) {
				l = tag.First(l.Kind()) // it began with a small word
			}
			s.labels = append(s.labels, l)
			last = l
		}
		all = append(all, s)
	})
	return all
}

// Labelled are the right labels of all tokens of a text.
func Labelled(d *tag.Doc, x *conll.Text) []tag.Label {
	labels := make([]tag.Label, len(d.Tokens))
	i := 0
	for n := range x.Names {
		name := &x.Names[n]
		kind, ok := name.Kind()
		for i < len(d.Tokens) && int(d.Tokens[i].End) <= name.Start {
			i++
		}
		if !ok {
			if kind, ok = name.Part(); ok && i+1 < len(d.Tokens) && d.Tokens[i+1].Mark() == '-' && int(d.Tokens[i+1].End) < name.End {
				labels[i] = tag.First(kind) // "CDU" of "CDU-Abgeordnete"
			}
			continue
		}
		l := tag.First(kind)
		for k := i; k < len(d.Tokens) && int(d.Tokens[k].Start) < name.End; k++ {
			labels[k], l = l, tag.Next(kind)
		}
	}
	return labels
}

// learner has the weights while they change.
type learner struct {
	o      Options
	index  map[uint32]int32
	hashes []uint32
	w, g   []float32                         // by feature and label: weight, sum of squared changes
	v, vg  [tag.Places][][tag.Labels]float32 // by place and dimension of vectors
	fw, fg [tag.Labels + 1][tag.Labels]float64
	psi    [][tag.Labels]float64
	alpha  [][tag.Labels]float64
	beta   [][tag.Labels]float64
	follow [tag.Labels + 1][tag.Labels]float64
}

const labels = int(tag.Labels)

// sequence is an island with its features by number.
type sequence struct {
	feats  [][]int32
	words  []int // how many of each token's features look at words; they come first
	likes  [][]like
	labels []tag.Label
}

func fit(all []island, o Options, known map[uint32]like) *tag.Weights {
	l := &learner{o: o, index: map[uint32]int32{}}
	seqs := l.gather(all, known)
	var mean average
	for round := range uint64(max(o.Rounds, 1)) {
		l.clear()
		rnd := rand.New(rand.NewPCG(o.Seed, 1+round))
		for epoch := range o.Epochs {
			rnd.Shuffle(len(seqs), func(i, j int) { seqs[i], seqs[j] = seqs[j], seqs[i] })
			for i := range seqs {
				l.read(&seqs[i], rnd.Float64())
			}
			if epoch >= o.Epochs/2 {
				mean.add(l)
			}
		}
	}
	mean.set(l)
	return l.weights(known)
}

// gather numbers the features that are seen often enough.
func (l *learner) gather(all []island, known map[uint32]like) []sequence {
	count := map[uint32]int{}
	for _, s := range all {
		for _, f := range s.feats {
			for _, h := range f {
				count[h]++
			}
		}
	}
	seqs := make([]sequence, 0, len(all))
	for _, s := range all {
		q := sequence{labels: s.labels}
		for _, f := range s.feats {
			var ids []int32
			var likes []like
			words := 0
			for k, h := range f {
				if x, ok := known[h]; ok {
					likes = append(likes, x)
				}
				if count[h] < l.o.Least {
					continue
				}
				ids = append(ids, l.number(h))
				if l.o.Lexical && k < tag.Lexical {
					words++
				}
			}
			q.feats, q.words, q.likes = append(q.feats, ids), append(q.words, words), append(q.likes, likes)
		}
		seqs = append(seqs, q)
	}
	return seqs
}

func (l *learner) number(h uint32) int32 {
	id, ok := l.index[h]
	if !ok {
		id = int32(len(l.hashes))
		l.index[h], l.hashes = id, append(l.hashes, h)
	}
	return id
}

// clear makes all weights zero.
func (l *learner) clear() {
	l.w, l.g = make([]float32, len(l.hashes)*labels), make([]float32, len(l.hashes)*labels)
	l.fw, l.fg = [tag.Labels + 1][tag.Labels]float64{}, [tag.Labels + 1][tag.Labels]float64{}
	if l.o.Vectors == nil {
		return
	}
	dims := len(l.o.Vectors.Rows[0])
	for p := range l.v {
		l.v[p], l.vg[p] = make([][tag.Labels]float32, dims), make([][tag.Labels]float32, dims)
	}
}

// read learns from an island; words are left out, or what they are like too, if drop,
// which is below 1, is small enough.
func (l *learner) read(s *sequence, drop float64) {
	feats, likes := s.feats, s.likes
	if drop < l.o.Drop {
		likes = make([][]like, len(feats))
	}
	if drop < l.o.Drop+l.o.Bare {
		feats = make([][]int32, len(s.feats))
		for i := range feats {
			feats[i] = s.feats[i][s.words[i]:]
		}
	}
	l.learn(feats, likes, s.labels)
}

// weights are those of the model, also of words that the texts don't have.
func (l *learner) weights(known map[uint32]like) *tag.Weights {
	out := &tag.Weights{Lexical: l.o.Lexical, Rows: map[uint32][]float32{}}
	for i, h := range l.hashes {
		row := l.w[i*labels : (i+1)*labels]
		if x, ok := known[h]; ok {
			l.speak(x, row)
		}
		if heavier(row, negligible) {
			out.Rows[h] = row
		}
	}
	for h, x := range known {
		if _, ok := l.index[h]; ok {
			continue
		}
		row := make([]float32, labels)
		if l.speak(x, row); heavier(row, float32(l.o.Slight)) {
			out.Rows[h] = row
		}
	}
	for i := range l.fw {
		for j := range l.fw[i] {
			out.Follow[i][j] = float32(l.fw[i][j])
		}
	}
	return out
}

// average is the mean of the weights after several epochs, which is better than
// those after the last.
type average struct {
	n  float32
	w  []float32
	v  [tag.Places][][tag.Labels]float32
	fw [tag.Labels + 1][tag.Labels]float64
}

func (a *average) add(l *learner) {
	if a.n++; a.w == nil {
		a.w = make([]float32, len(l.w))
		for p := range a.v {
			a.v[p] = make([][tag.Labels]float32, len(l.v[p]))
		}
	}
	for p := range a.v {
		for k := range a.v[p] {
			for y := range a.v[p][k] {
				a.v[p][k][y] += l.v[p][k][y]
			}
		}
	}
	for i, v := range l.w {
		a.w[i] += v
	}
	for i := range l.fw {
		for j, v := range l.fw[i] {
			a.fw[i][j] += v
		}
	}
}

// set gives the learner the mean.
func (a *average) set(l *learner) {
	if a.n == 0 {
		return
	}
	for i, v := range a.w {
		l.w[i] = v / a.n
	}
	for p := range a.v {
		for k := range a.v[p] {
			for y := range a.v[p][k] {
				l.v[p][k][y] = a.v[p][k][y] / a.n
			}
		}
	}
	for i := range a.fw {
		for j, v := range a.fw[i] {
			l.fw[i][j] = v / float64(a.n)
		}
	}
}

// speak adds what a word is like to its weights.
func (l *learner) speak(x like, row []float32) {
	for k, v := range x.row {
		for y := range row {
			row[y] += l.v[x.place][k][y] * v
		}
	}
}

// negligible is a weight that says nothing.
const negligible = 0.03

// heavier tells whether a weight is larger than that, or smaller than its opposite.
func heavier(row []float32, than float32) bool {
	for _, v := range row {
		if v > than || v < -than {
			return true
		}
	}
	return false
}

func (l *learner) allowed(p, y int) bool {
	label := tag.Label(y)
	return label == tag.Outside || label.Begins() || p == y || p == y-1
}

// learn changes the weights by one island: toward the right labels, away from what
// the model holds likely.
func (l *learner) learn(feats [][]int32, likes [][]like, right []tag.Label) {
	n := len(right)
	if n == 0 {
		return
	}
	if len(l.psi) < n {
		l.psi, l.alpha, l.beta = make([][tag.Labels]float64, n), make([][tag.Labels]float64, n), make([][tag.Labels]float64, n)
	}
	for p := range l.follow {
		for y := range l.follow[p] {
			l.follow[p][y] = 0
			if l.allowed(p, y) {
				l.follow[p][y] = math.Exp(l.fw[p][y])
			}
		}
	}
	for i := range n {
		var s [tag.Labels]float64
		for _, f := range feats[i] {
			for y, v := range l.w[int(f)*labels : (int(f)+1)*labels] {
				s[y] += float64(v)
			}
		}
		for _, x := range likes[i] {
			for k, v := range x.row {
				for y, w := range &l.v[x.place][k] {
					s[y] += float64(w * v)
				}
			}
		}
		most := s[0]
		for _, v := range s {
			most = max(most, v)
		}
		for y, v := range s {
			l.psi[i][y] = math.Exp(v - most)
		}
	}
	for i := range n {
		var total float64
		for y := range labels {
			v := l.follow[labels][y]
			if i > 0 {
				v = 0
				for p := range labels {
					v += l.alpha[i-1][p] * l.follow[p][y]
				}
			}
			l.alpha[i][y] = v * l.psi[i][y]
			total += l.alpha[i][y]
		}
		for y := range labels {
			l.alpha[i][y] /= total
		}
	}
	for y := range labels {
		l.beta[n-1][y] = 1
	}
	for i := n - 2; i >= 0; i-- {
		var total float64
		for p := range labels {
			v := 0.0
			for y := range labels {
				v += l.follow[p][y] * l.psi[i+1][y] * l.beta[i+1][y]
			}
			l.beta[i][p] = v
			total += v
		}
		for p := range labels {
			l.beta[i][p] /= total
		}
	}
	for i := range n {
		l.change(i, feats[i], likes[i], right)
	}
}

func (l *learner) change(i int, feats []int32, likes []like, right []tag.Label) {
	var p [tag.Labels]float64
	total := 0.0
	for y := range labels {
		p[y] = l.alpha[i][y] * l.beta[i][y]
		total += p[y]
	}
	for y := range labels {
		p[y] /= total
	}
	for y := range labels {
		grad := -p[y]
		if int(right[i]) == y {
			grad++
		}
		if grad > -1e-4 && grad < 1e-4 {
			continue
		}
		for _, f := range feats {
			k := int(f)*labels + y
			l.g[k] += float32(grad * grad)
			l.w[k] += float32(l.o.Rate*grad/(0.1+math.Sqrt(float64(l.g[k])))) - float32(l.o.Decay*10)*l.w[k]
		}
	}
	for _, x := range likes {
		l.liken(x, &p, int(right[i]))
	}
	if i == 0 {
		for y := range labels {
			l.step(labels, y, p[y], int(right[0]) == y)
		}
		return
	}
	var pair [tag.Labels][tag.Labels]float64
	total = 0
	for a := range labels {
		for y := range labels {
			pair[a][y] = l.alpha[i-1][a] * l.follow[a][y] * l.psi[i][y] * l.beta[i][y]
			total += pair[a][y]
		}
	}
	for a := range labels {
		for y := range labels {
			l.step(a, y, pair[a][y]/total, int(right[i-1]) == a && int(right[i]) == y)
		}
	}
}

// liken changes what the likeness of a word says.
func (l *learner) liken(x like, p *[tag.Labels]float64, right int) {
	var grad [tag.Labels]float32
	for y := range grad {
		grad[y] = float32(-p[y])
	}
	grad[right]++
	for k, v := range x.row {
		w, sum := &l.v[x.place][k], &l.vg[x.place][k]
		for y, g := range grad {
			g *= v
			sum[y] += g * g
			w[y] += float32(l.o.Rate) * g / (0.1 + float32(math.Sqrt(float64(sum[y]))))
		}
	}
}

func (l *learner) step(a, y int, p float64, right bool) {
	grad := -p
	if right {
		grad++
	}
	if grad > -1e-4 && grad < 1e-4 {
		return
	}
	l.fg[a][y] += grad * grad
	l.fw[a][y] += l.o.Rate * grad / (0.1 + math.Sqrt(l.fg[a][y]))
}
