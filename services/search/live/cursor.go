package live

import (
	"encoding/binary"

	"github.com/copytaster/copytaster/services/search/find"
)

// maxPartitions bounds what a cursor names.
const maxPartitions = 1000

// topicID is the begin of Kafka's id of a topic. The zero one is unknown.
type topicID [8]byte

// other tells whether both are known and differ.
func (i topicID) other(o topicID) bool { return i != topicID{} && o != topicID{} && i != o }

// vector has the next offset of each partition. It is never changed.
type vector []int64

// position is a place in a topic. The zero one is nowhere.
type position struct {
	topic topicID
	at    vector
}

// later is the further of both in each partition. Of two topics it is that of the second.
func (p position) later(o position) position {
	if p.topic != o.topic || len(p.at) != len(o.at) {
		return o
	}
	v := append(vector(nil), p.at...)
	for i := range v {
		v[i] = max(v[i], o.at[i])
	}
	return position{p.topic, v}
}

func (p position) with(partition int, next int64) position {
	return position{p.topic, p.at.with(partition, next)}
}

func (v vector) with(partition int, next int64) vector {
	w := append(vector(nil), v...)
	w[partition] = next
	return w
}

func (p position) seal(r find.Request) string {
	b := append([]byte(nil), p.topic[:]...)
	for _, o := range p.at {
		b = binary.AppendUvarint(b, uint64(o))
	}
	return r.Seal(b)
}

// unseal reads a cursor. What no cursor of this version has is nowhere: of another
// version's, what was missed can't be told.
func unseal(r find.Request, name, cursor string) (p position, err error) {
	b, err := r.Unseal(name, cursor)
	if err != nil {
		return p, err
	}
	if len(b) < len(p.topic) {
		return position{}, nil
	}
	copy(p.topic[:], b)
	for b = b[len(p.topic):]; len(b) > 0; {
		n, used := binary.Uvarint(b)
		if used <= 0 || n > 1<<62 || len(p.at) == maxPartitions {
			return position{}, nil
		}
		b, p.at = b[used:], append(p.at, int64(n))
	}
	return p, nil
}
