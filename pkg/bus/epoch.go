package bus

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"math"
	"strconv"
	"strings"

	"github.com/copytaster/copytaster/pkg/stage"
)

// A table has one writer, but nothing in Kafka keeps a second one away: an old
// process that was cut off and comes back, a second instance started by
// mistake. kafka-go has no transactional producer whose epoch the broker would
// check, so the readers do it.
//
// Every record of a table carries the epoch of its writer in [EpochHeader]. A
// writer takes its epoch when it opens the table: one more than the highest in
// the topic. It announces it in each partition by a record under [EpochKey], and
// owns the table from there on: whatever a lower epoch appends behind that
// place is stale, and is ignored by everyone who reads the log, in the log's
// order. It is not the id of a group's generation, since most tables are
// written without a group, and a group's ids begin anew when Kafka forgets it.
//
// Two writers that open at once may take the same number. Each adds a random
// name; the greater counts, so that one of them is overtaken from the start.
//
// Compaction keeps the newest record of a key, and doesn't know about epochs: a
// stale record can push out the good one before it. The owner follows its own
// topic, and writes a row again when a stale record lies over it. A topic's
// min.compaction.lag.ms leaves it the time.
const (
	// EpochHeader is "<number> <writer's random name>". A record without it is
	// of epoch 0, which everything overtakes.
	EpochHeader = "epoch"
	// EpochKey is the key of the records that announce an epoch. They are no
	// rows.
	EpochKey = "\x00epoch"

	maxEpoch   = math.MaxInt64 / 2 // far from overflow: greater ones were never given out
	writerName = 8                 // bytes
)

// epoch tells writers of a table apart. The zero epoch is before all others.
type epoch struct {
	n      int64
	writer string
}

func (e epoch) compare(o epoch) int {
	return cmp.Or(cmp.Compare(e.n, o.n), cmp.Compare(e.writer, o.writer))
}

func (e epoch) String() string { return strconv.FormatInt(e.n, 10) + " " + e.writer }

// parseEpoch reads what String wrote. Anything else is the zero epoch: whoever
// wrote it was no table.
func parseEpoch(s string) epoch {
	n, writer, ok := strings.Cut(s, " ")
	if !ok || len(writer) != 2*writerName || strings.Trim(writer, "0123456789abcdef") != "" {
		return epoch{}
	}
	e, err := strconv.ParseInt(n, 10, 64)
	if err != nil || e <= 0 || e > maxEpoch || strconv.FormatInt(e, 10) != n {
		return epoch{}
	}
	return epoch{e, writer}
}

func epochOf(m *stage.Message) epoch { return parseEpoch(m.Header(EpochHeader)) }

// newWriterName is random, so that no two writers have the same.
func newWriterName() string {
	var b [writerName]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
