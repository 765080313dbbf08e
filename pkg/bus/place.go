package bus

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/copytaster/copytaster/pkg/stage"
)

// Place is where a message stands: topic/partition@offset.
type Place struct {
	Topic     string
	Partition int
	Offset    int64
}

// PlaceOf is where m was read.
func PlaceOf(m stage.Message) Place {
	return Place{Topic: m.Topic, Partition: m.Partition, Offset: m.Offset}
}

func (p Place) String() string { return fmt.Sprintf("%s/%d@%d", p.Topic, p.Partition, p.Offset) }

// UnmarshalText reads what String wrote.
func (p *Place) UnmarshalText(b []byte) error {
	bad := fmt.Errorf("%.200q is not topic/partition@offset, such as articles.received/3@120", b)
	i := bytes.LastIndexByte(b, '/')
	if i <= 0 {
		return bad
	}
	partition, offset, ok := strings.Cut(string(b[i+1:]), "@")
	if !ok {
		return bad
	}
	n, err := strconv.ParseUint(partition, 10, 31)
	if err != nil {
		return bad
	}
	o, err := strconv.ParseUint(offset, 10, 63)
	if err != nil {
		return bad
	}
	*p = Place{Topic: string(b[:i]), Partition: int(n), Offset: int64(o)}
	return nil
}
