// Package bulk writes documents to Elasticsearch by its bulk interface, and
// says of each document what became of it.
//
// Documents of several callers share requests: a document is sent at once while
// a request is free, and together with what waits otherwise. Two documents of
// one id are never on their way at the same time, and arrive in the order in
// which they were given.
//
// Nothing is repeated here: what may be tried again is said so, and the caller
// decides when.
package bulk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/copytaster/copytaster/pkg/stage"
)

// What a zero field of [Config] stands for.
const (
	DefaultMaxBytes    = 8 << 20
	DefaultMaxDocs     = 1000
	DefaultConcurrency = 4
	DefaultTimeout     = 30 * time.Second
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
	Timeout     time.Duration `help:"How long a bulk request may take." default:"30s"`
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
	} {
		if f.v < 0 {
			errs = append(errs, fmt.Errorf("setting bulk-%s is %d, it must not be negative", f.name, f.v))
		}
	}
	return errors.Join(errs...)
}

func (c Config) withDefaults() Config {
	if c.MaxBytes == 0 {
		c.MaxBytes = DefaultMaxBytes
	}
	if c.MaxDocs == 0 {
		c.MaxDocs = DefaultMaxDocs
	}
	if c.Concurrency == 0 {
		c.Concurrency = DefaultConcurrency
	}
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	return c
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

// Request is a finished bulk request, for whoever measures.
type Request struct {
	Docs, Bytes int
	Taken       time.Duration
	Status      int // 0: no reply
}

// Writer writes documents. It must be made by [New].
type Writer struct {
	es      esapi.Transport
	config  Config
	observe func(Request)
	ctx     context.Context // of all requests
	cancel  context.CancelFunc
	buffers sync.Pool // of *bytes.Buffer

	mu      sync.Mutex
	idle    sync.Cond // flying became 0
	waiting []*entry  // in the order of arrival
	flying  int       // requests under way
	busy    map[key]struct{}
	closed  bool
}

type key struct{ index, id string }

type entry struct {
	Doc
	result *Result
	call   *call
}

// size is about how many bytes of a request the document takes.
func (e *entry) size() int { return len(e.Body) + actionBytes }

// call is one call of Write.
type call struct {
	left int // documents without a result; guarded by Writer.mu
	done chan struct{}
}

// New makes a Writer. es must not repeat requests by itself. observe hears of
// every request, from many goroutines; it may be nil.
func New(es esapi.Transport, c Config, observe func(Request)) *Writer {
	if observe == nil {
		observe = func(Request) {}
	}
	w := &Writer{es: es, config: c.withDefaults(), observe: observe, busy: map[key]struct{}{}}
	w.idle.L = &w.mu
	w.buffers.New = func() any { return new(bytes.Buffer) }
	w.ctx, w.cancel = context.WithCancel(context.Background())
	return w
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
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return nil, ErrClosed
	}
	entries := make([]entry, len(docs))
	for i, d := range docs {
		entries[i] = entry{Doc: d, result: &results[i], call: c}
		if len(d.Body) == 0 || bytes.IndexByte(d.Body, '\n') >= 0 {
			// It would break up the request, and make other documents fail.
			results[i] = Result{Err: stage.Permanent(errNotOneLine)}
			w.finish(&entries[i])
			continue
		}
		w.waiting = append(w.waiting, &entries[i])
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
	w.drop(func(e *entry) bool { return e.call == c })
	return nil, ctx.Err()
}

// Close ends what is under way and waits for its end.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	for _, e := range w.waiting {
		*e.result = Result{Err: ErrClosed}
		w.finish(e)
	}
	w.waiting = nil
	w.cancel()
	for w.flying > 0 {
		w.idle.Wait()
	}
	return nil
}

// drop forgets the waiting entries that are meant.
func (w *Writer) drop(meant func(*entry) bool) {
	rest := w.waiting[:0]
	for _, e := range w.waiting {
		if !meant(e) {
			rest = append(rest, e)
		}
	}
	clear(w.waiting[len(rest):])
	w.waiting = rest
}

func (w *Writer) finish(e *entry) {
	if e.call.left--; e.call.left == 0 {
		close(e.call.done)
	}
}

// start sends what waits as far as requests are free. w.mu is held.
func (w *Writer) start() {
	for w.flying < w.config.Concurrency && !w.closed {
		batch := w.take()
		if len(batch) == 0 {
			return
		}
		w.flying++
		go w.fly(batch)
	}
}

// take is the next request's entries: the first that wait, without those whose
// id is on its way already. An id is busy for the whole pass, so none of its
// entries can overtake another.
func (w *Writer) take() []*entry {
	var batch []*entry
	size := 0
	full := false
	rest := w.waiting[:0]
	for _, e := range w.waiting {
		k := key{e.Index, e.ID}
		_, busy := w.busy[k]
		full = full || len(batch) == w.config.MaxDocs || len(batch) > 0 && size+e.size() > w.config.MaxBytes
		if full || busy {
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
	w.send(batch)
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range batch {
		delete(w.busy, key{e.Index, e.ID})
		w.finish(e)
	}
	w.flying--
	if w.flying == 0 {
		w.idle.Broadcast()
	}
	w.start()
}

// send gives every entry its result.
func (w *Writer) send(batch []*entry) {
	items, err := w.request(batch)
	var refused *Error
	switch {
	case err == nil:
		for i, it := range items {
			*batch[i].result = it.result()
		}
		return
	case errors.Is(err, errReplyTooLong), errors.As(err, &refused) && refused.ofContent():
		// Some document in it is too large or breaks the form: find out which.
		if len(batch) > 1 {
			w.send(batch[:len(batch)/2])
			w.send(batch[len(batch)/2:])
			return
		}
		err = stage.Permanent(fmt.Errorf("document of %d bytes: %w", len(batch[0].Body), err))
	}
	for _, e := range batch {
		*e.result = Result{Err: err}
	}
}

// request does one bulk request. The items are as many as the entries.
func (w *Writer) request(batch []*entry) ([]item, error) {
	buf := w.buffers.Get().(*bytes.Buffer) //nolint:forcetypeassert // the pool holds nothing else
	buf.Reset()
	for _, e := range batch {
		encode(buf, &e.Doc)
	}
	ctx, cancel := context.WithTimeout(w.ctx, w.config.Timeout)
	defer cancel()
	done := Request{Docs: len(batch), Bytes: buf.Len()}
	began := time.Now()
	defer func() {
		done.Taken = time.Since(began)
		w.observe(done)
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
	// after an error or an early refusal it may still be at it.
	w.buffers.Put(buf)
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
