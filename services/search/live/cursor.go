package live

import (
	"encoding/binary"

	"github.com/copytaster/copytaster/services/search/find"
)

// maxPartitions bounds what a cursor names.
const maxPartitions = 1000

// vector has the next offset of each partition. It is never changed.
type vector []int64

func (v vector) with(partition int, next int64) vector {
	w := append(vector(nil), v...)
	w[partition] = next
	return w
}

func (v vector) seal(r find.Request) string {
	b := binary.AppendUvarint(nil, uint64(len(v)))
	for _, o := range v {
		b = binary.AppendUvarint(b, uint64(o))
	}
	return r.Seal(b)
}

func unseal(r find.Request, name, cursor string) (vector, error) {
	b, err := r.Unseal(name, cursor)
	if err != nil {
		return nil, err
	}
	bad := &find.ParameterError{Parameter: name, Message: "is not a cursor of a live feed", At: -1}
	number := func() (uint64, bool) {
		n, used := binary.Uvarint(b)
		if used <= 0 || n > 1<<62 {
			return 0, false
		}
		b = b[used:]
		return n, true
	}
	count, ok := number()
	if !ok || count > maxPartitions {
		return nil, bad
	}
	v := make(vector, count)
	for i := range v {
		n, ok := number()
		if !ok {
			return nil, bad
		}
		v[i] = int64(n)
	}
	if len(b) > 0 {
		return nil, bad
	}
	return v, nil
}
