package deadletter

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

// What was done about a letter.
const (
	Redriven  = "redriven"
	Discarded = "discarded"
)

// Handled says what was done about a letter: a row of the table [topic.DeadHandled],
// whose key is the letter's place. The letter itself stays where it is: its topic keeps
// everything for ever, and Kafka could only delete it together with all before it.
type Handled struct {
	Letter string    `json:"letter"` // topic/partition@offset
	Mark   string    `json:"mark"`   // of the letter's content: another may stand there when the topic was made anew
	Done   string    `json:"done"`   // redriven, discarded
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	Why    string    `json:"why,omitempty"`
	To     string    `json:"to,omitempty"`   // topic that it was sent to
	Times  int       `json:"times"`          // how often it was sent
	First  time.Time `json:"first,omitzero"` // when it was sent first, if that isn't At
}

// Sent is when it was sent first, if it was.
func (h *Handled) Sent() time.Time {
	if h.First.IsZero() {
		return h.At
	}
	return h.First
}

// markBytes of a hash are enough to tell a letter from another.
const markBytes = 12

// Mark tells a letter from others by its content.
func Mark(m stage.Message) string {
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

// Ledger is what was done about letters. The zero value knows of nothing.
//
// Who only reads it is no writer of its table: it takes nothing away from an
// operator who redrives at the same time. Of two who write, the later takes the
// table over, and the first ends with an error that wraps [bus.ErrOvertaken].
type Ledger struct {
	rows interface {
		Get(key string) ([]byte, bool)
		Range(f func(key string, row []byte) bool)
		Close() error
	}
	table *bus.Table // nil: it is only read
	view  *bus.View  // nil: it is written
}

// OpenLedger reads it. If it is to be written and isn't there, it is made.
func OpenLedger(ctx context.Context, b *bus.Bus, write bool) (*Ledger, error) {
	if write {
		if err := b.EnsureTopics(ctx, topic.DeadHandled); err != nil {
			return nil, err
		}
		t, err := b.OpenTable(ctx, topic.DeadHandled)
		if err != nil {
			return nil, err
		}
		return &Ledger{rows: t, table: t}, nil
	}
	there, _, err := b.There(ctx, []string{topic.DeadHandled})
	if err != nil || len(there) == 0 {
		return &Ledger{}, err
	}
	v, err := b.OpenView(ctx, topic.DeadHandled)
	if err != nil {
		return nil, err
	}
	return &Ledger{rows: v, view: v}, nil
}

// Close ends it.
func (l *Ledger) Close() {
	if l.rows != nil {
		_ = l.rows.Close() // every row was acknowledged when it was written
	}
}

// CatchUp returns when a ledger that is only read knows what was written before the call.
func (l *Ledger) CatchUp(ctx context.Context) error {
	if l.view == nil {
		return nil
	}
	return l.view.CatchUp(ctx)
}

// Of is what was done about the letter m, or nil.
func (l *Ledger) Of(m stage.Message) *Handled { return l.At(bus.PlaceOf(m), Mark(m)) }

// At is what was done about the letter of that place and mark, or nil.
func (l *Ledger) At(p bus.Place, mark string) *Handled {
	if l.rows == nil {
		return nil
	}
	row, ok := l.rows.Get(p.String())
	if !ok {
		return nil
	}
	var h Handled
	if err := json.Unmarshal(row, &h); err != nil || h.Mark != mark {
		return nil
	}
	return &h
}

// Counts are how many letters something was done about, by their topics.
func (l *Ledger) Counts() map[string]int64 {
	counts := map[string]int64{}
	if l.rows == nil {
		return counts
	}
	l.rows.Range(func(key string, _ []byte) bool {
		if i := strings.LastIndexByte(key, '/'); i > 0 {
			counts[key[:i]]++
		}
		return true
	})
	return counts
}

// Note notes what was done about the letter m, which is given back as it stands then;
// the times that it was sent are added up.
func (l *Ledger) Note(ctx context.Context, m stage.Message, h Handled) (Handled, error) {
	if before := l.Of(m); before != nil {
		h.Times += before.Times
		if before.Times > 0 {
			h.First = before.Sent()
		}
	}
	return l.NoteAt(ctx, bus.PlaceOf(m), Mark(m), h)
}

// NoteAt notes it of the letter of that place and mark.
func (l *Ledger) NoteAt(ctx context.Context, p bus.Place, mark string, h Handled) (Handled, error) {
	h.Letter, h.Mark, h.At = p.String(), mark, time.Now().UTC()
	row, err := json.Marshal(h)
	if err != nil {
		return h, err
	}
	return h, l.table.Put(ctx, h.Letter, row)
}
