// Package bulk writes documents to Elasticsearch by its bulk interface, and
// says of each document what became of it.
//
// Documents of several callers share requests: a document is sent at once while
// a request is free, and together with what waits otherwise. Two documents of
// one id are never on their way at the same time, and arrive in the order in
// which they were given.
//
// A document that Elasticsearch has no room for at the moment is sent again
// after a while, without those that went in. A request that fails as a whole is
// not repeated here: its documents may be tried again, and the caller decides
// when. After several such requests in a row the circuit opens: what comes waits,
// and one document a second is sent until one gets its answer.
package bulk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"golang.org/x/sync/semaphore"

	"github.com/copytaster/copytaster/pkg/stage"
)

// What a zero field of [Config] stands for.
const (
	DefaultMaxBytes    = 8 << 20
	DefaultMaxDocs     = 1000
	DefaultConcurrency = 4
	DefaultTimeout     = 30 * time.Second
	DefaultMaxPending  = 64 << 20
	DefaultBreakAfter  = 5
	DefaultProbeEvery  = time.Second
)

// How a document is repeated that Elasticsearch refuses for the moment (429, 5xx
// of one item): so often in all, with waits that double from the first to the
// longest, of which between half and all is waited. Then the caller hears of it.
const (
	ItemAttempts = 6
	ItemWaitMin  = 50 * time.Millisecond
	ItemWaitMax  = time.Second
)

// MaxReply is how much of a reply is read, in bytes. A request whose reply is
// longer is sent again in halves.
const MaxReply = 32 << 20

// MaxReason is how much of Elasticsearch's reason an error keeps, in bytes: it
// quotes the document now and then.
const MaxReason = 2048

// Config is how documents are written. A zero field stands for its default.
type Config struct {
	MaxBytes    int           `help:"How many bytes a bulk request has at most; one larger document goes alone." default:"8388608"`
	MaxDocs     int           `help:"How many documents a bulk request has at most." default:"1000"`
	Concurrency int           `help:"How many bulk requests are under way at once." default:"4"`
	Timeout     time.Duration `help:"How long a bulk request may take, and how long a document waits while Elasticsearch is away until that is reported." default:"30s"`
	MaxPending  int           `help:"How many bytes of documents may be built and not yet answered; one larger document goes alone." default:"67108864"`
	BreakAfter  int           `help:"After how many failed bulk requests in a row only one document at a time is tried." default:"5"`
	ProbeEvery  time.Duration `help:"How often it is tried then." default:"1s"`
}

// Validate tells which settings are out of range.
func (c Config) Validate() error {
	var errs []error
	for _, f := range []struct {
		name string
		v    int64
	}{
		{"max-bytes", int64(c.MaxBytes)},
		{"max-docs", int64(c.MaxDocs)},
		{"concurrency", int64(c.Concurrency)},
		{"timeout", int64(c.Timeout)},
		{"max-pending", int64(c.MaxPending)},
		{"break-after", int64(c.BreakAfter)},
		{"probe-every", int64(c.ProbeEvery)},
	} {
		if f.v < 0 {
			errs = append(errs, fmt.Errorf("setting bulk-%s is %d, it must not be negative", f.name, f.v))
		}
	}
	return errors.Join(errs...)
}

func (c Config) withDefaults() Config {
	or(&c.MaxBytes, DefaultMaxBytes)
	or(&c.MaxDocs, DefaultMaxDocs)
	or(&c.Concurrency, DefaultConcurrency)
	or(&c.Timeout, DefaultTimeout)
	or(&c.MaxPending, DefaultMaxPending)
	or(&c.BreakAfter, DefaultBreakAfter)
	or(&c.ProbeEvery, DefaultProbeEvery)
	return c
}

func or[T comparable](p *T, d T) {
	var zero T
	if *p == zero {
		*p = d
	}
}

// Doc is a document to be written in place of an older one with the same id.
type Doc struct {
	Index   string // an alias; an index that exists by accident is not written to
	ID      string // A-Z a-z 0-9 - _ only
	Routing string // likewise; "": by id
	// Version decides: the document is written if there is none of the id, or
	// one with a lower version.
	Version int64
	// Replace lets it be written in place of one with the same version, too.
	Replace bool
	// Body is one JSON object without line breaks. It must not change any more.
	Body []byte
}

