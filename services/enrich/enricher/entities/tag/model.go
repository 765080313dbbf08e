package tag

import (
	"bufio"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
)

// Model is a linear-chain conditional random field: what each feature says for
// each label, and how labels follow one another. It is read-only once made.
type Model struct {
	// Lexical: it knows words, and not only lists and the form of words.
	Lexical bool

	scale float32
	slots []entry // features in the order of their hashes, with gaps, see [Model.index]
	homes uint64

	follow [Labels + 1][Labels]float32 // e to the weight of one label behind another; the last: at the start
	exp    [maxSum]float32             // e to the power of the sums of weights from 0 down
}

// maxSum is how many sums the exponential is kept for.
const maxSum = 4096

// entry is a feature's weights, in a quarter of what a processor fetches at once; in a gap
// names is 0.
type entry struct {
	hash    uint32
	outside int8   // weight of [Outside]
	names   uint64 // those of the eight others, each plus [bias] in a byte
}

const bias = 128

const magic = "ctner1"

// Weights is a model in the making.
type Weights struct {
	Lexical bool
	Rows    map[uint32][]float32 // Labels for each feature
	Follow  [Labels + 1][Labels]float32
}

// clipped is the largest weight that is kept.
const clipped = 6

// Write writes the model, compressed, with its weights in 8 bits.
func (w *Weights) Write(out io.Writer) error {
	z, err := gzip.NewWriterLevel(out, gzip.BestCompression)
	if err != nil {
		return err
	}
	b := bufio.NewWriter(z)
	_, _ = b.WriteString(magic)
	lexicalByte := byte(0)
	if w.Lexical {
		lexicalByte = 1
	}
	_ = b.WriteByte(lexicalByte)
	hashes := make([]uint32, 0, len(w.Rows))
	for h := range w.Rows {
		hashes = append(hashes, h)
	}
	slices.Sort(hashes)
	var largest float32
	for _, r := range w.Rows {
		for _, v := range r {
			largest = max(largest, float32(math.Abs(float64(v))))
		}
	}
	scale := min(largest, clipped) / math.MaxInt8
	for _, v := range []any{uint32(len(hashes)), scale, w.Follow, hashes} {
		if err := binary.Write(b, binary.LittleEndian, v); err != nil {
			return err
		}
	}
	// By label: what is alike stands together, and packs better.
	for l := range Labels {
		for _, h := range hashes {
			v := math.Round(float64(w.Rows[h][l] / scale))
			_ = b.WriteByte(byte(int8(max(-math.MaxInt8, min(math.MaxInt8, v)))))
		}
	}
	if err := b.Flush(); err != nil {
		return err
	}
	return z.Close()
}

// maxFeatures bounds what is read.
const maxFeatures = 1 << 22

var errModel = errors.New("no model of names, or one of another version")

// ReadModel reads what [Weights.Write] wrote.
func ReadModel(in io.Reader) (*Model, error) {
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, err
	}
	r := bufio.NewReader(z)
	head := make([]byte, len(magic)+1)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	if string(head[:len(magic)]) != magic {
		return nil, errModel
	}
	m := &Model{Lexical: head[len(magic)] == 1}
	var n uint32
	for _, v := range []any{&n, &m.scale, &m.follow} {
		if err := binary.Read(r, binary.LittleEndian, v); err != nil {
			return nil, err
		}
	}
	if n > maxFeatures {
		return nil, fmt.Errorf("%w: %d features", errModel, n)
	}
	hashes := make([]uint32, n)
	if err := binary.Read(r, binary.LittleEndian, hashes); err != nil {
		return nil, err
	}
	columns := make([]byte, int(n)*int(Labels))
	if _, err := io.ReadFull(r, columns); err != nil {
		return nil, err
	}
	if err := m.index(hashes, columns); err != nil {
		return nil, err
	}
	for i := range m.follow {
		for j := range m.follow[i] {
			m.follow[i][j] = float32(math.Exp(float64(m.follow[i][j])))
		}
	}
	for i := range m.exp {
		m.exp[i] = m.power(int32(i))
	}
	m.forbid()
	return m, nil
}

// Model is the model of the weights.
func (w *Weights) Model() (*Model, error) {
	r, out := io.Pipe()
	go func() { _ = out.CloseWithError(w.Write(out)) }()
	return ReadModel(r)
}

// index stores the weights of features, which come in order, label by label. Each has a
// home by its hash, and stands there or in the first slot behind it that is free: so all of
// them stand in order, and a look-up ends at the first that is greater.
func (m *Model) index(hashes []uint32, columns []byte) error {
	m.homes = uint64(len(hashes)) * 3 / 2
	m.slots = make([]entry, 0, m.homes+homeless)
	for i, h := range hashes {
		if i > 0 && h <= hashes[i-1] {
			return fmt.Errorf("%w: its features are not in order", errModel)
		}
		for k := m.home(h); uint64(len(m.slots)) < k; {
			m.slots = append(m.slots, gap)
		}
		e := entry{hash: h, outside: int8(columns[i])}
		for l := Begin; l < Labels; l++ {
			e.names |= uint64(columns[int(l)*len(hashes)+i]^bias) << (8 * (l - Begin))
		}
		m.slots = append(m.slots, e)
	}
	for end := uint64(len(m.slots)); uint64(len(m.slots)) <= max(m.homes, end); {
		m.slots = append(m.slots, gap)
	}
	return nil
}

