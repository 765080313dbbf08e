// Package intake is where all sources meet: what they take in becomes messages
// of one stage, which decodes them and sends the articles on.
package intake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/ingest/document"
	"github.com/copytaster/copytaster/services/ingest/format"
)

// Headers of an intake message: the hint, so that a dead letter holds all that
// is needed to try again.
const (
	HeaderSource      = "intake_source"
	HeaderProvider    = "intake_provider"
	HeaderURL         = "intake_url"
	HeaderName        = "intake_name"
	HeaderCharset     = "intake_charset"
	HeaderFormat      = "intake_format" // the format that is forced, or was recognised
	HeaderPublishedAt = "intake_published_at"
	HeaderReceivedAt  = "intake_received_at"
	HeaderLane        = "intake_lane"    // "bulk" for back-fills, else missing
	HeaderClaimed     = "intake_claimed" // "true" if there was an archive, else missing
	HeaderDeleted     = "intake_deleted" // "kill" where what a feed deletes is killed, else missing
	headerID          = "intake_id"
	HeaderRefused     = "intake_refused" // JSON of the *document.Error of what was refused before it was decoded
	headerContentType = "content-type"
	headerTraceparent = "traceparent"
)

// deletedKill is the value of [HeaderDeleted].
const deletedKill = "kill"

// ErrStopped says that the stage takes nothing any more.
var ErrStopped = errors.New("ingest is stopping")

// Input is one part of what a source took in: it becomes one article.
type Input struct {
	// Origin is the source's own name for itself: "drop", "push", "poll".
	Origin string
	Data   []byte
	Hint   document.Hint
	// Format is the decoder to use; "" recognises it.
	Format string
	// Key: inputs of one key keep their order; nil: none to keep.
	Key []byte
	// Refused is set for what can't be decoded; it takes the way of every
	// refusal, so that none is lost.
	Refused     error
	Interactive bool
	Traceparent string
	// Made is called with the articles when they are decoded, before they are
	// safe; more than once if that is repeated. May be nil.
	Made func([]article.Article)
	Ack  func(stage.Verdict)
}

func (in Input) message() stage.Message {
	h := in.Hint
	m := stage.Message{
		Topic: in.Origin, Partition: -1, Key: in.Key, Value: in.Data, Time: h.ReceivedAt,
		Interactive: in.Interactive, Ack: in.Ack,
	}
	add := func(key, value string) {
		if value != "" {
			m.Headers = append(m.Headers, stage.Header{Key: key, Value: []byte(value)})
		}
	}
	add(HeaderSource, h.Source)
	add(HeaderProvider, h.Provider)
	add(HeaderURL, h.URL)
	add(HeaderName, h.Name)
	add(HeaderCharset, h.Charset)
	add(HeaderFormat, in.Format)
	add(HeaderPublishedAt, stamp(h.PublishedAt))
	add(HeaderReceivedAt, stamp(h.ReceivedAt))
	add(headerContentType, h.MediaType)
	if h.Claimed {
		add(HeaderClaimed, "true")
	}
	if h.DeletedKills {
		add(HeaderDeleted, deletedKill)
	}
	add(headerTraceparent, in.Traceparent)
	if in.Refused != nil {
		var e *document.Error
		if !errors.As(in.Refused, &e) {
			e = document.Refuse(document.Invalid, "", "%v", in.Refused)
		}
		b, err := json.Marshal(e)
		if err != nil {
			b = []byte("{}") // strings and numbers alone: can't happen
		}
		add(HeaderRefused, string(b))
	}
	return m
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// Decode makes the article of a message, be it new or a dead letter sent again.
// All its errors are permanent, but that of ctx.
func Decode(ctx context.Context, m stage.Message) ([]article.Article, error) {
	if r := m.Header(HeaderRefused); r != "" {
		var e document.Error
		if err := json.Unmarshal([]byte(r), &e); err != nil {
			return nil, stage.Permanent(fmt.Errorf("header %s: %w", HeaderRefused, err))
		}
		return nil, stage.Permanent(&e)
	}
	h := document.Hint{
		Source: m.Header(HeaderSource), Provider: m.Header(HeaderProvider), URL: m.Header(HeaderURL), Name: m.Header(HeaderName),
		Charset: m.Header(HeaderCharset), MediaType: m.Header(headerContentType),
		Claimed: m.Header(HeaderClaimed) == "true", DeletedKills: m.Header(HeaderDeleted) == deletedKill,
	}
	for _, d := range []struct {
		header string
		to     *time.Time
	}{{HeaderPublishedAt, &h.PublishedAt}, {HeaderReceivedAt, &h.ReceivedAt}} {
		if s := m.Header(d.header); s != "" {
			t, err := time.Parse(time.RFC3339Nano, s)
			if err != nil {
				return nil, stage.Permanent(fmt.Errorf("header %s: %w", d.header, err))
			}
			*d.to = t
		}
	}
	as, err := format.DecodePart(ctx, m.Value, h, m.Header(HeaderFormat))
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, stage.Permanent(err)
	}
	for i := range as {
		if as[i].Traceparent = m.Header(headerTraceparent); as[i].Traceparent == "" {
			as[i].Traceparent = event.NewTraceparent()
		}
	}
	return as, nil
}