// Outcome is what became of a document.
type Outcome string

// The outcomes of what was not refused.
const (
	Created    Outcome = "created"
	Updated    Outcome = "updated"
	Superseded Outcome = "superseded" // the same or a newer version is there: as good as written
)

// Result is what became of a document: an outcome, or an error. An error
// marked by [stage.Permanent] is for good, any other may pass.
type Result struct {
	Outcome Outcome
	Err     error
}

// Error is Elasticsearch's refusal of a request or of one document.
type Error struct {
	Status int
	Type   string // e.g. "document_parsing_exception"
	Reason string
}

func (e *Error) Error() string {
	return fmt.Sprintf("Elasticsearch answered %d: %s: %s", e.Status, e.Type, e.Reason)
}

// ErrClosed is what is said to documents that come after Close.
var ErrClosed = errors.New("bulk writer is closed")

var errNotOneLine = errors.New("the document is not one line of JSON")

// UnavailableError is the result of documents that waited as long as a request
// may take while the circuit was open. Those that it was tried with were sent,
// and may have been written.
type UnavailableError struct{ Err error } // of the last request

func (e *UnavailableError) Error() string {
	return fmt.Sprintf("Elasticsearch can't be reached: %v", e.Err)
}
func (e *UnavailableError) Unwrap() error { return e.Err }

// Request is a finished bulk request, for whoever measures.
type Request struct {
	Docs, Bytes int
	Taken       time.Duration
	Status      int // 0: no reply
}

// State is that of the circuit to Elasticsearch.
type State string

// The states.
const (
	Closed   State = "closed"    // requests go out
	Open     State = "open"      // none goes out
	HalfOpen State = "half-open" // one with one document is out
)

// States are all of them.
var States = []State{Closed, Open, HalfOpen}

var states = map[circuitbreaker.State]State{
	circuitbreaker.ClosedState: Closed, circuitbreaker.OpenState: Open, circuitbreaker.HalfOpenState: HalfOpen,
}

// Observer hears what a Writer does. Its functions are called from many
// goroutines, must be quick and not call the Writer; nil: nobody listens.
type Observer struct {
	// Request hears of every request.
	Request func(Request)
	// Repeat: n documents will be sent again, since Elasticsearch had no room.
	Repeat func(n int)
	// Circuit: the circuit has another state now; why is the last failure.
	Circuit func(s State, why error)
}

// Writer writes documents. It must be made by [New].
type Writer struct {
	es      esapi.Transport
	config  Config
	observe Observer
	ctx     context.Context // of all requests
	cancel  context.CancelFunc
	buffers sync.Pool // of *bytes.Buffer
	room    *semaphore.Weighted

	mu      sync.Mutex
	idle    sync.Cond // flying became 0
	waiting []*entry  // in the order of arrival
	resting map[*entry]struct{}
	flying  int // requests under way
	busy    map[key]struct{}
	breaker circuitbreaker.CircuitBreaker[any]
	failure error       // of the last request that failed as a whole
	wake    *time.Timer // for the next probe; nil: not set
	closed  bool

	docs  int   // documents without a result
	bytes int64 // of their bodies
}

type key struct{ index, id string }

type entry struct {
	Doc
	result   *Result
	call     *call
	since    time.Time
	attempts int
}

func (e *entry) key() key { return key{e.Index, e.ID} }

// size is about how many bytes of a request the document takes.
func (e *entry) size() int { return len(e.Body) + actionBytes }

// call is one call of Write.
type call struct {
	left int // documents without a result; guarded by Writer.mu
	done chan struct{}
}

