package operate

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/user"
	"time"

	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

// What was done about a letter.
const (
	redriven  = "redriven"
	discarded = "discarded"
)

// handled says what was done about a letter: a row of the table
// [topic.DeadHandled], whose key is the letter's place. The letter itself stays
// where it is: its topic keeps everything for ever, and Kafka could only delete
// it together with all before it.
type handled struct {
	Letter string    `json:"letter"` // topic/partition@offset
	Mark   string    `json:"mark"`   // of the letter's content: another may stand there when the topic was made anew
	Done   string    `json:"done"`   // redriven, discarded
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	Why    string    `json:"why,omitempty"`
	To     string    `json:"to,omitempty"` // topic that it was sent to
	Times  int       `json:"times"`        // how often it was sent
}

// markBytes of a hash are enough to tell a letter from another.
const markBytes = 12

func markOf(m stage.Message) string {
	h := sha256.New()
	add := func(b []byte) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(b)))
		h.Write(n[:])
		h.Write(b)
	}
	add(m.Key)
	add(m.Value)
	for _, x := range m.Headers {
		add([]byte(x.Key))
		add(x.Value)
	}
	return hex.EncodeToString(h.Sum(nil)[:markBytes])
}

// ledger is what was done about letters. The zero value knows of nothing.
//
// Who only reads it is no writer of its table: it takes nothing away from an
// operator who redrives at the same time. Of two who write, the later takes the
// table over, and the first ends with an error.
type ledger struct {
	rows interface {
		Get(key string) ([]byte, bool)
		Close() error
	}
	table *bus.Table // nil: it is only read
}

// openLedger reads it. If it is to be written and isn't there, it is made.
func openLedger(ctx context.Context, b *bus.Bus, write bool) (*ledger, error) {
	if write {
		if err := b.EnsureTopics(ctx, topic.DeadHandled); err != nil {
			return nil, err
		}
		t, err := b.OpenTable(ctx, topic.DeadHandled)
		if err != nil {
			return nil, err
		}
		return &ledger{t, t}, nil
	}
	there, _, err := b.There(ctx, []string{topic.DeadHandled})
	if err != nil || len(there) == 0 {
		return &ledger{}, err
	}
	v, err := b.OpenView(ctx, topic.DeadHandled)
	if err != nil {
		return nil, err
	}
	return &ledger{rows: v}, nil
}

func (l *ledger) close() {
	if l.rows != nil {
		_ = l.rows.Close() // every row was acknowledged when it was written
	}
}

// of is what was done about the letter m, or nil.
func (l *ledger) of(m stage.Message) *handled {
	if l.rows == nil {
		return nil
	}
	row, ok := l.rows.Get(placeOf(m).String())
	if !ok {
		return nil
	}
	var h handled
	if err := json.Unmarshal(row, &h); err != nil || h.Mark != markOf(m) {
		return nil
	}
	return &h
}

func (l *ledger) note(ctx context.Context, m stage.Message, h handled) error {
	if before := l.of(m); before != nil {
		h.Times += before.Times
	}
	return l.noteAt(ctx, placeOf(m), markOf(m), h)
}

func (l *ledger) noteAt(ctx context.Context, p place, mark string, h handled) error {
	h.Letter, h.Mark, h.At = p.String(), mark, time.Now().UTC()
	row, err := json.Marshal(h)
	if err != nil {
		return err
	}
	return l.table.Put(ctx, h.Letter, row)
}

// Who names the operator in the audit.
type Who struct {
	By  string `help:"Who does it, for the audit (default: user@host)." placeholder:"NAME"`
	Why string `help:"Why, for the audit." placeholder:"TEXT"`
}

func (w Who) name() string {
	if w.By != "" {
		return w.By
	}
	name := "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if host, err := os.Hostname(); err == nil {
		name += "@" + host
	}
	return name
}