// Queue hands the inputs of all sources to the stage. It holds none: Send
// waits until the stage takes the input, so a source feels at once when the
// stage is at its limits.
type Queue struct {
	// Claims says that there is an archive, see [document.Hint]. It is set
	// before the queue is used.
	Claims bool
	// Count counts what could not be converted; nil: nobody does. It is set
	// before the queue is used.
	Count *Metrics
	// Now is the clock of the sources, which stamps what arrives: the machine's,
	// unless another is set before a source is made.
	Now func() time.Time

	lane   topic.Lane
	ch     chan stage.Message
	closed chan struct{}
	once   sync.Once

	ids  atomic.Uint64
	made sync.Map // id -> Input.Made, until the message is acknowledged
}

// NewQueue makes a queue of one lane.
func NewQueue(l topic.Lane) *Queue {
	return &Queue{Now: time.Now, lane: l, ch: make(chan stage.Message), closed: make(chan struct{})}
}

// maxNext is how many messages one Next gives.
const maxNext = 64

// Send gives an input to the stage. The error is [ErrStopped] or ctx's; then
// the stage doesn't have it, and Ack is never called.
func (q *Queue) Send(ctx context.Context, in Input) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-q.closed:
		return ErrStopped
	default:
	}
	m := in.message()
	if q.lane == topic.Bulk {
		m.Headers = append(m.Headers, stage.Header{Key: HeaderLane, Value: []byte(topic.Bulk)})
	}
	if in.Made != nil {
		id := strconv.FormatUint(q.ids.Add(1), 36)
		q.made.Store(id, in.Made)
		m.Headers = append(m.Headers, stage.Header{Key: headerID, Value: []byte(id)})
		m.Ack = func(v stage.Verdict) {
			q.made.Delete(id)
			if in.Ack != nil {
				in.Ack(v)
			}
		}
	}
	select {
	case q.ch <- m:
		return nil
	case <-q.closed:
	case <-ctx.Done():
	}
	q.made.Delete(m.Header(headerID))
	if err := ctx.Err(); err != nil {
		return err
	}
	return ErrStopped
}

// Handle decodes a message that the queue gave: the [stage.Handler] of ingest.
func (q *Queue) Handle(ctx context.Context, m stage.Message) ([]article.Article, error) {
	as, err := Decode(ctx, m)
	if err == nil {
		f, _ := q.made.Load(m.Header(headerID))
		if made, ok := f.(func([]article.Article)); ok {
			made(as)
		}
		for i := range as {
			if q.Count != nil {
				q.Count.Replaced(as[i].Source, as[i].Replaced)
			}
		}
	}
	return as, err
}

// Next implements [stage.Source].
func (q *Queue) Next(ctx context.Context) ([]stage.Message, error) {
	var ms []stage.Message
	select {
	case m := <-q.ch:
		ms = append(ms, m)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	for len(ms) < maxNext {
		select {
		case m := <-q.ch:
			ms = append(ms, m)
		default:
			return ms, nil
		}
	}
	return ms, nil
}

// Close implements [stage.Source]: from now on nothing is taken.
func (q *Queue) Close() error {
	q.once.Do(func() { close(q.closed) })
	return nil
}

// Stopped is closed when nothing is taken any more, and what was not
// acknowledged by then never will be.
func (q *Queue) Stopped() <-chan struct{} { return q.closed }

var sourceName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// CheckSource tells why name can't be a source's.
func CheckSource(name string) error {
	if !sourceName.MatchString(name) {
		return fmt.Errorf("source %q is not made of 1 to 64 letters, digits, dots, dashes and underscores, a letter or digit first", name)
	}
	return nil
}