// New makes a Writer. es must not repeat requests by itself.
func New(es esapi.Transport, c Config, o Observer) *Writer {
	c = c.withDefaults()
	w := &Writer{
		es: es, config: c, observe: o, busy: map[key]struct{}{}, resting: map[*entry]struct{}{},
		room: semaphore.NewWeighted(int64(c.MaxPending)),
	}
	w.idle.L = &w.mu
	w.buffers.New = func() any { return new(bytes.Buffer) }
	w.ctx, w.cancel = context.WithCancel(context.Background())
	w.breaker = circuitbreaker.NewBuilder[any]().
		WithFailureThreshold(uint(c.BreakAfter)).WithSuccessThreshold(1).WithDelay(c.ProbeEvery).
		OnStateChanged(func(e circuitbreaker.StateChangedEvent) {
			if o.Circuit != nil {
				o.Circuit(states[e.NewState], w.failure) // w.mu is held
			}
		}).Build()
	return w
}

// Circuit is the circuit's state and, unless it is closed, the failure that
// opened it or kept it open.
func (w *Writer) Circuit() (State, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := states[w.breaker.State()]
	if s == Closed {
		return s, nil
	}
	return s, w.failure
}

// Pending is how many documents have no result yet, and the bytes of them.
func (w *Writer) Pending() (docs int, bytes int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.docs, w.bytes
}

// Reserve waits until n bytes more of documents may be built, see
// Config.MaxPending, which also bounds n. Whoever builds many calls it before,
// and release when they have their results. An error is ctx's.
func (w *Writer) Reserve(ctx context.Context, n int) (release func(), err error) {
	weight := int64(min(n, w.config.MaxPending))
	if err := w.room.Acquire(ctx, weight); err != nil {
		return nil, err
	}
	return func() { w.room.Release(weight) }, nil
}

// Write writes docs and returns the result of each, by index. An error says
// that ctx ended before all results were there: any of the documents may have
// been written.
func (w *Writer) Write(ctx context.Context, docs []Doc) ([]Result, error) {
	if len(docs) == 0 {
		return nil, nil
	}
	results := make([]Result, len(docs))
	c := &call{left: len(docs), done: make(chan struct{})}
	now := time.Now()
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return nil, ErrClosed
	}
	entries := make([]entry, len(docs))
	for i, d := range docs {
		e := &entries[i]
		*e = entry{Doc: d, result: &results[i], call: c, since: now}
		w.docs++
		w.bytes += int64(len(d.Body))
		if len(d.Body) == 0 || bytes.IndexByte(d.Body, '\n') >= 0 {
			// It would break up the request, and make other documents fail.
			w.finish(e, Result{Err: stage.Permanent(errNotOneLine)})
			continue
		}
		w.waiting = append(w.waiting, e)
	}
	w.start()
	w.mu.Unlock()

	select {
	case <-c.done:
		return results, nil
	case <-ctx.Done():
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.drop(func(e *entry) bool { return e.call == c }, Result{Err: ctx.Err()})
	return nil, ctx.Err()
}

// Close ends what is under way and waits for its end.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	w.drop(func(*entry) bool { return true }, Result{Err: ErrClosed})
	if w.wake != nil {
		w.wake.Stop()
	}
	w.cancel()
	for w.flying > 0 {
		w.idle.Wait()
	}
	return nil
}

// drop finishes those that are meant of the entries that wait.
func (w *Writer) drop(meant func(*entry) bool, r Result) {
	w.waiting = slices.DeleteFunc(w.waiting, func(e *entry) bool {
		if !meant(e) {
			return false
		}
		w.finish(e, r)
		return true
	})
	for e := range w.resting {
		if meant(e) {
			delete(w.resting, e)
			delete(w.busy, e.key())
			w.finish(e, r)
		}
	}
}

func (w *Writer) finish(e *entry, r Result) {
	*e.result = r
	w.docs--
	w.bytes -= int64(len(e.Body))
	if e.call.left--; e.call.left == 0 {
		close(e.call.done)
	}
}

