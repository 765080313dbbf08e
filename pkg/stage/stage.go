// Package stage runs one step of the pipeline: it takes messages from a
// [Source], turns each into articles with a [Handler], writes those to a
// [Sink], and acknowledges the message when, and only when, its articles are
// safe. It knows neither Kafka nor Elasticsearch nor its neighbours.
//
// Messages of one key are handled one after the other, in the order in which
// the source gave them; messages of different keys run side by side in lanes,
// and in each lane those that are urgent go first.
package stage

import (
	"context"
	"errors"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
)

// Message is one piece of input. A source hands it out once and hears of it
// once, through Ack.
type Message struct {
	// Topic, Partition and Offset say where it was read; a source that has no
	// such place uses Topic for its own name ("drop", "push") and sets
	// Partition to -1.
	Topic     string
	Partition int
	Offset    int64

	Key     []byte // messages of one key keep their order; nil: no order
	Value   []byte
	Headers []Header
	Time    time.Time

	// Urgent says that it goes before messages that wait, in the lane's queue and
	// in what is written at once, but for those of its key.
	Urgent bool

	// Interactive says that the sender waits for the verdict and keeps the
	// input: a refusal goes back through Ack alone, and makes no dead letter.
	Interactive bool

	// Revoked tells whether the message was taken away and is for another
	// process: one that isn't in work then is given back by Ack with
	// [ErrRevoked] and not handled. It is asked often and from any goroutine,
	// and once true it stays so. nil: it can't be taken away.
	Revoked func() bool

	// Ack is called exactly once: with nil when every article of the message
	// is safe (or there was none), with the error when it was refused for good
	// (and, unless Interactive, is safe among the dead letters), with
	// [ErrRevoked] when it was given back. It is not called when the stage
	// stops before any of these. It must not block for long
	// and may be called from any goroutine. May be nil.
	Ack func(Verdict)
}

// Verdict is how a message ended.
type Verdict struct {
	Articles []article.URI // what it became; empty: filtered
	Err      error         // nil: accepted
}

// ErrRevoked is the verdict on a message that was taken away before it was
// handled: it is not done, and comes again, here or elsewhere.
var ErrRevoked = errors.New("the message was taken away")

// revoked tells whether m is for another process now.
func (m *Message) revoked() bool { return m.Revoked != nil && m.Revoked() }

// giveBack says that nothing was done about m.
func (m *Message) giveBack() {
	if m.Ack != nil {
		m.Ack(Verdict{Err: ErrRevoked})
	}
}

// Header is a Kafka header or its like.
type Header struct {
	Key   string
	Value []byte
}

// Header is the value of the first header of that name, or "".
func (m *Message) Header(key string) string {
	for _, h := range m.Headers {
		if h.Key == key {
			return string(h.Value)
		}
	}
	return ""
}

// Size is the bytes of key, value and headers.
func (m *Message) Size() int {
	n := len(m.Key) + len(m.Value)
	for _, h := range m.Headers {
		n += len(h.Key) + len(h.Value)
	}
	return n
}

// Source gives messages.
//
// Next blocks until there is at least one message, ctx is done or the source
// has ended. io.EOF: it has ended, and all it gave may still be acknowledged.
// Any other error: nothing was lost, the call may be repeated, unless it is
// marked by [Permanent], which ends the stage. Next is called by one goroutine
// at a time. Close releases what the source holds; messages
// that were not acknowledged by then come again after a restart.
type Source interface {
	Next(ctx context.Context) ([]Message, error)
	Close() error
}

// Handler turns a message into articles. It touches nothing but its result and
// never calls another stage, so it may be repeated.
//
// No articles and no error: the message is filtered, that is, done. An error
// marked by [Permanent]: repeating is useless, the message becomes a dead
// letter. One marked by [Fatal]: the stage ends, and the message comes again.
// Any other error: try again later.
type Handler func(ctx context.Context, m Message) ([]article.Article, error)

// Sink takes articles. Write returns nil when all are safe: acknowledged by
// Kafka, applied or superseded in the index. A [*PartialError] tells which of
// them failed and how; the others are safe. Any other error concerns all of
// them. Write may be called from several goroutines. An error marked by [Fatal]
// ends the stage.
//
// A Write has one article of a URI at most, see [Distinct]: those of one URI are
// written in order, one call after the other, so that the failure of some can't
// change it.
type Sink interface {
	Write(ctx context.Context, as []article.Article) error
	Close() error
}

// DeadLetters takes what a stage can't handle. Write returns nil when the
// letter is safe; until then the stage does not acknowledge the message.
type DeadLetters interface {
	Write(ctx context.Context, d DeadLetter) error
	Close() error
}

// DeadLetter is a message that was refused, with everything that is needed to
// understand it and to send it again.
type DeadLetter struct {
	Message  Message
	Stage    string // name of the stage that refused it
	Err      error
	Attempts int
	At       time.Time
}