// gap is a slot without a feature. A look-up ends there.
var gap = entry{hash: math.MaxUint32}

// homeless is for how many features behind the last home there is room from the beginning.
const homeless = 64

// home is the slot where a feature is looked for first.
func (m *Model) home(h uint32) uint64 { return uint64(h) * m.homes >> 32 }

// forbid makes it impossible that a name goes on that didn't begin.
func (m *Model) forbid() {
	for i := range m.follow {
		for l := Begin; l < Labels; l++ {
			if !l.Begins() && (i == int(Labels) || i != int(l) && i != int(l)-1) {
				m.follow[i][l] = 0
			}
		}
	}
}

// maxSummed is how many features of a token are added up without overflow: as many
// bytes as a lane of 16 bits has room for.
const maxSummed = math.MaxUint16 / math.MaxUint8

// near gives for each feature its home, or the slot behind that if a smaller one stands
// there. Nothing in it is guessed: the memory of all of them is waited for at once.
func (m *Model) near(at, feats []uint32) []uint32 {
	at = at[:0]
	for _, h := range feats {
		k := m.home(h)
		smaller := (uint64(m.slots[k].hash) - uint64(h)) >> 63
		at = append(at, uint32(k+smaller))
	}
	return at
}

// scores sets psi to e to the power of what the features say for each label; at is where
// they stand, by [Model.near].
func (m *Model) scores(feats, at []uint32, psi *[Labels]float32) {
	const lanes = 0x00ff00ff00ff00ff
	var even, odd uint64 // four sums each
	var outside, n int32
	for i, h := range feats[:min(len(feats), maxSummed)] {
		k := at[i]
		for m.slots[k].hash < h {
			k++
		}
		e := &m.slots[k]
		if e.hash != h || e.names == 0 {
			continue
		}
		n++
		outside += int32(e.outside)
		even += e.names & lanes
		odd += e.names >> 8 & lanes
	}
	sum := [Labels]int32{Outside: outside}
	for l := Begin; l+1 < Labels; l += 2 {
		shift := 8 * (l - Begin)
		sum[l] = int32(even>>shift&math.MaxUint16) - n*bias
		sum[l+1] = int32(odd>>shift&math.MaxUint16) - n*bias
	}
	most := slices.Max(sum[:])
	for l, v := range sum {
		if less := most - v; less < maxSum {
			psi[l] = m.exp[less]
		} else {
			psi[l] = m.power(less)
		}
	}
}

// power is e to the power of a sum of weights that is so much less than 0.
func (m *Model) power(less int32) float32 {
	return float32(math.Exp(float64(float32(-less) * m.scale)))
}

// decoder has the room for reading one island.
type decoder struct {
	fwd, bwd [][Labels]float32
}

func (w *decoder) size(n int) {
	if cap(w.fwd) < n {
		w.fwd, w.bwd = make([][Labels]float32, n), make([][Labels]float32, n)
	}
	w.fwd, w.bwd = w.fwd[:n], w.bwd[:n]
}

// marginals turns psi into the probability of each label at each token, in w.bwd.
func (w *decoder) marginals(psi [][Labels]float32, follow *[Labels + 1][Labels]float32) {
	n := len(psi)
	w.size(n)
	for i := range n {
		var total float32
		for l := range Labels {
			var v float32
			if i == 0 {
				v = follow[Labels][l]
			} else {
				for p := range Labels {
					v += w.fwd[i-1][p] * follow[p][l]
				}
			}
			v *= psi[i][l]
			w.fwd[i][l] = v
			total += v
		}
		normalise(&w.fwd[i], total)
	}
	for l := range Labels {
		w.bwd[n-1][l] = 1
	}
	for i := n - 2; i >= 0; i-- {
		var total float32
		for p := range Labels {
			var v float32
			for l := range Labels {
				v += follow[p][l] * psi[i+1][l] * w.bwd[i+1][l]
			}
			w.bwd[i][p] = v
			total += v
		}
		normalise(&w.bwd[i], total)
	}
	for i := range n {
		var total float32
		for l := range Labels {
			w.bwd[i][l] *= w.fwd[i][l]
			total += w.bwd[i][l]
		}
		normalise(&w.bwd[i], total)
	}
}

func normalise(v *[Labels]float32, total float32) {
	if total <= 0 {
		*v = [Labels]float32{Outside: 1}
		return
	}
	for l := range v {
		v[l] /= total
	}
}