// start sends what waits as far as requests are free and the circuit lets them
// through. w.mu is held.
func (w *Writer) start() {
	for !w.closed && len(w.waiting) > 0 && w.flying < w.config.Concurrency {
		if w.breaker.IsClosed() {
			batch := w.take(w.config.MaxDocs)
			if len(batch) == 0 {
				return
			}
			w.flying++
			go w.fly(batch)
			continue
		}
		// What was under way when the circuit opened comes to its end first.
		if w.flying > 0 {
			return
		}
		if d := w.breaker.RemainingDelay(); d > 0 {
			w.wakeIn(d)
			return
		}
		batch := w.take(1)
		if len(batch) == 0 {
			return // an entry that rests starts again
		}
		w.breaker.TryAcquirePermit() // there is one: nothing is under way
		w.flying++
		go w.probe(batch)
		return
	}
}

func (w *Writer) wakeIn(d time.Duration) {
	if w.wake != nil {
		return
	}
	w.wake = time.AfterFunc(d, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.wake = nil
		w.start()
	})
}

// take is the next request's entries: the first that wait, without those whose
// id is on its way already. An id is busy for the whole pass, so none of its
// entries can overtake another.
func (w *Writer) take(most int) []*entry {
	var batch []*entry
	size := 0
	full := false
	rest := w.waiting[:0]
	for i, e := range w.waiting {
		full = full || len(batch) == most || len(batch) > 0 && size+e.size() > w.config.MaxBytes
		if full {
			rest = append(rest, w.waiting[i:]...)
			break
		}
		k := e.key()
		if _, busy := w.busy[k]; busy {
			rest = append(rest, e)
			continue
		}
		w.busy[k] = struct{}{}
		batch = append(batch, e)
		size += e.size()
	}
	clear(w.waiting[len(rest):])
	w.waiting = rest
	return batch
}

func (w *Writer) fly(batch []*entry) {
	results := make([]Result, len(batch))
	w.send(batch, results)
	w.mu.Lock()
	defer w.mu.Unlock()
	var again []*entry
	for i, e := range batch {
		if e.attempts++; w.closed || e.attempts >= ItemAttempts || !noRoom(results[i].Err) {
			delete(w.busy, e.key())
			w.finish(e, results[i])
			continue
		}
		again = append(again, e)
	}
	w.rest(again)
	w.landed()
}

// probe sends one entry while the circuit isn't closed. If it fails it waits
// again, behind the others: a document that brings its request down must not
// keep the circuit open.
func (w *Writer) probe(batch []*entry) {
	var results [1]Result
	w.send(batch, results[:])
	e := batch[0]
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.busy, e.key())
	if w.closed || w.breaker.IsClosed() {
		w.finish(e, results[0])
	} else {
		same := func(o *entry) bool { return o.key() == e.key() }
		behind := []*entry{e}
		for _, o := range w.waiting {
			if same(o) {
				behind = append(behind, o)
			}
		}
		w.waiting = append(slices.DeleteFunc(w.waiting, same), behind...)
		patient := time.Now().Add(-w.config.Timeout)
		w.drop(func(e *entry) bool { return e.since.Before(patient) }, Result{Err: &UnavailableError{w.failure}})
	}
	w.landed()
}

// rest lets entries wait a while. They stay busy, so that none of their ids
// overtakes them.
func (w *Writer) rest(again []*entry) {
	if len(again) == 0 {
		return
	}
	if w.observe.Repeat != nil {
		w.observe.Repeat(len(again))
	}
	attempts := ItemAttempts
	for _, e := range again {
		w.resting[e] = struct{}{}
		attempts = min(attempts, e.attempts)
	}
	d := min(ItemWaitMin<<(attempts-1), ItemWaitMax)
	time.AfterFunc(d-rand.N(d/2+1), func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		again = slices.DeleteFunc(again, func(e *entry) bool {
			_, still := w.resting[e]
			delete(w.resting, e)
			if still {
				delete(w.busy, e.key())
			}
			return !still
		})
		w.waiting = append(again, w.waiting...)
		w.start()
	})
}

func (w *Writer) landed() {
	w.flying--
	if w.flying == 0 {
		w.idle.Broadcast()
	}
	w.start()
}

// note tells the breaker how a request ended: err is nil, or why it failed as a
// whole for reasons that are not in it.
func (w *Writer) note(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.closed:
	case err == nil:
		w.breaker.RecordSuccess()
	default:
		w.failure = err
		w.breaker.RecordFailure()
	}
}

// send gives every entry its result.
func (w *Writer) send(batch []*entry, results []Result) {
	var items []item
	err := stage.Guard(stage.CallSink, func() (err error) {
		items, err = w.request(batch)
		return err
	})
	var refused *Error
	if err == nil {
		w.note(nil)
		for i := range results {
			results[i] = items[i].result()
		}
		return
	}
	if errors.Is(err, errReplyTooLong) || stage.Panicked(err) || errors.As(err, &refused) && refused.ofContent() {
		w.note(nil)
		// Some document in it is too large, breaks the form, or us: find out which.
		if half := len(batch) / 2; half > 0 {
			w.send(batch[:half], results[:half])
			if s, why := w.Circuit(); s != Closed {
				err = &UnavailableError{why}
				batch, results = batch[half:], results[half:]
			} else {
				w.send(batch[half:], results[half:])
				return
			}
		} else {
			err = stage.Permanent(fmt.Errorf("document of %d bytes: %w", len(batch[0].Body), err))
		}
	} else {
		w.note(err)
	}
	for i := range batch {
		results[i] = Result{Err: err}
	}
}

// request does one bulk request. The items are as many as the entries.
func (w *Writer) request(batch []*entry) ([]item, error) {
	buf := w.buffers.Get().(*bytes.Buffer) //nolint:forcetypeassert // the pool holds nothing else
	buf.Reset()
	size := 0
	for _, e := range batch {
		size += e.size()
	}
	buf.Grow(size)
	for _, e := range batch {
		encode(buf, &e.Doc)
	}
	ctx, cancel := context.WithTimeout(w.ctx, w.config.Timeout)
	defer cancel()
	done := Request{Docs: len(batch), Bytes: buf.Len()}
	began := time.Now()
	defer func() {
		done.Taken = time.Since(began)
		if w.observe.Request != nil {
			w.observe.Request(done)
		}
	}()
	alias := true
	res, err := esapi.BulkRequest{
		Body: bytes.NewReader(buf.Bytes()), RequireAlias: &alias, Timeout: w.config.Timeout,
		FilterPath: []string{"items.*.status", "items.*.error.type", "items.*.error.reason", "items.*.error.caused_by.type", "items.*.error.caused_by.reason"},
	}.Do(ctx, w.es)
	if err != nil {
		return nil, fmt.Errorf("bulk request of %d documents: %w", len(batch), err)
	}
	defer res.Body.Close()
	done.Status = res.StatusCode
	reply, err := io.ReadAll(io.LimitReader(res.Body, MaxReply+1))
	if err != nil {
		return nil, fmt.Errorf("bulk request of %d documents: read the reply: %w", len(batch), err)
	}
	if res.StatusCode != http.StatusOK {
		return nil, parseRefusal(res.StatusCode, reply)
	}
	// Only now is it certain that the transport has read the buffer to its end:
	// after an error or an early refusal it may still be at it. One that is much
	// larger than what was in it is not kept.
	if buf.Cap() <= 2*size {
		w.buffers.Put(buf)
	}
	if len(reply) > MaxReply {
		return nil, errReplyTooLong
	}
	return parseItems(reply, len(batch))
}

// actionBytes is about how long the line in front of a document is.
const actionBytes = 220

// encode appends the two lines of a document. Index names, ids and routings
// have no character that JSON escapes.
func encode(buf *bytes.Buffer, d *Doc) {
	b := buf.AvailableBuffer()
	b = append(b, `{"index":{"_index":"`...)
	b = append(b, d.Index...)
	b = append(b, `","_id":"`...)
	b = append(b, d.ID...)
	if d.Routing != "" {
		b = append(b, `","routing":"`...)
		b = append(b, d.Routing...)
	}
	b = append(b, `","version":`...)
	b = strconv.AppendInt(b, d.Version, 10)
	if d.Replace {
		b = append(b, `,"version_type":"external_gte"}}`...)
	} else {
		b = append(b, `,"version_type":"external"}}`...)
	}
	b = append(b, '\n')
	buf.Write(b)
	buf.Write(d.Body)
	buf.WriteByte('\n')
}
